"""The status of a group of objectives from those of its children.

A child without data never counts as zero: it is left out of the score, named in the result and in its
sentence, and when less than ``settings.coverage`` of the weight is known the group has no data itself.
Over-achievement of one child does not make up for another: progress counts from 0 to 1. A group is not on
track while a child is in red.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from xlkpi.errors import EvaluationError, Problem
from xlkpi.formula.nodata import Outcome
from xlkpi.status import sentences
from xlkpi.status.definition import Rule, Rules, rules
from xlkpi.status.engine import StatusResult
from xlkpi.status.facts import Settings

Missing = Literal["leave_out", "no_data"]


@dataclass(frozen=True)
class Child:
    """A member of a group: its name, its weight (over 0), its status code, and its progress when that is a
    share of a way.
    """

    name: str
    status: str
    weight: float = 1.0
    progress: float | None = None

    @classmethod
    def of(cls, name: str, result: StatusResult, weight: float = 1.0) -> Child:
        """A child from its status; the one shown counts, so that a person's judgement does."""
        paced = result.mode in ("reach", "increase", "decrease", "total")
        return cls(name, result.shown, weight, result.progress if paced else None)


@dataclass(frozen=True)
class Rollup:
    """The status of a group.

    ``shares`` are fractions of the weight: ``known`` (with data), and of those ``started``, ``achieved``,
    ``red`` and the ``score`` (green 1, amber 0.5, red 0). ``progress`` is the weighted mean over the
    children that have one.
    """

    code: str
    rule: str
    progress: float | None
    shares: Mapping[str, float]
    missing: tuple[str, ...]
    decided: Rule

    def sentence(self, language: str | None = None) -> str:
        """The rule that decided, with its numbers, and the children left out."""
        return sentences.of_rollup(self, language)


def rollup(
    children: Sequence[Child],
    *,
    missing: Missing = "leave_out",
    settings: Settings | None = None,
    definition: Rules | None = None,
) -> Rollup:
    """The status of a group; ``missing="no_data"`` makes one child without data enough for the group to
    have none.

    Raises EvaluationError for a weight that is not a number over 0, or an unknown status.
    """
    definition = definition or rules()
    settings = settings or definition.settings
    for child in children:
        if not (math.isfinite(child.weight) and child.weight > 0):
            raise EvaluationError(Problem("status_weight", {"name": child.name, "weight": str(child.weight)}))
        if child.status not in definition.looks:
            listed = ", ".join(definition.looks)
            raise EvaluationError(Problem("value_not_listed", {"value": child.status, "known": listed, "nearest": ""}))
    absent = tuple(child.name for child in children if child.status == "no_data")
    shares = _shares(children, definition)
    if missing == "no_data" and absent:
        values: dict[str, Outcome] = {**shares, "coverage": 1.0}
    else:
        values = {**shares, "coverage": settings.coverage if children else 1.0}
    for name in ("on_track", "at_risk", "dead_band", "breach", "partially"):
        values[name] = float(getattr(settings, name))
    rule = definition.rollups.decide(values)
    return Rollup(rule.status, rule.rule, _progress(children), shares, absent, rule)


def _shares(children: Sequence[Child], definition: Rules) -> dict[str, float]:
    known = [c for c in children if c.status != "no_data"]
    started = [c for c in known if c.status != "not_started"]
    looks = definition.looks
    return {
        "known": _part(known, children),
        "started": _part(started, known),
        "achieved": _part([c for c in known if c.status == "achieved"], known),
        "red": _part([c for c in started if looks[c.status].level == "red"], started),
        "score": _part(started, started, [looks[c.status].score or 0.0 for c in started]),
    }


def _part(some: Sequence[Child], of: Sequence[Child], scores: Sequence[float] | None = None) -> float:
    """The share of weight, rounded so that thirds add up to one."""
    total = math.fsum(c.weight for c in of)
    if not total:
        return 0.0
    worth = scores or [1.0] * len(some)
    return round(math.fsum(c.weight * s for c, s in zip(some, worth, strict=True)) / total, 9)


def _progress(children: Sequence[Child]) -> float | None:
    moving = [(c.weight, min(1.0, max(0.0, c.progress))) for c in children if c.progress is not None]
    weight = math.fsum(w for w, _ in moving)
    return math.fsum(w * p for w, p in moving) / weight if weight else None
