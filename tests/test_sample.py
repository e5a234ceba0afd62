"""The sample data: the same bytes for the same day, messy as platforms are, true to their totals and their story."""

from __future__ import annotations

import csv
import io
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from xlkpi.objectives import load
from xlkpi.sample import STATUSES, Sample, write_sample
from xlkpi.smart import check
from xlkpi.status import Facts, status

#: In summer, at the turn of the year, after Black Friday, on a month's first and last Sunday, in a leap year.
DAYS = [
    date(2026, 7, 3),
    date(2027, 1, 4),
    date(2026, 12, 2),
    date(2026, 8, 3),
    date(2027, 3, 1),
    date(2028, 2, 29),
]
Rows = list[dict[str, str]]
READ: dict[tuple[Path, str], Rows] = {}


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    return write_sample(tmp_path_factory.mktemp("sample"), today=DAYS[0])


@pytest.fixture(scope="module", params=DAYS, ids=str)
def any_day(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Sample:
    return write_sample(tmp_path_factory.mktemp("any"), seed=request.param.day, today=request.param)


def content(sample: Sample, source: str, member: str | None = None) -> bytes:
    path = sample.files[source]
    if path.suffix != ".zip":
        return path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        return archive.read(member or archive.namelist()[0])


def records(text: str, delimiter: str, skip: int = 0) -> Rows:
    return list(csv.DictReader(io.StringIO(text.split("\n", skip)[skip]), delimiter=delimiter))


def number(cell: str) -> float:
    return float(re.sub(r"[\s\u00a0]", "", cell).replace(",", "."))


def rows_of(sample: Sample, source: str) -> Rows:
    """The rows of an export as a plain reader takes them, without its lines of totals and other tables."""
    known = (sample.project, source)
    if known not in READ:
        READ[known] = _read(sample, source)
    return READ[known]


def _read(sample: Sample, source: str) -> Rows:
    data = content(sample, source, "Graphique.csv" if source == "search_console" else None)
    if source == "google_ads":
        rows = records(data.decode("utf-16"), "\t", skip=2)
        return [row for row in rows if not row["Jour"].startswith("Total")]
    if source == "meta_ads":
        return [row for row in records(data.decode("utf-8-sig"), ";") if row["Jour"]]
    if source == "ga4":
        text = data.decode()
        rows = records(text[text.index("Date,") :], ",")
        days = [row for row in rows if re.fullmatch(r"\d{8}", row["Date"])]
        return [{**row, "Date": str(date.fromisoformat(row["Date"]))} for row in days]
    if source == "social_networks":
        return records(data.decode("cp1252"), ";", skip=2)
    return records(data.decode(), ",")


def orders(sample: Sample) -> Rows:
    """The first lines of the orders that were paid."""
    return [row for row in rows_of(sample, "shopify") if row["Financial Status"] not in ("", "voided")]


def day_of(row: dict[str, str]) -> date:
    """The day of a row of any of the exports."""
    word = next(row[name] for name in ("Created at", "Jour", "Date d'envoi", "Date", "Relevé le") if name in row)
    if "/" in word:
        return date(*map(int, reversed(word.split("/"))))
    return date.fromisoformat(word[:10])


def total(rows: Rows, column: str, first: date = date.min, last: date = date.max) -> float:
    return sum(number(row[column]) for row in rows if first <= day_of(row) <= last and row[column] not in ("", "--"))


# --- reproducible, small, quick


def test_the_same_day_and_seed_give_the_same_bytes_in_another_process(sample: Sample, tmp_path: Path) -> None:
    code = (
        "from datetime import date; from xlkpi.sample import write_sample;"
        f"write_sample({str(tmp_path)!r}, today=date.fromisoformat('{DAYS[0]}'))"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"boutique.yaml", *(path.name for path in sample.files.values())}
    assert all((tmp_path / name).read_bytes() == (sample.project.parent / name).read_bytes() for name in names)


def test_another_seed_gives_other_figures(sample: Sample, tmp_path: Path) -> None:
    other = write_sample(tmp_path, seed=1, today=DAYS[0])
    assert all(other.totals[source] != sample.totals[source] for source in ("shopify", "ga4", "google_ads", "meta_ads"))


def test_everything_stays_under_300_kilobytes(any_day: Sample) -> None:
    assert sum(path.stat().st_size for path in any_day.project.parent.iterdir()) < 300_000


@pytest.mark.parametrize("weekday", range(7))
def test_the_data_end_with_the_last_whole_week_before_the_day(weekday: int, tmp_path: Path) -> None:
    made = write_sample(tmp_path, today=date(2026, 6, 29) + timedelta(days=weekday))
    assert made.last == date(2026, 6, 28)
    assert made.first == date(2024, 6, 1)


def test_a_language_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="fr or en"):
        write_sample(tmp_path / "new", language="de")
    assert not (tmp_path / "new").exists()


