"""The engines that run inside Python: ironcalc, cellrune and formulon, each from PyPI."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from .book import SHEET, Block, Result


def _missing(package: str) -> str | None:
    return None if find_spec(package) else f"{package} is not installed: pip install {package}"


def ironcalc_available() -> str | None:
    return _missing("ironcalc")


def ironcalc_read(path: Path, blocks: Sequence[Block]) -> list[list[Result]]:
    import ironcalc

    model = ironcalc.load_from_xlsx(str(path), "en", "UTC")
    model.evaluate()

    def result(row: int) -> Result:
        value = model.get_cell_value(0, row + 1, 1)
        if isinstance(value, str):
            is_error = model.get_cell_type(0, row + 1, 1) == ironcalc.CellType.ErrorValue
            return value if is_error else repr(value)
        return repr("") if value is None else float(value)

    return [[result(row) for row in range(b.first, b.first + b.rows)] for b in blocks]


CELLRUNE_UNKNOWN = ("calculation.unsupported_name", "calculation.unsupported_function")


def cellrune_available() -> str | None:
    return _missing("cellrune")


def cellrune_read(path: Path, blocks: Sequence[Block]) -> list[list[Result]]:
    import cellrune

    last = blocks[-1].first + blocks[-1].rows
    with cellrune.Workbook.open_path(path) as book:
        book.calculate()
        column = [cellrune_result(row[0]) for row in book.read_values(SHEET, "A1", f"A{last}")]
    return [column[b.first : b.first + b.rows] for b in blocks]


def cellrune_result(value: Any) -> Result:
    match value["kind"]:
        case "number" | "logical":
            return float(value["value"])
        case "text":
            return repr(value["value"])
        case "error":
            return str(value["value"])
        case "blank":
            return repr("")
        case "unavailable" if value["code"] in CELLRUNE_UNKNOWN:
            return "#NAME?"
        case kind:
            return f"{kind}: {value.get('code', '')} {value.get('message', '')}".strip()


FORMULON_ERRORS = ("#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A")


def formulon_available() -> str | None:
    return _missing("formulon")


def formulon_read(path: Path, blocks: Sequence[Block]) -> list[list[Result]]:
    import formulon

    with formulon.Workbook.load(path.read_bytes()) as book:
        book.recalc()
        return [
            [_formulon_result(book.get_value(0, row, 0)) for row in range(b.first, b.first + b.rows)] for b in blocks
        ]


def _formulon_result(value: Any) -> Result:
    content = value.to_python()
    if isinstance(content, bool | float | int):
        return float(content)
    if value.kind.name == "ERROR":
        code = int(value.error_code)
        return FORMULON_ERRORS[code] if code < len(FORMULON_ERRORS) else f"formulon error {code}"
    return repr(content or "")
