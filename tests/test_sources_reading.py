"""What the columns mean: mapping, several files, money, orders, personal data, and the report of it all."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from xlkpi.errors import DefinitionError, SourceError
from xlkpi.language import languages, texts
from xlkpi.sources import Reading, Source, read, read_arrow
from xlkpi.sources.personal import kind_of
from xlkpi.sources.preset import DIMENSIONS, SPECIAL, load, measures, presets

FOLDER = Path(__file__).parent / "fixtures" / "exports"
HEAD = "Day,Campaign,Impr.,Clicks,Cost\n"


def made(path: Path, content: str) -> Path:
    path.write_text(content, encoding="utf-8")
    return path


def reading(path: Path | str | tuple[str, ...], currency: Any = None, **keys: object) -> Reading:
    path = path if isinstance(path, tuple) else str(path)
    return read(Source(path=path, **keys), currency=currency, salt=b"test")  # type: ignore[arg-type]


def refused(path: Path | str, currency: str | None = None, **keys: object) -> tuple[str, dict[str, object]]:
    with pytest.raises(SourceError) as caught:
        reading(path, currency, **keys)
    (problem,) = caught.value.problems
    assert len({problem.text(language) for language in languages()}) == len(languages())
    return problem.code.removeprefix("source_"), problem.values


def total(found: Reading, measure: str) -> float:
    return float(pc.sum(found.table[measure]).as_py() or 0)


# presets


def test_a_presets_columns_are_known_measures_and_dimensions() -> None:
    for name, preset in presets().items():
        for key, export in preset.exports.items():
            unknown = {*export.columns, *export.wide} - {*DIMENSIONS, *SPECIAL, *measures()}
            assert not unknown, (name, key)
            assert set(export.name) >= set(languages()), (name, key)


def test_the_platform_is_recognised_and_the_report_says_by_what() -> None:
    about = reading(FOLDER / "linkedin_en.csv").report.files[0]
    assert about.recognised_by == ("Start Date (in UTC)", "Total Spent")
    assert (about.known_columns, about.columns) == (12, 12)


def test_an_unknown_export_asks_for_its_columns(tmp_path: Path) -> None:
    assert refused(made(tmp_path / "x.csv", "jour,chiffre\n2026-03-01,3\n"))[0] == "preset_none"


def test_a_preset_that_does_not_fit_names_the_columns_it_misses() -> None:
    code, values = refused(FOLDER / "google_ads_fr.csv", preset="stripe")
    assert (code, values["preset"]) == ("preset_differs", "Stripe")


def test_an_unknown_preset_proposes_the_nearest() -> None:
    assert refused(FOLDER / "google_ads_fr.csv", preset="google_add") == (
        "preset_unknown_nearest",
        {"name": "google_add", "nearest": "google_ads", "known": ", ".join(presets())},
    )


def test_ones_own_columns_are_read_without_a_preset(tmp_path: Path) -> None:
    path = made(tmp_path / "x.csv", "Jour;Magasin;CA\n13/03/2026;Lyon;1 200,50 €\n14/03/2026;Nantes;800,00 €\n")
    found = reading(path, date="Jour", measures={"revenue": "CA", "orders": 1}, dimensions={"region": "Magasin"})
    assert found.table.to_pylist()[0] == {
        "date": date(2026, 3, 13), "date_end": date(2026, 3, 13), "region": "Lyon", "currency": "EUR",
        "revenue": 1200.5, "orders": 1.0,
    }  # fmt: skip
    code, values = refused(path, date="Jour", measures={"revenue": "CAA"})
    assert (code, values["nearest"]) == ("column_unknown_nearest", "CA")


def test_what_the_source_says_goes_before_the_preset() -> None:
    found = reading(FOLDER / "meta_ads_fr.csv", preset="meta_ads", measures={"conversions": "Clics sur un lien"})
    assert total(found, "conversions") == 138


def test_a_rate_is_not_added_up_but_turned_back_with_its_weight() -> None:
    about = reading(FOLDER / "ga4_en.csv").report.files[0]
    assert {m.target: m.note for m in about.mapped}["engaged_sessions"] == "rate"
    assert {i.column: i.reason for i in reading(FOLDER / "google_ads_fr.csv").report.files[0].ignored} == {
        "CTR": "ratio", "CPC moyen": "ratio",
    }  # fmt: skip


def test_a_mean_without_its_weight_is_left_out(tmp_path: Path) -> None:
    path = made(tmp_path / "x.csv", "Jour,Position\n2026-03-01,3.5\n2026-03-02,4.5\n")
    source = {"date": "Jour", "measures": {"position": "Position", "orders": 1}}
    assert [(i.column, i.reason) for i in reading(path, **source).report.files[0].ignored] == [
        ("Position", "no_weight")
    ]


def test_a_rate_that_may_be_a_percentage_or_not_is_left_out(tmp_path: Path) -> None:
    path = made(tmp_path / "x.csv", "Date,Sessions,Engagement rate\n20260301,200,65\n20260302,100,60\n")
    about = reading(path, preset="ga4").report.files[0]
    assert [(i.column, i.reason) for i in about.ignored] == [("Engagement rate", "rate_unclear")]


def test_a_column_that_stands_twice_counts_once_or_is_refused(tmp_path: Path) -> None:
    same = made(
        tmp_path / "same.csv",
        "Day,Campaign,Impr.,Clicks,Cost,Cost\n2026-03-01,A,10,1,1.50,1.50\n2026-03-02,A,10,1,1.00,1.00\n",
    )
    assert total(reading(same), "spend") == 2.5
    other = made(tmp_path / "other.csv", same.read_text().replace("1.50,1.50", "1.50,1.60"))
    assert refused(other) == ("column_twice", {"column": "Cost", "first": 5, "second": 6, "other": "Cost"})


def test_an_open_number_format_names_the_column_and_both_readings(tmp_path: Path) -> None:
    path = made(tmp_path / "x.csv", 'Day,Campaign,Impr.,Clicks,Cost\n2026-03-01,A,"1,204",1,"1,204"\n')
    code, values = refused(path)
    assert (code, values["column"], values["large"], values["small"]) == ("numbers_open", "Cost", "1204", 1.204)
    found = reading(path, decimal={"Cost": "."})
    assert (total(found, "spend"), total(found, "impressions")) == (1204, 1204)


# days, weeks, months


def test_a_row_of_several_days_is_not_a_daily_row() -> None:
    found = reading(FOLDER / "meta_ads_en.csv")
    assert set(found.table["date"].to_pylist()) == {date(2026, 3, 1)}
    assert set(found.table["date_end"].to_pylist()) == {date(2026, 3, 31)}
    assert found.report.files[0].spans == 2


def test_the_lines_above_a_table_tell_the_period_where_no_column_does() -> None:
    found = reading(FOLDER / "ga4_fr.csv")
    assert set(found.table["date"].to_pylist()) == {date(2026, 3, 1)}
    assert set(found.table["date_end"].to_pylist()) == {date(2026, 3, 31)}


def test_without_any_date_the_period_has_to_be_told() -> None:
    assert refused(FOLDER / "search_console_requetes.csv")[0] == "no_date"
    found = reading(FOLDER / "search_console_requetes.csv", covers="2026-03-01/2026-03-31")
    assert total(found, "search_clicks") == 50
    assert refused(FOLDER / "search_console_requetes.csv", covers="mars/avril")[0] == "covers"


@pytest.mark.parametrize(
    ("header", "end"), [("Day", date(2026, 3, 2)), ("Week", date(2026, 3, 8)), ("Mois", date(2026, 3, 31))]
)
def test_a_column_of_weeks_or_months_covers_their_days(tmp_path: Path, header: str, end: date) -> None:
    path = made(tmp_path / "x.csv", f"{header},Campaign,Impr.,Clicks,Cost\n2026-03-02,A,10,1,1.50\n")
    assert reading(path).table["date_end"].to_pylist() == [end]


# several files


def test_files_of_following_days_are_one_table(tmp_path: Path) -> None:
    made(tmp_path / "a.csv", HEAD + "2026-03-01,A,10,1,1.00\n")
    made(tmp_path / "b.csv", "Jour;Campagne;Impr.;Clics;Coût\n2026-03-02;A;10;1;2,50\n")
    found = reading(tmp_path)
    assert total(found, "spend") == 3.5
    assert (found.report.first, found.report.last) == (date(2026, 3, 1), date(2026, 3, 2))


def test_days_that_two_exports_share_count_once(tmp_path: Path) -> None:
    made(tmp_path / "a.csv", HEAD + "2026-03-01,A,10,1,1.00\n2026-03-02,A,10,1,2.00\n")
    made(tmp_path / "b.csv", HEAD + "2026-03-02,A,10,1,2.00\n2026-03-03,A,10,1,4.00\n")
    found = reading(tmp_path)
    assert total(found, "spend") == 7
    assert [[(a.reason, a.count) for a in f.aside] for f in found.report.files] == [[], [("overlap", 1)]]


@pytest.mark.parametrize(("overlap", "spend"), [("first", 7), ("last", 10), ("add", 12)])
def test_days_with_other_numbers_need_a_decision(tmp_path: Path, overlap: str, spend: float) -> None:
    made(tmp_path / "a.csv", HEAD + "2026-03-01,A,10,1,1.00\n2026-03-02,A,10,1,2.00\n")
    made(tmp_path / "b.csv", HEAD + "2026-03-02,A,10,1,5.00\n2026-03-03,A,10,1,4.00\n")
    code, values = refused(tmp_path)
    assert (code, values["count"], values["day"]) == ("overlap", 1, "2026-03-02")
    assert total(reading(tmp_path, overlap=overlap), "spend") == spend


def test_a_months_summary_beside_its_days_is_refused(tmp_path: Path) -> None:
    made(tmp_path / "a.csv", HEAD + "2026-03-01,A,10,1,1.00\n")
    made(tmp_path / "b.csv", HEAD.replace("Day", "Month") + "2026-03-01,A,10,1,9.00\n")
    assert refused(tmp_path)[0] == "overlap_spans"


def test_files_with_other_columns_are_refused(tmp_path: Path) -> None:
    made(tmp_path / "a.csv", HEAD + "2026-03-01,A,10,1,1.00\n")
    made(tmp_path / "b.csv", "Day,Campaign,Impr.,Cost,Conversions\n2026-03-02,A,10,1.00,2\n")
    code, values = refused(tmp_path)
    assert (code, values["lacking"], values["added"]) == ("files_differ", "clicks", "conversions")


def test_exports_of_two_platforms_in_one_source_are_refused() -> None:
    paths = tuple(str(FOLDER / name) for name in ("google_ads_fr.csv", "tiktok_en.csv"))
    with pytest.raises(SourceError) as caught:
        reading(paths)
    assert caught.value.problems[0].code == "source_exports_differ"


def test_of_an_archive_that_tells_one_total_by_many_dimensions_the_dates_are_read(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "site.zip", "w") as archive:
        archive.write(FOLDER / "search_console_dates.csv", "Dates.csv")
        archive.write(FOLDER / "search_console_requetes.csv", "Requêtes.csv")
        archive.writestr("Filtres.csv", "Filtre,Valeur\nType de recherche,Web\n")
        archive.writestr("Appareils.csv", "Appareils\n")
    for preset in ("auto", "search_console"):
        found = reading(tmp_path / "site.zip", preset=preset)
        assert total(found, "search_clicks") == 50
        assert [(f.file, f.skipped) for f in found.report.files] == [
            ("site.zip/Dates.csv", False),
            ("site.zip/Requêtes.csv", True),
            ("site.zip/Filtres.csv", True),
            ("site.zip/Appareils.csv", True),
        ]
    queries = reading(tmp_path / "site.zip", member="req*.csv", covers="2026-03-01/2026-03-02")
    assert total(queries, "search_clicks") == 50
    assert refused(tmp_path / "site.zip", member="Pages.csv")[0] == "no_member"


def test_a_repeated_row_of_a_platforms_report_counts_once(tmp_path: Path) -> None:
    path = made(tmp_path / "x.csv", HEAD + "2026-03-01,A,10,1,1.00\n" * 2)
    assert total(reading(path), "spend") == 1
    assert total(reading(path, duplicates="keep"), "spend") == 2
    assert refused(path, duplicates="error") == ("duplicates", {"count": 1, "row": 3})


def test_like_rows_of_ones_own_data_are_kept_and_told(tmp_path: Path) -> None:
    path = made(tmp_path / "x.csv", "jour,total\n2026-03-01,5\n2026-03-01,5\n")
    found = reading(path, date="jour", measures={"revenue": "total"})
    assert (total(found, "revenue"), found.report.files[0].repeated) == (10, 1)


# money


@pytest.mark.parametrize("rates", [{}, {"GBP": 1.2}])
def test_several_currencies_are_refused_without_their_rates(tmp_path: Path, rates: dict[str, float]) -> None:
    path = made(
        tmp_path / "x.csv", "Day,Campaign,Currency code,Impr.,Cost\n2026-03-01,A,EUR,1,10\n2026-03-01,B,USD,1,20\n"
    )
    code, values = refused(path, currency="EUR", rates=rates)
    assert (code, values["currencies"], values["lacking"]) == ("currencies", "EUR, USD", "USD")


def test_amounts_are_converted_at_the_rates_given(tmp_path: Path) -> None:
    path = made(
        tmp_path / "x.csv", "Day,Campaign,Currency code,Impr.,Cost\n2026-03-01,A,EUR,1,10\n2026-03-01,B,USD,1,20\n"
    )
    found = reading(path, currency="EUR", rates={"USD": 0.9, "GBP": 1.2})
    assert found.table["spend"].to_pylist() == [10, 18]
    assert found.table["currency"].to_pylist() == ["EUR", "EUR"]
    assert found.report.converted == {"USD": 0.9}


def test_another_currency_than_the_projects_is_refused() -> None:
    assert refused(FOLDER / "meta_ads_en.csv", currency="EUR")[0] == "currencies"


def test_two_currencies_in_the_cells_or_headers_are_refused(tmp_path: Path) -> None:
    cells = made(tmp_path / "a.csv", 'Day,Campaign,Impr.,Cost\n2026-03-01,A,1,"1,50 €"\n2026-03-02,A,1,"2,50 $"\n')
    assert refused(cells)[0] == "currencies_in_column"
    heads = made(tmp_path / "b.csv", "Day,Campaign,Impr.,Cost (EUR),Conv. value (USD)\n2026-03-01,A,1,1.5,2\n")
    assert refused(heads)[0] == "currencies_in_file"


def test_a_dollar_sign_is_the_projects_dollar(tmp_path: Path) -> None:
    path = made(tmp_path / "x.csv", "Day,Campaign,Impr.,Cost\n2026-03-01,A,1,$1.50\n2026-03-02,A,1,$2.50\n")
    assert reading(path).table["currency"].to_pylist() == ["USD", "USD"]
    assert reading(path, currency="CAD").table["currency"].to_pylist() == ["CAD", "CAD"]
    assert refused(path, currency="EUR")[0] == "currencies"


def test_a_currency_column_that_contradicts_the_header_is_refused(tmp_path: Path) -> None:
    path = made(tmp_path / "x.csv", "Day,Campaign,Currency code,Impr.,Cost (EUR)\n2026-03-01,A,USD,1,1.5\n")
    assert refused(path)[0] == "currencies_in_file"


def test_yen_have_no_minor_unit() -> None:
    table = pa.table({
        "id": ["a", "b"], "amount": [4600, 4600], "amount_refunded": [0, 600], "balance_transaction_id": ["t", "u"],
        "captured": [True, True], "created": [date(2026, 3, 1)] * 2, "currency": ["jpy", "eur"],
        "status": ["succeeded"] * 2,
    })  # fmt: skip
    found = read_arrow(table, Source(rates={"JPY": 0.5}), currency="EUR")
    assert found.table["revenue"].to_pylist() == [2300, 40]


# orders and people


def test_an_order_on_several_lines_counts_once_and_in_one_file_only(tmp_path: Path) -> None:
    text = (FOLDER / "shopify_en.csv").read_text(encoding="utf-8")
    for name in ("a.csv", "b.csv"):
        made(tmp_path / name, text)
    found = reading(tmp_path)
    assert (total(found, "orders"), total(found, "revenue"), total(found, "items_sold")) == (3, 95, 8)


def test_an_order_refunded_in_a_later_export_needs_a_decision(tmp_path: Path) -> None:
    text = (FOLDER / "shopify_en.csv").read_text(encoding="utf-8")
    made(tmp_path / "a.csv", text)
    made(tmp_path / "b.csv", text.replace(",,0.00,504,", ",,20.00,504,"))
    assert refused(tmp_path)[0] == "overlap"
    assert total(reading(tmp_path, overlap="last"), "revenue") == 75
    assert total(reading(tmp_path, overlap="first"), "revenue") == 95


def test_a_person_who_opens_again_in_a_later_file_is_one_unique_open_on_the_first_day(tmp_path: Path) -> None:
    head = "action,campaign_id,member_id,list_id,timestamp\n"
    made(tmp_path / "a.csv", head + "open,c,m1,l,2026-03-01 10:00:00\nopen,c,m2,l,2026-03-01 11:00:00\n")
    made(tmp_path / "b.csv", head + "open,c,m1,l,2026-03-09 10:00:00\nopen,c,m3,l,2026-03-09 11:00:00\n")
    for names in (("a.csv", "b.csv"), ("b.csv", "a.csv")):
        found = reading(tuple(str(tmp_path / name) for name in names))
        assert (total(found, "opens"), total(found, "total_opens")) == (3, 4)
        by_day = found.table.group_by("date").aggregate([("opens", "sum")]).sort_by("date")
        assert by_day["opens_sum"].to_pylist() == [2, 1]


def test_a_unique_open_counts_on_its_first_day_also_where_the_last_one_stands_first(tmp_path: Path) -> None:
    head = "action,campaign_id,member_id,list_id,timestamp\n"
    rows = "open,c,m1,l,2026-03-09 10:00:00\nopen,c,m1,l,2026-03-02 10:00:00\nopen,c,,l,2026-03-02 11:00:00\n"
    found = reading(made(tmp_path / "a.csv", head + rows))
    by_day = found.table.group_by("date").aggregate([("opens", "sum"), ("total_opens", "sum")]).sort_by("date")
    assert (by_day["opens_sum"].to_pylist(), by_day["total_opens_sum"].to_pylist()) == ([2, None], [2, 1])


def test_a_channel_has_one_spelling_in_every_source_and_language(tmp_path: Path) -> None:
    head = "Jour,Groupe de canaux par défaut de la session,Sessions,Sessions avec engagement\n"
    words = ("Paid Search", "Recherche payante", "E-mail", "Canal maison", "")
    rows = "".join(f"20260301,{word},1,1\n" for word in words)
    found = reading(made(tmp_path / "ga4.csv", head + rows))
    assert found.table["channel"].to_pylist() == ["paid_search", "paid_search", "email", "Canal maison", None]
    ours = {preset.channel for preset in presets().values() if preset.channel}
    assert ours <= set(presets()["ga4"].exports["screen"].column("channel").words)


def test_people_are_dropped_or_hashed_and_nowhere_else() -> None:
    found = reading(FOLDER / "shopify_en.csv")
    done = {p.column: p.done for p in found.report.files[0].personal}
    assert done == {
        "Email": "hashed", "Billing Name": "dropped", "Billing Street": "dropped", "Billing Phone": "dropped",
        "Notes": "dropped",
    }  # fmt: skip
    everything = (
        found.report.text("fr")
        + json.dumps(found.report.as_json())
        + str(found.report.set_aside())
        + str(found.table.to_pylist())
    )
    assert not [word for word in ("alix", "sacha", "Durand", "Petit", "0601", "rue du") if word in everything]


def test_a_customer_has_one_hash_that_depends_on_the_salt() -> None:
    customers = reading(FOLDER / "shopify_en.csv").table["customer"].to_pylist()
    assert customers[0] == customers[1] == customers[3] != customers[2]
    other = read(Source(path=str(FOLDER / "shopify_en.csv")), salt=b"other").table["customer"].to_pylist()
    assert not set(customers) & set(other)
    unsalted = read(Source(path=str(FOLDER / "shopify_en.csv")))
    assert unsalted.report.random_salt
    assert not set(customers) & set(unsalted.table["customer"].to_pylist())


@pytest.mark.parametrize(
    ("header", "values", "kind"),
    [
        ("E-mail", ["x"], "email"), ("colonne", ["a@b.fr", "c@d.org", ""], "email"), ("Téléphone", ["1"], "phone"),
        ("x", ["06 01 02 03 04", "+33 6 01 02 03 04"], "phone"), ("Prénom", ["x"], "name"), ("Nom", ["x"], "name"),
        ("Billing Address1", ["x"], "address"), ("client_ip", ["x"], "network"),
        ("Nom de la campagne", ["x"], None), ("Campaign name", ["x"], None), ("Email sent", ["12"], None),
        ("Clics", ["12", "0612345678901"], None),
        ("Account name", ["x"], None), ("Propriétaire de la transaction", ["x"], "name"), ("Deal owner", ["x"], "name"),
        ("montant", ["1234567890", "1200"], None),
    ],
)  # fmt: skip
def test_a_personal_column_is_known_by_its_name_or_its_values(header: str, values: list[str], kind: str | None) -> None:
    assert kind_of(header, pa.array(values)) == kind


def test_personal_columns_can_be_kept_dropped_or_hashed_by_name(tmp_path: Path) -> None:
    path = made(tmp_path / "x.csv", "jour,total,courriel,vendeur\n2026-03-01,5,a@b.fr,Lou\n2026-03-02,6,c@d.fr,Sam\n")
    source = {"date": "jour", "measures": {"revenue": "total"}, "dimensions": ("courriel", "vendeur")}
    assert reading(path, **source, keep=("courriel",)).table["courriel"].to_pylist() == ["a@b.fr", "c@d.fr"]
    assert reading(path, **source, drop=("vendeur",)).table.column_names == [
        "date",
        "date_end",
        "courriel",
        "currency",
        "revenue",
    ]
    hashed = reading(path, **source, hash=("vendeur",)).table
    assert not set(hashed["vendeur"].to_pylist()) & {"Lou", "Sam"}
    assert not set(hashed["courriel"].to_pylist()) & {"a@b.fr"}


# texts and totals


def test_a_formula_in_a_campaigns_name_stays_text_and_is_told() -> None:
    found = reading(FOLDER / "google_ads_en.csv")
    assert '=HYPERLINK("http://example.invalid","Generic")' in found.table["campaign"].to_pylist()
    assert found.report.files[0].formulas == 1


def test_a_campaign_named_like_a_total_stays() -> None:
    assert "Total Care" in reading(FOLDER / "google_ads_en.csv").table["campaign"].to_pylist()


def test_a_row_without_dimensions_that_is_no_sum_stays(tmp_path: Path) -> None:
    path = made(tmp_path / "x.csv", HEAD + "2026-03-01,A,10,1,1.00\n2026-03-01,B,20,2,3.00\n2026-03-01,,5,1,0.50\n")
    assert total(reading(path), "spend") == 4.5
    subtotal = made(tmp_path / "y.csv", path.read_text().replace(",,5,1,0.50", ",,30,3,4.00"))
    assert total(reading(subtotal), "spend") == 4


def test_the_report_reads_in_every_language_and_as_json() -> None:
    for path in FOLDER.glob("*.csv"):
        report = (
            reading(path, covers="2026-03-01/2026-03-31").report if "requetes" in path.name else reading(path).report
        )
        told = {report.text(language) for language in languages()}
        assert len(told) == len(languages())
        assert json.loads(json.dumps(report.as_json()))["rows_kept"] == report.rows_kept


def test_french_sentences_have_french_spaces() -> None:
    ours = {
        k: v for k, v in texts("fr").items() if k.startswith(("sources.", "problem.source_")) and isinstance(v, str)
    }
    assert ours
    for key, sentence in ours.items():
        for mark in (" ;", " !", " ?", " %", "« ", " »"):
            assert mark not in sentence, (key, sentence)
        assert " : " not in sentence, (key, sentence)


# the house


def test_reading_sources_imports_nothing_heavy_before_a_file_is_read() -> None:
    heavy = ("pyarrow", "fastexcel", "pandas", "ibis", "duckdb", "pydantic")
    code = f"import sys, xlkpi.sources; print(*[m for m in {heavy} if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == ""


def test_a_missing_library_is_told_with_what_to_install() -> None:
    code = """
