"""The ribbon's actions on xlwings' own books, over the engine that the server uses."""

from __future__ import annotations

import copy
import json
import re
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xlkpi.udfs import settings as kept
from xlkpi.udfs.actions import perform
from xlkpi.udfs.actions.buttons import buttons
from xlkpi.udfs.actions.explain import calls
from xlkpi.udfs.actions.memory import state_of
from xlkpi.udfs.actions.new import in_folder, project_in
from xlkpi.udfs.actions.window import Window
from xlkpi.udfs.remembering import conf_file, remember, write_conf

from tests import office
from tests.engines import require
from tests.scorecards import TODAY
from xlkpi.errors import XlkpiError
from xlkpi.language import use
from xlkpi.sample import write_sample
from xlkpi.starter import new_project

Done = list[dict[str, Any]]


@pytest.fixture
def book() -> dict[str, Any]:
    return office.scorecard()


def select(book: dict[str, Any], sheet: str, cell: str) -> None:
    book["book"] |= {"active_sheet_index": [s["name"] for s in book["sheets"]].index(sheet), "selection": cell}


def done(name: str, book: dict[str, Any], language: str = "en", **given: Any) -> Done:
    opened = office.opened(book)
    perform(name, opened, language, **given)
    return office.actions(opened)


def test_every_action_says_something_or_does_something_and_never_raises(book: dict[str, Any]) -> None:
    for name in buttons():
        for description in (book, office.blank()):
            found = done(name, copy.deepcopy(description), "fr")
            assert found, name
            assert all("Traceback" not in message for message in office.told(found))


def test_the_client_knows_everything_that_it_is_asked_to_do(book: dict[str, Any]) -> None:
    server = find_spec("xlwings_server")
    if server is None or server.origin is None:
        require("xlwings_server is not installed: pip install 'xlkpi[server]'")
    client = Path(server.origin).parent / "static" / "js" / "custom-scripts" / "index.js"
    known = set(
        re.findall(
            r"^  (\w+)(?:: \w+)?,$", client.read_text(encoding="utf-8").partition("let funcs = {")[2], re.MULTILINE
        )
    )
    asked = {a["func"] for name in buttons() for description in (book, office.blank()) for a in done(name, description)}
    assert asked > {"setValues", "addSheet", "setFormula", "addTable", "rangeSelect"}
    assert asked - known == set()


def test_help_tells_every_button_in_both_languages(book: dict[str, Any]) -> None:
    for language in ("fr", "en"):
        (told,) = office.told(done("help", book, language))
        for button in buttons().values():
            assert button.label[language] in told
            assert button.tip[language] in told


def test_check_writes_each_objective_letter_by_letter_on_a_sheet_of_its_own(book: dict[str, Any]) -> None:
    found = done("check", book)
    (told,) = office.told(found)
    assert "objectives · " in told
    assert "SMART check" in told
    assert found[0]["func"] == "addSheet"
    rows = next(a["values"] for a in found if a["func"] == "setValues")
    assert rows[1][:3] == ["Objective", "SMART score", "Letter"]
    objectives = next(t for s in book["sheets"] for t in s["tables"] if t["name"] == "xlkpi_objectives")
    assert len(rows) - 2 == 5 * (objectives["row_count"] - 1)
    assert {row[2][0] for row in rows[2:]} == set("SMART")
    assert {row[3][0] for row in rows[2:]} <= set("✓▲✗·")


def test_check_uses_its_sheet_again_and_leaves_one_of_that_name_alone(book: dict[str, Any]) -> None:
    sheet = copy.deepcopy(office.blank()["sheets"][0]) | {"name": "SMART check", "values": [["SMART check by xlkpi"]]}
    again = done("check", copy.deepcopy(book) | {"sheets": [*book["sheets"], sheet]})
    assert "addSheet" not in [a["func"] for a in again]
    sheet["values"] = [["My own list"]]
    other = done("check", copy.deepcopy(book) | {"sheets": [*book["sheets"], sheet]})
    assert next(a["args"][1] for a in other if a["func"] == "addSheet") == "SMART check 2"
    assert all(a["sheet_position"] != len(book["sheets"]) for a in other)


