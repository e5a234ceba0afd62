"""Alerts: what calls for a person's attention, how grave it is, since when, and what to do.

Every rule of :mod:`xlkpi.objectives.alert_rules` is tried on every objective that it applies to. Then one alert is told
per cause: of an objective's alerts with the same cause the gravest; of two objectives on the same KPI and the same part
of the data the graver; of several whose data are equally late the first; of an objective and the guard that is at
fault the graver, which is the pair's where both are as grave. The others stand under ``also``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

from xlkpi.formula.nodata import NoData, Outcome
from xlkpi.objectives.alert_rules import CAUSES, FACTS, STATUS_CODES, Rule, compiled
from xlkpi.scorecard.selections import Selected, Selections, as_of_days, value_of, year_before
from xlkpi.status import rules
from xlkpi.status.engine import compute

if TYPE_CHECKING:
    from xlkpi.objectives.decisions import AlertRule
    from xlkpi.scorecard.model import Result, Scorecard

#: The longest run of periods that is told apart.
LONGEST = 4
LEVELS: Mapping[str, float] = {"none": 0.0, "green": 1.0, "amber": 2.0, "red": 3.0}
TRUST: Mapping[str, float] = {"none": 0.0, "low": 1.0, "medium": 2.0, "high": 3.0}
#: From which change for the worse a guard is at fault though it is not red.
FAULT = 0.1
_GRAVER = 500.0  # scores of different severities are further apart, those of the same are nearer


@dataclass(frozen=True)
class Alert:
    """One alert: the objective, its rule, since which as-of date it holds without a break, and the objectives whose
    alerts come from the same cause. ``clear`` is the as-of date before that, on which nothing of the cause held; None
    where it is not known.
    """

    objective: str
    rule: AlertRule
    since: date
    also: tuple[str, ...] = ()
    clear: date | None = None

    @property
    def severity(self) -> int:
        return self.rule.severity

    @property
    def cause(self) -> str:
        return self.rule.cause

    def as_json(self, language: str | None = None) -> dict[str, Any]:
        """For ``--json``; texts in a language."""
        from xlkpi.catalogue import say

        rule = self.rule
        return {
            "objective": self.objective, "alert": rule.alert, "severity": rule.severity, "cause": rule.cause,
            "title": say(rule.title, language), "risk": say(rule.risk, language),
            "diagnosis": say(rule.diagnosis, language), "actions": [say(a, language) for a in rule.actions],
            "since": self.since.isoformat(), "also": list(self.also),
        }  # fmt: skip


@dataclass(frozen=True)
class Episode:
    """As-of dates in a row, ``since`` the first to ``until`` the last one, on which an alert held that does not any
    more. ``clear`` is the one before them; None where nothing is known of it.
    """

    objective: str
    cause: str
    since: date
    until: date
    clear: date | None = None


def score(rule: AlertRule, order: int) -> float:
    """A rule's place among those that hold: the graver first, then the earlier. ``order`` counts from 1."""
    return rule.severity * 1000.0 - order


def alerts(card: Scorecard, choices: Selections | None = None) -> tuple[Alert, ...]:
    """A scorecard's alerts, the gravest first."""
    from xlkpi.scorecard.selections import selections

    return Watch(card, choices or selections(card)).alerts()


def rules_of(card: Scorecard) -> tuple[Rule, ...]:
    """The rules that hold for a scorecard's project."""
    return compiled(card.project.alerts)


def fixed_facts(card: Scorecard, result: Result) -> dict[str, Outcome]:
    """What is known of an objective whatever the day."""
    kpi = result.kpi
    others = {r.kpi.id for r in card.results if r.kpi} | {g for r in card.results for g in r.objective.guards}
    alone = kpi is not None and kpi.vanity and kpi.companion not in others
    return {"vanity": float(kpi is not None and kpi.vanity), "alone": float(alone)}


def dated_facts(card: Scorecard, result: Result, day: date) -> dict[str, Outcome]:
    """What is known of an objective on an as-of date beside its value and status. Nothing to rely on is no reason for
    an alert of its own; an earlier probability isn't known.
    """
    trust = card.trust_of(result, day)
    known = result.series is not None and trust.level != "none"
    chance = result.outlook.probability if result.outlook and day >= card.as_of else math.nan
    return {
        "late": trust.late_days / result.series.cadence.days if known and result.series else 0.0,
        "completeness": trust.completeness, "trust": TRUST[trust.level] if known else 3.0,
        "probability": _known(chance),
    }  # fmt: skip


