"""What people chose, named, ordered, hid and put on our pages: an upgrade, and a build over it, keep or name it."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.utils import get_column_letter, range_boundaries
from openpyxl.worksheet.table import TableColumn

from tests.checks import recalc, sdk
from tests.checks.reading import Book
from tests.edits import Edited, add_sheet, move_sheet, put_cell, rename_sheet
from tests.edits_drawn import (
    add_chart,
    add_conditional_format,
    add_note,
    add_picture,
    add_pivot,
    add_slicer,
    add_validation,
    define_name,
)
from tests.engines import libreoffice
from tests.engines.open_excel import loaded
from tests.small_shop import ACTIONS, DATA, FIRST, NOTES, Shop
from xlkpi.cli_upgrade import as_text
from xlkpi.errors import WorkbookError
from xlkpi.language import use
from xlkpi.objectives import Project, load
from xlkpi.scorecard import Scorecard, read_data, scorecard
from xlkpi.workbook import state
from xlkpi.workbook.existing import Existing, choice_spot, read_existing
from xlkpi.workbook.live import serial
from xlkpi.workbook.package import Package
from xlkpi.workbook.rebuild import rebuild
from xlkpi.workbook.refresh import Options, refresh_workbook
from xlkpi.workbook.sheet_states import hidden_sheets
from xlkpi.workbook.upgrade import Upgraded, upgrade_workbook

BASKET = "Panier moyen"


def compute(project: Project) -> Scorecard:
    return scorecard(project, read_data(project), today=date(2026, 4, 20))


def upgrade(path: Path, *, leave: bool = False, dry_run: bool = False) -> Upgraded:
    return upgrade_workbook(path, Options(dry_run=dry_run), compute, leave=leave)


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """A shop, and its workbook as an older version built it."""
    shop = Shop(tmp_path_factory.mktemp("old"))
    with pytest.MonkeyPatch.context() as then:
        then.setattr(state, "EDITION", 0)
        shop.build()
    return shop


@pytest.fixture
def shop(old: Shop, tmp_path: Path) -> Shop:
    """The same in a folder of its own."""
    return old.copied(tmp_path)


@pytest.fixture(autouse=True)
def french() -> Iterator[None]:
    with use("fr"):
        yield


def existing(path: Path) -> Existing:
    with Package(path) as package:
        return read_existing(package, older=True)


def choose(path: Path, **chosen: Any) -> None:
    """Choose something in the cells of choices."""
    from xlsxwriter.utility import xl_rowcol_to_cell

    with Package(path) as package:
        spots = {name: choice_spot(package, f"xlkpi_{name}") for name in chosen}
    with Edited(path) as book:
        for name, spot in spots.items():
            assert spot is not None
            put_cell(book, spot.sheet, xl_rowcol_to_cell(spot.row, spot.column), chosen[name])


def test_what_people_chose_is_still_chosen(shop: Shop) -> None:
    other = "Vendre pour 20 000 € en un an"
    choose(shop.workbook, as_of=serial(date(2026, 1, 31)), choice="boutique", objective=other)
    done = upgrade(shop.workbook)
    assert (done.left, done.reset) == ([], [])
    chosen = {"xlkpi_as_of": serial(date(2026, 1, 31)), "xlkpi_choice": "boutique", "xlkpi_objective": other}
    assert existing(shop.workbook).chosen == chosen
    assert recalc.differences(shop.workbook, ("ironcalc",)) == []
    rebuild(compute(load(shop.project)), shop.workbook)
    assert existing(shop.workbook).chosen == chosen


def test_a_day_and_a_part_that_are_no_more_are_named_and_the_latest_day_moves_on(shop: Shop) -> None:
    shop.channels = ["web", "salon"]
    shop.months = 7
    shop.write()
    choose(shop.workbook, as_of=serial(date(2019, 1, 31)), choice="boutique")
    done = upgrade(shop.workbook, dry_run=True)
    assert done.left == []
    assert done.reset == [("day", "2019-01-31"), ("part", "boutique")]
    assert "« boutique » n’est plus au choix : tout est affiché" in as_text(done).replace("\u00a0", " ")
    choose(shop.workbook, as_of=existing(shop.workbook).state.as_of, choice="Tous les canaux")
    assert upgrade(shop.workbook).reset == []
    assert existing(shop.workbook).chosen["xlkpi_as_of"] == serial(date(2026, 4, 15))


def named_and_moved(path: Path) -> list[str]:
    """Sheets renamed, moved and hidden, and a chart's page among them; gives their names in order."""
    with Edited(path) as book:
        rename_sheet(book, ACTIONS, "L'équipe & Cie")
        rename_sheet(book, BASKET, "Mon <panier>")
        rename_sheet(book, "Calc", "Calculs")
        rename_sheet(book, "Budget", "Sous")
        move_sheet(book, "Sous", 0)
        move_sheet(book, NOTES, 2)
        book.change(book.workbook, lambda xml: xml.replace('name="Journal"', 'name="Journal" state="hidden"'))
        return list(book.sheets)


