"""The page of a KPI: effects of its parts as the analysis computes them, SMART with reasons, statuses set by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.checks.reading import Book, Sheet, position
from tests.scorecards import TODAY, card, sample
from xlkpi.objectives.model import Benchmark, Override
from xlkpi.scorecard import scorecard
from xlkpi.workbook.build import build_workbook


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Book:
    path = tmp_path_factory.mktemp("built") / "made.xlsx"
    build_workbook(card(), path, language="en")
    return Book(path)


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
