"""Reconciliation: the same figure as several sources tell it, in all and month by month, and whether they agree."""

from __future__ import annotations

from dataclasses import dataclass

from xlkpi.scorecard.reconcile import HISTORY, Check, Told
from xlkpi.workbook.book import Book
from xlkpi.workbook.calculation import Calculation
from xlkpi.workbook.formats import change_format, date_format, date_told
from xlkpi.workbook.functions import (
    absolute,
    count_ifs,
    if_,
    if_error,
    index,
    is_number,
    match,
    month_end,
    most,
    sentence,
    sum_ifs,
)
from xlkpi.workbook.live import Live, Span, live
from xlkpi.workbook.page import Page

#: Months that are compared, up to the one that is chosen.
MONTHS = 12
WIDTHS = (14, 250, *(92,) * MONTHS, 14)
NAMES = ("check", "reference", "total", "other", "total", "difference", "share", "tolerance", "months", "state")
_LEFT = ("check", "reference", "other", "state")
HEADER = 9


def reconcile(book: Book, made: Calculation) -> None:
    """Write the page."""
    _Reconciliation(book, made).write()


@dataclass(frozen=True)
class _Pair:
    """A source held to the reference: its months on the calculation sheet, and what is told of them."""

    check: Check
    other: Told
    months: Span
    mine: Span
    theirs: Span
    gaps: Span
    beyond: Span
    tolerance: Live


