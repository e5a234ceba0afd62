"""The tables that people fill: their columns, their yellow cells with validations, their free rows.

A sheet that people fill declares one :class:`PeopleTable`, lists it in :data:`xlkpi.workbook.pages.PEOPLE`, and writes
it with :func:`write_people`::

    IDEAS = PeopleTable("ideas", "xlkpi_ideas", (
        Column("key", "key", 130), Column("title", "title", 250), Column("idea", "text", 300),
        Column("cost", "number", 80), Column("state", "list", 90, ("planned", "done"), words="state"),
        Column("tax", "computed", 80, compute=lambda row: row["cost"] * 0.2),
    ), keys=("key", "idea"))

    def ideas(book, made):
        write_people(book, made, IDEAS, [{"key": "roi_paid", "idea": "...", "cost": 200.0}])

Texts: ``workbook.page.<id>``, ``<id>.second``, ``<id>.help``, and ``column.<code>`` for each column.

A refresh keeps the rows that a workbook has (:func:`merged`): a row is known by its table's ``keys``, ``filled`` says
of each column whose its cells are, and rows that xlkpi knows and the workbook lacks are added after them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from xlkpi.workbook.built_rows import room_of
from xlkpi.workbook.data_sheet import column_reference, quoted
from xlkpi.workbook.formats import date_format
from xlkpi.workbook.functions import if_error, index, match
from xlkpi.workbook.live import Live, Span, Value, order_of, serial
from xlkpi.workbook.page import Page, lines_of

if TYPE_CHECKING:
    from xlkpi.workbook.book import Book, Content, Sheet
    from xlkpi.workbook.calculation import Calculation

#: ``key`` is an objective's id, chosen from a list; ``title`` its title beside it; ``percent`` a fraction.
Kind = Literal["key", "title", "text", "date", "number", "percent", "list", "computed"]
#: Whose a cell is: a person's; xlkpi's, written once with its row and then frozen; xlkpi's at every refresh; or what
#: xlkpi proposes, until a person writes something else.
Filled = Literal["people", "once", "refreshed", "proposed"]
#: Blank rows under what is known.
FREE_ROWS = 8
#: The row of the headers, under the page's head.
HEADER = 9
#: Pixels of a line of text in a cell.
LINE = 15
#: What a list may be long inside a validation, commas included; longer ones stand on the calculation sheet.
_LONGEST_LIST = 250
_LARGEST = 1e15
#: Values by key of a row and column.
Proposals = Mapping[str, Mapping[str, Value]]
_NOTHING: Proposals = {}


@dataclass(frozen=True)
class Column:
    """A column: its kind, its width in pixels and who fills it.

    ``choices`` are what a list offers: codes whose words are ``workbook.<words>.<code>``, or the words themselves
    without ``words``. ``compute`` is the formula of a ``computed`` column, from the row's other cells. ``form`` is its
    number format; ``percent2`` is that of percentages with two decimals in the workbook's language. ``hidden`` is for
    what only other formulas read.
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


def merged(
    table: PeopleTable, kept: Sequence[Row], given: Sequence[Row], proposed: Proposals = _NOTHING
) -> list[Row]:  # fmt: skip
    """The rows that people have, with what xlkpi refreshes in them, then the ones that xlkpi knows beside them.

    Rows are never dropped; of several with the same key each takes what is refreshed of its place among them.
    ``proposed``: what was proposed before, by key and column; where it still stands, the new proposal takes its place.
    """
    known = dict(zip(_counted(table, given), given, strict=True)) if table.keys else {}
    ours = [c.code for c in table.columns if c.filled == "refreshed" and not c.is_formula]
    rows: list[Row] = []
    for key, row in zip(_counted(table, kept), kept, strict=True):
        found = known.pop(key, None)
        if found is None:
            rows.append(row)
            continue
        same = {code: given for code, given in found.items() if _alike(plain(given), row.get(code))}  # with its format
        lacking = {code: given for code, given in found.items() if code not in row}  # columns that there were not yet
        before = proposed.get(repr(key), {})
        still = [code for code, value in before.items() if code in found and _alike(value, row.get(code))]
        rows.append({**lacking, **row, **same, **{code: found.get(code) for code in (*ours, *still)}})
    return rows + (list(known.values()) if table.keys else [])


def write_people(
    book: Book,
    made: Calculation,
    table: PeopleTable,
    rows: Sequence[Row],
    *,
    page: Page | None = None,
    header: int = HEADER,
    lists: Mapping[str, Span] | None = None,
    update: Callable[[Row], Row] | None = None,
    freeze: int = 0,
) -> Written:
    """Write a table on its page; ``rows`` are what is known, after those that people have (``book.kept``).

    ``page`` and ``header`` are for a page with more above the table; it is then finished by its own. ``lists`` gives
    the choices of columns that offer cells of the workbook; ``update`` fills what xlkpi knows into every row that is
    known, a person's too; ``freeze`` columns stay in view.
    """
    kept = book.kept.get(table.name)
    rows = _still_wanted(book, table, kept or (), rows)
    known = merged(table, kept, rows, book.proposed_before.get(table.name, {})) if kept is not None else list(rows)
    if codes := [c.code for c in table.columns if c.filled == "proposed"]:
        keys = map(repr, _counted(table, rows))
        book.proposed[table.name] = {
            key: {code: plain(row.get(code)) for code in codes} for key, row in zip(keys, rows, strict=True)
        }
    known = [update(row) for row in known] if update else known
    known = _without_absent(book, table, known)
    own = page is None
    if page is None:
        page = _page(book, table)
    writer = _Writer(book, made, table, page, header, lists or {})
    written = writer.write(known)
    book.people[table.name] = written
    if own:
        page.ws.freeze_panes(header + 1, freeze)
        page.finish(written.last, pages_high=0, repeat=(header, header), protect=False, stay=table.stay)
    return written


