"""Promotional messages keep the quiet hours of any zone, also when its clocks change; others never wait."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.quiet import PROMOTIONAL, earliest, is_quiet

INDIA = ZoneInfo("Asia/Kolkata")
ZONES = ("Asia/Kolkata", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "UTC")

zones = st.sampled_from(ZONES).map(ZoneInfo)
moments = st.datetimes(datetime(2020, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
hours = st.tuples(st.integers(0, 23), st.integers(0, 23))


def local(text: str, zone: str = "Asia/Kolkata") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize(
    ("moment", "quiet"),
    [("20:59:59", False), ("21:00:00", True), ("00:00:00", True), ("08:59:59", True), ("09:00:00", False)],
)
def test_trai_bars_the_night_by_the_wall_clock(moment: str, quiet: bool) -> None:
    assert is_quiet(local(f"2026-04-30T{moment}"), (21, 9), INDIA) is quiet


def test_a_promotional_message_of_the_evening_goes_in_the_morning() -> None:
    at = local("2026-04-30T21:30:00")
    assert earliest(PROMOTIONAL, at, (21, 9), INDIA) == local("2026-05-01T09:00:00")
    assert earliest(PROMOTIONAL, local("2026-05-01T03:00:00"), (21, 9), INDIA) == local("2026-05-01T09:00:00")


def test_a_prescription_waits_for_no_morning() -> None:
    at = local("2026-04-30T23:30:00")
    assert earliest("service_implicit", at, (21, 9), INDIA) == at


def test_the_same_hour_twice_is_no_quiet_time() -> None:
    assert not any(is_quiet(local(f"2026-04-30T{hour:02}:30:00"), (0, 0), INDIA) for hour in range(24))


@pytest.mark.parametrize(
    ("at", "morning"),
    [
        ("2026-03-28T22:00:00", "2026-03-29T09:00:00"),  # clocks go forward in the night
        ("2026-10-24T22:00:00", "2026-10-25T09:00:00"),  # and back
    ],
)
def test_the_morning_is_the_wall_clocks_also_when_clocks_change(at: str, morning: str) -> None:
    assert earliest(PROMOTIONAL, local(at, "Europe/Berlin"), (21, 9), ZoneInfo("Europe/Berlin")) == local(
        morning, "Europe/Berlin"
    )


@given(moments, hours, zones)
def test_the_earliest_moment_is_never_quiet_never_past_and_within_a_day(
    at: datetime, quiet: tuple[int, int], zone: ZoneInfo
) -> None:
    moment = earliest(PROMOTIONAL, at, quiet, zone)
    assert at <= moment <= at + timedelta(hours=25)
    assert not is_quiet(moment, quiet, zone)
    if moment > at:
        assert is_quiet(at, quiet, zone)
        assert is_quiet(moment - timedelta(minutes=16), quiet, zone) or moment - timedelta(minutes=16) < at
