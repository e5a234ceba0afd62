"""What *doctor* looks at, one function for each topic; see :mod:`xlkpi.addin.doctor`."""

from __future__ import annotations

import csv
import os
import plistlib
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path, PureWindowsPath
from typing import Any

from xlkpi.addin import plain, xlam
from xlkpi.addin.finding import Finding, Level
from xlkpi.addin.install import Places, windowless
from xlkpi.addin.machine import Machine, answers
from xlkpi.addin.wrappers import UDFS
from xlkpi.errors import XlkpiError

_OFFICE = r"HKCU\Software\Microsoft\Office\{version}\Excel"
_POLICIES = r"HKCU\Software\Policies\Microsoft\Office\{version}\Excel"
_COMMON = r"HKCU\Software\Policies\Microsoft\Office\{version}\Common\Security\Trusted Locations"
_PATHS = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\App Paths\excel.exe"
_CLICK_TO_RUN = r"HKLM\SOFTWARE\Microsoft\Office\ClickToRun\Configuration"
_CURRENT = r"HKCR\Excel.Application\CurVer"
_VERSION = re.compile(r'XLWINGS_VERSION As String = "([^"]+)"')
#: The values of VBAWarnings that run no macro which is not signed.
_SIGNED, _NONE = 3, 4
#: Excel numbers its trusted locations; the gaps are those that a person removed.
_LOCATIONS = 60


# --- Excel -----------------------------------------------------------------------------------------------------------


def excel(machine: Machine) -> Iterator[Finding]:
    """The program itself."""
    if machine.system == "win32":
        path = machine.key(_PATHS).get("")
        version = machine.key(_CLICK_TO_RUN).get("versiontoreport") or office_version(machine)
        if path or machine.key(_CURRENT):
            yield Finding("excel", "ok", "excel_found", {"version": version, "path": str(path or "–")})
        else:
            yield Finding("excel", "error", "excel_missing")
    elif machine.system == "darwin":
        bundle = machine.applications / "Microsoft Excel.app" / "Contents" / "Info.plist"
        try:
            version = plistlib.loads(bundle.read_bytes()).get("CFBundleShortVersionString", "–")
        except (OSError, ValueError, plistlib.InvalidFileException):
            yield Finding("excel", "error", "excel_missing")
        else:
            yield Finding("excel", "ok", "excel_found", {"version": version, "path": str(bundle.parent.parent)})
    else:
        yield Finding("excel", "unseen", "excel_unseen", {"system": machine.system})


def office_version(machine: Machine) -> str:
    """The number under which Office keeps its settings, such as 16.0."""
    name = str(machine.key(_CURRENT).get("", ""))
    number = name.rpartition(".")[2]
    return f"{number}.0" if number.isdigit() else "16.0"


# --- the add-in ------------------------------------------------------------------------------------------------------


def addin(machine: Machine) -> Iterator[Finding]:
    """The files that Excel loads at its start, and the settings that lead from them to Python."""
    places = places_of(machine)
    if places is None:
        yield Finding("addin", "unseen", "addin_unseen", {"system": machine.system})
        return
    classic, own = places.addins / xlam.CLASSIC, places.addins / plain.XLAM
    present = [path for path in (classic, own) if path.is_file()]
    if not present:
        yield Finding("addin", "error", "addin_missing", {"folder": str(places.addins)})
        return
    if len(present) > 1:
        yield Finding("addin", "hint", "addin_twice", {"one": classic.name, "other": own.name})
    for path in present:
        yield from _addin_file(path)
    if classic in present:
        yield from _settings(machine, places)


def places_of(machine: Machine) -> Places | None:
    """Where Excel looks on a machine, or the folder that was given; None where there can be no Excel."""
    if machine.folder is not None:
        return Places.here(machine.folder)
    with suppress(XlkpiError):
        return Places.of(machine.system, machine.home, machine.environment)
    return None


def _addin_file(path: Path) -> Iterator[Finding]:
    try:
        with zipfile.ZipFile(path) as file:
            whole = "xl/vbaProject.bin" in file.namelist() and file.testzip() is None
    except (OSError, zipfile.BadZipFile, RuntimeError):
        whole = False
    if not whole:
        yield Finding("addin", "error", "addin_damaged", {"file": str(path)})
        return
    yield Finding("addin", "ok", "addin_found", {"file": str(path)})
    # Windows marks what came from the web in a stream of its own; Excel runs no macro of such a file.
    marked = path.with_name(f"{path.name}:Zone.Identifier")
    with suppress(OSError):
        if re.search(r"ZoneId\s*=\s*[34]", marked.read_text(encoding="utf-8", errors="replace")):
            yield Finding("addin", "error", "addin_marked", {"file": str(path)})
    if path.name == xlam.CLASSIC:
        yield from _versions(path)


