"""Each strict rule by its name, and the complaints of DOMAIN.md that are about who is rung."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from routing.model import Choice, DoctorSnapshot, NobodyFree, Phone, Snapshot, WaitingCall
from routing.policy import choose, rank
from routing.rules import RoutingRules
from routing.schedule import parse_schedule

NOON = datetime(2026, 11, 23, 6, 30, tzinfo=UTC)  # a Monday, noon in India
MIDNIGHT = datetime(2026, 11, 23, 18, 30, tzinfo=UTC)  # midnight in India, 18:30 in London


def doctor(id: str = "a", **changes: Any) -> DoctorSnapshot:
    values: dict[str, Any] = {
        "categories": {"fever": "general"},
        "duty": "on",
        "active": True,
        "claimed": False,
        "free_since": None,
        "phones": (Phone(f"{id}-phone", f"+91987650000{len(id)}"),),
    }
    return DoctorSnapshot(id=id, **(values | changes))


def call(**changes: Any) -> WaitingCall:
    values: dict[str, Any] = {"category": "fever", "waiting_since": NOON}
    return WaitingCall("call-1", **(values | changes))


def excluded_by(changed: DoctorSnapshot, at: datetime = NOON, **of_call: Any) -> str:
    """The one rule that keeps the doctor from the call; "" for none."""
    return next(iter(rank(Snapshot(at, (changed,)), call(**of_call)).excluded), "")


LATER = NOON + timedelta(minutes=1)
SCHEDULE = parse_schedule({"weekly": {"mon": [["14:00", "16:00"]]}, "leave": [["2026-11-24", "2026-11-25"]]})


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("", {}),
        ("off_duty", {"duty": "off"}),
        ("off_duty", {"active": False}),
        ("paused", {"duty": "paused"}),
        ("duty_over", {"duty_until": NOON}),
        ("off_schedule", {"duty_from": NOON + timedelta(seconds=1), "duty_until": NOON + timedelta(hours=2)}),
        ("", {"duty_from": NOON, "duty_until": NOON + timedelta(hours=2), "schedule": SCHEDULE}),
        ("off_schedule", {"schedule": SCHEDULE}),
        ("on_leave", {"schedule": parse_schedule({"leave": [["2026-11-23", "2026-11-23"]]})}),
        ("off_schedule", {"zone": "Europe/London"}),
        ("over_calls", {"calls_per_day": 3, "calls_today": 3, "day": NOON.date()}),
        ("over_minutes", {"minutes_per_day": 5, "seconds_today": 300, "day": NOON.date()}),
        ("no_phone", {"phones": ()}),
        ("busy", {"claimed": True}),
        ("wrap_up", {"free_since": LATER}),
        ("cool_down", {"cool_down_until": LATER}),
        ("wrong_category", {"categories": {"heart": "general"}}),
        ("wrong_level", {"categories": {"fever": "super"}}),
    ],
)
def test_each_rule_excludes_by_its_name(rule: str, changes: dict[str, Any]) -> None:
    assert excluded_by(doctor(**changes)) == rule


def test_rules_of_this_call_alone() -> None:
    assert excluded_by(doctor(), declined_by=frozenset({"a"})) == "declined"
    assert excluded_by(doctor(), tried={"a": NOON - timedelta(seconds=59)}) == "rests"
    assert excluded_by(doctor(), skills=("hub:h01",)) == "lacks_skill"


def test_limits_are_of_the_day_in_the_deployments_zone() -> None:
    full = doctor(calls_per_day=3, calls_today=3, day=NOON.date())
    assert excluded_by(full, MIDNIGHT - timedelta(seconds=1)) == "over_calls"
    assert excluded_by(full, MIDNIGHT) == "", "a new day has begun in India"


def test_a_doctor_abroad_is_rung_only_within_agreed_hours() -> None:
    hours = parse_schedule({"weekly": {"mon": [["18:00", "20:00"]]}})
    abroad = doctor(zone="Europe/London", schedule=hours, night=False)
    assert excluded_by(abroad, MIDNIGHT) == "", "half past six in London, whatever the clock says in India"
    assert excluded_by(abroad, NOON) == "off_schedule"


def test_at_night_only_who_agreed_is_rung_or_who_came_on_duty_this_night() -> None:
    asleep = doctor(night=False, duty_changed_at=NOON)
    assert excluded_by(asleep, MIDNIGHT) == "night"
    assert excluded_by(doctor(night=True), MIDNIGHT) == ""
    assert excluded_by(doctor(night=False, duty_changed_at=MIDNIGHT - timedelta(hours=1)), MIDNIGHT) == ""


def test_duty_taken_on_for_some_hours_is_an_agreement_to_those_hours() -> None:
    assert excluded_by(doctor(schedule=SCHEDULE, night=False, duty_until=MIDNIGHT + timedelta(1)), MIDNIGHT) == ""


# --- levels ---------------------------------------------------------------------------------------------------------


def test_a_super_specialist_is_never_reached_from_the_open_menu() -> None:
    best = doctor(categories={"heart": "super", "general": "super"})
    for category in ("heart", "general", "fever"):
        assert choose(Snapshot(NOON, (best,)), call(category=category)) == NobodyFree("nobody_on_duty", 0)
    assert isinstance(choose(Snapshot(NOON, (best,)), call(category="heart", level="super")), Choice)


def test_a_specialist_is_asked_for_and_spared_where_a_general_doctor_can_do_it() -> None:
    general, special = doctor("a", free_since=NOON), doctor("bb", categories={"fever": "specialist"})
    chosen = choose(Snapshot(NOON, (general, special)), call())
    assert isinstance(chosen, Choice)
    assert chosen.doctor_id == "a"
    asked = choose(Snapshot(NOON, (general, special)), call(level="specialist"))
    assert isinstance(asked, Choice)
    assert asked.doctor_id == "bb"
    waited = NOON + timedelta(seconds=60)
    relaxed = choose(Snapshot(waited, (general, special)), call())
    assert isinstance(relaxed, Choice)
    assert relaxed.doctor_id == "bb", "after a minute the longest idle is what counts"


# --- phones -----------------------------------------------------------------------------------------------------------


def test_the_second_phone_is_rung_when_the_first_was_not_answered() -> None:
    two = doctor(phones=(Phone("first", "+919876500001"), Phone("second", "+919876500002")))
    tried = call(tried={"a": NOON}, tried_phones=frozenset({"first"}))
    chosen = choose(Snapshot(NOON, (two,)), tried)
    assert isinstance(chosen, Choice)
    assert chosen.phone.id == "second"
    both = call(tried={"a": NOON}, tried_phones=frozenset({"first", "second"}))
    assert choose(Snapshot(NOON, (two,)), both) == NobodyFree("all_busy", 1)


def test_a_control_room_is_rung_on_as_many_lines_as_it_has() -> None:
    room = Phone("room", "+917551234567", lines=2, room="Bhopal")
    sitting = [doctor(id, phones=(room,), claimed=id < "c", seat=f"{room.number}/{n}") for n, id in enumerate("abc", 1)]
    ranking = rank(Snapshot(NOON, tuple(sitting)), call())
    assert ranking.excluded == {"busy": 2, "number_in_use": 1}
    one_left = rank(Snapshot(NOON, (sitting[0], *sitting[2:])), call())
    assert [scored.seat for scored in one_left.best] == ["+917551234567/2"]


# --- the preferred doctor ---------------------------------------------------------------------------------------


def test_a_follow_up_waits_a_little_for_the_same_doctor_and_then_takes_anybody() -> None:
    same, other = doctor("a", claimed=True), doctor("bb")
    both = Snapshot(NOON + timedelta(seconds=19), (same, other))
    assert choose(both, call(preferred="a")) == NobodyFree("all_busy", 2)
    later = choose(Snapshot(NOON + timedelta(seconds=20), (same, other)), call(preferred="a"))
    assert isinstance(later, Choice)
    assert later.doctor_id == "bb"


def test_nobody_with_a_red_flag_waits_for_a_preferred_doctor() -> None:
    chosen = choose(Snapshot(NOON, (doctor("a", claimed=True), doctor("bb"))), call(preferred="a", priority="red_flag"))
    assert isinstance(chosen, Choice)


def test_the_same_doctor_is_rung_when_free_however_long_others_have_been_idle() -> None:
    same = doctor("a", free_since=NOON, languages=frozenset({"mr"}))
    chosen = choose(Snapshot(NOON, (same, doctor("bb"))), call(preferred="a"))
    assert isinstance(chosen, Choice)
    assert chosen.doctor_id == "a"
    off = choose(Snapshot(NOON, (doctor("a", duty="off"), doctor("bb"))), call(preferred="a"))
    assert isinstance(off, Choice)
    assert off.doctor_id == "bb"


# --- complaints (DOMAIN.md, "What users of such systems complain of") -------------------------------------------


def test_a_busy_volunteer_is_never_rung_while_a_free_one_is_there() -> None:
    staff = (doctor("a", claimed=True), doctor("bb", free_since=NOON))
    chosen = choose(Snapshot(NOON, staff), call())
    assert isinstance(chosen, Choice)
    assert chosen.doctor_id == "bb"


def test_a_no_is_final() -> None:
    hour_later = Snapshot(NOON + timedelta(hours=1), (doctor(),))
    assert choose(hour_later, call(declined_by=frozenset({"a"}))) == NobodyFree("all_declined", 1)


def test_off_shift_phones_are_never_rung() -> None:
    off = (doctor("a", duty="off"), doctor("bb", schedule=SCHEDULE), doctor("ccc", duty_until=NOON))
    assert choose(Snapshot(NOON, off), call()) == NobodyFree("nobody_on_duty", 0)


def test_one_bad_number_does_not_break_ring_all() -> None:
    rules = RoutingRules.model_validate({"ring": {"usual": "all"}})
    bad, good = doctor("a", phones=()), doctor("bb")
    chosen = choose(Snapshot(NOON, (bad, good)), call(), rules)
    assert isinstance(chosen, Choice)
    assert chosen.doctor_id == "bb"


def test_who_has_had_fewest_calls_today_is_rung_first_among_equals() -> None:
    hour_ago = NOON - timedelta(hours=1)
    tired, fresh = (doctor(id, free_since=hour_ago, day=NOON.date(), calls_today=n) for id, n in (("a", 3), ("bb", 1)))
    chosen = choose(Snapshot(NOON, (tired, fresh)), call())
    assert isinstance(chosen, Choice)
    assert chosen.doctor_id == "bb"
