"""A workbook of which only values are known, made a file again, so that it can be refreshed as one.

Excel on the web, and any Excel through the server, describes a workbook by the values of its cells, its tables and
its names; formulas are not among them. A scorecard's formulas are known all the same: they are those of a skeleton made
now, wherever the fingerprints that the workbook carries say so. Where they don't, or where people have moved what is
ours, the workbook is refused: it can be refreshed as a file only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xlkpi.errors import Place, Problem, WorkbookError
from xlkpi.workbook.anchors import ANCHORS, BLANK, Anchors, Key, constant_print, prints_of
from xlkpi.workbook.built_rows import BuiltRows
from xlkpi.workbook.cells import Address, Cell, Change, address_of, changed_cells, read_cells, read_strings, reference
from xlkpi.workbook.comments import add_comments
from xlkpi.workbook.compare import ListChange
from xlkpi.workbook.data_sheet import OBJECTIVES, quoted
from xlkpi.workbook.described_anchors import anchors_of, sheet_of, stand_as_written
from xlkpi.workbook.existing import CHOICES, DATA_SHEETS, NAMES, Existing, read_state
from xlkpi.workbook.fill import Changes
from xlkpi.workbook.live import Value, as_date
from xlkpi.workbook.package import Package, is_outside
from xlkpi.workbook.references import Box

if TYPE_CHECKING:
    from xlkpi.scorecard.model import Scorecard
    from xlkpi.workbook.book import Book
    from xlkpi.workbook.build import Skeleton
    from xlkpi.workbook.package import TablePart
    from xlkpi.workbook.state import State

_RANGE = re.compile(rb'(<(?:table|autoFilter)\b[^>]*?\sref=")[^"]*"')


@dataclass(frozen=True)
class Described:
    """``sheets``: rows of values from the first cell on, by name. ``tables``: sheet and range, by name in lower case.
    ``named``: sheet and address of the cell that a name leads to. ``notes``: the addresses of notes, by sheet.
    """

    name: str
    sheets: Mapping[str, Sequence[Sequence[Value]]]
    tables: Mapping[str, tuple[str, str]]
    named: Mapping[str, tuple[str, str]]
    notes: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def error(self, code: str, **values: Any) -> WorkbookError:
        return WorkbookError(Problem(code, {"name": self.name, **values}, Place(file=self.name)))

    def moved(self, what: str) -> WorkbookError:
        """The refusal of what can be refreshed as a file only."""
        return self.error("open_book_page", what=what)

    def value(self, sheet: str, row: int, column: int) -> Value:
        """The value of a cell, from 0; None beyond what is used."""
        rows = self.sheets[sheet]
        return rows[row][column] if row < len(rows) and column < len(rows[row]) else None

    def chosen(self, name: str) -> Value:
        sheet, address = self.named[name]
        return self.value(sheet, *address_of(address.encode()))

    def state(self) -> State:
        """What the workbook remembers. Raises WorkbookError where it is none of ours."""
        if missing := [name for name in NAMES if name not in self.named]:
            if "xlkpi_version" in missing:
                raise self.error("workbook_not_ours")
            raise self.error("workbook_lacks_names", names=", ".join(missing))
        if missing := [name for name in DATA_SHEETS if name not in self.tables]:
            raise self.error("workbook_lacks_tables", tables=", ".join(missing))
        rows = self.sheets[self.named["xlkpi_version"][0]]
        return read_state(
            {(i, j): Cell(v) for i, row in enumerate(rows) for j, v in enumerate(row[:2]) if v is not None}, self.error
        )


@dataclass(frozen=True)
class _Nobody:
    """A data table of which it is not yet asked what people did in it."""

    people: Sequence[Any] = ()


@dataclass
class Restored:
    """The workbook as a file: its drop-downs of days and parts, as they are to be."""

    path: Path
    lists: list[ListChange] = field(default_factory=list)


def restore(seen: Described, card: Scorecard, path: Path, folder: Path) -> Restored:
    """Write a described workbook to a file. ``card`` is the project's scorecard as it is now, ``folder`` where the
    workbook counts the project's files from. Raises WorkbookError where it can't be made whole.
    """
    from xlkpi.workbook.book import Last
    from xlkpi.workbook.build import make_skeleton

    state = seen.state()
    if any(name and is_outside(name) for name in (state.layout, state.theme)):  # a page could name any file
        raise seen.error("workbook_not_ours")
    if missing := [name for name in state.sheets.values() if name not in seen.sheets]:
        raise seen.error("open_book_renamed", sheets=", ".join(missing[:5]))
    anchors = anchors_of(seen, state)
    home = dict(state.sheets) | {id: seen.tables[name][0] for name, id in DATA_SHEETS.items()}
    home |= {"calculation": seen.named["xlkpi_period_end"][0], "provenance": seen.named["xlkpi_version"][0]}
    chosen = {name: seen.chosen(name) for name in CHOICES if name in seen.named}
    nobody: Any = dict.fromkeys(DATA_SHEETS, _Nobody())
    existing = Existing(state, home, tuple(seen.sheets), anchors, chosen, {}, nobody, [])
    day = as_date(state.as_of)
    last = Last(day, {id: str(code) for id, (_, code) in state.results.items()}) if day else None
    made = path.with_name("skeleton.xlsx")
    skeleton = make_skeleton(card, made, state.language, state.layout, state.theme, folder=folder, existing=existing,
                             kept=_people(seen, state), last=last)  # fmt: skip
    _refuse_other_rows(seen, state, skeleton)
    rows = BuiltRows(skeleton.book)
    stand_as_written(anchors, rows)
    with Package(made) as package, path.open("wb") as file:
        _refuse_other_tables(seen, package, state)
        changes = Changes()
        _pages(seen, package, changes, anchors, skeleton.book, rows)
        for table in package.tables.values():
            _table(seen, package, changes, table)
        for name in {table.sheet for table in package.tables.values() if seen.notes.get(table.sheet)}:
            add_comments(package, changes, package.sheets[name], seen.notes[name])
        for id in ("calculation", "provenance"):
            _hidden(seen, package, changes, home[id])
        _replace(package, changes, package.sheets[home[ANCHORS]], sheet_of(seen, state, anchors))
        changes.write(package, file)
    return Restored(path, list(_lists(seen, state, skeleton, home["calculation"])))


# --- what it says of itself ------------------------------------------------------------------------------------------


def _people(seen: Described, state: State) -> dict[str, list[dict[str, Any]]]:
    """The rows of the tables that people fill, by code, down to the last one with something in it."""
    from xlkpi.workbook.pages import PEOPLE

    found: dict[str, list[dict[str, Any]]] = {}
    for name, table in PEOPLE.items():
        if name not in seen.tables or name not in state.columns:
            continue
        sheet, box = seen.tables[name][0], Box.of(seen.tables[name][1])
        headers = [seen.value(sheet, box.top - 1, c) for c in range(box.left - 1, box.right)]
        codes = {h: code for code, h in state.columns[name].items() if not table.column(code).is_formula}
        rows = [
            {codes[h]: seen.value(sheet, r, box.left - 1 + i) for i, h in enumerate(headers) if h in codes}
            for r in range(box.top, box.bottom)
        ]
        while rows and all(value is None for value in rows[-1].values()):
            rows.pop()
        found[name] = rows
    return found


# --- what would not fit ----------------------------------------------------------------------------------------------


def _refuse_other_rows(seen: Described, state: State, skeleton: Skeleton) -> None:
    """Charts and formats refer to ranges of the calculation sheet, which must stay where they are."""
    new = skeleton.state
    pages = [page for page in {**state.rows, **new.rows} if list(map(list, state.rows.get(page, ()))) != list(
        map(list, new.rows.get(page, ())))]  # fmt: skip
    if pages or [list(b) for b in state.blocks[2:]] != [list(b) for b in new.blocks[2:]]:
        names = [state.sheets.get(page, page) for page in pages] or [seen.tables[OBJECTIVES][0]]
        raise seen.moved(", ".join((skeleton.book.short_pages or names)[:5]))  # those that get lines move the others


def _refuse_other_tables(seen: Described, package: Package, state: State) -> None:
    """Tables stand where they stood, with the columns that they had."""
    strings = read_strings(package)
    for name, table in package.tables.items():
        if name not in seen.tables:
            raise seen.error("workbook_lacks_tables", tables=table.name)
        sheet, box = seen.tables[name][0], Box.of(seen.tables[name][1])
        ours = Box.of(package.tree(table.part).get("ref", ""))
        cells = read_cells(package, table.sheet_part, strings)
        headers = [(cells.get((ours.top - 1, c)) or Cell(None)).value for c in range(ours.left - 1, ours.right)]
        there = [seen.value(sheet, box.top - 1, c) for c in range(box.left - 1, box.right)]
        if (sheet, box.left, box.top) != (table.sheet, ours.left, ours.top) or headers != there:
            raise seen.moved(sheet)


# --- the file --------------------------------------------------------------------------------------------------------


def _pages(seen: Described, package: Package, changes: Changes, anchors: Anchors, book: Book, rows: BuiltRows) -> None:
    """What stands in our cells of the pages: constants as they are seen, formulas as they must be."""
    prints = prints_of(book, rows)
    blank = {key for key, written in anchors.prints.items() if written == BLANK}  # lines for which there is nothing
    if missing := {key[0] for key in (anchors.prints.keys() ^ prints.keys()) - blank}:
        names = {id: sheet.name for id, sheet in book.sheets.items()}
        names |= {key[0]: spot.sheet for key, spot in anchors.spots.items()}  # a page may be gone for lack of data
        raise seen.moved(", ".join(names[id] for id in sorted(missing)))
    chosen = {(sheet, address_of(address.encode())) for n, (sheet, address) in seen.named.items() if n in CHOICES}
    wanted: dict[str, dict[Address, Change]] = {}
    for key, old in anchors.prints.items():
        spot, sheet = anchors.spots[key], book.sheets[key[0]]
        at, value = (spot.row, spot.column), seen.value(spot.sheet, spot.row, spot.column)
        is_formula, new = at in sheet.formulas, prints.get(key, BLANK)
        if is_formula and new == old:
            continue
        is_as_written = constant_print(value) == old
        if (
            not is_as_written
            and (spot.sheet, at) not in chosen
            and (is_formula or new != old or _is_elsewhere(seen, anchors, key))
        ):
            raise seen.moved(f"{sheet.name}!{reference(*at).decode()}")
        wanted.setdefault(sheet.name, {})[at] = Change(value)
    for name, cells in wanted.items():
        part = package.sheets[name]
        changes.put(package, part, changed_cells(changes.read(package, part), cells))


def _is_elsewhere(seen: Described, anchors: Anchors, key: Key) -> bool:
    """Whether what was written in a cell stands in another one of its page, where nothing of the kind was written."""
    sheet, wanted = anchors.spots[key].sheet, anchors.prints[key]
    same = (spot for k, spot in anchors.spots.items() if k[0] == key[0] and anchors.prints[k] == wanted)
    known = {(spot.row, spot.column) for spot in same}
    return any(
        value is not None and (i, j) not in known and constant_print(value) == wanted
        for i, row in enumerate(seen.sheets[sheet])
        for j, value in enumerate(row)
    )


def _table(seen: Described, package: Package, changes: Changes, table: TablePart) -> None:
    """The cells of a table as they are seen, and its range; calculated columns keep their formulas."""
    reference_ = seen.tables[table.name.lower()][1]
    box, ours = Box.of(reference_), Box.of(package.tree(table.part).get("ref", ""))
    content = changes.read(package, table.sheet_part)
    cells = read_cells(package, table.sheet_part, read_strings(package))
    wanted: dict[Address, Change] = {}
    styles: dict[Address, int] = {}
    for column in range(box.left - 1, box.right):
        first = cells.get((box.top, column))
        for row in range(box.top, max(box.bottom, ours.bottom)):
            cell = cells.get((row, column))
            styles[row, column] = (cell or first or Cell(None)).style
            if cell is not None and cell.formula is not None and row < box.bottom:
                continue
            value = seen.value(table.sheet, row, column) if row < box.bottom else None
            if value is not None or cell is not None:
                wanted[row, column] = Change(value)
    changes.put(package, table.sheet_part, changed_cells(content, wanted, styles))
    definition = _RANGE.sub(rb'\g<1>%s"' % reference_.encode(), package.read(table.part))
    changes.put(package, table.part, definition)


def _hidden(seen: Described, package: Package, changes: Changes, sheet: str) -> None:
    """A hidden sheet as it is seen, its formulas as values."""
    part = package.sheets[sheet]
    there = {(i, j): Change(value) for i, row in enumerate(seen.sheets[sheet]) for j, value in enumerate(row)}
    _replace(package, changes, part, there)


def _replace(package: Package, changes: Changes, part: str, wanted: dict[Address, Change]) -> None:
    """Let a sheet have these cells, and no others."""
    cells = read_cells(package, part, read_strings(package))
    everything = dict.fromkeys(cells, Change(None)) | {
        at: change for at, change in wanted.items() if change.value is not None or at in cells
    }
    changes.put(package, part, changed_cells(package.read(part), everything))


def _lists(seen: Described, state: State, skeleton: Skeleton, sheet: str) -> Iterator[ListChange]:
    """The drop-downs of days and of parts whose lists have another length."""
    for name, old, new in zip(("xlkpi_as_of", "xlkpi_choice"), state.blocks, skeleton.state.blocks, strict=False):
        if list(old) != list(new) and name in seen.named:
            page, address = seen.named[name]
            was, now = (_list(sheet, block) for block in (old, new))
            yield ListChange(page, address, (was, now))


def _list(sheet: str, block: Sequence[int]) -> str:
    top, left, bottom, right = block
    first, last = (reference(row, column).decode() for row, column in ((top, left), (bottom, right)))
    return f"{quoted(sheet)}!{first}:{last}"


__all__ = ["Described", "Restored", "restore"]
