"""How often a KPI is looked at: the calendar of periods and reviews.

Weeks are ISO weeks (Monday to Sunday); quarters and years follow the fiscal year, whose first month is given.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, get_args

Code = Literal["daily", "weekly", "monthly", "quarterly", "yearly"]
#: From the finest to the coarsest.
CODES: tuple[Code, ...] = get_args(Code)

#: Months in a period, of the cadences that follow months.
MONTHS: dict[str, int] = {"monthly": 1, "quarterly": 3, "yearly": 12}
_DAYS: dict[str, float] = {
    "daily": 1,
    "weekly": 7,
    "monthly": 365.2425 / 12,
    "quarterly": 365.2425 / 4,
    "yearly": 365.2425,
}


@dataclass(frozen=True)
class Cadence:
    """Periods of one length. ``fiscal_year_start`` is the fiscal year's first month, 1 to 12.

    Raises ValueError for an unknown code or month.
    """

    code: Code
    fiscal_year_start: int = 1

    def __post_init__(self) -> None:
        if self.code not in CODES:
            raise ValueError(f"cadence must be one of {', '.join(CODES)}")
        if not 1 <= self.fiscal_year_start <= 12:
            raise ValueError("fiscal_year_start must be a month, 1 to 12")

    @property
    def days(self) -> float:
        """The mean length of a period in days."""
        return _DAYS[self.code]

    @property
    def per_year(self) -> float:
        """Periods in a year, on average."""
        return 365.2425 / self.days

    @property
    def rank(self) -> int:
        """0 for the finest cadence (daily) to 4 for the coarsest (yearly)."""
        return CODES.index(self.code)

    def start_of(self, day: date) -> date:
        """The first day of the period that ``day`` lies in."""
        if self.code == "daily":
            return day
        if self.code == "weekly":
            return day - timedelta(days=min(day.weekday(), day.toordinal() - 1))
        return _first_of(self._index(day) * MONTHS[self.code] + self.fiscal_year_start - 1)

    def first_whole(self, day: date) -> date:
        """The first day of the first period that begins on ``day`` or later."""
        return day if self.start_of(day) == day else self.next_review(day)

    def next_review(self, day: date) -> date:
        """The first day on which the period of ``day`` is complete: the first day of the next period.

        ``date.max`` where the calendar ends before.
        """
        try:
            if self.code in ("daily", "weekly"):
                return self.start_of(day) + timedelta(days=round(self.days))
            return _first_of((self._index(day) + 1) * MONTHS[self.code] + self.fiscal_year_start - 1)
        except (OverflowError, ValueError):
            return date.max

    def end_of(self, day: date) -> date:
        """The last day of the period that ``day`` lies in."""
        following = self.next_review(day)
        return following if following == date.max else following - timedelta(days=1)

    def complete_until(self, day: date) -> date | None:
        """The last day of the last period that is complete at the end of ``day``; None before the first."""
        end = self.end_of(day)
        if end <= day:
            return end
        start = self.start_of(day)
        return start - timedelta(days=1) if start > date.min else None

    def previous_start(self, day: date) -> date:
        """The first day of the period before the one of ``day``; ``date.min`` where the calendar begins."""
        start = self.start_of(day)
        return start if start == date.min else self.start_of(start - timedelta(days=1))

    def starts(self, first: date, last: date) -> Iterator[date]:
        """The first days of all periods that touch ``first`` to ``last``, in order."""
        start = self.start_of(first)
        while start <= last:
            yield start
            following = self.next_review(start)
            if following == date.max:
                return
            start = following

    def reviews(self, start: date, due: date) -> int:
        """How many periods are complete between ``start`` and ``due``, the due date's own included."""
        if due < start:
            return 0
        return self._index(due) - self._index(start) + 1

    def _index(self, day: date) -> int:
        """The number of the period of ``day`` on an endless axis."""
        if self.code == "daily":
            return day.toordinal()
        if self.code == "weekly":
            return (day.toordinal() - 1) // 7
        return (_months(day) - (self.fiscal_year_start - 1)) // MONTHS[self.code]


def _months(day: date) -> int:
    return day.year * 12 + day.month - 1


def _first_of(months: int) -> date:
    return date.min if months < 12 else date(months // 12, months % 12 + 1, 1)