def guards_of(card: Scorecard) -> tuple[tuple[int, ...], ...]:
    """For each objective the numbers of those that guard it; a KPI stands for the first objective on it."""
    of: dict[str, int] = {r.objective.id: i for i, r in enumerate(card.results)}
    for i, result in enumerate(card.results):
        if result.kpi:
            of.setdefault(result.kpi.id, i)
    return tuple(tuple(of[g] for g in r.objective.guards if g in of) for r in card.results)


def twins_of(card: Scorecard) -> tuple[tuple[int, ...], ...]:
    """For each objective the others on the same KPI and the same part of the data."""
    keys = [(r.kpi.id if r.kpi else None, tuple(sorted(r.objective.where.items()))) for r in card.results]
    same: dict[Any, list[int]] = {}
    for i, key in enumerate(keys):
        same.setdefault(key if key[0] else i, []).append(i)
    return tuple(tuple(j for j in same[key if key[0] else i] if j != i) for i, key in enumerate(keys))


def late_with(card: Scorecard, day: date) -> tuple[tuple[int, ...], ...]:
    """For each objective whose data are late on a day by more than a period, the first that is as late: one export
    lacks.
    """
    first: dict[int, int] = {}
    found: list[tuple[int, ...]] = []
    for i, result in enumerate(card.results):
        days = card.trust_of(result, day).late_days
        late = result.series is not None and days > result.series.cadence.days
        found.append((first[days],) if late and first.setdefault(days, i) != i else ())
    return tuple(found)


