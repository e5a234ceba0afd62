"""The table of the first page: two rows per objective, with strips of lines and bullets."""

from __future__ import annotations

from xlsxwriter.utility import xl_col_to_name

from xlkpi.status import rules
from xlkpi.workbook.functions import (
    and_,
    hyperlink,
    if_,
    if_error,
    index,
    is_number,
    shortened,
)
from xlkpi.workbook.live import Live
from xlkpi.workbook.pages.dashboard_board import (
    ACTUAL,
    BULLET,
    BULLET_END,
    KEY,
    LINE,
    MARK,
    NAME,
    PACE,
    SHOWN,
    STATUS,
    STATUS_MARK,
    TARGET,
    VARIANCE,
    WIDTHS,
    Board,
)
from xlkpi.workbook.pages.dashboard_charts import Spot, bullet_strip, line_strip
from xlkpi.workbook.units import effect_looks, unit_formats


def header(board: Board, row: int) -> int:
    """The names of the columns."""
    header = board.page.header
    board.page.sheet.fill(row, MARK, BULLET_END, **header)
    for column, key, align in (
        (NAME, "kpi", "left"), (ACTUAL, "actual", "right"), (TARGET, "target", "right"),
        (VARIANCE, "variance", "right"), (PACE, "pace", "right"), (STATUS, "status", "left"),
        (LINE, "line", "left"), (BULLET, "bullet", "right"),
    ):  # fmt: skip
        board.put(row, column, board.book.text(f"head.{key}"), align=align, **header)
    return row + 1


def tier(board: Board, row: int, tier: str) -> int:
    """A group of objectives, two rows each, with a strip of lines and one of bullets over all of them."""
    page, theme, book = board.page, board.theme, board.book
    page.ws.set_row_pixels(row, 24)
    tint = {"bg_color": theme.tint}
    page.sheet.fill(row, MARK, BULLET_END, **tint)
    board.put(row, MARK, book.text(f"level.{tier}"), bold=True, font_color=theme.accent, font_size=10, **tint)
    board.put(row, ACTUAL, book.text(f"level_says.{tier}"), font_color=theme.mute, **tint)
    row += 1
    top = row
    for slot in board.slots[tier]:
        _objective(board, row, slot)
        row += 2
    last = row - 1
    unit_formats(book, page.ws, (top, ACTUAL, last, ACTUAL), KEY)
    unit_formats(book, page.ws, (top, TARGET, last, TARGET), KEY)
    below = f"${xl_col_to_name(KEY)}{{below}}"
    looks = [(f'{below}="{effect}"', look) for effect, look in effect_looks(theme).items()]
    unit_formats(book, page.ws, (top, VARIANCE, last, VARIANCE), KEY, gap=True, looks=looks)
    height = 50 * len(board.slots[tier])
    slots = {slot: board.position[slot] for slot in board.slots[tier]}
    group = book.text(f"level.{tier}")
    line_strip(page, board.made, slots, Spot(top, LINE, WIDTHS[LINE], height), group)
    wide = WIDTHS[BULLET] + WIDTHS[BULLET_END]
    bullet_strip(page, board.made, slots, Spot(top, BULLET, wide, height), group)
    return row


def _objective(board: Board, row: int, slot: str) -> None:
    page, put, book = board.page, board.put, board.book
    page.heights(row, 28, 22)
    at, upper, lower = board.position[slot], page.upper, page.lower
    page.sheet.fill(row + 1, MARK, BULLET_END, **lower)
    number = list(board.position).index(slot) + 1
    put(row, MARK, float(number), font_color=board.theme.faint, align="center", font_size=8, **upper)
    name: Live = shortened(board.table("kpi", at), 32)
    if f"kpi_{slot}" in book.sheets:
        name = hyperlink(book.sheets[f"kpi_{slot}"].address(0, 0).replace("$", ""), name)
    put(row, NAME, name, bold=True, font_size=11, **upper)
    asked = if_(is_number(at), shortened(board.table("question", at), 44), book.text("free_place"))
    put(row + 1, NAME, asked, **lower)
    right = {"align": "right"}
    put(row, KEY, board.at("format", at))
    formats = _formats(board, slot)
    put(row, ACTUAL, board.dash("actual", at), bold=True, font_size=12, num_format=formats[0], **right, **upper)
    put(row + 1, ACTUAL, board.at("said_last_year", at), **right, **lower)
    goal = if_(board.at("mode", at).same("stay_between"), board.dash("high", at), board.dash("target", at))
    put(row, TARGET, goal, font_size=10, num_format=formats[0], **right, **upper)
    put(row + 1, TARGET, board.at("said_due", at), **right, **lower)
    gap = board.dash("variance", at)
    shown = if_(and_(is_number(gap), index(board.made.tables.objectives.span("unit"), at).same("percent")),
                if_error(gap * 100, gap), gap)  # fmt: skip
    put(row, VARIANCE, if_error(shown, "–"), font_size=10, num_format=formats[1], **right, **upper)
    put(row + 1, KEY, if_error(board.made.now.at("effect", at) & "", ""))  # a number would be ### to screen readers
    put(row + 1, VARIANCE, board.at("said_expected", at), **right, **lower)
    pace = {"num_format": book.number_format("ratio", 2), "font_size": 10}
    put(row, PACE, board.dash("pace", at), **pace, **right, **upper)
    put(row + 1, PACE, board.at("said_progress", at), **right, **lower)
    look = board.made.now.at("look", at)
    mark = if_error(index(board.made.marks, look), "–")
    put(row, STATUS_MARK, mark, align="center", font_size=11, bold=True, **upper)
    put(row, STATUS, if_error(index(board.made.words, look), "–"), font_size=10, bold=True, **upper)
    put(row + 1, STATUS, board.at("said_status", at), **lower)
    page.sheet.statuses(row, STATUS_MARK, STATUS, STATUS_MARK)


def _formats(board: Board, slot: str) -> tuple[str, str]:
    """The number formats that the place has at first; conditional ones follow when its objective changes."""
    table = board.made.tables.objectives
    if slot not in table.columns["slot"]:
        return board.book.number_format("count", 0), board.book.number_format("count", 0, gap=True)
    number = table.columns["slot"].index(slot)
    unit, key = str(table.columns["unit"][number]), str(table.columns["format"][number])
    decimals = int(key[len(unit) :])
    return board.book.number_format(unit, decimals), board.book.number_format(unit, decimals, gap=True)


def legend(board: Board, row: int) -> int:
    """What marks, bars and bands mean."""
    board.page.heights(row, 20, 12)
    looks = rules().looks
    marks = "   ".join(f"{looks[c].mark} {_word(board, c)}" for c in SHOWN)
    board.put(row, NAME, marks, **board.small)
    board.put(row, BULLET_END, board.book.text("legend"), align="right", **board.small)
    return row + 2


def _word(board: Board, code: str) -> str:
    from xlkpi.status import label

    return label(code, board.book.language).lower()
