"""What a project file holds: objectives, with their actions, benchmarks and overrides, and the settings
around them.

Texts are translated (``{"fr": ..., "en": ...}``, read with :func:`xlkpi.catalogue.say`); a plain text in
the file is the same in every language. Numbers are in the KPI's own unit: 0.03 is 3 %.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields
from datetime import date
from itertools import pairwise
from typing import Any, ClassVar, Literal

from xlkpi.cadence import Code
from xlkpi.catalogue.model import Translated
from xlkpi.objectives.audience import Audience
from xlkpi.objectives.context import (
    Budget,
    Competitor,
    CompetitorFile,
    Customers,
    Drivers,
    Mark,
    Reconciliation,
    Survey,
    SwotItem,
)
from xlkpi.objectives.decisions import AlertSettings, Capacity, Experiment, JournalEntry, Revision
from xlkpi.validation import STRICT, complaint, need_words

Day = date  # for the models that have a key named date
Kind = Literal["reach", "increase", "decrease", "stay_above", "stay_below", "stay_between"]
Status = Literal["no_data", "not_started", "on_track", "at_risk", "behind", "overdue", "achieved"]
Level = Literal["strategic", "operational"]
Horizon = Literal["short", "medium", "long"]
Wanted = Literal["higher", "lower", "between"]


class _Finite:
    """Numbers must be finite: an infinite or absent one has no place in a target."""

    def __post_init__(self) -> None:
        for item in fields(self):  # type: ignore[arg-type]  # only dataclasses inherit this
            value = getattr(self, item.name)
            if isinstance(value, float) and not math.isfinite(value):
                raise complaint("objective_not_finite", name=item.name)


@dataclass(frozen=True)
class Benchmark(_Finite):
    """A value to compare the target with: of the industry, of one's own past, or of a competitor."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    value: float
    source: str | None = None
    date: Day | None = None
    kind: Literal["industry", "past", "competitor"] = "industry"
    name: str | None = None


@dataclass(frozen=True)
class Resources(_Finite):
    """What the objective may use: in words, money (the project's currency), effort in days, people."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    what: Translated = field(default_factory=dict)
    budget: float | None = None
    effort: float | None = None
    people: tuple[str, ...] = ()


@dataclass(frozen=True)
class Attainable:
    """Why the target can be reached, with the benchmarks and the resources that support it."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    why: Translated = field(default_factory=dict)
    benchmark: tuple[Benchmark, ...] = ()
    resources: Resources | None = None


@dataclass(frozen=True)
class Action(_Finite):
    """A step of the action plan. ``effort`` is in days, ``cost`` in the project's currency. ``window``: over how many
    periods before and after it its effect is measured, set beforehand.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    task: Translated
    owner: str | None = None
    start: date | None = None
    due: date | None = None
    effect: Translated = field(default_factory=dict)
    cost: float | None = None
    effort: float | None = None
    status: Literal["planned", "doing", "done", "stopped"] = "planned"
    window: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        need_words("task", self.task)
        for name in ("effort", "cost"):
            if (getattr(self, name) or 0) < 0:
                raise complaint("action_negative", name=name, value=getattr(self, name))
        if self.window is not None and not 3 <= self.window <= 400:
            raise complaint("action_window", count=self.window)
        if self.start is not None and self.due is not None and self.due < self.start:
            raise complaint("decision_days", start=self.start.isoformat(), end=self.due.isoformat())


@dataclass(frozen=True)
class Override:
    """A status that a person sets over the computed one, on the day ``since``, until the day ``until`` (not
    included), by default the first review after ``since``. One of the two days is required, so that it ends.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    status: Status
    reason: Translated
    until: date | None = None
    since: date | None = None

    def __post_init__(self) -> None:
        if not any(words.strip() for words in self.reason.values()):
            raise complaint("status_override_reason")
        if self.since is None and self.until is None:
            raise complaint("objective_override_end")
        if self.since is not None and self.until is not None and self.since >= self.until:
            raise complaint("objective_override_days", since=self.since.isoformat(), until=self.until.isoformat())


