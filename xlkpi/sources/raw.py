"""A table as it was found: columns of text or typed columns, and what was said around it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Row:
    """A line that is not a row of the table: its number in the file (from 1), the reason's code, its text."""

    number: int
    reason: str
    text: str


@dataclass
class RawTable:
    """Columns by position, because names may repeat.

    ``columns`` are pyarrow arrays of one length: text, or typed where the format has types. ``rows`` gives each
    row's number in the file, as a spreadsheet shows it. ``notes`` are the lines above the table, ``end`` the row
    after it.
    """

    file: str
    names: list[str]
    columns: list[Any]
    rows: Any
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    typed: bool = False
    repaired: bool = False
    end: int = 0
    notes: list[str] = field(default_factory=list)
    aside: list[Row] = field(default_factory=list)

    @property
    def length(self) -> int:
        return len(self.rows)

    def filter(self, mask: Any) -> None:
        """Keep the rows where the boolean array is true."""
        if holds_everywhere(mask):
            return
        self.columns = [column.filter(mask) for column in self.columns]
        self.rows = self.rows.filter(mask)


def holds_everywhere(mask: Any) -> bool:
    """Whether a filter would keep every row, so that nothing needs to be copied."""
    import pyarrow.compute as pc

    return pc.all(mask, skip_nulls=False).as_py() is True


def from_arrow(table: Any, file: str, first_row: int = 1) -> RawTable:
    """A pyarrow table as it is; nested columns are spread out, lists left as text."""
    import pyarrow as pa

    while any(pa.types.is_struct(kind) for kind in table.schema.types):
        table = table.flatten()
    columns = [_simple(_whole(column)) for column in table.columns]
    return RawTable(file, list(table.column_names), columns, counting(table.num_rows, first_row), typed=True)


def different_words(column: Any) -> list[str]:
    """The different values of a column, as text; blank ones left out."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return [word for word in pc.unique(pc.cast(column, pa.string())).to_pylist() if word]


def counting(length: int, first: int = 0) -> Any:
    """The whole numbers from ``first`` on, as a pyarrow array."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.cumulative_sum(pa.repeat(pa.scalar(1, pa.int64()), length), start=first - 1)


def _whole(column: Any) -> Any:
    """The array of a column in one piece."""
    import pyarrow as pa

    if column.num_chunks == 1:
        return column.chunk(0)  # joining chunks copies even a single one
    array = column.combine_chunks()
    return pa.concat_arrays(array.chunks) if isinstance(array, pa.ChunkedArray) else array


def _simple(array: Any) -> Any:
    """Text as plain text, dictionaries unpacked, lists as text."""
    import pyarrow as pa

    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if pa.types.is_large_string(array.type) or pa.types.is_string_view(array.type):
        return array.cast(pa.string())
    if pa.types.is_nested(array.type):
        return pa.array([None if v is None else str(v) for v in array.to_pylist()], pa.string())
    return array
