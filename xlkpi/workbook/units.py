"""Number formats that follow the unit of a row's objective."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xlsxwriter.utility import xl_col_to_name

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

    from xlkpi.workbook.book import Book

#: Every unit with the decimals that it may be written with.
KEYS: tuple[tuple[str, int], ...] = (
    ("percent", 0), ("percent", 1), ("percent", 2), ("percent", 3), ("currency", 0), ("currency", 2), ("currency", 4),
    ("count", 0), ("count", 1), ("times", 2), ("ratio", 2), ("index", 0), ("score", 0), ("points", 0), ("stars", 1),
    ("rank", 1), ("seconds", 0), ("seconds", 1), ("days", 0), ("days", 1), ("months", 0), ("months", 1), ("per_day", 1),
)  # fmt: skip


def unit_formats(
    book: Book, worksheet: Worksheet, cells: tuple[int, int, int, int], key: int, *, gap: bool = False
) -> None:
    """Format cells by the unit that stands in a column of their row: ``currency2``."""
    sheet = next(sheet for sheet in book.sheets.values() if sheet.ws is worksheet)
    for unit, decimals in KEYS:
        test = f'${xl_col_to_name(key)}{{row}}="{unit}{decimals}"'
        sheet.when(cells, test, num_format=book.number_format(unit, decimals, gap=gap))
