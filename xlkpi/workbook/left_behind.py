"""What only stands in a workbook that is built anew, so that the build would leave it behind: kind by kind, named.

What people wrote into tables of theirs, what they chose and how they called the sheets is carried over elsewhere. Here
is all else that they put into a workbook: sheets, cells, rows and columns, comments, drawings, rules and names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element

from xlsxwriter.utility import xl_cell_to_rowcol, xl_col_to_name

from xlkpi.language import text
from xlkpi.workbook.anchors import HIDDEN
from xlkpi.workbook.cells import Address, read_cells
from xlkpi.workbook.comments import comments
from xlkpi.workbook.drawn import drawn_by_people
from xlkpi.workbook.existing import DATA_SHEETS
from xlkpi.workbook.package import local_name
from xlkpi.workbook.page_cells import replaced
from xlkpi.workbook.references import Box
from xlkpi.workbook.rules import rules_by_people

if TYPE_CHECKING:
    from xlkpi.workbook.data_part import DataPart
    from xlkpi.workbook.existing import Existing
    from xlkpi.workbook.package import Package, TablePart
    from xlkpi.workbook.people_rows import PeoplePart

#: Cells that are named, of a kind and on a sheet.
MOST_NAMED = 12
#: Parts of a package that people add and a build has none of, and what they are called.
_PARTS = {
    "pivots": re.compile(r"xl/pivotTables/"), "slicers": re.compile(r"xl/(?:slicers|timelines)/"),
    "controls": re.compile(r"xl/ctrlProps/|xl/activeX/"), "objects": re.compile(r"xl/embeddings/"),
    "queries": re.compile(r"xl/queryTables/"),
}  # fmt: skip
_COMMENTS = re.compile(r"(?:^|/)(?:comments?|threadedComment)\d*\.xml$", re.IGNORECASE)
#: How names begin that xlkpi or a program defines.
_OURS = ("xlkpi_", "_xlnm.", "_xlfn.", "_xlpm.", "slicer_")


@dataclass(frozen=True)
class Made:
    """The workbook that was built anew; ``same``: identifiers of its sheets by those of the one before."""

    package: Package
    existing: Existing
    same: Mapping[str, str]

    def sheet(self, id: str) -> str | None:
        """The name of the sheet that a sheet of the one before has become; None where there is none."""
        return self.existing.sheets.get(self.same.get(id, ""))

    def name_of(self, before: Existing, sheet: str) -> str:
        """What a sheet, of ours or of a template, is called here."""
        id = before.identifiers.get(sheet)
        return sheet if id is None else self.sheet(id) or ""


def left_behind(
    package: Package, existing: Existing, people: Mapping[str, PeoplePart], made: Made
) -> list[tuple[str, str]]:  # fmt: skip
    """What a build anew has no place for, as kind and name."""
    found = list(_sheets(package, existing, made))
    for data in existing.parts.values():
        if data.people or data.beside or data.below or data.totals or any(row.cells for row in data.own.values()):
            found.append(("rows", data.table.sheet))
        found += _columns(data.table, data.headers, data.ours)
    for name, part in people.items():
        found += _of_table(package, name, part)
    theirs = [cell for part in people.values() for cell in _formulas(part)]
    theirs += [cell for part in existing.parts.values() for cell in _formulas_over(part)]
    found += _named("formulas", theirs)
    found += _named("cells", _written_over(package, existing, made))
    found += _named("added", _added(package, existing, people, made))
    found += _named("comments", _comments(package, existing, made))
    if all(kind != "comments" for kind, _ in found) and _count(package, _COMMENTS) > _count(made.package, _COMMENTS):
        found.append(("notes", ""))
    for kind, pattern in _PARTS.items():
        found += [(kind, "")] if _count(package, pattern) > _count(made.package, pattern) else []
    found += [("table", table.name) for name, table in package.tables.items()
              if name not in made.package.tables and table.sheet in existing.sheets.values()]  # fmt: skip
    found += drawn_by_people(package, existing, made)
    found += rules_by_people(package, existing, made)
    found += [("name", name) for name in _defined(package, made)]
    return list(dict.fromkeys(found))


def left_words(left: Iterable[tuple[str, str]]) -> str:
    """What stays, as a sentence names it."""
    return ", ".join(text(f"upgrade.kind.{kind}", name=name) for kind, name in left)


def _sheets(package: Package, existing: Existing, made: Made) -> Iterator[tuple[str, str]]:
    """Sheets of people's own; those that a template has, too, where they hold something else by now."""
    for name in package.all_sheets:
        if name in existing.identifiers:
            continue
        there = name in package.sheets and name in made.package.sheets
        if not there or _contents(package, existing, name) != _contents(made.package, made.existing, name):
            yield "sheet", name


def _contents(package: Package, existing: Existing, name: str) -> dict[Address, object]:
    """What was written into a sheet's cells; nothing where there is no such sheet of cells."""
    cells = read_cells(package, package.sheets[name], existing.strings) if name in package.sheets else {}
    return {at: c.formula or c.value for at, c in cells.items() if c.formula or c.value not in (None, "")}


