"""The ribbon's actions in an Excel of the desktop, which another program stands in for: files are there."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import xlwings
from xlkpi.udfs.actions import perform

from tests.engines.open_excel import Range, excel, opened
from tests.small_project import exported, small_project


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_project(tmp_path_factory.mktemp("desktop"))


@pytest.fixture
def book(folder: Path) -> xlwings.Book:
    return opened(folder / "small.xlsx")


def press(name: str, book: xlwings.Book, language: str = "en") -> list[str]:
    """The messages after a button was pressed, with a mark before those that say why not."""
    log = excel(book).log
    begun = len(log)
    perform(name, book, language)
    alerts = [entry for kind, entry in log[begun:] if kind == "alert"]
    return [f"{'! ' if mode == 'critical' else ''}{prompt}" for prompt, mode in alerts]


def test_check_finds_the_project_beside_the_workbook_and_what_was_typed_in_it(book: xlwings.Book) -> None:
    targets = book.sheets["Targets"]
    headers = targets.range("A1:Z1").value
    targets.range((2, headers.index("Target") + 1)).value = 40.0
    (told,) = press("check", book)
    assert "small.yaml and its sources" in told
    assert "typed in the workbook for: cpc." in told
    sheet = book.sheets["SMART check"]
    assert sheet.range("A1").value == "SMART check by xlkpi"
    rows = sheet.range("A3:F7").value
    assert [row[2][0] for row in rows] == list("SMART") or {row[2][0] for row in rows} <= set("SMART")
    assert any("✗" in str(row[3]) for row in sheet.range("A3:F20").value)


def test_notes_fill_the_first_free_row_in(book: xlwings.Book) -> None:
    assert press("notes", book) == []
    notes = book.sheets["Notes"]
    assert book.sheets.active.name == "Notes"  # where the cell is selected
    row = excel(book).selected.row
    assert notes.range((row, 4)).value == date.today()
    notes.range((row, 5)).value = "A note"
    press("notes", book)
    assert excel(book).selected.row == row + 1


def test_refresh_brings_new_data_into_the_open_workbook(folder: Path, book: xlwings.Book) -> None:
    exported(folder, 7)
    data = next(t for s in book.sheets for t in s.tables if t.name == "xlkpi_data")
    rows = data.range.shape[0]
    (told,) = press("refresh", book)
    assert "29\u00a0March 2026 → 28\u00a0April 2026" in told
    assert "SaveCopyAs" in [kind for kind, _ in excel(book).log]
    assert data.range.shape[0] > rows


def test_a_refresh_that_fails_says_why_in_both_languages(folder: Path, book: xlwings.Book) -> None:
    kept = (folder / "small.yaml").read_text(encoding="utf-8")
    (folder / "small.yaml").unlink()
    try:
        for language, words in (("en", "the project file"), ("fr", "projet")):
            (told,) = press("refresh", book, language)
            assert told.startswith("! ")
            assert words in told
            assert "Traceback" not in told
    finally:
        (folder / "small.yaml").write_text(kept, encoding="utf-8")


def test_new_scorecard_asks_for_a_folder_and_opens_what_it_made(book: xlwings.Book, tmp_path: Path) -> None:
    answers = iter([-1, -1, -1, 0])
    goals = iter([False, " Leads "])
    asked: list[Any] = []

    def dialog(kind: int) -> Any:
        asked.append(SimpleNamespace(Show=lambda: next(answers), SelectedItems=lambda i: str(tmp_path)))
        return asked[-1]

    window: Any = excel(book).window
    window.FileDialog = dialog
    window.InputBox = lambda prompt, title, default: next(goals)
    assert press("new_scorecard", book) == []  # no goal was chosen, so nothing is made
    assert list(tmp_path.iterdir()) == []
    (told,) = press("new_scorecard", book)
    assert "TO FILL IN" in told
    assert "goal: leads" in (tmp_path / "project.yaml").read_text(encoding="utf-8")
    assert ("open", str(tmp_path / "project.xlsx")) in excel(book).log
    assert asked[0].Title == "Folder of the scorecard"
    (again,) = press("new_scorecard", book, "fr")
    assert "project.xlsx est fait d’après" in again
    assert press("new_scorecard", book) == []  # no folder was chosen


def test_a_protected_cell_takes_no_function(book: xlwings.Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Range, "Locked", True, raising=False)
    excel(book).selected.sheet.sheet.ProtectContents = True
    assert press("insert_function", book)[0].startswith("! small.xlsx: the sheet Dashboard is protected")
    excel(book).selected.sheet.sheet.ProtectContents = False
    assert press("insert_function", book) == []


def test_a_cell_is_explained_by_the_formula_that_stands_in_it(book: xlwings.Book) -> None:
    sheet = book.sheets.add(name="Mine", after=book.sheets[0])
    sheet.range("B1:C1").value = [45000, 18000]
    sheet.range("D1").formula = "=KPI_ROI(B1,C1)"
    sheet.range("D1").select()
    (told,) = press("explain_cell", book)
    assert "(45,000 − 18,000) / 18,000 = 150%" in told
    assert "B1 = 45,000" in told


def test_what_excel_refuses_is_told_in_its_words(book: xlwings.Book) -> None:
    program = excel(book)
    program.refuse_at = program.writes + 1
    (told,) = press("notes", book)
    assert told.startswith("! Excel did not do it: Refused: The cell is protected.")
    assert "try again" in told
