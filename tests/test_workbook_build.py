"""The scorecard workbook: its cached values, its formulas after a choice, its checks by other programs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest

from tests.checks import lint, recalc, sdk
from tests.checks.reading import Book
from tests.scorecards import card, computed
from xlkpi.alerts import TRUST
from xlkpi.scorecard import Result
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
