"""The same rows give the same table on every engine; for engines that can't run here, the SQL is kept as text."""

from __future__ import annotations

import datetime as dt
import importlib.util
import math
import os
import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("ibis")
import ibis
import pyarrow as pa

from tests import mariadb_server, postgres_server
from tests.engines import require
from tests.warehouse_tables import TABLES
from xlkpi.cadence import CODES, Cadence
from xlkpi.catalogue import Measure, catalogue
from xlkpi.errors import SourceError
from xlkpi.sources import Source
from xlkpi.sources import expressions as ex
from xlkpi.sources.aggregate import Aggregated, aggregate
from xlkpi.sources.connection import Connection, connect, set_timezone
from xlkpi.sources.table import Columns, Table, from_connection, from_ibis, selected
from xlkpi.sources.warehouse import from_preset

#: Engines beyond those that the continuous integration installs: a driver built from source, a library of 500 MB.
MYSQL = mariadb_server.missing() is None and importlib.util.find_spec("MySQLdb") is not None
CLICKHOUSE = importlib.util.find_spec("chdb") is not None
#: `apt-get install mariadb-server libmariadb-dev pkg-config gcc`, `pip install mysqlclient chdb` add the last two.
ENGINES = ["sqlite", "postgres", "spark", *(["mysql"] if MYSQL else []), *(["clickhouse"] if CLICKHOUSE else [])]
SNAPSHOTS = Path(__file__).parent / "snapshots" / "sql"
UPDATE = "XLKPI_UPDATE_SNAPSHOTS"

TYPES = {
    "day": "date",
    "until_day": "date",
    "channel": "text",
    "campaign": "text",
    "paid": "boolean",
    "n_sessions": "bigint",
    "amount": "numeric(12,2)",
    "turnover": "double precision",
    "visitor": "text",
    "reach": "bigint",
    "fans": "bigint",
    "place": "double precision",
    "shown": "bigint",
}
COLUMNS = Columns(
    date="day",
    measures={
        "sessions": "n_sessions",
        "spend": "amount",
        "revenue": "turnover",
        "visitors": {"distinct": "visitor"},
        "reach": "reach",
        "followers": "fans",
        "position": "place",
        "search_impressions": "shown",
        "orders": 1,
        "basket": "turnover",
        "daily_spend": "amount",
        "wait": "shown",
    },
    dimensions={"channel": "channel", "campaign": "campaign", "paid": "paid"},
)
KNOWN = {**catalogue().measures} | {
    name: Measure(name, {"en": f"Median {name}"}, "count", "median") for name in ("basket", "daily_spend", "wait")
}
read = partial(from_connection, known=KNOWN)
SPANS = Columns("day", COLUMNS.measures, COLUMNS.dimensions, "until_day")


def rows() -> list[tuple[Any, ...]]:
    """Two years and a bit around two ends of year, with gaps, blanks and awkward text."""
    chance = random.Random(7)

    def perhaps(value: Any, share: float = 0.15) -> Any:
        return None if chance.random() < share else value

    out: list[tuple[Any, ...]] = []
    start = dt.date(2023, 12, 25)
    for i in range(3000):
        day = start + dt.timedelta(days=chance.randrange(760))
        if dt.date(2024, 7, 1) <= day < dt.date(2024, 9, 15):
            continue
        out.append(
            (
                perhaps(day, 0.01),
                day + dt.timedelta(days=chance.choice([0, 0, 0, 0, 0, 0, 0, 0, 3])),
                perhaps(chance.choice(["Référencement", "e-mail", "l'été «soldes»", "Émail"])),
                chance.choice(["a", "b", "été"]),
                perhaps(chance.random() < 0.5),
                perhaps(chance.randrange(2**40)),
                perhaps(Decimal(chance.randrange(-(10**6), 10**8)) / 100),
                perhaps(chance.uniform(-1e3, 1e6)),
                perhaps(f"u{chance.randrange(400)}", 0.3),
                perhaps(chance.choice([0, 0, chance.randrange(9)])),
                perhaps(chance.randrange(10**6), 0.5),
                perhaps(chance.uniform(1, 50)),
                chance.randrange(1000) if i % 97 else None,
            )
        )
    return out


Loader = Callable[[Path, list[tuple[Any, ...]]], Connection]


