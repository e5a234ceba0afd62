"""Series in cells: the trend in a word, the forecast, and the probability of a target. They need numpy."""

from __future__ import annotations

from math import fsum, isfinite
from typing import TYPE_CHECKING, Any

from xlkpi.analysis.evolution import GAIN, LOSS, NOT_ENOUGH_DATA, effect
from xlkpi.formula import NoData
from xlkpi.formula.nodata import Stop
from xlkpi.language import text
from xlkpi.language.numbers import in_unit

from . import arguments as read
from .cells import Cell, Rows, flat
from .settings import language

if TYPE_CHECKING:
    from xlkpi.analysis.forecast import Forecast
    from xlkpi.analysis.landing import Landing
    from xlkpi.analysis.trend import Trend

#: Periods beyond which nothing is forecast, and known ones below which no probability is told.
FARTHEST, SHORTEST = 160, 8
#: Values of a series: a table of decades of days.
LONGEST = 20_000


def kpi_trend(figures: Any, kpi: Any = None, season: Any = None, dead_band: Any = None) -> Cell:
    """Growth, steady or decline; with a KPI that has a good direction, gain or loss in the place of a change."""
    return word(trend_of(figures, season, dead_band).code[0], read.text(kpi), language())


def trend_of(figures: Any, season: Any = None, dead_band: Any = None) -> Trend:
    """The trend of a range; stops where there are not enough data."""
    from xlkpi.analysis.trend import trend

    band = read.number(dead_band, 0.02)
    if band is None or band < 0:
        raise Stop(NoData.IMPOSSIBLE)
    found = trend(_series(figures), season_length=read.whole(season, 1, 1, 366), dead_band=band)
    if found.code[0] == NOT_ENOUGH_DATA:
        raise Stop(NoData.MISSING)
    return found


def word(code: str, kpi: str, spoken: str) -> str:
    """The word for a trend, as what it does to a KPI when one is named."""
    if kpi and (direction := read.kpi(kpi).direction) != "none":
        seen = effect(code, direction == "higher")
        code = seen if seen in (GAIN, LOSS) else code
    return text(f"analysis.word.{code}", spoken)


def kpi_forecast(figures: Any, ahead: Any = None, season: Any = None, level: Any = None) -> Rows:
    """A row per period to come: its number, the forecast and its interval; the header names the method and how far
    off it was.
    """
    found, values = forecast_of(figures, ahead, season, level)
    spoken = language()
    method = text(f"analysis.method.{found.method[0]}", spoken)
    _, share = past_error(found, values)
    if share is None:
        mean = text("udfs.forecast.mean", spoken, method=method)
    else:
        off = in_unit(share, "percent", language=spoken)
        mean = text("udfs.forecast.mean_error", spoken, method=method, share=off)
    head: list[Cell] = [text("udfs.forecast.period", spoken), mean]
    head += [text(f"udfs.forecast.{name}", spoken, level=f"{100 * found.level:g}") for name in ("lower", "upper")]
    tables = (found.mean[0].tolist(), found.lower[0].tolist(), found.upper[0].tolist())
    rows = [[float(i), *(_known(v) for v in row)] for i, row in enumerate(zip(*tables, strict=True), start=1)]
    return [head, *rows]


def forecast_of(figures: Any, ahead: Any = None, season: Any = None, level: Any = None) -> tuple[Forecast, list[float]]:
    """The forecast of a range, and the range's values; stops where none is known."""
    from xlkpi.analysis.forecast import forecast

    values = _series(figures)
    known = [v for v in values if isfinite(v)]
    if not known:
        raise Stop(NoData.MISSING)
    found = forecast(
        values,
        read.whole(ahead, 3, 1, FARTHEST),
        season_length=read.whole(season, 1, 1, 366),
        level=read.share(level, 0.80),
        minimum=0.0 if min(known) >= 0 else None,
    )
    return found, values


def past_error(found: Forecast, values: list[float]) -> tuple[float | None, float | None]:
    """How far off the forecasts of one period ahead were on average, and as a share of the values; None where not
    known.
    """
    errors = [abs(e) for e in found.errors[0].tolist() if isfinite(e)]
    if not errors:
        return None, None
    off = fsum(errors) / len(errors)
    known = [abs(v) for v in values if isfinite(v)]
    size = fsum(known) / len(known)
    return off, off / size if size else None


def smart_probability(
    figures: Any, target: Any, ahead: Any, direction: Any = None, so_far: Any = None, season: Any = None
) -> float:
    """The probability that the value of the last period, or the sum so far with the periods to come, is good."""
    return chance_of(figures, target, ahead, direction, so_far, season)[0]


def chance_of(
    figures: Any, target: Any, ahead: Any, direction: Any = None, so_far: Any = None, season: Any = None
) -> tuple[float, Landing | None, str]:
    """The probability, where it will land and by which method; no landing when no period is to come."""
    from xlkpi.analysis.forecast import forecast
    from xlkpi.analysis.landing import land_level, land_sum, probability

    values = _series(figures)
    goal, done = read.number(target), read.number(so_far)
    known = [v for v in values if isfinite(v)]
    if goal is None or len(known) < SHORTEST:
        raise Stop(NoData.MISSING)
    steps = read.whole(ahead, 0, 0, FARTHEST)
    lower = read.choice(direction, ("higher", "lower"), "higher") == "lower"
    if not steps:
        reached = known[-1] if done is None else done
        return float(reached <= goal if lower else reached >= goal), None, ""
    minimum = 0.0 if min(known) >= 0 else None
    future = forecast(values, steps, season_length=read.whole(season, 1, 1, 366), minimum=minimum)
    landing = land_level(future, known[-1], steps) if done is None else land_sum(future, done, steps)
    chance = probability(landing, at_most=goal) if lower else probability(landing, at_least=goal)
    return float(chance[0]), landing, future.method[0]


def _series(figures: Any) -> list[float]:
    """The values of a range, NaN where there is none; the blank end of a column is no part of it."""
    cells = flat(figures)
    if len(cells) > LONGEST:
        raise Stop(NoData.IMPOSSIBLE)
    for value in cells:
        if isinstance(value, NoData) and value is not NoData.MISSING:
            raise Stop(value)
        if isinstance(value, bool | str):
            raise Stop(NoData.NOT_A_NUMBER)
    return [v if isinstance(v, float) else float("nan") for v in cells]


def _known(value: float) -> Cell:
    return value if isfinite(value) else NoData.MISSING
