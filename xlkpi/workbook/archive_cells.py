"""What people typed on objectives in the table of targets, kept in the archive while their objective is away.

That table holds the objectives that there are, so its rows go with them. What people typed into such a row becomes a
row of the archive, once for the cells that have a meaning (a target, an owner) and once for columns that people added;
it comes back with the objective.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from xlkpi.errors import WorkbookError
from xlkpi.language import text
from xlkpi.language.numbers import in_unit
from xlkpi.workbook.archive import ARCHIVE, LONGEST, Archived, put, told
from xlkpi.workbook.cells import cell_end, in_xml
from xlkpi.workbook.data_part import OwnRow, letters_of
from xlkpi.workbook.data_sheet import MAX_ROWS, OBJECTIVES
from xlkpi.workbook.existing import TYPED_KINDS, Existing, Returned
from xlkpi.workbook.live import Value, order_of, serial
from xlkpi.workbook.own_formulas import formula_of
from xlkpi.workbook.state import Called
from xlkpi.workbook.tables import OBJECTIVE_COLUMNS

if TYPE_CHECKING:
    from xlkpi.objectives import Project
    from xlkpi.workbook.people import Row

#: Days that no cell of a date reaches.
MOST_DAYS = 1e6
#: The columns whose numbers have the objective's unit.
_IN_UNIT = ("baseline", "target", "low", "high", "success", "failure", "benchmark")
#: What the cells are in the archive: those that people may fill, by code, and those of their own columns, by header.
_TYPED, _BESIDE = "row", "beside"
#: Beside the first: formulas in such cells, by code, and the row of the sheet that they were written for.
_FORMULAS, _NUMBER = "formulas", "number"
Cells = Mapping[str, Value]


def with_returned(existing: Existing, project: Project, *, own: bool = True) -> Existing:
    """A workbook with what was typed on objectives that are back, as though they had never been away.

    What no longer fits its objective, as the end of a status set by hand before its new beginning, stays in the
    archive, and so do cells of columns that there are no longer. ``own``: cells of people's own columns, and formulas,
    come back, too.
    """
    from xlkpi.workbook.people_rows import read_people
    from xlkpi.workbook.typed import with_typed

    assert existing.package is not None, "it was read from one"
    part = read_people(existing.package, existing.state.columns, [ARCHIVE], existing.strings).get(ARCHIVE)
    targets, found = existing.parts[OBJECTIVES], Returned()
    typed = dict(existing.typed)
    ids = {id.casefold(): id for id in project.by_id}
    for place, row in enumerate(part.filled if part else ()):
        (kind, cells), id = cells_of(row), ids.get(str(row.get("key")).casefold())
        if id is None or not kind:
            continue
        merged = {**cells, **typed.get(id, {})}
        if not own and (kind == _BESIDE or _FORMULAS in str(row.get("row"))):
            found.kept.append(id)
            continue
        try:
            with_typed(project, {id: merged if kind == _TYPED else {}}, existing.package.path.name)
        except WorkbookError:
            found.kept.append(id)
            continue
        if kind == _TYPED:
            typed |= {id: merged} if merged else {}
            _put_formulas(existing, id, row, merged)
        elif set(cells) <= set(targets.headers) - targets.ours - set(targets.formulas):
            targets.returned[(order_of(id),)] = cells
        else:
            found.kept.append(id)
            continue
        found.places.append(place)
    return replace(existing, typed=typed, returned=found)


def move_cells(found: Archived, existing: Existing, ids: Sequence[str], day: date) -> None:
    """Put what was typed on objectives that are gone into the archive, and empty the rows of what came back.

    ``ids`` are the objectives that there are.
    """
    archive = found.rows.get(ARCHIVE)
    if archive is None:
        return
    for place in existing.returned.places:
        archive[place] = dict.fromkeys(archive[place])
        found.back[OBJECTIVES] = found.back.get(OBJECTIVES, 0) + 1
    targets, here = existing.parts[OBJECTIVES], {id.casefold() for id in ids}
    header = existing.state.columns[OBJECTIVES]["id"]
    beside = {
        str(values[header]): row for key, values in (targets.remembered or {}).items() if (row := targets.own.get(key))
    }
    for id in (id for id in {**existing.typed, **beside} if id.casefold() not in here):
        own = targets.typed_beside(beside[id]) if id in beside else {}
        typed, formulas = existing.typed.get(id, {}), _formulas(existing, beside.get(id))
        said: dict[str, Any] = {_TYPED: typed, **formulas}
        words = _typed_words(existing, id, typed, formulas.get(_FORMULAS, {}))
        if words and _archive(archive, existing, id, said, words, day):
            found.out[OBJECTIVES] = found.out.get(OBJECTIVES, 0) + 1
            found.cells.add(id)
            if formulas:
                beside[id].formulas = {}
        if own and _archive(archive, existing, id, {_BESIDE: own}, _beside_words(existing, own), day):
            found.out[OBJECTIVES] = found.out.get(OBJECTIVES, 0) + 1
            targets.leave(beside[id], own)


def _archive(
    rows: list[Row], existing: Existing, id: str, cells: Mapping[str, Any], words: Sequence[str], day: date
) -> bool:
    """Put cells into the archive, in words and for their return; False where a cell can't hold them."""
    content, whole = "\n".join(words), json.dumps({"table": OBJECTIVES, **cells}, ensure_ascii=False)
    if max(len(content), len(whole)) > LONGEST:
        return False
    title = existing.state.called.get(id, ("",))[0]
    put(rows, {"date": serial(day), "from": existing.parts[OBJECTIVES].table.sheet, "key": id, "title": title or None,
               "content": content or None, "row": whole})  # fmt: skip
    return True


