"""Reading project files: what loads, and how every mistake is told."""

from __future__ import annotations

import json
import time
from datetime import date

import pytest

from tests.timing import least_seconds
from xlkpi.errors import DefinitionError
from xlkpi.objectives import Expected, load, schema
from xlkpi.objectives.model import Override, Resources

HEAD = "xlkpi: 1\nname: Test\n"

EXAMPLE = """\
xlkpi: 1
name: Boutique Exemple
language: fr
currency: EUR
fiscal_year_start: 1
as_of: latest                     # or a date
sources:
  ads:   {path: data/google_ads_*.csv, preset: google_ads}
  shop:  {path: data/orders.parquet, date: created, measures: {revenue: total, orders: 1}, dimensions: [channel]}
  web:   {connection: "postgres://...", table: web_daily, date: day, measures: {visits: sessions}}
kpis:                             # your own, beside the catalogue's
  cout_rdv: {name: {fr: Coût par rendez-vous, en: Cost per appointment}, formula: cost / appointments,
             unit: currency, direction: lower, example: {cost: 500, appointments: 20, result: 25}}
objectives:
  - id: roi_paid
    title: Atteindre 250 % de ROI sur les campagnes payantes
    specific: Campagnes payantes en France, toutes plateformes
    kpi: roi
    kind: increase
    baseline: 1.8
    target: 2.5
    start: 2026-01-01
    due: 2026-12-31
    cadence: weekly
    level: strategic              # or operational
    priority: 1
    primary: true
    group: acquisition
    horizon: medium
    goal: sales                   # the business goal that it serves
    relevant: Deux tiers du chiffre d'affaires viennent des campagnes payantes
    attainable: {why: ..., benchmark: {value: 2.2, source: ..., date: 2025-12-31, kind: past}}
    owner: Responsable acquisition
    stakeholders: [direction]
    where: {channel: [paid_search, paid_social]}
    guards: [cac]
    decision: Réallouer le budget entre plateformes
    actions: [{task: Couper, owner: Anne, due: 2026-03-01, effect: Moins de perte, cost: 1200}]
"""


@pytest.fixture
def project(tmp_path):
    """Writes files and loads the first."""

    def written(text, **files):
        for name, content in files.items():
            file = tmp_path / f"{name.replace('__', '/')}.yaml"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content, encoding="utf-8")
        main = tmp_path / "project.yaml"
        main.write_text(text, encoding="utf-8")
        return load(main)

    return written


def problems(project, text, **files):
    with pytest.raises(DefinitionError) as caught:
        project(text, **files)
    return caught.value.problems


def codes(project, text, **files):
    return [problem.code for problem in problems(project, text, **files)]


def objective(**keys):
    return HEAD + "objectives:\n  - id: a\n    title: T\n" + "".join(f"    {k}: {v}\n" for k, v in keys.items())


# --- what loads ------------------------------------------------------------------------------------------------------


def test_every_key_of_the_example_loads(project):
    loaded = project(EXAMPLE)
    roi = loaded.by_id["roi_paid"]
    assert (roi.baseline, roi.target, roi.due) == (1.8, 2.5, date(2026, 12, 31))
    assert roi.where == {"channel": ("paid_search", "paid_social")}
    assert roi.attainable.benchmark[0].kind == "past"
    assert roi.actions[0].task["fr"] == "Couper"
    assert loaded.kpi(roi) is loaded.catalogue["roi"]
    assert loaded.own_kpis == ("cout_rdv",)
    assert loaded.catalogue["cout_rdv"](cost=500, appointments=20) == 25
    assert loaded.sources["shop"].measures == {"revenue": "total", "orders": 1}


def test_a_place_leads_to_the_line_of_a_key(project):
    place = project(EXAMPLE).place("objectives", "roi_paid", "target")
    assert (place.line, place.key) == (21, "objectives[1].target")


def test_texts_may_be_plain_or_translated(project):
    loaded = project(objective(specific="{fr: En France, en: In France}", relevant="Because"))
    assert loaded.objectives[0].specific == {"fr": "En France", "en": "In France"}
    assert loaded.objectives[0].relevant == {"fr": "Because", "en": "Because"}


@pytest.mark.parametrize("word", ["attainable", "realistic", "réaliste", "realiste"])
def test_realistic_means_attainable(project, word):
    assert (
        project(objective(**{word: "Two people are free"})).objectives[0].attainable.why["fr"] == "Two people are free"
    )


def test_a_word_and_its_synonym_together_are_told(project):
    assert codes(project, objective(attainable="x", realistic="y")) == ["objective_synonym_twice"]


