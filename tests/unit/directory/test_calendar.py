"""Opening hours: open or closed at every moment, and the next opening is really the next."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.calendar import DAYS, Calendar, closes_at, next_day, next_opening, opening_at, parse_calendar
from directory.errors import CalendarError

INDIA = ZoneInfo("Asia/Kolkata")
BIHAR = {day: [["09:00", "14:00"]] for day in ("mon", "thu", "sat")}
NIGHTS = {day: [["20:00", "08:00"]] for day in DAYS}


def moment(day: int, hour: int, minute: int = 0) -> datetime:
    """In November 2026, of which the 23rd is a Monday; given in UTC as everything that is stored."""
    return datetime(2026, 11, day, hour, minute, tzinfo=INDIA).astimezone(UTC)


def calendar(hours: dict[str, list[list[str]]], *closed: str) -> Calendar:
    return parse_calendar(hours, INDIA, closed)


def says(at: datetime | None) -> str:
    return at.strftime("%a %d %H:%M") if at else "-"


def test_it_is_open_from_the_first_minute_to_before_the_last() -> None:
    hub = calendar(BIHAR)
    assert [opening_at(hub, moment(23, *time)) is not None for time in ((8, 59), (9, 0), (13, 59), (14, 0))] == [
        False,
        True,
        True,
        False,
    ]
    assert says(closes_at(hub, moment(23, 10))) == "Mon 23 14:00"
    assert closes_at(hub, moment(23, 15)) is None


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        (moment(23, 8), "Mon 23 09:00"),
        (moment(23, 9), "Thu 26 09:00"),
        (moment(23, 20), "Thu 26 09:00"),
        (moment(26, 15), "Sat 28 09:00"),
        (moment(28, 15), "Mon 30 09:00"),
    ],
)
def test_the_next_opening_is_on_the_next_day_that_has_one(at: datetime, opens: str) -> None:
    found = next_opening(calendar(BIHAR), at)
    assert found is not None
    assert says(found.opens) == opens


def test_a_closed_date_is_passed_over() -> None:
    hub = calendar(BIHAR, "2026-11-26", "2026-11-28")
    assert opening_at(hub, moment(26, 10)) is None
    found = next_opening(hub, moment(23, 15))
    assert found is not None
    assert says(found.opens) == "Mon 30 09:00"


def test_a_night_counts_for_the_day_it_began_on_and_a_closed_date_lets_it_finish() -> None:
    night = calendar(NIGHTS, "2026-11-24")
    found = opening_at(night, moment(24, 3))
    assert found is not None
    assert found.day == date(2026, 11, 23)
    assert opening_at(night, moment(24, 21)) is None
    assert opening_at(night, moment(25, 3)) is None


def test_two_openings_a_day_have_a_pause() -> None:
    clinic = calendar({"mon": [["16:00", "19:00"], ["09:00", "12:00"]]})
    assert opening_at(clinic, moment(23, 13)) is None
    found = next_opening(clinic, moment(23, 10))
    assert found is not None
    assert says(found.opens) == "Mon 23 16:00"
    later = next_day(clinic, moment(23, 10))
    assert later is not None
    assert says(later.opens) == "Mon 30 09:00"


def test_openings_that_meet_close_once() -> None:
    clinic = calendar({"mon": [["09:00", "12:00"], ["12:00", "00:00"]], "tue": [["00:00", "02:00"]]})
    assert says(closes_at(clinic, moment(23, 10))) == "Tue 24 02:00"


def test_round_the_clock_has_no_end_in_sight() -> None:
    always = calendar({day: [["00:00", "00:00"]] for day in DAYS})
    assert opening_at(always, moment(23, 0)) is not None
    assert closes_at(always, moment(23, 0)) is None


def test_whoever_never_opens_again_has_no_next_opening() -> None:
    assert next_opening(calendar({}), moment(23, 9)) is None
    assert next_opening(calendar(BIHAR), moment(23, 9), days=2) is None


def test_an_hour_that_summer_time_skips_becomes_one_that_exists() -> None:
    vienna = parse_calendar({"sun": [["02:30", "04:00"]]}, ZoneInfo("Europe/Vienna"))
    found = next_opening(vienna, datetime(2026, 3, 28, 12, tzinfo=UTC))
    assert found is not None
    assert says(found.opens) == "Sun 29 03:30"


@pytest.mark.parametrize(
    ("hours", "closed", "named"),
    [
        ({"monday": []}, (), "monday"),
        ({"mon": "09:00-14:00"}, (), "mon"),
        ({"mon": [["09:00"]]}, (), "mon"),
        ({"tue": [["9", "14:00"]]}, (), "'9'"),
        ({"tue": [["09:00", "24:30"]]}, (), "24:30"),
        ({}, ("26.01.2026",), "26.01.2026"),
    ],
)
def test_hours_that_cannot_be_understood_are_refused_by_name(
    hours: dict[str, object], closed: tuple[str, ...], named: str
) -> None:
    with pytest.raises(CalendarError, match=named):
        parse_calendar(hours, INDIA, closed)


TIMES = st.tuples(st.integers(0, 23), st.sampled_from([0, 15, 30, 45])).map(lambda t: f"{t[0]:02}:{t[1]:02}")
HOURS = st.dictionaries(st.sampled_from(DAYS), st.lists(st.lists(TIMES, min_size=2, max_size=2), max_size=3))
CLOSED = st.lists(st.dates(date(2026, 11, 20), date(2026, 12, 20)).map(date.isoformat), max_size=5)
MOMENTS = st.integers(0, 30 * 24 * 60).map(lambda n: datetime(2026, 11, 20, tzinfo=UTC) + timedelta(minutes=n))


@given(HOURS, CLOSED, MOMENTS)
def test_the_next_opening_is_open_and_nothing_opens_before_it(
    hours: dict[str, list[list[str]]], closed: list[str], at: datetime
) -> None:
    week = calendar(hours, *closed)
    found = next_opening(week, at, days=8)
    if found is None:
        # Unless all its days are closed dates, every week opens within eight days.
        assert not any(hours.values()) or closed
        return
    assert found.opens > at
    assert found.day.isoformat() not in closed
    now = opening_at(week, found.opens)
    assert now is not None
    assert now.day == found.day
    if opening_at(week, at) is None:
        step = (found.opens - at) / 7
        assert all(opening_at(week, at + step * n) is None for n in range(7))


@given(HOURS, CLOSED, MOMENTS)
def test_it_is_open_until_it_closes_and_closed_then(
    hours: dict[str, list[list[str]]], closed: list[str], at: datetime
) -> None:
    week = calendar(hours, *closed)
    closes = closes_at(week, at)
    assert closes is None or opening_at(week, at) is not None
    if closes is not None:
        assert closes > at
        assert opening_at(week, closes) is None
        assert opening_at(week, closes - timedelta(minutes=1)) is not None
