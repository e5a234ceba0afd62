"""Workbooks of older versions become ones of this version, with everything that people wrote.

``fixtures/older`` was built by xlkpi as it was before reviews, experiments, the journal and the archive.
"""

from __future__ import annotations

import json
import re
import shutil
import warnings
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.comments import Comment

from tests.checks import recalc, sdk
from tests.checks.reading import Book
from tests.edits import MICROSOFT, RELATIONS, TYPES, Edited
from tests.edits_drawn import add_macros
from tests.test_workbook_archive import content
from tests.test_workbook_refresh import edited, newer, table
from xlkpi.cli_upgrade import as_text
from xlkpi.errors import InputError
from xlkpi.language import use
from xlkpi.objectives import Project, load
from xlkpi.scorecard import Scorecard, read_data, scorecard
from xlkpi.workbook import state
from xlkpi.workbook.book import Book as Book_
from xlkpi.workbook.build import build_workbook
from xlkpi.workbook.calculation import Calculation
from xlkpi.workbook.functions import and_, if_, is_number
from xlkpi.workbook.live import Live
from xlkpi.workbook.pages import PAGES
from xlkpi.workbook.pages.experiments import TABLE
from xlkpi.workbook.people import Column, PeopleTable, TableRow, write_people
from xlkpi.workbook.refresh import Options, refresh_workbook
from xlkpi.workbook.state import FORMAT
from xlkpi.workbook.upgrade import Upgraded, upgrade_workbook

OLDER = Path(__file__).parent / "fixtures" / "older"


def compute(project: Project, *, empty: bool = False) -> Scorecard:
    return scorecard(project, read_data(project, empty=empty), today=date(2026, 4, 2))


def upgrade(path: Path, *, leave: bool = False, **options: Any) -> Upgraded:
    return upgrade_workbook(path, Options(**options), compute, leave=leave)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """An old workbook beside its project."""
    shutil.copytree(OLDER, tmp_path / "older")
    return tmp_path / "older" / "scorecard.xlsx"


def written_in(book: Any) -> None:
    """What people write: a note, a target, who does an action, and an action of their own."""
    notes, _ = table(book, "xlkpi_notes")
    notes["B11"], notes["D11"], notes["E11"] = "roi_paid", date(2026, 3, 2), "The fair was in March"
    targets, _ = table(book, "xlkpi_objectives")
    headers = [cell.value for cell in targets[1]]
    row = next(r for r in range(2, targets.max_row + 1) if targets.cell(r, 1).value == "ctr_search")
    targets.cell(row, headers.index("Target") + 1).value = 0.035
    actions, found = table(book, "xlkpi_actions")
    first, second = actions[found.ref][1:3]
    first[3].value = "Léa"
    second[0].value, second[2].value, second[3].value = "roi_paid", "Try another slogan", "Zoé"


def test_notes_targets_and_actions_of_an_old_workbook_are_kept(old: Path) -> None:
    before = edited(old, written_in).read_bytes()
    told = upgrade(old, dry_run=True)
    assert old.read_bytes() == before
    assert sorted(p.name for p in old.parent.iterdir()) == ["data", "project.yaml", "scorecard.xlsx"]
    with use("fr"):
        assert "serait mis à niveau vers xlkpi" in as_text(told)
    done = upgrade(old)
    assert done.as_json() | {"dry_run": True, "backup": None} == told.as_json()
    assert {"Reviews", "Experiments", "Journal", "Archive"} <= set(done.pages)
    assert done.typed == [("ctr_search", "target")]
    assert done.backup is not None
    assert done.backup.read_bytes() == before
    (note,) = content(old, "xlkpi_notes")
    assert note[3] == "The fair was in March"
    actions = [(row[2], row[3]) for row in content(old, "xlkpi_actions")]
    assert actions == [("Cut the weakest campaign", "Léa"), ("Try another slogan", "Zoé")]
    assert sdk.faults(old) == []
    assert recalc.differences(old, ("ironcalc",)) == []
    assert upgrade(old).current
    later = refresh_workbook(old, Options(backups=0), compute)
    assert [(t.objective, t.project, t.workbook) for t in later.differences.typed] == [("ctr_search", 0.03, 0.035)]
    assert (later.replaced, later.older) == ([], False)


def test_a_refresh_that_can_not_follow_names_the_upgrade_and_writes_nothing(old: Path) -> None:
    """An older format; or one of today's with a page that had less on the hidden calculation sheet."""
    with pytest.raises(InputError, match="xlkpi upgrade") as refused:
        refresh_workbook(old, Options(backups=0), compute)
    assert refused.value.problems[0].code == "workbook_older"
    stamped(old, FORMAT)
    before = old.read_bytes()
    with pytest.raises(InputError, match="xlkpi upgrade") as refused:
        refresh_workbook(old, Options(backups=0), compute)
    assert refused.value.problems[0].code == "workbook_outgrown"
    assert old.read_bytes() == before


