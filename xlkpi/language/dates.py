"""Days as a language writes them in a sentence: 31 décembre 2026, 31 December 2026."""

from __future__ import annotations

from datetime import date

from xlkpi.language import current, text


def day(value: date, language: str | None = None) -> str:
    """A day with the name of its month, which no reader takes for another one: « 1er mars 2026 »."""
    language = language or current()
    month = text("date.months", language).split()[value.month - 1]
    number = text("date.first", language) if value.day == 1 else str(value.day)
    return text("date.day", language).format(day=number, month=month, year=f"{value.year:04d}")


__all__ = ["day"]
