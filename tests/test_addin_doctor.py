"""The doctor: real files in homes of its own; of Windows' registry there is a dictionary of its keys, as in a file."""

from __future__ import annotations

import base64
import json
import plistlib
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from xlkpi.udfs.registry import functions

from tests import served
from xlkpi.addin import doctor, doctor_checks, plain, xlam
from xlkpi.addin.finding import Finding
from xlkpi.addin.install import Places, install_classic
from xlkpi.addin.machine import Machine, answers
from xlkpi.cli import run
from xlkpi.language import languages, texts

SECURITY = r"HKCU\Software\Microsoft\Office\16.0\Excel\Security"
POLICIES = r"HKCU\Software\Policies\Microsoft\Office\16.0\Excel\Security"
DISABLED = r"HKCU\Software\Microsoft\Office\16.0\Excel\Resiliency\DisabledItems"


@pytest.fixture(scope="module")
def classic() -> bytes:
    return xlam.classic(list(functions().values())[:2])


@dataclass
class Windows:
    """A user of Windows who has installed the add-in."""

    home: Path
    registry: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def machine(self) -> Machine:
        return Machine("win32", self.home, {"APPDATA": str(self.home / "Roaming")}, self.registry.get)

    @property
    def places(self) -> Places:
        return Places.of("win32", self.home, self.machine.environment)

    @property
    def addin(self) -> Path:
        return self.places.addins / xlam.CLASSIC

    def found(self) -> dict[str, Finding]:
        looks = (doctor_checks.excel, doctor_checks.addin, doctor_checks.trust)
        return {finding.code: finding for look in looks for finding in look(self.machine)}


@pytest.fixture
def windows(tmp_path: Path, classic: bytes) -> Windows:
    made = Windows(tmp_path)
    install_classic(classic, 2, made.places)
    made.registry |= {
        r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\App Paths\excel.exe": {"": r"C:\Office16\EXCEL.EXE"},
        r"HKCR\Excel.Application\CurVer": {"": "Excel.Application.16"},
        rf"{SECURITY}\Trusted Locations\Location1": {"Path": r"%APPDATA%\Microsoft\Excel\XLSTART"},
    }
    return made


def test_a_healthy_windows_has_no_problem_and_nothing_unseen(windows: Windows) -> None:
    found = windows.found()
    assert {f.level for f in found.values()} == {"ok"}
    assert found.keys() >= {"excel_found", "addin_found", "interpreter_right", "macros_on", "vbom_off"}
    assert "16.0" in found["excel_found"].told("en")


def rewrite(windows: Windows, old: str, new: str) -> None:
    path = windows.places.settings
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


def marked(windows: Windows) -> None:
    windows.addin.with_name(f"{xlam.CLASSIC}:Zone.Identifier").write_text("[ZoneTransfer]\nZoneId=3\n")


def of_another_xlwings(windows: Windows) -> None:
    windows.addin.write_bytes(xlam.package({"xlwings": 'Public Const XLWINGS_VERSION As String = "0.1.0"'}))


def put(windows: Windows, key: str, **values: Any) -> Windows:
    windows.registry.setdefault(key, {}).update(values)
    return windows


def without(windows: Windows, *parts: str) -> Windows:
    for key in [key for key in windows.registry if any(part in key for part in parts)]:
        del windows.registry[key]
    return windows