def test_benchmark_and_resources_may_stand_at_the_objective(project):
    loaded = project(objective(benchmark="{value: 2}", resources="{budget: 100, people: Anne}")).objectives[0]
    assert loaded.attainable.benchmark[0].value == 2
    assert loaded.attainable.resources == Resources(budget=100, people=("Anne",))


def test_expected_is_a_word_or_points(project):
    assert project(objective(expected="seasonal")).objectives[0].expected == Expected("seasonal")
    curve = project(objective(expected="[{date: 2026-03-31, share: 0.2}, {date: 2026-06-30, value: 4}]"))
    assert [(p.share, p.value) for p in curve.objectives[0].expected.points] == [(0.2, None), (None, 4.0)]


def test_an_override_has_status_reason_and_an_end(project):
    made = project(objective(override="{status: at_risk, reason: Panne, until: 2026-03-01}")).objectives[0].override
    assert made == Override("at_risk", {"fr": "Panne", "en": "Panne"}, date(2026, 3, 1))


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("{status: at_risk, reason: ' ', until: 2026-03-01}", "status_override_reason"),
        ("{status: at_risk, reason: Panne}", "objective_override_end"),
        ("{status: at_risk, reason: Panne, since: 2026-03-01, until: 2026-03-01}", "objective_override_days"),
    ],
)
def test_an_override_without_reason_or_end_is_told(project, given, code):
    assert codes(project, objective(override=given)) == [code]


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("3 %", "0.03"),
        ("3%", "0.03"),
        ("12,5\u202f%", "0.125"),
        ("1 234", "1234"),
        ("1\u00a0234,5 €", "1234.5"),
        ("-5%", "-0.05"),
    ],
)
def test_a_number_written_as_people_write_it_is_told_with_the_one_to_write(project, typed, number):
    found = problems(project, objective(target=f'"{typed}"'))
    assert [(p.code, p.values["number"], p.place.key) for p in found] == [
        ("objective_number_typed", number, "objectives[1].target")
    ]


@pytest.mark.parametrize("value", [".nan", ".inf", "-.inf"])
def test_a_number_that_is_not_finite_is_told_at_its_key(project, value):
    found = problems(project, objective(target=value))
    assert [(p.code, p.place.key) for p in found] == [("objective_not_finite", "objectives[1].target")]


@pytest.mark.parametrize(
    ("keys", "rest"),
    [
        ({"benchmark": "{value: 2,5, source: x}"}, "5"),
        ({"specific": "{fr: Paris, Lyon}"}, "Lyon"),
        ({"relevant": "{fr: Atteindre 2,8 % de conversion, en: x}"}, "8 % de conversion"),
        ({"actions": "[{task: Couper, puis relancer}]"}, "puis relancer"),
    ],
)
def test_a_value_in_braces_that_is_cut_at_its_comma_is_told(project, keys, rest):
    found = problems(project, objective(**keys))
    assert [(p.code, p.values["rest"]) for p in found if p.code == "objective_comma"] == [("objective_comma", rest)]


def test_words_in_a_selection_may_look_like_numbers(project):
    assert project(objective(where='{target: "3 %"}')).objectives[0].where == {"target": ("3 %",)}


def test_a_section_whose_entries_are_all_commented_out_is_empty(project):
    loaded = project(HEAD + "kpis:\nsources:\n  # ads: {}\nobjectives:\n")
    assert (loaded.sources, loaded.objectives) == ({}, ())


def test_own_goals_stand_beside_the_usual_ones(project):
    loaded = project(HEAD + "goals: {recruit: Recruter}\nobjectives: [{id: a, title: T, goal: recruit}]\n")
    assert loaded.goal_name("recruit", "fr") == "Recruter"
    assert loaded.goal_name("sales", "en") == "Develop sales"


def test_a_kpi_of_one_file_may_use_the_measures_of_another(project):
    measures = "measures: {calls: {name: Appels, unit: count, aggregate: sum}}\n"
    example = "unit: currency, direction: lower, example: {cost: 6, calls: 3, result: 2}"
    kpis = f"kpis: {{cpcall: {{name: C, formula: cost / calls, {example}}}}}\n"
    loaded = project(HEAD + "include: [kpis.yaml, measures.yaml]\n", kpis=kpis, measures=measures)
    assert loaded.catalogue["cpcall"](6, 3) == 2


