"""Refresh of an open workbook in which people have drawn, noted and added columns: as the command, or as it was."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl.chart import LineChart, Reference
from openpyxl.comments import Comment
from openpyxl.formatting.rule import FormulaRule
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.table import TableColumn
from xlkpi.udfs import open_rules, open_sheets
from xlkpi.udfs.open_book import OpenBook
from xlkpi.udfs.refresh import Steps, refresh_book, undone_on_failure, write

from tests.engines.open_excel import contents, excel, loaded, opened, saved
from tests.small_shop import DATA, HEADERS, NOTES, Shop
from xlkpi.errors import WorkbookError
from xlkpi.workbook.compare import ConditionChange, compare
from xlkpi.workbook.package import Package
from xlkpi.workbook.refresh import Options, refresh_workbook
from xlkpi.workbook.sheet_renaming import renamed_sheets

#: The tabs of the objective that goes and of the one that comes, and a sheet of somebody's.
ORDERS, BASKET, MINE = "Ventes", "Panier moyen", "À moi"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    shop = Shop(tmp_path_factory.mktemp("undone"), objectives=["revenue", "orders"])
    shop.build()
    book = loaded(shop.workbook)
    edit(book)
    book.save(shop.workbook)
    return shop


@pytest.fixture
def shop(built: Shop, tmp_path: Path) -> Shop:
    return built.copied(tmp_path)


def edit(book: Any) -> None:
    """What people do: a page of theirs, a copy of a chart of ours, a comment, notes, a column in the data."""
    mine, page, data, notes = book.create_sheet(MINE, 0), book[ORDERS], book[DATA], book[NOTES]
    for number in range(1, 5):
        mine.append([number])
    rules = [FormulaRule(formula=[f"A1>{number}"]) for number in (1, 2)]
    for rule in rules:
        mine.conditional_formatting.add("A1:A4", rule)
    last, table = data.max_row, data.tables["xlkpi_data"]
    mine["A6"], mine["A7"] = f"='{ORDERS}'!B8", f"=SUM({DATA}!E2:E{last})"
    mine["A8"].hyperlink = Hyperlink(ref="A8", location=f"'{ORDERS}'!B8", display="là")
    chart = LineChart()
    chart.add_data(Reference(data, min_col=4, min_row=1, max_row=last), titles_from_data=True)
    mine.add_chart(chart, "D4")
    page.add_chart(copy.deepcopy(page._charts[0]), "P80")
    page["B8"].comment = Comment("à vérifier", "Ana")
    for row, id in ((11, "orders"), (12, "revenue")):
        notes.cell(row, 2).value, notes.cell(row, 5).value = id, "Soldes, 10 %"
    column = data.max_column + 1
    for row in range(1, last + 1, 2):
        data.cell(row, column).value = "Mon avis" if row == 1 else f"avis {row}"
    table.tableColumns.append(TableColumn(id=99, name="Mon avis"))
    table.ref = table.autoFilter.ref = f"A1:{data.cell(last, column).coordinate}"


def replaced(shop: Shop) -> None:
    """Objectives go, come and change places, the page of one is called after another; two months more."""
    shop.objectives, shop.months, shop.factor = ["basket", "revenue", "roas"], 8, 1.2
    shop.write()


def emptied(shop: Shop) -> None:
    (shop.folder / "ventes.csv").write_text(",".join(HEADERS) + "\n", encoding="utf-8")


@pytest.mark.parametrize("change", [replaced, emptied])
def test_it_becomes_what_the_command_makes_of_its_file(shop: Shop, change: Callable[[Shop], None]) -> None:
    change(shop)
    by_command = saved(opened(shop.workbook), shop.folder / "commande.xlsx")
    refresh_workbook(by_command, Options(backups=0))
    book = opened(shop.workbook)
    refresh_book(book)
    here = saved(book, shop.folder / "ici.xlsx")
    with Package(by_command) as one, Package(here) as other:
        found = compare(one, other)
    assert (found.headers, found.areas, found.tables, found.charts, found.axes) == ([], [], [], {}, [])
    assert differing(contents(opened(by_command)), contents(opened(here))) == []


def test_whatever_excel_refuses_it_is_as_it_was(shop: Shop) -> None:
    replaced(shop)
    before, after, named = (shop.folder / name for name in ("avant.xlsx", "après.xlsx", "nommé.xlsx"))
    for path in (before, after):
        saved(opened(shop.workbook), path)
    tabs = refresh_workbook(after, Options(backups=0)).tabs
    assert tabs == {ORDERS: BASKET}
    with Package(before) as package:
        renamed_sheets(package, tabs, named, texts=False)
    with Package(named) as one, Package(after) as other:
        found = compare(one, other)
    whole, book = opened(shop.workbook), opened(shop.workbook)
    write(OpenBook(whole), found, Steps(OpenBook(whole), None, None), tabs)
    writes = excel(whole).writes
    refused_everywhere(book, [1, 2, 3, 4, *range(5, writes, writes // 8), writes], lambda opened_book: write(
        opened_book, found, Steps(opened_book, None, None), tabs))  # fmt: skip


def test_names_that_change_places_come_back_whatever_excel_refuses(shop: Shop) -> None:
    names = {ORDERS: "Canaux", "Canaux": ORDERS}
    refused_everywhere(opened(shop.workbook), range(1, 5), lambda book: open_sheets.rename_sheets(book, names))


def test_formats_come_back_whatever_excel_refuses(shop: Shop) -> None:
    change = ConditionChange(MINE, ("A1:A4", "A1:A5"), {0: ("A1>1", "A1>2"), 1: ("A1>2", "A1>3")})
    refused_everywhere(opened(shop.workbook), range(1, 4), lambda book: open_rules.condition(book, change))


def refused_everywhere(book: Any, numbers: Any, do: Callable[[OpenBook], None]) -> None:
    """Excel refuses one write after the other, and each time the workbook is as it was."""
    program, as_it_was = excel(book), contents(book)
    for number in numbers:
        program.writes, program.refuse_at, held = 0, number, OpenBook(book)
        with pytest.raises(WorkbookError, match="put back as it was"), undone_on_failure(held):
            do(held)
        assert differing(as_it_was, contents(book)) == [], number


def differing(one: dict[str, Any], other: dict[str, Any]) -> list[tuple[str, Any, Any]]:
    """What two workbooks hold that is not the same; names of sheets in charts may be quoted or not."""
    found = [(place, one.get(place), other.get(place)) for place in one.keys() | other.keys()]
    return [(place, was, now) for place, was, now in found if was != now and not (
        place.startswith("charts") and unquoted(was) == unquoted(now))]  # fmt: skip


def unquoted(charts: Any) -> str:
    return str(charts).replace("'", "").replace('"', "")
