"""Exports that write an order on several lines: it counts once, and what its first line says holds for all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from xlkpi.sources.headers import normal
from xlkpi.sources.mapping import Mapping
from xlkpi.sources.preset import Export
from xlkpi.sources.raw import RawTable, counting
from xlkpi.sources.source import Source


@dataclass
class FirstLines:
    """``is_first``: whether a row is its order's first line; ``origin``: the position of that first line."""

    is_first: Any
    origin: Any

    def fill_blanks(self, raw: RawTable, mapping: Mapping, export: Export | None) -> None:
        """Let every line say the date, dimensions, currency and status that stand on its order's first line only."""
        import pyarrow as pa
        import pyarrow.compute as pc

        at = {f.index for f in mapping.fields if f.role != "measure" and f.index is not None}
        if export and export.drop:
            names = {normal(name) for rule in export.drop for name in rule.column}
            at |= {i for i, name in enumerate(raw.names) if normal(name) in names}
        for i in at:
            column = raw.columns[i]
            blank = pc.is_null(column)
            if pa.types.is_string(column.type):
                blank = pc.or_kleene(blank, pc.equal(column, ""))
            raw.columns[i] = pc.if_else(blank, column.take(self.origin), column)

    def earliest(self, days: Any) -> FirstLines:
        """The same with each order's first line by date, for exports that begin with what happened last."""
        import pyarrow as pa
        import pyarrow.compute as pc

        positions = counting(len(days))
        late = pc.cast(pc.fill_null(pc.cast(days, pa.int32()), (1 << 31) - 1), pa.int64())
        order = pc.add(pc.multiply(late, len(days)), positions)
        firsts = pa.table({"key": self.origin, "order": order}).group_by("key").aggregate([("order", "min")])
        at = pc.index_in(self.origin, value_set=firsts["key"].combine_chunks())
        return FirstLines(pc.equal(pc.take(firsts["order_min"].combine_chunks(), at), order), self.origin)


def first_lines(
    raw: RawTable, mapping: Mapping, source: Source, export: Export | None
) -> tuple[Any, FirstLines | None]:
    """Each row's order (text), and its first line; (None, None) where rows are not lines of orders."""
    import pyarrow as pa
    import pyarrow.compute as pc

    wanted = [normal(n) for n in (source.key or (export.once_per if export else ()))]
    at = [i for i, name in enumerate(raw.names) if normal(name) in wanted]
    if not at or not raw.length:
        return None, None
    parts = [pc.fill_null(pc.cast(raw.columns[i], pa.string()), "") for i in dict.fromkeys(at)]
    joined = pc.binary_join_element_wise(*parts, "\x1f")
    blank = pc.equal(pc.replace_substring(joined, "\x1f", ""), "")
    keys = pc.if_else(
        blank, pc.binary_join_element_wise(f"\x1f{raw.file}\x1f", pc.cast(raw.rows, pa.string()), ""), joined
    )
    coded = keys.dictionary_encode()
    positions = counting(raw.length)
    firsts = pa.table({"key": coded.indices, "at": positions}).group_by("key").aggregate([("at", "min")]).sort_by("key")
    origin = pc.take(firsts["at_min"].combine_chunks(), coded.indices)
    return keys, FirstLines(pc.equal(origin, positions), origin)
