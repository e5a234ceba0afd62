"""A workbook that is open, seen through an ``xlwings.Book`` of any engine: where it stands, how its window looks, and
what puts back everything that is written into it.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xlkpi.errors import Place, Problem, WorkbookError

if TYPE_CHECKING:
    from xlkpi.workbook.state import State

#: What an engine of xlwings without a feature answers with, or a program without a window.
UNSUPPORTED = (NotImplementedError, AttributeError)


def is_excel(book: Any) -> bool:
    """Whether Excel itself answers for a workbook, and not a page that describes it."""
    return bool(book.app.engine.type == "desktop")


def folder_of(book: Any) -> Path | None:
    """Where a workbook stands; None where nobody knows, as before it is saved, and for a page, which could name any
    folder of the server.
    """
    if not is_excel(book):
        return None
    try:
        path = Path(book.fullname)
    except Exception:  # xlwings can't map some addresses of OneDrive, and says so in many ways
        return None
    return path.parent if path.is_absolute() and path.parent.is_dir() else None


def has_objectives_of(project: str, state: State) -> bool:
    """Whether a project has most of a workbook's objectives: files of several projects are often named alike."""
    from xlkpi.objectives import load

    known = {objective.id for objective in load(project).objectives}
    return 2 * len(known & state.typed.keys()) > len(state.typed)


class OpenBook:
    """A workbook of ours. ``undo`` holds what puts back everything that was written, the last first."""

    def __init__(self, book: Any) -> None:
        self.book = book
        self.undo: list[Callable[[], None]] = []
        self._asked = 0

    @property
    def name(self) -> str:
        return str(self.book.name)

    @property
    def has_file(self) -> bool:
        """Whether Excel itself answers, which can write a copy, and not a page that describes the workbook."""
        return is_excel(self.book)

    @property
    def folder(self) -> Path | None:
        """Where the workbook stands, where that is known."""
        return folder_of(self.book)

    def error(self, code: str, **values: Any) -> WorkbookError:
        return WorkbookError(Problem(code, {"name": self.name, **values}, Place(file=self.name)))

    @property
    def file_name(self) -> str:
        """Its name as that of a file of ours, whatever a page calls its workbook."""
        return re.sub(r'[\\/:*?"<>|\x00-\x1f]', "_", self.name)[-80:].strip(". ") or "workbook.xlsx"

    def project_file(self, state: State) -> Path:
        """The project's file: the one that the workbook remembers, else that of the settings.

        Raises WorkbookError, also where that has other objectives: a refresh would put its data in place of ours.
        """
        from .settings import settings

        file = state.files[0] if state.files else "project.yaml"
        if self.folder is not None and (self.folder / file).is_file():
            return self.folder / file
        chosen = settings().project
        if not chosen or not Path(chosen).is_file():
            raise self.error("open_book_project" if self.has_file else "open_book_project_web", project=file)
        if state.typed and not has_objectives_of(chosen, state):
            raise self.error("open_book_other_project", project=file, chosen=Path(chosen).name)
        return Path(chosen)

    def save_copy(self, path: Path) -> None:
        """Write the workbook as it is now, unsaved changes included, to a file, and stay with its own.

        Excel on a Mac has no command for that: there the file on disk is taken, once it is saved.
        """
        api = self.book.api
        if (command := getattr(api, "SaveCopyAs", None)) is not None:
            command(str(path))
            return
        if self.folder is None or not api.saved.get():
            raise self.error("open_book_unsaved")
        shutil.copyfile(self.book.fullname, path)

    # --- the window ----------------------------------------------------------------------------------------------

    def status(self, words: str | None) -> None:
        """Show words in the status bar; None gives it back to Excel."""
        with suppress(*UNSUPPORTED):
            self.book.app.status_bar = words if words is not None else False

    @contextmanager
    def held(self) -> Iterator[None]:
        """Without redrawing, events and calculation; these, the selection and the scroll come back, come what may."""
        app, view = self.book.app, self._view()
        kept: list[tuple[str, Any]] = []
        for name, value in (("screen_updating", False), ("enable_events", False), ("calculation", "manual")):
            with suppress(*UNSUPPORTED):
                kept.append((name, getattr(app, name)))
                setattr(app, name, value)
        try:
            yield
        finally:
            for name, value in reversed(kept):
                with suppress(*UNSUPPORTED):
                    setattr(app, name, value)
            if dict(kept).get("calculation") == "manual":
                app.calculate()
            self._look(view)

    def _view(self) -> tuple[Any, ...] | None:
        if not self.has_file:
            return None
        window = self.book.app.api.ActiveWindow
        return self.book.sheets.active, self.book.app.selection, window.ScrollRow, window.ScrollColumn

    def _look(self, view: tuple[Any, ...] | None) -> None:
        if view is None:
            return
        sheet, selection, row, column = view
        with suppress(Exception):  # no reason to fail: a window in Protected View has none of this
            sheet.activate()
            if selection is not None:
                selection.select()
            window = self.book.app.api.ActiveWindow
            window.ScrollRow, window.ScrollColumn = row, column

    # --- putting back ----------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Remember how it is now."""
        self.undo.clear()
        self._asked = 0 if self.has_file else len(self.book.json()["actions"])

    def back(self) -> None:
        """Undo all that was written since :meth:`begin`; a page has done nothing yet of what it was asked."""
        if not self.has_file:
            del self.book.json()["actions"][self._asked :]
            return
        while self.undo:
            self.undo.pop()()
