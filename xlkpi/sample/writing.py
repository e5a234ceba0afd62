"""How exports are written: tables as text, archives, numbers and dates as French screens show them."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

Totals = dict[str, float]
_MONTHS = ("janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc.")
_ZIP_TIME = (2020, 1, 1, 0, 0, 0)


def add(totals: Totals, **values: float) -> None:
    """Add a row's values to the sums."""
    for name, value in values.items():
        totals[name] = round(totals[name] + value, 6)


def table(headers: str, rows: Iterable[Sequence[str]], delimiter: str) -> str:
    """Delimited text; ``headers`` are divided by semicolons."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    writer.writerow(headers.split(";"))
    writer.writerows(rows)
    return out.getvalue()


def zipped(path: Path, files: dict[str, bytes]) -> None:
    """The same files give the same archive, whenever it is made."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, _ZIP_TIME)
            entry.create_system = 3  # not the one that it is made on
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, data, compresslevel=9)


def comma(value: float) -> str:
    """1 234,50 with a no-break space."""
    return f"{value:,.2f}".replace(",", "\u00a0").replace(".", ",")


def spaced(value: float) -> str:
    """A whole number, 1 234."""
    return f"{value:,.0f}".replace(",", "\u00a0")


def percent(share: float) -> str:
    """2,50 %."""
    return f"{share * 100:.2f}".replace(".", ",") + "\u00a0%"


def rate(share: float) -> str:
    """2.50%, which some platforms write on French screens too."""
    return f"{share:.2%}"


def in_words(day: date) -> str:
    """1 janv. 2026."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
