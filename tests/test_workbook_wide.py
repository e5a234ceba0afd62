"""A scorecard built from tables with a column per channel, as marketing-mix models take them."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.checks import recalc, sdk
from tests.checks.reading import Book
from xlkpi.objectives import load
from xlkpi.scorecard import scorecard
from xlkpi.workbook.build import build_workbook

WEEKS = [date(2024, 10, 7) + timedelta(weeks=i) for i in range(80)]
ROBYN = "DATE,revenue,tv_S,facebook_S,facebook_I\n" + "".join(
    f"{day},{10_000 + 40 * i + 700 * (i % 5)},{900 + 60 * (i % 7)},{300 + 20 * (i % 3)},{5_000 + 30 * i}\n"
    for i, day in enumerate(WEEKS)
)
COLUMNS = "geo,time,Video_impression,Search_impression,Video_spend,Search_spend,conversions,revenue_per_conversion"
MERIDIAN = f"{COLUMNS}\n" + "".join(
    f"{geo},{day},{1_500 + 10 * i},{800 + 5 * i},{40 + i % 6},{20 + i % 4},{100 + i + 7 * (i % 3)},{50 + i % 5}\n"
    for i, day in enumerate(WEEKS)
    for geo in ("North", "South")
)
PROJECT = """xlkpi: 1
name: Wide
language: en
currency: EUR
sources: {mix: {path: mix.csv, preset: auto}}
objectives:
  - {id: roas, title: Bring the return on ad spend to 12, kpi: roas, kind: increase, baseline: 8, target: 12,
     start: 2026-01-01, due: 2026-12-31, cadence: weekly}
  - {id: revenue, title: Bring revenue to 60000 a month, kpi: revenue_total, kind: reach, target: 60000,
     start: 2026-01-01, due: 2026-12-31, cadence: monthly}
"""


@pytest.mark.parametrize(("table", "parts"), [(ROBYN, {"tv", "facebook"}), (MERIDIAN, {"Video", "Search"})])
def test_a_table_with_a_column_per_channel_makes_a_whole_scorecard(tmp_path: Path, table: str, parts: set[str]) -> None:
    (tmp_path / "mix.csv").write_text(table, encoding="utf-8")
    file = tmp_path / "project.yaml"
    file.write_text(PROJECT, encoding="utf-8")
    path = tmp_path / "made.xlsx"
    card = scorecard(load(file), today=WEEKS[-1] + timedelta(days=7))
    build_workbook(card, path)
    assert {r.objective.id: r.actual is not None for r in card.results} == {"roas": True, "revenue": True}
    book = Book(path)
    texts = {str(c.value) for s in book.sheets if s.visible for c in s.listed}
    assert parts <= texts
    assert [c.address for s in book.sheets if s.visible for c in s.listed if c.kind == "e"] == []
    assert sdk.faults(path) == []
    assert recalc.differences(path, ("ironcalc",)) == []
