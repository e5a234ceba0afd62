"""A KPI by part: its values, and where the change on the period before comes from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from xlkpi.workbook.book import NO_AXIS
from xlkpi.workbook.functions import (
    absolute,
    and_,
    if_,
    if_error,
    index,
    is_number,
    large,
    match,
    not_available,
    sentence,
    shortened,
    total,
)
from xlkpi.workbook.live import Live, Span, live
from xlkpi.workbook.pages.kpi_view import END, KEY, LEFT, RIGHT, VALUE, View
from xlkpi.workbook.units import unit_formats


def parts_section(view: View, row: int) -> int:
    """The same KPI by part: the first input as volume, its share, the value, and the value before."""
    book, text, made, sheet = view.book, view.book.text, view.made, view.sheet
    page = view.page
    page.heights(row, 24, 20)
    dimension = book.text_or(f"dimension.{book.choices.dimension or 'channel'}", "–")
    count = len(book.choices.choices)
    head = book.text("kpi.by", dimension=dimension.lower())
    has = view.known("choices")
    note = if_(has.same(0), text("kpi.no_parts"), "") if view.parts else live(text("kpi.no_parts"))
    page.section(row, LEFT, VALUE, head, note)
    style: dict[str, Any] = {"font_size": 8, "font_color": view.theme.mute, "bold": True, "valign": "bottom"}
    view.put(row + 1, LEFT, dimension, **style)
    names = [shortened(view.table("input"), 16), *(live(text(f"kpi.{k}")) for k in ("share", "before", "value"))]
    for column, name in enumerate(names, start=LEFT + 1):
        view.put(row + 1, column, name, align="right", **style)
    first = made.rows(max(count, 2))
    series = made.tables.series
    for number in range(count):
        at = sheet.put(first + number, 0, if_error(if_(
            has.same(0), "", view.known("first_row") + view.known("block_rows") * (number + 1)
            + view.known("periods_done") - 1), ""))  # fmt: skip

        def read(column: str, place: Live) -> Live:
            cell = index(series.span(column), place)
            return if_error(if_(cell.blank, "", cell), "")

        volume = sheet.put(first + number, 1, read("x1", at))
        sheet.put(first + number, 2, read("value", at))
        sheet.put(first + number, 3, if_error(if_(view.known("periods_done") < 2, "", read("value", at - 1)), ""))
        _effects(view, first + number, at, read)
        order = volume - (number + 1) / 1_000_000_000
        sheet.put(first + number, 4, if_(is_number(volume), if_(volume.same(0), "", order), ""))
    spans = [sheet.span(first, column, first + max(count, 2) - 1) for column in range(5)]
    total_ = sheet.put(made.rows(1), 1, total(spans[1]))
    bottom = _part_rows(view, row + 2, spans, total_, view.parts)
    return max(bottom, _why(view, row, first, count))


def _effects(view: View, row: int, at: Live, read: Callable[[str, Live], Live]) -> None:
    """A part's bases now and before: of a ratio its denominator, of a sum 1."""
    sheet = view.sheet
    sheet.put(row, 5, if_error(if_(is_number(sheet.ref(row, 2)), read("base", at), ""), ""))
    sheet.put(row, 6, if_error(if_(is_number(sheet.ref(row, 3)), read("base", at - 1), ""), ""))


