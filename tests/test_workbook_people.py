"""The tables that people fill: rows kept and added, formulas beside them, validations in the user's language."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.checks import recalc
from tests.checks.reading import Book
from tests.scorecards import card
from xlkpi.language import languages, text
from xlkpi.workbook.build import build_workbook
from xlkpi.workbook.live import serial
from xlkpi.workbook.pages import PAGES, PEOPLE
from xlkpi.workbook.people import Column, PeopleTable, Row, merged, still_wanted

IDEAS = PeopleTable("ideas", "xlkpi_ideas", (
    Column("key", "key", 100), Column("idea", "text", 100), Column("seen", "date", 90, filled="refreshed"),
    Column("first", "date", 90, filled="once"), Column("title", "title", 90),
), keys=("key", "idea"))  # fmt: skip
NAMES = st.sampled_from(["a", "b", "c"])
ROWS = st.lists(st.fixed_dictionaries({"key": NAMES, "idea": NAMES, "seen": st.integers(1, 9)}), max_size=6)


@given(ROWS, ROWS)
def test_no_row_is_lost_and_none_is_added_twice(kept: list[Row], given: list[Row]) -> None:
    rows = merged(IDEAS, kept, given)
    assert [(r["key"], r["idea"]) for r in rows[: len(kept)]] == [(r["key"], r["idea"]) for r in kept]
    known = Counter((r["key"], r["idea"]) for r in kept)
    added = Counter((r["key"], r["idea"]) for r in rows[len(kept) :])
    assert added == Counter((r["key"], r["idea"]) for r in given) - known


def test_a_cell_of_ours_is_refreshed_and_what_is_frozen_or_a_persons_stays() -> None:
    kept: list[Row] = [{"key": "A", "idea": "mine", "seen": 1.0, "first": 1.0}]
    new: list[Row] = [{"key": "a", "idea": "MINE", "seen": date(2026, 1, 1), "first": date(2026, 1, 1)}]
    assert merged(IDEAS, kept, new) == [{"key": "A", "idea": "mine", "seen": date(2026, 1, 1), "first": 1.0}]


def test_of_two_rows_with_the_same_key_each_is_refreshed_and_one_taken_out_stays_out() -> None:
    twice: list[Row] = [{"key": "a", "idea": "x", "seen": 1.0}, {"key": "a", "idea": "x", "seen": 2.0}]
    assert merged(IDEAS, [{**row, "seen": 9.0} for row in twice], twice) == twice
    book = SimpleNamespace(offered_before={}, offered={})
    assert still_wanted(book, IDEAS, (), twice) == twice  # type: ignore[arg-type]  # it reads no more of a book
    book.offered_before = book.offered
    assert still_wanted(book, IDEAS, twice[:1], twice) == twice[:1]  # type: ignore[arg-type]  # as above


def test_a_table_without_keys_takes_every_row() -> None:
    table = PeopleTable("ideas", "xlkpi_ideas", IDEAS.columns)
    assert merged(table, [{"idea": "x"}], []) == [{"idea": "x"}]


def test_every_table_has_its_page_and_its_texts_in_every_language() -> None:
    for table in PEOPLE.values():
        assert table.id in PAGES
        assert {*table.keys} <= {c.code for c in table.columns}
        for language in languages():
            for key in (f"page.{table.id}", f"{table.id}.second", f"{table.id}.help"):
                assert text(f"workbook.{key}", language)
            for column in table.columns:
                for choice in column.choices if column.words else ():
                    assert text(f"workbook.{column.words}.{choice}", language)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_rows_that_people_have_come_first_with_their_formulas(tmp_path: Path, language: str) -> None:
    id = card().results[0].objective.id
    path = tmp_path / "kept.xlsx"
    mine: Row = {"key": id, "date": serial(date(2026, 2, 1)), "note": "=1+1 is a text", "author": "Ana"}
    build_workbook(card(), path, language=language, kept={"xlkpi_notes": [mine]})
    sheet = next(s for s in Book(path).sheets if s.name == text("workbook.page.notes", language))
    values = {address: cell.value for address, cell in sheet.cells.items()}
    assert (values["B11"], values["E11"], values["F11"]) == (id, "=1+1 is a text", "Ana")
    assert values["C11"] == card().by_id[id].objective.title[language]
    assert recalc.differences(path, ("ironcalc",)) == []
