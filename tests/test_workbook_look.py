"""What a manager sees: differences that read zero, gaps in charts, what is printed, and how large the file is."""

from __future__ import annotations

import re
import shutil
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest

from tests.checks import render
from tests.checks.reading import Book
from tests.engines import require
from tests.scorecards import TODAY, card, sample
from tests.small_shop import Shop
from xlkpi.objectives import load
from xlkpi.scorecard import scorecard
from xlkpi.workbook.build import build_workbook

PAGE = "Tableau de bord"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("look") / "fr.xlsx"
    build_workbook(card(), path, language="fr")
    return path


def test_a_difference_that_reads_zero_has_no_sign_and_no_colour(tmp_path: Path) -> None:
    project, data = sample()
    basket = project.by_id["basket"]
    actual = scorecard(project, data, today=TODAY).by_id["basket"].actual
    near = replace(basket, kind="stay_above", target=actual + 0.004, baseline=None, failure=None, guards=())
    path = tmp_path / "near.xlsx"
    build_workbook(scorecard(replace(project, objectives=(near,)), data, today=TODAY), path, language="fr")
    cells = next(s for s in Book(path).sheets if s.name == PAGE).cells
    row = next(int(a[1:]) for a, c in cells.items() if a[0] == "C" and c.value == "Panier moyen" and int(a[1:]) < 30)
    assert cells[f"G{row}"].value == 0
    assert cells[f"Q{row + 1}"].value == "0", "the effect, from which the colour follows"


def test_what_has_no_value_is_a_gap_in_a_chart_s_own_copy(built: Path) -> None:
    with zipfile.ZipFile(built) as file:
        charts = [file.read(n).decode() for n in file.namelist() if n.startswith("xl/charts/chart")]
    assert not [chart for chart in charts if "#N/A" in chart]
    plans = [s for chart in charts for s in re.findall(r"<c:ser>.*?</c:ser>", chart, re.DOTALL) if ">Plan<" in s]
    assert plans
    for series in plans:
        values = re.search(r"<c:val>.*?</c:val>", series, re.DOTALL)
        assert values
        count = re.search(r'ptCount val="(\d+)"', values[0])
        assert count
        assert len(re.findall("<c:pt ", values[0])) < int(count[1]), "an objective has no plan before it starts"


@pytest.mark.filterwarnings("ignore::UserWarning:openpyxl")
def test_a_level_that_is_done_shows_its_percentage_in_its_narrow_cell(built: Path) -> None:
    page = openpyxl.load_workbook(built)[PAGE]
    for address in ("L12", "O12"):
        assert page[address].number_format.endswith("%")
        assert page[address].alignment.shrinkToFit, "otherwise LibreOffice has ### for 100 %"


def test_tables_of_numbers_print_their_beginning_and_people_s_tables_whole(built: Path) -> None:
    areas = {n.sheet: n.formula for n in Book(built).names if n.name == "_xlnm.Print_Area"}
    assert re.fullmatch(r".*!\$A\$1:\$[A-Z]+\$49", areas["Données"])
    assert re.fullmatch(r".*!\$A:\$[A-Z]+", areas["Actions"])
    assert "Séries" not in {s.name for s in Book(built).sheets if s.visible}


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_sample_stays_small(language: str, tmp_path: Path) -> None:
    build_workbook(card(), tmp_path / "made.xlsx", language=language)
    assert (tmp_path / "made.xlsx").stat().st_size < 400_000


@pytest.mark.parametrize("language", ["fr", "en"])
def test_nothing_that_is_printed_reads_as_number_signs(tmp_path: Path, language: str) -> None:
    if (missing := render.available()) or not shutil.which("pdftotext"):
        require(missing or f"pdftotext is not installed: {render.HOW_TO_GET}")
    shop = Shop(tmp_path)
    shop.write()
    build_workbook(scorecard(load(shop.project)), shop.workbook, language=language)
    pdf = render.to_pdf(shop.workbook, tmp_path, language)
    printed = subprocess.run(["pdftotext", pdf, "-"], check=True, capture_output=True, text=True).stdout
    assert "##" not in printed
