"""The currency of amounts in a workbook that was built for another one."""

from __future__ import annotations

import re
from html import escape, unescape
from typing import TYPE_CHECKING

from xlkpi.language import texts
from xlkpi.workbook.cell_formats import CellFormats
from xlkpi.workbook.cells import cells_of
from xlkpi.workbook.formats import number_format, plain_form

if TYPE_CHECKING:
    from xlkpi.workbook.existing import Existing
    from xlkpi.workbook.fill import Changes
    from xlkpi.workbook.package import Package

_CHART = re.compile(r"/charts/[^/]+\.xml$")
_FORMAT_CODE = re.compile(rb'(\sformatCode="|<(?:\w+:)?formatCode>)([^"<]*)')


def renew_currency(package: Package, changes: Changes, existing: Existing, currency: str) -> None:
    """Amounts are in the project's currency: our number formats in cells, conditional formats and charts.

    That of the workbook before is replaced, and any other one that cells of ours show: from a time when it was not
    recognised as LibreOffice writes it.
    """
    language, then = existing.state.language, existing.state.currency
    styles = package.part_of_kind("styles")
    written = _plain(changes.read(package, styles)) if styles else set()
    others = {code: _forms(language, code) for code in {then, *_known(language)} - {"", currency}}
    found = {code for code, forms in others.items() if written & set(map(plain_form, forms))}
    before = {then} & others.keys()
    if found - before:
        shown = _shown(package, changes, existing)
        before |= {code for code in found if shown & set(map(plain_form, others[code]))}
    ours = _forms(language, currency)
    new = {plain_form(form): now for code in before for form, now in zip(others[code], ours, strict=True)}
    if not new:
        return

    def renewed(found: re.Match[bytes]) -> bytes:
        form = new.get(plain_form(unescape(found[2].decode())))
        return found[1] + escape(form).encode() if form else found[0]

    for part in package.parts:
        if part == styles or _CHART.search(part):
            changes.put(package, part, _FORMAT_CODE.sub(renewed, changes.read(package, part)))


def _known(language: str) -> list[str]:
    """The currencies that have a sign."""
    return [key.removeprefix("currency.") for key in texts(language) if key.startswith("currency.")]


def _forms(language: str, currency: str) -> list[str]:
    """Our number formats of amounts."""
    return [
        number_format("currency", decimals, language, currency, gap=gap)
        for decimals in range(5) for gap in (False, True)
    ]  # fmt: skip


def _plain(styles: bytes) -> set[str]:
    """The number formats of a part."""
    return {plain_form(unescape(form.decode())) for _, form in _FORMAT_CODE.findall(styles)}


def _shown(package: Package, changes: Changes, existing: Existing) -> set[str | None]:
    """The number formats of the cells that xlkpi wrote on the pages."""
    formats, spots = CellFormats(package), existing.anchors.spots.values()
    cells = {
        sheet: cells_of(changes.read(package, package.sheets[sheet]), existing.strings)
        for sheet in {spot.sheet for spot in spots} & package.sheets.keys()
    }
    found = (cells.get(spot.sheet, {}).get((spot.row, spot.column)) for spot in spots)
    return {formats.code(cell.style) for cell in found if cell}
