"""Formulas printed as VBA give what they give in Python, in LibreOffice's Basic and in an Excel in memory."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

import pytest
from pyopenvba.apps.excel import ExcelApplication
from pyvbaanalysis import analyze_module

import xlkpi
from tests.engines import ExcelError, Input, Result, require, vba
from tests.engines.vba import VbaCall
from tests.proof import Case, agrees
from tests.test_proof_catalogue import cases as generated
from tests.test_proof_random import collected
from xlkpi.errors import FormulaError
from xlkpi.formula import Formula
from xlkpi.formula.vba import MAX_LINE, VbaFunction, module, number

#: Generated inputs a KPI, in LibreOffice; the first is the worked example.
CASES = 9
KPIS = list(xlkpi.catalogue().values())


def printed(formulas: Iterable[tuple[str, Formula, Sequence[str]]]) -> str:
    return module(VbaFunction(name, f.root, parameters, f.limits, f.text) for name, f, parameters in formulas)


CATALOGUE = printed((f"KPI_{kpi.id.upper()}", kpi.compiled, tuple(kpi.inputs)) for kpi in KPIS)


def kpi_call(case: Case) -> VbaCall:
    return VbaCall(f"KPI_{case.label.upper()}", case.values)


def disagreements(cases: Sequence[Case], results: Sequence[Sequence[Sequence[Result]]]) -> list[str]:
    return [
        f"{case.label}: {case.formula.text} {case.inputs} is {case.expected!r}, VBA gives {result!r}"
        for case, result in zip(cases, results, strict=True)
        if not agrees(case.expected, result[0][0])
    ]


@pytest.fixture(autouse=True)
def _programs() -> None:
    if (missing := vba.available()) is not None:
        require(missing)


def test_every_kpi_gives_the_same_number_and_the_same_no_data_in_libreoffice() -> None:
    cases = [case for kpi in KPIS for case in itertools.islice(generated(kpi), CASES)]
    assert disagreements(cases, vba.libreoffice_values(CATALOGUE, [kpi_call(case) for case in cases])) == []


def test_every_kpi_gives_the_same_number_in_an_excel_in_memory() -> None:
    cases = [case for kpi in KPIS for case in itertools.islice(generated(kpi), 3)]
    assert disagreements(cases, vba.interpreter_values(CATALOGUE, [kpi_call(case) for case in cases])) == []


def test_random_formulas_give_the_same_result() -> None:
    cases = collected(examples=200)
    names = {id(case.formula): f"KPI_F{i}" for i, case in enumerate(cases)}
    formulas = {id(case.formula): (names[id(case.formula)], case.formula, case.names) for case in cases}
    calls = [VbaCall(names[id(case.formula)], case.values) for case in cases]
    assert len(formulas) > 60
    assert disagreements(cases, vba.libreoffice_values(printed(formulas.values()), calls)) == []


NA = "#N/A"
SPREADS: list[tuple[str, tuple[Input, ...], list[list[Result]]]] = [
    ("KPI_CPA", ((10.0, 20.0, None), 5.0), [[2.0], [4.0], [NA]]),
    ("KPI_CPA", ((1.0, 2.0, 3.0), (1.0, 0.0)), [[1.0], ["#DIV/0!"], [NA]]),
    ("KPI_CPA", (5.0, (1.0, True, "5", "")), [[5.0], ["#VALUE!"], ["#VALUE!"], [NA]]),
    ("KPI_CPA", (ExcelError("#REF!"), (1.0, None)), [["#REF!"], ["#REF!"]]),
    ("KPI_CPA", (-1.0, ExcelError("#NAME?")), [["#NAME?"]]),
    ("KPI_INTERACTIONS", (3.0,), [[3.0]]),  # arguments that coalesce does without may be left out
    ("KPI_PAYBACK", (100.0, 20.0, 0.5), [[10.0]]),
    ("KPI_AVG_POSITION", ((1.0, 3.0), (30.0, 10.0)), [[1.5]]),
    ("KPI_AVG_POSITION", ((1.0, 3.0, None), (30.0, 10.0, 99.0)), [[1.5]]),
    ("KPI_AVG_POSITION", ((1.0, 3.0), (30.0, 10.0, 5.0)), [["#VALUE!"]]),
    ("KPI_AVG_POSITION", ((1.0, "x"), (30.0, 10.0)), [["#VALUE!"]]),
    ("KPI_AVG_POSITION", ((1.0, 0.5), (30.0, 10.0)), [["#NUM!"]]),
    ("KPI_SUM", ((1e308, 1e308),), [["#NUM!"]]),
]


@pytest.mark.parametrize("engine", [vba.libreoffice_values, vba.interpreter_values])
def test_ranges_are_spread_or_added_up_as_native_formulas_do(engine) -> None:
    for function, calls in itertools.groupby(SPREADS, key=lambda case: case[0]):
        group = list(calls)
        found = engine(CATALOGUE, [VbaCall(function, arguments) for _, arguments, _ in group])
        assert found == [expected for *_, expected in group]


def test_cells_are_read_as_excel_has_them() -> None:
    excel = ExcelApplication()
    excel.add_workbook()
    excel.add_module(CATALOGUE, name="kpis")
    excel.add_module(
        """Public Function Cell(ByVal cost As String, ByVal conversions As String) As Variant
    Cell = KPI_CPA(Range(cost), Range(conversions))
