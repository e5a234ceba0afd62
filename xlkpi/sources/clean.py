"""From a table as found to clean columns: one row per day (or span of days) and dimensions, measures as numbers."""

from __future__ import annotations

from collections.abc import Mapping as Map
from dataclasses import dataclass, replace
from typing import Any

from xlkpi.language import text
from xlkpi.sources.alike import lines_of
from xlkpi.sources.aside import Aside, repeated_headers, texts_where, totals
from xlkpi.sources.headers import normal
from xlkpi.sources.mapping import Field, Ignored, Mapping, check_twice, header_currency
from xlkpi.sources.money import minor_units, one_currency
from xlkpi.sources.numbers import Numbers, parse_numbers
from xlkpi.sources.orders import first_lines
from xlkpi.sources.personal import find_personal, hashed
from xlkpi.sources.preset import DIMENSIONS, Export, Preset, is_money, is_whole, measures
from xlkpi.sources.raw import RawTable, holds_everywhere
from xlkpi.sources.report import FileReport, Mapped, Personal
from xlkpi.sources.source import Source, fail
from xlkpi.sources.spans import read_spans
from xlkpi.sources.unlabelled import unlabelled_totals

#: When more of a column's values than this can't be read, it is the wrong column or format, not a few bad rows.
UNREADABLE = 0.5


_THINGS = frozenset(DIMENSIONS) - {"customer"}
Words = Map[str, tuple[str, ...]]


@dataclass
class Cleaned:
    """A clean table of one file; per row its order (``keys``), its cells (``lines``) and its number (``rows``).

    ``lines`` tells which rows are alike in all their cells.
    """

    table: Any
    keys: Any
    lines: Any
    rows: Any


