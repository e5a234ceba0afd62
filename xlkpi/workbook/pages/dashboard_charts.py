"""The strips of charts on the first page: for all objectives of a group a chart of lines, and one of bullets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from xlkpi.workbook.book import FULL, NO_AXIS
from xlkpi.workbook.calculation import Calculation
from xlkpi.workbook.calculation_rows import POINTS
from xlkpi.workbook.functions import (
    and_,
    if_,
    if_error,
    not_available,
)
from xlkpi.workbook.live import Given, Live, live
from xlkpi.workbook.page import Page


@dataclass(frozen=True)
class Spot:
    """Where a chart lies, and its size in pixels."""

    row: int
    column: int
    width: int
    height: int


def line_strip(page: Page, made: Calculation, slots: Mapping[str, Live], spot: Spot, group: str) -> None:
    """One chart with a line per objective, each scaled into its own band."""
    sheet, theme, book = made.sheet, page.theme, page.book
    first = made.rows(3 * len(slots))
    chart = book.chart("line", spot.width, spot.height)
    for number, slot in enumerate(slots):
        at, base = slots[slot], float(len(slots) - 1 - number)
        row = first + 3 * number
        low = sheet.put(row, 1, if_error(made.now.at("low_point", at), ""))
        high = sheet.put(row, 2, if_error(made.now.at("high_point", at), ""))
        plan = sheet.put(row, 3, if_error(made.now.at("line", at), ""))
        varies = if_error(high > low, False)
        scale = sheet.put(row + 1, 1, if_(varies, live(0.56) / (high - low), 0))
        middle = sheet.put(row + 1, 2, if_(varies, base + 0.22, base + 0.5))

        def scaled(value: Live, low: Live = low, scale: Live = scale, middle: Live = middle) -> Live:
            return if_error((value - low) * scale + middle, not_available())

        level = scaled(plan)
        for point in range(POINTS):
            column = 5 + point
            level = sheet.put(row, column, level)
            sheet.put(row + 1, column, scaled(made.now.at(f"p{point}", at)))
        sheet.put(row + 2, 4 + POINTS, sheet.ref(row + 1, 4 + POINTS))
        looks: tuple[dict[str, Any], ...] = (
            {"line": {"color": theme.previous, "width": 0.75, "dash_type": "dash"}},
            {"line": {"color": theme.actual, "width": 1.5}},
            {"line": {"none": True}, "marker": {"type": "circle", "size": 5, "fill": {"color": theme.actual},
                                                "border": {"color": "#FFFFFF", "width": 0.75}}},
        )  # fmt: skip
        for offset, look in enumerate(looks):
            chart.add_series({"values": "=" + sheet.range(row + offset, 5, row + offset, 4 + POINTS), **look})
    chart.set_x_axis(NO_AXIS)
    chart.set_y_axis({**NO_AXIS, "min": 0, "max": len(slots)})
    chart.set_plotarea(FULL)
    alt = book.text("alt.lines", group=group)
    page.ws.insert_chart(spot.row, spot.column, chart, {"object_position": 1, "description": alt})


def bullet_strip(page: Page, made: Calculation, slots: Mapping[str, Live], spot: Spot, group: str) -> None:
    """One bar chart of five sub-rows per objective, the outer ones blank; bars are painted over each other from 0."""
    sheet, theme, book = made.sheet, page.theme, page.book
    first = made.rows(5 * len(slots))
    half = 0.006
    for number, slot in enumerate(slots):
        at = slots[slot]
        row = first + 5 * number
        cells = {n: sheet.put(row, 1 + i, if_error(made.now.at(n, at), 0))
                 for i, n in enumerate(("bar", "bench", "cut1", "cut2"))}  # fmt: skip
        old = sheet.put(row + 1, 1, if_error(made.now.at("bench_old", at), False))
        low = cells["bench"] - half
        bench, cut1, cut2 = cells["bench"], cells["cut1"], cells["cut2"]

        def tick(test: Live, bench: Live = bench, old: Live = old) -> list[Live]:
            """The benchmark in its colour or, once it is too old, in grey; then the band again up to its other edge."""
            inside = and_(bench > 0, test)
            end = if_(inside, bench + half, 0)
            return [if_(old, 0, end), if_(old, end, 0), if_(inside, bench - half, 0)]

        widths: Sequence[Given] = [
            1.2, *tick(low >= 1), 1 + half, 1 - half, *tick(and_(low >= cut2, low < 1)), cut2,
            *tick(and_(low >= cut1, low < cut2)), cut1, *tick(low < cut1), cells["bar"],
        ]  # fmt: skip
        for column, width in enumerate(widths, start=6):
            is_bar = column == 5 + len(widths)
            middle = sheet.put(row + 2, column, width if isinstance(width, Live) else live(width).value)  # type: ignore[arg-type]  # a number
            for offset in () if is_bar else (1, 3):
                sheet.put(row + offset, column, middle)
    chart = book.chart("bar", spot.width, spot.height)
    bench_, bands = theme.benchmark, (theme.band1, theme.band2, theme.band3)
    ticks = [[bench_, theme.previous, band] for band in (bands[2], bands[2], bands[1], bands[0])]
    colours = [bands[2], *ticks[0], theme.target, bands[2], *ticks[1], bands[1], *ticks[2], bands[0], *ticks[3],
               theme.actual]  # fmt: skip
    for column, colour in enumerate(colours, start=6):
        chart.add_series({
            "values": "=" + sheet.range(first, column, first + 5 * len(slots) - 1, column),
            "fill": {"color": colour}, "border": {"none": True}, "gap": 0, "overlap": 100,
        })  # fmt: skip
    chart.set_x_axis({**NO_AXIS, "min": 0, "max": 1.2})
    chart.set_y_axis({**NO_AXIS, "reverse": True})
    chart.set_plotarea(FULL)
    alt = book.text("alt.bullets", group=group)
    page.ws.insert_chart(spot.row, spot.column, chart, {"object_position": 1, "description": alt})
