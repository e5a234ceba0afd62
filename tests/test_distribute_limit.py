"""A team's package holds nothing of another team, and its numbers and statuses are those of the whole."""

from __future__ import annotations

from dataclasses import MISSING, fields, replace
from pathlib import Path

import pytest

from tests.distributions import NORTH, SOUTH, TODAY, project, texts
from tests.engines import require
from tests.scorecards import card as sample_card
from xlkpi.distribute.limit import SETTINGS, limited
from xlkpi.distribute.pdf import office
from xlkpi.distribute.run import distribute
from xlkpi.objectives import Audience, Project
from xlkpi.objectives.decisions import AlertRule, AlertSettings
from xlkpi.scorecard import Scorecard, read_data, scorecard
from xlkpi.scorecard.budget import BudgetPlan, budget_plan
from xlkpi.scorecard.lacking import Lacking


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return project(tmp_path_factory.mktemp("limit"))


@pytest.fixture(scope="module")
def card(known: Project) -> Scorecard:
    return scorecard(known, read_data(known), today=TODAY)


@pytest.fixture(scope="module")
def packages(known: Project, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("packages")
    made = distribute(known, folder, today=TODAY)
    assert made.ok
    return folder


@pytest.mark.parametrize(("team", "words"), [("nord", SOUTH), ("sud", NORTH)])
def test_a_package_holds_no_string_of_another_team(packages: Path, team: str, words: tuple[str, ...]) -> None:
    held = texts(packages / team)
    assert len(held) > 20
    assert {(word, place) for word in words for place, text in held.items() if word in text} == set()


@pytest.mark.parametrize(
    ("team", "words"),
    [("nord", ("Rendement du Nord", "Capitaine Boréal", "aurora", "north.csv", "igloos")),
     ("sud", ("Rate of the South", "Pilote Austral", "mistral", "visits.csv", "palms"))],
)  # fmt: skip
def test_a_package_holds_what_is_its_own(packages: Path, team: str, words: tuple[str, ...]) -> None:
    held = "".join(texts(packages / team).values())
    assert {word for word in words if word not in held} == set()


def test_a_printed_package_holds_no_string_of_another_team(known: Project, tmp_path: Path) -> None:
    if office() is None:
        require("LibreOffice is not installed: apt-get install libreoffice-calc")
    audience = replace(known.audiences["sud"], formats=("pdf",))
    made = distribute(replace(known, audiences={"sud": audience}), tmp_path, today=TODAY)
    assert made.ok
    assert [path.suffix for path in made.outcomes[0].files] == [".pdf"]
    held = texts(tmp_path / "sud")
    assert "".join(held.values()).count("Rate of the South") > 1
    assert {word for word in NORTH for text in held.values() if word in text} == set()


@pytest.mark.parametrize("id", ["nord", "sud"])
def test_numbers_and_statuses_are_those_of_the_whole_scorecard(card: Scorecard, id: str) -> None:
    small = limited(card, card.project.audiences[id])
    assert [r.objective.id for r in small.results] == [id]
    mine, whole = small.results[0], card.by_id[id]
    assert (mine.actual, mine.previous, mine.status.shown) == (whole.actual, whole.previous, whole.status.shown)
    assert mine.series is not None
    assert whole.series is not None
    assert mine.series.values == whole.series.values
    assert small.as_of == card.as_of


def test_a_guard_that_can_not_be_seen_still_counts_and_is_not_named(card: Scorecard) -> None:
    assert card.by_id["nord"].status.capped_by == ("sud",)
    small = limited(card, card.project.audiences["nord"])
    status = small.results[0].status
    assert status.shown == "at_risk"
    assert "sud" not in status.sentence("fr") + status.override_sentence("fr")
    assert "garde-fou" in status.override_sentence("fr")


def test_only_the_measures_rows_and_sources_that_are_needed_remain(card: Scorecard) -> None:
    small = limited(card, card.project.audiences["sud"])
    assert list(small.data.tables) == list(small.data.reports) == list(small.project.sources) == ["visits"]
    table = small.data.tables["visits"]
    assert set(table.forms) == {"sessions", "orders"}
    rows = table.connection.run(table.expression.group_by("channel").aggregate(n=table.expression.count()))
    assert [row["channel"] for row in rows.to_pylist()] == ["mistral"]
    assert "north_return" not in small.project.catalogue.kpis
    assert small.project.audiences == {}


def test_a_level_is_a_limit_too_and_no_limit_is_everything(card: Scorecard) -> None:
    assert [r.objective.id for r in limited(card, Audience(level="strategic")).results] == ["nord"]
    assert limited(card, Audience()) is card


def test_the_budget_of_the_whole_is_not_proposed_to_a_part() -> None:
    """Its total and its caps are not the part's."""
    assert isinstance(budget_plan(sample_card()), BudgetPlan)
    told = budget_plan(limited(sample_card(), Audience(level="strategic")))
    assert isinstance(told, Lacking)
    assert told.code == "budget_part"


def test_rules_of_alerts_are_those_for_what_is_seen(card: Scorecard) -> None:
    title = {"fr": "Titre", "en": "Title"}
    rules = tuple(
        AlertRule(name, "elapsed > 0", title, objectives=objectives, kpis=kpis)
        for name, objectives, kpis in (
            ("all", (), ()), ("north", ("nord",), ()), ("both", ("nord", "sud"), ()), ("rate", (), ("south_rate",)),
            ("return", (), ("north_return",)),
        )
    )  # fmt: skip
    whole = replace(card, project=replace(card.project, alerts=AlertSettings(0.1, (), rules)))
    kept = limited(whole, card.project.audiences["sud"]).project.alerts
    assert [(rule.alert, rule.objectives, rule.kpis) for rule in kept.rules] == [
        ("all", (), ()), ("both", ("sud",), ()), ("rate", (), ("south_rate",)),
    ]  # fmt: skip
    assert kept.dead_band == 0.1


def test_what_a_project_may_come_to_hold_stays_out_of_packages(card: Scorecard) -> None:
    """Every setting that is not known to concern all is at its default."""
    small = limited(card, card.project.audiences["sud"]).project
    limited_here = {
        "whole",
        "objectives",
        "alerts",
        "catalogue",
        "own_kpis",
        "sources",
        "goals",
        "files",
        "unedited",
        "written",
    }
    for item in fields(Project):
        if item.name not in (*SETTINGS, *limited_here):
            makes = item.default_factory
            assert getattr(small, item.name) == (makes() if makes is not MISSING else item.default), item.name
