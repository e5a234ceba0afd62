"""Reviews, actions and their effects, experiments, the journal: computed, and on their pages."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.checks import recalc
from tests.checks.reading import Book, letters_of, position
from tests.scorecards import card
from tests.small_project import PROJECT, exported
from xlkpi.analysis.ab_test import compare_means, compare_proportions, sample_size_means, sample_size_proportions
from xlkpi.analysis.impact import Impact, impact
from xlkpi.cli import run
from xlkpi.effects import Effect, effect, effects
from xlkpi.errors import DefinitionError
from xlkpi.experiments import outcome
from xlkpi.language import languages, text
from xlkpi.objectives import load
from xlkpi.objectives.decisions import Experiment, Variant
from xlkpi.reviews import _gap, _moved, analysis, interpretation, review_date, reviews
from xlkpi.scorecard import scorecard
from xlkpi.workbook.build import build_workbook
from xlkpi.workbook.live import as_date
from xlkpi.workbook.people import Row

# --- reviews ---------------------------------------------------------------------------------------------------------


def test_every_objective_that_has_begun_has_its_latest_review() -> None:
    found = {r.result.objective.id: r for r in reviews(card())}
    begun = {r.objective.id for r in card().results if r.objective.start is None or r.objective.start <= card().as_of}
    assert {*found} == begun
    assert found["roi_paid"].date == date(2026, 3, 1)
    assert found["roi_paid"].next == date(2026, 4, 1)


def test_a_closed_objective_is_frozen_on_its_due_date_with_its_verdict() -> None:
    closing = next(r for r in reviews(card()) if r.result.objective.id == "basket")
    due = closing.result.objective.due
    assert due is not None
    then = card(due).by_id["basket"]
    assert closing.date == due
    assert closing.result.actual == then.actual != card().by_id["basket"].actual
    assert closing.verdict == then.verdict.code == "partially"
    assert closing.next is None


def test_a_review_on_a_date_of_its_own_is_that_day() -> None:
    result = card().by_id["roi_paid"]
    own = replace(result, objective=replace(result.objective, review=date(2026, 3, 5)))
    assert review_date(card(), own) == date(2026, 3, 5)


def _told(path: Path) -> dict[tuple[date, str], dict[str, Any]]:
    """The rows of the reviews by date and objective."""
    book = Book(path)
    table = next(t for t in book.tables if t.name == "xlkpi_reviews")
    cells = next(s for s in book.sheets if s.name == table.sheet).cells
    (top, left), (bottom, right) = map(position, table.reference.split(":"))
    found = {}
    for row in range(top + 1, bottom + 1):
        told = {
            str(cells[f"{letters_of(c)}{top}"].value): cell.value
            if (cell := cells.get(f"{letters_of(c)}{row}"))
            else None
            for c in range(left, right + 1)
        }
        if told["Key"]:
            found[as_date(told["Review"]) or date.min, str(told["Key"])] = told
    return found


def test_a_closed_verdict_keeps_its_values_when_the_data_change_later(tmp_path: Path) -> None:
    """Over a build of the day before the due date, a new build and a refresh; for these the past reads otherwise."""
    file = tmp_path / "small.yaml"
    file.write_text(PROJECT.replace("2026-12-31", "2026-03-01"), encoding="utf-8")
    out, on = tmp_path / "small.xlsx", (date(2026, 3, 1), "cpc")
    exported(tmp_path, 6)
    assert run(["build", str(file), "--as-of", "2026-02-28"]) == 0
    assert on not in _told(out)
    assert run(["build", str(file)]) == 0
    closed = _told(out)[on]
    assert closed["Verdict"] == "Achieved"
    data = (tmp_path / "ads.csv").read_text(encoding="utf-8")
    for command, clicks in (("build", "3"), ("refresh", "1")):
        (tmp_path / "ads.csv").write_text(re.sub(r",\d+$", f",{clicks}", data, flags=re.M), encoding="utf-8")
        assert run([command, str(file if command == "build" else out)]) == 0
        assert _told(out)[on] == closed
    (now,) = reviews(scorecard(load(file)))
    assert now.verdict == "missed"


@pytest.mark.parametrize("language", languages())
def test_analysis_and_interpretation_are_sentences_in_the_language(language: str) -> None:
    for result in card().results:
        for words in (analysis(result, language), interpretation(result, language)):
            assert words.endswith(".")
            assert "nan" not in words
            assert "{" not in words
    roi = card().by_id["roi_paid"]
    assert ("période précédente" if language == "fr" else "period before") in analysis(roi, language)
    assert roi.status.sentence(language).rstrip(".") in interpretation(roi, language)


# --- actions ---------------------------------------------------------------------------------------------------------


def test_the_effect_is_that_of_the_windows_set_beforehand() -> None:
    result = card().by_id["roi_paid"]
    assert result.series is not None
    found = effect(result, card().as_of, state="done", start=None, due=date(2025, 9, 11), window=4)
    at = result.series.periods.index(date(2025, 9, 1))
    values = result.series.values
    expected = impact(values[at - 4 : at], values[at + 1 : at + 5], season_length=12)
    assert isinstance(found.found, Impact)
    assert (found.found.effect, found.found.lower) == (expected.effect, expected.lower)
    assert found.after == len(values) - at - 1


@pytest.mark.parametrize(("state", "day"), [
    ("planned", date(2025, 9, 11)), ("stopped", date(2025, 9, 11)), ("done", date(2027, 1, 1)), ("doing", None),
])  # fmt: skip
def test_what_has_not_acted_has_no_effect(state: str, day: date | None) -> None:
    assert effect(card().results[1], card().as_of, state=state, start=day, due=day).found is None


def test_an_effect_waits_until_its_window_is_complete() -> None:
    found = effect(card().results[1], card().as_of, state="done", start=None, due=date(2025, 12, 5), window=3)
    assert (found.found, found.after) == (None, 2)


def test_an_action_without_a_visible_effect_may_stop_after_so_many_reviews() -> None:
    none = impact([1.0, 2.0, 1.5], [1.6, 1.4, 1.5])
    gain = impact([1.0, 1.1, 1.05], [9.0, 9.1, 9.05])
    assert [Effect(None, 3, n, none).may_stop(3) for n in (2, 3)] == [False, True]
    assert not Effect(None, 3, 9, gain).may_stop(3)
    assert not Effect(None, 3, 9, None).may_stop(3)


def test_an_objective_without_data_has_actions_without_effects() -> None:
    result = card().by_id["brand_awareness"]
    assert effect(result, card().as_of, state="done", start=None, due=date(2025, 9, 1)).as_json()["impact"] is None
    assert all(e.as_json() for _, _, e in effects(card()))


# --- experiments -----------------------------------------------------------------------------------------------------

#: Seen and successes of A, then of B.
CASES = [
    (4120, 92, 4087, 131), (5200, 112, 5180, 121), (1000, 500, 1000, 500), (100_000, 2000, 100_000, 2010),
    (20, 0, 20, 8), (30, 1, 28, 2), (20, 20, 20, 18), (1000, 3, 900, 9), (50, 2, 100_000, 400), (10, 0, 10, 0),
]  # fmt: skip


#: Mean, deviation and number of A, then of B.
MEAN_CASES = [
    (50.0, 10.0, 400, 54.0, 12.5, 400), (50.0, 31.5, 80, 47.0, 28.0, 2000), (-3.0, 2.0, 2, 4.0, 2.5, 3),
    (1200.5, 900.0, 5000, 1201.0, 950.0, 5200), (5.0, 0.0, 10, 5.0, 0.0, 10), (5.0, 0.0, 10, 6.0, 0.0, 12),
    (0.0, 1.0, 50, 0.1, 1.0, 50), (20.0, 0.0, 30, 20.5, 4.0, 30), (0.021, 0.4, 100_000, 0.024, 0.5, 90_000),
]  # fmt: skip


def _experiment(a: tuple[int, int], b: tuple[int, int], **more: Any) -> Experiment:
    return Experiment("x", {"en": "x"}, a=Variant({}, *a), b=Variant({}, *b), **more)


def test_an_experiment_is_compared_as_ab_test_does() -> None:
    for na, xa, nb, xb in CASES:
        assert outcome(_experiment((na, xa), (nb, xb))).found == compare_proportions(xa, na, xb, nb)


def test_a_planned_experiment_says_its_sample() -> None:
    planned = Experiment("x", {"en": "x"}, baseline_rate=0.0225, smallest_lift=0.15)
    assert outcome(planned).needed == sample_size_proportions(0.0225, 0.15)
    assert outcome(Experiment("x", {"en": "x"})).as_json() == {"id": "x", "needed": None, "comparison": None}


def test_an_experiment_of_means_is_compared_as_ab_test_mean_does(tmp_path: Path) -> None:
    path = tmp_path / "project.yaml"
    path.write_text("""xlkpi: 1
