"""What makes Excel repair or misread a workbook, and the SDK validator misses; and what a good workbook has.

    python -m tests.checks.lint FILE [--modern] [--pages]

`lint(path)` gives the findings, each with the name of its rule. The rules are the functions of `RULES`, `PAGE_RULES`.
"""

from __future__ import annotations

import argparse
import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tests.checks import formulas
from tests.checks.reading import Book, Element, Range, Table, local

MAX_LIST = 255
MAX_SHEET_NAME = 31
EXCEL_2016 = 2016
_NAME = re.compile(r"(?:[^\W\d]|\\)[\w.\\?]{0,254}")
_CELL_LIKE = re.compile(r"\$?[A-Z]{1,3}\$?\d{1,7}|R\d*|C\d*|R\d*C\d*", re.IGNORECASE)
_BUILT_IN = "_xlnm."
_SHEET_SIGNS = re.compile(r"[\[\]:*?/\\]|^'|'$")
_MACHINE_PATH = re.compile(
    r"(?<![\w./:-])/(?:home|root|tmp|work|Users|var|opt|mnt|srv)/[\w.-]|\b[A-Za-z]:\\\\?\w|file:///|absPath",
    re.IGNORECASE,
)
_WITHOUT_BARS = re.compile(r"\"[^\"]*\"|'[^']*'(?=!)|\[[^\]]*\]")
_COLUMN = re.compile(r"\[((?:'.|[^\[\]'])+)\]")
_QUOTED = re.compile(r"'(.)")


class Finding(NamedTuple):
    """One fault: the rule that found it, where, and what it is."""

    rule: str
    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.where}: {self.what}"


Found = Iterator[tuple[str, str]]


@dataclass(frozen=True)
class Options:
    """`newest`: the newest version of Excel whose functions are allowed, as in functions.txt (365 is 2365)."""

    newest: int = EXCEL_2016


def lint(path: Path, *, modern: bool = False, pages: bool = False) -> list[Finding]:
    """The findings of all rules. `modern` allows functions newer than Excel 2016; `pages` adds the rules for pages
    that managers read and print: print areas, repeated header rows, alternative texts, titles."""
    book = Book(path)
    options = Options(newest=9999 if modern else EXCEL_2016)
    rules = {**RULES, **(PAGE_RULES if pages else {})}
    return [Finding(name, where, what) for name, rule in rules.items() for where, what in rule(book, options)]


def grammar(book: Book, _: Options) -> Found:
    """Formulas parse: operators, parentheses and separators stand where they may."""
    for where, formula in book.formulas():
        for fault in formulas.parse(formula).faults:
            yield where, f"{fault} in {formula[:80]}"


def functions(book: Book, _: Options) -> Found:
    """Functions exist, and newer ones have their prefix _xlfn."""
    own = {name.name.upper() for name in book.names}
    for where, formula in book.formulas():
        for call in formulas.parse(formula).calls:
            name = formulas.plain_name(call.name)
            wanted = formulas.written(name)
            if wanted is None and name not in own and not call.name.startswith(formulas.PARAMETER):
                yield where, f"Excel has no function {name}"
            elif wanted is not None and call.name.upper() != wanted.upper():
                yield where, f"{call.name} must be written {wanted}"
            for parameter in formulas.bare_parameters(call):
                yield where, f"the parameter {parameter} must be written {formulas.PARAMETER}{parameter}"


def newest(book: Book, options: Options) -> Found:
    """No function is newer than the oldest Excel that the workbook is for."""
    for where, formula in book.formulas():
        for call in formulas.parse(formula).calls:
            name = formulas.plain_name(call.name)
            if formulas.versions().get(name, 0) > options.newest:
                yield where, f"{name} is newer than Excel {options.newest}"


