"""A scorecard limited to what an audience may see: its objectives, and of the data what those need.

Nothing of other objectives is left in the result, so that nothing that is made from it can tell of them. The numbers
and statuses are those of the whole scorecard.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from xlkpi.catalogue import KPI, Catalogue
from xlkpi.errors import Place
from xlkpi.language import languages, text
from xlkpi.objectives import Audience, Objective, Override, Project
from xlkpi.objectives.context import RUBRIC_KPIS, SURVEY_KPIS
from xlkpi.objectives.decisions import AlertSettings
from xlkpi.scorecard import Data, Result, Scorecard, scorecard

if TYPE_CHECKING:
    from xlkpi.sources.table import Table

#: What every audience may know of a project; whatever else it holds stays out, unless it is said below how.
SETTINGS = (
    "name", "folder", "language", "currency", "fiscal_year_start", "as_of", "template", "theme", "functions", "checks",
)  # fmt: skip
#: What stands for the values of dimensions that an audience may not see.
OTHER = "other"


def limited(card: Scorecard, audience: Audience) -> Scorecard:
    """What an audience may see of a scorecard, computed again from what remains of its project and data; all of it for
    those who are limited to no team and no level.
    """
    if not audience.team and audience.level is None:
        return card
    project = _project(card.project, audience)
    data = _data(card.data, project)
    project = replace(project, sources={n: entry for n, entry in project.sources.items() if n in data.tables})
    small = scorecard(project, data, as_of=card.as_of, today=card.today)
    told = {r.objective.id: card.by_id[r.objective.id] for r in small.results}
    differing = {
        r.objective.id: _kept_status(r.objective, told[r.objective.id], project, card)
        for r in small.results
        if r.status.shown != told[r.objective.id].status.shown
    }
    if not differing:
        return small
    objectives = tuple(differing.get(o.id, o) for o in project.objectives)
    return scorecard(replace(project, objectives=objectives), small.data, as_of=card.as_of, today=card.today)


def _kept_status(objective: Objective, whole: Result, project: Project, card: Scorecard) -> Objective:
    """The objective with the status of the whole scorecard, which a guard lowers that this audience can't see."""
    usual = whole.kpi.cadence if whole.kpi else "monthly"
    until = objective.next_review(card.as_of, project.fiscal_year_start, usual)
    reason = {language: text("distribute.guard_elsewhere", language) for language in languages()}
    code: Any = whole.status.shown  # a code, as all statuses are
    since = card.as_of
    return replace(objective, override=Override(code, reason, max(until, since + timedelta(days=1)), since))


def _project(project: Project, audience: Audience) -> Project:
    """The project with the audience's objectives, and only what they refer to."""
    seen = [o for o in project.objectives if audience.sees(o)]
    ids = {o.id for o in seen}
    others = {o.id for o in project.objectives} - ids
    elsewhere = {o.owner for o in project.objectives if o.id in others} - {o.owner for o in seen}
    objectives = tuple(
        replace(
            o,
            parent=o.parent if o.parent in ids else None,
            guards=tuple(g for g in o.guards if g not in others),
            stakeholders=tuple(person for person in o.stakeholders if person not in elsewhere),
        )
        for o in seen
    )
    kpis = _kpis(project.catalogue, [name for o in objectives for name in (o.kpi, *o.guards) if name])
    own = tuple(id for id in project.own_kpis if id in kpis)
    known = {id: kpi for id, kpi in project.catalogue.kpis.items() if id in kpis or id not in project.own_kpis}
    catalogue = replace(project.catalogue, kpis=known)
    return Project(
        **{name: getattr(project, name) for name in SETTINGS},
        **_about(project, ids),
        objectives=objectives,
        whole=False,
        alerts=_alerts(project.alerts, ids, kpis),
        catalogue=catalogue,
        own_kpis=own,
        sources=project.sources,
        goals={id: goal for id, goal in project.goals.items() if id in {o.goal for o in objectives}},
        **_context(project, objectives),
        files=project.files[:1],
        unedited={id: places for id, places in project.unedited.items() if id in ids},
        written={key: entry for key, entry in project.written.items() if key[0] == "objectives" and key[1] in ids},
    )


def _alerts(alerts: AlertSettings, ids: set[str], kpis: set[str]) -> AlertSettings:
    """The rules for what is seen, none of which names what is not."""
    rules = [
        replace(
            rule,
            objectives=tuple(id for id in rule.objectives if id in ids),
            kpis=tuple(id for id in rule.kpis if id in kpis),
        )
        for rule in alerts.rules
        if (not rule.objectives or ids & set(rule.objectives)) and (not rule.kpis or kpis & set(rule.kpis))
    ]
    return replace(alerts, rules=tuple(rules))


