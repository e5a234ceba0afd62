"""The six criteria of a good KPI: quantifiable, actionable, simple, reliable, controllable, qualifiable.

Three are computed, three are declared with evidence under ``quality:``. They are told beside the letters
and do not count in the score.
"""

from __future__ import annotations

from collections.abc import Iterator

from xlkpi.catalogue import say
from xlkpi.smart.case import Case
from xlkpi.smart.model import Finding


def is_quantifiable(case: Case) -> Iterator[Finding]:
    """A formula gives its value."""
    if case.kpi is None:
        yield case.says(None, "criterion_quantifiable_not", "fail", "kpi")
    else:
        yield case.says(None, "criterion_quantifiable", "pass", "kpi", formula=case.kpi.formula)


def is_actionable(case: Case) -> Iterator[Finding]:
    """Somebody answers for it, and there is something to do: actions, or a decision that it leads to."""
    objective = case.objective
    if objective.owner and (objective.actions or objective.decision):
        yield case.says(None, "criterion_actionable", "pass", "owner", owner=objective.owner)
    elif objective.owner:
        yield case.says(None, "criterion_actionable_nothing", "warning", "actions")
    else:
        yield case.says(None, "criterion_actionable_nobody", "warning", "owner")


def is_simple(case: Case) -> Iterator[Finding]:
    """Few inputs: it is built and understood easily."""
    if case.kpi is None:
        yield case.says(None, "criterion_simple_unknown", "not_checked", "kpi")
        return
    count, most = len(case.kpi.inputs), case.project.checks.inputs
    code, verdict = ("criterion_simple", "pass") if count <= most else ("criterion_simple_not", "warning")
    yield case.says(None, code, verdict, "kpi", count=count, most=most)  # type: ignore[arg-type]  # a Verdict


def is_reliable(case: Case) -> Iterator[Finding]:
    """Declared: why its figures can be trusted."""
    yield _declared(case, "reliable")


def is_controllable(case: Case) -> Iterator[Finding]:
    """Declared: how the team acts on it."""
    yield _declared(case, "controllable")


def is_qualifiable(case: Case) -> Iterator[Finding]:
    """Declared: which opinions explain it; a KPI made of opinions is so by nature."""
    if case.kpi is not None and case.kpi.nature == "qualitative" and not case.objective.quality.qualifiable:
        yield case.says(None, "criterion_qualifiable_nature", "pass", "quality")
    else:
        yield _declared(case, "qualifiable")


def _declared(case: Case, name: str) -> Finding:
    evidence = str(say(getattr(case.objective.quality, name), case.language))
    if evidence.strip(" .…"):
        return case.says(None, f"criterion_{name}", "pass", "quality", words=evidence)
    return case.says(None, f"criterion_{name}_undeclared", "not_checked", "quality")
