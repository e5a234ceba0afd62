"""The hidden calculation sheet: a row of formulas per objective, for the chosen day and for the one before.

Pages read it by position. Errors may show here, as gaps of charts, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from xlkpi.formula.nodata import NoData
from xlkpi.scorecard.selections import Selected
from xlkpi.status import Facts, excel_columns, label, rules
from xlkpi.status.engine import compute
from xlkpi.workbook.book import Book, Sheet
from xlkpi.workbook.formats import day_told, told
from xlkpi.workbook.live import (
    Given,
    Live,
    Span,
    Value,
    and_,
    count,
    count_ifs,
    if_,
    if_error,
    index,
    is_number,
    kept,
    least,
    live,
    match,
    month_end,
    most,
    or_,
    rounded,
    sentence,
    year_of,
)
from xlkpi.workbook.tables import DataTable, Tables

#: Points of a sparkline.
POINTS = 13
#: What the calculation keeps of the objectives' table, blank cells as empty texts.
FIXED = (
    "id", "level", "slot", "position", "kind", "direction", "cumulative", "baseline", "target", "low", "high",
    "success", "failure", "start", "due", "benchmark", "override", "override_until", "weight", "periods", "first_row",
    "block_rows", "since_row", "choices", "unit", "format", "title",
)  # fmt: skip
#: The columns of a status, in the order in which each uses only earlier ones.
STATUS = (
    "mode", "way", "goal", "elapsed", "expected", "met", "progress", "gap", "pace", "allowance", "status",
    "capped", "shown",
)  # fmt: skip
#: What pages say of an objective on the chosen day, the parts of its bullet, and its place in rankings.
TOLD = (
    "said_last_year", "said_due", "said_expected", "said_progress", "said_gap", "said_formula", "line", "bar", "bench",
    "cut1", "cut2", "share", "share_weight", "tier", "primary_status", "worst", "best", "changed", "low_point",
    "high_point",
)  # fmt: skip
_PACED = ("reach", "increase", "decrease", "total")


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
    days: Span
    choices: Span
    codes: Span
    marks: Span
    words: Span
    levels: Span
    now: Block
    earlier: Block
    next_row: int = 0
    #: Where the rows of people's tables are found by objective, by the table's name.
    keys: dict[str, Span] = field(default_factory=dict)

    def rows(self, height: int) -> int:
        """The first of so many free rows, and a blank one after them."""
        first = self.next_row
        self.next_row += height + 1
        return first


def calculate(book: Book, tables: Tables, as_of: Live, choice: Live) -> Calculation:
    """Fill the calculation sheet. ``as_of`` and ``choice`` are the cells in which people choose."""
    sheet = book.sheets["calculation"]
    writer = _Writer(book, sheet, tables)
    return writer.write(as_of, choice)


class _Writer:
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
        for row, name in enumerate(("as_of", "choice", "choice_no", "day_no", "before", "period_start", "period_end")):
            put(row, 0, name)
        top["as_of"] = self.sheet.write(0, 1, chosen["as_of"], self.date)
        top["choice"] = put(1, 1, chosen["choice"])
        top["choice_no"] = put(2, 1, if_error(match(top["choice"], choices) - 1, 0))
        top["day_no"] = put(3, 1, if_error(match(top["as_of"], days), float(len(days.values))))
        top["before"] = self.sheet.write(
            4, 1, if_(top["day_no"] > 1, index(days, most(top["day_no"] - 1, 1)), ""), self.date
        )
        whole = top["as_of"].same(month_end(top["as_of"], 0))
        end = self.sheet.write(6, 1, if_(whole, top["as_of"], month_end(top["as_of"], -1)), self.date)
        start = self.sheet.write(5, 1, month_end(end, -1) + 1, self.date)
        self.first = max(len(book.choices.days), len(choices.values), 12) + 3
        self._fixed_columns()
        count = max(1, len(self.tables.order))
        now = self._block(self.first, 2 + len(FIXED), top["as_of"], top["choice_no"], top["day_no"])
        second = self.first + count + 3
        earlier = self._block(second, 2 + len(FIXED), top["before"], top["choice_no"], top["day_no"] - 1)
        made = Calculation(
            book, self.sheet, self.tables, top["as_of"], top["choice"], top["choice_no"], top["day_no"], top["before"],
            start, end, days, choices, lists["codes"], lists["marks"], lists["words"], lists["levels"], now, earlier,
            second + count + 2,
        )  # fmt: skip
        self._texts(made)
        return made

    def _lists(self) -> dict[str, Span]:
        """The lists of the drop-downs, and the looks of statuses."""
        book, sheet = self.book, self.sheet
        everything = book.text("all_choices")
        names = [book.text_or(f"choice.{c}", c) for c in book.choices.choices]
        names = [n if names.count(n) == 1 else c for n, c in zip(names, book.choices.choices, strict=True)]
        looks = rules().looks
        columns: dict[str, list[Any]] = {
            "days": list(book.choices.days),
            "choices": [everything, *names],
            "codes": list(looks),
            "marks": [look.mark for look in looks.values()],
            "words": [label(code, book.language) for code in looks],
            "levels": [look.level for look in looks.values()],
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
        for column, name in enumerate(FIXED, start=1):
            self.fixed[name] = column
            self.sheet.put(self.first - 1, column, name)
        for number in range(len(self.tables.order)):
            row = self.first + number
            place = self.sheet.put(row, 0, float(number + 1))
            for name, column in self.fixed.items():
                self.sheet.write(row, column, kept(index(self.objectives.span(name), place)))

    def _block(self, first: int, column: int, day: Live, choice_no: Live, day_no: Live) -> Block:
        inputs = [c for c in self.series.kinds if c.startswith("x")]
        names = ["periods_done", "row", "since", *inputs, "actual", "latest", "previous", "last_year", *STATUS[:11],
                 "guard", *STATUS[11:], "look", "goal_now", "variance", "effect"]  # fmt: skip
        columns = {name: column + i for i, name in enumerate(names)}
        if first == self.first:  # the fixed columns stand once, beside the present day's
            columns |= self.fixed
        block = Block(self.sheet, first, first + max(1, len(self.tables.order)) - 1, columns)
        for name in names:
            self.sheet.put(first - 1, columns[name], name)
        for number, selected in enumerate(self.tables.order):
            _Row(self, block, number, selected, (day, choice_no, day_no), inputs).first_part()
        for number, selected in enumerate(self.tables.order):
            _Row(self, block, number, selected, (day, choice_no, day_no), inputs).second_part(self._guards(number))
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
        column = max(block.columns.values()) + 1
        names = [*TOLD, *(f"p{i}" for i in range(POINTS))]
        columns = {**block.columns, **{name: column + i for i, name in enumerate(names)}}
        made.now = Block(block.sheet, block.first, block.last, columns)
        for name in names:
            self.sheet.put(block.first - 1, columns[name], name)
        for number, selected in enumerate(self.tables.order):
            _Told(self, made, number, selected).write()


class _Row:
    """One objective on one day."""

    def __init__(
        self, writer: _Writer, block: Block, number: int, selected: Selected, chosen: tuple[Live, Live, Live],
        inputs: list[str],
    ) -> None:  # fmt: skip
        self.writer, self.block, self.number, self.selected = writer, block, number, selected
        self.day, self.choice_no, self.day_no = chosen
        self.inputs = inputs
        self.row = block.first + number

    def get(self, name: str) -> Live:
        if name in self.writer.fixed:
            return self.writer.sheet.ref(self.writer.first + self.number, self.writer.fixed[name])
        return self.block.cell(name, self.number)

    def put(self, name: str, content: Live) -> Live:
        return self.writer.sheet.write(self.row, self.block.columns[name], content)

    def first_part(self) -> None:
        """Where the numbers stand, the numbers, and the status before guards."""
        series = self.writer.series
        get, put = self.get, self.put
        done = count_ifs(
            (series.span("objective"), "=", get("id")), (series.span("choice_no"), "=", 0.0),
            (series.span("role"), "=", "period"), (series.span("end"), "<=", self.day),
        )  # fmt: skip
        put("periods_done", if_(or_(get("first_row").blank, self.day.blank), 0, done))
        nothing = or_(get("periods_done").same(0), and_(self.choice_no > 0, get("choices").same(0)))
        put("row", if_(nothing, "", get("first_row") + self.choice_no * get("block_rows") + get("periods_done") - 1))
        days = len(self.writer.book.choices.days)
        since = if_(get("since_row").blank, "", get("since_row") + self.choice_no * days + self.day_no - 1)
        put("since", if_(get("row").blank, "", if_(get("cumulative").same(1), since, get("row"))))
        for name in self.inputs:
            put(name, if_(get("since").blank, "", kept(index(series.span(name), get("since")))))
        put("actual", if_error(self._actual(), ""))
        value = series.span("value")
        put("latest", if_(get("row").blank, "", kept(index(value, get("row")))))
        put("previous", if_(get("periods_done") < 2, "", if_(get("row").blank, "", kept(index(value, get("row") - 1)))))
        put("last_year", if_(get("row").blank, "", kept(index(series.span("last_year"), get("row")))))
        values = self._status_values()
        for name, text in self._status_texts().items():
            if name in STATUS[:11]:
                put(name, Live(text, values[name]))

    def second_part(self, guards: list[int]) -> None:
        """The status under guards and a person's, and the distance to the plan."""
        get, put = self.get, self.put
        red = [self.block.cell("status", g).same(code) for g in guards for code in _codes("red")]
        guard = put("guard", if_(or_(*red), "behind", "") if red else live(""))
        texts = self._status_texts()
        status, looks = str(get("status").value), rules().looks
        capped = "at_risk" if guard.value and looks[status].level == "green" else status
        put("capped", Live(texts["capped"], capped))
        until, override = get("override_until").number, get("override").value
        day = self.day.number
        held = override not in ("", None) and (until is None or (day is not None and day < until))
        put("shown", Live(texts["shown"], override if held else capped))
        self._distance()

    def _actual(self) -> Live:
        """The KPI's own formula over its inputs."""
        formula = self.selected.formula
        if formula is None:
            return live("")
        cells = {name: self.get(f"x{i}") for i, name in enumerate(formula.names, start=1)}
        prefix = self.writer.sheet._prefix
        text = formula.excel({n: c.text.replace(prefix, "") for n, c in cells.items()})
        given = {n: None if c.value == "" else c.value for n, c in cells.items()}
        found = formula.outcome(**{n: [v] if formula.adds_rows else v for n, v in given.items()})
        return Live(text, found)

    def _references(self) -> dict[str, str]:
        from xlkpi.status.facts import INPUTS

        prefix = self.writer.sheet._prefix
        names = {n: n for n in INPUTS if n != "as_of"} | {n: n for n in STATUS}
        names |= {"guard": "guard", "override": "override", "until": "override_until"}
        cells = {name: self.get(column).text for name, column in names.items()}
        cells["as_of"] = self.day.text
        cells |= {"failed": '""', "verdict": '""'}
        return {name: cell.replace(prefix, "") for name, cell in cells.items()}

    def _status_texts(self) -> dict[str, str]:
        return excel_columns(self._references(), curve=self.selected.result.status.facts.curve)

    def _status_values(self) -> dict[str, Value]:
        """The twin of the formulas: the same facts from the same rules."""
        definition = rules()
        given: dict[str, Any] = {
            name: self.get(name).number
            for name in ("actual", "baseline", "target", "low", "high", "success", "failure", "start", "due")
        }
        facts = Facts(
            kind=str(self.get("kind").value),  # type: ignore[arg-type]  # checked when the project was read
            as_of=self.day.number, cumulative=self.get("cumulative").value == 1,
            direction=str(self.get("direction").value), curve=self.selected.result.status.facts.curve, **given,
        )  # fmt: skip
        mode, values = compute(facts, definition.settings, definition)
        shown: dict[str, Value] = {n: "" if isinstance(v, NoData) else v for n, v in values.items()}
        shown |= {"mode": mode, "status": definition.statuses.decide(values).status}
        return shown

    def _distance(self) -> None:
        """Where the value should be by now, and how far it is from there."""
        get, put = self.get, self.put
        put("look", if_error(match(get("shown"), self._codes_span()), 1))
        start = if_(is_number(get("baseline")), get("baseline"), 0)
        sums = or_(get("mode").same("total"), get("mode").same("cap"))
        limits = or_(get("mode").same("stay_above"), get("mode").same("stay_below"))
        inside = if_(
            get("actual") < get("low"), get("low"), if_(get("actual") > get("high"), get("high"), get("actual"))
        )
        moving = if_(sums, get("target") * get("expected"), start + (get("target") - start) * get("expected"))
        between = if_(is_number(get("actual")), inside, "")
        goal = if_(get("mode").same("stay_between"), between, if_(limits, get("target"), moving))
        put("goal_now", if_error(goal, ""))
        put("variance", if_error(get("actual") - get("goal_now"), ""))
        beyond = if_(get("variance").same(0), 1, -1)
        way = if_(rounded(get("variance") * get("way"), 9) >= 0, 1, -1)
        effect = if_(get("mode").same("stay_between"), beyond, way)
        put("effect", if_(is_number(get("variance")), if_error(effect, 0), 0))

    def _codes_span(self) -> Span:
        looks = rules().looks
        return self.writer.sheet.span(1, 5, len(looks))