def with_macros(old: Path) -> tuple[Path, dict[str, bytes]]:
    """The workbook as saved with macros and a ribbon of its own, and the bytes of both."""
    path = old.with_suffix(".xlsm")
    with Edited(old) as book:
        own = {"xl/vbaProject.bin": add_macros(book), "xl/vbaProjectSignature.bin": b"signed", **RIBBON}
        book.add("xl/vbaProjectSignature.bin", b"signed", "application/vnd.ms-office.vbaProjectSignature")
        book.relate(
            "xl/vbaProject.bin", "xl/vbaProjectSignature.bin", f"{MICROSOFT}/2006/relationships/vbaProjectSignature"
        )
        book.extension("png", "image/png")
        for part, content in RIBBON.items():
            book.add(part, content)
        book.relate("", "customUI/customUI14.xml", f"{MICROSOFT}/2007/relationships/ui/extensibility")
        book.relate("customUI/customUI14.xml", "customUI/images/own.png", f"{RELATIONS}/image")
        book.change(book.workbook, lambda xml: xml.replace("<workbookPr ", '<workbookPr codeName="CeClasseur" ', 1))
        properties = re.compile(r"<sheetPr(?=[ >/])")
        part = book.sheets["Notes"]
        book.change(part, lambda xml: properties.sub('<sheetPr codeName="Feuil7"', xml, count=1))
        book.save(path)
    old.unlink()
    return path, own


RIBBON = {
    "customUI/customUI14.xml": b'<customUI xmlns="http://schemas.microsoft.com/office/2009/07/customui"/>',
    "customUI/images/own.png": b"\x89PNG\r\n\x1a\n",
}


def test_macros_of_an_old_workbook_keep_their_bytes_and_their_modules(old: Path) -> None:
    path, own = with_macros(edited(old, written_in))
    done = upgrade(path)
    assert [row[3] for row in content(path, "xlkpi_notes")] == ["The fair was in March"]
    assert done.left == []
    book = Edited(path)
    assert {part: book.parts[part] for part in own} == own
    assert book.related(book.workbook, "vbaProject") == "xl/vbaProject.bin"
    assert book.related("xl/vbaProject.bin", "vbaProjectSignature") == "xl/vbaProjectSignature.bin"
    assert book.related("", "extensibility") == "customUI/customUI14.xml"
    assert book.related("customUI/customUI14.xml", "image") == "customUI/images/own.png"
    kinds = book.text(TYPES)
    assert kinds.count("application/vnd.ms-excel.sheet.macroEnabled.main+xml") == 1
    assert kinds.count('application/vnd.ms-office.vbaProject"') == 1
    assert re.findall(r'<sheetPr[^>]*codeName="(\w+)"', book.text(book.sheets["Notes"])) == ["Feuil7"]
    assert re.findall(r'<workbookPr[^>]*codeName="(\w+)"', book.text(book.workbook)) == ["CeClasseur"]
    assert sdk.faults(path) == []


EXPERIMENTS = """
experiments:
  - {id: pages, hypothesis: H, a: {trials: 4120, successes: 92}, b: {trials: 4087, successes: 131}}
  - {id: baskets, hypothesis: H, a: {trials: 400, mean: 50, deviation: 10}, b: {trials: 400, mean: 54, deviation: 12}}
"""


def log_of_rates(book: Book_, made: Calculation) -> None:
    """The log of experiments as it was before there were means in it."""

    def rate(row: TableRow) -> Live:
        good, trials = row["successes_a"], row["trials_a"]
        return if_(and_(is_number(good), is_number(trials)), good / trials, "")

    typed = [replace(TABLE.column(code), form=None) for code in ("id", "trials_a", "successes_a", "lesson")]
    columns = (*typed[:3], Column("rate_a", "computed", 62, compute=rate, form="percent2"), typed[3])
    table = PeopleTable("experiments", "xlkpi_experiments", columns, keys=("id",))
    headers = {"id": "Experiment", "trials_a": "A saw", "successes_a": "A did", "rate_a": "Rate A", "lesson": "Lesson"}
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(PeopleTable, "headers", lambda self, _: headers)
        write_people(book, made, table, [{"id": "pages", "trials_a": 4120, "successes_a": 92}])


