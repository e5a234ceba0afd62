"""A workbook as its file has it, read without the libraries that write it."""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from xml.etree import ElementTree

Element = ElementTree.Element
Value = float | str | bool | None

_ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")
_ADDRESS = re.compile(r"([A-Z]{1,3})(\d+)")


def text_of(escaped: str) -> str:
    """Text without the escapes of characters that XML does not know."""
    return _ESCAPE.sub(lambda m: chr(int(m[1], 16)), escaped)


def column_number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def letters_of(number: int) -> str:
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def position(address: str) -> tuple[int, int]:
    """Row and column of an address, from 1."""
    found = _ADDRESS.fullmatch(address.replace("$", ""))
    assert found is not None, address
    return int(found[2]), column_number(found[1])


@dataclass(frozen=True)
class Range:
    """A range of cells, counted from 1, its last row and column included."""

    top: int
    left: int
    bottom: int
    right: int

    @classmethod
    def of(cls, reference: str) -> Range:
        first, _, last = reference.partition(":")
        return cls(*position(first), *position(last or first))

    def overlaps(self, other: Range) -> bool:
        return (
            self.top <= other.bottom
            and other.top <= self.bottom
            and self.left <= other.right
            and other.left <= self.right
        )

    def addresses(self, row: int) -> list[str]:
        """The addresses of one of its rows."""
        return [f"{letters_of(column)}{row}" for column in range(self.left, self.right + 1)]


@dataclass(frozen=True)
class SheetCell:
    """One cell. `kind` is the file's: n, s, str, inlineStr, b, e; `formula` is "" where another cell holds it."""

    address: str
    kind: str
    value: Value
    has_value: bool
    formula: str | None
    style: int


@dataclass
class Table:
    """An Excel table's definition, as its part has it."""

    name: str
    identifier: str
    sheet: str
    reference: str
    filter_reference: str | None
    header_rows: int
    totals_rows: int
    columns: dict[str, str | None] = field(default_factory=dict)
    repeated: list[str] = field(default_factory=list)

    @property
    def area(self) -> Range:
        return Range.of(self.reference)


@dataclass(frozen=True)
class Name:
    """A defined name; `sheet` is that of its scope, None for the workbook's."""

    name: str
    sheet: str | None
    formula: str
    hidden: bool


@dataclass(frozen=True)
class Relation:
    identifier: str
    kind: str
    target: str
    external: bool


class Sheet:
    """A worksheet: its XML, and its cells in the file's order."""

    def __init__(self, book: Book, name: str, state: str, part: str) -> None:
        self.book, self.name, self.state, self.part = book, name, state, part
        self.tree = book.tree(part)

    @cached_property
    def listed(self) -> list[SheetCell]:
        """Every cell as it stands in the file, twice if it stands there twice."""
        found, row = [], 0
        for e in (e for e in self.tree.iter() if local(e) == "row"):
            row, column = int(e.get("r", row + 1)), 0
            for cell in (c for c in e if local(c) == "c"):
                # Without an address, a cell stands right of the one before.
                column = position(cell.attrib["r"])[1] if "r" in cell.attrib else column + 1
                found.append(self._cell(cell, cell.get("r", f"{letters_of(column)}{row}")))
        return found

    @cached_property
    def cells(self) -> Mapping[str, SheetCell]:
        """Every cell by its address."""
        return {cell.address: cell for cell in self.listed}

    @property
    def visible(self) -> bool:
        return self.state == "visible"

    def elements(self, name: str) -> Iterator[Element]:
        """The elements of a name, in any namespace."""
        return (e for e in self.tree.iter() if local(e) == name)

    def related(self, kind: str) -> list[Relation]:
        return [r for r in self.book.relations(self.part) if r.kind == kind]

    def _cell(self, e: Element, address: str) -> SheetCell:
        kind = e.get("t", "n")
        formula = next((f for f in e if local(f) == "f"), None)
        value = next((v for v in e if local(v) == "v"), None)
        inline = next((i for i in e if local(i) == "is"), None)
        content: Value = None
        if inline is not None:
            content = text_of("".join(t.text or "" for t in inline.iter() if local(t) == "t"))
        elif value is not None:
            content = self._value(kind, value.text or "")
        text = None if formula is None else formula.text or ""
        return SheetCell(
            address, kind, content, (value is not None) or (inline is not None), text, int(e.get("s", "0"))
        )

    def _value(self, kind: str, text: str) -> Value:
        if kind == "s":
            return self.book.shared_strings[int(text)]
        if kind == "b":
            return text in ("1", "true")
        if kind in ("str", "e", "inlineStr"):
            return text_of(text)
        return float(text) if text else None


def local(element: Element) -> str:
    return element.tag.rsplit("}", 1)[-1]


