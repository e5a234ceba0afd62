"""Measure, KPI and Catalogue: what a KPI is, once, for every engine and every page."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, Literal

from xlkpi.errors import EvaluationError, Problem
from xlkpi.formula import Formula, Limits, Outcome, units
from xlkpi.language import FALLBACK, current
from xlkpi.validation import STRICT, complaint

#: A text in each language: ``{"fr": ..., "en": ...}``.
Translated = dict[str, str]
Unit = Literal[
    "percent", "times", "ratio", "index", "score", "points", "stars", "rank", "count", "currency", "seconds", "days",
    "months", "per_day",
]  # fmt: skip
Cadence = Literal["daily", "weekly", "monthly", "quarterly", "yearly"]
Goal = Literal[
    "visibility", "awareness", "sales", "community", "opinion_leader", "leads", "influencers", "customer_service"
]


def say(texts: Mapping[str, Any], language: str | None = None) -> Any:
    """A translated text in a language; the fallback language's where it is missing."""
    language = language or current()
    return texts.get(language) or texts.get(FALLBACK) or next(iter(texts.values()), "")


@dataclass(frozen=True)
class Measure:
    """A number that sources deliver.

    ``aggregate`` says how it adds up over time and dimensions: ``sum``; ``last`` for stocks; ``mean`` (weighted by
    another measure); ``max``; ``median`` of the rows, whatever they are grouped by; ``count_distinct`` for people, who
    do not add up. Values below ``minimum`` or above ``maximum`` are impossible. ``fallback`` is the measure that stands
    for it where no source delivers it.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    id: str
    name: Translated
    unit: Unit
    aggregate: Literal["sum", "last", "mean", "max", "median", "count_distinct"]
    definition: Translated = field(default_factory=dict)
    weight: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    fallback: str | None = None

    def __post_init__(self) -> None:
        if self.weight and (self.aggregate != "mean" or self.weight == self.id):
            raise complaint("measure_weight")
        if not all(bound is None or math.isfinite(bound) for bound in self.limits):
            raise complaint("measure_not_finite")
        if self.minimum is not None and self.maximum is not None and self.minimum >= self.maximum:
            raise complaint("measure_limits")

    @property
    def limits(self) -> Limits:
        return self.minimum, self.maximum


@dataclass(frozen=True)
class Input:
    """What an argument of a KPI stands for: a measure or a KPI, of which period and over which selection.

    ``at``: the current period, the previous one, or the stock at the start of the period. ``of``: the selection at
    hand, or all channels and segments together.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    measure: str
    at: Literal["current", "previous", "start"] = "current"
    of: Literal["selection", "all"] = "selection"


@dataclass(frozen=True)
class Source:
    """Where the documents that the catalogue is made from ask for a KPI."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    row: int
    quote: str
    derived: bool = False


@dataclass(frozen=True)
class KPI:
    """A named formula over measures, with all that people need to use it rightly.

    ``formula`` is its text over the arguments (``inputs``, in order) and ``constants``; :attr:`compiled` is what
    evaluates and prints. ``direction`` is what is good: higher, lower, or none in general. ``guard`` lists KPIs that
    must not deteriorate while this one improves.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    id: str
    family: str
    name: Translated
    formula: str
    inputs: dict[str, Input]
    unit: Unit
    direction: Literal["higher", "lower", "none"]
    example: dict[str, float | tuple[float | None, ...]]
    function: str
    definition: Translated = field(default_factory=dict)
    question: Translated = field(default_factory=dict)
    constants: dict[str, float] = field(default_factory=dict)
    kind: Literal["kpi", "metric"] = "kpi"
    nature: Literal["quantitative", "qualitative"] = "quantitative"
    vanity: bool = False
    companion: str | None = None
    guard: tuple[str, ...] = ()
    cadence: Cadence = "monthly"
    pitfalls: dict[str, tuple[str, ...]] = field(default_factory=dict)
    goals: tuple[Goal, ...] = ()
    aliases: tuple[str, ...] = ()
    source: Source | None = None
    note: Translated = field(default_factory=dict)
    variant_of: str | None = None
    limits: dict[str, tuple[float | None, float | None]] = field(default_factory=dict)

    @cached_property
    def compiled(self) -> Formula:
        """The formula, parsed once, with the limits of its inputs."""
        return Formula.parse(self.formula, self.inputs, self.limits, self.constants)

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """The value for numbers, lists or numpy arrays, by position or by name; no data is NaN.

        Raises EvaluationError for too many, unknown or absent arguments.
        """
        return self.compiled(**self._bound(arguments, named))

    def outcome(self, *arguments: Any, **named: Any) -> Outcome:
        """The value for single numbers, or the reason why there is none."""
        return self.compiled.outcome(**self._bound(arguments, named))

    def excel(self, references: Mapping[str, str], *, guarded: bool = True) -> str:
        """Excel's native formula, in US English and without the equals sign."""
        return self.compiled.excel(references, guarded=guarded)

    def lambda_(self) -> str:
        """The LAMBDA for a defined name, with the arguments in order."""
        return self.compiled.lambda_(tuple(self.inputs))

    def label(self, language: str | None = None) -> str:
        """The name in a language."""
        return str(say(self.name, language))

    @property
    def result(self) -> float:
        """The worked example's result."""
        value = self.example["result"]
        assert isinstance(value, float | int)  # the loader checked it
        return value

    @property
    def arguments(self) -> dict[str, float | tuple[float | None, ...]]:
        """The worked example's arguments, in order."""
        return {name: self.example[name] for name in self.inputs}

    def _bound(self, arguments: tuple[Any, ...], named: Mapping[str, Any]) -> dict[str, Any]:
        names, wanted = list(self.inputs), ", ".join(self.inputs)
        if len(arguments) > len(names):
            given = {"name": f"n° {len(names) + 1}", "wanted": wanted}
            raise EvaluationError(Problem("argument_unknown", given))
        twice = [name for name in names[: len(arguments)] if name in named]
        if twice:
            raise EvaluationError(Problem("argument_twice", {"name": twice[0], "wanted": wanted}))
        return {**dict(zip(names, arguments, strict=False)), **named}


