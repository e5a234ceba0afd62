"""How rows become one row per period and group, as ibis expressions that mean the same on every engine.

Where engines differ, a form is chosen that doesn't: months are numbered rather than truncated (fiscal years need
no date arithmetic), weeks are counted from a Monday where truncation depends on a session (Snowflake) or is missing
(MySQL), distinct values are counted exactly also where the usual count is approximate (ClickHouse), and medians are
found by the places of the sorted values, since some engines only estimate them (Trino) or have none (SQLite, BigQuery).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from functools import reduce
from typing import Any

from xlkpi.cadence import Cadence
from xlkpi.sources.table import DATE, END, Table

PERIOD = "_period"
#: A Monday in the first year that every engine's calendar reaches.
_MONDAY = date(1000, 1, 6)
_MONTHS = {"monthly": 1, "quarterly": 3, "yearly": 12}
#: Engines whose week truncation is missing or depends on the session.
_COUNTED_WEEKS = ("mysql", "snowflake")
#: Engines that truncate a date to a moment in the session's time zone, which must become a date there as well.
_WEEKS_OF_MOMENTS = ("postgres", "pyspark", "databricks")
#: Engines that have no NaN.
_WITHOUT_NAN = ("mysql", "sqlite")


def period_of(day: Any, cadence: Cadence, engine: str) -> Any:
    """The period of an ibis date: its first day for days and weeks, else the number of its first month."""
    if cadence.code == "daily":
        return day
    if cadence.code == "weekly":
        if engine in _WEEKS_OF_MOMENTS:
            return day.cast("timestamp").truncate("W").cast("date")
        if engine not in _COUNTED_WEEKS:
            return day.truncate("W")
        import ibis

        days = day.delta(ibis.literal(_MONDAY), unit="day").cast("int64")
        return days - days % 7
    month = (day.year().cast("int64") * 12 + day.month().cast("int64")) - 1
    length = _MONTHS[cadence.code]
    return month if length == 1 else month - (month - (cadence.fiscal_year_start - 1)) % length


def first_day(value: Any, cadence: Cadence) -> date:
    """The first day of a period that came back from an engine."""
    if cadence.code in _MONTHS:
        return date(int(value) // 12, int(value) % 12 + 1, 1)
    if isinstance(value, int | float):
        return _MONDAY + timedelta(days=int(value))
    found: date = value.date() if hasattr(value, "date") else value
    return found


def dated(table: Table, cadence: Cadence, where: Sequence[Any], first: date | None, last: date | None) -> Any:
    """The wanted rows with their period; rows without a date are left out.

    A row that covers several periods, or days outside of ``first`` to ``last``, is ``_crossing``, from ``_period`` to
    ``_until``: how much of it belongs to each is unknown.
    """
    import ibis

    rows = table.expression
    engine = table.connection.engine
    rows = rows.filter([*where, *_between(table, first, last)])
    if not table.spans:
        return rows.mutate(**{PERIOD: period_of(rows[DATE], cadence, engine)})
    rows = rows.mutate(**{END: _end(table)})
    begin, end, outside = rows[DATE], rows[END], ibis.literal(False)
    if first is not None:
        begin, outside = (begin < first).ifelse(ibis.literal(first), begin), begin < first
    if last is not None:
        end, outside = (end > last).ifelse(ibis.literal(last), end), outside | (end > last)
    rows = rows.mutate(
        **{PERIOD: period_of(begin, cadence, engine), "_until": period_of(end, cadence, engine), "_outside": outside}
    )
    return rows.mutate(_crossing=rows["_outside"] | (rows[PERIOD] != rows["_until"]))


def _end(table: Table) -> Any:
    """The last day that a row covers."""
    day = table.expression[DATE]
    return table.expression[END].fill_null(day) if table.spans else day


def _between(table: Table, first: date | None, last: date | None) -> list[Any]:
    """The conditions of rows that cover some of the days from ``first`` to ``last``."""
    import ibis

    day = table.expression[DATE]
    conditions = [day.notnull()]
    if first is not None:
        conditions.append(_end(table) >= ibis.literal(first))
    if last is not None:
        conditions.append(day <= ibis.literal(last))
    return conditions


def grouped(table: Table, rows: Any, measures: Sequence[str], by: Sequence[str]) -> Any:
    """One row per period and group, with each measure aggregated in its own way.

    Beside each measure of :func:`allowed` stands a count (:func:`count_of`): above what is allowed, its value
    means nothing.
    """
    stocks = [name for name in measures if way(table, name) == "last"]
    if stocks:
        rows = rows.mutate(**{f"_last_{name}": last_known(table, rows, name) for name in stocks})
    medians = [name for name in measures if way(table, name) == "median"]
    if medians:
        rows = rows.mutate(**{f"_middle_{name}": _middle(table, rows, name, by) for name in medians})
    made: dict[str, Any] = {}
    for name in measures:
        made |= _aggregated(table, rows, name)
    if table.spans:
        made["_crossings"] = _count(rows["_crossing"])
    return rows.group_by([PERIOD, *by]).aggregate(**made)


def way(table: Table, name: str) -> str:
    """How a measure of the table is aggregated: as the catalogue says, ``distinct`` for identifiers, or
    ``unweighted`` for a mean whose weight the table lacks.
    """
    if table.forms[name] != "numbers":
        return "distinct" if table.forms[name] == "ids" else "sum"
    measure = table.known[name]
    weighted = measure.weight in table.forms
    return "unweighted" if measure.aggregate == "mean" and not weighted else measure.aggregate


def count_of(name: str) -> str:
    """The column beside a measure that tells whether its value means something."""
    return f"_count_{name}"


def allowed(table: Table, name: str) -> int | None:
    """Up to which count a value means something: one row of people or of a mean without weight, no row whose weight
    is missing. None: always.
    """
    return {"count_distinct": 1, "unweighted": 1, "mean": 0}.get(way(table, name))


def _aggregated(table: Table, rows: Any, name: str) -> dict[str, Any]:
    engine = table.connection.engine
    how = way(table, name)
    if how == "distinct":
        # Nobody identified is not the same as nobody.
        return {name: distinct(rows[name], engine).nullif(0).cast("float64")}
    value = numbers(rows[name], engine)
    if how == "sum":
        return {name: value.sum().cast("float64")}
    if how == "max":
        return {name: value.max().cast("float64")}
    if how == "median":
        return {name: rows[f"_middle_{name}"].mean()}
    if how == "last":
        return {name: value.sum(where=_day_of_stock(table, rows) == rows[f"_last_{name}"]).cast("float64")}
    count = count_of(name)
    if how == "count_distinct":
        # A row of nobody adds nobody, so it may stand beside another.
        telling = value.isnull() | (value != 0)
        return {name: value.sum().cast("float64"), count: _count(telling)}
    weight = table.known[name].weight
    if how == "unweighted" or weight is None:
        return {name: value.max().cast("float64"), count: value.count()}
    value, by = value.cast("float64"), numbers(rows[weight], engine).cast("float64")
    total = by.sum(where=value.notnull())
    mean = (value * by).sum() / total.nullif(0)
    return {name: mean, count: _count(value.notnull() & by.isnull())}


def _middle(table: Table, rows: Any, name: str, by: Sequence[str]) -> Any:
    """The value where it is the middle one of its period and group, or one of the two in the middle; else nothing."""
    import ibis

    value = numbers(rows[name], table.connection.engine).cast("float64")
    group = [rows[PERIOD], *(rows[d] for d in by)]
    place = ibis.row_number().over(ibis.window(group_by=group, order_by=ibis.asc(value, nulls_first=False)))
    last = value.count().over(ibis.window(group_by=group)) - 1
    return ((2 * place - last).abs() <= 1).ifelse(value, None)


def _count(condition: Any) -> Any:
    """How many rows meet a condition (not every engine turns true into 1)."""
    return condition.ifelse(1, 0).sum()


def numbers(column: Any, engine: str) -> Any:
    """A column of numbers with NULL for NaN."""
    if not column.type().is_floating() or engine in _WITHOUT_NAN:
        return column
    return column.isnan().ifelse(None, column)


def distinct(column: Any, engine: str) -> Any:
    """How many different values a column has, exactly."""
    if engine != "clickhouse":
        return column.nunique()
    import ibis
    import ibis.expr.datatypes as dt

    def exact(values):  # type: ignore[no-untyped-def]  # its types are the signature's
        """ClickHouse's exact count, in place of its approximate `uniq`."""

    return ibis.udf.agg.builtin(exact, name="uniqExact", signature=((column.type(),), dt.int64))(column)


