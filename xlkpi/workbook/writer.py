"""XlsxWriter without what our formulas don't need: it looks for 150 newer functions in each of them.

Pages use functions of Excel 2016 at most, and write the prefix of those after 2007 themselves.
"""

from __future__ import annotations

from typing import Any

import xlsxwriter
import xlsxwriter.worksheet
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import CellFormulaTuple

from xlkpi.workbook.shared_formulas import Shared, shared


class Worksheet(xlsxwriter.worksheet.Worksheet):  # type: ignore[misc]  # XlsxWriter has no types
    """A worksheet whose formulas are written as they are."""

    def put_formula(self, row: int, column: int, formula: str, style: Any, value: Any) -> None:
        """Write a formula, without the equals sign, and its value."""
        if not self._check_dimensions(row, column):
            self.table[row][column] = CellFormulaTuple(formula, style, value)

    def share_formulas(self) -> None:
        """Write formulas that differ by their row alone once; for sheets into whose cells nobody writes."""
        columns: dict[int, dict[int, str]] = {}
        for row, cells in self.table.items():
            for column, cell in cells.items():
                if isinstance(cell, CellFormulaTuple):
                    columns.setdefault(column, {})[row] = cell.formula
        first = 0
        for column, formulas in columns.items():
            found = shared(xl_col_to_name(column), formulas, first)
            for row, formula in found.items():
                self.table[row][column] = self.table[row][column]._replace(formula=formula)
            first += len({formula.number for formula in found.values()})

    def _xml_formula_element(self, formula: str, result: Any, attributes: Any = ()) -> None:
        if not isinstance(formula, Shared):
            super()._xml_formula_element(formula, result, attributes)
            return
        known = "".join(f' {key}="{self._escape_attributes(value)}"' for key, value in attributes)
        area = f' ref="{formula.area}"' if formula.area else ""
        text = f">{self._escape_data(str(formula))}</f>" if formula.area else "/>"
        shown = self._escape_data(result)
        self.fh.write(f'<c{known}><f t="shared"{area} si="{formula.number}"{text}<v>{shown}</v></c>')

    def height_of(self, row: int) -> float:
        """A row's height in pixels, as it is set by now."""
        return float(self._size_row(row))

    def _calculate_spans(self) -> None:
        """Rows without a hint of how far they go: it is optional, and one in eight hundred bytes."""

    def _prepare_formula(self, formula: str, expand_future_functions: bool = False) -> str:
        return formula.removeprefix("=")


def with_gaps(chart: Any) -> None:
    """Let a chart show what has no value as a gap, also where only its own copy of the numbers is read.

    XlsxWriter leaves out the default of Excel's own files, which other programs take for zero, and copies an error
    such as ``#N/A`` as zero.
    """
    chart._write_disp_blanks_as = lambda: chart._xml_empty_tag("c:dispBlanksAs", [("val", "gap")])
    write = chart._write_num_cache
    chart._write_num_cache = lambda data: write([_drawn(token) for token in data or ()])


def drawn(value: float) -> float:
    """A number as it is drawn: no eye tells more digits apart, and Excel reads the cells themselves."""
    return float(f"{value:.8g}")


def _drawn(token: Any) -> float | int | None:
    try:
        value = drawn(float(token))
    except (TypeError, ValueError):
        return None
    return int(value) if value.is_integer() else value


class Workbook(xlsxwriter.Workbook):  # type: ignore[misc]  # XlsxWriter has no types
    """A workbook of such worksheets."""

    worksheet_class = Worksheet
