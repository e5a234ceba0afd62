"""The rows of a data sheet as XML, made column by column with pyarrow: a block of rows is one text array.

Imports pyarrow; import this module only when a sheet is written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

import pyarrow as pa
import pyarrow.compute as pc

from xlkpi.errors import Problem, WorkbookError

BLOCK = 1 << 13  # rows made at a time: the memory taken is that of one block
_WORTH_IT = 3  # rows for each distinct value from which on it is faster
MAX_TEXT = 32_767  # characters of a cell, as UTF-16 counts them
UNIX_EPOCH = 25_569  # 1970-01-01 in Excel's days
LEAP_BUG = 61  # Excel believes in 29 February 1900: serials before 1 March are one less
DAYS_1904 = 1_462
DAY_MILLISECONDS = 86_400_000
_ILLEGAL = r"[\x00-\x08\x0b-\x1f\x{FFFE}\x{FFFF}]|_x[0-9A-Fa-f]{4}_"  # RE2
_TO_ESCAPE = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_SPACED_TEXT = r"^[ \t\n\r]|[ \t\n\r]$|[\t\n]|  "
_SPECIAL = rf"[&<>]|^$|{_ILLEGAL}|{_SPACED_TEXT}"
_TEXT = pa.large_string()
_NOTHING = pa.scalar("", _TEXT)


@dataclass(frozen=True)
class RowColumn:
    """How one column is written: `style` is an index of the workbook's cell formats.

    `absent` is the format that cells have which are not in the file: blank ones that have it are left out.
    With a `formula` (as files have it, without =) every cell has it, and the data are its cached values: null is an
    empty text. A column that the data lack is blank, or has its formula without a value; or it has `cells`, a text
    array of their XML by row, null for blank ones.
    """

    name: str
    style: int = 0
    formula: str | None = None
    absent: int = 0
    cells: pa.Array | None = None


def column_letters(number: int) -> str:
    """A for 1, AA for 27."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def rows_xml(
    data: pa.Table,
    columns: Sequence[RowColumn],
    *,
    first_row: int = 2,
    first_column: int = 1,
    references: bool = True,
    date_1904: bool = False,
    edits: Mapping[int, Callable[[str], str]] | None = None,
    blank: bool = True,
    look: str = "",
) -> Iterator[memoryview | bytes]:
    """The `<row>` elements of a table, in blocks; `data` is a pyarrow Table that has the columns' names.

    Numbers, truth values, dates and times, texts, and dictionaries of them are written; null, NaN, infinities and
    empty texts are blank cells that keep their column's format. A date is Excel's serial number (one before 1900,
    which Excel does not know, is text). No text ever becomes a formula. Without rows, one row of blank cells is
    written, as Excel's tables need, unless `blank` says otherwise. `edits` change the XML of single rows, by their
    place in the data; `look` are attributes of all rows. `references=False` leaves out the addresses of cells, which
    Excel does not need but other programs do.

    Raises WorkbookError for a type of column that no cell holds, and for a text longer than a cell.
    """
    writers = [
        _Writer(column, letters=column_letters(first_column + i) if references else "", date_1904=date_1904)
        for i, column in enumerate(columns)
    ]
    if not data.num_rows and blank:
        cells = "".join(piece for writer in writers for piece in writer.present(str(first_row)))
        yield f'<row r="{first_row}"{look}>{cells}</row>'.encode()
    counted = pa.array(range(min(BLOCK, data.num_rows)), pa.int32())
    for start in range(0, data.num_rows, BLOCK):
        block = data.slice(start, BLOCK)
        begins = first_row + start
        numbers = pc.add(counted.slice(0, block.num_rows), begins).cast(_TEXT)
        rows = _joined(['<row r="', numbers, f'"{look}>', *_pieces(block, writers, numbers, begins, start)])
        wanted = sorted(i for i in edits or () if start <= i < start + block.num_rows)
        if edits and wanted:
            mask = pc.is_in(pa.array(range(block.num_rows)), pa.array([i - start for i in wanted]))
            changed = [edits[i](rows[i - start].as_py()) for i in wanted]
            rows = pc.replace_with_mask(rows, mask, pa.array(changed, _TEXT))
        yield _bytes(rows)


