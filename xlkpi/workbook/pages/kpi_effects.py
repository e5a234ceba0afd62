"""Where a KPI's change comes from: volume, mix and rate effects of its parts, which add up to the change.

The formulas are those of :mod:`xlkpi.analysis.variance`, midpoint weights included; effects are shown only where the
parts make the whole.
"""

from __future__ import annotations

from xlkpi.workbook.functions import absolute, and_, if_, if_error, index, is_number, most, total
from xlkpi.workbook.live import Live, Span
from xlkpi.workbook.pages.kpi_view import View

#: Columns of a part's row on the calculation sheet: its numerators and denominators now and before, then its effects.
TOP, BASE, TOP_BEFORE, BASE_BEFORE = range(5, 9)
VOLUME, MIX, RATE, CHANGE, TO_TARGET = EFFECTS = range(9, 14)


def bases(view: View, row: int, at: Live, has_before: Live) -> None:
    """A part's numerator and denominator, of the last period and of the one before; 0 where they are missing."""
    for column, code in ((TOP, "top"), (BASE, "base")):
        of = view.made.tables.series.span(code)
        found, earlier = index(of, at), index(of, at - 1)
        view.sheet.put(row, column, if_(is_number(found), found, 0))
        view.sheet.put(row, column + 2, if_(has_before, if_(is_number(earlier), earlier, 0), 0))


def effects(view: View, first: int, last: int) -> tuple[Live, list[Span]]:
    """Write the effects; gives whether the parts make the whole, and the columns of :data:`EFFECTS`."""
    sheet, put = view.sheet, view.put_calc
    spans = {c: sheet.span(first, c, last) for c in (TOP, BASE, TOP_BEFORE, BASE_BEFORE)}
    sums = {c: put(total(span)) for c, span in spans.items()}
    ratio = put(and_(sums[BASE] > 0, sums[BASE_BEFORE] > 0))
    now = put(if_error(if_(ratio, sums[TOP] / sums[BASE], sums[TOP]), ""))
    then = put(if_error(if_(ratio, sums[TOP_BEFORE] / sums[BASE_BEFORE], sums[TOP_BEFORE]), ""))
    fits = put(if_error(and_(_same(now, view.known("latest")), _same(then, view.known("previous"))), False))
    target = put(view.known("target"))
    aims = put(if_error(and_(fits, sums[BASE] > 0, is_number(target), view.known("cumulative").same(0)), False))
    middle = put(if_error((now + then) / 2, 0))
    for row in range(first, last + 1):
        top, base, top_before, base_before = (sheet.ref(row, c) for c in (TOP, BASE, TOP_BEFORE, BASE_BEFORE))
        share, before = base / sums[BASE], base_before / sums[BASE_BEFORE]
        rate = (share + before) / 2 * (top / base - top_before / base_before)
        whole = top / sums[BASE] - top_before / sums[BASE_BEFORE] - middle * (share - before)
        own = sheet.put(row, RATE, if_(and_(fits, ratio, base > 0, base_before > 0), if_error(rate, 0), 0))
        sheet.put(row, VOLUME, if_(fits, if_(ratio, 0, top - top_before), 0))
        sheet.put(row, MIX, if_(and_(fits, ratio), if_error(whole, 0) - own, 0))
        sheet.put(row, CHANGE, sheet.ref(row, VOLUME) + sheet.ref(row, MIX) + own)
        sheet.put(row, TO_TARGET, if_(aims, if_error((top - target * base) / sums[BASE], 0), ""))
    return fits, [sheet.span(first, c, last) for c in EFFECTS]


def _same(made: Live, whole: Live) -> Live:
    return absolute(made - whole) <= most(absolute(whole), 0.001) * 0.000001
