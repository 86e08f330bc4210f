"""Who is chosen, who is not, and that nobody who is excluded ever is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.policy import (
    Choice,
    DoctorSnapshot,
    NobodyFree,
    Phone,
    Snapshot,
    WaitingCall,
    choose,
    in_turn,
)
from routing.rules import RoutingRules

NOW = datetime(2021, 4, 30, 14, 30, tzinfo=UTC)


def doctor(id: str = "doc-1", **changes: Any) -> DoctorSnapshot:
    values: dict[str, Any] = {
        "categories": {"fever": "general"},
        "duty": "on",
        "active": True,
        "claimed": False,
        "free_since": None,
        "phones": (Phone(f"{id}-phone", "+919876500001"),),
    }
    return DoctorSnapshot(id=id, **{**values, **changes})


def minutes_ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


def call(category: str = "fever", **changes: Any) -> WaitingCall:
    return WaitingCall("call-1", category, minutes_ago(1), **changes)


def ask(*doctors: DoctorSnapshot, **changes: Any) -> Choice | NobodyFree:
    return choose(Snapshot(NOW, doctors), call(**changes))


def chosen(*doctors: DoctorSnapshot, **changes: Any) -> str:
    answer = ask(*doctors, **changes)
    assert isinstance(answer, Choice)
    return answer.doctor_id


def test_a_free_doctor_of_the_category_is_chosen_with_the_first_phone() -> None:
    phones = (Phone("p-1", "+919876500001"), Phone("p-2", "+919876500002"))
    assert ask(doctor(phones=phones)) == Choice("doc-1", phones[0], "+919876500001/1")


@pytest.mark.parametrize(
    ("changes", "reason", "on_duty"),
    [
        ({"duty": "off"}, "nobody_on_duty", 0),
        ({"duty": "paused"}, "nobody_on_duty", 0),
        ({"active": False}, "nobody_on_duty", 0),
        ({"phones": ()}, "nobody_on_duty", 0),
        ({"categories": {"heart": "general"}}, "nobody_on_duty", 0),
        ({"claimed": True}, "all_busy", 1),
        ({"free_since": NOW + timedelta(seconds=1)}, "all_busy", 1),
    ],
)
def test_who_may_not_be_rung_is_not_chosen(changes: dict[str, Any], reason: str, on_duty: int) -> None:
    assert ask(doctor(**changes)) == NobodyFree(reason, on_duty)  # type: ignore[arg-type]


def test_a_doctor_who_declined_a_call_is_never_offered_it_again() -> None:
    assert ask(doctor(), declined_by=frozenset({"doc-1"})) == NobodyFree("all_declined", 1)


def test_while_one_has_declined_and_another_is_busy_the_call_waits_for_the_busy_one() -> None:
    answer = ask(doctor("a"), doctor("b", claimed=True), declined_by=frozenset({"a"}))
    assert answer == NobodyFree("all_busy", 2)


def test_a_doctor_who_did_not_answer_rests_a_minute_for_this_call() -> None:
    just_now, long_ago = NOW - timedelta(seconds=59), NOW - timedelta(seconds=60)
    assert ask(doctor(), tried={"doc-1": just_now}) == NobodyFree("all_busy", 1)
    assert chosen(doctor(), tried={"doc-1": long_ago}) == "doc-1"


def test_the_rest_after_no_answer_is_a_parameter() -> None:
    tried = call(tried={"doc-1": NOW - timedelta(seconds=10)})
    assert isinstance(choose(Snapshot(NOW, (doctor(),)), tried, RoutingRules(rest_after_no_answer=5)), Choice)


def test_the_longest_idle_is_chosen_and_never_having_had_a_call_is_longest() -> None:
    short, long, new = (
        doctor("a", free_since=minutes_ago(5)),
        doctor("b", free_since=minutes_ago(50)),
        doctor("c", free_since=None),
    )
    assert chosen(short, long) == "b"
    assert chosen(short, long, new) == "c"


def test_equally_idle_doctors_are_told_apart_by_id() -> None:
    assert chosen(doctor("b"), doctor("a")) == "a"


def test_the_helper_is_any_general_doctor_whatever_else_they_treat() -> None:
    both = doctor("a", categories={"general": "general", "heart": "general"}, free_since=minutes_ago(9))
    assert chosen(doctor("b", categories={"heart": "general"}), both, category="general") == "a"


def test_a_specialist_comes_before_a_general_doctor_who_is_idle_longer() -> None:
    general = doctor("a", categories={"general": "general"}, free_since=None)
    specialist = doctor("b", categories={"heart": "general"}, free_since=minutes_ago(1))
    assert chosen(general, specialist, category="heart") == "b"


def test_general_doctors_stand_in_only_where_no_specialist_is_on_duty() -> None:
    general = doctor("a", categories={"general": "general"})
    specialist = doctor("b", categories={"heart": "general"})
    assert chosen(general, doctor("b", categories={"heart": "general"}, duty="off"), category="heart") == "a"
    busy = doctor("b", categories={"heart": "general"}, claimed=True)
    assert ask(general, busy, category="heart") == NobodyFree("all_busy", 1)
    assert chosen(general, specialist, category="heart") == "b"


def test_who_waits_longest_is_served_first() -> None:
    first = WaitingCall("call-b", "fever", minutes_ago(3))
    second = WaitingCall("call-a", "fever", minutes_ago(2))
    assert min([second, first], key=in_turn) == first


def test_who_came_in_the_same_instant_is_told_apart_by_id() -> None:
    one, other = WaitingCall("call-a", "fever", NOW), WaitingCall("call-b", "fever", NOW)
    assert min([other, one], key=in_turn) == min([one, other], key=in_turn) == one


ids = st.sampled_from([f"doc-{n}" for n in range(6)])
categories = st.sampled_from(["fever", "heart", "general"])
moments = st.integers(-300, 300).map(lambda seconds: NOW + timedelta(seconds=seconds))
phones = st.lists(st.builds(Phone, st.just("p"), st.just("+919876500001")), max_size=2).map(tuple)
doctors = st.lists(
    st.builds(
        DoctorSnapshot,
        id=ids,
        categories=st.dictionaries(categories, st.just("general")),
        duty=st.sampled_from(["on", "on", "off", "paused"]),
        active=st.booleans(),
        claimed=st.booleans(),
        free_since=st.none() | moments,
        phones=phones,
    ),
    unique_by=lambda d: d.id,
)
calls = st.builds(
    WaitingCall,
    call_id=st.just("call-1"),
    category=categories,
    waiting_since=moments,
    declined_by=st.frozensets(ids, max_size=3),
    tried=st.dictionaries(ids, moments, max_size=3),
)


@given(doctors, calls)
def test_nobody_excluded_is_ever_chosen(staff: list[DoctorSnapshot], waiting: WaitingCall) -> None:
    answer = choose(Snapshot(NOW, tuple(staff)), waiting)
    if isinstance(answer, NobodyFree):
        return
    picked = next(d for d in staff if d.id == answer.doctor_id)
    assert picked.duty == "on"
    assert picked.active
    assert not picked.claimed
    assert answer.phone in picked.phones
    assert picked.id not in waiting.declined_by
    assert {waiting.category, "general"}.intersection(picked.categories)
    assert picked.free_since is None or picked.free_since <= NOW
    assert picked.id not in waiting.tried or NOW - waiting.tried[picked.id] >= timedelta(seconds=60)


@given(doctors, calls, st.randoms(use_true_random=False))
def test_the_same_snapshot_in_any_order_gives_the_same_choice(
    staff: list[DoctorSnapshot], waiting: WaitingCall, random: Any
) -> None:
    shuffled = list(staff)
    random.shuffle(shuffled)
    assert choose(Snapshot(NOW, tuple(staff)), waiting) == choose(Snapshot(NOW, tuple(shuffled)), waiting)


@given(doctors, calls)
def test_nobody_is_left_idle_who_could_be_rung(staff: list[DoctorSnapshot], waiting: WaitingCall) -> None:
    idle = [
        d
        for d in staff
        if d.duty == "on"
        and d.active
        and not d.claimed
        and d.phones
        and waiting.category in d.categories
        and (d.free_since is None or d.free_since <= NOW)
        and d.id not in waiting.declined_by
        and d.id not in waiting.tried
    ]
    if idle:
        assert isinstance(choose(Snapshot(NOW, tuple(staff)), waiting), Choice)


def test_a_doctor_whose_duty_has_ended_by_the_clock_is_not_rung() -> None:
    assert ask(doctor(duty_until=NOW)) == NobodyFree("nobody_on_duty", 0)
    assert chosen(doctor(duty_until=minutes_ago(-1))) == "doc-1"


def test_a_call_that_asks_for_skills_gets_a_doctor_who_has_all_of_them_whatever_the_category() -> None:
    hub = doctor("doc-2", categories={"hub:h01": "general", "language:hi": "general"})
    assert chosen(doctor(), hub, skills=("hub:h01", "language:hi")) == "doc-2"
    assert chosen(doctor(), hub, skills=("hub:h01",)) == "doc-2"


def test_nobody_stands_in_for_a_doctor_with_the_skills() -> None:
    general = doctor("doc-2", categories={"general": "general", "fever": "general"})
    assert ask(general, skills=("hub:h01",)) == NobodyFree("nobody_on_duty", 0)


def test_priority_goes_before_time_and_time_decides_among_equals() -> None:
    def waiting(id: str, minutes: float, priority: str) -> WaitingCall:
        return WaitingCall(id, "fever", minutes_ago(minutes), priority=priority)

    queue = [
        waiting("patient", 30, ""),
        waiting("worker", 3, "spoke"),
        waiting("mother", 2, "pregnant"),
        waiting("emergency", 1, "red_flag"),
        waiting("child", 4, "child"),
        waiting("odd", 20, "no such priority"),
    ]
    served = [call.call_id for call in sorted(queue, key=in_turn)]
    assert served == ["emergency", "mother", "child", "worker", "patient", "odd"]
