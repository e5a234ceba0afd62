"""Refreshing a scorecard workbook: the data are read again, and nothing that a person wrote is touched.

>>> from xlkpi.workbook.refresh import refresh_workbook
>>> refresh_workbook(Path("scorecard.xlsx"))  # doctest: +SKIP

The workbook is read first: what people chose, typed and filled in. The scorecard is computed with that, a skeleton is
written as a build would, and from it the workbook gets the rows of its data tables, the values of the cells of ours
(found by their anchors), the copies that charts carry, and the hidden sheets. Every other part keeps its very bytes.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xlkpi.language import use
from xlkpi.workbook.archive_cells import move_cells, uncalculated, untold, with_returned
from xlkpi.workbook.context import FROM_DATA
from xlkpi.workbook.data_sheet import OBJECTIVES
from xlkpi.workbook.existing import DATA_SHEETS, Existing, read_existing, told_choice
from xlkpi.workbook.kpi_tabs import new_tabs
from xlkpi.workbook.live import as_date
from xlkpi.workbook.package import Package
from xlkpi.workbook.page_cells import to_present, update_pages
from xlkpi.workbook.references import Box, Growth, Shift, Stretch
from xlkpi.workbook.report import Refreshed, RowCount, differences
from xlkpi.workbook.sheet_renaming import renamed_sheets
from xlkpi.workbook.state import EDITION
from xlkpi.workbook.tables import MOST_PRIMARY

if TYPE_CHECKING:
    from xlkpi.objectives import Project
    from xlkpi.scorecard.lacking import Lacking
    from xlkpi.scorecard.model import Scorecard
    from xlkpi.workbook.accept import Accept, Acceptance
    from xlkpi.workbook.archive import Archived
    from xlkpi.workbook.book import Book
    from xlkpi.workbook.build import Skeleton
    from xlkpi.workbook.fill import Changes
    from xlkpi.workbook.people import Row
    from xlkpi.workbook.people_rows import PeoplePart

#: Gives the computed scorecard of a project; the command shows how far it is.
Compute = Callable[["Project"], "Scorecard"]


@dataclass(frozen=True)
class Options:
    """How to refresh. ``project``: its file, where it is not what the workbook remembers. ``backups``: how many of the
    versions before are kept beside the workbook; None: as many as are there, and at least one. ``as_of``: the day that
    the numbers are for. ``accept``: write targets that people changed in the workbook back to the project's files.
    ``due``: only KPIs that have come to a review since the last refresh; the others stay as they were on the day of
    theirs.
    """

    project: Path | None = None
    dry_run: bool = False
    backups: int | None = None
    as_of: date | None = None
    accept: Accept | None = None
    due: bool = False


def refresh_workbook(path: Path, options: Options | None = None, compute: Compute | None = None) -> Refreshed:
    """Refresh a workbook in its place, and tell what changed.

    Raises WorkbookError where it is no scorecard, open elsewhere, or can't be refreshed without losing something;
    DefinitionError and SourceError where the project or its sources can't be read. Then it stays as it was.
    """
    from xlkpi.workbook.lock import locked
    from xlkpi.workbook.target import refuse_open

    refuse_open(path)
    with locked(path):
        options = options or Options()
        return _refresh(path, path, options, compute or _computed(options))


def _computed(options: Options) -> Compute:
    def compute(project: Project) -> Scorecard:
        from xlkpi.scorecard import read_data, scorecard

        return scorecard(project, read_data(project, empty=True), as_of=options.as_of)

    return compute


def refresh_copy(
    source: Path, target: Path, folder: Path, options: Options | None = None, compute: Compute | None = None
) -> Refreshed:
    """Write a workbook as a refresh would make it to another file; ``folder`` is where it stands in truth.

    Raises what :func:`refresh_workbook` raises.
    """
    options = options or Options()
    return _refresh(source, target, replace(options, backups=0), compute or _computed(options), folder)


def _refresh(source: Path, target: Path, options: Options, compute: Compute, folder: Path | None = None) -> Refreshed:
    from xlkpi.workbook.backup import replacing_with_backup
    from xlkpi.workbook.empty_sources import on_its_day
    from xlkpi.workbook.fill import Changes
    from xlkpi.workbook.target import flush, refuse_open, stamp

    read = stamp(source)
    with ExitStack() as opened:
        scratch = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="xlkpi-")))
        package = opened.enter_context(Package(source))
        existing = read_existing(package)
        compute = on_its_day(compute, existing.state, options.as_of)
        with use(existing.state.language):
            project = load_project(package, existing, options.project)
            existing = with_returned(existing, project)
            back = _written_back(project, existing, options)
            home = folder or target.resolve().parent  # what it remembers is told from where its file is
            work = Work(package, existing, back.project, compute, scratch / "skeleton.xlsx", home)
            due = work.only_due() if options.due else None
            if due == [] and not back.values:
                return Refreshed(target, options.dry_run, work.differences, due=due)
            if tabs := new_tabs(existing, work.card):
                renamed_sheets(package, tabs, scratch / package.path.name)
                package.close()
                package = opened.enter_context(Package(scratch / package.path.name))
                work = work.renamed(package, tabs)
            changes = Changes()
            skeleton = work.apply(changes)
            report = replace(work.report(target, skeleton, options), accepted=back.values, due=due, tabs=tabs)
            if options.dry_run:
                return report
            work.tell(changes, skeleton.book, report)
            with replacing_with_backup(target, options.backups) as file:
                changes.write(package, file)
                package.close()  # Windows can't replace a file that is open
                if stamp(source) != read:
                    raise package.error("workbook_changed_meanwhile")
                # Before the workbook, which would lose what it remembers and its project does not say; and only once
                # the new one stands beside it, so that a full disk leaves both as they were.
                flush(file)
                refuse_open(target)
                back.write()
    return report


def _written_back(project: Project, existing: Existing, options: Options) -> Acceptance:
    """The project, with the targets that people changed where that is wanted."""
    from xlkpi.workbook.accept import Acceptance, accepted

    if options.accept is None:
        return Acceptance(project)
    return accepted(project, existing.typed, options.accept, date.today())


def load_project(package: Package, existing: Existing, given: Path | None) -> Project:
    """The project that a workbook was built from. Raises WorkbookError where its file is not there any more."""
    from xlkpi.objectives import load

    if given is None and not existing.state.files:
        raise package.error("workbook_no_project", project="")
    if given is not None:
        return load(given)
    name = existing.state.files[0]
    beside = (package.path.parent / name, package.path.resolve().parent / name)  # the workbook may be a link
    found = next((file for file in beside if file.exists()), None)
    if found is None:
        raise package.error("workbook_no_project", project=name)
    return load(found)


class Work:
    """One refresh: the workbook, the scorecard as it is now, and a skeleton with its values.

    ``rows`` are those that people's tables keep, ``last`` what the workbook said before.
    """

    def __init__(
        self, package: Package, existing: Existing, project: Project, compute: Compute, path: Path, folder: Path
    ) -> None:
        from xlkpi.workbook.book import Last
        from xlkpi.workbook.pages import PEOPLE
        from xlkpi.workbook.passing import taken_back
        from xlkpi.workbook.people_rows import read_people, rows_below
        from xlkpi.workbook.tables import typed_cells
        from xlkpi.workbook.typed import with_typed

        self.package, self.existing, self.path, self.folder = package, existing, path, folder
        self.untyped = project
        existing.project_typed.update({o.id: typed_cells(o, existing.state.language) for o in project.objectives})
        self.project = with_typed(project, existing.typed, package.path.name)
        self.card = compute(self.project)
        self.differences = differences(existing, self.card)
        state = existing.state
        self.people: dict[str, PeoplePart] = read_people(
            package, state.columns, list(PEOPLE), existing.strings, existing
        )
        self.below = rows_below(self.people, existing)
        self.archived = self._archived()
        self.taken = taken_back(package, state, self.people, self.archived.rows, self.card)
        self.existing = replace(existing, state=replace(state, offered=self.taken.offered(state.offered)))
        self.rows: dict[str, Sequence[Row]] = self.taken.rows
        self.last = Last.of(state, self.card)
        self.stranded: list[tuple[str, str]] = []
        self.unfiltered: list[str] = []
        self.misled: list[str] = []

    def renamed(self, package: Package, tabs: Mapping[str, str]) -> Work:
        """The same of the workbook once sheets are called otherwise, by their names before."""
        existing, state = read_existing(package), self.existing.state
        sheets, given = ({id: tabs.get(name, name) for id, name in names.items()}
                         for names in (state.sheets, state.own_names))  # fmt: skip
        existing = replace(existing, state=replace(existing.state, sheets=sheets, given=given))
        existing = with_returned(existing, self.untyped)
        return Work(package, existing, self.untyped, lambda _: self.card, self.path, self.folder)

    def _archived(self) -> Archived:
        """The rows of people's tables, those on objectives that are gone in the archive."""
        from xlkpi.workbook.archive import moved_rows

        ids, day = [objective.id for objective in self.project.objectives], self.card.today
        found = moved_rows(self.package, self.existing.state, self.people, ids, day)
        move_cells(found, self.existing, ids, day)
        return found

    def only_due(self) -> list[str]:
        """Leave the objectives that have not come to a review on the day of their last one; gives the others."""
        from xlkpi.reviews import is_due
        from xlkpi.scorecard import scorecard

        card, state = self.card, self.existing.state
        held = {}
        for result in card.results:
            id = result.objective.id
            known = state.results.get(id)
            is_back = (
                known is not None and known[0] is None and result.actual == result.actual
            )  # no day of none is kept
            since = None if known is None or is_back else as_date(state.days.get(id, state.as_of))
            if since is not None and not is_due(card, result, since):
                held[id] = min(since, card.as_of)
        self.card = scorecard(card.project, card.data, as_of=card.as_of, today=card.today, held=held)
        self.differences = differences(self.existing, self.card)
        return [result.objective.id for result in card.results if result.objective.id not in held]

    def apply(self, changes: Changes) -> Skeleton:
        """Put what is new into the parts of the package."""
        from xlkpi.workbook.build import make_skeleton
        from xlkpi.workbook.chart_axes import update_axes
        from xlkpi.workbook.chart_caches import update_charts
        from xlkpi.workbook.comments import follow_rows
        from xlkpi.workbook.currency import renew_currency
        from xlkpi.workbook.data_part_xml import add_columns, is_filtered
        from xlkpi.workbook.fill import Changes, fill_part
        from xlkpi.workbook.on_opening import recalculate, refresh_pivots
        from xlkpi.workbook.page_charts import add_panels
        from xlkpi.workbook.page_rows import grow_pages
        from xlkpi.workbook.people_rows import make_room, update_people
        from xlkpi.workbook.row_moves import misled_sheets, move_rows, row_moves
        from xlkpi.workbook.sheet_states import show_sheet

        package, existing, state = self.package, self.existing, self.existing.state
        skeleton = make_skeleton(
            self.card, self.path, state.language, state.layout, state.theme, folder=self.folder, existing=existing,
            kept=self.rows, last=self.last,
        )  # fmt: skip
        insertions = make_room(package, changes, self.people, skeleton.book)
        insertions += grow_pages(package, changes, existing, skeleton.book)
        before = Changes(dict(changes.parts))
        moves = row_moves(existing.parts[OBJECTIVES], skeleton.rows[OBJECTIVES])
        self.misled = misled_sheets(package, existing.parts[OBJECTIVES], moves)
        growths = []
        for name in DATA_SHEETS:
            part, rows = existing.parts[name], skeleton.rows[name]
            add_columns(part, rows.column_names)
            if name == OBJECTIVES:
                move_rows(part, moves)
            self.stranded += [(part.table.sheet, at) for at in follow_rows(package, changes, part, rows)]
            self.unfiltered += [part.table.sheet] if is_filtered(part) else []
            fill_part(changes, part, rows)
            growths.append(part.growth(rows.num_rows))
        changes.follow(package, insertions, [part.table.sheet_part for part in existing.parts.values()])
        changes.follow(package, [moves, *growths, *self._calculated(skeleton)])
        add_panels(package, changes, existing, skeleton.book)
        self.kept = update_pages(package, changes, before, existing, skeleton.book)
        self.added = update_people(package, changes, self.people, skeleton.book)
        if self.archived.out:
            show_sheet(package, changes, existing.sheets["archive"])
        update_charts(package, changes, existing, skeleton.book)
        renew_currency(package, changes, existing, skeleton.book.currency)
        update_axes(package, changes, existing, skeleton)
        self._hidden_sheets(changes, skeleton)
        refresh_pivots(package, changes, {part.table.sheet for part in existing.parts.values()})
        recalculate(package, changes)
        return skeleton

    def report(self, path: Path, skeleton: Skeleton, options: Options) -> Refreshed:
        """What was changed."""
        from xlkpi.workbook.archive import ARCHIVE

        back = self.archived.back if self.archived else {}
        return Refreshed(
            path, options.dry_run, self.differences, self._counts(skeleton.rows), self.kept.replaced,
            {name: new for name, count in self.added.items()
             if name != ARCHIVE and (new := count - back.get(name, 0)) > 0},
            without_place=self.without_place(skeleton), short=skeleton.book.short_pages, archived=self.archived,
            lacking=self._lacking(skeleton.book), stranded=self.stranded, unfiltered=self.unfiltered,
            vacant=self._vacant(skeleton), below=self.below,
            reset=[told_choice(name, value) for name, value in self.kept.reset if value not in (None, "")],
            older=self.existing.state.edition < EDITION,
            gone=untold(self.archived, self.existing, list(self.project.by_id)),
            kept=self.existing.returned.kept, misled=self.misled, uncalculated=uncalculated(self.existing),
            displaced=self.existing.returned.displaced,
            taken={name: len(keys) for name, keys in self.taken.keys.items()},
            sheets={name: part.table.sheet for of in (self.existing.parts, self.people) for name, part in of.items()},
        )  # fmt: skip

    def tell(self, changes: Changes, book: Book, done: Refreshed | None) -> None:
        """Write what was changed into the workbook; None: nothing yet, it is built."""
        from xlkpi.workbook.news import built_news, refreshed_news, write_news

        room = book.news.lines if book.news else 0
        lines = built_news(book.language) if done is None else refreshed_news(done, book, room)
        write_news(self.package, changes, self.existing, book, lines, self.kept.replaced)

    def _vacant(self, skeleton: Skeleton) -> list[str]:
        """The pages of KPIs that had an objective before, and have none now."""
        gone = set(self.existing.state.slots.values()) - set(skeleton.state.slots.values())
        pages = [id for slot in sorted(gone) if self.existing.has_page(id := f"kpi_{slot}")]
        return [self.existing.sheets[id] for id in pages]

    def _lacking(self, book: Book) -> dict[str, Lacking]:
        """The pages that the workbook has and for which the data are not enough now, and why."""
        pages = {
            id: book.context.lacking(id)
            for id in FROM_DATA
            if id in self.existing.state.pages and self.existing.has_page(id)
        }
        return {self.existing.sheets[id]: why for id, why in pages.items() if why}

    def _counts(self, tables: dict[str, Any]) -> dict[str, RowCount]:
        """The rows of the data tables, against those that are there."""
        rows = {}
        for name, part in self.existing.parts.items():
            made, before = tables[name], part.keys
            now = set(part.keys_of(made)) if len(before) == part.rows else set()
            new, vanished = len(now - before), len(before - now)
            rows[name] = RowCount(made.num_rows, new, vanished, len(part.people), part.lost(made))
        return rows

    def without_place(self, skeleton: Skeleton) -> list[str]:
        """Primary objectives for which the pages have no place, though a new build would give them one."""
        primary = [r.objective.id for r in self.card.results if r.objective.primary]
        return [id for id in primary if id not in skeleton.state.slots] if len(primary) <= MOST_PRIMARY else []

    def _calculated(self, skeleton: Skeleton) -> list[Growth | Shift | Stretch]:
        """The ranges of the calculation sheet that grow or shrink, and those that move."""
        from xlkpi.workbook.calculation import OBJECTIVES_FROM

        sheet = self.existing.sheets["calculation"]
        moved = []
        for page, rows in skeleton.book.rows.items():
            then = self.existing.state.rows.get(page, [])
            if len(then) != len(rows):
                raise self.package.error("workbook_outgrown", page=self.existing.sheets.get(page, page))
            moved += [(old + 1, count + 1, new + 1) for (old, count), (new, _) in zip(then, rows, strict=True)]
        found: list[Growth | Shift | Stretch] = [Shift(sheet, moved, OBJECTIVES_FROM)]
        for before, now in zip(self.existing.state.blocks, skeleton.book.blocks, strict=True):
            top, left, bottom, right = (edge + 1 for edge in before)
            found.append(Growth(sheet, Box(left, top, right, bottom), now[2] + 1))
        found += [Stretch(sheet, box, last) for box, last in skeleton.book.stretches]
        return found

    def _hidden_sheets(self, changes: Changes, skeleton: Skeleton) -> None:
        """The calculation and what the workbook remembers, written anew."""
        from xlkpi.workbook.built_rows import BuiltRows
        from xlkpi.workbook.cells import read_strings
        from xlkpi.workbook.fill import date_styles
        from xlkpi.workbook.transplant import transplanted

        move = to_present(self.existing, BuiltRows(skeleton.book))
        with Package(self.path) as made:
            strings = read_strings(made)
            own = date_styles(self.package)
            dates = frozenset(date_styles(made)), own[0] if own else None
            for id in ("calculation", "provenance"):
                sheet = self.existing.sheets[id]
                part = self.package.sheets[sheet]
                content = transplanted(self.package.read(part), made, made.sheets[sheet], strings, move, dates)
                changes.put(self.package, part, content)


__all__ = ["Options", "refresh_copy", "refresh_workbook"]