name: Shop
experiments:
  - id: basket
    hypothesis: H
    a: {name: now, trials: 400, mean: 50, deviation: 10}
    b: {trials: 400, mean: 54.0, deviation: 12.5}
    smallest_lift: 0.05
  - {id: later, hypothesis: H, state: planned, a: {mean: 50, deviation: 20}, smallest_lift: 0.2}
  - {id: begun, hypothesis: H, a: {trials: 30, mean: 50, deviation: 20}}
""", encoding="utf-8")  # fmt: skip
    basket, later, begun = map(outcome, load(path).experiments)
    assert basket.found == compare_means(50, 10, 400, 54, 12.5, 400, smallest_lift=0.05)
    assert basket.as_json()["comparison"]["method"] == "welch_t"
    assert (later.found, later.needed) == (None, 64)
    assert (begun.found, begun.needed) == (None, 253)


MEAN_COLUMNS = ("mean_a", "deviation_a", "trials_a", "mean_b", "deviation_b", "trials_b")


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workbook whose log of experiments was filled by people, with counts that can't be too."""
    rows: list[Row] = [
        {
            "id": f"t{i}",
            "trials_a": float(na),
            "successes_a": float(xa),
            "trials_b": float(nb),
            "successes_b": float(xb),
        }
        for i, (na, xa, nb, xb) in enumerate(CASES)
    ]
    rows += [
        {"id": f"m{i}", **dict(zip(MEAN_COLUMNS, map(float, case), strict=True))} for i, case in enumerate(MEAN_CASES)
    ]
    whole = dict(zip(MEAN_COLUMNS, map(float, MEAN_CASES[0]), strict=True))
    rows += [
        {"id": "mixed", **whole, "successes_b": 3.0},
        {"id": "one_value", **whole, "trials_a": 1.0},
        {"id": "deviation", **whole, "deviation_b": -1.0},
        {"id": "no_deviation", **whole, "deviation_b": None},
        {"id": "sides", "trials_a": 10.0, "successes_a": 1.0, "trials_b": 9.0, "mean_b": 5.0, "deviation_b": 1.0},
        {"id": "plan_means", "mean_a": 50.0, "deviation_a": 20.0, "smallest": 0.2},
    ]
    rows += [
        {"id": "too_many", "trials_a": 10.0, "successes_a": 11.0, "trials_b": 10.0, "successes_b": 1.0},
        {"id": "nobody", "trials_a": 0.0, "successes_a": 0.0, "trials_b": 10.0, "successes_b": 1.0},
        {"id": "negative", "trials_a": 10.0, "successes_a": -1.0, "trials_b": 10.0, "successes_b": 1.0},
        {"id": "planned", "expected": 0.0225, "smallest": 0.15}, {"id": "half", "trials_a": 10.0, "successes_a": 1.0},
        {"id": "large_lift", "expected": 0.9, "smallest": 3.0},
    ]  # fmt: skip
    path = tmp_path_factory.mktemp("log") / "log.xlsx"
    build_workbook(card(), path, language="en", kept={"xlkpi_experiments": rows})
    return path