def references(book: Book, _: Options) -> Found:
    """Names, sheets, tables and columns in formulas exist; a table's own rows are named with the table."""
    sheets = {sheet.name.casefold() for sheet in book.sheets}
    tables = {table.name.casefold(): table for table in book.tables}
    names = {name.name.casefold() for name in book.names}
    for where, formula in book.formulas():
        parsed = formulas.parse(formula)
        parameters = {t.text.casefold() for t in parsed.tokens if t.text.startswith(formulas.PARAMETER)}
        after_sheet = {id(second) for first, second in itertools.pairwise(parsed.tokens) if first.kind == "sheet"}
        for token in parsed.tokens:
            text = token.text
            if token.kind == "sheet" and not text.startswith("["):
                plain = text[:-1].strip("'").replace("''", "'") if text.startswith("'") else text[:-1]
                if plain.casefold() not in sheets:
                    yield where, f"there is no sheet {plain}"
            elif token.kind == "table":
                yield from ((where, what) for what in _table_faults(text, tables))
            elif token.kind == "name" and id(token) not in after_sheet:
                if text.casefold() not in names | parameters | set(tables):
                    yield where, f"there is no name {text}"
            elif token.kind == "error" and text == "#REF!":
                yield where, f"a reference is lost in {formula[:80]}"


def _table_faults(text: str, tables: dict[str, Table]) -> Iterator[str]:
    name, _, rest = text.partition("[")
    if not name:
        yield f"{text} must begin with the name of its table"
        return
    if name.casefold() not in tables:
        yield f"there is no table {name}"
        return
    columns = {column.casefold() for column in tables[name.casefold()].columns}
    inner = _COLUMN.findall(rest[:-1]) or ([rest[:-1]] if rest != "]" else [])
    for column in inner:
        plain = _QUOTED.sub(r"\1", column)
        if not column.startswith("#") and plain.casefold() not in columns:
            yield f"{name} has no column {plain}"


def defined_names(book: Book, _: Options) -> Found:
    """Names are legal, unlike cells, and unique with the tables' names."""
    seen: dict[tuple[str | None, str], str] = {}
    taken = {table.name.casefold() for table in book.tables}
    for name in book.names:
        if name.name.startswith(_BUILT_IN):
            continue
        if not _NAME.fullmatch(name.name) or _CELL_LIKE.fullmatch(name.name):
            yield name.name, "not a legal name, or like a cell"
        key = (name.sheet, name.name.casefold())
        if key in seen or (name.sheet is None and name.name.casefold() in taken):
            yield name.name, "defined twice, or also the name of a table"
        seen[key] = name.name


def tables(book: Book, _: Options) -> Found:
    """Tables have legal names of their own, and columns that the header cells repeat."""
    seen: set[str] = set()
    numbers: set[str] = set()
    for table in book.tables:
        if not _NAME.fullmatch(table.name) or _CELL_LIKE.fullmatch(table.name):
            yield table.name, "not a legal name, or like a cell"
        if table.name.casefold() in seen or table.identifier in numbers:
            yield table.name, "its name or number belongs to another table too"
        seen.add(table.name.casefold())
        numbers.add(table.identifier)
        for column in table.repeated:
            yield table.name, f"the column {column} stands twice"
        if len(table.columns) + len(table.repeated) != table.area.right - table.area.left + 1:
            yield table.name, f"{len(table.columns)} columns over {table.reference}"
        if table.header_rows:
            cells = next(sheet.cells for sheet in book.sheets if sheet.name == table.sheet)
            for address, column in zip(table.area.addresses(table.area.top), table.columns, strict=False):
                header = cells[address].value if address in cells else None
                if header != column:
                    yield table.name, f"the header cell {address} is {header!r}, the column {column!r}"


