"""Numbers and errors in the tables that people fill: a refresh takes them as they stand."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from tests.checks import recalc
from tests.checks.reading import Book
from tests.edits import Edited, put_cell
from tests.small_shop import FIRST, TARGETS, Shop
from xlkpi.errors import WorkbookError
from xlkpi.language import use
from xlkpi.workbook.live import serial
from xlkpi.workbook.refresh import Options, refresh_workbook

DUE = serial(date(2026, 12, 31))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    shop = Shop(tmp_path_factory.mktemp("shop"))
    shop.build()
    return shop


def put_error(book: Edited, sheet: str, address: str) -> None:
    put_cell(book, sheet, address, "=1/0", cached=0)
    cell = rf'(<c r="{address}"[^>]*)(><f>1/0</f><v>)0(</v></c>)'
    book.change(book.sheets[sheet], lambda xml: re.sub(cell, r'\1 t="e"\2#DIV/0!\3', xml))


@pytest.mark.parametrize("kind", ["decimal", "error"])
def test_a_decimal_or_an_error_that_people_typed_stops_no_refresh(built: Shop, tmp_path: Path, kind: str) -> None:
    shop = built.copied(tmp_path)
    with Edited(shop.workbook) as book:
        put_cell(book, "Notes", "B11", "basket")
        put_cell(book, "Actions", "B15", "basket")
        for sheet, address in (("Notes", "E11"), ("Actions", "D15"), ("Actions", "E15"), ("Alertes", "F14")):
            if kind == "error":
                put_error(book, sheet, address)
            else:
                put_cell(book, sheet, address, 12.5)
    shop.months = 7
    shop.write()
    assert refresh_workbook(shop.workbook, Options(backups=0)).replaced == []
    cells = next(s for s in Book(shop.workbook).sheets if s.name == "Notes").cells
    assert (cells["E11"].value, cells["E11"].formula) == {"decimal": (12.5, None), "error": ("#DIV/0!", "1/0")}[kind]
    assert recalc.differences(shop.workbook, ("ironcalc",)) == []


def test_an_error_in_a_target_is_told_with_its_column_and_objective(built: Shop, tmp_path: Path) -> None:
    shop = built.copied(tmp_path)
    with Edited(shop.workbook) as book:
        cells = next(s for s in Book(shop.workbook).sheets if s.name == TARGETS).listed
        put_error(book, TARGETS, next(c.address for c in cells if c.value == 20_000))
    with use("en"), pytest.raises(WorkbookError) as refused:
        refresh_workbook(shop.workbook, Options(backups=0))
    assert "the column 'Cible' of the objective 'revenue' holds '#DIV/0!', which is not a number" in (
        refused.value.text("en")
    )


@pytest.mark.parametrize(("typed", "shown"), [(20261231.0, "20261231"), (1e300, "1e+300"), (-5.0, "-5"), (0.5, "0.5")])
def test_a_number_that_is_no_date_is_told_with_its_column_and_objective(
    built: Shop, tmp_path: Path, typed: float, shown: str
) -> None:
    shop = built.copied(tmp_path)
    put_due(shop, typed)
    with use("en"), pytest.raises(WorkbookError) as refused:
        refresh_workbook(shop.workbook, Options(backups=0))
    assert f"the column 'Échéance' of the objective 'revenue' holds '{shown}', which is not a date" in (
        refused.value.text("en")
    )


def test_the_last_day_that_excel_knows_is_one(built: Shop, tmp_path: Path) -> None:
    shop = built.copied(tmp_path)
    put_due(shop, 2_958_465.0)
    typed = refresh_workbook(shop.workbook, Options(backups=0)).differences.typed
    assert [(cell.column, cell.workbook) for cell in typed] == [("due", date(9999, 12, 31))]


def put_due(shop: Shop, typed: float) -> None:
    cells = next(s for s in Book(shop.workbook).sheets if s.name == TARGETS).listed
    with Edited(shop.workbook) as book:
        put_cell(book, TARGETS, next(c.address for c in cells if c.value == DUE), typed)


@pytest.mark.parametrize("typed", [20261231.0, 1e300, -1e7])
def test_numbers_that_are_no_dates_stop_no_refresh_in_tables_of_people_s(
    built: Shop, tmp_path: Path, typed: float
) -> None:
    shop = built.copied(tmp_path)
    places = [("Alertes", "I12"), ("Alertes", "M12"), ("Revues", "B13"), ("Revues", "N13"), ("Actions", "F14"),
              ("Actions", "G14"), ("Tests", "G11"), ("Tests", "H11"), ("Journal", "B12"), ("Notes", "D11"),
              ("Archives", "B11")]  # fmt: skip
    with Edited(shop.workbook) as book:
        for sheet, address in places:
            put_cell(book, sheet, address, typed)
        put_cell(book, FIRST, "L8", typed)  # the day that is shown
    refresh_workbook(shop.workbook, Options(backups=0))
    sheets = {sheet.name: sheet.cells for sheet in Book(shop.workbook).sheets}
    assert {sheets[sheet][address].value for sheet, address in places} == {typed}
    assert sheets[FIRST]["L8"].value != typed
