"""A package as a mail: a message in text and HTML with its files attached, the same bytes but for its date and id."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid
from hashlib import sha256
from pathlib import Path

import xlkpi
from xlkpi.distribute.digest import Digest, Item
from xlkpi.distribute.page import html_page
from xlkpi.language import text
from xlkpi.objectives.audience import address

_KINDS = {
    ".xlsx": ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet"), ".pdf": ("application", "pdf"),
}  # fmt: skip


def message(
    digest: Digest, files: Sequence[Path], recipients: Sequence[str], now: datetime, sender: str = ""
) -> EmailMessage:
    """The mail of a package. Without a sender it is a draft, which mail programs open to be sent."""
    made = EmailMessage(policy=SMTP)
    made["Subject"] = " ".join(digest.subject.split())
    if sender:
        made["From"] = _address(sender)
    if recipients:
        made["To"] = tuple(_address(r) for r in recipients)
    made["Date"] = format_datetime(now)
    made["Message-ID"] = make_msgid(domain=_address(sender).domain if sender else "xlkpi.invalid")
    made["Content-Language"] = digest.language
    made["Auto-Submitted" if sender else "X-Unsent"] = "auto-generated" if sender else "1"
    made.set_content(plain_text(digest, [file.name for file in files]), cte="quoted-printable")
    made.add_alternative(html_page(digest), subtype="html", cte="quoted-printable")
    for file in files:
        main, sub = _KINDS[file.suffix]
        made.add_attachment(file.read_bytes(), maintype=main, subtype=sub, filename=file.name)
    # The standard library draws boundaries by lot.
    seed = sha256("\n".join([digest.subject, *(file.name for file in files)]).encode()).hexdigest()[:20]
    for number, part in enumerate(p for p in made.walk() if p.is_multipart()):
        part.set_boundary(f"=_xlkpi_{seed}_{number}")
    return made


def plain_text(digest: Digest, files: Sequence[str] = ()) -> str:
    """The digest for those who read mails as text."""
    return "\n".join(_lines(digest, files)) + "\n"


def _lines(digest: Digest, files: Sequence[str]) -> Iterator[str]:
    language = digest.language
    yield text("distribute.title", language, project=digest.project, audience=digest.audience)
    yield text("distribute.as_of", language, day=digest.as_of)
    yield from ("", digest.headline, "")
    yield "   ".join(f"{mark} {count} {word}" for mark, word, _, count in digest.counts)
    if digest.to_decide:
        yield from ("", text("distribute.decide", language).upper())
    for item in digest.to_decide:
        yield f"{item.mark} {item.name}"
        if item.decision:
            yield "  " + text("distribute.decision", language, words=item.decision)
        if item.action:
            yield "  " + text("distribute.next_action", language, words=item.action)
    for heading, items in digest.groups:
        yield from ("", heading.upper())
        for item in items:
            yield from _item(item)
    yield ""
    if files:
        yield text("distribute.attached", language, files=", ".join(files))
    if digest.sources:
        yield text("distribute.sources", language, names=digest.sources)
    yield text("distribute.made", language, version=xlkpi.__version__)


def _item(item: Item) -> Iterator[str]:
    target = f" ({item.target})" if item.target else ""
    yield ""
    yield f"{item.mark} {item.name} – {item.word}"
    yield f"  {item.actual}{target}" + (f", {item.change}" if item.change else "")
    for words in (item.why, item.outlook, item.trust, item.owner):
        if words:
            yield f"  {words}"


def _address(given: str) -> Address:
    name, spec = address(given)
    return Address(display_name=name, addr_spec=spec)
