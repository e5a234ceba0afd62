"""The data tables of a scorecard: objectives and their series, with what formulas need to find their rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from xlkpi.alerts import TRUST, rules_of
from xlkpi.analysis.sentences import of_past_error
from xlkpi.formula import Formula
from xlkpi.language import dates as days
from xlkpi.objectives import Objective
from xlkpi.scorecard.model import Outlook, Result
from xlkpi.scorecard.outlook import past_error_of
from xlkpi.scorecard.selections import Selected
from xlkpi.smart import LETTERS
from xlkpi.smart.model import Letter, ObjectiveReport
from xlkpi.workbook.by_day import whole_numbers
from xlkpi.workbook.data_sheet import OBJECTIVES, SERIES
from xlkpi.workbook.data_table import DataTable, as_cell
from xlkpi.workbook.formats import typeset
from xlkpi.workbook.live import Value
from xlkpi.workbook.series_table import append_blocks, series_table

if TYPE_CHECKING:
    from xlkpi.workbook.book import Book
    from xlkpi.workbook.state import State

#: Objectives on the first page, and its two groups.
MOST_PRIMARY = 7
TIERS = ("strategic", "operational")
MARKS = {"pass": "✓", "warning": "!", "fail": "✗", "not_checked": "–"}
#: What is told of each as-of date in one cell, see :mod:`xlkpi.workbook.by_day`: the digits of each number, and by what
#: it is multiplied.
BY_DAY: Mapping[str, tuple[int, float]] = {"trusts": (1, 1.0), "late_days": (4, 1.0), "completeness": (10, 1e9)}
#: The columns of the objectives' table: their kind, and whether people may type there.
OBJECTIVE_COLUMNS: Mapping[str, tuple[str, bool]] = {
    "id": ("text", False), "title": ("text", False), "kpi": ("text", False), "question": ("text", False),
    "scope": ("text", False), "level": ("text", False), "owner": ("text", True), "start": ("date", True),
    "due": ("date", True), "kind": ("text", False), "baseline": ("number", True), "target": ("number", True),
    "low": ("number", True), "high": ("number", True), "success": ("number", True), "failure": ("number", True),
    "benchmark": ("number", True), "benchmark_date": ("date", True), "benchmark_source": ("text", True),
    "override": ("text", True), "override_since": ("date", False), "override_until": ("date", True),
    "override_reason": ("text", True),
    "stakeholders": ("text", False), "reason": ("text", False), "decision": ("text", False), "review": ("date", False),
    **{f"{letter}_why": ("text", False) for letter in LETTERS},
    "S": ("text", False), "M": ("text", False), "A": ("text", False), "R": ("text", False), "T": ("text", False),
    "smart": ("text", False), "score": ("number", False), "unit": ("text", False), "format": ("text", False),
    "gap_format": ("text", False), "direction": ("text", False), "cumulative": ("number", False),
    "weight": ("number", False), "slot": ("text", False), "position": ("text", False), "periods": ("number", False),
    "trust": ("text", False), "sources": ("text", False), "definition": ("text", False), "pitfalls": ("text", False),
    "formula": ("text", False), "input": ("text", False), "landing": ("number", False),
    "landing_low": ("number", False), "landing_high": ("number", False), "probability": ("number", False),
    "outlook": ("text", False),
    "last_status": ("text", False), "last_day": ("date", False), "first_row": ("number", False),
    "block_rows": ("number", False), "since_row": ("number", False), "choices": ("number", False),
    **dict.fromkeys(BY_DAY, ("text", False)),
}  # fmt: skip


@dataclass(frozen=True)
class Tables:
    """The tables that the calculation reads, and the objectives in the order of its rows."""

    objectives: DataTable
    series: DataTable
    order: tuple[Selected, ...]
    #: What the project says in the cells that people may change, by objective.
    typed: Mapping[str, Mapping[str, Value]]
    #: The places of the first page by tier: S1, S2 ... and O1, O2 ...
    slots: Mapping[str, Sequence[str]]

    @property
    def all_slots(self) -> list[str]:
        """The places of both tiers, strategic first."""
        return [slot for tier in TIERS for slot in self.slots[tier]]


def make_tables(book: Book) -> Tables:
    """Put a scorecard's numbers into tables."""
    choices = book.choices
    inputs = max((len(f.names) for s in choices.objectives for f in _formulas(s)), default=1)
    series = series_table(max(inputs, _known_inputs(book)))
    headers = {code: book.text_or(f"column.{code}", code) for code in OBJECTIVE_COLUMNS}
    objectives = DataTable(OBJECTIVES, {c: k for c, (k, _) in OBJECTIVE_COLUMNS.items()}, headers)
    order = _ordered(choices.objectives)
    slots = slots_of([s.result.objective for s in order], book.existing.state if book.existing else None)
    places = {tier: [f"{tier[0].upper()}{i}" for i in range(1, book.places(f"slots.{tier}", _count(slots, tier)) + 1)]
              for tier in TIERS}  # fmt: skip
    reports = {report.id: report for report in book.smart.objectives}
    numbers = {"strategic": 0, "operational": 0}
    for selected in order:
        result = selected.result
        numbers[result.objective.level] += 1
        place = append_blocks(selected, choices, series)
        smart = reports.get(result.objective.id)
        letters = {letter: MARKS[smart.letters[letter].verdict] for letter in LETTERS} if smart else {}
        reasons = {f"{letter}_why": _reason(book, smart, letter) for letter in LETTERS} if smart else {}
        objectives.append(
            **_fixed(book, result), **_by_day(book, result), **typed_cells(result.objective, book.language),
            **place, **letters, **reasons,
            slot=slots.get(result.objective.id, ""),
            position=f"{result.objective.level[0].upper()}{numbers[result.objective.level]}",
            last_status=book.last.statuses.get(result.objective.id) if book.last else None,
            last_day=book.last.day if book.last else None, smart=_advice(book, smart),
            score=smart.score if smart else None,
        )  # fmt: skip
    typed: dict[str, Mapping[str, Any]] = {
        s.result.objective.id: typed_cells(s.result.objective, book.language) for s in order
    }
    typed |= book.project_typed
    return Tables(objectives, series, order, {id: {c: as_cell(v) for c, v in t.items()} for id, t in typed.items()},
                  places)  # fmt: skip


