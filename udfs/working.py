"""The working, with its numbers, of the functions that are not one KPI: what KPI_EXPLAIN says of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from xlkpi.analysis import sentences
from xlkpi.formula import explain
from xlkpi.formula.evaluate import outcome
from xlkpi.formula.nodata import NoData, Outcome, Stop
from xlkpi.formula.tree import Call, Name, Node
from xlkpi.language import text
from xlkpi.language.numbers import in_unit, plain
from xlkpi.status import rules
from xlkpi.status.definition import holds
from xlkpi.status.engine import compute
from xlkpi.status.facts import Facts

from . import arguments as read
from . import experiments, objectives, series

#: Facts that are shares.
_SHARES = ("progress", "expected")


def working(name: str, figures: tuple[Any, ...], spoken: str) -> str | None:
    """The working of a call, None for a function that has none; stops as the function itself would."""
    told = _WORKINGS.get(name)
    return told(spoken, *figures) if told else None


def _fact(name: str, facts: Facts, spoken: str) -> str:
    """A fact of the status as its formula works it out, and its result."""
    definition = rules()
    mode, values = compute(facts, definition.settings, definition)
    found = objectives.fact(name, facts)
    if not isinstance(found, float):
        return _reason(found, spoken)
    shown = {n: _shown(n, v, spoken) for n, v in values.items() if isinstance(v, float)}
    way = explain.in_words(_taken(definition.facts[name][mode], values), shown, spoken)
    return f"{way} = {_shown(name, found, spoken)}"


def _taken(node: Node, values: Mapping[str, Outcome]) -> Node:
    """A formula with nothing but what counts for these values: the branches that are taken, no rounding."""
    if not isinstance(node, Call):
        return node
    if node.operation == "if":
        test, yes, no = node.arguments
        return _taken(yes if holds(test, values) else no, values)
    if node.operation == "round":
        return _taken(node.arguments[0], values)
    if node.operation == "coalesce":
        return next((a for a in node.arguments if not isinstance(outcome(a, values), NoData)), node)
    if node.operation == "mul" and node.arguments[0] == Name("way") and values["way"] == 1:
        return _taken(node.arguments[1], values)
    return Call(node.operation, tuple(_taken(a, values) for a in node.arguments))


def _shown(name: str, value: float, spoken: str) -> str:
    return in_unit(value, "percent", language=spoken) if name in _SHARES else plain(value, spoken)


def _reason(found: Any, spoken: str) -> str:
    return text(f"udfs.reason.{found.name if isinstance(found, NoData) else NoData.MISSING.name}", spoken)


def _progress(spoken: str, *given: Any) -> str:
    actual, baseline, target, kind, high, cumulative = _all(given, 6)
    return _fact("progress", objectives.facts_of((actual, baseline, target), kind, high, cumulative), spoken)


def _pace(spoken: str, *given: Any) -> str:
    actual, baseline, target, start, due, as_of, kind, cumulative = _all(given, 8)
    facts = objectives.facts_of((actual, baseline, target), kind, None, cumulative, start, due, as_of)
    return _fact("pace", facts, spoken)


def _expected(spoken: str, *given: Any) -> str:
    facts = objectives.facts_of((1.0, 0.0, 1.0), None, None, None, *_all(given, 3))
    found = objectives.fact("expected", facts)
    if not isinstance(found, float):
        return _reason(found, spoken)
    whole, gone = facts.due - facts.start, facts.as_of - facts.start
    share = in_unit(found, "percent", language=spoken)
    if not timedelta() <= gone <= whole:
        return share
    return text(
        "udfs.working.expected", spoken, gone=plain(gone.days, spoken), days=plain(whole.days, spoken), found=share
    )


def _required(spoken: str, *given: Any) -> str:
    try:
        now, goal, periods, cadence = objectives.required_of(*given)
    except Stop as stop:
        if stop.reason is not NoData.IMPOSSIBLE:
            raise
        return text("udfs.working.required_over", spoken)
    numbers = {"now": now, "goal": goal, "periods": periods, "found": (goal - now) / periods}
    per = text(f"analysis.per.{cadence}", spoken)
    return text("udfs.working.required", spoken, per=per, **{k: plain(v, spoken) for k, v in numbers.items()})


def _probability(spoken: str, *given: Any) -> str:
    chance, landing, method = series.chance_of(*given)
    if landing is None:
        return in_unit(chance, "percent", language=spoken)
    estimate, lower, upper = (float(v[0]) for v in (landing.estimate, landing.lower, landing.upper))
    return sentences.of_landing(estimate, lower, upper, landing.level, chance, method, language=spoken)


def _trend(spoken: str, figures: Any, kpi: Any = None, season: Any = None, dead_band: Any = None) -> str:
    found = series.trend_of(figures, season, dead_band)
    return text(
        "udfs.working.trend",
        spoken,
        word=series.word(found.code[0], read.text(kpi), spoken),
        slope=plain(float(found.slope[0]), spoken),
        change=in_unit(float(found.change[0]), "percent", language=spoken),
        p_value=sentences.p_value(float(found.p_value[0]), spoken),
    )


def _forecast(spoken: str, *given: Any) -> str:
    found, values = series.forecast_of(*given)
    method = sentences.method(found.method[0], spoken)
    off, share = series.past_error(found, values)
    if off is None:
        return text("udfs.working.forecast_untested", spoken, method=method)
    told = in_unit(share, "percent", language=spoken) if share is not None else text("number.none", spoken)
    return text("udfs.working.forecast", spoken, method=method, error=plain(off, spoken), share=told)


def _comparison(spoken: str, *given: Any) -> str:
    return sentences.of_comparison(experiments.compared(*given), language=spoken)


def _means(spoken: str, *given: Any) -> str:
    return sentences.of_comparison(experiments.means_compared(*given), "", language=spoken)


def _all(given: tuple[Any, ...], count: int) -> tuple[Any, ...]:
    """The arguments of a call, those left out as blanks."""
    return (*given, *[None] * (count - len(given)))


_WORKINGS: Mapping[str, Callable[..., str]] = {
    "KPI_TREND": _trend,
    "KPI_FORECAST": _forecast,
    "SMART_PROGRESS": _progress,
    "SMART_EXPECTED": _expected,
    "SMART_PACE": _pace,
    "SMART_REQUIRED": _required,
    "SMART_PROBABILITY": _probability,
    "AB_TEST": _comparison,
    "AB_TEST_MEAN": _means,
}
