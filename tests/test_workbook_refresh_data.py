"""A workbook refreshed when its data or its objectives have changed: more, fewer and no rows, channels, KPIs."""

from __future__ import annotations

import re
import shutil
import sqlite3
import zipfile
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import date
from functools import partial
from pathlib import Path

import pytest

from tests.checks import recalc, sdk
from tests.checks.reading import Book
from tests.edits import RELATIONS, SPREADSHEET, TYPES, Edited
from tests.small_project import PROJECT
from tests.test_workbook_archive import content
from tests.test_workbook_upgrade import OLDER, compute
from tests.workbooks import rewritten
from xlkpi import cli_build
from xlkpi.cli_refresh import as_text
from xlkpi.errors import InputError
from xlkpi.language import text
from xlkpi.objectives import Project, load
from xlkpi.scorecard import scorecard
from xlkpi.scorecard.model import Scorecard
from xlkpi.workbook.build import build_workbook
from xlkpi.workbook.existing import read_existing
from xlkpi.workbook.package import Package
from xlkpi.workbook.refresh import Options, refresh_workbook
from xlkpi.workbook.state import State
from xlkpi.workbook.told import source_words

ADDED = """  - id: cost
    title: A revenue of 4 for 1 of spend
    kpi: roas
    kind: increase
    baseline: 3
    target: 4
    start: 2026-01-01
    due: 2026-12-31
    cadence: monthly
    primary: true
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home") / "small"
    shutil.copytree(OLDER, folder)
    build_workbook(compute(load(folder / "project.yaml")), folder / "scorecard.xlsx", language="en")
    return folder


@pytest.fixture
def built(home: Path, tmp_path: Path) -> Path:
    """A small project's workbook beside it."""
    shutil.copytree(home, tmp_path / "small")
    return tmp_path / "small" / "scorecard.xlsx"


def in_may(project: Project) -> Scorecard:
    return scorecard(project, today=date(2026, 5, 2))


def data(change: Callable[[list[str]], list[str]]) -> Callable[[Path], None]:
    """A change of the lines of the source; its header stays."""

    def edit(folder: Path) -> None:
        file = folder / "data" / "ads.csv"
        header, *lines = file.read_text(encoding="utf-8").splitlines()
        file.write_text("\n".join([header, *change(lines)]) + "\n", encoding="utf-8")

    return edit


def more(lines: list[str]) -> list[str]:
    return [*lines, *(line.replace("2026-03-29", f"2026-04-{d:02}") for d in (5, 12, 30) for line in lines[-2:])]


def project(old: str, new: str) -> Callable[[Path], None]:
    """A change of the project, from one mark to another."""

    def edit(folder: Path) -> None:
        file = folder / "project.yaml"
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new), encoding="utf-8")

    return edit


def removed(folder: Path) -> None:
    file = folder / "project.yaml"
    head, _, tail = file.read_text(encoding="utf-8").partition("  - id: ctr_search\n")
    assert tail
    file.write_text(head + ADDED, encoding="utf-8")


