"""A raw export in a range: headers found and recognised, cells read as measures, dimensions and days.

The rules are those of :mod:`xlkpi.sources` (presets, header aliases, decimal marks, totals), on cells and without its
libraries, so that a pasted report works in every Excel.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import lru_cache

from xlkpi.errors import Problem, SourceError
from xlkpi.formula import NoData
from xlkpi.sources import dates
from xlkpi.sources.aside import is_total
from xlkpi.sources.detect import detect
from xlkpi.sources.headers import normal
from xlkpi.sources.layout import COMMENT, header_index, is_header
from xlkpi.sources.mapping import Field, map_columns
from xlkpi.sources.mapping import Mapping as Mapped
from xlkpi.sources.preset import DIMENSIONS, Column, Export, is_whole, measures, preset, presets
from xlkpi.sources.source import Source
from xlkpi.sources.text_numbers import read_numbers
from xlkpi.sources.unlabelled import equal_sums
from xlkpi.sources.wide import MARK
from xlkpi.status.facts import as_date

from .arguments import written
from .cells import Cell, Rows
from .settings import catalogue

#: Rows in which the header is looked for.
SAMPLE = 60
Span = tuple[date, date] | None
Value = float | NoData | None


@dataclass
class Table:
    """A clean table: per row its measures, dimensions and days. ``told`` is what was recognised, for explanations."""

    names: list[str]
    rows: Rows
    measures: dict[str, list[Value]] = field(default_factory=dict)
    dimensions: dict[str, list[str]] = field(default_factory=dict)
    days: list[Span] | None = None
    preset: str | None = None
    mapped: Mapped = field(default_factory=Mapped)
    dropped: int = 0

    def dimension(self, name: str) -> list[str]:
        """A dimension by its id, an alias of it in any preset, or any column of the table by its header.

        Raises SourceError that proposes the nearest.
        """
        wanted = normal(name)
        target = wanted.replace(" ", "_")
        for known in (target, aliases().get(wanted, "")):
            if known in self.dimensions:
                return self.dimensions[known]
        headers = {normal(n): i for i, n in enumerate(self.names) if n}
        if wanted in headers:
            return [written(row[headers[wanted]]) for row in self.rows]
        from xlkpi.validation import nearest

        known_names = [*self.dimensions, *(n for n in self.names if n)]
        meant = nearest(name, known_names)
        code = "source_column_unknown_nearest" if meant else "source_column_unknown"
        raise SourceError(
            Problem(code, {"column": name, "nearest": meant or "", "known": ", ".join(known_names)[:500]})
        )

    def measure(self, name: str) -> list[Value] | None:
        """A measure's column; in a table that no preset knows, also one whose header may mean it, such as clicks for
        those of an e-mail.
        """
        if name not in self.measures and self.preset is None:
            for f in self.mapped.of("measure"):
                if f.header and name in meanings().get(normal(f.header), {}):
                    self.measures[name] = self.measures[f.target]
        return self.measures.get(name)


def read_table(rows: Rows) -> Table:
    """The clean table of a range with headers. Raises SourceError where something can be read in two ways."""
    sample = [[written(v) for v in row] for row in rows[:SAMPLE]]
    at = header_index(sample)
    if at is None:
        at = next((i for i, row in enumerate(sample) if any(cell.strip() for cell in row)), 0)
    if not sample:
        raise SourceError(Problem("udfs_no_measure", {"columns": "–"}))
    names = [cell.strip() for cell in sample[at]]
    body = _body(rows[at + 1 :])
    export, platform = _recognised(names)
    mapping = map_columns(names, Source(), export) if export else Mapped(_by_name(names))
    table = Table(names, body, preset=platform, mapped=mapping)
    _leave_out(table, export)
    firsts = _first_lines(table, export)
    _read_dimensions(table, platform)
    _read_days(table, export)
    _read_measures(table, firsts)
    if any(f.channel for f in mapping.fields):
        return _long(table)
    _leave_out_unlabelled(table)
    return table


def _body(rows: Rows) -> Rows:
    """The rows of the first table: up to a comment, or to another header behind a blank row."""
    body: Rows = []
    blank = False
    for row in rows:
        texts = [written(v).strip() for v in row] if blank or isinstance(row[0], str) else []
        alone = texts[:1] + [t for t in texts[1:] if t]
        if texts and texts[0].startswith(COMMENT) and (blank or len(alone) == 1):
            break
        if blank and body and is_header([t for t in texts if t]):
            break
        blank = all(v is None for v in row)
        if not blank:
            body.append(row)
    return body


def _recognised(names: Sequence[str]) -> tuple[Export | None, str | None]:
    """The platform's export that the headers tell; nothing where none does, or several do."""
    try:
        match = detect(names)
    except SourceError:
        return None, None
    return match.found, match.preset


