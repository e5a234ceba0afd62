"""Scores of surveys with their intervals: shares of answers, and balances such as the Net Promoter Score."""

from __future__ import annotations

from math import nan, sqrt

from xlkpi.analysis.ab_test import wilson
from xlkpi.analysis.distributions import normal_quantile

Interval = tuple[float, float, float]


def share(favourable: float, answers: float, *, level: float = 0.95) -> Interval:
    """The share of favourable answers with Wilson's score interval; NaN without answers."""
    if answers <= 0:
        return nan, nan, nan
    return (favourable / answers, *wilson(favourable, answers, level=level))


def balance(favourable: float, unfavourable: float, answers: float, *, level: float = 0.95) -> Interval:
    """Favourable less unfavourable answers as a fraction of all, with its normal interval, within -1 and 1.

    The variance is that of an answer that counts 1, 0 or -1; where all answers are alike it is taken from one answer
    more that is not, since a sample is never certain.
    """
    if answers <= 0:
        return nan, nan, nan
    value = (favourable - unfavourable) / answers
    spread = (favourable + unfavourable) / answers - value**2
    spread = max(spread, 1 / (answers + 1) - 1 / (answers + 1) ** 2)
    half = normal_quantile((1 + level) / 2) * sqrt(spread / answers)
    return value, max(-1.0, value - half), min(1.0, value + half)
