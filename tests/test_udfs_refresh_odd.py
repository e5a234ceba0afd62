"""Refresh of an open workbook in which people have selected, ruled or formatted something out of the ordinary."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from openpyxl.formatting.rule import FormulaRule
from openpyxl.worksheet.datavalidation import DataValidation
from xlkpi.udfs import open_charts, open_rules
from xlkpi.udfs.actions import perform
from xlkpi.udfs.open_book import OpenBook
from xlkpi.udfs.refresh import refresh_book, undone_on_failure
from xlkpi.udfs.reopening import can_reopen

from tests.engines.open_excel import ChartInView, contents, excel, loaded, opened
from tests.small_shop import DATA, NOTES, Shop
from xlkpi.errors import WorkbookError
from xlkpi.workbook.compare import ConditionChange


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    shop = Shop(tmp_path_factory.mktemp("built"))
    shop.build()
    return shop


@pytest.fixture
def shop(built: Shop, tmp_path: Path) -> Shop:
    """Two months more."""
    found = built.copied(tmp_path)
    found.months = 8
    found.write()
    return found


def alerts(book: Any) -> list[str]:
    return [told[0] for kind, told in excel(book).log if kind == "alert"]


def test_with_all_cells_of_a_sheet_selected_the_buttons_work_and_they_stay_selected(shop: Shop) -> None:
    book = opened(shop.workbook)
    app = excel(book)
    app.selected = app.book.sheets(1).cells
    assert perform("refresh", book, "en")
    assert alerts(book)[-1].startswith("tableau.xlsx")
    assert app.selected.address == "A1:XFD1048576"
    assert perform("explain_cell", book, "en")
    assert perform("notes", book, "en")


def test_with_a_sheet_in_view_that_is_a_chart_it_refreshes(shop: Shop) -> None:
    book, usual = opened(shop.workbook), opened(shop.workbook)
    excel(book).window = ChartInView()
    refresh_book(usual)
    assert perform("refresh", book, "en")
    assert contents(book) == contents(usual)


def test_excel_fills_no_tables_by_itself_while_they_are_written(shop: Shop) -> None:
    book = opened(shop.workbook)
    own, seen = excel(book).window.AutoCorrect, set()

    def say(_: str, share: float) -> None:
        if 0.8 < share < 0.94:
            seen.add((own.AutoFillFormulasInLists, own.AutoExpandListRange))

    refresh_book(book, say=say)
    assert seen == {(False, False)}
    assert (own.AutoFillFormulasInLists, own.AutoExpandListRange) == (True, True)


def ruled(shop: Shop, formula: str) -> None:
    book = loaded(shop.workbook)
    cells = f"C2:C{book[DATA].max_row}"
    rule = DataValidation("custom", formula1=formula, sqref=cells)
    book[DATA].add_data_validation(rule)
    book.save(shop.workbook)


@pytest.mark.parametrize("formula", ["LEN(C2)<99", "C$2", "VRAI()", "$C$2+1"])
def test_a_rule_that_excel_would_read_otherwise_is_left_to_the_command(shop: Shop, formula: str) -> None:
    ruled(shop, formula)
    book = opened(shop.workbook)
    before = contents(book)
    with pytest.raises(WorkbookError, match=rf"{DATA}!C2:C\d+") as refused:
        refresh_book(book)
    assert can_reopen(book, refused.value)
    assert contents(book) == before


@pytest.mark.parametrize("formula", ["1", "$C$2", f"{DATA}!$C$2:$C$3", "xlkpi_as_of"])
def test_a_rule_that_says_the_same_everywhere_follows_the_rows(shop: Shop, formula: str) -> None:
    ruled(shop, formula)
    book = opened(shop.workbook)
    refresh_book(book)
    rules = excel(book).workbook[DATA].data_validations.dataValidation
    last = excel(book).workbook[DATA].max_row
    assert (f"C2:C{last}", formula) in [(str(rule.sqref), plain(rule.formula1)) for rule in rules]


def plain(formula: str) -> str:
    return formula.removesuffix(".0")


def test_a_conditional_format_whose_formula_moves_is_left_to_the_command(shop: Shop) -> None:
    file = loaded(shop.workbook)
    rule = FormulaRule(formula=[f"B2>{DATA}!$E$2:$E${file[DATA].max_row}"])
    file[NOTES].conditional_formatting.add("B2:B9", rule)
    file.save(shop.workbook)
    book = opened(shop.workbook)
    before = contents(book)
    with pytest.raises(WorkbookError, match=f"{NOTES}!B2:B9") as refused:
        refresh_book(book)
    assert can_reopen(book, refused.value)
    assert contents(book) == before


@pytest.mark.parametrize(
    "write",
    [
        lambda book: open_rules.rename(book, "Absent", None, "A!$A$1", "A!$A$2"),
        lambda book: open_rules.condition(book, ConditionChange(DATA, ("A2", "A2"), {0: ("$A$2", "$A$3")})),
        lambda book: open_charts.draw(book, DATA, {"A!$A$1": "A!$A$2"}),
    ],
)
def test_what_is_not_where_it_is_expected_is_left_to_the_command(shop: Shop, write: Any) -> None:
    book = opened(shop.workbook)
    held = OpenBook(book)
    with pytest.raises(WorkbookError) as refused, undone_on_failure(held):
        write(held)
    assert can_reopen(book, refused.value)
