"""The same figure as several sources tell it, month by month."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from xlkpi.cadence import Cadence
from xlkpi.catalogue.model import Translated
from xlkpi.errors import DefinitionError, Problem
from xlkpi.scorecard.data import complete_until
from xlkpi.scorecard.model import Scorecard

#: Months that are kept at most: those of the as-of dates that a workbook offers, and a year before each.
HISTORY = 37


@dataclass(frozen=True)
class Told:
    """What one source tells: by month, NaN where it tells nothing."""

    source: str
    measure: str
    values: tuple[float, ...]


@dataclass(frozen=True)
class Check:
    """A reconciliation: the first of ``told`` is the reference; ``months`` are first days of those that all cover."""

    name: Translated
    tolerance: float
    months: tuple[date, ...]
    told: tuple[Told, ...]


def checks(card: Scorecard) -> tuple[Check, ...]:
    """The project's reconciliations. Raises DefinitionError for a measure that a source does not deliver."""
    monthly, data = Cadence("monthly"), card.data
    end = complete_until(min(card.as_of, data.last or card.as_of), monthly)
    problems = [
        Problem(
            "customers_lack", {"source": source, "name": measure, "known": ", ".join(data.tables[source].forms)},
            card.project.setting("reconcile", number, "of", source),
        )
        for number, given in enumerate(card.project.reconcile)
        for source, measure in given.of.items()
        if source in data.tables and measure not in data.tables[source].forms
    ]  # fmt: skip
    if problems:
        raise DefinitionError(problems)
    if end is None or data.first is None:
        return ()
    made = []
    for given in card.project.reconcile:
        sources = [s for s in given.of if s in data.tables and s in data.spans]
        if len(sources) < 2:  # a workbook for some may lack the others
            continue
        first = monthly.first_whole(max(_back(end, HISTORY), *(data.spans[s][0] for s in sources)))
        months = tuple(monthly.starts(first, end))
        told = []
        for source in sources:
            values: tuple[float, ...] = ()
            if months:
                found = data.aggregated(source, monthly, (), {}, first, end)
                values = tuple(found.values(given.of[source]).tolist())
            told.append(Told(source, given.of[source], values))
        made.append(Check(given.name, given.tolerance, months, tuple(told)))
    return tuple(made)


def _back(end: date, months: int) -> date:
    count = end.year * 12 + end.month - months
    return date(count // 12, count % 12 + 1, 1)
