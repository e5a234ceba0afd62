"""XlsxWriter without what our formulas don't need: it looks for 150 newer functions in each of them.

Pages use functions of Excel 2016 at most, and write the prefix of those after 2007 themselves.
"""

from __future__ import annotations

from typing import Any

import xlsxwriter
import xlsxwriter.worksheet
from xlsxwriter.worksheet import CellFormulaTuple


class Worksheet(xlsxwriter.worksheet.Worksheet):  # type: ignore[misc]  # XlsxWriter has no types
    """A worksheet whose formulas are written as they are."""

    def put_formula(self, row: int, column: int, formula: str, style: Any, value: Any) -> None:
        """Write a formula, without the equals sign, and its value."""
        if not self._check_dimensions(row, column):
            self.table[row][column] = CellFormulaTuple(formula, style, value)

    def _prepare_formula(self, formula: str, expand_future_functions: bool = False) -> str:
        return formula.removeprefix("=")


class Workbook(xlsxwriter.Workbook):  # type: ignore[misc]  # XlsxWriter has no types
    """A workbook of such worksheets."""

    worksheet_class = Worksheet
