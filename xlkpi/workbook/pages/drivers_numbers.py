"""The numbers of driver trees on the calculation sheet: sums of the months that are compared, and figures of them."""

from __future__ import annotations

from collections.abc import Sequence

from xlkpi.scorecard.drivers import MONTHS, DriverView, is_stock
from xlkpi.workbook.book import Book
from xlkpi.workbook.calculation import Calculation
from xlkpi.workbook.formats import date_told
from xlkpi.workbook.functions import count_ifs, if_, if_error, month_end, sum_ifs
from xlkpi.workbook.kpi_cells import kpi_cell
from xlkpi.workbook.live import Live, live

#: Below every amount: a criterion that any number meets, and no blank.
_ANY = -1e15
#: The spans, by the places of their cells: how many months before the end of the chosen month they end.
_SPANS = {"before": 12, "now": 0}


class Numbers:
    """``figures`` has the cells of each figure before and now, by the places of its tree and of itself in it: 0 is
    the result, and the factors follow. ``keys`` are what the page's tables find them by, in the same places.
    """

    def __init__(self, book: Book, made: Calculation, view: DriverView, keys: Sequence[Sequence[str]]) -> None:
        assert book.data is not None, "the tables stand before the pages"
        self.book, self.made, self.view, self.keys = book, made, view, keys
        self.data = book.data
        self.spans = self._days()
        self.sums = self._sums()
        self.figures = self._figures()

    def told(self) -> dict[str, Live]:
        """The first and last days of both spans in words."""
        language = self.book.language
        return {
            f"{name}_{end}": date_told(cell, language)
            for name, days in self.spans.items()
            for end, cell in zip(("first", "last"), days, strict=True)
        }

    def _days(self) -> dict[str, tuple[Live, Live]]:
        sheet, end = self.made.sheet, self.made.period_end
        top = self.made.rows(len(_SPANS))
        form = "yyyy-mm-dd"
        return {
            name: (
                sheet.put(top + row, 1, month_end(end, -back - MONTHS) + 1, num_format=form),
                sheet.put(top + row, 2, month_end(end, -back), num_format=form),
            )
            for row, (name, back) in enumerate(_SPANS.items())
        }

    def _sums(self) -> dict[str, dict[str, Live]]:
        """Each column of the data table over both spans."""
        sheet, data = self.made.sheet, self.book.card.data
        columns = dict.fromkeys((tree.column(m, data), m) for tree in self.view.trees for m in tree.measures)
        top = self.made.rows(len(columns))
        found: dict[str, dict[str, Live]] = {}
        for row, (code, measure) in enumerate(columns, start=top):
            sheet.put(row, 0, code)
            found[code] = {
                name: sheet.put(row, place, self._sum(code, measure, self.spans[name]))
                for place, name in enumerate(_SPANS, start=1)
            }
        return found

    def _sum(self, code: str, measure: str, days: tuple[Live, Live]) -> Live:
        """The sum over the months of a span, of a stock its last month; nothing where a month is not known."""
        first, last = days
        if measure == "days":
            return last - first + 1
        if measure == "months":
            return live(float(MONTHS))
        if code not in self.data.kinds:
            return live("")
        span, stock = self.data.span(code), is_stock(self.book.card.data, measure)
        whole = (self.data.span("part"), "=", self.book.everything)
        until = ((self.data.span("end"), "=", last),) if stock else (
            (self.data.span("start"), ">=", first), (self.data.span("end"), "<=", last))  # fmt: skip
        known = count_ifs(whole, *until, (span, ">=", _ANY))
        return if_(known < (1 if stock else MONTHS), "", sum_ifs(span, whole, *until))

    def _figures(self) -> list[list[dict[str, Live]]]:
        """The figures of each tree; a dash where there is no number."""
        sheet, trees = self.made.sheet, self.view.trees
        top = self.made.rows(sum(1 + len(tree.factors) for tree in trees))
        found: list[list[dict[str, Live]]] = []
        row = top
        for number, tree in enumerate(trees):
            found.append([])
            for place, figure in enumerate((tree.result, *tree.factors)):
                sheet.put(row, 0, self.keys[number][place])
                values = {}
                for column, name in enumerate(_SPANS, start=1):
                    cells = {n: self.sums[tree.column(n, self.book.card.data)][name] for n in figure.formula.names}
                    cell = kpi_cell(figure.formula, cells, sheet)
                    values[name] = sheet.put(row, column, if_error(cell, "–"))
                found[-1].append(values)
                row += 1
        keys, last = self.made.keys, row - 1
        keys["drivers.figures"] = sheet.span(top, 0, last)
        for column, name in enumerate(_SPANS, start=1):
            keys[f"drivers.figure_{name}"] = sheet.span(top, column, last)
        return found
