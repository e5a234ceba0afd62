"""What a refresh changes: values and statuses, rows, columns of sources, and what people did that it met."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xlkpi.workbook.live import as_date
from xlkpi.workbook.state import Called, aside_of, called, mapping_of
from xlkpi.workbook.tables import OBJECTIVE_COLUMNS

if TYPE_CHECKING:
    from xlkpi.scorecard.ahead import Ahead
    from xlkpi.scorecard.lacking import Lacking
    from xlkpi.scorecard.model import Result, Scorecard
    from xlkpi.workbook.accept import Accepted
    from xlkpi.workbook.archive import Archived
    from xlkpi.workbook.existing import Existing
    from xlkpi.workbook.live import Value
    from xlkpi.workbook.state import State


@dataclass(frozen=True)
class Moved:
    """An objective before and after; ``before`` or ``after`` is None where it is new or gone, values where unknown."""

    id: str
    before: tuple[float | None, str] | None
    after: tuple[float | None, str] | None
    title: str = ""
    unit: str = "count"
    currency: str = "EUR"
    #: Those of the value before, where another KPI has come to the objective, or the project has another currency.
    unit_before: str | None = None
    currency_before: str | None = None
    #: The names of the KPIs before and now, where it is another one.
    kpis: tuple[str, str] | None = None

    @property
    def changed(self) -> bool:
        is_exchanged = self.currency_before not in (None, self.currency) and "currency" == self.unit == self.unit_before
        return self.before != self.after or self.kpis is not None or is_exchanged


@dataclass(frozen=True)
class TypedCell:
    """A cell of an objective in which people typed something else than the project says."""

    objective: str
    column: str
    project: Value | date
    workbook: Value | date


@dataclass(frozen=True)
class RowCount:
    """The rows of a table: how many there are, how many are new, how many vanished, and how many people added.
    ``lost``: those of the vanished in which people wrote.
    """

    rows: int
    new: int
    vanished: int
    people: int
    lost: int = 0


@dataclass(frozen=True)
class Differences:
    """What is known before anything is written. ``late``: objectives whose data is later than it should be, in days.
    ``held``: objectives that are not due, with the day that their numbers are for and that of the next review.
    """

    as_of: tuple[date | None, date]
    objectives: Sequence[Moved]
    typed: Sequence[TypedCell]
    mapping: Sequence[tuple[str, str, str, bool]]
    late: Mapping[str, int]
    held: Mapping[str, tuple[date, date]]
    #: The rows of sources that were set aside, before and now, where that differs.
    aside: Mapping[str, tuple[int, int]]
    #: The sources that have no rows now, and the objectives that wait for them.
    empty: Sequence[str] = ()
    waiting: Sequence[str] = ()
    #: The rows of sources that are dated after today.
    ahead: Mapping[str, Ahead] = field(default_factory=dict)
    #: The objectives without a value since no row has what they are limited to, and that.
    unmatched: Mapping[str, Mapping[str, Sequence[Any]]] = field(default_factory=dict)

    @property
    def moved(self) -> list[Moved]:
        return [objective for objective in self.objectives if objective.changed]


@dataclass(frozen=True)
class Refreshed:
    """A refresh that was done, or that would be (``dry_run``)."""

    path: Path
    dry_run: bool
    differences: Differences
    rows: Mapping[str, RowCount] = field(default_factory=dict)
    #: Cells of ours in which somebody put something else, and that were left alone.
    replaced: Sequence[tuple[str, str]] = ()
    #: Rows that were put into people's tables, by table.
    added: Mapping[str, int] = field(default_factory=dict)
    #: Objectives for which pages have no place.
    without_place: Sequence[str] = ()
    #: Pages that have fewer lines than there is to show, for instance of channels.
    short: Sequence[str] = ()
    #: What people changed in the workbook and is written back to the project's files.
    accepted: Sequence[Accepted] = ()
    #: Rows of people's tables that went to the archive, came back, or could do neither.
    archived: Archived | None = None
    #: Comments of which the row is no more, where they stand now: sheet and address.
    stranded: Sequence[tuple[str, str]] = ()
    #: Pages of the workbook for which there is nothing now, by name, and why.
    lacking: Mapping[str, Lacking] = field(default_factory=dict)
    #: Sheets of data that are no longer filtered or sorted.
    unfiltered: Sequence[str] = ()
    #: Pages of KPIs that show other ones now: their names before, and those that they have now.
    tabs: Mapping[str, str] = field(default_factory=dict)
    #: Pages of KPIs whose objective is gone, and that no other one has taken.
    vacant: Sequence[str] = ()
    #: Rows that people wrote right under their tables, which don't reach over them, by table.
    below: Mapping[str, int] = field(default_factory=dict)
    #: Rows that were there while data lacked, and that were taken back, by table.
    taken: Mapping[str, int] = field(default_factory=dict)
    #: What people chose and that there is no more: what kind of choice, and what was chosen.
    reset: Sequence[tuple[str, str]] = ()
    #: What people typed on objectives that are gone and that no archive could take, by objective and column.
    gone: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    #: What was typed on objectives that are back and stays in the archive, since it no longer fits: their columns.
    kept: Sequence[tuple[str, Sequence[str]]] = ()
    #: What people typed for another KPI than an objective measures now, and that goes to the archive.
    displaced: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    #: Formulas on objectives that nothing has calculated yet, so that the project's value counts: and their columns.
    uncalculated: Sequence[tuple[str, str]] = ()
    #: Sheets on which formulas refer to rows of objectives that are gone or others now.
    misled: Sequence[str] = ()
    #: Whether the workbook was made by an older version, which a refresh can follow.
    older: bool = False
    #: The objectives that were due; None where all were to be refreshed. Nothing is written where none is.
    due: Sequence[str] | None = None

    #: The present names of the sheets of tables, by table.
    sheets: Mapping[str, str] = field(default_factory=dict)

    def page(self, table: str) -> str:
        """The name by which people know a table."""
        return self.sheets.get(table, table)

    def as_json(self) -> dict[str, Any]:
        """For ``--json``."""
        known = self.differences
        return {
            "file": str(self.path), "dry_run": self.dry_run,
            "as_of": {"before": _plain(known.as_of[0]), "after": _plain(known.as_of[1])},
            "objectives": [_moved_as_json(m) for m in known.objectives],
            "rows": {name: vars(count) for name, count in self.rows.items()},
            "mapping": [{"source": s, "column": c, "meaning": m, "new": new} for s, c, m, new in known.mapping],
            "typed": [_typed_as_json(t) for t in known.typed],
            "replaced": [{"sheet": sheet, "cell": cell} for sheet, cell in self.replaced],
            "added": dict(self.added), "without_place": list(self.without_place), "short": list(self.short),
            "late": dict(known.late),
            "aside": {name: {"before": before, "after": now} for name, (before, now) in known.aside.items()},
            "empty": list(known.empty), "waiting": list(known.waiting),
            "ahead": {source: rows.as_json() for source, rows in known.ahead.items()},
            "unmatched": {id: {name: list(map(str, v)) for name, v in where.items()}
                          for id, where in known.unmatched.items()},
            "archived": dict(self.archived.out) if self.archived else {},
            "returned": dict(self.archived.back) if self.archived else {},
            "stranded_comments": [{"sheet": sheet, "cell": cell} for sheet, cell in self.stranded],
            "lacking": {page: why.text() for page, why in self.lacking.items()},
            "unfiltered": list(self.unfiltered),
            "tabs": dict(self.tabs), "vacant": list(self.vacant), "below": dict(self.below),
            "taken": dict(self.taken),
            "reset": [{"kind": kind, "name": name} for kind, name in self.reset],
            "gone": {id: [_gone_as_json(c, v) for c, v in cells.items()] for id, cells in self.gone.items()},
            "kept_in_archive": [{"objective": id, "columns": list(columns)} for id, columns in self.kept],
            "displaced": {id: list(cells) for id, cells in self.displaced.items()}, "misled": list(self.misled),
            "uncalculated": [{"objective": id, "column": column} for id, column in self.uncalculated],
            "older": self.older,
            "due": None if self.due is None else list(self.due),
            "held": {id: {"as_of": _plain(day), "next": _plain(next)} for id, (day, next) in known.held.items()},
            "accepted": [_accepted_as_json(a) for a in self.accepted],
        }  # fmt: skip


def differences(existing: Existing, card: Scorecard) -> Differences:
    """Compare a workbook's memory with the scorecard as it is now."""
    state = existing.state
    now = {r.objective.id: result_of(r) for r in card.results}
    before = {id: (value, str(code)) for id, (value, code) in state.results.items()}
    ids = [*now, *(id for id in before if id not in now)]
    old, new = ({(s, c, m) for s, pairs in mapping.items() for c, m in pairs}
                for mapping in (state.mapping, mapping_of(card, state)))  # fmt: skip
    typed = []
    for id, cells in existing.typed.items():
        for code, value in cells.items():
            said = existing.project_typed.get(id, {}).get(code)
            found = as_date(value) if OBJECTIVE_COLUMNS[code][0] == "date" else value
            if id in now and said != found:
                typed.append(TypedCell(id, code, said, found))
    return Differences(
        (as_date(state.as_of), card.as_of), [_moved(card, state, id, before.get(id), now.get(id)) for id in ids], typed,
        [(*key, key in new) for key in sorted(old ^ new)],
        {r.objective.id: r.trust.late_days for r in card.results if r.trust.late_days > 0 and not r.trust.fresh},
        {id: (day, _next(card, id)) for id, day in card.held.items()},
        {name: (was, now) for name, now in aside_of(card, state).items() if (was := state.aside.get(name, 0)) != now},
        card.data.empty, card.waiting, card.data.ahead,
        {r.objective.id: dict(r.objective.where) for r in card.results if r.gap == "no_rows"},
    )  # fmt: skip


