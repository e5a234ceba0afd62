"""Cached values that are wrong are found by every program that recalculates."""

from __future__ import annotations

from pathlib import Path

import pytest
import xlsxwriter

from tests.checks.recalc import ENGINES, differences, results
from tests.workbooks import Build, altered, workbook

PROGRAMS = sorted(ENGINES)


def with_formula(formula: str, value: float | str | bool) -> Build:
    def build(_: xlsxwriter.Workbook, page: xlsxwriter.worksheet.Worksheet) -> None:
        page.write_formula("A5", formula, None, value)

    return build


@pytest.mark.parametrize("program", PROGRAMS)
def test_right_values_are_confirmed(tmp_path: Path, program: str) -> None:
    path = workbook(tmp_path / "x.xlsx")
    assert differences(path, [program]) == []
    assert results(path, program)["Data", "C3"] == 40.0


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("=SUM(sales[amount])", 30.0000001),
        ("=B2", 3),
        ('="a"', "b"),
        ('=""', " "),
        ("=1/0", "#N/A"),
        ("=NA()", "#DIV/0!"),
        ("=1/0", 0),
        ("=1=1", False),
        ('="1"', 1),
    ],
)
def test_a_wrong_value_is_found(tmp_path: Path, program: str, formula: str, value: float | str | bool) -> None:
    (found,) = differences(workbook(tmp_path / "x.xlsx", with_formula(formula, value)), [program])
    assert (found.sheet, found.address, found.engine) == ("Page", "A5", program)


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize(
    ("formula", "value"),
    [("=1/3", 1 / 3), ('="é "&"<&>"', "é <&>"), ('=""', ""), ("=1/0", "#DIV/0!"), ("=NA()", "#N/A"), ("=1=1", True)],
)
def test_a_right_value_of_any_kind_is_confirmed(
    tmp_path: Path, program: str, formula: str, value: float | str | bool
) -> None:
    assert differences(workbook(tmp_path / "x.xlsx", with_formula(formula, value)), [program]) == []


def test_what_a_choice_changes_is_recalculated(tmp_path: Path) -> None:
    path = workbook(tmp_path / "x.xlsx", with_formula('=IF(A6="x",B2*2,0)', 0))
    inputs: dict[tuple[str, str], float | str] = {("Page", "B2"): 5.0, ("Page", "A6"): "x"}
    right = {("Page", "B1"): 150.0, ("Page", "A5"): 10.0}
    assert differences(path, PROGRAMS, inputs=inputs) == []
    assert differences(path, PROGRAMS, inputs=inputs, expected=right) == []
    wrong = differences(path, PROGRAMS, inputs=inputs, expected={("Page", "B1"): 60.0})
    assert {(d.address, d.engine) for d in wrong} == {("B1", program) for program in PROGRAMS}


def test_a_missing_value_is_found(tmp_path: Path) -> None:
    path = altered(workbook(tmp_path / "x.xlsx"), "xl/worksheets/sheet1.xml", "<v>60</v>", "")
    assert [(d.address, d.expected) for d in differences(path, ["ironcalc"])] == [("B1", None)]
