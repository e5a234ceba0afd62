"""Connections to databases: an address in the project file, its secrets elsewhere.

    connection: postgres://reader:${PG_PASSWORD}@db.example.com/web

``${NAME}`` is an environment variable or, where there is none of that name, an entry of the project's secrets
file (YAML, ``NAME: value``). Only the address as written, with its ``${NAME}`` left as they are, is ever shown:
in messages, in provenance and in ``repr``. A password written in the address itself is refused.
"""

from __future__ import annotations

import itertools
import os
import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit

from xlkpi.errors import Place, Problem, SourceError
from xlkpi.sources.credentials import VARIABLE, Secrets, masked, read_secrets, written_secret

T = TypeVar("T")


@dataclass(frozen=True)
class Engine:
    """A kind of database: its name in ibis, the module of its driver, and the extra that installs it."""

    name: str
    driver: str
    extra: str


ENGINES: Mapping[str, Engine] = {
    "duckdb": Engine("duckdb", "duckdb", "duckdb"),
    "sqlite": Engine("sqlite", "regex", "sqlite"),
    "postgres": Engine("postgres", "psycopg", "postgres"),
    "postgresql": Engine("postgres", "psycopg", "postgres"),
    "mysql": Engine("mysql", "MySQLdb", "mysql"),
    "pyspark": Engine("pyspark", "pyspark", "spark"),
    "spark": Engine("pyspark", "pyspark", "spark"),
    "bigquery": Engine("bigquery", "google.cloud.bigquery", "bigquery"),
    "snowflake": Engine("snowflake", "snowflake.connector", "snowflake"),
    "trino": Engine("trino", "trino", "trino"),
    "clickhouse": Engine("clickhouse", "clickhouse_connect", "clickhouse"),
    "databricks": Engine("databricks", "databricks.sql", "databricks"),
}

_NUMBERS = itertools.count(1)


