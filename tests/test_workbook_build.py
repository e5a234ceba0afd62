"""The scorecard workbook: its cached values, its formulas after a choice, its checks by other programs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from tests.checks import lint, recalc, sdk
from tests.checks.reading import Book
from tests.checks.recalc import results
from tests.scorecards import TODAY, card, computed
from xlkpi.alerts import TRUST
from xlkpi.objectives.model import Override
from xlkpi.scorecard import Result, scorecard
from xlkpi.workbook.book import Last
from xlkpi.workbook.build import build_workbook
from xlkpi.workbook.live import serial
from xlkpi.workbook.pages import PEOPLE

ENGINES = ("libreoffice", "ironcalc")
LANGUAGES = {"fr": "sobre", "en": "vif"}


@pytest.fixture(scope="module", params=LANGUAGES)
def workbook(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample's scorecard in each language, each with one of the themes."""
    path = tmp_path_factory.mktemp("built") / f"{request.param}.xlsx"
    build_workbook(card(), path, language=request.param, theme=LANGUAGES[request.param])
    return path


@pytest.fixture(scope="module")
def french(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("french") / "fr.xlsx"
    build_workbook(card(), path, language="fr")
    return path


def test_every_formula_recalculates_to_its_cached_value(workbook: Path) -> None:
    assert recalc.differences(workbook, ENGINES) == []


def test_excel_finds_nothing_to_repair(workbook: Path) -> None:
    assert sdk.faults(workbook) == []
    found = [f for f in lint.lint(workbook, pages=True) if not (f.rule == "table-range" and f.where in PEOPLE)]
    assert found == []


def test_no_error_is_on_a_page_that_can_be_seen(workbook: Path) -> None:
    seen = [(s.name, c.address) for s in Book(workbook).sheets if s.visible for c in s.listed if c.kind == "e"]
    assert seen == []


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("day", [None, date(2026, 1, 31), date(2025, 10, 31)])
def test_a_chosen_day_gives_the_scorecard_of_that_day(french: Path, engine: str, day: date | None) -> None:
    inputs = {_place(french, "xlkpi_as_of"): serial(day)} if day else {}
    made = computed(french, engine, inputs)
    expected = card(day)
    assert made.keys() == expected.by_id.keys()
    for id, result in expected.by_id.items():
        _compare(made[id], result)


@pytest.mark.parametrize("part", ["paid_search", "paid_social"])
def test_a_chosen_channel_gives_the_scorecard_of_that_channel(french: Path, part: str) -> None:
    from xlkpi.language import text

    shown = text(f"workbook.choice.{part}", "fr")
    made = computed(french, "libreoffice", {_place(french, "xlkpi_choice"): shown})
    expected = card(part=("channel", part))
    for id, result in expected.by_id.items():
        _compare(made[id], result)


def test_beside_an_earlier_day_nothing_is_told_of_another_one(tmp_path: Path) -> None:
    """What is foreseen, a status set by hand, the next review, what the last update changed."""
    path, day = tmp_path / "en.xlsx", date(2026, 1, 31)
    known, why = card(), {"en": "The fair is in March"}
    given = {
        "roi_paid": Override("achieved", why, since=date(2026, 2, 15), until=date(2026, 4, 1)),
        "cpa_social": Override("achieved", why, since=date(2026, 1, 10)),
    }
    objectives = tuple(replace(o, override=given.get(o.id)) for o in known.project.objectives)
    project = replace(known.project, objectives=objectives)
    last = Last(date(2026, 3, 1), dict.fromkeys(known.by_id, "achieved"))
    build_workbook(scorecard(project, known.data, today=TODAY), path, language="en", last=last)
    made = results(path, "ironcalc", {_place(path, "xlkpi_as_of"): serial(day)})
    before = {(s.name, c.address): str(c.value) for s in Book(path).sheets if s.visible for c in s.listed}
    foreseen = [place for place, words in before.items() if words == "Forecast at the due date"]
    assert foreseen
    for sheet, address in foreseen:
        only = "Forecast at the due date (only for the whole on 8\u00a0Mar\u00a02026)"
        assert (made[sheet, address], made[sheet, f"F{address[1:]}"]) == (repr(only), repr("–"))
    (since,) = [place for place, words in before.items() if words.startswith("Since the update of")]
    assert made[since] in (repr(""), None)
    for on in (day, known.as_of):
        rows = computed(path, "ironcalc", {_place(path, "xlkpi_as_of"): serial(on)})
        expected = scorecard(project, known.data, as_of=on, today=on).by_id
        for id in given:
            assert rows[id]["shown"] == repr(expected[id].status.shown), (id, on)
            assert rows[id]["review"] == serial(project.by_id[id].next_review(on)), (id, on)
        assert [rows[id]["shown"] == repr("achieved") for id in given] == [on != day, on == day]


def _compare(row: Mapping[str, float | str | None], result: Result) -> None:
    """A row of the calculation sheet against the objective's result."""
    status = result.status
    if math.isnan(result.actual):  # what would be expected of it is not told
        assert (row["actual"], row["shown"]) == (repr(""), repr(status.shown))
        return
    ahead = result.outlook
    for name, value in {
        "required": ahead.required if ahead else None, "current": ahead.current if ahead else None,
        "actual": result.actual, "previous": result.previous, "last_year": result.last_year,
        "progress": status.progress, "expected": status.expected, "pace": status.pace,
    }.items():  # fmt: skip
        got = row[name]
        if value is None or math.isnan(value):
            assert got == repr(""), (result.objective.id, name)
        else:
            assert got == pytest.approx(value, rel=1e-9), (result.objective.id, name)
    assert row["shown"] == repr(status.shown), result.objective.id
    assert row["trust"] == TRUST[result.trust.level], result.objective.id


def _place(path: Path, name: str) -> tuple[str, str]:
    found = next(n for n in Book(path).names if n.name == name)
    sheet, address = found.formula.rsplit("!", 1)
    return sheet.strip("'"), address.replace("$", "")
