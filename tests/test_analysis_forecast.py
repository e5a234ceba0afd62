from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from xlkpi.analysis.backtest import coverage, naive_scale, past_error, rolling_origins, scaled_errors
from xlkpi.analysis.forecast import forecast

PERIODS, HORIZON = 104, 13
TIME = np.arange(PERIODS + HORIZON)


def noise(series: int = 300, seed: int = 9, periods: int = PERIODS + HORIZON) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 1, (series, periods))


def mean_error(values: np.ndarray, season_length: int = 1) -> float:
    past, future = values[:, :-HORIZON], values[:, -HORIZON:]
    return float(np.nanmean(np.abs(forecast(past, HORIZON, season_length=season_length).mean - future)))


SEASON = 20 * np.sin(2 * np.pi * TIME / 12)
PROCESSES = {
    "noise around a level": (100 + 10 * noise(), 1),
    "random walk": (100 + np.cumsum(noise(), axis=1), 1),
    "moving level with noise": (100 + np.cumsum(0.3 * noise(), axis=1) + noise(seed=3), 1),
    "trend with noise": (100 + noise(seed=4)[:, :1] * TIME + 5 * noise(), 1),
    "season with trend": (100 + 0.5 * TIME + SEASON + 5 * noise(), 12),
    "yearly season in weeks": (100 + 20 * np.sin(2 * np.pi * TIME / 52) + 5 * noise(), 52),
    "spending with quiet weeks": (np.where(noise(seed=5) < 0, 0, np.exp(noise()) * 10), 1),
}


@pytest.mark.parametrize(
    ("process", "best_possible", "at_most"),
    [
        ("noise around a level", np.mean(np.abs(10 * noise()[:, -HORIZON:])), 1.05),
        ("trend with noise", np.mean(np.abs(5 * noise()[:, -HORIZON:])), 1.40),
        ("season with trend", np.mean(np.abs(5 * noise()[:, -HORIZON:])), 1.30),
        ("yearly season in weeks", np.mean(np.abs(5 * noise()[:, -HORIZON:])), 1.25),
    ],
)
def test_the_error_is_close_to_that_of_knowing_the_process(process, best_possible, at_most):
    assert mean_error(*PROCESSES[process]) < at_most * best_possible


def test_a_random_walk_is_forecast_as_well_as_by_its_last_value():
    values, _ = PROCESSES["random walk"]
    naive = np.mean(np.abs(values[:, -HORIZON:] - values[:, [-HORIZON - 1]]))
    assert mean_error(values) < 1.03 * naive


@pytest.mark.parametrize("process", PROCESSES)
def test_the_error_is_never_worse_than_that_of_the_seasonal_naive_forecast(process):
    values, season_length = PROCESSES[process]
    past, future = values[:, :-HORIZON], values[:, -HORIZON:]
    repeated = past[:, -season_length:][:, np.arange(HORIZON) % season_length]
    assert mean_error(values, season_length) < 1.03 * np.mean(np.abs(future - repeated))


@pytest.mark.parametrize("level", [0.80, 0.95])
@pytest.mark.parametrize("process", [name for name in PROCESSES if name != "spending with quiet weeks"])
def test_intervals_cover_what_they_claim_within_five_points(process, level):
    values, season_length = PROCESSES[process]
    past, future = values[:, :-HORIZON], values[:, -HORIZON:]
    found = forecast(past, HORIZON, season_length=season_length, level=level)
    assert coverage(future, found.lower, found.upper).mean() == pytest.approx(level, abs=0.05)


def test_intervals_of_skewed_values_are_skewed_and_cover_at_least_what_they_claim():
    values, _ = PROCESSES["spending with quiet weeks"]
    past, future = values[:, :-HORIZON], values[:, -HORIZON:]
    found = forecast(past, HORIZON, level=0.8, minimum=0)
    assert 0.78 < coverage(future, found.lower, found.upper).mean() < 0.93
    assert (found.upper - found.mean).mean() > 1.5 * (found.mean - found.lower).mean()


def test_the_spread_of_a_sum_covers_what_it_claims():
    values, _ = PROCESSES["noise around a level"]
    found = forecast(values[:, :-HORIZON], HORIZON)
    distance = np.abs(values[:, -HORIZON:].sum(axis=1) - found.mean.sum(axis=1))
    assert np.mean(distance < 1.2816 * found.sum_std[:, -1]) == pytest.approx(0.8, abs=0.06)


def test_a_season_that_grows_with_the_level_is_multiplied():
    values = (50 + 2 * TIME) * (1 + 0.4 * np.sin(2 * np.pi * TIME / 12)) * (1 + 0.02 * noise(50))
    past, future = values[:, :-HORIZON], values[:, -HORIZON:]
    found = forecast(past, HORIZON, season_length=12)
    assert set(found.method) == {"holt_winters_multiplicative"}
    assert np.mean(np.abs(found.mean / future - 1)) < 0.06
    assert coverage(future, found.lower, found.upper).mean() > 0.75


