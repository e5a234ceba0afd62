"""Rows become measures by period and group, each in its own way; what can't be known is null with a reason."""

from __future__ import annotations

import datetime as dt
import math
import statistics
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xlkpi.cadence import CODES, Cadence
from xlkpi.catalogue import Measure
from xlkpi.errors import SourceError
from xlkpi.language import languages
from xlkpi.sources.aggregate import Aggregated, aggregate, grains
from xlkpi.sources.table import Columns, Table, from_arrow, from_parquet

WEEKLY, MONTHLY, DAILY = Cadence("weekly"), Cadence("monthly"), Cadence("daily")


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def table(columns: dict[str, list[Any]], meaning: Columns | None = None) -> Table:
    """Rows whose ``date`` is given as text; None columns keep the type of a number."""
    typed = {n: [day(v) if v else None for v in vs] if n in ("date", "date_end") else vs for n, vs in columns.items()}
    return from_arrow(pa.table(typed), meaning)


def column(result: Aggregated, measure: str) -> list[float | None]:
    return list(result.table[measure].to_pylist())


def reasons(result: Aggregated, measure: str) -> list[str | None]:
    return [result.reason(measure, i) for i in range(result.table.num_rows)]


def code_of(error: pytest.ExceptionInfo[SourceError]) -> list[str]:
    for language in languages():
        assert error.value.text(language)
    return [problem.code for problem in error.value.problems]


# --- periods ---------------------------------------------------------------------------------------------------------


def test_a_week_begins_on_monday_also_across_the_end_of_a_year() -> None:
    found = aggregate(
        table({"date": ["2024-12-29", "2024-12-30", "2025-01-05", "2025-01-06"], "sessions": [1.0, 2.0, 4.0, 8.0]}),
        WEEKLY,
    )
    assert found.periods == [day("2024-12-23"), day("2024-12-30"), day("2025-01-06")]
    assert column(found, "sessions") == [1, 6, 8]


def test_quarters_and_years_follow_the_fiscal_year() -> None:
    rows = table({"date": ["2025-03-31", "2025-04-01", "2025-06-30", "2026-03-31"], "sessions": [1.0, 2.0, 4.0, 8.0]})
    yearly = aggregate(rows, Cadence("yearly", 4))
    assert list(zip(yearly.periods, column(yearly, "sessions"), strict=True)) == [
        (day("2024-04-01"), 1),
        (day("2025-04-01"), 14),
    ]
    quarterly = aggregate(rows, Cadence("quarterly", 2))
    assert quarterly.periods[:2] == [day("2025-02-01"), day("2025-05-01")]
    assert column(quarterly, "sessions")[:2] == [3, 4]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.dates(dt.date(1900, 1, 1), dt.date(2100, 12, 31)), min_size=1, max_size=8),
    st.sampled_from(CODES),
    st.integers(1, 12),
)
def test_every_row_falls_into_the_period_that_the_calendar_says(days: list[dt.date], code: Any, month: int) -> None:
    cadence = Cadence(code, month)
    found = aggregate(from_arrow(pa.table({"date": days, "sessions": [1.0] * len(days)})), cadence, fill=False)
    wanted: dict[dt.date, float] = {}
    for d in days:
        wanted[cadence.start_of(d)] = wanted.get(cadence.start_of(d), 0) + 1
    assert dict(zip(found.periods, column(found, "sessions"), strict=True)) == wanted


def test_a_period_without_rows_is_null_and_not_zero() -> None:
    found = aggregate(table({"date": ["2026-01-01", "2026-01-04"], "sessions": [5.0, 0.0]}), DAILY)
    assert column(found, "sessions") == [5, None, None, 0]
    assert reasons(found, "sessions") == [None, "missing", "missing", None]


def test_the_calendar_runs_between_the_given_days_and_rows_outside_do_not_count() -> None:
    rows = table({"date": ["2026-01-01", "2026-02-10", "2026-02-20"], "sessions": [1.0, 2.0, 4.0]})
    found = aggregate(rows, MONTHLY, first=day("2026-02-01"), last=day("2026-03-15"))
    assert found.periods == [day("2026-02-01"), day("2026-03-01")]
    assert column(found, "sessions") == [6, None]
    assert column(aggregate(rows, MONTHLY, last=day("2026-02-10")), "sessions") == [1, 2]


def test_a_selection_keeps_the_calendar_of_the_whole_source_so_that_a_silent_channel_is_seen() -> None:
    rows = table({"date": ["2026-01-01", "2026-03-01"], "channel": ["a", "b"], "sessions": [1.0, 2.0]})
    found = aggregate(rows, MONTHLY, where={"channel": "a"})
    assert column(found, "sessions") == [1, None, None]


