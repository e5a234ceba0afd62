"""What the statistics say, in the reader's words; the texts are in the language files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xlkpi.language import current, text
from xlkpi.language.numbers import in_unit, plain

if TYPE_CHECKING:
    from xlkpi.analysis.ab_test import Comparison
    from xlkpi.analysis.backtest import PastError
    from xlkpi.analysis.impact import Impact
    from xlkpi.cadence import Code


def word(code: str, language: str | None = None) -> str:
    """The word for an evolution or its effect: growth is "croissance", steady "constance", loss "perte"."""
    return text(f"analysis.word.{code}", language)


def method(code: str, language: str | None = None) -> str:
    """The name of a forecasting method, to stand beside its result."""
    return text(f"analysis.method.{code}", language)


def of_rate(
    required: float,
    current_rate: float,
    cadence: Code,
    unit: str = "",
    currency: str = "EUR",
    language: str | None = None,
) -> str:
    """The rate that a target needs beside the present one: "il faut 41 par jour, rythme actuel 33"."""
    language = language or current()
    shown = {
        name: in_unit(value, unit, currency, language)
        for name, value in (("required", required), ("current", current_rate))
    }
    return text("analysis.rate", language, per=text(f"analysis.per.{cadence}", language), **shown)


def of_landing(
    estimate: float,
    lower: float,
    upper: float,
    level: float,
    probability: float,
    method_code: str,
    unit: str = "",
    currency: str = "EUR",
    language: str | None = None,
) -> str:
    """Where a value will land, with its interval, the odds of the target and the method. NaN shows as a dash."""
    language = language or current()
    values = (("estimate", estimate), ("lower", lower), ("upper", upper))
    shown = {name: in_unit(value, unit, currency, language) for name, value in values}
    shares = {
        "level": in_unit(level, "percent", language=language),
        "odds": in_unit(round(probability, 3), "percent", "", language),  # finer would claim too much
    }
    return text("analysis.landing", language, method=method(method_code, language), **shares, **shown)


def of_past_error(
    method_code: str, found: PastError, unit: str = "", currency: str = "EUR", language: str | None = None
) -> str:
    """A forecast's method, and how far off it was in the past; that too few values tell it."""
    language = language or current()
    if found.mean != found.mean:
        return text("udfs.working.forecast_untested", language, method=method(method_code, language))
    points = unit == "percent"  # a difference between percentages
    off = in_unit(found.mean * 100 if points else found.mean, "" if points else unit, currency, language)
    return text(
        "analysis.past_error",
        language,
        method=method(method_code, language),
        error=f"{off}\u00a0{text('workbook.points', language)}" if points else off,
        share=in_unit(found.share, "percent", language=language),
        count=found.count,
    )


def of_comparison(found: Comparison, unit: str = "percent", currency: str = "EUR", language: str | None = None) -> str:
    """What an A/B test says: the verdict, both values, the relative difference, the interval and the p-value; how much
    more is needed when there are not enough data.
    """
    language = language or current()
    shown = {
        name: in_unit(getattr(found, name), unit, currency, language)
        for name in ("a", "b", "difference", "lower", "upper")
    }
    told = text(
        "analysis.comparison",
        language,
        verdict=text(f"analysis.verdict.{found.verdict}", language),
        lift=in_unit(found.lift, "percent", language=language),
        level=in_unit(found.level, "percent", language=language),
        p_value=p_value(found.p_value, language),
        method=text(f"analysis.test.{found.method}", language),
        **shown,
    )
    if found.verdict != "not_enough_data":
        return told
    key = "more" if found.more_needed > 0 else "more_unknown"
    return f"{told} {text(f'analysis.{key}', language, count=plain(found.more_needed, language))}"


def of_impact(found: Impact, unit: str = "", currency: str = "EUR", language: str | None = None) -> str:
    """The change between the windows before and after an action, and what speaks against taking it for its effect."""
    language = language or current()
    shown = {name: in_unit(getattr(found, name), unit, currency, language) for name in ("before", "after")}
    scale, apart = (100, "points") if unit == "percent" else (1, unit)  # between percentages
    for name in ("effect", "lower", "upper"):
        shown[name] = in_unit(getattr(found, name) * scale, apart, currency, language)
    told = text(
        "analysis.impact",
        language,
        verdict=text(f"analysis.verdict.{found.verdict}", language),
        share=in_unit(found.share, "percent", language=language),
        level=in_unit(found.level, "percent", language=language),
        p_value=p_value(found.p_value, language),
        **shown,
    )
    return " ".join([told, text("analysis.caution", language), *caveats(found, language)])


def caveats(found: Impact, language: str | None = None) -> list[str]:
    """The caveats of a before/after comparison as sentences."""
    return [text(f"analysis.caveat.{code}", language) for code in found.caveats]


def p_value(value: float, language: str) -> str:
    """A p-value; a tiny one only as such."""
    return text("analysis.p_small", language) if value < 0.001 else plain(value, language, 3)
