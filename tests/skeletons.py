"""Small skeletons with data sheets, for the tests of what fills them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import xlsxwriter

from xlkpi.workbook.data_sheet import DATA, DataColumn, add_data_sheet
from xlkpi.workbook.fill import fill

DATE_FORMAT = "yyyy-mm-dd"


def skeleton(path: Path, columns: Sequence[str], **options: Any) -> Path:
    """A workbook with a page and one data sheet; the column "date" has a date format. `options` go to the workbook."""
    with xlsxwriter.Workbook(path, options) as book:
        page = book.add_worksheet("Page")
        page.write("A1", "Scorecard")
        style = book.add_format({"num_format": DATE_FORMAT})
        add_data_sheet(book, "Data", DATA, [DataColumn(name, style if name == "date" else None) for name in columns])
    return path


def filled(folder: Path, columns: Mapping[str, pa.Array], **options: Any) -> Path:
    """A new workbook whose data table holds the columns. `options` go to `fill`."""
    source, target = skeleton(folder / "skeleton.xlsx", list(columns)), folder / "filled.xlsx"
    fill(source, target, {DATA: pa.table(dict(columns))}, **options)
    return target


def cells(path: Path, sheet: str = "Data") -> list[tuple[Any, ...]]:
    """What openpyxl reads from a sheet, the header row left out."""
    book = openpyxl.load_workbook(path)
    rows = list(book[sheet].iter_rows(values_only=True))
    book.close()
    return rows[1:]
