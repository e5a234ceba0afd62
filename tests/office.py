"""A workbook as Excel's page describes it to the server: the JSON that xlwings' client sends with a script."""

from __future__ import annotations

import copy
import os
import warnings
from datetime import date, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils import range_boundaries
from openpyxl.worksheet.worksheet import Worksheet

os.environ.setdefault("XLWINGS_LICENSE_KEY", "noncommercial")
_HIDDEN = {"visible": "Visible", "hidden": "Hidden", "veryHidden": "VeryHidden"}


def described(path: Path, sheet: str | None = None, selection: str = "A1") -> dict[str, Any]:
    """The description of a workbook with the values that it was saved with; ``sheet`` is the active one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl has no room for some extensions
        book = load_workbook(path, data_only=True)
    active = book.sheetnames.index(sheet) if sheet else 0
    return {
        "client": "Office.js",
        "version": "0",
        "book": {"name": path.name, "active_sheet_index": active, "selection": selection, "calculation": "Automatic"},
        "names": [_name(book, name, target.attr_text) for name, target in book.defined_names.items()],
        "sheets": [_sheet(one) for one in book.worksheets],
    }


def scorecard() -> dict[str, Any]:
    """The sample's scorecard, in English; built once."""
    return copy.deepcopy(_scorecard())


@cache
def _scorecard() -> dict[str, Any]:
    from tests.scorecards import card
    from xlkpi.workbook.build import build_workbook

    with TemporaryDirectory() as folder:
        path = Path(folder, "scorecard.xlsx")
        build_workbook(card(), path, language="en")
        return described(path)


def blank() -> dict[str, Any]:
    """A new workbook with one empty sheet."""
    sheet: dict[str, Any] = {
        "name": "Sheet1", "visibility": "Visible", "show_gridlines": True, "print_area": None, "notes": [],
        "notes_supported": True, "used_range_address": None, "used_range_row_count": 0, "used_range_column_count": 0,
        "values": [[""]], "pictures": [], "shapes": [], "charts": [], "tables": [], "pivot_tables": [],
    }  # fmt: skip
    book = {"name": "Book1", "active_sheet_index": 0, "selection": "A1", "calculation": "Automatic"}
    return {"client": "Office.js", "version": "0", "book": book, "names": [], "sheets": [sheet]}


def opened(description: dict[str, Any]) -> Any:
    """xlwings' own book over a description, on the engine that the server uses."""
    import xlwings

    return xlwings.Book(json=description)


def actions(book: Any) -> list[dict[str, Any]]:
    """What the client would do to the workbook."""
    found: list[dict[str, Any]] = book.json()["actions"]
    return found


def told(done: list[dict[str, Any]]) -> list[str]:
    """The messages among what the client would do, with a mark before those that say why not."""
    alerts = [action["args"] for action in done if action["func"] == "alert"]
    return [f"{'! ' if mode == 'critical' else ''}{prompt}" for prompt, _, _, mode, _ in alerts]


def _name(book: Any, name: str, target: str) -> dict[str, Any]:
    sheet, _, address = target.rpartition("!")
    place = book.sheetnames.index(sheet.strip("'").replace("''", "'"))
    return {
        "name": name, "refers_to": f"={target}", "type": "Range", "sheet_index": place,
        "address": address.replace("$", ""), "scope_sheet_name": None, "scope_sheet_index": None, "book_scope": True,
    }  # fmt: skip


def _sheet(sheet: Worksheet) -> dict[str, Any]:
    tables = [table(t.name, t.ref, [c.name for c in t.tableColumns]) for t in sheet.tables.values()]
    rows = [[_value(cell) for cell in row] for row in sheet.iter_rows(min_row=1, min_col=1, values_only=True)] or [[""]]
    return {
        **blank()["sheets"][0], "name": sheet.title, "visibility": _HIDDEN[sheet.sheet_state],
        "used_range_address": f"A1:{sheet.dimensions.rpartition(':')[2]}", "used_range_row_count": len(rows),
        "used_range_column_count": len(rows[0]), "values": rows, "tables": tables,
    }  # fmt: skip


def table(name: str, area: str, columns: list[str]) -> dict[str, Any]:
    """The description of a table."""
    left, top, right, bottom = range_boundaries(area)
    first, last = (reference.strip("0123456789") for reference in area.split(":"))
    return {
        "name": name, "range_address": area, "row_count": bottom - top + 1, "column_count": right - left + 1,
        "columns": columns, "header_row_range_address": f"{first}{top}:{last}{top}",
        "data_body_range_address": f"{first}{top + 1}:{last}{bottom}", "total_row_range_address": None,
        "show_headers": True, "show_totals": False, "table_style": None, "show_autofilter": True,
        "show_table_style_first_column": False, "show_table_style_last_column": False,
        "show_table_style_row_stripes": True, "show_table_style_column_stripes": False,
    }  # fmt: skip


def _value(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, datetime | date):
        return f"{value:%Y-%m-%dT%H:%M:%S}.000Z"
    return value
