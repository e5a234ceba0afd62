"""The page of the budget: a spend that a person changes gives the estimates of the curve."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from tests.checks.reading import Book
from tests.checks.recalc import results
from tests.scorecards import card
from xlkpi.scorecard.budget import BudgetPlan, budget_plan
from xlkpi.workbook.build import build_workbook


@pytest.mark.parametrize("engine", ["libreoffice", "ironcalc"])
def test_a_changed_spend_gives_the_estimate_of_its_curve(tmp_path: Path, engine: str) -> None:
    made = card()
    path = tmp_path / "made.xlsx"
    build_workbook(made, path, language="en")
    plan = budget_plan(made, "channel")
    assert isinstance(plan, BudgetPlan)
    book = Book(path)
    sheet = next(s for s in book.sheets if s.name == "Budget")
    headers = {str(c.value): c.address for c in sheet.listed if isinstance(c.value, str)}
    columns = {name: headers[name].rstrip("0123456789") for name in (
        "Proposed spend", "Estimate after", "Difference", "Next unit then", "Spend", "from (80%)", "to (80%)",
        "One more costs",
    )}  # fmt: skip
    with zipfile.ZipFile(path) as package:
        charts = [package.read(name).decode() for name in package.namelist() if name.startswith("xl/charts/chart")]
    bars = next(chart for chart in charts if "'Budget'!" in chart and "<c:barChart>" in chart)
    assert bars.count("<c:dLbls><c:numFmt ") == 2  # else previews show every digit of a spend
    row = int(headers["Proposed spend"].lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")) + 1
    found = results(path, engine, {("Budget", f"{columns['Proposed spend']}{row}"): 444.0})
    channel = plan.channels[0]
    assert channel.fit.curve is not None
    curve = channel.fit.curve.over(channel.scale)
    assert channel.fit.low is not None
    assert channel.fit.high is not None
    ends = [
        c.over(channel.scale).marginal(channel.spend) for c in (channel.fit.curve, channel.fit.low, channel.fit.high)
    ]
    expected = {
        "Estimate after": curve.at(444), "Next unit then": curve.marginal(444), "Spend": channel.spend,
        "Difference": curve.at(444) - curve.at(channel.spend), "from (80%)": min(ends), "to (80%)": max(ends),
        "One more costs": 1 / curve.marginal(channel.spend),
    }  # fmt: skip
    for name, value in expected.items():
        assert found[("Budget", f"{columns[name]}{row}")] == pytest.approx(value, rel=1e-9), name
