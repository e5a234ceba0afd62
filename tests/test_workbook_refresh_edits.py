"""What people put into a workbook with Excel is there after a refresh, and follows the tables where Excel would."""

from __future__ import annotations

import re
import warnings
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import yaml
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.table import TableColumn

from tests.checks import recalc, sdk
from tests.checks.reading import Book
from tests.edits import Edited, add_sheet, move_sheet, put_cell, rename_sheet
from tests.edits_drawn import (
    add_chart,
    add_conditional_format,
    add_macros,
    add_note,
    add_picture,
    add_pivot,
    add_printer_settings,
    add_slicer,
    add_threaded_comment,
    add_validation,
    define_name,
)
from tests.edits_formulas import add_column
from tests.small_shop import ACTIONS, DATA, FIRST, NOTES, OBJECTIVES, SERIES, TARGETS, Shop
from xlkpi.errors import WorkbookError
from xlkpi.language import use
from xlkpi.workbook.anew import Former
from xlkpi.workbook.comments import comments
from xlkpi.workbook.compare import compare
from xlkpi.workbook.package import Package
from xlkpi.workbook.refresh import Options, refresh_workbook
from xlkpi.workbook.told import moved_words, people_words, row_words

ONCE = Options(backups=0)
CHANNELS = ("web", "boutique", "marché", "salon", "foire")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    shop = Shop(tmp_path_factory.mktemp("shop"))
    shop.build()
    return shop


@pytest.fixture
def shop(built: Shop, tmp_path: Path) -> Shop:
    return built.copied(tmp_path)


def last_row(path: Path, table: str) -> int:
    found = next(t for t in Book(path).tables if t.name == table)
    return found.area.bottom


def test_parts_of_excel_keep_their_bytes_while_the_tables_grow(shop: Shop) -> None:
    path = shop.workbook.with_suffix(".xlsm")
    with Edited(shop.workbook) as book:
        own = add_sheet(book, "À moi", {"A1": "texte", "B1": "=1+1"}, {"B1": 2})
        add_picture(book, "À moi")
        add_slicer(book, "À moi", 1, 1, "Canal")
        add_printer_settings(book, "À moi")
        add_printer_settings(book, FIRST)
        add_threaded_comment(book, "À moi", "A1", "vu ?")
        add_macros(book)
        before = dict(book.parts)
        book.save(path)
    assert sdk.faults(path) == []
    shop.months = 9
    shop.write()
    refresh_workbook(path, ONCE)
    after = Edited(path).parts
    assert after.keys() == before.keys()
    kept = r"threaded|person|comments|vml|media|drawing|slicer|printer|vba|styles|theme|rels|Content_Types"
    names = [own, *(name for name in before if re.search(kept, name))]
    assert len(names) > 40
    assert [name for name in names if after[name] != before[name]] == []
    assert b'<pageSetup paperSize="9" orientation="landscape"' in after["xl/worksheets/sheet1.xml"]
    assert sdk.faults(path) == []


def test_pivot_tables_over_our_tables_are_refreshed_on_opening(shop: Shop) -> None:
    with Edited(shop.workbook) as book:
        add_sheet(book, "Croisés", {"A1": "rien"})
        rename_sheet(book, DATA, "L’été & Cie d'Ana")
        define_name(book, "plage", "'L’été & Cie d''Ana'!$A$1:$C$19")
        define_name(book, "autre", "Croisés!$A$1:$C$5")
        ours = [
            add_pivot(book, "Croisés", source, ["Canal", "CA", "Coût"])
            for source in (
                'name="xlkpi_data"',
                'ref="A1:C19" sheet="L’été &amp; Cie d\'Ana"',
                'name="plage"',
                'ref="A1:C5" sheet="Séries"',
            )
        ]
        book.parts[ours[3]] = book.parts[ours[3]].replace(b" saveData", b' refreshOnLoad="0" saveData')
        others = [
            add_pivot(book, "Croisés", source, ["a", "b", "c"])
            for source in ('ref="A1:C5" sheet="Croisés"', 'name="autre"', 'name="Tableau1"')
        ]
        before = dict(book.parts)
    shop.months = 8
    shop.write()
    refresh_workbook(shop.workbook, ONCE)
    after = Edited(shop.workbook).parts
    for part in ours:
        assert after[part].count(b'refreshOnLoad="1"') == 1, part
        assert b'refreshOnLoad="0"' not in after[part]
    assert [after[part] == before[part] for part in others] == [True] * 3
    last = last_row(shop.workbook, "xlkpi_data")
    assert f'ref="A1:C{last}"'.encode() in after[ours[1]]
    assert f"$A$1:$C${last}</definedName>".encode() in after["xl/workbook.xml"]
    assert sdk.faults(shop.workbook) == []


