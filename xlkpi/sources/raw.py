"""A table as it was found: columns of text or typed columns, and what was said around it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Row:
    """A line that is not a row of the table: its number in the file (from 1), the reason's code, its text."""

    number: int
    reason: str
    text: str


@dataclass
class RawTable:
    """Columns by position, because names may repeat.

    ``columns`` are pyarrow arrays of one length: text, or typed where the format has types. ``rows`` gives each
    row's number in the file, as a spreadsheet shows it. ``notes`` are the lines above the table, ``end`` the row
    after it.
    """

    file: str
    names: list[str]
    columns: list[Any]
    rows: Any
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    typed: bool = False
    repaired: bool = False
    end: int = 0
    notes: list[str] = field(default_factory=list)
    aside: list[Row] = field(default_factory=list)

    @property
    def length(self) -> int:
        return len(self.rows)

    def filter(self, mask: Any) -> None:
        """Keep the rows where the boolean array is true."""
        self.columns = [column.filter(mask) for column in self.columns]
        self.rows = self.rows.filter(mask)
