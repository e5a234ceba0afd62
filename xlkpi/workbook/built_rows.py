"""The rows of pages as they were when the workbook was built.

Below a table that people fill, a page's cells stand further down the more rows the table has by now. A refresh knows
cells by the place where they were built; this is the way from there to the pages as they are written now, and back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from xlsxwriter.utility import xl_cell_to_rowcol, xl_col_to_name

from xlkpi.workbook.formula_text import Move

if TYPE_CHECKING:
    from xlkpi.workbook.book import Book


def room_of(table: str) -> str:
    """The name under which a workbook remembers how many rows a table was built with."""
    return f"rows.{table}"


class BuiltRows:
    """Of a book that is written for a refresh."""

    def __init__(self, book: Book) -> None:
        room = book.existing.state.room if book.existing else {}
        ids = {id(sheet): page for page, sheet in book.sheets.items()}
        self._named = {sheet.name: page for page, sheet in book.sheets.items()}
        #: By page the last rows of its tables, as they are written now, and how many rows each has more than then.
        self._moved: dict[str, list[tuple[int, int]]] = {}
        self._tables = {(ids[id(w.sheet)], row) for w in book.people.values() for row in range(w.header, w.last + 1)}
        for name, written in sorted(book.people.items(), key=lambda item: item[1].header):
            more = written.rows - room.get(room_of(name), written.rows)
            if more:
                self._moved.setdefault(ids[id(written.sheet)], []).append((written.last, more))

    def built(self, page: str, row: int) -> int:
        """Where a row stood that is written now."""
        return row - sum(more for last, more in self._moved.get(page, ()) if row > last)

    def written(self, page: str, row: int) -> int:
        """Where a row that stood there is written now."""
        for last, more in self._moved.get(page, ()):
            row += more if row > last - more else 0
        return row

    def in_table(self, sheet: str | None, reference: str) -> bool:
        """Whether a cell is in a row of a table, which stays where it is: there are no anchors of such."""
        page = self._named.get(sheet) if sheet else None
        return page in self._moved and ":" not in reference and (
            page, xl_cell_to_rowcol(reference.replace("$", ""))[0]) in self._tables  # fmt: skip

    def to_built(self, sheet: str | None, reference: str) -> tuple[str | None, str]:
        """A reference as it was when the workbook was built."""
        page = self._named.get(sheet) if sheet else None
        if page not in self._moved or ":" in reference:
            return sheet, reference
        row, column = xl_cell_to_rowcol(reference.replace("$", ""))
        dollar = "$" if reference.startswith("$") else ""
        return sheet, f"{dollar}{xl_col_to_name(column)}{dollar}{self.built(page, row) + 1}"


def both(first: Move, second: Move) -> Move:
    """One change of references after the other."""
    return lambda sheet, reference: second(*first(sheet, reference))


__all__ = ["BuiltRows", "both", "room_of"]
