"""Themes: font, colours and logo of a workbook; YAML files, built in or of a project's own."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields
from pathlib import Path, PureWindowsPath
from typing import TYPE_CHECKING, Any, ClassVar

from xlkpi.catalogue.model import Translated
from xlkpi.errors import DefinitionError, Problem
from xlkpi.validation import STRICT, complaint
from xlkpi.workbook.logo import Logo, read_logo

if TYPE_CHECKING:
    from xlkpi.documents import Document

_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")


@dataclass(frozen=True)
class Theme:
    """The font and the colours of a workbook; good, bad and the statuses look the same in every theme."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    name: Translated = field(default_factory=dict)
    font: str = "Arial"
    ink: str = "#1E2833"
    mute: str = "#5A6672"
    faint: str = "#6B7680"
    band: str = "#1C2B3E"
    band_ink: str = "#FFFFFF"
    band_mute: str = "#C3CEDA"
    accent: str = "#2A5B8C"
    actual: str = "#1F3B5A"
    benchmark: str = "#1B66A3"
    tint: str = "#F4F6F8"
    bar: str = "#9FB4C9"
    previous: str = "#9AA5B1"
    forecast: str = "#2A5B8C"
    interval: str = "#DCE6F0"
    stripe: tuple[str, ...] = ("#2A5B8C",)
    logo: str | None = None
    rule: str = "#DDE2E7"
    hair: str = "#E9ECEF"
    track: str = "#EEF1F3"
    band1: str = "#C6CED6"
    band2: str = "#DBE0E5"
    band3: str = "#EEF1F3"
    target: str = "#111111"
    good: str = "#00796B"
    bad: str = "#B5123E"
    warn: str = "#8A5200"
    warn_fill: str = "#FDF0D5"
    bad_fill: str = "#FBE3E9"
    input_fill: str = "#FFF7DB"
    input_line: str = "#C9A63C"
    input_ink: str = "#1F3F8F"
    input_hair: str = "#E9D9A0"

    def __post_init__(self) -> None:
        for item in fields(self):
            if item.name in ("name", "font", "logo"):
                continue
            given = getattr(self, item.name)
            for colour in (given,) if isinstance(given, str) else given:
                if not _COLOUR.fullmatch(colour):
                    raise complaint("theme_colour", key=item.name, value=colour)


def load_theme(name: str | None, folder: Path, own: str | None = None) -> tuple[Theme, Logo | None]:
    """A built-in theme by its name, or a file of a project's folder, and its logo. Raises DefinitionError.

    ``own``: the theme that the project itself names, which may lie elsewhere.
    """
    found: Theme
    found, document = load_file(Theme, "themes", name or "sobre", folder, own)
    return found, read_logo(found.logo, folder, document.place(("logo",))) if found.logo else None


def known(kind: str) -> tuple[str, ...]:
    """The built-in themes or layouts."""
    return tuple(sorted(path.stem for path in (_home() / kind).glob("*.yaml")))


def load_file(model: Any, kind: str, name: str, folder: Path, own: str | None = None) -> tuple[Any, Document]:
    """A built-in definition by its name, or a YAML file of a folder, with where it is written.

    A name may come from a workbook that somebody sent: outside of the folder only ``own`` is read, which the project
    itself names. Raises DefinitionError.
    """
    from xlkpi.documents import read
    from xlkpi.validation import nearest, validated

    built_in = _home() / kind / f"{name}.yaml"
    path = folder / name if name.endswith((".yaml", ".yml")) else built_in
    if path is not built_in and name != own and _leads_outside(name):
        raise DefinitionError(Problem("look_outside", {"file": name}))
    if path is built_in and name not in known(kind):
        meant = nearest(name, known(kind))
        code = "value_not_listed_nearest" if meant else "value_not_listed"
        listed = ", ".join(known(kind))
        raise DefinitionError(Problem(code, {"value": name, "known": listed, "nearest": meant or ""}))
    document = read(path)
    return validated(model, document.data, document), document


def _leads_outside(name: str) -> bool:
    """Whether a path does not stay below its folder on any system; the disk, or another computer, is not asked."""
    path = PureWindowsPath(name)  # takes both kinds of slashes, and knows drives and shares
    return bool(path.anchor) or ".." in path.parts


def _home() -> Path:
    from xlkpi.starter import _folder

    return _folder().parent
