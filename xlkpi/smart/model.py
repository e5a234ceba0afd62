"""What the checks say: findings, letters, reports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from xlkpi.errors import Place
from xlkpi.language import has_text, text

Verdict = Literal["pass", "warning", "fail", "not_checked"]
Letter = Literal["S", "M", "A", "R", "T"]
LETTERS: tuple[Letter, ...] = ("S", "M", "A", "R", "T")
_RANK = {"not_checked": 0, "pass": 1, "warning": 2, "fail": 3}
_POINTS = {"pass": 1.0, "warning": 0.5, "fail": 0.0}


@dataclass(frozen=True)
class Amount:
    """A number with its unit, written in the reader's language when it is told."""

    value: float
    unit: str
    currency: str = "EUR"


@dataclass(frozen=True)
class Term:
    """A word of the language files, by its key."""

    key: str


@dataclass(frozen=True)
class Terms:
    """Several words of the language files, joined by commas."""

    keys: tuple[str, ...]


@dataclass(frozen=True)
class Finding:
    """What one check says. ``code`` names its sentences under ``smart.finding`` in the language files.

    ``letter`` is the letter of SMART, None for a finding about the set or a quality criterion; ``key`` the
    key of the project file to change; ``objectives`` the ids that it is about.
    """

    code: str
    verdict: Verdict
    letter: Letter | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    key: str | None = None
    place: Place = field(default_factory=Place)
    objectives: tuple[str, ...] = ()

    def evidence(self, language: str | None = None) -> str:
        """The sentence that says what was found."""
        return text(f"smart.finding.{self.code}.evidence", language, **self._shown(language))

    def fix(self, language: str | None = None, before: str = "") -> str:
        """The sentence that says what to do; empty when nothing is to be done.

        ``before`` is a group of the language files whose sentence for the code counts before the usual one.
        """
        for key in (f"{before}.{self.code}", f"smart.finding.{self.code}.fix"):
            if has_text(key, language):
                return text(key, language, **self._shown(language))
        return ""

    def _shown(self, language: str | None) -> dict[str, Any]:
        return {name: shown(value, language) for name, value in self.values.items()}

    def as_json(self, language: str | None = None) -> dict[str, Any]:
        place = {k: v for k, v in vars(self.place).items() if v is not None}
        made = {
            "code": self.code,
            "verdict": self.verdict,
            "evidence": self.evidence(language),
            "fix": self.fix(language),
        }
        about = {"objectives": list(self.objectives)} if len(self.objectives) > 1 else {}
        return {**made, **about, **place}


def shown(value: Any, language: str | None = None) -> Any:
    """A value of a finding in the reader's language."""
    from xlkpi.catalogue import say
    from xlkpi.language.dates import day
    from xlkpi.language.numbers import in_unit

    if isinstance(value, Amount):
        return in_unit(value.value, value.unit, value.currency, language)
    if isinstance(value, Term):
        return text(value.key, language)
    if isinstance(value, Terms):
        return ", ".join(text(key, language) for key in value.keys)
    if isinstance(value, date):
        return day(value, language)
    if isinstance(value, Mapping):
        return say(value, language)
    return value


@dataclass(frozen=True)
class LetterReport:
    """A letter's verdict is its worst finding's; ``score`` is 0 to 1, None when nothing could be checked.

    A passed check counts 1, a warning a half, a failure 0; the letter's score is their mean, and at most a
    half when one fails.
    """

    letter: Letter
    findings: tuple[Finding, ...]

    @property
    def verdict(self) -> Verdict:
        return max((f.verdict for f in self.findings), key=_RANK.__getitem__, default="not_checked")

    @property
    def score(self) -> float | None:
        points = [_POINTS[f.verdict] for f in self.findings if f.verdict != "not_checked"]
        if not points:
            return None
        mean = sum(points) / len(points)
        return min(mean, 0.5) if self.verdict == "fail" else mean


@dataclass(frozen=True)
class ObjectiveReport:
    """An objective, letter by letter, with the six criteria of a good KPI.

    ``score`` is 0 to 100: the mean of the letters that could be checked, rounded.
    """

    id: str
    title: Mapping[str, str]
    letters: Mapping[Letter, LetterReport]
    criteria: tuple[Finding, ...] = ()

    @property
    def score(self) -> int:
        scores = [s for report in self.letters.values() if (s := report.score) is not None]
        return round(100 * sum(scores) / len(scores)) if scores else 0

    @property
    def verdict(self) -> Verdict:
        return max((report.verdict for report in self.letters.values()), key=_RANK.__getitem__, default="not_checked")

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings of all letters, in the order of the letters."""
        return tuple(finding for letter in LETTERS for finding in self.letters[letter].findings)

    def as_json(self, language: str | None = None) -> dict[str, Any]:
        from xlkpi.catalogue import say

        return {
            "id": self.id,
            "title": say(self.title, language),
            "score": self.score,
            "verdict": self.verdict,
            "letters": {
                letter: {
                    "verdict": report.verdict,
                    "score": None if report.score is None else round(100 * report.score),
                    "checks": [finding.as_json(language) for finding in report.findings],
                }
                for letter, report in self.letters.items()
            },
            "criteria": {f.code.split("_")[1]: f.as_json(language) for f in self.criteria},
        }


@dataclass(frozen=True)
class Report:
    """All objectives of a project, and the quality of the set."""

    objectives: tuple[ObjectiveReport, ...]
    collection: tuple[Finding, ...] = ()
    files: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of all objectives and of the set."""
        verdicts = [*(o.verdict for o in self.objectives), *(f.verdict for f in self.collection)]
        return max(verdicts, key=_RANK.__getitem__, default="not_checked")

    @property
    def ok(self) -> bool:
        """Whether nothing fails."""
        return self.verdict != "fail"

    @property
    def score(self) -> int:
        """The mean of the objectives' scores; 0 without objectives."""
        return round(sum(o.score for o in self.objectives) / len(self.objectives)) if self.objectives else 0

    def as_json(self, language: str | None = None) -> dict[str, Any]:
        """For ``--json``."""
        return {
            "verdict": self.verdict,
            "score": self.score,
            "objectives": [objective.as_json(language) for objective in self.objectives],
            "collection": [finding.as_json(language) for finding in self.collection],
        }
