"""Market: where one stands among competitors, and the benchmarks of the objectives with their source and age."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xlkpi.scorecard.market import Rival, rivals
from xlkpi.smart.attainable import BENCHMARK_DAYS
from xlkpi.workbook.book import Book
from xlkpi.workbook.calculation import Calculation
from xlkpi.workbook.formats import date_format, decimals_for
from xlkpi.workbook.functions import (
    and_,
    count_ifs,
    if_,
    if_error,
    index,
    is_number,
    kept,
    match,
    or_,
    sentence,
    sum_ifs,
)
from xlkpi.workbook.live import Live, live
from xlkpi.workbook.page import Page
from xlkpi.workbook.people import Column, PeopleTable, Row, Shown, Written, plain, write_people

#: Figures of the project that are compared at most, lines for others that people may type beside those that they have,
#: and rows of the table that these are looked for in beyond its own.
MOST_FIGURES, FREE, SPARE = 10, 3, 20

COMPETITORS = PeopleTable("market", "xlkpi_competitors", (
    Column("name", "text", 230), Column("figure", "text", 150), Column("value", "number", 110),
    Column("date", "date", 104), Column("source", "text", 300),
), keys=("name", "figure"), free_rows=6)  # fmt: skip
_WIDTHS = (14, 230, 150, 110, 104, 300, 100, 90, 96, 14)
_LAST = len(_WIDTHS) - 2


def market(book: Book, made: Calculation) -> None:
    """Write the page."""
    _Market(book, made, rivals(book.card)).write()


@dataclass(frozen=True)
class _Figure:
    """What is compared: its name in the table, the name that is shown, our value, whether less is better, and whether
    the values of several add up.
    """

    name: Live
    label: Live
    ours: Live
    lower: Live
    adds: Live


class _Market:
    def __init__(self, book: Book, made: Calculation, known: Sequence[Rival]) -> None:
        self.book, self.made, self.known, self.text = book, made, known, book.text
        self.page = Page(book, "market", _WIDTHS, book.text("page.market"), book.text("market.second"))
        self.put, self.theme = self.page.put, book.theme
        self.hair = {"bottom": 1, "bottom_color": self.theme.hair}

    def write(self) -> None:
        page = self.page
        page.heights(5, 10, 18, 8)
        page.back(6)
        figures = list(dict.fromkeys(r.figure for r in self.known))[:MOST_FIGURES]
        row = self._benchmarks(8)
        compared = row + 1
        room, free = self._lines(figures)
        figures = figures[:room]
        header = compared + 2 + room + free + 1
        rows: list[Row] = [
            {"name": r.name, "figure": r.figure, "value": Shown(r.value, self._form(r.figure, r.value)),
             "date": r.date, "source": r.source}
            for r in self.known
        ]  # fmt: skip
        page.heights(header - 1, 24)
        page.section(header - 1, 1, _LAST, self.text("market.competitors"), self.text("market.help"))
        written = write_people(self.book, self.made, COMPETITORS, rows, page=page, header=header)
        self._compared(compared, figures, written, room, free)
        page.finish(written.last, pages_high=page.high(written.last), repeat=(header, header), protect=False)

    def _lines(self, figures: Sequence[str]) -> tuple[int, int]:
        """How many lines there are for figures of the project, and for others: those that find no line of their own,
        and what people typed.
        """
        book = self.book
        room = book.places("market.figures", len(figures))
        kept = (plain(row.get("figure")) for row in book.kept.get(COMPETITORS.name, ()))
        named = dict.fromkeys(str(name) for name in (*(r.figure for r in self.known), *kept) if name)
        others = len(named.keys() - {*figures[:room]})
        free = book.places("market.free", others if book.existing else others + FREE)
        if others <= free:
            book.short.discard("market.figures")  # they stand among the others
        return room, free

    def _unit(self, figure: str) -> str:
        result = self.book.card.by_id.get(figure)
        if result is not None and result.kpi is not None:
            return result.kpi.unit
        return self.book.card.data.catalogue.shown_unit(figure)

    def _form(self, figure: str, value: float | None) -> str:
        unit = self._unit(figure)
        return self.book.number_format(unit, decimals_for(unit, [value]))

    def _head(self, row: int, names: Sequence[str]) -> None:
        self.page.ws.set_row_pixels(row, 32)
        self.page.sheet.fill(row, 1, _LAST, **self.page.header)
        for column, name in enumerate(names, start=1):
            align = "left" if name in ("objective", "figure", "kind", "source", "state") else "right"
            self.put(row, column, self.text(f"market.{name}") if name else "", align=align,
                     indent=int(name in ("state", "source")), text_wrap=True, **self.page.header)  # fmt: skip

    def _benchmarks(self, row: int) -> int:
        """Every benchmark of the objectives, grey once it is expired."""
        page, made, book = self.page, self.made, self.book
        page.ws.set_row_pixels(row, 24)
        page.section(
            row,
            1,
            _LAST,
            self.text("market.benchmarks"),
            self.text("market.expires", months=round(BENCHMARK_DAYS / 30.44)),
        )
        self._head(row + 1, ("objective", "kind", "benchmark", "date", "source", "actual", "gap", "state"))
        at = row + 2
        needed = sum(len(s.result.objective.attainable.benchmark) for s in made.tables.order)
        end = at + book.places("market.benchmarks", max(1, needed))
        right = {"align": "right", **self.hair}
        for number, selected in enumerate(made.tables.order):
            objective = selected.result.objective
            unit = selected.result.kpi.unit if selected.result.kpi else "count"
            for benchmark in objective.attainable.benchmark[: end - at]:
                page.ws.set_row_pixels(at, 26)
                form = book.number_format(unit, decimals_for(unit, [benchmark.value]))
                actual = made.now.cell("actual", number)
                kpi = selected.result.kpi
                self.put(at, 1, book.say(kpi.name if kpi else objective.title), bold=True, text_wrap=True, **self.hair)
                self.put(at, 2, self.text(f"market.kinds.{benchmark.kind}"), **self.hair)
                value = self.put(at, 3, benchmark.value, num_format=form, **right)
                day = self.put(at, 4, benchmark.date, num_format=date_format(book.language), **right)
                self.put(at, 6, if_(is_number(actual), actual, "–"), num_format=form, **right)
                scale = 100 if unit == "percent" else 1
                gap = if_(is_number(actual), (actual - value) * scale, "–")
                form_gap = book.number_format(unit, decimals_for(unit, [benchmark.value]), gap=True)
                self.put(at, 7, gap, num_format=form_gap, **right)
                expired = and_(is_number(day), day < made.as_of - BENCHMARK_DAYS)
                state = if_(expired, self.text("market.expired"), if_(is_number(day), self.text("market.valid"),
                                                                     self.text("market.undated")))  # fmt: skip
                self.put(at, 8, state, indent=1, **self.hair)
                self.put(
                    at, 5, benchmark.source or "", font_color=self.theme.mute, text_wrap=True, indent=1, **self.hair
                )
                cell = page.sheet.address(at, 8).split("!")[1]
                page.ws.conditional_format(at, 1, at, _LAST, {
                    "type": "formula", "criteria": f"={cell}={live(self.text('market.expired')).text}",
                    "format": book.format.plain(font_color="#A9B1B9", italic=True),
                })  # fmt: skip
                at += 1
        if at == row + 2:
            self.put(at, 1, self.text("market.no_benchmark"), font_color=self.theme.mute)
        return end

    def _compared(self, row: int, figures: Sequence[str], written: Written, room: int, free: int) -> None:
        """Each figure against the competitors: index to their mean, rank, share of voice."""
        page, book, made = self.page, self.book, self.made
        page.ws.set_row_pixels(row, 24)
        typed, count = self._typed(figures, written, free)
        more = if_(count > float(free), sentence(self.text("market.more"), {"n": count - float(free)}), "")
        page.section(row, 1, _LAST, self.text("market.compared"), more)
        self._head(row + 1, ("figure", "", "ours", "market", "state", "index", "rank", "share"))
        ids = [str(s.result.objective.id) for s in made.tables.order]
        us = book.say(book.card.project.name)
        names, of, values = (written.span(c) for c in ("name", "figure", "value"))
        for number, figure in enumerate(figures):
            at, unit = row + 2 + number, self._unit(figure)
            if figure in ids:
                result = book.card.by_id[figure]
                label = book.say(result.kpi.name) if result.kpi else figure
                ours = kept(made.now.cell("actual", ids.index(figure)))
                lower = bool(result.kpi and result.kpi.direction == "lower")
            else:
                measure = book.card.data.catalogue.measures.get(figure)
                label, lower = book.say(measure.name) if measure else figure, False
                there = count_ifs((names, "=", us), (of, "=", figure))
                ours = if_(there > 0, sum_ifs(values, (names, "=", us), (of, "=", figure)), "")
            known = [r.value for r in self.known if r.figure == figure]
            form = book.number_format(unit, decimals_for(unit, known))
            adds = unit == "count" or (unit == "currency" and (figure not in ids or book.card.by_id[figure].cumulative))
            self._line(at, _Figure(live(figure), live(label), ours, live(lower), live(adds)), form, written)
        nothing = _Figure(live(""), live(""), live(""), live(False), live(False))
        for number in range(len(figures), room):
            self._line(row + 2 + number, nothing, "General", written)
        for number, found in enumerate(typed):
            self._line(row + 2 + room + number, found, "General", written)

    def _line(self, at: int, figure: _Figure, form: str, written: Written) -> None:
        """Us and the market; blank where there is no figure."""
        book, made = self.book, self.made
        us, of = book.say(book.card.project.name), figure.name
        names, figures, values = (written.span(c) for c in ("name", "figure", "value"))
        right = {"align": "right", **self.hair}
        self.page.ws.set_row_pixels(at, 26)
        self.page.sheet.fill(at, 1, _LAST, **self.hair)

        def told(cell: Live, otherwise: str = "–") -> Live:
            return if_(of.blank, "", if_error(cell, otherwise))

        own = self.put(at, 3, told(if_(is_number(figure.ours), figure.ours, "–")), num_format=form, bold=True, **right)
        self.put(at, 1, figure.label, bold=True, **self.hair)
        ours = ((names, "=", us), (figures, "=", of))
        others: Live = sum_ifs(values, (figures, "=", of)) - sum_ifs(values, *ours)
        count = count_ifs((figures, "=", of)) - count_ifs(*ours)
        # A blank criterion would count blank cells.
        total_, many = (made.sheet.put(made.rows(1), 1, if_(of.blank, 0, cell)) for cell in (others, count))
        mean = self.put(at, 4, told(if_(many > 0, total_ / many, "–")), num_format=form, **right)
        both = and_(is_number(own), is_number(mean))
        score = self.put(at, 6, told(if_(both, own / mean * 100, "–")), num_format="0", **right)
        beyond = (count_ifs((figures, "=", of), (values, sign, own)) for sign in ("<=", ">="))
        rank = if_(both, if_(figure.lower, *beyond) - count_ifs(*ours) + 1, "–")
        self.put(at, 7, told(rank), num_format="0", **right)
        voice = if_(and_(both, figure.adds), own / (own + total_), "–")
        self.put(at, 8, told(voice), num_format=book.number_format("percent", 0), **right)
        ahead = if_(figure.lower, score < 100, score > 100)
        said = if_(is_number(score), if_(ahead, self.text("market.ahead"), self.text("market.behind")), "")
        self.put(at, 5, said, indent=1, font_color=self.theme.mute, **self.hair)

    def _typed(self, figures: Sequence[str], written: Written, free: int) -> tuple[list[_Figure], Live]:
        """The figures that people typed beside those of the project, in the order of the table, and how many there
        are, also where there are not as many lines.
        """
        sheet, now = self.made.sheet, self.made.now
        rows = written.rows + SPARE
        top = self.made.rows(rows + 2) + 2  # a range of one cell is misread by some programs
        sheet.put(top - 2, 0, "figures")
        so_far: Live = live(0.0)
        for row in range(rows):
            typed = sheet.put(top + row, 0, if_error(index(written.span("figure"), float(row + 1)) & "", ""))
            seen = count_ifs((sheet.span(top - 2, 0, top + row - 1), "=", typed)) > 0
            of_project = [typed.same(figure) for figure in figures]
            so_far = sheet.put(top + row, 1, so_far + if_(or_(typed.blank, seen, *of_project), 0, 1))
        places, typed_names = (sheet.span(top, column, top + rows - 1) for column in (1, 0))
        us = self.book.say(self.book.card.project.name)
        names, of, values = (written.span(c) for c in ("name", "figure", "value"))
        first = self.made.rows(free)
        lines = []
        for number in range(free):
            found = index(typed_names, match(float(number + 1), places))
            name = sheet.put(first + number, 0, if_error(found, ""))
            place = sheet.put(first + number, 1, if_error(match(name, now.span("id")), ""))
            mine = if_(count_ifs((names, "=", us), (of, "=", name)) > 0,
                       sum_ifs(values, (names, "=", us), (of, "=", name)), "")  # fmt: skip
            ours = if_(place.blank, mine, if_error(kept(index(now.span("actual"), place)), ""))
            unit = if_error(index(now.span("unit"), place), "")
            grows = and_(unit.same("currency"), if_error(index(now.span("cumulative"), place), 0).same(1))
            adds = or_(place.blank, unit.same("count"), grows)
            lower = if_error(index(now.span("direction"), place).same("lower"), False)
            nothing = self.text("market.no_competitor") if not figures and number == 0 else ""
            title = if_error(index(now.span("title"), place), name)
            lines.append(_Figure(name, if_(name.blank, nothing, title), ours, lower, adds))
        return lines, so_far
