"""What is written into the charts of a workbook that is open, so that it can be put back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xlkpi.workbook.compare import AxisChange

    from .open_book import OpenBook

#: The axes of a chart, as Excel numbers them: across and up, each the first or the second.
_ACROSS, _UP = 1, 2
_GROUPS = (1, 2)


def keep(opened: OpenBook, sheet: str) -> None:
    """Remember what the charts of a sheet refer to, before anything is written that Excel lets them follow."""
    kept = [part for chart in opened.book.sheets[sheet].charts for part in parts_of(chart)]

    def back() -> None:
        for drawn, before in kept:
            if drawn.Formula != before:
                drawn.Formula = before

    opened.undo.append(back)


def draw(opened: OpenBook, sheet: str, references: Mapping[str, str]) -> None:
    """Let the series and titles of a sheet's charts have other ranges, but for those that Excel has let follow.

    :func:`keep` has remembered what they refer to. Raises WorkbookError where no chart refers to one of them.
    """
    from xlkpi.workbook.formula_text import canonical

    met: set[str] = set()
    for chart in opened.book.sheets[sheet].charts:
        for drawn, before in parts_of(chart):
            now = replaced_references(before, references, met)
            if now != before:
                drawn.Formula = now
    for old, new in references.items():
        if not met & {canonical(old), canonical(new)}:
            raise opened.error("open_book_others", what=f"{sheet}: {old}")


def scale(opened: OpenBook, change: AxisChange) -> None:
    """Let the axes of values of one chart have other number formats; it is known by what it shows."""
    for chart in opened.book.sheets[change.sheet].charts:
        if shown_in(chart) == change.shown:
            for kind in (_ACROSS, _UP) if change.across else (_UP,):
                for group in _GROUPS:
                    with suppress(Exception):  # no reason to fail: a chart may have no such axis
                        _scale(opened, chart.api[1].Axes(kind, group).TickLabels, change.forms)


def _scale(opened: OpenBook, labels: Any, forms: Mapping[str, str]) -> None:
    from xlkpi.workbook.formats import plain_form

    before, linked = labels.NumberFormat, labels.NumberFormatLinked
    new = next((new for old, new in forms.items() if plain_form(old) == plain_form(before)), None)
    if new is None:
        return

    def back() -> None:
        labels.NumberFormat = before
        if linked:
            labels.NumberFormatLinked = linked

    opened.undo.append(back)
    labels.NumberFormat = new


def shown_in(chart: Any) -> frozenset[str]:
    """The cells that the series of a chart refer to; none where Excel does not tell."""
    from xlkpi.workbook.formula_text import places_in

    with suppress(Exception):
        series = _all(chart.api[1].SeriesCollection())
        return frozenset().union(*(places_in(one.Formula) for one in series))
    return frozenset()


def parts_of(chart: Any) -> list[tuple[Any, str]]:
    """What refers to cells in a chart, each with its formula: its title, its series and their labels.

    Of newer kinds of charts, such as waterfalls and maps, Excel does not tell them; none of ours is such a chart.
    """
    found: list[tuple[Any, str]] = []
    with suppress(Exception):
        if chart.api[1].HasTitle:
            found.append((chart.api[1].ChartTitle, chart.api[1].ChartTitle.Formula))
    with suppress(Exception):
        for one in _all(chart.api[1].SeriesCollection()):
            found.append((one, one.Formula))
            if one.HasDataLabels:
                points = (one.Points(i) for i in range(1, one.Points().Count + 1))
                found += [(p.DataLabel, p.DataLabel.Formula) for p in points if p.HasDataLabel]
    return found


def _all(collection: Any) -> Iterator[Any]:
    return (collection(number) for number in range(1, collection.Count + 1))


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


__all__ = ["draw", "keep", "replaced_references", "scale"]
