"""A scorecard that somebody redesigned in Excel as the template of others: a build is the refresh of a copy of it.

The design stays: pages, their order and names, formats, charts, pivots, macros, formulas of people's own. What the
template holds of the project that it was built from does not: targets typed in it, rows added to its tables, notes and
actions, choices. So it can be handed from one project to another.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from xlkpi.errors import DefinitionError, Problem
from xlkpi.workbook.anchors import constant_print
from xlkpi.workbook.cells import Change, changed_cells
from xlkpi.workbook.existing import NAMES, Existing, choice_spot, read_existing
from xlkpi.workbook.fill import Changes
from xlkpi.workbook.formula_text import plain_sheet
from xlkpi.workbook.kpi_tabs import new_tabs, slots_on_pages
from xlkpi.workbook.package import Package
from xlkpi.workbook.refresh import Work
from xlkpi.workbook.sheet_renaming import renamed_sheets
from xlkpi.workbook.sheet_states import hide_sheets
from xlkpi.workbook.theme import known

if TYPE_CHECKING:
    from xlkpi.scorecard.model import Scorecard
    from xlkpi.workbook.book import Last
    from xlkpi.workbook.build import Skeleton
    from xlkpi.workbook.carried import Carried
    from xlkpi.workbook.people import Row

_PROPERTIES = "docProps/core.xml"
SUFFIXES = (".xlsx", ".xlsm")


def is_workbook(name: str | None) -> bool:
    """Whether a template is a workbook rather than a layout."""
    return name is not None and Path(name).suffix.lower() in SUFFIXES


def template_file(name: str, folder: Path, out: Path) -> Path:
    """The file of a template. Raises DefinitionError where it can't be one for a workbook that is written to `out`."""

    def wrong(code: str) -> DefinitionError:
        return DefinitionError(Problem(code, {"file": name, "suffix": Path(name).suffix}))

    try:
        path = (folder / name).resolve(strict=True)
        if not path.is_relative_to(folder.resolve()) or not path.is_file():  # links are followed first
            raise wrong("template_outside")
    except (OSError, ValueError):  # ValueError: a null byte in the path
        raise wrong("template_missing") from None
    if path == out.resolve():
        raise wrong("template_itself")
    if path.suffix.lower() != out.suffix.lower():
        raise wrong("template_suffix")
    return path


def build_from(
    template: Path, out: Path, card: Scorecard, *, kept: Mapping[str, Sequence[Row]] | None = None,
    last: Last | None = None, carried: Carried | None = None,
) -> tuple[list[str], list[str]]:  # fmt: skip
    """Write a scorecard as a copy of a template; gives the primary objectives for which its pages have no place, and
    the names of pages that have too few lines.

    Raises WorkbookError that lists what the template lacks, or tells why it can't be filled.
    """
    from xlkpi.language import use
    from xlkpi.workbook.target import replacing

    with ExitStack() as opened:
        folder = opened.enter_context(tempfile.TemporaryDirectory(prefix="xlkpi-"))
        package = opened.enter_context(Package(template))
        existing = read_existing(package)
        named = _named(existing, card, carried) if carried else {}
        names = new_tabs(existing, card, named, unused=True)
        given = {id: name if id in named else names.get(name, name) for id, name in _given(existing).items()}
        if names:
            renamed_sheets(package, names, Path(folder) / template.name)
            package = opened.enter_context(Package(Path(folder) / template.name))
            existing = read_existing(package)
        existing = _emptied(package, existing, given)
        if carried:
            state = replace(existing.state, offered=carried.offered, proposed=carried.proposed)
            existing = replace(existing, state=state, chosen=carried.chosen)
        with use(existing.state.language):
            work = Work(package, existing, card.project, lambda _: card, Path(folder) / "skeleton.xlsx", out.parent)
            work.rows = dict.fromkeys(work.people, ()) | dict(kept or {})
            work.last = last
            changes = Changes()
            skeleton = work.apply(changes)
            work.tell(changes, skeleton.book, None)
            _empty_people(work, changes, skeleton)
            _hide(package, changes, existing, skeleton)
            _properties(package, changes, work.path)
            with replacing(out) as file:
                changes.write(package, file)
    return work.without_place(skeleton), skeleton.book.short_pages


