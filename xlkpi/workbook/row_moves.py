"""Rows of a table that stand elsewhere in it after a refresh, as objectives do where others came or went: references to
their cells follow them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from xlkpi.workbook.formula_text import moved
from xlkpi.workbook.package import MAX_SMALL_PART
from xlkpi.workbook.references import RANGE, Box, changed_formulas, column_number, formulas_in

if TYPE_CHECKING:
    import pyarrow as pa

    from xlkpi.workbook.data_part import DataPart
    from xlkpi.workbook.package import Package

_ADDRESS = re.compile(rb'(<c\b[^>]*?\br="[A-Z]+|<f\b[^>]*?\sref="[A-Z]+)\d+"')
_RELATIVE_ROW = re.compile(r"(?<=[A-Z])\d+")
_ROWS = re.compile(r"(?<=[A-Z$])\d+")


@dataclass(frozen=True)
class RowMoves:
    """Where the rows of a table stand now, by where they stood, and those that are gone; counted from 1.

    A reference to a cell, or to cells of one row, follows its row. A range over several rows stays: it is about places.
    """

    sheet: str
    box: Box
    rows: Mapping[int, int]
    gone: frozenset[int] = frozenset()

    @property
    def changes(self) -> bool:
        return any(old != new for old, new in self.rows.items())

    def formulas(self, xml: bytes) -> bytes:
        """All formulas, names and chart series of a part that name the sheet."""
        return changed_formulas(xml, self.formula)

    def formula(self, text: str) -> str:
        """A formula from anywhere, which names the sheet."""

        def move(sheet: str | None, reference: str) -> tuple[str | None, str]:
            named = sheet is not None and sheet.casefold() == self.sheet.casefold()
            return sheet, self._moved(reference) or reference if named else reference

        return moved(text, move) if self.sheet.replace("'", "''").casefold() in text.casefold() else text

    def at_home(self, xml: bytes, row: int = 0) -> bytes:
        """Formulas of the table's own sheet, for what they refer to there without a name of a sheet.

        ``row`` is that of the table in which they stood: it stands elsewhere now, and what else is relative to it does.
        """
        if b"<f" not in xml:
            return xml
        own = str(self.rows.get(row, row))

        def move(sheet: str | None, reference: str) -> tuple[str | None, str]:
            if sheet is not None:
                return sheet, reference
            if (found := self._moved(reference)) is not None:
                return sheet, found
            return sheet, _RELATIVE_ROW.sub(lambda m: own if int(m[0]) == row else m[0], reference)

        return changed_formulas(xml, lambda text: moved(text, move))

    def misleads(self, xml: bytes, *, home: bool = False) -> bool:
        """Whether a formula of a part refers to a row that is gone, or to some of the rows, and not to all, that are
        others now; ``home``: on the sheet itself.
        """
        met = False

        def meet(sheet: str | None, reference: str) -> tuple[str | None, str]:
            nonlocal met
            here = home if sheet is None else sheet.casefold() == self.sheet.casefold()
            met = met or (here and self._is_other(reference))
            return sheet, reference

        for text in formulas_in(xml):
            if home or self.sheet.replace("'", "''").casefold() in text.casefold():
                moved(text, meet)
        return met

    def _moved(self, reference: str) -> str | None:
        """A reference to cells of one row of the table, on its new row; None for any other."""
        row = self._row(reference)
        return None if row is None else _ROWS.sub(str(self.rows.get(row, row)), reference)

    def _row(self, reference: str) -> int | None:
        rows = self._rows(reference)
        return rows.start if len(rows) == 1 else None

    def _rows(self, reference: str) -> range:
        """The rows of the table to which a reference to cells of it refers; none for any other."""
        found = RANGE.fullmatch(reference)
        if not found:
            return range(0)
        left, top, right, bottom = found.groups()
        first, last = sorted((int(top), int(bottom or top)))
        inside = all(self.box.left <= column_number(c) <= self.box.right for c in (left, right or left))
        return range(first, last + 1) if inside and self.box.top < first and last <= self.box.bottom else range(0)

    def _is_other(self, reference: str) -> bool:
        rows = self._rows(reference)
        if len(rows) == 1:
            return rows.start in self.gone
        is_whole = len(rows) == self.box.bottom - self.box.top
        return not is_whole and {self.rows.get(row) for row in rows} != set(rows)


def row_moves(part: DataPart, data: pa.Table) -> RowMoves:
    """Where the rows of a data table of which the keys are known go."""
    now = {key: part.box.top + 1 + i for i, key in enumerate(part.keys_of(data))}
    rows = {number: now[key] for key, number in part.numbers.items() if key in now}
    return RowMoves(part.table.sheet, part.box, rows, frozenset(part.numbers.values()) - rows.keys())


def move_rows(part: DataPart, moves: RowMoves) -> None:
    """Let people's formulas on the table's own sheet follow, and those that stand in its rows stand in the new ones."""
    if not moves.changes:
        return
    part.above = [moves.at_home(row) for row in part.above]
    part.beside = {n: (moves.at_home(left), moves.at_home(right)) for n, (left, right) in part.beside.items()}
    part.below = {number: moves.at_home(row) for number, row in part.below.items()}
    if part.total_row is not None:
        part.total_row = part.total_row[0], moves.at_home(part.total_row[1])
    for added in part.people:
        added.cells = [moves.at_home(cell) for cell in added.cells]
    for own in part.own.values():
        new = moves.rows.get(own.number)
        for cells in (own.cells, own.formulas):
            for column, cell in cells.items():
                followed = moves.at_home(cell, own.number)
                cells[column] = _ADDRESS.sub(lambda m, to=new or own.number: b'%s%d"' % (m[1], to), followed)  # type: ignore[misc]  # mypy takes the default for a second argument
        own.number = new or own.number


def misled_sheets(package: Package, part: DataPart, moves: RowMoves) -> list[str]:
    """The sheets on which formulas are left that mean other rows now, see :meth:`RowMoves.misleads`."""
    if not moves.gone and not moves.changes:
        return []
    found = []
    for sheet, name in package.sheets.items():
        if name == part.table.sheet_part:
            theirs = [own for own in part.own.values() if own.number not in moves.gone]
            cells = [cell for own in theirs for cell in (*own.cells.values(), *own.formulas.values())]
            cells += [cell for row in part.people for cell in row.cells]
            sides = [side for sides in part.beside.values() for side in sides]
            home = b"".join([*part.above, *cells, *sides, *part.below.values()])
            met = moves.misleads(home, home=True)
        else:
            met = package.info(name).file_size <= MAX_SMALL_PART and moves.misleads(package.read(name))
        found += [sheet] if met else []
    return found


__all__ = ["RowMoves", "misled_sheets", "move_rows", "row_moves"]
