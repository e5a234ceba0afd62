"""Rows inserted into a sheet, as Excel does it: what stands below moves down, and all that refers to it follows."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from xlkpi.workbook.data_sheet import MAX_ROWS
from xlkpi.workbook.formula_text import moved
from xlkpi.workbook.references import changed_formulas, changed_sources

if TYPE_CHECKING:
    from xlkpi.workbook.fill import Changes
    from xlkpi.workbook.package import Package

_ROW = re.compile(rb'(<(?:row|c)\b[^>]*?\sr="[A-Z]*)(\d+)"')
_SHARED = re.compile(rb'<f\b[^>]*\st="(?:shared|array|dataTable)"[^>]*\sref="[A-Z]+\d+(?::[A-Z]+(\d+))?"')
#: The cells that a format or a validation holds for; a sparkline, too, says so of its one cell.
_SELECTED = re.compile(
    rb'(<(?:conditionalFormatting|dataValidation|ignoredError|protectedRange)\b[^>]*?\ssqref="|<(?:\w+:)?sqref>)([^"<]+)'
)
#: Places on the sheet itself, in its part and in those of its tables, comments and pivot tables.
_PLACES = re.compile(rb'(\s(?:ref|sqref|topLeftCell|activeCell)="|<(?:\w+:)?sqref>)([A-Z][^"<]*)')
_BREAKS = re.compile(rb"<rowBreaks\b.*?</rowBreaks>", re.DOTALL)
_BREAK = re.compile(rb'(<brk\b[^>]*?\sid=")(\d+)"')
#: Something drawn on a sheet, whatever its program calls the namespace.
ANCHOR = re.compile(rb"<((?:\w+:)?(?:twoCellAnchor|oneCellAnchor))\b([^>]*)>.*?</\1>", re.DOTALL)
_ANCHOR_ROW = re.compile(rb"(<(?:\w+:)?row>)(\d+)(?=</(?:\w+:)?row>)")
_SHAPE = re.compile(rb"<x:ClientData\b.*?</x:ClientData>", re.DOTALL)
_SHAPE_ROW = re.compile(rb"(<x:Row>)(\d+)(?=</x:Row>)")
_SHAPE_ANCHOR = re.compile(rb"(<x:Anchor>)([^<]*)(?=</x:Anchor>)")


@dataclass(frozen=True)
class Insertion:
    """``count`` rows put before the row ``at``, from 1, of a sheet.

    ``of``: the first of the rows above that they continue, if any. Then charts, formats, validations and formulas over
    these rows to their last one take in the new rows.
    """

    sheet: str
    at: int
    count: int
    changes: bool = True
    of: int | None = None

    def row(self, number: int) -> int:
        return number + self.count if number >= self.at else number

    def reference(self, reference: str) -> str:
        """A cell, range or whole rows of the sheet; what spans the place becomes longer."""
        if self.of is not None and ":" in reference:
            rows = [int(row) for row in re.findall(r"\d+", reference)]
            if self.of - 1 <= min(rows) < max(rows) == self.at - 1:
                end = str(self.at - 1 + self.count)
                return re.sub(rf"(?<!\d){self.at - 1}(?!\d)", end, reference)
        return self._moved(reference)

    def _moved(self, reference: str) -> str:
        letters = "" if reference.lstrip("$")[:1].isdigit() else r"(?<![A-Z])\$?[A-Z]{1,3}"
        return re.sub(rf"({letters}\$?)(\d+)", lambda m: f"{m[1]}{self._end(int(m[2]))}", reference)

    def _end(self, number: int) -> int:
        """What reaches down to the last row of a sheet still does."""
        return min(self.row(number), max(number, MAX_ROWS))

    def formula(self, text: str, *, home: bool = False) -> str:
        """A formula from anywhere; ``home``: what a formula of the sheet itself says without its name."""
        if not home and self.sheet.casefold() not in text.replace("''", "'").casefold():
            return text

        def move(sheet: str | None, reference: str) -> tuple[str | None, str]:
            ours = home if sheet is None else not home and sheet.casefold() == self.sheet.casefold()
            return sheet, self.reference(reference) if ours else reference

        return moved(text, move, move)

    def formulas(self, xml: bytes) -> bytes:
        """The formulas, names, chart series and pivot sources of a part."""
        return changed_sources(changed_formulas(xml, self.formula), self.sheet, self.reference)

    def places(self, xml: bytes) -> bytes:
        """The addresses in the attributes of a part that belongs to the sheet."""
        return _PLACES.sub(lambda m: m[1] + self._moved(m[2].decode()).encode(), xml)

    def selections(self, xml: bytes) -> bytes:
        """Formats and validations of the sheet that hold for the last of the rows that are continued."""
        if self.of is None:
            return xml
        last = str(self.at - 1)

        def longer(area: str, *, alone: bool) -> str:
            first, _, end = area.partition(":")
            if (end or first).lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ") != last or not (end or alone):
                return area
            return f"{first}:{re.sub(r'[0-9]+$', '', end or first)}{self.at - 1 + self.count}"

        def selected(found: re.Match[bytes]) -> bytes:
            areas, alone = found[2].decode().split(" "), not found[1].endswith(b"sqref>")
            return bytes(found[1]) + " ".join(longer(area, alone=alone) for area in areas).encode()

        return _SELECTED.sub(selected, xml)


def insert_rows(package: Package, changes: Changes, insertion: Insertion) -> None:
    """Insert rows into a sheet. Raises WorkbookError where a formula that several cells share stands below."""
    part = package.sheets[insertion.sheet]
    content = changes.read(package, part)
    if is_fixed(content, insertion.at):
        raise package.error("workbook_covered", table=insertion.sheet, cell=f"A{insertion.at}")
    changes.put(package, part, _sheet(content, insertion))
    handlers: dict[str, Callable[[bytes], bytes]] = {
        "table": insertion.places, "comments": insertion.places, "threadedComment": insertion.places,
        "pivotTable": insertion.places, "drawing": lambda xml: _drawing(xml, insertion),
        "vmlDrawing": lambda xml: _notes(xml, insertion),
    }  # fmt: skip
    for relation in package.relations(part).values():
        if relation.kind in handlers and not relation.external:
            changes.put(package, relation.target, handlers[relation.kind](changes.read(package, relation.target)))
    changes.follow(package, [insertion])


def is_fixed(xml: bytes, row: int) -> bool:
    """Whether in or below a row of a sheet, from 1, a formula stands that several cells share: such can't be moved."""
    return any(int(found[1] or 0) >= row for found in _SHARED.finditer(xml))


