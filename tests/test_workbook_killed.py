"""Killed at any moment, a refresh or an upgrade leaves files that are whole, and that the next one goes on from.

What a killed process leaves is what is on the disk at that moment. So the files are looked at before and after every
call that the operating system gets to open, flush, link, rename or remove one. Some processes are really killed.
"""

from __future__ import annotations

import errno
import multiprocessing
import os
import shutil
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.edits import Edited, put_cell
from tests.small_shop import TARGETS, Shop
from xlkpi.errors import InputError
from xlkpi.scorecard import read_data, scorecard
from xlkpi.workbook.accept import Accept
from xlkpi.workbook.backup import backup_name, replacing_with_backup
from xlkpi.workbook.refresh import Options, refresh_workbook
from xlkpi.workbook.state import EDITION
from xlkpi.workbook.target import replacing
from xlkpi.workbook.upgrade import Upgraded, upgrade_workbook

States = list[dict[str, bytes]]
Watched = Callable[[Callable[[], object]], States]
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_watching: list[Moments] = []


class Moments:
    """The states that the files of a folder are in, one after the other, while something works on them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.calls: Counter[str] = Counter()
        #: The contents of files by name; those that are being written are left out.
        self.states: list[dict[str, bytes]] = []
        #: Names of files that are there for a while only.
        self.passing: set[str] = set()
        #: Files that are written where they stand: killed then, they would be neither old nor new.
        self.in_place: list[str] = []
        self._seen: dict[str, tuple[int, int, int]] = {}

    def called(self, event: str, arguments: tuple[Any, ...]) -> None:
        """The operating system is about to do something."""
        if event == "open" and arguments[2] & _WRITING and Path(str(arguments[0])).parent == self.folder:
            if not (name := Path(arguments[0]).name).startswith(".xlkpi-"):
                self.in_place.append(name)
        elif event not in ("open", "os.rename", "os.link", "os.chmod", "os.remove", "os.truncate", "os.fsync"):
            return
        self.calls[event] += 1
        self.look()

    def look(self) -> None:
        found = {}
        for entry in os.scandir(self.folder):
            known = entry.stat(follow_symlinks=False)
            found[entry.name] = (known.st_ino, known.st_size, known.st_mtime_ns)
        self.passing |= {name for name in found if name.startswith(".xlkpi-")}
        found = {name: known for name, known in found.items() if not name.startswith(".xlkpi-")}
        if found != self._seen:
            self._seen = found
            self.states.append({name: (self.folder / name).read_bytes() for name in found})


def heard(event: str, arguments: tuple[Any, ...]) -> None:
    """A hook of Python's audit, which stays; what it does opens files, too."""
    if _watching:
        moments = _watching.pop()
        try:
            moments.called(event, arguments)
        finally:
            _watching.append(moments)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small project, its workbook, and a target that somebody changed in it."""
    shop = Shop(tmp_path_factory.mktemp("built"))
    shop.build()
    with Edited(shop.workbook) as book:
        put_cell(book, TARGETS, "L2", 25_000.0)
    return shop.folder


@pytest.fixture
def shop(built: Path, tmp_path: Path) -> Shop:
    """A copy with other numbers in its export."""
    shutil.copytree(built, tmp_path / "shop")
    shop = Shop(tmp_path / "shop", factor=1.1)
    shop.write()
    return shop


@pytest.fixture(scope="module")
def hook() -> None:
    sys.addaudithook(heard)


@pytest.fixture
def watched(hook: None, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Watched:
    """Gives the states of the shop's files during some work; what a kill would leave beside them goes away later."""
    flushed = os.fsync

    def fsync(handle: int) -> None:
        heard("os.fsync", ())
        flushed(handle)

    def watch(work: Callable[[], object]) -> States:
        moments = Moments(shop.folder)
        moments.look()
        with monkeypatch.context() as patched:
            patched.setattr(os, "fsync", fsync)
            _watching.append(moments)
            try:
                work()
            finally:
                _watching.clear()
        moments.look()
        assert moments.in_place == []
        assert moments.calls["os.fsync"] >= 2
        assert moments.calls["os.rename"] >= 2
        assert moments.passing
        for name in moments.passing:
            (shop.folder / name).touch()
            os.utime(shop.folder / name, (time.time() - 90_000,) * 2)
        with replacing(shop.folder / "other.xlsx") as file:
            file.write(b"other")
        assert [path.name for path in shop.folder.iterdir() if path.name.startswith(".")] == []
        return moments.states

    return watch


def test_a_refresh_killed_at_any_call_leaves_the_old_workbook_or_the_new_and_every_backup(
    shop: Shop, watched: Watched
) -> None:
    old, earlier = shop.workbook.read_bytes(), b"a version before"
    backup_name(shop.workbook, 1).write_bytes(earlier)
    states = watched(lambda: refresh_workbook(shop.workbook, Options(backups=2)))
    new = shop.workbook.read_bytes()
    assert [state[shop.workbook.name] for state in (states[0], states[-1])] == [old, new]
    for state in states:
        kept = [content for name, content in state.items() if ".backup" in name]
        assert state[shop.workbook.name] in (old, new)
        assert earlier in kept
        assert old in (state[shop.workbook.name], *kept)


