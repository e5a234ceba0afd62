from __future__ import annotations

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xlkpi.analysis.ab_test import (
    compare_means,
    compare_proportions,
    newcombe,
    power_means,
    power_proportions,
    sample_near,
    sample_size_means,
    sample_size_proportions,
    sample_terms,
    summary,
    wilson,
)


@st.composite
def counts(draw):
    trials = draw(st.integers(1, 100_000))
    return draw(st.integers(0, trials)), trials


def test_newcombes_published_example_is_reproduced():
    assert newcombe(48, 80, 56, 70) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    assert newcombe(0, 10, 0, 20) == pytest.approx((-0.2775, 0.1611), abs=5e-5)


def test_a_clear_winner_is_told_with_its_lift():
    found = compare_proportions(200, 10_000, 260, 10_000)
    assert (found.verdict, found.more_needed) == ("b_higher", 0)
    assert found.lift == pytest.approx(0.3)
    assert 0 < found.lower < found.difference < found.upper


def test_a_worse_variant_is_told():
    assert compare_proportions(260, 10_000, 200, 10_000).verdict == "a_higher"


def test_small_counts_use_the_exact_test():
    found = compare_proportions(1, 12, 5, 11)
    assert found.method == "fisher_exact"
    assert found.p_value == pytest.approx(0.0686, abs=5e-5)


def test_too_little_data_says_how_much_more_is_needed():
    found = compare_proportions(20, 1000, 24, 1000)
    assert found.verdict == "not_enough_data"
    assert found.needed == sample_size_proportions(0.02, 0.10)
    assert found.more_needed == found.needed - 1000


def test_enough_data_without_a_difference_says_so():
    assert compare_proportions(20_000, 100_000, 20_010, 100_000).verdict == "no_difference"


@pytest.mark.parametrize("table", [(0, 0, 1, 5), (1, 5, 0, 0), (0, 0, 0, 0)])
def test_a_variant_without_visitors_is_not_enough_data(table):
    found = compare_proportions(*table)
    assert found.verdict == "not_enough_data"
    assert math.isnan(found.p_value)


@pytest.mark.parametrize(
    "table", [(-1, 5, 1, 5), (6, 5, 1, 5), (1.5, 5, 1, 5), (1, math.inf, 1, 5), (1, math.nan, 1, 5)]
)
def test_impossible_counts_are_refused(table):
    with pytest.raises(ValueError, match="count"):
        compare_proportions(*table)


@given(counts(), counts())
def test_swapping_the_variants_mirrors_everything(a, b):
    one, other = compare_proportions(*a, *b), compare_proportions(*b, *a)
    assert one.difference == pytest.approx(-other.difference)
    assert (one.lower, one.upper) == pytest.approx((-other.upper, -other.lower), abs=1e-12)
    assert one.p_value == pytest.approx(other.p_value, rel=1e-6)


@given(counts(), counts())
def test_probabilities_and_intervals_stay_in_their_range(a, b):
    found = compare_proportions(*a, *b)
    assert 0 <= found.p_value <= 1
    assert -1 - 1e-12 <= found.lower <= found.difference <= found.upper <= 1 + 1e-12


@given(counts())
def test_wilsons_interval_holds_the_rate(count):
    lower, upper = wilson(*count)
    assert 0 <= lower <= count[0] / count[1] + 1e-12
    assert count[0] / count[1] - 1e-12 <= upper <= 1


def test_the_false_alarm_rate_is_what_the_level_says():
    rng = random.Random(11)
    alarms = 0
    for _ in range(1500):
        a, b = (sum(rng.random() < 0.3 for _ in range(200)) for _ in "ab")
        alarms += compare_proportions(a, 200, b, 200).p_value < 0.05
    assert 0.03 < alarms / 1500 < 0.07


def test_means_of_clearly_different_baskets():
    found = compare_means(50, 10, 400, 54, 12, 400)
    assert found.verdict == "b_higher"
    assert found.lift == pytest.approx(0.08)


#: Hours of sleep gained with two drugs: Cushny and Peebles, as given by Student, "The probable error of a mean",
#: Biometrika 6, 1908.
SLEEP = (
    (0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0),
    (1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4),
)


def test_students_sleep_data_give_the_welch_test_that_r_prints():
    """The output of ``t.test(extra ~ group, data = sleep)``, as R's manual has it: t = -1.8608, df = 17.776."""
    found = compare_means(*summary(SLEEP[0]), *summary(SLEEP[1]))
    assert (found.a, found.b) == pytest.approx((0.75, 2.33))
    assert found.p_value == pytest.approx(0.07939, abs=5e-6)
    assert (found.lower, found.upper) == pytest.approx((-0.2054832, 3.3654832), abs=5e-8)
    assert found.method == "welch_t"


