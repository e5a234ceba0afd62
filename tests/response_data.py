"""Channels with a known answer: spend drawn at random, and the outcome that a known curve gives, with noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xlkpi.analysis.response import Curve, effective

Column = NDArray[np.float64]


@dataclass(frozen=True)
class Channel:
    """A true curve and carry-over; spend varies around ``level`` by ``spread`` (of its logarithm)."""

    curve: Curve
    carry: float
    level: float
    spread: float = 0.5


def spends(channel: Channel, weeks: int, seed: int) -> Column:
    random = np.random.default_rng(seed)
    return np.asarray(np.exp(random.normal(0, channel.spread, weeks)) * channel.level)


def brought(channel: Channel, spend: Column) -> Column:
    worked = effective(spend, channel.carry)
    return np.asarray(channel.curve.top * worked / (channel.curve.half + worked))


def simulated(channel: Channel, weeks: int, noise: float, seed: int) -> tuple[Column, Column]:
    """Spend and outcome by week; the noise is a share of the outcome."""
    spend = spends(channel, weeks, seed)
    random = np.random.default_rng(seed + 10_000)
    return spend, brought(channel, spend) * (1 + noise * random.normal(size=weeks))
