"""The doctor's line: the state first, then the keys that change it. No key may leave a doctor on duty unknowingly."""

from __future__ import annotations

import pytest

from flows import commands as do
from flows.events import Keyed, Played, Served, Silent
from tests.unit.flows.conftest import Caller, Dials

MENU = ("doctor_line.menu", "doctor_line.menu_last")


def knows(duty: str = "off", until: str = "", calls: int = 3, minutes: int = 24) -> Served:
    values = {"duty": duty, "until": until, "calls_today": str(calls), "minutes_today": str(minutes)}
    return Served("known", values)


def on_the_line(dials: Dials, **known: object) -> Caller:
    return dials("doctor_line").meets(knows(**known))  # type: ignore[arg-type]


@pytest.mark.parametrize("duty", ["on", "off", "paused"])
def test_the_state_is_said_before_anything_else(dials: Dials, duty: str) -> None:
    assert on_the_line(dials, duty=duty).heard == (f"duty.{duty}", *MENU)


def test_an_end_of_duty_is_said_with_its_time(dials: Dials) -> None:
    doctor = on_the_line(dials, duty="on", until="18:00")
    assert doctor.heard == ("doctor_line.on_until", "=time:18:00", *MENU)


def test_an_old_end_of_duty_is_not_said_to_a_doctor_who_is_off(dials: Dials) -> None:
    assert on_the_line(dials, duty="off", until="18:00").heard == ("duty.off", *MENU)


@pytest.mark.parametrize(("key", "hours"), [("1", "2"), ("2", "4")])
def test_on_duty_for_two_or_four_hours_takes_two_keys(dials: Dials, key: str, hours: str) -> None:
    doctor = on_the_line(dials).meets(Keyed("1"), Keyed(key))
    assert doctor.asked[-1] == ("set_duty", {"duty": "on", "hours": hours})


def test_on_duty_till_the_doctor_says_has_no_hours(dials: Dials) -> None:
    doctor = on_the_line(dials).meets(Keyed("1"), Keyed("1"))
    doctor.meets(Served("done", {"duty": "on", "until": "18:00"}), Keyed("1"), Keyed("3"))
    assert doctor.asked[-1] == ("set_duty", {"duty": "on"})
    assert doctor.meets(Served("done", {"duty": "on"})).heard == ("doctor_line.done", "duty.on", *MENU)


def test_hours_can_be_keyed(dials: Dials) -> None:
    doctor = on_the_line(dials).meets(Keyed("1"), Keyed("4"), Keyed("12"))
    assert doctor.asked[-1] == ("set_duty", {"duty": "on", "hours": "12"})


@pytest.mark.parametrize("keyed", ["0", "25"])
def test_hours_that_are_no_duty_are_asked_again(dials: Dials, keyed: str) -> None:
    doctor = on_the_line(dials).meets(Keyed("1"), Keyed("4"), Keyed(keyed))
    assert doctor.heard == ("doctor_line.hours_wrong", "doctor_line.hours")


@pytest.mark.parametrize(("key", "duty"), [("2", "off"), ("3", "paused")])
def test_off_duty_and_paused_take_one_key_and_are_said_again(dials: Dials, key: str, duty: str) -> None:
    doctor = on_the_line(dials, duty="on").meets(Keyed(key))
    assert doctor.asked[-1] == ("set_duty", {"duty": duty})
    doctor.meets(Served("done", {"duty": duty, "until": ""}))
    assert doctor.heard == ("doctor_line.done", f"duty.{duty}", *MENU)


@pytest.mark.parametrize(
    ("calls", "heard"),
    [
        (0, ("doctor_line.no_calls",)),
        (1, ("doctor_line.one_call", "=minutes:24")),
        (3, ("doctor_line.calls", "=number:3", "doctor_line.calls_took", "=minutes:24")),
    ],
)
def test_todays_calls_are_counted(dials: Dials, calls: int, heard: tuple[str, ...]) -> None:
    assert on_the_line(dials, calls=calls).meets(Keyed("4")).heard == (*heard, *MENU)


def test_nine_says_the_state_again(dials: Dials) -> None:
    assert on_the_line(dials, duty="on").meets(Keyed("1"), Keyed("9")).heard == ("duty.on", *MENU)


def test_a_doctor_who_only_listens_changes_nothing(dials: Dials) -> None:
    doctor = on_the_line(dials, duty="on").meets(Silent(), Silent())
    assert doctor.heard == ("doctor_line.thanks",)
    assert doctor.meets(Played()).last[-1] == do.HangUp()
    assert [service for service, _ in doctor.asked] == ["doctor"]


def test_a_doctor_who_never_says_until_when_is_told_that_nothing_changed(dials: Dials) -> None:
    doctor = on_the_line(dials).meets(Keyed("1"), Silent(), Silent())
    assert doctor.heard == ("doctor_line.unchanged",)
    assert [service for service, _ in doctor.asked] == ["doctor"]


def test_an_unknown_number_is_told_whom_to_call_and_let_go(dials: Dials) -> None:
    stranger = dials("doctor_line").meets(Served("unknown"))
    assert stranger.heard == ("doctor_line.unknown",)
    assert stranger.meets(Played()).state.ended


@pytest.mark.parametrize("key", ["2", "3"])
def test_a_change_that_failed_is_said_to_have_failed(dials: Dials, key: str) -> None:
    assert on_the_line(dials, duty="on").meets(Keyed(key), Served("failed")).heard == ("doctor_line.broken",)


def test_the_last_caller_is_rung_again_by_one_key(dials: Dials) -> None:
    doctor = on_the_line(dials, duty="on").meets(Keyed("5"))
    assert doctor.asked[-1] == ("dial_back", {})
    nobody = doctor.meets(Served("none"))
    assert nobody.heard == ("doctor_line.no_last_caller", *MENU)
    assert nobody.meets(Keyed("5"), Served("ordered")).heard == ("doctor_line.dialling_back",)
