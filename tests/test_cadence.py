"""The calendar of periods and reviews."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlkpi.cadence import CODES, Cadence

cadences = st.builds(Cadence, st.sampled_from(CODES), st.integers(1, 12))
days = st.dates(date(2, 1, 1), date(9990, 1, 1))


@pytest.mark.parametrize(
    ("code", "month", "day", "expected"),
    [
        ("daily", 1, date(2026, 2, 28), date(2026, 3, 1)),
        ("weekly", 1, date(2026, 1, 1), date(2026, 1, 5)),  # Thursday of ISO week 1
        ("weekly", 1, date(2026, 1, 5), date(2026, 1, 12)),
        ("weekly", 1, date(2024, 12, 30), date(2025, 1, 6)),  # already ISO week 1 of 2025
        ("monthly", 1, date(2024, 2, 29), date(2024, 3, 1)),
        ("monthly", 1, date(2026, 12, 31), date(2027, 1, 1)),
        ("quarterly", 1, date(2026, 2, 15), date(2026, 4, 1)),
        ("quarterly", 2, date(2026, 2, 15), date(2026, 5, 1)),
        ("quarterly", 2, date(2026, 1, 31), date(2026, 2, 1)),
        ("yearly", 1, date(2026, 7, 1), date(2027, 1, 1)),
        ("yearly", 7, date(2026, 6, 30), date(2026, 7, 1)),
        ("yearly", 7, date(2026, 7, 1), date(2027, 7, 1)),
    ],
)
def test_the_next_review_is_the_day_after_the_period_ends(code, month, day, expected):
    assert Cadence(code, month).next_review(day) == expected


@given(cadences, days)
def test_a_day_lies_in_its_period_and_the_next_period_begins_after_it(cadence, day):
    assert cadence.start_of(day) <= day <= cadence.end_of(day) < cadence.next_review(day)
    assert cadence.start_of(cadence.next_review(day)) == cadence.next_review(day)
    assert cadence.start_of(cadence.end_of(day)) == cadence.start_of(day)
    assert cadence.next_review(cadence.previous_start(day)) == cadence.start_of(day)
    whole = cadence.first_whole(day)
    assert cadence.start_of(whole) == whole >= day
    assert whole == day or cadence.start_of(whole - timedelta(days=1)) == cadence.start_of(day) < day


@given(cadences, days, st.integers(0, 1500))
def test_reviews_count_the_periods_that_are_touched(cadence, day, length):
    due = day + timedelta(days=length)
    assert cadence.reviews(day, due) == len(list(cadence.starts(day, due)))


@given(st.dates())
def test_weeks_are_iso_weeks(day):
    start = Cadence("weekly").start_of(day)
    assert start.isocalendar()[:2] == day.isocalendar()[:2]
    assert start.weekday() == 0


def test_a_due_date_before_the_start_has_no_review():
    assert Cadence("weekly").reviews(date(2026, 5, 1), date(2026, 4, 1)) == 0


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("day", [date.min, date.max])
def test_the_ends_of_the_calendar_are_no_accident(code, day):
    cadence = Cadence(code, 7)
    assert cadence.start_of(day) <= day <= cadence.end_of(day)
    assert list(cadence.starts(day, day))
    assert cadence.previous_start(day) <= day


def test_an_unknown_cadence_or_month_is_refused():
    with pytest.raises(ValueError, match="daily, weekly"):
        Cadence("hourly")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="month"):
        Cadence("yearly", 13)


def test_a_finer_cadence_has_a_lower_rank_and_more_periods():
    ranks = [Cadence(code).rank for code in CODES]
    years = [Cadence(code).per_year for code in CODES]
    assert ranks == sorted(ranks)
    assert years == sorted(years, reverse=True)


def test_a_period_is_complete_on_its_last_day():
    monthly = Cadence("monthly")
    assert monthly.complete_until(date(2026, 4, 30)) == date(2026, 4, 30)
    assert monthly.complete_until(date(2026, 4, 29)) == date(2026, 3, 31)
    assert Cadence("yearly").complete_until(date.min) is None