@lru_cache(maxsize=1)
def meanings() -> Mapping[str, Mapping[str, int]]:
    """Every header that a preset reads as it is, with the measures and dimensions that it stands for, and how often."""
    found: dict[str, dict[str, int]] = {}
    for known in presets().values():
        for export in known.exports.values():
            for target in export.columns:
                spec = export.column(target)
                for name in () if spec.scale or spec.minus or spec.where else spec.names:
                    counted = found.setdefault(normal(name), {})
                    counted[target] = counted.get(target, 0) + 1
    return found


@lru_cache(maxsize=1)
def aliases() -> Mapping[str, str]:
    """Every header with its most frequent meaning."""
    return {name: max(counted, key=lambda t: counted[t]) for name, counted in meanings().items()}


def _by_name(names: Sequence[str]) -> list[Field]:
    """The columns of a table that no preset knows: by a measure's id or name, else by what presets call it."""
    known = catalogue().measures
    own = {normal(word): m.id for m in known.values() for word in (*m.name.values(), m.id)}
    found: dict[str, Field] = {}
    for i, name in enumerate(names):
        target = own.get(normal(name)) or aliases().get(normal(name)) or _word(name)
        if target and target not in found:
            role = target if target in ("date", "currency") else "dimension" if target in DIMENSIONS else "measure"
            if role != "measure" or target in known:
                found[target] = Field(target, role, Column(names=(name,)), i, name, name)  # type: ignore[arg-type]  # a Role
    return list(found.values())


def _word(name: str) -> str | None:
    """A dimension by its own id, and the plainest words for a date."""
    word = normal(name).replace(" ", "_")
    if word in DIMENSIONS:
        return word
    return "date" if word in ("date", "day", "jour", "month", "mois", "week", "semaine") else None


def _leave_out(table: Table, export: Export | None) -> None:
    """Take out totals, repeated headers, and rows that the preset says are no results."""
    looked = {0} | {f.index for f in table.mapped.fields if f.role in ("date", "dimension") and f.index is not None}
    looked |= {i for i, name in enumerate(table.names) if not name}
    head = [normal(name) for name in table.names]
    drops: list[tuple[int, frozenset[str]]] = []
    for rule in export.drop if export else ():
        columns = {normal(name) for name in rule.column}
        drops += [(i, frozenset(map(normal, rule.values))) for i, name in enumerate(head) if name in columns]

    def wanted(row: list[Cell]) -> bool:
        if any(isinstance(v := row[i], str) and is_total(v) for i in looked):
            return False
        if sum(isinstance(v, str) and normal(v) == name for v, name in zip(row, head, strict=True) if name) > 1:
            return False
        return not any(normal(written(row[i])) in values for i, values in drops)

    kept = [row for row in table.rows if wanted(row)]
    table.dropped = len(table.rows) - len(kept)
    table.rows = kept


