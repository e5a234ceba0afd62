"""The fingerprints of a workbook of which only values are known: where cells are can't be read, but is known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from xlsxwriter.utility import xl_col_to_name

from xlkpi.workbook.anchors import ANCHORS, Anchors, Key, Spot
from xlkpi.workbook.cells import Address, Change
from xlkpi.workbook.data_sheet import quoted
from xlkpi.workbook.references import column_number

if TYPE_CHECKING:
    from xlkpi.workbook.built_rows import BuiltRows
    from xlkpi.workbook.described import Described
    from xlkpi.workbook.live import Value
    from xlkpi.workbook.state import State


def anchors_of(seen: Described, state: State) -> Anchors:
    """The fingerprints; every cell of a page is taken to be where it was built."""
    found = Anchors()
    for row in seen.sheets[state.sheets[ANCHORS]]:
        for key, written in _line(row):
            found.prints[key] = written
            found.spots[key] = Spot(state.sheets[key[0]], key[1], key[2])
    return found


def _line(row: Sequence[Value]) -> Iterator[tuple[Key, str]]:
    """The cells of a row of fingerprints, in their order."""
    page, line, text = (*row, None, None, None)[:3]
    if isinstance(page, str) and isinstance(line, float) and isinstance(text, str):
        for piece in text.split():
            letters, _, written = piece.partition(":")
            yield (page, int(line) - 1, column_number(letters) - 1), written


def stand_as_written(anchors: Anchors, rows: BuiltRows) -> None:
    """Take every cell to be where a page has it that has grown as the workbook has."""
    anchors.spots = {key: replace(spot, row=rows.written(key[0], key[1])) for key, spot in anchors.spots.items()}


def sheet_of(seen: Described, state: State, anchors: Anchors) -> dict[Address, Change]:
    """The sheet of the fingerprints: its rows as they are seen, with a formula for each cell that says where it is."""
    found: dict[Address, Change] = {}
    for i, row in enumerate(seen.sheets[state.sheets[ANCHORS]]):
        found |= {(i, j): Change(value) for j, value in enumerate(row[:3])}
        for j, (key, _) in enumerate(_line(row), start=3):
            spot = anchors.spots[key]
            found[i, j] = Change(0.0, f"IF(1,0,{quoted(spot.sheet)}!${xl_col_to_name(spot.column)}${spot.row + 1})")
    return found


__all__ = ["anchors_of", "sheet_of", "stand_as_written"]
