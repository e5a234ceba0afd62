"""Alerts: rules that hold, one per cause, since when; and the same in the cells of a workbook."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, get_args

import pytest

from tests.checks.reading import Book, letters_of, position
from tests.checks.recalc import Place, results
from tests.checks.recalc import differences as recalc_differences
from tests.scorecards import CALC, TODAY, card, sample
from xlkpi.alerts import LEVELS, Episode, Watch, alerts, holds, score
from xlkpi.catalogue import say
from xlkpi.errors import DefinitionError
from xlkpi.formula.nodata import NoData
from xlkpi.language import languages, text
from xlkpi.objectives import load
from xlkpi.objectives.alert_rules import CAUSES, FACTS, STATUS_CODES, Rule, built_in, compiled, parsed
from xlkpi.objectives.decisions import AlertRule, AlertSettings
from xlkpi.objectives.model import Status
from xlkpi.scorecard import Scorecard, scorecard
from xlkpi.scorecard.selections import selections
from xlkpi.status import rules
from xlkpi.workbook.book import Last
from xlkpi.workbook.build import build_workbook
from xlkpi.workbook.live import as_date, serial
from xlkpi.workbook.pages.alerts import HEADER, earlier_rows, since_of
from xlkpi.workbook.people import Row
from xlkpi.workbook.rebuild import rebuild

#: Nothing known of an objective that is all right.
CALM: Mapping[str, float] = {
    "value": 100.0, "previous": 100.0, "change": 0.0, "change_year": 0.0, "worse": 0.0, "run": 0.0, "gains": 0.0,
    "status": STATUS_CODES["on_track"], "level": 1.0, "level_before": 1.0, "started": 1.0, "pace": 1.0, "progress": 0.5,
    "expected": 0.5, "gap": 0.0, "elapsed": 0.5, "guard": 0.0, "guard_worse": 0.0, "late": 0.0, "completeness": 1.0,
    "trust": 3.0, "vanity": 0.0, "alone": 0.0, "probability": 0.6,
}  # fmt: skip
#: What makes each of the built-in rules hold.
SOURCES: Mapping[str, Mapping[str, float]] = {
    "gain_that_costs": {"worse": -0.08, "gains": 1, "guard_worse": 0.2},
    "guard_red": {"guard": 1}, "falling_clicks": {"run": 2}, "rising_cost": {"run": 2}, "rising_churn": {"run": 3},
    "overdue": {"status": STATUS_CODES["overdue"]}, "far_behind": {"level": 3, "level_before": 3, "pace": 0.3},
    "behind": {"level": 3, "level_before": 3, "pace": 0.7}, "falling": {"run": 2, "level": 2},
    "turned_red": {"level": 3},
    "unlikely": {"probability": 0.1}, "vanity_alone": {"alone": 1}, "no_value": {"status": STATUS_CODES["no_data"]},
    "stale": {"late": 1.5}, "doubtful": {"trust": 1},
}  # fmt: skip


def test_the_built_in_rules_are_readable_and_say_everything_in_every_language() -> None:
    assert [*SOURCES] == [rule.alert for rule in built_in()]
    for rule in built_in():
        assert parsed(rule.when)
        for words in (rule.title, rule.risk, rule.diagnosis, *rule.actions):
            assert {*words} == {*languages()}
        assert rule.actions
    for language in languages():
        assert all(text(f"workbook.cause.{cause}", language) for cause in CAUSES)
        assert all(text(f"workbook.severity.s{n}", language) for n in (1, 2, 3, 4))


def test_facts_statuses_and_levels_are_those_of_the_status_rules() -> None:
    assert {*CALM} == {*FACTS}
    assert tuple(rules().looks) == get_args(Status)
    assert {look.level for look in rules().looks.values()} == {*LEVELS}


@pytest.mark.parametrize("name", SOURCES)
def test_each_rule_holds_on_what_it_is_about_and_not_when_all_is_calm(name: str) -> None:
    rule = next(r for r in compiled(AlertSettings()) if r.entry.alert == name)
    assert _holds(rule, CALM) == 0
    assert _holds(rule, {**CALM, **SOURCES[name]}) == 1


def _holds(rule: Rule, facts: Mapping[str, float]) -> object:
    return rule.condition.outcome(**{n: facts[n] for n in rule.condition.names})


def test_what_is_missing_makes_a_rule_not_hold() -> None:
    rule = next(r for r in compiled(AlertSettings()) if r.entry.alert == "far_behind")
    facts: dict[str, Any] = {**CALM, **SOURCES["far_behind"]}
    assert holds(rule, facts)
    assert not holds(rule, {**facts, "elapsed": NoData.MISSING})


def test_an_own_rule_takes_the_place_of_a_built_in_one_and_others_are_switched_off() -> None:
    own = AlertRule("behind", "level == 3", {"en": "Late"}, severity=4)
    found = compiled(AlertSettings(off=("stale",), rules=(own,)))
    assert found[0].entry is own
    names = [rule.entry.alert for rule in found]
    assert names.count("behind") == 1
    assert "stale" not in names


# --- on the sample's scorecard ---------------------------------------------------------------------------------------


def test_the_sample_has_its_alerts_the_gravest_first() -> None:
    found = [(a.severity, a.objective, a.rule.alert) for a in alerts(card())]
    assert found[:2] == [(4, "basket", "overdue"), (3, "cpa_social", "rising_cost")]
    assert (2, "brand_awareness", "no_value") in found
    assert found == sorted(found, key=lambda a: -a[0])


def test_an_objective_has_one_alert_per_cause() -> None:
    found = [(a.objective, a.cause) for a in alerts(card())]
    assert len(found) == len(set(found))


def test_an_alert_is_dated_from_its_first_sight() -> None:
    since = {a.objective: a.since for a in alerts(card())}
    assert since["basket"] < card().as_of
    assert not [a for a in alerts(card(since["basket"].replace(day=1))) if a.objective == "basket" and a.severity == 4]


def _with(of: Scorecard, settings: AlertSettings, **changed: Mapping[str, Any]) -> Scorecard:
    """The scorecard under other settings, with some keys of its objectives changed."""
    results = tuple(replace(r, objective=replace(r.objective, **changed.get(r.objective.id, {}))) for r in of.results)
    return replace(of, project=replace(of.project, alerts=settings), results=results)


def _only(*names: str) -> AlertSettings:
    return AlertSettings(off=tuple(rule.alert for rule in built_in() if rule.alert not in names))


def test_a_pair_and_its_guard_make_one_alert() -> None:
    """The conversion rate rises, the acquisition cost that guards it soars."""
    settings = _only("guard_red", "rising_cost")
    pair = _with(card(), settings, seo_clicks={"guards": ("cpa_social",)})
    found = {(a.objective, a.rule.alert): a for a in alerts(pair)}
    assert ("cpa_social", "rising_cost") in found  # it is graver than the pair's
    assert ("seo_clicks", "guard_red") not in found
    assert found["cpa_social", "rising_cost"].also == ("seo_clicks",)
    graver = AlertRule("guard_red", "guard == 1", {"en": "x"}, severity=3, cause="guard")
    pair = _with(card(), replace(settings, rules=(graver,)), seo_clicks={"guards": ("cpa_social",)})
    found = {(a.objective, a.rule.alert): a for a in alerts(pair)}
    assert ("cpa_social", "rising_cost") not in found
    assert "cpa_social" in found["seo_clicks", "guard_red"].also


def test_two_objectives_on_the_same_figures_make_one_alert() -> None:
    first = card().by_id["basket"]
    twin = replace(first, objective=replace(first.objective, id="basket_again"))
    both = replace(card(), results=(*card().results, twin))
    found = [a for a in alerts(both) if a.objective.startswith("basket")]
    assert [(a.objective, a.also) for a in found] == [("basket", ("basket_again",))]


def test_data_that_are_equally_late_make_one_alert() -> None:
    project, data = sample()
    late = scorecard(project, data, today=date(2026, 11, 25))
    found = [a for a in alerts(late) if a.rule.alert == "stale"]
    days = {r.trust.late_days for r in late.results if r.series and r.trust.late_days}
    assert len(found) == len(days) < sum(len(a.also) for a in found)


def test_a_dead_band_hides_small_moves() -> None:
    runs = [_runs(AlertSettings(dead_band=band)) for band in (0.0, 0.02, 0.9)]
    assert runs[0] >= runs[1] > runs[2] == 0


def _runs(settings: AlertSettings) -> float:
    of = _with(card(), settings)
    watch = Watch(of, selections(of))
    found = [watch.own(i, len(watch.days) - 1)["run"] for i in range(len(of.results))]
    return sum(v for v in found if isinstance(v, float))


def test_scores_order_by_severity_then_place() -> None:
    says = {"en": "It falls"}
    grave, light = AlertRule("a", "run >= 1", says, severity=3), AlertRule("b", "run >= 1", says, severity=2)
    assert score(grave, 40) > score(light, 1) > score(light, 2)


# --- the project file ------------------------------------------------------------------------------------------------

HEAD = "xlkpi: 1\nname: Shop\n"
TWICE = "{alert: a, when: pace < 1, title: A}"
RULE = "alerts: {{rules: [{{alert: mine, when: {when}, title: Mine{more}}}]}}\n"


@pytest.mark.parametrize(("lines", "code"), [
    (RULE.format(when="vallue > 3", more=""), "alert_fact_nearest"),
    (RULE.format(when='"pace >"', more=""), "formula_unreadable"),
    (RULE.format(when="1 else 2 if pace < 1", more=""), "formula_unreadable"),
    ("alerts: {rules: [{alert: a, when: pace < 1, title: ''}]}\n", "words_missing"),
    (RULE.format(when="pace < 1", more=", severity: 9"), "alert_severity"),
    (RULE.format(when="pace < 1", more=", kpis: [ctrr]"), "kpi_unknown_nearest"),
    (RULE.format(when="pace < 1", more=", objectives: [nothing_such]"), "alert_objective"),
    (RULE.format(when="pace < 1", more=", colour: red"), "key_unknown"),
    ("alerts: {off: stal}\n", "alert_unknown_nearest"),
    ("alerts: {dead_band: 3}\n", "alert_dead_band"),
    (f"alerts: {{rules: [{TWICE}, {TWICE}]}}\n", "project_duplicate"),
])  # fmt: skip
def test_a_rule_that_refers_to_nothing_is_told_at_its_line(tmp_path: Path, lines: str, code: str) -> None:
    path = tmp_path / "project.yaml"
    path.write_text(HEAD + lines, encoding="utf-8")
    with pytest.raises(DefinitionError) as caught:
        load(path)
    (problem,) = caught.value.problems
    assert problem.code == code
    assert problem.place.line == 3
    for language in languages():
        assert problem.text(language)


def test_a_mistake_in_a_condition_is_shown_in_the_words_that_were_written(tmp_path: Path) -> None:
    path = tmp_path / "project.yaml"
    path.write_text(HEAD + RULE.format(when="pce < 0.8", more=""), encoding="utf-8")
    with pytest.raises(DefinitionError) as caught:
        load(path)
    assert "    pce < 0.8\n    ^" in caught.value.problems[0].text("en")


# --- in a workbook ---------------------------------------------------------------------------------------------------

#: The probability is that of the day on which a workbook is built.
LIVE = AlertSettings(off=("unlikely",), rules=(
    AlertRule("sparse", "completeness < 0.9", {"en": "Sparse"}, severity=1, cause="data"),
))  # fmt: skip
GUARDED: Mapping[str, Mapping[str, Any]] = {"seo_clicks": {"guards": ("cpa_social",)}}
#: From when on a source has delivered nothing more.
SILENT = {"google_ads": date(2025, 11, 2), "meta_ads": date(2025, 11, 2), "ga4": date(2026, 2, 20)}


def _changed(day: date | None = None) -> Scorecard:
    """The sample's scorecard with a guard, with an objective told twice, and with sources that are late."""
    project, data = sample()
    spans = {name: (first, min(last, SILENT.get(name, last))) for name, (first, last) in data.spans.items()}
    data = replace(data, spans=spans)
    basket = next(o for o in project.objectives if o.id == "basket")
    twin = replace(basket, id="basket_again", title={"en": "The basket again"}, primary=False, actions=())
    project = replace(project, objectives=(*project.objectives, twin))
    return _with(scorecard(project, data, as_of=day, today=day or TODAY), LIVE, **GUARDED)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("alerts") / "alerts.xlsx"
    build_workbook(_changed(), path, language="en")
    return path


