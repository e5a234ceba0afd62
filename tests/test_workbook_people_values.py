"""Numbers and errors in the tables that people fill: a refresh takes them as they stand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.checks import recalc
from tests.checks.reading import Book
from tests.edits import Edited, put_cell
from tests.small_shop import TARGETS, Shop
from xlkpi.errors import WorkbookError
from xlkpi.language import use
from xlkpi.workbook.refresh import Options, refresh_workbook


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
