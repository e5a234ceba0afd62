"""Lines of pages that become more with the data: rows inserted under them, as Excel does, that look like the last one.

The new cells are blank at first, and known by anchors of their own; then they get what all cells of ours get.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from xlsxwriter.utility import xl_col_to_name

from xlkpi.workbook.anchors import ANCHORS, BLANK, Spot
from xlkpi.workbook.built_rows import later_row
from xlkpi.workbook.cells import ATTRIBUTE, CELL, ROW, Address, Change, address_of, cells_of, changed_cells, reference
from xlkpi.workbook.existing import rows_inserted
from xlkpi.workbook.formula_text import quoted_sheet
from xlkpi.workbook.row_insertion import Insertion, insert_rows, is_fixed

if TYPE_CHECKING:
    from xlkpi.workbook.book import Book
    from xlkpi.workbook.existing import Existing
    from xlkpi.workbook.fill import Changes
    from xlkpi.workbook.package import Package

_HIDDEN = re.compile(rb'\s(?:hidden|collapsed)="[^"]*"')
_NUMBER = re.compile(rb'(\sr=")\d+"')


@dataclass(frozen=True)
class MoreLines:
    """Lines of a page, from its row ``first`` (from 0) as it is written now: how many there were when it was built,
    how many before this refresh, and how many there are now.
    """

    page: str
    first: int
    built: int
    before: int
    rows: int

    @property
    def last(self) -> int:
        return self.first + self.rows - 1

    @property
    def more(self) -> int:
        """Since it was built."""
        return self.rows - self.built

    def built_row(self, number: int) -> int:
        """The place of a line, from 0, by which its cells are known; nothing above has become longer."""
        return self.first + number if number < self.built else later_row(self.first, number)


def can_grow(existing: Existing, lines: MoreLines) -> bool:
    """Whether the lines stand one below the other as they were built, and nothing forbids to insert rows there."""
    from xlkpi.workbook.fill import Changes

    spots = [list(_spots(existing, lines, number).values()) for number in range(lines.before)]
    places = [{(spot.sheet, spot.row) for spot in line} for line in spots]
    if not all(len(place) == 1 for place in places):
        return False
    found = [place.pop() for place in places]
    (sheet, last), package = found[-1], existing.package
    if {name for name, _ in found} != {sheet} or sorted(set(found)) != found or package is None:
        return False
    if sheet not in package.sheets:
        return False
    content = Changes().read(package, package.sheets[sheet])
    return not is_fixed(content, last + 2) and _row(content, last + 1) is not None


def grow_pages(package: Package, changes: Changes, existing: Existing, book: Book) -> list[Insertion]:
    """Insert the rows that lines need now; their cells are blank, and known from now on."""
    made = []
    for lines in book.more_lines:
        if lines.rows > lines.before:
            insertion, columns = _insert(package, changes, existing, lines)
            cells = {(lines.built_row(number), column): Spot(insertion.sheet, row, at)
                     for row, number in enumerate(range(lines.before, lines.rows), start=insertion.at - 1)
                     for column, at in columns.items()}  # fmt: skip
            _anchors(package, changes, existing, lines.page, cells)
            made.append(insertion)
    return made


def _insert(
    package: Package, changes: Changes, existing: Existing, lines: MoreLines
) -> tuple[Insertion, Mapping[int, int]]:
    """Insert rows under the last line; gives its columns too: where they were built, and where they are."""
    known = _spots(existing, lines, lines.before - 1)
    first, last = next(iter(_spots(existing, lines, 0).values())), next(iter(known.values()))
    insertion = Insertion(last.sheet, last.row + 2, lines.rows - lines.before, of=first.row + 1)
    insert_rows(package, changes, insertion)
    rows_inserted(existing, insertion)
    part = package.sheets[last.sheet]
    content = changes.read(package, part)
    above = _row(content, last.row + 1)
    assert above is not None, "can_grow has looked"
    columns = {spot.column for spot in known.values()}
    new = b"".join(_like(above, last.row + 1 + i, columns) for i in range(insertion.count))
    changes.put(package, part, content[: above.end()] + new + content[above.end() :])
    return insertion, {column: spot.column for column, spot in known.items()}


def _spots(existing: Existing, lines: MoreLines, number: int) -> dict[int, Spot]:
    """Where the cells of a line are now, by the column in which they were built."""
    row = lines.built_row(number)
    spots = existing.anchors.spots
    wanted = [column for page, at, column in existing.anchors.prints if (page, at) == (lines.page, row)]
    return {column: spots.get((lines.page, row, column), Spot("", 0, 0)) for column in wanted}


def _row(content: bytes, number: int) -> re.Match[bytes] | None:
    """A row of a sheet's part, from 1."""
    return next((row for row in ROW.finditer(content) if (b' r="%d"' % number) in row[1]), None)


def _like(row: re.Match[bytes], at: int, columns: set[int]) -> bytes:
    """A row (from 0) with the height and the formats of another one, and blank cells, these columns among them."""
    cells: dict[int, bytes] = {}
    for cell in CELL.finditer(row[2] or b""):
        known = dict(ATTRIBUTE.findall(cell[1]))
        cells[address_of(known[b"r"])[1]] = b' s="%s"' % known[b"s"] if b"s" in known else b""
    cells = dict.fromkeys(columns, b"") | cells
    attributes = _NUMBER.sub(rb'\g<1>%d"' % (at + 1), _HIDDEN.sub(b"", row[1]))
    inner = b"".join(b'<c r="%s"%s/>' % (reference(at, column), cells[column]) for column in sorted(cells))
    return b"<row" + attributes + b">" + inner + b"</row>"


def _anchors(package: Package, changes: Changes, existing: Existing, page: str, cells: Mapping[Address, Spot]) -> None:
    """Remember cells: by the place as which they count, where they are."""
    part = package.sheets[existing.sheets[ANCHORS]]
    content = changes.read(package, part)
    lines: dict[int, dict[int, Spot]] = {}
    for (row, column), spot in cells.items():
        lines.setdefault(row, {})[column] = spot
        existing.anchors.spots[page, row, column] = spot
        existing.anchors.prints[page, row, column] = BLANK
    existing.__dict__.pop("anchor_keys", None)  # made anew from the spots
    free = max(row for row, _ in cells_of(content, existing.strings)) + 1
    wanted: dict[Address, Change] = {}
    for at, (row, columns) in enumerate(lines.items(), start=free):
        prints = " ".join(f"{xl_col_to_name(column)}:{BLANK}" for column in sorted(columns))
        wanted |= {(at, 0): Change(page), (at, 1): Change(float(row + 1)), (at, 2): Change(prints)}
        for place, column in enumerate(sorted(columns), start=3):
            spot = columns[column]
            address = f"{quoted_sheet(spot.sheet)}!${xl_col_to_name(spot.column)}${spot.row + 1}"
            wanted[at, place] = Change(0.0, f"IF(1,0,{address})")
    changes.put(package, part, changed_cells(content, wanted))
