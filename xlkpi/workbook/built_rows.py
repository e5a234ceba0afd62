"""The rows of pages as they were when the workbook was built.

Below a table that people fill, and below lines that became more, a page's cells stand further down than then. A
refresh knows cells by the place where they were built; this is the way from there to the pages as they are written now,
and back. Lines that were not there then have places that no sheet has.
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


def built_room(lines: str) -> str:
    """The name under which a workbook remembers how many lines of a kind it was built with, once it has more."""
    return f"{lines}.built"


#: The places of lines that came later, as if they were rows: from here on, a block for each row of a sheet.
_LATER, _BLOCK = 10_000_000, 1_000


def later_row(first: int, number: int) -> int:
    """The place of a line that came later: where the first line of its kind was built, and its number, from 0."""
    return _LATER + first * _BLOCK + number


class BuiltRows:
    """Of a book that is written for a refresh."""

    def __init__(self, book: Book) -> None:
        room = book.existing.state.room if book.existing else {}
        ids = {id(sheet): page for page, sheet in book.sheets.items()}
        self._named = {sheet.name: page for page, sheet in book.sheets.items()}
        #: By page the last rows of its tables, as they are written now, and how many rows each has more than then.
        self._moved: dict[str, list[tuple[int, int]]] = {}
        self._tables = {(ids[id(w.sheet)], row) for w in book.people.values() for row in range(w.header, w.last + 1)}
        for name, written in book.people.items():
            more = written.rows - room.get(room_of(name), written.rows)
            if more:
                self._moved.setdefault(ids[id(written.sheet)], []).append((written.last, more))
        self._lines = {(lines.page, lines.last): lines for lines in book.more_lines}
        for page, last in self._lines:
            self._moved.setdefault(page, []).append((last, self._lines[page, last].more))
        for moved in self._moved.values():
            moved.sort()

    def built(self, page: str, row: int) -> int:
        """Where a row stood that is written now."""
        moved = self._moved.get(page, ())
        for last, more in moved:
            if last - more < row <= last and (lines := self._lines.get((page, last))) is not None:
                return later_row(self.built(page, lines.first), row - lines.first)
        return row - sum(more for last, more in moved if row > last)

    def written(self, page: str, row: int) -> int:
        """Where a row that stood there is written now."""
        if row >= _LATER:
            first, number = divmod(row - _LATER, _BLOCK)
            return self.written(page, first) + number
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


__all__ = ["BuiltRows", "both", "built_room", "later_row", "room_of"]
