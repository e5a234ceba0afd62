"""Refresh of a workbook that is no file: Excel on the web, or any Excel through the server."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .open_book import OpenBook
    from .refresh import Steps


def refresh_page(opened: OpenBook, steps: Steps) -> str:
    """Refresh what can be seen and written without a file. Raises WorkbookError where that is not enough."""
    raise opened.error("open_book_page", what=opened.name)
