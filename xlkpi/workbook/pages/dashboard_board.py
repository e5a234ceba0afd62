"""What the sections of the first page share: its columns, and how objectives are found."""

from __future__ import annotations

from typing import Any

from xlkpi.workbook.book import Book
from xlkpi.workbook.calculation import Calculation
from xlkpi.workbook.formats import day_told
from xlkpi.workbook.functions import (
    if_,
    if_error,
    index,
    match,
    sentence,
    year_of,
)
from xlkpi.workbook.live import Live
from xlkpi.workbook.page import Page

#: Columns in pixels; the two thirds of the page below share them.
WIDTHS = (14, 24, 224, 114, 24, 88, 104, 70, 24, 100, 26, 140, 16, 190, 38, 14)
MARGIN, MARK, NAME, ACTUAL, GAP1, TARGET, VARIANCE, PACE = range(8)
STATUS_MARK, STATUS, GAP2, LINE, GAP3, BULLET, BULLET_END, END = range(8, 16)
KEY = END + 1
#: Where the drop-downs are.
CHOICES = (7, LINE, BULLET)
TIERS = ("strategic", "operational")
#: Statuses in the order in which they are counted and explained.
SHOWN = ("achieved", "on_track", "at_risk", "behind", "overdue", "not_started", "no_data")


class Board:
    """The page with what its sections share; ``position`` finds the objective of each place."""

    def __init__(self, book: Book, made: Calculation) -> None:
        self.book, self.made = book, made
        day = sentence(book.text("as_of"), {"day": day_told(made.as_of, book.language), "year": year_of(made.as_of)})
        sources = book.text("sources", count=len(book.card.project.sources))
        title = book.say(book.layout.title) or book.text("page_title.dashboard")
        self.tiers = book.layout.tiers
        self.page = Page(book, "dashboard", WIDTHS, title, book.say(book.card.project.name), day, sources)
        self.put = self.page.put
        self.theme = book.theme
        self.small: dict[str, Any] = {"font_size": 8, "font_color": self.theme.mute}
        self.slots = made.tables.slots
        self.position: dict[str, Live] = {}
        self.counts: dict[str, Live] = {}
        self.find()

    def find(self) -> None:
        """Where each place of the page finds its objective on the calculation sheet."""
        sheet, made = self.made.sheet, self.made
        slots = [slot for tier in self.tiers for slot in self.slots[tier]]
        first = made.rows(len(slots) + 1)
        sheet.put(first, 0, "slots")
        for row, slot in enumerate(slots, start=first + 1):
            sheet.put(row, 0, slot)
            self.position[slot] = sheet.put(row, 1, if_error(match(slot, made.now.span("slot")), ""))

    def at(self, column: str, position: Live) -> Live:
        """An objective's cell; an empty text where there is none."""
        cell = self.made.now.at(column, position)
        return if_error(if_(cell.blank, "", cell), "")

    def dash(self, column: str, position: Live) -> Live:
        cell = self.made.now.at(column, position)
        return if_error(if_(cell.blank, "–", cell), "–")

    def table(self, column: str, position: Live) -> Live:
        """A text of the objectives' table."""
        cell = index(self.made.tables.objectives.span(column), position)
        return if_error(if_(cell.blank, "–", cell), "–")
