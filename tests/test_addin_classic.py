"""The classic add-in: made without Excel; its wrappers run in an Excel in memory, over a stand-in for xlwings."""

from __future__ import annotations

import json
import re
import warnings
import zipfile
from pathlib import Path

import pytest
from pyopenvba import ExcelFile
from pyopenvba.apps.excel import ExcelApplication
from pyvbaanalysis import analyze_loose_files
from xlkpi.udfs.registry import functions

from tests import classic
from tests.checks.sdk import faults
from tests.project import ROOT
from xlkpi.addin import xlam
from xlkpi.addin.install import Places
from xlkpi.addin.wrappers import descriptions, escaped, runtime, wrappers
from xlkpi.cli import run

FUNCTIONS = functions()
_FUNCTION = re.compile(r"^(?:Public )?Function (KPI_\w+|SMART_\w+|AB_\w+)\(([^\n]*)\)(?: As Variant)?$", re.MULTILINE)


@pytest.fixture(scope="module")
def addin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("addin") / xlam.CLASSIC
    path.write_bytes(xlam.classic(FUNCTIONS.values()))
    return path


def signatures(source: str) -> dict[str, str]:
    return {name: arguments.replace(" As Variant", "") for name, arguments in _FUNCTION.findall(source)}


def test_the_wrappers_take_the_arguments_that_xlwings_own_would() -> None:
    assert signatures(wrappers(FUNCTIONS.values())) == signatures(classic.wrappers())
    assert signatures(wrappers(FUNCTIONS.values())).keys() == FUNCTIONS.keys()


def test_microsofts_validator_finds_no_fault(addin: Path) -> None:
    assert faults(addin) == []


def test_an_analyser_finds_no_fault_in_our_modules(addin: Path, tmp_path: Path) -> None:
    with ExcelFile(addin) as book:
        for name in ("xlkpi_functions", "xlkpi_help", "xlkpi_ribbon", "xlkpi_runtime", "ThisWorkbook"):
            (tmp_path / f"{name}.{'cls' if name == 'ThisWorkbook' else 'bas'}").write_text(book.get_module(name))
    (tmp_path / "xlwings.bas").write_text(f'Attribute VB_Name = "xlwings"\nOption Explicit\n{CALLED}')
    found = analyze_loose_files(sorted(map(str, tmp_path.iterdir())))
    assert [(name, p.code) for name, ps in found.items() for p in ps if p.severity.value != "information"] == []


