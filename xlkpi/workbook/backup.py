"""The versions before: kept beside the workbook when it is replaced."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from xlkpi.workbook.target import flush, replacing


@contextmanager
def replacing_with_backup(path: Path, count: int) -> Iterator[BinaryIO]:
    """:func:`~xlkpi.workbook.target.replacing` that keeps the last `count` versions; none where it is 0."""
    with replacing(path) as file:
        yield file
        if count > 0 and path.exists():
            flush(file)  # a full disk is told before a backup moves on
            keep(path, count)


def backup_name(path: Path, number: int) -> Path:
    """``scorecard.backup.xlsx``, and ``scorecard.backup2.xlsx`` for the one before it."""
    return path.with_name(f"{path.stem}.backup{number if number > 1 else ''}{path.suffix}")


def keep(path: Path, count: int) -> None:
    """Keep the workbook as its latest backup; older ones move on, and the oldest is left out."""
    path = Path(os.path.realpath(path))
    for number in range(count - 1, 0, -1):
        with suppress(FileNotFoundError):
            backup_name(path, number).replace(backup_name(path, number + 1))
    beside = path.with_name(f".xlkpi-{path.stem}-backup.tmp")
    with suppress(FileNotFoundError):
        beside.unlink()
    try:
        os.link(path, beside)  # at once, and without room on the disk
    except OSError:
        shutil.copy2(path, beside)
    beside.replace(backup_name(path, 1))
