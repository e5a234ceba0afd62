"""The journal: check-ins, changed targets, statuses set by hand, lessons and notes; lines are only ever added."""

from __future__ import annotations

from typing import Any, get_args

from xlkpi.objectives.decisions import JournalKind
from xlkpi.scorecard.model import Result
from xlkpi.status import label
from xlkpi.workbook.book import Book
from xlkpi.workbook.calculation import Calculation
from xlkpi.workbook.formats import decimals_for
from xlkpi.workbook.functions import and_, count_ifs, if_, is_number, sentence, total
from xlkpi.workbook.live import Live
from xlkpi.workbook.page import Page
from xlkpi.workbook.people import Column, PeopleTable, Row, Shown, Written, write_people

HEADER = 10
KINDS: tuple[str, ...] = get_args(JournalKind)
TABLE = PeopleTable("journal", "xlkpi_journal", (
    Column("date", "date", 92), Column("kind", "list", 110, KINDS, "journal_kind"), Column("key", "key", 104),
    Column("title", "title", 170), Column("value", "number", 84, form="General"), Column("status", "list", 92),
    Column("old", "number", 84, form="General"), Column("new", "number", 84, form="General"),
    Column("text", "text", 290), Column("about", "text", 150), Column("author", "text", 110),
), keys=("date", "kind", "key", "text"), free_rows=10)  # fmt: skip


def journal(book: Book, made: Calculation) -> None:
    """Write the page, with what the project file knows."""
    rows = sorted((*_entries(book), *_changes(book)), key=lambda row: (str(row["date"]), str(row["key"])))
    widths = (14, *(c.width for c in TABLE.columns), 14)
    page = Page(book, "journal", widths, book.text("page.journal"), book.text("journal.second"))
    page.heights(5, 12, 18, 22, 20, 8)
    page.back(6)
    page.put(7, 1, book.text("journal.help"), font_color=page.theme.mute)
    written = write_people(book, made, TABLE, rows, page=page, header=HEADER, lists={"status": made.words})
    page.put(8, 1, _unlogged(book, made, written), bold=True, font_color=page.theme.warn)
    page.ws.freeze_panes(HEADER + 1, 0)
    page.finish(written.last, pages_high=0, repeat=(HEADER, HEADER), protect=False)


def _unlogged(book: Book, made: Calculation, written: Written) -> Live:
    """How many targets were changed on the sheet of targets without a line here that leads to the new one."""
    sheet, count = made.sheet, len(made.tables.order)
    first = made.rows(count + 1) + 1
    sheet.put(first - 1, 0, "unlogged targets")
    for row, selected in enumerate(made.tables.order):
        target, built = made.now.cell("target", row), selected.result.objective.target
        id = sheet.put(first + row, 0, made.now.cell("id", row))
        logged = count_ifs((written.span("key"), "=", id), (written.span("new"), "=", target))
        changed = target.differs("" if built is None else built)
        sheet.put(first + row, 1, if_(and_(is_number(target), changed), if_(logged > 0, 0, 1), 0))
    found = total(sheet.span(first, 1, first + max(1, count) - 1))
    return if_(found > 0, sentence(book.text("journal.unlogged"), {"n": found}), "")


def _entries(book: Book) -> list[dict[str, Any]]:
    return [
        {
            "date": entry.date, "kind": _kind(book, entry.kind), "key": entry.objective or "",
            "value": _shown(book, entry.objective, entry.value),
            "status": label(entry.status, book.language) if entry.status else "", "text": book.say(entry.text),
            "about": book.say(entry.about), "author": entry.author or "",
        }
        for entry in book.card.project.journal
    ]  # fmt: skip


def _changes(book: Book) -> list[dict[str, Any]]:
    """The versions of targets, and the statuses that people set over the computed ones."""
    rows: list[dict[str, Any]] = []
    for result in book.card.results:
        objective = result.objective
        rows += [
            {
                "date": revision.date, "kind": _kind(book, "target"), "key": objective.id,
                "old": _shown(book, objective.id, revision.old), "new": _shown(book, objective.id, revision.new),
                "text": book.say(revision.why), "author": revision.who or "",
            }
            for revision in objective.revisions
        ]  # fmt: skip
        override = objective.override
        if override is not None:
            rows.append({
                "date": override.since or book.card.as_of, "kind": _kind(book, "override"), "key": objective.id,
                "status": label(override.status, book.language), "text": book.say(override.reason),
            })  # fmt: skip
    return rows


def _kind(book: Book, kind: str) -> str:
    return book.text(f"journal_kind.{kind}")


def _shown(book: Book, id: str | None, value: float | None) -> Shown | None:
    """A number in the unit of its objective's KPI."""
    if value is None:
        return None
    result: Result | None = book.card.by_id.get(id or "")
    unit = result.kpi.unit if result and result.kpi else "count"
    return Shown(value, book.number_format(unit, decimals_for(unit, (value,))))


__all__ = ["KINDS", "TABLE", "Row", "journal"]