@dataclass(frozen=True)
class CurvePoint(_Finite):
    """A point of the expected course: on a day, a share of the way (0 to 1) or a value in the KPI's unit."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    date: Day
    share: float | None = None
    value: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if (self.share is None) == (self.value is None):
            raise complaint("objective_curve_point")


@dataclass(frozen=True)
class Expected:
    """The expected course from baseline to target: linear, seasonal (from history) or a curve of points."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    shape: Literal["linear", "seasonal", "curve"] = "linear"
    points: tuple[CurvePoint, ...] = ()

    def __post_init__(self) -> None:
        days = [point.date for point in self.points]
        if (self.shape == "curve") != bool(self.points):
            raise complaint("objective_curve_empty")
        if any(later <= earlier for earlier, later in pairwise(days)):
            raise complaint("objective_curve_order")


@dataclass(frozen=True)
class Quality:
    """Evidence for the criteria of a good KPI that can't be computed: it is reliable, controllable,
    qualifiable.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    reliable: Translated = field(default_factory=dict)
    controllable: Translated = field(default_factory=dict)
    qualifiable: Translated = field(default_factory=dict)


@dataclass(frozen=True)
class Objective(_Finite):
    """A KPI with a baseline, a target, dates, an owner and a reason.

    Only ``id`` and ``title`` are required to load: what else is lacking is told by :mod:`xlkpi.smart`.
    ``where`` selects the part of the data by dimension; ``guards`` are KPIs or objectives that must not
    turn red meanwhile; ``low`` and ``high`` bound ``stay_between``; ``cumulative`` says whether values add
    up since ``start`` (None: as the KPI's measures do).
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    id: str
    title: Translated
    specific: Translated = field(default_factory=dict)
    kpi: str | None = None
    kind: Kind = "reach"
    baseline: float | None = None
    target: float | None = None
    low: float | None = None
    high: float | None = None
    success: float | None = None
    failure: float | None = None
    start: date | None = None
    due: date | None = None
    cadence: Code | None = None
    review: Code | date | None = None
    expected: Expected = Expected()
    cumulative: bool | None = None
    level: Level = "operational"
    team: str | None = None
    group: str | None = None
    priority: int | None = None
    primary: bool = False
    parent: str | None = None
    weight: float = 1.0
    horizon: Horizon | None = None
    goal: str | None = None
    relevant: Translated = field(default_factory=dict)
    attainable: Attainable = Attainable()
    owner: str | None = None
    stakeholders: tuple[str, ...] = ()
    where: dict[str, tuple[str | int | float | bool, ...]] = field(default_factory=dict)
    guards: tuple[str, ...] = ()
    decision: Translated = field(default_factory=dict)
    actions: tuple[Action, ...] = ()
    override: Override | None = None
    quality: Quality = Quality()
    revisions: tuple[Revision, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.low is not None and self.high is not None and self.low >= self.high:
            raise complaint("objective_limits_swapped", low=self.low, high=self.high)
        if self.weight <= 0:
            raise complaint("objective_weight", weight=self.weight)
        if self.priority is not None and self.priority < 1:
            raise complaint("objective_priority", priority=self.priority)
        if self.cumulative and self.kind == "stay_between":
            raise complaint("objective_cumulative_between")
        for point in self.expected.points:
            if (self.start and point.date < self.start) or (self.due and point.date > self.due):
                raise complaint("objective_curve_outside", date=point.date.isoformat())
        if any(later.date < earlier.date for earlier, later in pairwise(self.revisions)):
            raise complaint("revision_order")
        if self.revisions and self.target is not None and self.revisions[-1].new != self.target:
            raise complaint("revision_target", new=self.revisions[-1].new, target=self.target)

    @property
    def wanted(self) -> Wanted | None:
        """Where the value should go; None for ``reach`` without a baseline that differs from the target."""
        if self.kind in ("increase", "stay_above"):
            return "higher"
        if self.kind in ("decrease", "stay_below"):
            return "lower"
        if self.kind == "stay_between":
            return "between"
        if self.baseline is None or self.target is None or self.baseline == self.target:
            return None
        return "higher" if self.target > self.baseline else "lower"

    def next_review(self, on: date, fiscal_year_start: int = 1, otherwise: Code = "monthly") -> date:
        """The first review after a day, by ``review`` (a date, or a cadence), else ``cadence``, else
        ``otherwise``.
        """
        from xlkpi.cadence import Cadence

        if isinstance(self.review, date) and self.review > on:
            return self.review
        code = self.review if isinstance(self.review, str) else None
        return Cadence(code or self.cadence or otherwise, fiscal_year_start).next_review(on)


@dataclass(frozen=True)
class Goal:
    """A business goal of one's own, beside the eight usual ones; ``kpis`` are those that tell of it."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    name: Translated
    kpis: tuple[str, ...] = ()


@dataclass(frozen=True)
class SourceEntry:
    """Where figures come from. Only the keys are checked here; reading a source checks what they say."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    path: str | tuple[str, ...] | None = None
    connection: str | None = None
    table: str | None = None
    query: str | None = None
    preset: str | None = None
    date: str | None = None
    measures: dict[str, Any] | tuple[str, ...] | None = None
    dimensions: dict[str, Any] | tuple[str, ...] | None = None
    where: dict[str, Any] | None = None
    keep: str | tuple[str, ...] | None = None
    drop: str | tuple[str, ...] | None = None
    hash: str | tuple[str, ...] | None = None
    key: str | tuple[str, ...] | None = None
    member: str | None = None
    sheet: str | int | None = None
    range: str | None = None
    header: int | None = None
    delimiter: str | None = None
    encoding: str | None = None
    decimal: str | dict[str, str] | None = None
    dates: str | None = None
    covers: str | None = None
    duplicates: str | None = None
    overlap: str | None = None
    timezone: str | None = None
    currency: str | None = None
    rates: dict[str, float] | None = None
    label: str | None = None


@dataclass(frozen=True)
class Checks(_Finite):
    """Limits of ``xlkpi check`` that a project may set.

    ``primary`` objectives per page; ``correlation`` from which two series tell the same; ``stretch`` and
    ``overreach``: needed growth as a multiple of the best past growth from which a target is ambitious, and
    not attainable; ``inputs`` that a simple KPI may have; ``stop_after`` so many reviews an action without a visible
    effect is proposed to be stopped.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    primary: int = 7
    correlation: float = 0.95
    stretch: float = 1.0
    overreach: float = 2.0
    inputs: int = 4
    stop_after: int = 3


@dataclass(frozen=True)
class IncludedFile:
    """The keys of a file that another one includes."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    xlkpi: Literal[1] = 1
    include: tuple[str, ...] = ()
    sources: dict[str, SourceEntry] = field(default_factory=dict)
    measures: dict[str, Any] = field(default_factory=dict)
    kpis: dict[str, Any] = field(default_factory=dict)
    goals: dict[str, Goal] = field(default_factory=dict)
    objectives: tuple[Objective, ...] = ()
    experiments: tuple[Experiment, ...] = ()
    journal: tuple[JournalEntry, ...] = ()


@dataclass(frozen=True)
class ProjectFile:
    """The keys of a project file."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    xlkpi: Literal[1]
    name: Translated
    language: str | None = None
    currency: str = "EUR"
    fiscal_year_start: int = 1
    as_of: Literal["latest"] | date = "latest"
    template: str | None = None
    theme: str | None = None
    functions: Literal["lambda"] | None = None
    secrets: str | None = None
    checks: Checks = Checks()
    budget: Budget | None = None
    competitors: tuple[Competitor, ...] | CompetitorFile = ()
    swot: tuple[SwotItem, ...] = ()
    drivers: tuple[Drivers, ...] = ()
    reconcile: tuple[Reconciliation, ...] = ()
    surveys: tuple[Survey, ...] = ()
    rubrics: tuple[Mark, ...] = ()
    customers: Customers | None = None
    include: tuple[str, ...] = ()
    sources: dict[str, SourceEntry] = field(default_factory=dict)
    measures: dict[str, Any] = field(default_factory=dict)
    kpis: dict[str, Any] = field(default_factory=dict)
    goals: dict[str, Goal] = field(default_factory=dict)
    objectives: tuple[Objective, ...] = ()
    audiences: dict[str, Audience] = field(default_factory=dict)
    experiments: tuple[Experiment, ...] = ()
    journal: tuple[JournalEntry, ...] = ()
    alerts: AlertSettings = field(default_factory=AlertSettings)
    capacity: Capacity = field(default_factory=Capacity)

    def __post_init__(self) -> None:
        from xlkpi.language import languages

        if not 1 <= self.fiscal_year_start <= 12:
            raise complaint("project_fiscal_year", month=self.fiscal_year_start)
        if self.language is not None and self.language not in languages():
            raise complaint("project_language", name=self.language, known=", ".join(languages()))
        if len(self.currency) != 3 or not self.currency.isascii() or not self.currency.isupper():
            raise complaint("project_currency", currency=self.currency)