@pytest.mark.parametrize("months", [3, 11])
def test_what_ended_on_the_last_row_of_a_table_follows_it(shop: Shop, months: int) -> None:
    last = last_row(shop.workbook, "xlkpi_data")
    with Edited(shop.workbook) as book:
        formulas = {
            "A1": f"=SUM({DATA}!$E$2:$E${last})", "A2": f"=COUNT({DATA}!A2:A{last})", "A3": f"={DATA}!$E${last}",
            "A4": f"=SUM({DATA}!$E$2:$E${last - 1})", "A5": "=SUM(xlkpi_data[start])", "A6": f'="{DATA}!E2:E{last}"',
            "A7": f"=AVERAGE({DATA}!E4:E{last})", "A8": f"=SUM({DATA}!F{last - 1}:F{last})",
            # Of this sheet, of another workbook, of the last row, of several sheets: they stay.
            "B1": f"=SUM({DATA}!E2:E{last})", "B2": f"=SUM(E1:E{last - 1})", "B3": f"=SUM([1]{DATA}!E2:E{last})",
            "B4": f"=SUM({DATA}!A{last}:G{last})", "B5": f"=SUM({FIRST[:3]}:{DATA}!E2:E{last})",
            # Filled down: a moving mean, running totals, and what is left from each row on.
            "C1": f"=AVERAGE({DATA}!E4:E{last - 1})/2", "C2": f"=AVERAGE({DATA}!E5:E{last})/2",
            "D1": f"=SUM({DATA}!D$2:D{last - 1})", "D2": f"=SUM({DATA}!D$2:D{last})",
            "E1": f"=SUM({DATA}!D3:D${last})", "E2": f"=SUM({DATA}!D4:D${last})",
        }  # fmt: skip
        add_sheet(book, "À moi", formulas, dict.fromkeys(formulas, 0))
        define_name(book, "tout", f"{DATA}!$A$1:$G${last}")
        book.change(book.workbook, lambda xml: xml.replace('name="tout"', 'name="tout" comment="€ / mois"'))
        chart = add_chart(book, "À moi", f"{DATA}!$E$2:$E${last}", [1.0, 2.0])
        add_conditional_format(book, DATA, f"E2:E{last}", f"E2=MAX($E$2:$E${last})")
        add_validation(book, DATA, f"F2:F{last}")
        part = add_chart(book, "À moi", f"{DATA}!$E$6:$E${last}", [1.0, 2.0])
    shop.months = months
    shop.write()
    refresh_workbook(shop.workbook, ONCE)
    now = last_row(shop.workbook, "xlkpi_data")
    assert (now > last) == (months > 6)
    after = Book(shop.workbook)
    cells = next(s for s in after.sheets if s.name == "À moi").cells
    assert [cells[f"A{i}"].formula for i in range(1, 7)] == [
        f"SUM({DATA}!$E$2:$E${now})", f"COUNT({DATA}!A2:A{now})", f"{DATA}!$E${last}",
        f"SUM({DATA}!$E$2:$E${last - 1})",
        "SUM(xlkpi_data[start])", f'"{DATA}!E2:E{last}"',
    ]  # fmt: skip
    assert [cells[f"B{i}"].formula for i in range(1, 6)] == [
        f"SUM({DATA}!E2:E{now})", f"SUM(E1:E{last - 1})", f"SUM([1]{DATA}!E2:E{last})",
        f"SUM({DATA}!A{last}:G{last})", f"SUM({FIRST[:3]}:{DATA}!E2:E{last})",
    ]  # fmt: skip
    rest = now if months > 6 else last  # rows that are all gone leave nothing to follow
    assert [cells[at].formula for at in ("A7", "A8", "C1", "C2", "D1", "D2", "E1", "E2")] == [
        f"AVERAGE({DATA}!E4:E{now})", f"SUM({DATA}!F{last - 1}:F{rest})",
        f"AVERAGE({DATA}!E4:E{last - 1})/2", f"AVERAGE({DATA}!E5:E{last})/2",
        f"SUM({DATA}!D$2:D{last - 1})", f"SUM({DATA}!D$2:D{last})",
        f"SUM({DATA}!D3:D${now})", f"SUM({DATA}!D4:D${now})",
    ]  # fmt: skip
    assert f"{DATA}!$E$6:$E${now}</c:f>".encode() in after.parts[part]
    home = next(s for s in after.sheets if s.name == DATA)
    assert f"<formula>E2=MAX($E$2:$E${now})</formula>".encode() in after.parts[home.part]
    assert f"{DATA}!$E$2:$E${now}</c:f>".encode() in after.parts[chart]
    assert f'<c:ptCount val="{now - 1}"/>'.encode() in after.parts[chart]
    data = after.parts[next(s.part for s in after.sheets if s.name == DATA)]
    assert f'<conditionalFormatting sqref="E2:E{now}">'.encode() in data
    assert f'sqref="F2:F{now}"'.encode() in data
    assert f"{DATA}!$A$1:$G${now}</definedName>".encode() in after.parts["xl/workbook.xml"]


