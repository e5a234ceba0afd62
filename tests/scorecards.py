"""Scorecards for the tests of workbooks: the sample's, and what another program computes on the calculation sheet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.checks.reading import Book, letters_of, position
from tests.checks.recalc import Input, Place, results
from tests.engines import Result
from xlkpi.objectives import Project, load
from xlkpi.sample import write_sample
from xlkpi.scorecard import Scorecard, read_data, scorecard
from xlkpi.scorecard.data import Data

TODAY = date(2026, 3, 10)
CALC = "Calc"


@cache
def sample() -> tuple[Project, Data]:
    """The sample's project with its data, read once."""
    with TemporaryDirectory() as folder:
        project = load(write_sample(folder, today=TODAY).project)
        return project, read_data(project)


def card(as_of: date | None = None, part: tuple[str, str] | None = None) -> Scorecard:
    """The sample's scorecard on a day, as it is judged on that day, of everything or of one part: a dimension and its
    value.
    """
    project, data = sample()
    if part:
        dimension, value = part
        objectives = []
        for objective in project.objectives:
            known = objective.where.get(dimension)
            wanted: tuple[str | int | float | bool, ...] = (value,) if known is None or value in known else ("–",)
            objectives.append(replace(objective, where={**objective.where, dimension: wanted}))
        project = replace(project, objectives=tuple(objectives))
    return scorecard(project, data, as_of=as_of, today=min(TODAY, as_of or TODAY))


def computed(path: Path, engine: str, inputs: Mapping[Place, Input]) -> dict[str, dict[str, Result | None]]:
    """What an engine makes of the objectives' rows on the calculation sheet, by objective and column."""
    found = results(path, engine, inputs)
    cells = next(sheet for sheet in Book(path).sheets if sheet.name == CALC).cells
    top, left = position(next(address for address, c in cells.items() if c.value == "id"))
    header = {a: c.value for a, c in cells.items() if position(a)[0] == top and isinstance(c.value, str)}
    names = {letters_of(position(address)[1]): str(name) for address, name in header.items()}
    out: dict[str, dict[str, Result | None]] = {}
    row = top + 1
    while (first := cells.get(f"{letters_of(left)}{row}")) is not None and first.value:
        out[str(first.value)] = {name: found.get((CALC, f"{letters}{row}")) for letters, name in names.items()}
        row += 1
    return out