@pytest.mark.parametrize(
    ("keys", "wanted"),
    [
        ({"kind": "increase"}, "higher"),
        ({"kind": "stay_below", "target": 1}, "lower"),
        ({"kind": "stay_between", "low": 1, "high": 2}, "between"),
        ({"kind": "reach", "baseline": 3, "target": 2}, "lower"),
        ({"kind": "reach", "target": 2}, None),
    ],
)
def test_kind_and_numbers_say_where_the_value_should_go(project, keys, wanted):
    assert project(objective(**keys)).objectives[0].wanted == wanted


def test_the_next_review_follows_review_then_cadence(project):
    on = date(2026, 2, 10)
    assert project(objective(cadence="weekly")).objectives[0].next_review(on) == date(2026, 2, 16)
    assert project(objective(cadence="weekly", review="quarterly")).objectives[0].next_review(on) == date(2026, 4, 1)
    assert project(objective(review="2026-02-20")).objectives[0].next_review(on) == date(2026, 2, 20)
    assert project(objective(review="2026-02-01")).objectives[0].next_review(on) == date(2026, 3, 1)


# --- mistakes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "code"),
    [
        ({"target": "beaucoup"}, "want_number"),
        ({"target": "2,5"}, "decimal_comma"),
        ({"target": "250 %"}, "objective_number_typed"),
        ({"target": ".inf"}, "objective_not_finite"),
        ({"target": "true"}, "want_number"),
        ({"due": "31/12/2026"}, "want_date"),
        ({"kind": "augment"}, "value_not_listed"),
        ({"kind": "incraese"}, "value_not_listed_nearest"),
        ({"cadence": "week"}, "value_not_listed_nearest"),
        ({"kpi": "rio"}, "kpi_unknown_nearest"),
        ({"kpi": "qqqqqqqq"}, "kpi_unknown"),
        ({"kpi": "taux_de_conversion"}, "kpi_unknown_nearest"),
        ({"goal": "sale"}, "objective_goal_nearest"),
        ({"goal": "qqqqqqq"}, "objective_goal"),
        ({"guards": "[cca]"}, "objective_guard_nearest"),
        ({"parent": "b"}, "objective_parent"),
        ({"parent": "a"}, "objective_parent_circle"),
        ({"low": 3, "high": 2, "kind": "stay_between"}, "objective_limits_swapped"),
        ({"weight": 0}, "objective_weight"),
        ({"priority": 0}, "objective_priority"),
        ({"specific": 12}, "want_text"),
        ({"expected": "[]"}, "objective_curve_empty"),
        ({"expected": "[{date: 2026-03-31}]"}, "objective_curve_point"),
        ({"expected": "[{date: 2026-03-31, share: 1}, {date: 2026-03-01, share: 1}]"}, "objective_curve_order"),
        ({"start": "2026-01-01", "expected": "[{date: 2025-12-31, share: 1}]"}, "objective_curve_outside"),
        ({"due": "2026-12-31", "expected": "[{date: 2027-01-01, share: 1}]"}, "objective_curve_outside"),
        ({"tagret": 3}, "key_unknown_nearest"),
        ({"specific": "{de: Deutsch}"}, "key_unknown"),
    ],
)
def test_a_mistake_is_told_by_its_own_code(project, keys, code):
    assert codes(project, objective(**keys)) == [code]


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize(
    "keys", [{"target": "2,5"}, {"kpi": "rio"}, {"goal": "x"}, {"low": 3, "high": 2}, {"target": ".nan"}]
)
def test_a_mistake_names_line_what_is_wrong_and_what_to_write(project, keys, language):
    (problem,) = problems(project, objective(**keys))
    told = problem.text(language)
    assert "project.yaml:" in told
    assert "→" in told
    assert "{" not in told


def test_all_mistakes_of_all_files_are_told_at_once(project):
    text = HEAD + "include: [more.yaml]\nobjectives: [{id: a, title: T, kpi: rio, due: demain}]\n"
    more = "objectives: [{id: b, title: T, target: beaucoup}, {id: a, title: T, goal: sale}]\n"
    found = {(p.place.file.rsplit("/", 1)[1], p.code) for p in problems(project, text, more=more)}
    assert found == {
        ("project.yaml", "want_date"), ("project.yaml", "kpi_unknown_nearest"), ("more.yaml", "want_number"),
        ("more.yaml", "project_duplicate"), ("more.yaml", "objective_goal_nearest"),
    }  # fmt: skip


def test_a_moved_key_is_told_at_the_line_where_it_was_written(project):
    (problem,) = problems(project, objective(kind="reach", realistic="{why: 3}"))
    assert (problem.code, problem.place.line) == ("want_text", 7)


