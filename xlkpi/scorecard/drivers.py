"""Driver trees of a project: a result as the product of what drives it, now and a year before.

What the project names, else those that its sources can tell: revenue from visits, and the return of advertising.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from xlkpi.cadence import Cadence
from xlkpi.catalogue import Catalogue
from xlkpi.catalogue.model import Translated
from xlkpi.errors import DefinitionError, Problem
from xlkpi.formula import Formula
from xlkpi.objectives.context import Drivers
from xlkpi.scorecard.data import Combined, Data, combined, complete_until
from xlkpi.scorecard.lacking import Lacking
from xlkpi.scorecard.model import Scorecard

#: Months that are compared with the same ones a year before.
MONTHS = 3
_SAME = 1e-6
#: Figures that have no entry of their own in the catalogue: formula and unit; texts ``drivers.figure.<code>``.
_FIGURES = {
    "visit_conversion": ("orders / sessions", "percent"),
    "basket": ("revenue / orders", "currency"),
    "paid_return": ("(conversions_value - cost) / cost", "percent"),
    "click_conversion": ("conversions / clicks", "percent"),
    "sale_value": ("conversions_value / conversions", "currency"),
    "click_cost": ("cost / clicks", "currency"),
}
#: Trees that are offered where sources deliver their measures.
_USUAL = (
    Drivers("revenue", ("sessions", "visit_conversion", "basket")),
    Drivers("paid_return", ("click_conversion", "sale_value"), ("click_cost",), -1.0),
)


@dataclass(frozen=True)
class Figure:
    """A figure of a tree: its formula over measures, their sums and its values before and now.

    ``power`` is -1 for a divisor. ``name`` is empty for figures that the language files name.
    """

    id: str
    name: Translated
    unit: str
    formula: Formula
    power: int
    sums: tuple[Mapping[str, float], ...]
    before: float
    now: float


@dataclass(frozen=True)
class DriverTree:
    """A result and its factors: result = product of the factors + offset, in the compared months.

    ``sources`` are the only ones that tell it; without any, all that deliver a measure do.
    """

    result: Figure
    factors: tuple[Figure, ...]
    offset: float
    target: float | None
    sources: tuple[str, ...] = ()

    @property
    def known(self) -> bool:
        """Whether every factor is a number above zero in both spans, so that contributions can be told."""
        return all(f.before > 0 and f.now > 0 for f in self.factors)

    @property
    def measures(self) -> tuple[str, ...]:
        """What its figures are computed from."""
        figures = (self.result, *self.factors)
        return tuple(dict.fromkeys(name for figure in figures for name in figure.formula.names))

    def column(self, measure: str, data: Data) -> str:
        """The code of a measure's numbers: with the sources' names where others deliver it too."""
        every = data.sources_of(measure)
        mine = [source for source in every if source in self.sources]
        return f"{measure}@{'+'.join(mine)}" if mine and len(mine) < len(every) else measure


@dataclass(frozen=True)
class DriverView:
    """The trees, and the spans that they compare: first and last day of each."""

    trees: tuple[DriverTree, ...]
    before: tuple[date, date]
    now: tuple[date, date]


def driver_view(card: Scorecard) -> DriverView | Lacking:
    """The driver trees of a scorecard, or why there are none.

    Raises DefinitionError for a tree of the project whose factors do not make its result.
    """
    monthly = Cadence("monthly")
    end = complete_until(card.as_of, monthly)
    if end is None or card.data.first is None:
        return Lacking("no_data")
    start = _months_before(end, MONTHS - 1)
    before = (_year_before(start), _year_before(end + timedelta(days=1)) - timedelta(days=1))
    if before[0] < card.data.first:
        return Lacking("drivers_short", {"first": card.data.first, "needed": before[0]})
    spans = (before, (start, end))
    trees = list(_own(card, spans)) if card.project.drivers else list(_usual(card, spans))
    return DriverView(tuple(trees), *spans) if trees else Lacking("drivers_none")


def _months_before(day: date, months: int) -> date:
    count = day.year * 12 + day.month - 1 - months
    return date(count // 12, count % 12 + 1, 1)


def _year_before(day: date) -> date:
    return day.replace(year=day.year - 1, day=28 if (day.month, day.day) == (2, 29) else day.day)


def _own(card: Scorecard, spans: tuple[tuple[date, date], ...]) -> Iterator[DriverTree]:
    problems = []
    for i, given in enumerate(card.project.drivers):
        tree = _tree(card.data, given, spans)
        known = card.data.catalogue.measures
        for name in tree.measures:
            if name in known and known[name].aggregate not in ("sum", "last"):
                problems.append(Problem("drivers_adds_up", {"name": name}, card.project.setting("drivers", i)))
        whole = math.prod(f.now**f.power if f.now else math.nan for f in tree.factors) + given.offset
        value = tree.result.now
        if value == value and whole == whole and not math.isclose(value, whole, rel_tol=_SAME, abs_tol=_SAME):
            values = {"result": given.result, "value": f"{value:.6g}", "product": f"{whole:.6g}"}
            problems.append(Problem("drivers_product", values, card.project.setting("drivers", i)))
        yield tree
    if problems:
        raise DefinitionError(problems)


def _usual(card: Scorecard, spans: tuple[tuple[date, date], ...]) -> Iterator[DriverTree]:
    """Usual trees whose measures one source delivers, or several that don't tell the same twice."""
    for given in _USUAL:
        names = [given.result, *given.factors, *given.divisors]
        measures = {m for id in names for m in _formula(card.data.catalogue, id)[0].names}
        whole = {n: t for n, t in card.data.tables.items() if measures <= set(t.forms)}
        data = replace(card.data, tables=whole) if whole else card.data
        if all(data.sources_of(m) for m in measures) and not _twice(data, measures):
            tree = replace(_tree(data, given, spans), sources=tuple(whole))
            if tree.known:
                yield tree