def _pieces(
    block: pa.Table, writers: Sequence[_Writer], numbers: pa.Array, begins: int, start: int
) -> Iterator[Any]:  # fmt: skip
    """What the rows of a block are joined of."""
    for writer in writers:
        name = writer.column.name
        if writer.column.cells is not None:
            yield from writer.written(writer.column.cells.slice(start, block.num_rows), numbers)
        elif name in block.column_names:
            yield from writer.cells(_one_array(block[name]), numbers, begins)
        else:
            yield from writer.empty(numbers)
    yield "</row>"


def _one_array(column: pa.ChunkedArray) -> pa.Array:
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_string_view(column.type):
        column = column.cast(_TEXT)  # pyarrow can do little else with views
    return column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(column.chunks)


def _joined(pieces: Iterable[Any]) -> pa.Array:
    """Texts and text arrays joined row by row; the fewer pieces, the faster.

    So neighbouring texts are put together first, and with the few values of an encoded array beside them.
    """
    texts, arrays = [""], []  # a text before each array, and one after the last
    for piece in pieces:
        if isinstance(piece, str):
            texts[-1] += piece
        else:
            arrays.append(piece)
            texts.append("")
    for i, array in enumerate(arrays):
        if isinstance(array, pa.DictionaryArray):
            arrays[i] = _joined([texts[i], array.dictionary, texts[i + 1]]).take(array.indices)
            texts[i] = texts[i + 1] = ""
    parts = [pa.scalar(texts[0], _TEXT)]
    for array, text in zip(arrays, texts[1:], strict=True):
        parts += [array, pa.scalar(text, _TEXT)] if text else [array]
    return pc.binary_join_element_wise(*parts, _NOTHING)


def _bytes(texts: pa.Array) -> memoryview:
    """The XML of a block is the array's data buffer: nothing is copied."""
    offsets = memoryview(texts.buffers()[1]).cast("q")
    return memoryview(texts.buffers()[2])[offsets[texts.offset] : offsets[texts.offset + len(texts)]]


@dataclass(frozen=True)
class _Kind:
    """What stands around a value of a kind: attributes, and the XML before and after."""

    attributes: str
    opening: str
    closing: str


_NUMBER = _Kind("", "<v>", "</v>")
_TRUTH = _Kind(' t="b"', "<v>", "</v>")
_RESULT = _Kind(' t="str"', "<v>", "</v>")  # the text that a formula gives
_INLINE = _Kind(' t="inlineStr"', "<is><t>", "</t></is>")
_SPACED = _Kind(' t="inlineStr"', '<is><t xml:space="preserve">', "</t></is>")


