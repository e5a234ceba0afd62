"""What ``xlkpi refresh`` does and says."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xlkpi.cli_build import as_day, need_extras
from xlkpi.cli_check import progress_bar
from xlkpi.language import text
from xlkpi.language.numbers import in_unit
from xlkpi.status import label

if TYPE_CHECKING:
    from xlkpi.objectives import Project
    from xlkpi.scorecard.model import Scorecard
    from xlkpi.workbook.report import Moved, Refreshed

_NAMED = 24
#: Lines of what is not about objectives.
_MOST = 12


def refresh(
    file: str, *, project: str | None, dry_run: bool, as_of: str | None, backups: int, accept_targets: bool = False,
    who: str | None = None, why: str | None = None, due: bool = False,
) -> Refreshed:  # fmt: skip
    """Refresh a workbook, or tell what that would change."""
    need_extras()
    from xlkpi.workbook.accept import Accept
    from xlkpi.workbook.refresh import Options, refresh_workbook

    day = as_day(as_of)
    accept = Accept(who or _user(), why) if accept_targets else None
    options = Options(Path(project) if project else None, dry_run, backups, day, accept, due)

    def compute(loaded: Project) -> Scorecard:
        from xlkpi.scorecard import read_data, scorecard

        return scorecard(loaded, read_data(loaded, progress_bar()), as_of=day)

    return refresh_workbook(Path(file), options, compute)


def _user() -> str | None:
    """Who is at the computer; nobody where the system does not say."""
    from getpass import getuser

    try:
        return getuser()
    except (ImportError, KeyError, OSError):
        return None


def as_text(done: Refreshed) -> str:
    """A table with a line per objective, then what else changed and what was met."""
    known = done.differences
    before, after = known.as_of
    if done.due is not None and not done.due:
        return "\n".join([text("refresh.nothing_due", file=str(done.path)), *_due(done), *_sources(done)])
    head = text("refresh.would" if done.dry_run else "refresh.done", file=str(done.path), moved=len(known.moved),
                count=len(known.objectives), before=_date(before), after=_date(after))  # fmt: skip
    lines = [head, ""]
    lines += [_line(moved) for moved in known.objectives]
    others = [*_due(done), *_rows(done), *_people(done), *_sources(done)]
    return "\n".join([*lines, *(["", *others] if others else [])])


def in_short(done: Refreshed) -> str:
    """The same for a message on the screen: only the objectives that moved, the first of them."""
    known = done.differences
    before, after = known.as_of
    head = text("refresh.done", file=str(done.path), moved=len(known.moved), count=len(known.objectives),
                before=_date(before), after=_date(after))  # fmt: skip
    lines = [_line(moved).strip() for moved in known.moved[:_MOST]]
    others = [*_people(done), *_sources(done)]
    return "\n".join([head, *(["", *lines] if lines else []), *(["", *others] if others else [])])


def _line(moved: Moved) -> str:
    name = moved.id if len(moved.id) <= _NAMED else moved.id[: _NAMED - 1] + "…"
    sides = [_side(moved, side) for side in (moved.before, moved.after)]
    mark = " " if not moved.changed else "+" if moved.before is None else "−" if moved.after is None else "•"
    told = sides[1] if not moved.changed else text("refresh.moved", before=sides[0], after=sides[1])
    return f"  {mark} {name:<{_NAMED}}  {told}"


def _side(moved: Moved, side: tuple[float | None, str] | None) -> str:
    if side is None:
        return text("refresh.nothing")
    value = text("number.none") if side[0] is None else in_unit(side[0], moved.unit, moved.currency)
    return f"{value} ({label(side[1])})"


def _due(done: Refreshed) -> list[str]:
    held = done.differences.held.items()
    return [text("refresh.held", objective=id, day=_date(day), next=_date(next)) for id, (day, next) in held]


def _rows(done: Refreshed) -> list[str]:
    lines = [
        text("refresh.rows", table=name, rows=count.rows, new=count.new, vanished=count.vanished)
        for name, count in done.rows.items()
        if count.new or count.vanished
    ]
    lines += [
        text("refresh.people_rows", table=name, rows=count.people) for name, count in done.rows.items() if count.people
    ]
    return lines + [text("refresh.added", table=name, rows=count) for name, count in done.added.items()]


def _people(done: Refreshed) -> list[str]:
    back = {(value.objective, value.key) for value in done.accepted}
    lines = [
        text("refresh.accepted" if not done.dry_run else "refresh.would_accept", objective=value.objective,
             key=value.key, old=_plain(value.old), new=_plain(value.new), place=value.place.text())
        for value in done.accepted
    ]  # fmt: skip
    lines += [
        text("refresh.typed", objective=cell.objective,
             column=text(f"workbook.column.{cell.column}"), project=_plain(cell.project),
             workbook=_plain(cell.workbook))
        for cell in done.differences.typed if (cell.objective, cell.column) not in back
    ]  # fmt: skip
    if done.replaced:
        listed = ", ".join(f"{sheet}!{cell}" for sheet, cell in done.replaced[:_MOST])
        lines.append(text("refresh.replaced", count=len(done.replaced), cells=listed))
    if done.without_place:
        lines.append(text("refresh.without_place", objectives=", ".join(done.without_place)))
    return lines


def _sources(done: Refreshed) -> list[str]:
    known = done.differences
    lines = [
        text("refresh.mapped" if new else "refresh.unmapped", source=source, column=column, meaning=meaning)
        for source, column, meaning, new in known.mapping[:_MOST]
    ]
    return lines + [text("refresh.late", objective=id, days=days) for id, days in known.late.items()]


def _date(day: date | None) -> str:
    from xlkpi.status.sentences import day as told

    return told(day) if day else text("refresh.nothing")


def _plain(value: Any) -> str:
    return text("refresh.nothing") if value in (None, "") else f"{value:g}" if isinstance(value, float) else str(value)
