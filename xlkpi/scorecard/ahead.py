"""Rows of sources that are dated after today: a slip in a date, or what is planned. The scorecard doesn't follow them.

A row that has begun counts to its end: that of a month is known before the month is over.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from xlkpi.language import current, text
from xlkpi.language.dates import day as told

if TYPE_CHECKING:
    from xlkpi.scorecard.data import Data
    from xlkpi.sources.table import Table


@dataclass(frozen=True)
class Ahead:
    """The rows of a source that are dated after today: how many, and from which day to which."""

    rows: int
    first: date
    last: date

    def text(self, source: str, language: str | None = None) -> str:
        language = language or current()
        first, last = told(self.first, language), told(self.last, language)
        days = first if first == last else text("scorecard.days", language, first=first, last=last)
        return text("scorecard.ahead", language, source=source, rows=self.rows, days=days)

    def as_json(self) -> dict[str, Any]:
        """For ``--json``."""
        return {"rows": self.rows, "first": self.first.isoformat(), "last": self.last.isoformat()}


def up_to(data: Data, day: date) -> Data:
    """The same data, of which the days are those of rows that have begun by a day; the others are told (``ahead``).

    Where nothing has begun, all of it counts.
    """
    ahead, spans = {}, dict(data.spans)
    for name, (first, last) in data.spans.items():
        if last <= day:
            continue
        if (name, day) not in data._cut:
            data._cut[name, day] = _after(data.tables[name], day)
        until, later = data._cut[name, day]
        if later:
            ahead[name] = later
            spans[name] = first, until or last
    if all(first > day for first, _ in spans.values()):
        return data
    return replace(data, spans=spans, ahead={**data.ahead, **ahead}) if ahead else data


def _after(table: Table, day: date) -> tuple[date | None, Ahead | None]:
    """The last day of the rows that have begun, and the others."""
    rows = table.expression
    start, end = rows["date"], rows["date_end"] if table.spans else rows["date"]
    later = start > day
    query = rows.aggregate(
        until=end.max(where=~later), rows=later.sum(), first=start.min(where=later), last=end.max(where=later)
    )
    found = table.connection.run(query).to_pylist()[0]
    count = int(found["rows"] or 0)
    return found["until"], Ahead(count, found["first"], found["last"]) if count else None


__all__ = ["Ahead", "up_to"]
