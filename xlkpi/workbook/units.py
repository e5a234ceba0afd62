"""Number formats that follow the unit of a row's objective."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from xlsxwriter.utility import xl_col_to_name

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

    from xlkpi.workbook.book import Book
    from xlkpi.workbook.theme import Theme

#: Every unit with the decimals that it may be written with.
KEYS: tuple[tuple[str, int], ...] = (
    ("percent", 0), ("percent", 1), ("percent", 2), ("percent", 3), ("currency", 0), ("currency", 2), ("currency", 4),
    ("count", 0), ("count", 1), ("times", 2), ("ratio", 2), ("index", 0), ("score", 0), ("points", 0), ("stars", 1),
    ("rank", 1), ("seconds", 0), ("seconds", 1), ("days", 0), ("days", 1), ("months", 0), ("months", 1), ("per_day", 1),
)  # fmt: skip


def effect_looks(theme: Theme) -> dict[int, dict[str, Any]]:
    """What a gap looks like by its effect: 1 where it is good, -1 where it is bad."""
    return {1: {"font_color": theme.good, "bold": False}, -1: {"font_color": theme.bad, "bold": True}}


def unit_formats(
    book: Book,
    worksheet: Worksheet,
    cells: tuple[int, int, int, int],
    key: int,
    *,
    gap: bool = False,
    looks: Sequence[tuple[str, Mapping[str, Any]]] = (),
) -> None:
    """Format cells by the unit that stands in a column of their row: ``currency2``.

    ``looks``: tests of which at most one holds, as in :meth:`Sheet.when`, and what else the cells look like then. Some
    programs apply just one of the conditional formats that hold for a cell, so one says both.
    """
    sheet = next(sheet for sheet in book.sheets.values() if sheet.ws is worksheet)
    for unit, decimals in KEYS:
        of_unit = f'${xl_col_to_name(key)}{{row}}="{unit}{decimals}"'
        form = book.number_format(unit, decimals, gap=gap)
        for test, style in looks:
            sheet.when(cells, f"AND({of_unit},{test})", num_format=form, **style)
        others = "".join(f",NOT({test})" for test, _ in looks)
        sheet.when(cells, f"AND({of_unit}{others})" if others else of_unit, num_format=form)
