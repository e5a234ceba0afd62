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
from xlkpi.workbook.build import build_workbook

TODAY = date(2026, 3, 10)
#: The day that the workbook was built for which is refreshed today.
BEFORE = date(2026, 2, 28)
CALC = "Calc"


@cache
def sample() -> tuple[Project, Data]:
    """The sample's project with its data, read once."""
    with TemporaryDirectory() as folder:
        project = load(write_sample(folder, today=TODAY).project)
        return project, read_data(project)


@cache
def _built() -> dict[str, bytes]:
    with TemporaryDirectory() as folder:
        project = load(write_sample(folder, today=TODAY).project)
        before = scorecard(project, sample()[1], as_of=BEFORE, today=TODAY)
        build_workbook(before, Path(folder, "built.xlsx"), language="fr")
        return {path.name: path.read_bytes() for path in Path(folder).iterdir()}


def write_built(folder: Path, name: str = "built.xlsx") -> Path:
    """The sample's project, its exports and its workbook in French as it was an earlier day, which is built once."""
    for file, content in _built().items():
        (folder / (name if file == "built.xlsx" else file)).write_bytes(content)
    return folder / name


_computed: list[tuple[Project, Scorecard]] = []


def compute(project: Project) -> Scorecard:
    """The scorecard of a project with the sample's data today; computed once for a project."""
    found = next((card for of, card in _computed if of == project), None)
    if found is None:
        found = scorecard(project, sample()[1], today=TODAY)
        _computed.append((project, found))
    return found


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