# --- the totals, counted again from the files


COUNTED: dict[str, dict[str, str]] = {
    "google_ads": {
        "impressions": "Impr.", "clicks": "Clics", "spend": "Coût", "conversions": "Conversions",
        "conversions_value": "Valeur de conv.",
    },
    "meta_ads": {
        "impressions": "Impressions", "clicks": "Clics (tous)", "link_clicks": "Clics sur un lien",
        "spend": "Montant dépensé (EUR)", "conversions": "Achats",
        "conversions_value": "Valeur de conversion des achats",
    },
    "ga4": {"sessions": "Sessions", "engaged_sessions": "Sessions avec engagement"},
    "search_console": {"search_clicks": "Clics", "search_impressions": "Impressions"},
    "klaviyo": {
        "sent": "Nombre total de destinataires", "delivered": "Livraisons réussies", "bounces": "Rebonds",
        "opens": "Ouvertures uniques", "total_opens": "Ouvertures totales", "email_clicks": "Clics uniques",
        "unsubscribes": "Désabonnements", "spam_complaints": "Plaintes pour spam",
        "conversions": "Commandes attribuées", "conversions_value": "Revenu attribué",
    },
    "social_networks": {"likes": "J'aime", "comments": "Commentaires", "shares": "Partages"},
}  # fmt: skip


@pytest.mark.parametrize("source", COUNTED)
def test_the_totals_are_those_of_the_rows(source: str, any_day: Sample) -> None:
    rows = rows_of(any_day, source)
    counted = {measure: total(rows, column) for measure, column in COUNTED[source].items()}
    rest = {"position", "followers"}
    assert counted == pytest.approx({m: v for m, v in any_day.totals[source].items() if m not in rest})


def test_the_totals_of_the_shop_count_each_paid_order_once_and_take_refunds_off(any_day: Sample) -> None:
    paid = orders(any_day)
    names = {row["Name"] for row in paid}
    lines = [row for row in rows_of(any_day, "shopify") if row["Name"] in names]
    assert len(names) == len(paid)
    assert any_day.totals["shopify"] == pytest.approx({
        "orders": len(paid),
        "revenue": total(paid, "Total") - total(paid, "Refunded Amount"),
        "refunds": total(paid, "Refunded Amount"),
        "discounts": total(paid, "Discount Amount"),
        "items_sold": total(lines, "Lineitem quantity"),
    })  # fmt: skip


def test_position_is_weighted_and_followers_are_a_stock(any_day: Sample) -> None:
    rows = rows_of(any_day, "search_console")
    weighed = sum(number(row["Position"]) * number(row["Impressions"]) for row in rows)
    assert any_day.totals["search_console"]["position"] == pytest.approx(weighed / total(rows, "Impressions"))
    assert any_day.totals["social_networks"]["followers"] == total(
        rows_of(any_day, "social_networks"), "Abonnés", any_day.last
    )


# --- as messy as the platforms are


def test_google_ads_is_utf_16_with_lines_above_missing_values_and_totals_below(sample: Sample) -> None:
    lines = content(sample, "google_ads").decode("utf-16").splitlines()
    assert content(sample, "google_ads").startswith(b"\xff\xfe")
    assert lines[0] == "Rapport sur les campagnes"
    assert lines[1] == "1 juin 2024 - 28 juin 2026"
    assert lines[2].split("\t")[0] == "Jour"
    assert [line.split("\t")[0] for line in lines[-2:]] == ["Total : campagnes", "Total : compte"]
    assert "--" in lines[-1]
    assert re.search(r"\d\u00a0\d{3}", lines[-1])
    assert re.search(r"\d,\d\d\u00a0%", lines[3])


