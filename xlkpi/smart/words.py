"""Judging short texts: vague verbs, what remains when they are taken out, and how alike two texts are.

The word lists are ``words_*.yaml`` here; those of all languages count together, since a project's texts
need not be in the language that its reader has.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from xlkpi.catalogue.model import fold

_WORD = re.compile(r"[^\W_]+")
_NUMBER = re.compile(r"(?<![\w.,])[-+]?\d+(?:[ \u00a0\u202f.,]\d{3})*(?:[.,]\d+)?(?P<mark>\s*(?:%|€|\$|£))?")
_YEAR = re.compile(r"(?:19|20)\d\d")


@lru_cache(maxsize=1)
def _lists() -> dict[str, frozenset[str]]:
    from xlkpi.cache import cached
    from xlkpi.documents import read

    paths = sorted(Path(__file__).parent.glob("words_*.yaml"))
    loaded: list[dict[str, list[str]]] = cached("smart-words", paths, lambda: [read(path).data for path in paths])
    return {name: frozenset(word for data in loaded for word in data[name]) for name in loaded[0]}


@lru_cache(maxsize=20_000)
def words(text: str) -> tuple[str, ...]:
    """The words of a text, in lower case and without accents."""
    return tuple(_WORD.findall(fold(text)))


def vague_verb(text: str) -> str | None:
    """The first vague verb among a text's first three words ("Nous devons améliorer ...", "To boost ...")."""
    return next((word for word in words(text)[:3] if word in _lists()["vague_verbs"]), None)


def as_written(word: str, text: str) -> str:
    """A word that :func:`words` found, the way the text writes it."""
    return next((written for written in _WORD.findall(text) if fold(written) == word), word)


def content(text: str) -> frozenset[str]:
    """The words that say something: no numbers, no articles and the like, no vague verbs."""
    apart = _lists()["stop_words"] | _lists()["vague_verbs"]
    return frozenset(word for word in words(text) if word not in apart and not word.isdigit())


def concrete(text: str) -> frozenset[str]:
    """The content words that name a thing one can point at: no "performance", no "results"."""
    return content(text) - _lists()["vague_objects"]


def has_scope(text: str) -> bool:
    """Whether a text says for whom or where: "en France", "for new customers"."""
    found = words(text)
    scope, empty = _lists()["scope_words"], _lists()["stop_words"] | _lists()["vague_objects"]
    return any(
        word in scope and any(after not in empty and not after.isdigit() for after in found[i + 1 : i + 4])
        for i, word in enumerate(found)
    )


def numbers(text: str) -> list[tuple[float, str]]:
    """The numbers of a text with their mark (%, €, $, £ or nothing); years are none."""
    found = []
    for match in _NUMBER.finditer(text):
        mark = (match["mark"] or "").strip()
        digits = match[0].removesuffix(match["mark"] or "").strip()
        if not mark and _YEAR.fullmatch(digits):
            continue
        found.append((_value(digits), mark))
    return found


def _value(digits: str) -> float:
    """1 234,5 and 1,234.5 as numbers: a mark followed by three digits groups, unless it stands alone at the
    end.
    """
    plain = re.sub(r"[ \u00a0\u202f]", "", digits)
    plain = (
        re.sub(r"[.,](?=\d{3}(?:\D|$))", "", plain)
        if len(re.findall(r"[.,]", plain)) != 1 or plain[-4:-3] in ".,"
        else plain
    )
    return float(plain.replace(",", "."))


def similarity(first: str, second: str) -> float:
    """How much of the shorter text's content the other repeats, 0 to 1; 0 when one says nothing.

    Words count as the same when they begin alike, so that "vente" repeats "ventes".
    """
    a, b = _stems(first), _stems(second)
    return len(a & b) / min(len(a), len(b)) if a and b else 0.0


def added(text: str, to: str) -> int:
    """How many content words a text adds to another."""
    return len(_stems(text) - _stems(to))


def _stems(text: str) -> frozenset[str]:
    return frozenset(word[:5] for word in content(text))
