"""The trend of many series at once, told apart from noise.

The slope is the median of the slopes between all pairs of periods (Theil and Sen), the test is Mann and
Kendall's, both per season and pooled where a season is given (Hirsch, Slack and Smith, "Techniques of trend
analysis for monthly water quality data", Water Resources Research 18, 1982). Its variance is widened by the
autocorrelation of the residuals (Yue and Wang, Water Resources Management 18, 2004), lag one only.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import erfc, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xlkpi.analysis.evolution import DECLINE, GROWTH, NOT_ENOUGH_DATA, STEADY

Array = NDArray[np.float64]

SHORTEST = 4
_PAIRS_AT_ONCE = 4_000_000
_ALL_PAIRS_UP_TO = 120  # periods; beyond, only pairs at least half the span apart give slopes


@dataclass(frozen=True)
class Trend:
    """Trends, one entry per series.

    `code` is growth, steady, decline or not_enough_data; `slope` the change per period in the unit of the
    values; `change` the slope times the span as a fraction of the mean absolute value; `noise` the robust
    standard deviation around the line; `p_value` two-sided. NaN where there are not enough data.
    """

    code: tuple[str, ...]
    slope: Array
    change: Array
    noise: Array
    p_value: Array


def trend(values: ArrayLike, *, season_length: int = 1, dead_band: float = 0.02, significance: float = 0.10) -> Trend:
    """The trend of every row of `values` (series x periods, oldest first; NaN and infinities are
    missing).

    A series grows or declines when its `change` exceeds `dead_band` and its p-value is below
    `significance`. With a `season_length`, a period is compared only with the same period of other cycles
    where the series spans two of them. Series with fewer than four known values have not_enough_data.
    Raises ValueError for more than two dimensions, a season below 1 or a negative dead band.
    """
    data = np.array(values, dtype=np.float64, ndmin=2)
    if data.ndim != 2:
        raise ValueError("values must be one series or a table of series x periods")
    if season_length < 1 or dead_band < 0:
        raise ValueError("season_length must be at least 1 and dead_band must not be negative")
    data[np.isinf(data)] = np.nan
    series, periods = data.shape
    known = np.isfinite(data)
    enough = known.sum(axis=1) >= SHORTEST
    lag = season_length if periods >= max(2 * season_length, season_length + 3) else 1
    slope, noise, p_value, change = (np.full(series, np.nan) for _ in range(4))
    rows = np.flatnonzero(enough)
    block = max(1, _PAIRS_AT_ONCE // max(1, periods * periods // (2 * lag)))
    for start in range(0, len(rows), block):
        part = rows[start : start + block]
        scale = np.nanmax(np.abs(data[part]), axis=1)
        scale[scale == 0] = 1.0
        found = _fit(data[part] / scale[:, None], lag)
        slope[part], noise[part], p_value[part] = found[0] * scale, found[1] * scale, found[2]
        change[part] = found[3]
    code = np.full(series, STEADY, dtype=object)
    clear = enough & (np.abs(change) > dead_band) & (p_value < significance)
    code[clear & (slope > 0)], code[clear & (slope < 0)], code[~enough] = GROWTH, DECLINE, NOT_ENOUGH_DATA
    return Trend(tuple(code.tolist()), slope, change, noise, p_value)


def _fit(data: Array, lag: int) -> tuple[Array, Array, Array, Array]:
    """Slope, noise, p-value and relative change of rows scaled to at most 1."""
    series, periods = data.shape
    longest = (periods - 1) // lag
    from_lag = 1 if periods <= _ALL_PAIRS_UP_TO else max(1, longest // 2)
    score = np.zeros(series)
    slopes = []
    for cycles in range(1, longest + 1):
        step = cycles * lag
        differences = data[:, step:] - data[:, :-step]
        score += np.nansum(np.sign(differences), axis=1)
        if cycles >= from_lag:
            slopes.append(differences / step)
    pairs = np.concatenate(slopes, axis=1)
    possible = np.isfinite(pairs).any(axis=1)
    slope = np.full(series, np.nan)
    slope[possible] = np.nanmedian(pairs[possible], axis=1)
    line = data - slope[:, None] * np.arange(periods)
    residuals = np.where(np.isfinite(slope)[:, None], line, np.nan)
    for phase in range(lag):
        own = residuals[:, phase::lag]
        some = np.isfinite(own).any(axis=1)
        own[some] -= np.nanmedian(own[some], axis=1, keepdims=True)
    noise = np.full(series, np.nan)
    noise[possible] = 1.482602218505602 * np.nanmedian(np.abs(residuals[possible]), axis=1)
    variance = _variance(data, lag) * _autocorrelation_factor(residuals)
    z = np.divide(np.maximum(np.abs(score) - 1, 0), np.sqrt(variance), out=np.zeros(series), where=variance > 0)
    p_value = np.array([erfc(value / sqrt(2)) for value in z])
    known = np.isfinite(data)
    span = periods - 1 - np.argmax(known, axis=1) - np.argmax(known[:, ::-1], axis=1)
    size = np.nanmean(np.abs(data), axis=1)
    change = np.divide(slope * span, size, out=np.zeros(series), where=size > 0)
    return slope, noise, np.where(possible, p_value, np.nan), change


def _variance(data: Array, lag: int) -> Array:
    """Variance of the Mann-Kendall score with ties, summed over the seasons."""
    series = len(data)
    total = np.zeros(series)
    for phase in range(lag):
        values = np.sort(data[:, phase::lag], axis=1)  # NaN last
        n = np.isfinite(values).sum(axis=1, dtype=np.float64)  # its cube is beyond the integers of WebAssembly
        total += n * (n - 1) * (2 * n + 5)
        starts = np.ones(values.shape, bool)
        starts[:, 1:] = values[:, 1:] != values[:, :-1]
        flat = np.flatnonzero(starts)
        ties = np.diff(np.append(flat, starts.size)).astype(np.float64)
        np.subtract.at(total, flat // values.shape[1], ties * (ties - 1) * (2 * ties + 5))
    return total / 18


def _autocorrelation_factor(residuals: Array) -> Array:
    """(1 + r) / (1 - r) for a lag-one autocorrelation r of the residuals that is positive beyond chance,
    else 1.
    """
    both = np.isfinite(residuals[:, 1:]) & np.isfinite(residuals[:, :-1])
    n = both.sum(axis=1)
    products = np.where(both, residuals[:, 1:] * residuals[:, :-1], 0.0).sum(axis=1)
    squares = np.where(both, residuals[:, 1:] ** 2, 0.0).sum(axis=1)
    squares = np.maximum(squares, np.where(both, residuals[:, :-1] ** 2, 0.0).sum(axis=1))
    r = np.divide(products, squares, out=np.zeros(len(residuals)), where=squares > 0)
    r = np.where(r > 1.645 / np.sqrt(np.maximum(n, 1)), np.minimum(r, 0.95), 0.0)
    return np.asarray((1 + r) / (1 - r))
