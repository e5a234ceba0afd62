"""Printing a tree as an ibis expression, for DuckDB and every database that ibis speaks to.

Only methods of the expressions are used, so ibis itself is not imported here. No data is NULL. Databases differ in
what they do with infinity, NaN and impossible arguments, so none of these is ever reached: each operation that
could overflow turns infinity into NULL at once, and arguments outside a function's domain become NULL before it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any

from xlkpi.formula.evaluate import Limits
from xlkpi.formula.tree import TRUTHS, Call, Name, Node, Number, names, required_names, walk

INFINITY = float("inf")
#: Every double from here on is whole.
WHOLE = 2.0**52


def ibis_expression(node: Node, columns: Mapping[str, Any], limits: Mapping[str, Limits] | None = None) -> Any:
    """An ibis value of float64, NULL where there is no data; an aggregate when the formula adds up rows.

    ``columns`` gives each name an ibis numeric column or scalar.
    """
    limits = limits or {}
    used = names(node)
    read = {name: _read(columns[name], limits.get(name, (None, None))) for name in used}
    if any(isinstance(n, Call) and n.operation == "sum" for n in walk(node)):
        return _aggregate(node, {name: columns[name].cast("float64") for name in used}, read)
    value = _value(node, read)
    refused = _refused(node, columns, read)
    return value if refused is None else refused.ifelse(None, value)


def _read(column: Any, limits: Limits) -> Any:
    """The column in float64, NULL for NaN and for what is impossible."""
    column = column.cast("float64")
    least, most = limits
    low = column > -INFINITY if least is None else column >= least
    high = column < INFINITY if most is None else column <= most
    return (low & high & ~column.isnan()).ifelse(column, None)


def _refused(node: Node, columns: Mapping[str, Any], read: Mapping[str, Any]) -> Any:
    """Where the inputs alone rule out a result; None when the expression is NULL there by itself."""
    required, used = required_names(node), names(node)
    tests = []
    for name in used:
        if name in required:
            if _hides(node):
                tests.append(read[name].isnull())
        else:
            given = columns[name].cast("float64")
            tests.append((given.isnull() | given.isnan()).ifelse(False, read[name].isnull()))
    if used and not required:
        tests.append(reduce(lambda a, b: a & b, [read[name].isnull() for name in used]))
    return reduce(lambda a, b: a | b, tests) if tests else None


def _hides(node: Node) -> bool:
    """Whether some operation may give a number although an input is NULL."""
    return any(isinstance(n, Call) and n.operation in {"if", "coalesce", *TRUTHS} for n in walk(node))


def _aggregate(node: Node, given: Mapping[str, Any], read: Mapping[str, Any]) -> Any:
    complete = reduce(lambda a, b: a & b, [column.notnull() & ~column.isnan() for column in given.values()])
    impossible = reduce(
        lambda a, b: a | b, [(g.notnull() & ~g.isnan() & read[name].isnull()).any() for name, g in given.items()]
    )

    def total(inner: Node) -> Node:
        product = reduce(lambda a, b: a * b, [read[n.name] for n in walk(inner) if isinstance(n, Name)])
        key = f"total {len(totals)}"
        totals[key] = _finite(product.sum(where=complete))
        return Name(key)

    totals: dict[str, Any] = {}
    value = _value(_with_totals(node, total), totals)
    return impossible.fill_null(False).ifelse(None, value)


def _with_totals(node: Node, total: Callable[[Node], Node]) -> Node:
    if not isinstance(node, Call):
        return node
    if node.operation == "sum":
        return total(node.arguments[0])
    return Call(node.operation, tuple(_with_totals(a, total) for a in node.arguments), node.column)


def _value(node: Node, columns: Mapping[str, Any]) -> Any:
    if isinstance(node, Number):
        return node.value
    if isinstance(node, Name):
        return columns[node.name]
    return OPERATIONS[node.operation](*[_value(a, columns) for a in node.arguments])


def _finite(value: Any) -> Any:
    return value.nullif(INFINITY).nullif(-INFINITY)


def _divide(a: Any, b: Any) -> Any:
    return _finite(a / (b if isinstance(b, float) else b.nullif(0)))


def _floor(a: Any) -> Any:
    small = a.abs() < WHOLE  # a database makes an integer of it, and fails where that overflows
    return small.ifelse(small.ifelse(a, 0.0).floor().cast("float64"), a)


def _power(a: Any, b: Any) -> Any:
    whole = b == _floor(b) if not isinstance(b, float) else b.is_integer()
    possible = (a > 0) | ((a == 0) & (b > 0)) | ((a < 0) & whole)
    return _finite(possible.ifelse(a**b, None) if isinstance(a, float) else possible.ifelse(a, None) ** b)


def _coalesce(*values: Any) -> Any:
    def known(a: Any, b: Any) -> Any:
        return a if isinstance(a, float) else a.fill_null(b)

    return reduce(known, values)


def _round(value: Any, digits: float) -> Any:
    scale = 10.0**digits
    nudged = _floor(value.abs() * scale * (1 + 4e-16) + 0.5) / scale
    return (value.abs() * scale < 1e15).ifelse((value < 0).ifelse(-nudged, nudged), value)


def _if(test: Any, yes: Any, no: Any) -> Any:
    return test.ifelse(yes, (~test).ifelse(no, None))  # an unknown test is neither


def _strict(join: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    """AND and OR that are unknown when any part is, unlike SQL's."""

    def joined(*tests: Any) -> Any:
        unknown = reduce(lambda a, b: a | b, [t.isnull() for t in tests])
        return unknown.ifelse(None, reduce(join, tests))

    return joined


def _extreme(smaller: bool) -> Callable[..., Any]:
    def pick(a: Any, b: Any) -> Any:
        first, second = (a < b, a >= b) if smaller else (a > b, a <= b)
        return first.ifelse(a, second.ifelse(b, None))  # NULL when either is

    return lambda *values: reduce(pick, values)


OPERATIONS: Mapping[str, Callable[..., Any]] = {
    "add": lambda a, b: _finite(a + b),
    "sub": lambda a, b: _finite(a - b),
    "mul": lambda a, b: _finite(a * b),
    "div": _divide,
    "pow": _power,
    "neg": lambda a: -a,
    "lt": lambda a, b: a < b,
    "le": lambda a, b: a <= b,
    "gt": lambda a, b: a > b,
    "ge": lambda a, b: a >= b,
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: a != b,
    "and": _strict(lambda a, b: a & b),
    "or": _strict(lambda a, b: a | b),
    "not": lambda a: ~a,
    "if": _if,
    "coalesce": _coalesce,
    "abs": lambda a: a.abs(),
    "ceil": lambda a: -_floor(-a),
    "exp": lambda a: _finite((a < 709.78).ifelse(a, None).exp()),
    "floor": _floor,
    "ln": lambda a: (a > 0).ifelse(a, None).ln(),
    "log10": lambda a: (a > 0).ifelse(a, None).log10(),
    "max": _extreme(smaller=False),
    "min": _extreme(smaller=True),
    "round": _round,
    "sqrt": lambda a: (a >= 0).ifelse(a, None).sqrt(),
}
