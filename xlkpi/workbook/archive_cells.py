"""What people typed on objectives in the table of targets, kept in the archive while their objective is away.

That table holds the objectives that there are, so its rows go with them. What people typed into such a row becomes a
row of the archive, once for the cells that have a meaning (a target, an owner) and once for columns that people added;
it comes back with the objective. So does what was typed for a KPI that the objective no longer measures.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from xlkpi.errors import WorkbookError
from xlkpi.language import text
from xlkpi.language.numbers import in_unit
from xlkpi.workbook.archive import ARCHIVE, LONGEST, Archived, put, told
from xlkpi.workbook.archive_entry import Entry
from xlkpi.workbook.cells import cell_end, in_xml
from xlkpi.workbook.data_part import OwnRow, letters_of
from xlkpi.workbook.data_sheet import OBJECTIVES
from xlkpi.workbook.existing import Existing, Returned
from xlkpi.workbook.live import Value, order_of, serial
from xlkpi.workbook.own_formulas import filled_columns, formula_of
from xlkpi.workbook.state import Called
from xlkpi.workbook.tables import OBJECTIVE_COLUMNS

if TYPE_CHECKING:
    from xlkpi.objectives import Project
    from xlkpi.workbook.people import Row

#: The columns whose numbers are values of the objective's KPI.
_OF_KPI = ("baseline", "target", "low", "high", "success", "failure", "benchmark")
Cells = Mapping[str, Value]


def with_returned(existing: Existing, project: Project, *, own: bool = True) -> Existing:
    """A workbook with what was typed on objectives that are back, as though they had never been away, and without what
    was typed for another KPI than they measure.

    What no longer fits its objective, as the end of a status set by hand before its new beginning, stays in the
    archive, and so do cells of columns that there are no longer. ``own``: cells of people's own columns, and formulas,
    come back, too.
    """
    from xlkpi.workbook.people_rows import read_people

    assert existing.package is not None, "it was read from one"
    part = read_people(existing.package, existing.state.columns, [ARCHIVE], existing.strings).get(ARCHIVE)
    targets, found = existing.parts[OBJECTIVES], Returned()
    found.displaced.update(_displaced(existing, project))
    typed = {
        id: {code: value for code, value in cells.items() if code not in found.displaced.get(id, ())}
        for id, cells in existing.typed.items()
    }
    ids = {id.casefold(): id for id in project.by_id}
    for place, row in enumerate(part.filled if part else ()):
        entry, id = Entry.of(row), ids.get(str(row.get("key")).casefold())
        if entry is None or id is None or not entry:
            continue
        merged = typed.get(id, {}) if entry.is_beside else {**entry.values, **typed.get(id, {})}
        fits = own or not (entry.is_beside or entry.formulas)
        if not fits or not _fits(existing, project, id, entry, merged):
            found.kept.append((id, [_header(existing, entry, code) for code in entry.columns]))
            continue
        typed |= {id: merged} if merged else {}
        if entry.is_beside or entry.formulas:
            targets.returned.setdefault((order_of(id),), OwnRow(number=entry.number)).take(_row(existing, entry))
        found.places.append(place)
    return replace(existing, typed={id: cells for id, cells in typed.items() if cells}, returned=found)


def move_cells(found: Archived, existing: Existing, ids: Sequence[str], day: date) -> None:
    """Put what was typed on objectives that are gone, or for other KPIs, into the archive, and empty the rows of what
    came back.

    ``ids`` are the objectives that there are. What is counted here are objectives, whose cells may fill several rows.
    """
    archive = found.rows.get(ARCHIVE)
    back, out = set(), set()
    if archive is not None:
        for place in existing.returned.places:
            back.add(str(archive[place].get("key")).casefold())
            archive[place] = dict.fromkeys(archive[place])
    targets, rows = existing.parts[OBJECTIVES], own_rows(existing)
    for id, entry in _leaving(existing, ids):
        kept = archive is not None and _archive(archive, existing, id, entry, day)
        if kept and id not in existing.returned.displaced:  # which is told by itself
            out.add(id)
        if kept and not entry.is_beside:
            found.cells.add(id)
        if id in rows and (kept or id in existing.returned.displaced):
            targets.leave(rows[id], [_header(existing, entry, code) for code in entry.columns])
    found.out |= {OBJECTIVES: len(out)} if out else {}
    found.back |= {OBJECTIVES: len(back)} if back else {}


def untold(found: Archived, existing: Existing, ids: Sequence[str]) -> dict[str, Cells]:
    """What was typed on objectives that are gone, or for other KPIs, and stands only in the version before."""
    here = {id.casefold() for id in ids}
    left = {id: cells for id, cells in existing.typed.items() if id.casefold() not in here}
    return {id: cells for id, cells in {**left, **existing.returned.displaced}.items() if id not in found.cells}


def own_rows(existing: Existing) -> dict[str, OwnRow]:
    """What people did to the rows of objectives that are in the table."""
    part, header = existing.parts[OBJECTIVES], existing.state.columns[OBJECTIVES]["id"]
    return {str(row[header]): part.own[key] for key, row in (part.remembered or {}).items() if key in part.own}


def uncalculated(existing: Existing) -> list[tuple[str, str]]:
    """The formulas that nothing has calculated yet, so that the project's value counts: objective and column."""
    part, headers = existing.parts[OBJECTIVES], existing.state.columns[OBJECTIVES]
    codes = {part.number(header): code for code, header in headers.items()}
    blank = {str(row[headers["id"]]): {c for c, h in headers.items() if row.get(h) is None}
             for row in (part.remembered or {}).values()}  # fmt: skip
    return [(id, codes[n]) for id, row in own_rows(existing).items() for n in row.formulas if codes[n] in blank[id]]


