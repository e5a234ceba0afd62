"""The registry of functions in cells: names, arguments and help that every Excel takes, made from the catalogue."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from xlkpi.udfs import settings
from xlkpi.udfs.registry import functions

from xlkpi.catalogue import catalogue
from xlkpi.catalogue.checks import RESERVED, argument_fault
from xlkpi.language import languages

NAMED = """
KPI_VALUE KPI_TABLE KPI_TREND KPI_FORECAST KPI_HELP KPI_EXPLAIN KPI_LIST SMART_STATUS SMART_PROGRESS SMART_EXPECTED
SMART_PACE SMART_REQUIRED SMART_PROBABILITY SMART_CHECK SMART_SCORE AB_TEST AB_SAMPLE_SIZE
AB_TEST_MEAN AB_SAMPLE_SIZE_MEAN
"""
ALL = list(functions().values())


def test_every_kpi_and_every_named_function_is_there() -> None:
    assert set(functions()) == {kpi.function for kpi in catalogue().values()} | set(NAMED.split())


def test_no_kpi_of_ones_own_may_take_the_name_of_another_function() -> None:
    assert {name for name in NAMED.split() if name.startswith("KPI_")} == RESERVED


def test_names_are_those_that_excel_vba_and_python_take() -> None:
    for function in ALL:
        assert re.fullmatch(r"[A-Z][A-Z0-9_]*_[A-Z0-9_]+", function.name)
        assert len(function.name) <= 31, function.name
        assert function.wizard_length <= 254, function.name
        assert [a.name for a in function.arguments if argument_fault(a.name)] == [], function.name
        assert len({a.name for a in function.arguments}) == len(function.arguments), function.name


def test_optional_arguments_come_last_and_only_the_last_repeats() -> None:
    for function in ALL:
        optional = [a.optional for a in function.arguments]
        assert optional == sorted(optional), function.name
        assert not any(a.repeating for a in function.arguments[:-1]), function.name


def test_help_is_there_in_each_language_and_short_enough_for_the_wizard() -> None:
    for function in ALL:
        for language in languages():
            for words in (function.description(language), *(a.description(language) for a in function.arguments)):
                assert 0 < len(words) <= 255, function.name
            assert function.title[language]
        assert function.category == "xlkpi"


def test_help_tells_the_size_of_every_function_that_gives_a_table() -> None:
    for function in ALL:
        assert set(function.size) == (set(languages()) if function.shape == "table" else set()), function.name
    calls = {"AB_TEST": (100.0, 1000.0, 130.0, 1000.0), "AB_TEST_MEAN": (50.0, 10.0, 40.0, 54.0, 12.0, 40.0)}
    for name, given in calls.items():
        told = [row[1] for row in functions()["KPI_HELP"].call(name)]
        found = functions()[name].call(*given)
        assert (len(found), len(found[0])) == (10, 2)
        assert told[-1] in functions()[name].size.values()


def test_own_kpis_of_a_project_are_functions_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = "kpis:\n  rdv: {name: RDV, unit: currency, direction: lower, formula: cost / meetings,\n"
    own += "    example: {cost: 500, meetings: 20, result: 25}}\n"
    (tmp_path / "own.yaml").write_text(own, encoding="utf-8")
    (tmp_path / "settings.json").write_text(json.dumps({"project": str(tmp_path / "own.yaml"), "language": "fr"}))
    monkeypatch.delenv("XLKPI_LANGUAGE", raising=False)
    monkeypatch.delenv("XLKPI_PROJECT", raising=False)
    monkeypatch.setenv("XLKPI_SETTINGS", str(tmp_path / "settings.json"))
    settings.forget()
    try:
        assert settings.settings().language == "fr"
        assert functions()["KPI_RDV"].call(500.0, 20.0) == 25.0
        assert "KPI_ROI" in functions()
    finally:
        monkeypatch.undo()
        settings.forget()


@pytest.mark.parametrize(
    "call",
    [
        "KPI_ROI(1000, 400)",
        "KPI_VALUE('roi', [['Cost', 'Revenue'], [100.0, 300.0]])",
        "SMART_STATUS(1.5, 1.0, 2.0, 46000.0, 46300.0, 46100.0)",
        "SMART_SCORE('Sell more', 'roi', 1.0, 2.5, 46000.0, 46300.0)",
    ],
)
def test_a_first_call_loads_nothing_heavy(call: str) -> None:
    heavy = ("xlwings", "numpy", "pandas", "pydantic", "yaml", "pyarrow", "ibis")
    name, _, arguments = call.partition("(")
    code = f"from xlkpi.udfs.registry import functions; import sys; found = functions()[{name!r}].call({arguments}"
    subprocess.run([sys.executable, "-c", code], check=True)  # fills the cache
    check = f"{code}; print(type(found).__name__, [name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout in ("float []\n", "str []\n")  # an error would be neither
