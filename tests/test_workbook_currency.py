"""A workbook whose project comes to have another currency, whatever program saved it."""

from __future__ import annotations

import re
import warnings
import zipfile
from html import unescape
from pathlib import Path

import openpyxl
import pytest

from tests.edits import Edited
from tests.engines import libreoffice, require
from tests.small_shop import Shop
from xlkpi.language import use
from xlkpi.workbook.build import build_workbook
from xlkpi.workbook.refresh import Options, refresh_workbook
from xlkpi.workbook.told import moved_words

ONCE = Options(backups=0)
POUNDS = '#,##0"\xa0£";"−"#,##0"\xa0£"'


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """A workbook with an amount of somebody's in pounds, formatted as xlkpi would."""
    shop = Shop(tmp_path_factory.mktemp("built"))
    shop.build()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl has no room for some extensions
        book = openpyxl.load_workbook(shop.workbook)
    mine = book.create_sheet("À moi")["A1"]
    mine.value, mine.number_format = 12, POUNDS
    book.save(shop.workbook)
    return shop


@pytest.fixture
def shop(built: Shop, tmp_path: Path) -> Shop:
    return built.copied(tmp_path)


def in_dollars(shop: Shop) -> Shop:
    text = shop.project.read_text(encoding="utf-8")
    shop.project.write_text(text.replace("currency: EUR", "currency: USD"), encoding="utf-8")
    return shop


def saved(shop: Shop) -> None:
    if (missing := libreoffice.available()) is not None:
        require(missing)
    libreoffice.save_again(shop.workbook, shop.workbook.with_suffix(".lo.xlsx")).replace(shop.workbook)


def amounts(path: Path) -> tuple[set[str], set[str]]:
    """The signs of currencies in the number formats of cells, of conditional formats, and of charts."""
    with zipfile.ZipFile(path) as parts:
        styles = parts.read("xl/styles.xml").decode()
        charts = "".join(parts.read(name).decode() for name in parts.namelist() if "/charts/chart" in name)
    return tuple(
        {sign for form in re.findall('formatCode="([^"]*)|formatCode>([^<]*)', xml)
         for sign in re.findall("[€£]|\xa0[$]", unescape("".join(form)))}
        for xml in (styles, charts)
    )  # type: ignore[return-value]  # fmt: skip


@pytest.mark.parametrize("by_libreoffice", [False, True])
def test_amounts_are_in_the_currency_that_the_project_has_now(shop: Shop, by_libreoffice: bool) -> None:
    if by_libreoffice:
        saved(shop)
    assert amounts(shop.workbook) == ({"€", "£"}, {"€"})
    done = refresh_workbook(in_dollars(shop).workbook, ONCE)
    with use("fr"):
        for moved in done.differences.moved:
            before, after = moved_words(moved).split("→")
            assert ("€" in before, "$" in before, "€" in after, "$" in after) == (True, False, False, True)
    assert len(done.differences.moved) == 2
    assert amounts(shop.workbook) == ({"\xa0$", "£"}, {"\xa0$"})
    again = refresh_workbook(shop.workbook, ONCE)
    assert (again.replaced, again.differences.moved) == ([], [])


def test_english_amounts_too(tmp_path: Path) -> None:
    from xlkpi.objectives import load
    from xlkpi.scorecard import scorecard

    shop = Shop(tmp_path)
    shop.write()
    text = shop.project.read_text(encoding="utf-8").replace("language: fr", "language: en")
    shop.project.write_text(text, encoding="utf-8")
    build_workbook(scorecard(load(shop.project)), shop.workbook, language="en")
    saved(shop)
    assert amounts(shop.workbook)[0] == {"€"}
    refresh_workbook(in_dollars(shop).workbook, ONCE)
    assert amounts(shop.workbook)[0] == set()


def test_what_was_left_in_another_currency_is_mended(shop: Shop) -> None:
    refresh_workbook(in_dollars(shop).workbook, ONCE)
    saved(shop)
    with Edited(shop.workbook) as book:  # as it was written while what LibreOffice writes was not recognised
        book.change("xl/styles.xml", lambda xml: xml.replace("\xa0$", "\xa0€"))
    assert amounts(shop.workbook)[0] == {"€", "£"}
    refresh_workbook(shop.workbook, ONCE)
    assert amounts(shop.workbook)[0] == {"\xa0$", "£"}


def test_dates_stay_dates_once_libreoffice_and_then_openpyxl_saved_it(shop: Shop) -> None:
    saved(shop)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        openpyxl.load_workbook(shop.workbook).save(shop.workbook)
    shop.months += 1
    shop.write()
    assert refresh_workbook(shop.workbook, ONCE).rows["xlkpi_data"].new > 0
