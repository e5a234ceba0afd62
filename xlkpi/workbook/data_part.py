"""The sheet of a data table: what stands in it that is not ours, and the sheet written anew around new rows.

Ours are the cells of the table's columns that the data have, in rows that carry a mark of ours (a column that only
xlkpi fills). Everything else is people's: rows without the mark, columns that they put into the table, cells beside,
above and below it, formats of single cells. Cells of people's columns follow their row by its key.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from xlkpi.errors import Place, Problem, WorkbookError
from xlkpi.workbook.cells import ATTRIBUTE, CELL, ROW, ROW_NUMBER, address_of, read_cell
from xlkpi.workbook.live import Value, order_of
from xlkpi.workbook.own_formulas import SharedFormulas
from xlkpi.workbook.package import Package, TablePart, local_name
from xlkpi.workbook.references import Box, Growth
from xlkpi.workbook.usual_rows import PLAIN, Found, Key, UsualRows

if TYPE_CHECKING:
    import pyarrow as pa


_CHUNK = 1 << 20
#: Rows by which the usual format of a column is told, and up to which single cells' formats are kept.
_VOTES, _SMALL = 64, 20_000
_BEGIN = re.compile(rb"<sheetData\s*(/?)>")
_END, ROW_END = b"</sheetData>", b"</row>"
_COLUMN_FORMAT = re.compile(r"<col\s([^>]*)/>")
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
STYLE = re.compile(rb'\ss="(\d+)"')
#: What a row says of itself that is not its height or its look.
_PLAIN_ATTRIBUTES = re.compile(rb'\sr="[^"]*"|' + PLAIN)

#: The cells of a row that stand in the table, each with its column, from 1.
Inside = list[tuple[int, re.Match[bytes]]]


@dataclass(frozen=True)
class Marks:
    """How rows of ours are known: the header of the column that only xlkpi fills, and those of the key.

    ``value``: what xlkpi writes there; None where that is not always the same.
    """

    mark: str
    keys: Sequence[str]
    value: str | None = None

    def are_in(self, values: Mapping[str, Value]) -> bool:
        """Whether a row is ours, by its values."""
        found = values.get(self.mark)
        return found is not None and (self.value is None or found == self.value)


@dataclass
class PersonsRow:
    """A row that somebody added: its number, its values by header, and its cells as they stand."""

    number: int
    values: dict[str, Value]
    cells: list[bytes]
    attributes: bytes = b""


@dataclass
class OwnRow:
    """What people did to a row of ours: cells of their columns by number, formats of ours, and the row's height where
    it may differ from that of most.
    """

    cells: dict[int, bytes] = field(default_factory=dict)
    values: dict[str, Value] = field(default_factory=dict)
    styles: dict[int, bytes] = field(default_factory=dict)
    look: bytes | None = None
    number: int = 0
    #: Formulas in columns of ours that people may fill, by column.
    formulas: dict[int, bytes] = field(default_factory=dict)

    def take(self, other: OwnRow) -> None:
        """Put cells of another row in, where there are none."""
        self.cells, self.formulas = {**other.cells, **self.cells}, {**other.formulas, **self.formulas}

    def __bool__(self) -> bool:
        return bool(self.cells or self.styles or self.formulas or self.look is not None)


class DataPart:
    """A data table on its sheet, read once. ``known``: the headers that the data may have; ``fillable``: those in which
    people may type, where the values of our rows are to be remembered.
    """

    def __init__(
        self, package: Package, table: TablePart, marks: Marks | None, strings: list[str], known: Iterable[str] = (),
        *, fillable: Collection[str] | None = None,
    ) -> None:  # fmt: skip
        self.package, self.table, self.marks, self.strings = package, table, marks, strings
        self.definition = package.read(table.part).decode()
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
            raise self.error("workbook_not_alone", table=table.name)
        #: Without marks, as in a skeleton, all columns and rows are ours: nobody could have added any yet.
        self.ours = set(known) if marks else set(self.headers)
        self.above: list[bytes] = []
        self.beside: dict[int, tuple[bytes, bytes]] = {}
        self.below: dict[int, bytes] = {}
        self.total_row: tuple[bytes, bytes] | None = None
        self.own: dict[Key, OwnRow] = {}
        self.people: list[PersonsRow] = []
        #: The values of our rows by header, and their numbers, where they are to be remembered.
        self.remembered: dict[Key, dict[str, Value]] | None = None if fillable is None else {}
        self.numbers: dict[Key, int] = {}
        self._fillable = frozenset(fillable or ())
        #: The keys of our rows, where there are not too many to be worth it.
        self._has_keys = self.box.bottom - self.box.top <= _SMALL
        self.keys: set[Key] = set()
        #: Rows that come back, of which only that is known.
        self.returned: dict[Key, OwnRow] = {}
        self.rows = 0
        self._shared = SharedFormulas()
        self._votes: dict[int, dict[bytes, int]] = {}
        self._looks: Counter[bytes] = Counter()
        self._read()

    # --- reading -------------------------------------------------------------------------------------------------

    def _read(self) -> None:
        """The part in one pass, in pieces that end with a row."""
        stream = self.package.stream(self.table.sheet_part)
        buffer = b""
        while (begin := _BEGIN.search(buffer)) is None:
            if not (more := stream.read(1 << 16)):
                raise self.error("workbook_damaged", detail=self.table.sheet_part)
            buffer += more
        self.head, buffer, ended = buffer[: begin.start()], buffer[begin.end() :], bool(begin[1])
        while not ended:
            last = buffer.rfind(ROW_END)
            cut = last + len(ROW_END) if last >= 0 else 0
            stop = buffer.find(_END, cut)
            cut = stop if stop >= 0 else cut
            if cut:
                self._piece(buffer[:cut])
                buffer = buffer[cut:]
            if stop >= 0:
                buffer, ended = buffer[len(_END) :], True
            elif not (more := stream.read(_CHUNK)):
                raise self.error("workbook_damaged", detail=self.table.sheet_part)
            else:
                buffer += more
        self.tail = buffer + stream.read()

    def _piece(self, xml: bytes) -> None:
        if self._is_plain(xml):
            return
        at = 0
        while True:
            if self.rows > _VOTES and (usual := self._usual_rows) is not None:
                kept = Found(self.keys)
                at, count = usual.read(xml, at, self.box.bottom, kept, keys=self._has_keys)
                self.rows += count
                for usual_row in kept.cells:
                    self._usual_row(*usual_row)
            row = ROW.search(xml, at)
            if row is None:
                return
            at = row.end()
            number = ROW_NUMBER.search(row[1])
            if number is None:
                raise self.error("workbook_no_addresses")
            self._row(int(number[1]), row[1], row[2] or b"", row[0])

    @cached_property
    def _usual_rows(self) -> UsualRows | None:
        """Rows as most are; None where there are none of ours, or their cells are to be remembered."""
        if self.marks is None or self.remembered is not None:
            return None
        if not {self.marks.mark, *self.marks.keys} <= {*self.headers}:  # somebody renamed a header
            return None
        columns = {
            n: (header, self._usual.get(n, str(self.style(n)).encode()))
            for n, header in enumerate(self.headers, self.box.left)
        }
        return UsualRows(columns, self.ours, self.marks, self.strings, self.look)

    def _is_plain(self, xml: bytes) -> bool:
        """Whether all rows of a piece are ours with nothing of anybody else in them; counted, not read."""
        wanted = self._has_keys or self.rows <= _VOTES
        if wanted or (usual := self._usual_rows) is None:
            return False
        first, last = ROW_NUMBER.search(xml), ROW_NUMBER.search(xml, xml.rfind(b"<row"))
        if first is None or last is None or int(last[1]) > self.box.bottom:
            return False
        count = int(last[1]) - int(first[1]) + 1  # every row has a number of its own, and one mark
        plain = usual.all(xml, count, formats=self.rows <= _SMALL)
        self.rows += count if plain else 0
        return plain

    def _row(self, number: int, attributes: bytes, content: bytes, whole: bytes) -> None:
        box = self.box
        if number <= box.top:
            self.above.append(whole)
            return
        left, inside, right = self.split(content)
        if number > box.bottom + self.totals:
            if content or _PLAIN_ATTRIBUTES.sub(b"", attributes).strip():
                self.below[number] = whole
            return
        if left or right:
            self.beside[number] = left, right
        if number > box.bottom:
            self.total_row = attributes, b"".join(cell[0] for _, cell in inside)
        else:
            self._table_row(number, attributes, inside)

    def split(self, content: bytes) -> tuple[bytes, Inside, bytes]:
        """The cells of a row that stand left of the table, in its columns, and right of it."""
        left, right = b"", b""
        inside: Inside = []
        for cell in CELL.finditer(content):
            number = self.column_of(cell)
            if number < self.box.left:
                left += cell[0]
            elif number > self.box.right:
                right += cell[0]
            else:
                inside.append((number, cell))
        return left, inside, right

    def column_of(self, cell: re.Match[bytes]) -> int:
        reference = next((v for k, v in ATTRIBUTE.findall(cell[1]) if k == b"r"), None)
        if reference is None:
            raise self.error("workbook_no_addresses")
        return address_of(reference)[1] + 1

    def _table_row(self, number: int, attributes: bytes, inside: Inside) -> None:
        values = self._values(inside)
        style_row = self.rows + len(self.people) < _VOTES
        for column, cell in inside if style_row else ():
            style = _style_of(cell)
            votes = self._votes.setdefault(column, {})
            votes[style] = votes.get(style, 0) + 1
        look = _PLAIN_ATTRIBUTES.sub(b"", attributes)
        if not any(v is not None for h, v in values.items() if h not in self.formulas):
            return  # the blank row that a table without data has
        self._looks[look] += style_row
        if self.marks is None:
            self.rows += 1
            return
        if not self.marks.are_in(values):
            cells = [self._shared.apart(cell[0], number, column) for column, cell in inside]
            self.people.append(PersonsRow(number, values, cells, look))
            return
        self.rows += 1
        key = self._key(values)
        theirs = {}
        for column, cell in inside:
            if cell[2] and self.headers[column - self.box.left] not in self.ours:
                theirs[column] = self._shared.apart(cell[0], number, column)
        typed = {h: v for h, v in values.items() if h not in self.ours and h not in self.formulas}
        formulas = {
            column: self._shared.apart(cell[0], number, column)
            for column, cell in inside if b"<f" in cell[0] and self.headers[column - self.box.left] in self._fillable
        }  # fmt: skip
        own = OwnRow(theirs, typed, self._cell_styles(inside), self._own_look(look), number, formulas)
        if self._has_keys:
            self.keys.add(key)
        if self.remembered is not None:
            self.remembered[key] = values
            self.numbers[key] = number
        if own:
            self.own[key] = own

    def _usual_row(self, key: Key, number: int, cells: list[tuple[int, bytes]]) -> None:
        """A row of ours with cells of people's columns, and nothing else of theirs."""
        found = [(column, cell) for column, xml in cells if (cell := CELL.fullmatch(xml)) is not None]
        theirs = {column: self._shared.apart(cell[0], number, column) for column, cell in found}
        typed = {h: v for h, v in self._values(found).items() if h not in self.formulas}
        self.own[key] = OwnRow(theirs, typed, number=number)

    def _values(self, inside: Inside) -> dict[str, Value]:
        return {
            self.headers[column - self.box.left]: read_cell(
                dict(ATTRIBUTE.findall(cell[1])), cell[2], self.strings).value
            for column, cell in inside if cell[2]
        }  # fmt: skip

    def key_of_row(self, content: bytes) -> Key | None:
        """The key of a row of ours, by its cells; None for a row of somebody else's."""
        values = self._values(self.split(content)[1])
        return None if self.marks is None or not self.marks.are_in(values) else self._key(values)

    def _cell_styles(self, inside: Inside) -> dict[int, bytes]:
        """The formats of a row's cells; once the usual ones are known, those that differ."""
        if self.rows > _SMALL:
            return {}
        found = {column: _style_of(cell) for column, cell in inside}
        return {n: s for n, s in found.items() if self._usual.get(n) != s} if self.rows > _VOTES else found

    def _own_look(self, look: bytes) -> bytes | None:
        """A row's height and look; once the usual ones are known, where they differ."""
        if self.rows > _SMALL:
            return None
        return look if self.rows <= _VOTES or look != self.look else None

    @property
    def look(self) -> bytes:
        """The height and the look that most rows have, as files have it."""
        return max(self._looks, key=self._looks.__getitem__, default=b"")

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
        return self.column_style(column)

    def column_style(self, column: int) -> int:
        """The format that cells have which are not there."""
        for found in _COLUMN_FORMAT.finditer(self.head.decode()):
            known = dict(re.findall(r'([\w:]+)="([^"]*)"', found[1]))
            if int(known["min"]) <= column <= int(known["max"]):
                return int(known.get("style", "0"))
        return 0

    def number(self, header: str) -> int:
        """A column's number, from 1."""
        return self.box.left + self.headers.index(header)

    def error(self, code: str, **values: Any) -> WorkbookError:
        place = Place(file=self.package.path.name, sheet=self.table.sheet)
        return WorkbookError(Problem(code, values, place))

    def growth(self, rows: int) -> Growth:
        """Where the table ends with so many rows of ours."""
        return Growth(self.table.sheet, self.box, self.box.top + max(rows + len(self.people), 1), self.totals)

    def reference(self, rows: int) -> str:
        """The range of the table with so many rows of ours, its row of totals included."""
        box = self.box
        last = self.growth(rows).last + self.totals
        return f"{letters_of(box.left).decode()}{box.top}:{letters_of(box.right).decode()}{last}"

    def keys_of(self, data: pa.Table) -> Iterator[Key]:
        """The keys of new rows."""
        assert self.marks is not None, "only rows with marks have keys"
        from xlkpi.workbook.data_table import as_cell

        columns = [data[header].to_pylist() for header in self.marks.keys]
        return (tuple(order_of(as_cell(v)) for v in row) for row in zip(*columns, strict=True))

    def typed_beside(self, row: OwnRow) -> dict[str, Value]:
        """What people typed into columns of theirs, by header; formulas are no such thing."""
        return {
            header: value
            for header, value in row.values.items()
            if isinstance(value, str | float | bool) and b"<f" not in row.cells.get(self.number(header), b"")
        }

    def leave(self, row: OwnRow, headers: Collection[str]) -> None:
        """Forget what stands in some columns of a row: it is kept elsewhere."""
        numbers = {self.number(header) for header in headers}
        row.values = {header: value for header, value in row.values.items() if header not in headers}
        row.cells = {number: cell for number, cell in row.cells.items() if number not in numbers}
        row.formulas = {number: cell for number, cell in row.formulas.items() if number not in numbers}

    def lost(self, data: pa.Table) -> int:
        """How many rows are no more in which people wrote, in columns of theirs inside the table."""
        written = {key for key, row in self.own.items() if row.values}
        return len(written.difference(self.keys_of(data))) if written else 0


def letters_of(number: int) -> bytes:
    from xlkpi.workbook.sheet_rows import column_letters

    return column_letters(number).encode()


def _style_of(cell: re.Match[bytes]) -> bytes:
    """The format of a cell as files have it."""
    style = STYLE.search(cell[1])
    return style[1] if style else b"0"
