"""LibreOffice Calc, started once per test run on first use, with its own profile, and ended with the run."""

from __future__ import annotations

import atexit
import functools
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from .book import Block, Result

SERVER = Path(__file__).with_name("libreoffice_server.py")
HOW_TO_GET = "apt-get install libreoffice-calc python3-uno, or install it and put its program folder on PATH"
ANSWER_SECONDS = 180.0

# Excel's code for LibreOffice's error numbers. 502 ("invalid argument") is what LibreOffice's functions give
# outside their domain, such as LN(0) and SQRT(-1), where Excel documents #NUM!; a wrong type gives 519.
ERROR_CODES = {
    502: "#NUM!",
    503: "#NUM!",
    504: "#VALUE!",
    519: "#VALUE!",
    521: "#NULL!",
    524: "#REF!",
    525: "#NAME?",
    532: "#DIV/0!",
    32767: "#N/A",
}


@functools.cache
def office() -> str | None:
    """LibreOffice's program, None where there is none."""
    found = shutil.which("soffice") or shutil.which("libreoffice")
    return found or next(map(str, Path("/opt").glob("libreoffice*/program/soffice")), None)


@functools.cache
def _uno_python() -> str | None:
    """The first Python that can import `uno`: LibreOffice's own, this one, or the system's."""
    program = office()
    beside = str(Path(os.path.realpath(program)).with_name("python")) if program else ""
    for candidate in (beside, sys.executable, "/usr/bin/python3", *map(shutil.which, ("python3", "python"))):
        if candidate and os.access(candidate, os.X_OK):
            probe = subprocess.run([candidate, "-c", "import uno"], capture_output=True, check=False)
            if probe.returncode == 0:
                return candidate
    return None


def available() -> str | None:
    """None where LibreOffice can be driven from here, else what is missing and how to get it."""
    if office() is None:
        return f"LibreOffice is not installed: {HOW_TO_GET}"
    if _uno_python() is None:
        return f"no Python with LibreOffice's uno module was found: {HOW_TO_GET}"
    return None


@functools.cache
def _server() -> subprocess.Popen[str]:
    python, program = _uno_python(), office()
    assert python is not None
    assert program is not None
    profile = tempfile.mkdtemp(prefix="xlkpi-office-")
    # In a group of its own, Ctrl-C reaches only the tests, and the whole group can be ended if it hangs.
    server = subprocess.Popen(
        [python, str(SERVER), program, profile],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        start_new_session=True,
    )
    atexit.register(_stop, server, profile)
    _answer(server)
    return server


def _answer(server: subprocess.Popen[str]) -> str:
    assert server.stdout is not None
    watchdog = threading.Timer(ANSWER_SECONDS, _kill, [server])
    watchdog.start()
    line = server.stdout.readline()
    watchdog.cancel()
    if not line:
        _server.cache_clear()
        raise RuntimeError(f"LibreOffice ended or gave no answer within {ANSWER_SECONDS:.0f} seconds")
    return line


def _kill(server: subprocess.Popen[str]) -> None:
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)
    else:
        server.kill()


def _stop(server: subprocess.Popen[str], profile: str) -> None:
    assert server.stdin is not None
    with suppress(OSError):
        server.stdin.close()
    try:
        server.wait(20)
    except subprocess.TimeoutExpired:
        _kill(server)
    if server.stdout is not None:
        server.stdout.close()
    shutil.rmtree(profile, ignore_errors=True)


def read(path: Path, blocks: Sequence[Block]) -> list[list[Result]]:
    """The recalculated results of a workbook written by `write_book`."""
    last = blocks[-1].first + blocks[-1].rows
    column = [_result(value) for value in _ask(path=str(path), last=last)]
    return [column[b.first : b.first + b.rows] for b in blocks]


def formula_results(
    path: Path, inputs: Sequence[tuple[str, int, int, float | str]]
) -> dict[tuple[str, int, int], Result]:
    """The recalculated result of every formula cell of a workbook, by sheet, row and column (from 0).

    `inputs` are typed first: sheet, row, column, content.
    """
    answer = _ask(path=str(path), inputs=[list(item) for item in inputs])
    return {(sheet, row, column): _result(value) for sheet, row, column, value in answer}


def save_again(path: Path, target: Path) -> Path:
    """A workbook as LibreOffice saves it."""
    _ask(path=str(path), target=str(target))
    return target


def macro_results(path: Path, script: str, arguments: Sequence[str]) -> list[str]:
    """What a macro of a document (``Library.Module.Function``) gives for each of some texts."""
    return [str(answer) for answer in _ask(path=str(path), script=script, arguments=list(arguments))]


def _ask(**request: object) -> list[Any]:
    server = _server()
    assert server.stdin is not None
    server.stdin.write(json.dumps(request) + "\n")
    server.stdin.flush()
    answer: list[Any] = json.loads(_answer(server))
    return answer


def _result(value: float | list[str | int]) -> Result:
    if not isinstance(value, list):
        return float(value)
    kind, content = value
    if kind == "error":
        return ERROR_CODES.get(int(content), f"Err:{content}")
    return repr(content)
