"""Forecasts of many series at once, with intervals calibrated on each series' own past.

The point forecast averages simple and damped-trend exponential smoothing over a grid of parameters
(:mod:`xlkpi.analysis.smoothing`), after taking out the season where at least two cycles exist
(:mod:`xlkpi.analysis.seasonality`). The interval comes from the errors that the averaged model would have
made at the same horizon from every earlier origin, so that a wrong model gets a wide interval.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xlkpi.analysis.seasonality import Season, find_season, no_season
from xlkpi.analysis.smoothing import SHORTEST_FOR_TREND, Smoothed, smooth

Array = NDArray[np.float64]

NO_DATA = "no_data"
LAST_VALUE = "last_value"
SIMPLE = "exponential_smoothing"
DAMPED_HOLT = "damped_holt"
ADDITIVE = "holt_winters_additive"
MULTIPLICATIVE = "holt_winters_multiplicative"

_SHORTEST = 4  # observations below which only the last value is carried on
_BLOCK = 25_000  # values handled together, so that the working arrays stay small
_PRIOR = 3.0  # independent errors that the model's own spread is worth against the errors seen
_SHAPE_PRIOR = 60.0  # the same for the normal distribution against the shape seen


@dataclass(frozen=True)
class Forecast:
    """Forecasts for the `horizon` periods after the data; arrays are series x horizon, NaN where unknown.

    `mean` with `lower` and `upper`, the interval that holds the value with probability `level`; `std` the
    standard deviation of the error of each period, `sum_std` that of the sum from the first period to this
    one. `errors` are the one-step errors inside the data (series x periods, NaN where not known). `method`
    names what was used for each series: `no_data`, `last_value`, `exponential_smoothing`, `damped_holt`,
    `holt_winters_additive` or `holt_winters_multiplicative`. `observed` counts each series' known values.
    """

    mean: Array
    lower: Array
    upper: Array
    std: Array
    sum_std: Array
    errors: Array
    method: tuple[str, ...]
    observed: NDArray[np.int64]
    level: float
    minimum: float | None

    @property
    def horizon(self) -> int:
        return int(self.mean.shape[1])


def forecast(
    values: ArrayLike,
    horizon: int,
    *,
    season_length: int = 1,
    level: float = 0.80,
    minimum: float | None = None,
) -> Forecast:
    """Forecast every row of `values` (series x periods, oldest first; one series may be a plain list).

    NaN and infinities are missing values; a series may start late or end early. `season_length` is the
    number of periods in a cycle (7 for days, 52 for weeks, 12 for months; 1 for none); a season is used
    where two whole cycles exist. `level` is the probability of the interval. `minimum` floors forecasts and
    intervals, for measures that can't be below it. Raises ValueError for a negative horizon, a season below
    1 or a level outside 0 to 1.
    """
    data = as_table(values)
    if horizon < 0:
        raise ValueError("horizon must not be negative")
    if season_length < 1:
        raise ValueError("season_length must be at least 1")
    if not 0 < level < 1:
        raise ValueError("level must lie between 0 and 1")
    series, periods = data.shape
    blank = np.full((series, horizon), np.nan)
    result = Forecast(
        blank, blank.copy(), blank.copy(), blank.copy(), blank.copy(), np.full((series, periods), np.nan),
        (), np.isfinite(data).sum(axis=1), level, minimum,
    )  # fmt: skip
    methods = [NO_DATA] * series
    if periods:
        block = max(1, _BLOCK // periods)
        gaps = np.argmax(np.isfinite(data[:, ::-1]), axis=1)
        for gap in np.unique(gaps[result.observed > 0]):
            rows = np.flatnonzero((gaps == gap) & (result.observed > 0))
            for start in range(0, len(rows), block):
                part = rows[start : start + block]
                with np.errstate(over="ignore", under="ignore"):
                    found = _forecast_block(data[part, : periods - gap], horizon, int(gap), season_length, level)
                for name, array in found[0].items():
                    getattr(result, name)[part, : array.shape[1]] = array
                for row, method in zip(part, found[1], strict=True):
                    methods[row] = method
    if minimum is not None:
        for array in (result.mean, result.lower, result.upper):
            np.maximum(array, minimum, out=array)
    return Forecast(**{**vars(result), "method": tuple(methods)})


def as_table(values: ArrayLike) -> Array:
    """Series x periods as float64, infinities turned into NaN. Raises ValueError for more than two
    dimensions.
    """
    data = np.array(values, dtype=np.float64, ndmin=2)
    if data.ndim != 2:
        raise ValueError("values must be one series or a table of series x periods")
    data[np.isinf(data)] = np.nan
    return data


def _forecast_block(
    data: Array, horizon: int, gap: int, season_length: int, level: float
) -> tuple[dict[str, Array], list[str]]:
    """Forecast rows that all end with a known value, for the periods gap+1 to gap+horizon after it."""
    scale = np.nanmax(np.abs(data), axis=1)[:, None]
    scale[scale == 0] = 1.0
    data = data / scale
    count = np.isfinite(data).sum(axis=1)
    season = no_season(len(data))
    if 1 < season_length <= data.shape[1] // 2:
        season = find_season(data, season_length)
    adjusted = season.removed_from(data).T
    observed = np.isfinite(adjusted)
    adjusted = np.where(observed, adjusted, 0.0)
    model = smooth(adjusted, observed)
    few = count < _SHORTEST
    steps = range(gap + 1, gap + horizon + 1)
    mean = np.array([model.ahead(step)[-1] for step in steps]).reshape(horizon, len(data))
    mean[:, few] = adjusted[-1, few]
    std, sum_std, shape = _spread(adjusted, observed, model, gap, horizon, level, relative=season.multiplicative)
    std[:, few], sum_std[:, few] = _naive_spread(data[few], gap, horizon)
    std, sum_std = std * season.widening, sum_std * season.widening
    everything = season.put_back(np.vstack([np.zeros((gap, len(data))), mean]).T)[:, gap:]
    factor = np.where(season.multiplicative[:, None], season.at(np.arange(gap, gap + horizon)), 1.0)
    sum_factor = np.cumsum(factor, axis=1) / np.arange(1, horizon + 1)
    errors = np.where(observed & (model.counts > model.warm_up), model.errors, np.nan).T
    inside = np.where(season.multiplicative[:, None], season.at(np.arange(-data.shape[1], 0)), 1.0)
    found = {
        "mean": everything * scale,
        "lower": (everything + shape[0][:, None] * std.T * factor) * scale,
        "upper": (everything + shape[1][:, None] * std.T * factor) * scale,
        "std": std.T * factor * scale,
        "sum_std": sum_std.T * sum_factor * scale,
        "errors": errors * inside * scale,
    }
    return found, [_method(int(n), season, i) for i, n in enumerate(count)]


def _method(count: int, season: Season, row: int) -> str:
    if count < _SHORTEST:
        return LAST_VALUE
    if season.strength[row] > 0:
        return MULTIPLICATIVE if season.multiplicative[row] else ADDITIVE
    return SIMPLE if count < SHORTEST_FOR_TREND else DAMPED_HOLT


def _naive_spread(data: Array, gap: int, horizon: int) -> tuple[Array, Array]:
    """Spread of a random walk with the steps seen; NaN for a single observation."""
    step = np.full(len(data), np.nan)
    for i, row in enumerate(data):
        moves = np.diff(row[np.isfinite(row)])
        if len(moves):
            step[i] = np.sqrt((moves**2).mean())
    ahead = np.arange(gap + 1, gap + horizon + 1)
    sums = [np.sqrt(gap * h**2 + h * (h + 1) * (2 * h + 1) / 6) for h in range(1, horizon + 1)]
    return np.sqrt(ahead)[:, None] * step, np.array(sums).reshape(horizon, 1) * step


def _spread(
    values: Array,
    observed: NDArray[np.bool_],
    model: Smoothed,
    gap: int,
    horizon: int,
    level: float,
    *,
    relative: NDArray[np.bool_],
) -> tuple[Array, Array, Array]:
    """Standard deviation of each horizon and of the running sum (horizon x series), and the interval's
    ends.

    The ends are in standard deviations (2 x series). Errors seen at the same horizon from earlier origins are
    blended with what the model says, by the number of errors that do not overlap. The errors of `relative`
    series are taken to grow with their level.
    """
    periods, series = values.shape
    counted = observed & (model.counts > model.warm_up)
    freedom = np.maximum(counted.sum(axis=0) - 1, 1)
    unit = np.where(relative, np.maximum(np.abs(model.levels), 1e-6), 1.0)
    one_step = ((model.errors / unit) ** 2 * counted).sum(axis=0) / freedom
    response = [np.ones(series)] + [model.response(j) for j in range(1, gap + horizon)]
    growth = np.cumsum(np.square(response), axis=0)
    sum_growth = np.cumsum(np.square(np.cumsum(response, axis=0)), axis=0)
    std, sum_std = np.empty((horizon, series)), np.empty((horizon, series))
    running = np.zeros((periods, series))
    standardised = []
    for i in range(horizon):
        step = gap + i + 1
        variance, sum_variance = one_step * growth[step - 1], one_step * sum_growth[i]
        if gap:
            sum_variance = sum_variance * growth[step - 1] / growth[i]
        if step < periods:
            usable = counted[step:] & (model.counts[:-step] >= model.warm_up)
            error = np.where(usable, values[step:] - model.ahead(step)[:-step], 0.0) / unit[:-step]
            running = running[: periods - step]
            running = running + error
            n = usable.sum(axis=0)
            weight = n / step / (n / step + _PRIOR)
            seen = (error**2).sum(axis=0) / np.maximum(n, 1)
            sum_seen = (running**2).sum(axis=0) / np.maximum(n, 1)
            variance = weight * seen + (1 - weight) * np.maximum(seen, variance)
            sum_variance = weight * sum_seen + (1 - weight) * np.maximum(sum_seen, sum_variance)
            if i in (0, horizon - 1):
                spread = np.sqrt(np.where(variance > 0, variance, np.inf))
                standardised.append(np.where(usable, error / spread, np.nan))
        std[i], sum_std[i] = np.sqrt(variance), np.sqrt(sum_variance)
    std, sum_std = (np.maximum.accumulate(table, axis=0) * unit[-1] for table in (std, sum_std))
    return std, sum_std, _ends(standardised, freedom, level)


def _ends(standardised: list[Array], freedom: NDArray[np.int64], level: float) -> Array:
    """Quantiles of the errors in standard deviations, drawn towards the normal ones when there are few."""
    normal = NormalDist().inv_cdf((1 + level) / 2)
    wide = normal * np.sqrt(1 + 2.0 / freedom)
    ends = np.array([-wide, wide])
    if standardised:
        errors = np.sort(np.concatenate(standardised), axis=0)
        n = np.isfinite(errors).sum(axis=0)
        columns = np.arange(errors.shape[1])
        for i, probability in enumerate(((1 - level) / 2, (1 + level) / 2)):
            at = np.clip(np.floor(probability * n).astype(int), 0, np.maximum(n - 1, 0))
            quantile = np.nan_to_num(errors[at, columns])
            weight = np.where(n > 0, freedom / (freedom + _SHAPE_PRIOR), 0.0)
            ends[i] = weight * quantile + (1 - weight) * ends[i]
    ends[0], ends[1] = np.minimum(ends[0], 0), np.maximum(ends[1], 0)
    return ends
