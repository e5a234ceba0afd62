"""A workbook's package as people change it in Excel: cells typed and restyled, sheets added, renamed and moved.

    with Edited(path) as book:
        put_cell(book, "Notes", "E11", "Seen")
        rename_sheet(book, "Data", "Figures")

None of it goes through the product, nor through a library that would leave out what it does not know.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Callable, Mapping
from functools import partial
from html import unescape
from pathlib import Path
from typing import Self
from xml.sax.saxutils import escape, quoteattr

from tests.checks.reading import position

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
MICROSOFT = "http://schemas.microsoft.com/office"
DRAWING = "http://schemas.openxmlformats.org/drawingml/2006"
TYPES = "[Content_Types].xml"
SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml"
#: What may stand behind a sheet's cells, in its order.
ORDER = (
    "sheetCalcPr", "sheetProtection", "protectedRanges", "scenarios", "autoFilter", "sortState", "dataConsolidate",
    "customSheetViews", "mergeCells", "phoneticPr", "conditionalFormatting", "dataValidations", "hyperlinks",
    "printOptions", "pageMargins", "pageSetup", "headerFooter", "rowBreaks", "colBreaks", "customProperties",
    "cellWatches", "ignoredErrors", "smartTags", "drawing", "legacyDrawing", "legacyDrawingHF", "picture",
    "oleObjects", "controls", "webPublishItems", "tableParts", "extLst",
)  # fmt: skip

Content = float | str


class Edited:
    """A workbook's parts, saved at the end."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with zipfile.ZipFile(path) as file:
            self.parts = {name: file.read(name) for name in file.namelist()}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self.save(self.path)

    def save(self, path: Path) -> None:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
            for name, content in self.parts.items():
                file.writestr(name, content)

    def text(self, part: str) -> str:
        return self.parts[part].decode()

    def change(self, part: str, change: Callable[[str], str]) -> None:
        old = self.text(part)
        new = change(old)
        assert new != old, part
        self.parts[part] = new.encode()

    @property
    def workbook(self) -> str:
        return next(target for _, kind, target in self.relations("") if kind == "officeDocument")

    @property
    def sheets(self) -> dict[str, str]:
        """The parts of the sheets by name, in their order."""
        targets = {id: target for id, _, target in self.relations(self.workbook)}
        found = {}
        for tag in re.findall(r"<(?:\w+:)?sheet\s[^>]*>", self.text(self.workbook)):
            known = attributes(tag)
            found[unescape(known["name"])] = targets[known["r:id"]]
        return found

    def relations(self, part: str) -> list[tuple[str, str, str]]:
        """Id, the last word of the kind, and target of every relation of a part."""
        file = relations_of(part)
        found = []
        for tag in re.findall(r"<Relationship\s[^>]*>", self.text(file)) if file in self.parts else []:
            known = attributes(tag)
            target = known["Target"]
            if known.get("TargetMode") != "External":
                folder = posixpath.dirname(part)
                target = target[1:] if target[0] == "/" else posixpath.normpath(posixpath.join(folder, target))
            found.append((known["Id"], known["Type"].rsplit("/", 1)[-1], target))
        return found

    def related(self, part: str, kind: str) -> str | None:
        return next((target for _, k, target in self.relations(part) if k == kind), None)

    def free(self, pattern: str) -> str:
        """The first name of a part that is free, such as ``xl/charts/chart{}.xml``."""
        taken = {part.casefold() for part in self.parts}
        return next(name for n in range(1, 1_000) if (name := pattern.format(n)).casefold() not in taken)

    def add(self, part: str, content: str | bytes, kind: str | None = None) -> str:
        """A new part, with its content type where it has one of its own."""
        self.parts[part] = content.encode() if isinstance(content, str) else content
        if kind:
            override = f'<Override PartName="/{part}" ContentType="{kind}"/></Types>'
            self.change(TYPES, lambda xml: xml.replace("</Types>", override))
        return part

    def extension(self, ending: str, kind: str) -> None:
        """The content type of all parts with an ending."""
        if f'Extension="{ending}"' not in self.text(TYPES):
            default = f'<Default Extension="{ending}" ContentType="{kind}"/>'
            self.change(TYPES, lambda xml: re.sub(r"(<Types\b[^>]*>)", rf"\1{default}", xml, count=1))

    def relate(self, part: str, target: str, kind: str) -> str:
        """A relation from a part to another; gives its id."""
        file = relations_of(part)
        if file not in self.parts:
            self.parts[file] = f'{HEAD}<Relationships xmlns="{PACKAGE}"></Relationships>'.encode()
        if self.text(file).endswith("/>"):
            self.change(file, lambda xml: xml.removesuffix("/>") + "></Relationships>")
        taken = {id for id, _, _ in self.relations(part)}
        id = next(name for n in range(1, 10_000) if (name := f"rId{n}") not in taken)
        relation = f'<Relationship Id="{id}" Type="{kind}" Target="/{target}"/></Relationships>'
        self.change(file, lambda xml: xml.replace("</Relationships>", relation))
        return id

    def after_cells(self, part: str, element: str, *, into: bool = False) -> None:
        """Put an element behind a sheet's cells, where its kind has its place; ``into`` the one that is there."""
        kind = re.match(r"<(\w+)", element)
        assert kind is not None, element
        xml = self.text(part)
        at = xml.rindex("</sheetData>") + 12 if "</sheetData>" in xml else xml.rindex("<sheetData/>") + 12
        if into and (end := xml.find(f"</{kind[1]}>", at)) >= 0:
            inner = element[element.index(">") + 1 : element.rindex("<")]
            opening = xml.rindex(f"<{kind[1]}", at, end)
            start = re.sub(r'\scount="\d+"', "", xml[opening : xml.index(">", opening)])
            xml = xml[:opening] + start + xml[xml.index(">", opening) : end] + inner + xml[end:]
        else:
            later = ORDER[ORDER.index(kind[1]) + 1 :]
            places = [m.start() for m in re.finditer(rf"<(?:{'|'.join(later)})\b", xml[at:])] if later else []
            at += min(places, default=xml.rindex("</worksheet>") - at)
            xml = xml[:at] + element + xml[at:]
        if "r:id=" in element and "xmlns:r=" not in xml:
            xml = xml.replace("<worksheet ", f'<worksheet xmlns:r="{RELATIONS}" ', 1)
        self.parts[part] = xml.encode()


HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


def relations_of(part: str) -> str:
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{name}.rels")


def attributes(tag: str) -> dict[str, str]:
    return dict(re.findall(r'([\w:]+)="([^"]*)"', tag))


# --- cells and sheets ------------------------------------------------------------------------------------------------


def cell_xml(address: str, content: Content | None, style: str = "", cached: Content | None = None) -> str:
    style = f' s="{style}"' if style else ""
    if content is None:
        return f'<c r="{address}"{style}/>'
    if isinstance(content, str) and content.startswith("="):
        kind = ' t="str"' if isinstance(cached, str) else ""
        value = "" if cached is None else f"<v>{escape(str(cached))}</v>"
        return f'<c r="{address}"{style}{kind}><f>{escape(content[1:])}</f>{value}</c>'
    if isinstance(content, str):
        return f'<c r="{address}"{style} t="inlineStr"><is><t xml:space="preserve">{escape(content)}</t></is></c>'
    return f'<c r="{address}"{style}><v>{content!r}</v></c>'


_ROW = re.compile(r"<row\b([^>]*?)(?:/>|>(.*?)</row>)", re.DOTALL)
_CELL = re.compile(r"<c\b([^>]*?)(?:/>|>.*?</c>)", re.DOTALL)


def put_cell(
    book: Edited, sheet: str, address: str, content: Content | None, *, style: str | None = None,
    cached: Content | None = None,
) -> None:  # fmt: skip
    """Type something into a cell; its format stays unless another is given."""
    part, (number, column) = book.sheets[sheet], position(address)
    xml = book.text(part)
    rows = {int(attributes(m[1])["r"]): m for m in _ROW.finditer(xml)}
    found = rows.get(number)
    cells: dict[int, str] = {}
    for cell in _CELL.finditer(found[2] or "") if found else ():
        cells[position(attributes(cell[1])["r"])[1]] = cell[0]
    before = re.match(r"<c\b([^>]*)", cells.get(column, ""))
    look = style if style is not None else attributes(before[1]).get("s", "") if before else ""
    cells[column] = cell_xml(address, content, look, cached)
    known = re.sub(r'\sspans="[^"]*"', "", found[1]) if found else f' r="{number}"'
    row = f"<row{known}>" + "".join(cells[n] for n in sorted(cells)) + "</row>"
    if found:
        xml = xml[: found.start()] + row + xml[found.end() :]
    else:
        xml = xml.replace("<sheetData/>", "<sheetData></sheetData>")
        later = [m.start() for n, m in rows.items() if n > number]
        at = min(later, default=xml.rindex("</sheetData>"))
        xml = xml[:at] + row + xml[at:]
    book.parts[part] = xml.encode()


