"""Scorecards of unusual projects: no data, one objective, sixty, texts that look like formulas, every status."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.checks import lint, recalc, sdk
from tests.checks.reading import Book
from tests.scorecards import TODAY, sample
from xlkpi.objectives import Objective, Project
from xlkpi.scorecard import Data, scorecard
from xlkpi.workbook.build import build_workbook
from xlkpi.workbook.pages import PEOPLE

LONG = (
    "Réduire durablement le coût d’acquisition des nouveaux clients « grand public » de la zone francophone, "
    "hors promotions, d’ici la fin de l’exercice"
)


def no_data() -> tuple[Project, Data]:
    project, data = sample()
    return replace(project, sources={}), Data({}, data.catalogue)


def one_objective() -> tuple[Project, Data]:
    project, data = sample()
    return replace(project, objectives=(project.by_id["basket"],)), data


def no_objective() -> tuple[Project, Data]:
    project, data = sample()
    return replace(project, objectives=()), data


def sixty_objectives() -> tuple[Project, Data]:
    project, data = sample()
    made = [
        replace(o, id=f"{o.id}_{i}", priority=i + 1, primary=i < 2, guards=(), parent=None)
        for i in range(6)
        for o in project.objectives
    ]
    return replace(project, objectives=tuple(made)), data


def hostile_texts() -> tuple[Project, Data]:
    project, data = sample()
    texts = (
        "=1+1",
        "+33 1 23 45 67 89",
        "-5 %",
        "@SUM(A1)",
        "{=A1}",
        'un "mot"',
        "a & b < c",
        LONG,
        LONG * 3,
        "x\x01y",
    )
    made = [
        replace(o, title={"fr": t, "en": t}, relevant={"fr": t, "en": t}, decision={"fr": t, "en": t}, owner=t)
        for o, t in zip(project.objectives, texts, strict=True)
    ]
    return replace(project, objectives=tuple(made), name={"fr": "=A&B", "en": "=A&B"}), data


def every_status() -> tuple[Project, Data]:
    """Seven primary objectives on one KPI, each with the dates and the target that give it its status."""
    project, data = sample()
    base = project.by_id["basket"]
    day = data.last
    assert day is not None
    year = timedelta(days=365)

    def made(id: str, target: float, start: date, due: date, **more: object) -> Objective:
        given = {"failure": None, "guards": (), "parent": None, "primary": True, **more}
        return replace(base, id=id, target=target, start=start, due=due, **given)  # type: ignore[arg-type]  # keys of an objective

    half = timedelta(days=180)
    return replace(project, objectives=(
        made("achieved", 113, day - half, day + half), made("on_track", 118, day - half, day + half, level="strategic"),
        made("at_risk", 123, day - half, day + half), made("behind", 300, day - half, day + half),
        made("overdue", 300, day - year, day - timedelta(days=9)), made("not_started", 200, day + half, day + year),
        made("no_data", 200, day - half, day + half, baseline=None),
    )), data  # fmt: skip


CASES: tuple[Callable[[], tuple[Project, Data]], ...] = (
    no_data, no_objective, one_objective, sixty_objectives, hostile_texts, every_status,
)  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_a_workbook_is_whole_whatever_the_project(case: Callable[[], tuple[Project, Data]], tmp_path: Path) -> None:
    project, data = case()
    path = tmp_path / "made.xlsx"
    build_workbook(scorecard(project, data, today=TODAY, as_of=data.last or TODAY), path, language="fr")
    assert sdk.faults(path) == []
    assert [f for f in lint.lint(path, pages=True) if f.where not in PEOPLE] == []
    # ironcalc misreads tables and ranges of a single row
    engines = ("libreoffice",) if len(project.objectives) < 2 else ("libreoffice", "ironcalc")
    assert recalc.differences(path, engines) == []
    seen = [(s.name, c.address) for s in Book(path).sheets if s.visible for c in s.listed if c.kind == "e"]
    assert seen == []


def test_every_status_is_on_the_page_with_its_mark_and_word(tmp_path: Path) -> None:
    project, data = every_status()
    card = scorecard(project, data, today=TODAY)
    assert sorted(r.status.shown for r in card.results) == sorted(r.objective.id for r in card.results)
    path = tmp_path / "made.xlsx"
    build_workbook(card, path, language="fr")
    page = next(s for s in Book(path).sheets if s.name == "Tableau de bord")
    texts = {str(c.value) for c in page.listed}
    assert {"✓", "●", "▲", "◆", "■", "○", "–"} <= texts
    assert {"Atteint", "En bonne voie", "À risque", "En retard", "Échu", "Non démarré", "Sans données"} <= texts


def test_a_text_that_looks_like_a_formula_stays_a_text(tmp_path: Path) -> None:
    project, data = hostile_texts()
    path = tmp_path / "made.xlsx"
    build_workbook(scorecard(project, data, today=TODAY), path)
    formulas = [c.formula for s in Book(path).sheets for c in s.listed if c.formula is not None]
    assert not any(f.startswith(("1+1", "SUM(A1)", "A&B")) for f in formulas)
    typed = {c.value for s in Book(path).sheets for c in s.listed if c.formula is None}
    assert {"=1+1", "@SUM(A1)"} <= typed


def test_the_same_scorecard_gives_the_same_bytes(tmp_path: Path) -> None:
    project, data = sample()
    card = scorecard(project, data, today=TODAY)
    for name in ("one.xlsx", "two.xlsx"):
        build_workbook(card, tmp_path / name, language="fr")
    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "two.xlsx").read_bytes()


def test_an_unknown_layout_or_theme_is_told_with_those_that_exist(tmp_path: Path) -> None:
    from xlkpi.errors import DefinitionError

    project, data = sample()
    card = scorecard(project, data, today=TODAY)
    with pytest.raises(DefinitionError, match="sobre"):
        build_workbook(card, tmp_path / "x.xlsx", theme="sombre")
    with pytest.raises(DefinitionError, match="executive"):
        build_workbook(card, tmp_path / "x.xlsx", layout="nope")
    assert not (tmp_path / "x.xlsx").exists()
