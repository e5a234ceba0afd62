"""The cell formats of a workbook, looked up: what a cell would be with another number format."""

from __future__ import annotations

from functools import cached_property
from html import unescape
from typing import TYPE_CHECKING, Any

from xlkpi.workbook.formats import plain_form
from xlkpi.workbook.package import local_name

if TYPE_CHECKING:
    from xml.etree import ElementTree

    from xlkpi.workbook.package import Package


class CellFormats:
    """Those that a workbook has; none is added, since its styles are a part that stays as it is."""

    def __init__(self, package: Package) -> None:
        self.package = package

    def with_form(self, style: int, form: str) -> int | None:
        """The index of a format like another one, but for its number format; None where there is no such."""
        if not 0 <= style < len(self._formats):
            return None
        wanted = plain_form(form), self._formats[style][1]
        return next((i for i, known in enumerate(self._formats) if known == wanted), None)

    def code(self, style: int) -> str | None:
        """The number format of a cell format, as :func:`plain_form` gives it; None for those that every program has."""
        return self._formats[style][0] if 0 <= style < len(self._formats) else None

    @cached_property
    def _formats(self) -> list[tuple[str | None, Any]]:
        """By index the number format and all the rest."""
        part = self.package.part_of_kind("styles")
        if part is None:
            return []
        tree = self.package.tree(part)
        codes = {id: plain_form(code) for id, code in number_formats(tree).items()}
        formats = next((e for e in tree if local_name(e) == "cellXfs"), ())
        return [(codes.get(e.get("numFmtId", "")), _rest(e)) for e in formats]


def number_formats(styles: ElementTree.Element) -> dict[str, str]:
    """The number formats of cells by their id; conditional formats have others, of the same ids even."""
    own = next((e for e in styles if local_name(e) == "numFmts"), ())
    return {e.get("numFmtId", ""): unescape(e.get("formatCode", "")) for e in own}


def _rest(element: Any) -> Any:
    attributes = {k: v for k, v in element.attrib.items() if k not in ("numFmtId", "applyNumberFormat")}
    return attributes, [(local_name(child), dict(child.attrib)) for child in element]
