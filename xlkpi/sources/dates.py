"""Dates as exports write them: ISO, ``20260301``, ``01/03/2026``, ``Mar 1, 2026``, ``1er mars 2026``, months, weeks.

Whether days or months come first is decided once per column, from all its values; where every value can be read
both ways, that is an error that shows the two readings.
"""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from xlkpi.sources.numbers import MISSING
from xlkpi.sources.source import fail

#: Years outside these are typing mistakes or placeholders (1900, 9999).
FIRST, LAST = 1990, 2100
_ZONED = r"\d:\d{2}.*(Z|UTC|[+-]\d{2}:?\d{2})$"
_EPOCH = r"\d{10}(\.\d+)?|\d{13}|\d{16}"
_TIME = r"([T ,]|\s)+\d{1,2}[:hH]\d{2}.*$"
_MONTH_NAMES = (
    "jan january janv janvier", "feb february fev fevr fevrier", "mar march mars", "apr april avr avril", "may mai",
    "jun june juin", "jul july juil juillet", "aug august aou aout", "sep sept september septembre",
    "oct october octobre", "nov november novembre", "dec december decembre",
)  # fmt: skip
_MONTHS = {name: number for number, names in enumerate(_MONTH_NAMES, start=1) for name in names.split()}
_WEEKDAY_NAMES = (
    "mon monday lun lundi", "tue tues tuesday mar mardi", "wed wednesday mer mercredi",
    "thu thur thurs thursday jeu jeudi", "fri friday ven vendredi", "sat saturday sam samedi",
    "sun sunday dim dimanche",
)  # fmt: skip
_WEEKDAYS = frozenset(name for names in _WEEKDAY_NAMES for name in names.split())
Span = tuple[date, date]


@dataclass(frozen=True)
class Dates:
    """A column read as dates: first and last day that each cell stands for, and what could not be read.

    ``form``: ``iso``, ``compact``, ``day_first``, ``month_first``, ``named``, ``month``, ``week``, ``serial``
    (Excel's days), ``epoch`` (seconds since 1970), ``yearly`` (``202603``) or ``typed``.
    ``why``: ``values``, ``key`` or ``typed``. ``zoned``: times had an offset; the day is the one that is written.
    """

    first: Any
    last: Any
    unreadable: Any
    outside: Any
    form: str
    why: str
    zoned: bool = False


