"""What an objective may expect by its due date: forecast, landing, probability and the rate that it needs."""

from __future__ import annotations

import math
from datetime import date

from xlkpi.cadence import Cadence
from xlkpi.scorecard.model import Outlook, Series
from xlkpi.smart.case import Case

SEASONS = {"daily": 7, "weekly": 52, "monthly": 12, "quarterly": 4, "yearly": 1}
#: Periods beyond which nothing is forecast.
FARTHEST = 160


def outlook(case: Case, series: Series, actual: float, as_of: date, level: float = 0.80) -> Outlook | None:
    """The outlook of an objective from its series; None without dates ahead or without values.

    Values that add up land at the sum so far and the forecast of what remains; others at the forecast of the due
    period.
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

    minimum = 0.0 if min(v for v in series.values if v == v) >= 0 else None
    season = SEASONS[cadence.code]
    ahead = forecast(series.values, len(periods), season_length=season, level=level, minimum=minimum)
    landing = land_sum(ahead, actual, len(periods)) if case.cumulative else land_level(ahead, actual, len(periods))
    required, current = _rates(case, series, actual, len(periods), as_of)
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


def _rates(case: Case, series: Series, actual: float, remaining: int, as_of: date) -> tuple[float, float]:
    """What each remaining period must bring, and what each brought so far."""
    from xlkpi.analysis.landing import run_rate_level, run_rate_sum

    objective = case.objective
    if objective.target is None or objective.start is None or objective.kind.startswith("stay"):
        return math.nan, math.nan
    elapsed = max(0, series.cadence.reviews(objective.start, series.periods[-1]))
    if case.cumulative:
        rate = run_rate_sum(actual, objective.target, elapsed, remaining)
    elif objective.baseline is None:
        return math.nan, math.nan
    else:
        rate = run_rate_level(objective.baseline, actual, objective.target, elapsed, remaining)
    return float(rate.required[0]), float(rate.current[0])
