"""Refresh of an open workbook where that takes a closed one, as for new channels: it is saved, closed, refreshed as a
file and opened again.

A file can get rows, charts and moved comments, which Excel can't be given so that they could be put back. The version
before, with what was not saved yet, stays beside it as after every refresh of a file.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xlkpi.errors import WorkbookError
from xlkpi.language import text

from .open_book import OpenBook
from .refresh import summary

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xlkpi.workbook.report import Refreshed

#: What a refresh of an open workbook refuses, and that of its file does.
_CLOSED = {"open_book_others", "open_book_comments"}
#: Excel's lock on a file that it has closed, above all on a network, may stay for a moment.
_TRIES, _PAUSE = 20, 0.25


def can_reopen(book: Any, refusal: WorkbookError) -> bool:
    """Whether what was refused can be done to the workbook's file: it has one that Excel may write."""
    if not {problem.code for problem in refusal.problems} <= _CLOSED:
        return False
    opened = OpenBook(book)
    is_file = opened.has_file and opened.folder is not None and Path(book.fullname).is_file()
    return is_file and not getattr(book.api, "ReadOnly", False)


def refresh_reopened(book: Any) -> tuple[Any, str]:
    """Save and close a workbook, refresh its file, and open it again where it was; gives it, and what changed.

    Raises what :func:`~xlkpi.workbook.refresh.refresh_workbook` raises; then it is open again as it was saved.
    """
    from xlkpi.workbook.existing import read_existing
    from xlkpi.workbook.package import Package
    from xlkpi.workbook.refresh import Options

    opened, app, path = OpenBook(book), book.app, Path(book.fullname)
    book.save()
    with Package(path) as package:
        project = opened.project_file(read_existing(package).state)
    view = _view(book)
    with _quiet(app):
        book.close()
        tabs: Mapping[str, str] = {}
        try:
            done = _refreshed(path, Options(project))
            tabs = done.tabs
        finally:
            again = app.books.open(str(path))
            _look(again, view, tabs)
    return again, summary(done, OpenBook(again))


def _refreshed(path: Path, options: Any) -> Refreshed:
    from xlkpi.workbook.refresh import refresh_workbook
    from xlkpi.workbook.target import lock_file

    for _ in range(_TRIES):
        if lock_file(path) is None:
            break
        time.sleep(_PAUSE)
    return refresh_workbook(path, options)


@contextmanager
def _quiet(app: Any) -> Iterator[None]:
    """Without redrawing, and with words in the status bar."""
    with suppress(Exception):  # no reason to fail
        app.screen_updating, app.status_bar = False, text("open_book.reopening")
    try:
        yield
    finally:
        with suppress(Exception):
            app.screen_updating, app.status_bar = True, False


def _view(book: Any) -> tuple[str, str | None, int, int] | None:
    """The sheet in view, what is selected there, and how far it is scrolled."""
    with suppress(Exception):
        window, selected = book.app.api.ActiveWindow, book.app.selection
        address = getattr(selected, "address", None)
        return book.sheets.active.name, address, window.ScrollRow, window.ScrollColumn
    return None


def _look(book: Any, view: tuple[str, str | None, int, int] | None, tabs: Mapping[str, str]) -> None:
    if view is None:
        return
    name, address, row, column = view
    with suppress(Exception):  # no reason to fail: a sheet in view may be hidden by now
        sheet = book.sheets[tabs.get(name, name)]
        sheet.impl.activate()  # the other way fails where several Excels run
        if address is not None:
            sheet.range(address).select()
        window = book.app.api.ActiveWindow
        window.ScrollRow, window.ScrollColumn = row, column


__all__ = ["can_reopen", "refresh_reopened"]
