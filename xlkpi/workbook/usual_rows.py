"""Rows of a data table as most are, recognised as a whole and not cell by cell: nobody wrote in cells that are ours."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from xlkpi.workbook.cells import ATTRIBUTE, CELL, in_xml, read_cell, reference
from xlkpi.workbook.live import order_of

if TYPE_CHECKING:
    from xlkpi.workbook.cell_places import CellPlaces
    from xlkpi.workbook.data_part import Marks
    from xlkpi.workbook.live import Value

Order = tuple[int, float | str]
Key = tuple[Order, ...]

#: Quantifiers that give nothing back halve the time.
_TYPE = rb'(?: t="\w+")?+'
_VALUE = rb'(?:<v>[^<]*+</v>|<is><t(?: xml:space="preserve")?+>[^<]*+</t></is>)'
_CONTENT = rb">%s</c>" % _VALUE
#: The same, or a formula with or without a value.
_THEIRS = rb">(?:<f(?:\s[^>]*+)?+(?:(?<=/)>|>[^<]*+</f>)%s?+|%s)</c>" % (_VALUE, _VALUE)
#: What rows say of themselves beside their height and their look.
PLAIN = (
    rb'\s(?:(?:spans|hidden|x14ac:dyDescent)="[^"]*+"|custom(?:Format|Height)="(?:0|false)"|'
    rb'collapsed="(?:0|false)"|outlineLevel="0")'
)
_ATTRIBUTE = re.compile(rb'\s[^\s"=]++="[^"]*+"')


@dataclass
class Found:
    """What is kept of usual rows: the keys, and the number and the cells of people's columns of those that have any."""

    keys: set[Key] = field(default_factory=set)
    cells: list[tuple[Key, int, list[tuple[int, bytes]]]] = field(default_factory=list)


class UsualRows:
    """Rows whose cells have the usual formats, in order, and carry the mark.

    ``columns``: the header and the usual format by column, from 1; ``look``: the usual height of rows. ``ours``:
    headers that xlkpi fills; ``marks``: how rows of ours are known.
    Cells written in another way than Excel, XlsxWriter, openpyxl, LibreOffice and xlkpi do are not recognised: such
    rows are read cell by cell.
    """

    def __init__(
        self, columns: Mapping[int, tuple[str, bytes]], ours: set[str], marks: Marks, strings: list[str],
        look: bytes = b"",
    ) -> None:  # fmt: skip
        mark, keys = marks.mark, marks.keys
        self._values = _written(marks.value, strings) if marks.value else []
        attributes = _attributes(look)
        self._other_row = re.compile(b"<row (?!%s)" % attributes)
        self._orders = _Orders(strings)
        cells: list[bytes] = []
        places: dict[str, int] = {}
        self._theirs: list[tuple[int, int]] = []  # columns of people's, and the groups of the pattern
        group = 2
        for number, (header, style) in columns.items():
            known = b'<c r="' + _begin([number], style)
            content = rb"%s(?:/>|%s)" % (_TYPE, _CONTENT)
            if header == mark:
                content = b"(?:%s)" % b"|".join(map(re.escape, self._values)) if marks.value else _TYPE + _CONTENT
            if header in keys:
                places[header] = group
                content = b"(%s)" % content
            if header in ours:
                known += content
            else:
                self._theirs.append((number, group))
                known = b"(%s%s(?:/>|%s))" % (known, _TYPE, _THEIRS)
            group += header in keys or header not in ours
            cells.append(known if header == mark else b"(?:%s)?+" % known)
        self._pattern = re.compile(b"<row %s%s</row>" % (attributes, b"".join(cells)))
        self._keys = [places[key] for key in keys]
        ours_by_style: dict[bytes, list[int]] = {}
        for number, (header, style) in columns.items():
            if header in ours:
                ours_by_style.setdefault(style, []).append(number)
        place, own = next((number, style) for number, (header, style) in columns.items() if header == mark)
        usual = b"|".join(_begin(numbers, style) for style, numbers in ours_by_style.items())
        inside = [value.partition(b">")[2] for value in self._values]
        self._telling = _telling(_begin([place], own), usual, inside)
        self._columns = [number for numbers in ours_by_style.values() for number in numbers], place

    def read(self, xml: bytes, at: int, last: int, kept: Found, *, keys: bool) -> tuple[int, int]:
        """Where the usual rows from a place on end, none of them after the row ``last``, and how many they are.

        What people put into columns of theirs is kept, and all keys where they are asked for.
        """
        match, groups, order, count = self._pattern.match, self._keys, self._orders.__getitem__, 0
        theirs = self._theirs
        while (found := match(xml, at)) is not None and int(found[1]) <= last:
            at = found.end()
            count += 1
            cells = [(n, cell) for n, group in theirs if (cell := found[group]) and not cell.endswith(b"/>")]
            if keys or cells:
                key = tuple([order(found[group]) for group in groups])
                if keys:
                    kept.keys.add(key)
                if cells:
                    kept.cells.append((key, int(found[1]), cells))
        return at, count

    def all(self, xml: bytes, count: int, *, formats: bool) -> bool:
        """Whether a piece of so many rows has none but usual ones that are blank in people's columns.

        If ``formats`` don't matter, whatever these are. Their keys are not read.
        """
        if not formats:
            known = sum(map(xml.count, self._values)) == count if self._values else True
            return known and self._places.only(xml, count)
        if self._other_row.search(xml):
            return False
        told = self._telling.findall(xml)
        return len(told) == count and not any(told)  # each row has one mark

    @cached_property
    def _places(self) -> CellPlaces:
        from xlkpi.workbook.cell_places import CellPlaces

        return CellPlaces(*self._columns)


