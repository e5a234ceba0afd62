"""Opening the sources of a project: files read or scanned, tables of databases, and what stands in their way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from secrets import token_bytes
from typing import TYPE_CHECKING, Any

from xlkpi.catalogue import Catalogue, Measure
from xlkpi.errors import Place, Problem, SourceError
from xlkpi.objectives import Project
from xlkpi.scorecard.data import Data, Progress

if TYPE_CHECKING:
    from xlkpi.sources import Report
    from xlkpi.sources.table import Table


def read_data(project: Project, progress: Progress | None = None, *, empty: bool = False) -> Data:
    """Read all sources of a project. Raises SourceError with the problems of every source that can't be read.

    ``empty``: sources may have no rows, as an export of a month in which nothing was sold; they are told in
    ``Data.empty``, and their measures have no values. Without it such a source is refused: nobody wants to build on it.
    """
    from xlkpi.sources.table import from_arrow

    catalogue = _with_source_measures(project)
    tables: dict[str, Table] = {}
    reports: dict[str, Report] = {}
    spans: dict[str, tuple[date, date]] = {}
    observed: dict[str, frozenset[str]] = {}
    problems: list[Problem] = []
    salt = token_bytes(16)  # one for all sources, so that a customer is the same in each, and another each time
    for name, entry in project.sources.items():
        try:
            _check_keys(entry)
            if entry.connection:
                tables[name], report = _from_database(name, entry, project, catalogue, empty=empty)
                if report:
                    reports[name], observed[name] = report, _observed(entry, report)
            elif files := _too_large_to_hold(entry, project):
                tables[name], reports[name] = _scanned(name, entry, files, catalogue)
            else:
                reading = _from_files(name, entry, project, progress, salt, empty=empty)
                reports[name] = reading.report
                observed[name] = _observed(entry, reading.report)
                tables[name] = from_arrow(reading.table, label=name, known=catalogue.measures)
            if entry.where and not entry.connection:
                tables[name] = _selected(tables[name], entry.where)
            span = _span(tables[name])
            if not span and not empty:  # such a source would pass for one whose figures are missing
                raise SourceError(Problem("source_no_dated_rows", {}, Place(key="where" if entry.where else "date")))
        except SourceError as mistake:
            place = project.place("sources", name)
            problems += [_of_source(p, place) for p in mistake.problems]
            continue
        if span:
            spans[name] = span
    if problems:
        raise SourceError(problems)
    return Data(tables, catalogue, reports, spans, observed)


#: What only reading files can do, and what only a database can.
_OF_FILES = (
    "path", "preset", "keep", "drop", "hash", "key", "member", "sheet", "range", "header", "delimiter", "encoding",
    "decimal", "dates", "covers", "duplicates", "overlap", "currency", "rates",
)  # fmt: skip
_OF_DATABASES = ("query",)
#: Of the keys of files, those that a table of a database read with a preset has as well.
_OF_PRESETS = ("preset", "currency", "rates")


def _check_keys(entry: Any) -> None:
    """Raise SourceError for keys that would be passed over, for a number read without them may be a wrong one."""
    unfit = _OF_FILES if entry.connection else _OF_DATABASES
    fit = _OF_PRESETS if entry.connection and _has_preset(entry) else ()
    told = [
        key
        for key in unfit
        if key not in fit and getattr(entry, key) not in (None, {}, ()) and (key, entry.preset) != ("preset", "none")
    ]
    kind = "database" if entry.connection else "files"
    if told:
        raise SourceError([Problem(f"source_key_{kind}", {"name": key}, Place(key=key)) for key in told])


def _has_preset(entry: Any) -> bool:
    """Whether a platform's preset tells what the columns are: one is named, or nothing else tells it."""
    return entry.preset != "none" and bool(entry.preset or not entry.measures)


def _selected(table: Table, where: Mapping[str, Any]) -> Table:
    from xlkpi.sources.table import selected

    conditions = selected(table.expression, where, Place(key="where"))
    return replace(table, expression=table.expression.filter(conditions))


def _of_source(problem: Problem, source: Place) -> Problem:
    """The problem with the source's key; the line of the project file is not one of the export."""
    own = problem.place.key if problem.place.key != source.key else None
    key = ".".join(part for part in (source.key, own) if part)
    if problem.place.file and problem.place.file != source.file:
        return replace(problem, place=replace(problem.place, key=key))
    return replace(problem, place=replace(source, key=key))


def _observed(entry: Any, report: Report) -> frozenset[str]:
    """The measures that the source's platform only sees; not those that the project names itself."""
    from xlkpi.sources.preset import preset

    seen = {m for f in report.files if f.preset for m in preset(f.preset).observes}
    return frozenset(seen - set(entry.measures or ()))


def _from_files(
    name: str, entry: Any, project: Project, progress: Progress | None, salt: bytes, *, empty: bool
) -> Any:  # fmt: skip
    from xlkpi.sources import Source, read

    def tell(_: Path, done: int, size: int) -> None:
        if progress:
            progress(name, done, size)

    try:
        reading = read(Source.of(entry), project.folder, currency=project.currency, progress=tell, salt=salt,
                       empty=empty)  # fmt: skip
        reading.report.random_salt = any(p.done == "hashed" for f in reading.report.files for p in f.personal)
        return reading
    finally:
        if progress:
            progress(name, 0, 0)


