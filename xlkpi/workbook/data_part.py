"""The sheet of a data table: what stands in it that is not ours, and the sheet written anew around new rows.

Ours are the cells of the table's columns that the data have, in rows that carry a mark of ours (a column that only
xlkpi fills). Everything else is people's: rows without the mark, columns that they put into the table, cells beside,
above and below it, formats of single cells. Cells of people's columns follow their row by its key.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from html import unescape
from typing import TYPE_CHECKING, Any

from xlkpi.errors import Place, Problem, WorkbookError
from xlkpi.workbook.cells import ATTRIBUTE, CELL, ROW, address_of, in_xml, read_cell
from xlkpi.workbook.data_sheet import MAX_ROWS
from xlkpi.workbook.formula_text import moved
from xlkpi.workbook.live import Value, order_of
from xlkpi.workbook.package import Package, TablePart, local_name
from xlkpi.workbook.references import Box, Growth
from xlkpi.workbook.usual_rows import UsualRows

if TYPE_CHECKING:
    import pyarrow as pa

    from xlkpi.workbook.sheet_rows import RowColumn

_CHUNK = 1 << 20
#: Rows by which the usual format of a column is told, and up to which single cells' formats are kept.
_VOTES, _SMALL = 64, 20_000
_BEGIN = re.compile(rb"<sheetData\s*(/?)>")
_END, _ROW_END = b"</sheetData>", b"</row>"
_NUMBER = re.compile(rb'\br="(\d+)"')
_COLUMN_FORMAT = re.compile(r"<col\s([^>]*)/>")
_DIMENSION = re.compile(rb'(<dimension ref=")[^"]*"')
_TABLE_RANGE = re.compile(r'(<(?:table|autoFilter)\b[^>]*?\sref=")[^"]*"')
_FILTERED = re.compile(r"(<autoFilter\b[^>]*?)(?<!/)>.*?</autoFilter>", re.DOTALL)
_SORTED = re.compile(r"<sortState\b[^>]*?(?:/>|>.*?</sortState>)", re.DOTALL)
_COLUMNS_END = re.compile(r'(<tableColumns\b[^>]*?count=")\d+("[^>]*>)(.*)(</tableColumns>)', re.DOTALL)
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_STYLE = re.compile(rb'\ss="(\d+)"')
#: What a row says of itself that is not its height or its look.
_PLAIN_ATTRIBUTES = re.compile(rb'\s(?:r|spans|hidden|x14ac:dyDescent)="[^"]*"')

Key = tuple[tuple[int, float | str], ...]


@dataclass(frozen=True)
class Marks:
    """How rows of ours are known: the header of the column that only xlkpi fills, and those of the key."""

    mark: str
    keys: Sequence[str]


@dataclass
class PersonsRow:
    """A row that somebody added: its number, its values by header, and its cells as they stand."""

    number: int
    values: dict[str, Value]
    cells: list[tuple[bytes, bytes]]
    attributes: bytes = b""


@dataclass
class OwnRow:
    """What people did to a row of ours: cells of their columns by number, formats of ours, the row's height."""

    cells: dict[int, bytes] = field(default_factory=dict)
    values: dict[str, Value] = field(default_factory=dict)
    styles: dict[int, bytes] = field(default_factory=dict)
    attributes: bytes = b""
    number: int = 0

    def __bool__(self) -> bool:
        return bool(self.cells or self.styles or self.attributes)