@dataclass(frozen=True)
class Connection:
    """An open connection. ``backend`` is ibis's own; ``engine`` its name, such as ``postgres``."""

    engine: str
    address: str
    backend: Any = field(repr=False, compare=False)
    hide: Callable[[str], str] = field(repr=False, compare=False)
    place: Place = field(default_factory=Place, repr=False, compare=False)
    timezone: str = "UTC"

    def redacted(self) -> str:
        """The address as it may be shown: as written, with ``${NAME}`` for what is secret."""
        return self.address

    def table(self, name: str) -> Any:
        """An ibis table by its name: ``visits``, ``schema.visits`` or ``catalogue.schema.visits``.

        Raises SourceError where there is none.
        """
        *schema, last = name.split(".")
        try:
            return self._guarded(lambda: self.backend.table(last, database=tuple(schema) if schema else None))
        except SourceError as failed:
            error = self._unknown_table(name) or failed
        raise error

    def query(self, sql: str) -> Any:
        """An ibis table of a query's rows. Raises SourceError for anything but one SELECT."""
        import sqlglot

        dialect = self.backend.dialect
        try:
            statements = [s for s in sqlglot.parse(sql, dialect=dialect) if s is not None]
        except sqlglot.errors.SqlglotError:
            statements = []
        writes = (sqlglot.exp.DML, sqlglot.exp.DDL, sqlglot.exp.Command)
        # A SELECT is itself a DML-less Query; INSERT, CREATE ... may hide inside WITH.
        good = len(statements) == 1 and isinstance(statements[0], sqlglot.exp.Query)
        if not good or any(
            isinstance(n, writes) and not isinstance(n, sqlglot.exp.Query) for n in statements[0].walk()
        ):
            raise SourceError(Problem("source_query_refused", {}, self.place))
        if self.engine in ("postgres", "duckdb"):
            return self._guarded(lambda: self._query_by_view(sql))
        found = self._guarded(lambda: self.backend.sql(sql))
        if self.engine == "mysql":  # ibis takes text that is compared letter by letter (collation ..._bin) for binary
            found = found.mutate(**{n: found[n].cast("string") for n, t in found.schema().items() if t.is_binary()})
        return found

    def _query_by_view(self, sql: str) -> Any:
        """Through a view that lasts as long as the session, for ibis's own way fails with recent sqlglot and DuckDB."""
        name = f"xlkpi_query_{next(_NUMBERS)}"
        create = f'CREATE TEMPORARY VIEW "{name}" AS {sql.strip().rstrip(";")}'
        if self.engine == "duckdb":
            self.backend.con.execute(create).fetchall()
            return self.backend.table(name, database=("temp", "main"))
        self.backend.raw_sql(create).close()
        self.backend.con.commit()
        return self.backend.table(name)

    def run(self, expression: Any) -> Any:
        """The result of an ibis expression, as a pyarrow Table. Raises SourceError without any secret in it."""
        return self._guarded(lambda: self.backend.to_pyarrow(expression))

    def close(self) -> None:
        """Let the connection go (a Spark session is left running: others may use it)."""
        if self.engine != "pyspark":
            self.backend.disconnect()

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _guarded(self, work: Callable[[], T]) -> T:
        return _guarded(work, "source_query_failed", self.address, self.hide, self.place)

    def _tables(self, schema: list[str]) -> list[str]:
        """The names of the tables of a schema, or of the current one."""
        if self.engine == "duckdb":  # ibis's own list fails with DuckDB 2
            asked = "SELECT table_name FROM information_schema.tables WHERE table_schema = ?"
            rows = self.backend.con.execute(asked, [schema[-1] if schema else "main"]).fetchall()
            return [str(name) for (name,) in rows]
        return list(self.backend.list_tables(database=tuple(schema) if schema else None))

    def _unknown_table(self, name: str) -> SourceError | None:
        from xlkpi.validation import nearest

        *schema, last = name.split(".")
        try:
            known = sorted(self._tables(schema))
        except Exception:  # a schema that does not exist, or a server that went away: the first error tells more
            return None
        if last in known:
            return None
        values = {"table": name, "known": ", ".join(known[:30]), "nearest": nearest(last, known) or ""}
        code = "source_table_unknown_nearest" if values["nearest"] else "source_table_unknown"
        return SourceError(Problem(code, values, self.place))


def connect(
    url: str,
    *,
    folder: Path | str = ".",
    secrets: Path | str | None = None,
    environment: Mapping[str, str] | None = None,
    timezone: str = "UTC",
    place: Place | None = None,
) -> Connection:
    """Open a connection.

    ``url``: such as ``duckdb://figures.duckdb``, ``sqlite://figures.db``, ``pyspark://``,
    ``postgres://user:${PG_PASSWORD}@host/database``. ``folder``: where relative paths start. ``secrets``: the file of
    secrets, if any. ``timezone``: the one in which moments become days. Raises SourceError; its text never holds a
    secret.
    """
    place = place or Place()
    secret = Secrets(os.environ if environment is None else environment, read_secrets(secrets, place))
    whole = VARIABLE.fullmatch(url.strip())
    address = url.strip()
    template = secret.value(whole[1], place) if whole else address
    scheme = urlsplit(template).scheme
    engine = ENGINES.get(scheme)
    if engine is None:
        known = ", ".join(dict.fromkeys(ENGINES))
        raise SourceError(Problem("source_engine_unknown", {"scheme": scheme or "?", "known": known}, place))
    if not whole and (where := written_secret(template)):
        shown = masked(template)
        raise SourceError(Problem("source_secret_written", {"where": where, "url": shown}, place))
    expanded = template if whole else secret.fill(template, place)
    if whole:
        secret.add_parts(expanded)
    _require(engine, place)
    opened = _guarded(
        lambda: _open(engine, expanded, address, Path(folder), place),
        "source_connection_failed",
        address,
        secret.hide,
        place,
    )
    connection = Connection(engine.name, address, opened, secret.hide, place, timezone)
    _guarded(lambda: set_timezone(connection), "source_connection_failed", address, secret.hide, place)
    return connection


