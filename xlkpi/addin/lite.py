"""The functions for xlwings Lite, which runs Python inside Excel: one file to paste, and its requirements.

xlkpi stands on no package index that Excel could reach, so the file holds what the functions need of it, packed as
text: the modules, and what was read from the longest YAML files in place of them.
"""

from __future__ import annotations

import ast
import base64
import json
import os
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Iterator
from importlib.resources import files as resources
from importlib.resources.abc import Traversable
from pathlib import Path

import xlkpi
from xlkpi.language import current, languages

MAIN, REQUIREMENTS = "main.py", "requirements.txt"
#: What the functions need of xlkpi; the other packages write workbooks, read databases and speak on a command line.
PACKAGES = ("analysis", "catalogue", "formula", "language", "objectives", "smart", "sources", "status", "udfs")
MODULES = (
    "__init__.py", "cadence.py", "cli_catalogue.py", "documents.py", "errors.py", "validation.py", "yaml_reader.py",
)  # fmt: skip
#: It comes with Pyodide, the Python of xlwings Lite. PyYAML and pydantic read files, and what they read is kept.
NEEDED = ("numpy",)
_LINE = 120
#: Their texts are long, and what was read from them is kept.
_EMPTIED = ("catalogue", "language")
#: What is for other ways into Excel: the ribbon, and settings in files.
_LEFT_OUT = ("udfs/actions/", "udfs/remembering.py")
#: In the bundle, what was read when it was made takes the place of the cache.
_CACHE = """
import json
from pathlib import Path

def cached(name, sources, build, code=()):
    kept = Path(__file__).with_name("kept") / f"{name}.json"
    return json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else build()
"""
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
    packed = zlib.compress(json.dumps(modules(own), ensure_ascii=False).encode(), 9)
    text = base64.b85encode(packed).decode("ascii")
    lines = "\n".join(text[i : i + _LINE] for i in range(0, len(text), _LINE))
    code = resources("xlkpi.addin").joinpath("lite_main.txt").read_text(encoding="utf-8")
    values = {
        "version": xlkpi.__version__,
        "language": current(),
        "languages": ", ".join(languages()),
        "digest": f"{zlib.crc32(packed):08x}",
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


def modules(own: str | None = None) -> dict[str, str]:
    """The modules and what was read from YAML, text by path, in their order."""
    content = {f"xlkpi/kept/{name}.json": text for name, text in _kept(own).items()}
    content["xlkpi/cache.py"] = _CACHE
    root = resources("xlkpi")
    for name in MODULES:
        content[f"xlkpi/{name}"] = _short(root.joinpath(name).read_text(encoding="utf-8"))
    for package in PACKAGES:
        for path, data in _modules(resources(f"xlkpi.{package}")):
            if f"{package}/{path}".startswith(_LEFT_OUT):
                continue
            emptied = package in _EMPTIED and path.endswith(".yaml")
            content[f"xlkpi/{package}/{path}"] = "" if emptied else data
    return dict(sorted(content.items()))


def _modules(folder: Traversable, inside: str = "") -> Iterator[tuple[str, str]]:
    """The Python and YAML files of a package, with their path in it."""
    for item in folder.iterdir():
        if item.is_dir() and item.name != "__pycache__":
            yield from _modules(item, f"{inside}{item.name}/")
        elif item.name.endswith(".py"):
            yield inside + item.name, _short(item.read_text(encoding="utf-8"))
        elif item.name.endswith(".yaml"):
            yield inside + item.name, item.read_text(encoding="utf-8")


def _short(source: str) -> str:
    """A module without comments and docstrings, which nobody reads in a package."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node, clean=False):
            node.body[0] = ast.Expr(ast.Constant(""))  # an empty one, since a body may hold nothing else
    return ast.unparse(tree)