def test_meta_ads_has_its_currency_in_a_header_decimal_commas_and_a_first_line_of_totals(
    sample: Sample,
) -> None:
    first, *rest = records(content(sample, "meta_ads").decode("utf-8-sig"), ";")
    assert content(sample, "meta_ads").startswith(b"\xef\xbb\xbf")
    assert first["Jour"] == ""
    assert first["Nom de la campagne"] == "Résultats de 3 campagnes"
    assert number(first["Montant dépensé (EUR)"]) == pytest.approx(sample.totals["meta_ads"]["spend"])
    assert all(re.fullmatch(r"[\d\u00a0]+,\d\d", row["Montant dépensé (EUR)"]) for row in rest)
    assert any(row["Achats"] == "" for row in rest)
    assert len({row["Jour"] for row in rest}) == (sample.last - sample.first).days + 1


def test_ga4_has_comments_a_grand_total_and_a_second_table(sample: Sample) -> None:
    lines = content(sample, "ga4").decode().splitlines()
    header = next(i for i, line in enumerate(lines) if line.startswith("Date,"))
    assert all(line.startswith("#") for line in lines[:header])
    assert f"# Date de fin : {sample.last:%Y%m%d}" in lines[:header]
    assert lines[header + 1].endswith(",Grand total")
    assert lines[-4] == ""
    assert lines[-3] == "Pays,Sessions"


def test_one_week_is_missing_from_ga4_and_only_there(any_day: Sample) -> None:
    days = sorted({date.fromisoformat(row["Date"]) for row in rows_of(any_day, "ga4")})
    gaps = [(a, b) for a, b in pairwise(days) if (b - a).days > 1]
    assert [(b - a).days for a, b in gaps] == [8]
    assert gaps[0][1].weekday() == 0
    start = load(any_day.project).by_id["site_conversion"].start
    assert start is not None
    assert gaps[0][1] <= start
    assert {day_of(row) for row in orders(any_day)} >= {gaps[0][0] + timedelta(days=n) for n in range(1, 8)}


def test_search_console_is_an_archive_with_french_names_and_rates_as_text(sample: Sample) -> None:
    with zipfile.ZipFile(sample.files["search_console"]) as archive:
        assert {
            "Requêtes.csv",
            "Pages.csv",
            "Pays.csv",
            "Appareils.csv",
            "Graphique.csv",
            "Filtres.csv",
        } == set(archive.namelist())
    assert all(re.fullmatch(r"\d+\.\d\d%", row["CTR"]) for row in rows_of(sample, "search_console"))


def test_the_shop_has_orders_of_several_lines_refunds_and_people_who_do_not_exist(sample: Sample) -> None:
    rows = rows_of(sample, "shopify")
    later = [row for row in rows if not row["Financial Status"]]
    assert len(later) > 500
    assert {row["Total"] + row["Paid at"] + row["Billing Name"] for row in later} == {""}
    assert {"paid", "refunded", "partially_refunded", "voided"} <= {row["Financial Status"] for row in rows}
    assert all(row["Email"].endswith("@example.com") for row in rows)
    assert any("\n" in row["Notes"] for row in rows)
    assert any('"' in row["Lineitem name"] for row in rows)
    assert {row["Created at"][-5:] for row in rows} == {"+0100", "+0200"}


def test_the_teams_own_table_is_windows_1252_with_spaces_in_thousands(sample: Sample) -> None:
    with pytest.raises(UnicodeDecodeError):
        content(sample, "social_networks").decode()
    rows = rows_of(sample, "social_networks")
    assert any("\u00a0" in row["Abonnés"] for row in rows)
    assert {row["Réseau"] for row in rows} == {"Instagram", "Pinterest"}
    assert {day_of(row).weekday() for row in rows} == {6}


# --- believable


