"""The commands that build scorecards, and workbooks in which people change a target."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from tests.checks.reading import Book, letters_of, position
from tests.scorecards import TODAY, card, computed, sample
from xlkpi.cli import run
from xlkpi.sample import write_sample
from xlkpi.scorecard import scorecard
from xlkpi.workbook.build import build_workbook


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_sample(tmp_path_factory.mktemp("sample"), today=TODAY, language="en").project


def test_demo_writes_exports_and_scorecard_and_says_where(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["demo", str(tmp_path / "here"), "--language", "en"]) == 0
    told = capsys.readouterr().out
    made = tmp_path / "here" / "boutique.xlsx"
    assert str(made) in told
    assert made.stat().st_size < 400_000
    assert "neither Python nor macros" in told


def test_build_writes_beside_the_project_in_its_language(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["build", str(project), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert Path(told["file"]) == project.with_suffix(".xlsx")
    assert told["objectives"] == 10
    assert Book(project.with_suffix(".xlsx")).sheets[0].name == "Dashboard"


def test_build_takes_a_day_a_language_and_a_place(project: Path, tmp_path: Path) -> None:
    out = tmp_path / "fr.xlsx"
    assert run(["build", str(project), "-o", str(out), "--as-of", "2026-01-31", "--language", "fr"]) == 0
    page = Book(out).sheets[0]
    assert page.name == "Tableau de bord"
    assert any(c.value == "Situation au 31\u00a0janv. 2026" for c in page.listed)


def test_a_wrong_day_is_told_with_what_to_write(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["build", str(project), "--as-of", "31/01/2026", "--language", "en"]) == 1
    assert "write year-month-day" in capsys.readouterr().err


def test_a_workbook_that_is_open_in_excel_is_left_whole(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "open.xlsx"
    out.write_bytes(b"somebody's work")
    (tmp_path / "~$open.xlsx").write_bytes(b"")
    assert run(["build", str(project), "-o", str(out), "--language", "en"]) == 1
    assert "~$open.xlsx" in capsys.readouterr().err
    assert out.read_bytes() == b"somebody's work"


def test_a_target_that_people_change_changes_the_status(tmp_path: Path) -> None:
    path = tmp_path / "made.xlsx"
    build_workbook(card(), path, language="fr")
    place = _target(path, "basket")
    made = computed(path, "libreoffice", {place: 113.0})
    known, data = sample()
    changed = replace(known.by_id["basket"], target=113.0)
    others = tuple(changed if o.id == "basket" else o for o in known.objectives)
    expected = scorecard(replace(known, objectives=others), data, today=TODAY).by_id["basket"]
    assert made["basket"]["shown"] == repr(expected.status.shown) == repr("achieved")
    assert made["basket"]["progress"] == pytest.approx(expected.status.progress, rel=1e-9)


def test_as_of_dates_are_the_ends_of_months_and_the_day_of_the_data() -> None:
    from xlkpi.scorecard.selections import as_of_days

    days = as_of_days(card())
    assert days[-2:] == (date(2026, 2, 28), card().as_of)
    assert list(days) == sorted(days)


def _target(path: Path, objective: str) -> tuple[str, str]:
    """The cell of an objective's target in the table."""
    book = Book(path)
    table = next(t for t in book.tables if t.name == "xlkpi_objectives")
    headers = list(table.columns)
    sheet = next(s for s in book.sheets if s.name == table.sheet)
    row = next(position(c.address)[0] for c in sheet.listed if c.value == objective)
    return table.sheet, f"{letters_of(headers.index('Cible') + 1)}{row}"


def test_the_workbook_of_a_folder_stands_in_it_beside_the_project(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "un dossier"
    assert run(["new", str(folder), "--language", "en"]) == 0
    assert f'run: xlkpi check "{folder / "project.yaml"}"' in capsys.readouterr().out
    assert run(["build", str(folder)]) == 0
    assert (folder / "project.xlsx").is_file()


def test_a_workbook_by_another_name_is_refused(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["build", str(project), "-o", str(project.with_suffix(".pdf")), "--language", "fr"]) == 1
    assert "se termine par .xlsx" in capsys.readouterr().err
    assert not project.with_suffix(".pdf").exists()
