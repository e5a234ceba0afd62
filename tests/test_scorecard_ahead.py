"""Rows that are dated after today: they are told, and move the scorecard nowhere."""

from __future__ import annotations

import csv
import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.small_shop import Shop
from xlkpi import cli_build, cli_check
from xlkpi.language import use
from xlkpi.objectives import load
from xlkpi.scorecard import read_data, scorecard
from xlkpi.scorecard.model import Scorecard
from xlkpi.workbook.refresh import Options, refresh_workbook
from xlkpi.workbook.told import source_words

TODAY = date(2026, 4, 2)
#: The last day of the shop's data.
LAST = date(2026, 3, 15)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    made = Shop(tmp_path)
    made.write()
    return made


def add(shop: Shop, *days: str) -> Shop:
    with (shop.folder / "ventes.csv").open("a", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([day, "web", 1000, 100, 20] for day in days)
    return shop


def card_of(shop: Shop, as_of: date | None = None, today: date = TODAY) -> Scorecard:
    return scorecard(load(shop.project), as_of=as_of, today=today)


def test_a_row_after_today_moves_the_scorecard_nowhere(shop: Shop) -> None:
    before = card_of(shop)
    after = card_of(add(shop, "2031-01-05"))
    assert (before.as_of, after.as_of) == (LAST, LAST)
    assert [(r.actual, r.status.code, r.trust) for r in after.results] == [
        (r.actual, r.status.code, r.trust) for r in before.results
    ]


def test_rows_after_today_are_told_with_their_days(shop: Shop) -> None:
    assert dict(card_of(shop).data.ahead) == {}
    ahead = card_of(add(shop, "2031-01-05", "2026-04-03", "2026-04-02")).data.ahead
    assert {name: rows.as_json() for name, rows in ahead.items()} == {
        "ventes": {"rows": 2, "first": "2026-04-03", "last": "2031-01-05"}
    }
    assert ahead["ventes"].text("ventes", "en").replace("\u00a0", " ") == (
        "ventes: 2 rows are dated after today (3 April 2026 to 5 January 2031) and do not count yet; if that is a "
        "mistake, correct the date"
    )
    assert "1 ligne est datée d’après aujourd’hui (5 janvier 2031) et ne compte pas" in (
        card_of(shop, today=date(2026, 4, 3)).data.ahead["ventes"].text("ventes", "fr").replace("\u00a0", " ")
    )


def test_the_day_is_today_where_there_are_data_of_it(shop: Shop) -> None:
    assert card_of(add(shop, "2026-04-02", "2026-04-03")).as_of == TODAY


def test_a_day_after_today_that_somebody_asks_for_is_that_day(shop: Shop) -> None:
    made = card_of(add(shop, "2026-05-20", "2031-01-05"), date(2026, 5, 31))
    assert (made.as_of, made.data.last) == (date(2026, 5, 31), date(2026, 5, 20))
    assert made.data.ahead["ventes"].rows == 1


def test_a_month_that_has_begun_counts_to_its_end(shop: Shop) -> None:
    source = shop.folder / "ventes.csv"
    rows = [["mois", "canal", "ca", "depense", "commandes"]]
    rows += [[f"2026-{month:02d}", "web", "1000", "100", "20"] for month in range(1, 7)]
    with source.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    shop.project.write_text(shop.project.read_text(encoding="utf-8").replace("date: jour", "date: mois"), "utf-8")
    made = card_of(shop)
    assert (made.as_of, made.data.ahead["ventes"].rows) == (date(2026, 4, 30), 2)


def test_data_that_all_lie_ahead_are_those_that_there_are(shop: Shop) -> None:
    made = card_of(shop, today=date(2025, 1, 1))
    assert (made.as_of, dict(made.data.ahead)) == (LAST, {})


def test_a_day_before_is_computed_with_the_same_data(shop: Shop) -> None:
    made = card_of(add(shop, "2031-01-05"))
    then = scorecard(made.project, made.data, as_of=date(2026, 2, 28), today=TODAY)
    assert (then.data.last, set(then.data.ahead)) == (LAST, {"ventes"})


def test_check_build_and_refresh_tell_of_them(shop: Shop) -> None:
    shop.build()
    later = date.today() + timedelta(days=400)
    add(shop, later.isoformat())
    told = {"ventes": {"rows": 1, "first": later.isoformat(), "last": later.isoformat()}}
    with use("en"):
        done = refresh_workbook(shop.workbook, Options(backups=0))
        checked = cli_check.checked(str(shop.project))
        built = cli_build.build(str(shop.project), str(shop.folder / "new.xlsx"), None, "en", None)
        texts = [*source_words(done.differences), cli_check.check_as_text(checked, "en"), cli_build.as_text(built)]
    assert [done.as_json()["ahead"], cli_check.check_as_json(checked)["ahead"]] == [told, told]
    assert json.loads(json.dumps(cli_build.as_json(built)))["ahead"] == told
    assert sum("1 row is dated after today" in text for text in texts) == 3
    assert (done.differences.as_of, done.added, built.as_of) == ((LAST, LAST), {}, LAST)


def test_all_of_a_source_that_is_planned_leaves_the_day_to_the_others(shop: Shop) -> None:
    plan = shop.folder / "plan.csv"
    plan.write_text("jour,abonnes\n2027-01-31,500\n2027-02-28,600\n", encoding="utf-8")
    text = shop.project.read_text(encoding="utf-8")
    more = "sources:\n  plan: {path: plan.csv, date: jour, measures: {followers: abonnes}}\n"
    shop.project.write_text(text.replace("sources:\n", more, 1), encoding="utf-8")
    made = scorecard(load(shop.project), read_data(load(shop.project)), today=TODAY)
    assert (made.as_of, made.data.ahead["plan"].rows, made.data.empty) == (LAST, 2, ())