def test_an_empty_file_is_told(project):
    assert codes(project, "") == ["file_empty"]


def test_a_list_where_a_project_belongs_is_told(project):
    assert codes(project, "- a\n- b\n")[0] == "want_mapping"


def test_tabs_are_told_with_their_place(project):
    (problem,) = problems(project, HEAD + "objectives:\n\t- id: a\n")
    assert (problem.code, problem.place.line) == ("yaml_tab", 4)


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(DefinitionError) as caught:
        load(tmp_path / "none.yaml")
    assert [p.code for p in caught.value.problems] == ["file_not_found"]


def test_a_folder_stands_for_its_project_file(tmp_path):
    (tmp_path / "project.yaml").write_text(HEAD, encoding="utf-8")
    assert load(tmp_path).name["fr"] == "Test"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("fiscal_year_start: 13", "project_fiscal_year"),
        ("language: de", "project_language"),
        ("currency: euro", "project_currency"),
        ("as_of: hier", "value_not_listed"),
        ("functions: lamda", "value_not_listed_nearest"),
    ],
)
def test_a_wrong_setting_is_told(project, line, code):
    assert codes(project, HEAD + line + "\n") == [code]


def test_a_source_has_only_the_keys_that_exist(project):
    assert codes(project, HEAD + "sources: {ads: {pth: data.csv}}\n") == ["key_unknown_nearest"]


def test_a_circle_of_parents_is_told_once(project):
    text = HEAD + "objectives:\n" + "".join(f"  - {{id: {i}, title: T, parent: {p}}}\n" for i, p in ("ab", "bc", "ca"))
    (problem,) = problems(project, text)
    assert (problem.code, problem.values["chain"]) == ("objective_parent_circle", "a → b → c → a")


# --- include ---------------------------------------------------------------------------------------------------------


def test_included_files_are_relative_to_the_project_folder(project):
    loaded = project(
        HEAD + "include: teams/all.yaml\n",
        teams__all="include: [teams/one.yaml]\n",
        teams__one="objectives: [{id: a, title: T}]\n",
    )
    assert list(loaded.by_id) == ["a"]
    assert len(loaded.files) == 3


def test_a_pattern_includes_files_in_the_order_of_their_names(project):
    parts = {f"parts__{i}": f"objectives: [{{id: {i}, title: T}}]\n" for i in "cab"}
    assert list(project(HEAD + "include: [parts/*.yaml]\n", **parts).by_id) == ["a", "b", "c"]


def test_an_include_loop_is_refused(project):
    found = problems(project, HEAD + "include: [a.yaml]\n", a="include: [b.yaml]\n", b="include: [a.yaml]\n")
    assert [(p.code, p.values["chain"]) for p in found] == [("include_loop", "a.yaml → b.yaml → a.yaml")]


def test_a_file_that_includes_the_project_is_a_loop(project):
    assert codes(project, HEAD + "include: [a.yaml]\n", a="include: [project.yaml]\n") == ["include_loop"]


@pytest.mark.parametrize("path", ["../outside.yaml", "/etc/hostname", "sub/../../outside.yaml", "../*.yaml"])
def test_an_include_outside_the_project_folder_is_refused(tmp_path, path):
    folder = tmp_path / "project"
    folder.mkdir()
    (tmp_path / "outside.yaml").write_text("objectives: []\n", encoding="utf-8")
    (folder / "project.yaml").write_text(HEAD + f'include: ["{path}"]\n', encoding="utf-8")
    with pytest.raises(DefinitionError) as caught:
        load(folder)
    assert [p.code for p in caught.value.problems] == ["include_outside"]


@pytest.mark.parametrize("name", ["link.yaml", "li*.yaml"])
def test_a_link_that_leads_outside_is_refused(tmp_path, name):
    folder = tmp_path / "project"
    folder.mkdir()
    (tmp_path / "outside.yaml").write_text("objectives: []\n", encoding="utf-8")
    (folder / "link.yaml").symlink_to(tmp_path / "outside.yaml")
    (folder / "project.yaml").write_text(HEAD + f'include: ["{name}"]\n', encoding="utf-8")
    with pytest.raises(DefinitionError) as caught:
        load(folder)
    assert [p.code for p in caught.value.problems] == ["include_outside"]


def test_an_included_file_that_does_not_exist_is_told(project):
    assert codes(project, HEAD + "include: [a.yaml, 'b*.yaml']\n") == ["include_missing", "include_missing"]