@dataclass(frozen=True)
class Catalogue(Mapping[str, KPI]):
    """KPIs by id, with the measures that they are made of and the names of their families."""

    kpis: Mapping[str, KPI]
    measures: Mapping[str, Measure]
    families: Mapping[str, Translated]

    def __getitem__(self, id: str) -> KPI:
        """A KPI by its id or its function's name. Raises KeyError."""
        return self.kpis[id.lower().removeprefix("kpi_") if id.upper().startswith("KPI_") else id]

    def __iter__(self) -> Iterator[str]:
        return iter(self.kpis)

    def __len__(self) -> int:
        return len(self.kpis)

    @cached_property
    def functions(self) -> dict[str, KPI]:
        """The KPI behind each function's name: where several share one, since they compute the same of other measures,
        its namesake.
        """
        found: dict[str, KPI] = {}
        for kpi in self.kpis.values():
            if kpi.function not in found or kpi.function == f"KPI_{kpi.id.upper()}":
                found[kpi.function] = kpi
        return found

    def shown_unit(self, measure: str) -> str:
        """The unit of a measure; one that is not in the catalogue is a count."""
        known = self.measures.get(measure)
        return known.unit if known else "count"

    def find(self, id: str) -> KPI:
        """A KPI by its id or its function's name. Raises EvaluationError that proposes the nearest."""
        try:
            return self[id]
        except KeyError:
            from xlkpi.validation import nearest

            meant = nearest(id.lower().removeprefix("kpi_"), self)
            code = "kpi_unknown_nearest" if meant else "kpi_unknown"
            raise EvaluationError(Problem(code, {"id": id, "nearest": meant or ""})) from None

    def search(self, words: str = "", family: str | None = None) -> list[KPI]:
        """KPIs whose id, names, definition or aliases hold every word, without regard to case and accents.

        Those that are named like the words come first. ``family`` is a family's id or a part of its name.
        """
        wanted = fold(words).split()
        found: list[tuple[int, int, KPI]] = []
        for kpi in self.values():
            if family and not self._in_family(kpi, family):
                continue
            names = fold(" ".join([kpi.id, kpi.function, *kpi.name.values()]))
            more = fold(" ".join([*kpi.aliases, *kpi.definition.values(), *kpi.question.values()]))
            if all(word in names or word in more for word in wanted):
                exact = fold(words) in (kpi.id, fold(kpi.function))
                found.append((0 if exact else 1 if all(word in names for word in wanted) else 2, len(found), kpi))
        return [kpi for *_, kpi in sorted(found, key=lambda row: row[:2])]

    def _in_family(self, kpi: KPI, family: str) -> bool:
        names = fold(" ".join([kpi.family, *self.families.get(kpi.family, {}).values()]))
        return fold(family) in names

    def expanded(self, id: str) -> Formula:
        """The KPI's formula over measures alone, KPIs among its inputs replaced by theirs.

        It knows measures only, not their periods and selections: it tells what a KPI needs, and its value only where
        every input is the current selection's.
        """
        kpi = self[id]
        inner = {arg: self.expanded(i.measure) for arg, i in kpi.inputs.items() if i.measure in self.kpis}
        renamed = {arg: i.measure for arg, i in kpi.inputs.items() if arg not in inner}
        return kpi.compiled.renamed(renamed).with_formulas(inner)

    def unit_of(self, name: str) -> units.Unit:
        """The unit of a measure or a KPI; unknown for any other name."""
        if name in self.measures:
            return units.of_measure(name, self.measures[name].unit)
        return units.of_result(self.kpis[name].unit) if name in self.kpis else units.UNKNOWN

    def describe_input(self, kpi: KPI, argument: str, language: str | None = None) -> str:
        """An argument in words: the measure's or KPI's name, with its period and selection where they matter."""
        from xlkpi.language import text

        of = kpi.inputs[argument]
        known = self.measures.get(of.measure) or self.kpis.get(of.measure)
        words = str(say(known.name, language)) if known else of.measure.replace("_", " ")
        qualifiers = [text(f"input.{q}", language) for q in (of.at, of.of) if q not in ("current", "selection")]
        return f"{words} ({', '.join(qualifiers)})" if qualifiers else words


def fold(text: str) -> str:
    """Text for searching: lower case, without accents or typographic apostrophes."""
    plain = unicodedata.normalize("NFKD", text.replace("’", "'"))
    return "".join(c for c in plain if not unicodedata.combining(c)).lower()
