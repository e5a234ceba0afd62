"""The text of a workbook tells what was changed in it, and nothing that changes by itself."""

from __future__ import annotations

from pathlib import Path

import pytest
import xlsxwriter

from tests.checks.snapshot import UPDATE, compare, snapshot
from tests.workbooks import workbook

EXPECTED = """\
title: A scorecard
created: <time>
modified: <time>
name _xlnm.Print_Area (Page) = Page!$A$1:$H$20
name _xlnm.Print_Titles (Data) = Data!$1:$1
name rate = Page!$B$2

== Page
drawing D3:K17 'Chart 1': Sales by item
  chart1.xml
  title 'Sales'
  barChart: cat Data!$A$2:$A$3 (a, b); val Data!$B$2:$B$3 (10, 20)
A1 'Total'
B1 = SUM(sales[amount])*rate -> 60
B2 2

== Data
table sales A1:C3: item, amount, double = sales[[#This Row],[amount]]*2
A1 'item'
B1 'amount'
C1 'double'
A2 'a'
B2 10
C2 = sales[[#This Row],[amount]]*2 -> 20
A3 'b'
B3 20
C3 = sales[[#This Row],[amount]]*2 -> 40
"""


def full(book: xlsxwriter.Workbook, page: xlsxwriter.worksheet.Worksheet) -> None:
    page.set_column("A:B", 20)
    page.set_column("C:C", 5, None, {"hidden": True})
    page.set_row(0, 30)
    page.merge_range("A10:B10", "merged")
    page.data_validation("A9", {"validate": "list", "source": "=sales[item]", "input_title": "Choose"})
    page.conditional_format("B1", {"type": "icon_set", "icon_style": "3_arrows"})
    page.add_sparkline("C9", {"range": "Data!B2:B3", "type": "column"})
    page.write_url("A8", "internal:'Data'!A1", string="to the data")
    page.write_number("A7", 0.5, book.add_format({"num_format": "0.0%"}))
    page.protect()
    page.freeze_panes(2, 0)
    page.hide()
    book.worksheets()[1].activate()


def test_the_text_is_readable(tmp_path: Path) -> None:
    assert snapshot(workbook(tmp_path / "x.xlsx")) == EXPECTED


def test_everything_that_is_seen_is_told(tmp_path: Path) -> None:
    text = snapshot(workbook(tmp_path / "x.xlsx", full))
    for line in (
        "== Page (hidden)",
        "width A:B 20.7109375",
        "width C 5.7109375 hidden",
        "height 1 30",
        "merged A10:B10",
        "validation A9: type='list'",
        "promptTitle='Choose' sales[item]",
        "conditional B1 type='iconSet' priority='1' iconSet(iconSet='3Arrows') cfvo(type='percent' val='0')",
        "sparkline column C9: Data!B2:B3",
        "link A8: 'Data'!A1",
        "A7 [0.0%] 0.5",
        "sheetProtection: sheet='1'",
        "pane: ySplit='2'",
    ):
        assert line in text, line


def test_the_same_workbook_made_later_has_the_same_text(tmp_path: Path) -> None:
    one, other = workbook(tmp_path / "x.xlsx", full), workbook(tmp_path / "y.xlsx", full)
    assert snapshot(one) == snapshot(other)


def test_numbers_that_differ_in_the_last_digits_have_the_same_text(tmp_path: Path) -> None:
    def text(number: float) -> str:
        return snapshot(workbook(tmp_path / "x.xlsx", lambda _, page: page.write_number("A5", number)))

    assert text(0.3) == text(0.1 + 0.2) != text(0.30001)


def test_a_difference_fails_and_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(UPDATE, raising=False)
    stored = tmp_path / "stored.txt"
    stored.write_text(EXPECTED.replace("B2 2", "B2 3"), encoding="utf-8")
    with pytest.raises(pytest.fail.Exception, match=r"-B2 3\n\+B2 2"):
        compare(workbook(tmp_path / "x.xlsx"), stored)


def test_a_stored_text_is_written_only_when_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stored, path = tmp_path / "new" / "stored.txt", workbook(tmp_path / "x.xlsx")
    monkeypatch.delenv(UPDATE, raising=False)
    with pytest.raises(pytest.fail.Exception, match=UPDATE):
        compare(path, stored)
    monkeypatch.setenv(UPDATE, "1")
    compare(path, stored)
    monkeypatch.delenv(UPDATE)
    compare(path, stored)
    assert stored.read_text(encoding="utf-8") == EXPECTED


def test_more_can_be_masked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(UPDATE, raising=False)
    stored = tmp_path / "stored.txt"
    stored.write_text(EXPECTED.replace("'Total'", "<label>"), encoding="utf-8")
    compare(workbook(tmp_path / "x.xlsx"), stored, mask={"'Total'": "<label>"})
