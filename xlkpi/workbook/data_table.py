"""A table of plain values by column: what `fill` writes into a data sheet, and what formulas over it read."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from xlkpi.workbook.data_sheet import column_reference
from xlkpi.workbook.live import Span, Value, serial


@dataclass
class DataTable:
    """A table of values by column; ``headers`` are what people see of its columns."""

    name: str
    kinds: Mapping[str, str]
    headers: Mapping[str, str]
    columns: dict[str, list[Value]] = field(default_factory=dict)
    _spans: dict[str, Span] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        for code in self.kinds:
            self.columns.setdefault(code, [])

    def append(self, **values: Any) -> None:
        """A row; what is not given is blank."""
        for code in self.kinds:
            self.columns[code].append(as_cell(values.get(code)))

    def add_rows(self, rows: Iterable[Mapping[str, Value]]) -> None:
        """Rows that people added, by header; formulas see them too."""
        for row in rows:
            for code, header in self.headers.items():
                self.columns[code].append(row.get(header))

    def span(self, code: str) -> Span:
        """A column for formulas; the table must be complete."""
        if code not in self._spans:
            self._spans[code] = Span(column_reference(self.name, self.headers[code]), self.columns[code])
        return self._spans[code]

    @property
    def rows(self) -> int:
        return len(next(iter(self.columns.values()), []))

    def arrow(self) -> Any:
        """The rows as a pyarrow Table under the headers that people see."""
        import pyarrow as pa

        from xlkpi.workbook.live import as_date

        types = {"text": pa.string(), "number": pa.float64(), "date": pa.date32()}
        arrays = {}
        for code, kind in self.kinds.items():
            values: list[Any] = list(self.columns[code])
            values = [as_date(v) for v in values] if kind == "date" else values
            arrays[self.headers[code]] = pa.array(values, types[kind])
        return pa.table(arrays)


def as_cell(value: Any) -> Value:
    """A value as a cell holds it: NaN and empty texts are blanks."""
    from xlkpi.workbook.sheet import clean

    if isinstance(value, date):
        return serial(value)
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float):
        return None if math.isnan(value) else float(f"{value:.15g}")  # Excel's precision: smaller files
    return clean(str(value)) or None
