"""A KPI in a cell: numbers, ranges and spilled arrays, a single value beside ranges, every failure the right error."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from xlkpi.catalogue import KPI
from xlkpi.formula import NoData

from .cells import Cell, Rows, cell, flat, is_range, rows_of


def each_cell(kpi: KPI, *values: Any) -> Any:
    """The KPI of every cell of the ranges, or of single values.

    A single value, a single row and a single column are spread over the others; cells that only some of the ranges
    have are #N/A, as in Excel's own formulas.
    """
    if len(values) > len(kpi.inputs):
        return NoData.NOT_A_NUMBER
    values = (*values, *[None] * (len(kpi.inputs) - len(values)))
    if not any(map(is_range, values)):
        return kpi.compiled.outcome(**dict(zip(kpi.inputs, map(cell, values), strict=True)))
    ranges = [rows_of(value) for value in values]
    height, width = max(map(len, ranges)), max(len(r[0]) if r else 0 for r in ranges)
    if not height or not width:
        return NoData.MISSING
    columns = [_spread(r, height, width) for r in ranges]
    found = outcomes(kpi, columns)
    rows: Rows = [list(found[i : i + width]) for i in range(0, height * width, width)]
    return rows


def rows_to_one(kpi: KPI, *values: Any) -> Any:
    """A KPI that adds up rows: the ranges together give one number. They must be equally long."""
    if len(values) > len(kpi.inputs):
        return NoData.NOT_A_NUMBER
    values = (*values, *[None] * (len(kpi.inputs) - len(values)))
    columns = [flat(value) for value in values]
    if len({len(column) for column in columns}) > 1:
        return NoData.NOT_A_NUMBER
    return kpi.compiled.outcome(**dict(zip(kpi.inputs, columns, strict=True)))


def outcomes(kpi: KPI, columns: Sequence[Sequence[Cell]]) -> list[Cell]:
    """The KPI row by row: the numbers of all rows at once, and for those without one the reason of each."""
    named = dict(zip(kpi.inputs, columns, strict=True))
    numbers: list[float] = kpi.compiled(**named)
    found: list[Cell] = numbers  # type: ignore[assignment]  # a new list, of which some rows become reasons
    for i, number in enumerate(numbers):
        if number != number:
            found[i] = kpi.compiled.outcome(**{name: column[i] for name, column in named.items()})
    return found


def _spread(rows: Rows, height: int, width: int) -> list[Cell]:
    """The cells of a range in the size of the result, row by row."""
    tall, wide = len(rows), len(rows[0]) if rows else 0
    if wide == width:
        wider = rows
    elif wide == 1:
        wider = [row * width for row in rows]
    else:
        wider = [row + [NoData.MISSING] * (width - wide) for row in rows]
    if tall == 1 and height > 1:
        return wider[0] * height
    cells = [v for row in wider for v in row]
    return cells + [NoData.MISSING] * ((height - tall) * width)
