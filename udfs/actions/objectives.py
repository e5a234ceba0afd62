"""The objectives of an open scorecard, as its own tables say, and the one that a cell is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from xlkpi.language import has_text, languages, text
from xlkpi.workbook.data_sheet import OBJECTIVES
from xlkpi.workbook.tables import OBJECTIVE_COLUMNS

from .window import Window, rows_of

#: How far above a cell the name of its objective may stand.
_ABOVE = 2
#: The columns that name an objective; where two have one name, the later column tells.
_NAMES = ("kpi", "title", "id")


def columns_of(headers: Sequence[Any], codes: Iterable[str], *texts: str) -> dict[str, int]:
    """Where the columns of a table of ours are, by code.

    Their headers are texts such as ``workbook.column.<code>``, in any language; ``texts`` are what stands before the
    code, the first that exists first.
    """
    places = {str(header).casefold(): i for i, header in reversed(list(enumerate(headers)))}
    found = {}
    for code in codes:
        keys = [f"{before}.{code}" for before in (*texts, "workbook.column")]
        words = [text(k, spoken) for spoken in languages() for k in keys if has_text(k, spoken)]
        at = next((places[w.casefold()] for w in (*words, code) if w.casefold() in places), None)
        if at is not None:
            found[code] = at
    return found


@dataclass(frozen=True)
class Objectives:
    """The table of objectives: a row of values by code for each."""

    window: Window

    @cached_property
    def rows(self) -> list[Mapping[str, Any]]:
        """Empty where the workbook is no scorecard."""
        found = self.window.table(OBJECTIVES)
        if found is None or found[1].data_body_range is None:
            return []
        at = columns_of(rows_of(found[1].header_row_range)[0], OBJECTIVE_COLUMNS)
        rows = [{code: row[i] for code, i in at.items()} for row in rows_of(found[1].data_body_range)]
        return [row for row in rows if row.get("id")]

    def about(self, cell: Any) -> Mapping[str, Any] | None:
        """The objective that a cell is about: named in its row or just above, or at the head of its page."""
        named = {
            str(row[code]).casefold(): row for code in ("kpi", "title", "id") for row in self.rows if row.get(code)
        }
        if not named:
            return None
        sheet, row, column = cell.sheet, cell.row, cell.column
        own = rows_of(sheet.range((max(1, row - _ABOVE), 1), (row, column)))
        for values in (*reversed(own), *rows_of(sheet.range((2, 2), (2, 2)))):
            for value in reversed(values):
                if isinstance(value, str) and value.casefold() in named:
                    return named[value.casefold()]
        return None


def label_of(cell: Any) -> str | None:
    """What a number on a page is called: the nearest text to its left, else above it."""
    sheet, row, column = cell.sheet, cell.row, cell.column
    left = [v for v in rows_of(sheet.range((row, 1), (row, column)))[0][:-1] if v is not None]
    if left and isinstance(left[-1], str) and len(left[-1]) > 1:
        return left[-1]
    above = [line[0] for line in rows_of(sheet.range((1, column), (row, column)))][:-1]
    return next((v for v in reversed(above) if isinstance(v, str)), None)
