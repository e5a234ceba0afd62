"""The probability that objectives reach their targets, all at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from xlkpi.smart.case import Case

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from xlkpi.analysis.forecast import Forecast

_SEASONS = {"daily": 7, "weekly": 52, "monthly": 12, "quarterly": 4, "yearly": 1}
_SHORTEST = 8  # known periods below which no probability is told
_FARTHEST = 160  # periods


def probabilities(cases: Sequence[Case]) -> dict[str, float]:
    """By objective id, for those whose history and dates allow it."""
    groups: dict[tuple[str, int], list[Case]] = defaultdict(list)
    for case in cases:
        objective = case.objective
        aimed = objective.target is not None or (objective.low is not None and objective.high is not None)
        lasting = bool(case.remaining) and case.ahead is not None and case.ahead <= _FARTHEST
        if aimed and lasting and case.sums and case.cadence and case.known is not None and len(case.known) >= _SHORTEST:
            assert case.history is not None
            groups[case.cadence.code, len(case.history)].append(case)
    found: dict[str, float] = {}
    for (code, _), alike in groups.items():
        found.update(_of(alike, _SEASONS[code]))
    return found


def _of(cases: list[Case], season: int) -> dict[str, float]:
    import numpy as np

    from xlkpi.analysis.forecast import forecast
    from xlkpi.analysis.landing import land_level, land_sum, probability

    history = np.array([case.history for case in cases])
    steps = np.array([case.ahead for case in cases])
    ahead = forecast(history, int(steps.max()), season_length=season)
    level = land_level(ahead, history[:, -1], steps)
    total = land_sum(ahead, _before(ahead, cases, steps), steps)
    low, high = np.full(len(cases), -np.inf), np.full(len(cases), np.inf)
    for i, case in enumerate(cases):
        objective = case.objective
        if objective.kind == "stay_between":
            low[i], high[i] = objective.low, objective.high
        elif case.wanted == "lower":
            high[i] = objective.target
        else:
            low[i] = objective.target
    levels, totals = (probability(landing, at_least=low, at_most=high) for landing in (level, total))
    return {
        case.objective.id: float(totals[i] if case.cumulative else levels[i])
        for i, case in enumerate(cases)
        if np.isfinite(totals[i] if case.cumulative else levels[i])
    }


def _before(ahead: Forecast, cases: list[Case], steps: NDArray[np.int64]) -> list[float]:
    """The sums so far, less what the forecast brings before a start to come."""
    early = steps - [case.remaining or 0 for case in cases]
    return [case.so_far - float(mean[:n].sum()) for case, mean, n in zip(cases, ahead.mean, early, strict=True)]