def _page(book: Book, table: PeopleTable) -> Page:
    """A page with a head, a line of help, and nothing else above its table."""
    widths = (14, *(c.width for c in table.columns), 14)
    page = Page(book, table.id, widths, book.text(f"page.{table.id}"), book.text(f"{table.id}.second"))
    page.heights(5, 12, 18, 22, 8)
    page.back(6)
    page.help(7, book.text(f"{table.id}.help"), table.stay)
    return page


class _Writer:
    def __init__(
        self, book: Book, made: Calculation, table: PeopleTable, page: Page, header: int, lists: Mapping[str, Span]
    ) -> None:
        self.book, self.made, self.table, self.page = book, made, table, page
        self.header, self.lists, self.theme = header, lists, page.theme
        self.headers = table.headers(book)

    def write(self, known: Sequence[Row]) -> Written:
        page, ws, table = self.page, self.page.ws, self.table
        count = len(known) + table.free_rows
        last = self.header + count
        columns: dict[str, list[Value]] = {c.code: [] for c in table.columns}
        lines = max(math.ceil(len(self.headers[c.code]) * 6.2 / (c.width - 10)) for c in table.columns)
        ws.set_row_pixels(self.header, {1: 24, 2: 38}.get(lines, 50))
        spans = {
            c.code: Span(column_reference(table.name, self.headers[c.code]), [plain(r.get(c.code)) for r in known])
            for c in table.columns if not c.is_formula
        }  # fmt: skip
        self._options(last, known, spans)
        for number in range(count):
            row = known[number] if number < len(known) else {}
            values = {c.code: plain(row.get(c.code)) for c in table.columns if not c.is_formula}
            live_row = TableRow(self.book, self.made, table, values, spans)
            for place, c in enumerate(table.columns, start=1):
                given = row.get(c.code)
                style = self._style(c)
                if c.is_formula:
                    cell = self._formula(c, live_row)
                    values[c.code] = cell.value
                    page.put(self.header + 1 + number, place, cell, **style)
                else:
                    if isinstance(given, Shown):
                        style["num_format"], given = given.form, given.content
                    page.put(self.header + 1 + number, place, given, **style)
                columns[c.code].append(values[c.code])
            ws.set_row_pixels(self.header + 1 + number, self._height(values))
        for place, c in enumerate(table.columns, start=1):
            if c.hidden:
                ws.set_column_pixels(place, place, c.width, None, {"hidden": True})
        self._validations(self.header + 1, last)
        self.book.places(room_of(table.name), count)  # a refresh tells by it how far what stands below has moved
        return Written(table, page.sheet, self.header, count, self.headers, columns)

    def _options(self, last: int, known: Sequence[Row], spans: Mapping[str, Span]) -> None:
        """The table with its headers; XlsxWriter fills calculated columns without their values, which are put after."""
        theme = self.theme
        style = self.book.format(
            bold=True, font_size=9, font_color="#FFFFFF", bg_color=theme.actual, valign="vcenter", indent=1,
            text_wrap=True,
        )  # fmt: skip
        first = {c.code: plain(known[0].get(c.code)) if known else None for c in self.table.columns
                 if not c.is_formula}  # fmt: skip
        row = TableRow(self.book, self.made, self.table, first, spans)
        columns: list[dict[str, Any]] = []
        for c in self.table.columns:
            option: dict[str, Any] = {"header": self.headers[c.code], "header_format": style}
            if c.is_formula:
                option["formula"] = self._formula(c, row).text
            columns.append(option)
        self.page.ws.add_table(self.header, 1, last, len(columns), {
            "name": self.table.name, "columns": columns, "style": "Table Style Light 1", "banded_rows": False,
        })  # fmt: skip

    def _formula(self, column: Column, row: TableRow) -> Live:
        """A calculated column's cell: the same text in every row."""
        if column.kind == "title":
            return self._title(row)
        assert column.compute is not None, "a computed column says how"
        return column.compute(row)

    def _title(self, row: TableRow) -> Live:
        """The objective's title beside its key, in rows that people add too."""
        objectives = self.made.tables.objectives
        found = match(row["key"], objectives.span("id"))
        return if_error(index(objectives.span("title"), found), "")

    def _style(self, column: Column) -> dict[str, Any]:
        theme = self.theme
        edge = {"border": 1, "border_color": theme.input_hair, "indent": 1}
        if not column.is_typed:
            style: dict[str, Any] = {**edge, "font_color": theme.mute, "text_wrap": column.wraps}
        else:
            style = {**edge, "bg_color": theme.input_fill, "font_color": theme.input_ink, "locked": False,
                     "text_wrap": column.wraps}  # fmt: skip
        if column.kind == "date":
            style |= {"num_format": date_format(self.book.language), "align": "left"}
        elif column.kind in ("number", "percent"):
            form = "#,##0" if column.kind == "number" else self.book.number_format("percent", 1)
            style |= {"num_format": form, "align": "right"}
        if column.form:
            percent = column.form.startswith("percent")
            form = self.book.number_format("percent", int(column.form[7:])) if percent else column.form
            style |= {"num_format": form, "align": "right"}
        return style

    def _height(self, values: Mapping[str, Value]) -> int:
        """Room for the longest text of a row, wrapped in its column."""
        lines = 1
        for c in self.table.columns:
            if c.wraps and isinstance(words := values.get(c.code), str):
                lines = max(lines, lines_of(words, max(20, c.width - 16)))
        known = any(v not in (None, "") for v in values.values())
        return max(28 if known else 21, LINE * min(lines, 14) + 6)

    # --- validations ---------------------------------------------------------------------------------------------

    def _validations(self, first: int, last: int) -> None:
        for place, column in enumerate(self.table.columns, start=1):
            rule = self._rule(column)
            if rule is not None and column.is_typed:
                self.page.ws.data_validation(first, place, last, place, {**rule, **self._messages(column)})

    def _messages(self, column: Column) -> dict[str, str]:
        key = {"date": "date", "key": "key", "number": "amount", "percent": "percent"}.get(column.kind, "state")
        title, message = self.headers[column.code][:32], self.book.text(f"typed.{key}")
        return {"input_title": title, "input_message": message, "error_title": title, "error_message": message}

    def _rule(self, column: Column) -> dict[str, Any] | None:
        span = self.lists.get(column.code)
        if span is None and column.kind == "key":
            span = self.made.now.span("id")
        if span is not None:
            return {"validate": "list", "source": f"={span.text}"}
        if column.kind == "list":
            return {"validate": "list", "source": self._choices(column)}
        if column.kind == "date":
            limits = {"minimum": date(1990, 1, 1), "maximum": date(2200, 1, 1)}
            return {"validate": "date", "criteria": "between", **limits}
        if column.kind in ("number", "percent"):
            return {"validate": "decimal", "criteria": "between", "minimum": column.least, "maximum": column.most}
        return None

    def _choices(self, column: Column) -> list[str] | str:
        words = [self.book.text(f"{column.words}.{c}") if column.words else c for c in column.choices]
        if len(",".join(words)) <= _LONGEST_LIST and not any("," in word for word in words):
            return words
        first = self.made.rows(len(words))
        for row, word in enumerate(words, start=first):
            self.made.sheet.put(row, 0, word)
        return f"={self.made.sheet.range(first, 0, first + len(words) - 1, 0)}"


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


