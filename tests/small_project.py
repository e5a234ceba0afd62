"""A project of one objective and one export, for tests in which a scorecard only has to be there."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from xlkpi.cli_build import build

PROJECT = """xlkpi: 1
name: Small
language: en
currency: EUR
sources:
  ads: {path: ads.csv, date: day, measures: {cost: cost, clicks: clicks}}
kpis:
  click_price:
    name: {fr: Prix du clic, en: Price of a click}
    formula: cost / clicks
    unit: currency
    direction: lower
    example: {cost: 50, clicks: 100, result: 0.5}
objectives:
  - id: cpc
    title: Bring the cost of a click down to €0.40
    specific: All campaigns in France
    kpi: click_price
    kind: decrease
    baseline: 0.5
    target: 0.4
    start: 2026-01-01
    due: 2026-12-31
    cadence: monthly
    level: strategic
    goal: sales
    relevant: Clicks are most of what we pay for
    attainable: {why: Two campaigns are twice as expensive as the others}
    owner: Ann
    decision: Stop the dearest campaign
"""


def small_project(folder: Path) -> Path:
    """A folder with the project, six months of data, and the scorecard built from them."""
    (folder / "small.yaml").write_text(PROJECT, encoding="utf-8")
    exported(folder, 6)
    build(str(folder / "small.yaml"), None, None, None, None)
    return folder


def exported(folder: Path, months: int) -> None:
    """Data until the end of a month."""
    days = [date(2025, 10, 1) + timedelta(days=i) for i in range(30 * months)]
    rows = [f"{day},{20 - i / 30:.2f},{40 + i % 7}" for i, day in enumerate(days)]
    (folder / "ads.csv").write_text("\n".join(["day,cost,clicks", *rows]), encoding="utf-8")
