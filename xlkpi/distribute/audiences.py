"""The audiences of a project, and which of their packages is due."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from xlkpi.cadence import Cadence
from xlkpi.catalogue import say
from xlkpi.errors import DefinitionError, Problem
from xlkpi.language import current, languages
from xlkpi.objectives import Audience, Project
from xlkpi.objectives.audience import address_of
from xlkpi.validation import nearest


@dataclass(frozen=True)
class Period:
    """The days that a package tells of: the last period of its cadence that is complete."""

    start: date
    end: date


def audiences(project: Project) -> Mapping[str, Audience]:
    """The audiences that a project names; where it names none, each team of its objectives.

    Raises DefinitionError where there is neither.
    """
    if project.audiences:
        return {id: _named(id, audience) for id, audience in project.audiences.items()}
    teams = dict.fromkeys(o.team for o in project.objectives if o.team)
    if not teams:
        raise DefinitionError(Problem("distribute_nobody"))
    found: dict[str, Audience] = {}
    for team in teams:
        id = base = _slug(team)
        number = 2
        while id in found:
            id, number = f"{base}_{number}", number + 1
        found[id] = Audience(name=dict.fromkeys(languages(), team), team=(team,))
    return found


def chosen(known: Mapping[str, Audience], names: tuple[str, ...]) -> dict[str, Audience]:
    """The audiences with the given ids or names, all without any. Raises DefinitionError that proposes the nearest."""
    if not names:
        return dict(known)
    by_name = {str(say(a.name, language)): id for id, a in known.items() for language in languages()}
    found, problems = {}, []
    for name in names:
        id = name if name in known else by_name.get(name)
        if id is None:
            meant = nearest(name, [*known, *by_name])
            values = {"name": name, "nearest": meant or "", "known": ", ".join(known)}
            problems.append(Problem("distribute_audience_nearest" if meant else "distribute_audience", values))
        else:
            found[id] = known[id]
    if problems:
        raise DefinitionError(problems)
    return found


def recipients_of(known: Mapping[str, Audience], wanted: tuple[str, ...]) -> frozenset[str]:
    """The addresses of recipients, given as their addresses or as the audiences name them. Raises DefinitionError for
    one that no audience names.
    """
    there = {address_of(recipient): recipient for audience in known.values() for recipient in audience.recipients}
    problems = []
    for given in wanted:
        if address_of(given) not in there:
            meant = nearest(address_of(given), [*there])
            values = {"value": " ".join(given.split())[:80], "nearest": meant or ""}
            problems.append(Problem("distribute_recipient_nearest" if meant else "distribute_recipient", values))
    if problems:
        raise DefinitionError(problems)
    return frozenset(map(address_of, wanted))


def period(audience: Audience, project: Project, today: date) -> Period:
    """The last period that was complete when ``today`` began."""
    cadence = Cadence(audience.cadence, project.fiscal_year_start)
    end = cadence.complete_until(today - timedelta(days=1)) or today
    return Period(cadence.start_of(end), end)


def language_of(audience: Audience, project: Project) -> str:
    """The language of an audience's package."""
    return audience.language or project.language or current()


def _named(id: str, audience: Audience) -> Audience:
    from dataclasses import replace

    if audience.name:
        return audience
    words = ", ".join(audience.team) if audience.team else id
    return replace(audience, name=dict.fromkeys(languages(), words))


def _slug(team: str) -> str:
    """A team's name as one of a folder."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", team) if not unicodedata.combining(c))
    slug = re.sub(r"[^A-Za-z0-9]+", "_", plain).strip("_").lower()[:50]
    return slug if slug[:1].isalpha() else f"team_{slug}".rstrip("_")
