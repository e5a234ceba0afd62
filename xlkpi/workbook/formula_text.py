"""Formulas as text: read token by token, so that references can be renamed and two writings of one formula compared."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from zlib import crc32

from xlkpi.formula.excel import number

#: A name of a sheet without quotes: Excel takes emoji for letters, except for the first one.
BARE_SHEET = r"[^\W\d][\w.\u200d\u203c-\u3299\ufe0f\U0001f000-\U0001faff]*"
#: A name of a sheet. None begins behind a quote, as no name of a column does in a word: all is read in one pass.
_SHEET = rf"(?:(?<!')'(?:[^']|'')+'|{BARE_SHEET})!"
_CELL = r"\$?[A-Z]{1,3}\$?[1-9]\d{0,6}"
_ROW = r"\$?[1-9]\d{0,6}"
_OUTSIDE = rf"(?:\[[^\[\]]+\](?:{BARE_SHEET})?|{BARE_SHEET}:{BARE_SHEET})!"
_REFERENCES = rf"""
    (?P<text>"(?:[^"]|"")*")
    |(?P<outside>{_OUTSIDE}{_CELL}(?::{_CELL})?)
    |(?P<column>(?<![\w.])[\w.]+\[(?:[^\[\]]|\[[^\[\]]*\])*\])
    |(?P<sheet>{_SHEET})?(?P<reference>{_CELL}(?::(?(sheet)(?P<again>{_SHEET})?){_CELL})?)(?![\w(\[!.])
    """
_REST = r"""
    |(?P<word>[^\W\d][\w.]*)
    |(?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
    |(?P<space>\s+)
    |(?P<sign>.)
    """
_TOKEN = re.compile(_REFERENCES + _REST, re.VERBOSE | re.DOTALL)
#: The same with whole rows, such as ``Data!$2:$4``, which are numbers and signs otherwise; those of other workbooks and
#: of several sheets are not meant, nor the names of several sheets, such as ``'2024:2026'!A:A``.
_TOKEN_OR_ROWS = re.compile(
    rf"""
    (?P<rows_outside>{_OUTSIDE}{_ROW}:{_ROW})
    |(?P<home>{_SHEET})?(?P<rows>{_ROW}:(?(home)(?P<twice>{_SHEET})?){_ROW})(?![\w(\[!.:])
    |{_REFERENCES}|(?P<quoted>'(?:[^']|'')+'){_REST}
    """,
    re.VERBOSE | re.DOTALL,
)
_PLACE = re.compile(r"""#(?:'((?:[^']|'')+)'|([^'!]+))!([A-Z]{1,3}\d+)""")
_PLAIN_NAME = re.compile(r"[^\W\d][\w.]*")
#: Names that are read as cells where they have no quotes: ``S2``, ``R1C1``.
_LIKE_CELL = re.compile(r"[A-Z]{1,3}\d+|R\d*(?:C\d*)?|C\d*|[RC]\d.*", re.IGNORECASE)
#: Letters of a fingerprint.
PRINT = 4
#: Gives the sheet (None: the formula's own) and the reference that a reference becomes.
Move = Callable[[str | None, str], tuple[str | None, str]]


def moved(formula: str, move: Move, rows: Move | None = None) -> str:
    """A formula with its references, and the places that it links to, changed; all else is as it was.

    A range that names its sheet at both ends is given as one that names it once; one of two sheets stays. ``rows``
    changes whole rows.
    """

    def token(found: re.Match[str]) -> str:
        if found["reference"]:
            return _moved(found["sheet"], found["reference"], found["again"], move) or found[0]
        if rows is not None and found["rows"]:
            return _moved(found["home"], found["rows"], found["twice"], rows) or found[0]
        if found["text"] and (link := _PLACE.fullmatch(found["text"][1:-1].replace('""', '"'))):
            before = link[1].replace("''", "'") if link[1] else link[2]
            sheet, reference = move(before, link[3])
            if (sheet, reference) == (before, link[3]):
                return found[0]
            place = f"#{quoted_sheet(sheet or '')}!{reference}"
            return '"' + place.replace('"', '""') + '"'
        return found[0]

    return (_TOKEN if rows is None else _TOKEN_OR_ROWS).sub(token, formula)


def _moved(home: str | None, reference: str, again: str | None, move: Move) -> str | None:
    """What a reference becomes, as it is written; None where it stays."""
    plain = reference.replace(again, "", 1) if again else reference
    before = plain_sheet(home) if home else None
    if before and again and before.casefold() != plain_sheet(again).casefold():
        return None
    sheet, now = move(before, plain)
    if (sheet, now) == (before, plain):
        return None
    named = f"{quoted_sheet(sheet)}!" if sheet is not None else ""
    return named + (now.replace(":", f":{named}", 1) if again else now)


def sheets_in(formula: str) -> set[str]:
    """The names of the sheets that a formula's references name."""
    found = (written for token in _TOKEN.finditer(formula) for written in token.group("sheet", "again"))
    return {plain_sheet(written) for written in found if written}


def places_in(formula: str) -> set[str]:
    """The references of a formula to cells of named sheets, in one writing for all."""
    found: set[str] = set()

    def meet(sheet: str | None, reference: str) -> tuple[str | None, str]:
        if sheet is not None:
            found.add(canonical(f"{quoted_sheet(sheet)}!{reference}"))
        return sheet, reference

    moved(formula, meet)
    return found


@lru_cache(maxsize=4096)  # rows of a table have one formula
def canonical(formula: str) -> str:
    """One writing for all: programs differ in blanks, in how they quote sheets, and in how they write numbers."""

    def token(found: re.Match[str]) -> str:
        if found["space"]:
            return ""
        if found["number"]:
            return number(float(found["number"]))
        if found["sheet"]:
            reference, again = found["reference"], found["again"]
            if again:
                reference = reference.replace(again, f"{_compared(plain_sheet(again))}!", 1)
            return f"{_compared(plain_sheet(found['sheet']))}!{reference}"
        return found[0].upper() if found["word"] else found[0]

    return _TOKEN.sub(token, formula).replace("TRUE()", "TRUE").replace("FALSE()", "FALSE")


def fingerprint(content: str) -> str:
    """A few letters that tell whether a formula or a text is the one that was written."""
    value, letters = crc32(content.encode()), ""
    for _ in range(PRINT):
        value, rest = divmod(value, 62)
        letters += "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"[rest]
    return letters


def plain_sheet(written: str) -> str:
    """The name of a sheet from how formulas write it."""
    name = written.removesuffix("!")
    return name[1:-1].replace("''", "'") if name.startswith("'") else name


def quoted_sheet(name: str) -> str:
    """The name of a sheet as formulas write it: quoted unless it is a plain word that is read as nothing else."""
    return f"'{name}'" if _LIKE_CELL.fullmatch(name) else _compared(name)


def _compared(name: str) -> str:
    """The one writing of it in which formulas are compared; fingerprints of older workbooks rely on it."""
    return name if _PLAIN_NAME.fullmatch(name) else "'" + name.replace("'", "''") + "'"


__all__ = [
    "BARE_SHEET", "PRINT", "Move", "canonical", "fingerprint", "moved", "places_in", "plain_sheet", "quoted_sheet",
    "sheets_in",
]  # fmt: skip
