"""What a row's date stands for: a day, a week, a month, or the days between a start and an end.

A row that covers several days is not a daily row: it keeps its first and last day, and counts only in a period that
holds both.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from xlkpi.sources.dates import Dates, parse_dates
from xlkpi.sources.headers import normal
from xlkpi.sources.mapping import Mapping
from xlkpi.sources.preset import Export, Period
from xlkpi.sources.raw import RawTable
from xlkpi.sources.report import FileReport, Mapped
from xlkpi.sources.source import Source, fail

_WEEK = frozenset({"week", "semaine"})
_MONTH = frozenset({"month", "mois", "year month", "annee mois"})
_RANGE = re.compile(r"^(.+?\d{4}|\d{1,4}[/.-]\d{1,2}[/.-]\d{1,4}|\d{8}) ?(?:-|–|—|to|au|à) ?(.+)$")


@dataclass
class Spans:
    """First and last day of each row, and the rows whose date can't be read or is out of reach."""

    first: Any
    last: Any
    unreadable: Any
    outside: Any
    column: str | None = None


def read_spans(raw: RawTable, mapping: Mapping, source: Source, export: Export | None, report: FileReport) -> Spans:
    """The days that each row covers, from its columns, or for the whole table from the lines above it.

    Raises SourceError when nothing tells them, or when the date's format stays open.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    f, told = mapping.one("date"), _interval(source.covers)
    if f is None or f.index is None:
        span = told or _noted(raw.notes, export.period if export else None)
        if span is None:
            fail("no_date", raw.file, key="date", columns=", ".join(n for n in raw.names if n)[:300])
        none = pa.repeat(pa.scalar(False), raw.length)
        report.notes.append(f"{span[0].isoformat()} – {span[1].isoformat()}")
        report.mapped.append(Mapped("", "date", None, None, None, "notes"))
        first, last = (pa.repeat(pa.scalar(day, pa.date32()), raw.length) for day in span)
        return Spans(first, last, none, none)
    name = raw.names[f.index]
    zone = source.timezone
    found = parse_dates(raw.columns[f.index], name, order=source.dates, file=raw.file, timezone=zone)
    _check(raw, found, f.index, name)
    report.mapped.append(Mapped(name, "date", f.alias, found.form, found.why))
    report.zoned = found.zoned
    first, last, bad = found.first, found.last, found.unreadable
    end = mapping.one("end")
    if end is not None and end.index is not None:
        order = source.dates or (found.form if found.form in ("day_first", "month_first") else None)
        closing = parse_dates(raw.columns[end.index], raw.names[end.index], order=order, file=raw.file, timezone=zone)
        report.mapped.append(Mapped(raw.names[end.index], "date_end", end.alias, closing.form, closing.why))
        last = pc.coalesce(closing.last, last)
        bad = pc.or_(bad, pc.fill_null(pc.less(last, first), False))
    else:
        last = _covering(first, last, _covers(f.header or "", found, source, export))
    return Spans(first, last, bad, found.outside, name)


def _check(raw: RawTable, found: Dates, at: int, name: str) -> None:
    import pyarrow as pa
    import pyarrow.compute as pc

    bad = pc.sum(found.unreadable).as_py() or 0
    good = raw.length - found.first.null_count
    if bad and bad >= good:
        example = pc.cast(raw.columns[at], pa.string()).filter(found.unreadable)[0].as_py()
        fail("dates_unreadable", raw.file, key="date", column=name, value=example[:60])


def _covers(header: str, found: Dates, source: Source, export: Export | None) -> str:
    if source.covers in ("day", "week", "month"):
        return source.covers
    key = normal(header)
    if key in _WEEK:
        return "week"
    if key in _MONTH:
        return "month"
    if export and export.covers == "step":
        return _step(found.first)
    return export.covers if export else "day"


def _step(column: Any) -> str:
    """``week`` or ``month`` when all dates are that far apart, else ``day``."""
    days: list[date] = sorted(d for d in column.unique().to_pylist() if d)
    if len(days) < 2:
        return "day"
    if all((b - a).days == 7 for a, b in pairwise(days)):
        return "week"
    return "month" if all(d.day == 1 for d in days) else "day"


def _covering(first: Any, last: Any, covers: str) -> Any:
    """The last day of rows whose date is a first day."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if covers == "week":
        if not pc.all(pc.equal(first, last)).as_py():
            return last  # the column told weeks itself
        return pc.cast(pc.add(pc.cast(first, pa.int32()), pa.scalar(6, pa.int32())), pa.date32())
    if covers == "month":
        coded = first.dictionary_encode()
        ends = [_month_end(day) if day else None for day in coded.dictionary.to_pylist()]
        return pc.take(pa.array(ends, pa.date32()), coded.indices)
    return last


def _month_end(day: date) -> date:
    following = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    return following - timedelta(days=1)


def _interval(covers: str | None) -> tuple[date, date] | None:
    """``2026-01-01/2026-01-31`` as its two days."""
    if covers is None or covers in ("day", "week", "month"):
        return None
    try:
        first, last = (date.fromisoformat(part.strip()) for part in covers.split("/"))
    except ValueError:
        fail("covers", key="covers", covers=covers)
    if last < first:
        fail("covers", key="covers", covers=covers)
    return first, last


def _noted(notes: list[str], period: Period | None) -> tuple[date, date] | None:
    """The period that the lines above a table tell, in a form that can be read in one way only."""
    told: dict[str, date] = {}
    for note in notes:
        label, _, value = note.partition(":")
        if period and value:
            for side, names in (("start", period.start), ("end", period.end)):
                if normal(label) in {normal(n) for n in names} and (day := _one_day(value)):
                    told[side] = day
        found = _RANGE.match(note.strip(' "'))
        if found and (a := _one_day(found[1])) and (b := _one_day(found[2])):
            return a, b
    return (told["start"], told["end"]) if len(told) == 2 else None


def _one_day(value: str) -> date | None:
    import pyarrow as pa

    from xlkpi.errors import SourceError

    try:
        found: date | None = parse_dates(pa.array([value.strip(' "')])).first[0].as_py()
    except SourceError:
        return None
    return found
