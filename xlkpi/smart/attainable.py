"""A, attainable: the target against the past, the benchmark, the means and the odds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from xlkpi.catalogue import say
from xlkpi.smart.case import Case
from xlkpi.smart.model import Amount, Finding

_SHORTEST = 6  # periods of history below which the past tells nothing
_LEVEL_OF = 4  # latest periods whose median is today's level
_BENCHMARK_STRETCH, _BENCHMARK_LIMIT = 0.5, 2.0  # better than the benchmark by so much of it
BENCHMARK_DAYS = 730
_LIKELY, _UNLIKELY, _HARDLY, _CERTAIN = 0.5, 0.2, 0.05, 0.98


def is_not_reached_yet(case: Case) -> Iterator[Finding]:
    """A target that baseline or present level already meet asks for nothing."""
    objective = case.objective
    if objective.target is None or objective.kind.startswith("stay"):
        return
    sign = _sign(case)
    if objective.baseline is not None and sign * (objective.target - objective.baseline) <= 0:
        values = {"target": case.amount(objective.target), "baseline": case.amount(objective.baseline)}
        yield case.says("A", "reached_at_start", "fail", "target", **values)
        return
    level = _level(case)
    if level is not None and not case.cumulative and sign * (objective.target - level) <= 0:
        values = {"target": case.amount(objective.target), "level": case.amount(level)}
        yield case.says("A", "reached", "warning", "target", **values)
    elif objective.baseline is not None:
        values = {"target": case.amount(objective.target), "baseline": case.amount(objective.baseline)}
        yield case.says("A", "open", "pass", "target", **values)


def has_a_target_to_judge(case: Case) -> Iterator[Finding]:
    """Without a number nobody can say whether it is attainable."""
    objective = case.objective
    if objective.target is None and (objective.low is None or objective.high is None):
        yield case.says("A", "unknown", "fail", "target")


@dataclass(frozen=True)
class Pace:
    """Change per period in the wanted direction: ``needed`` from now on, ``usual`` and ``best`` over as
    long before.
    """

    needed: float
    usual: float
    best: float
    level: float
    periods: int


def compares_with_the_past(case: Case) -> Iterator[Finding]:
    """The growth per period that is needed, against the usual and the best growth over as many periods."""
    if case.objective.target is None or case.objective.kind.startswith("stay") or not case.remaining:
        return
    if case.cumulative and (case.wanted == "lower" or not case.sums):
        return  # nothing has to grow under a cap, and what a ratio needs depends on how much comes
    count = 0 if case.known is None else len(case.known)
    if count < _SHORTEST:
        yield case.says(
            "A", "past_short" if count else "past_none", "not_checked", "target", count=count, least=_SHORTEST
        )
        return
    pace = pace_of(case)
    if pace.needed <= 0:
        return
    values = {
        "needed": _growth(case, pace.needed, pace.level), "best": _growth(case, pace.best, pace.level),
        "usual": _growth(case, pace.usual, pace.level), "periods": pace.periods,
    }  # fmt: skip
    limits = case.project.checks
    if pace.best <= 0:
        yield case.says("A", "past_never", "warning", "target", **values)
    elif pace.needed > limits.overreach * pace.best:
        yield case.says("A", "past_beyond", "fail", "target", times=round(pace.needed / pace.best, 1), **values)
    elif pace.needed > limits.stretch * pace.best:
        yield case.says("A", "past_ambitious", "warning", "target", times=round(pace.needed / pace.best, 1), **values)
    else:
        yield case.says("A", "past", "pass", "target", **values)


def pace_of(case: Case) -> Pace:
    """The needed and the past change per period; for values that add up, the needed and the past sum per
    period.
    """
    import numpy as np

    history, target, periods = case.known, case.objective.target, case.remaining
    assert history is not None
    assert target is not None
    assert periods
    span = max(1, min(periods, len(history) // 2))
    if case.cumulative:
        so_far = case.so_far
        sums = np.convolve(history, np.ones(span), "valid") / span
        needed = (target - so_far) / periods
        return Pace(needed, float(np.median(sums)), float(sums.max()), 0.0, periods)
    sign, level = _sign(case), _level(case)
    assert level is not None
    gains = sign * (history[span:] - history[:-span]) / span
    needed = sign * (target - level) / periods
    return Pace(needed, float(np.median(gains)), float(gains.max()), level, periods)


def _growth(case: Case, change: float, level: float) -> Amount:
    """A change as a share of the level, or in the KPI's unit where there is no level to compare with."""
    return Amount(change / abs(level), "percent") if level else case.amount(change)


