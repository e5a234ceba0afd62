"""*Refresh* and *Notes*."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from xlkpi.errors import WorkbookError
from xlkpi.language import text
from xlkpi.workbook.data_sheet import NOTES

from ..open_cells import typed
from .objectives import Objectives, columns_of
from .window import Told, Window, rows_of, show

_COLUMNS = ("key", "date", "note", "author")


def refresh(book: Any) -> Told:
    """Read the data of an open scorecard again; Esc stops it, and nothing has changed then.

    What can't be done while the workbook is open is done to its file, which is closed meanwhile, if the person agrees.
    Raises what reading the sources raises, and WorkbookError where neither can be.
    """
    from ..open_book import OpenBook
    from ..refresh import RefreshCancelled, Steps, refresh_book
    from ..reopening import can_reopen, refresh_reopened

    window = Window(book)
    window.escape_pressed()  # forgets an Esc from before
    steps = Steps(OpenBook(book), cancelled=window.escape_pressed)
    try:
        try:
            return Told(refresh_book(book, steps=steps))
        except WorkbookError as refusal:
            if not can_reopen(book, refusal) or not window.agrees(_question(refusal)):
                raise
        window.escape_pressed()
        return Told(refresh_reopened(steps))
    except RefreshCancelled as stopped:
        return Told(stopped.text())


def _question(refusal: WorkbookError) -> str:
    return text("open_book.reopen", why=refusal.problems[0].wrong())


def notes(book: Any) -> Told | None:
    """Go to the first free row of the notes, with today's date in it and the objective that the active cell is about.

    A row that was begun so before, and is still to be written in, is free.
    Raises WorkbookError where the workbook has no notes.
    """
    window = Window(book)
    found = window.table(NOTES)
    if found is None:
        raise window.error("action_no_notes")
    sheet, table = found
    cell = window.cell_in_view()
    about = Objectives(window).about(cell) if cell is not None else None
    head = table.header_row_range
    at = columns_of(rows_of(head)[0], _COLUMNS, "workbook.notes.column")
    body = table.data_body_range
    rows = rows_of(body) if body is not None else []
    key = str(about["id"]) if about is not None else None
    free = max((i + 1 for i, row in enumerate(rows) if any(row[c] is not None for c in at.values())), default=0)
    begun = free > 0 and _is_begun(rows[free - 1], at, key)
    row = head.row + free + (not begun)
    if not begun and free >= len(rows):
        table.resize(sheet.range((head.row, head.column), (row, head.column + head.shape[1] - 1)))
    if not begun and key is not None and "key" in at:
        sheet.range((row, head.column + at["key"])).value = typed(key)
    if not begun and "date" in at:
        sheet.range((row, head.column + at["date"])).value = date.today()
    show(sheet)
    sheet.range((row, head.column + at.get("note", 0))).select()
    return None


def _is_begun(row: Sequence[Any], at: Mapping[str, int], key: str | None) -> bool:
    """Whether a row is one that was begun today for the same objective, and that nobody has written in yet."""
    known = {code: row[place] for code, place in at.items()}
    begun = known.get("date")
    return (
        isinstance(begun, datetime)
        and begun.date() == date.today()
        and known.get("key") == key
        and known.get("note") is None
        and known.get("author") is None
    )
