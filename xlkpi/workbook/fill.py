"""Rows put into the data tables of a package; every part that holds none is copied byte for byte."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from xlkpi.errors import Place, Problem, WorkbookError
from xlkpi.workbook.cell_formats import number_formats
from xlkpi.workbook.data_part import DataPart
from xlkpi.workbook.data_part_xml import sheet_xml, table_xml
from xlkpi.workbook.data_sheet import refuse_rows
from xlkpi.workbook.package import CONTENT_TYPES, MAX_SMALL_PART, Package, local_name
from xlkpi.workbook.package_writer import PackageWriter
from xlkpi.workbook.references import Growth, Shift, Stretch
from xlkpi.workbook.target import replacing

if TYPE_CHECKING:
    import pyarrow as pa

    from xlkpi.workbook.row_insertion import Insertion
    from xlkpi.workbook.row_moves import RowMoves
    from xlkpi.workbook.sheet_rows import RowColumn

_LITERAL = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.')
_FOLLOWING = re.compile(
    r"(?:^|/)(?:(?:worksheets|tables|ctrlProps|charts)/[^/]+|pivotCache/pivotCacheDefinition[^/]*)\.xml$"
)
_SMALL = 20_000  # rows of a sheet that is held in memory
_BUILT_IN_DATES = {*range(14, 23), *range(45, 48)}


@dataclass(frozen=True)
class Filled:
    """What was written for one table: on which sheet, how many rows, and the range of the table now."""

    sheet: str
    rows: int
    reference: str


@dataclass
class Changes:
    """What becomes of the parts of a package: new contents by part, and parts that are left out."""

    parts: dict[str, bytes | Iterable[bytes | memoryview]] = field(default_factory=dict)
    dropped: set[str] = field(default_factory=set)

    def read(self, package: Package, part: str) -> bytes:
        """A part as it is by now."""
        changed = self.parts.get(part)
        return changed if isinstance(changed, bytes) else package.read(part)

    def put(self, package: Package, part: str, content: bytes) -> None:
        """Change a part, unless it stays as it is."""
        if content != self.read(package, part):
            self.parts[part] = content

    def write(self, package: Package, file: BinaryIO) -> None:
        """Write the package with its changes; what does not change keeps its very bytes."""
        writer = PackageWriter(file)
        added = [part for part in self.parts if part not in package.parts]
        for part in (CONTENT_TYPES, *(p for p in package.parts if p != CONTENT_TYPES), *added):
            content = self.parts.get(part)
            if part in self.dropped:
                continue
            if content is None:
                writer.copy(package, part)
            else:
                writer.stream(part, [content] if isinstance(content, bytes) else content)
        writer.close()

    def follow(
        self,
        package: Package,
        growths: Iterable[Growth | Shift | Stretch | Insertion | RowMoves],
        parts: Iterable[str] | None = None,
    ) -> None:
        """Let references follow what grew or moved, in every part that may have such, or in some."""
        growths = [growth for growth in growths if growth.changes]
        ours = {table.part for name, table in package.tables.items() if name.startswith("xlkpi_")}  # written elsewhere
        for part in (package.parts if parts is None else parts) if growths else ():
            streamed = part in self.parts and not isinstance(self.parts[part], bytes)
            if streamed or part in ours or not (part == package.workbook or _FOLLOWING.search(part)):
                continue
            if part not in self.parts and package.info(part).file_size > MAX_SMALL_PART:
                continue
            content = self.read(package, part)
            for growth in growths:
                content = growth.formulas(content)
            self.put(package, part, content)


def fill(
    source: Path,
    target: Path,
    tables: Mapping[str, pa.Table],
    *,
    parts: Mapping[str, bytes] | None = None,
    references: bool = True,
) -> dict[str, Filled]:
    """Write `source` to `target` (which may be the same file) with rows in its data tables, and tell what was written.

    `tables` are pyarrow Tables by the name of the Excel table. The table's columns are found by name: one that the
    data lack stays blank or keeps its formula, and for a calculated column the data are its cached values. `parts`
    replaces other parts of the package as they are. The tables are those of a skeleton, as `add_data_sheet` makes them.

    What ended on a table's last row (defined names, formulas, chart series, validations, conditional formats) ends
    on the new one. Parts without such a reference keep their very bytes. `references=False` leaves out the addresses
    of data cells: smaller, but not every program reads it.

    Raises WorkbookError, and leaves `target` as it was, when a table or column is missing, there are more rows than
    fit, a value fits no cell, or the target can't be written.
    """
    # The source is closed before its successor takes its place, which Windows insists on.
    with replacing(target) as file, Package(source) as package:
        found = _data_parts(package, tables)
        changes = Changes(dict(parts or {}))
        report = {name: fill_part(changes, part, tables[name], references=references) for name, part in found.items()}
        changes.follow(package, [part.growth(tables[name].num_rows) for name, part in found.items()])
        changes.write(package, file)
    return report


def fill_part(changes: Changes, part: DataPart, data: pa.Table, *, references: bool = True) -> Filled:
    """Change the parts of one table: its sheet, and its definition."""
    columns = _row_columns(part, data)
    rows = sheet_xml(part, data, columns, references)
    # Small sheets are held, so that references in people's columns can follow what grows elsewhere.
    changes.parts[part.table.sheet_part] = b"".join(rows) if data.num_rows <= _SMALL else rows
    changes.parts[part.table.part] = table_xml(part, data.num_rows)
    return Filled(part.table.sheet, data.num_rows, part.reference(data.num_rows))


def _data_parts(package: Package, tables: Mapping[str, pa.Table]) -> dict[str, DataPart]:
    refuse_missing(package, tables)
    found = {name: DataPart(package, package.tables[name.lower()], None, []) for name in tables}
    problems = []
    for name, part in found.items():
        refuse_rows(tables[name].num_rows, name)
        if part.beside or part.below or part.totals:
            raise _not_alone(package, part)
        if lacking := [c for c in tables[name].column_names if c not in part.headers]:
            values = {"table": name, "columns": ", ".join(lacking)}
            place = Place(file=package.path.name, sheet=part.table.sheet)
            problems.append(Problem("workbook_lacks_columns", values, place))
    if problems:
        raise WorkbookError(problems)
    return found


def refuse_missing(package: Package, tables: Iterable[str], names: Iterable[str] = ()) -> None:
    """Raise WorkbookError that lists the tables and names that a workbook lacks."""
    place = Place(file=package.path.name)
    problems = []
    if missing := [name for name in tables if name.lower() not in package.tables]:
        problems.append(Problem("workbook_lacks_tables", {"tables": ", ".join(missing)}, place))
    if missing := [name for name in names if name.lower() not in package.names]:
        problems.append(Problem("workbook_lacks_names", {"names": ", ".join(missing)}, place))
    if problems:
        raise WorkbookError(problems)


def _not_alone(package: Package, part: DataPart) -> WorkbookError:
    place = Place(file=package.path.name, sheet=part.table.sheet)
    return WorkbookError(Problem("workbook_not_alone", {"table": part.table.name}, place))


def _row_columns(part: DataPart, data: pa.Table) -> list[RowColumn]:
    import pyarrow as pa

    from xlkpi.workbook.sheet_rows import RowColumn

    columns = []
    dates = date_styles(part.package)
    for number, name in enumerate(part.headers, part.box.left):
        style = part.style(number)
        if name in data.column_names and pa.types.is_temporal(data.schema.field(name).type):
            style = _date_style(part, style, dates, name)
        columns.append(RowColumn(name, style, part.formulas.get(name), part.column_style(number)))
    return columns


def _date_style(part: DataPart, style: int, dates: Sequence[int], column: str) -> int:
    """The column's own style when it shows a date, else the first of the workbook that does."""
    if style in dates:
        return style
    if not dates:
        place = Place(file=part.package.path.name, sheet=part.table.sheet)
        raise WorkbookError(Problem("workbook_no_date_format", {"column": column}, place))
    return dates[0]


def date_styles(package: Package) -> list[int]:
    """The indices of a workbook's cell formats that show a date or a time."""
    part = package.part_of_kind("styles")
    if part is None:
        return []
    tree = package.tree(part)
    codes = number_formats(tree)
    formats = next((e for e in tree if local_name(e) == "cellXfs"), ())
    return [
        index
        for index, element in enumerate(formats)
        if int(element.get("numFmtId", "0")) in _BUILT_IN_DATES
        or re.search("[dmyhs]", _LITERAL.sub("", codes.get(element.get("numFmtId", ""), "")), re.IGNORECASE)
    ]