import sys
sys.modules["pyarrow"] = None
from xlkpi.errors import SourceError
from xlkpi.sources import Source, read
try:
    read(Source(path="x.csv"))
except SourceError as error:
    print(error.text("en"))
"""
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "pip install xlkpi[sources]" in told


def test_a_source_is_made_from_the_project_files_entry() -> None:
    entry = {
        "path": "x.csv",
        "measures": ["revenue"],
        "dimensions": ["channel"],
        "keep": "Email",
        "label": "boutique",
        "rates": None,
    }
    assert Source.of(entry) == Source(
        path="x.csv", measures={"revenue": "revenue"}, dimensions=("channel",), keep=("Email",)
    )  # fmt: skip


def test_a_preset_with_a_mistake_is_told_at_its_line(tmp_path: Path) -> None:
    path = made(
        tmp_path / "x.yaml",
        "name: X\nexports:\n  screen:\n    recognise: [[A]]\n    columns:\n      spend: {names: [B], scale: centi}\n",
    )
    with pytest.raises(DefinitionError) as caught:
        load(path)
    assert [(p.code, p.place.line) for p in caught.value.problems] == [("value_not_listed", 6)]


def test_every_refusal_has_its_sentences_in_every_language() -> None:
    folder = Path(sys.modules["xlkpi.sources"].__file__ or "").parent
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in folder.glob("*.py")]
    calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
    codes = {
        str(call.args[0].value)
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id == "fail" and isinstance(call.args[0], ast.Constant)
    }
    assert len(codes) > 40
    for language in languages():
        assert not [code for code in codes if f"problem.source_{code}.fix" not in texts(language)]


def test_a_column_that_a_preset_knows_is_never_told_as_unknown(tmp_path: Path) -> None:
    head = (
        "Jour;Début des rapports;Fin des rapports;Nom de la campagne;Montant dépensé (EUR);Taux d'engagement;Humeur\n"
    )
    found = reading(made(tmp_path / "meta.csv", head + "2026-03-13;2026-03-01;2026-03-31;A;1,50;2;3\n"))
    ignored = {i.column: i.reason for i in found.report.files[0].ignored}
    assert ignored == {
        "Début des rapports": "other_column",
        "Fin des rapports": "other_column",
        "Taux d'engagement": "ratio",
        "Humeur": "unknown",
    }


def test_a_payment_that_was_authorised_and_never_captured_is_no_revenue(tmp_path: Path) -> None:
    head = "id,Seller Message,Created (UTC),Amount,Amount Refunded,Currency,Status,Captured\n"
    rows = "".join(f"ch_{i},ok,2026-03-0{i} 10:00:00,10.00,0.00,eur,Paid,{c}\n" for i, c in ((1, "TRUE"), (2, "FALSE")))
    found = reading(made(tmp_path / "stripe.csv", head + rows))
    assert (total(found, "revenue"), total(found, "orders")) == (10, 1)
    assert [(a.reason, a.count, a.column) for a in found.report.files[0].aside] == [("status", 1, "Captured")]


def test_a_share_in_a_column_of_amounts_or_counts_is_refused(tmp_path: Path) -> None:
    for row in ("2026-03-01,A,10,1,62.5%\n", "2026-03-01,A,10,3%,1.50\n"):
        assert refused(made(tmp_path / "a.csv", HEAD + row), preset="google_ads")[0] == "numbers_unreadable"


def test_a_piece_of_a_web_page_is_refused_as_one(tmp_path: Path) -> None:
    page = "<div>Session expirée, veuillez vous reconnecter</div>\n<p>a, b, c</p>\n"
    assert refused(made(tmp_path / "a.csv", page))[0] == "html"
