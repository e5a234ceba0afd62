"""*Check (SMART)*: the objectives letter by letter, on a sheet of the workbook."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xlkpi.catalogue import say
from xlkpi.cli_check import MARKS
from xlkpi.language import current, text
from xlkpi.smart.model import LETTERS

from ..open_book import has_objectives_of
from ..settings import settings
from .memory import state_of, typed
from .objectives import Objectives
from .window import Told, Window, headed, put, show

if TYPE_CHECKING:
    from xlkpi.cli_check import Checked
    from xlkpi.smart import ObjectiveReport
    from xlkpi.workbook.state import State

_WIDTHS = (44, 13, 20, 16, 60, 60)
_COLOURS = {"pass": "#17663A", "warning": "#8A5A00", "fail": "#A3271D"}
Row = list[Any]


@dataclass(frozen=True)
class Result:
    """What a check found: rows of the report, the summary's counts, and where it was looked."""

    rows: list[Row]
    score: int
    verdicts: Sequence[str]
    note: str


def check(book: Any) -> Told:
    """Check the project of a scorecard with its sources, else the objectives that stand in the workbook.

    Raises what reading a project raises, and WorkbookError where there is nothing to check.
    """
    window = Window(book)
    objectives = Objectives(window)
    state = state_of(window) if objectives.rows else None
    project = project_file(window, state)
    changed = typed(objectives, state) if state is not None else {}
    if project is not None:
        result = _of_project(project, changed, str(book.name))
    elif objectives.rows:
        result = _of_table(objectives, changed)
    else:
        result = _of_rows(window)
    sheet = _write(window, result)
    return Told("\n".join([_summary(result), result.note, text("action.sheet", name=sheet)]))


def _summary(result: Result) -> str:
    parts = {name: sum(verdict == name for verdict in result.verdicts) for name in ("fail", "warning")}
    count = len(result.verdicts)
    head = text("smart.title", count=count, score=result.score)
    return f"{head}  ·  {text('smart.summary_fail', good=count - sum(parts.values()), **parts)}"


def project_file(window: Window, state: State | None) -> Path | None:
    """The project of a workbook: the file beside it that its memory names, else the settings', unless it is another.

    Raises DefinitionError where the settings' project can't be read.
    """
    name = state.files[0] if state is not None and state.files else None
    if name and window.folder is not None and (window.folder / name).is_file():
        return window.folder / name
    chosen = settings().project
    if not chosen or not Path(chosen).is_file():
        return None
    return Path(chosen) if state is None or has_objectives_of(chosen, state) else None


def _of_project(file: Path, changed: Mapping[str, Mapping[str, Any]], workbook: str) -> Result:
    from xlkpi.cli_check import checked
    from xlkpi.workbook.typed import with_typed

    found: Checked = checked(str(file), change=lambda project: with_typed(project, changed, workbook))
    objectives = found.report.objectives
    rows = [row for objective in objectives for row in report_rows(objective)]
    rows += [[text("action.all_objectives"), None, None, *_told(f)] for f in found.report.collection]
    notes = [text("action.check_project", file=file.name), *_changed(changed, "action.check_with")]
    notes += [problem.text() for problem in found.problems]
    return Result(rows, found.report.score, [o.verdict for o in objectives], "\n".join(notes))


def _changed(changed: Mapping[str, Mapping[str, Any]], key: str) -> list[str]:
    return [text(key, objectives=", ".join(changed))] if changed else []


def report_rows(objective: ObjectiveReport) -> list[Row]:
    """The rows of one objective: a row for each finding that is not good, or one for a letter that is."""
    title, rows = str(say(objective.title, current())), []
    for letter in LETTERS:
        report = objective.letters[letter]
        name = f"{letter} – {text(f'smart.letter.{letter}')}"
        bad = [f for f in report.findings if f.verdict == report.verdict != "pass"]
        for finding in bad or report.findings[:1]:
            rows.append([title, objective.score, name, *_told(finding)])
        if not report.findings:
            rows.append([title, objective.score, name, _verdict("not_checked"), None, None])
    return rows


def _told(finding: Any) -> Row:
    return [_verdict(finding.verdict), finding.evidence(), finding.fix() or None]


def _verdict(verdict: str) -> str:
    return f"{MARKS[verdict]} {text(f'smart.verdict.{verdict}')}"


def _of_table(objectives: Objectives, changed: Mapping[str, Mapping[str, Any]]) -> Result:
    """What the last build or refresh found, as the workbook has it; what was ``changed`` since is not in it."""
    verdicts = {"✓": "pass", "!": "warning", "✗": "fail"}
    rows: list[Row] = []
    worst = []
    for row in objectives.rows:
        found = {letter: verdicts.get(str(row.get(letter)), "not_checked") for letter in LETTERS}
        for letter, verdict in found.items():
            why, _, fix = str(row.get(f"{letter}_why") or "").partition(" → ")
            name = f"{letter} – {text(f'smart.letter.{letter}')}"
            rows.append([row.get("title"), row.get("score"), name, _verdict(verdict), why or None, fix or None])
        worst.append(next((v for v in ("fail", "warning") if v in found.values()), "pass"))
    scores = [row["score"] for row in objectives.rows if isinstance(row.get("score"), int | float)]
    notes = [text("action.check_table"), *_changed(changed, "action.check_without")]
    return Result(rows, round(sum(scores) / len(scores)) if scores else 0, worst, "\n".join(notes))


def _of_rows(window: Window) -> Result:
    """Objectives that stand in a table of any workbook, as SMART_CHECK checks them."""
    from ..objectives import checked
    from .new import tables_of_objectives

    reports = [
        checked(*map(row.get, ("objective", "kpi", "baseline", "target", "start", "due", "cadence", "goal", "relevant",
                               "why", "owner")))
        for row in tables_of_objectives(window)
    ]  # fmt: skip
    if not reports:
        raise window.error("action_nothing_to_check")
    rows = [row for report in reports for row in report_rows(report)]
    score = round(sum(report.score for report in reports) / len(reports))
    return Result(rows, score, [report.verdict for report in reports], text("action.check_rows"))


def _write(window: Window, result: Result) -> str:
    """Write the report; the name of its sheet."""
    title = text("action.check_title")
    sheet = window.page(text("action.check_sheet"), title)
    head = [text(f"action.column.{c}") for c in ("objective", "score", "letter", "verdict", "reason", "fix")]
    put(sheet.range("A1"), [[title, *[None] * (len(head) - 1)], head, *result.rows])
    headed(sheet, 2, len(head), _WIDTHS)
    body = sheet.range((2, 1), (len(result.rows) + 2, len(head)))
    body.wrap_text = True
    body.vertical_alignment = "top"
    for first, last, colour in _runs(result.rows):
        sheet.range((first + 3, 4), (last + 3, 4)).font.color = colour
    body.rows.autofit()
    show(sheet)
    return str(sheet.name)


def _runs(rows: Sequence[Row]) -> Iterator[tuple[int, int, str]]:
    """The rows of one verdict after the other: the first and the last of each run, and the verdict's colour."""
    colours = {MARKS[verdict]: colour for verdict, colour in _COLOURS.items()}
    first = 0
    for at, row in enumerate(rows):
        mark = str(row[3])[:1]
        if at + 1 == len(rows) or str(rows[at + 1][3])[:1] != mark:
            if mark in colours:
                yield first, at, colours[mark]
            first = at + 1
