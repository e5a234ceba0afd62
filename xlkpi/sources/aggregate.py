"""From rows to measures by period and dimensions, each measure aggregated in its own way.

- ``sum`` adds up.
- ``last`` (stocks): for each finest group (all dimensions of the source, such as each account), the value of its last
  day in the period; these are added up. A group that reported before, did not end with zero, and is silent in a
  period leaves the totals of that period without a value.
- ``mean`` is weighted by the measure's weight, over the rows; it is never a mean of means.
- ``max`` is the largest value.
- ``median`` is the middle of the rows' values, exactly, or the mean of the two in the middle; it is computed from the
  rows for every period and group, for medians can't be put together from medians.
- ``count_distinct`` (people): identifiers are counted once each, exactly. Numbers that were counted before don't add
  up: they have a value only where one row stands for the group.

Whatever has no value is null, and ``reasons`` says why. A period without rows is null too, never zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from xlkpi.cadence import Cadence
from xlkpi.errors import Problem, SourceError
from xlkpi.sources import expressions as ex
from xlkpi.sources.calendar import Grid
from xlkpi.sources.provenance import Provenance, Unavailable
from xlkpi.sources.table import Table, Where, absent, selected

#: Why there is no value: no row has one; people don't add up; the mean's weight is unknown; a stock is silent; rows
#: cover several periods.
Reason = Literal["missing", "people", "no_weight", "stock_gap", "spans"]
REASONS: tuple[Reason, ...] = ("missing", "people", "no_weight", "stock_gap", "spans")


@dataclass(frozen=True)
class Aggregated:
    """Measures by period and group.

    ``table`` is a pyarrow Table of ``period`` (date32: the first day), the dimensions (text, null for missing) and
    the measures (float64, null for no value), sorted by group, then period. ``codes`` holds, for measures with
    nulls, an index into ``REASONS`` per row, -1 where there is a value.
    """

    table: Any
    by: tuple[str, ...]
    measures: tuple[str, ...]
    cadence: Cadence
    provenance: Provenance
    codes: Mapping[str, Any]

    @property
    def periods(self) -> list[date]:
        """The first day of each row's period."""
        return list(self.table["period"].to_pylist())

    def values(self, measure: str) -> Any:
        """A measure as a numpy array of float64, NaN for no value."""
        return self.table[measure].to_numpy()

    def reason(self, measure: str, row: int) -> Reason | None:
        """Why a row has no value of a measure; None where it has one."""
        code = int(self.codes[measure][row]) if measure in self.codes else -1
        return REASONS[code] if code >= 0 else None


def aggregate(
    table: Table,
    cadence: Cadence,
    measures: Sequence[str] | None = None,
    *,
    by: Sequence[str] = (),
    where: Where | None = None,
    first: date | None = None,
    last: date | None = None,
    fill: bool = True,
) -> Aggregated:
    """Aggregate a table, in the engine that holds it.

    ``measures``: all of the table's by default. ``by``: dimensions. ``where``: dimension -> value or values (None is a
    missing value). ``first`` and ``last``: the days that count, both included; by default, those of all rows, wanted or
    not. ``fill``: every group has a row for each period between them; otherwise only those with rows.

    Raises SourceError for unknown names, unfit values, a query that fails, and a result of millions of rows.
    """
    measures = tuple(table.forms if measures is None else measures)
    by = tuple(by)
    if first and last and first > last:
        raise SourceError(Problem("source_days_swapped", {"first": first, "last": last}, table.place))
    for name in measures:
        if name not in table.forms:
            absent(name, table.forms, table.place)
    for name in (*by, *(where or ())):
        if name not in table.dimensions:
            absent(name, table.dimensions, table.place)
    conditions = selected(table.expression, where or {}, table.place)
    rows = ex.dated(table, cadence, conditions, first, last)
    about = _counts(table, where or {}, first, last)
    found = table.connection.run(ex.grouped(table, rows, measures, by))
    days = tuple(_as_date(given or about[key]) for key, given in (("first", first), ("last", last)))
    grid = Grid(found, by, cadence, days if fill else (None, None), table.place)
    values = {name: grid.column(found[name]) for name in measures}
    codes = _codes(table, rows, found, grid, values, measures, by)
    unavailable = tuple(
        Unavailable(name, REASONS[code], int(count))
        for name, column in codes.items()
        for code in range(len(REASONS))
        if (count := (column == code).sum())
    )
    provenance = Provenance(
        source=table.label,
        engine=table.connection.engine,
        cadence=cadence.code,
        fiscal_year_start=cadence.fiscal_year_start,
        by=by,
        where={k: _several(v) for k, v in (where or {}).items()},
        rows=int(about["rows"] or 0),
        rows_undated=int(about["undated"] or 0),
        rows_used=int(about["used"] or 0),
        groups=found.num_rows,
        rows_out=len(grid),
        first=days[0],
        last=days[1],
        unavailable=unavailable,
    )
    return Aggregated(grid.table(values), by, measures, cadence, provenance, codes)


