"""The sheet of a data table written anew around new rows, and the table's definition over them.

What is people's stands where it stood: rows of theirs under ours, columns of theirs beside their row, and the cells
beside, above and below the table. :class:`xlkpi.workbook.data_part.DataPart` tells which these are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from html import unescape
from typing import TYPE_CHECKING, Any

from xlkpi.workbook.cells import ATTRIBUTE, CELL, ROW, ROW_NUMBER, address_of, in_xml
from xlkpi.workbook.data_part import ROW_END, STYLE, DataPart, OwnRow, letters_of
from xlkpi.workbook.data_sheet import MAX_ROWS
from xlkpi.workbook.formula_text import moved
from xlkpi.workbook.own_formulas import filled_columns
from xlkpi.workbook.references import Box, Growth, changed_formulas, formulas_in

if TYPE_CHECKING:
    import pyarrow as pa

    from xlkpi.workbook.sheet_rows import RowColumn

_ADDRESS = re.compile(rb'(<c\b[^>]*?\br="[A-Z]+)(\d+)"')
#: The range of an array formula, which is its own cell.
_ARRAY = re.compile(rb'(<f\b[^>]*?\sref="[A-Z]+)(\d+)"')
_FORMULA = re.compile(rb"(<f\b[^>]*>)([^<]+)</f>")
_RELATIVE_ROW = re.compile(r"(?<=[A-Z])\d+")
_DIMENSION = re.compile(rb'(<dimension ref=")[^"]*"')
_TABLE_RANGE = re.compile(r'(<(?:table|autoFilter)\b[^>]*?\sref=")[^"]*"')
_FILTERED = re.compile(r"(<autoFilter\b[^>]*?)(?<!/)>.*?</autoFilter>", re.DOTALL)
#: A column may also have no criteria, only a button that is hidden.
_CRITERIA = re.compile(r"<(?:\w+:)?filterColumn\b[^>]*(?<!/)>")
_SORTED = re.compile(r"<sortState\b[^>]*?(?:/>|>.*?</sortState>)", re.DOTALL)
_COLUMNS_END = re.compile(r'(<tableColumns\b[^>]*?count=")\d+("[^>]*>)(.*)(</tableColumns>)', re.DOTALL)


def table_xml(part: DataPart, rows: int) -> bytes:
    """The table's definition over the new range; what was filtered or sorted does not hold for new rows."""
    whole, filtered = part.reference(rows), part.reference(rows)
    if part.totals:
        filtered = whole[: whole.rindex(":") + 1] + whole[whole.rindex(":") + 1 :].rstrip("0123456789")
        filtered += str(part.growth(rows).last)
    growth = part.growth(rows)
    followed = changed_formulas(growth.at_home(part.definition.encode()), growth.formula).decode()
    definition = _SORTED.sub("", _FILTERED.sub(r"\1/>", followed))
    return _TABLE_RANGE.sub(lambda m: f'{m[1]}{filtered if "autoFilter" in m[1] else whole}"', definition).encode()


def is_filtered(part: DataPart) -> bool:
    """Whether somebody filtered or sorted the table, which a new definition is not."""
    return bool(_CRITERIA.search(part.definition) or _SORTED.search(part.definition))