def hidden(path: Path) -> set[str]:
    with Package(path) as package:
        return hidden_sheets(package)


@pytest.mark.parametrize("again", [False, True])
def test_sheets_keep_the_names_that_people_gave_them_their_order_and_those_that_are_hidden(
    shop: Shop, *, again: bool
) -> None:
    if again:  # a workbook that was refreshed remembers other names
        named_and_moved(shop.workbook)
        refresh_workbook(shop.workbook, Options(backups=0), compute)
        names = list(Edited(shop.workbook).sheets)
    else:
        names = named_and_moved(shop.workbook)
    before = hidden(shop.workbook)
    assert "Journal" in before
    done = upgrade(shop.workbook)
    assert (done.left, done.reset, done.pages) == ([], [], [])
    assert list(Edited(shop.workbook).sheets) == names
    assert hidden(shop.workbook) == before
    assert sdk.faults(shop.workbook) == []
    assert recalc.differences(shop.workbook, ("ironcalc",)) == []
    book = Edited(shop.workbook)
    active = re.search(r'activeTab="(\d+)"', book.text(book.workbook))
    assert active is not None
    assert names[int(active[1])] == FIRST
    assert [name for name, part in book.sheets.items() if 'tabSelected="1"' in book.text(part)] == [FIRST]
    assert refresh_workbook(shop.workbook, Options(backups=0), compute).replaced == []
    rebuild(compute(load(shop.project)), shop.workbook)
    assert list(Edited(shop.workbook).sheets) == names
    assert hidden(shop.workbook) == before


def test_a_name_of_a_kpi_page_stays_with_its_objective(shop: Shop) -> None:
    with Edited(shop.workbook) as book:
        rename_sheet(book, BASKET, "Mon panier")
    shop.objectives = ["revenue", "orders", "basket"]
    shop.write()
    done = upgrade(shop.workbook)
    assert done.reset == []
    names = list(Edited(shop.workbook).sheets)
    assert "Mon panier" in names
    assert BASKET not in names
    page = next(sheet for sheet in Book(shop.workbook).sheets if sheet.name == "Mon panier")
    assert any(BASKET in str(cell.value) for cell in page.listed)


def drawn(book: Edited) -> None:
    add_picture(book, FIRST)
    add_chart(book, NOTES, f"'{FIRST}'!$C$9:$C$12", [1, 2, 3, 4])
    add_chart(book, FIRST, f"'{FIRST}'!$C$9:$D$12", [1, 2, 3, 4])
    add_conditional_format(book, "Canaux", "C9:C20")
    add_validation(book, NOTES, "J1:J5")
    define_name(book, "Mon_taux", f"'{FIRST}'!$C$9")
    put_cell(book, NOTES, "K3", "À voir")
    put_cell(book, FIRST, "T4", "=1+1", cached=2)
    add_note(book, "Explorateur", "C3", "vu")
    add_sheet(book, "À nous", {"A1": "le nôtre"})


DRAWN = [
    ("sheet", "À nous"), ("added", f"{FIRST} (T4)"), ("added", f"{NOTES} (K3)"), ("comments", "Explorateur (C3)"),
    ("charts", FIRST), ("pictures", FIRST), ("charts", NOTES), ("formats", "Canaux"), ("checks", NOTES),
    ("name", "Mon_taux"),
]  # fmt: skip


def as_it_is(path: Path) -> None:
    """The workbook as it was saved."""


def by_libreoffice(path: Path) -> None:
    libreoffice.save_again(path, path.with_suffix(".lo.xlsx")).replace(path)


