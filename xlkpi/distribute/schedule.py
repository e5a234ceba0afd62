"""The line that makes what is due every day, for cron or the Windows Task Scheduler."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from xlkpi.errors import DefinitionError, Problem

SYSTEMS = ("cron", "windows")
#: What the Task Scheduler's command line takes as a program with its arguments.
MAX_TASK = 261
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")


def command(
    project: Path, folder: Path | None, language: str, *, send: bool = False, python: str | None = None
) -> list[str]:
    """The command that makes what is due, with absolute paths: it runs from anywhere."""
    program = python or sys.executable
    where = ["-o", str(folder.absolute())] if folder else []
    return [
        program, "-m", "xlkpi", "distribute", str(project.absolute()), "--due", *where, *(["--send"] if send else []),
        "--language", language,
    ]  # fmt: skip


def line(system: str, words: Sequence[str], *, at: str = "07:00", name: str = "", log: Path | None = None) -> str:
    """The line for a system. Raises DefinitionError for a time that is none, and for what a system can't hold."""
    found = _TIME.fullmatch(at.strip())
    if found is None:
        raise DefinitionError(Problem("schedule_time", {"value": at[:20]}))
    hour, minute = int(found[1]), int(found[2])
    if any(c in word for word in words for c in "\r\n\0"):
        raise DefinitionError(Problem("schedule_path"))
    if system == "cron":
        output = f" >> {shlex.quote(str(log.absolute()))} 2>&1" if log else ""
        # cron takes % for the end of the line, whatever the quotes
        return f"{minute} {hour} * * * " + (shlex.join(words) + output).replace("%", r"\%")
    task = subprocess.list2cmdline(words)
    if len(task) > MAX_TASK:
        raise DefinitionError(Problem("schedule_long", {"length": len(task), "limit": MAX_TASK}))
    title = " ".join(re.sub(r'[\\/:*?"<>|%\x00-\x1f]', " ", f"xlkpi {name}").split())
    inner = task.replace('"', '\\"')
    return f'schtasks /Create /F /SC DAILY /ST {hour:02d}:{minute:02d} /TN "{title}" /TR "{inner}"'
