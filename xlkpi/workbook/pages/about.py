"""About: the version, where the numbers come from, what was set aside, how far they can be relied on."""

from __future__ import annotations

import xlkpi
from xlkpi.language import text
from xlkpi.status import rules
from xlkpi.status.sentences import day as day_words
from xlkpi.workbook.book import Book, News
from xlkpi.workbook.calculation import Calculation
from xlkpi.workbook.context import FROM_DATA
from xlkpi.workbook.formats import date_format
from xlkpi.workbook.page import Page

WIDTHS = (14, 190, 300, 92, 92, 92, 100, 100, 260, 14)
LAST = len(WIDTHS) - 2
#: Lines for what a refresh changed, and what stands there until it is written.
NEWS, WAITS = 24, "…"


def about(book: Book, made: Calculation) -> None:
    """Write the page."""
    card = book.card
    page = Page(book, "about", WIDTHS, book.text("page.about"), book.text("about.second", version=xlkpi.__version__))
    page.heights(5, 12, 18, 12)
    page.back(6)
    sections = [8]
    for part in (_sources, _aside, _trust):
        sections.append(part(book, page, sections[-1]) + 1)
    sections.append(_not_here(book, page, sections[-1] - 1) + 1)
    row = _reading(book, page, sections[-1])
    page.put(row + 1, 1, book.text("about.made", project=book.say(card.project.name)), font_color=page.theme.mute)
    sections.append(row + 3)
    end = _news(book, made, page, row + 3)
    page.finish(end, pages_high=page.high(end), sections=sections)


def _head(
    book: Book, page: Page, row: int, title: str, columns: dict[int, str], right: tuple[int, ...] = (),
    second: str | None = None,
) -> int:  # fmt: skip
    page.heights(row, 24, 20)
    page.section(row, 1, LAST, book.text(title), second)
    page.sheet.fill(row + 1, 1, LAST, **{**page.header, "bottom_color": page.theme.rule})
    for column, key in columns.items():
        align = "right" if column in right else "left"
        style = {**page.header, "bottom_color": page.theme.rule}
        after_number = {"indent": 1} if align == "left" and column - 1 in right else {}
        page.put(row + 1, column, book.text(f"about.{key}"), align=align, **after_number, **style)
    return row + 2


def _sources(book: Book, page: Page, row: int) -> int:
    """Every file that was read, with its rows and days."""
    columns = {
        1: "source",
        2: "file",
        3: "rows_read",
        4: "rows_kept",
        5: "rows_aside",
        6: "first",
        7: "last",
        8: "hash",
    }
    row = _head(book, page, row, "about.sources", columns, (3, 4, 5, 6, 7))
    line = {"bottom": 1, "bottom_color": page.theme.hair}
    whole = {"num_format": "#,##0", "align": "right"}
    days = {"num_format": date_format(book.language), "align": "right"}
    files = [(name, f) for name, report in book.card.data.reports.items() for f in report.files if not f.skipped]
    for place in range(book.places("about.files", len(files))):
        if place < len(files):
            name, file = files[place]
            page.ws.set_row_pixels(row, 21)
            page.sheet.fill(row, 1, LAST, **line)
            page.put(row, 1, name, bold=True, **line)
            page.put(row, 2, file.file, **line)
            for column, number in ((3, file.rows_read), (4, file.rows_kept), (5, file.rows_aside)):
                page.put(row, column, float(number), **whole, **line)
            page.put(row, 6, file.first or "–", **days, **line)
            page.put(row, 7, file.last or "–", **days, **line)
            page.put(row, 8, file.sha256[:16], indent=1, font_color=page.theme.mute, font_size=8, **line)
        row += 1
    databases = [name for name in book.card.data.tables if name not in book.card.data.reports]
    for place in range(book.places("about.databases", len(databases))):
        if place < len(databases):
            page.put(row, 1, databases[place], bold=True, **line)
            page.put(row, 2, book.text("about.database"), **line)
        row += 1
    return row


def _aside(book: Book, page: Page, row: int) -> int:
    """The rows that are not in the numbers, with their reasons."""
    row = _head(book, page, row, "about.set_aside", {1: "source", 2: "file", 3: "rows", 4: "why"}, (3,))
    found = [
        (name, file.file, aside)
        for name, report in book.card.data.reports.items()
        for file in report.files
        for aside in file.aside
    ]
    line = {"bottom": 1, "bottom_color": page.theme.hair}
    lines = book.places("about.aside", max(1, len(found)))
    if not found:
        page.put(row, 1, book.text("about.nothing_aside"), font_color=page.theme.mute)
        return row + lines
    for name, file_name, aside in found[:lines]:
        page.ws.set_row_pixels(row, 21)
        page.sheet.fill(row, 1, LAST, **line)
        page.put(row, 1, name, bold=True, **line)
        page.put(row, 2, file_name, **line)
        page.put(row, 3, float(aside.count), num_format="#,##0", align="right", **line)
        reason = text(f"sources.aside.{aside.reason}", book.language, column=aside.column or "")
        page.put(row, 4, reason, indent=1, **line)
        row += 1
    return row + max(0, lines - len(found))


