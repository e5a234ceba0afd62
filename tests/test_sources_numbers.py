"""Numbers and dates as people write them: read back exactly, or refused with both readings."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlkpi.errors import SourceError
from xlkpi.sources.dates import parse_dates
from xlkpi.sources.numbers import parse_numbers

NARROW, HARD = "\u202f", "\u00a0"
# (decimal mark, group mark) as languages and platforms use them
STYLES = [(",", " "), (",", HARD), (",", NARROW), (",", "."), (".", ","), (".", "'"), (".", ""), (",", "")]
amounts = st.decimals(min_value=-(10**9), max_value=10**9, places=2)


def written(number: Decimal, decimal: str, group: str) -> str:
    return f"{number:,.2f}".replace(",", "\0").replace(".", decimal).replace("\0", group)


def values(texts: list[str], **keys: object) -> list[float | None]:
    parsed = parse_numbers(pa.array(texts), "x", **keys)  # type: ignore[arg-type]  # whatever a test gives
    return list(parsed.values.to_pylist())


def code(call: object, *arguments: object, **keys: object) -> tuple[str, dict[str, object]]:
    with pytest.raises(SourceError) as caught:
        call(*arguments, **keys)  # type: ignore[operator]
    return caught.value.problems[0].code, caught.value.problems[0].values


@given(st.lists(amounts, min_size=1, max_size=30), st.sampled_from(STYLES))
def test_an_amount_with_cents_reads_back_in_every_style(numbers: list[Decimal], style: tuple[str, str]) -> None:
    assert values([written(n, *style) for n in numbers]) == [float(n) for n in numbers]


@given(
    st.lists(amounts, min_size=1),
    st.sampled_from(STYLES),
    st.sampled_from(["{} €", "{}" + HARD + "€", "EUR {}", "€{}", "{}" + NARROW + "EUR"]),
)
def test_a_currency_around_an_amount_changes_nothing(
    numbers: list[Decimal], style: tuple[str, str], around: str
) -> None:
    read = parse_numbers(pa.array([around.format(written(n, *style)) for n in numbers]), "x")
    assert read.values.to_pylist() == [float(n) for n in numbers]
    assert read.currencies == {"EUR"}


@given(st.lists(st.integers(0, 10**12), min_size=1), st.sampled_from(STYLES))
def test_a_count_reads_back_when_it_is_known_to_be_whole(numbers: list[int], style: tuple[str, str]) -> None:
    texts = [f"{n:,}".replace(",", style[1]) for n in numbers]
    assert values(texts, whole=True) == [float(n) for n in numbers]


@given(
    st.lists(st.decimals(min_value=0, max_value=1000, places=1), min_size=1),
    st.sampled_from([",", "."]),
    st.sampled_from(["%", " %", NARROW + "%"]),
)
def test_percentages_become_fractions(numbers: list[Decimal], mark: str, sign: str) -> None:
    texts = [str(n).replace(".", mark) + sign for n in numbers]
    assert values(texts) == [float(n / 100) for n in numbers]


@given(st.lists(st.integers(0, 10**15), min_size=1))
def test_micros_are_divided_to_the_last_digit(numbers: list[int]) -> None:
    assert values([str(n) for n in numbers], power=-6) == [float(Decimal(n) / 10**6) for n in numbers]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("(123)", -123), ("(1 234,50 €)", -1234.5), ("-12", -12), ("−12", -12), ("12-", -12), ("€ -12,50", -12.5),
        ("12k", 12_000), ("1,2 M€", 1_200_000), ("3 Md", 3_000_000_000), ("$1.5K", 1500), ("1e5", 100_000),
        ("1'234.50", 1234.5), ("+3", 3),
        ("1,23,456.70", 123_456.7), ("0,125", 0.125), (",5", 0.5), ("12.", 12), ("1234,567", 1234.567),
        ("-", None), ("--", None), (" -- ", None), ("", None), ("N/A", None), ("–", None), ("NaN", None),
    ],
)  # fmt: skip
def test_a_way_of_writing_is_understood(text: str, value: float | None) -> None:
    assert values([text]) == [value]


@pytest.mark.parametrize("text", ["abc", "12€3", "1 2", "1,2,3", "12 %%x", "--5", "1.2.3.4", "12/03/2026"])
def test_what_is_no_number_is_told_as_unreadable(text: str) -> None:
    read = parse_numbers(pa.array(["1,50", text]), "x")
    assert read.unreadable.to_pylist() == [False, True]
    assert read.values.to_pylist() == [1.5, None]


@pytest.mark.parametrize(
    ("text", "small", "if_large"), [("1,234", 1.234, "."), ("1.234", 1.234, ","), ("12,345 €", 12.345, ".")]
)
def test_a_mark_before_three_digits_alone_is_refused_with_both_readings(text: str, small: float, if_large: str) -> None:
    told, shown = code(parse_numbers, pa.array([text, "7"]), "Coût")
    assert told == "source_numbers_open"
    assert (shown["column"], shown["small"], shown["if_large"]) == ("Coût", small, if_large)


def test_the_key_settles_an_open_column() -> None:
    assert values(["1,234"], decimal=".") == [1234]
    assert values(["1,234"], decimal=",") == [1.234]


def test_one_sure_value_settles_the_whole_column() -> None:
    assert values(["1,234", "0.5"]) == [1234, 0.5]
    assert values(["1,234", "0,5"]) == [1.234, 0.5]


def test_two_styles_in_one_column_are_refused() -> None:
    assert code(parse_numbers, pa.array(["1,234.5", "1.234,5"]), "x")[0] == "source_numbers_mixed"


def test_a_bare_number_among_percentages_is_refused() -> None:
    assert code(parse_numbers, pa.array(["12 %", "0", "15"]), "x") == (
        "source_percent_mixed",
        {"column": "x", "value": "15"},
    )


days = st.dates(min_value=date(1990, 1, 1), max_value=date(2100, 12, 31))
FORMS = [
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%Y%m%d",
    "%Y-%m-%d 23:59:59 +0200",
    "%Y-%m-%dT05:00:00Z",
    "%b %d, %Y",
    "%d %B %Y",
    "%A, %B %d, %Y",
    "%b %d, %Y 08:30 am",
]


def read_days(texts: list[str], **keys: object) -> list[date | None]:
    parsed = parse_dates(pa.array(texts), "Jour", **keys)  # type: ignore[arg-type]  # whatever a test gives
    return list(parsed.first.to_pylist())


@given(st.lists(days, min_size=1, max_size=20), st.sampled_from(FORMS))
def test_a_date_reads_back_in_every_form(dates: list[date], form: str) -> None:
    assert read_days([d.strftime(form) for d in dates]) == dates


@given(st.lists(days, max_size=20), st.sampled_from("/.-"), st.booleans(), st.booleans())
def test_a_day_after_the_twelfth_settles_the_order(dates: list[date], mark: str, day_first: bool, padded: bool) -> None:
    dates = [*dates, date(2026, 3, 25)]
    first, second = ("d", "m") if day_first else ("m", "d")
    number = {"d": lambda d: d.day, "m": lambda d: d.month}
    width = "02" if padded else ""
    texts = [f"{number[first](d):{width}}{mark}{number[second](d):{width}}{mark}{d.year}" for d in dates]
    assert read_days(texts) == dates


def test_dates_that_read_both_ways_are_refused_with_both_readings() -> None:
    told, shown = code(parse_dates, pa.array(["01/02/2026", "03/04/2026"]), "Jour")
    assert told == "source_dates_open"
    assert shown == {"column": "Jour", "value": "01/02/2026", "day_first": "2026-02-01", "month_first": "2026-01-02"}


def test_the_key_settles_open_dates() -> None:
    assert read_days(["01/02/2026"], order="day_first") == [date(2026, 2, 1)]
    assert read_days(["01/02/2026"], order="month_first") == [date(2026, 1, 2)]


def test_dates_in_both_orders_are_refused() -> None:
    assert code(parse_dates, pa.array(["13/02/2026", "02/13/2026"]), "x")[0] == "source_dates_mixed"


@pytest.mark.parametrize(
    "text", ["1er mars 2026", "dimanche 1 mars 2026", "1 mars 2026", "March 1st, 2026", "Sun 1 Mar 2026", "01/03/26"]
)
def test_a_first_of_march_is_understood(text: str) -> None:
    assert read_days([text], order="day_first") == [date(2026, 3, 1)]


@given(st.dates(min_value=date(1991, 1, 1), max_value=date(2099, 12, 31)))
def test_a_month_and_a_week_cover_all_their_days(day: date) -> None:
    iso = day.isocalendar()
    read = parse_dates(pa.array([f"{day:%Y-%m}", f"{iso.year}-W{iso.week:02}"]), "x")
    month, week = zip(read.first.to_pylist(), read.last.to_pylist(), strict=True)
    assert month[0].day == 1
    assert (month[1] + timedelta(days=1)).day == 1
    assert week == (day - timedelta(days=day.weekday()), day + timedelta(days=6 - day.weekday()))


def test_the_year_9999_is_out_of_reach_and_a_31st_of_february_unreadable() -> None:
    read = parse_dates(pa.array(["9999-12-31", "2026-02-31", "2026-02-28", "hier"]), "x")
    assert read.outside.to_pylist() == [True, False, False, False]
    assert read.unreadable.to_pylist() == [False, True, False, True]
    typed = parse_dates(pa.array([date(9999, 12, 31), date(2026, 2, 28)]), "x")
    assert typed.outside.to_pylist() == [True, False]


@pytest.mark.parametrize(
    ("values", "name", "zone", "first", "last"),
    [
        (["46112"], "Date", None, "2026-03-31", "2026-03-31"),
        (["46112,75"], "Date", None, "2026-03-31", "2026-03-31"),
        ([46112.75], "Date", None, "2026-03-31", "2026-03-31"),
        ([1_767_222_000], "created", None, "2025-12-31", "2025-12-31"),
        (["1767222000000"], "created", "Europe/Paris", "2026-01-01", "2026-01-01"),
        (["202602"], "Année Mois", None, "2026-02-01", "2026-02-28"),
        (["202653"], "ISO week of ISO year", None, "2026-12-28", "2027-01-03"),
        (["2026-01-01T23:30:00Z"], "Date", None, "2026-01-01", "2026-01-01"),
        (["2026-01-01T23:30:00Z"], "Date", "Europe/Paris", "2026-01-02", "2026-01-02"),
        (["2026-07-01 22:30:00 UTC"], "Date", "Europe/Paris", "2026-07-02", "2026-07-02"),
        (["2026-01-01 23:30:00"], "Created (UTC)", "Europe/Paris", "2026-01-02", "2026-01-02"),
    ],
)
def test_days_as_numbers_and_moments_of_a_time_zone_are_read(
    values: list[Any], name: str, zone: str | None, first: str, last: str
) -> None:
    found = parse_dates(pa.array(values), name, timezone=zone)
    assert [str(day) for day in (*found.first.to_pylist(), *found.last.to_pylist())] == [first, last]


def test_typed_moments_become_days_of_the_wanted_time_zone() -> None:
    moments = pa.array([datetime(2026, 1, 1, 23, 30)], pa.timestamp("us", "UTC"))
    assert [parse_dates(moments, timezone=zone).first[0].as_py().day for zone in (None, "Europe/Paris")] == [1, 2]


@pytest.mark.parametrize("value", ["2026-01-01", "2026-01-01 23:30:00"])
def test_a_time_zone_for_days_that_do_not_tell_their_own_is_refused(value: str) -> None:
    with pytest.raises(SourceError) as caught:
        parse_dates(pa.array([value]), "Date", timezone="Europe/Paris")
    assert caught.value.problems[0].code == "source_timezone_unknown"
    with pytest.raises(SourceError) as caught:
        parse_dates(pa.array(["2026-01-01T23:30:00Z"]), "Date", timezone="Europe/Nowhere")
    assert caught.value.problems[0].code == "source_timezone"


@pytest.mark.parametrize("value", ["(12,50)", "(12,50 €)", "(12,50) €", "€(12,50)", "-12,50 €", "12,50-", "−12,50"])
def test_a_negative_amount_is_read_however_it_is_written(value: str) -> None:
    assert parse_numbers(pa.array([value])).values.to_pylist() == [-12.5]
