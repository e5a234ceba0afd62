"""A tree with what is already known put in: constants folded, branches that can't be taken and absent
inputs dropped.
"""

from __future__ import annotations

from collections.abc import Mapping, Set

from xlkpi.formula.evaluate import constant
from xlkpi.formula.tree import COMPARISONS, Call, Name, Node, Number

_TRUE, _FALSE = Number(1.0), Number(0.0)


def decided(condition: Node, possible: Mapping[str, Set[float]]) -> Node:
    """A condition with comparisons decided for names of which all possible values are known."""
    if not isinstance(condition, Call):
        return condition
    if condition.operation in ("and", "or"):
        return _folded(condition.operation, [decided(a, possible) for a in condition.arguments])
    left, right = (*condition.arguments, None)[:2]
    if (
        condition.operation in COMPARISONS
        and isinstance(left, Name)
        and isinstance(right, Number)
        and left.name in possible
    ):
        found = {constant(Call(condition.operation, (Number(v), right))) for v in possible[left.name]}
        if len(found) == 1:
            return _TRUE if found.pop() else _FALSE
    return condition


def constants(node: Node | None) -> Set[float] | None:
    """The values of a tree whose outcomes are all constants; None when it calculates."""
    if isinstance(node, Number):
        return {node.value}
    if isinstance(node, Call) and node.operation == "if":
        yes, no = (constants(a) for a in node.arguments[1:])
        return None if yes is None or no is None else yes | no
    return None


def simplify(node: Node, known: Mapping[str, Node | None]) -> Node | None:
    """The tree for fewer inputs; None when it needs one that is absent (``known`` says None), so that it
    has no value.
    """
    if isinstance(node, Number):
        return node
    if isinstance(node, Name):
        return known.get(node.name, node)
    if node.operation == "if":
        return _branch(node, known)
    given = [simplify(a, known) for a in node.arguments]
    if node.operation == "coalesce":
        return _first([g for g in given if g is not None])
    arguments = [g for g in given if g is not None]
    if len(arguments) < len(given):
        return None
    return _folded(node.operation, arguments)


def _branch(node: Call, known: Mapping[str, Node | None]) -> Node | None:
    test, yes, no = (simplify(a, known) for a in node.arguments)
    if test is None:
        return None
    if isinstance(test, Number):
        return yes if test.value else no
    if yes is None or no is None:
        return None
    return yes if yes == no else Call("if", (test, yes, no))


def _first(given: list[Node]) -> Node | None:
    for i, argument in enumerate(given):
        if isinstance(argument, Number):
            given = given[: i + 1]
            break
    if len(given) < 2:
        return given[0] if given else None
    return Call("coalesce", tuple(given))


def _folded(operation: str, arguments: list[Node]) -> Node:
    if operation in ("and", "or"):
        absorbing, neutral = (_FALSE, _TRUE) if operation == "and" else (_TRUE, _FALSE)
        if absorbing in arguments:
            return absorbing
        rest = [a for a in arguments if a != neutral]
        return neutral if not rest else rest[0] if len(rest) == 1 else Call(operation, tuple(rest))
    if operation == "mul" and Number(1.0) in arguments:
        arguments.remove(Number(1.0))
        return arguments[0]
    left, right = (*arguments, None)[:2]
    if operation == "mul" and left == Number(-1.0) and isinstance(right, Call) and right.operation == "sub":
        return Call("sub", right.arguments[::-1])
    node = Call(operation, tuple(arguments))
    if all(isinstance(a, Number) for a in arguments):
        value = constant(node)
        if value is not None:
            return Number(float(value))
    if operation in COMPARISONS and arguments[0] == arguments[1] and operation in ("eq", "le", "ge"):
        return _TRUE
    return node
