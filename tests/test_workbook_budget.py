"""The page of the budget: a spend that a person changes gives the estimates of the curve."""

from __future__ import annotations

import zipfile
from datetime import date
from pathlib import Path

import pytest

from tests.checks import recalc, sdk
from tests.checks.reading import Book, Value
from tests.checks.recalc import results
from tests.edits import Edited, put_cell, rename_sheet
from tests.scorecards import card
from tests.small_shop import Shop
from xlkpi.language import text, use
from xlkpi.objectives import load
from xlkpi.scorecard import scorecard
from xlkpi.scorecard.budget import BudgetPlan, budget_plan
from xlkpi.workbook.build import build_workbook
from xlkpi.workbook.rebuild import rebuild
from xlkpi.workbook.refresh import Options, refresh_workbook


@pytest.mark.parametrize("engine", ["libreoffice", "ironcalc"])
def test_a_changed_spend_gives_the_estimate_of_its_curve(tmp_path: Path, engine: str) -> None:
    made = card()
    path = tmp_path / "made.xlsx"
    build_workbook(made, path, language="en")
    plan = budget_plan(made, "channel")
    assert isinstance(plan, BudgetPlan)
    book = Book(path)
    sheet = next(s for s in book.sheets if s.name == "Budget")
    headers = {str(c.value): c.address for c in sheet.listed if isinstance(c.value, str)}
    columns = {name: headers[name].rstrip("0123456789") for name in (
        "Proposed spend", "Estimate after", "Difference", "Next unit then", "Spend", "from (80%)", "to (80%)",
        "One more costs",
    )}  # fmt: skip
    with zipfile.ZipFile(path) as package:
        charts = [package.read(name).decode() for name in package.namelist() if name.startswith("xl/charts/chart")]
    bars = next(chart for chart in charts if "'Budget'!" in chart and "<c:barChart>" in chart)
    assert bars.count("<c:dLbls><c:numFmt ") == 2  # else previews show every digit of a spend
    row = int(headers["Proposed spend"].lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")) + 1
    found = results(path, engine, {("Budget", f"{columns['Proposed spend']}{row}"): 444.0})
    channel = plan.channels[0]
    assert channel.fit.curve is not None
    curve = channel.fit.curve.over(channel.scale)
    assert channel.fit.low is not None
    assert channel.fit.high is not None
    ends = [
        c.over(channel.scale).marginal(channel.spend) for c in (channel.fit.curve, channel.fit.low, channel.fit.high)
    ]
    expected = {
        "Estimate after": curve.at(444), "Next unit then": curve.marginal(444), "Spend": channel.spend,
        "Difference": curve.at(444) - curve.at(channel.spend), "from (80%)": min(ends), "to (80%)": max(ends),
        "One more costs": 1 / curve.marginal(channel.spend),
    }  # fmt: skip
    for name, value in expected.items():
        assert found[("Budget", f"{columns[name]}{row}")] == pytest.approx(value, rel=1e-9), name


COLUMNS = ("Au moins", "Au plus", "Dépense proposée", "Dépense", "Courbe")


def divided(path: Path) -> dict[str, tuple[Value, ...]]:
    """By channel: the limits, the proposal, today's spend, and what is said of the curve."""
    book = Book(path)
    table = next(t for t in book.tables if t.name == "xlkpi_budget")
    cells = next(s for s in book.sheets if s.name == table.sheet).cells
    rows = [{h: cells[a].value for h, a in zip(table.columns, table.area.addresses(row), strict=True) if a in cells}
            for row in range(table.area.top + 1, table.area.bottom + 1)]  # fmt: skip
    return {str(row["Canal"]): tuple(row.get(column) for column in COLUMNS) for row in rows if row.get("Canal")}


def test_curves_come_and_go_with_the_months_that_there_are(tmp_path: Path) -> None:
    shop = Shop(tmp_path, months=4)
    shop.build()
    assert {row[4] for row in divided(shop.workbook).values()} == {"trop peu de semaines"}
    for months, verdict in ((30, "pas encore de saturation"), (3, "trop peu de semaines")):
        shop.months = months
        shop.write()
        refresh_workbook(shop.workbook, Options(backups=0), lambda p: scorecard(p, today=date(2028, 6, 1)))
        assert {row[4] for row in divided(shop.workbook).values()} == {verdict}
        assert sdk.faults(shop.workbook) == []
        assert recalc.differences(shop.workbook, ("ironcalc",)) == []


def test_proposals_are_those_of_today_until_a_person_changes_one(tmp_path: Path) -> None:
    shop = Shop(tmp_path, channels=["boutique", "web"])
    shop.build()
    assert divided(shop.workbook)["web"][:4] == (180, 180, 180, 180)
    table = next(t for t in Book(shop.workbook).tables if t.name == "xlkpi_budget")
    row = table.area.addresses(table.area.top + 1 + list(divided(shop.workbook)).index("web"))
    most = dict(zip(table.columns, row, strict=True))["Au plus"]
    with Edited(shop.workbook) as book:
        put_cell(book, table.sheet, most, 500)
    for months, spend in ((8, 200), (9, 210)):
        shop.months = months
        shop.write()
        refresh_workbook(shop.workbook, Options(backups=0))
        assert divided(shop.workbook)["boutique"][:4] == (spend,) * 4
        assert divided(shop.workbook)["web"][:4] == (spend, 500, spend, spend)
    shop.months = 10
    shop.write()
    rebuild(scorecard(load(shop.project)), shop.workbook, language="fr")
    assert {row[:4] for row in divided(shop.workbook).values()} == {(220,) * 4, (220, 500, 220, 220)}


def test_a_channel_that_is_gone_gets_no_proposal_until_it_is_back(tmp_path: Path) -> None:
    shop = Shop(tmp_path, channels=["boutique", "web"])
    shop.build()
    for channels, expected in (
        (["magasin", "web"], {"boutique": (None, None, None, 0), "web": (180,) * 4, "magasin": (180,) * 4}),
        (["magasin", "web"], {"boutique": (None, None, None, 0), "web": (180,) * 4, "magasin": (180,) * 4}),
        (["boutique", "web"], {"boutique": (180,) * 4, "web": (180,) * 4, "magasin": (None, None, None, 0)}),
    ):
        shop.channels = channels
        shop.write()
        refresh_workbook(shop.workbook, Options(backups=0))
        assert {channel: row[:4] for channel, row in divided(shop.workbook).items()} == expected
    assert recalc.differences(shop.workbook, ("ironcalc",)) == []


def test_more_channels_than_pages_can_tell_apart_are_told(tmp_path: Path) -> None:
    shop = Shop(tmp_path, channels=["boutique", "web"])
    shop.build()
    shop.channels = [f"canal {number}" for number in range(21)]
    shop.write()
    done = refresh_workbook(shop.workbook, Options(backups=0))
    with use("fr"):
        assert done.as_json()["lacking"]["Budget"].startswith("21 canaux, et les pages en distinguent 20 au plus")


def test_settings_that_the_data_no_longer_fit_leave_the_page_blank_and_are_told(tmp_path: Path) -> None:
    shop = Shop(tmp_path, channels=["boutique", "web"])
    shop.write()
    spend = 2 * 180

    def with_total() -> None:
        project = shop.project.read_text(encoding="utf-8")
        shop.project.write_text(project + f"budget: {{total: {spend}}}\n", encoding="utf-8")

    with_total()
    build_workbook(scorecard(load(shop.project)), shop.workbook, language="fr")
    assert divided(shop.workbook)["web"][:2] == (180, 180)
    shop.months = 9
    shop.write()
    with_total()
    done = refresh_workbook(shop.workbook, Options(backups=0))
    with use("fr"):
        told = done.as_json()["lacking"]
    assert list(told) == ["Budget"]
    wrong = "(budget.total\u00a0: les limites des canaux permettent de 420 à 420 par mois, pas le total de 360)"
    assert wrong in told["Budget"]
    head = next(s for s in Book(shop.workbook).sheets if s.name == "Budget").cells
    assert [head["B2"].value, head["B3"].value] == ["Budget", told["Budget"].replace("ce", "Ce", 1)]
    assert head["B7"].value == "‹ Tableau de bord"
    assert sdk.faults(shop.workbook) == []
    assert recalc.differences(shop.workbook, ("ironcalc",)) == []
    with Edited(shop.workbook) as book:
        rename_sheet(book, "Tableau de bord", "Vue d'ensemble")
    for _ in range(2):
        assert refresh_workbook(shop.workbook, Options(backups=0)).replaced == []
        head = next(s for s in Book(shop.workbook).sheets if s.name == "Budget").cells
        assert (head["B7"].formula or "").startswith("HYPERLINK(\"#'Vue d''ensemble'!A1\"")
    shop.write()
    assert refresh_workbook(shop.workbook, Options(backups=0)).lacking == {}
    assert divided(shop.workbook)["web"][0] == 210
    head = next(s for s in Book(shop.workbook).sheets if s.name == "Budget").cells
    assert head["B3"].value == text("workbook.budget.second", "fr")
