"""Small multiples: a ratio month by month, a panel for each part, all on one scale."""

from __future__ import annotations

from xlkpi.workbook.book import FULL, NO_AXIS
from xlkpi.workbook.formats import decimals_for, told
from xlkpi.workbook.functions import if_, if_error, month_end, most, not_available, sentence, sum_ifs
from xlkpi.workbook.live import Live
from xlkpi.workbook.page import Page
from xlkpi.workbook.pages.channels_numbers import Numbers

MONTHS = 13
#: Panels in a row, and their height in pixels.
MOST, HEIGHT = 6, 130
#: The columns at which panels begin: the page's columns in six pieces.
_SPOTS = (1, 3, 5, 7, 9, 10)


def lines(page: Page, numbers: Numbers, row: int, end: int) -> int:
    """Write the section, and give the row after it."""
    book, made, sheet, data = numbers.book, numbers.made, numbers.made.sheet, numbers.data
    what = numbers.line
    assert what is not None, "asked for only where there is one"
    count = min(MOST, numbers.shown)
    first = made.rows(2 * count)
    cells = []
    for rank in range(count):
        at, top = numbers.places[rank], first + 2 * rank
        name = sheet.put(top, 0, if_error(numbers.name(at), ""))
        for month in range(MONTHS):
            month_ends = month_end(made.period_end, month + 1 - MONTHS)
            where = ((data.span("part"), "=", name), (data.span("end"), "=", month_ends))
            value = sum_ifs(data.span(what.measure), *where)
            value = value / sum_ifs(data.span(what.per), *where) if what.per else value
            cells.append(sheet.put(top, 3 + month, if_error(if_(value > 0, value, not_available()), not_available())))
    top_value = _top(numbers, first, count)
    decimals = 1 if what.unit == "percent" else decimals_for(what.unit, [top_value.number])
    scale = told(top_value, what.unit, decimals, book.language, book.currency)
    note = sheet.put(made.rows(1), 1, sentence(book.text("channels.scale"), {"most": scale}))
    page.heights(row, 24, 24)
    page.section(row, 1, end, book.text("channels.by_month", name=what.name), note)
    theme = page.theme
    starts = [sum(page.columns[:spot]) for spot in range(len(page.columns))]
    whole = sum(page.columns[1 : end + 1])
    width = whole / MOST - 16
    for rank in range(count):
        top = first + 2 * rank
        x = starts[1] + rank * whole / MOST
        column = max(c for c in range(1, end + 1) if starts[c] <= x + 0.5)
        last = sheet.ref(top, 2 + MONTHS)
        shown = told(last, what.unit, decimals, book.language, book.currency)
        sheet.put(top, 1, if_error(sheet.ref(top, 0) & book.text("colon") & shown, sheet.ref(top, 0)))
        sheet.put(top + 1, 2 + MONTHS, last)
        chart = book.chart("line", width, HEIGHT)
        sheet.put(top + 1, 0, if_error(top_value / 1, 0))
        chart.add_series({
            "values": "=" + sheet.range(top, 3, top, 2 + MONTHS), "line": {"color": theme.actual, "width": 2},
        })  # fmt: skip
        chart.add_series({
            "values": "=" + sheet.range(top + 1, 3, top + 1, 2 + MONTHS), "line": {"none": True},
            "marker": {"type": "circle", "size": 6, "fill": {"color": theme.actual}, "border": {"color": "#FFFFFF"}},
        })  # fmt: skip
        chart.add_series({  # the same scale for all, also after another choice
            "values": "=" + sheet.range(first, 2, first, 2), "line": {"none": True}, "marker": {"type": "none"},
        })  # fmt: skip
        chart.set_title({
            "name": "=" + sheet.address(top, 1), "overlay": True, "layout": {"x": 0.0, "y": 0.0},
            "name_font": {"name": theme.font, "size": 9, "bold": True, "color": theme.ink},
        })  # fmt: skip
        chart.set_x_axis(NO_AXIS)
        chart.set_y_axis({
            **NO_AXIS, "visible": True, "label_position": "none", "min": 0, "major_tick_mark": "none",
            "major_gridlines": {"visible": True, "line": {"color": theme.hair, "width": 0.75}},
        })  # fmt: skip
        chart.set_plotarea({**FULL, "layout": {"x": 0.02, "y": 0.2, "width": 0.92, "height": 0.76}})
        options = {
            "x_offset": x - starts[column], "y_offset": 6, "object_position": 1,
            "description": book.text("alt.costs", name=what.name),
        }  # fmt: skip
        page.ws.insert_chart(row + 1, column, chart, options)
    page.heights(row + 1, *([24] * 6))
    return row + 7


def _top(numbers: Numbers, first: int, count: int) -> Live:
    """The highest value of all panels, which is the top of their scale."""
    sheet = numbers.made.sheet
    tops = []
    for rank in range(count):
        row = first + 2 * rank
        values = [if_error(sheet.ref(row, 3 + month), 0) for month in range(MONTHS)]
        highest: Live = most(*values)
        tops.append(sheet.put(row + 1, 1, highest))
    return sheet.put(first, 2, most(*tops))
