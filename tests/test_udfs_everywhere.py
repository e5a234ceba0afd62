"""One table of calls through every way to the functions: the same values and the same errors."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from xlkpi.udfs import settings
from xlkpi.udfs.cells import returned
from xlkpi.udfs.registry import functions

from tests import served
from tests.engines import require, xlwings_rules
from tests.function_cases import Case, cases
from xlkpi.formula import NoData

CASES = cases()
_TYPES = {
    "Div0": "#DIV/0!", "NotAvailable": "#N/A", "Name": "#NAME?", "Null": "#NULL!", "Num": "#NUM!", "Ref": "#REF!",
    "Value": "#VALUE!",
}  # fmt: skip


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


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("XLKPI_LANGUAGE", "en")
    monkeypatch.delenv("XLKPI_PROJECT", raising=False)
    settings.forget()
    yield
    monkeypatch.undo()
    settings.forget()


def plain(value: Any) -> Any:
    """A result as rows of numbers, texts and errors' texts, however the way writes it."""
    rows = value if isinstance(value, list | tuple) else [[value]]
    return [[_cell(v) for v in row] for row in rows]


def _cell(value: Any) -> Any:
    if isinstance(value, dict):
        return _TYPES[value["errorType"]]
    return None if value == "" else value


def alike(found: Any, expected: Any) -> bool:
    """Whether two results are the same, but for the last digits of a number."""
    if isinstance(found, list):
        return isinstance(expected, list) and len(found) == len(expected) and all(map(alike, found, expected))
    numbers = [isinstance(v, int | float) and not isinstance(v, bool) for v in (found, expected)]
    if all(numbers):
        return math.isclose(found, expected, rel_tol=1e-9, abs_tol=1e-12)
    return not any(numbers) and bool(found == expected)


@pytest.mark.parametrize("way", WAYS)
def test_every_way_gives_the_results_of_the_table(way: str) -> None:
    if way in ("classic", "office"):
        try:
            import xlwings  # noqa: F401  # whether it is there
        except ImportError:
            require("xlwings is not installed: pip install 'xlkpi[server]'")
    found = WAYS[way](CASES)
    wanted = [c.expected if c.expected is not None else result for c, result in zip(CASES, direct(CASES), strict=True)]
    wrong = {
        c.id: (plain(result), plain(expected))
        for c, result, expected in zip(CASES, found, wanted, strict=True)
        if not alike(plain(result), plain(expected))
    }
    assert wrong == {}


def test_the_table_calls_every_function() -> None:
    assert {case.name for case in CASES} == set(functions())
