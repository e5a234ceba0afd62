"""Workbooks whose sources have no rows for one refresh: once they have, nothing is left of it but what people wrote."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from openpyxl.comments import Comment

from tests.checks import recalc, sdk
from tests.test_workbook_refresh import edited, table
from tests.test_workbook_upgrade import OLDER
from xlkpi import cli_upgrade
from xlkpi.cli_refresh import as_text
from xlkpi.errors import InputError
from xlkpi.objectives import Project, load
from xlkpi.scorecard import Scorecard, read_data, scorecard
from xlkpi.workbook import state
from xlkpi.workbook.build import build_workbook
from xlkpi.workbook.existing import read_existing
from xlkpi.workbook.package import Package
from xlkpi.workbook.pages import PEOPLE
from xlkpi.workbook.people_rows import read_people
from xlkpi.workbook.refresh import Options, refresh_workbook
from xlkpi.workbook.report import Refreshed
from xlkpi.workbook.state import State
from xlkpi.workbook.upgrade import upgrade_workbook

#: Long after the data: a day of today would be another month, with reviews of its own.
TODAY = date(2026, 11, 27)
TWO = """  ads: {path: data/ads.csv, date: day, measures: {cost: cost, revenue: revenue}, dimensions: [channel]}
  web: {path: data/web.csv, date: day, measures: {clicks: clicks, impressions: impressions}, dimensions: [channel]}
"""
REVIEWS, ALERTS = "xlkpi_reviews", "xlkpi_alerts"
Rows = dict[str, list[dict[str, Any]]]


def compute(project: Project) -> Scorecard:
    return scorecard(project, read_data(project, empty=True), today=TODAY)


def refresh(path: Path, **options: Any) -> Refreshed:
    if "as_of" in options:
        day = options["as_of"]
        return refresh_workbook(path, Options(backups=0, **options), lambda p: replace_day(p, day))
    return refresh_workbook(path, Options(backups=0, **options), compute)


def replace_day(project: Project, day: date) -> Scorecard:
    return scorecard(project, read_data(project, empty=True), as_of=day, today=TODAY)


def remembered(path: Path) -> tuple[State, Rows]:
    """What a workbook knows, and the rows of people's tables with something in them, to the digits that matter."""
    with Package(path) as package:
        existing = read_existing(package)
        found = read_people(package, existing.state.columns, list(PEOPLE), existing.strings, existing)
    rows: Rows = {}
    for name, part in found.items():
        filled = [row for row in part.rows if any(value is not None for value in row.values())]
        rows[name] = [{c: float(f"{v:.9g}") if isinstance(v, float) else v for c, v in row.items()} for row in filled]
    return existing.state, rows


def typed(path: Path, name: str, place: int, cells: dict[str, Any]) -> None:
    """Type into cells of a row of a table, which is told by its place."""
    headers = remembered(path)[0].columns[name]

    def write(book: Any) -> None:
        sheet, found = table(book, name)
        above, *rows = sheet[found.ref]
        places = {cell.value: at for at, cell in enumerate(above)}
        for code, value in cells.items():
            rows[place][places[headers[code]]].value = value

    edited(path, write)


def place_of(path: Path, name: str, **wanted: Any) -> int:
    """The place of the first row with these values in some columns."""
    rows = remembered(path)[1][name]  # no blank one stands before
    return next(at for at, row in enumerate(rows) if all(row[code] == value for code, value in wanted.items()))


