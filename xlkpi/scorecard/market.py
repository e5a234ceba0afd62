"""What is known of competitors: from the project file, or from a table of its own."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from xlkpi.errors import DefinitionError, Problem
from xlkpi.objectives.context import CompetitorFile
from xlkpi.scorecard.model import Scorecard

MOST_ROWS, MOST_BYTES = 500, 2_000_000


@dataclass(frozen=True)
class Rival:
    """A figure of a competitor; ``figure`` is an objective, a measure, or a word of one's own."""

    name: str
    figure: str
    value: float
    date: date | None
    source: str


def rivals(card: Scorecard) -> tuple[Rival, ...]:
    """The figures of competitors. Raises DefinitionError for a file that can't be read as such."""
    given = card.project.competitors
    if isinstance(given, CompetitorFile):
        return _from_file(card, given)
    return tuple(
        Rival(c.name, figure, value, c.date, c.source or "") for c in given for figure, value in c.values.items()
    )


def _from_file(card: Scorecard, given: CompetitorFile) -> tuple[Rival, ...]:
    path = card.project.resolve(given.path)
    place = card.project.setting("competitors", "path")

    def refuse(reason: str) -> DefinitionError:
        return DefinitionError(Problem("competitors_file", {"reason": reason}, place))

    if not path.resolve().is_relative_to(card.project.folder.resolve()):
        raise refuse(given.path)
    try:
        text = _text(path)
    except (OSError, UnicodeDecodeError) as error:
        raise refuse(str(error)[:100]) from None
    first = text.partition("\n")[0]
    delimiter = max(";,\t", key=first.count)
    found = []
    for number, row in enumerate(csv.DictReader(io.StringIO(text), delimiter=delimiter), start=2):
        if number > MOST_ROWS + 1:
            raise refuse(f"> {MOST_ROWS}")
        cells = {str(k or "").strip().casefold(): str(v or "").strip() for k, v in row.items() if isinstance(v, str)}
        try:
            found.append(_rival(cells))
        except (KeyError, ValueError):
            raise refuse(f"{path.name}:{number}") from None
    return tuple(found)


def _text(path: Path) -> str:
    if path.stat().st_size > MOST_BYTES:
        raise OSError(f"> {MOST_BYTES // 1_000_000} MB")
    return path.read_text(encoding="utf-8-sig")


def _rival(cells: Mapping[str, str]) -> Rival:
    digits = cells["value"].replace("\u00a0", "").replace("\u202f", "").replace(" ", "")
    value = float(digits if "." in digits else digits.replace(",", "."))
    if not cells["name"] or not cells["measure"] or value - value != 0:
        raise ValueError(cells["name"])
    day = cells.get("date", "")
    return Rival(
        cells["name"], cells["measure"], value, date.fromisoformat(day) if day else None, cells.get("source", "")
    )
