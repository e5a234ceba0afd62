"""The table in a file, by its kind; Parquet files and JSON lines are read here."""

from __future__ import annotations

from io import BytesIO

from xlkpi.sources.files import Content
from xlkpi.sources.raw import RawTable, from_arrow
from xlkpi.sources.sheets import read_workbook
from xlkpi.sources.source import Source, fail
from xlkpi.sources.text import read_text


def read_table(content: Content, source: Source) -> RawTable:
    """The table in a file's bytes, by its kind.

    Raises SourceError when it can't be read as that.
    """
    if content.kind == "excel":
        return read_workbook(content, source)
    if content.kind == "parquet":
        return _parquet(content)
    if content.kind == "json":
        return _json_lines(content)
    return read_text(content, source)


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