def table_ranges(book: Book, _: Options) -> Found:
    """Tables hold exactly their data: no blank last row, no data right below; filters match; none overlaps another."""
    for table in book.tables:
        area = table.area
        cells = next(sheet.cells for sheet in book.sheets if sheet.name == table.sheet)
        last, first = area.bottom - table.totals_rows, area.top + table.header_rows
        if last < first:
            yield table.name, f"{table.reference} has no row for data"

        def filled(row: int, area: Range = area, cells: object = cells) -> bool:
            assert isinstance(cells, dict)
            return any(a in cells and cells[a].value is not None for a in area.addresses(row))

        if last > first and not filled(last):
            yield table.name, f"its last row {last} is blank: {table.reference} is too long"
        if filled(area.bottom + 1):
            yield table.name, f"data stand right below {table.reference}"
        if table.filter_reference and Range.of(table.filter_reference) != Range(area.top, area.left, last, area.right):
            yield table.name, f"the filter covers {table.filter_reference}, the table {table.reference}"
    for one, other in itertools.combinations(book.tables, 2):
        if one.sheet == other.sheet and one.area.overlaps(other.area):
            yield one.name, f"overlaps {other.name}"


def merges(book: Book, _: Options) -> Found:
    """Merged ranges overlap neither each other nor a table."""
    for sheet in book.sheets:
        merged = [e.get("ref", "") for e in sheet.elements("mergeCell")]
        for one, other in itertools.combinations(merged, 2):
            if Range.of(one).overlaps(Range.of(other)):
                yield sheet.name, f"{one} overlaps {other}"
        for one, table in itertools.product(merged, book.tables):
            if table.sheet == sheet.name and Range.of(one).overlaps(table.area):
                yield sheet.name, f"{one} is merged inside the table {table.name}"


def validations(book: Book, _: Options) -> Found:
    """A list typed into a validation has at most 255 characters."""
    for sheet in book.sheets:
        for e in sheet.elements("dataValidation"):
            first = next((f.text or "" for f in e if local(f) == "formula1"), "")
            if e.get("type") == "list" and first.startswith('"') and len(first) - 2 > MAX_LIST:
                yield f"{sheet.name}!{e.get('sqref')}", f"the list has {len(first) - 2} characters"


def external_links(book: Book, _: Options) -> Found:
    """Nothing comes from another file."""
    for part in book.parts:
        if "externalLinks/" in part:
            yield part, "a link to another workbook"
        elif part.endswith(".rels"):
            for r in book.tree(part):
                kind = r.get("Type", "").rsplit("/", 1)[-1]
                if r.get("TargetMode") == "External" and kind != "hyperlink":
                    yield part, f"{kind} from {r.get('Target')}"
    for where, formula in book.formulas():
        if any(re.match(r"'?\[", sheet) for sheet in formulas.parse(formula).texts("sheet")):
            yield where, f"refers to another workbook: {formula[:80]}"


def cached_values(book: Book, _: Options) -> Found:
    """Every formula cell carries its value, and no visible sheet shows an error code."""
    for sheet in book.sheets:
        for cell in sheet.listed:
            if cell.formula is not None and not cell.has_value:
                yield f"{sheet.name}!{cell.address}", "a formula without a cached value"
            if cell.kind == "e" and sheet.visible:
                yield f"{sheet.name}!{cell.address}", f"shows {cell.value}"


def typed_text(book: Book, _: Options) -> Found:
    """No text of the data became a formula: those of tables stand in calculated columns, and none starts a program."""
    for where, formula in book.formulas():
        # A bar stands in no formula but inside texts, sheet names and columns.
        if "|" in _WITHOUT_BARS.sub("", formula):
            yield where, f"starts a program: {formula[:80]}"
    for table in book.tables:
        area = table.area
        cells = next(sheet.cells for sheet in book.sheets if sheet.name == table.sheet)
        plain = [i for i, formula in enumerate(table.columns.values()) if formula is None]
        for row in range(area.top + table.header_rows, area.bottom - table.totals_rows + 1):
            addresses = area.addresses(row)
            for i in plain:
                if i < len(addresses) and addresses[i] in cells and cells[addresses[i]].formula is not None:
                    yield (
                        f"{table.sheet}!{addresses[i]}",
                        f"a formula in a column of data: {cells[addresses[i]].formula}",
                    )


