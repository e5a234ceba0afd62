"""A KPI in a cell: numbers, ranges and spilled arrays, a single value beside ranges, every failure the right error."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from xlkpi.catalogue import KPI
from xlkpi.errors import XlkpiError
from xlkpi.formula import NoData
from xlkpi.formula.nodata import Stop

from .cells import SHEET_ROWS, Block, Cell, Rows, block, cell, is_range

#: Rows that a function works out one by one: they take some seconds.
MOST_WORKED = 100_000


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
    return by_rows(found, width)


def rows_to_one(kpi: KPI, *values: Any) -> Any:
    """A KPI that adds up rows: the ranges together give one number. They must be equally long."""
    blocks = [block(value) for value in _all_given(kpi, values)]
    if len({(b.height, b.width) for b in blocks}) > 1:
        return NoData.NOT_A_NUMBER
    end = max(b.filled for b in blocks)
    return kpi.compiled.outcome(**{name: b.cut(end).cells for name, b in zip(kpi.inputs, blocks, strict=True)})


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


def broadcast(values: Sequence[Any]) -> tuple[list[list[Cell]], int]:
    """Ranges and single values as columns of one length, row by row, and the width of the result's rows."""
    blocks = [block(value) for value in values]
    if max(b.height for b in blocks) >= SHEET_ROWS:
        end = max((b.filled for b in blocks if b.height > 1), default=1)
        blocks = [b.cut(end) for b in blocks]
    height, width = max(b.height for b in blocks), max(b.width for b in blocks)
    if not height or not width:
        raise Stop(NoData.MISSING)
    return [_spread(b, height, width) for b in blocks], width


def _spread(given: Block, height: int, width: int) -> list[Cell]:
    """The cells of a range in the size of the result, row by row."""
    cells, tall, wide = given.cells, given.height, given.width
    if wide == 1 < width:
        cells = [v for v in cells for _ in range(width)]
    elif wide < width:
        rows = (cells[i : i + wide] + [NoData.MISSING] * (width - wide) for i in range(0, len(cells), wide or 1))
        cells = [v for row in rows for v in row]
    if tall == 1 < height:
        return cells * height
    return cells + [NoData.MISSING] * ((height - tall) * width) if tall < height else cells


def each_row(function: Callable[..., Cell], *values: Any) -> Any:
    """A function of single cells over ranges, as :func:`each_cell`; where it stops, the cell shows why.

    Rows that are the same are worked out once; more than ``MOST_WORKED`` different ones are #NUM!.
    """
    if not any(map(is_range, values)):
        return function(*map(cell, values))
    columns, width = broadcast(values)
    known: dict[Any, Cell] = {}
    found = []
    for row in zip(*columns, strict=True):
        key = row, tuple(map(type, row))  # 1 and TRUE are equal, and not the same
        if key not in known:
            if len(known) == MOST_WORKED:
                raise Stop(NoData.IMPOSSIBLE)
            known[key] = _stopped(function, row)
        found.append(known[key])
    return by_rows(found, width)


def by_rows(cells: list[Cell], width: int) -> Rows:
    """Cells row by row as rows of a width."""
    if width == 1:
        return [[v] for v in cells]
    return [cells[i : i + width] for i in range(0, len(cells), width)]


def _stopped(function: Callable[..., Cell], row: Sequence[Cell]) -> Cell:
    try:
        return function(*row)
    except Stop as stop:
        return stop.reason
    except XlkpiError:
        return NoData.NOT_A_NUMBER
