"""No data, and why: the four reasons that a formula has no result, as Excel's error codes."""

from __future__ import annotations

from enum import Enum


class NoData(Enum):
    """Why there is no number. The value is the error code that a cell shows.

    The first four are results of ours; the others only pass through from a cell that already holds them.
    """

    MISSING = "#N/A"
    ZERO_DIVISION = "#DIV/0!"
    NOT_A_NUMBER = "#VALUE!"
    IMPOSSIBLE = "#NUM!"
    REFERENCE = "#REF!"
    UNKNOWN_NAME = "#NAME?"
    EMPTY_INTERSECTION = "#NULL!"

    def __bool__(self) -> bool:
        return False


Outcome = float | NoData


class Stop(Exception):  # noqa: N818  # not an error: how an evaluation ends early
    """Ends an evaluation with a reason."""

    def __init__(self, reason: NoData) -> None:
        self.reason = reason
        super().__init__(reason.value)
