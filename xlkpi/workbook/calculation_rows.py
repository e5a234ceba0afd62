"""A row of the calculation: one objective on one day, and what pages say of it."""

from __future__ import annotations

from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

from xlkpi.formula.nodata import NoData
from xlkpi.scorecard.selections import Selected
from xlkpi.smart.attainable import BENCHMARK_DAYS
from xlkpi.status import Facts, excel_columns, rules
from xlkpi.status.engine import compute
from xlkpi.workbook.asked import asked_inputs
from xlkpi.workbook.calculation_rates import RATES, write_rates
from xlkpi.workbook.formats import day_told, half_shown, settled, told
from xlkpi.workbook.functions import (
    and_,
    count,
    count_ifs,
    if_,
    if_error,
    index,
    is_number,
    kept,
    least,
    match,
    most,
    or_,
    rounded,
    sentence,
    year_of,
)
from xlkpi.workbook.kpi_cells import kpi_cell
from xlkpi.workbook.live import Given, Live, Span, Value, live, serial
from xlkpi.workbook.next_review import next_review

if TYPE_CHECKING:
    from xlkpi.workbook.book import Book
    from xlkpi.workbook.calculation import Block, Calculation, Writer
    from xlkpi.workbook.data_table import DataTable

#: Points of a sparkline.
POINTS = 13
#: What the calculation keeps of the objectives' table, blank cells as empty texts.
FIXED = (
    "id", "level", "slot", "position", "kind", "direction", "cumulative", "baseline", "target", "low", "high",
    "success", "failure", "start", "due", "benchmark", "benchmark_date", "override", "override_since", "override_until",
    "weight", "periods", "last_status", "first_row", "block_rows", "since_row", "choices", "unit", "format", "title",
)  # fmt: skip
#: The columns of a status, in the order in which each uses only earlier ones.
STATUS = (
    "mode", "way", "goal", "elapsed", "expected", "met", "progress", "gap", "pace", "allowance", "status",
    "capped", "shown",
)  # fmt: skip
#: The columns of an objective on one day, but for the inputs of its KPI.
NAMES = (
    "periods_done", "row", "since", "actual", "latest", "previous", "last_year", *STATUS[:11], "guard", *STATUS[11:],
    "look", "goal_now", "variance", "effect",
)  # fmt: skip
#: What pages say of an objective on the chosen day, the parts of its bullet, and its place in rankings.
TOLD = (
    "said_last_year", "said_due", "said_expected", "said_progress", "said_gap", "said_status", "said_formula", "line",
    "bar", "bench", "bench_old", "cut1", "cut2", "share", "share_weight", "tier", "primary_status", "worst", "best",
    "changed", "changed_last", "low_point", "high_point", "half", "trust", "review", *RATES,
)  # fmt: skip
_PACED = ("reach", "increase", "decrease", "total")