def test_a_filter_and_a_sort_order_that_do_not_hold_for_new_rows_are_told(shop: Shop) -> None:
    with Edited(shop.workbook) as book:
        part = next(target for _, kind, target in book.relations(book.sheets[SERIES]) if kind == "table")
        criteria = '<filterColumn colId="0"><filters><filter val="web"/></filters></filterColumn>'
        book.change(part, lambda xml: re.sub(r"(<autoFilter [^>]*)/>", rf"\1>{criteria}</autoFilter>", xml))
    done = refresh_workbook(shop.workbook, ONCE)
    assert done.as_json()["unfiltered"] == [SERIES]
    with use("fr"):
        assert f"les lignes étant nouvelles, filtres et tris ont été retirés\u00a0: {SERIES}" in people_words(done)
    assert b"filterColumn" not in Book(shop.workbook).parts[part]
    assert refresh_workbook(shop.workbook, ONCE).unfiltered == []


def test_buttons_of_a_filter_that_hides_nothing_are_not_told(shop: Shop) -> None:
    with Edited(shop.workbook) as book:
        part = next(target for _, kind, target in book.relations(book.sheets[SERIES]) if kind == "table")
        button = '<filterColumn colId="0" hiddenButton="1"/>'
        book.change(part, lambda xml: re.sub(r"(<autoFilter [^>]*)/>", rf"\1>{button}</autoFilter>", xml))
    assert refresh_workbook(shop.workbook, ONCE).unfiltered == []


def test_an_objective_that_goes_is_told_by_its_title_and_in_its_unit(shop: Shop) -> None:
    shop.objectives = ["revenue"]
    shop.write()
    done = refresh_workbook(shop.workbook, ONCE)
    gone = next(moved for moved in done.differences.moved if moved.after is None)
    with use("fr"):
        assert gone.title == OBJECTIVES["basket"]["title"]
        assert re.match(r"\d+,\d\d\u00a0€ \(.+\) → –", moved_words(gone))


def test_no_rows_leave_the_tables_blank_until_there_are_some_again(shop: Shop) -> None:
    before = last_row(shop.workbook, "xlkpi_data")
    project = yaml.safe_load(shop.project.read_text(encoding="utf-8"))
    del project["sources"]
    shop.project.write_text(yaml.safe_dump(project, allow_unicode=True, sort_keys=False), encoding="utf-8")
    done = refresh_workbook(shop.workbook, ONCE)
    assert (done.rows["xlkpi_data"].rows, done.rows["xlkpi_data"].vanished) == (0, before - 1)
    assert last_row(shop.workbook, "xlkpi_data") == 2  # a table has one row
    assert sdk.faults(shop.workbook) == []
    assert recalc.differences(shop.workbook, ("libreoffice",)) == []
    shop.write()
    assert refresh_workbook(shop.workbook, ONCE).rows["xlkpi_data"].new == before - 1
    assert recalc.differences(shop.workbook, ("ironcalc",)) == []


def test_columns_beside_a_table_and_sheets_renamed_and_moved_stay(shop: Shop) -> None:
    with Edited(shop.workbook) as book:
        put_cell(book, DATA, "J1", "Remarque")
        put_cell(book, DATA, "J2", "à vérifier")
        put_cell(book, DATA, "J3", 12.5)
        put_cell(book, SERIES, "R40", "=1+1", cached=2)
        rename_sheet(book, FIRST, "L'accueil & Co")
        rename_sheet(book, SERIES, "Chiffres")
        move_sheet(book, "L'accueil & Co", 4)
        names = list(book.sheets)
    assert recalc.differences(shop.workbook, ("ironcalc",)) == []
    shop.months, shop.channels = 8, ["web", "boutique", "marché"]
    shop.write()
    assert refresh_workbook(shop.workbook, ONCE).replaced == []
    after = Book(shop.workbook)
    assert [sheet.name for sheet in after.sheets] == names
    data = next(s for s in after.sheets if s.name == DATA).cells
    assert [data[f"J{row}"].value for row in (1, 2, 3)] == ["Remarque", "à vérifier", 12.5]
    assert next(s for s in after.sheets if s.name == "Chiffres").cells["R40"].formula == "1+1"
    assert recalc.differences(shop.workbook, ("ironcalc",)) == []
    assert sdk.faults(shop.workbook) == []


def test_links_lead_to_their_page_again_after_two_pages_swapped_their_names(shop: Shop) -> None:
    with Edited(shop.workbook) as book:
        for old, new in ((FIRST, "…"), ("Alertes", FIRST), ("…", "Alertes")):
            rename_sheet(book, old, new)
        assert b"#'Alertes'!" in book.parts[book.sheets["Alertes"]]
    assert refresh_workbook(shop.workbook, ONCE).replaced == []
    page = next(s for s in Book(shop.workbook).sheets if s.name == "Alertes")
    formulas = " ".join(c.formula for c in page.listed if c.formula)
    assert f"#'{FIRST}'!" in formulas
    assert "#'Alertes'!" not in formulas
    assert recalc.differences(shop.workbook, ("ironcalc",)) == []


