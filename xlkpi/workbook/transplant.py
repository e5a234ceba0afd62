"""The hidden sheets of a skeleton, put into a workbook in place of those that it has."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

from xlkpi.workbook.cells import ATTRIBUTE, CELL, cell_end, in_xml, read_cell
from xlkpi.workbook.formula_text import Move, moved

if TYPE_CHECKING:
    from xlkpi.workbook.package import Package

_BODY = re.compile(rb"<sheetData\s*(?:/>|>(.*)</sheetData>)", re.DOTALL)
_DIMENSION = re.compile(rb'<dimension ref="[^"]*"\s*/>')
_FORMULA = re.compile(rb"(<f\b[^>]*>)([^<]+)(</f>)")


def transplanted(
    old: bytes, skeleton: Package, part: str, strings: list[str], move: Move, dates: tuple[frozenset[int], int | None]
) -> bytes:  # fmt: skip
    """A sheet's part with the cells of another workbook's sheet.

    Texts stand in the cells; references are moved. ``dates``: the other workbook's formats for dates, and this
    one's: all other formats are left out, since nobody looks at these sheets.
    """
    new = skeleton.read(part)
    body = _BODY.search(new)
    assert body is not None, "XlsxWriter writes one"

    def formula(found: re.Match[bytes]) -> bytes:
        before = unescape(found[2].decode())
        after = moved(before, move)
        return bytes(found[0]) if after == before else found[1] + in_xml(after) + found[3]

    def cell(found: re.Match[bytes]) -> bytes:
        known = dict(ATTRIBUTE.findall(found[1]))
        style = dates[1] if int(known.get(b"s", b"0")) in dates[0] else None
        attributes = b' r="' + known[b"r"] + b'"' + (b' s="%d"' % style if style else b"")
        if not found[2]:
            return b""
        if known.get(b"t") == b"s":
            return b"<c" + cell_end(attributes, read_cell(known, found[2], strings).value)
        kind = b' t="' + known[b"t"] + b'"' if b"t" in known else b""
        inner = _FORMULA.sub(formula, found[2])
        return bytes(b"<c" + attributes + kind + b">" + inner + b"</c>")

    content = CELL.sub(cell, re.sub(rb'(<row\b[^>]*?)\s(?:s|customFormat)="[^"]*"', rb"\1", body[1] or b""))
    dimension = _DIMENSION.search(new)
    result: bytes = _BODY.sub(lambda _: b"<sheetData>" + content + b"</sheetData>", old, count=1)
    return _DIMENSION.sub(lambda m: dimension[0] if dimension else m[0], result, count=1)