@pytest.mark.parametrize("day", [date(2026, 1, 31), date(2025, 11, 30), date(2024, 6, 30)])
def test_the_cells_give_the_alerts_of_a_chosen_day(built: Path, day: date) -> None:
    made = results(built, "ironcalc", {_place(built, "xlkpi_as_of"): serial(day)})
    _same(_listed(built, made), _changed(day))
    assert _open(built, made, day) == {(a.objective, a.rule.title["en"]) for a in alerts(_changed(day))}


def test_the_cells_give_the_alerts_of_the_day_that_was_built(built: Path) -> None:
    made = results(built, "ironcalc", {})
    found = _listed(built, made)
    _same(found, _changed())
    assert _open(built, made, _changed().as_of) == {(a.objective, a.rule.title["en"]) for a in alerts(_changed())}
    assert found["basket|Course"][1] == "The basket again"
    assert any("cpa_social" in a.also or "seo_clicks" in a.also for a in alerts(_changed()))


def _same(found: Mapping[str, tuple[int, str]], of: Scorecard) -> None:
    titles = {r.objective.id: str(say(r.objective.title, "en")).partition(" (")[0] for r in of.results}
    assert found == {
        f"{a.objective}|{text(f'workbook.cause.{a.cause}', 'en')}": (
            a.severity,
            ", ".join(titles[id] for id in a.also),
        )
        for a in alerts(of)
    }


