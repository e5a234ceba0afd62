"""Excel formulas as a language's Excel shows them: ``=SI(B2="";NA();1,5)`` for ``=IF(B2="",NA(),1.5)``.

Files always hold US English; this is for people who type or read a formula. The words come from the language's file
(``excel.functions``, ``excel.errors``, ``excel.separator``, ``excel.decimal``).
"""

from __future__ import annotations

import re

from xlkpi.language import current, has_text, text

_TOKEN = re.compile(
    r"""(?P<text>"(?:[^"]|"")*")"""
    r"""|(?P<quoted>'(?:[^']|'')*')"""
    r"""|(?P<brackets>\[[^\]]*\])"""
    r"""|(?P<error>\#[A-Z/0]+[!?]|\#N/A)"""
    r"""|(?P<function>(?:_xlfn\.)?[A-Z][A-Z0-9.]*(?=\())"""
    r"""|(?P<parameter>_xlpm\.\w+)"""
    r"""|(?P<word>(?:[^\W\d]|\$)[\w$.]*)"""
    r"""|(?P<number>\d+(?:\.\d+)?(?:E[-+]?\d+)?)"""
    r"""|(?P<separator>,)"""
)


def localised(formula: str, language: str | None = None) -> str:
    """A formula of a file (US English) as people see it in Excel in a language; texts and references stay."""
    language = language or current()

    def shown(match: re.Match[str]) -> str:
        kind, token = match.lastgroup, match.group()
        if kind == "separator":
            return text("excel.separator", language)
        if kind == "number":
            return token.replace(".", text("excel.decimal", language))
        if kind == "parameter":
            return token.removeprefix("_xlpm.")
        if kind == "function":
            token = token.removeprefix("_xlfn.")
            return _word(f"excel.functions.{token}", token, language)
        if kind == "error":
            return _word(f"excel.errors.{token}", token, language)
        return token

    return _TOKEN.sub(shown, formula)


def _word(key: str, token: str, language: str) -> str:
    return text(key, language) if has_text(key, language) else token
