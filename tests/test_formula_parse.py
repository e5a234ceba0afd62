"""Reading formulas: Python's grammar and precedence, and errors that point at the column with a fix."""

from __future__ import annotations

import math

import pytest

from xlkpi.errors import FormulaError, Problem
from xlkpi.formula import Formula
from xlkpi.formula.tree import FUNCTIONS


def refused(text: str, known: list[str] | None = None, constants: dict[str, float] | None = None) -> Problem:
    with pytest.raises(FormulaError) as caught:
        Formula.parse(text, known, constants=constants)
    assert len(caught.value.problems) == 1
    return caught.value.problems[0]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("-a ** 2", -9.0), ("(-a) ** 2", 9.0), ("2 ** a ** 0.5", 2 ** 3**0.5), ("a - 1 - 1", 1.0), ("a / 3 / 2", 0.5),
        ("a - (1 - 1)", 3.0), ("a * 2 + 1", 7.0), ("a * (2 + 1)", 9.0), ("--a", 3.0), ("+a", 3.0),
        ("a / (3 * 2)", 0.5),
        ("1 if a > 2 else 0", 1.0), ("1 if 1 < a <= 3 else 0", 1.0), ("1 if not a > 2 else 0", 0.0),
        ("1 if a > 2 and a > 4 or a == 3 else 0", 1.0), ("min(a, 2, 5)", 2.0), ("round(a / 7, 2)", 0.43),
        ("round(a / 2)", 2.0), ("1_000 * a", 3000.0), (" a\t+\t1 ", 4.0), ("(a\n+ 1)", 4.0), ("(a\r\n+ 1)", 4.0),
        ("5 if a > 3 else 6 if a > 2 else 7", 6.0), ("ceil(a / 2) - floor(a / 2)", 1.0),
    ],
)  # fmt: skip
def test_a_formula_has_pythons_precedence(text: str, value: float) -> None:
    assert Formula.parse(text)(a=3) == pytest.approx(value, rel=1e-15)


@pytest.mark.parametrize(
    ("text", "code", "column"),
    [
        ("", "formula_empty", 1),
        ("   ", "formula_empty", 1),
        ("= a + b", "formula_equals_sign", 1),
        ("  =a", "formula_equals_sign", 3),
        ("a + (b", "formula_unreadable", 5),
        ("a b", "formula_unreadable", 3),
        ("a / b +", "formula_unreadable", 8),
        ("a + 5%", "formula_percent", 6),
        ("a % 5", "formula_percent", 5),
        ("max(a; b)", "formula_semicolon", 6),
        ("a ^ 2", "formula_caret", 5),
        ("a * 1,5", "formula_decimal_comma", 7),
        ("a // b", "formula_refused", 1),
        ("a + 'x'", "formula_refused", 5),
        ("a + True", "formula_refused", 5),
        ("a + max", "formula_function_without_brackets", 5),
        ("a + round(b, a)", "formula_round_digits", 5),
        ("round(a, 0.5)", "formula_round_digits", 1),
        ("a + max(b)", "formula_argument_count", 5),
        ("a + round(b, 1, 2)", "formula_argument_count", 5),
        ("sqrt()", "formula_argument_count", 1),
        ("round(a, digits=2)", "formula_plain_arguments", 1),
        ("(a > b) + 1", "formula_truth_as_number", 2),
        ("a > b", "formula_truth_as_number", 1),
        ("1 if a else 2", "formula_number_as_truth", 6),
        ("a and b", "formula_number_as_truth", 1),
        ("a if 2 > 1 else b", "formula_constant_condition", 6),
        ("1 if 1 < 2 < a else 0", "formula_constant_condition", 6),
        ("a + coalesce(1, b)", "formula_coalesce_number", 5),
        ("a + 1 / 0", "formula_constant_impossible", 5),
        ("a + ln(0)", "formula_constant_impossible", 5),
        ("a + 1e400", "formula_constant_impossible", 5),
        ("sum(a + b)", "formula_sum_of_names", 1),
        ("sum(sum(a))", "formula_sum_of_names", 1),
        ("sum(2)", "formula_sum_of_names", 1),
        ("sum(a * b) / c", "formula_rows_and_totals", 14),
    ],
)
def test_a_mistake_is_told_with_its_column(text: str, code: str, column: int) -> None:
    problem = refused(text)
    assert (problem.code, problem.place.column) == (code, column)


