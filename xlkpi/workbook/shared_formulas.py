"""Formulas that differ from the row above by nothing but the row, written once: what the format calls shared formulas.

Only formulas over cells of their own sheet are shared, as Excel itself does it: in others the rules differ by program.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

#: A text, or a cell's address without dollar signs.
_TOKEN = re.compile(r'"[^"]*"|\b([A-Z]{1,3})([1-9]\d*)\b(?!\()')
#: What only formulas have that look beyond their sheet, at tables, or at functions newer than 2007.
_BEYOND = re.compile(r"[\[!]|_xl|\$")
#: A formula shorter than that is no longer than the mark that it is shared.
_SHORTEST = 20

#: A formula without its row numbers, and these.
Pattern = tuple[tuple[str, ...], tuple[int, ...]]


class Shared(str):
    """A formula that the ``area`` of cells has (empty: that of the first cell with its ``number``)."""

    __slots__ = ("area", "number")
    area: str
    number: int

    def __new__(cls, text: str, number: int, area: str = "") -> Shared:
        made = super().__new__(cls, text)
        made.number, made.area = number, area
        return made


def shared(column: str, formulas: Mapping[int, str], first: int) -> dict[int, Shared]:
    """The formulas of a column, by row from 0, that can be shared; those that can't are left out.

    ``column``: its letters; ``first``: the number of the first formula that is shared.
    """
    found: dict[int, Shared] = {}
    number = first
    for rows, moves in _runs(formulas):
        area = f"{column}{rows[0] + 1}:{column}{rows[-1] + 1}"
        found[rows[0]] = Shared(_fixed(formulas[rows[0]], moves), number, area)
        found |= {row: Shared("", number) for row in rows[1:]}
        number += 1
    return found


def _runs(formulas: Mapping[int, str]) -> Iterator[tuple[list[int], list[bool]]]:
    """Rows one below the other whose formulas are one, and which of its addresses move with the row."""
    rows: list[int] = []
    first: Pattern | None = None
    moves: list[bool] | None = None
    for row in sorted(formulas):
        found = _pattern(formulas[row])
        if rows and row == rows[-1] + 1 and first and found:
            moved = _moves(first, found, row - rows[0])
            if moved is not None and moves in (None, moved):
                rows.append(row)
                moves = moved
                continue
        if moves is not None:
            yield rows, moves
        rows, first, moves = [row], found, None
    if moves is not None:
        yield rows, moves


def _pattern(formula: str) -> Pattern | None:
    if len(formula) < _SHORTEST or _BEYOND.search(formula):
        return None
    words, rows, end = [], [], 0
    for token in _TOKEN.finditer(formula):
        if token[2]:
            words.append(formula[end : token.start(2)])
            rows.append(int(token[2]))
            end = token.end(2)
    return (*words, formula[end:]), tuple(rows)


def _moves(first: Pattern, other: Pattern, below: int) -> list[bool] | None:
    """Which addresses move from a formula to another so many rows below; None where they are not one formula."""
    if first[0] != other[0]:
        return None
    steps = [after - before for before, after in zip(first[1], other[1], strict=True)]
    return [step == below for step in steps] if all(step in (0, below) for step in steps) else None


def _fixed(formula: str, moves: list[bool]) -> str:
    """A formula with a dollar sign before the rows that do not move."""
    moving = iter(moves)
    return _TOKEN.sub(lambda t: t[0] if not t[2] or next(moving) else f"{t[1]}${t[2]}", formula)
