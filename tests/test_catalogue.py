"""The catalogue: every row that the documents ask for, complete and well written in French and English."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import xlkpi
from xlkpi.catalogue import Measure, load_files
from xlkpi.catalogue.checks import MAX_ARGUMENT, MAX_FUNCTION, MAX_HELP, MAX_WIZARD, argument_fault, problems
from xlkpi.errors import EvaluationError

CATALOGUE = xlkpi.catalogue()
KPIS = list(CATALOGUE.values())
LANGUAGES = ("fr", "en")
every_kpi = pytest.mark.parametrize("kpi", KPIS, ids=lambda kpi: kpi.id)
#: Where the documents disagree on a formula, each reading is a variant.
VARIANTS = {"roi": {"roi_ratio"}, "clv": {"clv_margin", "clv_churn"}, "cac": {"cac_paid"}}


def texts(language: str) -> Iterator[tuple[str, str]]:
    """Every sentence of the catalogue in a language, and where it stands."""
    for id, measure in CATALOGUE.measures.items():
        yield f"{id}.name", measure.name[language]
        yield f"{id}.definition", measure.definition.get(language, "")
    for family, name in CATALOGUE.families.items():
        yield family, name[language]
    for kpi in KPIS:
        for key in ("name", "definition", "question", "note"):
            yield f"{kpi.id}.{key}", getattr(kpi, key).get(language, "")
        for pitfall in kpi.pitfalls[language]:
            yield f"{kpi.id}.pitfalls", pitfall


def test_every_indicator_that_the_documents_name_has_an_entry() -> None:
    assert {kpi.source.row for kpi in KPIS if kpi.source} >= set(range(1, 63))


def test_every_reading_on_which_the_documents_disagree_is_there() -> None:
    for id, variants in VARIANTS.items():
        assert {kpi.id for kpi in KPIS if kpi.variant_of == id} >= variants
        labels = [CATALOGUE[v].label(language) for v in (id, *variants) for language in LANGUAGES]
        assert len(set(labels)) >= len(variants) + 1


def test_rates_with_different_bases_are_different_functions() -> None:
    rates = [kpi for kpi in KPIS if kpi.id.startswith(("ctr", "cvr", "conversion", "bounce"))]
    assert len({kpi.function for kpi in rates if kpi.id.startswith("ctr")}) >= 2
    assert len([kpi for kpi in rates if kpi.id.startswith(("cvr", "conversion"))]) >= 3


@every_kpi
def test_an_entry_is_complete_in_both_languages(kpi: xlkpi.KPI) -> None:
    for language in LANGUAGES:
        assert kpi.name[language]
        assert kpi.question[language].endswith("?")
        assert 10 <= len(kpi.definition[language]) <= MAX_HELP
        assert kpi.definition[language].endswith(".")
        assert kpi.pitfalls[language]
    assert len(kpi.pitfalls["fr"]) == len(kpi.pitfalls["en"])
    assert kpi.source is not None
    assert kpi.source.quote
    assert kpi.cadence
    assert kpi.family in CATALOGUE.families


@every_kpi
def test_an_entry_keeps_excels_limits(kpi: xlkpi.KPI) -> None:
    assert re.fullmatch(r"KPI_[A-Z0-9_]+", kpi.function)
    assert len(kpi.function) <= MAX_FUNCTION
    assert all(len(name) <= MAX_ARGUMENT and argument_fault(name) is None for name in kpi.inputs)
    assert sum(map(len, kpi.inputs)) + len(kpi.inputs) <= MAX_WIZARD
    assert set(kpi.compiled.names) == set(kpi.inputs)
    assert list(problems(kpi, CATALOGUE)) == []


@every_kpi
def test_a_vanity_metric_has_a_companion_that_is_none(kpi: xlkpi.KPI) -> None:
    if kpi.vanity:
        assert kpi.companion is not None
        assert not CATALOGUE[kpi.companion].vanity


def test_entries_that_share_a_function_compute_the_same() -> None:
    for kpi in KPIS:
        owner = CATALOGUE[kpi.function]
        values = [float(3 + 2 * i) for i in range(len(kpi.inputs))]
        if kpi.id != owner.id and not kpi.compiled.adds_rows:
            assert kpi(*values) == owner(*values)


@pytest.mark.parametrize("measure", CATALOGUE.measures.values(), ids=lambda m: m.id)
def test_a_measure_says_how_it_adds_up(measure: Measure) -> None:
    assert measure.name["fr"]
    assert measure.name["en"]
    assert (measure.weight is None) or measure.weight in CATALOGUE.measures
    assert measure.aggregate == "mean" or measure.weight is None


def test_people_do_not_add_up() -> None:
    for id in ("reach", "visitors"):
        assert CATALOGUE.measures[id].aggregate == "count_distinct"
    assert CATALOGUE.measures["followers"].aggregate == "last"


def test_french_is_typographically_right() -> None:
    rule = re.compile(
        r"[ \u00a0][;!?%]|[^\s\u202f][;!?](?=\s|$)|\d%|[ \u202f]:|«[^\u00a0]|[^\u00a0]»|[^\W\d]'|\.\.\.|[ \u202f]€"
    )
    assert [(where, words) for where, words in texts("fr") if rule.search(words)] == []


def test_english_is_typographically_right() -> None:
    rule = re.compile(r"[ \u00a0\u202f][;:!?%](\s|$)|[«»]|\.\.\.")
    assert [(where, words) for where, words in texts("en") if rule.search(words)] == []


def test_no_text_is_the_other_languages() -> None:
    both = zip(texts("fr"), texts("en"), strict=True)
    assert [where for (where, fr), (_, en) in both if fr == en and " " in fr and not where.endswith(".name")] == []


@pytest.mark.parametrize("id", ["roi", "ROI", "KPI_ROI", "kpi_roi"])
def test_a_kpi_is_found_by_its_id_and_its_function(id: str) -> None:
    assert CATALOGUE.find(id if id != "ROI" else "KPI_ROI").id == "roi"


def test_an_unknown_kpi_proposes_the_nearest() -> None:
    with pytest.raises(EvaluationError) as caught:
        CATALOGUE.find("roii")
    assert caught.value.problems[0].values["nearest"] == "roi"


@pytest.mark.parametrize(
    ("words", "first"),
    [("roi", "roi"), ("COUT acquisition client", "cac"), ("coût d'acquisition", "cac"), ("KPI_CPA", "cpa")],
)
def test_search_knows_no_case_no_accents_and_no_typographic_apostrophes(words: str, first: str) -> None:
    assert CATALOGUE.search(words)[0].id == first


def test_search_for_nothing_finds_all_and_for_nonsense_none() -> None:
    assert len(CATALOGUE.search("")) == len(CATALOGUE)
    assert CATALOGUE.search("zzzzzz") == []
    assert {kpi.family for kpi in CATALOGUE.search(family="seo")} == {"seo"}


def test_arguments_go_by_position_by_name_and_not_twice() -> None:
    roi = CATALOGUE["roi"]
    assert roi(1000, 400) == roi(cost=400, gain=1000) == roi(1000, cost=400) == 1.5
    for positional, named in (((1, 2, 3), {}), ((1,), {"gain": 2, "cost": 1}), ((1,), {}), ((1, 2), {"x": 1})):
        with pytest.raises(EvaluationError):
            roi(*positional, **named)


def test_the_kept_catalogue_is_the_one_in_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Path(xlkpi.__file__).parent / "catalogue"
    fresh = load_files(sorted(folder.glob("*.yaml")))
    assert dict(fresh.kpis) == dict(CATALOGUE.kpis)
    assert dict(fresh.measures) == dict(CATALOGUE.measures)
    assert list(fresh) == list(CATALOGUE)