def _sheet(xml: bytes, insertion: Insertion) -> bytes:
    xml = changed_formulas(xml, lambda text: insertion.formula(text, home=True))
    begin, end = xml.index(b"<sheetData"), xml.rindex(b"</sheetData>")
    cells = _ROW.sub(lambda m: b'%s%d"' % (m[1], insertion.row(int(m[2]))), xml[begin:end])
    cells = insertion.places(cells)
    tail = insertion.selections(insertion.places(xml[end:]))
    breaks = _BREAKS.search(tail)
    if breaks:
        moved_down = _BREAK.sub(lambda m: b'%s%d"' % (m[1], insertion.row(int(m[2]) + 1) - 1), breaks[0])
        tail = tail.replace(breaks[0], moved_down, 1)
    return insertion.places(xml[:begin]) + cells + tail


def _drawing(xml: bytes, insertion: Insertion) -> bytes:
    """Pictures and charts move with their cells; those that begin above and end below become longer."""

    def anchor(found: re.Match[bytes]) -> bytes:
        rows = [int(m[2]) for m in _ANCHOR_ROW.finditer(found[0])]
        if b'editAs="absolute"' in found[2] or (rows[0] + 1 < insertion.at and b'editAs="oneCell"' in found[2]):
            return found[0]
        moved_down = _ANCHOR_ROW.sub(lambda m: b"%s%d" % (m[1], insertion.row(int(m[2]) + 1) - 1), found[0])
        if not _covers(found, rows, insertion):
            return moved_down
        *_, end = _ANCHOR_ROW.finditer(moved_down)
        return moved_down[: end.start(2)] + b"%d" % (rows[-1] + insertion.count) + moved_down[end.end(2) :]

    return ANCHOR.sub(anchor, xml)


def _covers(anchor: re.Match[bytes], rows: list[int], insertion: Insertion) -> bool:
    """Whether a chart lies over the rows that are continued, down to their last one."""
    if insertion.of is None or len(rows) < 2 or b"graphicFrame" not in anchor[0] or b'editAs="oneCell"' in anchor[2]:
        return False
    first, last = rows[0] + 1, rows[-1] + 1
    return last == insertion.at - 1 and insertion.of - 1 <= first and (first < last or first == insertion.of)


def _notes(xml: bytes, insertion: Insertion) -> bytes:
    """The boxes of notes."""

    def shape(found: re.Match[bytes]) -> bytes:
        row = _SHAPE_ROW.search(found[0])
        if row is None or int(row[2]) + 1 < insertion.at:
            return found[0]
        moved_down = _SHAPE_ROW.sub(lambda m: b"%s%d" % (m[1], int(m[2]) + insertion.count), found[0])
        return _SHAPE_ANCHOR.sub(lambda m: m[1] + _box(m[2], insertion.count), moved_down)

    return _SHAPE.sub(shape, xml)


def _box(numbers: bytes, count: int) -> bytes:
    """Left, offset, top, offset, right, offset, bottom, offset."""
    edges = numbers.split(b",")
    if len(edges) == 8:
        for place in (2, 6):
            edges[place] = b" %d" % (int(edges[place]) + count)
    return b",".join(edges)