# --- what goes, and what comes ---------------------------------------------------------------------------------------


def _displaced(existing: Existing, project: Project) -> Iterator[tuple[str, Cells]]:
    """What was typed for another KPI than an objective measures now."""
    rows = own_rows(existing)
    for id, objective in project.by_id.items():
        kpi, was = project.kpi(objective), Called.of(existing.state, id)
        if was is None or not was.was_other_than(kpi.id if kpi else ""):
            continue
        cells = dict.fromkeys(_formulas(existing, rows.get(id))) | dict(existing.typed.get(id, {}))
        if left := {code: value for code, value in cells.items() if code in _OF_KPI}:
            yield id, left


def _leaving(existing: Existing, ids: Sequence[str]) -> Iterator[tuple[str, Entry]]:
    """What leaves the table, by objective."""
    targets, rows, here = existing.parts[OBJECTIVES], own_rows(existing), {id.casefold() for id in ids}
    filled = {n for n, _ in filled_columns(targets).items()} if rows else set()
    for id in {**existing.typed, **existing.returned.displaced, **rows}:
        row, displaced = rows.get(id), existing.returned.displaced.get(id)
        number, kpi = row.number if row else 0, (Called.of(existing.state, id) or Called()).kpi
        formulas = _formulas(existing, row)
        if displaced is not None:
            values = {code: value for code, value in displaced.items() if value is not None or code not in formulas}
            yield id, Entry(values, {c: f for c, f in formulas.items() if c in displaced}, number, kpi)
        if id.casefold() in here:
            continue
        if entry := Entry(existing.typed.get(id, {}), formulas, number, kpi):
            yield id, entry
        if row and (entry := _beside(existing, row, filled)):
            yield id, entry


def _beside(existing: Existing, row: OwnRow, filled: set[int]) -> Entry:
    """What people typed into columns of theirs, but for formulas that fill a column: these come by themselves."""
    part = existing.parts[OBJECTIVES]
    headers = {part.number(h): h for h in part.headers if h not in part.formulas}
    texts = {n: formula_of(cell) for n, cell in row.cells.items()}
    formulas = {headers[n]: text for n, text in texts.items() if text and n in headers and n not in filled}
    values = {h: v for h in formulas if isinstance(v := row.values.get(h), str | float | bool)}
    return Entry({**part.typed_beside(row), **values}, formulas, row.number, None, is_beside=True)