class Watch:
    """The rules tried on the objectives of a scorecard, on any of its as-of dates."""

    def __init__(self, card: Scorecard, choices: Selections) -> None:
        self.card, self.choices = card, choices
        self.rules = rules_of(card)
        self.band = card.project.alerts.dead_band
        self.guards, self._twins = guards_of(card), twins_of(card)
        self.guarded = tuple(
            tuple(i for i, g in enumerate(self.guards) if number in g) for number in range(len(self.guards))
        )
        self.days = as_of_days(card)
        self._own: dict[tuple[int, int], dict[str, Outcome]] = {}
        self._facts: dict[tuple[int, int], dict[str, Outcome]] = {}
        self._scores: dict[tuple[int, int, str], float] = {}
        self._late: dict[int, tuple[tuple[int, ...], ...]] = {}
        self._dated: dict[tuple[int, int], dict[str, Outcome]] = {}

    @cached_property
    def _fixed(self) -> list[dict[str, Outcome]]:
        return [fixed_facts(self.card, r) for r in self.card.results]

    @cached_property
    def _applying(self) -> list[list[tuple[int, Rule]]]:
        """The rules about each objective, with their places from 1."""
        return [
            [(n, rule) for n, rule in enumerate(self.rules, start=1) if rule.applies(r.objective, r.kpi)]
            for r in self.card.results
        ]

    def alerts(self) -> tuple[Alert, ...]:
        """The alerts of the last day, the gravest first."""
        found = [a for i in range(len(self.card.results)) for cause in CAUSES if (a := self.alert(i, cause))]
        return tuple(sorted(found, key=lambda a: -a.severity))

    def alert(self, number: int, cause: str) -> Alert | None:
        """The alert of an objective from a cause, unless another one tells it."""
        day = len(self.days) - 1
        held = self.score(number, day, cause)
        if not held or self._told_by(number, cause, day):
            return None
        entry = self._rule(held).entry
        also = tuple(
            self.card.results[i].objective.id
            for i in range(len(self.guards))
            if any(self.score(i, day, other) and (number, cause) in self._told_by(i, other, day) for other in CAUSES)
        )
        since, clear = self._since(number, cause)
        return Alert(self.card.results[number].objective.id, entry, since, also, clear)

    def holding(self) -> tuple[tuple[str, str], ...]:
        """The objectives and causes of which a rule holds on the last day, also where another alert tells it."""
        day = len(self.days) - 1
        return tuple(
            (r.objective.id, c) for i, r in enumerate(self.card.results) for c in CAUSES if self.score(i, day, c)
        )

    def episodes(self) -> tuple[Episode, ...]:
        """The alerts of earlier as-of dates that are over, or are told by another one now, the latest first."""
        found = [e for i in range(len(self.card.results)) for cause in CAUSES for e in self._episodes(i, cause)]
        return tuple(sorted(found, key=lambda e: e.until, reverse=True))

    def _episodes(self, number: int, cause: str) -> Iterator[Episode]:
        last, run = len(self.days) - 1, list[int]()
        for day in range(len(self.days)):
            held = self.score(number, day, cause)
            if held:
                run.append(day)
            if not run or (held and day < last):
                continue
            told = [d for d in run if not self._told_by(number, cause, d)]
            if told and told[-1] != last:
                id, clear = self.card.results[number].objective.id, self.days[run[0] - 1] if run[0] else None
                yield Episode(id, cause, self.days[run[0]], self.days[run[-1]], clear)
            run = []

    def twins(self, number: int) -> tuple[int, ...]:
        """The objectives on the same KPI and the same part of the data, whose alerts may be the same."""
        return self._twins[number]

    def late_with(self, number: int, day: int) -> tuple[int, ...]:
        """The first objective whose data are as late on a day, by its place, as an objective's."""
        if day not in self._late:
            self._late[day] = late_with(self.card, self.days[day])
        return self._late[day][number]

    def score(self, number: int, day: int, cause: str) -> float:
        """The highest score of an objective's rules that hold, on a day by its place; 0 for none."""
        key = (number, day, cause)
        if key not in self._scores:
            facts = self.facts(number, day)
            found = [
                score(rule.entry, order)
                for order, rule in self._applying[number]
                if rule.entry.cause == cause and holds(rule, facts)
            ]
            self._scores[key] = max(found, default=0.0)
        return self._scores[key]

    def _rule(self, held: float) -> Rule:
        return self.rules[int(math.ceil(held / 1000) * 1000 - held) - 1]

    def _told_by(self, number: int, cause: str, day: int) -> list[tuple[int, str]]:
        """The alerts that tell an objective's on a day: those of its twins, and of its guard or of what it guards."""
        own = self.score(number, day, cause)
        found = []
        late = self.late_with(number, day) if cause == "data" else ()
        for twin in dict.fromkeys((*self.twins(number), *late)):
            other = self.score(twin, day, cause)
            if other > own or (other == own and twin < number):
                found.append((twin, cause))
        if cause == "guard":
            found += [(g, "course") for g in self.guards[number]
                      if self._at_fault(g, day) and self.score(g, day, "course") > own + _GRAVER]  # fmt: skip
        if cause == "course" and self.guarded[number] and self._at_fault(number, day):
            found += [(i, "guard") for i in self.guarded[number] if self.score(i, day, "guard") + _GRAVER > own]
        return found

    def _at_fault(self, number: int, day: int) -> bool:
        facts = self.facts(number, day)
        worse = facts["worse"]
        return facts["level"] == LEVELS["red"] or (not isinstance(worse, NoData) and worse >= FAULT)

    def _since(self, number: int, cause: str) -> tuple[date, date | None]:
        """The first of the as-of dates in a row on which something of the cause held, and the one before, if known."""
        day = len(self.days) - 1
        if self._rule(self.score(number, day, cause)).is_fixed:
            return self.days[day], None
        while day and self.score(number, day - 1, cause):
            day -= 1
        return self.days[day], self.days[day - 1] if day else None

    # --- facts ---------------------------------------------------------------------------------------------------

    def facts(self, number: int, day: int) -> dict[str, Outcome]:
        """All facts of an objective on an as-of date, by its place among them."""
        if (number, day) not in self._facts:
            own = self.own(number, day)
            before = self.own(number, day - 1)["level"] if day > 0 else 0.0
            guards = [self.own(g, day) for g in self.guards[number]]
            worst = [w for g in guards if not isinstance(w := g["worse"], NoData)]
            red = any(g["level"] == LEVELS["red"] for g in guards)
            self._facts[number, day] = {
                **self._fixed[number], **self.dated(number, day), **own, "level_before": before, "guard": float(red),
                "guard_worse": max([0.0, *worst]),
            }  # fmt: skip
        return self._facts[number, day]

    def dated(self, number: int, day: int) -> dict[str, Outcome]:
        """The facts of an objective on an as-of date that are no cells of its row."""
        if (number, day) not in self._dated:
            self._dated[number, day] = dated_facts(self.card, self.card.results[number], self.days[day])
        return self._dated[number, day]

    def own(self, number: int, day: int) -> dict[str, Outcome]:
        """The facts of an objective that need no other objective and no other day."""
        if (number, day) not in self._own:
            self._own[number, day] = self._computed(self.choices.objectives[number], day)
        return self._own[number, day]

    def _computed(self, selected: Selected, day: int) -> dict[str, Outcome]:
        result, on = selected.result, self.days[day]
        values: Sequence[float] = ()
        place = -1
        if result.series is not None:
            series = result.series
            values = series.values
            place = series.complete(on) - 1
        facts = result.status.facts
        if day < len(self.days) - 1:
            facts = replace(facts, as_of=on, actual=self._actual(selected, day, place))
        definition = rules()
        mode, computed = compute(facts, definition.settings, definition)
        code = definition.statuses.decide(computed).status
        way = NoData.MISSING if mode == "stay_between" else computed.get("way", NoData.MISSING)
        value, previous = _at(values, place), _at(values, place - 1)
        year: Outcome = NoData.MISSING
        if result.series is not None and place >= 0:
            year = _known(year_before(result.series, result.series.periods[place]))
        elapsed = computed.get("elapsed", NoData.MISSING)
        numbers = {n: computed.get(n, NoData.MISSING) for n in ("pace", "progress", "expected", "gap", "elapsed")}
        return {
            "value": value, "previous": previous, "change": _share(value, previous),
            "change_year": _share(value, year), "worse": _worse(way, value, previous),
            "run": self._run(values, place, way, 1.0), "gains": self._run(values, place, way, -1.0),
            "status": STATUS_CODES[code], "level": LEVELS[definition.looks[code].level],
            "started": 1.0 if isinstance(elapsed, NoData) or elapsed >= 0 else 0.0, **numbers,
        }  # fmt: skip

    def _actual(self, selected: Selected, day: int, place: int) -> Any:
        if not selected.result.cumulative:
            return _at(selected.result.series.values, place) if selected.result.series else None
        since = selected.whole.since[day] if selected.whole and selected.whole.since else None
        return value_of(selected.formula, since) if since is not None and selected.formula is not None else None

    def _run(self, values: Sequence[float], place: int, way: Outcome, sign: float) -> float:
        """Periods in a row that were worse by more than the dead band; with ``sign`` -1, better."""
        length = 0
        while length < LONGEST:
            worse = _worse(way, _at(values, place - length), _at(values, place - length - 1))
            if isinstance(worse, NoData) or not sign * worse > self.band:
                break
            length += 1
        return float(length)


def holds(rule: Rule, facts: Mapping[str, Outcome]) -> bool:
    """Whether a rule's condition is true; one with something missing is not."""
    found = rule.condition.outcome(**{name: facts[name] for name in rule.condition.names})
    return not isinstance(found, NoData) and found == 1


def _known(value: float) -> Outcome:
    return NoData.MISSING if math.isnan(value) else value


def _at(values: Sequence[float], place: int) -> Outcome:
    return _known(values[place]) if 0 <= place < len(values) else NoData.MISSING


def _share(value: Outcome, before: Outcome) -> Outcome:
    if isinstance(value, NoData) or isinstance(before, NoData) or not before:
        return NoData.MISSING
    return (value - before) / abs(before)


def _worse(way: Outcome, value: Outcome, previous: Outcome) -> Outcome:
    if isinstance(value, NoData) or isinstance(previous, NoData) or isinstance(way, NoData) or not previous:
        return NoData.MISSING
    return (previous - value) * way / abs(previous)


__all__ = ["FACTS", "Alert", "Watch", "alerts", "fixed_facts", "guards_of", "holds", "score", "twins_of"]
