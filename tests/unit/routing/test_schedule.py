"""A doctor's own hours: windows over midnight, single dates, leave, the night, and clocks that are changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.errors import ScheduleError
from routing.schedule import is_night, next_change, next_opening, night_began, parse_schedule, schedule_trouble

INDIA, LONDON = "Asia/Kolkata", "Europe/London"
WEEKDAYS = {"weekly": {"mon": [["09:00", "14:00"], ["20:00", "02:00"]], "fri": [["22:00", "06:00"]]}}


def moment(text: str, zone: str = INDIA) -> datetime:
    from zoneinfo import ZoneInfo

    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def trouble(stored: dict[str, Any], text: str, zone: str = INDIA) -> str | None:
    return schedule_trouble(parse_schedule(stored), zone, moment(text, zone))


@pytest.mark.parametrize(
    ("at", "told"),
    [
        ("2026-11-23 08:59", "off_schedule"),
        ("2026-11-23 09:00", None),
        ("2026-11-23 13:59", None),
        ("2026-11-23 14:00", "off_schedule"),
        ("2026-11-24 01:59", None),  # Monday's evening lasts until two
        ("2026-11-24 02:00", "off_schedule"),
        ("2026-11-28 05:59", None),  # Friday's night
        ("2026-11-25 12:00", "off_schedule"),
    ],
)
def test_weekly_windows_also_over_midnight(at: str, told: str | None) -> None:
    assert trouble(WEEKDAYS, at) == told


def test_a_date_that_is_named_has_its_own_hours() -> None:
    stored = WEEKDAYS | {"dates": {"2026-11-23": [["16:00", "17:00"]], "2026-11-22": [["10:00", "11:00"]]}}
    assert trouble(stored, "2026-11-23 10:00") == "off_schedule"
    assert trouble(stored, "2026-11-23 16:30") is None
    assert trouble(stored, "2026-11-22 10:30") is None


def test_on_leave_nothing_begins_but_the_night_before_lasts_until_its_morning() -> None:
    stored = WEEKDAYS | {"leave": [["2026-11-28", "2026-11-30"]]}
    assert trouble(stored, "2026-11-28 05:00") is None
    assert trouble(stored, "2026-11-28 07:00") == "on_leave"
    assert trouble(stored, "2026-11-30 10:00") == "on_leave"


def test_leave_alone_leaves_all_other_days_open() -> None:
    stored = {"leave": [["2026-11-28", "2026-11-28"]]}
    assert trouble(stored, "2026-11-27 23:59") is None
    assert trouble(stored, "2026-11-28 00:00") == "on_leave"
    assert trouble(stored, "2026-11-29 00:00") is None


def test_hours_are_the_doctors_own_wherever_that_is_and_whatever_its_clocks_do() -> None:
    stored = {"weekly": {day: [["09:00", "10:00"]] for day in ("sat", "sun", "mon")}}
    # Britain puts its clocks back on Sunday, 25 October 2026: nine o'clock is an hour later in UTC.
    schedule = parse_schedule(stored)
    assert schedule_trouble(schedule, LONDON, datetime(2026, 10, 24, 8, 30, tzinfo=UTC)) is None
    assert schedule_trouble(schedule, LONDON, datetime(2026, 10, 25, 8, 30, tzinfo=UTC)) == "off_schedule"
    assert schedule_trouble(schedule, LONDON, datetime(2026, 10, 25, 9, 30, tzinfo=UTC)) is None


def test_an_hour_that_a_change_of_clocks_skips_is_one_that_exists() -> None:
    # On 29 March 2026 London has no 01:30.
    schedule = parse_schedule({"weekly": {"sun": [["01:30", "03:00"]]}})
    assert schedule_trouble(schedule, LONDON, datetime(2026, 3, 29, 1, 45, tzinfo=UTC)) is None
    assert schedule_trouble(schedule, LONDON, datetime(2026, 3, 29, 2, 0, tzinfo=UTC)) == "off_schedule"


def test_the_night_is_the_doctors_and_began_at_its_hour() -> None:
    for text, night in (("21:59", False), ("22:00", True), ("05:59", True), ("06:00", False)):
        assert is_night(INDIA, moment(f"2026-11-23 {text}"), (22, 6)) is night
    assert night_began(INDIA, moment("2026-11-24 03:00"), (22, 6)) == moment("2026-11-23 22:00")
    assert night_began(INDIA, moment("2026-11-23 23:00"), (22, 6)) == moment("2026-11-23 22:00")
    assert not is_night(LONDON, moment("2026-11-24 03:00"), (22, 6)), "half past nine in the evening in London"


def test_the_next_opening_is_told_and_now_where_it_is_open() -> None:
    schedule = parse_schedule(WEEKDAYS | {"leave": [["2026-11-23", "2026-11-23"]]})
    now = moment("2026-11-22 12:00")
    assert next_opening(schedule, INDIA, now) == moment("2026-11-27 22:00")
    assert next_opening(None, INDIA, now) == now
    assert next_opening(parse_schedule({"leave": [["2026-11-22", "2026-11-23"]]}), INDIA, now) == moment(
        "2026-11-24 00:00"
    )
    assert next_opening(parse_schedule({"dates": {"2020-01-01": [["09:00", "10:00"]]}}), INDIA, now) is None


@pytest.mark.parametrize(
    ("stored", "told"),
    [
        ({"monthly": {}}, "monthly"),
        ({"weekly": {"someday": []}}, "someday"),
        ({"weekly": {"mon": [["9:00", "10:00"]]}}, "9:00"),
        ({"weekly": {"mon": "09:00-10:00"}}, "mon"),
        ({"weekly": {"mon": [["00:00", "01:00"]] * 13}}, "at most 12"),
        ({"dates": {"tomorrow": []}}, "tomorrow"),
        ({"leave": [["2026-11-28", "2026-11-27"]]}, "before it begins"),
        ({"leave": ["2026-11-28"]}, "leave"),
        ({"weekly": []}, "weekly"),
    ],
)
def test_what_is_no_schedule_is_refused_by_name(stored: dict[str, Any], told: str) -> None:
    if stored.get("weekly") == []:
        stored = {"weekly": ["mon"]}
    with pytest.raises(ScheduleError, match=told):
        parse_schedule(stored)


times = st.integers(0, 24 * 4 - 1).map(lambda quarter: f"{quarter // 4:02d}:{quarter % 4 * 15:02d}")
spans = st.lists(st.tuples(times, times).map(list), max_size=2)
schedules = st.fixed_dictionaries(
    {},
    optional={
        "weekly": st.dictionaries(st.sampled_from(["mon", "tue", "wed", "sat", "sun"]), spans, max_size=3),
        "dates": st.dictionaries(st.sampled_from(["2026-10-24", "2026-10-25", "2026-03-29"]), spans, max_size=2),
        "leave": st.just([["2026-10-25", "2026-10-26"]]),
    },
)
moments = st.one_of(
    st.integers(0, 4 * 24 * 60).map(lambda minutes: datetime(2026, 10, 23, tzinfo=UTC) + timedelta(minutes=minutes)),
    st.integers(0, 3 * 24 * 60).map(lambda minutes: datetime(2026, 3, 28, tzinfo=UTC) + timedelta(minutes=minutes)),
)


@given(schedules, moments, st.sampled_from([INDIA, LONDON, "America/New_York"]), st.booleans())
def test_nothing_changes_before_the_next_change(stored: dict[str, Any], at: datetime, zone: str, late: bool) -> None:
    """The pool does not look at a doctor again before that moment."""
    schedule, night = parse_schedule(stored), None if late else (22, 6)
    change = next_change(schedule, zone, at, night)
    assert at < change <= at + timedelta(days=1)

    def state(moment: datetime) -> tuple[str | None, bool]:
        return schedule_trouble(schedule, zone, moment), not late and is_night(zone, moment, (22, 6))

    for share in (0.0, 0.3, 0.7, 0.999):
        assert state(at + (change - at) * share) == state(at)
