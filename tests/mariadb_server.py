"""A MariaDB server of our own, which speaks MySQL's language: in a temporary folder, on the loopback address."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

USER = "reader"
#: Characters that an address must escape.
PASSWORD = "p@ss/w:rd %41+?#"
_PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/libexec"])


@dataclass(frozen=True)
class Server:
    """A running server with one database, ``web``; the password is not part of ``url``."""

    port: int

    @property
    def url(self) -> str:
        return f"mysql://{USER}:${{XLKPI_TEST_PASSWORD}}@127.0.0.1:{self.port}/web"


def missing() -> str | None:
    """What lacks for a server, and how to get it."""
    lacking = [name for name in ("mariadbd", "mariadb-install-db") if not shutil.which(name, path=_PATH)]
    return f"{' and '.join(lacking)} not found: apt-get install mariadb-server" if lacking else None


@contextmanager
def server() -> Iterator[Server]:
    """Start a server and stop it at the end."""
    daemon, install = (shutil.which(name, path=_PATH) for name in ("mariadbd", "mariadb-install-db"))
    assert daemon
    assert install
    folder = Path(tempfile.mkdtemp(prefix="xlkpi-mariadb-"))
    common = [
        "--no-defaults",
        f"--datadir={folder}/data",
        f"--user={getpass.getuser()}",
        f"--basedir={Path(daemon).parents[1]}",
    ]
    try:
        made = subprocess.run(
            [install, *common, "--skip-test-db"], capture_output=True, text=True, check=False, timeout=120
        )
        assert made.returncode == 0, made.stdout + made.stderr
        first = folder / "first.sql"
        first.write_text(
            "CREATE DATABASE web CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;\n"
            f"CREATE USER '{USER}'@'%' IDENTIFIED BY '{PASSWORD}';\nGRANT ALL ON web.* TO '{USER}'@'%';\n",
            encoding="utf-8",
        )
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        network = [f"--port={port}", "--bind-address=127.0.0.1", f"--socket={folder}/socket", f"--init-file={first}"]
        with (folder / "log").open("w+") as log:
            running = subprocess.Popen([daemon, *common, *network], stdout=log, stderr=log)
            try:
                _wait(running, port, folder / "log")
                yield Server(port)
            finally:
                running.kill()
                running.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _wait(running: subprocess.Popen[bytes], port: int, log: Path) -> None:
    for _ in range(300):
        assert running.poll() is None, log.read_text(encoding="utf-8", errors="replace")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError(log.read_text(encoding="utf-8", errors="replace"))
