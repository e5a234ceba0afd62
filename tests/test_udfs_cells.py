"""Cells of every runtime in one form, and ranges that are broadcast as Excel does."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xlkpi.udfs import kpis
from xlkpi.udfs.cells import SHEET_ROWS, block, cell, flat, returned, single
from xlkpi.udfs.registry import functions

from xlkpi.catalogue import catalogue
from xlkpi.formula import NoData

CTR = functions()["KPI_CTR"]
CELLS = st.one_of(
    st.none(), st.floats(), st.integers(-(10**30), 10**30), st.booleans(), st.text(max_size=3),
    st.sampled_from(["#N/A", "#REF!", "", "5", "12 %"]), st.sampled_from(list(NoData)),
)  # fmt: skip


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, None), ("", None), (float("nan"), None), (5, 5.0), (Decimal("1.5"), 1.5), (True, True), ("x", "x"),
        ("#N/A", NoData.MISSING), ("#hashtag", "#hashtag"),
        (-2146826281, NoData.ZERO_DIVISION), (-2146826281.0, -2146826281.0),
        (date(2026, 1, 1), 46023.0), (datetime(2026, 1, 1, 12), 46023.5), (datetime(2026, 1, 1, tzinfo=UTC), 46023.0),
        ({"type": "Error", "basicValue": "#REF!"}, NoData.REFERENCE), ({"type": "Error"}, NoData.NOT_A_NUMBER),
        ({"type": "FormattedNumber", "basicValue": 3}, 3.0), ({"type": "Entity"}, None),
        ({"type": "Entity", "basicValue": {"basicValue": {}}}, NoData.NOT_A_NUMBER), (10**400, NoData.IMPOSSIBLE),
        (object(), NoData.NOT_A_NUMBER), (1j, NoData.NOT_A_NUMBER),
    ],
)  # fmt: skip
def test_a_cell_of_any_runtime_has_one_form(given: Any, expected: Any) -> None:
    assert cell(given) == expected
    assert type(cell(given)) is type(expected)


@settings(deadline=None)
@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=12))
def test_a_range_gives_what_its_cells_give_one_by_one(rows: list[tuple[Any, Any]]) -> None:
    clicks, base = ([[row[i]] for row in rows] for i in (0, 1))
    assert CTR.call(clicks, base) == [[CTR.call(*row)] for row in rows]


@settings(deadline=None)  # a first call may load numpy
@given(
    st.sampled_from(sorted(functions())),
    st.lists(st.one_of(CELLS, st.lists(st.lists(CELLS, max_size=2), max_size=3)), max_size=6),
)
def test_no_function_raises_and_all_results_are_cells(name: str, arguments: list[Any]) -> None:
    found = functions()[name].call(*arguments)
    for row in found if isinstance(found, list) else [[found]]:
        for value in row:
            assert value is None or isinstance(value, float | str | bool | NoData)


@pytest.mark.parametrize(
    ("clicks", "base", "expected"),
    [
        ([[1.0, 2.0]], [[4.0], [8.0]], [[0.25, 0.5], [0.125, 0.25]]),
        ([[1.0], [2.0]], 4.0, [[0.25], [0.5]]),
        ([[1.0, 2.0], [3.0, 4.0]], [[4.0, 4.0]], [[0.25, 0.5], [0.75, 1.0]]),
        ([[1.0, 2.0, 3.0]], [[4.0, 4.0]], [[0.25, 0.5, NoData.MISSING]]),
        ([1.0, 2.0], 4.0, [[0.25, 0.5]]),
        ([[1.0]], [[4.0]], [[0.25]]),
    ],
)
def test_ranges_are_broadcast_as_excel_does(clicks: Any, base: Any, expected: Any) -> None:
    assert CTR.call(clicks, base) == expected


def test_a_whole_column_ends_with_its_last_filled_row() -> None:
    column = [[1.0], [None], [3.0], *[[None]] * (SHEET_ROWS - 3)]
    assert CTR.call(column, 4.0) == [[0.25], [NoData.MISSING], [0.75]]
    assert CTR.call([[None]] * SHEET_ROWS, [[None]] * SHEET_ROWS) is NoData.MISSING
    assert functions()["KPI_SUM"].call(column) == 4.0


def test_what_leaves_is_what_every_runtime_can_carry() -> None:
    rows = [[float("nan"), float("inf"), None, "x", NoData.MISSING, 1.5]]
    assert returned(rows, lambda error: error.value) == [["#N/A", "#NUM!", "", "x", "#N/A", 1.5]]


def test_a_single_value_is_one_cell() -> None:
    assert (single([[5.0]]), single([[1.0, 2.0]]), single([]), flat([[1.0], [None]])) == (
        5.0,
        NoData.NOT_A_NUMBER,
        None,
        [1.0],
    )
    assert block([[1], [2]]).cells == [1, 2]


def test_every_kpi_takes_ranges() -> None:
    for function in functions().values():
        if function.shape == "each" and function.kpi:
            kpi = catalogue()[function.kpi]
            given = [float(v) for v in kpi.arguments.values() if not isinstance(v, tuple)]
            assert function.call(*([[v], [v]] for v in given)) == [[pytest.approx(kpi.result)]] * 2


def test_rows_that_are_worked_out_one_by_one_are_so_once_and_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kpis, "MOST_WORKED", 3)
    progress = functions()["SMART_PROGRESS"]
    assert progress.call([[1.0], [True], [None], [1.0]] * 500, 0.0, 2.0) == [
        [0.5], [NoData.NOT_A_NUMBER], [NoData.MISSING], [0.5]
    ] * 500  # fmt: skip
    assert progress.call([[float(i)] for i in range(4)], 0.0, 2.0) is NoData.IMPOSSIBLE
