"""Printing trees as a VBA module: the functions of cells in Excel without Python, on Windows and on Mac.

VBA evaluates everything (``And``, ``Or`` and ``IIf`` leave nothing unread), counts in 16 bits where nobody says
otherwise, takes a text for a number and true for -1, and raises where a cell shows an error. So a formula is printed
as calls of a few functions (``vba_runtime.bas``) whose values are a Double or an Error; what an operation is called
there is one entry in a table below. The module is ASCII, since each system reads it in its own code page.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from importlib.resources import files

from xlkpi.errors import FormulaError, Problem
from xlkpi.formula.evaluate import Limits
from xlkpi.formula.excel import number as excel_number
from xlkpi.formula.tree import Call, Name, Node, Number, names, required_names, walk

#: What a line of VBA may be long, and how many arguments a function may have.
MAX_LINE, MAX_ARGUMENTS = 1_000, 60
#: Text beyond which a part of a formula becomes a step of its own.
_LONG = 100
_SIGNS: Mapping[str, str] = {
    "add": "+", "sub": "-", "mul": "*", "div": "/", "pow": "^", "lt": "<", "le": "<=", "gt": ">", "ge": ">=",
    "eq": "=", "ne": "<>", "and": "and", "or": "or", "min": "min", "max": "max", "round": "round",
}  # fmt: skip
_NAMED: Mapping[str, str] = {
    "neg": "-", "not": "not", "abs": "abs", "ceil": "ceil", "exp": "exp", "floor": "floor", "ln": "ln",
    "log10": "log10", "sqrt": "sqrt",
}  # fmt: skip


@dataclass(frozen=True)
class VbaFunction:
    """A formula under its function's name, with the names of its arguments in the order in which people give them."""

    name: str
    node: Node
    parameters: Sequence[str]
    limits: Mapping[str, Limits]
    text: str


def module(functions: Iterable[VbaFunction], name: str = "xlkpi_kpis", heading: Sequence[str] = ()) -> str:
    """The source of a standard module, as a ``.bas`` file holds it, with its lines ended by ``\\n``.

    ``heading`` is told in comments. Raises FormulaError for a formula with more inputs than VBA takes.
    """
    functions = list(functions)
    lines = [f'Attribute VB_Name = "{name}"', "Option Explicit", *(f"' {line}" for line in heading), ""]
    for function in functions:
        if len(function.parameters) > MAX_ARGUMENTS:
            problem = Problem("formula_too_wide_for_vba", {"name": function.name, "most": MAX_ARGUMENTS})
            raise FormulaError(problem)
        lines += [*_public(function), ""]
    lines += [
        "Private Function Result(ByVal kpi As String, ByRef x As Variant) As Variant",
        "    Dim t() As Variant",
        "    Select Case kpi",
        *(line for function in functions for line in _case(function)),
        "    End Select",
        "End Function",
        "",
    ]
    return "\n".join(lines) + runtime()


def runtime() -> str:
    """What the printed formulas are made of, in VBA."""
    return files("xlkpi.formula").joinpath("vba_runtime.bas").read_text(encoding="ascii")


def _public(function: VbaFunction) -> list[str]:
    """The function that cells call; its inputs go on in the order in which the formula reads them."""
    read, required = names(function.node), required_names(function.node)
    optional = _optional(function)
    arguments = ", ".join(
        f"Optional ByVal {p} As Variant" if p in optional else f"ByVal {p} As Variant" for p in function.parameters
    )
    rules = ", ".join(
        f"{name in required}, {', '.join(_bound(b) for b in function.limits.get(name, (None, None)))}" for name in read
    )
    way = "AddUp" if _adds_rows(function.node) else "Spread"
    given = f"Array({', '.join(read)})"
    return [
        *_broken(f"Public Function {function.name}({arguments}) As Variant"),
        f"    ' {_comment(function.text)}",
        *(
            f"    If IsMissing({name}) Then {name} = LeftOut({name})"
            for name in function.parameters
            if name in optional
        ),
        *_broken(f'    {function.name} = {way}("{function.name}", Array({rules}), {given})'),
        "End Function",
    ]


def _optional(function: VbaFunction) -> frozenset[str]:
    """The arguments at the end that a formula does without."""
    required, found = required_names(function.node), set[str]()
    for name in reversed(function.parameters):
        if name in required:
            break
        found.add(name)
    return frozenset(found) if len(found) < len(function.parameters) else frozenset()


def _case(function: VbaFunction) -> list[str]:
    printer = _Printer(names(function.node))
    body = printer.print(function.node)
    steps = printer.steps
    return [
        f'    Case "{function.name}"',
        *([f"        ReDim t(0 To {len(steps) - 1})"] if steps else []),
        *(f"        t({i}) = {step}" for i, step in enumerate(steps)),
        f"        Result = {body}",
    ]


class _Printer:
    """Prints one tree; what is long or deep becomes a step, ``t(0)``, ``t(1)`` ..., worked out before."""

    def __init__(self, read: Sequence[str]) -> None:
        self.places = {name: i for i, name in enumerate(read)}
        self.steps: list[str] = []

    def print(self, node: Node) -> str:
        if isinstance(node, Number):
            return number(node.value)
        if isinstance(node, Name):
            return f"x({self.places[node.name]})"
        return self._call(node)

    def _short(self, text: str) -> str:
        if len(text) <= _LONG:
            return text
        self.steps.append(text)
        return f"t({len(self.steps) - 1})"

    def _call(self, node: Call) -> str:
        if node.operation == "sum":
            factors = [str(self.places[n.name]) for n in walk(node) if isinstance(n, Name)]
            return f"Total(x, Array({', '.join(factors)}))"
        arguments = [self.print(a) for a in node.arguments]
        if node.operation in _NAMED:
            return self._short(f'Apply("{_NAMED[node.operation]}", {arguments[0]})')
        if node.operation == "if":
            return self._short(f"Pick({', '.join(arguments)})")
        if node.operation == "coalesce":
            return reduce(lambda a, b: self._short(f"FirstKnown({a}, {b})"), arguments)
        if len(arguments) == 1:  # round(x)
            arguments.append("0#")
        sign = _SIGNS[node.operation]
        return reduce(lambda a, b: self._short(f'Calc({a}, "{sign}", {b})'), arguments)


def number(value: float) -> str:
    """A literal of type Double, which a whole number without a mark is not."""
    text = excel_number(value)
    text = text if "." in text or "E" in text else f"{text}#"
    return f"({text})" if value < 0 else text


def _broken(line: str) -> list[str]:
    """A line of code, continued where it would be too long."""
    if len(line) <= MAX_LINE:
        return [line]
    at = line.rindex(", ", 0, MAX_LINE - 2) + 1
    return [f"{line[:at]} _", *_broken(f"       {line[at:]}")]


def _bound(value: float | None) -> str:
    return "Empty" if value is None else number(value)


def _adds_rows(node: Node) -> bool:
    return any(isinstance(n, Call) and n.operation == "sum" for n in walk(node))


def _comment(text: str) -> str:
    plain = " ".join(text.encode("ascii", "replace").decode("ascii").split())
    return plain if len(plain) <= MAX_LINE - 100 else plain[: MAX_LINE - 104] + " ..."