def test_check_reads_the_project_that_the_settings_name(
    book: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = new_project(tmp_path, "sales", "en")
    monkeypatch.setenv("XLKPI_PROJECT", str(file))
    kept.forget()
    try:
        told = office.told(done("check", office.blank()))
        assert any("project.yaml and its sources" in message for message in told)
        (other,) = office.told(done("check", book))  # the scorecard is another project's
        assert "not within reach" in other
    finally:
        kept.forget()


def test_a_page_can_not_have_a_project_read_by_calling_its_workbook_a_path(
    book: dict[str, Any], tmp_path: Path
) -> None:
    state = state_of(Window(office.opened(copy.deepcopy(book))))
    assert state is not None
    folder = tmp_path / "a" / "b" / "c"
    folder.mkdir(parents=True)
    project = (folder / state.files[0]).resolve()
    assert project.is_relative_to(tmp_path)
    write_sample(project.parent, today=TODAY).project.replace(project)
    book["book"]["name"] = str(folder / "scorecard.xlsx")
    (told,) = office.told(done("check", book))
    assert "not within reach" in told


def test_check_tells_what_was_typed_since_and_checks_it_where_the_project_is(
    book: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    targets = next(s for s in book["sheets"] if s["name"] == "Targets")
    headers, row = targets["values"][0], targets["values"][2]
    row[headers.index("Target")] = row[headers.index("Target")] * 40
    (told,) = office.told(done("check", copy.deepcopy(book)))
    assert f"Changed since, and not checked: {row[0]}." in told
    project = write_sample(tmp_path, today=TODAY).project
    monkeypatch.setenv("XLKPI_PROJECT", str(project))
    kept.forget()
    try:
        found = done("check", book)
    finally:
        kept.forget()
    (told,) = office.told(found)
    assert f"{project.name} and its sources" in told
    assert f"typed in the workbook for: {row[0]}." in told
    rows = next(a["values"] for a in found if a["func"] == "setValues")
    assert any(r[0] == row[1] and r[3] == "✗ fail" and r[2][0] == "A" for r in rows)


def test_a_library_that_is_missing_is_named_with_what_to_install(
    book: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XLKPI_PROJECT", str(write_sample(tmp_path, today=TODAY).project))
    monkeypatch.setitem(sys.modules, "xlkpi.sources", None)
    kept.forget()
    try:
        (told,) = office.told(done("check", book))
    finally:
        kept.forget()
    assert told.startswith("! ")
    assert "pip install" in told


def test_a_folder_without_a_project_gets_one_with_its_scorecard_and_one_with_a_project_its_scorecard(
    tmp_path: Path,
) -> None:
    with use("fr"):
        made = in_folder(tmp_path, "email")
        assert made.fresh
        assert made.project == tmp_path / "project.yaml"
        assert "À COMPLÉTER" in made.project.read_text(encoding="utf-8")
        assert made.workbook.stat().st_size > 50_000
        again = in_folder(tmp_path)
    assert (again.fresh, again.workbook) == (False, made.workbook)
    with pytest.raises(XlkpiError, match="starter"):
        in_folder(tmp_path / "other", "no-such-starter")


def test_new_scorecard_lays_out_objectives_that_check_then_checks() -> None:
    book = office.opened(office.blank())
    perform("new_scorecard", book, "fr")
    found = office.actions(book)
    assert "Objectifs à fixer" in office.told(found)[0]
    table = next(a for a in found if a["func"] == "addTable")
    assert table["args"][3] == "xlkpi_starter"
    formulas = [row[0] for a in found if a["func"] == "setFormula" for row in a["values"]]
    assert formulas[0] == "=SMART_STATUS(F5,D5,E5,G5,H5,,C5)"
    values = next(a for a in found if a["func"] == "setValues" and a["start_row"] == 3)["values"]
    dates = ["2026-01-01T00:00:00.000Z", "2026-12-31T00:00:00.000Z"]
    filled = ["Raise the ROI of search ads to 250%", "KPI_ROI", "increase", 1.8, 2.5, 2.0, *dates, "weekly", "sales",
              "Most of our sales", "As last year", "Ann", "", "", ""]  # fmt: skip
    description = office.blank()
    sheet = description["sheets"][0]
    sheet["values"] = [[""] * 16] * 3 + [values[0], filled]
    sheet["tables"] = [office.table("mine", "A4:P5", values[0])]
    checked = done("check", description)
    assert "1 objective · " in office.told(checked)[0]
    again = office.blank()
    again["sheets"][0]["tables"] = [office.table("xlkpi_starter", "A4:P5", values[0])]
    assert office.told(done("new_scorecard", again))[0].startswith("! Book1: the workbook has a sheet of objectives")


def test_notes_go_to_the_first_free_row_with_the_objective_that_was_looked_at(book: dict[str, Any]) -> None:
    sheet = next(s for s in book["sheets"] if any(t["name"] == "xlkpi_notes" for t in s["tables"]))
    table = next(t for t in sheet["tables"] if t["name"] == "xlkpi_notes")
    top = int(table["header_row_range_address"].partition(":")[0].strip("ABCDEFGHIJ"))
    sheet["values"][top][4] = "Sales started"  # the first row under the header is taken
    page = book["sheets"][3]
    select(book, page["name"], "F13")
    found = done("notes", book)
    chosen = next(a for a in found if a["func"] == "rangeSelect")
    assert (chosen["sheet_position"], chosen["start_row"]) == (book["sheets"].index(sheet), top + 1)
    keys = [a["values"][0][0] for a in found if a["func"] == "setValues"]
    assert keys[0] in {row[0] for s in book["sheets"] if s["name"] == "Targets" for row in s["values"][1:]}
    assert office.told(found) == []


def test_a_full_table_of_notes_grows_by_a_row(book: dict[str, Any]) -> None:
    sheet = next(s for s in book["sheets"] if any(t["name"] == "xlkpi_notes" for t in s["tables"]))
    table = next(t for t in sheet["tables"] if t["name"] == "xlkpi_notes")
    first, last = (int(part.strip("ABCDEFGHIJ")) for part in table["range_address"].split(":"))
    for row in range(first, last):
        sheet["values"][row][4] = "words"
    found = done("notes", book)
    grown = next(a for a in found if a["func"] == "resizeTable")
    assert grown["args"][1].endswith(f"${last + 1}")


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("=KPI_ROI(B2,C2)", [("KPI_ROI", ("B2", "C2"))]),
        ("=IF(A1>0,KPI_ROI(SUM(B2:B9),C2),\"KPI_ROI(x)\")", [("KPI_ROI", ("SUM(B2:B9)", "C2"))]),
        ("=kpi_roi('My, sheet'!A1,xlkpi_data[Cost, all])", [("KPI_ROI", ("'My, sheet'!A1", "xlkpi_data[Cost, all]"))]),
        ("=KPI_ROI(KPI_CTR(A1,B1),{1,2})", [("KPI_ROI", ("KPI_CTR(A1,B1)", "{1,2}")), ("KPI_CTR", ("A1", "B1"))]),
        ("=SMART_STATUS(A1,,B1)", [("SMART_STATUS", ("A1", "", "B1"))]),
        ("=KPI_LIST()", [("KPI_LIST", ())]),
        ("=KPI_ROI(", [("KPI_ROI", ())]),
        ("=SUM(A1)", []),
        ("", []),
    ],
)  # fmt: skip
def test_calls_are_found_in_formulas(formula: str, expected: list[tuple[str, tuple[str, ...]]]) -> None:
    assert [(call.name, call.arguments) for call in calls(formula)] == expected


def explained(formula: str, values: list[list[Any]], cell: str = "D1", language: str = "en") -> str:
    description = office.blank()
    description["sheets"][0]["values"] = values
    description["book"]["selection"] = cell
    (told,) = office.told(done("explain_cell", description, language, formula=formula))
    return told


def test_a_cell_is_explained_with_its_numbers_and_where_they_stand() -> None:
    told = explained("=KPI_ROI(B1,Sheet1!$C$1)", [["", 45000, 18000, 1.5]])
    assert "(45,000 − 18,000) / 18,000 = 150%" in told
    assert "B1 = 45,000" in told
    assert "Sheet1!$C$1 = 18,000" in told
    french = explained("=KPI_ROI(B1,C1)", [["", 45000, 18000, 1.5]], language="fr")
    assert "=KPI_ROI(B1;C1)" in french


def test_an_error_is_explained_by_what_causes_it() -> None:
    told = explained("=KPI_ROI(B1,C1)", [["", 45000, "", "#N/A"]])
    assert "D1: #N/A (a figure is missing)" in told
    assert "#N/A: a figure is missing (Cost)" in told
    assert "#DIV/0!" in explained("=B1/C1", [["", 1, 0, "#DIV/0!"]])
    assert "C1 = 0" in explained("=B1/C1", [["", 1, 0, "#DIV/0!"]])


def test_what_can_not_be_read_from_the_web_is_said_so() -> None:
    assert "MAX(B1,2) can’t be read" in explained("=KPI_ROI(MAX(B1,2),C1)", [["", 1, 2, 3]])
    assert "B1^2 can’t be read" in explained("=KPI_ROI(B1^2,C1)", [["", 1, 2, 3]])
    assert "(6 − 2) / 2 = 200%" in explained("=KPI_ROI(SUM(B1:C1)*2,2)", [["", 1, 2, 3]])
    assert "#REF!" in explained("=KPI_ROI(#REF!,C1)", [["", 1, 2, 3]])
    nested = explained("=KPI_ROI(KPI_CTR(B1,C1),0.05)", [["", 1, 4, 4]])
    assert "(0.25 − 0.05) / 0.05 = 400%" in nested
    assert "Typed by hand" in explained("", [["", 1, 2, 3]])
    assert "blank" in explained("", [["", 1, 2, ""]])


_PIECES = [*"),\"'[]{}1-*% é^", "KPI_ROI(", "SMART_STATUS(", "SUM(", "A1", "B1:C2", "A:B", "#REF!", "Sheet1!",
           "xlkpi_data[Cost]", "name", "1e999"]  # fmt: skip


def test_a_range_written_backwards_is_explained() -> None:
    assert "blank" not in explained("=SUM(C1:B1)", [["", 2, 3]])
    assert "BA:B" in explained("=BA:B", [["", 2, 3]])


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(_PIECES), max_size=12).map("".join))
def test_no_formula_makes_an_explanation_fail(pieces: str) -> None:
    assert "did not do it" not in explained(f"={pieces}", [["", 45000, 18000, 1.5], ["x", 1, 2, "#N/A"]])


