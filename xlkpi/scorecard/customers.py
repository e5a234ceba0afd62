"""Customers of a project: purchases joined by the customer's id, as cohorts, repeat purchase and value by segment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from xlkpi.cadence import Cadence
from xlkpi.errors import Problem, SourceError
from xlkpi.objectives.context import Customers as Settings
from xlkpi.scorecard.data import complete_until
from xlkpi.scorecard.lacking import Lacking
from xlkpi.scorecard.model import Scorecard

if TYPE_CHECKING:
    from xlkpi.analysis.cohorts import Cohorts, Repeat, Segment
    from xlkpi.sources.table import Table

#: What a purchase is worth, the first that a source delivers.
AMOUNTS = ("revenue", "conversions_value", "order_value")
#: What tells purchases where no source says what they are worth.
PURCHASES = ("orders", "conversions")
#: Dimensions by which customers are split where the project names none.
SEGMENTS = ("segment", "country", "source", "platform")
MOST_SEGMENTS = 8


@dataclass(frozen=True)
class CustomerView:
    """Customers up to the last month that is over.

    ``months`` are the first days of the cohorts' months; ``unnamed`` is the share of purchases whose customer is not
    known, which are left out. ``segments`` are by ``segment``; empty without one. ``valued``: whether it is known what
    purchases are worth.
    """

    source: str
    amount: str
    first: date
    last: date
    repeat: Repeat
    months: tuple[date, ...]
    cohorts: Cohorts
    segment: str | None
    segments: tuple[Segment, ...]
    unnamed: float
    valued: bool = True


def customer_view(card: Scorecard) -> CustomerView | Lacking:
    """The customers of a scorecard, or why they can't be told: no source tells them apart.

    Raises SourceError where the project names a source that does not, or a dimension that is not there.
    """
    settings = card.project.customers or Settings()
    found = _table(card, settings)
    last = complete_until(card.as_of, Cadence("monthly"))
    if last is None or card.data.first is None:
        return Lacking("no_data")
    if found is None:
        return Lacking("customers_none", {"name": settings.customer})
    name, table, amount = found
    segment, of = _segments(card, settings, table)
    rows = _purchases(table, settings.customer, amount, segment if of is None else None, last)
    known = [row for row in rows if row["customer"] is not None]
    if not known:
        return Lacking("customers_unknown", {"source": name, "last": last})
    import numpy as np

    from xlkpi.analysis.cohorts import by_segment, cohorts, repeat_purchase

    who = np.unique(np.array([row["customer"] for row in known], dtype=object).astype(str), return_inverse=True)[1]
    days = [row["date"] for row in known]
    counted = np.array([d.toordinal() for d in days])
    months = np.array([d.year * 12 + d.month - 1 for d in days])
    paid = np.array([row["amount"] or 0.0 for row in known])
    made = cohorts(who, months, paid, last=last.year * 12 + last.month - 1)
    segments: tuple[Segment, ...] = ()
    if segment is not None:
        labels = [of.get(row["customer"]) if of is not None else row["segment"] for row in known]
        segments = by_segment(who, counted, paid, labels)
        if len(segments) > MOST_SEGMENTS or len(segments) < 2:
            segment, segments = None, ()
    starts = tuple(date(m // 12, m % 12 + 1, 1) for m in made.starts)
    unnamed = 1 - len(known) / len(rows)
    repeat = repeat_purchase(who, counted)
    valued = amount not in PURCHASES
    return CustomerView(name, amount, min(days), last, repeat, starts, made, segment, segments, unnamed, valued)


def _table(card: Scorecard, settings: Settings) -> tuple[str, Table, str] | None:
    """The source of purchases, and the measure that they are worth."""
    tables = card.data.tables
    wanted = [settings.source] if settings.source else list(tables)
    for name in wanted:
        table = tables[name]
        amounts = [settings.amount] if settings.amount else list(AMOUNTS)
        amount = next((m for m in amounts if table.forms.get(m) == "numbers"), None)
        if amount is None and not settings.amount:
            amount = next((m for m in PURCHASES if m in table.forms), None)
        if settings.customer in table.dimensions and amount is not None:
            return name, table, amount
    if settings.source:
        table = tables[settings.source]
        lacks = settings.customer if settings.customer not in table.dimensions else settings.amount or AMOUNTS[0]
        values = {"source": settings.source, "name": lacks, "known": ", ".join((*table.dimensions, *table.forms))}
        raise SourceError(Problem("customers_lack", values, card.project.setting("customers", "source")))
    return None


def _segments(card: Scorecard, settings: Settings, table: Table) -> tuple[str | None, dict[Any, str] | None]:
    """The dimension of segments, and each customer's where another source tells them."""
    if settings.details:
        details = card.data.tables[settings.details]
        segment = settings.segment or next((d for d in SEGMENTS if d in details.dimensions), None)
        for wanted, key in ((settings.customer, "details"), (segment, "segment")):
            if wanted not in details.dimensions:
                values = {"source": settings.details, "name": wanted or SEGMENTS[0]}
                values["known"] = ", ".join(details.dimensions)
                raise SourceError(Problem("customers_lack", values, card.project.setting("customers", key)))
        expression = details.expression
        last = expression[segment].max()
        grouped = expression.group_by(expression[settings.customer].name("customer")).aggregate(segment=last)
        found = details.connection.run(grouped).to_pylist()
        return segment, {row["customer"]: row["segment"] for row in found}
    if settings.segment:
        if settings.segment not in table.dimensions:
            values = {"source": table.label, "name": settings.segment, "known": ", ".join(table.dimensions)}
            raise SourceError(Problem("customers_lack", values, card.project.setting("customers", "segment")))
        return settings.segment, None
    return next((d for d in SEGMENTS if d in table.dimensions), None), None


def _purchases(table: Table, customer: str, amount: str, segment: str | None, last: date) -> list[dict[str, Any]]:
    """A row per customer, day and segment, with what was paid."""
    expression = table.expression
    rows = expression.filter([expression[amount].notnull(), expression["date"] <= last])
    keys = {"customer": rows[customer], "date": rows["date"]}
    if segment is not None:
        keys["segment"] = rows[segment]
    numbers = table.forms[amount] == "numbers"
    rows = rows.select(**keys, paid=rows[amount] if numbers else rows[amount].notnull().cast("int64"))
    grouped = rows.group_by(list(keys)).aggregate(amount=rows["paid"].sum())
    return list(table.connection.run(grouped).to_pylist())
