"""What ``xlkpi check``, ``xlkpi new`` and ``xlkpi schema`` show and write."""

from __future__ import annotations

import shutil
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from xlkpi.catalogue import say
from xlkpi.errors import InputError, Problem, SourceError
from xlkpi.language import text
from xlkpi.smart import LETTERS, Finding, LetterReport, ObjectiveReport, Report

if TYPE_CHECKING:
    from xlkpi.objectives import Project
    from xlkpi.scorecard import Scorecard
    from xlkpi.scorecard.data import Data, Progress

MARKS = {"pass": "✓", "warning": "▲", "fail": "✗", "not_checked": "·"}
_NARROWEST, _WIDEST = 60, 110


@dataclass(frozen=True)
class Checked:
    """A project file with its SMART report and, where its sources were read, what was found in them."""

    report: Report
    data: Data | None = None
    problems: tuple[Problem, ...] = ()
    card: Scorecard | None = None
    #: What is wrong with the budget, the drivers and the like.
    around: tuple[Problem, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether no objective fails and every source can be read."""
        return self.report.ok and not self.problems and not self.around

    def write_set_aside(self, path: str) -> None:
        """Write the rows of all files that were set aside to a CSV file, to be looked at."""
        import csv

        reports = self.data.reports.items() if self.data else ()
        with Path(path).open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["source", "file", "row", "reason", "column", "content"])
            for name, report in reports:
                for row in report.set_aside().to_pylist():
                    writer.writerow([name, *(plain_cell(value) for value in row.values())])


def plain_cell(value: Any) -> Any:
    """A value that a spreadsheet won't take for a formula."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def checked(
    file: str, *, with_data: bool = True, today: date | None = None, change: Callable[[Project], Project] | None = None
) -> Checked:
    """Load a project file, read its sources for what the checks need of the past, and check it.

    ``change`` gives the project to check in place of the file's.
    A source that can't be read is told in ``problems``; the objectives are checked all the same.
    Raises DefinitionError when the file itself has mistakes.
    """
    from xlkpi.objectives import load
    from xlkpi.smart import check

    project = change(load(file)) if change else load(file)
    if not (with_data and project.sources) or project.unedited.get(None):
        return Checked(check(project, today=today))
    from xlkpi.scorecard import read_data, scorecard
    from xlkpi.scorecard.around import problems_around

    try:
        _need_libraries()
        data = read_data(project, progress_bar())
        card = scorecard(project, data, today=today)
    except InputError as mistake:
        return Checked(check(project, today=today), problems=mistake.problems)
    history = {r.objective.id: r.series.values for r in card.results if r.series}
    until = {r.objective.id: r.period[1] for r in card.results if r.period}
    odds = {r.objective.id: r.outlook.probability for r in card.results if r.outlook}
    delivered = {name: frozenset(table.forms) for name, table in data.tables.items()}
    report = check(project, today=today, history=history, probability=odds, delivered=delivered, until=until)
    return Checked(report, data, card.problems, card, problems_around(card))


def _need_libraries() -> None:
    """Raise SourceError that says what to install, where a library for reading sources is missing."""
    from importlib.util import find_spec

    for module in ("pyarrow", "ibis", "duckdb"):
        if find_spec(module) is None:
            values = {"engine": "xlkpi check", "module": module, "extra": "sources"}
            raise SourceError(Problem("source_engine_missing", values))


def check_as_json(result: Checked, language: str | None = None) -> dict[str, Any]:
    """The SMART report and the sources as plain data; texts in a language."""
    return {
        **result.report.as_json(language),
        "sources": {n: r.as_json() for n, r in result.data.reports.items()} if result.data else {},
        "ahead": {n: rows.as_json() for n, rows in result.card.data.ahead.items()} if result.card else {},
        "problems": [problem.as_json(language) for problem in (*result.problems, *result.around)],
        **(decisions_as_json(result.card, language) if result.card else {}),
    }