def _attributes(look: bytes) -> bytes:
    """A row's number and what rows say beside it, and all of the look."""
    own = [re.escape(attribute) for attribute in _ATTRIBUTE.findall(look)]
    ahead = b"".join(b"(?=[^>]*%s)" % attribute for attribute in own)
    return rb'r="(\d++)"%s(?:%s)*+>' % (ahead, b"|".join([PLAIN, *own]))


def _begin(numbers: Sequence[int], style: bytes) -> bytes:
    """How a cell goes on, from its address, in one of some columns and with a format."""
    letters = b"|".join(reference(0, number - 1)[:-1] for number in numbers)
    known = rb'(?:%s)\d++"' % letters
    return known + (rb'(?: s="0")?+(?! s=)' if style == b"0" else rb' s="%s"' % style)


def _telling(mark: bytes, usual: bytes, inside: Sequence[bytes]) -> re.Pattern[bytes]:
    """A mark with a content, one of those ``inside`` where there are any; or, as group, a cell that is another than
    usual.
    """
    content = b"(?:%s)" % b"|".join(map(re.escape, inside)) if inside else b""
    return re.compile(rb'<c r="(?:(?=%s)[^>]*[^/>]>%s|(?!%s)(\w+))' % (mark, content, usual))


def _written(text: str, strings: Sequence[str]) -> list[bytes]:
    """A text in a cell, from its type on, as programs write it: in the cell, or by its number among those shared."""
    shared = [b' t="s"><v>%d</v></c>' % number for number, known in enumerate(strings) if known == text]
    return [b' t="inlineStr"><is><t>%s</t></is></c>' % in_xml(text), *shared]


class _Orders(dict[bytes | None, Order]):
    """Cells as parts of a key, from their type on; the same few dates and words stand in many rows."""

    def __init__(self, strings: list[str]) -> None:
        super().__init__()
        self._strings = strings

    def __missing__(self, written: bytes | None) -> Order:
        value: Value = None
        cell = CELL.fullmatch(b"<c" + written) if written else None
        if cell is not None and cell[2]:
            value = read_cell(dict(ATTRIBUTE.findall(cell[1])), cell[2], self._strings).value
        known = self[written] = order_of(value)
        return known
