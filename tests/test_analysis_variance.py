"""Differences are explained to the last cent: effects by segment add up to the whole."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlkpi.analysis.variance import (
    Variance,
    variance_of_amount,
    variance_of_ratio,
    variance_of_sum,
    variance_to_target,
)

amounts = st.floats(-1e6, 1e6).map(lambda x: round(x, 2))
Pairs = list[tuple[tuple[float, float], tuple[float, float]]]
volumes = st.one_of(st.just(0.0), st.floats(0.01, 1e6).map(lambda x: round(x, 2)))
segments = st.lists(st.tuples(st.tuples(amounts, volumes), st.tuples(amounts, volumes)), min_size=1, max_size=8)


def rounding(found: Variance) -> float:
    """What the last binary digits of the largest effect allow."""
    return 1e-13 * max(abs(e) for s in found.segments for e in (s.volume, s.mix, s.rate, 1e-6))


@given(segments)
def test_the_effects_on_a_ratio_add_up_to_its_difference(pairs: Pairs) -> None:
    before, after = [b for b, _ in pairs], [a for _, a in pairs]
    found = variance_of_ratio(before, after)
    if found is None:
        assert sum(d for _, d in before) == 0 or sum(d for _, d in after) == 0
        return
    assert found.effects.total == pytest.approx(found.difference, rel=1e-9, abs=rounding(found))
    assert found.effects.volume == 0


@given(segments)
def test_the_effects_on_an_amount_add_up_to_its_difference(pairs: Pairs) -> None:
    before, after = [b for b, _ in pairs], [a for _, a in pairs]
    found = variance_of_amount(before, after)
    if found is None:
        return
    assert found.effects.total == pytest.approx(found.difference, rel=1e-9, abs=rounding(found))


@given(segments)
def test_swapping_the_situations_changes_only_the_signs(pairs: Pairs) -> None:
    before, after = [b for b, _ in pairs], [a for _, a in pairs]
    there, back = variance_of_ratio(before, after), variance_of_ratio(after, before)
    if there is None or back is None:
        assert there is back
        return
    for one, other in zip(there.segments, back.segments, strict=True):
        assert one.rate == pytest.approx(-other.rate, rel=1e-9, abs=1e-6)
        assert one.mix == pytest.approx(-other.mix, rel=1e-9, abs=1e-6)


def test_a_rate_that_alone_changes_is_all_rate_effect() -> None:
    found = variance_of_ratio([(10, 100), (20, 100)], [(30, 100), (20, 100)])
    assert found is not None
    assert [s.rate for s in found.segments] == [pytest.approx(0.1), 0]
    assert [s.mix for s in found.segments] == [pytest.approx(0), pytest.approx(0)]


def test_shares_that_alone_change_are_all_mix_effect() -> None:
    found = variance_of_ratio([(10, 100), (40, 100)], [(5, 50), (60, 150)])
    assert found is not None
    assert found.effects.rate == pytest.approx(0)
    assert found.effects.mix == pytest.approx(found.difference) == pytest.approx(0.075)


def test_a_segment_that_appears_is_mix() -> None:
    found = variance_of_ratio([(10, 100), (0, 0)], [(10, 100), (90, 100)])
    assert found is not None
    assert found.segments[1].rate == 0
    assert found.effects.total == pytest.approx(0.4)


def test_a_volume_that_alone_doubles_is_all_volume_effect() -> None:
    found = variance_of_amount([(100, 10), (300, 10)], [(200, 20), (600, 20)])
    assert found is not None
    assert found.effects.volume == pytest.approx(400)
    assert found.effects.mix == found.effects.rate == pytest.approx(0)


def test_the_gap_to_a_target_is_shared_out_by_rate() -> None:
    found = variance_to_target([(10, 100), (50, 100)], 0.25)
    assert found is not None
    assert [s.rate for s in found.segments] == [pytest.approx(-0.075), pytest.approx(0.125)]
    assert found.difference == pytest.approx(0.05)


def test_a_plain_sum_is_explained_by_each_segments_own_change() -> None:
    found = variance_of_sum([1.0, 2.0], [4.0, 1.0])
    assert [s.total for s in found.segments] == [3.0, -1.0]
    assert found.difference == 2.0


def test_no_denominator_means_no_explanation() -> None:
    assert variance_of_ratio([(1, 0)], [(2, 1)]) is None
    assert variance_of_ratio([(1, 2), (1, -1)], [(2, 1), (1, 1)]) is None


def test_different_segments_are_refused() -> None:
    with pytest.raises(ValueError, match="same segments"):
        variance_of_ratio([(1, 1)], [])
    with pytest.raises(ValueError, match="same segments"):
        variance_of_sum([1], [])
