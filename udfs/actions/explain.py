"""*Explain cell*: where the number of the active cell comes from, or why it shows an error."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from xlkpi.catalogue import say
from xlkpi.errors import XlkpiError
from xlkpi.formula import Formula
from xlkpi.formula.local import localised
from xlkpi.formula.nodata import NoData
from xlkpi.language import current, has_text, text
from xlkpi.language.dates import day
from xlkpi.language.numbers import plain
from xlkpi.workbook.formula_text import plain_sheet

from ..cells import SHEET_ROWS
from ..cells import cell as common
from ..registry import function, functions
from ..telling import explained
from .objectives import Objectives, label_of
from .window import Told, Window, rows_of

#: The most calls, and references of a formula without our functions, that are told.
_MOST = 8
_QUOTED = re.compile(r""""(?:[^"]|"")*"|'(?:[^']|'')*'|\[[^\]]*\]""")
_REFERENCE = re.compile(
    r"""(?P<sheet>(?:'(?:[^']|'')+'|[^\W\d][\w.]*)!)?
        (?P<cells>\$?[A-Z]{1,3}\$?[1-9]\d*(?::\$?[A-Z]{1,3}\$?[1-9]\d*)?|\$?[A-Z]{1,3}:\$?[A-Z]{1,3})(?![\w(\[!.])""",
    re.VERBOSE,
)
_TABLE = re.compile(r"(?P<table>[^\W\d][\w.]*)\[(?P<column>[^\[\]#@]+)\]")
_NAME = re.compile(r"[^\W\d][\w.]*")
_SUM = re.compile(r"\bSUM\(([^(),]+)\)", re.IGNORECASE)
#: What is left of a calculation once its cells are numbers; Excel's `^` binds otherwise than ours.
_FIGURES = re.compile(r"[-+*/(). \d]+(?:e[-+]?\d+[-+*/(). \d]*)*")
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:E[-+]?\d+)?(?P<percent>%?)", re.IGNORECASE)


class Unreadable(Exception):  # noqa: N818  # not an error: the value is told to be unknown
    """An argument whose value can't be had."""


@dataclass(frozen=True)
class Call:
    """A call of one of our functions in a formula: its arguments as they are written."""

    name: str
    arguments: tuple[str, ...]

    @property
    def text(self) -> str:
        return f"{self.name}({','.join(self.arguments)})"


def explain_cell(book: Any, formula: str = "") -> Told:
    """Explain the active cell. ``formula``: what stands in it, in US English, where xlwings can't read it.

    Raises WorkbookError where no cell is selected.
    """
    window = Window(book)
    cell = window.active_cell()
    written = _formula(cell) if window.is_excel else formula
    written = written if written.startswith("=") else ""
    value = _value(rows_of(cell)[0][0])
    lines = [*_calls(window, cell, written), *_page(window, cell, value)]
    if not lines:
        lines = [*_references(window, cell, written)]
    head = f"{cell.sheet.name}!{cell.get_address(False, False)}{text('kpi.colon')}{_shown(value)}"
    if isinstance(value, NoData):
        head += f" ({text(f'udfs.reason.{value.name}')})"
    if written:
        lines = [localised(written), *lines]
    elif not lines:
        lines = [text("action.explain_typed" if value is not None else "action.explain_blank")]
    return Told("\n".join([head, "", *lines]))


def _formula(cell: Any) -> str:
    found = cell.formula
    while isinstance(found, list | tuple):
        found = found[0]
    return str(found)


# --- our functions in a formula ---------------------------------------------------------------------------------------


def calls(formula: str) -> Iterator[Call]:
    """The calls of our functions in a formula, the outer ones first."""
    hidden = _QUOTED.sub(lambda m: "\0" * len(m[0]), formula)
    for found in re.finditer(r"([A-Z][A-Z0-9_]*)\(", hidden, re.IGNORECASE):
        if found[1].upper() in functions():
            yield Call(found[1].upper(), tuple(_arguments(formula, hidden, found.end())))