def test_the_year_has_its_seasons(sample: Sample) -> None:
    paid = orders(sample)

    def per_day(first: date, last: date) -> float:
        return sum(first <= day_of(row) <= last for row in paid) / ((last - first).days + 1)

    usual = per_day(date(2025, 9, 15), date(2025, 10, 31))
    assert per_day(date(2025, 11, 28), date(2025, 12, 1)) > 1.5 * usual
    assert per_day(date(2025, 8, 1), date(2025, 8, 31)) < 0.85 * usual


def test_paid_social_grows_while_its_sales_become_dearer_and_one_search_campaign_falls(
    any_day: Sample,
) -> None:
    year = timedelta(days=365)
    ads = rows_of(any_day, "meta_ads")
    search = [row for row in rows_of(any_day, "google_ads") if "Générique" in row["Campagne"]]

    def over(rows: Rows, column: str, last: date) -> float:
        return total(rows, column, last - timedelta(days=89), last)

    now, before = any_day.last, any_day.last - year
    spent = over(ads, "Montant dépensé (EUR)", now), over(ads, "Montant dépensé (EUR)", before)
    bought = over(ads, "Achats", now), over(ads, "Achats", before)
    assert spent[0] > 1.15 * spent[1]
    assert spent[0] / bought[0] > 1.15 * spent[1] / bought[1]
    assert over(search, "Coût", now) < 0.4 * over(search, "Coût", before)


def test_the_sources_agree_with_each_other_within_reason(any_day: Sample) -> None:
    totals = any_day.totals
    attributed = sum(totals[source]["conversions"] for source in ("google_ads", "meta_ads", "klaviyo"))
    assert 0.3 < attributed / totals["shopify"]["orders"] < 0.7
    assert 0.05 < (totals["google_ads"]["spend"] + totals["meta_ads"]["spend"]) / totals["shopify"]["revenue"] < 0.2
    paid = sum(number(row["Sessions"]) for row in rows_of(any_day, "ga4") if "Paid Search" in row.values())
    assert 0.75 < paid / totals["google_ads"]["clicks"] < 0.95


# --- the project file over them


def figures(sample: Sample, id_: str, first: date, last: date) -> float | None:
    """The value of an objective's KPI between two days, counted from the files."""

    def count(rows: Rows, column: str) -> float:
        return total(rows, column, first, last)

    ads, social = rows_of(sample, "google_ads"), rows_of(sample, "meta_ads")
    paid = [row for row in orders(sample) if first <= day_of(row) <= last]
    revenue = count(paid, "Total") - count(paid, "Refunded Amount")
    spent = count(ads, "Coût") + count(social, "Montant dépensé (EUR)")
    mail = rows_of(sample, "klaviyo")
    values: dict[str, Callable[[], float]] = {
        "revenue_year": lambda: revenue,
        "roi_paid": lambda: (
            (count(ads, "Valeur de conv.") + count(social, "Valeur de conversion des achats") - spent) / spent
        ),
        "cpa_social": lambda: count(social, "Montant dépensé (EUR)") / count(social, "Achats"),
        "site_conversion": lambda: len(paid) / count(rows_of(sample, "ga4"), "Sessions"),
        "seo_clicks": lambda: count(rows_of(sample, "search_console"), "Clics"),
        "basket": lambda: revenue / len(paid),
        "followers": lambda: total(rows_of(sample, "social_networks"), "Abonnés", sample.last),
        "unsubscribes": lambda: count(mail, "Désabonnements") / count(mail, "Livraisons réussies"),
        "email_clicks": lambda: count(mail, "Clics uniques") / count(mail, "Livraisons réussies"),
    }
    return values[id_]() if id_ in values else None


