"""What a page or a mail says of a scorecard: its sentences and its numbers in the words of a language."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from xlkpi.catalogue import say
from xlkpi.language import text
from xlkpi.language.numbers import in_unit
from xlkpi.objectives import Audience, Objective
from xlkpi.scorecard import Result, Scorecard
from xlkpi.status import label, rules
from xlkpi.status.sentences import day
from xlkpi.workbook.formats import typeset

#: Periods in a sparkline.
PERIODS = 13
#: Statuses in the order in which they want attention.
URGENCY = ("overdue", "behind", "at_risk", "no_data", "on_track", "not_started", "achieved")
#: The statuses that ask for a decision.
RED = ("overdue", "behind")
_TREND_BAND = 0.0005  # a change that rounds to 0.0 %


@dataclass(frozen=True)
class Item:
    """One objective in words.

    ``progress`` and ``expected`` are shares of the way from baseline to target; ``spark`` the last values, None where
    there is none; ``better``: whether the change since the period before is good, None where it is neither.
    """

    name: str
    title: str
    status: str
    mark: str
    word: str
    colour: str
    actual: str
    target: str
    change: str
    better: bool | None
    why: str
    progress: float | None
    expected: float | None
    spark: tuple[float | None, ...]
    spark_says: str
    outlook: str
    owner: str
    decision: str
    action: str
    trust: str


@dataclass(frozen=True)
class Digest:
    """A scorecard in words; ``groups`` hold the items by level, each under its heading."""

    language: str
    project: str
    audience: str
    as_of: str
    headline: str
    counts: tuple[tuple[str, str, str, int], ...]
    groups: tuple[tuple[str, tuple[Item, ...]], ...]
    sources: str

    @property
    def items(self) -> tuple[Item, ...]:
        return tuple(item for _, items in self.groups for item in items)

    @property
    def to_decide(self) -> tuple[Item, ...]:
        """The items that ask for a decision, the most urgent first."""
        return tuple(sorted((i for i in self.items if i.status in RED), key=lambda i: URGENCY.index(i.status)))

    @property
    def subject(self) -> str:
        """A line for a mail's subject: the project, the day, and what matters."""
        return text("distribute.subject", self.language, project=self.project, day=self.as_of, audience=self.audience)


def digest(card: Scorecard, audience: Audience, language: str) -> Digest:
    """The digest of what an audience sees."""
    ordered = sorted(card.results, key=lambda r: r.objective.priority or math.inf)
    groups = []
    for level in ("strategic", "operational"):
        items = tuple(_item(card, r, language) for r in ordered if r.objective.level == level)
        if items:
            groups.append((text(f"workbook.level.{level}", language), items))
    every = [item for _, items in groups for item in items]
    name = " ".join(str(say(card.project.name, language)).split())
    return Digest(
        language=language,
        project=name,
        audience=str(say(audience.name, language)) if audience.name else ", ".join(audience.team),
        as_of=day(card.as_of, language),
        headline=_headline(every, language),
        counts=_counts(every, language),
        groups=tuple(groups),
        sources=", ".join(dict.fromkeys(s for r in card.results for s in r.sources)),
    )


def _headline(items: Sequence[Item], language: str) -> str:
    """The sentence that says the result, as on the workbook's first page."""
    red = sorted((i for i in items if i.status in RED), key=lambda i: URGENCY.index(i.status))
    if not red:
        known = any(i.status != "no_data" for i in items)
        return text("distribute.all_well" if known else "workbook.headline.no_data", language)
    key = {1: "one", 2: "two"}.get(len(red), "many")
    names = {"first": red[0].name, "second": red[1].name if len(red) > 1 else ""}
    return text(f"workbook.headline.{key}", language, n=len(red), all=len(items), **names)


def _counts(items: Sequence[Item], language: str) -> tuple[tuple[str, str, str, int], ...]:
    """Mark, word, status and count of each status that occurs, the most urgent first."""
    looks = rules().looks
    found = []
    for code in URGENCY:
        count = sum(i.status == code for i in items)
        if count:
            found.append((looks[code].mark, label(code, language), code, count))
    return tuple(found)


