"""A user's own KPIs: the catalogue's rules, every mistake of a file at once, and nothing half-loaded."""

from __future__ import annotations

from pathlib import Path

import pytest

import xlkpi
from tests.timing import least_seconds
from xlkpi.catalogue import Catalogue, catalogue, extended, load_files, load_own
from xlkpi.documents import parse
from xlkpi.errors import DefinitionError, Problem

DESIGN = """
kpis:
  cout_rdv: {name: {fr: Coût par rendez-vous, en: Cost per appointment}, formula: cost / appointments,
             unit: currency, direction: lower, example: {cost: 500, appointments: 20, result: 25}}
"""
BASE = "name: X, unit: currency, direction: lower"
EXAMPLE = "example: {cost: 500, clicks: 20, result: 25}"
GOOD = f"{BASE}, formula: cost/clicks, {EXAMPLE}"
SHORT = {"GOOD": GOOD, "BASE": BASE, "EXAMPLE": EXAMPLE, "LONG": "x" * 256, "TOWER": "**".join(["cost"] * 20)}
FIXTURE = Path(__file__).with_name("fixtures") / "own_kpis.txt"
MISTAKES = [line.split(" | ") for line in FIXTURE.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]


def loaded(text: str) -> Catalogue:
    return extended(catalogue(), parse(text, "own.yaml"))


def refused(text: str) -> list[Problem]:
    with pytest.raises(DefinitionError) as caught:
        loaded(text)
    for problem in caught.value.problems:
        assert problem.place.file == "own.yaml"
        assert problem.place.line is not None
        for language in ("fr", "en"):
            assert problem.wrong(language)
            assert problem.fix(language)
    return list(caught.value.problems)


def kpi(fields: str, id: str = "mine") -> str:
    return f"kpis:\n  {id}: {{{fields}}}"


def test_the_example_of_the_design_loads_from_a_file_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(DESIGN, encoding="utf-8")
    found = load_own(tmp_path / "own.yaml")
    assert found["cout_rdv"](cost=500, appointments=20) == 25.0
    assert found["KPI_COUT_RDV"].label("fr") == "Coût par rendez-vous"
    assert len(found) == len(catalogue()) + 1
    assert "cout_rdv" not in xlkpi.catalogue()


