"""Live cells: a formula and its value, made together from the same parts.

Every function here gives both, so that no formula is written without a value that follows from it. Values behave as in
a cell: None is a blank, a :class:`~xlkpi.formula.NoData` an error that passes through, texts compare without case.

>>> price = Live("B2", 20.0)
>>> total = price * 3
>>> total.text, total.value
('B2*3', 60.0)
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Union

from xlkpi.formula.evaluate import round_half_away
from xlkpi.formula.excel import number
from xlkpi.formula.nodata import NoData

Value = Union[float, str, bool, NoData, None]  # noqa: UP007  # also evaluated at run time
Given = Union["Live", float, int, str, bool, None]

EPOCH = date(1899, 12, 30)
#: What a text inside a formula may be long.
MAX_TEXT = 250
_ATOM, _TIGHT, _LOOSE, _JOIN, _TEST = range(5)  # how tightly a text binds: * before +, + before &, & before =


@dataclass(frozen=True)
class Live:
    """A formula's text, without the equals sign, and its value; ``level`` tells when the text needs brackets."""

    text: str
    value: Value
    level: int = _ATOM

    def __add__(self, other: Given) -> Live:
        return _arithmetic("+", _LOOSE, self, other)

    def __radd__(self, other: Given) -> Live:
        return _arithmetic("+", _LOOSE, other, self)

    def __sub__(self, other: Given) -> Live:
        return _arithmetic("-", _LOOSE, self, other)

    def __rsub__(self, other: Given) -> Live:
        return _arithmetic("-", _LOOSE, other, self)

    def __mul__(self, other: Given) -> Live:
        return _arithmetic("*", _TIGHT, self, other)

    def __rmul__(self, other: Given) -> Live:
        return _arithmetic("*", _TIGHT, other, self)

    def __truediv__(self, other: Given) -> Live:
        return _arithmetic("/", _TIGHT, self, other)

    def __and__(self, other: Given) -> Live:
        return _joined(self, other)

    def __rand__(self, other: Given) -> Live:
        return _joined(other, self)

    def __lt__(self, other: Given) -> Live:
        return _compared("<", self, other)

    def __le__(self, other: Given) -> Live:
        return _compared("<=", self, other)

    def __gt__(self, other: Given) -> Live:
        return _compared(">", self, other)

    def __ge__(self, other: Given) -> Live:
        return _compared(">=", self, other)

    def same(self, other: Given) -> Live:
        """``=``; not ``==``, which compares two objects."""
        return _compared("=", self, other)

    def differs(self, other: Given) -> Live:
        """``<>``."""
        return _compared("<>", self, other)

    @property
    def blank(self) -> Live:
        """Whether it is blank or the empty text."""
        return self.same("")

    @property
    def number(self) -> float | None:
        """The value where it is a number."""
        return float(self.value) if _is_number(self.value) else None  # type: ignore[arg-type]  # as just checked


@dataclass(frozen=True)
class Span:
    """A range or a table's column, with its values from top to bottom (or from left to right)."""

    text: str
    values: Sequence[Value]


def live(given: Given) -> Live:
    """A constant as a formula's part; a live cell as it is."""
    if isinstance(given, Live):
        return given
    if isinstance(given, bool):
        return Live("TRUE" if given else "FALSE", given)
    if isinstance(given, int | float):
        return Live(number(float(given)), float(given), _TIGHT if given < 0 else _ATOM)
    text = given or ""
    pieces = [text[i : i + MAX_TEXT] for i in range(0, len(text), MAX_TEXT)] or [""]
    quoted = ['"' + piece.replace('"', '""') + '"' for piece in pieces]
    return Live("&".join(quoted), text, _JOIN if len(quoted) > 1 else _ATOM)


def serial(day: date) -> float:
    """A date as Excel counts days."""
    return float((day - EPOCH).days)


def as_date(value: Value) -> date | None:
    """The day of a cell's value."""
    return EPOCH + timedelta(days=int(value)) if _is_number(value) else None  # type: ignore[arg-type]  # as just checked


# --- functions of Excel ----------------------------------------------------------------------------------------------


def if_(test: Given, yes: Given, no: Given) -> Live:
    """``IF``."""
    t, y, n = live(test), live(yes), live(no)
    value = t.value if isinstance(t.value, NoData) else (y.value if _truth(t.value) else n.value)
    return Live(f"IF({t.text},{y.text},{n.text})", value)


def and_(*tests: Given) -> Live:
    """``AND``."""
    return _logical("AND", all, tests)


def or_(*tests: Given) -> Live:
    """``OR``."""
    return _logical("OR", any, tests)


def is_number(given: Given) -> Live:
    """``ISNUMBER``."""
    cell = live(given)
    return Live(f"ISNUMBER({cell.text})", _is_number(cell.value))


