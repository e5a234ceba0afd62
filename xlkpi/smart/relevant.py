"""R, relevant: it serves a goal, its KPI fits the goal, it has a reason and leads to a decision."""

from __future__ import annotations

from collections.abc import Iterator

from xlkpi.catalogue import say
from xlkpi.objectives.project import GOALS
from xlkpi.smart import words
from xlkpi.smart.case import Case
from xlkpi.smart.model import Finding, Term

_SAME = 0.75  # from so much repeated content on, a reason is the title again
_PROPOSED = 5


def serves_a_goal(case: Case) -> Iterator[Finding]:
    """A named business goal, or an objective that it supports."""
    objective = case.objective
    if objective.goal:
        yield case.says("R", "goal", "pass", "goal", goal=_goal(case, objective.goal))
    elif objective.parent:
        parent = case.project.by_id[objective.parent]
        yield case.says("R", "goal_parent", "pass", "parent", parent=parent.title)
    else:
        yield case.says("R", "goal_missing", "fail", "goal", known=", ".join(GOALS))


def fits_the_goal(case: Case) -> Iterator[Finding]:
    """The KPI is one of those that tell of the goal."""
    goal, kpi = case.objective.goal, case.kpi
    if not goal or kpi is None:
        return
    own = case.project.goals.get(goal)
    fitting = own.kpis if own else [k.id for k in case.project.catalogue.values() if goal in k.goals]
    values = {"kpi": kpi.name, "goal": _goal(case, goal)}
    if kpi.id in fitting or (own is None and not kpi.goals) or (own is not None and not own.kpis):
        yield case.says("R", "fit", "pass", "kpi", **values)
    else:
        yield case.says("R", "fit_not", "warning", "kpi", proposed=", ".join(fitting[:_PROPOSED]), **values)


def has_a_reason_of_its_own(case: Case) -> Iterator[Finding]:
    """A reason that says more than the title."""
    reason = str(say(case.objective.relevant, case.language))
    said = words.content(reason)
    if not reason.strip(" .…"):
        yield case.says("R", "reason_missing", "fail", "relevant")
    elif words.similarity(reason, case.title) >= _SAME and words.added(reason, case.title) < 2:
        yield case.says("R", "reason_title", "fail", "relevant", reason=reason)
    elif len(said) < 3:
        yield case.says("R", "reason_short", "warning", "relevant", reason=reason)
    else:
        yield case.says("R", "reason", "pass", "relevant", reason=reason)


def leads_to_a_decision(case: Case) -> Iterator[Finding]:
    """What is decided when the value is good or bad."""
    decision = str(say(case.objective.decision, case.language))
    if decision.strip(" .…"):
        yield case.says("R", "decision", "pass", "decision", decision=decision)
    else:
        yield case.says("R", "decision_missing", "warning", "decision")


def is_no_vanity_alone(case: Case) -> Iterator[Finding]:
    """A vanity metric has its companion among the project's objectives or its own guards."""
    kpi = case.kpi
    if kpi is None or not kpi.vanity:
        return
    companion = kpi.companion or ""
    if companion in case.used or companion in case.objective.guards:
        yield case.says("R", "vanity_accompanied", "pass", "kpi", kpi=kpi.name, companion=companion)
    else:
        yield case.says("R", "vanity_alone", "warning", "kpi", kpi=kpi.name, companion=companion)


def _goal(case: Case, goal: str) -> object:
    own = case.project.goals.get(goal)
    return own.name if own else Term(f"objectives.goal.{goal}")
