"""Workbooks that people edit and refresh in any order: nothing of theirs is lost, and all numbers are right.

By default a few short sequences are tried. ``XLKPI_PROOF_SEQUENCES=300`` tries so many longer ones, other ones each
time.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import warnings
from collections.abc import Mapping
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from tests.checks import recalc, sdk
from tests.checks.reading import Book, Sheet, letters_of
from tests.edits import Edited, add_sheet, move_sheet, put_cell, rename_sheet, restyle
from tests.edits_drawn import (
    add_chart,
    add_conditional_format,
    add_macros,
    add_note,
    add_picture,
    add_pivot,
    add_printer_settings,
    add_slicer,
    add_threaded_comment,
    add_validation,
    has_notes,
)
from tests.edits_formulas import THEIRS, add_column, column, fill_column
from tests.engines import libreoffice, require
from tests.small_shop import OBJECTIVES, Shop
from xlkpi.errors import InputError
from xlkpi.objectives import Project
from xlkpi.scorecard import Scorecard, scorecard
from xlkpi.workbook.formula_text import plain_sheet
from xlkpi.workbook.package import Package
from xlkpi.workbook.refresh import Options, refresh_workbook

SEQUENCES = int(os.environ.get("XLKPI_PROOF_SEQUENCES", "0"))
ONCE = Options(backups=0)
ORIGINS = ("xlsxwriter", "openpyxl", "libreoffice", "macros")
CHANNELS = ("web", "boutique", "marché & foire", "réseaux")
TEXTS = ("à revoir", "-1+1 @moi", "l'été <3 & « l’hiver »", "ligne\nsuivante", "12", " espace ")
#: Tables of ours by the page's layout when it was built: the columns that people fill, for a note and an action.
PEOPLE = {"xlkpi_notes": ("Clé", "Note"), "xlkpi_actions": ("Clé", "Action")}
OWN = "xlkpi_data[[#This Row],[Chiffre d’affaires]]*2"
DATA_TABLES = ("xlkpi_data", "xlkpi_series", "xlkpi_objectives")
#: What a refresh may write beside the sheets of ours.
OURS = re.compile(r"xl/tables/|xl/workbook\.xml$|calcChain")
AXIS_FORM = re.compile(rb'(<(?:\w+:)?numFmt\b[^>]*?formatCode=)"[^"]*"')
NEW_CHART = re.compile(r"xl/charts/(?:_rels/)?chart\d+\.xml(?:\.rels)?")
#: The source of a pivot table, and what a refresh asks of those over our tables.
PIVOT = re.compile(r"pivotCacheDefinition\d*\.xml$")
ON_OPENING = b' refreshOnLoad="1"'


@cache
def built(origin: str) -> bytes:
    """A workbook as it was built, and saved by another program."""
    with tempfile.TemporaryDirectory() as name:
        shop = Shop(Path(name))
        path = shop.build()
        if origin == "openpyxl":
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                openpyxl.load_workbook(path).save(path)
        elif origin == "libreoffice":
            if (missing := libreoffice.available()) is not None:
                require(missing)
            path = libreoffice.save_again(path, path.with_name("saved.xlsx"))
        elif origin == "macros":
            with Edited(path) as book:
                add_macros(book)
        return path.read_bytes()


class Edits(RuleBasedStateMachine):
    """People and refreshes take turns on one workbook. What people wrote is remembered, and looked for."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="xlkpi-edits-"))
        self.shop = Shop(self.folder)
        self.path = self.shop.workbook
        self.texts: dict[str, set[str]] = {name: set() for name in PEOPLE}
        self.rows: set[str] = set()
        self.targets: dict[str, float] = {}
        self.beside: dict[tuple[str, str], Any] = {}
        self.own: set[str] = set()
        self.column: str | None = None
        self.filled = False
        self.number = 0
        self.edited: Path | None = None
        self.origin = ""

    def teardown(self) -> None:
        try:
            if self.path.exists():
                self.refresh()
                self.check_with_other_programs()
        finally:
            shutil.rmtree(self.folder)

    # --- helpers -------------------------------------------------------------------------------------------------

    def next(self) -> int:
        self.number += 1
        return self.number

    def book(self) -> Book:
        return Book(self.path)

    def table(self, name: str) -> tuple[str, Any, list[str]]:
        """The sheet, the area and the headers of a table."""
        found = next(t for t in self.book().tables if t.name == name)
        return found.sheet, found.area, list(found.columns)

    def sheet(self, name: str) -> Sheet:
        return next(s for s in self.book().sheets if s.name == name)

    def own_sheet(self) -> str:
        """A sheet of people's, made where there is none."""
        present = [s for s in Edited(self.path).sheets if s in self.own]
        if present:
            return present[-1]
        name = f"Ma page {self.next()}"
        with Edited(self.path) as book:
            add_sheet(book, name, {"A1": "à moi", "B1": "=1+1"}, {"B1": 2})
        self.own.add(name)
        return name

    # --- what people do ------------------------------------------------------------------------------------------

    @initialize(origin=st.sampled_from(ORIGINS))
    def start(self, origin: str) -> None:
        self.origin = origin
        self.shop.write()
        if origin == "macros":
            self.path = self.path.with_suffix(".xlsm")
        self.path.write_bytes(built(origin))

    @rule(name=st.sampled_from(sorted(PEOPLE)), text=st.sampled_from(TEXTS), key=st.sampled_from(sorted(OBJECTIVES)))
    def write_a_note_or_an_action(self, name: str, text: str, key: str) -> None:
        sheet, area, headers = self.table(name)
        cells = self.sheet(sheet).cells
        at = {header: letters_of(area.left + i) for i, header in enumerate(headers)}
        code, words = PEOPLE[name]
        free = next(
            (r for r in range(area.top + 1, area.bottom + 1)
             if not any((c := cells.get(f"{at[h]}{r}")) and c.value for h in PEOPLE[name])), None,
        )  # fmt: skip
        if free is None:
            return
        text = f"{text} {self.next()}"
        with Edited(self.path) as book:
            put_cell(book, sheet, f"{at[code]}{free}", key)
            put_cell(book, sheet, f"{at[words]}{free}", text)
        self.texts[name].add(text)

    @rule(number=st.sampled_from((50.0, 60.0, 12_000.0)))
    def type_a_target(self, number: float) -> None:
        sheet, area, headers = self.table("xlkpi_objectives")
        column, row = letters_of(area.left + headers.index("Cible")), area.top + 1
        with Edited(self.path) as book:
            put_cell(book, sheet, f"{column}{row}", number)
        id = self.sheet(sheet).cells.get(f"A{row}")
        if id is not None and id.value is not None:
            self.targets[str(id.value)] = number

    @rule()
    def add_a_row_to_the_data(self) -> None:
        sheet, area, headers = self.table("xlkpi_data")
        name, row = f"radio {self.next()}", area.bottom + 1
        if any(c.value is not None for a, c in self.sheet(sheet).cells.items() if int(re.sub(r"\D", "", a)) >= row):
            return
        with Edited(self.path) as book:
            put_cell(book, sheet, f"{letters_of(area.left)}{row}", 46_054.0)
            put_cell(book, sheet, f"{letters_of(area.left + headers.index('Canal'))}{row}", name)
            part = next(t for _, k, t in book.relations(book.sheets[sheet]) if k == "table")
            book.change(
                part,
                lambda xml: re.sub(r'((?:<table\b[^>]*?|<autoFilter )\bref="[A-Z]+\d+:[A-Z]+)\d+', rf"\g<1>{row}", xml),
            )
        self.rows.add(name)

    @rule(table=st.sampled_from(DATA_TABLES), row=st.integers(1, 8), content=st.sampled_from(("vu", 7.5, "=2+3")))
    def write_beside_a_table(self, table: str, row: int, content: Any) -> None:
        sheet, area, _ = self.table(table)
        address = f"{letters_of(area.right + 3)}{row}"
        with Edited(self.path) as book:
            put_cell(book, sheet, address, content, cached=5 if content == "=2+3" else None)
        self.beside[table, address] = content

    @rule(place=st.integers(0, 30), new=st.sampled_from(("L'été & Cie", "Vue <A>", "2026", "Übersicht")))
    def rename_a_sheet(self, place: int, new: str) -> None:
        with Edited(self.path) as book:
            names = list(book.sheets)
            old = names[place % len(names)]
            new = f"{new} {self.next()}"
            rename_sheet(book, old, new)
        self.own = {new if name == old else name for name in self.own}

    @rule(place=st.integers(0, 30), to=st.integers(0, 5))
    def move_a_sheet(self, place: int, to: int) -> None:
        with Edited(self.path) as book:
            names = list(book.sheets)
            move_sheet(book, names[place % len(names)], to)

    @rule(table=st.sampled_from(DATA_TABLES), row=st.integers(1, 9), column=st.integers(0, 3), style=st.integers(1, 9))
    def restyle_a_cell(self, table: str, row: int, column: int, style: int) -> None:
        sheet, area, _ = self.table(table)
        with Edited(self.path) as book:
            restyle(book, sheet, f"{letters_of(area.left + column)}{area.top + row}", str(style))

    @rule(whole=st.booleans())
    def add_formulas_over_our_tables(self, whole: bool) -> None:
        sheet, area, _ = self.table("xlkpi_data")
        quoted, name = "'" + sheet.replace("'", "''") + "'", f"Calculs {self.next()}"
        column = letters_of(area.left + 3)
        last = area.bottom if whole else area.bottom - 1
        with Edited(self.path) as book:
            formulas = {
                "A1": f"=SUM({quoted}!${column}$2:${column}${last})", "A2": f"=COUNTA({quoted}!A2:A{last})",
                "B1": "=COUNTA(xlkpi_data[Canal])",
            }  # fmt: skip
            add_sheet(book, name, formulas, dict.fromkeys(formulas, 0))
        self.own.add(name)

    @rule(what=st.sampled_from(("picture", "note", "thread", "printer", "format", "validation")))
    def put_something_on_a_sheet(self, what: str) -> None:
        name = self.own_sheet()
        with Edited(self.path) as book:
            if what == "picture":
                add_picture(book, name)
            elif what in ("note", "thread"):
                if not has_notes(book, name):
                    (add_note if what == "note" else add_threaded_comment)(book, name, "C3", "remarqué")
            elif what == "printer":
                if not book.related(book.sheets[name], "printerSettings"):
                    add_printer_settings(book, name)
            else:
                (add_conditional_format if what == "format" else add_validation)(book, name, "D2:D9")

    @rule()
    def draw_a_chart(self) -> None:
        name = self.own_sheet()
        sheet, area, _ = self.table("xlkpi_data")
        quoted, column = "'" + sheet.replace("'", "''") + "'", letters_of(area.left + 3)
        with Edited(self.path) as book:
            add_chart(book, name, f"{quoted}!${column}$2:${column}${area.bottom}", [1.0, 2.0])

    @rule(by_name=st.booleans())
    def add_a_pivot_table(self, by_name: bool) -> None:
        name = self.own_sheet()
        sheet, area, headers = self.table("xlkpi_data")
        with Edited(self.path) as book:
            if any("pivotTables" in part for part in book.parts):
                return
            reference = f"A1:{letters_of(area.right)}{area.bottom}"
            from xml.sax.saxutils import quoteattr

            add_pivot(
                book, name, 'name="xlkpi_data"' if by_name else f'ref="{reference}" sheet={quoteattr(sheet)}', headers
            )

    @rule()
    def add_a_slicer(self) -> None:
        name = self.own_sheet()
        number = next(int(t.identifier) for t in self.book().tables if t.name == "xlkpi_data")
        with Edited(self.path) as book:
            if not any("slicerCache" in part for part in book.parts):
                add_slicer(book, name, number, 3, "Canal")

    @rule(formula=st.sampled_from((OWN, "D{row}*2")), definition=st.booleans(), shared=st.booleans())
    def add_a_column_to_the_data(self, formula: str, definition: bool, shared: bool) -> None:
        if self.column is None:
            add_column(self.path, formula, definition=definition, shared=shared)
            self.column = formula

    @rule(whole=st.booleans())
    def put_own_formulas_in_place_of_ours(self, whole: bool) -> None:
        if whole:
            fill_column(self.path, THEIRS)
            self.filled = True
        elif not self.filled:
            sheet, _, _ = self.table("xlkpi_budget")
            with Edited(self.path) as book:
                put_cell(book, sheet, column(self.path)[0].address, f"={THEIRS}", cached=7.5)

    @rule(channel=st.sampled_from((*CHANNELS, "Tous les canaux")), objective=st.sampled_from(sorted(OBJECTIVES)))
    def choose(self, channel: str, objective: str) -> None:
        chosen = {"xlkpi_choice": channel, "xlkpi_objective": str(OBJECTIVES[objective]["title"])}
        with Package(self.path) as package:
            places = {name: package.names[name].rpartition("!") for name in chosen}
        with Edited(self.path) as book:
            for name, (sheet, _, address) in places.items():
                put_cell(book, plain_sheet(sheet), address.replace("$", ""), chosen[name])

    # --- what happens to the project -----------------------------------------------------------------------------

    @rule(months=st.sampled_from((1, 3, 5, 9, 14, 26)), factor=st.sampled_from((1.0, 1.3)), refresh=st.booleans())
    def change_the_data(self, months: int, factor: float, refresh: bool) -> None:
        self.shop.months, self.shop.factor = months, factor
        self.change_the_project(refresh)

    @rule(channels=st.lists(st.sampled_from(CHANNELS), min_size=1, unique=True), refresh=st.booleans())
    def change_the_channels(self, channels: list[str], refresh: bool) -> None:
        self.shop.channels = channels
        self.change_the_project(refresh)

    @rule(objectives=st.lists(st.sampled_from(sorted(OBJECTIVES)), min_size=1, unique=True), refresh=st.booleans())
    def change_the_objectives(self, objectives: list[str], refresh: bool) -> None:
        self.shop.objectives = objectives
        self.change_the_project(refresh)

    def change_the_project(self, refresh: bool) -> None:
        self.shop.write()
        if refresh:
            self.refresh()

    # --- refreshes -----------------------------------------------------------------------------------------------

    @rule()
    def try_a_refresh(self) -> None:
        before = self.path.read_bytes()
        refresh_workbook(self.path, Options(dry_run=True))
        assert self.path.read_bytes() == before

    @rule(moment=st.sampled_from(("compute", "write")))
    def refresh_and_fail(self, moment: str) -> None:
        from xlkpi.workbook import package_writer

        before, files = self.path.read_bytes(), sorted(self.folder.iterdir())

        def fail(project: Project) -> Scorecard:
            if moment == "compute":
                raise OSError("no network")
            return scorecard(project)

        with pytest.MonkeyPatch.context() as patch:
            if moment == "write":

                def full(*_: object) -> None:
                    raise OSError(28, "No space left on device")

                patch.setattr(package_writer.PackageWriter, "close", full)
            with pytest.raises((OSError, InputError)):
                refresh_workbook(self.path, ONCE, fail)
        assert self.path.read_bytes() == before
        assert sorted(self.folder.iterdir()) == files

    @rule()
    def refresh(self) -> None:
        edited = self.folder.with_name(self.folder.name + self.path.suffix)
        shutil.copy(self.path, edited)
        try:
            self.check_refresh(Book(edited))
            self.edited = self.folder / f"edited{self.path.suffix}"
            shutil.copy(edited, self.edited)
        finally:
            edited.unlink()

    def check_refresh(self, before: Book) -> None:
        done = refresh_workbook(self.path, ONCE)
        after = self.book()
        assert done.replaced == []
        assert [s.name for s in after.sheets] == [done.tabs.get(s.name, s.name) for s in before.sheets]
        gone = before.parts.keys() - after.parts.keys()
        assert all("calcChain" in part for part in gone), gone
        new = after.parts.keys() - before.parts.keys()  # a channel more has charts more
        assert all(NEW_CHART.fullmatch(part) for part in new), new
        self.check_untouched(before, after, done.tabs)
        self.check_texts(after)
        self.check_formulas(before)

    def check_untouched(self, before: Book, after: Book, tabs: Mapping[str, str]) -> None:
        """What is not ours keeps its bytes, but for the ends of ranges over our tables and names of pages of KPIs."""
        assert not set(tabs) & self.own
        sheets = {s.part for s in before.sheets if s.name not in self.own}
        for part, content in before.parts.items():
            now = after.parts.get(part)
            if now is not None and now != content and tabs:
                content, now = (without_tabs(xml, tabs) for xml in (content, now))
            if PIVOT.search(part):  # all that are added here are over our data
                assert now is not None
                assert now.count(ON_OPENING) == 1, part
            if now is None or now == content or part in sheets or OURS.search(part):
                continue
            if part in ("[Content_Types].xml", "xl/_rels/workbook.xml.rels"):
                assert entries(content) <= entries(now), part
            elif PIVOT.search(part):
                bare = [without_numbers(xml.replace(ON_OPENING, b"")) for xml in (content, now)]
                assert bare[1] == bare[0], part
            elif "/drawings/_rels/" in part:
                assert entries(content) <= entries(now), part
            elif "/drawings/" in part:
                assert part in lying_on(before, sheets), part
                assert moved_down(content, now), part
            elif "/charts/" in part:
                bare = [outside_caches(xml) for xml in (content, now)]
                if b"Calc" in content:  # ours, whose axis has the unit of the objective that is shown there
                    bare = [AXIS_FORM.sub(rb"\1", xml) for xml in bare]
                assert bare[1] == bare[0], part
            else:
                assert part in {s.part for s in before.sheets}, part
                assert without_numbers(now) == without_numbers(content), part

    def check_texts(self, after: Book) -> None:
        """Notes, actions, rows of data and cells beside the tables."""
        tables = {t.name: t for t in after.tables}
        sheets = {s.name: s for s in after.sheets}
        archive = sheets[tables["xlkpi_archive"].sheet].listed  # rows of objectives that are no more, in words
        archived = "\n\n".join(str(c.value) for c in archive)
        for name, texts in self.texts.items():
            inside = {c.value for c in sheets[tables[name].sheet].listed}
            assert (lost := {t for t in texts - inside if t not in archived}) == set(), (name, lost)
        targets = tables["xlkpi_objectives"]
        column, cells = (
            letters_of(targets.area.left + list(targets.columns).index("Cible")),
            sheets[targets.sheet].cells,
        )
        for row in range(targets.area.top + 1, targets.area.bottom + 1):
            id = cells[f"A{row}"].value
            if id in self.targets:  # those of objectives that are gone come back with them
                assert cells[f"{column}{row}"].value == self.targets[str(id)], id
        table = tables["xlkpi_data"]
        inside = {c.value for c in sheets[table.sheet].listed}
        assert self.rows <= inside
        for (name, address), content in self.beside.items():
            cell = sheets[tables[name].sheet].cells.get(address)
            found = None if cell is None else f"={cell.formula}" if cell.formula is not None else cell.value
            assert found == content, (name, address)

    def check_formulas(self, before: Book) -> None:
        """What people filled into columns stands in all rows, and what they put into one cell there."""
        theirs = [cell.formula for cell in column(self.path)]
        then = [c.formula for s in before.sheets for c in s.listed].count(THEIRS)
        assert theirs.count(THEIRS) == (len(theirs) if self.filled else then), theirs
        if self.column is not None:
            own = column(self.path, "xlkpi_data", "À moi")
            rows = {int(re.sub(r"\D", "", cell.address)): cell.formula for cell in own}
            assert {f for row, f in rows.items() if f != self.column.format(row=row)} <= {None}, rows
            assert sum(f is None for f in rows.values()) <= len(self.rows) + 1, rows

    def engines(self) -> tuple[str, ...]:
        """ironcalc is quick, but wrong on tables of one row and on blank cells as openpyxl writes them."""
        slow = self.origin == "openpyxl" or len(self.shop.objectives) == 1 or self.number % 3 == 2
        return ("libreoffice",) if slow else ("ironcalc",)

    def check_with_other_programs(self) -> None:
        """The last refresh: what other programs compute, and what Excel would repair."""
        assert self.edited is not None
        found = [d for d in recalc.differences(self.path, self.engines()) if d.sheet not in self.own]
        found = [d for d in found if not d.formula.endswith("*2")]  # people's, which no refresh values
        if len(self.shop.channels) == 1:  # there is no budget to divide, and its table shows nothing
            found = [d for d in found if d.expected != repr("") or "xlkpi_budget[" not in d.formula]
        assert found == [], found[:5]
        faults = sdk.faults(self.path)
        if faults:
            known = {(f.part, f.description) for f in sdk.faults(self.edited)}
            assert [f for f in faults if (f.part, f.description) not in known] == []