def test_the_example_of_the_design_loads_from_a_project_file(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text(
        "xlkpi: 1\nname: Boutique\nlanguage: fr\nobjectives: []\n" + DESIGN, encoding="utf-8"
    )
    assert load_own(tmp_path / "p.yaml")["cout_rdv"].result == 25


@pytest.mark.parametrize("text", ["xlkpi: 1\nname: x", "kpis:", "measures:\nkpis:\n"])
def test_a_file_without_own_kpis_adds_nothing(text: str, tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text(text, encoding="utf-8")
    assert dict(load_own(tmp_path / "p.yaml").kpis) == dict(catalogue().kpis)


@pytest.mark.parametrize(("fields", "code", "key"), MISTAKES, ids=[row[0] for row in MISTAKES])
def test_a_mistake_is_told_with_file_line_key_and_fix(fields: str, code: str, key: str) -> None:
    for word, meaning in SHORT.items():
        fields = fields.replace(word, meaning)
    found = [(p.code, p.place.line, p.place.key) for p in refused(kpi(fields))]
    assert (code, 2, f"kpis.mine.{key}") in found


@pytest.mark.parametrize(
    ("name", "code"),
    [("cpm1", "cell"), ("a1", "cell"), ("xfd1", "cell"), ("r", "cell"), ("c", "cell"), ("rc", "cell"),
    ("r1c1", "cell"), ("c2", "cell"),
     ("date", "reserved"), ("me", "reserved"), ("end", "reserved"), ("next", "reserved"), ("string", "reserved"),
     ("a_very_long_name", "long"), ("Cost", "letters"), ("coût", "letters"), ("_x", "letters")],
)  # fmt: skip
def test_an_argument_like_a_cell_or_a_word_of_vba_is_refused(name: str, code: str) -> None:
    (problem,) = refused(kpi(f"{BASE}, formula: {name}/clicks, example: {{{name}: 1, clicks: 1, result: 1}}"))
    assert (problem.code, problem.values["name"]) == (f"kpi_argument_{code}", name)


@pytest.mark.parametrize("id", ["k" * 28, "Coût", "12", "a-b", "_x", "KPI"])
def test_an_id_that_makes_no_function_name_is_refused(id: str) -> None:
    assert "kpi_id" in [p.code for p in refused(kpi(GOOD, id))]


def test_a_clash_is_an_error_unless_the_entry_replaces() -> None:
    (problem,) = refused(kpi(GOOD, "roi"))
    assert (problem.code, problem.place.key) == ("kpi_clash", "kpis.roi")
    assert "replaces: true" in problem.fix("fr")
    replaced = loaded(kpi(f"{GOOD}, replaces: true", "roi"))
    assert replaced["roi"].formula == "cost/clicks"
    assert catalogue()["roi"].formula != "cost/clicks"


def test_a_circle_through_several_kpis_is_told_for_each() -> None:
    entries = [f"k_{a}: {{{BASE}, formula: k_{b}*1, example: {{k_{b}: 1, result: 1}}}}" for a, b in ("xy", "yz", "zx")]
    found = refused("kpis:\n  " + "\n  ".join(entries))
    assert [(p.code, p.place.line) for p in found] == [("kpi_circular", 2), ("kpi_circular", 3), ("kpi_circular", 4)]
    assert found[0].values["chain"] == "k_x → k_y → k_z → k_x"


def test_long_and_tangled_chains_of_kpis_are_checked_in_a_moment() -> None:
    first = f"k_0: {{{BASE}, formula: cost*1, example: {{cost: 1, result: 1}}}}"
    rest = f"{BASE}, formula: x+y, example: {{x: 1, y: 1, result: 2}}"
    tangled = [f"k_{i}: {{{rest}, inputs: {{x: k_{i - 1}, y: k_{i - 1}}}}}"
               for i in range(1, 400)]  # fmt: skip
    text = "kpis:\n  " + "\n  ".join([first, *tangled])
    assert "k_399" in loaded(text)
    assert least_seconds(lambda: loaded(text)) < 3


@pytest.mark.parametrize(
    ("fields", "code", "key"),
    [
        ("mine: {name: M, unit: count, aggregate: sun}", "value_not_listed_nearest", "mine.aggregate"),
        ("mine: {name: {fr: M}, unit: count, aggregate: sum}", "kpi_translation", "mine.name"),
        ("mine: {name: M, unit: count, aggregate: sum, minimum: .nan}", "measure_not_finite", "mine"),
        ("mine: {name: M, unit: count, aggregate: sum, minimum: 3, maximum: 2}", "measure_limits", "mine"),
        ("mine: {name: M, unit: count, aggregate: sum, weight: visits}", "measure_weight", "mine"),
        ("mine: {name: M, unit: count, aggregate: mean, weight: nothing}", "measure_weight", "mine.weight"),
        ("Mé: {name: M, unit: count, aggregate: sum}", "measure_id", "Mé"),
        ("roi: {name: M, unit: count, aggregate: sum}", "measure_clash", "roi"),
        ("cost: {name: M, unit: count, aggregate: sum}", "kpi_clash", "cost"),
        ("mine: {name: M, unit: count, aggregate: sum, id: other}", "key_unknown", "mine.id"),
    ],
)
def test_a_mistake_in_a_measure_is_told(fields: str, code: str, key: str) -> None:
    found = [(p.code, p.place.line, p.place.key) for p in refused(f"measures:\n  {fields}")]
    assert (code, 2, f"measures.{key}") in found


def test_a_replaced_measure_has_its_limits_in_every_kpi() -> None:
    own = loaded("measures:\n  cost: {name: C, unit: currency, aggregate: sum, replaces: true}")
    assert own["cpa"](-5, 5) == -1.0
    assert str(catalogue()["cpa"](-5, 5)) == "nan"


def test_reading_a_document_twice_gives_the_same() -> None:
    document = parse(
        "measures:\n  cost: {name: C, unit: currency, aggregate: sum, replaces: true}\n" + kpi(GOOD), "own.yaml"
    )
    assert dict(extended(catalogue(), document).kpis) == dict(extended(catalogue(), document).kpis)


def test_all_mistakes_of_a_file_are_told_at_once_and_nothing_is_loaded() -> None:
    before = dict(catalogue().kpis)
    text = f"""kpis:
  one: {{{BASE}, formula: cost/(, vanitty: 3}}
  two: {{name: X}}
  roi: {{{GOOD}}}
  four: {{{BASE}, formula: cost%2, example: {{cost: 3, result: 1}}}}
  five: 5
measures:
  m: {{name: M}}
sources: 3
"""
    found = {(p.code, p.place.line) for p in refused(text)}
    assert found >= {
        ("key_unknown_nearest", 2), ("formula_unreadable", 2), ("key_missing", 2), ("key_missing", 3),
        ("kpi_clash", 4),
        ("formula_percent", 5), ("want_mapping", 6), ("key_missing", 8), ("key_unknown", 9),
    }  # fmt: skip
    assert {p.values["key"] for p in refused(text) if p.place.line == 3} == {"formula", "unit", "direction", "example"}
    assert dict(catalogue().kpis) == before


@pytest.mark.parametrize(
    "text", ["- 1", "words", "12", "kpis: [1]", "kpis: {a: }", "family: [1]", "name: {fr: 3}", "foo: 1"]
)
def test_a_file_of_another_shape_is_told_in_words(text: str) -> None:
    assert refused(text)


def test_mistakes_in_several_files_are_told_together(tmp_path: Path) -> None:
    for name, text in (
        ("a.yaml", kpi(f"{GOOD}, vanity: 3")),
        ("b.yaml", "a: [\n"),
        ("c.yaml", kpi("name: X", "other")),
    ):
        (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(DefinitionError) as caught:
        load_files(sorted(tmp_path.iterdir()))
    assert {Path(p.place.file or "").name for p in caught.value.problems} == {"a.yaml", "b.yaml", "c.yaml"}


def test_variants_inherit_what_they_do_not_change() -> None:
    own = loaded(
        kpi(f"{GOOD}, variants: {{twice: {{formula: cost/clicks*2, example: {{cost: 500, clicks: 20, result: 50}}}}}}")
    )
    assert (own["mine_twice"].variant_of, own["mine_twice"].unit, own["mine_twice"](10, 2)) == (
        "mine",
        "currency",
        10.0,
    )


def test_names_longer_than_the_function_wizard_takes_are_refused() -> None:
    names = [f"argument_{a}{b}" for a in "abcde" for b in "abcde"]
    example = ", ".join(f"{name}: 1" for name in names)
    found = refused(
        kpi(f"name: X, unit: count, direction: none, formula: {' + '.join(names)}, example: {{{example}, result: 25}}")
    )
    assert [p.code for p in found] == ["kpi_wizard_limit"]
