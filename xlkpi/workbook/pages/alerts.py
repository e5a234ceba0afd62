"""The alerts: what calls for attention on the chosen day, what to do, and who has taken note of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from functools import partial

from xlkpi.alerts import Alert, Episode, Watch
from xlkpi.objectives.alert_rules import CAUSES
from xlkpi.scorecard.model import Scorecard
from xlkpi.workbook.alert_cells import AlertCells, alert_cells, cause_word
from xlkpi.workbook.book import Book, Last
from xlkpi.workbook.calculation import Calculation
from xlkpi.workbook.formats import day_told
from xlkpi.workbook.functions import (
    and_,
    count_ifs,
    if_,
    if_error,
    index,
    is_number,
    match,
    or_,
    sentence,
    year_of,
)
from xlkpi.workbook.live import Given, Live, Value, as_date, live, serial
from xlkpi.workbook.page import Page
from xlkpi.workbook.passing import written_in
from xlkpi.workbook.people import Column, PeopleTable, Row, TableRow, identity, plain, write_people
from xlkpi.workbook.sheet import Content

HEADER = 10
SEVERITIES = (4, 3, 2, 1)


def _cells(row: TableRow) -> AlertCells:
    return alert_cells(row.book, row.made)


def _score(row: TableRow) -> Live:
    """The score of the row's objective and cause on the chosen day, whichever episode it is."""
    return if_error(_cells(row).at(row["key"] & "|" & row["cause"]), 0)


def _begun(row: TableRow) -> Live:
    """Whether the row's episode had begun on the chosen day."""
    return if_(is_number(row["since"]), row["since"] <= row.made.as_of, True)


def _is_current(row: TableRow) -> Live:
    """Whether the row's episode is the one of the chosen day: no later one of the same had begun, or, where none had,
    there is no earlier one.
    """
    same = ((row.span("key"), "=", row["key"]), (row.span("cause"), "=", row["cause"]))
    mine, span = if_(is_number(row["since"]), row["since"], 0), row.span("since")
    later = count_ifs(*same, (span, ">=", mine + 1), (span, "<=", row.made.as_of))
    earlier = count_ifs(*same, (span, "<=", mine - 1))
    return if_(_begun(row), later, earlier).same(0)


def _state(row: TableRow) -> Live:
    """Open until somebody has taken note of this episode; before it began nobody can have."""
    words = {code: row.book.text(f"alert_state.{code}") for code in ("open", "seen", "over", "ahead")}
    held = if_(and_(row["by"].differs(""), _begun(row)), words["seen"], words["open"])
    past = if_(_begun(row), words["over"], words["ahead"])
    return if_(row["key"].blank, "", if_(and_(_score(row) > 0, _is_current(row)), held, past))


def _told(name: str, row: TableRow) -> Live:
    return _if_held(row, _cells(row).text(name, _score(row)))


def _if_held(row: TableRow, told: Live) -> Live:
    """What is told of a row's alert while it holds."""
    words = [row.book.text(f"alert_state.{code}") for code in ("open", "seen")]
    return if_(or_(*(row["state"].same(word) for word in words)), if_error(told, ""), "")


def _alert(row: TableRow) -> Live:
    """The rule's title, and the objectives whose alerts come from the same cause."""
    also = index(_cells(row).also, match(row["key"] & "|" & row["cause"], _cells(row).keys))
    return _told("title", row) & _if_held(row, if_(also.blank, "", "\n" & (row.book.text("alerts.also") & also)))


def _figures(row: TableRow) -> Live:
    """Where the KPI stands on the chosen day: status, gap and progress."""
    made = row.made
    at = match(row["key"], made.now.span("id"))
    word = index(made.words, index(made.now.span("look"), at))
    parts: dict[str, Given] = {"gap": made.now.at("said_gap", at), "expected": made.now.at("said_expected", at)}
    gap = sentence(row.book.text("panel.needs"), parts)
    return if_error(word & if_(made.now.at("said_gap", at).blank, "", "\n" & gap), "")


def _meaning(row: TableRow) -> Live:
    diagnosis, risk = _told("diagnosis", row), _told("risk", row)
    return if_(diagnosis.blank, "", diagnosis & "\n" & row.book.text("alerts.risk") & risk)


