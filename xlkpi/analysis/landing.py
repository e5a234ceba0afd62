"""Where a KPI will land at its due date, how likely a target is, and the rate that it needs.

All functions take and give one entry per series; a plain number stands for all of them. What depends on the
future comes from :func:`xlkpi.analysis.forecast.forecast`.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import erfc, sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xlkpi.analysis.forecast import Forecast

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Landing:
    """Estimates at the due date, one per series: `estimate` with the interval `lower` to `upper` of
    probability `level`, and `std`, the standard deviation of its error. NaN where it can't be told.
    """

    estimate: Array
    lower: Array
    upper: Array
    std: Array
    level: float


@dataclass(frozen=True)
class RunRate:
    """`required`: what each remaining period must bring; `current`: what each period brought so far."""

    required: Array
    current: Array


def land_level(forecast: Forecast, actual: ArrayLike, remaining: ArrayLike) -> Landing:
    """Landing of a measure that counts as its last value: the forecast for `remaining` periods ahead.

    With 0 periods remaining it is `actual`, for certain. Raises ValueError when `remaining` is negative,
    not whole or beyond the forecast's horizon.
    """
    now, ahead = _entries(actual, forecast), _remaining(remaining, forecast)
    estimate, lower, upper = (_at(t, ahead, now) for t in (forecast.mean, forecast.lower, forecast.upper))
    return Landing(estimate, lower, upper, _at(forecast.std, ahead, np.zeros(len(now))), forecast.level)


def land_sum(forecast: Forecast, so_far: ArrayLike, remaining: ArrayLike) -> Landing:
    """Landing of a measure that adds up: the sum so far plus the forecast of the `remaining` periods."""
    now, ahead = _entries(so_far, forecast), _remaining(remaining, forecast)
    zero = np.zeros(len(now))
    estimate = now + _at(np.cumsum(forecast.mean, axis=1), ahead, zero)
    std = _at(forecast.sum_std, ahead, zero)
    half = NormalDist().inv_cdf((1 + forecast.level) / 2) * std
    least = np.full(len(now), -np.inf)
    if forecast.minimum is not None:
        least = now + forecast.minimum * ahead
    return Landing(estimate, np.maximum(estimate - half, least), estimate + half, std, forecast.level)


def land_ratio(
    numerator: Forecast,
    denominator: Forecast,
    numerator_so_far: ArrayLike,
    denominator_so_far: ArrayLike,
    remaining: ArrayLike,
) -> Landing:
    """Landing of a ratio of sums over the whole time to the due date.

    The interval is that of the delta method, with the correlation of the two forecasts' one-step errors.
    Sums are asked for: a ratio of the last period only is a level. NaN when the denominator lands at zero
    or below.
    """
    above = land_sum(numerator, numerator_so_far, remaining)
    below = land_sum(denominator, denominator_so_far, remaining)
    bottom = np.where(below.estimate > 0, below.estimate, np.nan)
    estimate = above.estimate / bottom
    together = _correlation(numerator.errors, denominator.errors) * above.std * below.std
    variance = above.std**2 + (estimate * below.std) ** 2 - 2 * estimate * together
    std = np.sqrt(np.maximum(variance, 0.0)) / bottom
    half = NormalDist().inv_cdf((1 + numerator.level) / 2) * std
    least = 0.0 if numerator.minimum is not None and numerator.minimum >= 0 else -np.inf
    return Landing(estimate, np.maximum(estimate - half, least), estimate + half, std, numerator.level)


def probability(landing: Landing, *, at_least: ArrayLike | None = None, at_most: ArrayLike | None = None) -> Array:
    """Probability that each landing reaches `at_least`, stays under `at_most`, or lies between both.

    0 to 1, NaN where the landing or a limit is not known. A landing without spread gives 0 or 1. Raises
    ValueError without a limit.
    """
    if at_least is None and at_most is None:
        raise ValueError("give at_least, at_most or both")
    size = len(landing.estimate)
    low = np.broadcast_to(np.asarray(-np.inf if at_least is None else at_least, np.float64), (size,))
    high = np.broadcast_to(np.asarray(np.inf if at_most is None else at_most, np.float64), (size,))
    rows = zip(landing.estimate, landing.std, low, high, strict=True)
    return np.array([_between(*map(float, row)) for row in rows], dtype=np.float64)


def run_rate_sum(so_far: ArrayLike, target: ArrayLike, elapsed: ArrayLike, remaining: ArrayLike) -> RunRate:
    """Rates of a sum: what is lacking per remaining period, and the mean of the elapsed periods.

    A target already reached needs 0. NaN with no period remaining (required) or elapsed (current).
    """
    done, goal, past, left = _broadcast(so_far, target, elapsed, remaining)
    return RunRate(np.maximum(_divide(goal - done, left), 0.0), _divide(done, past))


def run_rate_level(
    baseline: ArrayLike, actual: ArrayLike, target: ArrayLike, elapsed: ArrayLike, remaining: ArrayLike
) -> RunRate:
    """Rates of a level: the change per remaining period that leads to the target, and the change per
    period since the baseline. Both carry their sign; NaN as in :func:`run_rate_sum`.
    """
    start, now, goal, past, left = _broadcast(baseline, actual, target, elapsed, remaining)
    return RunRate(_divide(goal - now, left), _divide(now - start, past))


def run_rate_ratio(
    numerator: ArrayLike, denominator: ArrayLike, target: ArrayLike, expected_denominator: ArrayLike
) -> RunRate:
    """Rates of a ratio of sums: the ratio that the remaining periods need if they bring
    `expected_denominator`, and the ratio so far.
    """
    top, bottom, goal, coming = _broadcast(numerator, denominator, target, expected_denominator)
    return RunRate(_divide(goal * (bottom + coming) - top, coming), _divide(top, bottom))


def _entries(values: ArrayLike, forecast: Forecast) -> Array:
    return np.array(np.broadcast_to(np.asarray(values, np.float64), (len(forecast.mean),)))


def _remaining(values: ArrayLike, forecast: Forecast) -> NDArray[np.int64]:
    given = np.broadcast_to(np.asarray(values, np.float64), (len(forecast.mean),))
    if not ((given >= 0) & (given == np.floor(given)) & (given <= forecast.horizon)).all():
        raise ValueError("remaining must be whole periods from 0 to the forecast's horizon")
    return given.astype(np.int64)


def _at(table: Array, ahead: NDArray[np.int64], none_left: Array) -> Array:
    """Each row's entry for its number of periods ahead, or `none_left` for 0."""
    padded = np.column_stack([none_left, table])
    return np.asarray(padded[np.arange(len(padded)), ahead])


