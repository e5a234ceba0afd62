"""Connections: an address in the project file, secrets elsewhere, and never a secret in anything that is shown."""

from __future__ import annotations

import copy
import logging
import pickle
import sqlite3
import sys
import traceback
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import postgres_server
from tests.engines import require
from xlkpi.cadence import Cadence
from xlkpi.errors import Place, SourceError
from xlkpi.language import languages
from xlkpi.sources import connection as module
from xlkpi.sources.aggregate import aggregate
from xlkpi.sources.connection import ENGINES, Connection, connect
from xlkpi.sources.credentials import Secrets
from xlkpi.sources.table import Columns, from_connection

SECRET = "s3cr=t/with @:ço%mma"


def code_of(error: pytest.ExceptionInfo[SourceError]) -> str:
    for language in languages():
        assert error.value.text(language)
    return error.value.problems[0].code


def shown(error: BaseException) -> str:
    """All that somebody could see of an error: its texts, its traceback, its causes, its values."""
    parts = [repr(error), str(error), "".join(traceback.format_exception(error))]
    if isinstance(error, SourceError):
        parts += [error.text(language) for language in languages()]
        parts += [repr(problem) + repr(problem.as_json()) for problem in error.problems]
    parts += [shown(e) for e in (error.__context__, error.__cause__) if e is not None]
    return "\n".join(parts)


def forms(secret: str) -> list[str]:
    """A secret as it is, and as an address escapes it."""
    from urllib.parse import quote, quote_plus

    return [secret, quote(secret, safe=""), quote(secret), quote_plus(secret), repr(secret)[1:-1]]


def database(folder: Path) -> None:
    made = sqlite3.connect(folder / "web.db")
    made.execute("CREATE TABLE visits (day date, n bigint)")
    made.execute("INSERT INTO visits VALUES ('2026-01-05', 3)")
    made.commit()
    made.close()


# --- secrets ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "postgres://reader:${PW}@127.0.0.1:1/web",
        "postgres://reader:${PW}@127.0.0.1:1/web?connect_timeout=1&application_name=${PW}",
        "${URL}",
        "postgres://reader:${PW}@${PW}:1/web",
        "postgres://reader:${PW}@127.0.0.1:${PW}/web",
        "postgres://127.0.0.1:1/${PW}",
        "duckdb://${PW}.duckdb",
        "sqlite:///nowhere/${PW}",
    ],
)
def test_a_connection_that_fails_never_shows_its_secret(
    url: str, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    caplog.set_level(logging.DEBUG)
    environment = {"PW": SECRET, "URL": f"postgres://reader:{SECRET.replace('@', '%40')}@127.0.0.1:1/web"}
    with pytest.raises(SourceError) as caught:
        connect(url, environment=environment, folder=tmp_path)
    assert caught.value.problems[0].code in (
        "source_connection_failed",
        "source_database_missing",
        "source_engine_missing",
    )
    seen = shown(caught.value) + caplog.text
    for form in [*forms(SECRET), SECRET.replace("@", "%40")]:
        assert form not in seen


@settings(max_examples=60, deadline=None)
@given(
    st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=4, max_size=40).filter(
        lambda t: t.strip() == t and len(set(t)) > 3
    )
)
def test_no_secret_survives_in_a_drivers_message(secret: str) -> None:
    from urllib.parse import quote

    secrets = Secrets({"PW": secret}, {})
    filled = secrets.fill("postgres://me:${PW}@host/web?token=${PW}", Place())
    assert quote(secret, safe="") in filled
    message = f"could not connect with {secret} ({quote(secret, safe='')}) as {secret!r} to {filled}"
    hidden = secrets.hide(message)
    assert secret not in hidden
    assert quote(secret, safe="") not in hidden


def test_a_password_that_came_in_another_way_is_hidden_too() -> None:
    hidden = Secrets({}, {}).hide("invalid dsn: host=a password=hunter2 user=b; token: 'abc'")
    assert "hunter2" not in hidden
    assert "abc" not in hidden
    assert "user=b" in hidden


def test_a_secret_comes_from_the_environment_first_and_then_from_the_secrets_file(tmp_path: Path) -> None:
    database(tmp_path)
    (tmp_path / "secrets.yaml").write_text("FILE: web\nOTHER: nothing\n", encoding="utf-8")
    for environment in ({}, {"FILE": "web"}):
        with connect(
            "sqlite://${FILE}.db", folder=tmp_path, secrets=tmp_path / "secrets.yaml", environment=environment
        ) as found:
            assert found.redacted() == "sqlite://${FILE}.db"
    with pytest.raises(SourceError) as caught:
        connect(
            "sqlite://${FILE}.db", folder=tmp_path, secrets=tmp_path / "secrets.yaml", environment={"FILE": "elsewhere"}
        )
    assert code_of(caught) == "source_database_missing"