End Function
Public Function Element(ByVal cost As String, ByVal conversions As String, ByVal r As Long) As Variant
    Dim found As Variant
    found = KPI_CPA(Range(cost), Range(conversions))
    Element = found(r, 1)
End Function
Public Function Position(ByVal rank As String, ByVal shown As String) As Variant
    Position = KPI_AVG_POSITION(Range(rank), Range(shown))
End Function
""",
        name="cells",
    )
    sheet = excel.sheet(1)
    for row, (cost, conversions) in enumerate([(100, 4), (50, 0), ("x", 3), (True, 3), (1, None)], start=1):
        sheet.set_value(f"A{row}", cost)
        if conversions is not None:
            sheet.set_value(f"B{row}", conversions)
    assert excel.run("Cell", "A1", "B1") == 25
    elements = [excel.run("Element", "A1:A5", "B1:B5", row) for row in range(1, 6)]
    assert elements[0] == 25
    assert [str(e) for e in elements[1:]] == ["Error 2007", "Error 2015", "Error 2015", "Error 2042"]
    sheet.set_value("D1", 1)
    sheet.set_value("D2", 3)
    sheet.set_value("E1", 30)
    sheet.set_value("E2", 10)
    assert excel.run("Position", "D:D", "E:E") == 1.5


def test_the_analyser_finds_no_fault_in_the_module() -> None:
    serious = [d for d in analyze_module(CATALOGUE) if d.severity.value != "information"]
    assert serious == []
    assert CATALOGUE.isascii()
    assert max(map(len, CATALOGUE.splitlines())) < MAX_LINE


@pytest.mark.parametrize(
    ("value", "text"), [(2.0, "2#"), (0.05, "0.05"), (1e15, "1E+15"), (-3.0, "(-3#)"), (40_000.0, "40000#")]
)
def test_a_number_is_a_double_whatever_its_size(value: float, text: str) -> None:
    assert number(value) == text


def test_a_long_formula_is_worked_out_in_steps_and_a_wide_one_refused() -> None:
    names = [f"cost_{letter}{other}" for letter in "abcdefg" for other in "abcdefghij"]
    long = Formula.parse(f"max({', '.join(names[:40])})")
    source = printed([("KPI_LONG", long, long.names)])
    assert max(map(len, source.splitlines())) <= MAX_LINE
    values = tuple(float(i) for i in range(40))
    assert vba.interpreter_values(source, [VbaCall("KPI_LONG", values)]) == [[[39.0]]]
    wide = Formula.parse("+".join(names[:61]))
    with pytest.raises(FormulaError) as told:
        printed([("KPI_WIDE", wide, wide.names)])
    assert told.value.problems[0].code == "formula_too_wide_for_vba"
