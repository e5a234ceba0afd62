"""Why a status is what it is, as sentences with their numbers; the texts are in the language files."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from xlkpi.formula.nodata import NoData
from xlkpi.language import current, dates, has_text, text
from xlkpi.language.numbers import in_unit, plain
from xlkpi.status.facts import Facts, as_date, number

if TYPE_CHECKING:
    from xlkpi.status.definition import Rule
    from xlkpi.status.engine import StatusResult, Verdict
    from xlkpi.status.groups import Rollup

#: Kinds of which the sentences are the same.
_FAMILY = {"reach": "way", "increase": "way", "decrease": "way"}


def of_status(result: StatusResult, language: str | None = None) -> str:
    """The rule's sentence, then the guards'."""
    language = language or current()
    why = _why("why", result.decided, result, language)
    told = text("status.sentence", language, status=label(result.uncapped, language), why=why)
    if not result.capped_by:
        return told
    cap = text("status.capped", language, status=label(result.code, language), guards=", ".join(result.capped_by))
    return f"{told} {cap}"


def of_verdict(verdict: Verdict, language: str | None = None) -> str:
    """The verdict and its reason."""
    language = language or current()
    name = text(f"status.verdict.{verdict.code}", language)
    why = _why("verdict_why", verdict.decided, verdict.status, language)
    return text("status.sentence", language, status=name, why=why)


def of_override(result: StatusResult, language: str | None = None) -> str:
    """The status that a person set, with reason and end."""
    language = language or current()
    override = result.override or result.expired
    if override is None:
        return ""
    reason = override.reason
    if not isinstance(reason, str):
        reason = reason.get(language) or next(iter(reason.values()))
    key = "status.override." + ("expired" if result.expired else "until" if override.until else "open")
    until = day(override.until, language)
    by = override.by or text("status.override.somebody", language)
    told = {"status": label(override.status, language), "computed": label(result.code, language)}
    return text(key, language, reason=reason, until=until, by=by, **told)


def of_rollup(rollup: Rollup, language: str | None = None) -> str:
    """The rule of a group with its numbers, then the children left out."""
    language = language or current()
    share = {name: in_unit(value, "percent", language=language) for name, value in rollup.shares.items()}
    own = rollup.decided.because.get(language)
    key = f"status.rollup.{rollup.rule}"
    why = own.format_map(share) if own else text(key, language, **share)
    told = text("status.sentence", language, status=label(rollup.code, language), why=why)
    if rollup.missing:
        told += " " + text("status.rollup_missing", language, missing=", ".join(rollup.missing), known=share["known"])
    return told


def label(code: str, language: str | None = None) -> str:
    """A status in words: "En bonne voie"."""
    return text(f"status.label.{code}", language)


def day(value: Any, language: str | None = None) -> str:
    """A date as the language writes it."""
    found = as_date(value)
    if found is None:
        return text("number.none", language)
    return dates.day(found, language)


def _why(section: str, rule: Rule, result: StatusResult, language: str) -> str:
    shown = _shown(result, language)
    if language in rule.because:
        return rule.because[language].format_map(shown)
    family = _FAMILY.get(result.mode, result.mode)
    variants = [family, "limit"] if family.startswith("stay") or family == "cap" else [family]
    if rule.rule == "on_plan" and result.elapsed == 0 and family in ("way", "total", "cap"):
        variants = ["first_day"]
    base = f"status.{section}.{rule.rule}"
    key = next((f"{base}.{v}" for v in variants if has_text(f"{base}.{v}", language)), base)
    if rule.rule == "no_data" and not result.missing:
        key = f"status.{section}.no_data_computed"
    if not has_text(key, language):
        return rule.rule
    return text(key, language, **shown)


def _shown(result: StatusResult, language: str) -> Mapping[str, str]:
    facts, settings = result.facts, result.settings
    goal = facts.target if isinstance(number(facts.success), NoData) else facts.success

    def value(given: Any) -> str:
        read = number(given)
        if isinstance(read, NoData):
            return text("number.none", language)
        return in_unit(read, facts.unit, facts.currency, language) if facts.unit else plain(read, language)

    def share(given: float | None) -> str:
        return in_unit(math.nan if given is None else given, "percent", language=language)

    return {
        "actual": value(facts.actual), "baseline": value(facts.baseline), "target": value(facts.target),
        "goal": value(goal), "failure": value(facts.failure), "limit": _limit(result.mode, facts, value, language),
        "progress": share(result.progress), "expected": share(result.expected), "pace": share(result.pace),
        "distance": share(None if result.progress is None else abs(result.progress)),
        "gap": share(None if result.gap is None else abs(result.gap)), "allowance": share(result.allowance),
        "on_track": share(settings.on_track), "at_risk": share(settings.at_risk),
        "dead_band": share(settings.dead_band), "partially": share(settings.partially),
        "start": day(facts.start, language), "due": day(facts.due, language), "as_of": day(facts.as_of, language),
        "until_start": _days(facts.as_of, facts.start, language), "until_due": _days(facts.as_of, facts.due, language),
        "late": _days(facts.due, facts.as_of, language),
        "missing": ", ".join(text(f"status.input.{name}", language) for name in result.missing),
    }  # fmt: skip


def _limit(mode: str, facts: Facts, value: Any, language: str) -> str:
    """« un minimum de 40 », « entre 10 et 20 » ..."""
    key = f"status.limit.{mode}"
    if not has_text(key, language):
        return ""
    return text(key, language, target=value(facts.target), low=value(facts.low), high=value(facts.high))


def _days(first: Any, last: Any, language: str) -> str:
    start, end = as_date(first), as_date(last)
    if start is None or end is None:
        return text("number.none", language)
    count = abs((end - start).days)
    return text("status.days", language, count=count)
