"""Excel's functions over live cells: each gives the formula and its value. Functions of Excel 2010 at most."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import MAXYEAR, date

from xlkpi.formula.evaluate import round_half_away
from xlkpi.formula.nodata import NoData
from xlkpi.language import singular_below
from xlkpi.workbook.live import (
    EPOCH,
    LOOSE,
    Given,
    Live,
    Span,
    Value,
    as_date,
    has_number,
    live,
    number_of,
    order_of,
    serial,
    text_of,
    truth_of,
    wrapped,
)

#: What a text in a cell may be long.
MAX_CELL = 32_767


def if_(test: Given, yes: Given, no: Given) -> Live:
    """``IF``."""
    t, y, n = live(test), live(yes), live(no)
    value = t.value if isinstance(t.value, NoData) else (y.value if truth_of(t.value) else n.value)
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
    return Live(f"ISNUMBER({cell.text})", has_number(cell.value))


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
    place = number_of(at.value)
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
            if found is not None and order_of(found) == order_of(cell.value):
                value = float(position)
                break
    return Live(f"MATCH({cell.text},{span.text},0)", value)


def count_ifs(*conditions: tuple[Span, str, Given]) -> Live:
    """``COUNTIFS``; each condition is a column, ``=``, ``<=`` or ``>=``, and a value."""
    return Live(f"COUNTIFS({','.join(_criteria(conditions))})", float(len(rows_where(conditions))))


def numbers_in(*cells: Live) -> Live:
    """``COUNT`` of single cells: how many of them hold a number."""
    return Live(f"COUNT({','.join(c.text for c in cells)})", float(sum(has_number(c.value) for c in cells)))


def count_texts(span: Span) -> Live:
    """``COUNTIF`` of the cells that hold a text."""
    return Live(f'COUNTIF({span.text},"?*")', float(sum(isinstance(v, str) and v != "" for v in span.values)))


def sum_if(span: Span, wanted: Given, of: Span) -> Live:
    """``SUMIF`` with a criterion that is a text."""
    cell = live(wanted)
    rows = sorted(span.places.get(order_of(cell.value), ()))
    known = [v for v in map(of.values.__getitem__, rows) if isinstance(v, float)]
    return Live(f"SUMIF({span.text},{cell.text},{of.text})", math.fsum(known))


def sum_ifs(of: Span, *conditions: tuple[Span, str, Given]) -> Live:
    """``SUMIFS``, as :func:`count_ifs`; for texts from data there is :mod:`xlkpi.workbook.exact`."""
    known = [v for v in map(of.values.__getitem__, sorted(rows_where(conditions))) if isinstance(v, float)]
    return Live(f"SUMIFS({','.join([of.text, *_criteria(conditions)])})", math.fsum(known))


def total(span: Span) -> Live:
    """``SUM``."""
    wrong = next((v for v in span.values if isinstance(v, NoData)), None)
    known = math.fsum(v for v in span.values if isinstance(v, float))
    return Live(f"SUM({span.text})", known if wrong is None else wrong)


def count(span: Span) -> Live:
    """``COUNT``."""
    return Live(f"COUNT({span.text})", float(sum(has_number(v) for v in span.values)))


def large(span: Span, rank: Given) -> Live:
    """``LARGE``."""
    at = live(rank)
    known = sorted((v for v in span.values if isinstance(v, float)), reverse=True)
    place = number_of(at.value)
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


def root(given: Given) -> Live:
    """``SQRT``."""
    cell = live(given)
    value = number_of(cell.value)
    if not isinstance(value, NoData):
        value = math.sqrt(value) if value >= 0 else NoData.IMPOSSIBLE
    return Live(f"SQRT({cell.text})", value)


def logarithm(given: Given) -> Live:
    """``LN``."""
    cell = live(given)
    value = number_of(cell.value)
    if not isinstance(value, NoData):
        value = math.log(value) if value > 0 else NoData.IMPOSSIBLE
    return Live(f"LN({cell.text})", value)


def exponential(given: Given) -> Live:
    """``EXP``."""
    return _function("EXP({})", math.exp, given)


def latest(days: Span, kinds: Span, kind: Given, until: Given) -> Live:
    """The last day, up to one, on which a kind stands beside it; 0 without any."""
    wanted, end = live(kind), live(until)
    last = number_of(end.value)
    rows = kinds.places.get(order_of(wanted.value), frozenset())
    known = [v for v in (days.values[row] for row in rows) if isinstance(v, float)]
    value: Value = last if isinstance(last, NoData) else max([0.0, *(v for v in known if v <= last)])
    tests = f"({kinds.text}={wrapped(wanted, LOOSE)})*({days.text}<={wrapped(end, LOOSE)})"
    return Live(f"SUMPRODUCT(MAX({tests}*{days.text}))", value)


def whole(given: Given) -> Live:
    """``INT``."""
    return _function("INT({})", lambda v: float(math.floor(v)), given)


def rest(given: Given, of: int) -> Live:
    """``MOD``."""
    return _function(f"MOD({{}},{of})", lambda v: v % of, given)


def rounded_up(given: Given) -> Live:
    """``ROUNDUP`` of a number that is not negative, to a whole one."""
    return _function("ROUNDUP({},0)", lambda v: float(math.ceil(v)), given)


def day_of(given: Given) -> Live:
    """``DAY``."""
    return _of_day("DAY", lambda day: day.day, given)


def month_of(given: Given) -> Live:
    """``MONTH``."""
    return _of_day("MONTH", lambda day: day.month, given)


def year_of(given: Given) -> Live:
    """``YEAR``."""
    return _of_day("YEAR", lambda day: day.year, given)


def _of_day(name: str, part: Callable[[date], int], given: Given) -> Live:
    def work(value: float) -> Value:
        day = as_date(value) if value >= 0 else None
        return float(part(day)) if day else NoData.IMPOSSIBLE

    return _function(f"{name}({{}})", work, given)


def month_end(given: Given, months: Given) -> Live:
    """``EOMONTH``."""
    moved = live(months)
    count = number_of(moved.value)

    def end(value: float) -> Value:
        day = as_date(value) if value >= 0 else None
        ahead = day.year * 12 + day.month + int(count) if day else 0  # type: ignore[arg-type]  # as tested below
        year, month = divmod(ahead, 12)
        return serial(date(year, month + 1, 1)) - 1 if EPOCH.year <= year <= MAXYEAR else NoData.IMPOSSIBLE

    if isinstance(count, NoData):
        return Live(f"EOMONTH({live(given).text},{moved.text})", count)
    return _function(f"EOMONTH({{}},{moved.text})", end, given)


def choose(given: Given, texts: Sequence[str]) -> Live:
    """``CHOOSE`` among texts."""
    cell = live(given)
    place = number_of(cell.value)
    inside = not isinstance(place, NoData) and 1 <= place <= len(texts)
    listed = ",".join(live(text).text for text in texts)
    return Live(f"CHOOSE({cell.text},{listed})", texts[int(place) - 1] if inside else NoData.NOT_A_NUMBER)  # type: ignore[arg-type]  # a number where it is inside


def right(given: Given, characters: int) -> Live:
    """``RIGHT``."""
    cell = live(given)
    value = cell.value if isinstance(cell.value, NoData) else text_of(cell.value)[-characters:]
    return Live(f"RIGHT({cell.text},{characters})", value)


def part(given: Given, first: Given, characters: int) -> Live:
    """``MID``: characters of a text from a place on, counted from 1."""
    cell, at = live(given), live(first)
    place = number_of(at.value)
    value: Value = cell.value
    if isinstance(place, NoData):
        value = place
    elif not isinstance(value, NoData):
        value = text_of(value)[int(place) - 1 :][:characters] if place >= 1 else NoData.NOT_A_NUMBER
    return Live(f"MID({cell.text},{at.text},{characters})", value)


def number_in(given: Given) -> Live:
    """``VALUE`` of a text of digits, which every language reads alike."""
    cell = live(given)
    value: Value = cell.value
    if not isinstance(value, NoData):
        digits = text_of(value)
        value = float(digits) if digits.isascii() and digits.isdigit() else NoData.NOT_A_NUMBER
    return Live(f"VALUE({cell.text})", value)


def length(given: Given) -> Live:
    """``LEN``."""
    cell = live(given)
    value: Value = cell.value if isinstance(cell.value, NoData) else float(len(text_of(cell.value)))
    return Live(f"LEN({cell.text})", value)


def shortened(given: Given, characters: int) -> Live:
    """A text that fits its place: what is too long ends in an ellipsis."""
    cell = live(given)
    cut = cell.value if isinstance(cell.value, NoData) else text_of(cell.value)[: characters - 1]
    return if_(length(cell) > characters, Live(f"LEFT({cell.text},{characters - 1})", cut) & "…", cell)


def before(given: Given, mark: str) -> Live:
    """The text before a mark; all of it where the mark is not in it."""
    cell = live(given)
    value: Value = cell.value
    if not isinstance(value, NoData):
        value = text_of(value)
        value = value[: value.index(mark)] if mark in value else value
    found = f"LEFT({cell.text},FIND({live(mark).text},{cell.text})-1)"
    return Live(f"IFERROR({found},{cell.text})", value)


def without_first(given: Given, characters: int) -> Live:
    """The text without its first characters, by ``MID``."""
    cell = live(given)
    value = cell.value if isinstance(cell.value, NoData) else text_of(cell.value)[characters:]
    return Live(f"MID({cell.text},{characters + 1},{MAX_CELL})", value)


def hyperlink(place: str, shown: Given) -> Live:
    """``HYPERLINK`` to a place in the workbook."""
    cell = live(shown)
    return Live(f"HYPERLINK({live('#' + place).text},{cell.text})", cell.value)


def sentence(template: str, parts: Mapping[str, Given]) -> Live:
    """A template of the language files with live cells in its ``{placeholders}``, and the words that go with numbers
    (``{n:row|rows}``) as the current language has them.
    """
    made: Live | None = None
    for piece in template.replace("{", "\x00{").replace("}", "}\x00").split("\x00"):
        if piece:
            part = _part(piece[1:-1], parts) if piece[0] == "{" and piece[-1] == "}" else live(piece)
            made = part if made is None else made & part
    return made or live("")


def _part(placeholder: str, parts: Mapping[str, Given]) -> Live:
    name, _, words = placeholder.partition(":")
    one, choice, many = words.partition("|")
    number, below = live(parts[name]), singular_below()
    if not choice:
        return number
    return if_(number < below if below else number.same(1), one, many)


def rows_where(conditions: Sequence[tuple[Span, str, Given]]) -> set[int]:
    """The rows in which all of some conditions hold."""
    rows = set(range(len(conditions[0][0].values)))
    for span, sign, given in sorted(conditions, key=lambda condition: condition[1] != "="):
        wanted = live(given).value
        rows = (
            rows & span.places.get(order_of(wanted), frozenset())
            if sign == "=" and not isinstance(wanted, NoData)
            else {row for row in rows if _within(span.values[row], sign, wanted)}
        )
    return rows


def _criteria(conditions: Sequence[tuple[Span, str, Given]]) -> list[str]:
    texts: list[str] = []
    for span, sign, given in conditions:
        cell = live(given)
        texts += [span.text, cell.text if sign == "=" else f'"{sign}"&{wrapped(cell, LOOSE)}']
    return texts


def _within(found: Value, sign: str, wanted: Value) -> bool:
    if not (isinstance(found, float) and isinstance(wanted, float)):
        return False
    return found <= wanted if sign == "<=" else found >= wanted


def _logical(name: str, decide: Callable[[list[bool]], bool], tests: Sequence[Given]) -> Live:
    cells = [live(test) for test in tests]
    wrong = next((c.value for c in cells if isinstance(c.value, NoData)), None)
    value: Value = decide([truth_of(c.value) for c in cells]) if wrong is None else wrong
    return Live(f"{name}({','.join(c.text for c in cells)})", value)


def _function(template: str, work: Callable[[float], Value], given: Given) -> Live:
    cell = live(given)
    value = number_of(cell.value)
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
                numbers.append(number_of(cell.value))
    wrong = next((v for v in numbers if isinstance(v, NoData)), None)
    known = [v for v in numbers if isinstance(v, float)]
    value: Value = (decide(known) if known else 0.0) if wrong is None else wrong
    return Live(f"{name}({','.join(texts)})", value)
