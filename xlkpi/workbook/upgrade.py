"""A workbook of an older version becomes one of this version; what people wrote is carried over.

It is built anew from its project, with the rows of people's tables, the targets that they typed and what they took out.
What only stands in the workbook before (sheets of people's own, comments, rows added to the data tables) is named, and
the upgrade is refused unless that is to be left in the backup.
"""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xlkpi
from xlkpi.language import text, use
from xlkpi.workbook.existing import Existing, read_existing
from xlkpi.workbook.live import as_date
from xlkpi.workbook.package import Package
from xlkpi.workbook.refresh import Compute, Options, load_project
from xlkpi.workbook.state import EDITION, FORMAT, State

if TYPE_CHECKING:
    from xlkpi.workbook.archive import Archived
    from xlkpi.workbook.people import Row
    from xlkpi.workbook.people_rows import PeoplePart

#: Parts of a package that people add and a build has none of, and what they are called.
_PARTS = {
    "comments": re.compile(r"(?:^|/)(?:comments?|threadedComment)\d*\.xml$", re.IGNORECASE),
    "pivots": re.compile(r"xl/pivotTables/"), "slicers": re.compile(r"xl/slicers/"),
    "controls": re.compile(r"xl/ctrlProps/|xl/activeX/"),
}  # fmt: skip


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
    #: Pages that the workbook did not have.
    pages: Sequence[str] = ()
    #: What stays in the workbook before.
    left: Sequence[tuple[str, str]] = ()
    backup: Path | None = None

    def as_json(self) -> dict[str, Any]:
        """For ``--json``."""
        return {
            "file": str(self.path), "dry_run": self.dry_run, "before": self.before, "after": self.after,
            "current": self.current, "rows": dict(self.rows),
            "typed": [{"objective": id, "column": column} for id, column in self.typed],
            "archived": dict(self.archived), "pages": list(self.pages),
            "left": [{"kind": kind, "name": name} for kind, name in self.left],
            "backup": str(self.backup) if self.backup else None,
        }  # fmt: skip


def upgrade_workbook(path: Path, options: Options, compute: Compute, *, leave: bool = False) -> Upgraded:
    """Make a workbook one of this version, in its place; the one before is kept beside it.

    Raises WorkbookError where it is none of ours, from a newer version, open elsewhere, or holds what can't be carried
    over, unless that is to be left (``leave``). Then it stays as it was.
    """
    from xlkpi.workbook.lock import locked
    from xlkpi.workbook.target import refuse_open, stamp

    refuse_open(path)
    read = stamp(path)
    with locked(path), Package(path) as package:
        existing = read_existing(package, older=True)
        state = existing.state
        work = _Work(package, existing, options.project)
        now = FORMAT, xlkpi.__version__, EDITION
        if (state.format, state.version, state.edition) == now and work.is_as_built(compute):
            return Upgraded(path, options.dry_run, state.version, xlkpi.__version__, current=True)
        left = left_behind(package, existing, work.people)
        if left and not leave:
            raise package.error("workbook_left_behind", what=left_words(left))
        return work.upgraded(options, compute, left, read)


class _Work:
    """One upgrade: the workbook before, its project, and people's rows."""

    def __init__(self, package: Package, existing: Existing, project: Path | None) -> None:
        from xlkpi.workbook.pages import PEOPLE
        from xlkpi.workbook.people_rows import read_people

        self.package, self.existing = package, existing
        self.people = read_people(package, existing.state.columns, list(PEOPLE), existing.strings)
        self.project = load_project(package, existing, project)
        self.typed = {id: cells for id, cells in existing.typed.items() if id in self.project.by_id}

    def is_as_built(self, compute: Compute) -> bool:
        """Whether the pages of a workbook of this version still have the make-up that a build gives them."""
        from xlkpi.workbook.build import make_skeleton
        from xlkpi.workbook.typed import with_typed

        state = self.existing.state
        with use(state.language), tempfile.TemporaryDirectory(prefix="xlkpi-") as folder:
            card = compute(with_typed(self.project, self.typed, self.package.path.name))
            made = make_skeleton(card, Path(folder) / "made.xlsx", state.language, state.layout, state.theme,
                                 folder=self.package.path.parent)  # fmt: skip
        return all(len(state.rows.get(id, rows)) == len(rows) for id, rows in made.state.rows.items())

    def upgraded(
        self, options: Options, compute: Compute, left: Sequence[tuple[str, str]], read: tuple[int, int, int]
    ) -> Upgraded:
        from xlkpi.workbook.archive import moved_rows
        from xlkpi.workbook.tables import typed_cells
        from xlkpi.workbook.target import temporary
        from xlkpi.workbook.typed import with_typed

        path, state, project, typed = self.package.path, self.existing.state, self.project, self.typed
        said = {o.id: typed_cells(o, state.language) for o in project.objectives if o.id in typed}
        with use(state.language):
            card = compute(with_typed(project, typed, path.name))
            moved = moved_rows(self.package, state, self.people, list(project.by_id), card.today, anew=True)
            beside = temporary(path, path.suffix)
            try:
                _build(beside, self.existing, card, moved, said)
                now = _checked(self.package, beside, moved.rows)
                report = Upgraded(
                    path, options.dry_run, state.version, xlkpi.__version__, False,
                    {name: n for name, rows in moved.rows.items() if (n := sum(map(_is_filled, rows)))},
                    [(id, column) for id, cells in typed.items() for column in cells], moved.out,
                    [name for id, name in now.sheets.items() if id not in state.sheets], left,
                )  # fmt: skip
                if options.dry_run:
                    return report
                sheets = {name: now.sheets[id] for id, name in self.existing.sheets.items() if id in now.sheets}
                return _in_place(self.package, beside, sheets, report, options.backups, read)
            finally:
                beside.unlink(missing_ok=True)


