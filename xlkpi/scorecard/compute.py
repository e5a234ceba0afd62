"""Objectives joined with data: from a project to its computed scorecard."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from xlkpi.cadence import Cadence
from xlkpi.catalogue import KPI
from xlkpi.errors import EvaluationError, Problem
from xlkpi.objectives import Objective, Project
from xlkpi.scorecard.ahead import up_to
from xlkpi.scorecard.breakdown import breakdowns
from xlkpi.scorecard.data import Combined, Data, Progress, combined, complete_until
from xlkpi.scorecard.model import Gap, Result, Scorecard, Series
from xlkpi.scorecard.opening import read_data
from xlkpi.scorecard.outlook import Sums, outlook, value_of_sums
from xlkpi.scorecard.qualitative import survey_series, trust_in_surveys
from xlkpi.scorecard.trust import Reliance
from xlkpi.smart.case import Case
from xlkpi.status import (
    Child,
    Facts,
    Override,
    Settings,
    curve_by_date,
    rollup,
    rules,
    seasonal_curve,
    status,
    verdict,
)

#: Dimensions by which a page may show parts, in the order of preference.
DIMENSIONS = ("channel", "platform", "campaign", "device", "country", "segment")
#: A dimension with more values than this is not broken down.
MOST_PARTS = 12


def scorecard(
    project: Project,
    data: Data | None = None,
    *,
    as_of: date | None = None,
    today: date | None = None,
    settings: Settings | None = None,
    progress: Progress | None = None,
    held: Mapping[str, date] | None = None,
) -> Scorecard:
    """Compute a project's scorecard.

    ``as_of``: the day that the numbers are for; the project's, or the last day with data, but for rows that are dated
    after ``today``: by default the current day, from which lateness is judged, too. ``held``: earlier days for some
    objectives, by id. Raises SourceError when a source can't be read, and
    EvaluationError when there is neither data nor a date.
    """
    data = data or read_data(project, progress)
    today = today or date.today()
    asked = as_of or (project.as_of if isinstance(project.as_of, date) else None)
    data = up_to(data, max(today, asked or today))
    day = asked or data.last or today
    if data.first and day < data.first:
        raise EvaluationError(
            Problem("scorecard_before_data", {"as_of": day.isoformat(), "first": data.first.isoformat()})
        )
    joined = _Join(project, data, day, today, settings, held or {})
    results = joined.results()
    children = [Child.of(r.objective.id, r.status, r.objective.weight) for r in results]
    overall = rollup(children, settings=settings) if children else None
    return Scorecard(project, data, day, today, tuple(results), overall, held or {})


@dataclass
class _Join:
    project: Project
    data: Data
    as_of: date
    today: date
    settings: Settings | None
    held: Mapping[str, date] = field(default_factory=dict)

    def on_its_day(self, objective: Objective) -> _Join:
        """The same for the day that an objective's numbers are for."""
        day = self.held.get(objective.id)
        return self if day is None else replace(self, as_of=day)

    def results(self) -> list[Result]:
        """Every objective; then again those with guards, whose statuses are known by then."""
        first = [self.on_its_day(objective).result(objective) for objective in self.project.objectives]
        codes = {r.objective.id: r.status.code for r in first}
        for r in first:  # a guard may name a KPI: then the objectives on it speak for it, the worst of them first
            if r.kpi and r.kpi.id not in self.project.by_id:
                level = rules().looks[r.status.code].level
                if r.kpi.id not in codes or level == "red":
                    codes[r.kpi.id] = r.status.code
        return [self._guarded(r, codes) for r in first]

    def _guarded(self, result: Result, codes: Mapping[str, str]) -> Result:
        guards = {g: codes[g] for g in result.objective.guards if g in codes}
        if not guards:
            return result
        override = _override(result.objective, self.on_its_day(result.objective).as_of, self.project)
        capped = status(result.status.facts, settings=self.settings, guards=guards, override=override)
        return replace(result, status=capped)

    def result(self, objective: Objective) -> Result:
        case = Case(objective, self.project, self.as_of)
        kpi, cadence = case.kpi, case.cadence
        if kpi is None or cadence is None:
            return self._without_data(objective, kpi, "no_kpi" if kpi is None else "no_cadence")
        if (asked := survey_series(self.project, self.data, kpi, cadence, self.as_of)) is not None:
            return self._from_surveys(case, kpi, asked)
        end = complete_until(self.as_of, cadence)
        first = self.data.first
        if end is None or first is None or end < first:
            return self._without_data(objective, kpi, "no_data")
        whole = self._combined(objective, kpi, cadence, first, end)
        if _lacking(kpi, whole, self.data):
            return self._without_data(objective, kpi, "no_source", _lacking(kpi, whole, self.data))
        if twice := _told_twice(whole, self.data):
            return self._without_data(objective, kpi, "told_twice", twice)
        series = self.series(kpi, whole, objective, cadence, first, end)[()]
        parts = self._parts(objective, kpi, cadence, first, end)
        period = (series.periods[-1], end)
        actual, gap, sums, since = series.values[-1], None, None, None
        if case.cumulative:
            actual, gap = self._cumulated(objective, kpi, cadence)
            sums = None if gap else self._sums(objective, kpi, cadence, whole, end)
            since = {} if gap else self._since_start(objective, kpi, cadence, parts)
        earlier = cadence.previous_start(period[0])
        facts = self._facts(case, actual, series)
        view = outlook(case, series, actual, self.as_of, sums=sums)
        reliance = Reliance(whole, series, parts if _adds_up(kpi, self.data) else {}, self.data, cadence)
        benchmark = objective.attainable.benchmark[0].value if objective.attainable.benchmark else math.nan
        override = _override(objective, self.as_of, self.project)
        return Result(
            objective=objective,
            kpi=kpi,
            cumulative=case.cumulative,
            period=period,
            actual=actual,
            previous=series.at(earlier),
            last_year=series.at(_year_before(period[0], cadence)),
            benchmark=benchmark,
            status=status(facts, settings=self.settings, override=override),
            verdict=verdict(facts, settings=self.settings),
            series=series,
            parts=parts,
            outlook=view,
            trust=reliance.on(self.as_of, self.today),
            breakdowns=breakdowns(self.data.catalogue, kpi, parts, series, actual, objective.target, since),
            sources=tuple(dict.fromkeys(s for m in whole.sources.values() for s in m)),
            gap=gap or (self._without_value(objective, whole) if math.isnan(actual) else None),
            trust_on=reliance.on,
        )

    def _without_value(self, objective: Objective, whole: Combined) -> Gap:
        """Why nothing is there to compute from: whether no row at all has what the objective is limited to."""
        has_rows = any(name in self.data.spans for names in whole.sources.values() for name in names)
        return "no_rows" if objective.where and has_rows and not whole.delivered else "no_data"

    def _from_surveys(self, case: Case, kpi: KPI, series: Series) -> Result:
        """The result of a KPI that people are asked about."""
        objective, cadence, actual = case.objective, series.cadence, series.values[-1]
        trust_on = trust_in_surveys(self.project, kpi, cadence)
        facts = self._facts(case, actual, series)
        override = _override(objective, self.as_of, self.project)
        return Result(
            objective=objective,
            kpi=kpi,
            cumulative=False,
            period=(series.periods[-1], cadence.end_of(series.periods[-1])),
            actual=actual,
            previous=series.at(cadence.previous_start(series.periods[-1])),
            last_year=series.at(_year_before(series.periods[-1], cadence)),
            benchmark=objective.attainable.benchmark[0].value if objective.attainable.benchmark else math.nan,
            status=status(facts, settings=self.settings, override=override),
            verdict=verdict(facts, settings=self.settings),
            series=series,
            parts={},
            outlook=outlook(case, series, actual, self.as_of, sums=None),
            trust=trust_on(self.as_of, self.today),
            breakdowns=(),
            sources=(),
            gap="no_data" if math.isnan(actual) else None,
            trust_on=trust_on,
        )

    # --- values --------------------------------------------------------------------------------------------------

    def series(
        self, kpi: KPI, of: Combined, objective: Objective, cadence: Cadence, first: date, last: date
    ) -> dict[tuple[str | None, ...], Series]:
        """The KPI of every group of combined measures."""
        from xlkpi.sources.values import kpi_values

        everything = None
        if any(given.of == "all" for given in kpi.inputs.values()):
            everything = combined(self.data, cadence, _measures(kpi, self.data), first, last).values
        found = kpi_values(kpi.id, of.values, self.data.catalogue, everything=everything)
        periods = tuple(of.periods)
        size = len(periods)
        out = {}
        for i, group in enumerate(of.groups):
            rows = slice(i * size, (i + 1) * size)
            inputs = {name: tuple(column[rows].tolist()) for name, column in found.inputs.items()}
            out[group] = Series(cadence, periods, tuple(found.values[rows].tolist()), inputs)
        return out

    def _combined(
        self, objective: Objective, kpi: KPI, cadence: Cadence, first: date, last: date, by: Sequence[str] = ()
    ) -> Combined:
        return combined(self.data, cadence, _measures(kpi, self.data), first, last, by=by, where=objective.where)

    def _parts(
        self, objective: Objective, kpi: KPI, cadence: Cadence, first: date, last: date
    ) -> dict[str, dict[str | None, Series]]:
        known = self.data.dimensions_of(_measures(kpi, self.data))
        out: dict[str, dict[str | None, Series]] = {}
        for dimension in (d for d in DIMENSIONS if d in known):
            of = self._combined(objective, kpi, cadence, first, last, [dimension])
            if 2 <= len(of.groups) <= MOST_PARTS:
                found = self.series(kpi, of, objective, cadence, first, last)
                out[dimension] = {group[0]: series for group, series in found.items()}
        return out

    def _cumulated(self, objective: Objective, kpi: KPI, cadence: Cadence) -> tuple[float, Gap | None]:
        """The KPI over all that happened since the start, from the sums of its measures."""
        start = objective.start
        if start is None or start > self.as_of:
            return math.nan, None
        if not _adds_up(kpi, self.data):
            return math.nan, "not_additive"
        totals = self._totals(objective, kpi, cadence, start, self.as_of)
        return value_of_sums(self.data.catalogue.expanded(kpi.id), totals), None

    def _sums(self, objective: Objective, kpi: KPI, cadence: Cadence, whole: Combined, end: date) -> Sums:
        """What a KPI since the start is made of, up to the end of the last complete period."""
        formula = self.data.catalogue.expanded(kpi.id)
        history = {name: tuple(whole.values.values(name).tolist()) for name in formula.names}
        start = objective.start or end
        so_far = self._totals(objective, kpi, cadence, start, end) if start <= end else dict.fromkeys(history, 0.0)
        return Sums(formula, history, so_far)

    def _totals(self, objective: Objective, kpi: KPI, cadence: Cadence, first: date, last: date) -> dict[str, float]:
        """The sum of each of the KPI's measures over some days."""
        of = self._combined(objective, kpi, cadence, first, last)
        return {m: _total(of.values.values(m)) for m in of.values.measures}

    def _since_start(
        self, objective: Objective, kpi: KPI, cadence: Cadence, parts: Mapping[str, Any]
    ) -> dict[str, dict[str | None, dict[str, float]]]:
        """The arguments of the KPI since the objective's start, by the values of each dimension."""
        if objective.start is None or objective.start > self.as_of:
            return {}
        out: dict[str, dict[str | None, dict[str, float]]] = {}
        for dimension in parts:
            of = self._combined(objective, kpi, cadence, objective.start, self.as_of, [dimension])
            size, known = len(of.periods), of.values
            names = {a: given.measure for a, given in kpi.inputs.items() if given.measure in known.measures}
            out[dimension] = {
                group[0]: {a: _total(known.values(m)[i * size : (i + 1) * size]) for a, m in names.items()}
                for i, group in enumerate(of.groups)
            }
        return out

    def _facts(self, case: Case, actual: float, series: Series) -> Facts:
        objective, kpi = case.objective, case.kpi
        return Facts(
            kind=objective.kind,
            actual=actual,
            baseline=objective.baseline,
            target=objective.target,
            low=objective.low,
            high=objective.high,
            success=objective.success,
            failure=objective.failure,
            start=objective.start,
            due=objective.due,
            as_of=self.as_of,
            cumulative=case.cumulative,
            direction=kpi.direction if kpi else "none",
            curve=_curve(objective, series),
            unit=kpi.unit if kpi else "",
            currency=self.project.currency,
        )

    def _without_data(self, objective: Objective, kpi: KPI | None, gap: Gap, missing: tuple[str, ...] = ()) -> Result:
        from xlkpi.scorecard.model import Trust

        case = Case(objective, self.project, self.as_of)
        facts = self._facts(case, math.nan, Series(Cadence("monthly"), (), ()))
        nothing = Trust("none", 0.0, False, 0, None, (gap,))
        override = _override(objective, self.as_of, self.project)
        return Result(
            objective, kpi, False, None, math.nan, math.nan, math.nan, math.nan,
            status(facts, settings=self.settings, override=override), verdict(facts, settings=self.settings),
            None, {}, None, nothing, (), (), missing, gap,
        )  # fmt: skip