def _count(slots: Mapping[str, str], tier: str) -> int:
    return sum(slot[0] == tier[0].upper() for slot in slots.values())


def _known_inputs(book: Book) -> int:
    """How many inputs the workbook that is refreshed has columns for."""
    known = book.existing.state.columns[SERIES] if book.existing else {}
    return sum(code[0] == "x" and code[1:].isdigit() for code in known)


def _formulas(selected: Selected) -> list[Formula]:
    own = selected.result.kpi.compiled if selected.result.kpi else None
    return [formula for formula in (selected.formula, own) if formula is not None]


def _ordered(objectives: Sequence[Selected]) -> tuple[Selected, ...]:
    known = {selected.result.objective.id: selected for selected in objectives}
    return tuple(known[o.id] for o in in_order([selected.result.objective for selected in objectives]))


def in_order(objectives: Sequence[Objective]) -> list[Objective]:
    """Strategic first, then by priority, then as in the project's file; secondary ones under their parent."""
    usual = sorted(objectives, key=lambda o: (o.level != "strategic", o.priority or 999))
    over = parents(usual)
    found: list[Objective] = []
    for objective in usual:
        if objective.id not in over:
            found.append(objective)
            found += [o for o in usual if over.get(o.id) == objective.id]
    return found


def parents(objectives: Sequence[Objective]) -> dict[str, str]:
    """The primary objective over each secondary one, of the same level: its parent, or the first above that is one."""
    known = {o.id: o for o in objectives}
    found: dict[str, str] = {}
    for objective in objectives:
        above, seen = objective, {objective.id}
        while not above.primary and above.parent in known and above.parent not in seen:
            above = known[above.parent]
            seen.add(above.id)
        if above is not objective and above.primary and above.level == objective.level:
            found[objective.id] = above.id
    return found


