"""Making and sending the packages of a project's audiences; one that fails does not stop the others."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from xlkpi.catalogue import say
from xlkpi.distribute.audiences import Period, audiences, chosen, language_of, period, recipients_of
from xlkpi.distribute.mail import message
from xlkpi.distribute.manifest import Entry, Manifest, file_of, read_manifest, with_entry, with_stage, write_manifest
from xlkpi.distribute.package import Package, make_package
from xlkpi.distribute.smtp import Smtp, Stage, send
from xlkpi.errors import DefinitionError, InputError, Problem
from xlkpi.objectives import Audience, Project
from xlkpi.objectives.audience import address_of
from xlkpi.scorecard import Scorecard, read_data, scorecard
from xlkpi.scorecard.data import Progress
from xlkpi.workbook.lock import locked
from xlkpi.workbook.target import refuse_open


@dataclass
class Outcome:
    """What became of one audience: ``made``, ``planned`` (a dry run), ``not_due`` or ``failed``.

    ``waiting`` are the recipients to whom nothing of this period was sent before this run; ``unknown``, left out, those
    of whom it is not known whether a mail reached them.
    """

    id: str
    audience: Audience
    language: str
    period: Period
    state: str
    objectives: int = 0
    as_of: date | None = None
    files: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    sent: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


@dataclass(frozen=True)
class Distribution:
    """The outcome of all audiences, and the folder of the packages."""

    folder: Path
    outcomes: tuple[Outcome, ...]

    @property
    def ok(self) -> bool:
        return not any(outcome.problems for outcome in self.outcomes)


def distribute(
    project: Project,
    folder: Path,
    *,
    names: Sequence[str] = (),
    due: bool = False,
    dry_run: bool = False,
    smtp: Smtp | None = None,
    resend: Sequence[str] = (),
    as_of: date | None = None,
    today: date | None = None,
    progress: Progress | None = None,
) -> Distribution:
    """Make the packages of a project's audiences in a folder, and send them where there are settings to do so.

    ``names`` chooses audiences, ``due`` those whose package of this period was not made yet (or not sent to all, when
    sending). ``resend`` are recipients who get theirs though it was sent before, or may have been. ``dry_run`` tells
    what would happen, and reads no data. From the manifest's reading to the last mail the folder is held: two runs at
    once can't send the same. Raises DefinitionError for an unknown audience or recipient or a manifest that can't be
    read, WorkbookError while another run holds the folder, and what reading the sources raises; what goes wrong for one
    audience is in its outcome.
    """
    today = today or date.today()
    wanted = chosen(audiences(project), tuple(names))
    again = recipients_of(wanted, tuple(resend))
    if not dry_run:
        _make_folder(folder)
    with nullcontext() if dry_run else locked(folder, "distribute_busy"):
        manifest = read_manifest(folder)
        outcomes = [
            _outcome(project, manifest, id, audience, today, due, smtp is not None, again, dry_run)
            for id, audience in wanted.items()
        ]
        waiting = [outcome for outcome in outcomes if outcome.state == "planned"]
        if not dry_run and waiting:
            card = scorecard(project, read_data(project, progress), as_of=as_of, today=today)
            _Run(card, folder, manifest, smtp).all(waiting)
    return Distribution(folder, tuple(outcomes))


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as mistake:
        values = {"folder": str(folder), "reason": mistake.strerror or type(mistake).__name__}
        raise DefinitionError(Problem("distribute_folder", values)) from None


def _outcome(
    project: Project, manifest: Manifest, id: str, audience: Audience, today: date, due: bool, sending: bool,
    again: frozenset[str], dry_run: bool,
) -> Outcome:  # fmt: skip
    when = period(audience, project, today)
    entry = manifest.audiences.get(id)
    known = entry if entry is not None and entry.is_of(when) else None
    once: dict[str, str] = {}  # one who is named twice gets one mail
    for recipient in audience.recipients if "mail" in audience.formats else ():
        once.setdefault(address_of(recipient), recipient)
    mailed = tuple(once.values())
    unknown = {r: begun for r in mailed if known and (begun := known.begun_for(r)) and address_of(r) not in again}
    unsent = tuple(
        r for r in mailed if address_of(r) in again or (r not in unknown and (known is None or not known.has_sent(r)))
    )
    wanting = bool(unsent) and sending
    state = "not_due" if due and known is not None and not wanting else "planned"
    seen = sum(audience.sees(o) for o in project.objectives)
    return Outcome(
        id, audience, language_of(audience, project), when, state, seen,
        waiting=unsent,
        unknown=tuple(unknown),
        problems=[
            Problem("distribute_unknown", {"recipient": r, "address": address_of(r), "when": on[:16].replace("T", " ")})
            for r, on in unknown.items()
        ] if sending and not dry_run else [],
    )  # fmt: skip


@dataclass
class _Run:
    card: Scorecard
    folder: Path
    manifest: Manifest
    smtp: Smtp | None

    def all(self, outcomes: Sequence[Outcome]) -> None:
        for outcome in outcomes:
            try:
                self.one(outcome)
            except InputError as mistake:
                outcome.state, outcome.problems = "failed", [*outcome.problems, *mistake.problems]
            except OSError as mistake:
                values = {"folder": str(self.folder), "reason": mistake.strerror or type(mistake).__name__}
                outcome.state, outcome.problems = "failed", [Problem("distribute_folder", values)]
            except Exception as mistake:  # the packages of others must not wait for a mistake of ours
                if os.environ.get("XLKPI_DEBUG"):
                    raise
                values = {"error": f"{type(mistake).__name__}: {mistake}"[:300]}
                outcome.state, outcome.problems = "failed", [Problem("distribute_unexpected", values)]

    def one(self, outcome: Outcome) -> None:
        """Make a package beside its place, move its files there, note them, and send it."""
        id, audience, now = outcome.id, outcome.audience, datetime.now(UTC).replace(microsecond=0)
        place = self.folder / id
        with tempfile.TemporaryDirectory(prefix=".xlkpi-", dir=self.folder, ignore_cleanup_errors=True) as temporary:
            made = make_package(self.card, id, audience, outcome.language, Path(temporary), now)
            place.mkdir(exist_ok=True)
            files = {format: place / path.name for format, path in made.files.items()}
            for path in files.values():
                refuse_open(path)
            for format, path in files.items():
                made.files[format].replace(path)
        outcome.state, outcome.as_of, outcome.notes = "made", self.card.as_of, made.notes
        outcome.objectives, outcome.files = made.objectives, tuple(files.values())
        entry = Entry(
            name=str(say(audience.name, outcome.language)),
            team=audience.team,
            level=audience.level,
            language=outcome.language,
            cadence=audience.cadence,
            period=(outcome.period.start.isoformat(), outcome.period.end.isoformat()),
            as_of=self.card.as_of.isoformat(),
            made=now.isoformat(),
            recipients=audience.recipients,
            files=tuple(file_of(path, format, self.folder) for format, path in files.items()),
            objectives=made.objectives,
        )
        project = str(say(self.card.project.name, outcome.language))
        self._note(with_entry(self.manifest, project, id, entry))
        if self.smtp is not None and outcome.waiting:
            self.send(outcome, made, files, self.smtp, now)

    def send(self, outcome: Outcome, made: Package, files: Mapping[str, Path], smtp: Smtp, now: datetime) -> None:
        """Send a package to those who did not get it yet; each one is noted before the mail is handed over, and as soon
        as the server took it: whatever happens in between, it is not sent twice.
        """
        attached = [files[format] for format, path in made.files.items() if path in made.attachments]

        def noted(recipient: str, stage: Stage) -> None:
            if stage == "sent":
                outcome.sent.append(recipient)
            stamp = datetime.now(UTC).isoformat(timespec="seconds")
            self._note(with_stage(self.manifest, outcome.id, recipient, stage, stamp))

        failed = send(smtp, outcome.waiting, lambda r: message(made.digest, attached, [r], now, smtp.sender), noted)
        outcome.problems += _distinct(failed)

    def _note(self, manifest: Manifest) -> None:
        self.manifest = manifest
        write_manifest(self.folder, manifest)


def _distinct(failed: Mapping[str, Problem]) -> list[Problem]:
    """The problems of recipients, one that is the same for all told once."""
    found: list[Problem] = []
    for problem in failed.values():
        if problem not in found:
            found.append(problem)
    return found
