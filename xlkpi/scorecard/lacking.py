"""Why something can't be told: what the data lack, in the reader's words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from xlkpi.errors import Problem
from xlkpi.language import current, text
from xlkpi.language.dates import day

#: What more data will change by themselves; the rest asks for another source.
_IN_TIME = ("no_data", "budget_short", "budget_one_channel", "budget_crowded", "drivers_short", "customers_unknown")


@dataclass(frozen=True)
class Lacking:
    """What is not there, and why; the texts are ``lacking.<code>``. Days among the values are told in words."""

    code: str
    values: Mapping[str, str | int | date | Problem] = field(default_factory=dict)

    @property
    def in_time(self) -> bool:
        """Whether it is a matter of time."""
        return self.code in _IN_TIME

    def text(self, language: str | None = None) -> str:
        language = language or current()
        told = {name: _told(value, language) for name, value in self.values.items()}
        return text(f"lacking.{self.code}", language, **told)


def _told(value: str | int | date | Problem, language: str) -> str | int:
    if isinstance(value, Problem):
        key, wrong = value.place.key, value.wrong(language)  # where the file lies is nothing for a workbook
        return text("place.of", language, place=key, words=wrong) if key else wrong
    return day(value, language) if isinstance(value, date) else value


__all__ = ["Lacking"]