def parse_dates(
    column: Any, name: str = "", *, order: str | None = None, file: str | None = None, timezone: str | None = None
) -> Dates:
    """Read a pyarrow column of text, dates, timestamps, or numbers (Excel's days, seconds since 1970).

    ``order`` is ``day_first`` or ``month_first`` where the user says so. ``timezone``: the one in which moments become
    days; without it, the day is the one that is written. Raises SourceError when it stays open, and for a time zone
    where the moments have none themselves.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return _typed(column, name, order, file, timezone)
    coded = column.dictionary_encode()
    coded = coded.combine_chunks() if isinstance(coded, pa.ChunkedArray) else coded
    texts = pc.utf8_trim_whitespace(coded.dictionary)
    zoned = pc.any(pc.match_substring_regex(texts, _ZONED)).as_py() or False
    if timezone:
        texts, zoned = _in_zone(texts, timezone, name, file), False
    days = pc.replace_substring_regex(texts, _TIME, "")  # the many times of a day become one text
    again = days.dictionary_encode()
    words = [word.strip() for word in again.dictionary.to_pylist()]
    spans, form, why = _read(words, name, order, file)
    first = pa.array([s[0] if isinstance(s, tuple) else None for s in spans], pa.date32())
    last = pa.array([s[1] if isinstance(s, tuple) else None for s in spans], pa.date32())
    bad = pa.array([s == "unreadable" for s in spans], pa.bool_())
    out = pa.array([s == "outside" for s in spans], pa.bool_())
    back = pc.take(again.indices, coded.indices)
    return Dates(
        pc.take(first, back), pc.take(last, back),
        pc.fill_null(pc.take(bad, back), False), pc.fill_null(pc.take(out, back), False), form, why, zoned,
    )  # fmt: skip


def _in_zone(texts: Any, timezone: str, name: str, file: str | None) -> Any:
    """Moments as ISO days of a time zone. Raises SourceError for values that don't tell their own zone."""
    import pyarrow as pa

    zone = _zone(timezone)
    utc = bool(re.search(r"\bUTC\b", name))
    out: list[str | None] = []
    for text in texts.to_pylist():
        if text is None or text.lower() in MISSING:
            out.append(text)
            continue
        if re.fullmatch(_EPOCH, text):
            out.append(_moment(text).astimezone(zone).date().isoformat())
            continue
        try:
            moment = datetime.fromisoformat(re.sub(r" ?(UTC|Z)$", "+00:00", text))
        except ValueError:
            moment = None
        if moment is None or (moment.tzinfo is None and not utc) or len(text) <= len("2026-01-01"):
            fail("timezone_unknown", file, key="timezone", column=name, value=text)
        out.append((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(zone).date().isoformat())
    return pa.array(out, pa.string())


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        fail("timezone", key="timezone", zone=name)


def _typed(column: Any, name: str, order: str | None, file: str | None, timezone: str | None) -> Dates:
    import pyarrow as pa
    import pyarrow.compute as pc

    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    none = pa.repeat(pa.scalar(False), len(array))
    if pa.types.is_null(array.type):
        days = pa.nulls(len(array), pa.date32())
    elif pa.types.is_temporal(array.type) and not pa.types.is_time(array.type) and not pa.types.is_duration(array.type):
        zoned = pa.types.is_timestamp(array.type) and array.type.tz is not None
        if timezone and not zoned:
            example = str(array[0].as_py()) if len(array) else ""
            fail("timezone_unknown", file, key="timezone", column=name, value=example)
        if timezone and zoned:
            _zone(timezone)
            array = array.cast(pa.timestamp(array.type.unit, timezone))
        days = pc.cast(array, pa.date32(), safe=False)
    elif pa.types.is_integer(array.type) or pa.types.is_floating(array.type):
        text = pc.cast(pc.cast(array, pa.int64(), safe=False), pa.string())
        return parse_dates(text, name, order=order, file=file, timezone=timezone)
    else:
        return Dates(
            pa.nulls(len(array), pa.date32()),
            pa.nulls(len(array), pa.date32()),
            pc.is_valid(array),
            none,
            "typed",
            "typed",
        )
    year = pc.year(days)
    outside = pc.fill_null(pc.or_(pc.less(year, FIRST), pc.greater(year, LAST)), False)
    days = pc.if_else(outside, pa.scalar(None, pa.date32()), days)
    return Dates(days, days, none, outside, "typed", "typed")


def _read(words: list[str], name: str, order: str | None, file: str | None) -> tuple[list[Span | str | None], str, str]:
    """What each text stands for: a span, ``unreadable``, ``outside`` or None; the form, and why it was chosen."""
    spans: list[Span | str | None] = []
    forms: dict[str, int] = {}
    numeric: dict[int, tuple[int, int, int]] = {}
    for i, word in enumerate(words):
        if word.lower() in MISSING:
            spans.append(None)
            continue
        if pair := _NUMERIC.match(word):
            year = int(pair[3])
            numeric[i] = int(pair[1]), int(pair[2]), year + (2000 if year < 70 else 1900) * (len(pair[3]) == 2)
            spans.append(None)
            continue
        for form, reader in _FORMS.items():
            found = reader(word) if form != "yearly" else _within_year(word, name)
            if found is not None:
                forms[form] = forms.get(form, 0) + 1
                spans.append(found)
                break
        else:
            spans.append("unreadable")
    why = "values"
    if numeric:
        first, why = _order(numeric, words, name, order, file)
        forms[first] = len(numeric)
        for i, (a, b, year) in numeric.items():
            spans[i] = _day(year, b, a) if first == "day_first" else _day(year, a, b)
    return spans, max(forms, key=lambda form: forms[form], default="iso"), why


def _order(
    numeric: dict[int, tuple[int, int, int]], words: list[str], name: str, order: str | None, file: str | None
) -> tuple[str, str]:
    if order in ("day_first", "month_first"):
        return order, "key"
    day_first = next((i for i, (a, b, _) in numeric.items() if a > 12 >= b), None)
    month_first = next((i for i, (a, b, _) in numeric.items() if b > 12 >= a), None)
    if day_first is not None and month_first is not None:
        fail("dates_mixed", file, key="dates", column=name, first=words[day_first], second=words[month_first])
    if day_first is not None:
        return "day_first", "values"
    if month_first is not None:
        return "month_first", "values"
    different = next((i for i, (a, b, _) in numeric.items() if a != b and a <= 12 and b <= 12), None)
    if different is not None:
        a, b, year = numeric[different]
        fail("dates_open", file, key="dates", column=name, value=words[different],
             day_first=f"{year:04}-{b:02}-{a:02}", month_first=f"{year:04}-{a:02}-{b:02}")  # fmt: skip
    return "day_first", "values"  # 01/01, 02/02: both readings are the same


_NUMERIC = re.compile(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4}|\d{2})$")