def test_a_number_on_a_page_is_explained_by_its_objective(book: dict[str, Any]) -> None:
    page = book["sheets"][3]
    select(book, page["name"], "F13")
    (told,) = office.told(done("explain_cell", book))
    for words in (page["values"][1][1], "Definition", "Formula", "Sources"):
        assert words in told


@pytest.mark.parametrize("name", ["explain_cell", "insert_function"])
def test_without_a_selected_cell_the_message_says_so(name: str) -> None:
    description = office.blank()
    description["book"]["selection"] = None
    assert office.told(done(name, description))[0].startswith("! Book1: no cell is selected")


def test_language_is_remembered_where_python_and_vba_read_it(tmp_path: Path) -> None:
    (tmp_path / "settings.json").write_text('{"project": "mine.yaml"}', encoding="utf-8")
    remember(tmp_path / "settings.json", language="fr", project=None)
    assert json.loads((tmp_path / "settings.json").read_text(encoding="utf-8")) == {
        "project": "mine.yaml", "language": "fr"
    }  # fmt: skip
    conf = conf_file("win32", tmp_path, {})
    assert conf == tmp_path / ".xlkpi" / "xlkpi.conf"
    write_conf(conf, {"XLKPI_LANGUAGE": "en", "INTERPRETER_WIN": "p"})
    write_conf(conf, {"XLKPI_LANGUAGE": "fr"})
    assert conf.read_text(encoding="utf-8").splitlines() == ['"XLKPI_LANGUAGE","fr"', '"INTERPRETER_WIN","p"']
    assert conf_file("linux", tmp_path, {}) is None


def test_the_project_of_a_folder_is_found_whatever_its_name(tmp_path: Path) -> None:
    assert project_in(tmp_path) is None
    (tmp_path / "other.yaml").write_text("a: 1\n", encoding="utf-8")
    assert project_in(tmp_path) is None
    (tmp_path / "shop.yml").write_text("xlkpi: 1\n", encoding="utf-8")
    assert project_in(tmp_path) == tmp_path / "shop.yml"
    assert project_in(new_project(tmp_path).parent) == tmp_path / "project.yaml"