def cells_of(kept: Row) -> tuple[str, Cells]:
    """What kind of cells a row of the archive holds, and these; no kind where it holds others, or was changed."""
    try:
        read: Any = json.loads(str(kept.get("row")))
        kind = _TYPED if _TYPED in read else _BESIDE
        cells = {str(code): float(v) if type(v) is int else v for code, v in read[kind].items()}
        is_ours = read["table"] == OBJECTIVES
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
        return "", {}
    fits = _fits if kind == _TYPED else _fits_beside
    return (kind, cells) if is_ours and all(fits(code, value) for code, value in cells.items()) else ("", {})


def _fits(code: str, value: Any) -> bool:
    kind, may_type = OBJECTIVE_COLUMNS.get(code, ("", False))
    if not may_type or (value is not None and not isinstance(value, TYPED_KINDS[kind])):
        return False
    return not isinstance(value, float) or (0 < value < MOST_DAYS if kind == "date" else math.isfinite(value))


def _fits_beside(_: str, value: Any) -> bool:
    return isinstance(value, str | bool) or (isinstance(value, float) and math.isfinite(value))


def _formulas(existing: Existing, row: OwnRow | None) -> dict[str, Any]:
    """The formulas that people wrote in cells that they may fill, by code, and their row."""
    part, headers = existing.parts[OBJECTIVES], existing.state.columns[OBJECTIVES]
    codes = {part.number(header): code for code, header in headers.items()}
    found = {codes[n]: text for n, cell in row.formulas.items() if (text := formula_of(cell))} if row else {}
    return {_FORMULAS: found, _NUMBER: row.number} if row and found else {}


def _put_formulas(existing: Existing, id: str, kept: Row, values: Cells) -> None:
    """Let the row of an objective that is back have its formulas again."""
    read: Any = json.loads(str(kept["row"]))
    found, number = read.get(_FORMULAS), read.get(_NUMBER)
    if not isinstance(found, dict) or type(number) is not int or not 0 < number < MAX_ROWS:
        return
    part, headers = existing.parts[OBJECTIVES], existing.state.columns[OBJECTIVES]
    row = part.own.setdefault((order_of(id),), OwnRow(number=number))
    for code, formula in found.items():
        if _fits(code, None) and code in headers and isinstance(formula, str) and formula:
            column = part.number(headers[code])
            known = b' r="%s%d" s="%d"' % (letters_of(column), row.number, part.style(column))
            text = b"<f>" + in_xml(formula) + b"</f>"
            row.formulas.setdefault(column, b"<c" + cell_end(known, values.get(code), text))


def _typed_words(existing: Existing, id: str, cells: Cells, formulas: Mapping[str, str]) -> list[str]:
    """The cells as the archive tells them, each with what the project said, and with its formula."""
    state, language = existing.state, existing.state.language
    unit = (Called.of(state, id) or Called()).unit

    def shown(code: str, value: Value) -> str:
        if value in (None, ""):
            return text("number.none", language)
        if code in _IN_UNIT and isinstance(value, float):
            return in_unit(value, unit, state.currency or "EUR", language)
        return told(value, OBJECTIVE_COLUMNS[code][0], language)

    headers, said = state.columns[OBJECTIVES], state.typed.get(id, {})
    return [
        text("workbook.archive.typed", language, header=headers.get(code, code), value=shown(code, value),
             project=shown(code, said.get(code)))
        for code, value in cells.items()
    ] + [
        text("workbook.archive.line", language, header=headers.get(code, code), value=f"={formula}")
        for code, formula in formulas.items()
    ]  # fmt: skip


def _beside_words(existing: Existing, cells: Cells) -> list[str]:
    language = existing.state.language
    return [
        text("workbook.archive.line", language, header=header, value=told(value, "text", language))
        for header, value in cells.items()
    ]


def untold(found: Archived, existing: Existing, ids: Sequence[str]) -> dict[str, Cells]:
    """What was typed on objectives that are gone and stands only in the version before, by objective."""
    here = {id.casefold() for id in ids}
    return {id: cells for id, cells in existing.typed.items() if id.casefold() not in here and id not in found.cells}


__all__ = ["cells_of", "move_cells", "untold", "with_returned"]