def _versions(path: Path) -> Iterator[Finding]:
    """Whether xlwings in the add-in is the one in Python: it refuses to work with another version of itself."""
    here = version_of("xlwings")
    inside = _xlwings_in(path)
    if inside is None:
        yield Finding("addin", "unseen", "addin_unreadable", {"file": path.name})
    elif here is not None and inside != here:
        yield Finding("addin", "error", "addin_other_xlwings", {"inside": inside, "here": here})


def _xlwings_in(path: Path) -> str | None:
    """The version of xlwings' VBA in an add-in; None where it can't be read."""
    try:
        from pyopenvba import ExcelFile

        with ExcelFile(path) as book:
            found = _VERSION.search(str(book.get_module("xlwings")))
    except Exception:  # whatever a reader of VBA may say to a file that is none of ours
        return None
    return found[1] if found else None


def _settings(machine: Machine, places: Places) -> Iterator[Finding]:
    """Whether xlwings' settings lead to this Python, and to our functions."""
    kept = read_settings(places.settings)
    if kept is None:
        yield Finding("addin", "error", "settings_missing", {"file": str(places.settings)})
        return
    name = "INTERPRETER_MAC" if machine.system == "darwin" else "INTERPRETER_WIN"
    interpreter = kept.get(name) or kept.get("INTERPRETER") or ""
    known = {"file": str(places.settings), "interpreter": interpreter or "–", "here": machine.interpreter}
    if not interpreter or not Path(interpreter).exists():
        yield Finding("addin", "error", "interpreter_gone", known)
    elif not _same_file(interpreter, windowless(machine.interpreter)):
        yield Finding("addin", "hint", "interpreter_other", known)
    else:
        yield Finding("addin", "ok", "interpreter_right", known)
    if UDFS not in re.split(r"[;,\s]+", kept.get("UDF MODULES", "")):
        yield Finding("addin", "error", "settings_functions", {**known, "modules": kept.get("UDF MODULES") or "–"})


def read_settings(path: Path) -> dict[str, str] | None:
    """xlwings' settings from a file; None where there is none."""
    try:
        rows = csv.reader(path.read_text(encoding="utf-8", errors="replace").splitlines())
    except OSError:
        return None
    return {row[0].upper(): row[1] for row in rows if len(row) == 2}


def _same_file(one: str, other: str) -> bool:
    with suppress(OSError):
        return os.path.samefile(one, other)  # noqa: PTH121  # Path would not read Windows' paths elsewhere
    return one.casefold() == other.casefold()


# --- Trust Center ----------------------------------------------------------------------------------------------------


def trust(machine: Machine) -> Iterator[Finding]:
    """Whether Excel runs the macros of add-ins."""
    if machine.system == "darwin":
        yield Finding("trust", "unseen", "trust_mac")
        return
    if machine.system != "win32" or machine.registry is None:
        yield Finding("trust", "unseen", "trust_unseen", {"system": machine.system})
        return
    version = office_version(machine)
    security, policies = (root.format(version=version) + r"\Security" for root in (_OFFICE, _POLICIES))
    asked, locked = setting(machine, security, policies, "VBAWarnings")
    trusted = _is_trusted(machine, security, policies)
    values = {"value": asked if asked is not None else 2}
    if asked in (_SIGNED, _NONE) and not trusted:
        yield Finding("trust", "error", "macros_policy" if locked else "macros_off", values)
    elif asked == 1:
        yield Finding("trust", "hint", "macros_all", values)
    else:
        yield Finding("trust", "ok", "macros_on", values)
    folder = {"folder": str(_startup(machine))}
    disabled, locked = setting(machine, security, policies, "DisableAllAddins")
    if disabled:
        yield Finding("trust", "error", "addins_policy" if locked else "addins_off")
    signed, locked = setting(machine, security, policies, "RequireAddinSig")
    if signed and not trusted:
        yield Finding("trust", "error", "signed_policy" if locked else "signed_off", folder)
    if not trusted:
        yield Finding("trust", "hint", "location", folder)
    vbom, _ = setting(machine, security, policies, "AccessVBOM")
    yield Finding("trust", "hint" if vbom else "ok", "vbom_on" if vbom else "vbom_off")
    yield from _disabled(machine, version)


def setting(machine: Machine, own: str, policies: str, name: str) -> tuple[Any, bool]:
    """A setting's value, and whether the organisation has fixed it."""
    fixed = machine.key(policies).get(name.casefold())
    return (machine.key(own).get(name.casefold()), False) if fixed is None else (fixed, True)


def _startup(machine: Machine) -> PureWindowsPath:
    places = places_of(machine)
    return PureWindowsPath(str(places.addins)) if places else PureWindowsPath("XLSTART")