def test_a_cell_beside_the_rows_that_a_table_grows_into_stays(shop: Shop) -> None:
    with Edited(shop.workbook) as book:
        put_cell(book, TARGETS, "BS5", "=2+3", cached=5)
        put_cell(book, TARGETS, "BT4", "à moi")
        put_cell(book, TARGETS, "BS9", "plus bas")
    for number in (4, 1, 3):
        shop.objectives = list(OBJECTIVES)[:number]
        shop.write()
        assert refresh_workbook(shop.workbook, ONCE).replaced == []
        cells = next(s for s in Book(shop.workbook).sheets if s.name == TARGETS).cells
        assert (cells["BS5"].formula, cells["BT4"].value, cells["BS9"].value) == ("2+3", "à moi", "plus bas"), number
    assert sdk.faults(shop.workbook) == []


@pytest.mark.parametrize("channels", [["web", "boutique"], [*CHANNELS, "kiosque", "marque"]])
def test_rows_keep_their_height_and_new_ones_have_that_of_most(shop: Shop, channels: list[str]) -> None:
    shop.channels, shop.months = list(channels), 9
    shop.write()
    refresh_workbook(shop.workbook, ONCE)
    last = last_row(shop.workbook, "xlkpi_data")

    def heights(xml: str) -> str:
        """As LibreOffice writes them."""
        look = r'<row r="\1" customFormat="false" ht="12.8" hidden="false" customHeight="false">'
        xml = re.sub(r'<row r="(\d+)"[^>]*>', look, xml)
        own = re.compile(rf'(<row r="(?:3|{last})"[^>]* ht=)"12.8"( hidden="false" customHeight=)"false"')
        return own.sub(r'\1"40"\2"true"', xml)

    with Edited(shop.workbook) as book:
        book.change(book.sheets[DATA], heights)
    shop.channels.insert(0, "accueil")
    shop.months += 1
    shop.write()
    refresh_workbook(shop.workbook, ONCE)
    with Edited(shop.workbook) as book:
        rows = re.findall(r'<row r="(\d+)"([^>]*)>', book.text(book.sheets[DATA]))
    assert len(rows) == 1 + 10 * (2 + len(channels))
    told = {int(number): re.sub(r'\s(?:customFormat|hidden)="[^"]*"', "", look) for number, look in rows}
    high = {number for number, look in told.items() if look == ' ht="40" customHeight="true"'}
    assert high == {3, 10 * (2 + len(channels))}, "the last month but one of the last channel"
    assert {look for number, look in told.items() if number not in {1, *high}} == {' ht="12.8"'}


def test_comments_follow_their_row_and_stand_beside_the_table_where_it_is_no_more(shop: Shop) -> None:
    with Edited(shop.workbook) as book:
        add_threaded_comment(book, TARGETS, "J3", "convenu avec Ana")  # on the second objective, the basket
        add_note(book, DATA, "B15", "le deuxième mois du web")
    told = []
    for objectives, channels in (
        (["orders", "roas", "revenue", "basket"], ["web", "boutique", "marché"]), (["revenue", "orders"], ["boutique"]),
        (["basket", "orders"], ["boutique", "marché"]),
    ):  # fmt: skip
        shop.objectives, shop.channels = objectives, channels
        shop.write()
        done = refresh_workbook(shop.workbook, ONCE)
        with Package(shop.workbook) as package:
            places = [comments(package, package.sheets[name]) for name in (TARGETS, DATA)]
            boxes = [package.read(part) for part in package.parts if part.endswith(".vml")]
        told.append((places, list(done.stranded), [re.findall(rb"<x:(?:Row|Column)>(\d+)", box) for box in boxes]))
    assert told[0][:2] == ([["J5"], ["B21"]], [])
    assert told[0][2] == [[b"4", b"9"], [b"20", b"1"]]
    assert told[1][0] == [["BS1"], ["J1"]]
    assert sorted(told[1][1]) == [(TARGETS, "BS1"), (DATA, "J1")]
    assert told[2][:2] == (told[1][0], [])
    assert any("BS1" in line for line in people_words(replace(done, stranded=told[1][1])))
    assert sdk.faults(shop.workbook) == []


