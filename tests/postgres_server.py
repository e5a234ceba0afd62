"""A PostgreSQL server of our own: in a temporary folder, on the loopback address, stopped afterwards."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

USER = "reader"
#: Characters that an address must escape.
PASSWORD = "p@ss/w:rd %41+&é?#"


@dataclass(frozen=True)
class Server:
    """A running server with one database, ``postgres``; the password is not part of ``url``."""

    port: int
    binaries: Path

    @property
    def url(self) -> str:
        return f"postgres://{USER}:${{XLKPI_TEST_PASSWORD}}@127.0.0.1:{self.port}/postgres"


def binaries() -> Path | None:
    """The folder of ``initdb`` and ``pg_ctl``; Debian keeps them off the PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).parent if on_path else None


def missing() -> str | None:
    """What lacks for a server, and how to get it."""
    if binaries() is None:
        return "PostgreSQL is not installed: apt-get install postgresql (or your system's package)"
    if os.name == "posix" and os.geteuid() == 0 and not shutil.which("runuser"):
        return "PostgreSQL does not run as root, and there is no runuser: run the tests as another user"
    return None


@contextmanager
def server() -> Iterator[Server]:
    """Start a server and stop it at the end."""
    programs = binaries()
    assert programs is not None
    folder = Path(tempfile.mkdtemp(prefix="xlkpi-postgres-"))
    root = os.geteuid() == 0
    as_user = ["runuser", "-u", "postgres", "--"] if root else []
    (folder / "password").write_text(PASSWORD + "\n", encoding="utf-8")
    if root:
        for path in (folder, folder / "password"):
            shutil.chown(path, "postgres", "postgres")

    def run(*command: str) -> None:
        # pg_ctl's server keeps the output open, so it must not be a pipe.
        with (folder.parent / f"{folder.name}.out").open("w+") as out:
            done = subprocess.run([*as_user, *command], cwd=folder, stdout=out, stderr=out, check=False, timeout=120)
            out.seek(0)
            assert done.returncode == 0, out.read()

    data = str(folder / "data")
    try:
        run(
            str(programs / "initdb"),
            "-D",
            data,
            "-U",
            USER,
            "--pwfile",
            str(folder / "password"),
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
        )
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        options = f"-h 127.0.0.1 -p {port} -k {folder} -F"
        run(str(programs / "pg_ctl"), "-D", data, "-w", "-l", str(folder / "log"), "-o", options, "start")
        try:
            yield Server(port, programs)
        finally:
            run(str(programs / "pg_ctl"), "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        (folder.parent / f"{folder.name}.out").unlink(missing_ok=True)
