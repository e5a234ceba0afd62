"""Channels: what each part takes and what it brings; which amounts, the layout says."""

from __future__ import annotations

from typing import Any

from xlkpi.scorecard.selections import MOST_CHOICES
from xlkpi.workbook.book import FULL, NO_AXIS, Book
from xlkpi.workbook.calculation import Calculation
from xlkpi.workbook.formats import date_told, decimals_for, told
from xlkpi.workbook.functions import if_, if_error, index, least, match, most, sentence
from xlkpi.workbook.layout import MOST_COLUMNS
from xlkpi.workbook.live import Given, Live
from xlkpi.workbook.page import HEAD, Page, lines_of
from xlkpi.workbook.pages.channels_lines import height_for, lines
from xlkpi.workbook.pages.channels_numbers import TOP, Found, Numbers

WIDTHS = (14, 190, 100, 62, 130, 130, 62, 90, 116, 116, 116, 116, 14)
PART, LEFT, LEFT_SHARE, BARS, BARS_END, SHARE, GAP, FIRST = range(1, 9)
LAST = FIRST + MOST_COLUMNS - 1
ROW_HEIGHT = 34
#: Rows above the table, and how many pixels of so wide a page fit on a sheet of paper.
HEIGHTS, PAGE_HEIGHT = (10, 18, 26, 19, 10, 20, 22), 836


def channels(book: Book, made: Calculation) -> None:
    """Write the page; it says what is lacking where no amount is known by part."""
    _Channels(book, made).write()


