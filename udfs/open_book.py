"""A workbook that is open, seen through an ``xlwings.Book`` of any engine: where it stands, how its window looks, and
what puts back everything that is written into it.
"""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xlkpi.errors import Place, Problem, WorkbookError

if TYPE_CHECKING:
    from xlkpi.workbook.state import State

#: What an engine of xlwings without a feature answers with, or a program without a window.
UNSUPPORTED = (NotImplementedError, AttributeError)
#: What Excel does to tables by itself when somebody types into or under them.
_IN_TABLES = ("AutoFillFormulasInLists", "AutoExpandListRange")
_TRIES, _PAUSE = 20, 0.25


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


def selection_of(app: Any) -> Any | None:
    """The selected cells, as the engine has them; None where a chart is selected.

    xlwings' own way asks whether there are any, which fails where all cells of a sheet are selected.
    """
    return app.impl.selection


class OpenBook:
    """A workbook of ours. ``undo`` holds what puts back everything that was written, the last first.

    Its program and its name are known also once it is closed, of which nothing can be asked any more.
    """

    def __init__(self, book: Any) -> None:
        self.book, self.app, self.name = book, book.app, str(book.name)
        self.undo: list[Callable[[], None]] = []
        self._asked = 0

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
        if self.folder is None or not self.is_saved:
            raise self.error("open_book_unsaved")
        shutil.copyfile(self.book.fullname, path)

    @property
    def is_saved(self) -> bool:
        """Whether the program says that nothing is left to be saved."""
        api = self.book.api
        return bool(api.Saved if hasattr(api, "Saved") else api.saved.get())  # the second on a Mac

    def save(self) -> None:
        """Save the workbook, and make sure that its file is written.

        Raises WorkbookError where it is not: a macro of the workbook's can prevent it, and Excel says nothing then.
        """
        from xlkpi.workbook.target import stamp

        path = Path(self.book.fullname)
        before = stamp(path)
        with suppress(Exception):  # or Excel might see no reason to write
            self.book.api.Saved = False
        self.book.save()
        for _ in range(_TRIES):  # on a network a file may look as before for a moment
            if self.is_saved and stamp(path) != before:
                return
            time.sleep(_PAUSE)
        raise self.error("open_book_not_saved")

    # --- the window ----------------------------------------------------------------------------------------------

    def status(self, words: str | None) -> None:
        """Show words in the status bar; None gives it back to Excel."""
        with suppress(*UNSUPPORTED):
            self.app.status_bar = words if words is not None else False

    @contextmanager
    def held(self) -> Iterator[None]:
        """Without redrawing, events, calculation and Excel's filling of tables by itself; these, the selection and the
        scroll come back, come what may.
        """
        app, view = self.app, self._view()
        held = [(app, "screen_updating", False), (app, "enable_events", False), (app, "calculation", "manual")]
        with suppress(Exception):  # only Excel itself has them
            held += [(app.api.AutoCorrect, name, False) for name in _IN_TABLES]
        kept: list[tuple[Any, str, Any]] = []
        for of, name, value in held:
            with suppress(*UNSUPPORTED):
                kept.append((of, name, getattr(of, name)))
                setattr(of, name, value)
        try:
            yield
        finally:
            for of, name, value in reversed(kept):
                with suppress(*UNSUPPORTED):
                    setattr(of, name, value)
            if any(value == "manual" for _, _, value in kept):
                app.calculate()
            view()

    def _view(self) -> Callable[[], None]:
        """What shows the sheet again that is in view now, with its selection and its scroll, as far as it has them:
        a sheet that is a chart has no rows.
        """
        steps: list[Callable[[], object]] = []
        if not self.has_file:
            return lambda: None
        with suppress(Exception):
            steps.append(self.book.sheets.active.impl.activate)  # the other way fails where several Excels run
        with suppress(Exception):
            if (selected := selection_of(self.app)) is not None:
                steps.append(selected.select)
        with suppress(Exception):
            window = self.app.api.ActiveWindow
            steps += [partial(setattr, window, name, getattr(window, name)) for name in ("ScrollRow", "ScrollColumn")]

        def look() -> None:
            for step in steps:
                with suppress(Exception):  # no reason to fail: a window in Protected View has none of this
                    step()

        return look

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
