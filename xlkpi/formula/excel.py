"""Printing a tree as an Excel formula: native text for a cell, or the body of a LAMBDA.

Excel's precedence is not Python's: unary minus binds tighter than ``^`` and ``^`` groups to the left, so brackets
are put wherever the two could differ. Functions are those of Excel 2010 at most. A guard around the formula
gives each kind of "no data" its own error: ``#N/A`` for a missing input, ``#VALUE!`` for text, ``#NUM!`` for an
impossible value; an error in an input comes out as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from xlkpi.errors import FormulaError, Problem
from xlkpi.formula.evaluate import Limits
from xlkpi.formula.tree import Call, Name, Node, Number, names, required_names, walk

#: What a cell's formula may be long, in characters.
MAX_CELL = 8_192

_COMPARE, _ADD, _MULTIPLY, _POWER, _SIGN, _ATOM = range(6)
_INFIX: Mapping[str, tuple[str, int]] = {
    "add": ("+", _ADD), "sub": ("-", _ADD), "mul": ("*", _MULTIPLY), "div": ("/", _MULTIPLY),
    "lt": ("<", _COMPARE), "le": ("<=", _COMPARE), "gt": (">", _COMPARE), "ge": (">=", _COMPARE),
    "eq": ("=", _COMPARE), "ne": ("<>", _COMPARE),
}  # fmt: skip
_NAMED = {"abs": "ABS", "exp": "EXP", "floor": "INT", "ln": "LN", "log10": "LOG10", "round": "ROUND", "sqrt": "SQRT"}
_ONE_CELL = re.compile(
    r"\$?[A-Za-z]{1,3}\$?\d{1,7}|[A-Za-z_\\][\w.]*|(?:[\w.]+|'[^']+')![$\w]+|[\w.]*\[[^\]:]*@[^\]:]*\]\]?"
)


@dataclass(frozen=True)
class Printed:
    """A piece of formula and how tightly it binds."""

    text: str
    level: int = _ATOM

    def __post_init__(self) -> None:
        if len(self.text) > MAX_CELL:  # at once, since pieces that repeat their parts grow without bounds
            raise FormulaError(Problem("formula_too_long_for_excel", {"length": len(self.text), "most": MAX_CELL}))

    def within(self, level: int) -> str:
        return self.text if self.level >= level else f"({self.text})"


def cell_formula(
    node: Node,
    references: Mapping[str, str],
    limits: Mapping[str, Limits] | None = None,
    *,
    guarded: bool = True,
    elementwise: bool | None = None,
) -> str:
    """Native formula text in US English, without the equals sign.

    ``references`` gives each name a cell, a range, a structured reference or any Excel expression. Ranges are
    worked out element by element (``elementwise``, recognised by default), except under ``sum``.
    Raises FormulaError when the text would be longer than a cell takes.
    """
    if elementwise is None:
        elementwise = not all(_ONE_CELL.fullmatch(references[name]) for name in names(node))
    required = required_names(node)
    optional = set(names(node)) != required
    rows = names(node) if guarded else ()
    printer = _Printer(references, rows, required, elementwise=elementwise, optional=optional)
    body = printer.print(node).text
    text = _guarded(node, body, printer, limits or {}) if guarded else body
    if len(text) > MAX_CELL:
        raise FormulaError(Problem("formula_too_long_for_excel", {"length": len(text), "most": MAX_CELL}))
    return text


def lambda_formula(node: Node, parameters: Sequence[str], limits: Mapping[str, Limits] | None = None) -> str:
    """A LAMBDA for a defined name, as files spell it (``_xlfn.LAMBDA(_xlpm.cost,...)``); it takes cells and ranges."""
    spelled = {name: f"_xlpm.{name}" for name in parameters}
    body = cell_formula(node, spelled, limits, elementwise=True)
    return f"_xlfn.LAMBDA({','.join([*spelled.values(), body])})"


class _Printer:
    def __init__(
        self,
        references: Mapping[str, str],
        rows: Sequence[str],
        required: frozenset[str],
        *,
        elementwise: bool,
        optional: bool,
    ) -> None:
        self.references = references
        self.required = required
        self.rows = rows  # the ranges of a formula over rows: only rows complete in all of them count
        self.elementwise = elementwise
        self.compares = elementwise or optional

    def print(self, node: Node) -> Printed:
        if isinstance(node, Number):
            return Printed(number(node.value), _SIGN if node.value < 0 else _ATOM)
        if isinstance(node, Name):
            text = self.references[node.name]
            if node.name not in self.required:  # it may be blank, and a blank counts as 0 in arithmetic
                return Printed(f"IF({self.is_number(text)},{text},NA())")
            return Printed(text if _is_atom(text) else f"({text})")
        if node.operation in _INFIX:
            return self._infix(node)
        if node.operation in _NAMED:
            return Printed(f"{_NAMED[node.operation]}({','.join(self.print(a).text for a in node.arguments)})")
        return _SPECIAL[node.operation](self, node)

    def _infix(self, node: Call) -> Printed:
        sign, level = _INFIX[node.operation]
        first, last = node.arguments
        left, right = self.print(first), self.print(_from_zero(last) if node.operation == "div" else last)
        second = right.within(_ATOM if right.level == _SIGN else level + 1)
        return Printed(f"{left.within(level)}{sign}{second}", level)

    def negative(self, node: Call) -> Printed:
        return Printed(f"-{self.print(node.arguments[0]).within(_ATOM)}", _SIGN)

    def power(self, node: Call) -> Printed:
        base, exponent = self.print(_from_zero(node.arguments[0])), self.print(node.arguments[1])
        plain = f"{base.within(_ATOM)}^{exponent.within(_ATOM)}"
        fixed = node.arguments[1]
        if isinstance(fixed, Number) and fixed.value >= 1 and fixed.value == int(fixed.value):
            return Printed(plain, _POWER)
        # Programs differ on 0^0, on 0^-1 and on odd roots of negatives: the answers are spelled out.
        a, b = base.within(_ADD), exponent.within(_ADD)
        zero = f"IF({b}=0,#NUM!,IF({b}<0,#DIV/0!,0))"
        root = f"({a}<0)*({b}<>INT({exponent.text}))"
        return Printed(f"IF({a}=0,{zero},IF({root},#NUM!,{plain}))")

    def condition(self, node: Call) -> Printed:
        return Printed(f"IF({','.join(self.print(a).text for a in node.arguments)})")

    def conjunction(self, node: Call) -> Printed:
        join = _all if node.operation == "and" else _any
        return Printed(f"({join([self.print(a).within(_COMPARE) for a in node.arguments])})")

    def negation(self, node: Call) -> Printed:
        return Printed(f"NOT({self.print(node.arguments[0]).text})")

    def extreme(self, node: Call) -> Printed:
        if not self.elementwise:
            return Printed(f"{node.operation.upper()}({','.join(self.print(a).text for a in node.arguments)})")
        sign = "<" if node.operation == "min" else ">"
        kept, *others = [self.print(a) for a in node.arguments]
        for other in others:
            test = f"{kept.within(_ADD)}{sign}{other.within(_ADD)}"
            kept = Printed(f"IF({test},{kept.text},{other.text})")
        return kept

    def ceiling(self, node: Call) -> Printed:
        return Printed(f"-INT({self.print(Call('neg', node.arguments)).text})", _SIGN)

    def fallback(self, node: Call) -> Printed:
        *tried, last = node.arguments
        if last == Number(0.0) and isinstance(tried[0], Name) and len(tried) == 1 and not self.elementwise:
            return Printed(f"N({self.references[tried[0].name]})")
        text = self.print(last).text
        for argument in reversed(tried):
            if isinstance(argument, Name):
                reference = self.references[argument.name]
                text = f"IF({self.is_number(reference)},{reference},{text})"
            else:
                text = f"IFERROR({self.print(argument).text},{text})"
        return Printed(text)

    def total(self, node: Call) -> Printed:
        return Printed(_total(node.arguments[0], self.references, self.rows))

    def is_number(self, reference: str) -> str:
        """The test for a number.

        On ranges it is a comparison, which every program makes row by row: numbers sort before text, and text
        before booleans, so that only numbers are below the empty text. A comparison also lets an error through,
        so that the first of several errors comes out.
        """
        return f'({reference}<"")' if self.compares else f"ISNUMBER({reference})"


_SPECIAL: Mapping[str, Callable[[_Printer, Call], Printed]] = {
    "neg": _Printer.negative, "pow": _Printer.power, "if": _Printer.condition, "and": _Printer.conjunction,
    "or": _Printer.conjunction, "not": _Printer.negation, "min": _Printer.extreme, "max": _Printer.extreme,
    "ceil": _Printer.ceiling, "coalesce": _Printer.fallback, "sum": _Printer.total,
}  # fmt: skip


def _all(tests: Sequence[str]) -> str:
    """Tests that must all hold. AND swallows a whole range, and programs differ on errors in it; a product does not."""
    return tests[0] if len(tests) == 1 else "*".join(t if _is_call(t) else f"({t})" for t in tests)


def _from_zero(node: Node) -> Node:
    """``-(x*y)`` as ``0-(x*y)``: ironcalc drops the brackets behind a sign, which a power or a divisor needs."""
    if isinstance(node, Call) and node.operation == "neg" and isinstance(node.arguments[0], Call):
        return Call("sub", (Number(0.0), node.arguments[0]))
    return node


def _any(tests: Sequence[str]) -> str:
    """Tests of which one must hold; a sum, for the same reasons."""
    return tests[0] if len(tests) == 1 else "+".join(t if _is_call(t) else f"({t})" for t in tests)


def _guarded(node: Node, body: str, printer: _Printer, limits: Mapping[str, Limits]) -> str:
    used = names(node)
    if not used:
        return body
    if any(isinstance(n, Call) and n.operation == "sum" for n in walk(node)):
        return _guarded_rows(used, body, printer.references, limits)
    required = required_names(node)
    cell = {name: printer.references[name] if _is_atom(printer.references[name]) else f"({printer.references[name]})"
            for name in used}  # fmt: skip
    empty = {name: f'{cell[name]}=""' for name in used}
    tests = [
        printer.is_number(cell[name]) if name in required else f"({_any([printer.is_number(cell[name]), empty[name]])})"
        for name in used
    ]
    outside = _outside([(cell[name], limits.get(name, (None, None))) for name in used])
    if outside:
        body = f"IF({_any(outside)},#NUM!,{body})"
    if not required:
        body = f"IF({_any([printer.is_number(cell[name]) for name in used])},{body},NA())"
    blank = [empty[name] for name in used if name in required]
    why = f"IF({_any(blank)},NA(),#VALUE!)" if blank else "#VALUE!"
    return f"IF({_all(tests)},{body},{why})"


def _outside(cells: Sequence[tuple[str, Limits]]) -> list[str]:
    tests = []
    for cell, (least, most) in cells:
        if least is not None:
            tests.append(f"{cell}<{number(least)}")
        if most is not None:
            tests.append(f"{cell}>{number(most)}")
    return tests


def _guarded_rows(used: Sequence[str], body: str, references: Mapping[str, str], limits: Mapping[str, Limits]) -> str:
    """The guard of a formula over rows: text anywhere is #VALUE!, no complete row is #N/A."""
    ranges = [references[name] for name in used]
    text = "+".join(f'SUMPRODUCT(({r}<>"")*(1-({r}<"")))' for r in ranges)
    rows = f"COUNT({ranges[0]})" if len(ranges) == 1 else f"SUMPRODUCT({_complete(ranges)})"
    outside = [
        test
        for name in used
        for bound, function, sign in zip(limits.get(name, (None, None)), ("MIN", "MAX"), "<>", strict=True)
        if bound is not None
        for test in [f"{function}({references[name]}){sign}{number(bound)}"]
    ]
    if outside:
        body = f"IF({_any(outside)},#NUM!,{body})"
    return f"IF({text}>0,#VALUE!,IF({rows}=0,NA(),{body}))"