def slots_of(objectives: Sequence[Objective], state: State | None) -> dict[str, str]:
    """The places on the first page of objectives in their order: S1, S2 ... O1, O2 ..., at most seven in all.

    In a workbook that is refreshed an objective keeps its place, and one that returns has its former one where that is
    free, for what people wrote beside it is about it. New ones take those that are free now, then those that none would
    return to, at last any; ``state`` is what the workbook remembers.
    """
    primary = [o for o in objectives if o.primary] or list(objectives)
    chosen = sorted(primary, key=lambda o: o.priority or 999)[:MOST_PRIMARY]
    chosen = [o for o in primary if o in chosen]
    kept = {o.id: s for o in chosen if state and (s := state.slots.get(o.id, " "))[0] == o.level[0].upper()}
    former, vacated = (state.former_slots, set(state.slots.values())) if state else ({}, set())
    slots: dict[str, str] = {}
    for tier in TIERS:
        of_tier = [o for o in chosen if o.level == tier]
        size = len(of_tier) if state is None else state.room.get(f"slots.{tier}", 0)
        free = [s for i in range(1, size + 1) if (s := f"{tier[0].upper()}{i}") not in kept.values()]
        ids = {o.id for o in of_tier}
        back = {slot: id for id, slot in former.items() if id in ids and slot in free}  # the last one of each place
        placed = {**kept, **{id: slot for slot, id in back.items()}}
        wanted = {slot for id, slot in former.items() if id not in placed} - vacated
        free = sorted((slot for slot in free if slot not in back), key=lambda slot: slot in wanted)
        for objective in of_tier:
            if slot := placed.get(objective.id) or (free.pop(0) if free else ""):
                slots[objective.id] = slot
    return slots


def _title(book: Book, objective: Objective) -> str:
    """The objective's title; with its id where another has the same, so that a drop-down reaches both."""
    title = book.say(objective.title)
    same = sum(book.say(r.objective.title).casefold() == title.casefold() for r in book.card.results)
    return title if same < 2 else f"{title} ({objective.id})"


def kpi_name(result: Result) -> Mapping[str, Any]:
    """What an objective's page is named for: its KPI, or what it says where it has none."""
    return result.kpi.name if result.kpi else result.objective.title


def _fixed(book: Book, result: Result) -> dict[str, Any]:
    """What is known of an objective whatever is chosen."""
    from xlkpi.workbook.formats import decimals_for

    o, kpi = result.objective, result.kpi
    unit = kpi.unit if kpi else "count"
    decimals = decimals_for(unit, (o.target, o.low, o.high, o.baseline, result.actual))
    cadence = result.series.cadence if result.series else None
    project = book.card.project
    review = o.next_review(book.card.as_of, project.fiscal_year_start)
    return {
        "id": o.id, "title": _title(book, o), "kpi": book.say(kpi_name(result)),
        "question": book.say(kpi.question or kpi.definition) if kpi else "", "scope": book.say(o.specific),
        "level": o.level, "kind": o.kind, "override_since": o.override.since if o.override else None,
        # Hidden beside the last column that is shown: where it is blank, LibreOffice prints ### for the next number.
        "stakeholders": ", ".join(o.stakeholders) or "–", "reason": book.say(o.relevant),
        "decision": book.say(o.decision), "review": review, "unit": unit,
        "format": f"{unit}{decimals}", "gap_format": f"{unit}{decimals}",
        "direction": kpi.direction if kpi else "none", "cumulative": 1.0 if result.cumulative else 0.0,
        **_explained(book, result), "weight": o.weight, "trust": result.trust.level,
        "sources": ", ".join(result.sources),
        "periods": cadence.reviews(o.start, o.due) if cadence and o.start and o.due else None,
    }  # fmt: skip


