"""Numbers as a language writes them."""

from __future__ import annotations

import math
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xlkpi.formula.units import UNITS
from xlkpi.language.dates import day
from xlkpi.language.numbers import in_unit, plain


@pytest.mark.parametrize(
    ("number", "french", "english"),
    [
        (0, "0", "0"), (38165, "38\u202f165", "38,165"), (213434828, "213\u202f434\u202f828", "213,434,828"),
        (0.1 + 0.2, "0,3", "0.3"), (1.5, "1,5", "1.5"), (-1234.5, "-1\u202f234,5", "-1,234.5"),
        (1e-7, "0,0000001", "0.0000001"),
        (2.0, "2", "2"), (999.9999999, "1\u202f000", "1,000"), (-0.0, "0", "0"), (math.nan, "–", "–"),
        (math.inf, "–", "–"),
        (1e20, "1e+20", "1e+20"), (1.5e300, "1,5e+300", "1.5e+300"), (10**400, "1e+400", "1e+400"),
        (-(10**400), "-1e+400", "-1e+400"),
    ],
)  # fmt: skip
def test_a_plain_number(number: float, french: str, english: str) -> None:
    assert plain(number, "fr") == french
    assert plain(number, "en") == english


def test_a_number_with_fixed_decimals_has_no_minus_before_zero() -> None:
    assert plain(-0.001, "fr", 2) == "0,00"
    assert plain(-0.006, "fr", 2) == "-0,01"


@pytest.mark.parametrize(
    ("number", "unit", "french", "english"),
    [
        (38165 / 213434828, "percent", "0,018\u202f%", "0.018%"), (0.25, "percent", "25\u202f%", "25%"),
        (-0.125, "percent", "-12,5\u202f%", "-12.5%"), (2.5, "percent", "250\u202f%", "250%"),
        (12.5, "percent", "1\u202f250\u202f%", "1,250%"),
        (25, "currency", "25,00\u00a0€", "€25.00"), (-12.5, "currency", "-12,50\u00a0€", "-€12.50"),
        (1234.5, "currency", "1\u202f234,50\u00a0€", "€1,234.50"),
        (1234567.8, "currency", "1\u202f234\u202f568\u00a0€", "€1,234,568"),
        (9999.999, "currency", "10\u202f000\u00a0€", "€10,000"),
        (0.0004, "currency", "0,0004\u00a0€", "€0.0004"), (0.05, "currency", "0,05\u00a0€", "€0.05"),
        (0, "currency", "0,00\u00a0€", "€0.00"),
        (3.14159, "times", "3,14\u00a0×", "3.14×"), (1234.5, "count", "1\u202f234", "1,234"),
        (42, "count", "42", "42"),
        (1, "days", "1\u00a0jour", "1 day"), (1.5, "days", "1,5\u00a0jour", "1.5 days"),
        (0, "days", "0\u00a0jour", "0 days"),
        (2, "days", "2\u00a0jours", "2 days"), (1, "months", "1\u00a0mois", "1 month"),
        (1, "points", "1\u00a0point", "1 point"),
        (-1, "points", "-1\u00a0point", "-1 point"), (72, "score", "72/100", "72/100"), (5, "no such unit", "5", "5"),
        (1e307, "percent", "–\u202f%", "–%"),
        (math.nan, "percent", "–", "–"), (-math.inf, "currency", "–", "–"),
    ],
)  # fmt: skip
def test_a_value_in_its_unit(number: float, unit: str, french: str, english: str) -> None:
    assert in_unit(number, unit, language="fr") == french
    assert in_unit(number, unit, language="en") == english


def test_a_currency_without_a_symbol_shows_its_code() -> None:
    assert in_unit(5, "currency", "XYZ", "fr") == "5,00\u00a0XYZ"
    assert "$" in in_unit(5, "currency", "USD", "en")


@settings(max_examples=300, deadline=None)
@given(st.floats(allow_nan=True, allow_infinity=True), st.sampled_from(sorted(UNITS)), st.sampled_from(["fr", "en"]))
def test_every_number_is_written_and_a_visible_one_is_not_shown_as_nothing(
    number: float, unit: str, language: str
) -> None:
    shown = in_unit(number, unit, language=language)
    assert shown
    assert "nan" not in shown
    assert "inf" not in shown
    if 1e-9 < abs(number) < 1e300:
        assert any(digit in shown for digit in "123456789")
    if language == "fr":
        assert not any(f" {mark}" in shown for mark in ";:!?%")


@settings(max_examples=300, deadline=None)
@given(st.integers(-(10**15), 10**15))
def test_a_whole_number_keeps_all_its_digits(number: int) -> None:
    assert int(plain(number, "fr").replace("\u202f", "")) == number
    assert int(plain(number, "en").replace(",", "")) == number


def test_days_are_told_with_the_name_of_their_month() -> None:
    assert day(date(2026, 12, 31), "en") == "31\u00a0December 2026"
    assert day(date(2026, 3, 1), "fr") == "1er\u00a0mars 2026"
    assert day(date(987, 8, 2), "fr") == "2\u00a0août 0987"
