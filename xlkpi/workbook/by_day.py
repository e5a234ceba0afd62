"""What is known of an objective for each as-of date that can be chosen, in one cell: as many characters for each date.

A formula takes those of the chosen date. A row for each objective and date would make a workbook a tenth larger, and
COUNTIFS over it slower.
"""

from __future__ import annotations

from collections.abc import Sequence

from xlkpi.workbook.functions import if_error, number_in, part
from xlkpi.workbook.live import Given, Live

#: What stands where a number is not known: no digit, so that it is an error as a number.
_UNKNOWN = "x"


def whole_numbers(values: Sequence[float | None], width: int, scale: float = 1.0) -> str:
    """Numbers that are not negative as so many digits each, times ``scale``; None is not known."""
    most = 10**width - 1
    told = (_UNKNOWN * width if v is None else f"{min(round(v * scale), most):0{width}d}" for v in values)
    return "".join(told)


def whole_number(cell: Given, day_no: Live, width: int) -> Live:
    """The number of a date by its place, from 1; the empty text where it is not known."""
    first = day_no if width == 1 else (day_no - 1) * width + 1
    return if_error(number_in(part(cell, first, width)), "")


__all__ = ["whole_number", "whole_numbers"]
