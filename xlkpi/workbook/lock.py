"""One at a time: one refresh of a workbook, one distribution into a folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from xlkpi.errors import Place, Problem, WorkbookError


@contextmanager
def locked(path: Path, code: str = "workbook_busy") -> Iterator[None]:
    """Hold a workbook while it is refreshed, or a folder while it is filled. Raises WorkbookError, with the problem
    ``code``, where somebody else does.

    The operating system lets go of the lock when the process ends, however it ends. A file system that knows no locks
    goes without.
    """
    path = Path(os.path.realpath(path))
    handle = _windows(path, code) if os.name == "nt" else _posix(path, code)
    try:
        yield
    finally:
        if handle is not None:
            with suppress(OSError):
                os.close(handle)


def _busy(path: Path, code: str) -> WorkbookError:
    return WorkbookError(Problem(code, {"name": path.name}, Place(file=path.name)))


def _posix(path: Path, code: str) -> int | None:
    """A lock on the file or folder itself; whoever waited for it may hold one that another has taken the place of."""
    import fcntl

    while True:
        try:
            handle = os.open(path, os.O_RDONLY)
        except OSError:
            return None  # opening it tells why
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            raise _busy(path, code) from None
        except OSError:
            os.close(handle)
            return None
        try:
            same = os.path.samestat(os.fstat(handle), path.stat())
        except OSError:
            same = False
        if same:
            return handle
        os.close(handle)


def _windows(path: Path, code: str) -> int | None:
    """A file beside it that Windows removes when the process ends: an open one could not be replaced."""
    beside = path.with_name(f".xlkpi-{path.name}.lock")
    try:
        return os.open(beside, os.O_CREAT | os.O_EXCL | os.O_RDWR | getattr(os, "O_TEMPORARY", 0))
    except (FileExistsError, PermissionError):
        raise _busy(path, code) from None
    except OSError:
        return None