def _arguments(formula: str, hidden: str, start: int) -> Iterator[str]:
    """The arguments of a call from its opening bracket on; what is quoted counts for nothing in ``hidden``."""
    depth, first = 0, start
    for at in range(start, len(hidden)):
        sign = hidden[at]
        if sign in "({":
            depth += 1
        elif sign in ")}" and depth:
            depth -= 1
        elif sign == ")" or (sign == "," and not depth):
            if sign == "," or at > first or first > start:
                yield formula[first:at].strip()
            first = at + 1
            if sign == ")":
                return


def _calls(window: Window, cell: Any, formula: str) -> Iterator[str]:
    spoken = current()
    for call in list(calls(formula))[:_MOST]:
        known = function(call.name)
        yield f"{say(known.title, spoken) or call.name}{text('kpi.colon')}{known.description(spoken)}"
        try:
            values = [value_of(window, cell, argument) for argument in call.arguments]
        except Unreadable as unknown:
            yield text("action.explain_unreadable", argument=localised(str(unknown)))
        else:
            if call.name not in ("KPI_EXPLAIN", "KPI_HELP", "KPI_LIST"):
                yield explained(call.name, tuple(values), spoken)
        yield from _given(window, cell, call)


def _given(window: Window, cell: Any, call: Call) -> Iterator[str]:
    known = function(call.name).arguments
    for place, written in enumerate(call.arguments):
        if written and (found := _cells(window, cell, written)) is not None:
            argument = known[min(place, len(known) - 1)]
            yield f"• {argument.description(current())}{text('kpi.colon')}{localised(written)} = {_values(found)}"


def value_of(window: Window, cell: Any, written: str) -> Any:
    """What an argument of a formula is worth: rows of cells, or a single value. Raises Unreadable."""
    if written == "":
        return None
    if (found := _cells(window, cell, written)) is not None:
        rows = rows_of(found)
        return rows[0][0] if len(rows) == len(rows[0]) == 1 else rows
    if number := _NUMBER.fullmatch(written):
        return float(written.rstrip("%")) / (100 if number["percent"] else 1)
    if written[0] == written[-1] == '"' and len(written) > 1:
        return written[1:-1].replace('""', '"')
    if written.upper() in ("TRUE", "FALSE"):
        return written.upper() == "TRUE"
    inner = next(calls(written), None)
    if inner is not None and inner.text.replace(" ", "").upper() == written.replace(" ", "").upper():
        return function(inner.name).call(*(value_of(window, cell, argument) for argument in inner.arguments))
    if isinstance(error := common(written), NoData):
        return error
    return _evaluated(cell, written) if window.is_excel else _arithmetic(window, cell, written)


def _arithmetic(window: Window, cell: Any, written: str) -> float:
    """A calculation of single cells, numbers and sums, where Excel is not there to make it. Raises Unreadable."""

    def total(found: re.Match[str]) -> str:
        numbers = [common(v) for row in rows_of(_known(window, cell, found[1])) for v in row]
        if any(isinstance(number, NoData) for number in numbers):
            raise Unreadable(written)
        return f"({sum(n for n in numbers if isinstance(n, float))!r})"

    def number(found: re.Match[str]) -> str:
        cells = _known(window, cell, found[0])
        value = common(rows_of(cells)[0][0]) if cells.shape == (1, 1) else None
        if not isinstance(value, float):
            raise Unreadable(written)
        return f"({value!r})"

    figures = _REFERENCE.sub(number, _SUM.sub(total, written))
    if not _FIGURES.fullmatch(figures):
        raise Unreadable(written)
    try:
        result = Formula.parse(figures).outcome()
    except XlkpiError:
        raise Unreadable(written) from None
    if isinstance(result, NoData):
        raise Unreadable(written)
    return result


def _known(window: Window, cell: Any, written: str) -> Any:
    found = _cells(window, cell, written)
    if found is None:
        raise Unreadable(written)
    return found


def _evaluated(cell: Any, written: str) -> Any:
    found = cell.sheet.api.Evaluate(written)
    found = getattr(found, "Value", found)
    return [list(row) for row in found] if isinstance(found, tuple) else found


