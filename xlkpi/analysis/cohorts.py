"""Customers by what they bought: repeat purchase, retention by cohort, value by segment. Needs numpy."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = Any  # numpy.ndarray, whose type parameters say nothing here


@dataclass(frozen=True)
class Repeat:
    """How many customers bought at all, and more than once; ``days_between`` is the median between two purchases."""

    customers: int
    repeaters: int
    purchases: int
    days_between: float

    @property
    def share(self) -> float:
        return self.repeaters / self.customers if self.customers else math.nan


@dataclass(frozen=True)
class Cohorts:
    """Customers by the span of their first purchase and the spans since: ``active[i][j]`` bought again (or first,
    where j is 0) in the j-th span after that; None for spans that are not over.
    """

    starts: tuple[int, ...]
    active: tuple[tuple[int | None, ...], ...]
    amounts: tuple[tuple[float | None, ...], ...]

    @property
    def sizes(self) -> tuple[int, ...]:
        return tuple(row[0] or 0 for row in self.active)


@dataclass(frozen=True)
class Segment:
    """What the customers of a segment bought."""

    name: str
    customers: int
    repeaters: int
    purchases: int
    amount: float


def repeat_purchase(customers: Array, days: Array) -> Repeat:
    """From one row per purchase: a customer's code and the day; purchases of one day are one visit."""
    customers, days = np.asarray(customers), np.asarray(days)
    if not len(customers):
        return Repeat(0, 0, 0, math.nan)
    visits = np.unique(np.column_stack([np.unique(customers, return_inverse=True)[1], days]), axis=0)
    counts = np.bincount(visits[:, 0])
    same = visits[1:, 0] == visits[:-1, 0]
    gaps = (visits[1:, 1] - visits[:-1, 1])[same]
    between = float(np.median(gaps)) if len(gaps) else math.nan
    return Repeat(len(counts), int((counts > 1).sum()), len(visits), between)


def cohorts(customers: Array, spans: Array, amounts: Array | None = None, *, last: int | None = None) -> Cohorts:
    """From one row per purchase: a customer's code, and the number of its span, such as months since year 0.

    ``last`` is the last span that is over; purchases after it don't count.
    """
    customers, spans = np.asarray(customers), np.asarray(spans, dtype=np.int64)
    paid = np.zeros(len(spans)) if amounts is None else np.nan_to_num(np.asarray(amounts, dtype=float))
    if last is not None:
        kept = spans <= last
        customers, spans, paid = customers[kept], spans[kept], paid[kept]
    if not len(customers):
        return Cohorts((), (), ())
    end = int(spans.max()) if last is None else last
    who = np.unique(customers, return_inverse=True)[1]
    first = np.full(who.max() + 1, np.iinfo(np.int64).max)
    np.minimum.at(first, who, spans)
    start, width = int(first.min()), end - int(first.min()) + 1
    at = (first[who] - start) * width + (spans - first[who])
    buyers = np.unique(np.column_stack([who, at]), axis=0)[:, 1]
    active = np.bincount(buyers, minlength=width * width).reshape(width, width)
    amount = np.bincount(at, weights=paid, minlength=width * width).reshape(width, width)
    rows = range(width)
    return Cohorts(
        tuple(start + i for i in rows),
        tuple(tuple(int(active[i, j]) if i + j < width else None for j in rows) for i in rows),
        tuple(tuple(float(amount[i, j]) if i + j < width else None for j in rows) for i in rows),
    )


def by_segment(customers: Array, days: Array, amounts: Array, segments: Sequence[str | None]) -> tuple[Segment, ...]:
    """What each segment's customers bought, the largest amount first; a row's segment is its customer's.

    Customers whose rows tell several segments count in that of their last purchase; None is a segment of its own,
    named "".
    """
    customers, days = np.asarray(customers), np.asarray(days)
    paid = np.nan_to_num(np.asarray(amounts, dtype=float))
    names = np.array(["" if s is None else str(s) for s in segments], dtype=object)
    if not len(customers):
        return ()
    who = np.unique(customers, return_inverse=True)[1]
    order = np.argsort(days, kind="stable")
    of = np.full(who.max() + 1, "", dtype=object)
    of[who[order]] = names[order]  # the last one stays
    known = names != ""
    of[who[order][known[order]]] = names[order][known[order]]
    visits = np.unique(np.column_stack([who, days]), axis=0)
    counts = np.bincount(visits[:, 0])
    total = np.bincount(who, weights=paid)
    found = []
    for name in sorted(set(of.tolist())):
        mine = of == name
        found.append(
            Segment(name, int(mine.sum()), int((counts[mine] > 1).sum()), int(counts[mine].sum()),
                    float(total[mine].sum()))
        )  # fmt: skip
    return tuple(sorted(found, key=lambda s: -s.amount))