def test_a_table_without_rows_gives_empty_periods() -> None:
    empty = from_arrow(pa.table({"date": pa.array([], pa.date32()), "sessions": pa.array([], pa.float64())}))
    assert aggregate(empty, MONTHLY).table.num_rows == 0
    assert aggregate(empty, MONTHLY, by=()).provenance.rows == 0
    given_days = aggregate(empty, MONTHLY, first=day("2026-01-01"), last=day("2026-02-01"))
    assert column(given_days, "sessions") == [None, None]


def test_rows_without_a_date_are_left_out_and_counted() -> None:
    found = aggregate(table({"date": ["2026-01-01", None], "sessions": [1.0, 2.0]}), MONTHLY)
    assert column(found, "sessions") == [1]
    assert (found.provenance.rows, found.provenance.rows_used, found.provenance.rows_undated) == (2, 1, 1)


# --- ways to aggregate -----------------------------------------------------------------------------------------------


def test_a_group_of_nulls_stays_null_and_nan_is_null() -> None:
    rows = table({"date": ["2026-01-01"] * 4, "channel": ["a", "a", "b", "b"], "sessions": [None, math.nan, 1.0, None]})
    assert column(aggregate(rows, MONTHLY, by=["channel"]), "sessions") == [None, 1]


def test_a_missing_dimension_is_a_group_of_its_own_after_the_others() -> None:
    rows = table({"date": ["2026-01-01"] * 3, "channel": [None, "b", "a"], "sessions": [1.0, 2.0, 4.0]})
    found = aggregate(rows, MONTHLY, by=["channel"])
    assert found.table["channel"].to_pylist() == ["a", "b", None]
    assert column(found, "sessions") == [4, 2, 1]
    assert column(aggregate(rows, MONTHLY, where={"channel": [None, "a"]}), "sessions") == [5]


def test_stocks_take_the_last_day_of_each_account_and_add_the_accounts_up() -> None:
    rows = table(
        {
            "date": ["2026-01-05", "2026-01-30", "2026-01-20", "2026-02-01", "2026-02-02"],
            "channel": ["x", "x", "y", "x", "y"],
            "followers": [100.0, 110.0, 50.0, 120.0, 60.0],
        }
    )
    assert column(aggregate(rows, MONTHLY), "followers") == [160, 180]
    assert column(aggregate(rows, MONTHLY, by=["channel"]), "followers") == [110, 120, 50, 60]


def test_the_last_day_of_a_stock_is_the_last_one_with_a_value() -> None:
    rows = table({"date": ["2026-01-05", "2026-01-30"], "followers": [100.0, None]})
    assert column(aggregate(rows, MONTHLY), "followers") == [100]


def test_a_total_of_stocks_lacking_an_account_that_reported_before_is_unknown() -> None:
    rows = table(
        {
            "date": ["2026-01-05", "2026-01-05", "2026-02-05"],
            "channel": ["x", "y", "x"],
            "followers": [100.0, 50.0, 110.0],
        }
    )
    found = aggregate(rows, MONTHLY)
    assert column(found, "followers") == [150, None]
    assert reasons(found, "followers") == [None, "stock_gap"]
    assert column(aggregate(rows, MONTHLY, by=["channel"]), "followers") == [100, 110, 50, None]


def test_an_account_that_ended_with_zero_or_that_begins_later_leaves_no_gap() -> None:
    rows = table(
        {
            "date": ["2026-01-05", "2026-01-05", "2026-02-05", "2026-02-05", "2026-03-05", "2026-03-05"],
            "channel": ["x", "y", "x", "y", "x", "z"],
            "followers": [100.0, 50.0, 110.0, 0.0, 120.0, 5.0],
        }
    )
    assert column(aggregate(rows, MONTHLY), "followers") == [150, 110, 125]


def test_a_mean_is_weighted_by_its_measure_and_never_a_mean_of_means() -> None:
    rows = table({"date": ["2026-01-05", "2026-01-06"], "position": [2.0, 10.0], "search_impressions": [900.0, 100.0]})
    assert column(aggregate(rows, MONTHLY), "position") == [pytest.approx(2.8)]


def test_a_mean_without_its_weight_is_known_for_one_row_only() -> None:
    rows = table({"date": ["2026-01-05", "2026-02-05", "2026-02-06"], "position": [2.0, 4.0, 6.0]})
    found = aggregate(rows, MONTHLY)
    assert column(found, "position") == [2, None]
    assert reasons(found, "position") == [None, "no_weight"]