@pytest.mark.parametrize(
    "text", ["é + foo(1)", "(é +\n foo(1))", "(é +\r\n foo(1))", "(é +\r foo(1))", "(\x0cé + foo(1))", "  é + foo(1)"]
)
def test_the_column_is_right_behind_accents_line_ends_and_form_feeds(text: str) -> None:
    assert refused(text).place.column == text.index("foo") + 1


def test_the_column_of_a_syntax_error_on_a_second_line_counts_from_the_start() -> None:
    text = "(a +\n b $ c)"
    column = refused(text).place.column
    assert column == text.index("$") + 1


def test_the_caret_stands_under_the_column() -> None:
    excerpt = refused("cost / clics", ["cost", "clicks"]).excerpt
    assert excerpt == "cost / clics\n       ^"


def test_the_caret_stands_under_the_column_of_a_long_formula() -> None:
    excerpt = refused("+".join(["cost"] * 40) + "+ 'x'").excerpt
    assert excerpt is not None
    line, caret = excerpt.split("\n")
    assert line[len(caret) - 1] == "'"


def test_an_excerpt_shows_no_control_characters() -> None:
    excerpt = refused("a +\x1b[2J\x07 + b").excerpt
    assert excerpt is not None
    assert all(c.isprintable() for c in excerpt.replace("\n", ""))


def test_an_unknown_name_proposes_the_nearest() -> None:
    problem = refused("cost / clics", ["cost", "clicks"])
    assert problem.code == "formula_unknown_name_nearest"
    assert problem.fix("fr") == "vouliez-vous dire «\u00a0clicks\u00a0»\u202f?"
    assert problem.fix("en") == "did you mean 'clicks'?"


def test_an_unknown_name_without_a_near_one_lists_what_there_is() -> None:
    assert "cost" in refused("zzz", ["cost", "clicks"]).fix("en")


def test_an_unknown_function_proposes_the_nearest() -> None:
    assert refused("flor(a)").values["nearest"] == "floor"


def test_the_wanted_number_of_arguments_is_told_as_it_is() -> None:
    assert refused("round(a, 1, 2)").values["wanted"] == "1–2"
    assert refused("min(a)").values["wanted"] == "2+"
    assert refused("abs(a, a)").values["wanted"] == "1"


def test_names_stand_in_reading_order_each_once() -> None:
    assert Formula.parse("b + a * b + (c if d > 0 else a)").names == ("b", "a", "d", "c")


def test_only_names_outside_coalesce_are_required() -> None:
    assert Formula.parse("a / coalesce(b, c) + coalesce(a, 0)").required == {"a"}


def test_constants_are_put_in_as_numbers_and_are_no_inputs() -> None:
    formula = Formula.parse("a * k", ["a"], constants={"k": 3})
    assert formula.names == ("a",)
    assert formula(a=2) == 6.0


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan, 1e301])
def test_a_constant_without_a_finite_value_is_refused(value: float) -> None:
    problem = refused("a * k", ["a"], {"k": value})
    assert (problem.code, problem.place.column) == ("formula_constant_impossible", 5)


def test_arithmetic_on_literals_is_done_once() -> None:
    assert Formula.parse("a * (2 + 3) * 4").excel({"a": "A1"}, guarded=False) == "A1*5*4"


def test_every_function_is_read_by_its_name() -> None:
    for name, function in FUNCTIONS.items():
        arguments = ", ".join(["a", "b"][: function.least])
        assert Formula.parse(f"{name}({arguments})").names, name


def test_a_formula_over_formulas_keeps_the_limits_of_its_inputs() -> None:
    inner = Formula.parse("gain / cost", limits={"cost": (0, None)})
    outer = Formula.parse("r + bonus", limits={"bonus": (None, 5)}).with_formulas({"r": inner})
    assert outer.names == ("gain", "cost", "bonus")
    assert outer.limits == {"cost": (0, None), "bonus": (None, 5)}
    assert outer(gain=4, cost=2, bonus=1) == 3.0


def test_renamed_inputs_keep_their_limits() -> None:
    formula = Formula.parse("a / b", limits={"b": (0, None)}).renamed({"b": "clicks"})
    assert (formula.names, formula.limits) == (("a", "clicks"), {"clicks": (0, None)})
