"""What was read, kept, set aside and left out, file by file: nothing happens silently."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from xlkpi.language import current, has_text, text
from xlkpi.language.dates import day
from xlkpi.sources.mapping import Ignored
from xlkpi.sources.source import fail

#: What exports write below their columns even where there is nothing to tell.
_AROUND = frozenset({"total", "unlabelled_total", "repeated_header"})


@dataclass(frozen=True)
class Mapped:
    """A column and what it became. ``form`` tells how its numbers or dates were read; ``note`` is a code or None.

    ``only``: the values of another column whose rows count.
    """

    column: str
    target: str
    alias: str | None = None
    form: str | None = None
    why: str | None = None
    note: str | None = None
    only: tuple[str, ...] = ()


@dataclass(frozen=True)
class Personal:
    """A personal column: its kind and what was done with it (``dropped``, ``hashed``)."""

    column: str
    kind: str
    done: str


@dataclass
class SetAside:
    """Rows that are not in the clean table. ``rows``: a pyarrow Table of their number in the file and their cells.

    ``reason`` is a code (texts: ``sources.aside.<reason>``), ``column`` the one that it is about.
    """

    reason: str
    count: int
    rows: Any
    column: str | None = None


@dataclass
class FileReport:
    """What happened to one file (or one member of an archive, or one sheet)."""

    file: str
    sha256: str
    kind: str
    size: int
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    repaired: bool = False
    preset: str | None = None
    export: str | None = None
    recognised_by: tuple[str, ...] = ()
    known_columns: int = 0
    columns: int = 0
    rows_read: int = 0
    rows_kept: int = 0
    mapped: list[Mapped] = field(default_factory=list)
    ignored: list[Ignored] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    personal: list[Personal] = field(default_factory=list)
    aside: list[SetAside] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    first: date | None = None
    last: date | None = None
    currency: str | None = None
    money: bool = False
    spans: int = 0
    formulas: int = 0
    repeated: int = 0
    skipped: bool = False
    zoned: bool = False

    @property
    def rows_aside(self) -> int:
        return sum(a.count for a in self.aside)


@dataclass
class Report:
    """What happened to a source: its files and what was found across them."""

    files: list[FileReport] = field(default_factory=list)
    converted: dict[str, float] = field(default_factory=dict)
    random_salt: bool = False

    @property
    def rows_read(self) -> int:
        return sum(f.rows_read for f in self.files)

    @property
    def rows_kept(self) -> int:
        return sum(f.rows_kept for f in self.files)

    @property
    def first(self) -> date | None:
        return min((f.first for f in self.files if f.first), default=None)

    @property
    def last(self) -> date | None:
        return max((f.last for f in self.files if f.last), default=None)

    @property
    def is_empty(self) -> bool:
        """Whether the files have no rows but those that exports write around rows."""
        reasons = {aside.reason for file in self.files for aside in file.aside}
        return bool(self.files) and not self.rows_kept and reasons <= _AROUND

    def need_rows(self) -> None:
        """Raise SourceError when no row of any file counts: a source that is empty would pass for one of zeros."""
        if not self.files or self.rows_kept:
            return
        file = self.files[0].file
        if not self.rows_read:
            fail("no_rows", file)
        reasons = {(a.reason, a.column or "") for f in self.files for a in f.aside}
        told = [text(f"sources.aside.{reason}", column=column) for reason, column in sorted(reasons)]
        fail("nothing_kept", file, read=self.rows_read, reasons=", ".join(told))

    def set_aside(self) -> Any:
        """All rows set aside, as a pyarrow Table: file, row, reason, column, content (the cells as JSON)."""
        import pyarrow as pa

        records = [
            {"file": f.file, "row": row.pop("row"), "reason": a.reason, "column": a.column, "content": json.dumps(
                row, ensure_ascii=False, default=str)}
            for f in self.files for a in f.aside for row in a.rows.to_pylist()
        ]  # fmt: skip
        kinds = {
            "file": pa.string(),
            "row": pa.int64(),
            "reason": pa.string(),
            "column": pa.string(),
            "content": pa.string(),
        }
        return pa.Table.from_pylist(records, pa.schema(list(kinds.items())))

    def write_set_aside(self, path: Path) -> None:
        """Write the rows set aside to a CSV file."""
        from pyarrow import csv

        csv.write_csv(self.set_aside(), path)

    def as_json(self) -> dict[str, Any]:
        """Plain data for ``--json`` and for the workbook's provenance; rows set aside as counts."""
        files = []
        for f in self.files:
            plain_ = {k: v for k, v in asdict(_without_rows(f)).items() if v not in (None, [], ())}
            plain_["aside"] = [{"reason": a.reason, "column": a.column, "count": a.count} for a in f.aside]
            files.append({k: v.isoformat() if isinstance(v, date) else v for k, v in plain_.items()})
        return {"rows_read": self.rows_read, "rows_kept": self.rows_kept, "files": files, "converted": self.converted}

    def text(self, language: str | None = None) -> str:
        """The report for people, a few lines per file."""
        language = language or current()
        return "\n".join(line for f in self.files for line in _lines(f, language)) + (
            "\n" + text("sources.random_salt", language) if self.random_salt else "")  # fmt: skip


