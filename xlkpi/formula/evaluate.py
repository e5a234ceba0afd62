"""Evaluating a tree on single values, with the reason where there is no result.

Rules (the same in every engine, see DESIGN and the tests): missing in, missing out; a zero denominator gives no
data; what Excel calls ``#NUM!`` (overflow, the root of a negative, ``0**0``) is impossible. Single values need
neither numpy nor anything else, so that a cell's first call is instant.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from numbers import Real
from typing import Any

from xlkpi.formula.nodata import NoData, Outcome, Stop
from xlkpi.formula.tree import Call, Name, Node, Number

#: What pandas and numpy put where a value is missing.
_MISSING_TYPES = frozenset({"NAType", "NaTType", "MaskedConstant"})
#: Smallest and largest possible value of an input; None where there is no bound.
Limits = tuple[float | None, float | None]


def read_input(value: Any, limits: Limits = (None, None)) -> Outcome:
    """One input as a float, or why it isn't one: blank or NaN, text or a boolean, outside its limits."""
    if type(value) is not float:
        if type(value).__name__ == "ndarray" and value.ndim == 0:
            value = value[()]
        if value is None or type(value).__name__ in _MISSING_TYPES or (isinstance(value, str) and value == ""):
            return NoData.MISSING
        if isinstance(value, NoData):
            return value
        if isinstance(value, bool) or not isinstance(value, Real | Decimal) or type(value).__name__ == "timedelta64":
            return NoData.NOT_A_NUMBER
        try:
            value = float(value)
        except OverflowError:
            return NoData.IMPOSSIBLE
        except ValueError:  # a signalling NaN
            return NoData.MISSING
    if value != value:
        return NoData.MISSING
    least, most = limits
    if value - value != 0 or (least is not None and value < least) or (most is not None and value > most):
        return NoData.IMPOSSIBLE
    return value  # type: ignore[no-any-return]  # a float by now


def outcome(node: Node, inputs: Mapping[str, Outcome]) -> Outcome:
    """The value of a tree whose inputs were read and found good (optional ones may be missing)."""
    try:
        return _value(node, inputs)
    except Stop as stop:
        return stop.reason


def constant(node: Node) -> float | None:
    """The value of a tree without names; None when it has none."""
    value = outcome(node, {})
    return None if isinstance(value, NoData) else value


def _value(node: Node, inputs: Mapping[str, Outcome]) -> float:
    if isinstance(node, Number):
        return node.value
    if isinstance(node, Name):
        value = inputs[node.name]
        if isinstance(value, NoData):
            raise Stop(value)
        return value
    if node.operation == "if":
        test, yes, no = node.arguments
        return _value(yes if _value(test, inputs) else no, inputs)
    if node.operation == "coalesce":
        return _first(node.arguments, inputs)
    return OPERATIONS[node.operation](*[_value(a, inputs) for a in node.arguments])


def _first(arguments: tuple[Node, ...], inputs: Mapping[str, Outcome]) -> float:
    *tried, last = arguments
    for argument in tried:
        found = outcome(argument, inputs)
        if not isinstance(found, NoData):
            return found
    return _value(last, inputs)


def _finite(value: float) -> float:
    if value - value != 0:
        raise Stop(NoData.IMPOSSIBLE)
    return value


def _divide(a: float, b: float) -> float:
    if b == 0:
        raise Stop(NoData.ZERO_DIVISION)
    return _finite(a / b)


def power(a: float, b: float) -> float:
    """``a ** b`` as Excel has it: ``0**0`` and roots of negatives are impossible, ``0**-1`` divides by zero."""
    if a == 0 and b < 0:
        raise Stop(NoData.ZERO_DIVISION)
    if (a == 0 and b == 0) or (a < 0 and b != math.floor(b)):
        raise Stop(NoData.IMPOSSIBLE)
    try:
        return math.pow(a, b)
    except OverflowError:
        raise Stop(NoData.IMPOSSIBLE) from None


def round_half_away(value: float, digits: float = 0) -> float:
    """Rounding as Excel does: on the decimal that is shown, ties away from zero (1.005 to 2 digits is 1.01)."""
    if abs(value) * 10.0**digits >= 1e15:
        return value
    return float(Decimal(f"{value:.15g}").quantize(Decimal(1).scaleb(-int(digits)), ROUND_HALF_UP))


def _defined(function: Callable[[float], float]) -> Callable[[float], float]:
    def checked(value: float) -> float:
        try:
            return _finite(function(value))
        except (ValueError, OverflowError):
            raise Stop(NoData.IMPOSSIBLE) from None

    return checked


def _all(*values: float) -> float:
    return float(all(values))


def _any(*values: float) -> float:
    return float(any(values))


OPERATIONS: Mapping[str, Callable[..., float]] = {
    "add": lambda a, b: _finite(a + b),
    "sub": lambda a, b: _finite(a - b),
    "mul": lambda a, b: _finite(a * b),
    "div": _divide,
    "pow": power,
    "neg": operator.neg,
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
    "eq": operator.eq,
    "ne": operator.ne,
    "and": _all,
    "or": _any,
    "not": operator.not_,
    "abs": abs,
    "ceil": lambda a: float(math.ceil(a)),
    "exp": _defined(math.exp),
    "floor": lambda a: float(math.floor(a)),
    "ln": _defined(math.log),
    "log10": _defined(math.log10),
    "max": max,
    "min": min,
    "round": round_half_away,
    "sqrt": _defined(math.sqrt),
}


def add_up(node: Node, rows: Mapping[str, list[float]]) -> Node:
    """The tree with every ``sum`` worked out over complete rows of floats."""
    if not isinstance(node, Call):
        return node
    if node.operation == "sum":
        return Number(_finite(_total(node.arguments[0], rows)))
    return Call(node.operation, tuple(add_up(a, rows) for a in node.arguments), node.column)


def _total(node: Node, rows: Mapping[str, list[float]]) -> float:
    try:
        return math.fsum(_product(node, rows))
    except (OverflowError, ValueError):  # inf - inf
        raise Stop(NoData.IMPOSSIBLE) from None


def _product(node: Node, rows: Mapping[str, list[float]]) -> list[float]:
    if isinstance(node, Name):
        return rows[node.name]
    assert isinstance(node, Call)  # the parser lets only names and products through
    left, right = (_product(a, rows) for a in node.arguments)
    return list(map(operator.mul, left, right))
