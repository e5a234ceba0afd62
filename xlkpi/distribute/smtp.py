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
from typing import Literal, cast, get_args

from xlkpi.errors import DefinitionError, Problem
from xlkpi.objectives.audience import address

Security = Literal["starttls", "tls", "none"]
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
    smtp: Smtp, recipients: Sequence[str], made: Callable[[str], EmailMessage], sent: Callable[[str], None]
) -> dict[str, Problem]:
    """Send each recipient a message of their own, and give the problems of those that failed.

    ``made`` makes a recipient's message; ``sent`` is called once the server took it. One that fails does not stop the
    others, unless the server can't be reached at all.
    """
    failed: dict[str, Problem] = {}
    server: smtplib.SMTP | None = None
    for number, recipient in enumerate(recipients):
        try:
            server = server or _connected(smtp)
        except (OSError, smtplib.SMTPException) as mistake:
            problem = Problem("smtp_unreachable", {"host": smtp.host, "reason": _reason(mistake, smtp)})
            failed |= dict.fromkeys(recipients[number:], problem)
            break
        try:
            server.send_message(made(recipient), address(smtp.sender)[1], [address(recipient)[1]])
        except (OSError, smtplib.SMTPException) as mistake:
            failed[recipient] = Problem("smtp_refused", {"recipient": recipient, "reason": _reason(mistake, smtp)})
            if not isinstance(mistake, smtplib.SMTPRecipientsRefused):
                _closed(server)
                server = None
        else:
            sent(recipient)
    if server is not None:
        _closed(server)
    return failed


def _connected(smtp: Smtp) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if smtp.security == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(smtp.host, smtp.port, timeout=SECONDS, context=context)
    else:
        server = smtplib.SMTP(smtp.host, smtp.port, timeout=SECONDS)
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
