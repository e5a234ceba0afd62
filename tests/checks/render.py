"""The pages of a workbook as pictures, to be looked at: LibreOffice prints them to PDF, Poppler draws them.

    python -m tests.checks.render FILE [-o FOLDER] [--language fr|en] [--dpi 90]

Needs LibreOffice, and `pdftoppm` of poppler-utils. Fonts and charts differ a little from Excel's.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import tempfile
from pathlib import Path
from xml.sax.saxutils import escape

from tests.engines import libreoffice

LOCALES = {"fr": "fr-FR", "en": "en-US"}
SECONDS = 180
HOW_TO_GET = "apt-get install poppler-utils"
_REGISTRY = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema">
<item oor:path="/org.openoffice.Setup/L10N">
<prop oor:name="ooSetupSystemLocale" oor:op="fuse"><value>{locale}</value></prop>
</item></oor:items>
"""


def available() -> str | None:
    """None where pages can be drawn, else what is missing and how to get it."""
    if libreoffice.office() is None:
        return f"LibreOffice is not installed: {libreoffice.HOW_TO_GET}"
    return None if shutil.which("pdftoppm") else f"pdftoppm is not installed: {HOW_TO_GET}"


def to_pdf(path: Path, folder: Path, language: str = "en") -> Path:
    """The workbook printed as a PDF in a folder, numbers and dates as in a language's country."""
    office = libreoffice.office()
    assert office is not None
    with tempfile.TemporaryDirectory(prefix="xlkpi-profile-") as profile:
        user = Path(profile, "user")
        user.mkdir()
        registry = _REGISTRY.format(locale=escape(LOCALES[language]))
        (user / "registrymodifications.xcu").write_text(registry, encoding="utf-8")
        subprocess.run(
            [
                office,
                f"-env:UserInstallation={Path(profile).as_uri()}",
                "--headless",
                "--convert-to",
                "pdf:calc_pdf_Export",
                "--outdir",
                str(folder),
                str(path),
            ],
            check=True,
            capture_output=True,
            timeout=SECONDS,
        )
    return folder / f"{path.stem}.pdf"


def render(path: Path, folder: Path, language: str = "en", dpi: int = 90) -> list[Path]:
    """A picture (PNG) of every printed page, in order, in a folder that is made where it does not exist."""
    folder.mkdir(parents=True, exist_ok=True)
    pdf = to_pdf(path, folder, language)
    stem = f"{path.stem}-{language}"
    for old in folder.glob(f"{stem}-*.png"):
        old.unlink()
    subprocess.run(["pdftoppm", "-png", "-r", str(dpi), str(pdf), str(folder / stem)], check=True, timeout=SECONDS)
    return sorted(folder.glob(f"{stem}-*.png"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("-o", "--folder", type=Path, default=Path("pages"))
    parser.add_argument("--language", choices=sorted(LOCALES), default="en")
    parser.add_argument("--dpi", type=int, default=90)
    options = parser.parse_args()
    if (missing := available()) is not None:
        raise SystemExit(missing)
    print(*render(options.file, options.folder, options.language, options.dpi), sep="\n")


if __name__ == "__main__":
    main()
