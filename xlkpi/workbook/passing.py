"""Rows that xlkpi puts into people's tables while data lack: once these are there, they are taken back or filled in.

A workbook remembers what was written in them. A row in which a person wrote since stays, as does one on which something
hangs that the table does not hold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING

from xlkpi.workbook.live import Value, as_date
from xlkpi.workbook.people_merging import counted, is_alike
from xlkpi.workbook.people_table import PeopleTable, Row, plain

if TYPE_CHECKING:
    from xlkpi.scorecard.model import Scorecard
    from xlkpi.workbook.package import Package
    from xlkpi.workbook.people_rows import PeoplePart
    from xlkpi.workbook.state import State

#: What was written in such rows: values by table, key of a row and column.
Passing = Mapping[str, Mapping[str, Mapping[str, Value]]]


@dataclass(frozen=True)
class TakenBack:
    """The rows of people's tables without those that were taken back; their keys, by table."""

    rows: dict[str, Sequence[Row]]
    keys: dict[str, list[str]] = field(default_factory=dict)

    def offered(self, before: Mapping[str, Sequence[str]]) -> dict[str, Sequence[str]]:
        """The rows that were once put into tables: one that xlkpi itself took out may come again."""
        return {name: [key for key in keys if key not in self.keys.get(name, ())] for name, keys in before.items()}


def written_in(table: PeopleTable, row: Row) -> dict[str, Value]:
    """What a row holds beside its keys."""
    codes = [c.code for c in table.columns if not c.is_formula and c.code not in table.keys]
    return {code: value for code in codes if (value := plain(row.get(code))) is not None}


def standing(table: PeopleTable, row: Row, written: Mapping[str, Value]) -> set[str]:
    """The columns beside the keys in which a row is as it was written."""
    codes = [c.code for c in table.columns if not c.is_formula and c.code not in table.keys]
    return {code for code in codes if is_alike(written.get(code), plain(row.get(code)))}


def taken_back(
    package: Package, state: State, parts: Mapping[str, PeoplePart], rows: Mapping[str, Sequence[Row]], card: Scorecard
) -> TakenBack:
    """Blank the rows whose time is over and in which nobody wrote, so that nothing else moves; at a table's end they
    go.
    """
    from xlkpi.workbook.archive import held_rows
    from xlkpi.workbook.pages import PEOPLE

    found = TakenBack(dict(rows))
    for name, written in state.passing.items():
        if name not in parts or name not in rows or not written:
            continue
        table, kept, held = PEOPLE[name], list(rows[name]), held_rows(package, parts[name])
        for place, (key, row) in enumerate(zip(counted(table, kept), kept, strict=True)):
            known = written.get(repr(key))
            if known is None or place in held or not _is_over(table, row, card):
                continue
            if len(standing(table, row, known)) + len(table.keys) == sum(not c.is_formula for c in table.columns):
                kept[place] = dict.fromkeys(row)
                found.keys.setdefault(name, []).append(repr(key))
        while name in found.keys and kept and not any(value is not None for value in kept[-1].values()):
            kept.pop()
        found.rows[name] = kept
    return found


def _is_over(table: PeopleTable, row: Row, card: Scorecard) -> bool:
    """Whether a row is no longer for today: nothing is waited for any more, or it is a review of days to come."""
    if row.get("key") not in card.by_id:
        return False
    if table.id != "reviews":
        return not card.waiting
    day = as_date(plain(row.get("date")))
    return isinstance(day, date) and day > card.as_of + timedelta(days=1)


__all__ = ["Passing", "TakenBack", "standing", "taken_back", "written_in"]