@pytest.mark.parametrize(
    ("row", "method"),
    [
        ([np.nan, np.nan], "no_data"),
        ([5], "last_value"),
        ([5, 6, 4], "last_value"),
        ([5, 6, 4, 5, 6], "exponential_smoothing"),
        ([5, 6, 4, 5, 6, 5, 6, 7, 6], "damped_holt"),
        ([1, 2, 3, 9] * 4, "holt_winters_additive"),
        ([0, 0, 0, 0] * 4, "damped_holt"),
    ],
)
def test_the_method_is_named_beside_the_result(row, method):
    assert forecast(row, 2, season_length=4).method == (method,)


def test_a_pure_season_is_repeated():
    found = forecast([1, 2, 3, 9] * 6, 6, season_length=4)
    assert found.mean[0] == pytest.approx([1, 2, 3, 9, 1, 2], abs=0.05)


def test_a_straight_line_goes_on():
    found = forecast(10 + 3.0 * np.arange(40), 4)
    assert found.mean[0] == pytest.approx([130, 133, 136, 139], rel=0.015)


def test_series_are_forecast_alike_alone_and_together():
    values, _ = PROCESSES["random walk"]
    table = values[:70, :40].copy()
    table[3, :9] = np.nan
    table[4, 30:] = np.nan
    table[5, ::3] = np.nan
    together = forecast(table, 5, season_length=7)
    for row in (0, 3, 4, 5, 69):
        alone = forecast(table[row], 5, season_length=7)
        assert alone.mean[0] == pytest.approx(together.mean[row], rel=1e-9)
        assert alone.upper[0] == pytest.approx(together.upper[row], rel=1e-9)
        assert alone.method[0] == together.method[row]


def test_a_late_start_changes_nothing():
    row = PROCESSES["random walk"][0][0, :40]
    late = np.concatenate([np.full(25, np.nan), row])
    assert forecast(late, 5, season_length=7).mean == pytest.approx(forecast(row, 5, season_length=7).mean)


def test_a_series_that_ended_early_is_forecast_through_the_gap():
    row = PROCESSES["season with trend"][0][0, :60]
    gap = np.concatenate([row, [np.nan, np.nan]])
    whole, after_gap = forecast(row, 6, season_length=12), forecast(gap, 4, season_length=12)
    assert after_gap.mean == pytest.approx(whole.mean[:, 2:])
    assert after_gap.std == pytest.approx(whole.std[:, 2:], rel=0.05)


def test_a_gap_at_the_end_widens_the_forecast_of_a_walk():
    row = PROCESSES["random walk"][0][0, :60]
    whole, after_gap = forecast(row, 1), forecast(np.concatenate([row, [np.nan] * 4]), 1)
    assert after_gap.std > 1.5 * whole.std
    assert after_gap.sum_std > 1.5 * whole.sum_std


def test_missing_values_cost_little_accuracy():
    values, season_length = PROCESSES["season with trend"]
    holes = values.copy()
    holes[np.random.default_rng(2).random(values.shape) < 0.2] = np.nan
    holes[:, -HORIZON:] = values[:, -HORIZON:]
    assert mean_error(holes, season_length) < 1.15 * mean_error(values, season_length)


def test_a_constant_series_stays_and_is_certain():
    found = forecast([[7.0] * 30, [0.0] * 30], 3, season_length=7)
    assert found.mean == pytest.approx(np.array([[7.0] * 3, [0.0] * 3]))
    assert found.upper - found.lower == pytest.approx(np.zeros((2, 3)))


def test_a_single_value_is_carried_on_without_an_interval():
    found = forecast([5.0], 2)
    assert found.mean.tolist() == [[5, 5]]
    assert np.isnan(found.upper).all()


def test_nothing_known_gives_nothing():
    found = forecast([[np.nan] * 5, [np.inf] * 5], 2)
    assert np.isnan(found.mean).all()
    assert found.observed.tolist() == [0, 0]


def test_a_horizon_of_zero_and_a_table_without_series_are_empty():
    assert forecast([1, 2, 3, 4, 5], 0).mean.shape == (1, 0)
    assert forecast(np.empty((0, 9)), 3).mean.shape == (0, 3)
    assert forecast(np.empty((2, 0)), 3).method == ("no_data", "no_data")


def test_the_minimum_floors_forecast_and_interval():
    falling = np.maximum(30 - 1.5 * np.arange(20), 1)
    found = forecast(falling, 12, minimum=0)
    assert found.mean.min() >= 0
    assert found.lower.min() >= 0


def test_infinite_values_are_missing():
    assert forecast([1, 2, np.inf, 3, 4, 5], 2).mean == pytest.approx(forecast([1, 2, np.nan, 3, 4, 5], 2).mean)


def test_a_season_longer_than_half_the_data_is_left_out():
    row = PROCESSES["random walk"][0][0, :50]
    assert forecast(row, 3, season_length=52).mean == pytest.approx(forecast(row, 3).mean)


cell = st.floats(-1e6, 1e6) | st.sampled_from([np.nan, np.inf, -np.inf, 0.0, 1e300, -1e300, 5e-324])


