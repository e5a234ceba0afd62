"""Customers: who comes back, month of first purchase by month, and what each segment is worth."""

from __future__ import annotations

from xlkpi.scorecard.customers import CustomerView
from xlkpi.workbook.book import Book
from xlkpi.workbook.calculation import Calculation
from xlkpi.workbook.formats import NO_BREAK, day_told, decimals_for, told
from xlkpi.workbook.functions import if_error, sentence, total
from xlkpi.workbook.live import Live, live, serial
from xlkpi.workbook.page import Page

#: Cohorts, and months after the first purchase, that are shown.
COHORTS, MONTHS = 12, 12
WIDTHS = (14, 190, 84, *(68,) * MONTHS, 14)
LABEL, SIZE, FIRST = 1, 2, 3
SEGMENT_COLUMNS = ("customers", "purchases", "amount", "per_customer", "per_purchase", "frequency", "repeat", "share")


def customers(book: Book, made: Calculation) -> None:
    """Write the page."""
    view = book.context.customers
    assert view is not None, "the page is there only where customers are told apart"
    _Customers(book, made, view).write()


class _Customers:
    def __init__(self, book: Book, made: Calculation, view: CustomerView) -> None:
        self.book, self.made, self.view, self.text = book, made, view, book.text
        until = day_told(live(serial(view.last)), book.language) & f"{NO_BREAK}{view.last.year}"
        known = book.card.data.catalogue.measures.get(view.amount)
        second = sentence(
            book.text("customers.second"), {"source": view.source, "amount": book.say(known.name) if known else ""}
        )
        self.page = Page(
            book, "customers", WIDTHS, book.text("page.customers"), second,
            sentence(book.text("customers.until"), {"day": until}), book.say(book.card.project.name),
        )  # fmt: skip
        self.put, self.theme = self.page.put, book.theme

    def write(self) -> None:
        page = self.page
        page.heights(5, 10, 18, 26, 20, 12)
        page.back(6)
        self._headline()
        row = self._cohorts(10)
        row = self._segments(row + 1) if self.view.segments else row
        page.heights(row, 10, 18)
        note = self.text("customers.note", unnamed=f"{100 * self.view.unnamed:.0f}")
        self.put(row + 1, LABEL, note, font_size=8, font_color=self.theme.mute)
        page.finish(row + 1)

    def _headline(self) -> None:
        sheet, repeat = self.made.sheet, self.view.repeat
        row = self.made.rows(4)
        names = ("repeaters", "customers", "purchases", "days")
        numbers = (repeat.repeaters, repeat.customers, repeat.purchases, repeat.days_between)
        cells = {}
        for offset, (name, number) in enumerate(zip(names, numbers, strict=True)):
            sheet.put(row + offset, 0, name)
            cells[name] = sheet.put(row + offset, 1, float(number))
        language, currency = self.book.language, self.book.currency
        parts = {name: told(cell, "count", 0, language, currency) for name, cell in cells.items()}
        share = told(if_error(cells["repeaters"] / cells["customers"], 0), "percent", 1, language, currency)
        each = told(if_error(cells["purchases"] / cells["customers"], 0), "count", 1, language, currency)
        self.put(
            7, LABEL, sentence(self.text("customers.headline"), {**parts, "share": share}), font_size=14, bold=True
        )
        second = "customers.habits" if repeat.repeaters else "customers.no_habits"
        self.put(8, LABEL, sentence(self.text(second), {**parts, "each": each}), font_color=self.theme.mute)

    def _cohorts(self, row: int) -> int:
        """A row for each month of first purchase: how many of its customers bought again, month by month."""
        page, sheet, view = self.page, self.made.sheet, self.view
        made = view.cohorts
        shown = [i for i, size in enumerate(made.sizes) if size][-COHORTS:]
        last = FIRST + MONTHS - 1
        page.heights(row, 24, 20)
        page.section(row, LABEL, last, self.text("customers.retention"))
        page.sheet.fill(row + 1, LABEL, last, **page.header)
        self.put(row + 1, LABEL, self.text("customers.first_purchase"), **page.header)
        self.put(row + 1, SIZE, self.text("customers.size"), align="right", **page.header)
        for month in range(1, MONTHS + 1):
            self.put(row + 1, FIRST + month - 1, f"+{month}", align="right", **page.header)
        top = self.made.rows(len(shown) + 1)
        line = {"bottom": 1, "bottom_color": self.theme.hair}
        form = self.book.number_format("percent", 0)
        for number, i in enumerate(shown):
            at = row + 2 + number
            page.ws.set_row_pixels(at, 22)
            start = sheet.put(top + number, 0, view.months[i], num_format="yyyy-mm-dd")
            months = self.text("months_short").split()
            self.put(
                at, LABEL, f"{months[view.months[i].month - 1]} {view.months[i].year}".replace(" ", NO_BREAK), **line
            )
            size = sheet.put(top + number, 1, float(made.sizes[i]))
            self.put(at, SIZE, size, num_format="#,##0", align="right", **line)
            assert start.value is not None, "a cohort has a month"
            for month in range(1, MONTHS + 1):
                active = made.active[i][month] if month < len(made.active[i]) else None
                column = FIRST + month - 1
                if active is None:
                    page.sheet.fill(at, column, column, **line)
                    continue
                cell = sheet.put(top + number, 1 + month, float(active))
                self.put(at, column, if_error(cell / size, "–"), num_format=form, align="right", **line)
        end = row + 2 + len(shown)
        page.ws.conditional_format(row + 2, FIRST, end - 1, last, {
            "type": "2_color_scale", "min_color": "#FFFFFF", "max_color": self.theme.bar, "min_type": "num",
            "min_value": 0, "max_type": "max",
        })  # fmt: skip
        page.ws.set_row_pixels(end, 24)
        line = {"top": 1, "top_color": self.theme.ink, "bold": True}
        page.sheet.fill(end, LABEL, last, **line)
        self.put(end, LABEL, self.text("customers.together"), **line)
        sizes = sheet.span(top, 1, top + len(shown) - 1)
        self.put(end, SIZE, total(sizes), num_format="#,##0", align="right", **line)
        for month in range(1, MONTHS + 1):
            known = [
                n for n, i in enumerate(shown) if month < len(made.active[i]) and made.active[i][month] is not None
            ]
            if known:  # cohorts come in order, so that those old enough stand above
                again = sheet.span(top, 1 + month, top + known[-1])
                of = sheet.span(top, 1, top + known[-1])
                self.put(end, FIRST + month - 1, if_error(total(again) / total(of), "–"), num_format=form,
                         align="right", **line)  # fmt: skip
        return end + 1

    def _segments(self, row: int) -> int:
        """What each segment's customers bought."""
        page, sheet, view, book = self.page, self.made.sheet, self.view, self.book
        name = view.segment or ""
        title = sentence(self.text("customers.by_segment"), {"segment": book.text_or(f"dimension.{name}", name)})
        last = SIZE + 7
        page.heights(row - 1, 14)
        page.heights(row, 24, 32)
        page.section(row, LABEL, FIRST + MONTHS - 1, title)
        page.sheet.fill(row + 1, LABEL, last, **page.header)
        for offset, code in enumerate(SEGMENT_COLUMNS):
            self.put(
                row + 1, SIZE + offset, self.text(f"customers.{code}"), align="right", text_wrap=True, **page.header
            )
        money = decimals_for("currency", [1.0])
        forms = {
            "customers": "#,##0", "purchases": "#,##0", "amount": book.number_format("currency", 0),
            **dict.fromkeys(("per_customer", "per_purchase"), book.number_format("currency", money)),
            "frequency": "0.00", "repeat": book.number_format("percent", 0), "share": book.number_format("percent", 0),
        }  # fmt: skip
        top = self.made.rows(len(view.segments))
        for number, segment in enumerate(view.segments):
            sheet.put(top + number, 0, segment.name or self.text("customers.none"))
            for column, value in enumerate(
                (segment.customers, segment.purchases, segment.amount, segment.repeaters), start=1
            ):
                sheet.put(top + number, column, float(value))
        count = len(view.segments)
        sums = [sheet.span(top, column, top + count - 1) for column in (1, 2, 3, 4)]
        whole = sheet.put(self.made.rows(1), 1, total(sums[2]))
        for number in range(count + 1):
            at, heavy = row + 2 + number, number == count
            page.ws.set_row_pixels(at, 24)
            line = {"top": 1, "top_color": self.theme.ink, "bold": True} if heavy else {
                "bottom": 1, "bottom_color": self.theme.hair}  # fmt: skip
            page.sheet.fill(at, LABEL, last, **line)
            cells = [total(s) for s in sums] if heavy else [sheet.ref(top + number, c) for c in (1, 2, 3, 4)]
            label = self.text("customers.together") if heavy else sheet.ref(top + number, 0)
            self.put(at, LABEL, label, **{"bold": True, **line})
            buyers, bought, paid, again = cells
            values: dict[str, Live] = {
                "customers": buyers, "purchases": bought, "amount": paid, "per_customer": if_error(paid / buyers, "–"),
                "per_purchase": if_error(paid / bought, "–"), "frequency": if_error(bought / buyers, "–"),
                "repeat": if_error(again / buyers, "–"), "share": if_error(paid / whole, "–"),
            }  # fmt: skip
            if not view.valued:
                values |= dict.fromkeys(("amount", "per_customer", "per_purchase", "share"), live("–"))
            for offset, (code, cell) in enumerate(values.items()):
                self.put(at, SIZE + offset, cell, num_format=forms[code], align="right", **line)
        return row + 3 + count
