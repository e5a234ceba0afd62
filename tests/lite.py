"""Functions in Pyodide under Node, called as xlwings Lite calls them, without a network."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from tests.engines import require

CHECKS = Path(__file__).parent / "checks"
SCRIPT = CHECKS / "lite.mjs"
#: xlwings and what it imports; they are pure Python.
PACKAGES = ("xlwings", "openpyxl", "et_xmlfile", "dateutil", "six", "packaging")
HOW_TO_GET = "install Node 18 or later, then: npm install --prefix tests/checks"


class Answer(NamedTuple):
    """The result of each call, as rows, and the functions that Excel is told of."""

    results: list[Any]
    functions: list[str]


def available() -> str | None:
    """None where Pyodide can run, else what is missing and how to get it."""
    if shutil.which("node") is None or not (CHECKS / "node_modules" / "pyodide").is_dir():
        return f"Pyodide is not installed: {HOW_TO_GET}"
    return None


def called(main: str, calls: Sequence[tuple[str, Sequence[Any]]]) -> Answer:
    """What the functions of a ``main.py`` give; an argument is rows of cells, as Office.js hands them over."""
    if (missing := available()) is not None:
        require(missing)
    with tempfile.TemporaryDirectory(prefix="xlkpi-lite-") as folder:
        path = Path(folder, "main.py")
        path.write_text(main, encoding="utf-8")
        done = subprocess.run(
            ["node", str(SCRIPT), str(path), str(_packages())],
            input=json.dumps(list(calls)),
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
    assert done.returncode == 0, done.stderr
    return Answer(**json.loads(done.stdout))


@cache
def _packages() -> Path:
    """A folder with the packages alone, without their tests and programs."""
    folder = Path(tempfile.mkdtemp(prefix="xlkpi-packages-"))
    for name in PACKAGES:
        spec = find_spec(name)
        if spec is None:
            assert name == "six", name  # dateutil does without it from 4.0 on
        elif spec.submodule_search_locations:
            source = Path(next(iter(spec.submodule_search_locations)))
            ignored = shutil.ignore_patterns("__pycache__", "*.so", "*.xl*", "*.bas", "tests")
            shutil.copytree(source, folder / name, ignore=ignored)
        elif spec.origin:
            shutil.copy(spec.origin, folder)
    return folder
