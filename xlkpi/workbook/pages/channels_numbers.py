"""What the page of channels compares: amounts by part over twelve months, as sums of the measures by month."""

from __future__ import annotations

from dataclasses import dataclass

from xlkpi.scorecard.selections import MOST_CHOICES
from xlkpi.workbook.book import Book
from xlkpi.workbook.calculation import Calculation
from xlkpi.workbook.data_table import DataTable
from xlkpi.workbook.exact import sum_where
from xlkpi.workbook.functions import if_, if_error, index, large, match, month_end, total
from xlkpi.workbook.layout import Amount
from xlkpi.workbook.live import Live, Span

#: The first row of the page's table.
TOP = 12


@dataclass(frozen=True)
class Found:
    """An amount of the layout with the measures that sources deliver for it, its name and its unit."""

    amount: Amount
    measure: str
    per: str | None
    name: str
    of: str
    unit: str
    place: int


def found(book: Book, amount: Amount, data: DataTable, place: int) -> Found | None:
    """What stands for an amount in the data; None where a measure is lacking, or does not add up over months.

    A workbook that is refreshed keeps the measures that it was built with: 1 is the first one, 0 none.
    """
    known = book.card.data.catalogue.measures

    def first(names: tuple[str, ...]) -> str | None:
        return next((n for n in names if n in known and known[n].aggregate == "sum" and by_part(n)), None)

    everything = book.everything

    def by_part(name: str) -> bool:
        values = zip(data.columns["part"], data.columns.get(name, ()), strict=False)
        return any(value is not None and part != everything for part, value in values)

    measure, per = (_kept(book, names, first(names), f"channels.amount.{place}.{key}")
                    for key, names in (("measure", amount.measure), ("per", amount.per)))  # fmt: skip
    if measure is None or (amount.per and per is None):
        return None
    usual = measure == amount.measure[0] and (per is None or per == amount.per[0])
    labels = [book.say(known[n].name) if n in known else n for n in (measure, per) if n]
    name = book.say(amount.name) if usual else " / ".join(labels)
    of = book.say(amount.of) if usual else f"({name})"
    unit = known[measure].unit if measure in known and not (usual or per) else amount.unit
    return Found(amount, measure, per, name, of, unit, place)


def _kept(book: Book, names: tuple[str, ...], chosen: str | None, what: str) -> str | None:
    number = book.places(what, names.index(chosen) + 1 if chosen else 0)
    return names[number - 1] if 0 < number <= len(names) else None


class Numbers:
    """The sums by part on the calculation sheet, and the order in which the page shows the parts."""

    def __init__(self, book: Book, made: Calculation, data: DataTable) -> None:
        self.book, self.made, self.data = book, made, data
        layout = book.layout.channels
        assert layout is not None, "load_layout gives every layout its channels"
        self.left, self.right, self.line = (
            found(book, a, data, i) for i, a in enumerate((layout.left, layout.right, layout.line))
        )
        columns = [found(book, a, data, i) for i, a in enumerate(layout.columns, start=3)]
        self.columns = [c for c in columns if c is not None]
        kept = book.existing.state.room.get("channels.rows", 0) if book.existing else 0
        self.count = max(len(book.choices.choices), kept)
        every = [f for f in (self.left, self.right, self.line, *self.columns) if f is not None]
        self.measures = list(dict.fromkeys(m for f in every for m in (f.measure, f.per) if m))
        if self.count and self.measures:
            self._sums()
            self._order()

    @property
    def some(self) -> bool:
        """Whether there is anything to compare."""
        return bool(self.count and self.measures and (self.left or self.right))

    def _sums(self) -> None:
        made, sheet, data = self.made, self.made.sheet, self.data
        first = self.first = made.rows(self.count, MOST_CHOICES)
        since = sheet.put(made.rows(1), 1, month_end(made.period_end, -12) + 1)
        for number in range(self.count):
            row = first + number
            name = sheet.put(row, 0, if_error(index(made.choices, float(number + 2)), ""))
            where = ((data.span("part"), "=", name), (data.span("end"), ">=", since),
                     (data.span("end"), "<=", made.period_end))  # fmt: skip
            for column, measure in enumerate(self.measures, start=1):
                sheet.put(row, column, sum_where(data.span(measure), *where))
        self.last = first + MOST_CHOICES - 1
        self.names = sheet.span(first, 0, self.last)
        self.spans = {m: sheet.span(first, c, self.last) for c, m in enumerate(self.measures, start=1)}
        self.totals = {m: sheet.put(made.rows(1), 1, total(span)) for m, span in self.spans.items()}

    def _order(self) -> None:
        """Parts by the left share, those without it by the right one; parts without any amount are left out."""
        made, sheet = self.made, self.made.sheet
        column = len(self.measures) + 1
        sides = [side.measure for side in (self.left, self.right) if side]
        for number in range(self.count):
            row = self.first + number
            order: Live | float = (self.count - number) / 1_000_000_000
            for weight, measure in zip((1.0, 1e-3), sides, strict=False):
                cell = sheet.ref(row, 1 + self.measures.index(measure))
                order = if_error(cell / self.totals[measure], 0) * weight + order
            some: Live | float = 0.0
            for place in range(len(self.measures)):
                some = sheet.ref(row, 1 + place) + some
            assert isinstance(some, Live), "there is a measure"
            sheet.put(row, column, if_(some > 0, order, ""))
        ranks: Span = sheet.span(self.first, column, self.last)
        active = max(1, sum(isinstance(v, float) for v in ranks.values))
        self.shown = self.book.lines("channels.rows", active, "channels", TOP)
        start = made.rows(self.count, MOST_CHOICES)
        self.places = [
            sheet.put(start + k, 0, if_error(match(large(ranks, float(k + 1)), ranks), "")) for k in range(self.count)
        ]
        self.shares = start
        for rank, at in enumerate(self.places):
            for place, side in ((1, self.left), (2, self.right)):
                share = if_error(self.of(side, at) / self.totals[side.measure], 0) if side else 0.0
                sheet.put(start + rank, place, share)
            sheet.put(start + rank, 3, 0 - sheet.ref(start + rank, 1))
            sheet.put(start + rank, 4, sheet.ref(start + rank, 2) - sheet.ref(start + rank, 1))
        self.book.stretch("channels.rows", (start, 2, 3))

    def of(self, what: Found, at: Live) -> Live:
        """An amount of the part at a place; an error where there is none."""
        above = index(self.spans[what.measure], at)
        return above / index(self.spans[what.per], at) if what.per else above

    def whole(self, what: Found) -> Live:
        """An amount of all parts together."""
        above = self.totals[what.measure]
        return above / self.totals[what.per] if what.per else above

    def name(self, at: Live) -> Live:
        return index(self.names, at)
