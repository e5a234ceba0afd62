"""What a project file says of decisions: own alert rules, experiments, the journal, changed targets, what there is to
spend.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar, Literal

from xlkpi.catalogue.model import Translated
from xlkpi.validation import STRICT, complaint, need_words

Day = date  # for the models that have a key named date
#: What an alert comes from; of one objective's alerts with the same cause only the gravest is told.
Cause = Literal["course", "guard", "data", "vanity"]
JournalKind = Literal["checkin", "target", "override", "lesson", "note"]
ExperimentState = Literal["planned", "running", "done", "stopped"]
_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")


@dataclass(frozen=True)
class AlertRule:
    """When to alert, how grave it is (1 to 4, the gravest), and what to look at and to do then.

    ``when`` is a condition in the formula language over the facts of :mod:`xlkpi.objectives.alert_rules`. ``kpis`` and
    ``objectives`` limit the rule; a KPI stands for its variants too.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    alert: str
    when: str
    title: Translated
    severity: int = 2
    cause: Cause = "course"
    risk: Translated = field(default_factory=dict)
    diagnosis: Translated = field(default_factory=dict)
    actions: tuple[Translated, ...] = ()
    kpis: tuple[str, ...] = ()
    objectives: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.alert):
            raise complaint("alert_name", name=self.alert)
        if not 1 <= self.severity <= 4:
            raise complaint("alert_severity", severity=self.severity)
        need_words("title", self.title)


@dataclass(frozen=True)
class AlertSettings:
    """The project's alerts: ``rules`` of its own (one with a built-in's name takes its place), built-in ones that are
    ``off``, and the ``dead_band``: a change of this share is noise.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    dead_band: float = 0.02
    off: tuple[str, ...] = ()
    rules: tuple[AlertRule, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.dead_band < 1:
            raise complaint("alert_dead_band", share=self.dead_band)


@dataclass(frozen=True)
class Variant:
    """One side of an experiment: how many saw it (``trials``), and how many of them did what was wanted.

    Where a mean is compared, such as the average basket: of how many values, their mean and their standard deviation
    (that of a sample, as Excel's ``STDEV.S`` gives it).
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    name: Translated = field(default_factory=dict)
    trials: int | None = None
    successes: int | None = None
    mean: float | None = None
    deviation: float | None = None

    def __post_init__(self) -> None:
        if (self.trials is not None and self.trials < 0) or (self.successes is not None and self.successes < 0):
            raise complaint("experiment_counts")
        if self.mean is not None or self.deviation is not None:
            self._check_mean()
        elif self.successes is not None and (self.trials is None or self.successes > self.trials):
            raise complaint("experiment_successes", successes=self.successes, trials=self.trials or 0)

    def _check_mean(self) -> None:
        if self.successes is not None:
            raise complaint("experiment_mixed")
        if self.mean is None or self.deviation is None:
            given, lacking = ("deviation", "mean") if self.mean is None else ("mean", "deviation")
            raise complaint("experiment_lacking", given=given, lacking=lacking)
        if not math.isfinite(self.mean):
            raise complaint("experiment_mean", mean=self.mean)
        if not (math.isfinite(self.deviation) and self.deviation >= 0):
            raise complaint("experiment_deviation", deviation=self.deviation)
        if self.trials is not None and self.trials < 2:
            raise complaint("experiment_few", trials=self.trials)


@dataclass(frozen=True)
class Experiment:
    """An A/B test: two variants of which a rate or a mean is compared. ``smallest_lift`` is the relative difference
    worth finding; with ``baseline_rate``, or the mean and the deviation of ``a`` without ``trials``, it says how large
    a sample is needed until there are figures.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    id: str
    hypothesis: Translated
    objective: str | None = None
    metric: Translated = field(default_factory=dict)
    a: Variant = Variant()
    b: Variant = Variant()
    start: date | None = None
    end: date | None = None
    smallest_lift: float = 0.10
    baseline_rate: float | None = None
    state: ExperimentState = "running"
    decision: Translated = field(default_factory=dict)
    lesson: Translated = field(default_factory=dict)
    owner: str | None = None

    def __post_init__(self) -> None:
        need_words("id", {"": self.id})
        need_words("hypothesis", self.hypothesis)
        if not (math.isfinite(self.smallest_lift) and self.smallest_lift > 0):
            raise complaint("experiment_lift", share=self.smallest_lift)
        if self.baseline_rate is not None and not 0 < self.baseline_rate < 1:
            raise complaint("experiment_rate", share=self.baseline_rate)
        if self.of_means:
            self._check_means()
        if self.start is not None and self.end is not None and self.end < self.start:
            raise complaint("decision_days", start=self.start.isoformat(), end=self.end.isoformat())

    @property
    def of_means(self) -> bool:
        """Whether means are compared, not rates."""
        return self.a.mean is not None or self.b.mean is not None

    def _check_means(self) -> None:
        if self.baseline_rate is not None:
            raise complaint("experiment_baseline")
        for side, other in (("a", "b"), ("b", "a")):
            variant = getattr(self, side)
            if variant.mean is None and (variant.trials is not None or side == "a"):
                raise complaint("experiment_sides", side=side, other=other)
            if variant.mean is not None and variant.trials is None and self.state != "planned":
                raise complaint("experiment_trials", side=side)


@dataclass(frozen=True)
class JournalEntry:
    """A line of the journal: a check-in with value, status and note; a lesson, tied to an action or an experiment by
    ``about``; a note.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    date: Day
    kind: JournalKind = "note"
    objective: str | None = None
    value: float | None = None
    status: Literal["no_data", "not_started", "on_track", "at_risk", "behind", "overdue", "achieved"] | None = None
    text: Translated = field(default_factory=dict)
    about: Translated = field(default_factory=dict)
    author: str | None = None


@dataclass(frozen=True)
class Revision:
    """A change of an objective's target: on which day, from what, to what, who decided it and why."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    date: Day
    old: float
    new: float
    why: Translated
    who: str | None = None


@dataclass(frozen=True)
class Capacity:
    """What all actions together may take: ``effort`` in days, ``cost`` in the project's currency."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    effort: float | None = None
    cost: float | None = None

    def __post_init__(self) -> None:
        for name in ("effort", "cost"):
            value = getattr(self, name)
            if value is not None and not (math.isfinite(value) and value >= 0):
                raise complaint("capacity_negative", name=name)
