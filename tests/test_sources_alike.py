"""Repeated rows are found as if every row were compared with every earlier one."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xlkpi.sources import alike
from xlkpi.sources.raw import RawTable, counting

KINDS: list[tuple[pa.DataType, list[Any]]] = [
    (pa.string(), ["", "a", "b", None]),
    (pa.float64(), [0.0, -0.0, 1.5, 1e300, None]),
    (pa.int64(), [0, 1, -1, None]),
    (pa.bool_(), [True, False, None]),
    (pa.date32(), [date(1970, 1, 1), date(2026, 3, 1), None]),
    (pa.timestamp("ms"), [datetime(1970, 1, 1), datetime(2026, 3, 1, 5), None]),
    (pa.null(), [None]),
]
ROWS = st.lists(st.tuples(*(st.sampled_from(values) for _, values in KINDS)), max_size=12)


def table(rows: list[tuple[Any, ...]]) -> RawTable:
    columns = [pa.array([row[i] for row in rows], kind) for i, (kind, _) in enumerate(KINDS)]
    return RawTable("made.csv", [str(i) for i in range(len(KINDS))], columns, counting(len(rows), 2))


def mask(rows: list[tuple[Any, ...]]) -> list[bool]:
    found = alike.repeated(alike.lines_of(table(rows)))
    return [False] * len(rows) if found is None else found.to_pylist()


def compared(rows: list[tuple[Any, ...]]) -> list[bool]:
    plain = [(row[0] or "", *row[1:]) for row in rows]
    return [row in plain[:i] for i, row in enumerate(plain)]


@settings(max_examples=60, deadline=None)
@given(ROWS)
def test_a_row_is_repeated_when_an_earlier_one_has_the_same_cells(rows: list[tuple[Any, ...]]) -> None:
    assert mask(rows) == compared(rows)


def test_minus_zero_is_zero() -> None:
    assert mask([("", 0.0, 0, True, None, None, None), ("", -0.0, 0, True, None, None, None)]) == [False, True]


def test_rows_of_one_hash_are_still_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alike, "_FACTOR", 0)
    rows = [("a", 1.5, 0, True, None, None, None), ("b", 1.5, 0, True, None, None, None)]
    assert mask([*rows, rows[0]]) == [False, False, True]
