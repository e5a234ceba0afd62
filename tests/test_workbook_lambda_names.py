"""Functions as LAMBDA names in existing workbooks: nothing else changes, and two engines value them."""

from __future__ import annotations

import itertools
import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from openpyxl.workbook.defined_name import DefinedName

import xlkpi
from tests.checks.lint import lint
from tests.checks.reading import Book
from tests.checks.sdk import faults
from tests.engines import ENGINES, require
from tests.engines.book import Block
from tests.scorecards import TODAY, sample
from xlkpi.catalogue import load_own
from xlkpi.cli import run
from xlkpi.errors import WorkbookError
from xlkpi.scorecard import scorecard
from xlkpi.workbook.build import build_workbook
from xlkpi.workbook.lambda_names import MARK, set_names
from xlkpi.workbook.package import Package

KPIS = xlkpi.catalogue().functions


def by_xlsxwriter(path: Path) -> None:
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Ventes")
        sheet.write_row("B1", [1000, 400])
        sheet.add_table("D1:E2", {"name": "Ventes_2026", "data": [[1, 2]]})
        book.define_name("Budget", "=Ventes!$B$1")
        book.define_name("Ventes!Local", "=Ventes!$B$2")


def by_openpyxl(path: Path) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append([None, 1000, 400])
    book.save(path)


