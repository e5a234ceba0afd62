"""The tables that people fill, in a workbook that is refreshed: their rows read, and what xlkpi knows put among them.

What is read here goes through :func:`xlkpi.workbook.people.merged`; only cells whose value then differs are written.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from html import unescape
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from xlkpi.workbook.anchors import Spot
from xlkpi.workbook.cell_formats import CellFormats
from xlkpi.workbook.cells import ROW, ROW_NUMBER, Address, Cell, Change, cells_of, changed_cells, in_xml
from xlkpi.workbook.existing import rows_inserted
from xlkpi.workbook.formula_text import canonical
from xlkpi.workbook.own_formulas import shared_texts
from xlkpi.workbook.package import local_name
from xlkpi.workbook.references import Box, Growth, formulas_in
from xlkpi.workbook.row_insertion import Insertion, insert_rows
from xlkpi.workbook.table_formulas import TableFormulas, formulas_of, present_prints

if TYPE_CHECKING:
    from xlkpi.workbook.book import Book
    from xlkpi.workbook.existing import Existing
    from xlkpi.workbook.fill import Changes
    from xlkpi.workbook.live import Value
    from xlkpi.workbook.package import Package, TablePart
    from xlkpi.workbook.people import Row, Written

_CALCULATED = re.compile(rb"(<calculatedColumnFormula\b[^>]*>)([^<]*)(</calculatedColumnFormula>)")
_COLUMN = re.compile(r'<tableColumn\b(?:[^>"]|"[^"]*")*?\sname="([^"]*)"(?:[^>"/]|"[^"]*")*(/?)>')
_HEIGHT = re.compile(rb'\s+(?:ht|customHeight)="[^"]*"')
_RANGE = re.compile(rb'(<(?:table|autoFilter)\b[^>]*?\sref="[A-Z]+\d+:[A-Z]+)\d+"')


@dataclass
class PeoplePart:
    """A table that people fill as it stands: its range, the place of each header, its rows by code, blank ones too.

    ``headers`` are ours by code, ``present`` those that it has by now.
    """

    table: TablePart
    box: Box
    places: Mapping[str, int]
    cells: Mapping[Address, Cell]
    rows: list[dict[str, Value]]
    #: Those of calculated columns.
    formulas: TableFormulas
    headers: Mapping[str, str]
    has_totals: bool = False
    present: Sequence[str] = ()

    @property
    def filled(self) -> list[Row]:
        """The rows down to the last one with something in it."""
        return list(self.rows[: self.last_filled])  # type: ignore[arg-type]  # values are contents of cells

    @property
    def last_filled(self) -> int:
        return max((i + 1 for i, row in enumerate(self.rows) if any(v is not None for v in row.values())), default=0)

    @property
    def own_formulas(self) -> list[Address]:
        """The cells of calculated columns in which somebody put a formula of theirs."""
        codes = {at: code for code, at in self.places.items()}
        return [at for at, formula in self.formulas.texts.items() if not self.formulas.is_ours(codes[at[1]], formula)]

    def moved_down(self, insertion: Insertion) -> None:
        """Tell the table that rows were inserted into its sheet."""
        box = self.box
        self.box = Box(box.left, insertion.row(box.top), box.right, insertion.row(box.bottom))
        self.cells = {(insertion.row(row + 1) - 1, column): cell for (row, column), cell in self.cells.items()}
        texts = self.formulas.texts
        self.formulas.texts = {(insertion.row(row + 1) - 1, column): text for (row, column), text in texts.items()}


def read_people(
    package: Package, columns: Mapping[str, Mapping[str, str]], names: Sequence[str], strings: list[str],
    existing: Existing | None = None,
) -> dict[str, PeoplePart]:  # fmt: skip
    """The tables of these names that the workbook has; ``columns`` are headers by code, by table. ``existing`` tells
    formulas of people's from ours.
    """
    from xlkpi.workbook.pages import PEOPLE

    found, pages, shared = {}, {}, {}
    for name in names:
        table = package.tables.get(name.lower())
        if table is not None and name in columns:
            if table.sheet not in pages:
                content = package.read(table.sheet_part)
                pages[table.sheet], shared[table.sheet] = cells_of(content, strings), shared_texts(content)
            ours = {c.code for c in PEOPLE[name].columns if c.is_formula}
            found[name] = _read(package, table, columns[name], pages[table.sheet], ours, shared[table.sheet], existing)
    if existing is not None:
        existing.formulas.update(present_prints({name: part.formulas for name, part in found.items()}))
    return found


def _read(
    package: Package, table: TablePart, headers: Mapping[str, str], cells: Mapping[Address, Cell], ours: set[str],
    shared: Mapping[Address, str], existing: Existing | None,
) -> PeoplePart:  # fmt: skip
    tree = package.tree(table.part)
    box = Box.of(tree.get("ref", ""))
    totals = int(tree.get("totalsRowCount", "0"))
    box = Box(box.left, box.top, box.right, box.bottom - totals)
    present = [e.get("name", "") for e in tree.iter() if local_name(e) == "tableColumn"]
    written = [next((c.text or "" for c in e if local_name(c) == "calculatedColumnFormula"), None)
               for e in tree.iter() if local_name(e) == "tableColumn"]  # fmt: skip
    places = {code: box.left - 1 + present.index(h) for code, h in headers.items() if h in present}
    defined = {code: f for code, at in places.items() if (f := written[at - box.left + 1]) is not None}
    formulas = formulas_of(
        cells, box, places, defined, present, ours, table.name, table.sheet, headers, shared, existing
    )
    rows: list[dict[str, Value]] = []
    for row in range(box.top, box.bottom):
        found = {code: cells.get((row, at)) for code, at in places.items() if code not in formulas.usual}
        rows.append({code: _typed(cell.value) if cell else None for code, cell in found.items()})
    return PeoplePart(table, box, places, cells, rows, formulas, headers, totals > 0, present)


def _typed(value: Value) -> Value:
    return None if value == "" else value


def rows_below(parts: Mapping[str, PeoplePart], existing: Existing) -> dict[str, int]:
    """How many rows people wrote right under tables that were not extended over them, by table.

    Excel extends a table by itself; other programs don't, and then the row is in no list.
    """
    ours = existing.anchor_keys
    found = {}
    for name, part in parts.items():
        columns, sheet = part.places.values(), part.table.sheet
        row = part.box.bottom
        while any((cell := part.cells.get((row, at))) and cell.value not in (None, "") for at in columns) and not any(
            Spot(sheet, row, at) in ours for at in columns
        ):
            row += 1
        if row > part.box.bottom and not part.has_totals:
            found[name] = row - part.box.bottom
    return found


def make_room(package: Package, changes: Changes, parts: Mapping[str, PeoplePart], book: Book) -> list[Insertion]:
    """Insert rows below the tables that would grow over, or right up to, what stands there.

    Cells of ours that are blank, as on a page for which there was nothing, stand there, too.
    """
    made = []
    for name, part in parts.items():
        written = book.people.get(name)
        last = part.box.bottom if written is None else _last(part, written)
        below = [row + 1 for (row, _), cell in part.cells.items()
                 if row >= part.box.bottom and (cell.value is not None or cell.formula is not None)]  # fmt: skip
        spots = book.existing.anchors.spots.values() if book.existing else ()
        below += [s.row + 1 for s in spots if s.sheet == part.table.sheet and s.row >= part.box.bottom]
        if last == part.box.bottom or min(below, default=last + 2) > last + 1:
            continue
        insertion = Insertion(part.table.sheet, part.box.bottom + 1, last - part.box.bottom)
        insert_rows(package, changes, insertion)
        for other in parts.values():
            if other.table.sheet == insertion.sheet:
                other.moved_down(insertion)
        if book.existing:
            rows_inserted(book.existing, insertion)
        made.append(insertion)
    return made


def _last(part: PeoplePart, written: Written) -> int:
    """The row in which a table is to end: it grows where rows are added for which it has none."""
    return max(part.box.bottom, part.box.top + _count(written))


def _count(written: Written) -> int:
    """How many rows have something in them."""
    columns = [written.columns[c.code] for c in written.table.columns if not c.is_formula]
    return max((i + 1 for i in range(written.rows) if any(column[i] is not None for column in columns)), default=0)


def update_people(package: Package, changes: Changes, parts: Mapping[str, PeoplePart], book: Book) -> dict[str, int]:
    """Put into the tables what differs; gives the number of rows that were added, by table."""
    added = {}
    for name, part in parts.items():
        written = book.people.get(name)
        _write_formulas(package, changes, part)
        if written is None:
            _without_page(package, changes, part)
        else:
            added[name] = _update(package, changes, part, written)
    return added


def _write_formulas(package: Package, changes: Changes, part: PeoplePart) -> None:
    """Put into the table's definition the formulas that only its cells have, for rows that are added later."""
    in_cells = {part.headers[code]: formula for code, formula in part.formulas.in_cells.items()}

    def column(found: re.Match[str]) -> str:
        if (formula := in_cells.get(unescape(found[1]))) is None:
            return found[0]
        opened = found[0].removesuffix("/>").removesuffix(">")
        inside = f"<calculatedColumnFormula>{escape(formula)}</calculatedColumnFormula>"
        return f"{opened}>{inside}" + ("</tableColumn>" if found[2] else "")

    if in_cells:
        definition = changes.read(package, part.table.part).decode()
        changes.put(package, part.table.part, _COLUMN.sub(column, definition).encode())


