"""Refresh of an open workbook: charts of ours change as the command changes them, and people's stay."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from openpyxl.chart import LineChart, Reference
from xlkpi.udfs.refresh import refresh_book

from tests.engines.open_excel import contents, excel, loaded, opened, saved
from tests.small_shop import Shop
from xlkpi.errors import WorkbookError
from xlkpi.workbook.compare import compare
from xlkpi.workbook.package import Package
from xlkpi.workbook.refresh import Options, refresh_workbook

ONCE = Options(backups=0)
#: The tabs of the objective that goes and of the one that comes, and a sheet of somebody's.
BASKET, ORDERS, MINE = "Panier moyen", "Ventes", "À moi"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """A workbook with two charts of somebody's on the page of the basket: one over numbers of their own, whose axis
    looks as ours do, and a copy of ours with another of our formats.
    """
    shop = Shop(tmp_path_factory.mktemp("charts"))
    shop.build()
    book = loaded(shop.workbook)
    page = book[BASKET]
    ours = next(chart for chart in page._charts if "€" in form_of(chart))
    twin = copy.deepcopy(ours)
    twin.y_axis.numFmt.formatCode = form_of(ours).replace("#,##0", "#,##0.00")
    assert form_of(twin) != form_of(ours)
    page.add_chart(twin, "P40")
    mine = book.create_sheet(MINE)
    for number in range(1, 5):
        mine.append([number])
    own = LineChart()
    own.add_data(Reference(mine, min_col=1, min_row=1, max_row=4))
    own.y_axis.number_format = form_of(ours)
    page.add_chart(own, "P60")
    book.save(shop.workbook)
    return shop


@pytest.fixture
def shop(built: Shop, tmp_path: Path) -> Shop:
    """The same, its basket replaced by a number of orders in the project."""
    found = built.copied(tmp_path)
    found.objectives = ["revenue", "orders"]
    found.write()
    return found


def form_of(chart: Any) -> str:
    return str(chart.y_axis.numFmt.formatCode)


def forms(book: Any, page: str) -> list[str]:
    return [chart.api[1].Axes(2).TickLabels.NumberFormat for chart in book.sheets[page].charts]


def test_only_charts_of_ours_get_the_unit_of_the_objective_that_comes(shop: Shop) -> None:
    book = opened(shop.workbook)
    before = forms(book, BASKET)
    by_command = saved(book, shop.folder / "commande.xlsx")
    refresh_book(book)
    refresh_workbook(by_command, ONCE)
    now = forms(book, ORDERS)
    changed = [(old, new) for old, new in zip(before, now, strict=True) if old != new]
    assert len({old for old, _ in changed}) == 2
    assert len({new for _, new in changed}) == 1
    left = [chart.api[1] for chart in book.sheets[ORDERS].charts if "€" in chart.api[1].Axes(2).TickLabels.NumberFormat]
    assert [MINE in chart.SeriesCollection()(1).Formula for chart in left] == [True]
    with Package(by_command) as one, Package(saved(book, shop.folder / "ici.xlsx")) as other:
        found = compare(one, other)
    assert (found.areas, found.charts, found.axes) == ([], {}, [])


def test_a_chart_of_which_excel_tells_nothing_is_no_obstacle(shop: Shop) -> None:
    book, with_map = opened(shop.workbook), opened(shop.workbook)
    excel(with_map).has_map = True
    refresh_book(book)
    refresh_book(with_map)
    assert contents(with_map) == contents(book)


def test_each_chart_gets_back_its_own_format_where_the_refresh_fails(shop: Shop) -> None:
    book = opened(shop.workbook)
    before = forms(book, BASKET)
    before_file = saved(book, shop.folder / "avant.xlsx")
    program = excel(book)
    whole = opened(shop.workbook)
    refresh_book(whole)
    program.refuse_at = excel(whole).writes  # the last one: everything else has been written
    with pytest.raises(WorkbookError):
        refresh_book(book)
    assert forms(book, BASKET) == before
    with Package(before_file) as one, Package(saved(book, shop.folder / "après.xlsx")) as other:
        found = compare(one, other)
    assert (found.areas, found.charts, found.axes) == ([], {}, [])
