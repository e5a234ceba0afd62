"""Dividing a budget among channels so that it brings most, within limits for each. Nothing but `math`.

With concave curves the best division is the one in which every channel that is not at one of its limits has the same
marginal return, the price of money. A channel's spend for a price is known in closed form; the price at which all of
the budget is spent is found by bisection.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from xlkpi.analysis.response import Curve

Limits = tuple[float, float]


@dataclass(frozen=True)
class Division:
    """The spend of each channel, and the marginal return that those between their limits share (NaN for none)."""

    spend: tuple[float, ...]
    price: float


def best_division(curves: Sequence[Curve], limits: Sequence[Limits], total: float) -> Division:
    """The division of a total that brings most. Raises ValueError where the limits don't allow the total.

    Among channels that bring nothing more, what is left goes by the room that they have.
    """
    lows, highs = [low for low, _ in limits], [high for _, high in limits]
    if any(not 0 <= low <= high for low, high in limits):
        raise ValueError("each lower limit must lie between zero and the upper limit")
    slack = 1e-9 * max(1.0, abs(total))
    if not math.fsum(lows) - slack <= total <= math.fsum(highs) + slack:
        raise ValueError("the limits do not allow the total")
    top = max((c.marginal(low) for c, low in zip(curves, lows, strict=True)), default=0.0)
    bottom = 0.0
    for _ in range(200):
        price = (top + bottom) / 2
        if math.fsum(_spent(c, limit, price) for c, limit in zip(curves, limits, strict=True)) > total:
            bottom = price
        else:
            top = price
    spend = [_spent(c, limit, top) for c, limit in zip(curves, limits, strict=True)]
    _hand_out(spend, limits, total)
    inside = [
        c.marginal(s) for c, s, (low, high) in zip(curves, spend, limits, strict=True) if low + slack < s < high - slack
    ]
    return Division(tuple(spend), max(inside, default=math.nan))


def rounded_division(spend: Sequence[float], limits: Sequence[Limits], total: float, step: float) -> tuple[float, ...]:
    """The division in multiples of a step where limits allow it; what is left over goes to the roomiest channels."""
    made = [min(high, max(low, round(s / step) * step)) for s, (low, high) in zip(spend, limits, strict=True)]
    _hand_out(made, limits, total)
    return tuple(made)


def _spent(curve: Curve, limits: Limits, price: float) -> float:
    """The spend at which one more unit brings the price, within limits."""
    low, high = limits
    if curve.top <= 0 or price <= 0:
        return low if curve.top <= 0 else high
    return min(high, max(low, math.sqrt(curve.top * curve.half / price) - curve.half))


def _hand_out(spend: list[float], limits: Sequence[Limits], total: float) -> None:
    """Bring the spends to the total, taking from or giving to those with most room."""
    for _ in range(len(spend) + 1):
        left = total - math.fsum(spend)
        if abs(left) <= 1e-9 * max(1.0, abs(total)):
            return
        room = [(high - s if left > 0 else s - low) for s, (low, high) in zip(spend, limits, strict=True)]
        at = max(range(len(spend)), key=room.__getitem__)
        spend[at] += math.copysign(min(abs(left), room[at]), left)
