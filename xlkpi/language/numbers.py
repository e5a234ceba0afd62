"""Numbers as a language writes them: 38 165 and 0,018 % in French, 38,165 and 0.018% in English.

The marks come from the language's file (``number.decimal``, ``number.group``, ``unit.percent`` ...), after CLDR's
conventions; French groups with a narrow no-break space.
"""

from __future__ import annotations

import math

from xlkpi.language import current, has_text, text


def plain(number: float, language: str | None = None, decimals: int | None = None) -> str:
    """A number grouped in thousands; with up to 6 significant decimals, or exactly ``decimals``."""
    language = language or current()
    if isinstance(number, float) and not math.isfinite(number):
        return text("number.none", language)
    if decimals is None:
        decimals = _useful_decimals(number)
        shown = f"{abs(number):,.{decimals}f}"
        shown = shown.rstrip("0").rstrip(".") if "." in shown else shown
    else:
        shown = f"{abs(number):,.{decimals}f}"
    if abs(number) >= 1e16:
        shown = f"{abs(number):.6g}"
    sign = text("number.minus", language) if number < 0 and shown.strip("0.,") else ""
    marks = {",": text("number.group", language), ".": text("number.decimal", language)}
    return sign + "".join(marks.get(character, character) for character in shown)


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
        decimals = 0 if abs(number) >= 10_000 else 2
        return text("unit.currency", language).replace("#", plain(number, language, decimals)).replace("¤", symbol)
    pattern = text(f"unit.{unit}", language) if has_text(f"unit.{unit}", language) else "#"
    return pattern.replace("#", _rounded(number, language))


def _rounded(number: float, language: str) -> str:
    """Enough decimals to tell the number: 250, 62.5, 0.018."""
    size = abs(number)
    if size >= 1000 or number == int(number):
        return plain(round(number), language)
    decimals = 1 if size >= 10 else 2 if size >= 1 else 1 - math.floor(math.log10(size)) if size > 0 else 0
    return plain(round(number, min(decimals, 12)), language)


def _useful_decimals(number: float) -> int:
    if isinstance(number, int) or number == 0:
        return 0
    return max(0, min(12, 6 - math.floor(math.log10(abs(number))) - 1))
