"""An objective with all that a check may look at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

from xlkpi.cadence import Cadence, Code
from xlkpi.catalogue import KPI, say
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

    ``history`` holds a value per period of the cadence, oldest first, the latest period last, NaN for no data;
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
    def cumulative(self) -> bool:
        """Whether values add up from start to due."""
        return self.project.cumulative(self.objective)

    @cached_property
    def remaining(self) -> int | None:
        """Periods from today, or from the start where that is later, to the due date."""
        objective = self.objective
        if self.cadence is None or objective.due is None:
            return None
        begin = max(self.today, objective.start or self.today)
        return self.cadence.reviews(begin, objective.due)

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
