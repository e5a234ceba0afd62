"""Rows that people have and rows that xlkpi knows, brought together without losing one and without adding one twice."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from xlkpi.workbook.live import Value
from xlkpi.workbook.people_table import PeopleTable, Row, identity, plain

if TYPE_CHECKING:
    from xlkpi.workbook.book import Book

#: Values by key of a row and column.
Proposals = Mapping[str, Mapping[str, Value]]
_NOTHING: Proposals = {}


def merged(
    table: PeopleTable, kept: Sequence[Row], given: Sequence[Row], proposed: Proposals = _NOTHING
) -> list[Row]:  # fmt: skip
    """The rows that people have, with what xlkpi refreshes in them, then the ones that xlkpi knows beside them.

    Rows are never dropped; of several with the same key each takes what is refreshed of its place among them.
    ``proposed``: what was proposed before, by key and column; where it still stands, the new proposal takes its place,
    or none, where xlkpi no longer knows the row.
    """
    known = dict(zip(counted(table, given), given, strict=True)) if table.keys else {}
    ours = [c.code for c in table.columns if c.filled == "refreshed" and not c.is_formula]
    rows: list[Row] = []
    for key, row in zip(counted(table, kept), kept, strict=True):
        found = known.pop(key, None)
        if found is None:
            rows.append({**row, **dict.fromkeys(_standing(row, proposed.get(repr(key), {})))})
            continue
        # With its format.
        same = {code: given for code, given in found.items() if is_alike(plain(given), row.get(code))}
        lacking = {code: given for code, given in found.items() if code not in row}  # columns that there were not yet
        still = [code for code in _standing(row, proposed.get(repr(key), {})) if code in found]
        rows.append({**lacking, **row, **same, **{code: found.get(code) for code in (*ours, *still)}})
    return rows + (list(known.values()) if table.keys else [])


def _standing(row: Row, before: Mapping[str, Value]) -> list[str]:
    """The cells in which what was proposed before stands still."""
    return [code for code, value in before.items() if is_alike(value, row.get(code))]


def proposals(
    table: PeopleTable, rows: Sequence[Row], known: Sequence[Row], before: Proposals
) -> dict[str, dict[str, Value]]:
    """What is proposed in a table, by key of a row and column; nothing in rows that xlkpi no longer knows.

    ``rows`` are those that xlkpi knows, ``known`` all that there are.
    """
    codes = [c.code for c in table.columns if c.filled == "proposed"]
    keys = map(repr, counted(table, rows))
    found = {key: {code: plain(row.get(code)) for code in codes} for key, row in zip(keys, rows, strict=True)}
    for key, row in zip(map(repr, counted(table, known)), known, strict=True):
        if key in before and key not in found:
            found[key] = {code: None for code in codes if row.get(code) is None and code in before[key]}
    return found


def still_wanted(book: Book, table: PeopleTable, kept: Sequence[Row], given: Sequence[Row]) -> list[Row]:
    """The rows that xlkpi knows, without those that it put here before and that people took out."""
    if not table.keys:
        return list(given)
    before = set(book.offered_before.get(table.name, ()))
    here, keys = {*counted(table, kept)}, counted(table, given)
    book.offered[table.name] = sorted(before | {repr(key) for key in keys})
    return [row for key, row in zip(keys, given, strict=True) if repr(key) not in before or key in here]


def without_absent(book: Book, table: PeopleTable, rows: list[Row]) -> list[Row]:
    """The rows without what the workbook that is refreshed has no column for: an earlier version built it."""
    present = book.existing.state.columns.get(table.name) if book.existing else None
    if present is None or all(c.code in present for c in table.columns):
        return rows
    return [{code: value for code, value in row.items() if code in present} for row in rows]


def is_alike(given: Value, found: object) -> bool:
    """Whether a cell's content is the given one, numbers to the digits that a file holds."""
    if isinstance(given, float) and isinstance(found, float):
        return math.isclose(given, found, rel_tol=1e-12)
    return given == found


def counted(table: PeopleTable, rows: Sequence[Row]) -> list[tuple[Any, ...]]:
    """What tells each row from the others, with a number for those that the same stands before."""
    seen: dict[tuple[Any, ...], int] = {}
    found = []
    for row in rows:
        key = identity(table, row)
        seen[key] = seen.get(key, -1) + 1
        found.append((*key, seen[key]) if seen[key] else key)
    return found