def _is_trusted(machine: Machine, security: str, policies: str) -> bool:
    """Whether the folder of the add-in is a trusted location, as Excel itself sets it up."""
    keys = [rf"{root}\Trusted Locations" for root in (security, policies)]
    if any(machine.key(key).get("alllocationsdisabled") for key in keys):
        return False
    if machine.key(_COMMON.format(version=office_version(machine))).get("allow user locations") == 0:
        keys = keys[1:]  # those of the organisation alone
    wanted = _plain(str(_startup(machine)), machine)
    known = [machine.key(rf"{key}\Location{number}") for key in keys for number in range(_LOCATIONS)]
    for location in known:
        path = _plain(str(location.get("path", "")), machine)
        if path and (wanted == path or (location.get("allowsubfolders") and wanted.startswith(path + "\\"))):
            return True
    return False


def _plain(path: str, machine: Machine) -> str:
    """A Windows path for comparing, its variables replaced."""
    known = {name.upper(): value for name, value in machine.environment.items()}
    spoken = re.sub(r"%(\w+)%", lambda m: known.get(m[1].upper(), m[0]), path)
    return spoken.replace("/", "\\").rstrip("\\").casefold()


def _disabled(machine: Machine, version: str) -> Iterator[Finding]:
    """Add-ins that Excel has put aside after a crash."""
    items = machine.key(_OFFICE.format(version=version) + r"\Resiliency\DisabledItems")
    for value in items.values():
        told = value.decode("utf-16-le", errors="ignore") if isinstance(value, bytes) else str(value)
        if "xlkpi" in told.casefold():
            yield Finding("trust", "error", "disabled")
            return


# --- Python ----------------------------------------------------------------------------------------------------------


def python(machine: Machine) -> Iterator[Finding]:
    """The Python in which the functions run, and what they need there."""
    import platform

    import xlkpi

    told = {"version": platform.python_version(), "path": machine.interpreter, "xlkpi": xlkpi.__version__}
    yield Finding("python", "ok", "python", told)
    if "\\windowsapps\\" in machine.interpreter.casefold():
        yield Finding("python", "hint", "python_store", told)
    for name, command in (
        ("xlwings", "addin"),
        ("pyOpenVBA", "addin"),
        ("xlwings-server", "server"),
        ("orjson", "server"),
    ):
        found = version_of(name)
        level: Level = "ok" if found else "hint"
        values = {"name": name, "version": found or "–", "extra": command}
        yield Finding("python", level, "library" if found else "library_missing", values)
    if machine.system == "win32" and find_spec("win32com") is None:
        yield Finding("python", "error", "pywin32")
    yield from _project()


def version_of(distribution: str) -> str | None:
    """The version of an installed distribution."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def _project() -> Iterator[Finding]:
    """The project whose KPIs the functions know, if the settings name one."""
    from xlkpi.udfs.settings import mistake, settings

    if not settings().project:
        return
    wrong = mistake()
    values = {"file": settings().project, "reason": wrong.text().splitlines()[0] if wrong else ""}
    yield Finding("python", "error" if wrong else "ok", "project_wrong" if wrong else "project", values)


# --- licence ---------------------------------------------------------------------------------------------------------


def licence(machine: Machine) -> Iterator[Finding]:
    """Which licence xlwings finds; the key itself is nobody's business."""
    key = machine.environment.get("XLWINGS_LICENSE_KEY")
    where = "XLWINGS_LICENSE_KEY"
    if not key:
        path = _user_settings(machine)
        where, key = str(path), (read_settings(path) or {}).get("LICENSE_KEY")
    if not key:
        yield Finding("licence", "hint", "licence_none")
        return
    values = {"where": where, **_validity(key)}
    if key.startswith("gA"):  # keys of old are encrypted
        yield Finding("licence", "unseen", "licence_old", values)
    elif key == "noncommercial":
        yield Finding("licence", "hint", "licence_noncommercial", values)
    elif "until" not in values:
        yield Finding("licence", "error", "licence_invalid", values)
    else:
        yield Finding("licence", "ok", "licence_valid", values)


def _user_settings(machine: Machine) -> Path:
    """Where xlwings keeps the settings of a user."""
    if machine.system == "darwin":
        return machine.home / "Library" / "Containers" / "com.microsoft.Excel" / "Data" / "xlwings.conf"
    return machine.home / ".xlwings" / "xlwings.conf"


def _validity(key: str) -> Mapping[str, str]:
    """How long a key is valid, as the key itself says; nothing where it is none or has ended."""
    import base64
    import json
    from datetime import date

    with suppress(ValueError, KeyError, TypeError):
        until = str(json.loads(base64.urlsafe_b64decode(key[:-5]))["valid_until"])
        if date.fromisoformat(until) >= date.today():
            return {"until": until}
    return {}


# --- server ----------------------------------------------------------------------------------------------------------


def server(port: int, ask: Callable[[int], bool | None] = answers) -> Iterator[Finding]:
    """Whether the port of the server is free, or the server already there."""
    found = ask(port)
    values = {"port": str(port)}
    if found is None:
        yield Finding("server", "ok", "port_free", values)
    elif found:
        yield Finding("server", "ok", "port_ours", values)
    else:
        yield Finding("server", "hint", "port_taken", values)
