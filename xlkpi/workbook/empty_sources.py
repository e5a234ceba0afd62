"""A workbook whose sources have no rows for once: its numbers stay those of a day on which they had.

The as-of date is the last day with data. Where a source has none, another day would take its place: that of today, or
one long before, and with it reviews and alerts of days of which nothing is known.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

from xlkpi.workbook.live import as_date

if TYPE_CHECKING:
    from xlkpi.objectives import Project
    from xlkpi.scorecard.model import Scorecard
    from xlkpi.workbook.state import State


def on_its_day(
    compute: Callable[[Project], Scorecard], state: State, as_of: date | None
) -> Callable[[Project], Scorecard]:
    """The same, which does not go back behind a workbook's day while a source has no rows, and has no other day while
    none has any. A day that somebody asks for (``as_of``, or in the project) is that day.
    """
    last = as_date(state.as_of)

    def computed(project: Project) -> Scorecard:
        from xlkpi.scorecard import scorecard

        card = compute(project)
        if last is None or as_of is not None or project.as_of != "latest" or not card.data.empty:
            return card
        day = max(min(last, card.today), card.data.last or date.min)
        return card if day == card.as_of else scorecard(card.project, card.data, as_of=day, today=card.today)

    return computed


__all__ = ["on_its_day"]
