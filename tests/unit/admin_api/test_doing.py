"""What a doctor does now, as the console says it: routing's own rules, and until when."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from admin_api.doctors.doing import doing_of
from admin_api.doctors.shown import DoctorState
from routing.model import DoctorSnapshot, Exclusion, Phone
from routing.rules import RoutingRules
from routing.schedule import parse_schedule
from routing.strict import Look

NOON = datetime(2026, 11, 23, 6, 30, tzinfo=UTC)  # a Monday, 12:00 in India
HOURS = parse_schedule({"weekly": {"mon": [["17:00", "20:00"]]}})


def doctor(**changes: Any) -> DoctorSnapshot:
    usual: dict[str, Any] = {"categories": {"fever": "general"}, "duty": "on", "active": True, "claimed": False}
    return DoctorSnapshot(id="d1", free_since=None, phones=(Phone("p1", "+919800000001"),), **(usual | changes))


@pytest.mark.parametrize(
    ("changes", "state", "until"),
    [
        ({}, DoctorState.FREE, None),
        ({"active": False}, DoctorState.RETIRED, None),
        ({"claimed": True, "duty": "off"}, DoctorState.BUSY, None),
        ({"duty": "paused"}, DoctorState.PAUSED, None),
        ({"schedule": HOURS}, DoctorState.OFF_SCHEDULE, NOON.replace(hour=11, minute=30)),
        ({"calls_per_day": 2, "calls_today": 2, "day": NOON.date()}, DoctorState.OVER_CALLS, None),
    ],
)
def test_the_state_is_the_first_reason_of_the_rules(changes: Any, state: DoctorState, until: datetime | None) -> None:
    doing = doing_of(doctor(**changes), Look(NOON, RoutingRules()))
    assert doing.state is state
    if until is not None:
        assert (doing.until, doing.next_window) == (until, until)


def test_a_night_ends_in_the_morning_and_a_rest_with_itself() -> None:
    midnight = datetime(2026, 11, 22, 19, 0, tzinfo=UTC)  # 00:30 in India
    look = Look(midnight, RoutingRules())
    assert doing_of(doctor(night=False), look).until == datetime(2026, 11, 23, 0, 30, tzinfo=UTC)
    free = midnight + timedelta(seconds=20)
    resting = doing_of(dataclasses.replace(doctor(), free_since=free), look)
    assert (resting.state, resting.until) == (DoctorState.WRAP_UP, free)


def test_every_rule_that_keeps_a_doctor_away_has_a_state() -> None:
    of_a_call = {"wrong_category", "wrong_level", "lacks_skill", "declined", "rests", "number_in_use"}
    assert set(Exclusion.__args__) - of_a_call <= set(DoctorState)  # type: ignore[attr-defined]
