"""The ribbon's actions, over the same code as the commands: each takes an ``xlwings.Book`` of any engine.

An action returns what it has to say (:class:`~.window.Told`), or None; :func:`perform` shows it and turns whatever
goes wrong into a message. :func:`run` is what the classic add-in calls; the server calls :func:`perform`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from xlkpi.errors import Problem, XlkpiError
from xlkpi.formula.nodata import Stop
from xlkpi.language import languages, text, use

from ..settings import settings
from .buttons import buttons
from .window import Told, Window

__all__ = ["Told", "Window", "action", "perform", "run"]


def action(name: str) -> Callable[..., Told | None]:
    """An action by its name. Raises KeyError."""
    module = import_module(f"xlkpi.udfs.actions.{buttons()[name].run}")
    found: Callable[..., Told | None] = getattr(module, name)
    return found


def run(name: str, language: str | None = None) -> bool:
    """Run an action on the workbook at hand in Excel; True where it is done."""
    import xlwings

    return perform(name, xlwings.Book.caller(), language)


def perform(name: str, book: Any, language: str | None = None, **given: Any) -> bool:
    """Run an action on a workbook, and tell what came of it in a language; True where it is done.

    ``given``: what a client knows and a workbook does not say, such as the formula of the active cell.
    """
    chosen = language if language in languages() else settings().language
    with use(chosen):
        window = Window(book)  # which the action may close
        told = _told(name, book, given)
        if told is not None:
            window.tell(told)
    return told is None or not told.critical


def _told(name: str, book: Any, given: Mapping[str, Any]) -> Told | None:
    try:
        return action(name)(book, **given)
    except XlkpiError as mistake:
        return Told(mistake.text(), critical=True)
    except Stop as stop:
        return Told(text(f"udfs.reason.{stop.reason.name}"), critical=True)
    except ModuleNotFoundError as lacking:
        return Told(Problem("build_extras", {"missing": str(lacking.name)}).text(), critical=True)
    except NotImplementedError:
        return Told(text("action.unsupported"), critical=True)
    except Exception as failure:  # whatever Excel may answer: a person can't do anything with a traceback
        from ..refresh import reason

        return Told(text("action.failed", reason=f"{type(failure).__name__}: {reason(failure)}"), critical=True)
