"""Rows of a data table in which nobody but xlkpi wrote, recognised as a whole and not cell by cell."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from xlkpi.workbook.cells import read_cell, reference
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
        self._strings, self._orders = strings, dict[tuple[bytes | None, bytes | None], Order]()
        cells: list[bytes] = []
        places: dict[str, int] = {}
        for number, (header, style) in columns.items():
            address = reference(0, number - 1)[:-1]
            known = rb'<c r="%s\d+"' % address + (rb'(?: s="0")?' if style == b"0" else rb' s="%s"' % style)
            if header == mark or header in keys:
                places[header] = 2 + 2 * len(places)
                known += rb'(?: t="(\w+)")?(?:/>|>(%s)</c>)' % _INSIDE
            elif header in ours:
                known += rb'(?: t="\w+")?(?:/>|>%s</c>)' % _INSIDE
            else:
                known += b"/>"
            cells.append(b"(?:%s)?" % known)
        self._pattern = re.compile(_ROW % b"".join(cells))
        self._mark, self._keys = places[mark], [places[key] for key in keys]

    def read(self, row: bytes) -> tuple[int, tuple[Order, ...]] | None:
        """The number and the key of a row; None where it is another than usual."""
        found = self._pattern.fullmatch(row)
        if found is None:
            return None
        content = found[self._mark + 1]
        if not content or (b"<v>" not in content and b"<is>" not in content):
            return None
        return int(found[1]), tuple(self._order(found[at], found[at + 1]) for at in self._keys)

    def _order(self, kind: bytes | None, content: bytes | None) -> Order:
        """A cell's part of a key; the same few dates and words stand in many rows."""
        if (known := self._orders.get((kind, content))) is None:
            value: Value = read_cell({b"t": kind or b"n"}, content, self._strings).value if content else None
            known = self._orders[kind, content] = order_of(value)
        return known
