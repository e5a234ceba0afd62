"""The rate that a target needs beside the present one, in cells: for any chosen day and part what
:mod:`xlkpi.scorecard.outlook` computes for the scorecard's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from xlkpi.cadence import MONTHS, Cadence
from xlkpi.language import text
from xlkpi.workbook.formats import date_told, decimals_for, told
from xlkpi.workbook.functions import (
    and_,
    if_,
    if_error,
    index,
    is_number,
    match,
    month_of,
    most,
    sentence,
    sum_ifs,
    whole,
    year_of,
)
from xlkpi.workbook.live import Given, Live, live

if TYPE_CHECKING:
    from xlkpi.workbook.calculation_rows import Told

#: The end of the last complete period, the periods that are left and those since the start, what each has to bring and
#: what each brought, both in words, and the sentence.
RATES = ("until", "left", "gone", "required", "current", "said_required", "said_current", "said_rate")


def write_rates(row: Told, day: Live) -> None:
    """Write the columns of an objective, whose numbers are those of a day."""
    get, put = row.get, row.put
    result = row.selected.result
    if result.series is None or (reason := _why_none(row)):
        for name in RATES[:-1]:
            put(name, live(""))
        put("said_rate", live(row.book.text(f"rate.{reason}") if result.series else ""))
        return
    cadence = result.series.cadence
    until, due, start, target = get("until"), get("due"), get("start"), get("target")
    until = put("until", if_(get("row").blank, "", index(row.writer.series.span("end"), get("row"))))
    last = _number(cadence, until)
    left = if_(and_(is_number(due), due > day), _number(cadence, due) - last, "")
    put("left", if_(is_number(until), if_error(left, ""), ""))
    gone = if_(is_number(start), most(0, last - _number(cadence, start) + 1), "")
    put("gone", if_(is_number(until), if_error(gone, ""), ""))
    known = [is_number(target), is_number(get("left")), is_number(get("gone"))]
    if result.cumulative:
        so_far = _so_far(row)
        required, current = most(0, (target - so_far) / get("left")), so_far / get("gone")
    else:
        known.append(is_number(get("baseline")))
        required = (target - get("actual")) / get("left")
        current = (get("actual") - get("baseline")) / get("gone")
    put("required", if_(and_(*known), if_error(required, ""), ""))
    put("current", if_(and_(*known), if_error(current, ""), ""))
    put("said_rate", _said(row, cadence, day))


def _why_none(row: Told) -> str:
    """Why an objective has no such rate; empty where it has one."""
    result, formula = row.selected.result, row.selected.formula
    if result.objective.kind.startswith("stay"):
        return "stays"
    return "ratio" if result.cumulative and formula is not None and not formula.adds_rows else ""


def _number(cadence: Cadence, day: Live) -> Live:
    """The number of a day's period on an axis, as :class:`Cadence` counts them; only differences mean something."""
    if cadence.code == "daily":
        return day
    if cadence.code == "weekly":
        return whole((day - 2) / 7)
    months = year_of(day) * 12 + month_of(day)
    return months if cadence.code == "monthly" else whole((months - cadence.fiscal_year_start) / MONTHS[cadence.code])


def _so_far(row: Told) -> Live:
    """What the complete periods since the start brought: as it is known at the ends of months, else added up."""
    get, made, series = row.get, row.made, row.writer.series
    at_month_end = index(series.span("value"), get("since") - made.day_no + match(get("until"), made.days))
    periods = sum_ifs(
        series.span("value"), (series.span("objective"), "=", get("id")),
        (series.span("choice_no"), "=", made.choice_no), (series.span("role"), "=", "period"),
        (series.span("start"), ">=", get("start")), (series.span("end"), "<=", get("until")),
    )  # fmt: skip
    return if_error(at_month_end + 0, periods)


def _said(row: Told, cadence: Cadence, day: Live) -> Live:
    get, book, result = row.get, row.book, row.selected.result
    ahead = result.outlook
    decimals = max(row.decimals, decimals_for(row.unit, (ahead.required, ahead.current) if ahead else ()))

    def amount(name: str) -> Live:
        words = told(get(name), row.unit, decimals, book.language, book.currency, gap=not result.cumulative)
        return row.put(f"said_{name}", if_(is_number(get(name)), words, "–"))

    due = date_told(get("due"), book.language)
    parts: dict[str, Given] = {"required": amount("required"), "current": amount("current"), "due": due}

    def say(key: str) -> Live:
        return sentence(
            book.text(f"rate.{key}").replace("{per}", text(f"analysis.per.{cadence.code}", book.language)), parts
        )

    cap = get("mode").same("cap")
    needs = if_(cap, say("most"), say("needs")) if result.cumulative else say("needs")
    reached = and_(get("met").same(1), get("mode").differs("cap"), is_number(get("current")))
    open_ = if_(reached, say("reached"), if_(is_number(get("required")), needs, book.text("rate.unknown")))
    return if_error(if_(and_(is_number(get("due")), get("due") <= day), book.text("rate.over"), open_), "")