def _total(product: Node, references: Mapping[str, str], rows: Sequence[str]) -> str:
    factors = [references[n.name] for n in walk(product) if isinstance(n, Name)]
    ranges = [references[name] for name in rows]
    if len(factors) == 1 and ranges in ([], factors):
        return f"SUM({factors[0]})"
    if not ranges:
        return f"SUMPRODUCT({','.join(factors)})"
    return f"SUMPRODUCT({_complete(ranges)},{','.join(factors)})"


def _complete(ranges: Sequence[str]) -> str:
    """1 for each row that has a number in every range."""
    return "*".join(f'({r}<"")' for r in ranges) + ("*1" if len(ranges) == 1 else "")


def number(value: float) -> str:
    """A literal as Excel reads it."""
    return f"{value:.15g}".replace("e", "E")


def _is_atom(text: str) -> bool:
    return bool(_ONE_CELL.fullmatch(text)) or _is_call(text) or bool(re.fullmatch(r"[\w$.!':\[\]@#]+", text))


def _is_call(text: str) -> bool:
    """Whether a text is one function call or bracketed from end to end."""
    match = re.match(r"[\w.]*\(", text)
    if not match or not text.endswith(")"):
        return False
    depth, quoted = 0, False
    for position, character in enumerate(text):
        if character == '"':
            quoted = not quoted
        elif not quoted:
            depth += (character == "(") - (character == ")")
            if depth == 0 and character == ")":
                return position == len(text) - 1
    return False