def in_duckdb(folder: Path, data: list[tuple[Any, ...]]) -> Connection:
    import duckdb

    with duckdb.connect(str(folder / "rows.duckdb")) as made:
        made.execute(f"CREATE TABLE figures ({', '.join(f'{n} {t}' for n, t in TYPES.items())})")
        found = pa.table({n: [r[i] for r in data] for i, n in enumerate(TYPES)})
        made.register("found", found)
        made.execute("INSERT INTO figures SELECT * FROM found")
        made.execute("UPDATE figures SET turnover = 'NaN' WHERE turnover IS NULL AND campaign = 'a'")
    return connect("duckdb://rows.duckdb", folder=folder)


def in_sqlite(folder: Path, data: list[tuple[Any, ...]]) -> Connection:
    if importlib.util.find_spec("regex") is None:
        require("the sqlite extra of ibis is not installed: pip install 'ibis-framework[sqlite]'")
    kinds = {"double precision": "REAL", "numeric(12,2)": "DECIMAL(12,2)"}
    plain = [
        tuple(v.isoformat() if isinstance(v, dt.date) else float(v) if isinstance(v, Decimal) else v for v in r)
        for r in data
    ]
    made = sqlite3.connect(folder / "rows.db")
    made.execute(f"CREATE TABLE figures ({', '.join(f'{n} {kinds.get(t, t)}' for n, t in TYPES.items())})")
    made.executemany(f"INSERT INTO figures VALUES ({', '.join('?' * len(TYPES))})", plain)
    made.commit()
    made.close()
    return connect("sqlite://rows.db", folder=folder)


@pytest.fixture(scope="module")
def postgres() -> Iterator[postgres_server.Server]:
    if lack := postgres_server.missing():
        require(lack)
    if importlib.util.find_spec("psycopg") is None:
        require("psycopg is not installed: pip install 'psycopg[binary]'")
    with postgres_server.server() as server:
        yield server


def in_postgres(server: postgres_server.Server, data: list[tuple[Any, ...]]) -> Connection:
    import psycopg

    options = {"host": "127.0.0.1", "port": server.port, "dbname": "postgres"}
    with psycopg.connect(**options, user=postgres_server.USER, password=postgres_server.PASSWORD) as made:  # type: ignore[arg-type]
        made.execute(f"CREATE TABLE figures ({', '.join(f'{n} {t}' for n, t in TYPES.items())})")
        with made.cursor().copy("COPY figures FROM STDIN") as copy:
            for row in data:
                copy.write_row(row)
        made.execute("UPDATE figures SET turnover = 'NaN' WHERE turnover IS NULL AND campaign = 'a'")
    return connect(server.url, environment={"XLKPI_TEST_PASSWORD": postgres_server.PASSWORD})


def in_mysql(server: mariadb_server.Server, data: list[tuple[Any, ...]]) -> Connection:
    import MySQLdb

    kinds = {"text": "varchar(60)", "boolean": "varchar(5)"}  # its booleans are numbers
    data = [tuple(str(v).lower() if isinstance(v, bool) else v for v in r) for r in data]
    made = MySQLdb.connect(
        host="127.0.0.1",
        port=server.port,
        user=mariadb_server.USER,
        password=mariadb_server.PASSWORD,
        database="web",
        charset="utf8mb4",
    )
    cursor = made.cursor()
    cursor.execute(f"CREATE TABLE figures ({', '.join(f'{n} {kinds.get(t, t)}' for n, t in TYPES.items())})")
    cursor.executemany(f"INSERT INTO figures VALUES ({', '.join(['%s'] * len(TYPES))})", data)
    made.commit()
    made.close()
    return connect(server.url, environment={"XLKPI_TEST_PASSWORD": mariadb_server.PASSWORD})


@pytest.fixture(scope="module")
def mysql() -> Iterator[mariadb_server.Server]:
    with mariadb_server.server() as server:
        yield server


class InProcessClickHouse:
    """ClickHouse as a library, in the place of ibis's connection to a server."""

    def __init__(self, folder: Path) -> None:
        from chdb import session

        self.folder = folder
        self.session = session.Session(str(folder / "clickhouse"))

    def query(self, sql: str) -> Any:
        settings = "output_format_arrow_date_as_uint16 = 0, output_format_arrow_string_as_string = 1"
        return pa.BufferReader(self.session.query(f"{sql} SETTINGS {settings}", "Arrow").bytes())

    def table(self, name: str, database: Any = None) -> Any:
        kinds = {"text": "string", "bigint": "int64", "numeric(12,2)": "decimal(12,2)", "double precision": "float64"}
        return ibis.table({n: kinds.get(t, t) for n, t in TYPES.items()}, name=name)

    def sql(self, query: str) -> Any:
        table = self.table("figures")
        return table.filter(table.campaign == "a")

    dialect = "clickhouse"

    def to_pyarrow(self, expression: Any) -> pa.Table:
        found = pa.ipc.open_file(self.query(ibis.to_sql(expression, dialect="clickhouse"))).read_all()
        return found.cast(expression.as_table().schema().to_pyarrow())

    def disconnect(self) -> None:
        """The library has one session for all."""


