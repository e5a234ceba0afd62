"""Drivers: what made a result change, what would happen if, and what it takes to reach the target."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from xlkpi.analysis.drivers import NEAR
from xlkpi.scorecard.drivers import DriverTree, DriverView, Figure
from xlkpi.workbook.book import Book
from xlkpi.workbook.calculation import Calculation
from xlkpi.workbook.formats import change_format, decimals_for, told
from xlkpi.workbook.functions import (
    absolute,
    count_ifs,
    exponential,
    if_,
    if_error,
    index,
    logarithm,
    match,
    most,
    sentence,
    sum_if,
)
from xlkpi.workbook.live import Given, Live, Value
from xlkpi.workbook.page import Page
from xlkpi.workbook.pages.drivers_numbers import Numbers
from xlkpi.workbook.people import Column, PeopleTable, Row, Shown, TableRow, write_people

#: Between a result and a factor where figures are found by both.
KEY = "|"
#: What the result is to be where nobody says: the present one and this much more.
MORE = 1.1
CHART = 190
_TREE = ("trees", "before", "now", "mean", "offset", "target", "scale")


def _of_tree(row: TableRow, name: str) -> Live:
    """A number of the row's tree, on the calculation sheet."""
    spans = row.made.keys
    return index(spans[f"drivers.{name}"], match(row["result"], spans["drivers.trees"]))


def _figure(row: TableRow, when: str, name: Given) -> Live:
    spans = row.made.keys
    return if_error(index(spans[f"drivers.figure_{when}"], match(name, spans["drivers.figures"])), "–")


def _factor(when: str) -> Callable[[TableRow], Live]:
    """A factor in one of the spans."""
    return lambda row: _figure(row, when, row["result"] & KEY & row["factor"])


def _whole(when: str) -> Callable[[TableRow], Live]:
    """A result in one of the spans."""
    return lambda row: _figure(row, when, row["result"] & KEY)


def _change(row: TableRow) -> Live:
    return if_error(row["now"] / row["before"] - 1, "–")


def _contribution(row: TableRow) -> Live:
    """The factor's part in the change of the result: logarithmic mean × logarithm of its change."""
    part = row["power"] * _of_tree(row, "mean") * logarithm(row["now"] / row["before"])
    return if_error(part * _of_tree(row, "scale"), "–")


def _supposed(row: TableRow) -> Live:
    return if_error(row["now"] * (row["what_if"] + 1), "–")


def _needed(row: TableRow) -> Live:
    """What this factor alone must become for the result to reach its target."""
    offset = _of_tree(row, "offset")
    times = (_of_tree(row, "target") - offset) / (_of_tree(row, "now") - offset)
    return if_error(if_(row["power"] > 0, row["now"] * times, row["now"] / times), "–")


def _gap(row: TableRow) -> Live:
    return if_error((row["target"] - row["supposed"]) * _of_tree(row, "scale"), "–")


def _points(tree: DriverTree) -> float:
    """Differences between percentages are told in points."""
    return 100.0 if tree.result.unit == "percent" else 1.0


def _result(row: TableRow) -> Live:
    """The product of the factors as supposed: logarithms add up."""
    spans = row.made.keys
    of, logarithms = spans["drivers.rows"], spans["drivers.logarithms"]
    unknown = count_ifs((of, "=", row["result"]), (logarithms, "=", "–")) > 0
    product = exponential(sum_if(of, row["result"], logarithms))
    return if_error(if_(unknown, "–", product + _of_tree(row, "offset")), "–")