def order_of_cells(book: Book, _: Options) -> Found:
    """Rows and cells ascend, and none stands twice."""
    for sheet in book.sheets:
        places = [Range.of(cell.address) for cell in sheet.listed]
        for one, other in itertools.pairwise(places):
            if (one.top, one.left) >= (other.top, other.left):
                yield sheet.name, f"the cell at row {other.top}, column {other.left} stands too late or twice"


def sheet_names(book: Book, _: Options) -> Found:
    """Sheet names are short, legal and unique."""
    seen: set[str] = set()
    for sheet in book.sheets:
        if not 0 < len(sheet.name) <= MAX_SHEET_NAME or _SHEET_SIGNS.search(sheet.name):
            yield sheet.name, f"not a legal name of 1 to {MAX_SHEET_NAME} characters"
        if sheet.name.casefold() in seen or sheet.name.casefold() == "history":
            yield sheet.name, "stands twice, or is reserved"
        seen.add(sheet.name.casefold())


def machine_paths(book: Book, _: Options) -> Found:
    """Nothing tells the machine that made the workbook."""
    for part, content in book.parts.items():
        if part.endswith((".xml", ".rels", ".vml")) and (
            found := _MACHINE_PATH.search(content.decode(errors="replace"))
        ):
            yield part, f"a path of a machine: {found[0]}"


def content_types_first(book: Book, _: Options) -> Found:
    """The content types come first, where mail gateways look."""
    if next(iter(book.parts)) != "[Content_Types].xml":
        yield next(iter(book.parts)), "stands before [Content_Types].xml"


def print_areas(book: Book, _: Options) -> Found:
    """A visible page says what is printed, and fits the width of the paper; a sheet with a table repeats its header."""
    known = {(name.sheet, name.name) for name in book.names}
    with_tables = {table.sheet for table in book.tables}
    for sheet in book.sheets:
        if not sheet.visible:
            continue
        if sheet.name in with_tables:
            if (sheet.name, "_xlnm.Print_Titles") not in known:
                yield sheet.name, "its header row is not repeated in print"
        elif (sheet.name, "_xlnm.Print_Area") not in known:
            yield sheet.name, "no print area"
    for table in book.tables:
        if not table.header_rows:
            yield table.name, "no header row"


def alternative_texts(book: Book, _: Options) -> Found:
    """Every chart and picture on a visible sheet says what it shows, for screen readers."""
    for sheet in book.sheets:
        for drawing in sheet.related("drawing") if sheet.visible else ():
            for e in book.tree(drawing.target).iter():
                decorative = any(local(x) == "decorative" and x.get("val") == "1" for x in e.iter())
                if local(e) == "cNvPr" and not (e.get("descr") or "").strip() and not decorative:
                    yield sheet.name, f"{e.get('name')} has no alternative text"


def titles(book: Book, _: Options) -> Found:
    """The document has a title, which screen readers read first."""
    core = next((book.tree(p) for p in book.parts if p == "docProps/core.xml"), Element("none"))
    if not any(local(e) == "title" and e.text for e in core):
        yield "docProps/core.xml", "no title"


RULES: dict[str, Callable[[Book, Options], Found]] = {
    "formula-grammar": grammar,
    "function": functions,
    "function-too-new": newest,
    "reference": references,
    "defined-name": defined_names,
    "table": tables,
    "table-range": table_ranges,
    "merge": merges,
    "validation-list": validations,
    "external-link": external_links,
    "cached-value": cached_values,
    "typed-text": typed_text,
    "cell-order": order_of_cells,
    "sheet-name": sheet_names,
    "machine-path": machine_paths,
    "content-types": content_types_first,
}
PAGE_RULES: dict[str, Callable[[Book, Options], Found]] = {
    "print-area": print_areas,
    "alternative-text": alternative_texts,
    "title": titles,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--modern", action="store_true", help="allow functions newer than Excel 2016")
    parser.add_argument("--pages", action="store_true", help="also what pages to be read and printed need")
    options = parser.parse_args()
    found = lint(options.file, modern=options.modern, pages=options.pages)
    print("\n".join(map(str, found)) or "nothing found")
    raise SystemExit(bool(found))


if __name__ == "__main__":
    main()
