"""Formulas in columns that people put into a data table: each written out, and filled into rows that are added."""

from __future__ import annotations

import re
from collections import Counter
from html import unescape
from itertools import islice
from typing import TYPE_CHECKING

from xlkpi.workbook.cells import ATTRIBUTE, CELL, Address, address_of, in_xml
from xlkpi.workbook.content import shifted
from xlkpi.workbook.formula_text import canonical

if TYPE_CHECKING:
    from xlkpi.workbook.data_part import DataPart

_FORMULA = re.compile(rb"<f\b([^>]*?)(?:/>|>([^<]*)</f>)")
_SHARED, _INDEX = re.compile(rb'\st="shared"'), re.compile(rb'\ssi="(\d+)"')
_STYLE = re.compile(rb'\ss="(\d+)"')
#: Rows by which it is told what fills a column.
_VOTES = 64


class SharedFormulas:
    """Writes out formulas that a program wrote once for several cells, since their rows may go different ways."""

    def __init__(self) -> None:
        self._homes: dict[bytes, tuple[int, int, str]] = {}

    def apart(self, cell: bytes, row: int, column: int) -> bytes:
        """A cell with a formula of its own; cells come from above to below."""
        found = _FORMULA.search(cell)
        index = _INDEX.search(found[1]) if found and _SHARED.search(found[1]) else None
        if found is None or index is None:
            return cell
        if text := unescape((found[2] or b"").decode()):
            self._homes[index[1]] = row, column, text
        elif index[1] in self._homes:
            home_row, home_column, home = self._homes[index[1]]
            text = shifted(home, row - home_row, column - home_column)
        else:
            return cell
        return cell[: found.start()] + b"<f>" + in_xml(text) + b"</f>" + cell[found.end() :]


def shared_texts(xml: bytes) -> dict[Address, str]:
    """The formulas of a sheet's cells that have them in common with others, each as its cell has it."""
    found: dict[Address, str] = {}
    groups = SharedFormulas()
    for cell in CELL.finditer(xml) if b't="shared"' in xml else ():
        at = next((address_of(v) for k, v in ATTRIBUTE.findall(cell[1]) if k == b"r"), None)
        if at is not None and b't="shared"' in (cell[2] or b""):
            formula = _FORMULA.search(groups.apart(cell[0], *at))
            found[at] = _text(formula) if formula and formula[2] else ""
    return found


class Filled:
    """A column that one formula fills: the row of one of its cells, its formula there, and its format."""

    def __init__(self, row: int, formula: str, style: bytes) -> None:
        self._row, self._formula, self._style = row, formula, style

    def cell(self, address: bytes, row: int) -> bytes:
        """The cell of a row that is added; programs calculate it as they open the workbook."""
        style = b' s="%s"' % self._style if self._style else b""
        text = in_xml(shifted(self._formula, row - self._row, 0))
        return b'<c r="%s"%s><f>%s</f></c>' % (address, style, text)


def filled_columns(part: DataPart) -> dict[int, Filled]:
    """The columns of people's, by number, in which all rows, or most where the table says so, have one formula."""
    found = {}
    rows = list(islice(part.own.values(), _VOTES))
    for number, header in enumerate(part.headers, part.box.left):
        if header in part.ours:
            continue
        there = [(row.number, match, row.cells[number]) for row in rows
                 if number in row.cells and (match := _FORMULA.search(row.cells[number])) and match[2]]  # fmt: skip
        if not there:
            continue
        first = there[0][0]
        alike = Counter(canonical(shifted(_text(match), first - row, 0)) for row, match, _ in there)
        usual, count = alike.most_common(1)[0]
        everywhere = count == len(there) and part.rows == sum(
            b"<f" in row.cells.get(number, b"") for row in part.own.values()
        )
        if not everywhere and header not in part.formulas:
            continue
        row, match, cell = next(t for t in there if canonical(shifted(_text(t[1]), first - t[0], 0)) == usual)
        style = _STYLE.search(cell)
        found[number] = Filled(row, _text(match), style[1] if style else b"")
    return found


def formula_of(cell: bytes) -> str:
    """The formula of a cell; nothing where it has none of its own."""
    found = _FORMULA.search(cell)
    return _text(found) if found and found[2] else ""


def _text(formula: re.Match[bytes]) -> str:
    return unescape(formula[2].decode())
