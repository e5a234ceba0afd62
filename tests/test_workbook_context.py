"""The pages around the objectives: what people type there is computed by the workbook's own formulas."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.checks.reading import Book, SheetCell
from tests.checks.recalc import Input, Place, differences, results
from tests.engines import Result
from tests.scorecards import card
from tests.small_project import PROJECT, exported
from xlkpi.analysis.surveys import balance, share
from xlkpi.cli import run
from xlkpi.objectives import load
from xlkpi.objectives.context import Reconciliation
from xlkpi.scorecard import Scorecard, scorecard
from xlkpi.scorecard.drivers import DriverView, driver_view
from xlkpi.scorecard.reconcile import checks
from xlkpi.workbook.build import build_workbook
from xlkpi.workbook.context import Context
from xlkpi.workbook.live import serial
from xlkpi.workbook.people import PeopleTable, Row

ENGINE = "ironcalc"


@pytest.fixture(scope="module")
def workbook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("context") / "made.xlsx"
    build_workbook(reconciled(), path, language="en")
    return path


def reconciled(day: date | None = None) -> Scorecard:
    """The sample, with two of its sources held against each other."""
    made = card(day)
    held = Reconciliation({"en": "Sales"}, {"shopify": "orders", "google_ads": "conversions"}, 0.6)
    return replace(made, project=replace(made.project, reconcile=(held,)))


@cache
def read(path: Path) -> Book:
    """The workbook, read once."""
    return Book(path)


def table(path: Path, name: str) -> tuple[str, list[dict[str, tuple[str, Any]]]]:
    """A table's sheet, and its rows: header -> (address, value)."""
    book = read(path)
    found = next(t for t in book.tables if t.name == name)
    cells, area = cells_of(path, found.sheet), found.area
    rows = [
        {
            header: (address, cells[address].value if address in cells else None)
            for header, address in zip(found.columns, area.addresses(row), strict=True)
        }
        for row in range(area.top + 1, area.bottom + 1)
    ]
    return found.sheet, rows


def cells_of(path: Path, sheet: str) -> Mapping[str, SheetCell]:
    return next(s for s in read(path).sheets if s.name == sheet).cells


def row_of(path: Path, sheet: str, label: str, column: str = "B", **others: Any) -> int:
    """The row whose label stands in a column, and that has other values in other columns."""
    cells = cells_of(path, sheet)
    rows = [int(a[1:]) for a, c in cells.items() if a[0] == column and a[1:].isdigit() and c.value == label]
    return next(r for r in rows if all(cells[f"{letter}{r}"].value == v for letter, v in others.items()))


def test_contributions_add_up_to_the_change_of_each_result(workbook: Path) -> None:
    _, factors = table(workbook, "xlkpi_drivers")
    _, trees = table(workbook, "xlkpi_results")
    for tree in trees:
        name, before, now = (tree[h][1] for h in ("Result", "A year before", "Now"))
        parts = [row["Contribution"][1] for row in factors if row["Result"][1] == name]
        scale = 100 if abs(now) < 100 else 1
        assert math.fsum(parts) == pytest.approx((now - before) * scale, rel=1e-9)


@cache
def on_day(path: Path, engine: str, day: date | None) -> Mapping[Place, Result]:
    """What an engine makes of the workbook when a day is chosen; None leaves the scorecard's own."""
    place = next(n.formula for n in read(path).names if n.name == "xlkpi_as_of").replace("$", "").rsplit("!", 1)
    return results(path, engine, {(place[0].strip("'"), place[1]): serial(day)} if day else {})


@pytest.mark.parametrize(("engine", "day"), [("libreoffice", date(2025, 12, 31)), ("ironcalc", date(2025, 8, 31))])
def test_sources_are_held_against_each_other_up_to_the_chosen_day(workbook: Path, engine: str, day: date) -> None:
    found, (check,) = on_day(workbook, engine, day), checks(reconciled())
    shown = [i for i, month in enumerate(check.months) if day - timedelta(days=365) < month <= day]
    ours, theirs = ([told.values[i] for i in shown] for told in check.told)
    row = row_of(workbook, "Reconciliation", "shopify", column="C")
    got = [found[("Reconciliation", f"{column}{row}")] for column in "DFHJ"]
    gaps = [b / a - 1 for a, b in zip(ours, theirs, strict=True)]
    assert len(shown) == 12
    beyond = sum(abs(gap) > 0.6 for gap in gaps)
    assert got == pytest.approx([sum(ours), sum(theirs), sum(theirs) / sum(ours) - 1, beyond])
    assert [found[("Reconciliation", f"{c}{row + 4}")] for c in "CDEFGHIJKLMN"] == pytest.approx(gaps)
    state = "too far apart" if abs(sum(theirs) / sum(ours) - 1) > 0.6 else "agrees but for some months"
    assert found[("Reconciliation", f"K{row}")] == repr(state if beyond else "agrees")


