"""One table of calls through every way to the functions: the same values and the same errors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from xlkpi.udfs import settings
from xlkpi.udfs.cells import returned
from xlkpi.udfs.registry import functions

from tests import served
from tests.engines import ENGINES, Cell, ExcelError, require, xlwings_rules
from tests.function_cases import NUMERIC, Case, alike, cases, plain
from xlkpi.catalogue import catalogue
from xlkpi.formula import NoData

CASES = cases()


def direct(calls: Sequence[Case]) -> list[Any]:
    """Python alone."""

    def text(error: NoData) -> str:
        return error.value

    return [returned(functions()[c.name].call(*c.arguments), text) for c in calls]


def classic(calls: Sequence[Case]) -> list[Any]:
    """The classic add-in for Windows: xlwings' decorators and converters, cells as COM has them."""
    return xlwings_rules.results("classic", [(c.name, c.arguments) for c in calls])


def office(calls: Sequence[Case]) -> list[Any]:
    """xlwings' own call for Office.js, which xlwings Lite runs."""
    return xlwings_rules.results("office", [(c.name, c.arguments) for c in calls])


def server(calls: Sequence[Case]) -> list[Any]:
    """The running server over HTTP."""
    return [served.call(c.name, *xlwings_rules._request(c.name, c.arguments)["args"]) for c in calls]


#: The ways that know all functions. A way that knows some of them tests those.
WAYS: dict[str, Callable[[Sequence[Case]], list[Any]]] = {
    "direct": direct,
    "classic": classic,
    "office": office,
    "server": server,
}


def lite(calls: Sequence[Case]) -> list[Any]:
    """The file for xlwings Lite, in Pyodide."""
    from tests.lite import called
    from xlkpi.addin.lite import files

    made = called(files()["main.py"], [(c.name, xlwings_rules._request(c.name, c.arguments)["args"]) for c in calls])
    assert set(made.functions) == set(functions())  # what Excel is told of
    return made.results


def vba(calls: Sequence[Case]) -> list[Any]:
    """The module of VBA alone, in LibreOffice."""
    from tests.engines import vba
    from xlkpi.addin.plain import module

    if (missing := vba.available()) is not None:
        require(missing)
    given = [vba.VbaCall(c.name, tuple(map(_vba_cells, c.arguments))) for c in calls]
    return vba.libreoffice_values(module(catalogue().functions), given)


def _vba_cells(value: Any) -> Any:
    if isinstance(value, list):
        return [[_error(v) for v in row] for row in value]
    return _error(value)


def _error(value: Any) -> Any:
    return ExcelError(value) if isinstance(value, str) and value[:1] == "#" else value


def lambdas(engine: str) -> Callable[[Sequence[Case]], list[Any]]:
    """The LAMBDA names of a workbook, in one engine."""

    def results(calls: Sequence[Case]) -> list[Any]:
        kpis = catalogue().functions
        names = {name: kpis[name].lambda_() for name in {c.name for c in calls}}
        found: list[Any] = []
        for spill in (False, True):
            cells = [_call(c) for c in calls if _spills(c) is spill]
            values = ENGINES[engine].spill(cells, names) if spill else ENGINES[engine].value(cells, names)
            found += zip([c.id for c in calls if _spills(c) is spill], values, strict=True)
        by_id = {id_: [[v] for v in value] if isinstance(value, tuple) else value for id_, value in found}
        return [by_id[c.id] for c in calls]

    return results


def _spills(case: Case) -> bool:
    return isinstance(case.expected, list)


def _call(case: Case) -> Cell:
    """A call whose arguments stand in cells; those that are left out are blank."""
    count = len(catalogue().functions[case.name].inputs)
    inputs = [tuple(_error(row[0]) for row in a) if isinstance(a, list) else _error(a) for a in case.arguments]
    return Cell(
        (*inputs, *[None] * (count - len(inputs))), f"{case.name}({','.join(f'{{{i}}}' for i in range(count))})"
    )


def _is_kpi(case: Case) -> bool:
    return case.name in catalogue().functions


def _stands_in_columns(case: Case) -> bool:
    """Whether a workbook of the engines can hold it: single cells and columns of one length."""
    columns = [a for a in case.arguments if isinstance(a, list)]
    return _is_kpi(case) and len({len(a) for a in columns}) <= 1 and all(len(row) == 1 for a in columns for row in a)


#: The ways that know some functions, and which calls those are.
SOME: dict[str, tuple[Callable[[Sequence[Case]], list[Any]], Callable[[Case], bool]]] = {
    "Pyodide": (lite, lambda case: not NUMERIC & {case.name, *map(str, case.arguments[:1])}),
    "VBA in LibreOffice": (vba, _is_kpi),
    "LAMBDA in ironcalc": (lambdas("ironcalc"), lambda case: _stands_in_columns(case) and not _spills(case)),
    "LAMBDA in cellrune": (lambdas("cellrune"), _stands_in_columns),
}


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("XLKPI_LANGUAGE", "en")
    monkeypatch.delenv("XLKPI_PROJECT", raising=False)
    settings.forget()
    yield
    monkeypatch.undo()
    settings.forget()


def disagreements(calls: Sequence[Case], found: Sequence[Any]) -> dict[str, Any]:
    wanted = [c.expected if c.expected is not None else result for c, result in zip(calls, direct(calls), strict=True)]
    return {
        c.id: (plain(result), plain(expected))
        for c, result, expected in zip(calls, found, wanted, strict=True)
        if not alike(plain(result), plain(expected))
    }


@pytest.mark.parametrize("way", WAYS)
def test_every_way_gives_the_results_of_the_table(way: str) -> None:
    if way in ("classic", "office"):
        try:
            import xlwings  # noqa: F401  # whether it is there
        except ImportError:
            require("xlwings is not installed: pip install 'xlkpi[server]'")
    assert disagreements(CASES, WAYS[way](CASES)) == {}


@pytest.mark.parametrize("way", SOME)
def test_a_way_that_knows_some_functions_gives_the_same_for_them(way: str) -> None:
    results, knows = SOME[way]
    calls = [case for case in CASES if knows(case)]
    assert len(calls) > 90
    assert disagreements(calls, results(calls)) == {}


def test_the_table_calls_every_function() -> None:
    assert {case.name for case in CASES} == set(functions())