def _day_of_stock(table: Table, rows: Any) -> Any:
    return rows[END] if table.spans else rows[DATE]


def last_known(table: Table, rows: Any, name: str) -> Any:
    """The last day in the period on which the finest group of the row has a value."""
    import ibis

    day = numbers(rows[name], table.connection.engine).notnull().ifelse(_day_of_stock(table, rows), None)
    return day.max().over(ibis.window(group_by=[rows[PERIOD], *(rows[d] for d in table.dimensions)]))


def stock_groups(table: Table, rows: Any, name: str, by: Sequence[str]) -> Any:
    """How many finest groups of a stock report in a period, begin to, and end with a value of zero."""
    import ibis

    rows = rows.mutate(_last=last_known(table, rows, name))
    rows = rows.filter(_day_of_stock(table, rows) == rows["_last"])
    finest = rows.group_by([PERIOD, *table.dimensions]).aggregate(
        _value=numbers(rows[name], table.connection.engine).sum()
    )
    finest = finest.filter(finest["_value"].notnull())
    over = ibis.window(group_by=[finest[d] for d in table.dimensions])
    life = finest.mutate(_begin=finest[PERIOD].min().over(over), _end=finest[PERIOD].max().over(over))
    ended = (life[PERIOD] == life["_end"]) & (life["_value"] == 0)
    return life.group_by([PERIOD, *by]).aggregate(
        present=life.count(),
        begun=_count(life[PERIOD] == life["_begin"]),
        ended=_count(ended),
    )


def crossings(rows: Any, by: Sequence[str]) -> Any:
    """The spans of periods that single rows cover."""
    return rows.filter(rows["_crossing"]).select(PERIOD, "_until", *by).distinct()


def totals(table: Table, where: Sequence[Any], first: date | None, last: date | None) -> Any:
    """One row about the source: how many rows it has, how many are wanted, and the days that they cover."""
    rows = table.expression
    day = rows[DATE]
    wanted = reduce(lambda a, b: a & b, [*_between(table, first, last), *where])
    return rows.aggregate(
        rows=rows.count(),
        undated=_count(day.isnull()),
        used=_count(wanted),
        first=day.min(),
        last=_end(table).max(),
    )


def compiled(expression: Any, engine: str) -> str:
    """The SQL of an expression."""
    import ibis

    return str(ibis.to_sql(expression, dialect=engine))
