"""Which column of a table is which measure or dimension, and why every other column is left out."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from collections.abc import Mapping as Map
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from xlkpi.sources.headers import normal, split_currency
from xlkpi.sources.preset import DIMENSIONS, Column, Export, Names, measures
from xlkpi.sources.source import Source, fail
from xlkpi.validation import nearest

Role = Literal["date", "end", "dimension", "measure", "currency", "order"]


@dataclass(frozen=True)
class Field:
    """A target of the clean table and the column it is read from (``index``; None for a count of rows).

    ``alias`` is the preset's name that the ``header`` matched. ``minus`` and ``where`` are further columns.
    ``rated``: the column is a rate, to be multiplied by another measure. ``channel``: of a wide table's column.
    """

    target: str
    role: Role
    spec: Column
    index: int | None = None
    header: str | None = None
    alias: str | None = None
    minus: int | None = None
    where: int | None = None
    rated: bool = False
    channel: str | None = None


@dataclass(frozen=True)
class Ignored:
    """A column that is left out, and the code of the reason (texts: ``sources.ignored.<reason>``)."""

    column: str
    reason: str


@dataclass
class Mapping:
    """The fields read from a table, the columns left out, and the preset's measures that have no column."""

    fields: list[Field] = field(default_factory=list)
    ignored: list[Ignored] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    twice: list[tuple[int, int]] = field(default_factory=list)

    def one(self, role: Role) -> Field | None:
        """The field of a role that stands once, such as the date."""
        return next((f for f in self.fields if f.role == role), None)

    def of(self, role: Role) -> list[Field]:
        """All fields of a role."""
        return [f for f in self.fields if f.role == role]

    @property
    def used(self) -> set[int]:
        """The positions of the columns that something is read from."""
        return {i for f in self.fields for i in (f.index, f.minus, f.where) if i is not None}


class _Headers:
    """Looks names up among the columns of a table."""

    def __init__(self, names: Sequence[str], mapping: Mapping, dropped: Sequence[str]) -> None:
        self.names, self.mapping = names, mapping
        self.dropped = {normal(name) for name in dropped}
        self.at: dict[str, list[int]] = {}
        for i, name in enumerate(names):
            if name:
                self.at.setdefault(normal(name), []).append(i)

    def find(self, wanted: Sequence[str], told: bool = False) -> tuple[int, str] | None:
        """The first of the wanted names that is a column; a second column of that name is noted.

        A column that the source drops is found only where the source itself names it (``told``).
        """
        for name in wanted:
            positions = self.at.get(normal(name))
            if positions and (told or normal(name) not in self.dropped):
                self.mapping.twice += [(positions[0], other) for other in positions[1:]]
                return positions[0], name
        return None


def map_columns(names: Sequence[str], source: Source, export: Export | None = None, file: str | None = None) -> Mapping:
    """Match the columns of a table with a preset's export and with what the source says itself, which goes first.

    Raises SourceError for a column that the source names and the table does not have.
    """
    mapping = Mapping()
    headers = _Headers(names, mapping, source.drop)
    _told(mapping, headers, source, file)
    told = {f.target for f in mapping.fields}
    if export:
        for target in export.columns:
            if target not in told:
                _add(mapping, headers, target, export.column(target))
        if not mapping.one("date") and export.period:
            _period(mapping, headers, export)
        _widen(mapping, names, export)
        if not export.wide:
            mapping.missing = [
                t for t in export.columns if _role(t) == "measure" and t not in {f.target for f in mapping.fields}
            ]
    _settle_rates(mapping)
    _ignore(mapping, names, export)
    return mapping


def _role(target: str) -> Role:
    if target in ("date", "currency", "order"):
        return target  # type: ignore[return-value]
    return "dimension" if target in DIMENSIONS else "measure"


def _told(mapping: Mapping, headers: _Headers, source: Source, file: str | None) -> None:
    def column(name: str, key: str) -> int:
        found = headers.find([name], told=True)
        if found is None:
            known = {normal(n): n for n in headers.names if n}
            meant = known.get(nearest(normal(name), known) or "")
            code = "column_unknown_nearest" if meant else "column_unknown"
            shown = ", ".join(n for n in headers.names if n)[:500]
            fail(code, file, key=key, column=name, nearest=meant or "", known=shown)
        return found[0]

    def told(target: str, role: Role, name: str, key: str) -> Field:
        index = column(name, key)
        return Field(target, role, Column(names=(name,)), index, headers.names[index], name)

    if source.date:
        mapping.fields.append(told("date", "date", source.date, "date"))
    for target, name in source.measures.items():
        if isinstance(name, int | float):
            mapping.fields.append(Field(target, "measure", Column(each=True)))
        else:
            mapping.fields.append(told(target, "measure", str(name), f"measures.{target}"))
    dimensions = source.dimensions if isinstance(source.dimensions, Map) else {name: name for name in source.dimensions}
    for target, name in dimensions.items():
        mapping.fields.append(told(target, "dimension", name, f"dimensions.{target}"))
    for name in source.key:
        column(name, "key")