#: From this size on, Parquet files are aggregated as a stream and not held in memory, in bytes.
SCANNED = 100_000_000


def _too_large_to_hold(entry: Any, project: Project) -> list[Path]:
    """The Parquet files of a source whose columns the project names, where they are large; else nothing.

    What only reading whole files can do (currencies, periods, personal columns) is then done so at any size.
    """
    if entry.preset not in (None, "none") or not isinstance(entry.measures, dict) or not entry.path:
        return []
    if any(getattr(entry, key) for key in (*_OF_FILES[2:], "timezone")) or _personal(entry.dimensions or ()):
        return []
    from xlkpi.sources import Source
    from xlkpi.sources.files import find

    files = find(Source.of(entry), project.folder)
    parquet = all(file.suffix.lower() in (".parquet", ".pq") for file in files)
    return files if parquet and sum(file.stat().st_size for file in files) >= SCANNED else []


def _personal(dimensions: Mapping[str, Any] | Sequence[str]) -> bool:
    """Whether a dimension's column is named like personal data."""
    import pyarrow as pa

    from xlkpi.sources.personal import kind_of

    columns = dimensions.values() if isinstance(dimensions, Mapping) else dimensions
    return any(kind_of(str(name), pa.array([], pa.string())) for name in columns)


def _scanned(name: str, entry: Any, files: Sequence[Path], catalogue: Catalogue) -> tuple[Table, Report]:
    """Large Parquet files as a table that DuckDB reads as it aggregates."""
    from hashlib import file_digest

    from xlkpi.sources.report import FileReport, Mapped, Report
    from xlkpi.sources.table import Columns, from_parquet

    columns = Columns(date=entry.date or "date", measures=entry.measures, dimensions=entry.dimensions or ())
    table = from_parquet(files, columns, label=name, known=catalogue.measures)
    mapped = [Mapped(str(column), measure) for measure, column in entry.measures.items()]
    mapped += [Mapped(column, dimension) for dimension, column in columns.dimension_columns.items()]
    report = Report()
    for file in files:
        with file.open("rb") as content:
            digest = file_digest(content, "sha256").hexdigest()
        about = FileReport(file.name, digest, "parquet", file.stat().st_size, mapped=mapped)
        one = from_parquet(file, columns, label=name, known=catalogue.measures)
        rows = one.expression.aggregate(rows=one.expression.count(), first=one.expression["date"].min(),
                                        last=one.expression["date"].max())  # fmt: skip
        found = one.connection.run(rows).to_pylist()[0]
        about.rows_read = about.rows_kept = int(found["rows"])
        about.first, about.last = found["first"], found["last"]
        report.files.append(about)
    return table, report


def _from_database(
    name: str, entry: Any, project: Project, catalogue: Catalogue, *, empty: bool
) -> tuple[Table, Report | None]:
    """A table of a database; with a report of its columns where a preset knows them."""
    from xlkpi.sources.connection import connect
    from xlkpi.sources.table import Columns, from_connection

    place = project.place("sources", name)
    secrets = project.resolve(project.secrets) if project.secrets else None
    zone = entry.timezone or "UTC"
    connection = connect(entry.connection, folder=project.folder, secrets=secrets, timezone=zone, place=place)
    if _has_preset(entry):
        from xlkpi.sources import Source
        from xlkpi.sources.warehouse import from_preset

        return from_preset(
            connection,
            Source.of({**vars(entry), "table": None}),
            table=entry.table,
            query=entry.query,
            where=entry.where,
            currency=project.currency,
            label=name,
            known=catalogue.measures,
            empty=empty,
        )
    measures = entry.measures or {}
    columns = Columns(
        date=entry.date or "date",
        measures=measures if isinstance(measures, dict) else {m: m for m in measures},
        dimensions=entry.dimensions or (),
    )
    table = from_connection(
        connection,
        columns,
        table=entry.table,
        query=entry.query,
        where=entry.where,
        label=name,
        known=catalogue.measures,
    )
    return table, None


def _with_source_measures(project: Project) -> Catalogue:
    """The catalogue with the measures that only a source names: plain sums."""
    known = dict(project.catalogue.measures)
    for entry in project.sources.values():
        for id in entry.measures or ():
            if id not in known:
                label = id.replace("_", " ")
                known[id] = Measure(id, {"en": label, "fr": label}, "count", "sum")
    return replace(project.catalogue, measures=known)


def _span(table: Table) -> tuple[date, date] | None:
    """The first and last day of a table."""
    end = table.expression["date_end"] if table.spans else table.expression["date"]
    found = table.connection.run(table.expression.aggregate(first=table.expression["date"].min(), last=end.max()))
    row = found.to_pylist()[0]
    return (row["first"], row["last"]) if row["first"] is not None and row["last"] is not None else None
