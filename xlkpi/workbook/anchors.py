"""Anchors: where on the pages the cells of ours are, whatever people do to the pages.

On a hidden sheet stands, for every cell that xlkpi wrote on a page, a formula such as ``=IF(1,0,Dashboard!$C$9)``.
Whoever moves the cell, inserts rows or renames the sheet, in any program, moves the reference with it. Beside it is a
fingerprint of what was written: a cell in which somebody put something else is recognised, and never overwritten.

A row of the sheet holds the page's identifier, the row that the cells had when the page was built, and
``C:fingerprint D:fingerprint ...``; then the formulas, in the same order.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from xlsxwriter.utility import xl_cell_to_rowcol, xl_col_to_name

from xlkpi.workbook.formula_text import PRINT, canonical, fingerprint, moved, plain_sheet
from xlkpi.workbook.references import column_number

if TYPE_CHECKING:
    from xlkpi.workbook.book import Book
    from xlkpi.workbook.built_rows import BuiltRows
    from xlkpi.workbook.cells import Cells
    from xlkpi.workbook.live import Value
    from xlkpi.workbook.sheet import Sheet

ANCHORS = "anchors"
#: Sheets of ours that are no pages: they are written anew as a whole.
HIDDEN = ("calculation", "provenance", ANCHORS)
_FORMULA = re.compile(r"IF\(1,\s*0,\s*(?:('(?:[^']|'')+'|[^'!]+)!)\$?([A-Z]{1,3})\$?(\d+)\)", re.IGNORECASE)
_WRITTEN = re.compile(rb"<f\b[^>]*>\s*IF\(1,\s*0,", re.IGNORECASE)
_ADDRESS = re.compile(r"\$?([A-Z]{1,3})\$?(\d+)")

#: A cell when its page was built: the page's identifier, row and column from 0.
Key = tuple[str, int, int]


@dataclass(frozen=True)
class Spot:
    """Where a cell is now: the sheet's name, row and column from 0."""

    sheet: str
    row: int
    column: int


Original = Callable[[Spot], Key | None]


@dataclass
class Anchors:
    """The anchors of a workbook: where each cell is (missing: it was deleted), and what was written there."""

    spots: dict[Key, Spot] = field(default_factory=dict)
    prints: dict[Key, str] = field(default_factory=dict)

    @property
    def sheets(self) -> dict[str, str]:
        """The present names of pages by identifier; those that people deleted are missing."""
        return {page: spot.sheet for (page, _, _), spot in self.spots.items()}

    @property
    def keys(self) -> dict[Spot, Key]:
        """The keys by present place."""
        return {spot: key for key, spot in self.spots.items()}


def write_anchors(book: Book) -> None:
    """Write the hidden sheet, once all pages are written."""
    sheet = book.add(ANCHORS, "xlkpi_anchors", hidden=True)
    named = {other.name: id for id, other in book.sheets.items()}
    line = 0
    for id, page in book.sheets.items():
        if id in HIDDEN:
            continue
        for row, columns in _rows(page):
            prints = [f"{xl_col_to_name(c)}:{_print_of(page, row, c, named)}" for c in columns]
            sheet.ws.write_string(line, 0, id)
            sheet.ws.write_number(line, 1, row + 1)
            sheet.ws.write_string(line, 2, " ".join(prints))
            for place, column in enumerate(columns, start=3):
                sheet.ws.write_formula(line, place, f"=IF(1,0,{page.address(row, column)})", None, 0)
            line += 1


def prints_of(book: Book, rows: BuiltRows | None = None) -> dict[Key, str]:
    """The fingerprints of all cells of the pages: where they stand, or with ``rows`` where they were built."""
    named = {other.name: id for id, other in book.sheets.items()}
    return {
        (id, rows.built(id, row) if rows else row, column): _print_of(page, row, column, named, rows)
        for id, page in book.sheets.items()
        if id not in HIDDEN
        for row, columns in _rows(page)
        for column in columns
    }


