"""What a refresh changed stands in the workbook: the page About lists it, the first page tells what moved."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.checks import recalc
from tests.checks.reading import Book
from tests.edits import Edited, put_cell
from tests.small_shop import OBJECTIVES, Shop
from tests.test_workbook_refresh import built, compute, home
from xlkpi.language import use
from xlkpi.workbook.news import fitted
from xlkpi.workbook.refresh import Options, refresh_workbook
from xlkpi.workbook.told import source_words

__all__ = ["built", "home"]  # fixtures
HEAD = "Ce que la dernière actualisation a changé"


def texts(path: Path, sheet: str) -> list[str]:
    return [str(c.value) for s in Book(path).sheets if s.name == sheet for c in s.listed]


def test_the_workbook_tells_what_its_last_refresh_changed(built: Path) -> None:
    assert "Ce classeur a été construit\u202f; il n’a pas encore été actualisé." in texts(built, "À propos")
    done = refresh_workbook(built, Options(backups=0), compute())
    about = texts(built, "À propos")
    listed = [words for words in about[about.index(HEAD) + 1 :] if words not in ("", "None")]
    assert listed[0] == "28\u00a0février 2026 → 8\u00a0mars 2026"
    moved = done.differences.moved
    assert moved
    assert [listed[1 + 2 * i][:30] for i in range(len(moved))] == [m.title[:30] for m in moved]
    assert all(" → " in listed[2 + 2 * i] for i in range(len(moved)))
    assert any(f"dont {done.rows['xlkpi_series'].new} nouvelles" in words for words in listed)
    assert any(words.startswith("Depuis la mise à jour du 28\u00a0févr.") for words in texts(built, "Tableau de bord"))
    assert refresh_workbook(built, Options(backups=0), compute()).differences.moved == []
    about = texts(built, "À propos")
    assert [w for w in about[about.index(HEAD) + 1 :] if w not in ("", "None")][1:] == ["Rien n’a changé."]
    assert recalc.differences(built, ("ironcalc",)) == []


def test_what_people_did_is_told_by_the_names_that_they_know(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.build()
    with Edited(shop.workbook) as book:
        put_cell(book, "Cibles", "L3", 58)
    for _ in range(2):  # it is so until somebody does something about it
        done = refresh_workbook(shop.workbook, Options(backups=0))
        (cell,) = done.differences.typed
        about = texts(shop.workbook, "À propos")
        listed = about[about.index(HEAD) + 1 :]
        told = next(i for i, words in enumerate(listed) if words.startswith("Cible vaut 58 dans le classeur"))
        assert listed[told - 1] == OBJECTIVES[cell.objective]["title"]
        assert not any("xlkpi_" in words or words.startswith(f"{cell.objective}\u00a0:") for words in listed)
    assert recalc.differences(shop.workbook, ("ironcalc",)) == []


@pytest.mark.parametrize(
    ("moved", "rest", "shown"),
    [(3, 3, (3, 3)), (20, 2, (9, 2)), (20, 20, (5, 6)), (2, 20, (2, 9)), (0, 12, (0, 12)), (0, 13, (0, 11))],
)  # fmt: skip
def test_many_objectives_that_moved_leave_room_for_the_rest(moved: int, rest: int, shown: tuple[int, int]) -> None:
    found = fitted([("m", str(i)) for i in range(moved)], [("r", str(i)) for i in range(rest)], 12)
    assert found == [*(("m", str(i)) for i in range(shown[0])), *(("r", str(i)) for i in range(shown[1]))]


def test_an_objective_limited_to_what_no_row_has_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = Shop(tmp_path)
    shop.build()
    monkeypatch.setitem(OBJECTIVES, "basket", {**OBJECTIVES["basket"], "where": {"channel": ["radio"]}})
    shop.write()
    done = refresh_workbook(shop.workbook, Options(backups=0))
    assert done.as_json()["unmatched"] == {"basket": {"channel": ["radio"]}}
    words = "aucune ligne des données n’a channel = radio"
    with use("fr"):
        assert any(line.startswith(f"basket\u00a0: {words}") for line in source_words(done.differences))
    about = texts(shop.workbook, "À propos")
    told = next(i for i, line in enumerate(about) if line.startswith(words))
    assert about[told - 1] == OBJECTIVES["basket"]["title"]