def if_error(given: Given, otherwise: Given) -> Live:
    """``IFERROR``."""
    cell, other = live(given), live(otherwise)
    return Live(f"IFERROR({cell.text},{other.text})", other.value if isinstance(cell.value, NoData) else cell.value)


def not_available() -> Live:
    """``NA()``: a gap in a chart."""
    return Live("NA()", NoData.MISSING)


def index(span: Span, position: Given) -> Live:
    """``INDEX`` of one column (or row); a blank cell stays a blank only inside :func:`kept`."""
    at = live(position)
    place = _number(at.value)
    if isinstance(place, NoData):
        value: Value = place
    elif 1 <= int(place) <= len(span.values):
        value = span.values[int(place) - 1]
    else:
        value = NoData.REFERENCE
    return Live(f"INDEX({span.text},{at.text})", value)


def kept(cell: Live) -> Live:
    """The cell, with a blank as the empty text and not as zero."""
    return if_(cell.same(""), "", cell)


def match(wanted: Given, span: Span) -> Live:
    """``MATCH`` of the first equal value."""
    cell = live(wanted)
    value: Value = NoData.MISSING
    if isinstance(cell.value, NoData):
        value = cell.value
    else:
        for position, found in enumerate(span.values, start=1):
            if found is not None and _order(found) == _order(cell.value):
                value = float(position)
                break
    return Live(f"MATCH({cell.text},{span.text},0)", value)


def match_sorted(wanted: Given, span: Span) -> Live:
    """``MATCH`` of the last value that is not larger, among numbers that grow."""
    cell = live(wanted)
    place = _number(cell.value)
    if isinstance(place, NoData):
        return Live(f"MATCH({cell.text},{span.text},1)", place)
    at = bisect_right([v for v in span.values if isinstance(v, float)], place)
    return Live(f"MATCH({cell.text},{span.text},1)", float(at) if at else NoData.MISSING)


def count_ifs(*conditions: tuple[Span, str, Given]) -> Live:
    """``COUNTIFS``; each condition is a column, ``=`` or ``<=``, and a value."""
    parts, rows = [], set(range(len(conditions[0][0].values)))
    for span, sign, given in conditions:
        cell = live(given)
        parts += [span.text, cell.text if sign == "=" else f'"{sign}"&{_wrapped(cell, _LOOSE)}']
        rows &= {i for i, found in enumerate(span.values) if _holds(found, sign, cell.value)}
    return Live(f"COUNTIFS({','.join(parts)})", float(len(rows)))


def count_texts(span: Span) -> Live:
    """``COUNTIF`` of the cells that hold a text."""
    return Live(f'COUNTIF({span.text},"?*")', float(sum(isinstance(v, str) and v != "" for v in span.values)))


def sum_if(span: Span, wanted: Given, of: Span) -> Live:
    """``SUMIF`` with a criterion that is a text."""
    cell = live(wanted)
    found = [
        v for k, v in zip(span.values, of.values, strict=True) if _holds(k, "=", cell.value) and isinstance(v, float)
    ]
    return Live(f"SUMIF({span.text},{cell.text},{of.text})", math.fsum(found))


def sum_ifs(of: Span, *conditions: tuple[Span, str, Given]) -> Live:
    """``SUMIFS``; each condition is a column, ``=``, ``<=`` or ``>=``, and a value."""
    parts, rows = [of.text], set(range(len(of.values)))
    for span, sign, given in conditions:
        cell = live(given)
        parts += [span.text, cell.text if sign == "=" else f'"{sign}"&{_wrapped(cell, _LOOSE)}']
        rows &= {i for i, found in enumerate(span.values) if _holds(found, sign, cell.value)}
    known = [v for i, v in enumerate(of.values) if i in rows and isinstance(v, float)]
    return Live(f"SUMIFS({','.join(parts)})", math.fsum(known))


def total(span: Span) -> Live:
    """``SUM``."""
    wrong = next((v for v in span.values if isinstance(v, NoData)), None)
    known = math.fsum(v for v in span.values if isinstance(v, float))
    return Live(f"SUM({span.text})", known if wrong is None else wrong)


def count(span: Span) -> Live:
    """``COUNT``."""
    return Live(f"COUNT({span.text})", float(sum(_is_number(v) for v in span.values)))


def large(span: Span, rank: Given) -> Live:
    """``LARGE``."""
    at = live(rank)
    known = sorted((v for v in span.values if isinstance(v, float)), reverse=True)
    place = _number(at.value)
    inside = not isinstance(place, NoData) and 1 <= place <= len(known)
    return Live(f"LARGE({span.text},{at.text})", known[int(place) - 1] if inside else NoData.IMPOSSIBLE)  # type: ignore[arg-type]  # a number where it is inside


