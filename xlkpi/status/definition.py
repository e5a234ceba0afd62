"""The definition of statuses, read from YAML: settings, looks, facts and ordered rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, ClassVar, Literal

from xlkpi.errors import DefinitionError, FormulaError, Problem
from xlkpi.formula.evaluate import outcome
from xlkpi.formula.nodata import NoData, Outcome
from xlkpi.formula.parse import parse
from xlkpi.formula.tree import Call, Node
from xlkpi.status.facts import DIRECTIONS, INPUTS, KIND_CODES, KINDS, MODES, Settings
from xlkpi.validation import STRICT, validated

Code = Literal["no_data", "not_started", "on_track", "at_risk", "behind", "overdue", "achieved"]
VerdictCode = Literal["no_data", "open", "achieved", "partially", "missed"]
SETTINGS = ("on_track", "at_risk", "dead_band", "breach", "partially", "coverage")
ROLLUP_FACTS = ("known", "started", "achieved", "red", "score")
FILE = Path(__file__).with_name("status.yaml")


@dataclass(frozen=True)
class Look:
    """How a status is shown: ``mark`` is a character that differs in outline, ``colour`` is for white
    paper.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    level: Literal["none", "green", "amber", "red"]
    mark: str
    colour: str
    score: float | None = None


@dataclass(frozen=True)
class Rule:
    """One rule: the status it gives, and when: a condition, or facts of which any is missing, or always."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    rule: str
    status: str
    when: str | None = None
    missing: tuple[str, ...] = ()
    because: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ModeRule:
    """How a value is measured where it isn't as its kind says."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    mode: str
    when: str


@dataclass(frozen=True)
class Case:
    """The formula of a fact in some modes; ``inline`` facts have no column of their own in a workbook."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    formula: str
    modes: tuple[str, ...] = MODES
    inline: bool = False


@dataclass(frozen=True)
class _File:
    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    settings: Settings
    statuses: dict[str, Look]
    modes: tuple[ModeRule, ...]
    facts: dict[str, tuple[Case, ...]]
    rules: tuple[Rule, ...]
    verdicts: tuple[Rule, ...]
    rollups: tuple[Rule, ...]


@dataclass(frozen=True)
class Decider:
    """Ordered rules with their conditions parsed; the last one always holds."""

    rules: tuple[Rule, ...]
    conditions: tuple[Node | None, ...]

    def decide(self, values: Mapping[str, Outcome]) -> Rule:
        """The first rule that holds."""
        for rule, condition in zip(self.rules, self.conditions, strict=True):
            if condition is not None:
                if holds(condition, values):
                    return rule
            elif not rule.missing or any(isinstance(values[name], NoData) for name in rule.missing):
                return rule
        raise AssertionError("the last rule has no condition")


@dataclass(frozen=True)
class Rules:
    """The whole definition. ``facts`` are trees by name and mode, in the order in which they are computed."""

    settings: Settings
    looks: Mapping[str, Look]
    modes: tuple[tuple[str, Node], ...]
    facts: Mapping[str, Mapping[str, Node]]
    inline: frozenset[str]
    statuses: Decider
    verdicts: Decider
    rollups: Decider

    def mode(self, kind: str, values: Mapping[str, Outcome]) -> str:
        """How the value is measured: the kind, unless a mode rule holds."""
        if kind != "reach" and not values["cumulative"]:
            return kind
        return next((mode for mode, condition in self.modes if holds(condition, values)), kind)

    @cached_property
    def by_mode(self) -> Mapping[str, tuple[tuple[str, Node | None], ...]]:
        """The facts to compute in each mode; None for one that does not exist there."""
        return {mode: tuple((name, cases.get(mode)) for name, cases in self.facts.items()) for mode in MODES}


def holds(condition: Node, values: Mapping[str, Outcome]) -> bool:
    """Whether a condition is true; one with something missing is not."""
    found = outcome(condition, values)
    return not isinstance(found, NoData) and bool(found)


@lru_cache(maxsize=8)
def rules(file: Path | None = None) -> Rules:
    """The rules of a file; the ones that come with xlkpi by default.

    Raises DefinitionError with every mistake, each at its line.
    """
    if file is not None:
        from xlkpi.documents import read

        return _Builder(read(file)).rules()
    return _built_in()


def _built_in() -> Rules:
    from dataclasses import asdict

    from xlkpi.cache import cached
    from xlkpi.documents import Document, read

    def build() -> Any:
        document = read(FILE)
        return asdict(validated(_File, document.data, document))

    kept = cached("status", [FILE], build, [Path(__file__), Path(__file__).with_name("facts.py")])
    return _Builder(Document({}, FILE.name), _from_plain(kept)).rules()


def _from_plain(data: Any) -> _File:
    """The file's model from checked JSON data, without pydantic."""

    def rules_of(entries: Any) -> tuple[Rule, ...]:
        return tuple(Rule(**{**entry, "missing": tuple(entry["missing"])}) for entry in entries)

    return _File(
        Settings(**data["settings"]),
        {code: Look(**look) for code, look in data["statuses"].items()},
        tuple(ModeRule(**entry) for entry in data["modes"]),
        {
            name: tuple(Case(**{**c, "modes": tuple(c["modes"])}) for c in cases)
            for name, cases in data["facts"].items()
        },
        rules_of(data["rules"]),
        rules_of(data["verdicts"]),
        rules_of(data["rollups"]),
    )


