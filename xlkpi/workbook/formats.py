"""Cell formats and number formats of a workbook, and numbers told in sentences by formulas.

Formulas never use ``TEXT``: its codes depend on the system's language. Numbers in sentences are put together from
whole numbers, so that they read the same on every system.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from xlkpi.language import has_text, text
from xlkpi.workbook.functions import absolute, choose, day_of, if_, month_of, rest, right, rounded, whole, year_of
from xlkpi.workbook.live import Given, Live, live

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook

    from xlkpi.workbook.theme import Theme

MINUS = "\u2212"
NO_BREAK = "\u00a0"
_HYPHEN = re.compile(r"(?<![\w-])-(?=[^\w\s]?\d)")
#: Programs add up in different orders: a half that is a hair short of one is rounded as the half that it is.
TINY = 1e-9
#: Units that are written with so many decimals whatever the size.
_FIXED = {"stars": 1, "score": 0, "points": 0, "rank": 1, "index": 0, "times": 2, "ratio": 2, "per_day": 1}


class Formats:
    """Makes each format once."""

    def __init__(self, book: Workbook, theme: Theme) -> None:
        self._book, self.theme = book, theme
        self._known: dict[tuple[tuple[str, Any], ...], Format] = {}

    def __call__(self, **properties: Any) -> Format:
        """A cell format: XlsxWriter's properties over the theme's defaults."""
        defaults = {"font_name": self.theme.font, "font_color": self.theme.ink, "font_size": 9, "valign": "vcenter"}
        return self.plain(**{**defaults, **properties})

    def plain(self, **properties: Any) -> Format:
        """A format with nothing but the properties, such as a conditional one."""
        key = tuple(sorted(properties.items()))
        if key not in self._known:
            self._known[key] = self._book.add_format(dict(key))
        return self._known[key]


def decimals_for(unit: str, values: Iterable[float | None]) -> int:
    """The decimals that tell values of a unit apart: those of the largest."""
    known = [abs(v) for v in values if v is not None and math.isfinite(v)]
    size = max(known, default=0.0)
    if unit in _FIXED:
        return _FIXED[unit]
    if unit == "percent":
        return 0 if size >= 1 else 1 if size >= 0.1 else 2 if size >= 0.001 or size == 0 else 3
    if unit == "currency":
        return 0 if size >= 10_000 else 2 if size >= 0.1 or size == 0 else 4
    return 1 if 0 < size < 100 and any(v != int(v) for v in known) else 0


def number_format(unit: str, decimals: int, language: str, currency: str, *, gap: bool = False) -> str:
    """The number format of a unit: ``#,##0.00" €"``.

    ``gap`` is for differences: with a sign, and between percentages in points.
    """
    decimals = _finer(unit, decimals, gap)
    digits = "#,##0" + ("." + "0" * decimals if decimals else "")
    before, after = _around(unit, language, currency)
    if unit == "percent" and gap:
        before, after = "", f"{NO_BREAK}{text('workbook.points', language)}"
    percent = "%" if unit == "percent" and not gap else ""
    after = after.replace("%", "") if percent else after
    shown = _quoted(before) + digits + _quoted(after) + percent
    return f'+{shown};"{MINUS}"{shown};{shown}' if gap else f'{shown};"{MINUS}"{shown}'


def plain_form(form: str) -> str:
    """A number format without what programs write differently: LibreOffice has ``\\€`` for our ``"€"``."""
    return re.sub(r'["\\]', "", form)


def half_shown(unit: str, decimals: int) -> float:
    """Half of the last digit that a difference is shown with: what is smaller reads zero."""
    half: float = 0.5 / 10 ** _finer(unit, decimals, True) - TINY
    return half / 100 if unit == "percent" else half


def settled(value: Given, half: Given) -> Live:
    """A difference, as none at all where it would read so: « −0,0 pts » has a sign and says nothing."""
    cell = live(value)
    return if_(absolute(cell) < half, 0, cell)


def change_format(decimals: int, language: str) -> str:
    """The number format of a relative change, with its sign: ``+4.2%``."""
    digits = "0" + ("." + "0" * decimals if decimals else "")
    shown = digits + _quoted(_around("percent", language, "")[1].replace("%", "")) + "%"
    return f'+{shown};"{MINUS}"{shown};{shown}'


def told(value: Given, unit: str, decimals: int, language: str, currency: str, *, gap: bool = False) -> Live:
    """A live number as a text with its unit: « 46,80 € »; with ``gap`` a signed difference."""
    cell, decimals = live(value), _finer(unit, decimals, gap)
    before, after = _around(unit, language, currency)
    if unit == "percent":
        cell = cell * 100
        after = f"{NO_BREAK}{text('workbook.points', language)}" if gap else after
    half = 0.5 * 10**-decimals - TINY  # what is rounded to zero has no sign
    sign = if_(cell < -half, MINUS, if_(cell < half, "", "+") if gap else "")
    return sign & before & digits_of(cell, decimals, language) & after


def typeset(said: str) -> str:
    """A sentence with true minus signs, where it was written for terminals too."""
    return _HYPHEN.sub(MINUS, said)


def digits_of(value: Live, decimals: int, language: str) -> Live:
    """The digits of a live number without its sign, grouped in thousands."""
    size = rounded(absolute(value) + TINY, decimals)
    group = text("number.group", language)
    thousands = whole(size / 1000)
    last = right("00" & rest(whole(size), 1000), 3)
    middle = right("00" & rest(thousands, 1000), 3)
    shown = if_(
        size >= 1_000_000,
        whole(size / 1_000_000) & group & middle & group & last,
        if_(size >= 1000, thousands & group & last, whole(size) & ""),
    )
    if not decimals:
        return shown
    part = rounded((size - whole(size)) * 10**decimals)
    return shown & text("number.decimal", language) & right("000" & part, decimals)


def day_told(value: Live, language: str) -> Live:
    """A live date in words: « 31 déc. »; "31 Dec"."""
    months = text("workbook.months_short", language).split()
    first = text("workbook.first_of_month", language)
    number = if_(day_of(value).same(1), first, day_of(value) & "") if first != "1" else day_of(value)
    return number & NO_BREAK & choose(month_of(value), months)


def date_told(value: Live, language: str) -> Live:
    """A live date in words with its year, which stays on the line: « 31 déc. 2026 »."""
    return day_told(value, language) & NO_BREAK & (year_of(value) & "")


def date_format(language: str) -> str:
    """The format of dates, with the months of the workbook's language on any system."""
    return text("workbook.date_format", language)


def _around(unit: str, language: str, currency: str) -> tuple[str, str]:
    """What stands before and after a number of the unit; spaces don't break."""
    pattern = text(f"unit.{unit}", language) if has_text(f"unit.{unit}", language) else "#"
    symbol = text(f"currency.{currency}", language) if has_text(f"currency.{currency}", language) else f"{currency} "
    before, _, after = pattern.replace(" ", NO_BREAK).replace("\u202f", NO_BREAK).partition("#")
    fill = symbol.strip() if "¤" in after else symbol
    return before.replace("¤", fill), after.replace("¤", fill)


def _finer(unit: str, decimals: int, gap: bool) -> int:
    """A gap between percentages has a decimal at least, so that a small one is not none."""
    return max(1, decimals) if gap and unit == "percent" else decimals


def _quoted(words: str) -> str:
    return f'"{words}"' if words else ""
