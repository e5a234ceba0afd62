"""What ``xlkpi distribute`` and ``xlkpi schedule`` do and say."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xlkpi.catalogue import say
from xlkpi.cli_build import as_day, need_extras
from xlkpi.cli_check import progress_bar
from xlkpi.errors import DefinitionError
from xlkpi.language import current, text
from xlkpi.language.numbers import plain

if TYPE_CHECKING:
    from xlkpi.distribute.run import Distribution, Outcome

FOLDER = "distribution"


def distribute(
    file: str,
    out: str | None,
    names: Sequence[str],
    *,
    due: bool,
    dry_run: bool,
    send: bool,
    as_of: str | None,
    resend: Sequence[str] = (),
) -> Distribution:
    """Make the packages of a project file's audiences, beside it unless ``out`` says where.

    Raises DefinitionError for a wrong date and for settings that are lacking, and what loading and reading raise.
    """
    from xlkpi.objectives import load

    need_extras()
    from xlkpi.distribute import run
    from xlkpi.distribute.smtp import settings

    day = as_day(as_of)
    project = load(file)
    smtp = settings() if send else None
    folder = Path(out) if out else project.folder / FOLDER
    return run.distribute(
        project, folder, names=names, due=due, dry_run=dry_run, smtp=smtp, resend=resend, as_of=day,
        progress=progress_bar(),
    )  # fmt: skip


def as_text(made: Distribution, *, dry_run: bool, send: bool) -> str:
    """What was made for whom, and what was sent."""
    lines = [line for outcome in made.outcomes for line in _outcome(outcome, made.folder, dry_run, send)]
    states = [outcome.state for outcome in made.outcomes]
    if states and set(states) == {"not_due"}:
        lines = [text("distribute.nothing_due")]
    if not send and not dry_run and "made" in states:
        lines += ["", text("distribute.not_sent")]
    return "\n".join(lines)


def _outcome(outcome: Outcome, folder: Path, dry_run: bool, send: bool) -> Iterator[str]:
    name = str(say(outcome.audience.name))
    seen = text("distribute.seen", count=outcome.objectives)
    head = f"{outcome.id}  ·  {name}  ·  {seen}" if name != outcome.id else f"{outcome.id}  ·  {seen}"
    if outcome.state == "not_due":
        yield f"{head}  ·  {text('distribute.not_due', end=_day(outcome.period.end))}"
        return
    yield head
    if outcome.state == "planned":
        formats = ", ".join(text(f"distribute.format.{format}") for format in outcome.audience.formats)
        yield "  " + text("distribute.would_make", formats=formats)
    for path in outcome.files:
        size = plain(max(1, round(path.stat().st_size / 1000)))
        yield "  " + text("distribute.file", file=str(path), size=size)
    for code in outcome.notes:
        yield "  " + text(f"distribute.note.{code}")
    if outcome.state == "planned" and send and outcome.waiting:
        yield "  " + text("distribute.would_send", to=", ".join(outcome.waiting))
    if outcome.state == "planned" and send and outcome.unknown:
        yield "  " + text("distribute.would_skip", to=", ".join(outcome.unknown))
    if outcome.sent:
        yield "  " + text("distribute.sent", to=", ".join(outcome.sent))
    elif outcome.state == "made" and send and not outcome.problems:
        yield "  " + text("distribute.none_to_send")


def problems_as_text(made: Distribution) -> str:
    """What went wrong, audience by audience."""
    lines = []
    for outcome in made.outcomes:
        for problem in outcome.problems:
            lines.append(text("place.of", place=outcome.id, words=problem.text()))
    return "\n".join(lines)


def as_json(made: Distribution) -> dict[str, Any]:
    """For ``--json``."""
    from xlkpi.distribute.manifest import NAME

    return {
        "folder": str(made.folder),
        "manifest": str(made.folder / NAME),
        "audiences": [
            {
                "id": o.id, "name": str(say(o.audience.name)), "state": o.state, "objectives": o.objectives,
                "as_of": o.as_of.isoformat() if o.as_of else None, "cadence": o.audience.cadence,
                "period": [o.period.start.isoformat(), o.period.end.isoformat()], "language": o.language,
                "recipients": list(o.audience.recipients), "files": [str(path) for path in o.files],
                "notes": [text(f"distribute.note.{code}") for code in o.notes], "sent": o.sent,
                "problems": [problem.as_json() for problem in o.problems],
            }
            for o in made.outcomes
        ],
    }  # fmt: skip


def schedule(file: str, out: str | None, at: str, system: str | None, *, send: bool) -> tuple[str, dict[str, str]]:
    """The line for a system, by default this one, and those for all. Raises DefinitionError."""
    from xlkpi.distribute.audiences import audiences
    from xlkpi.distribute.schedule import SYSTEMS, command, line
    from xlkpi.objectives import load

    project = load(file)
    audiences(project)  # tells where there is nobody
    wanted = system or ("windows" if sys.platform == "win32" else "cron")
    words = command(Path(file), Path(out) if out else None, current(), send=send)
    log = (Path(out) if out else project.folder).absolute() / "xlkpi-distribute.log"
    name = str(say(project.name))
    chosen = line(wanted, words, at=at, name=name, log=log)
    lines = {wanted: chosen}
    for other in SYSTEMS if system is None else ():
        with suppress(DefinitionError):  # a path that only the other system can't hold
            lines.setdefault(other, line(other, words, at=at, name=name, log=log))
    return chosen, lines


def _day(value: Any) -> str:
    from xlkpi.status.sentences import day

    return day(value)
