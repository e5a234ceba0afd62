"""What a refresh changed, on the page About: lines of the hidden calculation, which the page shows.

Much of it is known only once everything else is written, so these lines are written last.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from xlkpi.language import text
from xlkpi.status.sentences import day as day_words
from xlkpi.workbook.cells import Address, Change, changed_cells
from xlkpi.workbook.formats import typeset
from xlkpi.workbook.told import Line, news

if TYPE_CHECKING:
    from xlkpi.workbook.book import Book
    from xlkpi.workbook.existing import Existing
    from xlkpi.workbook.fill import Changes
    from xlkpi.workbook.package import Package
    from xlkpi.workbook.report import Refreshed

#: Characters for which a line has room: what it is about, and the words.
_ABOUT, _WORDS = 34, 170


def built_news(language: str) -> list[Line]:
    """What stands there before the first refresh."""
    return [("", text("workbook.about.built", language))]


def refreshed_news(done: Refreshed, book: Book, room: int) -> list[Line]:
    """What a refresh changed, on so many lines: where they are too few, other things than numbers have half of them."""
    before, after = (day_words(day, book.language) for day in (book.last.day if book.last else None, book.card.as_of))
    days = after if before == after else book.text("about.news_days", before=before, after=after)
    moved, *others = news(done)
    rest = [*others[0], *others[1]]
    head = (days, "" if moved or others[0] else book.text("about.no_news"))
    shown = fitted(moved, rest, room - 1)
    more = len(moved) + len(rest) - len(shown)
    return [head, *shown, *([("", book.text("about.more", count=more))] if more else [])]


def fitted(moved: Sequence[Line], rest: Sequence[Line], room: int) -> list[Line]:
    """As many as there is room for, one less where some are left out; the rest has half of it, if it needs that."""
    if len(moved) + len(rest) <= room:
        return [*moved, *rest]
    room -= 1
    first = moved[: max(room // 2, room - len(rest))]
    return [*first, *rest[: room - len(first)]]


def _as_wide(line: Line) -> Line:
    """A line as wide as there is room for."""
    about, words = line
    return _cut(about, _ABOUT), _cut(words, _WORDS)


def _cut(said: str, most: int) -> str:
    return said if len(said) <= most else said[: most - 1] + "…"


def write_news(
    package: Package, changes: Changes, existing: Existing, book: Book, lines: Sequence[Line],
    replaced: Sequence[tuple[str, str]] = (),
) -> None:  # fmt: skip
    """Put lines where the page has them, but not into cells in which people put something else (``replaced``)."""
    from xlsxwriter.utility import xl_col_to_name

    place = book.news
    if place is None:
        return
    taken = set(replaced)
    shown = [_as_wide((about, typeset(words))) for about, words in lines]
    hidden: dict[Address, Change] = {}
    pages: dict[str, dict[Address, Change]] = {}
    for i in range(place.lines):
        for column, said in enumerate(shown[i] if i < len(shown) else ("", "")):
            hidden[place.calculated + i, column] = Change(said or None)
            spot = existing.anchors.spots.get(("about", place.row + i, 1 + column))
            if spot is not None and (spot.sheet, f"{xl_col_to_name(spot.column)}{spot.row + 1}") not in taken:
                pages.setdefault(spot.sheet, {})[spot.row, spot.column] = Change(said, keep=True)
    pages[existing.sheets["calculation"]] = hidden
    for sheet, wanted in pages.items():
        if (part := package.sheets.get(sheet)) is not None:
            changes.put(package, part, changed_cells(changes.read(package, part), wanted))
