"""KPIs are ratios of aggregated measures, so that a rate is weighted by its own denominator."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pyarrow as pa
import pytest

from xlkpi.cadence import Cadence
from xlkpi.catalogue import catalogue
from xlkpi.errors import SourceError
from xlkpi.formula import NoData
from xlkpi.sources.aggregate import aggregate
from xlkpi.sources.table import Columns, Table, from_arrow
from xlkpi.sources.values import kpi_values, measures_of

MONTHLY = Cadence("monthly")


def table(columns: dict[str, list[Any]], meaning: Columns | None = None) -> Table:
    return from_arrow(
        pa.table({n: [dt.date.fromisoformat(v) for v in vs] if n == "date" else vs for n, vs in columns.items()}),
        meaning,
    )


def test_an_engagement_rate_is_weighted_by_sessions_and_is_not_the_mean_of_rates() -> None:
    sessions, engaged = [1000.0, 10.0], [100.0, 9.0]
    rows = table(
        {
            "date": ["2026-01-05", "2026-01-06"],
            "channel": ["ads", "mail"],
            "engaged_sessions": engaged,
            "sessions": sessions,
        }
    )
    found = kpi_values("engaged_rate", aggregate(rows, MONTHLY), catalogue()).values
    mean_of_rates = sum(e / s for e, s in zip(engaged, sessions, strict=True)) / 2
    assert found.tolist() == [pytest.approx(109 / 1010)]
    assert mean_of_rates == pytest.approx(0.5)
    by_channel = kpi_values("engaged_rate", aggregate(rows, MONTHLY, by=["channel"]), catalogue()).values
    assert by_channel.tolist() == [pytest.approx(0.1), pytest.approx(0.9)]


def test_a_kpi_of_the_period_before_never_reads_another_group() -> None:
    rows = table(
        {
            "date": ["2026-01-05", "2026-02-05", "2026-02-06", "2026-03-05"],
            "channel": ["a", "a", "b", "b"],
            "revenue": [100.0, 150.0, 10.0, 30.0],
        }
    )
    found = kpi_values("revenue_growth", aggregate(rows, MONTHLY, by=["channel"]), catalogue())
    assert found.table()["revenue_growth"].to_pylist() == [
        None,
        pytest.approx(0.5),
        None,
        None,
        None,
        pytest.approx(2.0),
    ]
    assert found.reasons[0] is NoData.MISSING


def test_a_period_that_is_not_the_one_before_is_not_compared_with() -> None:
    rows = table({"date": ["2026-01-05", "2026-03-05"], "revenue": [100.0, 150.0]})
    assert kpi_values("revenue_growth", aggregate(rows, MONTHLY, fill=False), catalogue()).table()[
        "revenue_growth"
    ].to_pylist() == [None, None]


def test_a_share_compares_with_all_groups_of_the_same_period() -> None:
    rows = table(
        {"date": ["2026-01-05", "2026-01-06", "2026-02-06"], "channel": ["a", "b", "b"], "sessions": [30.0, 70.0, 5.0]}
    )
    share = next(
        k.id
        for k in catalogue().values()
        if [(i.measure, i.of) for i in k.inputs.values()] == [("sessions", "selection"), ("sessions", "all")]
    )
    parts, everything = aggregate(rows, MONTHLY, by=["channel"]), aggregate(rows, MONTHLY)
    found = kpi_values(share, parts, catalogue(), everything=everything).table()[share].to_pylist()
    assert found == [pytest.approx(0.3), None, pytest.approx(0.7), 1]
    with pytest.raises(SourceError) as caught:
        kpi_values(share, parts, catalogue())
    assert caught.value.problems[0].code == "source_needs_all"
    assert caught.value.text("fr")


def test_a_zero_denominator_gives_no_data_with_its_reason() -> None:
    rows = table({"date": ["2026-01-05", "2026-02-05"], "engaged_sessions": [0.0, 1.0], "sessions": [0.0, 2.0]})
    found = kpi_values("engaged_rate", aggregate(rows, MONTHLY), catalogue())
    assert found.reasons == {0: NoData.ZERO_DIVISION}
    assert found.table()["engaged_rate"].to_pylist() == [None, 0.5]


def test_a_measure_that_no_source_delivers_is_named() -> None:
    rows = table({"date": ["2026-01-05"], "sessions": [1.0]})
    with pytest.raises(SourceError) as caught:
        kpi_values("engaged_rate", aggregate(rows, MONTHLY), catalogue())
    assert caught.value.problems[0].values["measure"] == "engaged_sessions"
    assert caught.value.text("en")


def one_row(kpi: str) -> tuple[Table, dict[str, float]] | None:
    """The worked example of a KPI as rows of a source; None where a single row can't carry it."""
    entry = catalogue()[kpi]
    plain = all(
        i.at == "current" and i.of == "selection" and i.measure in catalogue().measures for i in entry.inputs.values()
    )
    inputs = [i.measure for i in entry.inputs.values()]
    if not plain or len(set(inputs)) < len(inputs) or any(isinstance(v, tuple) for v in entry.arguments.values()):
        return None
    values = {i.measure: float(entry.arguments[a]) for a, i in entry.inputs.items()}  # type: ignore[arg-type]
    columns: dict[str, list[Any]] = {"date": ["2026-01-05"], **{m: [v] for m, v in values.items()}}
    return table(columns), values


ONE_ROW = [kpi for kpi in catalogue() if one_row(kpi)]


def test_the_worked_examples_come_out_of_rows_too() -> None:
    assert len(ONE_ROW) > 60
    for kpi in ONE_ROW:
        made = one_row(kpi)
        assert made
        found = kpi_values(kpi, aggregate(made[0], MONTHLY, measures_of(kpi, catalogue())), catalogue())
        assert found.values.tolist() == [pytest.approx(catalogue()[kpi].result)], kpi
