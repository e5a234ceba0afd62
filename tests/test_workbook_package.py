"""Packages that are no workbooks, or were made to harm, are refused before anything is unpacked."""

from __future__ import annotations

import io
import struct
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.skeletons import skeleton
from xlkpi.errors import WorkbookError
from xlkpi.language import languages
from xlkpi.workbook.package import Package, is_outside
from xlkpi.workbook.package_writer import PackageWriter


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    return skeleton(tmp_path / "book.xlsx", ["x"])


def read_all(path: Path) -> None:
    with Package(path) as package:
        for part in package.parts:
            package.read(part)


def refused(path: Path) -> str:
    """The code of the problem that opening a file meets; told in every language."""
    with pytest.raises(WorkbookError) as error:
        read_all(path)
    for language in languages():
        assert error.value.text(language).startswith("book.xlsx\u00a0: " if language == "fr" else "book.xlsx: ")
    return error.value.problems[0].code


def with_entries(workbook: Path, *entries: tuple[str, bytes]) -> Path:
    with zipfile.ZipFile(workbook, "a", zipfile.ZIP_DEFLATED) as file:
        for name, content in entries:
            info = zipfile.ZipInfo("x")
            info.filename, info.compress_type = name, zipfile.ZIP_DEFLATED
            file.writestr(info, content)
    return workbook


def test_the_parts_are_found_through_relations(workbook: Path) -> None:
    with Package(workbook) as package:
        assert package.workbook == "xl/workbook.xml"
        assert list(package.sheets) == ["Page", "Data"]
        assert package.tables["xlkpi_data"].sheet_part == package.sheets["Data"]
        assert package.part_of_kind("styles") == "xl/styles.xml"
        assert not package.date_1904
        assert package.read("xl/workbook.xml") == zipfile.ZipFile(workbook).read("xl/workbook.xml")


def test_a_large_part_is_read_in_pieces(workbook: Path) -> None:
    content = b"".join(b"%d," % i for i in range(500_000))
    with_entries(workbook, ("xl/large.bin", content))
    with Package(workbook) as package:
        stream = package.stream("xl/large.bin")
        pieces = list(iter(lambda: stream.read(10_007), b""))
    assert b"".join(pieces) == content
    assert {len(piece) for piece in pieces[:-1]} == {10_007}


@pytest.mark.parametrize(
    "name",
    [
        "../evil.xml",
        "xl/../../evil.xml",
        "/etc/passwd",
        "C:/evil.xml",
        "xl\\..\\evil.xml",
        "xl/./a.xml",
        "\\\\server\\x",
    ],
)
def test_an_entry_that_leads_out_is_refused(workbook: Path, name: str) -> None:
    assert is_outside(name)
    assert refused(with_entries(workbook, (name, b"x"))) == "workbook_unsafe_name"


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", ["xl/workbook.xml", "XL/Workbook.XML"])
def test_an_entry_that_stands_twice_is_refused(workbook: Path, name: str) -> None:
    assert refused(with_entries(workbook, (name, b"x"))) == "workbook_twice"


def test_a_part_that_would_unpack_to_an_absurd_size_is_refused(workbook: Path) -> None:
    assert refused(with_entries(workbook, ("xl/zeros.xml", bytes(100 << 20)))) == "workbook_bomb"


def test_a_part_larger_than_it_says_is_refused(workbook: Path) -> None:
    with_entries(workbook, ("xl/liar.xml", bytes(1 << 20)))
    content = bytearray(workbook.read_bytes())
    size = content.rindex(b"PK\x01\x02") + 24  # in the directory, which is what counts
    assert content[size : size + 4] == struct.pack("<L", 1 << 20)
    content[size : size + 4] = struct.pack("<L", 100)
    workbook.write_bytes(content)
    assert refused(workbook) == "workbook_damaged"


def test_entries_that_share_bytes_are_refused(workbook: Path) -> None:
    with_entries(workbook, ("xl/a.xml", b"a" * 5000), ("xl/b.xml", b"b" * 5000))
    with zipfile.ZipFile(workbook) as file:
        first, second = (file.getinfo(name).header_offset for name in ("xl/a.xml", "xl/b.xml"))
    content = workbook.read_bytes()
    directory = content.rindex(b"PK\x01\x02")
    workbook.write_bytes(
        content[:directory] + content[directory:].replace(struct.pack("<L", second), struct.pack("<L", first))
    )
    assert refused(workbook) == "workbook_bomb"


def test_too_many_entries_are_refused(workbook: Path) -> None:
    assert refused(with_entries(workbook, *((f"xl/{i}.xml", b"") for i in range(20_001)))) == "workbook_bomb"


def test_entities_that_blow_up_are_refused(workbook: Path) -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><workbook>&b;</workbook>'
    with zipfile.ZipFile(workbook) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    with zipfile.ZipFile(workbook, "w") as new:
        for name, content in (parts | {"xl/workbook.xml": bomb}).items():
            new.writestr(name, content)
    assert refused(workbook) == "workbook_damaged"


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (lambda content: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + content, "workbook_encrypted"),
        (lambda content: b"name;value\n1;2\n", "workbook_other_format"),
        (lambda content: b"", "workbook_other_format"),
        (lambda content: content[:-200], "workbook_other_format"),
        (lambda content: content[:3000] + b"damage" + content[3006:], "workbook_damaged"),
    ],
)
def test_what_is_no_whole_workbook_is_refused(workbook: Path, damage: Callable[[bytes], bytes], expected: str) -> None:
    workbook.write_bytes(damage(workbook.read_bytes()))
    assert refused(workbook) == expected


def test_an_entry_with_a_password_is_refused(workbook: Path) -> None:
    content = bytearray(workbook.read_bytes())
    at = content.index(b"PK\x01\x02")
    content[at + 8] |= 1
    workbook.write_bytes(content)
    assert refused(workbook) == "workbook_encrypted"


def test_a_zip_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("letter.txt", "hello")
    assert refused(path) == "workbook_other_format"


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    assert refused(tmp_path / "book.xlsx") == "workbook_not_found"


def test_what_the_writer_writes_is_read_by_the_standard_library() -> None:
    file = io.BytesIO()
    writer = PackageWriter(file)
    writer.stream("a.xml", [b"<a>", memoryview(b"b" * 100_000), b"</a>"])
    writer.stream("dossier/été.xml", [])
    writer.close()
    with zipfile.ZipFile(file) as read:
        assert read.testzip() is None
        assert read.namelist() == ["a.xml", "dossier/été.xml"]
        assert read.read("a.xml") == b"<a>" + b"b" * 100_000 + b"</a>"
        assert read.getinfo("a.xml").date_time == (1980, 1, 1, 0, 0, 0)
        assert read.getinfo("a.xml").flag_bits == 0, "sizes stand in the header, where mail gateways look"


def test_a_package_is_written_without_isal_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "isal", None)
    file = io.BytesIO()
    writer = PackageWriter(file)
    writer.stream("a.xml", [b"zlib" * 1000])
    writer.close()
    with zipfile.ZipFile(file) as read:
        assert read.read("a.xml") == b"zlib" * 1000
        assert read.testzip() is None