@pytest.mark.parametrize("text", ["PW: [a, b]\n", "- s3cret\n", "PW: 's3cret\n", "PW: {x: s3cret}\n", "s3cret\n"])
def test_a_broken_secrets_file_is_told_without_its_lines(tmp_path: Path, text: str) -> None:
    (tmp_path / "secrets.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(SourceError) as caught:
        connect("sqlite://a.db", secrets=tmp_path / "secrets.yaml", environment={})
    assert code_of(caught) == "source_secrets_file"
    assert "s3cret" not in shown(caught.value)
    with pytest.raises(SourceError) as caught:
        connect("sqlite://a.db", secrets=tmp_path / "none.yaml", environment={})
    assert code_of(caught) == "source_secrets_file"


def test_a_missing_secret_is_named() -> None:
    with pytest.raises(SourceError) as caught:
        connect("postgres://me:${PG_PASSWORD}@host/web", environment={"PG_PASSWORD": ""})
    assert code_of(caught) == "source_secret_missing"
    assert "PG_PASSWORD" in caught.value.text("fr")


@pytest.mark.parametrize(
    ("url", "advice"),
    [
        ("postgres://me:hunter2@host/web", "postgres://me:${PASSWORD}@host/web"),
        ("postgres://me:hun:te@r2@host/web", "postgres://me:${PASSWORD}@host/web"),
        ("snowflake://me:${PW}@acc/db?private_key=hunter2&warehouse=w", "private_key=${SECRET}&warehouse=w"),
        ("databricks://host?access_token=hunter2", "access_token=${SECRET}"),
    ],
)
def test_a_secret_written_in_the_project_file_is_refused_and_not_repeated(url: str, advice: str) -> None:
    with pytest.raises(SourceError) as caught:
        connect(url, environment={"PW": "x" * 9})
    assert code_of(caught) == "source_secret_written"
    assert advice in caught.value.text("en")
    for leaked in ("hunter2", "te@r2"):
        assert leaked not in shown(caught.value)


def test_an_open_connection_shows_its_secret_nowhere(tmp_path: Path) -> None:
    if lack := postgres_server.missing():
        require(lack)
    pytest.importorskip("psycopg")
    with postgres_server.server() as server:
        secret = postgres_server.PASSWORD
        whole = f"postgres://{postgres_server.USER}:{forms(secret)[1]}@127.0.0.1:{server.port}/postgres"
        for url, environment in ((server.url, {"XLKPI_TEST_PASSWORD": secret}), ("${WEB}", {"WEB": whole})):
            with connect(url, environment=environment) as connection:
                table = from_connection(
                    connection, Columns("day", {"sessions": "n"}), query="SELECT date '2026-01-05' AS day, 3 AS n"
                )
                found = aggregate(table, Cadence("weekly"))
                assert found.table["sessions"].to_pylist() == [3]
                seen = [
                    repr(connection),
                    str(connection),
                    connection.redacted(),
                    repr(table),
                    repr(found),
                    str(found.provenance.as_json()),
                ]
                seen += [found.provenance.text(language) for language in languages()]
                with pytest.raises(SourceError) as caught:
                    connection.table("postgres.nowhere")
                seen.append(shown(caught.value))
                connection.backend.disconnect()
                with pytest.raises(SourceError) as caught:
                    connection.run(table.expression)
                seen.append(shown(caught.value))
            for form in forms(secret):
                assert form not in "\n".join(seen)
        wrong = secret[::-1]
        with pytest.raises(SourceError) as caught:
            connect(server.url, environment={"XLKPI_TEST_PASSWORD": wrong})
        assert code_of(caught) == "source_connection_failed"
        assert not any(form in shown(caught.value) for form in forms(wrong))


def test_a_copy_of_secrets_does_not_show_them() -> None:
    secrets = Secrets({"PW": SECRET}, {})
    secrets.value("PW", Place())
    assert SECRET not in repr(copy.copy(secrets))
    assert SECRET not in repr(pickle.loads(pickle.dumps(secrets)))


# --- engines ---------------------------------------------------------------------------------------------------------


def test_an_unknown_kind_of_database_is_told_with_those_that_exist() -> None:
    for url in ("oracle://host/db", "just text", "hunter2"):
        with pytest.raises(SourceError) as caught:
            connect(url, environment={})
        assert code_of(caught) == "source_engine_unknown"
        assert "postgres" in caught.value.text("en")
        assert "hunter2" not in shown(caught.value)


@pytest.mark.parametrize("scheme", sorted(ENGINES))
def test_a_driver_that_is_not_installed_is_told_with_the_extra_that_brings_it(
    scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = ENGINES[scheme]

    def find(name: str) -> Any:
        if name == engine.driver:
            raise ModuleNotFoundError(name)
        return object()

    monkeypatch.setattr(module, "find_spec", find)
    with pytest.raises(SourceError) as caught:
        connect(f"{scheme}://somewhere", environment={})
    assert code_of(caught) == "source_engine_missing"
    assert f'pip install "xlkpi[{engine.extra}]"' in caught.value.text("en")


def test_a_database_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    for scheme in ("duckdb", "sqlite"):
        with pytest.raises(SourceError) as caught:
            connect(f"{scheme}://none.db", folder=tmp_path)
        assert code_of(caught) == "source_database_missing"
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_no_database_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("day;sessions\n" * 100, encoding="utf-8")
    for scheme in ("duckdb", "sqlite"):
        with pytest.raises(SourceError) as caught:
            connect(f"{scheme}://text.db", folder=tmp_path).table("visits")
        assert code_of(caught) in ("source_connection_failed", "source_query_failed")


def sqlite(folder: Path) -> Connection:
    database(folder)
    return connect("sqlite://web.db", folder=folder)


def test_a_table_that_is_not_there_is_told_with_the_nearest(tmp_path: Path) -> None:
    with sqlite(tmp_path) as connection:
        with pytest.raises(SourceError) as caught:
            connection.table("vists")
        assert code_of(caught) == "source_table_unknown_nearest"
        assert "visits" in caught.value.text("en")
        with pytest.raises(SourceError) as caught:
            connection.table("zzz")
        assert code_of(caught) == "source_table_unknown"


@pytest.mark.parametrize(
    "sql",
    [
        "DROP TABLE visits",
        "INSERT INTO visits VALUES (1, 2)",
        "SELECT 1; DROP TABLE visits",
        "",
        "hello",
        "DELETE FROM visits",
        "WITH x AS (DELETE FROM visits RETURNING *) SELECT * FROM x",
        "SELECT * INTO copy FROM visits",
        "ATTACH 'x.db' AS x",
        "PRAGMA query_only = OFF",
        "CREATE TABLE x AS SELECT 1",
    ],
)
def test_a_query_can_only_read(sql: str, tmp_path: Path) -> None:
    with sqlite(tmp_path) as connection:
        with pytest.raises(SourceError) as caught:
            connection.query(sql)
        assert code_of(caught) in ("source_query_refused", "source_query_failed")
        assert connection.run(connection.table("visits").count().as_table()).to_pylist() == [{"CountStar(visits)": 1}]


def test_a_database_file_is_opened_for_reading_only(tmp_path: Path) -> None:
    import duckdb

    duckdb.connect(str(tmp_path / "web.duckdb")).execute("CREATE TABLE visits (n int)").close()
    database(tmp_path)
    for url in ("sqlite://web.db", "duckdb://web.duckdb"):
        with connect(url, folder=tmp_path) as connection, pytest.raises(Exception, match=r"read-?only"):
            connection.backend.raw_sql("INSERT INTO visits (n) VALUES (1)")


def test_a_source_is_a_table_or_a_query(tmp_path: Path) -> None:
    with sqlite(tmp_path) as connection:
        for both in ({}, {"table": "visits", "query": "SELECT 1"}):
            with pytest.raises(SourceError) as caught:
                from_connection(connection, Columns("day", {"sessions": "n"}), **both)  # type: ignore[arg-type]
            assert code_of(caught) == "source_table_or_query"
        found = aggregate(
            from_connection(connection, Columns("day", {"sessions": "n"}), table="visits"), Cadence("weekly")
        )
        assert found.table["sessions"].to_pylist() == [3]
        assert found.provenance.source == "sqlite://web.db visits"


def test_rows_of_a_database_are_selected_by_its_own_columns(tmp_path: Path) -> None:
    with sqlite(tmp_path) as connection:
        columns = Columns("day", {"sessions": "n"})
        assert (
            aggregate(
                from_connection(connection, columns, table="visits", where={"n": [1, 2]}), Cadence("weekly")
            ).table.num_rows
            == 0
        )
        for where, code in (({"dey": 1}, "source_column_unknown_nearest"), ({"n": "three"}, "source_where_type")):
            with pytest.raises(SourceError) as caught:
                from_connection(connection, columns, table="visits", where=where)
            assert code_of(caught) == code


def test_a_time_zone_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    import duckdb

    duckdb.connect(str(tmp_path / "web.duckdb")).close()
    for zone, code in (("'; DROP TABLE x", "source_timezone"), ("Nowhere/Town", "source_connection_failed")):
        with pytest.raises(SourceError) as caught:
            connect("duckdb://web.duckdb", folder=tmp_path, timezone=zone)
        assert code_of(caught) == code


def test_nothing_heavy_is_imported_before_something_is_opened() -> None:
    import subprocess

    heavy = "('ibis', 'duckdb', 'pyarrow', 'numpy', 'sqlglot')"
    ours = ", ".join(f"xlkpi.sources.{name}" for name in ("connection", "aggregate", "values"))
    code = f"import sys, {ours}; print([m for m in {heavy} if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
