"""Finding files and reading their bytes: one path, a folder or a pattern; gzip and zip within limits.

Nothing is ever unpacked to disk, so a path inside an archive can't escape. A file that changes while it is read,
a truncated archive and a web page saved as a table are refused with what to do about it.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import IO

from xlkpi.sources.source import Limits, Progress, Source, fail

CHUNK = 1 << 20
TEXT = (".csv", ".tsv", ".txt", ".tab")
KINDS = {
    **dict.fromkeys(TEXT, "text"), **dict.fromkeys((".xlsx", ".xlsm", ".xls", ".xlsb", ".ods"), "excel"),
    ".parquet": "parquet", ".jsonl": "json", ".ndjson": "json", ".json": "json", ".gz": "gzip", ".zip": "zip",
}  # fmt: skip
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")


@dataclass(frozen=True)
class Content:
    """The bytes of one table: ``name`` for messages (``export.zip/Dates.csv``), ``kind`` of :data:`KINDS`, SHA-256."""

    name: str
    kind: str
    data: bytes
    sha256: str


def find(source: Source, folder: Path) -> list[Path]:
    """The files that a source names, sorted; relative paths start at ``folder``.

    Raises SourceError when there is none.
    """
    patterns = (source.path,) if isinstance(source.path, str) else source.path or ()
    found: dict[Path, None] = {}
    for pattern in patterns:
        whole = Path(pattern).expanduser()
        whole = whole if whole.is_absolute() else folder / whole
        if whole.is_dir():
            paths = [p for p in whole.iterdir() if p.suffix.lower() in KINDS]
        elif whole.exists():
            paths = [whole]
        else:
            paths = _matching(whole)
        files = sorted(p for p in paths if p.is_file() and not p.name.startswith((".", "~$")))
        if not files:
            fail("no_file", str(pattern), key="path")
        found.update(dict.fromkeys(files))
    if not found:
        fail("no_path", key="path")
    return list(found)


def _matching(pattern: Path) -> list[Path]:
    """The paths that a pattern with ``*``, ``?``, ``[...]`` or ``**`` fits."""
    parts = pattern.parts
    fixed = next((i for i, part in enumerate(parts) if set("*?[") & set(part)), len(parts))
    if fixed == len(parts):
        return []
    start = Path(*parts[:fixed])
    return list(start.glob(str(Path(*parts[fixed:])))) if start.is_dir() else []


def contents(
    path: Path, source: Source, limits: Limits | None = None, progress: Progress | None = None
) -> Iterator[Content]:
    """The tables in a file: one, or for a zip those that ``source.member`` names."""
    limits = limits or Limits()
    data = _stable(path, limits, progress)
    digest = hashlib.sha256(data).hexdigest()
    if data[:2] == b"\x1f\x8b":
        name = path.name.removesuffix(".gz") if path.suffix == ".gz" else path.name
        yield replace(_content(name, _gunzip(data, path.name, limits), digest, limits), name=path.name)
    elif data[:4] == b"PK\x03\x04" and not _is_workbook(data):
        yield from _unzip(data, path.name, source, limits, digest)
    else:
        yield _content(path.name, data, digest, limits)


def _stable(path: Path, limits: Limits, progress: Progress | None) -> bytes:
    """The bytes of a file that stays as it is while it is read."""
    try:
        before = path.stat()
        if before.st_size > limits.file:
            fail("too_large", path.name, megabytes=limits.file // 1_000_000)
        parts: list[bytes] = []
        read = 0
        with path.open("rb") as stream:
            while part := stream.read(CHUNK):
                parts.append(part)
                read += len(part)
                if progress:
                    progress(path, read, before.st_size)
                if read > limits.file:
                    fail("too_large", path.name, megabytes=limits.file // 1_000_000)
        after = path.stat()
    except OSError as problem:
        fail("unreadable", path.name, reason=problem.strerror or type(problem).__name__)
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or read != after.st_size:
        fail("changing", path.name)
    return b"".join(parts)


def _content(name: str, data: bytes, digest: str, limits: Limits) -> Content:
    kind = KINDS.get(PurePosixPath(name).suffix.lower(), "text")
    head = data[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not data.strip():
        fail("empty", name)
    if re.match(rb"<[a-z!?]", head):
        fail("html", name)
    if data.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in data:
            fail("password", name)
        kind = "excel"
    elif data[:4] == b"PK\x03\x04":
        kind = "excel"
        _check(_unpacked_size(data, name), len(data), name, limits)
    elif data[:4] == b"PAR1":
        kind = "parquet"
    elif kind in ("excel", "parquet"):
        kind = "text"  # a text export saved under a workbook's name: several platforms do this
    elif kind == "json" and head[:1] == b"[":
        fail("json_array", name)
    return Content(name, kind, data, digest)


def _gunzip(data: bytes, name: str, limits: Limits) -> bytes:
    engine = zlib.decompressobj(wbits=31)
    out, rest, size = bytearray(), data, 0
    try:
        while rest:
            part = engine.decompress(rest, CHUNK)
            size += len(part)
            _check(size, len(data), name, limits)
            out += part
            rest = engine.unconsumed_tail
            if engine.eof:
                rest = engine.unused_data
                if rest[:2] != b"\x1f\x8b":
                    break  # padding after the last part
                engine = zlib.decompressobj(wbits=31)
            elif not part and not rest:
                break
    except zlib.error:
        fail("damaged", name)
    if not engine.eof:
        fail("truncated", name)
    return bytes(out)


def _check(size: int, packed: int, name: str, limits: Limits) -> None:
    if size > limits.unpacked or size > max(packed, 10_000) * limits.ratio:
        fail("bomb", name, megabytes=min(limits.unpacked, max(packed, 10_000) * limits.ratio) // 1_000_000)


def _unpacked_size(data: bytes, name: str) -> int:
    """The bytes that the parts of a workbook say they unpack to."""
    import zipfile

    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            return sum(member.file_size for member in archive.infolist())
    except zipfile.BadZipFile:
        fail("truncated", name)


def _is_workbook(data: bytes) -> bool:
    import zipfile

    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            names = archive.namelist()
    except zipfile.BadZipFile:
        return False
    return "[Content_Types].xml" in names or "mimetype" in names


def _unzip(data: bytes, name: str, source: Source, limits: Limits, digest: str) -> Iterator[Content]:
    import zipfile

    try:
        archive = zipfile.ZipFile(BytesIO(data))
    except zipfile.BadZipFile:
        fail("truncated", name)
    with archive:
        inside = [m for m in archive.infolist() if not m.is_dir() and not _hidden(m.filename)]
        if len(inside) > limits.members:
            fail("many_members", name, most=limits.members)
        tables = [m for m in inside if PurePosixPath(m.filename).suffix.lower() in KINDS.keys() - {".zip", ".gz"}]
        if source.member:
            tables = [m for m in tables if fnmatch(PurePosixPath(m.filename).name.lower(), source.member.lower())]
        if not tables:
            fail("no_member", name, key="member", members=", ".join(m.filename for m in inside) or "–")
        total = 0
        for member in tables:
            if member.flag_bits & 1:
                fail("password", name)
            out = bytearray()
            try:
                with archive.open(member) as stream:
                    total += _copy(stream, out, total, len(data), name, limits)
            except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError):
                fail("damaged", name)
            yield _content(f"{name}/{PurePosixPath(member.filename).name}", bytes(out), digest, limits)


def _copy(stream: IO[bytes], out: bytearray, before: int, packed: int, name: str, limits: Limits) -> int:
    while part := stream.read(CHUNK):
        out += part
        _check(before + len(out), packed, name, limits)
    return len(out)


def _hidden(filename: str) -> bool:
    return filename.startswith("__MACOSX/") or PurePosixPath(filename).name.startswith((".", "~$"))
