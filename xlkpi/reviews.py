"""Reviews: for each objective and review date what the numbers say, in sentences, for people to react and decide.

The first two of the four phases, analysis and interpretation, are told from the numbers; reaction and decision are
people's. A review of an objective whose due date has passed is its closing, with the values of that day and the
verdict.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from xlkpi.analysis import sentences
from xlkpi.analysis.evolution import latest
from xlkpi.cadence import Cadence
from xlkpi.errors import EvaluationError
from xlkpi.language import current, has_text, text
from xlkpi.language.numbers import in_unit
from xlkpi.status.sentences import day as day_words

if TYPE_CHECKING:
    from xlkpi.scorecard.model import Result, Scorecard

Day = date  # for the model that has a field named date
MINUS = "\u2212"


@dataclass(frozen=True)
class Review:
    """A review that is due: the objective as it stands, the day, the next one, and the verdict where it is closed."""

    result: Result
    date: Day
    next: Day | None
    verdict: str | None

    def as_json(self, language: str | None = None) -> dict[str, Any]:
        """For ``--json``; texts in a language."""
        result = self.result
        return {
            "objective": result.objective.id, "date": self.date.isoformat(),
            "next": self.next.isoformat() if self.next else None, "verdict": self.verdict,
            "value": None if math.isnan(result.actual) else result.actual, "status": result.status.shown,
            "analysis": analysis(result, language), "interpretation": interpretation(result, language),
        }  # fmt: skip


def reviews(card: Scorecard) -> tuple[Review, ...]:
    """The latest review of every objective that has begun, in the order of the scorecard."""
    closed = _closed(card)
    found = []
    for result in card.results:
        objective = result.objective
        if objective.due is not None and objective.due <= card.as_of:
            then = closed.get(objective.id, result)
            found.append(Review(then, objective.due, None, then.verdict.code))
            continue
        on = review_date(card, result)
        if objective.due is not None and on >= objective.due:  # that review is the closing, which the due date brings
            on = review_date(card, result, objective.due - timedelta(days=2))
        if objective.start is None or on >= objective.start:
            following = objective.next_review(card.as_of, card.project.fiscal_year_start, _cadence(result))
            following = min(following, objective.due or following)
            found.append(Review(result, on, following, None))
    return tuple(found)


def review_of(card: Scorecard, id: str, on: date) -> Review | None:
    """The review of an objective on an earlier day, with the data as they are now; None where there was none then."""
    from xlkpi.scorecard.compute import scorecard

    result = card.by_id[id]
    project = replace(card.project, objectives=(result.objective,))
    for by in (on, on - timedelta(days=1)):  # of days, it is the one before that a review is of
        if result.series is None or by > card.as_of:
            continue
        try:
            then = scorecard(project, card.data, as_of=by, today=card.today)
        except EvaluationError:  # before the data begin
            continue
        if found := next((review for review in reviews(then) if review.date == on), None):
            return found
    return None


def review_date(card: Scorecard, result: Result, by: date | None = None) -> date:
    """The last day on which an objective was to be reviewed, by a day; by default the scorecard's."""
    objective, fiscal, by = result.objective, card.project.fiscal_year_start, by or card.as_of
    code = objective.review if isinstance(objective.review, str) else objective.cadence or _cadence(result)
    on = Cadence(code, fiscal).start_of(by + timedelta(days=1))
    own = objective.review
    return max(on, own) if isinstance(own, date) and own <= by else on


def is_due(card: Scorecard, result: Result, since: date) -> bool:
    """Whether an objective has come to a review, or to its end, since the day that it was last looked at."""
    due = result.objective.due
    ended = due is not None and since < due <= card.as_of
    return ended or review_date(card, result) > review_date(card, result, since)


def _cadence(result: Result) -> Any:
    return result.series.cadence.code if result.series else "monthly"


def _closed(card: Scorecard) -> dict[str, Result]:
    """The results of closed objectives as they were on their due dates."""
    from xlkpi.scorecard.compute import scorecard

    days: dict[date, list[Any]] = {}
    for result in card.results:
        due = result.objective.due
        if due is not None and due < card.as_of and result.series is not None:
            days.setdefault(due, []).append(result.objective)
    found: dict[str, Result] = {}
    for due, objectives in days.items():
        project = replace(card.project, objectives=tuple(objectives))
        try:
            then = scorecard(project, card.data, as_of=due, today=card.today)
        except EvaluationError:  # it was due before the data begins
            continue
        found.update(then.by_id)
    return found


# --- in words --------------------------------------------------------------------------------------------------------