class DataPart:
    """A data table on its sheet, read once. ``known``: the headers that the data may have."""

    def __init__(
        self, package: Package, table: TablePart, marks: Marks | None, strings: list[str], known: Iterable[str] = (),
        *, remember: bool = False,
    ) -> None:  # fmt: skip
        self.package, self.table, self.marks, self.strings = package, table, marks, strings
        self._definition = package.read(table.part).decode()
        tree = package.tree(table.part)
        box = Box.of(tree.get("ref", ""))
        self.totals = int(tree.get("totalsRowCount", "0"))
        self.box = Box(box.left, box.top, box.right, box.bottom - self.totals)
        self.formulas: dict[str, str] = {}
        self.headers: list[str] = []
        for element in tree.iter():
            if local_name(element) == "tableColumn":
                self.headers.append(_ESCAPE.sub(lambda m: chr(int(m[1], 16)), element.get("name", "")))
            elif local_name(element) == "calculatedColumnFormula":
                self.formulas[self.headers[-1]] = element.text or ""
        if tree.get("headerRowCount") == "0":
            raise self._error("workbook_not_alone", table=table.name)
        #: Without marks, as in a skeleton, all columns and rows are ours: nobody could have added any yet.
        self.ours = set(known) if marks else set(self.headers)
        self.above: list[bytes] = []
        self.beside: dict[int, tuple[bytes, bytes]] = {}
        self.below: dict[int, bytes] = {}
        self.total_row: tuple[bytes, bytes] | None = None
        self.own: dict[Key, OwnRow] = {}
        self.people: list[PersonsRow] = []
        #: The values of our rows by header, where they are to be remembered.
        self.remembered: dict[Key, dict[str, Value]] | None = {} if remember else None
        #: The keys of our rows, as long as there are not too many to be worth it.
        self.keys: set[Key] = set()
        self.rows = 0
        self._votes: dict[int, dict[bytes, int]] = {}
        self._read()

    # --- reading -------------------------------------------------------------------------------------------------

    def _read(self) -> None:
        """The part in one pass, in pieces that end with a row."""
        stream = self.package.stream(self.table.sheet_part)
        buffer = b""
        while (begin := _BEGIN.search(buffer)) is None:
            if not (more := stream.read(1 << 16)):
                raise self._error("workbook_damaged", detail=self.table.sheet_part)
            buffer += more
        self._head, buffer, ended = buffer[: begin.start()], buffer[begin.end() :], bool(begin[1])
        while not ended:
            stop = buffer.find(_END)
            cut = stop if stop >= 0 else buffer.rfind(_ROW_END) + len(_ROW_END)
            if stop >= 0 or cut >= len(_ROW_END):
                self._piece(buffer[:cut])
                buffer = buffer[cut:]
            if stop >= 0:
                buffer, ended = buffer[len(_END) :], True
            elif not (more := stream.read(_CHUNK)):
                raise self._error("workbook_damaged", detail=self.table.sheet_part)
            else:
                buffer += more
        self._tail = buffer + stream.read()

    def _piece(self, xml: bytes) -> None:
        if self.rows > _SMALL and self._is_plain(xml):
            return
        for row in ROW.finditer(xml):
            if self.rows > _VOTES and self._is_usual(row[0]):
                continue
            number = _NUMBER.search(row[1])
            if number is None:
                raise self._error("workbook_no_addresses")
            self._row(int(number[1]), row[1], row[2] or b"", row[0])

    def _is_usual(self, row: bytes) -> bool:
        """Whether a row is of ours, with nothing of anybody else in it; then it is counted."""
        found = self._usual_rows.read(row) if self._usual_rows else None
        if found is None or not self.box.top < found[0] <= self.box.bottom:
            return False
        self.rows += 1
        if self.rows <= _SMALL:
            self.keys.add(found[1])
        return True

    @cached_property
    def _usual_rows(self) -> UsualRows | None:
        """Rows as most are; None where there are none of ours, or their cells are to be remembered."""
        if self.marks is None or self.remembered is not None:
            return None
        columns = {
            n: (header, self._usual.get(n, str(self.style(n)).encode()))
            for n, header in enumerate(self.headers, self.box.left)
        }
        return UsualRows(columns, self.ours, self.marks.mark, self.marks.keys, self.strings)

    def _is_plain(self, xml: bytes) -> bool:
        """Whether all rows of a piece are ours with nothing of anybody else in them; counted, not read."""
        last = _NUMBER.search(xml, xml.rfind(b"<row"))
        count = xml.count(b"<row ")
        if last is None or int(last[1]) > self.box.bottom or self._outside is None:
            return False
        plain = len(self._marked.findall(xml)) == count and not self._outside.search(xml)
        self.rows += count if plain else 0
        return plain

    @cached_property
    def _marked(self) -> re.Pattern[bytes]:
        """A cell with a content in the column that only xlkpi fills."""
        return re.compile(
            rb'<c r="%s\d+"[^>]*[^/>]>' % _letters(self._number(self.marks.mark)) if self.marks else b"$^"
        )

    @cached_property
    def _outside(self) -> re.Pattern[bytes] | None:
        """A cell that is not in a column of ours; None where there are none of ours."""
        ours = [_letters(n) for n, h in enumerate(self.headers, self.box.left) if h in self.ours]
        if not self.marks:
            return None
        return re.compile(rb'<c r="(?!(?:' + b"|".join(ours) + rb")\d)")

    def _row(self, number: int, attributes: bytes, content: bytes, whole: bytes) -> None:
        box = self.box
        if number <= box.top:
            self.above.append(whole)
            return
        left, inside, right = self._split(content)
        if number > box.bottom + self.totals:
            if content or _PLAIN_ATTRIBUTES.sub(b"", attributes).strip():
                self.below[number] = whole
            return
        if left or right:
            self.beside[number] = left, right
        if number > box.bottom:
            self.total_row = attributes, b"".join(cell[0] for cell in inside)
        else:
            self._table_row(number, attributes, inside)

    def _split(self, content: bytes) -> tuple[bytes, list[re.Match[bytes]], bytes]:
        left, right = b"", b""
        inside: list[re.Match[bytes]] = []
        for cell in CELL.finditer(content):
            number = self._column_of(cell)
            if number < self.box.left:
                left += cell[0]
            elif number > self.box.right:
                right += cell[0]
            else:
                inside.append(cell)
        return left, inside, right

    def _column_of(self, cell: re.Match[bytes]) -> int:
        reference = next((v for k, v in ATTRIBUTE.findall(cell[1]) if k == b"r"), None)
        if reference is None:
            raise self._error("workbook_no_addresses")
        return address_of(reference)[1] + 1

    def _table_row(self, number: int, attributes: bytes, inside: list[re.Match[bytes]]) -> None:
        values: dict[str, Value] = {}
        for cell in inside:
            column = self._column_of(cell)
            if cell[2]:
                read = read_cell(dict(ATTRIBUTE.findall(cell[1])), cell[2], self.strings)
                values[self.headers[column - self.box.left]] = read.value
        style_row = self.rows + len(self.people) < _VOTES
        for cell in inside if style_row else ():
            column, style = self._column_of(cell), _STYLE.search(cell[1])
            votes = self._votes.setdefault(column, {})
            votes[style[1] if style else b"0"] = votes.get(style[1] if style else b"0", 0) + 1
        if not any(v is not None for h, v in values.items() if h not in self.formulas):
            return  # the blank row that a table without data has
        look = _PLAIN_ATTRIBUTES.sub(b"", attributes)
        if self.marks is None:
            self.rows += 1
            return
        if values.get(self.marks.mark) is None:
            cells = [(cell[1], cell[2] or b"") for cell in inside]
            self.people.append(PersonsRow(number, values, cells, look))
            return
        self.rows += 1
        key = self._key(values)
        theirs = {}
        for cell in inside:
            column = self._column_of(cell)
            if cell[2] and self.headers[column - self.box.left] not in self.ours:
                theirs[column] = cell[0]
        typed = {h: v for h, v in values.items() if h not in self.ours and h not in self.formulas}
        own = OwnRow(theirs, typed, self._cell_styles(inside), look, number)
        if self.rows <= _SMALL:
            self.keys.add(key)
        if self.remembered is not None:
            self.remembered[key] = values
        if own:
            self.own[key] = own

    def _cell_styles(self, inside: list[re.Match[bytes]]) -> dict[int, bytes]:
        """The formats of a row's cells; once the usual ones are known, those that differ."""
        if self.rows > _SMALL:
            return {}
        found = {}
        for cell in inside:
            style, column = _STYLE.search(cell[1]), self._column_of(cell)
            found[column] = style[1] if style else b"0"
        return {n: s for n, s in found.items() if self._usual.get(n) != s} if self.rows > _VOTES else found

    @cached_property
    def _usual(self) -> dict[int, bytes]:
        return {n: max(votes, key=votes.__getitem__) for n, votes in self._votes.items()}

    def _key(self, values: Mapping[str, Value]) -> Key:
        assert self.marks is not None, "only rows with marks have keys"
        return tuple(order_of(values.get(header)) for header in self.marks.keys)

    # --- what it is now ------------------------------------------------------------------------------------------

    def style(self, column: int) -> int:
        """The format that most cells of a column have: one yellow cell does not spread."""
        if votes := self._votes.get(column):
            return int(max(votes, key=votes.__getitem__))
        for found in _COLUMN_FORMAT.finditer(self._head.decode()):
            known = dict(re.findall(r'([\w:]+)="([^"]*)"', found[1]))
            if int(known["min"]) <= column <= int(known["max"]):
                return int(known.get("style", "0"))
        return 0

    def _number(self, header: str) -> int:
        return self.box.left + self.headers.index(header)

    def _error(self, code: str, **values: Any) -> WorkbookError:
        place = Place(file=self.package.path.name, sheet=self.table.sheet)
        return WorkbookError(Problem(code, values, place))

    # --- writing -------------------------------------------------------------------------------------------------

    def growth(self, rows: int) -> Growth:
        """Where the table ends with so many rows of ours."""
        return Growth(self.table.sheet, self.box, self.box.top + max(rows + len(self.people), 1))

    def with_columns(self, names: Sequence[str]) -> None:
        """Put new columns at the right end of the table. Raises WorkbookError where cells beside it are in the way."""
        lacking = [name for name in names if name not in self.headers]
        if not lacking:
            return
        new = range(self.box.right + 1, self.box.right + 1 + len(lacking))
        header = [row for row in self.above if _NUMBER.search(row)[1] == str(self.box.top).encode()]  # type: ignore[index]  # rows have numbers
        pieces = [*(right for _, right in self.beside.values()), *self.below.values(), *header]
        for piece in pieces:
            for cell in CELL.finditer(piece):
                if cell[2] and self._column_of(cell) in new:
                    at = next(v for k, v in ATTRIBUTE.findall(cell[1]) if k == b"r").decode()
                    raise self._error("workbook_in_the_way", table=self.table.name, column=", ".join(lacking), cell=at)
        style = next((s[1] for row in header for c in CELL.finditer(row) if self._column_of(c) == self.box.right
                      and (s := _STYLE.search(c[1]))), b"0")  # fmt: skip
        cells = b"".join(
            b'<c r="%s%d" s="%s" t="inlineStr"><is><t>%s</t></is></c>'
            % (_letters(n), self.box.top, style, in_xml(name))
            for n, name in zip(new, lacking, strict=True)
        )
        place = self.above.index(header[0])
        self.above[place] = header[0].removesuffix(_ROW_END) + cells + _ROW_END
        ids = [int(i) for i in re.findall(r'<tableColumn\b[^>]*?\bid="(\d+)"', self._definition)]
        added = "".join(
            f'<tableColumn id="{max(ids) + i}" name="{in_xml(name).decode().replace(chr(34), "&quot;")}"/>'
            for i, name in enumerate(lacking, start=1)
        )
        self.headers += lacking
        self.ours |= set(lacking)
        self.box = Box(self.box.left, self.box.top, self.box.right + len(lacking), self.box.bottom)
        self._definition = _COLUMNS_END.sub(
            lambda m: f"{m[1]}{len(self.headers)}{m[2]}{m[3]}{added}{m[4]}", self._definition
        )

    def reference(self, rows: int) -> str:
        """The range of the table with so many rows of ours, its row of totals included."""
        box = self.box
        last = self.growth(rows).last + self.totals
        return f"{_letters(box.left).decode()}{box.top}:{_letters(box.right).decode()}{last}"

    def table_xml(self, rows: int) -> bytes:
        """The table's definition over the new range; what was filtered or sorted does not hold for new rows."""
        whole, filtered = self.reference(rows), self.reference(rows)
        if self.totals:
            filtered = whole[: whole.rindex(":") + 1] + whole[whole.rindex(":") + 1 :].rstrip("0123456789")
            filtered += str(self.growth(rows).last)
        definition = _SORTED.sub("", _FILTERED.sub(r"\1/>", self._definition))
        return _TABLE_RANGE.sub(lambda m: f'{m[1]}{filtered if "autoFilter" in m[1] else whole}"', definition).encode()

    def lost(self, data: pa.Table) -> list[OwnRow]:
        """Rows of ours in which people wrote, and that are no more."""
        written = {key: row for key, row in self.own.items() if row.values}
        if not written:
            return []
        present = set(self.keys_of(data))
        return [row for key, row in written.items() if key not in present]

    def sheet_xml(self, data: pa.Table, columns: Sequence[RowColumn], references: bool) -> Iterator[bytes | memoryview]:
        """The sheet's part with the data, in pieces. Raises WorkbookError where it would cover what is below."""
        from xlkpi.workbook.sheet_rows import rows_xml

        growth = self.growth(data.num_rows)
        end = growth.last + self.totals
        if end > MAX_ROWS:
            values = {"table": self.table.name, "rows": data.num_rows, "limit": MAX_ROWS - 1}
            raise self._error("workbook_too_many_rows", **values)
        self._refuse_covering(end)
        usual = {n: str(column.style).encode() for n, column in enumerate(columns, self.box.left)}
        edits = self._edits(data, usual)
        rows = rows_xml(
            data, columns, first_row=self.box.top + 1, first_column=self.box.left, references=references,
            date_1904=self.package.date_1904, edits=edits, blank=not self.people,
        )  # fmt: skip
        last = max([end, *self.below, *self.beside], default=end)

        def pieces() -> Iterator[bytes | memoryview]:
            yield _DIMENSION.sub(lambda m: m[1] + self._dimension(last) + b'"', self._head, count=1)
            yield b"<sheetData>" + b"".join(self.above)
            yield from rows
            yield from self._people_rows(data.num_rows)
            yield from self._rest(growth.last)
            yield b"</sheetData>" + growth.selections(self._tail)

        return pieces()

    def _dimension(self, last: int) -> bytes:
        old = re.search(rb'<dimension ref="([A-Z]+)\d+(?::([A-Z]+)\d+)?"', self._head)
        right = self.box.right
        if old and old[2]:
            right = max(right, address_of(old[2] + b"1")[1] + 1)
        return b"A1:%s%d" % (_letters(right), last)

    def _refuse_covering(self, end: int) -> None:
        for number, row in self.below.items():
            for cell in CELL.finditer(row):
                inside = self.box.left <= self._column_of(cell) <= self.box.right
                if cell[2] and inside and self.box.bottom + self.totals < number <= end:
                    at = next(v for k, v in ATTRIBUTE.findall(cell[1]) if k == b"r").decode()
                    raise self._error("workbook_covered", table=self.table.name, cell=at)

    def keys_of(self, data: pa.Table) -> Iterator[Key]:
        """The keys of new rows."""
        assert self.marks is not None, "only rows with marks have keys"
        from xlkpi.workbook.tables import _plain

        columns = [data[header].to_pylist() for header in self.marks.keys]
        return (tuple(order_of(_plain(v)) for v in row) for row in zip(*columns, strict=True))

    def _edits(self, data: pa.Table, usual: Mapping[int, bytes]) -> dict[int, Any]:
        """What is to be done to rows of the data, by their place."""
        changed = {key: row for key, row in self.own.items() if row.cells or row.attributes or any(
            usual.get(n, s) != s for n, s in row.styles.items())}  # fmt: skip
        edits: dict[int, Any] = {}
        if changed:
            for i, key in enumerate(self.keys_of(data)):
                if key in changed:
                    edits[i] = self._edit(changed[key], self.box.top + 1 + i, usual)
        for number, (left, right) in self.beside.items():
            i = number - self.box.top - 1
            if i < data.num_rows:
                edits[i] = _with_beside(edits.get(i), left, right)
        return edits

    def _edit(self, row: OwnRow, number: int, usual: Mapping[int, bytes]) -> Any:
        """The row's XML with people's cells and formats put in."""
        theirs = {n: _readdressed(cell, row.number, number) for n, cell in row.cells.items()}
        styles = {n: s for n, s in row.styles.items() if usual.get(n) != s and n not in theirs}

        def edit(xml: str) -> str:
            content = xml.encode()
            opening = content[: content.index(b">")] + row.attributes + b">"
            cells = {self._column_of(c): c[0] for c in CELL.finditer(content)} | theirs
            for n, style in styles.items():
                cells[n] = _restyled(cells.get(n) or b'<c r="%s%d"/>' % (_letters(n), number), style)
            return (opening + b"".join(cells[n] for n in sorted(cells)) + _ROW_END).decode()

        return edit

    def _people_rows(self, own: int) -> Iterator[bytes]:
        for number, row in enumerate(self.people, self.box.top + 1 + own):
            left, right = self.beside.get(number, (b"", b""))
            cells = b"".join(
                _readdressed(b"<c" + known + (b">" + content + b"</c>" if content else b"/>"), row.number, number)
                for known, content in row.cells
            )
            yield b'<row r="%d"%s>' % (number, row.attributes) + left + cells + right + _ROW_END

    def _rest(self, last: int) -> Iterator[bytes]:
        """The row of totals, and what stands beside and below the table's end."""
        numbers = {n for n in (*self.beside, *self.below) if n > last}
        if self.total_row is not None:
            numbers.add(last + 1)
        for number in sorted(numbers):
            left, right = self.beside.get(number, (b"", b""))
            cells = b""
            if number == last + 1 and self.total_row is not None:
                cells = _readdressed(self.total_row[1], last + 1, number, any_row=True)
            if number in self.below and not (left or right or cells):
                yield self.below[number]
            elif number in self.below:
                inner = ROW.fullmatch(self.below[number])
                own = sorted(
                    CELL.finditer(left + cells + right + (inner[2] or b"" if inner else b"")), key=self._column_of
                )
                yield b'<row r="%d">' % number + b"".join(c[0] for c in own) + _ROW_END
            else:
                yield b'<row r="%d">' % number + left + cells + right + _ROW_END


