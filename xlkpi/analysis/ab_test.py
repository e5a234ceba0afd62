"""Tests of a change between two variants: two proportions or two means, with nothing but `math`.

Sources: Newcombe, "Interval estimation for the difference between independent proportions", Statistics in
Medicine 17, 1998, method 10 (hybrid score); pooled z test, and Fisher's exact test when an expected count
is below five; Welch's t test. Variant a is the present one, b the new one: differences are b - a.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil, fsum, hypot, inf, isfinite, nan, sqrt

from xlkpi.analysis.distributions import (
    fisher_exact,
    normal_quantile,
    normal_tail,
    student_power,
    student_quantile,
    student_tail,
)

B_HIGHER = "b_higher"
A_HIGHER = "a_higher"
NO_DIFFERENCE = "no_difference"
NOT_ENOUGH_DATA = "not_enough_data"

_EXACT_UP_TO = 1e9  # observations beyond which the approximation is the exact number


@dataclass(frozen=True)
class Comparison:
    """What the data say about b against a.

    `a` and `b` are the two rates (fractions) or means, `difference` is b - a with the interval `lower` to
    `upper` of probability `level`, `lift` the difference as a fraction of a (NaN when a is zero), `p_value`
    two-sided, `method` one of `z_pooled`, `fisher_exact`, `welch_t`. `verdict` is `b_higher` or `a_higher`
    when the p-value is below 1 - level, `no_difference` when there were enough observations to see the
    smallest effect that matters, else `not_enough_data`. `needed` is the number of observations per variant
    with which that effect is seen, `more_needed` what the smaller variant lacks of it (0 when conclusive);
    both are NaN where it can't be told.
    """

    a: float
    b: float
    difference: float
    lower: float
    upper: float
    lift: float
    p_value: float
    method: str
    verdict: str
    needed: float
    more_needed: float
    level: float


def compare_proportions(
    successes_a: float,
    trials_a: float,
    successes_b: float,
    trials_b: float,
    *,
    level: float = 0.95,
    smallest_lift: float = 0.10,
    power: float = 0.80,
) -> Comparison:
    """Compare two rates, such as conversions of visitors.

    `smallest_lift` is the relative difference worth finding, used to say whether there are enough data.
    Raises ValueError for counts that are not whole, are negative, or exceed their trials.
    """
    _check_options(level, smallest_lift, power)
    xa, na = _count(successes_a, trials_a)
    xb, nb = _count(successes_b, trials_b)
    if na == 0 or nb == 0:
        rate_a, rate_b = (xa / na if na else nan), (xb / nb if nb else nan)
        return Comparison(rate_a, rate_b, nan, nan, nan, nan, nan, "z_pooled", NOT_ENOUGH_DATA, nan, nan, level)
    a, b = xa / na, xb / nb
    lower, upper = newcombe(xa, na, xb, nb, level=level)
    pooled = (xa + xb) / (na + nb)
    if min(na, nb) * min(pooled, 1 - pooled) < 5:
        method, p_value = "fisher_exact", fisher_exact(xa, na, xb, nb)
    else:
        method = "z_pooled"
        z = abs(b - a) / sqrt(pooled * (1 - pooled) * (1 / na + 1 / nb))
        p_value = min(1.0, 2 * normal_tail(z))
    base = a if 0 < a < 1 else (xa + 1) / (na + 2)
    needed = sample_size_proportions(base, smallest_lift, level=level, power=power)
    verdict, more = _verdict(b - a, p_value, level, needed, min(na, nb))
    return Comparison(a, b, b - a, lower, upper, _lift(a, b), p_value, method, verdict, needed, more, level)


def compare_means(
    mean_a: float,
    deviation_a: float,
    count_a: float,
    mean_b: float,
    deviation_b: float,
    count_b: float,
    *,
    level: float = 0.95,
    smallest_lift: float = 0.10,
    power: float = 0.80,
) -> Comparison:
    """Compare two means from mean, sample standard deviation (n - 1) and number of observations of each.

    :func:`summary` computes these from values. Raises ValueError for a negative deviation or a count that
    is not whole.
    """
    _check_options(level, smallest_lift, power)
    (na, _), (nb, _) = _count(count_a, count_a), _count(count_b, count_b)
    if min(deviation_a, deviation_b) < 0:
        raise ValueError("a standard deviation can't be negative")
    figures = (mean_a, deviation_a, mean_b, deviation_b)
    if min(na, nb) < 2 or not all(map(isfinite, figures)):
        return Comparison(
            mean_a, mean_b, mean_b - mean_a, nan, nan, _lift(mean_a, mean_b), nan, "welch_t",
            NOT_ENOUGH_DATA, nan, nan, level,
        )  # fmt: skip
    difference = mean_b - mean_a
    lower, upper, p_value = welch(mean_a, deviation_a, na, mean_b, deviation_b, nb, level=level)
    spread = hypot(deviation_a, deviation_b) / sqrt(2)
    effect = abs(mean_a) * smallest_lift
    needed = sample_size_means(spread, effect, level=level, power=power) if effect > 0 else nan
    verdict, more = _verdict(difference, p_value, level, needed, min(na, nb))
    return Comparison(
        mean_a, mean_b, difference, lower, upper, _lift(mean_a, mean_b), p_value, "welch_t",
        verdict, needed, more, level,
    )  # fmt: skip


def summary(values: Iterable[float | None]) -> tuple[float, float, int]:
    """Mean, sample standard deviation and number of the known values (None, NaN and infinities are not)."""
    known = [float(v) for v in values if v is not None and isfinite(v)]
    n = len(known)
    if n == 0:
        return nan, nan, 0
    scale = max(map(abs, known)) or 1.0
    mean = fsum(v / scale for v in known) / n
    if n == 1:
        return mean * scale, nan, 1
    return mean * scale, sqrt(fsum((v / scale - mean) ** 2 for v in known) / (n - 1)) * scale, n


def wilson(successes: float, trials: float, *, level: float = 0.95) -> tuple[float, float]:
    """Wilson's score interval of one proportion (trials above zero)."""
    z = normal_quantile((1 + level) / 2)
    rate, share = successes / trials, z * z / trials
    centre = rate + share / 2
    half = z * sqrt(rate * (1 - rate) / trials + share / (4 * trials))
    return max(0.0, (centre - half) / (1 + share)), min(1.0, (centre + half) / (1 + share))


