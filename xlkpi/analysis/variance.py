"""Where a difference comes from: volume, mix and rate effects by segment, which add up to the whole difference.

A KPI that is a ratio of sums, K = N / D, is the mean of its segments' rates weighted by their shares of D. Between two
situations (previous and current period, or target and actual) the difference of K splits into

- a **rate** effect, the segment's own rate having changed, at the mean of its two shares;
- a **mix** effect, its share having changed, at the mean of its two rates against the mean of the two totals.

A difference of an amount N = D · K has a **volume** effect besides: D having changed, at the mean of the two K. All
effects are taken at the midpoint of the two situations (Marshall and Edgeworth's weights), so that there is no
unexplained rest and that swapping the situations changes only the signs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Effects:
    """What a segment contributes to the difference, in the unit of the KPI."""

    volume: float
    mix: float
    rate: float

    @property
    def total(self) -> float:
        return math.fsum((self.volume, self.mix, self.rate))


@dataclass(frozen=True)
class Variance:
    """A difference and the effects of each segment, in the order given; they add up to ``difference``."""

    before: float
    after: float
    segments: tuple[Effects, ...]

    @property
    def difference(self) -> float:
        return self.after - self.before

    @property
    def effects(self) -> Effects:
        """The effects of all segments together."""
        return Effects(*(math.fsum(getattr(s, name) for s in self.segments) for name in ("volume", "mix", "rate")))


def variance_of_ratio(before: Sequence[tuple[float, float]], after: Sequence[tuple[float, float]]) -> Variance | None:
    """The difference of a ratio of sums, from each segment's (numerator, denominator) before and after.

    A segment that is absent from one of the situations has (0, 0) there; its whole effect is mix. None where a total
    denominator is zero, or a segment's denominator is negative: then there are no shares.
    """
    _check(before, after)
    first, second = _totals(before), _totals(after)
    if first[1] <= 0 or second[1] <= 0 or any(d < 0 for _, d in (*before, *after)):
        return None
    k0, k1 = first[0] / first[1], second[0] / second[1]
    middle = (k0 + k1) / 2
    segments = []
    for (n0, d0), (n1, d1) in zip(before, after, strict=True):
        w0, w1 = d0 / first[1], d1 / second[1]
        whole = n1 / second[1] - n0 / first[1] - middle * (w1 - w0)
        rate = (w0 + w1) / 2 * (n1 / d1 - n0 / d0) if d0 and d1 else 0.0
        segments.append(Effects(0.0, whole - rate, rate))
    return Variance(k0, k1, tuple(segments))


def variance_of_amount(before: Sequence[tuple[float, float]], after: Sequence[tuple[float, float]]) -> Variance | None:
    """The difference of an amount, from each segment's (amount, volume) before and after: revenue and orders, say.

    The volume effect is shared out by each segment's part of the change in volume; mix and rate are those of the
    amount per unit of volume, times the mean volume. None where :func:`variance_of_ratio` is None.
    """
    ratio = variance_of_ratio(before, after)
    if ratio is None:
        return None
    (n0, v0), (n1, v1) = _totals(before), _totals(after)
    middle, volume = (ratio.before + ratio.after) / 2, (v0 + v1) / 2
    segments = tuple(
        Effects((d1 - d0) * middle, volume * effects.mix, volume * effects.rate)
        for (_, d0), (_, d1), effects in zip(before, after, ratio.segments, strict=True)
    )
    return Variance(n0, n1, segments)


def variance_of_sum(before: Sequence[float], after: Sequence[float]) -> Variance:
    """The difference of a plain sum: each segment's own change, all of it volume."""
    if len(before) != len(after):
        raise ValueError("before and after must have the same segments")
    segments = tuple(Effects(b - a, 0.0, 0.0) for a, b in zip(before, after, strict=True))
    return Variance(math.fsum(before), math.fsum(after), segments)


def variance_to_target(segments: Sequence[tuple[float, float]], target: float) -> Variance | None:
    """The gap between a ratio of sums and its target, from each segment's (numerator, denominator).

    The target is taken to hold for every segment at today's shares, so that the gap is all rate.
    """
    return variance_of_ratio([(target * d, d) for _, d in segments], segments)


def _check(before: Sequence[tuple[float, float]], after: Sequence[tuple[float, float]]) -> None:
    if len(before) != len(after):
        raise ValueError("before and after must have the same segments")


def _totals(segments: Sequence[tuple[float, float]]) -> tuple[float, float]:
    return math.fsum(n for n, _ in segments), math.fsum(d for _, d in segments)
