"""How far a value can be relied on: completeness, freshness and reconciliation, all computed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date, timedelta

from xlkpi.cadence import Cadence
from xlkpi.scorecard.data import Combined, Data
from xlkpi.scorecard.model import Level, Series, Trust

#: Periods that count for completeness.
LOOK_BACK = 13
#: From which completeness is good, and tolerable.
COMPLETE, TOLERABLE = 0.95, 0.75
#: Up to which the parts may differ from the total: rounding in exports, and more than that.
RECONCILED, NEARLY = 0.005, 0.05


def trust(
    whole: Combined,
    series: Series,
    parts: Mapping[str, Mapping[str | None, Series]],
    data: Data,
    cadence: Cadence,
    today: date,
    adds_up: bool,
) -> Trust:
    """The trust badge of a KPI's series. ``adds_up``: whether its parts by dimension should make the total."""
    completeness = _completeness(whole, series)
    late = _late_days(whole, data, cadence, today)
    difference = _reconciliation(series, parts) if adds_up else None
    reasons = [
        *(["incomplete"] if completeness < COMPLETE else []),
        *(["late"] if late > 0 else []),
        *(["unreconciled"] if difference is not None and difference > RECONCILED else []),
    ]
    poor = completeness < TOLERABLE or late > 3 * cadence.days or (difference is not None and difference > NEARLY)
    level: Level = "high" if not reasons else "low" if poor else "medium"
    return Trust(level, completeness, late <= 0, max(0, late), difference, tuple(reasons))


def _completeness(whole: Combined, series: Series) -> float:
    """The share of the last periods with a value and, where several sources deliver, of the sources that did."""
    known = [v == v for v in series.values]
    if True not in known:
        return 0.0
    begun = known.index(True)
    shares = [
        (1.0 if has else 0.0) * (got / able if able else 0.0)
        for has, (got, able) in list(zip(known, whole.parts, strict=True))[begun:][-LOOK_BACK:]
    ]
    return math.fsum(shares) / len(shares)


def _late_days(whole: Combined, data: Data, cadence: Cadence, today: date) -> int:
    """By how many days the data of the source that lags most is later than its cadence allows.

    What belongs to the last complete period should be there; a day is granted for exports to be made.
    """
    ends = [data.spans[s][1] for s in {s for names in whole.sources.values() for s in names} if s in data.spans]
    if not ends:
        return 0
    due = cadence.start_of(today - timedelta(days=1)) - timedelta(days=1)
    return (due - min(ends)).days


def _reconciliation(series: Series, parts: Mapping[str, Mapping[str | None, Series]]) -> float | None:
    """How far the sums of parts are from the total, at worst, over the last periods and the arguments."""
    worst: float | None = None
    for by_value in parts.values():
        for name, column in series.inputs.items():
            for i in range(max(0, len(column) - LOOK_BACK), len(column)):
                pieces = [s.inputs[name][i] for s in by_value.values() if s.inputs[name][i] == s.inputs[name][i]]
                if pieces and column[i] == column[i] and column[i] != 0:
                    off = abs(math.fsum(pieces) - column[i]) / abs(column[i])
                    worst = off if worst is None else max(worst, off)
    return worst