@pytest.mark.parametrize("count", [3, 1])
def test_a_refresh_killed_at_any_call_leaves_every_backup_whole_and_older_ones_until_the_new_workbook_is_there(
    shop: Shop, watched: Watched, count: int
) -> None:
    old = shop.workbook.read_bytes()
    earlier = [b"the last version", b"the second last", b"the third last"]
    for number, content in enumerate(earlier, start=1):
        backup_name(shop.workbook, number).write_bytes(content)
    states = watched(lambda: refresh_workbook(shop.workbook, Options(backups=count)))
    new = shop.workbook.read_bytes()
    for state in states:
        kept = {content for name, content in state.items() if ".backup" in name}
        assert kept <= {old, *earlier}
        if count == 3:
            assert {*earlier[:2]} <= kept
        elif state[shop.workbook.name] != new:
            assert {*earlier[1:]} <= kept
    assert backups(shop.workbook) == [old, *earlier][:count]


def backups(path: Path) -> list[bytes]:
    """The versions before that are there, the latest first."""
    return [file.read_bytes() for number in range(1, 10) if (file := backup_name(path, number)).exists()]


def test_backups_are_as_many_as_wanted_and_without_a_wish_as_many_as_there_are(tmp_path: Path) -> None:
    path, mine = tmp_path / "scorecard.xlsx", tmp_path / "scorecard.backup9.xlsx"
    path.write_bytes(b"0")
    mine.write_bytes(b"mine")
    found = []
    for number, count in enumerate((None, None, 3, 3, 3, None, 0, 2, 5, None, 1), start=1):
        with replacing_with_backup(path, count) as file:
            file.write(b"%d" % number)
        found.append(b"".join(backups(path)[:-1]).decode())
    assert found == ["0", "1", "21", "321", "432", "543", "543", "75", "875", "987", "10"]
    assert mine.read_bytes() == b"mine", "no backup stands before it"
    backup_name(path, 2).write_bytes(b"an old one")  # of which somebody removed the one after it
    backup_name(path, 1).unlink()
    with replacing_with_backup(path, 2) as file:
        file.write(b"12")
    assert backups(path) == [b"11", b"an old one", b"mine"]


def test_targets_written_back_are_in_the_project_before_the_workbook_relies_on_it(shop: Shop, watched: Watched) -> None:
    old, before = shop.workbook.read_bytes(), shop.project.read_bytes()
    options = Options(accept=Accept("Ana", "Davantage"), backups=1)
    states = watched(lambda: refresh_workbook(shop.workbook, options))
    new, after = shop.workbook.read_bytes(), shop.project.read_bytes()
    assert b"25000" in after
    pairs = [(state[shop.workbook.name], state[shop.project.name]) for state in states]
    assert list(dict.fromkeys(pairs)) == [(old, before), (old, after), (new, after)]
    shop.workbook.write_bytes(old)  # killed between the two: the next refresh gives what this one would have
    refresh_workbook(shop.workbook, options)
    assert shop.workbook.read_bytes() == new
    assert shop.project.read_bytes() == after


def test_a_disk_that_is_full_leaves_project_workbook_and_backups_as_they_were(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup_name(shop.workbook, 1).write_bytes(b"a version before")
    before = {path.name: path.read_bytes() for path in shop.folder.iterdir()}

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError) as told:
        refresh_workbook(shop.workbook, Options(accept=Accept()))
    assert [problem.code for problem in told.value.problems] == ["workbook_disk_full"]
    assert {path.name: path.read_bytes() for path in shop.folder.iterdir()} == before


def test_an_upgrade_killed_at_any_call_leaves_the_old_workbook_or_the_new_one(shop: Shop, watched: Watched) -> None:
    with Edited(shop.workbook) as book:
        older(book)
    old = shop.workbook.read_bytes()
    states = watched(lambda: upgrade(shop.workbook))
    new = shop.workbook.read_bytes()
    assert [state[shop.workbook.name] for state in (states[0], states[-1])] == [old, new]
    for state in states:
        assert state[shop.workbook.name] in (old, new)
        assert state[shop.workbook.name] == old or state[backup_name(shop.workbook, 1).name] == old


def older(book: Edited) -> None:
    """As if an earlier edition had written the workbook."""
    mark = f"&quot;edition&quot;:{EDITION}", f'"edition":{EDITION}'
    for part, content in book.parts.items():
        for one in mark:
            book.parts[part] = content = content.replace(one.encode(), one.replace(str(EDITION), "0").encode())


def upgrade(path: Path) -> Upgraded:
    return upgrade_workbook(path, Options(), lambda project: scorecard(project, read_data(project)))


@pytest.mark.skipif(sys.platform == "win32", reason="kills a process with a signal")
def test_a_process_that_is_killed_leaves_the_workbook_whole(shop: Shop) -> None:
    """Killed at a call that Python tells its audit; the system lets go of the lock."""
    old = shop.workbook.read_bytes()
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["xlkpi.workbook.refresh", "xlkpi.scorecard", "xlkpi.workbook.build"])
    for event, count in (("os.link", 1), ("os.rename", 2), ("never", 1)):
        process = processes.Process(target=killed, args=(shop.workbook, event, count))
        process.start()
        process.join(120)
        assert process.exitcode == (0 if event == "never" else -signal.SIGKILL)
        assert (shop.workbook.read_bytes() == old) == (event != "never")


def killed(path: Path, event: str, count: int) -> None:
    die_at(event, count)
    refresh_workbook(path, Options(backups=1))


def die_at(event: str, count: int) -> None:
    """From now on this process kills itself at an event of Python's audit."""
    left = [count]

    def hook(name: str, _: tuple[Any, ...]) -> None:
        if name == event:
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)
