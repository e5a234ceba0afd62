"""*Help* and *Language*."""

from __future__ import annotations

import os
from typing import Any

import xlkpi
from xlkpi.language import current, languages, text, use

from ..registry import functions
from ..remembering import speak
from .buttons import buttons
from .window import Told, Window


def help(book: Any) -> Told:  # the button's name
    """Say what each button does, and where there is more."""
    spoken = current()
    lines = [f"• {b.label[spoken]}{text('kpi.colon')}{b.tip[spoken]}" for b in buttons().values()]
    head = text("action.help_head", version=xlkpi.__version__, count=len(functions()))
    return Told("\n".join([head, "", *lines, "", text("action.help_more")]))


def language(book: Any) -> Told:
    """Speak the next language: in messages, in the help of functions and on the ribbon.

    Raises WorkbookError on the web, where the settings are the server's, and where the environment fixes a language.
    """
    window = Window(book)
    if not window.is_excel:
        raise window.error("action_language_web")
    if os.environ.get("XLKPI_LANGUAGE"):
        raise window.error("action_language_fixed", language=os.environ["XLKPI_LANGUAGE"])
    codes = languages()
    chosen = codes[(codes.index(current()) + 1) % len(codes)]
    speak(chosen)
    with use(chosen):
        return Told(text("action.language_done"))
