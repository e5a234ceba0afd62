"""The head of the first page: its drop-downs, the result in a sentence, progress and statuses."""

from __future__ import annotations

from xlkpi.status import rules
from xlkpi.workbook.book import FULL, NO_AXIS, Book
from xlkpi.workbook.formats import NO_BREAK, date_format
from xlkpi.workbook.functions import (
    before,
    count_ifs,
    if_,
    if_error,
    index,
    is_number,
    large,
    match,
    sentence,
    shortened,
    sum_if,
    total,
)
from xlkpi.workbook.live import Given, Live, live
from xlkpi.workbook.pages.dashboard_board import (
    ACTUAL,
    BULLET,
    BULLET_END,
    CHOICES,
    LINE,
    NAME,
    SHOWN,
    TARGET,
    TIERS,
    Board,
)
from xlkpi.workbook.sheet import list_source


def inputs(book: Book) -> tuple[Live, Live]:
    """Write the drop-downs before anything is computed from them: the as-of date and the part."""
    sheet = book.sheets["dashboard"]
    typed = {
        "bg_color": book.theme.input_fill, "border": 1, "border_color": book.theme.input_line, "bold": True,
        "font_color": book.theme.input_ink, "font_size": 10, "indent": 1, "locked": False,
    }  # fmt: skip
    row, day, part = CHOICES
    shown = date_format(book.language)
    as_of = sheet.put(row, day, book.chosen_day, num_format=f'{shown}* "▾ "', align="left", **typed)
    style = book.format(num_format='@* "▾ "', **typed)
    sheet.ws.merge_range(row, part, row, BULLET_END, "", style)
    choice = sheet.write(row, part, book.chosen_part, style)
    return as_of, choice


def choices(board: Board) -> None:
    """Names, lists and help of the drop-downs."""
    book, ws = board.book, board.page.ws
    row, day, part = CHOICES
    board.put(row - 1, day, book.text("choose.day"), **board.small)
    dimension = board.book.choices.dimension or "channel"
    board.put(row - 1, part, book.text_or(f"dimension.{dimension}", dimension), **board.small)
    ws.data_validation(row, day, row, day, {
        "validate": "list", "source": list_source(board.made.days),
        "input_title": book.text("choose.day"), "input_message": book.text("choose.day_help"),
        "error_title": book.text("choose.day"), "error_message": book.text("choose.wrong"),
    })  # fmt: skip
    ws.data_validation(row, part, row, part, {
        "validate": "list", "source": list_source(board.made.choices),
        "input_title": book.text_or(f"dimension.{dimension}", dimension),
        "input_message": book.text("choose.part_help"),
        "error_title": book.text_or(f"dimension.{dimension}", dimension),
        "error_message": book.text("choose.wrong"),
    })  # fmt: skip
    note = if_(board.made.choice_no > 0, book.text("choose.part_note"), book.text("choose.note"))
    board.put(row + 1, day, note, **board.small)


def count(board: Board) -> None:
    """How many primary objectives have each status, beside the positions."""
    made, sheet = board.made, board.made.sheet
    first = made.rows(8)
    for row, code in enumerate(rules().looks, start=first):
        sheet.put(row, 0, code)
        board.counts[code] = sheet.put(row, 1, count_ifs((made.now.span("primary_status"), "=", code)))
    sheet.put(first + 7, 0, "all")
    board.counts["all"] = sheet.put(first + 7, 1, total(sheet.span(first, 1, first + len(rules().looks) - 1)))


def headline(board: Board) -> None:
    """What calls for a decision, in a sentence; then how the others stand."""
    book, made = board.book, board.made
    red = made.sheet.put(made.rows(1), 1, board.counts["behind"] + board.counts["overdue"])
    names = [_ranked(board, "worst", k, "kpi") for k in (1, 2)]
    first, second = (made.sheet.put(made.rows(1), 1, shortened(before(name, " ("), 26)) for name in names)
    parts: dict[str, Given] = {"n": red, "all": board.counts["all"], "first": first, "second": second}
    key = "headline"
    many = sentence(book.text(f"{key}.many"), parts)
    two = sentence(book.text(f"{key}.two"), parts)
    one = sentence(book.text(f"{key}.one"), parts)
    none = if_(board.counts["no_data"].same(board.counts["all"]), book.text(f"{key}.no_data"), book.text(f"{key}.none"))
    told_ = if_(red.same(0), none, if_(red.same(1), one, if_(red.same(2), two, many)))
    board.put(6, NAME, book.text("in_short"), font_size=8, font_color=board.theme.accent, bold=True)
    board.put(7, NAME, told_, font_size=14, bold=True)
    good = board.counts["on_track"] + board.counts["achieved"]
    rest: dict[str, Given] = {"good": good, "risk": board.counts["at_risk"], "none": board.counts["no_data"]}
    board.put(8, NAME, sentence(book.text(f"{key}.rest"), rest), font_size=10, font_color=board.theme.mute)


