"""References that follow a table's last row and rows that are inserted, however they are written."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.checks.reading import Book
from tests.edits import Edited, add_sheet
from tests.small_shop import DATA, Shop
from tests.test_workbook_refresh_edits import last_row
from xlkpi.workbook.formula_text import canonical
from xlkpi.workbook.references import Box, Growth
from xlkpi.workbook.refresh import Options, refresh_workbook
from xlkpi.workbook.row_insertion import Insertion

GROWTH = Growth("Données", Box(1, 1, 6, 19), 31)
INSERTION = Insertion("Notes", 20, 5)
#: Rows that continue those from the 12th on.
CONTINUED = Insertion("Notes", 20, 5, of=12)


@pytest.mark.parametrize(("written", "followed"), [
    ("SUM(Données!D2:Données!D19)", "SUM(Données!D2:Données!D31)"),
    ("SUM('Données'!$D$2:'Données'!$D$19)", "SUM('Données'!$D$2:'Données'!$D$31)"),
    ("SUM(Données!D19:D2)", "SUM(Données!D31:D2)"),
    ("SUM(Données!$E$19:D2)", "SUM(Données!$E$31:D2)"),
    ("Données!D19:Données!D2", "Données!D31:Données!D2"),
    ("SUM(Données!E2:D19)", "SUM(Données!E2:D31)"),
])  # fmt: skip
def test_a_range_to_the_last_row_follows_however_it_is_written(written: str, followed: str) -> None:
    assert GROWTH.formula(written) == followed


@pytest.mark.parametrize("written", [
    "Données!D2:Autre!D19", "[1]Données!D2:[1]Données!D19", "Mars:Mai!D2:D19", "SUM(Données!D10:D5)", "Données!2:19",
    '"Données!D19:D2"', "Données!D19",
])  # fmt: skip
def test_what_is_none_stays(written: str) -> None:
    assert GROWTH.formula(written) == written


@pytest.mark.parametrize(("written", "followed", "continued"), [
    ("Notes!20:22", "Notes!25:27", None),
    ("SUM(Notes!$18:$22)", "SUM(Notes!$18:$27)", None),
    ("Notes!$A:$B,Notes!$1:$30", "Notes!$A:$B,Notes!$1:$35", None),
    ("Notes!$1:$4", "Notes!$1:$4", None),
    ("Notes!12:19", "Notes!12:19", "Notes!12:24"),
    ("Notes!A19:A12", "Notes!A19:A12", "Notes!A24:A12"),
    ("Notes!A12:Notes!A19", "Notes!A12:Notes!A19", "Notes!A12:Notes!A24"),
    ("'Notes'!A25:'Notes'!B30", "Notes!A30:Notes!B35", None),
    ("20:22", "20:22", None),
    ('"20:22"&Notes!A1', '"20:22"&Notes!A1', None),
])  # fmt: skip
def test_rows_and_ranges_move_down_where_rows_are_inserted(written: str, followed: str, continued: str | None) -> None:
    assert INSERTION.formula(written) == followed
    assert CONTINUED.formula(written) == (continued or followed)


def test_whole_rows_without_a_name_are_those_of_the_formula_s_own_sheet() -> None:
    assert INSERTION.formula("SUM(20:22)/Notes!A30", home=True) == "SUM(25:27)/Notes!A30"


columns, rows, signs = st.sampled_from("ABCDEF"), st.integers(2, 40), st.sampled_from(("", "$"))


@given(columns, rows, columns, rows, signs, signs)
def test_a_range_becomes_the_same_whichever_end_and_however_often_the_sheet_is_written(
    left: str, top: int, right: int, bottom: int, one: str, other: str
) -> None:
    first, last = f"{left}{one}{min(top, bottom)}", f"{right}{other}{max(top, bottom)}"
    usual = GROWTH.formula(f"Données!{first}:{last}").removeprefix("Données!")
    start, _, end = usual.partition(":")
    assert GROWTH.formula(f"Données!{first}:Données!{last}") == f"Données!{start}:Données!{end}"
    if top != bottom:
        assert GROWTH.formula(f"Données!{last}:{first}") == f"Données!{end}:{start}"
    assert canonical(f"'Données'!{first}:'Données'!{last}") == f"Données!{first}:Données!{last}"


@pytest.mark.parametrize("piece", ["1:", "Notes!", "A1:", "$", "'a", "1", "Notes!1:", "Notes!A1:Notes!"])
def test_hostile_texts_are_read_in_one_pass(piece: str) -> None:
    start = time.process_time()
    INSERTION.formula(f"Notes!{piece * 100_000}", home=True)
    GROWTH.formula(f"Données!{piece * 100_000}")
    assert time.process_time() - start < 5


def test_a_refresh_lets_all_of_them_follow(tmp_path: Path) -> None:
    shop, mine = Shop(tmp_path), "À moi"
    shop.build()
    last = last_row(shop.workbook, "xlkpi_data")
    formulas = {
        "A1": f"=SUM({DATA}!E2:{DATA}!E{last})",
        "A2": f"=SUM({DATA}!E{last}:E2)",
        "A3": f"=SUM({DATA}!2:{last})",
    }
    with Edited(shop.workbook) as book:
        add_sheet(book, mine, formulas, dict.fromkeys(formulas, 0))
    shop.months += 2
    shop.write()
    refresh_workbook(shop.workbook, Options(backups=0))
    now = last_row(shop.workbook, "xlkpi_data")
    cells = next(s for s in Book(shop.workbook).sheets if s.name == mine).cells
    assert now > last
    assert [cells[at].formula for at in formulas] == [
        f"SUM({DATA}!E2:{DATA}!E{now})", f"SUM({DATA}!E{now}:E2)", f"SUM({DATA}!2:{last})",
    ]  # fmt: skip
