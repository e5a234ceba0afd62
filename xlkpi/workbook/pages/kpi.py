"""One KPI in detail: a page for each primary objective, and the explorer, whose drop-down shows any."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from xlsxwriter.utility import xl_col_to_name

from xlkpi.status import rules
from xlkpi.workbook.book import Book
from xlkpi.workbook.calculation import Calculation
from xlkpi.workbook.data_sheet import ACTIONS, NOTES
from xlkpi.workbook.exact import match_text
from xlkpi.workbook.formats import date_format, date_told, settled
from xlkpi.workbook.functions import (
    count_ifs,
    if_,
    if_error,
    index,
    is_number,
    match,
    or_,
    sentence,
    shortened,
)
from xlkpi.workbook.live import Given, Live, Span
from xlkpi.workbook.pages.kpi_parts import parts_section
from xlkpi.workbook.pages.kpi_series import series_chart
from xlkpi.workbook.pages.kpi_view import END, KEY, LEFT, RIGHT, VALUE, View
from xlkpi.workbook.pages.kpi_words import words_section
from xlkpi.workbook.units import effect_looks, unit_formats

#: Notes and actions that are shown, and rows of people's tables that are looked through.
SHOWN, LOOKED_AT = 3, 80


def kpis(book: Book, made: Calculation) -> None:
    """Write the pages of the primary objectives."""
    for slot in made.tables.all_slots:
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
    known = book.chosen.get("xlkpi_objective")
    shown = known if known in titles else titles[first] if titles else ""
    chosen = sheet.write(6, RIGHT, str(shown), style)
    span = made.now.span("title")
    name = book.text("explorer.choose")
    sheet.ws.data_validation(6, RIGHT, 6, RIGHT, {
        "validate": "list", "source": f"={span.text}", "input_title": name,
        "input_message": book.text("typed.key"), "error_title": name, "error_message": book.text("choose.wrong"),
    })  # fmt: skip
    book.name("xlkpi_objective", chosen.text)
    at = made.sheet.put(made.rows(1), 1, if_error(match_text(chosen, span), ""))
    _KPI(book, made, "explorer", at, chooses=True).write()


class _KPI(View):
    def write(self) -> None:
        page = self.page
        page.heights(5, 12, 22 if self.chooses else 18, 54, 24, 18)
        page.back(6)
        self._big()
        row = self._facts(10)
        series_chart(self, 8 if self.chooses else 6)
        row = self._ahead(row)
        row = parts_section(self, page.heights(row, 14))
        row = words_section(self, page.heights(row, 12))
        row = self._people(page.heights(row, 12))
        self.ws.set_row_pixels(row, 6)
        self.ws.set_column(KEY, KEY + 1, None, None, {"hidden": True})
        page.finish(row)

    # --- left: the number and what it is compared with -----------------------------------------------------------

    def _big(self) -> None:
        put, made = self.put, self.made
        put(7, KEY, self.known("format"))
        style = self.book.format(num_format=self.form(), font_size=32, bold=True, align="left")
        self.ws.merge_range(7, LEFT, 7, LEFT + 2, "", style)
        self.page.sheet.write(7, LEFT, self.dash(self.now("actual")), style)
        unit_formats(self.book, self.ws, (7, LEFT, 7, LEFT), KEY)
        look = self.now("look")
        word = if_error(index(made.marks, look) & "  " & index(made.words, look), "–")
        put(7, VALUE, word, font_size=14, bold=True, align="right")
        for each in rules().looks.values():
            self.page.sheet.when(
                (7, VALUE, 7, VALUE), f'LEFT({{column}}{{row}},1)="{each.mark}"', font_color=each.colour
            )
        parts: dict[str, Given] = {"gap": self.known("said_gap"), "expected": self.known("said_expected"),
                                   "progress": self.known("said_progress")}  # fmt: skip
        short = self.known("said_gap") & ", " & self.known("said_expected")
        told = if_(self.known("said_progress").blank, short, sentence(self.book.text("kpi.headline"), parts))
        nothing: Given = self.book.text("kpi.no_value")
        if not self.chooses:
            nothing = if_(self.shows, nothing, self.book.text("kpi.gone"))
        said = if_(self.known("said_gap").blank, nothing, told)
        put(8, LEFT, said, font_size=11, valign="top")
        reason = self.table("override_reason")
        judged = self.known("said_status")
        why = if_(or_(judged.blank, reason.blank), judged, judged & self.book.text("colon") & reason)
        put(9, LEFT, shortened(if_error(why, ""), 110), font_size=8, font_color=self.theme.warn, valign="top")

    def _facts(self, row: int) -> int:
        """Lines of a name and a number."""
        text, made = self.book.text, self.made
        goal = if_(self.known("mode").same("stay_between"), self.known("high"), self.known("target"))
        percent = self.book.number_format("percent", 0)
        due = self.known("said_due")
        change = self.put_calc(if_error(self.known("latest") - self.known("last_year"), ""))
        points = if_(self.known("unit").same("percent"), 100, 1)
        benchmark = self._benchmark()
        last = sentence(text("kpi.last_only"), {"day": date_told(made.last_day, self.book.language)})
        only = self.put_calc(if_(made.present, "", last))
        facts: list[tuple[Live | str, Live, str]] = [
            (text("kpi.target") & (" " & due), goal, "value"),
            (text("kpi.expected"), self.known("goal_now"), "value"),
            (text("kpi.gap"), if_error(self.known("variance") * points, ""), "gap"),
            (text("kpi.latest"), self.known("latest"), "value"),
            (text("kpi.last_year"), self.known("last_year"), "value"),
            (text("kpi.change"), if_error(settled(change, self.known("half")) * points, ""), "change"),
            (text("kpi.pace"), self.known("pace"), self.book.number_format("ratio", 2)),
            (benchmark, self.known("benchmark"), "value"),
            (text("kpi.landing") & only, if_(made.present, self.table("landing"), ""), "value"),
            (text("kpi.probability") & only, if_(made.present, self.table("probability"), ""), percent),
        ]  # fmt: skip
        line = {"bottom": 1, "bottom_color": self.theme.hair}
        for name, number, form in facts:
            self.ws.set_row_pixels(row, 20)
            self.page.sheet.fill(row, LEFT, VALUE, **line)
            self.put(row, LEFT, name, font_color=self.theme.mute, **line)
            gap = form in ("gap", "change")
            known = {"value": self.form(), "gap": self.form(gap=True), "change": self.form(gap=True)}.get(form, form)
            style = {"num_format": known, "bold": True, "font_size": 10, "align": "right", **line}
            self.put(row, VALUE, if_error(if_(is_number(number), number, "–"), "–"), **style)
            looks: list[tuple[str, Mapping[str, Any]]] = []
            mark = f"${xl_col_to_name(KEY + 1)}{{row}}"
            if name is benchmark:
                self.put(row, KEY + 1, if_(self.known("bench_old").same(True), 1, 0))
                looks = [(f"{mark}=1", {"font_color": self.theme.previous})]
                self.page.sheet.when((row, LEFT, row, VALUE - 1), looks[0][0], **looks[0][1])
            if form == "gap":
                self.put(row, KEY + 1, if_error(self.known("effect"), 0))
                looks = [(f"{mark}={effect}", look) for effect, look in effect_looks(self.theme).items()]
            if form in ("value", "gap", "change"):
                self.put(row, KEY, self.known("format"))
                unit_formats(self.book, self.ws, (row, VALUE, row, VALUE), KEY, gap=gap, looks=looks)
            row += 1
        return row

    def _benchmark(self) -> Live:
        """What the value is compared with: its name, its source, and that it is out of date."""
        source = shortened(self.table("benchmark_source"), 46)
        old = if_(self.known("bench_old").same(True), self.book.text("kpi.expired"), "")
        named = if_(self.table("benchmark_source").blank, "", "  –  " & source)
        return if_error(self.book.text("kpi.benchmark") & named & old, self.book.text("kpi.benchmark"))

    def _ahead(self, row: int) -> int:
        """The rate that the target needs beside the present one; under the chart how its forecast was made."""
        book, made = self.book, self.made
        rate = if_(self.known("said_rate").blank, book.text("rate.unknown"), self.known("said_rate"))
        told = if_(self.table("outlook").blank, book.text("kpi.no_forecast"), self.table("outlook"))
        forecast = if_(made.present, told, book.text("kpi.forecast_whole"))
        look = {"valign": "vcenter", "text_wrap": True}
        for first, last, content, style in (
            (LEFT, VALUE, if_(self.shows, rate, ""), {"font_size": 10, "bold": True}),
            (RIGHT, END, if_(self.shows, forecast, ""), {"font_size": 8, "font_color": self.theme.mute}),
        ):
            form = book.format(**look, **style)
            self.ws.merge_range(row, first, row, last, "", form)
            self.page.sheet.write(row, first, content, form)
        return self.page.heights(row, 36)

    # --- below ---------------------------------------------------------------------------------------------------

    def _people(self, row: int) -> int:
        """The first notes and actions on the objective, from the tables that people fill."""
        text, page = self.book.text, self.page
        if not {"notes", "actions"} <= self.book.sheets.keys():
            return row
        page.heights(row, 24, *([20] * SHOWN))
        page.section(row, LEFT, VALUE, text("page.notes"), text("kpi.filled_in"))
        page.section(row, RIGHT, END, text("page.actions"), text("kpi.filled_in"))
        id_ = self.known("id")
        line = {"bottom": 1, "bottom_color": self.theme.hair}
        day = {"num_format": date_format(self.book.language), "align": "left"}
        for rank in range(1, SHOWN + 1):
            at = row + rank
            for first, last in ((LEFT, VALUE), (RIGHT, END)):
                page.sheet.fill(at, first, last, **line)
            note = self.put_calc(if_error(match(id_ & f"|{rank}", people(self.book, self.made, NOTES)), ""))
            action = self.put_calc(if_error(match(id_ & f"|{rank}", people(self.book, self.made, ACTIONS)), ""))
            for column, table, place, code, width, style in (
                (LEFT, NOTES, note, "date", 40, day), (LEFT + 1, NOTES, note, "note", 70, {}),
                (RIGHT, ACTIONS, action, "task", 52, {}), (RIGHT + 2, ACTIONS, action, "owner", 34, {}),
                (RIGHT + 4, ACTIONS, action, "due", 40, day), (RIGHT + 5, ACTIONS, action, "state", 40, {}),
            ):  # fmt: skip
                cell = index(self.book.people[table].span(code), place)
                found = if_error(if_(cell.blank, "", cell), "")
                self.put(at, column, found if style else shortened(found, width), **style, **line)
        return row + 1 + SHOWN


def people(book: Book, made: Calculation, table: str) -> Span:
    """For each row of a table its objective's id and how many of it there are so far: ``roi_paid|2``."""
    if table not in made.keys:
        keys = book.people[table].span("key")
        first = made.rows(LOOKED_AT + 1) + 1
        made.sheet.put(first - 1, 0, f"{table} keys")  # a range of one cell is misread by some programs
        for i in range(LOOKED_AT):
            row = first + i
            key = made.sheet.put(row, 0, if_error(index(keys, float(i + 1)) & "", ""))
            so_far = made.sheet.span(first - 1, 0, row)
            made.sheet.put(row, 1, if_(key.blank, "", key & "|" & count_ifs((so_far, "=", key))))
        made.keys[table] = made.sheet.span(first, 1, first + LOOKED_AT - 1)
    return made.keys[table]
