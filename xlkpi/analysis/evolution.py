"""The words for an evolution (growth, steady, decline) and for its effect (gain, loss), with nothing but
`math`.

These are codes; the words that a reader sees come from the language files.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite, nan
from statistics import median

GROWTH = "growth"
STEADY = "steady"
DECLINE = "decline"
NOT_ENOUGH_DATA = "not_enough_data"
GAIN = "gain"
LOSS = "loss"
NEUTRAL = "neutral"

_MAD_TO_DEVIATION = 1.482602218505602  # median absolute deviation to standard deviation, normal noise


@dataclass(frozen=True)
class Change:
    """A change between two values: `code` is growth, steady, decline or not_enough_data.

    `amount` is current - previous, `share` the amount as a fraction of |previous| (NaN for zero), `band`
    the amount up to which it counts as steady.
    """

    code: str
    amount: float
    share: float
    band: float


def effect(code: str, higher_is_better: bool | None) -> str:
    """gain, loss or neutral: by effect, not by sign. None stands for a KPI without a good direction."""
    if code not in (GROWTH, DECLINE) or higher_is_better is None:
        return NEUTRAL
    return GAIN if (code == GROWTH) == higher_is_better else LOSS


def compare(previous: float | None, current: float | None, *, dead_band: float = 0.02, noise: float = 0.0) -> Change:
    """Evolution from one value to the next.

    It is steady up to the larger of `dead_band` (a fraction of the previous value) and `noise` (an amount,
    such as a usual change between two periods). A missing value gives not_enough_data.
    """
    if previous is None or current is None or not (isfinite(previous) and isfinite(current)):
        return Change(NOT_ENOUGH_DATA, nan, nan, nan)
    amount = current - previous
    band = max(dead_band * abs(previous), noise)
    share = amount / abs(previous) if previous else nan
    if abs(amount) <= band:
        return Change(STEADY, amount, share, band)
    return Change(GROWTH if amount > 0 else DECLINE, amount, share, band)


def usual_change(values: Sequence[float | None]) -> float:
    """Robust standard deviation of the change from one period to the next (0 below four known changes)."""
    changes = [
        after - before
        for before, after in pairwise(values)
        if before is not None and after is not None and isfinite(before) and isfinite(after)
    ]
    if len(changes) < 4:
        return 0.0
    middle = median(changes)
    return _MAD_TO_DEVIATION * median(abs(change - middle) for change in changes)


def latest(values: Sequence[float | None], *, dead_band: float = 0.02, tolerance: float = 1.645) -> Change:
    """Evolution from the last but one to the last value of a series, oldest first.

    Changes within `tolerance` times the usual change of the periods before count as steady.
    """
    if len(values) < 2:
        return Change(NOT_ENOUGH_DATA, nan, nan, nan)
    noise = tolerance * usual_change(values[:-1])
    return compare(values[-2], values[-1], dead_band=dead_band, noise=noise)
