"""The action plan: who does what by when, what it takes, and what it changed."""

from __future__ import annotations

from typing import Any, get_args, get_type_hints

from xlkpi.analysis import sentences
from xlkpi.analysis.impact import NO_VISIBLE_EFFECT
from xlkpi.effects import ACTING, Effect, effect
from xlkpi.language import text
from xlkpi.objectives.model import Action
from xlkpi.workbook.book import Book
from xlkpi.workbook.calculation import Calculation
from xlkpi.workbook.data_sheet import ACTIONS
from xlkpi.workbook.formats import typeset
from xlkpi.workbook.functions import and_, count_ifs, if_, is_number, or_, sentence, sum_ifs
from xlkpi.workbook.live import Live, as_date
from xlkpi.workbook.page import Page
from xlkpi.workbook.people import Column, PeopleTable, Row, TableRow, Written, plain, write_people

HEADER = 12
STATES: tuple[str, ...] = get_args(get_type_hints(Action)["status"])


def _advice(row: TableRow) -> Live:
    """What had no visible effect in so many reviews is proposed to be stopped; people decide."""
    most = row.book.card.project.checks.stop_after
    none = _capital(text(f"analysis.verdict.{NO_VISIBLE_EFFECT}", row.book.language))
    acting = or_(*(row["state"].same(row.book.text(f"state.{state}")) for state in ACTING))
    late = if_(is_number(row["reviews"]), row["reviews"] >= float(most), False)
    return if_(and_(acting, row["verdict"].same(none), late), row.book.text("actions.stop"), "")


TABLE = PeopleTable("actions", ACTIONS, (
    Column("key", "key", 98), Column("title", "title", 140), Column("task", "text", 178), Column("owner", "text", 104),
    Column("start", "date", 92), Column("due", "date", 92), Column("effort", "number", 48, form="#,##0.#", least=0),
    Column("cost", "number", 56, least=0), Column("effect", "text", 96), Column("state", "list", 66, STATES, "state"),
    Column("window", "number", 62, least=3, most=400), Column("reviews", "number", 66, filled="refreshed"),
    Column("verdict", "text", 84, filled="refreshed"), Column("measured", "text", 292, filled="refreshed"),
    Column("advice", "computed", 86, compute=_advice),
), keys=("key", "task"))  # fmt: skip


def actions(book: Book, made: Calculation) -> None:
    """Write the page."""
    widths = (14, *(c.width for c in TABLE.columns), 14)
    page = Page(book, "actions", widths, book.text("page.actions"), book.text("actions.second"))
    page.heights(5, 12, 18, 22, 22, 22, 22, 8)
    page.back(6)
    page.put(7, 1, book.text("actions.help"), font_color=page.theme.mute)
    written = write_people(
        book, made, TABLE, _rows(book, made), page=page, header=HEADER, update=lambda row: _measured(book, row)
    )
    _capacity(book, page, written)
    stop = book.text("actions.stop")
    place = written.place("advice")
    page.ws.conditional_format(written.first, place, written.last, place, {
        "type": "cell", "criteria": "==", "value": f'"{stop}"',
        "format": book.format.plain(bold=True, font_color=page.theme.warn, bg_color=page.theme.warn_fill),
    })  # fmt: skip
    page.ws.freeze_panes(HEADER + 1, 4)
    page.finish(written.last, pages_high=0, repeat=(HEADER, HEADER), protect=False)


def _rows(book: Book, made: Calculation) -> list[Row]:
    return [
        {
            "key": objective.id, "task": book.say(action.task), "owner": action.owner or "", "start": action.start,
            "due": action.due, "effort": action.effort, "cost": action.cost, "effect": book.say(action.effect),
            "state": book.text(f"state.{action.status}"), "window": action.window,
        }
        for selected in made.tables.order
        for objective in (selected.result.objective,)
        for action in objective.actions
    ]  # fmt: skip


def _measured(book: Book, row: Row) -> Row:
    """A row, a person's too, with what is known of the action's effect."""
    result = book.card.by_id.get(str(plain(row.get("key"))))
    states = {book.text(f"state.{state}"): state for state in STATES}
    state = states.get(str(plain(row.get("state"))))
    if result is None or state is None:
        return {**row, "reviews": None, "verdict": None, "measured": None}
    start, due = (as_date(plain(row.get(code))) for code in ("start", "due"))
    given = plain(row.get("window"))
    window = int(given) if isinstance(given, float) and given >= 3 else None
    found = effect(result, book.card.as_of, state=state, start=start, due=due, window=window)
    return {**row, **_told(book, result, found)}


def _told(book: Book, result: Any, found: Effect) -> dict[str, Any]:
    if found.since is None:
        return {"reviews": None, "verdict": None, "measured": None}
    reviews = float(found.after)
    if found.found is None:
        waiting = book.text("actions.waiting", done=min(found.after, found.window), window=found.window)
        verdict = _capital(text("analysis.verdict.not_enough_data", book.language))
        return {"reviews": reviews, "verdict": verdict, "measured": waiting if found.window else None}
    unit = result.kpi.unit if result.kpi else ""
    told = sentences.of_impact(found.found, unit, book.currency, book.language)
    verdict = _capital(text(f"analysis.verdict.{found.found.verdict}", book.language))
    return {"reviews": reviews, "verdict": verdict, "measured": typeset(_capital(told))}


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _capacity(book: Book, page: Page, written: Written) -> None:
    """What the open actions take together, beside what there is: yellow cells, from the project file at first."""
    capacity = book.card.project.capacity
    open_ = [book.text(f"state.{state}") for state in ("planned", "doing")]
    state = written.span("state")
    for row, (code, given, form) in enumerate((
        ("effort", capacity.effort, "#,##0.#"), ("cost", capacity.cost, book.number_format("currency", 0)),
    ), start=8):  # fmt: skip
        page.put(row, 1, book.text(f"actions.{code}"), bold=True)
        parts = [sum_ifs(written.span(code), (state, "=", word)) for word in open_]
        used = page.put(row, 3, parts[0] + parts[1], num_format=form, align="right", bold=True)
        page.put(row, 4, book.text("actions.of"), align="center", font_color=page.theme.mute)
        there = page.put(row, 5, given, num_format=form, **page.typed)
        rest = there - used
        known = is_number(there)
        note = if_(known, if_(rest < 0, book.text("actions.over"), book.text("actions.within")), "")
        cell = page.put(row, 6, note, bold=True, indent=1).text.split("!")[1]
        page.ws.conditional_format(row, 6, row, 6, {
            "type": "formula", "criteria": f'={cell}="{book.text("actions.over")}"',
            "format": book.format.plain(font_color=page.theme.bad),
        })  # fmt: skip
    count = count_ifs((written.span("advice"), "=", book.text("actions.stop")))
    stop = if_(count > 0, sentence(book.text("actions.stop_count"), {"n": count}), "")
    page.put(10, 1, stop, bold=True, font_color=page.theme.warn)
