"""Links that stand on cells: where they are, and how they move with what they stand on."""

from __future__ import annotations

import re
from collections.abc import Mapping

from xlkpi.workbook.cells import Address, address_of, reference

_LINK = re.compile(rb'(<(?:\w+:)?hyperlink\b[^>]*?\sref=")([A-Z]+\d+)(?::([A-Z]+\d+))?(?=")')


def links(xml: bytes) -> list[Address]:
    """The first cells of a sheet's links that stand in one row; ``xml``: what stands behind its cells."""
    found = ((address_of(link[2]), address_of(link[3] or link[2])) for link in _LINK.finditer(xml))
    return [first for first, last in found if first[0] == last[0]]


def links_moved(xml: bytes, places: Mapping[Address, Address]) -> bytes:
    """Links put elsewhere, by the first cells that they stand on."""

    def link(found: re.Match[bytes]) -> bytes:
        first, last = address_of(found[2]), address_of(found[3] or found[2])
        if first not in places or first[0] != last[0]:
            return found[0]
        row, column = places[first]
        end = b":" + reference(row, column + last[1] - first[1]) if found[3] else b""
        return found[1] + reference(row, column) + end

    return _LINK.sub(link, xml)


__all__ = ["links", "links_moved"]
