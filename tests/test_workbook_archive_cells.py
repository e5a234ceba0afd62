"""What people typed on an objective in the table of targets is there again when the objective returns."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.worksheet.table import TableColumn

from tests.checks import recalc, sdk
from tests.checks.reading import Book
from tests.edits import Edited, add_sheet, put_cell
from tests.small_shop import OBJECTIVES as SAID
from tests.small_shop import TARGETS, Shop
from tests.test_workbook_archive import content
from tests.test_workbook_refresh import table
from xlkpi.cli_upgrade import as_text
from xlkpi.language import use
from xlkpi.objectives import load
from xlkpi.scorecard import scorecard
from xlkpi.workbook import upgrade
from xlkpi.workbook.anew import Former
from xlkpi.workbook.archive import ARCHIVE
from xlkpi.workbook.archive_entry import Entry
from xlkpi.workbook.build import build_workbook
from xlkpi.workbook.data_sheet import OBJECTIVES
from xlkpi.workbook.package import Package
from xlkpi.workbook.rebuild import rebuild
from xlkpi.workbook.refresh import Options, refresh_workbook
from xlkpi.workbook.report import Refreshed
from xlkpi.workbook.told import people_words

ONCE = Options(backups=0)
MINE = "À moi"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """A workbook with a column of somebody's in the table of targets."""
    shop = Shop(tmp_path_factory.mktemp("shop"))
    shop.build()
    edit(shop.workbook, add_column)
    return shop


@pytest.fixture
def shop(built: Shop, tmp_path: Path) -> Shop:
    return built.copied(tmp_path)


def load_book(path: Path) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl has no room for some extensions
        return openpyxl.load_workbook(path)


def edit(path: Path, change: Callable[[Any], None]) -> None:
    book = load_book(path)
    change(book)
    book.save(path)


def add_column(book: Any) -> None:
    sheet, found = table(book, OBJECTIVES)
    number = len(found.tableColumns) + 1
    found.tableColumns.append(TableColumn(id=number, name=MINE))
    sheet.cell(1, number).value = MINE
    found.ref = f"A1:{sheet.cell(len(sheet[found.ref]), number).coordinate}"
    found.autoFilter.ref = found.ref


def type_in(path: Path, id: str, cells: dict[str, Any]) -> None:
    def change(book: Any) -> None:
        sheet, found = table(book, OBJECTIVES)
        headers = {cell.value: cell.column for cell in sheet[found.ref][0]}
        row = next(cells[0].row for cells in sheet[found.ref] if cells[0].value == id)
        for header, value in cells.items():
            sheet.cell(row, headers[header]).value = value

    edit(path, change)


def put_formula(path: Path, id: str, header: str) -> None:
    letters, number = place(path, id, header)
    with Edited(path) as book:
        put_cell(book, TARGETS, f"{letters}{number}", f"=K{number}*1.1", cached=49.5)


def typed(path: Path, id: str) -> dict[str, Any]:
    """The row of an objective by its headers."""
    sheet, found = table(load_book(path), OBJECTIVES)
    headers = [cell.value for cell in sheet[found.ref][0]]
    return next(dict(zip(headers, (c.value for c in row), strict=True)) for row in sheet[found.ref]
                if row[0].value == id)  # fmt: skip


def refreshed(shop: Shop, *objectives: str) -> Refreshed:
    shop.objectives = list(objectives)
    shop.write()
    return refresh_workbook(shop.workbook, ONCE)


def words(done: Refreshed) -> str:
    with use("fr"):
        return "\n".join(people_words(done))


