"""Placing an add-in where Excel loads it at its start, and the settings that xlwings needs to find Python."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PureWindowsPath

from xlkpi.addin import plain, xlam
from xlkpi.addin.wrappers import UDFS
from xlkpi.errors import DefinitionError, Problem
from xlkpi.udfs.remembering import FOLDER, PROJECT, conf_file, place, remember, write_conf
from xlkpi.udfs.settings import settings_file

_STARTUP = "Library/Group Containers/UBF8T346G9.Office/User Content.localized/Startup.localized/Excel"


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
        conf = conf_file(system, home, environment)
        if conf is None:
            raise DefinitionError(Problem("addin_no_excel", {}))
        if system == "darwin":
            return cls(home / _STARTUP, conf)
        roaming = Path(environment.get("APPDATA") or home / "AppData" / "Roaming")
        return cls(roaming / "Microsoft" / "Excel" / "XLSTART", conf)

    @classmethod
    def here(cls, folder: Path | None) -> Places:
        """This user's places; those in a folder when it is given."""
        if folder is not None:
            return cls(folder, folder / f"{PROJECT}.conf", folder / "settings.json")
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
    write_conf(places.settings, wanted)
    remember(places.remembered, language=language, project=str(Path(project).resolve()) if project else None)
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
