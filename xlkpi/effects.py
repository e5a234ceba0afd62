"""What actions changed: the KPI before and after each, over windows set beforehand, and which ones may be stopped.

An action counts from its start while it is being done and from its due date once it is done. The period in which that
day lies belongs to neither window; the effect is told when the window after it is complete.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from xlkpi.analysis.impact import NO_VISIBLE_EFFECT, Impact, impact
from xlkpi.scorecard.outlook import SEASONS

if TYPE_CHECKING:
    from xlkpi.objectives import Action
    from xlkpi.scorecard.model import Result, Scorecard

#: Periods before and after, where an action does not say.
WINDOWS: Mapping[str, int] = {"daily": 28, "weekly": 8, "monthly": 3, "quarterly": 3, "yearly": 3}
#: States in which an action has an effect to be measured.
ACTING = ("doing", "done")


@dataclass(frozen=True)
class Effect:
    """What is known of an action's effect: ``since`` when it counts, its ``window``, how many periods are complete
    ``after`` it (one review each), and ``found``, None until the window is complete.
    """

    since: date | None
    window: int
    after: int
    found: Impact | None

    @property
    def is_visible(self) -> bool:
        return self.found is not None and self.found.verdict != NO_VISIBLE_EFFECT

    def may_stop(self, stop_after: int) -> bool:
        """Whether it had no visible effect in as many reviews as a project allows."""
        return self.found is not None and not self.is_visible and self.after >= stop_after

    def as_json(self) -> dict[str, Any]:
        """For ``--json``: NaN is null."""
        found = self.found
        numbers = ("before", "after", "effect", "lower", "upper", "share", "p_value", "level")
        told: dict[str, Any] = {n: _finite(getattr(found, n)) for n in numbers} if found else {}
        if found:
            told |= {"verdict": found.verdict, "caveats": list(found.caveats)}
        since = self.since.isoformat() if self.since else None
        return {"since": since, "window": self.window, "periods_after": self.after, "impact": told or None}


def effect(
    result: Result, as_of: date, *, state: str, start: date | None, due: date | None, window: int | None = None
) -> Effect:
    """The effect of an action on its objective's KPI, as far as it can be told on a day."""
    series = result.series
    size = window or (WINDOWS[series.cadence.code] if series else 0)
    since = (due or start) if state == "done" else start if state == "doing" else None
    if series is None or since is None or since > as_of:
        return Effect(since, size, 0, None)
    cadence = series.cadence
    within = cadence.start_of(since)
    before = [v for p, v in zip(series.periods, series.values, strict=True) if p < within][-size:]
    after = [v for p, v in zip(series.periods, series.values, strict=True) if p > within]
    if len(after) < size:
        return Effect(since, size, len(after), None)
    higher = _higher_is_better(result)
    found = impact(before, after[:size], higher_is_better=higher, season_length=SEASONS[cadence.code])
    return Effect(since, size, len(after), found)


def effect_of(result: Result, action: Action, as_of: date) -> Effect:
    """The effect of an action of the project file."""
    return effect(result, as_of, state=action.status, start=action.start, due=action.due, window=action.window)


def effects(card: Scorecard) -> tuple[tuple[Result, Action, Effect], ...]:
    """All actions of a scorecard with their effects."""
    return tuple((r, a, effect_of(r, a, card.as_of)) for r in card.results for a in r.objective.actions)


def _higher_is_better(result: Result) -> bool | None:
    wanted = result.objective.wanted or (result.kpi.direction if result.kpi else None)
    return {"higher": True, "lower": False}.get(str(wanted))


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
