"""A KPI in a cell: numbers, ranges and spilled arrays, a single value beside ranges, every failure the right error."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from xlkpi.catalogue import KPI
from xlkpi.errors import XlkpiError
from xlkpi.formula import NoData
from xlkpi.formula.nodata import Stop

from .cells import SHEET_ROWS, Cell, Rows, cell, is_range, rows_of, without_blank_end


def each_cell(kpi: KPI, *values: Any) -> Any:
    """The KPI of every cell of the ranges, or of single values.

    A single value, a single row and a single column are spread over the others; cells that only some of the ranges
    have are #N/A, as in Excel's own formulas.
    """
    values = _all_given(kpi, values)
    if not any(map(is_range, values)):
        return kpi.compiled.outcome(**dict(zip(kpi.inputs, map(cell, values), strict=True)))
    columns, width = broadcast(values)
    found = outcomes(kpi, columns)
    rows: Rows = [list(found[i : i + width]) for i in range(0, len(found), width)]
    return rows


def rows_to_one(kpi: KPI, *values: Any) -> Any:
    """A KPI that adds up rows: the ranges together give one number. They must be equally long."""
    ranges = [rows_of(value) for value in _all_given(kpi, values)]
    if len({(len(rows), len(rows[0]) if rows else 0) for rows in ranges}) > 1:
        return NoData.NOT_A_NUMBER
    columns = [[v for row in rows for v in row] for rows in without_blank_end(ranges)]
    return kpi.compiled.outcome(**dict(zip(kpi.inputs, columns, strict=True)))


def _all_given(kpi: KPI, values: Sequence[Any]) -> tuple[Any, ...]:
    """The arguments of a call, those left out as blanks."""
    if len(values) > len(kpi.inputs):
        raise Stop(NoData.NOT_A_NUMBER)
    return (*values, *[None] * (len(kpi.inputs) - len(values)))


def outcomes(kpi: KPI, columns: Sequence[Sequence[Cell]]) -> list[Cell]:
    """The KPI row by row: the numbers of all rows at once, and for those without one the reason of each."""
    named = dict(zip(kpi.inputs, columns, strict=True))
    numbers: list[float] = kpi.compiled(**named)
    found: list[Cell] = numbers  # type: ignore[assignment]  # a new list, of which some rows become reasons
    for i, number in enumerate(numbers):
        if number != number:
            found[i] = kpi.compiled.outcome(**{name: column[i] for name, column in named.items()})
    return found


def spread(rows: Rows, height: int, width: int) -> list[Cell]:
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


def broadcast(values: Sequence[Any]) -> tuple[list[list[Cell]], int]:
    """Ranges and single values as columns of one length, row by row, and the width of the result's rows."""
    ranges = [rows_of(value) for value in values]
    if max(map(len, ranges)) >= SHEET_ROWS:
        ranges = without_blank_end(ranges)
    height, width = max(map(len, ranges)), max(len(r[0]) if r else 0 for r in ranges)
    if not height or not width:
        raise Stop(NoData.MISSING)
    return [spread(r, height, width) for r in ranges], width


def each_row(function: Callable[..., Cell], *values: Any) -> Any:
    """A function of single cells over ranges, as :func:`each_cell`; where it stops, the cell shows why."""
    if not any(map(is_range, values)):
        return function(*map(cell, values))
    columns, width = broadcast(values)
    found = [_stopped(function, row) for row in zip(*columns, strict=True)]
    return [found[i : i + width] for i in range(0, len(found), width)]


def _stopped(function: Callable[..., Cell], row: Sequence[Cell]) -> Cell:
    try:
        return function(*row)
    except Stop as stop:
        return stop.reason
    except XlkpiError:
        return NoData.NOT_A_NUMBER
