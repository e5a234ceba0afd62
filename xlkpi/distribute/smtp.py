"""Sending mails: only with settings from the environment, encrypted unless told otherwise, one recipient at a time."""

from __future__ import annotations

import os
import smtplib
import ssl
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from ipaddress import ip_address
from typing import Any, Literal, cast, get_args

from xlkpi.errors import DefinitionError, Problem
from xlkpi.objectives.audience import address

Security = Literal["starttls", "tls", "none"]
#: How far a mail is: about to be handed over, taken by the server, or surely not taken.
Stage = Literal["begun", "sent", "failed"]
_PORTS: Mapping[str, int] = {"starttls": 587, "tls": 465, "none": 25}
SECONDS = 30


@dataclass(frozen=True)
class Smtp:
    """How to reach the server that sends. The password never leaves this object but to the server."""

    host: str
    port: int
    sender: str
    security: Security = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)


def settings(environment: Mapping[str, str] | None = None) -> Smtp:
    """The settings in ``XLKPI_SMTP_*`` and ``XLKPI_MAIL_FROM``. Raises DefinitionError with all that is lacking."""
    env = os.environ if environment is None else environment
    host, sender = env.get("XLKPI_SMTP_HOST", "").strip(), env.get("XLKPI_MAIL_FROM", "").strip()
    security = env.get("XLKPI_SMTP_SECURITY", "").strip().lower() or "starttls"
    user, password = env.get("XLKPI_SMTP_USER", ""), env.get("XLKPI_SMTP_PASSWORD", "")
    problems = []
    lacking = [name for name, value in (("XLKPI_SMTP_HOST", host), ("XLKPI_MAIL_FROM", sender)) if not value]
    if lacking:
        problems.append(Problem("smtp_missing", {"names": ", ".join(lacking)}))
    if sender and not _is_address(sender):
        problems.append(Problem("smtp_sender", {"value": " ".join(sender.split())[:80]}))
    if security not in get_args(Security):
        problems.append(Problem("smtp_security", {"value": security[:20], "known": ", ".join(get_args(Security))}))
        security = "starttls"
    port = env.get("XLKPI_SMTP_PORT", "").strip() or str(_PORTS[security])
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        problems.append(Problem("smtp_port", {"value": port[:20]}))
    if bool(user) != bool(password):
        problems.append(Problem("smtp_login"))
    elif password and security == "none" and not _is_here(host):
        problems.append(Problem("smtp_open_password"))
    if problems:
        raise DefinitionError(problems)
    return Smtp(host, int(port), sender, cast(Security, security), user, password)


def send(
    smtp: Smtp, recipients: Sequence[str], made: Callable[[str], EmailMessage], noted: Callable[[str, Stage], None]
) -> dict[str, Problem]:
    """Send each recipient a message of their own, and give the problems of those that failed.

    ``made`` makes a recipient's message; ``noted`` is called before it is handed over and once it is known whether the
    server took it, which it is not where the connection breaks after that. One that fails does not stop the others,
    unless the server can't be reached at all.
    """
    failed: dict[str, Problem] = {}
    server: _Server | _TlsServer | None = None
    for number, recipient in enumerate(recipients):
        try:
            server = server or _connected(smtp)
        except (OSError, smtplib.SMTPException) as mistake:
            problem = Problem("smtp_unreachable", {"host": smtp.host, "reason": _reason(mistake, smtp)})
            failed |= dict.fromkeys(recipients[number:], problem)
            break
        mail = made(recipient)
        noted(recipient, "begun")
        server.given = False
        try:
            server.send_message(mail, address(smtp.sender)[1], [address(recipient)[1]])
        except (OSError, smtplib.SMTPException) as mistake:
            unknown = server.given and not isinstance(mistake, smtplib.SMTPResponseException)
            code = "smtp_unknown" if unknown else "smtp_refused"
            failed[recipient] = Problem(code, {"recipient": recipient, "reason": _reason(mistake, smtp)})
            if not unknown:
                noted(recipient, "failed")
            if not isinstance(mistake, smtplib.SMTPRecipientsRefused):
                _closed(server)
                server = None
        else:
            noted(recipient, "sent")
    if server is not None:
        _closed(server)
    return failed


class _Server(smtplib.SMTP):
    """A connection that tells whether the text of a mail was ``given`` to the server."""

    given = False

    def data(self, msg: Any) -> tuple[int, bytes]:
        self.given = True
        return super().data(msg)


class _TlsServer(smtplib.SMTP_SSL):
    """The same, encrypted from the first byte."""

    given = False

    def data(self, msg: Any) -> tuple[int, bytes]:
        self.given = True
        return super().data(msg)


def _connected(smtp: Smtp) -> _Server | _TlsServer:
    context = ssl.create_default_context()
    server: _Server | _TlsServer
    if smtp.security == "tls":
        server = _TlsServer(smtp.host, smtp.port, timeout=SECONDS, context=context)
    else:
        server = _Server(smtp.host, smtp.port, timeout=SECONDS)
    try:
        if smtp.security == "starttls":
            server.starttls(context=context)
        if smtp.user:
            server.login(smtp.user, smtp.password)
    except BaseException:
        server.close()
        raise
    return server


def _closed(server: smtplib.SMTP) -> None:
    with suppress(OSError, smtplib.SMTPException):
        server.quit()
    server.close()


def _reason(mistake: Exception, smtp: Smtp) -> str:
    """What the server said, without control characters and without the password."""
    if isinstance(mistake, smtplib.SMTPRecipientsRefused):
        code, words = next(iter(mistake.recipients.values()))
        told = f"{code} {words.decode('utf-8', 'replace')}"
    elif isinstance(mistake, smtplib.SMTPResponseException):
        error = mistake.smtp_error
        told = f"{mistake.smtp_code} {error.decode('utf-8', 'replace') if isinstance(error, bytes) else error}"
    else:
        told = str(mistake) or type(mistake).__name__
    if smtp.password:
        told = told.replace(smtp.password, "***")
    return "".join(c if c.isprintable() else " " for c in told)[:200].strip()


def _is_address(given: str) -> bool:
    try:
        address(given)
    except ValueError:
        return False
    return True


def _is_here(host: str) -> bool:
    """Whether a host is this machine."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"
