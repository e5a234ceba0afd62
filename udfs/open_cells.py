"""What is written into the cells and the ranges of tables of a workbook that is open, so that it can be put back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xlkpi.workbook.compare import TableRange
    from xlkpi.workbook.content import Content

    from .open_book import OpenBook

#: Excel takes longer texts only one by one.
_LONG = 8_000
#: What Excel does not read as something else than text when it is typed: words without a digit.
_BOOLEANS = {"TRUE", "FALSE"}


def put(
    opened: OpenBook,
    sheet: str,
    place: tuple[int, int],
    contents: Sequence[Sequence[Content]],
    before: Sequence[Sequence[Content]],
) -> None:
    """Fill a rectangle in one block; ``place`` is its first row and column, from 0."""
    opened.undo.append(lambda: _fill(opened, sheet, place, before))
    _fill(opened, sheet, place, contents)


def _fill(opened: OpenBook, sheet: str, place: tuple[int, int], contents: Sequence[Sequence[Content]]) -> None:
    top, left = place[0] + 1, place[1] + 1
    target = opened.book.sheets[sheet]
    rows = [[typed(value) for value in row] for row in contents]
    long = [(i, j) for i, row in enumerate(rows) for j, v in enumerate(row) if isinstance(v, str) and len(v) > _LONG]
    alone = {(i, j): rows[i][j] for i, j in long}
    for i, j in alone:
        rows[i][j] = ""
    if len(alone) < len(rows) * len(rows[0]):
        cells = target.range((top, left), (top + len(rows) - 1, left + len(rows[0]) - 1))
        cells.impl.formula = rows  # what `cells.formula` does, which first reads the whole sheet on the server
    for (i, j), text in alone.items():
        target.range((top + i, left + j)).value = text


def resize(opened: OpenBook, change: TableRange) -> None:
    """Let a table have another range, and show all of it; rows and headers that it gets look like its last ones.

    The headers of columns that it gets are there already, or Excel would make up some.
    """
    opened.undo.append(lambda: _resize(opened, change, change.after, change.before))
    if change.shows_all:
        _table(opened, change).api.AutoFilter.ShowAllData()
    _resize(opened, change, change.before, change.after)


def _table(opened: OpenBook, change: TableRange) -> Any:
    tables = opened.book.sheets[change.sheet].tables
    return next(table for table in tables if table.name.casefold() == change.name.casefold())


def _resize(opened: OpenBook, change: TableRange, before: str, after: str) -> None:
    target = opened.book.sheets[change.sheet]
    old, new = target.range(before), target.range(after)
    _table(opened, change).resize(new)
    end, right = (cells.column + cells.shape[1] - 1 for cells in (old, new))
    if right > end:
        head = target.range((old.row, end))
        head.autofill(target.range((old.row, end), (old.row, right)), "fill_formats")
    last, bottom = old.row + old.shape[0] - 1, new.row + new.shape[0] - 1
    if bottom > last > old.row:
        row = target.range((last, new.column), (last, right))
        row.autofill(target.range((last, new.column), (bottom, right)), "fill_formats")


def typed(value: Content) -> Any:
    """A content as it is typed into a cell: a text that Excel would read as something else begins with ``'``.

    Nothing is an empty text, since pages of the web take None for what is to stay.
    """
    from xlkpi.formula.nodata import NoData
    from xlkpi.workbook.content import Formula

    if isinstance(value, Formula):
        return f"={value}"
    if isinstance(value, NoData):
        return value.value
    if value is None or value == "":
        return ""
    if not isinstance(value, str):
        return value
    plain = value[0].isalpha() and not any(c.isdigit() for c in value) and value.upper() not in _BOOLEANS
    return value if plain else f"'{value}"


__all__ = ["put", "resize", "typed"]