def _measures(kpi: KPI, data: Data) -> tuple[str, ...]:
    from xlkpi.sources.values import measures_of

    return measures_of(kpi.id, data.catalogue)


def _lacking(kpi: KPI, of: Combined, data: Data) -> tuple[str, ...]:
    """The measures that the KPI can't do without and that no source delivers."""
    required = data.catalogue.expanded(kpi.id).required or frozenset(_measures(kpi, data))
    return tuple(m for m in of.absent if m in required)


def _told_twice(of: Combined, data: Data) -> tuple[str, ...]:
    """The measures that one source books and another one only sees, so that their sum would count things twice."""
    several = [data.standing_for(m) for m, names in of.sources.items() if len(names) > 1]
    return tuple(m for m in dict.fromkeys(several) if any(m in data.observed.get(s, ()) for s in of.sources[m]))


def _adds_up(kpi: KPI, data: Data) -> bool:
    """Whether the KPI of several periods is the formula of their sums, in the KPIs that it is made of, too."""
    known, kpis = data.catalogue.measures, data.catalogue.kpis
    return all(
        given.at == "current"
        and given.of == "selection"
        and (
            _adds_up(kpis[given.measure], data)
            if given.measure in kpis
            else given.measure in known and known[given.measure].aggregate == "sum"
        )
        for given in kpi.inputs.values()
    )


