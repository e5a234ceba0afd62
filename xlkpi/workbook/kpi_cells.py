"""A KPI's own formula over cells of the calculation sheet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from xlkpi.workbook.live import Live

if TYPE_CHECKING:
    from xlkpi.formula import Formula
    from xlkpi.workbook.sheet import Sheet


def kpi_cell(formula: Formula, cells: Mapping[str, Live], sheet: Sheet) -> Live:
    """The formula over the cells of its inputs, which stand on the sheet that it is written to; blanks are no data."""
    text = formula.excel({name: sheet.local(cell.text) for name, cell in cells.items()})
    given = {name: None if cell.value == "" else cell.value for name, cell in cells.items()}
    found = formula.outcome(**{n: [v] if formula.adds_rows else v for n, v in given.items()})
    return Live(text, found)
