"""Random formulas, precedence traps included, give the same result in every engine."""

from __future__ import annotations

import ast
import math
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.proof import Case, agrees, disagreements, well_conditioned
from xlkpi.errors import FormulaError
from xlkpi.formula import Formula, NoData

NAMES = ("cost", "leads", "rate")
LIMITS = {"leads": (0.0, None)}
FORMULAS = 1_200
ROWS = 3
ENGINES = ("libreoffice", "ironcalc", "cellrune")

# --- formulas as Python's own syntax trees: ast.unparse writes as few brackets as Python's precedence allows --------

leaves = st.one_of(
    st.sampled_from(NAMES).map(ast.Name),
    st.sampled_from((0, 1, 2, 3, 10, 100, 0.5, 0.25, 1.5, 12.5)).map(ast.Constant),
)


def _call(function: str, *arguments: ast.expr) -> ast.expr:
    return ast.Call(ast.Name(function), list(arguments), [])


def _grown(inner: st.SearchStrategy[ast.expr]) -> st.SearchStrategy[ast.expr]:
    arithmetic = st.builds(
        ast.BinOp, inner, st.sampled_from((ast.Add(), ast.Sub(), ast.Mult(), ast.Div(), ast.Div(), ast.Pow())), inner
    )
    negative = inner.map(lambda x: ast.UnaryOp(ast.USub(), x))
    one = st.builds(_call, st.sampled_from(("abs", "sqrt", "ln", "exp", "log10", "floor", "ceil")), inner)
    rounded = st.builds(lambda x, n: _call("round", x, ast.Constant(n)), inner, st.integers(0, 3))
    two = st.builds(_call, st.sampled_from(("min", "max", "coalesce")), inner, inner)
    compared = st.builds(
        lambda a, op, b: ast.Compare(a, [op], [b]),
        inner,
        st.sampled_from((ast.Lt(), ast.LtE(), ast.Gt(), ast.GtE(), ast.Eq(), ast.NotEq())),
        inner,
    )
    joined = st.builds(
        lambda op, a, b: ast.BoolOp(op, [a, b]), st.sampled_from((ast.And(), ast.Or())), compared, compared
    )
    denied = compared.map(lambda x: ast.UnaryOp(ast.Not(), x))
    chosen = st.builds(ast.IfExp, st.one_of(compared, joined, denied), inner, inner)
    return st.one_of(arithmetic, arithmetic, arithmetic, negative, one, rounded, two, chosen)


expressions = st.recursive(leaves, _grown, max_leaves=8)
values = st.one_of(
    st.floats(0.01, 1e6).map(lambda x: round(x, 3)),
    st.integers(1, 50).map(float),
    st.sampled_from((0.0, 1.0, 2.0, -1.0, -3.0, -0.5, None, "", "abc")),
)


@st.composite
def cases(draw: st.DrawFn) -> list[Case]:
    text = ast.unparse(draw(expressions))
    try:
        formula = Formula.parse(text, NAMES, LIMITS)
        formula = Formula.parse(text, NAMES, {n: v for n, v in LIMITS.items() if n in formula.names})
        formula.excel(dict.fromkeys(formula.names, "A1"), elementwise=True)
    except FormulaError:
        return []  # an impossible constant, a condition between numbers, or too long for a cell
    rows = [tuple(draw(values) for _ in formula.names) for _ in range(ROWS)]
    made = [Case(formula, formula.names, row, "random") for row in rows]
    return [case for case in made if formula.names and well_conditioned(formula, case.inputs)]


def collected(examples: int = FORMULAS * 5) -> list[Case]:
    """The cases of many formulas, so that each engine is started once and not once a formula."""
    found: list[Case] = []

    @settings(max_examples=examples, phases=[Phase.generate], database=None, deadline=None, derandomize=True,
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(cases())
    def collect(some: list[Case]) -> None:
        found.extend(some)

    collect()
    return found


def test_random_formulas_give_the_same_result_in_every_engine() -> None:
    some = collected()
    assert len({case.formula.text for case in some}) >= FORMULAS
    assert disagreements(some, ENGINES) == []


def _python(text: str, inputs: dict[str, Any]) -> float | None:
    """Python's own answer, as an oracle for precedence; None where it has none."""
    names = {
        "min": min,
        "max": max,
        "abs": abs,
        "sqrt": math.sqrt,
        "ln": math.log,
        "exp": math.exp,
        "log10": math.log10,
    }
    try:
        result = eval(text, {"__builtins__": {}, **names, **inputs})  # noqa: S307  # our own text, in a test
        return float(result)
    except (ArithmeticError, ValueError, TypeError, NameError):
        return None


@settings(max_examples=600, deadline=None)
@given(expressions, st.lists(st.floats(0.1, 50).map(lambda x: round(x, 2)), min_size=3, max_size=3))
def test_python_itself_reads_a_formula_the_same_way(tree: ast.expr, row: list[float]) -> None:
    text = ast.unparse(tree)
    inputs = dict(zip(NAMES, row, strict=True))
    try:
        formula = Formula.parse(text, NAMES)
    except FormulaError:
        return
    used = {n: inputs[n] for n in formula.names}
    ours, theirs = formula.outcome(**used), _python(text, inputs)
    if isinstance(ours, NoData) or theirs is None or isinstance(theirs, complex) or not well_conditioned(formula, used):
        return
    assert agrees(ours, theirs) or math.isclose(ours, theirs, rel_tol=1e-9)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.fractions(Fraction(1, 100), 1000, max_denominator=100), min_size=2, max_size=2))
def test_a_ratio_is_exact_to_the_last_digit_of_a_double(row: list[Fraction]) -> None:
    gain, cost = row
    roi = Formula.parse("(gain - cost) / cost")
    assert roi(gain=float(gain), cost=float(cost)) == pytest.approx(float((gain - cost) / cost), rel=1e-12, abs=1e-14)
