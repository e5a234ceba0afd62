"""YAML that a person wrote: plain data with line numbers, whatever a hostile or careless file holds."""

from __future__ import annotations

import math
import time
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xlkpi.documents import MAX_BYTES, parse, read
from xlkpi.errors import DefinitionError, Problem


def refused(text: str) -> list[Problem]:
    with pytest.raises(DefinitionError) as caught:
        parse(text, "own.yaml")
    for problem in caught.value.problems:
        assert problem.place.file == "own.yaml"
        assert all(problem.text(language) for language in ("fr", "en"))
    return list(caught.value.problems)


BOMB = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 10)}]\n" for i in range(9)
)


@pytest.mark.parametrize(
    ("text", "code", "line", "key"),
    [
        ("", "file_empty", None, None),
        ("# a comment\n", "file_empty", None, None),
        ("---\n", "file_empty", None, None),
        ("~", "file_empty", None, None),
        (BOMB, "yaml_bomb", None, None),
        ("a: &x [*x]", "yaml_loop", None, None),
        ("a: &x {b: *x}", "yaml_loop", None, None),
        ("a: 1\nb: 2\na: 3", "yaml_duplicate_key", 3, "a"),
        ('a: 1\n"a": 3', "yaml_duplicate_key", 2, "a"),
        ("1: a\n'1': b", "yaml_duplicate_key", 2, "1"),
        ("a:\n  b: {c: 1, c: 2}", "yaml_duplicate_key", 2, "a.b.c"),
        ("a:\n\tb: 1", "yaml_tab", 2, None),
        ("a: 1\nb: !!python/object/apply:os.system [ls]", "yaml_tag", 2, "b"),
        ("a: !!python/object:os.x {b: 1}", "yaml_tag", 1, "a"),
        ("!!python/object:os.x {b: 1}", "yaml_tag", 1, None),
        ("!!python/name:os.system x: 1", "yaml_tag", 1, None),
        ("a: !!python/name:os.system ''", "yaml_tag", 1, "a"),
        ("a: !mine b", "yaml_tag", 1, "a"),
        ("a: !!set {b, c}", "yaml_tag", 1, "a"),
        ("a: !!binary aGk=", "yaml_tag", 1, "a"),
        ("a: !!map [1]", "yaml_tag", 1, "a"),
        ("b: &b {x: 1}\na:\n  <<: *b", "yaml_merge_key", 3, "a"),
        ("? [a]\n: 1", "yaml_key_not_text", 1, None),
        ("a: 2026-02-30", "yaml_bad_value", 1, "a"),
        ("a: !!int 0x1F", "yaml_bad_value", 1, "a"),
        ("a: " + "9" * 301, "yaml_bad_value", 1, "a"),
        ("a: 1e400", "yaml_bad_value", 1, "a"),
        ("a: [1, 2\nb: 3", "yaml_syntax", 2, None),
        ("a: b: c", "yaml_syntax", 1, None),
        ("a: 1\n---\nb: 2", "yaml_syntax", 2, None),
        ("a: *nothing", "yaml_syntax", 1, None),
        ('a: "\\ud800"', "yaml_syntax", 1, None),
        ("a: \x07", "yaml_syntax", None, None),
        ("a: \0", "yaml_syntax", None, None),
        ("a: \ud800", "file_not_utf8", None, None),
        ("[" * 102 + "]" * 102, "yaml_too_deep", None, None),
        ("[" * 1_000_000, "yaml_too_deep", None, None),
        ("- " * 1_000_000, "yaml_too_deep", None, None),
        ("{a: " * 200_000, "yaml_too_deep", None, None),
        ("".join("  " * i + "a:\n" for i in range(150)), "yaml_too_deep", None, None),
        ("a" * (MAX_BYTES + 1), "file_too_large", None, None),
    ],
    ids=lambda value: repr(value)[:30] if isinstance(value, str) else None,
)
def test_a_bad_file_is_refused_at_its_line(text: str, code: str, line: int | None, key: str | None) -> None:
    started = time.process_time()
    problem = refused(text)[0]
    assert time.process_time() - started < 3
    assert (problem.code, problem.place.line, problem.place.key) == (code, line, key)


def test_all_mistakes_are_told_at_once() -> None:
    problems = refused("a: 1\na: 2\nb: !x 1\nc: 2026-13-01\nd: {e: 1, e: 2}")
    assert [(p.code, p.place.line) for p in problems] == [
        ("yaml_duplicate_key", 2), ("yaml_tag", 3), ("yaml_bad_value", 4), ("yaml_duplicate_key", 5),
    ]  # fmt: skip


