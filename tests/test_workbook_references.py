"""References that follow a table's last row and rows that are inserted, however they are written."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.checks import sdk
from tests.checks.reading import Book
from tests.edits import Edited, add_sheet
from tests.edits_drawn import add_chart
from tests.small_shop import DATA, Shop
from tests.test_workbook_refresh_edits import last_row, opened
from xlkpi.workbook.formula_text import canonical, moved
from xlkpi.workbook.references import Box, Growth, Stretch
from xlkpi.workbook.refresh import Options, refresh_workbook
from xlkpi.workbook.row_insertion import Insertion

GROWTH = Growth("Données", Box(1, 1, 6, 19), 31)
INSERTION = Insertion("Notes", 20, 5)
#: Rows that continue those from the 12th on.
CONTINUED = Insertion("Notes", 20, 5, of=12)


@pytest.mark.parametrize("sheet", ["S2", "R", "c1", "R1C1", "xfd1"])
def test_names_that_would_be_read_as_cells_keep_their_quotes(sheet: str) -> None:
    down = moved(f"SUM('{sheet}'!A1:B2)", lambda sheet, reference: (sheet, reference.replace("B2", "B3")))
    assert down == f"SUM('{sheet}'!A1:B3)"


@pytest.mark.parametrize(("written", "followed"), [
    ("SUM(Données!D2:Données!D19)", "SUM(Données!D2:Données!D31)"),
    ("SUM('Données'!$D$2:'Données'!$D$19)", "SUM('Données'!$D$2:'Données'!$D$31)"),
    ("SUM(Données!D19:D2)", "SUM(Données!D31:D2)"),
    ("SUM(Données!$E$19:D2)", "SUM(Données!$E$31:D2)"),
    ("Données!D19:Données!D2", "Données!D31:Données!D2"),
    ("SUM(Données!E2:D19)", "SUM(Données!E2:D31)"),
    ("SUM(Données!D2:'Données'!D19)", "SUM(Données!D2:'Données'!D31)"),
])  # fmt: skip
def test_a_range_to_the_last_row_follows_however_it_is_written(written: str, followed: str) -> None:
    assert GROWTH.formula(written) == followed


def test_a_range_of_a_sheet_with_a_quoted_name_follows_and_keeps_its_writing() -> None:
    growth = Growth("L'été", Box(1, 1, 6, 19), 31)
    assert growth.formula("SUM('L''été'!D2:'L''été'!D19)") == "SUM('L''été'!D2:'L''été'!D31)"


def test_the_row_of_totals_follows_but_not_as_an_end_of_a_range_to_another_sheet() -> None:
    growth = Growth("Données", Box(1, 1, 6, 19), 31, totals=1)
    assert growth.formula("Données!D20-Données!D2:Données!D20") == "Données!D32-Données!D2:Données!D32"
    assert growth.formula("Données!D20:INDEX(A:A,1)") == "Données!D32:INDEX(A:A,1)"
    for written in ("Données!D20:Autre!D5", "Données!D20:'À moi'!D5", "Données!D20:[1]Données!D5"):
        assert growth.formula(written) == written


def test_a_reversed_range_on_the_table_s_own_sheet_follows_unless_it_ends_on_its_own_row() -> None:
    assert GROWTH.at_home(b"<f>SUM(D19:D2)+D$19:$D$2</f>") == b"<f>SUM(D31:D2)+D$31:$D$2</f>"
    assert GROWTH.at_home(b"<f>SUM(D19:D2)</f>", 19) == b"<f>SUM(D19:D2)</f>"
    assert GROWTH.at_home(b"<f>SUM(D$19:D2)</f>", 19) == b"<f>SUM(D$31:D2)</f>"


@pytest.mark.parametrize(
    ("written", "followed"),
    [
        ("Calc!$B$5:$B$7", "Calc!$B$5:$B$9"),
        ("Calc!$B$7:$B$5", "Calc!$B$9:$B$5"),
        ("Calc!$B$5:Calc!$B$7", "Calc!$B$5:Calc!$B$9"),
    ],
)
def test_a_series_over_rows_that_charts_show_whole_follows_however_it_is_written(written: str, followed: str) -> None:
    assert Stretch("Calc", Box(1, 5, 3, 7), 9).formula(written) == followed


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
    ("Notes!A12:'Notes'!A19", "Notes!A12:'Notes'!A19", "Notes!A12:Notes!A24"),
    ("Notes!$20:Notes!$22", "Notes!$25:Notes!$27", None),
    # What reaches to a sheet's last row does so afterwards.
    ("Notes!A2:A1048576", "Notes!A2:A1048576", None),
    ("Notes!1:1048576", "Notes!1:1048576", None),
    # Of other workbooks and of several sheets.
    ("[1]Notes!20:22", "[1]Notes!20:22", None),
    ("'[1]Notes'!20:22", "'[1]Notes'!20:22", None),
    ("[1]Notes!A20:[1]Notes!A22", "[1]Notes!A20:[1]Notes!A22", None),
    ("Mars:Notes!20:22", "Mars:Notes!20:22", None),
    ("Notes!A25:Autre!A30", "Notes!A25:Autre!A30", None),
    ("Notes!A20+1.20:30", "Notes!A25+1.20:30", None),
    ("20:22", "20:22", None),
    ('"20:22"&Notes!A1', '"20:22"&Notes!A1', None),
])  # fmt: skip
def test_rows_and_ranges_move_down_where_rows_are_inserted(written: str, followed: str, continued: str | None) -> None:
    assert INSERTION.formula(written) == followed
    assert CONTINUED.formula(written) == (continued or followed)


def test_whole_rows_without_a_name_are_those_of_the_formula_s_own_sheet() -> None:
    assert INSERTION.formula("SUM(20:22)/Notes!A30", home=True) == "SUM(25:27)/Notes!A30"
    for written in ("'20:24'!A:A", "[1]Autre!20:22", "Mars:Mai!20:22", "T[[20:30]]", "Autre!20:22", "A:A", "x.20:30"):
        assert INSERTION.formula(written, home=True) == written


def test_a_pivot_table_s_source_moves_down_unless_it_is_in_another_workbook() -> None:
    source = '<worksheetSource ref="A10:C25" sheet="Notes"/><worksheetSource ref="A10:C25" sheet="Notes" r:id="rId1"/>'
    assert INSERTION.formulas(source.encode()).decode() == source.replace("C25", "C30", 1)
    growth = Growth("Notes", Box(1, 10, 3, 25), 30)
    assert growth.formulas(source.encode()).decode() == source.replace("C25", "C30", 1)


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


@pytest.mark.parametrize("piece", [
    "1:", "Notes!", "A1:", "$", "'a", "1", "Notes!1:", "Notes!A1:Notes!", "'", "''a", "'a'", ".", "1.", "[1]a!", "a[",
    "(", "Données!A1:Données!",
])  # fmt: skip
def test_hostile_texts_are_read_in_one_pass(piece: str) -> None:
    text = piece * (200_000 // len(piece))
    start = time.process_time()
    INSERTION.formula(f"Notes!{text}", home=True)
    GROWTH.formula(f"Données!{text}")
    canonical(text)
    assert time.process_time() - start < 5


def test_a_number_of_thousands_of_digits_is_no_row() -> None:
    for reference in (f"A{'1' * 5_000}", f"A2:A{'1' * 5_000}", f"{'1' * 5_000}:{'1' * 5_000}"):
        assert INSERTION.formula(f"Notes!{reference}") == f"Notes!{reference}"
        assert GROWTH.formula(f"Données!{reference}") == f"Données!{reference}"
        assert GROWTH.at_home(f"<f>19+{reference}</f>".encode()) == f"<f>19+{reference}</f>".encode()


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


def test_a_chart_over_a_range_from_its_last_row_on_keeps_the_copies_of_its_numbers(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.build()
    last = last_row(shop.workbook, "xlkpi_data")
    with Edited(shop.workbook) as book:
        add_sheet(book, "À moi", {"A1": "ici"})
        written = (f"{DATA}!$E${last}:$E$2", f"{DATA}!$E$2:{DATA}!$E${last}")
        parts = [add_chart(book, "À moi", reference, [1.0, 2.0]) for reference in written]
    shop.months += 2
    shop.write()
    refresh_workbook(shop.workbook, Options(backups=0))
    now = last_row(shop.workbook, "xlkpi_data")
    texts = [Edited(shop.workbook).text(part) for part in parts]
    followed = (f"{DATA}!$E${now}:$E$2", f"{DATA}!$E$2:{DATA}!$E${now}")
    for text, reference in zip(texts, followed, strict=True):
        assert f">{reference}</c:f>" in text
        assert f'<c:ptCount val="{now - 1}"/>' in text


def test_whole_rows_and_titles_move_down_with_new_lines_in_a_workbook_that_openpyxl_saved(tmp_path: Path) -> None:
    """Three channels come, and three rows are inserted below the lines of two, at row 15."""
    shop, page = Shop(tmp_path), "Canaux"
    shop.build()
    book = opened(shop.workbook)
    book[page].print_title_rows, book[page].print_title_cols = "1:16", "A:B"
    book[page]["P40"] = "=SUM(20:22)"
    mine = book.create_sheet("À moi")
    written = [
        f"=COUNTA({page}!20:22)", f"=COUNTA({page}!$13:$20)", f"=COUNTA({page}!A:A)", f"=COUNTA({page}!13:14)",
        f"=SUM({page}!C14:{page}!C13)", f"=COUNTA({page}!A2:A1048576)", '="20:22"',
    ]  # fmt: skip
    for row, formula in enumerate(written, start=1):
        mine[f"A{row}"] = formula
    book.save(shop.workbook)
    faults = {(fault.part, fault.description) for fault in sdk.faults(shop.workbook)}  # openpyxl leaves some
    shop.channels = ["web", "boutique", "marché", "salon", "foire"]
    shop.write()
    assert refresh_workbook(shop.workbook, Options(backups=0)).replaced == []
    after = opened(shop.workbook)
    assert [after["À moi"][f"A{row}"].value for row in range(1, len(written) + 1)] == [
        f"=COUNTA({page}!23:25)", f"=COUNTA({page}!$13:$23)", f"=COUNTA({page}!A:A)", f"=COUNTA({page}!13:17)",
        f"=SUM({page}!C17:{page}!C13)", f"=COUNTA({page}!A2:A1048576)", '="20:22"',
    ]  # fmt: skip
    assert after[page]["P43"].value == "=SUM(23:25)"
    assert (after[page].print_title_rows, after[page].print_title_cols) == ("$1:$19", "$A:$B")
    assert {(fault.part, fault.description) for fault in sdk.faults(shop.workbook)} <= faults