def _counts(table: Table, where: Where, first: date | None, last: date | None) -> Mapping[str, Any]:
    """The rows of a selection, whatever they are grouped by; asked for once."""
    key = first, last, tuple(sorted((name, _several(values)) for name, values in where.items()))
    if key not in table.counted:
        conditions = selected(table.expression, where, table.place)
        found = table.connection.run(ex.totals(table, conditions, first, last))
        table.counted[key] = found.to_pylist()[0]
    return table.counted[key]


def grains(
    table: Table,
    cadence: Cadence,
    measures: Sequence[str] | None = None,
    *,
    by: Iterable[Sequence[str]],
    where: Where | None = None,
    first: date | None = None,
    last: date | None = None,
    fill: bool = True,
) -> dict[tuple[str, ...], Aggregated]:
    """The same for several sets of dimensions, such as ``[(), ("channel",), ("channel", "campaign")]``.

    Each is computed from the rows, so that people and means are right at every one; ``()`` is all together.
    """
    return {
        tuple(names): aggregate(table, cadence, measures, by=names, where=where, first=first, last=last, fill=fill)
        for names in by
    }


def _codes(
    table: Table, rows: Any, found: Any, grid: Grid, values: dict[str, Any], measures: Sequence[str], by: Sequence[str]
) -> dict[str, Any]:
    """Blanks the values that mean nothing, and tells why each blank is one."""
    import numpy as np

    crossed = _crossed(table, rows, found, grid, by)
    codes: dict[str, Any] = {}
    for name in measures:
        column = values[name]
        code = np.full(len(grid), -1, dtype=np.int8)
        most = ex.allowed(table, name)
        if most is not None:
            reason: Reason = "people" if ex.way(table, name) == "count_distinct" else "no_weight"
            code[grid.column(found[ex.count_of(name)], missing=0) > most] = REASONS.index(reason)
        if ex.way(table, name) == "last":
            code[_silent(table, rows, name, grid, by)] = REASONS.index("stock_gap")
        code[crossed] = REASONS.index("spans")
        code[(code < 0) & np.isnan(column)] = REASONS.index("missing")
        column[code >= 0] = np.nan
        if (code >= 0).any():
            codes[name] = code
    return codes


def _crossed(table: Table, rows: Any, found: Any, grid: Grid, by: Sequence[str]) -> Any:
    """Which rows of the result are touched by a source row that covers several periods."""
    import numpy as np

    touched = np.zeros(len(grid), dtype=bool)
    if not table.spans or not any(found["_crossings"].to_pylist()):
        return touched
    spans = table.connection.run(ex.crossings(rows, by))
    begin, end = grid.positions(spans), grid.positions(spans, "_until")
    for group, start, stop in zip(grid.groups_of(spans), begin, end, strict=True):
        touched |= grid.between(group, start, stop)
    return touched


def _silent(table: Table, rows: Any, name: str, grid: Grid, by: Sequence[str]) -> Any:
    """Which rows of the result have a part of a stock, but lack one that reported before and did not end with zero."""
    counts = table.connection.run(ex.stock_groups(table, rows, name, by))
    present, begun, ended = (grid.column(counts[key], missing=0, of=counts) for key in ("present", "begun", "ended"))
    ended_before = grid.running_total(ended) - ended
    return (present > 0) & (present < grid.running_total(begun) - ended_before)


def _several(values: Any) -> tuple[Any, ...]:
    return tuple(values) if isinstance(values, list | tuple | set | frozenset) else (values,)


def _as_date(value: Any) -> date | None:
    found: date | None = value.date() if hasattr(value, "date") else value
    return found