@pytest.fixture(scope="module")
def clickhouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InProcessClickHouse]:
    made = InProcessClickHouse(tmp_path_factory.mktemp("clickhouse"))
    yield made
    made.session.close()


def in_clickhouse(backend: InProcessClickHouse, data: list[tuple[Any, ...]]) -> Connection:
    import pyarrow.parquet as pq

    found = pa.table({n: [r[i] for r in data] for i, n in enumerate(TYPES)})
    amount = found.column_names.index("amount")
    found = found.set_column(amount, "amount", found["amount"].cast(pa.decimal128(12, 2)))
    pq.write_table(found, backend.folder / "rows.parquet")
    backend.session.query(
        f"CREATE TABLE figures ENGINE = Memory AS SELECT * FROM file('{backend.folder}/rows.parquet') "
        "SETTINGS schema_inference_make_columns_nullable = 1"
    )
    return Connection("clickhouse", "clickhouse://", backend, lambda text: text)


def in_spark(folder: Path, data: list[tuple[Any, ...]]) -> Connection:
    if importlib.util.find_spec("pyspark") is None:
        require("PySpark is not installed: pip install 'pyspark<4.1'")
    if not shutil.which("java"):
        require("PySpark needs Java 17: apt-get install openjdk-17-jre-headless")
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    url = (
        f"pyspark:///{folder}/warehouse?spark.master=local[1]&spark.ui.enabled=false&spark.sql.shuffle.partitions=2"
        "&spark.driver.bindAddress=127.0.0.1&spark.log.level=ERROR"
        # compiling costs more than it brings on so few rows
        "&spark.sql.codegen.wholeStage=false&spark.driver.extraJavaOptions=-XX:TieredStopAtLevel=1%20-XX:%2BUseSerialGC"
    )
    connection = connect(url)
    kinds = {"text": "string", "numeric(12,2)": "decimal(12,2)", "double precision": "double"}
    schema = ", ".join(f"{n} {kinds.get(t, t)}" for n, t in TYPES.items())
    amount, turnover, campaign = (list(TYPES).index(n) for n in ("amount", "turnover", "campaign"))
    with_nan = [
        tuple(math.nan if i == turnover and v is None and r[campaign] == "a" else v for i, v in enumerate(r))
        for r in data
    ]
    assert isinstance(with_nan[0][amount], Decimal | None)
    connection.backend._session.createDataFrame(with_nan, schema).createOrReplaceTempView("figures")
    return connection


@pytest.fixture(scope="module")
def data() -> list[tuple[Any, ...]]:
    return rows()


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory, data: list[tuple[Any, ...]]) -> Connection:
    return in_duckdb(tmp_path_factory.mktemp("duckdb"), data)


@pytest.fixture(scope="module", params=ENGINES)
def other(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, data: list[tuple[Any, ...]]
) -> Iterator[Connection]:
    served: dict[str, Any] = {"postgres": in_postgres, "mysql": in_mysql, "clickhouse": in_clickhouse}
    if request.param in served:
        made = served[request.param](request.getfixturevalue(request.param), data)
    else:
        made = {"sqlite": in_sqlite, "spark": in_spark}[request.param](tmp_path_factory.mktemp(request.param), data)
    yield made
    if made.engine == "pyspark":
        made.backend._session.stop()
    else:
        made.close()


def same(a: Aggregated, b: Aggregated) -> None:
    """The two results have the same rows and reasons; sums of floating numbers may differ in the last digits."""
    assert a.table.schema == b.table.schema
    assert a.table.num_rows == b.table.num_rows
    for name in ("period", *a.by):
        assert a.table[name].to_pylist() == b.table[name].to_pylist(), name
    for name in a.measures:
        wanted, found = a.table[name].to_pylist(), b.table[name].to_pylist()
        # SQLite has no decimals, so money is floating there.
        floating = name in ("revenue", "position", *(("spend",) if b.provenance.engine == "sqlite" else ()))
        for row, (x, y) in enumerate(zip(wanted, found, strict=True)):
            assert x == y or (floating and x is not None and y is not None and math.isclose(x, y, rel_tol=1e-12)), (
                name,
                row,
            )
            assert a.reason(name, row) == b.reason(name, row), (name, row)
    drop = {"source", "engine"}
    assert [v for k, v in a.provenance.as_json().items() if k not in drop] == [
        v for k, v in b.provenance.as_json().items() if k not in drop
    ]