class _Channels:
    def __init__(self, book: Book, made: Calculation) -> None:
        self.book, self.made = book, made
        period = sentence(book.text("channels.period"), {"day": date_told(made.period_end, book.language)})
        name = book.say(book.card.project.name)
        layout = book.layout.channels
        second = book.text("channels.second" if layout and layout.money else "channels.second_other")
        self.page = Page(book, "channels", WIDTHS, book.sheets["channels"].name, second, period, name)
        self.put, self.theme, self.text = self.page.put, book.theme, book.text
        self.line = {"bottom": 1, "bottom_color": self.theme.hair}

    def write(self) -> None:
        page = self.page
        page.heights(5, *HEIGHTS)
        page.back(6)
        numbers = Numbers(self.book, self.made, self.book.data) if self.book.data is not None else None
        if numbers is None or not self.book.places("channels", int(numbers.some)):
            self._lacking()
            return
        self.numbers = numbers
        self._headline()
        self._header()
        row = TOP
        for rank in range(1, numbers.shown + 1):
            self._row(row, rank)
            row += 1
        self._total(row)
        self._bars(TOP)
        layout = self.book.layout.channels
        if layout is not None and layout.note:
            self.put(row + 1, PART, self.book.say(layout.note), font_size=8, font_color=self.theme.mute)
        row += 2
        drawn = [what for what in (numbers.line, numbers.right) if what]
        above = sum(HEAD) + sum(HEIGHTS) + ROW_HEIGHT * (numbers.shown + 1) + 20
        high = height_for((PAGE_HEIGHT - above) / max(1, len(drawn)) - 14)
        for what in drawn:
            row = lines(page, numbers, what, page.heights(row, 14), LAST, high)
        page.finish(row)

    def _lacking(self) -> None:
        """Which amounts by part the page would need."""
        layout = self.book.layout.channels
        sides = (layout.left, layout.right) if layout else ()
        names = ", ".join(self.book.say(side.name).lower() for side in sides)
        self.put(7, PART, self.text("channels.lacking", names=names), font_size=12)
        self.page.finish(9)

    def _headline(self) -> None:
        """The part that takes most beyond what it brings, and the one that brings most beyond what it takes."""
        numbers, sheet = self.numbers, self.made.sheet
        first, last = numbers.shares, numbers.shares + MOST_CHOICES - 1
        left, right = numbers.left, numbers.right
        if not (left and right):
            side = left or right
            assert side, "the page was refused otherwise"
            place = 1 if left else 2
            parts: dict[str, Given] = {
                "part": if_error(numbers.name(numbers.places[0]), "–"), "of": side.of,
                "share": self._percent(sheet.ref(first, place)),
            }  # fmt: skip
            self.put(7, PART, sentence(self.text("channels.first"), parts), font_size=14, bold=True)
            return
        gaps = sheet.span(first, 4, last)
        said = []
        for key, extreme in (("over", least(gaps)), ("under", most(gaps))):
            at = sheet.put(self.made.rows(1), 1, if_error(match(extreme, gaps), ""))
            parts = {
                "part": numbers.name(index(sheet.span(first, 0, last), at)), "of_left": left.of, "of_right": right.of,
                "left": self._percent(index(sheet.span(first, 1, last), at)),
                "right": self._percent(index(sheet.span(first, 2, last), at)),
            }  # fmt: skip
            known = numbers.totals[left.measure] > 0
            said.append(if_error(if_(known, sentence(self.text(f"channels.{key}"), parts), ""), ""))
        self.put(7, PART, if_(said[0].blank, self.text("channels.nothing"), said[0]), font_size=14, bold=True)
        self.put(8, PART, said[1], font_size=10, font_color=self.theme.mute)

    def _percent(self, share: Live) -> Live:
        return told(share, "percent", 0, self.book.language, self.book.currency)

    # --- the table -----------------------------------------------------------------------------------------------

    def _header(self) -> None:
        page, header, numbers = self.page, self.page.header, self.numbers
        page.sheet.fill(11, PART, LAST, **header)
        dimension = self.book.choices.dimension or "channel"
        names = {PART: self.book.text_or(f"dimension.{dimension}", dimension)}
        if numbers.left:
            names |= {LEFT: numbers.left.name, LEFT_SHARE: self.text("channels.share")}
        if numbers.right:
            names |= {SHARE: self.text("channels.share")}
        if numbers.left and numbers.right:
            group = {"font_size": 8, "font_color": self.theme.accent, "bold": True, "align": "center"}
            sides = self.text("channels.shares", left=numbers.left.name, right=numbers.right.name)
            style = self.book.format(**group)
            page.ws.merge_range(10, BARS, 10, BARS_END, "", style)
            page.sheet.write(10, BARS, sides, style)
            names |= {GAP: self.text("channels.gap")}
        names |= {FIRST + i: column.name for i, column in enumerate(numbers.columns)}
        for column, name in names.items():
            align = "left" if column in (PART, SHARE) else "right"
            self.put(11, column, name, align=align, text_wrap=True, **header)
        if any(lines_of(name, WIDTHS[column] - 8) > 1 for column, name in names.items()):
            page.ws.set_row_pixels(11, 34)

    def _amount(self, row: int, column: int, what: Found, value: Live, style: dict[str, Any]) -> None:
        decimals = decimals_for(what.unit, [1.0 if what.per else 100_000.0]) if what.unit != "count" else 0
        decimals = 1 if what.unit == "percent" else decimals
        form = self.book.number_format(what.unit, decimals)
        self.put(row, column, value, num_format=form, align="right", **{"bold": bool(what.per), **style})

    def _row(self, row: int, rank: int) -> None:
        numbers, sheet = self.numbers, self.made.sheet
        at = numbers.places[rank - 1]
        self.page.ws.set_row_pixels(row, ROW_HEIGHT)
        self.page.sheet.fill(row, PART, LAST, **self.line)
        self.put(row, PART, if_error(numbers.name(at), ""), bold=True, font_size=11, **self.line)

        def shown(cell: Live) -> Live:
            return if_(at.blank, "", if_error(if_(cell.same(0), "–", cell), "–"))

        percent = {"num_format": self.book.number_format("percent", 0), **self.line}
        share = numbers.shares + rank - 1
        if numbers.left:
            self._amount(row, LEFT, numbers.left, shown(numbers.of(numbers.left, at)), self.line)
            self.put(row, LEFT_SHARE, shown(sheet.ref(share, 1)), align="right", **percent)
        if numbers.right:
            self.put(row, SHARE, shown(sheet.ref(share, 2)), align="left", **percent)
        if numbers.left and numbers.right:
            gap = {"num_format": self.book.number_format("percent", 0, gap=True), **self.line}
            self.put(row, GAP, if_(at.blank, "", if_error(sheet.ref(share, 4) * 100, "–")), align="right", **gap)
            self._judge(row)
        for i, column in enumerate(numbers.columns):
            self._amount(row, FIRST + i, column, shown(numbers.of(column, at)), self.line)

    def _judge(self, row: int) -> None:
        """Less than its share of what is put in is bad, more is good."""
        for test, colour, bold in (("<0", self.theme.bad, True), (">0", self.theme.good, False)):
            cell = "{column}{row}"
            rule = f"AND(ISNUMBER({cell}),{cell}{test})"
            self.page.sheet.when((row, GAP, row, GAP), rule, font_color=colour, bold=bold)

    def _total(self, row: int) -> None:
        numbers = self.numbers
        line = {"top": 1, "top_color": self.theme.ink, "bold": True}
        self.page.ws.set_row_pixels(row, ROW_HEIGHT)
        self.page.sheet.fill(row, PART, LAST, **line)
        self.put(row, PART, self.text("channels.total"), font_size=11, **line)
        if numbers.left:
            self._amount(row, LEFT, numbers.left, numbers.whole(numbers.left), line)
        for i, column in enumerate(numbers.columns):
            self._amount(row, FIRST + i, column, if_error(numbers.whole(column), "–"), line)

    def _bars(self, top: int) -> None:
        """The left share to the left, the right one to the right."""
        numbers = self.numbers
        sheet, last = self.made.sheet, numbers.shares + numbers.shown - 1
        chart = self.book.chart("bar", WIDTHS[BARS] + WIDTHS[BARS_END] - 16, ROW_HEIGHT * numbers.shown)
        sides = [(3, self.theme.previous)] if numbers.left else []
        sides += [(2, self.theme.actual)] if numbers.right else []
        for column, colour in sides:
            chart.add_series({
                "values": "=" + sheet.range(numbers.shares, column, last, column), "fill": {"color": colour},
                "border": {"none": True}, "gap": 90, "overlap": 100,
            })  # fmt: skip
        chart.set_x_axis({**NO_AXIS, "min": -1 if numbers.left else 0, "max": 1 if numbers.right else 0})
        line = {"color": self.theme.ink, "width": 0.75}
        chart.set_y_axis({
            **NO_AXIS, "reverse": True, "visible": True, "label_position": "none", "line": line,
            "major_tick_mark": "none",
        })  # fmt: skip
        chart.set_plotarea(FULL)
        options = {"x_offset": 8, "object_position": 1, "description": self.text("alt.shares")}
        self.page.ws.insert_chart(top, BARS, chart, options)