def newcombe(
    successes_a: float, trials_a: float, successes_b: float, trials_b: float, *, level: float = 0.95
) -> tuple[float, float]:
    """Newcombe's hybrid score interval of the difference b - a of two proportions (trials above zero)."""
    a, b = successes_a / trials_a, successes_b / trials_b
    low_a, high_a = wilson(successes_a, trials_a, level=level)
    low_b, high_b = wilson(successes_b, trials_b, level=level)
    below = sqrt((b - low_b) ** 2 + (high_a - a) ** 2)
    above = sqrt((high_b - b) ** 2 + (a - low_a) ** 2)
    return b - a - below, b - a + above


def welch(
    mean_a: float,
    deviation_a: float,
    count_a: float,
    mean_b: float,
    deviation_b: float,
    count_b: float,
    *,
    level: float = 0.95,
) -> tuple[float, float, float]:
    """Welch's interval of b - a and two-sided p-value. Counts above one; they need not be whole.

    Without any spread the interval is a point and the p-value 1 or 0. Source: Welch, "The generalization of Student's
    problem when several different population variances are involved", Biometrika 34, 1947.
    """
    difference = mean_b - mean_a
    scale = max(deviation_a, deviation_b)
    if scale == 0:
        return difference, difference, float(difference == 0)
    va, vb = (deviation_a / scale) ** 2 / count_a, (deviation_b / scale) ** 2 / count_b
    error = scale * sqrt(va + vb)
    share = va / (va + vb)
    freedom = 1 / (share**2 / (count_a - 1) + (1 - share) ** 2 / (count_b - 1))
    half = student_quantile((1 + level) / 2, freedom) * error
    return difference - half, difference + half, 2 * student_tail(abs(difference) / error, freedom)


def sample_size_proportions(rate: float, lift: float, *, level: float = 0.95, power: float = 0.80) -> float:
    """Visitors needed per variant to see a relative `lift` of `rate` (two-sided z test), a whole number.

    The variance under no difference is pooled (Fleiss, Levin and Paik, Statistical Methods for Rates and
    Proportions, 3rd edition, section 4.2, without continuity correction). A lift that would pass a rate of
    1 is taken as a fall of the same size; NaN when the rate is not between 0 and 1 or the lift is zero.
    """
    _check_options(level, abs(lift) or 1.0, power)
    if not 0 < rate < 1 or lift == 0:
        return nan
    other = rate * (1 + lift)
    if not 0 <= other <= 1:
        other = rate * (1 - lift)
    if not 0 <= other <= 1:
        return nan
    mean = (rate + other) / 2
    z_level, z_power = normal_quantile((1 + level) / 2), normal_quantile(power)
    root = z_level * sqrt(2 * mean * (1 - mean)) + z_power * sqrt(rate * (1 - rate) + other * (1 - other))
    return _whole((root / (other - rate)) ** 2)


