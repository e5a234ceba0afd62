"""Reconciliation: the same figure as several sources tell it, and whether they agree."""

from __future__ import annotations

from xlkpi.cadence import Cadence
from xlkpi.scorecard.reconcile import Check, Told
from xlkpi.workbook.book import Book
from xlkpi.workbook.calculation import Calculation
from xlkpi.workbook.formats import NO_BREAK, change_format, day_told
from xlkpi.workbook.functions import absolute, if_, if_error, sentence, total
from xlkpi.workbook.live import Live, live, serial
from xlkpi.workbook.page import Page

WIDTHS = (14, 220, 150, 110, 150, 110, 110, 90, 90, 110, 120, 14)
NAMES = ("check", "reference", "total", "other", "total", "difference", "share", "tolerance", "months", "state")
_LEFT = ("check", "reference", "other", "state")


def reconcile(book: Book, made: Calculation) -> None:
    """Write the page."""
    checks = book.context.checks
    page = Page(book, "reconcile", WIDTHS, book.text("page.reconcile"), book.text("reconcile.second"))
    page.heights(5, 10, 18, 26, 10, 24)
    page.back(6)
    page.sheet.fill(9, 1, len(NAMES), **page.header)
    for column, name in enumerate(NAMES, start=1):
        align = "left" if name in _LEFT else "right"
        page.put(9, column, book.text(f"reconcile.{name}"), align=align, indent=int(name in ("other", "state")),
                 **page.header)  # fmt: skip
    pairs = [(check, other) for check in checks for other in check.told[1:]]
    row = 10 + len(pairs)
    flags = made.rows(len(pairs))
    for number, (check, other) in enumerate(pairs):
        state = _row(book, made, page, 10 + number, check, other)
        made.sheet.put(flags + number, 0, if_(state.same(book.text("reconcile.apart")), 1, 0))
    count = total(made.sheet.span(flags, 0, flags + len(pairs) - 1))
    many = sentence(book.text("reconcile.some"), {"n": count, "all": float(len(pairs))})
    page.put(7, 1, if_(count > 0, many, book.text("reconcile.none")), font_size=14, bold=True)
    page.put(row + 1, 1, book.text("reconcile.note"), font_size=8, font_color=page.theme.mute)
    page.finish(row + 1)


def _row(book: Book, made: Calculation, page: Page, row: int, check: Check, other: Told) -> Live:
    """A pair of sources; gives the cell that says whether they agree."""
    sheet, reference, count = made.sheet, check.told[0], len(check.months)
    top = made.rows(count)
    tolerance = sheet.put(made.rows(1), 0, check.tolerance)
    for i, month in enumerate(check.months):
        sheet.put(top + i, 0, month, num_format="yyyy-mm-dd")
        first, second = (sheet.put(top + i, c, t.values[i]) for c, t in ((1, reference), (2, other)))
        off = if_error(absolute(second / first - 1), if_(absolute(second) > 0, 1, 0))
        sheet.put(top + i, 3, if_(off > tolerance, 1, 0))
    sums = [total(sheet.span(top, c, top + count - 1)) for c in (1, 2, 3)]
    known = book.card.data.catalogue.measures
    unit = known[reference.measure].unit if reference.measure in known else "count"
    form = book.number_format(unit, 0)
    line = {"bottom": 1, "bottom_color": page.theme.hair}
    right = {"align": "right", **line}
    page.ws.set_row_pixels(row, 30)
    page.sheet.fill(row, 1, len(NAMES), **line)
    since, until = (
        day_told(live(serial(day)), book.language) & f"{NO_BREAK}{day.year}"
        for day in (check.months[0], Cadence("monthly").end_of(check.months[-1]))
    )
    name = sentence("{name} ({since} – {until})", {"name": book.say(check.name), "since": since, "until": until})
    page.put(row, 1, name, bold=True, text_wrap=True, **line)
    page.put(row, 2, reference.source, **line)
    mine = page.put(row, 3, sums[0], num_format=form, **right)
    page.put(row, 4, other.source, indent=1, **line)
    theirs = page.put(row, 5, sums[1], num_format=form, **right)
    page.put(row, 6, theirs - mine, num_format=book.number_format(unit, 0, gap=True), **right)
    share = page.put(row, 7, if_error(theirs / mine - 1, 0), num_format=change_format(1, book.language), **right)
    limit = page.put(row, 8, check.tolerance, num_format=book.number_format("percent", 1), **right)
    page.put(row, 9, sums[2], num_format="0", **right)
    words = [book.text(f"reconcile.{code}") for code in ("apart", "agree")]
    state = page.put(row, 10, if_(absolute(share) > limit, *words), bold=True, indent=1, **line)
    cell = page.sheet.address(row, 10).split("!")[1]
    for word, colour in zip(words, (page.theme.bad, page.theme.good), strict=True):
        page.ws.conditional_format(row, 10, row, 10, {
            "type": "formula", "criteria": f"={cell}={live(word).text}",
            "format": book.format.plain(font_color=colour),
        })  # fmt: skip
    return state
