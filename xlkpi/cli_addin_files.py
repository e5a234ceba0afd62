"""What ``xlkpi addin build``, ``install`` and ``lite`` do and say."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from xlkpi.catalogue import Catalogue
from xlkpi.language import current, text

if TYPE_CHECKING:
    from xlkpi.addin.install import Installed
    from xlkpi.udfs.specification import Function


@dataclass(frozen=True)
class Files:
    """Files that were written, and how many functions they hold."""

    files: tuple[Path, ...]
    functions: int


def build(folder: Path, own: str | None, *, vba_only: bool, tooltips: bool) -> Files:
    """Write the add-in into a folder; ``vba_only`` the one without Python, and its module."""
    from xlkpi.addin import plain, xlam

    if vba_only:
        kpis = _catalogue(own)
        source = plain.module(kpis.functions).replace("\n", "\r\n").encode("ascii")
        files = {plain.MODULE: source, plain.XLAM: plain.addin(kpis, _spoken(tooltips))}
        return _written(folder, files, len(kpis.functions))
    functions = _registry(own)
    return _written(folder, {xlam.CLASSIC: xlam.classic(functions.values(), _spoken(tooltips))}, len(functions))


def install(folder: Path | None, own: str | None, language: str | None, *, vba_only: bool, tooltips: bool) -> Installed:
    """Place the add-in for this user: on a Mac, where Excel can't call Python by itself, the one without."""
    from xlkpi.addin import install as placing
    from xlkpi.addin import plain, xlam

    places = placing.Places.here(folder)
    if vba_only or sys.platform == "darwin":
        kpis = _catalogue(own)
        return placing.install_plain(plain.addin(kpis, _spoken(tooltips)), len(kpis.functions), places)
    functions = _registry(own)
    addin = xlam.classic(functions.values(), _spoken(tooltips))
    return placing.install_classic(addin, len(functions), places, language, own)


def lite(folder: Path, own: str | None) -> Files:
    """Write the Python file and the requirements for xlwings Lite."""
    from xlkpi.addin import lite as made

    files = made.files(own)
    return _written(folder, {name: content.encode() for name, content in files.items()}, len(_registry(own)))


def built_text(made: Files) -> str:
    """Which files were made, and what to do with them."""
    lines = _lines(made)
    key = "addin.built_plain" if len(made.files) > 1 else "addin.built"
    return "\n".join([*lines, "  " + text(key, count=made.functions)])


def installed_text(made: Installed) -> str:
    """What was placed where, and what to do next."""
    lines = [text("addin.placed", file=str(made.addin), count=made.functions)]
    if made.settings:
        lines.append(text("addin.settings", file=str(made.settings), interpreter=made.interpreter))
    return "\n".join([*lines, "  " + text("addin.restart")])


def lite_text(made: Files) -> str:
    """Where the files are, and where their content goes."""
    return "\n".join([*_lines(made), "  " + text("addin.paste", count=made.functions)])


def as_json(made: Files | Installed) -> str:
    """For ``--json``."""
    plain = {k: [str(p) for p in v] if isinstance(v, tuple) else v for k, v in asdict(made).items()}
    return json.dumps({k: str(v) if isinstance(v, Path) else v for k, v in plain.items()}, ensure_ascii=False, indent=2)


def _lines(made: Files) -> list[str]:
    """A line per file; a size below a kilobyte is told as one."""
    sizes = ((path, max(1, round(path.stat().st_size / 1000))) for path in made.files)
    return [text("addin.file", file=str(path), size=size) for path, size in sizes]


def _spoken(tooltips: bool) -> str | None:
    """The language of the tooltips that are asked for."""
    return current() if tooltips else None


def _written(folder: Path, files: Mapping[str, bytes], functions: int) -> Files:
    from xlkpi.udfs.remembering import place

    return Files(tuple(place(content, folder / name) for name, content in files.items()), functions)


def _catalogue(own: str | None) -> Catalogue:
    from xlkpi.catalogue import load_own
    from xlkpi.udfs.settings import catalogue

    return load_own(own) if own else catalogue()


def _registry(own: str | None) -> Mapping[str, Function]:
    from xlkpi.udfs.registry import of_catalogue

    found: Mapping[str, Function] = of_catalogue(_catalogue(own))
    return found
