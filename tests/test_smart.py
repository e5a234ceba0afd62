"""The checks of SMART, letter by letter, and of the set."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.timing import least_seconds
from xlkpi.language import languages, text, texts
from xlkpi.objectives import load
from xlkpi.smart import check
from xlkpi.smart import words as speech
from xlkpi.smart.canonical import canonical, twins
from xlkpi.smart.model import Amount, Finding, LetterReport

TODAY = date(2026, 3, 2)
GOOD = {
    "title": "Atteindre 3 % de taux de conversion en France", "specific": "Boutique en ligne, nouveaux visiteurs",
    "kpi": "cvr", "kind": "increase", "baseline": 0.02, "target": 0.03, "start": "2026-01-01", "due": "2026-12-31",
    "cadence": "weekly", "goal": "sales", "relevant": "Le trafic payé coûte cher et repart sans acheter",
    "attainable": "{why: Le tunnel refait convertit mieux, resources: Un intégrateur, "
    "benchmark: {value: 0.028, source: Étude, date: 2025-06-01}}",
    "decision": "Choisir les pages", "guards": "[cac]", "owner": "Anne",
}  # fmt: skip
HEAD = "xlkpi: 1\nname: Test\nlanguage: fr\nsources: {all: {path: x.csv, preset: auto}}\n"


@pytest.fixture
def project(tmp_path):
    def made(*objectives, head=HEAD):
        lines = [head, "objectives:"]
        for i, keys in enumerate(objectives):
            lines.append(f"  - id: {keys.get('id', f'o{i}')}")
            lines += [f"    {k}: {v}" for k, v in keys.items() if v is not None and k != "id"]
        file = tmp_path / "project.yaml"
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return load(file)

    return made


@pytest.fixture
def report(project):
    """The report of the good objective with some keys changed (None takes one out)."""

    def made(history=None, probability=None, today=TODAY, head=HEAD, **changes):
        loaded = project({**GOOD, **changes}, head=head)
        given = {"o0": history} if history is not None else None
        odds = {"o0": probability} if probability is not None else None
        return check(loaded, today=today, history=given, probability=odds).objectives[0]

    return made


def verdict_of(report, code):
    found = [f.verdict for f in (*report.findings, *report.criteria) if f.code == code]
    assert found, f"{code} not among {[f.code for f in report.findings]}"
    return found[0]


def test_a_good_objective_passes_every_letter(report):
    made = report()
    assert {letter: found.verdict for letter, found in made.letters.items()} == dict.fromkeys("SMART", "pass")
    assert made.score == 100


@pytest.mark.parametrize(
    ("changes", "code", "verdict"),
    [
        # S
        ({"title": "Booster la performance", "specific": None}, "what_missing", "fail"),
        ({"title": "Améliorer le taux de conversion", "target": None}, "verb_vague", "fail"),
        ({"title": "Améliorer le taux de conversion"}, "verb_vague", "warning"),
        ({"title": "Augmenter de 50 % la conversion"}, "verb_with_number", "pass"),
        ({"title": "Taux de conversion à 3 %", "specific": None}, "scope_missing", "warning"),
        ({"title": "Conversion", "specific": None, "where": "{country: [FR]}"}, "scope_data", "pass"),
        # M
        ({"kpi": None}, "kpi_missing", "fail"),
        ({"target": None}, "target_missing", "fail"),
        ({"kind": "stay_between", "low": 0.02}, "limits_missing", "fail"),
        ({"kind": "stay_between", "low": 0.02, "high": 0.03}, "limits", "pass"),
        ({"target": 30}, "unit_percent", "fail"),
        ({"target": 3}, "unit_percent", "fail"),
        ({"baseline": 2, "target": 3, "title": "Atteindre 300 % en France"}, "unit", "pass"),
        ({"baseline": 180, "target": 250}, "unit_percent", "fail"),
        ({"kpi": "traffic_quality", "target": 130, "baseline": 50}, "unit_impossible", "fail"),
        ({"title": "Atteindre 5 % de conversion en France"}, "unit_title", "warning"),
        ({"title": "Gagner 50 % de conversion en France"}, "unit", "pass"),
        ({"title": "Gagner 1 % de conversion en France"}, "unit", "pass"),
        ({"baseline": None}, "baseline_missing", "fail"),
        ({"baseline": None, "kind": "reach"}, "baseline_missing", "warning"),
        ({"baseline": None, "kind": "reach", "kpi": "sales_total", "target": 900}, "baseline_zero", "pass"),
        ({"success": 0.02, "failure": 0.025}, "thresholds_swapped", "fail"),
        ({"success": 0.03, "failure": 0.022}, "thresholds", "pass"),
        ({"failure": 0.03}, "thresholds_target", "fail"),
        ({"failure": 0.022}, "thresholds", "pass"),
        (
            {"kpi": "cpa", "kind": "increase", "baseline": 20, "target": 30, "title": "CPA de 30"},
            "direction",
            "warning",
        ),
        # A
        ({"target": None}, "unknown", "fail"),
        ({"baseline": 0.03}, "reached_at_start", "fail"),
        ({"attainable": "Parce que"}, "benchmark_none", "warning"),
        ({"attainable": "{benchmark: {value: 0.018, source: x}}"}, "benchmark_ambitious", "warning"),
        ({"attainable": "{benchmark: {value: 0.005, source: x}}"}, "benchmark_beyond", "fail"),
        ({"attainable": "{benchmark: {value: 0.03, source: x, date: 2020-01-01}}"}, "benchmark_old", "warning"),
        ({"attainable": "{benchmark: {value: 0.03}}"}, "benchmark_unsourced", "warning"),
        ({"attainable": "Parce que"}, "resources_none", "warning"),
        ({"attainable": "Parce que", "actions": "[{task: Refaire, owner: Anne}]"}, "resources_actions", "pass"),
        ({"attainable": "{resources: Deux jours}"}, "why_missing", "warning"),
        ({"probability": 0.6}, "odds", "pass"),
        ({"probability": 0.3}, "odds_even", "pass"),
        ({"probability": 0.1}, "odds_low", "warning"),
        ({"probability": 0.01}, "odds_hopeless", "fail"),
        ({"probability": 0.999}, "odds_certain", "warning"),
        # R
        ({"goal": None}, "goal_missing", "fail"),
        ({"goal": "community"}, "fit_not", "warning"),
        ({"relevant": None}, "reason_missing", "fail"),
        ({"relevant": "Un taux de conversion de 3 % en France"}, "reason_title", "fail"),
        ({"relevant": "Il le faut"}, "reason_short", "warning"),
        ({"decision": None}, "decision_missing", "warning"),
        ({"kpi": "sessions_total", "target": 9, "baseline": 1}, "vanity_alone", "warning"),
        ({"kpi": "sessions_total", "target": 9, "baseline": 1, "guards": "[cvr]"}, "vanity_accompanied", "pass"),
        # T
        ({"due": None}, "due_missing", "fail"),
        ({"start": None}, "start_missing", "warning"),
        ({"start": "2026-12-31", "due": "2026-01-01"}, "dates_swapped", "fail"),
        ({"start": "2026-12-31"}, "dates_swapped", "fail"),
        ({"due": "2026-02-28"}, "due_past", "fail"),
        ({"due": "1900-12-31"}, "year_unlikely", "fail"),
        ({"cadence": None}, "cadence_default", "warning"),
        ({"cadence": None, "kpi": None}, "cadence_missing", "warning"),
        ({"kpi": "revenue_growth", "cadence": "weekly"}, "cadence_fine", "warning"),
        ({"kpi": "revenue_growth", "cadence": "monthly"}, "cadence_fine", "warning"),
        ({"kpi": "roas", "cadence": "daily", "baseline": 2, "target": 3}, "cadence", "pass"),
        ({"cadence": "quarterly"}, "cadence_coarse", "warning"),
        ({"due": "2026-04-15", "cadence": "quarterly"}, "reviews_few", "warning"),
        ({"due": "2026-04-15", "cadence": "yearly"}, "reviews_none", "fail"),
        ({"horizon": "short"}, "horizon_not", "warning"),
        ({"horizon": "medium"}, "horizon", "pass"),
        ({"cadence": None, "kpi": None}, "review_none", "fail"),
        # the six criteria
        ({"kpi": None}, "criterion_quantifiable_not", "fail"),
        ({"owner": None}, "criterion_actionable_nobody", "warning"),
        ({"decision": None}, "criterion_actionable_nothing", "warning"),
        ({}, "criterion_simple", "pass"),
        ({"quality": "{reliable: Deux sources concordent}"}, "criterion_reliable", "pass"),
        ({}, "criterion_reliable_undeclared", "not_checked"),
        ({"quality": "{controllable: Nous réglons les enchères}"}, "criterion_controllable", "pass"),
        ({"kpi": "csat"}, "criterion_qualifiable_nature", "pass"),
    ],
)
def test_a_check_tells(report, changes, code, verdict):
    assert verdict_of(report(**changes), code) == verdict


# --- sources ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sources", "code", "verdict"),
    [
        ("", "source_none", "warning"),
        ("sources: {a: {path: x.csv, measures: {conversions: c, visitors: v}}}\n", "source", "pass"),
        (
            "sources: {a: {path: x.csv, measures: [conversions]}, b: {path: y.csv, measures: [visitors]}}\n",
            "source",
            "pass",
        ),
        ("sources: {a: {path: x.csv, measures: [clicks]}}\n", "source_missing", "fail"),
        ("sources: {a: {path: x.csv}}\n", "source_preset", "pass"),
        ("sources: {a: {path: x.csv, preset: unheard_of}}\n", "source_preset", "pass"),
    ],
)
def test_a_source_has_to_deliver_the_measures(report, sources, code, verdict):
    assert verdict_of(report(head="xlkpi: 1\nname: Test\n" + sources), code) == verdict


@pytest.mark.parametrize("sources", ["", "sources: {a: {path: x.csv, measures: [clicks]}}\n"])
@pytest.mark.parametrize(
    ("kpi", "told"),
    [
        ("nps", "surveys: [{kind: nps, date: 2026-01-31, answers: 20, favourable: 12, unfavourable: 4}]\n"),
        ("rubric", "rubrics: [{subject: content_quality, criterion: Ton, mark: 3, date: 2026-01-31}]\n"),
    ],
)
def test_surveys_and_rubrics_deliver_their_kpis(report, sources, kpi, told):
    head = "xlkpi: 1\nname: Test\n" + sources
    assert verdict_of(report(head=head + told, kpi=kpi), "source_asked") == "pass"
    assert verdict_of(report(head=head, kpi=kpi), "source_missing" if sources else "source_none") != "pass"


# --- the past --------------------------------------------------------------------------------------------------------


def test_without_history_the_past_is_not_checked_rather_than_passed(report):
    made = report()
    assert verdict_of(made, "past_none") == "not_checked"
    assert verdict_of(made, "odds_unknown") == "not_checked"
    assert "historique" in next(f for f in made.findings if f.code == "past_none").evidence("fr")


def rising(per_week, weeks=60, level=0.02):
    return level + per_week * (np.arange(weeks) - weeks + 1)


@pytest.mark.parametrize(
    ("per_week", "code", "verdict"),
    [
        (0.00025, "past", "pass"),  # 44 weeks remain and 0.01 is lacking: 0.00023 per week are needed
        (0.00015, "past_ambitious", "warning"),
        (0.00005, "past_beyond", "fail"),
        (-0.0001, "past_never", "warning"),
    ],
)
def test_needed_growth_is_compared_with_the_best_past_growth(report, per_week, code, verdict):
    assert verdict_of(report(history=rising(per_week), probability=0.5), code) == verdict


def test_the_evidence_names_needed_usual_and_best_growth(report):
    finding = next(f for f in report(history=rising(0.00005), probability=0.5).findings if f.code == "past_beyond")
    needed, best = finding.values["needed"], finding.values["best"]
    assert needed.value == pytest.approx(0.01 / 44 / 0.02, rel=0.05)
    assert best.value == pytest.approx(0.00005 / 0.02, rel=0.05)
    assert "%" in finding.evidence("fr")


def test_a_decreasing_objective_is_judged_in_its_own_direction(report):
    changes = {
        "kpi": "cpa",
        "kind": "decrease",
        "baseline": 30,
        "target": 20,
        "title": "CPA à 20 €",
        "probability": 0.5,
    }
    falling = 30 - 0.3 * (np.arange(60) - 59)
    assert verdict_of(report(history=falling, **changes), "past") == "pass"
    assert verdict_of(report(history=60 - falling, **changes), "past_never") == "warning"


def test_values_that_add_up_are_judged_by_their_sums(report):
    changes = {
        "kpi": "leads_total", "kind": "reach", "baseline": 0, "start": "2026-03-02", "title": "Gagner des prospects",
        "goal": "leads", "attainable": "Oui", "probability": 0.5,
    }  # fmt: skip
    weekly = np.full(60, 10.0)  # 44 weeks at 10 a week
    assert verdict_of(report(history=weekly, target=430, **changes), "past") == "pass"
    assert verdict_of(report(history=weekly, target=700, **changes), "past_ambitious") == "warning"
    assert verdict_of(report(history=weekly, target=2000, **changes), "past_beyond") == "fail"


def test_a_target_already_reached_is_told(report):
    assert verdict_of(report(history=np.full(60, 0.035), probability=0.9), "reached") == "warning"


def test_a_baseline_is_proposed_from_history(report):
    made = report(baseline=None, history=np.full(20, 0.021), probability=0.5)
    assert "2,1\u202f%" in next(f for f in made.findings if f.code == "baseline_proposed").evidence("fr")


def test_a_short_history_is_not_enough(report):
    assert verdict_of(report(history=[0.02, np.nan, 0.021]), "past_short") == "not_checked"


@pytest.mark.parametrize("history", [[np.nan] * 30, [], [0.0] * 30, [np.inf] * 30])
def test_useless_history_does_no_harm(report, history):
    assert report(history=history).letters["A"].verdict in ("pass", "warning", "fail")


def test_the_probability_is_computed_from_history(report):
    noise = np.random.default_rng(1).normal(0, 0.001, 104)
    hopeless = report(history=0.02 + noise, target=0.2)
    sure = report(history=0.05 + noise)
    assert verdict_of(hopeless, "odds_hopeless") == "fail"
    assert verdict_of(sure, "odds_certain") == "warning"


# --- the score -------------------------------------------------------------------------------------------------------


def letter(*verdicts):
    return LetterReport("S", tuple(Finding("x", verdict) for verdict in verdicts))


def test_a_letter_scores_the_mean_of_its_checks_and_at_most_half_when_one_fails():
    assert letter("pass", "warning").score == 0.75
    assert letter("pass", "pass", "pass", "fail").score == 0.5
    assert letter("fail").score == 0
    assert letter("not_checked").score is None
    assert letter("pass", "not_checked").score == 1


@given(st.lists(st.sampled_from(["pass", "warning", "fail", "not_checked"]), min_size=1))
def test_a_better_verdict_never_lowers_a_score(verdicts):
    better = {"fail": "warning", "warning": "pass", "pass": "pass", "not_checked": "not_checked"}
    for i, verdict in enumerate(verdicts):
        improved = [*verdicts[:i], better[verdict], *verdicts[i + 1 :]]
        if letter(*verdicts).score is not None:
            assert letter(*improved).score >= letter(*verdicts).score


# --- words -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        ("Atteindre 250 % de ROI", [(250, "%")]),
        ("Atteindre 2,5\u202f% de clics", [(2.5, "%")]),
        ("Gagner 1 200 ventes", [(1200, "")]),
        ("Win 1,200 leads", [(1200, "")]),
        ("Win 1,250,000 views", [(1250000, "")]),
        ("Panier moyen à 45,50 €", [(45.5, "€")]),
        ("Croître en 2026", []),
        ("Le top10 des pages", []),
    ],
)
def test_numbers_of_a_title_are_read_as_people_write_them(words, numbers):
    assert speech.numbers(words) == numbers


def test_the_reason_repeats_the_title_in_other_forms():
    assert speech.similarity("Augmenter les ventes en ligne", "Les ventes en ligne augmentent") >= 0.75
    assert speech.similarity("Augmenter les ventes en ligne", "Payer le nouvel entrepôt") == 0


@given(st.text())
@settings(max_examples=200)
def test_any_text_can_be_judged(words):
    speech.numbers(words)
    speech.vague_verb(words)
    speech.has_scope(words)
    assert 0 <= speech.similarity(words, "Atteindre 3 % de conversion") <= 1


# --- the set ---------------------------------------------------------------------------------------------------------


def collection(project, *objectives, head=HEAD, history=None):
    return {
        f.code: f
        for f in check(project(*objectives, head=head), today=TODAY, history=history, probability={}).collection
    }


def test_an_empty_project_fails(project):
    made = check(project(), today=TODAY)
    assert not made.ok
    assert [f.code for f in made.collection] == ["set_empty"]


def test_seven_primary_objectives_fit_on_a_page(project):
    many = [{**GOOD, "primary": "true", "title": f"T{i}", "where": f"{{page: p{i}}}"} for i in range(8)]
    assert "set_primaries" not in collection(project, *many[:7])
    assert collection(project, *many)["set_primaries"].values["count"] == 8
    assert "set_primaries" not in collection(project, *many, head=HEAD + "checks: {primary: 8}\n")


def test_teams_have_pages_of_their_own(project):
    many = [{**GOOD, "primary": "true", "team": f"t{i % 2}", "where": f"{{page: p{i}}}"} for i in range(14)]
    assert "set_primaries" not in collection(project, *many)


def test_the_same_measure_twice_is_told(project):
    assert collection(project, GOOD, {**GOOD, "title": "Autre"})["set_duplicate"].objectives == ("o0", "o1")
    assert "set_duplicate" not in collection(project, GOOD, {**GOOD, "where": "{country: FR}"})


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("cost + revenue", "revenue + cost", True),
        ("cost * revenue / orders", "revenue / orders * cost", True),
        ("cost - revenue", "revenue - cost", False),
        ("cost / revenue", "revenue / cost", False),
        ("cost - (revenue - orders)", "cost + orders - revenue", True),
        ("max(cost, revenue)", "max(revenue, cost)", True),
        ("2 * cost", "cost * 2.0", True),
        ("2 * cost", "3 * cost", False),
    ],
)
def test_formulas_are_compared_after_normalising(project, first, second, same):
    entry = "{{name: N, formula: {0}, unit: ratio, direction: higher, example: {{}}}}"
    from xlkpi.catalogue import Catalogue
    from xlkpi.catalogue.model import KPI, Input

    base = project(GOOD).catalogue
    names = {"cost": Input("cost"), "revenue": Input("revenue"), "orders": Input("orders")}
    kpis = {
        id: KPI(
            id,
            "own",
            {"fr": entry},
            formula,
            {n: i for n, i in names.items() if n in formula},
            "ratio",
            "higher",
            {},
            "KPI_X",
        )
        for id, formula in (("a", first), ("b", second))
    }
    catalogue = Catalogue(kpis, base.measures, {})
    assert (canonical("a", catalogue) == canonical("b", catalogue)) is same


def test_series_that_move_together_are_told(project):
    walk = np.cumsum(np.random.default_rng(3).normal(size=60))
    other = np.cumsum(np.random.default_rng(4).normal(size=60))
    objectives = [{**GOOD, "kpi": kpi, "title": kpi} for kpi in ("cvr", "aov", "roi")]
    found = collection(project, *objectives, history={"o0": walk, "o1": 5 - 2 * walk, "o2": other})
    assert found["set_twins"].objectives == ("o0", "o1")
    assert found["set_twins"].values["r"] == -1.0


def test_twins_equal_pairwise_correlation_with_gaps():
    noise = np.random.default_rng(5)
    base = noise.normal(size=40)
    series = [base + noise.normal(scale=s, size=40) for s in (0.05, 0.1, 0.2, 3.0)]
    series[1][5:12] = np.nan
    series[2] = series[2][8:]
    expected = {}
    for i, a in enumerate(series):
        for j, b in enumerate(series):
            n = min(len(a), len(b))
            x, y = a[-n:], b[-n:]
            both = np.isfinite(x) & np.isfinite(y)
            if i != j:
                expected[i, j] = np.corrcoef(x[both], y[both])[0, 1]
    for i, j, r in twins(series, 0.5, 8):
        assert r == pytest.approx(expected[i, j], abs=1e-9)
        assert abs(r) == pytest.approx(max(abs(v) for (k, _), v in expected.items() if k == i), abs=1e-9)


def test_constant_and_short_series_have_no_twin():
    assert list(twins([np.ones(20), np.ones(20)], 0.95, 8)) == []
    assert list(twins([np.arange(5.0), np.arange(5.0)], 0.95, 8)) == []
    assert list(twins([], 0.95, 8)) == []


def test_vanity_guards_titles_and_orphans_are_told(project):
    example = "unit: currency, direction: lower, example: {cost: 6, orders: 3, result: 2}"
    own = f"kpis: {{lone: {{name: L, formula: cost / orders, {example}}}}}\n"
    vanity = {**GOOD, "kpi": "sessions_total", "guards": None, "target": 9, "baseline": 1}
    found = collection(project, vanity, {**GOOD, "guards": None}, head=HEAD + own)
    assert "set_vanity" not in found  # the conversion rate stands beside it
    assert found["set_guard"].values["guard"] == "cac"
    assert found["set_title"].objectives == ("o0", "o1")
    assert found["set_orphan"].values["id"] == "lone"
    assert found["set_orphan"].place.line == 5
    assert "set_vanity" in collection(project, vanity)


def test_a_guard_by_another_objective_is_enough(project):
    cost = {**GOOD, "kpi": "cac", "kind": "decrease", "baseline": 9, "target": 8, "title": "CAC", "guards": "[clv]"}
    assert "set_guard" not in collection(project, {**GOOD, "guards": None}, cost)


def test_a_guard_without_an_objective_is_told_without_being_blamed(project):
    found = collection(project, {**GOOD, "guards": ["cac"]})
    assert (found["set_idle_guard"].verdict, found["set_idle_guard"].values["guards"]) == ("not_checked", "cac")
    cost = {
        **GOOD,
        "id": "cac",
        "title": "Baisser le coût",
        "kpi": "cac",
        "kind": "decrease",
        "baseline": 50,
        "target": 40,
        "guards": [],
    }
    assert "set_idle_guard" not in collection(project, {**GOOD, "guards": ["cac"]}, cost)


# --- what is left of a template --------------------------------------------------------------------------------------


@pytest.mark.parametrize("mark", ["À COMPLÉTER", "TO FILL IN", "to fill in"])
def test_what_is_left_to_fill_in_fails_its_letter_and_nothing_else(report, mark):
    made = report(target=f'"{mark}"', relevant=f'"{mark}"', title="Atteindre 3 % de taux de conversion en France")
    failing = {finding.code for finding in made.findings if finding.verdict == "fail"}
    assert failing == {"unedited"}
    assert [name for name, found in made.letters.items() if found.verdict == "fail"] == ["M", "R"]


def test_words_are_quoted_as_they_are_written(report):
    made = report(title="Améliorer Écoute à Lyon", specific=None)
    evidence = {finding.code: finding.evidence("fr") for finding in made.findings}
    assert "«\u00a0Améliorer\u00a0»" in evidence["verb_vague"]
    assert "Écoute" in evidence["what"]


def test_a_mark_inside_a_title_is_found(report):
    assert report(title="Atteindre À COMPLÉTER % en France").letters["S"].verdict == "fail"


# --- texts -----------------------------------------------------------------------------------------------------------


def all_codes():
    return sorted({key.split(".")[2] for key in texts("en") if key.startswith("smart.finding.")})


@pytest.mark.parametrize("language", languages())
def test_every_failure_and_warning_says_what_to_do(report, project, language):
    for changes in (
        {},
        {"title": "Améliorer", "kpi": None, "target": None},
        {"due": "1900-01-01"},
        {"relevant": "x", "goal": None},
    ):
        made = report(**changes)
        for finding in (*made.findings, *made.criteria):
            assert finding.evidence(language)
            assert finding.verdict in ("pass", "not_checked") or finding.fix(language)


def test_every_text_belongs_to_a_check():
    from pathlib import Path

    import xlkpi.smart

    code = "".join(path.read_text() for path in Path(xlkpi.smart.__file__).parent.glob("*.py"))
    declared = {"criterion_reliable", "criterion_controllable", "criterion_qualifiable"}
    computed = {*declared, *(f"{name}_undeclared" for name in declared)}
    assert [c for c in all_codes() if f'"{c}"' not in code and c not in computed] == []


def test_numbers_are_told_in_the_readers_language():
    finding = Finding("target", "pass", "M", {"target": Amount(1234.5, "currency")})
    assert "1\u202f234,5" in finding.evidence("fr")
    assert "1,234.5" in finding.evidence("en")


def test_the_report_is_plain_data(report):
    import json

    made = report()
    data = json.loads(json.dumps(made.as_json("fr")))
    assert (data["id"], data["score"]) == ("o0", 100)
    assert set(data["letters"]) == set("SMART")
    assert len(data["criteria"]) == 6
    assert text("smart.letter.R", "fr") == "Pertinent"


# --- speed -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def thousand(project):
    kpis = ["cvr", "aov", "roi", "cac", "cpa", "engagement", "ctr", "csat"]
    return project(*(
        {**GOOD, "title": f"Atteindre 3 % de ventes à Lyon, page {i}", "kpi": kpis[i % 8], "where": f"{{page: p{i}}}"}
        for i in range(1_000)
    ))  # fmt: skip


def test_a_thousand_objectives_with_two_years_of_weeks_are_checked_in_two_seconds(thousand):
    walks = 5 + np.cumsum(np.random.default_rng(0).normal(size=(1_000, 104)), axis=1)
    history = {f"o{i}": walk for i, walk in enumerate(walks)}
    assert least_seconds(lambda: check(thousand, today=TODAY, history=history)) < 2.0
    made = check(thousand, today=TODAY, history=history)
    assert sum(o.letters["A"].verdict != "not_checked" for o in made.objectives) == 1_000


# --- where the history ends ------------------------------------------------------------------------------------------

SALES = {
    "kpi": "sales_total", "kind": "reach", "baseline": None, "target": 1200, "cadence": "monthly",
    "start": "2026-01-01", "due": "2026-12-31",
}  # fmt: skip
MONTHS = [70.0, 75, 80, 85, 90, 95, 100, 100, 100, 100, 100, 100]


def past_of(project, today, until=None, history=MONTHS, **changes):
    loaded = project({**GOOD, **SALES, **changes})
    made = check(loaded, today=today, history={"o0": history}, until={"o0": until} if until else None)
    return next(f for f in made.objectives[0].findings if f.code.startswith("past"))


def test_sums_so_far_are_those_of_the_complete_periods_since_the_start(project):
    """Four months with 100 each are done by 15 May; 800 are lacking for eight months."""
    found = past_of(project, date(2026, 5, 15))
    assert (found.values["needed"].value, found.values["periods"]) == (100, 8)


def test_late_data_leaves_more_to_do(project):
    """Data that end in March hold three months of the objective, whatever the day is."""
    found = past_of(project, date(2026, 5, 15), until=date(2026, 3, 31))
    assert (found.values["needed"].value, found.values["periods"]) == (100, 9)


def test_a_start_to_come_has_nothing_behind_it(project):
    found = past_of(project, date(2026, 5, 15), start="2026-07-01")
    assert (found.values["needed"].value, found.values["periods"]) == (200, 6)


def test_the_odds_of_a_sum_that_starts_later_leave_out_what_comes_before(project):
    """100 a month for six months: 600 and no more."""
    odds = {}
    for target in (560, 640):
        loaded = project({**GOOD, **SALES, "start": "2026-07-01", "target": target})
        steady = {"o0": [100 + 2 * (-1) ** i for i in range(24)]}
        made = check(loaded, today=date(2026, 5, 15), history=steady).objectives[0]
        odds[target] = next(f.values["odds"].value for f in made.findings if f.code.startswith("odds"))
    assert odds[560] > 0.95
    assert odds[640] < 0.05


def test_a_ratio_since_the_start_is_not_added_up(project):
    loaded = project({**GOOD, "cumulative": "true", "cadence": "monthly"})
    made = check(loaded, today=date(2026, 5, 15), history={"o0": [0.02, 0.021, 0.022] * 4}).objectives[0]
    codes = {f.code for f in made.findings}
    assert "odds_unknown" in codes
    assert not {c for c in codes if c.startswith("past")}
