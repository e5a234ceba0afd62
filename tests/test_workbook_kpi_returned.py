"""Objectives that leave a project and return to it: each has the page of a KPI that it had, with what stands there."""

from __future__ import annotations

import warnings
from pathlib import Path

import openpyxl
import pytest
from xlkpi.udfs.refresh import refresh_book

from tests.checks import recalc
from tests.engines.open_excel import opened
from tests.small_shop import Shop
from xlkpi.scorecard import scorecard
from xlkpi.workbook import state
from xlkpi.workbook.existing import read_existing
from xlkpi.workbook.package import Package
from xlkpi.workbook.refresh import Options, refresh_workbook
from xlkpi.workbook.report import Refreshed
from xlkpi.workbook.sheet_renaming import renamed_sheets
from xlkpi.workbook.upgrade import upgrade_workbook

ONCE = Options(backups=0)
#: The tabs of the objectives that come and go, all of one level.
BASKET, ORDERS, ROAS = "Panier moyen", "Ventes", "Retour sur dépense publicitair…"
REMARKS = {BASKET: "sur le panier", ORDERS: "sur les ventes"}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """A workbook with a remark on two pages of KPIs."""
    shop = Shop(tmp_path_factory.mktemp("built"), objectives=["revenue", "basket", "orders"])
    shop.build()
    book = load(shop.workbook)
    for page, remark in REMARKS.items():
        book[page]["R3"] = remark
    book.save(shop.workbook)
    return shop


@pytest.fixture
def shop(built: Shop, tmp_path: Path) -> Shop:
    return built.copied(tmp_path)


def load(path: Path) -> openpyxl.Workbook:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl has no room for some extensions
        return openpyxl.load_workbook(path)


def refresh(shop: Shop, *objectives: str, options: Options = ONCE) -> Refreshed:
    """With these objectives besides that of the revenue."""
    shop.objectives = ["revenue", *objectives]
    shop.write()
    return refresh_workbook(shop.workbook, options)


def remarks(path: Path) -> dict[str, str]:
    """What people wrote on pages, by the name of their tabs."""
    return {sheet.title: str(said) for sheet in load(path) if (said := sheet["R3"].value) in REMARKS.values()}


@pytest.mark.parametrize("back", [("basket", "orders"), ("orders", "basket")])
def test_objectives_that_return_have_their_own_pages_in_any_order(shop: Shop, back: tuple[str, str]) -> None:
    refresh(shop)
    done = refresh(shop, *back)
    assert (done.tabs, done.vacant, remarks(shop.workbook)) == ({}, [], REMARKS)
    assert recalc.differences(shop.workbook, ("libreoffice",)) == []


def test_an_objective_returns_to_its_page_while_others_stay_away(shop: Shop) -> None:
    refresh(shop)
    assert refresh(shop, "orders").tabs == {}
    assert refresh(shop, "orders", "basket").tabs == {}
    assert remarks(shop.workbook) == REMARKS


def test_one_whose_place_is_taken_has_another_one_and_a_dry_run_tells_its_tab(shop: Shop) -> None:
    refresh(shop)
    assert refresh(shop, "roas").tabs == {BASKET: ROAS}
    told = refresh(shop, "roas", "basket", options=Options(dry_run=True))
    done = refresh(shop, "roas", "basket")
    assert (told.tabs, done.tabs) == ({ORDERS: BASKET}, {ORDERS: BASKET})
    assert recalc.differences(shop.workbook, ("libreoffice",)) == []


def test_the_last_one_of_a_page_returns_to_it_and_others_go_elsewhere(shop: Shop) -> None:
    refresh(shop, "roas", "orders")  # takes the page of the basket
    refresh(shop)
    assert refresh(shop, "basket", "roas").tabs == {ORDERS: BASKET}


def test_a_replacement_takes_the_page_that_becomes_free_and_leaves_one_that_waits(shop: Shop) -> None:
    refresh(shop, "orders")
    assert refresh(shop, "roas").tabs == {ORDERS: ROAS}
    assert refresh(shop, "roas", "basket").tabs == {}
    assert remarks(shop.workbook)[BASKET] == REMARKS[BASKET]


def test_an_open_workbook_gives_returning_objectives_their_own_pages_too(shop: Shop) -> None:
    refresh(shop)
    shop.objectives = ["revenue", "orders", "basket"]
    shop.write()
    book = opened(shop.workbook)
    refresh_book(book)
    kept = {sheet.name: str(sheet["R3"].value) for sheet in book.sheets if sheet["R3"].value in REMARKS.values()}
    assert kept == REMARKS


def test_an_upgrade_keeps_the_names_of_the_pages_of_objectives_that_return(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, named = {BASKET: "Le panier", ORDERS: "Les ventes"}, shop.folder / "named.xlsx"
    with Package(shop.workbook) as package:
        renamed_sheets(package, own, named)
    named.replace(shop.workbook)
    refresh(shop)
    shop.objectives = ["revenue", "orders", "basket"]
    shop.write()
    monkeypatch.setattr(state, "EDITION", state.EDITION + 1)
    monkeypatch.setattr("xlkpi.workbook.upgrade.EDITION", state.EDITION)
    done = upgrade_workbook(shop.workbook, ONCE, scorecard, leave=True)
    assert not done.current
    with Package(shop.workbook) as package:
        now = read_existing(package).state
    assert {id: now.sheets[f"kpi_{slot}"] for id, slot in now.slots.items() if id != "revenue"} == {
        "basket": "Le panier", "orders": "Les ventes",
    }  # fmt: skip
