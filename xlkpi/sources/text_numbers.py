"""Numbers in texts by the rules of :mod:`xlkpi.sources.numbers`, for a few cells and without pyarrow."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from xlkpi.sources.numbers import (
    _OPEN,
    _PARTS,
    _SCIENTIFIC,
    _SPACES,
    _SURE,
    MISSING,
    Mark,
    _meaning,
    grouping,
    settled,
)

_GAP = re.compile(rf"(\d)[{_SPACES}'’](?=\d)")
_DIGITS = re.compile(_PARTS)


def read_numbers(texts: Iterable[str], name: str = "", *, whole: bool = False) -> dict[str, float | None]:
    """Each text with its number; None for one that can't be read, and NaN for what exports write for nothing.

    The decimal mark is decided from all texts together. Raises SourceError where it stays open.
    """
    found: dict[str, float | None] = {}
    parts: dict[str, tuple[str, tuple[str, int, str | None, bool]]] = {}
    for text in dict.fromkeys(texts):
        plain = _GAP.sub(r"\1_", text.strip())
        if plain.lower() in MISSING:
            found[text] = float("nan")
        elif re.match(_SCIENTIFIC, plain):
            found[text] = float(plain)
        elif (split := _DIGITS.match(plain)) and (meaning := _meaning(f"{split['before']}0{split['after']}")):
            parts[text] = split["digits"], meaning
        else:
            found[text] = None
    sure = _examples(_SURE, parts)
    mark, _ = settled(sure, _examples(_OPEN, parts), name, whole, None)
    fits = re.compile(grouping(mark))
    for text, (digits, (sign, power, _, _)) in parts.items():
        body = digits.replace("_", "")
        body = body.replace(".", "").replace(",", ".") if mark == "," else body.replace(",", "")
        found[text] = float(f"{sign}{body}e{power}") if fits.match(digits) and body != "." else None
    return found


def _examples(
    patterns: Mapping[Mark, str], parts: dict[str, tuple[str, tuple[str, int, str | None, bool]]]
) -> dict[Mark, str]:
    """By mark, the first text whose digits have one of its shapes."""
    return {
        mark: first
        for mark, pattern in patterns.items()
        if (first := next((text for text, (digits, _) in parts.items() if re.match(pattern, digits)), None))
    }
