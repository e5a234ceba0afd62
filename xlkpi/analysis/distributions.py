"""Normal, Student t and hypergeometric tails with nothing but `math`, for functions that run in a cell.

Sources: the continued fraction of the incomplete beta function (DLMF 8.17.22) by the modified Lentz method,
and the series of a ratio of gamma functions (DLMF 5.11.13).
"""

from __future__ import annotations

from math import ceil, erfc, exp, expm1, inf, isinf, lgamma, log, log1p, nan, pi, sqrt
from statistics import NormalDist

_SMALL = 1e-300


def normal_tail(z: float) -> float:
    """P(Z > z)."""
    return 0.5 * erfc(z / sqrt(2))


def normal_quantile(probability: float) -> float:
    """The z with P(Z <= z) = probability; infinite at 0 and 1."""
    if probability <= 0 or probability >= 1:
        return -inf if probability <= 0 else inf
    return NormalDist().inv_cdf(probability)


def student_tail(t: float, freedom: float) -> float:
    """P(T > t) of Student's distribution with `freedom` degrees (any positive number)."""
    if t != t or freedom != freedom or freedom <= 0:
        return nan
    if isinf(freedom):
        return normal_tail(t)
    if isinf(t):
        return 0.0 if t > 0 else 1.0
    half = 0.5 * _two_sided(abs(t), freedom)
    return half if t >= 0 else 1 - half


def student_quantile(probability: float, freedom: float) -> float:
    """The t with P(T <= t) = probability, found by bracketing and bisection to full precision."""
    if probability <= 0 or probability >= 1:
        return -inf if probability <= 0 else inf
    if probability < 0.5:
        return -student_quantile(1 - probability, freedom)
    tail = 1 - probability
    low, high = 0.0, max(2.0, 2 * normal_quantile(probability))
    while student_tail(high, freedom) > tail and high < 1e300:
        low, high = high, high * 4
    for _ in range(200):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        if student_tail(middle, freedom) > tail:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def student_power(shift: float, freedom: float, limit: float) -> float:
    """P(|T| > limit) of the noncentral t distribution: the power of a two-sided t test.

    T is (Z + shift) / S, where S**2 * freedom has a chi-square distribution: the tails of Z are integrated over the
    logarithm of S by the trapezoidal rule, which converges exponentially because the integrand dies away at both ends.
    """
    if not (freedom > 0 and limit >= 0 and shift == shift):
        return nan
    deviation = 1 / sqrt(2 * freedom)  # of log S, nearly
    low, high = -max(10 * deviation, 40 / freedom), max(10 * deviation, 8 * deviation + 1 / freedom)
    step = min(deviation, 0.35) / 8
    total = weights = 0.0
    for i in range(ceil((high - low) / step) + 1):
        log_s = low + i * step
        square = expm1(2 * log_s)  # S**2 - 1, with its digits near 1
        weight = exp(freedom * (log_s - square / 2))
        s = exp(log_s)
        weights += weight
        total += weight * (normal_tail(limit * s - shift) + normal_tail(limit * s + shift))
    return min(1.0, total / weights)


def log_choose(n: int, k: int) -> float:
    """Logarithm of the number of ways to choose k of n."""
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)


def fisher_exact(successes_a: int, trials_a: int, successes_b: int, trials_b: int) -> float:
    """Two-sided p-value of Fisher's exact test: the probability of all tables no likelier than the one
    seen.
    """
    successes = successes_a + successes_b
    lowest, highest = max(0, successes - trials_b), min(trials_a, successes)
    relative, seen, weight = [], 0.0, 0.0  # log of each table's probability against that of the first
    for k in range(lowest, highest + 1):
        relative.append(weight)
        if k == successes_a:
            seen = weight
        if k < highest:
            weight += log((trials_a - k) * (successes - k)) - log((k + 1) * (trials_b - successes + k + 1))
    top = max(relative)
    tables = [exp(value - top) for value in relative]
    limit = exp(seen - top) * (1 + 1e-7)
    return min(1.0, sum(table for table in tables if table <= limit) / sum(tables))


def _two_sided(t: float, freedom: float) -> float:
    """P(|T| > t): the regularised incomplete beta function at freedom / (freedom + t**2) with freedom/2
    and 1/2.
    """
    a, b = freedom / 2, 0.5
    square = t * t / freedom
    if square == 0:
        return 1.0
    if isinf(square):
        return 0.0
    x, rest = 1 / (1 + square), square / (1 + square)
    front = exp(-a * log1p(square) + b * log(rest)) * _gamma_ratio(a) / sqrt(pi)
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(a, b, x) / a
    return 1 - front * _fraction(b, a, rest) / b


def _gamma_ratio(a: float) -> float:
    """gamma(a + 1/2) / gamma(a); the series keeps the digits that lgamma loses for a large a."""
    if a < 100:
        return exp(lgamma(a + 0.5) - lgamma(a))
    series = 1 - 1 / (8 * a) + 1 / (128 * a**2) + 5 / (1024 * a**3) - 21 / (32768 * a**4)
    return sqrt(a) * series


def _fraction(a: float, b: float, x: float) -> float:
    c, d = 1.0, 1 / _away_from_zero(1 - (a + b) * x / (a + 1))
    result = d
    for m in range(1, 100_000):
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / _away_from_zero(1 + term * d)
            c = _away_from_zero(1 + term / c)
            result *= d * c
        if abs(d * c - 1) < 1e-15:
            break
    return result


def _away_from_zero(value: float) -> float:
    return value if abs(value) > _SMALL else _SMALL
