"""The probability that objectives reach their targets, all at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from xlkpi.smart.case import Case

_SEASONS = {"daily": 7, "weekly": 52, "monthly": 12, "quarterly": 4, "yearly": 1}
_SHORTEST = 8  # known periods below which no probability is told
_FARTHEST = 160  # periods


def probabilities(cases: Sequence[Case]) -> dict[str, float]:
    """By objective id, for those whose history and dates allow it."""
    groups: dict[tuple[str, int], list[Case]] = defaultdict(list)
    for case in cases:
        objective = case.objective
        aimed = objective.target is not None or (objective.low is not None and objective.high is not None)
        lasting = case.remaining is not None and 0 < case.remaining <= _FARTHEST
        if aimed and lasting and case.cadence and case.known is not None and len(case.known) >= _SHORTEST:
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
    remaining = np.array([case.remaining for case in cases])
    ahead = forecast(history, int(remaining.max()), season_length=season)
    level = land_level(ahead, history[:, -1], remaining)
    total = land_sum(ahead, [_so_far(case) for case in cases], remaining)
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


def _so_far(case: Case) -> float:
    """The sum since the start, for values that add up; 0 for others."""
    start = case.objective.start
    if not case.cumulative or start is None or start >= case.today or case.cadence is None or case.history is None:
        return case.objective.baseline or 0.0 if case.cumulative else 0.0
    elapsed = min(case.cadence.reviews(start, case.today), len(case.history))
    latest = case.history[len(case.history) - elapsed :]
    return float(latest[latest == latest].sum()) + (case.objective.baseline or 0.0)
