"""M, measurable: a KPI, a number, a unit that fits, a baseline, and a source that can deliver it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from xlkpi.smart import words
from xlkpi.smart.case import Case
from xlkpi.smart.model import Finding, Term

#: What values of a unit can be; None is no limit.
RANGES: dict[str, tuple[float | None, float | None]] = {
    "score": (0, 100), "points": (-100, 100), "stars": (0, 5), "count": (0, None), "rank": (1, None),
    "seconds": (0, None), "days": (0, None), "months": (0, None), "per_day": (0, None),
}  # fmt: skip
_FAR = 50  # times the baseline
_PERCENT_TYPED = 10  # from 1,000 % on, 100 times too much is likelier than meant
_MARKS = {"percent": "%", "currency": "€$£"}


def has_a_kpi(case: Case) -> Iterator[Finding]:
    """A KPI of the catalogue, or of one's own."""
    if case.kpi is None:
        yield case.says("M", "kpi_missing", "fail", "kpi")
    else:
        yield case.says("M", "kpi", "pass", "kpi", kpi=case.kpi.name, formula=case.kpi.formula)


def has_a_number(case: Case) -> Iterator[Finding]:
    """A target, or both limits for staying between."""
    objective = case.objective
    if objective.kind == "stay_between":
        if objective.low is None or objective.high is None:
            yield case.says("M", "limits_missing", "fail", "low")
        else:
            yield case.says(
                "M", "limits", "pass", "low", low=case.amount(objective.low), high=case.amount(objective.high)
            )
    elif objective.target is None:
        yield case.says("M", "target_missing", "fail", "target")
    else:
        yield case.says("M", "target", "pass", "target", target=case.amount(objective.target))


def fits_its_unit(case: Case) -> Iterator[Finding]:
    """Values that the unit can have; a percentage typed as 250 instead of 2.5 is told."""
    if case.kpi is None:
        return
    objective, unit = case.objective, case.kpi.unit
    given = {
        key: value for key in ("target", "low", "high", "baseline") if (value := getattr(objective, key)) is not None
    }
    least, most = RANGES.get(unit, (None, None))
    for key, value in given.items():
        if (least is not None and value < least) or (most is not None and value > most):
            yield case.says(
                "M", "unit_impossible", "fail", key, value=case.amount(value), unit=Term(f"kpi.units.{unit}")
            )
            return
        if unit == "percent" and _typed_as_percent(value, given.get("baseline"), key):
            yield case.says("M", "unit_percent", "fail", key, value=case.amount(value), meant=value / 100)
            return
    yield from _agrees_with_title(case, given)


def _typed_as_percent(value: float, baseline: float | None, key: str) -> bool:
    """Whether 3 stands where 0.03 is meant: far from a baseline below 1, or too large for most percentages."""
    if baseline and abs(baseline) < 1 and abs(value) >= 1 and abs(value / baseline) >= _FAR:
        return True
    if abs(value) < _PERCENT_TYPED:
        return False
    return key == "baseline" or not baseline or max(abs(value / baseline), abs(baseline)) >= _PERCENT_TYPED


def _agrees_with_title(case: Case, given: dict[str, float]) -> Iterator[Finding]:
    """A number with a mark in the title is the target, or the change to it."""
    assert case.kpi is not None
    unit = case.kpi.unit
    said = [(number, mark) for number, mark in words.numbers(case.title) if mark]
    if given and said and not any(_same(number / 100 if mark == "%" else number, given) for number, mark in said):
        number, mark = said[0]
        target = given.get("target", given.get("high", 0.0))
        yield case.says(
            "M",
            "unit_title",
            "warning",
            "title",
            said=f"{number:g} {mark}".strip(),
            target=case.amount(target),
        )
    elif given:
        yield case.says("M", "unit", "pass", "target", unit=Term(f"kpi.units.{unit}"))


def _same(said: float, given: dict[str, float]) -> bool:
    """Whether a number is one of the values, or the difference or growth from the baseline to one of them."""
    candidates = list(given.values())
    baseline = given.get("baseline")
    if baseline is not None:
        candidates += [value - baseline for value in given.values()]
        candidates += [value / baseline - 1 for value in given.values()] if baseline else []
    return any(abs(abs(said) - abs(value)) <= 0.02 * max(abs(said), abs(value), 1e-9) for value in candidates)


