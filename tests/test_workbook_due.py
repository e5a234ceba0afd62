"""A refresh of what is due: KPIs that have come to a review, and the others as they were at theirs."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

from tests.checks import recalc
from tests.scorecards import BEFORE, TODAY, sample
from tests.test_workbook_refresh import built, compute, home
from xlkpi.cli_refresh import as_text
from xlkpi.language import use
from xlkpi.objectives import Project
from xlkpi.reviews import is_due
from xlkpi.scorecard import Scorecard, scorecard
from xlkpi.workbook.refresh import Options, refresh_workbook

__all__ = ["built", "home"]  # fixtures
DUE = Options(due=True, backups=0)


def weekly(project: Project) -> Project:
    """A project with some objectives that are looked at each week."""
    of = [replace(o, cadence="weekly") if i in (1, 4, 5) else o for i, o in enumerate(project.objectives)]
    return replace(project, objectives=tuple(of))


def made(loaded: Project) -> Scorecard:
    return compute()(weekly(loaded))


def test_an_objective_is_due_once_a_period_of_its_cadence_or_its_time_has_ended() -> None:
    card = scorecard(weekly(sample()[0]), sample()[1], as_of=date(2026, 3, 8), today=TODAY)
    for result in card.results:
        code = result.objective.cadence
        assert is_due(card, result, date(2026, 3, 7)) == (code in ("daily", "weekly")), result.objective.id
        assert is_due(card, result, date(2025, 3, 8))
        assert not is_due(card, result, card.as_of)


def test_only_what_is_due_moves_and_the_rest_waits_for_its_review(built: Path) -> None:
    done = refresh_workbook(built, DUE, made)
    held = done.differences.held
    assert done.due
    assert held
    assert {*done.due, *held} == {moved.id for moved in done.differences.objectives}
    assert {moved.id for moved in done.differences.moved} <= set(done.due)
    assert {day for day, _ in held.values()} == {BEFORE}
    assert {moved.id for moved in done.differences.moved}
    assert recalc.differences(built, ("ironcalc",)) == []
    with use("fr"):
        assert as_text(done).count("ses chiffres restent ceux du 28") == len(held)
    before = built.read_bytes()
    again = refresh_workbook(built, DUE, made)
    assert again.due == []
    assert again.differences.moved == []
    assert {id: day for id, (day, _) in again.differences.held.items() if id in held} == dict.fromkeys(held, BEFORE)
    with use("en"):
        assert "no KPI has come to a review since the last refresh; nothing was written" in as_text(again)
    assert built.read_bytes() == before
    everything = refresh_workbook(built, Options(backups=0), made)
    assert everything.due is None
    assert everything.differences.held == {}
    assert everything.as_json()["held"] == {}
