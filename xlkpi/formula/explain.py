"""A formula as people read it: with the inputs' names, or with the numbers put in and the result."""

from __future__ import annotations

from collections.abc import Mapping

from xlkpi.formula.tree import Call, Name, Node, Number, substitute
from xlkpi.language import current, text
from xlkpi.language.numbers import plain

_INFIX: Mapping[str, tuple[str, int]] = {
    "or": (" {or} ", 0), "and": (" {and} ", 1),
    "lt": (" < ", 2), "le": (" ≤ ", 2), "gt": (" > ", 2), "ge": (" ≥ ", 2), "eq": (" = ", 2), "ne": (" ≠ ", 2),
    "add": (" + ", 3), "sub": (" − ", 3), "mul": (" × ", 4), "div": (" / ", 4), "pow": ("^", 5),
}  # fmt: skip
_ATOM = 6


def in_words(node: Node, labels: Mapping[str, str], language: str | None = None) -> str:
    """``(Gain − Coût) / Coût``: ``labels`` gives each name what stands for it, such as its label or its number."""
    return _print(node, labels, language or current())[0]


def with_numbers(node: Node, values: Mapping[str, float], language: str | None = None) -> str:
    """``38 165 / 213 434 828``: the formula with its numbers, written as the language writes them."""
    return in_words(substitute(node, {name: Number(value) for name, value in values.items()}), {}, language)


def _print(node: Node, labels: Mapping[str, str], language: str) -> tuple[str, int]:
    if isinstance(node, Number):
        return plain(node.value, language), _ATOM if node.value >= 0 else 3
    if isinstance(node, Name):
        return labels.get(node.name, node.name), _ATOM
    if node.operation in _INFIX:
        return _infix(node, labels, language)
    inner = [_print(a, labels, language) for a in node.arguments]
    if node.operation == "neg":
        return f"−{_bracketed(inner[0], _ATOM)}", 3
    if node.operation == "not":
        return f"{text('formula.not', language)} ({inner[0][0]})", _ATOM
    if node.operation == "if":
        test, yes, no = inner[0][0], _bracketed(inner[1], 1), inner[2][0]
        return text("formula.if", language).format(test=test, yes=yes, no=no), 0
    separator = text("formula.separator", language)
    return f"{text(f'formula.function.{node.operation}', language)}({separator.join(s for s, _ in inner)})", _ATOM


def _infix(node: Call, labels: Mapping[str, str], language: str) -> tuple[str, int]:
    sign, level = _INFIX[node.operation]
    sign = sign.format_map({"and": text("formula.and", language), "or": text("formula.or", language)})
    first, *others = (_print(a, labels, language) for a in node.arguments)
    left = _bracketed(first, level + (node.operation == "pow"))
    return sign.join([left, *(_bracketed(other, level + 1) for other in others)]), level


def _bracketed(printed: tuple[str, int], level: int) -> str:
    shown, own = printed
    return shown if own >= level else f"({shown})"
