"""Formulas that people put into the calculated columns of xlkpi's tables: theirs stay, ours are kept up to date."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from tests.checks import recalc, sdk
from tests.edits import Edited, put_cell
from tests.edits_formulas import HEADER, TABLE, THEIRS, add_column, column, fill_column, share
from tests.engines import libreoffice, require
from tests.small_shop import DATA, NOTES, Shop
from xlkpi.errors import WorkbookError
from xlkpi.objectives import load
from xlkpi.scorecard import scorecard
from xlkpi.workbook.existing import read_existing
from xlkpi.workbook.package import Package
from xlkpi.workbook.pages import PEOPLE
from xlkpi.workbook.people_rows import read_people
from xlkpi.workbook.rebuild import rebuild
from xlkpi.workbook.refresh import Options, refresh_workbook

ONCE = Options(backups=0)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    shop = Shop(tmp_path_factory.mktemp("shop"))
    shop.build()
    return shop


@pytest.fixture
def shop(built: Shop, tmp_path: Path) -> Shop:
    return built.copied(tmp_path)


@pytest.mark.parametrize("shared", [False, True])
def test_a_formula_that_fills_a_column_stays_and_new_rows_get_it(shop: Shop, shared: bool) -> None:
    fill_column(shop.workbook, THEIRS, shared=shared)
    assert refresh_workbook(shop.workbook, ONCE).replaced == []
    assert [cell.value for cell in column(shop.workbook)] == [7.5, 7.5]
    shop.channels = ["web", "boutique", "marché", "salon", "foire"]
    shop.write()
    refresh_workbook(shop.workbook, ONCE)
    cells = column(shop.workbook)
    assert len(cells) == 5
    assert {cell.formula for cell in cells} <= {THEIRS, ""}
    assert cells[-1].formula == THEIRS
    assert THEIRS.encode() in b"".join(Edited(shop.workbook).parts.values())
    wrong = recalc.differences(shop.workbook, ("libreoffice",))
    assert {d.formula for d in wrong} <= {THEIRS, ""}  # theirs keep their values until a program calculates
    assert sdk.faults(shop.workbook) == []


def test_a_formula_over_cells_of_its_row_is_shifted_into_new_rows(shop: Shop) -> None:
    first = column(shop.workbook, header="Dépense")[0].address
    row = int(re.sub(r"\D", "", first))
    for number, cell in enumerate(column(shop.workbook)):
        with Edited(shop.workbook) as book:
            put_cell(book, "Budget", cell.address, f"={first[0]}{row + number}*2", cached=7.5)
    with Edited(shop.workbook) as book:
        part = next(t for _, k, t in book.relations(book.sheets["Budget"]) if k == "table")
        book.change(part, lambda xml: re.sub(
            rf'(name="{HEADER}"[^>]*><calculatedColumnFormula>)[^<]*', rf"\g<1>{first[0]}{row}*2", xml))  # fmt: skip
    shop.channels = ["web", "boutique", "marché", "salon"]
    shop.write()
    refresh_workbook(shop.workbook, ONCE)
    assert [c.formula for c in column(shop.workbook)] == [f"{first[0]}{row + n}*2" for n in range(4)]


def test_a_formula_in_one_cell_stays_with_its_value_while_the_others_are_valued(shop: Shop) -> None:
    target = column(shop.workbook)[0]
    with Edited(shop.workbook) as book:
        put_cell(book, "Budget", target.address, "=6*7", cached=42)
    shop.factor = 1.4
    shop.write()
    refresh_workbook(shop.workbook, ONCE)
    one, other = column(shop.workbook)
    assert (one.formula, one.value) == ("6*7", 42)
    assert other.formula == column(shop.build(shop.folder / "new.xlsx"))[1].formula
    assert recalc.differences(shop.workbook, ("libreoffice",)) == []


def test_formulas_that_cells_share_belong_to_whoever_wrote_their_group(shop: Shop) -> None:
    """Theirs in the first and the third cell, which share it, and ours in between."""
    shop.channels = ["web", "boutique", "marché"]
    shop.write()
    refresh_workbook(shop.workbook, ONCE)
    first, ours, last = column(shop.workbook)
    with Edited(shop.workbook) as book:
        for cell in (first, last):
            put_cell(book, "Budget", cell.address, f"={THEIRS}", cached=7.5)
            share(book, "Budget", cell.address, THEIRS, f"{first.address}:{last.address}", cell is first)
    shop.factor = 1.4
    shop.write()
    refresh_workbook(shop.workbook, ONCE)
    now = column(shop.workbook)
    assert [cell.value for cell in (now[0], now[2])] == [7.5, 7.5]
    assert [cell.formula for cell in now] == [THEIRS, ours.formula, ""]


def test_after_libreoffice_ours_are_ours_and_theirs_are_theirs(shop: Shop) -> None:
    if (missing := libreoffice.available()) is not None:
        require(missing)
    fill_column(shop.workbook, THEIRS)
    saved = libreoffice.save_again(shop.workbook, shop.workbook.with_name("saved.xlsx"))
    shop.workbook.write_bytes(saved.read_bytes())
    with Package(shop.workbook) as package:
        existing = read_existing(package)
        people = read_people(package, existing.state.columns, list(PEOPLE), existing.strings, existing)
    theirs = {name: len(part.own_formulas) for name, part in people.items() if part.own_formulas}
    assert theirs == {TABLE: 2}
    shop.channels = ["web", "boutique", "marché", "salon"]
    shop.write()
    refresh_workbook(shop.workbook, ONCE)
    assert len({cell.formula for cell in column(shop.workbook)}) == 1
    assert column(shop.workbook)[-1].formula == THEIRS
    assert {d.formula for d in recalc.differences(shop.workbook, ("libreoffice",))} <= {THEIRS}


def test_a_header_that_somebody_renamed_makes_no_formula_theirs(shop: Shop) -> None:
    """Excel rewrites the formulas that name a column as its header is changed."""
    with Edited(shop.workbook) as book:
        for part in (p for p in list(book.parts) if "/tables/" in p or p == book.sheets[NOTES]):
            old, new = (f"xlkpi_notes[[#This Row],[{header}]]".encode() for header in ("Clé", "Code"))
            book.parts[part] = book.parts[part].replace(old, new)
        part = next(t for _, k, t in book.relations(book.sheets[NOTES]) if k == "table")
        book.change(part, lambda xml: xml.replace('name="Clé"', 'name="Code"'))
        cell = column(shop.workbook, "xlkpi_notes", "Clé")[0]
        header = re.sub(r"\d+", lambda m: str(int(m[0]) - 1), cell.address)
        put_cell(book, NOTES, header, "Code")
    with Package(shop.workbook) as package:
        existing = read_existing(package)
        people = read_people(package, existing.state.columns, ["xlkpi_notes"], existing.strings, existing)
    assert people["xlkpi_notes"].own_formulas == []


def test_all_formulas_of_a_new_workbook_are_known_as_ours(shop: Shop) -> None:
    with Package(shop.workbook) as package:
        existing = read_existing(package)
        people = read_people(package, existing.state.columns, list(PEOPLE), existing.strings, existing)
    assert sum(len(part.formulas.texts) for part in people.values()) > 50
    assert {name: part.own_formulas for name, part in people.items() if part.own_formulas} == {}


@pytest.mark.parametrize("kind", ["structured", "relative", "shared", "libreoffice"])
def test_a_calculated_column_in_the_data_is_filled_into_rows_that_are_added(shop: Shop, kind: str) -> None:
    revenue = "xlkpi_data[[#This Row],[Chiffre d’affaires]]*2"
    formula = revenue if kind in ("structured", "libreoffice") else "D{row}*2"
    add_column(shop.workbook, formula, definition=kind != "libreoffice", shared=kind == "shared")
    if kind == "libreoffice":
        if (missing := libreoffice.available()) is not None:
            require(missing)
        saved = libreoffice.save_again(shop.workbook, shop.workbook.with_name("saved.xlsx"))
        shop.workbook.write_bytes(saved.read_bytes())
    shop.channels, shop.months = ["boutique", "marché"], 8  # rows come among the others, and the first cell's goes
    shop.write()
    assert refresh_workbook(shop.workbook, ONCE).replaced == []
    cells = column(shop.workbook, "xlkpi_data", "À moi")
    assert len(cells) == 24
    assert [cell.formula for cell in cells] == [formula.format(row=row) for row in range(2, 26)]
    assert sdk.faults(shop.workbook) == []


def test_a_build_over_the_workbook_names_formulas_in_place_of_ours(shop: Shop) -> None:
    fill_column(shop.workbook, THEIRS)
    with pytest.raises(WorkbookError, match=r"Budget.*(K13|L13)"):
        rebuild(scorecard(load(shop.project)), shop.workbook, language="fr")
    assert [cell.formula for cell in column(shop.workbook)] == [THEIRS, THEIRS]


def test_a_column_of_theirs_in_many_rows_keeps_its_blanks_and_is_filled_into_rows_that_are_added(shop: Shop) -> None:
    shop.channels, shop.months = ["boutique", "salon", "web"], 18
    shop.write()
    refresh_workbook(shop.workbook, ONCE, lambda p: scorecard(p, today=date(2028, 6, 1)))
    add_column(shop.workbook, "D{row}*2", definition=True)
    before = column(shop.workbook, "xlkpi_data", "À moi")
    assert len(before) == 72, "more than those by which it is told what is usual"
    with Edited(shop.workbook) as book:
        put_cell(book, DATA, before[-1].address, None)
        put_cell(book, DATA, before[-2].address, "à moi")
    shop.channels.insert(0, "accueil")
    shop.months += 1
    shop.write()
    refresh_workbook(shop.workbook, ONCE, lambda p: scorecard(p, today=date(2028, 6, 1)))
    now = {cell.address: cell.formula or cell.value for cell in column(shop.workbook, "xlkpi_data", "À moi")}
    expected = {f"H{row}": f"D{row}*2" for row in range(2, 97)} | {"H94": "à moi"}
    del expected["H95"]
    assert {address: content for address, content in now.items() if content} == expected
    assert sdk.faults(shop.workbook) == []


def test_a_renamed_header_of_many_rows_is_refused_in_words(shop: Shop) -> None:
    shop.channels, shop.months = ["boutique", "salon", "web"], 18
    shop.write()
    refresh_workbook(shop.workbook, ONCE)
    with Edited(shop.workbook) as book:
        part = next(t for _, k, t in book.relations(book.sheets[DATA]) if k == "table")
        book.change(part, lambda xml: xml.replace('name="Canal"', 'name="Part"'))
        put_cell(book, DATA, "C1", "Part")
    with pytest.raises(WorkbookError) as refused:
        refresh_workbook(shop.workbook, ONCE)
    assert [problem.code for problem in refused.value.problems] == ["workbook_lacks_columns"]
