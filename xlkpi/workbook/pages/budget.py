"""Budget: what each channel's spend brings, and a proposed division of it, step by step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from xlkpi.language.dates import day
from xlkpi.scorecard.budget import MONTHS, MOST_CHANNELS, BudgetPlan, ChannelBudget
from xlkpi.workbook.book import Book
from xlkpi.workbook.calculation import Calculation
from xlkpi.workbook.formats import told
from xlkpi.workbook.functions import (
    absolute,
    and_,
    count,
    if_,
    if_error,
    is_number,
    least,
    month_of,
    most,
    not_available,
    or_,
    root,
    sentence,
    total,
    year_of,
)
from xlkpi.workbook.live import Given, Live, live
from xlkpi.workbook.page import Page
from xlkpi.workbook.pages.budget_table import BUDGET, WIDTHS, plan_of, shape
from xlkpi.workbook.people import PeopleTable, Row, Written, write_people

HEADER = 11
#: Points of a curve, the chart's height in pixels, and the curves that it holds at most.
POINTS, HEIGHT, MOST_CURVES = 21, 300, 7
#: Points between the places of two curves' names.
STAGGER = 3
#: A gain under this share of what the budget brings is told as small.
SMALL = 0.01


def budget(book: Book, made: Calculation) -> None:
    """Write the page."""
    _Budget(book, made, plan_of(book)).write()


class _Budget:
    def __init__(self, book: Book, made: Calculation, plan: BudgetPlan) -> None:
        self.book, self.made, self.plan, self.text = book, made, plan, book.text
        widths = (14, *WIDTHS.values(), 14)
        name = book.say(book.card.project.name)
        self.page = Page(
            book, "budget", widths, book.text("page.budget"), book.text("budget.second"), self.text("budget.proposal"),
            name,
        )  # fmt: skip
        self.put, self.theme, self.forms = self.page.put, book.theme, shape(book, plan)
        self._months()
        self.unit = book.card.data.catalogue.shown_unit(plan.outcome)

    def _months(self) -> None:
        """How many of the last months are known whole: today's spend is their mean."""
        sheet, end = self.made.sheet, self.made.period_end
        top = self.made.rows(2)
        since = sheet.put(top, 0, self.plan.since, num_format="yyyy-mm-dd")
        whole = (year_of(end) - year_of(since)) * 12 + month_of(end) - month_of(since) + 1
        sheet.put(top + 1, 0, most(1.0, least(float(MONTHS), whole)))
        self.made.keys["budget.months"] = sheet.span(top, 0, top + 1)

    def _bounds(self) -> None:
        """The curves at the ends of each channel's interval."""
        sheet, plan = self.made.sheet, self.plan
        first = self.bounds = self.made.rows(len(plan.channels))
        for row, channel in enumerate(plan.channels, start=first):
            fit = channel.fit
            sheet.put(row, 0, self._name(channel.channel))
            if fit.usable and fit.low is not None and fit.high is not None:
                for place, curve in ((1, fit.low.over(channel.scale)), (3, fit.high.over(channel.scale))):
                    sheet.put(row, place, curve.top)
                    sheet.put(row, place + 1, curve.half)
        last = first + len(plan.channels) - 1
        for place, name in enumerate(("names", "low_top", "low_half", "high_top", "high_half")):
            self.made.keys[f"budget.{name}"] = sheet.span(first, place, last)

    def _name(self, channel: str) -> str:
        return self.book.text_or(f"choice.{channel}", channel)

    def write(self) -> None:
        page = self.page
        page.heights(5, 10, 18, 26, 20, 8, 20)
        page.back(6)
        self._bounds()
        rows = [self._row(channel) for channel in self.plan.channels]
        written = write_people(self.book, self.made, self._table(), rows, page=page, header=HEADER)
        self._groups(written)
        for row in range(written.first, written.last + 1):
            page.ws.set_row_pixels(row, 34)
        page.heights(HEADER, 50)
        page.heights(written.last + 1, 4)  # a table grows into what stands right below it
        self._marks(written)
        end = self._totals(written, written.last + 2)
        self._headline(written)
        page.heights(end, 12, 24)
        self._curves(written, end + 1)
        last = self._notes(end + 2 + HEIGHT // 20 + 1)
        page.finish(last, repeat=(HEADER, HEADER), protect=False)

    def _table(self) -> PeopleTable:
        """The table with the number formats of the project's currency and outcome."""
        columns = tuple(replace(c, form=self.forms.get(c.code)) for c in BUDGET.columns)
        return replace(BUDGET, columns=columns)

    def _row(self, channel: ChannelBudget) -> Row:
        fit = channel.fit
        curve = fit.curve.over(channel.scale) if fit.curve and fit.usable else None
        return {
            "channel": self._name(channel.channel),
            "least": round(channel.least, 2), "most": round(channel.most, 2), "proposed": round(channel.proposed, 2),
            "top": curve.top if curve else None, "half": curve.half if curve else None,
            "carry": fit.carry if curve else None, "verdict": self.text(f"budget.verdict.{fit.verdict}"),
        }  # fmt: skip

    def _groups(self, written: Written) -> None:
        """What the columns tell, above their headers."""
        style = {"font_size": 8, "font_color": self.theme.accent, "bold": True}
        for key, code in (("now", "spend"), ("decide", "least"), ("estimate", "before"), ("curve", "top")):
            self.put(HEADER - 1, written.place(code), self.text(f"budget.group.{key}"), valign="bottom", **style)

    def _marks(self, written: Written) -> None:
        """Colours of gains and losses, and of spends beyond their limits."""
        ws, plain = self.page.ws, self.book.format.plain
        first, last = written.first, written.last

        def cell(code: str) -> str:
            return self.page.sheet.address(first, written.place(code)).split("!")[1].replace("$", "")

        gain, spent = written.place("gain"), written.place("proposed")
        for sign, colour, bold in (("<0", self.theme.bad, True), (">0", self.theme.good, False)):
            ws.conditional_format(first, gain, last, gain, {
                "type": "formula", "criteria": f"=AND(ISNUMBER({cell('gain')}),{cell('gain')}{sign})",
                "format": plain(font_color=colour, bold=bold),
            })  # fmt: skip
        beyond = f"OR({cell('proposed')}<{cell('least')}-0.5,{cell('proposed')}>{cell('most')}+0.5)"
        ws.conditional_format(first, spent, last, spent, {
            "type": "formula", "criteria": f"={beyond}", "format": plain(bg_color=self.theme.bad_fill,
                                                                         font_color=self.theme.bad),
        })  # fmt: skip

    def _totals(self, written: Written, row: int) -> int:
        """The sums, and what is left of the budget."""
        line = {"top": 1, "top_color": self.theme.ink, "bold": True}
        self.page.ws.set_row_pixels(row, 28)
        self.page.sheet.fill(row, 1, len(WIDTHS), **line)
        self.put(row, 1, self.text("budget.total"), indent=1, **line)
        self.sums: dict[str, Live] = {}
        for code in ("spend", "outcome", "proposed", "before", "after", "gain"):
            style = {"num_format": self.forms[code], "align": "right", "indent": 1, **line}
            self.sums[code] = self.put(row, written.place(code), total(written.span(code)), **style)
        given = self.book.card.project.budget
        whole: Given = given.total if given and given.total is not None else self.sums["spend"]
        self.left = self.made.sheet.put(self.made.rows(1), 1, live(whole) - self.sums["proposed"])
        self.page.ws.set_row_pixels(row + 1, 22)
        money = told(absolute(self.left), "currency", 0, self.book.language, self.book.currency)
        said = if_(absolute(self.left) < 0.5, self.text("budget.spent"), if_(
            self.left > 0, sentence(self.text("budget.left"), {"amount": money}),
            sentence(self.text("budget.over"), {"amount": money}),
        ))  # fmt: skip
        self.put(row + 1, written.place("least"), said, font_size=8, font_color=self.theme.mute, indent=1)
        return row + 2

    def _headline(self, written: Written) -> None:
        """What the proposal brings, and between which values that lies."""
        sheet, plan = self.made.sheet, self.plan
        first = self.bounds
        for number, channel in enumerate(plan.channels):
            fit, row = channel.fit, first + number
            spends = [self.page.sheet.ref(written.first + number, written.place(c)) for c in ("spend", "proposed")]
            gain = self.page.sheet.ref(written.first + number, written.place("gain"))
            if fit.low is None or fit.high is None or not fit.usable:
                sheet.put(row, 5, 0.0)
                sheet.put(row, 6, 0.0)
                continue
            changes = []
            for place in (1, 3):
                top, half = sheet.ref(row, place), sheet.ref(row, place + 1)
                changes.append(top * spends[1] / (half + spends[1]) - top * spends[0] / (half + spends[0]))
            worst, best = gain - least(*changes, gain), most(*changes, gain) - gain
            sheet.put(row, 5, if_error(worst * worst, 0))
            sheet.put(row, 6, if_error(best * best, 0))
        last = first + len(plan.channels) - 1
        gain = self.sums["gain"]
        low = sheet.put(self.made.rows(1), 1, gain - root(total(sheet.span(first, 5, last))))
        high = sheet.put(self.made.rows(1), 1, gain + root(total(sheet.span(first, 6, last))))

        def amount(cell: Live) -> Live:
            return told(cell, self.unit, 0, self.book.language, self.book.currency, gap=True)

        parts = {"gain": amount(gain), "low": amount(low), "high": amount(high)}
        moved = or_(*(
            absolute(self.page.sheet.ref(row, written.place("proposed")) - self.page.sheet.ref(
                row, written.place("spend"))) > 1 for row in range(written.first, written.last + 1)
        ))  # fmt: skip
        small = absolute(gain) < self.sums["before"] * SMALL
        slight, same, other = (
            sentence(self.text(f"budget.{key}"), parts) for key in ("small", "headline", "headline_other")
        )
        headline = if_(small, slight, if_(absolute(self.left) < 0.5, same, other))
        known = count(written.span("top"))
        said = if_(known.same(0), self.text("budget.not_yet"), if_(moved, headline, self.text("budget.unchanged")))
        self.put(7, 1, said, font_size=14, bold=True)
        firm = if_(high < 0, self.text("budget.firm_loss"), self.text("budget.firm"))
        doubt = if_(and_(low < 0, high > 0), self.text("budget.doubt"), firm)
        between = if_(known.same(0), "", sentence(self.text("budget.interval"), {**parts, "doubt": doubt}))
        self.put(8, 1, between, font_color=self.theme.mute)

    # --- charts --------------------------------------------------------------------------------------------------

    def _curves(self, written: Written, row: int) -> None:
        """The curves with today's and the proposed spend; and the spends before and after as bars."""
        middle = written.place("proposed")
        self.page.section(row, 1, middle - 1, self.text("budget.curves"))
        self.page.section(row, middle + 1, len(WIDTHS), self.text("budget.bars"))
        left = sum(list(WIDTHS.values())[: middle - 1])
        right = sum(list(WIDTHS.values())[middle:])
        for number in range(HEIGHT // 20 + 1):
            self.page.ws.set_row_pixels(row + 1 + number, 20)
        chart = self._curve_chart(written, left)
        self.page.ws.insert_chart(row + 1, 1, chart, self._place("budget.alt_curves"))
        bars = self._bar_chart(written, right)
        self.page.ws.insert_chart(row + 1, middle + 1, bars, self._place("budget.alt_spends"))

    def _place(self, key: str) -> dict[str, Any]:
        return {"x_offset": 0, "y_offset": 6, "object_position": 1, "description": self.text(key)}

    def _curve_chart(self, written: Written, width: int) -> Any:
        """A curve for each line of the table: channels of which none is known yet may have one by a later refresh."""
        sheet, lines = self.made.sheet, min(len(self.plan.channels), MOST_CURVES)
        widest = sheet.put(self.made.rows(1), 1, most(written.span("spend"), written.span("proposed")) * 1.35)
        first = self.made.rows(3 * lines + 1)
        for point in range(POINTS):
            sheet.put(first, 1 + point, widest * (point / (POINTS - 1)))
        chart = self.book.chart("scatter", width, HEIGHT, "straight")
        ranks = sorted(range(lines), key=lambda i: -self._end(i, widest.number or 0))
        across = "=" + sheet.range(first, 1, first, POINTS)
        colours = (self.theme.actual, self.theme.accent, self.theme.bar, self.theme.previous)
        for number in range(lines):
            row, line = first + 1 + 3 * number, written.first + number
            top, half, now, then, before, after, name = (
                self.page.sheet.ref(line, written.place(c))
                for c in ("top", "half", "spend", "proposed", "before", "after", "channel")
            )
            sheet.put(row, 0, name)
            for point in range(POINTS):
                x = sheet.ref(first, 1 + point)
                known = if_error(top * x / (half + x), not_available())
                sheet.put(row, 1 + point, if_(is_number(top), known, not_available()))
            for column, cell in enumerate((now, then, before, after), start=1):
                sheet.put(row + 1, column, if_error(cell + 0, not_available()))
            colour = colours[number % len(colours)]
            # The highest is named above its end, the next below, and the others further to the left.
            rank = ranks.index(number)
            named = POINTS - 1 - STAGGER * max(0, rank - 1)
            labels = [None if p == named else {"delete": True} for p in range(POINTS)]
            chart.add_series({
                "name": "=" + sheet.range(row, 0, row, 0), "categories": across,
                "values": "=" + sheet.range(row, 1, row, POINTS),
                "line": {"color": colour, "width": 1.75}, "marker": {"type": "none"},
                "data_labels": {"series_name": True, "position": "above" if rank == 0 else "below", "custom": labels,
                                "font": {"name": self.theme.font, "size": 8, "color": colour}},
            })  # fmt: skip
            for offset, fill in ((0, "#FFFFFF"), (1, colour)):
                chart.add_series({
                    "categories": "=" + sheet.range(row + 1, 1 + offset, row + 1, 1 + offset),
                    "values": "=" + sheet.range(row + 1, 3 + offset, row + 1, 3 + offset), "line": {"none": True},
                    "marker": {"type": "circle", "size": 8, "fill": {"color": fill}, "border": {"color": colour}},
                })  # fmt: skip
        font = {"name": self.theme.font, "size": 8, "color": self.theme.mute, "bold": False}
        axis = {"num_font": font, "line": {"color": self.theme.rule}, "major_tick_mark": "none", "name_font": font}
        chart.set_x_axis({**axis, "name": self.text("budget.axis_spend"), "num_format": self.forms["spend"], "min": 0,
                          "major_gridlines": {"visible": False}})  # fmt: skip
        grid = {"visible": True, "line": {"color": self.theme.hair, "width": 0.75}}
        chart.set_y_axis({**axis, "num_format": self.forms["before"], "min": 0, "major_gridlines": grid})
        chart.set_plotarea({"fill": {"none": True}, "border": {"none": True}})
        return chart

    def _end(self, number: int, spend: float) -> float:
        """The outcome of a channel's curve at a spend."""
        channel = self.plan.channels[number]
        return channel.fit.curve.over(channel.scale).at(spend) if channel.fit.curve else 0.0

    def _bar_chart(self, written: Written, width: int) -> Any:
        chart = self.book.chart("bar", width, HEIGHT)
        names = self._column(written, "channel")
        font = {"name": self.theme.font, "size": 8, "color": self.theme.ink}
        for code, colour in (("proposed", self.theme.actual), ("spend", self.theme.previous)):
            chart.add_series({
                "name": self.text(f"budget.series.{code}"), "categories": names, "values": self._column(written, code),
                "fill": {"color": colour}, "border": {"none": True}, "gap": 60, "overlap": -5,
                "data_labels": {"value": True, "position": "outside_end", "num_format": self.forms["spend"],
                                "font": {**font, "color": colour}},
            })  # fmt: skip
        chart.set_x_axis({"visible": False, "major_gridlines": {"visible": False}, "min": 0})
        chart.set_y_axis({"reverse": True, "num_font": font, "line": {"color": self.theme.rule},
                          "major_tick_mark": "none"})  # fmt: skip
        chart.set_legend({"position": "bottom", "font": {**font, "color": self.theme.mute}})
        chart.set_plotarea({"fill": {"none": True}, "border": {"none": True}})
        return chart

    def _column(self, written: Written, code: str) -> str:
        place = written.place(code)
        return "=" + self.page.sheet.range(written.first, place, written.last, place)

    def _notes(self, row: int) -> int:
        """How it was computed, and what it does not tell."""
        plan = self.plan
        keys = [
            "how",
            "modelled" if plan.modelled else "attributed",
            "demand" if plan.demand else "no_demand",
            "decide",
            *(["zero"] if any(c.fit.verdict == "no_spend" for c in plan.channels) else []),
        ]
        known = self.book.card.data.catalogue.measures
        demand = self.book.say(known[plan.demand].name) if plan.demand and plan.demand in known else ""
        first, last = (day(found, self.book.language) for found in (plan.first, plan.last))
        values: dict[str, Any] = {"first": first, "last": last, "demand": demand}
        rest = {"without_spend": plan.without_spend, "smallest": plan.smallest}
        said = [self.text(f"budget.note.{key}", **values) for key in keys]
        said += [self.text(f"budget.note.{key}", names=self._listed(channels), most=MOST_CHANNELS)
                 for key, channels in rest.items() if channels]  # fmt: skip
        self.page.section(row, 1, len(WIDTHS), self.text("budget.reading"))
        for number, words in enumerate(said, start=1):
            self.page.ws.set_row_pixels(row + number, 18)
            self.put(row + number, 1, words, font_size=8, font_color=self.theme.mute)
        return row + len(said)

    def _listed(self, channels: Sequence[str]) -> str:
        return ", ".join(map(self._name, channels))
