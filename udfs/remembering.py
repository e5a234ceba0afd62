"""The files in which settings are kept: those of the functions, which Python reads, and xlwings', which VBA reads."""

from __future__ import annotations

import csv
import io
import json
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from xlkpi.errors import DefinitionError, Problem, WorkbookError
from xlkpi.workbook.target import replacing

from .settings import forget, settings_file

#: The name that xlwings' module in the classic add-in has for its settings: the file of them is named after it.
PROJECT = "xlkpi"
#: The option of ``xlkpi addin install`` for another folder.
FOLDER = "--folder"
_MAC = "Library/Containers/com.microsoft.Excel/Data"


def conf_file(system: str, home: Path, environment: Mapping[str, str]) -> Path | None:
    """Where the classic add-in looks for xlwings' settings on a system; None where there is no Excel."""
    if system == "win32":
        return Path(environment.get("USERPROFILE") or home) / f".{PROJECT}" / f"{PROJECT}.conf"
    return home / _MAC / f"{PROJECT}.conf" if system == "darwin" else None


def speak(language: str) -> None:
    """Remember the language of messages, help and ribbon. Raises WorkbookError where a file can't be written."""
    remember(settings_file(), language=language)
    forget()
    conf = conf_file(sys.platform, Path.home(), os.environ)
    if conf is not None and conf.exists():
        write_conf(conf, {"XLKPI_LANGUAGE": language})


def remember(path: Path | None, **given: str | None) -> None:
    """Set what is given among the settings of the functions, and keep the others."""
    chosen = {key: value for key, value in given.items() if value is not None}
    if path is None or not chosen:
        return
    kept: object = {}
    with suppress(OSError, ValueError):
        kept = json.loads(path.read_text(encoding="utf-8"))
    settings = {**(kept if isinstance(kept, dict) else {}), **chosen}
    place(json.dumps(settings, ensure_ascii=False, indent=2).encode(), path, FOLDER)


def write_conf(path: Path, wanted: Mapping[str, str]) -> None:
    """Set some of xlwings' settings and keep the others; VBA reads the file in the system's code page."""
    encoding = "mbcs" if sys.platform == "win32" else "utf-8"
    kept: dict[str, str] = {}
    if path.exists():
        rows = csv.reader(path.read_text(encoding=encoding, errors="replace").splitlines())
        kept = {row[0]: row[1] for row in rows if len(row) == 2}
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows({**kept, **wanted}.items())
    try:
        content = text.getvalue().encode(encoding)
    except UnicodeEncodeError:
        raise DefinitionError(Problem("addin_path", {"path": wanted.get("INTERPRETER_WIN", "")})) from None
    place(content, path, FOLDER)


def place(content: bytes, path: Path, option: str = "-o") -> Path:
    """Write a file as a whole, in a folder that is made where there is none.

    Raises WorkbookError, which names the command's ``option`` for another folder.
    """
    with suppress(OSError):  # what follows tells why there is no folder
        path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with replacing(path) as file:
            file.write(content)
    except WorkbookError as error:
        raise WorkbookError(replace(p, values={**p.values, "option": option}) for p in error.problems) from error
    return path
