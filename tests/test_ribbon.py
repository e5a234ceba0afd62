"""The ribbon: one table, printed for the classic add-in and for Office; every callback leads somewhere."""

from __future__ import annotations

import re
import warnings
import xml.etree.ElementTree as ET
import zipfile
from importlib import import_module
from pathlib import Path

import pytest
from pyopenvba import ExcelFile
from pyopenvba.apps.excel import ExcelApplication
from pyvbaanalysis import analyze_loose_files
from xlkpi.udfs.actions import action
from xlkpi.udfs.actions.buttons import buttons, groups, scripts
from xlkpi.udfs.registry import functions

from tests.checks.sdk import faults
from xlkpi.addin import ribbon, xlam
from xlkpi.addin.server.run import SITE
from xlkpi.addin.wrappers import runtime
from xlkpi.language import languages

#: What Excel 2013 to Microsoft 365 have pictures for.
PICTURES = frozenset(
    line
    for line in (Path(__file__).parent / "fixtures" / "excel_buttons.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
)
UI = "{http://schemas.microsoft.com/office/2009/07/customui}"


@pytest.fixture(scope="module")
def addin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ribbon") / xlam.CLASSIC
    path.write_bytes(xlam.classic(list(functions().values())[:3]))
    return path


@pytest.fixture(scope="module")
def source(addin: Path) -> str:
    """The module behind the ribbon, read from the add-in by another program."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it uses what its parser has given new names
        from oletools.olevba import VBA_Parser

    parser = VBA_Parser(str(addin))
    modules = {name: code for *_, name, code in parser.extract_macros()}
    parser.close()
    return str(modules["xlkpi_ribbon.bas"]).replace("\r\n", "\n")


def test_the_tab_has_the_buttons_that_were_promised() -> None:
    english = [button.label["en"] for button in buttons().values()]
    assert sorted(english) == sorted(
        ["Refresh", "Check (SMART)", "New scorecard", "Insert function", "Explain cell", "Notes",
         "Language (français)", "Help"]
    )  # fmt: skip


def test_every_button_has_texts_that_fit_in_every_language() -> None:
    for part in (*groups(), *buttons().values()):
        assert set(part.label) == set(languages())
        assert max(map(len, part.label.values())) <= 125  # what a manifest's short string may hold
    for button in buttons().values():
        assert set(button.tip) == set(languages())
        assert max(map(len, button.tip.values())) <= 250  # and a long one
        assert all(re.search(r" [:;!?»]|« ", text) is None for text in (button.tip["fr"], button.label["fr"]))


def test_every_picture_is_one_that_excel_has() -> None:
    assert {b.image for b in buttons().values()} - PICTURES == set()
    assert len({b.image for b in buttons().values()}) == len(buttons())


def test_every_button_has_an_action_in_python() -> None:
    for name, button in buttons().items():
        assert callable(action(name))
        assert getattr(import_module(f"xlkpi.udfs.actions.{button.run}"), name) is action(name)


def test_the_add_in_holds_the_ribbon_and_microsofts_validator_finds_no_fault(addin: Path) -> None:
    with zipfile.ZipFile(addin) as parts:
        shown = ET.fromstring(parts.read("customUI/customUI14.xml"))
    assert shown.tag == f"{UI}customUI"
    assert [b.get("imageMso") for b in shown.iter(f"{UI}button")] == [b.image for b in buttons().values()]
    ids = [element.get("id") for element in shown.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    assert faults(addin) == []


def test_every_callback_of_the_ribbon_is_a_procedure_with_the_right_arguments(addin: Path, source: str) -> None:
    with zipfile.ZipFile(addin) as parts:
        shown = ET.fromstring(parts.read("customUI/customUI14.xml"))
    procedures = dict(re.findall(r"^Public Sub (\w+)\(([^)]*)\)$", source, re.MULTILINE))
    wanted = {"onLoad": 1, "onAction": 1, "getLabel": 2, "getScreentip": 2, "getSupertip": 2}
    called = [(name, value) for element in shown.iter() for name, value in element.attrib.items() if name in wanted]
    assert len([1 for name, _ in called if name == "onAction"]) == len(buttons())
    for name, value in called:
        module, _, procedure = value.partition(".")
        assert module == ribbon.MODULE
        assert len(procedures[procedure].split(",")) == wanted[name]


def test_every_callback_calls_an_action_that_python_has(source: str) -> None:
    called = re.findall(r'Done\("(\w+)"\)', source)
    assert called == list(buttons())
    module = re.search(r'XLPy\.Module\("(xlkpi[\w.]*)"\), "(\w+)"', source)
    assert module is not None
    assert callable(getattr(import_module(module[1]), module[2]))
    assert "RunPython" not in re.sub(r"'.*", "", source)


def test_an_analyser_finds_no_fault_in_the_ribbons_module(addin: Path, tmp_path: Path) -> None:
    with ExcelFile(addin) as book:
        for name in ("xlkpi_ribbon", "xlkpi_help", "xlkpi_runtime"):
            (tmp_path / f"{name}.bas").write_text(book.get_module(name))
    (tmp_path / "xlwings.bas").write_text(
        'Attribute VB_Name = "xlwings"\nOption Explicit\nPublic Function XLPy() As Object\n    Set XLPy = Nothing\n'
        "End Function\n\nPublic Function GetConfig(ByVal key As String, Optional ByVal default As String) As Variant\n"
        "    GetConfig = key & default\nEnd Function\n"
    )
    found = analyze_loose_files(sorted(map(str, tmp_path.iterdir())))
    assert [(name, p.code) for name, ps in found.items() for p in ps if p.severity.value != "information"] == []


def test_a_scanner_for_malware_finds_no_call_but_the_one_of_python_in_the_ribbons_module(source: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from oletools.olevba import VBA_Scanner

    code = re.sub(r'"(?:[^"]|"")*"', '""', source)  # words of tips, such as "put", are no calls
    code = re.sub(r"'.*", "", code)
    found = [(kind, word) for kind, word, _ in VBA_Scanner(code).scan(include_decoded_strings=False)]
    assert found == [("Suspicious", "Call")]


PYTHON = """
Public Asked As String
Public Answer As Boolean
Public Broken As Boolean

Public Function Module(ByVal name As String) As Variant
    Module = name
End Function

Public Function Tuple(ByVal action As Variant, ByVal language As Variant) As Variant
    Tuple = action & "/" & language
End Function

Public Sub SetAttr(ByVal module As Variant, ByVal name As String, ByVal value As Variant)
    If Broken Then Err.Raise 1000, , "no Python here"
End Sub

Public Function [Call](ByVal module As Variant, ByVal name As Variant, ByVal given As Variant) As Variant
    Asked = module & " " & name & " " & given
    KeyInPython = CancelKey
    [Call] = Answer
End Function

Public Function Bool(ByVal found As Variant) As Boolean
    Bool = found
End Function
"""
HOST = """
Public Server As Object
Public Spoken_ As String
Public CancelKey As Long
Public KeyInPython As Long
Public Described As Long

Public Function XLPy() As Object
    Set XLPy = Server
End Function

Public Sub Prepare(ByVal answer As Boolean, ByVal language As String)
    Set Server = New Python
    Server.Answer = answer
    Spoken_ = language
    Described = 0
    CancelKey = 1
    KeyInPython = 1
End Sub

Public Function GetConfig(ByVal key As String, Optional ByVal default As String = "") As Variant
    GetConfig = Spoken_
End Function

Public Function Told(ByVal id As String, ByVal which As String) As String
    Dim control As Object, answer As Variant
    Set control = New Control
    control.ID = id
    If which = "tip" Then GetTip control, answer Else GetLabel control, answer
    Told = answer
End Function

Public Function Pressed(ByVal which As String) As String
    If which = "check" Then OnCheck New Control
    If which = "language" Then OnLanguage New Control
    Pressed = Server.Asked & " " & Described
End Function

Public Function Keys() As String
    Keys = KeyInPython & "/" & CancelKey
End Function
"""


@pytest.fixture(scope="module")
def excel() -> ExcelApplication:
    """An Excel in memory with the ribbon's module, over a stand-in for Python."""
    made = ExcelApplication()
    made.add_workbook()
    made.add_module(PYTHON.replace("[Call]", "Called"), name="Python", kind="class")
    made.add_module("Public ID As String\n", name="Control", kind="class")
    made.add_module(HOST, name="host")
    made.add_module("Public Sub DescribeAll()\n    Described = Described + 1\nEnd Sub\n", name="xlkpi_help")
    made.add_module(runtime(), name="xlkpi_runtime")
    # `Call` is a keyword to this Excel also behind a dot, and it does not know what Esc does
    source = ribbon.vba().replace("XLPy.Call(", "XLPy.Called(").replace("Application.EnableCancelKey", "CancelKey")
    made.add_module(source, name="xlkpi_ribbon")
    return made


@pytest.mark.parametrize("language", languages())
def test_labels_and_tips_are_told_in_the_language_that_is_set(excel: ExcelApplication, language: str) -> None:
    excel.run("Prepare", True, language)
    for button in buttons().values():
        assert excel.run("Told", f"xlkpi{button.camel}", "label") == button.label[language]
        assert excel.run("Told", f"xlkpi{button.camel}", "tip") == button.tip[language]
    for group in groups():
        assert excel.run("Told", f"xlkpi{group.camel}Group", "label") == group.label[language]


def test_a_press_runs_the_action_in_the_language_and_the_language_button_tells_all_anew(
    excel: ExcelApplication,
) -> None:
    excel.run("Prepare", True, "fr")
    assert excel.run("Pressed", "check") == "xlkpi.udfs.actions run check/fr 0"
    assert excel.run("Pressed", "language") == "xlkpi.udfs.actions run language/fr 1"
    excel.run("Prepare", False, "fr")
    assert excel.run("Pressed", "language") == "xlkpi.udfs.actions run language/fr 0"  # not done: nothing is told anew


def test_esc_is_pythons_while_it_runs_and_excels_afterwards(excel: ExcelApplication) -> None:
    excel.run("Prepare", True, "fr")
    excel.run("Pressed", "check")
    assert excel.run("Keys") == "0/1"
    source = ribbon.vba()
    failed = source[source.index("Failed:") : source.index("MsgBox")]
    assert "Application.EnableCancelKey = 1" in failed  # also where Python is not reached


def test_of_a_traceback_only_its_last_line_is_shown(excel: ExcelApplication) -> None:
    told = (
        'Traceback (most recent call last):\r\n  File "x.py", line 1\r\nModuleNotFoundError: No module named xlkpi\r\n'
    )
    assert excel.run("LastLine", told) == "ModuleNotFoundError: No module named xlkpi"
    assert excel.run("LastLine", "") == ""


def test_every_button_of_the_manifest_has_its_pictures() -> None:
    wanted = re.findall(r'DefaultValue="([^"]+)"', ribbon.manifest_images("x"))
    assert len(wanted) == 3 * (len(buttons()) + 1)
    for path in wanted:
        content = (SITE / "static" / "xlkpi" / path.removeprefix("x/")).read_bytes()
        assert content[:8] == b"\x89PNG\r\n\x1a\n"
        assert int.from_bytes(content[16:20], "big") == int(path.rpartition("-")[2].removesuffix(".png"))


def test_the_manifest_names_for_each_button_what_the_page_associates() -> None:
    named = re.findall(r"<FunctionName>(\w+)</FunctionName>", ribbon.manifest_groups())
    assert named == [b.id for b in buttons().values() if b.office != "pane"]
    assert set(scripts()) <= set(named)
