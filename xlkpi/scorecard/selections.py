"""The values of objectives for every selection that a page offers: each part of a dimension, each as-of date.

What can't be added up later, such as people, is computed here for every selection from the data themselves.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from xlkpi.catalogue import KPI, Catalogue
from xlkpi.formula import Formula
from xlkpi.scorecard.compute import DIMENSIONS, _adds_up, _Join, _measures, _total, _year_before
from xlkpi.scorecard.data import complete_until
from xlkpi.scorecard.model import Result, Scorecard, Series

#: Values of the drop-down's dimension that a page offers.
MOST_CHOICES = 20
#: As-of dates that a page offers.
MOST_DAYS = 25


@dataclass(frozen=True)
class Selection:
    """One objective for one choice of the drop-down: its series, and the inputs since its start by as-of date.

    ``since`` holds None where nothing has begun.
    """

    series: Series
    since: tuple[Mapping[str, float] | None, ...] = ()


@dataclass(frozen=True)
class Selected:
    """One objective for all choices. ``formula`` is over the inputs; ``parts`` by choice, empty where it has none."""

    result: Result
    formula: Formula | None
    whole: Selection | None
    parts: Mapping[str, Selection] = field(default_factory=dict)
    catalogue: Catalogue | None = None


@dataclass(frozen=True)
class Selections:
    """All objectives for all choices: ``days`` are the as-of dates from the earliest, ``choices`` the parts."""

    dimension: str | None
    choices: tuple[str, ...]
    days: tuple[date, ...]
    objectives: tuple[Selected, ...]
    #: Where no dimension can be offered: one that has more parts than a drop-down, and how many.
    crowded: tuple[str, int] | None = None


def selections(card: Scorecard, by: Sequence[str] = DIMENSIONS[:2]) -> Selections:
    """Compute the values of a scorecard's objectives for every choice and as-of date that its pages offer.

    ``by``: the dimension of the choices, the first that any source has; one with more parts than a drop-down can
    offer makes room for the next.
    """
    days, crowded = as_of_days(card), None
    for dimension in _dimensions(card, by):
        found = tuple(_selected(card, result, dimension, days) for result in card.results)
        choices = tuple(sorted({choice for objective in found for choice in objective.parts}, key=str.casefold))
        if len(choices) <= MOST_CHOICES:
            return Selections(dimension, choices, days, found)
        crowded = crowded or (dimension, len(choices))
    whole = tuple(_selected(card, result, None, days) for result in card.results)
    return Selections(None, (), days, whole, crowded)


def as_of_days(card: Scorecard) -> tuple[date, ...]:
    """The as-of dates to offer: the ends of months with data, then the scorecard's own day."""
    first = card.data.first
    days = [card.as_of]
    day = card.as_of.replace(day=1) - timedelta(days=1)
    while first is not None and day >= first and len(days) < MOST_DAYS:
        days.append(day)
        day = day.replace(day=1) - timedelta(days=1)
    return tuple(reversed(days))


def _dimensions(card: Scorecard, by: Sequence[str]) -> list[str]:
    """The dimensions that the drop-down may offer: those wanted that any source has."""
    known = {d for table in card.data.tables.values() for d in table.dimensions}
    return [d for d in by if d in known]


def _selected(card: Scorecard, result: Result, dimension: str | None, days: Sequence[date]) -> Selected:
    kpi, series = result.kpi, result.series
    if kpi is None or series is None:
        return Selected(result, None, None)
    join = _Join(card.project, card.data, card.day_of(result.objective.id), card.today, None)
    days = [min(day, join.as_of) for day in days]
    formula = card.data.catalogue.expanded(kpi.id) if result.cumulative else kpi.compiled
    measures = [m for m in _measures(kpi, card.data) if card.data.sources_of(m)]
    splits = dimension is not None and any(
        dimension in card.data.tables[source].dimensions for m in measures for source in card.data.sources_of(m)
    )
    whole_since = _since(join, kpi, result, formula, (), days).get((), ())
    whole = Selection(series, whole_since)
    if not splits or dimension is None:
        return Selected(result, formula, whole, {}, card.data.catalogue)
    first, end = card.data.first, complete_until(join.as_of, series.cadence)
    assert first is not None, "a series has data"
    assert end is not None, "a series has data"
    of = join._combined(result.objective, kpi, series.cadence, first, end, [dimension])
    by_choice = join.series(kpi, of, result.objective, series.cadence, first, end)
    since = _since(join, kpi, result, formula, (dimension,), days)
    nothing = (None,) * len(days)
    parts = {
        str(group[0]): Selection(found, since.get(group, nothing))
        for group, found in by_choice.items()
        if group[0] is not None and any(v == v for column in found.inputs.values() for v in column)
    }
    return Selected(result, formula, whole, parts, card.data.catalogue)


def _since(
    join: _Join, kpi: KPI, result: Result, formula: Formula, by: Sequence[str], days: Sequence[date]
) -> dict[tuple[str | None, ...], tuple[Mapping[str, float] | None, ...]]:
    """The sums of the measures since the objective's start until each day, by group."""
    objective, series = result.objective, result.series
    if not result.cumulative or objective.start is None or series is None or not _adds_up(kpi, join.data):
        return {}
    out: dict[tuple[str | None, ...], list[Mapping[str, float] | None]] = {}
    for number, day in enumerate(days):
        if objective.start > day:
            continue
        of = join._combined(objective, kpi, series.cadence, objective.start, day, by)
        size = len(of.periods)
        for i, group in enumerate(of.groups):
            rows = slice(i * size, (i + 1) * size)
            totals = {m: _total(of.values.values(m)[rows]) for m in formula.names}
            out.setdefault(group, [None] * len(days))[number] = totals
    return {group: tuple(found) for group, found in out.items()}


def value_of(formula: Formula, inputs: Mapping[str, float]) -> float:
    """A formula's value from its inputs; NaN for no data."""
    read = {n: None if math.isnan(inputs[n]) else inputs[n] for n in formula.names}
    return float(formula(**{n: [v] if formula.adds_rows else v for n, v in read.items()}))


def year_before(series: Series, period: date) -> float:
    """The value of the same period a year earlier."""
    return series.at(_year_before(period, series.cadence))
