"""The data of a project: every source read once, and its measures combined by period and dimensions.

Sources are parts of one whole: where several deliver a measure, sums and stocks add up, means are weighted, while
people, who may be the same, and medians have no value. A part that is silent in a period is told (``parts``), never
counted as known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from xlkpi.cadence import Cadence
from xlkpi.catalogue import Catalogue, Measure

if TYPE_CHECKING:
    from xlkpi.scorecard.ahead import Ahead
    from xlkpi.sources import Report
    from xlkpi.sources.aggregate import Aggregated
    from xlkpi.sources.table import Table

#: Told while a file of a source is read: the source's name, the bytes read so far and the file's size; size 0 once the
#: source is read.
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Data:
    """The sources of a project as tables, and the days that they cover.

    ``reports`` tell what was read from files. ``last`` is the last day with data, ``first`` the first; None without
    any. ``observed``: per source, the measures that it only sees while others book them. ``catalogue`` knows the
    measures that sources declare beside the catalogue's. ``ahead``: the rows of sources that are dated after today, and
    are not among these days.
    """

    tables: Mapping[str, Table]
    catalogue: Catalogue
    reports: Mapping[str, Report] = field(default_factory=dict)
    spans: Mapping[str, tuple[date, date]] = field(default_factory=dict)
    observed: Mapping[str, frozenset[str]] = field(default_factory=dict)
    ahead: Mapping[str, Ahead] = field(default_factory=dict)
    _kept: dict[Any, Aggregated] = field(default_factory=dict, repr=False, compare=False)
    #: What is known of rows after a day, by source and day.
    _cut: dict[tuple[str, date], tuple[date | None, Ahead | None]] = field(
        default_factory=dict, repr=False, compare=False
    )

    def aggregated(
        self, source: str, cadence: Cadence, by: Sequence[str], where: Mapping[str, Any], first: date, last: date
    ) -> Aggregated:
        """All measures of a source by period and dimensions; asked for once, since objectives share them."""
        from xlkpi.sources.aggregate import aggregate

        selection = tuple(sorted((name, tuple(values)) for name, values in where.items()))
        key = (source, cadence, tuple(by), selection, first, last)
        if key not in self._kept:
            table = self.tables[source]
            self._kept[key] = aggregate(table, cadence, None, by=by, where=where, first=first, last=last)
        return self._kept[key]

    @property
    def empty(self) -> tuple[str, ...]:
        """The sources without a row, which a refresh reads."""
        return tuple(name for name in self.tables if name not in self.spans)

    @cached_property
    def first(self) -> date | None:
        return min((first for first, _ in self.spans.values()), default=None)

    @cached_property
    def last(self) -> date | None:
        begun = [last for name, (first, last) in self.spans.items() if not self._is_all_ahead(name, first)]
        return max(begun, default=None)

    def _is_all_ahead(self, source: str, first: date) -> bool:
        return source in self.ahead and self.ahead[source].first <= first

    def sources_of(self, measure: str) -> tuple[str, ...]:
        """The sources that deliver a measure."""
        return tuple(name for name, table in self.tables.items() if measure in table.forms)

    def standing_for(self, measure: str) -> str:
        """The measure itself, or the one that stands for it because no source delivers it."""
        known = self.catalogue.measures.get(measure)
        other = known.fallback if known else None
        return other if other and not self.sources_of(measure) and self.sources_of(other) else measure

    def dimensions_of(self, measures: Sequence[str]) -> tuple[str, ...]:
        """The dimensions that every source of the measures has."""
        wanted = [self.standing_for(m) for m in measures]
        tables = [t for t in self.tables.values() if any(m in t.forms for m in wanted)]
        return tuple(d for d in tables[0].dimensions if all(d in t.dimensions for t in tables)) if tables else ()


@dataclass(frozen=True)
class Combined:
    """Measures of all sources together, by period and group, in the shape that KPIs are computed from.

    ``sources`` gives each measure's sources; ``absent`` are measures that no source delivers for this selection.
    ``delivered`` says, of each source that delivered anything, in which periods with rows it did.
    """

    values: Aggregated
    sources: Mapping[str, tuple[str, ...]]
    absent: tuple[str, ...]
    delivered: Mapping[str, Mapping[date, bool]] = field(default_factory=dict)

    @property
    def periods(self) -> list[date]:
        return list(dict.fromkeys(self.values.periods))

    @property
    def groups(self) -> list[tuple[str | None, ...]]:
        """The groups, in the order of the rows."""
        columns = [self.values.table[name].to_pylist() for name in self.values.by]
        return list(dict.fromkeys(zip(*columns, strict=True))) if columns else [()]


def combined(
    data: Data,
    cadence: Cadence,
    measures: Sequence[str],
    first: date,
    last: date,
    *,
    by: Sequence[str] = (),
    where: Mapping[str, Any] | None = None,
) -> Combined:
    """Aggregate measures over all sources that have them, from ``first`` to ``last``, both days included.

    A source that lacks a dimension of ``where`` can't tell the part that is wanted and is left out. ``days`` and
    ``months`` are measures of the calendar. Raises SourceError for a query that fails.
    """
    import numpy as np

    known = data.catalogue.measures
    standing = {m: data.standing_for(m) for m in measures}
    starts = list(cadence.starts(first, last))
    delivered = tuple(standing.values())
    wanted = tuple(dict.fromkeys(m for id in delivered for m in (id, known[id].weight if id in known else None) if m))
    pieces: list[tuple[str, Aggregated]] = []
    for name, table in data.tables.items():
        having = [m for m in wanted if m in table.forms]
        if not having or any(d not in table.dimensions for d in where or ()):
            continue
        dimensions = [d for d in by if d in table.dimensions]
        pieces.append((name, data.aggregated(name, cadence, dimensions, where or {}, first, last)))
    groups = _Groups(tuple(by), starts)
    for _, piece in pieces:
        groups.add(piece, wanted)
    columns = {
        measure: groups.calendar(measure, cadence, first, last)
        if measure in ("days", "months") and not any(measure in p.measures for _, p in pieces)
        else groups.column(measure, known.get(measure), [p for _, p in pieces])
        for measure in wanted
    }
    columns |= {measure: columns[source] for measure, source in standing.items()}
    sources = {m: _delivering(pieces, standing.get(m, m)) for m in columns}
    absent = tuple(m for m in columns if not sources[m] and bool(np.isnan(columns[m]).all()))
    return Combined(groups.table(columns, cadence), sources, absent, _delivered(pieces, set(delivered)))


def _delivering(pieces: Sequence[tuple[str, Aggregated]], measure: str) -> tuple[str, ...]:
    """The sources of a measure: those with a value in this selection, or all that know it where none has."""
    import numpy as np

    having = [(name, piece) for name, piece in pieces if measure in piece.measures]
    telling = tuple(name for name, piece in having if not np.isnan(piece.values(measure)).all())
    return telling or tuple(name for name, _ in having)


def _delivered(pieces: Sequence[tuple[str, Aggregated]], wanted: set[str]) -> dict[str, dict[date, bool]]:
    """The periods in which each source has rows, and whether it delivered anything that is wanted."""
    import numpy as np

    found: dict[str, dict[date, bool]] = {}
    for name, piece in pieces:
        some = np.zeros(len(piece.table), dtype=bool)
        for measure in set(piece.measures) & wanted:
            some |= ~np.isnan(piece.values(measure))
        at: dict[date, bool] = {}
        for day, has in zip(piece.periods, some.tolist(), strict=True):
            at[day] = at.get(day, False) or has
        if any(at.values()):  # a source without a row in this selection has no part in it
            found[name] = at
    return found


class _Groups:
    """Groups found in any source, each with a place for every period."""

    def __init__(self, by: tuple[str, ...], starts: Sequence[date]) -> None:
        self.by = by
        self.starts = list(starts)
        self.at = {start: i for i, start in enumerate(self.starts)}
        self.order: dict[tuple[str | None, ...], None] = {} if by else {(): None}

    def add(self, piece: Aggregated, measures: Sequence[str]) -> None:
        """Make room for the groups of a piece in which a wanted measure has a value."""
        import numpy as np

        some = np.zeros(len(piece.table), dtype=bool)
        for measure in piece.measures:
            if measure in measures:
                some |= ~np.isnan(piece.values(measure))
        for group, has in zip(self._labels(piece), some.tolist(), strict=True):
            if has:
                self.order.setdefault(group, None)

    def column(self, measure: str, known: Measure | None, pieces: Sequence[Aggregated]) -> Any:
        """A measure of all groups and periods, combined from every piece that has it."""
        import numpy as np

        having = [piece for piece in pieces if measure in piece.measures]
        if not having:
            return np.full(self._length, np.nan)
        layers = np.array([self._placed(piece, measure) for piece in having])
        if len(having) == 1:
            return layers[0]
        aggregate = known.aggregate if known else "sum"
        present = ~np.isnan(layers)
        none = ~present.any(axis=0)
        if aggregate in ("count_distinct", "median"):
            total = np.where(present.sum(axis=0) == 1, np.nansum(layers, axis=0), np.nan)
        elif aggregate == "max":
            total = np.where(present, layers, -np.inf).max(axis=0)
        elif aggregate == "mean":
            total = self._mean(layers, known, having)
        else:
            total = np.nansum(layers, axis=0)
        return np.where(none, np.nan, total)

    def _mean(self, layers: Any, known: Measure | None, having: Sequence[Aggregated]) -> Any:
        import numpy as np

        weight = known.weight if known else None
        weights = np.array(
            [self._placed(p, weight) if weight in p.measures else np.full(self._length, np.nan) for p in having]
        )
        weights = np.where(np.isnan(layers), 0.0, weights)
        total = weights.sum(axis=0)  # NaN where a weight is not known
        return np.divide(np.nansum(layers * weights, axis=0), total, where=total > 0, out=np.full(self._length, np.nan))

    def calendar(self, measure: str, cadence: Cadence, first: date, last: date) -> Any:
        """The days or months of each period that lie between ``first`` and ``last``."""
        import numpy as np

        days = []
        for start in self.starts:
            end = min(cadence.end_of(start), last)
            days.append((end - max(start, first)).days + 1)
        one = np.array(days, dtype=np.float64)
        if measure == "months":
            one = one / (365.2425 / 12) if cadence.rank < 2 else np.round(one / (365.2425 / 12))
        return np.tile(one, len(self.order))

    def table(self, columns: Mapping[str, Any], cadence: Cadence) -> Aggregated:
        import pyarrow as pa

        from xlkpi.sources.aggregate import Aggregated
        from xlkpi.sources.provenance import Provenance

        groups = list(self.order)
        arrays: dict[str, Any] = {"period": pa.array(self.starts * len(groups), pa.date32())}
        for i, name in enumerate(self.by):
            arrays[name] = pa.array([group[i] for group in groups for _ in self.starts], pa.string())
        arrays |= {name: pa.array(column, pa.float64(), from_pandas=True) for name, column in columns.items()}
        about = Provenance("*", "duckdb", cadence.code, cadence.fiscal_year_start, self.by)
        return Aggregated(pa.table(arrays), self.by, tuple(columns), cadence, about, {})

    @property
    def _length(self) -> int:
        return len(self.order) * len(self.starts)

    def _labels(self, piece: Aggregated) -> list[tuple[str | None, ...]]:
        columns = {name: piece.table[name].to_pylist() for name in piece.by}
        return [tuple(columns[d][i] if d in columns else None for d in self.by) for i in range(len(piece.table))]

    def _placed(self, piece: Aggregated, measure: str | None) -> Any:
        import numpy as np

        assert measure is not None
        index = {group: i for i, group in enumerate(self.order)}
        out = np.full(self._length, np.nan)
        for group, day, value in zip(self._labels(piece), piece.periods, piece.values(measure).tolist(), strict=True):
            if day in self.at and group in index:
                out[index[group] * len(self.starts) + self.at[day]] = value
        return out


def complete_until(as_of: date, cadence: Cadence) -> date | None:
    """The last day of the last period that is complete on a day; None before the first."""
    end = cadence.end_of(as_of)
    if end <= as_of:
        return end
    start = cadence.start_of(as_of)
    return start - timedelta(days=1) if start > date.min else None