@pytest.mark.parametrize("months", [9, 3])
def test_formulas_on_the_sheet_of_the_data_and_to_its_totals_follow_them(shop: Shop, months: int) -> None:
    last = last_row(shop.workbook, "xlkpi_data")
    total = last + 1

    def with_totals(xml: str) -> str:
        xml = xml.replace(f':G{last}"', f':G{total}"', 1).replace('totalsRowShown="0"', 'totalsRowCount="1"')
        return re.sub(r'(name="Chiffre d’affaires"[^>]*?)/>', r'\1 totalsRowFunction="sum"/>', xml)

    def written(last: int) -> dict[str, str]:
        total = last + 1
        return {
            "J1": f"SUM(D2:D{last})/D{total}", "J2": f"$D${total}/2", "J3": "SUM(D$2:D3)", "J4": f"SUM(D2:D{total})",
            "J5": f"SUM(Données!D1:D{last})", "K5": "SUM(D4:D6)", "K2": f"AVERAGE(D5:D{last})",
        }  # fmt: skip

    with Edited(shop.workbook) as book:
        book.change(next(t for _, k, t in book.relations(book.sheets[DATA]) if k == "table"), with_totals)
        put_cell(book, DATA, f"D{total}", "=SUBTOTAL(109,xlkpi_data[Chiffre d’affaires])", cached=1)
        put_cell(book, DATA, f"E{total}", f"=D{total}/2+SUM(E2:E{last})", cached=1)
        for at, formula in written(last).items():
            put_cell(book, DATA, at, f"={formula}", cached=1)
        put_cell(book, DATA, f"J{last}", f"=SUM(D$2:D{last})", cached=1)  # a running total ends where it stands
        add_sheet(book, "Calculs", {"A1": f"=Données!D{total}", "A2": f"=SUM(Données!$D${total}:$E${total})"}, {})
    shop.months = months
    shop.write()
    refresh_workbook(shop.workbook, ONCE)
    now = last_row(shop.workbook, "xlkpi_data") - 1
    sheets = {sheet.name: sheet.cells for sheet in Book(shop.workbook).sheets}
    data, own = sheets[DATA], sheets["Calculs"]
    assert now == 1 + 3 * months
    assert {at: data[at].formula for at in written(now)} == written(now)
    assert data[f"E{now + 1}"].formula == f"D{now + 1}/2+SUM(E2:E{now})"
    assert data[f"J{last}"].formula == f"SUM(D$2:D{last})"
    assert [own["A1"].formula, own["A2"].formula] == [
        f"Données!D{now + 1}", f"SUM(Données!$D${now + 1}:$E${now + 1})"
    ]  # fmt: skip
    assert sdk.faults(shop.workbook) == []


def add_links(book: Edited, sheet: str, *references: str) -> None:
    written = "".join(f'<hyperlink ref="{at}" location="\'{FIRST}\'!A1"/>' for at in references)
    book.after_cells(book.sheets[sheet], f"<hyperlinks>{written}</hyperlinks>", into=True)


def links_of(path: Path, sheet: str) -> list[str]:
    with Edited(path) as book:
        return re.findall(r'<hyperlink ref="([^"]*)"', book.text(book.sheets[sheet]))


def test_links_follow_their_row_and_stand_beside_the_table_where_it_is_no_more(shop: Shop) -> None:
    with Edited(shop.workbook) as book:
        add_links(book, TARGETS, "B3", "B1", "B40")  # on the second objective, the basket; above and below the table
        add_links(book, DATA, "B15:C15")
    shop.objectives, shop.channels = ["orders", "roas", "revenue", "basket"], ["web", "boutique", "marché"]
    shop.write()
    assert refresh_workbook(shop.workbook, ONCE).stranded == []
    assert (links_of(shop.workbook, TARGETS), links_of(shop.workbook, DATA)) == (["B5", "B1", "B40"], ["B21:C21"])
    shop.objectives, shop.channels = ["revenue", "orders"], ["boutique"]
    shop.write()
    done = refresh_workbook(shop.workbook, ONCE)
    assert sorted(done.stranded) == [(TARGETS, "BS1"), (DATA, "J1")]
    assert (links_of(shop.workbook, TARGETS), links_of(shop.workbook, DATA)) == (["BS1", "B1", "B40"], ["J1:K1"])
    assert any("BS1" in line for line in people_words(done))
    assert sdk.faults(shop.workbook) == []


def test_a_note_with_a_link_stays_where_it_stands_though_its_objective_is_gone(shop: Shop) -> None:
    with Edited(shop.workbook) as book:
        for row, link in ((11, "E11"), (12, "")):
            put_cell(book, NOTES, f"B{row}", "basket")
            put_cell(book, NOTES, f"E{row}", f"note {link}")
        add_links(book, NOTES, "E11")
    shop.objectives = ["revenue"]
    shop.write()
    done = refresh_workbook(shop.workbook, ONCE)
    assert done.archived is not None
    assert (done.archived.stay["xlkpi_notes"], done.archived.out["xlkpi_notes"]) == (1, 1)
    cells = next(s for s in Book(shop.workbook).sheets if s.name == NOTES).cells
    assert cells["E11"].value == "note E11"
    assert links_of(shop.workbook, NOTES) == ["E11"]


