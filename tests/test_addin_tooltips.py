"""The sheet of tooltips in an add-in: read as Excel-DNA's IntelliSense reads it."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from pyopenvba import ExcelFile
from xlkpi.udfs.registry import functions

from tests.checks.sdk import faults
from xlkpi.addin import xlam
from xlkpi.cli import run

FUNCTIONS = functions()
#: What openpyxl takes for a workbook.
_ADDIN, _WORKBOOK = b"vnd.ms-excel.addin.macroEnabled.main+xml", b"vnd.ms-excel.sheet.macroEnabled.main+xml"


def cells(addin: bytes) -> list[tuple[Any, ...]]:
    """The used range of the sheet, which must be the last one."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(addin)) as parts, zipfile.ZipFile(made, "w") as copy:
        for name in parts.namelist():
            copy.writestr(name, parts.read(name).replace(_ADDIN, _WORKBOOK))
    book = openpyxl.load_workbook(made)
    assert book.sheetnames[-1] == "_IntelliSense_"
    return list(book.worksheets[-1].values)


def explained(addin: bytes) -> dict[str, tuple[str, list[tuple[str, str]]]]:
    """By function: its description, and the name and description of each argument."""
    head, *rows = cells(addin)
    assert head[0] == "FunctionInfo"
    found = {}
    for name, description, topic, *arguments in rows:
        assert topic is None
        pairs = zip(arguments[::2], arguments[1::2], strict=True)
        found[name] = (description, [pair for pair in pairs if pair[0]])
    return found


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_function_is_explained_in_the_language_asked_for(language: str, tmp_path: Path) -> None:
    path = tmp_path / xlam.CLASSIC
    path.write_bytes(xlam.classic(FUNCTIONS.values(), language))
    found = explained(path.read_bytes())
    assert found.keys() == FUNCTIONS.keys()
    for function in FUNCTIONS.values():
        description, arguments = found[function.name]
        assert description == function.description(language)
        wanted = [a.description(language) for a in function.arguments for _ in range(1 + a.repeating)]
        assert [text for _, text in arguments] == wanted
    assert faults(path) == []
    with ExcelFile(path) as book:
        assert book.validate() == []


def test_optional_arguments_stand_in_brackets_and_those_that_repeat_before_three_dots() -> None:
    found = explained(xlam.classic(FUNCTIONS.values(), "en"))
    assert [name for name, _ in found["KPI_ROI"][1]] == ["gain", "cost"]
    assert [name for name, _ in found["KPI_VALUE"][1]] == ["kpi", "data", "[where]", "[from_day]", "[to_day]"]
    repeating = next(f for f in FUNCTIONS.values() if f.arguments and f.arguments[-1].repeating)
    names = [name for name, _ in found[repeating.name][1]]
    assert names[-2:] == [f"{repeating.arguments[-1].name}1", "..."]


def test_without_the_option_there_is_no_such_sheet() -> None:
    with zipfile.ZipFile(io.BytesIO(xlam.classic(FUNCTIONS.values()))) as parts:
        assert b"_IntelliSense_" not in parts.read("xl/workbook.xml")


def test_the_commands_take_it_for_both_add_ins(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["addin", "install", "--tooltips", "--folder", str(tmp_path), "--language", "fr"]) == 0
    found = explained((tmp_path / "xlkpi.xlam").read_bytes())
    assert found["KPI_ROI"][0] == FUNCTIONS["KPI_ROI"].description("fr")
    assert run(["addin", "build", "--vba-only", "--tooltips", "-o", str(tmp_path), "--language", "en"]) == 0
    plain = explained((tmp_path / "xlkpi_kpis.xlam").read_bytes())
    assert plain.keys() == {f.name for f in FUNCTIONS.values() if f.kpi}
    assert plain["KPI_ROI"][0] == FUNCTIONS["KPI_ROI"].description("en")
    assert "xlkpi_kpis.xlam" in capsys.readouterr().out
