"""The day of an objective's next review as a formula over the chosen day."""

from __future__ import annotations

from datetime import date

from xlkpi.objectives import Objective
from xlkpi.workbook.functions import if_, month_end, month_of, rest
from xlkpi.workbook.live import Live, serial


def next_review(objective: Objective, day: Live, first_month: int) -> Live:
    """As :meth:`xlkpi.objectives.Objective.next_review`."""
    own = objective.review
    following = next_period(own if isinstance(own, str) else objective.cadence or "monthly", day, first_month)
    return if_(day < serial(own), serial(own), following) if isinstance(own, date) else following


def next_period(code: str, day: Live, first_month: int) -> Live:
    """The first day after the period of a day, as :meth:`xlkpi.cadence.Cadence.next_review`."""
    if code == "daily":
        return day + 1
    if code == "weekly":
        return day + 7 - rest(day - 2, 7)
    if code == "monthly":
        return month_end(day, 0) + 1
    months = 3 if code == "quarterly" else 12
    return month_end(day, months - 1 - rest(month_of(day) - first_month, months)) + 1


__all__ = ["next_period", "next_review"]
