"""T, time-bound: dates in order, a cadence that fits the KPI and the time there is, a next review."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from xlkpi.cadence import Cadence
from xlkpi.smart.case import Case
from xlkpi.smart.model import Finding, Term

_YEARS = (2000, 2100)  # outside, a slip of the pen is likelier than a plan
_FEWEST_REVIEWS = 3
#: Lengths in days that the words for a horizon cover; they overlap on purpose.
HORIZONS = {"short": (0, 200), "medium": (80, 800), "long": (330, 40_000)}


def has_dates_in_order(case: Case) -> Iterator[Finding]:
    """A start before the due date."""
    start, due = case.objective.start, case.objective.due
    if due is None:
        yield case.says("T", "due_missing", "fail", "due")
    elif start is None:
        yield case.says("T", "start_missing", "warning", "start")
    elif start >= due:
        yield case.says("T", "dates_swapped", "fail", "due", start=start, due=due)
    else:
        yield case.says("T", "dates", "pass", "due", start=start, due=due, days=(due - start).days + 1)


def is_not_past(case: Case) -> Iterator[Finding]:
    """A due date to come, in a year that can be meant."""
    due = case.objective.due
    for key, day in (("start", case.objective.start), ("due", due)):
        if day is not None and not _YEARS[0] <= day.year <= _YEARS[1]:
            yield case.says("T", "year_unlikely", "fail", key, date=day, year=str(day.year))
            return
    if due is not None and due < case.today:
        yield case.says("T", "due_past", "fail", "due", due=due, today=case.today)
    elif due is not None:
        yield case.says("T", "due", "pass", "due", due=due, days=(due - case.today).days)


def fits_the_kpi(case: Case) -> Iterator[Finding]:
    """Not looked at more often than the KPI moves, nor so rarely that it is too late to act.

    One step finer is tolerated, save for quarterly and yearly KPIs: revenue growth is not for every week,
    nor even for every month.
    """
    code, kpi = case.objective.cadence, case.kpi
    if code is None:
        key = "cadence_default" if kpi else "cadence_missing"
        yield case.says("T", key, "warning", "cadence", cadence=_cadence(kpi.cadence) if kpi else "")
        return
    if kpi is None:
        return
    finer = Cadence(kpi.cadence).rank - Cadence(code).rank
    values = {"cadence": _cadence(code), "kpi": kpi.name, "usual": _cadence(kpi.cadence)}
    tolerated = 0 if kpi.cadence in ("quarterly", "yearly") else 1
    if finer > tolerated:
        yield case.says("T", "cadence_fine", "warning", "cadence", **values)
    elif finer < -1:
        yield case.says("T", "cadence_coarse", "warning", "cadence", **values)
    else:
        yield case.says("T", "cadence", "pass", "cadence", **values)


def fits_the_time_there_is(case: Case) -> Iterator[Finding]:
    """Enough reviews between start and due date to change course."""
    start, due = case.objective.start, case.objective.due
    if case.cadence is None or start is None or due is None or start >= due:
        return
    reviews = case.cadence.reviews(start, due)
    values = {"reviews": reviews, "cadence": _cadence(case.cadence.code), "least": _FEWEST_REVIEWS}
    if case.cadence.days > (due - start).days + 1 + case.cadence.days * 0.05:
        yield case.says("T", "reviews_none", "fail", "cadence", **values)
    elif reviews < _FEWEST_REVIEWS:
        yield case.says("T", "reviews_few", "warning", "cadence", **values)
    else:
        yield case.says("T", "reviews", "pass", "cadence", **values)


def fits_its_horizon(case: Case) -> Iterator[Finding]:
    """Short, medium and long term mean what they say."""
    start, due, horizon = case.objective.start, case.objective.due, case.objective.horizon
    if horizon is None or start is None or due is None or start >= due:
        return
    days = (due - start).days + 1
    least, most = HORIZONS[horizon]
    values = {"horizon": Term(f"smart.horizon.{horizon}"), "days": days}
    if least <= days <= most:
        yield case.says("T", "horizon", "pass", "horizon", **values)
    else:
        yield case.says("T", "horizon_not", "warning", "horizon", **values)


def has_a_next_review(case: Case) -> Iterator[Finding]:
    """The day of the next review can be told."""
    if case.cadence is None and case.objective.review is None:
        yield case.says("T", "review_none", "fail", "cadence")
        return
    code = case.cadence.code if case.cadence else "monthly"
    begin = max(case.today, case.objective.start or date.min)
    on = case.objective.next_review(begin, case.project.fiscal_year_start, code)
    yield case.says("T", "review", "pass", "cadence", date=on)


def _cadence(code: str) -> Term:
    return Term(f"kpi.cadences.{code}")
