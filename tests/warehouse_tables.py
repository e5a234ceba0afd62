"""Tables as loaders of platforms' data write them into a warehouse, small and typed: for files and for databases."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class WarehouseTable:
    """``columns``: name -> SQL type. ``rates``: of the currencies other than euros. ``aside``: reason -> rows."""

    preset: str
    columns: dict[str, str]
    rows: list[tuple[Any, ...]]
    sums: dict[str, float]
    rates: dict[str, float]
    aside: dict[str, int]

    def create(self, name: str) -> str:
        columns = ", ".join(f'"{column}" {kind}' for column, kind in self.columns.items())
        return f"CREATE TABLE {name} ({columns})"

    def insert(self, name: str, mark: str = "?") -> str:
        return f"INSERT INTO {name} VALUES ({', '.join([mark] * len(self.columns))})"

    def write_csv(self, path: Path) -> Path:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(self.columns)
            writer.writerows([[str(v).lower() if isinstance(v, bool) else v for v in row] for row in self.rows])
        return path


def _table(
    preset: str, columns: str, rows: list[tuple[Any, ...]], sums: dict[str, float],
    rates: dict[str, float] | None = None, aside: dict[str, int] | None = None,
) -> WarehouseTable:  # fmt: skip
    named = dict(column.strip().split(" ", 1) for column in columns.split(","))
    return WarehouseTable(preset, named, rows, sums, rates or {}, aside or {})


TABLES = {
    "campaign_stats": _table(
        "google_ads",
        "customer_id bigint, date date, base_campaign text, id bigint, device text, cost_micros bigint, clicks bigint, "
        "impressions bigint, conversions double precision, conversions_value double precision, interactions bigint",
        [
            (7, "2026-03-01", "customers/7/campaigns/1", 1, "MOBILE", 1234567, 3, 100, 0.5, 40.0, 3),
            (7, "2026-03-02", "customers/7/campaigns/1", 1, "DESKTOP", 2000000, 5, 250, 1.0, 0.0, 5),
            (7, "2026-03-02", "customers/7/campaigns/2", 2, "MOBILE", 0, 0, 10, 0.0, 0.0, 0),
        ],
        {"spend": 3.234567, "clicks": 8, "impressions": 360, "conversions": 1.5, "conversions_value": 40},
    ),
    "ad_analytics_by_campaign": _table(
        "linkedin",
        "campaign_id bigint, day timestamp, clicks bigint, impressions bigint, "
        "cost_in_local_currency double precision, cost_in_usd double precision, one_click_leads bigint",
        [(1, "2026-03-01 00:00:00", 4, 90, 12.5, 13.4, 1), (1, "2026-03-02 00:00:00", 2, 60, 7.5, 8.1, 0)],
        {"spend": 20, "clicks": 6, "impressions": 150, "leads": 1},
    ),
    "campaign_report_hourly": _table(
        "tiktok",
        "CAMPAIGN_ID bigint, STAT_TIME_HOUR timestamp, SPEND double precision, CLICKS bigint, IMPRESSIONS bigint, "
        "CONVERSION bigint, CTR double precision, COST_PER_SECONDARY_GOAL_RESULT text",
        [(1, "2026-03-01 05:00:00", 1.5, 2, 40, 1, 0.05, "-"), (1, "2026-03-01 23:00:00", 2.0, 3, 60, 0, 0.05, "-")],
        {"spend": 3.5, "clicks": 5, "impressions": 100, "conversions": 1},
    ),
    "gql_order": _table(
        "shopify",
        "id bigint, created_at timestamp, display_financial_status text, "
        "total_price_set_shop_amount double precision, total_price_set_shop_currency_code text, "
        "total_discounts_set_shop_amount double precision, customer_id bigint, test boolean, "
        "_fivetran_deleted boolean, email text",
        [
            (1, "2026-03-01 10:00:00", "PAID", 50.0, "EUR", 5.0, 9, False, False, "a@example.com"),
            (2, "2026-03-01 11:00:00", "PAID", 100.0, "USD", 0.0, 8, False, False, "b@example.com"),
            (3, "2026-03-02 11:00:00", "VOIDED", 70.0, "EUR", 0.0, 8, False, False, "b@example.com"),
            (4, "2026-03-02 12:00:00", "PAID", 80.0, "EUR", 0.0, 8, True, False, "b@example.com"),
            (5, "2026-03-02 13:00:00", "PAID", 90.0, "EUR", 0.0, 8, False, True, "b@example.com"),
        ],
        {"orders": 2, "revenue": 140, "discounts": 5},
        {"USD": 0.9},
        {"status": 3},
    ),
    "charge": _table(
        "stripe",
        "id text, amount bigint, amount_refunded bigint, balance_transaction_id text, captured boolean, "
        "created timestamp, currency text, customer_id text, status text",
        [
            ("ch_1", 4600, 600, "t1", True, "2026-03-01 10:00:00", "eur", "c1", "succeeded"),
            ("ch_1", 4600, 600, "t1", True, "2026-03-02 10:00:00", "eur", "c1", "succeeded"),
            ("ch_2", 9900, 0, "t2", True, "2026-03-01 11:00:00", "eur", "c1", "failed"),
            ("ch_3", 2000, 0, "t3", False, "2026-03-01 12:00:00", "eur", "c1", "succeeded"),
            ("ch_4", 1000, 0, "t4", True, "2026-03-03 12:00:00", "jpy", "c2", "succeeded"),
        ],
        {"orders": 2, "revenue": 46, "refunds": 6},
        {"JPY": 0.006},
        {"status": 2},
    ),
    "deal": _table(
        "hubspot",
        "deal_id bigint, is_deleted boolean, deal_pipeline_id text, deal_pipeline_stage_id text, "
        "property_amount double precision, property_closedate timestamp, owner_id bigint",
        [
            (1, False, "default", "closedwon", 1000.0, "2026-03-01 10:00:00", 3),
            (2, False, "default", "closedlost", 700.0, "2026-03-01 10:00:00", 3),
            (3, True, "default", "closedwon", 500.0, "2026-03-01 10:00:00", 3),
            (4, False, "default", "appointment", 300.0, None, 3),
        ],
        {"orders": 1, "revenue": 1000},
        None,
        {"status": 1, "no_date": 1},
    ),
    "basic_ad_actions": _table(
        "meta_ads",
        "ad_id bigint, date date, index bigint, action_type text, value double precision, _7_d_click double precision",
        [
            (1, "2026-03-01", 0, "purchase", 2.0, 2.0),
            (1, "2026-03-01", 1, "offsite_conversion.fb_pixel_purchase", 2.0, 2.0),
            (1, "2026-03-01", 2, "link_click", 30.0, 30.0),
            (1, "2026-03-01", 3, "onsite_conversion.lead_grouped", 4.0, 4.0),
        ],
        {"conversions": 2, "leads": 4},
    ),
    "basic_ad_action_values": _table(
        "meta_ads",
        "ad_id bigint, date date, index bigint, action_type text, value double precision, _7_d_click double precision",
        [
            (1, "2026-03-01", 0, "offsite_conversion.fb_pixel_purchase", 59.9, 59.9),
            (1, "2026-03-01", 1, "view_content", 300.0, 300.0),
        ],
        {"conversions_value": 59.9},
    ),
}  # fmt: skip