def _cells(window: Window, cell: Any, written: str) -> Any | None:
    """The cells that a reference, a name or a table's column leads to."""
    if found := _REFERENCE.fullmatch(written):
        sheet = window.sheet(plain_sheet(found["sheet"])) if found["sheet"] else cell.sheet
        return _used(sheet, sheet.range(_in_order(found["cells"]))) if sheet is not None else None
    if (found := _TABLE.fullmatch(written)) and (table := window.table(found["table"])) is not None:
        headers = rows_of(table[1].header_row_range)[0]
        if found["column"] in headers and (body := table[1].data_body_range) is not None:
            return body[:, headers.index(found["column"])]
    if _NAME.fullmatch(written):
        return window.named(written)
    return None


def _in_order(cells: str) -> str:
    """A range from its first to its last column and row, as Excel itself writes it."""
    corners = [re.split(r"(?<=[A-Za-z])(?=\d)", corner) for corner in cells.replace("$", "").split(":")]
    columns = sorted((corner[0] for corner in corners), key=lambda letters: (len(letters), letters.upper()))
    rows = sorted((corner[1] for corner in corners if len(corner) > 1), key=int)
    return ":".join(map("".join, zip(columns, rows, strict=True) if rows else ((c,) for c in columns)))


def _used(sheet: Any, cells: Any) -> Any:
    """Whole columns down to the last row that is used."""
    if cells.shape[0] < SHEET_ROWS:
        return cells
    return cells[: max(1, sheet.used_range.last_cell.row), :]


# --- a page of a scorecard, and formulas of others --------------------------------------------------------------------


def _page(window: Window, cell: Any, value: Any) -> Iterator[str]:
    """What the tables of a scorecard say of the objective that the cell is about."""
    row: Mapping[str, Any] | None = Objectives(window).about(cell)
    if row is None:
        return
    label = label_of(cell) if not isinstance(value, str) else None
    yield text("action.explain_objective", title=row.get("title"), kpi=row.get("kpi"))
    if label:
        yield f"• {label}{text('kpi.colon')}{_shown(value)}"
    for code in ("definition", "formula", "sources", "trust", "pitfalls"):
        if row.get(code):
            yield f"• {text(f'action.explain.{code}')}{text('kpi.colon')}{_word(code, row[code])}"


def _word(code: str, value: Any) -> Any:
    """What a column says: its own texts, or the word for a level, whatever people wrote there."""
    key = f"workbook.{code}.{value}"
    return text(key) if code == "trust" and has_text(key) else value


def _references(window: Window, cell: Any, formula: str) -> Iterator[str]:
    """The cells that a formula reads, with their values."""
    seen = dict.fromkeys(m[0] for m in _REFERENCE.finditer(re.sub(r'"(?:[^"]|"")*"', "", formula)))
    for written in list(seen)[:_MOST]:
        if (found := _cells(window, cell, written)) is not None:
            yield f"• {localised(written)} = {_values(found)}"


def _values(cells: Any) -> str:
    """The values of cells, the first ones of many."""
    rows = rows_of(cells)
    flat = [value for row in rows for value in row]
    shown = [_shown(_value(value)) for value in flat[:4]]
    return text("formula.separator").join(shown) + (" …" if len(flat) > len(shown) else "")


def _in_excel(word: str) -> str:
    key = f"excel.functions.{word}"
    return text(key) if has_text(key) else word


def _value(value: Any) -> Any:
    """What stands in a cell; days stay days."""
    return value if isinstance(value, datetime) else common(value)


def _shown(value: Any) -> str:
    if isinstance(value, NoData):
        return localised(value.value)
    if value is None:
        return "–"
    if isinstance(value, datetime):
        return f"{day(value.date())}, {value:%H:%M}" if value.time() != time() else day(value.date())
    if isinstance(value, bool):
        return _in_excel(str(value).upper())
    return plain(value) if isinstance(value, float) else str(value)
