"""Models checked against plain data: every mistake at its line, in words, with what to write."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar, Literal

import pytest

from xlkpi.documents import parse
from xlkpi.errors import DefinitionError, Problem
from xlkpi.validation import STRICT, complaint, json_schema, nearest, validated


@dataclass(frozen=True)
class Part:
    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    date: date
    value: float | None = None
    str: bool = False


@dataclass(frozen=True)
class Whole:
    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    name: str
    count: int
    kind: Literal["reach", "increase", "decrease"] = "reach"
    parts: dict[str, Part] = field(default_factory=dict)
    listed: tuple[Part, ...] = ()
    either: float | tuple[float, ...] = 0.0
    one: Part | None = None

    def __post_init__(self) -> None:
        if self.count < 0:
            raise complaint("objective_priority", priority=self.count)


def problems(text: str, model: Any = Whole) -> list[Problem]:
    document = parse(text, "own.yaml")
    with pytest.raises(DefinitionError) as caught:
        validated(model, document.data, document)
    for problem in caught.value.problems:
        assert problem.place.file == "own.yaml"
        for language in ("fr", "en"):
            assert problem.text(language)
    return list(caught.value.problems)


def told(text: str) -> list[tuple[str, int | None, str | None]]:
    return [(p.code, p.place.line, p.place.key) for p in problems(text)]


def test_good_data_makes_the_model_with_its_types() -> None:
    document = parse(
        "name: x\ncount: 2\nparts: {A: {date: 2026-01-31, value: 1}}\neither: [1, 2.5]\nlisted: [{date: 2026-02-28}]",
        "f",
    )
    made = validated(Whole, document.data, document)
    assert made == Whole("x", 2, "reach", {"A": Part(date(2026, 1, 31), 1.0)}, (Part(date(2026, 2, 28)),), (1.0, 2.5))


@pytest.mark.parametrize(
    ("text", "code", "line", "key"),
    [
        ("count: 2", "key_missing", 1, None),
        ("name: x\ncount: two", "want_whole_number", 2, "count"),
        ("name: x\ncount: 2.5", "want_whole_number", 2, "count"),
        ("name: x\ncount: '2'", "want_whole_number", 2, "count"),
        ("name: x\ncount: true", "want_whole_number", 2, "count"),
        ("name: 5\ncount: 2", "want_text", 1, "name"),
        ("name:\ncount: 2", "want_text", 1, "name"),
        ("name: x\ncount: 2\nkind: increse", "value_not_listed_nearest", 3, "kind"),
        ("name: x\ncount: 2\nkind: zzz", "value_not_listed", 3, "kind"),
        ("name: x\ncount: 2\nknid: reach", "key_unknown_nearest", 3, "knid"),
        ("name: x\ncount: 2\nzzzzz: 1", "key_unknown", 3, "zzzzz"),
        ("name: x\ncount: 2\nparts: [1]", "want_mapping", 3, "parts"),
        ("name: x\ncount: 2\nlisted: {a: 1}", "want_list", 3, "listed"),
        ("name: x\ncount: 2\nlisted:\n- date: 2026-01-01\n- 5", "want_mapping", 5, "listed[2]"),
        ("name: x\ncount: 2\nparts:\n  A:\n    date: soon", "want_date", 5, "parts.A.date"),
        ("name: x\ncount: 2\nparts:\n  A:\n    value: 1", "key_missing", 4, "parts.A"),
        ("name: x\ncount: 2\nparts:\n  A:\n    date: 2026-01-01\n    str: 3", "want_true_or_false", 6, "parts.A.str"),
        ("name: x\ncount: 2\nparts:\n  Cost:\n    date: 2026-01-01\n    valeu: 3", "key_unknown_nearest", 6,
         "parts.Cost.valeu"),
        ("name: x\ncount: 2\none:\n  date: 3.5", "want_date", 4, "one.date"),
        ("name: x\ncount: 2\none: 3", "want_mapping", 3, "one"),
        ("name: x\ncount: 2\neither: '1,5'", "decimal_comma", 3, "either"),
        ("name: x\ncount: -1", "objective_priority", 1, None),
        ("[1]", "want_mapping", 1, None),
        ("just words", "want_mapping", 1, None),
    ],
)  # fmt: skip
def test_a_mistake_is_told_at_its_line_and_key(text: str, code: str, line: int, key: str | None) -> None:
    assert told(text)[0] == (code, line, key)


def test_a_decimal_comma_is_told_once_with_the_number_to_write() -> None:
    (problem,) = problems("name: x\ncount: 2\neither: '1,5'")
    assert "1.5" in problem.fix("fr")


def test_all_mistakes_are_told_at_once_each_missing_key_by_name() -> None:
    found = problems("knd: reach\nparts: {a: {date: soon, value: x}}\nlisted: 3")
    assert [p.code for p in found].count("key_missing") == 2
    assert {p.values["key"] for p in found if p.code == "key_missing"} == {"name", "count"}
    assert {p.code for p in found} == {"key_missing", "key_unknown_nearest", "want_date", "want_number", "want_list"}


def test_a_missing_key_that_is_named_like_a_type_is_called_by_its_name() -> None:
    (problem,) = problems("name: x\ncount: 2\nparts:\n  A: {value: 1}")
    assert problem.values == {"key": "date"}


def test_a_path_inside_a_larger_document_is_kept() -> None:
    document = parse("top:\n  - name: x\n    count: many", "own.yaml")
    with pytest.raises(DefinitionError) as caught:
        validated(Whole, document.data["top"][0], document, ("top", 0))
    assert caught.value.problems[0].place.text("en") == "own.yaml:3: top[1].count"


def test_a_very_long_value_is_shortened_in_the_message() -> None:
    assert len(problems(f"name: x\ncount: {'a' * 5_000}")[0].text("fr")) < 400


def test_a_huge_number_is_told_in_words() -> None:
    assert problems(f"name: x\ncount: 2\nkind: {'9' * 299}")[0].text("fr")


@pytest.mark.parametrize(
    ("word", "known", "meant"),
    [
        ("clics", ["clicks", "cost"], "clicks"),
        ("CLICKS", ["clicks"], "clicks"),
        ("zzz", ["clicks"], None),
        ("", ["a"], None),
        ("a", [], None),
    ],
)
def test_the_nearest_word_is_proposed_only_when_it_is_near(word: str, known: list[str], meant: str | None) -> None:
    assert nearest(word, known) == meant


def test_the_schema_refuses_unknown_keys_and_lists_the_kinds() -> None:
    schema = json_schema(Whole)
    assert schema["additionalProperties"] is False
    assert schema["properties"]["kind"]["enum"] == ["reach", "increase", "decrease"]
    assert schema["required"] == ["name", "count"]


def test_a_value_that_may_have_several_types_is_told_once() -> None:
    assert told("name: x\ncount: 2\neither: one") == [("want_number", 3, "either")]
