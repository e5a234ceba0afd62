"""The Excel in which an action runs: its workbook, tables and selection, seen through xlwings whatever the engine."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xlkpi.cli_check import plain_cell
from xlkpi.errors import Place, Problem, WorkbookError

from ..open_book import folder_of, is_excel, selection_of

#: The colour of titles and headers on sheets of ours, and that of cells to fill in.
INK, TO_FILL = "#0B6B6B", "#FFF9DB"
#: Pages of the web measure columns in points: so many are a character.
POINTS = 5.7
_ESCAPE = 0x1B  # the key
#: What a message box shows without running off the screen.
_LONGEST = 1_800


@dataclass(frozen=True)
class Told:
    """What an action says when it is done; ``critical``: why it is not."""

    text: str
    critical: bool = False


class Window:
    """A workbook and what surrounds it; the program can be asked also once the workbook is closed."""

    def __init__(self, book: Any) -> None:
        self.book, self.app = book, book.app

    @property
    def is_excel(self) -> bool:
        """Whether Excel itself answers, and not a page that describes the workbook."""
        return is_excel(self.book)

    @property
    def folder(self) -> Path | None:
        """Where the workbook stands, where that is known."""
        return folder_of(self.book)

    def escape_pressed(self) -> bool:
        """Whether Esc was pressed in Excel since somebody last asked; never, where that can't be known."""
        if sys.platform != "win32" or not self.is_excel:
            return False
        user = ctypes.windll.user32
        pressed = user.GetAsyncKeyState(_ESCAPE) & 0x8001  # down now, or since the last time
        return bool(pressed) and user.GetForegroundWindow() == self.app.hwnd

    def error(self, code: str, **values: Any) -> WorkbookError:
        return WorkbookError(Problem(code, values, Place(file=str(self.book.name))))

    def tell(self, told: Told) -> None:
        """Show a message."""
        shown = told.text if len(told.text) <= _LONGEST else told.text[:_LONGEST].rsplit("\n", 1)[0] + "\n…"
        self.app.alert(shown, "xlkpi", "ok", "critical" if told.critical else "info")

    def agrees(self, question: str) -> bool:
        """Whether the person answers a question with yes; never, where no answer can be waited for."""
        return self.is_excel and self.app.alert(question, "xlkpi", "yes_no", "info") == "yes"

    def tables(self) -> Iterator[tuple[Any, Any]]:
        """Each table with its sheet."""
        for sheet in self.book.sheets:
            for table in sheet.tables:
                yield sheet, table

    def table(self, name: str) -> tuple[Any, Any] | None:
        """A table by its name, with its sheet, wherever people moved it."""
        return next((found for found in self.tables() if found[1].name.casefold() == name.casefold()), None)

    def named(self, name: str) -> Any | None:
        """The cells that a name leads to; None where there is none, or where it leads to no cells (any more)."""
        found = next((n for n in self.book.names if n.name.casefold() == name.casefold()), None)
        if found is None:
            return None
        try:
            return found.refers_to_range
        except Exception:  # a constant, a formula or cells that are gone: engines say so in many ways
            return None

    def active_cell(self) -> Any:
        """The first cell of the selection. Raises WorkbookError where a chart or a shape is selected."""
        if (cell := self.cell_in_view()) is None:
            raise self.error("action_no_cell")
        return cell

    def cell_in_view(self) -> Any | None:
        """The same; None where there is none."""
        import xlwings

        selected = selection_of(self.app)
        if selected is None or getattr(selected, "address", None) is None:
            return None
        return xlwings.Range(impl=selected)[0, 0]

    def sheet(self, name: str) -> Any | None:
        """A sheet by its name."""
        return next((s for s in self.book.sheets if s.name.casefold() == name.casefold()), None)

    def page(self, name: str, title: str) -> Any:
        """A sheet of ours to write a report on: the one of before, emptied, or a new one at the end.

        ``title`` stands in its first cell, by which it is known; another sheet of that name stays untouched.
        """
        for suffix in ("", *(f" {i}" for i in range(2, 100))):
            found = self.sheet(name + suffix)
            if found is None:
                return self.book.sheets.add(name=name + suffix, after=self.book.sheets[len(self.book.sheets) - 1])
            if found.range("A1").value == title:
                found.clear()
                found.visible = True
                return found
        raise self.error("action_sheet", name=name)


def show(sheet: Any) -> None:
    """Go to a sheet of the workbook at hand; xlwings' own way there fails where several Excels run."""
    sheet.impl.activate()


def headed(sheet: Any, row: int, columns: int, widths: Sequence[float]) -> None:
    """Make a sheet of ours look so: its title, a row of headers, and the widths of its columns in characters."""
    unit = 1.0 if sheet.book.app.engine.type == "desktop" else POINTS
    for column, width in enumerate(widths, start=1):
        sheet.range((1, column)).column_width = width * unit
    title, head = sheet.range("A1"), sheet.range((row, 1), (row, columns))
    title.font.bold, title.font.size, title.font.color = True, 16, INK
    head.color, head.font.color, head.font.bold = INK, "#FFFFFF", True


def rows_of(cells: Any) -> list[list[Any]]:
    """The values of cells as rows; errors are their texts, blanks None."""
    found = cells.options(ndim=2, err_to_str=True).value
    return [[None if value == "" else value for value in row] for row in found]


def put(cells: Any, rows: Sequence[Sequence[Any]]) -> None:
    """Fill cells from their first one on, in one block. A text that looks like a formula stays a text."""
    cells.value = [[plain_cell(value) for value in row] for row in rows]
