from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlkpi.analysis.impact import impact

QUIET = [100, 103, 98, 101, 99, 102, 97, 100, 101, 99]
RAISED = [value + 20 for value in QUIET]


def test_a_clear_rise_is_a_gain_with_its_interval_and_share():
    found = impact(QUIET, RAISED)
    assert found.verdict == "gain"
    assert found.effect == pytest.approx(20)
    assert found.share == pytest.approx(0.2)
    assert 17 < found.lower < 20 < found.upper < 23


def test_a_rising_cost_is_a_loss():
    assert impact(QUIET, RAISED, higher_is_better=False).verdict == "loss"


def test_a_kpi_without_a_good_direction_has_changed():
    assert impact(QUIET, RAISED, higher_is_better=None).verdict == "changed"


def test_the_same_values_show_no_effect():
    assert impact(QUIET, QUIET[::-1]).verdict == "no_visible_effect"


@pytest.mark.parametrize(
    ("before", "after"),
    [([], []), ([1, 2], QUIET), (QUIET, [1, None, 2]), ([math.nan] * 9, QUIET), (QUIET, [math.inf] * 9)],
)
def test_two_known_values_are_not_enough(before, after):
    found = impact(before, after)
    assert found.verdict == "not_enough_data"
    assert math.isnan(found.effect)


def test_a_control_takes_away_what_would_have_happened_anyway():
    found = impact(QUIET, RAISED, control_before=QUIET[::-1], control_after=RAISED[::-1])
    assert found.effect == pytest.approx(0)
    assert found.verdict == "no_visible_effect"
    assert "no_control" not in found.caveats


def test_a_trend_that_was_there_before_is_told():
    rising = [10 + t + 0.1 * (-1) ** t for t in range(12)]
    assert "trend_before" in impact(rising, [v + 12 for v in rising]).caveats


@pytest.mark.parametrize(
    ("before", "after", "options", "caveat"),
    [
        (QUIET, RAISED, {}, "no_control"),
        (QUIET[:5], RAISED, {}, "short_window"),
        (QUIET * 3, RAISED, {}, "unequal_windows"),
        (QUIET, RAISED, {"season_length": 7}, "partial_season"),
        ([*QUIET, None], RAISED, {}, "missing_values"),
    ],
)
def test_caveats_are_told(before, after, options, caveat):
    assert caveat in impact(before, after, **options).caveats


def test_whole_complete_windows_have_only_the_caveat_of_no_control():
    weeks = [100, 99, 103, 98, 102, 97, 101] * 2
    assert impact(weeks, [v + 9 for v in weeks], season_length=7).caveats == ("no_control",)


def test_noise_is_taken_for_an_effect_about_as_often_as_the_level_says():
    rng = random.Random(21)
    found = [impact([rng.gauss(9, 2) for _ in range(13)], [rng.gauss(9, 2) for _ in range(13)]) for _ in range(800)]
    assert sum(f.verdict != "no_visible_effect" for f in found) / 800 < 0.08


def test_autocorrelated_noise_rarely_passes_for_an_effect():
    rng = random.Random(22)
    alarms = 0
    for _ in range(400):
        values = [0.0]
        for _ in range(79):
            values.append(0.6 * values[-1] + rng.gauss(0, 1))
        alarms += impact(values[:40], values[40:]).verdict != "no_visible_effect"
    assert alarms / 400 < 0.13


@given(
    st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=20),
    st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=20),
)
def test_swapping_the_windows_mirrors_the_effect(before, after):
    one, other = impact(before, after), impact(after, before)
    assert one.effect == pytest.approx(-other.effect, abs=1e-6)
    assert one.p_value == pytest.approx(other.p_value, abs=1e-9)


def test_windows_that_do_not_match_their_control_are_refused():
    with pytest.raises(ValueError, match="control"):
        impact(QUIET, RAISED, control_before=QUIET)
    with pytest.raises(ValueError, match="periods"):
        impact(QUIET, RAISED, control_before=QUIET[1:], control_after=RAISED)
    with pytest.raises(ValueError, match="level"):
        impact(QUIET, RAISED, level=95)
