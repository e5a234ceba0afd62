"""Where an aggregated table comes from, without anything secret in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from xlkpi.language import text
from xlkpi.language.dates import day


@dataclass(frozen=True)
class Unavailable:
    """A measure that has no value in some rows of the result, and why (texts: ``aggregate.reason.<reason>``)."""

    measure: str
    reason: str
    rows: int


@dataclass(frozen=True)
class Provenance:
    """What was aggregated, and how.

    ``rows`` of the source, of which ``rows_undated`` have no date and ``rows_used`` are wanted; ``groups`` were found
    in them and ``rows_out`` written, empty periods included. ``first`` and ``last``: the days of the calendar.
    """

    source: str
    engine: str
    cadence: str
    fiscal_year_start: int = 1
    by: tuple[str, ...] = ()
    where: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    rows: int = 0
    rows_undated: int = 0
    rows_used: int = 0
    groups: int = 0
    rows_out: int = 0
    first: date | None = None
    last: date | None = None
    unavailable: tuple[Unavailable, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Plain data, with dates in ISO form."""
        plain = asdict(self)
        plain["first"], plain["last"] = (d.isoformat() if d else None for d in (self.first, self.last))
        return plain

    def text(self, language: str | None = None) -> str:
        """The same for people, a few lines."""

        def say(key: str, **values: Any) -> str:
            return text(f"aggregate.{key}", language, **values)

        lines = [say("rows", source=self.source, rows=self.rows, used=self.rows_used, out=self.rows_out)]
        if self.first and self.last:
            lines.append(say("days", first=day(self.first, language), last=day(self.last, language)))
        if self.where:
            lines.append(say("where", where="; ".join(f"{k}: {', '.join(map(str, v))}" for k, v in self.where.items())))
        if self.rows_undated:
            lines.append(say("undated", rows=self.rows_undated))
        for u in self.unavailable:
            lines.append(say("unavailable", measure=u.measure, rows=u.rows, reason=say(f"reason.{u.reason}")))
        return "\n".join(lines)