def sheet_xml(
    part: DataPart, data: pa.Table, columns: Sequence[RowColumn], references: bool
) -> Iterator[bytes | memoryview]:
    """The sheet's part with the data, in pieces. Raises WorkbookError where it would cover what is below."""
    from xlkpi.workbook.sheet_rows import rows_xml

    growth = part.growth(data.num_rows)
    end = growth.last + part.totals
    if end > MAX_ROWS:
        values = {"table": part.table.name, "rows": data.num_rows, "limit": MAX_ROWS - 1}
        raise part.error("workbook_too_many_rows", **values)
    _refuse_covering(part, end)
    _grow_over(part, end)
    _follow(part, growth)
    usual = {n: str(column.style).encode() for n, column in enumerate(columns, part.box.left)}
    edits = _edits(part, data, usual)
    rows = rows_xml(
        data, _with_own(part, data, columns), first_row=part.box.top + 1, first_column=part.box.left,
        references=references, date_1904=part.package.date_1904, edits=edits, blank=not part.people,
        look=part.look.decode(),
    )  # fmt: skip
    last = max([end, *part.below, *part.beside], default=end)
    among = cache(lambda: formulas_in(part.tail))

    def pieces() -> Iterator[bytes | memoryview]:
        yield _DIMENSION.sub(lambda m: m[1] + _dimension(part, last) + b'"', part.head, count=1)
        yield b"<sheetData>" + b"".join(part.above)
        yield from rows
        yield from _people_rows(part, data.num_rows)
        yield from _rest(part, growth.last)
        yield b"</sheetData>" + growth.selections(growth.at_home(part.tail, among=among))

    return pieces()


def add_columns(part: DataPart, names: Sequence[str]) -> None:
    """Put new columns at the right end of the table. Raises WorkbookError where cells beside it are in the way."""
    lacking = [name for name in names if name not in part.headers]
    if not lacking:
        return
    new = range(part.box.right + 1, part.box.right + 1 + len(lacking))
    header = [row for row in part.above if ROW_NUMBER.search(row)[1] == str(part.box.top).encode()]  # type: ignore[index]  # rows have numbers
    pieces = [*(right for _, right in part.beside.values()), *part.below.values(), *header]
    for piece in pieces:
        for cell in CELL.finditer(piece):
            if cell[2] and part.column_of(cell) in new:
                at = next(v for k, v in ATTRIBUTE.findall(cell[1]) if k == b"r").decode()
                raise part.error("workbook_in_the_way", table=part.table.name, column=", ".join(lacking), cell=at)
    style = next((s[1] for row in header for c in CELL.finditer(row) if part.column_of(c) == part.box.right
                  and (s := STYLE.search(c[1]))), b"0")  # fmt: skip
    cells = b"".join(
        b'<c r="%s%d" s="%s" t="inlineStr"><is><t>%s</t></is></c>' % (letters_of(n), part.box.top, style, in_xml(name))
        for n, name in zip(new, lacking, strict=True)
    )
    place = part.above.index(header[0])
    part.above[place] = header[0].removesuffix(ROW_END) + cells + ROW_END
    ids = [int(i) for i in re.findall(r'<tableColumn\b[^>]*?\bid="(\d+)"', part.definition)]
    added = "".join(
        f'<tableColumn id="{max(ids) + i}" name="{in_xml(name).decode().replace(chr(34), "&quot;")}"/>'
        for i, name in enumerate(lacking, start=1)
    )
    part.headers += lacking
    part.ours |= set(lacking)
    part.box = Box(part.box.left, part.box.top, part.box.right + len(lacking), part.box.bottom)
    part.definition = _COLUMNS_END.sub(lambda m: f"{m[1]}{len(part.headers)}{m[2]}{m[3]}{added}{m[4]}", part.definition)


def _dimension(part: DataPart, last: int) -> bytes:
    old = re.search(rb'<dimension ref="([A-Z]+)\d+(?::([A-Z]+)\d+)?"', part.head)
    right = part.box.right
    if old and old[2]:
        right = max(right, address_of(old[2] + b"1")[1] + 1)
    return b"A1:%s%d" % (letters_of(right), last)


def _refuse_covering(part: DataPart, end: int) -> None:
    for number, row in part.below.items():
        for cell in CELL.finditer(row):
            inside = part.box.left <= part.column_of(cell) <= part.box.right
            if cell[2] and inside and part.box.bottom + part.totals < number <= end:
                at = next(v for k, v in ATTRIBUTE.findall(cell[1]) if k == b"r").decode()
                raise part.error("workbook_covered", table=part.table.name, cell=at)


