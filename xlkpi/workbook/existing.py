"""A workbook that was built before, read for its refresh: what it remembers, and what people chose and typed in it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from xlkpi.errors import Place, Problem, WorkbookError
from xlkpi.formula.nodata import NoData
from xlkpi.language import text
from xlkpi.workbook.anchors import ANCHORS, Anchors, Key, Spot, may_hold_anchors, read_anchors
from xlkpi.workbook.cells import Cells, address_of, read_cells, read_strings
from xlkpi.workbook.data_part import DataPart, Marks
from xlkpi.workbook.data_sheet import DATA, OBJECTIVES, ORIGIN, SERIES
from xlkpi.workbook.formula_text import plain_sheet
from xlkpi.workbook.live import FIRST_DAY, as_date, has_number
from xlkpi.workbook.state import FORMAT, State

if TYPE_CHECKING:
    from xlkpi.workbook.live import Value
    from xlkpi.workbook.package import Package
    from xlkpi.workbook.row_insertion import Insertion

#: Names that every scorecard has; a template without one of them is refused.
NAMES = ("xlkpi_as_of", "xlkpi_choice", "xlkpi_version", "xlkpi_language", "xlkpi_period_start", "xlkpi_period_end")
#: The cells in which people choose what is shown, and what that is.
CHOICES = {"xlkpi_as_of": "day", "xlkpi_choice": "part", "xlkpi_objective": "objective"}
#: The sheets of the data tables by their table, and the codes of the column that only xlkpi fills and of the keys.
DATA_SHEETS = {OBJECTIVES: "targets", DATA: "data", SERIES: "series"}
MARKS = {
    OBJECTIVES: ("position", ("id",)),
    DATA: ("origin", ("start", "end", "part")),
    SERIES: ("role", ("objective", "choice_no", "role", "start", "end")),
}
#: How much of a sheet's part tells what it is.
_BEGINNING = 1 << 16


@dataclass
class Returned:
    """What was typed on objectives that are back: the rows of the archive that it stood in, from 0, and what stays
    there, since it no longer fits them: objective and columns. ``displaced``: what was typed for another KPI than an
    objective measures now.
    """

    places: list[int] = field(default_factory=list)
    kept: list[tuple[str, list[str]]] = field(default_factory=list)
    displaced: dict[str, Mapping[str, Value]] = field(default_factory=dict)


@dataclass(frozen=True)
class Existing:
    """What a refresh keeps. ``sheets``: present names by identifier; ``all_sheets`` every one, people's too.

    ``chosen``: the values of the cells ``xlkpi_as_of``, ``xlkpi_choice`` and ``xlkpi_objective``. ``typed``: the cells
    of objectives that people changed, by objective and column; None is a cell that they emptied. ``parts``: the data
    tables.
    """

    state: State
    sheets: Mapping[str, str]
    all_sheets: Sequence[str]
    anchors: Anchors
    chosen: Mapping[str, Value]
    typed: Mapping[str, Mapping[str, Value]]
    parts: Mapping[str, DataPart]
    strings: list[str]
    #: What the project itself says in the cells that people may change, once it is read.
    project_typed: dict[str, Mapping[str, Value]] = field(default_factory=dict)
    package: Package | None = field(default=None, repr=False)
    #: Fingerprints of the formulas in people's tables, by table and column, once these are read.
    formulas: dict[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)
    #: What has come back from the archive, once the project is read.
    returned: Returned = field(default_factory=Returned)

    @cached_property
    def identifiers(self) -> dict[str, str]:
        """The identifiers of our sheets by present name, and by the names that links may still have."""
        given = {name: id for id, name in self.state.sheets.items() if name not in self.all_sheets}
        return given | {name: id for id, name in self.sheets.items()}

    def has_page(self, id: str) -> bool:
        """Whether a page is still there: people may have deleted it."""
        return self.sheets.get(id) in self.all_sheets

    @property
    def choices(self) -> dict[str, Value]:
        """What people chose: a day only where it is not simply the latest one, which moves on."""
        latest = None, self.state.as_of
        return {name: v for name, v in self.chosen.items() if name != "xlkpi_as_of" or v not in latest}

    @cached_property
    def anchor_keys(self) -> dict[Spot, Key]:
        """What stands where on the pages."""
        return self.anchors.keys


def rows_inserted(existing: Existing, insertion: Insertion) -> None:
    """Tell a workbook that is refreshed that cells of its pages have moved down."""
    spots = existing.anchors.spots
    for key, spot in spots.items():
        if spot.sheet == insertion.sheet:
            spots[key] = replace(spot, row=insertion.row(spot.row + 1) - 1)
    existing.__dict__.pop("anchor_keys", None)  # made anew from the spots


def read_existing(package: Package, *, older: bool = False) -> Existing:
    """Read a workbook that xlkpi built. Raises WorkbookError where it is none, or of another version.

    ``older``: one of an older version is read, too, as far as it can be.
    """
    strings = read_strings(package)
    hidden = _hidden_cells(package, strings)
    state = read_state(hidden, package.error, older=older)
    _refuse_missing(package)
    anchor_sheet = _anchor_sheet(package, state)
    anchors = read_anchors(read_cells(package, package.sheets[anchor_sheet], strings))
    parts = {name: _data_part(package, state, name, strings) for name in DATA_SHEETS}
    sheets = {**anchors.sheets, **{id: parts[name].table.sheet for name, id in DATA_SHEETS.items()}}
    sheets |= {"provenance": _sheet_of(package, "xlkpi_version"), "calculation": _sheet_of(package, "xlkpi_period_end"),
               ANCHORS: anchor_sheet}  # fmt: skip
    if sheets["calculation"] not in package.sheets:  # somebody deleted it
        raise package.error("workbook_damaged", detail=sheets["calculation"] or "Calc")
    return Existing(
        state, sheets, package.all_sheets, anchors, dict(_chosen(package, strings)),
        _typed(package, state, parts[OBJECTIVES]), parts, strings, package=package,
    )  # fmt: skip


def _hidden_cells(package: Package, strings: list[str]) -> Cells:
    try:
        sheet = _sheet_of(package, "xlkpi_version")
    except KeyError:
        raise package.error("workbook_not_ours") from None
    if sheet not in package.sheets:
        raise package.error("workbook_not_ours")
    return read_cells(package, package.sheets[sheet], strings)


def read_state(cells: Cells, error: Callable[..., WorkbookError], *, older: bool = False) -> State:
    """The state from the hidden sheet: its pieces stand beside the word ``state``, one under the other."""
    labelled = {(row, column): cell.value for (row, column), cell in cells.items()}
    rows = sorted(row for (row, column), value in labelled.items() if column == 0 and value == "state")
    pieces = [str(labelled.get((row, 1), "")) for row in rows]
    format_ = next((labelled.get((r, 1)) for (r, c), v in labelled.items() if c == 0 and v == "format"), None)
    if not has_number(format_):
        raise error("workbook_not_ours")
    assert isinstance(format_, float), "as just checked"
    if format_ > FORMAT:
        version = next((labelled.get((r, 1)) for (r, c), v in labelled.items() if c == 0 and v == "version"), "")
        raise error("workbook_newer", version=str(version))
    if format_ < FORMAT and not older:
        raise error("workbook_older")
    try:
        return State.of(pieces)
    except (ValueError, TypeError) as mistake:
        raise error("workbook_not_ours") from mistake


def _refuse_missing(package: Package) -> None:
    from xlkpi.workbook.fill import refuse_missing

    refuse_missing(package, DATA_SHEETS, NAMES)


def _sheet_of(package: Package, name: str) -> str:
    """The sheet that a name leads to."""
    return plain_sheet(package.names[name].rpartition("!")[0])


def _anchor_sheet(package: Package, state: State) -> str:
    """The sheet of the anchors, known by what stands there: people may rename it, too."""
    given = state.sheets.get(ANCHORS, "")
    names = sorted(package.sheets, key=lambda name: name != given)
    found = next((n for n in names if may_hold_anchors(package.stream(package.sheets[n]).read(_BEGINNING))), given)
    if found not in package.sheets:
        raise package.error("workbook_not_ours")
    return found


def _data_part(package: Package, state: State, name: str, strings: list[str]) -> DataPart:
    from xlkpi.workbook.tables import OBJECTIVE_COLUMNS

    headers = state.columns[name]
    mark, keys = MARKS[name]
    marks = Marks(headers[mark], [headers[key] for key in keys], ORIGIN if name == DATA else None)
    table = package.tables[name.lower()]
    may_type = [headers[c] for c, (_, may) in OBJECTIVE_COLUMNS.items() if may and c in headers]
    part = DataPart(package, table, marks, strings, headers.values(), fillable=may_type if name == OBJECTIVES else None)
    if lacking := [h for h in headers.values() if h not in part.headers]:
        values = {"table": name, "columns": ", ".join(lacking)}
        raise WorkbookError(Problem("workbook_lacks_columns", values, Place(package.path.name, sheet=table.sheet)))
    return part


def _chosen(package: Package, strings: list[str]) -> Iterator[tuple[str, Value]]:
    """The values of the cells in which people choose; those that were deleted are missing."""
    pages: dict[str, Cells] = {}
    for name in CHOICES:
        if (spot := choice_spot(package, name)) is not None:
            if spot.sheet not in pages:
                pages[spot.sheet] = read_cells(package, package.sheets[spot.sheet], strings)
            cell = pages[spot.sheet].get((spot.row, spot.column))
            yield name, cell.value if cell else None


def told_choice(name: str, value: Value) -> tuple[str, str]:
    """What kind of choice it is that somebody made in a cell, and in words what was chosen."""
    day = as_date(value) if name == "xlkpi_as_of" and is_of_kind("date", value) else None
    return CHOICES[name], day.isoformat() if day else str(value)


def choice_spot(package: Package, name: str) -> Spot | None:
    """Where a cell is in which people choose; None where it was deleted."""
    sheet, _, address = package.names.get(name, "").rpartition("!")
    plain = plain_sheet(sheet)
    if plain not in package.sheets or "REF" in address:
        return None
    return Spot(plain, *address_of(address.replace("$", "").encode()))


def _typed(package: Package, state: State, part: DataPart) -> dict[str, dict[str, Value]]:
    """The cells of the objectives' table that differ from what was written there."""
    from xlkpi.workbook.tables import OBJECTIVE_COLUMNS

    headers = state.columns[OBJECTIVES]
    found: dict[str, dict[str, Value]] = {}
    problems = []
    for key, values in (part.remembered or {}).items():
        formulas = part.own[key].formulas if key in part.own else ()
        id = str(values[headers["id"]])
        written = state.typed.get(id, {})
        for code, (kind, may_type) in OBJECTIVE_COLUMNS.items():
            if not may_type or code not in headers:
                continue
            value, before = values.get(headers[code]), written.get(code)
            if value == before or (value in (None, "") and before is None):
                continue
            if value is None and part.number(headers[code]) in formulas:  # which nothing has calculated yet
                continue
            if value not in (None, "") and not is_of_kind(kind, value):
                shown = value.value if isinstance(value, NoData) else _shown(value)[:60]
                told = {"column": headers[code], "objective": id, "value": shown, "kind": text(f"refresh.kind.{kind}")}
                place = Place(package.path.name, key=id, sheet=part.table.sheet)
                problems.append(Problem("workbook_typed", told, place))
                continue
            found.setdefault(id, {})[code] = value or None if isinstance(value, str) else value
    if problems:
        raise WorkbookError(problems)
    return found


def is_of_kind(kind: str, value: Value) -> bool:
    """Whether a value may be typed in a cell of a number, a date or a text."""
    if kind == "date":
        return isinstance(value, float) and value >= FIRST_DAY and as_date(value) is not None
    return isinstance(value, str if kind == "text" else float)


def _shown(value: Value) -> str:
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def as_json(value: Any) -> str:
    """A value in a cell of the hidden sheet."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
