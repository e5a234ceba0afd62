"""Sending: never unasked, encrypted by default, each recipient once, and no secret in what is said."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.distributions import AUDIENCES, TODAY, project
from tests.smtp_server import certificate, serving
from xlkpi.cli import run
from xlkpi.distribute.run import Distribution, distribute
from xlkpi.distribute.smtp import Smtp, settings
from xlkpi.errors import DefinitionError
from xlkpi.objectives import Project

SMALL = AUDIENCES.replace("workbook, html, mail", "html, mail").replace("values_only, html, mail", "html, mail")
ENVIRONMENT = {"XLKPI_SMTP_HOST": "127.0.0.1", "XLKPI_MAIL_FROM": "Rapports <r@example.org>"}


@pytest.fixture
def known(tmp_path: Path) -> Project:
    return project(tmp_path / "project", SMALL)


def to(port: int, **changes: str) -> Smtp:
    return replace(settings({**ENVIRONMENT, "XLKPI_SMTP_SECURITY": "none", **changes}), port=port)


def sent(known: Project, smtp: Smtp | None, folder: Path, *, due: bool = False) -> Distribution:
    return distribute(known, folder, smtp=smtp, today=TODAY, due=due)


def with_recipients(known: Project, *recipients: str) -> Project:
    nord = replace(known.audiences["nord"], recipients=recipients)
    return replace(known, audiences={**known.audiences, "nord": nord})


def test_each_recipient_gets_a_message_of_their_own(known: Project, tmp_path: Path) -> None:
    with serving() as server:
        made = sent(known, to(server.port), tmp_path)
    assert made.ok
    assert [recipient for _, recipient, _ in server.mails] == ["a@example.org", "b@example.org", "c@example.org"]
    assert {sender for sender, _, _ in server.mails} == {"FROM:<r@example.org>"}
    mail = server.mails[1][2]
    assert mail["To"] == "Bé <b@example.org>"
    assert mail["From"] == "Rapports <r@example.org>"
    assert "X-Unsent" not in mail
    assert "a@example.org" not in mail.as_string()


def test_a_second_time_nothing_is_sent_twice_in_a_period(known: Project, tmp_path: Path) -> None:
    with serving() as server:
        sent(known, to(server.port), tmp_path)
        sent(known, to(server.port), tmp_path)
        again = sent(known, to(server.port), tmp_path, due=True)
        assert [outcome.state for outcome in again.outcomes] == ["not_due", "not_due"]
        assert len(server.mails) == 3
        later = distribute(known, tmp_path, smtp=to(server.port), today=TODAY.replace(day=13), due=True)
        assert [outcome.state for outcome in later.outcomes] == ["made", "not_due"]
        assert len(server.mails) == 5


def test_of_two_runs_at_once_the_second_refuses_and_nothing_is_sent_twice(
    known: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving() as server:
        for name, value in {**ENVIRONMENT, "XLKPI_SMTP_PORT": str(server.port), "XLKPI_SMTP_SECURITY": "none"}.items():
            monkeypatch.setenv(name, value)
        command = ["distribute", str(known.folder / "maison.yaml"), "--send", "-o", str(tmp_path / "out")]
        server.free.clear()
        first = subprocess.Popen([sys.executable, "-m", "xlkpi", *command], stdout=subprocess.DEVNULL)
        try:
            assert server.asked.wait(60)
            assert run([*command, "--language", "en"]) == 1
            assert "made and sent nothing" in capsys.readouterr().err
            assert run([*command, "--dry-run"]) == 0  # writes nothing, and may look
        finally:
            server.free.set()
        assert first.wait(60) == 0
        assert run(command) == 0
        assert sorted(recipient for _, recipient, _ in server.mails) == [
            "a@example.org",
            "b@example.org",
            "c@example.org",
        ]
    assert [path.name for path in (tmp_path / "out").iterdir() if path.name.startswith(".")] == []


def test_one_that_fails_does_not_stop_the_others_and_is_tried_again(known: Project, tmp_path: Path) -> None:
    several = with_recipients(known, "refused@example.org", "broken@example.org", "good@example.org")
    with serving() as server:
        made = sent(several, to(server.port), tmp_path)
        assert not made.ok
        assert made.outcomes[0].sent == ["good@example.org"]
        assert made.outcomes[1].sent == ["c@example.org"]
        told = [problem.text("fr") for problem in made.outcomes[0].problems]
        assert len(told) == 2
        assert "refused@example.org" in told[0]
        assert "550 nobody of that name" in told[0]
        better = with_recipients(known, "good@example.org", "better@example.org")
        again = sent(better, to(server.port), tmp_path, due=True)
    assert again.outcomes[0].sent == ["better@example.org"]
    assert [recipient for _, recipient, _ in server.mails] == [
        "good@example.org",
        "c@example.org",
        "better@example.org",
    ]


def test_a_mail_of_which_nobody_knows_whether_it_arrived_is_sent_again_only_when_asked_for(
    known: Project, tmp_path: Path
) -> None:
    several = with_recipients(known, "Lo <lost@example.org>", "good@example.org")
    with serving() as server:
        made = sent(several, to(server.port), tmp_path)
        assert made.outcomes[0].sent == ["good@example.org"]
        assert "Lo <lost@example.org>" in made.outcomes[0].problems[0].text("en")
        assert "--resend" in made.outcomes[0].problems[0].text("en")
        arrived = [recipient for _, recipient, _ in server.mails]
        assert arrived == ["lost@example.org", "good@example.org", "c@example.org"]
        again = sent(several, to(server.port), tmp_path, due=True)
        assert [outcome.state for outcome in again.outcomes] == ["not_due", "not_due"]
        assert "--resend lost@example.org" in again.outcomes[0].problems[0].text("en")
        assert sent(several, None, tmp_path, due=True).ok  # it is about sending alone
        assert len(server.mails) == 3
        with pytest.raises(DefinitionError, match=r"good@example\.org"):
            distribute(several, tmp_path, smtp=to(server.port), today=TODAY, resend=["god@example.org"])
        asked = distribute(several, tmp_path, smtp=to(server.port), today=TODAY, due=True, resend=["lost@example.org"])
        assert asked.outcomes[0].state == "made"
        assert [recipient for _, recipient, _ in server.mails[3:]] == ["lost@example.org"]
        later = distribute(several, tmp_path, smtp=to(server.port), today=TODAY.replace(day=13), due=True)
        assert [recipient for _, recipient, _ in server.mails[4:]] == ["lost@example.org", "good@example.org"]
        assert later.outcomes[0].sent == ["good@example.org"]


def test_a_run_that_is_killed_while_a_mail_is_under_way_does_not_send_it_twice(
    known: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = known.folder / "maison.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("a@example.org", "held@example.org"), encoding="utf-8")
    with serving() as server:
        for name, value in {**ENVIRONMENT, "XLKPI_SMTP_PORT": str(server.port), "XLKPI_SMTP_SECURITY": "none"}.items():
            monkeypatch.setenv(name, value)
        command = ["distribute", str(file), "--send", "-o", str(tmp_path / "out"), "--language", "en"]
        server.free.clear()
        first = subprocess.Popen([sys.executable, "-m", "xlkpi", *command], stdout=subprocess.DEVNULL)
        try:
            assert server.asked.wait(60)
        finally:
            first.kill()
            first.wait(60)
            server.free.set()
        assert [recipient for _, recipient, _ in server.mails] == ["held@example.org"]
        assert run(command) == 1
        assert "--resend held@example.org" in " ".join(capsys.readouterr().err.split())
        arrived = [recipient for _, recipient, _ in server.mails]
        assert arrived == ["held@example.org", "b@example.org", "c@example.org"]
        assert run([*command, "--resend", "held@example.org"]) == 0
        assert [recipient for _, recipient, _ in server.mails[3:]] == ["held@example.org"]


def test_who_is_named_twice_or_gets_another_name_gets_one_mail(known: Project, tmp_path: Path) -> None:
    with serving() as server:
        sent(with_recipients(known, "a@example.org", "A <A@example.org>", "a@example.org"), to(server.port), tmp_path)
        sent(with_recipients(known, "Anne <a@example.org>"), to(server.port), tmp_path)
    assert [recipient for _, recipient, _ in server.mails] == ["a@example.org", "c@example.org"]


def test_a_server_that_is_not_there_is_told_once_and_the_packages_are_made(known: Project, tmp_path: Path) -> None:
    with serving() as server:
        port = server.port
    made = sent(known, to(port), tmp_path)
    assert [len(outcome.problems) for outcome in made.outcomes] == [1, 1]
    assert "127.0.0.1" in made.outcomes[0].problems[0].text("en")
    assert all(path.is_file() for outcome in made.outcomes for path in outcome.files)


def test_a_certificate_that_nobody_vouches_for_is_refused_before_anything_is_said(
    known: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, file = certificate(tmp_path)
    login = {"XLKPI_SMTP_HOST": "localhost", "XLKPI_SMTP_SECURITY": "starttls", "XLKPI_SMTP_USER": "me",
             "XLKPI_SMTP_PASSWORD": "hush-hush"}  # fmt: skip
    with serving(context) as server:
        made = sent(known, to(server.port, **login), tmp_path / "out")
        assert not made.ok
        assert (server.mails, server.logins) == ([], [])
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        assert sent(known, to(server.port, **login), tmp_path / "out").ok
    assert server.encrypted
    assert base64.b64decode(server.logins[0].split()[-1]) == b"\0me\0hush-hush"
    assert len(server.mails) == 3


def test_without_encryption_offered_nothing_is_sent(known: Project, tmp_path: Path) -> None:
    with serving() as server:
        made = sent(known, to(server.port, XLKPI_SMTP_SECURITY="starttls"), tmp_path)
    assert not made.ok
    assert server.mails == []


def test_the_password_is_in_no_message_and_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    project(tmp_path, SMALL)
    with serving() as server:
        server.login_answer = "535 wrong password hush-hush for me"
        for name, value in {**ENVIRONMENT, "XLKPI_SMTP_PORT": str(server.port), "XLKPI_SMTP_SECURITY": "none",
                            "XLKPI_SMTP_USER": "me", "XLKPI_SMTP_PASSWORD": "hush-hush"}.items():  # fmt: skip
            monkeypatch.setenv(name, value)
        assert run(["distribute", str(tmp_path / "maison.yaml"), "--send", "--json"]) == 1
    told = capsys.readouterr()
    assert "535" in told.err
    assert "hush-hush" not in told.out + told.err + repr(settings())
    held = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"hush-hush" not in held


def test_nothing_is_sent_without_being_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    project(tmp_path, SMALL)
    with serving() as server:
        for name, value in {**ENVIRONMENT, "XLKPI_SMTP_PORT": str(server.port), "XLKPI_SMTP_SECURITY": "none"}.items():
            monkeypatch.setenv(name, value)
        assert run(["distribute", str(tmp_path / "maison.yaml"), "--language", "en"]) == 0
        assert run(["distribute", str(tmp_path / "maison.yaml"), "--send", "--dry-run", "--language", "en"]) == 0
        assert server.mails == []
    told = capsys.readouterr().out
    assert "Nothing was sent" in told
    assert "would send to: a@example.org, Bé <b@example.org>" in told
    manifest = json.loads((tmp_path / "distribution" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["audiences"]["nord"]["sent"] == {}


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({"XLKPI_SMTP_HOST": "", "XLKPI_MAIL_FROM": ""}, ["smtp_missing"]),
        ({"XLKPI_MAIL_FROM": "me"}, ["smtp_sender"]),
        ({"XLKPI_MAIL_FROM": "a@b.org\nBcc: x@y.org"}, ["smtp_sender"]),
        ({"XLKPI_SMTP_SECURITY": "ssl"}, ["smtp_security"]),
        ({"XLKPI_SMTP_PORT": "smtp"}, ["smtp_port"]),
        ({"XLKPI_SMTP_PORT": "70000", "XLKPI_SMTP_USER": "me"}, ["smtp_port", "smtp_login"]),
        ({"XLKPI_SMTP_HOST": "mail.example.org", "XLKPI_SMTP_SECURITY": "none", "XLKPI_SMTP_USER": "me",
          "XLKPI_SMTP_PASSWORD": "x"}, ["smtp_open_password"]),
    ],
)  # fmt: skip
def test_settings_that_do_not_do_are_told(changes: dict[str, str], codes: list[str]) -> None:
    with pytest.raises(DefinitionError) as told:
        settings({**ENVIRONMENT, **changes})
    assert [problem.code for problem in told.value.problems] == codes


@pytest.mark.parametrize(("security", "port"), [("", 587), ("starttls", 587), ("tls", 465), ("none", 25)])
def test_the_port_follows_from_the_security(security: str, port: int) -> None:
    assert settings({**ENVIRONMENT, "XLKPI_SMTP_SECURITY": security}).port == port
