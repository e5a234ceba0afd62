"""What each factor of a product contributes to its change, and what a factor must become. Nothing but `math`.

The logarithmic mean divides a change exactly, whatever the order of the factors: with L = (R1 - R0) / ln(R1 / R0), a
factor that goes from x0 to x1 contributes L * ln(x1 / x0) (Ang, "Decomposition analysis for policymaking in energy",
Energy Policy 32, 2004, the additive LMDI-I). It needs numbers above zero.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

#: How near two results are for their logarithmic mean to be taken as their mean: the error is a twelfth of its square.
NEAR = 1e-6


def logarithmic_mean(before: float, after: float) -> float:
    """L of two positive numbers; near each other it is their mean, where the quotient would lose its digits."""
    if abs(after / before - 1) < NEAR:
        return (before + after) / 2
    return (after - before) / math.log(after / before)


def contributions(before: Sequence[float], after: Sequence[float], powers: Sequence[int]) -> tuple[float, ...] | None:
    """The part of each factor in the change of the product; ``powers`` are 1 for a factor and -1 for a divisor.

    None where a number is not above zero. Raises ValueError when lengths differ.
    """
    if not len(before) == len(after) == len(powers):
        raise ValueError("before, after and powers must have the same factors")
    if not all(math.isfinite(v) and v > 0 for v in (*before, *after)):
        return None
    first, last = product(before, powers), product(after, powers)
    mean = logarithmic_mean(first, last)
    return tuple(p * mean * math.log(b / a) for a, b, p in zip(before, after, powers, strict=True))


def product(values: Sequence[float], powers: Sequence[int]) -> float:
    """The factors multiplied, the divisors divided by."""
    return math.prod(v**p for v, p in zip(values, powers, strict=True))


def needed(values: Sequence[float], powers: Sequence[int], target: float) -> tuple[float, ...]:
    """What each factor alone would have to be for the product to reach a target; NaN where nothing does it."""
    whole = product(values, powers) if all(v > 0 for v in values) else math.nan
    if not whole > 0 or target <= 0:
        return (math.nan,) * len(values)
    return tuple(v * (target / whole) ** p for v, p in zip(values, powers, strict=True))
