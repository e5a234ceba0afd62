"""The quality of the set of objectives: few, distinct, balanced, all in use, nothing left of a template."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from xlkpi.objectives.model import Objective
from xlkpi.objectives.project import Project
from xlkpi.smart.case import Case
from xlkpi.smart.model import Finding, Term, Verdict

_SHORTEST = 8  # common periods below which two series can't be told to move together


@dataclass(frozen=True, eq=False)
class Collection:
    """The objectives of a project with their cases."""

    project: Project
    cases: Sequence[Case]

    @cached_property
    def kpis(self) -> dict[str, list[Objective]]:
        """The objectives of each KPI in use."""
        found: dict[str, list[Objective]] = defaultdict(list)
        for case in self.cases:
            if case.objective.kpi:
                found[case.objective.kpi].append(case.objective)
        return found

    def says(
        self, code: str, verdict: Verdict, about: Sequence[str] = (), key: str | None = None, **values: Any
    ) -> Finding:
        """A finding about some objectives; its place is that of the last of them."""
        place = self.project.place("objectives", about[-1], *([key] if key else [])) if about else None
        finding = Finding(code, verdict, None, values, key, objectives=tuple(about))
        return Finding(**{**vars(finding), "place": place}) if place else finding


def has_objectives(all_: Collection) -> Iterator[Finding]:
    """An empty project measures nothing."""
    if not all_.cases:
        yield all_.says("set_empty", "fail")


def has_few_primaries(all_: Collection) -> Iterator[Finding]:
    """A page shows a few primary objectives; strategic ones share a page, operational ones one per team."""
    pages: dict[tuple[str, str], list[str]] = defaultdict(list)
    for case in all_.cases:
        if case.objective.primary:
            pages[case.objective.level, case.objective.team or ""].append(case.objective.id)
    most = all_.project.checks.primary
    for (level, team), ids in pages.items():
        if len(ids) > most:
            values = {
                "count": len(ids),
                "most": most,
                "page": Term(f"smart.level.{level}"),
                "team": f" ({team})" if team else "",
            }
            yield all_.says("set_primaries", "warning", ids, "primary", **values)


def measures_nothing_twice(all_: Collection) -> Iterator[Finding]:
    """The same computation over the same data under two objectives, whatever the KPIs are called."""
    seen: dict[Any, list[Objective]] = defaultdict(list)
    for kpi, objectives in all_.kpis.items():
        computed = _computation(kpi, all_.project)
        for objective in objectives:
            seen[computed, _selection(objective), objective.start, objective.due].append(objective)
    for same in seen.values():
        if len(same) > 1:
            ids = [objective.id for objective in same]
            kpis = ", ".join(dict.fromkeys(objective.kpi or "" for objective in same))
            yield all_.says("set_duplicate", "warning", ids, "kpi", ids=_some(ids), kpis=kpis)


def _computation(kpi: str, project: Project) -> str:
    """A KPI's formula over measures, with the terms of sums and products in one order."""
    from xlkpi.smart.canonical import canonical

    return canonical(kpi, project.catalogue)


def _selection(objective: Objective) -> tuple[Any, ...]:
    return tuple(sorted((name, tuple(sorted(map(str, values)))) for name, values in objective.where.items()))


def moves_apart(all_: Collection) -> Iterator[Finding]:
    """Two series that move as one tell one thing; each is told with the one that it resembles most."""
    from xlkpi.smart.canonical import twins

    groups: dict[str, list[Case]] = defaultdict(list)
    for case in all_.cases:
        if case.history is not None and len(case.history) >= _SHORTEST and case.cadence is not None:
            groups[case.cadence.code].append(case)
    for cases in groups.values():
        told: set[frozenset[str]] = set()
        for i, j, r in twins([c.history for c in cases], all_.project.checks.correlation, _SHORTEST):
            first, second = cases[i].objective, cases[j].objective
            pair = frozenset((first.id, second.id))
            if pair not in told and _unlike(first, second):
                told.add(pair)
                values = {"first": first.id, "second": second.id, "r": round(r, 2)}
                yield all_.says("set_twins", "warning", [first.id, second.id], "kpi", **values)


