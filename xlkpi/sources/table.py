"""A table of a source, ready to be aggregated: an ibis expression whose columns are known by their meaning."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NoReturn

from xlkpi.catalogue import Measure
from xlkpi.errors import Place, Problem, SourceError
from xlkpi.sources.connection import Connection, embedded

#: What a measure's column holds: numbers, identifiers to be counted once each, or nothing (rows are counted).
Form = Literal["numbers", "ids", "rows"]
#: Which rows are wanted: dimension -> one value or several; None is a missing value.
Where = Mapping[str, Any]

DATE, END = "date", "date_end"


@dataclass(frozen=True)
class Columns:
    """What the columns of a table mean.

    ``date``: the column of the day (dates, moments or ISO text); ``date_end``: the last day that a row covers.
    ``measures``: measure -> its column; a number ``n`` counts ``n`` for each row; ``{"distinct": column}`` counts
    the different values of a column, exactly. ``dimensions``: dimension -> column, or just names of columns.
    """

    date: str = DATE
    measures: Mapping[str, Any] = field(default_factory=dict)
    dimensions: Mapping[str, str] | Iterable[str] = ()
    date_end: str | None = None

    @property
    def dimension_columns(self) -> dict[str, str]:
        """Dimension -> column."""
        given = self.dimensions
        return dict(given) if isinstance(given, Mapping) else {name: name for name in given}


@dataclass(frozen=True)
class Table:
    """Rows that can be aggregated.

    ``expression``: an ibis table of the columns ``date``, ``date_end`` (if rows may cover several days),
    dimensions (text) and measures. ``forms`` tells what each measure's column holds, ``known`` how it aggregates.
    ``label`` is the source's name in provenance.
    """

    expression: Any
    connection: Connection
    dimensions: tuple[str, ...]
    forms: Mapping[str, Form]
    known: Mapping[str, Measure]
    label: str
    place: Place = field(default_factory=Place)
    #: What was counted already (see ``aggregate.counts``): the same selection is asked for at many groupings.
    counted: dict[Any, Mapping[str, Any]] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def spans(self) -> bool:
        """Whether rows may cover several days."""
        return END in self.expression.columns


def from_arrow(
    table: Any, columns: Columns | None = None, *, label: str = "table", known: Mapping[str, Measure] | None = None
) -> Table:
    """A pyarrow Table. Without ``columns``, it has the shape that the readers of exports give: ``date``,
    ``date_end``, measures by the names of the catalogue, and dimensions in columns of text.

    ``known``: the measures, those of the catalogue by default. Raises SourceError for columns that are not there.
    """
    import pyarrow as pa

    known = _measures(known)
    if columns is None:
        text = [f.name for f in table.schema if pa.types.is_string(f.type) or pa.types.is_large_string(f.type)]
        columns = Columns(
            measures={name: name for name in table.column_names if name in known},
            dimensions=[name for name in text if name not in (*known, "currency")],
            date_end=END if END in table.column_names and _covers_days(table) else None,
        )
    import ibis

    return from_ibis(ibis.memtable(table), embedded(), columns, label=label, known=known)


def _covers_days(table: Any) -> bool:
    """Whether any row ends on another day than it begins: else nothing needs to ask, which halves every query."""
    import pyarrow.compute as pc

    other = pc.not_equal(pc.cast(table[DATE], "date32"), pc.cast(table[END], "date32"))
    return bool(pc.any(other).as_py())


def from_parquet(
    path: Path | str | Iterable[Path | str],
    columns: Columns,
    *,
    label: str | None = None,
    known: Mapping[str, Measure] | None = None,
    timezone: str = "UTC",
    threads: int | None = None,
) -> Table:
    """Parquet files: a path, a pattern or several; read as a stream. ``threads`` limits the cores that are used."""
    several = [str(p) for p in ([path] if isinstance(path, Path | str) else path)]
    connection = embedded(timezone)
    if threads:
        connection.backend.raw_sql(f"SET threads = {int(threads)}")
    found = connection._guarded(lambda: connection.backend.read_parquet(several))
    return from_ibis(found, connection, columns, label=label or ", ".join(several), known=_measures(known))


def from_connection(
    connection: Connection,
    columns: Columns,
    *,
    table: str | None = None,
    query: str | None = None,
    where: Where | None = None,
    label: str | None = None,
    known: Mapping[str, Measure] | None = None,
) -> Table:
    """A table of a database, or the rows of a query. ``where`` filters by columns of the table itself."""
    if (table is None) == (query is None):
        raise SourceError(Problem("source_table_or_query", {}, connection.place))
    found = connection.table(table) if table else connection.query(str(query))
    name = label or f"{connection.redacted()} {table or 'query'}"
    if where:
        found = found.filter(selected(found, where, connection.place))
    return from_ibis(found, connection, columns, label=name, known=_measures(known))


def from_ibis(
    expression: Any, connection: Connection, columns: Columns, *, label: str, known: Mapping[str, Measure]
) -> Table:
    """An ibis table of a connection, with its columns named by their meaning.

    Raises SourceError with every column that is absent, of the wrong type, or not a known measure.
    """
    problems: list[Problem] = []
    place = connection.place

    def column(name: str) -> Any:
        if name in expression.columns:
            return expression[name]
        problems.append(_no_column(name, expression.columns, place))
        return None

    taken: dict[str, Any] = {}
    for target, name in ((DATE, columns.date), (END, columns.date_end)):
        if name and (found := column(name)) is not None:
            taken[target] = _day(found, name, connection, problems)
    for target, name in columns.dimension_columns.items():
        if (found := column(name)) is not None:
            taken[target] = _text(found, name, place, problems)
    forms: dict[str, Form] = {}
    for target, spec in columns.measures.items():
        if target not in known:
            problems.append(Problem("source_measure_unknown", {"measure": target}, place))
        elif isinstance(spec, int | float):
            forms[target], taken[target] = _rows(spec, known[target], place, problems)
        else:
            name = spec.get("distinct") if isinstance(spec, Mapping) and set(spec) == {"distinct"} else spec
            if not isinstance(name, str):
                problems.append(Problem("source_measure_form", {"measure": target}, place))
            elif (found := column(name)) is not None:
                forms[target], taken[target] = _values(found, name, spec is not name, known[target], place, problems)
    if problems:
        raise SourceError(problems)
    return Table(expression.select(**taken), connection, tuple(columns.dimension_columns), forms, known, label, place)


def selected(table: Any, where: Where, place: Place) -> list[Any]:
    """The conditions of a selection, for ``filter``. Raises SourceError for unknown columns and unfit values."""
    return [_condition(table, name, values, place) for name, values in where.items()]


def _condition(table: Any, name: str, values: Any, place: Place) -> Any:
    if name not in table.columns:
        raise SourceError(_no_column(name, table.columns, place))
    column = table[name]
    several = list(values) if isinstance(values, list | tuple | set | frozenset) else [values]
    kind = column.type()
    wanted = [v for v in several if v is not None]
    if kind.is_string():
        wanted = [str(v).lower() if isinstance(v, bool) else str(v) for v in wanted]
    elif any(isinstance(v, bool) != kind.is_boolean() or isinstance(v, str) == kind.is_numeric() for v in wanted):
        raise SourceError(Problem("source_where_type", {"column": name, "type": str(kind)}, place))
    condition = column.isin(wanted)
    return condition | column.isnull() if len(wanted) < len(several) else condition


def _measures(known: Mapping[str, Measure] | None) -> Mapping[str, Measure]:
    if known is not None:
        return known
    from xlkpi.catalogue import catalogue

    return catalogue().measures


def _day(column: Any, name: str, connection: Connection, problems: list[Problem]) -> Any:
    kind = column.type()
    if kind.is_date():
        return column
    if kind.is_timestamp():
        by_session = ("duckdb", "postgres", "pyspark")
        if kind.timezone and kind.timezone != connection.timezone and connection.engine not in by_session:
            problems.append(Problem("source_date_zone", {"column": name, "zone": kind.timezone}, connection.place))
        return column.cast("date")
    if kind.is_string():
        return column.cast("date")
    problems.append(Problem("source_date_type", {"column": name, "type": str(kind)}, connection.place))
    return None


def _text(column: Any, name: str, place: Place, problems: list[Problem]) -> Any:
    kind = column.type()
    if kind.is_string():
        return column
    if kind.is_boolean():  # engines disagree on how they write true
        return column.isnull().ifelse(None, column.ifelse("true", "false"))
    if kind.is_floating() or kind.is_nested() or kind.is_binary():
        problems.append(Problem("source_dimension_type", {"column": name, "type": str(kind)}, place))
    return column.cast("string")


def _rows(count: float, measure: Measure, place: Place, problems: list[Problem]) -> tuple[Form, Any]:
    import ibis

    if measure.aggregate != "sum":
        values = {"measure": measure.id, "aggregate": measure.aggregate}
        problems.append(Problem("source_measure_rows", values, place))
    return "rows", ibis.literal(count)


def _values(
    column: Any, name: str, distinct: bool, measure: Measure, place: Place, problems: list[Problem]
) -> tuple[Form, Any]:
    kind = column.type()
    if distinct:
        if measure.aggregate not in ("count_distinct", "sum"):
            values = {"measure": measure.id, "aggregate": measure.aggregate}
            problems.append(Problem("source_measure_rows", values, place))
        return "ids", column
    if kind.is_numeric():
        return "numbers", column
    if kind.is_boolean():
        return "numbers", column.isnull().ifelse(None, column.ifelse(1, 0))
    if measure.aggregate == "count_distinct" and (kind.is_string() or kind.is_uuid() or kind.is_binary()):
        return "ids", column
    problems.append(Problem("source_measure_type", {"measure": measure.id, "column": name, "type": str(kind)}, place))
    return "numbers", column


def _no_column(name: str, known: Iterable[str], place: Place) -> Problem:
    from xlkpi.validation import nearest

    known = list(known)
    meant = nearest(name, known)
    code = "source_column_unknown_nearest" if meant else "source_column_unknown"
    return Problem(code, {"column": name, "nearest": meant or "", "known": ", ".join(known)[:500]}, place)


def absent(name: str, known: Iterable[str], place: Place) -> NoReturn:
    """Raise the SourceError for a measure or a dimension that the table does not have."""
    raise SourceError(_no_column(name, known, place))