def test_what_stands_below_a_table_moves_down_as_it_grows(shop: Shop) -> None:
    """Channels come, and the page of the budget has totals and charts below its table; people wrote there too."""
    with Edited(shop.workbook) as book:
        put_cell(book, "Budget", "B60", "ma remarque")
        put_cell(book, "Budget", "C60", "=C16*2", cached=0)
        add_sheet(book, "À moi", {"A1": "=Budget!C16", "A2": "=SUM(Budget!C13:C14)"}, {"A1": 0, "A2": 0})
        charts = [part for part in book.parts if "xl/charts/chart" in part and b"Budget" in book.parts[part]]
    for channels in (CHANNELS[:3], CHANNELS, CHANNELS[1:4]):
        shop.channels = list(channels)
        shop.write()
        assert refresh_workbook(shop.workbook, ONCE).replaced == []
        differing = recalc.differences(shop.workbook, ("ironcalc",))
        assert [d for d in differing if d.sheet != "À moi" and not d.formula.endswith("*2")] == []
    after = Book(shop.workbook)
    page = next(s for s in after.sheets if s.name == "Budget")
    labels = {cell.value: cell.address for cell in page.listed}
    assert (labels["Total"], labels["ma remarque"]) == ("B19", "B63")
    assert page.cells["C63"].formula == "C19*2"
    mine = next(s for s in after.sheets if s.name == "À moi").cells
    assert (mine["A1"].formula, mine["A2"].formula) == ("Budget!C19", "SUM(Budget!C13:C17)")
    assert next(t for t in after.tables if t.name == "xlkpi_budget").area.bottom == 17
    assert [re.findall(rb"\$B\$13:\$B\$(\d+)", after.parts[chart])[0] for chart in charts] == [b"17"] * len(charts)
    assert sdk.faults(shop.workbook) == []


def test_a_row_that_somebody_added_stays_with_its_own_origin(shop: Shop) -> None:
    def add(book: Any) -> None:
        data = book[DATA]
        added, headers = data.max_row + 1, [cell.value for cell in data[1]]
        data.cell(added, 1).value, data.cell(added, 3).value = date(2026, 2, 1), "Salon"
        data.cell(added, headers.index("Origine") + 1).value = "saisi par moi"
        table = data.tables["xlkpi_data"]
        table.ref = table.autoFilter.ref = table.ref.rstrip("0123456789") + str(added)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(shop.workbook)
        add(book)
        book.save(shop.workbook)
    shop.months += 2
    shop.write()
    for _ in range(2):
        assert refresh_workbook(shop.workbook, ONCE).rows["xlkpi_data"].people == 1
    cells = [c.value for s in Book(shop.workbook).sheets if s.name == DATA for c in s.listed]
    assert {"Salon", "saisi par moi"} <= {*cells}


def choose(path: Path, name: str, shown: str) -> None:
    with Package(path) as package:
        sheet, _, address = package.names[name].rpartition("!")
    with Edited(path) as book:
        put_cell(book, sheet.strip("'"), address.replace("$", ""), shown)


@pytest.mark.parametrize(("name", "shown"), [
    ("xlkpi_choice", "boutique"), ("xlkpi_objective", "Un panier moyen de 55 €"),
])  # fmt: skip
def test_what_people_choose_is_shown_and_no_cell_that_they_wrote_over(shop: Shop, name: str, shown: str) -> None:
    choose(shop.workbook, name, shown)
    done = refresh_workbook(shop.workbook, ONCE)
    assert (done.replaced, done.reset) == ([], [])
    assert read_choice(shop.workbook, name) == shown
    assert recalc.differences(shop.workbook, ("libreoffice",)) == []


@pytest.mark.parametrize(("name", "shown", "kind", "then"), [
    ("xlkpi_choice", "boutique", "part", "Tous les canaux"),
    ("xlkpi_objective", "Un panier moyen de 55 €", "objective", "Vendre pour 20 000 € en un an"),
])  # fmt: skip
def test_a_choice_that_there_is_no_more_is_told_and_taken_back(
    shop: Shop, name: str, shown: str, kind: str, then: str
) -> None:
    choose(shop.workbook, name, shown)
    shop.channels, shop.objectives = ["web", "réseaux"], ["revenue"]
    shop.write()
    done = refresh_workbook(shop.workbook, ONCE)
    assert (done.replaced, done.reset) == ([], [(kind, shown)])
    assert read_choice(shop.workbook, name) == then
    assert recalc.differences(shop.workbook, ("libreoffice",)) == []
    assert refresh_workbook(shop.workbook, ONCE).reset == []


def read_choice(path: Path, name: str) -> object:
    with Package(path) as package:
        sheet, _, address = package.names[name].rpartition("!")
    page = next(s for s in Book(path).sheets if s.name == sheet.strip("'"))
    return page.cells[address.replace("$", "")].value


def test_a_note_right_under_its_table_stays_and_is_told(shop: Shop) -> None:
    row = last_row(shop.workbook, "xlkpi_notes") + 1
    with Edited(shop.workbook) as book:
        put_cell(book, NOTES, f"B{row}", "basket")
        put_cell(book, NOTES, f"E{row}", "sous le tableau")
    done = refresh_workbook(shop.workbook, ONCE)
    assert (done.below, done.as_json()["below"]) == ({"xlkpi_notes": 1}, {"xlkpi_notes": 1})
    with use("fr"):
        assert any(f"{NOTES}\u00a0: 1 ligne écrite juste sous le tableau" in words for words in people_words(done))
    page = next(s for s in Book(shop.workbook).sheets if s.name == NOTES)
    assert page.cells[f"E{row}"].value == "sous le tableau"


