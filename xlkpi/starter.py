"""Starter projects: a commented project file for one of the usual goals, with the places to fill in
marked.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, ClassVar

from xlkpi.cadence import Code
from xlkpi.catalogue import Catalogue, say
from xlkpi.catalogue.model import Goal, Translated
from xlkpi.errors import DefinitionError, Problem
from xlkpi.objectives.model import Horizon, Kind, Level
from xlkpi.validation import STRICT

FILE = "project.yaml"
USUAL = "sales"


@dataclass(frozen=True)
class StarterObjective:
    """An objective of a starter: what is the same for everybody. ``years`` is the time it gives itself."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    id: str
    kpi: str
    kind: Kind
    title: Translated
    decision: Translated
    primary: bool = False
    level: Level = "operational"
    cadence: Code | None = None
    horizon: Horizon = "medium"
    years: int = 1
    guards: tuple[str, ...] = ()
    parent: str | None = None


@dataclass(frozen=True)
class Starter:
    """The objectives that usually serve a goal."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    goal: Goal
    objectives: tuple[StarterObjective, ...] = field(default_factory=tuple)


def starters() -> tuple[str, ...]:
    """The names that :func:`starter` takes: of starters, and of layouts that name theirs."""
    return tuple(sorted({path.stem for path in _folder().glob("*.yaml")} | set(_layouts())))


def _layouts() -> dict[str, str]:
    """The starter of each layout that has one."""
    from xlkpi.documents import read

    found = {path.stem: read(path).data.get("starter") for path in (_folder().parent / "layouts").glob("*.yaml")}
    return {layout: str(name) for layout, name in found.items() if name}


def load_starter(name: str) -> Starter:
    """The data of a starter, or of a layout's. Raises DefinitionError, with the nearest name, when there is none."""
    from xlkpi.documents import read
    from xlkpi.validation import nearest, validated

    known = starters()
    if name not in known:
        meant = nearest(name, known)
        values = {"name": name, "nearest": meant or "", "known": ", ".join(known)}
        raise DefinitionError(Problem("starter_unknown_nearest" if meant else "starter_unknown", values))
    document = read(_folder() / f"{_layouts().get(name, name)}.yaml")
    return validated(Starter, document.data, document)


def starter(name: str = USUAL, language: str | None = None, *, title: str = "", today: date | None = None) -> str:
    """A project file for a goal, commented in a language, with every place to fill in marked.

    ``title`` is the project's name; dates begin with the month after ``today``. Raises DefinitionError.
    """
    from xlkpi.language import current

    layout = name if name in _layouts() else None
    writer = _Writer(load_starter(name), language or current(), today or date.today(), layout)
    return "\n".join(writer.lines(title)) + "\n"


def new_project(
    folder: Path | str, template: str | None = None, language: str | None = None, today: date | None = None
) -> Path:
    """Write a starter project into a folder, which is made where it does not exist; the path of the file.

    Raises DefinitionError for an unknown starter, for a folder that has a project already, or that can't be
    written.
    """
    file = Path(folder) / FILE
    text = starter(template or USUAL, language, title=Path(folder).resolve().name, today=today)
    if os.path.lexists(file):  # also for a link that leads nowhere; a name that is too long is told below
        raise DefinitionError(Problem("starter_exists", {"file": str(file)}))
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8", newline="\n") as out:
            out.write(text)
    except OSError as problem:
        values = {"folder": str(folder), "reason": problem.strerror or type(problem).__name__}
        raise DefinitionError(Problem("starter_folder", values)) from None
    return file


