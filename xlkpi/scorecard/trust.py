"""How far a value can be relied on: completeness, freshness and reconciliation, all computed, on any day."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from xlkpi.cadence import Cadence
from xlkpi.scorecard.data import Combined, Data
from xlkpi.scorecard.model import Level, Series, Trust

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: Periods that count for completeness.
LOOK_BACK = 13
#: From which completeness is good, and tolerable.
COMPLETE, TOLERABLE = 0.95, 0.75
#: Up to which the parts may differ from the total: rounding in exports, and more than that.
RECONCILED, NEARLY = 0.005, 0.05
#: Where there is nothing to rely on.
NOTHING = Trust("none", 0.0, False, 0, None, ("no_data",))


@dataclass(frozen=True)
class Reliance:
    """What the trust in a KPI's series is judged from. ``parts``: the series by dimension and value that should make
    the total, none where they don't add up.
    """

    whole: Combined
    series: Series
    parts: Mapping[str, Mapping[str | None, Series]]
    data: Data
    cadence: Cadence

    def on(self, day: date, today: date) -> Trust:
        """The trust badge of the value on a day, with lateness as it is judged ``today``."""
        if (day, today) not in self._known:
            self._known[day, today] = self._judged(self.series.complete(day), today)
        return self._known[day, today]

    @cached_property
    def _known(self) -> dict[tuple[date, date], Trust]:
        return {}

    def _judged(self, periods: int, today: date) -> Trust:
        if not periods:
            return NOTHING
        completeness = self._completeness(periods)
        late = self._late_days(today)
        difference = self._reconciliation(periods)
        reasons = [
            *(["incomplete"] if completeness < COMPLETE else []),
            *(["late"] if late > 0 else []),
            *(["unreconciled"] if difference is not None and difference > RECONCILED else []),
        ]
        much = late > 3 * self.cadence.days
        poor = completeness < TOLERABLE or much or (difference is not None and difference > NEARLY)
        level: Level = "high" if not reasons else "low" if poor else "medium"
        return Trust(level, completeness, late <= 0, max(0, late), difference, tuple(reasons))

    def _completeness(self, periods: int) -> float:
        """The share of the last periods with a value and, where several sources deliver, of the sources that did."""
        known = [v == v for v in self.series.values[:periods]]
        if True not in known:
            return 0.0
        last = self.series.periods[periods - 1]
        sources = [name for name, first in self._begun.items() if first <= last]
        shares = []
        for i in range(max(known.index(True), periods - LOOK_BACK), periods):
            start, end = self.series.periods[i], self.series.ends[i]
            able = [n for n in sources if self._covers(n, start, end)]
            got = sum(self.whole.delivered[n].get(start, False) for n in able)
            shares.append(got / len(able) if known[i] and able else 0.0)
        return math.fsum(shares) / len(shares)

    def _covers(self, source: str, start: date, end: date) -> bool:
        spans = self.data.spans
        return source in spans and spans[source][0] <= end and start <= spans[source][1]

    @cached_property
    def _begun(self) -> dict[str, date]:
        """The first period in which each source delivered anything."""
        return {n: min(day for day, has in at.items() if has) for n, at in self.whole.delivered.items()}

    def _late_days(self, today: date) -> int:
        """By how many days the data of the source that lags most is later than its cadence allows.

        What belongs to the last complete period should be there; a day is granted for exports to be made.
        """
        if self._until is None:
            return 0
        due = self.cadence.start_of(today - timedelta(days=1)) - timedelta(days=1)
        return (due - self._until).days

    @cached_property
    def _until(self) -> date | None:
        """The last day of the source that lags most."""
        sources = {s for names in self.whole.sources.values() for s in names}
        return min((self.data.spans[s][1] for s in sources if s in self.data.spans), default=None)

    def _reconciliation(self, periods: int) -> float | None:
        """How far the sums of parts are from the total, at worst, over the last periods and the arguments."""
        import numpy as np

        if self._off is None:
            return None
        known = self._off[max(0, periods - LOOK_BACK) : periods]
        known = known[~np.isnan(known)]
        return float(known.max()) if len(known) else None

    @cached_property
    def _off(self) -> NDArray[np.float64] | None:
        """By period how far the sums of parts are from the total, as a share of it; NaN where it can't be told."""
        import numpy as np

        found = []
        for by_value in self.parts.values():
            for name, column in self.series.inputs.items():
                pieces = np.array([s.inputs[name] for s in by_value.values()])
                whole = np.array(column)
                nothing = np.isnan(pieces).all(axis=0) | (whole == 0)
                with np.errstate(divide="ignore", invalid="ignore"):
                    off = np.abs(np.nansum(pieces, axis=0) - whole) / np.abs(whole)
                found.append(np.where(nothing, np.nan, off))
        return np.fmax.reduce(found) if found else None