def decisions_as_json(card: Scorecard, language: str | None = None) -> dict[str, Any]:
    """What calls for a decision: alerts, the latest reviews, effects of actions, experiments."""
    from xlkpi.alerts import alerts
    from xlkpi.effects import effects
    from xlkpi.experiments import outcome
    from xlkpi.reviews import reviews

    stop = card.project.checks.stop_after
    return {
        "alerts": [alert.as_json(language) for alert in alerts(card)],
        "reviews": [review.as_json(language) for review in reviews(card)],
        "actions": [
            {"objective": r.objective.id, "task": say(a.task, language), **e.as_json(), "may_stop": e.may_stop(stop)}
            for r, a, e in effects(card)
        ],
        "experiments": [outcome(experiment).as_json() for experiment in card.project.experiments],
    }


def check_as_text(result: Checked, language: str | None = None) -> str:
    """The SMART report, then what was read from each source."""
    parts = [report_as_text(result.report, language=language)]
    if result.data and result.data.reports:
        parts.append(text("check.sources", language))
        parts += [f"{name}\n{report.text(language)}" for name, report in result.data.reports.items()]
    if result.card and (ahead := result.card.data.ahead):
        parts.append("\n".join(rows.text(source, language) for source, rows in ahead.items()))
    if result.card and (told := _alerts_as_text(result.card, language)):
        parts.append(told)
    if result.problems:
        parts += [text("check.unreadable", language), *(problem.text(language) for problem in result.problems)]
    if result.around:
        parts += [text("check.around", language), *(problem.text(language) for problem in result.around)]
    return "\n\n".join(parts)


def _alerts_as_text(card: Scorecard, language: str | None) -> str:
    """The alerts, a line each; empty without any."""
    from xlkpi.alerts import alerts

    lines = [f"  {a.severity}  {a.objective}: {say(a.rule.title, language)}" for a in alerts(card)]
    return "\n".join([text("check.alerts", language), *lines]) if lines else ""


def progress_bar() -> Progress | None:
    """A line on the terminal that tells what is being read, and how fast; None where nobody watches.

    It appears for what takes over a second, and goes when the source is read.
    """
    return _Bar().show if sys.stderr.isatty() else None


class _Bar:
    """The line of a source: how much of its bytes are read, then how long its columns take."""

    def __init__(self) -> None:
        self._begun: dict[str, float] = {}
        self._done = threading.Event()
        self._shown = False

    def show(self, name: str, done: int, size: int) -> None:
        """``done`` of ``size`` bytes are read; ``size`` 0: the source is finished."""
        elapsed = monotonic() - self._begun.setdefault(name, monotonic())
        self._done.set()
        if not size:
            self._write("")
        elif done < size:
            if elapsed > 1:
                rate = f"{done / elapsed / 1e6:.1f}"
                line = text("check.reading", name=name, percent=100 * done // size, rate=rate)
                self._write(f"{'█' * (20 * done // size):<20} {line}")
        else:
            self._done = threading.Event()
            threading.Thread(target=self._wait, args=(name, size, self._done), daemon=True).start()

    def _wait(self, name: str, size: int, done: threading.Event) -> None:
        while not done.wait(0.5):
            elapsed = monotonic() - self._begun[name]
            if elapsed > 1:
                rate = f"{size / elapsed / 1e6:.1f}"
                self._write(text("check.understanding", name=name, seconds=round(elapsed), rate=rate))

    def _write(self, line: str) -> None:
        if line or self._shown:
            sys.stderr.write(f"\r\x1b[K{line}")
            sys.stderr.flush()
        self._shown = bool(line)


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
    verdicts = [objective.verdict for objective in report.objectives]
    parts = {name: verdicts.count(name) for name in ("fail", "warning")}
    good = count - sum(parts.values())
    return f"{text('smart.title', language, count=count, score=report.score)}  ·  " + text(
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
    return f"{Path(finding.place.file or '').name}:{finding.place.line}"


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
