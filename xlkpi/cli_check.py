"""What ``xlkpi check``, ``xlkpi new`` and ``xlkpi schema`` show and write."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from xlkpi.catalogue import say
from xlkpi.language import text
from xlkpi.smart import LETTERS, Finding, LetterReport, ObjectiveReport, Report

MARKS = {"pass": "✓", "warning": "▲", "fail": "✗", "not_checked": "·"}
_NARROWEST, _WIDEST = 60, 110


def exit_code(report: Report) -> int:
    """0, or 1 when an objective or the set fails."""
    return 0 if report.ok else 1


def report_as_json(report: Report, language: str | None = None) -> dict[str, Any]:
    """The report as plain data; texts in a language."""
    return report.as_json(language)


def report_as_text(report: Report, *, width: int | None = None, language: str | None = None, most: int = 20) -> str:
    """A table with a line per objective, then each objective letter by letter with evidence and what to do.

    ``width`` is the terminal's by default. At most ``most`` objectives are told in full, the worst first.
    """
    wide = max(_NARROWEST, min(width or shutil.get_terminal_size((100, 24)).columns, _WIDEST))
    lines = [
        *_wrapped(_heading(report, language), wide, "", "  "),
        "",
        *_table(report.objectives, wide, language),
        _legend(language),
    ]
    worst = sorted(report.objectives, key=lambda o: (o.verdict != "fail", o.score))
    for objective in worst[:most]:
        lines += ["", *_objective(objective, wide, language)]
    if len(worst) > most:
        lines += ["", text("smart.more", language, count=len(worst) - most)]
    lines += _collection(report.collection, wide, most, language)
    return "\n".join(line.rstrip() for line in lines)


def _heading(report: Report, language: str | None) -> str:
    count = len(report.objectives)
    key = "smart.one" if count == 1 else "smart.title"
    verdicts = [objective.verdict for objective in report.objectives]
    parts = {name: verdicts.count(name) for name in ("fail", "warning")}
    good = count - sum(parts.values())
    return f"{text(key, language, count=count, score=report.score)}  ·  " + text(
        "smart.summary_fail", language, good=good, **parts
    )


def _table(objectives: Sequence[ObjectiveReport], wide: int, language: str | None) -> Iterator[str]:
    score = text("smart.columns.score", language)
    head = f"{score:>5}  {'  '.join(LETTERS)}  {text('smart.columns.objective', language)}"
    yield head
    room = wide - 23
    for objective in objectives:
        marks = "  ".join(MARKS[objective.letters[letter].verdict] for letter in LETTERS)
        title = str(say(objective.title, language))
        shown = title if len(title) <= room else title[: room - 1] + "…"
        yield f"{objective.score:>5}  {marks}  {shown}"


def _legend(language: str | None) -> str:
    return "       " + "   ".join(
        f"{mark} {text(f'smart.verdict.{verdict}', language)}" for verdict, mark in MARKS.items()
    )


def _objective(objective: ObjectiveReport, wide: int, language: str | None) -> Iterator[str]:
    head = f"{say(objective.title, language)}  ·  {objective.id}  ·  {objective.score}/100"
    yield from _wrapped(head, wide, "", "    ")
    for letter in LETTERS:
        yield from _letter(objective.letters[letter], wide, language)
    yield from _criteria(objective.criteria, wide, language)


def _letter(report: LetterReport, wide: int, language: str | None) -> Iterator[str]:
    name = text(f"smart.letter.{report.letter}", language)
    verdict = text(f"smart.verdict.{report.verdict}", language)
    yield f"  {MARKS[report.verdict]} {report.letter}  {name} · {verdict}"
    passed = [finding.evidence(language) for finding in report.findings if finding.verdict == "pass"]
    if passed:
        yield from _wrapped(" · ".join(passed), wide, "       ", "       ")
    for finding in report.findings:
        if finding.verdict != "pass":
            yield from _finding(finding, wide, language)


def _finding(finding: Finding, wide: int, language: str | None) -> Iterator[str]:
    where = f" ({_where(finding)})" if finding.place.line and finding.verdict in ("fail", "warning") else ""
    yield from _wrapped(finding.evidence(language) + where, wide, f"     {MARKS[finding.verdict]} ", " " * 7)
    fix = finding.fix(language)
    if fix:
        yield from _wrapped(fix, wide, "       → ", " " * 9)


def _where(finding: Finding) -> str:
    from pathlib import PurePath

    return f"{PurePath(finding.place.file or '').name}:{finding.place.line}"


def _criteria(criteria: Sequence[Finding], wide: int, language: str | None) -> Iterator[str]:
    lacking = [finding for finding in criteria if finding.verdict != "pass"]
    if not lacking:
        yield "  " + text("smart.criteria_all", language)
        return
    missing = ", ".join(text(f"smart.criterion.{_criterion(finding)}", language) for finding in lacking)
    told = text("smart.criteria", language, met=len(criteria) - len(lacking), missing=missing)
    yield from _wrapped(told, wide, "  ", "    ")


def _criterion(finding: Finding) -> str:
    return finding.code.split("_")[1]


def _collection(findings: Sequence[Finding], wide: int, most: int, language: str | None) -> Iterator[str]:
    yield from ("", text("smart.collection", language))
    if not findings:
        yield "  " + text("smart.clean", language)
    for finding in findings[:most]:
        yield from _finding(finding, wide, language)
    if len(findings) > most:
        yield "     " + text("smart.more", language, count=len(findings) - most)


def _wrapped(words: str, wide: int, first: str, then: str) -> list[str]:
    return textwrap.wrap(
        words, wide, initial_indent=first, subsequent_indent=then,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