def test_the_log_is_calculated_natively_as_by_ab_test(logged: Path) -> None:
    """Fisher's sum over an array is beyond ironcalc: LibreOffice is the judge."""
    assert recalc.differences(logged, ("libreoffice",)) == []
    rows, early = _table(logged, "xlkpi_experiments"), []
    for i, (na, xa, nb, xb) in enumerate(CASES):
        row, found = rows[f"t{i}"], compare_proportions(xa, na, xb, nb)
        expected = {
            "Rate or mean A": found.a, "p-value": found.p_value, "B − A from": found.lower, "B − A to": found.upper,
            "Needed per variant": found.needed, "Lift": found.lift,
        }  # fmt: skip
        for header, value in expected.items():
            if math.isnan(value):
                assert row[header] in ("", None)
            else:
                assert row[header] == pytest.approx(value, rel=1e-9), (i, header)
        word = (
            text(f"workbook.experiments.{found.verdict}", "en") if found.verdict != "not_enough_data" else "Not enough"
        )
        assert str(row["Result so far"]).startswith(word), i
        early.append(found.verdict.endswith("higher") and found.needed > min(na, nb))
        assert ("so far; not enough data yet" in str(row["Result so far"])) == early[-1], i
    assert True in early, "significant before the sample is there"


def test_means_in_the_log_are_calculated_natively_as_by_ab_test_mean(logged: Path) -> None:
    rows, early = _table(logged, "xlkpi_experiments"), []
    for i, case in enumerate(MEAN_CASES):
        row, found = rows[f"m{i}"], compare_means(*case)
        expected = {
            "Rate or mean A": found.a, "Rate or mean B": found.b, "Lift": found.lift, "B − A from": found.lower,
            "B − A to": found.upper, "p-value": found.p_value, "Needed per variant": found.needed,
        }  # fmt: skip
        for header, value in expected.items():
            if math.isnan(value):
                assert row[header] in ("", None), (i, header)
            else:
                assert row[header] == pytest.approx(value, rel=1e-9, abs=1e-12), (i, header)
        word = (
            text(f"workbook.experiments.{found.verdict}", "en") if found.verdict != "not_enough_data" else "Not enough"
        )
        assert str(row["Result so far"]).startswith(word), i
        early.append(found.verdict.endswith("higher") and found.needed > min(case[2], case[5]))
        assert ("so far; not enough data yet" in str(row["Result so far"])) == early[-1], i
    assert set(early) == {True, False}, "significant before the sample is there, and after"


