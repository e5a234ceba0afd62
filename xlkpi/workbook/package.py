"""An .xlsx or .xlsm as a zip package: its parts found through relations, never by file name.

A file that is no workbook, is encrypted, or was made to harm is refused before anything of it is unpacked.
"""

from __future__ import annotations

import posixpath
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from xml.etree import ElementTree

from xlkpi.errors import Place, Problem, WorkbookError

MAX_PARTS = 20_000
MAX_BYTES = 16 << 30  # unpacked, all parts together
MAX_SMALL_PART = 256 << 20  # a part that is read whole; sheets are read as streams
BOMB_FROM = 64 << 20  # a part this large, unpacked, ...
BOMB_RATIO = 400  # ... of rows of figures is packed to a twentieth, of blank cells to a hundredth
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # an encrypted workbook, or one in the format before 2007
CONTENT_TYPES = "[Content_Types].xml"
_LOCAL_HEADER = 30
_CHUNK = 1 << 16


def deflate() -> Any:
    """isal's module where it is installed (four times as fast), else zlib: the same functions."""
    try:
        from isal import isal_zlib
    except ImportError:
        return zlib
    return isal_zlib


def local_name(element: ElementTree.Element) -> str:
    """The name of an element without its namespace."""
    return element.tag.rsplit("}", 1)[-1]


def relations_of(part: str) -> str:
    """The part that holds the relations of another; the empty string is the package."""
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{name}.rels")


@dataclass(frozen=True)
class Relation:
    """One relation of a part: ``kind`` is the last word of its type (worksheet, table, styles ...)."""

    kind: str
    target: str
    external: bool


@dataclass(frozen=True)
class TablePart:
    """An Excel table: its name, the sheet that it stands on, and the parts of both."""

    name: str
    sheet: str
    sheet_part: str
    part: str


class Package:
    """A workbook opened for reading, as a context manager.

    Raises WorkbookError where the file is missing, no workbook, encrypted, damaged or dangerous.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._file = path.open("rb")
        except FileNotFoundError:
            raise self.error("workbook_not_found") from None
        except OSError as error:
            raise self.error("workbook_unreadable", reason=error.strerror or str(error)) from error
        try:
            self._zip = self._opened()
            self.parts: tuple[str, ...] = tuple(info.filename for info in self._zip.infolist())
            self.workbook = self._workbook_part()
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._zip.close()
        self._file.close()

    def error(self, code: str, **values: Any) -> WorkbookError:
        """A problem with this file."""
        return WorkbookError(Problem(code, values, Place(file=self.path.name)))

    def info(self, part: str) -> zipfile.ZipInfo:
        """The entry of a part in the zip directory."""
        return self._zip.getinfo(part)

    def stream(self, part: str) -> Inflated:
        """A part to be read in pieces."""
        return Inflated(self, part)

    def read(self, part: str) -> bytes:
        """A whole part. Raises WorkbookError when it is absurdly large; sheets are read with `stream`."""
        if part not in self._zip.NameToInfo:
            raise self.error("workbook_damaged", detail=part)
        if self.info(part).file_size > MAX_SMALL_PART:
            raise self.error("workbook_bomb", part=part)
        return self.stream(part).read()

    def packed(self, part: str) -> Iterator[bytes]:
        """The bytes of a part as they stand in the file, compressed."""
        at, left = self.begins(part), self.info(part).compress_size
        while left:
            piece = self.raw(at, min(left, 1 << 20))
            if not piece:
                raise self.error("workbook_damaged", detail=part)
            at, left = at + len(piece), left - len(piece)
            yield piece

    def begins(self, part: str) -> int:
        """Where the bytes of a part begin in the file."""
        at = self.info(part).header_offset
        header = self.raw(at, _LOCAL_HEADER)
        if header[:4] != b"PK\x03\x04":
            raise self.error("workbook_damaged", detail=part)
        lengths = int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
        return at + _LOCAL_HEADER + lengths

    def raw(self, at: int, size: int) -> bytes:
        """Bytes of the file."""
        self._file.seek(at)
        return self._file.read(size)

    def tree(self, part: str) -> ElementTree.Element:
        """A part parsed as XML; a document type definition, which no workbook has, is refused."""
        content = self.read(part)
        try:
            if b"<!DOCTYPE" in content:
                raise ElementTree.ParseError("DOCTYPE")
            return ElementTree.fromstring(content)
        except ElementTree.ParseError as error:
            raise self.error("workbook_damaged", detail=f"{part}: {error}") from error

    def relations(self, part: str) -> Mapping[str, Relation]:
        """The relations of a part by their id; the empty string asks for those of the package."""
        file = relations_of(part)
        if file not in self._zip.NameToInfo:
            return {}
        return {e.get("Id", ""): _relation(e, posixpath.dirname(part)) for e in self.tree(file)}

    @cached_property
    def sheets(self) -> Mapping[str, str]:
        """The part of every worksheet, by its name, in the workbook's order."""
        return {name: r.target for name, r in self._sheet_relations() if r.kind == "worksheet"}

    @cached_property
    def all_sheets(self) -> tuple[str, ...]:
        """The names of all sheets, those that are a chart, too."""
        return tuple(name for name, _ in self._sheet_relations())

    @cached_property
    def tables(self) -> Mapping[str, TablePart]:
        """Every Excel table by its name in lower case."""
        found = {}
        for sheet, sheet_part in self.sheets.items():
            for relation in self.relations(sheet_part).values():
                if relation.kind == "table":
                    name = self.tree(relation.target).get("displayName", "")
                    found[name.lower()] = TablePart(name, sheet, sheet_part, relation.target)
        return found

    @cached_property
    def names(self) -> Mapping[str, str]:
        """What the names of the whole workbook stand for, by the name in lower case."""
        return {
            e.get("name", "").lower(): e.text or ""
            for e in self.tree(self.workbook).iter()
            if local_name(e) == "definedName" and e.get("localSheetId") is None
        }

    @cached_property
    def date_1904(self) -> bool:
        """Whether dates count from 1904, as old Macintosh workbooks do."""
        return any(
            local_name(e) == "workbookPr" and e.get("date1904") in ("1", "true") for e in self.tree(self.workbook)
        )

    def part_of_kind(self, kind: str) -> str | None:
        """The workbook's one part of a kind: styles, sharedStrings, theme, calcChain."""
        return next((r.target for r in self.relations(self.workbook).values() if r.kind == kind), None)

    def _sheet_relations(self) -> Iterator[tuple[str, Relation]]:
        relations = self.relations(self.workbook)
        for element in self.tree(self.workbook).iter():
            if local_name(element) == "sheet":
                identifier = next((v for k, v in element.attrib.items() if k.endswith("}id")), "")
                if identifier not in relations:
                    raise self.error("workbook_damaged", detail=element.get("name", ""))
                yield element.get("name", ""), relations[identifier]

    def _workbook_part(self) -> str:
        part = next((r.target for r in self.relations("").values() if r.kind == "officeDocument"), None)
        if part is None or CONTENT_TYPES not in self.parts or local_name(self.tree(part)) != "workbook":
            raise self.error("workbook_other_format")
        return part

    def _opened(self) -> zipfile.ZipFile:
        if self._file.read(len(OLE)) == OLE:
            raise self.error("workbook_encrypted")
        try:
            opened = zipfile.ZipFile(self._file)
        except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
            raise self.error("workbook_other_format") from error
        self._refuse_dangers(opened.infolist())
        return opened

    def _refuse_dangers(self, entries: list[zipfile.ZipInfo]) -> None:
        seen: set[str] = set()
        for entry in entries:
            name = entry.filename
            if entry.flag_bits & 0x1:
                raise self.error("workbook_encrypted")
            if is_outside(name) or is_outside(entry.orig_filename):
                raise self.error("workbook_unsafe_name", part=name[:80])
            if name.lower() in seen:
                raise self.error("workbook_twice", part=name[:80])
            if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise self.error("workbook_damaged", detail=name[:80])
            if entry.file_size > max(BOMB_FROM, entry.compress_size * BOMB_RATIO):
                raise self.error("workbook_bomb", part=name[:80])
            seen.add(name.lower())
        if len(entries) > MAX_PARTS or sum(e.file_size for e in entries) > MAX_BYTES or _overlap(entries):
            raise self.error("workbook_bomb", part="zip")