def _day(year: int, month: int, day: int) -> Span | str:
    if not FIRST <= year <= LAST:
        return "outside"
    try:
        found = date(year, month, day)
    except ValueError:
        return "unreadable"
    return found, found


def _iso(word: str) -> Span | str | None:
    found = re.match(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})$", word)
    return _day(int(found[1]), int(found[2]), int(found[3])) if found else None


def _compact(word: str) -> Span | str | None:
    found = re.match(r"(\d{4})(\d{2})(\d{2})$", word)
    return _day(int(found[1]), int(found[2]), int(found[3])) if found else None


def _serial(word: str) -> Span | str | None:
    """Excel's number of a day (1900 system), also with a time behind the mark."""
    found = re.match(r"(\d{5})([.,]\d+)?$", word)
    if not found:
        return None
    day = date(1899, 12, 30) + timedelta(days=int(found[1]))
    return _day(day.year, day.month, day.day)


def _moment(word: str) -> datetime:
    whole = int(word.split(".")[0])
    seconds = whole / 10.0 ** {10: 0, 13: 3, 16: 6}[len(word.split(".")[0])]
    return datetime.fromtimestamp(seconds, UTC)


def _epoch(word: str) -> Span | str | None:
    """Seconds, milliseconds or microseconds since 1970; the day in UTC."""
    if not re.fullmatch(_EPOCH, word):
        return None
    day = _moment(word).date()
    return _day(day.year, day.month, day.day)


def _within_year(word: str, name: str) -> Span | str | None:
    """``202603`` under a header of months, ``202612`` under one of ISO weeks."""
    found = re.match(r"(\d{4})(\d{2})$", word)
    header = _plain(name)
    if not found:
        return None
    if "month" in header or "mois" in header:
        return _whole_month(int(found[1]), int(found[2])) if 1 <= int(found[2]) <= 12 else "unreadable"
    return _week(f"{found[1]}-W{found[2]}") if "iso" in header and ("week" in header or "semaine" in header) else None


def _month(word: str) -> Span | str | None:
    found = re.match(r"(\d{4})[-/](\d{1,2})$", word)
    if not found:
        named = re.match(r"([^\W\d]+)\.?,? (\d{4})$", word)
        number = _MONTHS.get(_plain(named[1])) if named else None
        if not named or not number:
            return None
        return _whole_month(int(named[2]), number)
    return _whole_month(int(found[1]), int(found[2]))


def _whole_month(year: int, month: int) -> Span | str:
    start = _day(year, month, 1)
    return start if isinstance(start, str) else (start[0], date(year, month, monthrange(year, month)[1]))


def _week(word: str) -> Span | str | None:
    found = re.match(r"(\d{4})-?[WS](\d{1,2})$", word)
    if not found:
        return None
    try:
        start = date.fromisocalendar(int(found[1]), int(found[2]), 1)
    except ValueError:
        return "unreadable"
    return start, start + timedelta(days=6)


def _named(word: str) -> Span | str | None:
    tokens = re.findall(r"\d+|[^\W\d]+", _plain(word))
    if len(tokens) > 1 and tokens[0] in _WEEKDAYS and not (tokens[0] in _MONTHS and len(tokens) == 3):
        tokens = tokens[1:]
    tokens = [t for t in tokens if t not in ("er", "st", "nd", "rd", "th")]
    if len(tokens) != 3 or not tokens[2].isdigit():
        return None
    if tokens[0].isdigit() and tokens[1] in _MONTHS:
        return _day(int(tokens[2]), _MONTHS[tokens[1]], int(tokens[0]))
    if tokens[0] in _MONTHS and tokens[1].isdigit():
        return _day(int(tokens[2]), _MONTHS[tokens[0]], int(tokens[1]))
    return None


def _plain(word: str) -> str:
    decomposed = unicodedata.normalize("NFD", word.lower())
    return "".join(c for c in decomposed if not unicodedata.combining(c))


_FORMS: dict[str, Callable[[str], Span | str | None]] = {
    "iso": _iso, "compact": _compact, "month": _month, "week": _week, "named": _named, "serial": _serial,
    "epoch": _epoch, "yearly": lambda _: None,
}  # fmt: skip