def restyle(book: Edited, sheet: str, address: str, style: str) -> None:
    """Give a cell another of the workbook's formats."""
    part = book.sheets[sheet]

    def change(found: re.Match[str]) -> str:
        known = re.sub(r'\ss="\d+"', "", found[1])
        return f'<c{known} s="{style}"' + found[0][2 + len(found[1]) :]

    pattern = rf'<c\b([^>]*?\br="{address}"[^>/]*)(?=/?>)'
    book.parts[part] = re.sub(pattern, change, book.text(part), count=1).encode()


def add_sheet(
    book: Edited, name: str, cells: Mapping[str, Content], cached: Mapping[str, Content] | None = None
) -> str:
    """A sheet at the end; contents that begin with = are formulas. Gives its part."""
    rows: dict[int, dict[int, str]] = {}
    for address, content in cells.items():
        row, column = position(address)
        rows.setdefault(row, {})[column] = cell_xml(address, content, "", (cached or {}).get(address))
    data = "".join(f'<row r="{n}">{"".join(c[k] for k in sorted(c))}</row>' for n, c in sorted(rows.items()))
    part = book.add(
        book.free("xl/worksheets/sheet{}.xml"),
        f'{HEAD}<worksheet xmlns="{MAIN}" xmlns:r="{RELATIONS}"><sheetData>{data}</sheetData>'
        '<pageMargins left="0.7" right="0.7" top="0.75" bottom="0.75" header="0.3" footer="0.3"/></worksheet>',
        f"{SPREADSHEET}.worksheet+xml",
    )
    id = book.relate(book.workbook, part, f"{RELATIONS}/worksheet")
    numbers = [int(n) for n in re.findall(r'sheetId="(\d+)"', book.text(book.workbook))]
    sheet = f'<sheet name={quoteattr(name)} sheetId="{max(numbers) + 1}" r:id="{id}"/></sheets>'
    book.change(book.workbook, lambda xml: xml.replace("</sheets>", sheet, 1))
    return part


def rename_sheet(book: Edited, old: str, new: str) -> None:
    """As Excel does it: in every formula, name, series and pivot source; links to places stay as they are."""
    was, now = f"name={quoteattr(old)}", f"name={quoteattr(new)}"
    book.change(book.workbook, lambda xml: re.sub(r"<sheet\s[^>]*>", lambda m: m[0].replace(was, now), xml))
    quoted = "'" + new.replace("'", "''") + "'!"
    _in_formulas(book, _before(old), quoted)
    for name in [p for p in book.parts if "pivotCacheDefinition" in p and p.endswith(".xml")]:
        book.parts[name] = book.text(name).replace(f"sheet={quoteattr(old)}", f"sheet={quoteattr(new)}").encode()


