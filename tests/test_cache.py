"""The cache: never stale, never in the way."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from xlkpi.cache import cached


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XLKPI_CACHE", str(tmp_path / "home" / "cache"))
    return tmp_path / "home" / "cache"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "a.yaml"
    path.write_text("one", encoding="utf-8")
    return path


def counting() -> tuple[list[int], Callable[[], Any]]:
    built: list[int] = []

    def build() -> Any:
        built.append(1)
        return {"built": len(built), "é": [1.5, None, "«"]}

    return built, build


def test_it_builds_once_while_nothing_changes(source: Path) -> None:
    built, build = counting()
    assert cached("name", [source], build) == cached("name", [source], build) == {"built": 1, "é": [1.5, None, "«"]}
    assert len(built) == 1


def test_a_change_of_a_source_is_never_missed(source: Path) -> None:
    built, build = counting()
    cached("name", [source], build)
    source.write_text("two", encoding="utf-8")  # the same length, within the same second
    assert cached("name", [source], build)["built"] == 2
    assert len(built) == 2


def test_a_change_of_the_code_is_never_missed(source: Path, tmp_path: Path) -> None:
    code = tmp_path / "code.py"
    code.write_text("1", encoding="utf-8")
    _, build = counting()
    cached("name", [source], build, [code])
    code.write_text("2", encoding="utf-8")
    assert cached("name", [source], build, [code])["built"] == 2


def test_content_that_moves_from_one_file_to_the_next_is_a_change(tmp_path: Path) -> None:
    a, b = tmp_path / "a.yaml", tmp_path / "b.yaml"
    _, build = counting()
    for first, second in (("ab", "c"), ("a", "bc")):
        a.write_text(first, encoding="utf-8")
        b.write_text(second, encoding="utf-8")
        result = cached("name", [a, b], build)
    assert result["built"] == 2


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b'{"key": 1}', b'{"data": 1}', b"[[[["]
)
def test_a_torn_or_foreign_file_is_made_anew(source: Path, home: Path, content: bytes) -> None:
    built, build = counting()
    cached("name", [source], build)
    (file,) = home.iterdir()
    file.write_bytes(content)
    assert cached("name", [source], build)["built"] == 2
    assert json.loads(file.read_bytes())["data"]["built"] == 2
    assert cached("name", [source], build)["built"] == len(built) == 2


def test_folders_with_files_of_the_same_name_do_not_meet(tmp_path: Path, home: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.yaml").write_text("same", encoding="utf-8")
        assert cached("name", [tmp_path / folder / "x.yaml"], partial(str, folder)) == folder
    assert len(list(home.iterdir())) == 2


def test_nothing_is_written_beside_the_sources(source: Path) -> None:
    cached("name", [source], counting()[1])
    assert [path.name for path in source.parent.iterdir() if path.name != "home"] == ["a.yaml"]


def test_without_a_home_everything_works(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XLKPI_CACHE")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.delenv("LOCALAPPDATA", raising=False)
    monkeypatch.setattr(Path, "home", nowhere)
    assert cached("name", [source], counting()[1])["built"] == 1


def test_a_folder_that_can_not_be_written_is_no_obstacle(source: Path, home: Path) -> None:
    home.parent.write_text("a file where the folder should be", encoding="utf-8")
    _, build = counting()
    assert cached("name", [source], build)["built"] == 1
    assert cached("name", [source], build)["built"] == 2


def test_a_failed_write_leaves_nothing_behind(source: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, *_: Any, **__: Any) -> None:
        self.write_bytes(b"{")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    _, build = counting()
    assert cached("name", [source], build)["built"] == 1
    assert list(home.iterdir()) == []


def test_half_a_surrogate_pair_is_no_obstacle(source: Path) -> None:
    assert cached("name", [source], lambda: "\ud800") == "\ud800"


def test_a_build_that_fails_keeps_nothing(source: Path, home: Path) -> None:
    def fail() -> Any:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        cached("name", [source], fail)
    assert not home.exists()
