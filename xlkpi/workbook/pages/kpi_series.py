"""The chart of a KPI's page: the series with plan, forecast and the year before."""

from __future__ import annotations

from xlkpi.workbook.formats import day_told
from xlkpi.workbook.functions import (
    and_,
    if_,
    if_error,
    index,
    is_number,
    least,
    match,
    month_of,
    most,
    not_available,
    or_,
    sentence,
    year_of,
)
from xlkpi.workbook.live import Live, live
from xlkpi.workbook.pages.kpi_view import END, PAST, RIGHT, View


def series_chart(view: View, row: int) -> None:
    book, text = view.book, view.book.text
    note = view.put_calc(if_(view.shows, sentence(text("kpi.series_note"), {"unit": _unit_word(view)}), ""))
    view.page.section(row, RIGHT, END, text("kpi.series"), note)
    first = _chart_data(view)
    last = first + PAST + view.ahead - 1
    sheet, theme = view.sheet, view.theme

    def column(number: int) -> str:
        return "=" + sheet.range(first, number, last, number)

    height = 214 if view.chooses else 262
    area = book.chart("area", 618, height, "stacked")
    labels = column(2)
    for number, fill in ((6, {"none": True}), (7, {"color": theme.interval})):
        area.add_series({"categories": labels, "values": column(number), "fill": fill, "border": {"none": True}})
    line = book.chart("line", 618, height)
    for number, name, look in (
        (4, "kpi.year_before", {"color": theme.previous, "width": 1.25}),
        (8, "kpi.plan", {"color": theme.target, "width": 1.25, "dash_type": "dash"}),
        (5, "kpi.forecast", {"color": theme.forecast, "width": 2, "dash_type": "round_dot"}),
        (3, "kpi.actual", {"color": theme.actual, "width": 2.5}),
    ):
        line.add_series({"name": text(name), "categories": labels, "values": column(number), "line": look})
    dot = {"type": "circle", "size": 7, "fill": {"color": theme.actual}, "border": {"color": "#FFFFFF"}}
    line.add_series({"categories": labels, "values": column(9), "line": {"none": True}, "marker": dot})
    # The interval's width, not drawn: it holds the axis at zero.
    line.add_series({"categories": labels, "values": column(7), "line": {"none": True}, "marker": {"type": "none"}})
    area.combine(line)
    small = {"name": theme.font, "size": 8, "color": theme.mute, "bold": False}
    area.set_x_axis({
        "num_font": small, "line": {"color": theme.rule}, "major_tick_mark": "none", "position_axis": "on_tick",
        "label_position": "low", "interval_unit": 3,
    })  # fmt: skip
    large_ = (view.now("actual").number or 0) >= 10
    decimals = 0 if view.unit == "currency" and large_ else view.decimals
    form = "#,##0.##" if view.chooses else view.book.number_format(view.unit, decimals)
    book.axes[view.id] = form
    area.set_y_axis({
        "num_font": small, "num_format": form, "line": {"none": True}, "major_tick_mark": "none",
        "major_gridlines": {"visible": True, "line": {"color": theme.hair, "width": 0.75}},
    })  # fmt: skip
    area.set_legend({"position": "bottom", "delete_series": [0, 1, 6, 7], "font": small})
    area.set_plotarea({"layout": {"x": 0.09, "y": 0.04, "width": 0.88, "height": 0.74}})
    alt = text("alt.series")
    options = {"y_offset": 6, "object_position": 1, "description": alt}
    view.ws.insert_chart(row + 1, RIGHT, area, options)


def _unit_word(view: View) -> Live:
    return if_error(index(view.made.unit_words, match(view.now("unit"), view.made.units)), "")


def _chart_data(view: View) -> int:
    """A row per period: label, actual, year before, forecast, interval, plan, last point."""
    made, sheet, series = view.made, view.sheet, view.made.tables.series
    first = made.rows(PAST + view.ahead + 1)
    row_cell = sheet.put(first, 0, view.known("row"))
    done = sheet.put(first, 1, view.known("periods_done"))
    size = sheet.put(first, 2, view.known("block_rows"))
    present = sheet.put(first, 3, made.present)
    percent = and_(view.known("unit").same("percent"), view.chooses)
    times = sheet.put(first, 4, if_(percent, 100, 1) if view.chooses else live(1.0))

    def scaled(number: Live) -> Live:
        """Of any unit on one axis without a sign; a page of one KPI has its unit on the axis."""
        return number * times if view.chooses else number

    start = sheet.put(first, 5, view.known("start"))
    due = sheet.put(first, 6, view.known("due"))
    base = sheet.put(first, 7, if_(is_number(view.known("baseline")), view.known("baseline"), 0))
    target = sheet.put(first, 8, view.known("target"))
    flat = sheet.put(first, 9, if_(
        view.known("cumulative").same(1), view.known("line"),
        if_(or_(view.known("mode").same("stay_above"), view.known("mode").same("stay_below")), target, ""),
    ))  # fmt: skip
    for i in range(PAST + view.ahead):
        row, back = first + 1 + i, PAST - 1 - i
        inside = if_(is_number(row_cell), and_(done - back >= 1, done - back <= size), False)
        place = sheet.put(row, 0, if_(inside, row_cell - back, ""))

        end = sheet.put(row, 1, if_error(index(series.span("end"), place), ""))
        sheet.put(row, 2, _label(view, index(series.span("start"), place), end, i))

        def shown(column: str, place: Live = place) -> Live:
            cell = index(series.span(column), place)
            return if_error(if_(cell.blank, not_available(), scaled(cell)), not_available())

        if back >= 0:
            sheet.put(row, 3, shown("value"))
        sheet.put(row, 4, shown("last_year"))
        lower, upper = (scaled(index(series.span(edge), place)) for edge in ("lower", "upper"))
        # Around the interval its edges meet: before it on the actual values, after it on the last forecast.
        if back > 0:
            sheet.put(row, 6, if_error(sheet.ref(row, 3), 0))
        else:
            before = sheet.ref(row - 1, 5)
            meet = live(0) if back == 0 else if_(is_number(before), before, sheet.ref(row - 1, 6))
            forecast = sheet.put(row, 5, if_(present, shown("forecast"), not_available()))
            low = sheet.put(row, 6, if_error(if_(is_number(forecast), lower, meet), 0))
            sheet.put(row, 7, if_error(if_(is_number(forecast), upper - low, 0), 0))
        share = least(1, most(0, (end - start) / (due - start)))
        way = base + (target - base) * share
        within = and_(end >= start, end <= due + 31)
        plan = if_(within, if_(is_number(flat), flat, way), not_available())
        sheet.put(row, 8, if_error(scaled(plan), not_available()))
        if back == 0:
            sheet.put(row, 9, sheet.ref(row, 3))
    return first + 1


def _label(view: View, start: Live, end: Live, number: int) -> Live:
    """The month, with the year on the first and in January; the day of shorter periods."""
    year = " " & (year_of(start) & "")
    long = index(view.made.months, month_of(start)) & (year if number == 0 else if_(month_of(start).same(1), year, ""))
    if view.monthly:
        return if_error(long, "")
    return if_error(if_(end - start > 25, long, day_told(start, view.book.language)), "")