def analysis(result: Result, language: str | None = None) -> str:
    """What the numbers say: the value, how it moved, and where the target is."""
    return " ".join(_analysis(result, language or current()))


def interpretation(result: Result, language: str | None = None) -> str:
    """What that means: the status and why, where it leads, and where the change comes from."""
    return " ".join(_interpretation(result, language or current()))


def _analysis(result: Result, language: str) -> Iterator[str]:
    objective, series = result.objective, result.series
    if math.isnan(result.actual) or series is None or result.period is None:
        reason = text(f"scorecard.gap.{result.gap or 'no_data'}", language)
        yield text("reviews.no_value", language, reason=reason)
        return
    start, end = objective.start, result.period[1]
    key = "since" if result.cumulative and start else "value"
    days = {"end": day_words(end, language), "start": day_words(start, language) if start else ""}
    yield text(f"reviews.{key}", language, value=_amount(result, result.actual, language), **days)
    change = latest(series.values)
    if change.code != "not_enough_data":
        word = sentences.word(change.code, language)
        moved = _moved(result, series.values[-1], series.values[-2], language)
        steady = "steady" if change.code == "steady" else "change"
        yield text(f"reviews.{steady}", language, word=word[:1].upper() + word[1:], change=moved)
    if not math.isnan(result.last_year):
        yield text("reviews.year", language, change=_moved(result, series.values[-1], result.last_year, language))
    goal = _goal(result, language)
    if goal:
        due = day_words(objective.due, language) if objective.due else text("number.none", language)
        yield text("reviews.target", language, target=goal, due=due)


def _interpretation(result: Result, language: str) -> Iterator[str]:
    status, ahead = result.status, result.outlook
    yield _sentence(status.sentence(language))
    if status.override is not None:
        yield _sentence(status.override_sentence(language))
    if ahead is not None and not math.isnan(ahead.landing):
        kpi = result.kpi
        unit, currency = (kpi.unit if kpi else ""), result.status.facts.currency
        told = sentences.of_landing(
            ahead.landing, ahead.landing_lower, ahead.landing_upper, ahead.level, ahead.probability, ahead.method,
            unit, currency, language,
        )  # fmt: skip
        yield _sentence(told)
    found = next((b for b in result.breakdowns if b.against == "previous"), None)
    if found is not None and found.variance.difference:
        sign = 1 if found.variance.difference > 0 else -1
        place, most = max(enumerate(found.variance.segments), key=lambda item: sign * item[1].total)
        name = str(found.labels[place])
        known = f"workbook.choice.{name}"
        part = text(known, language) if has_text(known, language) else name
        known = f"workbook.dimension.{found.dimension}"
        dimension = text(known, language).lower() if has_text(known, language) else found.dimension
        values = {"part": part, "dimension": dimension, "amount": _gap(result, most.total, language)}
        yield text("reviews.part", language, **values)


def _sentence(words: str) -> str:
    words = words.strip()
    return words[:1].upper() + words[1:] + ("" if words.endswith((".", "!", "?")) else ".")


def _amount(result: Result, value: float, language: str) -> str:
    return in_unit(value, result.kpi.unit if result.kpi else "", result.status.facts.currency, language)


def _gap(result: Result, amount: float, language: str) -> str:
    """A signed difference; between percentages in points."""
    if result.kpi and result.kpi.unit == "percent":
        from xlkpi.language.numbers import plain

        shown = f"{plain(abs(amount) * 100, language, 2)}\u00a0{text('workbook.points', language)}"
    else:
        shown = _amount(result, abs(amount), language)
    return _signed(amount, shown)


def _signed(amount: float, shown: str) -> str:
    """A difference with its sign; one that reads zero has none."""
    if not any(digit in shown for digit in "123456789"):
        return shown
    return (MINUS if amount < 0 else "+") + shown


def _moved(result: Result, value: float, before: float, language: str) -> str:
    """From one value to another: a share, or points between percentages."""
    if math.isnan(value) or math.isnan(before):
        return text("number.none", language)
    if not before or (result.kpi and result.kpi.unit == "percent"):
        return _gap(result, value - before, language)
    share = (value - before) / abs(before)
    return _signed(share, in_unit(abs(share), "percent", language=language))


def _goal(result: Result, language: str) -> str:
    objective = result.objective
    if objective.kind == "stay_between" and objective.low is not None and objective.high is not None:
        low, high = (_amount(result, v, language) for v in (objective.low, objective.high))
        return f"{low} – {high}"
    return _amount(result, objective.target, language) if objective.target is not None else ""
