"""Evaluating a tree on whole columns: plain lists without numpy, and numpy arrays.

No data is NaN here; the reason for one cell comes from evaluating its row alone. True and false are 1.0 and 0.0,
and NaN where a comparison has no answer, so that no data is never taken for "no".
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping, Sequence
from itertools import repeat
from operator import add, mul, neg, sub
from typing import Any

from xlkpi.errors import EvaluationError, Problem
from xlkpi.formula.evaluate import OPERATIONS, Limits, read_input
from xlkpi.formula.nodata import NoData, Outcome, Stop
from xlkpi.formula.tree import Call, Name, Node, Number, names, required_names, walk

NAN = math.nan
#: Operations through which NaN passes by itself, in lists and in numpy.
_STRICT = frozenset({"add", "sub", "mul", "div", "neg", "abs", "sqrt", "exp", "ln", "log10", "ceil", "floor", "round"})


def needs_mask(node: Node) -> bool:
    """Whether missing inputs have to be marked, because some operation would hide them."""
    return set(names(node)) != required_names(node) or any(
        isinstance(n, Call) and n.operation not in _STRICT for n in walk(node)
    )


# --- lists ---------------------------------------------------------------------------------------------------------

Column = list[float] | float


def evaluate_lists(
    node: Node, values: Mapping[str, Sequence[Any]], limits: Mapping[str, Limits], length: int
) -> list[float]:
    """A column of results from columns of inputs, all of one length."""
    masked = needs_mask(node)
    required = required_names(node)
    columns: dict[str, Column] = {}
    bad: set[int] = set()
    for name, column in values.items():
        columns[name] = clean = _floats(column, limits.get(name, (None, None)))
        if masked:
            bad |= _bad_rows(column, clean, required=name in required, limits=limits.get(name, (None, None)))
    if masked and not required:
        bad |= {i for i in range(length) if all(c[i] != c[i] for c in columns.values())}  # type: ignore[index]
    result = _lists(node, columns)
    out = [result] * length if isinstance(result, float) else list(result) if isinstance(node, Name) else result
    for row in bad:
        out[row] = NAN
    return out


def _floats(column: Sequence[Any], limits: Limits) -> list[float]:
    kinds = set(map(type, column))
    if kinds == {float}:
        out = column if isinstance(column, list) else list(column)
    elif kinds <= {float, int}:
        try:
            out = list(map(float, column))
        except OverflowError:
            out = [_one(v, limits) for v in column]
    else:
        out = [_one(v, limits) for v in column]
    least, most = limits
    if least is None and most is None:
        return _finite(out)
    whole = math.isfinite(sum(out))
    if whole and (not out or ((least is None or min(out) >= least) and (most is None or max(out) <= most))):
        return out
    least = -sys.float_info.max if least is None else least
    most = sys.float_info.max if most is None else most
    return [v if least <= v <= most else NAN for v in out]


def _finite(column: list[float]) -> list[float]:
    """The column with NaN for infinity; the tests cost less than a new list."""
    if math.isfinite(sum(column)) or not any(map(math.isinf, column)):
        return column
    return [v if math.isfinite(v) else NAN for v in column]


def _one(value: Any, limits: Limits) -> float:
    read = read_input(value, limits)
    return NAN if isinstance(read, NoData) else read


def _bad_rows(given: Sequence[Any], clean: list[float], *, required: bool, limits: Limits) -> set[int]:
    missing = [i for i, v in enumerate(clean) if v != v]
    if required:
        return set(missing)
    return {i for i in missing if _invalid(given[i], read_input(given[i], limits))}


def _invalid(given: Any, read: Outcome) -> bool:
    """Whether a cell holds something that is not merely missing; an error in a cell, #N/A included, is such a thing."""
    return isinstance(read, NoData) and (read is not NoData.MISSING or isinstance(given, NoData))


def _lists(node: Node, columns: Mapping[str, Column], *, settle: bool = True) -> Column:
    """The column of a node; without ``settle``, no data may also be infinity, where it can't be hidden."""
    if isinstance(node, Number):
        return node.value
    if isinstance(node, Name):
        return columns[node.name]
    shown = node.operation in _FAST
    arguments = [
        _lists(a, columns, settle=not shown or (node.operation == "div" and i == 1))
        for i, a in enumerate(node.arguments)
    ]
    if all(isinstance(a, float) for a in arguments):
        arguments[0] = [arguments[0]]  # type: ignore[list-item]  # constants alone: one row, as a column
        return _lists_of(node.operation, arguments)[0]
    return _lists_of(node.operation, arguments, settle=settle)


