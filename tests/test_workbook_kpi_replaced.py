"""A workbook whose objectives change: what the pages and tabs of KPIs become when another one comes, or none."""

from __future__ import annotations

import html
import re
import shutil
import subprocess
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.worksheet.hyperlink import Hyperlink
from xlkpi.udfs.refresh import refresh_book

from tests.checks import recalc, render, sdk
from tests.engines import require
from tests.engines.open_excel import excel, opened, saved
from tests.small_shop import FIRST, OBJECTIVES, Shop
from xlkpi.language import use
from xlkpi.workbook import state
from xlkpi.workbook.compare import compare
from xlkpi.workbook.data_sheet import OBJECTIVES as TABLE
from xlkpi.workbook.existing import read_existing
from xlkpi.workbook.package import Package
from xlkpi.workbook.refresh import Options, refresh_workbook
from xlkpi.workbook.sheet_renaming import in_places, renamed_sheets
from xlkpi.workbook.state import called
from xlkpi.workbook.told import moved_words, people_words

ONCE = Options(backups=0)
#: The tabs of the objectives that come and go.
BASKET, ORDERS, MINE = "Panier moyen", "Ventes", "À moi"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """A workbook with a sheet of somebody's that leads to a page of a KPI."""
    shop = Shop(tmp_path_factory.mktemp("built"))
    shop.build()
    edit(shop.workbook, page_of_ones_own)
    return shop


@pytest.fixture
def shop(built: Shop, tmp_path: Path) -> Shop:
    return built.copied(tmp_path)


def load(path: Path, **options: bool) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl has no room for some extensions
        return openpyxl.load_workbook(path, **options)


def edit(path: Path, change: Callable[[Any], None]) -> None:
    book = load(path)
    change(book)
    book.save(path)


def page_of_ones_own(book: Any) -> None:
    page = book.create_sheet(MINE)
    page["A1"] = f"='{BASKET}'!B8"
    page["A2"] = f'=HYPERLINK("#\'{BASKET}\'!B8","là")'
    page["A3"] = "là"
    page["A3"].hyperlink = Hyperlink(ref="A3", location=f"'{BASKET}'!B8", display="là")
    page["A4"] = "Panier moyen"


def with_orders(shop: Shop) -> Shop:
    """Orders, a number, in place of the basket, an amount."""
    shop.objectives = ["revenue", "orders"]
    shop.write()
    return shop


def formulas(path: Path, sheet: str) -> dict[str, Any]:
    return {cell.coordinate: cell.value for row in load(path)[sheet].iter_rows() for cell in row}


def wrong_values(path: Path) -> list[recalc.Difference]:
    """Where another program computes something else; openpyxl keeps no values of people's own formulas."""
    return [found for found in recalc.differences(path, ("libreoffice",)) if found.sheet != MINE]


def axes(path: Path) -> list[str]:
    """The number formats of the axes of the charts."""
    with zipfile.ZipFile(path) as parts:
        charts = [parts.read(name).decode() for name in parts.namelist() if "/charts/chart" in name]
    found = re.findall(r'<(?:c:)?numFmt formatCode="([^"]*)"', "".join(charts))
    return [html.unescape(code) for code in found]


def test_the_page_of_a_kpi_is_called_after_the_one_that_comes_to_it(shop: Shop) -> None:
    faults = sdk.faults(shop.workbook)
    done = refresh_workbook(with_orders(shop).workbook, ONCE)
    sheets = load(shop.workbook, read_only=True).sheetnames
    assert (ORDERS in sheets, BASKET in sheets) == (True, False)
    mine = load(shop.workbook)[MINE]
    assert [mine[cell].value for cell in ("A1", "A2", "A4")] == [
        f"='{ORDERS}'!B8", f'=HYPERLINK("#\'{ORDERS}\'!B8","là")', BASKET,
    ]  # fmt: skip
    assert mine["A3"].hyperlink.location == f"'{ORDERS}'!B8"
    assert any(f"'{ORDERS}'!A1" in str(value) for value in formulas(shop.workbook, FIRST).values())
    assert done.tabs == {BASKET: ORDERS}
    assert done.as_json()["tabs"] == {BASKET: ORDERS}
    with use("fr"):
        assert any(BASKET in words and ORDERS in words for words in people_words(done))
    assert [fault for fault in sdk.faults(shop.workbook) if fault not in faults] == []
    assert wrong_values(shop.workbook) == []
    again = refresh_workbook(shop.workbook, ONCE)
    assert (again.tabs, again.replaced) == ({}, [])


def test_only_what_names_the_page_is_written_anew_for_its_name(shop: Shop, tmp_path: Path) -> None:
    edit(shop.workbook, lambda book: book.create_sheet("Autre").append(["=1+1", "'Panier"]))
    before = zipfile.ZipFile(shop.workbook)
    other = next(n for n in before.namelist() if b"<f>1+1</f>" in before.read(n))
    bytes_before = before.read(other)
    refresh_workbook(with_orders(shop).workbook, ONCE)
    assert zipfile.ZipFile(shop.workbook).read(other) == bytes_before


