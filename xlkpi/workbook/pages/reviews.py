"""The reviews: a row per objective and review date, with the four phases, and the calendar of the next ones."""

from __future__ import annotations

from datetime import date

from xlkpi.cadence import CODES
from xlkpi.language import text
from xlkpi.reviews import Review, analysis, interpretation, review_of
from xlkpi.reviews import reviews as reviews_of
from xlkpi.status import label
from xlkpi.workbook.book import Book
from xlkpi.workbook.calculation import Calculation
from xlkpi.workbook.formats import date_format, day_told, decimals_for, typeset
from xlkpi.workbook.functions import sentence, year_of
from xlkpi.workbook.live import Value, as_date
from xlkpi.workbook.next_review import next_period
from xlkpi.workbook.page import Page
from xlkpi.workbook.passing import standing, written_in
from xlkpi.workbook.people import Column, PeopleTable, Row, Shown, plain, write_people
from xlkpi.workbook.people_merging import counted

#: How a period may have ended.
CLOSED = ("achieved", "partially", "missed")
#: The calendar has a line per cadence, and these for single dates.
SINGLE = 2
#: Letters of the names in a line of the calendar.
LONGEST = 100
TABLE = PeopleTable("reviews", "xlkpi_reviews", (
    Column("date", "date", 92, filled="once"), Column("key", "key", 110, filled="once"), Column("title", "title", 180),
    Column("value", "number", 84, filled="once", form="General"),
    Column("target", "number", 84, filled="once", form="General"),
    Column("status", "text", 84, filled="once"), Column("verdict", "text", 96, filled="once"),
    Column("analysis", "text", 290), Column("interpretation", "text", 390), Column("reaction", "text", 190),
    Column("decision", "text", 190), Column("author", "text", 100), Column("next", "date", 92, filled="once"),
), keys=("date", "key"), free_rows=4, stay=3)  # fmt: skip


def reviews(book: Book, made: Calculation) -> None:
    """Write the page."""
    day = sentence(book.text("as_of"), {"day": day_told(made.as_of, book.language), "year": year_of(made.as_of)})
    widths = (14, *(c.width for c in TABLE.columns), 14)
    page = Page(book, "reviews", widths, book.text("page.reviews"), book.text("reviews.second"), day)
    page.heights(5, 12, 18, 22)
    page.back(6)
    page.help(7, book.text("reviews.help"), TABLE.stay)
    header = _calendar(book, made, page, 8) + 1
    page.ws.set_row_pixels(header - 1, 10)
    rows = _rows(book)
    written = write_people(book, made, TABLE, rows, page=page, header=header)
    place = written.place("verdict")
    theme, plain = page.theme, book.format.plain
    for code, colour in (("achieved", theme.good), ("partially", theme.warn), ("missed", theme.bad)):
        page.ws.conditional_format(written.first, place, written.last, place, {
            "type": "cell", "criteria": "==", "value": f'"{text(f"status.verdict.{code}", book.language)}"',
            "format": plain(bold=True, font_color=colour),
        })  # fmt: skip
    page.ws.freeze_panes(header + 1, 4)
    page.finish(written.last, pages_high=0, repeat=(header, header), protect=False, stay=TABLE.stay)


def _rows(book: Book) -> list[Row]:
    """The reviews that are known; those that had no value, and have one now, are told anew where they stand."""
    waiting = book.card.waiting  # what little is known would stay as evidence once the rest is there
    rows = [_row(book, review) for review in reviews_of(book.card) if review.result.objective.id not in waiting]
    given = dict(zip(counted(TABLE, rows), rows, strict=True))
    here = book.kept.get(TABLE.name, ())
    before, passing = book.passing_before.get(TABLE.name, {}), dict[str, dict[str, Value]]()
    kept: list[Row] = []
    for key, row in zip(counted(TABLE, here), here, strict=True):
        written = before.get(repr(key)) if row.get("value") is None else None
        new = None if written is None else given.pop(key, None) or _row_of_then(book, row)
        if written is not None and (new is None or plain(new["value"]) is None):
            passing[repr(key)] = dict(written)
        elif written is not None and new is not None:
            row = {**row, **{code: new[code] for code in standing(TABLE, row, written) if code in new}}
        given.pop(key, None)
        kept.append(row)
    added = {repr(key): written_in(TABLE, row) for key, row in given.items() if plain(row["value"]) is None}
    book.passing[TABLE.name] = passing | added
    if here:
        book.kept = {**book.kept, TABLE.name: kept}
    return rows


