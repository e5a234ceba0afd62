"""The errors that xlkpi raises, and the problems they carry.

    XlkpiError
    └── InputError             something that a person wrote has to change: carries every problem found, not the first
        ├── FormulaError       a formula: points at the column
        ├── DefinitionError    a YAML file: KPIs, objectives, presets, layouts
        ├── SourceError        an export, a table, a connection
        ├── EvaluationError    the numbers given to a formula: an unknown or a missing argument
        └── WorkbookError      a workbook: sheet and cell

A :class:`Problem` is a code with its numbers and names; its sentences are in ``language/*.yaml`` under
``problem.<code>`` (``wrong``: what is wrong, ``fix``: what to write instead), so that each is told in the
reader's language.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True)
class Place:
    """Where a problem is: file, line (from 1), column (from 1) and key; or sheet and cell."""

    file: str | None = None
    line: int | None = None
    column: int | None = None
    key: str | None = None
    sheet: str | None = None
    cell: str | None = None

    def text(self, language: str | None = None) -> str:
        """`objectives.yaml:12: kpis.cpa.unit` or `Objectives!C4`; empty when nothing is known."""
        from xlkpi.language import text

        if self.sheet:
            return f"{self.sheet}!{self.cell}" if self.cell else self.sheet
        where = self.file or ""
        if self.line is not None:
            where = f"{where}:{self.line}" if where else text("place.line", language, line=self.line)
        if where and self.key:
            return text("place.of", language, place=where, words=self.key)
        return where or self.key or ""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: a code of ``language/*.yaml``, the values its sentences name, and the place.

    ``excerpt`` is a line or two of the source, with a caret under the column, when that helps.
    """

    code: str
    values: dict[str, Any] = field(default_factory=dict)
    place: Place = Place()
    excerpt: str | None = None

    def at(self, **place: Any) -> Problem:
        """The same problem with more known about its place; what is known already stays."""
        known = {k: v for k, v in vars(self.place).items() if v is not None}
        return replace(self, place=replace(self.place, **{**place, **known}))

    def wrong(self, language: str | None = None) -> str:
        """The sentence that says what is wrong."""
        from xlkpi.language import text

        return text(f"problem.{self.code}.wrong", language, **self.values)

    def fix(self, language: str | None = None) -> str:
        """The sentence that says what to write instead."""
        from xlkpi.language import text

        return text(f"problem.{self.code}.fix", language, **self.values)

    def text(self, language: str | None = None) -> str:
        """Place, what is wrong, the excerpt, and what to write, on up to four lines."""
        from xlkpi.language import text

        where, wrong = self.place.text(language), self.wrong(language)
        lines = [text("place.of", language, place=where, words=wrong) if where else wrong]
        if self.excerpt:
            lines += ["    " + line for line in self.excerpt.splitlines()]
        lines.append("  → " + self.fix(language))
        return "\n".join(lines)

    def as_json(self, language: str | None = None) -> dict[str, Any]:
        """For ``--json``: code, sentences and the known parts of the place."""
        place = {k: v for k, v in vars(self.place).items() if v is not None}
        return {"code": self.code, "wrong": self.wrong(language), "fix": self.fix(language), **place}


class XlkpiError(Exception):
    """Any error that xlkpi tells its user about."""

    def text(self, language: str | None = None) -> str:
        """The message in a language (the current one by default)."""
        return super().__str__()


class InputError(XlkpiError):
    """Something that a person wrote has to change; ``problems`` lists all that was found."""

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__(*self.problems)

    def text(self, language: str | None = None) -> str:
        return "\n".join(problem.text(language) for problem in self.problems)

    def __str__(self) -> str:
        return self.text()


class FormulaError(InputError):
    """A formula can't be read, or is refused; the problem's column points at the place in its text."""


class EvaluationError(InputError):
    """A formula was given arguments that it does not have, or not those that it needs."""


class DefinitionError(InputError):
    """A YAML file (KPIs, objectives, presets, layouts ...) has mistakes; nothing of it was loaded."""


class SourceError(InputError):
    """An export, a table or a connection can't be read as it is."""


class WorkbookError(InputError):
    """A workbook can't be written, read or refreshed as it is."""
