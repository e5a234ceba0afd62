"""The server of functions as its user starts it: one process for all tests, on a free port of this machine."""

from __future__ import annotations

import atexit
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from functools import cache
from importlib.util import find_spec
from typing import IO, Any

from tests.engines import require

SECONDS = 90
PATH = "/xlwings/custom-functions-call"
SCRIPTS = "/xlwings/custom-scripts-call/"


@cache
def address() -> str:
    """Where the server answers: it is started at the first call and stopped when the tests end."""
    for library in ("xlwings_server", "orjson"):
        if find_spec(library) is None:
            require(f"{library} is not installed: pip install 'xlkpi[server]'")
    return started()


def started(**environment: str) -> str:
    """Where a server of its own answers, with more in its environment."""
    port = free_port()
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("XLKPI_", "XLWINGS_"))}
    log = tempfile.TemporaryFile("w+")  # noqa: SIM115  # the server's, as long as it runs
    server = subprocess.Popen(
        [sys.executable, "-m", "xlkpi.cli", "addin", "serve", "--port", str(port)],
        env={**kept, "XLKPI_LANGUAGE": "en", "XLKPI_SETTINGS": os.devnull, "PYTHONUTF8": "1", **environment},
        stdout=log,
        stderr=log,
    )
    atexit.register(stop, server, log)
    url = f"http://127.0.0.1:{port}"
    end = time.monotonic() + SECONDS
    while time.monotonic() < end and server.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except OSError:
            time.sleep(0.1)
        else:
            return url
    log.seek(0)
    raise AssertionError(f"the server did not start:\n{log.read()}")


def stop(server: subprocess.Popen[bytes], log: IO[str]) -> None:
    server.terminate()
    try:
        server.wait(10)
    except subprocess.TimeoutExpired:
        server.kill()
    log.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def get(path: str, **headers: str) -> tuple[int, bytes]:
    """Status and body."""
    return _answer(urllib.request.Request(address() + path, headers=headers))


def post(body: bytes, path: str = PATH, **headers: str) -> tuple[int, bytes]:
    """Status and body of what is posted."""
    return _answer(urllib.request.Request(address() + path, data=body, headers=headers, method="POST"))


def press(button: str, book: dict[str, Any], *args: str, home: str | None = None) -> Any:
    """What the page is to do when a button was pressed in a workbook that it describes; ``home``: on another server."""
    body = json.dumps({**book, "args": args}).encode()
    url = f"{home or address()}{SCRIPTS}{button}"
    status, answer = _answer(urllib.request.Request(url, body, {"Content-Type": "application/json"}, method="POST"))
    assert status == 200, answer
    return json.loads(answer)["actions"]


def _answer(request: urllib.request.Request) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read()


def payload(name: str, *arguments: Any, **more: Any) -> bytes:
    """A call as xlwings' page sends it: every argument is rows of cells, None one that was left out."""
    body = {
        "client": "Office.js", "func_name": name, "args": arguments, "caller_address": "[book]Sheet1!A1",
        "runtime": "1.4", "version": "0", "culture_info_name": "en-US", **more,
    }  # fmt: skip
    return json.dumps(body).encode()


def call(name: str, *arguments: Any, **more: Any) -> Any:
    """The rows that a call gives."""
    status, body = post(payload(name, *arguments, **more))
    assert status == 200, body
    return json.loads(body)["result"]
