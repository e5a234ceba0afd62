"""A workbook printed as a PDF by LibreOffice, where it is present."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.sax.saxutils import escape

from xlkpi.errors import Problem, WorkbookError

SECONDS = 240
_LOCALES = {"fr": "fr-FR", "en": "en-US"}
#: Numbers and dates as in the language's country, and no window that asks for something.
_REGISTRY = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Setup/L10N">
<prop oor:name="ooSetupSystemLocale" oor:op="fuse"><value>{locale}</value></prop>
</item></oor:items>
"""


def office() -> str | None:
    """The program of LibreOffice; None where it is not installed."""
    for name in ("soffice", "libreoffice"):
        if (found := shutil.which(name)) is not None:
            return found
    usual = {
        "darwin": ["/Applications/LibreOffice.app/Contents/MacOS/soffice"],
        "win32": [
            str(Path(folder, "LibreOffice", "program", "soffice.exe"))
            for folder in (os.environ.get("PROGRAMFILES"), os.environ.get("PROGRAMFILES(X86)"))
            if folder
        ],
    }
    return next((path for path in usual.get(sys.platform, []) if Path(path).is_file()), None)


def print_pdf(program: str, workbook: Path, target: Path, language: str) -> None:
    """Print all sheets of a workbook into a PDF. Raises WorkbookError where the program fails."""
    with tempfile.TemporaryDirectory(prefix="xlkpi-pdf-", ignore_cleanup_errors=True) as folder:
        user = Path(folder, "profile", "user")
        user.mkdir(parents=True)
        locale = escape(_LOCALES.get(language, "en-US"))
        (user / "registrymodifications.xcu").write_text(_REGISTRY.format(locale=locale), encoding="utf-8")
        command = [
            program, f"-env:UserInstallation={user.parent.as_uri()}", "--headless", "--convert-to",
            "pdf:calc_pdf_Export", "--outdir", folder, str(workbook),
        ]  # fmt: skip
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=SECONDS, stdin=subprocess.DEVNULL)
        except (subprocess.SubprocessError, OSError) as mistake:
            raise _failed(type(mistake).__name__) from None
        made = Path(folder, f"{workbook.stem}.pdf")
        if not made.is_file():  # LibreOffice tells of failures on its output alone
            raise _failed("no file")
        shutil.move(made, target)


def _failed(reason: str) -> WorkbookError:
    return WorkbookError(Problem("distribute_pdf", {"reason": reason}))
