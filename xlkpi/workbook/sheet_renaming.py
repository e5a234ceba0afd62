"""Sheets of a package renamed, as Excel does it: formulas, names, charts, links and pivot tables follow."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from html import escape, unescape
from pathlib import Path
from typing import TYPE_CHECKING

from xlkpi.workbook.formula_text import BARE_SHEET, plain_sheet
from xlkpi.workbook.references import changed_formulas

if TYPE_CHECKING:
    from xlkpi.workbook.package import Package

#: Names of sheets before an exclamation mark, outside of texts (whose links follow too) and of names of columns.
_PREFIX = re.compile(
    r'"(?P<text>(?:[^"]|"")*)"'
    rf"|(?<![\w.\]'])(?P<sheet>'(?:[^']|'')+'|(?:(?![A-Za-z]{{1,3}}\d+:){BARE_SHEET}:)?{BARE_SHEET})!"
    r"|\[(?:[^\[\]]|\[[^\[\]]*\])*\]"
)
_LINK = re.compile(r"#('(?:[^']|'')+'|[^'!]+)!(.+)")
_PARTS = re.compile(
    r"(?:^|/)(?:worksheets|chartsheets|charts|tables|drawings|ctrlProps|pivotCache|externalLinks)/.*\.(?:xml|vml|rels)$"
)
_SHEET = re.compile(rb'(<(?:\w+:)?sheet\b[^>]*?\sname=")([^"]*)(")')
#: Attributes that lead to a place: of links, of pivot tables' sources, of links on shapes, of shapes that show a cell.
_LOCATION = re.compile(rb'(<(?:\w+:)?hyperlink\b[^>]*?\slocation=")([^"]*)(")')
_SOURCE = re.compile(rb'(<(?:\w+:)?(?:worksheetSource|rangeSet|dataRef)\b[^>]*?\ssheet=")([^"]*)(")')
_TARGET = re.compile(rb'(\sTarget="#)([^"]*)(")')
_SHOWN = re.compile(rb'(\s(?:textlink|fmlaLink|fmlaRange|fmlaTxbx|linkedCell|listFillRange|cellRange)=")([^"]*)(")')
#: The same of controls in their old way of writing, and of filtered charts.
_IN_ELEMENTS = re.compile(rb"(<(?:x:Fmla(?:Range|Link|Txbx)|c15:sqref)>)([^<]+)")
_OF_TABLES = re.compile(rb"(<(?:\w+:)?(?:calculatedColumnFormula|totalsRowFormula)\b[^>/]*>)([^<]+)")
_TITLES = re.compile(rb"(<(?:\w+:)?lpstr>)([^<]*)")
_PLAIN_RUN = re.compile(r"[A-Za-z0-9 ]+")
_APP = "docProps/app.xml"


def in_places(text: str, names: Mapping[str, str]) -> str:
    """A place such as ``'A page'!A1`` with sheets renamed, from old name to new one."""
    return _formula(text, {old.casefold(): name for old, name in names.items()})


def renamed_sheets(package: Package, names: Mapping[str, str], target: Path, *, texts: bool = True) -> None:
    """Write a package to another file with sheets renamed, from old name to new one.

    ``texts``: also in texts that are links, as of ``HYPERLINK("#Page!A1")``, which Excel itself leaves as they are.
    """
    from xlkpi.workbook.fill import Changes

    new = {old.casefold(): name for old, name in names.items()}
    follow = _formula if texts else _formula_alone
    runs = [_plain_run(name) for name in names]
    changes = Changes()
    for part in package.parts:
        if part == package.workbook:
            content = _SHEET.sub(
                lambda m: _attribute(m, lambda name: new.get(name.casefold(), name)), package.read(part)
            )
            changes.put(package, part, changed_formulas(content, lambda text: follow(text, new)))
        elif part == _APP:
            changes.put(package, part, _TITLES.sub(lambda m: _title(m, new), package.read(part)))
        elif _PARTS.search(part):
            content = package.read(part)
            lower = content.lower()
            if any(run in lower for run in runs):  # most parts, and large ones, have none: quicker than the patterns
                changes.put(package, part, _followed(content, new, follow))
    with target.open("wb") as file:
        changes.write(package, file)


def _followed(xml: bytes, new: Mapping[str, str], follow: Callable[[str, Mapping[str, str]], str]) -> bytes:
    """A part whose formulas and links name the sheets anew."""
    xml = changed_formulas(xml, lambda text: follow(text, new))
    for elements in (_OF_TABLES, _IN_ELEMENTS):
        xml = elements.sub(lambda m: m[1] + _escaped(follow(unescape(m[2].decode()), new)), xml)
    for pattern in (_LOCATION, _TARGET, _SHOWN):
        xml = pattern.sub(lambda m: _attribute(m, lambda text: _formula(text, new)), xml)
    return _SOURCE.sub(lambda m: _attribute(m, lambda name: new.get(name.casefold(), name)), xml)


def _plain_run(name: str) -> bytes:
    """The longest piece of a name, in lower case, that every program and formula writes alike."""
    return max(_PLAIN_RUN.findall(name), key=len, default="").lower().encode()


def _formula_alone(text: str, new: Mapping[str, str]) -> str:
    """A formula with sheets named anew, but not in its texts."""
    return _formula(text, new, texts=False)


def _formula(text: str, new: Mapping[str, str], *, texts: bool = True) -> str:
    """A formula, or a place such as ``'A page'!A1``, with sheets named anew."""
    if "!" not in text:
        return text

    def prefix(found: re.Match[str]) -> str:
        if found["sheet"]:
            return f"{_named(found['sheet'], new)}!"
        if texts and found["text"] and (link := _LINK.fullmatch(found["text"].replace('""', '"'))):
            place = f"#{_named(link[1], new)}!{link[2]}"
            return '"' + place.replace('"', '""') + '"'
        return found[0]

    return _PREFIX.sub(prefix, text)


def _named(written: str, new: Mapping[str, str]) -> str:
    """The name as formulas write it, also that of two sheets with those between them; unchanged where it is no old
    one.
    """
    ends = plain_sheet(written).split(":")
    named = [new.get(end.casefold(), end) for end in ends]
    return written if named == ends else "'" + ":".join(named).replace("'", "''") + "'"


def _attribute(found: re.Match[bytes], change: Callable[[str], str]) -> bytes:
    old = unescape(found[2].decode())
    name = change(old)
    return found[0] if name == old else found[1] + escape(name).encode() + found[3]


def _title(found: re.Match[bytes], new: Mapping[str, str]) -> bytes:
    """A title of the document's properties: a sheet's name, or that of an area on it."""
    old = unescape(found[2].decode())
    name = _formula(old, new) if "!" in old else new.get(old.casefold(), old)
    return found[0] if name == old else found[1] + _escaped(name)


def _escaped(text: str) -> bytes:
    return escape(text, quote=False).encode()


__all__ = ["in_places", "renamed_sheets"]
