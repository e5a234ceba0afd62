"""Texts: the same in every language, written as each language writes, and the system's language found."""

from __future__ import annotations

import re
import string
from typing import Any

import pytest

from xlkpi.language import current, has_text, languages, set_language, system_language, text, texts, use

#: Code in a text: kept out of the rules of typography.
CODE = re.compile(
    r"https?:\S+|\{[^}]*\}|\b[\w.]+:(?= |$|,|\)|\.\.\.)|#[A-Z/0]+[!?]|%[dmYHMSBbAa]|[\w.]+\([^)]*\)|\[[^\]]*\]|@\w+"
)


def fields_of(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


def pairs() -> list[tuple[str, str, str]]:
    return [(key, texts("en")[key], texts("fr")[key]) for key in texts("en") if key in texts("fr")]


def test_there_are_french_and_english() -> None:
    assert languages() == ("en", "fr")


def test_every_language_has_the_same_keys() -> None:
    english_excel = ("excel.functions.", "excel.errors.")  # a file holds these words as an English Excel shows them
    keys = {lang: {k for k in texts(lang) if not k.startswith(english_excel)} for lang in languages()}
    for language in languages():
        assert keys[language] ^ keys["en"] == set()


def test_every_language_has_the_same_placeholders() -> None:
    differing = [key for key, en, fr in pairs() if isinstance(en, str) and _fields(en) != _fields(fr)]
    assert differing == []


def _fields(template: Any) -> set[str]:
    try:
        return fields_of(str(template))
    except ValueError:
        return {"unreadable"}


def test_every_text_is_filled_in_and_not_empty() -> None:
    empty = [
        (lang, key) for lang in languages() for key, value in texts(lang).items() if value is None or value in ((), [])
    ]
    assert empty == []


def test_every_problem_says_what_is_wrong_and_what_to_write() -> None:
    codes = {key.split(".")[1] for key in texts("en") if key.startswith("problem.")}
    assert codes
    for code in codes:
        values = {name: "x" for end in ("wrong", "fix") for name in _fields(texts("en")[f"problem.{code}.{end}"])}
        for language in languages():
            for end in ("wrong", "fix"):
                shown = text(f"problem.{code}.{end}", language, **values)
                assert shown
                assert "{{" not in shown
                assert "}}" not in shown


def test_a_text_without_placeholders_shows_its_braces_once() -> None:
    assert "{date: " in text("problem.objective_curve_point.fix", "en")
    assert "{{" not in text("problem.objective_curve_point.fix", "fr")


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_placeholder_may_have_the_name_of_a_parameter(language: str) -> None:
    assert "a.b" in text("problem.yaml_duplicate_key.wrong", language, key="a.b", first=3)
    assert "fr" in text("problem.kpi_translation.wrong", language, language="fr")


def typed(value: str) -> str:
    return CODE.sub("x", value)


def test_french_has_no_straight_apostrophes() -> None:
    assert [k for k, _, fr in pairs() if isinstance(fr, str) and re.search(r"[^\W\d]'[^\W\d]", typed(fr))] == []


def test_french_has_no_break_spaces_before_double_punctuation() -> None:
    """A narrow one before ; ! ? and %, a full one before the colon and inside guillemets; never a plain one."""
    wrong = {
        key: fr
        for key, _, fr in pairs()
        if isinstance(fr, str)
        and (re.search(r"[ \u00a0][;!?%]|[ \u202f]:(?!//)|« |[ \u202f]»|«[^\u00a0]|[^\u00a0]»", typed(fr)))
    }
    assert wrong == {}


def test_english_has_no_space_before_punctuation_and_no_french_quotes() -> None:
    wrong = {k: en for k, en, _ in pairs() if isinstance(en, str) and not k.startswith(("unit.", "input."))
             and re.search(r"\w[ \u00a0\u202f][;!?](\s|$)|[«»]", typed(en))}  # fmt: skip
    assert wrong == {}


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({"LANG": "fr_FR.UTF-8"}, "fr"), ({"LANG": "fr_CA.UTF-8"}, "fr"), ({"LANG": "fr"}, "fr"),
        ({"LANG": "FR"}, "fr"),
        ({"LANG": "French_France.1252"}, "fr"), ({"LANG": "C"}, "en"), ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "POSIX"}, "en"),
        ({}, "en"), ({"LANG": ""}, "en"), ({"LANG": "de_DE"}, "en"), ({"LC_ALL": "en_US", "LANG": "fr_FR"}, "en"),
        ({"LC_ALL": "", "LANG": "fr_FR"}, "fr"), ({"LC_MESSAGES": "fr_FR", "LANG": "en_US"}, "fr"),
        ({"LC_ALL": "C", "LANG": "fr_FR"}, "en"), ({"XLKPI_LANGUAGE": "fr", "LC_ALL": "en_US"}, "fr"),
        ({"XLKPI_LANGUAGE": "fr-CA"}, "fr"), ({"XLKPI_LANGUAGE": "de", "LANG": "fr_FR"}, "en"), ({"LANG": "f"}, "en"),
    ],
    ids=str,
)  # fmt: skip
def test_the_systems_language_is_found(
    environment: dict[str, str], language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xlkpi.language._windows_language", lambda: "")
    assert system_language(environment) == language


def test_a_language_holds_inside_its_block_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XLKPI_LANGUAGE", "en")
    with use("fr"):
        assert current() == "fr"
        with use(None):
            assert current() == "fr"
            set_language("en")
        assert current() == "fr"
    assert current() == "en"


def test_numbers_in_a_text_are_written_as_the_language_writes_them() -> None:
    assert "10\u202f000" in text("problem.formula_too_long.wrong", "fr", length=10_000, most=4_000)
    assert "10,000" in text("problem.formula_too_long.wrong", "en", length=10_000, most=4_000)


def test_an_unknown_key_is_no_text() -> None:
    assert not has_text("no.such.key", "fr")
    with pytest.raises(KeyError):
        text("no.such.key", "fr")


@pytest.mark.parametrize(
    ("language", "rows", "told"),
    [
        ("fr", 0, "0 ligne reprise"), ("fr", 1, "1 ligne reprise"), ("fr", 2, "2 lignes reprises"),
        ("en", 0, "0 rows carried over"), ("en", 1, "1 row carried over"), ("en", 1_200, "1,200 rows carried over"),
    ],
)  # fmt: skip
def test_the_word_that_goes_with_a_number_is_in_the_singular_or_in_the_plural(
    language: str, rows: int, told: str
) -> None:
    assert text("upgrade.rows", language, page="T", rows=rows).endswith(told)


def test_both_words_for_a_number_are_there_and_no_text_leaves_the_choice_to_the_reader() -> None:
    for language in languages():
        for key, value in texts(language).items():
            for _, name, spec, _ in string.Formatter().parse(value) if isinstance(value, str) and "|" in value else ():
                assert name is None or not spec or all(spec.partition("|")), key
            assert not re.search(r"\w\((?:s|x|e?s)\)", str(value)), key
