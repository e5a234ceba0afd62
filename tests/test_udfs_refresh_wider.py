"""Refresh of an open workbook whose tables need one more column: as the command does it, or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from xlkpi.udfs import settings
from xlkpi.udfs.open_book import OpenBook
from xlkpi.udfs.refresh import Steps, refresh_book, write

from tests import office
from tests.checks import recalc
from tests.engines.open_excel import contents, excel, opened, saved
from tests.small_shop import DATA, SERIES, Shop
from xlkpi.errors import WorkbookError
from xlkpi.language import use
from xlkpi.workbook.compare import Compared, compare
from xlkpi.workbook.package import Package
from xlkpi.workbook.refresh import Options, refresh_workbook

ONCE = Options(backups=0)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """A workbook whose KPIs have one measure each, beside whose tables somebody has written."""
    shop = Shop(tmp_path_factory.mktemp("wider"), objectives=["revenue", "orders"])
    shop.build()
    book = opened(shop.workbook)
    book.sheets[SERIES].range("Q1").value = [["à moi"]]
    book.sheets[SERIES].range("Q200").value = [["=SUM(xlkpi_series[x1])"]]
    saved(book, shop.workbook)
    return shop


@pytest.fixture
def shop(built: Shop, tmp_path: Path) -> Shop:
    """The same, with an objective more in the project: the basket, revenue over orders."""
    found = built.copied(tmp_path)
    found.objectives.append("basket")
    found.write()
    return found


def differences(one: Path, other: Path) -> Compared:
    with Package(one) as before, Package(other) as after:
        return compare(before, after)


def seen(found: Compared) -> list[Any]:
    return [*found.headers, *found.areas, *found.tables, *found.names, *found.lists, *found.rules, *found.conditions]


def columns(book: Any) -> list[str]:
    table = next(table for table in book.sheets[SERIES].tables if table.name == "xlkpi_series").impl
    headers = [cell.value for cell in table.header_row_range.cells[0]]
    assert headers == [column.name for column in table.table.tableColumns]
    return headers


def test_a_table_gets_the_column_that_another_objective_needs(shop: Shop) -> None:
    before = saved(opened(shop.workbook), shop.folder / "avant.xlsx")
    by_command = saved(opened(shop.workbook), shop.folder / "commande.xlsx")
    book = opened(shop.workbook)
    assert columns(book)[-1] == "upper"
    refresh_book(book)
    refresh_workbook(by_command, ONCE)
    here = saved(book, shop.folder / "ici.xlsx")
    assert columns(book)[-1] == "x2"
    found = differences(by_command, here)
    assert (seen(found), found.charts) == ([], {})
    assert [(area.sheet, area.row, area.after) for area in differences(before, here).headers] == [(SERIES, 0, [["x2"]])]
    wanted, got = (recalc.results(path, "libreoffice") for path in (by_command, here))
    assert [place for place in wanted if not recalc.same(wanted[place], got[place], recalc.TOLERANCE)] == []
    assert book.sheets[SERIES].range("Q1").value == "à moi"


def test_whatever_excel_refuses_the_column_goes_again(shop: Shop) -> None:
    before, by_command = (saved(opened(shop.workbook), shop.folder / name) for name in ("avant.xlsx", "commande.xlsx"))
    refresh_workbook(by_command, ONCE)
    found, book = differences(before, by_command), opened(shop.workbook)
    as_it_was, program = contents(book), excel(book)
    write(opened_book := OpenBook(opened(shop.workbook)), found, Steps(opened_book, None, None))
    writes = excel(opened_book.book).writes
    for number in (1, 2, 3, 4, *range(5, writes, writes // 6), writes):
        program.writes, program.refuse_at = 0, number
        with pytest.raises(WorkbookError, match="The cell is protected"):
            write(OpenBook(book), found, Steps(OpenBook(book), None, None))
        now = contents(book)
        assert [(place, as_it_was.get(place), now.get(place)) for place in as_it_was.keys() | now.keys()
                if as_it_was.get(place) != now.get(place)] == [], number  # fmt: skip


@pytest.mark.parametrize("cell", ["O1", "O5", "O400"])
def test_what_people_wrote_where_the_column_must_go_is_not_written_over(shop: Shop, cell: str) -> None:
    book = opened(shop.workbook)
    book.sheets[SERIES].range(cell).value = "à moi"
    before = saved(book, shop.folder / "avant.xlsx")
    with use("fr"), pytest.raises(WorkbookError) as refused:
        refresh_book(book)
    words = refused.value.text("fr")
    assert [word in words for word in ("x2", cell, "déplacez ce qui est à côté")] == [True] * 3
    assert seen(differences(before, saved(book, shop.folder / "après.xlsx"))) == []


def test_on_the_web_a_column_more_is_refused_with_the_command(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.objectives.remove("basket")
    shop.write()
    project = shop.project.read_text(encoding="utf-8")
    shop.project.write_text(project.replace("orders: commandes", "orders: commandes\n      leads: commandes"), "utf-8")
    monkeypatch.setenv("XLKPI_PROJECT", str(shop.project))
    settings.forget()
    page = office.opened(office.described(shop.workbook))
    with pytest.raises(WorkbookError, match=rf"{DATA}(.|\n)*xlkpi refresh tableau\.xlsx"):
        refresh_book(page)
    assert office.actions(page) == []
    settings.forget()