def test_means_that_cannot_be_are_told_and_half_filled_rows_are_not_enough_data(logged: Path) -> None:
    rows = _table(logged, "xlkpi_experiments")
    told = {id: rows[id]["Result so far"] for id in ("mixed", "one_value", "deviation", "sides", "no_deviation")}
    wrong, nothing = (text(f"workbook.experiments.{code}", "en") for code in ("wrong_mean", "no_data"))
    assert told == {**dict.fromkeys(("mixed", "one_value", "deviation", "sides"), wrong), "no_deviation": nothing}
    assert rows["plan_means"]["Result so far"] == nothing
    assert rows["plan_means"]["Needed per variant"] == sample_size_means(20, 10)


def test_formulas_of_the_log_are_no_longer_than_excel_takes(logged: Path) -> None:
    book = Book(logged)
    sheet = next(t for t in book.tables if t.name == "xlkpi_experiments").sheet
    cells = next(s for s in book.sheets if s.name == sheet).cells
    assert max(len(cell.formula or "") for cell in cells.values()) <= 8192


def test_counts_that_cannot_be_are_told_and_blanks_are_not_enough_data(logged: Path) -> None:
    rows = _table(logged, "xlkpi_experiments")
    told = {id: rows[id]["Result so far"] for id in ("too_many", "nobody", "negative", "planned", "half", "large_lift")}
    wrong, nothing = (text(f"workbook.experiments.{code}", "en") for code in ("wrong", "no_data"))
    assert told == {**dict.fromkeys(("too_many", "nobody", "negative"), wrong),
                    **dict.fromkeys(("planned", "half", "large_lift"), nothing)}  # fmt: skip
    assert rows["planned"]["Needed per variant"] == sample_size_proportions(0.0225, 0.15)
    assert rows["large_lift"]["Needed per variant"] in ("", None)


