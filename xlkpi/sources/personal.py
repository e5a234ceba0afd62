"""Personal data: columns that look like e-mail addresses, telephone numbers or people's names.

They are dropped by default. A column that tells customers apart is kept as a hash with a salt, which can't be
turned back into the address.
"""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from hashlib import blake2b
from typing import Any

from xlkpi.sources.headers import normal

SAMPLE = 1_000
_EMAIL = r"^[^@\s,;]+@[^@\s,;]+\.[A-Za-z]{2,}$"
_PHONE = r"^(\+|00)\d[\d\s().\-]{7,18}$|^0\d([\s.\-]?\d{2}){4}$|^\(?\d{3}\)?[\s.\-]\d{3}[\s.\-]\d{4}$"
_HEADERS = {
    "email": r"\b(e-?mails?|courriel|adresse (e-?mail|electronique)|email address|recipient)\b",
    "phone": r"\b(phone|telephone|tel|mobile|portable|fax)\b",
    "name": (
        r"^((first|last|full|given|family|billing|shipping|customer|contact|card|member|to|from|credit card|merge)"
        r"( (first|last|f|l))? ?name|[fl]name|merge [fl]name|prenom|name"
        r"|nom( complet| de famille| du client| de facturation| de livraison)?)$"
        r"|\b(first|last) name\b|\bnom du contact\b"
    ),
    "address": (
        r"\b(street|address ?[012]?|address (0|1|2|line ?[12])|adresse( de (facturation|livraison))?|rue|zip"
        r"|postal code|code postal|latitude|longitude)\b"
    ),
    "network": r"\b(ip|ip address|client ip|adresse ip|user agent)\b",
    "note": r"^(notes?|note attributes|customer description)$",
    "card": r"\b(card last4|card number|card fingerprint|credit card number|verification value)\b",
}
#: Words for people, also beside the name of a thing: the owner of a deal, the buyer of a product.
_PEOPLE = re.compile(
    r"\b(owner|proprietaire|buyer|acheteur|acheteuse|vendeur|vendeuse|sales ?rep|assigned to|attribue a|responsable"
    r"|card ?holder|titulaire)\b"
)
#: Names of things, not of people.
_THINGS = re.compile(
    r"\b(campaign|campagne|ad|ad set|adset|ad group|account|compte|event|product|produit|page|list|liste|file|flow|deal"
    r"|company|lineitem|app|device|source|medium|audience|variant|query|keyword|e-?mail (campaign|client|type)"
    r"|emails? sent|publicites?|annonces?|evenement|transaction|status|rate|ouverture|envoyes?|delivered|bounces?"
    r"|marketing|billing country|shipping country)\b"
)


def kind_of(header: str, column: Any) -> str | None:
    """What makes a column personal (``email``, ``phone``, ``name`` ...), by its name or its values; or None."""
    key = normal(header)
    if _PEOPLE.search(key):
        return "name"
    if not _THINGS.search(key):
        for kind, pattern in _HEADERS.items():
            if re.search(pattern, key):
                return kind
    return _by_values(column)


def _by_values(column: Any) -> str | None:
    import pyarrow as pa
    import pyarrow.compute as pc

    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return None
    step = max(1, len(column) // SAMPLE)
    sample = column.take(pa.array(range(0, len(column), step))) if step > 1 else column
    filled = sample.filter(pc.fill_null(pc.not_equal(sample, ""), False))
    if not len(filled):
        return None
    for kind, pattern in (("email", _EMAIL), ("phone", _PHONE)):
        share = pc.mean(pc.cast(pc.match_substring_regex(filled, pattern), pa.float64())).as_py()
        if share > 0.5:
            return kind
    return None


def hashed(column: Any, salt: bytes) -> Any:
    """A text column with every value replaced by 16 hexadecimal digits of its keyed BLAKE2 hash; blank stays missing.

    Case and spaces around do not count, so that an address is the same person however it was typed.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    coded = pc.cast(column, pa.string()).dictionary_encode()
    coded = coded.combine_chunks() if isinstance(coded, pa.ChunkedArray) else coded
    digests = [_digest(value, salt) for value in coded.dictionary.to_pylist()]
    return pc.take(pa.array(digests, pa.string()), coded.indices)


def _digest(value: str | None, salt: bytes) -> str | None:
    word = (value or "").strip().casefold()
    return blake2b(word.encode(), digest_size=8, key=salt[:64]).hexdigest() if word else None


def find_personal(
    names: Sequence[str], columns: Sequence[Any], keep: Sequence[str], known: Set[int] = frozenset()
) -> dict[int, str]:
    """Position -> kind of every personal column that the source does not tell to keep.

    Of the ``known`` columns, which a preset reads as a country, a campaign and so on, only the values are looked at.
    """
    kept = {normal(name) for name in keep}
    found = {}
    for i, name in enumerate(names):
        if normal(name) not in kept and (kind := _by_values(columns[i]) if i in known else kind_of(name, columns[i])):
            found[i] = kind
    return found
