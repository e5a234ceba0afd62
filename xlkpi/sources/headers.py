"""Column names compared as people mean them: without case, accents, kinds of space and apostrophe, or the currency.

``Montant dépensé (EUR)`` and ``montant depense`` are one name; the currency in brackets is told apart.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from xlkpi.sources.numbers import _currency

_BRACKETS = re.compile(r"\s*[(\[]\s*([^()\[\]]{1,4})\s*[)\]]\s*$")


@lru_cache(maxsize=20_000)
def normal(name: str) -> str:
    """A name for comparing: ``Coût / conv.`` gives ``cout / conv.``; a currency in brackets at its end is left out."""
    bare, _ = split_currency(name)
    decomposed = unicodedata.normalize("NFKD", bare.replace("’", "'").replace("_", " ").lower())
    plain = "".join(c for c in decomposed if not unicodedata.combining(c))
    return re.sub(r"\s+", " ", plain).strip(' "\ufeff')


@lru_cache(maxsize=20_000)
def split_currency(name: str) -> tuple[str, str | None]:
    """``("Cost", "EUR")`` for ``Cost (€)`` or ``Cost (EUR)``; None where the name has no currency."""
    found = _BRACKETS.search(name)
    currency = _currency(found[1].strip().lower()) if found else None
    return (name[: found.start()], currency) if found and currency else (name, None)
