"""What is done to the sheets of a workbook that is open, so that it can be put back."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from .open_book import UNSUPPORTED

if TYPE_CHECKING:
    from .open_book import OpenBook


def show(opened: OpenBook, sheet: str, shown: bool) -> None:
    """Show a sheet, or hide it."""
    found = opened.book.sheets[sheet]
    before = found.visible

    def back() -> None:
        found.visible = before

    opened.undo.append(back)
    found.visible = shown


def rename_sheets(opened: OpenBook, names: Mapping[str, str]) -> None:
    """Call sheets otherwise, by their present names; what refers to their cells follows by itself."""
    opened.undo.append(lambda: _rename_sheets(opened, {new: old for old, new in names.items()}))
    _rename_sheets(opened, names)


def _rename_sheets(opened: OpenBook, names: Mapping[str, str]) -> None:
    from xlkpi.workbook.sheet_renaming import in_places

    found = {new: opened.book.sheets[old] for old, new in names.items()}
    taken = {old.casefold() for old in names}
    for number, (new, sheet) in enumerate(found.items()):
        if new.casefold() in taken:  # two of them change places
            sheet.name = f"xlkpi {number}"
    for new, sheet in found.items():
        sheet.name = new
    for sheet in opened.book.sheets:
        with suppress(*UNSUPPORTED):
            for link in sheet.api.Hyperlinks:  # these Excel leaves as they are
                if (place := in_places(link.SubAddress or "", names)) != link.SubAddress:
                    link.SubAddress = place


__all__ = ["rename_sheets", "show"]