def delete_sheet(book: Edited, name: str) -> None:
    """As Excel does it: with its tables and drawings; what referred to it leads nowhere, but for links to places."""
    part, number, count = book.sheets[name], list(book.sheets).index(name), len(book.sheets)
    gone = [part]
    for at in gone:
        gone += [target for _, kind, target in book.relations(at) if target in book.parts and kind != "image"]
    relation = next(id for id, _, target in book.relations(book.workbook) if target == part)
    for file, pattern in (
        (relations_of(book.workbook), rf'<Relationship\s(?=[^>]*Id="{relation}")[^>]*>'),
        (book.workbook, rf"<sheet\s[^>]*{re.escape(f'name={quoteattr(name)}')}[^>]*>"),
        (TYPES, rf'<Override\s[^>]*PartName="/(?:{"|".join(map(re.escape, gone))})"[^>]*>'),
    ):
        book.change(file, partial(re.sub, pattern, ""))
    for file in {*gone, *map(relations_of, gone)} & book.parts.keys():
        del book.parts[file]
    xml = re.sub(rf'<definedName\s[^>]*localSheetId="{number}"[^>]*>[^<]*</definedName>', "", book.text(book.workbook))
    place = {n: n - (n > number) for n in range(count)}
    for attribute in ("localSheetId", "activeTab", "firstSheet"):
        xml = re.sub(rf'{attribute}="(\d+)"', _renumbered(attribute, place), xml)
    book.parts[book.workbook] = xml.encode()
    _in_formulas(book, _before(name) + r"\$?[A-Z]+\$?\d+(?::\$?[A-Z]+\$?\d+)?", "#REF!")


def _before(sheet: str) -> str:
    """What stands before an address on a sheet."""
    return rf"(?:'{re.escape(sheet.replace(chr(39), chr(39) * 2))}'|(?<![\w.']){re.escape(sheet)})!"


def _in_formulas(book: Edited, pattern: str, new: str) -> None:
    """Change every formula, name and series; texts in them stay."""

    def formula(found: re.Match[str]) -> str:
        pieces = re.split(r'("(?:[^"]|"")*")', unescape(found[2]))
        pieces = [p if p.startswith('"') else re.sub(pattern, lambda _: new, p) for p in pieces]
        return found[1] + escape("".join(pieces)) + found[3]

    tags = r"(?:c:)?f|xm:f|definedName|formula[12]?|calculatedColumnFormula|totalsRowFormula"
    for name in list(book.parts):
        if name == book.workbook or re.search(r"(worksheets|charts|tables)/[^/]+\.xml$", name):
            xml = re.sub(rf"(<(?:{tags})\b[^>/]*>)([^<]+)(</)", formula, book.text(name))
            book.parts[name] = xml.encode()


def _renumbered(attribute: str, place: Mapping[int, int]) -> Callable[[re.Match[str]], str]:
    return lambda found: f'{attribute}="{place[int(found[1])]}"'


def move_sheet(book: Edited, name: str, to: int) -> None:
    """Put a sheet at another place; names of one sheet only know it by its place."""
    names = list(book.sheets)
    order = [n for n in names if n != name]
    order.insert(to, name)
    xml = book.text(book.workbook)
    tags = dict(zip(names, re.findall(r"<sheet\s[^>]*/>", xml), strict=True))
    xml = re.sub(r"(<sheets>).*?(</sheets>)", lambda m: m[1] + "".join(tags[n] for n in order) + m[2], xml, flags=re.S)
    place = {old: order.index(n) for old, n in enumerate(names)}
    for attribute in ("localSheetId", "activeTab", "firstSheet"):
        xml = re.sub(rf'{attribute}="(\d+)"', _renumbered(attribute, place), xml)
    book.parts[book.workbook] = xml.encode()