@st.composite
def measured(draw):
    mean = draw(st.floats(-1e6, 1e6))
    return mean, draw(st.floats(1e-3, 1e6)), draw(st.integers(2, 10_000))


@settings(deadline=None)
@given(measured(), measured())
def test_swapping_two_means_mirrors_everything(a, b):
    one, other = compare_means(*a, *b), compare_means(*b, *a)
    assert one.difference == -other.difference
    assert (one.lower, one.upper) == pytest.approx((-other.upper, -other.lower))
    assert one.p_value == pytest.approx(other.p_value)
    mirrored = {"b_higher": "a_higher", "a_higher": "b_higher"}
    if one.p_value < 0.05:
        assert other.verdict == mirrored[one.verdict]


@settings(deadline=None)
@given(measured(), measured(), st.integers(2, 50))
def test_more_observations_make_the_interval_of_a_difference_shorter(a, b, times):
    one = compare_means(*a, *b)
    other = compare_means(a[0], a[1], a[2] * times, b[0], b[1], b[2] * times)
    assert other.upper - other.lower < (one.upper - one.lower) * (1 + 1e-12)


def test_a_difference_too_small_to_square_is_none():
    assert compare_means(1e-195, 1, 5, 0, 1, 5).p_value == 1


def test_huge_deviations_do_not_overflow():
    found = compare_means(1e300, 1e250, 10**12, 50, 12, 400)
    assert (found.verdict, found.p_value) == ("a_higher", 0)


@pytest.mark.parametrize(("level", "power"), [(0.95, 0.8), (0.95, 0.9), (0.9, 0.8), (0.99, 0.95)])
def test_the_sample_of_means_in_closed_form_is_the_exact_one(level, power):
    terms = sample_terms(level, power)
    for i in range(60):
        ratio = 0.8 * 1.13**i
        exact = sample_size_means(ratio, 1, level=level, power=power)
        assert math.ceil(sample_near(ratio, *terms)) == exact, ratio


def test_single_observations_are_not_enough_data():
    assert compare_means(50, math.nan, 1, 54, 12, 400).verdict == "not_enough_data"


def test_constant_samples_differ_or_not():
    assert compare_means(5, 0, 10, 5, 0, 10).p_value == 1
    assert compare_means(5, 0, 10, 6, 0, 10).p_value == 0


def test_a_mean_of_zero_has_no_lift_and_no_sample_size():
    found = compare_means(0, 1, 50, 0.1, 1, 50)
    assert math.isnan(found.lift)
    assert math.isnan(found.needed)
    assert found.verdict == "not_enough_data"


def test_a_negative_deviation_is_refused():
    with pytest.raises(ValueError, match="deviation"):
        compare_means(1, -1, 10, 1, 1, 10)


def test_summary_leaves_out_what_is_not_known():
    mean, deviation, count = summary([1, None, 3, math.nan, math.inf])
    assert (mean, count) == (2, 2)
    assert deviation == pytest.approx(math.sqrt(2))
    assert summary([4])[0::2] == (4, 1)
    assert summary([])[2] == 0


def test_summary_of_huge_values_does_not_overflow():
    mean, deviation, _ = summary([1e300, 3e300])
    assert mean == pytest.approx(2e300)
    assert deviation == pytest.approx(math.sqrt(2) * 1e300)


@given(st.floats(0.001, 0.5), st.floats(0.02, 0.9), st.sampled_from([0.5, 0.8, 0.9]))
def test_the_sample_size_reaches_the_power_asked_for_and_one_tenth_less_does_not(rate, lift, power):
    n = sample_size_proportions(rate, lift, power=power)
    assert power_proportions(rate, lift, n) >= power - 1e-9
    if n > 100:
        assert power_proportions(rate, lift, n * 0.9) < power


@given(st.floats(0.01, 0.9), st.sampled_from([0.5, 0.8, 0.9]))
def test_the_sample_size_of_means_reaches_its_power(effect, power):
    assert power_means(1, effect, sample_size_means(1, effect, power=power)) >= power - 1e-9


def test_a_known_sample_size():
    assert sample_size_proportions(0.10, 0.10) == 14_751
    assert sample_size_means(1, 0.5) == 64


@pytest.mark.parametrize(("rate", "lift"), [(0, 0.1), (1, 0.1), (0.1, 0), (math.nan, 0.1)])
def test_a_sample_size_without_meaning_is_not_a_number(rate, lift):
    assert math.isnan(sample_size_proportions(rate, lift))


def test_options_outside_their_range_are_refused():
    with pytest.raises(ValueError, match="level"):
        compare_proportions(1, 10, 1, 10, level=1)
    with pytest.raises(ValueError, match="smallest"):
        compare_proportions(1, 10, 1, 10, smallest_lift=0)
