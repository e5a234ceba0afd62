"""Writes cells to be valued into a workbook: the formulas in column A, each with its inputs from B on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

SHEET = "Cells"

Result = float | str
"""A number (logical values are 1.0 and 0.0, since LibreOffice does not tell them apart), the code of an
error such as `#DIV/0!`, or the repr of a text (`"''"` for empty text)."""


@dataclass(frozen=True)
class ExcelError:
    """An error value such as `#N/A` as the content of an input cell."""

    code: str


Scalar = float | int | str | bool | ExcelError | None
Input = Scalar | tuple[Scalar, ...] | list[Scalar]


@dataclass(frozen=True)
class Cell:
    """One formula to be valued.

    `inputs` go into cells: a number, a text, a bool, None for a blank cell, an `ExcelError`, or a tuple or
    list of those for a vertical range. `formula` is the text of the file format (US English, `_xlfn.` and
    `_xlpm.` prefixes, no leading `=`), with `{0}`, `{1}` ... where the addresses of the inputs belong; double
    a brace that is meant literally.
    """

    inputs: tuple[Input, ...]
    formula: str


@dataclass(frozen=True)
class Block:
    """Where a cell's results stand: rows `first` to `first + rows - 1` (from 0) of column A."""

    first: int
    rows: int


class _Exact(float):
    """A float that XlsxWriter prints with 17 digits, not 16, so that engines read the very same number."""

    def __format__(self, spec: str) -> str:
        return float.__repr__(self)


def write_book(path: Path, cells: Sequence[Cell], names: Mapping[str, str], *, spill: bool) -> list[Block]:
    """Write `cells` and the defined `names` to `path` and tell where each result will be."""
    book = xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet(SHEET)
    for name, formula in names.items():
        book.define_name(name, f"={formula}")
    blocks: list[Block] = []
    row = 0
    for cell in cells:
        addresses: list[str] = []
        height = 1
        for column, value in enumerate(cell.inputs, start=1):
            letter = xl_col_to_name(column)
            if isinstance(value, tuple | list):
                height = max(height, len(value))
                addresses.append(f"{letter}{row + 1}:{letter}{row + len(value)}")
                for offset, item in enumerate(value):
                    _write_input(sheet, row + offset, column, item)
            else:
                addresses.append(f"{letter}{row + 1}")
                _write_input(sheet, row, column, value)
        formula = f"={cell.formula.format(*addresses)}"
        if spill:
            sheet.write_dynamic_array_formula(row, 0, row + height - 1, 0, formula)
        else:
            sheet.write_formula(row, 0, formula)
        blocks.append(Block(row, height if spill else 1))
        row += height
    book.close()
    return blocks


def _write_input(sheet: Any, row: int, column: int, value: Scalar) -> None:
    if value is None:
        return
    if isinstance(value, ExcelError):
        sheet.write_formula(row, column, f"={value.code}", None, value.code)
    elif isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, str):
        # An empty text can't be typed into a cell, only be the result of a formula.
        if value:
            sheet.write_string(row, column, value)
        else:
            sheet.write_formula(row, column, '=""', None, "")
    else:
        sheet.write_number(row, column, _Exact(value))
