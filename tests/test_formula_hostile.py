"""Hostile formulas: refused in a moment, with a column and a fix in both languages, and never run."""

from __future__ import annotations

import sys
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from xlkpi.errors import FormulaError
from xlkpi.formula import Formula

KNOWN = ["a", "b", "cost", "clicks"]
HOSTILE = {
    "attribute": "a.__class__",
    "method": "a.real.conjugate()",
    "import": "__import__('os').system('true')",
    "builtin": "open('x')",
    "builtin_name": "__builtins__",
    "call_of_call": "max(a, b)(a, b)",
    "lambda": "lambda: 1",
    "walrus": "(a := 1)",
    "bare_walrus": "a := 1",
    "f_string": 'f"{a}"',
    "string": "'a' * 9",
    "bytes": "b'a'",
    "imaginary": "1j",
    "none": "None",
    "ellipsis": "...",
    "list_comprehension": "[x for x in a]",
    "generator": "max(x for x in a)",
    "subscript": "a[0]",
    "slice": "a[::2]",
    "star_arguments": "max(*a)",
    "keyword_arguments": "max(**a)",
    "dictionary": "{a: b}",
    "set": "{a}",
    "await": "await a",
    "yield": "(yield)",
    "statement": "import os",
    "two_statements": "a\nb",
    "assignment": "a = 1",
    "identity": "1 if a is b else 2",
    "membership": "1 if a in b else 2",
    "matrix": "a @ b",
    "shift": "a << 99999",
    "inversion": "~a",
    "power_tower": "9**9**9**9",
    "big_power": "2**99999",
    "power_of_a_literal": "a + 10**10**10",
    "long_literal": "1" * 3_999,
    "null_byte": "a\0b",
    "null_byte_in_front": "\0",
    "lone_surrogate": "\ud800",
    "lookalike": "c\u043est / clicks",
    "zero_width": "co\u200bst",
    "bidirectional": "a \u202e+ b",
    "backslash": "\\",
    "quote": "'",
    "range": "A1:B2",
    "infinity": "1e999",
    "ten_megabytes": "a+" * 5_000_000,
    "ten_megabytes_of_blanks": " " * 10_000_000 + "a",
    "ten_thousand_brackets": "(" * 10_000 + "a" + ")" * 10_000,
    "unclosed_brackets": "(" * 3_999,
    "deep_brackets": "(" * 90 + "a" + ")" * 90,
    "deep_calls": "abs(" * 100 + "a" + ")" * 100,
    "five_thousand_minuses": "-" * 5_000 + "a",
    "many_minuses": "-" * 3_000 + "a",
    "many_nots": "1 if " + "not " * 900 + "a > 0 else 2",
    "power_chain": "**".join(["a"] * 1_300),
    "long_sum": "+".join(["a"] * 1_999),
    "nested_conditions": "a" + " if a > 0 else a" * 200,
    "many_comparisons": "1 if " + "<".join(["a"] * 1_500) + " < 'x' else 0",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_it_is_refused_in_a_moment_with_a_column_and_a_fix(text: str) -> None:
    started = time.process_time()
    with pytest.raises(FormulaError) as caught:
        Formula.parse(text, KNOWN)
    assert time.process_time() - started < 0.5
    (problem,) = caught.value.problems
    assert problem.place.column is not None
    assert 1 <= problem.place.column <= len(text) + 1
    for language in ("fr", "en"):
        assert problem.wrong(language)
        assert problem.fix(language)
        assert len(problem.text(language)) < 1_000


def test_compatibility_letters_are_the_letters_that_they_look_like() -> None:
    assert Formula.parse("ｃｏｓｔ", KNOWN).names == ("cost",)


def test_nothing_is_imported_or_run_by_reading_a_formula() -> None:
    before = set(sys.modules)
    with pytest.raises(FormulaError):
        Formula.parse("__import__('antigravity')", KNOWN)
    assert "antigravity" not in set(sys.modules) - before


def test_a_deep_formula_within_the_limit_is_read_everywhere() -> None:
    formula = Formula.parse("abs(" * 60 + "a - b" + ")" * 60)
    assert formula(a=1, b=3) == 2.0
    assert formula(a=[1], b=[3]) == [2.0]
    assert formula.excel({"a": "A1", "b": "B1"}).count("ABS(") == 60


TOKENS = ["a", "b", "(", ")", "+", "-", "*", "/", "**", ",", "if", "else", "not", "and", "<", "==", "1", "0.5", "1e9",
          "max", "coalesce", "sum", "round", ":", ".", "[", "]", "=", "%", ";", "^",
          "\n", "'", "#", "é", "\\", "lambda", " "]  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.text(max_size=60), st.lists(st.sampled_from(TOKENS), max_size=25).map("".join)))
@example("a #\u2028 b.c")
@example("(a\x0b+ b.c)")
@example("(a +\x1c b.c)")
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    try:
        formula = Formula.parse(text)
    except FormulaError as mistake:
        (problem,) = mistake.problems
        assert 1 <= (problem.place.column or 0) <= len(text) + 1
        assert problem.text("fr")
        assert problem.text("en")
    else:
        assert isinstance(formula.excel(dict.fromkeys(formula.names, "A1")), str)