FAULTS: dict[str, tuple[str, Callable[[Windows], object]]] = {
    "excel_missing": ("error", lambda w: without(w, "App Paths", "CurVer")),
    "addin_missing": ("error", lambda w: w.addin.unlink()),
    "addin_damaged": ("error", lambda w: w.addin.write_bytes(w.addin.read_bytes()[:5000])),
    "addin_marked": ("error", marked),
    "addin_twice": ("hint", lambda w: w.addin.with_name(plain.XLAM).write_bytes(w.addin.read_bytes())),
    "addin_other_xlwings": ("error", of_another_xlwings),
    "addin_unreadable": ("unseen", lambda w: w.addin.write_bytes(xlam.package({"other": "' nothing"}))),
    "settings_missing": ("error", lambda w: w.places.settings.unlink()),
    "settings_functions": ("error", lambda w: rewrite(w, "xlkpi.udfs", "mine")),
    "interpreter_gone": ("error", lambda w: rewrite(w, sys.executable, "/nowhere/pythonw.exe")),
    "interpreter_other": ("hint", lambda w: rewrite(w, sys.executable, __file__)),
    "macros_off": ("error", lambda w: without(put(w, SECURITY, VBAWarnings=4), "Location1")),
    "macros_policy": ("error", lambda w: put(
        put(w, POLICIES, VBAWarnings=3), rf"{POLICIES}\Trusted Locations", AllLocationsDisabled=1)),
    "macros_all": ("hint", lambda w: put(w, SECURITY, VBAWarnings=1)),
    "addins_off": ("error", lambda w: put(w, SECURITY, DisableAllAddins=1)),
    "addins_policy": ("error", lambda w: put(w, POLICIES, DisableAllAddins=1)),
    "signed_off": ("error", lambda w: without(put(w, SECURITY, RequireAddinSig=1), "Location1")),
    "signed_policy": ("error", lambda w: without(put(w, POLICIES, RequireAddinSig=1), "Location1")),
    "location": ("hint", lambda w: put(w, rf"{SECURITY}\Trusted Locations\Location1", Path="C:\\elsewhere")),
    "vbom_on": ("hint", lambda w: put(w, SECURITY, AccessVBOM=1)),
    "disabled": ("error", lambda w: put(w, DISABLED, item=b"\x01\x00" + "C:\\XLSTART\\xlkpi.xlam".encode("utf-16-le"))),
}  # fmt: skip


@pytest.mark.parametrize("code", FAULTS)
def test_each_fault_is_told_with_what_to_do(windows: Windows, code: str) -> None:
    level, damage = FAULTS[code]
    damage(windows)
    found = windows.found()
    assert code in found
    assert found[code].level == level
    for language in languages():
        assert found[code].todo(language)
    assert doctor.is_well(found.values()) == all(f.level != "error" for f in found.values())


def test_macros_may_be_off_where_the_folder_is_trusted(windows: Windows) -> None:
    put(windows, SECURITY, VBAWarnings=4)
    assert "macros_on" in windows.found()
    put(windows, rf"{SECURITY}\Trusted Locations\Location1", Path=str(windows.home / "Roaming"), AllowSubfolders=1)
    assert "macros_on" in windows.found()


def test_what_an_organisation_fixes_is_read_as_it_writes_it(windows: Windows) -> None:
    common = POLICIES.replace(r"Excel\Security", r"Common\Security\Trusted Locations")
    put(put(windows, POLICIES, vbawarnings=4), common, **{"allow user locations": 0})
    assert {"macros_policy", "location"} <= windows.found().keys()
    put(windows, rf"{POLICIES}\Trusted Locations\Location7", path="%AppData%\\Microsoft\\Excel\\XLSTART\\")
    assert "macros_on" in windows.found()


def test_a_mac_has_its_excel_and_its_folders(tmp_path: Path) -> None:
    machine = Machine("darwin", tmp_path / "home", applications=tmp_path / "Applications")
    assert [f.code for f in doctor_checks.excel(machine)] == ["excel_missing"]
    contents = tmp_path / "Applications" / "Microsoft Excel.app" / "Contents"
    contents.mkdir(parents=True)
    (contents / "Info.plist").write_bytes(plistlib.dumps({"CFBundleShortVersionString": "16.103"}))
    assert [f.values["version"] for f in doctor_checks.excel(machine)] == ["16.103"]
    assert [f.code for f in doctor_checks.addin(machine)] == ["addin_missing"]
    addins = Places.of("darwin", machine.home, {}).addins
    addins.mkdir(parents=True)
    (addins / plain.XLAM).write_bytes(xlam.package({"xlkpi_kpis": "' nothing"}))
    assert [f.code for f in doctor_checks.addin(machine)] == ["addin_found"]
    assert [f.level for f in doctor_checks.trust(machine)] == ["unseen"]


