"""Microsoft's Open XML SDK validator, from npm: schema, relations, content types, styles, customUI.

    npm install --prefix tests/checks

`faults(path)` skips the test, or fails it where `XLKPI_REQUIRE_ENGINES=1` is set, when it is not installed.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

from tests.engines import require

FOLDER = Path(__file__).parent
PROGRAM = FOLDER / "node_modules" / "@xarsh" / "ooxml-validator" / "dist" / "src" / "cli.js"
HOW_TO_GET = "install Node 18 or later, then: npm install --prefix tests/checks"
SECONDS = 120
#: A program that ends after seconds gains nothing from code that is measured to be compiled better: a third less time.
RUNTIME = {"DOTNET_TieredPGO": "0"}
FOUND_NOTHING, FOUND_FAULTS = 0, 1


class Fault(NamedTuple):
    """One fault: the part, the element's path and what is wrong."""

    part: str
    path: str
    description: str

    def __str__(self) -> str:
        return f"{self.part} {self.path}: {self.description}"


OPENPYXL_FONT = "http://schemas.openxmlformats.org/spreadsheetml/2006/main:color"


def available() -> str | None:
    """None where the validator can run, else what is missing and how to get it."""
    if shutil.which("node") is None:
        return f"Node is not installed: {HOW_TO_GET}"
    if not PROGRAM.exists():
        return f"the Open XML SDK validator is not installed: {HOW_TO_GET}"
    return None


def faults(path: Path, *, by_openpyxl: bool = False) -> list[Fault]:
    """What the validator finds in a workbook; nothing means that Excel will not offer to repair it.

    `by_openpyxl` forgives the one fault that its default font has: a misplaced colour in the styles.
    """
    missing = available()
    if missing is not None:
        require(missing)
    done = subprocess.run(
        ["node", str(PROGRAM), str(path), "--officeVersion", "Microsoft365"],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=SECONDS,
        env=os.environ | RUNTIME,
        check=False,
    )
    if done.returncode not in (FOUND_NOTHING, FOUND_FAULTS):
        raise RuntimeError(f"the Open XML SDK validator did not run: {done.stderr.strip()}")
    found = [_fault(error) for error in json.loads(done.stdout)["errors"]]
    return [f for f in found if not (by_openpyxl and f.part == "/xl/styles.xml" and OPENPYXL_FONT in f.description)]


def _fault(error: dict[str, str | None]) -> Fault:
    return Fault(error["path"] or "", error["xPath"] or "", error["description"] or "")
