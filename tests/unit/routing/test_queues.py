"""A waiting caller's place: never better than the order in which calls are served."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from routing.model import DoctorSnapshot, Level, Phone, WaitingCall
from routing.queues import Need, Staff, competing, need_of, position, turn_of
from routing.rules import RoutingRules
from routing.schedule import parse_schedule

AT = datetime(2026, 11, 22, 10, tzinfo=UTC)
RULES = RoutingRules()


def doctor(id: str, *categories: str, duty: str = "on") -> DoctorSnapshot:
    levels: Mapping[str, Level] = dict.fromkeys(categories, "general")
    phone = Phone(f"phone-{id}", "+919810000001")
    return DoctorSnapshot(id, levels, duty, True, False, None, (phone,))


def waits(call_id: str, category: str, minute: int, priority: str = "", skills: tuple[str, ...] = ()) -> WaitingCall:
    return WaitingCall(call_id, category, AT - timedelta(minutes=minute), priority=priority, skills=skills)


def places(staff: Staff, *calls: WaitingCall) -> dict[str, int]:
    room = {call.call_id: (turn_of(call), need_of(call)) for call in calls}
    return {call.call_id: position(call.call_id, room, staff) for call in calls}


def test_who_came_first_is_first_and_a_red_flag_goes_before() -> None:
    staff = Staff([doctor("d", "fever")], AT, RULES)
    calls = waits("a", "fever", 9), waits("b", "fever", 5), waits("c", "fever", 1, "red_flag")
    assert places(staff, *calls) == {"c": 1, "a": 2, "b": 3}


def test_callers_for_other_doctors_are_not_in_the_way() -> None:
    staff = Staff([doctor("d1", "fever"), doctor("d2", "heart"), doctor("d3", "skin", "heart")], AT, RULES)
    calls = waits("a", "fever", 9), waits("b", "heart", 8), waits("c", "skin", 7), waits("d", "fever", 6)
    assert places(staff, *calls) == {"a": 1, "b": 1, "c": 2, "d": 2}


def test_general_doctors_who_stand_in_make_one_queue_of_two() -> None:
    staff = Staff([doctor("d", "general")], AT, RULES)
    assert places(staff, waits("a", "skin", 9), waits("b", "heart", 8)) == {"a": 1, "b": 2}
    assert staff.count(Need("skin")) == 1
    assert staff.count(Need("skin", ("hub:h01",))) == 0


def test_doctors_off_duty_are_no_staff_and_busy_ones_are() -> None:
    staff = Staff([doctor("d1", "fever", duty="off"), doctor("d2", "fever"), doctor("d3", "fever")], AT, RULES)
    assert staff.count(Need("fever")) == 2
    assert competing(Need("fever"), [Need("fever"), Need("heart")], staff) == [Need("fever")]


def test_hours_are_those_of_the_deployments_own_zone() -> None:
    morning = parse_schedule({"dates": {"2026-11-22": [["09:00", "11:00"]]}})
    doctors = [replace(doctor("d", "fever"), schedule=morning)]
    assert Staff(doctors, AT, RoutingRules(zone="UTC")).count(Need("fever")) == 1
    assert Staff(doctors, AT, RoutingRules(zone="Asia/Kolkata")).count(Need("fever")) == 0  # it is 15:30 there


def test_who_does_not_wait_has_no_place() -> None:
    assert position("x", {}, Staff([], AT, RULES)) == 0


CATEGORIES = st.sampled_from(["fever", "heart", "skin", "general"])
CALLS = st.lists(st.tuples(CATEGORIES, st.integers(0, 30), st.sampled_from(["", "child", "red_flag"])), max_size=12)
DOCTORS = st.lists(st.sets(CATEGORIES, min_size=1), min_size=1, max_size=6)


@given(CALLS, DOCTORS)
def test_nobody_is_told_a_better_place_than_the_true_one(
    calls: list[tuple[str, int, str]], doctors: list[set[str]]
) -> None:
    """However doctors become free, one after the other, nobody is served before so many turns as the place says... and
    whoever is told to be first is the next whom any of their doctors gets."""
    staff = Staff([doctor(f"d{n}", *sorted(categories)) for n, categories in enumerate(doctors)], AT, RULES)
    waiting = [waits(f"c{n}", *each) for n, each in enumerate(calls)]
    told = places(staff, *waiting)
    for one in waiting:
        ahead = [
            other for other in waiting if turn_of(other) < turn_of(one) and staff.share(need_of(one), need_of(other))
        ]
        assert told[one.call_id] == len(ahead) + 1
        same = [other for other in waiting if need_of(other) == need_of(one) and turn_of(other) < turn_of(one)]
        assert told[one.call_id] > len(same)
