"""A KPI by part: its values, and beside them where the change on the period before comes from."""

from __future__ import annotations

from typing import Any

from xlkpi.scorecard.selections import MOST_CHOICES
from xlkpi.workbook.book import FULL, NO_AXIS
from xlkpi.workbook.formats import settled
from xlkpi.workbook.functions import (
    absolute,
    count_ifs,
    if_,
    if_error,
    index,
    is_number,
    large,
    match,
    not_available,
    or_,
    shortened,
    total,
)
from xlkpi.workbook.live import Live, Span, live
from xlkpi.workbook.pages.kpi_effects import CHANGE, EFFECTS, bases, effects
from xlkpi.workbook.pages.kpi_view import END, KEY, LEFT, PARTS, RIGHT, VALUE, View
from xlkpi.workbook.pages.kpi_view import WIDTHS as WIDE
from xlkpi.workbook.units import unit_formats

ROW, HEADER = 20, 30
AT, SIZE, VALUE_NOW, VALUE_BEFORE, ORDER = range(5)


def parts_section(view: View, row: int) -> int:
    """Write the section, and give the row after it: parts by the size of their first input, then all together."""
    book, text, sheet = view.book, view.book.text, view.sheet
    page, has = view.page, view.known("choices")
    page.heights(row, 24)
    kind, top = f"{view.id}.parts", row + 2
    count = book.lines(kind, view.parts, view.id, top)
    dimension = book.text_or(f"dimension.{book.choices.dimension or 'channel'}", "–")
    note = if_(has.same(0), text("kpi.no_parts"), "") if count else live(text("kpi.no_parts"))
    page.section(row, LEFT, VALUE, text("kpi.by", dimension=dimension.lower()), note)
    if not count:
        return row + 1
    page.heights(row + 1, HEADER)
    first, last = _numbers(view)
    fits, spans = effects(view, first, last)
    why = if_(fits, text("kpi.why_note"), text("kpi.no_effects"))
    page.section(row, RIGHT, END, text("kpi.why"), view.put_calc(why))
    _header(view, row + 1, dimension)
    columns = [sheet.span(first, c, last) for c in (SIZE, VALUE_NOW, VALUE_BEFORE, ORDER)]
    whole = view.put_calc(total(columns[0]))
    spot = view.made.rows(count, PARTS)
    places = [sheet.put(spot + k, 1, if_error(match(large(columns[3], k + 1.0), columns[3]), "")) for k in range(count)]
    for k, at in enumerate(places):
        _part(view, top + k, at, columns, whole)
        _effect_cells(view, top + k, [if_(fits, index(span, at), "") for span in spans[:-1]] + [index(spans[-1], at)])
    end = top + count
    _all(view, end, whole)
    sums = [if_(fits, total(span), "") for span in spans[:-1]]
    aim = if_(is_number(if_error(index(spans[-1], 1.0), "")), total(spans[-1]), "")
    _effect_cells(view, end, [*sums, aim], bold=True)
    unit_formats(book, view.ws, (top, LEFT + 3, end, VALUE), KEY)
    unit_formats(book, view.ws, (top, RIGHT + 1, end, RIGHT + len(EFFECTS)), KEY, gap=True)
    start = _strip(view, top, places, spans[CHANGE - EFFECTS[0]], fits)
    book.stretch(kind, (start, 0, 2), more=1)
    return end + 1


def _numbers(view: View) -> tuple[int, int]:
    """A row per part on the calculation sheet: where it is, its size, its values, and what effects are made of."""
    made, sheet, series = view.made, view.sheet, view.made.tables.series
    count = len(view.book.choices.choices)
    first = made.rows(max(count, 2), MOST_CHOICES)
    id_, begins, done = (view.put_calc(view.known(name)) for name in ("id", "first_row", "periods_done"))
    has_before = view.put_calc(if_error(done >= 2, False))
    blocks = ((series.span("objective"), "=", id_), (series.span("role"), "=", "period"))
    for number in range(count):
        row = first + number
        own = count_ifs(*blocks, (series.span("choice_no"), "=", number + 1.0))
        before = count_ifs(*blocks, (series.span("choice_no"), "<=", float(number)))
        at = sheet.put(row, AT, if_error(if_(or_(own.same(0), done.same(0)), "", begins + before + done - 1), ""))

        def read(column: str, place: Live) -> Live:
            cell = index(series.span(column), place)
            return if_(is_number(cell), cell, "")

        size = sheet.put(row, SIZE, read("x1", at))
        sheet.put(row, VALUE_NOW, read("value", at))
        sheet.put(row, VALUE_BEFORE, if_(has_before, read("value", at - 1), ""))
        bases(view, row, at, has_before)
        order = size - (number + 1) / 1_000_000_000
        sheet.put(row, ORDER, if_(is_number(size), if_(size.same(0), "", order), ""))
    return first, first + max(count, 2) - 1


