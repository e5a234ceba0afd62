"""Live cells: a formula and its value, made together from the same parts.

Every function here gives both, so that no formula is written without a value that follows from it. Values behave as in
a cell: None is a blank, a :class:`~xlkpi.formula.NoData` an error that passes through, texts compare without case.

>>> price = Live("B2", 20.0)
>>> total = price * 3
>>> total.text, total.value
('B2*3', 60.0)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from math import isinf
from typing import Union

from xlkpi.formula.excel import number
from xlkpi.formula.nodata import NoData

Value = Union[float, str, bool, NoData, None]  # noqa: UP007  # also evaluated at run time
Given = Union["Live", float, int, str, bool, None]

EPOCH = date(1899, 12, 30)
#: What Excel takes for a day begins with the first of 1900; this calendar is older.
FIRST_DAY, _EARLIEST, _AFTER = 1.0, float((date.min - EPOCH).days), float((date.max - EPOCH).days + 1)
#: What a text inside a formula may be long.
MAX_TEXT = 250
ATOM, TIGHT, LOOSE, JOIN, TEST = range(5)  # how tightly a text binds: * before +, + before &, & before =


@dataclass(frozen=True)
class Live:
    """A formula's text, without the equals sign, and its value; ``level`` tells when the text needs brackets."""

    text: str
    value: Value
    level: int = ATOM

    def __add__(self, other: Given) -> Live:
        return _arithmetic("+", LOOSE, self, other)

    def __radd__(self, other: Given) -> Live:
        return _arithmetic("+", LOOSE, other, self)

    def __sub__(self, other: Given) -> Live:
        return _arithmetic("-", LOOSE, self, other)

    def __rsub__(self, other: Given) -> Live:
        return _arithmetic("-", LOOSE, other, self)

    def __mul__(self, other: Given) -> Live:
        return _arithmetic("*", TIGHT, self, other)

    def __rmul__(self, other: Given) -> Live:
        return _arithmetic("*", TIGHT, other, self)

    def __truediv__(self, other: Given) -> Live:
        return _arithmetic("/", TIGHT, self, other)

    def __and__(self, other: Given) -> Live:
        return _joined(self, other)

    def __rand__(self, other: Given) -> Live:
        return _joined(other, self)

    def __lt__(self, other: Given) -> Live:
        return _compared("<", self, other)

    def __le__(self, other: Given) -> Live:
        return _compared("<=", self, other)

    def __gt__(self, other: Given) -> Live:
        return _compared(">", self, other)

    def __ge__(self, other: Given) -> Live:
        return _compared(">=", self, other)

    def same(self, other: Given) -> Live:
        """``=``; not ``==``, which compares two objects."""
        return _compared("=", self, other)

    def differs(self, other: Given) -> Live:
        """``<>``."""
        return _compared("<>", self, other)

    @property
    def blank(self) -> Live:
        """Whether it is blank or the empty text."""
        return self.same("")

    @property
    def number(self) -> float | None:
        """The value where it is a number."""
        return float(self.value) if has_number(self.value) else None  # type: ignore[arg-type]  # as just checked


@dataclass(frozen=True)
class Span:
    """A range or a table's column, with its values from top to bottom (or from left to right)."""

    text: str
    values: Sequence[Value]

    @cached_property
    def places(self) -> Mapping[tuple[int, float | str], frozenset[int]]:
        """The rows, from 0, in which each value stands."""
        found: dict[tuple[int, float | str], set[int]] = {}
        for row, value in enumerate(self.values):
            if value is not None and not isinstance(value, NoData):
                found.setdefault(order_of(value), set()).add(row)
        return {value: frozenset(rows) for value, rows in found.items()}

    @cached_property
    def wrong(self) -> NoData | None:
        """The first error among the values."""
        return next((value for value in self.values if isinstance(value, NoData)), None)


def live(given: Given) -> Live:
    """A constant as a formula's part; a live cell as it is."""
    if isinstance(given, Live):
        return given
    if isinstance(given, bool):
        return Live("TRUE" if given else "FALSE", given)
    if isinstance(given, int | float):
        return Live(number(float(given)), float(given), TIGHT if given < 0 else ATOM)
    text = given or ""
    pieces = [text[i : i + MAX_TEXT] for i in range(0, len(text), MAX_TEXT)] or [""]
    quoted = ['"' + piece.replace('"', '""') + '"' for piece in pieces]
    return Live("&".join(quoted), text, JOIN if len(quoted) > 1 else ATOM)


