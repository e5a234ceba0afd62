"""What stands around the objectives: budget, competitors, SWOT, driver trees, reconciliation, surveys, customers."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields
from datetime import date
from typing import Any, ClassVar, Literal

from xlkpi.catalogue.model import Translated
from xlkpi.validation import STRICT, complaint

Day = date  # for the models that have a key named date
SwotKind = Literal["strength", "weakness", "opportunity", "threat"]
SurveyKind = Literal["csat", "nps", "aided_awareness", "unaided_awareness", "brand_image", "tone"]
RubricKind = Literal["content_quality", "brand_image"]

#: The KPI that each kind of survey feeds, and the measures of its answers, favourable and unfavourable ones.
SURVEY_KPIS: dict[str, str] = {
    "csat": "csat", "nps": "nps", "aided_awareness": "awareness", "unaided_awareness": "awareness_unaided",
    "brand_image": "brand_image", "tone": "sentiment",
}  # fmt: skip
RUBRIC_KPIS: dict[str, str] = {"content_quality": "rubric", "brand_image": "brand_image"}


class _Finite:
    """Numbers must be finite; those named in ``_positive`` not negative either."""

    _positive: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        for item in fields(self):  # type: ignore[arg-type]  # only dataclasses inherit this
            value = getattr(self, item.name)
            if isinstance(value, float) and not math.isfinite(value):
                raise complaint("objective_not_finite", name=item.name)
            if item.name in self._positive and value is not None and value < 0:
                raise complaint("context_negative", name=item.name, value=value)


@dataclass(frozen=True)
class Cap(_Finite):
    """The least and the most that a channel may get in a month, in the project's currency."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    _positive: ClassVar[tuple[str, ...]] = ("least", "most")
    least: float | None = None
    most: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.least is not None and self.most is not None and self.least > self.most:
            raise complaint("budget_cap_swapped", least=self.least, most=self.most)


@dataclass(frozen=True)
class Budget(_Finite):
    """How the budget of channels is to be judged.

    ``spend`` and ``outcome`` are measures, by default the first that sources deliver by channel; ``demand`` a measure
    that tells how much the market is ready for, such as search impressions. ``total`` is the budget of a month (the
    present one where it is absent), ``change`` how much of its spend a channel may gain or lose where ``caps`` don't
    say otherwise.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    _positive: ClassVar[tuple[str, ...]] = ("total", "change")
    spend: str | None = None
    outcome: str | None = None
    demand: str | None = None
    total: float | None = None
    change: float = 0.3
    caps: dict[str, Cap] = field(default_factory=dict)


@dataclass(frozen=True)
class Competitor(_Finite):
    """What is known of a competitor: values by objective or measure, from where and when."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    name: str
    values: dict[str, float]
    source: str | None = None
    date: Day | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, value in self.values.items():
            if not math.isfinite(value):
                raise complaint("objective_not_finite", name=name)


@dataclass(frozen=True)
class CompetitorFile:
    """A table of competitors, with the columns name, measure, value and, if known, date and source."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    path: str


@dataclass(frozen=True)
class SwotItem:
    """A strength, weakness, opportunity or threat, and the objective that it bears on."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    kind: SwotKind
    text: Translated
    objective: str | None = None


@dataclass(frozen=True)
class Drivers(_Finite):
    """A result as a product: ``factors`` multiplied, ``divisors`` divided by, ``offset`` added at the end.

    All are KPIs or measures. ``target`` is what the result is to be over the compared months.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    result: str
    factors: tuple[str, ...]
    divisors: tuple[str, ...] = ()
    offset: float = 0.0
    target: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.factors) + len(self.divisors) < 2 or not self.factors:
            raise complaint("drivers_few")


@dataclass(frozen=True)
class Reconciliation(_Finite):
    """The same figure as two or more sources tell it: source -> measure; the first is what the others are held to."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    _positive: ClassVar[tuple[str, ...]] = ("tolerance",)
    name: Translated
    of: dict[str, str]
    tolerance: float = 0.05

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.of) < 2:
            raise complaint("reconcile_one")


@dataclass(frozen=True)
class Survey(_Finite):
    """A wave of a survey, or a month of mentions: answers, the favourable and the unfavourable among them.

    Favourable are promoters, satisfied people, those who know the brand, positive mentions.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    _positive: ClassVar[tuple[str, ...]] = ("answers", "favourable", "unfavourable")
    kind: SurveyKind
    date: Day
    answers: float
    favourable: float
    unfavourable: float = 0.0
    source: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.favourable + self.unfavourable > self.answers:
            raise complaint("survey_too_many", answers=self.answers, sum=self.favourable + self.unfavourable)


@dataclass(frozen=True)
class Mark(_Finite):
    """A mark of a rubric, 0 to 5: what is judged, by which criterion, with which weight."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    _positive: ClassVar[tuple[str, ...]] = ("mark", "weight")
    subject: RubricKind
    criterion: Translated
    mark: float
    date: Day
    weight: float = 1.0
    by: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.mark > 5:
            raise complaint("rubric_mark", mark=self.mark)


@dataclass(frozen=True)
class Customers:
    """Where purchases by customer stand: a source with a dimension that tells customers apart.

    ``segment`` is a dimension of that source, or of the source ``details`` that tells the same customers.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    source: str | None = None
    customer: str = "customer"
    amount: str | None = None
    segment: str | None = None
    details: str | None = None
