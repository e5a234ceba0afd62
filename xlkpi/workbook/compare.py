"""Two states of one workbook, compared as people see them: cells, tables, names, drop-downs, formats, charts, pivots.

What is found is what has to be done to the first to make the second of it, in a program that computes the values of
formulas itself: copies of values that formulas and charts carry are no difference. What is none of these kinds is told
as such, so that nobody takes half of a change for the whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import unescape

from xlkpi.workbook.cell_links import links
from xlkpi.workbook.cells import ATTRIBUTE, Address, behind_rows, read_strings
from xlkpi.workbook.comments import COMMENTS
from xlkpi.workbook.content import Area, areas, blocks, changed_cells, rows_of
from xlkpi.workbook.existing import DATA_SHEETS
from xlkpi.workbook.formula_text import canonical, places_in
from xlkpi.workbook.package import CONTENT_TYPES, Package, TablePart, local_name
from xlkpi.workbook.references import Box
from xlkpi.workbook.sheet_states import hidden_sheets

_BODY = re.compile(rb"<sheetData\s*/>|<sheetData\b.*</sheetData>|<dimension\b[^>]*>", re.DOTALL)
_LISTS = re.compile(rb"<dataValidations\b.*?</dataValidations>", re.DOTALL)
_LIST = re.compile(rb"<dataValidation\b([^>]*?)(?:/>|>(.*?)</dataValidation>)", re.DOTALL)
_CONDITIONS = re.compile(rb"<conditionalFormatting\b([^>]*?)>(.*?)</conditionalFormatting>", re.DOTALL)
_RULE = re.compile(rb"<cfRule\b.*?(?:</cfRule>|/>)", re.DOTALL)
_FORMULA = re.compile(rb"<formula1?\b[^>]*>([^<]*)</formula1?>")
_OPERANDS = re.compile(rb"<formula[12]\b[^>]*>([^<]*)</formula[12]>")
_SELECTED = re.compile(rb"<xm:sqref>[^<]*</xm:sqref>")
_SERIES = re.compile(rb"<(?:\w+:)?f>([^<]*)</(?:\w+:)?f>")
_TABLE = re.compile(rb'(<(?:table|autoFilter)\b[^>]*?\sref=")[^"]*"')
#: What a refresh may change of a column, or give back where another program left it out: Excel keeps it by itself.
_COLUMN_FORMULA = re.compile(rb"<calculatedColumnFormula\b[^>]*?(?:/>|>[^<]*</calculatedColumnFormula>)")
_PLAIN_COLUMN = re.compile(rb"(<tableColumn\b[^>]*?)\s*>\s*</tableColumn>")
_COLUMNS = re.compile(rb"<tableColumn\b[^>]*?(?:/>|>.*?</tableColumn>)", re.DOTALL)
_NEW_COLUMN = re.compile(rb'<tableColumn\s+id="\d+"\s+name="[^"]*"\s*/>')
_COUNT = re.compile(rb'(<tableColumns\b[^>]*?\scount=")\d+(")')
_FILTER = re.compile(
    rb"<autoFilter\b[^>]*?(?:/>|>(.*?)</autoFilter>)|<sortState\b[^>]*?(?:/>|>.*?</sortState>)", re.DOTALL
)
_NAMES = re.compile(rb"<definedNames>.*</definedNames>|<calcPr\b[^>]*?/>|<calcPr\b[^>]*>\s*</calcPr>", re.DOTALL)
_STATE = re.compile(rb'(?<=[\s"])\s*state="(?:visible|hidden)"(?=[^<>]*>)')
_AXIS_FORM = re.compile(rb'<(?:\w+:)?numFmt\b[^>]*?\sformatCode="([^"]*)"')
_AXIS = re.compile(rb"<(?:\w+:)?valAx>.*?</(?:\w+:)?valAx>", re.DOTALL)
#: Charts without an axis of categories.
_ACROSS = re.compile(rb"<(?:\w+:)?(?:scatter|bubble)Chart>")
#: What of a series refers to cells, as Excel's formula of it has them.
_REFERRING = {"tx", "cat", "val", "xVal", "yVal", "bubbleSize"}
_PIVOT_SOURCE = re.compile(rb"<(?:\w+:)?worksheetSource\b[^>]*>")
_RELATIONS = re.compile(r"(?:^|/)_rels/([^/]+)\.rels$")
#: Operands of validations that mean the same in every language of Excel, whichever cell is active: a number, words,
#: cells that don't move, a name.
_OPERAND = re.compile(
    r"""-?[\d.]+(?:E[-+]?\d+)?|"[^"]*"|(?:(?:'(?:[^']|'')+'|[\w.]+)!)?\$[A-Z]{1,3}\$\d+(?::\$[A-Z]{1,3}\$\d+)?"""
    r"""|(?!(?:[A-Z]{1,3}\d+|TRUE|FALSE)$)[^\W\d][\w.]*""",
    re.IGNORECASE,
)
#: A reference of which a part moves with the cell.
_MOVING = re.compile(r"(?<![\w.$])(?:\$?[A-Z]{1,3}[1-9]\d*|[A-Z]{1,3}\$[1-9]\d*)(?![\w.(!])", re.IGNORECASE)


