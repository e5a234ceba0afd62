"""The facts of alerts as live cells: what a rule's condition reads of an objective, for the chosen day."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from xlkpi.alerts import LEVELS, TRUST
from xlkpi.workbook.functions import absolute, if_, if_error, index, is_number, match, most, or_
from xlkpi.workbook.live import Live, live

if TYPE_CHECKING:
    from xlkpi.workbook.alert_cells import Writer


def _status(writer: Writer, row: int) -> Live:
    return if_error(match(writer.made.now.cell("status", row), writer.made.codes), 1)


def _change(writer: Writer, row: int, before: str) -> Live:
    cells = (writer.made.now.cell(name, row) for name in ("latest", before))
    now, then = cells
    return if_error((now - then) / absolute(then), "")


def _worse(writer: Writer, row: int) -> Live:
    now = writer.made.now
    if now.cell("mode", row).value == "stay_between":
        return live("")
    return if_error(writer.worse(row, now.cell("latest", row), now.cell("previous", row)), "")


def _started(writer: Writer, row: int) -> Live:
    elapsed = writer.made.now.cell("elapsed", row)
    return if_(is_number(elapsed), if_(elapsed >= 0, 1, 0), 1)


def _guard(writer: Writer, row: int) -> Live:
    levels = [writer.get(g, "level") for g in writer.guards(row)]
    return if_(or_(*(level.same(LEVELS["red"]) for level in levels)), 1, 0) if levels else live(0)


def _guard_worse(writer: Writer, row: int) -> Live:
    return most(0, *(writer.get(g, "worse") for g in writer.guards(row))) if writer.guards(row) else live(0)


def _trust(writer: Writer, row: int) -> Live:
    """Nothing to rely on is no reason for an alert."""
    level = writer.made.now.cell("trust", row)
    return if_(level.same(TRUST["none"]), TRUST["high"], level)


def _probability(writer: Writer, row: int) -> Live:
    cell = index(writer.made.tables.objectives.span("probability"), float(row + 1))
    return if_(writer.made.present, if_(cell.blank, "", cell), "")


#: How each fact that is not there yet is worked out, in this order.
OWN: Mapping[str, Callable[[Writer, int], Live]] = {
    "late": lambda w, row: w.made.dated("late_days", row) / w.period(row),
    "completeness": lambda w, row: w.made.dated("completeness", row),
    "trust": _trust,
    "probability": _probability,
    "change": lambda w, row: _change(w, row, "previous"),
    "change_year": lambda w, row: _change(w, row, "last_year"),
    "worse": _worse,
    "run": lambda w, row: w.run(row, 1.0),
    "gains": lambda w, row: w.run(row, -1.0),
    "status": _status,
    "level": lambda w, row: w.level(w.made.now.cell("status", row)),
    "level_before": lambda w, row: w.level(w.made.earlier.cell("status", row)),
    "started": _started,
    "guard": _guard,
    "guard_worse": _guard_worse,
}


__all__ = ["OWN"]
