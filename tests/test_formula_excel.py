"""Formulas printed for Excel: native text, LAMBDA names, and what a French Excel shows."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import xlkpi
from xlkpi.errors import FormulaError
from xlkpi.formula import Formula
from xlkpi.formula.excel import MAX_CELL
from xlkpi.formula.local import localised

PAIRS = Path(__file__).with_name("fixtures") / "formula_pairs.txt"
LINES = [
    line.split(" | ") for line in PAIRS.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")
]


def references(text: str) -> dict[str, str]:
    return {} if text == "-" else dict(pair.split("=", 1) for pair in text.split("  "))


IDS = [" ".join(line[:2]) for line in LINES]


@pytest.mark.parametrize(("text", "cells", "native", "lambda_", "french"), LINES, ids=IDS)
def test_a_formula_is_printed_as_the_fixture_says(
    text: str, cells: str, native: str, lambda_: str, french: str
) -> None:
    formula = Formula.parse(text)
    assert formula.excel(references(cells), guarded=False) == native
    assert formula.lambda_() == lambda_
    assert localised("=" + formula.excel(references(cells)), "fr") == french
    assert localised("=" + formula.excel(references(cells)), "en") == "=" + formula.excel(references(cells))


def test_limits_become_a_test_for_the_impossible() -> None:
    formula = Formula.parse("a / b", limits={"a": (0, None), "b": (-1.5, 10)})
    assert "IF((A1<0)+(B1<-1.5)+(B1>10),#NUM!,A1/B1)" in formula.excel({"a": "A1", "b": "B1"})


def test_the_order_of_lambda_arguments_is_the_callers() -> None:
    assert Formula.parse("a / b").lambda_(["b", "a"]).startswith("_xlfn.LAMBDA(_xlpm.b,_xlpm.a,")


def test_a_bare_range_is_worked_out_element_by_element() -> None:
    formula = Formula.parse("max(a, b)")
    assert "MAX" in formula.excel({"a": "A1", "b": "B1"}, guarded=False)
    assert "MAX" not in formula.excel({"a": "A1:A9", "b": "B1:B9"}, guarded=False)


@pytest.mark.parametrize(
    "text",
    ["**".join(["a"] * 40), f"min({', '.join(f'x_{c}' for c in 'abcdefghijklmnopqrstuvwxy')})",
     " + ".join(["min(a ** b, b)"] * 50),
     "coalesce(" * 30 + "a" + ", b) ** c_" * 30],
    ids=["powers", "minimum_of_many", "wide", "nested"],
)  # fmt: skip
def test_what_would_not_fit_into_a_cell_is_refused_at_once(text: str) -> None:
    started = time.process_time()
    with pytest.raises(FormulaError) as caught:
        Formula.parse(text).lambda_()
    assert time.process_time() - started < 1
    assert caught.value.problems[0].code == "formula_too_long_for_excel"
    assert caught.value.problems[0].fix("fr")


@pytest.mark.parametrize("kpi", xlkpi.catalogue().values(), ids=lambda kpi: kpi.id)
def test_every_kpi_is_printed_with_known_words_only(kpi: xlkpi.KPI) -> None:
    cells = {name: f"{column}2" for name, column in zip(kpi.inputs, "BCDEFGHIJ", strict=False)}
    native, named = kpi.excel(cells), kpi.lambda_()
    assert max(len(native), len(named)) <= MAX_CELL
    assert native.count("(") == native.count(")")
    french = localised(native, "fr")
    assert not re.search(r"\b(IF|ISNUMBER|SUMPRODUCT|COUNT|ROUND|SQRT)\(|#VALUE!|#NUM!", french)
    assert not re.search(r",(?!\d)", french)


@settings(max_examples=200, deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False).filter(lambda v: v == 0 or 1e-300 < abs(v) < 1e300))
def test_a_literal_keeps_15_digits(value: float) -> None:
    try:
        formula = Formula.parse(f"a + {abs(value)!r}")
    except FormulaError:
        assert abs(value) >= 9.99999999999999e299 or abs(value) <= 1.0000001e-300
        return
    printed = formula.excel({"a": "A1"}, guarded=False)
    assert float(printed.removeprefix("A1+")) == pytest.approx(abs(value), rel=1e-14)


def test_texts_sheet_names_and_structured_references_are_not_translated() -> None:
    formula = """IF('IF, 1.5'!A1="IF(1.5,2)",Table1[IF],Été.2024*1.5)"""
    assert localised(formula, "fr") == """SI('IF, 1.5'!A1="IF(1.5,2)";Table1[IF];Été.2024*1,5)"""


def test_lambda_parameters_and_new_functions_are_shown_without_their_prefix() -> None:
    assert localised("_xlfn.LAMBDA(_xlpm.cost,IF(_xlpm.cost>0.5,1,NA()))", "fr") == "LAMBDA(cost;SI(cost>0,5;1;NA()))"