def _build(out: Path, existing: Existing, card: Any, moved: Archived, said: Mapping[str, Mapping[str, Any]]) -> None:
    from xlkpi.workbook.book import Last
    from xlkpi.workbook.build import Carried, build_workbook

    state = existing.state
    day = as_date(state.as_of)
    statuses = {id: str(code) for id, (_, code) in state.results.items()}
    build_workbook(
        card, out, language=state.language, layout=state.layout, theme=state.theme, kept=moved.rows,
        last=Last(day, statuses) if day is not None and day < card.as_of else None,
        carried=Carried(said, state.offered),
    )  # fmt: skip


def _in_place(
    package: Package, made: Path, sheets: Mapping[str, str], report: Upgraded, backups: int, read: tuple[int, int, int]
) -> Upgraded:
    from xlkpi.workbook.backup import backup_name, replacing_with_backup
    from xlkpi.workbook.macros import write_with_macros
    from xlkpi.workbook.target import stamp

    path = package.path
    with replacing_with_backup(path, backups) as file:
        with Package(made) as new:
            write_with_macros(new, package, sheets, file)
        package.close()  # Windows can't replace a file that is open
        if stamp(path) != read:
            raise package.error("workbook_changed_meanwhile")
    return replace(report, backup=backup_name(path, 1) if backups else None)


def left_behind(package: Package, existing: Existing, people: Mapping[str, PeoplePart]) -> list[tuple[str, str]]:
    """What a build anew has no place for, as kind and name."""
    from xlkpi.workbook.page_cells import replaced
    from xlkpi.workbook.pages import PEOPLE
    from xlkpi.workbook.rebuild import MOST_NAMED

    found = [("sheet", name) for name in existing.all_sheets if name not in existing.identifiers]
    for data in existing.parts.values():
        if data.people or data.beside or data.below or data.totals or any(row.cells for row in data.own.values()):
            found.append(("rows", data.table.sheet))
    for name, part in people.items():
        codes = {column.code for column in PEOPLE[name].columns}
        ours = set(part.places.values())
        for row in part.filled:
            found += [("column", f"{part.table.sheet}: {code}") for code in row if code not in codes and row[code]]
        if any(
            column not in ours and part.box.left <= column + 1 <= part.box.right and cell.value not in (None, "")
            and part.box.top <= row < part.box.bottom
            for (row, column), cell in part.cells.items()
        ):  # fmt: skip
            found.append(("rows", part.table.sheet))
    written_over: dict[str, list[str]] = {}
    for sheet, cell in replaced(package, existing):
        written_over.setdefault(sheet, []).append(cell)
    for sheet, cells in written_over.items():
        more = ["…"] if len(cells) > MOST_NAMED else []
        found.append(("cells", f"{sheet}: {' '.join([*cells[:MOST_NAMED], *more])}"))
    for kind, pattern in _PARTS.items():
        found += [(kind, "")] if any(pattern.search(part) for part in package.parts) else []
    return list(dict.fromkeys(found))


def left_words(left: Sequence[tuple[str, str]]) -> str:
    """What stays, as a sentence names it."""
    return ", ".join(text(f"upgrade.kind.{kind}", name=name) for kind, name in left)


def _checked(package: Package, made: Path, rows: Mapping[str, Sequence[Row]]) -> State:
    """What the new workbook remembers. Raises WorkbookError where it lacks a row that people had."""
    from xlkpi.workbook.pages import PEOPLE
    from xlkpi.workbook.people_rows import read_people

    with Package(made) as new:
        now = read_existing(new)
        there = read_people(new, now.state.columns, list(PEOPLE), now.strings)
        for name, kept in rows.items():
            codes = [c.code for c in PEOPLE[name].columns if c.filled == "people" and not c.is_formula]
            codes = [code for code in codes if any(code in row for row in kept)]  # what there were columns for
            wanted = Counter(_key(row, codes) for row in kept)
            found = Counter(_key(row, codes) for row in there[name].filled) if name in there else Counter()
            wanted.pop((None,) * len(codes), None)
            if wanted - found:
                raise package.error("workbook_upgrade_lost", table=name)
        return now.state


def _key(row: Row, codes: Sequence[str]) -> tuple[Any, ...]:
    return tuple(row.get(code) if row.get(code) != "" else None for code in codes)


def _is_filled(row: Row) -> bool:
    return any(value not in (None, "") for value in row.values())


__all__ = ["Upgraded", "left_behind", "left_words", "upgrade_workbook"]
