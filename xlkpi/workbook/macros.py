"""The macros of a workbook put into one that is built anew: the VBA project and the ribbon, their bytes as they are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import TYPE_CHECKING, BinaryIO
from xml.sax.saxutils import quoteattr

from xlkpi.workbook.package import CONTENT_TYPES, Package, local_name, relations_of
from xlkpi.workbook.package_writer import PackageWriter

if TYPE_CHECKING:
    from xlkpi.workbook.fill import Changes

_CODE_NAME = re.compile(rb'\scodeName="([^"]*)"')
_SHEET_PROPERTIES = re.compile(rb"<(?:\w+:)?sheetPr\b[^>]*>")
_WORKBOOK_PROPERTIES = re.compile(rb"<(?:\w+:)?workbookPr\b[^>]*>")
_WORKSHEET = re.compile(rb"<(\w+:)?worksheet\b[^>]*>")
#: What the relations to macros, and to buttons on the ribbon, are called.
_KINDS = ("vbaProject", "extensibility")
_RELATION = re.compile(rb'<Relationship\b[^>]*?/(?:vbaProject|extensibility)"[^>]*?/>')
_HEAD = 1 << 16


def write_with_macros(
    made: Package, changes: Changes, old: Package, sheets: Mapping[str, str], file: BinaryIO
) -> None:  # fmt: skip
    """Write a workbook, with changes, with the kind, the macros and the ribbon of an old one, in place of its own.

    ``sheets``: the names of sheets by those that they had, so that modules of sheets stay with them.
    """
    kept, gone = _carried(old), {part for _, parts in _carried(made).values() for part in parts}
    others = set(made.parts) - gone
    moved = [p for p in dict.fromkeys(part for _, parts in kept.values() for part in parts) if p not in others]
    workbook = changes.read(made, made.workbook)
    changed = {made.workbook: _with_code_name(workbook, old.read(old.workbook))}
    for source in ("", old.workbook):
        here = relations_of(source and made.workbook)
        new = [(kind, target) for (from_, target), (kind, _) in kept.items() if from_ == source]
        changed[here] = _related(made.read(here), new)
    changed[CONTENT_TYPES] = _with_types(made, old, moved, gone)
    names = {made.sheets[new]: old.sheets[was] for was, new in sheets.items() if new in made.sheets}
    writer = PackageWriter(file)
    for part in made.parts:
        if part in gone:
            continue
        if part in changed:
            writer.stream(part, [changed[part]])
        elif part in names and (name := _code_name(old, names[part])):
            writer.stream(part, _named(made, part, name))
        else:
            writer.copy(made, part)
    for part in moved:
        writer.copy(old, part)
    writer.close()


def has_macros(package: Package) -> bool:
    """Whether a workbook has macros or a ribbon of its own."""
    return bool(_carried(package))


def _carried(package: Package) -> dict[tuple[str, str], tuple[str, list[str]]]:
    """The macros and the ribbons: the kind of relation and all parts, by the part that they belong to and their own."""
    found = {}
    for source in ("", package.workbook):
        relations = package.relations(source)
        for element in package.tree(relations_of(source)):
            relation = relations[element.get("Id", "")]
            if relation.kind in _KINDS and relation.target in package.parts:
                parts = list(_with_related(package, relation.target))
                found[source, relation.target] = element.get("Type", ""), parts
    return found


def _with_related(old: Package, part: str) -> Iterator[str]:
    """A part, its relations, and what they lead to."""
    seen, waiting = set(), [part]
    while waiting:
        part = waiting.pop()
        if part in seen or part not in old.parts:
            continue
        seen.add(part)
        yield part
        if (relations := relations_of(part)) in old.parts:
            yield relations
            waiting += [r.target for r in old.relations(part).values() if not r.external]


def _related(relations: bytes, new: list[tuple[str, str]]) -> bytes:
    """Relations with those to macros and ribbons replaced."""
    relations = _RELATION.sub(b"", relations)
    added = "".join(
        f'<Relationship Id="rIdKept{number}" Type={quoteattr(kind)} Target={quoteattr("/" + target)}/>'
        for number, (kind, target) in enumerate(new, 1)
    )
    return relations.replace(b"</Relationships>", added.encode() + b"</Relationships>")


def _with_types(made: Package, old: Package, parts: list[str], gone: set[str]) -> bytes:
    """The content types: the workbook's as it was, and those of what is added."""
    defaults, overrides = _types(old)
    content = made.read(CONTENT_TYPES)
    if kind := overrides.get(old.workbook.lower()):
        mine = _types(made)[1][made.workbook.lower()]
        content = content.replace(quoteattr(mine).encode(), quoteattr(kind).encode())
    for part in gone:
        content = re.sub(rb'<Override\b[^>]*?PartName="/%s"[^>]*?/>' % re.escape(part.encode()), b"", content)
    added = []
    for part in parts:
        kind = overrides.get(part.lower()) or defaults.get(part.rpartition(".")[2].lower())
        if kind and not part.endswith(".rels"):
            added.append(f"<Override PartName={quoteattr('/' + part)} ContentType={quoteattr(kind)}/>")
    return content.replace(b"</Types>", "".join(added).encode() + b"</Types>")


def _types(package: Package) -> tuple[dict[str, str], dict[str, str]]:
    """The content types of a package by ending and by part, both in lower case."""
    defaults, overrides = {}, {}
    for element in package.tree(CONTENT_TYPES):
        kind = element.get("ContentType", "")
        if local_name(element) == "Default":
            defaults[element.get("Extension", "").lower()] = kind
        else:
            overrides[element.get("PartName", "").lstrip("/").lower()] = kind
    return defaults, overrides


def _code_name(package: Package, part: str) -> bytes | None:
    found = _SHEET_PROPERTIES.search(package.stream(part).read(_HEAD))
    name = found and _CODE_NAME.search(found[0])
    return name[1] if name else None


def _with_code_name(content: bytes, old: bytes) -> bytes:
    """The workbook with the name that its module has."""
    was, now = _WORKBOOK_PROPERTIES.search(old), _WORKBOOK_PROPERTIES.search(content)
    name = was and _CODE_NAME.search(was[0])
    return _put(content, now, name[1]) if name and now else content


def _named(made: Package, part: str, name: bytes) -> Iterator[bytes]:
    """A sheet with the name of its module; the rest streams by."""
    stream = made.stream(part)
    head = stream.read(_HEAD)
    if found := _SHEET_PROPERTIES.search(head):
        head = _put(head, found, name)
    elif begins := _WORKSHEET.search(head):
        prefix = begins[1] or b""
        head = head[: begins.end()] + b"<" + prefix + b'sheetPr codeName="' + name + b'"/>' + head[begins.end() :]
    return chain([head], iter(lambda: stream.read(_HEAD), b""))


def _put(content: bytes, element: re.Match[bytes], name: bytes) -> bytes:
    tag = _CODE_NAME.sub(b"", element[0])
    at = len(tag) - (2 if tag.endswith(b"/>") else 1)
    tag = tag[:at] + b' codeName="' + name + b'"' + tag[at:]
    return content[: element.start()] + tag + content[element.end() :]


__all__ = ["has_macros", "write_with_macros"]
