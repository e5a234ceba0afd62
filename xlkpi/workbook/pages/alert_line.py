"""The alerts in a line on the first page, which leads to theirs."""

from __future__ import annotations

from xlkpi.workbook.alert_cells import alert_cells
from xlkpi.workbook.book import Book
from xlkpi.workbook.calculation import Calculation
from xlkpi.workbook.functions import before, hyperlink, if_, if_error, index, match, most, sentence, shortened
from xlkpi.workbook.live import Given, Live
from xlkpi.workbook.page import Page

#: Where the line stands, under the result in a sentence.
ROW, COLUMN = 9, 2


def alert_line(book: Book, made: Calculation, page: Page) -> None:
    """How many alerts there are on the chosen day, and the gravest; nothing without their page."""
    if "alerts" not in book.sheets:
        return
    page.ws.set_row_pixels(ROW, 22)
    to = book.sheets["alerts"].address(0, 0).replace("$", "")
    page.put(ROW, COLUMN, hyperlink(to, _told(book, made)), font_color=page.theme.accent, bold=True)
    grave = made.sheet.put(made.rows(1), 1, most(alert_cells(book, made).scores))
    page.ws.conditional_format(ROW, COLUMN, ROW, COLUMN, {
        "type": "formula", "criteria": f"={grave.text}>2000", "format": book.format.plain(font_color=page.theme.bad),
    })  # fmt: skip


def _told(book: Book, made: Calculation) -> Live:
    cells = alert_cells(book, made)
    worst = made.sheet.put(made.rows(1), 1, most(cells.scores))
    at = index(cells.objectives, match(worst, cells.scores))
    name = shortened(before(index(made.tables.objectives.span("kpi"), at), " ("), 40)
    parts: dict[str, Given] = {"n": cells.count, "title": cells.text("title", worst), "name": name}
    many = sentence(book.text("alerts.strip_many"), parts)
    one = sentence(book.text("alerts.strip_one"), parts)
    told = if_(cells.count.same(0), book.text("alerts.none"), if_(cells.count.same(1), one, many))
    return if_error(told, book.text("alerts.none")) & "  ›"
