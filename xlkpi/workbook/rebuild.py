"""A build where a scorecard stands already: what people wrote in it stays, or the build is refused.

The rows of the tables that people fill are carried over, as a refresh does, and the version before is kept beside the
new one. What a build has no place for (values typed in the table of objectives, people's own sheets, cells of ours that
they wrote over, comments) is left to a refresh, which keeps the whole workbook.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from xlkpi.errors import WorkbookError
from xlkpi.language import current, text
from xlkpi.scorecard.model import Scorecard
from xlkpi.workbook.build import Built, build_workbook
from xlkpi.workbook.comments import comments
from xlkpi.workbook.existing import Existing, read_existing

if TYPE_CHECKING:
    from xlkpi.workbook.book import Last
    from xlkpi.workbook.package import Package
    from xlkpi.workbook.people import Row

#: Cells that are named where people wrote over more.
MOST_NAMED = 12


@dataclass(frozen=True)
class Before:
    """What is taken over from the workbook before: people's rows by table, and what it said."""

    rows: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    last: Last | None = None


def rebuild(card: Scorecard, out: Path, *, language: str | None = None, layout: str | None = None) -> Built:
    """:func:`~xlkpi.workbook.build.build_workbook` in place of a workbook that may be there.

    Raises WorkbookError where the one before holds what would be lost; then it stays as it was.
    """
    from xlkpi.workbook.backup import backup_name, keep
    from xlkpi.workbook.target import refuse_open

    refuse_open(out)
    if not out.is_file():
        return build_workbook(card, out, language=language, layout=layout)
    before = read_before(out, card, language or card.project.language or current())
    keep(out, 1)
    made = build_workbook(card, out, language=language, layout=layout, kept=before.rows, last=before.last)
    return replace(made, backup=backup_name(out, 1))


def read_before(path: Path, card: Scorecard, language: str) -> Before:
    """What to take over; nothing from a file that is no scorecard of this version."""
    from xlkpi.workbook.archive import moved_rows
    from xlkpi.workbook.book import Last
    from xlkpi.workbook.package import Package
    from xlkpi.workbook.pages import PEOPLE
    from xlkpi.workbook.people_rows import read_people

    try:
        with Package(path) as package:
            existing = read_existing(package)
            state = existing.state
            people = read_people(package, state.columns, list(PEOPLE), existing.strings)
            written = {name: part.filled for name, part in people.items()}
            _refuse_loss(package, existing, written if state.language != language else {})
            ids = [result.objective.id for result in card.results]
            rows = moved_rows(package, state, people, ids, card.today, anew=True).rows
    except WorkbookError as error:
        if any(problem.code in ("workbook_written_in", "workbook_typed") for problem in error.problems):
            raise
        return Before()
    last = Last.of(state)
    if last is not None and last.day >= card.as_of:
        last = None
    return Before(rows if state.language == language else {}, last)


def _refuse_loss(package: Package, existing: Existing, rows: Mapping[str, Sequence[Row]]) -> None:
    """Raise WorkbookError that names what people wrote and a build can't take over; ``rows`` are such, too."""
    from xlkpi.workbook.pages import PEOPLE
    from xlkpi.workbook.people import identity

    lost = [*existing.typed, *(name for name in existing.all_sheets if name not in existing.identifiers)]
    lost += [part.table.sheet for part in existing.parts.values() if part.people]
    for name, filled in rows.items():
        offered = set(existing.state.offered.get(name, ()))
        if any(repr(identity(PEOPLE[name], row)) not in offered for row in filled):
            lost.append(existing.state.sheets.get(PEOPLE[name].id, name))
    lost += _handwork(package, existing)
    if lost:
        raise package.error("workbook_written_in", what=", ".join(lost), name=package.path.name)


def _handwork(package: Package, existing: Existing) -> list[str]:
    """The cells of ours in which people put something else, and those on which they commented."""
    from xlkpi.workbook.page_cells import replaced

    found = [f"{sheet}!{cell}" for sheet, cell in replaced(package, existing)]
    found += [
        text("refresh.comment_at", cell=f"{sheet}!{address}")
        for sheet, part in package.sheets.items()
        for address in comments(package, part)
    ]
    more = len(found) - MOST_NAMED
    return found if more <= 0 else [*found[:MOST_NAMED], text("refresh.more_cells", count=more)]


__all__ = ["Before", "read_before", "rebuild"]
