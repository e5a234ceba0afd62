"""Response curves: what is simulated is found again, and what data can't tell is not told."""

from __future__ import annotations

import numpy as np
import pytest

from tests.response_data import Channel, brought, simulated, spends
from xlkpi.analysis.response import Curve, effective, fit_channel, fit_together, season_controls

TRUE = Channel(Curve(10_000, 500), 0.4, 600)


def test_without_noise_the_curve_is_found_exactly() -> None:
    spend, outcome = simulated(TRUE, 104, 0.0, 1)
    found = fit_channel(outcome, spend, draws=0)
    assert found.verdict == "saturates"
    assert found.curve is not None
    assert found.curve.top == pytest.approx(10_000, rel=0.01)
    assert found.curve.half == pytest.approx(500, rel=0.02)
    assert found.carry == pytest.approx(0.4, abs=0.02)


def test_with_noise_marginal_returns_are_found_without_bias_and_mostly_within_their_interval() -> None:
    ratios, inside = [], 0
    for seed in range(25):
        spend, outcome = simulated(TRUE, 104, 0.1, seed)
        found = fit_channel(outcome, spend, draws=60)
        assert found.curve is not None
        assert found.low is not None
        assert found.high is not None
        at = float(np.mean(spend))
        true = TRUE.curve.marginal(at)
        ratios.append(found.curve.marginal(at) / true)
        inside += found.low.marginal(at) <= true <= found.high.marginal(at)
    assert np.median(ratios) == pytest.approx(1.0, abs=0.05)
    assert 15 <= inside <= 25  # of an interval of 80 %


def test_carry_over_is_not_invented() -> None:
    spend, outcome = simulated(Channel(TRUE.curve, 0.0, 600), 104, 0.1, 3)
    assert fit_channel(outcome, spend, draws=10).carry == 0


def test_demand_is_taken_out() -> None:
    demand = 1 + 0.5 * np.sin(np.arange(104) / 8)
    spend = spends(TRUE, 104, 5) * demand  # it follows demand, which would flatter it
    outcome = brought(Channel(TRUE.curve, 0.0, 600), spend / demand) * demand
    found = fit_channel(outcome, spend, demand=demand, draws=0)
    assert found.curve is not None
    assert found.curve.half == pytest.approx(500, rel=0.05)
    blind = fit_channel(outcome, spend, draws=0)
    assert blind.curve is None or blind.curve.half > 700


def test_channels_that_share_one_outcome_are_told_apart() -> None:
    weeks = 156
    channels = [Channel(Curve(8_000, 400), 0.3, 500, 0.6), Channel(Curve(5_000, 500), 0.0, 300, 0.6)]
    idle = Channel(Curve(0, 1), 0.0, 800, 0.6)
    columns = [spends(c, weeks, i) for i, c in enumerate([*channels, idle])]
    noise = np.random.default_rng(9).normal(0, 400, weeks)
    season = 20_000 + 3_000 * np.sin(2 * np.pi * np.arange(weeks) / 52.18) + 20 * np.arange(weeks)
    outcome = season + sum(brought(c, x) for c, x in zip(channels, columns, strict=False)) + noise
    found = fit_together(outcome, np.array(columns).T, season_controls(weeks, 52.18), draws=40)
    assert [f.usable for f in found] == [True, True, False]
    for fit, channel, spend in zip(found, channels, columns, strict=False):
        assert fit.curve is not None
        at = float(np.mean(spend))
        assert fit.curve.at(at) == pytest.approx(channel.curve.at(at), rel=0.35)


def test_a_straight_line_is_told_as_one() -> None:
    spend = spends(TRUE, 104, 2)
    noise = 1 + 0.05 * np.random.default_rng(2).normal(size=104)
    assert fit_channel(3 * spend * noise, spend, draws=20).verdict == "no_saturation"


@pytest.mark.parametrize(
    ("outcome", "spend", "verdict"),
    [
        ([5.0] * 60, [0.0] * 60, "no_spend"),
        ([0.0] * 60, [1.0, 2.0] * 30, "no_outcome"),
        ([5.0, 6.0] * 5, [1.0, 2.0] * 5, "too_few_periods"),
        ([5.0], [1.0], "too_few_periods"),
        ([], [], "no_spend"),
        ([5.0, 6.0] * 30, [100.0, 101.0] * 30, "no_variation"),
        ([None, float("nan")] * 30, [1.0, 2.0] * 30, "no_outcome"),
    ],
)
def test_what_the_data_cannot_support_is_said(outcome: list[float], spend: list[float], verdict: str) -> None:
    found = fit_channel(outcome, spend)
    assert (found.verdict, found.curve, found.usable) == (verdict, None, False)


def test_an_outcome_that_has_nothing_to_do_with_spend_has_no_effect() -> None:
    random = np.random.default_rng(4)
    spend = np.column_stack([spends(TRUE, 104, 1)])
    outcome = 1_000 + random.normal(0, 50, 104)
    assert fit_together(outcome, spend, season_controls(104, 52.18), draws=20)[0].verdict == "no_effect"


def test_channels_that_move_together_are_not_told_apart() -> None:
    spend = spends(TRUE, 104, 1)
    both = np.column_stack([spend, spend * 2 + 1])
    found = fit_together(brought(TRUE, spend) * 2, both, np.ones((104, 1)), draws=0)
    assert [f.verdict for f in found] == ["together", "together"]


def test_a_steady_spend_works_as_itself() -> None:
    assert effective(np.full(10, 7.0), 0.6) == pytest.approx(np.full(10, 7.0))


def test_lengths_that_differ_are_refused() -> None:
    with pytest.raises(ValueError, match="same periods"):
        fit_together([1.0, 2.0], np.ones((3, 1)), None)
