"""Conditional formats and data validation, as their formulas tell them, and those of people's among them.

Programs write the same rule in several ways, and rows move: only its kind, its formulas without their rows, and the
sheets in these are compared. A workbook remembers the rules that it was built with by their fingerprints, since a later
version may build others.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from html import unescape
from typing import TYPE_CHECKING, Any

from xlkpi.workbook.anchors import HIDDEN
from xlkpi.workbook.cells import behind_rows
from xlkpi.workbook.formula_text import canonical, fingerprint, moved

if TYPE_CHECKING:
    from xlkpi.workbook.book import Book
    from xlkpi.workbook.existing import Existing
    from xlkpi.workbook.left_behind import Made
    from xlkpi.workbook.package import Package

_FORMAT = re.compile(rb"<(?:\w+:)?cfRule\b([^>]*?)(?:/>|>(.*?)</(?:\w+:)?cfRule>)", re.DOTALL)
_CHECK = re.compile(rb"<(?:\w+:)?dataValidation\b([^>]*?)(?:/>|>(.*?)</(?:\w+:)?dataValidation>)", re.DOTALL)
_FORMULA = re.compile(rb"<(?:\w+:)?(?:formula\d?|f)\b[^>]*>([^<]+)</")
_ATTRIBUTE = re.compile(rb'\s(type|operator)="([^"]*)"')
_ROW = re.compile(r"(\$?)([A-Z]{1,3})\$?\d+")
#: How many formulas a kind has, where programs write others too, or numbers that people see as a setting.
_FORMULAS = {"dataBar": 0, "colorScale": 0, "iconSet": 0, "expression": 1, "list": 1, "custom": 1}
#: Formats that a build may have given a page before it remembered them: a mark in a column of ours.
_MARKED = re.compile(r'expression  \$[A-Z]+=(?:"[^"]*"|-?\d+)')


def rules_of(book: Book) -> list[str]:
    """The fingerprints of the rules of a book that is built."""
    named = {book.names.get(id, name): id for id, name in book.given.items()}.get
    found = set()
    for sheet in book.book.worksheets():
        for rule in (rule for rules in sheet.cond_formats.values() for rule in rules):
            operator = "" if rule["type"] == "expression" else str(rule.get("criteria") or "")
            keys = ("criteria",) if rule["type"] == "expression" else ("value", "minimum", "maximum")
            found.add(_told(rule["type"], operator, _formulas(rule, keys), named))
        for check in sheet.validations:
            formulas = _formulas(check, ("value", "maximum"))
            found.add(_told(check["validate"], check["criteria"], formulas, named))
    return sorted(fingerprint(rule) for rule in found)


def _formulas(options: Mapping[str, Any], keys: Sequence[str]) -> list[str]:
    """As XlsxWriter writes them."""
    found = (options.get(key) for key in keys)
    written = ('"' + ",".join(map(str, f)) + '"' if isinstance(f, list) else str(f) for f in found if f is not None)
    return [formula.removeprefix("=") for formula in written]


def rules_by_people(package: Package, existing: Existing, made: Made) -> Iterator[tuple[str, str]]:
    """Kind of rule and name of sheet."""
    known = existing.state.rules
    for kind, pattern in (("formats", _FORMAT), ("checks", _CHECK)):
        ours = {rule for id, sheet in made.existing.sheets.items() if id not in HIDDEN
                for rule in _rules(made.package, made.existing, sheet, pattern)}  # fmt: skip
        for id, sheet in existing.sheets.items():
            if id in HIDDEN or sheet not in package.sheets:
                continue
            others = set(_rules(package, existing, sheet, pattern)) - ours
            if known is None:  # the workbook is older than what it remembers
                others = {rule for rule in others if not _MARKED.fullmatch(rule)} if id in made.same else set()
            if any(fingerprint(rule) not in known for rule in others) if known is not None else others:
                yield kind, sheet


def _rules(package: Package, existing: Existing, sheet: str, pattern: re.Pattern[bytes]) -> Iterator[str]:
    for found in pattern.finditer(behind_cells(package, existing, sheet)):
        known = {key.decode(): value.decode() for key, value in _ATTRIBUTE.findall(found[1])}
        formulas = [unescape(formula.decode()) for formula in _FORMULA.findall(found[2] or b"")]
        yield _told(known.get("type", "none"), known.get("operator", ""), formulas, existing.identifiers.get)


def behind_cells(package: Package, existing: Existing, sheet: str) -> bytes:
    """What a sheet's part holds behind its cells."""
    tails = {part.table.sheet: part.tail for part in existing.parts.values()}  # their parts may be large
    content = tails[sheet] if sheet in tails else package.read(package.sheets[sheet])
    return behind_rows(content)


def _told(kind: str, operator: str, formulas: list[str], named: Callable[[str], str | None]) -> str:
    """A rule as it is compared."""
    told = [without_rows(formula, named) for formula in formulas[: _FORMULAS.get(kind)]]
    told = ["1" if formula == "TRUE" else formula for formula in told]  # which LibreOffice writes
    return " ".join([kind, "" if operator == "between" or kind in _FORMULAS else operator, *told])


def without_rows(formula: str, named: Callable[[str], str | None]) -> str:
    """A formula without the rows of its references, whatever the sheets are called; where they are in the calculation,
    which people don't see, does not matter.
    """

    def move(sheet: str | None, reference: str) -> tuple[str | None, str]:
        id = (named(sheet) or sheet) if sheet else None
        if id in HIDDEN:
            return id, ""
        return id, _ROW.sub(lambda m: f"${m[2]}" if m[1] else "", reference) or "."

    return moved(canonical(formula), move)


__all__ = ["behind_cells", "rules_by_people", "rules_of", "without_rows"]
