"""Whatever stands in a project file, it loads or is told as a mistake: no traceback reaches anybody."""

from __future__ import annotations

import tempfile
from dataclasses import fields
from datetime import date
from pathlib import Path

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xlkpi.errors import DefinitionError
from xlkpi.objectives import Objective, load
from xlkpi.objectives.model import ProjectFile
from xlkpi.smart import check

words = st.sampled_from(
    ["", "a", "À COMPLÉTER", "roi", "2,5", "stay_between", "curve", "é" * 80, "2026-01-01", "..", "*"]
)
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**30), 10**30), st.floats(), words, st.text(max_size=8),
    st.dates(date(1800, 1, 1), date(2200, 1, 1)),
)  # fmt: skip
inner_keys = st.sampled_from(
    ["value", "why", "benchmark", "points", "date", "task", "fr", "de", "status", "reason", "what", "x"]
)
anything = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(inner_keys, inner, max_size=3)),
    max_leaves=6,
)
objective_keys = st.sampled_from(
    [*(f.name for f in fields(Objective)), "realistic", "benchmark", "resources", "tagret"]
)
objectives = st.dictionaries(objective_keys, anything, max_size=6)
project_keys = st.sampled_from([f.name for f in fields(ProjectFile)])


def outcome(data):
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "project.yaml"
        file.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
        project = loaded(file)
    return project if isinstance(project, DefinitionError) else check(project, today=date(2026, 3, 2))


def loaded(file):
    try:
        return load(file)
    except DefinitionError as mistake:
        return mistake


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(objectives, max_size=3))
def test_any_objective_is_checked_or_told(listed):
    found = outcome(
        {"xlkpi": 1, "name": "T", "objectives": [{"id": f"o{i}", "title": "T", **o} for i, o in enumerate(listed)]}
    )
    for language in ("fr", "en"):
        if isinstance(found, DefinitionError):
            assert found.text(language)
            assert all(problem.place.file for problem in found.problems)
        else:
            assert found.as_json(language)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(project_keys, anything, max_size=5))
def test_any_project_is_checked_or_told(data):
    found = outcome({"xlkpi": 1, "name": "T", **data})
    assert found.text("fr") if isinstance(found, DefinitionError) else found.as_json("fr")


numbers = st.one_of(st.none(), st.floats(-1e300, 1e300), st.sampled_from([0, 0.03, 1, -1, 100]))
days = st.one_of(st.none(), st.dates(), st.dates(date(2025, 1, 1), date(2027, 1, 1)))
numeric = ("baseline", "target", "low", "high", "success", "failure")
meaningful = st.fixed_dictionaries(
    {},
    optional={
        "kpi": st.sampled_from(["cvr", "leads_total", "cpa", "bounce", "nps", "sessions_total", "channel_share"]),
        "kind": st.sampled_from(["reach", "increase", "decrease", "stay_above", "stay_below", "stay_between"]),
        "cadence": st.sampled_from(["daily", "weekly", "monthly", "quarterly", "yearly"]),
        "goal": st.sampled_from(["sales", "leads"]),
        "horizon": st.sampled_from(["short", "medium", "long"]),
        "cumulative": st.booleans(),
        **dict.fromkeys(numeric, numbers),
        **dict.fromkeys(("start", "due", "review"), days),
        "attainable": st.fixed_dictionaries({"benchmark": st.fixed_dictionaries({"value": st.floats(-1e300, 1e300)})}),
    },
)
histories = st.lists(st.one_of(st.floats(-1e6, 1e6), st.just(float("nan"))), max_size=40)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(meaningful, histories)
def test_any_numbers_and_history_give_a_report(keys, history):
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "project.yaml"
        objective = {"id": "a", "title": "Atteindre 3 % en France", **keys}
        file.write_text(yaml.safe_dump({"xlkpi": 1, "name": "T", "objectives": [objective]}), encoding="utf-8")
        project = loaded(file)
    if isinstance(project, DefinitionError):
        assert {p.code for p in project.problems} <= {"objective_limits_swapped", "objective_cumulative_between"}
        return
    report = check(project, today=date(2026, 3, 2), history={"a": history})
    assert 0 <= report.score <= 100
    assert all(report.as_json(language) for language in ("fr", "en"))
