"""What a refresh changed, in sentences: for whoever runs it, and for the page About."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from xlkpi.language import text
from xlkpi.language.numbers import exact, in_unit
from xlkpi.status import label
from xlkpi.workbook.live import as_date
from xlkpi.workbook.tables import OBJECTIVE_COLUMNS

if TYPE_CHECKING:
    from xlkpi.workbook.report import Differences, Moved, Refreshed, RowCount, TypedCell

#: Lines of what is not about objectives.
MOST = 12


def news(known: Differences, rows: Mapping[str, RowCount]) -> list[tuple[str, str]]:
    """For the page About: each line with what it is about."""
    from xlkpi.workbook.formats import typeset

    lines = [(moved.title, moved_words(moved)) for moved in known.moved]
    lines += [(cell.objective, typed_words(cell)) for cell in known.typed]
    lines += [
        ("", words) for words in (*row_words(rows), *source_words(known), *waiting_words(known), *held_words(known))
    ]
    return [(about, typeset(words)) for about, words in lines]


def moved_words(moved: Moved) -> str:
    """An objective before and after, or as it is where it did not move."""
    before = _side(moved.before, moved.unit_before or moved.unit, moved.currency_before or moved.currency)
    after = _side(moved.after, moved.unit, moved.currency)
    if not moved.changed:
        return after
    told = text("refresh.moved", before=before, after=after)
    return told if moved.kpis is None else text("refresh.other_kpi", moved=told, old=moved.kpis[0], new=moved.kpis[1])


def _side(side: tuple[float | None, str] | None, unit: str, currency: str) -> str:
    if side is None:
        return text("refresh.nothing")
    value = text("number.none") if side[0] is None else in_unit(side[0], unit, currency)
    return f"{value} ({label(side[1])})"


def held_words(known: Differences) -> list[str]:
    """The objectives that are not due."""
    held = known.held.items()
    return [text("refresh.held", objective=id, day=date_words(day), next=date_words(next)) for id, (day, next) in held]


def row_words(rows: Mapping[str, RowCount]) -> list[str]:
    """The rows of tables that came and went."""
    lines = [
        text("refresh.rows", table=name, rows=count.rows, new=count.new, vanished=count.vanished)
        for name, count in rows.items()
        if count.new or count.vanished
    ]
    lines += [text("refresh.lost_rows", table=name, rows=count.lost) for name, count in rows.items() if count.lost]
    return lines + [
        text("refresh.people_rows", table=name, rows=count.people) for name, count in rows.items() if count.people
    ]


def people_words(done: Refreshed) -> list[str]:
    """What people did that was met, and what it led to."""
    added = [text("refresh.added", table=name, rows=count) for name, count in done.added.items()]
    back = {(value.objective, value.key) for value in done.accepted}
    moved = done.archived
    for key, counts in (("archived", moved.out), ("returned", moved.back), ("stay", moved.stay)) if moved else ():
        added += [text(f"refresh.{key}", table=name, rows=count) for name, count in counts.items()]
    added += [text("refresh.taken", table=name, rows=count) for name, count in done.taken.items()]
    added += [text("refresh.older")] if done.older else []
    lines = added + [
        text("refresh.accepted" if not done.dry_run else "refresh.would_accept", objective=value.objective,
             key=value.key, old=plain_words(value.old), new=plain_words(value.new), place=value.place.text())
        for value in done.accepted
    ]  # fmt: skip
    lines += [
        typed_words(cell)
        for cell in done.differences.typed if (cell.objective, cell.column) not in back
    ]  # fmt: skip
    lines += [
        text("refresh.gone", objective=id, column=text(f"workbook.column.{code}"),
             workbook=plain_words(as_date(value) if OBJECTIVE_COLUMNS[code][0] == "date" else value))
        for id, cells in done.gone.items() for code, value in cells.items()
    ]  # fmt: skip
    if done.misled:
        lines.append(text("refresh.misled", sheets=", ".join(done.misled)))
    lines += [text("refresh.kept", objective=id, columns=", ".join(columns)) for id, columns in done.kept]
    lines += [text("refresh.displaced", objective=id, columns=", ".join(text(f"workbook.column.{c}") for c in cells))
              for id, cells in done.displaced.items() if id not in done.gone]  # fmt: skip
    lines += [text("refresh.uncalculated", objective=id, column=text(f"workbook.column.{code}"))
              for id, code in done.uncalculated]  # fmt: skip
    if done.replaced:
        listed = ", ".join(f"{sheet}!{cell}" for sheet, cell in done.replaced[:MOST])
        lines.append(text("refresh.replaced", count=len(done.replaced), cells=listed))
    lines += [text(f"upgrade.reset.{kind}", name=name) for kind, name in done.reset]
    if done.stranded:
        listed = ", ".join(f"{sheet}!{cell}" for sheet, cell in done.stranded[:MOST])
        lines.append(text("refresh.stranded", cells=listed))
    lines += [text("refresh.lacking", page=page, why=why.text()) for page, why in done.lacking.items()]
    lines += [text("refresh.tab", before=before, after=after) for before, after in done.tabs.items()]
    lines += [text("refresh.vacant", page=page) for page in done.vacant]
    lines += [text("refresh.below", table=name, rows=rows) for name, rows in done.below.items()]
    if done.unfiltered:
        lines.append(text("refresh.unfiltered", sheets=", ".join(done.unfiltered)))
    if done.without_place:
        lines.append(text("refresh.without_place", objectives=", ".join(done.without_place)))
    if done.short:
        lines.append(text("refresh.short", pages=", ".join(done.short)))
    return lines


def typed_words(cell: TypedCell) -> str:
    """A cell of an objective in which people typed."""
    return text("refresh.typed", objective=cell.objective, column=text(f"workbook.column.{cell.column}"),
                project=plain_words(cell.project), workbook=plain_words(cell.workbook))  # fmt: skip


def source_words(known: Differences) -> list[str]:
    """Sources without rows, rows after today, columns of sources, rows that were set aside, and data that is late."""
    lines = [text("refresh.empty", sources=", ".join(known.empty), count=len(known.empty))] if known.empty else []
    lines += [rows.text(source) for source, rows in known.ahead.items()]
    lines += [
        text("refresh.mapped" if new else "refresh.unmapped", source=source, column=column, meaning=meaning)
        for source, column, meaning, new in known.mapping[:MOST]
    ]
    lines += [
        text("refresh.aside", source=source, rows=now, before=before) for source, (before, now) in known.aside.items()
    ]
    return lines + [text("refresh.late", objective=id, days=days) for id, days in known.late.items()]


def waiting_words(known: Differences) -> list[str]:
    """What stays as it is while a source has no rows."""
    is_same = bool(known.empty) and known.as_of[0] == known.as_of[1]
    lines = [text("refresh.same_day", day=date_words(known.as_of[1]))] if is_same else []
    if known.waiting:
        listed = ", ".join(known.waiting[:MOST]) + (", …" if len(known.waiting) > MOST else "")
        lines.append(text("refresh.waiting", objectives=listed))
    return lines


def date_words(day: date | None) -> str:
    from xlkpi.status.sentences import day as told

    return told(day) if day else text("refresh.nothing")


def plain_words(value: Any) -> str:
    if value in (None, ""):
        return text("refresh.nothing")
    if isinstance(value, date):
        return date_words(value)
    return exact(value) if isinstance(value, float | int) and not isinstance(value, bool) else str(value)