@dataclass(frozen=True)
class TableRange:
    """A table whose range changes: its name, its sheet, and the range before and after. ``shows_all``: a filter that
    hides rows of it goes.
    """

    name: str
    sheet: str
    before: str
    after: str
    shows_all: bool = False


@dataclass(frozen=True)
class NameChange:
    """A name that leads elsewhere; ``sheet`` is its own where it is not the whole workbook's."""

    name: str
    sheet: str | None
    before: str
    after: str


@dataclass(frozen=True)
class ListChange:
    """A drop-down: its cells, and the range of its list before and after."""

    sheet: str
    cells: str
    source: tuple[str, str]


@dataclass(frozen=True)
class RuleChange:
    """A validation that holds for other cells: these before and after, its attributes and its operands."""

    sheet: str
    cells: tuple[str, str]
    rule: Mapping[str, str]
    operands: Sequence[str]


@dataclass(frozen=True)
class ConditionChange:
    """A conditional format: its cells before and after, and its formulas that change, by place among the rules."""

    sheet: str
    cells: tuple[str, str]
    formulas: Mapping[int, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class AxisChange:
    """A chart whose axes of values get other number formats, before and after: the cells that its series refer to by
    then, and whether its axis across is one of values, too.
    """

    sheet: str
    shown: frozenset[str]
    forms: Mapping[str, str]
    across: bool = False


@dataclass
class Compared:
    """What makes the second workbook of the first. ``headers``: cells over columns that tables get, written
    before these. ``charts``: references of charts by their sheet, before and after.
    ``pivots``: pivot tables whose data change, by sheet and name. ``shown``: sheets that are shown or hidden.
    ``comments``: sheets on which some, or links, move. ``others``: what differs in a way of no kind here.
    """

    headers: list[Area] = field(default_factory=list)
    areas: list[Area] = field(default_factory=list)
    tables: list[TableRange] = field(default_factory=list)
    names: list[NameChange] = field(default_factory=list)
    lists: list[ListChange] = field(default_factory=list)
    rules: list[RuleChange] = field(default_factory=list)
    conditions: list[ConditionChange] = field(default_factory=list)
    charts: dict[str, dict[str, str]] = field(default_factory=dict)
    pivots: list[tuple[str, str]] = field(default_factory=list)
    shown: dict[str, bool] = field(default_factory=dict)
    axes: list[AxisChange] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)