def _without_page(package: Package, changes: Changes, part: PeoplePart) -> None:
    """A table for whose page there is nothing now: its calculated cells are blank until there is; people's stay."""
    codes = {at: code for code, at in part.places.items()}
    wanted = {
        at: Change(None)
        for at, formula in part.formulas.texts.items()
        if part.box.top <= at[0] < part.box.bottom and part.formulas.is_ours(codes[at[1]], formula)
    }
    if wanted:
        content = changes.read(package, part.table.sheet_part)
        changes.put(package, part.table.sheet_part, changed_cells(content, wanted))


def _update(package: Package, changes: Changes, part: PeoplePart, written: Written) -> int:
    """The cells of one table; it grows where rows are added for which it has none."""
    values, last = written.columns, _last(part, written)
    wanted: dict[Address, Change] = {}
    styles: dict[Address, int] = {}
    formats = CellFormats(package)
    for i in range(last - part.box.top):
        row = part.box.top + i
        for code, at in part.places.items():
            cell, above = part.cells.get((row, at)), part.cells.get((row - 1, at))
            styles[row, at] = cell.style if cell else styles.get((row - 1, at), above.style if above else 0)
            column = written.table.column(code)
            value = values[code][i] if i < written.rows else ("" if column.is_formula else None)
            change = _calculated(part, written, code, (row, at), value) if column.is_formula else _typed_in(cell, value)
            form = written.forms.get((i, code))
            if change is not None and form is not None and (cell is None or cell.value in (None, "")):
                change = replace(change, style=formats.with_form(styles[row, at], form))
            if change is not None:
                wanted[row, at] = change
    if not wanted:
        return 0
    content = changed_cells(changes.read(package, part.table.sheet_part), wanted, styles)
    content = _as_high(content, _new_heights(part, written))
    if last > part.box.bottom:
        growth = Growth(part.table.sheet, part.box, last)
        end = content.index(b"</sheetData>")
        content = _followed(content[:end], growth) + growth.selections(content[end:])
        definition = changes.read(package, part.table.part)
        changes.put(package, part.table.part, _RANGE.sub(lambda m: m[1] + b'%d"' % last, definition))
    _definition(package, changes, part, written)
    changes.put(package, part.table.sheet_part, content)
    if last > part.box.bottom:
        changes.follow(package, [Growth(part.table.sheet, part.box, last)])
    return _count(written) - part.last_filled


