"""The budget of a scorecard's channels, over the sample and over sources with a known answer."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from tests.response_data import Channel, brought, spends
from tests.scorecards import TODAY, card, sample
from xlkpi.analysis.response import Curve
from xlkpi.cli_check import check_as_text, checked
from xlkpi.errors import DefinitionError
from xlkpi.objectives import load
from xlkpi.objectives.context import Budget, Cap
from xlkpi.scorecard import Scorecard, read_data, scorecard
from xlkpi.scorecard.budget import BudgetPlan, budget_plan
from xlkpi.scorecard.lacking import Lacking

CHANNELS = {
    "search": Channel(Curve(9_000, 900), 0.0, 700),
    "social": Channel(Curve(4_000, 300), 0.3, 900),
    "display": Channel(Curve(2_500, 700), 0.0, 500),
}


def project(folder: Path, budget: str = "", *, weeks: int = 104, by_channel: bool = True) -> Scorecard:
    """A project whose channels have known curves; spend and revenue fall on Mondays."""
    rows, total = ["day,channel,spend" + (",revenue" if by_channel else "")], np.full(weeks, 5_000.0)
    first = date(2024, 1, 1)
    for number, (name, channel) in enumerate(CHANNELS.items()):
        spend = spends(channel, weeks, number)
        outcome = brought(channel, spend) * (1 + 0.05 * np.random.default_rng(number).normal(size=weeks))
        total += outcome
        for week in range(weeks):
            row = f"{first + timedelta(weeks=week)},{name},{spend[week]:.2f}"
            rows.append(row + (f",{outcome[week]:.2f}" if by_channel else ""))
    (folder / "ads.csv").write_text("\n".join(rows) + "\n")
    more = ""
    if not by_channel:
        told = [f"{first + timedelta(weeks=w)},{total[w]:.2f}" for w in range(weeks)]
        (folder / "shop.csv").write_text("\n".join(["day,revenue", *told]) + "\n")
        more = "  shop: {path: shop.csv, preset: none, date: day, measures: {revenue: revenue}}\n"
    measures = "{spend: spend, revenue: revenue}" if by_channel else "{spend: spend}"
    text = (
        f"xlkpi: 1\nname: Test\nlanguage: en\nsources:\n"
        f"  ads: {{path: ads.csv, preset: none, date: day, measures: {measures}, dimensions: [channel]}}\n"
        f"{more}{budget}"
    )
    (folder / "project.yaml").write_text(text)
    loaded = load(folder / "project.yaml")
    return scorecard(loaded, read_data(loaded), today=TODAY)


def plan_of(made: Scorecard) -> BudgetPlan:
    found = budget_plan(made)
    assert isinstance(found, BudgetPlan)
    return found


def test_money_goes_where_the_next_unit_brings_most(tmp_path: Path) -> None:
    plan = plan_of(project(tmp_path))
    assert [c.fit.verdict for c in plan.channels] == ["saturates"] * 3
    by_name = {c.channel: c for c in plan.channels}
    assert by_name["search"].proposed > by_name["search"].spend
    assert by_name["social"].proposed < by_name["social"].spend
    assert math.fsum(c.proposed for c in plan.channels) == pytest.approx(plan.total)
    assert 0 < plan.gain_low < plan.gain < plan.gain_high
    weeks = 365.2425 / 12 / 7
    true = math.fsum(
        CHANNELS[c.channel].curve.over(weeks).at(c.proposed) - CHANNELS[c.channel].curve.over(weeks).at(c.spend)
        for c in plan.channels
    )
    assert plan.gain == pytest.approx(true, rel=0.25)


def test_an_outcome_that_is_not_known_by_channel_is_modelled(tmp_path: Path) -> None:
    plan = plan_of(project(tmp_path, by_channel=False))
    assert plan.modelled
    assert all(c.fit.usable for c in plan.channels)
    by_name = {c.channel: c for c in plan.channels}
    assert by_name["search"].proposed > by_name["search"].spend


def test_caps_and_the_total_hold(tmp_path: Path) -> None:
    caps = "budget: {total: 9000, change: 0.5, caps: {search: {most: 3200}, display: {least: 2000, most: 2000}}}\n"
    plan = plan_of(project(tmp_path, caps))
    by_name = {c.channel: c for c in plan.channels}
    assert by_name["display"].proposed == 2_000
    assert by_name["search"].proposed <= 3_200
    assert math.fsum(c.proposed for c in plan.channels) == pytest.approx(9_000)


@pytest.mark.parametrize(
    ("budget", "said"),
    [
        ("budget: {caps: {search: {least: 50, most: 40}}}", r"least \(50"),
        ("budget: {caps: {search: {least: -1}}}", "negative"),
        ("budget: {total: 1}", "limits of the channels allow"),
        ("budget: {total: 9000, caps: {search: {least: 99000}}}", "limits of the channels allow"),
        ("budget: {caps: {serach: {most: 5}}}", "did you mean 'search'"),
        ("budget: {spend: impressions}", "no source delivers 'impressions'"),
        ("budget: {outcome: revenu}", "did you mean 'revenue'"),
        ("budget: {total: -5}", "negative"),
        ("budget: {change: .inf}", "finite"),
        ("budget: {bogus: 1}", "does not exist here"),
    ],
)
def test_settings_that_contradict_each_other_are_told_with_their_line(tmp_path: Path, budget: str, said: str) -> None:
    with pytest.raises(DefinitionError, match=said) as caught:
        budget_plan(project(tmp_path, budget + "\n"))
    assert "project.yaml:" in caught.value.text("en")
    assert caught.value.text("fr")


def test_check_tells_limits_that_leave_no_room_for_the_total(tmp_path: Path) -> None:
    project(tmp_path, "budget: {total: 9000, caps: {search: {most: 10}}}\n", weeks=30)
    found = checked(str(tmp_path / "project.yaml"), today=TODAY)
    assert [p.code for p in found.around] == ["budget_total"]
    assert not found.ok
    assert "limits of the channels allow" in check_as_text(found, "en")


def test_few_weeks_leave_every_spend_as_it_is(tmp_path: Path) -> None:
    plan = plan_of(project(tmp_path, weeks=8))
    assert {c.fit.verdict for c in plan.channels} == {"too_few_periods"}
    assert [c.proposed for c in plan.channels] == pytest.approx([c.spend for c in plan.channels])
    assert (plan.gain, plan.gain_low, plan.gain_high) == (0, 0, 0)


def test_there_is_no_plan_without_two_channels_that_spend_and_the_reason_is_told(tmp_path: Path) -> None:
    given, data = sample()
    search = {"google_ads": data.tables["google_ads"]}
    assert why(scorecard(given, replace(data, tables=search), today=TODAY)) == ("budget_one_channel", "paid_search")
    nothing = scorecard(replace(given, sources={}), replace(data, tables={}, spans={}), today=TODAY)
    assert why(nothing) == ("no_data", None)
    short = budget_plan(project(tmp_path, weeks=3))
    assert isinstance(short, Lacking)
    assert short.text("en").endswith("the data go from 1\u00a0January 2024 to 15\u00a0January 2024")
    assert "du 1er\u00a0janvier 2024 au 15\u00a0janvier 2024" in short.text("fr")


def why(made: Scorecard) -> tuple[str, object]:
    found = budget_plan(made)
    assert isinstance(found, Lacking)
    return found.code, found.values.get("name")


def test_a_month_of_data_is_today_s_spend_and_no_curve(tmp_path: Path) -> None:
    plan = plan_of(project(tmp_path, weeks=6))
    spent = [np.sum(spends(c, 6, number)[:5]) for number, c in enumerate(CHANNELS.values())]  # the weeks of January
    assert sorted(c.spend for c in plan.channels) == pytest.approx(sorted(spent), abs=0.02)
    assert {c.fit.verdict for c in plan.channels} == {"too_few_periods"}


def test_a_channel_without_spend_is_listed_with_the_reason(tmp_path: Path) -> None:
    project(tmp_path)
    rows = (tmp_path / "ads.csv").read_text()
    more = "".join(f"{date(2024, 1, 1) + timedelta(weeks=w)},email,0,90\n" for w in range(104))
    more += "2025-12-15,organic,,500\n"
    (tmp_path / "ads.csv").write_text(rows + more)
    loaded = load(tmp_path / "project.yaml")
    plan = plan_of(scorecard(loaded, read_data(loaded), today=TODAY))
    last = plan.channels[-1]
    assert (last.channel, last.fit.verdict) == ("email", "no_spend")
    assert (last.spend, last.proposed, last.most) == (0, 0, 0)
    assert last.outcome > 0
    assert [c.fit.verdict for c in plan.channels[:-1]] == ["saturates"] * 3
    assert plan.without_spend == ("organic",)


def test_the_sample_has_a_proposal_within_its_limits() -> None:
    made = card()
    plan = plan_of(replace(made, project=replace(made.project, budget=Budget(caps={"paid_social": Cap(most=500)}))))
    by_name: Mapping[str, float] = {c.channel: c.proposed for c in plan.channels}
    assert by_name["paid_social"] <= 500
    assert math.fsum(by_name.values()) == pytest.approx(plan.total)