def formula_print(formula: str, home: str, named: Mapping[str, str], original: Original | None = None) -> str:
    """The fingerprint of a formula, whatever the sheets are named and wherever the pages' cells have been moved.

    ``home``: the name of the sheet that it stands on; ``named``: identifiers by sheet name; ``original``: where the
    cell that stands somewhere was built.
    """

    def move(sheet: str | None, reference: str) -> tuple[str | None, str]:
        name = home if sheet is None else sheet
        id = named.get(name)
        if id is None:
            return sheet, reference
        if id in HIDDEN:
            return id, reference.replace("$", "")
        return id, _ADDRESS.sub(lambda m: _original(name, m, original), reference)

    return fingerprint(canonical(moved(formula.removeprefix("="), move)))


def constant_print(value: Value) -> str:
    """The fingerprint of what was typed."""
    return fingerprint(repr(float(value)) if isinstance(value, float | int) else f"'{value}")


#: The fingerprint of a cell of ours with nothing in it.
BLANK = constant_print(None)


def may_hold_anchors(beginning: bytes) -> bool:
    """Whether the beginning of a sheet's part is that of the anchors'."""
    return _WRITTEN.search(beginning) is not None


def read_anchors(cells: Cells) -> Anchors:
    """Read the hidden sheet of a workbook."""
    found = Anchors()
    by_row: dict[int, dict[int, str]] = {}
    for (row, column), cell in cells.items():
        if column > 2 and cell.formula is not None:
            by_row.setdefault(row, {})[column] = cell.formula
    for (row, column), cell in cells.items():
        if column != 2 or not isinstance(cell.value, str):
            continue
        page, line = cells[row, 0].value, cells[row, 1].value
        if not isinstance(page, str) or not isinstance(line, float):
            continue
        for place, part in enumerate(cell.value.split(), start=3):
            letters, _, written = part.partition(":")
            key = page, int(line) - 1, column_number(letters) - 1
            found.prints[key] = written[:PRINT]  # earlier versions wrote a letter more
            at = _FORMULA.fullmatch(by_row.get(row, {}).get(place, "").strip())
            if at and at[1]:
                found.spots[key] = Spot(plain_sheet(at[1]), int(at[3]) - 1, column_number(at[2].upper()) - 1)
    return found


def _rows(page: Sheet) -> Iterator[tuple[int, list[int]]]:
    """The cells with content outside of the tables that people fill, row by row."""
    boxes = [_box(table["range"]) for table in page.ws.tables]
    found: dict[int, list[int]] = {}
    for (row, column), value in page.cells.items():
        inside = any(top <= row <= bottom and left <= column <= right for top, left, bottom, right in boxes)
        if not inside and (value is not None or (row, column) in page.formulas):
            found.setdefault(row, []).append(column)
    for row in sorted(found):
        yield row, sorted(found[row])


def _box(reference: str) -> tuple[int, int, int, int]:
    first, _, last = reference.partition(":")
    return (*xl_cell_to_rowcol(first), *xl_cell_to_rowcol(last or first))


def _print_of(page: Sheet, row: int, column: int, named: Mapping[str, str], rows: BuiltRows | None = None) -> str:
    formula = page.formulas.get((row, column))
    if formula is None:
        return constant_print(page.cells[row, column])
    if rows is None:
        return formula_print(formula, page.name, named)

    def original(spot: Spot) -> Key | None:
        id = named.get(spot.sheet)
        return (id, rows.built(id, spot.row), spot.column) if id else None

    return formula_print(formula, page.name, named, original)


def _original(sheet: str, address: re.Match[str], original: Original | None) -> str:
    """An address on a page as it was when the page was built."""
    if original is None:
        return f"{address[1]}{address[2]}"
    row, column = xl_cell_to_rowcol(f"{address[1]}{address[2]}")
    key = original(Spot(sheet, row, column))
    return f"{xl_col_to_name(key[2])}{key[1] + 1}" if key else f"{address[1]}{address[2]}"
