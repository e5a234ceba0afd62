"""The steps of a division of the budget: what channels spend and bring, their limits, the proposal, its effect."""

from __future__ import annotations

from collections.abc import Callable

from xlkpi.scorecard.budget import MONTHS, BudgetPlan
from xlkpi.workbook.book import Book
from xlkpi.workbook.exact import match_text, sum_where
from xlkpi.workbook.formats import change_format, decimals_for
from xlkpi.workbook.functions import if_, if_error, index, is_number, least, month_end, most
from xlkpi.workbook.live import Live, live
from xlkpi.workbook.people import Column, PeopleTable, TableRow

Compute = Callable[[TableRow], Live]


def _monthly(row: TableRow, measure: str) -> Live:
    """The mean of the last complete months, from the table of measures."""
    data, end = row.book.data, row.made.period_end
    assert data is not None, "there is spend by channel"
    where = ((data.span("part"), "=", row["channel"]), (data.span("start"), ">=", month_end(end, -MONTHS) + 1),
             (data.span("end"), "<=", end))  # fmt: skip
    return sum_where(data.span(measure), *where) / index(row.made.keys["budget.months"], 2.0)


def _spend(row: TableRow) -> Live:
    return _monthly(row, plan_of(row.book).spend)


def _outcome(row: TableRow) -> Live:
    plan = plan_of(row.book)
    return _response("spend")(row) if plan.modelled else _monthly(row, plan.outcome)


def _response(spend: str) -> Compute:
    """The curve at a spend; a dash for a channel without one."""

    def formula(row: TableRow) -> Live:
        known = if_error(row["top"] * row[spend] / (row["half"] + row[spend]), 0)
        return if_(is_number(row["top"]), known, "–")

    return formula


def _next(spend: str) -> Compute:
    """What one more unit of money brings at a spend."""

    def formula(row: TableRow) -> Live:
        room = row["half"] + row[spend]
        return if_(is_number(row["top"]), if_error(row["top"] * row["half"] / (room * room), "–"), "–")

    return formula


def _marginal_cost(row: TableRow) -> Live:
    """What one more unit of the outcome costs at today's spend."""
    return if_error(live(1.0) / row["marginal"], "–")


def _bound(pick: Callable[..., Live]) -> Compute:
    """The least or the most of what one more unit brings, by the curves at the ends of the interval."""

    def formula(row: TableRow) -> Live:
        at = match_text(row["channel"], row.made.keys["budget.names"])
        ends = []
        for end in ("low", "high"):
            top, half = (index(row.made.keys[f"budget.{end}_{part}"], at) for part in ("top", "half"))
            ends.append(top * half / ((half + row["spend"]) * (half + row["spend"])))
        return if_(is_number(row["marginal"]), if_error(pick(row["marginal"], *ends), "–"), "–")

    return formula


def _gain(row: TableRow) -> Live:
    return if_(is_number(row["after"]), row["after"] - row["before"], "–")


def _change(row: TableRow) -> Live:
    return if_error(row["proposed"] / row["spend"] - 1, 0)


def plan_of(book: Book) -> BudgetPlan:
    plan = book.context.budget
    assert plan is not None, "the page is there only where there is a plan"
    return plan


#: The steps of a division: limits and proposed spends are people's, the rest follows.
BUDGET = PeopleTable("budget", "xlkpi_budget", (
    Column("channel", "text", 138, filled="refreshed"), Column("spend", "computed", 76, compute=_spend),
    Column("outcome", "computed", 78, compute=_outcome), Column("marginal", "computed", 74, compute=_next("spend")),
    Column("marginal_low", "computed", 60, compute=_bound(least)),
    Column("marginal_high", "computed", 60, compute=_bound(most)),
    Column("marginal_cost", "computed", 76, compute=_marginal_cost),
    Column("least", "number", 72, least=0.0, filled="proposed"),
    Column("most", "number", 72, least=0.0, filled="proposed"),
    Column("proposed", "number", 84, least=0.0, filled="proposed"), Column("change", "computed", 62, compute=_change),
    Column("before", "computed", 80, compute=_response("spend")),
    Column("after", "computed", 80, compute=_response("proposed")), Column("gain", "computed", 76, compute=_gain),
    Column("marginal_after", "computed", 74, compute=_next("proposed")),
    Column("top", "number", 82, filled="refreshed"), Column("half", "number", 76, filled="refreshed"),
    Column("carry", "percent", 78, filled="refreshed"), Column("verdict", "text", 148, filled="refreshed"),
), keys=("channel",), free_rows=0)  # fmt: skip
WIDTHS = {c.code: c.width for c in BUDGET.columns}


def shape(book: Book, plan: BudgetPlan) -> dict[str, str]:
    """The number format of each column."""
    unit = book.card.data.catalogue.shown_unit(plan.outcome)
    each = decimals_for("currency", [1.0])
    money, result = book.number_format("currency", 0), book.number_format(unit, 0)
    forms = dict.fromkeys(("spend", "least", "most", "proposed", "half"), money)
    forms |= dict.fromkeys(("outcome", "before", "after", "top"), result)
    rate = book.number_format(unit, each if unit == "currency" else 3)
    forms |= {"gain": book.number_format(unit, 0, gap=True), "marginal_cost": book.number_format("currency", 2)}
    forms |= dict.fromkeys(("marginal", "marginal_low", "marginal_high", "marginal_after"), rate)
    return forms | {
        "carry": book.number_format("percent", 0),
        "change": change_format(0, book.language),
    }
