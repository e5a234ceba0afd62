"""Which sheets of a package are shown, in the workbook's own part."""

from __future__ import annotations

import re
from collections.abc import Collection
from html import unescape
from typing import TYPE_CHECKING

from xlkpi.workbook.package import local_name

if TYPE_CHECKING:
    from xlkpi.workbook.fill import Changes
    from xlkpi.workbook.package import Package

_SHEET = re.compile(rb"(<(?:\w+:)?sheet\b[^>]*?)(/?>)")
_STATE = re.compile(rb'\sstate="[^"]*"')
_HIDDEN = re.compile(rb'\sstate="(?:hidden|veryHidden)"')


def hidden_sheets(package: Package) -> set[str]:
    """The names of the sheets that are not shown."""
    return {
        element.get("name", "") for element in package.tree(package.workbook).iter()
        if local_name(element) == "sheet" and element.get("state", "visible") != "visible"
    }  # fmt: skip


def show_sheet(package: Package, changes: Changes, name: str) -> None:
    """Show a sheet that was hidden."""
    content = changes.read(package, package.workbook)
    shown = _SHEET.sub(lambda m: _STATE.sub(b"", m[1]) + m[2] if _is_named(m[0], {name}) else m[0], content)
    changes.put(package, package.workbook, shown)


def hide_sheets(package: Package, changes: Changes, names: Collection[str]) -> None:
    """Hide sheets; another one is active where the active one would be hidden."""
    if not names:
        return
    content = changes.read(package, package.workbook)

    def sheet(found: re.Match[bytes]) -> bytes:
        if not _is_named(found[0], names) or _HIDDEN.search(found[0]):
            return found[0]
        return _STATE.sub(b"", found[1]) + b' state="hidden"' + found[2]

    content = _SHEET.sub(sheet, content)
    shown = [_HIDDEN.search(found[0]) is None for found in _SHEET.finditer(content)]
    active = re.search(rb'\sactiveTab="(\d+)"', content)
    if not shown[int(active[1]) if active else 0]:
        first = b' activeTab="%d"' % shown.index(True)
        old, new = (active[0], first) if active else (b"<workbookView", b"<workbookView" + first)
        content = content.replace(old, new, 1)
    changes.put(package, package.workbook, content)


def _is_named(tag: bytes, names: Collection[str]) -> bool:
    name = re.search(rb'\sname="([^"]*)"', tag)
    return name is not None and unescape(name[1].decode()) in names


__all__ = ["hidden_sheets", "hide_sheets", "show_sheet"]
