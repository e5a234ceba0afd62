"""The file for xlwings Lite: one file that stands alone, and gives in WebAssembly what Python gives here."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from xlkpi.udfs.cells import returned
from xlkpi.udfs.registry import functions

import xlkpi
from tests import wasi
from tests.engines import require
from tests.function_cases import NUMERIC, alike, cases, plain
from tests.lite import CHECKS, HOW_TO_GET
from xlkpi.addin import lite
from xlkpi.cli import run

OWN = """kpis:
  cout_rdv:
    name: {fr: Coût par rendez-vous, en: Cost per appointment}
    formula: cost / appointments
    unit: currency
    direction: lower
    example: {cost: 500, appointments: 20, result: 25}
"""


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    return lite.files()


def test_what_the_file_imports_comes_with_pyodide(made: dict[str, str], tmp_path: Path) -> None:
    assert made["requirements.txt"].split() == ["xlwings", "numpy"]
    (tmp_path / "main.py").write_text(made["main.py"], encoding="utf-8")
    code = """
import sys, xlwings
before = set(sys.modules)
for name in [m for m in before if m.partition(".")[0] == "numpy"]:
    before.remove(name)  # xlwings loads it too where pandas is installed, which says nothing of ours
import main
from xlkpi.udfs.registry import functions
functions()["KPI_FORECAST"].call([[float(i)] for i in range(24)], 3.0, 12.0)
functions()["SMART_PROBABILITY"].call([[float(i)] for i in range(24)], 30.0, 4.0)
functions()["SMART_SCORE"].call("Sell more", "roi", 1.0, 2.5, 46000.0, 46300.0, *[None] * 5, [[1.0], [2.0], [1.5]])
functions()["SMART_STATUS"].call(1.5, 1.0, 2.0, 46000.0, 46300.0, 46100.0)
functions()["KPI_TABLE"].call("roi", [["Campaign", "Date", "Cost", "Revenue"], ["A", 46082.0, 1.0, 3.0]], "campaign")
print(*sorted({m.partition(".")[0] for m in set(sys.modules) - before} - sys.stdlib_module_names))
"""
    environment = {
        "PATH": "",
        "XLWINGS_ON_SERVER": "true",
        "XLWINGS_LICENSE_KEY": "noncommercial",
        "TMPDIR": str(tmp_path),
    }
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    assert {name for name in done.stdout.split() if not name.startswith("_")} == {"main", "numpy", "xlkpi"}


def test_pyodide_lists_a_numpy_that_we_take() -> None:
    path = CHECKS / "node_modules" / "pyodide" / "pyodide-lock.json"
    if not path.is_file():
        require(f"Pyodide is not installed: {HOW_TO_GET}")
    listed = json.loads(path.read_text(encoding="utf-8"))["packages"]
    assert set(lite.NEEDED) <= listed.keys()
    wanted = next(r for r in map(Requirement, distribution("xlkpi").requires or ()) if r.name == "numpy")
    assert wanted.specifier.contains(listed["numpy"]["version"])


@pytest.mark.by_hand  # takes 2 GB of memory and minutes; needs the extra webassembly
def test_what_needs_numpy_gives_the_same_in_webassembly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XLKPI_LANGUAGE", "en")
    days = [[5.0 + i % 3 * 0.0001 * i] for i in range(20_000)]  # n³ is beyond 32 bits
    calls = [(case.name, case.arguments) for case in cases() if case.name in NUMERIC] + [("KPI_TREND", (days,))]
    found = wasi.results(calls, tmp_path)
    for (name, arguments), result in zip(calls, found, strict=True):
        assert alike(plain(result), plain(returned(functions()[name].call(*arguments), lambda error: error.value))), (
            name
        )


def test_the_same_functions_give_the_same_file_without_a_path_of_this_machine(made: dict[str, str]) -> None:
    assert lite.files() == made
    kept = lite._kept(None)
    assert {"catalogue", "functions", "language-en", "language-fr", "presets", "smart-words", "status"} <= kept.keys()
    assert str(Path(xlkpi.__file__).parent) not in "".join(kept.values())
    assert max(map(len, made["main.py"].splitlines())) <= 130


def test_the_command_takes_own_kpis_and_tells_where_the_files_go(tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "mine.yaml").write_text(OWN, encoding="utf-8")
    arguments = ["addin", "lite", "-o", str(tmp_path), "--file", str(tmp_path / "mine.yaml")]
    assert run([*arguments, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [Path(f).name for f in told["files"]] == ["main.py", "requirements.txt"]
    assert told["functions"] == len(functions()) + 1
    assert run([*arguments, "--language", "fr"]) == 0
    told_in_french = capsys.readouterr().out
    assert "xlwings Lite" in told_in_french
    assert "requirements.txt (1 ko)" in told_in_french
    assert 'LANGUAGE = "fr"' in (tmp_path / "main.py").read_text(encoding="utf-8")
    code = "import main; print(main.KPI_COUT_RDV(500, 20))"
    environment = {"XLWINGS_ON_SERVER": "true", "XLWINGS_LICENSE_KEY": "noncommercial", "TMPDIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, encoding="utf-8", check=False
    )
    assert done.stdout.strip() == "25.0", done.stderr
    (tmp_path / "mine.yaml").write_text(OWN.replace("cost /", "cost //"), encoding="utf-8")
    assert run(arguments) == 1
