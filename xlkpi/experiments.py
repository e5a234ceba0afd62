"""The experiments of a project: what their figures say, and how many more are needed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from xlkpi.analysis.ab_test import (
    Comparison,
    compare_means,
    compare_proportions,
    sample_size_means,
    sample_size_proportions,
)

if TYPE_CHECKING:
    from xlkpi.objectives.decisions import Experiment


@dataclass(frozen=True)
class Outcome:
    """An experiment with its comparison (None without figures of both variants) and the sample that each needs."""

    experiment: Experiment
    found: Comparison | None
    needed: float

    def as_json(self) -> dict[str, Any]:
        """For ``--json``: NaN is null."""
        found = self.found
        names = ("a", "b", "difference", "lower", "upper", "lift", "p_value", "more_needed")
        told: dict[str, Any] = {n: _finite(getattr(found, n)) for n in names} if found else {}
        if found:
            told |= {"method": found.method, "verdict": found.verdict}
        return {"id": self.experiment.id, "needed": _finite(self.needed), "comparison": told or None}


def outcome(experiment: Experiment) -> Outcome:
    """What an experiment's figures say so far."""
    a, b, lift = experiment.a, experiment.b, experiment.smallest_lift
    if a.mean is not None and a.deviation is not None:
        if a.trials and b.trials and b.mean is not None and b.deviation is not None:
            found = compare_means(a.mean, a.deviation, a.trials, b.mean, b.deviation, b.trials, smallest_lift=lift)
            return Outcome(experiment, found, found.needed)
        effect = abs(a.mean) * lift
        return Outcome(experiment, None, sample_size_means(a.deviation, effect) if effect else math.nan)
    if a.trials and b.trials:
        found = compare_proportions(a.successes or 0, a.trials, b.successes or 0, b.trials, smallest_lift=lift)
        return Outcome(experiment, found, found.needed)
    rate = experiment.baseline_rate
    return Outcome(experiment, None, sample_size_proportions(rate, lift) if rate else math.nan)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
