"""The hidden calculation sheet: a row of formulas per objective, for the chosen day and for the one before.

Pages read it by position. Errors may show here, as gaps of charts, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from xlkpi.status import label, rules
from xlkpi.workbook.book import Book
from xlkpi.workbook.by_day import whole_number
from xlkpi.workbook.calculation_rows import FIXED, NAMES, POINTS, TOLD, Row, Told
from xlkpi.workbook.data_table import DataTable
from xlkpi.workbook.exact import match_text
from xlkpi.workbook.functions import (
    and_,
    if_,
    if_error,
    index,
    kept,
    match,
    month_end,
    most,
)
from xlkpi.workbook.live import Given, Live, Span, live, serial
from xlkpi.workbook.sheet import Sheet
from xlkpi.workbook.tables import BY_DAY, Tables

if TYPE_CHECKING:
    from xlkpi.workbook.alert_cells import AlertCells

#: Rows kept for the lists at the top, and the column from which the objectives' rows stand: nothing is below them, so
#: that their number can change while every other cell keeps its address.
LIST_ROWS, OBJECTIVES_FROM, LAST_COLUMN = 30, 60, 16_383


#: The units that there are words for.
UNITS = (
    "percent", "currency", "times", "ratio", "index", "score", "points", "stars", "rank", "count", "seconds", "days",
    "months", "per_day",
)  # fmt: skip


@dataclass(frozen=True)
class Block:
    """The objectives on one day: columns by name, over the rows of all objectives."""

    sheet: Sheet
    first: int
    last: int
    columns: Mapping[str, int]

    def span(self, name: str) -> Span:
        return self.sheet.span(self.first, self.columns[name], self.last)

    def cell(self, name: str, number: int) -> Live:
        """The cell of an objective, counted from 0."""
        return self.sheet.ref(self.first + number, self.columns[name])

    def at(self, name: str, position: Given) -> Live:
        """The cell of the objective at a live position, counted from 1."""
        return index(self.span(name), position)


@dataclass
class Calculation:
    """What pages read: the choices, the lists, and the objectives on the chosen day and on the one before."""

    book: Book
    sheet: Sheet
    tables: Tables
    as_of: Live
    choice: Live
    choice_no: Live
    day_no: Live
    before: Live
    period_start: Live
    period_end: Live
    #: Whether everything is shown, on the last day: what is foreseen stands for nothing else.
    present: Live
    days: Span
    choices: Span
    codes: Span
    marks: Span
    words: Span
    levels: Span
    months: Span
    units: Span
    unit_words: Span
    now: Block
    earlier: Block
    next_row: int = 0
    #: The page that is written.
    page: str = ""
    #: Where the rows of people's tables are found by objective, by the table's name.
    keys: dict[str, Span] = field(default_factory=dict)
    #: The alerts on the chosen day, once they are worked out.
    alerts: AlertCells | None = None

    @property
    def last_day(self) -> Live:
        """The last as-of date, for which alone something is foreseen."""
        return most(self.days)

    def dated(self, code: str, number: int) -> Live:
        """What the objectives' table tells of the chosen day; the number itself where it is that of every day."""
        width, scale = BY_DAY[code]
        objectives = self.tables.objectives
        told = str(objectives.columns[code][number] or "")
        if told == told[:width] * (len(told) // width):
            return live(float(told[:width]) / scale) if told[:width].isdigit() else live("")
        found = whole_number(index(objectives.span(code), float(number + 1)), self.day_no, width)
        return found if scale == 1 else if_error(found / scale, "")

    def begin_page(self, id: str) -> None:
        """Begin where the page's rows were, or after those of the page before where they have grown into them."""
        self.page = id
        self.next_row = max(self.next_row, self.book.places(f"rows.{id}", self.next_row))

    def rows(self, height: int, room: int = 0) -> int:
        """The first of so many free rows, and a blank one after them.

        ``room``: rows to keep free where the height depends on the data, so that what follows keeps its address.
        """
        first = self.next_row
        self.next_row += max(height, room) + 1
        self.book.rows.setdefault(self.page, []).append((first, max(height, room)))
        return first


def calculate(book: Book, tables: Tables, as_of: Live, choice: Live) -> Calculation:
    """Fill the calculation sheet. ``as_of`` and ``choice`` are the cells in which people choose."""
    sheet = book.sheets["calculation"]
    writer = Writer(book, sheet, tables)
    return writer.write(as_of, choice)


class Writer:
    def __init__(self, book: Book, sheet: Sheet, tables: Tables) -> None:
        self.book, self.sheet, self.tables = book, sheet, tables
        self.objectives: DataTable = tables.objectives
        self.series: DataTable = tables.series
        self.fixed: dict[str, int] = {}
        self.date = book.format.plain(num_format="yyyy-mm-dd")

    def write(self, as_of: Live, choice: Live) -> Calculation:
        book, put = self.book, self.sheet.put
        lists = self._lists()
        days, choices = lists["days"], lists["choices"]
        top = {}
        chosen = {"as_of": as_of, "choice": choice}
        names = ("as_of", "choice", "choice_no", "day_no", "before", "period_start", "period_end", "present")
        for row, name in enumerate(names):
            put(row, 0, name)
        top["as_of"] = self.sheet.write(0, 1, chosen["as_of"], self.date)
        top["choice"] = put(1, 1, chosen["choice"])
        top["choice_no"] = put(2, 1, if_error(match_text(top["choice"], choices) - 1, 0))
        top["day_no"] = put(3, 1, if_error(match(top["as_of"], days), float(len(days.values))))
        top["before"] = self.sheet.write(
            4, 1, if_(top["day_no"] > 1, index(days, most(top["day_no"] - 1, 1)), ""), self.date
        )
        whole = top["as_of"].same(month_end(top["as_of"], 0))
        end = self.sheet.write(6, 1, if_(whole, top["as_of"], month_end(top["as_of"], -1)), self.date)
        start = self.sheet.write(5, 1, month_end(end, -1) + 1, self.date)
        # Here and not on the pages, which then are the same however many days there are.
        present = put(7, 1, and_(top["day_no"].same(float(len(days.values))), top["choice_no"].same(0)))
        self.first = LIST_ROWS
        self._fixed_columns()
        after = OBJECTIVES_FROM + 1 + len(FIXED)
        later = after + len(NAMES) + len(TOLD) + POINTS
        now = self._block("", after, top["as_of"], top["choice_no"], top["day_no"])
        earlier = self._block("before_", later, top["before"], top["choice_no"], top["day_no"] - 1)
        made = Calculation(
            book, self.sheet, self.tables, top["as_of"], top["choice"], top["choice_no"], top["day_no"], top["before"],
            start, end, present, days, choices, lists["codes"], lists["marks"], lists["words"], lists["levels"],
            lists["months"], lists["units"], lists["unit_words"], now, earlier, LIST_ROWS,
        )  # fmt: skip
        book.blocks += [
            (1, 3, len(days.values), 3), (1, 4, len(choices.values), 4),
            (now.first, OBJECTIVES_FROM, now.last, LAST_COLUMN),
        ]  # fmt: skip
        self._texts(made)
        return made

    def _lists(self) -> dict[str, Span]:
        """The lists of the drop-downs, and the looks of statuses."""
        book, sheet = self.book, self.sheet
        looks = rules().looks
        columns: dict[str, list[Any]] = {
            "days": list(book.choices.days),
            "choices": list(book.part_names),
            "codes": list(looks),
            "marks": [look.mark for look in looks.values()],
            "words": [label(code, book.language) for code in looks],
            "levels": [look.level for look in looks.values()],
            "months": book.text("months_short").split(),
            "units": list(UNITS),
            "unit_words": [book.text(f"unit.{unit}") for unit in UNITS],
        }
        spans = {}
        for column, (name, values) in enumerate(columns.items(), start=3):
            sheet.put(0, column, name)
            for row, value in enumerate(values, start=1):
                sheet.write(row, column, value, self.date if name == "days" else None)
            spans[name] = sheet.span(1, column, len(values))
        return spans

    # --- objectives ----------------------------------------------------------------------------------------------

    def _fixed_columns(self) -> None:
        for column, name in enumerate(FIXED, start=OBJECTIVES_FROM + 1):
            self.fixed[name] = column
            self.sheet.put(self.first - 1, column, name)
        for number in range(len(self.tables.order)):
            row = self.first + number
            place = self.sheet.put(row, OBJECTIVES_FROM, float(number + 1))
            for name, column in self.fixed.items():
                cell = index(self.objectives.span(name), place)
                content = cell & "" if self.objectives.kinds[name] == "text" else kept(cell)
                if name == "override_until" and (ends := self._ends(number)):
                    same = self.sheet.ref(row, self.fixed["override"]).same(ends[0])
                    content = if_(and_(cell.blank, same), serial(ends[1]), content)
                self.sheet.write(row, column, content)

    def _ends(self, number: int) -> tuple[str, date] | None:
        """The status that the project sets by hand without saying until when, and its end: the first review."""
        result, year = self.tables.order[number].result, self.book.card.project.fiscal_year_start
        given = result.objective.override
        if given is None or given.since is None or given.until is not None:
            return None
        usual = result.kpi.cadence if result.kpi else "monthly"
        return given.status, result.objective.next_review(given.since, year, usual)

    def _block(self, prefix: str, column: int, day: Live, choice_no: Live, day_no: Live) -> Block:
        inputs = [c for c in self.series.kinds if c.startswith("x")]
        columns = {name: column + i for i, name in enumerate(NAMES)}
        # The inputs of both days stand last, by turns: an objective with more of them moves no other column.
        last = OBJECTIVES_FROM + 1 + len(FIXED) + 2 * len(NAMES) + len(TOLD) + POINTS
        columns |= {name: last + 2 * i + bool(prefix) for i, name in enumerate(inputs)}
        if not prefix:  # the fixed columns stand once, beside the present day's
            columns |= self.fixed
        # A range of one row is misread by some programs.
        block = Block(self.sheet, self.first, self.first + max(2, len(self.tables.order)) - 1, columns)
        for name in (*NAMES, *inputs):
            self.sheet.put(self.first - 1, columns[name], f"{prefix}{name}")
        chosen = (day, choice_no, day_no)
        rows = [Row(self, block, number, s, chosen, inputs) for number, s in enumerate(self.tables.order)]
        for row in rows:
            row.first_part()
        for row in rows:
            row.second_part(self._guards(row.number))
        return block

    def _guards(self, number: int) -> list[int]:
        """The rows of the objectives that guard one."""
        of: dict[str, int] = {}
        in_file = sorted(range(len(self.tables.order)), key=lambda i: self._file_order(i))
        for i in in_file:
            result = self.tables.order[i].result
            of[result.objective.id] = i
        for i in in_file:
            result = self.tables.order[i].result
            if result.kpi and result.kpi.id not in of:
                of[result.kpi.id] = i
        return [of[g] for g in self.tables.order[number].result.objective.guards if g in of]

    def _file_order(self, number: int) -> int:
        return self.book.card.results.index(self.tables.order[number].result)

    # --- texts and numbers for pages -----------------------------------------------------------------------------

    def _texts(self, made: Calculation) -> None:
        """More columns beside the present day's block: second lines, sparklines, the parts of bullets."""
        block = made.now
        column = OBJECTIVES_FROM + 1 + len(FIXED) + len(NAMES)
        names = [*TOLD, *(f"p{i}" for i in range(POINTS))]
        columns = {**block.columns, **{name: column + i for i, name in enumerate(names)}}
        made.now = Block(block.sheet, block.first, block.last, columns)
        for name in names:
            self.sheet.put(block.first - 1, columns[name], name)
        for number, selected in enumerate(self.tables.order):
            Told(self, made, number, selected).write()