def _of_table(package: Package, name: str, part: PeoplePart) -> Iterator[tuple[str, str]]:
    """What stands in a table of people's and has no column there."""
    from xlkpi.workbook.pages import PEOPLE

    codes = {column.code for column in PEOPLE[name].columns}
    ours = set(part.places.values())
    yield from _columns(part.table, part.present, part.headers.values())
    for values in part.filled:
        yield from (("column", f"{part.table.sheet} ({c})") for c, value in values.items() if c not in codes and value)
    for (row, column), cell in part.cells.items():
        inside = part.box.left <= column + 1 <= part.box.right and part.box.top <= row < part.box.bottom
        if inside and column not in ours and (cell.formula is not None or cell.value not in (None, "")):
            yield "rows", part.table.sheet
            return
    if int(package.tree(part.table.part).get("totalsRowCount", "0")):
        yield "rows", part.table.sheet


def _columns(table: TablePart, headers: Iterable[str], ours: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Columns that people added to a table, those that have only a header, too."""
    yield from (("column", f"{table.sheet} ({header})") for header in headers if header not in set(ours))


def _formulas(part: PeoplePart) -> Iterator[tuple[str, str]]:
    """Formulas that people wrote where values are typed, which are carried over, and in place of ours."""
    typed = {at for code, at in part.places.items() if code not in part.formulas.usual}
    for (row, column), cell in part.cells.items():
        if column in typed and cell.formula is not None and part.box.top <= row < part.box.bottom:
            yield part.table.sheet, f"{xl_col_to_name(column)}{row + 1}"
    for row, column in part.own_formulas:
        yield part.table.sheet, f"{xl_col_to_name(column)}{row + 1}"


def _formulas_over(data: DataPart) -> Iterator[tuple[str, str]]:
    """Formulas that people wrote in a data table, where values are typed, which are carried over."""
    for row in data.own.values():
        yield from ((data.table.sheet, f"{xl_col_to_name(column - 1)}{row.number}") for column in row.formulas)


def _written_over(package: Package, existing: Existing, made: Made) -> Iterator[tuple[str, str]]:
    """Cells of ours in which people put something else, unless a template has the same there."""
    found = replaced(package, existing)
    there = set(replaced(made.package, made.existing)) if found else set()
    for sheet, cell in found:
        new = made.name_of(existing, sheet)
        at = xl_cell_to_rowcol(cell)
        same = _contents(package, existing, sheet).get(at) == _contents(made.package, made.existing, new).get(at)
        if (new, cell) not in there or not same:
            yield sheet, cell


def _comments(package: Package, existing: Existing, made: Made) -> Iterator[tuple[str, str]]:
    for sheet, part in package.sheets.items():
        there = made.package.sheets.get(made.name_of(existing, sheet))
        known = comments(made.package, there) if there else ()
        yield from ((sheet, at) for at in comments(package, part) if at not in known)


def _count(package: Package, pattern: re.Pattern[str]) -> int:
    return sum(pattern.search(part) is not None for part in package.parts)


def _added(
    package: Package, existing: Existing, people: Mapping[str, PeoplePart], made: Made
) -> Iterator[tuple[str, str]]:  # fmt: skip
    """What people wrote into cells of our pages that are blank; a text that the new page has, too, is ours."""
    spots = {(spot.sheet, spot.row, spot.column) for spot in existing.anchors.spots.values()}
    boxes: dict[str, list[Box]] = {}
    for part in people.values():
        boxes.setdefault(part.table.sheet, []).append(Box.of(package.tree(part.table.part).get("ref", "")))
    for id, sheet in existing.sheets.items():
        if id in HIDDEN or id in DATA_SHEETS.values():
            continue
        there = _contents(made.package, made.existing, made.name_of(existing, sheet))
        texts = {content for content in there.values() if isinstance(content, str)}
        for (row, column), content in _contents(package, existing, sheet).items():
            inside = any(_is_in(box, row + 1, column + 1) for box in boxes.get(sheet, ()))
            is_there = content in texts or there.get((row, column)) == content
            if not inside and (sheet, row, column) not in spots and not is_there:
                yield sheet, f"{xl_col_to_name(column)}{row + 1}"


def _is_in(box: Box, row: int, column: int) -> bool:
    return box.left <= column <= box.right and box.top <= row <= box.bottom


def _named(kind: str, cells: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Cells sheet by sheet, the first of them."""
    by_sheet: dict[str, list[str]] = {}
    for sheet, cell in cells:
        by_sheet.setdefault(sheet, []).append(cell)
    for sheet, named in by_sheet.items():
        more = ["…"] if len(named) > MOST_NAMED else []
        yield kind, f"{sheet} ({', '.join([*named[:MOST_NAMED], *more])})"


def _defined(package: Package, made: Made) -> Iterator[str]:
    """Names that people defined."""
    from xlkpi.workbook.lambda_names import MARK

    ours = {element.get("name", "").casefold() for element in _names(made.package)}
    for element in _names(package):
        name = element.get("name", "")
        is_ours = name.casefold() in ours or element.get("comment", "").startswith(MARK)
        if not is_ours and element.get("hidden") not in ("1", "true") and not name.casefold().startswith(_OURS):
            yield name


def _names(package: Package) -> Iterator[Element]:
    return (element for element in package.tree(package.workbook).iter() if local_name(element) == "definedName")


__all__ = ["MOST_NAMED", "Made", "left_behind", "left_words"]
