"""What people typed on one objective in the table of targets, as a row of the archive keeps it for its return.

People can reach the archive, so what is read there is checked: what is no such entry is none.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from xlkpi.workbook.data_sheet import MAX_ROWS, OBJECTIVES
from xlkpi.workbook.existing import is_of_kind
from xlkpi.workbook.live import Value
from xlkpi.workbook.tables import OBJECTIVE_COLUMNS

if TYPE_CHECKING:
    from xlkpi.workbook.people import Row

#: How the two kinds of cells are called there: those that have a meaning, and those of columns that people added.
_KINDS = {False: "row", True: "beside"}
#: What Excel takes for a formula, in characters.
_LONGEST = 8_192


@dataclass(frozen=True)
class Entry:
    """``values`` and ``formulas`` by code; by header where they stand in columns that people added (``is_beside``).
    ``number``: the row of the sheet that formulas were written for. ``kpi``: for which KPI, where that matters.
    """

    values: Mapping[str, Value]
    formulas: Mapping[str, str] = field(default_factory=dict)
    number: int = 0
    kpi: str | None = None
    is_beside: bool = False

    def __bool__(self) -> bool:
        return bool(self.values or self.formulas)

    @property
    def columns(self) -> list[str]:
        """The codes or headers of its cells."""
        return list({**self.values, **self.formulas})

    def as_text(self) -> str:
        """As the archive holds it."""
        said: dict[str, Any] = {"table": OBJECTIVES, _KINDS[self.is_beside]: dict(self.values)}
        said |= {"formulas": dict(self.formulas), "number": self.number} if self.formulas else {}
        said |= {"kpi": self.kpi} if self.kpi is not None else {}
        return json.dumps(said, ensure_ascii=False)

    @classmethod
    def of(cls, kept: Row) -> Entry | None:
        """From a row of the archive; None for one of another table, and where somebody changed it."""
        try:
            read: Any = json.loads(str(kept.get("row")))
            beside = _KINDS[True] in read
            values = {str(code): float(v) if type(v) is int else v for code, v in read[_KINDS[beside]].items()}
            formulas, number, kpi = read.get("formulas", {}), read.get("number", 0), read.get("kpi")
            is_ours = read["table"] == OBJECTIVES
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
            return None
        fits: Callable[[str, Any], bool] = _fits_beside if beside else _fits
        right = is_ours and all(fits(code, value) for code, value in values.items()) and _are_formulas(formulas, beside)
        right = right and type(number) is int and 0 <= number <= MAX_ROWS and (kpi is None or isinstance(kpi, str))
        return cls(values, formulas, number, kpi, beside) if right else None


def _fits(code: str, value: Any) -> bool:
    kind, may_type = OBJECTIVE_COLUMNS.get(code, ("", False))
    if not may_type or (value is not None and not is_of_kind(kind, value)):
        return False
    return not isinstance(value, float) or math.isfinite(value)


def _fits_beside(_: str, value: Any) -> bool:
    return isinstance(value, str | bool) or (isinstance(value, float) and math.isfinite(value))


def _are_formulas(found: Any, beside: bool) -> bool:
    return isinstance(found, dict) and all(
        isinstance(text, str) and 0 < len(text) <= _LONGEST and (beside or _fits(code, None))
        for code, text in found.items()
    )


__all__ = ["Entry"]
