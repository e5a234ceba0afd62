"""Refresh of an open workbook: the same as the command makes of its file, and nothing where it can't be finished."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from openpyxl.utils import range_boundaries
from xlkpi.udfs import settings
from xlkpi.udfs.open_book import OpenBook
from xlkpi.udfs.open_cells import typed
from xlkpi.udfs.open_charts import replaced_references
from xlkpi.udfs.refresh import RefreshCancelled, Steps, refresh_book, write

from tests import office
from tests.checks import recalc
from tests.engines.open_excel import excel, opened, perform, saved
from tests.scorecards import TODAY, compute, sample, write_built
from xlkpi.errors import WorkbookError
from xlkpi.formula import NoData
from xlkpi.language import use
from xlkpi.objectives import Project
from xlkpi.scorecard import Scorecard, scorecard
from xlkpi.workbook.compare import Compared, compare
from xlkpi.workbook.content import Formula
from xlkpi.workbook.data_sheet import DATA, SERIES
from xlkpi.workbook.package import Package
from xlkpi.workbook.refresh import Options, refresh_workbook

if TYPE_CHECKING:
    import xlwings


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sample's project, and its workbook of an earlier day with what people did to it since."""
    folder = tmp_path_factory.mktemp("open")
    path = write_built(folder, "tableau.xlsx")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(path)
        edit(book)
        book.save(path)
    return folder


def edit(book: Any) -> None:
    """What people do: a sheet and a note of theirs, a target typed, a row added, a cell of ours replaced."""
    own = book.create_sheet("Mes calculs", 0)
    own["A1"], own["A2"], own["B1"] = "à moi", "'007", "=SUM(xlkpi_data[Dépenses])*2"
    own["A2"].data_type = "s"
    book["Tableau de bord"]["D16"] = 1234
    notes = book["Notes"]
    notes["B11"], notes["E11"], notes["F11"] = "basket", "Soldes, 10 %", "Ana"
    targets = book["Cibles"]
    headers = [cell.value for cell in targets[1]]
    row = next(r for r in range(2, targets.max_row + 1) if targets.cell(r, 1).value == "basket")
    targets.cell(row, headers.index("Cible") + 1).value = 113.0
    data = book["Données"]
    added = data.max_row + 1
    data.cell(added, 1).value, data.cell(added, 3).value = date(2026, 2, 1), "Radio"
    table = data.tables[DATA]
    table.ref = table.autoFilter.ref = table.ref.rstrip("0123456789") + str(added)


def differences(one: Path, other: Path) -> Compared:
    """What people would see differ between two files."""
    with Package(one) as before, Package(other) as after:
        return compare(before, after)


def selected(book: xlwings.Book) -> str:
    assert book.app.selection is not None
    return book.app.selection.address


def steps(book: xlwings.Book) -> Steps:
    return Steps(OpenBook(book), None, None)


def seen(found: Compared) -> list[Any]:
    return [*found.areas, *found.tables, *found.names, *found.lists, *found.rules, *found.conditions, *found.pivots]


@pytest.fixture(scope="module")
def by_command(home: Path) -> Path:
    """The same workbook, saved by the program that has it open, then refreshed by the command."""
    path = saved(opened(home / "tableau.xlsx"), home / "commande.xlsx")
    refresh_workbook(path, Options(backups=0), compute)
    return path


@pytest.fixture(scope="module")
def book(home: Path) -> xlwings.Book:
    """The workbook, open; tests leave it as it was."""
    return opened(home / "tableau.xlsx")


@pytest.fixture(scope="module")
def found(home: Path, by_command: Path) -> Compared:
    """What a refresh writes."""
    return differences(home / "tableau.xlsx", by_command)


def test_an_open_workbook_becomes_what_the_command_makes_of_its_file(
    home: Path, by_command: Path, tmp_path: Path
) -> None:
    book = opened(home / "tableau.xlsx")
    told: list[tuple[str, float]] = []
    done = refresh_book(book, say=lambda words, share: told.append((words, share)), compute=compute)
    assert "113" in done
    assert "Tableau de bord!D16" in done
    assert [share for _, share in told] == sorted(share for _, share in told)
    here = saved(book, tmp_path / "open.xlsx")
    assert seen(differences(by_command, here)) == []
    assert seen(differences(home / "tableau.xlsx", here)) != []
    wanted, got = (recalc.results(path, "libreoffice") for path in (by_command, here))
    assert wanted.keys() == got.keys()
    assert [place for place in wanted if not recalc.same(wanted[place], got[place], recalc.TOLERANCE)] == []
    kept = openpyxl.load_workbook(here)
    assert [kept["Mes calculs"][cell].value for cell in ("A1", "A2", "B1")] == [
        "à moi", "'007", "=SUM(xlkpi_data[Dépenses])*2",
    ]  # fmt: skip
    assert kept["Tableau de bord"]["D16"].value == 1234
    assert [kept["Notes"][cell].value for cell in ("B11", "E11", "F11")] == ["basket", "Soldes, 10 %", "Ana"]
    assert kept["Données"].cell(kept["Données"].max_row, 3).value == "Radio"