class _Reconciliation:
    def __init__(self, book: Book, made: Calculation) -> None:
        self.book, self.made, self.text = book, made, book.text
        self.page = Page(book, "reconcile", WIDTHS, book.text("page.reconcile"), book.text("reconcile.second"))
        self.put, self.theme = self.page.put, book.theme
        sheet, end = made.sheet, made.period_end
        self.since = sheet.put(made.rows(1), 1, month_end(end, -MONTHS) + 1, num_format="yyyy-mm-dd")
        self.until = end

    def write(self) -> None:
        page, text = self.page, self.text
        page.heights(5, 10, 18, 26, 10, 24)
        page.back(6)
        page.sheet.fill(HEADER, 1, MONTHS + 1, **page.header)
        for column, name in enumerate(NAMES, start=1):
            align = "left" if name in _LEFT else "right"
            self.put(HEADER, column, text(f"reconcile.{name}"), align=align,
                     indent=int(name in ("other", "state")), **page.header)  # fmt: skip
        pairs = [self._pair(check, other) for check in self.book.context.checks for other in check.told[1:]]
        states = [self._row(HEADER + 1 + number, pair) for number, pair in enumerate(pairs)]
        flags = self.made.rows(len(pairs))
        for number, state in enumerate(states):
            self.made.sheet.put(flags + number, 0, state)
        agreeing = (self.made.sheet.span(flags, 0, flags + len(pairs) - 1), "=", text("reconcile.agree"))
        apart = float(len(pairs)) - count_ifs(agreeing)
        many = sentence(text("reconcile.some"), {"n": apart, "all": float(len(pairs))})
        self.put(7, 1, if_(apart > 0, many, text("reconcile.none")), font_size=14, bold=True)
        row = HEADER + 1 + len(pairs)
        page.heights(row, 16, 24, 22)
        page.section(row + 1, 1, MONTHS + 1, text("reconcile.by_month"))
        self._months(row + 2, pairs)
        row += 3 + len(pairs)
        page.ws.set_row_pixels(row + 1, 18)
        self.put(row + 1, 1, text("reconcile.note"), font_size=8, font_color=self.theme.mute)
        page.finish(row + 1)

    def _pair(self, check: Check, other: Told) -> _Pair:
        """Every month of two sources, and by how much they differ: a month that one lacks is one that differs."""
        sheet = self.made.sheet
        top = self.made.rows(HISTORY)
        tolerance = sheet.put(self.made.rows(1), 0, check.tolerance)
        for i, month in enumerate(check.months):
            sheet.put(top + i, 0, month, num_format="yyyy-mm-dd")
            first, second = (sheet.put(top + i, c, t.values[i]) for c, t in ((1, check.told[0]), (2, other)))
            gap = sheet.put(top + i, 3, if_error(second / first - 1, if_(absolute(second) > 0, 1, 0)))
            sheet.put(top + i, 4, if_(absolute(gap) > tolerance, 1, 0))
        months, mine, theirs, gaps, beyond = (sheet.span(top, c, top + HISTORY - 1) for c in range(5))
        return _Pair(check, other, months, mine, theirs, gaps, beyond, tolerance)

    def _row(self, row: int, pair: _Pair) -> Live:
        """A pair of sources over the months up to the chosen one; gives the cell that says whether they agree."""
        page, book, text, check = self.page, self.book, self.text, pair.check
        reference, other = check.told[0], pair.other
        unit = book.card.data.catalogue.shown_unit(reference.measure)
        form = book.number_format(unit, 0)
        line = {"bottom": 1, "bottom_color": self.theme.hair}
        right, words = {"align": "right", **line}, {"text_wrap": True, **line}
        page.ws.set_row_pixels(row, 34)
        page.sheet.fill(row, 1, MONTHS + 1, **line)
        span = ((pair.months, ">=", self.since), (pair.months, "<=", self.until))
        shared = count_ifs(*span)
        begin = most(self.since, index(pair.months, 1.0))
        since, until = (date_told(day, book.language) for day in (begin, self.until))
        name = sentence("{name} ({since} – {until})", {"name": book.say(check.name), "since": since, "until": until})
        self.put(row, 1, if_(shared > 0, name, book.say(check.name)), bold=True, **words)
        self.put(row, 2, reference.source, **words)
        mine = self.put(row, 3, if_(shared > 0, sum_ifs(pair.mine, *span), "–"), num_format=form, **right)
        self.put(row, 4, other.source, indent=1, **words)
        theirs = self.put(row, 5, if_(shared > 0, sum_ifs(pair.theirs, *span), "–"), num_format=form, **right)
        apart = book.number_format(unit, 0, gap=True)
        self.put(row, 6, if_error(theirs - mine, "–"), num_format=apart, **right)
        share = self.put(row, 7, if_error(theirs / mine - 1, "–"), num_format=change_format(1, book.language), **right)
        self.put(row, 8, pair.tolerance, num_format=book.number_format("percent", 1), **right)
        beyond = self.put(row, 9, if_(shared > 0, sum_ifs(pair.beyond, *span), "–"), num_format="0", **right)
        said = [text(f"reconcile.{code}") for code in ("apart", "sudden", "agree", "nothing")]
        state = if_(absolute(share) > pair.tolerance, said[0], if_(beyond > 0, said[1], said[2]))
        state = self.put(row, 10, if_(is_number(share), state, said[3]), bold=True, indent=1, **line)
        address = page.sheet.address(row, 10).split("!")[1]
        for word, colour in zip(said, (self.theme.bad, self.theme.warn, self.theme.good, self.theme.mute), strict=True):
            page.ws.conditional_format(row, 10, row, 10, {
                "type": "formula", "criteria": f"={address}={live(word).text}",
                "format": book.format.plain(font_color=colour),
            })  # fmt: skip
        return state

    def _months(self, header: int, pairs: list[_Pair]) -> None:
        """By how much the sources differ in each month, what is beyond the tolerance in bold."""
        page, book = self.page, self.book
        style = {**page.header, "align": "right", "num_format": date_format(book.language).replace("]d ", "]")}
        page.sheet.fill(header, 1, MONTHS + 1, **page.header)
        months = [self.put(header, 2 + k, month_end(self.until, k - MONTHS) + 1, **style) for k in range(MONTHS)]
        line = {"bottom": 1, "bottom_color": self.theme.hair}
        form = {"num_format": change_format(1, book.language), "align": "right"}
        for row, pair in enumerate(pairs, start=header + 1):
            page.ws.set_row_pixels(row, 24)
            names = f"{book.say(pair.check.name)} – {pair.other.source}"
            self.put(row, 1, names, bold=True, **line)
            for column, month in enumerate(months, start=2):
                self.put(row, column, if_error(index(pair.gaps, match(month, pair.months)), "–"), **form, **line)
            first, last = (page.sheet.address(row, c).split("!")[1].replace("$", "") for c in (2, MONTHS + 1))
            limit = page.sheet.address(HEADER + row - header, 8).split("!")[1]
            test = f"=AND(ISNUMBER({first}),ABS({first})>{limit})"
            page.ws.conditional_format(f"{first}:{last}", {
                "type": "formula", "criteria": test,
                "format": book.format.plain(font_color=self.theme.bad, bold=True),
            })  # fmt: skip
