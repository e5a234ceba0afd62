"""Pages in headless Chromium: a picture, and how wide the content is."""

from __future__ import annotations

import html
import re
import shutil
import struct
import subprocess
import tempfile
import zlib
from pathlib import Path

from tests.engines import require

SECONDS = 90
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
_DARK = ("--force-dark-mode", "--blink-settings=preferredColorScheme=0")


def picture(page: Path, target: Path, width: int, height: int, *, dark: bool = False) -> Path:
    """A picture of a page in a window of a size, in one of the colour schemes."""
    _run([f"--window-size={width},{height}", f"--screenshot={target}", *(_DARK if dark else ()), page.as_uri()])
    return target


def first_colour(picture: Path) -> str:
    """The colour of the pixel at the top left: `#1C2B3E`. A first pixel is stored as it is, whatever its filter."""
    content = picture.read_bytes()
    width, height, depth, kind = struct.unpack(">IIBB", content[16:26])
    assert (depth, kind in (2, 6), width > 0, height > 0) == (8, True, True, True)
    packed, at = b"", 8
    while at < len(content):
        size = int.from_bytes(content[at : at + 4], "big")
        if content[at + 4 : at + 8] == b"IDAT":
            packed += content[at + 8 : at + 8 + size]
        at += size + 12
    return "#" + zlib.decompress(packed)[1:4].hex().upper()


def content_width(page: Path, width: int) -> int:
    """How wide a page's content is where the window has a width: more than that scrolls sideways."""
    frame = (
        f'<iframe id="f" style="width:{width}px;height:800px;border:0" srcdoc="{html.escape(page.read_text("utf-8"))}">'
        '</iframe><p id="w"></p><script>onload=()=>{document.getElementById("w").textContent='
        'document.getElementById("f").contentDocument.documentElement.scrollWidth}</script>'
    )
    with tempfile.TemporaryDirectory(prefix="xlkpi-frame-") as folder:
        path = Path(folder, "frame.html")
        path.write_text(f"<!DOCTYPE html><meta charset=utf-8>{frame}", encoding="utf-8")
        found = re.search(
            r'<p id="w">(\d+)</p>', _run([f"--window-size={width + 200},900", "--dump-dom", path.as_uri()])
        )
    assert found is not None
    return int(found[1])


def program() -> str:
    """Where Chromium is; the running test is skipped, or fails, where it is not."""
    found = next((found for name in _NAMES if (found := shutil.which(name))), None)
    if found is None:
        require("Chromium is not installed: apt-get install chromium")
    return found


def _run(arguments: list[str]) -> str:
    chromium = program()
    with tempfile.TemporaryDirectory(prefix="xlkpi-chromium-", ignore_cleanup_errors=True) as folder:
        done = subprocess.run(
            [chromium, *_QUIET, f"--user-data-dir={folder}", *arguments],
            capture_output=True, timeout=SECONDS, check=True,
        )  # fmt: skip
    return done.stdout.decode("utf-8")
