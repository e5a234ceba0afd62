"""Refresh on the ribbon where a workbook has to be closed for it, as for new channels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import xlwings
from xlkpi.udfs.actions import perform

from tests.engines.open_excel import excel, opened, saved
from tests.small_shop import NOTES, Shop
from xlkpi.workbook.compare import compare
from xlkpi.workbook.package import Package
from xlkpi.workbook.refresh import Options, refresh_workbook


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    shop = Shop(tmp_path_factory.mktemp("built"))
    shop.build()
    return shop


@pytest.fixture
def shop(built: Shop, tmp_path: Path) -> Shop:
    """A channel has come, for which the pages have no rows yet."""
    found = built.copied(tmp_path)
    found.channels.append("marché")
    found.write()
    return found


def press(book: xlwings.Book, answer: str) -> list[str]:
    excel(book).answers = [answer]
    perform("refresh", book, "fr")
    return [prompt for kind, (prompt, _) in told(book) if kind == "alert"]


def told(book: xlwings.Book) -> list[tuple[str, Any]]:
    return [entry for entry in excel(book).log if isinstance(entry[1], tuple)]


def done(book: xlwings.Book) -> list[str]:
    return [kind for kind, _ in excel(book).log if kind in ("SaveCopyAs", "close", "open")]


def test_what_takes_a_closed_workbook_is_done_to_its_file_and_it_is_opened_again(shop: Shop) -> None:
    by_command = shop.folder / "commande.xlsx"
    book = opened(shop.workbook)
    book.sheets[NOTES].range("E11").value = "La foire"  # not saved yet
    saved(book, by_command)
    excel(book).window.ScrollRow = 40
    book.sheets[NOTES].impl.activate()
    app = excel(book)
    question, summary = press(book, "yes")
    assert "Cela ne se fait pas dans un classeur ouvert" in question
    assert "Continuer" in question
    assert summary.startswith("tableau.xlsx")
    assert done(book)[-3:] == ["SaveCopyAs", "close", "open"]
    assert (app.book.sheets.active.name, app.window.ScrollRow) == (NOTES, 40)
    assert (app.state["screen_updating"], app.state["status_bar"]) == (True, False)
    refresh_workbook(by_command, Options(backups=0))
    with Package(by_command) as wanted, Package(shop.workbook) as found:
        compared = compare(wanted, found)  # which sheet is in view is another matter
    assert (compared.areas, compared.tables, compared.charts) == ([], [], {})
    assert (shop.folder / "tableau.backup.xlsx").exists()


def test_nothing_is_done_without_consent(shop: Shop) -> None:
    before = shop.workbook.read_bytes()
    book = opened(shop.workbook)
    _, refusal = press(book, "no")
    assert "xlkpi refresh tableau.xlsx" in refusal
    assert "close" not in done(book)
    assert shop.workbook.read_bytes() == before


def test_a_workbook_that_excel_may_not_write_is_refused_as_before(shop: Shop) -> None:
    book = opened(shop.workbook)
    excel(book).book.ReadOnly = True  # type: ignore[attr-defined]  # as COM has it
    (refusal,) = press(book, "yes")
    assert "xlkpi refresh tableau.xlsx" in refusal


def test_where_the_refresh_of_the_file_fails_it_is_open_again_and_whole(shop: Shop) -> None:
    book = opened(shop.workbook)
    (shop.folder / ".~lock.tableau.xlsx#").write_text("Ana", encoding="utf-8")  # somebody else has it open
    _, refusal = press(book, "yes")
    assert ".~lock.tableau.xlsx#" in refusal
    assert done(book)[-2:] == ["close", "open"]
    assert not excel(book).book.closed
