"""Refresh of a workbook that is no file: Excel on the web, or any Excel through the server.

The client sends the values of all cells, tables and names, and takes a list of actions; formulas, charts and formats
can't be read, and nothing is known of what an action has done. So the workbook is made a file again from its values and
its fingerprints (:mod:`xlkpi.workbook.described`), refreshed by the command's own code, and the differences become the
actions. It is refused, before any action, and the command named, where

- cells, tables or sheets of ours have been moved, renamed or deleted, or columns were put into our tables;
- tables of data need another column, or have got one from the command; pages need more lines than they have; those that
  got them earlier, by the command, are no obstacle;
- formulas of a page have to change, since it can't be seen whether they are still ours: objectives that are new or
  gone, another make-up of a page, a version of xlkpi that writes them otherwise;
- rows with notes on them would move; comments with threads are not told by the client, so they stay where they are;
- the project's file can't be found: a workbook on the web has no folder, so the settings have to name it.

References of people's own formulas, charts and formats to our tables follow as far as Excel lets them follow a table
that is resized; pivot tables are refreshed when somebody asks Excel to. A formula of ours in whose place somebody typed
a number keeps that number; it is not told, since it can't be seen.
"""

from __future__ import annotations

import tempfile
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xlkpi.language import use

from .open_book import UNSUPPORTED

if TYPE_CHECKING:
    from xlkpi.workbook.described import Described

    from .open_book import OpenBook
    from .refresh import Steps


def refresh_page(opened: OpenBook, steps: Steps) -> str:
    """Refresh what can be seen and written without a file. Raises WorkbookError where that is not enough."""
    from xlkpi.objectives import load
    from xlkpi.workbook.compare import compare
    from xlkpi.workbook.described import restore
    from xlkpi.workbook.package import Package
    from xlkpi.workbook.refresh import Options, refresh_copy

    from .refresh import refuse_comments, summary, write

    seen = describe(opened)
    state = seen.state()
    with use(state.language), tempfile.TemporaryDirectory(prefix="xlkpi-") as folder:
        steps("begin", 0.05)
        file = opened.project_file(state)
        home = file.parent
        copy, fresh = (Path(folder, place, opened.file_name) for place in ("open", "fresh"))
        for path in (copy, fresh):
            path.parent.mkdir()
        restored = restore(seen, steps.compute(load(file)), copy, home)
        done = refresh_copy(copy, fresh, home, Options(file), steps.compute)
        steps("comparing", 0.7)
        with Package(copy) as before, Package(fresh) as after:
            found = compare(before, after)
        sheets = [*(c.sheet for c in found.conditions), *(r.sheet for r in found.rules), *(n.name for n in found.names)]
        drawn = [*found.charts, *(a.sheet for a in found.axes)]
        wider = [a.sheet for a in found.headers]
        if what := list(dict.fromkeys([*found.others, *drawn, *found.shown, *wider, *sheets])):
            raise opened.error("open_book_page", what=", ".join(what[:5]))
        refuse_comments(opened, found)
        found.lists = restored.lists
        found.pivots.clear()
        write(opened, found, steps)
    return summary(done, opened)


def describe(opened: OpenBook) -> Described:
    """The workbook by its values."""
    from xlkpi.workbook.described import Described

    book = opened.book
    tables = {table.name.casefold(): (sheet.name, table.range.address.replace("$", ""))
              for sheet in book.sheets for table in sheet.tables}  # fmt: skip
    named = {}
    for name in book.names:
        if name.name.casefold().startswith("xlkpi_"):
            try:
                cells = name.refers_to_range
            except (ValueError, NotImplementedError):  # it leads nowhere any more
                continue
            named[name.name.casefold()] = cells.sheet.name, cells.address.replace("$", "")
    notes = {sheet.name: _notes(sheet) for sheet in book.sheets}
    return Described(opened.name, {sheet.name: _values(sheet) for sheet in book.sheets}, tables, named, notes)


def _notes(sheet: Any) -> list[str]:
    try:
        return [note.range.address.replace("$", "") for note in sheet.impl.notes]
    except UNSUPPORTED:  # an older Excel, or xlwings
        return []


def _values(sheet: Any) -> list[list[Any]]:
    last = sheet.used_range.last_cell
    cells = sheet.range((1, 1), (last.row, last.column))
    return [[plain(value) for value in row] for row in cells.options(ndim=2, err_to_str=True).value]


def plain(value: Any) -> Any:
    """A value as files have it: days as their numbers, errors as such, blanks as None."""
    from xlkpi.formula.nodata import NoData
    from xlkpi.workbook.live import serial

    if isinstance(value, datetime):
        seconds = value.hour * 3600 + value.minute * 60 + value.second
        return serial(value.date()) + seconds / 86_400
    if isinstance(value, date):
        return serial(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, str):
        return next((error for error in NoData if error.value == value), value or None)
    return value


__all__ = ["describe", "refresh_page"]
