"""Rows of a data table in which nobody but xlkpi wrote, recognised as a whole and not cell by cell."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from xlkpi.workbook.cells import ATTRIBUTE, CELL, read_cell, reference
from xlkpi.workbook.live import order_of

if TYPE_CHECKING:
    from xlkpi.workbook.live import Value

Order = tuple[int, float | str]

#: What is inside of a cell.
_INSIDE = rb"[^<]*(?:<(?!/c>)[^<]*)*"
_ROW = rb'<row r="(\d+)"(?:\s(?:spans|hidden|x14ac:dyDescent)="[^"]*")*>%s</row>'


class UsualRows:
    """Rows whose cells have the usual formats, in order, and are blank in columns that people put into the table.

    ``columns``: the header and the usual format by column, from 1. ``ours``: headers that xlkpi fills; ``mark``: the
    one that a row of ours never has blank; ``keys``: those that make its key. Cells written in another way than Excel,
    XlsxWriter, openpyxl and xlkpi do are not recognised: such rows are read cell by cell.
    """

    def __init__(
        self, columns: Mapping[int, tuple[str, bytes]], ours: set[str], mark: str, keys: Sequence[str],
        strings: list[str],
    ) -> None:  # fmt: skip
        self._orders = _Orders(strings)
        cells: list[bytes] = []
        places: dict[str, int] = {}
        for number, (header, style) in columns.items():
            address = reference(0, number - 1)[:-1]
            known = rb'<c r="%s\d+"' % address + (rb'(?: s="0")?' if style == b"0" else rb' s="%s"' % style)
            if header == mark:
                known += rb'((?: t="\w+")?>%s</c>)' % _INSIDE
            elif header in keys:
                known += rb'((?: t="\w+")?(?:/>|>%s</c>))' % _INSIDE
            elif header in ours:
                known += rb'(?: t="\w+")?(?:/>|>%s</c>)' % _INSIDE
            else:
                known += b"/>"
            if header == mark or header in keys:
                places[header] = 2 + len(places)
            cells.append(known if header == mark else b"(?:%s)?" % known)
        self._pattern = re.compile(_ROW % b"".join(cells))
        self._mark = places[mark]
        self._keys = [places[key] for key in keys]

    def read(self, xml: bytes, at: int) -> tuple[int, int, tuple[Order, ...] | None] | None:
        """Where a row that begins there ends, its number and, where it is asked for, its key.

        None where it is another than usual.
        """
        found = self._pattern.match(xml, at)
        if found is None:
            return None
        content = found[self._mark]
        if b"<v>" not in content and b"<is>" not in content:
            return None
        orders, keys = self._orders, self._keys
        return found.end(), int(found[1]), tuple([orders[found[key]] for key in keys]) if keys else None


class _Orders(dict[bytes | None, Order]):
    """Cells as parts of a key, from their type on; the same few dates and words stand in many rows."""

    def __init__(self, strings: list[str]) -> None:
        super().__init__()
        self._strings = strings

    def __missing__(self, written: bytes | None) -> Order:
        value: Value = None
        cell = CELL.fullmatch(b"<c" + written) if written else None
        if cell is not None and cell[2]:
            value = read_cell(dict(ATTRIBUTE.findall(cell[1])), cell[2], self._strings).value
        known = self[written] = order_of(value)
        return known
