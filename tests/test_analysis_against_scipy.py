"""The statistics written with `math` alone give the numbers of scipy and statsmodels."""

from __future__ import annotations

import math
import random
import warnings

import pytest

from xlkpi.analysis import ab_test
from xlkpi.analysis.distributions import fisher_exact, normal_tail, student_quantile, student_tail
from xlkpi.analysis.impact import impact

stats = pytest.importorskip("scipy.stats")


@pytest.fixture(scope="module")
def proportion():
    pytest.importorskip("statsmodels")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from statsmodels.stats import proportion

        return proportion


@pytest.fixture(scope="module")
def means():
    pytest.importorskip("statsmodels")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from statsmodels.stats.power import TTestIndPower

        return TTestIndPower()


def tables(count: int, seed: int) -> list[tuple[int, int, int, int]]:
    rng = random.Random(seed)
    result = []
    for _ in range(count):
        na, nb = (int(10 ** rng.uniform(0, 5)) for _ in "ab")
        rate = rng.choice([0, 1, rng.random(), rng.random() ** 4])
        other = min(1.0, rate * rng.uniform(0.5, 1.6))
        result.append((round(na * rate), na, round(nb * other), nb))
    return result


def test_normal_and_student_tails_equal_scipys():
    rng = random.Random(1)
    for _ in range(4000):
        t, freedom = rng.gauss(0, 1) * 10 ** rng.uniform(-3, 2), 10 ** rng.uniform(-0.3, 7)
        assert student_tail(t, freedom) == pytest.approx(stats.t.sf(t, freedom), abs=1e-9, rel=1e-8)
        assert normal_tail(t) == pytest.approx(stats.norm.sf(t), abs=1e-12, rel=1e-9)


def test_student_quantiles_equal_scipys():
    rng = random.Random(2)
    for _ in range(400):
        probability, freedom = rng.uniform(0.0005, 0.9995), 10 ** rng.uniform(0, 6)
        assert student_quantile(probability, freedom) == pytest.approx(stats.t.ppf(probability, freedom), rel=1e-9)


def test_fisher_exact_equals_scipys():
    rng = random.Random(3)
    for _ in range(1500):
        na, nb = rng.randint(1, 400), rng.randint(1, 400)
        a, b = rng.randint(0, na), rng.randint(0, nb)
        expected = stats.fisher_exact([[a, na - a], [b, nb - b]]).pvalue
        assert fisher_exact(a, na, b, nb) == pytest.approx(expected, rel=1e-8, abs=1e-12)


def test_fisher_exact_with_a_million_visitors_equals_scipys():
    expected = stats.fisher_exact([[2, 999_998], [9, 1_199_991]]).pvalue
    assert fisher_exact(2, 1_000_000, 9, 1_200_000) == pytest.approx(expected, rel=1e-7)


def test_proportions_equal_statsmodels(proportion):
    for a, na, b, nb in tables(2500, seed=4):
        found = ab_test.compare_proportions(a, na, b, nb)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            lower, upper = proportion.confint_proportions_2indep(b, nb, a, na, method="newcomb", compare="diff")
            z = proportion.proportions_ztest([a, b], [na, nb])[1]
        assert (found.lower, found.upper) == pytest.approx((lower, upper), abs=1e-9)
        expected = stats.fisher_exact([[a, na - a], [b, nb - b]]).pvalue if found.method == "fisher_exact" else z
        assert found.p_value == pytest.approx(expected, abs=1e-9, rel=1e-7)


def test_the_exact_test_is_used_where_scipy_finds_an_expected_count_below_five():
    for a, na, b, nb in tables(2500, seed=5):
        expected = stats.contingency.expected_freq([[a, na - a], [b, nb - b]])
        method = "fisher_exact" if expected.min() < 5 else "z_pooled"
        assert ab_test.compare_proportions(a, na, b, nb).method == method


def test_means_equal_scipys_welch_test():
    rng = random.Random(6)
    for _ in range(2500):
        na, nb = rng.randint(2, 60), rng.randint(2, 60)
        scale = 10 ** rng.uniform(-6, 9)
        a = [rng.gauss(3, 1) * scale for _ in range(na)]
        b = [rng.gauss(3.5, rng.uniform(0.2, 3)) * scale for _ in range(nb)]
        found = ab_test.compare_means(*ab_test.summary(a), *ab_test.summary(b))
        expected = stats.ttest_ind(b, a, equal_var=False)
        interval = expected.confidence_interval(0.95)
        assert found.p_value == pytest.approx(expected.pvalue, abs=1e-9, rel=1e-7)
        assert found.lower == pytest.approx(interval.low, rel=1e-7, abs=1e-9 * scale)
        assert found.upper == pytest.approx(interval.high, rel=1e-7, abs=1e-9 * scale)


def test_sample_size_of_means_is_the_least_with_the_power_of_statsmodels(means):
    rng = random.Random(6)
    for _ in range(200):
        effect, power = 10 ** rng.uniform(-2.5, 0.5), rng.choice([0.5, 0.7, 0.8, 0.9, 0.95])
        level = rng.choice([0.8, 0.9, 0.95, 0.99])
        count = ab_test.sample_size_means(1, effect, power=power, level=level)
        assert not means.power(effect, count, 1 - level) < power - 1e-9  # NaN where scipy can't tell
        assert count == 2 or not means.power(effect, count - 1, 1 - level) > power + 1e-9


def test_power_of_proportions_equals_statsmodels(proportion):
    rng = random.Random(7)
    for _ in range(500):
        rate, lift, n = rng.uniform(0.01, 0.6), rng.uniform(-0.5, 0.6), rng.randint(50, 50_000)
        if lift == 0:
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = proportion.power_proportions_2indep(rate * lift, rate, n, ratio=1, alpha=0.05)
        assert ab_test.power_proportions(rate, lift, n) == pytest.approx(expected.power, abs=1e-9)


def test_power_of_means_equals_statsmodels(means):
    rng, compared = random.Random(8), 0
    for _ in range(1500):
        count = int(10 ** rng.uniform(0.31, 4))
        effect, level = rng.uniform(0, 6) / math.sqrt(count / 2), rng.choice([0.8, 0.9, 0.95, 0.99, 0.999])
        expected = means.power(effect, count, 1 - level)
        if not math.isnan(expected):  # scipy's noncentral t has a few holes
            compared += 1
            assert ab_test.power_means(1, effect, count, level=level) == pytest.approx(expected, abs=1e-9)
    assert compared > 1450


def test_impact_without_autocorrelation_equals_scipys_welch_test():
    rng = random.Random(9)
    compared = 0
    for _ in range(600):
        before = [rng.gauss(50, 5) for _ in range(rng.randint(4, 30))]
        after = [rng.gauss(53, 8) for _ in range(rng.randint(4, 30))]
        found = impact(before, after)
        if "autocorrelated" in found.caveats:
            continue
        compared += 1
        expected = stats.ttest_ind(after, before, equal_var=False)
        assert found.p_value == pytest.approx(expected.pvalue, rel=1e-8)
    assert compared > 450
