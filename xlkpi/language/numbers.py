"""Numbers as a language writes them: 38 165 and 0,018 % in French, 38,165 and 0.018% in English.

The marks come from the language's file (``number.decimal``, ``number.group``, ``unit.percent`` ...), after CLDR's
conventions; French groups with a narrow no-break space.
"""

from __future__ import annotations

import math
from decimal import Decimal

from xlkpi.language import current, has_text, is_singular, text


def plain(number: float, language: str | None = None, decimals: int | None = None) -> str:
    """A number grouped in thousands; with up to 6 significant decimals, or exactly ``decimals``."""
    language = language or current()
    if isinstance(number, float) and not math.isfinite(number):
        return text("number.none", language)
    if abs(number) >= 1e16:
        digits, _, exponent = f"{Decimal(abs(number)):.5e}".partition("e")  # whole numbers go beyond every float
        shown = f"{digits.rstrip('0').rstrip('.')}e{exponent}"
    elif decimals is None:
        shown = f"{abs(number):,.{_useful_decimals(number)}f}"
        shown = shown.rstrip("0").rstrip(".") if "." in shown else shown
    else:
        shown = f"{abs(number):,.{decimals}f}"
    sign = text("number.minus", language) if number < 0 and shown.strip("0.,") else ""
    marks = {",": text("number.group", language), ".": text("number.decimal", language)}
    return sign + "".join(marks.get(character, character) for character in shown)


def exact(number: float, language: str | None = None) -> str:
    """A number grouped in thousands, with all the digits that a cell holds."""
    written = f"{number:.15g}"
    if not math.isfinite(number) or "e" in written:
        return plain(number, language)
    return plain(number, language, len(written.partition(".")[2]))


def in_unit(number: float, unit: str, currency: str = "EUR", language: str | None = None) -> str:
    """A value with its unit: ``in_unit(0.000179, "percent")`` is "0.018%"; no data is a dash.

    ``unit`` is one of the catalogue's units; an unknown one shows the plain number.
    """
    language = language or current()
    if not math.isfinite(number):
        return text("number.none", language)
    if unit == "percent":
        return text("unit.percent", language).replace("#", _rounded(number * 100, language))
    if unit == "currency":
        key = f"currency.{currency}"
        symbol = text(key, language) if has_text(key, language) else currency
        amount, minus = plain(number, language, _cents(abs(number))), text("number.minus", language)
        sign = minus if amount.startswith(minus) else ""
        pattern = text("unit.currency", language)
        return sign + pattern.replace("#", amount.removeprefix(sign)).replace("¤", symbol)
    single = is_singular(number, language)
    key = f"unit.{unit}_one" if single and has_text(f"unit.{unit}_one", language) else f"unit.{unit}"
    pattern = text(key, language) if has_text(key, language) else "#"
    return pattern.replace("#", _rounded(number, language))


def _cents(size: float) -> int:
    """No decimals in large amounts, and as many as tell a tiny one, such as the cost of an impression."""
    if size >= 9_999.995:
        return 0
    decimals = 2 if size >= 0.1 or size == 0 else min(12, 1 - math.floor(math.log10(size)))
    while decimals > 2 and round(size, decimals) == round(size, decimals - 1):
        decimals -= 1
    return decimals


def _rounded(number: float, language: str) -> str:
    """Enough decimals to tell the number: 250, 62.5, 0.018."""
    size = abs(number)
    if not math.isfinite(size):  # a fraction so large that it has no percentage
        return plain(number, language)
    if size >= 1000 or number == int(number):
        return plain(round(number), language)
    decimals = 1 if size >= 10 else 2 if size >= 1 else 1 - math.floor(math.log10(size)) if size > 0 else 0
    return plain(round(number, min(decimals, 12)), language)


def _useful_decimals(number: float) -> int:
    if isinstance(number, int) or number == 0:
        return 0
    return max(0, min(12, 6 - math.floor(math.log10(abs(number))) - 1))
