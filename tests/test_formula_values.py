"""Values: single numbers, lists and numpy arrays give the same, and no data is never taken for a number."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xlkpi.errors import EvaluationError
from xlkpi.formula import Formula, NoData

RATIO = Formula.parse("a / b")
FILLED = Formula.parse("coalesce(a, 0) / b")
WEIGHTED = Formula.parse("sum(a * b) / sum(b)")

GOOD = [
    (3, 3.0), (2.5, 2.5), (Decimal("1.5"), 1.5), (Fraction(1, 4), 0.25), (np.float32(0.5), 0.5), (np.float64(7), 7.0),
    (np.int8(3), 3.0), (np.uint64(3), 3.0), (np.longdouble(2), 2.0), (np.array(4.0), 4.0), (2**70, 2.0**70),
    (-0.0, 0.0),
]  # fmt: skip
NOT_GOOD = [
    (None, NoData.MISSING), ("", NoData.MISSING), (math.nan, NoData.MISSING), (np.float64("nan"), NoData.MISSING),
    (Decimal("NaN"), NoData.MISSING), (Decimal("sNaN"), NoData.MISSING), (np.ma.masked, NoData.MISSING),
    (np.array(np.nan), NoData.MISSING),
    (" ", NoData.NOT_A_NUMBER), ("12", NoData.NOT_A_NUMBER), ("1,5", NoData.NOT_A_NUMBER), (b"", NoData.NOT_A_NUMBER),
    (True, NoData.NOT_A_NUMBER), (False, NoData.NOT_A_NUMBER), (np.bool_(True), NoData.NOT_A_NUMBER),
    (1j, NoData.NOT_A_NUMBER), ({}, NoData.NOT_A_NUMBER), (object(), NoData.NOT_A_NUMBER),
    (np.timedelta64(5, "ns"), NoData.NOT_A_NUMBER), (np.datetime64("2026-01-01", "ns"), NoData.NOT_A_NUMBER),
    (math.inf, NoData.IMPOSSIBLE), (-math.inf, NoData.IMPOSSIBLE), (10**400, NoData.IMPOSSIBLE),
    (Decimal("Infinity"), NoData.IMPOSSIBLE), (NoData.REFERENCE, NoData.REFERENCE), (NoData.MISSING, NoData.MISSING),
]  # fmt: skip


@pytest.mark.parametrize(("given_", "read"), GOOD, ids=lambda v: repr(v)[:20])
def test_every_kind_of_number_is_read_alike_alone_in_a_list_and_in_an_array(given_: Any, read: float) -> None:
    assert RATIO(a=given_, b=1) == read
    assert RATIO(a=[given_, 1], b=1) == [read, 1.0]
    assert RATIO(a=np.array([given_, 1], dtype=object), b=1).tolist() == [read, 1.0]


@pytest.mark.parametrize(("given_", "reason"), NOT_GOOD, ids=lambda v: repr(v)[:20])
def test_what_is_no_number_is_no_data_for_its_reason_everywhere(given_: Any, reason: NoData) -> None:
    assert RATIO.outcome(a=given_, b=1) is reason
    cell = np.empty(2, dtype=object)
    cell[0], cell[1] = given_, 6.0
    for column in ([given_, 6.0], (given_, 6.0), cell):
        result = RATIO(a=column, b=2)
        assert math.isnan(result[0])
        assert result[1] == 3.0


@pytest.mark.parametrize(("given_", "reason"), NOT_GOOD, ids=lambda v: repr(v)[:20])
def test_coalesce_fills_in_for_what_is_missing_and_for_nothing_else(given_: Any, reason: NoData) -> None:
    filled = reason is NoData.MISSING and not isinstance(given_, NoData)
    assert FILLED.outcome(a=given_, b=1) == (0.0 if filled else reason)
    for result in (FILLED(a=[given_], b=[1.0]), FILLED(a=[given_], b=np.array([1.0]))):
        assert result[0] == 0.0 if filled else math.isnan(result[0])


@pytest.mark.parametrize(
    ("text", "values", "reason"),
    [
        ("a / b", (1, 0), NoData.ZERO_DIVISION), ("a / b", (0, 0), NoData.ZERO_DIVISION),
        ("a ** b", (0, -1), NoData.ZERO_DIVISION),
        ("a ** b", (0, 0), NoData.IMPOSSIBLE), ("a ** b", (-8, 1 / 3), NoData.IMPOSSIBLE),
        ("sqrt(a) * b", (-1, 1), NoData.IMPOSSIBLE),
        ("ln(a) * b", (0, 1), NoData.IMPOSSIBLE), ("exp(a) * b", (710, 1), NoData.IMPOSSIBLE),
        ("a * b", (1e200, 1e200), NoData.IMPOSSIBLE),
        ("a ** b", (1, None), NoData.MISSING), ("b ** a", (0, None), NoData.MISSING),
        ("a / b", (None, 0), NoData.MISSING),
        ("a / b", ("x", None), NoData.MISSING), ("a / b", ("x", 0), NoData.NOT_A_NUMBER),
        ("a / b", (-1, 0), NoData.IMPOSSIBLE),
        ("1 if a > 0 else b", (5, None), NoData.MISSING), ("1 if a > 0 or b > 0 else 0", (5, None), NoData.MISSING),
        ("1 / (a / b)", (1, 0), NoData.ZERO_DIVISION), ("b / (a * a) * 0", (1e200, 1), NoData.IMPOSSIBLE),
    ],
)  # fmt: skip
def test_no_data_comes_with_its_reason_and_is_nan_in_columns(
    text: str, values: tuple[Any, Any], reason: NoData
) -> None:
    formula = Formula.parse(text, limits={"a": (0, None)} if values[0] == -1 and "/" in text else None)
    a, b = values
    assert formula.outcome(a=a, b=b) is reason
    assert math.isnan(formula(a=a, b=b))
    assert all(math.isnan(v) for v in formula(a=[a, a], b=[b, b]))
    assert np.isnan(formula(a=np.array([a, a], dtype=object), b=b)).all()


number = st.one_of(
    st.floats(-1e6, 1e6),
    st.integers(-(10**6), 10**6),
    st.sampled_from([None, 0, 0.0, "", "x", math.nan, math.inf, True, 1e308, 5e-324]),
)
FORMULAS = [
    "a / b", "a ** b", "(a - b) / abs(b)", "coalesce(a, b, 1) * a", "max(a, b) - min(a, b, 3)", "a if a > b else b / a",
    "round(a, 2) + round(b, -3)", "sqrt(a) + ln(b)", "coalesce(a, b)", "1 if a > 0 and not b > 3 else coalesce(b, 2)",
    "floor(a) - ceil(b)", "a", "exp(a) / b", "a / b * 0", "b - 1 / (1 / a)", "log10(a)",
]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(FORMULAS), st.lists(st.tuples(number, number), min_size=1, max_size=6))
def test_lists_and_arrays_agree_with_single_values(text: str, rows: list[tuple[Any, Any]]) -> None:
    formula = Formula.parse(text, limits={"a": (-1000.0, None)})
    columns = {name: [row["ab".index(name)] for row in rows] for name in formula.names}
    single = [formula(**{n: c[i] for n, c in columns.items()}) for i in range(len(rows))]
    arrays = {n: np.array(c, dtype=object) for n, c in columns.items()}
    np.testing.assert_allclose(formula(**columns), single, rtol=1e-12, atol=1e-300)
    np.testing.assert_allclose(formula(**arrays), single, rtol=1e-12, atol=1e-300)
    twice = {n: np.vstack([a, a]) for n, a in arrays.items()}
    np.testing.assert_allclose(formula(**twice), [single, single], rtol=1e-12, atol=1e-300)


@settings(max_examples=300, deadline=None)
@given(st.integers(-9, 9), st.floats(-1e18, 1e18))
def test_rounding_is_the_same_in_every_way_and_never_fails(digits: int, value: float) -> None:
    formula = Formula.parse(f"round(a, {digits})")
    single = formula(a=value)
    assert formula(a=[value]) == [single]
    assert formula(a=np.array([value]))[0] == pytest.approx(single, rel=1e-12, abs=1e-12)
    assert single == pytest.approx(value, abs=0.5000001 * 10.0**-digits, rel=1e-13)


def test_ties_are_rounded_away_from_zero_on_the_decimal_that_is_shown() -> None:
    formula = Formula.parse("round(a, 2)")
    assert [formula(a=v) for v in (1.005, -1.005, 2.675, 0.125)] == [1.01, -1.01, 2.68, 0.13]
    assert Formula.parse("round(a, -2)")(a=[1e40, 250.0, -250.0]) == [1e40, 300.0, -300.0]


def test_pandas_columns_are_read_with_their_missing_values_and_dates() -> None:
    pd = pytest.importorskip("pandas")
    np.testing.assert_array_equal(RATIO(a=pd.Series([1, 2]), b=pd.Series([2, 0])), [0.5, math.nan])
    np.testing.assert_array_equal(FILLED(a=pd.Series([1, None], dtype="Int64"), b=2), [0.5, 0.0])
    np.testing.assert_array_equal(FILLED(a=pd.Series(["1", None]), b=2), [math.nan, 0.0])
    np.testing.assert_array_equal(RATIO(a=pd.to_datetime(pd.Series(["2026-01-01"])), b=2), [math.nan])
    assert RATIO.outcome(a=pd.NA, b=1) is NoData.MISSING
    assert RATIO.outcome(a=pd.NaT, b=1) is NoData.MISSING


@pytest.mark.parametrize("kind", ["datetime64[ns]", "timedelta64[ns]", "bool", "str", "complex"])
def test_an_array_of_anything_but_numbers_is_no_data(kind: str) -> None:
    column = np.array(["2026-01-01"], dtype=kind) if "date" in kind else np.array([1]).astype(kind)
    assert np.isnan(RATIO(a=column, b=2)).all()
    assert math.isnan(Formula.parse("sum(a)")(a=column))


def test_a_masked_array_has_no_data_where_it_is_masked() -> None:
    masked = np.ma.array([1.0, 2.0], mask=[False, True])
    np.testing.assert_array_equal(RATIO(a=masked, b=2), [0.5, math.nan])
    assert Formula.parse("sum(a)")(a=masked) == 1.0


def test_a_list_beside_an_array_keeps_its_types() -> None:
    result = FILLED(a=[1.0, "abc", True, "", None], b=np.full(5, 2.0))
    np.testing.assert_array_equal(result, [0.5, math.nan, math.nan, 0.0, 0.0])


def test_single_values_are_spread_over_lists_and_arrays() -> None:
    assert RATIO(a=6, b=[1, 2, 0]) == pytest.approx([6.0, 3.0, math.nan], nan_ok=True)
    np.testing.assert_array_equal(RATIO(a=np.array([[1.0], [2.0]]), b=np.array([1.0, 2.0])), [[1.0, 0.5], [2.0, 1.0]])
    assert RATIO(a=np.array(6.0), b=np.array(2.0)) == 3.0


def test_empty_columns_give_empty_columns() -> None:
    for formula in (RATIO, FILLED):
        assert formula(a=[], b=[]) == []
        assert formula(a=(), b=2) == []
        assert formula(a=np.array([]), b=2).shape == (0,)
    assert WEIGHTED.outcome(a=[], b=[]) is NoData.MISSING


@pytest.mark.parametrize("formula", [RATIO, FILLED, WEIGHTED])
def test_columns_of_different_lengths_are_an_error_that_tells_them(formula: Formula) -> None:
    for a, b in (([1, 2, 3], [1, 2]), (np.ones(3), np.ones(2)), ([1, 2, 3], np.ones(2))):
        with pytest.raises(EvaluationError, match="a: 3, b: 2"):
            formula(a=a, b=b)


def test_the_result_is_never_the_callers_own_column() -> None:
    formula = Formula.parse("a")
    column, array = [1.0, 2.0], np.array([1.0, 2.0])
    formula(a=column)[0] = formula(a=array)[0] = 9.0
    assert column == [1.0, 2.0]
    assert array.tolist() == [1.0, 2.0]


def test_arguments_may_have_any_name() -> None:
    assert Formula.parse("self + values")(self=1, values=2) == 3.0


def test_absent_and_unknown_arguments_are_all_told() -> None:
    with pytest.raises(EvaluationError) as caught:
        RATIO(a=1, c=2, d=3)
    told = [(p.code, p.values["name"]) for p in caught.value.problems]
    assert told == [("argument_missing", "b"), ("argument_unknown", "c"), ("argument_unknown", "d")]


def test_sums_count_rows_that_are_complete() -> None:
    assert WEIGHTED(a=[1, None, 3], b=[1, 1, 1]) == 2.0
    assert WEIGHTED(a=np.array([[1.0, 3.0]]), b=np.array([[1.0, 1.0]])) == 2.0
    assert WEIGHTED(a=3, b=2) == 3.0
    assert WEIGHTED.outcome(a=[1, "x"], b=[1, 1]) is NoData.NOT_A_NUMBER
    assert WEIGHTED.outcome(a=[1, 2], b=[0, 0]) is NoData.ZERO_DIVISION
    assert WEIGHTED.outcome(a=[None], b=[1]) is NoData.MISSING
    assert WEIGHTED.outcome(a=[1e308, 1e308], b=[1, 1]) is NoData.IMPOSSIBLE


def test_a_block_boundary_changes_nothing() -> None:
    size = 100_003
    a, b = np.arange(size, dtype=float), np.where(np.arange(size) % 7, 2.0, 0.0)
    result = RATIO(a=a, b=b)
    assert np.isnan(result[::7]).all()
    np.testing.assert_array_equal(result[1::7], a[1::7] / 2)