def embedded(timezone: str = "UTC") -> Connection:
    """A DuckDB in memory, for files and tables. Raises SourceError where ibis or duckdb are not installed."""
    place = Place()
    _require(ENGINES["duckdb"], place)
    import ibis

    connection = Connection("duckdb", "duckdb://", ibis.duckdb.connect(), lambda text: text, place, timezone)
    set_timezone(connection)
    return connection


def _require(engine: Engine, place: Place) -> None:
    for module in ("ibis", "pyarrow", engine.driver):
        try:
            found = find_spec(module) is not None
        except ModuleNotFoundError:  # the parent package of a dotted name
            found = False
        if not found:
            values = {"engine": engine.name, "module": module, "extra": engine.extra}
            raise SourceError(Problem("source_engine_missing", values, place))


def _open(engine: Engine, url: str, address: str, folder: Path, place: Place) -> Any:
    import ibis

    if engine.name in ("duckdb", "sqlite"):
        path = _file(url, folder)
        if not path.is_file():  # both would make an empty database of that name
            as_written = str(folder / address.split("://")[-1])
            raise SourceError(Problem("source_database_missing", {"file": as_written}, place))
        if engine.name == "duckdb":
            return ibis.duckdb.connect(path, read_only=True)
        import sqlite3

        return ibis.sqlite.from_connection(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True))
    if engine.name == "pyspark":
        return _spark(url)
    scheme, rest = url.split("://", 1)
    return ibis.connect(f"{engine.name}://{rest}" if scheme != engine.name else url)


def _spark(url: str) -> Any:
    """A Spark session with the address's options. (ibis's own way sets those that are fixed once a session runs.)"""
    import ibis
    from pyspark import SparkConf
    from pyspark.sql import SparkSession

    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    if parts.netloc:
        options.setdefault("spark.app.name", parts.netloc)
    if warehouse := unquote(parts.path):
        options.setdefault("spark.sql.warehouse.dir", warehouse)
    session = SparkSession.builder.config(conf=SparkConf().setAll(list(options.items()))).getOrCreate()
    return ibis.pyspark.connect(session)


def _file(url: str, folder: Path) -> Path:
    return folder / unquote(url.split("://", 1)[1].split("?")[0])


def set_timezone(connection: Connection) -> None:
    """Make the engine turn moments into days of the wanted time zone, where it does so by session."""
    zone = connection.timezone
    if not re.fullmatch(r"[A-Za-z0-9_+\-/]+", zone):
        raise SourceError(Problem("source_timezone", {"zone": zone}, connection.place))
    if connection.engine == "duckdb":
        connection.backend.raw_sql(f"SET TimeZone = '{zone}'")
    elif connection.engine == "postgres":
        connection.backend.raw_sql(f"SET TIME ZONE '{zone}'").close()
    elif connection.engine == "pyspark":
        connection.backend._session.conf.set("spark.sql.session.timeZone", zone)


def _guarded(work: Callable[[], T], code: str, address: str, hide: Callable[[str], str], place: Place) -> T:
    """The result of the work; any failure as a SourceError with neither secrets nor the driver's own error in it."""
    try:
        with warnings.catch_warnings():  # ibis and the drivers warn each other about their own versions
            warnings.simplefilter("ignore")
            return work()
    except SourceError:
        raise
    except Exception as failed:  # drivers raise what they like
        detail = hide(_first_lines(failed))
    # Outside of the except block, so that the driver's error, which may quote the address, is not kept as context.
    raise SourceError(Problem(code, {"url": address, "detail": detail}, place))


def _first_lines(failed: BaseException) -> str:
    lines = [line.strip() for line in str(failed).splitlines() if line.strip()]
    return f"{type(failed).__name__}: {' '.join(lines[:3])}"[:400]
