"""The grid of groups and periods that a result is laid out on, so that a period without rows has a row of nulls."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from xlkpi.cadence import Cadence
from xlkpi.errors import Place, Problem, SourceError
from xlkpi.sources.expressions import PERIOD, first_day

#: More periods than this come from a wrong date (a year 9999), not from a business.
MOST_PERIODS = 50_000
#: More rows than this are of no use to a workbook.
MOST_ROWS = 5_000_000


class Grid:
    """Places for the rows of a result: sorted by group (missing last), then period.

    ``days``: the first and last day of the calendar; None: only the groups and periods found have a place.
    """

    def __init__(
        self, found: Any, by: Sequence[str], cadence: Cadence, days: tuple[date | None, ...], place: Place
    ) -> None:
        import numpy as np

        self._by, self._cadence = tuple(by), cadence
        self._labels, group = _groups(found, by)
        self._group_at = {label: i for i, label in enumerate(self._labels)}
        found_days = self._days(found[PERIOD])
        first, last = days
        if first is not None and last is not None:
            starts = _calendar(cadence, first, last, place)
            wanted = len(starts) * len(self._labels)
            if wanted > MOST_ROWS:
                raise SourceError(Problem("source_result_rows", {"rows": wanted, "most": MOST_ROWS}, place))
            self._starts = np.array(starts, dtype="datetime64[D]")
            self._width = len(starts)
            self._place = group * self._width + np.searchsorted(self._starts, found_days)
            self._length = wanted
            self._group_of_row = np.repeat(np.arange(len(self._labels)), self._width)
            self._start_of_row = np.tile(self._starts, len(self._labels))
        else:
            self._starts = np.unique(found_days)
            self._width = 0
            order = np.lexsort((found_days, group))
            self._place = np.empty(len(order), dtype=np.int64)
            self._place[order] = np.arange(len(order))
            self._length = len(order)
            self._group_of_row, self._start_of_row = group[order], found_days[order]
        self._found = found

    def __len__(self) -> int:
        return self._length

    def column(self, values: Any, missing: float | None = None, of: Any = None) -> Any:
        """A column of the result as float64, NaN (or ``missing``) where nothing was found.

        ``of``: the table that the column is from, when it is another one with the same keys.
        """
        import numpy as np

        out = np.full(len(self), np.nan if missing is None else missing, dtype=np.float64)
        given = values.cast("float64").to_numpy()
        if missing is not None:
            given = np.nan_to_num(given, nan=missing)
        if of is None:
            out[self._place] = given
            return out
        places = self._lookup(self.groups_of(of), self._days(of[PERIOD]))
        out[places[places >= 0]] = given[places >= 0]
        return out

    def running_total(self, column: Any) -> Any:
        """The column added up within each group, over time."""
        import numpy as np

        total = np.cumsum(column)
        begins = np.flatnonzero(np.diff(self._group_of_row, prepend=-1))
        before = np.concatenate([[0.0], total])[begins]
        return total - before[self._group_of_row] if len(total) else total

    def groups_of(self, table: Any) -> Any:
        """The position of each row's group; -1 for a group that the result does not have."""
        import numpy as np

        columns = [table[name].to_pylist() for name in self._by]
        rows = zip(*columns, strict=True) if columns else ((),) * table.num_rows
        return np.array([self._group_at.get(tuple(row), -1) for row in rows], dtype=np.int64)

    def positions(self, table: Any, key: str = PERIOD) -> Any:
        """The first day of the period in a column."""
        return self._days(table[key])

    def between(self, group: int, start: Any, stop: Any) -> Any:
        """Which rows are of a group and of the periods from ``start`` to ``stop``, both included."""
        return (self._group_of_row == group) & (self._start_of_row >= start) & (self._start_of_row <= stop)

    def table(self, values: dict[str, Any]) -> Any:
        """The result as a pyarrow Table."""
        import numpy as np
        import pyarrow as pa

        columns = {"period": pa.array(self._start_of_row.astype("datetime64[D]"), pa.date32())}
        for i, name in enumerate(self._by):
            labels = pa.array([label[i] for label in self._labels], pa.string())
            columns[name] = labels.take(pa.array(self._group_of_row.astype(np.int64)))
        columns |= {name: pa.array(column, pa.float64(), from_pandas=True) for name, column in values.items()}
        return pa.table(columns)

    def _days(self, column: Any) -> Any:
        import numpy as np
        import pyarrow.compute as pc

        unique = pc.unique(column.combine_chunks())
        days = np.array([first_day(v, self._cadence) for v in unique.to_pylist()], dtype="datetime64[D]")
        return days[pc.index_in(column, value_set=unique).to_numpy()]

    def _lookup(self, groups: Any, days: Any) -> Any:
        import numpy as np

        if self._width:
            return np.where(groups >= 0, groups * self._width + np.searchsorted(self._starts, days), -1)
        rows = zip(self._group_of_row.tolist(), self._start_of_row.tolist(), strict=True)
        at = {key: i for i, key in enumerate(rows)}
        return np.array([at.get(key, -1) for key in zip(groups.tolist(), days.tolist(), strict=True)], dtype=np.int64)


def _groups(found: Any, by: Sequence[str]) -> tuple[list[tuple[str | None, ...]], Any]:
    """The groups found, sorted, and the position of each row's group among them."""
    import numpy as np
    import pyarrow.compute as pc

    if not by:
        return [()], np.zeros(found.num_rows, dtype=np.int64)
    code = np.zeros(found.num_rows, dtype=np.int64)
    sorted_labels: list[list[str | None]] = []
    for name in by:
        column = found[name].combine_chunks()
        known = pc.unique(column).to_pylist()
        labels = sorted(v for v in known if v is not None) + ([None] if None in known else [])
        at = {label: i for i, label in enumerate(labels)}
        encoded = np.array([at[v] for v in known], dtype=np.int64)
        code = code * len(labels) + encoded[pc.index_in(column, value_set=pc.unique(column)).to_numpy()]
        sorted_labels.append(labels)
    unique, position = np.unique(code, return_inverse=True)
    groups: list[tuple[str | None, ...]] = []
    for value in unique.tolist():
        label: list[str | None] = []
        for labels in reversed(sorted_labels):
            value, at_ = divmod(value, len(labels))
            label.append(labels[at_])
        groups.append(tuple(reversed(label)))
    return groups, position


def _calendar(cadence: Cadence, first: date, last: date, place: Place) -> list[date]:
    starts: list[date] = []
    for start in cadence.starts(first, last):
        starts.append(start)
        if len(starts) > MOST_PERIODS:
            raise SourceError(Problem("source_periods", {"first": first, "last": last, "most": MOST_PERIODS}, place))
    return starts
