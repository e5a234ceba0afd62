from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlkpi.analysis.forecast import forecast
from xlkpi.analysis.landing import (
    Landing,
    land_level,
    land_ratio,
    land_sum,
    probability,
    run_rate_level,
    run_rate_ratio,
    run_rate_sum,
)

RNG = np.random.default_rng(31)
SALES = RNG.normal(100, 10, (300, 60))
VISITS = RNG.normal(5000, 400, (300, 60))
ORDERS = VISITS * RNG.normal(0.03, 0.002, (300, 60))
LEFT = 8


def certain(estimate: float, std: float = 0.0) -> Landing:
    value = np.array([estimate])
    return Landing(value, value, value, np.array([std]), 0.8)


def test_a_level_lands_on_the_forecast_of_its_period():
    ahead = forecast(SALES, 5)
    found = land_level(ahead, SALES[:, -1], np.array([3] * 299 + [0]))
    assert found.estimate[0] == ahead.mean[0, 2]
    assert (found.lower[0], found.upper[0]) == (ahead.lower[0, 2], ahead.upper[0, 2])
    assert (found.estimate[-1], found.std[-1]) == (SALES[-1, -1], 0)


def test_a_sum_lands_on_what_is_there_and_what_is_to_come():
    ahead = forecast(SALES, 5)
    found = land_sum(ahead, 1000, 3)
    assert found.estimate == pytest.approx(1000 + ahead.mean[:, :3].sum(axis=1))
    assert land_sum(ahead, 1000, 0).estimate.tolist() == [1000] * 300
    assert (land_sum(ahead, 1000, 0).std == 0).all()


def test_the_landing_of_a_sum_never_falls_below_what_is_there():
    found = land_sum(forecast(RNG.exponential(1, (50, 12)) ** 4, 2, minimum=0), 10, 2)
    assert (found.lower >= 10).all()


def test_landing_intervals_of_sums_and_ratios_cover_what_they_claim():
    past = slice(0, 60 - LEFT)
    orders, visits = forecast(ORDERS[:, past], LEFT, minimum=0), forecast(VISITS[:, past], LEFT, minimum=0)
    total = land_sum(orders, ORDERS[:, past].sum(axis=1), LEFT)
    truth = ORDERS.sum(axis=1)
    assert np.mean((total.lower <= truth) & (truth <= total.upper)) == pytest.approx(0.8, abs=0.06)
    rate = land_ratio(orders, visits, ORDERS[:, past].sum(axis=1), VISITS[:, past].sum(axis=1), LEFT)
    truth = ORDERS.sum(axis=1) / VISITS.sum(axis=1)
    assert np.mean((rate.lower <= truth) & (truth <= rate.upper)) == pytest.approx(0.8, abs=0.06)


def test_errors_that_move_together_narrow_the_landing_of_a_ratio():
    orders, visits = forecast(ORDERS, LEFT), forecast(VISITS, LEFT)
    together = land_ratio(orders, visits, 0, 0, LEFT)
    apart = land_ratio(orders, forecast(VISITS[::-1], LEFT), 0, 0, LEFT)
    assert np.median(together.std) < 0.9 * np.median(apart.std)


def test_a_ratio_without_a_denominator_has_no_landing():
    nothing = forecast(np.zeros((1, 12)), 2)
    assert np.isnan(land_ratio(nothing, nothing, 0, 0, 2).estimate).all()


def test_probabilities_are_calibrated():
    past = slice(0, 60 - LEFT)
    landing = land_sum(forecast(SALES[:, past], LEFT), SALES[:, past].sum(axis=1), LEFT)
    target = 6000 + RNG.normal(0, 30, 300)
    chance = probability(landing, at_least=target)
    assert chance.mean() == pytest.approx(np.mean(SALES.sum(axis=1) >= target), abs=0.07)


def test_a_target_at_the_estimate_is_a_toss_up():
    assert probability(certain(50, 5), at_least=50)[0] == pytest.approx(0.5)
    assert probability(certain(50, 5), at_least=45)[0] == pytest.approx(0.8413447, abs=1e-7)
    assert probability(certain(50, 5), at_least=40, at_most=60)[0] == pytest.approx(0.9544997, abs=1e-7)


def test_a_certain_landing_has_met_its_target_or_not():
    assert probability(certain(50), at_least=50).tolist() == [1]
    assert probability(certain(50), at_least=51).tolist() == [0]
    assert probability(certain(50), at_most=50).tolist() == [1]


def test_an_unknown_landing_or_limit_has_no_probability():
    assert np.isnan(probability(certain(math.nan), at_least=1)).all()
    assert np.isnan(probability(certain(1, 1), at_least=math.nan)).all()


numbers = st.floats(-1e6, 1e6)


@given(numbers, st.floats(0.001, 1e6), numbers, numbers)
def test_probabilities_mirror_and_add_up(estimate, std, one, other):
    low, high = sorted((one, other))
    landing, mirror = certain(estimate, std), certain(-estimate, std)
    at_least, below = probability(landing, at_least=low)[0], probability(landing, at_most=low)[0]
    assert at_least + below == pytest.approx(1)
    assert probability(mirror, at_most=-low)[0] == pytest.approx(at_least, abs=1e-12)
    between = probability(landing, at_least=low, at_most=high)[0]
    assert between == pytest.approx(at_least - probability(landing, at_least=high)[0], abs=1e-9)


@given(numbers, st.floats(0.001, 1e6), numbers, st.floats(0, 1e6))
def test_a_better_estimate_never_lowers_the_probability(estimate, std, target, more):
    now, then = (probability(certain(e, std), at_least=target)[0] for e in (estimate, estimate + more))
    assert then >= now


def test_the_rate_needed_and_the_rate_so_far():
    found = run_rate_sum(330, 740, 10, 10)
    assert (found.required[0], found.current[0]) == (41, 33)


def test_a_target_already_reached_needs_nothing_more():
    assert run_rate_sum(800, 740, 10, 10).required.tolist() == [0]


@pytest.mark.parametrize(("elapsed", "remaining"), [(0, 5), (5, 0)])
def test_a_rate_over_no_period_is_unknown(elapsed, remaining):
    found = run_rate_sum(10, 20, elapsed, remaining)
    assert math.isnan(found.current[0]) == (elapsed == 0)
    assert math.isnan(found.required[0]) == (remaining == 0)


def test_the_rates_of_a_falling_level_carry_their_sign():
    found = run_rate_level(50, 45, 30, 5, 5)
    assert (found.required[0], found.current[0]) == (-3, -1)


def test_the_ratio_that_the_rest_needs():
    found = run_rate_ratio(200, 10_000, 0.025, 10_000)
    assert (found.required[0], found.current[0]) == pytest.approx((0.03, 0.02))


@pytest.mark.parametrize("remaining", [-1, 6, 1.5, math.nan])
def test_periods_that_were_not_forecast_are_refused(remaining):
    with pytest.raises(ValueError, match="remaining"):
        land_sum(forecast(SALES, 5), 0, remaining)


def test_a_probability_without_a_limit_is_refused():
    with pytest.raises(ValueError, match="at_least"):
        probability(certain(1))
