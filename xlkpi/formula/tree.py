"""The expression tree, and the table of everything that a formula may call.

A formula is numbers, names and calls; ``a + b`` is a call of ``add``. What an operation means in an engine is one
entry in that engine's table (:mod:`evaluate`, :mod:`excel`, :mod:`sql`), so a new function is one row here and
one entry in each.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Number:
    """A literal, always a float."""

    value: float


@dataclass(frozen=True)
class Name:
    """A measure, a KPI or an argument; ``column`` is where it stands in the text (from 0)."""

    name: str
    column: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Call:
    """An operation on sub-expressions."""

    operation: str
    arguments: tuple[Node, ...]
    column: int = field(default=0, compare=False)


Node = Number | Name | Call


@dataclass(frozen=True)
class Function:
    """What the language offers by name: how many arguments; None is any number."""

    least: int
    most: int | None


FUNCTIONS: Mapping[str, Function] = {
    "abs": Function(1, 1),
    "ceil": Function(1, 1),
    "coalesce": Function(2, None),
    "exp": Function(1, 1),
    "floor": Function(1, 1),
    "ln": Function(1, 1),
    "log10": Function(1, 1),
    "max": Function(2, None),
    "min": Function(2, None),
    "round": Function(1, 2),
    "sqrt": Function(1, 1),
    "sum": Function(1, 1),
}

COMPARISONS = frozenset({"lt", "le", "gt", "ge", "eq", "ne"})
#: Operations that give true or false; everything else gives a number.
TRUTHS = COMPARISONS | {"and", "or", "not"}


def walk(node: Node) -> Iterator[Node]:
    """The node and everything below it, depth first, in reading order."""
    yield node
    if isinstance(node, Call):
        for argument in node.arguments:
            yield from walk(argument)


def names(node: Node) -> tuple[str, ...]:
    """The names that stand in a tree, each once, in reading order."""
    return tuple(dict.fromkeys(n.name for n in walk(node) if isinstance(n, Name)))


def required_names(node: Node) -> frozenset[str]:
    """Names that stand outside every ``coalesce``: where one is missing there is no result."""
    if isinstance(node, Name):
        return frozenset({node.name})
    if isinstance(node, Number) or node.operation == "coalesce":
        return frozenset()
    return frozenset().union(*(required_names(a) for a in node.arguments))


def substitute(node: Node, values: Mapping[str, Node]) -> Node:
    """The tree with names replaced by trees."""
    if isinstance(node, Name):
        return values.get(node.name, node)
    if isinstance(node, Number):
        return node
    return Call(node.operation, tuple(substitute(a, values) for a in node.arguments), node.column)
