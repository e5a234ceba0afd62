"""What the program that opens a refreshed workbook is to do: recalculate, and refresh pivot tables over our tables."""

from __future__ import annotations

import re
from collections.abc import Collection
from html import unescape
from typing import TYPE_CHECKING

from xlkpi.workbook.formula_text import sheets_in
from xlkpi.workbook.package import CONTENT_TYPES, relations_of

if TYPE_CHECKING:
    from xlkpi.workbook.fill import Changes
    from xlkpi.workbook.package import Package

_CACHE_PART = re.compile(r"pivotCacheDefinition[^/]*\.xml$")
_CACHE = re.compile(rb"<(?:\w+:)?pivotCacheDefinition\b[^>]*>")
_SOURCE = re.compile(rb"<(?:\w+:)?worksheetSource\b[^>]*>")
_ON_LOAD = re.compile(rb'\srefreshOnLoad="[^"]*"')
_CALC = re.compile(rb"<calcPr\b[^>]*?(/?)>")


def refresh_pivots(package: Package, changes: Changes, sheets: Collection[str]) -> None:
    """Let pivot tables over tables of ours, which stand on these sheets, be refreshed when the workbook opens.

    Their source is a table, a range of such a sheet, or a name that leads there.
    """
    for part in package.parts:
        if not _CACHE_PART.search(part):
            continue
        content = changes.read(package, part)
        tag, source = _CACHE.search(content), _SOURCE.search(content)
        if tag is None or source is None or not _is_ours(package, source[0].decode(), sheets):
            continue
        opened = _ON_LOAD.sub(b"", tag[0])
        end = opened.index(b"pivotCacheDefinition") + len(b"pivotCacheDefinition")
        opened = opened[:end] + b' refreshOnLoad="1"' + opened[end:]
        if not re.search(rb'\srefreshOnLoad="(?:1|true)"', tag[0]):
            changes.put(package, part, content.replace(tag[0], opened, 1))


def _is_ours(package: Package, source: str, sheets: Collection[str]) -> bool:
    known = {name: unescape(value) for name, value in re.findall(r'([\w:]+)="([^"]*)"', source)}
    name = known.get("name", "").casefold()
    if name.startswith("xlkpi_") or known.get("sheet") in sheets:
        return "r:id" not in known  # a range of another workbook is not ours
    formula = package.names.get(name, "")
    return "xlkpi_" in formula.casefold() or not sheets_in(formula).isdisjoint(sheets)


def recalculate(package: Package, changes: Changes) -> None:
    """Let Excel recalculate when it opens the workbook, and make its chain of calculation anew."""
    content = changes.read(package, package.workbook)
    tag = _CALC.search(content)
    if tag is None:
        at = max(content.rfind(b"</definedNames>") + 15, content.rfind(b"</sheets>") + 9)
        content = content[:at] + b'<calcPr fullCalcOnLoad="1"/>' + content[at:]
    elif b'fullCalcOnLoad="1"' not in tag[0]:
        opened = re.sub(rb'\s(?:fullCalcOnLoad|calcCompleted)="[^"]*"', b"", tag[0])
        end = b"/>" if tag[1] else b">"
        content = content.replace(tag[0], opened.removesuffix(end) + b' fullCalcOnLoad="1"' + end, 1)
    changes.put(package, package.workbook, content)
    if (chain := package.part_of_kind("calcChain")) is not None:
        _drop_chain(package, changes, chain)


def _drop_chain(package: Package, changes: Changes, chain: str) -> None:
    changes.dropped.add(chain)
    relations = relations_of(package.workbook)
    relation = rb'<Relationship\b[^>]*?/calcChain"[^>]*?(?:/>|></Relationship>)'
    changes.put(package, relations, re.sub(relation, b"", changes.read(package, relations)))
    kind = rb'<Override\b[^>]*?PartName="/%s"[^>]*?(?:/>|></Override>)' % re.escape(chain.encode())
    changes.put(package, CONTENT_TYPES, re.sub(kind, b"", changes.read(package, CONTENT_TYPES)))