def test_a_page_that_somebody_named_keeps_its_name(shop: Shop) -> None:
    with Package(shop.workbook) as package:
        renamed_sheets(package, {BASKET: "Le panier"}, shop.folder / "named.xlsx")
    (shop.folder / "named.xlsx").replace(shop.workbook)
    done = refresh_workbook(with_orders(shop).workbook, ONCE)
    sheets = load(shop.workbook, read_only=True).sheetnames
    assert (done.tabs, "Le panier" in sheets, ORDERS in sheets) == ({}, True, False)


@pytest.mark.parametrize(("written", "renamed"), [
    ("SUM(Ventes:Canaux!A1)", "SUM('Panier moyen:Canaux'!A1)"),
    ("SUM(Alertes:Ventes!A1)", "SUM('Alertes:Panier moyen'!A1)"),
    ("Ventes!A1:Ventes!B2", "'Panier moyen'!A1:'Panier moyen'!B2"),
    ("SUM(vENTES!A:A,Ventes!1:2)", "SUM('Panier moyen'!A:A,'Panier moyen'!1:2)"),
    ("T[Ventes!x]&[1]Ventes!A1&\"Ventes!A1\"", "T[Ventes!x]&[1]Ventes!A1&\"Ventes!A1\""),
])  # fmt: skip
def test_every_way_of_naming_a_sheet_follows(written: str, renamed: str) -> None:
    assert in_places(written, {ORDERS: BASKET}) == renamed


def test_names_with_emoji_follow_as_excel_writes_them_without_quotes() -> None:
    written = "Ventes🎯!A1+SUM(Ventes🎯:Canaux!B2)+Ventes!A1"
    assert in_places(written, {"Ventes🎯": BASKET}) == f"'{BASKET}'!A1+SUM('{BASKET}:Canaux'!B2)+Ventes!A1"


def test_controls_that_lead_to_a_page_follow_its_name(shop: Shop) -> None:
    part = "xl/ctrlProps/ctrlProp1.xml"
    control = '<formControlPr objectType="Drop" fmlaLink="\'{0}\'!$P$1" fmlaRange="\'{0}\'!$B$20:$B$24"/>'
    with zipfile.ZipFile(shop.workbook, "a") as parts:
        parts.writestr(part, control.format(BASKET))
    with Package(shop.workbook) as package:
        renamed_sheets(package, {BASKET: ORDERS}, shop.folder / "named.xlsx")
    with zipfile.ZipFile(shop.folder / "named.xlsx") as parts:
        assert html.unescape(parts.read(part).decode()) == control.format(ORDERS)


def test_a_page_that_somebody_deleted_stays_deleted(shop: Shop) -> None:
    edit(shop.workbook, lambda book: book.remove(book[BASKET]))
    done = refresh_workbook(with_orders(shop).workbook, ONCE)
    assert (done.tabs, done.vacant, done.short) == ({}, [], [])
    sheets = load(shop.workbook, read_only=True).sheetnames
    assert {BASKET, ORDERS} & set(sheets) == set()


def test_links_follow_names_with_quotation_marks(shop: Shop) -> None:
    name = 'L\'été & "Cie"'
    with Package(shop.workbook) as package:
        renamed_sheets(package, {BASKET: name}, shop.folder / "named.xlsx")
    (shop.folder / "named.xlsx").replace(shop.workbook)
    done = refresh_workbook(with_orders(shop).workbook, ONCE)
    assert (done.replaced, wrong_values(shop.workbook)) == ([], [])
    assert load(shop.workbook)[MINE]["A2"].value == '=HYPERLINK("#\'L\'\'été & ""Cie""\'!B8","là")'


def test_a_name_that_is_taken_gets_a_number(shop: Shop) -> None:
    edit(shop.workbook, lambda book: book.create_sheet(ORDERS.upper()))
    assert refresh_workbook(with_orders(shop).workbook, ONCE).tabs == {BASKET: f"{ORDERS} 2"}


def test_a_dry_run_tells_the_name_and_changes_nothing(shop: Shop) -> None:
    before = with_orders(shop).workbook.read_bytes()
    done = refresh_workbook(shop.workbook, Options(dry_run=True))
    assert (done.tabs, shop.workbook.read_bytes()) == ({BASKET: ORDERS}, before)


def test_numbers_and_axes_of_the_page_have_the_unit_of_the_one_that_comes(shop: Shop) -> None:
    if (missing := render.available()) or not shutil.which("pdftotext"):
        require(missing or f"pdftotext is not installed: {render.HOW_TO_GET}")
    basket = [form for form in axes(shop.workbook) if "€" in form]
    refresh_workbook(with_orders(shop).workbook, ONCE)
    assert len([form for form in axes(shop.workbook) if "€" in form]) == len(basket) - 1
    pdf = render.to_pdf(shop.workbook, shop.folder, "fr")
    pages = subprocess.run(["pdftotext", "-layout", pdf, "-"], check=True, capture_output=True, text=True).stdout.split(
        "\f"
    )
    line = next(line for line in pages[0].splitlines() if re.search(rf"\b{ORDERS}\b", line))
    assert re.search(r"[+\u2212]\d+", line)
    assert "€" not in line
    page = next(p for p in pages if p.split("\n", 1)[0].strip().startswith(ORDERS))
    assert "€" not in page


