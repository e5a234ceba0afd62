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
def replacing_with_backup(path: Path, count: int | None) -> Iterator[BinaryIO]:
    """:func:`~xlkpi.workbook.target.replacing` that keeps the last `count` versions; where it is 0, none is kept and
    those that are there stay. Without one as many are kept as there are, and at least one.
    """
    with replacing(path) as file:
        yield file
        if count != 0 and path.exists():
            flush(file)  # a full disk is told before a backup moves on
            keep(path, count)
    if count:
        _remove_beyond(path, count)  # only once the new workbook is there


def backup_name(path: Path, number: int) -> Path:
    """``scorecard.backup.xlsx``, and ``scorecard.backup2.xlsx`` for the one before it."""
    return path.with_name(f"{path.stem}.backup{number if number > 1 else ''}{path.suffix}")


def keep(path: Path, count: int | None = None) -> None:
    """Keep the workbook as its latest backup; older ones move on, and the oldest is left out where none is missing."""
    path = Path(os.path.realpath(path))
    present = _last(path, 0)
    for number in range(min(present, (count or present or 1) - 1), 0, -1):
        backup_name(path, number).replace(backup_name(path, number + 1))
    beside = path.with_name(f".xlkpi-{path.stem}-backup.tmp")
    with suppress(FileNotFoundError):
        beside.unlink()
    try:
        os.link(path, beside)  # at once, and without room on the disk
    except OSError:
        shutil.copy2(path, beside)
    beside.replace(backup_name(path, 1))


def _remove_beyond(path: Path, count: int) -> None:
    """Remove the backups beyond a number, as far as they follow one another: others are no work of ours.

    The oldest goes first, so that the next time finds those that are left.
    """
    path = Path(os.path.realpath(path))
    for number in range(_last(path, count), count, -1):
        with suppress(OSError):  # on Windows one may be open
            backup_name(path, number).unlink()


def _last(path: Path, number: int) -> int:
    """The last number of the backups that follow one another after a number; this number without any."""
    while backup_name(path, number + 1).exists():
        number += 1
    return number
