"""*Insert function*."""

from __future__ import annotations

from typing import Any

from xlkpi.language import text

from .window import Told, Window


def insert_function(book: Any) -> Told | None:
    """Make sure that the active cell can take a function; Excel's own wizard or the task pane offers them then."""
    window = Window(book)
    cell = window.active_cell()
    if not window.is_excel:
        return Told(text("action.insert_pane"))
    if cell.sheet.api.ProtectContents and cell.api.Locked:
        raise window.error("action_protected", sheet=cell.sheet.name)
    return None
