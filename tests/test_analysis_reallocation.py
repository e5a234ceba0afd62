"""Dividing a budget: the best division, held against scipy and against every limit."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from xlkpi.analysis.reallocation import best_division, rounded_division
from xlkpi.analysis.response import Curve

CURVES = (Curve(9_000, 800), Curve(4_000, 300), Curve(12_000, 4_000))


def test_the_channels_between_their_limits_share_one_marginal_return() -> None:
    found = best_division(CURVES, [(0, 5_000)] * 3, 3_000)
    assert math.fsum(found.spend) == pytest.approx(3_000)
    for curve, spend in zip(CURVES, found.spend, strict=True):
        assert curve.marginal(spend) == pytest.approx(found.price, rel=1e-6)


def test_it_is_what_a_general_optimiser_finds() -> None:
    limits = [(200.0, 900.0), (100.0, 2_000.0), (0.0, 1_500.0)]
    found = best_division(CURVES, limits, 2_500)

    def lost(spend: np.ndarray) -> float:
        return -math.fsum(c.at(float(s)) for c, s in zip(CURVES, spend, strict=True))

    other = minimize(
        lost, [833.0, 833.0, 834.0], bounds=limits, constraints={"type": "eq", "fun": lambda s: s.sum() - 2_500},
        method="SLSQP", options={"ftol": 1e-12},
    )  # fmt: skip
    assert found.spend == pytest.approx(list(other.x), abs=1.0)
    assert lost(np.array(found.spend)) <= other.fun + 1e-6


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(0, 1e6), st.floats(0.1, 1e5), st.floats(0, 1e4), st.floats(0, 1e4)), min_size=1, max_size=6
    ),
    st.floats(0, 1),
)
def test_every_limit_and_the_total_are_kept(rows: list[tuple[float, float, float, float]], share: float) -> None:
    curves = [Curve(top, half) for top, half, _, _ in rows]
    limits = [(low, low + room) for _, _, low, room in rows]
    total = math.fsum(low + share * (high - low) for low, high in limits)
    for spend in (
        best_division(curves, limits, total).spend,
        rounded_division(best_division(curves, limits, total).spend, limits, total, 10),
    ):
        assert math.fsum(spend) == pytest.approx(total, rel=1e-6, abs=1e-6)
        assert all(low - 1e-6 <= s <= high + 1e-6 for s, (low, high) in zip(spend, limits, strict=True))


@pytest.mark.parametrize(("limits", "total"), [([(5, 4)], 4), ([(1, 2), (1, 2)], 5), ([(1, 2), (1, 2)], 1), ([], 3)])
def test_limits_that_contradict_the_total_are_refused(limits: list[tuple[float, float]], total: float) -> None:
    with pytest.raises(ValueError, match="limit"):
        best_division(CURVES[: len(limits)], limits, total)


def test_round_numbers_keep_the_total() -> None:
    made = rounded_division([333.3, 333.3, 333.4], [(0, 1_000)] * 3, 1_000, 10)
    assert sorted(made) == [330, 330, 340]
