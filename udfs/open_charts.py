"""What is written into the charts of a workbook that is open, so that it can be put back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .open_book import OpenBook

#: The axis of values of a chart, as Excel numbers it.
_VALUES = 2


def draw(opened: OpenBook, sheet: str, references: dict[str, str]) -> None:
    """Let the series and titles of a sheet's charts have other ranges, but for those that Excel has let follow."""
    opened.undo.append(lambda: _draw(opened, sheet, {new: old for old, new in references.items()}))
    _draw(opened, sheet, references)


def _draw(opened: OpenBook, sheet: str, references: dict[str, str]) -> None:
    from xlkpi.workbook.formula_text import canonical

    met: set[str] = set()
    for chart in opened.book.sheets[sheet].charts:
        for drawn in parts_of(chart.api[1]):
            now = replaced_references(drawn.Formula, references, met)
            if now != drawn.Formula:
                drawn.Formula = now
    for old, new in references.items():
        if not met & {canonical(old), canonical(new)}:
            raise LookupError(f"{sheet}: {old}")


def scale(opened: OpenBook, sheet: str, forms: Mapping[str, str]) -> None:
    """Let the value axes of a sheet's charts have other number formats."""
    opened.undo.append(lambda: _scale(opened, sheet, {new: old for old, new in forms.items()}))
    _scale(opened, sheet, forms)


def _scale(opened: OpenBook, sheet: str, forms: Mapping[str, str]) -> None:
    for chart in opened.book.sheets[sheet].charts:
        with suppress(Exception):  # no reason to fail: a chart may have no such axis
            labels = chart.api[1].Axes(_VALUES).TickLabels
            labels.NumberFormat = forms.get(labels.NumberFormat, labels.NumberFormat)


def parts_of(chart: Any) -> Iterator[Any]:
    """What refers to cells in a chart: its title, its series and their labels."""
    if chart.HasTitle:
        yield chart.ChartTitle
    series = chart.SeriesCollection()
    for number in range(1, series.Count + 1):
        one = series(number)
        yield one
        if one.HasDataLabels:
            points = (one.Points(i) for i in range(1, one.Points().Count + 1))
            yield from (point.DataLabel for point in points if point.HasDataLabel)


def replaced_references(formula: str, references: Mapping[str, str], met: set[str]) -> str:
    """A formula of a chart with some ranges replaced, however the two write the names of sheets.

    ``met`` gets the references that it had.
    """
    from xlkpi.workbook.formula_text import canonical, moved, quoted_sheet

    known = {canonical(old): new for old, new in references.items()}

    def move(sheet: str | None, reference: str) -> tuple[str | None, str]:
        if sheet is None:
            return sheet, reference
        written = canonical(f"{quoted_sheet(sheet)}!{reference}")
        met.add(written)
        new = known.get(written)
        return (sheet, new.rpartition("!")[2]) if new is not None else (sheet, reference)

    return moved(formula, move)


__all__ = ["draw", "replaced_references", "scale"]
