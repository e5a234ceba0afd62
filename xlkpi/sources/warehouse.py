"""Tables of a warehouse read with a platform's preset: the rules of its exports, as a query of the database.

What cleans text (decimal commas, days first, totals, personal data to be hashed) needs files: the preset's export
has to be one that a program writes, and its columns typed ones; anything else is refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from xlkpi.catalogue import Measure
from xlkpi.sources.connection import Connection
from xlkpi.sources.detect import detect
from xlkpi.sources.headers import normal
from xlkpi.sources.mapping import Field, Ignored, map_columns, settle_choices
from xlkpi.sources.mapping import Mapping as ColumnMapping
from xlkpi.sources.money import minor_unit, needed_rates
from xlkpi.sources.preset import Export, is_money, preset
from xlkpi.sources.report import FileReport, Mapped, Personal, Report, SetAside
from xlkpi.sources.source import Source, fail
from xlkpi.sources.table import DATE, Columns, Table, Where, from_ibis, selected


def from_preset(
    connection: Connection,
    source: Source,
    *,
    table: str | None = None,
    query: str | None = None,
    where: Where | None = None,
    currency: str | None = None,
    label: str,
    known: Mapping[str, Measure],
    empty: bool = False,
) -> tuple[Table, Report]:
    """A table of a database, or the rows of a query, whose columns a platform's preset knows.

    ``source`` says which preset (``auto`` or none: recognised from the columns) and what else it tells of the
    columns, which goes first. ``where`` filters by columns of the table, or else by dimensions. ``currency``: the one
    wanted. ``empty``: there may be no rows. Raises SourceError where the preset can't be run in a database, and for
    what exports are refused for.
    """
    file = table or "query"
    found = connection.table(table) if table else connection.query(str(query))
    names = list(found.columns)
    match = detect(names, source.preset if source.preset != "auto" else None, file)
    export, platform = match.found, preset(match.preset)
    if not export.machine or export.wide:
        fail("preset_in_database", file, key="preset", preset=platform.name, export=match.export)
    before = {name: value for name, value in (where or {}).items() if name in names}
    if before:
        found = found.filter(selected(found, before, connection.place))
    about = FileReport(file, "", "database", 0, preset=match.preset, export=match.export)
    about.recognised_by, about.known_columns, about.columns = match.headers, match.known, len(names)
    mapping = map_columns(names, source, export, file)
    settle_choices(mapping, names, lambda index: _words(connection, found, names[index]), file)
    _leave_out(mapping, source, about)
    day = _check_types(mapping, found, file)
    found = _kept(connection, found, day, export, about)
    rates = _Amounts(connection, found, mapping, source, currency, about)
    first = _first_lines(found, day, export)
    if first is not None:
        found = found.mutate(_first=first)
    taken: dict[str, Any] = {DATE: found[day]}
    told = {"platform": platform.platform, "channel": platform.channel}
    taken |= {name: rates.literal(word) for name, word in told.items() if word}
    taken |= {f.target: found[f.header] for f in mapping.of("dimension")}
    dimensions = [name for name in taken if name != DATE]
    for f in mapping.of("measure"):
        taken[f.target] = _value(found, f, rates, first is not None and not f.spec.lines)
    columns = Columns(measures={f.target: f.target for f in mapping.of("measure")}, dimensions=dimensions)
    made = from_ibis(found.select(**taken), connection, columns, label=label, known=known)
    after = {name: value for name, value in (where or {}).items() if name not in before}
    if after:
        made = replace(made, expression=made.expression.filter(selected(made.expression, after, connection.place)))
    report = Report([about], converted=rates.used)
    if not (empty and report.is_empty):
        report.need_rows()
    return made, report


def _words(connection: Connection, table: Any, name: str) -> list[str]:
    """The different values of a column, as text."""
    words = connection.run(table.select(word=table[name].cast("string")).distinct())["word"].to_pylist()
    return sorted(word for word in words if word)


def _leave_out(mapping: ColumnMapping, source: Source, about: FileReport) -> None:
    """Take out what only reading files does: hashes of customers, and rates that are turned back into sums."""
    told = set(source.dimensions)
    for f in list(mapping.fields):
        if f.target == "customer" and "customer" not in told:
            about.personal.append(Personal(f.header or "", "customer", "dropped"))
            mapping.fields.remove(f)
        elif f.rated:
            mapping.ignored.append(Ignored(f.header or f.target, "rate_unclear"))
            mapping.fields.remove(f)
    for f in mapping.fields:
        if f.role in ("date", "dimension", "measure"):
            note = "minus" if f.minus is not None else f.spec.scale or (None if f.header else "counted")
            only = f.spec.where.values if f.spec.where else ()
            about.mapped.append(Mapped(f.header or "", f.target, f.alias, note=note, only=only))
    about.ignored, about.missing = mapping.ignored, mapping.missing


def _check_types(mapping: ColumnMapping, table: Any, file: str) -> str:
    """The column of the date. Raises SourceError for amounts and dates of a type that would have to be cleaned."""
    shown = ", ".join(table.columns)[:300]
    if not mapping.of("measure"):
        fail("no_measure", file, key="measures", columns=shown)
    date = mapping.one("date")
    if date is None or date.header is None:
        fail("no_date", file, key="date", columns=shown)
    kind = table[date.header].type()
    if not (kind.is_date() or kind.is_timestamp() or kind.is_string()):
        fail("preset_type", file, key="date", column=date.header, target="date", type=str(kind))
    for f in mapping.of("measure"):
        for index in (f.index, f.minus):
            kind = table[table.columns[index]].type() if index is not None else None
            if kind is not None and not kind.is_numeric():
                fail("preset_type", file, key="measures", column=table.columns[index], target=f.target, type=str(kind))
    return date.header


def _matches(column: Any, words: Sequence[str]) -> Any:
    """Whether a column has one of the words, without case; ``true`` and ``false`` also where they are 1 and 0."""
    import ibis

    kind = column.type()
    wanted = sorted({word.lower() for word in words})
    if kind.is_numeric() or kind.is_boolean():
        told = [word == "true" for word in wanted if word in ("true", "false")]
        if not told:
            return ibis.literal(False)
        return column.isin(told if kind.is_boolean() else [int(flag) for flag in told]).fill_null(False)
    return column.cast("string").strip().lower().isin(wanted).fill_null(False)


def _named(table: Any, wanted: Sequence[str]) -> list[str]:
    known = {normal(name) for name in wanted}
    return [name for name in table.columns if normal(name) in known]


def _kept(connection: Connection, table: Any, day: str, export: Export, about: FileReport) -> Any:
    """The rows with a date that are results; how many they are, and why others are not, is asked once."""
    import ibis
    import pyarrow as pa

    rules = [("no_date", day, table[day].isnull())]
    for rule in export.drop:
        rules += [("status", name, _matches(table[name], rule.values)) for name in _named(table, rule.column)]
    good: Any = ibis.literal(True)
    counts = {}
    for i, (_, _, bad) in enumerate(rules):
        counts[f"aside_{i}"] = (good & bad).ifelse(1, 0).sum()
        good = good & ~bad
    moment = table[day].cast("date")
    kept = {
        "kept": good.ifelse(1, 0).sum(),
        "first": moment.min(where=good),
        "last": moment.max(where=good),
    }
    found = connection.run(table.aggregate(read=table.count(), **kept, **counts)).to_pylist()[0]
    about.rows_read, about.rows_kept = int(found["read"]), int(found["kept"] or 0)
    about.first, about.last = found["first"], found["last"]
    none = pa.table({"row": pa.array([], pa.int64())})
    for i, (reason, name, _) in enumerate(rules):
        if count := int(found[f"aside_{i}"] or 0):
            about.aside.append(SetAside(reason, count, none, name))
    return table.filter(good)


def _first_lines(table: Any, day: str, export: Export) -> Any:
    """Whether a row is the earliest line of its order; None where rows are not lines of orders.

    Lines of the same moment are put in order by all their columns, so that every engine chooses the same amounts.
    """
    import ibis

    keys = _named(table, export.once_per)
    if not keys:
        return None
    rest = [name for name in table.columns if name not in (*keys, day)]
    plain = [name for name in rest if table[name].type().is_numeric() or table[name].type().is_string()]
    window = ibis.window(group_by=keys, order_by=[day, *plain])
    nameless = table[keys[0]].isnull()
    for key in keys[1:]:
        nameless = nameless & table[key].isnull()
    return (ibis.row_number().over(window) == 0) | nameless


class _Amounts:
    """The currency of each row, and what its amounts are multiplied by to be in the one wanted."""

    def __init__(
        self, connection: Connection, table: Any, mapping: ColumnMapping, source: Source, wanted: str | None,
        about: FileReport,
    ) -> None:  # fmt: skip
        f = mapping.one("currency")
        self.base, self.column = source.currency, None
        self.used: dict[str, float] = {}
        self.codes: list[str] = [self.base] if self.base else []
        about.money = any(is_money(m.target) for m in mapping.of("measure"))
        if not about.money:
            return
        if f and f.header:
            about.mapped.append(Mapped(f.header, "currency", f.alias))
            self.column = f.header
            words = connection.run(table.select(code=self.code(table)).distinct())["code"].to_pylist()
            self.codes = sorted(code for code in words if code)
        _, self.used = needed_rates(self.codes, wanted or source.currency, source.rates)
        about.currency = ", ".join(self.codes) or None

    def code(self, table: Any) -> Any:
        """The code of each row, as an expression."""
        found = table[self.column].cast("string").strip().upper().nullif("")
        return found.fill_null(self.base) if self.base else found

    def literal(self, word: str) -> Any:
        import ibis

        return ibis.literal(word, type="string")

    def by_code(self, table: Any, values: Mapping[str, float], usual: float) -> Any:
        """A number for each row by its currency; ``usual`` for those not named."""
        other = {code: number for code, number in values.items() if number != usual}
        if self.column is None or not other:
            return values.get(self.base or "", usual)
        return self.code(table).cases(*other.items(), else_=usual)

    def minor(self, table: Any) -> Any:
        """How many minor units make one."""
        return self.by_code(table, {code: minor_unit(code) for code in self.codes}, minor_unit(None))

    def rate(self, table: Any) -> Any:
        return self.by_code(table, self.used, 1.0)


def _value(table: Any, f: Field, amounts: _Amounts, once: bool) -> Any:
    """A measure of each row, in whole units of the wanted currency."""
    import ibis

    def number(index: int) -> Any:
        read = table[table.columns[index]].cast("float64")
        if f.spec.scale == "micros":
            return read / 1_000_000.0
        return read / amounts.minor(table) if f.spec.scale == "minor" else read

    value = ibis.literal(1.0) if f.index is None else number(f.index)
    if f.minus is not None:
        value = value - number(f.minus).fill_null(0.0)
    if f.spec.negative:
        value = -value
    if f.where is not None and f.spec.where:
        value = _matches(table[table.columns[f.where]], f.spec.where.values).ifelse(value, 0.0)
    if is_money(f.target):
        value = value * amounts.rate(table)
    return table["_first"].ifelse(value, ibis.null("float64")) if once else value
