"""What the cells of a sheet hold, as somebody would type it, and where two states of a sheet differ in that."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from xlkpi.workbook.cells import ATTRIBUTE, CELL, ROW, ROW_NUMBER, Address, address_of, read_cell, reference
from xlkpi.workbook.formula_text import canonical, moved
from xlkpi.workbook.live import Value
from xlkpi.workbook.references import column_number

_KIND = re.compile(rb'<f\b[^>]*?\bt="(array|shared|dataTable)"')
_INDEX = re.compile(rb'<f\b[^>]*?\bsi="(\d+)"')
_SINGLE = re.compile(r"(\$?)([A-Z]{1,3})(\$?)(\d+)")
_DIGITS = 1e-14
#: A value, a formula, or nothing.
Content = Value


class Formula(str):
    """The content of a cell with a formula, without its ``=``."""

    __slots__ = ()


class Unclear(Formula):
    """A formula that fills more cells than its own."""

    __slots__ = ()


@dataclass(frozen=True)
class Area:
    """A rectangle of cells: its sheet, its first row and column from 0, and the rows of its contents."""

    sheet: str
    row: int
    column: int
    before: Sequence[Sequence[Content]]
    after: Sequence[Sequence[Content]]


class SheetRows:
    """The rows of a sheet as they are written, their cells read when they are asked for."""

    def __init__(self, rows: Mapping[int, bytes], strings: list[str]) -> None:
        self.rows, self._strings = rows, strings
        self._read: dict[int, dict[int, Content]] = {}

    def cells(self, row: int) -> dict[int, Content]:
        """The contents of a row by column; blank cells are missing."""
        if row not in self._read:
            self._read[row] = {c: v for c, v in self._contents(self.rows.get(row, b"")) if v is not None}
        return self._read[row]

    def _contents(self, xml: bytes) -> Iterator[tuple[int, Content]]:
        for match in CELL.finditer(xml):
            known = dict(ATTRIBUTE.findall(match[1]))
            if b"r" not in known or not match[2]:
                continue
            (row, column), cell = address_of(known[b"r"]), read_cell(known, match[2], self._strings)
            if cell.formula is None:
                yield column, None if cell.value == "" else cell.value
                continue
            kind = _KIND.search(match[2])
            if kind is None:
                yield column, Formula(cell.formula)
            elif kind[1] == b"shared" and (index := _INDEX.search(match[2])):
                yield column, self._shared_formula(int(index[1]), (row, column), cell.formula)
            else:
                yield column, Unclear(cell.formula)

    def _shared_formula(self, index: int, at: Address, own: str) -> Formula:
        if own:
            return Formula(own)
        home, text = self._shared.get(index, (at, ""))
        return Formula(shifted(text, at[0] - home[0], at[1] - home[1])) if text else Unclear("")

    @cached_property
    def _shared(self) -> dict[int, tuple[Address, str]]:
        """The formulas that several cells have, with the cell in which they are written out."""
        found: dict[int, tuple[Address, str]] = {}
        for xml in self.rows.values():
            for match in CELL.finditer(xml) if b't="shared"' in xml else ():
                index = _INDEX.search(match[2] or b"")
                known = dict(ATTRIBUTE.findall(match[1]))
                if index and b"r" in known and (text := read_cell(known, match[2], self._strings).formula):
                    found[int(index[1])] = address_of(known[b"r"]), text
        return found


def rows_of(xml: bytes, strings: list[str]) -> SheetRows:
    """The rows of a sheet's part, counted from 0."""
    found = {}
    for row in ROW.finditer(xml):
        if (number := ROW_NUMBER.search(row[1])) is not None:
            found[int(number[1]) - 1] = row[2] or b""
    return SheetRows(found, strings)


def changed_cells(before: SheetRows, after: SheetRows) -> tuple[list[Address], list[str]]:
    """The cells whose contents differ; and the addresses of those of which it can't be said what they become."""
    found: list[Address] = []
    unclear = []
    for row in sorted(before.rows.keys() | after.rows.keys()):
        if before.rows.get(row) == after.rows.get(row):
            continue
        old, new = before.cells(row), after.cells(row)
        for column in sorted(old.keys() | new.keys()):
            was, now = old.get(column), new.get(column)
            if _is_same(was, now):
                continue
            found.append((row, column))
            if isinstance(was, Unclear) or isinstance(now, Unclear):
                unclear.append(reference(row, column).decode())
    return found, unclear


def areas(sheet: str, cells: Sequence[Address], before: SheetRows, after: SheetRows) -> list[Area]:
    """Exactly these cells, in as few rectangles as stand under one another."""
    open_: dict[tuple[int, int], list[int]] = {}
    found: list[tuple[int, int, int, int]] = []
    for row, left, width in _runs(cells):
        known = open_.get((left, width))
        if known is not None and known[0] + known[1] == row:
            known[1] += 1
            continue
        if known is not None:
            found.append((known[0], left, known[1], width))
        open_[left, width] = [row, 1]
    found += [(top, left, height, width) for (left, width), (top, height) in open_.items()]
    return [_area(sheet, place, before, after) for place in sorted(found)]


def blocks(sheet: str, cells: Sequence[Address], before: SheetRows, after: SheetRows) -> list[Area]:
    """These cells with those between them, one rectangle for columns that stand side by side."""
    if not cells:
        return []
    top, bottom = min(row for row, _ in cells), max(row for row, _ in cells)
    columns = sorted({(0, column) for _, column in cells})
    return [_area(sheet, (top, left, bottom - top + 1, width), before, after) for _, left, width in _runs(columns)]


def _runs(cells: Sequence[Address]) -> Iterator[tuple[int, int, int]]:
    """Cells that stand side by side: row, first column and how many."""
    begun: tuple[int, int, int] | None = None
    for row, column in cells:
        if begun is not None and begun[0] == row and begun[1] + begun[2] == column:
            begun = row, begun[1], begun[2] + 1
            continue
        if begun is not None:
            yield begun
        begun = row, column, 1
    if begun is not None:
        yield begun


def _area(sheet: str, place: tuple[int, int, int, int], before: SheetRows, after: SheetRows) -> Area:
    top, left, height, width = place
    was, now = (
        [[rows.cells(row).get(column) for column in range(left, left + width)] for row in range(top, top + height)]
        for rows in (before, after)
    )
    return Area(sheet, top, left, was, now)


def _is_same(one: Content, other: Content) -> bool:
    if isinstance(one, Formula) and isinstance(other, Formula):
        return type(one) is type(other) and (one == other or canonical(one) == canonical(other))
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=_DIGITS)  # programs write 15, 16 or 17 digits
    return type(one) is type(other) and one == other


def shifted(formula: str, down: int, right: int) -> str:
    """A formula as a cell has it that stands so many rows and columns further."""

    def single(found: re.Match[str]) -> str:
        letters, number = found[2], int(found[4])
        if not found[1]:
            letters = reference(0, column_number(letters) - 1 + right).decode().removesuffix("1")
        return f"{found[1]}{letters}{found[3]}{number if found[3] else number + down}"

    return moved(formula, lambda sheet, written: (sheet, _SINGLE.sub(single, written)))


__all__ = ["Area", "Content", "Formula", "SheetRows", "areas", "blocks", "changed_cells", "rows_of"]