def _header(view: View, row: int, dimension: str) -> None:
    text = view.book.text
    style: dict[str, Any] = {
        "font_size": 8, "font_color": view.theme.mute, "bold": True, "valign": "bottom", "text_wrap": True,
    }  # fmt: skip
    view.put(row, LEFT, dimension, **style)
    names = [shortened(view.table("input"), 30), *(live(text(f"kpi.{k}")) for k in ("share", "before", "value"))]
    for column, name in enumerate(names, start=LEFT + 1):
        view.put(row, column, name, align="right", **style)
    for column, key in enumerate(("volume", "mix", "rate", "change_by", "to_target"), start=RIGHT + 1):
        view.put(row, column, text(f"kpi.{key}"), align="right", **style)


def _part(view: View, row: int, at: Live, columns: list[Span], whole: Live) -> None:
    line = {"bottom": 1, "bottom_color": view.theme.hair}
    right = {"align": "right", **line}
    view.ws.set_row_pixels(row, ROW)
    view.page.sheet.fill(row, LEFT, VALUE, **line)
    view.page.sheet.fill(row, RIGHT, END, **line)
    view.put(row, LEFT, shortened(if_error(index(view.made.choices, at + 1), ""), 26), **line)
    size = index(columns[0], at)
    view.put(row, LEFT + 1, if_error(size, ""), num_format="#,##0", **right)
    percent = {"num_format": view.book.number_format("percent", 0)}
    view.put(row, LEFT + 2, if_error(size / whole, ""), **percent, **right)
    form = {"num_format": view.form()}
    view.put(row, LEFT + 3, if_error(index(columns[2], at), ""), font_color=view.theme.mute, **form, **right)
    view.put(row, VALUE, if_error(index(columns[1], at), ""), bold=True, **form, **right)
    view.put(row, KEY, view.known("format"))


def _all(view: View, row: int, whole: Live) -> None:
    """The objective's own values, of the last period and of the one before."""
    line = {"top": 1, "top_color": view.theme.mute, "bold": True}
    right = {"align": "right", **line}
    view.ws.set_row_pixels(row, ROW + 2)
    view.page.sheet.fill(row, LEFT, VALUE, **line)
    view.page.sheet.fill(row, RIGHT, END, **line)
    view.put(row, LEFT, view.book.text("kpi.all"), **line)
    view.put(row, LEFT + 1, if_(whole > 0, whole, ""), num_format="#,##0", **right)
    form = {"num_format": view.form()}
    view.put(row, LEFT + 3, view.known("previous"), **form, **{**right, "font_color": view.theme.mute})
    view.put(row, VALUE, view.known("latest"), **form, **right)
    view.put(row, KEY, view.known("format"))


def _effect_cells(view: View, row: int, values: list[Live], *, bold: bool = False) -> None:
    """The effects of a row; between percentages in points, nothing where there is none."""
    edge = {"top": 1, "top_color": view.theme.mute} if bold else {"bottom": 1, "bottom_color": view.theme.hair}
    for column, value in enumerate(values, start=RIGHT + 1):
        none = absolute(value) < view.known("half")
        number = if_error(if_(is_number(value), if_(none, "–", value * view.points), ""), "")
        strong = bold or column == RIGHT + 4
        view.put(row, column, number, num_format=view.form(gap=True), align="right", bold=strong, **edge)


def _strip(view: View, top: int, places: list[Live], changes: Span, fits: Live) -> int:
    """A bar for each part's change and for all of it, on the rows of the table: good, bad, and the whole.

    Gives the first of the chart's rows on the calculation sheet.
    """
    sheet, theme = view.sheet, view.theme
    count = len(places) + 1
    start = view.made.rows(count)
    good = view.put_calc(if_(view.known("way").same(-1), -1, 1))
    half = view.put_calc(view.known("half"))
    for k, at in enumerate(places):
        change = sheet.put(start + k, 3, if_(fits, if_error(settled(index(changes, at), half), 0), 0))
        sheet.put(start + k, 0, if_(change * good > 0, change, not_available()))
        sheet.put(start + k, 1, if_(change * good < 0, change, not_available()))
    sheet.put(start + count - 1, 2, if_(fits, settled(total(changes), half), not_available()))
    chart = view.book.chart("bar", WIDE[RIGHT] - 8, ROW * count + 2)
    for column, colour in ((0, theme.good), (1, theme.bad), (2, theme.actual)):
        chart.add_series({
            "values": "=" + sheet.range(start, column, start + count - 1, column), "fill": {"color": colour},
            "border": {"none": True}, "gap": 70, "overlap": 100,
        })  # fmt: skip
    chart.set_x_axis(NO_AXIS)
    chart.set_y_axis({
        **NO_AXIS, "reverse": True, "visible": True, "label_position": "none", "major_tick_mark": "none",
        "line": {"color": theme.mute, "width": 0.75},
    })  # fmt: skip
    chart.set_plotarea(FULL)
    options = {"x_offset": 2, "object_position": 1, "description": view.book.text("alt.why")}
    view.ws.insert_chart(top, RIGHT, chart, options)
    return start