def _leave_out_unlabelled(table: Table) -> None:
    """Take out lines of totals that no word tells: no dimension, and every sum that of the other rows."""
    named = [f.target for f in table.mapped.of("dimension")]
    sums = [m for m in table.measures if measures().get(m, {}).get("aggregate") == "sum"]
    blank = [i for i in range(len(table.rows)) if named and not any(table.dimensions[d][i] for d in named)]
    if not sums or not blank or len(table.rows) - len(blank) < 2 or len(blank) > 100:
        return
    rest = set(range(len(table.rows))).difference(blank)
    whole = {m: sum(v for i in rest if isinstance(v := table.measures[m][i], float)) for m in sums}
    totals = {i for i in blank if equal_sums({m: table.measures[m][i] for m in sums}, whole, sums)}
    kept = [i for i in range(len(table.rows)) if i not in totals]
    table.dropped += len(totals)
    table.rows = [table.rows[i] for i in kept]
    table.measures = {m: [column[i] for i in kept] for m, column in table.measures.items()}
    table.dimensions = {d: [column[i] for i in kept] for d, column in table.dimensions.items()}
    table.days = [table.days[i] for i in kept] if table.days else table.days


def _first_lines(table: Table, export: Export | None) -> list[bool] | None:
    """For exports with several lines per order: which are first lines; the others get what stands on the first."""
    wanted = {normal(name) for name in (export.once_per if export else ())}
    at = [i for i, name in enumerate(table.names) if normal(name) in wanted]
    if not at:
        return None
    fills = [f.index for f in table.mapped.fields if f.role != "measure" and f.index is not None]
    first: dict[tuple[Cell, ...], list[Cell]] = {}
    out = []
    for row in table.rows:
        key = tuple(row[i] for i in at)
        told = first.setdefault(key, row) if any(v is not None for v in key) else row
        out.append(told is row)
        for i in fills if told is not row else ():
            row[i] = told[i] if row[i] is None else row[i]
    return out


def _read_dimensions(table: Table, platform: str | None) -> None:
    for f in table.mapped.of("dimension"):
        assert f.index is not None
        spelled = {normal(word): one for one, several in f.spec.words.items() for word in (one, *several)}
        texts = [written(row[f.index]).strip() for row in table.rows]
        table.dimensions[f.target] = [spelled.get(normal(t), t) if spelled else "" if t == "--" else t for t in texts]
    if platform:
        known = preset(platform)
        for name, value in (("platform", known.platform), ("channel", known.channel)):
            if value and name not in table.dimensions:
                table.dimensions[name] = [value] * len(table.rows)


def _read_days(table: Table, export: Export | None) -> None:
    start, end = table.mapped.one("date"), table.mapped.one("end")
    if start is None or start.index is None:
        return
    spans = _spans([row[start.index] for row in table.rows], start.header or "")
    if end is not None and end.index is not None:
        ends = _spans([row[end.index] for row in table.rows], end.header or "")
        spans = [(a[0], b[1]) if a and b and b[1] >= a[0] else a for a, b in zip(spans, ends, strict=True)]
    covers = export.covers if export else "day"
    if covers in ("week", "month"):
        spans = [span and _covered(span[0], covers) for span in spans]
    table.days = spans


def _covered(first: date, covers: str) -> tuple[date, date]:
    if covers == "week":
        return first, first + timedelta(days=6)
    following = (first.replace(day=1) + timedelta(days=32)).replace(day=1)
    return first, following - timedelta(days=1)


def _spans(column: Sequence[Cell], name: str) -> list[Span]:
    """First and last day of each cell: Excel's day numbers, and texts as exports write them."""
    words = {v: re.sub(dates._TIME, "", v.strip()).strip() for v in column if isinstance(v, str)}
    distinct = list(dict.fromkeys(words.values()))
    read = dict(zip(distinct, dates._read(distinct, name, None, None)[0] if distinct else [], strict=True))

    def span(value: Cell) -> Span:
        if isinstance(value, float):
            day = _compact(value) or as_date(value)
            return (day, day) if day and dates.FIRST <= day.year <= dates.LAST else None
        found = read[words[value]] if isinstance(value, str) else None
        return found if isinstance(found, tuple) else None

    return [span(v) for v in column]