class _Writer:
    """One column of a sheet."""

    def __init__(self, column: RowColumn, *, letters: str, date_1904: bool) -> None:
        self.column, self._letters, self._date_1904 = column, letters, date_1904
        self._style = f' s="{column.style}"' if column.style else ""
        self._formula = f"<f>{escape(column.formula)}</f>" if column.formula else ""
        self._repeats = True
        self._known: pa.Array | None = None  # distinct values so far, and how the cells of each end
        self._ends = pa.array([], _TEXT)
        # A formula that shows nothing gives an empty text.
        self._blank = "".join(self._end(_RESULT, "")) if column.formula else "/>"

    def blank(self, number: Any) -> list[Any]:
        """The pieces of cells without a value: none where they need not be there."""
        absent = self.column.style == self.column.absent and self._letters and not self._formula
        return [] if absent else self.present(number)

    def present(self, number: Any) -> list[Any]:
        """The same, there in any case where they have a format."""
        return [*self._begin(number), self._blank] if self._formula or self._style or not self._letters else []

    def empty(self, number: Any) -> list[Any]:
        """The pieces of cells of a column without data."""
        if self._formula:
            return [*self._begin(number), f">{self._formula}</c>"]
        return self.blank(number)

    def written(self, cells: pa.Array, numbers: pa.Array) -> list[Any]:
        """The pieces of a block's cells that are given."""
        if not cells.null_count:
            return [cells]
        blank = self.blank(numbers)
        return [pc.coalesce(cells, _joined(blank) if blank else _NOTHING)]

    def cells(self, values: pa.Array, numbers: pa.Array, begins: int) -> list[Any]:
        """The pieces of a block's cells, to be joined row by row."""
        blank = not values.null_count or self.blank(numbers)
        if not blank and values.null_count == len(values):
            return []
        places = self._places(values, begins)
        if blank:
            return self._cells(values if places is None else places, numbers, values, begins)
        there = values.is_valid()
        made = self._cells((values if places is None else places).filter(there), numbers.filter(there), values, begins)
        return [pc.replace_with_mask(pa.repeat(_NOTHING, len(values)), there, _joined(made))]

    def _places(self, values: pa.Array, begins: int) -> pa.Array | None:
        """Most columns repeat few values, whose XML is made once: the ends of the cells by their places among these.

        None for values that repeat too little; such a column is not asked again.
        """
        if not self._repeats or pa.types.is_null(values.type) or pa.types.is_nested(values.type):
            return None
        known = values.slice(0, 0) if self._known is None else self._known
        places = pc.index_in(values, known)
        if places.null_count > values.null_count:
            new = values.filter(pc.and_not(values.is_valid(), places.is_valid())).unique()
            if (len(known) + len(new)) * _WORTH_IT > BLOCK:  # those of earlier blocks are forgotten
                known, new = known.slice(0, 0), values.drop_null().unique()
            self._repeats = len(new) * _WORTH_IT <= len(values)
            if not self._repeats:
                return None
            made = self._mixed(self._ways(new, values, begins))
            self._ends = pa.concat_arrays([self._ends.slice(0, len(known)), made, pa.array([self._blank], _TEXT)])
            self._known = pa.concat_arrays([known, new])
            places = pc.index_in(values, self._known)
        elif self._known is None:
            return None  # nothing but blank cells so far
        return pa.DictionaryArray.from_arrays(places.fill_null(len(self._known)), self._ends)

    def _cells(self, values: pa.Array, numbers: pa.Array, block: pa.Array, begins: int) -> list[Any]:
        begin = self._begin(numbers)
        if isinstance(values, pa.DictionaryArray):
            return [*begin, values]
        ways = self._ways(values, block, begins)
        if len(ways) == 1 and not ways[0][1].null_count:
            return [*begin, *self._end(*ways[0])]
        return [*begin, self._mixed(ways)]

    def _begin(self, number: Any) -> list[Any]:
        return [f'<c r="{self._letters}', number, f'"{self._style}'] if self._letters else [f"<c{self._style}"]

    def _end(self, kind: _Kind, text: Any) -> list[Any]:
        return [f"{kind.attributes}>{self._formula}{kind.opening}", text, f"{kind.closing}</c>"]

    def _mixed(self, ways: Sequence[tuple[_Kind, pa.Array]]) -> pa.Array:
        """What follows a cell's address: by the way that has its value, or of a blank cell."""
        return pc.coalesce(*(_joined(self._end(*way)) for way in ways), pa.scalar(self._blank, _TEXT))

    def _ways(self, values: pa.Array, block: pa.Array, begins: int) -> list[tuple[_Kind, pa.Array]]:
        """How the values, all or the distinct ones of a block, are written.

        Each is null in all the ways but one, or in all where its cell is blank.
        """
        kind = values.type
        if pa.types.is_null(kind):
            return [(_NUMBER, pa.nulls(len(values), _TEXT))]
        if pa.types.is_boolean(kind):
            return [(_TRUTH, values.cast(pa.int8()).cast(_TEXT))]
        if pa.types.is_integer(kind) or pa.types.is_decimal(kind):
            return [(_NUMBER, values.cast(_TEXT))]
        if pa.types.is_floating(kind):
            return [(_NUMBER, _finite(values.cast(pa.float64())).cast(_TEXT))]
        if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
            return self._dates(values)
        if pa.types.is_time(kind) or pa.types.is_duration(kind):
            return [(_NUMBER, _days(values).cast(_TEXT))]
        if pa.types.is_string(kind) or pa.types.is_large_string(kind):
            return [self._texts(values.cast(_TEXT), block, begins)]
        raise WorkbookError(Problem("workbook_column_type", {"column": self.column.name, "type": str(kind)}))

    def _dates(self, values: pa.Array) -> list[tuple[_Kind, pa.Array]]:
        if pa.types.is_date(values.type):
            days = values.cast(pa.date32()).cast(pa.int32())
        else:
            local = pc.local_timestamp(values) if values.type.tz else values
            days = pc.divide(
                local.cast(pa.timestamp("ms"), safe=False).cast(pa.int64()).cast(pa.float64()), DAY_MILLISECONDS
            )
        serials = pc.add(days, UNIX_EPOCH)
        least = 0 if self._date_1904 else 1
        if self._date_1904:
            serials = pc.subtract(serials, DAYS_1904)
        elif len(serials) and (pc.min(serials).as_py() or LEAP_BUG) < LEAP_BUG:
            serials = pc.if_else(pc.less(serials, LEAP_BUG), pc.subtract(serials, 1), serials)
        if (earliest := pc.min(serials).as_py()) is None or earliest >= least:
            return [(_NUMBER, serials.cast(_TEXT))]
        old = pc.less(serials, least)
        texts = pc.if_else(old, values.cast(pa.string()).cast(_TEXT), None)
        return [(_NUMBER, pc.if_else(old, None, serials).cast(_TEXT)), (self._text_kind(_INLINE), texts)]

    def _texts(self, texts: pa.Array, block: pa.Array, begins: int) -> tuple[_Kind, pa.Array]:
        self._refuse_long(texts, block, begins)
        special = pc.fill_null(pc.match_substring_regex(texts, _SPECIAL), False)
        if not pc.any(special).as_py():
            return self._text_kind(_INLINE), texts
        found = texts.filter(special)
        spaced = pc.any(pc.match_substring_regex(found, _SPACED_TEXT)).as_py()
        texts = pc.replace_with_mask(texts, special, _in_xml(found, keep_empty=bool(self._formula)))
        return self._text_kind(_SPACED if spaced else _INLINE), texts

    def _text_kind(self, kind: _Kind) -> _Kind:
        return _RESULT if self._formula else kind

    def _refuse_long(self, texts: pa.Array, block: pa.Array, begins: int) -> None:
        """A character beyond the first 65,536 of Unicode counts as two."""
        if (pc.max(pc.utf8_length(texts)).as_py() or 0) * 2 <= MAX_TEXT:
            return
        for text in texts.to_pylist():
            if text and len(text.encode("utf-16-le")) > MAX_TEXT * 2:
                row = begins + block.to_pylist().index(text)
                values = {"column": self.column.name, "row": row, "limit": MAX_TEXT}
                raise WorkbookError(Problem("workbook_text_too_long", values))


def _in_xml(texts: pa.Array, *, keep_empty: bool) -> pa.Array:
    """Texts as a cell's XML has them: characters that XML does not know as `_xHHHH_`, such an escape itself escaped."""
    for sign, written in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        texts = pc.replace_substring(texts, sign, written)
    if pc.any(pc.match_substring_regex(texts, _ILLEGAL)).as_py():
        texts = pa.array([_TO_ESCAPE.sub(lambda c: f"_x{ord(c[0]):04X}_", t) for t in texts.to_pylist()], _TEXT)
    return texts if keep_empty else pc.if_else(pc.equal(texts, ""), None, texts)


def _finite(values: pa.Array) -> pa.Array:
    return pc.if_else(pc.is_finite(values), values, None)


def _days(values: pa.Array) -> pa.Array:
    """Times of day and durations as fractions of a day."""
    unit = {"s": 86_400, "ms": 86_400_000, "us": 86_400_000_000, "ns": 86_400_000_000_000}[values.type.unit]
    whole = values.cast(pa.int32()).cast(pa.int64()) if values.type.bit_width == 32 else values.cast(pa.int64())
    return pc.divide(whole.cast(pa.float64()), float(unit))
