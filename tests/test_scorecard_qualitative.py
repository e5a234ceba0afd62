"""Objectives on what people are asked: values, statuses and cells from the waves of the project."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from tests.checks import recalc
from tests.checks.reading import Book
from tests.scorecards import TODAY, computed, sample
from xlkpi.objectives import Objective
from xlkpi.objectives.context import Mark, Reconciliation, Survey
from xlkpi.scorecard import Scorecard, scorecard
from xlkpi.workbook.build import build_workbook
from xlkpi.workbook.live import serial

WAVES = (
    Survey("nps", date(2025, 6, 30), 200, 90, 60), Survey("nps", date(2025, 12, 31), 200, 104, 32),
    Survey("csat", date(2025, 12, 15), 200, 172), Survey("tone", date(2025, 12, 15), 100, 60, 20),
    Survey("aided_awareness", date(2025, 12, 15), 400, 220), Survey("unaided_awareness", date(2025, 12, 15), 400, 60),
)  # fmt: skip
MARKS = tuple(
    Mark("content_quality", {"en": str(i)}, mark, date(2025, 12, 31), weight)
    for i, (mark, weight) in enumerate(((4.0, 2.0), (3.0, 2.0), (5.0, 1.0)))
)
EXPECTED = {"nps": 36.0, "csat": 0.86, "sentiment": 0.4, "awareness": 0.55, "awareness_unaided": 0.15, "rubric": 76.0}


def objective(kpi: str, target: float) -> Objective:
    title = {"fr": kpi, "en": kpi}
    return Objective(
        kpi, title, kpi=kpi, kind="reach", baseline=0.0, target=target, cadence="quarterly", start=date(2025, 7, 1),
        due=date(2026, 6, 30),
    )  # fmt: skip


def asked(**changes: object) -> Scorecard:
    project, data = sample()
    made = tuple(objective(kpi, 2 * value) for kpi, value in EXPECTED.items())
    project = replace(project, objectives=made, surveys=WAVES, rubrics=MARKS, **changes)  # type: ignore[arg-type]  # keys
    return scorecard(project, data, today=TODAY)


def test_the_latest_wave_is_the_value() -> None:
    made = asked()
    assert {id: r.actual for id, r in made.by_id.items()} == pytest.approx(EXPECTED)
    assert {r.status.shown for r in made.results} == {"behind"}  # half of the way in two thirds of the time
    assert made.by_id["nps"].series is not None
    assert made.by_id["nps"].series.values == pytest.approx((15.0, 15.0, 36.0))
    assert {r.trust.level for r in made.results} == {"high"}


def test_a_wave_to_come_does_not_count() -> None:
    project, data = sample()
    project = replace(project, objectives=(objective("nps", 40),), surveys=(Survey("nps", date(2026, 3, 1), 10, 5, 1),))
    assert scorecard(project, data, today=TODAY).by_id["nps"].gap == "no_source"


def test_the_cells_tell_the_same_beside_a_reconciliation(tmp_path: Path) -> None:
    path = tmp_path / "made.xlsx"
    name = {"fr": "Conversions", "en": "Conversions"}
    several = tuple(
        Reconciliation(name, {"google_ads": "conversions", other: "conversions"}) for other in ("meta_ads", "klaviyo")
    )
    build_workbook(asked(swot=(), competitors=(), reconcile=several), path, language="en")
    assert recalc.differences(path, ("ironcalc",)) == []
    page = next(s for s in Book(path).sheets if s.name == "Reconciliation")
    assert [c.value for c in page.listed if c.value == "too far apart"] == ["too far apart"] * 2
    assert [c.address for c in page.listed if c.kind == "e"] == []


def test_a_wave_that_is_typed_in_the_workbook_moves_the_objective(tmp_path: Path) -> None:
    path = tmp_path / "made.xlsx"
    build_workbook(asked(swot=(), competitors=()), path, language="en")
    book = Book(path)
    typed = next(t for t in book.tables if t.name == "xlkpi_surveys")
    first = typed.area.top + 1 + len(WAVES)
    columns = dict(zip(typed.columns, typed.area.addresses(first), strict=True))
    wave: dict[str, float | str] = {
        "Survey": "Recommendation (NPS)", "Date": serial(date(2025, 12, 31)) - 1, "Answers": 200.0, "Favourable": 160.0,
        "Unfavourable": 20.0,
    }  # fmt: skip
    later = wave | {"Date": serial(date(2025, 12, 31)), "Favourable": 0.0, "Unfavourable": 0.0, "Answers": 0.0}
    for changes, expected in ((wave, 36.0), (later, 36.0)):  # the wave of the last day holds; nothing is added to it
        inputs = {(typed.sheet, columns[name]): value for name, value in changes.items()}
        assert computed(path, "ironcalc", inputs)["nps"]["actual"] == pytest.approx(expected)
    inputs = {(typed.sheet, columns[name]): value for name, value in wave.items()}
    inputs[typed.sheet, typed.area.addresses(first - len(WAVES) + 1)[2]] = serial(date(2025, 7, 1))  # it was earlier
    assert computed(path, "ironcalc", inputs)["nps"]["actual"] == pytest.approx(70.0)