def serial(day: date) -> float:
    """A date as Excel counts days."""
    return float((day - EPOCH).days)


def as_date(value: Value) -> date | None:
    """The day of a cell's value; None for a number that is too large, or too small, to be one."""
    number = float(value) if has_number(value) else None  # type: ignore[arg-type]  # as just checked
    is_one = number is not None and _EARLIEST <= number < _AFTER
    return EPOCH + timedelta(days=int(number)) if is_one else None  # type: ignore[arg-type]  # as just checked


def has_number(value: Value) -> bool:
    """Whether a value is a number."""
    return isinstance(value, float | int) and not isinstance(value, bool)


def number_of(value: Value) -> float | NoData:
    """A value in arithmetic: a blank is zero, a text is an error."""
    if value is None:
        return 0.0
    if isinstance(value, NoData):
        return value
    return NoData.NOT_A_NUMBER if isinstance(value, str) else float(value)


def truth_of(value: Value) -> bool:
    """A value as a condition."""
    return bool(value) if not isinstance(value, str) else False


def order_of(value: Value) -> tuple[int, float | str]:
    """The place of a value among all: numbers, texts without case, logical values."""
    if isinstance(value, bool):
        return 2, float(value)
    if isinstance(value, str):
        return 1, value.casefold()
    return 0, float(value) if isinstance(value, float | int) else 0.0


def text_of(value: Value) -> str:
    """A value in a sentence: whole numbers, see :func:`xlkpi.workbook.formats.told`, or any that people typed."""
    if value is None:
        return ""
    if isinstance(value, float | int) and not isinstance(value, bool):
        return f"{value:.15g}" if value % 1 else str(int(value))
    return str(value)


def wrapped(cell: Live, level: int) -> str:
    """The text of a part, in brackets where it binds less tightly."""
    return cell.text if cell.level <= level else f"({cell.text})"


def _arithmetic(sign: str, level: int, left: Given, right: Given) -> Live:
    a, b = live(left), live(right)
    x, y = number_of(a.value), number_of(b.value)
    value: Value
    if isinstance(x, NoData):
        value = x
    elif isinstance(y, NoData):
        value = y
    elif sign == "/":
        value = x / y if y else NoData.ZERO_DIVISION
    else:
        value = x + y if sign == "+" else x - y if sign == "-" else x * y
    if isinstance(value, float) and isinf(value):
        value = NoData.IMPOSSIBLE
    second = wrapped(b, level - 1 if sign in "-/" else level)
    return Live(f"{wrapped(a, level)}{sign}{f'({second})' if second.startswith('-') else second}", value, level)


def _joined(left: Given, right: Given) -> Live:
    a, b = live(left), live(right)
    wrong = next((v for v in (a.value, b.value) if isinstance(v, NoData)), None)
    value: Value = text_of(a.value) + text_of(b.value) if wrong is None else wrong
    if a.text == '""':
        return Live(b.text if isinstance(b.value, str) else f'""&{wrapped(b, JOIN)}', value, JOIN)
    return Live(f"{wrapped(a, JOIN)}&{wrapped(b, JOIN)}", value, JOIN)


def _compared(sign: str, left: Given, right: Given) -> Live:
    a, b = live(left), live(right)
    wrong = next((v for v in (a.value, b.value) if isinstance(v, NoData)), None)
    if wrong is not None:
        value: Value = wrong
    else:
        x, y = a.value, b.value
        x = ("" if isinstance(y, str) else 0.0) if x is None else x
        y = ("" if isinstance(x, str) else 0.0) if y is None else y
        p, q = order_of(x), order_of(y)
        tests: dict[str, Callable[[], bool]] = {
            "=": lambda: p == q, "<>": lambda: p != q, "<": lambda: p < q, "<=": lambda: p <= q,
            ">": lambda: p > q, ">=": lambda: p >= q,
        }  # fmt: skip
        value = tests[sign]()
    return Live(f"{wrapped(a, JOIN)}{sign}{wrapped(b, JOIN)}", value, TEST)
