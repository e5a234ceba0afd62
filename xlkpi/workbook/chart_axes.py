"""The axes of charts on the pages of KPIs: in the unit of the objective that is shown there now."""

from __future__ import annotations

import re
from html import escape, unescape
from typing import TYPE_CHECKING

from xlkpi.workbook.formats import plain_form
from xlkpi.workbook.formula_text import sheets_in
from xlkpi.workbook.units import KEYS

if TYPE_CHECKING:
    from xlkpi.workbook.build import Skeleton
    from xlkpi.workbook.existing import Existing
    from xlkpi.workbook.fill import Changes
    from xlkpi.workbook.package import Package

_AXIS = re.compile(rb"<(?:\w+:)?valAx>.*?</(?:\w+:)?valAx>", re.DOTALL)
_SERIES = re.compile(rb"<(?:\w+:)?f>([^<]*)</(?:\w+:)?f>")
_FORM = re.compile(rb'(<(?:\w+:)?numFmt\b[^>]*?\sformatCode=")([^"]*)(")')


def update_axes(package: Package, changes: Changes, existing: Existing, skeleton: Skeleton) -> None:
    """Where an objective in another unit has come to a page, let the axis of its series have that one's number format.

    A format that is none of ours stays: people chose it.
    """
    book, then, now = skeleton.book, existing.state, skeleton.state
    before = {slot: then.called.get(id, ("", ""))[1] for id, slot in then.slots.items()}
    ours = {plain_form(book.number_format(unit, decimals)) for unit, decimals in KEYS}
    home = existing.sheets["calculation"]
    for id, slot in now.slots.items():
        page = f"kpi_{slot}"
        form = book.axes.get(page)
        if form is None or not existing.has_page(page) or before.get(slot) == now.called[id][1]:
            continue
        written = escape(form).encode()

        def renewed(found: re.Match[bytes], written: bytes = written) -> bytes:
            return found[1] + written + found[3] if plain_form(unescape(found[2].decode())) in ours else found[0]

        for part in _charts(package, package.sheets[existing.sheets[page]]):
            content = changes.read(package, part)
            series = " ".join(unescape(formula.decode()) for formula in _SERIES.findall(content))
            if home in sheets_in(series):
                changes.put(package, part, _AXIS.sub(lambda axis: _FORM.sub(renewed, axis[0]), content))


def _charts(package: Package, sheet_part: str) -> list[str]:
    """The parts of the charts that stand on a sheet."""
    drawings = [r.target for r in package.relations(sheet_part).values() if r.kind == "drawing"]
    return [r.target for part in drawings for r in package.relations(part).values() if r.kind == "chart"]


__all__ = ["update_axes"]
