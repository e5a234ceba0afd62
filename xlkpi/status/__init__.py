"""Statuses: progress, pace, and the ordered rules that decide between on track, at risk and behind.

What is computed, by kind (``status.yaml`` is the definition, and the source of the Excel formulas):

- ``reach``, ``increase``, ``decrease``: progress is the share of the way from baseline to target, so that a
  falling KPI needs no other sign; expected progress is the share of the time, or a curve; pace = progress /
  expected.
- the same with ``cumulative`` (sums since the start): progress is the share of the target collected. Where
  less is better it is the share of a cap used up, and pace = expected / progress.
- ``stay_above``, ``stay_below``, ``stay_between``: progress is the distance to the limit as a share of the
  limit (of the range), negative beyond it; no pacing: expected is 0 and there is no pace.

Edge cases, each with a test:

- *no data*: a value that the kind needs, or a date, is missing, text or an error. Missing is never zero.
- *future start*: before ``start`` it is not started, even when the target is already met.
- *day 0* (``as_of == start``): nothing is expected yet, so an objective that moves is on track, and there
  is no pace. A limit is judged from the first day on. A sum that already exceeds its cap is behind.
- *actual exactly at the target* is achieved, *pace exactly at a cut* is the better status; both forgive the
  last digits of computed ratios (1e-12 of the target, 9 decimals of pace).
- *over-achievement*: progress may exceed 1; it stays achieved. *Crossing zero and negative targets* need no
  rule.
- *moving away*: progress and pace are negative: behind; at risk while nothing was expected and it is within
  ``breach``.
- *target equal to the baseline*, or on the wrong side of it for the kind: there is no way to go, so
  progress is 1 when the target is met and 0 when not.
- *due date passed*: overdue unless achieved; on the due date itself pace still decides. A limit is achieved
  on the due date if it holds then. *start = due*: that day all is expected; the day after it is overdue.
- *reach without a baseline* starts from 0, unless the KPI's direction is ``lower``: from where it comes
  down has to be known, so that is no data. Where the baseline does not tell the direction, the KPI's does.
- *success* replaces the target in "achieved" (not in progress); *failure* is where a ``stay_*`` value turns
  from at risk to behind, and decides the verdict.
- *a cap that is exceeded* can't come down again: behind at once.
"""

from __future__ import annotations

from xlkpi.status.cells import excel_columns
from xlkpi.status.courses import curve, curve_by_date, seasonal_curve
from xlkpi.status.definition import Look, Rules, rules
from xlkpi.status.engine import CODES, Override, StatusResult, Verdict, mode_of, status, statuses, verdict
from xlkpi.status.facts import KINDS, MODES, Facts, Kind, Settings
from xlkpi.status.groups import Child, Rollup, rollup
from xlkpi.status.sentences import label

__all__ = [
    "CODES",
    "KINDS",
    "MODES",
    "Child",
    "Facts",
    "Kind",
    "Look",
    "Override",
    "Rollup",
    "Rules",
    "Settings",
    "StatusResult",
    "Verdict",
    "curve",
    "curve_by_date",
    "excel_columns",
    "label",
    "mode_of",
    "rollup",
    "rules",
    "seasonal_curve",
    "status",
    "statuses",
    "verdict",
]
