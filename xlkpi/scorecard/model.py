"""The computed scorecard: for each objective its series, its status with reasons, its outlook and its trust."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from xlkpi.analysis.variance import Variance
from xlkpi.cadence import Cadence
from xlkpi.catalogue import KPI
from xlkpi.errors import Problem
from xlkpi.objectives import Objective, Project
from xlkpi.status import Rollup, StatusResult, Verdict

if TYPE_CHECKING:
    from xlkpi.scorecard.data import Data

#: Why an objective has no value: texts ``scorecard.gap.<code>``.
Gap = Literal["no_kpi", "no_source", "no_cadence", "no_data", "no_rows", "not_additive", "told_twice"]

Level = Literal["high", "medium", "low", "none"]


@dataclass(frozen=True)
class Series:
    """A KPI by period, for one selection: each period's first day, value (NaN for no data) and arguments."""

    cadence: Cadence
    periods: tuple[date, ...]
    values: tuple[float, ...]
    inputs: Mapping[str, tuple[float, ...]] = field(default_factory=dict)

    def at(self, period: date) -> float:
        """The value of the period that begins on a day; NaN where there is none."""
        return self.values[self._index[period]] if period in self._index else math.nan

    def complete(self, day: date) -> int:
        """How many of the periods are complete at the end of a day."""
        return bisect_right(self.ends, day)

    @cached_property
    def ends(self) -> tuple[date, ...]:
        """The last day of each period."""
        return tuple(map(self.cadence.end_of, self.periods))

    @cached_property
    def _index(self) -> dict[date, int]:
        return {period: i for i, period in enumerate(self.periods)}


@dataclass(frozen=True)
class Outlook:
    """What is to be expected by the due date.

    ``periods`` with ``mean`` and the interval ``lower`` to ``upper`` of probability ``level``; ``landing`` at the due
    date with its interval; ``probability`` of the target; ``required`` and ``current`` rate per period; ``method``
    names the forecast. NaN where it can't be told.
    """

    periods: tuple[date, ...]
    mean: tuple[float, ...]
    lower: tuple[float, ...]
    upper: tuple[float, ...]
    level: float
    method: str
    landing: float
    landing_lower: float
    landing_upper: float
    probability: float
    required: float
    current: float


@dataclass(frozen=True)
class Trust:
    """How far a value can be relied on, computed and not declared.

    ``completeness``: the share of the last periods that have data from all their sources. ``fresh``: whether the
    data is not later than the cadence allows; ``late_days`` by how much. ``reconciliation``: how far the parts by
    channel are from the total, as a share of it; None where it can't be told. ``level`` follows from the worst of
    them, ``reasons`` are codes of ``scorecard.trust.<code>``.
    """

    level: Level
    completeness: float
    fresh: bool
    late_days: int
    reconciliation: float | None
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Breakdown:
    """Where a difference comes from, by the values of a dimension; ``labels`` go with ``variance.segments``."""

    dimension: str
    against: Literal["previous", "last_year", "target"]
    labels: tuple[str | None, ...]
    variance: Variance


@dataclass(frozen=True)
class Result:
    """One objective, computed.

    ``actual`` is the value of the last complete period (``period``: its first and last day), or since the start where
    values add up (``cumulative``). ``series`` is by period for the objective's whole selection; ``parts`` by dimension
    and its values. ``gap`` says why there is no value. ``trust_on`` gives the trust on an earlier day, with lateness as
    it is judged on another.
    """

    objective: Objective
    kpi: KPI | None
    cumulative: bool
    period: tuple[date, date] | None
    actual: float
    previous: float
    last_year: float
    benchmark: float
    status: StatusResult
    verdict: Verdict
    series: Series | None
    parts: Mapping[str, Mapping[str | None, Series]]
    outlook: Outlook | None
    trust: Trust
    breakdowns: tuple[Breakdown, ...]
    sources: tuple[str, ...]
    missing: tuple[str, ...] = ()
    gap: Gap | None = None
    trust_on: Callable[[date, date], Trust] | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class Scorecard:
    """All objectives of a project on a day, joined with their data.

    ``held``: objectives whose numbers are for an earlier day, as they were at their last review.
    """

    project: Project
    data: Data
    as_of: date
    today: date
    results: tuple[Result, ...]
    overall: Rollup | None
    held: Mapping[str, date] = field(default_factory=dict)

    def day_of(self, id: str) -> date:
        """The day that an objective's numbers are for."""
        return self.held.get(id, self.as_of)

    def today_of(self, day: date) -> date:
        """The day from which lateness is judged where numbers are for ``day``: an earlier one is judged as it was."""
        return self.today if day >= self.as_of else min(day, self.today)

    def trust_of(self, result: Result, day: date) -> Trust:
        """The trust in a result as it was on a day."""
        if day >= self.as_of or result.trust_on is None:
            return result.trust
        return result.trust_on(min(day, self.day_of(result.objective.id)), self.today_of(day))

    @cached_property
    def problems(self) -> tuple[Problem, ...]:
        """What a person has to decide before some objectives have a value: sources that tell the same twice."""
        found: dict[str, Problem] = {}
        for result in self.results:
            if result.gap == "told_twice":
                for measure in result.missing:
                    names = self.data.sources_of(self.data.standing_for(measure))
                    seen = [n for n in names if measure in self.data.observed.get(n, ())]
                    values = {"measure": measure, "sources": ", ".join(names), "observer": seen[0] if seen else ""}
                    place = self.project.place("sources", (seen or names)[0])
                    found.setdefault(measure, Problem("source_told_twice", values, place))
        return tuple(found.values())

    @cached_property
    def waiting(self) -> tuple[str, ...]:
        """The objectives of which a source has no rows, so that what others tell is no value, or not the whole one."""
        from xlkpi.sources.values import measures_of

        data, found = self.data, []
        empty = set(data.empty)
        for result in self.results if empty else ():
            measures = measures_of(result.kpi.id, data.catalogue) if result.kpi else ()
            if any(empty.intersection(data.sources_of(data.standing_for(m))) for m in measures):
                found.append(result.objective.id)
        return tuple(found)

    @cached_property
    def by_id(self) -> Mapping[str, Result]:
        return {result.objective.id: result for result in self.results}

    def as_json(self) -> dict[str, Any]:
        """Plain data for ``--json``: NaN is null."""
        return {
            "as_of": self.as_of.isoformat(),
            "overall": self.overall.code if self.overall else None,
            "objectives": [_plain(r) for r in self.results],
        }


def _plain(result: Result) -> dict[str, Any]:
    def known(value: float | None) -> float | None:
        return None if value is None or value != value else value

    outlook = result.outlook
    return {
        "id": result.objective.id,
        "kpi": result.kpi.id if result.kpi else None,
        "period": [d.isoformat() for d in result.period] if result.period else None,
        "actual": known(result.actual),
        "previous": known(result.previous),
        "last_year": known(result.last_year),
        "target": result.objective.target,
        "status": result.status.shown,
        "computed_status": result.status.code,
        "rule": result.status.rule,
        "progress": result.status.progress,
        "pace": result.status.pace,
        "landing": known(outlook.landing) if outlook else None,
        "probability": known(outlook.probability) if outlook else None,
        "trust": result.trust.level,
        "late_days": result.trust.late_days,
        "gap": result.gap,
    }
