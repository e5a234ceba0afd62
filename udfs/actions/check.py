"""*Check (SMART)*: the objectives letter by letter, on a sheet of the workbook."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xlkpi.catalogue import say
from xlkpi.cli_check import MARKS
from xlkpi.language import current, text
from xlkpi.smart.model import LETTERS

from ..settings import settings
from .objectives import Objectives
from .window import Told, Window, put

if TYPE_CHECKING:
    from xlkpi.cli_check import Checked
    from xlkpi.smart import ObjectiveReport

_WIDTHS = (38, 8, 22, 16, 60, 60)
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
    project = project_file(window, scorecard=bool(objectives.rows))
    if project is not None:
        result = _of_project(project)
    elif objectives.rows:
        result = _of_table(objectives)
    else:
        result = _of_rows(window)
    sheet = _write(window, result)
    return Told("\n".join([_summary(result), result.note, text("action.sheet", name=sheet)]))


def _summary(result: Result) -> str:
    parts = {name: sum(verdict == name for verdict in result.verdicts) for name in ("fail", "warning")}
    count = len(result.verdicts)
    head = text("smart.one" if count == 1 else "smart.title", count=count, score=result.score)
    return f"{head}  ·  {text('smart.summary_fail', good=count - sum(parts.values()), **parts)}"


def project_file(window: Window, *, scorecard: bool) -> Path | None:
    """The project of the workbook: where its memory says, else the one of the settings, which a scorecard must name."""
    from .memory import project_files

    names = project_files(window) if scorecard else []
    if names and window.folder is not None and (window.folder / names[0]).is_file():
        return window.folder / names[0]
    chosen = settings().project
    if chosen and Path(chosen).is_file() and (not names or Path(names[0]).name == Path(chosen).name):
        return Path(chosen)
    return None


def _of_project(file: Path) -> Result:
    from xlkpi.cli_check import checked

    found: Checked = checked(str(file))
    objectives = found.report.objectives
    rows = [row for objective in objectives for row in report_rows(objective)]
    rows += [[text("action.all_objectives"), None, None, *_told(f)] for f in found.report.collection]
    note = text("action.check_project", file=file.name)
    if found.problems:
        note += "\n" + "\n".join(problem.text() for problem in found.problems)
    return Result(rows, found.report.score, [o.verdict for o in objectives], note)


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


def _of_table(objectives: Objectives) -> Result:
    """What the last build or refresh found, as the workbook has it."""
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
    return Result(rows, round(sum(scores) / len(scores)) if scores else 0, worst, text("action.check_table"))


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
    for column, width in enumerate(_WIDTHS, start=1):
        sheet.range((1, column)).column_width = width
    sheet.range("A1").font.bold = True
    sheet.range("A1").font.size = 14
    sheet.range((2, 1), (2, len(head))).font.bold = True
    body = sheet.range((2, 1), (len(result.rows) + 2, len(head)))
    body.wrap_text = True
    body.vertical_alignment = "top"
    sheet.activate()
    return str(sheet.name)