def test_a_mean_over_a_row_whose_weight_is_missing_is_unknown() -> None:
    rows = table({"date": ["2026-01-05", "2026-01-06"], "position": [2.0, 10.0], "search_impressions": [900.0, None]})
    assert reasons(aggregate(rows, MONTHLY), "position") == ["no_weight"]


def test_a_mean_of_ratings_counts_each_row_once_when_the_weight_counts_rows() -> None:
    rows = table(
        {"date": ["2026-01-05"] * 3, "stars": [5.0, 4.0, 3.0]}, Columns(measures={"rating": "stars", "reviews": 1})
    )
    found = aggregate(rows, MONTHLY)
    assert column(found, "rating") == [4]
    assert column(found, "reviews") == [3]


@given(
    st.lists(
        st.tuples(
            st.dates(dt.date(2026, 1, 1), dt.date(2026, 3, 31)),
            st.sampled_from(["a", "b", None]),
            st.none() | st.floats(-1e6, 1e6),
        ),
        min_size=1,
        max_size=30,
    )
)
@settings(max_examples=40, deadline=None)
def test_a_median_is_the_middle_of_the_rows_at_every_grain(found: list[tuple[Any, ...]]) -> None:
    days, channels, values = (list(column_) for column_ in zip(*found, strict=True))
    given_ = pa.table({"date": days, "channel": pa.array(channels, pa.string()), "v": pa.array(values, pa.float64())})
    known = {"basket": Measure("basket", {"en": "Median basket"}, "currency", "median")}
    rows = from_arrow(given_, Columns(measures={"basket": "v"}, dimensions=["channel"]), known=known)
    for by, result in grains(rows, MONTHLY, by=[(), ("channel",)]).items():
        for i, start in enumerate(result.periods):
            group = result.table["channel"][i].as_py() if by else None
            inside = [v for d, c, v in found if v is not None and d.month == start.month and (not by or c == group)]
            wanted = statistics.median(inside) if inside else None
            shown = column(result, "basket")[i]
            assert shown == (None if wanted is None else pytest.approx(wanted, rel=1e-12, abs=1e-9))


def test_people_that_were_counted_before_do_not_add_up() -> None:
    rows = table(
        {
            "date": ["2026-01-05", "2026-01-06", "2026-01-12", "2026-01-20"],
            "channel": ["x", "y", "x", "x"],
            "reach": [10.0, 20.0, 30.0, 5.0],
        }
    )
    found = aggregate(rows, WEEKLY)
    assert column(found, "reach") == [None, 30, 5]
    assert reasons(found, "reach") == ["people", None, None]
    assert column(aggregate(rows, WEEKLY, by=["channel"]), "reach") == [10, 30, 5, 20, None, None]
    assert reasons(aggregate(rows, MONTHLY, by=["channel"]), "reach") == ["people", None]


def test_a_row_of_nobody_may_stand_beside_a_row_of_people() -> None:
    rows = table({"date": ["2026-01-05", "2026-01-06"], "reach": [10.0, 0.0]})
    assert column(aggregate(rows, WEEKLY), "reach") == [10]


def test_a_row_of_unknown_people_makes_the_group_unknown() -> None:
    rows = table({"date": ["2026-01-05", "2026-01-06"], "reach": [10.0, None]})
    assert reasons(aggregate(rows, WEEKLY), "reach") == ["people"]


def test_identified_people_are_counted_once_at_every_grain_and_selection() -> None:
    rows = table(
        {
            "date": ["2026-01-05", "2026-01-06", "2026-01-13", "2026-01-13", "2026-01-14"],
            "channel": ["x", "y", "x", "x", "y"],
            "user": ["ann", "ann", "ann", "bob", None],
        },
        Columns(measures={"visitors": {"distinct": "user"}}, dimensions=["channel"]),
    )
    found = grains(rows, MONTHLY, by=[(), ("channel",)])
    assert column(found[()], "visitors") == [2]
    assert column(found[("channel",)], "visitors") == [2, 1]
    assert column(aggregate(rows, WEEKLY, by=["channel"]), "visitors") == [1, 2, 1, None]
    assert column(aggregate(rows, WEEKLY, where={"channel": "y"}), "visitors") == [1, None]


def test_a_column_of_text_for_people_is_counted_and_not_added() -> None:
    rows = table({"date": ["2026-01-05"] * 3, "user": ["a", "b", "a"]}, Columns(measures={"visitors": "user"}))
    assert column(aggregate(rows, MONTHLY), "visitors") == [2]