def test_objectives_come_and_go_while_the_workbook_is_open(home: Path, tmp_path: Path) -> None:
    def others(project: Project) -> Scorecard:
        first, *rest = compute(project).project.objectives
        new = [replace(first, id=f"new{i}", title={"fr": f"Nouveau {i}"}, primary=False) for i in range(3)]
        return scorecard(replace(project, objectives=(first, *rest[:-1], *new)), sample()[1], today=TODAY)

    path = saved(opened(home / "tableau.xlsx"), home / "autres.xlsx")
    book = opened(path)
    refresh_book(book, compute=others)
    refresh_workbook(path, Options(backups=0), others)
    found = differences(path, saved(book, tmp_path / "open.xlsx"))
    assert (seen(found), found.charts) == ([], {})


def test_each_data_table_is_written_in_one_block_while_excel_does_not_calculate(
    home: Path, found: Compared
) -> None:  # fmt: skip
    book = opened(home / "tableau.xlsx")
    program = excel(book)
    before = book.sheets.active.name, selected(book), dict(program.state)
    write(OpenBook(book), found, steps(book))
    assert (book.sheets.active.name, selected(book)) == before[:2]
    assert {**program.state, "status_bar": False} == before[2]
    assert (program.window.ScrollRow, program.window.ScrollColumn) == (12, 3)
    writes = [value for name, value in program.log if name == "write"]
    for table in (DATA, SERIES):
        sheet = next(s.name for s in book.sheets if any(t.name == table for t in s.tables))
        assert len([place for place in writes if place[0] == sheet]) == 1
    held = program.log.index(("calculation", "manual")), program.log.index(("calculation", "automatic"))
    assert all(held[0] < at < held[1] for at, (name, _) in enumerate(program.log) if name == "write")


@pytest.mark.parametrize("refused", [1, 2, 4, 10, 17])
def test_what_excel_refuses_leaves_the_workbook_as_it_was(
    home: Path, book: xlwings.Book, found: Compared, tmp_path: Path, refused: int
) -> None:
    program = excel(book)
    program.writes, program.refuse_at = 0, refused
    with pytest.raises(WorkbookError, match=r"The cell is protected(.|\n)*xlkpi refresh tableau\.xlsx"):
        write(OpenBook(book), found, steps(book))
    assert program.writes > refused  # the others were taken back
    assert seen(differences(home / "tableau.xlsx", saved(book, tmp_path / "after.xlsx"))) == []
    assert program.state["calculation"] == "automatic"


@pytest.mark.parametrize("at", [0.75, 0.8, 0.93])
def test_a_refresh_that_is_stopped_leaves_the_workbook_as_it_was(
    home: Path, book: xlwings.Book, found: Compared, tmp_path: Path, at: float
) -> None:
    shares = [0.0]
    stopped = Steps(OpenBook(book), lambda _, share: shares.append(share), lambda: shares[-1] >= at)
    with use("fr"), pytest.raises(RefreshCancelled, match="arrêtée"):
        write(stopped.opened, found, stopped)
    assert seen(differences(home / "tableau.xlsx", saved(book, tmp_path / "after.xlsx"))) == []


@pytest.fixture(scope="module")
def description(home: Path) -> dict[str, Any]:
    return office.described(home / "tableau.xlsx")


