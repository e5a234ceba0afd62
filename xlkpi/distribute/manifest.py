"""What was made and sent, in a file beside the packages: it tells what is due, and that nothing is sent twice."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from hashlib import file_digest
from pathlib import Path
from typing import Any, ClassVar, Literal

from xlkpi.distribute.audiences import Period
from xlkpi.distribute.smtp import Stage
from xlkpi.errors import DefinitionError, Place, Problem
from xlkpi.objectives.audience import address_of
from xlkpi.validation import STRICT
from xlkpi.workbook.target import replacing

NAME = "manifest.json"


@dataclass(frozen=True)
class File:
    """One file of a package; ``name`` is its path from the manifest's folder, with ``/``."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    name: str
    format: str
    sha256: str
    size: int


@dataclass(frozen=True)
class Entry:
    """The package that an audience got last, to whom it was sent, and to whom it was ``begun`` to be sent without
    knowing whether the server took it; days are ISO texts.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    name: str
    team: tuple[str, ...]
    level: str | None
    language: str
    cadence: str
    period: tuple[str, str]
    as_of: str
    made: str
    recipients: tuple[str, ...]
    files: tuple[File, ...]
    objectives: int
    sent: dict[str, str] = field(default_factory=dict)
    begun: dict[str, str] = field(default_factory=dict)

    def is_of(self, period: Period) -> bool:
        """Whether it was made for a period."""
        return self.period[0] == period.start.isoformat()

    def has_sent(self, recipient: str) -> bool:
        """Whether it was sent to the address of a recipient, under whichever name."""
        return address_of(recipient) in map(address_of, self.sent)

    def begun_for(self, recipient: str) -> str | None:
        """When it was begun to be sent to the address of a recipient, where it is not known whether it was."""
        return next((when for name, when in self.begun.items() if address_of(name) == address_of(recipient)), None)


@dataclass(frozen=True)
class Manifest:
    """The entries by audience."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    xlkpi: Literal[1] = 1
    project: str = ""
    audiences: dict[str, Entry] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a folder, empty where there is none yet.

    Raises DefinitionError for one that can't be read: without it, things would be sent twice.
    """
    path = folder / NAME
    try:
        content = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Manifest()
    except (OSError, UnicodeDecodeError):
        raise _unreadable(path) from None
    try:
        from pydantic import TypeAdapter, ValidationError

        return TypeAdapter(Manifest).validate_json(content)
    except ValidationError:
        raise _unreadable(path) from None


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest in place of the old one, as a whole. Raises WorkbookError."""
    content = json.dumps(manifest.as_json(), ensure_ascii=False, indent=2) + "\n"
    with replacing(folder / NAME) as file:
        file.write(content.encode())


def file_of(path: Path, format: str, folder: Path) -> File:
    """A file as the manifest tells of it."""
    with path.open("rb") as content:
        digest = file_digest(content, "sha256").hexdigest()
    return File(path.relative_to(folder).as_posix(), format, digest, path.stat().st_size)


def with_entry(manifest: Manifest, project: str, id: str, entry: Entry) -> Manifest:
    """The manifest with an audience's new entry; what was sent or begun for the same period stays known."""
    from dataclasses import replace

    old = manifest.audiences.get(id)
    if old is not None and old.period == entry.period:
        entry = replace(entry, sent=old.sent, begun=old.begun)
    return Manifest(1, project, {**manifest.audiences, id: entry})


def with_stage(manifest: Manifest, id: str, recipient: str, stage: Stage, when: str) -> Manifest:
    """The manifest with how far an audience's package is on its way to a recipient."""
    from dataclasses import replace

    entry = manifest.audiences[id]
    begun = {name: on for name, on in entry.begun.items() if address_of(name) != address_of(recipient)}
    if stage == "begun":
        begun[recipient] = when
    sent = {**entry.sent, recipient: when} if stage == "sent" else entry.sent
    entry = replace(entry, sent=sent, begun=begun)
    return replace(manifest, audiences={**manifest.audiences, id: entry})


def _unreadable(path: Path) -> DefinitionError:
    return DefinitionError(Problem("distribute_manifest", {"name": path.name}, Place(file=str(path))))
