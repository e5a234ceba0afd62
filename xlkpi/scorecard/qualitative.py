"""KPIs that people are asked about: their values from the waves of surveys and the rubrics of the project.

A wave holds until the next one. What a source delivers itself is not replaced.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from datetime import date

from xlkpi.cadence import Cadence
from xlkpi.catalogue import KPI
from xlkpi.objectives import Project
from xlkpi.objectives.context import RUBRIC_KPIS, SURVEY_KPIS, Survey
from xlkpi.scorecard.data import Data, complete_until
from xlkpi.scorecard.model import Series, Trust
from xlkpi.scorecard.trust import NOTHING

#: What each measure is of a wave.
ROLES = {
    **dict.fromkeys(("promoters", "satisfied_answers", "positive_mentions", "aided_aware", "unaided_aware"), "for"),
    **dict.fromkeys(("detractors", "negative_mentions"), "against"), "favourable": "for",
    **dict.fromkeys(("passives", "neutral_mentions"), "between"), **dict.fromkeys(("answers", "respondents"), "all"),
}  # fmt: skip


def survey_series(project: Project, data: Data, kpi: KPI, cadence: Cadence, as_of: date) -> Series | None:
    """A KPI by period from what people were asked, up to the last complete period; None where nobody was, or where a
    source knows better.
    """
    if any(data.sources_of(given.measure) for given in kpi.inputs.values()):
        return None
    end = complete_until(as_of, cadence)
    waves = sorted(_waves(project, kpi), key=lambda wave: wave[0])
    waves = [wave for wave in waves if end is not None and wave[0] <= end]
    if not waves or end is None:
        return None
    periods = tuple(cadence.starts(waves[0][0], end))
    values, inputs = [], {name: list[float]() for name in kpi.inputs}
    for period in periods:
        known = [told for day, told in waves if day <= cadence.end_of(period)][-1]
        given = {name: [v] if kpi.compiled.adds_rows else v for name, v in known.items()}
        values.append(float(kpi.compiled(**given)))
        for name, value in known.items():
            inputs[name].append(value)
    return Series(cadence, periods, tuple(values), {name: tuple(column) for name, column in inputs.items()})


def trust_in_surveys(project: Project, kpi: KPI, cadence: Cadence) -> Callable[[date, date], Trust]:
    """The trust on a day. Answers are complete by nature; they are late once two periods have passed without a wave,
    whatever the day on which that is judged.
    """
    waves = sorted(day for day, _ in _waves(project, kpi))

    def on(day: date, today: date) -> Trust:
        end = complete_until(day, cadence)
        if not waves or end is None or waves[0] > end:
            return NOTHING
        late = max(0, (day - waves[bisect_right(waves, day) - 1]).days - round(2 * cadence.days))
        return Trust("medium" if late else "high", 1.0, not late, late, None, ("late",) if late else ())

    return on


def _waves(project: Project, kpi: KPI) -> Iterator[tuple[date, Mapping[str, float]]]:
    """Each wave's day, and the KPI's arguments."""
    kinds = {kind for kind, id in SURVEY_KPIS.items() if id == kpi.id}
    for wave in project.surveys:
        if wave.kind in kinds:
            yield wave.date, {name: _of_wave(wave, given.measure) for name, given in kpi.inputs.items()}
    subjects = {subject for subject, id in RUBRIC_KPIS.items() if id == kpi.id} if kpi.compiled.adds_rows else set()
    marks = [mark for mark in project.rubrics if mark.subject in subjects]
    for day in dict.fromkeys(mark.date for mark in marks):
        of_day = [mark for mark in marks if mark.date == day]
        weight = math.fsum(mark.weight for mark in of_day)
        if weight > 0:  # a row that stands for all: the mean mark with the whole weight
            mean = math.fsum(mark.mark * mark.weight for mark in of_day) / weight
            told = {"criterion_score": mean, "criterion_weight": weight}
            yield day, {name: told[given.measure] for name, given in kpi.inputs.items()}


def _of_wave(wave: Survey, measure: str) -> float:
    between = wave.answers - wave.favourable - wave.unfavourable
    parts = {"for": wave.favourable, "against": wave.unfavourable, "between": between, "all": wave.answers}
    return parts[ROLES[measure]]