def _add(mapping: Mapping, headers: _Headers, target: str, spec: Column) -> None:
    where = headers.find(spec.where.column) if spec.where else None
    if spec.where and where is None:
        return
    found = headers.find(spec.names)
    rated = False
    if found is None and spec.rate:
        found, rated = headers.find(spec.rate), True
    if found is None and not spec.each:
        return
    minus = headers.find(spec.minus) if spec.minus and not rated else None
    index, alias = found or (None, None)
    mapping.fields.append(
        Field(
            target, _role(target), spec, index, headers.names[index] if index is not None else None, alias,
            minus[0] if minus else None, where[0] if where else None, rated,
        )
    )  # fmt: skip


def _period(mapping: Mapping, headers: _Headers, export: Export) -> None:
    assert export.period
    start, end = headers.find(export.period.start), headers.find(export.period.end)
    if start:
        mapping.fields.append(
            Field("date", "date", Column(names=export.period.start), start[0], headers.names[start[0]], start[1])
        )
        if end:
            mapping.fields.append(
                Field("date_end", "end", Column(names=export.period.end), end[0], headers.names[end[0]], end[1])
            )


def _widen(mapping: Mapping, names: Sequence[str], export: Export) -> None:
    """A column per channel: each pattern's column becomes a field with its channel."""
    taken = mapping.used
    for target, patterns in sorted(export.wide.items(), key=lambda item: -max(map(len, item[1]))):
        for pattern in patterns:
            shape = re.compile(re.escape(pattern).replace(r"\{channel\}", "(.+)") + "$", re.IGNORECASE)
            for i, name in enumerate(names):
                if i not in taken and (found := shape.match(name)):
                    taken.add(i)
                    mapping.fields.append(
                        Field(target, "measure", Column(names=(pattern,)), i, name, pattern, channel=found[1])
                    )


def _settle_rates(mapping: Mapping) -> None:
    """Leave out what can't be added up: a rate without its weight, a mean without the measure that weighs it."""
    known = {f.target for f in mapping.fields if f.role == "measure" and not f.rated}
    kept: list[Field] = []
    for f in mapping.fields:
        weight = measures().get(f.target, {}).get("weight") if f.role == "measure" else None
        if (f.rated and f.spec.times not in known) or (weight and weight not in known):
            mapping.ignored.append(Ignored(f.header or f.target, "no_weight"))
        else:
            kept.append(f)
    mapping.fields = kept


def _ignore(mapping: Mapping, names: Sequence[str], export: Export | None) -> None:
    used, said = mapping.used, {i.column for i in mapping.ignored}
    twice = {second for _, second in mapping.twice}
    reasons = _reasons(export) if export else {}
    for i, name in enumerate(names):
        if name and i not in used and name not in said:
            reason = "twice" if i in twice else reasons.get(normal(name), "unknown")
            mapping.ignored.append(Ignored(name, reason))


def _reasons(export: Export) -> dict[str, str]:
    """Header -> why a preset does not read it; the later reasons are the stronger."""
    columns = [export.column(target) for target in export.columns]
    period = [export.period.start, export.period.end] if export.period else []
    groups: list[tuple[str, list[Names]]] = [
        ("not_needed", [*export.recognise, export.ignore]),
        ("rule", [export.once_per, *(rule.column for rule in export.drop)]),
        ("other_column", [*(column.names for column in columns), *period]),
        ("ratio", [export.ratios, *(column.rate for column in columns)]),
    ]
    return {normal(name): reason for reason, lists in groups for names in lists for name in names}


def settle_choices(
    mapping: Mapping, names: Sequence[str], words: Callable[[int], Sequence[str]], file: str | None
) -> None:
    """Of values that tell the same things in several ways, keep the first that occurs in their column.

    ``words``: the different values of a column. A measure of which none occurs is missing, not zero; raises
    SourceError, with the values that are there, when that leaves no measure.
    """
    asked: dict[int, dict[str, str]] = {}
    for f in list(mapping.fields):
        if f.where is None or not f.spec.where or not f.spec.where.first:
            continue
        there = asked.setdefault(f.where, {normal(word): word for word in words(f.where)})
        chosen = next((value for value in f.spec.where.values if normal(value) in there), None)
        mapping.fields.remove(f)
        if chosen is None:
            mapping.missing.append(f.target)
        else:
            one = replace(f.spec, where=replace(f.spec.where, values=(chosen,)))
            mapping.fields.append(replace(f, spec=one))
    for at, there in asked.items():
        if not mapping.of("measure"):
            fail("no_such_rows", file, key="measures", column=names[at], found=", ".join(sorted(there.values())[:30]))


def check_twice(mapping: Mapping, names: Sequence[str], columns: Sequence[Any], file: str) -> None:
    """Raise SourceError when a column that is read stands twice with different values."""
    for first, second in mapping.twice:
        if first in mapping.used and not columns[first].equals(columns[second]):
            fail("column_twice", file, column=names[first], first=first + 1, second=second + 1, other=names[second])


def header_currency(field_: Field) -> str | None:
    """The currency in brackets of a field's header."""
    return split_currency(field_.header)[1] if field_.header else None


def with_role(field_: Field, role: Role) -> Field:
    """The same field in another role."""
    return replace(field_, role=role)