class Row:
    """One objective on one day."""

    def __init__(
        self, writer: Writer, block: Block, number: int, selected: Selected, chosen: tuple[Live, Live, Live],
        inputs: list[str],
    ) -> None:  # fmt: skip
        self.writer, self.block, self.number, self.selected = writer, block, number, selected
        self.day, self.choice_no, self.day_no = chosen
        self.day = day_shown(writer.book, selected, self.day)
        self.inputs = inputs
        self.row = block.first + number

    def get(self, name: str) -> Live:
        if name in self.writer.fixed:
            return self.writer.sheet.ref(self.writer.first + self.number, self.writer.fixed[name])
        return self.block.cell(name, self.number)

    def put(self, name: str, content: Live) -> Live:
        return self.writer.sheet.write(self.row, self.block.columns[name], content)

    @property
    def half(self) -> float:
        """What reads zero when the objective's differences are shown."""
        return half_shown(*shown_in(self.writer.objectives, self.number, self.selected))

    def first_part(self) -> None:
        """Where the numbers stand, the numbers, and the status before guards."""
        series = self.writer.series
        get, put = self.get, self.put
        done = count_ifs(
            (series.span("objective"), "=", get("id")), (series.span("choice_no"), "=", 0.0),
            (series.span("role"), "=", "period"), (series.span("end"), "<=", self.day),
        )  # fmt: skip
        put("periods_done", if_(or_(get("first_row").blank, self.day.blank), 0, done))
        # Only the choices that an objective has have a block of rows, one after the other.
        blocks = ((series.span("objective"), "=", get("id")), (series.span("role"), "=", "period"))
        own = count_ifs(*blocks, (series.span("choice_no"), "=", self.choice_no))
        before = count_ifs(*blocks, (series.span("choice_no"), "<=", self.choice_no - 1))
        nothing = or_(get("periods_done").same(0), own.same(0))
        put("row", if_(nothing, "", get("first_row") + before + get("periods_done") - 1))
        days = len(self.writer.book.choices.days)
        earlier = (get("row") - get("first_row") - get("periods_done") + 1) / get("block_rows")
        since = if_(get("since_row").blank, "", get("since_row") + earlier * days + self.day_no - 1)
        put("since", if_(get("row").blank, "", if_(get("cumulative").same(1), since, get("row"))))
        asked = asked_inputs(self.writer.book, self.selected)
        names = (
            {f"x{i}": n for i, n in enumerate(self.selected.formula.names, start=1)} if self.selected.formula else {}
        )
        for name in self.inputs:
            if (typed := asked.get(names.get(name, ""))) is not None:
                until = index(series.span("end"), get("row"))
                put(name, if_(get("since").blank, "", if_error(typed(until), "")))
            else:
                put(name, if_(get("since").blank, "", kept(index(series.span(name), get("since")))))
        put("actual", if_error(self._actual(), ""))
        value = series.span("value")
        put("latest", if_(get("row").blank, "", kept(index(value, get("row")))))
        put("previous", if_(get("periods_done") < 2, "", if_(get("row").blank, "", kept(index(value, get("row") - 1)))))
        put("last_year", if_(get("row").blank, "", kept(index(series.span("last_year"), get("row")))))
        values = self._status_values()
        for name, text in self._status_texts.items():
            if name in STATUS[:11]:
                put(name, Live(text, values[name]))

    def second_part(self, guards: list[int]) -> None:
        """The status under guards and a person's, and the distance to the plan."""
        get, put = self.get, self.put
        red = [self.block.cell("status", g).same(code) for g in guards for code in _codes("red")]
        guard = put("guard", if_(or_(*red), "behind", "") if red else live(""))
        texts = self._status_texts
        status, looks = str(get("status").value), rules().looks
        capped = "at_risk" if guard.value and looks[status].level == "green" else status
        put("capped", Live(texts["capped"], capped))
        until, override = get("override_until").number, get("override").value
        day = self.day.number
        begun = (since := _since(self.selected)) is None or (day is not None and day >= serial(since))
        held = override not in ("", None) and begun and (until is None or (day is not None and day < until))
        put("shown", Live(texts["shown"], override if held else capped))
        self._distance()

    def _actual(self) -> Live:
        """The KPI's own formula over its inputs."""
        formula = self.selected.formula
        if formula is None:
            return live("")
        cells = {name: self.get(f"x{i}") for i, name in enumerate(formula.names, start=1)}
        return kpi_cell(formula, cells, self.writer.sheet)

    def _references(self) -> dict[str, str]:
        from xlkpi.status.facts import INPUTS

        names = {n: n for n in INPUTS if n != "as_of"} | {n: n for n in STATUS}
        names |= {"guard": "guard", "override": "override", "until": "override_until"}
        if _since(self.selected) is not None:
            names["since"] = "override_since"
        cells = {name: self.get(column).text for name, column in names.items()}
        cells["as_of"] = self.day.text
        cells |= {"failed": '""', "verdict": '""'}
        return {name: self.writer.sheet.local(cell) for name, cell in cells.items()}

    @cached_property
    def _status_texts(self) -> dict[str, str]:
        """The formulas of a status by column."""
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
        put("variance", if_error(settled(get("actual") - get("goal_now"), self.half), ""))
        beyond = if_(get("variance").same(0), 1, -1)
        ahead = rounded(get("variance") * get("way"), 9)
        way = if_(ahead.same(0), 0, if_(ahead > 0, 1, -1))
        effect = if_(get("mode").same("stay_between"), beyond, way)
        put("effect", if_(is_number(get("variance")), if_error(effect, 0), 0))

    def _codes_span(self) -> Span:
        looks = rules().looks
        return self.writer.sheet.span(1, 5, len(looks))