def _by_day(book: Book, result: Result) -> dict[str, str]:
    """How far the numbers of each as-of date can be relied on; what no formula needs is blank."""
    known = [book.card.trust_of(result, day) for day in book.choices.days]
    used = {name for rule in rules_of(book.card) for name in rule.condition.names}
    told: dict[str, list[float | None]] = {
        "trusts": [TRUST[trust.level] for trust in known],
        "late_days": [float(trust.late_days) for trust in known] if any(t.late_days for t in known) else [],
        "completeness": [trust.completeness for trust in known] if "completeness" in used else [],
    }
    return {code: whole_numbers(told[code], width, scale) for code, (width, scale) in BY_DAY.items()}


def typed_cells(objective: Objective, language: str) -> dict[str, Any]:
    """What the project says in the cells that people may change."""
    from xlkpi.catalogue import say

    o, known = objective, next(iter(objective.attainable.benchmark), None)
    return {
        "owner": o.owner, "start": o.start, "due": o.due, "baseline": o.baseline, "target": o.target, "low": o.low,
        "high": o.high, "success": o.success, "failure": o.failure,
        "benchmark": known.value if known else None, "benchmark_date": known.date if known else None,
        "benchmark_source": known.source if known else None,
        "override": o.override.status if o.override else None,
        "override_until": o.override.until if o.override else None,
        "override_reason": str(say(o.override.reason, language)) if o.override else None,
    }  # fmt: skip


def _explained(book: Book, result: Result) -> dict[str, Any]:
    """What a KPI means, how it is computed, and where it is going."""
    from xlkpi.workbook.pages.dictionary import formula_words, pitfalls

    kpi, ahead = result.kpi, result.outlook
    if kpi is None:
        return {}
    first = next(iter(kpi.inputs), None)
    told = {
        "definition": book.say(kpi.definition), "pitfalls": " ".join(pitfalls(book, kpi)),
        "formula": formula_words(book, kpi),
        "input": book.card.data.catalogue.describe_input(kpi, first, book.language) if first else "",
    }  # fmt: skip
    if ahead is None:
        return told
    return {
        **told, "landing": ahead.landing, "landing_low": ahead.landing_lower, "landing_high": ahead.landing_upper,
        "probability": ahead.probability, "outlook": _forecast_told(book, result, ahead),
    }  # fmt: skip


def _forecast_told(book: Book, result: Result, ahead: Outlook) -> str:
    """The forecast's day and method, and how far off it was."""
    if result.series is None or result.kpi is None:
        return ""
    found = past_error_of(result.series)
    told = of_past_error(ahead.method, found, result.kpi.unit, book.currency, book.language)
    day = days.day(book.card.day_of(result.objective.id), book.language)
    return typeset(book.text("kpi.forecast_told", day=day, told=told))


def _advice(book: Book, smart: Any) -> str:
    """What SMART finds lacking, each letter with its first sentence."""
    if smart is None:
        return ""
    parts = []
    for letter in LETTERS:
        found = [f for f in smart.letters[letter].findings if f.verdict in ("fail", "warning")]
        if found:
            worst = min(found, key=lambda f: f.verdict != "fail")
            parts.append(f"{letter}{book.text('colon')}{worst.evidence(book.language)}")
    return typeset(("\u202f; " if book.language == "fr" else "; ").join(parts))


def _reason(book: Book, smart: ObjectiveReport, letter: Letter) -> str:
    """The worst of what was found about a letter, and what to do about it."""
    found = smart.letters[letter].findings
    if not found:
        return ""
    worst = min(found, key=lambda f: ("fail", "warning").index(f.verdict) if f.verdict in ("fail", "warning") else 2)
    said, fix = worst.evidence(book.language), worst.fix(book.language)
    said = said[:1].upper() + said[1:]
    return typeset(f"{said} → {fix}" if fix and worst.verdict in ("fail", "warning") else said)
