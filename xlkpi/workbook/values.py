"""A copy of a scorecard that holds values only: what is seen on its pages, and nothing behind them.

No formula, hidden sheet, row or column, name, drop-down, table, provenance or property of the original is left; charts
hold their numbers themselves, and what a conditional format decided is decided for good.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterator, Mapping
from html import escape, unescape
from pathlib import Path

from xlkpi.workbook.chart_values import with_numbers
from xlkpi.workbook.conditions import Place, holds
from xlkpi.workbook.data_sheet import DATA, OBJECTIVES, SERIES
from xlkpi.workbook.live import Value
from xlkpi.workbook.package import CONTENT_TYPES, Package
from xlkpi.workbook.package_writer import PackageWriter
from xlkpi.workbook.references import column_number
from xlkpi.workbook.sheet_states import hidden_sheets
from xlkpi.workbook.target import replacing

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_TYPES = "application/vnd.openxmlformats-officedocument"

_SHEET_DATA = re.compile(r"<sheetData>(.*)</sheetData>|<sheetData\s*/>", re.DOTALL)
_ROW = re.compile(r"<row\b([^>]*?)(?:/>|>(.*?)</row>)", re.DOTALL)
_CELL = re.compile(r"<c\b([^>]*?)(?:/>|>(.*?)</c>)", re.DOTALL)
_VALUE = re.compile(r"<v\b[^>]*>(.*?)</v>", re.DOTALL)
_INLINE = re.compile(r"<is>.*?</is>", re.DOTALL)
_STRING = re.compile(r"<si\b[^>]*?(?:/>|>(.*?)</si>)", re.DOTALL)
_RUN = re.compile(r"<t\b[^>]*>(.*?)</t>", re.DOTALL)
_ATTRIBUTE = re.compile(r'([\w:]+)="([^"]*)"')
_COLUMN = re.compile(r"<col\b([^>]*?)/>")
_FORMATS = re.compile(r'<conditionalFormatting\b[^>]*?\bsqref="([^"]*)"[^>]*>(.*?)</conditionalFormatting>', re.DOTALL)
_RULE = re.compile(r"<cfRule\b([^>]*?)(?:/>|>(.*?)</cfRule>)", re.DOTALL)
_FORMULA = re.compile(r"<formula>(.*?)</formula>", re.DOTALL)
_DROP_DOWN = re.compile(r"\* ?&quot;\u25be ?&quot;")
_ADDRESS = re.compile(r"([A-Z]+)(\d+)")
#: What a sheet may hold beside its cells that works with others, or is of no use any more.
_DROPPED = re.compile(
    r"<(dataValidations|tableParts|hyperlinks|legacyDrawing|autoFilter|sheetProtection|extLst|protectedRanges)\b"
    r"(?:[^>]*/>|.*?</\1>)",
    re.DOTALL,
)


def write_values(
    source: Path,
    target: Path,
    *,
    title: str = "",
    omit: Collection[str] = (),
    silent: Collection[str] = (),
    colours: Mapping[str, str] | None = None,
) -> None:
    """Write the pages of a workbook as values. ``omit``: the names of sheets to leave out; ``silent``: texts that are
    blank in the copy, such as how to fill in cells; ``colours``: what stands for a colour, such as that of those cells.

    Hidden sheets and the sheets of data tables are left out anyway. Raises WorkbookError.
    """
    with Package(source) as package, replacing(target) as file:
        made = _Copy(package, set(omit), frozenset(silent), colours or {}).parts(title)
        writer = PackageWriter(file)
        for part, content in made.items():
            writer.stream(part, [content])
        writer.close()


class _Copy:
    def __init__(self, package: Package, omit: set[str], silent: frozenset[str], colours: Mapping[str, str]) -> None:
        self.package, self.silent, self.colours = package, silent, colours
        self.strings = self._shared_strings()
        self.read: dict[str, dict[Place, Value]] = {}
        behind = {package.tables[name].sheet for name in (DATA, OBJECTIVES, SERIES) if name in package.tables}
        self.sheets = {n: p for n, p in package.sheets.items() if n not in behind | hidden_sheets(package) | omit}

    def parts(self, title: str) -> dict[str, bytes]:
        """All parts of the copy by name, the list of content types first."""
        made: dict[str, bytes] = {}
        for number, part in enumerate(self.sheets.values(), start=1):
            made[f"xl/worksheets/sheet{number}.xml"] = self._sheet(part, first=number == 1).encode()
            self._drawings(part, f"xl/worksheets/sheet{number}.xml", made)
        for kind in ("styles", "theme"):
            if (found := self.package.part_of_kind(kind)) is not None:
                made[f"xl/{kind}.xml"] = self.package.read(found)
        if "xl/styles.xml" in made:
            made["xl/styles.xml"] = self._styles(made["xl/styles.xml"].decode()).encode()
        made["xl/workbook.xml"] = self._workbook().encode()
        targets = [("worksheet", f"worksheets/sheet{i}.xml") for i in range(1, len(self.sheets) + 1)]
        targets += [(kind, f"{kind}.xml") for kind in ("styles", "theme") if f"xl/{kind}.xml" in made]
        made["xl/_rels/workbook.xml.rels"] = _relations(targets).encode()
        made["docProps/core.xml"] = _core(title).encode()
        made["docProps/app.xml"] = _app().encode()
        made["_rels/.rels"] = _package_relations().encode()
        return {CONTENT_TYPES: _types(made).encode(), **made}

    # --- sheets --------------------------------------------------------------------------------------------------

    def _sheet(self, part: str, *, first: bool) -> str:
        words = self.package.read(part).decode()
        hidden = _hidden_columns(words)
        body = _SHEET_DATA.search(words)
        values: dict[Place, Value] = {}
        rows = "".join(self._rows(body[1] or "", hidden, values)) if body else ""
        words = _SHEET_DATA.sub(lambda _: f"<sheetData>{rows}</sheetData>", words)
        words = _FORMATS.sub(lambda found: _decided(found[1], found[2], values), words)
        words = _DROPPED.sub("", words)
        words = _COLUMN.sub(lambda found: "" if 'hidden="1"' in found[0] else found[0], words)
        words = words.replace("<cols></cols>", "")
        words = re.sub(r' tabSelected="1"', "", words)
        return words.replace("<sheetView ", '<sheetView tabSelected="1" ', 1) if first else words

    def _styles(self, words: str) -> str:
        """The styles without the mark of drop-downs, and with the colours that stand for others."""
        for colour, other in self.colours.items():
            words = words.replace(f'rgb="FF{colour.lstrip("#")}"', f'rgb="FF{other.lstrip("#")}"')
        return _DROP_DOWN.sub("", words)

    def _rows(self, body: str, hidden: set[int], values: dict[Place, Value]) -> Iterator[str]:
        for row in _ROW.finditer(body):
            about = dict(_ATTRIBUTE.findall(row[1]))
            cells = []
            for cell in _CELL.finditer(row[2] or ""):
                attributes = dict(_ATTRIBUTE.findall(cell[1]))
                place = _place(attributes["r"])
                written, values[place] = self._cell(attributes, cell[2] or "")
                if values[place] in self.silent:
                    written = self._cell(attributes, "")[0]
                if place[1] not in hidden:
                    cells.append(written)
            if about.get("hidden") not in ("1", "true"):
                yield f"<row{row[1].rstrip('/')}>{''.join(cells)}</row>"

    def _cell(self, attributes: Mapping[str, str], content: str) -> tuple[str, Value]:
        """A cell without its formula, and its value."""
        head = f'<c r="{attributes["r"]}"' + (f' s="{attributes["s"]}"' if "s" in attributes else "")
        kind, found = attributes.get("t", "n"), _VALUE.search(content)
        if kind == "inlineStr" and (inline := _INLINE.search(content)):
            return f'{head} t="inlineStr">{inline[0]}</c>', _plain(inline[0])
        if found is None or found[1] == "":
            return f"{head}/>", None
        if kind == "s":
            inner = self.strings[int(found[1])]
            return f'{head} t="inlineStr"><is>{inner}</is></c>', _plain(inner)
        if kind == "str":
            value = unescape(found[1])
            return f'{head} t="inlineStr"><is>{_text(value)}</is></c>', value
        if kind in ("e", "b"):
            return f'{head} t="{kind}">{found[0]}</c>', found[1] == "1" if kind == "b" else None
        return f"{head}>{found[0]}</c>", float(found[1])

    def _shared_strings(self) -> list[str]:
        part = self.package.part_of_kind("sharedStrings")
        return [m[1] or "<t/>" for m in _STRING.finditer(self.package.read(part).decode())] if part else []

    # --- drawings ------------------------------------------------------------------------------------------------

    def _drawings(self, part: str, made_as: str, made: dict[str, bytes]) -> None:
        """Copy what a sheet or a drawing shows: drawings, charts with their numbers, pictures."""
        kept = []
        for id, relation in self.package.relations(part).items():
            if relation.external or relation.kind not in ("drawing", "chart", "image"):
                continue
            kept.append((id, relation.kind, posixpath.relpath(relation.target, posixpath.dirname(made_as))))
            if relation.target in made:
                continue
            content = self.package.read(relation.target)
            if relation.kind == "chart":
                content = with_numbers(content.decode(), self._cells).encode()
            elif relation.kind == "drawing":
                content = re.sub(r' (?:textlink|macro)="[^"]*"', _emptied, content.decode()).encode()
            made[relation.target] = content
            self._drawings(relation.target, relation.target, made)
        if kept:
            folder, name = posixpath.split(made_as)
            made[f"{folder}/_rels/{name}.rels"] = _relations(
                [(k, t) for _, k, t in kept], [i for i, _, _ in kept]
            ).encode()

    def _cells(self, sheet: str, reference: str) -> list[Value]:
        """The values of a range of the original, along its rows; errors are blanks."""
        if sheet not in self.read:
            values: dict[Place, Value] = {}
            body = _SHEET_DATA.search(self.package.read(self.package.sheets[sheet]).decode())
            for _ in self._rows(body[1] or "", set(), values) if body else ():
                pass  # read for the values alone
            self.read[sheet] = values
        (top, left), (bottom, right) = _box(reference.replace("$", ""))
        return [self.read[sheet].get((r, c)) for r in range(top, bottom + 1) for c in range(left, right + 1)]

    def _workbook(self) -> str:
        sheets = "".join(
            f'<sheet name="{escape(name)}" sheetId="{i}" r:id="rId{i}"/>' for i, name in enumerate(self.sheets, start=1)
        )
        return (
            f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}"><workbookPr/><bookViews><workbookView '
            f'xWindow="240" yWindow="15" windowWidth="36000" windowHeight="22500"/></bookViews>'
            f"<sheets>{sheets}</sheets></workbook>"
        )


def _decided(ranges: str, rules: str, values: Mapping[Place, Value]) -> str:
    """Conditional formats as they come out: always, in the cells where they hold; bars stay bars."""
    boxes = [_box(piece) for piece in ranges.split()]
    top, left = boxes[0][0]
    out = []
    for rule in _RULE.finditer(rules):
        formula = _FORMULA.search(rule[2] or "")
        if formula is None:
            if "extLst" not in (rule[2] or ""):
                out.append(f'<conditionalFormatting sqref="{ranges}">{rule[0]}</conditionalFormatting>')
            else:
                bare = re.sub(r"<extLst>.*?</extLst>", "", rule[0], flags=re.DOTALL)
                out.append(f'<conditionalFormatting sqref="{ranges}">{bare}</conditionalFormatting>')
            continue
        condition = unescape(formula[1])
        cells = [
            (row, column)
            for (first, from_column), (last, to_column) in boxes
            for row in range(first, last + 1)
            for column in range(from_column, to_column + 1)
            if holds(condition, values, (row - top, column - left))
        ]
        if cells:
            always = _FORMULA.sub("<formula>TRUE</formula>", rule[0], count=1)
            places = " ".join(_name(*place) for place in cells)
            out.append(f'<conditionalFormatting sqref="{places}">{always}</conditionalFormatting>')
    return "".join(out)


def _hidden_columns(words: str) -> set[int]:
    found: set[int] = set()
    for column in _COLUMN.finditer(words):
        about = dict(_ATTRIBUTE.findall(column[1]))
        if about.get("hidden") in ("1", "true"):
            found |= set(range(int(about["min"]), int(about["max"]) + 1))
    return found


def _emptied(found: re.Match[str]) -> str:
    return found[0].split('"')[0] + '""'


def _box(reference: str) -> tuple[Place, Place]:
    first, _, last = reference.partition(":")
    return _place(first), _place(last or first)


def _place(address: str) -> Place:
    found = _ADDRESS.fullmatch(address)
    assert found is not None, address
    return int(found[2]), column_number(found[1])


def _name(row: int, column: int) -> str:
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row}"


def _plain(rich: str) -> str:
    return unescape("".join(_RUN.findall(rich)))


def _text(value: str) -> str:
    space = ' xml:space="preserve"' if value != value.strip() or "\n" in value else ""
    return f"<t{space}>{escape(value, quote=False)}</t>"


# --- the package -----------------------------------------------------------------------------------------------------


def _relations(targets: list[tuple[str, str]], ids: list[str] | None = None) -> str:
    ids = ids or [f"rId{i}" for i in range(1, len(targets) + 1)]
    lines = "".join(
        f'<Relationship Id="{id}" Type="{_RELATIONS}/{kind}" Target="{escape(target)}"/>'
        for id, (kind, target) in zip(ids, targets, strict=True)
    )
    return f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{lines}</Relationships>'


def _package_relations() -> str:
    return (
        f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/>'
        f'<Relationship Id="rId2" Type="{_PACKAGE}/relationships/metadata/core-properties" Target="docProps/core.xml"/>'
        f'<Relationship Id="rId3" Type="{_RELATIONS}/extended-properties" Target="docProps/app.xml"/>'
        "</Relationships>"
    )


def _core(title: str) -> str:
    return (
        f'{_HEAD}<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties" '
        f'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>{escape(title)}</dc:title></cp:coreProperties>'
    )


def _app() -> str:
    """Which program's defaults hold in the charts: those of the program that XlsxWriter names."""
    return (
        f'{_HEAD}<Properties xmlns="{_RELATIONS.rsplit("/", 1)[0]}/extended-properties">'
        "<Application>Microsoft Excel</Application><AppVersion>12.0000</AppVersion></Properties>"
    )