class _Told:
    """What pages say of one objective on the chosen day."""

    def __init__(self, writer: _Writer, made: Calculation, number: int, selected: Selected) -> None:
        self.writer, self.made, self.number = writer, made, number
        self.book, self.selected = writer.book, selected
        result = selected.result
        self.unit = result.kpi.unit if result.kpi else "count"
        form = str(made.tables.objectives.columns["format"][number])
        self.decimals = int(form[len(self.unit) :] or 0)

    def get(self, name: str) -> Live:
        return self.made.now.cell(name, self.number)

    def put(self, name: str, content: Live) -> Live:
        return self.writer.sheet.write(self.made.now.first + self.number, self.made.now.columns[name], content)

    def amount(self, cell: Live, *, gap: bool = False) -> Live:
        return told(cell, self.unit, self.decimals, self.book.language, self.book.currency, gap=gap)

    def share(self, cell: Live, decimals: int = 0) -> Live:
        return told(cell, "percent", decimals, self.book.language, self.book.currency)

    def say(self, key: str, **parts: Given) -> Live:
        return sentence(self.book.text(key), parts)

    def write(self) -> None:
        get, put = self.get, self.put
        shown = self.unit == "percent"
        change = (
            self.amount(get("latest") - get("last_year"), gap=True)
            if shown
            else if_(get("latest") >= get("last_year"), "+", "")
            & self.share((get("latest") - get("last_year")) / get("last_year"), 1)
        )
        put("said_last_year", if_error(if_(and_(is_number(get("latest")), is_number(get("last_year"))),
                                           self.say("said.last_year", change=change), ""), ""))  # fmt: skip
        year = if_(year_of(get("due")).same(year_of(self.made.as_of)), "", self._year(get("due")))
        put("said_due", if_(is_number(get("due")),
                            self.say("said.due", day=day_told(get("due"), self.book.language) & year), ""))  # fmt: skip
        limits = or_(get("mode").same("stay_above"), get("mode").same("stay_below"))
        put("said_expected", if_(is_number(get("goal_now")), if_(
            limits, self.say("said.limit", value=self.amount(get("goal_now"))),
            self.say("said.expected", value=self.amount(get("goal_now"))),
        ), ""))  # fmt: skip
        stays = get("mode").same("stay_between")
        put("said_progress", if_(is_number(get("progress")), if_(
            or_(limits, stays), self.say("said.margin", share=self.share(get("progress"))),
            if_(and_(get("progress") < 0, get("mode").differs("cap")), self.book.text("said.away"),
                if_(get("mode").same("cap"), self.say("said.used", share=self.share(get("progress"))),
                    self.say("said.done", share=self.share(get("progress"))))),
        ), ""))  # fmt: skip
        put("said_gap", if_(is_number(get("variance")), self.amount(get("variance"), gap=True), ""))
        put("said_formula", self._formula())
        self._bullet(or_(limits, stays))
        self._ranks()
        self._points()

    def _formula(self) -> Live:
        """The KPI's formula with its numbers: « 388 440 € / 8 300 = 46,80 € »."""
        formula, kpi = self.selected.formula, self.selected.result.kpi
        if formula is None or kpi is None:
            return live("")
        template = formula.in_words({n: f"{{{n}}}" for n in formula.names}, self.book.language)
        known = self.book.card.data.catalogue.measures
        parts: dict[str, Given] = {"value": self.amount(self.get("actual"))}
        for number, name in enumerate(formula.names, start=1):
            measure = kpi.inputs[name].measure if name in kpi.inputs else name
            unit = known[measure].unit if measure in known else "count"
            cell = self.get(f"x{number}")
            decimals = 2 if unit == "percent" else 0
            parts[name] = told(cell, unit, decimals, self.book.language, self.book.currency)
        whole = sentence(f"{template} = {{value}}", parts)
        return if_(is_number(self.get("actual")), if_error(whole, ""), "")

    def _year(self, day: Live) -> Live:
        return "\u00a0" & (year_of(day) & "")

    def _bullet(self, limits: Live) -> None:
        """The way from start to target as 0 to 1; of a limit, the value as a share of it."""
        get, put = self.get, self.put
        known = is_number(get("progress"))
        of_limit = if_error(get("actual") / get("target"), 0)
        put("bar", if_(known, most(0, least(1.2, if_(limits, of_limit, get("progress")))), 0))
        start = if_(or_(limits, get("cumulative").same(1)), 0, if_(is_number(get("baseline")), get("baseline"), 0))
        bench = if_error((get("benchmark") - start) / (get("target") - start), 0)
        put("bench", if_(is_number(get("benchmark")), if_(and_(bench > 0.01, bench < 1.19), bench, 0), 0))
        cuts = rules().settings
        known = if_(is_number(get("expected")), get("expected"), 0)
        plan = if_(or_(limits, get("shown").same("not_started")), 0, known)
        put("cut1", plan * cuts.at_risk)
        put("cut2", plan * cuts.on_track)

    def _ranks(self) -> None:
        get, put, made = self.get, self.put, self.made
        paced = or_(*(get("mode").same(mode) for mode in _PACED))
        primary = get("slot").differs("")
        known = and_(primary, paced, is_number(get("progress")), get("shown").differs("no_data"))
        put("share", if_(known, get("weight") * most(0, least(1, get("progress"))), ""))
        put("share_weight", if_(known, get("weight"), ""))
        put("tier", if_(primary, get("level"), ""))
        put("primary_status", if_(primary, get("shown"), ""))
        level = index(made.levels, get("look"))
        pace = if_(is_number(get("pace")), most(-4, least(4, get("pace"))), if_(
            is_number(get("progress")), most(-4, least(4, get("progress"))), 0))  # fmt: skip
        order = (self.number + 1) / 1_000_000
        worst = if_(level.same("red"), 20, if_(level.same("amber"), 10, 0))
        put("worst", if_(and_(primary, or_(level.same("red"), level.same("amber"))), worst - pace - order, ""))
        put("best", if_(and_(primary, level.same("green")), 10 + pace - order, ""))
        before = made.earlier.cell("shown", self.number)
        moved = and_(primary, made.before.differs(""), before.differs(get("shown")))
        put("changed", if_(moved, 10 + worst - order, ""))

    def _points(self) -> None:
        """The last periods for a sparkline, and the plan as a line."""
        get, put = self.get, self.put
        per_period = if_error(get("target") / get("periods"), "")
        put("line", if_(get("cumulative").same(1), per_period, get("goal_now")))
        value = self.writer.series.span("value")
        for i in range(POINTS):
            back = POINTS - 1 - i
            cell = index(value, most(get("row") - back, 1))
            known = and_(get("periods_done") > back, is_number(get("row")))
            put(f"p{i}", if_(known, kept(cell), ""))
        first, last = (self.made.now.columns[f"p{i}"] for i in (0, POINTS - 1))
        row = self.made.now.first + self.number
        points = self.writer.sheet.span(row, first, row, last)
        put("low_point", if_(count(points).same(0), "", least(points, get("line"))))
        put("high_point", if_(count(points).same(0), "", most(points, get("line"))))


def _codes(level: str) -> list[str]:
    return [code for code, look in rules().looks.items() if look.level == level]