def compare(before: Package, after: Package) -> Compared:
    """What a program that has the first workbook open must do to have the second."""
    found = Compared()
    strings = read_strings(before), read_strings(after)
    if list(before.sheets.items()) != list(after.sheets.items()):
        found.others.append(before.workbook)
        return found
    in_blocks = {before.tables[name].sheet for name in DATA_SHEETS if name in before.tables}
    sheets = {part: name for name, part in before.sheets.items()}
    drawn = dict(_charts(before))
    pivots = dict(_pivots(before))
    sheet_parts = [(r, sheet) for sheet, part in before.sheets.items() for r in before.relations(part).values()]
    commented = {relation.target: sheet for relation, sheet in sheet_parts if relation.kind in COMMENTS}
    tables = {table.part: table for table in before.tables.values()}
    heads: dict[str, set[Address]] = {}
    for table in before.tables.values():
        heads.setdefault(table.sheet, set()).update(_new_headers(before, after, table))
    if set(before.parts) - set(after.parts) - {before.part_of_kind("calcChain")} or set(after.parts) - set(
        before.parts
    ):
        found.others += sorted(set(before.parts) ^ set(after.parts))
    for part in after.parts:
        if part not in before.parts or _same(before, after, part):
            continue
        old, new = before.read(part), after.read(part)
        if old == new or part == CONTENT_TYPES or _RELATIONS.search(part):
            continue
        if part in sheets:
            if sheets[part] in in_blocks and links(behind_rows(old)) != links(behind_rows(new)):
                found.comments.append(sheets[part])
            of = heads.get(sheets[part], set())
            _sheet(found, sheets[part], (old, new), strings, of, in_blocks=sheets[part] in in_blocks)
        elif part in tables:
            _table(found, before, after, part)
        elif part == before.workbook:
            _workbook(found, before, after)
        elif part in drawn:
            _chart(found, after, part, drawn[part], old, new)
        elif part in pivots and _PIVOT_SOURCE.findall(old) == _PIVOT_SOURCE.findall(new):
            found.pivots += pivots[part]
        elif part in commented:
            found.comments.append(commented[part])
        else:
            found.others.append(part)
    found.others = _in_view(found.others, before, after)
    return found


def _in_view(others: Sequence[str], *packages: Package) -> list[str]:
    """What differs, parts of a file by the sheets on which people see them; of such a sheet no cells."""
    known: dict[str, str] = {}
    for package in packages:
        for sheet, part in package.sheets.items():
            reached = [part]
            for one in reached:
                known.setdefault(one, sheet)
                reached += [r.target for r in package.relations(one).values() if r.target not in reached]
    named = dict.fromkeys(known.get(_RELATIONS.sub(r"/\1", part), part) for part in others)
    return [name for name in named if "!" not in name or name.rpartition("!")[0] not in named]


def _same(before: Package, after: Package, part: str) -> bool:
    one, other = before.info(part), after.info(part)
    return (one.CRC, one.file_size) == (other.CRC, other.file_size)


def _sheet(
    found: Compared,
    sheet: str,
    contents: tuple[bytes, bytes],
    strings: tuple[list[str], list[str]],
    heads: set[Address],
    *,
    in_blocks: bool,
) -> None:
    """The cells of a sheet, its drop-downs and its conditional formats; ``heads`` are those of new columns."""
    rows = [rows_of(xml, known) for xml, known in zip(contents, strings, strict=True)]
    cells, unclear = changed_cells(rows[0], rows[1])
    found.others += [f"{sheet}!{address}" for address in unclear]
    found.headers += areas(sheet, [at for at in cells if at in heads], *rows)
    found.areas += (blocks if in_blocks else areas)(sheet, [at for at in cells if at not in heads], *rows)
    old, new = (_BODY.sub(b"", xml) for xml in contents)
    if old == new:
        return
    _lists(found, sheet, old, new)
    _conditions(found, sheet, old, new)
    # The formats that Excel 2010 brought stand twice; the second place says the same cells.
    rest = [_SELECTED.sub(b"", _CONDITIONS.sub(b"", _LISTS.sub(b"", xml))) for xml in (old, new)]
    if rest[0] != rest[1]:
        found.others.append(sheet)


