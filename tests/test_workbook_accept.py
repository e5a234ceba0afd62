"""Targets that people changed in a workbook, written back to the project where that is asked for."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tests.scorecards import TODAY, sample
from tests.test_workbook_refresh import compute, edited, table
from xlkpi.cli_refresh import as_text
from xlkpi.errors import DefinitionError
from xlkpi.language import use
from xlkpi.objectives import load
from xlkpi.sample import write_sample
from xlkpi.scorecard import scorecard
from xlkpi.workbook.accept import Accept
from xlkpi.workbook.build import build_workbook
from xlkpi.workbook.refresh import Options, refresh_workbook
from xlkpi.workbook.told import plain_words

ACCEPT = Options(accept=Accept("Ana", "Voted: more"), backups=0)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample's workbook beside its project, with its targets changed by a person."""
    folder = tmp_path_factory.mktemp("home") / "sample"
    project = load(write_sample(folder, today=TODAY).project)
    path = folder / "made.xlsx"
    build_workbook(scorecard(project, sample()[1], today=TODAY), path, language="en")
    edited(path, typed({"basket": {"Target": 113.0}, "followers": {"Target": 12_500.0, "Owner": "Zoé: team"}}))
    return folder


@pytest.fixture
def built(home: Path, tmp_path: Path) -> Path:
    shutil.copytree(home, tmp_path / "sample")
    return tmp_path / "sample" / "made.xlsx"


def typed(cells: dict[str, dict[str, Any]]) -> Callable[[Any], None]:
    def edit(book: Any) -> None:
        sheet, _ = table(book, "xlkpi_objectives")
        headers = [cell.value for cell in sheet[1]]
        for row in range(2, sheet.max_row + 1):
            for header, value in cells.get(sheet.cell(row, 1).value, {}).items():
                sheet.cell(row, headers.index(header) + 1).value = value

    return edit


def target(path: Path, id: str) -> Any:
    sheet, _ = table(openpyxl.load_workbook(path), "xlkpi_objectives")
    headers = [cell.value for cell in sheet[1]]
    row = next(row for row in range(2, sheet.max_row + 1) if sheet.cell(row, 1).value == id)
    return sheet.cell(row, headers.index("Target") + 1).value


def test_targets_are_written_back_only_when_asked(built: Path) -> None:
    file = built.parent / "boutique.yaml"
    before = file.read_text(encoding="utf-8")
    done = refresh_workbook(built, Options(backups=0), compute())
    assert done.accepted == ()
    assert file.read_text(encoding="utf-8") == before
    done = refresh_workbook(built, Options(dry_run=True, accept=Accept()), compute())
    with use("en"):
        assert "basket: target would become 113 in the project, too (now " in as_text(done)
    assert {"objective": "basket", "key": "target", "new": 113.0}.items() <= done.as_json()["accepted"][0].items()
    assert {(a.objective, a.key) for a in done.accepted} == {
        ("basket", "target"), ("followers", "target"), ("followers", "owner"),
    }  # fmt: skip
    assert file.read_text(encoding="utf-8") == before


@pytest.mark.parametrize(
    ("value", "told"),
    [(1_234_567.0, "1,234,567"), (1_234_567.891, "1,234,567.891"), (-0.1 - 0.2, "-0.3"), (None, "–"), ("Léa", "Léa")],
)
def test_values_are_told_with_all_their_digits(value: Any, told: str) -> None:
    assert plain_words(value) == told


def test_only_their_lines_change_and_the_change_log_says_who_and_why(built: Path) -> None:
    file = built.parent / "boutique.yaml"
    before = file.read_text(encoding="utf-8").splitlines()
    refresh_workbook(built, ACCEPT, compute())
    after = file.read_text(encoding="utf-8").splitlines()
    new = [line.strip() for line in after if line not in before]
    assert len(new) + (after.count("    revisions:") - before.count("    revisions:")) == 6, new
    assert 'owner: "Zoé: team"' in new
    project = load(file)
    assert (project.by_id["basket"].target, project.by_id["followers"].target) == (113.0, 12_500.0)
    log = project.by_id["followers"].revisions[-1]
    assert (log.old, log.new, log.who, log.why["fr"]) == (10_000, 12_500, "Ana", "Voted: more")
    journal, found = table(openpyxl.load_workbook(built), "xlkpi_journal")
    assert "Voted: more" in {cell.value for row in journal[found.ref] for cell in row}


def test_what_was_accepted_is_the_projects_from_then_on(built: Path) -> None:
    refresh_workbook(built, ACCEPT, compute())
    done = refresh_workbook(built, ACCEPT, compute())
    assert (done.differences.typed, list(done.accepted), target(built, "basket")) == ([], [], 113)
    file = built.parent / "boutique.yaml"
    file.write_text(
        file.read_text(encoding="utf-8").replace("target: 113\n", "target: 120\n").replace("new: 113", "new: 120"),
        encoding="utf-8",
    )
    refresh_workbook(built, Options(backups=0), compute())
    assert target(built, "basket") == 120


def test_a_project_that_can_not_be_changed_safely_leaves_all_as_it_was(built: Path) -> None:
    file = built.parent / "boutique.yaml"
    project = load(file)
    lines = file.read_text(encoding="utf-8").splitlines()
    line = project.place("objectives", "basket", "target").line
    assert line is not None
    lines[line - 1] = lines[line - 1].replace("target: ", "target: &here ")
    file.write_text("\n".join(lines), encoding="utf-8")
    before = built.read_bytes(), file.read_bytes()
    with pytest.raises(DefinitionError) as refused:
        refresh_workbook(built, ACCEPT, compute())
    assert (refused.value.problems[0].code, refused.value.problems[0].place.line) == ("edit_unsafe", line)
    assert (built.read_bytes(), file.read_bytes()) == before
