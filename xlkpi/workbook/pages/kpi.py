"""One KPI in detail: a page for each primary objective, and the explorer, whose drop-down shows any."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from xlkpi.scorecard.selections import Selected
from xlkpi.status import rules
from xlkpi.workbook.book import NO_AXIS, Book
from xlkpi.workbook.calculation import Calculation
from xlkpi.workbook.data_sheet import ACTIONS, NOTES, column_reference
from xlkpi.workbook.formats import date_format, day_told
from xlkpi.workbook.live import (
    Given,
    Live,
    Span,
    absolute,
    and_,
    choose,
    count_ifs,
    if_,
    if_error,
    index,
    is_number,
    large,
    least,
    live,
    match,
    month_of,
    most,
    not_available,
    or_,
    sentence,
    shortened,
    year_of,
)
from xlkpi.workbook.page import Page
from xlkpi.workbook.units import unit_formats

WIDTHS = (14, 150, 86, 70, 100, 82, 28, 170, 96, 96, 96, 80, 80, 14)
LEFT, VALUE, RIGHT, END = 1, 5, 7, 12
KEY = len(WIDTHS)
#: Periods of the chart: up to the present one, and ahead.
PAST, AHEAD = 13, 12
#: Parts that are listed, notes and actions that are shown.
PARTS, SHOWN = 8, 3
#: Rows of people's tables that are looked through.
LOOKED_AT = 80


def kpis(book: Book, made: Calculation) -> None:
    """Write the pages of the primary objectives."""
    slots = [str(v) for v in made.tables.objectives.columns["slot"] if v]
    for slot in sorted(slots, key=lambda s: (s[0] != "S", int(s[1:]))):
        at = made.sheet.put(made.rows(1), 1, if_error(match(slot, made.now.span("slot")), ""))
        _KPI(book, made, f"kpi_{slot}", at).write()


def explorer(book: Book, made: Calculation) -> None:
    """Write the page on which any objective can be chosen."""
    slots = made.tables.objectives.columns["slot"]
    titles = made.tables.objectives.columns["title"]
    first = next((i for i, slot in enumerate(slots) if not slot), 0)
    sheet = book.sheets["explorer"]
    theme = book.theme
    typed = {
        "bg_color": theme.input_fill, "border": 1, "border_color": theme.input_line, "font_color": theme.input_ink,
        "font_size": 10, "bold": True, "indent": 1, "locked": False,
    }  # fmt: skip
    style = book.format(num_format='@* "▾ "', **typed)
    sheet.ws.merge_range(6, RIGHT, 6, END, "", style)
    chosen = sheet.write(6, RIGHT, str(titles[first]) if titles else "", style)
    span = made.now.span("title")
    name = book.text("explorer.choose")
    sheet.ws.data_validation(6, RIGHT, 6, RIGHT, {
        "validate": "list", "source": f"={span.text}", "input_title": name,
        "input_message": book.text("typed.key"), "error_title": name, "error_message": book.text("choose.wrong"),
    })  # fmt: skip
    book.name("xlkpi_objective", chosen.text)
    at = made.sheet.put(made.rows(1), 1, if_error(match(chosen, span), ""))
    _KPI(book, made, "explorer", at, chooses=True).write()


class _KPI:
    def __init__(self, book: Book, made: Calculation, id: str, at: Live, *, chooses: bool = False) -> None:
        self.book, self.made, self.at, self.chooses = book, made, at, chooses
        self.sheet = made.sheet
        day = sentence(book.text("as_of"), {"day": day_told(made.as_of, book.language), "year": year_of(made.as_of)})
        level = if_(self.now("level").same("strategic"), book.text("level.strategic"), book.text("level.operational"))
        owner = if_(self._table("owner").blank, "", sentence(book.text("kpi.owner"), {"owner": self._table("owner")}))
        second = if_error(level & owner, "")
        title = shortened(if_error(self._table("kpi"), "–"), 60)
        self.page = Page(book, id, WIDTHS, title, second, day, made.choice)
        self.put, self.theme, self.ws = self.page.put, book.theme, self.page.ws
        number = self._built()
        table = made.tables.objectives
        selected = made.tables.order[number] if made.tables.order else None
        outlook = selected.result.outlook if selected else None
        self.ahead = min(AHEAD, len(outlook.periods)) if outlook and not chooses else 9 if chooses else 1
        counts = [_parts_with_values(s) for s in made.tables.order if chooses or s is selected]
        self.parts = min(PARTS, max(counts, default=0))
        self.unit = str(table.columns["unit"][number]) if table.rows else "count"
        self.decimals = int(str(table.columns["format"][number])[len(self.unit) :]) if table.rows else 0

    def write(self) -> None:
        page = self.page
        page.heights(5, 12, 22 if self.chooses else 18, 54, 24, 12)
        page.back(6)
        self._big()
        row = self._facts(10)
        self._series(8 if self.chooses else 6)
        row = self._parts(page.heights(row, 14))
        row = self._words(page.heights(row, 12))
        row = self._people(page.heights(row, 12))
        self.ws.set_row_pixels(row, 6)
        self.ws.set_column(KEY, KEY, None, None, {"hidden": True})
        page.finish(row)

    # --- reading -------------------------------------------------------------------------------------------------

    def _built(self) -> int:
        """The objective that the page shows when it is built, from 0."""
        value = self.at.number
        return int(value) - 1 if value else 0

    def now(self, column: str) -> Live:
        return self.made.now.at(column, self.at)

    def _known(self, column: str) -> Live:
        cell = self.now(column)
        return if_error(if_(cell.blank, "", cell), "")

    def _dash(self, cell: Live) -> Live:
        return if_error(if_(cell.blank, "–", cell), "–")

    def _table(self, column: str) -> Live:
        cell = index(self.made.tables.objectives.span(column), self.at)
        return if_error(if_(cell.blank, "", cell), "")

    def _form(self, *, gap: bool = False) -> str:
        return self.book.number_format(self.unit, self.decimals, gap=gap)

    # --- left: the number and what it is compared with -----------------------------------------------------------

    def _big(self) -> None:
        put, made = self.put, self.made
        put(7, KEY, self._known("format"))
        style = self.book.format(num_format=self._form(), font_size=32, bold=True, align="left")
        self.ws.merge_range(7, LEFT, 7, LEFT + 2, "", style)
        self.page.sheet.write(7, LEFT, self._dash(self.now("actual")), style)
        unit_formats(self.book, self.ws, (7, LEFT, 7, LEFT), KEY)
        look = self.now("look")
        word = if_error(index(made.marks, look) & "  " & index(made.words, look), "–")
        cell = put(7, VALUE, word, font_size=14, bold=True, align="right").text.split("!")[1]
        for each in rules().looks.values():
            style = self.book.format.plain(font_color=each.colour)
            rule = {"type": "formula", "criteria": f'=LEFT({cell},1)="{each.mark}"', "format": style}
            self.ws.conditional_format(7, VALUE, 7, VALUE, rule)
        parts: dict[str, Given] = {"gap": self._known("said_gap"), "expected": self._known("said_expected"),
                                   "progress": self._known("said_progress")}  # fmt: skip
        said = if_(self._known("said_gap").blank, self.book.text("kpi.no_value"),
                   sentence(self.book.text("kpi.headline"), parts))  # fmt: skip
        put(8, LEFT, said, font_size=11, valign="top")

    def _facts(self, row: int) -> int:
        """Lines of a name and a number."""
        text, made = self.book.text, self.made
        present = and_(made.day_no.same(float(len(made.days.values))), made.choice_no.same(0))
        goal = if_(self._known("mode").same("stay_between"), self._known("high"), self._known("target"))
        percent = self.book.number_format("percent", 0)
        due = self._known("said_due")
        change = self._known("latest") - self._known("last_year")
        points = if_(self._known("unit").same("percent"), 100, 1)
        facts: list[tuple[Live | str, Live, str]] = [
            (text("kpi.target") & (" " & due), goal, "value"),
            (text("kpi.expected"), self._known("goal_now"), "value"),
            (text("kpi.gap"), if_error(self._known("variance") * points, ""), "gap"),
            (text("kpi.latest"), self._known("latest"), "value"),
            (text("kpi.last_year"), self._known("last_year"), "value"),
            (text("kpi.change"), if_error(change * points, ""), "change"),
            (text("kpi.pace"), self._known("pace"), self.book.number_format("ratio", 2)),
            (text("kpi.benchmark"), self._known("benchmark"), "value"),
            (text("kpi.landing"), if_(present, self._table("landing"), ""), "value"),
            (text("kpi.probability"), if_(present, self._table("probability"), ""), percent),
        ]  # fmt: skip
        line = {"bottom": 1, "bottom_color": self.theme.hair}
        for name, number, form in facts:
            self.ws.set_row_pixels(row, 20)
            self.page.sheet.fill(row, LEFT, VALUE, **line)
            self.put(row, LEFT, name, font_color=self.theme.mute, **line)
            gap = form in ("gap", "change")
            known = {"value": self._form(), "gap": self._form(gap=True), "change": self._form(gap=True)}.get(form, form)
            style = {"num_format": known, "bold": True, "font_size": 10, "align": "right", **line}
            self.put(row, VALUE, if_error(if_(is_number(number), number, "–"), "–"), **style)
            if form in ("value", "gap", "change"):
                self.put(row, KEY, self._known("format"))
                unit_formats(self.book, self.ws, (row, VALUE, row, VALUE), KEY, gap=gap)
            if form == "gap":
                self._good_or_bad(row, self._known("effect"))
            row += 1
        return row

    def _good_or_bad(self, row: int, effect: Live) -> None:
        cell = self.put(row, KEY + 1, if_error(effect, 0)).text.split("!")[1]
        self.ws.set_column(KEY + 1, KEY + 1, None, None, {"hidden": True})
        for value, colour in ((1, self.theme.good), (-1, self.theme.bad)):
            style = self.book.format.plain(font_color=colour)
            rule = {"type": "formula", "criteria": f"={cell}={value}", "format": style}
            self.ws.conditional_format(row, VALUE, row, VALUE, rule)

    # --- right: the series ---------------------------------------------------------------------------------------

    def _series(self, row: int) -> None:
        book, text = self.book, self.book.text
        note = self.put_calc(sentence(text("kpi.series_note"), {"unit": self._unit_word()}))
        self.page.section(row, RIGHT, END, text("kpi.series"), note)
        first = self._chart_data()
        last = first + PAST + self.ahead - 1
        sheet, theme = self.sheet, self.theme

        def column(number: int) -> str:
            return "=" + sheet.range(first, number, last, number)

        height = 214 if self.chooses else 262
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
        area.combine(line)
        small = {"name": theme.font, "size": 8, "color": theme.mute, "bold": False}
        area.set_x_axis({
            "num_font": small, "line": {"color": theme.rule}, "major_tick_mark": "none", "position_axis": "on_tick",
            "label_position": "low", "interval_unit": 3,
        })  # fmt: skip
        large_ = (self.now("actual").number or 0) >= 10
        decimals = 0 if self.unit == "currency" and large_ else self.decimals
        form = "#,##0.##" if self.chooses else self.book.number_format(self.unit, decimals)
        area.set_y_axis({
            "num_font": small, "num_format": form, "line": {"none": True}, "major_tick_mark": "none",
            "major_gridlines": {"visible": True, "line": {"color": theme.hair, "width": 0.75}},
        })  # fmt: skip
        area.set_legend({"position": "bottom", "delete_series": [0, 1, 6], "font": small})
        area.set_plotarea({"layout": {"x": 0.09, "y": 0.04, "width": 0.88, "height": 0.74}})
        alt = text("alt.series")
        options = {"y_offset": 6, "object_position": 1, "description": alt}
        self.ws.insert_chart(row + 1, RIGHT, area, options)

    def put_calc(self, content: Live) -> Live:
        """Work something out beside the other calculations."""
        return self.sheet.put(self.made.rows(1), 1, content)

    def _unit_word(self) -> Live:
        units = ("percent", "currency", "times", "ratio", "index", "score", "points", "stars", "rank", "count",
                 "seconds", "days", "months", "per_day")  # fmt: skip
        words = [self.book.text(f"unit.{u}") for u in units]
        first = self.made.rows(len(units))
        for row, unit in enumerate(units, start=first):
            self.sheet.put(row, 0, unit)
        span = self.sheet.span(first, 0, first + len(units) - 1)
        return if_error(choose(match(self.now("unit"), span), words), "")

    def _chart_data(self) -> int:
        """A row per period: label, actual, year before, forecast, interval, plan, last point."""
        made, sheet, series = self.made, self.sheet, self.made.tables.series
        first = made.rows(PAST + self.ahead + 1)
        row_cell = sheet.put(first, 0, self._known("row"))
        done = sheet.put(first, 1, self._known("periods_done"))
        size = sheet.put(first, 2, self._known("block_rows"))
        present = sheet.put(first, 3, and_(made.day_no.same(float(len(made.days.values))), made.choice_no.same(0)))
        percent = and_(self._known("unit").same("percent"), self.chooses)
        times = sheet.put(first, 4, if_(percent, 100, 1) if self.chooses else live(1.0))
        start = sheet.put(first, 5, self._known("start"))
        due = sheet.put(first, 6, self._known("due"))
        base = sheet.put(first, 7, if_(is_number(self._known("baseline")), self._known("baseline"), 0))
        target = sheet.put(first, 8, self._known("target"))
        flat = sheet.put(first, 9, if_(
            self._known("cumulative").same(1), self._known("line"),
            if_(or_(self._known("mode").same("stay_above"), self._known("mode").same("stay_below")), target, ""),
        ))  # fmt: skip
        for i in range(PAST + self.ahead):
            row, back = first + 1 + i, PAST - 1 - i
            inside = if_(is_number(row_cell), and_(done - back >= 1, done - back <= size), False)
            place = sheet.put(row, 0, if_(inside, row_cell - back, ""))

            def read(column: str, place: Live = place) -> Live:
                cell = index(series.span(column), place)
                return if_error(if_(cell.blank, "", cell), "")

            end = sheet.put(row, 1, read("end"))
            sheet.put(row, 2, self._label(read("start"), end, i))

            def shown(cell: Live, test: Given = True) -> Live:
                number = if_(is_number(cell), cell * times, not_available())
                return if_error(if_(test, number, not_available()), not_available())

            actual = shown(read("value"), back >= 0) if back >= 0 else not_available()
            sheet.put(row, 3, actual)
            sheet.put(row, 4, shown(read("last_year")))
            forecast = sheet.put(row, 5, shown(read("forecast"), present) if back <= 0 else not_available())
            low = sheet.put(row, 6, if_error(if_(present, if_(is_number(forecast), read("lower") * times, 0), 0), 0)
                            if back <= 0 else 0.0)  # fmt: skip
            sheet.put(
                row, 7, if_error(if_(is_number(forecast), read("upper") * times - low, 0), 0) if back <= 0 else 0.0
            )
            share = least(1, most(0, (end - start) / (due - start)))
            way = base + (target - base) * share
            within = and_(end >= start, end <= due + 31)
            plan = if_(within, if_(is_number(flat), flat, way), not_available())
            sheet.put(row, 8, if_error(if_(is_number(end), plan * times, not_available()), not_available()))
            if back == 0:
                sheet.put(row, 9, sheet.ref(row, 3))
        return first + 1

    def _label(self, start: Live, end: Live, number: int) -> Live:
        months = self.book.text("months_short").split()
        month = choose(month_of(start), months)
        year = " " & (year_of(start) & "")
        long = month & (year if number == 0 else if_(month_of(start).same(1), year, ""))
        return if_error(if_(is_number(start), if_(end - start > 25, long, day_told(start, self.book.language)), ""), "")

    # --- below ---------------------------------------------------------------------------------------------------

    def _parts(self, row: int) -> int:
        """The same KPI by part: the first input as volume, its share, the value, and the value before."""
        book, text, made, sheet = self.book, self.book.text, self.made, self.sheet
        page = self.page
        page.heights(row, 24, 20)
        dimension = book.text_or(f"dimension.{book.choices.dimension or 'channel'}", "–")
        count = len(book.choices.choices)
        head = book.text("kpi.by", dimension=dimension.lower())
        has = self._known("choices")
        note = if_(has.same(0), text("kpi.no_parts"), "") if self.parts else live(text("kpi.no_parts"))
        page.section(row, LEFT, VALUE, head, note)
        style: dict[str, Any] = {"font_size": 8, "font_color": self.theme.mute, "bold": True, "valign": "bottom"}
        self.put(row + 1, LEFT, dimension, **style)
        names = [shortened(self._table("input"), 16), *(live(text(f"kpi.{k}")) for k in ("share", "before", "value"))]
        for column, name in enumerate(names, start=LEFT + 1):
            self.put(row + 1, column, name, align="right", **style)
        first = made.rows(max(count, 2))
        series = made.tables.series
        for number in range(count):
            at = sheet.put(first + number, 0, if_error(if_(
                has.same(0), "", self._known("first_row") + self._known("block_rows") * (number + 1)
                + self._known("periods_done") - 1), ""))  # fmt: skip

            def read(column: str, place: Live) -> Live:
                cell = index(series.span(column), place)
                return if_error(if_(cell.blank, "", cell), "")

            volume = sheet.put(first + number, 1, read("x1", at))
            sheet.put(first + number, 2, read("value", at))
            sheet.put(first + number, 3, if_error(if_(self._known("periods_done") < 2, "", read("value", at - 1)), ""))
            self._effects(first + number, at, read)
            order = volume - (number + 1) / 1_000_000_000
            sheet.put(first + number, 4, if_(is_number(volume), if_(volume.same(0), "", order), ""))
        spans = [sheet.span(first, column, first + max(count, 2) - 1) for column in range(5)]
        total_ = sheet.put(made.rows(1), 1, self._sum(spans[1]))
        bottom = self._part_rows(row + 2, spans, total_, self.parts)
        return max(bottom, self._why(row, first, count))

    def _effects(self, row: int, at: Live, read: Callable[[str, Live], Live]) -> None:
        """A part's bases now and before: of a ratio its denominator, of a sum 1."""
        sheet = self.sheet
        sheet.put(row, 5, if_error(if_(is_number(sheet.ref(row, 2)), read("base", at), ""), ""))
        sheet.put(row, 6, if_error(if_(is_number(sheet.ref(row, 3)), read("base", at - 1), ""), ""))

    def _why(self, row: int, first: int, count: int) -> int:
        """Where the change on the period before comes from: each part's own change at its weight, and the mix."""
        if not self.parts or not any(isinstance(v, float) for v in self.made.tables.series.columns["base"]):
            return row + 2
        page, text, sheet = self.page, self.book.text, self.sheet
        last = first + max(count, 2) - 1
        sums = [self.put_calc(self._sum(sheet.span(first, column, last))) for column in (5, 6)]
        ratio = self.put_calc(and_(sums[0] > 0, sums[1] > 0))
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
        all_ = self.put_calc(self._sum(changes[1]))
        mix = self.put_calc(all_ - self._sum(changes[0]))
        shown = min(self.parts, 6)
        start = self.made.rows(shown + 2)
        times = if_(self._known("unit").same("percent"), 100, 1)
        good = if_(self._known("way").same(-1), -1, 1)
        names = self.made.choices
        for rank in range(1, shown + 1):
            place = sheet.put(start + rank - 1, 0, if_error(match(large(changes[2], rank), changes[2]), ""))
            sheet.put(start + rank - 1, 1, if_error(index(names, place + 1), ""))
            self._bar(start + rank - 1, if_error(index(changes[0], place) * times, 0), good)
        sheet.put(start + shown, 1, text("kpi.mix"))
        self._bar(start + shown, if_(ratio, mix * times, 0), good)
        sheet.put(start + shown + 1, 1, text("kpi.all_change"))
        sheet.put(start + shown + 1, 4, all_ * times)
        note = sentence(text("kpi.why_note"), {"unit": if_(self._known("unit").same("percent"), text("points"), "")})
        page.section(row, RIGHT, END, text("kpi.why"), self.put_calc(note))
        chart = self.book.chart("bar", 618, 20 + 20 * max(self.parts, 5))
        label = {"name": self.theme.font, "size": 8, "color": self.theme.ink, "bold": False}
        gap = '+#,##0.##;"−"#,##0.##;0' if self.chooses else self._form(gap=True)
        form = gap.rsplit(";", 1)[0] + ";"  # nothing at zero
        for column, colour in ((2, self.theme.good), (3, self.theme.bad), (4, self.theme.actual)):
            chart.add_series({
                "categories": "=" + sheet.range(start, 1, start + shown + 1, 1),
                "values": "=" + sheet.range(start, column, start + shown + 1, column),
                "fill": {"color": colour}, "border": {"none": True}, "gap": 45, "overlap": 100,
                "data_labels": {"value": True, "position": "outside_end", "num_format": form, "font": label},
            })  # fmt: skip
        chart.set_x_axis(NO_AXIS)
        chart.set_y_axis({
            "reverse": True, "num_font": label, "label_position": "low", "major_tick_mark": "none",
            "line": {"color": self.theme.mute, "width": 0.75}, "major_gridlines": {"visible": False},
        })  # fmt: skip
        chart.set_plotarea({"layout": {"x": 0.34, "y": 0.02, "width": 0.56, "height": 0.96}})
        options = {"y_offset": 4, "object_position": 1, "description": text("alt.why")}
        self.ws.insert_chart(row + 1, RIGHT, chart, options)
        for extra in range(row + 2 + self.parts, row + 7):
            self.ws.set_row_pixels(extra, 20)
        return max(row + 2 + self.parts, row + 7)

    def _bar(self, row: int, value: Live, good: Live) -> None:
        """A change, as good or as bad."""
        change = self.sheet.put(row, 5, value)
        self.sheet.put(row, 2, if_(change * good > 0, change, not_available()))
        self.sheet.put(row, 3, if_(change * good < 0, change, not_available()))

    def _sum(self, span: Span) -> Live:
        from xlkpi.workbook.live import total

        return total(span)

    def _part_rows(self, row: int, spans: list[Span], whole: Live, count: int) -> int:
        line = {"bottom": 1, "bottom_color": self.theme.hair}
        right = {"align": "right", **line}
        names = Span(self.made.choices.text, self.made.choices.values)
        for rank in range(1, count + 1):
            self.ws.set_row_pixels(row, 20)
            at = self.put_calc(if_error(match(large(spans[4], rank), spans[4]), ""))
            self.page.sheet.fill(row, LEFT, VALUE, **line)
            self.put(row, LEFT, if_error(index(names, at + 1), ""), **line)
            volume = index(spans[1], at)
            self.put(row, LEFT + 1, if_error(volume, ""), num_format="#,##0", **right)
            percent = {"num_format": self.book.number_format("percent", 0)}
            self.put(row, LEFT + 2, if_error(volume / whole, ""), **percent, **right)
            form = {"num_format": self._form()}
            before = index(spans[3], at)
            self.put(row, LEFT + 3, if_error(before, ""), font_color=self.theme.mute, **form, **right)
            value = index(spans[2], at)
            self.put(row, VALUE, if_error(value, ""), bold=True, **form, **right)
            self.put(row, KEY, self._known("format"))
            unit_formats(self.book, self.ws, (row, LEFT + 3, row, VALUE), KEY)
            row += 1
        return row

    def _words(self, row: int) -> int:
        """Beside the parts: formula, definition, pitfalls, source and trust."""
        text, put, page = self.book.text, self.put, self.page
        page.heights(row, 24, 22, 22, 22, 36, 20)
        page.section(row, LEFT, END, text("kpi.formula"))
        put(row + 1, LEFT, self._table("kpi") & " = " & self._table("formula"), font_size=10)
        put(row + 2, LEFT, self._dash(self._known("said_formula")), font_size=10, bold=True)
        put(row + 3, LEFT, shortened(self._table("definition"), 190))
        style = self.book.format(text_wrap=True, valign="top", font_color=self.theme.mute)
        self.ws.merge_range(row + 4, LEFT, row + 4, END, "", style)
        page.sheet.write(row + 4, LEFT, shortened(self._table("pitfalls"), 340), style)
        levels = [self.book.text(f"trust.{level}") for level in ("high", "medium", "low", "none")]
        span = self.made.tables.objectives.span("trust")
        found = index(span, self.at)
        word = if_(found.same("high"), levels[0], if_(found.same("medium"), levels[1], if_(
            found.same("low"), levels[2], levels[3])))  # fmt: skip
        sources = self._table("sources")
        parts: dict[str, Given] = {"sources": if_(sources.blank, "–", sources), "trust": word}
        put(row + 5, LEFT, if_error(sentence(text("kpi.source"), parts), "–"), font_size=8, font_color=self.theme.mute)
        return row + 6

    def _people(self, row: int) -> int:
        """The first notes and actions on the objective, from the tables that people fill."""
        text, page = self.book.text, self.page
        if not {"notes", "actions"} <= self.book.sheets.keys():
            return row
        page.heights(row, 24, *([20] * SHOWN))
        page.section(row, LEFT, VALUE, text("page.notes"), text("kpi.filled_in"))
        page.section(row, RIGHT, END, text("page.actions"), text("kpi.filled_in"))
        id_ = self._known("id")
        line = {"bottom": 1, "bottom_color": self.theme.hair}
        day = {"num_format": date_format(self.book.language), "align": "left"}
        for rank in range(1, SHOWN + 1):
            at = row + rank
            for first, last in ((LEFT, VALUE), (RIGHT, END)):
                page.sheet.fill(at, first, last, **line)
            note = self.put_calc(if_error(match(id_ & f"|{rank}", people(self.book, self.made, NOTES)), ""))
            action = self.put_calc(if_error(match(id_ & f"|{rank}", people(self.book, self.made, ACTIONS)), ""))
            for column, table, place, code, width, style in (
                (LEFT, NOTES, note, "date", 40, day), (LEFT + 1, NOTES, note, "note", 60, {}),
                (RIGHT, ACTIONS, action, "task", 46, {}), (RIGHT + 2, ACTIONS, action, "owner", 34, {}),
                (RIGHT + 4, ACTIONS, action, "due", 40, day), (RIGHT + 5, ACTIONS, action, "state", 40, {}),
            ):  # fmt: skip
                cell = index(people_column(self.book, table, code), place)
                found = if_error(if_(cell.blank, "", cell), "")
                self.put(at, column, found if style else shortened(found, width), **style, **line)
        return row + 1 + SHOWN


