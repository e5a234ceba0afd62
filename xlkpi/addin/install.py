"""Placing an add-in where Excel loads it at its start, and the settings that xlwings needs to find Python."""

from __future__ import annotations

import csv
import io
import json
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path, PureWindowsPath

from xlkpi.addin import plain, xlam
from xlkpi.addin.wrappers import UDFS
from xlkpi.errors import DefinitionError, Problem, WorkbookError
from xlkpi.udfs.settings import settings_file
from xlkpi.workbook.target import replacing

#: The option of ``xlkpi addin install`` for another folder.
FOLDER = "--folder"
_STARTUP = "Library/Group Containers/UBF8T346G9.Office/User Content.localized/Startup.localized/Excel"
_MAC_SETTINGS = "Library/Containers/com.microsoft.Excel/Data"


@dataclass(frozen=True)
class Places:
    """Where a system's Excel looks: the folder of add-ins that it loads by itself, and the file of their settings."""

    addins: Path
    settings: Path
    #: The settings of the functions themselves, which Python reads.
    remembered: Path | None = None

    @classmethod
    def of(cls, system: str, home: Path, environment: Mapping[str, str]) -> Places:
        """The places of a user on ``win32`` or ``darwin``. Raises DefinitionError where there is no Excel."""
        if system == "win32":
            roaming = Path(environment.get("APPDATA") or home / "AppData" / "Roaming")
            profile = Path(environment.get("USERPROFILE") or home)
            return cls(
                roaming / "Microsoft" / "Excel" / "XLSTART", profile / f".{xlam.PROJECT}" / f"{xlam.PROJECT}.conf"
            )
        if system == "darwin":
            return cls(home / _STARTUP, home / _MAC_SETTINGS / f"{xlam.PROJECT}.conf")
        raise DefinitionError(Problem("addin_no_excel", {}))

    @classmethod
    def here(cls, folder: Path | None) -> Places:
        """This user's places; those in a folder when it is given."""
        if folder is not None:
            return cls(folder, folder / f"{xlam.PROJECT}.conf", folder / "settings.json")
        return replace(cls.of(sys.platform, Path.home(), os.environ), remembered=settings_file())


@dataclass(frozen=True)
class Installed:
    """What was placed where; no settings and no interpreter for an add-in that needs no Python."""

    addin: Path
    functions: int
    settings: Path | None = None
    interpreter: str | None = None


def install_classic(
    addin: bytes, functions: int, places: Places, language: str | None = None, project: str | None = None
) -> Installed:
    """Place the add-in whose functions run in this Python, and the settings that lead to it.

    ``language`` is that of help and texts, ``project`` a file with KPIs of one's own; None leaves what was set before.
    """
    interpreter = windowless(sys.executable)
    path = place(addin, places.addins / xlam.CLASSIC, FOLDER)
    wanted = {
        "INTERPRETER_WIN": interpreter,
        "INTERPRETER_MAC": interpreter,
        "UDF MODULES": UDFS,
        "USE UDF SERVER": "True",
        # Python would look for modules beside the workbook first, and workbooks come by mail.
        "ADD_WORKBOOK_TO_PYTHONPATH": "False",
        **({"XLKPI_LANGUAGE": language} if language else {}),
    }
    _write_settings(places.settings, wanted)
    _remember(places.remembered, language=language, project=str(Path(project).resolve()) if project else None)
    return Installed(path, functions, places.settings, interpreter)


def install_plain(addin: bytes, functions: int, places: Places) -> Installed:
    """Place the add-in that needs no Python."""
    return Installed(place(addin, places.addins / plain.XLAM, FOLDER), functions)


def windowless(interpreter: str) -> str:
    """The Python beside an interpreter that opens no console window, where there is one."""
    if interpreter.lower().endswith("python.exe"):
        quiet = PureWindowsPath(interpreter).with_name("pythonw.exe")
        if os.path.exists(str(quiet)):  # noqa: PTH110  # a Windows path, which Path would not read elsewhere
            return str(quiet)
    return interpreter


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


def _remember(path: Path | None, **given: str | None) -> None:
    """Set what is given among the settings of the functions, and keep the others."""
    chosen = {key: value for key, value in given.items() if value is not None}
    if path is None or not chosen:
        return
    kept: object = {}
    with suppress(OSError, ValueError):
        kept = json.loads(path.read_text(encoding="utf-8"))
    settings = {**(kept if isinstance(kept, dict) else {}), **chosen}
    place(json.dumps(settings, ensure_ascii=False, indent=2).encode(), path, FOLDER)


def _write_settings(path: Path, wanted: Mapping[str, str]) -> None:
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
        raise DefinitionError(Problem("addin_path", {"path": wanted["INTERPRETER_WIN"]})) from None
    place(content, path, FOLDER)
