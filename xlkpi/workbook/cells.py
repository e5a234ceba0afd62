"""The cells of a sheet's part: read with their formulas, and some of them changed while every other byte stays."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from typing import TYPE_CHECKING, NamedTuple
from xml.sax.saxutils import escape

from xlkpi.formula.nodata import NoData
from xlkpi.workbook.references import column_number

if TYPE_CHECKING:
    from xlkpi.workbook.live import Value
    from xlkpi.workbook.package import Package

#: A cell, and a row, of a sheet's part. Not possessive around a group: Python 3.11.2 finds nothing with that.
CELL = re.compile(rb"<c\b([^/>]*+(?:/(?!>)[^/>]*+)*)(?:/>|>([^<]*+(?:<(?!/c>)[^<]*+)*)</c>)")
ROW = re.compile(rb"<row\b([^/>]*+(?:/(?!>)[^/>]*+)*)(?:/>|>([^<]*+(?:<(?!/row>)[^<]*+)*)</row>)")
#: A cell's attributes as most programs write them.
_USUAL = re.compile(rb'\s+r="([A-Z]+)(\d+)"(?:\s+s="(\d+)")?(?:\s+t="(\w+)")?\s*')
ROW_NUMBER = re.compile(rb'\br="(\d+)"')
_END = b"</sheetData>"
ATTRIBUTE = re.compile(rb'([\w:]+)="([^"]*)"')
#: What is inside of most cells.
_INSIDE = re.compile(rb"(?:<f>([^<]*+)</f>)?+<v>([^<]*+)</v>")
_FORMULA = re.compile(rb"<f\b([^>]*?)(?:/>|>(.*?)</f>)", re.DOTALL)
_VALUE = re.compile(rb"<v\b[^>]*>(.*?)</v>", re.DOTALL)
_TEXT = re.compile(rb"<t\b[^>]*?(?:/>|>(.*?)</t>)", re.DOTALL)
_PHONETIC = re.compile(rb"<rPh\b.*?</rPh>", re.DOTALL)
_ITEM = re.compile(rb"<si\b[^>]*?(?:/>|>(.*?)</si>)", re.DOTALL)
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_ILLEGAL = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_STYLE = re.compile(rb'\s+s="\d*"')
_TYPE = re.compile(rb'\s+t="[^"]*"')

Address = tuple[int, int]


class Cell(NamedTuple):
    """What a cell holds: value, formula (None: none; empty: one that is shared with another cell) and style."""

    value: Value
    formula: str | None = None
    style: int = 0


#: Cells by row and column, from 0.
Cells = Mapping[Address, Cell]


@dataclass(frozen=True)
class Change:
    """What becomes of a cell: a value, and a formula where it has one; its style stays, where no other is given.

    ``keep``: its own formula.
    """

    value: Value
    formula: str | None = None
    keep: bool = False
    style: int | None = None


def read_strings(package: Package) -> list[str]:
    """The shared texts of a workbook."""
    part = package.part_of_kind("sharedStrings")
    return [_text(item[1] or b"") for item in _ITEM.finditer(package.read(part))] if part else []


def read_cells(package: Package, part: str, strings: list[str]) -> dict[Address, Cell]:
    """All cells of a sheet, blank ones with a format too."""
    return cells_of(package.read(part), strings)


def cells_of(xml: bytes, strings: list[str]) -> dict[Address, Cell]:
    """The same from a piece of a sheet's part."""
    found: dict[Address, Cell] = {}
    for match in CELL.finditer(xml):
        if (usual := _USUAL.fullmatch(match[1])) is not None:
            letters, row, style, kind = usual.groups()
            at = int(row) - 1, column_number(letters.decode()) - 1
            found[at] = _cell(kind or b"n", int(style or 0), match[2] or b"", strings)
            continue
        known = dict(ATTRIBUTE.findall(match[1]))
        if b"r" in known:
            found[address_of(known[b"r"])] = read_cell(known, match[2] or b"", strings)
    return found


def read_cell(known: Mapping[bytes, bytes], content: bytes, strings: list[str]) -> Cell:
    """A cell from its attributes and what is inside."""
    return _cell(known.get(b"t", b"n"), int(known.get(b"s", b"0")), content, strings)


def _cell(kind: bytes, style: int, content: bytes, strings: list[str]) -> Cell:
    if not content and kind == b"n":
        return Cell(None, None, style)
    formula: str | None = None
    if usual := _INSIDE.fullmatch(content):
        if usual[1] is not None:
            formula = unescape(usual[1].decode())
        return Cell(_written(kind, usual[2], strings), formula, style)
    if at := _FORMULA.search(content):
        formula = unescape((at[2] or b"").decode())
    return Cell(_value(kind, content, strings), formula, style)


def address_of(reference: bytes) -> Address:
    """The row and column, from 0, of an address such as ``C9``."""
    letters = reference.rstrip(b"0123456789")
    return int(reference[len(letters) :]) - 1, column_number(letters.decode()) - 1


def behind_rows(sheet: bytes) -> bytes:
    """What a sheet's part holds behind its cells: formats, checks, links; all of it where there are none."""
    return sheet[max(sheet.rfind(_END), 0) :]


