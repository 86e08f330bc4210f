"""Nobody hears two seconds of nothing, measured on what whole calls sounded like from answer to end."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from phones.call import PhoneCall
from phones.phone import Phone
from tests.telephone.conftest import DUTY_PHONE
from tests.telephone.house import House, together

pytestmark = pytest.mark.timeout(150)

MOST_SECONDS = 2.0


def sounds_all_along(call: PhoneCall) -> None:
    """The recording, kept for who wants to listen, never holds its breath for two seconds."""
    longest = call.silence_longest()
    assert longest < MOST_SECONDS, f"{longest:.2f} s of silence; {call.what_was_heard()}; {call.recording()}"


@pytest.fixture
def ambulance(house: House) -> Iterator[Phone]:
    phone = house.net.phone("108")
    phone.behaves("rings")
    yield phone
    phone.behaves("rings")


def test_calls_that_go_every_way_are_never_silent(house: House, ambulance: Phone) -> None:
    def never_presses_a_key() -> None:
        call = house.patient().dials("104")
        call.answered()
        time.sleep(28)  # the menu, the silence after it, and the menu again
        call.hangs_up()
        sounds_all_along(call)

    def waits_for_a_doctor() -> None:
        call = house.seeks(house.patient())
        time.sleep(24)
        call.hangs_up()
        sounds_all_along(call)

    def waits_for_the_ambulance() -> None:
        call = house.arrives(house.patient())
        call.presses("8")
        call.hears("ambulance.confirm")
        call.presses("1")
        ring = ambulance.rings(timeout=15)
        time.sleep(8)
        other = ring.answers()
        heard = len(call.heard()) / 8000
        other.hangs_up()
        call.ended(timeout=15)
        sounds_all_along(call)
        assert call.tone_seconds(400, before=heard) > 1.5

    def is_offered_to_a_doctor_who_says_nothing() -> None:
        doctor = house.doctor("skin")
        call = house.seeks(house.patient(), category="4")
        offered = doctor.rings().answers()
        offered.ended(timeout=40)
        call.hangs_up()
        sounds_all_along(offered)
        sounds_all_along(call)

    def talks_and_hears_nothing_but_the_other() -> None:
        """What rings for whoever waits must not ring into a talk."""
        call, other = house.talks(house.patient(), house.doctor("heart"), category="2")
        began = [len(side.heard()) / 8000 for side in (call, other)]
        time.sleep(4)
        assert [side.tone_seconds(400, after=at) for side, at in zip((call, other), began, strict=True)] == [0, 0]
        call.hangs_up()

    together(
        never_presses_a_key,
        waits_for_a_doctor,
        waits_for_the_ambulance,
        is_offered_to_a_doctor_who_says_nothing,
        talks_and_hears_nothing_but_the_other,
    )


def test_callers_of_a_dead_controller_hear_no_silence(house: House) -> None:
    """In a menu, on arrival, and while the duty phone rings."""
    duty = house.net.phone(DUTY_PHONE)
    duty.behaves("rings")
    in_a_menu = house.arrives(house.patient())
    in_a_menu.presses("8")
    in_a_menu.hears("ambulance.confirm")
    house.kills_controller()
    in_a_menu.presses("9")
    arriving = house.patient().dials("104")
    arriving.answered()
    together(
        lambda: arriving.hears("apology.down", timeout=10),
        lambda: in_a_menu.hears("apology.down", timeout=30),
    )
    duty.rings(timeout=25)
    time.sleep(5)
    for call in (arriving, in_a_menu):
        call.hangs_up()
        sounds_all_along(call)