def test_a_place_that_came_free_on_the_other_level_is_no_place_and_the_words_say_so(shop: Shop) -> None:
    assert shop.objectives == ["revenue", "basket"]
    shop.objectives = ["basket", "orders"]  # the first was strategic, the new one is operational
    shop.write()
    done = refresh_workbook(shop.workbook, ONCE)
    assert done.without_place == ["orders"]
    with use("fr"):
        assert any("pas de place libre de leur niveau (stratégique ou" in words for words in people_words(done))


def test_what_people_wrote_in_rows_that_vanish_is_counted(shop: Shop) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(shop.workbook)
    sheet, table = book[DATA], book[DATA].tables["xlkpi_data"]
    header = [cell.value for cell in sheet[1]]
    column, last = len(header) + 1, int(table.ref.rpartition(":")[2].lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    sheet.cell(1, column).value = "Remarque"
    table.tableColumns.append(TableColumn(id=column, name="Remarque"))
    table.ref = table.autoFilter.ref = f"A1:{get_column_letter(column)}{last}"
    channels = [sheet.cell(row, header.index("Canal") + 1).value for row in range(1, last + 1)]
    for channel in ("web", "boutique"):
        sheet.cell(channels.index(channel) + 1, column).value = f"vu : {channel}"
    book.save(shop.workbook)
    assert refresh_workbook(shop.workbook, ONCE).rows["xlkpi_data"].lost == 0
    shop.channels = ["web"]
    shop.write()
    done = refresh_workbook(shop.workbook, ONCE)
    assert done.rows["xlkpi_data"].lost == 1
    with use("fr"):
        assert [words for words in row_words(done) if "1 ligne où l’on avait écrit" in words]
    now = next(s for s in Book(shop.workbook).sheets if s.name == DATA).listed
    assert [c.value for c in now if str(c.value).startswith("vu")] == ["vu : web"]


def budget_formulas(path: Path) -> dict[int, set[str]]:
    """The columns of the budget's table that hold formulas, by row."""
    found: dict[int, set[str]] = {}
    for cell in next(s for s in Book(path).sheets if s.name == "Budget").listed:
        row = int(cell.address.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
        if 13 <= row <= 17 and cell.formula is not None:
            found.setdefault(row, set()).add(cell.address.removesuffix(str(row)))
    return found


@pytest.mark.parametrize("between", [[], ["boutique"]])
def test_calculated_columns_that_only_cells_tell_are_in_new_rows(shop: Shop, between: list[str]) -> None:
    """LibreOffice saves tables without the formulas of their columns."""
    pattern = r"<calculatedColumnFormula\b.*?</calculatedColumnFormula>"
    with Edited(shop.workbook) as book:
        before = [len(re.findall(pattern, book.text(p))) for p in book.parts if "xl/tables/" in p]
        for part in [p for p in book.parts if "xl/tables/" in p and "calculatedColumnFormula" in book.text(p)]:
            book.change(part, lambda xml: re.sub(pattern, "", xml))
        saved = shop.workbook.with_name("saved.xlsx")
        book.save(saved)
    for channels in filter(None, (between, [*CHANNELS[:4]])):
        shop.channels = list(channels)
        shop.write()
        assert refresh_workbook(shop.workbook, ONCE).replaced == []
    with Package(saved) as was, Package(shop.workbook) as now:  # as for a workbook that is open in Excel
        assert [part for part in compare(was, now).others if "tables/" in part] == []
    columns = budget_formulas(shop.workbook)
    assert len(columns[13]) > 10
    assert [columns[row] == columns[13] for row in (14, 15, 16)] == [True] * 3
    assert recalc.differences(shop.workbook, ("ironcalc",)) == []
    after = Edited(shop.workbook)
    assert [len(re.findall(pattern, after.text(p))) for p in after.parts if "xl/tables/" in p] == before
    assert sdk.faults(shop.workbook) == []


def test_cells_below_a_table_that_were_blank_for_a_while_move_down_as_it_grows(shop: Shop) -> None:
    """With one channel there is no budget to divide: its page shows nothing until others come."""
    for channels in (["boutique"], list(CHANNELS[:4])):
        shop.channels = channels
        shop.write()
        assert refresh_workbook(shop.workbook, ONCE).replaced == []
    assert refresh_workbook(shop.workbook, ONCE).replaced == []
    page = next(s for s in Book(shop.workbook).sheets if s.name == "Budget")
    table = next(t for t in Book(shop.workbook).tables if t.name == "xlkpi_budget")
    labels = {cell.value: int(cell.address[1:]) for cell in page.listed if cell.address.startswith("B")}
    assert max(labels[channel] for channel in CHANNELS[:4]) <= table.area.bottom < labels["Total"]
    assert recalc.differences(shop.workbook, ("ironcalc",)) == []


def test_the_hidden_sheets_may_be_renamed_too(shop: Shop) -> None:
    with Edited(shop.workbook) as book:
        hidden = [name for name in book.sheets if name in ("xlkpi", "Calc", "xlkpi_anchors")]
        add_sheet(book, "Devant", {"A1": "=IF(1>0,2,0)"}, {"A1": 2})
        for number, name in enumerate(hidden):
            rename_sheet(book, name, f"L'été <{number}> & Cie")
        rename_sheet(book, "Devant", "xlkpi_anchors")
        names = list(book.sheets)
    assert len(hidden) == 3
    shop.months, shop.channels = 9, list(CHANNELS[:3])
    shop.write()
    for _ in range(2):
        assert refresh_workbook(shop.workbook, ONCE).replaced == []
    assert recalc.differences(shop.workbook, ("ironcalc",)) == []
    assert list(Edited(shop.workbook).sheets) == names
    with Package(shop.workbook) as package:
        former = Former(package)
        with former.built(lambda out: shop.build(out), {}) as made:
            assert former.left(made) == [("sheet", "xlkpi_anchors")], "an upgrade would say so"


def test_formulas_on_the_sheet_of_a_table_that_people_fill_follow_it_as_it_grows(shop: Shop) -> None:
    shop.objectives = ["revenue"]
    shop.build()
    table = next(t for t in Book(shop.workbook).tables if t.name == "xlkpi_actions")
    first, last = table.area.top + 1, table.area.bottom
    task = get_column_letter(table.area.left + list(table.columns).index("Action"))

    def written(last: int) -> dict[str, str]:
        return {"Z1": f"COUNTA({task}{first}:{task}{last})", "Z2": f"COUNTA({task}{first + 2}:{task}{last})"}

    with Edited(shop.workbook) as book:
        for row in range(first, last + 1):
            put_cell(book, ACTIONS, f"{task}{row}", f"Appeler {row}")
        for at, formula in {**written(last), f"Z{last}": written(last)["Z1"]}.items():
            put_cell(book, ACTIONS, at, f"={formula}", cached=0)
    shop.objectives = ["revenue", "basket"]  # which has an action
    shop.write()
    refresh_workbook(shop.workbook, ONCE)
    now = last_row(shop.workbook, "xlkpi_actions")
    cells = next(sheet for sheet in Book(shop.workbook).sheets if sheet.name == ACTIONS).cells
    assert now > last
    assert {at: cells[at].formula for at in written(now)} == written(now)
    assert cells[f"Z{last}"].formula == written(last)["Z1"]  # it ends where it stands, as running totals do


def test_a_share_of_the_total_follows_in_every_row_and_in_the_table_s_definition(shop: Shop) -> None:
    last = last_row(shop.workbook, "xlkpi_data")
    add_column(shop.workbook, f"E{{row}}/SUM(E$2:E${last})", definition=True)
    shop.months += 1
    shop.write()
    refresh_workbook(shop.workbook, ONCE)
    now = last_row(shop.workbook, "xlkpi_data")
    cells = next(sheet for sheet in Book(shop.workbook).sheets if sheet.name == DATA).cells
    assert now > last
    assert [cells[f"H{row}"].formula for row in range(2, now + 1)] == [
        f"E{row}/SUM(E$2:E${now})" for row in range(2, now + 1)
    ]
    table = next(t for t in Book(shop.workbook).tables if t.name == "xlkpi_data")
    assert str(table.columns["À moi"]).endswith(f"/SUM(E$2:E${now})")


def test_reviews_that_a_refresh_adds_look_like_those_of_a_build(shop: Shop) -> None:
    before = last_filled(shop.workbook)
    shop.months += 2
    shop.write()
    refresh_workbook(shop.workbook, ONCE)
    sheet = opened(shop.workbook)["Revues"]
    now = last_filled(shop.workbook)
    assert now == before + len(shop.objectives)
    for row in range(before + 1, now + 1):
        like = row - len(shop.objectives)  # the one before of the same objective
        assert sheet.row_dimensions[row].height == sheet.row_dimensions[like].height
        assert [cell.number_format for cell in sheet[row]] == [cell.number_format for cell in sheet[like]]


def last_filled(path: Path) -> int:
    """The row of the last review."""
    sheet = opened(path)["Revues"]
    head, *rows = sheet[sheet.tables["xlkpi_reviews"].ref]
    key = [cell.value for cell in head].index("Clé")
    return max(int(row[key].row) for row in rows if row[key].value is not None)


def test_a_workbook_whose_calculation_somebody_deleted_is_refused_in_words(shop: Shop) -> None:
    book = opened(shop.workbook)
    del book["Calc"]
    book.save(shop.workbook)
    with pytest.raises(WorkbookError) as caught:
        refresh_workbook(shop.workbook, ONCE)
    assert [problem.code for problem in caught.value.problems] == ["workbook_damaged"]
    assert "Calc" in caught.value.text("fr")


def opened(path: Path) -> openpyxl.Workbook:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return openpyxl.load_workbook(path)