DRIVERS = PeopleTable("drivers", "xlkpi_drivers", (
    Column("result", "text", 190, filled="refreshed"), Column("factor", "text", 230, filled="refreshed"),
    Column("before", "computed", 96, compute=_factor("before"), form="#,##0"),
    Column("now", "computed", 96, compute=_factor("now"), form="#,##0"),
    Column("change", "computed", 84, compute=_change, form="0"),
    Column("contribution", "computed", 112, compute=_contribution, form="#,##0"),
    Column("what_if", "percent", 104, least=-1.0, most=100.0),
    Column("supposed", "computed", 104, compute=_supposed, form="#,##0"),
    Column("needed", "computed", 110, compute=_needed, form="#,##0"),
    Column("power", "number", 64, filled="refreshed", form="+0;\u22120"),
), keys=("result", "factor"), free_rows=0)  # fmt: skip
RESULTS = PeopleTable("drivers", "xlkpi_results", (
    Column("result", "text", 190, filled="refreshed"), Column("formula", "text", 230, filled="refreshed"),
    Column("before", "computed", 96, compute=_whole("before"), form="#,##0"),
    Column("now", "computed", 96, compute=_whole("now"), form="#,##0"),
    Column("change", "computed", 84, compute=_change, form="0"), Column("target", "number", 112),
    Column("supposed", "computed", 104, compute=_result, form="#,##0"),
    Column("gap", "computed", 104, compute=_gap, form="#,##0"),
), keys=("result",), free_rows=0)  # fmt: skip
#: Where columns stand on the sheet.
BEFORE, NOW, CHANGE, CONTRIBUTION, SUPPOSED, NEEDED = 3, 4, 5, 6, 8, 9
TARGET, RESULT_SUPPOSED, GAP = 6, 7, 8


def drivers(book: Book, made: Calculation) -> None:
    """Write the page."""
    view = book.context.drivers
    assert view is not None, "the page is there only where there are trees"
    _Drivers(book, made, view).write()


