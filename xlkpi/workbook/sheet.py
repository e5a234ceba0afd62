"""A worksheet being written, cell by cell, with what its cells hold."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from xlsxwriter.utility import xl_col_to_name, xl_range, xl_range_abs

from xlkpi.formula.nodata import NoData
from xlkpi.status import rules
from xlkpi.workbook.live import Live, Span, Value, serial

if TYPE_CHECKING:
    from xlkpi.workbook.book import Book
    from xlkpi.workbook.writer import Worksheet

#: What a page may hold in a cell; a list of numbers as dates is written with a date format.
Content = Live | str | float | int | bool | date | None
#: Absolute addresses, outside of texts, names of columns and names of sheets.
_ABSOLUTE = re.compile(r'"[^"]*"|\[[^\]]*\]|' r"'[^']*'|\$([A-Z]{1,3})\$(\d+)")


class Sheet:
    """A worksheet whose cells are put one by one; a cell that was put can be used in other formulas."""

    def __init__(self, book: Book, worksheet: Worksheet, name: str, *, bare: bool = False) -> None:
        self.book, self.ws, self.name = book, worksheet, name
        #: Nobody looks at it: cells have a format only where one is asked for.
        self.bare = bare
        self._prefix = "'" + name.replace("'", "''") + "'!"
        #: Cells by row and column, for ranges over them.
        self.cells: dict[tuple[int, int], Value] = {}
        self._rules: dict[tuple[str, tuple[tuple[str, Any], ...]], list[tuple[int, int, int, int]]] = {}
        #: The formulas among them, without the equals sign.
        self.formulas: dict[tuple[int, int], str] = {}

    def ref(self, row: int, column: int) -> Live:
        """The cell at an address (from 0), with what was put there."""
        return Live(self.address(row, column), self.cells.get((row, column)))

    def address(self, row: int, column: int) -> str:
        return f"{self._prefix}${xl_col_to_name(column)}${row + 1}"

    def local(self, formula: str) -> str:
        """A formula as it is written on this sheet."""
        formula = formula.replace(self._prefix, "")
        if not self.bare:
            return formula
        return _ABSOLUTE.sub(lambda found: f"{found[1]}{found[2]}" if found[1] else found[0], formula)

    def range(self, row: int, column: int, last_row: int, last_column: int) -> str:
        return self._prefix + str(xl_range_abs(row, column, last_row, last_column))

    def span(self, row: int, column: int, last_row: int, last_column: int | None = None) -> Span:
        """A range of cells that were put, down a column or along a row."""
        last_column = column if last_column is None else last_column
        values = [self.cells.get((r, c)) for r in range(row, last_row + 1) for c in range(column, last_column + 1)]
        return Span(self.range(row, column, last_row, last_column), values)

    def put(self, row: int, column: int, content: Content, **properties: Any) -> Live:
        """Write a cell and give back its reference.

        Texts never become formulas. ``properties`` are a cell format's, see :class:`Formats`.
        """
        style = None if self.bare and not properties else self.book.format(**properties)
        return self.write(row, column, content, style)

    def write(self, row: int, column: int, content: Content, style: Any = None) -> Live:
        """:meth:`put` with a format that exists, or without any."""
        value: Value
        if isinstance(content, Live):
            value = content.value
            formula = self.local(content.text)
            self.ws.put_formula(row, column, formula, style, _cached(value, 11 if self.bare else 15))
            self.formulas[row, column] = formula
        elif content is None or content == "":
            value = None
            if style is not None:
                self.ws.write_blank(row, column, None, style)
        elif isinstance(content, str):
            value = clean(content)
            self.ws.write_string(row, column, value, style)
        elif isinstance(content, bool):
            value = content
            self.ws.write_boolean(row, column, content, style)
        elif isinstance(content, NoData):  # an error in a cell that people fill
            value = content
            self.ws.put_formula(row, column, f"={content.value}", style, content.value)
        else:
            # To Excel's precision: databases add up in any order, and the same data gives the same bytes.
            value = serial(content) if isinstance(content, date) else float(f"{float(content):.15g}")
            if value != value:
                return self.write(row, column, None, style)
            self.ws.write_number(row, column, value, style)
        self.cells[row, column] = value
        return Live(self.address(row, column), value)

    def fill(self, row: int, first: int, last: int, **properties: Any) -> None:
        """Give blank cells of a row a format."""
        style = self.book.format(**properties)
        for column in range(first, last + 1):
            self.ws.write_blank(row, column, None, style)

    def when(self, cells: tuple[int, int, int, int], test: str, **style: Any) -> None:
        """Format cells (first row and column, last row and column) where a test holds.

        In the test, ``{row}``, ``{above}``, ``{below}`` and ``{column}`` are the row of the first cell, the ones around
        it, and its column. Cells with the same test and format share one rule, which is written by :meth:`finish`.
        """
        self._rules.setdefault((test, tuple(sorted(style.items()))), []).append(cells)

    def statuses(self, row: int, first: int, last: int, mark: int) -> None:
        """Colour cells of a row by the status mark in one of its columns."""
        for look in rules().looks.values():
            test = f'${xl_col_to_name(mark)}{{row}}="{look.mark}"'
            self.when((row, first, row, last), test, font_color=look.colour)

    def finish(self) -> None:
        """Write the rules of :meth:`when`."""
        for (test, style), ranges in self._rules.items():
            ranges.sort()
            row, column = ranges[0][:2]
            criteria = "=" + test.format(row=row + 1, above=row, below=row + 2, column=xl_col_to_name(column))
            self.ws.conditional_format(*ranges[0], {
                "type": "formula", "criteria": criteria, "format": self.book.format.plain(**dict(style)),
                **({"multi_range": " ".join(xl_range(*cells) for cells in ranges)} if len(ranges) > 1 else {}),
            })  # fmt: skip
        self._rules.clear()


def clean(words: str) -> str:
    """Text without the characters that XML can't hold, and not longer than a cell."""
    return "".join(c for c in words if c >= " " or c in "\t\n")[:32_000]


def _cached(value: Value, digits: int) -> Any:
    if isinstance(value, NoData):
        return value.value
    if value is None:
        return 0
    if isinstance(value, float):
        short = float(f"{value:.{digits}g}")  # at most Excel's own precision; longer ones make files larger
        return int(short) if short.is_integer() else short
    return clean(value) if isinstance(value, str) else value


def list_source(span: Span) -> str:
    """A range as the source of a list validation."""
    return f"={span.text}"


def widths(sheet: Sheet, pixels: Sequence[int]) -> None:
    """The widths of columns from the first on."""
    for column, width in enumerate(pixels):
        sheet.ws.set_column_pixels(column, column, width)
