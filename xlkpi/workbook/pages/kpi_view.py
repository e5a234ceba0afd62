"""What the sections of a KPI's page share: which objective it shows, and how to read its numbers."""

from __future__ import annotations

from xlkpi.cadence import CODES
from xlkpi.scorecard.selections import Selected
from xlkpi.workbook.book import Book
from xlkpi.workbook.calculation import Calculation
from xlkpi.workbook.formats import day_told
from xlkpi.workbook.functions import (
    if_,
    if_error,
    index,
    is_number,
    sentence,
    shortened,
    year_of,
)
from xlkpi.workbook.live import Live
from xlkpi.workbook.page import Page

WIDTHS = (14, 150, 96, 62, 98, 82, 28, 170, 96, 96, 96, 80, 80, 14)
LEFT, VALUE, RIGHT, END = 1, 5, 7, 12
KEY = len(WIDTHS)
#: Periods of the chart: up to the present one, and ahead.
PAST, AHEAD = 13, 12
#: Parts that are listed.
PARTS = 8


class View:
    """A page that shows the objective at a live position of the calculation."""

    def __init__(self, book: Book, made: Calculation, id: str, at: Live, *, chooses: bool = False) -> None:
        self.book, self.made, self.id, self.at, self.chooses = book, made, id, at, chooses
        self.sheet = made.sheet
        day = sentence(book.text("as_of"), {"day": day_told(made.as_of, book.language), "year": year_of(made.as_of)})
        level = if_(self.now("level").same("strategic"), book.text("level.strategic"), book.text("level.operational"))
        owner = if_(self.table("owner").blank, "", sentence(book.text("kpi.owner"), {"owner": self.table("owner")}))
        second = if_error(level & owner, "")
        #: Whether there is an objective: a page stays when its own one is gone.
        self.shows = is_number(at)
        title = if_(self.shows, shortened(if_error(self.table("kpi"), "–"), 60), book.text("kpi.none"))
        self.page = Page(book, id, WIDTHS, title, second, day, made.choice)
        self.put, self.theme, self.ws = self.page.put, book.theme, self.page.ws
        number = self._built()
        table = made.tables.objectives
        selected = made.tables.order[number] if number is not None else None
        outlook = selected.result.outlook if selected else None
        shown = selected.result.series if selected and not chooses else None
        #: Whether periods are at least months, whatever is chosen.
        self.monthly = shown is not None and shown.cadence.rank >= CODES.index("monthly")
        ahead = min(AHEAD, len(outlook.periods)) if outlook and not chooses else 9 if chooses else 1
        self.ahead = book.places(f"{id}.ahead", ahead)
        counts = [_parts_with_values(s) for s in made.tables.order if chooses or s is selected]
        #: How many parts have a value.
        self.parts = min(PARTS, max(counts, default=0))
        self.points = if_(self.known("unit").same("percent"), 100, 1)
        self.unit, form = ("count", "count0") if number is None else (
            str(table.columns[code][number]) for code in ("unit", "format"))  # fmt: skip
        self.decimals = int(form[len(self.unit) :])

    def _built(self) -> int | None:
        """The objective that the page shows when it is built, from 0."""
        value = self.at.number
        return int(value) - 1 if value else None

    def now(self, column: str) -> Live:
        return self.made.now.at(column, self.at)

    def known(self, column: str) -> Live:
        cell = self.now(column)
        return if_error(if_(cell.blank, "", cell), "")

    def dash(self, cell: Live) -> Live:
        return if_error(if_(cell.blank, "–", cell), "–")

    def table(self, column: str) -> Live:
        objectives = self.made.tables.objectives
        cell = index(objectives.span(column), self.at)
        return if_error(cell & "" if objectives.kinds[column] == "text" else if_(cell.blank, "", cell), "")

    def form(self, *, gap: bool = False) -> str:
        return self.book.number_format(self.unit, self.decimals, gap=gap)

    def put_calc(self, content: Live) -> Live:
        """Work something out beside the other calculations."""
        return self.sheet.put(self.made.rows(1), 1, content)


def _parts_with_values(selected: Selected) -> int:
    """How many parts of an objective have a value at all."""
    return sum(any(v == v for v in part.series.values) for part in selected.parts.values())
