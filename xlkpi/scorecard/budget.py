"""The budget of channels: what each spends and brings, its response curve, and a proposed division of the total.

A proposal, never a decision: what the data can't support is told and left as it is.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from xlkpi.cadence import Cadence
from xlkpi.errors import DefinitionError, Problem
from xlkpi.objectives.context import Budget as Settings
from xlkpi.scorecard.data import Data, combined, complete_until
from xlkpi.scorecard.lacking import Lacking
from xlkpi.scorecard.model import Scorecard

if TYPE_CHECKING:
    from xlkpi.analysis.response import Fit

#: Spend and outcomes of channels, the first that sources deliver by channel.
SPENDS, OUTCOMES = ("cost", "spend"), ("conversions_value", "revenue", "conversions", "orders", "leads")
#: Weeks that curves are fitted to at most, those that today's demand is the mean of, and the months of today's spend.
WEEKS, RECENT, MONTHS = 156, 13, 3
MOST_CHANNELS = 12
_MONTH = 365.2425 / 12
_WEEKS_PER_YEAR = 365.2425 / 7


@dataclass(frozen=True)
class ChannelBudget:
    """A channel in a month: what it spends and brings now, its limits and the proposal, and its fit.

    ``fit`` is by week; ``scale`` turns its curve into one of a month at the present demand.
    """

    channel: str
    spend: float
    outcome: float
    least: float
    most: float
    proposed: float
    fit: Fit
    scale: float
    highest: float


@dataclass(frozen=True)
class BudgetPlan:
    """The proposal: ``gain`` is what it brings beyond the present division, with an interval of ``level``.

    ``modelled``: the outcome is not known by channel, and what each brings is the model's. ``price`` is the marginal
    return that the channels between their limits share.
    """

    spend: str
    outcome: str
    demand: str | None
    dimension: str
    first: date
    last: date
    total: float
    channels: tuple[ChannelBudget, ...]
    modelled: bool
    price: float
    gain: float
    gain_low: float
    gain_high: float
    level: float = 0.8
    #: The first day of the first whole month of spend.
    since: date | None = None
    #: Channels that bring something and whose spend no source tells, and those beyond the largest.
    without_spend: tuple[str, ...] = ()
    smallest: tuple[str, ...] = ()


def budget_plan(card: Scorecard, dimension: str | None = None) -> BudgetPlan | Lacking:
    """The budget of a scorecard's channels, or why there is none: fewer than two of them have a spend, or the card is
    a part of a project, whose total and caps hold for the whole.

    Raises DefinitionError for caps that contradict each other or the total.
    """
    if not card.project.whole:
        return Lacking("budget_part")
    settings = card.project.budget or Settings()
    data = card.data
    by = dimension or next((d for d in ("channel", "platform") if _has(data, d)), None)
    if data.first is None:
        return Lacking("no_data")
    if by is None:
        return Lacking("budget_no_channel")
    spend = settings.spend or next((m for m in SPENDS if _by(data, m, by)), None)
    outcome = settings.outcome or next((m for m in OUTCOMES if _by(data, m, by)), None)
    outcome = outcome or next((m for m in OUTCOMES if data.sources_of(m)), None)
    _refuse_figures(card, settings, by)
    if spend is None or outcome is None:
        return Lacking("budget_no_spend" if spend is None else "budget_no_outcome")
    weekly = Cadence("weekly")
    end = min(card.as_of, data.last or card.as_of)
    last = complete_until(end, weekly)
    begun = min((data.spans[s][0] for s in data.sources_of(spend) if s in data.spans), default=None)
    if begun is None:
        return Lacking("no_data")
    monthly = Cadence("monthly")
    whole = monthly.first_whole(begun)
    if last is None or monthly.end_of(whole) > end:
        return Lacking("budget_short", {"first": begun, "last": end})
    first = weekly.first_whole(max(data.first, last - timedelta(weeks=WEEKS) + timedelta(days=1)))
    series = _Series(data, weekly, first, last, by)
    found = dict(sorted(series.of(spend).items(), key=lambda pair: -sum(pair[1])))
    spends = dict(list(found.items())[:MOST_CHANNELS])
    paid = [c for c, v in spends.items() if sum(v) > 0]
    if len(paid) < 2:
        return Lacking("budget_one_channel", {"name": ", ".join(paid) or "–"})
    modelled = not _by(data, outcome, by)
    outcomes = series.total(outcome) if modelled else series.of(outcome)
    demand = _demand(series, settings.demand, paid)
    fits = _fits({c: spends[c] for c in paid}, outcomes, demand, modelled)
    from xlkpi.analysis.response import Fit

    fits += [Fit("no_spend")] * (len(spends) - len(paid))
    plan = _plan(card, settings, (spend, outcome, by), (first, last, whole), spends, outcomes, demand, fits, modelled)
    free = tuple(c for c, v in outcomes.items() if c and c not in found and sum(v) > 0)
    return replace(plan, without_spend=free, smallest=tuple(c for c in found if c not in spends))


def _refuse_figures(card: Scorecard, settings: Settings, by: str) -> None:
    """Raise DefinitionError for measures that the project names and no source delivers as they are needed."""
    data, problems = card.data, []
    for key in ("spend", "outcome", "demand"):
        name = getattr(settings, key)
        if name is not None and not (_by(data, name, by) if key == "spend" else data.sources_of(name)):
            known = [m for table in data.tables.values() if by in table.dimensions for m in table.forms]
            values = {"name": name, "dimension": by, "known": ", ".join(dict.fromkeys(known))}
            problems.append(Problem("budget_figure", values, card.project.setting("budget", key)))
    if problems:
        raise DefinitionError(problems)


def _has(data: Data, dimension: str) -> bool:
    return any(dimension in table.dimensions for table in data.tables.values())


def _by(data: Data, measure: str, dimension: str) -> bool:
    return any(measure in t.forms and dimension in t.dimensions for t in data.tables.values())


@dataclass
class _Series:
    """Measures by week; missing weeks are zero."""

    data: Data
    cadence: Cadence
    first: date
    last: date
    by: str

    def of(self, measure: str) -> dict[str, list[float]]:
        found = combined(self.data, self.cadence, [measure], self.first, self.last, by=[self.by])
        values, size = found.values.values(measure).tolist(), len(found.periods)
        return {
            str(group[0]): [v if v == v else 0.0 for v in values[i * size : (i + 1) * size]]
            for i, group in enumerate(found.groups)
            if group[0] is not None
        }

    def total(self, measure: str) -> dict[str, list[float]]:
        found = combined(self.data, self.cadence, [measure], self.first, self.last)
        return {"": [v if v == v else 0.0 for v in found.values.values(measure).tolist()]}


def _demand(series: _Series, measure: str | None, spends: Collection[str]) -> list[float] | None:
    """An index of demand by week: a measure without what the channels that cost money tell of it."""
    if measure is None:
        return None
    whole = series.total(measure)[""]
    if _by(series.data, measure, series.by):
        paid = [v for c, v in series.of(measure).items() if c in spends]
        whole = [w - math.fsum(column[i] for column in paid) for i, w in enumerate(whole)]
    known = [w for w in whole if w > 0]
    if len(known) < len(whole) / 2:
        return None
    mean = math.fsum(known) / len(known)
    return [w / mean if w > 0 else 1.0 for w in whole]


def _fits(
    spends: Mapping[str, list[float]], outcomes: Mapping[str, list[float]], demand: list[float] | None, modelled: bool
) -> list[Fit]:
    from xlkpi.analysis.response import fit_channel, fit_together, season_controls

    if not modelled:
        nothing = [0.0] * len(next(iter(spends.values())))
        return [fit_channel(outcomes.get(c, nothing), s, demand=demand) for c, s in spends.items()]
    import numpy as np

    whole = np.array(outcomes[""])
    controls = season_controls(len(whole), _WEEKS_PER_YEAR)
    if demand is not None:
        controls = np.column_stack([controls, demand])
    return fit_together(whole, np.array(list(spends.values())).T, controls)


def _plan(
    card: Scorecard, settings: Settings, names: tuple[str, str, str], days: tuple[date, date, date],
    spends: Mapping[str, list[float]], outcomes: Mapping[str, list[float]], demand: list[float] | None,
    fits: Sequence[Fit], modelled: bool,
) -> BudgetPlan:  # fmt: skip
    from xlkpi.analysis.reallocation import best_division, rounded_division
    from xlkpi.analysis.response import Curve

    weeks = _MONTH / 7
    ready = 1.0 if demand is None or modelled else math.fsum(demand[-RECENT:]) / len(demand[-RECENT:])
    scale = weeks * ready
    channels, by = [], names[2]
    for (channel, spent), fit in zip(spends.items(), fits, strict=True):
        now, brought = (present(card, m, by, channel, days[2]) for m in (names[0], names[1]))
        if modelled:
            brought = fit.curve.over(scale).at(now) if fit.curve else math.nan
        quarters = [math.fsum(spent[i : i + 4]) / 4 for i in range(max(1, len(spent) - 3))]
        highest = max(now, max(quarters) * weeks)
        least, most = _limits(card, settings, channel, now, highest, fit.usable)
        channels.append(ChannelBudget(channel, now, brought, least, most, now, fit, scale, highest))
    free = [c for c in channels if c.fit.usable]
    total = settings.total if settings.total is not None else math.fsum(c.spend for c in channels)
    _refuse(card, settings, channels, total)
    curves = [c.fit.curve.over(scale) if c.fit.curve and c.fit.usable else Curve(0.0, 1.0) for c in channels]
    limits = [(c.least, c.most) for c in channels]
    division = best_division(curves, limits, total)
    step = 10.0 ** math.floor(math.log10(max(1.0, total))) / 100
    spend = rounded_division(division.spend, limits, total, step) if free else division.spend
    made = tuple(
        ChannelBudget(c.channel, c.spend, c.outcome, c.least, c.most, s, c.fit, scale, c.highest)
        for c, s in zip(channels, spend, strict=True)
    )
    gains = _gains(made)
    tail = round(0.1 * (len(gains) - 1))
    gain = math.fsum(
        curve.at(c.proposed) - curve.at(c.spend) for c, curve in zip(made, curves, strict=True) if c.fit.usable
    )
    low, high = (gains[tail], gains[-1 - tail]) if gains else (gain, gain)
    return BudgetPlan(
        names[0], names[1], settings.demand if demand else None, names[2], *days[:2], total, made, modelled,
        division.price, gain, low, high, since=days[2],
    )  # fmt: skip


def present(card: Scorecard, measure: str, dimension: str, value: str, since: date) -> float:
    """A measure of a part in a month, as the mean of the last complete months since a day; unknown ones are zero."""
    monthly, data = Cadence("monthly", card.project.fiscal_year_start), card.data
    assert data.first is not None, "there is a spend"
    assert data.last is not None, "there is a spend"
    found = combined(data, monthly, [measure], data.first, min(card.as_of, data.last), by=[dimension])
    end = complete_until(card.as_of, monthly)
    kept = [i for i, day in enumerate(found.periods) if end and monthly.end_of(day) <= end and day >= since]
    kept = kept[-MONTHS:]
    column, size = found.values.values(measure).tolist(), len(found.periods)
    at = next((n for n, group in enumerate(found.groups) if group[0] == value), None)
    values = [column[at * size + i] for i in kept] if at is not None else []
    return math.fsum(v for v in values if v == v) / max(1, len(kept))


def _limits(
    card: Scorecard, settings: Settings, channel: str, now: float, highest: float, usable: bool
) -> tuple[float, float]:
    """The least and the most of a channel: its caps, else what it may change, never beyond what was tried.

    A channel whose curve is not known keeps its spend.
    """
    cap = settings.caps.get(channel)
    least, most = (now * (1 - min(1.0, settings.change)), now * (1 + settings.change)) if usable else (now, now)
    if usable:
        most = max(now, min(most, highest * 1.1))
    if cap is not None and cap.least is not None:
        least = cap.least
        most = max(most, least)
    if cap is not None and cap.most is not None:
        most = cap.most
        least = min(least, most)
    return least, most


def _refuse(card: Scorecard, settings: Settings, channels: Sequence[ChannelBudget], total: float) -> None:
    """Raise DefinitionError where caps name no channel, or leave no room for the total."""
    from xlkpi.validation import nearest

    known = [c.channel for c in channels]
    problems = []
    for name in settings.caps:
        if name not in known:
            meant = nearest(name, known)
            code = "budget_cap_channel_nearest" if meant else "budget_cap_channel"
            values = {"name": name, "nearest": meant or "", "known": ", ".join(known)}
            problems.append(Problem(code, values, card.project.setting("budget", "caps", name)))
    least, most = math.fsum(c.least for c in channels), math.fsum(c.most for c in channels)
    if not problems and not least - 1e-6 <= total <= most + 1e-6:
        values = {"total": _told(total), "least": _told(least), "most": _told(most)}
        key = ("budget", "total") if settings.total is not None else ("budget", "caps")
        problems.append(Problem("budget_total", values, card.project.setting(*key)))
    if problems:
        raise DefinitionError(problems)


def _told(amount: float) -> str:
    return f"{amount:.0f}"


def _gains(channels: Sequence[ChannelBudget]) -> list[float]:
    """What the proposal brings beyond the present division, for each draw of the curves, sorted."""
    usable = [c for c in channels if c.fit.usable and c.fit.draws]
    if not usable:
        return []
    out = []
    for i in range(min(len(c.fit.draws) for c in usable)):
        curves = [c.fit.draws[i].over(c.scale) for c in usable]
        out.append(math.fsum(k.at(c.proposed) - k.at(c.spend) for k, c in zip(curves, usable, strict=True)))
    return sorted(out)
