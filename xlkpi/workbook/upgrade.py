"""A workbook of an older version becomes one of this version; what people wrote is carried over.

It is built anew from its project, with the rows of people's tables, the targets that they typed, what they took out,
what they chose, and how they named, ordered and hid the sheets. What only stands in the workbook before (sheets of
people's own, comments, charts, rows added to the data tables) is named, and the upgrade is refused unless that is to be
left in the backup.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xlkpi
from xlkpi.language import current, use
from xlkpi.workbook.anchors import HIDDEN
from xlkpi.workbook.anew import Former
from xlkpi.workbook.archive import moved_rows
from xlkpi.workbook.archive_cells import move_cells, with_returned
from xlkpi.workbook.backup import backup_name
from xlkpi.workbook.carried import carried
from xlkpi.workbook.context import FROM_DATA
from xlkpi.workbook.empty_sources import on_its_day
from xlkpi.workbook.layout import USUAL
from xlkpi.workbook.left_behind import left_words
from xlkpi.workbook.package import Package
from xlkpi.workbook.pages import PEOPLE
from xlkpi.workbook.passing import taken_back
from xlkpi.workbook.people_merging import counted, is_alike
from xlkpi.workbook.refresh import Compute, Options, load_project
from xlkpi.workbook.state import EDITION, FORMAT
from xlkpi.workbook.template import is_workbook

if TYPE_CHECKING:
    from xlkpi.workbook.archive import Archived
    from xlkpi.workbook.build import Skeleton
    from xlkpi.workbook.existing import Existing
    from xlkpi.workbook.left_behind import Made
    from xlkpi.workbook.people import Row
    from xlkpi.workbook.people_rows import PeoplePart


@dataclass(frozen=True)
class Upgraded:
    """An upgrade that was done, or that would be (``dry_run``); ``before`` is the version that it was of."""

    path: Path
    dry_run: bool
    before: str
    after: str
    #: Nothing was to be done.
    current: bool = False
    #: Rows of people's tables that are carried over, by table.
    rows: Mapping[str, int] = field(default_factory=dict)
    #: Cells of objectives that people changed, carried over: objective and column.
    typed: Sequence[tuple[str, str]] = ()
    archived: Mapping[str, int] = field(default_factory=dict)
    #: What was typed for other KPIs than objectives measure now, and goes there, too: objectives and columns.
    displaced: Mapping[str, Sequence[str]] = field(default_factory=dict)
    #: What was typed on objectives that are back and stays in the archive: their columns.
    kept: Sequence[tuple[str, Sequence[str]]] = ()
    #: Pages that the workbook did not have.
    pages: Sequence[str] = ()
    #: What stays in the workbook before.
    left: Sequence[tuple[str, str]] = ()
    #: What people chose, and names that they gave to sheets, where that is not possible any more: kind and name.
    reset: Sequence[tuple[str, str]] = ()
    backup: Path | None = None
    #: The sources without rows, and the pages that the new workbook lacks until there are some.
    empty: Sequence[str] = ()
    later: Sequence[str] = ()
    #: The names of the sheets of tables in the new workbook, by table.
    sheets: Mapping[str, str] = field(default_factory=dict)

    def page(self, table: str) -> str:
        """The name by which people know a table."""
        return self.sheets.get(table, table)

    def as_json(self) -> dict[str, Any]:
        """For ``--json``."""
        return {
            "file": str(self.path), "dry_run": self.dry_run, "before": self.before, "after": self.after,
            "current": self.current, "rows": dict(self.rows),
            "typed": [{"objective": id, "column": column} for id, column in self.typed],
            "archived": dict(self.archived), "displaced": {id: list(c) for id, c in self.displaced.items()},
            "kept_in_archive": [{"objective": id, "columns": list(columns)} for id, columns in self.kept],
            "pages": list(self.pages),
            "left": [{"kind": kind, "name": name} for kind, name in self.left],
            "reset": [{"kind": kind, "name": name} for kind, name in self.reset],
            "backup": str(self.backup) if self.backup else None, "empty": list(self.empty), "later": list(self.later),
        }  # fmt: skip


def upgrade_workbook(path: Path, options: Options, compute: Compute, *, leave: bool = False) -> Upgraded:
    """Make a workbook one of this version, in its place; the one before is kept beside it.

    Raises WorkbookError where it is none of ours, from a newer version, open elsewhere, or holds what can't be carried
    over, unless that is to be left (``leave``). Then it stays as it was.
    """
    from xlkpi.workbook.lock import locked
    from xlkpi.workbook.target import refuse_open

    refuse_open(path)
    with locked(path), Package(path) as package:
        former = Former(package)
        spoken, state = current(), former.state
        with use(state.language):
            work = _Work(former, options.project, on_its_day(compute, state, options.as_of))
            now = FORMAT, xlkpi.__version__, EDITION
            if (state.format, state.version, state.edition) == now and work.is_as_built():
                return Upgraded(path, options.dry_run, state.version, xlkpi.__version__, current=True)
            moved = work.moved()
            with former.built(lambda out: work.build(out, moved), moved.rows) as made:
                left = work.left(made)
                if left and not leave:
                    with use(spoken):
                        raise package.error("workbook_left_behind", what=left_words(left))
                report = Upgraded(
                    path, options.dry_run, state.version, xlkpi.__version__, False,
                    {name: n for name, rows in moved.rows.items()
                     if name in made.existing.state.columns and (n := sum(map(_is_filled, rows)))},
                    [(id, column) for id, cells in work.typed.items() for column in cells], moved.out,
                    {id: list(cells) for id, cells in work.existing.returned.displaced.items() if id in moved.cells},
                    work.existing.returned.kept, work.new_pages(made), left, former.reset(made),
                    None, work.card.data.empty, work.later(made), work.sheets(made),
                )  # fmt: skip
                if options.dry_run:
                    return report
                former.replaced_by(made, options.backups)
                return replace(report, backup=backup_name(path, 1) if options.backups != 0 else None)


class _Work:
    """One upgrade: the workbook before, its project, and the scorecard as it is now."""

    def __init__(self, former: Former, project: Path | None, compute: Compute) -> None:
        from xlkpi.workbook.typed import with_typed

        self.former, self.state = former, former.state
        self.project = load_project(former.package, former.existing, project)
        self.existing = with_returned(former.existing, self.project, own=False)
        self.typed = {id: cells for id, cells in self.existing.typed.items() if id in self.project.by_id}
        self.card = compute(with_typed(self.project, self.typed, former.package.path.name))

    def moved(self) -> Archived:
        """The rows of people's tables, those on objectives that are gone in the archive."""
        ids, day = list(self.project.by_id), self.card.today
        found = moved_rows(self.former.package, self.state, self.former.people, ids, day, anew=True)
        move_cells(found, self.existing, ids, day)
        taken = taken_back(self.former.package, self.state, self.former.people, found.rows, self.card)
        self.existing = replace(self.existing, state=replace(self.state, offered=taken.offered(self.state.offered)))
        return replace(found, rows={name: list(rows) for name, rows in taken.rows.items()})

    @property
    def layout(self) -> str | None:
        """What the workbook was built from: the project's template holds its design, and only the project knows it."""
        template = self.project.template
        if template is None or not is_workbook(template):
            return self.state.layout
        is_itself = (self.project.folder / template).resolve() == self.former.package.path.resolve()
        return self.state.layout or USUAL if is_itself else template

    def is_as_built(self) -> bool:
        """Whether the pages of a workbook of this version are still those that a build gives it, with enough lines."""
        state = self.state
        made = self._skeleton().state
        if set(made.pages) - set(state.pages):
            return False
        if any(len(state.rows.get(id, rows)) != len(rows) for id, rows in made.rows.items()):
            return False
        if all(state.room.get(what, lines) >= lines for what, lines in made.room.items()):
            return True
        refreshed = self._skeleton(self.existing)  # which has a place for some of what has no line of its own
        return not refreshed.book.short_pages and made.slots.keys() <= refreshed.state.slots.keys()

    def _skeleton(self, existing: Existing | None = None) -> Skeleton:
        from xlkpi.workbook.build import make_skeleton

        kept = {name: part.filled for name, part in self.former.people.items()}
        with tempfile.TemporaryDirectory(prefix="xlkpi-") as folder:
            return make_skeleton(
                self.card, Path(folder) / "made.xlsx", self.state.language, self.state.layout, self.state.theme,
                folder=self.former.package.path.parent, existing=existing, kept=kept,
            )  # fmt: skip

    def build(self, out: Path, moved: Archived) -> None:
        """Write the new workbook."""
        from xlkpi.workbook.book import Last
        from xlkpi.workbook.build import build_workbook
        from xlkpi.workbook.tables import typed_cells

        state, last = self.state, Last.of(self.state, self.card)
        said = {o.id: typed_cells(o, state.language) for o in self.project.objectives if o.id in self.typed}
        build_workbook(
            self.card, out, language=state.language, layout=self.layout, theme=state.theme, kept=moved.rows,
            last=last if last and last.day < self.card.as_of else None, carried=carried(self.existing, said),
        )  # fmt: skip

    def left(self, made: Made) -> list[tuple[str, str]]:
        """What stays in the workbook before: not the tables of pages that come again, in which there is nothing of
        people's.
        """
        found = self.former.left(made)
        if not self.card.data.empty:
            return found
        ours = {("table", name) for name, part in self.former.people.items() if self._is_ours(name, part)}
        return [what for what in found if what not in ours]

    def _is_ours(self, name: str, part: PeoplePart) -> bool:
        """Whether a table holds but what xlkpi put there and would put there again."""
        table, proposed = PEOPLE[name], self.state.proposed.get(name, {})
        typed = [c.code for c in table.columns if c.is_typed and c.code not in table.keys]
        return all(
            is_alike(proposed.get(repr(key), {}).get(code), row.get(code))
            for key, row in zip(counted(table, part.filled), part.filled, strict=True)
            for code in typed
        )

    def later(self, made: Made) -> list[str]:
        """The pages that are made from data, and that there are no more until there are some."""
        if not self.card.data.empty:
            return []
        pages = [id for id in FROM_DATA if id in self.state.pages and self.former.existing.has_page(id)]
        return [self.state.sheets[id] for id in pages if id not in made.same]

    def sheets(self, made: Made) -> dict[str, str]:
        """The names of the sheets of tables, by table."""
        found = (self.former.package.tables, made.package.tables)
        return {table.name: table.sheet for tables in found for table in tables.values()}

    def new_pages(self, made: Made) -> list[str]:
        """The names of sheets that the workbook did not have, or has no longer."""
        before = set(made.same.values())
        return [name for id, name in made.existing.sheets.items() if id not in before and id not in HIDDEN]


def _is_filled(row: Row) -> bool:
    return any(value not in (None, "") for value in row.values())


__all__ = ["Upgraded", "upgrade_workbook"]
