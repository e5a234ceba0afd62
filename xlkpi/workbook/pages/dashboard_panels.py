"""Below the table of the first page: what to put right, strengths, and what changed."""

from __future__ import annotations

from xlkpi.workbook.formats import day_told, told
from xlkpi.workbook.functions import (
    and_,
    count,
    if_,
    if_error,
    index,
    is_number,
    large,
    match,
    most,
    sentence,
    shortened,
)
from xlkpi.workbook.live import Given, Live
from xlkpi.workbook.pages.dashboard_board import ACTUAL, BULLET_END, GAP1, GAP2, LINE, MARK, NAME, STATUS, TARGET, Board


def panels(board: Board, row: int) -> int:
    """Three panels of three objectives each."""
    book, made = board.book, board.made
    board.page.ws.set_row_pixels(row, 24)
    since = sentence(book.text("panel.changed"), {"day": day_told(made.before, book.language)})
    board.page.section(row, NAME, ACTUAL, book.text("panel.worst"))
    board.page.section(row, TARGET, STATUS, book.text("panel.best"))
    line = {"bottom": 1, "bottom_color": board.theme.accent}
    board.page.sheet.fill(row, LINE, BULLET_END, **line)
    board.put(row, LINE, if_error(if_(made.before.blank, book.text("panel.changed_first"), since), ""),
             bold=True, font_size=11, font_color=board.theme.accent, **line)  # fmt: skip
    row += 1
    first = made.rows(9)
    spots = {"worst": (MARK, NAME, ACTUAL), "best": (GAP1, TARGET, STATUS), "changed": (GAP2, LINE, BULLET_END)}
    for rank in (1, 2, 3):
        board.page.heights(row, 24, 18)
        for number, (order, columns) in enumerate(spots.items()):
            span = made.now.span(order)
            spot = first + 3 * number + rank - 1
            made.sheet.put(spot, 0, f"{order} {rank}")
            at = made.sheet.put(spot, 1, if_error(match(large(span, rank), span), ""))
            _item(board, row, columns, at, order, rank)
        row += 2
    board.page.ws.set_row_pixels(row, 28)
    form = book.format(font_size=8, font_color=board.theme.accent, text_wrap=True, valign="top")
    board.page.ws.merge_range(row, LINE, row, BULLET_END, "", form)
    board.page.sheet.write(row, LINE, _since_last(board), form)
    return row + 1


def _since_last(board: Board) -> Live:
    """Which status has changed since the workbook was last built or refreshed, where it is known; in two lines at most.

    It compares the statuses of the whole on the last day; nothing is told beside another choice.
    """
    book, made = board.book, board.made
    objectives, order = made.tables.objectives, made.now.span("changed_last")
    day = made.sheet.put(made.rows(1), 1, most(objectives.span("last_day")))
    changed = made.sheet.put(made.rows(1), 1, count(order))
    at = made.sheet.put(made.rows(1), 1, if_error(match(large(order, 1), order), ""))
    old = index(made.words, match(index(made.now.span("last_status"), at), made.codes))
    words: dict[str, Given] = {
        "day": day_told(day, book.language), "name": shortened(index(objectives.span("kpi"), at), 28), "old": old,
        "new": index(made.words, made.now.at("look", at)), "more": changed - 1,
    }  # fmt: skip
    one, many = (sentence(book.text(f"panel.last_{n}"), words) for n in ("one", "many"))
    none = sentence(book.text("panel.last_none"), words)
    told_ = if_(changed.same(0), none, if_(changed.same(1), one, many))
    return if_(and_(made.present, day > 0), if_error(told_, ""), "")


def _item(board: Board, row: int, columns: tuple[int, int, int], at: Live, order: str, rank: int) -> None:
    book, made, put = board.book, board.made, board.put
    mark_at, text_at, value_at = columns
    mark = if_error(index(made.marks, made.now.at("look", at)), "")
    put(row, mark_at, mark, align="center", bold=True, font_size=10, valign="bottom")
    board.page.sheet.statuses(row, mark_at, mark_at, mark_at)
    name = if_error(index(made.tables.objectives.span("kpi"), at), "")
    style = {"bold": True, "font_size": 10, "valign": "bottom"}
    second = {"font_size": 8, "font_color": board.theme.mute, "valign": "top"}
    if order == "changed":
        new = if_error(index(made.words, made.now.at("look", at)), "")
        words: dict[str, Given] = {"old": _earlier_word(board, at), "new": new}
        moved = if_error(name & book.text("colon") & sentence(book.text("panel.moved"), words), "")
        nothing = book.text("panel.nothing") if rank == 1 else ""
        put(row, text_at, if_(at.blank, nothing, moved), **style)
        put(row + 1, text_at, if_(at.blank, "", _needs(board, at)), **second)
        return
    empty = {"worst": "panel.none_worst", "best": "panel.none_best"}[order]
    put(row, text_at, if_(at.blank, book.text(empty) if rank == 1 else "", name), **style)
    pace = if_error(if_(is_number(made.now.at("pace", at)), sentence(book.text("panel.pace"), {
        "pace": told(made.now.at("pace", at), "ratio", 2, book.language, book.currency)}),
        made.now.at("said_progress", at)), "")  # fmt: skip
    put(row, value_at, if_(at.blank, "", pace), align="right", valign="bottom", font_size=10)
    put(row + 1, text_at, if_(at.blank, "", _needs(board, at)), **second)


def _earlier_word(board: Board, at: Live) -> Live:
    return if_error(index(board.made.words, index(board.made.earlier.span("look"), at)), "")


def _needs(board: Board, at: Live) -> Live:
    """How far the objective is from where it should be."""
    now = board.made.now
    parts: dict[str, Given] = {"gap": now.at("said_gap", at), "expected": now.at("said_expected", at)}
    return if_error(if_(now.at("said_gap", at).blank, "", sentence(board.book.text("panel.needs"), parts)), "")
