"""Damped-trend exponential smoothing of many series at once, over a grid of smoothing parameters.

Every grid point is run over every series in one pass; the points are then averaged with Akaike weights, so
that no optimiser is needed and a short or noisy series is not forced into one choice. The recursions are
those of Gardner and McKenzie, "Forecasting trends in time series", Management Science 31, 1985; the start-
up gains are those of an expanding least-squares fit (the growing-memory filter), which makes starting
values unnecessary.

Arrays here are periods x series ("columns"), scaled to the order of one by the caller, zero where not
observed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

_LEVEL_ONLY = (0.0, 0.05, 0.1, 0.2, 0.4, 0.7, 1.0)  # level smoothing without a trend
_WITH_TREND = (0.05, 0.15, 0.4)  # level smoothing with each of the trends
_TRENDS = ((0.8, 0.1), (0.995, 0.05))  # damping per period, trend smoothing
SHORTEST_FOR_TREND = 8


@dataclass(frozen=True)
class Smoothed:
    """The averaged model of each series.

    `errors` are one-step errors, `levels` the level after each period (both periods x series); `trends` the
    per-period trend after each period, one array per damping factor in `damping`, already weighted; `gains`
    are the weighted effects of a one-step error on level and on each trend; `warm_up` is the number of
    observations that each series needs before its errors count.
    """

    errors: Array
    levels: Array
    trends: list[Array]
    damping: list[float]
    level_gain: Array
    trend_gains: list[Array]
    counts: NDArray[np.int64]
    warm_up: NDArray[np.int64]

    def ahead(self, steps: int) -> Array:
        """What each period's model says about `steps` periods later (periods x series)."""
        result = self.levels.copy()
        for trend, phi in zip(self.trends, self.damping, strict=True):
            result += trend * damped_steps(phi, steps)
        return result

    def response(self, steps: int) -> Array:
        """How much an error of one moves the forecast made `steps` periods ahead of it, per series."""
        result = self.level_gain.copy()
        for gain, phi in zip(self.trend_gains, self.damping, strict=True):
            result += gain * damped_steps(phi, steps)
        return result


def damped_steps(phi: float, steps: int) -> float:
    """phi + phi**2 + ... + phi**steps, for phi below 1."""
    return phi * (1 - phi**steps) / (1 - phi)


def smooth(values: Array, observed: Mask) -> Smoothed:
    """Fit the grid to every column of `values` and average it. Columns need at least one observation."""
    counts = np.cumsum(observed, axis=0, dtype=np.int64)
    total = counts[-1]
    warm_up = np.maximum(2, np.minimum(12, total // 4))
    alike = bool((counts == counts[:, :1]).all())
    seen = np.maximum(counts[:, :1] if alike else counts, 1).astype(float)
    flat = np.array(_LEVEL_ONLY)[:, None]
    alpha, beta, phi = np.array([(a, b, p) for p, b in _TRENDS for a in _WITH_TREND]).T[:, :, None]
    flat_errors, flat_levels = _run_levels(values, observed, seen, flat)
    errors, levels, trends = _run_trends(values, observed, seen, alpha, beta, phi)
    counted = observed & (counts > warm_up)
    flat_criterion = _criterion(flat_errors, counted, 1)
    criterion = np.where(total < SHORTEST_FOR_TREND, np.inf, _criterion(errors, counted, 3))
    best = np.minimum(flat_criterion.min(axis=0), criterion.min(axis=0))
    flat_weights, weights = np.exp((best - flat_criterion) / 2), np.exp((best - criterion) / 2)
    whole = flat_weights.sum(axis=0) + weights.sum(axis=0)
    flat_weights, weights = flat_weights / whole, weights / whole
    size = len(_WITH_TREND)
    parts = [slice(i * size, (i + 1) * size) for i in range(len(_TRENDS))]
    last_gain = np.maximum(flat, 1.0 / np.maximum(total, 1))
    return Smoothed(
        errors=_average(flat_errors, flat_weights) + _average(errors, weights),
        levels=_average(flat_levels, flat_weights) + _average(levels, weights),
        trends=[_average(trends[:, part], weights[part]) for part in parts],
        damping=[p for p, _ in _TRENDS],
        level_gain=(flat_weights * last_gain).sum(axis=0) + (weights * alpha).sum(axis=0),
        trend_gains=[(weights * alpha * beta)[part].sum(axis=0) for part in parts],
        counts=counts,
        warm_up=warm_up,
    )


def _run_levels(values: Array, observed: Mask, seen: Array, alpha: Array) -> tuple[Array, Array]:
    """Simple smoothing: errors and levels, periods x grid x series."""
    periods, series = values.shape
    errors = np.empty((periods, len(alpha), series))
    levels = np.empty_like(errors)
    level = _first_values(values, observed, len(alpha))
    for t, whole in enumerate(np.all(observed, axis=1)):
        error = np.subtract(values[t], level, out=errors[t])
        if not whole:
            error *= observed[t]
        level = np.add(level, np.maximum(alpha, 1.0 / seen[t]) * error, out=levels[t])
    return errors, levels


def _run_trends(
    values: Array, observed: Mask, seen: Array, alpha: Array, beta: Array, phi: Array
) -> tuple[Array, Array, Array]:
    """Damped-trend smoothing: errors, levels and trends, periods x grid x series."""
    periods, series = values.shape
    level_start = 2 * (2 * seen - 1) / (seen * (seen + 1))
    trend_start = np.where(seen > 1, 6.0 / (seen * (seen + 1)), 0.0)
    errors = np.empty((periods, len(alpha), series))
    levels, trends = np.empty_like(errors), np.empty_like(errors)
    level = _first_values(values, observed, len(alpha))
    trend = np.zeros((len(alpha), series))
    for t, whole in enumerate(np.all(observed, axis=1)):
        carried = np.multiply(phi, trend, out=trends[t])
        predicted = np.add(level, carried, out=levels[t])
        error = np.subtract(values[t], predicted, out=errors[t])
        if not whole:
            error *= observed[t]
        predicted += np.maximum(alpha, level_start[t]) * error
        carried += np.maximum(alpha * beta, trend_start[t]) * error
        level, trend = predicted, carried
    return errors, levels, trends


def _first_values(values: Array, observed: Mask, grid: int) -> Array:
    first = values[np.argmax(observed, axis=0), np.arange(values.shape[1])]
    return np.broadcast_to(first, (grid, values.shape[1]))


def _average(history: Array, weights: Array) -> Array:
    return np.asarray(np.einsum("tgn,gn->tn", history, weights))


def _criterion(errors: Array, counted: Mask, parameters: int) -> Array:
    """Small-sample Akaike criterion of each grid point for each series (grid x series)."""
    n = counted.sum(axis=0)
    mean_square = np.einsum("tgn,tgn,tn->gn", errors, errors, counted.astype(float)) / np.maximum(n, 1)
    penalty = 2 * parameters * n / np.maximum(n - parameters - 1, 1)
    return np.asarray(n * np.log(np.maximum(mean_square, 1e-24)) + penalty)