def _why(view: View, row: int, first: int, count: int) -> int:
    """Where the change on the period before comes from: each part's own change at its weight, and the mix."""
    if not view.parts or not any(isinstance(v, float) for v in view.made.tables.series.columns["base"]):
        return row + 2
    page, text, sheet = view.page, view.book.text, view.sheet
    last = first + max(count, 2) - 1
    sums = [view.put_calc(total(sheet.span(first, column, last))) for column in (5, 6)]
    ratio = view.put_calc(and_(sums[0] > 0, sums[1] > 0))
    for number in range(count):
        at = first + number
        now, then = sheet.ref(at, 2), sheet.ref(at, 3)
        weight = if_(ratio, sheet.ref(at, 5) / sums[0], 1)
        before = if_(ratio, sheet.ref(at, 6) / sums[1], 1)
        whole = if_(is_number(now), now, 0) * if_(is_number(now), weight, 0)
        old = if_(is_number(then), then, 0) * if_(is_number(then), before, 0)
        own = if_(and_(is_number(now), is_number(then)), (now - then) * weight, whole - old)
        sheet.put(at, 7, if_error(own, 0))
        sheet.put(at, 8, if_error(whole - old, 0))
        size = if_(sheet.ref(at, 7).same(0), "", absolute(sheet.ref(at, 7)) - (number + 1) / 1_000_000_000_000)
        sheet.put(at, 9, if_error(size, ""))
    changes = [sheet.span(first, column, last) for column in (7, 8, 9)]
    all_ = view.put_calc(total(changes[1]))
    mix = view.put_calc(all_ - total(changes[0]))
    shown = min(view.parts, 6)
    start = view.made.rows(shown + 2)
    times = if_(view.known("unit").same("percent"), 100, 1)
    good = if_(view.known("way").same(-1), -1, 1)
    names = view.made.choices
    for rank in range(1, shown + 1):
        place = sheet.put(start + rank - 1, 0, if_error(match(large(changes[2], rank), changes[2]), ""))
        sheet.put(start + rank - 1, 1, if_error(index(names, place + 1), ""))
        _bar(view, start + rank - 1, if_error(index(changes[0], place) * times, 0), good)
    sheet.put(start + shown, 1, text("kpi.mix"))
    _bar(view, start + shown, if_(ratio, mix * times, 0), good)
    sheet.put(start + shown + 1, 1, text("kpi.all_change"))
    sheet.put(start + shown + 1, 4, all_ * times)
    note = sentence(text("kpi.why_note"), {"unit": if_(view.known("unit").same("percent"), text("points"), "")})
    page.section(row, RIGHT, END, text("kpi.why"), view.put_calc(note))
    chart = view.book.chart("bar", 618, 20 + 20 * max(view.parts, 5))
    label = {"name": view.theme.font, "size": 8, "color": view.theme.ink, "bold": False}
    gap = '+#,##0.##;"−"#,##0.##;0' if view.chooses else view.form(gap=True)
    form = gap.rsplit(";", 1)[0] + ";"  # nothing at zero
    for column, colour in ((2, view.theme.good), (3, view.theme.bad), (4, view.theme.actual)):
        chart.add_series({
            "categories": "=" + sheet.range(start, 1, start + shown + 1, 1),
            "values": "=" + sheet.range(start, column, start + shown + 1, column),
            "fill": {"color": colour}, "border": {"none": True}, "gap": 45, "overlap": 100,
            "data_labels": {"value": True, "position": "outside_end", "num_format": form, "font": label},
        })  # fmt: skip
    chart.set_x_axis(NO_AXIS)
    chart.set_y_axis({
        "reverse": True, "num_font": label, "label_position": "low", "major_tick_mark": "none",
        "line": {"color": view.theme.mute, "width": 0.75}, "major_gridlines": {"visible": False},
    })  # fmt: skip
    chart.set_plotarea({"layout": {"x": 0.34, "y": 0.02, "width": 0.56, "height": 0.96}})
    options = {"y_offset": 4, "object_position": 1, "description": text("alt.why")}
    view.ws.insert_chart(row + 1, RIGHT, chart, options)
    for extra in range(row + 2 + view.parts, row + 7):
        view.ws.set_row_pixels(extra, 20)
    return max(row + 2 + view.parts, row + 7)


def _bar(view: View, row: int, value: Live, good: Live) -> None:
    """A change, as good or as bad."""
    change = view.sheet.put(row, 5, value)
    view.sheet.put(row, 2, if_(change * good > 0, change, not_available()))
    view.sheet.put(row, 3, if_(change * good < 0, change, not_available()))


def _part_rows(view: View, row: int, spans: list[Span], whole: Live, count: int) -> int:
    line = {"bottom": 1, "bottom_color": view.theme.hair}
    right = {"align": "right", **line}
    names = Span(view.made.choices.text, view.made.choices.values)
    for rank in range(1, count + 1):
        view.ws.set_row_pixels(row, 20)
        at = view.put_calc(if_error(match(large(spans[4], rank), spans[4]), ""))
        view.page.sheet.fill(row, LEFT, VALUE, **line)
        view.put(row, LEFT, if_error(index(names, at + 1), ""), **line)
        volume = index(spans[1], at)
        view.put(row, LEFT + 1, if_error(volume, ""), num_format="#,##0", **right)
        percent = {"num_format": view.book.number_format("percent", 0)}
        view.put(row, LEFT + 2, if_error(volume / whole, ""), **percent, **right)
        form = {"num_format": view.form()}
        before = index(spans[3], at)
        view.put(row, LEFT + 3, if_error(before, ""), font_color=view.theme.mute, **form, **right)
        value = index(spans[2], at)
        view.put(row, VALUE, if_error(value, ""), bold=True, **form, **right)
        view.put(row, KEY, view.known("format"))
        unit_formats(view.book, view.ws, (row, LEFT + 3, row, VALUE), KEY)
        row += 1
    return row
