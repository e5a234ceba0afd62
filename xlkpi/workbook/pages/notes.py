"""The tables that people fill: actions and notes, keyed by objective."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, get_args

from xlkpi.objectives.model import Action
from xlkpi.workbook.book import Book, Content
from xlkpi.workbook.calculation import Calculation
from xlkpi.workbook.data_sheet import ACTIONS, NOTES, column_reference, in_file
from xlkpi.workbook.formats import date_format
from xlkpi.workbook.functions import if_error, index, match
from xlkpi.workbook.live import Live, Value, serial
from xlkpi.workbook.page import Page

#: Blank rows under what is known.
FREE_ROWS = 12
HEADER = 9
STATES: tuple[str, ...] = get_args(Action.__dataclass_fields__["status"].type) or (
    "planned",
    "doing",
    "done",
    "stopped",
)


@dataclass(frozen=True)
class Column:
    """A column that people fill: its kind, and its width in pixels."""

    code: str
    kind: str
    width: int


ACTION_COLUMNS = (
    Column("key", "key", 130), Column("title", "title", 250), Column("task", "text", 290), Column("owner", "text", 190),
    Column("due", "date", 92), Column("effect", "text", 150), Column("cost", "number", 70),
    Column("state", "state", 88),
)  # fmt: skip
NOTE_COLUMNS = (
    Column("key", "key", 130), Column("title", "title", 250), Column("date", "date", 92), Column("note", "text", 520),
    Column("author", "text", 150), Column("state", "state", 88),
)  # fmt: skip


def actions(book: Book, made: Calculation) -> None:
    """Write the table of actions, with those of the project."""
    rows: list[dict[str, Content]] = [
        {
            "key": objective.id, "task": book.say(action.task), "owner": action.owner or "", "due": action.due,
            "effect": book.say(action.effect), "cost": action.cost, "state": book.text(f"state.{action.status}"),
        }
        for selected in made.tables.order
        for objective in (selected.result.objective,)
        for action in objective.actions
    ]  # fmt: skip
    _Table(book, made, "actions", ACTIONS, ACTION_COLUMNS).write(rows)


def notes(book: Book, made: Calculation) -> None:
    """Write the table of notes."""
    _Table(book, made, "notes", NOTES, NOTE_COLUMNS).write([])


class _Table:
    def __init__(self, book: Book, made: Calculation, id: str, name: str, columns: Sequence[Column]) -> None:
        self.book, self.made, self.id, self.name, self.columns = book, made, id, name, columns
        widths = (14, *(c.width for c in columns), 14)
        self.page = Page(book, id, widths, book.text(f"page.{id}"), book.text(f"{id}.second"), None, None)
        self.headers = {c.code: book.text(f"column.{c.code}") for c in columns}

    def write(self, rows: Sequence[Mapping[str, Content]]) -> None:
        page, ws = self.page, self.page.ws
        page.heights(5, 12, 18, 22, 8)
        page.back(6)
        page.put(7, 1, self.book.text(f"{self.id}.help"), font_color=self.page.theme.mute)
        count = len(rows) + FREE_ROWS
        last = HEADER + count
        ids = self.made.tables.objectives
        self.book.filled[self.id] = {
            c.code: [_plain(r.get(c.code)) for r in rows] + [None] * FREE_ROWS for c in self.columns
        }
        for row in range(HEADER + 1, last + 1):
            given = rows[row - HEADER - 1] if row - HEADER - 1 < len(rows) else {}
            ws.set_row_pixels(row, 28 if given else 21)
            self._row(row, given, ids)
        ws.set_row_pixels(HEADER, 24)
        theme = page.theme
        header = self.book.format(
            bold=True, font_size=9, font_color="#FFFFFF", bg_color=theme.actual, valign="vcenter", indent=1
        )
        title = in_file(self._title_formula(), self.name)
        columns = [
            {
                "header": self.headers[c.code],
                "header_format": header,
                **({"formula": title} if c.kind == "title" else {}),
            }
            for c in self.columns
        ]
        ws.add_table(HEADER, 1, last, len(self.columns), {
            "name": self.name, "columns": columns, "style": "Table Style Light 1", "banded_rows": False,
        })  # fmt: skip
        for row in range(HEADER + 1, last + 1):  # XlsxWriter wrote the calculated column without its values
            self._title(row, rows[row - HEADER - 1].get("key") if row - HEADER - 1 < len(rows) else None)
        self._validations(HEADER + 1, last)
        ws.freeze_panes(HEADER + 1, 0)
        page.finish(last, pages_high=0, repeat=(HEADER, HEADER), protect=False)

    def _style(self, kind: str) -> dict[str, Any]:
        theme = self.page.theme
        typed = {
            "bg_color": theme.input_fill, "border": 1, "border_color": theme.input_hair, "font_color": theme.input_ink,
            "indent": 1, "text_wrap": kind == "text", "locked": False,
        }  # fmt: skip
        if kind == "date":
            return {**typed, "num_format": date_format(self.book.language), "align": "left"}
        if kind == "number":
            return {**typed, "num_format": "#,##0", "align": "right"}
        return typed

    def _row(self, row: int, given: Mapping[str, Content], ids: Any) -> None:
        for column, c in enumerate(self.columns, start=1):
            if c.kind != "title":
                content = given.get(c.code)
                if isinstance(content, float) and content != content:
                    content = None
                self.page.put(row, column, content, **self._style(c.kind))

    def _title_formula(self) -> str:
        """The objective's title beside its key, in rows that people add too."""
        ids = column_reference("xlkpi_objectives", self.book.text("column.id"))
        titles = column_reference("xlkpi_objectives", self.book.text("column.title"))
        return f'=IFERROR(INDEX({titles},MATCH([@[{self.headers["key"]}]],{ids},0)),"")'

    def _title(self, row: int, key: Content) -> None:
        table = self.made.tables.objectives
        value = if_error(index(table.span("title"), match(live_key(key), table.span("id"))), "").value
        formula = Live(in_file(self._title_formula(), self.name), value if key else "")
        column = next(i for i, c in enumerate(self.columns, start=1) if c.kind == "title")
        theme = self.page.theme
        self.page.put(
            row,
            column,
            formula,
            font_color=theme.mute,
            indent=1,
            border=1,
            text_wrap=True,
            border_color=theme.input_hair,
        )

    def _validations(self, first: int, last: int) -> None:
        book, ws = self.book, self.page.ws
        title = book.text("typed.title")
        for column, c in enumerate(self.columns, start=1):
            message = book.text(f"typed.{c.kind}" if c.kind in ("date", "key", "state") else "typed.text")
            common = {"input_title": title, "input_message": message, "error_title": title, "error_message": message}
            if c.kind == "key":
                span = self.made.now.span("id")
                ws.data_validation(
                    first, column, last, column, {"validate": "list", "source": f"={span.text}", **common}
                )
            elif c.kind == "state":
                words = [book.text(f"state.{state}") for state in STATES]
                ws.data_validation(first, column, last, column, {"validate": "list", "source": words, **common})
            elif c.kind == "date":
                ws.data_validation(first, column, last, column, {
                    "validate": "date", "criteria": "between", "minimum": date(1990, 1, 1), "maximum": date(2200, 1, 1),
                    **common,
                })  # fmt: skip


def _plain(content: Content) -> Value:
    if isinstance(content, date):
        return serial(content)
    return content if isinstance(content, str | float) and content != "" else None


def live_key(key: Content) -> str:
    """A key as the text that it is looked up by."""
    return key if isinstance(key, str) else ""