def _open(path: Path, made: Mapping[Place, Any], day: date) -> set[tuple[str, str]]:
    """The objectives and rules of the rows that are to be handled on a day; they began on it or before."""
    sheet, found = text("workbook.page.alerts", "en"), set()
    cells = next(s for s in Book(path).sheets if s.name == sheet).cells
    for row in range(HEADER + 2, HEADER + 40):
        if str(made.get((sheet, f"C{row}"))).strip("'") == "To handle":
            assert float(cells[f"I{row}"].value) <= serial(day), row  # type: ignore[arg-type]  # a date
            rule = str(made[sheet, f"G{row}"]).strip("'").replace("\\n", "\n").partition("\n")[0]
            found.add((str(cells[f"D{row}"].value), rule))
    return found


def _listed(path: Path, made: Mapping[Place, Any]) -> dict[str, tuple[int, str]]:
    """The severities above 0 on the calculation sheet and for whom else the alerts stand, by objective and cause."""
    cells = next(s for s in Book(path).sheets if s.name == CALC).cells
    header = next(a for a, c in cells.items() if c.value == "alert" and a.startswith("A"))
    row, found = int(header[1:]) + 1, {}
    while (key := cells.get(f"A{row}")) is not None and key.value:
        points, also = float(str(made.get((CALC, f"B{row}")))), made.get((CALC, f"D{row}"))
        if points:
            found[str(key.value)] = int((points + 999) // 1000), str(also or "").strip("'\"")
        row += 1
    return found


def _place(path: Path, name: str) -> tuple[str, str]:
    found = next(n for n in Book(path).names if n.name == name)
    sheet, address = found.formula.rsplit("!", 1)
    return sheet.strip("'"), address.replace("$", "")


# --- episodes --------------------------------------------------------------------------------------------------------

#: It holds in December, not in January, and from February on.
FALLS = AlertSettings(
    off=tuple(rule.alert for rule in built_in()),
    rules=(AlertRule("falls", "change < 0", {"en": "It falls"}, objectives=("basket",)),),
)
DECEMBER, JANUARY, FEBRUARY, MARCH = date(2025, 12, 31), date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 8)
ACKNOWLEDGED: Row = {"key": "basket", "cause": "Course", "since": serial(DECEMBER), "by": "Ana", "note": "Wait"}


