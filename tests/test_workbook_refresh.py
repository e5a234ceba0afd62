"""Workbooks that people edited, refreshed: the data are new, and what people did is as it was."""

from __future__ import annotations

import time
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.comments import Comment
from openpyxl.utils import range_boundaries

from tests.checks import recalc, sdk
from tests.checks.reading import Book
from tests.edits import Edited, put_cell
from tests.scorecards import BEFORE, sample, write_built
from tests.scorecards import compute as computed_today
from tests.workbooks import rewritten
from xlkpi.errors import InputError
from xlkpi.objectives import Project
from xlkpi.scorecard import Scorecard
from xlkpi.workbook.cells import read_cells, read_strings
from xlkpi.workbook.formula_text import plain_sheet
from xlkpi.workbook.package import Package
from xlkpi.workbook.refresh import Options, refresh_workbook


def parts(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as file:
        return {name: file.read(name) for name in file.namelist()}


def compute(project: Project | None = None) -> Callable[[Project], Scorecard]:
    """The scorecard of today, computed once; of another project where one is given."""
    return lambda loaded: computed_today(project or loaded)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sample's project, and its workbook as it was on an earlier day."""
    folder = tmp_path_factory.mktemp("home")
    write_built(folder)
    return folder


@pytest.fixture
def built(home: Path) -> Path:
    """A copy of the workbook beside its project."""
    path = home / f"copy-{time.monotonic_ns()}.xlsx"
    path.write_bytes((home / "built.xlsx").read_bytes())
    return path


def edited(path: Path, edit: Callable[[Any], None]) -> Path:
    """The workbook after somebody's work with openpyxl."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(path)
        edit(book)
        book.save(path)
    return path


def table(book: Any, name: str) -> tuple[Any, Any]:
    """The sheet of a table, and the table."""
    return next((sheet, sheet.tables[name]) for sheet in book if name in sheet.tables)


def test_a_refresh_gives_the_values_of_a_new_build(built: Path, tmp_path: Path) -> None:
    done = refresh_workbook(built, Options(), compute())
    assert done.differences.as_of == (BEFORE, date(2026, 3, 8))
    assert done.replaced == []
    assert sdk.faults(built) == []
    assert recalc.differences(built, ("ironcalc",)) == []
    assert built.with_name(f"{built.stem}.backup.xlsx").exists()


def test_a_refresh_without_news_changes_no_page(built: Path) -> None:
    refresh_workbook(built, Options(), compute())
    before = parts(built)
    done = refresh_workbook(built, Options(backups=0), compute())
    assert done.differences.moved == []
    changed = {name for name, content in parts(built).items() if content != before[name]}
    pages = {p for p in changed if "worksheets/" in p}
    assert len(pages) <= 5  # the data tables, and the hidden sheets; the first page tells that nothing moved
    assert parts(built).keys() == before.keys()


def test_a_dry_run_writes_nothing(built: Path) -> None:
    before = built.read_bytes()
    done = refresh_workbook(built, Options(dry_run=True), compute())
    assert done.dry_run
    assert done.differences.moved
    assert built.read_bytes() == before


def test_what_people_did_stays(built: Path) -> None:
    def edit(book: Any) -> None:
        own = book.create_sheet("Mes notes", 0)
        own["A1"], own["B1"] = "à moi", "=1+1"
        first = book["Tableau de bord"]
        first["C9"].comment = Comment("vu", "Ana")
        first["D16"] = 1234
        notes, _ = table(book, "xlkpi_notes")
        notes["B11"], notes["E11"], notes["F11"] = "basket", "Une note", "Ana"
        targets, _ = table(book, "xlkpi_objectives")
        headers = [cell.value for cell in targets[1]]
        for row in range(2, targets.max_row + 1):
            if targets.cell(row, 1).value == "basket":
                targets.cell(row, headers.index("Cible") + 1).value = 113.0
        data, found = table(book, "xlkpi_data")
        row = data.max_row + 1
        data.cell(row, 1).value, data.cell(row, 3).value = date(2026, 2, 1), "Radio"
        found.ref = found.autoFilter.ref = found.ref.rstrip("0123456789") + str(row)

    before = parts(edited(built, edit))
    faults = sdk.faults(built)
    done = refresh_workbook(built, Options(), compute())
    assert done.replaced == [("Tableau de bord", "D16")]
    assert [(t.objective, t.column, t.workbook) for t in done.differences.typed] == [("basket", "target", 113.0)]
    assert done.rows["xlkpi_data"].people == 1
    assert [f for f in sdk.faults(built) if f not in faults] == []
    after = parts(built)
    untouched = [n for n in before if "comment" in n.lower() or "drawing" in n.lower() or "styles" in n or "theme" in n]
    assert untouched
    assert [n for n in untouched if after[n] != before[n]] == []
    book = openpyxl.load_workbook(built)
    assert book.sheetnames[0] == "Mes notes"
    assert book["Mes notes"]["A1"].value == "à moi"
    assert book["Tableau de bord"]["D16"].value == 1234
    assert table(book, "xlkpi_notes")[0]["E11"].value == "Une note"
    data, found = table(book, "xlkpi_data")
    assert data.cell(int(found.ref.split(":")[1].lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")), 3).value == "Radio"
    differing = [d for d in recalc.differences(built, ("libreoffice",)) if d.sheet not in ("Mes notes",)]
    assert differing == []


def test_a_chosen_day_and_channel_stay_chosen(built: Path) -> None:
    def edit(book: Any) -> None:
        page = book["Tableau de bord"]
        place = {n: book.defined_names[n].attr_text.split("!")[1].replace("$", "") for n in book.defined_names}
        page[place["xlkpi_as_of"]] = date(2026, 1, 31)

    edited(built, edit)
    refresh_workbook(built, Options(), compute())
    page = next(s for s in Book(built).sheets if s.name == "Tableau de bord")
    assert any(c.value == "Situation au 31\u00a0janv. 2026" for c in page.listed)


WHEN = datetime(2026, 2, 20)
#: A row of each table that people fill around the objectives, by header.
TYPED: dict[str, dict[str, Any]] = {
    "xlkpi_competitors": {"Concurrent": "Nouveau", "Chiffre": "followers", "Valeur": 5000},
    "xlkpi_swot": {"Nature": "Force", "Élément": "Une liste fidèle", "Objectif": "email_clicks"},
    "xlkpi_surveys": {"Enquête": "Satisfaction (CSAT)", "Date": WHEN, "Réponses": 100, "Favorables": 90},
    "xlkpi_rubrics": {"Sujet": "Qualité des contenus", "Critère": "Ton", "Date": WHEN, "Note": 5, "Poids": 2},
    "xlkpi_journal": {"Date": WHEN, "Clé": "basket", "Quoi et pourquoi": "Écrit à la main", "Par": "Ana"},
    "xlkpi_experiments": {"Test": "le_mien", "Clé": "basket", "Effectif A": 1000, "Effectif B": 1000},
}  # fmt: skip


def rows_of(book: Any, name: str) -> tuple[Any, dict[str, int], list[int]]:
    """A table's sheet, its columns by header, and its rows."""
    sheet, found = table(book, name)
    left, top, right, bottom = range_boundaries(found.ref)
    return sheet, {sheet.cell(top, c).value: c for c in range(left, right + 1)}, list(range(top + 1, bottom + 1))


def told(path: Path) -> dict[str, list[dict[str, Any]]]:
    """The rows of each such table with something in their first column, as Excel shows them before it recalculates."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(path, data_only=True)
    found = {}
    for name in (*TYPED, "xlkpi_alerts", "xlkpi_reviews"):
        sheet, columns, rows = rows_of(book, name)
        values = [{header: sheet.cell(row, c).value for header, c in columns.items()} for row in rows]
        found[name] = [row for row in values if next(iter(row.values())) not in (None, "")]
    return found


def test_what_people_decided_stays_and_what_is_new_is_added_once(built: Path) -> None:
    before = told(built)
    alert, review = before["xlkpi_alerts"][0], before["xlkpi_reviews"][0]

    def edit(book: Any) -> None:
        for name, typed in TYPED.items():
            sheet, columns, rows = rows_of(book, name)
            free = next(r for r in rows if sheet.cell(r, min(columns.values())).value in (None, ""))
            for header, value in typed.items():
                sheet.cell(free, columns[header]).value = value
        for name, decided in (
            ("xlkpi_alerts", {"Prise en compte par": "Ana", "Décision": "Couper"}),
            ("xlkpi_reviews", {"1 Analyse": "La mienne", "3 Réaction": "R", "4 Décision": "D"}),
        ):
            sheet, columns, rows = rows_of(book, name)
            for header, value in decided.items():
                sheet.cell(rows[0], columns[header]).value = value

    edited(built, edit)
    refresh_workbook(built, Options(), compute())
    once = told(built)
    for name, typed in TYPED.items():
        assert len([row for row in once[name] if typed.items() <= row.items()]) == 1, name
    seen = [r for r in once["xlkpi_alerts"] if (r["Clé"], r["Cause"]) == (alert["Clé"], alert["Cause"])]
    assert [(r["Prise en compte par"], r["Décision"]) for r in seen] == [("Ana", "Couper")]
    assert seen[0]["État"] != alert["État"]
    held = [r for r in once["xlkpi_reviews"] if (r["Revue"], r["Clé"]) == (review["Revue"], review["Clé"])]
    assert [(r["1 Analyse"], r["3 Réaction"], r["4 Décision"]) for r in held] == [("La mienne", "R", "D")]
    assert held[0]["2 Interprétation"] == review["2 Interprétation"]
    assert {r["Revue"] for r in once["xlkpi_reviews"]} > {review["Revue"]}  # March's are added
    refresh_workbook(built, Options(backups=0), compute())
    assert told(built) == once


def test_an_action_that_people_deleted_stays_out(built: Path) -> None:
    gone: list[Any] = []

    def edit(book: Any) -> None:
        sheet, found = table(book, "xlkpi_actions")
        cells = sheet[found.ref][1]
        gone.append(cells[2].value)
        for cell in (cells[0], *cells[2:]):
            cell.value = None

    edited(built, edit)
    done = refresh_workbook(built, Options(), compute())
    sheet, found = table(openpyxl.load_workbook(built), "xlkpi_actions")
    assert "xlkpi_actions" not in done.added
    assert gone[0]
    assert gone[0] not in {row[2].value for row in sheet[found.ref]}


@pytest.mark.parametrize("count", [1, 25])
def test_objectives_come_and_go(built: Path, count: int) -> None:
    project, _ = sample()
    many = [replace(o, id=f"{o.id}_{i}", guards=(), parent=None) for i in range(3) for o in project.objectives]
    changed = replace(project, objectives=tuple((*project.objectives[:1], *many)[:count]))
    done = refresh_workbook(built, Options(), compute(changed))
    assert done.rows["xlkpi_objectives"].rows == count
    assert sdk.faults(built) == []
    assert recalc.differences(built, ("libreoffice",) if count == 1 else ("ironcalc",)) == []


def test_a_workbook_that_is_not_ours_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.xlsx"
    openpyxl.Workbook().save(path)
    with pytest.raises(InputError, match=r"not made by xlkpi|pas été fait par xlkpi"):
        refresh_workbook(path)


def test_two_refreshes_at_once_are_told_apart(built: Path) -> None:
    def again(project: Project) -> Scorecard:
        with pytest.raises(InputError) as found:
            refresh_workbook(built, Options(), compute())
        assert found.value.problems[0].code == "workbook_busy"
        return compute()(project)

    refresh_workbook(built, Options(), again)


def test_a_workbook_that_changes_meanwhile_is_left_as_it_is(built: Path) -> None:
    def meanwhile(project: Project) -> Scorecard:
        built.write_bytes(built.read_bytes() + b"\0")
        return compute()(project)

    with pytest.raises(InputError) as found:
        refresh_workbook(built, Options(), meanwhile)
    assert found.value.problems[0].code == "workbook_changed_meanwhile"
    assert built.read_bytes().endswith(b"\0")


def encrypted(path: Path) -> None:
    path.write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(5000))


def newer(path: Path) -> None:
    with Package(path) as package:
        sheet = plain_sheet(package.names["xlkpi_version"].rpartition("!")[0])
        cells = read_cells(package, package.sheets[sheet], read_strings(package))
    row = next(row for (row, _), cell in cells.items() if cell.value == "format")
    with Edited(path) as book:
        put_cell(book, sheet, f"B{row + 1}", 1000.0)


def with_entry(name: str, content: bytes) -> Callable[[Path], None]:
    def add(path: Path) -> None:
        with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as file:
            file.writestr(name, content)

    return add


def no_zip(path: Path) -> None:
    path.write_bytes(b"no workbook")


def beside(name: str) -> Callable[[Path], None]:
    return lambda path: path.with_name(name.format(path.name)).touch()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (encrypted, "workbook_encrypted"),
        (with_entry("xl/zeros.xml", bytes(100 << 20)), "workbook_bomb"),
        (with_entry("../out.xml", b"<x/>"), "workbook_unsafe_name"),
        (newer, "workbook_newer"),
        (no_zip, "workbook_other_format"),
        (beside("~${}"), "workbook_open"),
        (beside(".~lock.{}#"), "workbook_open"),
    ],
    ids=["encrypted", "bomb", "outside", "newer", "no zip", "open in Excel", "open in LibreOffice"],
)
def test_what_can_not_be_refreshed_is_refused_and_left_whole(
    built: Path, change: Callable[[Path], None], code: str
) -> None:
    change(built)
    before, files = built.read_bytes(), sorted(built.parent.iterdir())
    with pytest.raises(InputError) as refused:
        refresh_workbook(built, Options(), compute())
    assert [problem.code for problem in refused.value.problems] == [code]
    assert refused.value.text("fr") != refused.value.text("en")
    assert built.read_bytes() == before
    assert sorted(built.parent.iterdir()) == files


def test_macros_and_images_keep_their_bytes(built: Path) -> None:
    """The workbook saved with macros in Excel: other content types, and parts that xlkpi never writes."""
    macros, image = bytes(range(256)) * 40, b"\x89PNG\r\n\x1a\n" + bytes(range(256))
    content = parts(built)
    kind = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    types = content["[Content_Types].xml"].replace(kind, b"application/vnd.ms-excel.sheet.macroEnabled.main+xml")
    assert types != content["[Content_Types].xml"]
    known = b'<Default Extension="bin" ContentType="application/vnd.ms-office.vbaProject"/>'
    content["[Content_Types].xml"] = types.replace(b"<Default ", known + b"<Default ", 1)
    kind = b"http://schemas.microsoft.com/office/2006/relationships/vbaProject"
    relation = b'<Relationship Id="rIdMacros" Type="' + kind + b'" Target="vbaProject.bin"/></Relationships>'
    relations = "xl/_rels/workbook.xml.rels"
    content[relations] = content[relations].replace(b"</Relationships>", relation)
    own = {"xl/vbaProject.bin": macros, "xl/media/own.png": image, "customUI/customUI14.xml": b"<customUI/>"}
    path = rewritten(built.with_suffix(".xlsm"), content | own)
    with zipfile.ZipFile(path) as file:
        packed = {name: file.getinfo(name).compress_size for name in own}
    refresh_workbook(path, Options(backups=0), compute())
    after = parts(path)
    assert {name: after[name] for name in own} == own
    assert after["[Content_Types].xml"] == content["[Content_Types].xml"]
    assert relation in after[relations]
    with zipfile.ZipFile(path) as file:
        assert {name: file.getinfo(name).compress_size for name in own} == packed
