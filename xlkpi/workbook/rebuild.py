"""A build where a scorecard stands already: what people wrote in it stays, or the build is refused.

The rows of the tables that people fill are carried over, with what they chose and how they named, ordered and hid the
sheets, and the version before is kept beside the new one. What a build has no place for (values typed in the table of
objectives, people's own sheets, cells of ours that they wrote over, comments, charts) is left to a refresh, which keeps
the whole workbook.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from xlkpi.errors import WorkbookError
from xlkpi.language import current
from xlkpi.scorecard.model import Scorecard
from xlkpi.workbook.anew import Former
from xlkpi.workbook.build import Built, build_workbook
from xlkpi.workbook.carried import carried
from xlkpi.workbook.left_behind import left_words
from xlkpi.workbook.macros import has_macros
from xlkpi.workbook.package import Package

if TYPE_CHECKING:
    from xlkpi.workbook.people import Row

#: What a file is that holds nothing of ours: it is kept beside the build, and nothing is taken over.
_OTHERS = {"workbook_not_ours", "workbook_other_format", "workbook_damaged", "workbook_encrypted", "workbook_bomb"}


def rebuild(card: Scorecard, out: Path, *, language: str | None = None, layout: str | None = None) -> Built:
    """:func:`~xlkpi.workbook.build.build_workbook` in place of a workbook that may be there.

    Raises WorkbookError where the one before holds what would be lost; then it stays as it was.
    """
    from xlkpi.workbook.backup import backup_name, keep
    from xlkpi.workbook.lock import locked
    from xlkpi.workbook.target import refuse_open
    from xlkpi.workbook.template import is_workbook, template_file

    refuse_open(out)
    if not out.is_file():
        return build_workbook(card, out, language=language, layout=layout)
    template = layout or card.project.template
    if template is not None and is_workbook(template):
        template_file(template, card.project.folder, out)  # a template is not written over
    spoken = language or card.project.language or current()
    try:
        with locked(out), Package(out) as package:
            made = _anew(Former(package), card, spoken, layout)
    except WorkbookError as error:
        if not all(problem.code in _OTHERS for problem in error.problems):
            raise
        keep(out)
        made = build_workbook(card, out, language=language, layout=layout)
    return replace(made, backup=backup_name(out, 1))


def _anew(former: Former, card: Scorecard, language: str, layout: str | None) -> Built:
    """Build in place of a scorecard."""
    from xlkpi.workbook.archive import moved_rows
    from xlkpi.workbook.archive_cells import move_cells
    from xlkpi.workbook.book import Last

    package, existing, state = former.package, former.existing, former.state
    last = Last.of(state, card)
    rows: Mapping[str, Sequence[Row]] = {}
    typed = set(existing.typed)
    taken = carried(existing)
    if state.language != language:  # the tables that people fill are those of a new workbook
        taken = replace(taken, offered={}, proposed={})
    else:
        ids = [result.objective.id for result in card.results]
        moved = moved_rows(package, state, former.people, ids, card.today, anew=True)
        move_cells(moved, existing, ids, card.today)
        rows, typed = moved.rows, typed - moved.cells
    result: list[Built] = []

    def build(out: Path) -> None:
        result.append(build_workbook(
            card, out, language=language, layout=layout, kept=rows,
            last=last if last and last.day < card.as_of else None, carried=taken,
        ))  # fmt: skip

    with former.built(build, rows) as made:
        left = [("typed", id) for id in existing.typed if id in typed]
        left += [("rows", name) for name in _untold(former)] if state.language != language else []
        left += former.left(made)
        if left:
            raise package.error("workbook_written_in", what=left_words(left), name=package.path.name)
        reset = former.reset(made) if state.language == language else []
        former.replaced_by(made, 1, keep_macros=not has_macros(made.package))
    return replace(result[0], path=package.path, size=package.path.stat().st_size, reset=reset)


def _untold(former: Former) -> list[str]:
    """Sheets with rows of people's, in a workbook of another language: a build does not translate what they wrote."""
    from xlkpi.workbook.pages import PEOPLE
    from xlkpi.workbook.people import identity

    found = []
    for name, part in former.people.items():
        offered = set(former.state.offered.get(name, ()))
        if any(repr(identity(PEOPLE[name], row)) not in offered for row in part.filled):
            found.append(part.table.sheet)
    return found


__all__ = ["rebuild"]