TABLE = PeopleTable("alerts", "xlkpi_alerts", (
    Column("severity", "computed", 84, compute=lambda row: _told("severity", row)),
    Column("state", "computed", 84, compute=_state),
    Column("key", "key", 104, filled="once"), Column("title", "title", 180),
    Column("cause", "list", 84, CAUSES, "cause", filled="once"),
    Column("alert", "computed", 160, compute=_alert),
    Column("figures", "computed", 160, compute=_figures),
    Column("since", "date", 92, filled="once"),
    Column("meaning", "computed", 280, compute=_meaning),
    Column("actions", "computed", 290, compute=lambda row: _told("actions", row)),
    Column("by", "text", 130), Column("on", "date", 92), Column("note", "text", 190),
), keys=("key", "cause", "since"), stay=4)  # fmt: skip


def alerts(book: Book, made: Calculation) -> None:
    """Write the page."""
    cells = alert_cells(book, made)
    watch = Watch(book.card, book.choices)
    book.alerting = _alerting(book, watch)
    kept = book.kept.get(TABLE.name, ())
    rows = [_row(book, alert, kept) for alert in watch.alerts()]
    book.passing[TABLE.name] = _passing(book, rows, kept)
    episodes = [episode for episode in watch.episodes() if episode.objective not in book.card.waiting]
    rows += reversed(earlier_rows(episodes, kept, partial(cause_word, book)))
    day = sentence(book.text("as_of"), {"day": day_told(made.as_of, book.language), "year": year_of(made.as_of)})
    widths = (14, *(c.width for c in TABLE.columns), 14)
    page = Page(book, "alerts", widths, book.text("page.alerts"), book.text("alerts.second"), day, made.choice)
    page.heights(5, 12, 18, 22, 22, 8)
    page.back(6)
    page.put(7, 1, _summary(book, cells), font_size=12, bold=True)
    page.help(8, book.text("alerts.help"), TABLE.stay)
    written = write_people(book, made, TABLE, rows, page=page, header=HEADER)
    _colours(book, page, written.first, written.last)
    page.ws.freeze_panes(HEADER + 1, 5)
    page.finish(written.last, pages_high=0, repeat=(HEADER, HEADER), protect=False, stay=TABLE.stay)


def _row(book: Book, alert: Alert, kept: Sequence[Row]) -> Row:
    """The row of an alert: the one that is there where the same goes on, else a new one, which nobody has seen yet."""
    row: dict[str, Content] = {"key": alert.objective, "cause": cause_word(book, alert.cause)}
    same = [known for known in kept if all(known.get(code) == row[code] for code in row)]
    last = book.last
    if alert.objective in book.card.waiting:
        before = [known for known in same if repr(identity(TABLE, known)) in book.passing_before.get(TABLE.name, {})]
        same, last = (before, None) if before else (same, last)
        if not same:  # nothing is known of the days before
            return {**row, "since": book.card.as_of}
    return {**row, "since": since_of(book.card, alert, same, last)}


def _alerting(book: Book, watch: Watch) -> tuple[tuple[str, str], ...] | None:
    """The objectives and causes of which an alert holds; of those whose data are waited for as it was before."""
    waiting, before = book.card.waiting, book.last.alerting if book.last else None
    if waiting and before is None:
        return None
    held = [pair for pair in before or () if pair[0] in waiting]
    return (*(pair for pair in watch.holding() if pair[0] not in waiting), *sorted(held))


def _passing(book: Book, rows: Sequence[Row], kept: Sequence[Row]) -> dict[str, dict[str, Value]]:
    """What is written in rows that are there only as long as data are waited for: of the objectives that wait, and of
    those whose alert held before and was told by another's, which waits.
    """
    waiting, before = book.card.waiting, book.passing_before.get(TABLE.name, {})
    if not waiting:
        return {}
    held = {(id, cause_word(book, cause)) for id, cause in (book.last.alerting if book.last else None) or ()}
    there = {repr(identity(TABLE, row)) for row in kept}
    passing = {key: dict(written) for key, written in before.items() if key in there}
    for row in rows:
        key = repr(identity(TABLE, row))
        if key not in there and (row["key"] in waiting or (row["key"], row["cause"]) in held):
            passing[key] = written_in(TABLE, row)
    return passing


