"""Tables in workbooks: the sheet and the header are found in its first rows, then the table is read once, typed."""

from __future__ import annotations

import logging
import re
from io import BytesIO
from typing import IO, Any

from xlkpi.sources.files import Content
from xlkpi.sources.layout import filled, header_index, is_header
from xlkpi.sources.raw import RawTable, from_arrow
from xlkpi.sources.source import Source, fail, need

_RANGE = re.compile(r"^\$?([A-Z]{1,3})\$?(\d+)?(?::\$?([A-Z]{1,3})\$?(\d+)?)?$", re.IGNORECASE)
#: Within how many rows of a sheet its header is looked for.
HEAD = 60
_NEEDED = re.compile(r"\[Content_Types\]\.xml|.*\.rels|xl/(workbook|styles|sharedStrings)\.xml|xl/worksheets/.*\.xml")
_ROW_END = re.compile(rb"</(\w+:)?row>")


def read_workbook(content: Content, source: Source) -> RawTable:
    """The table in a workbook: an Excel table, a range, or what stands on a sheet.

    Raises SourceError when it can't be read, or when the sheet or the header is not plain.
    """
    need("fastexcel")
    book = _opened(content.data, content.name)
    if source.table:
        return _excel_table(book, content, source.table)
    short = _opened(first_rows(content.data, HEAD), content.name)
    sheet = _sheet(short, content, source)
    first, last, columns = _area(source.range, content.name)
    at = first - 1 if first is not None else source.header - 1 if source.header else None
    try:
        head = [
            ["" if cell is None else cell for cell in row.values()]
            for row in _load(short, sheet, columns, header_row=None, skip_rows=0, dtypes="string").to_pylist()
        ]
        if at is None:
            at = _header_row(head, content.name)
        if source.header and len(head) <= at and len(head) < HEAD:
            fail("header_beyond", content.name, key="header", header=source.header)
        rows = None if last is None else last - at - 1
        body = _load(book, sheet, columns, header_row=at, n_rows=rows, schema_sample_rows=None)
        names = head[at] if at < len(head) else []
        if len(names) != body.num_columns:  # columns that begin further below
            label = _load(book, sheet, columns, header_row=None, skip_rows=at, n_rows=1, dtypes="string")
            names = [column[0].as_py() or "" for column in label.columns]
    except _failure() as problem:
        if source.header and source.header > HEAD:  # beyond the rows that are looked at first
            fail("header_beyond", content.name, key="header", header=source.header)
        fail("sheet_unreadable", content.name, key="range", detail=str(problem).split("\n")[0][:200])
    if body.num_columns == 0:
        fail("no_table", content.name)
    raw = _named(from_arrow(body, content.name, at + 2), names, sheet)
    _without_blank(raw)
    return raw


def first_rows(data: bytes, rows: int) -> bytes:
    """A workbook as it is, but every sheet cut after its first rows: a reader that parses all of a sheet is then quick.

    What is no zipped XML is left whole.
    """
    import zipfile

    if not data.startswith(b"PK"):
        return data
    out = BytesIO()
    try:
        with zipfile.ZipFile(BytesIO(data)) as whole, zipfile.ZipFile(out, "w") as short:
            for name in whole.namelist():
                if name.startswith("xl/worksheets/") and name.endswith(".xml"):
                    with whole.open(name) as stream:
                        short.writestr(name, _cut(stream, rows))
                elif _NEEDED.fullmatch(name):
                    short.writestr(name, whole.read(name))
    except (zipfile.BadZipFile, NotImplementedError, EOFError):
        return data
    return out.getvalue()


def _cut(stream: IO[bytes], rows: int) -> bytes:
    """The XML of a sheet up to the end of a row."""
    read = b""
    while part := stream.read(1 << 17):
        read += part
        ends = list(_ROW_END.finditer(read))
        if len(ends) >= rows:
            last = ends[rows - 1]
            prefix = last[1] or b""
            return read[: last.end()] + b"</%bsheetData></%bworksheet>" % (prefix, prefix)
    return read


def _opened(data: bytes, name: str) -> Any:
    import fastexcel

    logging.getLogger("fastexcel").setLevel(logging.ERROR)  # it warns of every empty column
    try:
        return fastexcel.read_excel(data)
    except fastexcel.FastExcelError:
        fail("damaged", name)


def _failure() -> type[Exception]:
    import fastexcel

    found: type[Exception] = fastexcel.FastExcelError
    return found


def _load(book: Any, sheet: str, columns: str | None = None, **how: Any) -> Any:
    """A pyarrow Table of a sheet; eagerly, which does not copy its texts once more."""
    import pyarrow as pa

    return pa.Table.from_batches([book.load_sheet_eager(sheet, use_columns=columns, **how)])


def _excel_table(book: Any, content: Content, table: str) -> RawTable:
    import pyarrow as pa

    tables = book.table_names()
    if table not in tables:
        fail("no_table_named", content.name, key="table", name=table, known=", ".join(tables) or "–")
    found = pa.Table.from_batches([book.load_table(table, schema_sample_rows=None, eager=True)])
    return _named(from_arrow(found, content.name, 2), found.column_names, table)


def _named(raw: RawTable, names: list[str], sheet: str) -> RawTable:
    raw.sheet = sheet
    raw.names = [name.strip() for name in names]
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
        full = [name for name in names if _load(book, name, header_row=None, n_rows=3, dtypes="string").num_rows]
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


def _header_row(head: list[list[str]], file: str) -> int:
    """The row of the column names, from 0, among the first rows of a sheet."""
    start = next((i for i, line in enumerate(head) if filled(line)), None)
    if start is None:
        fail("empty", file)
    at = start if is_header(head[start]) else header_index(head)
    if at is None:
        fail("no_header", file, key="header")
    return at


def _without_blank(raw: RawTable) -> None:
    """Leave out the rows in which every cell is empty."""
    import pyarrow.compute as pc

    if any(not column.null_count for column in raw.columns):
        return
    some = None
    for column in raw.columns:
        full = pc.is_valid(column)
        some = full if some is None else pc.or_(some, full)
    if some is not None:
        raw.filter(some)
