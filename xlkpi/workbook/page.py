"""What every page shares: its head, section titles, links, print setup and protection."""

from __future__ import annotations

import math
from collections.abc import Sequence
from io import BytesIO
from itertools import pairwise
from textwrap import wrap
from typing import Any

from xlkpi.workbook.book import Book
from xlkpi.workbook.formats import NO_BREAK
from xlkpi.workbook.functions import hyperlink
from xlkpi.workbook.live import Live
from xlkpi.workbook.sheet import Content, widths

#: The last row of any worksheet, from 0.
LAST_ROW = 1_048_575
#: Rows of a page's head: band and stripe.
HEAD = (8, 30, 20, 8, 4)
#: Where the head says what the page is, and more of it.
TITLE, SECOND = (1, 1), (2, 1)
#: Pixels that a printed page has room for.
WIDEST = 1600
#: Pixels of an indent of 1.
INDENT = 9
#: Pixels of a letter, as they are on average, and of a line of help.
LETTER, LINE = 5.9, 14
#: Pixels of a sheet of A4 paper on its side, without its margins.
PAPER = (1055, 712)
#: A page with more rows is printed on several sheets, not ever smaller on one.
FEW_ROWS = 60
_ALLOWED = {"select_locked_cells": True, "select_unlocked_cells": True, "format_columns": True, "format_rows": True}