def _formulas(existing: Existing, row: OwnRow | None) -> dict[str, str]:
    """The formulas that people wrote in cells that they may fill, by code."""
    part, headers = existing.parts[OBJECTIVES], existing.state.columns[OBJECTIVES]
    codes = {part.number(header): code for code, header in headers.items()}
    return {codes[n]: text for n, cell in row.formulas.items() if (text := formula_of(cell))} if row else {}


def _fits(existing: Existing, project: Project, id: str, entry: Entry, merged: Cells) -> bool:
    from xlkpi.workbook.typed import with_typed

    part, kpi = existing.parts[OBJECTIVES], project.kpi(project.by_id[id])
    if entry.is_beside:
        return set(entry.columns) <= set(part.headers) - part.ours - set(part.formulas)
    if entry.kpi not in (None, kpi.id if kpi else "") and any(code in _OF_KPI for code in entry.columns):
        return False
    try:
        with_typed(project, {id: merged}, "")
    except WorkbookError:
        return False
    return True


def _row(existing: Existing, entry: Entry) -> OwnRow:
    """The cells of an entry as they stand in a file; values that have a meaning are written by the table itself."""
    part = existing.parts[OBJECTIVES]
    cells: dict[int, bytes] = {}
    for code in entry.columns if entry.is_beside else entry.formulas:
        column, value = part.number(_header(existing, entry, code)), entry.values.get(code)
        known = b' r="%s%d" s="%d"' % (letters_of(column), entry.number, part.style(column))
        if (formula := entry.formulas.get(code)) is None:
            cells[column] = b"<c" + cell_end(known, value)
        elif value is None:  # nothing has calculated it yet
            cells[column] = b"<c" + known + b"><f>" + in_xml(formula) + b"</f></c>"
        else:
            cells[column] = b"<c" + cell_end(known, value, b"<f>" + in_xml(formula) + b"</f>")
    return OwnRow(cells, number=entry.number) if entry.is_beside else OwnRow(number=entry.number, formulas=cells)


# --- in words --------------------------------------------------------------------------------------------------------


def _archive(rows: list[Row], existing: Existing, id: str, entry: Entry, day: date) -> bool:
    """Put cells into the archive, in words and for their return; False where a cell can't hold them."""
    content, whole = "\n".join(_words(existing, id, entry)), entry.as_text()
    if max(len(content), len(whole)) > LONGEST:
        return False
    title = (Called.of(existing.state, id) or Called()).title
    put(rows, {"date": serial(day), "from": existing.parts[OBJECTIVES].table.sheet, "key": id, "title": title or None,
               "content": content or None, "row": whole})  # fmt: skip
    return True


def _words(existing: Existing, id: str, entry: Entry) -> Iterator[str]:
    """The cells as the archive tells them, each with what the project said, and with its formula."""
    state, language = existing.state, existing.state.language
    unit, said = (Called.of(state, id) or Called()).unit, state.typed.get(id, {})

    def shown(code: str, value: Value) -> str:
        if value in (None, ""):
            return text("number.none", language)
        if entry.is_beside:
            return told(value, "text", language)
        if code in _OF_KPI and isinstance(value, float):
            return in_unit(value, unit, state.currency or "EUR", language)
        return told(value, OBJECTIVE_COLUMNS[code][0], language)

    for code, value in entry.values.items():
        key, values = ("line", {}) if entry.is_beside else ("typed", {"project": shown(code, said.get(code))})
        header = _header(existing, entry, code)
        yield text(f"workbook.archive.{key}", language, header=header, value=shown(code, value), **values)
    for code, formula in entry.formulas.items():
        header = _header(existing, entry, code)
        yield text("workbook.archive.line", language, header=header, value=f"={formula}")


def _header(existing: Existing, entry: Entry, code: str) -> str:
    return code if entry.is_beside else existing.state.columns[OBJECTIVES].get(code, code)


__all__ = ["move_cells", "own_rows", "uncalculated", "untold", "with_returned"]
