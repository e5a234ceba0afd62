"""The cells of ours on pages, brought up to date: found by their anchors, where they still hold what was written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from xlsxwriter.utility import xl_cell_to_rowcol, xl_col_to_name

from xlkpi.workbook.anchors import ANCHORS, BLANK, HIDDEN, Key, Spot, constant_print, formula_print, prints_of
from xlkpi.workbook.built_rows import BuiltRows, both
from xlkpi.workbook.cells import Address, Cell, Change, cells_of, changed_cells, read_cells
from xlkpi.workbook.context import FROM_DATA
from xlkpi.workbook.existing import CHOICES, choice_spot
from xlkpi.workbook.formula_text import Move, moved
from xlkpi.workbook.page import SECOND, TITLE

if TYPE_CHECKING:
    from xlkpi.workbook.book import Book
    from xlkpi.workbook.existing import Existing
    from xlkpi.workbook.fill import Changes
    from xlkpi.workbook.live import Value
    from xlkpi.workbook.package import Package


#: What a link to a place begins with: no program renames the sheet in it.
_LINK = 'HYPERLINK("#'
_SHOWN = re.compile(r',\s*"((?:[^"]|"")*)"\)$')


@dataclass
class Kept:
    """What was left alone: cells in which people put something else, as sheet and address."""

    replaced: list[tuple[str, str]] = field(default_factory=list)
    #: What people chose and that there is no more: the name of the cell, and what stood there.
    reset: list[tuple[str, Value]] = field(default_factory=list)
    #: How many cells got a new value.
    updated: int = 0


def update_pages(package: Package, changes: Changes, before: Changes, existing: Existing, book: Book) -> Kept:
    """Change the cells of the pages, and the fingerprints of those that were written anew.

    ``before``: the changes before references followed what moved, by which the cells are recognised.
    """
    rows = BuiltRows(book)
    kept, prints = Kept(), prints_of(book, rows)
    fresh: dict[Key, str] = {}
    by_sheet: dict[str, dict[Address, Key]] = {}
    for key, spot in existing.anchors.spots.items():
        by_sheet.setdefault(spot.sheet, {})[spot.row, spot.column] = key
    move = to_present(existing, rows)
    heads = _heads(book, existing)
    choices = {choice_spot(package, name): name for name in CHOICES}
    for sheet, places in by_sheet.items():
        part = package.sheets.get(sheet)
        if part is None:
            continue
        cells = cells_of(before.read(package, part), existing.strings)
        wanted: dict[Address, Change] = {}
        for address, key in places.items():
            cell, new = cells.get(address), prints.get(key)
            if cell is None or not _is_ours(cell, sheet, existing, key):
                name = choices.get(Spot(sheet, *address))
                shown = (
                    book.sheets[key[0]].cells.get((rows.written(*key[:2]), key[2])) if key[0] in book.sheets else None
                )
                if cell is None or name is None or shown is None:
                    kept.replaced.append((sheet, f"{xl_col_to_name(address[1])}{address[0] + 1}"))
                elif cell.value != shown:
                    kept.reset.append((name, cell.value))
                    wanted[address], fresh[key] = Change(shown), constant_print(shown)
                continue
            if (key[0], *TITLE) in heads:
                if cell.formula is not None and _LINK in cell.formula:
                    new, change = existing.anchors.prints[key], _way_back(cell, existing)
                else:
                    new = constant_print(heads.get(key))
                    change = Change(heads.get(key)) if new != existing.anchors.prints[key] else None
            else:
                change = _change(book, rows, key, cell, existing.anchors.prints[key], new, move)
            if change is not None:
                wanted[address] = change
                kept.updated += 1
            if (new or BLANK) != existing.anchors.prints[key]:
                fresh[key] = new or BLANK
        if wanted:
            changes.put(package, part, changed_cells(changes.read(package, part), wanted))
    _renew_prints(package, changes, existing, fresh)
    return kept


def _heads(book: Book, existing: Existing) -> dict[Key, str]:
    """What stands at the head of the pages for which there is nothing now: what they are called, and why."""
    found: dict[Key, str] = {}
    for id in FROM_DATA:
        if id in existing.state.pages and (why := book.context.lacking(id)):
            found[id, *TITLE] = book.text(f"page.{id}")
            words = why.text(book.language)
            found[id, *SECOND] = words[:1].upper() + words[1:]
    return found


def _way_back(cell: Cell, existing: Existing) -> Change | None:
    """A link of a page for which there is nothing now, to its page by the name that this one has by now."""
    then = {name: id for id, name in existing.state.sheets.items()}

    def move(sheet: str | None, reference: str) -> tuple[str | None, str]:
        return (existing.sheets.get(then.get(sheet, ""), sheet) if sheet else sheet), reference

    formula = moved(cell.formula or "", move)
    shown = _SHOWN.search(formula)
    value = shown[1].replace('""', '"') if shown and cell.value is None else cell.value  # not every program keeps it
    return None if (value, formula) == (cell.value, cell.formula) else Change(value, formula)


def replaced(package: Package, existing: Existing) -> list[tuple[str, str]]:
    """The cells of ours in which people put something else, as sheet and address; not those in which they choose."""
    chosen = {choice_spot(package, name) for name in CHOICES}
    sheets = {spot.sheet for spot in existing.anchors.spots.values()} & package.sheets.keys()
    cells = {sheet: read_cells(package, package.sheets[sheet], existing.strings) for sheet in sheets}
    found = []
    for key, spot in existing.anchors.spots.items():
        if spot in chosen or spot.sheet not in cells:
            continue
        cell = cells[spot.sheet].get((spot.row, spot.column))
        if cell is None or not _is_ours(cell, spot.sheet, existing, key):
            found.append((spot.sheet, f"{xl_col_to_name(spot.column)}{spot.row + 1}"))
    return found


def to_present(existing: Existing, rows: BuiltRows) -> Move:
    """Turns references to pages as they are written now into references to where the cells are now."""

    def move(sheet: str | None, reference: str) -> tuple[str | None, str]:
        id = existing.identifiers.get(sheet) if sheet else None
        if id is None or id in HIDDEN or ":" in reference:
            return sheet, reference
        row, column = xl_cell_to_rowcol(reference.replace("$", ""))
        spot = existing.anchors.spots.get((id, row, column))
        if spot is None or (spot.row, spot.column) == (row, column):
            return sheet, reference
        dollar = "$" if reference.startswith("$") else ""
        return spot.sheet, f"{dollar}{xl_col_to_name(spot.column)}{dollar}{spot.row + 1}"

    known = both(rows.to_built, move)
    return lambda sheet, at: (sheet, at) if rows.in_table(sheet, at) else known(sheet, at)


def _change(book: Book, rows: BuiltRows, key: Key, cell: Cell, old: str, new: str | None, move: Move) -> Change | None:
    """What a cell becomes; None where it stays."""
    page, row, column = key[0], rows.written(key[0], key[1]), key[2]
    sheet = book.sheets.get(page)
    if sheet is None or new is None:  # a page, or a line, for which there is nothing any more
        return Change(None) if cell.value is not None or cell.formula is not None else None
    value, formula = sheet.cells.get((row, column)), sheet.formulas.get((row, column))
    if formula is None:
        return Change(value) if new != old or cell.value != value else None
    value = 0.0 if value is None else value
    if new == old and not (_LINK in formula and _LINK in (cell.formula or "") and formula not in (cell.formula or "")):
        return Change(value, keep=True) if not _same(cell.value, value) else None
    home = book.sheets[page].name

    def at_home(sheet_name: str | None, reference: str) -> tuple[str | None, str]:
        named, at = move(sheet_name or home, reference)
        return (None if sheet_name is None else named), at

    return Change(value, moved(formula, at_home))


def _same(one: Value, other: Value) -> bool:
    """An empty text has no value in some files."""
    return (one is None and other == "") or (type(one) is type(other) and one == other)


def _is_ours(cell: Cell, sheet: str, existing: Existing, key: Key) -> bool:
    """Whether a cell still holds what was written; links name pages as they were called then."""
    wanted = existing.anchors.prints[key]
    if cell.formula is None:
        return constant_print(cell.value) == wanted
    present, original = existing.identifiers, existing.anchor_keys.get
    if formula_print(cell.formula, sheet, present, original) == wanted:
        return True
    then = {**present, **{name: id for id, name in existing.state.sheets.items()}}
    return _LINK in cell.formula and formula_print(cell.formula, sheet, then, original) == wanted


def _renew_prints(package: Package, changes: Changes, existing: Existing, fresh: Mapping[Key, str]) -> None:
    """Put new fingerprints on the hidden sheet."""
    part = package.sheets[existing.sheets[ANCHORS]]
    cells = cells_of(changes.read(package, part), existing.strings)
    wanted: dict[Address, Change] = {}
    for (row, column), cell in cells.items():
        if cell.formula and cell.value is None:  # some programs write formulas without their values
            wanted[row, column] = Change(0.0, keep=True)
        if column != 2 or not isinstance(cell.value, str):
            continue
        page, line = cells[row, 0].value, cells[row, 1].value
        if not isinstance(page, str) or not isinstance(line, float):
            continue
        pieces = [piece.partition(":") for piece in cell.value.split()]
        keys = [(page, int(line) - 1, xl_cell_to_rowcol(f"{letters}1")[1]) for letters, _, _ in pieces]
        text = " ".join(f"{p[0]}:{fresh.get(key, p[2])}" for p, key in zip(pieces, keys, strict=True))
        if text != cell.value:
            wanted[row, column] = Change(text)
    changes.put(package, part, changed_cells(changes.read(package, part), wanted))


__all__ = ["Kept", "Spot", "to_present", "update_pages"]
