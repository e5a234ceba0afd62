"""What an open scorecard remembers of its project, on its hidden sheet."""

from __future__ import annotations

from typing import Any

from .window import Window, rows_of


def project_files(window: Window) -> list[str]:
    """The files of the project, relative to the workbook, the first one first; empty where nothing says."""
    from xlkpi.workbook.state import State

    sheet = hidden_sheet(window)
    if sheet is None:
        return []
    rows = rows_of(sheet.range((1, 1), (sheet.used_range.last_cell.row, 2)))
    try:
        return list(State.of([str(row[1] or "") for row in rows if row[0] == "state"]).files)
    except (ValueError, TypeError):
        return []


def hidden_sheet(window: Window) -> Any | None:
    """The sheet on which a scorecard keeps its memory; None in a workbook that is none."""
    name = next((name for name in window.book.names if name.name == "xlkpi_version"), None)
    return name.refers_to_range.sheet if name is not None else None
