"""KPI_TABLE and KPI_VALUE: KPIs from a raw export, as ratios of sums, by columns and periods, with filters."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from xlkpi.cadence import Cadence, Code
from xlkpi.catalogue import KPI, say
from xlkpi.errors import EvaluationError, Problem, SourceError
from xlkpi.formula import NoData
from xlkpi.formula.nodata import Stop
from xlkpi.language import text
from xlkpi.sources.headers import normal
from xlkpi.sources.preset import preset

from . import arguments as read
from .cells import Cell, Rows, is_range, rows_of, single, without_blank_end
from .exports import Table, Value, read_table
from .selection import options, period_label, period_of, selected
from .settings import catalogue, language

#: Groups beyond which a table is no longer one that anybody reads.
MOST_GROUPS = 100_000
Group = tuple[str, ...]


def kpi_value(kpi: Any, data: Any, where: Any = None, from_day: Any = None, to_day: Any = None) -> Cell:
    """One KPI over all rows that the filters leave; ``where`` may be a block of options, see :mod:`.selection`."""
    entry = read.kpi(kpi)
    table = _table(data)
    rows = selected(table, options(table, where=where, from_day=from_day, to_day=to_day))
    return Groups(table, (), None, rows, range(len(table.rows))).value(entry, (), None)


def kpi_table(
    kpi: Any,
    data: Any,
    by: Any = None,
    period: Any = None,
    where: Any = None,
    from_day: Any = None,
    to_day: Any = None,
) -> Rows:
    """Headers, then a row per group and period with the value of each KPI.

    ``by`` or ``where`` may be a block of options, see :mod:`.selection`.
    """
    entries = read.kpis(kpi)
    table = _table(data)
    chosen = options(table, by=by, period=period, where=where, from_day=from_day, to_day=to_day)
    names = chosen.by
    if len(names) > 2:
        raise EvaluationError(Problem("udfs_by_two", {"names": ", ".join(names)}))
    wanted = read.cadence(chosen.period, "")
    cadence = Cadence(cast(Code, wanted)) if wanted else None
    rows = selected(table, chosen)
    groups = Groups(table, names, cadence, rows, range(len(table.rows)))
    spoken = language()
    head: list[Cell] = [*names, *([text("udfs.column.period", spoken)] if cadence else [])]
    head += [entry.label(spoken) for entry in entries]
    found: Rows = [head]
    for group, start in groups.ordered():
        label: list[Cell] = [*group, *([period_label(start, cadence)] if cadence and start else [])]
        found.append([*label, *(groups.value(entry, group, start) for entry in entries)])
    if len(found) == 1:
        raise Stop(NoData.MISSING)
    return found


def told(name: str, given: Sequence[Any], spoken: str) -> str:
    """What a call recognised in its range: the platform, its columns and what was left out; raises what is wrong."""
    if len(given) < 2:
        raise Stop(NoData.MISSING)
    table = _table(given[1])
    platform = preset(table.preset).name if table.preset else None
    rows = text("udfs.table.read", spoken, preset=platform or text("udfs.table.generic", spoken), rows=len(table.rows))
    known = catalogue().measures
    parts = [rows]
    for f in table.mapped.of("measure"):
        measure = str(say(known[f.target].name, spoken)) if f.target in known else f.target
        key = "counted" if f.header is None else "mapped"
        parts.append(text(f"udfs.table.{key}", spoken, measure=measure, column=f.header or ""))
    if table.mapped.ignored:
        parts.append(text("udfs.table.ignored", spoken, columns=", ".join(i.column for i in table.mapped.ignored)))
    if table.dropped:
        parts.append(text("udfs.table.dropped", spoken, count=table.dropped))
    found = kpi_value(*given) if name == "KPI_VALUE" else kpi_table(*given)
    if isinstance(found, NoData):
        parts.insert(0, text(f"udfs.reason.{found.name}", spoken))
    return ". ".join(part[:1].upper() + part[1:] for part in parts) + "."


def _table(data: Any) -> Table:
    if not is_range(data):
        raise Stop(single(data) if isinstance(single(data), NoData) else NoData.NOT_A_NUMBER)  # type: ignore[arg-type]  # a NoData
    table = read_table(without_blank_end([rows_of(data)])[0])
    if not table.measures:
        columns = ", ".join(n for n in table.names if n)[:300]
        raise SourceError(Problem("udfs_no_measure", {"columns": columns}))
    return table


@dataclass
class Groups:
    """The rows of a table by group and period, and the value of a KPI in each.

    ``rows`` are the wanted rows; ``everything`` all of them, for KPIs that compare with all.
    """

    table: Table
    by: Sequence[str]
    cadence: Cadence | None
    rows: Sequence[int]
    everything: Sequence[int]

    def __post_init__(self) -> None:
        columns = [self.table.dimension(name) for name in self.by]
        self._of: dict[tuple[Group, date | None], list[int]] = {}
        for i in self.rows:
            start = self._period(i)
            if self.cadence is None or start is not None:
                self._of.setdefault((tuple(column[i] for column in columns), start), []).append(i)
        if len(self._of) > MOST_GROUPS:
            raise Stop(NoData.IMPOSSIBLE)
        self._all: dict[date | None, list[int]] | None = None

    def _period(self, row: int) -> date | None:
        return None if self.cadence is None else period_of(self.table, row, self.cadence)

    def ordered(self) -> list[tuple[Group, date | None]]:
        """Groups and periods in order; groups without a name come last."""
        return sorted(self._of, key=lambda key: ([(not v, normal(v)) for v in key[0]], key[1] or date.min))

    def value(self, kpi: KPI, group: Group, start: date | None) -> Cell:
        """A KPI of a group in a period."""
        given: dict[str, Any] = {}
        for argument, source in kpi.inputs.items():
            at: date | None = start
            if source.at != "current":
                if self.cadence is None or start is None:
                    raise EvaluationError(Problem("udfs_needs_period", {"kpi": kpi.id}))
                at = self.cadence.previous_start(start)
            whole = source.of == "all"
            known = catalogue()
            if source.measure in known.kpis:
                inner = known[source.measure]
                found = (
                    Groups(self.table, (), self.cadence, self.everything, self.everything).value(inner, (), at)
                    if whole
                    else self.value(inner, group, at)
                )
            else:
                found = self._measure(kpi, source.measure, self._rows(group, at, whole))
            given[argument] = [found] if kpi.compiled.adds_rows else found
        return kpi.compiled.outcome(**given)

    def _rows(self, group: Group, start: date | None, whole: bool) -> Sequence[int]:
        if not whole:
            return self._of.get((group, start), ())
        if self._all is None:
            self._all = {}
            for i in self.everything:
                self._all.setdefault(self._period(i), []).append(i)
        return self._all.get(start, ())

    def _measure(self, kpi: KPI, name: str, rows: Sequence[int]) -> Cell:
        """A measure over rows, aggregated in its own way; a fallback where no column has it."""
        known = catalogue().measures
        column = self.table.measure(name)
        measure = known.get(name)
        if column is None and measure is not None and measure.fallback:
            return self._measure(kpi, measure.fallback, rows)
        if column is None:
            raise SourceError(
                Problem("udfs_measure_missing", {"kpi": kpi.id, "measure": str(say(measure.name)) if measure else name})
            )
        wrong = next((v for i in rows if isinstance(v := column[i], NoData)), None)
        if wrong is not None:
            return wrong
        values = {i: v for i in rows if isinstance(v := column[i], float)}
        return self._aggregated(measure.aggregate if measure else "sum", measure.weight if measure else None, values)

    def _aggregated(self, how: str, weight: str | None, values: Mapping[int, float]) -> Cell:
        if not values:
            return None
        if how == "max":
            return max(values.values())
        if how == "count_distinct":  # people don't add up
            return next(iter(values.values())) if len(values) == 1 else None
        if how == "mean":
            weights = self.table.measure(weight or "")
            if weights is None:
                return sum(values.values()) if len(values) == 1 else None
            pairs = [(v, w) for i, v in values.items() if isinstance(w := weights[i], float)]
            total = math.fsum(w for _, w in pairs)
            return math.fsum(v * w for v, w in pairs) / total if total else None
        return math.fsum((self._latest(values) if how == "last" else values).values())

    def _latest(self, values: Mapping[int, float]) -> Mapping[int, float]:
        """Of a stock, the value of the last day of each finest group."""
        columns = list(self.table.dimensions.values())
        last: dict[Group, int] = {}
        for i in values:
            key = tuple(column[i] for column in columns)
            if key not in last or self._day(i) >= self._day(last[key]):
                last[key] = i
        return {i: values[i] for i in last.values()}

    def _day(self, row: int) -> date:
        span: tuple[date, date] | None = self.table.days[row] if self.table.days else None
        return span[1] if span else date.min


__all__ = ["Groups", "Value", "kpi_table", "kpi_value", "told"]
