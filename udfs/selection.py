"""Which rows of an export count: filters, days and periods, given as arguments or as one block of names and values.

A block is a range of two columns. A name is an option (``by``, ``period``, ``from_day``, ``to_day``), or a column and
the value that is wanted, ``<>`` before it for all others. A period's word (``month``, ``week`` …) filters by period: by
its label (``2026-03``), or counted back from the end of the data: -1 is the last complete period, -2 the one before.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, cast

from xlkpi.cadence import Cadence, Code
from xlkpi.catalogue.model import fold
from xlkpi.errors import EvaluationError, Problem, SourceError
from xlkpi.sources.headers import normal

from . import arguments as read
from .cells import Cell, flat, is_range, rows_of
from .exports import Table

#: The options of a block, in both languages.
OPTIONS: Mapping[str, str] = {
    "by": "by", "par": "by", "period": "period", "periode": "period",
    "from_day": "from_day", "from": "from_day", "du": "from_day",
    "to_day": "to_day", "to": "to_day", "au": "to_day",
}  # fmt: skip
#: A period counted back from the end of the data; more than four digits reach beyond any.
_BACK = re.compile(r"[-\u2212]([1-9]\d{0,3})")
Condition = tuple[str, list[str], bool]


@dataclass
class Options:
    """What a call asks for beside its KPIs and data; days and period as they stand in cells."""

    by: list[str] = field(default_factory=list)
    period: Any = None
    filters: list[Condition] = field(default_factory=list)
    from_day: Any = None
    to_day: Any = None


def options(
    table: Table, by: Any = None, period: Any = None, where: Any = None, from_day: Any = None, to_day: Any = None
) -> Options:
    """The arguments together with those of a block; what is given as an argument goes before the block."""
    block: list[tuple[str, Cell]] = []
    if _is_block(by):
        block, by = _pairs(by), None
    if is_range(where) and len(rows_of(where)[0]) > 1:
        block, where = block + _pairs(where), None
    found = Options(
        [read.text(v) for v in flat(by) if v is not None] if by is not None else [], period, [], from_day, to_day
    )
    names: list[str] = []
    pairs: list[tuple[str, str, bool]] = []
    for name, value in block:
        option = _option(table, name, value)
        if option is None:
            written = read.written(value).strip()
            others = written.startswith("<>")
            pairs.append((name, written.removeprefix("<>").strip(), not others))
        elif value is not None and option == "by":
            names.append(read.written(value).strip())
        elif option != "by" and getattr(found, option) is None:
            setattr(found, option, value)
    found.by = found.by or names
    found.filters = _together(pairs + _texts(where))
    return found


def selected(table: Table, chosen: Options) -> list[int]:
    """The rows that filters and days leave."""
    rows = list(range(len(table.rows)))
    for name, values, wanted in chosen.filters:
        cadence = _cadence_of(table, name, values)
        if cadence is not None:
            labels = _labels(table, cadence, values)
            rows = [i for i in rows if (period_label(period_of(table, i, cadence), cadence) in labels) is wanted]
        else:
            column = table.dimension(name)
            known = {normal(value) for value in values}
            rows = [i for i in rows if (normal(column[i]) in known) is wanted]
    first, last = read.day(chosen.from_day), read.day(chosen.to_day)
    if first or last:
        days = _days(table)
        low, high = first or date.min, last or date.max
        rows = [i for i in rows if (span := days[i]) and span[0] >= low and span[1] <= high]
    return rows


def period_of(table: Table, row: int, cadence: Cadence) -> date | None:
    """The first day of a row's period; None for a row without a day. Raises SourceError where it covers several."""
    span = _days(table)[row]
    if span is None:
        return None
    start = cadence.start_of(span[0])
    if cadence.start_of(span[1]) != start:
        raise SourceError(Problem("udfs_spans", {"first": span[0].isoformat(), "last": span[1].isoformat()}))
    return start


def period_label(start: date | None, cadence: Cadence) -> str:
    """A period as text that sorts: 2026-03-01, 2026-W10, 2026-03, 2026-Q1, 2026; empty for none."""
    if start is None:
        return ""
    if cadence.code == "daily":
        return start.isoformat()
    if cadence.code == "weekly":
        year, week, _ = start.isocalendar()
        return f"{year}-W{week:02}"
    if cadence.code == "monthly":
        return f"{start:%Y-%m}"
    return f"{start.year}-Q{(start.month + 2) // 3}" if cadence.code == "quarterly" else f"{start.year}"


def _days(table: Table) -> list[tuple[date, date] | None]:
    if table.days is None:
        raise SourceError(Problem("udfs_no_date", {"columns": ", ".join(n for n in table.names if n)[:300]}))
    return table.days


def _is_block(by: Any) -> bool:
    """Whether a range in the place of the columns is a block: two wide, and more than two columns to group by."""
    if not is_range(by):
        return False
    rows = [row for row in rows_of(by) if row[0] is not None]
    if not rows or len(rows[0]) != 2:
        return False
    return any(fold(read.written(row[0])) in OPTIONS for row in rows) or sum(row[1] is not None for row in rows) > 1


def _pairs(value: Any) -> list[tuple[str, Cell]]:
    return [(read.written(row[0]).strip(), row[1]) for row in rows_of(value) if row[0] is not None]


def _option(table: Table, name: str, value: Cell) -> str | None:
    """The option that a name is; a column of the data that is called so goes before, save for a period's word."""
    option = OPTIONS.get(fold(name))
    if option is None or (option == "period" and fold(read.written(value)) in read.PERIODS):
        return option
    return None if _has(table, name) else option


def _has(table: Table, name: str) -> bool:
    try:
        table.dimension(name)
    except SourceError:
        return False
    return True


def _cadence_of(table: Table, name: str, values: list[str]) -> Cadence | None:
    """The cadence of a filter by period; a column that is called so is filtered by its own texts."""
    code = read.PERIODS.get(fold(name))
    if code is None or (_has(table, name) and not all(map(_BACK.fullmatch, values))):
        return None
    return Cadence(cast(Code, code))


def _labels(table: Table, cadence: Cadence, values: list[str]) -> set[str]:
    """The labels of periods, those that are counted back from the last complete one by the days of all rows."""
    last = max((span[1] for span in _days(table) if span), default=None)
    labels = set()
    for value in values:
        back = _BACK.fullmatch(value)
        if back is None:
            labels.add(value.upper())
        elif last is not None and (end := cadence.complete_until(last)) is not None:
            start = cadence.start_of(end)
            for _ in range(int(back[1]) - 1):
                start = cadence.previous_start(start)
            labels.add(period_label(start, cadence))
    return labels


def _texts(where: Any) -> list[tuple[str, str, bool]]:
    """Filters of texts as (column, value, whether it is wanted). Raises EvaluationError for one that is no filter."""
    found = []
    for part in [p for v in flat(where) for p in read.text(v).split(";") if p.strip()] if where is not None else []:
        name, wanted, value = next(
            ((n, sign == "=", v) for sign in ("<>", "!=", "=") for n, s, v in [part.partition(sign)] if s),
            ("", True, ""),
        )
        if not name.strip():
            raise EvaluationError(Problem("udfs_where", {"given": part.strip()[:60]}))
        found.append((name.strip(), value.strip(), wanted))
    return found


def _together(pairs: list[tuple[str, str, bool]]) -> list[Condition]:
    """Filters by column: several values of one are alternatives."""
    told: dict[tuple[str, bool], list[str]] = {}
    for name, value, wanted in pairs:
        told.setdefault((name, wanted), []).append(value)
    return [(name, values, wanted) for (name, wanted), values in told.items()]
