"""A formula in words and with its numbers, as each language writes it."""

from __future__ import annotations

import pytest

import xlkpi
from xlkpi.cli_catalogue import example
from xlkpi.formula import Formula
from xlkpi.language.numbers import in_unit

NARROW, MINUS, TIMES = "\u202f", "\u2212", "×"


def test_the_numbers_and_the_result_stand_in_french() -> None:
    formula = Formula.parse("clicks / impressions")
    values = {"clicks": 38165, "impressions": 213434828}
    shown = f"{formula.with_numbers(values, 'fr')} = {in_unit(formula(**values), 'percent', language='fr')}"
    assert shown == "38\u202f165 / 213\u202f434\u202f828 = 0,018\u202f%"


def test_the_numbers_and_the_result_stand_in_english() -> None:
    formula = Formula.parse("clicks / impressions")
    values = {"clicks": 38165, "impressions": 213434828}
    shown = f"{formula.with_numbers(values, 'en')} = {in_unit(formula(**values), 'percent', language='en')}"
    assert shown == "38,165 / 213,434,828 = 0.018%"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("(a - b) / b", "(A − B) / B"),
        ("a - (b - 1)", "A − (B − 1)"),
        ("a / (b * 2)", "A / (B × 2)"),
        ("-a ** 2", "−(A^2)"),
        ("(-a) ** 2", "(−A)^2"),
        ("(-a) * b", "(−A) × B"),
        ("a * -b", "A × (−B)"),
        ("a ** b ** 2", "A^(B^2)"),
        ("(a + b) * 1.5", "(A + B) × 1,5"),
        ("a - -2", "A − (-2)"),
        ("max(a, b, 0)", "le plus grand de(A ; B ; 0)"),
        ("coalesce(a, 0)", "premier connu de(A ; 0)"),
        ("1 if a >= b else 0", "1 si A ≥ B, sinon 0"),
        ("1 if a > 1 and not b < 2 else 0", "1 si A > 1 et non (B < 2), sinon 0"),
        ("1 if (a > 1 or b < 2) and a != 3 else 0", "1 si (A > 1 ou B < 2) et A ≠ 3, sinon 0"),
        ("(1 if a > 0 else 2) if b > 0 else 3", "(1 si A > 0, sinon 2) si B > 0, sinon 3"),
        ("1 if a > 0 else 2 if b > 0 else 3", "1 si A > 0, sinon 2 si B > 0, sinon 3"),
        ("(1 if a > 0 else 2) + b", "(1 si A > 0, sinon 2) + B"),
    ],
)
def test_a_formula_is_read_back_with_its_precedence(text: str, words: str) -> None:
    expected = words.replace(" ;", f"{NARROW};")
    assert Formula.parse(text).in_words({"a": "A", "b": "B"}, "fr") == expected


def test_a_negative_number_is_bracketed_behind_an_operator() -> None:
    assert Formula.parse("a - b").with_numbers({"a": 1000, "b": -5}, "fr") == f"1{NARROW}000 {MINUS} (-5)"


def test_a_name_without_a_label_stands_as_it_is() -> None:
    assert Formula.parse("a / mystery").in_words({"a": "Gain"}, "en") == "Gain / mystery"


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("kpi", xlkpi.catalogue().values(), ids=lambda kpi: kpi.id)
def test_the_example_of_every_kpi_is_explained(kpi: xlkpi.KPI, language: str) -> None:
    shown = example(kpi, language)
    assert shown.endswith("= " + in_unit(kpi.result, kpi.unit, language=language))
    assert not any(name in shown.split() for name in kpi.inputs)
    if language == "fr":
        assert not any(f" {mark}" in shown for mark in ";:!?%")