def _total(column: Any) -> float:
    """The sum of the known values; NaN where none is known."""
    known = column[column == column]
    return float(math.fsum(known.tolist())) if len(known) else math.nan


def _curve(objective: Objective, series: Series) -> tuple[tuple[float, float], ...]:
    """The expected course of an objective as shares of time and way."""
    start, due, expected = objective.start, objective.due, objective.expected
    if start is None or due is None or start >= due or expected.shape == "linear":
        return ()
    if expected.shape == "seasonal":
        before = zip(series.periods, series.values, strict=True)
        return seasonal_curve([(day, value) for day, value in before if day < start], start, due)
    baseline, target = objective.baseline or 0.0, objective.target
    points = []
    for point in expected.points:
        share = point.share
        if share is None and point.value is not None and target is not None and target != baseline:
            share = (point.value - baseline) / (target - baseline)
        if share is not None and start <= point.date <= due:
            points.append((point.date, share))
    return curve_by_date(points, start, due) if points else ()


def _override(objective: Objective, as_of: date, project: Project) -> Override | None:
    given = objective.override
    if given is None:
        return None
    if given.since is not None and as_of < given.since:
        return None
    kpi = project.kpi(objective)
    usual = kpi.cadence if kpi else "monthly"
    until = given.until or objective.next_review(given.since or as_of, project.fiscal_year_start, usual)
    return Override(given.status, given.reason, until)


def _year_before(start: date, cadence: Cadence) -> date:
    """The beginning of the same period a year earlier; 52 weeks for days and weeks, so that weekdays match."""
    if cadence.code in ("daily", "weekly"):
        return start - timedelta(weeks=52)
    try:
        return cadence.start_of(start.replace(year=start.year - 1))
    except ValueError:  # 29 February, or the year 1
        return date.min
