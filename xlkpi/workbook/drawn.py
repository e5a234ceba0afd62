"""What people drew on our sheets: charts, pictures and shapes that a build has none of.

Charts of ours show cells of the calculation or of their own page, each others; those of people anything else, or the
same once more. Pictures are counted: a build has at most a logo on each page.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element

from xlkpi.workbook.formula_text import canonical, sheets_in
from xlkpi.workbook.package import local_name

if TYPE_CHECKING:
    from xlkpi.workbook.existing import Existing
    from xlkpi.workbook.left_behind import Made
    from xlkpi.workbook.package import Package

_ANCHORS = {"twoCellAnchor", "oneCellAnchor", "absoluteAnchor"}
_SHAPES = {"sp", "cxnSp", "grpSp"}


@dataclass(frozen=True)
class _Chart:
    """A chart, with what it shows: references, and the identifiers of their sheets; none where they are not known."""

    shown: frozenset[str]
    sheets: frozenset[str]


def drawn_by_people(package: Package, existing: Existing, made: Made) -> Iterator[tuple[str, str]]:
    """Kind of drawing and name of sheet."""
    seen: set[frozenset[str]] = set()
    logo = max((_count(made.package, sheet, "pic") for sheet in made.package.sheets.values()), default=0)
    for id, sheet in existing.sheets.items():
        part = package.sheets.get(sheet)
        if part is None:
            continue
        there = made.package.sheets[made.existing.sheets[made.same[id]]] if id in made.same else None
        own = 0
        for chart in _charts(package, part, existing):
            if chart.shown in seen or not chart.sheets <= {id, "calculation"}:
                yield "charts", sheet
            elif "calculation" not in chart.sheets:
                own += 1
            seen |= {chart.shown} if chart.shown else set()
        if there is None:
            if _count(package, part, "pic") > logo:
                yield "pictures", sheet
        else:
            charts = _charts(made.package, there, made.existing)
            if own > sum("calculation" not in chart.sheets for chart in charts):
                yield "charts", sheet
            if _count(package, part, "pic") > _count(made.package, there, "pic"):
                yield "pictures", sheet
        if any(_count(package, part, shape) for shape in _SHAPES):
            yield "shapes", sheet


def _count(package: Package, part: str, kind: str) -> int:
    """How many anchors of a sheet hold something of a kind."""
    return sum(local_name(element) == kind for _, anchor in _anchors(package, part) for element in _walked(anchor))


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


def _charts(package: Package, part: str, existing: Existing) -> Iterator[_Chart]:
    for drawing, anchor in _anchors(package, part):
        relations = package.relations(drawing)
        for element in _walked(anchor):
            if local_name(element) != "chart":
                continue
            id = next((value for key, value in element.attrib.items() if key.endswith("}id")), "")
            relation = relations.get(id)
            if relation is None or relation.external or relation.target not in package.parts:
                continue
            tree = package.tree(relation.target)
            formulas = [e.text or "" for e in tree.iter() if local_name(e) == "f" and e.text]
            named = {name for formula in formulas for name in sheets_in(formula)}
            yield _Chart(
                frozenset(canonical(formula) for formula in formulas),
                frozenset(existing.identifiers.get(name, name) for name in named),
            )