def changed_cells(xml: bytes, changes: Mapping[Address, Change], styles: Mapping[Address, int] | None = None) -> bytes:
    """A sheet's part with some cells changed. Cells and rows that it lacks are put in, with the ``styles`` given."""
    wanted: dict[int, dict[bytes, tuple[int, Change]]] = {}
    for (at_row, column), change in changes.items():
        wanted.setdefault(at_row + 1, {})[reference(at_row, column)] = column, change

    def cell(found: re.Match[bytes], waiting: dict[bytes, tuple[int, Change]]) -> bytes:
        at = next((v for k, v in ATTRIBUTE.findall(found[1]) if k == b"r"), b"")
        if at not in waiting:
            return found[0]
        _, change = waiting.pop(at)
        formula = b""
        if change.keep and (own := _FORMULA.search(found[2] or b"")):
            formula = own[0]
        elif change.formula is not None:
            formula = b"<f>" + escape(change.formula).encode() + b"</f>"
        known = _TYPE.sub(b"", found[1])
        if change.style is not None:
            known = _STYLE.sub(b"", known).rstrip() + b' s="%d"' % change.style
        return b"<c" + cell_end(known, change.value, formula)

    def new(at: bytes, row: int, column: int, change: Change) -> bytes:
        style = (styles or {}).get((row - 1, column)) if change.style is None else change.style
        formula = b"" if change.formula is None else b"<f>" + escape(change.formula).encode() + b"</f>"
        known = b' r="' + at + b'"' + (b' s="%d"' % style if style else b"")
        return b"<c" + cell_end(known, change.value, formula)

    def filled(number: int, attributes: bytes, content: bytes) -> bytes:
        waiting = dict(wanted.pop(number))
        content = CELL.sub(lambda c: cell(c, waiting), content)
        if waiting:
            cells = [(address_of(_at(c[1]))[1], c[0]) for c in CELL.finditer(content)]
            cells += [(column, new(at, number, column, change)) for at, (column, change) in waiting.items()]
            content = b"".join(c for _, c in sorted(cells, key=lambda pair: pair[0]))
        return b"<row" + attributes + b">" + content + b"</row>"

    def whole_row(found: re.Match[bytes]) -> bytes:
        number = int(_at(found[1]) or b"0")
        before = b"".join(filled(n, b' r="%d"' % n, b"") for n in sorted(wanted) if n < number)
        return before + (filled(number, found[1], found[2] or b"") if number in wanted else found[0])

    begin = xml.find(b"<sheetData")
    end = xml.rfind(_END)
    if end < 0:  # a sheet without any cell
        empty = re.search(rb"<sheetData\s*/>", xml)
        assert empty is not None, "every sheet has sheetData"
        xml = xml[: empty.start()] + b"<sheetData></sheetData>" + xml[empty.end() :]
        end = empty.start() + len(b"<sheetData>")
    body = ROW.sub(whole_row, xml[begin:end])
    body += b"".join(filled(n, b' r="%d"' % n, b"") for n in sorted(wanted))
    return xml[:begin] + body + xml[end:]


def _at(attributes: bytes) -> bytes:
    return next((v for k, v in ATTRIBUTE.findall(attributes) if k == b"r"), b"")


def cell_end(attributes: bytes, value: Value, formula: bytes = b"") -> bytes:
    """A cell from its attributes (without its type) on."""
    if value is None and not formula:
        return attributes + b"/>"
    if isinstance(value, str) and not formula:
        space = b' xml:space="preserve"' if value != value.strip() or "\n" in value else b""
        return attributes + b' t="inlineStr"><is><t' + space + b">" + in_xml(value) + b"</t></is></c>"
    kind, shown = b"", b""
    if isinstance(value, NoData):
        kind, shown = b' t="e"', value.value.encode()
    elif isinstance(value, bool):
        kind, shown = b' t="b"', b"1" if value else b"0"
    elif isinstance(value, str) or value is None:
        kind, shown = b' t="str"', in_xml(value or "")
    else:
        shown = number_text(value)
    return attributes + kind + b">" + formula + b"<v>" + shown + b"</v></c>"


def number_text(value: float) -> bytes:
    """A number as files have it."""
    return (str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)).encode()


def in_xml(text: str) -> bytes:
    """A text as files have it: what XML can't hold as ``_xHHHH_``."""
    return escape(_ILLEGAL.sub(lambda c: f"_x{ord(c[0]):04X}_", text)).encode()


def reference(row: int, column: int) -> bytes:
    """An address such as ``C9``, from 0."""
    letters, number = "", column + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row + 1}".encode()


def _value(kind: bytes, content: bytes, strings: list[str]) -> Value:
    if kind == b"inlineStr":
        return _text(content)
    at = _VALUE.search(content)
    return None if at is None else _written(kind, at[1], strings)


def _written(kind: bytes, written: bytes, strings: list[str]) -> Value:
    if kind == b"n":
        return float(written) if written else None
    if kind == b"s":
        return strings[int(written)] if int(written) < len(strings) else None
    if kind == b"str":
        return _decoded(written)
    if kind == b"b":
        return written == b"1"
    if kind == b"e":
        code = _decoded(written)
        return next((error for error in NoData if error.value == code), NoData.MISSING)
    return _decoded(written)


def _text(content: bytes) -> str:
    """The text of an item, its pieces with formats of their own put together."""
    return "".join(_decoded(piece[1] or b"") for piece in _TEXT.finditer(_PHONETIC.sub(b"", content)))


def _decoded(written: bytes) -> str:
    return _ESCAPED.sub(lambda m: chr(int(m[1], 16)), unescape(written.decode()))
