"""Expected courses that are not straight lines."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlkpi.errors import EvaluationError
from xlkpi.formula.evaluate import outcome
from xlkpi.status import Facts, curve, curve_by_date, seasonal_curve, status
from xlkpi.status.courses import curve_node, month_weights

START, DUE = date(2026, 1, 1), date(2026, 12, 31)


def at(points, elapsed: float) -> float:
    found = outcome(curve_node(points), {"elapsed": elapsed})
    assert isinstance(found, float)
    return found


def test_points_are_joined_by_straight_lines_from_0_to_1():
    course = curve([(0.5, 0.2)])
    assert course == ((0, 0), (0.5, 0.2), (1, 1))
    assert [at(course, e) for e in (-1, 0, 0.25, 0.5, 0.75, 1, 2)] == pytest.approx([0, 0, 0.1, 0.2, 0.6, 1, 1])


def test_points_may_be_dates():
    assert curve_by_date([(date(2026, 7, 2), 0.3)], START, DUE)[1] == (0.5, 0.3)


@pytest.mark.parametrize(
    "points", [[(0.5, 0.1), (0.4, 0.2)], [(0.5, 0.1), (0.5, 0.2)], [(1.2, 1)], [(-0.1, 0)], [(0.5, float("nan"))]]
)
def test_points_out_of_order_or_of_range_are_refused(points):
    with pytest.raises(EvaluationError) as caught:
        curve(points)
    assert caught.value.problems[0].code == "status_curve_order"


def test_more_points_than_a_cell_can_nest_are_refused():
    with pytest.raises(EvaluationError) as caught:
        curve((i / 100, i / 100) for i in range(1, 100))
    assert caught.value.problems[0].code == "status_curve_long"


def test_no_points_and_no_history_are_the_straight_line():
    assert curve([]) == ()
    assert seasonal_curve([], START, DUE) == ()
    assert seasonal_curve([(date(2025, m, 1), 0.0) for m in range(1, 13)], START, DUE) == ()


def test_a_season_expects_what_the_months_of_the_past_had():
    """Half of the year's sales in December."""
    history = [(date(2025, month, 1), 310.0 if month == 12 else 28.0) for month in range(1, 13)]
    course = seasonal_curve(history, START, DUE)
    november_end = (date(2026, 12, 1) - START).days / (DUE - START).days
    days = {m: (date(2026, m + 1, 1) - date(2026, m, 1)).days for m in range(1, 12)}
    expected = sum(28 * n for n in days.values()) / (sum(28 * n for n in days.values()) + 310 * 30)
    assert at(course, november_end) == pytest.approx(expected)
    facts = Facts("increase", 480, 0, 1000, start=START, due=DUE, as_of=date(2026, 12, 1), cumulative=True)
    assert status(facts).code == "behind"
    assert status(Facts(**{**vars(facts), "curve": course})).code == "on_track"


def test_a_flat_past_is_the_straight_line():
    history = [(date(2025, 1, 1) + timedelta(d), 5.0) for d in range(365)]
    course = seasonal_curve(history, START, DUE)
    assert [at(course, e / 10) for e in range(11)] == pytest.approx([e / 10 for e in range(11)])


def test_a_month_without_history_weighs_as_the_mean_of_the_others():
    weights = month_weights([(date(2025, 1, 1), 10.0), (date(2025, 2, 1), 30.0), (date(2025, 3, 1), float("nan"))])
    assert weights == (0.5, 1.5, *[1.0] * 10)


@given(
    st.lists(st.tuples(st.dates(date(2020, 1, 1), date(2025, 12, 31)), st.floats(-10, 1e6)), max_size=40),
    st.dates(date(2020, 1, 1), date(2030, 1, 1)),
    st.integers(0, 4000),
)
def test_a_seasonal_curve_rises_from_0_to_1_over_any_period(history, start, length):
    course = seasonal_curve(history, start, start + timedelta(length))
    if course:
        heights = [at(course, e / 20) for e in range(21)]
        assert heights[0] == 0
        assert heights[-1] == 1
        assert all(a <= b + 1e-9 for a, b in pairwise(heights))
