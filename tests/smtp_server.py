"""A mail server on loopback that takes what it is sent and keeps it, with or without TLS."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from tests.engines import require


@dataclass
class Server:
    """What arrived: envelopes (from, to, message), logins as sent, and whether the last session was encrypted.

    Recipients beginning with ``refused`` are refused; the session of one beginning with ``broken`` is cut, and that of
    one beginning with ``lost`` when the mail is kept, before saying so. ``asked`` is set by the first mail; while
    ``free`` is not set, mails wait, those to ``held`` when they are kept.
    """

    port: int = 0
    mails: list[tuple[str, str, EmailMessage]] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    encrypted: bool = False
    context: ssl.SSLContext | None = None
    login_answer: str = "235 welcome"
    asked: threading.Event = field(default_factory=threading.Event)
    free: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.free.set()

    def wait(self) -> None:
        self.asked.set()
        self.free.wait(30)

    def session(self, connection: socket.socket) -> None:
        file = connection.makefile("rwb")
        sender = recipient = ""

        def say(line: str) -> None:
            file.write(line.encode() + b"\r\n")
            file.flush()

        say("220 here")
        while line := file.readline():
            word, _, rest = line.decode("utf-8", "replace").strip().partition(" ")
            word = word.upper()
            if word == "EHLO":
                say("250-here\r\n250-AUTH PLAIN\r\n" + ("250-STARTTLS\r\n" if self.context else "") + "250 8BITMIME")
            elif word == "STARTTLS" and self.context:
                say("220 go")
                file.close()
                connection = self.context.wrap_socket(connection, server_side=True)
                file, self.encrypted = connection.makefile("rwb"), True
            elif word == "AUTH":
                self.logins.append(rest)
                say(self.login_answer)
            elif word == "MAIL":
                sender = rest
                say("250 ok")
            elif word == "RCPT":
                recipient = rest.partition("<")[2].partition(">")[0]
                if not recipient.startswith("held"):
                    self.wait()
                if recipient.startswith("broken"):
                    break
                say("550 nobody of that name" if recipient.startswith("refused") else "250 ok")
            elif word == "DATA":
                say("354 go on")
                lines = []
                while (line := file.readline()) not in (b".\r\n", b""):
                    lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
                mail = message_from_bytes(b"".join(lines), policy=default)
                self.mails.append((sender, recipient, mail))
                if recipient.startswith("lost"):
                    break
                if recipient.startswith("held"):
                    self.wait()
                say("250 kept")
            elif word == "QUIT":
                say("221 bye")
                break
            else:
                say("250 ok")
        with suppress(OSError):
            file.close()
        connection.close()


@contextmanager
def serving(context: ssl.SSLContext | None = None) -> Iterator[Server]:
    """A server that runs until the block ends."""
    server = Server(context=context)
    listener = socket.create_server(("127.0.0.1", 0))
    server.port = listener.getsockname()[1]

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connection.settimeout(20)
            with suppress(OSError, ssl.SSLError):
                server.session(connection)
            connection.close()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(timeout=5)


def certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """A context of a server for ``localhost``, and the file of the certificate that a client has to trust."""
    if shutil.which("openssl") is None:
        require("openssl is not installed")
    key, made = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(made)],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made, key)
    return context, made
