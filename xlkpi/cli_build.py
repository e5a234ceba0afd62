"""What ``xlkpi build`` and ``xlkpi demo`` do and say."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xlkpi.cli_check import progress_bar
from xlkpi.errors import DefinitionError, Problem
from xlkpi.language import text
from xlkpi.language.numbers import plain

if TYPE_CHECKING:
    from xlkpi.objectives import Project
    from xlkpi.scorecard import Scorecard
    from xlkpi.scorecard.ahead import Ahead
    from xlkpi.scorecard.lacking import Lacking

#: What people need to install for building; the rest of xlkpi works without.
_NEEDED = ("xlsxwriter", "pyarrow", "ibis", "duckdb")


@dataclass(frozen=True)
class Written:
    """A workbook that was written, with what stands in it."""

    path: Path
    size: int
    as_of: date
    objectives: int
    statuses: dict[str, int]
    without_place: Sequence[str] = ()
    short: Sequence[str] = ()
    backup: Path | None = None
    lacking: Mapping[str, Lacking] = field(default_factory=dict)
    reset: Sequence[tuple[str, str]] = ()
    ahead: Mapping[str, Ahead] = field(default_factory=dict)


def build(file: str, out: str | None, as_of: str | None, language: str | None, template: str | None) -> Written:
    """Build the scorecard of a project file.

    It is written beside the project unless ``out`` says where. Raises DefinitionError for a date that is none, and
    what loading, reading and writing raise.
    """
    from xlkpi.objectives import load

    need_extras()
    from xlkpi.workbook.rebuild import rebuild
    from xlkpi.workbook.target import refuse_open
    from xlkpi.workbook.template import is_workbook

    day = as_day(as_of)
    project = load(file)
    chosen = template or project.template
    suffix = Path(chosen).suffix.lower() if chosen and is_workbook(chosen) else ".xlsx"
    path = Path(out) if out else project.files[0].with_suffix(suffix)
    if not path.is_dir() and path.suffix.lower() != suffix:
        raise DefinitionError(Problem("build_suffix", {"name": path.name, "suffix": suffix}))
    refuse_open(path)
    card = computing(day)(project)
    made = rebuild(card, path, language=language, layout=template)
    codes = [r.status.shown for r in card.results]
    counts = {code: codes.count(code) for code in dict.fromkeys(codes)}
    return Written(
        path, made.size, card.as_of, len(codes), counts, made.without_place, made.short, made.backup, made.lacking,
        made.reset, card.data.ahead,
    )  # fmt: skip


def computing(as_of: date | None, *, empty: bool = False) -> Callable[[Project], Scorecard]:
    """What computes a project's scorecard for a day, with a bar while its sources are read; ``empty``: these may be."""

    def compute(project: Project) -> Scorecard:
        from xlkpi.scorecard import read_data, scorecard

        return scorecard(project, read_data(project, progress_bar(), empty=empty), as_of=as_of)

    return compute


def demo(folder: str, language: str) -> Written:
    """Write the sample's exports and project into a folder, and build its scorecard there."""
    from xlkpi.sample import write_sample

    need_extras()
    sample = write_sample(folder, language=language)
    return build(str(sample.project), None, None, language, None)


def as_text(written: Written) -> str:
    """Where the workbook is, and what it says in short."""
    from xlkpi.status import label
    from xlkpi.status.sentences import day

    size = plain(round(written.size / 1000))
    counts = ", ".join(f"{label(code)} {count}" for code, count in written.statuses.items())
    holds = text("build.holds", count=written.objectives, day=day(written.as_of))
    told = f"{holds} ({counts})" if counts else holds
    lines = [text("build.done", file=str(written.path), size=size), f"  {told}", "  " + text("build.next")]
    if written.without_place:
        lines.append("  " + text("build.without_place", objectives=", ".join(written.without_place)))
    if written.short:
        lines.append("  " + text("build.short", pages=", ".join(written.short)))
    lines += ["  " + text("build.lacking", page=page, why=why.text()) for page, why in written.lacking.items()]
    lines += ["  " + text(f"upgrade.reset.{kind}", name=name) for kind, name in written.reset]
    lines += ["  " + rows.text(source) for source, rows in written.ahead.items()]
    if written.backup:
        lines.append("  " + text("build.backup", file=written.backup.name))
    return "\n".join(lines)


def as_json(written: Written) -> dict[str, Any]:
    """For ``--json``."""
    return {
        "file": str(written.path),
        "size": written.size,
        "as_of": written.as_of.isoformat(),
        "objectives": written.objectives,
        "statuses": written.statuses,
        "without_place": list(written.without_place),
        "short": list(written.short),
        "lacking": {page: why.text() for page, why in written.lacking.items()},
        "reset": [{"kind": kind, "name": name} for kind, name in written.reset],
        "ahead": {source: rows.as_json() for source, rows in written.ahead.items()},
        "backup": str(written.backup) if written.backup else None,
    }


def need_extras() -> None:
    """Raise DefinitionError that says what to install, where a library for building is missing."""
    from importlib.util import find_spec

    missing = [name for name in _NEEDED if name not in sys.modules and find_spec(name) is None]
    if missing:
        raise DefinitionError(Problem("build_extras", {"missing": ", ".join(missing)}))


def as_day(given: str | None) -> date | None:
    """The day that a person wrote. Raises DefinitionError for what is none."""
    if given is None:
        return None
    try:
        return date.fromisoformat(given)
    except ValueError:
        raise DefinitionError(Problem("build_date", {"value": given})) from None