def _given(existing: Existing) -> dict[str, str]:
    """The names of the template's sheets, those of pages of KPIs as they were built."""
    return {**existing.sheets, **{id: n for id, n in existing.state.own_names.items() if id.startswith("kpi_")}}


def _named(existing: Existing, card: Scorecard, carried: Carried) -> dict[str, str]:
    """What people call sheets of the workbook before, by identifier in the template."""
    slots = slots_on_pages(existing, card)
    named = {**carried.names, **{f"kpi_{slots[id]}": name for id, name in carried.kpi_names.items() if id in slots}}
    others = {name for id, name in existing.sheets.items() if id not in named}
    taken = {name.casefold() for name in (*others, *set(existing.all_sheets) - set(existing.sheets.values()))}
    return {id: name for id, name in named.items() if id in existing.sheets and name.casefold() not in taken}


def _emptied(package: Package, existing: Existing, given: Mapping[str, str]) -> Existing:
    """The template without what people chose and typed in it, and without the rows that they added to its data."""
    if lost := [name for name in NAMES if plain_sheet(package.names[name].rpartition("!")[0]) not in package.sheets]:
        raise package.error("workbook_lacks_names", names=", ".join(lost))  # they lead to a page that was deleted
    anchors, state = existing.anchors, existing.state
    keys = existing.anchor_keys
    for name, value in existing.chosen.items():
        spot = choice_spot(package, name)
        if spot is not None and (key := keys.get(spot)) is not None:
            anchors.prints[key] = constant_print(value)  # whatever is chosen is to be replaced
    for part in existing.parts.values():
        part.people.clear()
        part.own.clear()
    layout, theme = (name if name in known(kind) else None
                     for name, kind in ((state.layout, "layouts"), (state.theme, "themes")))  # fmt: skip
    fresh = replace(state, layout=layout, theme=theme, offered={}, proposed={}, alerting=None, results={}, typed={},
                    as_of=0.0, given=given)  # fmt: skip
    return replace(existing, state=fresh, chosen={}, typed={})


def _empty_people(work: Work, changes: Changes, skeleton: Skeleton) -> None:
    """Take out of people's tables what a refresh leaves alone.

    That is formulas in their cells, texts in columns of theirs, and everything in tables of pages that there are not.
    """
    for name, part in work.people.items():
        gone = name not in skeleton.book.people
        ours = {at: code in part.formulas.usual for code, at in part.places.items()}
        wanted = {
            (row, column): Change(None)
            for (row, column), cell in part.cells.items()
            if part.box.top <= row < part.box.bottom and part.box.left <= column + 1 <= part.box.right
            and (gone or (cell.formula is None and cell.value is not None if column not in ours
                 else cell.formula is not None and not ours[column]))
        }  # fmt: skip
        if wanted:
            content = changes.read(work.package, part.table.sheet_part)
            changes.put(work.package, part.table.sheet_part, changed_cells(content, wanted))


def _properties(package: Package, changes: Changes, skeleton: Path) -> None:
    """The document's title and author are those of the project."""
    if _PROPERTIES in package.parts:
        with Package(skeleton) as made:
            changes.put(package, _PROPERTIES, made.read(_PROPERTIES))


def _hide(package: Package, changes: Changes, existing: Existing, skeleton: Skeleton) -> None:
    """Hide the pages for which the project has nothing."""
    used = {f"kpi_{slot}" for slot in skeleton.state.slots.values()}
    hidden = {
        sheet
        for id, sheet in existing.sheets.items()
        if id not in skeleton.book.sheets or (id.startswith("kpi_") and id not in used)
    }
    hide_sheets(package, changes, hidden)