def test_a_log_without_columns_for_means_is_refreshed_as_it_is_and_upgraded(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = old.parent / "project.yaml"
    project.write_text(project.read_text(encoding="utf-8") + EXPERIMENTS, encoding="utf-8")
    with monkeypatch.context() as then:
        then.setitem(PAGES, "experiments", log_of_rates)
        then.setattr(state, "EDITION", 1)
        build_workbook(compute(load(project)), old, language="en")

    def mine(book: Any) -> None:
        sheet, found = table(book, "xlkpi_experiments")
        for cell, value in zip(sheet[found.ref][2], ("mine", 1000, 50), strict=False):
            cell.value = value

    edited(old, mine)
    done = refresh_workbook(old, Options(backups=0), compute)
    assert (done.older, done.added) == (True, {"xlkpi_experiments": 1})
    log = [row[:3] for row in content(old, "xlkpi_experiments")]
    assert log == [("pages", 4120, 92), ("mine", 1000, 50), ("baskets", 400, None)]
    assert recalc.differences(old, ("libreoffice",)) == []
    made = upgrade(old)
    assert (made.rows["xlkpi_experiments"], made.left) == (3, [])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sheet, found = table(openpyxl.load_workbook(old, data_only=True), "xlkpi_experiments")
    rows = [[cell.value for cell in row] for row in sheet[found.ref]]
    told = {row[0]: dict(zip(rows[0], row, strict=True)) for row in rows[1:4]}
    assert [*told] == ["pages", "mine", "baskets"]
    assert (told["baskets"]["Mean A"], told["baskets"]["Rate or mean B"]) == (50, 54)
    assert told["baskets"]["Result so far"] == "B is above A"
    assert told["pages"]["Rate or mean A"] == pytest.approx(92 / 4120)
    assert not refresh_workbook(old, Options(backups=0), compute).older


def stamped(path: Path, format_: int) -> None:
    """The workbook as if a version with another format had written it."""

    def edit(book: Any) -> None:
        sheet = book[book.defined_names["xlkpi_version"].attr_text.split("!")[0].strip("'")]
        for label in [cell for row in sheet for cell in row if cell.value in ("format", "state")]:
            value = sheet.cell(label.row, label.column + 1)
            new = f'"format":{format_}'
            value.value = format_ if label.value == "format" else re.sub(r'"format":\d+', new, value.value, count=1)

    edited(path, edit)


def test_decisions_of_a_workbook_in_an_older_format_are_kept(old: Path) -> None:
    build_workbook(compute(load(old.parent / "project.yaml")), old, language="en")

    def edit(book: Any) -> None:
        reviews, found = table(book, "xlkpi_reviews")
        reviews[found.ref][1][10].value = "Move 500 to search"
        actions, found = table(book, "xlkpi_actions")
        for cell in (actions[found.ref][1][0], *actions[found.ref][1][2:]):
            cell.value = None

    stamped(edited(old, edit), FORMAT - 1)
    with pytest.raises(InputError, match="xlkpi upgrade") as refused:
        refresh_workbook(old, Options(), compute)
    assert refused.value.problems[0].code == "workbook_older"
    assert upgrade(old).rows["xlkpi_reviews"] >= 1
    assert "Move 500 to search" in {row[10] for row in content(old, "xlkpi_reviews")}
    assert content(old, "xlkpi_actions") == []  # what was taken out stays out
    refresh_workbook(old, Options(backups=0), compute)


def with_sheet(book: Any) -> None:
    book.create_sheet("Mine")["A1"] = "my own"


def with_comment(book: Any) -> None:
    book.worksheets[0]["C5"].comment = Comment("seen", "Ana")


def with_row(book: Any) -> None:
    data, found = table(book, "xlkpi_data")
    row = data.max_row + 1
    data.cell(row, 1).value, data.cell(row, 3).value = date(2026, 2, 1), "Radio"
    found.ref = found.autoFilter.ref = found.ref.rstrip("0123456789") + str(row)


def over_cells(book: Any) -> None:
    book["Dashboard"]["B3"], book["Notes"]["B2"] = "Our shop", "What we noted"


@pytest.mark.parametrize(
    ("edit", "left"),
    [
        (with_sheet, "the sheet Mine"),
        (with_comment, r"the comments on Dashboard \(C5\)"),
        (with_row, "rows or columns added on Data"),
        (over_cells, r"the cells written over on Dashboard \(B3\), the cells written over on Notes \(B2\)"),
    ],
)
def test_what_an_upgrade_can_not_carry_over_is_refused_and_named(
    old: Path, edit: Callable[[Any], None], left: str
) -> None:
    before = edited(old, edit).read_bytes()
    with use("en"), pytest.raises(InputError, match=left):
        upgrade(old)
    assert old.read_bytes() == before
    if edit is with_sheet:
        done = upgrade(old, leave=True)
        assert json.loads(json.dumps(done.as_json()))["left"] == [{"kind": "sheet", "name": "Mine"}]
        assert "Mine" not in [s.name for s in Book(old).sheets]
        assert done.backup is not None
        assert "Mine" in openpyxl.load_workbook(done.backup).sheetnames


def test_a_workbook_of_a_newer_version_is_refused(old: Path) -> None:
    newer(old)
    before = old.read_bytes()
    with pytest.raises(InputError) as refused:
        upgrade(old)
    assert [problem.code for problem in refused.value.problems] == ["workbook_newer"]
    assert old.read_bytes() == before