@pytest.mark.parametrize(
    ("engine", "day"), [("libreoffice", date(2025, 12, 31)), ("ironcalc", date(2025, 8, 31)), ("ironcalc", None)]
)
def test_a_chosen_day_gives_the_drivers_of_its_months(workbook: Path, engine: str, day: date | None) -> None:
    found = on_day(workbook, engine, day)
    view = driver_view(card(day))
    assert isinstance(view, DriverView)
    sheet, factors = table(workbook, "xlkpi_drivers")
    _, trees = table(workbook, "xlkpi_results")
    rows = iter(factors)
    for tree, row in zip(view.trees, trees, strict=True):
        known = [(tree.result, row), *((factor, next(rows)) for factor in tree.factors)]
        for figure, at in known:
            got = [found[(sheet, at[name][0])] for name in ("A year before", "Now")]
            assert got == pytest.approx([figure.before, figure.now], rel=1e-9), figure.id
        parts = [float(found[(sheet, at["Contribution"][0])]) for _, at in known[1:]]
        scale = 100 if tree.result.unit == "percent" else 1
        assert math.fsum(parts) == pytest.approx((tree.result.now - tree.result.before) * scale, rel=1e-9)


def test_months_that_the_data_do_not_hold_have_no_drivers(workbook: Path) -> None:
    found = on_day(workbook, ENGINE, date(2025, 4, 30))
    sheet, factors = table(workbook, "xlkpi_drivers")
    _, trees = table(workbook, "xlkpi_results")
    assert all(found[(sheet, row["Now"][0])] != repr("–") for row in factors)
    assert {found[(sheet, row[name][0])] for row in factors for name in ("A year before", "Contribution")} == {
        repr("–")
    }
    assert {found[(sheet, row[name][0])] for row in trees for name in ("A year before", "Change")} == {repr("–")}


def test_a_supposed_change_gives_the_result_and_what_is_needed_reaches_the_target(workbook: Path) -> None:
    view = driver_view(card())
    assert isinstance(view, DriverView)
    sheet, factors = table(workbook, "xlkpi_drivers")
    _, trees = table(workbook, "xlkpi_results")
    first = factors[0]
    found = results(workbook, ENGINE, {(sheet, first["If it changes by"][0]): 0.1})
    revenue = view.trees[0].result.now
    assert found[(sheet, trees[0]["Then"][0])] == pytest.approx(revenue * 1.1, rel=1e-9)
    wanted = trees[0]["Target"][1]
    change = first["Needed for the target"][1] / view.trees[0].factors[0].now - 1
    found = results(workbook, ENGINE, {(sheet, first["If it changes by"][0]): change})
    assert found[(sheet, trees[0]["Then"][0])] == pytest.approx(wanted, rel=1e-9)
    assert found[(sheet, trees[0]["Still lacking"][0])] == pytest.approx(0, abs=1e-6)


#: Waves that are typed, and the score of each with its interval, in fractions.
WAVES = {"Recommendation (NPS)": balance(90, 60, 200), "Aided awareness": share(90, 200)}


@pytest.fixture(scope="module")
def typed(workbook: Path) -> Mapping[Place, Result]:
    """What an engine makes of waves, a mark and a competitor that are typed: no page of one reads the others'."""
    inputs: dict[Place, Input] = {}

    def write(sheet: str, row: Mapping[str, tuple[str, Any]], values: Mapping[str, Input]) -> None:
        inputs.update({(sheet, row[name][0]): value for name, value in values.items()})

    sheet, rows = table(workbook, "xlkpi_surveys")
    free = [row for row in rows if not row["Survey"][1]]
    for kind, row in zip(WAVES, free[: len(WAVES)], strict=True):
        write(sheet, row, {
            "Survey": kind, "Date": 46_080.0, "Answers": 200.0, "Favourable": 90.0, "Unfavourable": 60.0,
        })  # fmt: skip
    sheet, rows = table(workbook, "xlkpi_rubrics")
    write(sheet, next(row for row in rows if row["Mark"][1] is not None), {"Mark": 1.0})
    sheet, rows = table(workbook, "xlkpi_competitors")
    row = next(row for row in rows if not row["Competitor"][1])
    write(sheet, row, {"Competitor": "New", "Figure": "mentions", "Value": 1_000.0})
    more = [row for row in rows if not row["Competitor"][1]][1:4]
    for at, (name, value) in zip(more, (("New", 12.0), ("Boutique Exemple", 6.0), ("Other", 18.0)), strict=True):
        write(sheet, at, {"Competitor": name, "Figure": "stores", "Value": value})
    return results(workbook, ENGINE, inputs)


def test_a_wave_that_is_typed_gives_its_score_with_the_interval(workbook: Path, typed: Mapping[Place, Result]) -> None:
    sheet, rows = table(workbook, "xlkpi_surveys")
    free = [row for row in rows if not row["Survey"][1]]
    for score, row in zip(WAVES.values(), free[: len(WAVES)], strict=True):
        got = [typed[(sheet, row[name][0])] for name in ("Score", "From", "To")]
        assert got == pytest.approx([100 * v for v in score], rel=1e-6)


