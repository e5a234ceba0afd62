"""The names that sheets may have: what Excel takes, whatever a KPI is called."""

from __future__ import annotations

import re
from collections.abc import Collection

#: In UTF-16, as Excel counts: most emoji are two.
_LONGEST = 31
#: Those that Excel keeps for itself, in English and in French; it opens a file with one, but gives none to a sheet.
_RESERVED = frozenset({"history", "historique"})
#: Characters that no name has: Excel's own, control characters, and what XML can't hold.
_NOWHERE = r"[\[\]:*?/\\\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]"
_FORBIDDEN = re.compile(_NOWHERE + r"|^'|'$")
#: Quotes too, though only those at the ends are refused: formulas would have to double the others.
_NOT_GIVEN = re.compile(_NOWHERE + "|'")
#: What is seen as one sign: a flag, or a character with its accents, its look and others that are joined to it.
_SIGN = re.compile(
    r"(?:[\U0001f1e6-\U0001f1ff]{2}|.)"
    r"(?:\u200d.|[\u0300-\u036f\u20d0-\u20ff\ufe00-\ufe0f\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f])*",
    re.DOTALL,
)


def legal_name(name: str, taken: Collection[str]) -> str:
    """A name that a sheet may have, and that is not among those ``taken`` (in `str.casefold`)."""
    base = " ".join(_NOT_GIVEN.sub(" ", name).split()) or "xlkpi"
    if base.casefold() in _RESERVED:
        base += " (KPI)"
    base = base if _units(base) <= _LONGEST else _beginning(base, _LONGEST - 1) + "…"
    legal, number = base, 2
    while legal.casefold() in taken:
        ending = f" {number}"
        legal, number = _beginning(base, _LONGEST - len(ending)) + ending, number + 1
    return legal


def is_legal(name: str) -> bool:
    """Whether a sheet may have a name, beside others of other names."""
    return 0 < _units(name) <= _LONGEST and not _FORBIDDEN.search(name) and name.casefold() not in _RESERVED


def _units(name: str) -> int:
    return len(name) + sum(character > "\uffff" for character in name)


def _beginning(name: str, longest: int) -> str:
    """As many whole signs as fit; of a sign that is longer by itself, as many characters."""
    signs = _SIGN.findall(name)
    pieces = signs if _units(signs[0]) <= longest else list(name)
    units, count = 0, 0
    while count < len(pieces) and (units := units + _units(pieces[count])) <= longest:
        count += 1
    return "".join(pieces[:count]).rstrip()


__all__ = ["is_legal", "legal_name"]