def key_until(day: date) -> str:
    """A key as xlwings has them, but of no use: its signature is none."""
    return base64.urlsafe_b64encode(json.dumps({"valid_until": day.isoformat()}).encode()).decode() + "secre"


@pytest.mark.parametrize(
    ("key", "code"),
    [
        (None, "licence_none"), ("noncommercial", "licence_noncommercial"), ("gAAAAABsecret", "licence_old"),
        (key_until(date.today() + timedelta(40)), "licence_valid"), (key_until(date(2020, 1, 1)), "licence_invalid"),
        ("secret", "licence_invalid"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("in_file", [True, False])
def test_a_licence_is_told_and_its_key_never(tmp_path: Path, key: str | None, code: str, in_file: bool) -> None:
    machine = Machine("linux", tmp_path, {"XLWINGS_LICENSE_KEY": key} if key and not in_file else {})
    if key and in_file:
        (tmp_path / ".xlwings").mkdir()
        (tmp_path / ".xlwings" / "xlwings.conf").write_text(f'"INTERPRETER_WIN","x"\n"LICENSE_KEY","{key}"\n')
    (found,) = doctor_checks.licence(machine)
    assert found.code == code
    if key and key != "noncommercial":
        told = [found.told("en"), found.todo("en"), json.dumps(found.as_json()), repr(found)]
        assert not any(key in str(words) for words in told)


def test_ports_are_free_ours_or_somebody_elses() -> None:
    assert [f.code for f in doctor_checks.server(served.free_port())] == ["port_free"]
    assert [f.code for f in doctor_checks.server(int(served.address().rpartition(":")[2]))] == ["port_ours"]
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = int(other.getsockname()[1])
        assert answers(port) is False
        assert [f.code for f in doctor_checks.server(port)] == ["port_taken"]


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="this system has Excel")
def test_a_machine_without_excel_is_well_and_says_what_it_did_not_see(capsys, monkeypatch) -> None:
    monkeypatch.setenv("XLWINGS_LICENSE_KEY", "noncommercial")
    port = str(served.free_port())
    assert run(["addin", "doctor", "--port", port, "--language", "en"]) == 0
    told = capsys.readouterr().out
    assert "? there is no Excel for this system (linux)" in told
    assert "Problems: 0. Hints: 1. Not seen from here: 3." in told
    assert run(["addin", "doctor", "--port", port, "--language", "fr"]) == 0
    assert "Le complément" in capsys.readouterr().out


def test_a_folder_of_ones_own_is_looked_at_and_problems_are_an_exit_code(tmp_path: Path, capsys) -> None:
    assert run(["addin", "doctor", "--folder", str(tmp_path), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert not told["well"]
    assert [f["level"] for f in told["findings"] if f["code"] == "addin_missing"] == ["error"]
    assert run(["addin", "install", "--folder", str(tmp_path)]) == 0
    capsys.readouterr()
    assert run(["addin", "doctor", "--folder", str(tmp_path), "--json"]) == 0
    assert {"addin_found", "interpreter_right"} <= {f["code"] for f in json.loads(capsys.readouterr().out)["findings"]}


def test_pythons_of_the_store_and_without_pywin32_are_told(tmp_path: Path) -> None:
    machine = Machine("win32", tmp_path, interpreter=r"C:\Users\a\AppData\Local\Microsoft\WindowsApps\python.exe")
    found = [f.code for f in doctor_checks.python(machine)]
    assert "python_store" in found
    assert ("pywin32" in found) == (sys.platform != "win32")
    assert "pywin32" not in [f.code for f in doctor_checks.python(replace(machine, system="linux"))]


def test_every_sentence_belongs_to_a_finding() -> None:
    source = Path(doctor_checks.__file__).read_text(encoding="utf-8")
    codes = {key.split(".")[1] for key in texts("en") if key.startswith("doctor.") and key.endswith(".is")}
    assert len(codes) > 30
    assert {code for code in codes if f'"{code}"' not in source} == set()
