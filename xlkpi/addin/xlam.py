"""Add-ins for Excel, made without Excel: VBA modules in an .xlam, the same input giving the same bytes."""

from __future__ import annotations

import re
import tempfile
import zipfile
from collections.abc import Iterable, Mapping
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

from xlkpi.addin import ribbon, tooltips
from xlkpi.addin.wrappers import descriptions, runtime, wrappers
from xlkpi.errors import DefinitionError, Problem
from xlkpi.udfs.remembering import PROJECT
from xlkpi.udfs.specification import Function

CLASSIC = "xlkpi.xlam"
_NO_TIME = (1980, 1, 1, 0, 0, 0)
_CONTENT_TYPES = "[Content_Types].xml"
#: What Excel's list of add-ins shows, in place of who made pyOpenVBA's template.
_ABOUT = {
    "docProps/core.xml": (
        b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        b'<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"'
        b' xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>xlkpi</dc:title><dc:creator>xlkpi</dc:creator>'
        b"</cp:coreProperties>"
    )
}
_GET_CONFIG = re.compile(r"^Function GetConfig\(.*?^End Function$", re.MULTILINE | re.DOTALL)
_PROJECT_NAME = re.compile(r'(Public Const PROJECT_NAME As String = )"[^"]*"')


def classic(functions: Iterable[Function], explained: str | None = None) -> bytes:
    """The add-in for Excel on Windows, whose functions run in Python through xlwings.

    ``explained`` is the language of a sheet of tooltips. Raises DefinitionError.
    """
    need_extras()
    functions = list(functions)
    modules = {
        "xlkpi_functions": wrappers(functions),
        "xlkpi_help": descriptions(functions),
        "xlkpi_ribbon": ribbon.vba(),
        "xlkpi_runtime": runtime(),
        "xlwings": _xlwings(),
    }
    classes = {"Dictionary": _xlwings_file("addin/Dictionary.cls")}
    explains = (functions, explained) if explained else None
    return package(modules, this_workbook(), classes, ribbon.custom_ui(), explains)


def this_workbook() -> str:
    """What runs when the add-in opens, and when a workbook does."""
    return files("xlkpi.addin").joinpath("ThisWorkbook.bas").read_text(encoding="ascii")


def package(
    modules: Mapping[str, str],
    behind: str = "",
    classes: Mapping[str, str] | None = None,
    custom_ui: str = "",
    explained: tuple[Iterable[Function], str] | None = None,
) -> bytes:
    """An .xlam with standard modules, class modules, what stands ``behind`` its workbook, and a ribbon (customUI14).

    ``explained`` are functions with a sheet of tooltips, and its language.
    """
    from pyopenvba import ExcelFile, VBAModuleKind

    with tempfile.TemporaryDirectory(prefix="xlkpi-") as folder:
        path = Path(folder) / CLASSIC
        with ExcelFile.create_new(path) as book:
            project = book.vba_project()
            for name, source in modules.items():
                project.add_module(name, _lines(source), kind=VBAModuleKind.standard)
            for name, source in (classes or {}).items():
                project.add_module(name, _lines(source), kind=VBAModuleKind.other)
            if behind:
                project.get_module("ThisWorkbook").body = _lines(behind)
            project.delete_module("Module1")
            book.save()
        changed = {**_ABOUT, **(_with_ribbon(path, custom_ui) if custom_ui else {})}
        if explained:
            with zipfile.ZipFile(path) as made:
                changed |= tooltips.parts(made, *explained)
        return _determinate(path, changed)


def need_extras() -> None:
    """Raise DefinitionError that says what to install, where a library for add-ins is missing."""
    missing = [name for name in ("pyopenvba", "xlwings") if find_spec(name) is None]
    if missing:
        raise DefinitionError(Problem("addin_extras", {"missing": ", ".join(missing)}))


def _xlwings() -> str:
    """xlwings' own module for add-ins, with our settings' name and without settings from workbooks."""
    source = _xlwings_file("xlwings_custom_addin.bas")
    own = files("xlkpi.addin").joinpath("settings.bas").read_text(encoding="ascii").rstrip()
    source, named = _PROJECT_NAME.subn(rf'\1"{PROJECT}"', source)
    source, replaced = _GET_CONFIG.subn(lambda _: own, source)
    if (named, replaced) != (1, 1):
        raise DefinitionError(Problem("addin_xlwings", {}))
    return source


def _xlwings_file(name: str) -> str:
    """A file of VBA that xlwings brings along."""
    path = files("xlwings").joinpath(name)
    if not path.is_file():
        raise DefinitionError(Problem("addin_xlwings", {}))
    return path.read_text(encoding="utf-8-sig")


def _lines(source: str) -> str:
    return source.replace("\r\n", "\n").replace("\n", "\r\n")


def _with_ribbon(path: Path, custom_ui: str) -> dict[str, bytes]:
    """The parts that a ribbon adds or changes."""
    with zipfile.ZipFile(path) as book:
        relations = book.read("_rels/.rels").decode()
        types = book.read(_CONTENT_TYPES).decode()
    relation = (
        '<Relationship Id="rIdRibbon" Type="http://schemas.microsoft.com/office/2007/relationships/ui/extensibility"'
        ' Target="customUI/customUI14.xml"/></Relationships>'
    )
    if 'Extension="xml"' not in types:
        types = re.sub(r"(<Types\b[^>]*>)", r'\1<Default Extension="xml" ContentType="application/xml"/>', types)
    return {
        "customUI/customUI14.xml": custom_ui.encode(),
        "_rels/.rels": relations.replace("</Relationships>", relation).encode(),
        _CONTENT_TYPES: types.encode(),
    }


def _determinate(path: Path, changed: Mapping[str, bytes]) -> bytes:
    """The package with its parts in order and no time of making."""
    with zipfile.ZipFile(path) as book:
        parts = {**{name: book.read(name) for name in book.namelist()}, **changed}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name in sorted(parts, key=lambda part: (part != _CONTENT_TYPES, part)):
            entry = zipfile.ZipInfo(name, _NO_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            made.writestr(entry, parts[name])
    return path.read_bytes()