@pytest.mark.parametrize("name", ["a" * 300 + ".yaml", "a\\0b.yaml", "a*\\0b.yaml", "loop.yaml"])
def test_an_include_that_no_file_can_have_is_told(project, tmp_path, name):
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")
    assert codes(project, HEAD + f'include: ["{name}"]\n') == ["include_missing"]


def test_a_path_that_no_file_can_have_is_told(tmp_path):
    with pytest.raises(DefinitionError) as caught:
        load(tmp_path / ("a" * 300))
    assert [p.code for p in caught.value.problems] == ["file_unreadable"]


def test_a_file_included_twice_is_told(project):
    assert codes(project, HEAD + "include: [a.yaml, a.yaml]\n", a="objectives: []\n") == ["include_twice"]


def test_settings_belong_into_the_main_file(project):
    assert codes(project, HEAD + "include: [a.yaml]\n", a="currency: EUR\n") == ["key_unknown"]


# --- size ------------------------------------------------------------------------------------------------------------


def many(count):
    """Each objective supports the one before."""
    lines = (
        f"  - {{id: o{i}, title: Objectif {i}, kpi: cvr, goal: sales, target: 0.03, parent: o{i - 1}}}\n"
        for i in range(1, count)
    )
    return HEAD + "objectives:\n  - {id: o0, title: Premier}\n" + "".join(lines)


def test_ten_thousand_objectives_load_in_proportion(project):
    def seconds(count):
        text = many(count)
        assert len(project(text).objectives) == count
        return least_seconds(lambda: project(text))

    assert seconds(10_000) < 10 * seconds(1_000) * 2


def test_ten_thousand_typos_are_all_told_quickly(project):
    text = many(10_000).replace("kpi: cvr", "kpi: cvrr")
    begin = time.process_time()
    assert len(problems(project, text)) == 9_999
    assert time.process_time() - begin < 20


# --- the schema for editors ------------------------------------------------------------------------------------------


def validator(language="en"):
    jsonschema = pytest.importorskip("jsonschema")
    made = schema(language)
    jsonschema.Draft202012Validator.check_schema(made)
    return jsonschema.Draft202012Validator(made)


def as_editors_see(text):
    from xlkpi.documents import parse

    return json.loads(json.dumps(parse(text, "x").data, default=str))


def test_the_schema_accepts_the_example():
    assert [e.message for e in validator().iter_errors(as_editors_see(EXAMPLE))] == []


@pytest.mark.parametrize(
    "keys",
    [
        {"attainable": "Oui"}, {"réaliste": "Oui"}, {"expected": "linear"}, {"guards": "cac"},
        {"resources": "Deux jours"},
        {"expected": "[{date: 2026-03-31, share: 0.2}]"}, {"review": "2026-03-31"}, {"review": "monthly"},
        {"where": "{channel: email}"}, {"actions": "[Couper]"}, {"specific": "{fr: Ici}"},
        {"benchmark": "[{value: 2}]"},
    ],
)  # fmt: skip
def test_the_schema_accepts_what_may_be_written_shorter(project, keys):
    assert project(objective(**keys))
    assert [e.message for e in validator().iter_errors(as_editors_see(objective(**keys)))] == []


@pytest.mark.parametrize("keys", [{"tagret": 3}, {"target": "beaucoup"}, {"kind": "more"}, {"guards": 3}])
def test_the_schema_refuses_what_does_not_load(keys):
    assert not validator().is_valid(as_editors_see(objective(**keys)))


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_key_of_an_objective_has_a_description(language):
    made = schema(language)
    models = {
        "ProjectFile": made,
        **{name: made["$defs"][name] for name in ("Objective", "Action", "Benchmark", "SourceEntry", "Checks")},
    }
    bare = [
        f"{name}.{key}"
        for name, model in models.items()
        for key, value in model["properties"].items()
        if "description" not in value
    ]
    assert bare == []


def test_the_schema_completes_kpis_and_goals():
    keys = schema("en")["$defs"]["Objective"]["properties"]
    assert "roi" in keys["kpi"]["anyOf"][0]["enum"]
    assert "sales" in keys["goal"]["anyOf"][0]["enum"]


def test_an_id_that_yaml_reads_as_a_date_is_an_id_that_cannot_be(tmp_path):
    file = tmp_path / "project.yaml"
    file.write_text("xlkpi: 1\nname: T\nobjectives:\n  - {id: 2000-01-01, title: T, kpi: a}\n", encoding="utf-8")
    with pytest.raises(DefinitionError) as refused:
        load(file)
    assert [(p.code, p.place.line) for p in refused.value.problems] == [("objective_id", 4), ("kpi_unknown_nearest", 4)]
