"""Channels: where the money goes, and what it brings."""

from __future__ import annotations

from typing import Any

from xlkpi.workbook.book import FULL, NO_AXIS, Book
from xlkpi.workbook.calculation import Calculation
from xlkpi.workbook.formats import day_told, decimals_for, told
from xlkpi.workbook.functions import (
    and_,
    if_,
    if_error,
    index,
    is_number,
    large,
    least,
    match,
    month_end,
    most,
    not_available,
    sentence,
    sum_ifs,
    total,
    year_of,
)
from xlkpi.workbook.live import Given, Live, Span, live
from xlkpi.workbook.page import Page
from xlkpi.workbook.sheets import CHANNEL_MEASURES
from xlkpi.workbook.tables import DataTable

WIDTHS = (14, 190, 100, 62, 130, 130, 62, 80, 90, 100, 96, 96, 110, 14)
PART, SPEND, SPEND_SHARE, BARS, BARS_END, SHARE, GAP, RESULTS, REVENUE, COST, RETURN, LINE = range(1, 13)
MONTHS = 13
ROW_HEIGHT = 34


def channels(book: Book, made: Calculation) -> None:
    """Write the page; it says what is lacking where no spend is known by channel."""
    data = book.data
    measures = [next((m for m in group if data and m in data.kinds), None) for group in CHANNEL_MEASURES]
    _Channels(book, made, data, measures).write()


