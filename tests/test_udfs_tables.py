"""KPI_TABLE and KPI_VALUE: a pasted export just works, and what does not is said."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from xlkpi.udfs import settings
from xlkpi.udfs.exports import read_table
from xlkpi.udfs.registry import functions

from xlkpi.documents import read
from xlkpi.formula import NoData

FOLDER = Path(__file__).parent / "fixtures" / "exports"
EXPECTED = read(FOLDER / "expected.yaml").data


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("XLKPI_LANGUAGE", "en")
    settings.forget()
    yield
    monkeypatch.undo()
    settings.forget()


def call(name: str, *arguments: Any) -> Any:
    return functions()[name].call(*arguments)


def pasted(name: str) -> list[list[str | None]]:
    """An export as it lies in cells after it was opened as text: every cell is text or blank."""
    raw = (FOLDER / name).read_bytes()
    encoding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        text = raw.decode("cp1252")
    delimiter = max("\t;,", key=lambda mark: max(line.count(mark) for line in text.splitlines()[:12]))
    rows = [[cell or None for cell in row] for row in csv.reader(io.StringIO(text), delimiter=delimiter)]
    width = max(map(len, rows))
    return [row + [None] * (width - len(row)) for row in rows]


@pytest.mark.parametrize("name", [n for n, e in EXPECTED.items() if "sums" in e])
def test_a_pasted_export_gives_the_sums_of_its_file(name: str) -> None:
    wanted = EXPECTED[name]
    table = read_table(pasted(name))
    assert table.preset == wanted["preset"].split("/")[0]
    sums = {m: sum(v for v in column if isinstance(v, float)) for m, column in table.measures.items()}
    assert {m: sums.get(m) for m in wanted["sums"]} == pytest.approx(wanted["sums"], rel=1e-6)


SHOP: list[list[Any]] = [
    ["Date", "Channel", "Campaign", "Cost", "Revenue", "Clicks", "Impressions"],
    [46082.0, "paid_search", "Brand", 100.0, 400.0, 50.0, 1000.0],
    [46083.0, "paid_search", "Generic", 200.0, 200.0, 40.0, 4000.0],
    [46113.0, "paid_social", "Brand", 100.0, 300.0, 10.0, 5000.0],
    ["Total", None, None, 400.0, 900.0, 100.0, 10000.0],
]


def test_one_value_is_a_ratio_of_sums_over_the_rows_that_the_filters_leave() -> None:
    assert call("KPI_VALUE", "roi", SHOP) == 1.25
    assert call("KPI_VALUE", "KPI_CTR", SHOP) == 0.01
    assert call("KPI_VALUE", "roi", SHOP, "channel=paid_search") == 1.0
    assert call("KPI_VALUE", "roi", SHOP, "Campaign<>brand") == 0.0
    assert call("KPI_VALUE", "roi", SHOP, [["campaign", "Brand"], ["channel", "paid_social"]]) == 2.0
    assert call("KPI_VALUE", "roi", SHOP, None, 46083.0, 46113.0) == pytest.approx(2 / 3)
    assert call("KPI_VALUE", "roi", SHOP, "channel=none of them") is NoData.MISSING


def test_periods_are_named_or_counted_back_from_the_last_complete_one_of_the_data() -> None:
    # The data end on 1 April: March is complete, April is not.
    assert call("KPI_VALUE", "roi", SHOP, "month=-1") == 1.0
    assert call("KPI_VALUE", "roi", SHOP, "mois=2026-04") == 2.0
    assert call("KPI_VALUE", "roi", SHOP, [["Mois", -1.0]]) == 1.0
    assert call("KPI_VALUE", "roi", SHOP, "month<>-1") == 2.0
    assert call("KPI_VALUE", "roi", SHOP, "quarter=-1") == 1.0
    assert call("KPI_VALUE", "roi", SHOP, "day=-1") == 2.0
    assert call("KPI_VALUE", "roi", SHOP, "month=-1;campaign=brand") == 3.0
    assert call("KPI_VALUE", "roi", SHOP, "month=-2") is NoData.MISSING
    assert call("KPI_VALUE", "roi", SHOP, "day=-9999") is NoData.MISSING
    assert call("KPI_VALUE", "roi", [["Cost", "Revenue"], [1.0, 2.0]], "month=-1") is NoData.NOT_A_NUMBER


def test_a_column_that_is_called_as_a_period_is_filtered_by_its_own_texts() -> None:
    rows = [["Month", "Cost", "Revenue"], ["2026-03", 1.0, 2.0], ["2026-04", 1.0, 4.0]]
    assert call("KPI_VALUE", "roi", rows, "month=2026-03") == 1.0


def test_options_and_filters_may_stand_in_one_block_of_names_and_values() -> None:
    block = [["by", "campaign"], ["period", "month"], ["channel", "paid_search"], [None, None]]
    wanted = call("KPI_TABLE", "roi", SHOP, "campaign", "month", "channel=paid_search")
    assert len(wanted) == 3
    assert call("KPI_TABLE", "roi", SHOP, block) == wanted
    assert call("KPI_TABLE", "roi", SHOP, None, None, block) == wanted
    assert call("KPI_VALUE", "roi", SHOP, block) == 1.0
    french = [["Par", "campaign"], ["Période", "mois"], ["Du", 46082.0], ["Au", 46083.0]]
    assert call("KPI_TABLE", "roi", SHOP, french) == wanted
    assert call("KPI_TABLE", "roi", SHOP, None, "trimestre", french)[1][:2] == ["Brand", "2026-Q1"]
    assert call("KPI_VALUE", "roi", SHOP, [["campaign", "<>Brand"]]) == 0.0
    assert call("KPI_TABLE", "roi", SHOP, [["channel", "campaign"]])[0][:2] == ["channel", "campaign"]
    assert call("KPI_TABLE", "roi", SHOP, [["by", "channel"], ["nothing", "x"]]) is NoData.NOT_A_NUMBER


def test_a_table_has_headers_groups_in_order_and_periods() -> None:
    assert call("KPI_TABLE", "roi", SHOP, "channel") == [
        ["channel", "Return on investment (net ROI, break-even at 0%)"],
        ["paid_search", 1.0],
        ["paid_social", 2.0],
    ]
    rows = call("KPI_TABLE", [["roi"], ["ctr"]], SHOP, [["channel"], ["Campagne"]], "month")
    assert [row[:3] for row in rows] == [
        ["channel", "Campagne", "Period"],
        ["paid_search", "Brand", "2026-03"],
        ["paid_search", "Generic", "2026-03"],
        ["paid_social", "Brand", "2026-04"],
    ]
    assert [row[3:] for row in rows[1:]] == [[3.0, 0.05], [0.0, 0.01], [2.0, 0.002]]
    assert [row[0] for row in call("KPI_TABLE", "roi", SHOP, None, "trimestre")] == ["Period", "2026-Q1", "2026-Q2"]


def test_a_kpi_of_two_periods_compares_with_the_one_before() -> None:
    rows = call("KPI_TABLE", "revenue_growth", SHOP, None, "month")
    assert rows[1:] == [["2026-03", NoData.MISSING], ["2026-04", -0.5]]
    assert call("KPI_VALUE", "revenue_growth", SHOP) is NoData.NOT_A_NUMBER


def test_a_table_with_a_column_per_channel_is_grouped_by_channel() -> None:
    rows = [["DATE", "revenue", "tv_S", "facebook_S", "facebook_I"], [46027.0, 100.0, 20.0, 5.0, 1000.0]]
    assert read_table(rows).preset == "wide"
    table = read_table(rows)
    assert dict(zip(table.dimensions["channel"], table.measures["spend"], strict=True)) == {
        "": None, "tv": 20.0, "facebook": 5.0,
    }  # fmt: skip


def test_stocks_people_and_means_are_aggregated_in_their_own_way() -> None:
    rows: list[list[Any]] = [
        ["Date", "Account", "Followers", "Reach", "Impressions"],
        [46082.0, "A", 100.0, 50.0, 80.0],
        [46090.0, "A", 120.0, 60.0, 90.0],
        [46090.0, "B", 30.0, 10.0, 20.0],
    ]
    assert call("KPI_VALUE", "followers_total", rows) == 150.0  # the latest of each account
    assert call("KPI_VALUE", "reach_rate", rows) is NoData.MISSING  # people don't add up
    assert call("KPI_VALUE", "reach_rate", rows, "account=B") == pytest.approx(10 / 30)
    position = [["Query", "Impressions", "Position"], ["a", 10.0, 2.0], ["b", 30.0, 4.0]]
    assert call("KPI_VALUE", "avg_position", position) == 3.5


def test_texts_are_read_as_numbers_by_the_whole_column_and_errors_stay() -> None:
    text = [["Clics", "Impressions"], ["1 234", "10 000"], ["62", "--"]]
    assert call("KPI_VALUE", "ctr", text) == pytest.approx(0.1296)
    assert call("KPI_VALUE", "ctr", [["Clicks", "Impressions"], [1.0, 2.0], ["#N/A", 3.0]]) is NoData.MISSING
    assert call("KPI_VALUE", "ctr", [["Clicks", "Impressions"], [1.0, "many"]]) is NoData.NOT_A_NUMBER


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("rio", SHOP), "did you mean 'roi'"),
        (("nps", SHOP), "“Promoters”"),
        (("roi", SHOP, "chanel=x"), "did you mean"),
        (("roi", SHOP, "nothing"), "is no filter"),
        (("roi", [["A", "B"], [1.0, 2.0]]), "no column is recognised"),
        (("=HYPERLINK(1)", SHOP), "there is no KPI"),
        (("roi", SHOP), "Cost from “Cost”"),
    ],
)
def test_explain_says_what_was_read_and_what_is_wrong(arguments: tuple[Any, ...], said: str) -> None:
    assert said in call("KPI_EXPLAIN", "KPI_VALUE", *arguments)


def test_more_than_two_columns_and_unknown_periods_are_refused() -> None:
    assert call("KPI_TABLE", "roi", SHOP, [["channel", "campaign", "date"]]) is NoData.NOT_A_NUMBER
    assert call("KPI_TABLE", "roi", SHOP, None, "decade") is NoData.NOT_A_NUMBER
    assert "day, week, month" in call("KPI_EXPLAIN", "KPI_TABLE", "roi", SHOP, None, "decade")


def test_a_row_over_several_days_counts_only_in_a_period_that_holds_it() -> None:
    rows = [
        ["Reporting starts", "Reporting ends", "Campaign name", "Impressions", "Clicks (all)", "Amount spent (EUR)"],
        ["2026-03-01", "2026-03-31", "A", 1000.0, 20.0, 50.0],
    ]
    assert call("KPI_TABLE", "ctr", rows, None, "day") is NoData.NOT_A_NUMBER
    assert call("KPI_TABLE", "ctr", rows, None, "month")[1][0] == "2026-03"