def _next(card: Scorecard, id: str) -> date:
    result = card.by_id[id]
    cadence = result.series.cadence.code if result.series else "monthly"
    return result.objective.next_review(card.as_of, card.project.fiscal_year_start, cadence)


def result_of(result: Result) -> tuple[float | None, str]:
    """The value and the status of an objective."""
    return None if result.actual != result.actual else result.actual, result.status.shown


def _moved(card: Scorecard, state: State, id: str, before: Any, after: Any) -> Moved:
    result = card.by_id.get(id)
    was = Called.of(state, id)
    now = called(result) if result else was or Called(id)
    was = was or now
    is_other = before is not None and after is not None and was.was_other_than(now.kpi)
    return Moved(
        id, before, after, now.title, now.unit, card.project.currency, was.unit,
        state.currency or card.project.currency, (was.kpi_name, now.kpi_name) if is_other else None,
    )  # fmt: skip


def _moved_as_json(moved: Moved) -> dict[str, Any]:
    sides = {"before": moved.before, "after": moved.after}
    told = {name: {"value": side[0], "status": side[1]} if side else None for name, side in sides.items()}
    kpis = {"before": moved.kpis[0], "after": moved.kpis[1]} if moved.kpis else None
    return {"id": moved.id, "changed": moved.changed, "other_kpi": kpis, **told}


def _typed_as_json(cell: TypedCell) -> dict[str, Any]:
    return {"objective": cell.objective, "column": cell.column, "project": _plain(cell.project),
            "workbook": _plain(cell.workbook)}  # fmt: skip


def _gone_as_json(column: str, value: Value) -> dict[str, Any]:
    is_date = OBJECTIVE_COLUMNS[column][0] == "date"
    return {"column": column, "workbook": _plain(as_date(value)) if is_date else value}


def _accepted_as_json(value: Accepted) -> dict[str, Any]:
    return {"objective": value.objective, "key": value.key, "old": _plain(value.old), "new": _plain(value.new),
            "file": value.place.file, "line": value.place.line}  # fmt: skip


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