def without_tabs(xml: bytes, tabs: Mapping[str, str]) -> bytes:
    """A part without the names of pages that are renamed."""
    names = "|".join(re.escape(escape(name)) for pair in tabs.items() for name in pair)
    named = re.compile(rf"'?(?:{names})'?(?=!|\"|<|&quot;)".encode(), re.IGNORECASE)
    return named.sub(b"", xml)


def lying_on(book: Book, sheets: set[str]) -> set[str]:
    """The drawings of sheets, given by their parts."""
    found: set[str] = set()
    for part in sheets:
        relations = book.parts.get(part.replace("worksheets/", "worksheets/_rels/") + ".rels", b"").decode()
        found |= {f"xl/drawings/{name}" for name in re.findall(r'Target="[^"]*drawings/([^"]+)"', relations)}
    return found


def entries(xml: bytes) -> set[bytes]:
    """What a list of parts has, but for the chain of calculation, which goes."""
    return {
        found for found in re.findall(rb"<(?:Override|Default|Relationship)\b[^>]*>", xml) if b"alcChain" not in found
    }


def moved_down(before: bytes, after: bytes) -> bool:
    """Whether all of a drawing is in another one, in its order: no higher, or beside charts that came."""
    row = re.compile(rb"(?<=row>)\d+(?=</)")
    anchor = re.compile(rb"<((?:\w+:)?(?:two|one)CellAnchor)\b.*?</\1>", re.DOTALL)
    place = re.compile(rb"<((?:\w+:)?(?:from|to))>.*?</\1>", re.DOTALL)
    old, new = ([found[0] for found in anchor.finditer(xml)] for xml in (before, after))
    there = iter(new)
    kept = all(any(place.sub(b"", n) == place.sub(b"", o) for n in there) for o in old)
    lower = all(int(n) >= int(o) for o, n in zip(row.findall(before), row.findall(after), strict=False))
    placed = len(new) > len(old) or (lower and row.sub(b"", before) == row.sub(b"", after))
    return kept and placed and anchor.sub(b"", before) == anchor.sub(b"", after)


def without_numbers(xml: bytes) -> bytes:
    """A part without the rows in its references."""
    return re.sub(rb"(?<=[A-Z$])\d+", b"", xml)


def outside_caches(xml: bytes) -> bytes:
    """A chart's part without the copies of its numbers, and however names of sheets are quoted."""
    bare = re.sub(rb"<c:(num|str)Cache>.*?</c:\1Cache>", b"", xml, flags=re.DOTALL)
    return without_numbers(bare).replace(b"'", b"")


# A failure is told as it is: shrinking it would take longer than all the rest.
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
LIMITS = settings(
    max_examples=SEQUENCES or 5, stateful_step_count=18 if SEQUENCES else 7, deadline=None, derandomize=not SEQUENCES,
    suppress_health_check=list(HealthCheck), phases=PHASES, print_blob=True,
    report_multiple_bugs=False,
)  # fmt: skip


def test_nothing_is_lost_in_any_order_of_edits_and_refreshes() -> None:
    run_state_machine_as_test(Edits, settings=LIMITS)
