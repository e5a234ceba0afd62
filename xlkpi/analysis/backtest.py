"""Rolling-origin back-tests: how good was a forecasting rule on the past.

Series are arrays of series x periods, the oldest period first and NaN where a value is missing. Scores
follow Hyndman and Koehler, "Another look at measures of forecast accuracy", International Journal of
Forecasting 22, 2006.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xlkpi.analysis.forecast import as_table, forecast

Array = NDArray[np.float64]

#: Values before a period without which its forecast says nothing, and forecasts without which their errors don't.
_SHORTEST, _FEWEST = 4, 3


@dataclass(frozen=True)
class PastError:
    """How far off forecasts of the past were: the `mean` absolute error, and as a `share` of the mean size of the
    values; `count` forecasts. NaN where there are too few.
    """

    mean: float
    share: float
    count: int


def past_error(
    values: ArrayLike, *, season_length: int = 1, minimum: float | None = None, origins: int = 12
) -> PastError:
    """The error of :func:`forecast` one period ahead for the last `origins` periods of one series, each of them
    forecast anew from the values before it.
    """
    pairs = list(rolling_origins(as_table(values), horizon=1, origins=origins))
    longest = max((past.shape[1] for past, _ in pairs), default=0)
    pasts = np.full((len(pairs), longest), np.nan)  # all in one go: those that start later have no values before
    for row, (past, _) in zip(pasts, pairs, strict=True):
        row[longest - past.shape[1] :] = past[0]
    future = np.array([future[0, 0] for _, future in pairs])
    ahead = forecast(pasts, 1, season_length=season_length, minimum=minimum)
    errors = np.abs(future - ahead.mean[:, 0]) if pairs else future
    tested = np.isfinite(errors) & (ahead.observed >= _SHORTEST)
    if (count := int(tested.sum())) < _FEWEST:
        return PastError(float("nan"), float("nan"), count)
    mean, size = float(errors[tested].mean()), float(np.abs(future[tested]).mean())
    return PastError(mean, mean / size if size else float("nan"), count)


def rolling_origins(
    values: Array, *, horizon: int, origins: int, step: int | None = None
) -> Iterator[tuple[Array, Array]]:
    """Pairs (past, future) with `horizon` future periods each, from the oldest origin to the newest.

    Origins lie `step` periods apart (default: `horizon`, so that futures do not overlap) and end with the
    last one that has a whole future. Origins with fewer than two past periods are left out.
    """
    if horizon < 1 or origins < 1:
        raise ValueError("horizon and origins must be at least 1")
    periods = values.shape[1]
    for back in range(origins - 1, -1, -1):
        origin = periods - horizon - back * (step or horizon)
        if origin >= 2:
            yield values[:, :origin], values[:, origin : origin + horizon]


def naive_scale(past: Array, *, season_length: int = 1) -> Array:
    """Mean absolute error of the (seasonal) naive forecast inside `past`, one number per series.

    The season is ignored where `past` is not longer than it; a series without two comparable values gives
    NaN.
    """
    lag = season_length if season_length < past.shape[1] else 1
    errors = np.abs(past[:, lag:] - past[:, :-lag])
    known = np.isfinite(errors)
    count = known.sum(axis=1)
    total = np.where(known, errors, 0.0).sum(axis=1)
    result = np.full(len(past), np.nan)
    np.divide(total, count, out=result, where=count > 0)
    return result


def scaled_errors(past: Array, future: Array, predicted: Array, *, season_length: int = 1) -> Array:
    """Mean absolute scaled error (MASE) of each series; NaN where nothing can be compared or the scale is
    zero.
    """
    scale = naive_scale(past, season_length=season_length)
    errors = np.abs(future - predicted)
    known = np.isfinite(errors)
    count = known.sum(axis=1)
    total = np.where(known, errors, 0.0).sum(axis=1)
    result = np.full(len(past), np.nan)
    np.divide(total, count * scale, out=result, where=(count > 0) & (scale > 0))
    return result


def coverage(future: Array, lower: Array, upper: Array) -> Array:
    """Share of the known future values that lie inside the interval, per series; NaN where none is known."""
    known = np.isfinite(future)
    inside = known & (lower <= future) & (future <= upper)
    count = known.sum(axis=1)
    result = np.full(len(future), np.nan)
    np.divide(inside.sum(axis=1), count, out=result, where=count > 0)
    return result