def _without_rows(report: FileReport) -> FileReport:
    copy = FileReport(**{k: v for k, v in vars(report).items() if k != "aside"})
    copy.aside = []
    return copy


def _lines(f: FileReport, language: str) -> Iterator[str]:
    def say(key: str, **values: Any) -> str:
        return text(f"sources.{key}", language, **values)

    if f.skipped:
        yield say("skipped", file=f.file)
        return
    yield say("file", file=f.file, read=f.rows_read, kept=f.rows_kept)
    form = ", ".join(part for part in (f.encoding, _delimiter(f.delimiter, language), f.sheet) if part)
    if form:
        yield "  " + say("format", format=form)
    if f.repaired:
        yield "  " + say("repaired")
    if f.preset and f.recognised_by:
        yield "  " + say(
            "recognised",
            preset=_name(f.preset),
            headers=", ".join(f.recognised_by),
            known=f.known_columns,
            columns=f.columns,
        )
    if f.first and f.last:
        yield "  " + say("period", first=day(f.first, language), last=day(f.last, language))
    if f.money:
        yield "  " + (say("currency", currency=f.currency) if f.currency else say("no_currency"))
    if f.spans:
        yield "  " + say("spans", count=f.spans)
    for m in f.mapped:
        how = ", ".join(
            _code(kind, code, language) for kind, code in (("form", m.form), ("why", m.why), ("note", m.note)) if code
        )
        if m.only:
            how = ", ".join(part for part in (how, say("only", values=", ".join(m.only))) if part)
        yield "  " + say("mapped", column=m.column or "–", target=m.target) + (f" ({how})" if how else "")
    for reason in dict.fromkeys(i.reason for i in f.ignored):
        yield "  " + say(f"ignored.{reason}", columns=", ".join(i.column for i in f.ignored if i.reason == reason))
    if f.missing:
        yield "  " + say("missing", measures=", ".join(f.missing))
    for p in f.personal:
        yield "  " + say(f"personal.{p.done}", column=p.column, kind=say(f"personal_kind.{p.kind}"))
    for a in f.aside:
        yield "  " + say("aside_rows", count=a.count, reason=say(f"aside.{a.reason}", column=a.column or ""))
    if f.repeated:
        yield "  " + say("repeated", count=f.repeated)
    if f.formulas:
        yield "  " + say("formulas", count=f.formulas)
    if f.zoned:
        yield "  " + say("zoned")


def _code(kind: str, code: str, language: str) -> str:
    key = f"sources.{kind}.{code}"
    return text(key, language) if has_text(key, language) else code


def _delimiter(mark: str | None, language: str) -> str | None:
    return text("sources.tab", language) if mark == "\t" else mark


def _name(preset_id: str) -> str:
    from xlkpi.sources.preset import preset

    return preset(preset_id).name
