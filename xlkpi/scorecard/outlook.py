"""What an objective may expect by its due date: forecast, landing, probability and the rate that it needs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from statistics import NormalDist
from typing import TYPE_CHECKING

from xlkpi.cadence import Cadence
from xlkpi.formula import Formula
from xlkpi.scorecard.model import Outlook, Series
from xlkpi.smart.case import Case

SEASONS = {"daily": 7, "weekly": 52, "monthly": 12, "quarterly": 4, "yearly": 1}
#: Periods beyond which nothing is forecast.
FARTHEST = 160


if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from xlkpi.analysis.backtest import PastError
    from xlkpi.analysis.forecast import Forecast
    from xlkpi.analysis.landing import Landing

    Array = NDArray[np.float64]


@dataclass(frozen=True)
class Sums:
    """What a value since the start is made of: its formula over measures, their values by period, and their sums from
    the start to the end of the last complete period.
    """

    formula: Formula
    history: Mapping[str, tuple[float, ...]]
    so_far: Mapping[str, float]


def value_of_sums(formula: Formula, sums: Mapping[str, float]) -> float:
    """The KPI of measures that were added up."""
    return float(formula(**{n: [sums[n]] if formula.adds_rows else sums[n] for n in formula.names}))


def outlook(
    case: Case, series: Series, actual: float, as_of: date, level: float = 0.80, sums: Sums | None = None
) -> Outlook | None:
    """The outlook of an objective from its series; None without dates ahead or without values.

    Values that add up (``sums``) land at the sums of the complete periods and the forecast of what remains, a ratio of
    sums at the ratio of those; others at the forecast of the due period.
    """
    objective = case.objective
    cadence = series.cadence
    if objective.due is None or objective.due <= as_of or not any(v == v for v in series.values):
        return None
    periods = tuple(_after(series.periods[-1], objective.due, cadence))
    if not 0 < len(periods) <= FARTHEST:
        return None
    from xlkpi.analysis.forecast import forecast
    from xlkpi.analysis.landing import land_level, land_sum, probability

    season = SEASONS[cadence.code]
    ahead = forecast(series.values, len(periods), season_length=season, level=level, minimum=_minimum(series))
    if not case.cumulative:
        landing = land_level(ahead, actual, len(periods))
    elif sums is None or sums.formula.adds_rows:
        so_far = actual if sums is None else value_of_sums(sums.formula, sums.so_far)
        landing = land_sum(ahead, so_far, len(periods))
    else:
        landing = _land_formula(sums, len(periods), season, level)
    required, current = _rates(case, series, actual, len(periods), sums)
    low, high = _aim(case)
    chance = math.nan if low == -math.inf and high == math.inf else probability(landing, at_least=low, at_most=high)[0]
    mean, lower, upper = (tuple(table[0].tolist()) for table in (ahead.mean, ahead.lower, ahead.upper))
    return Outlook(
        periods=periods,
        mean=mean,
        lower=lower,
        upper=upper,
        level=level,
        method=ahead.method[0],
        landing=float(landing.estimate[0]),
        landing_lower=float(landing.lower[0]),
        landing_upper=float(landing.upper[0]),
        probability=float(chance),
        required=required,
        current=current,
    )


def past_error_of(series: Series) -> PastError:
    """How far off the forecasts of a series' last periods would have been, see :mod:`xlkpi.analysis.backtest`."""
    from xlkpi.analysis.backtest import past_error

    return past_error(series.values, season_length=SEASONS[series.cadence.code], minimum=_minimum(series))


def _minimum(series: Series) -> float | None:
    """What its forecasts are not below."""
    return 0.0 if min((v for v in series.values if v == v), default=-1.0) >= 0 else None


def _after(last: date, due: date, cadence: Cadence) -> list[date]:
    """The periods after the last one with data, up to the one of the due date."""
    following = cadence.next_review(last)
    return list(cadence.starts(following, due)) if following <= due else []


def _aim(case: Case) -> tuple[float, float]:
    """The range that counts as reached."""
    objective = case.objective
    goal = objective.target if objective.success is None else objective.success
    if objective.kind == "stay_between":
        low, high = objective.low, objective.high
        return (-math.inf if low is None else low), (math.inf if high is None else high)
    if goal is None:
        return -math.inf, math.inf
    return (-math.inf, goal) if case.wanted == "lower" else (goal, math.inf)


def _land_formula(sums: Sums, remaining: int, season: int, level: float) -> Landing:
    """Landing of a formula of sums, such as a ratio: its value at the sums that the measures land at.

    The interval is that of the delta method: the formula's slopes there, and the spreads of the measures' landings with
    the correlations of their one-step errors.
    """
    import numpy as np

    from xlkpi.analysis.forecast import forecast
    from xlkpi.analysis.landing import Landing, land_sum

    names = tuple(sums.formula.names)
    history = np.array([sums.history[name] for name in names])
    ahead = forecast(history, remaining, season_length=season, level=level)
    landed = land_sum(ahead, [sums.so_far[name] for name in names], remaining)
    at = dict(zip(names, landed.estimate.tolist(), strict=True))
    estimate = value_of_sums(sums.formula, at)
    slopes = []
    for name, std in zip(names, landed.std.tolist(), strict=True):
        step = max(1e-4 * std, 1e-6 * abs(at[name])) or 1.0
        up, down = (value_of_sums(sums.formula, at | {name: at[name] + s}) for s in (step, -step))
        slopes.append((up - down) / (2 * step) * std)
    variance = np.array(slopes) @ _correlations(ahead) @ np.array(slopes)
    std = math.sqrt(max(variance, 0.0)) if variance == variance else math.nan
    half = NormalDist().inv_cdf((1 + level) / 2) * std
    middle, lower, upper, spread = (np.array([v]) for v in (estimate, estimate - half, estimate + half, std))
    return Landing(middle, lower, upper, spread, level)


def _correlations(ahead: Forecast) -> Array:
    """Between the one-step errors of the forecasts, over the periods that two of them know."""
    import numpy as np

    size = len(ahead.errors)
    table = np.eye(size)
    for i in range(size):
        for j in range(i):
            both = np.isfinite(ahead.errors[i]) & np.isfinite(ahead.errors[j])
            a, b = ahead.errors[i][both], ahead.errors[j][both]
            length = math.sqrt(float(a @ a) * float(b @ b))
            if len(a) >= 4 and length:
                table[i, j] = table[j, i] = float(a @ b) / length
    return table


def _rates(case: Case, series: Series, actual: float, remaining: int, sums: Sums | None) -> tuple[float, float]:
    """What each remaining period must bring, and what each brought so far. A ratio since the start has no such rate: it
    depends on how much comes.
    """
    from xlkpi.analysis.landing import run_rate_level, run_rate_sum

    objective = case.objective
    if objective.target is None or objective.start is None or objective.kind.startswith("stay"):
        return math.nan, math.nan
    elapsed = max(0, series.cadence.reviews(objective.start, series.cadence.end_of(series.periods[-1])))
    if case.cumulative:
        if sums is not None and not sums.formula.adds_rows:
            return math.nan, math.nan
        so_far = actual if sums is None else value_of_sums(sums.formula, sums.so_far)
        rate = run_rate_sum(so_far, objective.target, elapsed, remaining)
    elif objective.baseline is None:
        return math.nan, math.nan
    else:
        rate = run_rate_level(objective.baseline, actual, objective.target, elapsed, remaining)
    return float(rate.required[0]), float(rate.current[0])