def sample_size_means(deviation: float, effect: float, *, level: float = 0.95, power: float = 0.80) -> float:
    """Observations needed per variant to see a difference of `effect` (two-sided t test), a whole number.

    Exact: the least number whose :func:`power_means` reaches `power`, sought from :func:`sample_near`. At least 2; NaN
    when the effect is zero.
    """
    _check_options(level, abs(effect) or 1.0, power)
    if effect == 0:
        return nan
    count = max(2.0, _whole(sample_near(deviation / effect, *sample_terms(level, power))))
    if deviation <= 0 or count > _EXACT_UP_TO:
        return count
    low, step = count, 1.0  # the wanted number lies in (low, count] once neither moves
    while low >= 2 and power_means(deviation, effect, low, level=level) >= power:
        low, count, step = low - step, low, 2 * step
    while power_means(deviation, effect, count, level=level) < power:
        low, count, step = count, count + step, 2 * step
    low = max(1.0, low)
    while count - low > 1:
        middle = float((low + count) // 2)
        if power_means(deviation, effect, middle, level=level) >= power:
            count = middle
        else:
            low = middle
    return count


def sample_terms(level: float, power: float) -> tuple[float, float, float]:
    """The numbers of :func:`sample_near` for a level and a power, as a native formula has them."""
    z, right = normal_quantile((1 + level) / 2), normal_quantile(power)
    other = right
    for _ in range(20):  # what is seen on the wrong side is part of the power, too
        beyond = power - normal_tail(2 * z + other)
        other = normal_quantile(beyond) if 0 < beyond < 1 else right
    total = z + other
    second = (5 * z**5 + 6 * z**3 + 9 * z**4 * other + 6 * z**2 * other + 4 * z**3 * other**2) / 96
    return 2 * total**2, z**2 / 4, z**2 / 4 - 3 * z**4 / 64 + second / (2 * total)


def sample_near(ratio: float, first: float, second: float, third: float) -> float:
    """Observations per variant for a deviation of ``ratio`` effects, in closed form and not yet a whole number.

    Guenther's approximation (The American Statistician 35, 1981: the first two terms) with the next term of the same
    expansion of the noncentral t quantile in 1/n (Cornish and Fisher): from about ten observations on, rounded up it
    is :func:`sample_size_means` but for less than one in a thousand.
    """
    near = first * ratio * ratio
    return near + second + third / max(near, 2)


def power_proportions(rate: float, lift: float, trials: float, *, level: float = 0.95) -> float:
    """Probability of seeing a relative `lift` of `rate` with `trials` per variant; NaN where it has no
    meaning.
    """
    other = rate * (1 + lift)
    if not 0 < rate < 1 or not 0 <= other <= 1 or trials <= 0:
        return nan
    mean = (rate + other) / 2
    alone = sqrt(rate * (1 - rate) + other * (1 - other))
    limit = normal_quantile((1 + level) / 2) * sqrt(2 * mean * (1 - mean))
    distance = abs(other - rate) * sqrt(trials)
    return normal_tail((limit - distance) / alone) + normal_tail((limit + distance) / alone)


def power_means(deviation: float, effect: float, count: float, *, level: float = 0.95) -> float:
    """Probability of seeing a difference of `effect` with `count` per variant (two-sided t test with equal
    variances, by the noncentral t distribution); NaN below two observations or without spread.
    """
    if not (deviation > 0 and count >= 2):
        return nan
    freedom = 2 * (count - 1)
    limit = student_quantile((1 + level) / 2, freedom)
    return student_power(abs(effect) / deviation * sqrt(count / 2), freedom, limit)


def _verdict(difference: float, p_value: float, level: float, needed: float, smaller: int) -> tuple[str, float]:
    if p_value < 1 - level:
        return (B_HIGHER if difference > 0 else A_HIGHER), 0.0
    if needed <= smaller:
        return NO_DIFFERENCE, 0.0
    return NOT_ENOUGH_DATA, needed - smaller


def _lift(a: float, b: float) -> float:
    return (b - a) / abs(a) if a else nan


def _whole(value: float) -> float:
    return float(ceil(value)) if isfinite(value) else inf


def _count(successes: float, trials: float) -> tuple[int, int]:
    for value in (successes, trials):
        if not isfinite(value) or value < 0 or value != int(value):
            raise ValueError("counts must be whole numbers of at least zero")
    if successes > trials:
        raise ValueError("a count can't exceed the number of trials it comes from")
    return int(successes), int(trials)


def _check_options(level: float, smallest: float, power: float) -> None:
    if not (0 < level < 1 and 0 < power < 1):
        raise ValueError("level and power must lie between 0 and 1")
    if not smallest > 0:
        raise ValueError("the smallest effect worth finding must be above zero")
