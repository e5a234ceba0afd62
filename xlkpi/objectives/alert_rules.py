"""The rules of alerts: those that come with xlkpi and a project's own, with their conditions parsed.

A condition is written in the formula language over :data:`FACTS`, the codes of statuses (``status == overdue``) and
``dead_band``. What is missing makes it not hold; ``coalesce(pace, 1)`` says what to take then.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from xlkpi.errors import FormulaError, Problem
from xlkpi.formula import Formula
from xlkpi.objectives.decisions import AlertRule, AlertSettings, Cause
from xlkpi.objectives.model import Status
from xlkpi.validation import nearest

if TYPE_CHECKING:
    from xlkpi.catalogue import KPI, Catalogue
    from xlkpi.documents import Document
    from xlkpi.objectives.model import Objective

FILE = Path(__file__).with_name("alerts.yaml")
CAUSES: tuple[str, ...] = get_args(Cause)
#: What changes with the day that a page is for.
LIVE = (
    "value", "previous", "change", "change_year", "worse", "run", "gains", "status", "level", "level_before", "started",
    "pace", "progress", "expected", "gap", "elapsed", "guard", "guard_worse",
)  # fmt: skip
#: What is worked out for every as-of date when the scorecard is computed: lateness in periods, completeness, trust (3
#: high, 2 medium, 1 low, 0 none), and the probability of reaching the target.
DATED = ("late", "completeness", "trust", "probability")
#: What holds whatever the day: whether the KPI is a vanity metric, and one alone.
FIXED = ("vanity", "alone")
FACTS = (*LIVE, *DATED, *FIXED)
#: Statuses as numbers, in conditions.
STATUS_CODES: Mapping[str, float] = {code: float(i) for i, code in enumerate(get_args(Status), start=1)}


@dataclass(frozen=True)
class Rule:
    """A rule with its condition, 1 where it holds."""

    entry: AlertRule
    condition: Formula

    @cached_property
    def is_fixed(self) -> bool:
        """Whether it depends on nothing that changes with the day."""
        return set(self.condition.names) <= set(FIXED)

    def applies(self, objective: Objective, kpi: KPI | None) -> bool:
        """Whether it is about an objective."""
        entry = self.entry
        if entry.objectives and objective.id not in entry.objectives:
            return False
        return not entry.kpis or (kpi is not None and bool({kpi.id, kpi.variant_of} & set(entry.kpis)))


@lru_cache(maxsize=1)
def built_in() -> tuple[AlertRule, ...]:
    """The rules that come with xlkpi."""
    from dataclasses import asdict

    from xlkpi.cache import cached
    from xlkpi.documents import read
    from xlkpi.validation import validated

    def build() -> Any:
        document = read(FILE)
        return [asdict(validated(AlertRule, raw, document, (i,))) for i, raw in enumerate(document.data)]

    kept: list[dict[str, Any]] = cached("alerts", [FILE], build, [Path(__file__).with_name("decisions.py")])
    for entry in kept:
        entry.update({key: tuple(entry[key]) for key in ("actions", "kpis", "objectives")})
    return tuple(AlertRule(**entry) for entry in kept)


def compiled(settings: AlertSettings) -> tuple[Rule, ...]:
    """The rules that hold for a project, in the order in which they are tried: its own first."""
    own = {rule.alert for rule in settings.rules}
    others = [rule for rule in built_in() if rule.alert not in own | {*settings.off}]
    return tuple(Rule(entry, parsed(entry.when, settings.dead_band)) for entry in (*settings.rules, *others))


def parsed(when: str, dead_band: float = 0.0) -> Formula:
    """A condition as a formula that gives 1 or 0. Raises FormulaError."""
    return Formula.parse(f"1 if {when} else 0", FACTS, constants={**STATUS_CODES, "dead_band": dead_band})


def rule_problems(
    raw: Any, document: Document, known: Catalogue, objectives: Iterable[str], path: tuple[str | int, ...] = ("alerts",)
) -> Iterator[Problem]:
    """What the ``alerts`` of a file say that leads nowhere: conditions, KPIs, objectives, rules to switch off."""
    if not isinstance(raw, dict):
        return
    ids, built = {*objectives}, [rule.alert for rule in built_in()]
    for i, name in enumerate(_listed(raw, "off")):
        yield from _unknown(name, built, "alert_unknown", document, (*path, "off", i))
    seen: dict[str, int] = {}
    for i, rule in enumerate(_listed(raw, "rules")):
        if not isinstance(rule, dict):
            continue
        at = (*path, "rules", i)
        name = rule.get("alert")
        if isinstance(name, str) and seen.setdefault(name, i) != i:
            first = document.place((*path, "rules", seen[name])).text()
            yield Problem("project_duplicate", {"name": name, "first": first}, document.place((*at, "alert")))
        if isinstance(rule.get("when"), str):
            yield from _condition(rule["when"], document, (*at, "when"))
        for key, names, code in (("kpis", {*known}, "kpi_unknown"), ("objectives", ids, "alert_objective")):
            for j, given in enumerate(_listed(rule, key)):
                yield from _unknown(given, names, code, document, (*at, key, j))


def _listed(raw: dict[str, Any], key: str) -> tuple[Any, ...]:
    found = raw.get(key)
    return found if isinstance(found, tuple) else ()


def _condition(when: str, document: Document, path: tuple[str | int, ...]) -> Iterator[Problem]:
    try:
        parsed(when)
    except FormulaError as mistake:
        place = document.place(path)
        for problem in _told_alone(when) or mistake.problems:
            code = problem.code.replace("formula_unknown_name", "alert_fact")
            yield replace(problem, code=code).at(file=place.file, line=place.line, key=place.key)


def _told_alone(when: str) -> tuple[Problem, ...]:
    """What is wrong with a condition as it is written, without what makes a number of it."""
    try:
        Formula.parse(when, FACTS, constants={**STATUS_CODES, "dead_band": 0.0})
    except FormulaError as mistake:
        return tuple(mistake.problems)
    return ()


def _unknown(
    name: Any, known: Iterable[str], code: str, document: Document, path: tuple[str | int, ...]
) -> Iterator[Problem]:
    known = list(known)
    if not isinstance(name, str) or name in known:
        return
    meant = nearest(name, known)
    values = {"id": name, "nearest": meant or "", "known": ", ".join(sorted(known)[:12])}
    yield Problem(f"{code}_nearest" if meant else code, values, document.place(path))


__all__ = ["CAUSES", "DATED", "FACTS", "FIXED", "LIVE", "STATUS_CODES", "Rule", "built_in", "compiled"]
