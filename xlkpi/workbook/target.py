"""The file that a workbook is written to: replaced as a whole, or left as it was."""

from __future__ import annotations

import errno
import os
import secrets
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from xlkpi.errors import Place, Problem, WorkbookError

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG} if os.name == "posix" else {errno.ENOSPC}
_FULL_ON_WINDOWS = {39, 112}
_OPEN_ON_WINDOWS = {32, 33}
_WRITABLE = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH
_TEMPORARY = ".xlkpi-*.tmp"
_LEFT_OVER = f"{_TEMPORARY}*"  # the workbook that an upgrade builds has its suffix, too
_DAY = 86_400
_REFUSED = {errno.EACCES, errno.EPERM, errno.EROFS}


def lock_file(path: Path) -> Path | None:
    """The lock file that Excel (`~$name.xlsx`) or LibreOffice (`.~lock.name.xlsx#`) keeps beside an open workbook."""
    for name in (f"~${path.name}", f".~lock.{path.name}#") if path.name else ():  # a folder such as . has no name
        if (found := path.with_name(name)).exists():
            return found
    return None


def refuse_open(path: Path) -> None:
    """Raise WorkbookError where somebody has the workbook open."""
    if (lock := lock_file(path)) is not None:
        raise _error("workbook_open", path, lock=lock.name)


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A file, opened for writing, that takes the place of `path` when the block ends without an error.

    It is written beside `path`, flushed to the disk and renamed, so at any moment `path` is either the old file
    or the new one; a link stays a link. Raises WorkbookError where the workbook is open in Excel or LibreOffice,
    the disk is full, or the folder is missing or read-only.
    """
    path = Path(os.path.realpath(path))
    refuse_open(path)
    if path.exists() and not path.stat().st_mode & _WRITABLE:
        raise _error("workbook_read_only_file", path)
    written: Path | None = None
    _remove_left_over(path.parent)
    try:
        beside = temporary(path)
        with beside.open("xb") as file:
            written = beside
            yield file
            flush(file)
        if path.exists():
            written.chmod(stat.S_IMODE(path.stat().st_mode))
        refuse_open(path)
        written.replace(path)
        written = None
        _flush_folder(path.parent)
    except OSError as error:
        raise _of_system(error, path) from error
    finally:
        if written is not None:
            with suppress(OSError):
                written.unlink()


def temporary(path: Path, suffix: str = "") -> Path:
    """A new name beside a file; what a run that is killed leaves under it is removed later."""
    return path.with_name(_TEMPORARY.replace("*", secrets.token_hex(8)) + suffix)


def stamp(path: Path) -> tuple[int, int, int]:
    """Another one after every change of a file."""
    try:
        known = path.stat()
    except OSError:
        return (0, 0, 0)  # opening it tells why
    return known.st_ino, known.st_size, known.st_mtime_ns


def _remove_left_over(folder: Path) -> None:
    """What runs that were killed a day ago or more have left."""
    with suppress(OSError):
        for old in folder.glob(_LEFT_OVER):
            if time.time() - old.stat().st_mtime > _DAY:
                old.unlink()


def flush(file: BinaryIO) -> None:
    """Put what was written to a file on the disk."""
    file.flush()
    os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    """Windows can't open a folder, and some file systems can't flush one."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _of_system(error: OSError, path: Path) -> WorkbookError:
    windows = getattr(error, "winerror", None)
    if error.errno in _FULL or windows in _FULL_ON_WINDOWS:
        return _error("workbook_disk_full", path)
    if windows in _OPEN_ON_WINDOWS:
        return _error("workbook_shared", path)
    if isinstance(error, IsADirectoryError) or path.is_dir():
        return _error("workbook_is_folder", path)
    if error.errno in _REFUSED:
        # Windows refuses to replace a file that a program has open in the same words as a read-only one.
        return _error("workbook_shared" if os.name == "nt" and path.exists() else "workbook_read_only", path)
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return _error("workbook_no_folder", path, folder=str(path.parent))
    return _error("workbook_unwritable", path, reason=error.strerror or str(error))


def _error(code: str, path: Path, **values: str) -> WorkbookError:
    return WorkbookError(Problem(code, {"name": path.name, "option": "-o", **values}, Place(file=path.name)))
