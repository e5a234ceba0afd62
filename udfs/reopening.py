"""Refresh of an open workbook where that takes a closed one, as for new channels: it is saved, closed, refreshed as a
file and opened again.

A file can get rows, charts and moved comments, which Excel can't be given so that they could be put back. The version
before, with what was not saved yet, stays beside it as after every refresh of a file.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xlkpi.errors import InputError, WorkbookError

from .open_book import OpenBook, selection_of
from .refresh import reason, summary

if TYPE_CHECKING:
    from xlkpi.workbook.report import Refreshed

    from .refresh import Steps

#: What a refresh of an open workbook refuses, and that of its file does.
_CLOSED = {"open_book_others", "open_book_comments"}
#: Excel's lock on a file that it has closed, above all on a network, may stay for a moment.
_TRIES, _PAUSE = 20, 0.25


def can_reopen(book: Any, refusal: WorkbookError) -> bool:
    """Whether what was refused can be done to the workbook's file: it has one that Excel may write, and that nobody
    else writes, as OneDrive does and those who work on it there together.
    """
    if not {problem.code for problem in refusal.problems} <= _CLOSED:
        return False
    opened = OpenBook(book)
    is_file = opened.has_file and opened.folder is not None and Path(book.fullname).is_file()
    return is_file and not (_says(book, "ReadOnly") or _says(book, "AutoSaveOn") or "://" in _says(book, "FullName"))


def _says(book: Any, name: str) -> Any:
    """What Excel says of a workbook; nothing where it does not know that."""
    with suppress(Exception):  # older ones, and those on a Mac
        return getattr(book.api, name)
    return ""


def refresh_reopened(steps: Steps) -> str:
    """Save and close a workbook, refresh its file, and open it again where it was; gives what changed.

    Raises what :func:`~xlkpi.workbook.refresh.refresh_workbook` raises, and RefreshCancelled; then it is open as it
    was saved.
    """
    from xlkpi.workbook.existing import read_existing
    from xlkpi.workbook.package import Package
    from xlkpi.workbook.refresh import Options

    opened = steps.opened
    book, app, path = opened.book, opened.app, Path(opened.book.fullname)
    failure: BaseException | None = None
    done: Refreshed | None = None
    try:
        steps("saving", 0.75)
        opened.save()
        with Package(path) as package:
            project = opened.project_file(read_existing(package).state)
        view = _view(book)
        with _quiet(app):
            steps("closing", 0.8)
            steps.cannot_stop()
            book.close()
            steps("reopening", 0.85)
            try:
                done = _refreshed(path, Options(project), steps)
            except BaseException as error:  # it is told once the workbook is open again
                failure = error
            again = _opened_again(opened, path, done, failure)
            _look(again, view, done)
    finally:
        opened.status(None)
    if done is None:
        raise failure or AssertionError
    return summary(done, opened)


def _refreshed(path: Path, options: Any, steps: Steps) -> Refreshed:
    from xlkpi.workbook.refresh import refresh_workbook
    from xlkpi.workbook.target import lock_file

    for _ in range(_TRIES):
        if lock_file(path) is None:
            break
        time.sleep(_PAUSE)
    return refresh_workbook(path, options, steps.compute)


def _opened_again(opened: OpenBook, path: Path, done: Refreshed | None, failure: BaseException | None) -> Any:
    """The workbook, open again. Raises WorkbookError where Excel does not open it, with what came of the refresh."""
    try:
        return opened.app.books.open(str(path), update_links=False)
    except Exception as closed:
        code = "open_book_closed" if done is not None else "open_book_closed_as_saved"
        stays = opened.error(code, path=str(path), reason=reason(closed))
        before = failure.problems if isinstance(failure, InputError) else ()
        raise WorkbookError((*before, *stays.problems)) from (failure or closed)


@contextmanager
def _quiet(app: Any) -> Iterator[None]:
    """Without redrawing."""
    with suppress(Exception):  # no reason to fail
        app.screen_updating = False
    try:
        yield
    finally:
        with suppress(Exception):
            app.screen_updating = True


@dataclass(frozen=True)
class _View:
    """The sheet in view, what is selected there, and how far it is scrolled, as far as it has them."""

    sheet: str
    selected: str | None
    scrolled: Mapping[str, int]


def _view(book: Any) -> _View | None:
    sheet, selected = None, None
    scrolled: dict[str, int] = {}
    with suppress(Exception):  # a sheet that is a chart has no rows
        sheet = book.sheets.active.name
        selected = getattr(selection_of(book.app), "address", None)
        window = book.app.api.ActiveWindow
        scrolled |= {name: getattr(window, name) for name in ("ScrollRow", "ScrollColumn")}
    return _View(sheet, selected, scrolled) if sheet is not None else None


def _look(book: Any, view: _View | None, done: Refreshed | None) -> None:
    if view is None:
        return
    with suppress(Exception):  # no reason to fail: a sheet in view may be hidden by now
        sheet = book.sheets[done.tabs.get(view.sheet, view.sheet) if done is not None else view.sheet]
        sheet.impl.activate()  # the other way fails where several Excels run
        if view.selected is not None:
            sheet.range(view.selected).select()
        window = book.app.api.ActiveWindow
        for name, place in view.scrolled.items():
            setattr(window, name, place)


__all__ = ["can_reopen", "refresh_reopened"]
