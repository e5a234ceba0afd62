"""Workbooks of values: what is seen is the same, and nothing is behind it."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest

from tests.checks import lint, sdk
from tests.checks.reading import Book
from tests.scorecards import card
from xlkpi.workbook.build import build_workbook
from xlkpi.workbook.conditions import holds
from xlkpi.workbook.values import write_values


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("values") / "live.xlsx"
    build_workbook(card(), path, language="fr")
    return path


@pytest.fixture(scope="module")
def values(live: Path) -> Path:
    path = live.with_name("values.xlsx")
    silent = {"Cases jaunes\u00a0: à choisir ou à remplir"}
    write_values(live, path, title="Copie", omit={"Explorateur"}, silent=silent, colours={"#FFF7DB": "#FFFFFF"})
    return path


def parts(path: Path) -> dict[str, str]:
    with zipfile.ZipFile(path) as package:
        return {name: package.read(name).decode() for name in package.namelist()}


def test_no_formula_and_nothing_hidden_is_left(values: Path) -> None:
    held = parts(values)
    assert {
        part
        for part, text in held.items()
        if re.search(r"<f[ >/]|<c:f>|hidden=\"1\"|state=\"(?:hidden|veryHidden)|textlink=\"[^\"]", text)
    } == set()
    for word in ("definedName", "dataValidation", "calcPr", "tablePart", "Calc", "xlkpi_", "sha256", "externalLink"):
        assert {part for part, text in held.items() if word in text} == set(), word
    assert not {part for part in held if "sharedStrings" in part or "tables/" in part or "calcChain" in part}
    assert "<dc:title>Copie</dc:title>" in held["docProps/core.xml"]


def test_conditions_are_decided_for_good(values: Path) -> None:
    formulas = {f for text in parts(values).values() for f in re.findall(r"<formula>(.*?)</formula>", text)}
    assert formulas == {"TRUE"}


def test_excel_would_open_it(values: Path) -> None:
    assert sdk.faults(values) == []
    assert lint.lint(values) == []


def test_the_pages_show_what_the_live_ones_show(live: Path, values: Path) -> None:
    before = {sheet.name: sheet for sheet in Book(live).sheets}
    names = [sheet.name for sheet in Book(values).sheets]
    assert names[:3] == ["Tableau de bord", "Alertes", "Objectifs"]
    assert not {"Explorateur", "Données", "Séries", "Cibles", "Calc"} & set(names)
    for sheet in Book(values).sheets:
        shown = {c.address: c.value for c in sheet.listed if c.value not in (None, "")}
        known = {c.address: c.value for c in before[sheet.name].listed}
        assert shown
        assert {a: v for a, v in shown.items() if known[a] != v} == {}


def test_nothing_asks_to_be_chosen_or_filled_in(values: Path) -> None:
    held = parts(values)
    assert "▾" not in held["xl/styles.xml"]
    assert "FFF7DB" not in held["xl/styles.xml"]
    assert {part for part, text in held.items() if "Cases jaunes\u00a0: à choisir" in text} == set()


def test_charts_hold_their_numbers_and_leave_gaps(live: Path, values: Path) -> None:
    held = parts(values)
    charts = [text for part, text in held.items() if part.startswith("xl/charts/")]
    assert len(charts) > 10
    assert all("<c:numLit>" in text and "Ref>" not in text for text in charts)
    points = re.findall(r"<c:pt idx=\"\d+\"><c:v>(.*?)</c:v>", "".join(charts))
    assert points
    assert not [p for p in points if p.startswith("#")]


@pytest.mark.parametrize(
    ("formula", "shift", "expected"),
    [
        ('$A$1="●"', (0, 0), True), ('$A1="●"', (1, 0), False), ("B1>0", (0, 0), True), ("B1>0", (1, 0), False),
        ("AND(ISNUMBER($B$1),$B$1<0)", (0, 0), False), ("AND(ISNUMBER(B2),B2<0)", (0, 0), True),
        ('LEFT($A$1,1)="●"', (0, 0), True), ('OR(A1="x",NOT(B1=0))', (0, 0), True), ("$B$2=-1", (0, 0), True),
        ('C1=""', (0, 0), True), ("C1=0", (0, 0), True), ('A1="a""b"', (0, 0), False), ("TRUE", (0, 0), True),
        ("SUM(A1:B2)>0", (0, 0), None), ("Other!A1=1", (0, 0), None), ("A1=", (0, 0), None), ("(A1", (0, 0), None),
        ("EXEC(A1)", (0, 0), None), ("", (0, 0), None),
    ],
)  # fmt: skip
def test_a_condition_is_read_as_a_spreadsheet_does(formula: str, shift: tuple[int, int], expected: bool | None) -> None:
    assert holds(formula, {(1, 1): "●", (2, 1): "x", (1, 2): 5.0, (2, 2): -1.0}, shift) is expected