def _still_wanted(book: Book, table: PeopleTable, kept: Sequence[Row], given: Sequence[Row]) -> list[Row]:
    """The rows that xlkpi knows, without those that it put here before and that people took out."""
    if not table.keys:
        return list(given)
    before = set(book.offered_before.get(table.name, ()))
    here, keys = {*_counted(table, kept)}, _counted(table, given)
    book.offered[table.name] = sorted(before | {repr(key) for key in keys})
    return [row for key, row in zip(keys, given, strict=True) if repr(key) not in before or key in here]


def _without_absent(book: Book, table: PeopleTable, rows: list[Row]) -> list[Row]:
    """The rows without what the workbook that is refreshed has no column for: an earlier version built it."""
    present = book.existing.state.columns.get(table.name) if book.existing else None
    if present is None or all(c.code in present for c in table.columns):
        return rows
    return [{code: value for code, value in row.items() if code in present} for row in rows]


def _alike(given: Value, found: object) -> bool:
    """Whether a cell's content is the given one, numbers to the digits that a file holds."""
    if isinstance(given, float) and isinstance(found, float):
        return math.isclose(given, found, rel_tol=1e-12)
    return given == found


def identity(table: PeopleTable, row: Row) -> tuple[Any, ...]:
    """What tells a row from the others of its table."""
    return tuple(order_of(plain(row.get(code))) for code in table.keys)


def _counted(table: PeopleTable, rows: Sequence[Row]) -> list[tuple[Any, ...]]:
    """What tells each row from the others, with a number for those that the same stands before."""
    seen: dict[tuple[Any, ...], int] = {}
    found = []
    for row in rows:
        key = identity(table, row)
        seen[key] = seen.get(key, -1) + 1
        found.append((*key, seen[key]) if seen[key] else key)
    return found


__all__ = [
    "FREE_ROWS",
    "HEADER",
    "Column",
    "PeopleTable",
    "Row",
    "Shown",
    "TableRow",
    "Written",
    "identity",
    "merged",
    "write_people",
]
