"""The functions of cells as LAMBDA names of a workbook, for Excel 365 without any add-in.

The names stand in one part of the package, the workbook's; every other part keeps its very bytes. Each of ours is
told by its comment, which Excel shows in its Name Manager and keeps.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

from xlkpi.catalogue import KPI
from xlkpi.workbook.package import CONTENT_TYPES, Package
from xlkpi.workbook.package_writer import PackageWriter
from xlkpi.workbook.target import replacing

#: How the comment of a name of ours begins.
MARK = "xlkpi: "
#: What Excel takes in a comment.
MAX_COMMENT = 255
_PREFIX = rb"(?:[\w.-]+:)?"
_NAMES = re.compile(rb"<(" + _PREFIX + rb")definedNames\b[^>]*?(?:/>|>(.*?)</\1definedNames>)", re.DOTALL)
_NAME = re.compile(rb"<(" + _PREFIX + rb")definedName\b([^>]*?)(?:/>|>(.*?)</\1definedName>)", re.DOTALL)
_ATTRIBUTE = re.compile(r"([\w:.-]+)\s*=\s*(\"[^\"]*\"|'[^']*')")
#: What names may stand behind, last first.
_BEFORE = re.compile(
    rb"(<("
    + _PREFIX
    + rb")(?:externalReferences|functionGroups|sheets)\b.*</\2(?:externalReferences|functionGroups|sheets)>)",
    re.DOTALL,
)
_CALCULATION = re.compile(rb"<" + _PREFIX + rb"calcPr\b([^>]*?)(/?)>")
_ON_LOAD = re.compile(rb"\s+fullCalcOnLoad\s*=\s*(?:\"[^\"]*\"|'[^']*')")


@dataclass(frozen=True)
class Changed:
    """The names that were added, brought up to date, removed, and those that stood there as they should."""

    added: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.updated or self.removed)


def set_names(path: Path, kpis: Mapping[str, KPI], language: str | None = None) -> Changed:
    """Give a workbook the functions as LAMBDA names: those of ours that are there already follow, others go.

    ``kpis`` by the function's name; none takes all of ours away. The file is left alone where nothing changes.
    Raises WorkbookError where a name is taken by something else, and for what can't be read or written.
    """
    with Package(path) as package:
        made, changed = with_names(package, kpis, language)
        if changed:
            with replacing(path) as file:
                writer = PackageWriter(file)
                for part in (CONTENT_TYPES, *(p for p in package.parts if p != CONTENT_TYPES)):
                    if part == package.workbook:
                        writer.stream(part, [made])
                    else:
                        writer.copy(package, part)
                writer.close()
                package.close()  # Windows replaces no file that is open
    return changed


def with_names(package: Package, kpis: Mapping[str, KPI], language: str | None = None) -> tuple[bytes, Changed]:
    """The workbook's part with the names of the functions, and what that changes. Raises WorkbookError."""
    xml = package.read(package.workbook)
    if b"<!DOCTYPE" in xml or not _is_utf8(xml):
        raise package.error("workbook_damaged", detail=package.workbook)
    kept, ours = _present(xml)
    wanted = {name: (kpi.lambda_(), _comment(kpi, language)) for name, kpi in kpis.items()}
    taken = {name.lower() for name in (*kept, *(table.name for table in package.tables.values()))}
    clashes = [name for name in wanted if name.lower() in taken]
    if clashes:
        raise package.error("workbook_name_taken", names=", ".join(clashes))
    same = tuple(name for name in wanted if ours.get(name) == wanted[name])
    changed = Changed(
        tuple(name for name in wanted if name not in ours),
        tuple(name for name in wanted if name in ours and name not in same),
        tuple(name for name in ours if name not in wanted),
        same,
    )
    if not changed:
        return xml, changed
    made = _calculated(_replaced(xml, wanted))
    ElementTree.fromstring(made)  # so that a mistake of ours would stop here, before anything is written
    return made, changed


def _is_utf8(xml: bytes) -> bool:
    try:
        xml.decode()
    except UnicodeDecodeError:
        return False
    return True


def _present(xml: bytes) -> tuple[list[str], dict[str, tuple[str, str]]]:
    """The names that are not ours, and ours with their formula and comment."""
    kept, ours = [], {}
    for match in _NAME.finditer(xml):
        attributes = _attributes(match[2])
        name, comment = attributes.get("name", ""), attributes.get("comment", "")
        if _is_ours(attributes):
            ours[name] = (unescape((match[3] or b"").decode()), comment)
        else:
            kept.append(name)
    return kept, ours


def _attributes(text: bytes) -> dict[str, str]:
    return {name: unescape(value[1:-1]) for name, value in _ATTRIBUTE.findall(text.decode())}


def _is_ours(attributes: Mapping[str, str]) -> bool:
    return attributes.get("comment", "").startswith(MARK) and "localSheetId" not in attributes


def _comment(kpi: KPI, language: str | None) -> str:
    text = f"{MARK}{kpi.label(language)} ({', '.join(kpi.inputs)})"
    return text if len(text) <= MAX_COMMENT else text[: MAX_COMMENT - 1] + "…"


def _replaced(xml: bytes, wanted: Mapping[str, tuple[str, str]]) -> bytes:
    """The part with our names in place of those that it has, behind the names of others."""
    present = _NAMES.search(xml)
    if present:
        prefix, inside = present[1], present[2] or b""
        others = _NAME.sub(lambda m: b"" if _is_ours(_attributes(m[2])) else m[0], inside)
        start, end = present.span()
    else:
        before = _BEFORE.search(xml)
        assert before is not None  # a workbook has sheets
        prefix, others = before[2], b""
        start = end = before.end()
    names = others + b"".join(_element(prefix, name, *spelled) for name, spelled in wanted.items())
    block = b"<%bdefinedNames>%b</%bdefinedNames>" % (prefix, names, prefix) if names.strip() else b""
    return xml[:start] + block + xml[end:]


def _element(prefix: bytes, name: str, formula: str, comment: str) -> bytes:
    tag = prefix.decode() + "definedName"
    return f"<{tag} name={quoteattr(name)} comment={quoteattr(comment)}>{escape(formula)}</{tag}>".encode()


def _calculated(xml: bytes) -> bytes:
    """The part with a mark that makes Excel work out every cell anew when it opens: some call what has changed."""
    found = _CALCULATION.search(xml)
    if found:
        attributes = _ON_LOAD.sub(b"", found[1])
        start, end = found.span(1)
        return xml[:start] + attributes.rstrip() + b' fullCalcOnLoad="1"' + xml[end:]
    names = _NAMES.search(xml) or _BEFORE.search(xml)
    assert names is not None
    prefix = names[1] if names.re is _NAMES else names[2]
    return xml[: names.end()] + b'<%bcalcPr fullCalcOnLoad="1"/>' % prefix + xml[names.end() :]
