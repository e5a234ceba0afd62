"""The file that a workbook is written to: whole at any moment, and clear words where it can't be written."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.small_shop import Shop
from xlkpi.errors import WorkbookError
from xlkpi.language import languages, use
from xlkpi.workbook.refresh import Options, refresh_workbook
from xlkpi.workbook.target import replacing

posix = pytest.mark.skipif(os.name != "posix", reason="rights and signals of POSIX")


def code(error: pytest.ExceptionInfo[WorkbookError]) -> str:
    return error.value.problems[0].code


def replace(path: Path, after: Callable[[], object] = lambda: None) -> None:
    with replacing(path) as file:
        file.write(b"new")
        after()


def test_a_new_file_appears_only_when_it_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "new.xlsx"
    with replacing(target) as file:
        file.write(b"whole")
        assert not target.exists()
    assert target.read_bytes() == b"whole"
    assert list(tmp_path.iterdir()) == [target]


def test_an_error_while_writing_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "old.xlsx"
    target.write_bytes(b"old")
    with pytest.raises(ZeroDivisionError):
        replace(target, after=lambda: 1 / 0)
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("lock", ["~$plan.xlsx", ".~lock.plan.xlsx#"])
def test_a_workbook_that_is_open_is_left_alone(tmp_path: Path, lock: str) -> None:
    target = tmp_path / "plan.xlsx"
    target.write_bytes(b"old")
    (tmp_path / lock).touch()
    with pytest.raises(WorkbookError) as refused:
        replace(target)
    assert code(refused) == "workbook_open"
    for language in languages():
        assert lock in refused.value.text(language)
    assert target.read_bytes() == b"old"


def test_a_workbook_opened_while_the_new_one_is_written_is_left_alone(tmp_path: Path) -> None:
    target = tmp_path / "plan.xlsx"
    target.write_bytes(b"old")
    with pytest.raises(WorkbookError) as refused:
        replace(target, after=(tmp_path / "~$plan.xlsx").touch)
    assert code(refused) == "workbook_open"
    assert target.read_bytes() == b"old"


@pytest.mark.parametrize(
    ("number", "expected"),
    [(errno.ENOSPC, "workbook_disk_full"), (errno.EROFS, "workbook_read_only"), (errno.EIO, "workbook_unwritable")],
)
def test_errors_of_the_disk_are_told_in_both_languages(tmp_path: Path, number: int, expected: str) -> None:
    target = tmp_path / "plan.xlsx"
    target.write_bytes(b"old")
    with pytest.raises(WorkbookError) as refused, replacing(target):
        raise OSError(number, os.strerror(number))
    assert code(refused) == expected
    with use("fr"):
        french = str(refused.value)
    assert french.startswith("plan.xlsx\u00a0: ")
    assert french != refused.value.text("en")
    assert target.read_bytes() == b"old"


@pytest.mark.parametrize(
    ("number", "expected"), [(32, "workbook_shared"), (33, "workbook_shared"), (112, "workbook_disk_full")]
)
def test_windows_own_error_numbers_are_told_too(tmp_path: Path, number: int, expected: str) -> None:
    error = PermissionError(errno.EACCES, "The process cannot access the file")
    error.winerror = number  # type: ignore[attr-defined,unused-ignore]
    with pytest.raises(WorkbookError) as refused, replacing(tmp_path / "plan.xlsx"):
        raise error
    assert code(refused) == expected


@posix
def test_a_disk_that_is_really_full_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "plan.xlsx"
    target.write_bytes(b"old")
    script = (
        "import resource, signal, sys; from pathlib import Path\n"
        "from xlkpi.workbook.target import replacing\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))\n"
        "from xlkpi.errors import WorkbookError\n"
        "try:\n"
        "    with replacing(Path(sys.argv[1])) as file: file.write(b'x' * 100_000)\n"
        "except WorkbookError as error: sys.exit(error.problems[0].code)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(target)], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == "workbook_disk_full"
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


@posix
def test_a_folder_without_the_right_to_write_is_told() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o555)
        was_root = os.geteuid() == 0
        try:
            if was_root:
                os.seteuid(65534)  # root may write everywhere
            with pytest.raises(WorkbookError) as refused:
                replace(folder / "plan.xlsx")
        finally:
            if was_root:
                os.seteuid(0)
            folder.chmod(0o755)
    assert code(refused) == "workbook_read_only"


@posix
def test_a_read_only_file_is_left_alone(tmp_path: Path) -> None:
    target = tmp_path / "plan.xlsx"
    target.write_bytes(b"old")
    target.chmod(0o444)
    with pytest.raises(WorkbookError) as refused:
        replace(target)
    assert code(refused) == "workbook_read_only_file"
    assert target.read_bytes() == b"old"


def test_a_missing_folder_and_a_folder_instead_of_a_file_are_told(tmp_path: Path) -> None:
    with pytest.raises(WorkbookError) as refused:
        replace(tmp_path / "none" / "plan.xlsx")
    assert code(refused) == "workbook_no_folder"
    with pytest.raises(WorkbookError) as refused:
        replace(tmp_path)
    assert code(refused) == "workbook_is_folder"


def test_what_a_killed_run_left_is_removed_a_day_later(tmp_path: Path) -> None:
    recent, old = tmp_path / ".xlkpi-aa.tmp", tmp_path / ".xlkpi-bb.tmp"
    for path, age in ((recent, 3_600), (old, 90_000)):
        path.touch()
        os.utime(path, (time.time() - age,) * 2)
    replace(tmp_path / "plan.xlsx")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".xlkpi-aa.tmp", "plan.xlsx"]


@posix
def test_rights_and_links_stay(tmp_path: Path) -> None:
    target, link = tmp_path / "plan.xlsx", tmp_path / "link.xlsx"
    target.write_bytes(b"old")
    target.chmod(0o640)
    link.symlink_to(target)
    replace(link)
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    assert target.stat().st_mode & 0o777 == 0o640


@posix
def test_a_process_that_is_killed_while_writing_leaves_the_old_file_or_the_new(tmp_path: Path) -> None:
    target = tmp_path / "plan.xlsx"
    old, new = b"old" * 100_000, b"new" * 100_000
    target.write_bytes(old)
    script = (
        "import sys; from pathlib import Path; from xlkpi.workbook.target import replacing\n"
        "print('ready', flush=True)\n"
        "while True:\n"
        "    with replacing(Path(sys.argv[1])) as file:\n"
        "        for _ in range(100): file.write(b'new' * 1000)\n"
    )
    for pause in (0.0, 0.002, 0.005, 0.01, 0.02):
        with subprocess.Popen([sys.executable, "-c", script, str(target)], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(pause)
            process.send_signal(signal.SIGKILL)
        assert target.read_bytes() in (old, new)


@posix
def test_a_link_to_a_workbook_is_refreshed_with_the_project_beside_its_file(tmp_path: Path) -> None:
    shop, link = Shop(tmp_path / "shop"), tmp_path / "desk" / "link.xlsx"
    for folder in (shop.folder, link.parent):
        folder.mkdir()
    shop.build()
    link.symlink_to(shop.workbook)
    before = shop.workbook.read_bytes()
    refresh_workbook(link, Options(backups=0))
    assert link.is_symlink()
    assert shop.workbook.read_bytes() != before
    shop.workbook.rename(shop.workbook.with_name("same.xlsx"))  # the link leads nowhere now
    refresh_workbook(shop.workbook.with_name("same.xlsx"), Options(backups=0))