def test_a_typed_target_comes_back_with_its_objective(shop: Shop) -> None:
    type_in(shop.workbook, "basket", {"Cible": 58, "Responsable": "Zoé", "Échéance": datetime(2026, 11, 30)})
    faults = sdk.faults(shop.workbook)
    gone = refreshed(shop, "revenue", "orders")
    assert gone.as_json()["archived"][OBJECTIVES] == 1
    (row,) = [row for row in content(shop.workbook, ARCHIVE) if row[1] == TARGETS]
    assert row[2:4] == ("basket", SAID["basket"]["title"])
    assert {row[3] for row in content(shop.workbook, ARCHIVE)} == {SAID["basket"]["title"]}  # also of tables of people
    assert "Cible\u00a0: 58,00\u00a0€ (projet\u00a0: 55,00\u00a0€)" in row[4].splitlines()
    assert "Échéance\u00a0: 30\u00a0novembre 2026 (projet\u00a0: 31\u00a0décembre 2026)" in row[4].splitlines()
    assert [f for f in sdk.faults(shop.workbook) if f not in faults] == []
    back = refreshed(shop, "revenue", "basket")
    assert back.as_json()["returned"][OBJECTIVES] == 1
    found = typed(shop.workbook, "basket")
    assert (found["Cible"], found["Responsable"], found["Échéance"]) == (58, "Zoé", datetime(2026, 11, 30))
    assert "basket\u00a0: Cible vaut 58 dans le classeur et 55 dans le projet" in words(back)
    assert all(row[2] != "basket" for row in content(shop.workbook, ARCHIVE))
    assert recalc.differences(shop.workbook, ("libreoffice",)) == []
    assert refreshed(shop, "revenue", "basket").differences.typed == back.differences.typed


def test_an_emptied_cell_comes_back_empty(shop: Shop) -> None:
    type_in(shop.workbook, "basket", {"Départ": None})
    refreshed(shop, "revenue", "orders")
    refreshed(shop, "revenue", "basket")
    assert typed(shop.workbook, "basket")["Départ"] is None


def test_columns_of_peoples_come_back_with_their_objective(shop: Shop) -> None:
    type_in(shop.workbook, "basket", {MINE: "chez nous"})
    type_in(shop.workbook, "revenue", {MINE: 12.5})
    type_in(shop.workbook, "basket", {"Responsable": "Zoé"})
    gone = refreshed(shop, "revenue", "orders")
    assert gone.rows[OBJECTIVES].lost == 0
    told = f"{TARGETS}\u00a0: ce qui avait été saisi sur 1 objectif disparu va aux archives"  # in two rows of it
    assert told in words(gone)
    about = next(page for page in Book(shop.workbook).sheets if page.name == "À propos")
    assert told in [cell.value for cell in about.listed]
    assert typed(shop.workbook, "revenue")[MINE] == 12.5
    assert typed(shop.workbook, "orders")[MINE] is None
    refreshed(shop, "orders", "basket", "revenue")
    assert (typed(shop.workbook, "basket")[MINE], typed(shop.workbook, "revenue")[MINE]) == ("chez nous", 12.5)
    assert typed(shop.workbook, "orders")[MINE] is None
    assert all(row[1] != TARGETS for row in content(shop.workbook, ARCHIVE))


def test_a_return_is_written_back_where_targets_are_accepted(shop: Shop) -> None:
    type_in(shop.workbook, "basket", {"Cible": 58})
    refreshed(shop, "revenue", "orders")
    shop.objectives = ["revenue", "basket"]
    shop.write()
    from xlkpi.workbook.accept import Accept

    refresh_workbook(shop.workbook, replace(ONCE, accept=Accept()))
    assert load(shop.project).by_id["basket"].target == 58


