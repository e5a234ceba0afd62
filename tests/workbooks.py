"""Small workbooks for the tests of the checks, and faults put into them."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import xlsxwriter

Build = Callable[[xlsxwriter.Workbook, Any], object]


def workbook(path: Path, build: Build | None = None) -> Path:
    """A workbook with a page, a chart with a text, and a table `sales` (item, amount, double), all as it should be.

    `build` is called with the workbook and the page, to put more on it.
    """
    with xlsxwriter.Workbook(path) as book:
        book.set_properties({"title": "A scorecard"})
        page, data = book.add_worksheet("Page"), book.add_worksheet("Data")
        page.write("A1", "Total")
        page.write_formula("B1", "=SUM(sales[amount])*rate", None, 60)
        page.print_area("A1:H20")
        book.define_name("rate", "=Page!$B$2")
        page.write("B2", 2)
        columns = [{"header": "item"}, {"header": "amount"}, {"header": "double"}]
        columns[2]["formula"] = "=sales[[#This Row],[amount]]*2"
        data.add_table(0, 0, 2, 2, {"name": "sales", "columns": columns})
        for row, (item, amount) in enumerate((("a", 10), ("b", 20)), 1):
            data.write_row(row, 0, (item, amount))
            data.write_formula(row, 2, "=sales[[#This Row],[amount]]*2", None, amount * 2)
        data.repeat_rows(0)
        chart = book.add_chart({"type": "column"})
        chart.add_series({"name": "Amounts", "values": "=Data!$B$2:$B$3", "categories": "=Data!$A$2:$A$3"})
        chart.set_title({"name": "Sales"})
        page.insert_chart("D3", chart, {"description": "Sales by item"})
        if build:
            build(book, page)
    return path


def altered(path: Path, part: str, old: str, new: str) -> Path:
    """The workbook with a piece of one of its parts replaced; the piece must be there."""
    with zipfile.ZipFile(path) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    assert old.encode() in parts[part], (old, parts[part])
    parts[part] = parts[part].replace(old.encode(), new.encode(), 1)
    return rewritten(path, parts)


def rewritten(path: Path, parts: dict[str, bytes]) -> Path:
    """The workbook made of other parts."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return path