class _Builder:
    def __init__(self, document: Any, file: _File | None = None) -> None:
        self.document = document
        self.file = file or validated(_File, document.data, document)
        self.problems: list[Problem] = []

    def rules(self) -> Rules:
        known = [*INPUTS, *SETTINGS]
        modes = [
            (entry.mode, node)
            for i, entry in enumerate(self.file.modes)
            if (node := self.condition(entry.when, known, ("modes", i, "when"))) is not None
        ]
        facts: dict[str, dict[str, Node]] = {}
        inline = set()
        for name, cases in self.file.facts.items():
            facts[name] = {}
            for i, case in enumerate(cases):
                node = self.formula(case.formula, known, ("facts", name, i, "formula"))
                facts[name].update(
                    {mode: node for mode in self.known_modes(case, ("facts", name, i)) if node is not None}
                )
                if case.inline:
                    inline.add(name)
            known.append(name)
        deciders = (
            self.decider("rules", self.file.rules, known, Code),
            self.decider("verdicts", self.file.verdicts, known, VerdictCode),
            self.decider("rollups", self.file.rollups, [*ROLLUP_FACTS, *SETTINGS], Code),
        )
        if self.problems:
            raise DefinitionError(self.problems)
        return Rules(self.file.settings, dict(self.file.statuses), tuple(modes), facts, frozenset(inline), *deciders)

    def known_modes(self, case: Case, path: tuple[str | int, ...]) -> Sequence[str]:
        for mode in case.modes:
            if mode not in MODES:
                self.problem("value_not_listed", (*path, "modes"), value=mode, known=", ".join(MODES), nearest="")
        return case.modes

    def decider(self, key: str, entries: tuple[Rule, ...], known: list[str], codes: Any) -> Decider:
        from typing import get_args

        conditions: list[Node | None] = []
        for i, entry in enumerate(entries):
            unknown = [name for name in entry.missing if name not in known]
            if entry.status not in get_args(codes):
                listed = ", ".join(get_args(codes))
                self.problem("value_not_listed", (key, i, "status"), value=entry.status, known=listed, nearest="")
            if unknown:
                self.problem("formula_unknown_name", (key, i, "missing"), name=unknown[0], known=", ".join(known))
            always = entry.when is None and not entry.missing
            if always != (i == len(entries) - 1) or (entry.when is not None and entry.missing):
                self.problem("status_rule_order", (key, i), rule=entry.rule)
            conditions.append(None if entry.when is None else self.condition(entry.when, known, (key, i, "when")))
        if not entries:
            self.problem("status_rule_order", (key,), rule="")
        return Decider(entries, tuple(conditions))

    def condition(self, text: str, known: Sequence[str], path: tuple[str | int, ...]) -> Node | None:
        """A condition's tree: the language's formulas are numbers, so it is read as the test of one."""
        node = self.formula(f"1 if {text} else 0", known, path)
        return node.arguments[0] if isinstance(node, Call) else node

    def formula(self, text: str, known: Sequence[str], path: tuple[str | int, ...]) -> Node | None:
        try:
            return parse(text, known, {**KIND_CODES, **_DIRECTION_NAMES})
        except FormulaError as mistake:
            place = self.document.place(path)
            self.problems += [
                problem.at(file=place.file, line=place.line, key=place.key) for problem in mistake.problems
            ]
            return None

    def problem(self, code: str, path: tuple[str | int, ...], **values: Any) -> None:
        self.problems.append(Problem(code, values, self.document.place(path)))


_DIRECTION_NAMES = {name: code for name, code in DIRECTIONS.items() if name != "none"}

__all__ = ["KINDS", "Code", "Decider", "Look", "Rule", "Rules", "VerdictCode", "holds", "rules"]
