"""Objectives joined with data give values, statuses, outlook and trust that can be checked by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from tests.scorecards import sample
from xlkpi.analysis.forecast import forecast
from xlkpi.cli_check import checked
from xlkpi.errors import EvaluationError, SourceError
from xlkpi.objectives import load
from xlkpi.sample import STATUSES, write_sample
from xlkpi.scorecard import Scorecard, read_data, scorecard

TODAY = date(2026, 11, 22)

PROJECT = """
xlkpi: 1
name: Essai
currency: EUR
sources:
  ads: {{path: ads.csv, preset: none, date: day, measures: {{spend: spend, conversions: conversions, revenue: revenue}},
        dimensions: [channel]}}
{more}
objectives:
{objectives}
"""
OBJECTIVE = """
  - {{id: {id}, title: {id}, kpi: {kpi}, kind: {kind}, baseline: {baseline}, target: {target}, start: 2026-01-01,
      due: 2026-12-31, cadence: monthly{more}}}
"""
MONTHS = 10


def rows() -> list[tuple[str, str, float, float, float]]:
    """Day, channel, spend, conversions, revenue: two channels, one row a month, the second one missing in May."""
    out = []
    for month in range(1, MONTHS + 1):
        out.append((f"2026-{month:02d}-15", "search", 1000.0, 40.0 + month, 4000.0 + 100 * month))
        if month != 5:
            out.append((f"2026-{month:02d}-20", "social", 500.0 + 10 * month, 10.0, 900.0))
    return out


def project(folder: Path, objectives: str, more: str = "") -> Path:
    lines = ["day,channel,spend,conversions,revenue", *(",".join(map(str, row)) for row in rows())]
    (folder / "ads.csv").write_text("\n".join(lines) + "\n2026-10-31,search,0,0,0\n", encoding="utf-8")
    file = folder / "project.yaml"
    file.write_text(PROJECT.format(objectives=objectives, more=more), encoding="utf-8")
    return file


def objective(id: str, kpi: str, kind: str, baseline: object, target: float, more: str = "") -> str:
    return OBJECTIVE.format(id=id, kpi=kpi, kind=kind, baseline=baseline, target=target, more=more)


def card(folder: Path, *objectives: str, as_of: date | None = date(2026, 10, 31)) -> Scorecard:
    return scorecard(load(project(folder, "".join(objectives))), as_of=as_of, today=date(2026, 11, 3))


def test_a_ratio_is_taken_of_the_sums_of_the_last_complete_period(tmp_path: Path) -> None:
    result = card(tmp_path, objective("cpa", "cpa", "decrease", 30, 25)).by_id["cpa"]
    assert result.period == (date(2026, 10, 1), date(2026, 10, 31))
    assert result.actual == pytest.approx((1000 + 600) / (50 + 10))
    assert result.previous == pytest.approx((1000 + 590) / (49 + 10))


def test_advertising_spend_stands_for_cost_where_no_source_delivers_cost(tmp_path: Path) -> None:
    result = card(tmp_path, objective("cpa", "cpa", "decrease", 30, 25)).by_id["cpa"]
    assert result.kpi is not None
    assert "cost" in result.kpi.inputs
    assert result.sources == ("ads",)


def test_an_incomplete_period_does_not_count(tmp_path: Path) -> None:
    made = card(tmp_path, objective("cpa", "cpa", "decrease", 30, 25), as_of=date(2026, 10, 20))
    assert made.by_id["cpa"].period == (date(2026, 9, 1), date(2026, 9, 30))


def test_a_sum_counts_from_the_start_to_the_day(tmp_path: Path) -> None:
    made = card(
        tmp_path, objective("year", "revenue_total", "reach", 0, 60000, ", cumulative: true"), as_of=date(2026, 3, 16)
    )
    assert made.by_id["year"].actual == pytest.approx(4100 + 900 + 4200 + 900 + 4300)


def test_a_ratio_since_the_start_is_the_ratio_of_all_sums(tmp_path: Path) -> None:
    made = card(tmp_path, objective("roi", "roi", "reach", 0, 3, ", cumulative: true"))
    revenue, spend = sum(row[4] for row in rows()), sum(row[2] for row in rows())
    assert made.by_id["roi"].actual == pytest.approx(revenue / spend - 1)


def test_where_selects_a_part_of_the_data(tmp_path: Path) -> None:
    made = card(tmp_path, objective("cpa", "cpa", "decrease", 30, 25, ", where: {channel: [social]}"))
    assert made.by_id["cpa"].actual == pytest.approx(600 / 10)


@pytest.mark.parametrize("more", ["", ", cumulative: true"])
def test_a_selection_that_no_row_fits_is_said(tmp_path: Path, more: str) -> None:
    roi = objective("roi", "roi", "reach", 0, 3, f"{more}, where: {{channel: [tv]}}")
    made = card(tmp_path, roi, objective("cpa", "cpa", "decrease", 30, 25))
    assert [(r.status.code == "no_data", r.gap) for r in made.results] == [(True, "no_rows"), (False, None)]


def test_parts_by_channel_add_up_to_the_whole(tmp_path: Path) -> None:
    result = card(tmp_path, objective("cpa", "cpa", "decrease", 30, 25)).by_id["cpa"]
    assert set(result.parts["channel"]) == {"search", "social"}
    assert result.trust.reconciliation == pytest.approx(0)
    previous = next(b for b in result.breakdowns if b.against == "previous")
    assert previous.variance.effects.total == pytest.approx(result.actual - result.previous)
    to_target = next(b for b in result.breakdowns if b.against == "target")
    assert to_target.variance.effects.total == pytest.approx(result.actual - 25)


def test_a_period_without_rows_is_missing_and_not_zero(tmp_path: Path) -> None:
    made = card(tmp_path, objective("cpa", "cpa", "decrease", 30, 25, ", where: {channel: [social]}"))
    series = made.by_id["cpa"].series
    assert series is not None
    assert math.isnan(series.at(date(2026, 5, 1)))
    assert made.by_id["cpa"].trust.completeness == pytest.approx(9 / 10)
    assert made.by_id["cpa"].trust.reasons == ("incomplete",)


def test_late_data_lowers_trust(tmp_path: Path) -> None:
    file = project(tmp_path, objective("cpa", "cpa", "decrease", 30, 25))
    fresh = scorecard(load(file), today=date(2026, 11, 30)).by_id["cpa"].trust
    late = scorecard(load(file), today=date(2027, 2, 10)).by_id["cpa"].trust
    assert (fresh.fresh, fresh.late_days, fresh.level) == (True, 0, "high")
    assert not late.fresh
    assert late.late_days == (date(2027, 1, 31) - date(2026, 10, 31)).days
    assert "late" in late.reasons


@pytest.mark.parametrize("day", [date(2024, 7, 31), date(2025, 6, 30), date(2026, 1, 31)])
def test_the_trust_of_an_earlier_day_is_that_of_its_scorecard(day: date) -> None:
    """Also where a source was late then, or had not yet begun."""
    loaded, data = sample()
    spans = {**data.spans, "shopify": (data.spans["shopify"][0], date(2025, 11, 20))}
    data = replace(data, spans=spans)
    now = scorecard(loaded, data, today=TODAY)
    then = scorecard(loaded, data, as_of=day, today=day)
    for result in now.results:
        earlier = then.by_id[result.objective.id]
        if earlier.series is not None:
            trust, expected = now.trust_of(result, day), earlier.trust
            assert trust.reconciliation == pytest.approx(expected.reconciliation)
            assert trust == replace(expected, reconciliation=trust.reconciliation), result.objective.id
    assert any(now.trust_of(r, day).late_days for r in now.results) == (day > date(2025, 11, 20))


def test_an_objective_without_a_source_says_which_measures_are_missing(tmp_path: Path) -> None:
    result = card(tmp_path, objective("nps", "nps", "increase", 10, 30)).by_id["nps"]
    assert result.status.code == "no_data"
    assert result.gap == "no_source"
    assert set(result.missing) == {"promoters", "passives", "detractors"}


def test_a_red_guard_caps_a_green_objective(tmp_path: Path) -> None:
    green = objective("conversions", "conversions_total", "increase", 40, 60, ", guards: [cost]")
    made = card(tmp_path, green, objective("cost", "cpa", "decrease", 26, 10))
    assert made.by_id["cost"].status.code == "behind"
    assert made.by_id["conversions"].status.uncapped == "achieved"
    assert made.by_id["conversions"].status.code == "at_risk"
    assert made.by_id["conversions"].status.capped_by == ("cost",)


def test_an_override_holds_from_its_day_to_the_next_review(tmp_path: Path) -> None:
    held = objective("cpa", "cpa", "decrease", 30, 25, ", override: {status: behind, reason: Panne, since: 2026-09-10}")
    shown = {}
    for as_of in (date(2026, 9, 9), date(2026, 9, 10), date(2026, 9, 30), date(2026, 10, 1)):
        shown[as_of] = card(tmp_path, held, as_of=as_of).by_id["cpa"].status
    assert [s.override is not None for s in shown.values()] == [False, True, True, False]
    assert shown[date(2026, 9, 10)].shown == "behind"
    assert shown[date(2026, 10, 1)].expired is not None


def test_of_several_objectives_on_a_guard_the_worst_speaks(tmp_path: Path) -> None:
    green = objective("conversions", "conversions_total", "increase", 40, 60, ", guards: [cpa]")
    others = objective("easy", "cpa", "decrease", 40, 39), objective("hard", "cpa", "decrease", 26, 10)
    made = card(tmp_path, green, *others)
    assert [made.by_id[id].status.code for id in ("easy", "hard")] == ["achieved", "behind"]
    assert made.by_id["conversions"].status.capped_by == ("cpa",)


def test_the_outlook_tells_the_rate_that_is_needed(tmp_path: Path) -> None:
    made = card(tmp_path, objective("year", "revenue_total", "reach", 0, 60000, ", cumulative: true"))
    result = made.by_id["year"]
    assert result.outlook is not None
    assert len(result.outlook.periods) == 2
    assert result.outlook.required == pytest.approx((60000 - result.actual) / 2)
    assert result.outlook.current == pytest.approx(result.actual / 10)
    assert result.outlook.landing_lower < result.outlook.landing < result.outlook.landing_upper
    assert 0 <= result.outlook.probability <= 1


def test_what_came_in_an_unfinished_period_is_not_counted_twice(tmp_path: Path) -> None:
    text = objective("year", "revenue_total", "reach", 0, 60000, ", cumulative: true")
    whole = card(tmp_path, text, as_of=date(2026, 9, 30)).by_id["year"]
    later = card(tmp_path, text, as_of=date(2026, 10, 25)).by_id["year"]
    assert later.actual > whole.actual
    assert whole.outlook is not None
    assert later.outlook is not None
    assert later.outlook.landing == pytest.approx(whole.outlook.landing)
    assert later.outlook.required == pytest.approx(whole.outlook.required)


def test_a_ratio_since_the_start_lands_at_the_ratio_of_the_landed_sums(tmp_path: Path) -> None:
    result = card(tmp_path, objective("roi", "roi", "reach", 0, 3, ", cumulative: true")).by_id["roi"]
    monthly: list[list[float]] = [
        [
            sum(float(row[column]) for row in rows() if row[0].startswith(f"2026-{month:02d}"))
            for month in range(1, MONTHS + 1)
        ]
        for column in (4, 2)
    ]
    revenue, spend = (sum(past) + sum(forecast(past, 2).mean[0]) for past in monthly)
    assert result.outlook is not None
    assert result.outlook.landing == pytest.approx(revenue / spend - 1)
    assert 0 < result.outlook.landing_upper - result.outlook.landing_lower < 0.5
    assert result.outlook.probability < 0.05
    assert math.isnan(result.outlook.required)


def test_stocks_are_not_added_up_since_the_start(tmp_path: Path) -> None:
    more = "  social: {path: f.csv, preset: none, date: day, measures: {followers: followers}}"
    (tmp_path / "f.csv").write_text("day,followers\n2026-09-30,100\n2026-10-31,120\n", encoding="utf-8")
    text = objective("fans", "followers_total", "reach", 0, 200, ", cumulative: true")
    made = scorecard(load(project(tmp_path, text, more)), as_of=date(2026, 10, 31), today=TODAY)
    assert made.by_id["fans"].gap == "not_additive"
    assert made.by_id["fans"].status.code == "no_data"


def test_two_sources_of_a_measure_add_up(tmp_path: Path) -> None:
    more = "  more: {path: m.csv, preset: none, date: day, measures: {revenue: amount}}"
    (tmp_path / "m.csv").write_text("day,amount\n2026-10-05,1000\n", encoding="utf-8")
    text = objective("sales", "revenue_total", "increase", 1000, 9000)
    made = scorecard(load(project(tmp_path, text, more)), as_of=date(2026, 10, 31), today=TODAY)
    assert made.by_id["sales"].actual == pytest.approx(5000 + 900 + 1000)
    assert made.by_id["sales"].sources == ("ads", "more")


OWN_MEDIAN = """
measures:
  wait: {name: {fr: Délai de réponse médian, en: Median response time}, unit: days, aggregate: median, minimum: 0}
