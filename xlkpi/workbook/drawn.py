"""What people drew on our sheets: charts, pictures, shapes and links that a build has none of.

Charts of ours show cells of the calculation or of their own page, each others; those of people anything else, or the
same once more. All else is counted: a build has at most a logo on each page, and what its template has.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element

from xlkpi.workbook.anchors import HIDDEN
from xlkpi.workbook.formula_text import canonical, sheets_in
from xlkpi.workbook.package import local_name
from xlkpi.workbook.rules import behind_cells, without_rows

if TYPE_CHECKING:
    from xlkpi.workbook.existing import Existing
    from xlkpi.workbook.left_behind import Made
    from xlkpi.workbook.package import Package

_ANCHORS = {"twoCellAnchor", "oneCellAnchor", "absoluteAnchor"}
_KINDS = {"pic": "pictures", "sp": "shapes", "cxnSp": "shapes", "grpSp": "shapes"}
#: What stands behind a sheet's cells: small charts in cells, pictures behind them and on paper, links.
_BEHIND = {
    "charts": re.compile(rb"<(?:\w+:)?sparklineGroup\b"),
    "pictures": re.compile(rb"<(?:\w+:)?(?:picture|legacyDrawingHF)\b"),
    "links": re.compile(rb"<(?:\w+:)?hyperlink\b"),
}


@dataclass(frozen=True)
class _Chart:
    """A chart with what it shows: its page, its references, the same without their rows, and their sheets."""

    page: str
    shown: frozenset[str]
    loose: frozenset[str]
    sheets: frozenset[str]

    @property
    def is_elsewhere(self) -> bool:
        return not self.sheets <= {self.page, "calculation"}

    @property
    def is_own(self) -> bool:
        return not self.is_elsewhere and "calculation" not in self.sheets


def drawn_by_people(package: Package, existing: Existing, made: Made) -> Iterator[tuple[str, str]]:
    """Kind of drawing and name of sheet."""
    for id in _charts_by_people(_charts(package, existing), _charts(made.package, made.existing), made):
        yield "charts", existing.sheets[id]
    pages = {sheet for id, sheet in made.existing.sheets.items() if id not in HIDDEN}
    logo = max((_counts(made.package, made.existing, sheet)["pictures"] for sheet in pages), default=0)
    for id, sheet in existing.sheets.items():
        if id in HIDDEN or sheet not in package.sheets:
            continue
        new = made.sheet(id)
        there = _counts(made.package, made.existing, new) if new else Counter({"pictures": logo})
        for kind, count in _counts(package, existing, sheet).items():
            if count > there[kind]:
                yield kind, sheet


def _charts_by_people(before: list[_Chart], now: list[_Chart], made: Made) -> Iterator[str]:
    """The pages of charts that the new workbook does not have."""
    elsewhere = Counter(chart.loose for chart in now if chart.is_elsewhere)
    copies = sum(n - 1 for shown, n in Counter(chart.shown for chart in now).items() if shown)
    own = Counter(chart.page for chart in now if chart.is_own)
    seen: set[frozenset[str]] = set()
    for chart in before:
        if chart.is_elsewhere:
            elsewhere[chart.loose] -= 1
            if elsewhere[chart.loose] < 0:
                yield chart.page
        elif chart.shown in seen:
            copies -= 1
            if copies < 0:
                yield chart.page
        elif chart.is_own and chart.page in made.same:
            own[made.same[chart.page]] -= 1
            if own[made.same[chart.page]] < 0:
                yield chart.page
        seen |= {chart.shown} if chart.shown else set()


def _counts(package: Package, existing: Existing, sheet: str) -> Counter[str]:
    """How many of each kind a sheet has, beside charts."""
    found = Counter(
        kind for _, anchor in _anchors(package, package.sheets[sheet]) for element in _walked(anchor)
        if (kind := _KINDS.get(local_name(element)))
    )  # fmt: skip
    behind = behind_cells(package, existing, sheet)
    return found + Counter({kind: len(pattern.findall(behind)) for kind, pattern in _BEHIND.items()})


def _anchors(package: Package, part: str) -> Iterator[tuple[str, Element]]:
    """The anchors of a sheet's drawings, each with the part that it stands in."""
    for relation in package.relations(part).values():
        if relation.kind == "drawing" and not relation.external and relation.target in package.parts:
            for element in _walked(package.tree(relation.target)):
                if local_name(element) in _ANCHORS:
                    yield relation.target, element


def _walked(element: Element) -> Iterator[Element]:
    """An element and all in it, without what stands there for older programs."""
    yield element
    for inner in element:
        if local_name(inner) != "Fallback":
            yield from _walked(inner)


def _charts(package: Package, existing: Existing) -> list[_Chart]:
    """The charts on our sheets."""
    found = []
    for id, sheet in existing.sheets.items():
        for drawing, anchor in _anchors(package, package.sheets[sheet]) if sheet in package.sheets else ():
            for element in (element for element in _walked(anchor) if local_name(element) == "chart"):
                relation = package.relations(drawing).get(_relation(element))
                if relation is not None and not relation.external and relation.target in package.parts:
                    tree = package.tree(relation.target)
                    formulas = [e.text for e in tree.iter() if local_name(e) == "f" and e.text]
                    found.append(_Chart(
                        id, frozenset(map(canonical, formulas)),
                        frozenset(without_rows(formula, existing.identifiers.get) for formula in formulas),
                        frozenset(existing.identifiers.get(n, n) for formula in formulas for n in sheets_in(formula)),
                    ))  # fmt: skip
    return found


def _relation(element: Element) -> str:
    return next((value for key, value in element.attrib.items() if key.endswith("}id")), "")


__all__ = ["drawn_by_people"]
