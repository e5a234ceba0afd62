"""The expected course of an objective: how much of the way should be done after a share of the time.

A curve is points (share of the time, share of the way), both from 0 to 1, joined by straight lines; no
points is the straight line from start to due.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise

from xlkpi.errors import EvaluationError, Problem
from xlkpi.formula.tree import Call, Name, Node, Number

Curve = tuple[tuple[float, float], ...]
#: Excel nests 64 functions; the rest is left to the formula around.
MAX_POINTS = 60


def curve(points: Iterable[tuple[float, float]]) -> Curve:
    """A curve from points; the beginning (0, 0) and the end (1, 1) are added where they are absent.

    Raises EvaluationError when the shares of time don't grow from 0 to 1, or there are too many points.
    """
    made = [(float(x), float(y)) for x, y in points]
    if not made:
        return ()
    made = [*([] if made[0][0] == 0 else [(0.0, 0.0)]), *made, *([] if made[-1][0] == 1 else [(1.0, 1.0)])]
    times = [x for x, _ in made]
    grows = all(a < b for a, b in pairwise(times))
    if not grows or times[0] < 0 or times[-1] > 1 or not all(math.isfinite(y) for _, y in made):
        raise EvaluationError(Problem("status_curve_order"))
    if len(made) > MAX_POINTS:
        raise EvaluationError(Problem("status_curve_long", {"given": len(made), "most": MAX_POINTS}))
    return tuple(made)


def curve_by_date(points: Iterable[tuple[date, float]], start: date, due: date) -> Curve:
    """A curve from points (day, share of the way). Raises EvaluationError for days outside ``start`` to
    ``due``.
    """
    length = (due - start).days
    if length <= 0:
        return ()
    return curve(((day - start).days / length, share) for day, share in points)


def seasonal_curve(history: Iterable[tuple[date, float]], start: date, due: date) -> Curve:
    """The course that follows the seasons of the past: each calendar month weighs as much as its mean in
    ``history``.

    ``history`` is (day, value) at any one cadence, such as last year's daily or weekly sales. A month
    without a value weighs as much as the mean of the others; negative values count as nothing. Without
    history, or over a few days, it is the straight line.
    """
    length = (due - start).days
    weights = month_weights(history)
    if length <= 0 or not weights:
        return ()
    done, points, day = 0.0, [(0.0, 0.0)], start
    while day < due:
        following = min(due, _next_month(day))  # the days after `day`, up to `following`, at the weight of their month
        done += (following - day).days * weights[day.month - 1]
        points.append(((following - start).days / length, done))
        day = following
    if done <= 0:
        return ()
    return curve(_thinned([(x, y / done) for x, y in points[:-1]] + [(1.0, 1.0)]))


def month_weights(history: Iterable[tuple[date, float]]) -> tuple[float, ...]:
    """The twelve months' weights, with a mean of 1; empty when there is no history above zero."""
    seen: list[list[float]] = [[] for _ in range(12)]
    for day, value in history:
        if math.isfinite(value):
            seen[day.month - 1].append(max(0.0, value))
    means = [sum(values) / len(values) for values in seen if values]
    overall = sum(means) / len(means) if means else 0.0
    if overall <= 0:
        return ()
    return tuple((sum(values) / len(values) if values else overall) / overall for values in seen)


@lru_cache(maxsize=4096)
def curve_node(points: Curve) -> Node:
    """The curve as a tree over ``elapsed``, so that Python and Excel calculate the same."""
    elapsed = Name("elapsed")
    node: Node = Number(points[-1][1])
    for (x, y), (x_next, y_next) in reversed(list(pairwise(points))):
        slope = _digits((y_next - y) / (x_next - x))
        line: Node = Call("mul", (Call("sub", (elapsed, Number(_digits(x)))) if x else elapsed, Number(slope)))
        line = Call("add", (Number(_digits(y)), line)) if y else line
        node = Call("if", (Call("lt", (elapsed, Number(_digits(x_next)))), line, node))
    return Call("if", (Call("le", (elapsed, Number(0.0))), Number(_digits(points[0][1])), node))


def _digits(value: float) -> float:
    """With the digits that a formula's text keeps."""
    return float(f"{value:.15g}")


def _thinned(points: Sequence[tuple[float, float]]) -> Sequence[tuple[float, float]]:
    step = math.ceil((len(points) - 1) / (MAX_POINTS - 2))
    return [*points[:-1:step], points[-1]]


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
