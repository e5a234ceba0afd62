"""Starter projects, the report as people read it, and what the command shows."""

from __future__ import annotations

import re
from datetime import date

import pytest

from xlkpi.catalogue import catalogue
from xlkpi.cli_check import MARKS, report_as_text
from xlkpi.errors import DefinitionError
from xlkpi.language import languages, text
from xlkpi.objectives import GOALS, load
from xlkpi.smart import check
from xlkpi.starter import load_starter, new_project, starter, starters

TODAY = date(2026, 3, 2)
NUMBERS = {
    "count": (100, 120), "percent": (0.2, 0.25), "currency": (100, 120), "points": (20, 25), "score": (60, 70),
    "rank": (12, 9), "ratio": (0.2, 0.25), "times": (2, 2.5),
}  # fmt: skip


def filled_in(written, mark):
    """The starter as somebody fills it in: numbers that fit the KPI, words elsewhere."""
    lines, kpi = [], None
    for line in written.splitlines():
        found = re.match(r"    kpi: (\w+)", line)
        kpi = catalogue()[found[1]] if found else kpi
        if kpi and mark in line:
            baseline, target = NUMBERS[kpi.unit]
            if kpi.direction == "lower" and baseline < target:
                baseline, target = target, baseline
            line = re.sub(f'baseline: "{mark}"', f"baseline: {baseline}", line)
            line = re.sub(f'(target|value): "{mark}"', rf"\1: {target}", line)
        if "title:" in line:
            line = line.replace(mark, "25")
        lines.append(line if line.startswith("#") else line.replace(mark, "Lyon deux boutiques quinze vendeurs"))
    return "\n".join(lines)


def test_there_is_a_starter_for_each_of_the_eight_goals():
    assert set(GOALS) < set(starters())
    assert [load_starter(goal).goal for goal in GOALS] == list(GOALS)


def test_every_layout_of_a_workbook_has_a_starter_that_names_it(tmp_path):
    from xlkpi.workbook.layout import known, load_layout

    for layout in known("layouts"):
        assert load_layout(layout, tmp_path).starter
        project = load(new_project(tmp_path / layout, layout, "en", TODAY))
        assert project.template == layout
        assert project.objectives
    assert load(new_project(tmp_path / "sales", "sales", "en", TODAY)).template is None


@pytest.mark.parametrize("goal", starters())
def test_a_starter_uses_kpis_of_its_goal_and_guards_that_exist(goal):
    kpis = catalogue()
    data = load_starter(goal)
    for objective in data.objectives:
        assert data.goal in kpis[objective.kpi].goals
        assert set(objective.guards) <= set(kpis)
        assert set(objective.title) == set(objective.decision) == set(languages())


@pytest.mark.parametrize("goal", GOALS)
def test_a_starter_names_every_kpi_that_the_sources_attach_to_its_goal(goal):
    written = starter(goal, "fr", today=TODAY)
    assert [id for id, kpi in catalogue().items() if goal in kpi.goals and not re.search(rf"\b{id}\b", written)] == []


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("goal", starters())
def test_a_new_project_fails_only_where_it_asks_to_be_filled_in(goal, language, tmp_path):
    report = check(load(new_project(tmp_path / "p", goal, language, TODAY)), today=TODAY)
    failing = {
        finding.code for objective in report.objectives for finding in objective.findings if finding.verdict == "fail"
    }
    assert failing == {"unedited"}
    assert {finding.code for finding in report.collection} <= {"set_idle_guard"}  # a note, no fault


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("goal", starters())
def test_a_starter_that_is_filled_in_fails_nowhere(goal, language, tmp_path):
    file = tmp_path / "project.yaml"
    file.write_text(
        filled_in(starter(goal, language, title="Test", today=TODAY), text("starter.fill_in", language)),
        encoding="utf-8",
    )
    report = check(load(file), today=TODAY)
    told = [(o.id, f.code) for o in report.objectives for f in o.findings if f.verdict == "fail"]
    assert told == []
    assert report.ok


def test_a_new_project_is_dated_from_the_next_month(tmp_path):
    objective = load(new_project(tmp_path, "sales", "en", date(2026, 12, 15))).objectives[0]
    assert (objective.start, objective.due) == (date(2027, 1, 1), date(2027, 12, 31))


def test_an_existing_project_is_never_overwritten(tmp_path):
    (tmp_path / "project.yaml").write_text("mine", encoding="utf-8")
    with pytest.raises(DefinitionError) as caught:
        new_project(tmp_path)
    assert caught.value.problems[0].code == "starter_exists"
    assert (tmp_path / "project.yaml").read_text() == "mine"


@pytest.mark.parametrize(
    ("name", "code"), [("sale", "starter_unknown_nearest"), ("zzzzzzz", "starter_unknown"), ("../x", "starter_unknown")]
)
def test_an_unknown_starter_is_told(name, code, tmp_path):
    with pytest.raises(DefinitionError) as caught:
        new_project(tmp_path / "p", name)
    assert [p.code for p in caught.value.problems] == [code]
    assert caught.value.text("fr")
    assert not (tmp_path / "p").exists()


def test_a_folder_that_can_not_be_made_is_told(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(DefinitionError) as caught:
        new_project(tmp_path / "file" / "p")
    assert caught.value.problems[0].code == "starter_folder"


# --- the report as people read it ------------------------------------------------------------------------------------


@pytest.fixture
def report(tmp_path):
    return check(load(new_project(tmp_path / "p", "sales", "fr", TODAY)), today=TODAY)


@pytest.mark.parametrize("width", [40, 60, 80, 200])
@pytest.mark.parametrize("language", languages())
def test_the_report_fits_the_terminal(report, width, language):
    lines = report_as_text(report, width=width, language=language).splitlines()
    assert max(map(len, lines)) <= max(60, min(width, 110))


@pytest.mark.parametrize("language", languages())
def test_the_report_has_a_line_with_score_and_letters_for_each_objective(report, language):
    told = report_as_text(report, width=100, language=language)
    for objective in report.objectives:
        marks = "  ".join(MARKS[objective.letters[letter].verdict] for letter in "SMART")
        assert f"{objective.score:>5}  {marks}" in told
    assert text("smart.verdict.fail", language) in told
    assert "project.yaml:" in told
    assert "→" in told


def test_long_reports_say_how_much_they_leave_out(report):
    assert "4 de plus" in report_as_text(report, most=1, language="fr")


def test_a_report_with_a_failed_objective_is_not_ok(report):
    assert not report.ok