def least(*given: Given | Span) -> Live:
    """``MIN``; texts and blanks in ranges don't count."""
    return _extreme("MIN", min, given)


def most(*given: Given | Span) -> Live:
    """``MAX``."""
    return _extreme("MAX", max, given)


def rounded(given: Given, digits: int = 0) -> Live:
    """``ROUND``."""
    return _function(f"ROUND({{}},{digits})", lambda v: round_half_away(v, digits), given)


def absolute(given: Given) -> Live:
    """``ABS``."""
    return _function("ABS({})", abs, given)


def whole(given: Given) -> Live:
    """``INT``."""
    return _function("INT({})", lambda v: float(math.floor(v)), given)


def rest(given: Given, of: int) -> Live:
    """``MOD``."""
    return _function(f"MOD({{}},{of})", lambda v: v % of, given)


def day_of(given: Given) -> Live:
    """``DAY``."""
    return _function("DAY({})", lambda v: float((EPOCH + timedelta(days=int(v))).day), given)


def month_of(given: Given) -> Live:
    """``MONTH``."""
    return _function("MONTH({})", lambda v: float((EPOCH + timedelta(days=int(v))).month), given)


def year_of(given: Given) -> Live:
    """``YEAR``."""
    return _function("YEAR({})", lambda v: float((EPOCH + timedelta(days=int(v))).year), given)