def clean(
    raw: RawTable,
    mapping: Mapping,
    source: Source,
    report: FileReport,
    salt: bytes,
    export: Export | None,
    preset: Preset | None,
) -> Cleaned:
    """Read the mapped columns of a table; fills ``report``.

    Raises SourceError for a format that stays open, for two currencies in one column, and where no row is left.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    check_twice(mapping, raw.names, raw.columns, raw.file)
    things = {f.index for f in mapping.of("dimension") if f.index is not None and f.target in _THINGS}
    personal = find_personal(raw.names, raw.columns, source.keep, things)
    rules = {"kept": source.keep, "dropped": source.drop, "hashed": source.hash}
    asked = {normal(name): done for done, names in rules.items() for name in names}
    personal |= {i: "asked" for i, name in enumerate(raw.names) if asked.get(normal(name)) in ("dropped", "hashed")}
    aside = Aside(raw, set(personal))
    report.rows_read = raw.length + len(raw.aside)
    for reason, find in (("repeated_header", repeated_headers), ("total", totals)):
        mask = find(raw, mapping)
        aside.take(mask, reason)
        raw.filter(pc.invert(mask))
    keys, first = first_lines(raw, mapping, source, export)
    if first is not None:
        first.fill_blanks(raw, mapping, export)
    dimensions = _dimensions(raw, mapping, personal, salt, report, asked)
    _tell_personal(raw, mapping, personal, report)

    spans = read_spans(raw, mapping, source, export, report)
    bad = pc.or_(pc.or_(spans.unreadable, spans.outside), pc.is_null(spans.first))
    aside.take(spans.unreadable, "unreadable_date", spans.column)
    aside.take(spans.outside, "date_outside", spans.column)
    aside.take(
        pc.and_(pc.is_null(spans.first), pc.invert(pc.or_(spans.unreadable, spans.outside))), "no_date", spans.column
    )
    currency = _currency_column(raw, mapping)
    values, unreadable = _measures(raw, mapping, source, export, report, currency)
    for name, mask in unreadable.items():
        aside.take(pc.and_(mask, pc.invert(bad)), "unreadable_number", name)
        bad = pc.or_(bad, mask)
    if export and export.drop:
        bad = _drop(raw, export, aside, bad)
    if first is not None:
        first = first.earliest(spans.first)
        on_lines = {f.target for f in mapping.of("measure") if f.spec.lines}
        none = pa.scalar(None, pa.float64())
        values = {t: v if t in on_lines else pc.if_else(first.is_first, v, none) for t, v in values.items()}

    columns: dict[str, Any] = {"date": spans.first, "date_end": spans.last}
    columns |= _constants(preset, dimensions, raw.length) | dimensions
    columns = {name: columns[name] for name in _ordered(columns)}
    columns["currency"] = one_currency(raw, mapping, source, currency, values, report)
    columns |= values
    table = pa.table(columns)
    good = pc.invert(bad)
    kept = _Kept(table, keys, lines_of(raw), raw.rows).filter(good)
    extra = unlabelled_totals(kept.table, [f.target for f in mapping.of("dimension")])
    if extra is not None:
        positions = pc.is_in(raw.rows, value_set=kept.rows.filter(extra))
        aside.take(positions, "unlabelled_total")
        kept = kept.filter(pc.invert(extra))
    report.aside = aside.sets
    report.rows_kept = kept.table.num_rows
    reasons = {a.reason: a.column or "" for a in aside.sets if a.reason not in ("status", "total", "repeated_header")}
    if reasons and not report.rows_kept and raw.length:
        told = ", ".join(text(f"sources.aside.{reason}", column=column) for reason, column in reasons.items())
        fail("nothing_kept", raw.file, read=report.rows_read, reasons=told)
    _finish(kept.table, mapping, report)
    if any(f.channel for f in mapping.fields):
        from xlkpi.sources.wide import to_long

        return Cleaned(to_long(kept.table, mapping), None, None, None)
    return Cleaned(kept.table, kept.keys, kept.lines, kept.rows)


@dataclass
class _Kept:
    table: Any
    keys: Any
    lines: Any
    rows: Any

    def filter(self, mask: Any) -> _Kept:
        if holds_everywhere(mask):
            return self
        keys = self.keys.filter(mask) if self.keys is not None else None
        return _Kept(self.table.filter(mask), keys, self.lines.filter(mask), self.rows.filter(mask))


def _dimensions(
    raw: RawTable, mapping: Mapping, personal: dict[int, str], salt: bytes, report: FileReport, asked: dict[str, str]
) -> dict[str, Any]:
    """The dimension columns as text; blank is missing; a personal one is hashed, for it was asked for as a key."""
    import pyarrow as pa
    import pyarrow.compute as pc

    out: dict[str, Any] = {}
    for f in list(mapping.of("dimension")):
        assert f.index is not None
        if asked.get(normal(raw.names[f.index])) == "dropped":
            mapping.fields.remove(f)
            continue
        column = raw.columns[f.index]
        if f.index in personal or (f.target == "customer" and asked.get(normal(raw.names[f.index])) != "kept"):
            out[f.target] = hashed(column, salt)
            report.personal.append(Personal(raw.names[f.index], personal.get(f.index, "customer"), "hashed"))
        else:
            coded = _text(column).dictionary_encode()
            words = pc.utf8_trim_whitespace(coded.dictionary)
            words = pc.if_else(pc.is_in(words, value_set=pa.array(["", "--"])), pa.scalar(None, pa.string()), words)
            words = _one_spelling(words, f.spec.words) if f.spec.words else words
            coded = pa.DictionaryArray.from_arrays(coded.indices, words)
            report.formulas += pc.sum(texts_where(coded, _is_formula, r"^\s*[=@+\-]")).as_py() or 0
            out[f.target] = pc.take(words, coded.indices)
        report.mapped.append(Mapped(raw.names[f.index], f.target, f.alias))
    return out


def _one_spelling(values: Any, words: Words) -> Any:
    """The values as the preset spells them, so that a channel is the same one in every source."""
    import pyarrow as pa

    spelled = {normal(word): one for one, several in words.items() for word in (one, *several)}
    known = [None if value is None else spelled.get(normal(value), value) for value in values.to_pylist()]
    return pa.array(known, pa.string())


def _text(column: Any) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_floating(column.type) and pc.all(pc.fill_null(pc.equal(column, pc.floor(column)), True)).as_py():
        column = pc.cast(column, pa.int64())  # identifiers that a spreadsheet took for numbers
    return pc.cast(column, pa.string())


def _is_formula(value: str) -> bool:
    """Whether a spreadsheet would run a text as a formula: =HYPERLINK(...), @SUM(...), +cmd|..."""
    start = value.lstrip()
    return start[:1] in ("=", "@", "+", "\t", "\r") or (start[:1] == "-" and start[1:2].isalpha() and "(" in start)


def _tell_personal(raw: RawTable, mapping: Mapping, personal: dict[int, str], report: FileReport) -> None:
    hashed_names = {p.column for p in report.personal}
    used = mapping.used
    for i, kind in personal.items():
        if raw.names[i] not in hashed_names and i not in used:
            report.personal.append(Personal(raw.names[i], kind, "dropped"))
    gone = {raw.names[i] for i in personal}
    report.ignored = [i for i in mapping.ignored if i.column not in gone]
    report.missing = mapping.missing


def _currency_column(raw: RawTable, mapping: Mapping) -> Any:
    import pyarrow.compute as pc

    f = mapping.one("currency")
    if f is None or f.index is None:
        return None
    return pc.utf8_upper(pc.utf8_trim_whitespace(_text(raw.columns[f.index])))


def _measures(
    raw: RawTable, mapping: Mapping, source: Source, export: Export | None, report: FileReport, currency: Any
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The measures' values, and for the columns with unreadable cells a mask of their rows."""
    import pyarrow as pa
    import pyarrow.compute as pc

    values: dict[str, Any] = {}
    unreadable: dict[str, Any] = {}
    for f in sorted(mapping.of("measure"), key=lambda f: f.rated):
        key = f"{f.target}\0{f.channel}" if f.channel else f.target
        if f.index is None:
            column = pa.repeat(pa.scalar(1.0), raw.length)
            report.mapped.append(Mapped("", f.target, None, None, None, "counted", _only(f)))
        else:
            read = _numbers(raw, f, f.index, source, export, report, currency)
            column = read.values
            if f.rated and (problem := _rate_problem(read, f)):
                mapping.fields.remove(f)
                report.ignored.append(Ignored(raw.names[f.index], problem))
                continue
            if pc.any(read.unreadable).as_py():
                unreadable[raw.names[f.index]] = read.unreadable
            note = "rate" if f.rated else "minus" if f.minus is not None else f.spec.scale
            report.mapped.append(
                Mapped(raw.names[f.index], key.replace("\0", " × "), f.alias, _form(read), read.why, note, _only(f))
            )
        if f.minus is not None:
            less = _numbers(raw, f, f.minus, source, export, report, currency)
            column = pc.subtract(column, pc.fill_null(less.values, 0.0))
        if f.rated and f.spec.times:
            column = pc.multiply(column, values[f.spec.times])
        if f.spec.negative:
            column = pc.negate(column)
        if f.where is not None and f.spec.where:
            column = pc.if_else(_where(raw.columns[f.where], f.spec.where.values), column, 0.0)
        values[key] = column
    return values, unreadable


