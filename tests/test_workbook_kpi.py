"""The page of a KPI: effects of its parts as the analysis computes them, SMART with reasons, statuses set by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.checks.reading import Book, Sheet, position
from tests.checks.recalc import results
from tests.scorecards import TODAY, card, computed, sample
from xlkpi.cadence import CODES
from xlkpi.language import dates
from xlkpi.objectives.model import Benchmark, Override
from xlkpi.scorecard import scorecard
from xlkpi.workbook.build import build_workbook
from xlkpi.workbook.live import serial


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("built") / "made.xlsx"
    build_workbook(card(), path, language="en")
    return path


@pytest.fixture(scope="module")
def built(made: Path) -> Book:
    return Book(made)


def texts(book: Book, page: str) -> list[str]:
    """The texts that a page shows."""
    return [c.value for s in book.sheets if s.name == page for c in s.listed if isinstance(c.value, str)]


def rows(sheet: Sheet) -> dict[int, dict[int, object]]:
    """The values of a sheet by row and column."""
    found: dict[int, dict[int, object]] = {}
    for cell in sheet.listed:
        row, column = position(cell.address)
        found.setdefault(row, {})[column] = cell.value
    return found


def test_effects_of_parts_are_those_of_the_analysis_and_add_up(built: Book) -> None:
    page = rows(next(s for s in built.sheets if s.name == "ROI of paid campaigns"))
    result = card().by_id["roi_paid"]
    known = {b.against: b for b in result.breakdowns if b.dimension == "channel"}
    names = {"paid_search": "Paid search", "paid_social": "Paid social"}
    head = next(row for row in page.values() if "Rate" in row.values())
    at = {name: column for column, name in head.items()}
    by_name = {row[2]: row for row in page.values() if row.get(2) in ("Paid search", "Paid social", "All together")}
    for number, label in enumerate(known["previous"].labels):
        segment, row = known["previous"].variance.segments[number], by_name[names[str(label)]]
        assert row[at["Mix"]] == pytest.approx(segment.mix * 100, rel=1e-9)
        assert row[at["Rate"]] == pytest.approx(segment.rate * 100, rel=1e-9)
        assert row[at["Change"]] == pytest.approx(segment.total * 100, rel=1e-9)
        to_target = known["target"].variance.segments[number].total
        assert row[at["To target"]] == pytest.approx(to_target * 100, rel=1e-9)
    whole = by_name["All together"]
    assert whole[at["Change"]] == pytest.approx((result.actual - result.previous) * 100, rel=1e-9)
    assert result.objective.target is not None
    assert whole[at["To target"]] == pytest.approx((result.actual - result.objective.target) * 100, rel=1e-9)


def test_pages_tell_the_rate_that_is_needed_and_how_the_forecast_was_made(built: Book) -> None:
    ahead = card().by_id["revenue_year"].outlook
    assert ahead is not None
    needed, present = (f"{value:,.0f}" for value in (ahead.required, ahead.current))
    said = texts(built, "Revenue of the period")
    assert any(f"€{needed} per month are needed until" in t and t.endswith(f"; €{present} now.") for t in said)
    day = dates.day(card().as_of, "en")
    assert any(t.startswith(f"Forecast of {day}: ") and "off by €" in t for t in said)
    points = [t for t in texts(built, "ROI of paid campaigns") if t.startswith("Forecast of")]
    assert all("\u00a0pts on average, or " in t for t in points)
    assert len(points) == 1
    explored = texts(built, "Explorer")
    assert any(t.startswith("No rate to keep: the value is to stay within its limit") for t in explored)
    assert any(t.startswith("Forecast of ") for t in explored)


def test_on_an_earlier_day_the_rate_is_that_of_then_and_there_is_no_forecast(made: Path) -> None:
    day = date(2026, 1, 31)
    as_of = next(n for n in Book(made).names if n.name == "xlkpi_as_of").formula.replace("$", "").rsplit("!", 1)
    then = results(made, "ironcalc", {(as_of[0].strip("'"), as_of[1]): serial(day)})
    ahead = card(day).by_id["revenue_year"].outlook
    assert ahead is not None
    shown = [value for (sheet, _), value in then.items() if sheet == "Revenue of the period" and isinstance(value, str)]
    assert any(f"€{ahead.required:,.0f} per month are needed until" in value for value in shown)
    assert any("only made on the last day" in value for value in shown)
    assert not any("Forecast of" in value for value in shown)


def test_rates_of_every_cadence_are_those_of_the_scorecard(tmp_path: Path) -> None:
    project, data = sample()
    assert data.last is not None
    due = data.last + timedelta(days=100)
    start = date(2025, 9, 1)  # a Monday
    objectives = [
        replace(project.by_id[id], id=f"{id}_{cadence}", cadence=cadence, start=start, due=due, guards=(), parent=None)
        for cadence in CODES
        for id in ("revenue_year", "site_conversion")
    ]
    total = project.by_id["revenue_year"]
    objectives.append(replace(total, id="mid_month", start=date(2025, 9, 17), due=due, guards=(), parent=None))
    objectives.append(replace(total, id="capped", kind="decrease", start=start, due=due, guards=(), parent=None))
    found = scorecard(replace(project, objectives=tuple(objectives), fiscal_year_start=2), data, today=TODAY)
    path = tmp_path / "made.xlsx"
    build_workbook(found, path, language="en")
    made = computed(path, "ironcalc", {})
    assert made.keys() == found.by_id.keys()
    for id, row in made.items():
        ahead = found.by_id[id].outlook
        assert ahead is not None
        for name in ("required", "current"):
            value = getattr(ahead, name)
            assert row[name] == (repr("") if math.isnan(value) else pytest.approx(value, rel=1e-9)), (id, name)
    assert str(made["capped"]["said_rate"]).startswith("'At most €")


def test_every_letter_of_smart_has_its_mark_and_reason(built: Book) -> None:
    page = rows(next(s for s in built.sheets if s.name.startswith("Cost per acquisition")))
    letters = {str(row[8])[3]: row for row in page.values() if str(row.get(8, "")).endswith(
        ("Specific", "Measurable", "Attainable", "Relevant", "Time-bound"))}  # fmt: skip
    assert set(letters) == set("SMART")
    assert all(str(row[9]) not in ("", "–") for row in letters.values())
    assert "→" in str(letters["A"][9])  # what to do where something is lacking


def test_a_status_set_by_hand_shows_the_computed_one_and_its_reason(tmp_path: Path) -> None:
    project, data = sample()
    day = data.last
    assert day is not None
    held = Override("on_track", {"en": "The campaign was stopped on purpose"}, until=day + timedelta(days=30))
    given = replace(project.by_id["cpa_social"], override=held)
    others = tuple(given if o.id == given.id else o for o in project.objectives)
    path = tmp_path / "made.xlsx"
    build_workbook(scorecard(replace(project, objectives=others), data, today=TODAY), path, language="en")
    book = Book(path)
    texts = [str(c.value) for c in book.sheets[0].listed]
    assert "computed: Behind" in texts
    page = next(s for s in book.sheets if s.name.startswith("Cost per acquisition"))
    listed = next(s for s in book.sheets if s.name == "Objectives")
    for shown in (page, listed):
        assert any("computed: Behind: The campaign was stopped on purpose" in str(c.value) for c in shown.listed)


def test_objectives_of_the_same_title_are_told_apart_by_their_ids(tmp_path: Path) -> None:
    project, data = sample()
    objective = project.by_id["basket"]
    twins = tuple(replace(objective, id=f"basket_{i}") for i in range(2))
    path = tmp_path / "made.xlsx"
    build_workbook(scorecard(replace(project, objectives=twins), data, today=TODAY), path, language="en")
    title = objective.title["en"]
    found = {str(c.value) for s in Book(path).sheets if s.name == "Explorer" for c in s.listed}
    assert any(text.startswith(f"{title} (basket_") for text in found)


def test_a_benchmark_that_is_too_old_is_told_and_greyed(tmp_path: Path) -> None:
    project, data = sample()
    objective = project.by_id["cpa_social"]
    old = replace(objective.attainable, benchmark=(Benchmark(28, "An old study", TODAY.replace(year=2022)),))
    others = tuple(replace(o, attainable=old) if o is objective else o for o in project.objectives)
    path = tmp_path / "made.xlsx"
    build_workbook(scorecard(replace(project, objectives=others), data, today=TODAY), path, language="en")
    page = next(s for s in Book(path).sheets if s.name.startswith("Cost per acquisition"))
    assert any("An old study (out of date)" in str(c.value) for c in page.listed)
