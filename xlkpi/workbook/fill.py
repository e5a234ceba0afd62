"""Rows put in place of the placeholders of a skeleton; every part that holds none is copied byte for byte."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING

from xlkpi.errors import Place, Problem, WorkbookError
from xlkpi.workbook.data_sheet import refuse_rows
from xlkpi.workbook.package import CONTENT_TYPES, MAX_SMALL_PART, Package, TablePart, local_name
from xlkpi.workbook.package_writer import PackageWriter
from xlkpi.workbook.references import Box, Growth, column_number
from xlkpi.workbook.target import replacing

if TYPE_CHECKING:
    import pyarrow as pa

    from xlkpi.workbook.sheet_rows import RowColumn

_BODY = re.compile(rb"<sheetData>(.*)</sheetData>", re.DOTALL)
_ROW = re.compile(rb'<row\s[^>]*?\br="(\d+)"[^>]*?(?:/>|>(.*?)</row>)', re.DOTALL)
_CELL = re.compile(rb"<c\s([^>]*?)(/?)>")
_ATTRIBUTE = re.compile(r'([\w:]+)="([^"]*)"')
_COLUMN_FORMAT = re.compile(r"<col\s([^>]*)/>")
_DIMENSION = re.compile(rb'(<dimension ref=")[^"]*"')
_TABLE_RANGE = re.compile(r'(<(?:table|autoFilter)\b[^>]*?\sref=")[^"]*"')
_FILTERED = re.compile(r"(<autoFilter\b[^>]*?)(?<!/)>.*?</autoFilter>", re.DOTALL)
_SORTED = re.compile(r"<sortState\b[^>]*?(?:/>|>.*?</sortState>)", re.DOTALL)
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_LITERAL = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.')
_FOLLOWING = re.compile(r"/(?:worksheets/[^/]+|charts/[^/]+|pivotCache/pivotCacheDefinition[^/]*)\.xml$")
_BUILT_IN_DATES = {*range(14, 23), *range(45, 48)}


@dataclass(frozen=True)
class Filled:
    """What was written for one table: on which sheet, how many rows, and the range of the table now."""

    sheet: str
    rows: int
    reference: str


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
    replaces other parts of the package as they are. Each table stands alone on its sheet, as `add_data_sheet` makes it.

    What ended on a table's last row (defined names, formulas, chart series, validations, conditional formats) ends
    on the new one. Parts without such a reference keep their very bytes. `references=False` leaves out the addresses
    of data cells: smaller, but not every program reads it.

    Raises WorkbookError, and leaves `target` as it was, when a table or column is missing, there are more rows than
    fit, a value fits no cell, or the target can't be written.
    """
    # The source is closed before its successor takes its place, which Windows insists on.
    with replacing(target) as file, Package(source) as package:
        placeholders = _placeholders(package, tables)
        changed: dict[str, bytes | Iterable[bytes | memoryview]] = dict(parts or {})
        growths, report = [], {}
        for name, placeholder in placeholders.items():
            data = tables[name]
            changed[placeholder.table.sheet_part] = placeholder.sheet_xml(data, references)
            changed[placeholder.table.part] = placeholder.table_xml(data.num_rows)
            reference, growth = placeholder.reference(data.num_rows), placeholder.growth(data.num_rows)
            report[name] = Filled(placeholder.table.sheet, data.num_rows, reference)
            if growth.last != growth.box.bottom:
                growths.append(growth)
        for part in package.parts if growths else ():
            readable = package.info(part).file_size <= MAX_SMALL_PART
            if part == package.workbook or (_FOLLOWING.search(part) and part not in changed and readable):
                replaced = changed.get(part)
                old = replaced if isinstance(replaced, bytes) else package.read(part)
                new = _following(old, growths)
                if new != old:
                    changed[part] = new
        writer = PackageWriter(file)
        for part in (CONTENT_TYPES, *(p for p in package.parts if p != CONTENT_TYPES)):
            content = changed.get(part)
            if content is None:
                writer.copy(package, part)
            else:
                writer.stream(part, [content] if isinstance(content, bytes) else content)
        writer.close()
    return report


def _following(xml: bytes, growths: Iterable[Growth]) -> bytes:
    for growth in growths:
        xml = growth.formulas(xml)
    return xml


def _placeholders(package: Package, tables: Mapping[str, pa.Table]) -> dict[str, _Placeholder]:
    place = Place(file=package.path.name)
    if missing := [name for name in tables if name.lower() not in package.tables]:
        raise WorkbookError(Problem("workbook_lacks_tables", {"tables": ", ".join(missing)}, place))
    found = {name: _Placeholder(package, package.tables[name.lower()]) for name in tables}
    problems = []
    for name, placeholder in found.items():
        refuse_rows(tables[name].num_rows, name)
        if lacking := [c for c in tables[name].column_names if c not in placeholder.headers]:
            values = {"table": name, "columns": ", ".join(lacking)}
            problems.append(
                Problem("workbook_lacks_columns", values, Place(file=place.file, sheet=placeholder.table.sheet))
            )
    if problems:
        raise WorkbookError(problems)
    return found