class Told:
    """What pages say of one objective on the chosen day."""

    def __init__(self, writer: Writer, made: Calculation, number: int, selected: Selected) -> None:
        self.writer, self.made, self.number = writer, made, number
        self.book, self.selected = writer.book, selected
        self.unit, self.decimals = shown_in(made.tables.objectives, number, selected)

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
        put("half", live(half_shown(self.unit, self.decimals)))
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
        put("said_status", self._judged())
        put("said_formula", self._formula())
        put("trust", self.made.dated("trusts", self.number))
        month = self.book.card.project.fiscal_year_start
        put("review", next_review(self.selected.result.objective, self.made.as_of, month))
        write_rates(self, day_shown(self.book, self.selected, self.made.as_of))
        self._bullet(or_(limits, stays))
        self._ranks()
        self._points()

    def _judged(self) -> Live:
        """The computed status where a person set another, or that a guard holds it back."""
        get, until = self.get, self.get("override_until")
        held = and_(get("override").differs(""), or_(until.blank, self.made.as_of < until))
        if _since(self.selected) is not None:
            held = and_(held, self.made.as_of >= get("override_since"))
        word = index(self.made.words, match(get("capped"), self.made.codes))
        guarded = if_(get("capped").differs(get("status")), self.book.text("said.guarded"), "")
        return if_error(if_(held, self.say("said.computed", status=word), guarded), "")

    def _formula(self) -> Live:
        """The KPI's formula with its numbers: « 388 440 € / 8 300 = 46,80 € »."""
        formula, kpi = self.selected.formula, self.selected.result.kpi
        if formula is None or kpi is None:
            return live("")
        template = formula.in_words({n: f"{{{n}}}" for n in formula.names}, self.book.language)
        catalogue = self.book.card.data.catalogue
        parts: dict[str, Given] = {"value": self.amount(self.get("actual"))}
        for number, name in enumerate(formula.names, start=1):
            measure = kpi.inputs[name].measure if name in kpi.inputs else name
            unit = catalogue.shown_unit(measure)
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
        old = self.made.as_of - get("benchmark_date") > BENCHMARK_DAYS
        put(
            "bench_old",
            if_error(if_(and_(is_number(get("benchmark")), is_number(get("benchmark_date"))), old, False), False),
        )
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
        since = and_(primary, get("last_status").differs(""), get("last_status").differs(get("shown")))
        put("changed_last", if_(since, 10 + worst - order, ""))

    def _points(self) -> None:
        """The last periods for a sparkline, and the plan as a line."""
        get, put = self.get, self.put
        per_period = if_error(get("target") / get("periods"), "")
        put("line", if_(get("cumulative").same(1), per_period, get("goal_now")))
        value = self.writer.series.span("value")
        for i in range(POINTS):
            back = POINTS - 1 - i
            cell = index(value, get("row") - back)
            put(f"p{i}", if_error(if_(get("periods_done") > back, kept(cell), ""), ""))
        first, last = (self.made.now.columns[f"p{i}"] for i in (0, POINTS - 1))
        row = self.made.now.first + self.number
        points = self.writer.sheet.span(row, first, row, last)
        put("low_point", if_(count(points).same(0), "", least(points, get("line"))))
        put("high_point", if_(count(points).same(0), "", most(points, get("line"))))


def day_shown(book: Book, selected: Selected, day: Live) -> Live:
    """The day of an objective's numbers: the chosen one, or that of the last review after which it was not due."""
    held = book.card.held.get(selected.result.objective.id)
    return day if held is None else if_(day.blank, "", least(day, float(serial(held))))


def shown_in(objectives: DataTable, number: int, selected: Selected) -> tuple[str, int]:
    """The unit of an objective, and the decimals that it is shown with."""
    unit = selected.result.kpi.unit if selected.result.kpi else "count"
    return unit, int(str(objectives.columns["format"][number])[len(unit) :] or 0)


def _since(selected: Selected) -> date | None:
    """From when on the status that the project sets by hand holds."""
    given = selected.result.objective.override
    return given.since if given else None


def _codes(level: str) -> list[str]:
    return [code for code, look in rules().looks.items() if look.level == level]