def _lists_of(operation: str, arguments: Sequence[Column], *, settle: bool = True) -> list[float]:
    rows = [repeat(a) if isinstance(a, float) else a for a in arguments]
    if operation in _FAST:
        out = _FAST[operation](*rows)
        return _finite(out) if settle else out
    if operation == "coalesce":
        return [next((v for v in row if v == v), NAN) for row in zip(*rows, strict=False)]
    if operation == "if":
        return [NAN if t != t else a if t else b for t, a, b in zip(*rows, strict=False)]
    return [_row(OPERATIONS[operation], row) for row in zip(*rows, strict=False)]


def _row(function: Callable[..., float], row: tuple[float, ...]) -> float:
    for value in row:
        if value != value:
            return NAN
    try:
        return float(function(*row))
    except Stop:
        return NAN


_FAST: Mapping[str, Callable[..., list[float]]] = {
    "add": lambda a, b: list(map(add, a, b)),
    "sub": lambda a, b: list(map(sub, a, b)),
    "mul": lambda a, b: list(map(mul, a, b)),
    "neg": lambda a: list(map(neg, a)),
    "abs": lambda a: list(map(abs, a)),
    "div": lambda a, b: [x / y if y else NAN for x, y in zip(a, b, strict=False)],
}


# --- numpy ---------------------------------------------------------------------------------------------------------

#: Rows worked on at a time, so that intermediate results stay in the processor's cache.
BLOCK = 1 << 15


def evaluate_arrays(node: Node, values: Mapping[str, Any], limits: Mapping[str, Limits]) -> Any:
    """An array of results from arrays (or single values) that broadcast together."""
    import numpy as np

    masked = needs_mask(node)
    arrays = {name: _array(given, np) for name, given in values.items()}
    try:
        shape = np.broadcast_shapes(*(a.shape for a in arrays.values()))
    except ValueError:
        lengths = ", ".join(f"{name}: {'×'.join(map(str, a.shape))}" for name, a in arrays.items() if a.ndim)
        raise EvaluationError(Problem("lengths_differ", {"lengths": lengths})) from None
    result = np.empty(shape)
    with np.errstate(all="ignore"):
        if len(shape) != 1:
            result[...] = _block(node, arrays, limits, shape, masked, np)
            return result
        for first in range(0, len(result), BLOCK):
            rows = slice(first, first + BLOCK)
            block = {name: a[rows] if a.shape == shape else a for name, a in arrays.items()}
            result[rows] = _block(node, block, limits, result[rows].shape, masked, np)
    return result


def _array(given: Any, np: Any) -> Any:
    """An array whose cells keep their types: numpy would make a list's numbers text, or its booleans numbers."""
    if isinstance(given, np.ma.MaskedArray):
        return given.astype(object).filled(None)
    return np.asarray(given, dtype=object if isinstance(given, list | tuple) else None)


def _block(
    node: Node, given: Mapping[str, Any], limits: Mapping[str, Limits], shape: Any, masked: bool, np: Any
) -> Any:
    required = required_names(node) if masked else ()
    arrays: dict[str, Any] = {}
    bad: Any = np.False_
    for name, array in given.items():
        arrays[name], invalid = _clean(array, limits.get(name, (None, None)), np)
        if masked:
            bad = bad | (np.isnan(arrays[name]) if name in required else invalid)
    if masked and not required:
        everything: Any = np.True_
        for array in arrays.values():
            everything = everything & np.isnan(array)
        bad = bad | everything
    result = _arrays(node, arrays, np)
    return np.where(np.broadcast_to(bad, shape), np.nan, result) if masked and bad.any() else result