def _about(project: Project, ids: set[str]) -> dict[str, Any]:
    """Of what else a project lists, the entries that name an objective which is seen."""
    lists = {f.name: getattr(project, f.name) for f in fields(project)}
    lists = {name: kept for name, kept in lists.items() if isinstance(kept, tuple) and name != "objectives"}
    named = {name: tuple(e for e in kept if getattr(e, "objective", None) in ids) for name, kept in lists.items()}
    return {name: kept for name, kept in named.items() if kept}


def _context(project: Project, objectives: Sequence[Objective]) -> dict[str, Any]:
    """What is known of competitors and from surveys, as far as it bears on the objectives that are seen."""
    ids, kpis = {o.id for o in objectives}, {o.kpi for o in objectives}
    listed = project.competitors if isinstance(project.competitors, tuple) else ()
    rivals = [replace(c, values={id: v for id, v in c.values.items() if id in ids}) for c in listed]
    return {
        "competitors": tuple(c for c in rivals if c.values),
        "surveys": tuple(s for s in project.surveys if SURVEY_KPIS[s.kind] in kpis),
        "rubrics": tuple(m for m in project.rubrics if RUBRIC_KPIS[m.subject] in kpis),
    }


def _kpis(catalogue: Catalogue, names: Iterable[str]) -> set[str]:
    """The KPIs among names, with those that they are made of."""
    found: set[str] = set()
    waiting = [name for name in names if name in catalogue.kpis]
    while waiting:
        id = waiting.pop()
        if id not in found:
            found.add(id)
            waiting += [i.measure for i in catalogue.kpis[id].inputs.values() if i.measure in catalogue.kpis]
    return found


def needed(kpi: KPI, catalogue: Catalogue) -> frozenset[str]:
    """The measures of a KPI, with those that may stand for them and those that weigh them."""
    found: set[str] = set()
    for given in kpi.inputs.values():
        if given.measure in catalogue.kpis:
            found |= needed(catalogue.kpis[given.measure], catalogue)
            continue
        found.add(given.measure)
        known = catalogue.measures.get(given.measure)
        if known and known.fallback:
            found.add(known.fallback)
    weights = {m.weight for id in found if (m := catalogue.measures.get(id)) and m.weight}
    return frozenset(found | weights)


def _data(data: Data, project: Project) -> Data:
    """The sources that the objectives need, each with the measures and the rows that they need."""
    tables: dict[str, Table] = {}
    for name, table in data.tables.items():
        using = [o for o in project.objectives if o.kpi and _uses(table, o, data.catalogue)]
        wanted = frozenset(m for o in using for m in needed(data.catalogue.kpis[o.kpi or ""], data.catalogue))
        forms = {measure: form for measure, form in table.forms.items() if measure in wanted}
        rows = _rows(table, using, data.catalogue) if forms else table.expression
        if forms and (rows is table.expression or _some(table, rows)):
            tables[name] = replace(table, forms=forms, expression=rows)
    catalogue = replace(project.catalogue, measures=data.catalogue.measures)
    return Data(
        tables,
        catalogue,
        {name: report for name, report in data.reports.items() if name in tables},
        {name: span for name, span in data.spans.items() if name in tables},
        {name: seen & frozenset(tables[name].forms) for name, seen in data.observed.items() if name in tables},
    )


def _some(table: Table, rows: Any) -> bool:
    """Whether any row is left."""
    return bool(table.connection.run(rows.aggregate(rows=rows.count())).to_pylist()[0]["rows"])


def _uses(table: Table, objective: Objective, catalogue: Catalogue) -> bool:
    """Whether an objective's value is made from a table."""
    measures = needed(catalogue.kpis[objective.kpi or ""], catalogue)
    tells = all(dimension in table.dimensions for dimension in objective.where)
    return bool(measures & set(table.forms)) and (tells or _of_all(catalogue.kpis[objective.kpi or ""], catalogue))


def _rows(table: Table, using: Sequence[Objective], catalogue: Catalogue) -> Any:
    """The rows that at least one objective selects; all where one of them selects nothing. Where one compares with all
    rows, those that none selects lose their labels.
    """
    from xlkpi.sources.table import selected

    if not all(o.where for o in using):
        return table.expression
    wanted: Any = None
    for objective in using:
        here = {d: values for d, values in objective.where.items() if d in table.dimensions}
        one: Any = None
        for condition in selected(table.expression, here, Place(key="where")) if here == objective.where else ():
            one = condition if one is None else one & condition
        if one is not None:
            wanted = one if wanted is None else wanted | one
    if not any(_of_all(catalogue.kpis[o.kpi or ""], catalogue) for o in using):
        return table.expression.filter(wanted)
    labels = {d: table.expression[d] for d in table.dimensions}
    return table.expression.mutate(
        **{d: OTHER if wanted is None else wanted.ifelse(label, OTHER) for d, label in labels.items()}
    )


def _of_all(kpi: KPI, catalogue: Catalogue) -> bool:
    """Whether a KPI compares a selection with everything."""
    return any(
        given.of == "all" or (given.measure in catalogue.kpis and _of_all(catalogue.kpis[given.measure], catalogue))
        for given in kpi.inputs.values()
    )