def _numbers(
    raw: RawTable, f: Field, at: int, source: Source, export: Export | None, report: FileReport, currency: Any
) -> Numbers:
    import pyarrow as pa
    import pyarrow.compute as pc

    name = raw.names[at]
    told = source.decimal_of(name) or ("." if export and export.machine else None)
    power = -6 if f.spec.scale == "micros" else 0
    read = parse_numbers(
        raw.columns[at], name, decimal=told, whole=is_whole(f.target) and not f.rated, power=power, file=raw.file
    )
    if export and export.machine and read.why == "key" and not source.decimal_of(name):
        read = replace(read, why="machine")
    filled = raw.length - read.values.null_count + (pc.sum(read.unreadable).as_py() or 0)
    bad = pc.sum(read.unreadable).as_py() or 0
    if bad > UNREADABLE * filled and not f.rated:
        example = pc.cast(raw.columns[at], pa.string()).filter(read.unreadable)[0].as_py()
        fail("numbers_unreadable", raw.file, column=name, target=f.target, value=example[:60])
    if read.percent and not f.rated and (is_money(f.target) or is_whole(f.target)):
        column_text = pc.cast(raw.columns[at], pa.string())
        example = column_text.filter(pc.fill_null(pc.match_substring(column_text, "%"), False))[0].as_py()
        fail("numbers_unreadable", raw.file, column=name, target=f.target, value=example[:60])
    if f.spec.scale == "minor":
        factors = minor_units(currency, raw.length)
        read = replace(read, values=pc.divide(read.values, factors))
    if read.currencies and is_money(f.target):
        if len(read.currencies) > 1:
            fail(
                "currencies_in_column",
                raw.file,
                key="rates",
                column=name,
                currencies=", ".join(sorted(read.currencies)),
            )
        found = next(iter(read.currencies))
        stated = header_currency(f)
        if stated and stated != found:
            fail("currencies_in_column", raw.file, key="rates", column=name, currencies=f"{stated}, {found}")
        report.currency = report.currency or found
    return read


