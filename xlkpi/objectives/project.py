"""The project: all that its files say, checked together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, get_args

from xlkpi.catalogue import KPI, Catalogue
from xlkpi.catalogue.model import Goal as GoalCode
from xlkpi.catalogue.model import Translated
from xlkpi.documents import Document, Path_
from xlkpi.errors import Place
from xlkpi.objectives.audience import Audience
from xlkpi.objectives.context import (
    Budget,
    Competitor,
    CompetitorFile,
    Customers,
    Drivers,
    Mark,
    Reconciliation,
    Survey,
    SwotItem,
)
from xlkpi.objectives.decisions import AlertSettings, Capacity, Experiment, JournalEntry
from xlkpi.objectives.model import Checks, Goal, Objective, SourceEntry

#: The eight usual goals.
GOALS: tuple[str, ...] = get_args(GoalCode)


@dataclass(frozen=True)
class Written:
    """Where an entry is written: its document and the path in it."""

    document: Document
    path: Path_

    @property
    def raw(self) -> Any:
        """The entry as plain data."""
        data = self.document.data
        for part in self.path:
            data = data[part]
        return data


@dataclass(frozen=True)
class Project:
    """A loaded project.

    ``catalogue`` holds the shipped KPIs and the project's own; ``goals`` the project's own goals;
    ``unedited`` the places that a starter left to fill in, by objective id and key (``None`` for places
    outside objectives). ``written`` leads from ``(section, name)`` to where an entry stands, such as
    ``("objectives", "roi_paid")``. ``whole`` is false for the part of a project that an audience sees.
    """

    name: Translated
    folder: Path
    files: tuple[Path, ...]
    objectives: tuple[Objective, ...]
    catalogue: Catalogue
    language: str | None = None
    currency: str = "EUR"
    fiscal_year_start: int = 1
    as_of: Literal["latest"] | date = "latest"
    template: str | None = None
    theme: str | None = None
    functions: Literal["lambda"] | None = None
    secrets: str | None = None
    checks: Checks = field(default_factory=Checks)
    budget: Budget | None = None
    competitors: tuple[Competitor, ...] | CompetitorFile = ()
    swot: tuple[SwotItem, ...] = ()
    drivers: tuple[Drivers, ...] = ()
    reconcile: tuple[Reconciliation, ...] = ()
    surveys: tuple[Survey, ...] = ()
    rubrics: tuple[Mark, ...] = ()
    customers: Customers | None = None
    main: Document | None = field(default=None, repr=False, compare=False)
    sources: Mapping[str, SourceEntry] = field(default_factory=dict)
    goals: Mapping[str, Goal] = field(default_factory=dict)
    audiences: Mapping[str, Audience] = field(default_factory=dict)
    experiments: tuple[Experiment, ...] = ()
    journal: tuple[JournalEntry, ...] = ()
    alerts: AlertSettings = field(default_factory=AlertSettings)
    capacity: Capacity = field(default_factory=Capacity)
    own_kpis: tuple[str, ...] = ()
    whole: bool = True
    unedited: Mapping[str | None, tuple[tuple[str, Place], ...]] = field(default_factory=dict)
    written: Mapping[tuple[str, str], Written] = field(default_factory=dict)

    @cached_property
    def by_id(self) -> dict[str, Objective]:
        """The objectives by id."""
        return {objective.id: objective for objective in self.objectives}

    def kpi(self, objective: Objective) -> KPI | None:
        """The KPI of an objective; None where it has none."""
        return self.catalogue[objective.kpi] if objective.kpi else None

    def cumulative(self, objective: Objective) -> bool:
        """Whether an objective's values add up from its start to its due date: as it says, else for sums that are to
        be reached from nothing.
        """
        kpi = self.kpi(objective)
        if objective.cumulative is not None:
            return objective.cumulative
        if kpi is None or objective.kind not in ("reach", "increase") or objective.baseline:
            return False
        measures = [self.catalogue.measures.get(given.measure) for given in kpi.inputs.values()]
        return kpi.compiled.adds_rows and all(m is not None and m.aggregate == "sum" for m in measures)

    def place(self, section: str, name: str, *path: str | int) -> Place:
        """File, line and key of an entry (``place("objectives", "roi_paid", "target")``); unknown is no
        place.
        """
        entry = self.written.get((section, name))
        return entry.document.place((*entry.path, *path)) if entry else Place()

    def setting(self, *path: str | int) -> Place:
        """File, line and key of a setting of the project file (``setting("budget", "total")``)."""
        return self.main.place(path) if self.main else Place()

    def writes(self, key: str) -> bool:
        """Whether the project file has a key, be it empty (``swot: []``)."""
        return self.main is not None and isinstance(self.main.data, dict) and key in self.main.data

    def resolve(self, path: str) -> Path:
        """A path of the project file, relative to the project's folder."""
        return self.folder / path

    def goal_name(self, goal: str, language: str | None = None) -> str:
        """A goal in words."""
        from xlkpi.catalogue import say
        from xlkpi.language import text

        own = self.goals.get(goal)
        return str(say(own.name, language)) if own else text(f"objectives.goal.{goal}", language)
