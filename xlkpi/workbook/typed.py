"""What people typed over the objectives in a workbook, applied to the project's objectives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from xlkpi.errors import Place, Problem, WorkbookError
from xlkpi.objectives import Attainable, Benchmark, Objective, Override, Project
from xlkpi.workbook.live import as_date

if TYPE_CHECKING:
    from xlkpi.workbook.live import Value

_DATES = ("start", "due")


def with_typed(project: Project, typed: Mapping[str, Mapping[str, Value]], file: str) -> Project:
    """The project with the cells that people changed. Raises WorkbookError where an objective can't be so."""
    if not typed:
        return project
    problems = []
    objectives = []
    for objective in project.objectives:
        try:
            objectives.append(_changed(objective, typed.get(objective.id, {})))
        except ValueError as mistake:
            values = {"objective": objective.id, "reason": str(mistake)}
            problems.append(Problem("workbook_typed_objective", values, Place(file=file, key=objective.id)))
    if problems:
        raise WorkbookError(problems)
    return replace(project, objectives=tuple(objectives))


def _changed(objective: Objective, cells: Mapping[str, Value]) -> Objective:
    given: dict[str, Any] = {}
    for code, value in cells.items():
        if code in _DATES:
            given[code] = as_date(value)
        elif not code.startswith(("benchmark", "override")):
            given[code] = value
    if any(code.startswith("benchmark") for code in cells):
        given["attainable"] = _benchmark(objective.attainable, cells)
    if any(code.startswith("override") for code in cells):
        given["override"] = _override(objective.override, cells)
    if objective.revisions and given.get("target", objective.target) != objective.revisions[-1].new:
        given["revisions"] = ()  # a change that is not in the log yet; the journal keeps its lines
    return replace(objective, **given) if given else objective


def _benchmark(attainable: Attainable, cells: Mapping[str, Value]) -> Attainable:
    """The first benchmark is the one that pages show."""
    before = attainable.benchmark[0] if attainable.benchmark else None
    value = cells.get("benchmark", before.value if before else None)
    if not isinstance(value, float):
        return replace(attainable, benchmark=attainable.benchmark[1:])
    first = replace(before, value=value) if before else Benchmark(value)
    if "benchmark_date" in cells:
        first = replace(first, date=as_date(cells["benchmark_date"]))
    if "benchmark_source" in cells:
        first = replace(first, source=cells["benchmark_source"])  # type: ignore[arg-type]  # a text, as was checked
    return replace(attainable, benchmark=(first, *attainable.benchmark[1:]))


def _override(before: Override | None, cells: Mapping[str, Value]) -> Override | None:
    """A status that somebody set in the workbook holds from the beginning, and needs no reason there."""
    status = cells.get("override", before.status if before else None)
    until = as_date(cells["override_until"]) if "override_until" in cells else before.until if before else None
    reason = before.reason if before else _IN_WORKBOOK
    if isinstance(said := cells.get("override_reason"), str):
        reason = dict.fromkeys(("fr", "en"), said)
    if not status:
        return None
    since = before.since if before and before.since else date.min
    return Override(status, reason, until, since)  # type: ignore[arg-type]  # the sheet offers the codes


_IN_WORKBOOK = {"fr": "saisi dans le classeur", "en": "typed in the workbook"}
