"""The first page: at most seven primary objectives on one sheet of paper."""

from __future__ import annotations

from typing import Any

from xlkpi.status import rules
from xlkpi.workbook.book import FULL, NO_AXIS, Book, list_source
from xlkpi.workbook.calculation import Calculation
from xlkpi.workbook.formats import NO_BREAK, date_format, day_told, told
from xlkpi.workbook.functions import (
    and_,
    before,
    count_ifs,
    hyperlink,
    if_,
    if_error,
    index,
    is_number,
    large,
    match,
    sentence,
    shortened,
    sum_if,
    total,
    year_of,
)
from xlkpi.workbook.live import Given, Live, live
from xlkpi.workbook.page import Page
from xlkpi.workbook.pages.dashboard_charts import Spot, bullet_strip, line_strip
from xlkpi.workbook.units import unit_formats

#: Columns in pixels; the two thirds of the page below share them.
WIDTHS = (14, 24, 238, 100, 24, 88, 104, 70, 24, 100, 26, 140, 16, 190, 38, 14)
MARGIN, MARK, NAME, ACTUAL, GAP1, TARGET, VARIANCE, PACE = range(8)
STATUS_MARK, STATUS, GAP2, LINE, GAP3, BULLET, BULLET_END, END = range(8, 16)
KEY = END + 1
#: Where the drop-downs are.
CHOICES = (7, LINE, BULLET)
TIERS = ("strategic", "operational")
#: Statuses in the order in which they are counted and explained.
SHOWN = ("achieved", "on_track", "at_risk", "behind", "overdue", "not_started", "no_data")


def inputs(book: Book) -> tuple[Live, Live]:
    """Write the drop-downs before anything is computed from them: the as-of date and the part."""
    sheet = book.sheets["dashboard"]
    typed = {
        "bg_color": book.theme.input_fill, "border": 1, "border_color": book.theme.input_line, "bold": True,
        "font_color": book.theme.input_ink, "font_size": 10, "indent": 1, "locked": False,
    }  # fmt: skip
    row, day, part = CHOICES
    shown = date_format(book.language)
    as_of = sheet.put(row, day, book.card.as_of, num_format=f'{shown}* "▾ "', align="left", **typed)
    style = book.format(num_format='@* "▾ "', **typed)
    everything = book.text("all_choices")
    sheet.ws.merge_range(row, part, row, BULLET_END, "", style)
    choice = sheet.write(row, part, everything, style)
    return as_of, choice


def dashboard(book: Book, made: Calculation) -> None:
    """Write the page."""
    _Dashboard(book, made).write()