def _twice(data: Data, measures: set[str]) -> bool:
    """Whether a measure is booked by one source and seen by another, so that their sum would count twice."""
    several = {m: names for m in measures if len(names := data.sources_of(m)) > 1}
    return any(m in data.observed.get(source, ()) for m, names in several.items() for source in names)


def _tree(data: Data, given: Drivers, spans: tuple[tuple[date, date], ...]) -> DriverTree:
    named = [(given.result, 1), *((f, 1) for f in given.factors), *((d, -1) for d in given.divisors)]
    measures = dict.fromkeys(m for id, _ in named for m in _formula(data.catalogue, id)[0].names)
    sums = [_sums(data, found, span) for found in (_monthly(data, tuple(measures)),) for span in spans]
    figures = [_figure(data.catalogue, id, power, sums) for id, power in named]
    return DriverTree(figures[0], tuple(figures[1:]), given.offset, given.target)


def _formula(known: Catalogue, id: str) -> tuple[Formula, str, Translated]:
    """Formula over measures, unit and name of a figure: one of ours, a KPI or a measure."""
    if id in _FIGURES:
        text, unit = _FIGURES[id]
        return Formula.parse(text, known.measures), unit, {}
    if id in known.kpis:
        return known.expanded(id), known.kpis[id].unit, known.kpis[id].name
    return Formula.parse(id, known.measures), known.measures[id].unit, known.measures[id].name


def _figure(known: Catalogue, id: str, power: int, spans: Sequence[Mapping[str, float]]) -> Figure:
    formula, unit, name = _formula(known, id)
    sums = tuple({n: span[n] for n in formula.names} for span in spans)
    return Figure(id, name, unit, formula, power, sums, *(_value(formula, s) for s in sums))


def _value(formula: Formula, sums: Mapping[str, float]) -> float:
    given = {n: None if math.isnan(v) else v for n, v in sums.items()}
    value = float(formula(**{n: [v] if formula.adds_rows else v for n, v in given.items()}))
    return float(f"{value:.12g}")  # sums in another order differ beyond: 46134.499999999 is shown as 46134.5 is


def _monthly(data: Data, measures: tuple[str, ...]) -> Combined:
    """Measures by month over all of the data."""
    assert data.first is not None, "asked for only where there is data"
    assert data.last is not None, "asked for only where there is data"
    return combined(data, Cadence("monthly"), measures, data.first, data.last)


def _sums(data: Data, found: Combined, span: tuple[date, date]) -> dict[str, float]:
    """Each measure over the months of a span: added up, or of a stock the last; NaN where a month is not known."""
    inside = [span[0] <= day <= span[1] for day in found.periods]
    out = {}
    for measure in found.values.measures:
        column = found.values.values(measure).tolist()
        values = [v for v, kept in zip(column, inside, strict=True) if kept]
        out[measure] = math.nan if not values else values[-1] if is_stock(data, measure) else sum(values)
    return out


def is_stock(data: Data, measure: str) -> bool:
    """Whether a measure is a level, such as followers, of which a span has the last."""
    return measure in data.catalogue.measures and data.catalogue.measures[measure].aggregate == "last"