def test_a_difference_that_reads_zero_has_no_sign() -> None:
    basket, share = card().by_id["basket"], card().by_id["site_conversion"]
    assert [_gap(basket, amount, "fr") for amount in (0.0, 2.0)] == ["0,00\u00a0€", "+2,00\u00a0€"]
    assert [_gap(share, amount, "en") for amount in (-1e-9, -0.02)] == ["0.00\u00a0pts", "\u22122.00\u00a0pts"]
    assert [_moved(basket, value, 50.0, "en") for value in (50.0, 45.0)] == ["0%", "\u221210%"]


def test_rows_of_the_project_follow_those_that_people_have(logged: Path) -> None:
    assert [*_table(logged, "xlkpi_experiments")][-3:] == [e.id for e in card().project.experiments]


def test_an_effect_is_measured_for_actions_that_people_added(tmp_path: Path) -> None:
    mine: Row = {"key": "roi_paid", "task": "Mine", "due": 45911.0, "state": "Done", "window": 3.0, "effort": 4.0}
    path = tmp_path / "mine.xlsx"
    build_workbook(card(), path, language="en", kept={"xlkpi_actions": [mine]})
    row = _table(path, "xlkpi_actions", "Action")["Mine"]
    assert row["Reviews since"] == 5
    assert "before" in str(row["Measured before and after"])
    assert recalc.differences(path, ("ironcalc",)) == []


def test_the_journal_holds_check_ins_lessons_and_changed_targets(logged: Path) -> None:
    rows = _table(logged, "xlkpi_journal", "What and why")
    kinds = [row["Kind"] for row in rows.values()]
    assert {*kinds} >= {text(f"workbook.journal_kind.{k}", "en") for k in ("lesson", "checkin", "target")}
    target = next(row for row in rows.values() if row["Kind"] == "Target")
    assert (target["Target before"], target["Target after"]) == (9500, 10_000)


def _table(path: Path, name: str, key: str | None = None) -> dict[str, dict[str, Any]]:
    """The rows of a table by one of its columns, the first by default; blank ones left out."""
    book = Book(path)
    table = next(t for t in book.tables if t.name == name)
    sheet = next(s for s in book.sheets if s.name == table.sheet)
    top, left = position(table.reference.split(":")[0])
    headers: dict[int, str] = {}
    column = left
    while (cell := sheet.cells.get(f"{letters_of(column)}{top}")) is not None and cell.value:
        headers[column] = str(cell.value)
        column += 1
    rows: dict[str, dict[str, Any]] = {}
    for row in range(top + 1, position(table.reference.split(":")[1])[0] + 1):
        found = {h: c.value for col, h in headers.items() if (c := sheet.cells.get(f"{letters_of(col)}{row}"))}
        name_ = found.get(key or next(iter(headers.values())))
        if name_ not in (None, ""):
            rows[str(name_)] = {h: found.get(h) for h in headers.values()}
    return rows


# --- the project file ------------------------------------------------------------------------------------------------

HEAD = "xlkpi: 1\nname: Shop\n"
MEANS = "experiments: [{{id: a, hypothesis: H, a: {{{}}}{}}}]\n"
GOOD = "objectives: [{id: o, title: T, target: 5, kpi: roi"


