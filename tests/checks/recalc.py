"""Other programs recalculate every formula of a workbook, and its cached values are compared with theirs.

    differences(path)                                          # cached values against LibreOffice and ironcalc
    differences(path, inputs={("Dashboard", "C3"): "2025"})    # after a choice: the programs against one another
    differences(path, inputs=..., expected={("Dashboard", "C9"): 1.5})

A program that is missing skips the test, or fails it where `XLKPI_REQUIRE_ENGINES=1` is set.
"""

from __future__ import annotations

import math
import re
import tempfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.checks.reading import Book, SheetCell, letters_of, position
from tests.engines import Result, embedded, libreoffice, require

Place = tuple[str, str]
"""A sheet's name and a cell's address."""

Input = float | str
TOLERANCE = 1e-9
_RELATION = re.compile(rb"<Relationship\b[^>]*?(?:/>|></Relationship>)")
_KIND = re.compile(rb'Type="[^"]*/([\w-]+)"')
_VALUED = {b"officeDocument", b"worksheet", b"table", b"styles", b"sharedStrings", b"theme"}
_NO_INPUTS: Mapping[Place, Input] = {}


class Difference(NamedTuple):
    """A formula cell where two do not agree: who says what."""

    sheet: str
    address: str
    formula: str
    expected: Result | None
    engine: str
    got: Result | None

    def __str__(self) -> str:
        return f"{self.sheet}!{self.address}: {self.expected!r}, {self.engine} {self.got!r}: ={self.formula[:100]}"


def differences(
    path: Path,
    engines: Sequence[str] = ("libreoffice", "ironcalc"),
    *,
    inputs: Mapping[Place, Input] = _NO_INPUTS,
    expected: Mapping[Place, Result] | None = None,
    tolerance: float = TOLERANCE,
) -> list[Difference]:
    """Every formula cell whose recalculated value is not the expected one, in the workbook's order.

    Expected are the cached values; after `inputs` (typed into cells first) what the first engine gives. `expected`
    says otherwise for its cells, in the form of `tests.engines.Result`. Numbers agree within the tolerance, relative
    or absolute; texts and errors when they are the same.
    """
    found: list[Difference] = []
    book = Book(path)
    formula_cells = {(s.name, c.address): c for s in book.sheets for c in s.listed if c.formula is not None}
    by_engine = {engine: _run(path, engine, inputs, list(formula_cells)) for engine in engines}
    if inputs:
        right: dict[Place, Result | None] = dict(by_engine[engines[0]])
    else:
        right = {place: cached(cell) for place, cell in formula_cells.items()}
    right.update(expected or {})
    for (sheet, address), cell in formula_cells.items():
        for engine, values in by_engine.items():
            wanted, got = right.get((sheet, address)), values.get((sheet, address))
            if not same(wanted, got, tolerance):
                found.append(Difference(sheet, address, cell.formula or "", wanted, engine, got))
    return found


def cached(cell: SheetCell) -> Result | None:
    """A formula cell's cached value; None where the file has none."""
    if not cell.has_value:
        return None
    if cell.value is None:
        return repr("")  # XlsxWriter writes an empty text without its type
    if cell.kind == "e":
        return str(cell.value)
    return repr(cell.value) if isinstance(cell.value, str) else float(cell.value)


def same(one: Result | None, other: Result | None, tolerance: float) -> bool:
    """Whether two results are the same within a tolerance."""
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=tolerance, abs_tol=tolerance)
    return one is not None and one == other


def results(path: Path, engine: str, inputs: Mapping[Place, Input] = _NO_INPUTS) -> dict[Place, Result]:
    """What one engine gives for every formula cell, after `inputs` were typed."""
    places = [(s.name, c.address) for s in Book(path).sheets for c in s.listed if c.formula is not None]
    return _run(path, engine, inputs, places)


def _run(path: Path, engine: str, inputs: Mapping[Place, Input], places: Sequence[Place]) -> dict[Place, Result]:
    available, run = ENGINES[engine]
    if (missing := available()) is not None:
        require(missing)
    return run(path, inputs, places)


def _libreoffice(path: Path, inputs: Mapping[Place, Input], places: Sequence[Place]) -> dict[Place, Result]:
    typed = []
    for (sheet, address), content in inputs.items():
        row, column = position(address)
        typed.append((sheet, row - 1, column - 1, content))
    found = libreoffice.formula_results(path, typed)
    return {(sheet, f"{letters_of(column + 1)}{row + 1}"): value for (sheet, row, column), value in found.items()}


def _ironcalc(path: Path, inputs: Mapping[Place, Input], places: Sequence[Place]) -> dict[Place, Result]:
    import ironcalc

    with tempfile.TemporaryDirectory() as folder:
        slim = Path(folder, "slim.xlsx")
        _write_slim(path, slim)
        model = ironcalc.load_from_xlsx(str(slim), "en", "UTC")
    number = {sheet["name"]: i for i, sheet in enumerate(model.get_worksheets_properties())}
    for (sheet, address), content in inputs.items():
        row, column = position(address)
        model.set_user_input(number[sheet], row, column, str(content))
    model.evaluate()

    def value(place: Place) -> Result:
        at = number[place[0]], *position(place[1])
        found = model.get_cell_value(*at)
        if isinstance(found, str):
            return found if model.get_cell_type(*at) == ironcalc.CellType.ErrorValue else repr(found)
        return repr("") if found is None else float(found)

    return {place: value(place) for place in places}


def _cellrune(path: Path, inputs: Mapping[Place, Input], places: Sequence[Place]) -> dict[Place, Result]:
    import cellrune

    found: dict[Place, Result] = {}
    with cellrune.Workbook.open_path(path) as book:
        for (sheet, address), content in inputs.items():
            if isinstance(content, str):
                book.set_text(sheet, address, content)
            else:
                book.set_number(sheet, address, content)
        book.calculate()
        for sheet in {sheet for sheet, _ in places}:
            cells = [(address, position(address)) for name, address in places if name == sheet]
            bottom, right = (max(at[i] for _, at in cells) for i in (0, 1))
            block = book.read_values(sheet, "A1", f"{letters_of(right)}{bottom}")
            for address, (row, column) in cells:
                found[sheet, address] = embedded.cellrune_result(block[row - 1][column - 1])
    return found


def _write_slim(path: Path, slim: Path) -> None:
    """A copy without what ironcalc does not value and may stumble over: charts, comments, pivots."""
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(slim, "w", zipfile.ZIP_STORED) as new:
        for part in old.namelist():
            content = old.read(part)
            if part.endswith(".rels"):
                content = _RELATION.sub(_valued, content)
            new.writestr(part, content)


def _valued(relation: re.Match[bytes]) -> bytes:
    kind = _KIND.search(relation[0])
    return relation[0] if kind and kind[1] in _VALUED else b""


_Run = Callable[[Path, Mapping[Place, Input], Sequence[Place]], dict[Place, Result]]
ENGINES: Mapping[str, tuple[Callable[[], str | None], _Run]] = {
    "libreoffice": (libreoffice.available, _libreoffice),
    "ironcalc": (embedded.ironcalc_available, _ironcalc),
    "cellrune": (embedded.cellrune_available, _cellrune),
}