class _Writer:
    def __init__(self, data: Starter, language: str, today: date, layout: str | None = None) -> None:
        from xlkpi.catalogue import catalogue
        from xlkpi.language import text

        self.data, self.language, self.today, self.layout = data, language, today, layout
        self.catalogue: Catalogue = catalogue()
        self.mark = text("starter.fill_in", language)
        self.goal_name = text(f"objectives.goal.{data.goal}", language)

    def lines(self, title: str) -> Iterator[str]:
        yield f"# {self.comment('top', name=self.goal_name, mark=self.mark)}"
        yield f"# {self.comment('numbers')}"
        yield "xlkpi: 1"
        yield self.pair("name", title or self.mark, "name")
        yield f"language: {self.language}"
        yield "currency: EUR"
        yield "fiscal_year_start: 1"
        yield self.pair("as_of", "latest", "as_of", plain=True)
        if self.layout:
            yield self.pair("template", self.layout, "template", plain=True)
        yield from ("", f"# {self.comment('sources')}", "sources:")
        yield f"  # ads: {{path: data/*.csv, preset: auto}}   # {self.comment('source_platform')}"
        measures = dict.fromkeys(m for o in self.data.objectives for m in self.measures(o.kpi))
        wanted = ", ".join(f"{measure}: {measure}" for measure in list(measures)[:3])
        own = f"own: {{path: data/figures.xlsx, date: day, measures: {{{wanted}}}}}"
        yield f"  # {own}   # {self.comment('source_file')}"
        yield from ("", f"# {self.comment('kpis')}", "kpis:", "", "objectives:")
        for objective in self.data.objectives:
            yield from self.objective(objective)
        yield from self.others()

    def objective(self, objective: StarterObjective) -> Iterator[str]:
        kpi = self.catalogue[objective.kpi]
        cadence = objective.cadence or kpi.cadence
        start = _months_later(self.today, 1)
        due = date.fromordinal(_months_later(start, 12 * objective.years).toordinal() - 1)
        title = str(say(objective.title, self.language)).replace("{x}", self.mark)
        yield f"  # {self.comment('question', kpi=kpi.label(self.language), question=say(kpi.question, self.language))}"
        yield f"  - id: {objective.id}"
        yield self.pair("    title", title, "title")
        yield self.pair("    specific", self.mark, "specific")
        yield f"    kpi: {objective.kpi}"
        yield self.pair("    kind", objective.kind, "kind", plain=True)
        if not objective.kind.startswith("stay"):
            yield self.pair("    baseline", self.mark, "baseline")
        yield self.pair("    target", self.mark)
        yield from (
            f"    start: {start}",
            f"    due: {due}",
            f"    cadence: {cadence}",
            f"    level: {objective.level}",
        )
        if objective.primary:
            yield self.pair("    primary", "true", "primary", plain=True)
        yield f"    horizon: {objective.horizon}"
        yield self.pair("    goal", self.data.goal, "goal", plain=True)
        if objective.parent:
            yield self.pair("    parent", objective.parent, "parent", plain=True)
        yield self.pair("    relevant", self.mark, "relevant")
        yield "    attainable:"
        yield self.pair("      why", self.mark, "why")
        benchmark = f"{{value: {self.quoted(self.mark)}, source: {self.quoted(self.mark)}, kind: past}}"
        yield self.pair("      benchmark", benchmark, "benchmark", plain=True)
        yield self.pair("      resources", self.mark, "resources")
        yield self.pair("    owner", self.mark, "owner")
        if objective.guards:
            yield self.pair("    guards", f"[{', '.join(objective.guards)}]", "guards", plain=True)
        yield self.pair("    decision", str(say(objective.decision, self.language)), "decision")
        yield f"    # {self.comment('actions')}"
        yield f"    # actions: [{{task: ..., owner: ..., due: {due}, effect: ..., cost: 0}}]"
        yield ""

    def others(self) -> Iterator[str]:
        """The catalogue's other KPIs of the goal, as a comment to pick from."""
        used = {objective.kpi for objective in self.data.objectives}
        rest = [k for k in self.catalogue.values() if self.data.goal in k.goals and k.id not in used]
        if rest:
            yield f"# {self.comment('more')}"
            width = max(len(kpi.id) for kpi in rest)
            yield from (f"#   {kpi.id:<{width}}  {kpi.label(self.language)}" for kpi in rest)

    def measures(self, kpi: str) -> Iterator[str]:
        """The measures that a KPI is made of."""
        for given in self.catalogue[kpi].inputs.values():
            if given.measure in self.catalogue.kpis:
                yield from self.measures(given.measure)
            else:
                yield given.measure

    def pair(self, key: str, value: str, comment: str | None = None, *, plain: bool = False) -> str:
        shown = value if plain else self.quoted(value)
        return f"{key}: {shown}" + (f"   # {self.comment(comment)}" if comment else "")

    @staticmethod
    def quoted(value: str) -> str:
        return json.dumps(value, ensure_ascii=False)

    def comment(self, key: str, **values: Any) -> str:
        from xlkpi.language import text

        return text(f"starter.comment.{key}", self.language, **values)


def _months_later(day: date, months: int) -> date:
    """The first day of the month so many months after a day's."""
    count = day.year * 12 + day.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)


def _folder() -> Path:
    """Where the starters are: in the installed package, or beside the package in a checkout."""
    from importlib.util import find_spec

    installed = find_spec("xlkpi.workbook_templates")
    if installed is not None and installed.origin is not None:
        return Path(installed.origin).parent / "starters"
    return Path(__file__).parent.parent / "workbook_templates" / "starters"