def compares_with_benchmarks(case: Case) -> Iterator[Finding]:
    """A target far better than the benchmark is over-ambitious; an old benchmark proves little."""
    target = case.objective.target
    if target is None:
        return
    benchmarks = case.objective.attainable.benchmark
    if not benchmarks:
        yield case.says("A", "benchmark_none", "warning", "attainable")
        return
    sign = _sign(case)
    best = max(benchmarks, key=lambda b: sign * b.value)
    values = {
        "target": case.amount(target),
        "benchmark": case.amount(best.value),
        "source": best.source or "–",
    }
    excess = sign * (target - best.value) / abs(best.value) if best.value else 0.0
    if excess > _BENCHMARK_LIMIT:
        yield case.says("A", "benchmark_beyond", "fail", "attainable", **values)
    elif excess > _BENCHMARK_STRETCH:
        yield case.says("A", "benchmark_ambitious", "warning", "attainable", **values)
    elif best.date is not None and case.today - best.date > timedelta(days=BENCHMARK_DAYS):
        yield case.says("A", "benchmark_old", "warning", "attainable", date=best.date, **values)
    elif best.source is None:
        yield case.says("A", "benchmark_unsourced", "warning", "attainable", **values)
    else:
        yield case.says("A", "benchmark", "pass", "attainable", **values)


def names_its_resources(case: Case) -> Iterator[Finding]:
    """Money, days, people or words about them; or actions with an owner, a cost or an effort."""
    resources, actions = case.objective.attainable.resources, case.objective.actions
    if resources and (resources.what or resources.people or resources.budget or resources.effort):
        yield case.says("A", "resources", "pass", "attainable")
    elif any(action.owner or action.cost is not None or action.effort is not None for action in actions):
        yield case.says("A", "resources_actions", "pass", "actions", count=len(actions))
    else:
        yield case.says("A", "resources_none", "warning", "attainable")


def says_why(case: Case) -> Iterator[Finding]:
    """A sentence on why it can be done."""
    why = str(say(case.objective.attainable.why, case.language))
    if why.strip(" .…"):
        yield case.says("A", "why", "pass", "attainable", why=why)
    else:
        yield case.says("A", "why_missing", "warning", "attainable")


def has_a_fair_chance(case: Case) -> Iterator[Finding]:
    """The computed probability of reaching the target: neither hopeless nor certain."""
    odds = case.probability
    if case.objective.target is None and case.objective.low is None:
        return
    if odds is None or odds != odds:
        yield case.says("A", "odds_unknown", "not_checked", "target")
        return
    told = Amount(round(odds, 3), "percent")  # finer would claim too much
    if odds < _HARDLY:
        yield case.says("A", "odds_hopeless", "fail", "target", odds=told)
    elif odds < _UNLIKELY:
        yield case.says("A", "odds_low", "warning", "target", odds=told)
    elif odds > _CERTAIN and not case.objective.kind.startswith("stay"):
        yield case.says("A", "odds_certain", "warning", "target", odds=told)
    else:
        yield case.says("A", "odds" if odds >= _LIKELY else "odds_even", "pass", "target", odds=told)


def _sign(case: Case) -> int:
    return -1 if case.wanted == "lower" else 1


def _level(case: Case) -> float | None:
    """The median of the latest periods, so that one odd week does not decide."""
    if case.known is None or not len(case.known):
        return None
    latest = sorted(map(float, case.known[-_LEVEL_OF:]))
    middle = len(latest) // 2
    return latest[middle] if len(latest) % 2 else (latest[middle - 1] + latest[middle]) / 2