@pytest.fixture
def on_the_web(
    home: Path, description: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> Iterator[dict[str, Any]]:  # fmt: skip
    """What a page tells of the workbook; the settings name its project."""
    monkeypatch.setenv("XLKPI_PROJECT", str(home / "boutique.yaml"))
    settings.forget()
    yield copy.deepcopy(description)
    settings.forget()


def test_a_workbook_on_the_web_becomes_what_the_command_makes_of_its_file(
    home: Path, by_command: Path, on_the_web: dict[str, Any], tmp_path: Path
) -> None:
    page = office.opened(on_the_web)
    done = refresh_book(page, compute=compute)
    assert "113" in done
    asked = office.actions(page)
    assert [a["args"] for a in asked if a["func"] == "setCalculation"] == [["Manual"], ["Automatic"]]
    book = opened(home / "tableau.xlsx")
    perform(book, asked)
    assert seen(differences(by_command, saved(book, tmp_path / "web.xlsx"))) == []


def test_what_was_chosen_on_the_web_stays_chosen(on_the_web: dict[str, Any]) -> None:
    name = next(n for n in on_the_web["names"] if n["name"] == "xlkpi_choice")
    sheet = on_the_web["sheets"][name["sheet_index"]]
    column, row, _, _ = range_boundaries(name["address"])
    sheet["values"][row - 1][column - 1] = "Recherche payante"
    page = office.opened(on_the_web)
    done = refresh_book(page, compute=compute)
    assert f"{sheet['name']}!{name['address']}" not in done
    asked = [a for a in office.actions(page) if a["func"] in ("setFormula", "setValues")]
    assert asked
    assert [a for a in asked if (a["sheet_position"], a["start_row"], a["start_column"]) == (
        name["sheet_index"], row - 1, column - 1)] == []  # fmt: skip


def fewer(cells: dict[str, Any]) -> None:
    cells["Tableau de bord"].insert(5, [""] * len(cells["Tableau de bord"][0]))


def other_columns(cells: dict[str, Any]) -> None:
    cells["Données"][0][2] = "Mon canal"


def other_formula(cells: dict[str, Any]) -> None:
    row = next(row for row in cells["xlkpi_anchors"] if row[0] == "objectives" and row[2].count(":") > 2)
    row[2] = row[2][:-5] + "00000"


@pytest.mark.parametrize(("change", "page"), [
    (fewer, "Tableau de bord"), (other_columns, "Données"), (other_formula, "Objectifs"),
])  # fmt: skip
def test_what_a_page_can_not_tell_or_change_is_refused_and_the_command_named(
    on_the_web: dict[str, Any], change: Callable[[dict[str, Any]], None], page: str
) -> None:
    change({sheet["name"]: sheet["values"] for sheet in on_the_web["sheets"]})
    book = office.opened(on_the_web)
    with pytest.raises(WorkbookError, match=rf"{page}(.|\n)*xlkpi refresh tableau\.xlsx"):
        refresh_book(book, compute=compute)
    assert office.actions(book) == []


def test_a_page_that_is_stopped_or_of_somebody_else_asks_for_nothing(
    on_the_web: dict[str, Any], found: Compared
) -> None:
    shares = [0.0]
    book = office.opened(on_the_web)
    stopped = Steps(OpenBook(book), lambda _, share: shares.append(share), lambda: shares[-1] > 0.8)
    with pytest.raises(RefreshCancelled):
        write(stopped.opened, found, stopped)
    assert len(shares) > 4
    assert office.actions(book) == []
    with pytest.raises(WorkbookError):
        refresh_book(office.opened(office.blank()))


def test_a_page_names_no_file_of_the_server(home: Path, on_the_web: dict[str, Any]) -> None:
    on_the_web["book"]["name"] = str(home / "tableau.xlsx")
    named = OpenBook(office.opened(on_the_web))
    assert named.folder is None
    assert "/" not in named.file_name
    assert OpenBook(office.opened(copy.deepcopy(on_the_web) | {"book": {**on_the_web["book"], "name": ".."}})).file_name
    memory = next(sheet["values"] for sheet in on_the_web["sheets"] if sheet["name"] == "xlkpi")
    state = next(row for row in memory if row[0] == "state")
    state[1] = state[1].replace('"layout":null', '"layout":"../other.yaml"')
    book = office.opened(on_the_web)
    with pytest.raises(WorkbookError):
        refresh_book(book, compute=compute)
    assert office.actions(book) == []


def test_sources_are_read_with_progress_and_can_be_stopped(book: xlwings.Book) -> None:
    told: list[str] = []
    with use("fr"), pytest.raises(RefreshCancelled):
        refresh_book(book, say=lambda words, _: told.append(words),
                     cancelled=lambda: len(told) > 1)  # fmt: skip
    assert told[1].startswith("lecture de ")
    assert excel(book).state["status_bar"] is False


def test_a_workbook_without_its_project_or_of_somebody_else_is_refused(home: Path, tmp_path: Path) -> None:
    alone = tmp_path / "seul.xlsx"
    alone.write_bytes((home / "tableau.xlsx").read_bytes())
    with pytest.raises(WorkbookError, match=r"boutique\.yaml"):
        refresh_book(opened(alone))
    foreign = tmp_path / "autre.xlsx"
    openpyxl.Workbook().save(foreign)
    with pytest.raises(WorkbookError):
        refresh_book(opened(foreign))


@pytest.mark.parametrize(
    ("content", "written"),
    [
        (Formula("A1*2"), "=A1*2"), ("=A1*2", "'=A1*2"), ("-3", "'-3"), ("007", "'007"), ("1/2", "'1/2"),
        ("mars 2026", "'mars 2026"), ("TRUE", "'TRUE"), ("'cité", "''cité"), ("@nom", "'@nom"), ("Radio", "Radio"),
        (1.5, 1.5), (True, True), (None, ""), (NoData.MISSING, "#N/A"), ("«", "'«"),
    ],
)  # fmt: skip
def test_contents_are_typed_so_that_excel_keeps_them(content: Any, written: Any) -> None:
    assert typed(content) == written


def test_a_series_of_a_chart_follows_its_ranges_however_sheets_are_quoted() -> None:
    series = "=SERIES(Calc!$C$1,'Calc'!$A$2:$A$5,Calc!$B$2:$B$5,1)"
    met: set[str] = set()
    wanted = {"'Calc'!$B$2:$B$5": "'Calc'!$B$2:$B$6", "'Calc'!$A$2:$A$5": "Calc!$A$2:$A$6"}
    found = replaced_references(series, wanted, met)
    assert met == {"Calc!$C$1", "Calc!$A$2:$A$5", "Calc!$B$2:$B$5"}
    assert found == "=SERIES(Calc!$C$1,Calc!$A$2:$A$6,Calc!$B$2:$B$6,1)"