def test_what_no_longer_fits_stays_in_the_archive_and_is_told(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def held(since: str) -> None:
        override = {"status": "at_risk", "reason": "Rupture de stock", "since": since}
        monkeypatch.setitem(SAID, "basket", {**SAID["basket"], "override": override})

    held("2026-01-01")
    refreshed(shop, "revenue", "basket")
    type_in(shop.workbook, "basket", {"Jusqu’au": datetime(2026, 2, 1)})
    refreshed(shop, "revenue", "orders")
    held("2026-03-01")
    back = refreshed(shop, "revenue", "basket")
    assert back.as_json()["kept_in_archive"] == [{"objective": "basket", "columns": ["Jusqu’au"]}]
    assert "ce qui y avait été saisi sous Jusqu’au reste aux archives" in words(back)
    assert [row[2] for row in content(shop.workbook, ARCHIVE) if row[1] == TARGETS] == ["basket"]
    held("2026-01-01")
    assert refreshed(shop, "revenue", "basket").kept == []
    assert typed(shop.workbook, "basket")["Jusqu’au"] == datetime(2026, 2, 1)


def test_what_somebody_changed_in_the_archive_stays_there(shop: Shop) -> None:
    type_in(shop.workbook, "basket", {"Cible": 58})
    refreshed(shop, "revenue", "orders")

    def change(book: Any) -> None:
        sheet, found = table(book, ARCHIVE)
        at = next(cells for cells in sheet[found.ref] if cells[1].value == TARGETS)
        at[5].value = '{"table": "xlkpi_objectives", "row": {"id": "x"}}'

    edit(shop.workbook, change)
    refreshed(shop, "revenue", "basket")
    assert typed(shop.workbook, "basket")["Cible"] == 55
    assert [r[2] for r in content(shop.workbook, ARCHIVE) if r[1] == TARGETS] == ["basket"]


@pytest.mark.parametrize(
    "damaged",
    [
        None, "", "[]", "{", '"row"', "1", '{"row": 1}', '{"row": {"target": 58}}',
        '{"table": "xlkpi_data", "row": {"target": 58}}', '{"table": "xlkpi_objectives", "row": {"target": "=1+1"}}',
        '{"table": "xlkpi_objectives", "row": {"id": "x"}}', '{"table": "xlkpi_objectives", "row": {"target": 1e999}}',
        '{"table": "xlkpi_objectives", "row": {"due": 1e300}}', '{"table": "xlkpi_objectives", "row": [1]}',
        '{"table": "xlkpi_objectives", "beside": {"À moi": [1]}}',
        '{"table": "xlkpi_objectives", "row": {"target": 5}, "formulas": {"id": "A1"}, "number": 3}',
        '{"table": "xlkpi_objectives", "row": {"target": 5}, "formulas": {"target": 1}, "number": 3}',
        '{"table": "xlkpi_objectives", "row": {"target": 5}, "formulas": {"target": "A1"}, "number": 1e9}',
        '{"table": "xlkpi_objectives", "row": {"target": 5}, "kpi": 7}',
    ],
)  # fmt: skip
def test_what_is_no_cell_of_an_objective_is_none(damaged: str | None) -> None:
    assert not Entry.of({"key": "basket", "row": damaged})


def test_a_workbook_without_an_archive_tells_what_it_loses(shop: Shop) -> None:
    type_in(shop.workbook, "basket", {"Cible": 58})

    def rename(book: Any) -> None:
        _, found = table(book, ARCHIVE)
        found.name = found.displayName = "autre"

    edit(shop.workbook, rename)
    gone = refreshed(shop, "revenue", "orders")
    assert gone.as_json()["gone"] == {"basket": [{"column": "target", "workbook": 58.0}]}
    assert "Cible saisi (58)" in words(gone)


def test_an_upgrade_and_a_build_keep_what_was_typed_on_objectives_that_are_gone(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.build()
    type_in(shop.workbook, "basket", {"Cible": 58})
    shop.objectives = ["revenue", "orders"]
    shop.write()
    before = shop.workbook.read_bytes()
    rebuild(scorecard(load(shop.project)), shop.workbook, language="fr")
    assert [r[2] for r in content(shop.workbook, ARCHIVE) if r[1] == TARGETS] == ["basket"]
    shop.workbook.write_bytes(before)
    with monkeypatch.context() as later:
        later.setattr(upgrade, "EDITION", 1000)  # there is something to upgrade to
        done = upgrade.upgrade_workbook(shop.workbook, ONCE, scorecard)
        assert done.archived[OBJECTIVES] == 1
        shop.objectives = ["revenue", "orders", "basket"]
        shop.write()
        again = upgrade.upgrade_workbook(shop.workbook, ONCE, scorecard)
        assert again.typed == [("basket", "target")]
        assert typed(shop.workbook, "basket")["Cible"] == 58
        put_formula(shop.workbook, "basket", "Cible")
        refreshed(shop, "revenue", "orders")
        shop.objectives = ["revenue", "orders", "basket"]
        shop.write()
        last = upgrade.upgrade_workbook(shop.workbook, ONCE, scorecard)
    assert last.as_json()["kept_in_archive"] == [{"objective": "basket", "columns": ["Cible"]}]
    with use("fr"):
        told = as_text(last)
    assert "basket\u00a0: de retour\u202f; ce qui y avait été saisi sous Cible reste aux archives" in told
    assert "xlkpi_" not in told


def test_a_formula_in_a_cell_to_fill_stays_and_comes_back_with_its_objective(shop: Shop) -> None:
    formula = "=K{row}*1.1+xlkpi_as_of*0"
    sheet, number = place(shop.workbook, "basket", "Cible")
    with Edited(shop.workbook) as book:
        put_cell(book, TARGETS, f"{sheet}{number}", formula.format(row=number), cached=49.5)

    def target() -> tuple[Any, Any]:
        where = "".join(map(str, place(shop.workbook, "basket", "Cible")))
        cells = load_book(shop.workbook)[TARGETS][where].value, cached(shop.workbook, where)
        return cells[0].replace(where.lstrip("L"), "{row}"), cells[1]

    assert refreshed(shop, "orders", "basket", "revenue").differences.typed[0].workbook == 49.5
    assert place(shop.workbook, "basket", "Cible")[1] != number
    assert target() == (formula, 49.5)
    assert recalc.differences(shop.workbook, ("libreoffice",)) == []
    refreshed(shop, "revenue", "orders")
    (row,) = [row for row in content(shop.workbook, ARCHIVE) if row[1] == TARGETS]
    assert f"Cible\u00a0: {formula}" in re.sub(r"K\d+", "K{row}", row[4]).splitlines()
    faults = sdk.faults(shop.workbook)
    refreshed(shop, "revenue", "orders", "basket")
    assert target() == (formula, 49.5)
    assert recalc.differences(shop.workbook, ("libreoffice",)) == []
    assert [f for f in sdk.faults(shop.workbook) if f not in faults] == []
    assert ("formulas", f"{TARGETS} ({''.join(map(str, place(shop.workbook, 'basket', 'Cible')))})") in left(shop)


def test_a_formula_that_nothing_has_calculated_yet_leaves_the_projects_target(shop: Shop) -> None:
    sheet, number = place(shop.workbook, "basket", "Cible")
    edit(shop.workbook, lambda book: book[TARGETS].__setitem__(f"{sheet}{number}", "=50+8"))
    done = refreshed(shop, "revenue", "basket")
    assert done.differences.typed == []
    assert done.uncalculated == [("basket", "target")]
    assert "Cible contient une formule que rien n’a encore calculée" in words(done)
    assert load_book(shop.workbook)[TARGETS][f"{sheet}{number}"].value == "=50+8"


def test_a_formula_that_nothing_has_calculated_comes_back_as_it_was(shop: Shop) -> None:
    sheet, number = place(shop.workbook, "basket", "Cible")
    edit(shop.workbook, lambda book: book[TARGETS].__setitem__(f"{sheet}{number}", "=50+8"))
    refreshed(shop, "revenue", "orders")
    back = refreshed(shop, "revenue", "basket")
    assert (back.differences.typed, back.uncalculated) == ([], [])  # it is not yet in the table
    again = refreshed(shop, "revenue", "basket")
    assert (again.differences.typed, again.uncalculated) == ([], [("basket", "target")])
    assert (
        load_book(shop.workbook)[TARGETS]["".join(map(str, place(shop.workbook, "basket", "Cible")))].value == "=50+8"
    )


def test_formulas_in_columns_of_peoples_come_back_with_their_objective(shop: Shop) -> None:
    column, number = place(shop.workbook, "basket", MINE)
    with Edited(shop.workbook) as book:
        put_cell(book, TARGETS, f"{column}{number}", f"=L{number}*2", cached=110)
    gone = refreshed(shop, "revenue", "orders")
    assert gone.rows[OBJECTIVES].lost == 0
    (row,) = [row for row in content(shop.workbook, ARCHIVE) if row[1] == TARGETS]
    assert f"{MINE}\u00a0: =L{number}*2" in row[4].splitlines()
    refreshed(shop, "orders", "revenue", "basket")
    now = place(shop.workbook, "basket", MINE)[1]
    assert typed(shop.workbook, "basket")[MINE] == f"=L{now}*2"
    assert recalc.differences(shop.workbook, ("libreoffice",)) == []


def test_a_target_that_was_typed_for_another_kpi_waits_for_it_in_the_archive(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    type_in(shop.workbook, "basket", {"Cible": 58, "Responsable": "Zoé"})
    before = SAID["basket"]
    monkeypatch.setitem(SAID, "basket", {**before, "kpi": "sales_total", "kind": "reach", "target": 400})
    other = refreshed(shop, "revenue", "basket")
    assert (typed(shop.workbook, "basket")["Cible"], typed(shop.workbook, "basket")["Responsable"]) == (400, "Zoé")
    assert other.as_json()["displaced"] == {"basket": ["target"]}
    assert "mesure un autre KPI" in words(other)
    (row,) = [row for row in content(shop.workbook, ARCHIVE) if row[1] == TARGETS]
    assert "58,00\u00a0€" in row[4]
    assert [id for id, _ in refreshed(shop, "revenue", "basket").kept] == ["basket"]
    monkeypatch.setitem(SAID, "basket", before)
    refreshed(shop, "revenue", "basket")
    assert (typed(shop.workbook, "basket")["Cible"], typed(shop.workbook, "basket")["Responsable"]) == (58, "Zoé")
    assert all(row[1] != TARGETS for row in content(shop.workbook, ARCHIVE))


def place(path: Path, id: str, header: str) -> tuple[str, int]:
    """The column and the row of a cell of an objective."""
    sheet, found = table(load_book(path), OBJECTIVES)
    cells = next(row for row in sheet[found.ref] if row[0].value == id)
    cell = cells[[c.value for c in sheet[found.ref][0]].index(header)]
    return cell.column_letter, cell.row


def cached(path: Path, address: str) -> Any:
    return next(s for s in Book(path).sheets if s.name == TARGETS).cells[address].value


def left(shop: Shop) -> list[tuple[str, str]]:
    """What a build in the place of a workbook would leave behind."""
    with Package(shop.workbook) as package:
        former = Former(package)
        with former.built(lambda out: build_workbook(scorecard(load(shop.project)), out, language="fr"), {}) as made:
            return former.left(made)


def test_references_to_cells_of_an_objective_follow_its_row(shop: Shop) -> None:
    shop.objectives = ["revenue", "basket", "orders"]
    shop.build()
    column, basket = place(shop.workbook, "basket", "Cible")
    orders = place(shop.workbook, "orders", "Cible")[1]
    with Edited(shop.workbook) as book:
        put_cell(book, TARGETS, f"{column}{orders}", f"={column}{basket}*2+{column}$2*0", cached=400)
        put_cell(book, TARGETS, f"CZ{orders}", f"=SUM({column}{basket}:{column}{orders})", cached=1)
        add_sheet(book, MINE, {"A1": f"={TARGETS}!${column}${basket}", "A2": f"=SUM({TARGETS}!A{basket}:F{basket})"})
    done = refreshed(shop, "orders", "revenue", "basket")
    now, there = place(shop.workbook, "basket", "Cible")[1], place(shop.workbook, "orders", "Cible")[1]
    assert (now, there) != (basket, orders)
    revenue = place(shop.workbook, "revenue", "Cible")[1]
    sheet, mine = load_book(shop.workbook)[TARGETS], load_book(shop.workbook)[MINE]
    assert sheet[f"{column}{there}"].value == f"={column}{now}*2+{column}${revenue}*0"
    assert sheet[f"CZ{orders}"].value == f"=SUM({column}{basket}:{column}{orders})"  # a range is about places
    assert mine["A1"].value == f"={TARGETS}!${column}${now}"
    assert mine["A2"].value == f"=SUM({TARGETS}!A{now}:F{now})"
    assert done.misled == []  # the range is over the same two objectives
    gone = refreshed(shop, "orders", "revenue")
    assert set(gone.misled) == {TARGETS, MINE}
    assert gone.as_json()["misled"] == list(gone.misled)
    assert "renvoient à des lignes d’objectifs qui ont disparu" in words(gone)
