"""A/B tests in cells."""

from __future__ import annotations

from math import isfinite, isnan
from typing import Any

from xlkpi.analysis.ab_test import (
    Comparison,
    compare_means,
    compare_proportions,
    sample_size_means,
    sample_size_proportions,
)
from xlkpi.formula import NoData
from xlkpi.formula.nodata import Stop
from xlkpi.language import text

from . import arguments as read
from .cells import Cell, Rows
from .kpis import each_row
from .settings import language


def ab_test(conv_a: Any, visitors_a: Any, conv_b: Any, visitors_b: Any, level: Any = None) -> Rows:
    """What the counts say about B against A, as rows of a label and a value."""
    return _told(compared(conv_a, visitors_a, conv_b, visitors_b, level), "rate", "needed")


def ab_test_mean(
    mean_a: Any, sd_a: Any, n_a: Any, mean_b: Any, sd_b: Any, n_b: Any, level: Any = None
) -> Rows:  # fmt: skip
    """What two means say about B against A, as rows of a label and a value."""
    return _told(means_compared(mean_a, sd_a, n_a, mean_b, sd_b, n_b, level), "mean", "needed_mean")


def _told(found: Comparison, what: str, needed: str) -> Rows:
    spoken = language()
    values: dict[str, Cell] = {
        "verdict": text(f"analysis.verdict.{found.verdict}", spoken),
        f"{what}_a": found.a,
        f"{what}_b": found.b,
        "lift": found.lift,
        "difference": found.difference,
        "lower": found.lower,
        "upper": found.upper,
        "p_value": found.p_value,
        needed: found.needed if isfinite(found.needed) else None,
        "method": text(f"analysis.test.{found.method}", spoken),
    }
    return [[text(f"udfs.ab.{name}", spoken), _known(value)] for name, value in values.items()]


def compared(conv_a: Any, visitors_a: Any, conv_b: Any, visitors_b: Any, level: Any = None) -> Comparison:
    """The comparison of two variants; stops where more converted than came."""
    counts = [_count(value) for value in (conv_a, visitors_a, conv_b, visitors_b)]
    if counts[0] > counts[1] or counts[2] > counts[3]:
        raise Stop(NoData.IMPOSSIBLE)
    return compare_proportions(*counts, level=read.share(level, 0.95))


def means_compared(
    mean_a: Any, sd_a: Any, n_a: Any, mean_b: Any, sd_b: Any, n_b: Any, level: Any = None
) -> Comparison:  # fmt: skip
    """The comparison of two means; stops where a deviation is negative."""
    a, b = ((_number(mean), _spread(sd), _count(n)) for mean, sd, n in ((mean_a, sd_a, n_a), (mean_b, sd_b, n_b)))
    return compare_means(*a, *b, level=read.share(level, 0.95))


def _known(value: Cell) -> Cell:
    return NoData.MISSING if isinstance(value, float) and isnan(value) else value


def _number(value: Any) -> float:
    found = read.number(value)
    if found is None:
        raise Stop(NoData.MISSING)
    return found


def _spread(value: Any) -> float:
    found = _number(value)
    if found < 0:
        raise Stop(NoData.IMPOSSIBLE)
    return found


def _count(value: Any) -> float:
    found = _number(value)
    if found < 0 or found != int(found):
        raise Stop(NoData.IMPOSSIBLE)
    return found


def ab_sample_size(rate: Any, lift: Any, level: Any = None, power: Any = None) -> Any:
    """Visitors per variant, cell by cell."""
    return each_row(_size, rate, lift, level, power)


def _size(rate: Any, lift: Any, level: Any, power: Any) -> Cell:
    base, effect = _number(rate), _number(lift)
    if not 0 < base < 1 or effect == 0:
        raise Stop(NoData.IMPOSSIBLE)
    found = sample_size_proportions(base, effect, level=read.share(level, 0.95), power=read.share(power, 0.80))
    return found if isfinite(found) else NoData.IMPOSSIBLE


def ab_sample_size_mean(sd: Any, effect: Any, level: Any = None, power: Any = None) -> Any:
    """Observations per variant, cell by cell."""
    return each_row(_size_mean, sd, effect, level, power)


def _size_mean(sd: Any, effect: Any, level: Any, power: Any) -> Cell:
    deviation, difference = _spread(sd), _number(effect)
    if difference == 0:
        raise Stop(NoData.IMPOSSIBLE)
    found = sample_size_means(deviation, difference, level=read.share(level, 0.95), power=read.share(power, 0.80))
    return found if isfinite(found) else NoData.IMPOSSIBLE