def _falling(day: date) -> Scorecard:
    return _with(card(day), FALLS)


def _rows(path: Path) -> list[tuple[Any, ...]]:
    """State, alert, first seen and name of each row of the alerts."""
    book = Book(path)
    table = next(t for t in book.tables if t.name == "xlkpi_alerts")
    cells = next(s for s in book.sheets if s.name == table.sheet).cells
    (top, left), (bottom, right) = map(position, table.reference.split(":"))
    columns = {str(cells[f"{letters_of(c)}{top}"].value): letters_of(c) for c in range(left, right + 1)}
    found = []
    for row in range(top + 1, bottom + 1):
        state, alert, since, by, key = (
            cell.value if (cell := cells.get(f"{columns[name]}{row}")) else None
            for name in ("State", "Alert", "First seen", "Acknowledged by", "Objective")
        )
        if key:
            found.append((state, alert or None, as_date(since), by))
    return found


#: It fell in eight months before, too, of which nobody has taken note.
BEFORE = ("Over", None, date(2024, 4, 30), None)


def test_an_alert_that_ended_and_returns_is_new_again(tmp_path: Path) -> None:
    path = tmp_path / "alerts.xlsx"
    build_workbook(_falling(DECEMBER), path, language="en", kept={"xlkpi_alerts": [ACKNOWLEDGED]})
    assert _rows(path) == [("Seen", "It falls", DECEMBER, "Ana"), BEFORE]
    rebuild(_falling(JANUARY), path, language="en")
    assert _rows(path) == [("Over", None, DECEMBER, "Ana"), BEFORE]
    rebuild(_falling(FEBRUARY), path, language="en")
    assert _rows(path) == [("Over", None, DECEMBER, "Ana"), BEFORE, ("To handle", "It falls", FEBRUARY, None)]
    assert recalc_differences(path, ("ironcalc", "libreoffice")) == []
    sheet = next(s.name for s in Book(path).sheets if s.name == text("workbook.page.alerts", "en"))
    for day, states in (
        (DECEMBER, ["Seen", "Over", "Not yet begun"]),
        (date(2025, 8, 31), ["Not yet begun", "To handle", "Not yet begun"]),
    ):
        made = results(path, "ironcalc", {_place(path, "xlkpi_as_of"): serial(day)})
        assert [str(made[sheet, f"C{HEADER + row}"]).strip("'") for row in (2, 3, 4)] == states


