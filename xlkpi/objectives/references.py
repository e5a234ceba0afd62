"""What the entries of a project say of each other: KPIs, goals, guards and parents that exist."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from xlkpi.catalogue import Catalogue
from xlkpi.documents import Document
from xlkpi.errors import Problem
from xlkpi.objectives.project import GOALS, Written
from xlkpi.validation import nearest

ID = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,59}")
_GUESSES = 50  # of 10,000 wrong names only the first get a "did you mean", which is slow to find


def reference_problems(
    entries: Sequence[tuple[str, str, Written]], catalogue: Catalogue, *, complete: bool
) -> Iterator[Problem]:
    """All references that lead nowhere. Works on the data as written, so that it tells what it can of a file
    that has other mistakes too; ``complete`` says that there were none.
    """
    objectives = {name: entry for section, name, entry in entries if section == "objectives"}
    kpis = {*catalogue, *(name for section, name, _ in entries if section == "kpis")}
    goals = {*GOALS, *(name for section, name, _ in entries if section == "goals")}
    names = _Names(catalogue)
    for section, id, entry in entries:
        if section != "objectives":
            continue
        raw = entry.raw
        if not ID.fullmatch(id):
            yield Problem("objective_id", {"id": id}, entry.document.place((*entry.path, "id")))
        yield from names.unknown(entry, raw, "kpi", kpis, "kpi_unknown")
        yield from names.unknown(entry, raw, "goal", goals, "objective_goal")
        yield from names.unknown(entry, raw, "guards", (kpis, objectives), "objective_guard")
        for i, guard in enumerate(_listed(raw.get("guards"))):
            if guard == id:
                yield Problem("objective_guard_self", {"id": id}, entry.document.place((*entry.path, "guards", i)))
        if complete:
            yield from names.unknown(entry, raw, "parent", objectives, "objective_parent")
    yield from _circles(objectives)
    yield from _audiences(
        [(id, entry) for section, id, entry in entries if section == "audiences"], objectives, complete
    )
    for section, _, entry in entries:
        if section == "goals" and isinstance(entry.raw, dict):
            yield from names.unknown(entry, entry.raw, "kpis", kpis, "kpi_unknown")


def context_problems(
    main: Document, entries: Sequence[tuple[str, str, Written]], catalogue: Catalogue, files: Sequence[Document]
) -> Iterator[Problem]:
    """The references of the main file's settings around the objectives that lead nowhere."""
    data = main.data if isinstance(main.data, dict) else {}
    ids = {kind: {name for section, name, _ in entries if section == kind} for kind in ("objectives", "sources")}
    told = {m for f in files if isinstance(f.data, dict) for m in _told_measures(f.data.get("sources"))}
    figures = {*catalogue.measures, *catalogue, *told}
    names = _Names(catalogue)

    def check(known: Any, code: str, raw: Any, key: str, *path: str | int) -> Iterator[Problem]:
        if isinstance(raw, dict):
            yield from names.unknown(Written(main, path), raw, key, known, code)

    for key in ("spend", "outcome", "demand"):
        yield from check(figures, "context_figure", data.get("budget"), key, "budget")
    for i, raw in enumerate(_listed(data.get("swot"))):
        yield from check(ids["objectives"], "context_objective", raw, "objective", "swot", i)
    for i, raw in enumerate(_listed(data.get("drivers"))):
        for key in ("result", "factors", "divisors"):
            yield from check(figures, "context_figure", raw, key, "drivers", i)
    for i, raw in enumerate(_listed(data.get("reconcile"))):
        of = raw.get("of") if isinstance(raw, dict) else None
        for source, measure in of.items() if isinstance(of, dict) else ():
            written = {"source": source, "measure": measure}
            yield from _moved(check(ids["sources"], "context_source", written, "source"), main, "reconcile", i, source)
            yield from _moved(check(figures, "context_figure", written, "measure"), main, "reconcile", i, source)
    for key in ("source", "details"):
        yield from check(ids["sources"], "context_source", data.get("customers"), key, "customers")
    yield from check(figures, "context_figure", data.get("customers"), "amount", "customers")


def _moved(found: Iterator[Problem], main: Document, section: str, row: int, source: str) -> Iterator[Problem]:
    for problem in found:
        yield replace(problem, place=main.place((section, row, "of", source)))