class _Dashboard:
    def __init__(self, book: Book, made: Calculation) -> None:
        self.book, self.made = book, made
        day = sentence(book.text("as_of"), {"day": day_told(made.as_of, book.language), "year": year_of(made.as_of)})
        sources = book.text("sources_one" if len(book.card.project.sources) == 1 else "sources",
                            count=len(book.card.project.sources))  # fmt: skip
        title = book.text("page_title.dashboard")
        self.page = Page(book, "dashboard", WIDTHS, title, book.say(book.card.project.name), day, sources)
        self.put = self.page.put
        self.theme = book.theme
        self.small: dict[str, Any] = {"font_size": 8, "font_color": self.theme.mute}
        slots = [str(v) for v in made.tables.objectives.columns["slot"] if v]
        self.slots = {tier: sorted((s for s in slots if s[0] == tier[0].upper()), key=lambda s: int(s[1:]))
                      for tier in TIERS}  # fmt: skip
        self.position: dict[str, Live] = {}

    def write(self) -> None:
        page, ws = self.page, self.page.ws
        page.heights(5, 12, 15, 27, 20, 12, 16, 26, 20, 24)
        self._positions()
        self._choices()
        self._counts()
        self._headline()
        self._progress()
        row = self._header(13)
        for tier in TIERS:
            if self.slots[tier]:
                row = self._tier(row, tier)
        row = self._legend(row)
        row = self._panels(row)
        ws.set_row_pixels(row, 6)
        ws.set_column(KEY, KEY, None, None, {"hidden": True})
        page.finish(row)
        ws.activate()
        ws.set_first_sheet()

    # --- finding objectives --------------------------------------------------------------------------------------

    def _positions(self) -> None:
        """Where each place of the page finds its objective on the calculation sheet."""
        sheet, made = self.made.sheet, self.made
        slots = [slot for tier in TIERS for slot in self.slots[tier]]
        first = made.rows(len(slots) + 1)
        sheet.put(first, 0, "slots")
        for row, slot in enumerate(slots, start=first + 1):
            sheet.put(row, 0, slot)
            self.position[slot] = sheet.put(row, 1, if_error(match(slot, made.now.span("slot")), ""))

    def _at(self, column: str, position: Live) -> Live:
        """An objective's cell; an empty text where there is none."""
        cell = self.made.now.at(column, position)
        return if_error(if_(cell.blank, "", cell), "")

    def _dash(self, column: str, position: Live) -> Live:
        cell = self.made.now.at(column, position)
        return if_error(if_(cell.blank, "–", cell), "–")

    def _table(self, column: str, position: Live) -> Live:
        """A text of the objectives' table."""
        cell = index(self.made.tables.objectives.span(column), position)
        return if_error(if_(cell.blank, "–", cell), "–")

    # --- head ----------------------------------------------------------------------------------------------------

    def _choices(self) -> None:
        book, ws = self.book, self.page.ws
        row, day, part = CHOICES
        self.put(row - 1, day, book.text("choose.day"), **self.small)
        dimension = self.book.choices.dimension or "channel"
        self.put(row - 1, part, book.text_or(f"dimension.{dimension}", dimension), **self.small)
        ws.data_validation(row, day, row, day, {
            "validate": "list", "source": list_source(self.made.days),
            "input_title": book.text("choose.day"), "input_message": book.text("choose.day_help"),
            "error_title": book.text("choose.day"), "error_message": book.text("choose.wrong"),
        })  # fmt: skip
        ws.data_validation(row, part, row, part, {
            "validate": "list", "source": list_source(self.made.choices),
            "input_title": book.text_or(f"dimension.{dimension}", dimension),
            "input_message": book.text("choose.part_help"),
            "error_title": book.text_or(f"dimension.{dimension}", dimension),
            "error_message": book.text("choose.wrong"),
        })  # fmt: skip
        note = if_(self.made.choice_no > 0, book.text("choose.part_note"), book.text("choose.note"))
        self.put(row + 1, day, note, **self.small)

    def _counts(self) -> None:
        """How many primary objectives have each status, beside the positions."""
        made, sheet = self.made, self.made.sheet
        first = made.rows(8)
        self.counts: dict[str, Live] = {}
        for row, code in enumerate(rules().looks, start=first):
            sheet.put(row, 0, code)
            self.counts[code] = sheet.put(row, 1, count_ifs((made.now.span("primary_status"), "=", code)))
        self.counts_span = sheet.span(first, 1, first + len(self.counts) - 1)
        sheet.put(first + 7, 0, "all")
        self.all = sheet.put(first + 7, 1, total(self.counts_span))

    def _headline(self) -> None:
        book, made = self.book, self.made
        red = made.sheet.put(made.rows(1), 1, self.counts["behind"] + self.counts["overdue"])
        names = [self._ranked("worst", k, "kpi") for k in (1, 2)]
        first, second = (made.sheet.put(made.rows(1), 1, shortened(before(name, " ("), 26)) for name in names)
        parts: dict[str, Given] = {"n": red, "all": self.all, "first": first, "second": second}
        key = "headline"
        many = sentence(book.text(f"{key}.many"), parts)
        two = sentence(book.text(f"{key}.two"), parts)
        one = sentence(book.text(f"{key}.one"), parts)
        none = if_(self.counts["no_data"].same(self.all), book.text(f"{key}.no_data"), book.text(f"{key}.none"))
        told_ = if_(red.same(0), none, if_(red.same(1), one, if_(red.same(2), two, many)))
        self.put(6, NAME, book.text("in_short"), font_size=8, font_color=self.theme.accent, bold=True)
        self.put(7, NAME, told_, font_size=14, bold=True)
        good = self.counts["on_track"] + self.counts["achieved"]
        rest: dict[str, Given] = {"good": good, "risk": self.counts["at_risk"], "none": self.counts["no_data"]}
        self.put(8, NAME, sentence(book.text(f"{key}.rest"), rest), font_size=10, font_color=self.theme.mute)

    def _ranked(self, order: str, rank: int, column: str) -> Live:
        """A text of the objective that stands at a rank of an order; empty where there is none."""
        ranks = self.made.now.span(order)
        return if_error(index(self.made.tables.objectives.span(column), match(large(ranks, rank), ranks)), "")

    def _progress(self) -> None:
        """Overall progress, how statuses are distributed, and progress by tier."""
        book, made, sheet = self.book, self.made, self.made.sheet
        first = made.rows(4)
        share, weight = made.now.span("share"), made.now.span("share_weight")
        tier = made.now.span("tier")
        overall = sheet.put(first, 1, if_error(total(share) / total(weight), ""))
        parts = [sheet.put(first + i, 1, if_error(sum_if(tier, t, share) / sum_if(tier, t, weight), ""))
                 for i, t in enumerate(TIERS, start=1)]  # fmt: skip
        for row, name in enumerate(("overall", *TIERS), start=first):
            sheet.put(row, 0, name)
            sheet.put(row, 2, if_(is_number(sheet.ref(row, 1)), sheet.ref(row, 1), 0))
            sheet.put(row, 3, 1 - sheet.ref(row, 2))
        percent = {"num_format": book.number_format("percent", 0), "bold": True, "align": "right"}
        self.put(10, NAME, book.text("overall"), **self.small)
        self.put(11, ACTUAL, _or_dash(overall), font_size=16, **percent)
        self._bar(first, NAME, 230, book.text("overall"))
        spots = ((LINE, LINE, 96), (BULLET, BULLET_END, 180))
        for row, (tier_name, part, (at, value, width)) in enumerate(
            zip(TIERS, parts, spots, strict=True), start=first + 1
        ):
            self.put(10, at, book.text(f"level.{tier_name}"), **self.small)
            self.put(11, value, _or_dash(part), font_size=11, **percent)
            self._bar(row, at, width, book.text(f"level.{tier_name}"))
        self.put(10, TARGET, sentence(book.text("by_status"), {"n": self.all}), **self.small)
        chart = book.chart("bar", 386, 13, "stacked")
        looks = rules().looks
        for code in SHOWN:
            cell = self.counts[code].text
            chart.add_series({
                "name": code, "values": f"={cell}", "fill": {"color": looks[code].colour},
                "border": {"color": "#FFFFFF", "width": 1.5}, "gap": 0,
            })  # fmt: skip
        chart.set_x_axis({**NO_AXIS, "min": 0, "max": max(1, len(self.position))})
        chart.set_y_axis(NO_AXIS)
        chart.set_plotarea(FULL)
        alt = book.text("alt.by_status")
        self.page.ws.insert_chart(11, TARGET, chart, {"y_offset": 7, "object_position": 1, "description": alt})
        told_: Live = live("")
        for number, code in enumerate(SHOWN):
            word = index(made.words, float(list(looks).index(code) + 1))
            piece = f"{looks[code].mark} " & (self.counts[code] & NO_BREAK) & word & "     "
            piece = if_(self.counts[code] > 0, piece, "")
            told_ = piece if number == 0 else told_ & piece
        self.put(12, TARGET, told_, font_size=8, valign="top")

    def _bar(self, row: int, column: int, width: int, name: str) -> None:
        """A bar of progress from 0 to 1."""
        chart = self.book.chart("bar", width, 12, "stacked")
        for at, colour in ((2, self.theme.actual), (3, self.theme.track)):
            chart.add_series({
                "values": f"={self.made.sheet.address(row, at)}", "fill": {"color": colour}, "border": {"none": True},
                "gap": 0,
            })  # fmt: skip
        chart.set_x_axis({**NO_AXIS, "min": 0, "max": 1})
        chart.set_y_axis(NO_AXIS)
        chart.set_plotarea(FULL)
        options = {"y_offset": 8, "object_position": 1, "description": name}
        self.page.ws.insert_chart(11, column, chart, options)

    # --- the table -----------------------------------------------------------------------------------------------

    def _header(self, row: int) -> int:
        header = self.page.header
        self.page.sheet.fill(row, MARK, BULLET_END, **header)
        for column, key, align in (
            (NAME, "kpi", "left"), (ACTUAL, "actual", "right"), (TARGET, "target", "right"),
            (VARIANCE, "variance", "right"), (PACE, "pace", "right"), (STATUS, "status", "left"),
            (LINE, "line", "left"), (BULLET, "bullet", "right"),
        ):  # fmt: skip
            self.put(row, column, self.book.text(f"head.{key}"), align=align, **header)
        return row + 1

    def _tier(self, row: int, tier: str) -> int:
        """A group of objectives, two rows each, with a strip of lines and one of bullets over all of them."""
        page, theme, book = self.page, self.theme, self.book
        page.ws.set_row_pixels(row, 24)
        tint = {"bg_color": theme.tint}
        page.sheet.fill(row, MARK, BULLET_END, **tint)
        self.put(row, MARK, book.text(f"level.{tier}"), bold=True, font_color=theme.accent, font_size=10, **tint)
        self.put(row, ACTUAL, book.text(f"level_says.{tier}"), font_color=theme.mute, **tint)
        row += 1
        top = row
        for slot in self.slots[tier]:
            self._objective(row, slot)
            row += 2
        last = row - 1
        unit_formats(book, page.ws, (top, ACTUAL, last, ACTUAL), KEY)
        unit_formats(book, page.ws, (top, TARGET, last, TARGET), KEY)
        unit_formats(book, page.ws, (top, VARIANCE, last, VARIANCE), KEY, gap=True)
        height = 50 * len(self.slots[tier])
        slots = {slot: self.position[slot] for slot in self.slots[tier]}
        group = book.text(f"level.{tier}")
        line_strip(page, self.made, slots, Spot(top, LINE, WIDTHS[LINE], height), group)
        wide = WIDTHS[BULLET] + WIDTHS[BULLET_END]
        bullet_strip(page, self.made, slots, Spot(top, BULLET, wide, height), group)
        return row

    def _objective(self, row: int, slot: str) -> None:
        page, put, book = self.page, self.put, self.book
        page.heights(row, 28, 22)
        at, upper, lower = self.position[slot], page.upper, page.lower
        page.sheet.fill(row + 1, MARK, BULLET_END, **lower)
        number = list(self.position).index(slot) + 1
        put(row, MARK, float(number), font_color=self.theme.faint, align="center", font_size=8, **upper)
        name: Live = shortened(self._table("kpi", at), 34)
        if f"kpi_{slot}" in book.sheets:
            name = hyperlink(book.sheets[f"kpi_{slot}"].address(0, 0).replace("$", ""), name)
        put(row, NAME, name, bold=True, font_size=11, **upper)
        put(row + 1, NAME, shortened(self._table("question", at), 46), **lower)
        right = {"align": "right"}
        put(row, KEY, self._at("format", at))
        formats = self._formats(slot)
        put(row, ACTUAL, self._dash("actual", at), bold=True, font_size=12, num_format=formats[0], **right, **upper)
        put(row + 1, ACTUAL, self._at("said_last_year", at), **right, **lower)
        goal = if_(self._at("mode", at).same("stay_between"), self._dash("high", at), self._dash("target", at))
        put(row, TARGET, goal, font_size=10, num_format=formats[0], **right, **upper)
        put(row + 1, TARGET, self._at("said_due", at), **right, **lower)
        gap = self._dash("variance", at)
        shown = if_(and_(is_number(gap), index(self.made.tables.objectives.span("unit"), at).same("percent")),
                    if_error(gap * 100, gap), gap)  # fmt: skip
        put(row, VARIANCE, if_error(shown, "–"), font_size=10, num_format=formats[1], **right, **upper)
        effect = put(row + 1, KEY, if_error(self.made.now.at("effect", at), 0))
        for value, bold, colour in ((1, False, self.theme.good), (-1, True, self.theme.bad)):
            style = book.format.plain(font_color=colour, bold=bold)
            cell = effect.text.split("!")[1]
            rule = {"type": "formula", "criteria": f"={cell}={value}", "format": style}
            page.ws.conditional_format(row, VARIANCE, row, VARIANCE, rule)
        put(row + 1, VARIANCE, self._at("said_expected", at), **right, **lower)
        pace = {"num_format": book.number_format("ratio", 2), "font_size": 10}
        put(row, PACE, self._dash("pace", at), **pace, **right, **upper)
        put(row + 1, PACE, self._at("said_progress", at), **right, **lower)
        look = self.made.now.at("look", at)
        mark = if_error(index(self.made.marks, look), "–")
        put(row, STATUS_MARK, mark, align="center", font_size=11, bold=True, **upper)
        put(row, STATUS, if_error(index(self.made.words, look), "–"), font_size=10, bold=True, **upper)
        page.sheet.statuses(row, STATUS_MARK, STATUS, STATUS_MARK)

    def _formats(self, slot: str) -> tuple[str, str]:
        """The number formats that the place has at first; conditional ones follow when its objective changes."""
        table = self.made.tables.objectives
        number = table.columns["slot"].index(slot)
        unit, key = str(table.columns["unit"][number]), str(table.columns["format"][number])
        decimals = int(key[len(unit) :])
        return self.book.number_format(unit, decimals), self.book.number_format(unit, decimals, gap=True)

    # --- below the table -----------------------------------------------------------------------------------------

    def _legend(self, row: int) -> int:
        self.page.heights(row, 20, 12)
        looks = rules().looks
        marks = "   ".join(f"{looks[c].mark} {self._word(c)}" for c in SHOWN)
        self.put(row, NAME, marks, **self.small)
        self.put(row, BULLET_END, self.book.text("legend"), align="right", **self.small)
        return row + 2

    def _word(self, code: str) -> str:
        from xlkpi.status import label

        return label(code, self.book.language).lower()

    def _panels(self, row: int) -> int:
        book, made = self.book, self.made
        self.page.ws.set_row_pixels(row, 24)
        since = sentence(book.text("panel.changed"), {"day": day_told(made.before, book.language)})
        self.page.section(row, NAME, ACTUAL, book.text("panel.worst"))
        self.page.section(row, TARGET, STATUS, book.text("panel.best"))
        line = {"bottom": 1, "bottom_color": self.theme.accent}
        self.page.sheet.fill(row, LINE, BULLET_END, **line)
        self.put(row, LINE, if_error(if_(made.before.blank, book.text("panel.changed_first"), since), ""),
                 bold=True, font_size=11, font_color=self.theme.accent, **line)  # fmt: skip
        row += 1
        first = made.rows(9)
        spots = {"worst": (MARK, NAME, ACTUAL), "best": (GAP1, TARGET, STATUS), "changed": (GAP2, LINE, BULLET_END)}
        for rank in (1, 2, 3):
            self.page.heights(row, 24, 18)
            for number, (order, columns) in enumerate(spots.items()):
                span = made.now.span(order)
                spot = first + 3 * number + rank - 1
                made.sheet.put(spot, 0, f"{order} {rank}")
                at = made.sheet.put(spot, 1, if_error(match(large(span, rank), span), ""))
                self._item(row, columns, at, order, rank)
            row += 2
        return row

    def _item(self, row: int, columns: tuple[int, int, int], at: Live, order: str, rank: int) -> None:
        book, made, put = self.book, self.made, self.put
        mark_at, text_at, value_at = columns
        mark = if_error(index(made.marks, made.now.at("look", at)), "")
        put(row, mark_at, mark, align="center", bold=True, font_size=10, valign="bottom")
        self.page.sheet.statuses(row, mark_at, mark_at, mark_at)
        name = if_error(index(made.tables.objectives.span("kpi"), at), "")
        style = {"bold": True, "font_size": 10, "valign": "bottom"}
        second = {"font_size": 8, "font_color": self.theme.mute, "valign": "top"}
        if order == "changed":
            new = if_error(index(made.words, made.now.at("look", at)), "")
            words: dict[str, Given] = {"old": self._earlier_word(at), "new": new}
            moved = if_error(name & book.text("colon") & sentence(book.text("panel.moved"), words), "")
            nothing = book.text("panel.nothing") if rank == 1 else ""
            put(row, text_at, if_(at.blank, nothing, moved), **style)
            put(row + 1, text_at, if_(at.blank, "", self._needs(at)), **second)
            return
        empty = {"worst": "panel.none_worst", "best": "panel.none_best"}[order]
        put(row, text_at, if_(at.blank, book.text(empty) if rank == 1 else "", name), **style)
        pace = if_error(if_(is_number(made.now.at("pace", at)), sentence(book.text("panel.pace"), {
            "pace": told(made.now.at("pace", at), "ratio", 2, book.language, book.currency)}),
            made.now.at("said_progress", at)), "")  # fmt: skip
        put(row, value_at, if_(at.blank, "", pace), align="right", valign="bottom", font_size=10)
        put(row + 1, text_at, if_(at.blank, "", self._needs(at)), **second)

    def _earlier_word(self, at: Live) -> Live:
        return if_error(index(self.made.words, index(self.made.earlier.span("look"), at)), "")

    def _needs(self, at: Live) -> Live:
        """How far the objective is from where it should be."""
        now = self.made.now
        parts: dict[str, Given] = {"gap": now.at("said_gap", at), "expected": now.at("said_expected", at)}
        return if_error(if_(now.at("said_gap", at).blank, "", sentence(self.book.text("panel.needs"), parts)), "")


def _or_dash(cell: Live) -> Live:
    return if_(is_number(cell), cell, "–")
