"""What a refresh changed, in sentences: for whoever runs it, and for the page About."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from xlkpi.language import text
from xlkpi.language.numbers import exact, in_unit
from xlkpi.status import label
from xlkpi.workbook.data_sheet import OBJECTIVES
from xlkpi.workbook.live import as_date
from xlkpi.workbook.tables import OBJECTIVE_COLUMNS

if TYPE_CHECKING:
    from xlkpi.workbook.report import Differences, Moved, Refreshed, TypedCell

#: Lines of what is not about objectives.
MOST = 12
#: Titles of objectives that a sentence lists.
_MOST_TITLES = 3
#: A sentence and the objective that it is about; none where it is about something else.
Line = tuple[str, str]
#: What an objective is called: whoever runs a refresh knows its id, whoever reads the workbook its title.
Name = Callable[[str], str]


def news(done: Refreshed) -> tuple[list[Line], list[Line], list[Line]]:
    """For the page About, by title of the objective: those that moved, what else was changed, and what stays so."""
    known, name = done.differences, titles(done.differences)
    moved = [(moved.id, moved_words(moved)) for moved in known.moved]
    happened = [*_lost(done), *_changes(done, name), *_source_changes(known), *_rows(done)]
    stays = [*_standing(done, name), *_standing_sources(known, name), *_people_rows(done), *_held(known)]
    first, then, last = ([(name(id), words) for id, words in lines] for lines in (moved, happened, stays))
    return first, then, last


def titles(known: Differences) -> Name:
    """Gives the titles of objectives, those that are gone, too."""
    found = {moved.id: moved.title for moved in known.objectives}
    return lambda id: found.get(id) or id


def itself(id: str) -> str:
    return id


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
    return _sentences(_held(known), itself)


def row_words(done: Refreshed) -> list[str]:
    """The rows of data tables that came and went."""
    return _sentences([*_rows(done), *_lost(done), *_people_rows(done)], itself)


def people_words(done: Refreshed, name: Name = itself) -> list[str]:
    """What people did that was met, and what it led to."""
    return _sentences([*_changes(done, name), *_standing(done, name), *_replaced(done)], name)


def source_words(known: Differences, name: Name = itself) -> list[str]:
    """Sources without rows, rows after today, columns of sources, rows set aside, and what no row fits or is late."""
    lines = [*_empty(known), *_ahead(known), *_source_changes(known), *_unmatched(known), *_late(known)]
    return _sentences(lines, name)


def waiting_words(known: Differences, name: Name = itself) -> list[str]:
    """What stays as it is while a source has no rows."""
    return _sentences(_waiting(known, name), name)


def _sentences(lines: Sequence[Line], name: Name) -> list[str]:
    return [text("refresh.of", objective=name(id), words=words) if id else words for id, words in lines]


def _listed(ids: Sequence[str], name: Name) -> str:
    """Objectives in a sentence: titles in quotes, and not too many of them."""
    if name is itself:
        return ", ".join(ids[:MOST]) + (", …" if len(ids) > MOST else "")
    shown = ", ".join(text("refresh.title", title=name(id)) for id in ids[:_MOST_TITLES])
    more = len(ids) - _MOST_TITLES
    return text("refresh.listed", names=shown, more=more) if more > 0 else shown


def _cells(cells: Sequence[tuple[str, str]]) -> str:
    return ", ".join(f"{sheet}!{cell}" for sheet, cell in cells[:MOST]) + (", …" if len(cells) > MOST else "")


def archived_words(counts: Mapping[str, int], displaced: Mapping[str, Iterable[str]], page: Name) -> list[str]:
    """What goes to the archive; ``page`` gives the sheet of a table."""
    lines = _by_page(page, "archived", counts)
    lines += [(id, text("refresh.displaced", columns=_columns(cells))) for id, cells in displaced.items()]
    return _sentences(lines, itself)


def _by_page(page: Name, key: str, counts: Mapping[str, int]) -> list[Line]:
    """A sentence for each table, which is called as its sheet is."""
    keys = {name: f"{key}_typed" if name == OBJECTIVES else key for name in counts}
    return [("", text(f"refresh.{keys[name]}", page=page(name), rows=count)) for name, count in counts.items()]


def _rows(done: Refreshed) -> list[Line]:
    lines = []
    for name, count in done.rows.items():
        page, key = done.page(name), "rows" if count.new and count.vanished else "rows_new" if count.new else None
        if key or count.vanished:
            told = text(f"refresh.{key or 'rows_vanished'}", page=page, rows=count.rows, new=count.new,
                        vanished=count.vanished)  # fmt: skip
            lines.append(("", told))
    return lines


def _people_rows(done: Refreshed) -> list[Line]:
    """The rows that people added to data tables."""
    rows = {name: count.people for name, count in done.rows.items() if count.people}
    return [("", text("refresh.people_rows", page=done.page(name), rows=count)) for name, count in rows.items()]


def _lost(done: Refreshed) -> list[Line]:
    """The rows of data tables that are no more, and in which people wrote."""
    rows = {name: count.lost for name, count in done.rows.items() if count.lost}
    return [("", text("refresh.lost_rows", page=done.page(name), rows=count)) for name, count in rows.items()]


def _changes(done: Refreshed, name: Name) -> list[Line]:
    """What became of what people wrote and chose."""
    moved = done.archived
    lines: list[Line] = []
    if moved:
        lines += _by_page(done.page, "archived", moved.out)
        lines += _by_page(done.page, "returned", moved.back)
    lines += [
        (id, text("refresh.gone", column=_column(code), workbook=plain_words(_as_day(code, value))))
        for id, cells in done.gone.items() for code, value in cells.items()
    ]  # fmt: skip
    lines += [(id, text("refresh.displaced", columns=_columns(cells)))
              for id, cells in done.displaced.items() if id not in done.gone]  # fmt: skip
    if done.misled:
        lines.append(("", text("refresh.misled", sheets=", ".join(done.misled))))
    if done.stranded:
        lines.append(("", text("refresh.stranded", cells=_cells(done.stranded))))
    lines += [
        (value.objective, text("refresh.accepted" if not done.dry_run else "refresh.would_accept",
         key=value.key, old=plain_words(value.old), new=plain_words(value.new), place=value.place.text()))
        for value in done.accepted if name is itself  # the project tells it to all others
    ]  # fmt: skip
    lines += [("", text(f"upgrade.reset.{kind}", name=chosen)) for kind, chosen in done.reset]
    lines += [("", text("refresh.tab", before=before, after=after)) for before, after in done.tabs.items()]
    lines += [("", text("refresh.vacant", page=page)) for page in done.vacant]
    lines += _by_page(done.page, "added", done.added) + _by_page(done.page, "taken", done.taken)
    if done.unfiltered:
        lines.append(("", text("refresh.unfiltered", sheets=", ".join(done.unfiltered))))
    return lines


def _standing(done: Refreshed, name: Name) -> list[Line]:
    """What people did and what is as it was, until somebody does something about it."""
    lines: list[Line] = [("", text("refresh.older"))] if done.older else []
    lines += _by_page(done.page, "stay", done.archived.stay if done.archived else {})
    back = {(value.objective, value.key) for value in done.accepted}
    lines += [
        (cell.objective, typed_words(cell)) for cell in done.differences.typed
        if (cell.objective, cell.column) not in back
    ]  # fmt: skip
    lines += [(id, text("refresh.kept", columns=", ".join(columns))) for id, columns in done.kept]
    lines += [(id, text("refresh.uncalculated", column=_column(code))) for id, code in done.uncalculated]
    lines += _by_page(done.page, "below", done.below)
    lines += [("", text("refresh.lacking", page=page, why=why.text())) for page, why in done.lacking.items()]
    if done.without_place:
        lines.append(("", text("refresh.without_place", objectives=_listed(done.without_place, name))))
    if done.short:
        lines.append(("", text("refresh.short", pages=", ".join(done.short))))
    return lines


def _replaced(done: Refreshed) -> list[Line]:
    """The cells of ours that were left as people changed them; not for About, since on the web none are seen."""
    if not done.replaced:
        return []
    return [("", text("refresh.replaced", count=len(done.replaced), cells=_cells(done.replaced)))]


def typed_words(cell: TypedCell) -> str:
    """A cell of an objective in which people typed."""
    return text("refresh.typed", column=_column(cell.column), project=plain_words(cell.project),
                workbook=plain_words(cell.workbook))  # fmt: skip


def _columns(codes: Iterable[str]) -> str:
    return ", ".join(_column(code) for code in codes)


def _column(code: str) -> str:
    return text(f"workbook.column.{code}")


def _as_day(code: str, value: Any) -> Any:
    return as_date(value) if OBJECTIVE_COLUMNS[code][0] == "date" else value


def _source_changes(known: Differences) -> list[Line]:
    lines = [
        ("", text("refresh.mapped" if new else "refresh.unmapped", source=source, column=column, meaning=meaning))
        for source, column, meaning, new in known.mapping[:MOST]
    ]
    return lines + [
        ("", text("refresh.aside", source=source, rows=now, before=before))
        for source, (before, now) in known.aside.items()
    ]


def _standing_sources(known: Differences, name: Name) -> list[Line]:
    return [*_empty(known), *_ahead(known), *_waiting(known, name), *_unmatched(known), *_late(known)]


def _empty(known: Differences) -> list[Line]:
    if not known.empty:
        return []
    return [("", text("refresh.empty", sources=", ".join(known.empty), count=len(known.empty)))]


def _ahead(known: Differences) -> list[Line]:
    """The rows of sources that are dated after today."""
    return [("", rows.text(source)) for source, rows in known.ahead.items()]


def _unmatched(known: Differences) -> list[Line]:
    """The objectives that are limited to what no row has."""
    told = {
        id: "; ".join(f"{name} = {', '.join(map(str, values))}" for name, values in where.items())
        for id, where in known.unmatched.items()
    }
    return [(id, text("refresh.no_rows", where=where)) for id, where in told.items()]


def _late(known: Differences) -> list[Line]:
    return [(id, text("refresh.late", days=days)) for id, days in known.late.items()]


def _waiting(known: Differences, name: Name) -> list[Line]:
    is_same = bool(known.empty) and known.as_of[0] == known.as_of[1]
    lines: list[Line] = [("", text("refresh.same_day", day=date_words(known.as_of[1])))] if is_same else []
    if known.waiting:
        lines.append(("", text("refresh.waiting", objectives=_listed(known.waiting, name))))
    return lines


def _held(known: Differences) -> list[Line]:
    held = known.held.items()
    return [(id, text("refresh.held", day=date_words(day), next=date_words(next))) for id, (day, next) in held]


def date_words(day: date | None) -> str:
    from xlkpi.status.sentences import day as told

    return told(day) if day else text("refresh.nothing")


def plain_words(value: Any) -> str:
    if value in (None, ""):
        return text("refresh.nothing")
    if isinstance(value, date):
        return date_words(value)
    return exact(value) if isinstance(value, float | int) and not isinstance(value, bool) else str(value)