def _row_of_then(book: Book, row: Row) -> Row | None:
    """The review of an earlier day, from the data as they are now; None as long as some are waited for."""
    id, on = row.get("key"), as_date(plain(row.get("date")))
    if not isinstance(id, str) or on is None or id in book.card.waiting or id not in book.card.by_id:
        return None
    review = review_of(book.card, id, on)
    return _row(book, review) if review else None


def _row(book: Book, review: Review) -> Row:
    result, objective = review.result, review.result.objective
    unit = result.kpi.unit if result.kpi else "count"
    form = book.number_format(unit, decimals_for(unit, (objective.target, objective.baseline, result.actual)))
    verdict = text(f"status.verdict.{review.verdict}", book.language) if review.verdict in CLOSED else ""
    return {
        "date": review.date, "key": objective.id, "value": Shown(result.actual, form),
        "target": Shown(objective.target, form), "status": label(result.status.shown, book.language),
        "verdict": verdict, "analysis": typeset(analysis(result, book.language)),
        "interpretation": typeset(interpretation(result, book.language)), "next": review.next,
    }  # fmt: skip


def _calendar(book: Book, made: Calculation, page: Page, row: int) -> int:
    """The next reviews: a line per cadence, whose date follows the chosen day, then those on a date of their own."""
    theme, form = page.theme, {"num_format": date_format(book.language), "align": "left"}
    by: dict[str, list[str]] = {}
    single: list[tuple[date, str]] = []
    for selected in made.tables.order:
        result, objective = selected.result, selected.result.objective
        name = book.say(result.kpi.name) if result.kpi else book.say(objective.title)
        if objective.due is not None and objective.due <= book.card.as_of:
            continue
        if isinstance(objective.review, date) and objective.review > book.card.as_of:
            single.append((objective.review, name))
            continue
        code = objective.review if isinstance(objective.review, str) else objective.cadence
        code = code or (result.series.cadence.code if result.series else "monthly")
        by.setdefault(code, []).append(name)
    page.ws.set_row_pixels(row, 24)
    page.section(row, 1, len(page.columns) - 2, book.text("reviews.calendar"))
    row += 1
    at = _names_column(book, row)
    for code in (c for c in CODES if c in by):
        page.put(row, 1, next_period(code, made.as_of, book.card.project.fiscal_year_start), bold=True, **form)
        page.put(row, 2, book.text(f"reviews.cadence.{code}"), font_color=theme.mute)
        page.put(row, at, _names(by[code]))
        page.ws.set_row_pixels(row, 20)
        row += 1
    for on, name in sorted(single)[:SINGLE]:
        page.put(row, 1, on, bold=True, **form)
        page.put(row, 2, book.text("reviews.cadence.single"), font_color=theme.mute)
        page.put(row, at, name)
        page.ws.set_row_pixels(row, 20)
        row += 1
    return row


def _names_column(book: Book, row: int) -> int:
    """Where the calendar names KPIs: beside the columns that are printed twice, or where a workbook has them."""
    beside = TABLE.stay + 1
    there = book.existing.anchors.spots if book.existing else {}
    return beside - 1 if ("reviews", row, beside - 1) in there else beside


def _names(names: list[str]) -> str:
    """As many as fit on the first sheet of paper, and how many there are."""
    told = ", ".join(names)
    return told if len(told) <= LONGEST else f"{told[:LONGEST].rsplit(', ', 1)[0]} … ({len(names)})"