class _Channels:
    def __init__(self, book: Book, made: Calculation, data: DataTable | None, measures: list[str | None]) -> None:
        self.book, self.made, self.data = book, made, data
        self.spend, self.results, self.revenue = measures
        end = day_told(made.period_end, book.language) & " " & (year_of(made.period_end) & "")
        period = sentence(book.text("channels.period"), {"day": end})
        name = book.say(book.card.project.name)
        self.page = Page(
            book, "channels", WIDTHS, book.text("page.channels"), book.text("channels.second"), period, name
        )
        self.put, self.theme, self.text = self.page.put, book.theme, book.text
        self.count = len(book.choices.choices)

    def write(self) -> None:
        page = self.page
        page.heights(5, 10, 18, 26, 19, 10, 20, 22)
        page.back(6)
        if not self.count or self.data is None or not (self.spend and self.revenue and self.results):
            self.put(7, 1, self.text("channels.lacking"), font_size=12)
            page.finish(9)
            return
        self._numbers(self.data)
        self._headline()
        self._header()
        row = 12
        for rank in range(1, self.shown + 1):
            self._row(row, rank)
            row += 1
        self._total(row)
        self._bars(12)
        self._lines(12, self.data)
        self.put(row + 1, 1, self.text("channels.note"), font_size=8, font_color=self.theme.mute)
        page.finish(row + 2)

    # --- the calculation -----------------------------------------------------------------------------------------

    def _numbers(self, data: DataTable) -> None:
        """Spend, results and revenue of each part over twelve months; then the order by spend."""
        made, sheet = self.made, self.made.sheet
        assert self.spend and self.results and self.revenue  # noqa: PT018  # the page was refused otherwise
        first = made.rows(self.count)
        since = sheet.put(made.rows(1), 1, month_end(made.period_end, -12) + 1)
        for number in range(self.count):
            row = first + number
            name = sheet.put(row, 0, index(made.choices, float(number + 2)))
            where = ((data.span("part"), "=", name), (data.span("start"), ">=", since),
                     (data.span("end"), "<=", made.period_end))  # fmt: skip
            for column, measure in enumerate((self.spend, self.results, self.revenue), start=1):
                sheet.put(row, column, sum_ifs(data.span(measure), *where))
            order = sheet.ref(row, 1) + sheet.ref(row, 3) / 1_000_000_000 + (self.count - number) / 1_000_000_000
            some = sheet.ref(row, 1) + sheet.ref(row, 2) + sheet.ref(row, 3)
            sheet.put(row, 4, if_(some > 0, order, ""))
        last = first + self.count - 1
        self.columns = [sheet.span(first, column, last) for column in range(5)]
        self.sums = [sheet.put(made.rows(1), 1, total(self.columns[c])) for c in (1, 2, 3)]
        self.shown = sum(isinstance(v, float) for v in self.columns[4].values)  # parts with any money or result
        self.place: list[Live] = []
        start = made.rows(self.count)
        for rank in range(self.count):
            row = start + rank
            at = sheet.put(row, 0, if_error(match(large(self.columns[4], float(rank + 1)), self.columns[4]), ""))
            self.place.append(at)
            for column, span, whole in ((1, self.columns[1], self.sums[0]), (2, self.columns[3], self.sums[2])):
                sheet.put(row, column, if_error(index(span, at) / whole, 0))
            sheet.put(row, 3, 0 - sheet.ref(row, 1))
            sheet.put(row, 4, sheet.ref(row, 2) - sheet.ref(row, 1))
        self.shares = start

    def _headline(self) -> None:
        """The part that takes most beyond what it brings, and the one that brings most beyond what it takes."""
        sheet, last = self.made.sheet, self.shares + self.count - 1
        gaps = sheet.span(self.shares, 4, last)
        said = []
        for key, extreme in (("over", least(gaps)), ("under", most(gaps))):
            at = sheet.put(self.made.rows(1), 1, if_error(match(extreme, gaps), ""))
            place = index(sheet.span(self.shares, 0, last), at)
            parts: dict[str, Given] = {
                "part": index(self.columns[0], place),
                "spend": self._percent(index(sheet.span(self.shares, 1, last), at)),
                "revenue": self._percent(index(sheet.span(self.shares, 2, last), at)),
            }  # fmt: skip
            said.append(if_error(if_(self.sums[0] > 0, sentence(self.text(f"channels.{key}"), parts), ""), ""))
        empty = self.text("channels.no_spend")
        self.put(7, 1, if_(live(said[0]).blank, empty, said[0]), font_size=14, bold=True)
        self.put(8, 1, said[1], font_size=10, font_color=self.theme.mute)

    def _percent(self, share: Live) -> Live:
        return told(share, "percent", 0, self.book.language, self.book.currency)

    # --- the table -----------------------------------------------------------------------------------------------

    def _header(self) -> None:
        page, header = self.page, self.page.header
        group = {"font_size": 8, "font_color": self.theme.accent, "bold": True, "align": "center"}
        page.ws.merge_range(10, BARS, 10, BARS_END, self.text("channels.shares"), self.book.format(**group))
        page.sheet.fill(11, PART, LINE, **header)
        dimension = self.book.choices.dimension or "channel"
        names = {PART: self.book.text_or(f"dimension.{dimension}", dimension)}
        names |= {c: self.text(f"channels.{k}") for c, k in (
            (SPEND, "spend"), (SPEND_SHARE, "share"), (SHARE, "share"), (GAP, "gap"), (RESULTS, "results"),
            (REVENUE, "revenue"), (COST, "cost"), (RETURN, "return"), (LINE, "line"),
        )}  # fmt: skip
        for column, name in names.items():
            self.put(11, column, name, align="left" if column in (PART, SHARE) else "right", **header)

    def _cells(self, row: int, numbers: dict[int, Live], style: dict[str, Any]) -> None:
        book = self.book
        each = decimals_for("currency", [1.0])
        forms = {
            SPEND: book.number_format("currency", 0), SPEND_SHARE: book.number_format("percent", 0),
            SHARE: book.number_format("percent", 0), GAP: book.number_format("percent", 0, gap=True),
            RESULTS: "#,##0", REVENUE: book.number_format("currency", 0), COST: book.number_format("currency", each),
            RETURN: book.number_format("currency", each),
        }  # fmt: skip
        for column, number in numbers.items():
            align = "left" if column == SHARE else "right"
            bold = column in (COST, RETURN)
            self.put(row, column, number, num_format=forms[column], align=align, **{"bold": bold, **style})

    def _row(self, row: int, rank: int) -> None:
        at, sheet = self.place[rank - 1], self.made.sheet
        self.page.ws.set_row_pixels(row, ROW_HEIGHT)
        line = {"bottom": 1, "bottom_color": self.theme.hair}
        self.page.sheet.fill(row, PART, LINE, **line)
        self.put(row, PART, if_error(index(self.columns[0], at), ""), bold=True, font_size=11, **line)
        spend, results, revenue = (index(self.columns[c], at) for c in (1, 2, 3))

        def shown(cell: Live) -> Live:
            return if_(at.blank, "", if_error(cell, "–"))

        share = self.shares + rank - 1
        numbers = {
            SPEND: shown(if_(spend > 0, spend, "–")), SPEND_SHARE: shown(sheet.ref(share, 1)),
            SHARE: shown(sheet.ref(share, 2)), GAP: shown(sheet.ref(share, 4) * 100),
            RESULTS: shown(if_(results > 0, results, "–")), REVENUE: shown(if_(revenue > 0, revenue, "–")),
            COST: shown(if_(spend > 0, spend / results, "–")), RETURN: shown(if_(spend > 0, revenue / spend, "–")),
        }  # fmt: skip
        self._cells(row, numbers, line)
        cell = self.page.sheet.address(row, GAP).split("!")[1]
        for test, colour, bold in (("<0", self.theme.bad, True), (">0", self.theme.good, False)):
            style = self.book.format.plain(font_color=colour, bold=bold)
            rule = {"type": "formula", "criteria": f"=AND(ISNUMBER({cell}),{cell}{test})", "format": style}
            self.page.ws.conditional_format(row, GAP, row, GAP, rule)

    def _total(self, row: int) -> None:
        line = {"top": 1, "top_color": self.theme.ink, "bold": True}
        self.page.ws.set_row_pixels(row, ROW_HEIGHT)
        self.page.sheet.fill(row, PART, LINE, **line)
        self.put(row, PART, self.text("channels.total"), font_size=11, **line)
        spend, results, revenue = self.sums
        numbers = {
            SPEND: spend, RESULTS: results, REVENUE: revenue, COST: if_error(spend / results, "–"),
            RETURN: if_error(revenue / spend, "–"),
        }  # fmt: skip
        self._cells(row, numbers, line)

    def _bars(self, top: int) -> None:
        """Share of spend to the left, share of revenue to the right."""
        sheet, last = self.made.sheet, self.shares + max(1, self.shown) - 1
        chart = self.book.chart("bar", WIDTHS[BARS] + WIDTHS[BARS_END] - 16, ROW_HEIGHT * max(1, self.shown))
        for column, colour in ((3, self.theme.previous), (2, self.theme.actual)):
            chart.add_series({
                "values": "=" + sheet.range(self.shares, column, last, column), "fill": {"color": colour},
                "border": {"none": True}, "gap": 90, "overlap": 100,
            })  # fmt: skip
        chart.set_x_axis({**NO_AXIS, "min": -1, "max": 1})
        line = {"color": self.theme.ink, "width": 0.75}
        chart.set_y_axis({
            **NO_AXIS, "reverse": True, "visible": True, "label_position": "none", "line": line,
            "major_tick_mark": "none",
        })  # fmt: skip
        chart.set_plotarea(FULL)
        options = {"x_offset": 8, "object_position": 1, "description": self.text("alt.shares")}
        self.page.ws.insert_chart(top, BARS, chart, options)

    def _lines(self, top: int, data: DataTable) -> None:
        """Cost per result by month, a line per part, each scaled into its own band."""
        made, sheet, count = self.made, self.made.sheet, max(1, self.shown)
        assert self.spend and self.results  # noqa: PT018  # the page was refused otherwise
        first = made.rows(3 * count)
        chart = self.book.chart("line", WIDTHS[LINE] - 14, ROW_HEIGHT * count)
        for rank, at in enumerate(self.place[:count]):
            row, base = first + 3 * rank, float(count - 1 - rank)
            name = sheet.put(row, 0, if_error(index(self.columns[0], at), "–"))
            for month in range(MONTHS):
                end = month_end(made.period_end, month + 1 - MONTHS)
                where = ((data.span("part"), "=", name), (data.span("end"), "=", end))
                spent = sum_ifs(data.span(self.spend), *where)
                value = spent / sum_ifs(data.span(self.results), *where)
                sheet.put(row, 3 + month, if_error(if_(value > 0, value, ""), ""))
            values: Span = sheet.span(row, 3, row, 2 + MONTHS)
            low, high = sheet.put(row + 1, 1, least(values)), sheet.put(row + 1, 2, most(values))
            for month in range(MONTHS):
                cell = sheet.ref(row, 3 + month)
                share = if_(high > low, (cell - low) / (high - low), 0.5)
                scaled = if_(and_(is_number(cell), high > 0), share * 0.56 + (base + 0.22), not_available())
                sheet.put(row + 1, 3 + month, if_error(scaled, not_available()))
            sheet.put(row + 2, 2 + MONTHS, sheet.ref(row + 1, 2 + MONTHS))
            dot = {"type": "circle", "size": 5, "fill": {"color": self.theme.actual}, "border": {"color": "#FFFFFF"}}
            looks: tuple[dict[str, Any], ...] = (
                {"line": {"color": self.theme.actual, "width": 1.5}}, {"line": {"none": True}, "marker": dot},
            )  # fmt: skip
            for offset, look in enumerate(looks, start=1):
                chart.add_series({"values": "=" + sheet.range(row + offset, 3, row + offset, 2 + MONTHS), **look})
        chart.set_x_axis(NO_AXIS)
        chart.set_y_axis({**NO_AXIS, "min": 0, "max": count})
        chart.set_plotarea(FULL)
        options = {"x_offset": 14, "object_position": 1, "description": self.text("alt.costs")}
        self.page.ws.insert_chart(top, LINE, chart, options)
