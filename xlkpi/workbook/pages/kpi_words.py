"""A KPI in words: formula with numbers, definition, pitfalls, source and trust; beside it SMART, letter by letter."""

from __future__ import annotations

from typing import Any

from xlkpi.alerts import TRUST
from xlkpi.language import text as label
from xlkpi.smart import LETTERS
from xlkpi.workbook.functions import if_, if_error, sentence, shortened
from xlkpi.workbook.live import Given, Live
from xlkpi.workbook.pages.kpi_view import END, LEFT, RIGHT, VALUE, View
from xlkpi.workbook.tables import MARKS

#: The rows' heights: formula, its numbers, definition, pitfalls, source; and at most so many characters in them.
HEIGHTS, MOST = (32, 26, 46, 46, 28), (150, 76, 250, 330, 100)
#: What a letter's reason may be long: as many lines as its row has.
REASONS = (190, 190, 290, 290, 190)
LEVELS = ("low", "medium", "high")


def words_section(view: View, row: int) -> int:
    """Write the section, and give the row after it."""
    page, text = view.page, view.book.text
    page.heights(row, 24, *HEIGHTS)
    page.section(row, LEFT, VALUE, text("kpi.formula"))
    page.section(row, RIGHT, END, text("kpi.smart"), shortened(view.table("title"), 70))
    muted = {"font_color": view.theme.mute}
    texts: list[tuple[Live, dict[str, Any]]] = [
        (if_(view.shows, view.table("kpi") & " = " & view.table("formula"), ""), {"font_size": 10}),
        (view.dash(view.known("said_formula")), {"font_size": 10, "bold": True}),
        (view.table("definition"), {}), (view.table("pitfalls"), {"font_size": 8, **muted}), (_source(view), muted),
    ]  # fmt: skip
    for number, ((said, style), most) in enumerate(zip(texts, MOST, strict=True), start=1):
        _wrapped(view, (row + number, LEFT, VALUE), shortened(if_error(said, "–"), most), valign="vcenter", **style)
    _trust_colours(view, row + len(texts))
    for number, letter in enumerate(LETTERS, start=1):
        _letter(view, row + number, letter, REASONS[number - 1])
    return row + 1 + len(HEIGHTS)


def _source(view: View) -> Live:
    """Where the numbers come from, and how far they can be relied on."""
    level = view.now("trust")
    word: Live | str = view.book.text("trust.none")
    for code in LEVELS:
        word = if_(level.same(TRUST[code]), view.book.text(f"trust.{code}"), word)
    sources = view.table("sources")
    parts: dict[str, Given] = {"sources": if_(sources.blank, "–", sources), "trust": word}
    return sentence("● " + view.book.text("kpi.source"), parts)


def _trust_colours(view: View, row: int) -> None:
    """The badge's colour follows its word, which ends the line."""
    theme = view.theme
    for code, colour in (("high", theme.good), ("medium", theme.warn), ("low", theme.bad)):
        word = view.book.text(f"trust.{code}")
        view.page.sheet.when(
            (row, LEFT, row, LEFT), f'RIGHT({{column}}{{row}},{len(word)})="{word}"', font_color=colour
        )


def _letter(view: View, row: int, letter: str, most: int) -> None:
    """A letter with its mark and name, and the reason in words; silence for what is right."""
    theme = view.theme
    line = {"bottom": 1, "bottom_color": theme.hair}
    view.page.sheet.fill(row, RIGHT, END, **line)
    mark = view.table(letter)
    name = label(f"smart.letter.{letter}", view.book.language)
    view.put(row, RIGHT, if_error(mark & f"  {letter}  –  {name}", letter), bold=True, **line)
    _wrapped(view, (row, RIGHT + 1, END), shortened(view.table(f"{letter}_why"), most), font_size=8,
             font_color=theme.mute, valign="vcenter", **line)  # fmt: skip
    for verdict, look in (
        ("pass", {"font_color": theme.good}),
        ("warning", {"font_color": theme.warn, "bg_color": theme.warn_fill}),
        ("fail", {"font_color": theme.bad, "bg_color": theme.bad_fill}),
    ):
        view.page.sheet.when((row, RIGHT, row, RIGHT), f'LEFT({{column}}{{row}},1)="{MARKS[verdict]}"', **look)


def _wrapped(view: View, cells: tuple[int, int, int], content: Live, **style: Any) -> None:
    """A text over several columns and lines."""
    row, first, last = cells
    form = view.book.format(text_wrap=True, **style)
    view.ws.merge_range(row, first, row, last, "", form)
    view.page.sheet.write(row, first, content, form)
