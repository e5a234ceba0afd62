"""What a status is computed from: the numbers of one objective, and the settings that decide where the cuts
are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import Any, ClassVar, Literal, get_args

from xlkpi.formula.evaluate import read_input
from xlkpi.formula.nodata import NoData, Outcome
from xlkpi.validation import STRICT, complaint, nearest

Kind = Literal["reach", "increase", "decrease", "stay_above", "stay_below", "stay_between"]
KINDS: tuple[Kind, ...] = get_args(Kind)
#: How a value is measured: the kinds, and the two for sums since the start (see ``modes`` in status.yaml).
MODES = (*KINDS, "total", "cap")
DIRECTIONS: Mapping[str, float] = {"none": 0.0, "higher": 1.0, "lower": -1.0}
#: A kind as a number, for the formula language.
KIND_CODES: Mapping[str, float] = {kind: float(i) for i, kind in enumerate(KINDS, start=1)}

NUMBERS = ("actual", "baseline", "target", "low", "high", "success", "failure")
DATES = ("start", "due", "as_of")
INPUTS = ("kind", "cumulative", "direction", *NUMBERS, *DATES)

_DAY_ZERO = date(1899, 12, 30).toordinal()  # Excel's


@dataclass(frozen=True)
class Facts:
    """The numbers of one objective on one day.

    Numbers are taken as they stand in a cell: None, NaN, text, booleans and :class:`NoData` are all
    *missing*. Dates are dates or Excel's day numbers. ``target`` is the limit of ``stay_above`` and
    ``stay_below``; ``low`` and ``high`` are those of ``stay_between``. ``success`` (default: the target) is
    the value that counts as reached; ``failure`` the one at which, or beyond which, the objective failed.
    ``cumulative``: the value adds up since ``start`` (a sum). ``direction`` is the KPI's, and decides
    ``reach`` where the baseline does not. ``curve`` is the expected course as points (share of the time,
    share of the way), see :mod:`xlkpi.status.courses`. ``unit`` and ``currency`` are only for sentences.
    """

    kind: Kind
    actual: Any = None
    baseline: Any = None
    target: Any = None
    low: Any = None
    high: Any = None
    success: Any = None
    failure: Any = None
    start: Any = None
    due: Any = None
    as_of: Any = None
    cumulative: bool = False
    direction: str = "none"
    curve: tuple[tuple[float, float], ...] = ()
    unit: str = ""
    currency: str = "EUR"

    def __post_init__(self) -> None:
        if self.kind not in KIND_CODES:
            raise _not_listed(self.kind, KINDS)
        if self.direction not in DIRECTIONS:
            raise _not_listed(self.direction, tuple(DIRECTIONS))

    def inputs(self) -> dict[str, Outcome]:
        """The inputs as the formula language takes them: floats, or NoData.MISSING."""
        values: dict[str, Outcome] = {
            "kind": KIND_CODES[self.kind],
            "cumulative": 1.0 if self.cumulative else 0.0,
            "direction": DIRECTIONS[self.direction],
        }
        for name in NUMBERS:
            values[name] = number(getattr(self, name))
        for name in DATES:
            values[name] = day_number(getattr(self, name))
        return values


@dataclass(frozen=True)
class Settings:
    """Where the cuts are; see ``settings`` in status.yaml for what each one does."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    on_track: float = 0.95
    at_risk: float = 0.75
    dead_band: float = 0.01
    breach: float = 0.05
    partially: float = 0.5
    coverage: float = 0.5

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            if not (isinstance(value, int | float) and 0 <= value <= 10):
                raise complaint("status_setting", key=item.name, value=str(value))
        if self.at_risk > self.on_track:
            raise complaint("status_cuts_swapped", on_track=self.on_track, at_risk=self.at_risk)


def number(value: Any) -> Outcome:
    """A finite float, or NoData.MISSING for anything else."""
    read = read_input(value)
    return NoData.MISSING if isinstance(read, NoData) else read


def day_number(value: Any) -> Outcome:
    """A date as Excel counts days; numbers stay."""
    return float(value.toordinal() - _DAY_ZERO) if isinstance(value, date) else number(value)


def as_date(value: Any) -> date | None:
    """A date, also from Excel's day number; None where there is none."""
    if isinstance(value, date):
        return value
    read = number(value)
    if isinstance(read, NoData) or not 0 <= read <= 2_958_465:  # 9999-12-31
        return None
    return date(1899, 12, 30) + timedelta(days=int(read))


def _not_listed(value: Any, known: tuple[str, ...]) -> Exception:
    from xlkpi.errors import EvaluationError, Problem

    meant = nearest(str(value), known)
    code = "value_not_listed_nearest" if meant else "value_not_listed"
    return EvaluationError(Problem(code, {"value": str(value), "known": ", ".join(known), "nearest": meant or ""}))