def by_openpyxl(path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what openpyxl does not keep
        openpyxl.load_workbook(path).save(path)


@pytest.mark.parametrize("saved", [as_it_is, by_libreoffice, by_openpyxl])
def test_what_people_put_on_our_pages_is_named_and_an_untouched_workbook_is_not_refused(
    shop: Shop, saved: Callable[[Path], None]
) -> None:
    untouched = shop.workbook.read_bytes()
    with Edited(shop.workbook) as book:
        drawn(book)
    saved(shop.workbook)
    before = shop.workbook.read_bytes()
    with pytest.raises(WorkbookError) as refused:
        upgrade(shop.workbook)
    assert "des graphiques dans Notes" in str(refused.value)
    assert shop.workbook.read_bytes() == before
    left = upgrade(shop.workbook, leave=True, dry_run=True).left
    if saved is by_openpyxl:  # which keeps pictures where it can read them
        left = [*left, ("pictures", FIRST)]
    assert set(left) == set(DRAWN)
    if saved is as_it_is:
        with pytest.raises(WorkbookError, match="des graphiques dans Notes"):
            rebuild(compute(load(shop.project)), shop.workbook)
        assert shop.workbook.read_bytes() == before
    shop.workbook.write_bytes(untouched)
    saved(shop.workbook)
    assert upgrade(shop.workbook).left == []


def test_pivot_tables_slicers_links_typed_formulas_and_a_copied_chart_are_named(shop: Shop) -> None:
    with Edited(shop.workbook) as book:
        add_pivot(book, NOTES, 'name="xlkpi_data"', ["a", "b"])
        add_slicer(book, NOTES, 1, 1, "Canal")
        drawing = book.related(book.sheets["Explorateur"], "drawing")
        assert drawing is not None
        shown = book.text(next(target for _, kind, target in book.relations(drawing) if kind == "chart"))
        copy = add_chart(book, NOTES, "Notes!$A$1", [1])
        book.parts[copy] = shown.encode()
        book.after_cells(book.sheets["Journal"], '<hyperlinks><hyperlink ref="B3" location="Notes!A1"/></hyperlinks>')
        put_cell(book, ACTIONS, "H14", "=5*4", cached=20)
    left = upgrade(shop.workbook, leave=True, dry_run=True).left
    assert left == [
        ("formulas", f"{ACTIONS} (H14)"), ("pivots", ""), ("slicers", ""), ("charts", NOTES), ("links", "Journal"),
    ]  # fmt: skip


@pytest.mark.parametrize(("name", "sheet"), [("xlkpi_data", DATA), ("xlkpi_notes", NOTES)])
def test_a_column_that_has_only_a_header_is_named(shop: Shop, name: str, sheet: str) -> None:
    book = loaded(shop.workbook)
    found = book[sheet].tables[name]
    left, top, right, bottom = range_boundaries(found.ref)
    book[sheet].cell(top, right + 1).value = "Avis"
    found.ref = found.autoFilter.ref = f"{get_column_letter(left)}{top}:{get_column_letter(right + 1)}{bottom}"
    found.tableColumns.append(TableColumn(id=99, name="Avis"))
    book.save(shop.workbook)
    with pytest.raises(WorkbookError, match="la colonne") as refused:
        upgrade(shop.workbook)
    assert f"{sheet} (Avis)" in str(refused.value)


def test_pages_for_which_there_was_nothing_come_with_an_upgrade_of_the_same_version(tmp_path: Path) -> None:
    shop = Shop(tmp_path, channels=["web"])
    shop.write()
    both = shop.project.read_text(encoding="utf-8")
    shop.project.write_text(both.replace("channel: canal", "{}").replace("dimensions:\n      {}", "dimensions: {}"),
                            encoding="utf-8")  # fmt: skip
    rebuild(compute(load(shop.project)), shop.workbook)
    assert upgrade(shop.workbook).current
    shop.channels = ["web", "boutique"]
    shop.write()
    told = refresh_workbook(shop.workbook, Options(), compute)
    assert "Canaux" in told.short
    assert "Budget" not in Edited(shop.workbook).sheets
    done = upgrade(shop.workbook)
    assert "Budget" in done.pages
    assert refresh_workbook(shop.workbook, Options(), compute).short == []
    assert upgrade(shop.workbook).current


def use_template(shop: Shop) -> None:
    shop.write()
    text = shop.project.read_text(encoding="utf-8")
    shop.project.write_text(f"{text}template: modele.xlsx\n", encoding="utf-8")


def test_the_design_of_a_projects_template_is_that_of_the_upgraded_workbook(shop: Shop) -> None:
    template = shop.folder / "modele.xlsx"
    template.write_bytes(shop.workbook.read_bytes())
    with Edited(template) as book:
        add_sheet(book, "Commentaires", {"A1": "À remplir"})
        add_chart(book, NOTES, "'Données'!$D$2:$D$13", [1.0] * 12)
        rename_sheet(book, NOTES, "Nos notes")
        add_picture(book, FIRST)
        add_note(book, "Explorateur", "C3", "à lire")
        put_cell(book, FIRST, "T4", 12)
        put_cell(book, FIRST, "B3", "Notre titre")
    use_template(shop)
    shop.workbook.unlink()
    rebuild(compute(load(shop.project)), shop.workbook)
    shop.months = 7  # the charts over the data grow
    use_template(shop)
    with Edited(shop.workbook) as book:
        rename_sheet(book, ACTIONS, "Plan")
    names = list(Edited(shop.workbook).sheets)
    assert upgrade(shop.workbook).left == []
    assert list(Edited(shop.workbook).sheets) == names
    assert {"Commentaires", "Nos notes", "Plan"} <= set(names)
    with Edited(shop.workbook) as book:
        put_cell(book, "Commentaires", "A2", "Rempli")
    assert upgrade(shop.workbook, leave=True, dry_run=True).left == [("sheet", "Commentaires")]
    with pytest.raises(WorkbookError, match="la feuille Commentaires"):
        upgrade(template)  # the template itself is built from its layout: its design would be lost


def test_an_upgrade_follows_a_refresh_with_more_objectives(shop: Shop) -> None:
    shop.objectives = [*shop.objectives, "orders"]
    shop.write()
    refresh_workbook(shop.workbook, Options(backups=0), compute)
    upgrade(shop.workbook)  # nothing of ours passes for a formula that somebody typed
