"""Cohorts, repeat purchase, segments; contributions of factors; scores of surveys."""

from __future__ import annotations

import math
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlkpi.analysis.cohorts import by_segment, cohorts, repeat_purchase
from xlkpi.analysis.drivers import contributions, needed, product
from xlkpi.analysis.surveys import balance, share

WHO = ["a", "a", "a", "b", "b", "c", "d", "d"]
DAYS = [1, 1, 40, 2, 35, 3, 70, 95]  # a bought twice on one day: one visit
MONTHS = [0, 0, 1, 0, 1, 0, 2, 3]
PAID = [10.0, 5.0, 20.0, 30.0, 40.0, 50.0, 5.0, 5.0]


def test_who_bought_on_two_days_bought_again() -> None:
    found = repeat_purchase(np.array(WHO), np.array(DAYS))
    assert (found.customers, found.repeaters, found.purchases) == (4, 3, 7)
    assert found.share == 0.75
    assert found.days_between == 33  # of 39, 33 and 25


def test_cohorts_count_customers_by_month_since_their_first_purchase() -> None:
    found = cohorts(np.array(WHO), np.array(MONTHS), np.array(PAID), last=3)
    assert found.sizes == (3, 0, 1, 0)
    assert found.active[0] == (3, 2, 0, 0)
    assert found.active[2] == (1, 1, None, None)
    assert found.amounts[0][:2] == (95.0, 60.0)


def test_what_is_bought_after_the_last_month_does_not_count() -> None:
    assert cohorts(np.array(WHO), np.array(MONTHS), last=1).active == ((3, 2), (0, None))


def test_without_purchases_there_is_nothing_to_tell() -> None:
    assert cohorts(np.array([]), np.array([])).active == ()
    assert math.isnan(repeat_purchase(np.array([]), np.array([])).share)
    assert by_segment(np.array([]), np.array([]), np.array([]), []) == ()


def test_a_customer_counts_in_the_segment_of_the_last_purchase() -> None:
    labels = ["x", "x", "y", "x", None, "x", None, None]
    found = {s.name: s for s in by_segment(np.array(WHO), np.array(DAYS), np.array(PAID), labels)}
    assert {n: (s.customers, s.repeaters, s.purchases, s.amount) for n, s in found.items()} == {
        "y": (1, 1, 2, 35.0), "x": (2, 1, 3, 120.0), "": (1, 1, 2, 10.0),
    }  # fmt: skip
    assert sum(s.amount for s in found.values()) == sum(PAID)


FACTORS = st.lists(
    st.tuples(st.floats(1e-4, 1e6), st.floats(1e-4, 1e6), st.sampled_from([1, -1])), min_size=2, max_size=5
)


@given(FACTORS)
def test_contributions_add_up_to_the_change_whatever_the_order(rows: list[tuple[float, float, int]]) -> None:
    before, after, powers = ([r[i] for r in rows] for i in range(3))
    found = contributions(before, after, powers)  # type: ignore[arg-type]  # columns of mixed rows
    assert found is not None
    first, last = product(before, powers), product(after, powers)  # type: ignore[arg-type]  # as above
    assert math.fsum(found) == pytest.approx(last - first, rel=1e-9, abs=1e-9 * max(first, last))
    for order in list(permutations(range(len(rows))))[:6]:
        moved = contributions(*([column[i] for i in order] for column in (before, after, powers)))  # type: ignore[arg-type]  # as above
        assert moved is not None
        assert [moved[order.index(i)] for i in range(len(rows))] == pytest.approx(found, rel=1e-9, abs=1e-12)


def test_contributions_need_numbers_above_zero() -> None:
    assert contributions([0, 1], [1, 1], [1, 1]) is None
    assert contributions([1, math.nan], [1, 1], [1, 1]) is None
    with pytest.raises(ValueError, match="same factors"):
        contributions([1], [1, 2], [1, 1])


def test_the_value_needed_reaches_the_target() -> None:
    values, powers = [1_000.0, 0.02, 50.0, 4.0], [1, 1, 1, -1]
    for i, value in enumerate(needed(values, powers, 400.0)):
        assert product([*values[:i], value, *values[i + 1 :]], powers) == pytest.approx(400)
    assert all(math.isnan(v) for v in needed([0.0, 1.0], [1, 1], 5.0))


def test_scores_have_the_intervals_of_the_textbooks() -> None:
    score, low, high = balance(104, 32, 200)
    assert score == pytest.approx(0.36)
    assert (high - low) / 2 == pytest.approx(1.959964 * math.sqrt((0.68 - 0.36**2) / 200), rel=1e-6)
    assert share(172, 200) == pytest.approx((0.86, 0.80511, 0.90133), abs=1e-5)  # Wilson
    assert all(math.isnan(v) for v in (*share(0, 0), *balance(0, 0, 0)))
    assert balance(50, 0, 50)[1] < 1 == balance(50, 0, 50)[2]