def test_truth_columns_and_numbers_can_be_dimensions_and_flags_can_be_added() -> None:
    rows = table(
        {"date": ["2026-01-05"] * 4, "new": [True, False, None, True], "shop": [7, 7, 12, None]},
        Columns(measures={"orders": 1, "leads": "new"}, dimensions=["new", "shop"]),
    )
    found = aggregate(rows, MONTHLY, by=["new"])
    assert found.table["new"].to_pylist() == ["false", "true", None]
    assert column(found, "orders") == [1, 2, 1]
    assert column(found, "leads") == [0, 2, None]
    assert aggregate(rows, MONTHLY, by=["shop"]).table["shop"].to_pylist() == ["12", "7", None]
    assert column(aggregate(rows, MONTHLY, where={"shop": 7, "new": True}), "orders") == [1]


# --- rows that cover several days ------------------------------------------------------------------------------------


def test_a_row_that_covers_several_periods_leaves_all_of_them_unknown() -> None:
    rows = table(
        {
            "date": ["2026-01-05", "2026-01-12", "2026-01-10", "2026-02-02"],
            "date_end": ["2026-01-05", "2026-01-12", "2026-01-20", "2026-02-08"],
            "channel": ["a", "a", "b", "a"],
            "sessions": [1.0, 2.0, 40.0, 8.0],
        }
    )
    found = aggregate(rows, WEEKLY)
    assert column(found, "sessions") == [None, None, None, None, 8]
    assert reasons(found, "sessions") == ["spans", "spans", "spans", "missing", None]
    assert column(aggregate(rows, WEEKLY, by=["channel"]), "sessions")[:5] == [1, 2, None, None, 8]
    assert column(aggregate(rows, MONTHLY), "sessions") == [43, 8]


def test_a_row_that_reaches_beyond_the_days_that_count_leaves_its_period_unknown() -> None:
    rows = table(
        {
            "date": ["2026-01-05", "2026-01-25", "2026-02-10", "2026-03-30"],
            "date_end": ["2026-01-05", "2026-02-03", "2026-02-10", "2026-04-02"],
            "sessions": [1.0, 2.0, 4.0, 8.0],
        }
    )
    found = aggregate(rows, MONTHLY, first=day("2026-02-01"), last=day("2026-03-31"))
    assert found.periods == [day("2026-02-01"), day("2026-03-01")]
    assert reasons(found, "sessions") == ["spans", "spans"]
    assert column(aggregate(rows, MONTHLY, last=day("2026-01-31")), "sessions") == [None]
    assert column(aggregate(rows, MONTHLY, first=day("2026-02-04"), last=day("2026-03-29")), "sessions") == [4, None]


# --- properties ------------------------------------------------------------------------------------------------------

ROWS = st.lists(
    st.tuples(
        st.dates(dt.date(2025, 1, 1), dt.date(2025, 3, 31)),
        st.sampled_from(["a", "b", None]),
        st.none() | st.integers(0, 1000).map(float),
        st.none() | st.sampled_from(["u", "v", "w"]),
    ),
    min_size=1,
    max_size=25,
)


@settings(max_examples=40, deadline=None)
@given(ROWS)
def test_sums_add_up_over_groups_and_people_do_not_exceed_them(found: list[tuple[Any, ...]]) -> None:
    dates, channels, sessions, users = map(list, zip(*found, strict=True))
    made = pa.table(
        {
            "date": dates,
            "channel": pa.array(channels, pa.string()),
            "s": pa.array(sessions, pa.float64()),
            "u": pa.array(users, pa.string()),
        }
    )
    rows = from_arrow(made, Columns(measures={"sessions": "s", "visitors": {"distinct": "u"}}, dimensions=["channel"]))
    by_grain = grains(rows, MONTHLY, by=[(), ("channel",)])
    whole, parts = by_grain[()], by_grain[("channel",)]
    for i, period in enumerate(whole.periods):
        here = [j for j, p in enumerate(parts.periods) if p == period]
        for measure in ("sessions", "visitors"):
            pieces = [v for j in here if (v := column(parts, measure)[j]) is not None]
            total = column(whole, measure)[i]
            if not pieces:
                assert total is None
            elif measure == "sessions":
                assert total == sum(pieces)
            else:
                assert total is not None
                assert max(pieces) <= total <= sum(pieces)


# --- what is refused -------------------------------------------------------------------------------------------------


def test_all_mistakes_in_the_columns_are_told_at_once_with_the_nearest_name() -> None:
    with pytest.raises(SourceError) as caught:
        table(
            {"date": ["2026-01-05"], "Channel": ["a"], "text": ["x"], "half": [0.5], "n": [1.0]},
            Columns(
                "dat",
                {"sessions": "text", "nonsense": "n", "followers": 1, "reach": {"of": "n"}, "visitors": 1},
                ["channel", "half"],
            ),
        )
    assert code_of(caught) == [
        "source_column_unknown_nearest",
        "source_column_unknown_nearest",
        "source_dimension_type",
        "source_measure_type",
        "source_measure_unknown",
        "source_measure_rows",
        "source_measure_form",
        "source_measure_rows",
    ]