def _item(card: Scorecard, result: Result, language: str) -> Item:
    objective, kpi = result.objective, result.kpi
    unit, currency = (kpi.unit if kpi else ""), card.project.currency
    code = result.status.shown
    look = rules().looks[code]
    word = label(code, language)

    def value(number: float | None) -> str:
        return typeset(in_unit(math.nan if number is None else number, unit, currency, language))

    change, better = _change(result, language)
    red_or_amber = look.level in ("red", "amber")
    decision = str(say(objective.decision, language)) if red_or_amber and objective.decision else ""
    return Item(
        name=str(say(kpi.name, language)) if kpi else str(say(objective.title, language)),
        title=str(say(objective.title, language)),
        status=code,
        mark=look.mark,
        word=word,
        colour=look.colour,
        actual=value(result.actual),
        target=_target(objective, value, language),
        change=change,
        better=better,
        why=_why(result, word, language),
        progress=result.status.progress,
        expected=result.status.expected,
        spark=tuple(v if v == v else None for v in result.series.values[-PERIODS:]) if result.series else (),
        spark_says=_spark_says(result, value, language),
        outlook=_outlook(result, value, language),
        owner=_owner(objective, language),
        decision=decision,
        action=_action(objective, language) if red_or_amber else "",
        trust=_trust(result, language),
    )


def _target(objective: Objective, value: object, language: str) -> str:
    assert callable(value)
    if objective.kind == "stay_between":
        return text("distribute.between", language, low=value(objective.low), high=value(objective.high))
    key = {"stay_above": "at_least", "stay_below": "at_most"}.get(objective.kind, "target")
    return text(f"distribute.{key}", language, value=value(objective.target)) if objective.target is not None else ""


def _change(result: Result, language: str) -> tuple[str, bool | None]:
    """The last period against the one before, and whether that is good."""
    now = result.series.values[-1] if result.series else math.nan
    before = result.previous
    if not (math.isfinite(now) and math.isfinite(before)) or not before or result.series is None:
        return "", None
    share = (now - before) / abs(before)
    if abs(share) < _TREND_BAND:
        return text("distribute.same", language), None
    sign = "+" if share > 0 else "\N{MINUS SIGN}"
    period = text(f"distribute.before.{result.series.cadence.code}", language)
    amount = in_unit(round(abs(share), 3), "percent", language=language)
    direction = result.objective.wanted or (result.kpi.direction if result.kpi else "none")
    better = (share > 0) == (direction == "higher") if direction in ("higher", "lower") else None
    return text("distribute.change", language, change=sign + amount, period=period), better


def _why(result: Result, word: str, language: str) -> str:
    """Why the status is what it is, without its name, which stands beside."""
    if result.gap and result.gap != "no_data":
        return _sentence(text(f"scorecard.gap.{result.gap}", language))
    told = result.status.override_sentence(language) if result.status.override else result.status.sentence(language)
    for colon in ("\u00a0: ", ": "):
        told = told.removeprefix(word + colon)
    return _sentence(told)


def _sentence(words: str) -> str:
    words = typeset(words[:1].upper() + words[1:])
    return words if not words or words.endswith((".", "!", "?", "…")) else words + "."


def _spark_says(result: Result, value: object, language: str) -> str:
    """A sparkline in words, for those who can't see it."""
    assert callable(value)
    known = [v for v in (result.series.values[-PERIODS:] if result.series else ()) if v == v]
    if len(known) < 2:
        return ""
    return text("distribute.spark", language, n=len(known), first=value(known[0]), last=value(known[-1]))


def _outlook(result: Result, value: object, language: str) -> str:
    """Where the value will land, and the odds of the target."""
    assert callable(value)
    ahead = result.outlook
    if ahead is None or result.status.shown in ("achieved", "not_started") or not math.isfinite(ahead.landing):
        return ""
    due = day(result.objective.due, language)
    if not math.isfinite(ahead.probability):
        return text("distribute.landing", language, value=value(ahead.landing), due=due)
    odds = min(0.99, max(0.01, round(ahead.probability, 2)))
    told = in_unit(odds, "percent", language=language)
    return text("distribute.landing_odds", language, value=value(ahead.landing), due=due, odds=told)


def _owner(objective: Objective, language: str) -> str:
    due = text("distribute.due", language, day=day(objective.due, language)) if objective.due else ""
    return "  ·  ".join(part for part in (objective.owner or "", due) if part)


def _action(objective: Objective, language: str) -> str:
    """The next open action, with who and when."""
    waiting = [a for a in objective.actions if a.status in ("planned", "doing")]
    if not waiting:
        return ""
    action = min(waiting, key=lambda a: a.due or date.max)
    known = [action.owner or "", day(action.due, language) if action.due else ""]
    told = ", ".join(part for part in known if part)
    return f"{say(action.task, language)}" + (f" ({told})" if told else "")


def _trust(result: Result, language: str) -> str:
    """What to beware of in the value; empty where nothing is."""
    trust = result.trust
    if result.gap or trust.level == "high" or not trust.reasons:
        return ""
    reasons = ", ".join(text(f"scorecard.trust.{reason}", language) for reason in trust.reasons)
    return text("distribute.trust", language, reasons=reasons)
