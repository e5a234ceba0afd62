"""A zip package written as a stream: new parts deflated as they come, others copied with their compressed bytes.

The standard library's writer can neither copy a member without unpacking it nor deflate with isal.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterable
from itertools import chain
from typing import BinaryIO

from xlkpi.errors import Problem, WorkbookError
from xlkpi.workbook.package import Package, deflate

LIMIT = 0xFFFFFFFF  # beyond it a zip needs extensions that not every program reads
NO_TIME = (1980, 1, 1, 0, 0, 0)  # the first that a zip can tell: equal input gives equal bytes
_READ_WRITE = 0o600 << 16
_UTF8_NAME = 0x800
_UNIX = 3
_VERSION = 20
_SMALL = 1_000_000  # bytes of a part up to which its size counts for more than the time to deflate it
_SHORT_BLOCKS = 5  # zlib's memLevel: the fewer symbols in a block, the better its codes fit repeated markup


class PackageWriter:
    """Writes parts one after the other to a file opened for writing; `close` ends the package."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._entries: list[zipfile.ZipInfo] = []

    def stream(self, part: str, pieces: Iterable[bytes | memoryview]) -> None:
        """Write a new part, deflated as its pieces come."""
        entry = self._entry(part)
        begins = self._header(entry)
        library, several = deflate(), iter(pieces)
        begun, size = [], 0
        for piece in several:
            begun.append(bytes(piece))
            size += len(piece)
            if size > _SMALL:
                break
        if size <= _SMALL:
            # Slower and a quarter smaller, which is what counts for a small part.
            packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS, _SHORT_BLOCKS)
        else:
            packer = library.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS)
        for piece in chain(begun, several):
            entry.CRC = library.crc32(piece, entry.CRC)
            entry.file_size += len(piece)
            self._file.write(packer.compress(piece))
        self._file.write(packer.flush())
        end = self._file.tell()
        entry.compress_size = end - begins
        self._refuse_beyond_limit(entry.file_size, part)
        self._file.seek(entry.header_offset)
        self._file.write(_local_header(entry))
        self._file.seek(end)

    def copy(self, source: Package, part: str) -> None:
        """Copy a part from another package, its compressed bytes as they are."""
        entry, old = self._entry(part), source.info(part)
        for known in ("date_time", "compress_type", "external_attr", "create_system"):
            setattr(entry, known, getattr(old, known))
        entry.CRC, entry.file_size, entry.compress_size = old.CRC, old.file_size, old.compress_size
        self._refuse_beyond_limit(entry.file_size, part)
        self._header(entry)
        for piece in source.packed(part):
            self._file.write(piece)

    def close(self) -> None:
        """Write the directory."""
        begins = self._file.tell()
        for entry in self._entries:
            self._file.write(_directory_entry(entry))
        end = self._file.tell()
        self._refuse_beyond_limit(end, "zip")
        count = len(self._entries)
        self._file.write(struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, end - begins, begins, 0))

    def _entry(self, part: str) -> zipfile.ZipInfo:
        entry = zipfile.ZipInfo(part, NO_TIME)
        entry.compress_type = zipfile.ZIP_DEFLATED
        entry.external_attr, entry.create_system = _READ_WRITE, _UNIX
        entry.CRC = entry.file_size = entry.compress_size = 0
        return entry

    def _header(self, entry: zipfile.ZipInfo) -> int:
        entry.header_offset = self._file.tell()
        self._refuse_beyond_limit(entry.header_offset, entry.filename)
        self._entries.append(entry)
        return entry.header_offset + self._file.write(_local_header(entry))

    def _refuse_beyond_limit(self, size: int, part: str) -> None:
        if size > LIMIT:
            raise WorkbookError(Problem("workbook_part_too_large", {"part": part}))


def _fields(entry: zipfile.ZipInfo) -> tuple[bytes, bytes]:
    """The name, and what the local header and the directory tell alike."""
    try:
        name, flags = entry.filename.encode("ascii"), 0
    except UnicodeEncodeError:
        name, flags = entry.filename.encode(), _UTF8_NAME
    year, month, day, hour, minute, second = entry.date_time
    time, date = hour << 11 | minute << 5 | second // 2, (year - 1980) << 9 | month << 5 | day
    sizes = entry.CRC, entry.compress_size, entry.file_size
    return name, struct.pack("<5H3L2H", _VERSION, flags, entry.compress_type, time, date, *sizes, len(name), 0)


def _local_header(entry: zipfile.ZipInfo) -> bytes:
    name, fields = _fields(entry)
    return b"PK\x03\x04" + fields + name


def _directory_entry(entry: zipfile.ZipInfo) -> bytes:
    name, fields = _fields(entry)
    made_by = struct.pack("<2B", _VERSION, entry.create_system)
    rest = struct.pack("<3H2L", 0, 0, 0, entry.external_attr, entry.header_offset)
    return b"PK\x01\x02" + made_by + fields + rest + name
