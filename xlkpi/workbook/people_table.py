"""What a table that people fill is: its columns, its rows as values and as formulas see them.

:mod:`xlkpi.workbook.people` tells how a sheet declares one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from xlkpi.workbook.data_sheet import column_reference, quoted
from xlkpi.workbook.live import Live, Span, Value, order_of, serial

if TYPE_CHECKING:
    from xlkpi.workbook.book import Book
    from xlkpi.workbook.calculation import Calculation
    from xlkpi.workbook.sheet import Content, Sheet

#: ``key`` is an objective's id, chosen from a list; ``title`` its title beside it; ``percent`` a fraction.
Kind = Literal["key", "title", "text", "date", "number", "percent", "list", "computed"]
#: Whose a cell is: a person's; xlkpi's, written once with its row and then frozen; xlkpi's at every refresh; or what
#: xlkpi proposes, until a person writes something else.
Filled = Literal["people", "once", "refreshed", "proposed"]
#: Blank rows under what is known.
FREE_ROWS = 8
_LARGEST = 1e15


@dataclass(frozen=True)
class Column:
    """A column: its kind, its width in pixels and who fills it.

    ``choices`` are what a list offers: codes whose words are ``workbook.<words>.<code>``, or the words themselves
    without ``words``. ``compute`` is the formula of a ``computed`` column, from the row's other cells. ``form`` is its
    number format; ``percent2`` is that of percentages with two decimals in the workbook's language. ``hidden`` is for
    what only other formulas read; ``small`` is for texts that nobody reads, for which rows are not made higher.
    """

    code: str
    kind: Kind
    width: int
    choices: tuple[str, ...] = ()
    words: str | None = None
    filled: Filled = "people"
    compute: Callable[[TableRow], Live] | None = None
    form: str | None = None
    least: float = -_LARGEST
    most: float = _LARGEST
    hidden: bool = False
    small: bool = False

    @property
    def is_formula(self) -> bool:
        return self.kind in ("title", "computed")

    @property
    def is_typed(self) -> bool:
        """Whether people type in its cells."""
        return self.filled in ("people", "proposed") and not self.is_formula

    @property
    def wraps(self) -> bool:
        return self.kind in ("title", "text") or (self.kind == "computed" and self.form is None)


@dataclass(frozen=True)
class PeopleTable:
    """A table that people fill: the page that it stands on, its defined name and its columns.

    ``keys`` are the columns that tell a row from the others; without any, rows only ever come from people. Where the
    table is too wide for one sheet of paper, its first columns, up to ``stay``, are printed on both.
    """

    id: str
    name: str
    columns: tuple[Column, ...]
    keys: tuple[str, ...] = ()
    free_rows: int = FREE_ROWS
    stay: int = 1

    def column(self, code: str) -> Column:
        return next(c for c in self.columns if c.code == code)

    def headers(self, book: Book) -> dict[str, str]:
        """What stands above each column, in the workbook's language; in one that is refreshed, as it was built."""
        present = book.existing.state.columns.get(self.name, {}) if book.existing else {}
        words = {c.code: book.text_or(f"{self.id}.column.{c.code}", book.text_or(f"column.{c.code}", c.code))
                 for c in self.columns}  # fmt: skip
        taken = {header.casefold() for header in present.values()}  # by columns that there are no more, too
        free = {code: f"{header} ({code})" if header.casefold() in taken else header for code, header in words.items()}
        return {code: present.get(code, free[code]) for code in words}


@dataclass(frozen=True)
class Shown:
    """A cell's content with a number format of its own, such as that of its objective's unit."""

    content: Content
    form: str


Row = Mapping[str, "Content | Shown"]


@dataclass(frozen=True)
class Written:
    """A table as it stands in the workbook: its place, and its values by column, free rows included."""

    table: PeopleTable
    sheet: Sheet
    header: int
    rows: int
    headers: Mapping[str, str]
    columns: Mapping[str, Sequence[Value]]
    #: Number formats of cells by row of the table, from 0, and column; heights of the rows in pixels.
    forms: Mapping[tuple[int, str], str] = field(default_factory=dict)
    heights: Sequence[int] = ()
    _spans: dict[str, Span] = field(default_factory=dict, repr=False)

    @property
    def first(self) -> int:
        return self.header + 1

    @property
    def last(self) -> int:
        """The row of the sheet in which the table ends, free rows included."""
        return self.header + self.rows

    def place(self, code: str) -> int:
        """The column of the sheet, from 0."""
        return 1 + [c.code for c in self.table.columns].index(code)

    def span(self, code: str) -> Span:
        """A column for formulas, which follows the table as it grows."""
        if code not in self._spans:
            self._spans[code] = Span(column_reference(self.table.name, self.headers[code]), self.columns[code])
        return self._spans[code]


class TableRow:
    """A row as the formulas of its calculated columns see it: cells by the codes of their columns."""

    def __init__(
        self, book: Book, made: Calculation, table: PeopleTable, values: dict[str, Value], spans: Mapping[str, Span]
    ) -> None:
        self.book, self.made, self.values, self._spans = book, made, values, spans
        self._table, self._name, self._headers = table, table.name, table.headers(book)

    def span(self, code: str) -> Span:
        """A column of the whole table that holds no formula."""
        return self._spans[code]

    def __getitem__(self, code: str) -> Live:
        if code not in self.values:  # a calculated cell to the right of the one that reads it
            compute = self._table.column(code).compute
            self.values[code] = compute(self).value if compute else None
        return Live(f"{self._name}[[#This Row],[{quoted(self._headers[code])}]]", self.values.get(code))


def plain(content: Content | Shown) -> Value:
    """What a cell holds: dates as numbers of days, nothing for empty texts and numbers that are none."""
    if isinstance(content, Shown):
        return plain(content.content)
    if isinstance(content, Live):
        return content.value
    if isinstance(content, date):
        return serial(content)
    if isinstance(content, bool) or content is None:
        return content
    if isinstance(content, int | float):
        return None if math.isnan(content) else float(content)
    return content or None


def identity(table: PeopleTable, row: Row) -> tuple[Any, ...]:
    """What tells a row from the others of its table."""
    return tuple(order_of(plain(row.get(code))) for code in table.keys)
