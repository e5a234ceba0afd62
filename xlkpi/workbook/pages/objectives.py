"""The objectives, each with its SMART verdict letter by letter, what it is for and who decides what by it."""

from __future__ import annotations

from typing import Any

from xlkpi.smart import LETTERS
from xlkpi.workbook.book import Book
from xlkpi.workbook.calculation import Calculation
from xlkpi.workbook.formats import date_format, date_told, day_told
from xlkpi.workbook.functions import count_ifs, count_texts, if_, if_error, index, match, sentence, shortened, year_of
from xlkpi.workbook.live import Given, Live
from xlkpi.workbook.page import Page
from xlkpi.workbook.tables import MARKS, parents

WIDTHS = (14, 26, 330, 32, 32, 32, 32, 32, 18, 346, 156, 92, 14, 98, 14)
MARK, TITLE, FIRST_LETTER, ADVICE, OWNER, DUE, STATUS = 1, 2, 3, 9, 10, 11, 13
TIERS = ("strategic", "operational")
HEADER = 8
#: The heights of an objective's two rows.
UPPER, LOWER = 34, 28


def objectives(book: Book, made: Calculation) -> None:
    """Write the page."""
    _Objectives(book, made).write()


class _Objectives:
    def __init__(self, book: Book, made: Calculation) -> None:
        self.book, self.made = book, made
        self.table = made.tables.objectives
        positions = [p for p in self.table.columns["position"] if p]
        self.numbers = {
            tier: book.places(f"objectives.{tier}", sum(str(p)[0] == tier[0].upper() for p in positions))
            for tier in TIERS
        }
        level = made.now.span("level")
        self.all = count_ifs((level, "=", "strategic")) + count_ifs((level, "=", "operational"))
        advice = count_texts(self.table.span("smart"))
        parts: dict[str, Given] = {"n": self.all, "good": self.all - advice, "rest": advice}
        day = sentence(book.text("as_of"), {"day": day_told(made.as_of, book.language), "year": year_of(made.as_of)})
        second = sentence(book.text("objectives.second"), parts)
        name = book.say(book.card.project.name)
        self.page = Page(book, "objectives", WIDTHS, book.text("page.objectives"), second, day, name)
        self.put, self.theme = self.page.put, book.theme
        #: The rows with which a sheet of paper may begin.
        self.starts: list[int] = []

    def write(self) -> None:
        page = self.page
        page.heights(5, 12, 18, 8, 24, 18)
        page.back(6)
        legend = "    ".join(f"{MARKS[v]} {self.book.text(f'verdict.{v}')}" for v in ("pass", "warning", "fail"))
        told = sentence(self.book.text("objectives.letters_day"), {
            "day": date_told(self.made.last_day, self.book.language)})  # fmt: skip
        earlier = if_(self.made.as_of.same(self.made.last_day), "", told)
        note = self.made.sheet.put(self.made.rows(1), 1, earlier)
        self.put(6, STATUS, note & legend, font_size=8, font_color=self.theme.mute, align="right")
        self._header(HEADER)
        row = HEADER + 2
        for tier in self.book.layout.tiers:
            if self.numbers[tier]:
                row = self._tier(row, tier)
        page.ws.set_row_pixels(row, 6)
        page.ws.freeze_panes(HEADER + 2, 3)
        page.ws.outline_settings(symbols_below=False)
        folds = any(self._folded(tier) for tier in TIERS)  # Excel unfolds no protected rows
        page.finish(row, pages_high=0, repeat=(HEADER, HEADER + 1), protect=not folds, sections=self.starts)

    def _header(self, row: int) -> None:
        page, put, text = self.page, self.put, self.book.text
        upper: dict[str, Any] = {"font_size": 8, "font_color": self.theme.mute, "bold": True}
        lower = {**page.header, "bold": False, "valign": "vcenter"}
        page.sheet.fill(row + 1, MARK, STATUS, **lower)
        for column, key, align in (
            (TITLE, "title", "left"), (ADVICE, "advice", "left"), (OWNER, "owner", "left"), (DUE, "due", "right"),
            (STATUS, "status", "right"),
        ):  # fmt: skip
            put(row, column, text(f"objectives.{key}"), align=align, **upper)
            put(row + 1, column, text(f"objectives.{key}_second"), align=align, **lower)
        for number, letter in enumerate(LETTERS):
            column = FIRST_LETTER + number
            put(row, column, letter, align="center", bold=True, font_size=12)
            passed = count_ifs((self.table.span(letter), "=", MARKS["pass"]))
            put(row + 1, column, passed & "/" & self.all, align="center", **lower)

    def _tier(self, row: int, tier: str) -> int:
        page, made = self.page, self.made
        page.ws.set_row_pixels(row, 24)
        tint = {"bg_color": self.theme.tint}
        page.sheet.fill(row, MARK, STATUS, **tint)
        style = {"bold": True, "font_color": self.theme.accent, "font_size": 10}
        self.put(row, MARK, self.book.text(f"level.{tier}"), **style, **tint)
        first = made.rows(self.numbers[tier])
        folded = self._folded(tier)
        self.starts.append(row)
        row += 1
        for number in range(self.numbers[tier]):
            key = f"{tier[0].upper()}{number + 1}"
            made.sheet.put(first + number, 0, key)
            found = if_error(match(key, made.now.span("position")), "")
            at = made.sheet.put(first + number, 1, found)
            if number:
                self.starts.append(row)
            row = self._objective(row, at)
            self._fold(row - 2, number in folded, number + 1 in folded)
        return row

    def _folded(self, tier: str) -> set[int]:
        """The places of a tier whose objectives are folded under the primary one above them."""
        own = [s.result.objective for s in self.made.tables.order if s.result.objective.level == tier]
        under = parents(own)
        return {number for number, objective in enumerate(own) if objective.id in under}

    def _fold(self, row: int, inside: bool, before: bool) -> None:
        """Put the two rows of a secondary objective into a folded group; its sign stands at the row above it."""
        if inside:
            for line, height in ((row, UPPER), (row + 1, LOWER)):
                self.page.ws.set_row_pixels(line, height, None, {"level": 1, "hidden": True})
        elif before:
            self.page.ws.set_row_pixels(row + 1, LOWER, None, {"collapsed": True})

    def _text(self, column: str, at: Live) -> Live:
        cell = index(self.table.span(column), at)
        return if_error(if_(cell.blank, "–", cell), "–")

    def _objective(self, row: int, at: Live) -> int:
        page, put, made, book = self.page, self.put, self.made, self.book
        page.heights(row, UPPER, LOWER)
        upper = page.upper
        lower: dict[str, Any] = {**page.lower, "text_wrap": True}
        page.sheet.fill(row + 1, MARK, STATUS, **page.lower)
        look = made.now.at("look", at)
        put(row, MARK, if_error(index(made.marks, look), "–"), align="center", bold=True, font_size=11, **upper)
        page.sheet.statuses(row, MARK, MARK, MARK)
        put(row, TITLE, shortened(self._text("title", at), 90), bold=True, font_size=10, text_wrap=True, **upper)
        put(row + 1, TITLE, shortened(self._text("reason", at), 120), **lower)
        for number, letter in enumerate(LETTERS):
            self._letter(row, FIRST_LETTER + number, self._text(letter, at))
        advice = {"text_wrap": True, "font_color": self.theme.warn}
        put(row, ADVICE, shortened(self._text("smart", at), 125), **advice, **upper)
        judged, colon = if_error(made.now.at("said_status", at), ""), book.text("colon")
        reason, decision = index(self.table.span("override_reason"), at), self._text("decision", at)
        why = if_(if_error(reason.blank, True), "  –  " & decision, colon & if_error(reason, ""))
        put(row + 1, ADVICE, shortened(if_(judged.blank, decision, judged & why), 130), **lower)
        put(row, OWNER, shortened(self._text("owner", at), 44), text_wrap=True, **upper)
        put(row + 1, OWNER, shortened(self._text("stakeholders", at), 44), **lower)
        dates = {"num_format": date_format(book.language), "align": "right"}
        put(row, DUE, self._text("due", at), **dates, **upper)
        put(row + 1, DUE, if_error(made.now.at("review", at), "–"), **dates, **page.lower)
        words = if_error(index(made.words, look), "–")
        put(row, STATUS, words, bold=True, align="right", **upper)
        page.sheet.statuses(row, STATUS, STATUS, MARK)
        progress = made.now.at("progress", at)
        shown = if_error(if_(progress.blank, "–", progress), "–")
        percent = {**page.lower, "num_format": book.number_format("percent", 0), "align": "right"}
        put(row + 1, STATUS, shown, **percent)
        page.ws.conditional_format(row + 1, STATUS, row + 1, STATUS, {
            "type": "data_bar", "data_bar_2010": True, "bar_solid": True, "bar_no_border": True,
            "bar_color": self.theme.interval, "min_type": "num", "max_type": "num", "min_value": 0, "max_value": 1,
            "bar_negative_color_same": True, "bar_direction": "left",
        })  # fmt: skip
        return row + 2

    def _letter(self, row: int, column: int, mark: Live) -> None:
        """A letter's mark, with a tint over both lines where something is lacking."""
        theme, put = self.theme, self.put
        edges = {"left": 1, "right": 1, "left_color": "#FFFFFF", "right_color": "#FFFFFF"}
        put(row, column, mark, align="center", valign="bottom", font_size=11, **edges)
        looks: dict[str, dict[str, Any]] = {
            "pass": {"font_color": theme.good},
            "warning": {"font_color": theme.warn, "bg_color": theme.warn_fill, "bold": True},
            "fail": {"font_color": theme.bad, "bg_color": theme.bad_fill, "bold": True},
        }
        for verdict, look in looks.items():
            for line, place in ((row, "row"), (row + 1, "above")):
                test = f'{{column}}{{{place}}}="{MARKS[verdict]}"'
                self.page.sheet.when((line, column, line, column), test, **look)