class Page:
    """A worksheet laid out in pixels: the head is written, the rest is put row by row."""

    def __init__(
        self,
        book: Book,
        id: str,
        columns: Sequence[int],
        title: Content,
        second: Content,
        right: Content = None,
        right_second: Content = None,
    ) -> None:
        self.book, self.sheet, self.columns = book, book.sheets[id], columns
        self.ws, self.theme = self.sheet.ws, book.theme
        self.last = len(columns) - 1
        widths(self.sheet, columns)
        self.ws.hide_gridlines(2)
        theme, stripe = self.theme, self.theme.stripe
        for row, height in enumerate(HEAD):
            self.ws.set_row_pixels(row, height)
            if row < 4:
                self.sheet.fill(row, 0, self.last, bg_color=theme.band)
        for column in range(self.last + 1):
            part = stripe[min(len(stripe) - 1, column * len(stripe) // (self.last + 1))]
            self.sheet.fill(4, column, column, bg_color=part)
        band = {"bg_color": theme.band}
        beside = self._logo()
        self.put(TITLE[0], TITLE[1], title, **band, font_color=theme.band_ink, font_size=18, bold=True, **beside)
        self.put(SECOND[0], SECOND[1], second, **band, font_color=theme.band_mute, font_size=10, **beside)
        end = self.last - 1
        if right is not None:
            self.put(1, end, right, **band, font_color=theme.band_ink, font_size=12, bold=True, align="right")
        if right_second is not None:
            self.put(2, end, right_second, **band, font_color=theme.band_mute, font_size=9, align="right")

    def _logo(self) -> dict[str, Any]:
        """Put the theme's logo on the band; gives the indent of the titles beside it."""
        logo = self.book.logo
        if logo is None:
            return {}
        options = {
            "image_data": BytesIO(logo.data), "x_scale": logo.scale, "y_scale": logo.scale, "object_position": 3,
            "y_offset": (sum(HEAD[:4]) - logo.height) / 2,
            "description": self.book.text("alt.logo", name=self.book.say(self.book.card.project.name)),
        }  # fmt: skip
        self.ws.insert_image(0, 1, "logo", options)
        return {"indent": math.ceil((logo.width + 14) / INDENT)}

    def put(self, row: int, column: int, content: Content, **properties: Any) -> Live:
        return self.sheet.put(row, column, content, **properties)

    def heights(self, first: int, *pixels: int) -> int:
        """Set the heights of rows, and give the row after them."""
        for row, height in enumerate(pixels, start=first):
            self.ws.set_row_pixels(row, height)
        return first + len(pixels)

    def link(self, row: int, column: int, id: str, shown: Content, **properties: Any) -> None:
        """A link to another page's top."""
        assert isinstance(shown, Live | str)
        to = self.book.sheets[id]
        self.put(row, column, hyperlink(to.address(0, 0).replace("$", ""), shown), **properties)

    def back(self, row: int) -> None:
        """The link to the first page."""
        title = f"‹ {self.book.text('page.dashboard')}"
        self.link(row, 1, "dashboard", title, font_size=9, font_color=self.theme.accent)

    @property
    def wide(self) -> bool:
        """Whether it is printed on two sheets side by side: one could not be read."""
        return sum(self.columns) > WIDEST

    def help(self, row: int, words: str, stay: int = 1) -> None:
        """A line of help; on a page that is printed on two sheets it has room in the columns that are on both."""
        style: dict[str, Any] = {"font_color": self.theme.mute}
        if not self.wide:
            self.put(row, 1, words, **style)
            return
        style |= {"text_wrap": True, "valign": "top"}
        self.ws.merge_range(row, 1, row, stay, "", self.book.format(**style))
        self.put(row, 1, words, **style)
        self.ws.set_row_pixels(row, LINE * lines_of(words, sum(self.columns[1 : stay + 1])) + 6)

    def section(
        self, row: int, first: int, last: int, title: Content, second: Content = None, at: int | None = None
    ) -> None:
        """A section's title over a rule; the second text ends it, or begins at a column of its own."""
        line = {"bottom": 1, "bottom_color": self.theme.accent}
        self.sheet.fill(row, first, last, **line)
        self.put(row, first, title, bold=True, font_size=11, font_color=self.theme.accent, **line)
        if second is not None:
            where, align = (last, "right") if at is None else (at, "left")
            self.put(row, where, second, font_size=8, font_color=self.theme.mute, align=align, **line)

    @property
    def header(self) -> dict[str, Any]:
        """The format of column headers."""
        return {
            "font_size": 8, "font_color": self.theme.mute, "bold": True,
            "bottom": 1, "bottom_color": self.theme.ink, "valign": "bottom",
        }  # fmt: skip

    @property
    def upper(self) -> dict[str, Any]:
        """The format of the upper of a pair of lines."""
        return {"valign": "bottom"}

    @property
    def lower(self) -> dict[str, Any]:
        """The format of the lower of a pair of lines."""
        return {
            "font_size": 8, "font_color": self.theme.mute, "valign": "top",
            "bottom": 1, "bottom_color": self.theme.hair,
        }  # fmt: skip

    @property
    def typed(self) -> dict[str, Any]:
        """The format of a cell that people choose or type in."""
        theme = self.theme
        return {
            "bg_color": theme.input_fill, "border": 1, "border_color": theme.input_line, "font_color": theme.input_ink,
            "font_size": 10, "bold": True, "indent": 1, "locked": False,
        }  # fmt: skip

    @staticmethod
    def high(last_row: int) -> int:
        """How many pages high a page of usual lines is printed: one while it is readable, else as many as needed."""
        return 1 if last_row <= FEW_ROWS else 0

    def finish(
        self, last_row: int, *, pages_high: int = 1, repeat: tuple[int, int] | None = None, protect: bool = True,
        stay: int = 1, sections: Sequence[int] = (),
    ) -> None:  # fmt: skip
        """Print setup and protection; ``pages_high`` 0 is as many as needed, where no section that fits on one is
        torn (``sections``: their first rows).

        What is too wide to be read on one page is printed on two, its first columns (``stay``) on both. A page that
        people fill is printed down to its last row, whatever they add.
        """
        ws = self.ws
        ws.set_landscape()
        ws.set_paper(9)
        ws.fit_to_pages(2 if self.wide else 1, pages_high)
        if sections and not pages_high:
            self._break(sections, last_row, repeat)
        if self.wide:
            ws.repeat_columns(0, stay)
        ws.set_margins(0.35, 0.35, 0.35, 0.5)
        ws.center_horizontally()
        if not ws.hidden:  # LibreOffice prints hidden sheets too that say what is to be printed
            ws.print_area(0, 0, last_row if protect else LAST_ROW, self.last)
        if repeat:
            ws.repeat_rows(*repeat)
        project = self.book.say(self.book.card.project.name).replace("&", "&&")
        grey = self.theme.mute.removeprefix("#")
        page = f"&P{NO_BREAK}/{NO_BREAK}&N"
        ws.set_footer(f"&L&8&K{grey}{project}&C&8&K{grey}&A&R&8&K{grey}{page}")
        self.sheet.finish()
        if protect:
            ws.protect("", _ALLOWED)

    def _break(self, sections: Sequence[int], last_row: int, repeat: tuple[int, int] | None) -> None:
        """Pages that begin with a section; Excel takes breaks only from a page that has a scale of its own."""
        tops = [0.0]
        for row in range(last_row + 1):
            tops.append(tops[-1] + self.ws.height_of(row))
        fitted = PAPER[0] / sum(self.columns)
        if tops[-1] < 0.97 * PAPER[1] / fitted:
            return
        scale = int(95 * fitted)
        room = [PAPER[1] * 100 / scale]
        room.append(room[0] - (tops[repeat[1] + 1] - tops[repeat[0]] if repeat else 0))
        breaks = [0]
        for first, end in pairwise([*sections[1:], last_row + 1]):
            if tops[end] - tops[breaks[-1]] > room[len(breaks) > 1]:
                breaks.append(first)
        self.ws.set_print_scale(scale)
        self.ws.set_h_pagebreaks(sorted({*breaks[1:]}))


def lines_of(words: str, pixels: float) -> int:
    """How many lines words take that are wrapped in so many pixels; no-break spaces hold."""
    letters = max(1, int(pixels / LETTER))
    return sum(max(1, len(wrap(part, letters))) for part in words.split("\n"))