kpis:
  answer_time: {name: {fr: Délai de réponse, en: Time to answer}, formula: wait, unit: days, direction: lower,
                example: {wait: 2, result: 2}}
"""


def test_a_median_of_your_own_is_that_of_the_rows_of_each_period_and_unknown_over_two_sources(tmp_path: Path) -> None:
    lines = [
        f"2026-{month:02d}-{day:02d},{day * month}" for month in range(1, 11) for day in (1, 2, 9, 30)[: 3 + month % 2]
    ]
    lines = [line.replace("2026-02-30", "2026-02-28") for line in lines]
    (tmp_path / "t.csv").write_text("day,took\n" + "\n".join(lines) + "\n2026-10-31,\n", encoding="utf-8")
    source = "  tickets: {path: t.csv, preset: none, date: day, measures: {wait: took}}"
    text = objective("answers", "answer_time", "decrease", 50, 20)
    file = project(tmp_path, text, source)
    file.write_text(file.read_text(encoding="utf-8") + OWN_MEDIAN, encoding="utf-8")
    found = scorecard(load(file), as_of=date(2026, 10, 31), today=TODAY).by_id["answers"]
    assert found.series
    assert found.series.values[-2:] == pytest.approx(((2 + 9) / 2 * 9, 2 * 10))
    file = project(tmp_path, text, source + "\n" + source.replace("tickets", "calls"))
    file.write_text(file.read_text(encoding="utf-8") + OWN_MEDIAN, encoding="utf-8")
    assert scorecard(load(file), as_of=date(2026, 10, 31), today=TODAY).by_id["answers"].status.code == "no_data"


def test_a_date_before_the_data_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="2026-01-15"):
        card(tmp_path, objective("cpa", "cpa", "decrease", 30, 25), as_of=date(2025, 1, 1))


def test_every_source_that_cannot_be_read_is_told_with_its_file_and_key(tmp_path: Path) -> None:
    more = "  gone: {path: gone.csv, preset: none, date: day, measures: {sessions: s}}"
    with pytest.raises(SourceError) as caught:
        scorecard(load(project(tmp_path, objective("cpa", "cpa", "decrease", 30, 25), more)), today=TODAY)
    places = [p.place for p in caught.value.problems]
    assert [(p.file, p.line, p.key) for p in places] == [("gone.csv", None, "sources.gone.path")]


def test_the_sample_shows_every_status(tmp_path: Path) -> None:
    sample = write_sample(tmp_path, today=TODAY)
    made = scorecard(load(sample.project), today=TODAY)
    assert {r.objective.id: r.status.shown for r in made.results} == dict(STATUSES)
    assert made.overall is not None
    shown = made.as_json()
    assert {o["id"]: o["status"] for o in shown["objectives"]} == dict(STATUSES)


SHOP = "Name,Email,Financial Status,Total,Refunded Amount,Created at,Lineitem quantity,Currency\n"
SITE = "Jour,Groupe de canaux par défaut de la session,Sessions,Sessions avec engagement,Revenu total (EUR)\n"


@pytest.mark.parametrize(
    ("ga4", "where", "gap", "actual"),
    [
        ("", "", "told_twice", math.nan),
        (", drop: [Revenu total]", "", None, 100.0),
        (", measures: {revenue: Revenu total}", "", None, 195.0),
        ("", ", where: {platform: [shopify]}", None, 100.0),
        ("", ", where: {platform: [ga4]}", None, 95.0),
    ],
)
def test_sales_that_a_shop_books_and_an_analytics_tool_sees_are_never_added_up_unasked(
    ga4: str, where: str, gap: str | None, actual: float, tmp_path: Path
) -> None:
    orders = "".join(f"#{i},a@example.org,paid,50.00,0.00,2026-10-0{i} 10:00:00 +0200,1,EUR\n" for i in (1, 2))
    (tmp_path / "shop.csv").write_text(SHOP + orders, encoding="utf-8")
    (tmp_path / "site.csv").write_text(SITE + "20261001,Direct,10,5,45\n20261031,Direct,10,5,50\n", encoding="utf-8")
    sources = f"  shop: {{path: shop.csv}}\n  site: {{path: site.csv, preset: ga4{ga4}}}\n"
    file = tmp_path / "project.yaml"
    wanted = objective("sales", "revenue_total", "reach", 0, 500, where)
    file.write_text(f"xlkpi: 1\nname: E\ncurrency: EUR\nsources:\n{sources}objectives:\n{wanted}", encoding="utf-8")
    found = scorecard(load(file), today=date(2026, 11, 3))
    assert found.by_id["sales"].gap == gap
    assert found.by_id["sales"].actual == pytest.approx(actual, nan_ok=True)
    problems = checked(str(file), today=date(2026, 11, 3)).problems
    assert [p.code for p in problems] == (["source_told_twice"] if gap else [])
    for language in ("fr", "en"):
        assert all("shop, site" in p.text(language) and "revenue" in p.text(language) for p in problems)


def test_large_parquet_files_are_scanned_and_give_the_same_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    days = [date(2026, 9, 30), date(2026, 10, 1), date(2026, 10, 31)]
    columns = {"day": days, "channel": ["a", "b", "b"], "sales": [5.0, 7.5, 2.5]}
    pq.write_table(pa.table(columns), tmp_path / "large.parquet")
    measures = "{leads: 1, conversions_value: sales}"
    more = f"  large: {{path: large.parquet, date: day, measures: {measures}, dimensions: [channel]}}"
    file = project(tmp_path, objective("leads", "leads_total", "increase", 0, 5, ", cumulative: false"), more)
    held = scorecard(load(file), as_of=date(2026, 10, 31), today=TODAY)
    monkeypatch.setattr("xlkpi.scorecard.opening.SCANNED", 1)
    scanned = scorecard(load(file), as_of=date(2026, 10, 31), today=TODAY)
    assert held.by_id["leads"].actual == scanned.by_id["leads"].actual == 2
    assert scanned.data.reports["large"].rows_read == 3
    assert scanned.data.reports["large"].files[0].sha256 == held.data.reports["large"].files[0].sha256
    assert scanned.data.spans["large"] == (days[0], days[-1])


@pytest.mark.parametrize("more", ["", ", cumulative: true", ", cumulative: true, where: {channel: [search, social]}"])
def test_a_gap_to_the_target_is_explained_of_the_same_figure_that_is_shown(more: str, tmp_path: Path) -> None:
    result = card(tmp_path, objective("cost", "cpa", "decrease", 40, 25, more)).by_id["cost"]
    assert result.series is not None
    by = {breakdown.against: breakdown.variance for breakdown in result.breakdowns}
    assert set(by) == {"previous", "target"}
    assert by["target"].difference == pytest.approx(result.actual - 25)
    effects = by["target"].effects
    assert effects.volume + effects.mix + effects.rate == pytest.approx(result.actual - 25)
    assert by["previous"].difference == pytest.approx(result.series.values[-1] - result.previous)


def test_rows_of_an_export_can_be_selected_before_anything_is_counted(tmp_path: Path) -> None:
    wanted = objective("leads", "cpa", "decrease", 40, 25)
    file = project(tmp_path, wanted)
    text = file.read_text(encoding="utf-8").replace(
        "dimensions: [channel]}", "dimensions: [channel], where: {channel: search}}"
    )
    file.write_text(text, encoding="utf-8")
    result = scorecard(load(file), as_of=date(2026, 10, 31), today=TODAY).by_id["leads"]
    assert result.actual == pytest.approx(1000 / 50)


def test_a_source_of_which_no_row_is_left_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "more.csv").write_text("day,channel,sessions\n2026-09-06,radio,50\n", encoding="utf-8")
    (tmp_path / "head.csv").write_text("day,channel,sessions\n", encoding="utf-8")
    how = "date: day, measures: {sessions: sessions}, dimensions: [channel]"
    more = f"  none: {{path: more.csv, {how}, where: {{channel: tv}}}}\n  head: {{path: head.csv, {how}}}"
    with pytest.raises(SourceError) as caught:
        scorecard(load(project(tmp_path, objective("cpa", "cpa", "decrease", 30, 25), more)), today=TODAY)
    assert [(p.code, p.place.key) for p in caught.value.problems] == [
        ("source_no_dated_rows", "sources.none.where"),
        ("source_no_rows", "sources.head"),
    ]


def test_a_refresh_reads_sources_without_rows_and_takes_nothing_else_for_them(tmp_path: Path) -> None:
    """Spend does not stand for costs because the export of the costs is empty."""
    (tmp_path / "costs.csv").write_text("day,channel,cost\n", encoding="utf-8")
    (tmp_path / "none.csv").write_text("day,channel,sessions\n2026-09-06,radio,50\n", encoding="utf-8")
    (tmp_path / "sums.csv").write_text("day,channel,leads\nTotal,,0\n", encoding="utf-8")
    how = "date: day, dimensions: [channel]"
    more = (
        f"  costs: {{path: costs.csv, {how}, measures: {{cost: cost}}}}\n"
        f"  none: {{path: none.csv, {how}, measures: {{sessions: sessions}}, where: {{channel: tv}}}}\n"
        f"  sums: {{path: sums.csv, {how}, measures: {{leads: leads}}}}"
    )
    given = load(project(tmp_path, objective("cpa", "cpa", "decrease", 30, 25), more))
    data = read_data(given, empty=True)
    assert data.empty == ("costs", "none", "sums")
    result = scorecard(given, data, today=TODAY).by_id["cpa"]
    assert (math.isnan(result.actual), result.status.code) == (True, "no_data")


def test_rows_of_which_none_counts_are_an_error_in_a_refresh_too(tmp_path: Path) -> None:
    (tmp_path / "odd.csv").write_text("day,channel,leads\n2026-09-06,radio,1\n06 or so,tv,3\n", encoding="utf-8")
    more = "  odd: {path: odd.csv, date: channel, measures: {leads: leads}}"
    with pytest.raises(SourceError):
        read_data(load(project(tmp_path, objective("cpa", "cpa", "decrease", 30, 25), more)), empty=True)


@pytest.mark.parametrize(
    ("source", "keys"),
    [
        ("connection: 'duckdb://x.db', table: t, header: 2, rates: {USD: 0.9}", ["header", "rates"]),
        ("connection: 'duckdb://x.db', table: t, preset: google_ads, decimal: ','", ["decimal"]),
        ("path: ads.csv, query: 'SELECT 1'", ["query"]),
    ],
)
def test_a_key_that_a_source_would_pass_over_is_refused(source: str, keys: list[str], tmp_path: Path) -> None:
    more = f"  other: {{{source}, date: day, measures: {{sessions: s}}}}"
    with pytest.raises(SourceError) as caught:
        scorecard(load(project(tmp_path, objective("cpa", "cpa", "decrease", 30, 25), more)), today=TODAY)
    assert [p.place.key for p in caught.value.problems] == [f"sources.other.{key}" for key in keys]
    assert all(p.text("fr") != p.text("en") and p.place.line == 8 for p in caught.value.problems)


def test_a_table_of_a_database_is_read_with_a_preset_and_reported(tmp_path: Path) -> None:
    import sqlite3

    made = sqlite3.connect(tmp_path / "ads.db")
    made.execute("CREATE TABLE campaign_stats (customer_id bigint, date date, cost_micros bigint, clicks bigint, "
                 "impressions bigint, conversions double, device text)")  # fmt: skip
    made.execute("INSERT INTO campaign_stats VALUES (7, '2026-10-06', 2500000, 5, 100, 1, 'MOBILE')")
    made.commit()
    made.close()
    file = project(tmp_path, objective("cpa", "cpa", "decrease", 3, 2), "  db:")
    before, rest = file.read_text(encoding="utf-8").split("  ads:")
    source = "  ads: {connection: 'sqlite://ads.db', table: campaign_stats, preset: auto}"
    file.write_text(before + source + rest.split("  db:")[1], encoding="utf-8")
    card = scorecard(load(file), as_of=date(2026, 10, 31), today=TODAY)
    assert card.by_id["cpa"].actual == pytest.approx(2.5)
    about = card.data.reports["ads"].files[0]
    assert (about.preset, about.rows_kept) == ("google_ads", 1)
    assert "micros" in {m.note for m in about.mapped}


def test_a_database_that_fails_is_told_once_at_its_line_of_the_project(tmp_path: Path) -> None:
    more = "  base: {connection: 'duckdb://x.db', table: t, date: day, measures: {sessions: s}}"
    with pytest.raises(SourceError) as caught:
        scorecard(load(project(tmp_path, objective("cpa", "cpa", "decrease", 30, 25), more)), today=TODAY)
    places = [p.place for p in caught.value.problems]
    assert [(Path(p.file or "").name, p.line, p.key) for p in places] == [("project.yaml", 8, "sources.base")]


@pytest.mark.parametrize("more", ["", ", cumulative: true"])
def test_a_channel_that_spends_without_a_sale_is_part_of_every_explanation(more: str, tmp_path: Path) -> None:
    (tmp_path / "more.csv").write_text(
        "day,channel,spend\n2026-09-06,radio,50\n2026-10-06,radio,500\n", encoding="utf-8"
    )
    other = "  more: {path: more.csv, date: day, measures: {spend: spend}, dimensions: [channel]}"
    wanted = objective("cost", "cpa", "decrease", 40, 25, more)
    result = scorecard(load(project(tmp_path, wanted, other)), as_of=date(2026, 10, 31), today=TODAY).by_id["cost"]
    assert result.series is not None
    by = {breakdown.against: breakdown for breakdown in result.breakdowns}
    assert by["target"].variance.difference == pytest.approx(result.actual - 25)
    assert by["previous"].variance.difference == pytest.approx(result.series.values[-1] - result.previous)
    radio = by["previous"].variance.segments[by["previous"].labels.index("radio")]
    assert radio.mix + radio.rate > 0
