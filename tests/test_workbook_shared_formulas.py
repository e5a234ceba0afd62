"""Formulas of neighbouring rows that are written once."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import openpyxl

from tests.checks.recalc import differences
from xlkpi.workbook.shared_formulas import shared
from xlkpi.workbook.writer import Workbook

ROWS = {row: f'IF(A{row + 1}>B$1,"A1 and {{B2}}",LOG10(A{row + 1})*C5)'.replace("$", "") for row in range(3, 6)}


def test_formulas_that_differ_by_their_row_are_written_once() -> None:
    found = shared("D", ROWS, 7)
    assert found[3] == 'IF(A4>B$1,"A1 and {B2}",LOG10(A4)*C$5)'
    assert (found[3].area, found[3].number) == ("D4:D6", 7)
    assert [(found[row], found[row].area, found[row].number) for row in (4, 5)] == [("", "", 7)] * 2


def test_other_formulas_are_left_as_they_are() -> None:
    apart = {3: ROWS[3], 5: ROWS[5]}
    different = {3: "SUM(A4:A9)+MAX(B4:B9)+1", 4: "SUM(A4:A9)+MAX(B5:B10)+2"}
    leaping = {3: "SUM(A4:A9)+MAX(B4:B9)+1", 4: "SUM(A6:A9)+MAX(B5:B10)+1"}
    beyond = {row: f"SUM(Data!A{row}:A9)+INDEX(t[x],A{row})" for row in (3, 4)}
    assert [shared("D", given, 0) for given in (apart, different, leaping, beyond)] == [{}] * 4


def test_a_run_ends_where_the_formula_changes_and_another_begins() -> None:
    formulas = {row: f"IF(A{row + 1}>1000,A{row + 1}*B1,C{row + 1})" for row in range(3)}
    formulas |= {row: f"IF(A{row + 1}>1000,A{row + 1}*B{row + 1},C1)" for row in range(3, 6)}
    found = shared("E", formulas, 0)
    assert [f.area for f in found.values()] == ["E1:E3", "", "", "E4:E6", "", ""]
    assert found[3] == "IF(A4>1000,A4*B4,C$1)"


def test_programs_read_and_value_shared_formulas_as_if_each_cell_had_its_own(tmp_path: Path) -> None:
    made = tmp_path / "shared.xlsx"
    with Workbook(made, {"strings_to_formulas": False}) as book:
        sheet = book.add_worksheet("Calc")
        for row in range(9):
            sheet.write_number(row, 0, row - 3)
            sheet.put_formula(row, 1, f'IF(A{row + 1}<A2,"less & ""no""",A{row + 1}*A{row + 1}+A9)', None,
                              'less & "no"' if row < 1 else float((row - 3) ** 2 + 5))  # fmt: skip
        sheet.share_formulas()
    with zipfile.ZipFile(made) as package:
        part = package.read("xl/worksheets/sheet1.xml").decode()
    assert len(re.findall("<f", part)) == 9
    assert len(re.findall(r"</f>", part)) == 1
    assert differences(made) == []
    cells = openpyxl.load_workbook(made)["Calc"]
    assert cells["B7"].value == '=IF(A7<A$2,"less & ""no""",A7*A7+A$9)'
