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
from datetime import date
from typing import TYPE_CHECKING, Any

from xlkpi.workbook.built_rows import room_of
from xlkpi.workbook.data_sheet import column_reference
from xlkpi.workbook.formats import date_format
from xlkpi.workbook.functions import if_error, index, match
from xlkpi.workbook.live import Live, Span, Value
from xlkpi.workbook.page import Page, lines_of
from xlkpi.workbook.people_merging import merged, proposals, still_wanted, without_absent
from xlkpi.workbook.people_table import FREE_ROWS, Column, PeopleTable, Row, Shown, TableRow, Written, identity, plain

if TYPE_CHECKING:
    from xlkpi.workbook.book import Book
    from xlkpi.workbook.calculation import Calculation

#: The row of the headers, under the page's head.
HEADER = 9
#: Pixels of a line of text in a cell.
LINE = 15
#: What a list may be long inside a validation, commas included; longer ones stand on the calculation sheet.
_LONGEST_LIST = 250


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
    rows = still_wanted(book, table, kept or (), rows)
    before = book.proposed_before.get(table.name, {})
    known = merged(table, kept, rows, before) if kept is not None else list(rows)
    if any(c.filled == "proposed" for c in table.columns):
        book.proposed[table.name] = proposals(table, rows, known, before)
    known = [update(row) for row in known] if update else known
    known = without_absent(book, table, known)
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
        forms: dict[tuple[int, str], str] = {}
        heights: list[int] = []
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
                        forms[number, c.code] = style["num_format"]
                    page.put(self.header + 1 + number, place, given, **style)
                columns[c.code].append(values[c.code])
            heights.append(self._height(values))
            ws.set_row_pixels(self.header + 1 + number, heights[-1])
        for place, c in enumerate(table.columns, start=1):
            if c.hidden:
                ws.set_column_pixels(place, place, c.width, None, {"hidden": True})
        self._validations(self.header + 1, last)
        self.book.places(room_of(table.name), count)  # a refresh tells by it how far what stands below has moved
        return Written(table, page.sheet, self.header, count, self.headers, columns, forms, heights)

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
        if column.small:
            style |= {"font_size": 6, "valign": "top", "indent": 0}
        if column.form:
            percent = column.form.startswith("percent")
            form = self.book.number_format("percent", int(column.form[7:])) if percent else column.form
            style |= {"num_format": form, "align": "right"}
        return style

    def _height(self, values: Mapping[str, Value]) -> int:
        """Room for the longest text of a row, wrapped in its column."""
        lines = 1
        for c in self.table.columns:
            if c.wraps and not c.small and isinstance(words := values.get(c.code), str):
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
    "plain",
    "still_wanted",
    "write_people",
]
