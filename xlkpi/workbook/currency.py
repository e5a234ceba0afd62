"""The currency of amounts in a workbook that was built for another one."""

from __future__ import annotations

import re
from html import escape, unescape
from typing import TYPE_CHECKING

from xlkpi.workbook.formats import number_format

if TYPE_CHECKING:
    from xlkpi.workbook.fill import Changes
    from xlkpi.workbook.package import Package
    from xlkpi.workbook.state import State

_CHART = re.compile(r"/charts/[^/]+\.xml$")
_FORMAT_CODE = re.compile(rb'(\sformatCode=")([^"]*)(")')


def renew_currency(package: Package, changes: Changes, state: State, currency: str) -> None:
    """Amounts are in the project's currency: our number formats in cells, conditional formats and charts."""
    if not state.currency or state.currency == currency:
        return
    new = {
        number_format("currency", decimals, state.language, state.currency, gap=gap):
            number_format("currency", decimals, state.language, currency, gap=gap)
        for decimals in range(5) for gap in (False, True)
    }  # fmt: skip

    def renewed(found: re.Match[bytes]) -> bytes:
        code = unescape(found[2].decode())
        return found[1] + escape(new[code]).encode() + found[3] if code in new else found[0]

    for part in package.parts:
        if part == package.part_of_kind("styles") or _CHART.search(part):
            changes.put(package, part, _FORMAT_CODE.sub(renewed, changes.read(package, part)))
