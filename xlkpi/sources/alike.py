"""Rows that stand twice, all cells alike: found by a number for each row, then compared where the numbers are equal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from xlkpi.sources.raw import RawTable, counting

#: Of multiplicative hashing: 2^64 divided by the golden ratio.
_FACTOR = 0x9E3779B97F4A7C15
_BLANK = 0xA5A5A5A5A5A5A5A5


@dataclass(frozen=True)
class Lines:
    """Rows by their hashes and their positions in ``columns``, the cells as they were found, which are not copied."""

    hashes: Any
    at: Any
    columns: dict[str, Any]

    def filter(self, mask: Any) -> Lines:
        return Lines(self.hashes.filter(mask), self.at.filter(mask), self.columns)


def lines_of(raw: RawTable) -> Lines:
    """The rows of a table, with blank texts as missing ones; equal rows have equal hashes."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    hashes = np.zeros(raw.length, np.uint64)
    columns: dict[str, Any] = {}
    for i, column in enumerate(raw.columns):
        if pa.types.is_null(column.type):
            continue
        columns[str(i)] = column = pc.fill_null(column, "") if pa.types.is_string(column.type) else column
        hashes ^= _bits(column)
        hashes *= np.uint64(_FACTOR)
        hashes ^= hashes >> np.uint64(32)
    return Lines(pa.array(hashes), counting(raw.length), columns)


def _bits(column: Any) -> Any:
    """A column as whole numbers, equal where its values are."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = column.type
    if pa.types.is_timestamp(kind) or pa.types.is_date64(kind):
        column = pc.cast(column, pa.int64())
    elif pa.types.is_date32(kind):
        column = pc.cast(column, pa.int32())
    elif not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)):
        column = pc.dictionary_encode(column).indices
    blank = pc.is_null(column).to_numpy(zero_copy_only=False) if column.null_count else None
    if blank is not None:
        column = pc.fill_null(column, False if pa.types.is_boolean(column.type) else 0)
    values = column.to_numpy(zero_copy_only=False)
    if values.dtype.kind == "f":
        bits = (values.astype(np.float64, copy=False) + 0.0).view(np.uint64)  # -0.0 is 0.0
    else:
        bits = values.astype(np.int64, copy=False).view(np.uint64)
    return bits if blank is None else np.where(blank, np.uint64(_BLANK), bits)


def _one_zero(column: Any) -> Any:
    """A column without -0.0, which grouping would keep apart from 0.0."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.add(column, pa.scalar(0.0, column.type)) if pa.types.is_floating(column.type) else column


def repeated(lines: Lines) -> Any:
    """A mask of the rows that an earlier row is equal to; None where all differ."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    hashes = np.sort(lines.hashes.to_numpy())
    twice = hashes[1:][hashes[1:] == hashes[:-1]]
    if not len(twice):
        return None
    at = lines.at.filter(pc.is_in(lines.hashes, value_set=pa.array(np.unique(twice))))
    suspects = pa.table({"at": at, **{name: _one_zero(column.take(at)) for name, column in lines.columns.items()}})
    firsts = suspects.group_by(list(lines.columns)).aggregate([("at", "min")])["at_min"].combine_chunks()
    if len(firsts) == len(at):
        return None
    again = at.filter(pc.invert(pc.is_in(at, value_set=firsts)))
    return pc.is_in(lines.at, value_set=again)