@settings(max_examples=150, deadline=None)
@given(
    arrays(np.float64, st.tuples(st.integers(1, 3), st.integers(0, 18)), elements=cell),
    st.integers(0, 5),
    st.sampled_from([1, 2, 4, 7, 52]),
)
def test_whatever_is_known_the_mean_lies_in_its_interval(values, horizon, season_length):
    found = forecast(values, horizon, season_length=season_length)
    known = np.isfinite(values).any(axis=1)
    assert np.isfinite(found.mean[known]).all()
    assert np.isnan(found.mean[~known]).all()
    some = np.isfinite(found.lower)
    assert (found.lower[some] <= found.mean[some]).all()
    assert (found.mean[some] <= found.upper[some]).all()
    assert (np.nan_to_num(found.std) >= 0).all()


@settings(max_examples=60, deadline=None)
@given(arrays(np.float64, (2, 16), elements=st.floats(1, 1e3)), st.floats(1e-3, 1e3), st.sampled_from([1, 4]))
def test_the_unit_scales_the_forecast(values, unit, season_length):
    one = forecast(values, 3, season_length=season_length)
    other = forecast(values * unit, 3, season_length=season_length)
    if one.method == other.method:
        assert other.mean == pytest.approx(one.mean * unit, rel=1e-4, abs=1e-4 * unit)


def test_a_wider_level_gives_a_wider_interval():
    values, _ = PROCESSES["random walk"]
    narrow, wide = (forecast(values, 5, level=level) for level in (0.5, 0.95))
    assert (wide.upper - wide.lower > narrow.upper - narrow.lower).all()


def test_ten_thousand_series_of_two_years_need_little_memory():
    values = np.tile(PROCESSES["random walk"][0][:100, :104], (100, 1))
    tracemalloc.start()
    found = forecast(values, 4, season_length=52)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert np.isfinite(found.mean).all()
    assert peak < 150e6


@pytest.mark.parametrize(
    ("options", "word"),
    [({"horizon": -1}, "horizon"), ({"season_length": 0}, "season_length"), ({"level": 80}, "level")],
)
def test_bad_options_are_refused(options, word):
    with pytest.raises(ValueError, match=word):
        forecast([1, 2, 3], **{"horizon": 1, **options})
    with pytest.raises(ValueError, match="table"):
        forecast(np.zeros((2, 2, 2)), 1)


def test_rolling_origins_end_with_the_last_whole_future():
    table = np.arange(10.0)[None]
    pairs = [(past[0, -1], future[0].tolist()) for past, future in rolling_origins(table, horizon=2, origins=3)]
    assert pairs == [(3, [4, 5]), (5, [6, 7]), (7, [8, 9])]
    assert len(list(rolling_origins(table, horizon=4, origins=5))) == 2


def test_the_scaled_error_of_the_naive_forecast_on_its_own_scale_is_one():
    past, future = np.array([[1.0, 3, 5, 7]]), np.array([[9.0, 9]])
    assert naive_scale(past).tolist() == [2]
    assert scaled_errors(past, future, np.array([[7.0, 7]])).tolist() == [1]
    assert naive_scale(np.array([[1.0, 5, 2, 6]]), season_length=2).tolist() == [1]


def test_scores_leave_out_what_is_not_known():
    past, future = np.array([[1.0, np.nan, 3, 5], [4, 4, 4, 4]]), np.array([[6.0, np.nan], [4, 4]])
    assert scaled_errors(past, future, np.full((2, 2), 5.0))[0] == pytest.approx(0.5)
    assert np.isnan(scaled_errors(past, future, np.full((2, 2), 5.0))[1])
    assert coverage(future, np.full((2, 2), 5.0), np.full((2, 2), 7.0)).tolist() == [1, 0]


def test_a_backtest_without_a_horizon_is_refused():
    with pytest.raises(ValueError, match="horizon"):
        list(rolling_origins(np.zeros((1, 9)), horizon=0, origins=1))


def test_the_past_error_is_that_of_forecasts_made_one_by_one_from_what_came_before() -> None:
    values = np.array([*(100 + 0.5 * TIME[:40] + SEASON[:40] + noise(1, seed=6)[0, :40])])
    values[[20, 33]] = np.nan
    made = [forecast(values[:end], 1, season_length=12, minimum=0.0).mean[0, 0] for end in range(28, 40)]
    errors = np.abs(values[28:] - np.array(made))
    found = past_error(values, season_length=12, minimum=0.0)
    assert found.count == 11  # of the last twelve periods one has no value
    assert found.mean == pytest.approx(np.nanmean(errors))
    assert found.share == pytest.approx(np.nansum(errors) / np.nansum(values[28:]))


@pytest.mark.parametrize("values", [[], [5.0], [np.nan] * 9, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]])
def test_too_few_values_have_no_past_error(values: list[float]) -> None:
    found = past_error(values)
    assert found.count < 3
    assert np.isnan([found.mean, found.share]).all()