class _Drivers:
    def __init__(self, book: Book, made: Calculation, view: DriverView) -> None:
        self.book, self.made, self.view, self.text = book, made, view, book.text
        self.names = [self._name(tree.result) for tree in view.trees]
        keys = [[name + KEY, *(name + KEY + self._name(f) for f in tree.factors)]
                for name, tree in zip(self.names, view.trees, strict=True)]  # fmt: skip
        self.numbers = Numbers(book, made, view, keys)
        self.widths = (14, *(c.width for c in DRIVERS.columns), 14)
        self.page = Page(
            book, "drivers", self.widths, book.text("page.drivers"), book.text("drivers.second"),
            sentence(book.text("drivers.spans"), self.numbers.told()), book.say(book.card.project.name),
        )  # fmt: skip
        self.put, self.theme = self.page.put, book.theme

    def _name(self, figure: Figure) -> str:
        return self.book.text_or(f"drivers.figure.{figure.id}", self.book.say(figure.name) or figure.id)

    def _form(self, figure: Figure, *, gap: bool = False) -> str:
        decimals = decimals_for(figure.unit, [figure.now, figure.before])
        return self.book.number_format(figure.unit, decimals, gap=gap)

    def write(self) -> None:
        page, count = self.page, len(self.view.trees)
        page.heights(5, 10, 18, 26, 20, 10)
        page.back(6)
        header = 10
        first_factor = header + count + 4
        self._trees(header, first_factor)
        self._factors(first_factor, header)
        self._headline(first_factor)
        row = first_factor + sum(len(t.factors) for t in self.view.trees) + 2
        row = self._charts(row, first_factor)
        for number, key in enumerate(("product", "needed"), start=row):
            page.ws.set_row_pixels(number, 18)
            self.put(number, 1, self.text(f"drivers.note.{key}"), font_size=8, font_color=self.theme.mute)
        page.finish(row + 1, repeat=(header, header), protect=False)

    def _trees(self, header: int, first_factor: int) -> None:
        """The numbers of the trees on the calculation sheet, and the table of results."""
        sheet, count = self.made.sheet, len(self.view.trees)
        factors = sum(len(t.factors) for t in self.view.trees)
        top, rows = self.made.rows(count), self.made.rows(factors)
        for number, tree in enumerate(self.view.trees):
            target = Live(self.page.sheet.address(header + 1 + number, TARGET), self._target(number, tree))
            sheet.put(top + number, 0, self.names[number])
            made = {n: sheet.put(top + number, c, self.numbers.figures[number][0][n]) for n, c in (
                ("before", 1), ("now", 2))}  # fmt: skip
            sheet.put(top + number, 5, if_(target.blank, "", target))
            offset = sheet.put(top + number, 4, tree.offset)
            low, high = made["before"] - offset, made["now"] - offset
            same = absolute(high / low - 1) < NEAR
            mean = if_(same, (high + low) / 2, (high - low) / logarithm(high / low))
            sheet.put(top + number, 3, if_error(mean, ""))
            sheet.put(top + number, 6, _points(tree))
        keys = self.made.keys
        for name, column in zip(_TREE, range(7), strict=True):
            keys[f"drivers.{name}"] = sheet.span(top, column, top + count - 1)
        at = 0
        for tree_number, tree in enumerate(self.view.trees):
            for place, figure in enumerate(tree.factors, start=1):
                supposed = self._supposed_value(tree_number, place, figure)
                cell = Live(self.page.sheet.address(first_factor + 1 + at, SUPPOSED), supposed)
                sheet.put(rows + at, 0, self.names[tree_number])
                sheet.put(rows + at, 1, if_error(logarithm(cell) * float(figure.power), "–"))
                at += 1
        keys["drivers.rows"] = sheet.span(rows, 0, rows + factors - 1)
        keys["drivers.logarithms"] = sheet.span(rows, 1, rows + factors - 1)
        given: list[Row] = [
            {
                "result": self.names[n], "formula": self._formula(tree),
                "target": Shown(self._target(n, tree), self._form(tree.result)),
            }
            for n, tree in enumerate(self.view.trees)
        ]  # fmt: skip
        write_people(self.book, self.made, RESULTS, given, page=self.page, header=header)
        for number, tree in enumerate(self.view.trees):
            form = self._form(tree.result)
            self._restyle(header + 1 + number, {BEFORE: form, NOW: form, RESULT_SUPPOSED: form, CHANGE: self._percent,
                                                GAP: self._form(tree.result, gap=True)})  # fmt: skip
        self.page.heights(header, 38)
        self.page.heights(header + count + 1, 6, 14)

    def _formula(self, tree: DriverTree) -> str:
        """The product in words: visits × conversion × basket."""
        words = [("÷ " if f.power < 0 else "× " if n else "") + self._name(f) for n, f in enumerate(tree.factors)]
        more = f" {'+' if tree.offset > 0 else chr(0x2212)} {abs(tree.offset):g}" if tree.offset else ""
        return " ".join(words) + more

    @property
    def _percent(self) -> str:
        return change_format(1, self.book.language)

    def _kept(self, table: PeopleTable, keys: dict[str, str], code: str) -> float | None:
        """What a person wrote in a row, where the workbook has it."""
        for row in self.book.kept.get(table.name, ()):
            if all(row.get(name) == value for name, value in keys.items()):
                value = row.get(code)
                return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
        return None

    def _target(self, number: int, tree: DriverTree) -> float | None:
        kept = self._kept(RESULTS, {"result": self.names[number]}, "target")
        if kept is not None:
            return kept
        if tree.target is not None or tree.result.now != tree.result.now:
            return tree.target
        return float(f"{tree.result.now * MORE:.3g}")

    def _supposed_value(self, number: int, place: int, figure: Figure) -> Value:
        keys = {"result": self.names[number], "factor": self._name(figure)}
        now = self.numbers.figures[number][place]["now"].number
        return "–" if now is None else now * (1 + (self._kept(DRIVERS, keys, "what_if") or 0.0))

    def _restyle(self, row: int, forms: dict[int, str]) -> None:
        """Give cells of a row the number format of its figure."""
        for column, form in forms.items():
            cell = self.page.sheet.ref(row, column)
            self.page.ws.conditional_format(row, column, row, column, {
                "type": "formula", "criteria": "=TRUE", "format": self.book.format.plain(num_format=form),
            })  # fmt: skip
            assert cell is not None, "it was written"

    def _factors(self, header: int, results: int) -> None:
        rows: list[Row] = []
        for number, tree in enumerate(self.view.trees):
            for figure in tree.factors:
                rows.append({
                    "result": self.names[number], "factor": self._name(figure), "power": float(figure.power),
                    "what_if": 0.0,
                })  # fmt: skip
        table = replace(DRIVERS, columns=tuple(
            replace(c, form=self._percent) if c.code == "change" else c for c in DRIVERS.columns))  # fmt: skip
        write_people(self.book, self.made, table, rows, page=self.page, header=header)
        self.page.heights(header, 38)
        at = header + 1
        for tree in self.view.trees:
            for figure in tree.factors:
                self.page.ws.set_row_pixels(at, 26)
                self._restyle(
                    at,
                    {
                        BEFORE: self._form(figure),
                        NOW: self._form(figure),
                        CONTRIBUTION: self._form(tree.result, gap=True),
                        SUPPOSED: self._form(figure),
                        NEEDED: self._form(figure),
                    },
                )
                at += 1

    def _headline(self, header: int) -> None:
        """The first tree in a sentence: the change, and the factor that made most of it."""
        tree, language, currency = self.view.trees[0], self.book.language, self.book.currency
        last = header + len(tree.factors)
        contributions = self.page.sheet.span(header + 1, CONTRIBUTION, last)
        sizes = self.made.rows(len(tree.factors))
        for offset in range(len(tree.factors)):
            cell = self.page.sheet.ref(header + 1 + offset, CONTRIBUTION)
            self.made.sheet.put(sizes + offset, 0, if_error(absolute(cell), 0))
        span = self.made.sheet.span(sizes, 0, sizes + len(tree.factors) - 1)

        place = match(most(span), span)
        names = self.page.sheet.span(header + 1, 2, last)
        now, before = (self.page.sheet.ref(11, column) for column in (NOW, BEFORE))

        def amount(cell: Live, gap: bool) -> Live:
            decimals = decimals_for(tree.result.unit, [tree.result.now])
            return told(cell, tree.result.unit, decimals, language, currency, gap=gap)

        parts: dict[str, Given] = {
            "result": self.names[0], "now": amount(now, False), "change": amount(now - before, True),
            "factor": index(names, place), "part": amount(index(contributions, place) / _points(tree), True),
        }  # fmt: skip
        said = if_error(sentence(self.text("drivers.headline"), parts), self.text("drivers.unknown"))
        self.put(7, 1, said, font_size=14, bold=True)
        self.put(8, 1, self.text("drivers.help"), font_color=self.theme.mute)

    def _charts(self, row: int, header: int) -> int:
        """The contributions of each tree as bars."""
        half = len(DRIVERS.columns) // 2
        places = [(1, half), (half + 1, len(DRIVERS.columns))]
        at, begin = row, header + 1
        for number, tree in enumerate(self.view.trees):
            first, last = places[number % 2] if len(self.view.trees) > 1 else (1, len(DRIVERS.columns))
            if number % 2 == 0:
                at = row + (number // 2) * (CHART // 20 + 3)
                self.page.heights(at, 24, *(20 for _ in range(CHART // 20 + 1)))
            title = sentence(self.text("drivers.contributions"), {"result": self.names[number]})
            self.page.section(at, first, last - (1 if number % 2 == 0 and len(self.view.trees) > 1 else 0), title)
            end = begin + len(tree.factors) - 1
            width = sum(self.widths[first : last + 1]) - 20
            self.page.ws.insert_chart(at + 1, first, self._chart(tree, begin, end, width), {
                "object_position": 1, "y_offset": 4, "description": self.text("drivers.alt", result=self.names[number]),
            })  # fmt: skip
            begin = end + 1
        return at + CHART // 20 + 3

    def _chart(self, tree: DriverTree, first: int, last: int, width: float) -> Any:
        chart = self.book.chart("bar", width, CHART)
        font = {"name": self.theme.font, "size": 8, "color": self.theme.ink}
        chart.add_series({
            "categories": "=" + self.page.sheet.range(first, 2, last, 2),
            "values": "=" + self.page.sheet.range(first, CONTRIBUTION, last, CONTRIBUTION),
            "fill": {"color": self.theme.good},
            "invert_if_negative": True, "invert_if_negative_color": self.theme.bad, "border": {"none": True}, "gap": 45,
            "data_labels": {"value": True, "num_format": self._form(tree.result, gap=True), "font": font},
        })  # fmt: skip
        chart.set_x_axis({"visible": False, "major_gridlines": {"visible": False}})
        chart.set_y_axis({"reverse": True, "num_font": font, "line": {"color": self.theme.ink}, "label_position": "low",
                          "major_tick_mark": "none"})  # fmt: skip
        chart.set_plotarea({"fill": {"none": True}, "border": {"none": True}})
        return chart
