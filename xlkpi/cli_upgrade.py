"""What ``xlkpi upgrade`` does and says."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from xlkpi.cli_build import as_day, computing, need_extras
from xlkpi.language import text

if TYPE_CHECKING:
    from xlkpi.workbook.upgrade import Upgraded


def upgrade(
    file: str, *, project: str | None, dry_run: bool, as_of: str | None, backups: int | None, leave: bool
) -> Upgraded:  # fmt: skip
    """Upgrade a workbook, or tell what that would do."""
    import click

    if leave and backups == 0:
        raise click.UsageError(text("usage.no_backup", name="--leave-behind"))
    need_extras()
    from xlkpi.workbook.refresh import Options
    from xlkpi.workbook.upgrade import upgrade_workbook

    day = as_day(as_of)
    options = Options(Path(project) if project else None, dry_run, backups, day)
    return upgrade_workbook(Path(file), options, computing(day, empty=True), leave=leave)


def as_text(done: Upgraded) -> str:
    """What became of the workbook, what was carried over, and what stays in the one before."""
    from xlkpi.workbook.left_behind import left_words
    from xlkpi.workbook.told import archived_words

    if done.current:
        return text("upgrade.current", file=str(done.path), version=done.after)
    lines = [text("upgrade.would" if done.dry_run else "upgrade.done", file=str(done.path), version=done.after)]
    lines += [text("upgrade.rows", page=done.page(name), rows=count) for name, count in done.rows.items()]
    lines += [
        text("upgrade.typed", objective=id, column=text(f"workbook.column.{column}")) for id, column in done.typed
    ]
    lines += archived_words(done.archived, done.displaced, done.page)
    lines += [text("refresh.of", objective=id, words=text("upgrade.kept", columns=", ".join(columns)))
              for id, columns in done.kept]  # fmt: skip
    if done.pages:
        lines.append(text("upgrade.pages", pages=", ".join(done.pages)))
    lines += [text(f"upgrade.reset.{kind}", name=name) for kind, name in done.reset]
    if done.empty:
        lines.append(text("refresh.empty", sources=", ".join(done.empty), count=len(done.empty)))
    if done.later:
        lines.append(text("upgrade.later", pages=", ".join(done.later)))
    if done.left:
        lines.append(text("upgrade.left", what=left_words(done.left)))
    if done.backup:
        lines.append(text("build.backup", file=done.backup.name))
    return "\n  ".join(lines)