def _listed(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else ()


def _told_measures(sources: Any) -> Iterator[str]:
    """The measures that sources name themselves."""
    for raw in sources.values() if isinstance(sources, dict) else ():
        measures = raw.get("measures") if isinstance(raw, dict) else None
        yield from (str(m) for m in measures or ())


def journal_problems(document: Document, objectives: Iterable[str]) -> Iterator[Problem]:
    """Experiments and lines of the journal about objectives that don't exist."""
    known = [*objectives]
    data = document.data if isinstance(document.data, dict) else {}
    for section in ("experiments", "journal"):
        entries = data.get(section)
        for i, raw in enumerate(entries if isinstance(entries, tuple) else ()):
            name = raw.get("objective") if isinstance(raw, dict) else None
            if isinstance(name, str) and name not in known:
                meant = nearest(name, known)
                values = {"id": name, "nearest": meant or "", "known": ", ".join(known[:12])}
                code = "alert_objective_nearest" if meant else "alert_objective"
                yield Problem(code, values, document.place((section, i, "objective")))


class _Names:
    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.guesses = 0

    def unknown(self, entry: Written, raw: Any, key: str, known: Any, code: str) -> Iterator[Problem]:
        """The names under a key that are not known; ``known`` is a set of names, or several."""
        sets = known if isinstance(known, tuple) else (known,)
        given = raw.get(key)
        listed = isinstance(given, tuple)
        for i, name in enumerate(given if listed else (given,)):
            if not isinstance(name, str) or any(name in names for names in sets):
                continue
            at = (*entry.path, key, i) if listed else (*entry.path, key)
            meant = self._nearest(name, (n for names in sets for n in names), code)
            values = {"id": name, "nearest": meant or "", "known": ", ".join(sorted(sets[0])[:12])}
            yield Problem(f"{code}_nearest" if meant else code, values, entry.document.place(at))

    def _nearest(self, name: str, known: Iterable[str], code: str) -> str | None:
        """The id that was probably meant; for a KPI also the one whose names hold the words ("taux_conversion")."""
        self.guesses += 1
        if self.guesses > _GUESSES:
            return None
        named = self.catalogue.search(name.replace("_", " ")) if code == "kpi_unknown" and name.strip("_ ") else []
        return nearest(name, known) or (named[0].id if named else None)


def _audiences(
    audiences: Sequence[tuple[str, Written]], objectives: Mapping[str, Written], complete: bool
) -> Iterator[Problem]:
    """Audiences whose ids can't name a folder, or who would see nothing."""
    raws = [entry.raw for entry in objectives.values()]
    teams = sorted({raw["team"] for raw in raws if isinstance(raw.get("team"), str)})
    taken: dict[str, str] = {}
    for id, entry in audiences:
        place, raw = entry.document.place(entry.path), entry.raw
        if not ID.fullmatch(id):
            yield Problem("audience_id", {"id": id}, place)
        elif (first := taken.setdefault(id.casefold(), id)) != id:
            yield Problem("audience_id_case", {"id": id, "first": first}, place)
        if not complete or not isinstance(raw, dict):
            continue
        wanted = tuple(raw.get("team") or ())
        unknown = [(i, team) for i, team in enumerate(wanted) if team not in teams]
        for i, team in unknown:
            meant = nearest(team, teams) if teams else None
            values = {"team": team, "nearest": meant or "", "known": ", ".join(teams[:12]) or "–"}
            code = "audience_team_nearest" if meant else "audience_team"
            yield Problem(code, values, entry.document.place((*entry.path, "team", i)))
        level = raw.get("level")
        seen = any(
            (not wanted or o.get("team") in wanted) and level in (None, o.get("level", "operational")) for o in raws
        )
        if not unknown and not seen:
            yield Problem("audience_empty", {"id": id}, place)


def _circles(objectives: Mapping[str, Written]) -> Iterator[Problem]:
    """Objectives that are their own ancestors, each circle told once."""
    done: set[str] = set()
    for id in objectives:
        walk: dict[str, None] = {}
        at: Any = id
        while isinstance(at, str) and at in objectives and at not in done and at not in walk:
            walk[at] = None
            at = objectives[at].raw.get("parent")
        if isinstance(at, str) and at in walk:
            ids = list(walk)
            chain = [*ids[ids.index(at) :], at]
            entry = objectives[at]
            place = entry.document.place((*entry.path, "parent"))
            yield Problem("objective_parent_circle", {"chain": " → ".join(chain)}, place)
        done.update(walk)
