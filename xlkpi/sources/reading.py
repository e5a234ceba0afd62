"""From what a project says about a source to one clean table and its report."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import Any

from xlkpi.errors import SourceError
from xlkpi.sources.clean import clean
from xlkpi.sources.combine import Part, combine
from xlkpi.sources.detect import Match, detect
from xlkpi.sources.files import Content, contents, find
from xlkpi.sources.formats import read_table
from xlkpi.sources.layout import COMMENT
from xlkpi.sources.mapping import map_columns, settle_choices
from xlkpi.sources.money import converted
from xlkpi.sources.preset import is_money, preset, presets
from xlkpi.sources.raw import RawTable, Row, different_words, from_arrow
from xlkpi.sources.report import FileReport, Report
from xlkpi.sources.source import Limits, Progress, Source, fail, need


@dataclass(frozen=True)
class Reading:
    """The clean table (a pyarrow Table) and what happened on the way.

    Columns: ``date`` and ``date_end`` (date32: the first and last day that a row covers; equal for a daily row),
    dimensions (text, missing where blank), ``currency``, measures (float64, null where missing).
    """

    table: Any
    report: Report


def read(
    source: Source,
    folder: Path | str = ".",
    *,
    currency: str | None = None,
    salt: bytes | None = None,
    limits: Limits | None = None,
    progress: Progress | None = None,
    empty: bool = False,
) -> Reading:
    """Read a source's files.

    ``folder``: where relative paths start. ``currency``: the one wanted; other ones need ``source.rates``. ``salt``
    keeps the hashes of customers the same from one reading to the next; without it they are random. ``empty``: files
    may have names of columns and no rows below them. Raises
    SourceError for anything that can't be read in one way only.
    """
    need("pyarrow")
    report = Report()
    raws: list[tuple[RawTable, FileReport]] = []
    passed_over: list[FileReport] = []
    for path in find(source, Path(folder)):
        inside = list(contents(path, source, limits, progress))
        wanted = _members(inside, source)
        for content in inside:
            if content not in wanted:
                passed_over.append(
                    FileReport(content.name, content.sha256, content.kind, len(content.data), skipped=True)
                )
                continue
            raw = _known_table(read_table(content, source), content, source)
            about = FileReport(
                content.name, content.sha256, content.kind, len(content.data), raw.encoding, raw.delimiter, raw.sheet
            )
            raws.append((raw, about))
    found = _reading(raws, source, report, currency, salt, empty=empty)
    found.report.files += passed_over
    return found


def read_arrow(
    table: Any, source: Source, name: str = "table", *, currency: str | None = None, salt: bytes | None = None
) -> Reading:
    """The same for a pyarrow Table that is already there, such as the result of a query."""
    raw = from_arrow(table, name)
    return _reading([(raw, FileReport(name, "", "table", table.nbytes))], source, Report(), currency, salt)


def _reading(
    raws: list[tuple[RawTable, FileReport]], source: Source, report: Report, currency: str | None, salt: bytes | None,
    *, empty: bool = False,
) -> Reading:  # fmt: skip
    if salt is None:
        salt = secrets.token_bytes(16)
        report.random_salt = True
    matched = [(raw, about, _match(raw, source)) for raw, about in raws]
    _one_kind(matched)
    parts = [_part(raw, about, match, source, salt) for raw, about, match in matched]
    report.files = [about for _, about in raws]
    if not (empty and report.is_empty):
        report.need_rows()
    report.random_salt = report.random_salt and any(p.done == "hashed" for f in report.files for p in f.personal)
    table = combine(parts, source)
    money = [name for name in table.column_names if is_money(name)]
    table, report.converted = converted(table, currency or source.currency, source.rates, money)
    return Reading(table, report)


def _members(inside: Sequence[Content], source: Source) -> Sequence[Content]:
    """Of an archive whose files tell the same totals by several dimensions, the ones that a preset asks for by name.

    Its other files, such as a list of filters, need not be tables. All of them where none has such a name and fits.
    """
    if len(inside) < 2 or source.member:
        return inside
    ids = [source.preset] if source.preset and source.preset not in ("auto", "none") else list(presets())
    if source.preset == "none" or (source.measures and not source.preset):
        return inside
    names = {name.lower() for id_ in ids for export in preset(id_).exports.values() for name in export.members}
    named = [content for content in inside if PurePosixPath(content.name).name.lower() in names]
    return [content for content in named if _fits(content, source)] or inside


def _fits(content: Content, source: Source) -> bool:
    """Whether a preset that asks for files by name knows the table in one of them."""
    try:
        match = _match(read_table(content, source), source)
    except SourceError:
        return False
    return match is not None and bool(match.found.members)


def _known_table(raw: RawTable, content: Content, source: Source) -> RawTable:
    """Of the tables below one another in a text file, the first that a preset knows; the first one where none does."""
    if content.kind != "text" or source.header or _is_known(raw, source):
        return raw
    table = raw
    while below := [row for row in table.aside if row.reason == "second_table" and not row.text.startswith(COMMENT)]:
        table = read_table(content, replace(source, header=below[0].number))
        if _is_known(table, source):
            above = zip(raw.rows.to_pylist(), *(column.to_pylist() for column in raw.columns), strict=True)
            mark = raw.delimiter or ","
            table.aside += [Row(number, "table_above", mark.join(cells)) for number, *cells in above]
            return table
    return raw


def _is_known(raw: RawTable, source: Source) -> bool:
    try:
        _match(raw, source)
    except SourceError:
        return False
    return True


def _match(raw: RawTable, source: Source) -> Match | None:
    wanted = source.preset or ("none" if source.measures else "auto")
    if wanted == "none":
        return None
    return detect(raw.names, None if wanted == "auto" else wanted, raw.file)


def _one_kind(matched: Sequence[tuple[RawTable, FileReport, Match | None]]) -> None:
    """Raise SourceError when exports of different kinds stand side by side."""
    kinds = {(m.preset, m.export) for _, _, m in matched if m}
    if len(kinds) > 1:
        names = [raw.file for raw, _, _ in matched]
        fail(
            "exports_differ",
            names[0],
            key="path",
            kinds=", ".join(f"{p} ({e})" for p, e in sorted(kinds)),
            files=", ".join(names[:6]),
        )


def _part(raw: RawTable, about: FileReport, match: Match | None, source: Source, salt: bytes) -> Part:
    export = match.found if match else None
    mapping = map_columns(raw.names, source, export, raw.file)
    settle_choices(mapping, raw.names, lambda index: different_words(raw.columns[index]), raw.file)
    if not mapping.of("measure"):
        fail("no_measure", raw.file, key="measures", columns=", ".join(n for n in raw.names if n)[:300])
    about.columns, about.repaired = len([n for n in raw.names if n]), raw.repaired
    if match:
        about.preset, about.export = match.preset, match.export
        about.recognised_by, about.known_columns = match.headers, match.known
    about.notes = [note for note in raw.notes if not fnmatch(note, "[-=_*]*[-=_*]")]
    cleaned = clean(raw, mapping, source, about, salt, export, preset(match.preset) if match else None)
    return Part(cleaned, about, mapping, export)
