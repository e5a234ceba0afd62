"""The pages of a scorecard: one function each, and its name in :data:`PAGES`, which layouts use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from xlkpi.workbook.pages.dashboard import dashboard

if TYPE_CHECKING:
    from xlkpi.workbook.book import Book
    from xlkpi.workbook.calculation import Calculation

PAGES: Mapping[str, Callable[[Book, Calculation], None]] = {
    "dashboard": dashboard,
}
