"""Panels of pages that become more with the data: charts beside each other, each over rows of the calculation.

The ones that are there move together, the new ones are copies of the last one, so that they look as people made it.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from xlsxwriter.utility import xl_col_to_name

from xlkpi.workbook.package import CONTENT_TYPES
from xlkpi.workbook.row_insertion import ANCHOR

if TYPE_CHECKING:
    from xlkpi.workbook.book import Book
    from xlkpi.workbook.existing import Existing
    from xlkpi.workbook.fill import Changes
    from xlkpi.workbook.package import Package

_CHART = re.compile(rb'<(?:\w+:)?chart\b[^>]*?\s\w+:id="([^"]+)"')
_PLACE = re.compile(rb"(<((?:\w+:)?)col>)(\d+)(</\2col>\s*<\2colOff>)(-?\d+)(?=</\2colOff>)")
_NUMBER = re.compile(rb'(<(?:\w+:)?cNvPr\b[^>]*?\sid=")(\d+)"')
_NAME = re.compile(rb'(<(?:\w+:)?cNvPr\b[^>]*?\sname=")[^"]*"')
_FORMULA = re.compile(rb"(<(?:\w+:)?f>)([^<]*)(?=</)")
_CELL = re.compile(rb"\$([A-Z]+)\$(\d+)")
_CHART_PART = "xl/charts/chart{}.xml"
_CHART_TYPE = "application/vnd.openxmlformats-officedocument.drawingml.chart+xml"
_CHART_KIND = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/chart"
#: Units of drawings in a pixel, and how many pixels a panel may stand elsewhere than where it was put.
_UNITS, _NEAR = 9_525, 2.0

#: The left and the right edge of a panel in pixels from the left of the page's second column.
Edges = tuple[float, float]


@dataclass(frozen=True)
class Panels:
    """Panels of a page: the ``columns``' widths in pixels, and where each stands. ``first``: the row of the
    calculation, from 0, of the first one; each has so many (``step``). Their series span the columns ``series``.
    """

    page: str
    columns: Sequence[int]
    edges: Sequence[Edges]
    first: int
    step: int
    series: tuple[int, int]

    def row(self, number: int) -> int:
        return self.first + self.step * number


def can_add(existing: Existing, panels: Panels) -> bool:
    """Whether all panels stand where they were put, so that they can make room for more."""
    package = existing.package
    if package is None or panels.page not in existing.sheets:
        return False
    from xlkpi.workbook.fill import Changes

    found = _found(package, Changes(), existing.sheets[panels.page], panels)
    if found is None or b":id=" in Changes().read(package, found.parts[-1]):
        return False
    for anchor, (left, right) in zip(found.anchors, panels.edges, strict=True):
        places = [sum(panels.columns[1 : int(p[3])]) + int(p[5]) / _UNITS for p in _PLACE.finditer(anchor)]
        if len(places) != 2 or abs(places[0] - left) > _NEAR or abs(places[1] - right) > _NEAR:
            return False
    return True


def add_panels(package: Package, changes: Changes, existing: Existing, book: Book) -> None:
    """Put in the panels that there are more, once references have followed what moved."""
    for panels, before in book.more_panels:
        there = Panels(panels.page, panels.columns, panels.edges[:before], panels.first, panels.step, panels.series)
        found = _found(package, changes, existing.sheets[panels.page], there)
        assert found is not None, "can_add has looked"
        drawing = changes.read(package, found.drawing)
        for anchor, edges in zip(found.anchors, panels.edges, strict=False):
            drawing = drawing.replace(anchor, _placed(anchor, panels.columns, edges), 1)
        chart, model = changes.read(package, found.parts[-1]), found.anchors[-1]
        added = b""
        for number in range(before, len(panels.edges)):
            part = _free(package, changes)
            changes.parts[part] = _moved(chart, panels, before - 1, number)
            relation = _relate(package, changes, found.drawing, part)
            identifier = max(int(n[2]) for n in _NUMBER.finditer(drawing + added)) + 1
            new = _NUMBER.sub(rb'\g<1>%d"' % identifier, _placed(model, panels.columns, panels.edges[number]), count=1)
            new = _NAME.sub(rb'\g<1>Chart %d"' % identifier, new, count=1)
            at = _CHART.search(new)
            assert at is not None, "it has been found by its chart"
            added += new[: at.start(1)] + relation.encode() + new[at.end(1) :]
        end = drawing.rindex(b"</")
        changes.put(package, found.drawing, drawing[:end] + added + drawing[end:])


@dataclass(frozen=True)
class _Found:
    """The drawing of a page, and in it the anchors of panels and the parts of their charts."""

    drawing: str
    anchors: list[bytes]
    parts: list[str]


def _found(package: Package, changes: Changes, sheet: str, panels: Panels) -> _Found | None:
    """The panels in their order; None where one is missing, or stands twice."""
    part = package.sheets.get(sheet)
    drawing = next((r.target for r in package.relations(part).values() if r.kind == "drawing"), None) if part else None
    if drawing is None:
        return None
    first, last = (xl_col_to_name(column) for column in panels.series)
    series = re.compile(rf"!\${first}\$(\d+):\${last}\$\1</".encode())
    rows = {panels.row(number) + 1: number for number in range(len(panels.edges))}
    charts = {id: r.target for id, r in package.relations(drawing).items() if r.kind == "chart"}
    anchors: dict[int, bytes] = {}
    parts: dict[int, str] = {}
    for anchor in ANCHOR.finditer(changes.read(package, drawing)):
        chart = _CHART.search(anchor[0])
        target = charts.get(chart[1].decode()) if chart else None
        shown = series.search(changes.read(package, target)) if target else None
        number = rows.get(int(shown[1])) if shown else None
        if number is None or target is None:
            continue
        if number in anchors or b"twoCellAnchor" not in anchor[1]:
            return None
        anchors[number], parts[number] = anchor[0], target
    if len(anchors) != len(panels.edges):
        return None
    return _Found(drawing, [anchors[n] for n in sorted(anchors)], [parts[n] for n in sorted(parts)])


def _placed(anchor: bytes, columns: Sequence[int], edges: Edges) -> bytes:
    """An anchor from edge to edge."""
    wanted = iter(edges)

    def place(found: re.Match[bytes]) -> bytes:
        column, rest = 1, next(wanted)
        while column < len(columns) - 1 and rest >= columns[column]:
            rest -= columns[column]
            column += 1
        return b"%s%d%s%d" % (found[1], column, found[4], round(rest * _UNITS))

    return _PLACE.sub(place, anchor)


def _moved(chart: bytes, panels: Panels, of: int, to: int) -> bytes:
    """A panel's chart over the rows of another one; what all panels share stays."""
    shift, top = panels.step * (to - of), panels.row(of) + 1
    own = {b"A", *(xl_col_to_name(column).encode() for column in panels.series)}

    def cell(found: re.Match[bytes]) -> bytes:
        row = int(found[2])
        ours = found[1] in own and top <= row < top + panels.step
        return b"$%s$%d" % (found[1], row + shift) if ours else found[0]

    return _FORMULA.sub(lambda f: f[1] + _CELL.sub(cell, f[2]), chart)


def _free(package: Package, changes: Changes) -> str:
    taken, number = {*package.parts, *changes.parts}, 1
    while _CHART_PART.format(number) in taken:
        number += 1
    return _CHART_PART.format(number)


def _relate(package: Package, changes: Changes, drawing: str, part: str) -> str:
    """Tell the package of a new chart of a drawing; gives the relation's id."""
    folder, name = posixpath.split(drawing)
    relations = posixpath.join(folder, "_rels", f"{name}.rels")
    content = changes.read(package, relations)
    number = 1
    while b'"rId%d"' % number in content:
        number += 1
    entry = f'<Relationship Id="rId{number}" Type="{_CHART_KIND}" Target="/{part}"/>'
    end = content.rindex(b"</")
    changes.put(package, relations, content[:end] + entry.encode() + content[end:])
    types = changes.read(package, CONTENT_TYPES)
    end = types.rindex(b"</")
    override = f'<Override PartName="/{part}" ContentType="{_CHART_TYPE}"/>'
    changes.put(package, CONTENT_TYPES, types[:end] + override.encode() + types[end:])
    return f"rId{number}"
