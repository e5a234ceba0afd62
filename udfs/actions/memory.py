"""What an open scorecard remembers on its hidden sheet: its project, and what people have typed since."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from xlkpi.workbook.live import serial

from .objectives import Objectives
from .window import Window, rows_of

if TYPE_CHECKING:
    from xlkpi.workbook.state import State


def state_of(window: Window) -> State | None:
    """The state at the last build or refresh; None in a workbook that is no scorecard, or of another format."""
    from xlkpi.workbook.state import FORMAT, State

    cell = window.named("xlkpi_version")
    if cell is None:
        return None
    sheet = cell.sheet
    rows = rows_of(sheet.range((1, 1), (sheet.used_range.last_cell.row, 2)))
    if next((row[1] for row in rows if row[0] == "format"), None) != FORMAT:
        return None
    try:
        return State.of([str(row[1] or "") for row in rows if row[0] == "state"])
    except (ValueError, TypeError):
        return None


def typed(objectives: Objectives, state: State) -> dict[str, dict[str, Any]]:
    """The cells of objectives that people changed since, by objective and column, as files have them."""
    from xlkpi.workbook.existing import is_of_kind
    from xlkpi.workbook.tables import OBJECTIVE_COLUMNS

    found: dict[str, dict[str, Any]] = {}
    for row in objectives.rows:
        written: Mapping[str, Any] = state.typed.get(str(row["id"]), {})
        for code, (kind, may_type) in OBJECTIVE_COLUMNS.items():
            if not may_type or code not in row:
                continue
            value = _as_in_files(row[code])
            fits = value is None or is_of_kind(kind, value)
            if fits and value != written.get(code):
                found.setdefault(str(row["id"]), {})[code] = value
    return found


def _as_in_files(value: Any) -> Any:
    if isinstance(value, datetime):
        return serial(value.date())
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