def test_a_mark_that_is_typed_counts_with_its_weight(workbook: Path, typed: Mapping[Place, Result]) -> None:
    sheet, rows = table(workbook, "xlkpi_rubrics")
    known = [(row["Mark"][1], row["Weight"][1]) for row in rows if row["Mark"][1] is not None]
    marks = [1.0, *(m for m, _ in known[1:])]
    expected = sum(m * w for m, (_, w) in zip(marks, known, strict=True)) / sum(w for _, w in known) * 20
    row = row_of(workbook, sheet, "Content quality (rubric)")
    assert typed[(sheet, f"E{row}")] == pytest.approx(expected)


def test_a_competitor_that_is_typed_moves_the_index_and_the_share_of_voice(
    workbook: Path, typed: Mapping[Place, Result]
) -> None:
    sheet, _ = table(workbook, "xlkpi_competitors")
    row = row_of(workbook, sheet, "Mentions", D=240)
    assert typed[(sheet, f"G{row}")] == pytest.approx(240 / 500 * 100)  # of 310, 190 and 1000
    assert typed[(sheet, f"I{row}")] == pytest.approx(240 / 1740)
    assert typed[(sheet, f"H{row}")] == 3


def test_a_figure_that_is_typed_is_compared_too(workbook: Path, typed: Mapping[Place, Result]) -> None:
    sheet, _ = table(workbook, "xlkpi_competitors")
    row = next(place[1][1:] for place, value in typed.items() if place[0] == sheet and value == repr("stores"))
    assert [typed[(sheet, f"{c}{row}")] for c in "DEGHI"] == pytest.approx([6, 15, 40, 3, 6 / 36])
    assert typed[(sheet, f"F{row}")] == repr("behind the market")


def test_figures_beyond_the_lines_are_told_and_a_new_build_makes_room(tmp_path: Path) -> None:
    file, path = tmp_path / "small.yaml", tmp_path / "small.xlsx"
    file.write_text(PROJECT + "competitors: [{name: A, values: {cpc: 0.3}}]\n", encoding="utf-8")
    exported(tmp_path, 6)
    assert run(["build", str(file)]) == 0
    sheet, rows = table(path, "xlkpi_competitors")
    free = [row for row in rows if not row["Competitor"][1]]
    names = ["stores", "staff", "fans", "prizes"]
    given: list[dict[str, Input]] = [{"Competitor": "A", "Figure": name, "Value": 2.0} for name in names]
    inputs: dict[Place, Input] = {
        (sheet, at[code][0]): value for at, row in zip(free, given, strict=False) for code, value in row.items()
    }
    told = {str(value).strip("'") for place, value in results(path, ENGINE, inputs).items() if place[0] == sheet}
    assert {*names[:3], "Figures without a line here: 1 (xlkpi upgrade makes room)"} <= told
    kept: list[Row] = [{"name": "A", "figure": name, "value": 2.0} for name in names]
    made = tmp_path / "made.xlsx"
    build_workbook(scorecard(load(file)), made, language="en", kept={"xlkpi_competitors": kept})
    assert {*names} <= {cell.value for address, cell in cells_of(made, sheet).items() if address.startswith("B")}
    # of a table of one row, which the objectives are here, this engine reads nothing
    wrong = [(d.address, d.got) for d in differences(made, (ENGINE,)) if d.sheet == sheet and d.address[0] in "BE"]
    assert wrong == []
    file.write_text(PROJECT + "competitors: [{name: A, values: {cpc: 0.3, shops: 4, cost: 9}}]\n", encoding="utf-8")
    assert run(["refresh", str(path)]) == 0


def test_every_table_that_people_fill_is_known_to_a_refresh(workbook: Path) -> None:
    from xlkpi.workbook.pages import PEOPLE

    there = {t.name for t in read(workbook).tables}
    typed = there - {"xlkpi_data", "xlkpi_objectives", "xlkpi_series"}
    assert typed <= set(PEOPLE)
    assert all(isinstance(known, PeopleTable) for known in PEOPLE.values())


def test_an_empty_key_asks_for_a_page_to_type_in(tmp_path: Path) -> None:
    source = tmp_path / "project.yaml"
    source.write_text("xlkpi: 1\nname: x\nswot: []\nsurveys: []\ncompetitors: []\n", encoding="utf-8")
    project = load(source)
    asked = Context(replace(card(), project=project), None)
    assert [page for page in ("swot", "surveys", "market", "budget") if asked.has(page)] == [
        "swot",
        "surveys",
        "market",
    ]
    without = Context(replace(card(), project=replace(project, main=None)), None)
    assert not any(map(without.has, ("swot", "surveys", "market")))


def test_no_sentence_tells_a_day_as_files_write_it(workbook: Path) -> None:
    shown = [s for s in read(workbook).sheets if s.state == "visible"]
    said = [str(c.value) for s in shown for c in s.listed if isinstance(c.value, str) and " " in c.value]
    assert len(said) > 100
    assert [words for words in said if re.search(r"(?<!due: )\b\d{4}-\d\d-\d\d\b", words)] == []  # but what to type
