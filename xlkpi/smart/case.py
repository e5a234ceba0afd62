"""An objective with all that a check may look at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

from xlkpi.cadence import Cadence, Code
from xlkpi.catalogue import KPI, say
from xlkpi.objectives.context import RUBRIC_KPIS, SURVEY_KPIS
from xlkpi.objectives.model import Objective
from xlkpi.objectives.project import Project
from xlkpi.smart.model import Amount, Finding, Letter, Verdict

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

Check = Callable[["Case"], Iterator[Finding]]


@dataclass(frozen=True)
class Case:
    """One objective among the others of its project, on a day, with its history where there is one.

    ``history`` holds a value per period of the cadence, oldest first, NaN for no data; ``until`` is the last day of its
    latest period, by default of the last one that is complete on ``today``;
    ``probability`` is that of reaching the target; ``delivered`` the measures of each source that was read.
    ``used`` holds the KPIs of all objectives of the project.
    """

    objective: Objective
    project: Project
    today: date
    used: frozenset[str] = frozenset()
    history: Array | None = None
    probability: float | None = None
    language: str | None = field(default=None)
    delivered: Mapping[str, frozenset[str]] | None = None
    until: date | None = None

    @cached_property
    def kpi(self) -> KPI | None:
        return self.project.kpi(self.objective)

    @cached_property
    def title(self) -> str:
        return str(say(self.objective.title, self.language))

    @cached_property
    def specific(self) -> str:
        return str(say(self.objective.specific, self.language))

    @cached_property
    def unedited(self) -> frozenset[str]:
        """The keys that a starter left to fill in."""
        return frozenset(key for key, _ in self.project.unedited.get(self.objective.id, ()))

    @cached_property
    def cadence(self) -> Cadence | None:
        """The objective's cadence, else its KPI's."""
        code: Code | None = self.objective.cadence or (self.kpi.cadence if self.kpi else None)
        return Cadence(code, self.project.fiscal_year_start) if code else None

    @cached_property
    def wanted(self) -> str | None:
        """Where the value should go: by the kind, by baseline and target, else by what is good for the
        KPI.
        """
        if self.objective.wanted:
            return self.objective.wanted
        return self.kpi.direction if self.kpi and self.kpi.direction != "none" else None

    @cached_property
    def known(self) -> Array | None:
        """The history without its gaps; None when there is none."""
        if self.history is None:
            return None
        known: Array = self.history[self.history == self.history]  # NaN differs from itself
        return known

    @cached_property
    def asked(self) -> bool:
        """Whether a survey or a rubric of the project tells the KPI's values."""
        kpi = self.objective.kpi
        waves = (SURVEY_KPIS[wave.kind] == kpi for wave in self.project.surveys)
        marks = (RUBRIC_KPIS[mark.subject] == kpi for mark in self.project.rubrics)
        return kpi is not None and (any(waves) or any(marks))

    @cached_property
    def cumulative(self) -> bool:
        """Whether values add up from start to due."""
        return self.project.cumulative(self.objective)

    @cached_property
    def sums(self) -> bool:
        """Whether periods of the history can be added up; those of a ratio since the start can't."""
        return not self.cumulative or (self.kpi is not None and self.kpi.compiled.adds_rows)

    @cached_property
    def ended(self) -> date | None:
        """The last day that the history covers."""
        return self.until or (self.cadence.complete_until(self.today) if self.cadence else None)

    @cached_property
    def elapsed(self) -> int:
        """Periods of the history since the start."""
        start = self.objective.start
        if start is None or self.cadence is None or self.ended is None or self.history is None:
            return 0
        return min(self.cadence.reviews(start, self.ended), len(self.history))

    @cached_property
    def ahead(self) -> int | None:
        """Periods from the end of the history to the due date."""
        if self.cadence is None or self.objective.due is None or self.ended is None:
            return None
        return self.cadence.reviews(self.cadence.next_review(self.ended), self.objective.due)

    @cached_property
    def remaining(self) -> int | None:
        """Those of them that are not before the start."""
        start, ahead = self.objective.start, self.ahead
        if start is None or ahead is None or self.cadence is None or self.ended is None or start <= self.ended:
            return ahead
        return self.cadence.reviews(start, self.objective.due) if self.objective.due else None

    @cached_property
    def so_far(self) -> float:
        """The sum since the start, for values that add up."""
        base = self.objective.baseline or 0.0
        if self.history is None:
            return base
        latest = self.history[len(self.history) - self.elapsed :]
        return base + float(latest[latest == latest].sum())

    def amount(self, value: float) -> Amount:
        """A value in the KPI's unit."""
        return Amount(value, self.kpi.unit if self.kpi else "ratio", self.project.currency)

    def says(
        self, letter: Letter | None, code: str, verdict: Verdict, key: str | None = None, **values: Any
    ) -> Finding:
        """A finding about this objective."""
        id = self.objective.id
        place = self.project.place("objectives", id, *([key] if key else []))
        return Finding(code, verdict, letter, values, key, place, (id,))
