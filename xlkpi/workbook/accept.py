"""Targets that people changed in a workbook, written back to the project's files where somebody asks for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xlkpi.errors import DefinitionError, Place, Problem, WorkbookError
from xlkpi.objectives import Project
from xlkpi.objectives.decisions import Revision
from xlkpi.objectives.editing import Change, Edited, edited
from xlkpi.workbook.live import as_date

if TYPE_CHECKING:
    from xlkpi.workbook.live import Value

#: The cells that a project file has keys for; benchmarks and statuses set by hand stay in the workbook.
KEYS = ("owner", "start", "due", "baseline", "target", "low", "high", "success", "failure")
_DATES = ("start", "due")


@dataclass(frozen=True)
class Accept:
    """That targets are written back. ``who`` decided it and ``why`` stand in the change log, where there is one."""

    who: str | None = None
    why: str | None = None


@dataclass(frozen=True)
class Accepted:
    """A value that is written back, and the place where it stands in the project."""

    objective: str
    key: str
    old: Any
    new: Any
    place: Place


@dataclass(frozen=True)
class Acceptance:
    """What is written back: the project as it is then, and its files."""

    project: Project
    values: Sequence[Accepted] = ()
    files: Mapping[Path, tuple[bytes, bytes]] = field(default_factory=dict)

    def write(self) -> None:
        """Write the files, each as a whole. Raises DefinitionError where one was changed meanwhile or can't be."""
        from xlkpi.workbook.target import replacing

        for path, (before, after) in self.files.items():
            try:
                with replacing(path) as file:
                    file.write(after)
                    if path.read_bytes() != before:
                        raise DefinitionError(Problem("edit_changed", {}, Place(file=str(path))))
            except WorkbookError as mistake:
                values = {"reason": mistake.problems[0].wrong()}
                raise DefinitionError(Problem("edit_unwritable", values, Place(file=str(path)))) from mistake


def accepted(project: Project, typed: Mapping[str, Mapping[str, Value]], accept: Accept, today: date) -> Acceptance:
    """What people typed over the objectives, in the project's files; nothing is written yet."""
    values = []
    for id, cells in typed.items():
        objective = project.by_id.get(id)
        for key in (key for key in KEYS if objective is not None and key in cells):
            old, new = getattr(objective, key), as_date(cells[key]) if key in _DATES else cells[key]
            if old != new:
                values.append(Accepted(id, key, old, new, project.place("objectives", id, key)))
    if not values:
        return Acceptance(project)
    changes = [Change(value.objective, value.key, value.new) for value in values]
    found: Edited = edited(project, changes, dict(_revisions(project, values, accept, today)))
    return Acceptance(found.project, values, found.files)


def _revisions(project: Project, values: Sequence[Accepted], accept: Accept, today: date) -> list[tuple[str, Revision]]:
    """Lines of the change log for targets that changed, where the project has such a log."""
    from xlkpi.language import languages

    if not any(objective.revisions for objective in project.objectives):
        return []
    found = []
    for value in values:
        if value.key != "target" or value.old is None or value.new is None:
            continue
        day = max([today, *(revision.date for revision in project.by_id[value.objective].revisions)])
        why = dict.fromkeys(languages(), accept.why) if accept.why else None
        found.append((value.objective, Revision(day, value.old, value.new, why or default_why(), accept.who)))
    return found


def default_why() -> dict[str, str]:
    """What stands in the change log where nobody says why."""
    from xlkpi.language import current, languages, text

    return dict.fromkeys(languages(), text("refresh.accepted_why", current()))


__all__ = ["Accept", "Acceptance", "Accepted", "accepted"]
