"""Whether the condition of a conditional format holds, from the values of its sheet.

Only what our pages use is known: comparisons of cells with constants, and a few functions. Anything else is no answer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from xlkpi.workbook.live import Value, has_number, order_of
from xlkpi.workbook.references import column_number

Place = tuple[int, int]  # row and column, from 1

_TOKEN = re.compile(
    r"\s*(?:(?P<text>\"(?:[^\"]|\"\")*\")|(?P<number>\d+(?:\.\d+)?)|(?P<cell>\$?[A-Z]{1,3}\$?\d+)(?![\w(])"
    r"|(?P<name>[A-Z][A-Z.]*)\(|(?P<word>TRUE|FALSE)\b|(?P<sign><=|>=|<>|[=<>+\-(),]))"
)
_CELL = re.compile(r"(\$?)([A-Z]+)(\$?)(\d+)")


class UnknownError(Exception):
    """The condition uses something that is not known here."""


def holds(formula: str, values: Mapping[Place, Value], shift: Place = (0, 0)) -> bool | None:
    """Whether a condition holds; None where it can't be told.

    ``shift`` is how far the cell is from the first cell of the format's range: relative references move along.
    """
    try:
        return bool(_Reader(formula, values, shift).whole())
    except (UnknownError, TypeError):
        return None


class _Reader:
    def __init__(self, formula: str, values: Mapping[Place, Value], shift: Place) -> None:
        self.values, self.shift = values, shift
        self.tokens: list[tuple[str, str]] = []
        at = 0
        while at < len(formula.rstrip()):
            found = _TOKEN.match(formula, at)
            if found is None or found.lastgroup is None:
                raise UnknownError(formula)
            self.tokens.append((found.lastgroup, found[found.lastgroup]))
            at = found.end()

    def whole(self) -> Any:
        value = self.comparison()
        if self.tokens:
            raise UnknownError(self.tokens[0][1])
        return value

    def comparison(self) -> Any:
        left = self.operand()
        while self.tokens and self.tokens[0][0] == "sign" and self.tokens[0][1] in _COMPARED:
            sign = self.tokens.pop(0)[1]
            left = _COMPARED[sign](*_pair(left, self.operand()))
        return left

    def operand(self) -> Any:
        if not self.tokens:
            raise UnknownError("nothing")
        kind, word = self.tokens.pop(0)
        if kind == "text":
            return word[1:-1].replace('""', '"')
        if kind == "number":
            return float(word)
        if kind == "word":
            return word == "TRUE"
        if kind == "cell":
            return self.values.get(self.place(word))
        if kind == "name":
            return self.function(word)
        if word == "-":
            return -self.operand()
        if word == "(":
            value = self.comparison()
            self.expect(")")
            return value
        raise UnknownError(word)

    def function(self, name: str) -> Any:
        arguments = [] if self.tokens[:1] == [("sign", ")")] else [self.comparison()]
        while self.tokens[:1] == [("sign", ",")]:
            self.tokens.pop(0)
            arguments.append(self.comparison())
        self.expect(")")
        if name not in _FUNCTIONS:
            raise UnknownError(name)
        return _FUNCTIONS[name](*arguments)

    def expect(self, sign: str) -> None:
        if self.tokens[:1] != [("sign", sign)]:
            raise UnknownError(sign)
        self.tokens.pop(0)

    def place(self, address: str) -> Place:
        found = _CELL.fullmatch(address)
        if found is None:
            raise UnknownError(address)
        row, column = int(found[4]), column_number(found[2])
        return row + (0 if found[3] else self.shift[0]), column + (0 if found[1] else self.shift[1])


def _pair(left: Any, right: Any) -> tuple[Any, Any]:
    """Two values in the order that spreadsheets know; a blank is like the other's zero or empty text."""
    left = ("" if isinstance(right, str) else 0.0) if left is None else left
    right = ("" if isinstance(left, str) else 0.0) if right is None else right
    return order_of(left), order_of(right)


_COMPARED: Mapping[str, Any] = {
    "=": lambda a, b: a == b, "<>": lambda a, b: a != b, "<": lambda a, b: a < b, "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b, ">=": lambda a, b: a >= b,
}  # fmt: skip
_FUNCTIONS: Mapping[str, Any] = {
    "AND": lambda *given: all(given), "OR": lambda *given: any(given), "NOT": lambda given: not given,
    "ISNUMBER": has_number, "ISTEXT": lambda given: isinstance(given, str), "ISBLANK": lambda given: given is None,
    "LEFT": lambda given, count=1.0: str(given or "")[: int(count)], "ABS": abs,
    "LEN": lambda given: float(len(str(given or ""))),
}  # fmt: skip
