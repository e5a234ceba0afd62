"""The ribbon's actions on a running server, called as its page calls them."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from xlkpi.udfs.actions.buttons import buttons, scripts

from tests import office, served
from tests.small_project import exported, small_project

JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def book() -> dict[str, Any]:
    return office.scorecard()


def test_every_action_works_on_a_real_scorecards_content(book: dict[str, Any]) -> None:
    for name in scripts():
        if name != "refresh":  # it needs the project's files
            found = served.press(name, book, "en", "")
            assert found, name
            assert not any(message.startswith("!") for message in office.told(found)), (name, office.told(found))


def test_messages_are_in_the_pages_language_and_the_cell_is_explained(book: dict[str, Any]) -> None:
    (told,) = office.told(served.press("check", book, "fr", ""))
    assert "à corriger" in told
    described = office.blank()
    described["sheets"][0]["values"] = [["", 45000, 18000, 1.5]]
    (told,) = office.told(served.press("explain_cell", described, "en", "=KPI_ROI(B1,C1)"))
    assert "(45,000 − 18,000) / 18,000 = 150%" in told
    (other,) = office.told(served.press("new_scorecard", described, "en", "email"))
    assert "Objectives to set" in other
    (unknown,) = office.told(served.press("new_scorecard", described, "en", "emial"))
    assert unknown.startswith("!")
    assert "email" in unknown


def test_pressed_by_many_at_once_each_gets_its_own_answer() -> None:
    def one(number: int) -> str:
        described = office.blank()
        described["sheets"][0]["values"] = [["", number, 1, 0]]
        return office.told(served.press("explain_cell", described, "en", "=KPI_ROI(B1,C1)"))[0]

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(one, range(2, 34)))
    assert all(f"B1 = {number}" in words for number, words in zip(range(2, 34), told, strict=True))


@pytest.mark.parametrize("name", ["hello_world", "insert_function", "language", "__dir__", "perform", "", "a/b"])
def test_what_is_no_script_is_not_found(name: str) -> None:
    assert served.post(b"{}", served.SCRIPTS + name, **JSON)[0] == 404


@pytest.mark.parametrize(
    "body",
    [
        b"", b"x", b"[]", b"null", b"{}", b'{"book": 1, "names": [], "sheets": []}', b"\xff", b"[" * 50_000,
        b'{"book": {"name": "b", "active_sheet_index": 7}, "names": [], "sheets": [{}]}',
        b'{"book": {"name": "b", "active_sheet_index": 0}, "names": [], "sheets": [1]}',
        b'{"book": {"name": "b", "active_sheet_index": 0}, "names": [], "sheets": [], "args": {"x": 1}}',
        b'{"book": {"name": "b", "active_sheet_index": 0}, "names": [], "sheets": [], "args": ["fr", 5]}',
        b'{"book": {"name": "b", "active_sheet_index": 0}, "names": [], "sheets": [], "args": ["fr", "", ""]}',
    ],
)  # fmt: skip
def test_what_describes_no_workbook_is_refused_in_words(body: bytes) -> None:
    status, said = served.post(body, served.SCRIPTS + "check", **JSON)
    assert (status, b"Traceback" in said, len(said) < 300) == (400, False, True)


@pytest.mark.parametrize("change", [{"names": [{}]}, {"names": [1]}, {"book": {"name": "b", "active_sheet_index": 0}}])
def test_a_strange_workbook_has_a_message_and_no_traceback(change: dict[str, Any]) -> None:
    for name in scripts():
        found = served.press(name, {**office.blank(), **change}, "en", "")
        assert all("Traceback" not in message for message in office.told(found))


def test_another_page_of_the_web_can_not_press_a_button() -> None:
    body = json.dumps(office.blank()).encode()
    assert served.post(body, served.SCRIPTS + "check", **{"Content-Type": "text/plain"})[0] == 415
    assert served.post(body, served.SCRIPTS + "check")[0] == 415
    assert served.get(served.SCRIPTS + "check")[0] == 405


def test_the_pane_lists_the_buttons_with_their_texts() -> None:
    listed = json.loads(served.get("/xlkpi/functions.json")[1])["buttons"]
    assert [one["id"] for one in listed] == list(buttons())
    assert all({"fr", "en"} == set(one["label"]) == set(one["tip"]) for one in listed)


def test_a_server_that_knows_the_project_refreshes_and_checks_the_open_workbook(tmp_path: Path) -> None:
    folder = small_project(tmp_path)
    described = office.described(folder / "small.xlsx")
    exported(folder, 7)
    home = served.started(XLKPI_PROJECT=str(folder / "small.yaml"))
    found = served.press("refresh", described, "en", "", home=home)
    (told,) = office.told(found)
    assert "29\u00a0March 2026 → 28\u00a0April 2026" in told, told
    data = next(i for i, sheet in enumerate(described["sheets"]) if sheet["name"] == "Data")
    assert any(a["sheet_position"] == data for a in found if a["func"] in ("setValues", "setFormula"))
    assert any(a["func"] == "resizeTable" for a in found)
    (checked,) = office.told(served.press("check", described, "en", "", home=home))
    assert "small.yaml and its sources" in checked