def _with_beside(before: Any, left: bytes, right: bytes) -> Any:
    def edit(xml: str) -> str:
        content = (before(xml) if before else xml).encode()
        start = content.index(b">") + 1
        return (content[:start] + left + content[start : -len(_ROW_END)] + right + _ROW_END).decode()

    return edit


def _readdressed(cells: bytes, old: int, new: int, *, any_row: bool = False) -> bytes:
    """Cells moved to another row, with what their formulas refer to in their own row."""
    number = rb"\d+" if any_row else str(old).encode()
    cells = re.sub(rb'(<c\b[^>]*?\br="[A-Z]+)' + number + rb'"', rb'\g<1>%d"' % new, cells)
    if old == new or any_row or b"<f" not in cells:
        return cells

    def formula(found: re.Match[bytes]) -> bytes:
        def move(sheet: str | None, reference: str) -> tuple[str | None, str]:
            own = sheet is None
            return sheet, re.sub(rf"(?<=[A-Z]){old}(?!\d)", str(new), reference) if own else reference

        return found[1] + in_xml(moved(unescape(found[2].decode()), move)) + b"</f>"

    return re.sub(rb"(<f\b[^>]*>)([^<]+)</f>", formula, cells)


def _restyled(cell: bytes, style: bytes) -> bytes:
    end = cell.index(b">")
    opening = _STYLE.sub(b"", cell[:end])
    closed = opening.endswith(b"/")
    return opening.removesuffix(b"/") + b' s="' + style + (b'"/' if closed else b'"') + cell[end:]


def _letters(number: int) -> bytes:
    from xlkpi.workbook.sheet_rows import column_letters

    return column_letters(number).encode()