def _rate_problem(read: Numbers, f: Field) -> str | None:
    """Why a rate can't be used: unreadable, or more than 1 without a percent sign (so that its unit is not sure)."""
    import pyarrow.compute as pc

    if pc.any(read.unreadable).as_py():
        return "rate_unreadable"
    share = measures().get(f.target, {}).get("unit") == "count"
    if share and not read.percent and (pc.max(read.values).as_py() or 0) > 1:
        return "rate_unclear"
    return None


def _form(read: Numbers) -> str:
    if read.why == "typed":
        return "typed"
    return {",": "comma", ".": "point", None: "integers"}[read.decimal]


def _only(f: Field) -> tuple[str, ...]:
    return f.spec.where.values if f.spec.where and f.where is not None else ()


def _where(column: Any, wanted: tuple[str, ...]) -> Any:
    known = {normal(value) for value in wanted}
    return texts_where(column, lambda value: normal(value) in known)


def _drop(raw: RawTable, export: Export, aside: Aside, bad: Any) -> Any:
    import pyarrow.compute as pc

    for rule in export.drop:
        names = {normal(n) for n in rule.column}
        for i, name in enumerate(raw.names):
            if normal(name) in names:
                mask = _where(raw.columns[i], rule.values)
                aside.take(pc.and_(mask, pc.invert(bad)), "status", name)
                bad = pc.or_(bad, mask)
    return bad


def _constants(preset: Preset | None, dimensions: dict[str, Any], length: int) -> dict[str, Any]:
    """The platform and its channel, where no column tells them."""
    import pyarrow as pa

    given = {"platform": preset.platform, "channel": preset.channel} if preset else {}
    return {k: pa.repeat(pa.scalar(v), length) for k, v in given.items() if v and k not in dimensions}


def _ordered(columns: dict[str, Any]) -> list[str]:
    order = {name: i for i, name in enumerate(("date", "date_end", *DIMENSIONS))}
    return sorted(columns, key=lambda name: order.get(name, len(order)))


def _finish(table: Any, mapping: Mapping, report: FileReport) -> None:
    import pyarrow.compute as pc

    report.first, report.last = pc.min(table["date"]).as_py(), pc.max(table["date_end"]).as_py()
    report.spans = pc.sum(pc.not_equal(table["date"], table["date_end"])).as_py() or 0
    told = [code for code in table["currency"].unique().to_pylist() if code]
    report.currency = ", ".join(sorted(told)) or None