@pytest.mark.parametrize("reading", ["last whole month", "last 28 days", "since the start"])
def test_the_objectives_have_the_statuses_that_are_promised(reading: str, any_day: Sample) -> None:
    project = load(any_day.project)
    last = any_day.last
    begun = (
        last.replace(day=1)
        if (last + timedelta(days=1)).day == 1
        else (last.replace(day=1) - timedelta(days=1)).replace(day=1)
    )
    ended = (begun + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    found = {}
    for objective in project.objectives:
        start = objective.start or last
        first, until = {
            "last whole month": (begun, ended),
            "last 28 days": (last - timedelta(days=27), last),
            "since the start": (min(start, begun), last),
        }[reading]
        first, until = (start, last) if objective.cumulative else (first, until)
        facts = Facts(
            objective.kind, figures(any_day, objective.id, first, until), objective.baseline, objective.target,
            start=objective.start, due=objective.due, as_of=last, cumulative=bool(objective.cumulative),
        )  # fmt: skip
        found[objective.id] = status(facts).code
    assert found == any_day.statuses


def test_all_statuses_are_shown() -> None:
    every = {"no_data", "not_started", "on_track", "at_risk", "behind", "overdue", "achieved"}
    assert set(STATUSES.values()) == every


def test_the_baselines_are_those_of_the_year_before(any_day: Sample) -> None:
    project = load(any_day.project)
    start = project.by_id["roi_paid"].start
    assert start is not None
    first, last = start - timedelta(days=300), start - timedelta(days=120)  # before the week without visits
    for id_ in ("roi_paid", "cpa_social", "site_conversion"):
        assert figures(any_day, id_, first, last) == pytest.approx(project.by_id[id_].baseline, rel=0.06)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_objectives_are_smart_but_for_the_one_left_vague(language: str, tmp_path: Path) -> None:
    made = write_sample(tmp_path, today=DAYS[0], language=language)
    project = load(made.project)
    report = check(project, today=made.last)
    scores = {found.id: found.score for found in report.objectives}
    assert scores.pop("brand_awareness") < 50
    assert min(score for score in scores.values() if score is not None) >= 90
    assert len(scores) == 9
    assert [finding.code for finding in report.collection if finding.verdict in ("fail", "warning")] == []
    assert project.language == language


def test_texts_are_in_both_languages_and_not_left_the_same(sample: Sample) -> None:
    for objective in load(sample.project).objectives:
        tasks = [action.task for action in objective.actions]
        texts = [
            objective.title,
            objective.specific,
            objective.relevant,
            objective.decision,
            objective.attainable.why,
            *tasks,
        ]
        for text in filter(None, texts):
            assert set(text) == {"fr", "en"}
            assert text["fr"] != text["en"]


def test_french_texts_have_french_typography(sample: Sample) -> None:
    for objective in load(sample.project).objectives:
        words = " ".join(
            part["fr"] for part in (objective.title, objective.specific, objective.relevant, objective.decision) if part
        )
        assert not re.search(r"[\w ][;!?%»]|[\w ]€|[\w ]:|« |'|\d \d{3}", words), words


def test_guards_do_not_run_in_circles_and_names_are_used_once(sample: Sample) -> None:
    project = load(sample.project)
    assert not set(project.by_id) & set(project.catalogue)
    for objective in project.objectives:
        seen: set[str] = set()
        waiting = list(objective.guards)
        while waiting:
            guard = waiting.pop()
            assert guard != objective.id
            if guard in project.by_id and guard not in seen:
                seen.add(guard)
                waiting += project.by_id[guard].guards


def test_the_first_page_is_not_crowded_and_has_both_levels(sample: Sample) -> None:
    objectives = load(sample.project).objectives
    assert sum(objective.primary for objective in objectives) == 7
    assert {objective.level for objective in objectives if objective.primary} == {"strategic", "operational"}
    assert [objective.priority for objective in objectives] == list(range(1, 11))


# --- read by the presets


def test_every_export_is_read_to_its_totals_with_nothing_silently_lost(any_day: Sample) -> None:
    pc = pytest.importorskip("pyarrow.compute")
    from xlkpi.sources import Source, read

    set_aside = {}
    for name, entry in load(any_day.project).sources.items():
        reading = read(Source.of(entry), any_day.project.parent, currency="EUR", salt=b"test")
        stocks = {"position", "followers"}
        expected = {m: v for m, v in any_day.totals[name].items() if m not in stocks}
        assert {m: pc.sum(reading.table[m]).as_py() for m in expected} == pytest.approx(expected), name
        set_aside[name] = sorted(found.reason for file in reading.report.files for found in file.aside)
    assert set_aside == {
        "google_ads": ["total"], "meta_ads": ["total"], "ga4": ["columns", "second_table"], "search_console": [],
        "klaviyo": [], "shopify": ["status"], "social_networks": [],
    }  # fmt: skip