QUESTIONS: list[dict[str, Any]] = [
    {"by": ()},
    {"by": ("channel",)},
    {"by": ("channel", "campaign", "paid")},
    {"by": ("campaign",), "where": {"channel": ["Référencement", "l'été «soldes»", None], "paid": "true"}},
    {"by": ("paid",), "first": dt.date(2024, 1, 3), "last": dt.date(2025, 3, 14)},
]


@pytest.mark.parametrize("code", CODES)
def test_an_engine_gives_the_same_table_as_duckdb(reference: Connection, other: Connection, code: Any) -> None:
    cadence = Cadence(code, 4 if code in ("quarterly", "yearly") else 1)
    tables = [read(c, COLUMNS, table="figures") for c in (reference, other)]
    slow = other.engine == "pyspark" and code != "weekly"
    for question in QUESTIONS[2:4] if slow else QUESTIONS:
        a, b = (aggregate(t, cadence, **question) for t in tables)
        same(a, b)
        assert any(v is not None for name in a.measures for v in a.table[name].to_pylist())


def test_rows_that_cover_several_days_give_the_same_table_on_every_engine(
    reference: Connection, other: Connection
) -> None:
    tables = [read(c, SPANS, table="figures") for c in (reference, other)]
    for code in ("weekly", "monthly"):
        for by in ((), ("channel", "campaign")):
            days: dict[str, Any] = {} if by else {"first": dt.date(2024, 2, 7), "last": dt.date(2025, 5, 14)}
            a, b = (aggregate(t, Cadence(code), by=by, **days) for t in tables)
            same(a, b)
            assert any(u.reason == "spans" for u in a.provenance.unavailable)


def test_the_weeks_of_an_engine_begin_on_monday_in_every_time_zone(other: Connection) -> None:
    wanted = aggregate(read(other, COLUMNS, table="figures"), Cadence("weekly"))
    assert {p.weekday() for p in wanted.periods} == {0}
    for zone in ("Asia/Tokyo", "America/Los_Angeles"):
        moved = replace(other, timezone=zone)
        set_timezone(moved)
        try:
            same(wanted, aggregate(read(moved, COLUMNS, table="figures"), Cadence("weekly")))
        finally:
            set_timezone(other)


def test_a_query_is_read_like_a_table_on_every_engine(other: Connection) -> None:
    sql = "SELECT * FROM figures WHERE campaign = 'a'"
    kept = aggregate(read(other, COLUMNS, query=sql), Cadence("monthly"))
    where = aggregate(read(other, COLUMNS, table="figures", where={"campaign": "a"}), Cadence("monthly"))
    same(kept, where)


def test_presets_of_a_warehouse_give_the_same_numbers_on_a_server(postgres: postgres_server.Server) -> None:
    import psycopg

    options = {"host": "127.0.0.1", "port": postgres.port, "dbname": "postgres"}
    with psycopg.connect(**options, user=postgres_server.USER, password=postgres_server.PASSWORD) as made:  # type: ignore[arg-type]
        for name, table in TABLES.items():
            made.execute(table.create(name))
            made.cursor().executemany(table.insert(name, "%s"), table.rows)
    with connect(postgres.url, environment={"XLKPI_TEST_PASSWORD": postgres_server.PASSWORD}) as connection:
        for name, table in TABLES.items():
            source = Source(preset="auto", rates=table.rates)
            found, _ = from_preset(connection, source, table=name, currency="EUR", label=name, known=KNOWN)
            months = aggregate(found, Cadence("monthly"))
            assert {m: months.values(m)[0] for m in months.measures} == pytest.approx(table.sums), name


def test_moments_become_days_of_the_wanted_time_zone(postgres: postgres_server.Server) -> None:
    environment = {"XLKPI_TEST_PASSWORD": postgres_server.PASSWORD}
    found = {}
    for zone in ("UTC", "Europe/Paris"):
        with connect(postgres.url, environment=environment, timezone=zone) as connection:
            sql = "SELECT timestamptz '2026-03-31 23:30:00+00' AS moment"
            table = from_connection(connection, Columns("moment", {"orders": 1}), query=sql)
            found[zone] = aggregate(table, Cadence("monthly")).periods
    assert found == {"UTC": [dt.date(2026, 3, 1)], "Europe/Paris": [dt.date(2026, 4, 1)]}