def _new_heights(part: PeoplePart, written: Written) -> dict[int, float]:
    """The heights in points, by row of the sheet, of those that were blank and are filled, and the other way round."""
    codes = [c.code for c in written.table.columns if not c.is_formula]
    found = {}
    for i, pixels in enumerate(written.heights):
        before = i < len(part.rows) and any(part.rows[i].get(code) not in (None, "") for code in codes)
        now = any(written.columns[code][i] not in (None, "") for code in codes)
        if before != now:
            found[part.box.top + 1 + i] = pixels * 0.75
    return found


def _as_high(content: bytes, heights: Mapping[int, float]) -> bytes:
    """A sheet's part with the heights of some rows."""

    def row(found: re.Match[bytes]) -> bytes:
        number = ROW_NUMBER.search(found[1])
        points = heights.get(int(number[1])) if number else None
        if points is None:
            return found[0]
        attributes = _HEIGHT.sub(b"", found[1]).rstrip() + b' ht="%g" customHeight="1"' % points
        return b"<row" + attributes + found[0][len(b"<row") + len(found[1]) :]

    return ROW.sub(row, content) if heights else content


def _followed(rows: bytes, growth: Growth) -> bytes:
    """The rows of the table's own sheet, whose formulas needn't name it."""

    def row(found: re.Match[bytes]) -> bytes:
        number = ROW_NUMBER.search(found[1])
        return growth.at_home(found[0], int(number[1]) if number else 0, among)

    among = cache(lambda: formulas_in(rows))

    return ROW.sub(row, rows)


def _calculated(part: PeoplePart, written: Written, code: str, at: Address, value: Value) -> Change | None:
    """What a cell of a calculated column becomes; one in which somebody put something else stays."""
    formulas, cell, present = part.formulas, part.cells.get(at), part.formulas.texts.get(at)
    new = formulas.new(written, code)
    if cell is None or (cell.formula is None and cell.value in (None, "")):
        if (theirs := formulas.theirs(code, at)) is not None:
            return Change(None, theirs)
        return None if new is None else Change(value, new)
    if present is None or not formulas.is_ours(code, present):
        return None
    if new is not None and canonical(new) != canonical(present):
        return Change(value, new)
    return None if _shown(cell.value) == _shown(value) else Change(value, keep=True)


def _definition(package: Package, changes: Changes, part: PeoplePart, written: Written) -> None:
    """The formulas of calculated columns in the table's definition, for rows that people add."""
    formulas = part.formulas
    new = {f: formulas.new(written, code) for code, f in formulas.usual.items() if formulas.is_ours(code, f)}

    def formula(found: re.Match[bytes]) -> bytes:
        old = unescape(found[2].decode())
        now = new.get(old)
        return found[0] if now is None or canonical(now) == canonical(old) else found[1] + in_xml(now) + found[3]

    changes.put(package, part.table.part, _CALCULATED.sub(formula, changes.read(package, part.table.part)))


def _shown(value: Value) -> Value:
    """A result as it is compared: an empty text has no value in some files, but zero is one."""
    return "" if value is None else value


def _typed_in(cell: Cell | None, value: Value) -> Change | None:
    """What a cell that people fill becomes; a formula of theirs stays."""
    before = _typed(cell.value) if cell else None
    return None if before == value or (cell is not None and cell.formula is not None) else Change(value)