def _grow_over(part: DataPart, end: int) -> None:
    """Rows below that are the table's from now on: what stands there to its left and right stands beside it."""
    for number in [n for n in part.below if n <= end]:
        row = ROW.fullmatch(part.below.pop(number))
        left, _, right = part.split(row[2] or b"") if row else (b"", (), b"")
        if left or right:
            part.beside[number] = left, right


def _follow(part: DataPart, growth: Growth) -> None:
    """People's formulas on the sheet follow what they refer to in the table."""

    @cache
    def formulas() -> frozenset[str]:
        sides = [side for cells in part.beside.values() for side in cells]
        theirs = [cell for own in part.own.values() for cell in (*own.cells.values(), *own.formulas.values())]
        added = [cell for row in part.people for cell in row.cells]
        return formulas_in(b"".join([*part.above, *sides, *part.below.values(), *theirs, *added]))

    def follow(xml: bytes, row: int = 0) -> bytes:
        return growth.at_home(xml, row, formulas)

    part.above = [follow(row) for row in part.above]
    for number, cells in part.beside.items():
        row = number if number <= part.box.bottom else 0
        part.beside[number] = follow(cells[0], row), follow(cells[1], row)
    part.below = {number: follow(row) for number, row in part.below.items()}
    if part.total_row is not None:
        part.total_row = part.total_row[0], follow(part.total_row[1])
    for added in part.people:
        added.cells = [follow(cell, added.number) for cell in added.cells]
    for own in part.own.values():
        own.cells = {number: follow(cell, own.number) for number, cell in own.cells.items()}
        own.formulas = {number: follow(cell, own.number) for number, cell in own.formulas.items()}


def _edits(part: DataPart, data: pa.Table, usual: Mapping[int, bytes]) -> dict[int, Any]:
    """What is to be done to rows of the data, by their place."""
    rows = {key: row for key, row in part.returned.items() if key not in part.own} | part.own
    changed = {key: row for key, row in rows.items() if row.formulas or row.look not in (None, part.look) or any(
        usual.get(n, s) != s for n, s in row.styles.items())}  # fmt: skip
    edits: dict[int, Any] = {}
    for i, key in enumerate(part.keys_of(data)) if changed else ():
        if key in changed:
            edits[i] = _edit(part, changed[key], part.box.top + 1 + i, usual)
    for number, (left, right) in part.beside.items():
        i = number - part.box.top - 1
        if i < data.num_rows:
            edits[i] = _with_beside(edits.get(i), left, right)
    return edits


def _with_own(part: DataPart, data: pa.Table, columns: Sequence[RowColumn]) -> Sequence[RowColumn]:
    """The columns, those of people's with the cells of their rows; ones that fill a column fill rows that are added."""
    import pyarrow as pa

    filled = filled_columns(part) if part.own else {}
    written = {number for row in (*part.own.values(), *part.returned.values()) for number in row.cells}
    if not written:
        return columns
    cells: dict[int, list[bytes | None]] = {number: [None] * data.num_rows for number in written}
    for i, key in enumerate(part.keys_of(data)):
        number = part.box.top + 1 + i
        if (row := part.own.get(key)) is not None:
            for column, cell in row.cells.items():
                cells[column][i] = _readdressed(cell, row.number, number)
        if (row := part.returned.get(key)) is not None:
            for column, cell in row.cells.items():
                cells[column][i] = cells[column][i] or _readdressed(cell, row.number, number)
        if key not in part.keys:
            for column, of in filled.items():
                at = b"%s%d" % (letters_of(column), number)
                cells[column][i] = cells[column][i] or of.cell(at, number)
    return [
        replace(column, formula=None, cells=pa.array(cells[n], pa.binary()).cast(pa.large_string()))
        if n in cells else column
        for n, column in enumerate(columns, part.box.left)
    ]  # fmt: skip


