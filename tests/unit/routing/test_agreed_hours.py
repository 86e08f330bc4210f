"""Hours that somebody enters: what overlaps, what is unreadable, and where it stands."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.agreed_hours import faults, tidied
from routing.schedule import DAYS, parse_schedule


def places(stored: dict[str, Any]) -> list[str]:
    return [fault.place for fault in faults(stored)]


@pytest.mark.parametrize(
    ("weekly", "where"),
    [
        ({"mon": [["09:00", "13:00"], ["12:00", "15:00"]]}, ["weekly.mon.1"]),
        ({"mon": [["12:00", "15:00"], ["09:00", "13:00"]]}, ["weekly.mon.0"]),
        ({"mon": [["22:00", "06:00"]], "tue": [["05:00", "08:00"]]}, ["weekly.tue.0"]),
        ({"sun": [["22:00", "06:00"]], "mon": [["05:00", "08:00"]]}, ["weekly.mon.0"]),
        ({"mon": [["09:00", "13:00"], ["13:00", "15:00"]]}, []),
        ({"mon": [["22:00", "06:00"]], "tue": [["06:00", "08:00"]]}, []),
        ({day: [["00:00", "00:00"]] for day in DAYS}, []),
        ({"mon": [["00:00", "00:00"]]}, []),
        ({"mon": [["9", "13:00"]], "tue": [["09:00", "25:00"]]}, ["weekly.mon.0", "weekly.tue.0"]),
    ],
)
def test_windows_that_overlap_or_cannot_be_read_are_named_by_place(weekly: dict[str, Any], where: list[str]) -> None:
    assert places({"weekly": weekly}) == where


def test_a_date_and_a_leave_are_named_too_and_say_what_is_right() -> None:
    stored = {"dates": {"2026-02-30": [["09:00", "10:00"]]}, "leave": [["2026-11-28", "2026-11-24"]]}
    assert places(stored) == ["dates.2026-02-30.0", "dates.2026-02-30", "leave.0"]
    assert "before it begins" in faults(stored)[-1].reason
    twice = {"dates": {"2026-11-22": [["09:00", "11:00"], ["10:00", "12:00"]]}}
    [fault] = faults(twice)
    assert fault.reason == (
        "10:00-12:00 (2026-11-22) overlaps 09:00-11:00 (2026-11-22); make one window of the two, or let one begin later"
    )


def test_what_says_nothing_is_stored_as_nothing() -> None:
    assert tidied({"weekly": {"mon": []}, "dates": {}, "leave": []}) is None
    assert tidied({"weekly": {"mon": [["17:00", "20:00"], ["09:00", "13:00"]], "tue": []}}) == {
        "weekly": {"mon": [["09:00", "13:00"], ["17:00", "20:00"]]}
    }


_TIMES = st.integers(0, 1439).map(lambda n: f"{n // 60:02}:{n % 60:02}")
_WEEKS = st.dictionaries(st.sampled_from(DAYS), st.lists(st.lists(_TIMES, min_size=2, max_size=2), max_size=3))


@given(_WEEKS)
def test_hours_without_faults_are_never_two_at_once_and_others_are(weekly: dict[str, Any]) -> None:
    minutes = [0] * (7 * 1440)
    for number, spans in enumerate(parse_schedule({"weekly": weekly}).week):
        for begins, ends in spans:
            for minute in range(number * 1440 + begins, number * 1440 + ends):
                minutes[minute % len(minutes)] += 1
    assert (max(minutes) > 1) == bool(faults({"weekly": weekly}))
