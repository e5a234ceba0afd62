"""Refresh through the server of a workbook whose pages have become longer since it was built."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from xlkpi.udfs import settings
from xlkpi.udfs.refresh import refresh_book

from tests import office
from tests.edits import Edited
from tests.edits_drawn import add_note
from tests.engines.open_excel import opened, perform, saved
from tests.small_shop import DATA, Shop
from xlkpi.errors import WorkbookError
from xlkpi.language import use
from xlkpi.workbook.compare import compare
from xlkpi.workbook.package import Package
from xlkpi.workbook.refresh import Options, refresh_workbook

ONCE = Options(backups=0)


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workbook that was built for two channels, and refreshed with four."""
    shop = Shop(tmp_path_factory.mktemp("grown"), channels=["web", "boutique"])
    shop.build()
    shop.channels += ["marché & foire", "radio"]
    shop.write()
    refresh_workbook(shop.workbook, ONCE)
    return shop.folder


@pytest.fixture
def shop(grown: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """It, its data others by now; the settings name its project."""
    shutil.copytree(grown, tmp_path / "shop")
    found = Shop(tmp_path / "shop", channels=["web", "boutique", "marché & foire", "radio"], factor=1.1)
    found.write()
    monkeypatch.setenv("XLKPI_PROJECT", str(found.project))
    settings.forget()
    yield found
    settings.forget()


def test_a_workbook_that_has_grown_becomes_what_the_command_makes_of_its_file(shop: Shop) -> None:
    page = office.opened(office.described(shop.workbook))
    refresh_book(page)
    book = opened(shop.workbook)
    perform(book, office.actions(page))
    by_server = saved(book, shop.folder / "web.xlsx")
    by_command = saved(opened(shop.workbook), shop.folder / "commande.xlsx")
    assert differ(by_command, by_server)
    refresh_workbook(by_command, ONCE)
    assert not differ(by_command, by_server)


def test_more_rows_are_refused_by_name_before_anything_is_written(shop: Shop) -> None:
    shop.channels.append("réseaux")
    shop.write()
    page = office.opened(office.described(shop.workbook))
    with pytest.raises(WorkbookError, match=r"Canaux(.|\n)*xlkpi refresh tableau\.xlsx"):
        refresh_book(page)
    assert office.actions(page) == []


def test_an_export_without_rows_is_refused_with_the_names_of_pages(shop: Shop) -> None:
    shop.months = 0
    shop.write()
    page = office.opened(office.described(shop.workbook))
    with pytest.raises(WorkbookError) as refused:
        refresh_book(page)
    told = refused.value.problems[0].values["what"].split(", ")
    assert set(told) <= {sheet.name for sheet in page.sheets}
    assert "xlkpi refresh tableau.xlsx" in refused.value.text("fr")
    assert office.actions(page) == []


def test_rows_that_people_inserted_are_refused_with_a_cell_that_is_elsewhere(shop: Shop) -> None:
    described = office.described(shop.workbook)
    cells = next(sheet["values"] for sheet in described["sheets"] if sheet["name"] == "Canaux")
    cells.insert(4, [""] * len(cells[0]))
    page = office.opened(described)
    with pytest.raises(WorkbookError, match=r"Canaux![A-Z]+\d+(.|\n)*xlkpi refresh tableau\.xlsx"):
        refresh_book(page)
    assert office.actions(page) == []


@pytest.mark.parametrize("on_the_web", [True, False])
@pytest.mark.parametrize(("cell", "moves"), [("B3", False), ("B9", True)])
def test_rows_with_comments_are_not_moved_under_them(shop: Shop, cell: str, moves: bool, on_the_web: bool) -> None:
    with Edited(shop.workbook) as edited:
        add_note(edited, DATA, cell, "à vérifier")
    shop.months += 1  # a row more for each channel, so that only the first one stays where it is
    shop.write()
    described = office.described(shop.workbook)
    next(sheet for sheet in described["sheets"] if sheet["name"] == DATA)["notes"] = [{"address": cell}]
    book = office.opened(described) if on_the_web else opened(shop.workbook)
    if not moves:
        assert "basket" in refresh_book(book)
        return
    with use("fr"), pytest.raises(WorkbookError) as refused:
        refresh_book(book)
    assert "lignes de Données qui ont des commentaires" in refused.value.text("fr")
    assert "xlkpi refresh tableau.xlsx" in refused.value.text("en")
    assert not (office.actions(book) if on_the_web else differ(shop.workbook, saved(book, shop.folder / "après.xlsx")))


def test_rows_with_links_are_not_moved_under_them_in_open_excel(shop: Shop) -> None:
    with Edited(shop.workbook) as edited:
        edited.after_cells(
            edited.sheets[DATA], '<hyperlinks><hyperlink ref="B9" location="A1"/></hyperlinks>', into=True
        )
    shop.months += 1
    shop.write()
    book = opened(shop.workbook)
    with use("fr"), pytest.raises(WorkbookError) as refused:
        refresh_book(book)
    assert refused.value.problems[0].code == "open_book_comments"
    assert not differ(shop.workbook, saved(book, shop.folder / "après.xlsx"))


def differ(one: Path, other: Path) -> list[object]:
    with Package(one) as before, Package(other) as after:
        found = compare(before, after)
    return [*found.areas, *found.tables, *found.names, *found.lists, *found.rules, *found.conditions]
