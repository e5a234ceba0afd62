"""What ``xlkpi refresh`` does and says."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from xlkpi.cli_build import as_day, computing, need_extras
from xlkpi.language import text

if TYPE_CHECKING:
    from xlkpi.workbook.report import Moved, Refreshed

_NAMED = 24


def refresh(
    file: str, *, project: str | None, dry_run: bool, as_of: str | None, backups: int | None = None,
    accept_targets: bool = False, who: str | None = None, why: str | None = None, due: bool = False,
) -> Refreshed:  # fmt: skip
    """Refresh a workbook, or tell what that would change."""
    import click

    for name, given in (("--who", who), ("--why", why)):
        if given and not accept_targets:
            raise click.UsageError(text("usage.only_with", name=name, other="--accept-targets"))
    need_extras()
    from xlkpi.workbook.accept import Accept
    from xlkpi.workbook.refresh import Options, refresh_workbook

    day = as_day(as_of)
    accept = Accept(who or _user(), why) if accept_targets else None
    options = Options(Path(project) if project else None, dry_run, backups, day, accept, due)
    return refresh_workbook(Path(file), options, computing(day, empty=True))


def _user() -> str | None:
    """Who is at the computer; nobody where the system does not say."""
    from getpass import getuser

    try:
        return getuser()
    except (ImportError, KeyError, OSError):
        return None


def as_text(done: Refreshed) -> str:
    """A table with a line per objective, then what else changed and what was met."""
    from xlkpi.workbook.told import date_words, held_words, people_words, row_words, source_words, waiting_words

    known = done.differences
    before, after = known.as_of
    if done.due is not None and not done.due:
        return "\n".join(
            [
                text("refresh.nothing_due", file=str(done.path)),
                *held_words(known),
                *source_words(known),
                *waiting_words(known),
            ]
        )
    head = text("refresh.would" if done.dry_run else "refresh.done", file=str(done.path), moved=len(known.moved),
                count=len(known.objectives), before=date_words(before), after=date_words(after))  # fmt: skip
    lines = [head, ""]
    lines += [_line(moved) for moved in known.objectives]
    others = [
        *held_words(known),
        *row_words(done),
        *people_words(done),
        *source_words(known),
        *waiting_words(known),
    ]
    return "\n".join([*lines, *(["", *others] if others else [])])


def in_short(done: Refreshed) -> str:
    """The same for a message on the screen: only the objectives that moved, the first of them."""
    from xlkpi.workbook.told import MOST, date_words, people_words, source_words, titles, waiting_words

    known = done.differences
    before, after = known.as_of
    head = text("refresh.done", file=str(done.path), moved=len(known.moved), count=len(known.objectives),
                before=date_words(before), after=date_words(after))  # fmt: skip
    lines = [_line(moved).strip() for moved in known.moved[:MOST]]
    name = titles(known)  # who reads this has the workbook open, and needn't know the project
    others = [*people_words(done, name), *source_words(known, name), *waiting_words(known, name)]
    return "\n".join([head, *(["", *lines] if lines else []), *(["", *others] if others else [])])


def _line(moved: Moved) -> str:
    from xlkpi.workbook.told import moved_words

    name = moved.id if len(moved.id) <= _NAMED else moved.id[: _NAMED - 1] + "…"
    mark = " " if not moved.changed else "+" if moved.before is None else "−" if moved.after is None else "•"
    return f"  {mark} {name:<{_NAMED}}  {moved_words(moved)}"
