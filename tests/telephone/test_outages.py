"""The controller dies, hangs or loses its line: callers go on where they stood, and never hear nothing for long."""

from __future__ import annotations

import time

import pytest

from phones.phone import Phone
from tests.telephone.conftest import DUTY_PHONE
from tests.telephone.house import House, together

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def duty(house: House) -> Phone:
    phone = house.net.phone(DUTY_PHONE)
    phone.behaves("rings")
    return phone


def test_callers_in_the_menu_and_waiting_notice_nothing_of_a_killed_controller(house: House) -> None:
    doctor = house.doctor("fever", duty="off")
    in_time, later = house.arrives(house.patient()), house.arrives(house.patient())
    waiting = house.seeks(house.patient())
    waiting.hears("seek.nobody", timeout=12)
    house.kills_controller()
    in_time.presses("2")  # a key that nobody is there to hear
    arriving = house.patient().dials("104")
    arriving.answered()
    time.sleep(0.5)
    house.starts_controller()
    together(lambda: in_time.hears("age.ask", timeout=4), lambda: arriving.hears("welcome", timeout=6))
    later.presses("3")
    later.hears("age.ask", timeout=3)
    waiting.hears_music(timeout=15)  # after what may be pressed where nobody is on duty
    house.goes_on_duty(doctor)
    doctors_side = house.accepts(doctor)
    house.until(lambda: "call.bridged" in house.kinds(waiting), 3, "the bridge")
    house.hear_each_other(waiting, doctors_side)
    choices = [house.entries(call, "menu.choice")[0]["choice"] for call in (in_time, later)]
    assert choices == ["heart", "neuro"]
    assert all(house.kinds(call).count("call.adopted") == 1 for call in (in_time, later, waiting))
    assert all(call.silence_longest() <= 3.0 for call in (in_time, later, waiting))


def test_a_doctor_who_answers_while_the_controller_is_dead_hears_the_offer(house: House) -> None:
    doctor = house.doctor("fever")
    call = house.seeks(house.patient())
    ring = doctor.rings()
    house.kills_controller()
    doctors_side = ring.answers()
    house.starts_controller()
    doctors_side.hears("offer.intro", timeout=6)
    doctors_side.presses("1")
    house.until(lambda: "call.bridged" in house.kinds(call), 3, "the bridge")
    house.hear_each_other(call, doctors_side)
    assert doctor.rang == 1
    call.hangs_up()


def test_a_bridged_call_notices_nothing_of_a_killed_controller(house: House) -> None:
    staying, leaving = house.doctor("heart"), house.doctor("skin")
    first, first_doctor = house.talks(house.patient(), staying, category="2")
    second, second_doctor = house.talks(house.patient(), leaving, category="4")
    house.kills_controller()
    house.hear_each_other(first, first_doctor)
    # This one ends while nobody watches: the doctor is asked as soon as somebody does.
    second.hangs_up()
    house.starts_controller()
    second_doctor.hears("disposition.ask", timeout=6)
    second_doctor.presses("1")
    house.hear_each_other(first, first_doctor, 600, 900)
    first.hangs_up()
    first_doctor.hears("disposition.ask", timeout=6)
    first_doctor.presses("4")
    for call, outcome in ((first, "emergency"), (second, "advice")):
        house.has_outcome(call, outcome)
        assert house.record(call).result == "consulted"


def test_a_hung_controller_is_apologised_for_within_ten_seconds_and_the_duty_phone_rings(
    house: House, duty: Phone
) -> None:
    house.stops_controller()
    call = house.patient().dials("104")
    call.answered()
    assert call.hears("apology.down", timeout=10) < 10
    ring = duty.rings(timeout=25)
    assert ring.caller_id == "104"
    other = ring.answers()
    house.hear_each_other(call, other)
    # It comes round, finds old news in its mail, and must leave this call alone.
    house.continues_controller()
    time.sleep(2.0)
    house.hear_each_other(call, other, 600, 900)
    assert house.time_limits() == [0, 0]
    doctor = house.doctor("general")
    call.hangs_up()
    other.ended()
    time.sleep(1.0)
    assert doctor.rang == 0


def test_who_stands_in_a_menu_or_waits_when_the_controller_is_gone_hears_an_apology(house: House, duty: Phone) -> None:
    duty.behaves("busy")
    waiting = house.seeks(house.patient())
    in_menu = house.arrives(house.patient())
    in_menu.presses("1")
    in_menu.hears("age.ask")
    in_menu.presses("*#")
    waiting.hears("seek.nobody", timeout=12)
    in_menu.hears("help.menu")
    house.kills_controller()

    def apologised(call: object, seconds: float) -> None:
        began = time.monotonic()
        call.hears("apology.down", timeout=seconds)  # type: ignore[attr-defined]
        assert time.monotonic() - began < seconds

    # A menu: the rest of its prompt, five seconds for a key, ten of grace. Music: a stretch of five, and the ten.
    late = house.patient().dials
    together(lambda: apologised(in_menu, 30), lambda: apologised(waiting, 30))
    fresh = late("104")
    fresh.answered()
    assert fresh.hears("apology.down", timeout=4) < 3
    fresh.hangs_up()
    waiting.hears("apology.goodbye", timeout=25)
    in_menu.hangs_up()
    house.starts_controller()


def test_a_cut_line_to_asterisk_is_taken_up_again_and_nothing_is_done_twice(house: House) -> None:
    ringing, talking = house.doctor("heart"), house.doctor("skin")
    bridged, bridged_doctor = house.talks(house.patient(), talking, category="4")
    waiting = house.seeks(house.patient(), "2")
    in_menu = house.arrives(house.patient())
    ring = ringing.rings()
    house.cuts_ami()
    in_menu.presses("1")
    in_menu.hears("age.ask", timeout=4)
    doctors_side = house.takes(ring)
    house.until(lambda: "call.bridged" in house.kinds(waiting), 3, "the bridge")
    house.hear_each_other(waiting, doctors_side)
    house.hear_each_other(bridged, bridged_doctor, 600, 900)
    assert (ringing.rang, talking.rang) == (1, 1)
    bridged.hangs_up()
    bridged_doctor.hears("disposition.ask", timeout=5)
    assert house.kinds(waiting).count("doctor.offered") == 1
    waiting.hangs_up()
    in_menu.hangs_up()