def test_what_is_read_back_is_what_was_put_in(addin: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it uses what its parser has given new names
        from oletools.olevba import VBA_Parser

    parser = VBA_Parser(str(addin))
    modules = {name: code for *_, name, code in parser.extract_macros()}
    parser.close()
    assert {"xlkpi_functions.bas", "xlkpi_help.bas", "xlkpi_runtime.bas", "xlwings.bas"} <= modules.keys()
    assert signatures(modules["xlkpi_functions.bas"].replace("\r\n", "\n")).keys() == FUNCTIONS.keys()
    with ExcelFile(addin) as book:
        assert book.validate() == []


def test_the_same_functions_give_the_same_bytes(addin: Path) -> None:
    assert addin.read_bytes() == xlam.classic(FUNCTIONS.values())
    with zipfile.ZipFile(addin) as parts:
        assert {info.date_time for info in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert all(str(ROOT).encode() not in parts.read(name) for name in parts.namelist())
        assert b"<dc:title>xlkpi</dc:title><dc:creator>xlkpi</dc:creator></cp" in parts.read("docProps/core.xml")


def test_a_workbook_can_not_name_the_program_that_runs(addin: Path) -> None:
    with ExcelFile(addin) as book:
        source = book.get_module("xlwings")
    (config,) = re.findall(r"^Function GetConfig\(.*?^End Function", source, re.MULTILINE | re.DOTALL)
    assert "ActiveWorkbook" not in config
    assert "GetDirectoryConfigFilePath" not in config
    assert 'PROJECT_NAME As String = "xlkpi"' in source


#: What our modules call in xlwings'.
CALLED = """
Public Function XLPy() As Object
    Set XLPy = Nothing
End Function

Public Function GetConfig(ByVal key As String, Optional ByVal default As String = "") As Variant
    GetConfig = key & default
End Function
"""
STAND_IN = """
Public Answer As Variant
Public Module_ As String
Public Seen As String

Public Function CallUDF(ByVal module As String, ByVal name As String, ByVal given As Variant, ByVal book As Variant, ByVal caller As Variant) As Variant
    Dim i As Long
    If VarType(Answer) = vbString Then
        If Answer = "broken" Then Err.Raise 1000, , "no Python here"
    End If
    Seen = module & " " & name
    For i = 0 To UBound(given)
        Seen = Seen & " " & TypeName(given(i))
    Next i
    CallUDF = Answer
End Function
"""  # noqa: E501  # a declaration stays on its line

XLWINGS = """
Public Server As Object
Public Wizard As Boolean

Public Function XLPy() As Object
    Set XLPy = Server
End Function

Public Sub Prepare(ByVal answer As Variant)
    Set Server = New StandIn
    Server.Answer = answer
End Sub

Public Function Seen() As String
    Seen = Server.Seen
End Function

Public Function GetConfig(ByVal key As String, Optional ByVal default As String = "") As Variant
    GetConfig = "fr"
End Function

Public Sub OpenWizard(ByVal opened As Boolean)
    Wizard = opened
End Sub

Public Function Area(ByVal answer As Variant) As Variant
    Dim given(0 To 1, 0 To 1) As Variant, found As Variant
    given(0, 0) = 1.5
    given(0, 1) = "#N/A"
    given(1, 0) = "a text"
    given(1, 1) = answer
    found = Real(given)
    Area = found(0, 0) & "/" & CStr(found(0, 1)) & "/" & found(1, 0) & "/" & CStr(found(1, 1))
End Function
"""


@pytest.fixture(scope="module")
def excel() -> ExcelApplication:
    """Loaded once, since it takes a second."""
    made = ExcelApplication()
    made.add_workbook()
    made.add_module(STAND_IN, name="StandIn", kind="class")
    made.add_module(XLWINGS, name="xlwings")
    asked, end = "Public Function IsWizardOpen() As Boolean", "End Function"
    before, _, after = runtime().partition(asked)  # this Excel has no tool bars to ask
    made.add_module(f"{before}{asked}\n    IsWizardOpen = Wizard\n{end}{after.partition(end)[2]}", name="xlkpi_runtime")
    source = wrappers(FUNCTIONS.values()).replace("Application.Caller", "Nothing")  # nor a cell that calls
    made.add_module(source, name="xlkpi_functions")
    return made


@pytest.mark.parametrize(
    ("answer", "shown"),
    [("#DIV/0!", "Error 2007"), ("#N/A", "Error 2042"), ("#NUM!", "Error 2036"), ("#VALUE!", "Error 2015"),
     ("#REF!", "Error 2023"), ("on_track", "on_track"), (1.5, "1.5"), ("# 1", "# 1"), ("broken", "Error 2029")],
)  # fmt: skip
def test_an_error_text_becomes_a_real_error_and_what_is_broken_never_a_text(excel, answer, shown) -> None:
    excel.run("Prepare", answer)
    assert str(excel.run("KPI_ROI", 1000, 400)) == shown


def test_a_range_of_results_keeps_its_errors(excel) -> None:
    assert excel.run("Area", "#NULL!") == "1.5/Error 2042/a text/Error 2000"


def test_arguments_go_on_as_they_are_given(excel) -> None:
    excel.run("Prepare", 1)
    excel.run("KPI_ROI", 1000, "x")
    assert str(excel.run("Seen")).startswith("xlkpi.udfs KPI_ROI ")
    repeating = next(f for f in FUNCTIONS.values() if f.arguments and f.arguments[-1].repeating)
    excel.run(repeating.name, "roi", 1000, 400)
    assert str(excel.run("Seen")).count(" ") == 4


def test_nothing_runs_while_the_wizard_is_open(excel) -> None:
    excel.run("Prepare", 1)
    excel.run("OpenWizard", True)
    assert excel.run("KPI_ROI", 1000, 400) is None
    assert excel.run("Seen") == ""
    excel.run("OpenWizard", False)
    assert excel.run("KPI_ROI", 1000, 400) == 1
    assert wrappers(FUNCTIONS.values()).count("If IsWizardOpen() Then Exit Function") == len(FUNCTIONS)


@pytest.mark.parametrize("text", ["Coût « moyen »\u202f: 5 % – l’écart", 'un "mot"', "back\\slash", "plain", "≥ − → Σ"])
def test_letters_of_every_language_come_through(excel, text: str) -> None:
    literal = escaped(text)
    assert literal.isascii()
    assert excel.run("Unescaped", literal.replace('""', '"')) == text


def test_help_fits_the_wizard_in_every_language() -> None:
    source = descriptions(FUNCTIONS.values())
    assert source.isascii()
    for function in FUNCTIONS.values():
        assert function.wizard_length <= 254
        for language in ("fr", "en"):
            texts = [function.description(language), *(a.description(language) for a in function.arguments)]
            assert max(map(len, texts)) <= 255, function.name
        assert source.count(f'    Describe "{function.name}", ') == 1
    assert max(map(len, source.splitlines())) <= 1_023
    assert source.count("Private Sub Describe") > 3  # each small enough for VBA's 64 KB


def test_it_is_placed_where_each_system_looks(tmp_path: Path) -> None:
    windows = Places.of("win32", tmp_path, {"APPDATA": str(tmp_path / "Roaming"), "USERPROFILE": str(tmp_path)})
    assert windows.addins == tmp_path / "Roaming" / "Microsoft" / "Excel" / "XLSTART"
    assert windows.settings == tmp_path / ".xlkpi" / "xlkpi.conf"
    mac = Places.of("darwin", tmp_path, {})
    assert mac.addins.parts[-2:] == ("Startup.localized", "Excel")
    assert mac.settings.name == "xlkpi.conf"


def test_install_places_the_add_in_and_settings_and_keeps_what_was_set(tmp_path: Path, capsys) -> None:
    import sys

    (tmp_path / "xlkpi.conf").write_text('"SHOW CONSOLE","True"\n"INTERPRETER_WIN","old"\n', encoding="utf-8")
    (tmp_path / "settings.json").write_text('{"project": "mine.yaml"}', encoding="utf-8")
    assert run(["addin", "install", "--folder", str(tmp_path), "--language", "fr"]) == 0
    assert "Redémarrez Excel" in capsys.readouterr().out
    assert (tmp_path / "xlkpi.xlam").read_bytes() == xlam.classic(FUNCTIONS.values())
    settings = dict(
        line.strip('"').split('","') for line in (tmp_path / "xlkpi.conf").read_text(encoding="utf-8").splitlines()
    )
    assert settings["INTERPRETER_WIN"] == sys.executable
    assert settings["SHOW CONSOLE"] == "True"
    assert settings["UDF MODULES"] == "xlkpi.udfs"
    assert settings["ADD_WORKBOOK_TO_PYTHONPATH"] == "False"
    assert json.loads((tmp_path / "settings.json").read_text(encoding="utf-8")) == {
        "project": "mine.yaml", "language": "fr"
    }  # fmt: skip
    (tmp_path / "file").touch()
    assert run(["addin", "install", "--folder", str(tmp_path / "file")]) == 1
    refused = capsys.readouterr().err
    assert "xlkpi.xlam: " in refused
    assert "--folder" in refused
    assert " -o" not in refused
    (tmp_path / "~$xlkpi.xlam").touch()
    assert run(["addin", "install", "--folder", str(tmp_path)]) == 1  # it is open in Excel


def test_build_writes_the_module_and_the_add_in_without_python(tmp_path: Path, capsys) -> None:
    assert run(["addin", "build", "--vba-only", "-o", str(tmp_path), "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert [Path(f).name for f in made["files"]] == ["xlkpi_kpis.bas", "xlkpi_kpis.xlam"]
    assert faults(tmp_path / "xlkpi_kpis.xlam") == []
    source = (tmp_path / "xlkpi_kpis.bas").read_bytes()
    assert source.isascii()
    assert b"\r\n" in source
    with ExcelFile(tmp_path / "xlkpi_kpis.xlam") as book:
        modules = book.vba_modules()
    assert modules["xlkpi_kpis"].replace("\r\n", "\n") == source.decode().replace("\r\n", "\n")
    for name, code in modules.items():
        (tmp_path / f"{name}.{'bas' if name.startswith('xlkpi') else 'cls'}").write_bytes(code.encode())
    found = analyze_loose_files(sorted(str(p) for p in tmp_path.iterdir() if p.suffix in (".bas", ".cls")))
    assert [(name, p.code) for name, ps in found.items() for p in ps if p.severity.value != "information"] == []
    assert run(["addin", "install", "--vba-only", "--folder", str(tmp_path / "place")]) == 0
    assert [p.name for p in (tmp_path / "place").iterdir()] == ["xlkpi_kpis.xlam"]


def test_a_ribbon_is_taken_by_the_validator(tmp_path: Path) -> None:
    ribbon = (
        '<customUI xmlns="http://schemas.microsoft.com/office/2009/07/customui"><ribbon><tabs>'
        '<tab id="t" label="xlkpi"/></tabs></ribbon></customUI>'
    )
    path = tmp_path / "ribbon.xlam"
    path.write_bytes(xlam.package({"m": "Option Explicit\n"}, custom_ui=ribbon))
    assert faults(path) == []
    with zipfile.ZipFile(path) as parts:
        assert parts.read("customUI/customUI14.xml").decode() == ribbon
