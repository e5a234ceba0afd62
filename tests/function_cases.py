"""Calls of every function in cells with their results, for all the ways in which Excel can come to them.

Cells are plain: numbers, texts, booleans, None for a blank, and an error as its text (``#N/A``); ranges are lists of
rows. ``expected`` is None where only the sameness of all ways counts, such as for long texts.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from xlkpi.udfs.cells import OFFICE_ERRORS
from xlkpi.udfs.registry import functions

from xlkpi.catalogue import catalogue


@dataclass(frozen=True)
class Case:
    """One call; ``id`` names it in a failure."""

    name: str
    arguments: tuple[Any, ...]
    expected: Any = None

    @property
    def id(self) -> str:
        return f"{self.name}{self.arguments}"[:90]


_ERRORS = {kind: error for error, kind in OFFICE_ERRORS.items()}
#: Functions that need numpy, which Pyodide takes from a network that a test does not have.
NUMERIC = {"KPI_TREND", "KPI_FORECAST", "SMART_PROBABILITY"}
NA, VALUE, NUM, DIV, REF = "#N/A", "#VALUE!", "#NUM!", "#DIV/0!", "#REF!"
START, DUE, DAY = 46023.0, 46387.0, 46204.0  # 2026-01-01, 2026-12-31, 2026-07-01
SERIES = [[100.0 + 3 * i + (i % 3)] for i in range(24)]
EXPORT = [
    ["Campaign", "Date", "Cost", "Revenue", "Clicks", "Impressions"],
    ["Brand", 46082.0, 100.0, 400.0, 50.0, 1000.0],
    ["Generic", 46083.0, 200.0, 200.0, 40.0, 4000.0],
    ["Brand", 46113.0, 100.0, 300.0, 10.0, 5000.0],
    ["Total", None, 400.0, 900.0, 100.0, 10000.0],
]
CHECK = (
    "Reach a 250% ROI on paid campaigns",
    "roi",
    1.8,
    2.5,
    START,
    DUE,
    "month",
    "sales",
    "Two thirds of sales",
    None,
)

#: What may stand in a cell, for a KPI of single values and for one that adds up rows.
CELLS = [
    Case("KPI_CTR", (5.0, 20.0), 0.25),
    Case("KPI_CTR", (5, 20), 0.25),
    Case("KPI_CTR", (0.0, 20.0), 0.0),
    Case("KPI_CTR", (5.0, 0.0), DIV),
    Case("KPI_CTR", (None, 20.0), NA),
    Case("KPI_CTR", (5.0, None), NA),
    Case("KPI_CTR", ("", 20.0), NA),
    Case("KPI_CTR", ("x", 20.0), VALUE),
    Case("KPI_CTR", ("5", 20.0), VALUE),
    Case("KPI_CTR", ("12 %", 20.0), VALUE),
    Case("KPI_CTR", (True, 20.0), VALUE),
    Case("KPI_CTR", (-5.0, 20.0), NUM),
    Case("KPI_CTR", (REF, None), REF),
    Case("KPI_CTR", (NA, 20.0), NA),
    Case("KPI_CTR", (DAY, DAY * 2), 0.5),
    Case("KPI_CTR", ([[5.0], [None], ["x"], [NUM], [3.0]], [[20.0], [4.0], [4.0], [4.0], [0.0]]),
         [[0.25], [NA], [VALUE], [NUM], [DIV]]),
    Case("KPI_CTR", ([[5.0, 4.0]], 20.0), [[0.25, 0.2]]),
    Case("KPI_CTR", ([[5.0], [4.0]], [[20.0, 10.0]]), [[0.25, 0.5], [0.2, 0.4]]),
    Case("KPI_CTR", ([[1.0], [2.0], [3.0]], [[4.0], [4.0]]), [[0.25], [0.5], [NA]]),
    Case("KPI_ROI", (1e308, 1e-300), NUM),
    Case("KPI_SUM", ([[1.0], [None], [2.0]],), 3.0),
    Case("KPI_SUM", ([[1.0], ["x"]],), VALUE),
    Case("KPI_SUM", ([[1.0], [REF]],), REF),
    Case("KPI_SUM", ([[None], [None]],), NA),
    Case("KPI_AVG_POSITION", ([[2.0], [4.0]], [[10.0], [30.0]]), 3.5),
    Case("KPI_AVG_POSITION", ([[2.0], [4.0]], [[10.0]]), VALUE),
    Case("KPI_INTERACTIONS", (3.0, 2.0), 5.0),
    Case("KPI_PAYBACK", (300.0, 50.0, 0.5), 12.0),
]  # fmt: skip

NAMED = [
    Case("KPI_VALUE", ("roi", EXPORT), 1.25),
    Case("KPI_VALUE", ("roi", EXPORT, "campaign=brand"), 2.5),
    Case("KPI_VALUE", ("roi", EXPORT, [["Campaign", "Generic"]], 46083.0, 46083.0), 0.0),
    Case("KPI_VALUE", ("roi", EXPORT, "campaign=none"), NA),
    Case("KPI_VALUE", ("roi", EXPORT, [["month", -1.0], ["campaign", "<>Generic"]]), 3.0),
    Case("KPI_VALUE", ("rio", EXPORT), VALUE),
    Case("KPI_VALUE", ("roi", 5.0), VALUE),
    Case("KPI_VALUE", ("roi", REF), REF),
    Case("KPI_TABLE", ("roi", EXPORT, "campaign", "month"), [
        ["campaign", "Period", "Return on investment (net ROI, break-even at 0%)"],
        ["Brand", "2026-03", 3.0], ["Brand", "2026-04", 2.0], ["Generic", "2026-03", 0.0],
    ]),
    Case("KPI_TABLE", ([["roi"], ["ctr"]], EXPORT)),
    Case("KPI_TABLE", ("roi", EXPORT, "nothing"), VALUE),
    Case("KPI_TREND", (SERIES,), "growth"),
    Case("KPI_TREND", (SERIES, "cpa"), "loss"),
    Case("KPI_TREND", ([[1.0], [2.0]],), NA),
    Case("KPI_TREND", ([[1.0], ["x"]],), VALUE),
    Case("KPI_FORECAST", (SERIES, 2.0)),
    Case("KPI_FORECAST", (SERIES, 0.0), NUM),
    Case("KPI_HELP", ("roi",)),
    Case("KPI_HELP", ("SMART_PACE",)),
    Case("KPI_HELP", ("AB_TEST",)),
    Case("KPI_HELP", ("nothing at all",), VALUE),
    Case("KPI_HELP", (None,), NA),
    Case("KPI_EXPLAIN", ("roi", 45000.0, 18000.0), "(45,000 − 18,000) / 18,000 = 150%"),
    Case("KPI_EXPLAIN", ("roi", 45000.0, 0.0), "#DIV/0!: the denominator is zero  (45,000 − 0) / 0"),
    Case("KPI_EXPLAIN", ("roi", None, 5.0), "#N/A: a figure is missing (Revenue)  (– − 5) / 5"),
    Case("KPI_EXPLAIN", ("sum", [[1.0], [2.0]])),
    Case("KPI_EXPLAIN", ("SMART_STATUS", 3.0, 1.0, 5.0, START, DUE, DAY),
         "On track: 50% of the way done, 49.7% expected on 1\u00a0July 2026."),
    Case("KPI_EXPLAIN", ("SMART_REQUIRED", 3.0, 9.0, DAY, DUE), "no period remains until the due date"),
    Case("KPI_EXPLAIN", ("SMART_REQUIRED", 3300.0, 9000.0, DUE, DAY), "(9,000 − 3,300) / 183 = 31.1475 per day"),
    Case("KPI_EXPLAIN", ("SMART_PROGRESS", 3.0, 1.0, 5.0), "(3 − 1) / (5 − 1) = 50%"),
    Case("KPI_EXPLAIN", ("SMART_PROGRESS", 3.0, 5.0, 1.0, "decrease"), "(3 − 5) / (1 − 5) = 50%"),
    Case("KPI_EXPLAIN", ("SMART_PROGRESS", [[3.0], [4.0]], 1.0, 5.0), "explains one row at a time: give single cells"),
    Case("KPI_EXPLAIN", ("SMART_EXPECTED", START, DUE, DAY), "181 / 364 days = 49.7%"),
    Case("KPI_EXPLAIN", ("SMART_PACE", 3.0, 1.0, 5.0, START, DUE, DAY), "50% / 49.7% = 1.00552"),
    Case("KPI_EXPLAIN", ("SMART_PACE", 3.0, 1.0, 5.0, START, DUE, START), "the denominator is zero"),
    Case("KPI_EXPLAIN", ("SMART_PROBABILITY", SERIES, 150.0, 4.0)),
    Case("KPI_EXPLAIN", ("KPI_FORECAST", SERIES, 3.0, 12.0)),
    Case("KPI_EXPLAIN", ("KPI_TREND", SERIES, "cpa"),
         "loss: 3 per period, 50.9% over all periods (p: less than 0.001)"),
    Case("KPI_EXPLAIN", ("AB_TEST", 100.0, 1000.0, 140.0, 1000.0)),
    Case("KPI_EXPLAIN", ("AB_TEST", 100.0), "a figure is missing"),
    Case("KPI_EXPLAIN", ("KPI_LIST", "a", "b", "c"), "too many arguments: it takes words, family"),
    Case("KPI_LIST", ("basket",)),
    Case("KPI_LIST", (None, "seo")),
    Case("KPI_LIST", ("zzzz",), NA),
    Case("SMART_STATUS", (3.0, 1.0, 5.0, START, DUE, DAY), "On track"),
    Case("SMART_STATUS", (3.0, 1.0, 5.0, START, DUE, DAY, None, None, None, "code"), "on_track"),
    Case("SMART_STATUS", (1.5, 1.0, 5.0, START, DUE, DAY, "increase", None, None, "code"), "behind"),
    Case("SMART_STATUS", ([[5.0], [None], ["x"]], 1.0, 5.0, START, DUE, DAY, None, None, None, "code"),
         [["achieved"], ["no_data"], [VALUE]]),
    Case("SMART_STATUS", (7.0, None, 5.0, START, DUE, DAY, "stay_between", 8.0, None, "code")),
    Case("SMART_STATUS", (3.0, 1.0, 5.0, START, DUE, DAY, "grow"), VALUE),
    Case("SMART_PROGRESS", (3.0, 1.0, 5.0), 0.5),
    Case("SMART_PROGRESS", (3.0, 5.0, 1.0), 0.5),
    Case("SMART_PROGRESS", (None, 1.0, 5.0), NA),
    Case("SMART_EXPECTED", (START, DUE, DAY), 181 / 364),
    Case("SMART_EXPECTED", (START, "soon", DAY), VALUE),
    Case("SMART_PACE", (3.0, 1.0, 5.0, START, DUE, DAY), 1.005524862),
    Case("SMART_PACE", (3.0, 1.0, 5.0, START, DUE, START), DIV),
    Case("SMART_REQUIRED", (3.0, 9.0, DUE, DAY, "month"), 1.2),
    Case("SMART_REQUIRED", (3.0, 9.0, DAY, DUE), NUM),
    Case("SMART_PROBABILITY", (SERIES, 150.0, 4.0)),
    Case("SMART_PROBABILITY", (SERIES, 150.0, 0.0), 1.0),
    Case("SMART_PROBABILITY", ([[1.0], [2.0]], 3.0, 1.0), NA),
    Case("SMART_CHECK", (*CHECK, None, None, DAY)),
    Case("SMART_SCORE", (*CHECK, None, None, DAY)),
    Case("SMART_SCORE", (None, "roi", 1.8, 2.5, START, DUE), NA),
    Case("AB_TEST", (100.0, 1000.0, 140.0, 1000.0)),
    Case("AB_TEST", (100.0, 50.0, 140.0, 1000.0), NUM),
    Case("AB_TEST", (100.0, None, 140.0, 1000.0), NA),
    Case("AB_SAMPLE_SIZE", (0.03, 0.1), 53211.0),
    Case("AB_SAMPLE_SIZE", ([[0.03], [None], [2.0]], 0.1), [[53211.0], [NA], [NUM]]),
    Case("AB_TEST_MEAN", (50.0, 10.0, 400.0, 54.0, 12.0, 400.0)),
    Case("AB_TEST_MEAN", (50.0, 10.0, 400.0, 54.0, 12.0, 400.0, 0.99)),
    Case("AB_TEST_MEAN", (50.0, 0.0, 1.0, 54.0, 12.0, 400.0)),
    Case("AB_TEST_MEAN", (50.0, -10.0, 400.0, 54.0, 12.0, 400.0), NUM),
    Case("AB_TEST_MEAN", (50.0, 10.0, 2.5, 54.0, 12.0, 400.0), NUM),
    Case("AB_TEST_MEAN", (50.0, None, 400.0, 54.0, 12.0, 400.0), NA),
    Case("AB_TEST_MEAN", (50.0, "x", 400.0, 54.0, 12.0, 400.0), VALUE),
    Case("KPI_EXPLAIN", ("AB_TEST_MEAN", 50.0, 10.0, 400.0, 54.0, 12.0, 400.0)),
    Case("AB_SAMPLE_SIZE_MEAN", (1.0, 0.5), 64.0),
    Case("AB_SAMPLE_SIZE_MEAN", ([[20.0], [None], [-1.0]], -10.0, 0.95, 0.8), [[64.0], [NA], [NUM]]),
    Case("AB_SAMPLE_SIZE_MEAN", (20.0, 0.0), NUM),
]  # fmt: skip


def examples() -> Iterator[Case]:
    """Every KPI's function with its worked example."""
    known = catalogue()
    for function in functions().values():
        if function.kpi:
            kpi = known[function.kpi]
            rows = {n: [[v] for v in a] if isinstance(a, tuple) else float(a) for n, a in kpi.arguments.items()}
            yield Case(function.name, tuple(rows.values()), float(kpi.result))


def cases() -> list[Case]:
    """All calls."""
    return [*examples(), *CELLS, *NAMED]


def plain(value: Any) -> Any:
    """A result as rows of numbers, texts and errors' texts, however the way writes it."""
    rows = value if isinstance(value, list | tuple) else [[value]]
    return [[_cell(v) for v in row] for row in rows]


def _cell(value: Any) -> Any:
    if isinstance(value, dict):
        return _ERRORS[value["errorType"]]
    return None if value == "" else value


def alike(found: Any, expected: Any) -> bool:
    """Whether two results are the same, but for the last digits of a number."""
    if isinstance(found, list):
        return isinstance(expected, list) and len(found) == len(expected) and all(map(alike, found, expected))
    numbers = [isinstance(v, int | float) and not isinstance(v, bool) for v in (found, expected)]
    if all(numbers):
        return math.isclose(found, expected, rel_tol=1e-9, abs_tol=1e-12)
    return not any(numbers) and bool(found == expected)
