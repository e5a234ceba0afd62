"""Alerts as live cells: the rules of :mod:`xlkpi.alerts` on the calculation sheet, for the chosen day and part.

For each objective and cause one cell holds the score of the gravest rule that holds, 0 for none; pages read the rule's
texts by it. What is the same on every day that can be chosen, as punctual data, is decided when the workbook is built
and leaves the formulas.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from xlkpi.alerts import FAULT, LEVELS, LONGEST, Watch, score
from xlkpi.formula.evaluate import outcome
from xlkpi.formula.excel import cell_formula
from xlkpi.formula.nodata import NoData
from xlkpi.formula.tree import Node, Number, names, required_names
from xlkpi.objectives.alert_rules import CAUSES, DATED, FIXED, Rule
from xlkpi.status import rules
from xlkpi.status.simplify import simplify
from xlkpi.workbook.alert_facts import OWN
from xlkpi.workbook.functions import (
    absolute,
    and_,
    before,
    count_ifs,
    if_,
    if_error,
    index,
    is_number,
    match,
    most,
    or_,
    whole,
    without_first,
)
from xlkpi.workbook.live import Given, Live, Span, live

if TYPE_CHECKING:
    from xlkpi.workbook.book import Book
    from xlkpi.workbook.calculation import Calculation

#: Facts that stand on the calculation sheet already, by their columns there.
_THERE = {
    "value": "latest", "previous": "previous", "pace": "pace", "progress": "progress", "expected": "expected",
    "gap": "gap", "elapsed": "elapsed",
}  # fmt: skip
#: Facts that always have a value.
_ALWAYS = {
    "late",
    "completeness",
    "trust",
    "run",
    "gains",
    "status",
    "level",
    "level_before",
    "started",
    "guard",
    "guard_worse",
}
_NEEDED = ("worse", "level")
_TEXTS = ("title", "severity", "risk", "diagnosis", "actions")


@dataclass
class AlertCells:
    """Where the alerts are: ``keys`` of objective and cause (``roi_paid|course``, the cause in words), their
    ``scores``, ``also`` the titles of the objectives whose alerts each tells too, and the ``texts`` of rules by their
    places.
    """

    keys: Span
    scores: Span
    objectives: Span
    also: Span
    texts: Mapping[str, Span] = field(default_factory=dict)

    def severity(self, found: Given) -> Live:
        """Of a score: 1 to 4, 0 for none."""
        return whole((live(found) + 999) / 1000)

    def text(self, name: str, found: Given) -> Live:
        """A text of the rule that a score stands for."""
        place = self.severity(found) * 1000 - live(found)
        return index(self.texts[name], place)

    def at(self, key: Given) -> Live:
        """The score of an objective and cause."""
        return index(self.scores, match(key, self.keys))

    @property
    def count(self) -> Live:
        return count_ifs((self.scores, ">=", 1.0))

    def count_of(self, severity: int) -> Live:
        return count_ifs((self.scores, ">=", severity * 1000 - 999.0), (self.scores, "<=", severity * 1000.0))


def alert_cells(book: Book, made: Calculation) -> AlertCells:
    """Work the alerts out beside the other calculations; once for a workbook."""
    if made.alerts is None:
        made.alerts = Writer(book, made).write()
    return made.alerts


def cause_word(book: Book, cause: str) -> str:
    return book.text(f"cause.{cause}")


class Writer:
    def __init__(self, book: Book, made: Calculation) -> None:
        self.book: Book = book
        self.made: Calculation = made
        self.sheet = made.sheet
        self.watch = Watch(book.card, book.choices)
        places = {id(r): i for i, r in enumerate(book.card.results)}
        #: The number of a result for each row of the calculation, and back.
        self.results = [places[id(s.result)] for s in made.tables.order]
        self.rows = {number: row for row, number in enumerate(self.results)}
        used = {n for rule in self.watch.rules for n in rule.condition.names}
        self.facts = [f for f in OWN if f in used | {*_NEEDED}]
        names = (*self.facts, "fault", *map(_cause, CAUSES), "late days", "late with", "late title")
        self.columns = {name: i for i, name in enumerate(names, start=1)}
        #: For each row the rows, in the file's order, with which its data may be equally late.
        self.late = [self._late_rows(number) for number in self.results]
        self.first = made.rows(len(self.results) + 1) + 1
        #: Rows and causes of which no rule can hold.
        self.never: set[tuple[int, str]] = set()

    def write(self) -> AlertCells:
        put = self.sheet.put
        for name, column in self.columns.items():
            put(self.first - 1, column, name)
        order = range(len(self.results))
        for row in order:
            put(self.first + row, 0, self.made.now.cell("id", row))
            if self.late[row] or any(row in rows for rows in self.late):
                self._put(row, "late days", self.made.dated("late_days", row))
            for name in self.facts:
                if name not in ("guard", "guard_worse") and not self._same(row, name):
                    self._put(row, name, OWN[name](self, row))
        for row in order:
            for name in ("guard", "guard_worse"):
                if name in self.facts:
                    self._put(row, name, OWN[name](self, row))
            self._put(row, "fault", self._fault(row) if self.watch.guarded[self.results[row]] else live(0))
        for row in order:
            for cause in CAUSES:
                raw = self._raw(row, cause)
                self._put(row, _cause(cause), raw)
                if raw.text == "0":
                    self.never.add((row, cause))
        for row in order:
            if self.late[row]:
                self._put(row, "late with", self._late_with(row))
                self._put(row, "late title", self._late_title(row))
        return self._listed()

    def _put(self, row: int, name: str, content: Live) -> Live:
        return self.sheet.put(self.first + row, self.columns[name], content)

    def get(self, row: int, name: str) -> Live:
        if name in _THERE:
            return self.made.now.cell(_THERE[name], row)
        return self.sheet.ref(self.first + row, self.columns[name])

    def _late_rows(self, number: int) -> list[int]:
        days = range(len(self.watch.days))
        return [self.rows[other] for other in sorted({o for day in days for o in self.watch.late_with(number, day)})]

    def _late_with(self, row: int) -> Live:
        """Of whose alert the row's is part on the chosen day, since one export lacks: its row from 1, or 0."""
        days, score, late = self.get(row, "late days"), self.get(row, _cause("data")), live(0)
        for other in reversed(self.late[row]):
            as_late = and_(self.get(other, "late days").same(days), days > max(map(self.period, (row, other))))
            late = if_(as_late, if_(self.get(other, _cause("data")) >= score, other + 1, 0), late)
        return if_(score > 0, late, 0)

    def _late_title(self, row: int) -> Live:
        return if_(self.get(row, "late with") > 0, ", " & self._title(row), "")

    def _title(self, row: int) -> Live:
        return before(self.made.now.cell("title", row), " (")

    def period(self, row: int) -> float:
        """The days of a period of the row's cadence."""
        series = self.book.card.results[self.results[row]].series
        return series.cadence.days if series else 1.0

    def _same(self, row: int, name: str) -> bool:
        """Whether a fact is the same on every day that can be chosen."""
        number, days = self.results[row], range(len(self.watch.days))
        return name in DATED and len({self.watch.dated(number, day)[name] for day in days}) == 1

    # --- facts ---------------------------------------------------------------------------------------------------

    def worse(self, row: int, now: Live, before: Live) -> Live:
        """How much a value is worse than the one before, as a share; an error where it can't be told."""
        way = self.made.now.cell("way", row)
        return (before - now) * way / absolute(before)

    def run(self, row: int, sign: float) -> Live:
        """Periods in a row that were worse, or better, by more than the dead band."""
        from xlkpi.workbook.calculation_rows import POINTS

        band, made = self.watch.band, self.made.now
        if made.cell("mode", row).value == "stay_between":
            return live(0)
        length: Live = live(LONGEST)
        for step in range(LONGEST, 0, -1):
            now, before = (made.cell(f"p{POINTS - step - back}", row) for back in (0, 1))
            change = self.worse(row, now, before)
            test = change > band if sign > 0 else change < -band
            length = if_(if_error(test, False), length, step - 1)
        return length

    def level(self, cell: Live) -> Live:
        """Of a status: 0 to 3."""
        looks, found = rules().looks, live(0)
        for name in ("green", "amber", "red"):
            codes = [code for code, look in looks.items() if look.level == name]
            found = if_(or_(*(cell.same(code) for code in codes)), LEVELS[name], found)
        return found

    def _fault(self, row: int) -> Live:
        worse, level = self.get(row, "worse"), self.get(row, "level")
        return if_(or_(level.same(LEVELS["red"]), if_(is_number(worse), worse >= FAULT, False)), 1, 0)

    def guards(self, row: int) -> list[int]:
        return [self.rows[g] for g in self.watch.guards[self.results[row]]]

    # --- rules ---------------------------------------------------------------------------------------------------

    def _raw(self, row: int, cause: str) -> Live:
        """The highest score of the rules that hold."""
        result = self.book.card.results[self.results[row]]
        parts = []
        for order, rule in enumerate(self.watch.rules, start=1):
            if rule.entry.cause == cause and rule.applies(result.objective, result.kpi):
                part = self._rule(row, rule, score(rule.entry, order))
                if part is not None:
                    parts.append(part)
        if not parts:
            return live(0)
        return parts[0] if len(parts) == 1 else most(*parts)

    def _rule(self, row: int, rule: Rule, points: float) -> Live | None:
        """The score where the condition holds, else 0; None for what can't hold."""
        number = self.results[row]
        known: dict[str, Node | None] = {}
        facts = self.watch.facts(number, len(self.watch.days) - 1)
        for name in (*FIXED, *(name for name in DATED if self._same(row, name))):
            value = facts[name]
            known[name] = None if isinstance(value, NoData) else Number(value)
        if not self.watch.guards[number]:
            known |= {"guard": Number(0.0), "guard_worse": Number(0.0)}
        node = simplify(rule.condition.root, known)
        if node is None or node == Number(0.0):
            return None
        if isinstance(node, Number):
            return live(points)
        cells = {name: self.get(row, name) for name in names(node)}
        given = {n: v for n, c in cells.items() if isinstance(v := c.value, float)}
        found = outcome(node, {n: given.get(n, NoData.MISSING) for n in cells})
        texts = {n: self.sheet.local(c.text) for n, c in cells.items()}
        test = Live(cell_formula(node, texts, guarded=False, elementwise=False), found)
        value = points if not isinstance(found, NoData) and found else 0.0
        must = [n for n in names(node) if n in required_names(node) and n not in _ALWAYS]
        text = f"IF({test.text}=1,{live(points).text},0)"
        if must:
            count = f"COUNT({','.join(texts[n] for n in must)})={len(must)}"
            text = f"IF({count},{text},0)"
        return Live(text, value)

    def _final(self, row: int, cause: str) -> Live:
        """The score unless another objective's alert tells of the same cause."""
        number, own = self.results[row], self.get(row, _cause(cause))
        others: list[Live] = []
        for twin in self.watch.twins(number):
            there = self.get(self.rows[twin], _cause(cause))
            others.append(there >= own if twin < number else there > own)
        if cause == "data" and self.late[row]:
            others.append(self.get(row, "late with") > 0)
        if cause == "guard":
            for guard in self.guards(row):
                others.append(self.get(guard, _cause("course")) * self.get(guard, "fault") > own + 500)
        if cause == "course" and self.watch.guarded[number]:
            pairs = most(*(self.get(self.rows[i], _cause("guard")) for i in self.watch.guarded[number]))
            others.append(and_(self.get(row, "fault").same(1), pairs > own - 500))
        if not others or (row, cause) in self.never:
            return own
        return if_(or_(*others), 0, own)

    def _also(self, row: int, cause: str) -> Live:
        """The titles of the objectives whose alerts this one tells, each after a comma."""
        if (row, cause) in self.never:
            return live("")
        number, own = self.results[row], self.get(row, _cause(cause))
        found: list[tuple[int, str, Live]] = []  # whose alert, from what, and when this one tells it
        for other in range(len(self.results)):
            if number in self.watch.twins(other):
                there = self.get(self.rows[other], _cause(cause))
                found.append((other, cause, own >= there if number < other else own > there))
        if cause == "course":
            for other in self.watch.guarded[number]:
                there = self.get(self.rows[other], _cause("guard"))
                found.append((other, "guard", self.get(row, "fault") * own > there + 500))
        if cause == "guard":
            for guard in self.watch.guards[number]:
                there, fault = self.get(self.rows[guard], _cause("course")), self.get(self.rows[guard], "fault")
                found.append((guard, "course", and_(fault.same(1), own > there - 500)))
        tests: dict[int, list[Live]] = {}
        for other, from_, test in found:
            if (self.rows[other], from_) not in self.never:
                tests.setdefault(other, []).append(and_(self.get(self.rows[other], _cause(from_)) > 0, test))
        parts = live("")
        told: dict[int, Live] = {n: if_(or_(*ts), ", " & self._title(self.rows[n]), "") for n, ts in tests.items()}
        for late, rows in enumerate(self.late if cause == "data" else ()):
            if row in rows and self.results[late] not in told:  # with a cell of its own each: there may be many
                same = self.get(late, "late with").same(row + 1)
                told[self.results[late]] = if_(same, self.get(late, "late title"), "")
        for _, said in sorted(told.items()):
            parts = parts & said
        return parts if not told else without_first(parts, 2)

    def _listed(self) -> AlertCells:
        """A row for each objective and cause, and the texts of the rules."""
        made, sheet, book = self.made, self.sheet, self.book
        size = len(self.results) * len(CAUSES)
        first = made.rows(size + 1) + 1
        for column, name in enumerate(("alert", "score", "objective", "also")):
            sheet.put(first - 1, column, name)
        for row in range(len(self.results)):
            for i, cause in enumerate(CAUSES):
                at = first + row * len(CAUSES) + i
                id = made.now.cell("id", row)
                sheet.put(at, 0, id & f"|{cause_word(book, cause)}")
                sheet.put(at, 1, self._final(row, cause))
                sheet.put(at, 2, float(row + 1))
                sheet.put(at, 3, self._also(row, cause))
        last = max(first, first + size - 1)
        spans = [sheet.span(first, column, last) for column in range(4)]
        size = max(2, len(self.watch.rules))  # a range of one row is misread by some programs
        top = made.rows(size + 1) + 1
        for row, rule in enumerate(self.watch.rules, start=top):
            for column, name in enumerate(_TEXTS):
                sheet.put(row, column, self._text(rule, name))
        end = top + size - 1
        texts = {name: sheet.span(top, column, end) for column, name in enumerate(_TEXTS)}
        return AlertCells(spans[0], spans[1], spans[2], spans[3], texts)

    def _text(self, rule: Rule, name: str) -> str:
        book, entry = self.book, rule.entry
        if name == "severity":
            return f"{entry.severity} – {book.text(f'severity.s{entry.severity}')}"
        if name == "actions":
            return "\n".join(f"• {book.say(action)}" for action in entry.actions)
        return book.say(getattr(entry, name))


def _cause(cause: str) -> str:
    """The column of the scores from a cause."""
    return f"from {cause}"
