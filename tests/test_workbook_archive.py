"""What people wrote on objectives that are gone moves to the archive, and back when they return; nothing is lost."""

from __future__ import annotations

import json
import warnings
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.comments import Comment

from tests.checks import recalc, sdk
from tests.test_workbook_refresh import built, compute, edited, home, table
from xlkpi.objectives import Project
from xlkpi.workbook.archive import ARCHIVE, TABLES, Words, archived
from xlkpi.workbook.people import Row
from xlkpi.workbook.refresh import Options, refresh_workbook

__all__ = ["built", "home"]  # fixtures
DAY = date(2026, 3, 10)
IDS = st.sampled_from(["a", "b", "c"])
NOTES = "xlkpi_notes"


def content(path: Path, name: str) -> list[tuple[Any, ...]]:
    """The rows of a table that are not blank."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what openpyxl does not keep
        sheet, found = table(openpyxl.load_workbook(path), name)
    rows = [tuple(cell.value for cell in row) for row in sheet[found.ref]][1:]
    return [row for row in rows if any(v not in (None, "") and not str(v).startswith("=") for v in row)]


def test_rows_go_to_the_archive_and_come_back_with_their_objective(
    built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from xlkpi.workbook import refresh

    load = refresh.load_project
    gone = ""

    def loaded(*given: Any) -> Project:
        project = load(*given)
        left = tuple(o for o in project.objectives if o.id != gone and o.parent != gone)
        return replace(project, objectives=tuple(replace(o, guards=()) for o in left) if gone else project.objectives)

    monkeypatch.setattr(refresh, "load_project", loaded)

    def edit(book: Any) -> None:
        notes, _ = table(book, NOTES)
        for row, (id, note) in enumerate([("basket", "La foire"), ("roi_paid", "Reste"), ("basket", "Avec avis"),
                                          ("campagne", "D’une clé à soi")], start=11):  # fmt: skip
            notes.cell(row, 2).value, notes.cell(row, 4).value, notes.cell(row, 5).value = id, date(2026, 2, row), note
        notes["E13"].comment = Comment("vu", "Ana")

    edited(built, edit)
    faults = sdk.faults(built)
    assert refresh_workbook(built, Options(backups=0), compute()).as_json()["archived"] == {}
    before = {name: content(built, name) for name in (NOTES, "xlkpi_actions", "xlkpi_reviews")}
    assert not shown(built)
    gone = "basket"
    done = refresh_workbook(built, Options(backups=0), compute())
    assert done.archived is not None
    assert done.archived.out[NOTES] == 1
    assert done.archived.stay == {NOTES: 1}  # a comment hangs on it
    assert [row[3] for row in content(built, NOTES)] == ["Reste", "Avec avis", "D’une clé à soi"]
    kept = content(built, ARCHIVE)
    assert {row[2] for row in kept} == {"basket"}
    assert len(kept) == sum(done.archived.out.values())
    (note,) = [row for row in kept if row[1] == "Notes"]
    assert note[4].splitlines()[-1].endswith("La foire")
    assert note[3]  # its title
    assert shown(built)
    assert [f for f in sdk.faults(built) if f not in faults] == []
    assert recalc.differences(built, ("libreoffice",)) == []
    again = refresh_workbook(built, Options(backups=0), compute())
    assert again.archived is not None
    assert again.archived.out == {}
    assert content(built, ARCHIVE) == kept
    gone = ""
    back = refresh_workbook(built, Options(backups=0), compute())
    assert back.archived is not None
    assert back.archived.back == done.archived.out
    assert content(built, ARCHIVE) == []
    for name, rows in before.items():
        assert sorted(map(str, content(built, name))) == sorted(map(str, rows)), name


def shown(path: Path) -> bool:
    book = openpyxl.load_workbook(path)
    return bool(table(book, ARCHIVE)[0].sheet_state == "visible")


def note(id: str | None, words: str | None) -> Row:
    return {"key": id, "date": 46000.0, "note": words, "author": None, "state": None}


ROWS = st.lists(st.builds(note, st.one_of(IDS, st.none()), st.text("xyz", min_size=1, max_size=2)), max_size=5)


@given(ROWS, st.lists(st.sets(IDS), max_size=6))
def test_in_any_sequence_every_row_is_in_one_place(rows: list[Row], steps: list[set[str]]) -> None:
    now: dict[str, Any] = {NOTES: rows, ARCHIVE: []}
    words = {NOTES: Words("Notes", {})}
    for step in steps:
        found = archived(now, words, ["a", "b", "c"], step, DAY)
        now = found.rows
        put_away = [json.loads(str(r["row"]))["row"] for r in now[ARCHIVE] if r["row"]]
        here = [row for row in now[NOTES] if any(v is not None for v in row.values())]
        assert {str(r["key"]) for r in here if r["key"]} <= step
        assert {str(r["key"]) for r in put_away} & step == set()
        wanted = {json.dumps(r, sort_keys=True) for r in rows}
        assert {json.dumps(r, sort_keys=True) for r in [*here, *put_away]} == wanted
        assert len(here) + len(put_away) <= len(rows)


@pytest.mark.parametrize(
    "damaged", [None, "", "{", "[]", '{"table": "xlkpi_data", "row": {}}', '{"table": 1}', "1e999"]
)
def test_a_row_of_the_archive_that_somebody_changed_stays_there(damaged: str | None) -> None:
    kept: Row = {"date": 1.0, "from": "Notes", "key": "a", "title": "t", "content": "c", "row": damaged}
    found = archived({NOTES: [], ARCHIVE: [kept]}, {}, ["a"], ["a"], DAY)
    assert found.rows == {NOTES: [], ARCHIVE: [kept]}


def test_a_row_that_no_cell_holds_stays() -> None:
    rows = [note("a", "x" * 31_990)]
    found = archived({NOTES: rows, ARCHIVE: []}, {NOTES: Words("Notes", {})}, ["a"], [], DAY)
    assert (found.rows[NOTES], found.stay) == (rows, {NOTES: 1})


def test_tables_that_move_have_a_key() -> None:
    from xlkpi.workbook.pages import PEOPLE

    assert all(PEOPLE[name].column("key").kind == "key" for name in TABLES)