def _clean(given: Any, limits: Limits, np: Any) -> tuple[Any, Any]:
    """The array in float64 with NaN for no data, and where something stood that is not merely missing."""
    array = np.asarray(given)
    if array.dtype.kind not in "fiu":
        cells = list(array.ravel())
        flat = [read_input(v, limits) for v in cells]
        invalid = np.array(list(map(_invalid, cells, flat)), dtype=bool).reshape(array.shape)
        numbers = np.array([NAN if isinstance(v, NoData) else v for v in flat], dtype=np.float64)
        return numbers.reshape(array.shape), invalid
    array = array.astype(np.float64, copy=False)
    least, most = limits
    good = np.isfinite(array)
    if least is not None:
        good &= array >= least
    if most is not None:
        good &= array <= most
    if good.all():
        return array, np.False_
    clean = array.copy()
    clean[~good] = np.nan
    return clean, ~(good | np.isnan(array))


def _arrays(node: Node, arrays: Mapping[str, Any], np: Any) -> Any:
    if isinstance(node, Number):
        return np.float64(node.value)
    if isinstance(node, Name):
        return arrays[node.name]
    return _array_of(node.operation, [_arrays(a, arrays, np) for a in node.arguments], np)


def _array_of(operation: str, arguments: list[Any], np: Any) -> Any:
    if operation in _UFUNCS:
        return _settled(getattr(np, _UFUNCS[operation])(*arguments), np)
    if operation in ("div", "pow"):
        return _settled(_ARRAY[operation](*arguments, np), np)
    if operation == "if":
        test, yes, no = arguments
        return np.where(np.isnan(test), np.nan, np.where(test == 1.0, yes, no))
    if operation == "coalesce":
        result = arguments[-1]
        for value in reversed(arguments[:-1]):
            result = np.where(np.isnan(value), result, value)
        return result
    if operation in ("min", "max"):
        function, result = (np.minimum if operation == "min" else np.maximum), arguments[0]
        for value in arguments[1:]:
            result = function(result, value)  # NaN passes
        return result
    if operation == "round":
        return _round(arguments[0], int(arguments[1]), np)
    return _truth(operation, arguments, np)


def _truth(operation: str, arguments: list[Any], np: Any) -> Any:
    unknown = np.isnan(arguments[0])
    for value in arguments[1:]:
        unknown = unknown | np.isnan(value)
    if operation == "not":
        answer = arguments[0] == 0.0
    elif operation in ("and", "or"):
        answer = arguments[0] == 1.0
        for value in arguments[1:]:
            answer = (answer & (value == 1.0)) if operation == "and" else (answer | (value == 1.0))
    else:
        answer = getattr(np, _COMPARE[operation])(*arguments)
    return np.where(unknown, np.nan, answer.astype(np.float64))


def _settled(values: Any, np: Any) -> Any:
    """Infinity is no data at once, since dividing by it would hide it."""
    infinite = np.isinf(values)
    if not infinite.any():
        return values
    if not infinite.ndim:
        return np.float64(np.nan)
    values[infinite] = np.nan  # an operation's own new array
    return values


def _divide(a: Any, b: Any, np: Any) -> Any:
    return np.divide(a, b)  # x/0 is infinite and 0/0 is NaN: both are no data once settled


def _power(a: Any, b: Any, np: Any) -> Any:
    impossible = ((a == 0) & (b <= 0)) | np.isnan(a) | np.isnan(b)
    return np.where(impossible, np.nan, np.power(a, b))


def _round(values: Any, digits: int, np: Any) -> Any:
    scale = 10.0**digits
    scaled = np.abs(values) * scale
    # The decimal that is shown decides a tie, as in Excel: 1.005 is a shade under it in binary.
    nudged = np.floor(scaled * (1 + 4e-16) + 0.5)
    return np.where(scaled < 1e15, np.copysign(nudged / scale, values), values)


_ARRAY: Mapping[str, Callable[..., Any]] = {"div": _divide, "pow": _power}
_UFUNCS: Mapping[str, str] = {
    "add": "add", "sub": "subtract", "mul": "multiply", "neg": "negative", "abs": "abs", "ceil": "ceil",
    "exp": "exp", "floor": "floor", "ln": "log", "log10": "log10", "sqrt": "sqrt",
}  # fmt: skip
_COMPARE: Mapping[str, str] = {
    "lt": "less", "le": "less_equal", "gt": "greater", "ge": "greater_equal", "eq": "equal", "ne": "not_equal",
}  # fmt: skip
