"""What the functions in cells are set to: the language of their texts, and the project whose KPIs they know too.

Environment variables (``XLKPI_LANGUAGE``, ``XLKPI_PROJECT``) go before the settings file, ``settings.json`` in the
user's configuration folder, or the file that ``XLKPI_SETTINGS`` names::

    {"language": "fr", "project": "C:/Marketing/boutique/project.yaml"}
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from xlkpi.catalogue import Catalogue
from xlkpi.catalogue import catalogue as shipped
from xlkpi.errors import XlkpiError
from xlkpi.language import current, languages


@dataclass(frozen=True)
class Settings:
    """``language``: of help and texts, None for the system's. ``project``: a file with KPIs of one's own."""

    language: str | None = None
    project: str | None = None


def settings_file() -> Path | None:
    """Where the settings file is; None where the user has no home."""
    named = os.environ.get("XLKPI_SETTINGS")
    if named:
        return Path(named)
    try:
        if sys.platform == "win32":
            return Path(os.environ.get("APPDATA") or Path.home() / "AppData" / "Roaming") / "xlkpi" / "settings.json"
        if sys.platform == "darwin":
            return Path.home() / "Library" / "Application Support" / "xlkpi" / "settings.json"
        return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "xlkpi" / "settings.json"
    except RuntimeError:
        return None


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings, read once; a settings file that can't be read counts as empty."""
    kept: Any = {}
    file = settings_file()
    if file is not None:
        try:
            kept = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            kept = {}
    kept = kept if isinstance(kept, dict) else {}
    spoken = os.environ.get("XLKPI_LANGUAGE") or kept.get("language")
    project = os.environ.get("XLKPI_PROJECT") or kept.get("project")
    code = str(spoken)[:2].lower() if spoken else None
    return Settings(code if code in languages() else None, str(project) if project else None)


def language() -> str:
    """The language of texts in cells: the settings', else the one in use where the call is made."""
    return settings().language or current()


@lru_cache(maxsize=1)
def _own() -> tuple[Catalogue, XlkpiError | None]:
    project = settings().project
    if not project:
        return shipped(), None
    from xlkpi.catalogue import load_own

    try:
        return load_own(project), None
    except XlkpiError as mistake:
        return shipped(), mistake


def catalogue() -> Catalogue:
    """The catalogue that cells know: the shipped one, with the KPIs of the project that the settings name.

    A project that can't be read leaves the shipped catalogue; :func:`mistake` says why.
    """
    return _own()[0]


def mistake() -> XlkpiError | None:
    """What is wrong with the project that the settings name."""
    return _own()[1]


def forget() -> None:
    """Read the settings and the project anew at the next call."""
    settings.cache_clear()
    _own.cache_clear()
