"""A scorecard that is built anew in its place: what it holds is read, the new one compared with it, and then put there.

``xlkpi build`` over a scorecard and ``xlkpi upgrade`` share this. What a build has no place for is told by
:mod:`xlkpi.workbook.left_behind`; what it takes over is in :mod:`xlkpi.workbook.carried`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xlkpi.language import text
from xlkpi.workbook.carried import arrange, people_names, same_sheets
from xlkpi.workbook.existing import read_existing, told_choice
from xlkpi.workbook.fill import Changes
from xlkpi.workbook.left_behind import Made, left_behind
from xlkpi.workbook.package import Package

if TYPE_CHECKING:
    from xlkpi.workbook.people import Row


class Former:
    """The workbook before: what stands in it. Raises WorkbookError where it is none of ours, or of a newer version."""

    def __init__(self, package: Package) -> None:
        from xlkpi.workbook.pages import PEOPLE
        from xlkpi.workbook.people_rows import read_people
        from xlkpi.workbook.target import stamp

        self.read = stamp(package.path)
        self.package, self.existing = package, read_existing(package, older=True)
        self.state = self.existing.state
        self.people = read_people(package, self.state.columns, list(PEOPLE), self.existing.strings, self.existing)

    @contextmanager
    def built(self, build: Callable[[Path], object], rows: Mapping[str, Sequence[Row]]) -> Iterator[Made]:
        """The new workbook, written beside the one before as long as it is looked at.

        Raises WorkbookError where it lacks one of the ``rows`` that people's tables are to have.
        """
        from xlkpi.workbook.target import temporary

        beside = temporary(self.package.path.resolve(), self.package.path.suffix)
        try:
            build(beside)
            with Package(beside) as package:
                now = read_existing(package)
                _refuse_lost(self.package, package, now.state.columns, now.strings, rows)
                yield Made(package, now, same_sheets(self.existing, now))
        finally:
            beside.unlink(missing_ok=True)

    def left(self, made: Made) -> list[tuple[str, str]]:
        """What the new workbook has no place for, as kind and name."""
        return left_behind(self.package, self.existing, self.people, made)

    def reset(self, made: Made) -> list[tuple[str, str]]:
        """What people chose and what they called sheets, where the new workbook has it otherwise: kind and name."""
        language = self.state.language
        everything = {text(f"workbook.{key}", language) for key in ("all_choices", "all_parts")}
        found = []
        for name, value in self.existing.choices.items():
            if made.existing.chosen.get(name, value) == value or value in (None, "", *everything):
                continue
            found.append(told_choice(name, value))
        for id, name in people_names(self.existing).items():
            if id in made.same and made.existing.sheets[made.same[id]] != name:
                found.append(("name", name))
        return found

    def replaced_by(self, made: Made, backups: int | None, *, keep_macros: bool = True) -> None:
        """Put the new workbook in the place of this one, with this one's macros, and its sheets in their order.

        ``keep_macros``: otherwise with those that it has itself. Raises WorkbookError where this one is changed or
        open by now.
        """
        from xlkpi.workbook.backup import replacing_with_backup
        from xlkpi.workbook.macros import write_with_macros
        from xlkpi.workbook.target import stamp

        path = self.package.path
        sheets = {self.existing.sheets[old]: made.existing.sheets[new] for old, new in made.same.items()}
        changes = Changes()
        arrange(made.package, changes, self.package, sheets)
        with replacing_with_backup(path, backups) as file:
            if keep_macros:
                write_with_macros(made.package, changes, self.package, sheets, file)
            else:
                changes.write(made.package, file)
            self.package.close()  # Windows can't replace a file that is open
            if stamp(path) != self.read:
                raise self.package.error("workbook_changed_meanwhile")


def _refuse_lost(
    package: Package, made: Package, columns: Mapping[str, Mapping[str, str]], strings: list[str],
    rows: Mapping[str, Sequence[Row]],
) -> None:  # fmt: skip
    from xlkpi.workbook.pages import PEOPLE
    from xlkpi.workbook.people_rows import read_people

    there = read_people(made, columns, list(PEOPLE), strings)
    for name, kept in rows.items():
        codes = [c.code for c in PEOPLE[name].columns if c.filled == "people" and not c.is_formula]
        codes = [code for code in codes if any(code in row for row in kept)]  # what there were columns for
        wanted = Counter(_key(row, codes) for row in kept)
        found = Counter(_key(row, codes) for row in there[name].filled) if name in there else Counter()
        wanted.pop((None,) * len(codes), None)
        if wanted - found:
            raise package.error("workbook_upgrade_lost", table=name)


def _key(row: Row, codes: Sequence[str]) -> tuple[Any, ...]:
    return tuple(row.get(code) if row.get(code) != "" else None for code in codes)


__all__ = ["Former"]