@pytest.mark.parametrize(("lines", "code"), [
    ("experiments: [{id: a, hypothesis: H, a: {trials: 5, successes: 6}}]\n", "experiment_successes"),
    ("experiments: [{id: a, hypothesis: H, a: {trials: -5}}]\n", "experiment_counts"),
    ("experiments: [{id: a, hypothesis: H, smallest_lift: 0.0}]\n", "experiment_lift"),
    ("experiments: [{id: a, hypothesis: H, baseline_rate: 3.0}]\n", "experiment_rate"),
    ("experiments: [{id: a, hypothesis: ' '}]\n", "words_missing"),
    ("experiments: [{id: '', hypothesis: H}]\n", "words_missing"),
    ("competitors: [{name: A, values: {roi: much}}]\n", "want_number"),
    (MEANS.format("trials: 9, mean: 5.0, deviation: 1.0, successes: 3", ""), "experiment_mixed"),
    (MEANS.format("trials: 9, mean: 5.0", ""), "experiment_lacking"),
    (MEANS.format("trials: 9, deviation: 5.0", ""), "experiment_lacking"),
    (MEANS.format("trials: 9, mean: .nan, deviation: 1.0", ""), "experiment_mean"),
    (MEANS.format("trials: 9, mean: 5.0, deviation: .nan", ""), "experiment_deviation"),
    (MEANS.format("trials: 9, mean: 5.0, deviation: -1.0", ""), "experiment_deviation"),
    (MEANS.format("trials: 1, mean: 5.0, deviation: 0.0", ""), "experiment_few"),
    (MEANS.format("trials: 9, mean: 5.0, deviation: 1.0", ", b: {trials: 9, successes: 2}"), "experiment_sides"),
    (MEANS.format("trials: 9, successes: 2", ", b: {trials: 9, mean: 5.0, deviation: 1.0}"), "experiment_sides"),
    (MEANS.format("mean: 5.0, deviation: 1.0", ""), "experiment_trials"),
    (MEANS.format("trials: 9, mean: 5.0, deviation: 1.0", ", baseline_rate: 0.02"), "experiment_baseline"),
    ("experiments: [{id: a, hypothesis: H, start: 2026-02-01, end: 2026-01-01}]\n", "decision_days"),
    ("experiments: [{id: a, hypothesis: H, objective: nobody}]\n", "alert_objective"),
    ("experiments: [{id: a, hypothesis: H}, {id: a, hypothesis: H}]\n", "project_duplicate"),
    ("journal: [{date: 2026-01-01, kind: gossip}]\n", "value_not_listed"),
    ("journal: [{date: 2026-01-01, objective: nobody}]\n", "alert_objective"),
    ("capacity: {effort: -3.0}\n", "capacity_negative"),
    (GOOD + ", revisions: [{date: 2026-01-01, old: 3, new: 4, why: w}]}]\n", "revision_target"),
    (GOOD + ", actions: [{task: t, window: 1}]}]\n", "action_window"),
    (GOOD + ", actions: [{task: ''}]}]\n", "words_missing"),
    (GOOD + ", actions: [{task: t, cost: -2}]}]\n", "action_negative"),
    (GOOD + ", actions: [{task: t, effort: -2.0}]}]\n", "action_negative"),
    (GOOD + ", guards: [cpa, o]}]\n", "objective_guard_self"),
    (GOOD + ", actions: [{task: t, start: 2026-02-01, due: 2026-01-01}]}]\n", "decision_days"),
])  # fmt: skip
def test_a_mistake_is_told_at_its_line_in_every_language(tmp_path: Path, lines: str, code: str) -> None:
    path = tmp_path / "project.yaml"
    path.write_text(HEAD + lines, encoding="utf-8")
    with pytest.raises(DefinitionError) as caught:
        load(path)
    (problem,) = caught.value.problems
    assert problem.code == code
    assert problem.place.line == 3
    assert all(problem.text(language) for language in languages())


def test_a_target_changed_in_the_workbook_asks_for_a_line_in_the_journal(logged: Path) -> None:
    book = Book(logged)
    table = next(t for t in book.tables if t.name == "xlkpi_objectives")
    top = position(table.reference.split(":")[0])[0]
    header = text("workbook.column.target", "en")
    cells = next(s for s in book.sheets if s.name == table.sheet).cells
    letters = next(a for a, c in cells.items() if position(a)[0] == top and c.value == header)[:-1]
    journal = next(t for t in book.tables if t.name == "xlkpi_journal").sheet
    found = recalc.results(logged, "ironcalc", {(table.sheet, f"{letters}{top + 1}"): 123.0})
    assert str(found[journal, "B9"]).strip("'").startswith("1 target changed")
    assert recalc.results(logged, "ironcalc", {})[journal, "B9"] == repr("")
