"""Patients who leave and phones that vanish, at every step: nobody's phone goes on ringing for nobody."""

from __future__ import annotations

import time

import pytest

from tests.telephone.house import House, together

pytestmark = pytest.mark.timeout(90)

# rtp_timeout is 5 s here, and Asterisk looks once in as many: a phone that vanished just after a look has 10 s.
VANISHED = 12.0


def test_the_doctors_phone_stops_ringing_within_a_second_of_the_patients_hang_up(house: House) -> None:
    doctor = house.doctor("fever")
    call = house.seeks(house.patient())
    ring = doctor.rings()
    call.hangs_up()
    ring.stopped_ringing(within=1.0)
    assert house.record(call).result == "abandoned_queue"
    assert house.offers(call) == {doctor.number: "withdrawn"}


def test_a_patient_who_leaves_before_the_doctors_channel_exists_leaves_no_phone_ringing(house: House) -> None:
    """Hang-ups at moments around the claim, the origination and the first ring: each at another millisecond."""
    doctors = [house.doctor("fever") for _ in range(4)]

    def leaves_after(milliseconds: int) -> None:
        call = house.arrives(house.patient())
        call.presses("1")
        call.hears("age.ask")
        call.presses("7#")
        time.sleep(milliseconds / 1000)
        call.hangs_up()

    together(*(lambda pause=pause: leaves_after(pause) for pause in (0, 15, 40, 90)))
    time.sleep(1.0)
    for doctor in doctors:
        for call in doctor.calls:
            assert call.ended_at is not None, f"{doctor.number} still rings"


def test_a_patient_who_leaves_at_the_moment_of_the_acceptance_bridges_nobody(house: House) -> None:
    doctor = house.doctor("fever")
    call = house.seeks(house.patient())
    doctors_side = doctor.rings().answers()
    doctors_side.hears_something()
    together(call.hangs_up, lambda: doctors_side.presses("1"))
    # Whoever was quicker: the doctor is told that the patient has gone, or asked for the outcome of a very short talk.
    heard = {"n": 0.0}

    def told() -> bool:
        names = [name for _, name in house.net.prompts.recognise(doctors_side.heard())]
        heard["n"] += 1
        return bool({"offer.taken_back", "disposition.ask"} & set(names)) or doctors_side.ended_at is not None

    house.until(told, 8, "a word to the doctor")
    if doctors_side.is_up:
        doctors_side.hangs_up()
    assert house.record(call).result in ("abandoned_queue", "consulted")


def test_a_patients_phone_that_vanishes_is_noticed_by_its_missing_sound(house: House) -> None:
    doctor = house.doctor("fever")
    at_menu = house.arrives(house.patient())
    at_menu.vanishes()
    call, doctors_side = house.talks(house.patient(), doctor)
    call.vanishes()
    doctors_side.hears("disposition.cut_off", timeout=VANISHED)
    doctors_side.presses("1")
    at_menu.ended(timeout=VANISHED)
    assert house.record(call).ended_by == "network"
    assert house.record(at_menu).ended_by == "network"
    assert house.record(call).result == "consulted"


def test_a_doctors_phone_that_vanishes_does_not_hold_the_patient(house: House) -> None:
    doctor = house.doctor("fever")
    call, doctors_side = house.talks(house.patient(), doctor)
    doctors_side.vanishes()
    call.hears("talk.doctor_cut_off", timeout=VANISHED)
    call.hangs_up()
    assert house.record(call).result == "consulted"


def test_a_patient_who_leaves_while_waiting_with_music_is_forgotten(house: House) -> None:
    call = house.seeks(house.patient())
    call.hears("seek.nobody", timeout=12)
    call.hangs_up()
    assert house.record(call).result == "abandoned_queue"
    late = house.doctor("fever", duty="off")
    house.goes_on_duty(late)
    time.sleep(1.5)
    assert late.rang == 0
