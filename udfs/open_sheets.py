"""What is done to the sheets of a workbook that is open, so that it can be put back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

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
    from xlkpi.workbook.sheet_renaming import in_places

    found = [(opened.book.sheets[old], old, new) for old, new in names.items()]
    opened.undo.append(lambda: _call([(sheet, old) for sheet, old, _ in found]))
    _call([(sheet, new) for sheet, _, new in found])
    for sheet in opened.book.sheets:
        with suppress(*UNSUPPORTED):
            for link in sheet.api.Hyperlinks:  # these Excel leaves as they are
                before = link.SubAddress
                if (place := in_places(before or "", names)) != before:
                    opened.undo.append(partial(setattr, link, "SubAddress", before))
                    link.SubAddress = place


def _call(names: Sequence[tuple[Any, str]]) -> None:
    """Give sheets names, those that are called otherwise."""
    others = [(sheet, name) for sheet, name in names if sheet.name != name]
    taken = {sheet.name.casefold() for sheet, _ in others}
    for number, (sheet, name) in enumerate(others):
        if name.casefold() in taken:  # two of them change places
            sheet.name = f"xlkpi {number}"
    for sheet, name in others:
        sheet.name = name


__all__ = ["rename_sheets", "show"]
