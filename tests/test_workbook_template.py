"""Scorecards that somebody redesigned, used as templates: the design stays, the content is the project's."""

from __future__ import annotations

import html
import re
import warnings
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.chart import BarChart, Reference
from openpyxl.styles import Font
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.hyperlink import Hyperlink

from tests.checks import recalc, sdk
from tests.scorecards import TODAY, card, sample
from tests.workbooks import rewritten
from xlkpi.errors import InputError
from xlkpi.scorecard import Scorecard, scorecard
from xlkpi.workbook.build import build_workbook
from xlkpi.workbook.existing import read_existing
from xlkpi.workbook.package import Package
from xlkpi.workbook.sheet_names import legal_name

EURO = re.compile('formatCode="[^"]*€'.encode())


def parts(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as file:
        return {name: file.read(name) for name in file.namelist()}


def sheet_of(book: Any, table: str) -> Any:
    return next(sheet for sheet in book if table in sheet.tables)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a template: the sample's scorecard as somebody redesigned and used it."""
    folder = tmp_path_factory.mktemp("designed")
    path = folder / "ours.xlsx"
    build_workbook(card(), path, language="fr")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(path)
        book["Objectifs"]["B2"].font = Font(name="Georgia", size=20)
        book.move_sheet("Actions", -3)
        own = book.create_sheet("À nous", 1)
        own["A1"] = "notre page"
        data = sheet_of(book, "xlkpi_data")
        chart = BarChart()
        chart.add_data(Reference(data, min_col=5, min_row=1, max_row=data.max_row), titles_from_data=True)
        own.add_chart(chart, "B3")
        notes = sheet_of(book, "xlkpi_notes")
        notes["B11"], notes["E11"] = "basket", "une note confidentielle"
        book.save(path)
    old, new = "Tableau de bord", "Cockpit"  # as Excel renames: in every formula too, which openpyxl leaves alone
    rewritten(path, {n: c.replace(f"'{old}'".encode(), f"'{new}'".encode()).replace(
        f'name="{old}"'.encode(), f'name="{new}"'.encode()) for n, c in parts(path).items()})  # fmt: skip
    return folder


def other(home: Path, count: int, template: str = "ours.xlsx") -> Scorecard:
    """Another project in the folder of the template, with so many objectives."""
    project, data = sample()
    given = project.objectives
    objectives = tuple(replace(given[i % len(given)], id=f"o{i}", guards=(), parent=None) for i in range(count))
    named = replace(project, name=dict.fromkeys(("fr", "en"), "Autre maison"), objectives=objectives, folder=home,
                    template=template, files=(home / "other.yaml",), surveys=(), rubrics=(), main=None)  # fmt: skip
    return scorecard(named, data, today=TODAY)


@pytest.mark.parametrize("count", [1, 12])
def test_a_template_is_filled_for_any_number_of_objectives(home: Path, tmp_path: Path, count: int) -> None:
    made = other(home, count)
    out = tmp_path / "out.xlsx"
    build_workbook(made, out)
    before = sdk.faults(home / "ours.xlsx")
    assert [f for f in sdk.faults(out) if f not in before] == []
    assert recalc.differences(out, ("libreoffice",)) == []  # ironcalc takes blank cells of openpyxl for zeros
    book = openpyxl.load_workbook(out, data_only=True)
    assert book.sheetnames[:2] == ["Cockpit", "À nous"]
    assert book["Objectifs"]["B2"].font.name == "Georgia"
    assert len(book["À nous"]._charts) == 1
    assert book.properties.creator == "Autre maison"
    rows = list(sheet_of(book, "xlkpi_objectives").iter_rows(min_row=2, max_col=1, values_only=True))
    assert sorted(row[0] for row in rows if row[0]) == sorted(o.id for o in made.project.objectives)
    surveys = book["Enquêtes"]  # the project has none
    headers = {h for t in surveys.tables.values() for h in t.column_names}
    assert surveys.sheet_state == "hidden"
    assert {c.value for row in surveys for c in row if c.value is not None} <= headers
    assert not [name for name, content in parts(out).items() if b"confidentielle" in content]


def test_amounts_are_in_the_project_s_currency(home: Path, tmp_path: Path) -> None:
    made, out = other(home, 3), tmp_path / "out.xlsx"
    euros = {n for n, c in parts(home / "ours.xlsx").items() if EURO.search(c)}
    assert "xl/styles.xml" in euros
    assert len(euros) > 1, "charts have some, too"
    build_workbook(replace(made, project=replace(made.project, currency="CHF")), out)
    assert [n for n, c in parts(out).items() if EURO.search(c)] == []
    assert b"CHF" in parts(out)["xl/styles.xml"]


def test_what_a_template_lacks_is_listed(home: Path, tmp_path: Path) -> None:
    files = parts(home / "ours.xlsx")
    lacking = {n: c.replace(b'"xlkpi_series"', b'"mine"') for n, c in files.items()}
    lacking["xl/workbook.xml"] = lacking["xl/workbook.xml"].replace(b'"xlkpi_period_end"', b'"end"')
    rewritten(home / "lacking.xlsx", lacking)
    with pytest.raises(InputError) as caught:
        build_workbook(other(home, 1, "lacking.xlsx"), tmp_path / "out.xlsx")
    assert [p.code for p in caught.value.problems] == ["workbook_lacks_tables", "workbook_lacks_names"]
    assert "xlkpi_series" in str(caught.value)
    assert "xlkpi_period_end" in str(caught.value)
    assert not (tmp_path / "out.xlsx").exists()


def test_a_workbook_that_cannot_be_a_template_is_refused(home: Path, tmp_path: Path) -> None:
    openpyxl.Workbook().save(home / "plain.xlsx")
    (home / "macros.xlsm").write_bytes(b"")
    cases = {
        "plain.xlsx": "workbook_not_ours", "absent.xlsx": "template_missing", "../ours.xlsx": "template_missing",
        "macros.xlsm": "template_suffix",
    }  # fmt: skip
    (home.parent / "elsewhere.xlsx").write_bytes(b"")
    cases["../elsewhere.xlsx"] = "template_outside"
    made = other(home, 1)
    for name, code in cases.items():
        with pytest.raises(InputError) as caught:
            build_workbook(made, tmp_path / "out.xlsx", layout=name)
        assert [p.code for p in caught.value.problems] == [code], name
    with pytest.raises(InputError) as caught:
        build_workbook(made, home / "ours.xlsx")
    assert [p.code for p in caught.value.problems] == ["template_itself"]


def tabs_of(path: Path) -> dict[str, str]:
    """The names of the pages of KPIs by the objective's place."""
    with Package(path) as package:
        return {id: name for id, name in read_existing(package).sheets.items() if id.startswith("kpi_")}


def named_in(path: Path) -> set[str]:
    """The sheets that formulas, names, charts, links and pivot tables speak of."""
    found = set()
    for name, content in parts(path).items():
        if name.endswith((".xml", ".rels")):
            text = html.unescape(content.decode())
            for spoken in re.findall(r"'((?:[^']|'')+)'!\$?[A-Z]{0,3}\$?\d", text):
                found.add(spoken.replace("''", "'"))
            found |= set(re.findall(r'worksheetSource[^>]*\ssheet="([^"]*)"', text))
    return found


@pytest.fixture(scope="module")
def linked(home: Path) -> Path:
    """The template with a page of people's that leads to the pages of KPIs in every way, and one tab of their own."""
    path = home / "linked.xlsx"
    tabs = tabs_of(home / "ours.xlsx")
    first, second = tabs["kpi_S1"], tabs["kpi_S2"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(home / "ours.xlsx")
        page = book["À nous"]
        page["A2"] = f"='{first}'!B3&\"'{first}'!B3\""
        page["A3"] = f'=HYPERLINK("#\'{first}\'!B3","there")'
        page["A4"] = f"=SUM('{first}:{tabs['kpi_S3']}'!D3)"
        page["A5"] = "there"
        page["A5"].hyperlink = Hyperlink(ref="A5", location=f"'{first}'!B3", display="there")
        rule = DataValidation(type="list", formula1=f"='{first}'!$B$10:$B$12")
        rule.add("A6")
        page.add_data_validation(rule)
        chart = BarChart()
        chart.add_data(Reference(book[first], min_col=3, min_row=8, max_row=12))
        page.add_chart(chart, "B20")
        book[first].print_title_rows = "1:5"
        book.defined_names["ours"] = DefinedName("ours", attr_text=f"'{first}'!$B$3")
        book.save(path)
    rewritten(path, {n: c.replace(f"'{second}'".encode(), b"'The second one'").replace(
        f'name="{second}"'.encode(), b'name="The second one"') for n, c in parts(path).items()})  # fmt: skip
    return path


def secondary(home: Path, template: str, count: int) -> Scorecard:
    """Another project, of objectives that have no page in the template: as many primary ones, the first strategic."""
    project, data = sample()
    given = [o for o in project.objectives if not o.primary and o.kpi][:count]
    objectives = tuple(replace(o, id=f"p{i}", level="operational" if i else "strategic", primary=True, priority=i + 1,
                               guards=(), parent=None) for i, o in enumerate(given))  # fmt: skip
    changed = replace(other(home, 1, template).project, objectives=objectives)
    return scorecard(changed, data, today=TODAY)


def test_tabs_of_a_template_are_called_after_the_project_s_kpis(linked: Path, home: Path) -> None:
    made, out = secondary(home, "linked.xlsx", 2), home / "again.xlsx"
    build_workbook(made, out)
    before, now = tabs_of(linked), tabs_of(out)
    first, second = (legal_name(str(result.kpi.name["fr"]), ()) for result in made.results if result.kpi)
    unused = {id: id.removeprefix("kpi_") for id in before}
    assert now == unused | {"kpi_S1": first, "kpi_O1": second, "kpi_S2": "The second one"}
    sheets = openpyxl.load_workbook(out, read_only=True).sheetnames
    in_text = before["kpi_S1"]  # a text that is no link is people's, see below
    assert named_in(out) & set(before.values()) == {"The second one", in_text}
    assert {n for name in named_in(out) for n in name.split(":")} <= {*sheets, in_text}
    text = "".join(html.unescape(c.decode()) for n, c in parts(out).items() if n.endswith(".xml"))
    page = openpyxl.load_workbook(out)["À nous"]
    assert page["A2"].value == f"='{first}'!B3&\"'{before['kpi_S1']}'!B3\""
    assert page["A3"].value == f'=HYPERLINK("#\'{first}\'!B3","there")'
    assert page["A4"].value == f"=SUM('{first}:S3'!D3)"
    assert page["A5"].hyperlink.location == f"'{first}'!B3"
    for reference in ("$B$10:$B$12", "$C$8:$C$12", "$1:$5", "$B$3"):
        assert f"'{first}'!{reference}" in text, reference
    old = sdk.faults(linked)
    assert [f for f in sdk.faults(out) if f not in old] == []
    build_workbook(secondary(home, "again.xlsx", 1), home / "third.xlsx")
    assert tabs_of(home / "third.xlsx") == unused | {"kpi_S1": first, "kpi_S2": "The second one"}
