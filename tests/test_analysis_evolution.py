from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlkpi.analysis.evolution import compare, effect, latest, usual_change
from xlkpi.analysis.trend import _variance, trend

finite = st.floats(-1e9, 1e9)


@pytest.mark.parametrize(
    ("previous", "current", "code"),
    [(100, 110, "growth"), (100, 90, "decline"), (100, 101, "steady"), (100, 100, "steady"), (0, 0, "steady"),
     (0, 1, "growth"), (-100, -90, "growth"), (None, 1, "not_enough_data"), (1, math.nan, "not_enough_data"),
     (1, math.inf, "not_enough_data")],
)  # fmt: skip
def test_two_values_give_the_evolution_word(previous, current, code):
    assert compare(previous, current).code == code


@pytest.mark.parametrize(
    ("code", "higher_is_better", "expected"),
    [("growth", True, "gain"), ("growth", False, "loss"), ("decline", True, "loss"),
     ("decline", False, "gain"), ("steady", True, "neutral"), ("growth", None, "neutral"),
     ("not_enough_data", True, "neutral")],
)  # fmt: skip
def test_gain_and_loss_go_by_effect_not_by_sign(code, higher_is_better, expected):
    assert effect(code, higher_is_better) == expected


def test_a_change_within_the_usual_noise_is_steady():
    noisy = [100, 112, 95, 108, 90, 111, 97]
    assert latest([*noisy, 105]).code == "steady"
    assert latest([*noisy, 160]).code == "growth"
    assert latest([100, 100.1, 100, 99.9, 100, 100.1, 100, 105]).code == "growth"


@pytest.mark.parametrize("values", [[], [1], [1, None], [None, 1]])
def test_the_latest_evolution_needs_two_values(values):
    assert latest(values).code == "not_enough_data"


def test_the_usual_change_leaves_out_gaps_and_outliers():
    assert usual_change([1, 2, None, 3, 5]) == 0
    assert usual_change([0, 1, 0, 1, 0, 1000, 0, 1, 0, 1]) < 3


@given(finite, finite)
def test_mirrored_values_mirror_the_word(previous, current):
    mirror = {"growth": "decline", "decline": "growth", "steady": "steady"}
    assert compare(-previous, -current).code == mirror[compare(previous, current).code]


def noise(series: int, periods: int, seed: int = 5) -> np.ndarray:
    return np.random.default_rng(seed).normal(100, 10, (series, periods))


def shares(codes: tuple[str, ...]) -> dict[str, float]:
    return {code: codes.count(code) / len(codes) for code in set(codes)}


@pytest.mark.parametrize("periods", [4, 6, 13, 26, 104])
def test_noise_is_called_steady_about_nine_times_in_ten(periods):
    assert shares(trend(noise(1000, periods)).code)["steady"] > 0.85


def test_autocorrelated_noise_is_not_taken_for_a_trend():
    steps = noise(1000, 104) - 100
    for t in range(1, 104):
        steps[:, t] += 0.6 * steps[:, t - 1]
    assert shares(trend(100 + steps).code)["steady"] > 0.8


def test_a_trend_of_the_size_of_the_noise_is_found_in_half_a_year_of_weeks():
    found = trend(noise(500, 26) + np.linspace(0, 25, 26))
    assert shares(found.code)["growth"] > 0.9
    assert np.median(found.slope) == pytest.approx(1.0, rel=0.1)
    assert np.median(found.noise) == pytest.approx(10, rel=0.15)


def test_an_outlier_does_not_make_a_trend():
    values = noise(300, 30)
    values[:, -1] *= 20
    assert shares(trend(values).code)["steady"] > 0.85


def test_a_season_is_not_a_trend():
    season = 40 * np.sin(2 * np.pi * np.arange(30) / 12)
    values = noise(500, 30) + season
    assert shares(trend(values, season_length=12).code)["steady"] > 0.85
    assert shares(trend(values + np.linspace(0, 40, 30), season_length=12).code)["growth"] > 0.8


def test_missing_values_are_left_out():
    values = noise(400, 40) + np.linspace(0, 50, 40)
    values[np.random.default_rng(1).random(values.shape) < 0.4] = np.nan
    found = trend(values)
    assert shares(found.code)["growth"] > 0.9
    assert np.isfinite(found.slope).all()


@pytest.mark.parametrize("season_length", [1, 4, 52])
@pytest.mark.parametrize(
    "row",
    [[], [1], [1, 2, 3], [np.nan] * 8, [1, np.nan, np.nan, np.nan, 2, np.nan, np.nan, 3], [np.inf] * 9],
)
def test_too_few_values_are_not_enough_data(row, season_length):
    found = trend([row], season_length=season_length)
    assert found.code == ("not_enough_data",)
    assert np.isnan(found.slope).all()


@pytest.mark.parametrize("value", [0.0, 5.0, -3.0, 1e300])
def test_a_constant_series_is_steady(value):
    found = trend([value] * 12)
    assert found.code == ("steady",)
    assert (found.slope[0], found.change[0], found.p_value[0]) == (0, 0, 1)


def test_a_real_but_tiny_trend_stays_within_the_dead_band():
    values = 1000 + np.arange(20) * 0.1
    assert trend(values).code == ("steady",)
    assert trend(values, dead_band=0).code == ("growth",)


def test_half_a_year_of_days_and_two_years_give_the_same_slope():
    values = np.arange(730) * 2.0 + noise(1, 730)
    assert trend(values).slope[0] == pytest.approx(2, rel=0.02)


@given(
    st.lists(
        st.lists(finite | st.just(math.nan) | st.just(math.inf), min_size=9, max_size=9),
        min_size=1,
        max_size=4,
    )
)
def test_turning_the_values_around_mirrors_the_trend(rows):
    values = np.array(rows)
    up, down = trend(values), trend(-values)
    assert up.slope == pytest.approx(-down.slope, nan_ok=True)
    assert up.p_value == pytest.approx(down.p_value, nan_ok=True)


@given(st.lists(finite, min_size=4, max_size=30), st.integers(-20, 20).map(lambda power: 2.0**power))
def test_the_unit_does_not_change_the_word(row, unit):
    """A power of two changes no digit, so that what was equal stays equal."""
    row = [value if abs(value) > 1e-200 else 0.0 for value in row]
    assert trend(row).p_value == pytest.approx(trend(np.array(row) * unit).p_value)


def test_the_cube_of_a_length_does_not_overflow():
    n = 2_000_000  # beyond 64 bits; WebAssembly counts in 32, so 1,300 periods were too many there
    assert _variance(np.arange(float(n))[None], 1)[0] == pytest.approx(n * (n - 1) * (2 * n + 5) / 18)
    ties = n * (n - 1) * (2 * n + 5)
    assert _variance(np.zeros((1, n)), 1)[0] == pytest.approx(0, abs=ties * 1e-12)


def test_bad_options_are_refused():
    with pytest.raises(ValueError, match="season_length"):
        trend([1, 2, 3, 4], season_length=0)
    with pytest.raises(ValueError, match="table"):
        trend(np.zeros((2, 2, 2)))
