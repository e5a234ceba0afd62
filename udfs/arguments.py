"""Reading the arguments of a call: numbers, days, texts and options; what does not fit stops with the right error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, TypeVar

from xlkpi.catalogue import KPI
from xlkpi.catalogue.model import fold
from xlkpi.errors import EvaluationError, Problem
from xlkpi.formula.nodata import NoData, Stop
from xlkpi.status.facts import as_date

from .cells import Cell, is_range, single
from .settings import catalogue

T = TypeVar("T")
#: What people write for a period, in both languages, and the cadence that it is.
PERIODS: Mapping[str, str] = {
    "day": "daily", "jour": "daily", "daily": "daily", "quotidien": "daily",
    "week": "weekly", "semaine": "weekly", "weekly": "weekly", "hebdomadaire": "weekly",
    "month": "monthly", "mois": "monthly", "monthly": "monthly", "mensuel": "monthly",
    "quarter": "quarterly", "trimestre": "quarterly", "quarterly": "quarterly", "trimestriel": "quarterly",
    "year": "yearly", "an": "yearly", "annee": "yearly", "yearly": "yearly", "annuel": "yearly",
}  # fmt: skip


def number(value: Any, default: T | None = None) -> float | T | None:
    """A number, or ``default`` for a blank; text and booleans stop with #VALUE!, errors with themselves."""
    found = single(value)
    if found is None:
        return default
    if isinstance(found, NoData):
        raise Stop(found)
    if isinstance(found, bool | str):
        raise Stop(NoData.NOT_A_NUMBER)
    return found


def whole(value: Any, default: int, least: int, most: int) -> int:
    """A whole number within bounds; beyond them it is impossible."""
    found = number(value, float(default))
    if found is None or found != int(found) or not least <= found <= most:
        raise Stop(NoData.IMPOSSIBLE)
    return int(found)


def share(value: Any, default: float) -> float:
    """A number between 0 and 1, both excluded."""
    found = number(value, default)
    if found is None or not 0 < found < 1:
        raise Stop(NoData.IMPOSSIBLE)
    return found


def day(value: Any) -> date | None:
    """A date from Excel's day number or ISO text; None for a blank."""
    found = single(value)
    if isinstance(found, str):
        try:
            return date.fromisoformat(found.strip())
        except ValueError:
            raise Stop(NoData.NOT_A_NUMBER) from None
    read = number(found)
    if read is None:
        return None
    known = as_date(read)
    if known is None:
        raise Stop(NoData.IMPOSSIBLE)
    return known


def text(value: Any) -> str:
    """A text, empty for a blank; a number is written as Excel writes it."""
    found = single(value)
    if isinstance(found, NoData):
        raise Stop(found)
    return written(found).strip()


def written(value: Cell) -> str:
    """A cell as text: whole numbers without decimals."""
    if value is None:
        return ""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return value.value if isinstance(value, NoData) else str(value)


def choice(value: Any, known: Sequence[str], default: str) -> str:
    """One of the words that an option knows. Raises EvaluationError that lists them."""
    found = fold(text(value))
    if not found:
        return default
    if found not in known:
        raise EvaluationError(
            Problem("value_not_listed", {"value": found[:40], "known": ", ".join(known), "nearest": ""})
        )
    return found


def cadence(value: Any, default: str) -> str:
    """The cadence of a period's word, in French or English."""
    found = fold(text(value))
    if not found:
        return default
    if found not in PERIODS:
        known = "day, week, month, quarter, year"
        raise EvaluationError(Problem("value_not_listed", {"value": found[:40], "known": known, "nearest": ""}))
    return PERIODS[found]


def truth(value: Any) -> bool:
    """TRUE or FALSE; a blank is FALSE, and numbers are as in Excel."""
    found = single(value)
    if isinstance(found, NoData):
        raise Stop(found)
    if isinstance(found, str):
        raise Stop(NoData.NOT_A_NUMBER)
    return bool(found)


def kpi(value: Any) -> KPI:
    """A KPI by id or function name, with or without the equals sign's ``KPI_``, in any case.

    Raises EvaluationError that proposes the nearest.
    """
    name = text(value)
    if not name:
        raise Stop(NoData.MISSING)
    return catalogue().find(name[:80].strip().lower())


def kpis(value: Any) -> list[KPI]:
    """One KPI or several, from a range."""
    if not is_range(value):
        return [kpi(value)]
    names = [v for row in value for v in (row if is_range(row) else [row])]
    found = [kpi(name) for name in names if single(name) is not None]
    if not found:
        raise Stop(NoData.MISSING)
    return found
