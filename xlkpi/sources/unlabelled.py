"""Lines of totals that no word tells: every dimension is blank, and the numbers are the sums of the other rows."""

from __future__ import annotations

from typing import Any

from xlkpi.sources.preset import measures

#: Rounding in the export may make a total differ from the sum of its rows by this share.
ROUNDING = 0.001
MOST = 5_000


def unlabelled_totals(table: Any, dimensions: list[str]) -> Any:
    """A mask of the rows that are totals of the whole table, or of their day; None where there is none.

    A row with blank dimensions whose numbers are not sums stays: it is data that nobody classified.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    known = [d for d in dimensions if d in table.column_names]
    sums = [name for name in table.column_names if measures().get(name, {}).get("aggregate") == "sum"]
    if not known or not sums or table.num_rows < 3:
        return None
    blank = pc.is_null(table[known[0]])
    for name in known[1:]:
        blank = pc.and_(blank, pc.is_null(table[name]))
    count = pc.sum(blank).as_py()
    if not count or count > MOST or count == table.num_rows:
        return None
    none = pa.scalar(None, pa.float64())
    whole = {name: pc.sum(pc.if_else(blank, none, table[name])).as_py() for name in sums}
    blanks = table.filter(blank).to_pylist()
    days = pa.array([row["date"] for row in blanks], table["date"].type)
    rest = table.select(["date", *sums]).filter(pc.and_(pc.is_in(table["date"], value_set=days), pc.invert(blank)))
    asked = [("date", "count"), *((name, "sum") for name in sums)]
    by_day = {row["date"]: row for row in rest.group_by("date").aggregate(asked).to_pylist()}
    daily = {d: {name: row[f"{name}_sum"] for name in sums} for d, row in by_day.items() if row["date_count"] > 1}
    found = [
        (table.num_rows - count > 1 and equal_sums(row, whole, sums))
        or (row["date"] in daily and equal_sums(row, daily[row["date"]], sums))
        for row in blanks
    ]
    if not any(found):
        return None
    positions = pc.indices_nonzero(blank).to_pylist()
    total = {position for position, is_total in zip(positions, found, strict=True) if is_total}
    return pa.array([i in total for i in range(table.num_rows)])


def equal_sums(row: dict[str, Any], sums: dict[str, Any], names: list[str]) -> bool:
    """Whether a row's numbers are the sums, but for rounding; a number that one of them lacks tells nothing."""
    told = [(row[name], sums[name]) for name in names if row[name] is not None and sums[name] is not None]
    return any(a for a, _ in told) and all(abs(a - b) <= ROUNDING * abs(b) + 0.01 for a, b in told)
