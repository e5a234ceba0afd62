"""KPIs over aggregated measures: ratios of sums, per period and group."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from xlkpi.catalogue import Catalogue
from xlkpi.errors import Problem, SourceError
from xlkpi.formula import NoData
from xlkpi.sources.aggregate import Aggregated


@dataclass(frozen=True)
class Values:
    """A KPI per row of an :class:`~xlkpi.sources.aggregate.Aggregated`.

    ``values``: numpy float64, NaN for no data. ``of``: the measures whose rows it goes with; ``reasons`` tells, for
    the rows without data, the formula's reason (missing, a zero denominator, impossible). ``inputs``: the column that
    each argument of the KPI was given.
    """

    kpi: str
    values: Any
    of: Aggregated
    reasons: Mapping[int, NoData]
    inputs: Mapping[str, Any]

    def table(self) -> Any:
        """A pyarrow Table of ``period``, the dimensions and the KPI's value."""
        import pyarrow as pa

        kept = self.of.table.select(["period", *self.of.by])
        return kept.append_column(self.kpi, pa.array(self.values, pa.float64(), from_pandas=True))


def measures_of(kpi: str, catalogue: Catalogue) -> tuple[str, ...]:
    """The measures that a KPI needs, those of the KPIs inside it included, each once."""
    found: dict[str, None] = {}
    for given in catalogue.find(kpi).inputs.values():
        inner = measures_of(given.measure, catalogue) if given.measure in catalogue.kpis else (given.measure,)
        found |= dict.fromkeys(inner)
    return tuple(found)


def kpi_values(kpi: str, data: Aggregated, catalogue: Catalogue, *, everything: Aggregated | None = None) -> Values:
    """The values of a KPI from the measures of each period and group.

    ``data`` must hold every period (``fill=True``), for inputs of the period before. ``everything``: the measures of
    all groups together (``by=()``, no ``where``), for KPIs that compare with all; needed only by them, and only where
    ``data`` is not that itself. Ratios are taken
    of the aggregated measures, so a rate over channels is weighted by its denominator, such as sessions.

    Raises SourceError for a measure that the data does not have, EvaluationError for an unknown KPI.
    """
    import numpy as np

    entry = catalogue.find(kpi)
    if everything is None and not data.by and not data.provenance.where:
        everything = data
    columns: dict[str, Any] = {}
    for argument, given in entry.inputs.items():
        source = data
        if given.of == "all":
            if everything is None or everything.by:
                raise SourceError(Problem("source_needs_all", {"kpi": entry.id, "measure": given.measure}))
            source = everything
        if given.measure in catalogue.kpis:
            column = kpi_values(given.measure, source, catalogue, everything=everything).values
        elif given.measure in source.measures:
            column = source.values(given.measure)
        else:
            raise SourceError(Problem("source_measure_missing", {"kpi": entry.id, "measure": given.measure}))
        if given.at != "current":
            column = _before(column, source)
        columns[argument] = column if source is data else _spread(column, source, data)
    rows = len(data.table)
    if entry.compiled.adds_rows:
        values = np.array([entry(**{a: [c[i]] for a, c in columns.items()}) for i in range(rows)], dtype=np.float64)
    else:
        values = np.broadcast_to(np.asarray(entry(**columns), dtype=np.float64), (rows,)).copy()
    reasons = {int(i): _why(entry.outcome(**_row(columns, i))) for i in np.flatnonzero(np.isnan(values))}
    return Values(entry.id, values, data, reasons, columns)


def _row(columns: Mapping[str, Any], row: Any) -> dict[str, float | None]:
    return {name: None if column[row] != column[row] else float(column[row]) for name, column in columns.items()}


def _why(outcome: float | NoData) -> NoData:
    return outcome if isinstance(outcome, NoData) else NoData.MISSING


def _before(column: Any, data: Aggregated) -> Any:
    """The column one period earlier in each group; nothing at the first period."""
    import numpy as np

    earlier = np.full(len(column), np.nan)
    earlier[1:] = column[:-1]
    periods = data.table["period"].to_numpy()
    previous = [data.cadence.previous_start(day) for day in _unique(periods)]
    wanted = np.array(previous, dtype="datetime64[D]")[np.searchsorted(np.unique(periods), periods)]
    begins = np.ones(len(column), dtype=bool)
    begins[1:] = periods[:-1].astype("datetime64[D]") != wanted[1:]
    earlier[begins] = np.nan
    return earlier


def _unique(periods: Any) -> Iterable[date]:
    import numpy as np

    return list(np.unique(periods).astype("datetime64[D]").tolist())


def _spread(column: Any, source: Aggregated, data: Aggregated) -> Any:
    """A column of all groups together, put beside each group's rows of the same period."""
    import numpy as np

    at = dict(zip(source.periods, column.tolist(), strict=True))
    return np.array([at.get(period, np.nan) for period in data.periods], dtype=np.float64)
