"""What stands in cells, whichever Excel hands it over: one form in, one form out.

In: None (blank), float, text, bool, or :class:`NoData` (an error); dates are Excel's day numbers, as a native formula
sees them. A range is a list of rows. Out: the same, and errors leave as the marker that a runtime can carry.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from xlkpi.formula.nodata import NoData

Cell = float | str | bool | NoData | None
Rows = list[list[Cell]]

#: The text that stands for an error where a runtime can't return one (classic xlwings), and the number that VBA's
#: ``CVErr`` makes the real error of.
ERROR_NUMBERS: Mapping[str, int] = {
    "#NULL!": 2000, "#DIV/0!": 2007, "#VALUE!": 2015, "#REF!": 2023, "#NAME?": 2029, "#NUM!": 2036, "#N/A": 2042,
}  # fmt: skip
#: What Office.js calls the errors.
OFFICE_ERRORS: Mapping[str, str] = {
    "#NULL!": "Null", "#DIV/0!": "Div0", "#VALUE!": "Value", "#REF!": "Ref", "#NAME?": "Name", "#NUM!": "Num",
    "#N/A": "NotAvailable",
}  # fmt: skip
#: The rows of a whole column: what is below the last filled one of so tall a range is not sent back.
SHEET_ROWS = 1_048_576

_ERRORS = {reason.value: reason for reason in NoData}
#: How COM hands over an error in a cell: an integer, while numbers come as floats.
_COM_ERRORS = {-2146826288 + number - 2000: _ERRORS[text] for text, number in ERROR_NUMBERS.items()}
_LARGEST_COM_ERROR = max(_COM_ERRORS)
_DAY_ZERO = datetime(1899, 12, 30)


def cell(value: Any) -> Cell:
    """One cell in the common form.

    Excel's errors arrive as text where a runtime has nothing else, as an integer from COM, and as an object from
    Office.js; all become the error. Other objects of Office.js (a formatted number, an entity) are their basic value.
    """
    kind = type(value)
    if kind is float:
        return None if value != value else value
    if kind is str:
        return _ERRORS.get(value, value) if value[:1] == "#" else (value or None)
    if value is None or kind is bool or isinstance(value, NoData):
        return value  # type: ignore[no-any-return]  # by the line above
    if kind is int:
        return _COM_ERRORS[value] if value in _COM_ERRORS else _number(value)
    if isinstance(value, datetime):
        return (value.replace(tzinfo=None) - _DAY_ZERO).total_seconds() / 86400
    if isinstance(value, date):
        return float(value.toordinal() - _DAY_ZERO.toordinal())
    if kind is dict:
        return _of_office(value)
    if isinstance(value, int | float | Decimal) or hasattr(value, "__float__"):
        return _number(value)
    return None if type(value).__name__ in ("JsNull", "NAType", "NaTType") else NoData.NOT_A_NUMBER


def _number(value: Any) -> Cell:
    try:
        number = float(value)
    except (OverflowError, ValueError, TypeError):
        return NoData.IMPOSSIBLE
    return None if number != number else number


def _of_office(value: dict[str, Any]) -> Cell:
    if value.get("type") == "Error" or value.get("basicType") == "Error":
        return _ERRORS.get(str(value.get("basicValue")), NoData.NOT_A_NUMBER)
    basic = value.get("basicValue")
    return NoData.NOT_A_NUMBER if isinstance(basic, dict | list) else cell(basic)


def is_range(value: Any) -> bool:
    return isinstance(value, list | tuple)


def rows_of(value: Any) -> Rows:
    """A range, or a single value, as rows of cells in the common form, all of one width."""
    if not is_range(value):
        return [[cell(value)]]
    rows = [[cell(v) for v in row] if is_range(row) else [cell(row)] for row in value]
    if value and not any(map(is_range, value)):  # a flat list is one row of cells
        rows = [[row[0] for row in rows]]
    width = max(map(len, rows), default=0)
    return [row if len(row) == width else row + [None] * (width - len(row)) for row in rows]


@dataclass(frozen=True)
class Block:
    """A range as one list of cells, row by row."""

    cells: list[Cell]
    height: int
    width: int

    @property
    def filled(self) -> int:
        """The number of rows up to the last one that is not blank."""
        at = len(self.cells)
        while at and self.cells[at - 1] is None:
            at -= 1
        return -(-at // (self.width or 1))

    def cut(self, end: int) -> Block:
        """The first rows; a single row stays."""
        if self.height <= max(1, end):
            return self
        return Block(self.cells[: end * self.width], end, self.width)


def block(value: Any) -> Block:
    """A range, or a single value, as one list; a column of numbers is taken as it is, which is most of what comes."""
    if not is_range(value):
        return Block([cell(value)], 1, 1)
    if value and all(map(is_range, value)) and set(map(len, value)) == {1}:
        cells = [row[0] for row in value]
        kinds = set(map(type, cells))
        plain = kinds <= {float, int} and (int not in kinds or min(cells) > _LARGEST_COM_ERROR)
        return Block(cells if plain else list(map(cell, cells)), len(cells), 1)
    rows = rows_of(value)
    return Block([v for row in rows for v in row], len(rows), len(rows[0]) if rows else 0)


def flat(value: Any) -> list[Cell]:
    """The cells of a range, row by row, without the blank rows at its end."""
    return [v for row in without_blank_end([rows_of(value)])[0] for v in row]


def single(value: Any) -> Cell:
    """A value that must be one cell; a range of several is not a value."""
    rows = rows_of(value)
    if len(rows) == 1 and len(rows[0]) == 1:
        return rows[0][0]
    return NoData.NOT_A_NUMBER if rows and rows[0] else None


def without_blank_end(ranges: Sequence[Rows]) -> list[Rows]:
    """The ranges without the rows at their end that are blank in all of them, as whole columns have."""
    end = max((_filled(rows) for rows in ranges if len(rows) > 1), default=1)
    return [rows[:end] for rows in ranges]


def _filled(rows: Rows) -> int:
    end = len(rows)
    while end and all(v is None for v in rows[end - 1]):
        end -= 1
    return end


def returned(value: Any, error: Callable[[NoData], Any]) -> Any:
    """A result as a runtime wants it: ``error`` makes what stands for an error; NaN is missing, blanks are empty."""
    if isinstance(value, list):
        return [row if _all_plain(row) else [_out(v, error) for v in row] for row in value]
    return _out(value, error)


def _all_plain(row: list[Any]) -> bool:
    """Whether a row can go out as it is: one finite number, as in the columns that KPIs give."""
    return len(row) == 1 and type(row[0]) is float and row[0] - row[0] == 0


def _out(value: Any, error: Callable[[NoData], Any]) -> Any:
    if isinstance(value, NoData):
        return error(value)
    if isinstance(value, float) and not math.isfinite(value):
        return error(NoData.MISSING if value != value else NoData.IMPOSSIBLE)
    return "" if value is None else value
