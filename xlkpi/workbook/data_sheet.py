"""A data sheet in a skeleton: one Excel table with its header row and one blank row, which `fill` replaces by the data.

XlsxWriter writes it, so that styles, names and identifiers are the workbook's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from xlkpi.errors import Place, Problem, WorkbookError

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

DATA, OBJECTIVES, SERIES = "xlkpi_data", "xlkpi_objectives", "xlkpi_series"
#: What stands in the rows of the data table that xlkpi wrote; in those that people add something else does, or nothing.
ORIGIN = "xlkpi"
NOTES, ACTIONS = "xlkpi_notes", "xlkpi_actions"
TABLES = (DATA, OBJECTIVES, SERIES, NOTES, ACTIONS)
MAX_ROWS = 1_048_576  # of a sheet, the header row included
MAX_COLUMNS = 16_384
MAX_HEADER = 255
_NAME = re.compile(r"[^\W\d][\w.]{0,254}")
_CELL_LIKE = re.compile(r"[A-Z]{1,3}\d{1,7}|R\d*|C\d*|R\d*C\d*", re.IGNORECASE)
_NO_HEADER = re.compile("[\x00-\x1f\ufffe\uffff]|_x[0-9A-Fa-f]{4}_")
_THIS_ROW = re.compile(r"\[@(?:\[((?:'.|[^\]'])+)\]|((?:'.|[^\]\['])+))\]")
_TO_QUOTE = re.compile(r"['\[\]#@]")


@dataclass(frozen=True)
class DataColumn:
    """One column of a data sheet.

    `cell_format` and `header_format` are formats of the workbook; a column of dates needs one with a date format.
    `formula` makes it a calculated column: US English, other columns of the row as `[@name]`.
    """

    name: str
    cell_format: Format | None = None
    width: float | None = None
    formula: str | None = None
    header_format: Format | None = None


def add_data_sheet(
    book: Workbook,
    sheet: str,
    table: str,
    columns: Sequence[DataColumn],
    *,
    style: str | None = "Table Style Light 1",
    autofilter: bool = True,
    freeze: bool = True,
) -> Worksheet:
    """Add the placeholder of a data sheet to a workbook that XlsxWriter writes, and give back the sheet.

    The table stands at A1. Its name must not be taken. Raises WorkbookError where the header texts are blank,
    too long, too many, or the same but for their case; ValueError for a table name that Excel refuses.
    """
    if not _NAME.fullmatch(table) or _CELL_LIKE.fullmatch(table):
        raise ValueError(f"{table!r} can't be the name of a table")
    refuse_headers([column.name for column in columns], sheet)
    worksheet: Worksheet = book.add_worksheet(sheet)
    options = [_options(column, table) for column in columns]
    result = worksheet.add_table(
        0, 0, 1, len(columns) - 1, {"name": table, "columns": options, "style": style, "autofilter": autofilter}
    )
    if result != 0:
        raise ValueError(f"XlsxWriter refused the table {table!r}")
    for index, column in enumerate(columns):
        worksheet.set_column(index, index, column.width, column.cell_format)  # blank cells need not be written
        if column.formula is None:
            worksheet.write_blank(1, index, None, column.cell_format)
    worksheet.repeat_rows(0)
    if freeze:
        worksheet.freeze_panes(1, 0)
    return worksheet


def refuse_rows(rows: int, table: str) -> None:
    """Raise WorkbookError for more rows than a sheet holds under its header."""
    if rows > MAX_ROWS - 1:
        raise WorkbookError(Problem("workbook_too_many_rows", {"table": table, "rows": rows, "limit": MAX_ROWS - 1}))


def refuse_headers(names: Sequence[str], sheet: str) -> None:
    """Raise WorkbookError for header texts that an Excel table can't have, all of them at once."""
    place = Place(sheet=sheet)
    problems = [
        Problem("workbook_header", {"column": name[:60], "limit": MAX_HEADER}, place)
        for name in names
        if not name.strip() or len(name) > MAX_HEADER or _NO_HEADER.search(name)
    ]
    problems += [Problem("workbook_header_twice", {"column": name}, place) for name in _repeated(names)]
    if not 0 < len(names) <= MAX_COLUMNS:
        problems.append(Problem("workbook_too_many_columns", {"columns": len(names), "limit": MAX_COLUMNS}, place))
    if problems:
        raise WorkbookError(problems)


def column_reference(table: str, column: str) -> str:
    """A column of a table in a formula: `xlkpi_data[spend]`, with what Excel needs quoted in the name quoted."""
    return f"{table}[{quoted(column)}]"


def quoted(column: str) -> str:
    """The name of a column inside the brackets of a formula."""
    return _TO_QUOTE.sub(lambda found: f"'{found[0]}", column)


def in_file(formula: str, table: str) -> str:
    """A calculated column's formula as files have it: `[@name]` is `table[[#This Row],[name]]`, and no leading =."""
    return _THIS_ROW.sub(lambda found: f"{table}[[#This Row],[{found[1] or found[2]}]]", formula.removeprefix("="))


def _options(column: DataColumn, table: str) -> dict[str, Any]:
    options: dict[str, Any] = {
        "header": column.name,
        "format": column.cell_format,
        "header_format": column.header_format,
    }
    if column.formula is not None:
        options["formula"] = in_file(column.formula, table)
    return {key: value for key, value in options.items() if value is not None}


def _repeated(names: Iterable[str]) -> list[str]:
    seen: set[str] = set()
    repeated = []
    for name in names:
        if name.casefold() in seen:
            repeated.append(name)
        seen.add(name.casefold())
    return repeated