def _ranked(board: Board, order: str, rank: int, column: str) -> Live:
    """A text of the objective that stands at a rank of an order; empty where there is none."""
    ranks = board.made.now.span(order)
    return if_error(index(board.made.tables.objectives.span(column), match(large(ranks, rank), ranks)), "")


def progress(board: Board) -> None:
    """Overall progress, how statuses are distributed, and progress by tier."""
    book, made, sheet = board.book, board.made, board.made.sheet
    first = made.rows(4)
    share, weight = made.now.span("share"), made.now.span("share_weight")
    tier = made.now.span("tier")
    overall = sheet.put(first, 1, if_error(total(share) / total(weight), ""))
    parts = [sheet.put(first + i, 1, if_error(sum_if(tier, t, share) / sum_if(tier, t, weight), ""))
             for i, t in enumerate(TIERS, start=1)]  # fmt: skip
    for row, name in enumerate(("overall", *TIERS), start=first):
        sheet.put(row, 0, name)
        sheet.put(row, 2, if_(is_number(sheet.ref(row, 1)), sheet.ref(row, 1), 0))
        sheet.put(row, 3, 1 - sheet.ref(row, 2))
    percent = {"num_format": book.number_format("percent", 0), "bold": True, "align": "right"}
    board.put(10, NAME, book.text("overall"), **board.small)
    board.put(11, ACTUAL, _or_dash(overall), font_size=16, **percent)
    _bar(board, first, NAME, 216, book.text("overall"))
    spots = ((LINE, LINE, 96), (BULLET, BULLET_END, 180))
    for row, (tier_name, part, (at, value, width)) in enumerate(zip(TIERS, parts, spots, strict=True), start=first + 1):
        board.put(10, at, book.text(f"level.{tier_name}"), **board.small)
        # 100 % is wider than the last column, which also says where 100 % is on the bars below, and can't be wider.
        board.put(11, value, _or_dash(part), font_size=10, shrink=True, **percent)
        _bar(board, row, at, width, book.text(f"level.{tier_name}"))
    board.put(10, TARGET, sentence(book.text("by_status"), {"n": board.counts["all"]}), **board.small)
    chart = book.chart("bar", 386, 13, "stacked")
    looks = rules().looks
    for code in SHOWN:
        cell = board.counts[code].text
        chart.add_series({
            "name": code, "values": f"={cell}", "fill": {"color": looks[code].colour},
            "border": {"color": "#FFFFFF", "width": 1.5}, "gap": 0,
        })  # fmt: skip
    chart.set_x_axis({**NO_AXIS, "min": 0, "max": max(1, len(board.position))})
    chart.set_y_axis(NO_AXIS)
    chart.set_plotarea(FULL)
    alt = book.text("alt.by_status")
    board.page.ws.insert_chart(11, TARGET, chart, {"y_offset": 7, "object_position": 1, "description": alt})
    told_: Live = live("")
    for number, code in enumerate(SHOWN):
        word = index(made.words, float(list(looks).index(code) + 1))
        piece = f"{looks[code].mark} " & (board.counts[code] & NO_BREAK) & word & "     "
        piece = if_(board.counts[code] > 0, piece, "")
        told_ = piece if number == 0 else told_ & piece
    board.put(12, TARGET, told_, font_size=8, valign="top")


def _bar(board: Board, row: int, column: int, width: int, name: str) -> None:
    """A bar of progress from 0 to 1."""
    chart = board.book.chart("bar", width, 12, "stacked")
    for at, colour in ((2, board.theme.actual), (3, board.theme.track)):
        chart.add_series({
            "values": f"={board.made.sheet.address(row, at)}", "fill": {"color": colour}, "border": {"none": True},
            "gap": 0,
        })  # fmt: skip
    chart.set_x_axis({**NO_AXIS, "min": 0, "max": 1})
    chart.set_y_axis(NO_AXIS)
    chart.set_plotarea(FULL)
    options = {"y_offset": 8, "object_position": 1, "description": name}
    board.page.ws.insert_chart(11, column, chart, options)


def _or_dash(cell: Live) -> Live:
    return if_(is_number(cell), cell, "–")
