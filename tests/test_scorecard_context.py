"""Drivers, customers, competitors and reconciliation of a scorecard, from the sample and from files that are wrong."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from tests.scorecards import TODAY, card
from xlkpi.errors import DefinitionError, SourceError
from xlkpi.objectives import load
from xlkpi.objectives.context import CompetitorFile, Customers, Drivers, Reconciliation
from xlkpi.scorecard import Scorecard, read_data, scorecard
from xlkpi.scorecard.customers import CustomerView, customer_view
from xlkpi.scorecard.drivers import DriverView, driver_view
from xlkpi.scorecard.market import rivals
from xlkpi.scorecard.reconcile import checks

NAME = {"fr": "x", "en": "x"}


def changed(**settings: object) -> Scorecard:
    made = card()
    return replace(made, project=replace(made.project, **settings))  # type: ignore[arg-type]  # keys of a project


def customers_of(
    folder: Path, orders: list[str], columns: str, more: str = "", day: date = date(2026, 2, 28)
) -> CustomerView:
    """The customers of a shop whose orders are these lines; ``more`` follows in the project file."""
    (folder / "orders.csv").write_text("\n".join(orders) + "\n")
    (folder / "project.yaml").write_text(
        f"xlkpi: 1\nname: x\nsources:\n  shop: {{path: orders.csv, preset: none, date: day, {columns}}}\n{more}"
    )
    project = load(folder / "project.yaml")
    view = customer_view(scorecard(project, read_data(project), today=TODAY, as_of=day))
    assert isinstance(view, CustomerView)
    return view


def test_the_usual_trees_make_their_results() -> None:
    view = driver_view(card())
    assert isinstance(view, DriverView)
    assert [tree.result.id for tree in view.trees] == ["revenue", "paid_return"]
    for tree in view.trees:
        for at in ("before", "now"):
            made = math.prod(getattr(f, at) ** f.power for f in tree.factors) + tree.offset
            assert made == pytest.approx(getattr(tree.result, at))


def test_a_tree_of_the_project_must_make_its_result() -> None:
    view = driver_view(changed(drivers=(Drivers("revenue", ("orders", "aov")),)))
    assert isinstance(view, DriverView)
    assert [f.id for f in view.trees[0].factors] == ["orders", "aov"]
    with pytest.raises(DefinitionError, match="revenue"):
        driver_view(changed(drivers=(Drivers("revenue", ("sessions", "aov")),)))


def test_customers_are_joined_by_their_id() -> None:
    view = customer_view(card())
    assert isinstance(view, CustomerView)
    assert view.source == "shopify"
    assert view.unnamed == 0
    assert sum(view.cohorts.sizes) == view.repeat.customers == sum(s.customers for s in view.segments)
    assert sum(s.repeaters for s in view.segments) == view.repeat.repeaters
    made = customer_view(changed(customers=Customers(segment="source")))
    assert isinstance(made, CustomerView)
    assert made.segment == "source"


def test_generated_purchases_give_back_what_they_were_made_from(tmp_path: Path) -> None:
    """Of 300 customers every third buys again, a month later; every sixth of all twice more, after two and five."""
    rows = ["day,client,country,total"]
    for number in range(300):
        start = 1 + number % 4  # January to April
        months = [0] if number % 3 else [0, 1, *([3, 6] if number % 6 == 0 else [])]
        for more in months:
            month = start + more
            rows.append(f"2025-{month:02d}-{1 + number % 28:02d},{number},{'FR' if number % 2 else 'BE'},{10 + more}")
    columns = "measures: {revenue: total}, dimensions: {customer: client, country: country}"
    view = customers_of(tmp_path, rows, columns, day=date(2025, 12, 31))
    assert (view.repeat.customers, view.repeat.repeaters, view.repeat.purchases) == (300, 100, 500)
    assert view.cohorts.sizes[:4] == (75, 75, 75, 75)
    assert [[row[later] for later in (1, 2, 3, 6)] for row in view.cohorts.active[:4]] == [[25, 0, 25, 25],
        [25, 0, 0, 0], [25, 0, 25, 25], [25, 0, 0, 0]]  # fmt: skip
    assert {s.name: (s.customers, s.repeaters, s.amount) for s in view.segments} == {
        "BE": (150, 50, 150 * 10 + 50 * (11 + 13 + 16)), "FR": (150, 50, 150 * 10 + 50 * 11),
    }  # fmt: skip


def test_purchases_whose_worth_no_source_tells_are_counted(tmp_path: Path) -> None:
    rows = ["day,client", "2026-01-05,7", "2026-02-05,7", "2026-02-06,8"]
    view = customers_of(tmp_path, rows, "measures: {orders: 1}, dimensions: {customer: client}")
    assert (view.amount, view.valued) == ("orders", False)
    assert (view.repeat.customers, view.repeat.repeaters, view.repeat.purchases) == (2, 1, 3)


@pytest.mark.parametrize(
    "settings",
    [Customers(source="ga4"), Customers(source="shopify", segment="nope"), Customers(source="shopify", details="ga4")],
)
def test_a_source_that_does_not_know_its_customers_is_told(settings: Customers) -> None:
    with pytest.raises(SourceError, match=r"has no|n’a pas"):
        customer_view(changed(customers=settings))


def test_segments_may_come_from_another_source(tmp_path: Path) -> None:
    (tmp_path / "crm.csv").write_text("created,client,type,n\n2025-01-01,7,pro,1\n2025-01-01,8,home,1\n")
    rows = ["day,client,total", "2026-01-05,7,10", "2026-02-05,7,20", "2026-02-06,8,40", "2026-02-07,9,5"]
    more = (
        "  crm: {path: crm.csv, preset: none, date: created, measures: {leads: n},"
        " dimensions: {customer: client, segment: type}}\n"
        "customers: {source: shop, details: crm}\n"
    )
    view = customers_of(tmp_path, rows, "measures: {revenue: total}, dimensions: {customer: client}", more)
    assert {s.name: (s.customers, s.amount) for s in view.segments} == {
        "pro": (1, 30.0), "home": (1, 40.0), "": (1, 5.0)}  # fmt: skip
    assert view.repeat.repeaters == 1


def test_sources_are_held_against_each_other_month_by_month() -> None:
    made = changed(reconcile=(Reconciliation(NAME, {"google_ads": "conversions", "meta_ads": "conversions"}),))
    (check,) = checks(made)
    assert len(check.months) == 24
    assert [t.source for t in check.told] == ["google_ads", "meta_ads"]
    assert all(v > 0 for t in check.told for v in t.values)
    with pytest.raises(DefinitionError, match="sessions"):
        checks(changed(reconcile=(Reconciliation(NAME, {"google_ads": "sessions", "meta_ads": "conversions"}),)))


def test_competitors_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "rivals.csv").write_text(
        "name;measure;value;date;source\nMaison A;followers;1 200,5;2026-01-31;Etude\nB;followers;90;;\n",
        encoding="utf-8",
    )
    found = rivals(changed(competitors=CompetitorFile("rivals.csv"), folder=tmp_path))
    assert [(r.name, r.value, r.date) for r in found] == [("Maison A", 1200.5, date(2026, 1, 31)), ("B", 90.0, None)]


@pytest.mark.parametrize(
    "content", ["name,value\nA,1\n", "name,measure,value\nA,x,many\n", "name,measure,value\nA,x,nan\n", None]
)
def test_a_file_of_competitors_that_is_none_is_told(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "rivals.csv").write_text(content)
    with pytest.raises(DefinitionError, match="name, measure, value"):
        rivals(changed(competitors=CompetitorFile("rivals.csv"), folder=tmp_path))


def test_a_file_outside_the_project_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "rivals.csv").write_text("name,measure,value\nA,x,1\n")
    inside = tmp_path / "inside"
    inside.mkdir()
    with pytest.raises(DefinitionError):
        rivals(changed(competitors=CompetitorFile("../rivals.csv"), folder=inside))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("swot: [{kind: strength, text: x, objective: nope}]", "'nope' is not an objective"),
        ("swot: [{kind: strenght, text: x}]", "did you mean 'strength'"),
        ("drivers: [{result: revenue, factors: [sessions]}]", "two factors"),
        ("drivers: [{result: revenu, factors: [sessions, aov]}]", "did you mean 'revenue'"),
        ("reconcile: [{name: x, of: {a: orders}}]", "two sources"),
        ("reconcile: [{name: x, of: {a: orders, b: orders}}]", "no source 'a'"),
        ("surveys: [{kind: nps, date: 2026-01-01, answers: 5, favourable: 4, unfavourable: 3}]", "make 7 of 5 answers"),
        ("surveys: [{kind: nps, date: 2026-01-01, answers: -5, favourable: 0}]", "negative"),
        ("rubrics: [{subject: brand_image, criterion: x, mark: 6, date: 2026-01-01}]", "above 5"),
        ("customers: {source: nope}", "no source 'nope'"),
        ("competitors: [{name: A, values: {x: .nan}}]", "finite"),
    ],
)
def test_settings_that_are_wrong_are_told_with_their_line(tmp_path: Path, settings: str, said: str) -> None:
    (tmp_path / "project.yaml").write_text(f"xlkpi: 1\nname: x\nlanguage: en\n{settings}\n")
    with pytest.raises(DefinitionError) as caught:
        load(tmp_path / "project.yaml")
    assert said in caught.value.text("en")
    assert "project.yaml:4" in caught.value.text("fr")
