"""The status of an objective, and its verdict once its period is over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, get_args

from xlkpi.errors import EvaluationError, Problem
from xlkpi.formula.evaluate import outcome
from xlkpi.formula.nodata import NoData, Outcome
from xlkpi.status import sentences
from xlkpi.status.courses import curve_node
from xlkpi.status.definition import Code, Rule, Rules, rules
from xlkpi.status.facts import Facts, Settings, as_date

CODES: tuple[Code, ...] = get_args(Code)


@dataclass(frozen=True)
class Override:
    """A status set by a person, shown beside the computed one until the day ``until`` (not included), or
    for good.

    ``reason`` is a text, or one per language. Raises EvaluationError for an unknown status or an empty
    reason.
    """

    status: str
    reason: str | Mapping[str, str]
    until: date | None = None
    by: str | None = None

    def __post_init__(self) -> None:
        if self.status not in CODES:
            known = ", ".join(CODES)
            raise EvaluationError(Problem("value_not_listed", {"value": self.status, "known": known, "nearest": ""}))
        reasons = [self.reason] if isinstance(self.reason, str) else list(self.reason.values())
        if not any(reason.strip() for reason in reasons):
            raise EvaluationError(Problem("status_override_reason"))

    def active(self, as_of: Any) -> bool:
        """Whether it holds on a day; where the day is not known it does."""
        day = as_date(as_of)
        return self.until is None or day is None or day < self.until


@dataclass(frozen=True)
class StatusResult:
    """A computed status with its reasons.

    ``code`` is computed (guards included) and ``rule`` is the rule that decided it; ``shown`` is what a
    page shows: the person's ``override`` while it lasts, else ``code``. ``uncapped`` is the status before
    guards, ``capped_by`` the guards in red that held it down. ``progress``, ``expected``, ``gap`` and
    ``pace`` are fractions, None where there is none: see the package for what they mean for each kind.
    ``expired`` is an override that has ended.
    """

    code: str
    rule: str
    mode: str
    progress: float | None
    expected: float | None
    gap: float | None
    pace: float | None
    elapsed: float | None
    missing: tuple[str, ...]
    facts: Facts
    settings: Settings
    decided: Rule
    allowance: float | None = None
    uncapped: str = ""
    capped_by: tuple[str, ...] = ()
    override: Override | None = None
    expired: Override | None = None
    level: str = field(default="none", compare=False)

    @property
    def shown(self) -> str:
        """The status to show."""
        return self.override.status if self.override else self.code

    def sentence(self, language: str | None = None) -> str:
        """Why the computed status is what it is, with its numbers; a second sentence names guards that cap
        it.
        """
        return sentences.of_status(self, language)

    def override_sentence(self, language: str | None = None) -> str:
        """Who set which status, why and until when; empty without an override."""
        return sentences.of_override(self, language)


@dataclass(frozen=True)
class Verdict:
    """What a closed period came to: ``achieved``, ``partially`` or ``missed``; ``open`` before the due
    date, or ``no_data``.
    """

    code: str
    rule: str
    status: StatusResult
    decided: Rule

    def sentence(self, language: str | None = None) -> str:
        """The verdict with its numbers."""
        return sentences.of_verdict(self, language)


def status(
    facts: Facts,
    *,
    settings: Settings | None = None,
    guards: Mapping[str, str] | None = None,
    override: Override | None = None,
    definition: Rules | None = None,
) -> StatusResult:
    """The status of one objective on ``facts.as_of``.

    ``guards`` gives the status code of each guard KPI, by name: one in red (behind, overdue) caps green to
    at risk. ``settings`` and ``definition`` default to those of status.yaml.
    """
    definition = definition or rules()
    settings = settings or definition.settings
    mode, values = compute(facts, settings, definition)
    rule = definition.statuses.decide(values)
    result = StatusResult(
        rule.status,
        rule.rule,
        mode,
        _known(values["progress"]),
        _known(values["expected"]),
        _known(values["gap"]),
        _known(values["pace"]),
        _known(values["elapsed"]),
        missing_inputs(mode, values) if rule.status == "no_data" else (),
        facts,
        settings,
        rule,
        _known(values["allowance"]),
        rule.status,
        level=definition.looks[rule.status].level,
    )
    if guards:
        result = _capped(result, guards, definition)
    if override is not None:
        held = override.active(facts.as_of)
        result = replace(result, override=override if held else None, expired=None if held else override)
    return result


def statuses(
    many: Iterable[Facts], *, settings: Settings | None = None, definition: Rules | None = None
) -> list[StatusResult]:
    """The status of each of many objectives; 1,000 take a few hundredths of a second."""
    definition = definition or rules()
    return [status(facts, settings=settings, definition=definition) for facts in many]


def verdict(facts: Facts, *, settings: Settings | None = None, definition: Rules | None = None) -> Verdict:
    """What the period came to, by the value on ``facts.as_of``, once the due date is reached.

    Achieved at ``success`` (default: the target); missed at ``failure`` or beyond, partially between the
    two. Without ``failure``, partially from ``settings.partially`` of the way, or within
    ``settings.breach`` of a limit.
    """
    definition = definition or rules()
    settings = settings or definition.settings
    _, values = compute(facts, settings, definition)
    rule = definition.verdicts.decide(values)
    return Verdict(rule.status, rule.rule, status(facts, settings=settings, definition=definition), rule)


def mode_of(facts: Facts, definition: Rules | None = None) -> str:
    """How the value is measured: the kind, or ``total`` or ``cap`` for sums since the start."""
    return (definition or rules()).mode(facts.kind, facts.inputs())


def compute(facts: Facts, settings: Settings, definition: Rules) -> tuple[str, dict[str, Outcome]]:
    """How the value is measured, and every input, setting and fact by name; what is not known is a NoData."""
    values = facts.inputs()
    values.update(
        on_track=settings.on_track,
        at_risk=settings.at_risk,
        dead_band=settings.dead_band,
        breach=settings.breach,
        partially=settings.partially,
        coverage=settings.coverage,
    )
    mode = definition.mode(facts.kind, values)
    for name, node in definition.by_mode[mode]:
        if name == "share" and facts.curve:
            node = curve_node(facts.curve)
        values[name] = NoData.MISSING if node is None else outcome(node, values)
    return mode, values


#: What each way of measuring can't do without.
NEEDED: Mapping[str, tuple[str, ...]] = {
    "reach": ("actual", "target"),
    "increase": ("actual", "baseline", "target"),
    "decrease": ("actual", "baseline", "target"),
    "total": ("actual", "target"),
    "cap": ("actual", "target"),
    "stay_above": ("actual", "target"),
    "stay_below": ("actual", "target"),
    "stay_between": ("actual", "low", "high"),
}


def missing_inputs(mode: str, values: Mapping[str, Outcome]) -> tuple[str, ...]:
    """The inputs that a status lacks."""
    return tuple(n for n in (*NEEDED[mode], "start", "due", "as_of") if isinstance(values[n], NoData))


def _capped(result: StatusResult, guards: Mapping[str, str], definition: Rules) -> StatusResult:
    unknown = [code for code in guards.values() if code not in definition.looks]
    if unknown:
        known = ", ".join(definition.looks)
        raise EvaluationError(Problem("value_not_listed", {"value": unknown[0], "known": known, "nearest": ""}))
    red = tuple(name for name, code in guards.items() if definition.looks[code].level == "red")
    if not red or definition.looks[result.code].level != "green":
        return result
    return replace(result, code="at_risk", rule="guard", capped_by=red, level=definition.looks["at_risk"].level)


def _known(value: Outcome) -> float | None:
    return None if isinstance(value, NoData) else value
