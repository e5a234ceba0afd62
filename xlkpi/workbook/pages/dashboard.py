"""The first page: at most seven primary objectives on one sheet of paper."""

from __future__ import annotations

from xlkpi.workbook.book import Book
from xlkpi.workbook.calculation import Calculation
from xlkpi.workbook.pages.alert_line import alert_line
from xlkpi.workbook.pages.dashboard_board import KEY, Board
from xlkpi.workbook.pages.dashboard_head import choices, count, headline, progress
from xlkpi.workbook.pages.dashboard_panels import panels
from xlkpi.workbook.pages.dashboard_table import header, legend, tier


def dashboard(book: Book, made: Calculation) -> None:
    """Write the page."""
    board = Board(book, made)
    page, ws = board.page, board.page.ws
    page.heights(5, 12, 15, 27, 20, 12, 16, 26, 20, 24)
    choices(board)
    count(board)
    headline(board)
    alert_line(book, made, page)
    progress(board)
    row = header(board, 13)
    for name in board.tiers:
        if board.slots[name]:
            row = tier(board, row, name)
    row = legend(board, row)
    row = panels(board, row)
    ws.set_row_pixels(row, 6)
    ws.set_column(KEY, KEY, None, None, {"hidden": True})
    page.finish(row)
    ws.activate()
    ws.set_first_sheet()
