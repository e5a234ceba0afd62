"""Small multiples: an amount month by month, a panel for each part, all on one scale."""

from __future__ import annotations

from xlkpi.scorecard.selections import MOST_CHOICES
from xlkpi.workbook.book import FULL, NO_AXIS
from xlkpi.workbook.exact import sum_where
from xlkpi.workbook.formats import decimals_for, told
from xlkpi.workbook.functions import (
    if_,
    if_error,
    index,
    large,
    match,
    month_end,
    most,
    not_available,
    sentence,
)
from xlkpi.workbook.live import Live
from xlkpi.workbook.page import Page
from xlkpi.workbook.page_charts import Edges, Panels, can_add
from xlkpi.workbook.pages.channels_numbers import Found, Numbers

MONTHS = 13
#: Panels in a row: as many as there are parts, between these; the rows of the sheet under them, and their pixels.
FEWEST, MOST, ROWS, LOW, HIGH = 3, 6, 6, 23, 40
TITLE, GAP = 24, 16


def height_for(pixels: float) -> int:
    """The pixels of a row under the panels of a section for which there are so many altogether."""
    return int(max(LOW, min(HIGH, (pixels - TITLE) // ROWS)))


def lines(page: Page, numbers: Numbers, what: Found, row: int, end: int, high: int = LOW) -> int:
    """Write the section with rows of so many pixels, and give the row after it."""
    book, made, sheet = numbers.book, numbers.made, numbers.made.sheet
    places = _places(page, numbers, what, end)
    if not places:
        return row
    first = made.rows(2 * len(places))
    edges = _edges(page, end, len(places))
    then = book.existing.state.room.get(_kind(what), 0) if book.existing else 0
    if 0 < then < len(places):
        book.more_panels.append((_panels(page, edges, made.page, first), then))
    _values(numbers, what, places, first)
    tops = [most(*(if_error(sheet.ref(first + 2 * k, 3 + m), 0) for m in range(MONTHS))) for k in range(len(places))]
    for k, top in enumerate(tops):
        tops[k] = sheet.put(first + 2 * k + 1, 1, top)
    top = sheet.put(first, 2, most(*tops))
    decimals = _decimals(what, top)
    scale = told(top, what.unit, decimals, book.language, book.currency)
    note = sheet.put(made.rows(1), 1, sentence(book.text("channels.scale"), {"most": scale}))
    page.heights(row, TITLE, *([high] * ROWS))
    page.section(row, 1, end, book.text("channels.by_month", name=what.name), note)
    for k, (left, right) in enumerate(edges):
        column = max(c for c in range(1, end + 1) if sum(page.columns[1:c]) <= left + 0.5)
        offset = left - sum(page.columns[1:column])
        _panel(page, numbers, what, (first, k, decimals), (row + 1, column, offset, right - left), high)
    return row + 1 + ROWS


def _kind(what: Found) -> str:
    return f"channels.lines.{what.place}"


def _edges(page: Page, end: int, count: int) -> list[Edges]:
    """Where so many panels stand: as wide as there is room, with a gap to the next."""
    each = sum(page.columns[1 : end + 1]) / max(FEWEST, count)
    return [(k * each, (k + 1) * each - GAP) for k in range(count)]


def _panels(page: Page, edges: list[Edges], id: str, first: int) -> Panels:
    return Panels(id, page.columns, edges, first, 2, (3, 2 + MONTHS))


def _shown(page: Page, numbers: Numbers, what: Found, end: int, active: int) -> int:
    """How many panels there are: in a workbook that is refreshed more than before where people left them in place."""
    book, made = numbers.book, numbers.made
    then = book.existing.state.room.get(_kind(what), 0) if book.existing else 0
    if book.existing is not None and 0 < then < active:
        place, before = len(book.rows[made.page]), book.existing.state.rows.get(made.page, ())
        if place < len(before):
            panels = _panels(page, _edges(page, end, then), made.page, before[place][0])
            if can_add(book.existing, panels):
                book.room[_kind(what)] = active
                return active
    return book.places(_kind(what), active)


def _decimals(what: Found, top: Live) -> int:
    """Labels are short: no cents of what is counted in hundreds."""
    if what.unit == "percent":
        return 1
    return 0 if (top.number or 0) >= 100 else decimals_for(what.unit, [top.number])


def _places(page: Page, numbers: Numbers, what: Found, end: int) -> list[Live]:
    """Where the parts with the amount are, in the order of the page."""
    sheet, made = numbers.made.sheet, numbers.made
    start = made.rows(numbers.count, MOST_CHOICES)
    for k, at in enumerate(numbers.places):
        sheet.put(start + k, 0, if_(if_error(numbers.of(what, at), 0) > 0, float(numbers.count - k), ""))
    ranks = sheet.span(start, 0, start + MOST_CHOICES - 1)
    active = min(MOST, sum(isinstance(v, float) for v in ranks.values))
    shown = _shown(page, numbers, what, end, active)
    spots = sheet.span(numbers.shares, 0, numbers.shares + MOST_CHOICES - 1)
    return [
        sheet.put(start + k, 1, if_error(index(spots, match(large(ranks, float(k + 1)), ranks)), ""))
        for k in range(shown)
    ]


def _values(numbers: Numbers, what: Found, places: list[Live], first: int) -> None:
    """A row of months per part: the name, then the values; under it the last one alone."""
    sheet, made, data = numbers.made.sheet, numbers.made, numbers.data
    for k, at in enumerate(places):
        row = first + 2 * k
        name = sheet.put(row, 0, if_error(numbers.name(at), ""))
        for month in range(MONTHS):
            ends = month_end(made.period_end, month + 1 - MONTHS)
            since = month_end(made.period_end, month - MONTHS) + 1
            where = ((data.span("part"), "=", name), (data.span("end"), ">=", since), (data.span("end"), "<=", ends))
            value = sum_where(data.span(what.measure), *where)
            value = value / sum_where(data.span(what.per), *where) if what.per else value
            sheet.put(row, 3 + month, if_error(if_(value > 0, value, not_available()), not_available()))
        sheet.put(row + 1, 2 + MONTHS, sheet.ref(row, 2 + MONTHS))


def _panel(
    page: Page, numbers: Numbers, what: Found, of: tuple[int, int, int], spot: tuple[int, int, float, float],
    high: int,
) -> None:  # fmt: skip
    """One part's chart: its name, its line from zero, its last value."""
    book, sheet, theme = numbers.book, numbers.made.sheet, page.theme
    first, k, decimals = of
    row, column, offset, width = spot
    top = first + 2 * k
    chart = book.chart("line", width, high * ROWS - 8)
    label = {"name": theme.font, "size": 9, "bold": True, "color": theme.ink}
    chart.add_series({
        "values": "=" + sheet.range(top, 3, top, 2 + MONTHS), "line": {"color": theme.actual, "width": 2},
    })  # fmt: skip
    chart.add_series({
        "values": "=" + sheet.range(top + 1, 3, top + 1, 2 + MONTHS), "line": {"none": True},
        "marker": {"type": "circle", "size": 6, "fill": {"color": theme.actual}, "border": {"color": "#FFFFFF"}},
        "data_labels": {"value": True, "position": "right", "font": label,
                        "num_format": book.number_format(what.unit, decimals)},
    })  # fmt: skip
    chart.add_series({  # one scale for all panels, also after another choice
        "values": "=" + sheet.range(first, 2, first, 2), "line": {"none": True}, "marker": {"type": "none"},
    })  # fmt: skip
    chart.set_title({"name": "=" + sheet.address(top, 0), "overlay": True, "layout": {"x": 0.0, "y": 0.0},
                     "name_font": label})  # fmt: skip
    chart.set_x_axis({"num_font": {"color": "#FFFFFF", "size": 1}, "label_position": "none", "major_tick_mark": "none",
                      "line": {"color": theme.rule}})  # fmt: skip
    chart.set_y_axis({**NO_AXIS, "min": 0})
    chart.set_plotarea({**FULL, "layout": {"x": 0.01, "y": 0.22, "width": 0.83, "height": 0.74}})
    page.ws.insert_chart(row, column, chart, {
        "x_offset": offset, "y_offset": 6, "object_position": 1,
        "description": book.text("alt.costs", name=what.name),
    })  # fmt: skip
