"""A build where a scorecard stands already: nothing that people wrote is lost without a word."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.comments import Comment

from tests.checks import recalc
from tests.checks.reading import Book
from tests.scorecards import TODAY, card, sample
from xlkpi.errors import WorkbookError
from xlkpi.language import use
from xlkpi.scorecard import scorecard
from xlkpi.workbook.rebuild import rebuild


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("built") / "built.xlsx"
    assert rebuild(card(), path, language="en").backup is None
    return path.read_bytes()


def edited(path: Path, built: bytes, edit: Callable[[Any], None]) -> bytes:
    """The workbook as somebody left it."""
    path.write_bytes(built)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what openpyxl does not keep
        book = openpyxl.load_workbook(path)
        edit(book)
        book.save(path)
    return path.read_bytes()


def test_rows_that_people_filled_are_taken_over_and_the_version_before_is_kept(tmp_path: Path, built: bytes) -> None:
    out = tmp_path / "made.xlsx"

    def edit(book: Any) -> None:
        notes = next(sheet for sheet in book if "xlkpi_notes" in sheet.tables)
        notes["B11"], notes["E11"] = "basket", "The fair was in March"

    before = edited(out, built, edit)
    made = rebuild(card(), out, language="en")
    assert made.backup == tmp_path / "made.backup.xlsx"
    assert made.backup.read_bytes() == before
    shown = [s.name for s in Book(out).sheets if any(c.value == "The fair was in March" for c in s.listed)]
    assert shown[0].startswith("Average order value")
    assert "Notes" in shown
    assert recalc.differences(out, ("ironcalc",)) == []


def test_a_build_over_an_untouched_one_gives_the_same_workbook(tmp_path: Path, built: bytes) -> None:
    out = tmp_path / "made.xlsx"
    out.write_bytes(built)
    rebuild(card(), out, language="en")
    assert out.read_bytes() == built


def test_a_build_in_another_language_over_an_untouched_one_is_a_new_one(tmp_path: Path, built: bytes) -> None:
    out, new = tmp_path / "made.xlsx", tmp_path / "new.xlsx"
    out.write_bytes(built)
    for path in (out, new):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            rebuild(card(), path, language="fr")
    budgets = [next(s for s in Book(path).sheets if s.name == "Budget").listed for path in (out, new)]
    assert [c.value for c in budgets[0]] == [c.value for c in budgets[1]]


def test_a_later_build_tells_what_changed_since(tmp_path: Path) -> None:
    out = tmp_path / "made.xlsx"
    project, data = sample()
    rebuild(scorecard(project, data, as_of=TODAY - timedelta(days=120), today=TODAY), out, language="en")
    rebuild(card(), out, language="en")
    texts = [str(c.value) for c in Book(out).sheets[0].listed]
    assert any(
        text.startswith("Since the update of 10\u00a0Nov: Average order value (AOV), Behind → Overdue")
        for text in texts
    )


@pytest.mark.parametrize("what", ["target", "sheet", "row", "formula", "comment"])
def test_what_a_build_would_lose_is_refused_and_named(tmp_path: Path, built: bytes, what: str) -> None:
    out = tmp_path / "made.xlsx"

    def edit(book: Any) -> None:
        if what == "sheet":
            book.create_sheet("Mine")["A1"] = "my own"
        elif what == "target":
            sheet = next(sheet for sheet in book if "xlkpi_objectives" in sheet.tables)
            column = next(c.column for c in sheet[1] if c.value == "Target")
            row = next(c.row for c in sheet["A"] if c.value == "basket")
            sheet.cell(row, column).value = 113.0
        elif what == "formula":
            book["Dashboard"]["C9"] = "What we told the board"
        elif what == "comment":
            book["Dashboard"]["D18"].comment = Comment("Why so low?", "Management")
        else:
            notes = next(sheet for sheet in book if "xlkpi_notes" in sheet.tables)
            notes["B11"], notes["E11"] = "basket", "In another language"

    before = edited(out, built, edit)
    named = {"target": "the objective basket$", "sheet": "the sheet Mine$", "row": "added on Notes$",
             "formula": r"written over on Dashboard \(C9\)$", "comment": r"comments on Dashboard \(D18\)$"}  # fmt: skip
    with use("en"), pytest.raises(WorkbookError) as caught:
        rebuild(card(), out, language="fr" if what == "row" else "en")
    with use("en"):
        assert re.search(f"lose: .*{named[what]}", str(caught.value), re.MULTILINE)
    assert out.read_bytes() == before
    assert list(tmp_path.iterdir()) == [out]


def test_a_file_that_is_no_scorecard_is_kept_beside_the_build(tmp_path: Path) -> None:
    out = tmp_path / "made.xlsx"
    out.write_bytes(b"somebody's work")
    made = rebuild(card(), out, language="en")
    assert made.backup is not None
    assert made.backup.read_bytes() == b"somebody's work"
    assert Book(out).sheets[0].name == "Dashboard"
