"""Refresh on the ribbon where a workbook has to be closed for it, as for new channels."""

from __future__ import annotations

from pathlib import Path

import pytest
import xlwings
from xlkpi.udfs.actions import perform
from xlkpi.udfs.open_book import OpenBook
from xlkpi.udfs.refresh import RefreshCancelled, Steps
from xlkpi.udfs.reopening import refresh_reopened

from tests.engines.open_excel import App, excel, opened, saved
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
    app = excel(book)
    app.answers = [answer]
    perform("refresh", book, "fr")
    return [told[0] for kind, told in app.log if kind == "alert"]


def done(app: App) -> list[str]:
    return [kind for kind, _ in app.log if kind in ("SaveCopyAs", "close", "open")]


def test_what_takes_a_closed_workbook_is_done_to_its_file_and_it_is_opened_again(shop: Shop) -> None:
    by_command = shop.folder / "commande.xlsx"
    book = opened(shop.workbook)
    book.sheets[NOTES].range("E11").value = "La foire"  # not saved yet
    saved(book, by_command)
    excel(book).window.ScrollRow = 40
    book.sheets[NOTES].impl.activate()
    app = excel(book)
    question, summary = press(book, "yes")
    assert "Canaux" in question
    assert "xl/" not in question  # sheets are named, and no parts of the file
    assert "Cela ne se fait pas dans un classeur ouvert" in question
    assert "Continuer" in question
    assert summary.startswith("tableau.xlsx")
    assert done(app)[-3:] == ["SaveCopyAs", "close", "open"]
    assert (app.book.sheets.active.name, app.window.ScrollRow) == (NOTES, 40)
    assert (app.state["screen_updating"], app.state["status_bar"]) == (True, False)
    refresh_workbook(by_command, Options(backups=0))
    with Package(by_command) as wanted, Package(shop.workbook) as found:
        compared = compare(wanted, found)  # which sheet is in view is another matter
    assert (compared.areas, compared.tables, compared.charts) == ([], [], {})
    assert (shop.folder / "tableau.backup.xlsx").exists()
    said = [words for kind, words in app.log if kind == "status_bar"]
    after = next(i for i, words in enumerate(said) if words and "actualisation du fichier" in words)
    assert not any("lecture de" in words for words in said[after:] if words)  # the sources are read once


def test_nothing_is_done_without_consent(shop: Shop) -> None:
    before = shop.workbook.read_bytes()
    book = opened(shop.workbook)
    _, refusal = press(book, "no")
    assert "xlkpi refresh tableau.xlsx" in refusal
    assert "close" not in done(excel(book))
    assert shop.workbook.read_bytes() == before


def test_a_workbook_that_excel_may_not_write_is_refused_as_before(shop: Shop) -> None:
    book = opened(shop.workbook)
    excel(book).book.ReadOnly = True
    (refusal,) = press(book, "yes")
    assert "xlkpi refresh tableau.xlsx" in refusal


@pytest.mark.parametrize(
    ("name", "value"), [("FullName", "https://d.docs.live.net/ana/tableau.xlsx"), ("AutoSaveOn", True)]
)
def test_a_workbook_that_onedrive_writes_too_is_refused_as_before(shop: Shop, name: str, value: object) -> None:
    book = opened(shop.workbook)
    setattr(excel(book).book, name, value)
    (refusal,) = press(book, "yes")
    assert "xlkpi refresh tableau.xlsx" in refusal


def test_a_workbook_that_is_not_saved_is_not_closed(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xlkpi.udfs.open_book._PAUSE", 0)
    book, before = opened(shop.workbook), shop.workbook.read_bytes()
    app = excel(book)
    app.book.keeps_unsaved = True
    book.sheets[NOTES].range("E11").value = "La foire"
    _, refusal = press(book, "yes")
    assert "n’a pas pu être enregistré" in refusal
    assert "close" not in done(app)
    assert app.book.sheets(NOTES).range("E11").raw_value == [["La foire"]]
    assert shop.workbook.read_bytes() == before
    assert app.state["status_bar"] is False


def test_where_the_refresh_of_the_file_fails_it_is_open_again_and_whole(shop: Shop) -> None:
    book = opened(shop.workbook)
    app = excel(book)
    (shop.folder / ".~lock.tableau.xlsx#").write_text("Ana", encoding="utf-8")  # somebody else has it open
    _, refusal = press(book, "yes")
    assert ".~lock.tableau.xlsx#" in refusal
    assert done(app)[-2:] == ["close", "open"]
    assert not app.book.closed
    assert (app.state["screen_updating"], app.state["status_bar"]) == (True, False)


@pytest.mark.parametrize("locked", [False, True])
def test_a_workbook_that_does_not_open_again_is_told_with_what_came_of_it(shop: Shop, locked: bool) -> None:
    book = opened(shop.workbook)
    app = excel(book)
    app.opens_nothing = True
    if locked:
        (shop.folder / ".~lock.tableau.xlsx#").write_text("Ana", encoding="utf-8")
    _, words = press(book, "yes")
    assert str(shop.workbook) in words
    assert ("le fichier est actualisé" in words) is not locked
    assert (".~lock.tableau.xlsx#" in words and "sans actualisation" in words) is locked


def test_esc_before_it_is_closed_leaves_it_open(shop: Shop) -> None:
    book = opened(shop.workbook)
    steps = Steps(OpenBook(book), cancelled=lambda: "SaveCopyAs" in done(excel(book)))
    with pytest.raises(RefreshCancelled):
        refresh_reopened(steps)
    assert done(excel(book)) == ["SaveCopyAs"]
    assert excel(book).state["status_bar"] is False
