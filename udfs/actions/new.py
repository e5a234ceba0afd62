"""*New scorecard*: a project and its workbook in a folder, or on the web a sheet of objectives in the open workbook."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from xlkpi.cadence import Code
from xlkpi.catalogue import say
from xlkpi.catalogue.model import Goal
from xlkpi.language import current, text
from xlkpi.starter import FILE, USUAL, load_starter, new_project
from xlkpi.status import KINDS

from ..settings import catalogue
from .objectives import columns_of
from .window import TO_FILL, Told, Window, headed, put, rows_of, show

#: The table on the sheet of objectives, and its columns: those to fill in, then those of formulas.
TABLE = "xlkpi_starter"
COLUMNS = ("objective", "kpi", "kind", "baseline", "target", "actual", "start", "due", "cadence", "goal", "relevant",
           "why", "owner")  # fmt: skip
FORMULAS = {
    "status": "=SMART_STATUS(F{row},D{row},E{row},G{row},H{row},,C{row})",
    "progress": '=IFERROR(SMART_PROGRESS(F{row},D{row},E{row},C{row}),"")',
    "score": "=SMART_SCORE(A{row},B{row},D{row},E{row},G{row},H{row},I{row},J{row},K{row},L{row},M{row})",
}
_HEAD = 4
_WIDTHS = (44, 22, 12, 11, 11, 11, 12, 12, 12, 14, 36, 36, 18, 14, 13, 14)
_TO_FILL = (("baseline", "due"), ("relevant", "owner"))
#: What objectives may serve: each has a starter of that name.
GOALS: tuple[str, ...] = get_args(Goal)
_CHOICES = {"kind": KINDS, "cadence": get_args(Code), "goal": GOALS}
_FOLDER_PICKER = 4  # msoFileDialogFolderPicker
_PROJECT = re.compile(r"^xlkpi:", re.MULTILINE)


def new_scorecard(book: Any, template: str = "") -> Told | None:
    """Make the scorecard of the project in a folder, and a project to fill in where there is none.

    On the web, where there are no folders: a sheet of the objectives that usually serve a goal, with the functions for
    status, progress and SMART score. ``template`` is a starter's name.
    """
    window = Window(book)
    if not window.is_excel:
        return _sheet(window, template or USUAL)
    folder = _chosen_folder(window)
    if folder is None:
        return None
    chosen = template or (_chosen_starter(window) if project_in(folder) is None else USUAL)
    if chosen is None:
        return None
    made = in_folder(folder, chosen)
    window.app.books.open(str(made.workbook))
    key = "action.new_project" if made.fresh else "action.new_built"
    values = {"project": str(made.project), "workbook": made.workbook.name, "mark": text("starter.fill_in")}
    return Told(text(key, **values))


def _chosen_folder(window: Window) -> Path | None:
    dialog = window.app.api.FileDialog(_FOLDER_PICKER)
    dialog.Title = text("action.choose_folder")
    if window.folder is not None:
        dialog.InitialFileName = f"{window.folder}\\"
    return Path(str(dialog.SelectedItems(1))) if dialog.Show() else None


def _chosen_starter(window: Window) -> str | None:
    """The goal that a new project begins with; None where the person does not want one after all."""
    answer = window.app.api.InputBox(text("action.choose_starter", known=", ".join(GOALS)), "xlkpi", USUAL)
    return answer.strip().lower() or USUAL if isinstance(answer, str) else None


@dataclass(frozen=True)
class Made:
    """A project and its workbook; ``fresh``: the project is new, and still to be filled in."""

    project: Path
    workbook: Path
    fresh: bool


def in_folder(folder: Path, template: str | None = None) -> Made:
    """Build the scorecard of the project in a folder, which gets one where it has none. Raises XlkpiError."""
    from xlkpi.cli_build import build, need_extras

    need_extras()  # before a project is left behind without its workbook
    file = project_in(folder)
    project = file or new_project(folder, template, current())
    return Made(project, build(str(project), None, None, None, None).path, fresh=file is None)


def project_in(folder: Path) -> Path | None:
    """The project file in a folder: ``project.yaml``, else the only YAML file that is one."""
    if (folder / FILE).is_file():
        return folder / FILE
    found = [
        p for p in sorted(folder.glob("*.y*ml")) if _PROJECT.search(p.read_text(encoding="utf-8", errors="replace"))
    ]
    return found[0] if len(found) == 1 else None


def _sheet(window: Window, template: str) -> Told:
    starter = load_starter(template)
    spoken = current()
    if window.table(TABLE) is not None:
        raise window.error("action_has_starter")
    title = text("action.starter_title", goal=text(f"objectives.goal.{starter.goal}"))
    sheet = window.page(text("action.starter_sheet"), title)
    codes = (*COLUMNS, *FORMULAS)
    kpis = catalogue()
    rows: list[list[Any]] = []
    for objective in starter.objectives:
        kpi = kpis[objective.kpi]
        given = {
            "objective": str(say(objective.title, spoken)).replace("{x}", text("starter.fill_in")), "kpi": kpi.function,
            "kind": objective.kind, "cadence": objective.cadence or kpi.cadence, "goal": starter.goal,
        }  # fmt: skip
        rows.append([given.get(code) for code in codes])
    put(sheet.range("A1"), [[title], [text("action.starter_hint")]])
    put(sheet.range((_HEAD, 1)), [[text(f"action.column.{code}") for code in codes], *rows])
    first, last = _HEAD + 1, _HEAD + len(rows)
    for column, formula in enumerate(FORMULAS.values(), start=len(COLUMNS) + 1):
        cells = sheet.range((first, column), (last, column))
        cells.formula = [[formula.format(row=row)] for row in range(first, last + 1)]
    sheet.tables.add(source=sheet.range((_HEAD, 1), (last, len(codes))), name=TABLE)
    _format(sheet, first, last, len(codes))
    return Told(text("action.starter_done", name=sheet.name))


def _format(sheet: Any, first: int, last: int, width: int) -> None:
    headed(sheet, _HEAD, width, _WIDTHS)
    at = {code: place for place, code in enumerate((*COLUMNS, *FORMULAS), start=1)}

    def column(code: str, until: str = "") -> Any:
        return sheet.range((first, at[code]), (last, at[until or code]))

    for code, until in _TO_FILL:
        column(code, until).color = TO_FILL
    column("start", "due").number_format = "yyyy-mm-dd"
    column("progress").number_format = "0%"
    for code, choices in _CHOICES.items():
        with suppress(AttributeError, NotImplementedError):  # older xlwings, and engines without lists
            column(code).data_validation.set_list(list(choices))
    body = sheet.range((_HEAD, 1), (last, width))
    body.wrap_text = True
    body.vertical_alignment = "top"
    body.rows.autofit()
    show(sheet)


def tables_of_objectives(window: Window) -> list[Mapping[str, Any]]:
    """The rows of every table that has at least an objective, a KPI, a baseline and a target, by code."""
    found: list[Mapping[str, Any]] = []
    for _, table in window.tables():
        if table.header_row_range is None or table.data_body_range is None:
            continue
        at = columns_of(rows_of(table.header_row_range)[0], COLUMNS, "action.column")
        if {"objective", "kpi", "baseline", "target"} <= at.keys():
            rows = rows_of(table.data_body_range)
            found += [named for row in rows if (named := {c: row[i] for c, i in at.items()})["objective"]]
    return found
