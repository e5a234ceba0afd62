"""Microsoft's validator finds what makes Excel offer a repair, and nothing in what we write."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import openpyxl
import pyarrow as pa
import pytest

from tests.checks import sdk
from tests.checks.lint import lint
from tests.checks.render import available, render
from tests.engines import REQUIRE, require
from tests.skeletons import filled
from tests.workbooks import altered, workbook

SHEET = "xl/worksheets/sheet1.xml"


def test_nothing_is_found_in_a_right_workbook(tmp_path: Path) -> None:
    assert sdk.faults(workbook(tmp_path / "x.xlsx")) == []


@pytest.mark.parametrize("rows", [0, 1, 50])
@pytest.mark.parametrize("references", [True, False])
def test_nothing_is_found_in_a_filled_data_sheet(tmp_path: Path, rows: int, references: bool) -> None:
    columns = {
        "date": pa.array([date(2026, 1, 1), None, *[date(2026, 2, 1)] * 48][:rows], pa.date32()),
        "text <&> 'é'": pa.array([" =1\x01\r\n", None, *["_x000D_ & <b> \ufffe"] * 48][:rows], pa.string()),
        "number": pa.array([float("nan"), 1e300, *[-0.0] * 48][:rows], pa.float64()),
        "truth": pa.array([True, None, *[False] * 48][:rows], pa.bool_()),
    }
    path = filled(tmp_path, columns, references=references)
    assert sdk.faults(path) == []
    assert lint(path) == []


@pytest.mark.parametrize(
    ("part", "old", "new"),
    [
        (SHEET, "<sheetData>", "<sheetDatum/><sheetData>"),
        (SHEET, 'r="A1"', 'r="A1" t="text"'),
        ("[Content_Types].xml", "worksheet+xml", "worksheet"),
        ("xl/_rels/workbook.xml.rels", "worksheets/sheet1.xml", "worksheets/sheet9.xml"),
        ("xl/tables/table1.xml", 'count="3"', 'count="three"'),
    ],
)
def test_a_fault_is_found(tmp_path: Path, part: str, old: str, new: str) -> None:
    assert sdk.faults(altered(workbook(tmp_path / "x.xlsx"), part, old, new)) != []


def test_openpyxl_s_own_fault_is_forgiven_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "x.xlsx"
    openpyxl.Workbook().save(path)
    assert len(sdk.faults(path)) == 1
    assert sdk.faults(path, by_openpyxl=True) == []
    assert len(sdk.faults(altered(path, SHEET, "<sheetData", "<sheetDatum/><sheetData"), by_openpyxl=True)) == 1


def test_without_the_validator_a_test_is_skipped_or_fails_where_it_is_required(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sdk, "PROGRAM", tmp_path / "none.js")
    monkeypatch.delenv(REQUIRE, raising=False)
    with pytest.raises(pytest.skip.Exception, match="npm install --prefix tests/checks"):
        sdk.faults(tmp_path / "x.xlsx")
    monkeypatch.setenv(REQUIRE, "1")
    with pytest.raises(pytest.fail.Exception, match="npm install --prefix tests/checks"):
        sdk.faults(tmp_path / "x.xlsx")


def test_the_pages_are_drawn_with_the_signs_of_the_language(tmp_path: Path) -> None:
    if (missing := available()) is not None:
        require(missing)
    path = workbook(tmp_path / "book.xlsx")
    (picture,) = [p for p in render(path, tmp_path / "pages", "fr", dpi=40) if p.name.endswith("-1.png")]
    assert picture.read_bytes().startswith(b"\x89PNG")
