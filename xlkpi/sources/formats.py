"""Workbooks, Parquet files and JSON lines as tables."""

from __future__ import annotations

import logging
import re
from io import BytesIO
from typing import Any

from xlkpi.sources.files import Content
from xlkpi.sources.layout import filled, header_index, is_header
from xlkpi.sources.raw import RawTable
from xlkpi.sources.source import Source, fail, need

_RANGE = re.compile(r"^\$?([A-Z]{1,3})\$?(\d+)?(?::\$?([A-Z]{1,3})\$?(\d+)?)?$", re.IGNORECASE)
HEAD = 60


def read_table(content: Content, source: Source) -> RawTable:
    """The table in a file's bytes, by its kind.

    Raises SourceError when it can't be read as that.
    """
    if content.kind == "excel":
        return _excel(content, source)
    if content.kind == "parquet":
        return _parquet(content)
    if content.kind == "json":
        return _json_lines(content)
    from xlkpi.sources.text import read_text

    return read_text(content, source)


def from_arrow(table: Any, file: str, first_row: int = 1) -> RawTable:
    """A pyarrow table as it is; nested columns are spread out, lists left as text."""
    import pyarrow as pa

    while any(pa.types.is_struct(kind) for kind in table.schema.types):
        table = table.flatten()
    columns = []
    for column in table.columns:
        array = column.combine_chunks()
        if isinstance(array, pa.ChunkedArray):
            array = array.chunk(0) if array.num_chunks == 1 else pa.concat_arrays(array.chunks)
        columns.append(_simple(array))
    rows = pa.array(range(first_row, first_row + table.num_rows), pa.int64())
    return RawTable(file, list(table.column_names), columns, rows, typed=True)


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


def _parquet(content: Content) -> RawTable:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        table = parquet.read_table(BytesIO(content.data))
    except (pa.ArrowInvalid, OSError):
        fail("damaged", content.name)
    return from_arrow(table, content.name)


def _json_lines(content: Content) -> RawTable:
    import pyarrow as pa
    from pyarrow import json

    try:
        table = json.read_json(BytesIO(content.data))
    except pa.ArrowInvalid as problem:
        fail("json", content.name, detail=str(problem).split("\n")[0][:200])
    return from_arrow(table, content.name)


def _excel(content: Content, source: Source) -> RawTable:
    need("fastexcel")
    import fastexcel

    logging.getLogger("fastexcel").setLevel(logging.ERROR)  # it warns of every empty column
    try:
        book = fastexcel.read_excel(content.data)
    except fastexcel.FastExcelError:
        fail("damaged", content.name)
    if source.table:
        tables = book.table_names()
        if source.table not in tables:
            fail("no_table_named", content.name, key="table", name=source.table, known=", ".join(tables) or "–")
        loaded = book.load_table(source.table, schema_sample_rows=None)
        return _named(from_arrow(_arrow(loaded), content.name, 2), source.table)
    sheet = _sheet(book, content, source)
    first, last, columns = _area(source.range, content.name)
    skip = first - 1 if first is not None else source.header - 1 if source.header else 0
    try:
        body = _load(book, sheet, skip, None if last is None else last - skip - 1, columns)
        if source.header is None and first is None and not is_header(_names(body)):
            head = book.load_sheet(
                sheet, header_row=None, skip_rows=0, n_rows=HEAD, dtypes="string", use_columns=columns
            )
            skip = _header_row(_arrow(head), content.name)
            body = _load(book, sheet, skip, None, columns)
        names = _names(body)
        if any((found := re.fullmatch(r"(.+)_\d+", name)) and found[1] in names for name in names):
            labels = book.load_sheet(
                sheet, header_row=None, skip_rows=skip, n_rows=1, dtypes="string", use_columns=columns
            )
            names = [column[0].as_py() or "" for column in _arrow(labels).columns]  # a name that stands twice
    except fastexcel.FastExcelError as problem:
        fail("sheet_unreadable", content.name, key="range", detail=str(problem).split("\n")[0][:200])
    if body.num_columns == 0:
        fail("no_table", content.name)
    raw = from_arrow(body, content.name, skip + 2)
    raw.names = names
    raw = _named(raw, str(sheet))
    _without_blank(raw)
    return raw


def _load(book: Any, sheet: str, header: int, rows: int | None, columns: str | None) -> Any:
    return _arrow(book.load_sheet(sheet, header_row=header, n_rows=rows, schema_sample_rows=None, use_columns=columns))


def _names(body: Any) -> list[str]:
    """The column names; blank where the sheet has none."""
    return ["" if name.startswith("__UNNAMED__") else name for name in body.column_names]


def _arrow(loaded: Any) -> Any:
    import pyarrow as pa

    return pa.Table.from_batches([loaded.to_arrow()])


def _named(raw: RawTable, sheet: str) -> RawTable:
    raw.sheet = sheet
    raw.names = [name.strip() for name in raw.names]
    return raw


def _sheet(book: Any, content: Content, source: Source) -> str:
    names: list[str] = list(book.sheet_names)
    if isinstance(source.sheet, int):
        if not 1 <= source.sheet <= len(names):
            fail("no_sheet", content.name, key="sheet", name=str(source.sheet), known=", ".join(names))
        return names[source.sheet - 1]
    if source.sheet is not None:
        if source.sheet not in names:
            fail("no_sheet", content.name, key="sheet", name=source.sheet, known=", ".join(names))
        return source.sheet
    if len(names) > 1:
        full = [
            name for name in names if _arrow(book.load_sheet(name, header_row=None, n_rows=3, dtypes="string")).num_rows
        ]
        if len(full) != 1:
            fail("sheets", content.name, key="sheet", known=", ".join(full or names))
        return full[0]
    return names[0]


def _area(area: str | None, file: str) -> tuple[int | None, int | None, str | None]:
    """``B3:F20`` as its first row, last row and columns."""
    if not area:
        return None, None, None
    found = _RANGE.match(area.strip())
    if not found:
        fail("range", file, key="range", range=area)
    left, top, right, bottom = found.groups()
    columns = f"{left}:{right}".upper() if right else left.upper()
    return int(top) if top else 1, int(bottom) if bottom else None, columns


def _header_row(head: Any, file: str) -> int:
    """The row of the column names, from 0, among the first rows of a sheet."""
    lines = [["" if cell is None else cell for cell in row.values()] for row in head.to_pylist()]
    at = header_index(lines)
    if at is None:
        if not any(filled(line) for line in lines):
            fail("empty", file)
        fail("no_header", file, key="header")
    return at


def _without_blank(raw: RawTable) -> None:
    """Leave out the rows in which every cell is empty."""
    import pyarrow.compute as pc

    some = None
    for column in raw.columns:
        full = pc.is_valid(column)
        some = full if some is None else pc.or_(some, full)
    if some is not None:
        raw.filter(some)
