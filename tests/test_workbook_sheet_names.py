"""The names of sheets: what KPIs may be called is more than Excel takes for a sheet."""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
import yaml
from hypothesis import example, given
from hypothesis import strategies as st
from xlkpi.udfs.refresh import refresh_book

from tests.checks import recalc, sdk
from tests.engines.open_excel import opened
from tests.small_shop import Shop
from xlkpi.objectives import Project, load
from xlkpi.scorecard import Scorecard, read_data, scorecard
from xlkpi.workbook import state
from xlkpi.workbook.build import build_workbook
from xlkpi.workbook.package import Package
from xlkpi.workbook.refresh import Options, refresh_workbook
from xlkpi.workbook.sheet_names import is_legal, legal_name
from xlkpi.workbook.sheet_renaming import renamed_sheets
from xlkpi.workbook.upgrade import upgrade_workbook

ONCE = Options(backups=0)

NAMES = st.one_of(
    st.text(alphabet=st.characters(), max_size=60),
    st.text(alphabet="🎯👩\u200d💻\ufe0f🇫🇷🏽e\u0301'a [", max_size=60),
    st.sampled_from(["History", "HISTORIQUE", "'History'", "His/tory", "Ventes", "ventes", "…", "a" * 31]),
)


def units(name: str) -> int:
    return len(name.encode("utf-16-le")) // 2


@given(st.lists(NAMES, max_size=8))
@example(["a" * 28 + " b", "A" * 28 + " B", "a" * 28 + " b"])
def test_every_name_becomes_one_that_a_workbook_takes_beside_the_others(names: list[str]) -> None:
    book, taken = xlsxwriter.Workbook(io.BytesIO()), set[str]()
    for name in names:
        legal = legal_name(name, taken)
        assert legal.casefold() not in taken
        taken.add(legal.casefold())
        assert is_legal(legal)
        assert legal_name(legal, ()) == legal
        book.add_worksheet(legal)
    book.close()


@pytest.mark.parametrize(("name", "legal"), [
    ("🎯" * 15, "🎯" * 15),
    ("🎯" * 18, "🎯" * 15 + "…"),
    ("a" + "🎯" * 18, "a" + "🎯" * 14 + "…"),
    ("👩\u200d💻" * 7, "👩\u200d💻" * 6 + "…"),  # five units each
    ("🇫🇷" * 8, "🇫🇷" * 7 + "…"),
    ("x" * 29 + "e\u0301" * 2, "x" * 29 + "…"),
    ("x" + "\u0301" * 40, "x" + "\u0301" * 29 + "…"),
    ("history", "history (KPI)"), ("'Historique'", "Historique (KPI)"), ("L'été\x07", "L été"),
    ("\x00'", "xlkpi"),
])  # fmt: skip
def test_a_name_is_cut_between_signs_as_excel_counts_them(name: str, legal: str) -> None:
    assert legal_name(name, ()) == legal
    assert units(legal) <= 31


def test_a_number_fits_behind_a_name_of_emoji() -> None:
    first = legal_name("🎯" * 18, ())
    assert legal_name("🎯" * 18, {first.casefold()}) == "🎯" * 14 + " 2"


@pytest.mark.parametrize("name", ["", "🎯" * 16, "History", "hisTORIQUE", "'a", "a'", "a/b", "a\x0bb", "a\x7f"])
def test_names_that_excel_refuses_are_not_carried_over(name: str) -> None:
    assert not is_legal(name)


def with_own_names(shop: Shop, names: dict[str, str]) -> None:
    """Objectives on KPIs of the project's own, which are called so."""
    shop.write()
    found = yaml.safe_load(shop.project.read_text(encoding="utf-8"))
    found["kpis"] = {
        f"own_{id}": {
            "name": {"fr": name, "en": name}, "unit": "currency", "direction": "higher", "formula": "revenue / orders",
            "example": {"revenue": 10, "orders": 5, "result": 2},
        }
        for id, name in names.items()
    }  # fmt: skip
    for objective in found["objectives"]:
        if objective["id"] in names:
            objective["kpi"] = f"own_{objective['id']}"
    shop.project.write_text(yaml.safe_dump(found, allow_unicode=True, sort_keys=False), encoding="utf-8")


def computed(project: Project) -> Scorecard:
    return scorecard(project, read_data(project))


def build(shop: Shop) -> None:
    build_workbook(computed(load(shop.project)), shop.workbook, language="fr")


def tabs(path: Path) -> list[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl has no room for some extensions
        return list(openpyxl.load_workbook(path).sheetnames)


TARGETS, REPORTS = "🎯" * 18, "'Historique'"


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def test_a_workbook_of_kpis_with_such_names_is_built_and_refreshed(shop: Shop) -> None:
    with_own_names(shop, {"revenue": TARGETS, "basket": REPORTS})
    build(shop)
    assert {"🎯" * 15 + "…", "Historique (KPI)"} <= set(tabs(shop.workbook))
    faults, differing = sdk.faults(shop.workbook), recalc.differences(shop.workbook, ("libreoffice",))
    shop.factor = 1.5
    with_own_names(shop, {"revenue": TARGETS, "basket": REPORTS})
    done = refresh_workbook(shop.workbook, ONCE)
    assert (done.tabs, done.replaced) == ({}, [])
    assert {"🎯" * 15 + "…", "Historique (KPI)"} <= set(tabs(shop.workbook))
    assert [fault for fault in sdk.faults(shop.workbook) if fault not in faults] == []
    assert (differing, recalc.differences(shop.workbook, ("libreoffice",))) == ([], [])


def test_the_tab_of_a_kpi_that_is_replaced_has_a_legal_name(shop: Shop) -> None:
    with_own_names(shop, {})
    build(shop)
    before = shop.folder / "before.xlsx"
    before.write_bytes(shop.workbook.read_bytes())
    with_own_names(shop, {"revenue": TARGETS, "basket": TARGETS})
    done = refresh_workbook(shop.workbook, ONCE)
    new = ["🎯" * 15 + "…", "🎯" * 14 + " 2"]
    assert list(done.tabs.values()) == new
    assert set(new) <= set(tabs(shop.workbook))
    assert recalc.differences(shop.workbook, ("libreoffice",)) == []
    assert refresh_workbook(shop.workbook, ONCE).tabs == {}
    book = opened(before)
    refresh_book(book)
    assert set(new) <= {sheet.name for sheet in book.sheets}


def test_an_upgrade_gives_a_sheet_a_name_of_ours_where_people_gave_it_one_that_excel_refuses(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_own_names(shop, {"revenue": TARGETS})
    with monkeypatch.context() as then:
        then.setattr(state, "EDITION", 1)
        build(shop)
    own, named = {"🎯" * 15 + "…": "History", "Panier moyen": "🧺" * 15}, shop.folder / "named.xlsx"
    with Package(shop.workbook) as package:
        renamed_sheets(package, own, named)
    named.replace(shop.workbook)
    done = upgrade_workbook(shop.workbook, ONCE, computed)
    assert ("name", "History") in done.reset
    assert {"🎯" * 15 + "…", "🧺" * 15} <= set(tabs(shop.workbook))
    assert "History" not in tabs(shop.workbook)
