"""The ribbon's actions on what people really have: odd names, cells of all kinds, and the projects of others."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from xlkpi.udfs import settings
from xlkpi.udfs.actions import perform
from xlkpi.udfs.refresh import refresh_book

from tests import office
from tests.engines.open_excel import opened, saved
from tests.small_project import exported, small_project
from xlkpi.errors import WorkbookError
from xlkpi.language import use
from xlkpi.workbook.compare import compare
from xlkpi.workbook.package import Package


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of one objective with its workbook, and data that have come since."""
    folder = small_project(tmp_path_factory.mktemp("small"))
    exported(folder, 7)
    return folder


@pytest.fixture(scope="module")
def description(home: Path) -> dict[str, Any]:
    return office.described(home / "small.xlsx")


@pytest.fixture
def book(description: dict[str, Any]) -> dict[str, Any]:
    return copy.deepcopy(description)


@pytest.fixture
def project(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Lets the settings name a project."""

    def name(file: Path) -> None:
        monkeypatch.setenv("XLKPI_PROJECT", str(file))
        settings.forget()

    yield name
    settings.forget()


@pytest.fixture
def other(home: Path, tmp_path: Path) -> Path:
    """A project that is made as the workbook's, called the same, with an objective of its own."""
    words = (home / "small.yaml").read_text(encoding="utf-8")
    (tmp_path / "small.yaml").write_text(words.replace("id: cpc", "id: price_of_others"), encoding="utf-8")
    exported(tmp_path, 7)
    return tmp_path / "small.yaml"


def done(name: str, book: dict[str, Any], language: str = "en", **given: Any) -> list[dict[str, Any]]:
    page = office.opened(book)
    perform(name, page, language, **given)
    return office.actions(page)


def explained(value: Any, formula: str = "", language: str = "fr", **more: Any) -> str:
    described = office.blank() | more
    described["sheets"][0]["values"] = [[value, 2, 3]]
    (told,) = office.told(done("explain_cell", described, language, formula=formula))
    return told


def test_a_day_a_time_and_a_truth_are_explained_as_people_see_them() -> None:
    assert explained("2026-03-01T00:00:00.000Z").startswith("Sheet1!A1\u00a0: 1er\u00a0mars 2026\n")
    assert explained("2026-03-01T13:30:00.000Z", language="en").startswith("Sheet1!A1: 1\u00a0March 2026, 13:30\n")
    assert "VRAI" in explained(True)
    assert "FALSE" in explained(False, language="en")


@pytest.mark.parametrize(("leads_to", "kind"), [("=0.2", "Double"), ("=#REF!", "Error")])
def test_a_name_that_leads_to_no_cells_is_an_argument_that_can_not_be_read(leads_to: str, kind: str) -> None:
    told = explained(1.5, "=KPI_ROI(rate,C1)", "en", names=[name("rate", leads_to, kind)])
    assert "rate can’t be read" in told
    assert "C1 = 3" in told


def test_a_workbook_whose_memory_is_cut_off_is_checked_from_its_tables(book: dict[str, Any]) -> None:
    book["names"] = [
        name("xlkpi_version", "=#REF!", "Error") if n["name"] == "xlkpi_version" else n for n in book["names"]
    ]
    (told,) = office.told(done("check", book))
    assert told.startswith("1 objective · ")
    assert "not within reach" in told


def test_the_trust_in_the_data_is_told_in_words_of_the_language(book: dict[str, Any]) -> None:
    targets = next(sheet for sheet in book["sheets"] if sheet["name"] == "Targets")["values"]
    place = targets[0].index("Trust")
    targets[1][place] = "high"
    book["book"] |= {"active_sheet_index": 0, "selection": cell_of(book, "Price of a click")}
    (told,) = office.told(done("explain_cell", book, "fr"))
    assert "Confiance dans les données\u00a0: Élevée" in told
    targets[1][place] = "=2+2"
    (told,) = office.told(done("explain_cell", book, "fr"))
    assert "Confiance dans les données\u00a0: =2+2" in told


def test_notes_pressed_again_go_to_the_row_that_was_begun(book: dict[str, Any]) -> None:
    book["book"] |= {"active_sheet_index": 0, "selection": cell_of(book, "Price of a click")}
    sheet = next(s for s in book["sheets"] if any(t["name"] == "xlkpi_notes" for t in s["tables"]))
    first = done("notes", copy.deepcopy(book))
    for action in first:
        if action["func"] == "setValues":
            day = action["values"][0][0] == date.today().isoformat()
            written = f"{date.today()}T00:00:00.000Z" if day else action["values"][0][0]
            sheet["values"][action["start_row"]][action["start_column"]] = written
    again = done("notes", copy.deepcopy(book))
    assert [a for a in again if a["func"] == "setValues"] == []
    assert chosen(again) == chosen(first)
    sheet["values"][chosen(first)[1]][chosen(first)[2]] = "Prices rose"
    assert chosen(done("notes", copy.deepcopy(book))) == (chosen(first)[0], chosen(first)[1] + 1, chosen(first)[2])


def test_notes_begun_on_another_objective_stay_its_own(book: dict[str, Any]) -> None:
    book["book"] |= {"active_sheet_index": 0, "selection": cell_of(book, "Price of a click")}
    sheet = next(s for s in book["sheets"] if any(t["name"] == "xlkpi_notes" for t in s["tables"]))
    first = done("notes", copy.deepcopy(book))
    row = chosen(first)[1]
    places = {a["start_column"] for a in first if a["func"] == "setValues"}
    sheet["values"][row][min(places)] = "another"
    sheet["values"][row][max(places)] = f"{date.today()}T00:00:00.000Z"
    assert chosen(done("notes", book))[1] == row + 1


def test_a_server_without_the_project_says_what_to_name_and_not_to_move_a_file(book: dict[str, Any]) -> None:
    for language, words in (("en", "the server does not know"), ("fr", "n’est pas connu du serveur")):
        (told,) = office.told(done("refresh", copy.deepcopy(book), language))
        assert words in told
        assert "XLKPI_PROJECT" in told


def test_a_sheet_that_was_renamed_is_named_with_the_way_back(
    book: dict[str, Any], home: Path, project: Any
) -> None:  # fmt: skip
    project(home / "small.yaml")
    book["sheets"][0]["name"] = "Start"
    found = done("refresh", book)
    (told,) = office.told(found)
    assert "renamed or deleted (Dashboard)" in told
    assert "give them that name again" in told
    assert len(found) == 1


def test_the_project_of_others_is_refused_on_the_web(book: dict[str, Any], other: Path, project: Any) -> None:
    project(other)
    found = done("refresh", book)
    (told,) = office.told(found)
    assert "other objectives than this workbook" in told
    assert len(found) == 1


def test_the_project_of_others_does_not_replace_the_data_of_an_open_workbook(
    home: Path, other: Path, tmp_path: Path, project: Any
) -> None:
    project(other)
    away = tmp_path / "away"
    away.mkdir()
    (away / "small.xlsx").write_bytes((home / "small.xlsx").read_bytes())
    excel = opened(away / "small.xlsx")
    with pytest.raises(WorkbookError, match="other objectives"), use("en"):
        refresh_book(excel)
    with Package(home / "small.xlsx") as before, Package(saved(excel, tmp_path / "after.xlsx")) as after:
        assert compare(before, after).areas == []


def test_a_refresh_is_told_in_the_language_of_the_person_and_not_of_the_workbook(
    book: dict[str, Any], home: Path, project: Any
) -> None:
    project(home / "small.yaml")
    (told,) = office.told(done("refresh", book, "fr"))
    assert "actualisé" in told
    said: list[str] = []
    with use("fr"):
        refresh_book(opened(home / "small.xlsx"), say=lambda words, _: said.append(words))
    assert said[0] == "lecture du classeur"


def name(name: str, leads_to: str, kind: str) -> dict[str, Any]:
    return {
        "name": name, "refers_to": leads_to, "type": kind, "sheet_index": None, "address": None,
        "scope_sheet_name": None, "scope_sheet_index": None, "book_scope": True,
    }  # fmt: skip


def chosen(found: list[dict[str, Any]]) -> tuple[int, int, int]:
    one = next(action for action in found if action["func"] == "rangeSelect")
    return one["sheet_position"], one["start_row"], one["start_column"]


def cell_of(book: dict[str, Any], words: str) -> str:
    """The cell beside the words on the first sheet."""
    rows = book["sheets"][0]["values"]
    row, column = next((i, j) for i, line in enumerate(rows) for j, value in enumerate(line) if value == words)
    return f"{'ABCDEFGHIJKLMNOPQRSTUVWXYZ'[column + 1]}{row + 1}"
