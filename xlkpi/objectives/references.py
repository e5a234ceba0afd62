"""What the entries of a project say of each other: KPIs, goals, guards and parents that exist."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from xlkpi.catalogue import Catalogue
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
        if complete:
            yield from names.unknown(entry, raw, "parent", objectives, "objective_parent")
    yield from _circles(objectives)
    yield from _audiences(
        [(id, entry) for section, id, entry in entries if section == "audiences"], objectives, complete
    )
    for section, _, entry in entries:
        if section == "goals" and isinstance(entry.raw, dict):
            yield from names.unknown(entry, entry.raw, "kpis", kpis, "kpi_unknown")


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
