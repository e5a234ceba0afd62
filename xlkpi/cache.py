"""Parsed data kept between runs, the way Python keeps bytecode: JSON in the user's cache folder.

YAML takes long to read and validate, and the first cell that Excel calculates waits for it. The key covers the
content of the sources and of the code that reads them, so that an edit is never missed. Nothing is kept beside the
sources: an installation may be read-only, and a file there that pip does not know of would outlive it. Where nothing
can be kept, everything works, only slower.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from zlib import crc32  # hashlib would take longer to import than all this takes to read


def folder() -> Path:
    """The user's cache folder for xlkpi: ``XLKPI_CACHE``, else where the system has such folders.

    Raises RuntimeError where the user has no home.
    """
    own = os.environ.get("XLKPI_CACHE")
    if own:
        return Path(own)
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return Path(local) / "xlkpi" / "Cache" if local else Path.home() / "AppData" / "Local" / "xlkpi" / "Cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "xlkpi"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "xlkpi"


def cached(name: str, sources: Sequence[Path], build: Callable[[], Any], code: Sequence[Path] = ()) -> Any:
    """What ``build`` returns (plain JSON data), from the cache while ``sources`` and ``code`` are unchanged."""
    contents = [path.read_bytes() for path in (*sources, *code)]
    key = " ".join(f"{crc32(content):x}:{len(content)}" for content in contents)
    home = f"{crc32(os.fsencode(sources[0].parent)):08x}"
    try:
        file = folder() / f"{name}-{home}.json"  # each installation has its own, which the next version replaces
    except RuntimeError:
        return build()
    try:
        kept = json.loads(file.read_bytes())
        if kept["key"] == key:
            return kept["data"]
    except (OSError, ValueError, KeyError, TypeError):
        pass  # no cache yet, or a torn or foreign one: it is made anew
    data = build()
    _keep(file, {"key": key, "data": data})
    return data


def _keep(file: Path, content: Any) -> None:
    partial = file.with_name(f"{file.name}.{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(json.dumps(content, separators=(",", ":")), encoding="ascii")
        partial.replace(file)
    except OSError:
        with suppress(OSError):
            partial.unlink()
