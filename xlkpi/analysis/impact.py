"""Before and after: what changed with an action, over windows that were set beforehand. Nothing but
`math`.

The difference of the means is tested as Welch does, each window counting for as many independent values as
its autocorrelation leaves (Bayley and Hammersley, "The effective number of independent observations in an
autocorrelated time series", 1946, lag one only). A difference is not a cause: the caveats say why.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import fsum, isfinite, nan, sqrt

from xlkpi.analysis.ab_test import summary, welch

GAIN = "gain"
LOSS = "loss"
CHANGED = "changed"
NO_VISIBLE_EFFECT = "no_visible_effect"
NOT_ENOUGH_DATA = "not_enough_data"

NO_CONTROL = "no_control"
SHORT_WINDOW = "short_window"
UNEQUAL_WINDOWS = "unequal_windows"
PARTIAL_SEASON = "partial_season"
TREND_BEFORE = "trend_before"
AUTOCORRELATED = "autocorrelated"
MISSING_VALUES = "missing_values"

SHORTEST = 3
_SHORT = 8

Values = Sequence[float | None]


@dataclass(frozen=True)
class Impact:
    """The change between two windows.

    `before` and `after` are means, `effect` is after - before (with a control: beyond what the control
    changed) with the interval `lower` to `upper` of probability `level`, `share` the effect as a fraction
    of |before| (NaN for zero), `p_value` two-sided. `verdict` is gain or loss (changed when the KPI has no
    good direction), no_visible_effect or not_enough_data. `caveats` are codes, whose texts are in the
    language files: no_control, short_window, unequal_windows, partial_season, trend_before, autocorrelated,
    missing_values.
    """

    before: float
    after: float
    effect: float
    lower: float
    upper: float
    share: float
    p_value: float
    verdict: str
    caveats: tuple[str, ...]
    level: float


def impact(
    before: Values,
    after: Values,
    *,
    higher_is_better: bool | None = True,
    control_before: Values | None = None,
    control_after: Values | None = None,
    season_length: int = 1,
    level: float = 0.95,
) -> Impact:
    """Compare the values of a window after an action with those of a window before it, oldest first.

    None, NaN and infinities are missing; each window needs three known values. A control is a series that
    the action did not touch, over the same periods and in the same unit. Raises ValueError when a control's
    windows do not have the lengths of the values', or a level outside 0 to 1.
    """
    if not 0 < level < 1:
        raise ValueError("level must lie between 0 and 1")
    if (control_before is None) != (control_after is None):
        raise ValueError("a control needs values both before and after")
    mean_before, mean_after = summary(before)[0], summary(after)[0]
    caveats = _caveats(before, after, season_length)
    first, second = before, after
    if control_before is None or control_after is None:
        caveats.insert(0, NO_CONTROL)
    else:
        first, second = _without(before, control_before), _without(after, control_after)
    (low_mean, low_sd, low_n), (high_mean, high_sd, high_n) = summary(first), summary(second)
    if min(low_n, high_n) < SHORTEST:
        return Impact(mean_before, mean_after, nan, nan, nan, nan, nan, NOT_ENOUGH_DATA, tuple(caveats), level)
    correlation = _autocorrelation(first, second)
    left = (1 - correlation) / (1 + correlation)
    if correlation > 0:
        caveats.append(AUTOCORRELATED)
    worth = [max(1.5, n * left) for n in (low_n, high_n)]
    if _steady_climb(first):
        caveats.append(TREND_BEFORE)
    lower, upper, p_value = welch(low_mean, low_sd, worth[0], high_mean, high_sd, worth[1], level=level)
    effect = high_mean - low_mean
    share = effect / abs(mean_before) if mean_before else nan
    verdict = NO_VISIBLE_EFFECT
    if p_value < 1 - level:
        verdict = CHANGED if higher_is_better is None else GAIN if (effect > 0) == higher_is_better else LOSS
    return Impact(mean_before, mean_after, effect, lower, upper, share, p_value, verdict, tuple(caveats), level)


def _caveats(before: Values, after: Values, season_length: int) -> list[str]:
    lengths = (len(before), len(after))
    known = (summary(before)[2], summary(after)[2])
    found = []
    if min(known) < _SHORT:
        found.append(SHORT_WINDOW)
    if max(lengths) > 2 * min(lengths):
        found.append(UNEQUAL_WINDOWS)
    if season_length > 1 and any(length % season_length for length in lengths):
        found.append(PARTIAL_SEASON)
    if known != lengths:
        found.append(MISSING_VALUES)
    return found


def _without(values: Values, control: Values) -> list[float | None]:
    if len(values) != len(control):
        raise ValueError("a control must cover the same periods as the values")
    return [None if v is None or c is None else v - c for v, c in zip(values, control, strict=True)]


def _autocorrelation(*windows: Values) -> float:
    """Lag-one autocorrelation around each window's mean, pooled; 0 unless positive beyond chance, at most
    0.9.
    """
    products, squares, pairs = [], [], 0
    for window in windows:
        mean, spread, _ = summary(window)
        distances = [(v - mean) / (spread or 1.0) if v is not None and isfinite(v) else None for v in window]
        squares += [d * d for d in distances if d is not None]
        own = [a * b for a, b in pairwise(distances) if a is not None and b is not None]
        products += own
        pairs += len(own)
    if not pairs or not fsum(squares):
        return 0.0
    r = fsum(products) / fsum(squares)
    return min(r, 0.9) if r > 1.645 / sqrt(pairs) else 0.0


def _steady_climb(window: Values) -> bool:
    """Whether the window rises or falls steadily (Mann and Kendall at 5 %, without ties)."""
    values = [v for v in window if v is not None and isfinite(v)]
    n = len(values)
    score = sum((b > a) - (b < a) for i, a in enumerate(values) for b in values[i + 1 :])
    return abs(score) - 1 > 1.96 * sqrt(n * (n - 1) * (2 * n + 5) / 18)
