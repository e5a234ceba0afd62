"""What a workbook remembers of its last build or refresh, on its hidden sheet, so that the next one can follow."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import xlkpi
from xlkpi.workbook.live import serial

if TYPE_CHECKING:
    from xlkpi.scorecard.model import Result, Scorecard
    from xlkpi.workbook.book import Book
    from xlkpi.workbook.live import Value
    from xlkpi.workbook.tables import Tables

#: Grows when a refresh can no longer follow what earlier versions wrote.
FORMAT = 3
#: Grows when a build gives workbooks something that earlier ones lack, though a refresh can follow them.
EDITION = 4
#: A cell holds 32,767 characters.
_PIECE = 30_000


#: Values by table, key of a row and column.
Proposed = Mapping[str, Mapping[str, Mapping[str, "Value"]]]


@dataclass(frozen=True)
class State:
    """``files``: the project's, relative to the workbook. ``room``: lines of pages. ``blocks``: growing ranges of the
    calculation sheet; ``rows``: those of pages on it. ``slots``: places of objectives on the first page;
    ``former_slots``: of those that are gone, the last one last. ``sheets``: the names given to sheets.
    ``columns``: of the tables, headers by code. ``typed``: what the project said in cells that people may change.
    ``results``: value and status of objectives. ``mapping``: which column of a source means
    what. ``offered``: rows that were put into people's tables; ``proposed``: what was proposed in cells of theirs, by
    table, key of a row and column. ``passing``: what was written in rows that are there while data lack, in the same
    way. ``days``: those of numbers that are not for ``as_of``.
    ``aside``: rows of sources that were set aside. ``known``: the objectives that there ever were.
    ``currency``: that of amounts in number formats.
    ``alerting``: the objectives and causes of which an alert held.
    ``given``: the names that sheets were built with, whatever people have called them since; earlier versions know
    those of the pages of KPIs alone, and only of a workbook that was refreshed.
    ``rules``: fingerprints of the conditional formats and validations that it was built with.
    ``formulas``: fingerprints of those in people's tables, by table and column.
    ``called``: what objectives are called, and their units, to tell of those that go, and what their KPIs are, see
    :class:`Called`.
    """

    format: int = FORMAT
    version: str = xlkpi.__version__
    language: str = "en"
    as_of: float = 0.0
    files: Sequence[str] = ()
    layout: str | None = None
    theme: str | None = None
    pages: Sequence[str] = ()
    room: Mapping[str, int] = field(default_factory=dict)
    blocks: Sequence[Sequence[int]] = ()
    rows: Mapping[str, Sequence[Sequence[int]]] = field(default_factory=dict)
    slots: Mapping[str, str] = field(default_factory=dict)
    sheets: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    typed: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    results: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    offered: Mapping[str, Sequence[str]] = field(default_factory=dict)
    proposed: Proposed = field(default_factory=dict)
    mapping: Mapping[str, Sequence[Sequence[str]]] = field(default_factory=dict)
    days: Mapping[str, float] = field(default_factory=dict)
    aside: Mapping[str, int] = field(default_factory=dict)
    known: Sequence[str] = ()
    currency: str = ""
    alerting: Sequence[Sequence[str]] | None = None
    edition: int = 0
    given: Mapping[str, str] = field(default_factory=dict)
    rules: Sequence[str] | None = None
    formulas: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)
    called: Mapping[str, Sequence[str | None]] = field(default_factory=dict)
    passing: Proposed = field(default_factory=dict)
    former_slots: Mapping[str, str] = field(default_factory=dict)

    @property
    def pages_of_kpis(self) -> dict[str, str]:
        """Whose page stands at each place of objectives: a free one is that of the last one that it had."""
        latest = {slot: id for id, slot in self.former_slots.items()}
        return {**latest, **{slot: id for id, slot in self.slots.items()}}

    @property
    def own_names(self) -> dict[str, str]:
        """The names that xlkpi gave to the pages of KPIs, and to others where that is known, by identifier."""
        return {**{id: name for id, name in self.sheets.items() if id.startswith("kpi_")}, **self.given}

    def pieces(self) -> list[str]:
        """As texts that fit cells."""
        written = json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":"))
        return [written[i : i + _PIECE] for i in range(0, len(written), _PIECE)]

    @classmethod
    def of(cls, pieces: Sequence[str]) -> State:
        """From its texts. Raises ValueError for what is none."""
        found = json.loads("".join(pieces))
        if not isinstance(found, dict) or not isinstance(found.get("format"), int):
            raise ValueError("no state")
        known = {f.name for f in fields(cls)}
        return cls(**{name: value for name, value in found.items() if name in known})


class Called(NamedTuple):
    """What an objective is called, and its unit; the code and the name of its KPI, which older workbooks lack."""

    title: str = ""
    unit: str = "count"
    kpi: str | None = None
    kpi_name: str = ""

    @classmethod
    def of(cls, state: State, id: str) -> Called | None:
        """From what a workbook remembers of an objective; None where that is nothing."""
        known = state.called.get(id)
        return cls(*known[: len(cls._fields)]) if known else None  # type: ignore[arg-type]  # only `kpi` may be None

    def was_other_than(self, kpi: str | None) -> bool:
        """Whether another KPI was measured; one that an older workbook did not remember is taken to be the same."""
        return self.kpi not in (None, kpi)


def kpi_code(result: Result) -> str:
    """What KPI an objective measures; nothing where it names none."""
    return result.kpi.id if result.kpi else ""


def called(result: Result) -> Called:
    """What an objective is called, and what its KPI is."""
    from xlkpi.catalogue import say
    from xlkpi.workbook.tables import kpi_name

    unit = result.kpi.unit if result.kpi else "count"
    return Called(str(say(result.objective.title)), unit, kpi_code(result), str(say(kpi_name(result))))


def state_of(
    book: Book, tables: Tables, folder: Path, pages: Sequence[str], looks: tuple[str | None, str | None]
) -> State:
    """The state of a book that is written to a folder, once its pages are; ``looks`` are its layout and its theme."""
    from xlkpi.workbook.rules import rules_of
    from xlkpi.workbook.table_formulas import formula_prints
    from xlkpi.workbook.tables import OBJECTIVE_COLUMNS

    card, objectives = book.card, tables.objectives
    typed_codes = [code for code, (_, may_type) in OBJECTIVE_COLUMNS.items() if may_type]
    ids = [str(id) for id in objectives.columns["id"][: len(tables.order)]]
    before = book.existing.state if book.existing else State()  # pages that have nothing now are remembered, too
    headers = {t.name: dict(t.headers) for t in book.data_tables.values()}
    slots = {id: str(slot) for id, slot in zip(ids, objectives.columns["slot"], strict=False) if slot}
    # A refresh puts no columns into people's tables.
    headers |= {name: dict(before.columns.get(name, written.headers)) for name, written in book.people.items()}
    return State(
        language=book.language, as_of=serial(card.as_of), files=[_relative(f, folder) for f in card.project.files],
        layout=looks[0], theme=looks[1], pages=list(before.pages or pages), room={**before.room, **book.room},
        blocks=[list(b) for b in book.blocks],
        rows={**before.rows, **{page: [list(pair) for pair in pairs] for page, pairs in book.rows.items()}},
        slots=slots,
        former_slots={id: s for id, s in {**before.former_slots, **before.slots}.items() if id not in slots},
        sheets={**before.sheets, **{id: sheet.name for id, sheet in book.sheets.items()}},
        columns={**before.columns, **headers},
        typed={id: {c: v for c in typed_codes if (v := tables.typed[id].get(c)) is not None} for id in ids},
        results={r.objective.id: [_known(r.actual), r.status.shown] for r in card.results},
        mapping=mapping_of(card, before),
        called={r.objective.id: called(r) for r in card.results},
        offered={**before.offered, **book.offered}, proposed={**before.proposed, **book.proposed},
        passing={**before.passing, **book.passing}, currency=book.currency,
        days={id: serial(day) for id, day in card.held.items()},
        aside=aside_of(card, before), known=_known_ids(book, ids),
        alerting=None if book.alerting is None else [list(pair) for pair in book.alerting],
        edition=before.edition if book.existing else EDITION, given=before.own_names if book.existing else book.given,
        rules=before.rules if book.existing else rules_of(book),
        formulas=formula_prints(book),
    )  # fmt: skip


def _known_ids(book: Book, ids: Sequence[str]) -> list[str]:
    from xlkpi.workbook.archive import ARCHIVE, ids_ever

    before = book.existing.state if book.existing else State()
    return sorted({*ids, *ids_ever(before, book.kept.get(ARCHIVE, ()))})


def mapping_of(card: Scorecard, before: State) -> dict[str, Sequence[Sequence[str]]]:
    """Which column of a source means what; as it was ``before`` where a source has no rows, or is a table of a
    database, of whose columns nothing is reported.
    """
    found: dict[str, Sequence[Sequence[str]]] = {
        name: [list(pair) for pair in sorted({(m.column, m.target) for file in report.files for m in file.mapped})]
        for name, report in card.data.reports.items()
    }
    unknown = {*card.data.empty, *(name for name in card.data.tables if not found.get(name))}
    return found | {name: before.mapping[name] for name in unknown & before.mapping.keys()}


def aside_of(card: Scorecard, before: State) -> dict[str, int]:
    """How many rows of each source were set aside; where there are none at all, how many were ``before``."""
    found = {name: sum(file.rows_aside for file in report.files) for name, report in card.data.reports.items()}
    return found | {name: before.aside.get(name, 0) for name in card.data.empty if not found.get(name)}


def _relative(file: Path, folder: Path) -> str:
    """A path from the workbook's folder; only the name where there is no way, as from one drive to another."""
    try:
        return Path(os.path.relpath(file.resolve(), folder.resolve())).as_posix()
    except ValueError:
        return file.name


def _known(value: float) -> float | None:
    return None if value != value else value
