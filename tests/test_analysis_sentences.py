"""What the statistics say, in both languages."""

from __future__ import annotations

import math

import pytest

from xlkpi.analysis import evolution, forecast, impact, sentences
from xlkpi.analysis.ab_test import compare_means, compare_proportions
from xlkpi.analysis.backtest import PastError
from xlkpi.cadence import CODES
from xlkpi.language import languages, texts


def test_evolutions_have_the_words_of_the_sources():
    words = [sentences.word(code, "fr") for code in ("growth", "steady", "decline", "gain", "loss")]
    assert words == ["croissance", "constance", "baisse", "gain", "perte"]


@pytest.mark.parametrize("language", languages())
def test_every_code_has_its_words(language):
    codes = {v for n, v in vars(evolution).items() if n.isupper() and isinstance(v, str)}
    assert all(sentences.word(code, language) for code in codes)
    methods = ("NO_DATA", "LAST_VALUE", "SIMPLE", "DAMPED_HOLT", "ADDITIVE", "MULTIPLICATIVE")
    assert all(sentences.method(getattr(forecast, name), language) for name in methods)
    caveats = {
        getattr(impact, name)
        for name in (
            "NO_CONTROL",
            "SHORT_WINDOW",
            "UNEQUAL_WINDOWS",
            "PARTIAL_SEASON",
            "TREND_BEFORE",
            "AUTOCORRELATED",
        )
    } | {impact.MISSING_VALUES}
    told = {key.removeprefix("analysis.caveat.") for key in texts(language) if key.startswith("analysis.caveat.")}
    assert told == caveats


def test_the_needed_rate_stands_beside_the_present_one():
    assert sentences.of_rate(41, 33, "daily", language="fr") == "il faut 41 par jour, rythme actuel 33"
    assert sentences.of_rate(41, math.nan, "weekly", language="en") == "41 per week are needed, – now"
    assert all(sentences.of_rate(1, 1, code, language=language) for code in CODES for language in languages())


def test_a_landing_names_its_interval_its_odds_and_its_method():
    told = sentences.of_landing(0.031, 0.028, 0.034, 0.8, 0.62, "damped_holt", "percent", language="fr")
    assert told == (
        "arrivée prévue\u00a0: 3,1\u202f%, entre 2,8\u202f% et 3,4\u202f% avec une probabilité de 80\u202f%\u202f; "
        "cible atteinte avec une probabilité de 62\u202f% (Holt à tendance amortie)"
    )


def test_a_forecast_tells_how_far_off_it_was():
    off = sentences.of_past_error("damped_holt", PastError(1566.08, 0.113, 12), "currency", "EUR", "fr")
    assert off == (
        "Holt à tendance amortie\u202f; refaite avec les données d’alors pour les 12 dernières périodes, elle se "
        "trompait en moyenne de 1\u202f566,08\u00a0€, soit 11,3\u202f%"
    )
    points = sentences.of_past_error("damped_holt", PastError(0.0012, 0.05, 7), "percent", language="en")
    assert points.endswith("it was off by 0.12\u00a0pts on average, or 5%")
    untested = sentences.of_past_error("last_value", PastError(math.nan, math.nan, 1), language="en")
    assert untested.startswith("last known value; too few values")


def test_a_test_without_enough_data_says_how_much_is_lacking():
    found = compare_proportions(20, 1000, 24, 1000)
    told = sentences.of_comparison(found, language="en")
    assert told.startswith("not enough data to tell: 2% for A, 2.4% for B, that is 20%;")
    assert told.endswith(f"About {found.more_needed:,.0f} more observations per variant are needed.")


def test_a_clear_test_needs_no_more():
    told = sentences.of_comparison(compare_proportions(200, 10_000, 300, 10_000), language="fr")
    assert told.startswith("B est au-dessus de A\u00a0: 2\u202f% pour A, 3\u202f% pour B, soit 50\u202f%")
    assert told.endswith("(p\u00a0: moins de 0,001, test z).")


def test_a_test_that_cannot_tell_what_it_needs_says_so():
    told = sentences.of_comparison(compare_means(5, 1, 1, 6, 1, 1), "currency", language="en")
    assert told.endswith("These figures don’t tell how many are needed.")


@pytest.mark.parametrize("language", languages())
def test_an_impact_is_told_with_its_caveats(language):
    found = impact.impact([10, 11, 12, 10], [15, 16, None, 15])
    told = sentences.of_impact(found, language=language)
    assert "no_control" in found.caveats
    assert len(sentences.caveats(found, language)) == len(found.caveats)
    assert all(caveat in told for caveat in sentences.caveats(found, language))


def test_an_effect_between_percentages_is_told_in_points():
    found = impact.impact([0.10, 0.11, 0.12, 0.10], [0.15, 0.16, 0.14, 0.15])
    told = sentences.of_impact(found, "percent", language="en")
    assert "10.8% before, 15% after" in told
    assert "effect 4.25 points, between" in told
