"""From text to tree: Python's expression syntax, whitelisted nodes, everything else refused at its column.

The text is untrusted. It is read with :mod:`ast`, never run; length, nesting and size are bounded first.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping

from xlkpi.errors import FormulaError, Place, Problem
from xlkpi.formula.evaluate import constant
from xlkpi.formula.tree import FUNCTIONS, TRUTHS, Call, Name, Node, Number, names, walk

MAX_LENGTH = 4_000
MAX_DEPTH = 64
_LINE_END = re.compile(r"\r\n|\r|\n")

_BINARY: dict[type[ast.operator], str] = {
    ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "div", ast.Pow: "pow",
}  # fmt: skip
_COMPARE: dict[type[ast.cmpop], str] = {
    ast.Lt: "lt", ast.LtE: "le", ast.Gt: "gt", ast.GtE: "ge", ast.Eq: "eq", ast.NotEq: "ne",
}  # fmt: skip


def parse(text: str, known: Iterable[str] | None = None, constants: Mapping[str, float] | None = None) -> Node:
    """The tree of a formula.

    ``known`` are the names that it may use (None: any); ``constants`` are names put in as numbers.
    Raises FormulaError, with a caret under the column and the nearest name where there is one.
    """
    return _Parser(text, None if known is None else frozenset(known), constants or {}).tree()


class _Parser:
    def __init__(self, text: str, known: frozenset[str] | None, constants: Mapping[str, float]) -> None:
        self.text = text
        self.known = known
        self.constants = constants

    def tree(self) -> Node:
        if not self.text.strip():
            raise self.error("formula_empty", 0)
        if len(self.text) > MAX_LENGTH:
            raise self.error("formula_too_long", MAX_LENGTH, length=len(self.text), most=MAX_LENGTH)
        self._check_nesting()
        if "\0" in self.text:
            raise self.error("formula_unreadable", self.text.index("\0"))
        lead = len(self.text) - len(self.text.lstrip())
        if self.text[lead] == "=":
            raise self.error("formula_equals_sign", lead)
        self.lead = lead
        try:
            body = ast.parse(self.text.strip(), mode="eval").body
        except SyntaxError as mistake:
            raise self._syntax(mistake) from None
        except (ValueError, MemoryError, RecursionError):  # the parser's own limits
            raise self.error("formula_unreadable", 0) from None
        node = self.number(body, 0)
        self._check_rows(node)
        return node

    # --- nodes ---------------------------------------------------------------------------------------------------

    def number(self, node: ast.expr, depth: int) -> Node:
        made = self.convert(node, depth)
        if isinstance(made, Call) and made.operation in TRUTHS:
            raise self.error("formula_truth_as_number", self.column(node))
        return self.folded(made, node)

    def truth(self, node: ast.expr, depth: int) -> Node:
        made = self.convert(node, depth)
        if not (isinstance(made, Call) and made.operation in TRUTHS):
            raise self.error("formula_number_as_truth", self.column(node))
        if all(isinstance(a, Number) for a in made.arguments):
            raise self.error("formula_constant_condition", self.column(node))
        return made

    def folded(self, made: Node, node: ast.expr) -> Node:
        """Arithmetic on literals is done here, so that ``9**9**9**9`` is refused and not computed in every cell."""
        if not isinstance(made, Call) or not all(isinstance(a, Number) for a in made.arguments):
            return made
        if made.operation == "sum":
            raise self.error("formula_sum_of_names", self.column(node))
        return self._literal(constant(made), self.column(node))

    def convert(self, node: ast.expr, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise self.error("formula_too_deep", self.column(node), depth=MAX_DEPTH)
        column, depth = self.column(node), depth + 1
        match node:
            case ast.Constant(value=value) if isinstance(value, int | float) and not isinstance(value, bool):
                return self._literal(value, column)
            case ast.Name(id=name):
                return self._name(name, column)
            case ast.UnaryOp(op=ast.USub()):
                return Call("neg", (self.number(node.operand, depth),), column)
            case ast.UnaryOp(op=ast.UAdd()):
                return self.number(node.operand, depth)
            case ast.UnaryOp(op=ast.Not()):
                return Call("not", (self.truth(node.operand, depth),), column)
            case ast.BinOp() if type(node.op) in _BINARY:
                sides = (self.number(node.left, depth), self.number(node.right, depth))
                return Call(_BINARY[type(node.op)], sides, column)
            case ast.BoolOp():
                word = "and" if isinstance(node.op, ast.And) else "or"
                return Call(word, tuple(self.truth(v, depth) for v in node.values), column)
            case ast.Compare():
                return self._comparison(node, depth)
            case ast.IfExp():
                test = self.truth(node.test, depth)
                return Call("if", (test, self.number(node.body, depth), self.number(node.orelse, depth)), column)
            case ast.Call():
                return self._call(node, depth)
        raise self._refused(node)

    def _literal(self, value: float | None, column: int) -> Number:
        """A number with the 15 digits that Excel keeps of one written in a formula."""
        try:
            number = float(f"{float('nan' if value is None else value):.15g}")
        except OverflowError:
            number = float("inf")
        if not (number == 0 or 1e-300 < abs(number) < 1e300):
            raise self.error("formula_constant_impossible", column)
        return Number(number)

    def _name(self, name: str, column: int) -> Node:
        if name in self.constants:
            return self._literal(self.constants[name], column)
        if name in FUNCTIONS:
            raise self.error("formula_function_without_brackets", column, name=name)
        if self.known is not None and name not in self.known:
            raise self.unknown("formula_unknown_name", name, {*self.known, *self.constants}, column)
        return Name(name, column)

    def _comparison(self, node: ast.Compare, depth: int) -> Node:
        values = [self.number(v, depth) for v in (node.left, *node.comparators)]
        parts: list[Node] = []
        for operator, left, right in zip(node.ops, values, values[1:], strict=False):
            if type(operator) not in _COMPARE:
                raise self._refused(node)
            if isinstance(left, Number) and isinstance(right, Number):
                raise self.error("formula_constant_condition", self.column(node))
            parts.append(Call(_COMPARE[type(operator)], (left, right), self.column(node)))
        return parts[0] if len(parts) == 1 else Call("and", tuple(parts), self.column(node))

    def _call(self, node: ast.Call, depth: int) -> Node:
        column = self.column(node)
        if not isinstance(node.func, ast.Name):
            raise self._refused(node.func)
        name = node.func.id
        if name not in FUNCTIONS:
            raise self.unknown("formula_unknown_function", name, FUNCTIONS, column)
        if node.keywords or any(isinstance(a, ast.Starred) for a in node.args):
            raise self.error("formula_plain_arguments", column, name=name)
        function, given = FUNCTIONS[name], len(node.args)
        if given < function.least or (function.most is not None and given > function.most):
            most = "+" if function.most is None else f"–{function.most}"
            wanted = str(function.least) if function.least == function.most else f"{function.least}{most}"
            raise self.error("formula_argument_count", column, name=name, given=given, wanted=wanted)
        arguments = tuple(self.number(a, depth) for a in node.args)
        if name == "coalesce" and any(isinstance(a, Number) for a in arguments[:-1]):
            raise self.error("formula_coalesce_number", column)
        if name == "round":
            arguments = self._digits(arguments, column)
        return Call(name, arguments, column)

    def _digits(self, arguments: tuple[Node, ...], column: int) -> tuple[Node, ...]:
        value, digits = (*arguments, Number(0.0))[:2]
        if not (isinstance(digits, Number) and digits.value == int(digits.value) and -9 <= digits.value <= 9):
            raise self.error("formula_round_digits", column)
        return value, digits

    # --- checks --------------------------------------------------------------------------------------------------

    def _check_nesting(self) -> None:
        depth = 0
        for position, character in enumerate(self.text):
            depth += (character in "([{") - (character in ")]}")
            if depth > MAX_DEPTH:
                raise self.error("formula_too_deep", position, depth=MAX_DEPTH)

    def _check_rows(self, node: Node) -> None:
        """``sum`` adds up rows: its argument is a product of names, and no name stands outside one."""
        sums = [n for n in walk(node) if isinstance(n, Call) and n.operation == "sum"]
        if not sums:
            return
        for call in sums:
            factors = list(walk(call.arguments[0]))
            if not all(isinstance(f, Name) or (isinstance(f, Call) and f.operation == "mul") for f in factors):
                raise self.error("formula_sum_of_names", call.column)
        inside = {n for call in sums for n in names(call)}
        outside = _outside_sums(node)
        if outside:
            first = outside[0]
            raise self.error("formula_rows_and_totals", first.column, name=first.name, inside=", ".join(sorted(inside)))

    # --- messages ------------------------------------------------------------------------------------------------

    def column(self, node: ast.expr) -> int:
        """The character that a node begins at, in the text as given (ast counts bytes, without leading blanks)."""
        start = self._line_start(node.lineno)
        return start + len(self.text[start:].encode()[: node.col_offset].decode(errors="ignore"))

    def _line_start(self, number: int) -> int:
        """Where a line of the parsed text begins; Python ends lines at fewer characters than ``splitlines``."""
        ends = [match.end() for match in _LINE_END.finditer(self.text, self.lead)]
        return ends[number - 2] if 2 <= number <= len(ends) + 1 else self.lead

    def error(self, code: str, column: int, **values: object) -> FormulaError:
        return FormulaError(Problem(code, dict(values), Place(column=column + 1), self._excerpt(column)))

    def unknown(self, code: str, name: str, known: Iterable[str], column: int) -> FormulaError:
        from xlkpi.validation import nearest

        meant = nearest(name, known)
        if meant:
            return self.error(f"{code}_nearest", column, name=name, nearest=meant)
        listed = sorted(known)
        return self.error(code, column, name=name, known=", ".join(listed[:12]) + (" …" if len(listed) > 12 else ""))

    def _excerpt(self, column: int) -> str:
        """The text around a column, on one line, and a caret under it."""
        first = max(0, column - 60)
        shown = "".join(c if c.isprintable() else " " for c in self.text[first : column + 40])
        return f"{shown}\n{' ' * (column - first)}^"

    def _syntax(self, mistake: SyntaxError) -> FormulaError:
        column = self._line_start(mistake.lineno or 1) + max(0, (mistake.offset or 1) - 1)
        if ";" in self.text:
            return self.error("formula_semicolon", self.text.index(";"))
        if "%" in self.text:
            return self.error("formula_percent", self.text.index("%"))
        if mistake.offset == 0:  # Python's way to say that the text ends too early
            column = len(self.text.rstrip())
        return self.error("formula_unreadable", min(column, len(self.text)))

    def _refused(self, node: ast.expr) -> FormulaError:
        column = self.column(node)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitXor):
            return self.error("formula_caret", self.column(node.right))
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
            return self.error("formula_percent", self.column(node.right))
        if isinstance(node, ast.Tuple):
            return self.error("formula_decimal_comma", self.column(node.elts[-1]))
        return self.error("formula_refused", column)


def _outside_sums(node: Node) -> list[Name]:
    if isinstance(node, Name):
        return [node]
    if isinstance(node, Number) or node.operation == "sum":
        return []
    return [n for a in node.arguments for n in _outside_sums(a)]