def _trust(book: Book, page: Page, row: int) -> int:
    """How far each objective's numbers can be relied on, on the last as-of date."""
    columns = {1: "kpi", 2: "objective", 3: "trust", 4: "complete", 5: "late", 6: "why"}
    row = _head(book, page, row, "about.reliable", columns, (4, 5), day_words(book.card.as_of, book.language))
    line = {"bottom": 1, "bottom_color": page.theme.hair}
    theme = page.theme
    colours = {"high": theme.good, "medium": theme.warn, "low": theme.bad, "none": theme.mute}
    lines = book.places("about.trust", len(book.card.results))
    for result in book.card.results[:lines]:
        page.ws.set_row_pixels(row, 21)
        page.sheet.fill(row, 1, LAST, **line)
        trust = result.trust
        page.put(row, 1, book.say(result.kpi.name)[:34] if result.kpi else "–", bold=True, **line)
        page.put(row, 2, _cut(book.say(result.objective.title), 56), **line)
        page.put(row, 3, book.text(f"trust.{trust.level}"), bold=True, font_color=colours[trust.level], **line)
        share = {"num_format": book.number_format("percent", 0), "align": "right"}
        page.put(row, 4, trust.completeness if trust.level != "none" else "–", **share, **line)
        page.put(row, 5, float(trust.late_days), num_format="0", align="right", **line)
        reasons = [text(f"scorecard.trust.{reason}", book.language) for reason in trust.reasons]
        page.put(row, 6, ", ".join(reasons) or "–", indent=1, **line)
        row += 1
    return row + max(0, lines - len(book.card.results))


def _not_here(book: Book, page: Page, row: int) -> int:
    """The pages of the layout that the data are not enough for, and why."""
    absent = [id for id in book.layout.pages if id in FROM_DATA and id not in book.sheets]
    lines = book.places("about.lacking", len(absent))
    if not lines:
        return row
    page.heights(row + 1, 24)
    page.section(row + 1, 1, LAST, book.text("about.lacking"))
    row += 2
    for id in absent[:lines]:
        lacking = book.context.lacking(id)
        page.ws.set_row_pixels(row, 21)
        page.put(row, 1, book.text(f"page.{id}"), bold=True)
        page.put(row, 2, lacking.text(book.language) if lacking else text("lacking.now", book.language))
        row += 1
    return row + max(0, lines - len(absent))


def _reading(book: Book, page: Page, row: int) -> int:
    """What the marks and words mean."""
    page.ws.set_row_pixels(row, 24)
    page.section(row, 1, LAST, book.text("about.reading"))
    row += 1
    from xlkpi.status import label

    cuts = rules().settings
    values = {
        "on_track": text("unit.percent", book.language).replace("#", f"{cuts.on_track * 100:.0f}"),
        "at_risk": text("unit.percent", book.language).replace("#", f"{cuts.at_risk * 100:.0f}"),
    }
    for code in ("achieved", "on_track", "at_risk", "behind", "overdue", "not_started", "no_data"):
        look = rules().looks[code]
        page.ws.set_row_pixels(row, 20)
        page.put(row, 1, f"{look.mark}  {label(code, book.language)}", bold=True, font_color=look.colour)
        page.put(row, 2, book.text(f"means.{code}", **values))
        row += 1
    for key in ("pace", "inputs", "live"):
        page.ws.set_row_pixels(row, 20)
        page.put(row, 1, book.text(f"about.{key}"), bold=True)
        page.put(row, 2, book.text(f"means.{key}"))
        row += 1
    return row


def _news(book: Book, made: Calculation, page: Page, row: int) -> int:
    """What the last refresh changed: words of the hidden calculation, which a refresh writes anew.

    It stands last, so that workbooks that lack it keep every address.
    """
    if book.existing is not None and "about.news" not in book.existing.state.room:
        return row - 2
    lines = book.places("about.news", NEWS)
    page.ws.set_row_pixels(row, 24)
    page.section(row, 1, LAST, book.text("about.news"))
    book.news = News(row + 1, made.rows(lines), lines)
    # A refresh knows only at its end what to write: until then a mark stands in every line.
    shown = [("", book.text("about.built"))] if book.existing is None else [(WAITS, WAITS)] * lines
    for place in range(lines):
        about, words = shown[place] if place < len(shown) else ("", "")
        page.put(row + 1 + place, 1, made.sheet.put(book.news.calculated + place, 0, about) & "", bold=True)
        page.put(row + 1 + place, 2, made.sheet.put(book.news.calculated + place, 1, words) & "")
    return row + lines


def _cut(words: str, most: int) -> str:
    return words if len(words) <= most else words[: most - 1] + "…"