def parts(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as file:
        return {name: file.read(name) for name in file.namelist()}


@pytest.mark.parametrize("make", [by_xlsxwriter, by_openpyxl])
def test_every_other_part_keeps_its_bytes_and_the_names_go_again(make: Callable[[Path], None], tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    make(path)
    before = parts(path)
    assert len(set_names(path, KPIS).added) == len(KPIS)
    after = parts(path)
    assert list(after) == sorted(before, key=lambda part: (part != "[Content_Types].xml", list(before).index(part)))
    assert {part for part in before if before[part] != after[part]} == {"xl/workbook.xml"}
    assert faults(path, by_openpyxl=make is by_openpyxl) == []
    assert [str(f) for f in lint(path, modern=True)] == []
    assert len(set_names(path, {}).removed) == len(KPIS)
    names = {name: d.attr_text for name, d in openpyxl.load_workbook(path).defined_names.items()}
    assert names == ({"Budget": "Ventes!$B$1"} if make is by_xlsxwriter else {})
    assert b"LAMBDA" not in parts(path)["xl/workbook.xml"]


def test_a_second_run_changes_nothing_and_an_older_formula_is_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    by_xlsxwriter(path)
    set_names(path, KPIS)
    first = path.read_bytes()
    assert not set_names(path, KPIS)
    assert path.read_bytes() == first
    book = openpyxl.load_workbook(path)
    book.defined_names["KPI_ROI"].attr_text = "_xlfn.LAMBDA(_xlpm.gain,_xlpm.gain)"
    book.defined_names["KPI_GONE"] = DefinedName("KPI_GONE", attr_text="1", comment=MARK + "of an older version")
    book.save(path)
    changed = set_names(path, KPIS)
    assert (changed.added, changed.updated, changed.removed) == ((), ("KPI_ROI",), ("KPI_GONE",))
    assert set_names(path, KPIS).unchanged == tuple(KPIS)


def test_a_name_of_somebody_elses_is_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    with xlsxwriter.Workbook(path) as writer:
        sheet = writer.add_worksheet()
        sheet.add_table("A1:B3", {"name": "kpi_cpa"})
        writer.define_name("Kpi_Roi", "=Sheet1!$A$1")
        writer.define_name("Sheet1!KPI_CTR", "=Sheet1!$A$2")
    before = path.read_bytes()
    with pytest.raises(WorkbookError) as told:
        set_names(path, KPIS)
    (problem,) = told.value.problems
    assert problem.code == "workbook_name_taken"
    assert set(str(problem.values["names"]).split(", ")) == {"KPI_CPA", "KPI_ROI", "KPI_CTR"}
    assert path.read_bytes() == before


def test_the_part_may_be_spelled_as_other_programs_do(tmp_path: Path) -> None:
    path, odd = tmp_path / "book.xlsx", tmp_path / "odd.xlsx"
    by_openpyxl(path)
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(odd, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "xl/workbook.xml":
                content = re.sub(rb"<(/?)(\w)", rb"<\1x:\2", content).replace(b" xmlns=", b" xmlns:x=", 1)
            target.writestr(name, content)
    set_names(odd, KPIS)
    assert not set_names(odd, KPIS)
    assert b"<x:definedName name=" in parts(odd)["xl/workbook.xml"]
    assert faults(odd, by_openpyxl=True) == []
    with Package(odd) as package:
        package.tree(package.workbook)


def test_two_engines_value_the_names_as_python_does(tmp_path: Path) -> None:
    path = tmp_path / "calls.xlsx"
    kpis = [kpi for kpi in KPIS.values() if not kpi.compiled.adds_rows]
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Cells")
        for row, kpi in enumerate(kpis):
            sheet.write_row(row, 1, [v for v in kpi.arguments.values() if isinstance(v, float | int)])
            cells = ",".join(f"{column}{row + 1}" for column, _ in zip("BCDEFGHI", kpi.inputs, strict=False))
            sheet.write_formula(row, 0, f"={kpi.function}({cells})")
    set_names(path, KPIS)
    blocks = [Block(row, 1) for row in range(len(kpis))]
    for engine in (ENGINES["ironcalc"], ENGINES["cellrune"]):
        if (missing := engine.available()) is not None:
            require(missing)
        found = list(itertools.chain.from_iterable(engine.read(path, blocks)))
        assert found == pytest.approx([kpi.result for kpi in kpis], rel=1e-12)


def test_the_command_tells_what_it_did_in_the_users_language(tmp_path: Path, capsys: Any) -> None:
    path = tmp_path / "book.xlsx"
    by_xlsxwriter(path)
    assert run(["functions", str(path), "--language", "en"]) == 0
    assert f"functions added: {len(KPIS)}" in capsys.readouterr().out
    assert run(["functions", str(path), "--language", "fr"]) == 0  # the comments are French now
    assert "mises à jour\u00a0: " in capsys.readouterr().out
    assert run(["functions", str(path), "--remove", "--json"]) == 0
    assert '"removed": [' in capsys.readouterr().out
    assert run(["functions", str(path), "--remove", "--language", "en"]) == 0
    assert "no functions" in capsys.readouterr().out
    assert run(["functions", str(tmp_path / "none.xlsx")]) == 1
    (tmp_path / "text.xlsx").write_text("no workbook")
    assert run(["functions", str(tmp_path / "text.xlsx")]) == 1


def test_own_kpis_become_functions_too(tmp_path: Path) -> None:
    path, own = tmp_path / "book.xlsx", tmp_path / "mine.yaml"
    by_xlsxwriter(path)
    own.write_text(
        "kpis:\n  cout_rdv:\n    name: {fr: 'Coût <par> rendez-vous', en: \"Cost & appointment\"}\n"
        "    formula: cost / appointments\n    unit: currency\n    direction: lower\n"
        "    example: {cost: 500, appointments: 20, result: 25}\n",
        encoding="utf-8",
    )
    assert "KPI_COUT_RDV" in set_names(path, load_own(own).functions).added
    assert openpyxl.load_workbook(path).defined_names["KPI_COUT_RDV"].comment.startswith(MARK)
    assert faults(path) == []


def test_a_project_may_ask_for_the_functions_when_it_is_built(tmp_path: Path) -> None:
    project, data = sample()
    project = replace(project, objectives=(project.by_id["basket"],), functions="lambda")
    path = build_workbook(scorecard(project, data, as_of=TODAY), tmp_path / "card.xlsx").path
    names = {name.name for name in Book(path).names}
    assert project.catalogue.functions.keys() | {"xlkpi_as_of", "xlkpi_choice"} <= names
    assert faults(path) == []
    assert [str(f) for f in lint(path, modern=True) if f.rule != "table-range"] == []  # people's rows are blank yet
    assert not set_names(path, project.catalogue.functions, project.language)
