"""``xlkpi.build`` and ``xlkpi.refresh``: scorecard workbooks from Python."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xlkpi.objectives import Project
    from xlkpi.workbook.build import Built
    from xlkpi.workbook.report import Refreshed


def build(
    project: Project, out: Path | str | None = None, *, as_of: date | None = None, language: str | None = None
) -> Built:
    """Read a project's sources and write its scorecard: beside the project's file unless ``out`` says where.

    Of a scorecard that is there already, people's rows stay, and the version before is kept beside it.
    """
    from xlkpi.scorecard import scorecard
    from xlkpi.workbook.rebuild import rebuild

    path = Path(out) if out else project.files[0].with_suffix(".xlsx")
    return rebuild(scorecard(project, as_of=as_of), path, language=language)


def refresh(
    path: Path | str, *, project: Path | str | None = None, dry_run: bool = False,
    backups: int | None = None, as_of: date | None = None,
) -> Refreshed:  # fmt: skip
    """Read the sources of a workbook's project again, and bring the workbook up to date in its place.

    ``project`` is its file, where the workbook remembers another place; ``dry_run`` only tells what would change;
    ``backups`` says how many versions before are kept: those beyond are removed, and 0 makes none and removes none.
    """
    from xlkpi.workbook.refresh import Options, refresh_workbook

    return refresh_workbook(Path(path), Options(Path(project) if project else None, dry_run, backups, as_of))
