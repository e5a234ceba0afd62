"""Two programs that run VBA: LibreOffice's Basic, and pyOpenVBA's interpreter with its Excel in memory.

Both run a module of functions for cells through a driver, a second module that reads calls from a text and writes
their results as a text. So inputs are those that VBA has (Empty, Error, Date ...), not what a cell makes of them.
"""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from . import libreoffice
from .book import ExcelError, Input, Result, Scalar

MISSING = "pyOpenVBA is not installed: pip install pyopenvba"
NUMBERS = {"#NULL!": 2000, "#DIV/0!": 2007, "#VALUE!": 2015, "#REF!": 2023, "#NAME?": 2029, "#NUM!": 2036, "#N/A": 2042}
CODES = {number: code for code, number in NUMBERS.items()}

_DRIVER = """Option Explicit

Public Function Drive(ByVal calls As String) As String
    Dim lines() As String, fields() As String, a() As Variant, i As Long, k As Long
    On Error GoTo Failed
    lines = Split(calls, Chr(10))
    For i = 0 To UBound(lines)
        fields = Split(lines(i), "|")
        ReDim a(0 To 59) ' what is left out is blank
        For k = 1 To UBound(fields)
            a(k - 1) = Given(fields(k))
        Next k
        lines(i) = Shown(Called(fields(0), a))
    Next i
    Drive = Join(lines, Chr(10))
    Exit Function
Failed:
    Drive = "!" & Err.Description & ": " & lines(i)
End Function

Private Function Given(ByVal field As String) As Variant
    Dim lines() As String, items() As String, cells_() As Variant, r As Long, c As Long
    If Left(field, 1) <> "[" Then
        Given = One(field)
        Exit Function
    End If
    lines = Split(Mid(field, 2), "^")
    ReDim cells_(1 To UBound(lines) + 1, 1 To UBound(Split(lines(0), ";")) + 1)
    For r = 0 To UBound(lines)
        items = Split(lines(r), ";")
        For c = 0 To UBound(items)
            cells_(r + 1, c + 1) = One(items(c))
        Next c
    Next r
    Given = cells_
End Function

Private Function One(ByVal item As String) As Variant
    Select Case Left(item, 1)
    Case "n"
        One = Val(Mid(item, 2))
    Case "s"
        One = Mid(item, 2)
    Case "e"
        One = CVErr(CLng(Mid(item, 2)))
    Case "b"
        One = (item = "b1")
    Case "d"
        One = CDate(Val(Mid(item, 2)))
    Case Else
        One = Empty
    End Select
End Function

Private Function Shown(ByVal value As Variant) As String
    Dim r As Long, c As Long
    If IsArray(value) Then
        For r = LBound(value, 1) To UBound(value, 1)
            If r > LBound(value, 1) Then Shown = Shown & "/"
            For c = LBound(value, 2) To UBound(value, 2)
                If c > LBound(value, 2) Then Shown = Shown & ";"
                Shown = Shown & Shown1(value(r, c))
            Next c
        Next r
    Else
        Shown = Shown1(value)
    End If
End Function

Private Function Shown1(ByVal value As Variant) As String
    Dim power As Long
    If IsError(value) Then
        Shown1 = CStr(value)
    ElseIf VarType(value) = vbString Then
        Shown1 = "'" & value
    ElseIf IsEmpty(value) Then
        Shown1 = "Empty"
    ElseIf value = 0 Then
        Shown1 = "0"
    Else ' Str keeps fewer digits of small numbers
        power = Int(Log(Abs(value)) / Log(10#))
        If power > 300 Then power = 300
        If power < -300 Then power = -300
        Shown1 = Trim(Str(value / 10# ^ power)) & "E" & power
    End If
End Function

Private Function Called(ByVal name As String, ByRef a() As Variant) As Variant
    Select Case name
%s
    End Select
End Function
"""


@dataclass(frozen=True)
class VbaCall:
    """A call of a function; a tuple or list is a column, or rows of cells."""

    function: str
    arguments: tuple[Input | list[list[Scalar]], ...]


def driver(calls: Sequence[VbaCall]) -> str:
    """The module that makes the calls, as text in, text out."""
    shapes = sorted({(call.function, len(call.arguments)) for call in calls})
    cases = []
    for name, group in itertools.groupby(shapes, key=lambda shape: shape[0]):
        most = max(count for _, count in group)
        cases += [f'    Case "{name}"', f"        Called = {name}({', '.join(f'a({i})' for i in range(most))})"]
    return _DRIVER % "\n".join(cases)


def libreoffice_values(module: str, calls: Sequence[VbaCall]) -> list[list[list[Result]]]:
    """The result of each call in LibreOffice, by rows and columns."""
    from pyopenvba import ExcelFile

    with tempfile.TemporaryDirectory(prefix="xlkpi-vba-") as folder:
        path = Path(folder, "calls.xlsm")
        with ExcelFile.create_new(path) as book:
            project = book.vba_project()
            project.add_module("kpis", _windows(module))
            project.add_module("driver", _windows(driver(calls)))
            book.save()
        answers = libreoffice.macro_results(path, "VBAProject.driver.Drive", list(_texts(calls)))
    return _read("\n".join(answers))


def interpreter_values(module: str, calls: Sequence[VbaCall]) -> list[list[list[Result]]]:
    """The result of each call in pyOpenVBA's interpreter, by rows and columns."""
    from pyopenvba.apps.excel import ExcelApplication

    excel = ExcelApplication()
    excel.add_workbook()
    excel.add_module(module, name="kpis")
    excel.add_module(driver(calls), name="driver")
    return _read("\n".join(str(excel.run("Drive", text)) for text in _texts(calls)))


def available() -> str | None:
    """None where both can run here, else what is missing."""
    return libreoffice.available() or (None if find_spec("pyopenvba") else MISSING)


def _windows(source: str) -> str:
    return source.replace("\n", "\r\n")


def _texts(calls: Sequence[VbaCall]) -> Iterator[str]:
    """A line for each call, in texts that are not too long for Basic."""
    for first in range(0, len(calls), 200):
        yield "\n".join("|".join([c.function, *map(_field, c.arguments)]) for c in calls[first : first + 200])


def _field(value: Input | list[list[Scalar]]) -> str:
    if not isinstance(value, tuple | list):
        return _item(value)
    rows = [row if isinstance(row, list) else [row] for row in value]
    return "[" + "^".join(";".join(map(_item, row)) for row in rows)


def _item(value: Scalar) -> str:
    if value is None:
        return "_"
    if isinstance(value, ExcelError):
        return f"e{NUMBERS[value.code]}"
    if isinstance(value, bool):
        return f"b{int(value)}"
    return f"s{value}" if isinstance(value, str) else f"n{float(value)!r}"


def _read(answer: str) -> list[list[list[Result]]]:
    return [_results(line) for line in answer.split("\n")]


def _results(line: str) -> list[list[Result]]:
    assert not line.startswith("!"), line
    return [[_result(item) for item in row.split(";")] for row in line.split("/")]


def _result(item: str) -> Result:
    if item.startswith("Error "):
        return CODES[int(item.removeprefix("Error "))]
    if item.startswith("'"):
        return repr(item[1:])
    return float(item) if item != "Empty" else "Empty"
