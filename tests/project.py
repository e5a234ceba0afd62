"""The project as it stands on disk, for tests of its packaging and of its README."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent
#: What the environment says of this run: its interpreter, and the width of a terminal that nobody sees.
_OF_THIS_RUN = ("VIRTUAL_ENV", "COLUMNS", "LINES")
#: Where each package of the wheel stands in the source tree.
HOMES = {"xlkpi": "xlkpi", "xlkpi/udfs": "udfs", "xlkpi/workbook_templates": "workbook_templates"}
_MADE = shutil.ignore_patterns(
    ".git", ".*_cache", ".hypothesis", ".venv", "*.egg-info", "build", "dist", "node_modules", "__pycache__"
)


def fresh_copy(folder: Path) -> Path:
    """A copy of the source tree without anything that was made from it, as a clone would be."""
    return Path(shutil.copytree(ROOT, folder, ignore=_MADE))


def shipped_files() -> dict[str, str]:
    """Every file that users must get: its path in the wheel, and its path in the source tree."""
    found = {}
    for inside, home in HOMES.items():
        for path in sorted((ROOT / home).rglob("*")):
            relative = path.relative_to(ROOT / home)
            if path.is_file() and not any(part == "__pycache__" or part.startswith(".") for part in relative.parts):
                found[f"{inside}/{relative.as_posix()}"] = f"{home}/{relative.as_posix()}"
    return found


def run(*command: str | Path, cwd: Path, environment: Mapping[str, str] | None = None) -> str:
    """What a command prints, messages included; an AssertionError that shows it when the command fails."""
    done = attempt(command, cwd, environment)
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout}"
    return done.stdout


def attempt(
    command: Sequence[str | Path], cwd: Path, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """A command's exit code and output, in UTF-8 and without what this run's environment says."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "XLKPI_")) and k not in _OF_THIS_RUN}
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**kept, "PYTHONUTF8": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )


def scripts(environment: Path) -> Path:
    """The folder of a virtual environment's commands."""
    return environment / ("Scripts" if sys.platform == "win32" else "bin")