def test_an_alert_ended_between_two_month_ends_is_new_again_when_it_returns() -> None:
    """What the workbook remembers of the day of its last build counts, not only the ends of months."""
    falling = _falling(MARCH)
    (alert,) = alerts(falling)
    assert (alert.since, alert.clear) == (FEBRUARY, JANUARY)
    kept: list[Row] = [{**ACKNOWLEDGED, "since": serial(FEBRUARY)}]
    over, on = Last(date(2026, 3, 4), {}, frozenset()), Last(date(2026, 3, 4), {}, frozenset({("basket", "course")}))
    assert since_of(falling, alert, kept, over) == MARCH
    assert since_of(falling, alert, kept, on) == serial(FEBRUARY)
    assert since_of(falling, alert, kept, None) == serial(FEBRUARY)
    assert since_of(falling, alert, [], over) == FEBRUARY
    assert since_of(falling, alert, [{**ACKNOWLEDGED, "since": None}], on) is None
    assert since_of(falling, alert, [ACKNOWLEDGED], on) == FEBRUARY, "what Ana took note of was over in January"


def test_an_alert_that_is_over_has_a_row_from_its_first_sight_on() -> None:
    """One for all of an objective's from a cause; another after one that somebody took note of."""
    over = [Episode("basket", "course", day, day, clear) for day, clear in ((DECEMBER, None), (FEBRUARY, JANUARY))]
    (only,) = earlier_rows(over, [], str.title)
    assert (only["key"], only["cause"], only["since"]) == ("basket", "Course", DECEMBER)
    assert earlier_rows(over, [only], str.title) == [only]
    assert [row["since"] for row in earlier_rows(over, [ACKNOWLEDGED], str.title)] == [DECEMBER, FEBRUARY]
    later = date(2026, 2, 15)
    known = [ACKNOWLEDGED, {**ACKNOWLEDGED, "since": serial(later)}]
    assert [row["since"] for row in earlier_rows(over, known, str.title)] == [DECEMBER, later]
    assert earlier_rows(over, [{**ACKNOWLEDGED, "since": None}], str.title) == []