def _types(made: Mapping[str, bytes]) -> str:
    kinds = {
        "xl/workbook.xml": f"{_TYPES}.spreadsheetml.sheet.main+xml",
        "xl/styles.xml": f"{_TYPES}.spreadsheetml.styles+xml",
        "xl/theme.xml": f"{_TYPES}.theme+xml",
        "docProps/core.xml": "application/vnd.openxmlformats-package.core-properties+xml",
        "docProps/app.xml": f"{_TYPES}.extended-properties+xml",
    }  # fmt: skip
    folders = {
        "xl/worksheets": f"{_TYPES}.spreadsheetml.worksheet+xml", "xl/charts": f"{_TYPES}.drawingml.chart+xml",
        "xl/drawings": f"{_TYPES}.drawing+xml",
    }  # fmt: skip
    pictures = {"png": "image/png", "jpeg": "image/jpeg", "jpg": "image/jpeg", "gif": "image/gif", "emf": "image/x-emf"}
    defaults = {"rels": "application/vnd.openxmlformats-package.relationships+xml", "xml": "application/xml"}
    defaults |= {end: kind for end, kind in pictures.items() if any(part.endswith(f".{end}") for part in made)}
    lines = "".join(f'<Default Extension="{end}" ContentType="{kind}"/>' for end, kind in defaults.items())
    for part in made:
        kind = kinds.get(part) or (folders.get(posixpath.dirname(part)) if part.endswith(".xml") else None)
        if kind:
            lines += f'<Override PartName="/{escape(part)}" ContentType="{kind}"/>'
    return f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types">{lines}</Types>'