def _edit(part: DataPart, row: OwnRow, number: int, usual: Mapping[int, bytes]) -> Any:
    """The row's XML with the formats that people gave its cells, and its height."""
    styles = {n: s for n, s in row.styles.items() if usual.get(n) != s and n not in row.cells}

    def edit(xml: str) -> str:
        content = xml.encode()
        look = part.look if row.look is None else row.look
        opening = b'<row r="%d"%s>' % (number, look)
        cells = {part.column_of(c): c[0] for c in CELL.finditer(content)}
        for n, style in styles.items():
            cells[n] = _restyled(cells.get(n) or b'<c r="%s%d"/>' % (letters_of(n), number), style)
        for n, formula in row.formulas.items():
            cells[n] = _readdressed(formula, row.number, number)
        return (opening + b"".join(cells[n] for n in sorted(cells)) + ROW_END).decode()

    return edit


def _people_rows(part: DataPart, own: int) -> Iterator[bytes]:
    for number, row in enumerate(part.people, part.box.top + 1 + own):
        left, right = part.beside.get(number, (b"", b""))
        cells = b"".join(_readdressed(cell, row.number, number) for cell in row.cells)
        yield b'<row r="%d"%s>' % (number, row.attributes) + left + cells + right + ROW_END


def _rest(part: DataPart, last: int) -> Iterator[bytes]:
    """The row of totals, and what stands beside and below the table's end."""
    numbers = {n for n in (*part.beside, *part.below) if n > last}
    if part.total_row is not None:
        numbers.add(last + 1)
    for number in sorted(numbers):
        left, right = part.beside.get(number, (b"", b""))
        cells = b""
        if number == last + 1 and part.total_row is not None:
            cells = _readdressed(part.total_row[1], last + 1, number, any_row=True)
        if number in part.below and not (left or right or cells):
            yield part.below[number]
        elif number in part.below:
            inner = ROW.fullmatch(part.below[number])
            own = sorted(CELL.finditer(left + cells + right + (inner[2] or b"" if inner else b"")), key=part.column_of)
            yield b'<row r="%d">' % number + b"".join(c[0] for c in own) + ROW_END
        else:
            yield b'<row r="%d">' % number + left + cells + right + ROW_END


def _with_beside(before: Any, left: bytes, right: bytes) -> Any:
    def edit(xml: str) -> str:
        content = (before(xml) if before else xml).encode()
        start = content.index(b">") + 1
        return (content[:start] + left + content[start : -len(ROW_END)] + right + ROW_END).decode()

    return edit


def _readdressed(cells: bytes, old: int, new: int, *, any_row: bool = False) -> bytes:
    """Cells moved to another row, with what their formulas refer to in their own row."""
    if old == new and not any_row:
        return cells

    def address(found: re.Match[bytes]) -> bytes:
        return found[1] + (b"%d" % new if any_row or int(found[2]) == old else found[2]) + b'"'

    cells = _ADDRESS.sub(address, cells)
    if b"<f" not in cells:
        return cells
    cells = _ARRAY.sub(address, cells)
    if any_row:
        return cells

    def row(found: re.Match[str]) -> str:
        return str(new) if int(found[0]) == old else found[0]

    def move(sheet: str | None, reference: str) -> tuple[str | None, str]:
        return sheet, _RELATIVE_ROW.sub(row, reference) if sheet is None else reference

    def formula(found: re.Match[bytes]) -> bytes:
        return found[1] + in_xml(moved(unescape(found[2].decode()), move)) + b"</f>"

    return _FORMULA.sub(formula, cells)


def _restyled(cell: bytes, style: bytes) -> bytes:
    end = cell.index(b">")
    opening = STYLE.sub(b"", cell[:end])
    closed = opening.endswith(b"/")
    return opening.removesuffix(b"/") + b' s="' + style + (b'"/' if closed else b'"') + cell[end:]