def has_a_baseline(case: Case) -> Iterator[Finding]:
    """Where one stands at the start; keeping a level needs none, and what adds up starts from nothing."""
    objective = case.objective
    if objective.kind.startswith("stay"):
        return
    if objective.baseline is not None:
        yield case.says("M", "baseline", "pass", "baseline", baseline=case.amount(objective.baseline))
    elif case.cumulative and objective.target is not None and (objective.cumulative or objective.kind == "reach"):
        yield case.says("M", "baseline_zero", "pass", "baseline")
    elif case.known is not None and len(case.known):
        latest = case.amount(float(case.known[-1]))
        yield case.says("M", "baseline_proposed", "warning", "baseline", latest=latest)
    elif case.cumulative or objective.kind == "reach":
        yield case.says("M", "baseline_missing", "warning", "baseline")
    else:
        yield case.says("M", "baseline_missing", "fail", "baseline")


def has_thresholds_in_order(case: Case) -> Iterator[Finding]:
    """The period is missed below one value and achieved from a better one on."""
    objective = case.objective
    success, failure = objective.success, objective.failure
    if success is None and failure is None:
        return
    sign = -1 if case.wanted == "lower" else 1
    reached = objective.target if success is None else success
    if reached is not None and failure is not None and sign * (reached - failure) <= 0:
        values = {"success": case.amount(reached), "failure": case.amount(failure)}
        if success is None:
            yield case.says("M", "thresholds_target", "fail", "failure", **values)
        else:
            yield case.says("M", "thresholds_swapped", "fail", "success", **values)
    else:
        yield case.says("M", "thresholds", "pass", "success")


def goes_the_good_way(case: Case) -> Iterator[Finding]:
    """An objective that raises a KPI of which less is better is likely a slip."""
    wanted = case.objective.wanted
    if case.kpi is None or wanted in (None, "between") or case.kpi.direction == "none":
        return
    if wanted != case.kpi.direction:
        values = {"kpi": case.kpi.name, "good": Term(f"smart.direction.{case.kpi.direction}")}
        yield case.says("M", "direction", "warning", "kind", **values)


def has_a_source(case: Case) -> Iterator[Finding]:
    """The project's sources deliver the measures that the KPI is made of, or people were asked."""
    if case.kpi is None:
        return
    sources = case.project.sources
    if not sources and not case.asked:
        yield case.says("M", "source_none", "warning", "kpi")
        return
    given: Mapping[str, frozenset[str] | None]
    given = case.delivered or {n: _delivered(source.measures, source.preset) for n, source in sources.items()}
    needed = _measures(case.kpi.id, case)
    known = frozenset[str]().union(*(measures for measures in given.values() if measures))
    missing = [m for m in needed if m not in known and _fallback(m, case) not in known]
    unsure = [name for name, measures in given.items() if measures is None]
    if not missing:
        wanted = {m for name in needed for m in (name, _fallback(name, case))}
        giving = [name for name, measures in given.items() if measures and measures & wanted]
        yield case.says("M", "source", "pass", "kpi", sources=", ".join(giving))
    elif case.asked:
        yield case.says("M", "source_asked", "pass", "kpi")
    elif unsure:
        yield case.says("M", "source_preset", "pass", "kpi", sources=", ".join(unsure))
    else:
        inferred = not case.delivered and any(s.preset and not s.measures for s in sources.values())
        values = {"measures": ", ".join(missing)}
        yield case.says("M", "source_missing", "warning" if inferred else "fail", "kpi", **values)


def _fallback(measure: str, case: Case) -> str | None:
    """The measure that stands for another where no source delivers it."""
    known = case.project.catalogue.measures.get(measure)
    return known.fallback if known else None


def _delivered(measures: Iterable[str] | None, preset: str | None) -> frozenset[str] | None:
    """The measures that a source delivers; None when that is only known once it is read."""
    if preset in (None, "none"):
        return frozenset(measures) if measures else None
    known = _of_preset(str(preset))
    return known | frozenset(measures or ()) if known is not None else None


@lru_cache(maxsize=64)
def _of_preset(name: str) -> frozenset[str] | None:
    from xlkpi.sources.preset import FOLDER, load

    path = FOLDER / f"{name}.yaml"
    if not path.is_file():
        return None
    exports = load(path).exports.values()
    if any(export.wide for export in exports):
        return None
    return frozenset(column for export in exports for column in export.columns)


def _measures(kpi: str, case: Case) -> list[str]:
    """The measures that a KPI needs, through the KPIs that it is made of."""
    catalogue = case.project.catalogue
    found: dict[str, None] = {}
    for given in catalogue[kpi].inputs.values():
        inner = _measures(given.measure, case) if given.measure in catalogue.kpis else [given.measure]
        found.update(dict.fromkeys(inner))
    return list(found)
