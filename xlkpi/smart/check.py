"""Running all checks. A check is one function in the module of its letter, and one entry here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from xlkpi.objectives.project import Project
from xlkpi.smart import attainable, collection, criteria, measurable, relevant, specific, timely
from xlkpi.smart.case import Case, Check
from xlkpi.smart.collection import Collection
from xlkpi.smart.model import LETTERS, Finding, Letter, LetterReport, ObjectiveReport, Report

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

#: The checks of each letter in the order of the report, with the keys that must be filled in before they
#: say much.
CHECKS: dict[Letter, tuple[tuple[Check, frozenset[str]], ...]] = {
    "S": (
        (specific.says_what, frozenset({"title"})),
        (specific.more_than_a_vague_verb, frozenset({"title"})),
        (specific.says_for_whom_or_where, frozenset({"specific", "where"})),
    ),
    "M": (
        (measurable.has_a_kpi, frozenset({"kpi"})),
        (measurable.has_a_number, frozenset({"target", "low", "high"})),
        (measurable.fits_its_unit, frozenset({"title"})),
        (measurable.goes_the_good_way, frozenset()),
        (measurable.has_a_baseline, frozenset({"baseline"})),
        (measurable.has_thresholds_in_order, frozenset()),
        (measurable.has_a_source, frozenset()),
    ),
    "A": (
        (attainable.has_a_target_to_judge, frozenset({"target", "low", "high"})),
        (attainable.is_not_reached_yet, frozenset()),
        (attainable.compares_with_the_past, frozenset()),
        (attainable.compares_with_benchmarks, frozenset({"attainable"})),
        (attainable.names_its_resources, frozenset({"attainable"})),
        (attainable.says_why, frozenset({"attainable"})),
        (attainable.has_a_fair_chance, frozenset()),
    ),
    "R": (
        (relevant.serves_a_goal, frozenset({"goal", "parent"})),
        (relevant.fits_the_goal, frozenset()),
        (relevant.has_a_reason_of_its_own, frozenset({"relevant"})),
        (relevant.leads_to_a_decision, frozenset({"decision"})),
        (relevant.is_no_vanity_alone, frozenset()),
    ),
    "T": (
        (timely.has_dates_in_order, frozenset({"start", "due"})),
        (timely.is_not_past, frozenset()),
        (timely.fits_the_kpi, frozenset({"cadence"})),
        (timely.fits_the_time_there_is, frozenset()),
        (timely.fits_its_horizon, frozenset()),
        (timely.has_a_next_review, frozenset({"cadence", "review"})),
    ),
}
#: The keys of an objective that each letter judges, for what a starter left to fill in.
KEYS: dict[Letter, frozenset[str]] = {
    "S": frozenset({"title", "specific", "where"}),
    "M": frozenset({"kpi", "kind", "baseline", "target", "low", "high", "success", "failure", "quality"}),
    "A": frozenset({"attainable", "benchmark", "resources", "owner", "actions"}),
    "R": frozenset({"goal", "relevant", "decision", "parent", "guards", "stakeholders"}),
    "T": frozenset({"start", "due", "cadence", "review", "horizon"}),
}
CRITERIA: tuple[Check, ...] = (
    criteria.is_quantifiable, criteria.is_actionable, criteria.is_simple,
    criteria.is_reliable, criteria.is_controllable, criteria.is_qualifiable,
)  # fmt: skip
COLLECTION = (
    collection.has_objectives, collection.has_few_primaries,
    collection.measures_nothing_twice, collection.moves_apart,
    collection.accompanies_vanity, collection.guards_what_can_mislead, collection.watches_with_its_guards,
    collection.uses_all_its_kpis, collection.has_own_titles, collection.is_edited,
)  # fmt: skip


def check(
    project: Project,
    *,
    today: date | None = None,
    history: Mapping[str, ArrayLike] | None = None,
    probability: Mapping[str, float] | None = None,
    language: str | None = None,
    delivered: Mapping[str, frozenset[str]] | None = None,
    until: Mapping[str, date] | None = None,
) -> Report:
    """Every objective letter by letter, and the quality of the set.

    ``today`` is the project's ``as_of`` where that is a date, else the current day. ``history`` gives, by
    objective id, a value per period of its cadence (oldest first, the latest period last, NaN for no data);
    without it, what compares with the past is *not checked* rather than passed. ``probability`` of reaching
    the targets, by id, is computed from the history when it is not given. ``language`` is the one whose
    texts are judged where an objective has several (the project's by default). ``delivered`` are the measures of each
    source, where the sources were read. ``until`` gives, by id, the last day of the history's latest period, by default
    that of the last period that is complete on ``today``.
    """
    day = today or (project.as_of if isinstance(project.as_of, date) else date.today())
    used = frozenset(objective.kpi for objective in project.objectives if objective.kpi)
    series = _arrays(history or {})
    spoken = language or project.language
    ends = until or {}
    cases = [
        Case(o, project, day, used, series.get(o.id), None, spoken, delivered, ends.get(o.id))
        for o in project.objectives
    ]
    odds = dict(probability) if probability is not None else _odds(cases) if series else {}
    cases = [replace(case, probability=odds.get(case.objective.id)) for case in cases]
    objectives = tuple(check_case(case) for case in cases)
    whole = Collection(project, cases)
    found = tuple(finding for look in COLLECTION for finding in look(whole))
    return Report(objectives, found, tuple(map(str, project.files)))


def check_case(case: Case) -> ObjectiveReport:
    """One objective, letter by letter, with the six criteria."""
    letters = {letter: LetterReport(letter, tuple(_findings(letter, case))) for letter in LETTERS}
    found = tuple(finding for look in CRITERIA for finding in look(case))
    return ObjectiveReport(case.objective.id, case.objective.title, letters, found)


def _findings(letter: Letter, case: Case) -> Iterable[Finding]:
    left = [(key, place) for key, place in case.project.unedited.get(case.objective.id, ()) if key in KEYS[letter]]
    if left:
        keys = ", ".join(dict.fromkeys(key for key, _ in left))
        yield Finding("unedited", "fail", letter, {"keys": keys}, left[0][0], left[0][1], (case.objective.id,))
    for look, needs in CHECKS[letter]:
        if not needs & case.unedited:
            yield from look(case)


def _arrays(history: Mapping[str, ArrayLike]) -> dict[str, NDArray[np.float64]]:
    if not history:
        return {}
    import numpy as np

    arrays = {id: np.asarray(values, dtype=np.float64).ravel() for id, values in history.items()}
    return {id: np.where(np.isfinite(values), values, np.nan) for id, values in arrays.items()}


def _odds(cases: list[Case]) -> dict[str, float]:
    from xlkpi.smart.outlook import probabilities

    return probabilities(cases)
