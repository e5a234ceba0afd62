"""The functions for xlwings Lite, which runs Python inside Excel: one file to paste, and its requirements.

xlkpi stands on no package index that Excel could reach, so the file holds what the functions need of it, packed as text:
the modules, and in place of YAML files and of what reads them what was read from them.
"""

from __future__ import annotations

import base64
import io
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from importlib.resources import files as resources
from importlib.resources.abc import Traversable
from pathlib import Path
from zlib import crc32

import xlkpi
from xlkpi.language import current, languages

MAIN, REQUIREMENTS = "main.py", "requirements.txt"
#: What the functions need of xlkpi; the other packages write workbooks, read databases and speak on a command line.
PACKAGES = ("analysis", "catalogue", "formula", "language", "objectives", "smart", "sources", "status", "udfs")
MODULES = ("__init__.py", "cadence.py", "cli_catalogue.py", "documents.py", "errors.py", "validation.py")
#: They come with Pyodide, the Python of xlwings Lite.
NEEDED = ("numpy", "pydantic", "pyyaml")
_NO_TIME = (1980, 1, 1, 0, 0, 0)
_LINE = 120
#: Their texts are long, and what was read from them is kept.
_EMPTIED = ("catalogue", "language")
#: In the bundle, what was read when it was made takes the place of the cache.
_CACHE = '''
import json
from pathlib import Path

def cached(name, sources, build, code=()):
    kept = Path(__file__).with_name("kept") / f"{name}.json"
    return json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else build()
'''
#: Run on its own, with a cache of its own, in which there is afterwards what the functions read from YAML.
_READ_ALL = """
import dataclasses, json, sys
from xlkpi.language import languages, texts
from xlkpi.smart.words import vague_verb
from xlkpi.sources.preset import presets
from xlkpi.status.definition import rules
from xlkpi.udfs.registry import functions
from xlkpi.udfs.settings import catalogue
functions(), presets(), rules(), vague_verb("do"), [texts(code) for code in languages()]
json.dump(dataclasses.asdict(catalogue()), sys.stdout)
"""


def files(own: str | None = None) -> dict[str, str]:
    """The content of ``main.py`` and ``requirements.txt``; ``own`` is a file with KPIs of one's own.

    Raises XlkpiError for a mistake in that file.
    """
    if own:
        from xlkpi.catalogue import load_own

        load_own(own)  # tells a mistake better than a process of its own would
    packed = _packed(_kept(own))
    text = base64.b85encode(packed).decode("ascii")
    lines = "\n".join(text[i : i + _LINE] for i in range(0, len(text), _LINE))
    code = resources("xlkpi.addin").joinpath("lite_main.txt").read_text(encoding="utf-8")
    values = {
        "version": xlkpi.__version__,
        "language": current(),
        "languages": ", ".join(languages()),
        "digest": f"{crc32(packed):08x}",
        "packed": lines,
    }
    for name, value in values.items():
        code = code.replace(f"[{name}]", value)
    return {MAIN: code, REQUIREMENTS: "\n".join(("xlwings", *NEEDED)) + "\n"}


def _kept(own: str | None) -> dict[str, str]:
    """What the functions read from YAML, as JSON by its name in the cache; the catalogue with own KPIs."""
    with tempfile.TemporaryDirectory(prefix="xlkpi-") as folder:
        environment = {
            **os.environ,
            "PYTHONUTF8": "1",
            "XLKPI_CACHE": folder,
            "XLKPI_SETTINGS": str(Path(folder, "none.json")),
            "XLKPI_PROJECT": str(Path(own).resolve()) if own else "",
        }
        done = subprocess.run(
            [sys.executable, "-c", _READ_ALL],
            env=environment,
            capture_output=True,
            encoding="utf-8",
            check=True,
        )
        found = {
            path.stem.rpartition("-")[0]: json.dumps(json.loads(path.read_bytes())["data"], ensure_ascii=False)
            for path in sorted(Path(folder).glob("*.json"))
        }
    return {**found, "catalogue": done.stdout}


def _packed(kept: dict[str, str]) -> bytes:
    """A zip of the modules and of what was read; the same input gives the same bytes."""
    content = {f"xlkpi/kept/{name}.json": text.encode() for name, text in kept.items()}
    content["xlkpi/cache.py"] = _CACHE.encode()
    root = resources("xlkpi")
    for name in MODULES:
        content[f"xlkpi/{name}"] = root.joinpath(name).read_bytes()
    for package in PACKAGES:
        for path, data in _modules(resources(f"xlkpi.{package}")):
            emptied = package in _EMPTIED and path.endswith(".yaml")
            content[f"xlkpi/{package}/{path}"] = b"" if emptied else data
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as file:
        for name in sorted(content):
            entry = zipfile.ZipInfo(name, _NO_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            file.writestr(entry, content[name])
    return made.getvalue()


def _modules(folder: Traversable, inside: str = "") -> Iterator[tuple[str, bytes]]:
    """The Python and YAML files of a package, with their path in it."""
    for item in folder.iterdir():
        if item.is_dir() and item.name != "__pycache__":
            yield from _modules(item, f"{inside}{item.name}/")
        elif item.name.endswith((".py", ".yaml")):
            yield inside + item.name, item.read_bytes()