def _lists(found: Compared, sheet: str, old: bytes, new: bytes) -> None:
    was, now = ([_validation(m) for m in _LIST.finditer(xml)] for xml in (old, new))
    changed = sorted((v for v in was if v not in now), key=_order), sorted((v for v in now if v not in was), key=_order)
    if len(was) != len(now) or len(changed[0]) != len(changed[1]):
        found.others.append(sheet)
        return
    for (one, before, sources), (other, after, wanted) in zip(*changed, strict=True):
        is_range = one.get("type") == "list" and len(sources) == len(wanted) == 1 and not wanted[0].startswith('"')
        if one != other or (sources != wanted and not is_range):
            found.others.append(f"{sheet}!{before}")
            continue
        if before != after and not all(map(_OPERAND.fullmatch, sources)):
            found.others.append(f"{sheet}!{before}")
            continue
        if before != after:
            found.rules.append(RuleChange(sheet, (before, after), one, sources))
        if sources != wanted:
            found.lists.append(ListChange(sheet, after, (sources[0], wanted[0])))


def _validation(found: re.Match[bytes]) -> tuple[dict[str, str], str, list[str]]:
    """Its attributes, its cells and its operands."""
    known = {_text(name): _text(value) for name, value in ATTRIBUTE.findall(found[1])}
    return known, known.pop("sqref", ""), [_text(operand) for operand in _OPERANDS.findall(found[2] or b"")]


def _order(validation: tuple[dict[str, str], str, list[str]]) -> str:
    return validation[1].partition(":")[0]


def _conditions(found: Compared, sheet: str, old: bytes, new: bytes) -> None:
    if len(_CONDITIONS.findall(old)) != len(_CONDITIONS.findall(new)):
        found.others.append(sheet)
        return
    for one, other in zip(_CONDITIONS.finditer(old), _CONDITIONS.finditer(new), strict=True):
        if one[0] == other[0]:
            continue
        cells = tuple(_text(dict(ATTRIBUTE.findall(m[1])).get(b"sqref", b"")) for m in (one, other))
        rules = [_RULE.findall(m[2]) for m in (one, other)]
        formulas: dict[int, tuple[str, str]] = {}
        plain = len(rules[0]) == len(rules[1])
        for place, (was, now) in enumerate(zip(*rules, strict=False)):
            if was != now:
                texts = _FORMULA.findall(was), _FORMULA.findall(now)
                plain = plain and len(texts[0]) == 1 and _FORMULA.sub(b"", was) == _FORMULA.sub(b"", now)
                formulas[place] = _text(b"".join(texts[0])), _text(b"".join(texts[1]))
                plain = plain and not any(map(_MOVING.search, formulas[place]))
        if plain:
            found.conditions.append(ConditionChange(sheet, (cells[0], cells[1]), formulas))
        else:
            found.others.append(f"{sheet}!{cells[0]}")


def _table(found: Compared, before: Package, after: Package, part: str) -> None:
    table = next(t for t in before.tables.values() if t.part == part)
    contents = before.read(part), after.read(part)
    filters = [b"".join(_FILTER.findall(xml)) for xml in contents]
    bare = [_PLAIN_COLUMN.sub(rb"\1/>", _COLUMN_FORMULA.sub(b"", _FILTER.sub(b"", xml))) for xml in contents]
    plain = [_TABLE.sub(rb"\1", xml) for xml in (bare[0], _without_new_columns(*bare))]
    if plain[0].split() != plain[1].split():
        found.others.append(table.name)
        return
    old, new = (package.tree(part).get("ref", "") for package in (before, after))
    shows_all = b"filterColumn" in filters[0] and b"filterColumn" not in filters[1]
    if old != new or shows_all:
        found.tables.append(TableRange(table.name, table.sheet, old, new, shows_all))


def _new_headers(before: Package, after: Package, table: TablePart) -> set[Address]:
    """The cells over columns that a table gets at its right end."""
    if table.part not in after.parts:
        return set()
    old, new = (Box.of(package.tree(table.part).get("ref", "")) for package in (before, after))
    if (old.left, old.top) != (new.left, new.top):
        return set()
    return {(old.top - 1, column) for column in range(old.right, new.right)}


def _without_new_columns(old: bytes, new: bytes) -> bytes:
    """A table's definition without plain columns that are new at its right end."""
    columns = _COLUMNS.findall(old), _COLUMNS.findall(new)
    added = columns[1][len(columns[0]) :]
    if not added or not all(_NEW_COLUMN.fullmatch(column) for column in added):
        return new
    for column in added:
        new = new.replace(column, b"", 1)
    return _COUNT.sub(rb"\g<1>%d\2" % len(columns[0]), new)