def is_outside(name: str) -> bool:
    """Whether a name in a zip package would lead out of it, or is no part's name."""
    steps = name.split("/")
    return not name or "\\" in name or ":" in name or "\0" in name or name[0] == "/" or ".." in steps or "." in steps


def _overlap(entries: Iterable[zipfile.ZipInfo]) -> bool:
    """Whether entries share bytes: the trick of bombs that need no high ratio."""
    end = 0
    for entry in sorted(entries, key=lambda e: e.header_offset):
        if entry.header_offset < end:
            return True
        end = entry.header_offset + _LOCAL_HEADER + entry.compress_size
    return False


def _relation(element: ElementTree.Element, folder: str) -> Relation:
    target, kind = element.get("Target", ""), element.get("Type", "").rsplit("/", 1)[-1]
    if element.get("TargetMode") == "External":
        return Relation(kind, target, True)
    inside = target[1:] if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
    return Relation(kind, inside, False)


class Inflated:
    """One part, unpacked as it is read; its checksum is verified at the end."""

    def __init__(self, package: Package, part: str) -> None:
        self._package, self._info = package, package.info(part)
        self._deflate = deflate()
        self._stored = self._info.compress_type == zipfile.ZIP_STORED
        self._inflater = self._deflate.decompressobj(-zlib.MAX_WBITS)
        self._at, self._left = package.begins(part), self._info.compress_size
        self._crc = self._size = 0
        self._ended = False

    def read(self, size: int = -1) -> bytes:
        """Up to `size` unpacked bytes, fewer only at the end; all that is left without a size."""
        pieces, got = [], 0
        while not self._ended and (size < 0 or got < size):
            piece = self._next(_CHUNK * 16 if size < 0 else size - got)
            self._crc, self._size = self._deflate.crc32(piece, self._crc), self._size + len(piece)
            if self._size > self._info.file_size:
                raise self._package.error("workbook_damaged", detail=self._info.filename)
            pieces.append(piece)
            got += len(piece)
        if self._ended and (self._crc, self._size) != (self._info.CRC, self._info.file_size):
            raise self._package.error("workbook_damaged", detail=self._info.filename)
        return b"".join(pieces)

    def _next(self, size: int) -> bytes:
        if self._stored:
            piece = self._packed(size)
            self._ended = not self._left or not piece
            return piece
        waiting = self._inflater.unconsumed_tail
        packed = waiting or self._packed(_CHUNK)
        try:
            unpacked: bytes = self._inflater.decompress(packed, size)
        except (zlib.error, self._deflate.error) as error:
            raise self._package.error("workbook_damaged", detail=self._info.filename) from error
        self._ended = self._inflater.eof or not (unpacked or packed)
        return unpacked

    def _packed(self, size: int) -> bytes:
        piece = self._package.raw(self._at, min(size, self._left))
        self._at, self._left = self._at + len(piece), self._left - len(piece)
        return piece