CASES: dict[str, tuple[Callable[[Path], None], Callable[[int, int], bool]]] = {
    "more rows": (data(more), lambda before, now: now > before),
    "fewer rows": (data(lambda lines: lines[-12:]), lambda before, now: now < before),
    "fewer periods": (data(lambda lines: lines[:12]), lambda before, now: now < before),
    "new channels": (data(lambda lines: [*lines, *(line.replace("Social", f"New {i}") for i in range(3)
                          for line in lines if "Social" in line)]), lambda before, now: now > before),
    "a channel less": (data(lambda lines: [line for line in lines if "Social" not in line]),
                       lambda before, now: now < before),
    "a KPI removed and one added": (removed, lambda before, now: now == before),
    "a KPI added": (project("objectives:\n", "objectives:\n" + ADDED), lambda before, now: now == before),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_the_workbook_follows_its_data_and_its_objectives(built: Path, case: str) -> None:
    change, expected = CASES[case]
    before = len(content(built, "xlkpi_data"))
    change(built.parent)
    done = refresh_workbook(built, Options(backups=0), in_may)
    count = done.rows["xlkpi_data"]
    now = content(built, "xlkpi_data")
    assert len(now) == count.rows
    assert expected(before, count.rows), (before, count)
    assert done.replaced == []
    assert "Channels" not in done.short, "it gets the lines that it needs"
    assert sdk.faults(built) == []
    assert recalc.differences(built, ("ironcalc",)) == []
    ids = [objective.id for objective in load(built.parent / "project.yaml").objectives]
    assert sorted(row[0] for row in content(built, "xlkpi_objectives")) == sorted(ids)
    again = refresh_workbook(built, Options(backups=0), in_may)
    assert (again.differences.moved, again.rows["xlkpi_data"].new) == ([], 0)


def test_a_build_tells_of_pages_of_its_template_with_too_few_lines(built: Path) -> None:
    CASES["a KPI added"][0](built.parent)
    built.rename(built.parent / "ours.xlsx")
    done = cli_build.build(str(built.parent / "project.yaml"), None, None, "en", "ours.xlsx")
    assert "About" in done.short
    assert f"too few lines for everything on these pages: {', '.join(done.short)}." in cli_build.as_text(done)
    assert cli_build.as_json(done)["short"] == list(done.short)


@pytest.mark.parametrize("kind", ["theme", "layout"])
def test_what_a_workbook_remembers_makes_no_refresh_read_files_elsewhere(built: Path, kind: str) -> None:
    (built.parent.parent / "secret.yaml").write_text("a secret", encoding="utf-8")
    with zipfile.ZipFile(built) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    made = {n: c.replace(f'"{kind}":null'.encode(), f'"{kind}":"../secret.yaml"'.encode()) for n, c in parts.items()}
    assert made != parts
    rewritten(built, made)
    before = built.read_bytes()
    with pytest.raises(InputError) as caught:
        refresh_workbook(built, Options(backups=0), compute)
    assert [problem.code for problem in caught.value.problems] == ["look_outside"]
    assert "a secret" not in str(caught.value)
    assert built.read_bytes() == before


@pytest.mark.parametrize("due", [False, True])
def test_an_export_without_rows_leaves_objectives_without_data_and_comes_back(built: Path, due: bool) -> None:
    export = built.parent / "data" / "ads.csv"
    kept = export.read_bytes()
    data(lambda _: [])(built.parent)
    with pytest.raises(InputError, match=r"no row|aucune ligne"):  # nobody wants to build on it
        compute(load(built.parent / "project.yaml"))
    done = refresh_workbook(built, Options(backups=0), partial(compute, empty=True))
    assert done.differences.empty == ("ads",)
    assert {code for _, code in (m.after for m in done.differences.objectives if m.after)} == {"no_data"}
    assert done.differences.mapping == []  # its columns are known all the same
    assert done.rows["xlkpi_data"].rows == 0
    assert "ads" in as_text(done)
    assert done.as_json()["empty"] == ["ads"]
    assert sdk.faults(built) == []
    assert recalc.differences(built, ("libreoffice",)) == []
    export.write_bytes(kept)
    again = refresh_workbook(built, Options(backups=0, due=due), compute)  # nobody waits for the next review
    assert (again.differences.empty, again.replaced) == ((), [])
    assert "no_data" not in {m.after[1] for m in again.differences.objectives if m.after}


def campaigns(folder: Path, rows: Sequence[tuple[object, ...]], kind: str) -> None:
    """Rows of a table that a preset knows, or of an export."""
    names = ("customer_id", "date", "cost_micros", "clicks", "impressions", "conversions", "device")
    if kind == "sqlite":
        (folder / "ads.db").unlink(missing_ok=True)
        with closing(sqlite3.connect(folder / "ads.db")) as made, made:
            types = ("bigint", "date", "bigint", "bigint", "bigint", "double", "text")
            columns = ", ".join(f"{name} {kind}" for name, kind in zip(names, types, strict=True))
            made.execute(f"CREATE TABLE campaign_stats ({columns})")
            made.executemany(f"INSERT INTO campaign_stats VALUES ({', '.join('?' * len(names))})", rows)
    else:
        lines = [names, *rows]
        (folder / "ads.csv").write_text("\n".join(",".join(map(str, row)) for row in lines) + "\n", encoding="utf-8")


@pytest.mark.parametrize(("kind", "source"), [
    ("sqlite", "{connection: 'sqlite://ads.db', table: campaign_stats, preset: google_ads}"),
    ("csv", "{path: ads.csv, date: date, measures: {cost: cost_micros, clicks: clicks}}"),
])  # fmt: skip
def test_a_source_that_is_empty_for_a_while_tells_of_none_of_its_columns(
    tmp_path: Path, kind: str, source: str
) -> None:
    rows = [(7, f"2026-{month:02}-{day:02}", 2_500_000 + day, 5, 100, 1, "MOBILE")
            for month in (1, 2, 3) for day in (2, 9, 20)]  # fmt: skip
    if kind == "csv":
        rows.append((7, "someday", 1, 1, 1, 1, "MOBILE"))
    begin, rest = PROJECT.split("sources:\n")
    written = f"{begin}sources:\n  ads: {source}\n{rest[rest.index('kpis:') :]}"
    (tmp_path / "small.yaml").write_text(written, encoding="utf-8")
    campaigns(tmp_path, rows, kind)
    path = tmp_path / "small.xlsx"
    build_workbook(compute(load(tmp_path / "small.yaml")), path, language="en")
    known = state_in(path)
    assert known.mapping["ads"]
    for _ in range(2):
        campaigns(tmp_path, [], kind)
        done = refresh_workbook(path, Options(backups=0), partial(compute, empty=True))
        assert source_words(done.differences) == [text("refresh.empty", sources="ads", count=1)]
        assert (state_in(path).mapping, state_in(path).aside) == (known.mapping, known.aside)
    campaigns(tmp_path, rows, kind)
    back = refresh_workbook(path, Options(backups=0), compute)
    assert (back.differences.mapping, back.differences.aside, back.differences.empty) == ([], {}, ())


def test_a_source_that_moves_to_an_empty_table_of_a_database_tells_of_none_of_its_columns(tmp_path: Path) -> None:
    rows = [(7, f"2026-0{month}-20", 2_500_000, 5, 100, 1, "MOBILE") for month in (1, 2, 3)]
    columns = "date: date, measures: {cost: cost_micros, clicks: clicks}"
    begin, rest = PROJECT.split("sources:\n")
    path, file = tmp_path / "small.xlsx", tmp_path / "small.yaml"

    def read(place: str) -> None:
        source = f"sources:\n  ads: {{{place}, {columns}}}\n"
        file.write_text(begin + source + rest[rest.index("kpis:") :], encoding="utf-8")

    read("path: ads.csv")
    campaigns(tmp_path, rows, "csv")
    build_workbook(compute(load(file)), path, language="en")
    read("connection: 'sqlite://ads.db', table: campaign_stats")
    campaigns(tmp_path, [], "sqlite")
    done = refresh_workbook(path, Options(backups=0), partial(compute, empty=True))
    assert source_words(done.differences) == [text("refresh.empty", sources="ads", count=1)]
    campaigns(tmp_path, rows, "sqlite")
    assert refresh_workbook(path, Options(backups=0), compute).differences.mapping == []
    read("path: ads.csv")
    assert refresh_workbook(path, Options(backups=0), compute).differences.mapping == []


def state_in(path: Path) -> State:
    with Package(path) as package:
        return read_existing(package).state


def test_a_page_that_lost_its_data_is_blank_and_comes_back_with_them(built: Path) -> None:
    file = built.parent / "data" / "ads.csv"
    before, source = pages(built), file.read_text(encoding="utf-8")
    assert any(before["Budget"].values())
    CASES["fewer periods"][0](built.parent)
    refresh_workbook(built, Options(backups=0), compute)
    refresh_workbook(built, Options(backups=0), compute)
    assert not any(pages(built)["Budget"].values())
    file.write_text(source, encoding="utf-8")
    refresh_workbook(built, Options(backups=0), compute)
    after = pages(built)
    assert after["Budget"] == pytest.approx(before["Budget"])
    assert recalc.differences(built, ("ironcalc",)) == []


def pages(path: Path) -> dict[str, dict[str, object]]:
    """The numbers of each sheet."""
    return {
        s.name: {a: c.value for a, c in s.cells.items() if isinstance(c.value, float) and c.formula}
        for s in Book(path).sheets
    }


def test_the_chain_of_calculation_is_left_for_excel_to_make_anew(built: Path) -> None:
    """Excel writes one, in which cells of ours stand that a refresh may move."""
    with Edited(built) as book:
        chain = "xl/calcChain.xml"
        book.parts[chain] = b'<calcChain xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>'
        kind = f'<Override PartName="/{chain}" ContentType="{SPREADSHEET}.calcChain+xml"/></Types>'
        book.change(TYPES, lambda xml: xml.replace("</Types>", kind))
        book.relate(book.workbook, chain, f"{RELATIONS}/calcChain")
        book.change(book.workbook, lambda xml: re.sub(r"<calcPr\b[^>]*/>", '<calcPr calcId="191029"/>', xml))
    refresh_workbook(built, Options(backups=0), compute)
    after = Edited(built)
    assert chain not in after.parts
    assert "calcChain" not in after.text(TYPES) + after.text("xl/_rels/workbook.xml.rels")
    assert re.findall(r"<calcPr\b[^>]*>", after.text(after.workbook)) == [
        '<calcPr calcId="191029" fullCalcOnLoad="1"/>'
    ]
    assert sdk.faults(built) == []