def test_a_page_whose_objective_is_gone_says_so_until_the_next_one_comes(shop: Shop) -> None:
    shop.objectives = ["revenue"]
    shop.write()
    done = refresh_workbook(shop.workbook, ONCE)
    assert (done.vacant, done.tabs, done.short) == ([BASKET], {}, [])
    with use("fr"):
        assert any(BASKET in words for words in people_words(done))
    page = load(shop.workbook, data_only=True)[BASKET]
    assert (page["B2"].value, page["B9"].value) == (
        "Aucun objectif", "L’objectif de cette page n’est plus dans le projet.",
    )  # fmt: skip
    assert wrong_values(shop.workbook) == []
    again = refresh_workbook(with_orders(shop).workbook, ONCE)
    assert (again.vacant, again.tabs) == ([], {BASKET: ORDERS})
    page = load(shop.workbook, data_only=True)[ORDERS]
    assert page["B2"].value == ORDERS


def test_an_open_workbook_names_its_pages_as_the_command_does(shop: Shop) -> None:
    path = with_orders(shop).workbook
    before = shop.folder / "before.xlsx"
    book = opened(path)
    saved(book, before)
    with use("fr"):
        assert ORDERS in refresh_book(book)
    here = saved(book, shop.folder / "here.xlsx")
    refresh_workbook(path, ONCE)
    with Package(path) as one, Package(here) as other:
        found = compare(one, other)
    differing = [found.areas, found.tables, found.names, found.lists, found.rules, found.conditions, found.shown]
    assert (differing, found.charts, found.axes) == ([[], [], [], [], [], [], {}], {}, [])
    mine = load(here)[MINE]
    assert (mine["A1"].value, mine["A3"].hyperlink.location) == (f"='{ORDERS}'!B8", f"'{ORDERS}'!B8")


def test_names_come_back_where_excel_refuses_what_follows(shop: Shop) -> None:
    book = opened(with_orders(shop).workbook)
    excel(book).refuse_at = 5
    with pytest.raises(Exception, match="protected"):
        refresh_book(book)
    assert BASKET in [sheet.name for sheet in book.sheets]
    assert ORDERS not in [sheet.name for sheet in book.sheets]


def test_another_kpi_of_an_objective_is_told_in_its_own_unit(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    other = {"title": OBJECTIVES["basket"]["title"], "kpi": "sales_total", "kind": "reach", "target": 400}
    monkeypatch.setitem(OBJECTIVES, "basket", other)
    shop.write()
    done = refresh_workbook(shop.workbook, ONCE)
    with use("fr"):
        told = moved_words(next(m for m in done.differences.objectives if m.id == "basket"))
    before, after, _ = told.split("→")
    assert ("€" in before, "€" in after) == (True, False)
    assert told.endswith("mesure désormais un autre KPI\u00a0: Panier moyen → Ventes")
    assert next(m for m in done.as_json()["objectives"] if m["id"] == "basket")["other_kpi"] == {
        "before": "Panier moyen", "after": "Ventes",
    }  # fmt: skip
    assert last_statuses(shop.workbook) == {"revenue": True, "basket": False}  # nothing to compare with
    again = refresh_workbook(shop.workbook, ONCE)
    assert [m.kpis for m in again.differences.objectives] == [None, None]
    assert last_statuses(shop.workbook) == {"revenue": True, "basket": True}


def last_statuses(path: Path) -> dict[str, bool]:
    """Whether the workbook knows a status from before, by objective."""
    with Package(path) as package:
        existing = read_existing(package)
    headers = existing.state.columns[TABLE]
    rows = (existing.parts[TABLE].remembered or {}).values()
    return {str(row[headers["id"]]): row.get(headers["last_status"]) is not None for row in rows}


def test_a_workbook_that_does_not_know_the_kpis_before_tells_of_no_other_one(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as then:
        then.setattr(state, "called", lambda result: called(result)[:2])
        refresh_workbook(shop.workbook, ONCE)
    other = {"title": OBJECTIVES["basket"]["title"], "kpi": "sales_total", "kind": "reach", "target": 400}
    monkeypatch.setitem(OBJECTIVES, "basket", other)
    shop.write()
    done = refresh_workbook(shop.workbook, ONCE)
    assert [m.kpis for m in done.differences.objectives] == [None, None]
    with use("fr"):
        assert "€" in moved_words(next(m for m in done.differences.objectives if m.id == "basket")).split("→")[0]