def earlier_rows(episodes: Sequence[Episode], kept: Sequence[Row], cause: Callable[[str], str]) -> list[Row]:
    """Rows for alerts that are over, for whoever chooses a day on which they held: one for all of an objective's from a
    cause, from the first on, and another after one that somebody took note of. Those that are there are among them.
    """
    found: list[Row] = []
    for episode in sorted(episodes, key=lambda e: e.since):
        row: dict[str, Content] = {"key": episode.objective, "cause": cause(episode.cause)}
        same = [known for known in (*kept, *found) if all(known.get(code) == row[code] for code in row)]
        told = _told_in(episode, same)
        since = as_date(plain(told.get("since"))) if told else episode.since
        if since is not None and {**row, "since": since} not in found:
            found.append({**row, "since": since})
    return found


def _told_in(episode: Episode, rows: Sequence[Row]) -> Row | None:
    """The one of the rows of its objective and cause that stands for an alert that is over on the days it held."""
    begun: list[tuple[float, Row]] = []
    for row in rows:
        first = plain(row.get("since"))
        if not isinstance(first, float | int):
            return row  # without a date it stands for whatever holds
        if first <= serial(episode.until):
            begun.append((first, row))
    if not begun:
        return None
    first, latest = max(begun, key=lambda known: known[0])
    is_open = latest.get("by") in (None, "")
    return latest if is_open or episode.clear is None or first > serial(episode.clear) else None


def since_of(card: Scorecard, alert: Alert, kept: Sequence[Row], last: Last | None) -> date | float | None:
    """Since when an alert holds: as in the latest of the rows ``kept`` of its objective and cause where it has held
    since, else as the data tell.

    It has not where it did not hold when the workbook was ``last`` built, or on an as-of date after it was seen; nor
    is an alert that has begun since the latest of the rows that one's.
    """
    if not kept:
        return alert.since
    firsts = [plain(row.get("since")) for row in kept]
    days = [float(first) for first in firsts if isinstance(first, float | int)]
    first = max(days) if len(days) == len(firsts) else None  # without a date a row stands for whatever holds
    seen = as_date(first)
    if last is not None and last.alerting is not None and last.day <= card.as_of:
        if (alert.objective, alert.cause) not in last.alerting:
            return alert.since if alert.since > last.day else card.as_of
        seen = last.day
    ended = alert.clear is not None and any(day is not None and alert.clear > day for day in (seen, as_date(first)))
    return alert.since if ended else first


def _summary(book: Book, cells: AlertCells) -> Live:
    """How many alerts there are on the chosen day, by severity."""
    told: Live = live("")
    for severity in SEVERITIES:
        count = cells.count_of(severity)
        word = book.text(f"severity.s{severity}").lower()
        told = told & if_(count > 0, book.text("alerts.part", word=word) & count, "")
    many = sentence(book.text("alerts.many"), {"n": cells.count})
    one = book.text("alerts.one")
    return if_(cells.count.same(0), book.text("alerts.none"), if_(cells.count.same(1), one, many) & told)


def _colours(book: Book, page: Page, first: int, last: int) -> None:
    """Severity by colour and weight beside its word; what is over, or seen, steps back."""
    theme, plain = page.theme, book.format.plain
    looks = {4: (theme.bad_fill, theme.bad), 3: (theme.bad_fill, theme.bad), 2: (theme.warn_fill, theme.warn)}
    for severity, (fill, ink) in looks.items():
        page.ws.conditional_format(first, 1, last, 1, {
            "type": "formula", "criteria": f'=LEFT($B{first + 1},1)="{severity}"',
            "format": plain(bg_color=fill, font_color=ink, bold=severity > 2),
        })  # fmt: skip
    page.ws.conditional_format(first, 2, last, 2, {
        "type": "formula", "criteria": f'=$C{first + 1}="{book.text("alert_state.open")}"',
        "format": plain(bold=True, font_color=theme.ink),
    })  # fmt: skip