class Book:
    """A workbook's package."""

    def __init__(self, path: Path) -> None:
        with zipfile.ZipFile(path) as file:
            self.parts = {name: file.read(name) for name in file.namelist()}
        self.part = next(r.target for r in self.relations("") if r.kind == "officeDocument")
        self.root = self.tree(self.part)

    def tree(self, part: str) -> Element:
        return ElementTree.fromstring(self.parts[part])

    def relations(self, part: str) -> list[Relation]:
        folder, name = posixpath.split(part)
        file = posixpath.join(folder, "_rels", f"{name}.rels")
        if file not in self.parts:
            return []
        return [
            Relation(
                e.get("Id", ""),
                e.get("Type", "").rsplit("/", 1)[-1],
                e.get("Target", "") if e.get("TargetMode") == "External" else _joined(folder, e.get("Target", "")),
                e.get("TargetMode") == "External",
            )
            for e in self.tree(file)
        ]

    @cached_property
    def sheets(self) -> list[Sheet]:
        """The worksheets in the order of their tabs."""
        parts = {r.identifier: r.target for r in self.relations(self.part) if r.kind == "worksheet"}
        found = []
        for e in self.root.iter():
            identifier = next((v for k, v in e.attrib.items() if k.endswith("}id")), None)
            if local(e) == "sheet" and identifier in parts:
                found.append(Sheet(self, e.get("name", ""), e.get("state", "visible"), parts[identifier]))
        return found

    @cached_property
    def shared_strings(self) -> list[str]:
        part = next((r.target for r in self.relations(self.part) if r.kind == "sharedStrings"), None)
        if part is None:
            return []
        return [
            text_of("".join(t.text or "" for t in item.iter() if local(t) == "t"))
            for item in self.tree(part)
            if local(item) == "si"
        ]

    @cached_property
    def names(self) -> list[Name]:
        sheets = [sheet.name for sheet in self.sheets]
        return [
            Name(
                e.get("name", ""),
                sheets[int(e.get("localSheetId", "0"))] if e.get("localSheetId") else None,
                e.text or "",
                e.get("hidden") in ("1", "true"),
            )
            for e in self.root.iter()
            if local(e) == "definedName"
        ]

    @cached_property
    def tables(self) -> list[Table]:
        return [self._table(sheet, r.target) for sheet in self.sheets for r in sheet.related("table")]

    @cached_property
    def number_formats(self) -> list[str]:
        """The number format of every cell style: a code, or the number of a built-in one."""
        part = next(r.target for r in self.relations(self.part) if r.kind == "styles")
        root = self.tree(part)
        codes = {e.get("numFmtId"): e.get("formatCode", "") for e in root.iter() if local(e) == "numFmt"}
        formats = next((e for e in root if local(e) == "cellXfs"), Element("none"))
        return [
            codes.get(e.get("numFmtId"), "" if e.get("numFmtId") == "0" else f"#{e.get('numFmtId')}") for e in formats
        ]

    def formulas(self) -> Iterator[tuple[str, str]]:
        """Every formula of the workbook with the place where it stands."""
        for sheet in self.sheets:
            for cell in sheet.listed:
                if cell.formula:
                    yield f"{sheet.name}!{cell.address}", cell.formula
            for e in sheet.tree.iter():
                # Conditional formats' and validations' formulas; those of extensions and sparklines are xm:f.
                if local(e) in ("formula", "formula1", "formula2") and e.text:
                    yield f"{sheet.name}: {local(e)}", e.text
                if e.tag.endswith("/excel/2006/main}f") and e.text:
                    yield f"{sheet.name}: xm:f", e.text
        for name in self.names:
            if not name.name.startswith("_xlnm."):
                yield f"name {name.name}", name.formula
        for table in self.tables:
            for column, formula in table.columns.items():
                if formula:
                    yield f"{table.name}[{column}]", formula
        for part in self.parts:
            if "/charts/chart" in part and part.endswith(".xml"):
                for e in self.tree(part).iter():
                    if e.tag.endswith("/chart}f") and e.text:
                        yield posixpath.basename(part), e.text

    def _table(self, sheet: Sheet, part: str) -> Table:
        root = self.tree(part)
        filter_ = next((e for e in root if local(e) == "autoFilter"), None)
        table = Table(
            root.get("displayName", ""),
            root.get("id", ""),
            sheet.name,
            root.get("ref", ""),
            None if filter_ is None else filter_.get("ref"),
            int(root.get("headerRowCount", "1")),
            int(root.get("totalsRowCount", "0")),
        )
        for e in root.iter():
            if local(e) == "tableColumn":
                name = text_of(e.get("name", ""))
                formula = next((f.text for f in e if local(f) == "calculatedColumnFormula"), None)
                if name.casefold() in {column.casefold() for column in table.columns}:
                    table.repeated.append(name)
                table.columns[name] = formula
        return table


def _joined(folder: str, target: str) -> str:
    return target[1:] if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