def test_a_selection_is_refused_when_its_names_or_values_do_not_fit() -> None:
    rows = table({"date": ["2026-01-05"], "channel": ["a"], "sessions": [1.0]})
    for question in ({"where": {"chanel": "a"}}, {"by": ["chanel"]}, {"measures": ["sesions"]}):
        with pytest.raises(SourceError) as caught:
            aggregate(rows, MONTHLY, **question)
        assert code_of(caught) == ["source_column_unknown_nearest"]
    with pytest.raises(SourceError) as caught:
        aggregate(rows, MONTHLY, first=day("2026-02-01"), last=day("2026-01-01"))
    assert code_of(caught) == ["source_days_swapped"]


def test_a_date_of_the_year_9999_is_told_instead_of_making_millions_of_periods() -> None:
    rows = table({"date": ["2026-01-05", "9999-12-31"], "sessions": [1.0, 2.0]})
    with pytest.raises(SourceError) as caught:
        aggregate(rows, DAILY)
    assert code_of(caught) == ["source_periods"]
    assert column(aggregate(rows, DAILY, last=day("2026-01-06")), "sessions") == [1, None]


def test_a_result_of_millions_of_rows_is_refused() -> None:
    made = pa.table(
        {"date": [day("2020-01-01"), day("2025-12-31")] * 1500, "c": [f"c{i}" for i in range(3000)], "n": [1.0] * 3000}
    )
    rows = from_arrow(made, Columns(measures={"sessions": "n"}, dimensions=["c"]))
    with pytest.raises(SourceError) as caught:
        aggregate(rows, DAILY, by=["c"])
    assert code_of(caught) == ["source_result_rows"]
    assert aggregate(rows, DAILY, by=["c"], fill=False).table.num_rows == 3000


# --- where it comes from ---------------------------------------------------------------------------------------------


def test_provenance_tells_rows_days_selection_and_what_has_no_value() -> None:
    rows = table({"date": ["2026-01-05", "2026-01-06", None], "channel": ["a", "a", "b"], "reach": [1.0, 2.0, 3.0]})
    found = aggregate(rows, WEEKLY, where={"channel": ["a"]}).provenance
    assert found.as_json() == {
        "source": "table",
        "engine": "duckdb",
        "cadence": "weekly",
        "fiscal_year_start": 1,
        "by": (),
        "where": {"channel": ("a",)},
        "rows": 3,
        "rows_undated": 1,
        "rows_used": 2,
        "groups": 1,
        "rows_out": 1,
        "first": "2026-01-05",
        "last": "2026-01-06",
        "unavailable": ({"measure": "reach", "reason": "people", "rows": 1},),
    }
    assert "reach : pas de valeur dans 1 ligne, car des personnes" in found.text("fr").replace("\u00a0", " ")
    assert "channel: a" in found.text("en")


def test_parquet_files_are_read_by_a_pattern_and_moments_fall_on_their_day(tmp_path: Any) -> None:
    import pyarrow.parquet as pq

    for month in (1, 2):
        moments = pa.array([dt.datetime(2026, month, 28, 23, 59), dt.datetime(2026, month, 1)], pa.timestamp("us"))
        pq.write_table(pa.table({"at": moments, "total": [1.5, 2.0]}), tmp_path / f"orders{month}.parquet")
    rows = from_parquet(tmp_path / "orders*.parquet", Columns("at", {"revenue": "total", "orders": 1}))
    found = aggregate(rows, MONTHLY)
    assert column(found, "revenue") == [3.5, 3.5]
    assert column(found, "orders") == [2, 2]
    zoned = pa.table({"at": pa.array([dt.datetime(2026, 1, 31, 23, 30)], pa.timestamp("us", "UTC")), "total": [1.0]})
    pq.write_table(zoned, tmp_path / "zoned.parquet")
    paris = from_parquet(tmp_path / "zoned.parquet", Columns("at", {"revenue": "total"}), timezone="Europe/Paris")
    assert aggregate(paris, MONTHLY).periods == [day("2026-02-01")]


def test_parquet_that_is_not_there_is_a_clear_error(tmp_path: Any) -> None:
    with pytest.raises(SourceError) as caught:
        from_parquet(tmp_path / "none*.parquet", Columns("at", {}))
    assert code_of(caught) == ["source_query_failed"]