class Shop:
    """A project with two sources and its workbook."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.workbook = folder, folder / "scorecard.xlsx"
        self._kept: dict[str, str] = {}

    def file(self, name: str) -> Path:
        return self.folder / "data" / f"{name}.csv"

    def build(self) -> None:
        build_workbook(compute(load(self.folder / "project.yaml")), self.workbook, language="en")

    def empty(self, *names: str) -> None:
        for name in names:
            text = self.file(name).read_text(encoding="utf-8")
            self._kept[name] = text
            self.file(name).write_text(text.splitlines()[0] + "\n", encoding="utf-8")

    def back(self) -> None:
        for name, text in self._kept.items():
            self.file(name).write_text(text, encoding="utf-8")
        self._kept.clear()

    def keep(self, name: str, wanted: Callable[[str], bool]) -> None:
        """Leave only some of the days of a source."""
        header, *lines = self.file(name).read_text(encoding="utf-8").splitlines()
        lines = [line for line in lines if wanted(line.partition(",")[0])]
        self.file(name).write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")

    def goes_on(self) -> None:
        """Give both sources figures of another month."""
        for name in ("ads", "web"):
            text = self.file(name).read_text(encoding="utf-8")
            last = [line for line in text.splitlines() if line.startswith("2026-03-29")]
            more = [line.replace("2026-03-29", f"2026-04-{day:02}") for day in (5, 19, 30) for line in last]
            self.file(name).write_text(text + "\n".join(more) + "\n", encoding="utf-8")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home") / "shop"
    shutil.copytree(OLDER, folder)
    project = folder / "project.yaml"
    head, _, tail = project.read_text(encoding="utf-8").partition("  ads:")
    project.write_text(head + TWO + tail.partition("\n")[2], encoding="utf-8")
    both = [line.split(",") for line in (folder / "data" / "ads.csv").read_text(encoding="utf-8").splitlines()]
    for name, columns in (("ads", (0, 1, 2, 3)), ("web", (0, 1, 4, 5))):
        lines = [",".join(row[c] for c in columns) for row in both]
        (folder / "data" / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    Shop(folder).build()
    return folder


@pytest.fixture
def shops(home: Path, tmp_path: Path) -> Iterator[Callable[[], Shop]]:
    def made() -> Shop:
        folder = tmp_path / f"shop{len(list(tmp_path.iterdir()))}"
        shutil.copytree(home, folder)
        return Shop(folder)

    return iter([made])


@pytest.fixture
def shop(shops: Iterator[Callable[[], Shop]]) -> Shop:
    return next(shops)()


@pytest.mark.parametrize("more", [False, True], ids=["the same data", "another month"])
@pytest.mark.parametrize("names", [("ads", "web"), ("ads",), ("web",)], ids="+".join)
def test_a_workbook_that_was_empty_is_like_one_that_never_was(home: Path, tmp_path: Path, names: Sequence[str],
                                                              more: bool) -> None:  # fmt: skip
    found = []
    for is_emptied in (True, False):
        shop = Shop(tmp_path / str(is_emptied))
        shutil.copytree(home, shop.folder)
        if is_emptied:
            shop.empty(*names)
        for _ in range(2):
            refresh(shop.workbook)
        shop.back()
        if more:
            shop.goes_on()
        for _ in range(3):
            refresh(shop.workbook)
        found.append(remembered(shop.workbook))
        assert sdk.faults(shop.workbook) == []
        assert recalc.differences(shop.workbook, ("ironcalc",)) == []
    (emptied, rows), (never, others) = found
    assert rows == others
    assert sum(map(len, rows.values())) > 3
    assert replace(emptied, alerting=None) == replace(never, alerting=None)
    assert {*map(tuple, emptied.alerting or ())} == {*map(tuple, never.alerting or ())}


def test_while_no_source_has_rows_the_day_stays_and_no_review_is_written(shop: Shop) -> None:
    before = remembered(shop.workbook)
    shop.empty("ads", "web")
    would = refresh(shop.workbook, dry_run=True)
    assert remembered(shop.workbook) == before
    done = refresh(shop.workbook)
    assert done.as_json() | {"dry_run": True} == would.as_json()
    assert done.differences.as_of == (date(2026, 3, 29), date(2026, 3, 29))
    assert done.as_json()["waiting"] == ["roi_paid", "ctr_search"]
    assert "the day of the numbers stays 29\u00a0March 2026" in as_text(done)
    after = remembered(shop.workbook)
    assert after[1][REVIEWS] == before[1][REVIEWS]
    again = refresh(shop.workbook)
    assert again.added == {}
    assert remembered(shop.workbook)[1] == after[1]


def test_a_day_that_is_asked_for_holds_while_nothing_has_rows(shop: Shop) -> None:
    shop.empty("ads", "web")
    assert refresh(shop.workbook, as_of=date(2026, 4, 15)).differences.as_of[1] == date(2026, 4, 15)


def test_a_day_does_not_go_back_while_the_source_with_the_latest_data_is_empty(shop: Shop) -> None:
    shop.keep("web", lambda day: day < "2026-02-01")
    refresh(shop.workbook)
    reviews = remembered(shop.workbook)[1][REVIEWS]
    shop.empty("ads")
    done = refresh(shop.workbook)
    assert done.differences.as_of == (date(2026, 3, 29), date(2026, 3, 29))
    assert done.differences.waiting == ("roi_paid",)
    assert remembered(shop.workbook)[1][REVIEWS] == reviews


def test_what_people_wrote_on_an_alert_of_the_empty_days_stays(shop: Shop) -> None:
    shop.empty("ads", "web")
    refresh(shop.workbook)
    at = place_of(shop.workbook, ALERTS, key="ctr_search")
    typed(shop.workbook, ALERTS, at, {"note": "The export of March failed"})
    shop.back()
    assert refresh(shop.workbook).taken == {}
    refresh(shop.workbook)
    kept = [row for row in remembered(shop.workbook)[1][ALERTS] if row["key"] == "ctr_search"]
    assert [row["note"] for row in kept] == ["The export of March failed"]


def test_an_alert_of_the_empty_days_with_a_comment_stays(shop: Shop) -> None:
    shop.empty("ads", "web")
    refresh(shop.workbook)

    def commented(book: Any) -> None:
        sheet, found = table(book, ALERTS)
        row = next(row for row in sheet[found.ref][1:] if any(cell.value == "ctr_search" for cell in row))
        row[0].comment = Comment("Ask the agency", "Ana")

    edited(shop.workbook, commented)
    shop.back()
    assert refresh(shop.workbook).taken == {}
    assert "ctr_search" in [row["key"] for row in remembered(shop.workbook)[1][ALERTS]]


def late(shop: Shop) -> None:
    """A workbook with a review of a month that one source had not delivered."""
    shop.keep("web", lambda day: day < "2026-02-01")
    shop.build()
    refresh(shop.workbook)


def review_of(shop: Shop, id: str) -> list[dict[str, Any]]:
    return [row for row in remembered(shop.workbook)[1][REVIEWS] if row["key"] == id]


def full(home: Path, shop: Shop) -> None:
    shutil.copytree(home / "data", shop.folder / "data", dirs_exist_ok=True)


def test_a_review_without_a_value_gets_it_once_the_period_has_data(home: Path, shop: Shop) -> None:
    late(shop)
    (row,) = review_of(shop, "ctr_search")
    assert (row["value"], row["status"]) == (None, "No data")
    full(home, shop)
    refresh(shop.workbook)
    (row,) = review_of(shop, "ctr_search")
    (as_built,) = [row for row in remembered(home / "scorecard.xlsx")[1][REVIEWS] if row["key"] == "ctr_search"]
    assert row == as_built


def test_a_review_without_a_value_gets_it_also_when_the_next_one_is_there(home: Path, shop: Shop) -> None:
    late(shop)
    full(home, shop)
    shop.goes_on()
    refresh(shop.workbook)
    first, second = sorted(review_of(shop, "ctr_search"), key=lambda row: row["date"])
    (as_built,) = [row for row in remembered(home / "scorecard.xlsx")[1][REVIEWS] if row["key"] == "ctr_search"]
    told = ("date", "value", "target", "status", "analysis", "next")
    assert [first[code] for code in told] == [as_built[code] for code in told]
    assert second["value"] is not None


def test_what_people_wrote_on_a_review_without_a_value_stays(home: Path, shop: Shop) -> None:
    late(shop)
    at = place_of(shop.workbook, REVIEWS, key="ctr_search")
    typed(shop.workbook, REVIEWS, at, {"analysis": "Google was late", "decision": "Wait"})
    full(home, shop)
    refresh(shop.workbook)
    (row,) = review_of(shop, "ctr_search")
    assert (row["analysis"], row["decision"], row["status"]) == ("Google was late", "Wait", "On track")
    assert row["value"] is not None


@pytest.mark.parametrize("is_written", [False, True])
def test_a_review_of_a_day_that_the_data_do_not_reach_goes_unless_somebody_wrote_in_it(
    shop: Shop, is_written: bool
) -> None:
    refresh(shop.workbook, as_of=date(2026, 6, 30))
    assert len(review_of(shop, "ctr_search")) == 2
    if is_written:
        for id in ("roi_paid", "ctr_search"):
            at = place_of(shop.workbook, REVIEWS, key=id, status="No data")
            typed(shop.workbook, REVIEWS, at, {"decision": "Ask for the figures"})
    done = refresh(shop.workbook)
    assert done.taken.get(REVIEWS, 0) == (0 if is_written else 2)
    assert len(review_of(shop, "ctr_search")) == (2 if is_written else 1)
    for _ in range(2):
        refresh(shop.workbook)
    assert len(review_of(shop, "ctr_search")) == (2 if is_written else 1)


def test_with_due_an_empty_source_changes_nothing_and_the_next_data_come(shop: Shop) -> None:
    before = shop.workbook.read_bytes()
    shop.empty("ads", "web")
    done = refresh(shop.workbook, due=True)
    assert done.due == []
    assert shop.workbook.read_bytes() == before
    assert "no rows in ads, web" in as_text(done)
    shop.back()
    shop.goes_on()
    assert refresh(shop.workbook, due=True).due == ["roi_paid", "ctr_search"]
    assert {row["date"] for row in review_of(shop, "roi_paid")} == {46082.0, 46143.0}


def test_rows_that_people_typed_themselves_are_never_taken_back(shop: Shop) -> None:
    cells = {"key": "ctr_search", "cause": "Data", "since": date(2026, 3, 29)}
    typed(shop.workbook, ALERTS, len(remembered(shop.workbook)[1][ALERTS]), cells)
    shop.empty("ads", "web")
    refresh(shop.workbook)
    shop.back()
    assert refresh(shop.workbook).taken == {}
    assert "ctr_search" in [row["key"] for row in remembered(shop.workbook)[1][ALERTS]]


def older(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """A workbook of an edition before."""
    with monkeypatch.context() as then:
        then.setattr(state, "EDITION", state.EDITION - 1)
        shop.build()


def test_an_upgrade_goes_on_without_rows_and_the_next_one_makes_the_pages_that_lacked_them(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    older(shop, monkeypatch)
    before = remembered(shop.workbook)
    shop.empty("ads", "web")
    done = cli_upgrade.upgrade(str(shop.workbook), project=None, dry_run=False, as_of=None, backups=None, leave=False)
    assert (done.empty, done.later) == (("ads", "web"), ["Budget"])
    assert "Budget" in cli_upgrade.as_text(done).partition("until there are rows again")[2]
    known, rows = remembered(shop.workbook)
    assert known.as_of == before[0].as_of
    assert rows[REVIEWS] == before[1][REVIEWS]
    assert sdk.faults(shop.workbook) == []
    shop.back()
    refresh(shop.workbook)
    again = upgrade_workbook(shop.workbook, Options(), compute)
    assert (again.pages, again.empty, again.later) == (["Budget"], (), [])
    after = remembered(shop.workbook)[1]
    assert after == before[1]


def test_an_upgrade_without_rows_refuses_to_lose_limits_of_a_budget(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    older(shop, monkeypatch)
    typed(shop.workbook, "xlkpi_budget", 0, {"most": 123.0})
    shop.empty("ads", "web")
    before = shop.workbook.read_bytes()
    with pytest.raises(InputError, match="xlkpi_budget"):
        upgrade_workbook(shop.workbook, Options(), compute)
    assert shop.workbook.read_bytes() == before