def _workbook(found: Compared, before: Package, after: Package) -> None:
    """The workbook's own part: the names, and which sheets are shown."""
    plain = [_STATE.sub(b"", _NAMES.sub(b"", package.read(package.workbook))) for package in (before, after)]
    if plain[0] != plain[1]:
        found.others.append(before.workbook)
    hidden = hidden_sheets(before), hidden_sheets(after)
    found.shown = {sheet: sheet in hidden[0] for sheet in sorted(hidden[0] ^ hidden[1])}
    old, new = _all_names(before), _all_names(after)
    if old.keys() != new.keys():
        found.others.append(before.workbook)
        return
    sheets = list(before.sheets)
    for (name, place), was in old.items():
        # A filter's own name is Excel's to keep.
        if was != new[name, place] and not name.startswith("_xlnm._Filter"):
            sheet = None if place is None else sheets[int(place)]
            found.names.append(NameChange(name.removeprefix("_xlnm."), sheet, was, new[name, place]))


def _all_names(package: Package) -> dict[tuple[str, str | None], str]:
    return {
        (e.get("name", ""), e.get("localSheetId")): e.text or ""
        for e in package.tree(package.workbook).iter()
        if local_name(e) == "definedName"
    }


def _chart(found: Compared, after: Package, part: str, sheet: str, old: bytes, new: bytes) -> None:
    was, now = ([_text(f) for f in _SERIES.findall(xml)] for xml in (old, new))
    if len(was) != len(now):
        found.others.append(part)
        return
    for one, other in zip(was, now, strict=True):
        if canonical(one) != canonical(other):
            found.charts.setdefault(sheet, {})[one] = other
    axes = [_AXIS.findall(xml) for xml in (old, new)]
    forms = [[_text(form) for axis in found_ for form in _AXIS_FORM.findall(axis)] for found_ in axes]
    outside = [[_text(form) for form in _AXIS_FORM.findall(_AXIS.sub(b"", xml))] for xml in (old, new)]
    if outside[0] != outside[1] or len(forms[0]) != len(forms[1]):
        found.others.append(part)
    elif forms[0] != forms[1]:
        changed = {one: other for one, other in zip(*forms, strict=True) if one != other}
        found.axes.append(AxisChange(sheet, _shown(after, part), changed, _ACROSS.search(new) is not None))


def _shown(package: Package, part: str) -> frozenset[str]:
    """The cells that the series of a chart refer to, but for those of errors and labels."""
    plots = [e for e in package.tree(part).iter() if local_name(e) == "plotArea"]
    series = [inner for plot in plots for kind in plot for inner in kind if local_name(inner) == "ser"]
    kinds = [inner for one in series for inner in one if local_name(inner) in _REFERRING]
    return frozenset().union(
        *(places_in(e.text) for kind in kinds for e in kind.iter() if local_name(e) == "f" and e.text)
    )


def _charts(package: Package) -> Iterator[tuple[str, str]]:
    """The parts of charts, with the sheets that they stand on."""
    for sheet, part in package.sheets.items():
        for drawing in package.relations(part).values():
            if drawing.kind == "drawing":
                yield from ((r.target, sheet) for r in package.relations(drawing.target).values() if r.kind == "chart")


def _pivots(package: Package) -> Iterator[tuple[str, Sequence[tuple[str, str]]]]:
    """The parts of pivot tables' data, with the pivot tables over them by sheet and name."""
    found: dict[str, list[tuple[str, str]]] = {}
    for sheet, part in package.sheets.items():
        for pivot in package.relations(part).values():
            if pivot.kind == "pivotTable":
                for cache in package.relations(pivot.target).values():
                    found.setdefault(cache.target, []).append((sheet, package.tree(pivot.target).get("name", "")))
    yield from found.items()


def _text(written: bytes) -> str:
    return unescape(written.decode())


__all__ = [
    "AxisChange",
    "Compared",
    "ConditionChange",
    "ListChange",
    "NameChange",
    "RuleChange",
    "TableRange",
    "compare",
]