def _compact(value: float) -> date | None:
    """The day of a number such as 20260301, which exports write for a date."""
    if not (19_900_101 <= value <= 21_001_231 and value.is_integer()):
        return None
    try:
        return date(int(value) // 10_000, int(value) // 100 % 100, int(value) % 100)
    except ValueError:
        return None


def _read_measures(table: Table, firsts: list[bool] | None) -> None:
    for f in sorted(table.mapped.of("measure"), key=lambda f: f.rated):
        column = _column(table, f)
        if firsts is not None and not f.spec.lines:
            column = [v if first else None for v, first in zip(column, firsts, strict=True)]
        key = f"{f.target}{MARK}{f.channel}" if f.channel else f.target
        before = table.measures.get(key)
        table.measures[key] = column if before is None else _both(before, column, _add)


def _column(table: Table, f: Field) -> list[Value]:
    if f.index is None:
        column: list[Value] = [1.0] * len(table.rows)
    else:
        column = _numbers(table, f.index, f)
    if f.minus is not None:
        less = [0.0 if v is None else v for v in _numbers(table, f.minus, f)]
        column = _both(column, less, lambda a, b: a - b)
    if f.rated and f.spec.times:
        column = _both(column, table.measures[f.spec.times], lambda a, b: a * b)
    if f.spec.negative:
        column = [-v if isinstance(v, float) else v for v in column]
    if f.where is not None and f.spec.where:
        wanted = {normal(value) for value in f.spec.where.values}
        told = (normal(written(row[f.where])) in wanted for row in table.rows)
        column = [v if yes else 0.0 for v, yes in zip(column, told, strict=True)]
    return column


def _numbers(table: Table, at: int, f: Field) -> list[Value]:
    """A column as numbers: None for nothing, an error where a cell holds one or a text that is no number."""
    cells = [row[at] for row in table.rows]
    texts = {v for v in cells if isinstance(v, str)}
    read = read_numbers(sorted(texts), f.header or "", whole=is_whole(f.target) and not f.rated) if texts else {}

    divisor = {"micros": 1e6, "minor": 100.0}.get(f.spec.scale or "", 1.0)

    def number(value: Cell) -> Value:
        if isinstance(value, str):
            found = read[value]
            return NoData.NOT_A_NUMBER if found is None else None if found != found else found / divisor
        if isinstance(value, float):
            return value / divisor
        return NoData.NOT_A_NUMBER if isinstance(value, bool) else value

    return [number(v) for v in cells]


def _both(first: Sequence[Value], second: Sequence[Value], function: Callable[[float, float], float]) -> list[Value]:
    """Two columns put together; what one lacks is lacking, errors first."""

    def one(a: Value, b: Value) -> Value:
        if isinstance(a, float) and isinstance(b, float):
            return function(a, b)
        return a if isinstance(a, NoData) else b if isinstance(b, NoData) else None

    return [one(a, b) for a, b in zip(first, second, strict=True)]


def _long(table: Table) -> Table:
    """A table with columns per channel as a row per row and channel; what belongs to no channel has rows of its own."""
    of_channels = [key.split(MARK) for key in table.measures if MARK in key]
    channels = list(dict.fromkeys(channel for _, channel in of_channels))
    own = [key for key in table.measures if MARK not in key]
    parts = ["", *channels] if own else channels
    times, nothing = len(parts), [None] * len(table.rows)
    names = dict.fromkeys([*own, *(name for name, _ in of_channels)])
    measures_: dict[str, list[Value]] = {
        name: [v for c in parts for v in table.measures.get(f"{name}{MARK}{c}" if c else name, nothing)]
        for name in names
    }
    dimensions = {name: column * times for name, column in table.dimensions.items()}
    dimensions["channel"] = [c for c in parts for _ in table.rows]
    days = table.days * times if table.days else table.days
    return replace(table, rows=table.rows * times, measures=measures_, dimensions=dimensions, days=days)


def _add(a: float, b: float) -> float:
    return a + b