def _unlike(first: Objective, second: Objective) -> bool:
    """Objectives of one KPI over different parts of the data may well move together."""
    return first.kpi != second.kpi


def accompanies_vanity(all_: Collection) -> Iterator[Finding]:
    """A vanity metric stands beside its companion."""
    for kpi, objectives in all_.kpis.items():
        entry = all_.project.catalogue[kpi]
        guards = {guard for objective in objectives for guard in objective.guards}
        if entry.vanity and entry.companion not in all_.kpis and entry.companion not in guards:
            ids = [objective.id for objective in objectives]
            yield all_.says("set_vanity", "warning", ids, "kpi", kpi=entry.name, companion=entry.companion)


def guards_what_can_mislead(all_: Collection) -> Iterator[Finding]:
    """A KPI that can rise while the business suffers - a conversion rate, say - has a guard such as a
    cost.
    """
    for kpi, objectives in all_.kpis.items():
        entry = all_.project.catalogue[kpi]
        if not entry.guard or any(guard in all_.kpis for guard in entry.guard):
            continue
        bare = [objective.id for objective in objectives if not objective.guards]
        if bare:
            values = {
                "kpi": entry.name,
                "guards": ", ".join(entry.guard),
                "guard": entry.guard[0],
                "ids": _some(bare),
            }
            yield all_.says("set_guard", "warning", bare, None, **values)


def watches_with_its_guards(all_: Collection) -> Iterator[Finding]:
    """A guard holds a status down by its own one: a KPI without an objective has none, which is told, not blamed."""
    idle: dict[str, list[str]] = defaultdict(list)
    for case in all_.cases:
        for guard in case.objective.guards:
            if guard not in all_.kpis and guard not in all_.project.by_id:
                idle[guard].append(case.objective.id)
    if idle:
        ids = list(dict.fromkeys(id for several in idle.values() for id in several))
        yield all_.says("set_idle_guard", "not_checked", ids, "guards", guards=", ".join(idle), ids=_some(ids))


def uses_all_its_kpis(all_: Collection) -> Iterator[Finding]:
    """A KPI of one's own serves an objective, as its KPI, a guard, or a part of another's formula."""
    catalogue = all_.project.catalogue
    used = {*all_.kpis, *(guard for case in all_.cases for guard in case.objective.guards)}
    waiting = [id for id in used if id in catalogue.kpis]
    while waiting:
        inner = {given.measure for given in catalogue[waiting.pop()].inputs.values()} - used
        used |= inner
        waiting += [id for id in inner if id in catalogue.kpis]
    for id in all_.project.own_kpis:
        if id not in used:
            finding = Finding("set_orphan", "warning", None, {"kpi": catalogue[id].name, "id": id}, id)
            yield Finding(**{**vars(finding), "place": all_.project.place("kpis", id)})


def has_own_titles(all_: Collection) -> Iterator[Finding]:
    """One title, one objective."""
    titles: dict[str, list[str]] = defaultdict(list)
    for case in all_.cases:
        titles[" ".join(case.title.casefold().split())].append(case.objective.id)
    for ids in titles.values():
        if len(ids) > 1:
            yield all_.says("set_title", "warning", ids, "title", ids=_some(ids))


def is_edited(all_: Collection) -> Iterator[Finding]:
    """Nothing of a starter project is left to fill in outside the objectives, which tell of their own."""
    places = all_.project.unedited.get(None, ())
    if places:
        keys = ", ".join(dict.fromkeys(key for key, _ in places))
        finding = Finding("set_unedited", "warning", None, {"keys": keys, "count": len(places)})
        yield Finding(**{**vars(finding), "place": places[0][1]})


def _some(ids: Sequence[str]) -> str:
    return ", ".join(ids[:5]) + (", …" if len(ids) > 5 else "")
