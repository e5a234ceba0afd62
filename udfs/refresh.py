"""Refresh of a workbook that is open in Excel: what ``xlkpi refresh`` does to a closed one, without closing it.

Excel writes a copy of the workbook as it is now, unsaved changes included. The copy is refreshed by the command's own
code, compared with what it was, cell by cell, and exactly the differences are written into the open workbook: one
block for each data table, one for each other group of cells. What people wrote is no difference, so nobody touches it.
Formulas are computed by Excel itself.

Where no copy can be had, as in Excel on the web, see :mod:`xlkpi.udfs.refresh_page`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from contextlib import nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xlkpi.errors import XlkpiError
from xlkpi.language import current, text, use

from . import open_cells, open_charts, open_rules, open_sheets
from .open_book import OpenBook

if TYPE_CHECKING:
    from xlkpi.objectives import Project
    from xlkpi.scorecard.data import Data
    from xlkpi.scorecard.model import Scorecard
    from xlkpi.workbook.compare import Compared
    from xlkpi.workbook.refresh import Compute
    from xlkpi.workbook.report import Refreshed

#: Shows what is being done, and how much of the whole is done, from 0 to 1.
Say = Callable[[str, float], object]
#: Tells whether the person wants to stop.
Cancelled = Callable[[], bool]


class RefreshCancelled(XlkpiError):  # noqa: N818  # what a person asked for
    """The person asked to stop: the workbook is as it was."""

    def text(self, language: str | None = None) -> str:
        return text("open_book.cancelled", language)

    def __str__(self) -> str:
        return self.text()


def refresh_book(
    book: Any,
    *,
    say: Say | None = None,
    cancelled: Cancelled | None = None,
    compute: Compute | None = None,
    steps: Steps | None = None,
) -> str:
    """Refresh a scorecard that is open, an ``xlwings.Book``, and tell what changed.

    Screen updating, events and calculation are held while it is written; selection and scroll stay. ``say`` is told
    how far it is, besides Excel's status bar. Raises what :func:`~xlkpi.workbook.refresh.refresh_workbook` raises, and
    RefreshCancelled once ``cancelled`` says so; then, as after any other failure, the workbook is as it was.
    ``compute`` gives the scorecard where its sources are not to be read; ``steps`` stand for all of these.
    """
    steps = steps or Steps(OpenBook(book), say, cancelled, compute)
    opened = steps.opened
    try:
        if opened.has_file:
            return _refresh_file(opened, steps)
        from .refresh_page import refresh_page

        return refresh_page(opened, steps)
    finally:
        opened.status(None)


class Steps:
    """Tells how far a refresh is, and stops it where the person wants that."""

    def __init__(
        self,
        opened: OpenBook,
        say: Say | None = None,
        cancelled: Cancelled | None = None,
        compute: Compute | None = None,
    ) -> None:
        self.opened, self._say, self._cancelled, self._compute = opened, say, cancelled, compute
        self._spoken = current()  # the person's language, and not the workbook's
        self._data: Data | None = None
        self._known: tuple[Project, Scorecard] | None = None

    def __call__(self, key: str, share: float, **values: Any) -> None:
        if self._cancelled is not None and self._cancelled():
            raise RefreshCancelled
        words = text(f"open_book.{key}", self._spoken, **values)
        self.opened.status(text("open_book.status", self._spoken, words=words, percent=round(100 * share)))
        if self._say is not None:
            self._say(words, share)

    def cannot_stop(self) -> None:
        """From now on nobody is asked whether to go on."""
        self._cancelled = None

    def compute(self, project: Project) -> Scorecard:
        """The scorecard of a project; its sources are read once, and a person can stop meanwhile."""
        if self._known is None or self._known[0] != project:
            self._known = project, self._compute(project) if self._compute is not None else self._from_sources(project)
        return self._known[1]

    def _from_sources(self, project: Project) -> Scorecard:
        from xlkpi.scorecard import read_data, scorecard

        if self._data is None:
            sources = max(len(project.sources), 1)
            begun: list[str] = []

            def read(name: str, done: int, size: int) -> None:
                if name not in begun:
                    begun.append(name)
                share = len(begun) - 1 + (done / size if size else 1.0)
                self("reading", 0.1 + 0.4 * min(share / sources, 1.0), source=name)

            self._data = read_data(project, read, empty=True)
        self("computing", 0.5)
        return scorecard(project, self._data)


def _refresh_file(opened: OpenBook, steps: Steps) -> str:
    from xlkpi.workbook.compare import compare
    from xlkpi.workbook.existing import read_existing
    from xlkpi.workbook.package import Package
    from xlkpi.workbook.refresh import Options, refresh_copy
    from xlkpi.workbook.sheet_renaming import renamed_sheets

    with tempfile.TemporaryDirectory(prefix="xlkpi-") as folder:
        copy, fresh = (Path(folder, place, opened.file_name) for place in ("open", "fresh"))
        for path in (copy, fresh):
            path.parent.mkdir()
        opened.save_copy(copy)
        with Package(copy) as package:
            state = read_existing(package).state
        with use(state.language):
            steps("begin", 0.05)
            project = opened.project_file(state)
            done = refresh_copy(copy, fresh, opened.folder or project.parent, Options(project), steps.compute)
            steps("comparing", 0.7)
            if done.tabs:  # what Excel makes of the workbook when sheets are renamed there
                named = Path(folder, "named")
                with Package(copy) as package:
                    renamed_sheets(package, done.tabs, named, texts=False)
                copy = named
            with Package(copy) as before, Package(fresh) as after:
                found = compare(before, after)
            refuse_comments(opened, found)
            if found.others:
                raise opened.error("open_book_others", what=", ".join(found.others[:5]))
            write(opened, found, steps, done.tabs)
    return summary(done, opened)


def refuse_comments(opened: OpenBook, found: Compared) -> None:
    """Refuse to leave comments on other rows than they were about: those of an open workbook are not moved."""
    if found.comments:
        raise opened.error("open_book_comments", sheets=", ".join(dict.fromkeys(found.comments)))


def write(opened: OpenBook, found: Compared, steps: Steps, tabs: Mapping[str, str] | None = None) -> None:
    """Write the differences, or put back what was there; ``tabs``: sheets that are renamed before.

    Raises WorkbookError where Excel refuses something.
    """
    heads, areas = (
        [(a.sheet, open_cells.put, (a.sheet, (a.row, a.column), a.after, a.before)) for a in cells]
        for cells in (found.headers, found.areas)
    )
    parts: list[tuple[str, Callable[..., None], tuple[Any, ...]]] = [
        *([(", ".join(tabs), open_sheets.rename_sheets, (tabs,))] if tabs else []),
        *((sheet, open_charts.keep, (sheet,)) for sheet in found.charts),
        *heads,
        *((t.sheet, open_cells.resize, (t,)) for t in found.tables),
        *areas,
        *((n.name, open_rules.rename, (n.name, n.sheet, n.before, n.after)) for n in found.names),
        *((r.sheet, open_rules.validate, (r,)) for r in found.rules),
        *((c.sheet, open_rules.choose_from, (c,)) for c in found.lists),
        *((c.sheet, open_rules.condition, (c,)) for c in found.conditions),
        *((sheet, open_charts.draw, (sheet, references)) for sheet, references in found.charts.items()),
        *((a.sheet, open_charts.scale, (a,)) for a in found.axes),
        *((sheet, open_sheets.show, (sheet, shown)) for sheet, shown in found.shown.items()),
    ]
    with undone_on_failure(opened), opened.held():
        for number, (sheet, do, arguments) in enumerate(parts):
            steps("writing", 0.75 + 0.2 * number / len(parts), sheet=sheet)
            do(opened, *arguments)
        steps("finishing", 0.95)
    for sheet, name in found.pivots:
        with suppress(Exception):  # as Excel would on opening: a pivot table that can't be refreshed keeps its values
            opened.book.sheets[sheet].pivot_tables[name].refresh()


class undone_on_failure:  # noqa: N801  # a context manager, used like a function
    """Whatever fails, all that was written is put back; errors of Excel are told as ours."""

    def __init__(self, opened: OpenBook) -> None:
        self.opened = opened

    def __enter__(self) -> None:
        self.opened.begin()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: Any) -> None:
        if error is None:
            return
        try:
            if self.opened.undo or not self.opened.has_file:
                with self.opened.held() if self.opened.has_file else nullcontext():
                    self.opened.back()
        except Exception as second:
            raise self.opened.error("open_book_half", reason=reason(second)) from error
        if isinstance(error, Exception) and not isinstance(error, XlkpiError):
            raise self.opened.error("open_book_refused", reason=reason(error)) from error


def reason(error: BaseException) -> str:
    """What Excel says, which COM hides among numbers."""
    told = [piece for item in error.args for piece in (item if isinstance(item, tuple) else (item,))]
    words = [piece.strip() for piece in told if isinstance(piece, str) and piece.strip()]
    return (words[-1] if words else type(error).__name__)[:200]


def summary(done: Refreshed, opened: OpenBook) -> str:
    """What changed, in a few lines."""
    from xlkpi.cli_refresh import in_short

    return in_short(replace(done, path=Path(opened.name)))


__all__ = ["RefreshCancelled", "Steps", "refresh_book", "refuse_comments", "summary", "undone_on_failure", "write"]