@dataclass(frozen=True)
class Unreached:
    """An engine of which only the SQL is looked at."""

    name: str

    def table(self, columns: Columns = COLUMNS) -> Table:
        kinds = {"text": "string", "bigint": "int64", "numeric(12,2)": "decimal(12,2)", "double precision": "float64"}
        shape = ibis.table({n: kinds.get(t, t) for n, t in TYPES.items()}, name="figures")
        connection = Connection(self.name, f"{self.name}://", None, lambda text: text)
        return from_ibis(shape, connection, columns, label="figures", known=KNOWN)


@pytest.mark.parametrize(
    "engine", ["bigquery", "snowflake", "trino", "clickhouse", "databricks", "mysql", "postgres", "duckdb"]
)
def test_the_sql_of_an_engine_is_the_one_that_was_looked_at(engine: str) -> None:
    table = Unreached(engine).table()
    where = selected(table.expression, {"channel": ["e-mail", None]}, table.place)
    first, last = dt.date(2024, 1, 1), dt.date(2024, 12, 31)
    parts = []
    for cadence in (Cadence("weekly"), Cadence("quarterly", 4)):
        rows_ = ex.dated(table, cadence, where, first, last)
        parts.append(
            f"-- {cadence.code}\n" + ex.compiled(ex.grouped(table, rows_, tuple(table.forms), ("channel",)), engine)
        )
    spanning = Unreached(engine).table(SPANS)
    spans = ex.dated(spanning, Cadence("weekly"), (), first, last)
    parts.append("-- spans\n" + ex.compiled(ex.crossings(spans, ("channel",)), engine))
    parts.append("-- stock groups\n" + ex.compiled(ex.stock_groups(table, rows_, "followers", ("channel",)), engine))
    parts.append("-- totals\n" + ex.compiled(ex.totals(table, where, first, last), engine))
    found = ";\n\n".join(parts) + ";\n"
    path = SNAPSHOTS / f"{engine}.sql"
    if os.environ.get(UPDATE) == "1":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(found, encoding="utf-8")
    assert found == path.read_text(encoding="utf-8"), f"look at the difference, then run once with {UPDATE}=1"


@pytest.mark.parametrize("engine", ["bigquery", "snowflake", "trino", "clickhouse", "databricks", "mysql"])
def test_no_engine_counts_people_or_truncates_weeks_in_its_own_way(engine: str) -> None:
    text = (SNAPSHOTS / f"{engine}.sql").read_text(encoding="utf-8").lower()
    sql = "\n".join(line for line in text.splitlines() if not line.startswith("--"))
    assert "approx" not in sql
    assert "median" not in sql
    assert "quantile" not in sql
    assert "percentile" not in sql
    assert "hll" not in sql
    assert "uniq(" not in sql
    assert ("uniqexact(" in sql) == (engine == "clickhouse")
    if engine in ("snowflake", "mysql"):  # their weeks begin where a setting says
        assert "date_trunc" not in sql
        assert "week" not in sql
    if engine == "bigquery":
        assert "week(monday)" in sql


def check_that_clickhouse_counts_many_people_exactly(clickhouse: InProcessClickHouse) -> None:
    people = 300_000
    clickhouse.session.query(
        "CREATE TABLE many ENGINE = Memory AS SELECT toNullable(toDate('2026-01-05')) AS day, "
        f"toNullable(toString(number)) AS visitor FROM numbers({people})"
    )
    shape = ibis.table({"day": "date", "visitor": "string"}, name="many")
    connection = Connection("clickhouse", "clickhouse://", clickhouse, lambda text: text)
    columns = Columns("day", {"visitors": "visitor"})
    table = from_ibis(shape, connection, columns, label="many", known=catalogue().measures)
    by_ibis_alone = clickhouse.to_pyarrow(shape.aggregate(roughly=shape.visitor.nunique()))["roughly"].to_pylist()
    assert by_ibis_alone != [people]
    assert aggregate(table, Cadence("weekly")).table["visitors"].to_pylist() == [people]


if CLICKHOUSE:
    test_clickhouse_counts_many_people_exactly = check_that_clickhouse_counts_many_people_exactly


def test_an_engine_that_refuses_a_query_is_told_without_the_drivers_traceback(postgres: postgres_server.Server) -> None:
    with (
        connect(postgres.url, environment={"XLKPI_TEST_PASSWORD": postgres_server.PASSWORD}) as connection,
        pytest.raises(SourceError) as caught,
    ):
        connection.query("SELECT missing FROM nowhere")
    assert caught.value.problems[0].code == "source_query_failed"
    assert caught.value.__context__ is None
    assert postgres_server.PASSWORD not in caught.value.text("en")
