"""Tables of a warehouse read with a platform's preset: the same numbers in a database as from a file."""

from __future__ import annotations

import importlib.util
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.engines import require
from tests.warehouse_tables import TABLES
from xlkpi.cadence import Cadence
from xlkpi.catalogue import catalogue
from xlkpi.errors import SourceError
from xlkpi.language import languages
from xlkpi.sources import Source, read
from xlkpi.sources.aggregate import aggregate
from xlkpi.sources.connection import Connection, connect
from xlkpi.sources.report import Report
from xlkpi.sources.table import Table, from_arrow
from xlkpi.sources.warehouse import from_preset

MARCH = Cadence("monthly")


@pytest.fixture(scope="module", params=["duckdb", "sqlite"])
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Connection:
    folder: Path = tmp_path_factory.mktemp(request.param)
    made: Any
    if request.param == "duckdb":
        import duckdb

        made = duckdb.connect(str(folder / "w.db"))
    else:
        if importlib.util.find_spec("regex") is None:
            require("the sqlite extra of ibis is not installed: pip install 'ibis-framework[sqlite]'")
        made = sqlite3.connect(folder / "w.db")
    for name, table in TABLES.items():
        made.execute(table.create(name))
        made.executemany(table.insert(name), table.rows)
    made.execute("CREATE TABLE charge_text (id text, amount text, amount_refunded text, balance_transaction_id text, "
                 "captured text, created text, currency text, status text)")  # fmt: skip
    made.execute('CREATE TABLE "screen" ("Day" date, "Impr." bigint, "Cost" double precision, "CTR" double precision, '
                 '"Avg. CPC" double precision)')  # fmt: skip
    made.commit()
    made.close()
    return connect(f"{request.param}://w.db", folder=folder)


def opened(connection: Connection, name: str, preset: str | None = "auto", **more: Any) -> tuple[Table, Report]:
    source = Source(preset=preset, rates=more.pop("rates", {}), measures=more.pop("measures", {}))
    how = {"table": name, "currency": "EUR", "label": name, "known": catalogue().measures, **more}
    return from_preset(connection, source, **how)


def sums(table: Table) -> dict[str, float]:
    found = aggregate(table, MARCH)
    return {name: float(found.values(name)[0]) for name in found.measures}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_gives_the_same_numbers_as_a_file_of_its_rows(engine: Connection, name: str, tmp_path: Path) -> None:
    expected = TABLES[name]
    table, report = opened(engine, name, rates=expected.rates)
    path = expected.write_csv(tmp_path / f"{name}.csv")
    reading = read(Source(path=str(path), rates=expected.rates), currency="EUR", salt=b"test")
    about, of_file = report.files[0], reading.report.files[0]
    assert sums(table) == pytest.approx(expected.sums)
    assert sums(from_arrow(reading.table)) == pytest.approx(expected.sums)
    assert (about.preset, about.export) == (of_file.preset, of_file.export) == (expected.preset, about.export)
    for told in (about, of_file):
        counts: dict[str, int] = {}
        for part in told.aside:
            counts[part.reason] = counts.get(part.reason, 0) + part.count
        counts.pop("duplicate", None)
        assert counts == expected.aside
    assert (about.first, about.last) == (of_file.first, of_file.last)
    assert {m.target for m in about.mapped} <= {m.target for m in of_file.mapped} | {"currency"}
    assert about.missing == of_file.missing
    assert {i.column for i in about.ignored} | {p.column for p in about.personal} == (
        {i.column for i in of_file.ignored} | {p.column for p in of_file.personal}
    )
    assert all(report.text(language) for language in languages())
    assert report.as_json()["files"][0]["preset"] == expected.preset


def test_a_customer_is_in_no_column_of_the_table(engine: Connection) -> None:
    table, report = opened(engine, "gql_order", rates={"USD": 0.9})
    assert table.dimensions == ("platform",)
    assert [(p.column, p.done) for p in report.files[0].personal] == [("customer_id", "dropped")]


def test_currencies_without_a_rate_are_refused(engine: Connection) -> None:
    with pytest.raises(SourceError) as caught:
        opened(engine, "gql_order")
    assert caught.value.problems[0].code == "source_currencies"


def test_rows_are_selected_by_columns_of_the_table_or_by_dimensions(engine: Connection) -> None:
    by_column, _ = opened(engine, "campaign_stats", where={"device": "MOBILE", "id": 1})
    by_dimension, _ = opened(engine, "campaign_stats", where={"channel": "paid_social"})
    assert sums(by_column)["clicks"] == 3
    assert aggregate(by_dimension, MARCH).table.num_rows == 0


def test_a_column_that_the_source_names_goes_before_the_preset(engine: Connection) -> None:
    table, _ = opened(engine, "campaign_stats", "google_ads", measures={"clicks": "interactions"})
    assert sums(table)["clicks"] == 8


def test_the_rows_of_a_query_are_known_by_their_columns_too(engine: Connection) -> None:
    table, report = opened(engine, "x", table=None, query="SELECT * FROM campaign_stats WHERE clicks > 3")
    assert (sums(table)["spend"], report.files[0].file) == (2, "query")


def test_a_table_of_which_no_row_is_asked_for_may_be_empty_where_that_is_said(engine: Connection) -> None:
    table, report = opened(engine, "charge", where={"status": "unheard_of"}, empty=True)
    assert aggregate(table, MARCH).table.num_rows == 0
    assert report.is_empty


@pytest.mark.parametrize(
    ("name", "more", "code"),
    [
        ("screen", {}, "source_preset_in_database"),
        ("charge_text", {}, "source_preset_type"),
        ("campaign_stats", {"preset": "stripe"}, "source_preset_differs"),
        ("charge", {"where": {"status": "failed"}}, "source_nothing_kept"),
        ("charge", {"where": {"status": "unheard_of"}}, "source_no_rows"),
        ("basic_ad_actions", {"where": {"action_type": "link_click"}}, "source_no_such_rows"),
        ("x", {"table": None, "query": "SELECT * FROM basic_ad_actions"}, "source_preset_named"),
        ("campaign_stat", {}, "source_table_unknown_nearest"),
        ("main.campaign_stat", {}, "source_table_unknown_nearest"),
    ],
)
def test_what_a_preset_cannot_do_in_a_database_is_refused_with_what_to_write(
    engine: Connection, name: str, more: dict[str, Any], code: str
) -> None:
    with pytest.raises(SourceError) as caught:
        opened(engine, name, **more)
    assert caught.value.problems[0].code == code
    assert len({caught.value.text(language) for language in languages()}) == len(languages())
