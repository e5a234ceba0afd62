"""The line that tells what is being read: on a terminal only, after a second, with its rate, and gone at the end."""

from __future__ import annotations

import io
import time

import pytest

from xlkpi.cli_check import progress_bar
from xlkpi.language import languages, text


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_nothing_is_shown_where_nobody_watches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", io.StringIO())
    assert progress_bar() is None


def test_what_takes_less_than_a_second_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Terminal()
    monkeypatch.setattr("sys.stderr", screen)
    show = progress_bar()
    assert show is not None
    for done, size in ((1, 10), (10, 10), (0, 0)):
        show("ads", done, size)
    assert screen.getvalue() == ""


def test_the_rate_is_shown_while_bytes_are_read_and_while_columns_are(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Terminal()
    monkeypatch.setattr("sys.stderr", screen)
    show = progress_bar()
    assert show is not None
    show("ads", 0, 40_000_000)
    time.sleep(1.05)
    show("ads", 20_000_000, 40_000_000)
    assert "ads" in screen.getvalue()
    assert "50" in screen.getvalue()
    screen.truncate(0)
    show("ads", 40_000_000, 40_000_000)
    time.sleep(0.8)
    assert "ads" in screen.getvalue()
    show("ads", 0, 0)
    assert screen.getvalue().endswith("\r\x1b[K")
    for language in languages():
        assert "7.5" in text("check.understanding", language, name="ads", seconds=3, rate="7.5")
