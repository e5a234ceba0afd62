"""What cells are told in words: workings with their numbers, and what to write in an objective's cells."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import pytest
from xlkpi.udfs import settings
from xlkpi.udfs.registry import functions

from xlkpi.formula import NoData
from xlkpi.objectives.model import Objective

SERIES = [[100.0 + 3 * i + (i % 3)] for i in range(24)]
PAST = [[1.5 + 0.03 * i + 0.02 * (i % 3)] for i in range(24)]
KEYS = "|".join(field.name for field in fields(Objective) if field.name != "title")
START, DUE, DAY = 46023.0, 46387.0, 46030.0  # 2026-01-01, 2026-12-31, 2026-01-08


@pytest.fixture(autouse=True, params=["en", "fr"])
def language(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("XLKPI_LANGUAGE", request.param)
    settings.forget()
    yield request.param
    monkeypatch.undo()
    settings.forget()


def call(name: str, *arguments: Any) -> Any:
    return functions()[name].call(*arguments)


def test_every_function_explains_itself_with_too_few_arguments_and_too_many() -> None:
    for function in functions().values():
        for count in (0, 1, 12):
            told = call("KPI_EXPLAIN", function.name, *[5.0] * count)
            assert isinstance(told, str), (function.name, count)
            assert told


def test_the_forecast_tells_how_far_off_it_would_have_been(language: str) -> None:
    share = {"en": "0.18%", "fr": "0,18\u202f%"}[language]
    assert share in call("KPI_FORECAST", SERIES, 3.0, 12.0)[0][1]
    assert share in call("KPI_EXPLAIN", "KPI_FORECAST", SERIES, 3.0, 12.0)
    assert "%" not in call("KPI_FORECAST", [[1.0]])[0][1]  # nothing past to compare with
    assert "77" in call("KPI_EXPLAIN", "SMART_PROBABILITY", SERIES, 180.0, 4.0)


def test_an_objective_that_says_all_that_cells_can_say_is_good() -> None:
    given = (
        "Reach a 250% ROI on paid campaigns in France", "roi", 1.8, 2.5, START, DUE, "month", "sales",
        "Two thirds of sales come from paid campaigns", "New targeting, and 20% more budget", "Ann", PAST, DAY,
    )  # fmt: skip
    assert call("SMART_SCORE", *given) == 100
    assert [row[3] for row in call("SMART_CHECK", *given)[1:]] == [None] * 5


@pytest.mark.parametrize(
    "given",
    [
        ("Improve sales", None, None, None, None, None),
        ("Improve the ROI", "roi", None, 2.5, None, DUE),
        ("Improve the ROI", "roi", 180.0, 250.0, START, DUE),
        ("Reach 5% ROI", "roi", 0.9, 0.8, DUE, START, None, "sales", "because"),
        ("Reach 900% ROI", "roi", 1.8, 9.0, START, DUE, "day", None, None, None, None, PAST, DAY),
        ("10,000 likes", "interactions", 10.0, 10000.0, START, DUE, "month", "sales"),
    ],
)
def test_what_to_write_names_arguments_and_no_key_of_a_file(given: tuple[Any, ...]) -> None:
    found = call("SMART_CHECK", *given)
    assert not isinstance(found, NoData)
    fixes = " ".join(row[3] or "" for row in found[1:])
    assert fixes
    assert not re.search(rf"\b({KEYS}):", fixes), fixes
    assert "xlkpi kpis" not in fixes
