"""When a doctor is there again, by schedules and the line's hours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from config.frozen import replace
from routing.model import DoctorSnapshot, Phone
from routing.returning import next_doctor
from routing.schedule import parse_schedule

ZONE = "Asia/Kolkata"
SUNDAY_TEN = datetime(2026, 11, 22, 4, 30, tzinfo=UTC)  # 10:00 in India


def doctor(weekly: dict[str, Any] | None, zone: str = "", **parts: Any) -> DoctorSnapshot:
    schedule = None if weekly is None else parse_schedule({"weekly": weekly, **parts})
    phones = (Phone("p", "+919810000001"),)
    return DoctorSnapshot("d", {"fever": "general"}, "off", True, False, None, phones, schedule=schedule, zone=zone)


def in_india(hour: int, minute: int = 0, days: int = 0) -> datetime:
    return SUNDAY_TEN + timedelta(days=days, hours=hour - 10, minutes=minute)


def test_the_first_of_all_windows_counts() -> None:
    doctors = [doctor({"tue": [["09:00", "12:00"]]}), doctor({"mon": [["16:30", "20:00"]]})]
    assert next_doctor(doctors, ZONE, SUNDAY_TEN) == in_india(16, 30, days=1)


def test_who_should_be_there_now_and_is_not_is_expected_the_next_time() -> None:
    every_day = {day: [["09:00", "12:00"]] for day in ("sun", "mon")}
    assert next_doctor([doctor(every_day)], ZONE, SUNDAY_TEN) == in_india(9, days=1)


def test_who_has_said_from_when_is_expected_then() -> None:
    pledged = replace(doctor(None), duty="on", duty_from=in_india(18), duty_until=in_india(20))
    assert next_doctor([pledged], ZONE, SUNDAY_TEN) == in_india(18)
    assert next_doctor([pledged], ZONE, SUNDAY_TEN, lambda at: max(at, in_india(19))) == in_india(19)
    assert next_doctor([pledged, doctor({"sun": [["12:00", "13:00"]]})], ZONE, SUNDAY_TEN) == in_india(12)
    assert next_doctor([replace(pledged, duty="off")], ZONE, SUNDAY_TEN) is None


def test_when_doctors_without_hours_come_nobody_knows() -> None:
    assert next_doctor([doctor(None), doctor({})], ZONE, SUNDAY_TEN) is None
    assert next_doctor([], ZONE, SUNDAY_TEN) is None


def test_leave_is_left_out_and_a_doctor_abroad_keeps_the_own_clock() -> None:
    away = doctor({"mon": [["09:00", "12:00"]]}, leave=[["2026-11-23", "2026-11-23"]])
    assert next_doctor([away], ZONE, SUNDAY_TEN) == in_india(9, days=8)
    london = doctor({"mon": [["09:00", "12:00"]]}, zone="Europe/London")
    assert next_doctor([london], ZONE, SUNDAY_TEN) == datetime(2026, 11, 23, 9, tzinfo=UTC)


def test_a_doctor_who_comes_before_the_line_opens_is_there_at_its_opening() -> None:
    opening = in_india(11, days=1)
    opens = lambda at: max(at, opening)  # noqa: E731
    assert next_doctor([doctor({"mon": [["09:00", "12:00"]]})], ZONE, SUNDAY_TEN, opens) == opening
    late = doctor({"mon": [["08:00", "09:00"]], "tue": [["10:00", "11:00"]]})
    assert next_doctor([late], ZONE, SUNDAY_TEN, opens) == in_india(10, days=2)
    assert next_doctor([late], ZONE, SUNDAY_TEN, lambda at: None) is None