class _Placeholder:
    """A table with one blank row in a sheet of its own."""

    def __init__(self, package: Package, table: TablePart) -> None:
        self._package, self.table = package, table
        self._definition = package.read(table.part).decode()
        tree = package.tree(table.part)
        self.box = Box.of(tree.get("ref", ""))
        self._formulas: dict[str, str] = {}
        self.headers: list[str] = []
        for element in tree.iter():
            if local_name(element) == "tableColumn":
                self.headers.append(_ESCAPE.sub(lambda m: chr(int(m[1], 16)), element.get("name", "")))
            elif local_name(element) == "calculatedColumnFormula":
                self._formulas[self.headers[-1]] = element.text or ""
        content = package.read(table.sheet_part)
        body = _BODY.search(content)
        if not body or tree.get("totalsRowCount", "0") != "0" or tree.get("headerRowCount") == "0":
            raise self._not_placeholder()
        self._head, self._tail = content[: body.start()], content[body.end() :]
        self._above, self._cells = self._rows(body[1])

    def growth(self, rows: int) -> Growth:
        """Where the table ends with so many rows of data."""
        return Growth(self.table.sheet, self.box, self.box.top + max(rows, 1))

    def reference(self, rows: int) -> str:
        """The range of the table with so many rows of data."""
        from xlkpi.workbook.sheet_rows import column_letters

        box = self.box
        return f"{column_letters(box.left)}{box.top}:{column_letters(box.right)}{self.growth(rows).last}"

    def table_xml(self, rows: int) -> bytes:
        """The table's definition over the new range; what was filtered or sorted does not hold for new rows."""
        definition = _SORTED.sub("", _FILTERED.sub(r"\1/>", self._definition))
        return _TABLE_RANGE.sub(lambda m: f'{m[1]}{self.reference(rows)}"', definition).encode()

    def sheet_xml(self, data: pa.Table, references: bool) -> Iterator[bytes | memoryview]:
        """The sheet's part with the data, in pieces."""
        from xlkpi.workbook.sheet_rows import rows_xml

        growth = self.growth(data.num_rows)
        dimension = (
            self.reference(data.num_rows) if self.box.top == 1 else f"A1:{self.reference(data.num_rows).split(':')[1]}"
        )
        columns = self._columns(data)
        rows = rows_xml(
            data,
            columns,
            first_row=self.box.top + 1,
            first_column=self.box.left,
            references=references,
            date_1904=self._package.date_1904,
        )

        def pieces() -> Iterator[bytes | memoryview]:
            yield _DIMENSION.sub(lambda m: m[1] + dimension.encode() + b'"', self._head)
            yield b"<sheetData>" + self._above
            yield from rows
            yield b"</sheetData>" + growth.selections(self._tail)

        return pieces()

    def _columns(self, data: pa.Table) -> list[RowColumn]:
        import pyarrow as pa

        from xlkpi.workbook.sheet_rows import RowColumn

        columns = []
        for number, name in enumerate(self.headers, self.box.left):
            style = self._style(number)
            if name in data.column_names and pa.types.is_temporal(data.schema.field(name).type):
                style = self._date_style(style, name)
            columns.append(RowColumn(name, style, self._formulas.get(name)))
        return columns

    def _style(self, number: int) -> int:
        if number in self._cells:
            return self._cells[number]
        for found in _COLUMN_FORMAT.finditer(self._head.decode()):
            known = dict(_ATTRIBUTE.findall(found[1]))
            if int(known["min"]) <= number <= int(known["max"]):
                return int(known.get("style", "0"))
        return 0

    def _date_style(self, style: int, column: str) -> int:
        """The column's own style when it shows a date, else the first of the workbook that does."""
        styles = date_styles(self._package)
        if style in styles:
            return style
        if not styles:
            place = Place(file=self._package.path.name, sheet=self.table.sheet)
            raise WorkbookError(Problem("workbook_no_date_format", {"column": column}, place))
        return styles[0]

    def _rows(self, body: bytes) -> tuple[bytes, dict[int, int]]:
        """The rows to keep as they are, and the styles of the blank row's cells."""
        above = b""
        cells: dict[int, int] = {}
        for row in _ROW.finditer(body):
            if int(row[1]) <= self.box.top:
                above += row[0]
                continue
            for cell in _CELL.finditer(row[2] or b""):
                known = dict(_ATTRIBUTE.findall(cell[1].decode()))
                number = column_number(re.sub(r"\d+", "", known.get("r", "")))
                if int(row[1]) > self.box.bottom or not self.box.left <= number <= self.box.right:
                    raise self._not_placeholder()
                cells.setdefault(number, int(known.get("s", "0")))
        return above, cells

    def _not_placeholder(self) -> WorkbookError:
        values = {"table": self.table.name}
        return WorkbookError(
            Problem("workbook_not_alone", values, Place(file=self._package.path.name, sheet=self.table.sheet))
        )


def date_styles(package: Package) -> list[int]:
    """The indices of a workbook's cell formats that show a date or a time."""
    part = package.part_of_kind("styles")
    if part is None:
        return []
    tree = package.tree(part)
    codes = {e.get("numFmtId"): unescape(e.get("formatCode", "")) for e in tree.iter() if local_name(e) == "numFmt"}
    formats = next((e for e in tree if local_name(e) == "cellXfs"), ())
    return [
        index
        for index, element in enumerate(formats)
        if int(element.get("numFmtId", "0")) in _BUILT_IN_DATES
        or re.search("[dmyhs]", _LITERAL.sub("", codes.get(element.get("numFmtId"), "")), re.IGNORECASE)
    ]
