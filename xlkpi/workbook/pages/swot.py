"""SWOT: strengths, weaknesses, opportunities and threats, each with its objective; candidates from the statuses."""

from __future__ import annotations

from typing import get_args

from xlkpi.objectives.context import SwotKind
from xlkpi.workbook.book import Book
from xlkpi.workbook.calculation import Calculation
from xlkpi.workbook.functions import and_, if_, if_error, index, is_number, kept, match, or_, sentence
from xlkpi.workbook.live import Live, Span, live
from xlkpi.workbook.page import Page
from xlkpi.workbook.people import Column, PeopleTable, Row, Written, write_people

KINDS: tuple[str, ...] = get_args(SwotKind)
#: Lines of a quadrant, and rows beyond the table's that it follows when people add some.
LINES, SPARE = 4, 20
_MARKS = {"strength": "+", "weakness": "\u2212", "opportunity": "▲", "threat": "▼"}

SWOT = PeopleTable("swot", "xlkpi_swot", (
    Column("kind", "list", 150, KINDS, "swot.kind"), Column("item", "text", 430), Column("key", "key", 170),
    Column("title", "title", 410),
), keys=("kind", "item"), free_rows=6)  # fmt: skip
_WIDTHS = (14, 150, 430, 170, 410, 14)


def swot(book: Book, made: Calculation) -> None:
    """Write the page."""
    _Swot(book, made).write()


class _Swot:
    def __init__(self, book: Book, made: Calculation) -> None:
        self.book, self.made, self.text = book, made, book.text
        self.page = Page(book, "swot", _WIDTHS, book.text("page.swot"), book.text("swot.second"))
        self.put, self.theme = self.page.put, book.theme

    def write(self) -> None:
        page = self.page
        page.heights(5, 10, 18, 8)
        page.back(6)
        candidates = min(8, max(1, len(self.made.tables.order)))
        top = 8
        second = top + LINES + 3
        proposals = second + LINES + 3
        header = proposals + candidates + 4
        rows: list[Row] = [
            {"kind": self.text(f"swot.kind.{item.kind}"), "item": self.book.say(item.text), "key": item.objective or ""}
            for item in self.book.card.project.swot
        ]
        page.heights(header - 1, 24)
        page.section(header - 1, 1, 4, self.text("swot.all"), self.text("swot.help"))
        written = write_people(self.book, self.made, SWOT, rows, page=page, header=header)
        for place, kind in ((top, 0), (top, 1), (second, 2), (second, 3)):
            self._quadrant(place, 1 + 2 * (kind % 2), KINDS[kind], written)
        self._candidates(proposals, candidates)
        page.finish(written.last, pages_high=page.high(written.last), repeat=(header, header), protect=False)

    def _quadrant(self, row: int, column: int, kind: str, written: Written) -> None:
        """The first items of a kind, with the status of their objective."""
        sheet, made, page = self.made.sheet, self.made, self.page
        good = kind in ("strength", "opportunity")
        colour = self.theme.good if good else self.theme.bad
        name = self.text(f"swot.kind.{kind}")
        page.heights(row, 26)
        line = {"bottom": 2, "bottom_color": colour, "font_color": colour, "bold": True, "font_size": 11}
        self.put(row, column, f"{_MARKS[kind]}  {name}", **line)
        self.put(row, column + 1, self.text(f"swot.says.{kind}"), **{**line, "font_size": 8, "bold": False})
        places = self._places(kind, name, written)
        ids = made.now.span("id")
        hair = {"bottom": 1, "bottom_color": self.theme.hair}
        for number in range(LINES):
            at = row + 1 + number
            page.ws.set_row_pixels(at, 30)
            place = sheet.put(made.rows(1), 0, if_error(match(float(number + 1), places), ""))
            item = if_(place.blank, "", kept(index(written.span("item"), place)))
            found = sheet.put(made.rows(1), 0, if_error(match(index(written.span("key"), place), ids), ""))
            look = index(made.now.span("look"), found)
            status = if_error(index(made.marks, look) & " " & index(made.words, look), "")
            title = if_error(index(made.now.span("title"), found), "")
            first, second = (status, item) if column == 1 else (item, title)
            small = {"font_size": 8, "font_color": self.theme.mute, "text_wrap": True}
            if column == 1:
                self.put(at, column, if_(place.blank, "", if_(first.blank, "·", first)), **small, **hair)
                self.put(at, column + 1, second, text_wrap=True, **hair)
            else:
                self.put(at, column, if_(place.blank, "", if_(status.blank, "·", status)), **small, indent=1, **hair)
                self.put(at, column + 1, first, text_wrap=True, **hair)

    def _places(self, kind: str, name: str, written: Written) -> Span:
        """On the calculation sheet, how many items of a kind stand up to each row of the table."""
        sheet, rows = self.made.sheet, written.rows
        top = self.made.rows(rows + SPARE)
        kinds = written.span("kind")
        before: Live = live(0.0)
        for number in range(rows + SPARE):
            same = if_error(if_(index(kinds, float(number + 1)).same(name), 1, 0), 0)
            before = sheet.put(top + number, 0, before + same)
        assert kind in KINDS, "a quadrant is of a kind"
        return sheet.span(top, 0, top + rows + SPARE - 1)

    def _candidates(self, row: int, count: int) -> None:
        """What the statuses suggest, for people to take over or not."""
        page, now = self.page, self.made.now
        page.heights(row - 1, 10, 24)
        page.section(row, 1, 4, self.text("swot.candidates"), self.text("swot.candidates_help"))
        hair = {"bottom": 1, "bottom_color": self.theme.hair}
        for number in range(count):
            at = row + 1 + number
            page.ws.set_row_pixels(at, 26)
            if number >= len(self.made.tables.order):
                self.put(at, 1, self.text("swot.no_candidates"), font_color=self.theme.mute)
                continue
            shown, benchmark, actual = (now.cell(n, number) for n in ("shown", "benchmark", "actual"))
            better = if_(now.cell("direction", number).same("lower"), benchmark < actual, benchmark > actual)
            room = and_(is_number(benchmark), is_number(actual), better)
            green = or_(shown.same("achieved"), shown.same("on_track"))
            red = or_(shown.same("behind"), shown.same("overdue"))
            words = {kind: self.text(f"swot.kind.{kind}") for kind in KINDS}
            risk = if_(room, words["opportunity"], words["threat"])
            kind = if_(green, words["strength"], if_(red, words["weakness"], if_(shown.same("at_risk"), risk, "–")))
            look = now.cell("look", number)
            mark = index(self.made.marks, look) & " " & index(self.made.words, look)
            because = if_(and_(shown.same("at_risk"), room), self.text("swot.room"), if_(
                now.cell("said_gap", number).blank, "", sentence(self.text("swot.because"), {
                    "gap": now.cell("said_gap", number)})))  # fmt: skip
            self.put(at, 1, kind, bold=True, **hair)
            self.put(at, 2, now.cell("title", number), text_wrap=True, **hair)
            self.put(at, 3, mark, indent=1, **hair)
            self.put(at, 4, because, font_color=self.theme.mute, **hair)
            for code in ("good", "bad"):
                names = [words[k] for k in (("strength", "opportunity") if code == "good" else ("weakness", "threat"))]
                cell = page.sheet.address(at, 1).split("!")[1]
                tests = ",".join(f"{cell}={live(name).text}" for name in names)
                colour = getattr(self.theme, code)
                page.ws.conditional_format(at, 1, at, 1, {
                    "type": "formula", "criteria": f"=OR({tests})", "format": self.book.format.plain(font_color=colour),
                })  # fmt: skip
