"""Texts and numbers in the user's language.

A language is one file here (``en.yaml``, ``fr.yaml``): adding a language is adding a file. Keys are dotted
(``problem.unknown_name.wrong``); every file has the same keys and the same ``{placeholders}``, which a test holds.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from typing import Any

FALLBACK = "en"
_current: ContextVar[str | None] = ContextVar("xlkpi_language", default=None)


@lru_cache(maxsize=1)
def languages() -> tuple[str, ...]:
    """The codes of the languages that exist, such as ``("en", "fr")``."""
    return tuple(sorted(path.stem for path in Path(__file__).parent.glob("*.yaml")))


def current() -> str:
    """The language in use: the one set by :func:`use`, else ``XLKPI_LANGUAGE``, else the system's, else English."""
    return _current.get() or system_language()


def set_language(language: str | None) -> None:
    """Use a language from now on in this context; None goes back to the system's."""
    _current.set(language)


@contextmanager
def use(language: str | None) -> Iterator[None]:
    """Use a language inside a ``with`` block; None leaves things as they are."""
    token = _current.set(language or _current.get())
    try:
        yield
    finally:
        _current.reset(token)


def system_language(environment: Mapping[str, str] | None = None) -> str:
    """French when the system's language is French, and so on for every language that exists; English otherwise."""
    env = os.environ if environment is None else environment
    for variable in ("XLKPI_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = env.get(variable, "")
        if value:
            return _known(value)
    return _known(_windows_language())


def _known(locale: str) -> str:
    code = locale[:2].lower()
    return code if code in languages() else FALLBACK


def _windows_language() -> str:
    import sys

    if sys.platform != "win32":
        return ""
    import ctypes
    import locale

    return locale.windows_locale.get(ctypes.windll.kernel32.GetUserDefaultUILanguage(), "")


@lru_cache(maxsize=8)
def texts(language: str) -> dict[str, Any]:
    """All texts of a language by dotted key; lists stay lists."""
    from xlkpi.cache import cached

    path = Path(__file__).parent / f"{language}.yaml"

    def build() -> dict[str, Any]:
        from xlkpi.documents import read

        return dict(_flat(read(path).data))

    loaded: dict[str, Any] = cached(f"language-{language}", [path], build)
    return loaded


def _flat(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def text(key: str, language: str | None = None, /, **values: Any) -> str:
    """The text of a key with its ``{placeholders}`` filled in; numbers are written as the language writes them, and
    ``{rows:row|rows}`` gives the word that goes with a number.

    Raises KeyError for a key that does not exist: that is a mistake of ours, found by the tests.
    """
    language = language or current()
    template = texts(language)[key]
    if not values and "{{" not in template:
        return str(template)
    from xlkpi.language.numbers import plain

    shown = {
        k: plain(v, language) if isinstance(v, int | float) and not isinstance(v, bool) else v
        for k, v in values.items()
    }
    if "|" in template:
        shown = {k: _Counted(v, is_singular(values[k], language)) for k, v in shown.items()}
    return str(template).format_map(shown)


class _Counted(str):
    """What is shown for a value, which chooses between two words."""

    __slots__ = ("singular",)
    singular: bool

    def __new__(cls, shown: object, singular: bool) -> _Counted:
        made = super().__new__(cls, shown)
        made.singular = singular
        return made

    def __format__(self, spec: str) -> str:
        one, choice, many = spec.partition("|")
        if not choice:
            return super().__format__(spec)
        return one if self.singular else many


def is_singular(number: object, language: str | None = None) -> bool:
    """Whether a word that goes with a number is in the singular: in French also with 0 and 1.5."""
    if not isinstance(number, int | float):
        return False
    return abs(number) == 1 or abs(number) < singular_below(language)


def singular_below(language: str | None = None) -> float:
    """All numbers below this one, and 1, are singular in a language."""
    return float(text("number.singular_below", language))


def has_text(key: str, language: str | None = None) -> bool:
    """Whether a key exists."""
    return key in texts(language or current())