def month_end(given: Given, months: int) -> Live:
    """``EOMONTH``."""

    def end(value: float) -> float:
        day = EPOCH + timedelta(days=int(value))
        ahead = day.year * 12 + day.month - 1 + months + 1
        return serial(date(ahead // 12, ahead % 12 + 1, 1)) - 1

    return _function(f"EOMONTH({{}},{months})", end, given)


def choose(given: Given, texts: Sequence[str]) -> Live:
    """``CHOOSE`` among texts."""
    cell = live(given)
    place = _number(cell.value)
    inside = not isinstance(place, NoData) and 1 <= place <= len(texts)
    listed = ",".join(live(text).text for text in texts)
    return Live(f"CHOOSE({cell.text},{listed})", texts[int(place) - 1] if inside else NoData.NOT_A_NUMBER)  # type: ignore[arg-type]  # a number where it is inside


def right(given: Given, characters: int) -> Live:
    """``RIGHT``."""
    cell = live(given)
    value = cell.value if isinstance(cell.value, NoData) else _as_text(cell.value)[-characters:]
    return Live(f"RIGHT({cell.text},{characters})", value)


def upper_first(given: Given) -> Live:
    """The text with a capital at its beginning."""
    cell = live(given)
    if isinstance(cell.value, NoData):
        return cell
    text = _as_text(cell.value)
    return Live(f"UPPER(LEFT({cell.text},1))&MID({cell.text},2,500)", text[:1].upper() + text[1:501], _JOIN)


def length(given: Given) -> Live:
    """``LEN``."""
    cell = live(given)
    value: Value = cell.value if isinstance(cell.value, NoData) else float(len(_as_text(cell.value)))
    return Live(f"LEN({cell.text})", value)


def shortened(given: Given, characters: int) -> Live:
    """A text that fits its place: what is too long ends in an ellipsis."""
    cell = live(given)
    cut = cell.value if isinstance(cell.value, NoData) else _as_text(cell.value)[: characters - 1]
    return if_(length(cell) > characters, Live(f"LEFT({cell.text},{characters - 1})", cut) & "…", cell)


def before(given: Given, mark: str) -> Live:
    """The text before a mark; all of it where the mark is not in it."""
    cell = live(given)
    value: Value = cell.value
    if not isinstance(value, NoData):
        value = _as_text(value)
        value = value[: value.index(mark)] if mark in value else value
    found = f"LEFT({cell.text},FIND({live(mark).text},{cell.text})-1)"
    return Live(f"IFERROR({found},{cell.text})", value)


def hyperlink(place: str, shown: Given) -> Live:
    """``HYPERLINK`` to a place in the workbook."""
    cell = live(shown)
    return Live(f"HYPERLINK({live('#' + place).text},{cell.text})", cell.value)


def sentence(template: str, parts: Mapping[str, Given]) -> Live:
    """A template of the language files with live cells in its ``{placeholders}``."""
    made: Live | None = None
    for piece in template.replace("{", "\x00{").replace("}", "}\x00").split("\x00"):
        if piece:
            part = live(parts[piece[1:-1]]) if piece[0] == "{" and piece[-1] == "}" else live(piece)
            made = part if made is None else made & part
    return made or live("")


# --- how cells behave ------------------------------------------------------------------------------------------------


def _is_number(value: Value) -> bool:
    return isinstance(value, float | int) and not isinstance(value, bool)


def _number(value: Value) -> float | NoData:
    """A value in arithmetic: a blank is zero, a text is an error."""
    if value is None:
        return 0.0
    if isinstance(value, NoData):
        return value
    return NoData.NOT_A_NUMBER if isinstance(value, str) else float(value)


def _truth(value: Value) -> bool:
    return bool(value) if not isinstance(value, str) else False


def _order(value: Value) -> tuple[int, float | str]:
    """The place of a value among all: numbers, texts without case, logical values."""
    if isinstance(value, bool):
        return 2, float(value)
    if isinstance(value, str):
        return 1, value.casefold()
    return 0, float(value) if isinstance(value, float | int) else 0.0


def _as_text(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, float | int) and not isinstance(value, bool):
        assert value == int(value), "only whole numbers are told in sentences: see formats.told"
        return str(int(value))
    return str(value)


def _holds(found: Value, sign: str, wanted: Value) -> bool:
    if isinstance(wanted, NoData) or isinstance(found, NoData):
        return False
    if sign == "=":
        return found is not None and _order(found) == _order(wanted)
    if not (isinstance(found, float) and isinstance(wanted, float)):
        return False
    return found <= wanted if sign == "<=" else found >= wanted


def _wrapped(cell: Live, level: int) -> str:
    return cell.text if cell.level <= level else f"({cell.text})"


def _arithmetic(sign: str, level: int, left: Given, right: Given) -> Live:
    a, b = live(left), live(right)
    x, y = _number(a.value), _number(b.value)
    value: Value
    if isinstance(x, NoData):
        value = x
    elif isinstance(y, NoData):
        value = y
    elif sign == "/":
        value = x / y if y else NoData.ZERO_DIVISION
    else:
        value = x + y if sign == "+" else x - y if sign == "-" else x * y
    second = _wrapped(b, level - 1 if sign in "-/" else level)
    return Live(f"{_wrapped(a, level)}{sign}{f'({second})' if second.startswith('-') else second}", value, level)


def _joined(left: Given, right: Given) -> Live:
    a, b = live(left), live(right)
    wrong = next((v for v in (a.value, b.value) if isinstance(v, NoData)), None)
    value: Value = _as_text(a.value) + _as_text(b.value) if wrong is None else wrong
    if a.text == '""':
        return Live(b.text if isinstance(b.value, str) else f'""&{_wrapped(b, _JOIN)}', value, _JOIN)
    return Live(f"{_wrapped(a, _JOIN)}&{_wrapped(b, _JOIN)}", value, _JOIN)


def _compared(sign: str, left: Given, right: Given) -> Live:
    a, b = live(left), live(right)
    wrong = next((v for v in (a.value, b.value) if isinstance(v, NoData)), None)
    if wrong is not None:
        value: Value = wrong
    else:
        x, y = a.value, b.value
        x = ("" if isinstance(y, str) else 0.0) if x is None else x
        y = ("" if isinstance(x, str) else 0.0) if y is None else y
        p, q = _order(x), _order(y)
        tests: dict[str, Callable[[], bool]] = {
            "=": lambda: p == q, "<>": lambda: p != q, "<": lambda: p < q, "<=": lambda: p <= q,
            ">": lambda: p > q, ">=": lambda: p >= q,
        }  # fmt: skip
        value = tests[sign]()
    return Live(f"{_wrapped(a, _JOIN)}{sign}{_wrapped(b, _JOIN)}", value, _TEST)


def _logical(name: str, decide: Callable[[list[bool]], bool], tests: Sequence[Given]) -> Live:
    cells = [live(test) for test in tests]
    wrong = next((c.value for c in cells if isinstance(c.value, NoData)), None)
    value: Value = decide([_truth(c.value) for c in cells]) if wrong is None else wrong
    return Live(f"{name}({','.join(c.text for c in cells)})", value)


def _function(template: str, work: Callable[[float], float], given: Given) -> Live:
    cell = live(given)
    value = _number(cell.value)
    return Live(template.format(cell.text), value if isinstance(value, NoData) else work(value))


def _extreme(name: str, decide: Callable[[list[float]], float], given: Sequence[Given | Span]) -> Live:
    texts, numbers = [], []
    for part in given:
        if isinstance(part, Span):
            texts.append(part.text)
            numbers += [v for v in part.values if isinstance(v, NoData | float)]
        else:
            cell = live(part)
            texts.append(cell.text)
            if not (isinstance(cell.value, str) and "!$" in cell.text and "(" not in cell.text):  # a text in a cell
                numbers.append(_number(cell.value))
    wrong = next((v for v in numbers if isinstance(v, NoData)), None)
    known = [v for v in numbers if isinstance(v, float)]
    value: Value = (decide(known) if known else 0.0) if wrong is None else wrong
    return Live(f"{name}({','.join(texts)})", value)