def _parts_with_values(selected: Selected) -> int:
    """How many parts of an objective have a value at all."""
    return sum(any(v == v for v in part.series.values) for part in selected.parts.values())


def people_column(book: Book, table: str, code: str) -> Span:
    """A column of a table that people fill."""
    page = "notes" if table == NOTES else "actions"
    values = book.filled[page].get(code, [])
    return Span(column_reference(table, book.text(f"column.{code}")), values)


def people(book: Book, made: Calculation, table: str) -> Span:
    """For each row of a table its objective's id and how many of it there are so far: ``roi_paid|2``."""
    if table not in made.keys:
        keys = people_column(book, table, "key")
        first = made.rows(LOOKED_AT + 1) + 1
        made.sheet.put(first - 1, 0, f"{table} keys")  # a range of one cell is misread by some programs
        for i in range(LOOKED_AT):
            row = first + i
            key = made.sheet.put(
                row, 0, if_error(if_(index(keys, float(i + 1)).blank, "", index(keys, float(i + 1))), "")
            )
            so_far = made.sheet.span(first - 1, 0, row)
            made.sheet.put(row, 1, if_(key.blank, "", key & "|" & count_ifs((so_far, "=", key))))
        made.keys[table] = made.sheet.span(first, 1, first + LOOKED_AT - 1)
    return made.keys[table]