def _correlation(first: Array, second: Array) -> Array:
    """Correlation of two tables of errors row by row; 0 with fewer than four common errors or no spread."""
    both = np.isfinite(first) & np.isfinite(second)
    a, b = np.where(both, first, 0.0), np.where(both, second, 0.0)
    a, b = _unit(a), _unit(b)
    return np.where(both.sum(axis=1) >= 4, np.clip((a * b).sum(axis=1), -1.0, 1.0), 0.0)


def _unit(rows: Array) -> Array:
    """Rows of length one (rows of zeros stay)."""
    largest = np.max(np.abs(rows), axis=1, initial=0.0, keepdims=True)
    rows = _divide(rows, largest, 0.0)
    return _divide(rows, np.sqrt((rows**2).sum(axis=1, keepdims=True)), 0.0)


def _between(estimate: float, std: float, low: float, high: float) -> float:
    if any(value != value for value in (estimate, std, low, high)):
        return float("nan")
    if std == 0:
        return float(low <= estimate <= high)
    reach, stay = ((limit - estimate) / (std * sqrt(2)) for limit in (low, high))
    if reach > 0:  # both tails on the same side: subtract the small ones
        return max(0.0, 0.5 * (erfc(reach) - erfc(stay)))
    return max(0.0, 0.5 * (erfc(-stay) - erfc(-reach)))


def _broadcast(*values: ArrayLike) -> list[Array]:
    return [np.atleast_1d(v) for v in np.broadcast_arrays(*(np.asarray(v, np.float64) for v in values))]


def _divide(top: Array, bottom: Array, otherwise: float = float("nan")) -> Array:
    top, bottom = np.broadcast_arrays(top, bottom)
    return np.asarray(np.divide(top, bottom, out=np.full(top.shape, otherwise), where=bottom != 0))