def test_a_tab_is_shown_with_a_caret() -> None:
    assert refused("a:\n\tb: 1")[0].excerpt == "⇥b: 1\n^"


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("Non", "Non"), ("on", "on"), ("yes", "yes"), ("no", "no"), ("Off", "Off"), ("y", "y"), ("oui", "oui"),
        ("tRuE", "tRuE"),
        ("true", True), ("FALSE", False), ("~", None), ("null", None), ("", None), ("'null'", "null"),
        ("!!str 12", "12"),
        ("12", 12), ("+5", 5), ("-0", 0), ("0123", 123), ("1e3", 1000.0), (".5", 0.5), ("1.", 1.0),
        (".inf", math.inf),
        ("-.INF", -math.inf), ("1_000", "1_000"), ("0x10", "0x10"), ("1,5", "1,5"), ("12:30:45", "12:30:45"),
        ("1 000", "1 000"), ("2026-12-31", date(2026, 12, 31)), ("'2026-12-31'", "2026-12-31"),
        ("2026-1-1", "2026-1-1"),
        ("2026-12-31T10:00:00", "2026-12-31T10:00:00"), ("[1, [2]]", (1, (2,))), ("{}", {}),
        ("9" * 299, int("9" * 299)),
        ("!!float 1", 1.0), ("é’“", "é’“"), ("|\n  deux\n  lignes", "deux\nlignes"),
    ],
    ids=repr,
)  # fmt: skip
def test_scalars_mean_what_a_person_means(written: str, value: Any) -> None:
    found = parse(f"key: {written}", "own.yaml").data["key"]
    assert found == value
    assert type(found) is type(value)


def test_not_a_number_is_read() -> None:
    assert math.isnan(parse("a: .NaN", "f").data["a"])


def test_an_alias_within_reason_is_read() -> None:
    assert parse("a: &x {b: 1}\nc: *x", "f").data == {"a": {"b": 1}, "c": {"b": 1}}


def test_every_value_has_its_line_and_an_absent_one_its_parents() -> None:
    document = parse("a:\n  b: 1\n  c:\n    - x\n    - d: 2\n", "own.yaml")
    assert document.place(("a", "c", 1, "d")).text("en") == "own.yaml:5: a.c[2].d"
    assert document.place(("a", "c", 0)).line == 4
    absent = document.place(("a", "nothing", "here"))
    assert (absent.line, absent.key) == (1, "a.nothing.here")


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_line_numbers_hold_for_every_line_end(newline: str) -> None:
    assert refused(newline.join(["a: 1", "# x", "", "b: !x 1"]))[0].place.line == 4


@pytest.mark.parametrize(
    ("content", "code"),
    [("a: é".encode("latin-1"), "file_not_utf8"), ("a: 1".encode("utf-16"), "file_not_utf8"), (b"", "file_empty"),
     (b"\xef\xbb\xbf", "file_empty"), (b"a: \xff\xfe", "file_not_utf8")],
)  # fmt: skip
def test_a_file_in_another_encoding_is_refused(tmp_path: Path, content: bytes, code: str) -> None:
    (tmp_path / "own.yaml").write_bytes(content)
    with pytest.raises(DefinitionError) as caught:
        read(tmp_path / "own.yaml")
    assert caught.value.problems[0].code == code


def test_a_byte_order_mark_is_skipped(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_bytes(b"\xef\xbb\xbfa: 1")
    assert read(tmp_path / "own.yaml").data == {"a": 1}


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("absent.yaml", "file_not_found"),
        (".", "file_unreadable"),
        ("a\0b", "file_not_found"),
        ("x" * 5000, "file_unreadable"),
    ],
)
def test_a_path_without_a_file_is_told_in_words(tmp_path: Path, name: str, code: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        read(tmp_path / name)
    assert caught.value.problems[0].code == code
    assert "\0" not in caught.value.text("fr")


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="needs a device without an end")
def test_a_device_without_an_end_is_refused() -> None:
    with pytest.raises(DefinitionError) as caught:
        read("/dev/zero")
    assert caught.value.problems[0].code == "file_too_large"


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="ab:-[]{}&*!|>#'\"%@`?,\n\t 01.é<~", max_size=60))
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    try:
        parse(text, "f")
    except DefinitionError as mistake:
        problems = mistake.problems
    else:
        return
    assert all(problem.text("fr") for problem in problems)
