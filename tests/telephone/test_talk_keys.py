"""What a doctor keys during a talk: the patient never hears it, and everybody is where the keys say."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from phones.call import PhoneCall
from phones.phone import Phone
from tests.telephone.house import House

pytestmark = pytest.mark.timeout(90)

# Peak of what the patient's phone gets while nobody speaks; a key's tone is above 3,000.
QUIET = 300


def presses_unheard(house: House, patient: PhoneCall, doctor: PhoneCall, key: str) -> None:
    """The doctor presses the star and a key: it gets on record, and the patient's phone gets no tone and no key."""
    house.until(lambda: _is_quiet(patient), 5, "quiet")
    start, keys = len(patient.heard()), patient.keys_heard
    before = len(house.entries(patient, "talk.key"))
    doctor.presses(f"*{key}", pause=0.05)
    heard = patient.heard()[start:]
    assert len(heard) == 0 or int(np.abs(heard.astype(int)).max()) < QUIET
    house.until(lambda: len(house.entries(patient, "talk.key")) > before, 3, f"*{key}")
    assert house.entries(patient, "talk.key")[-1]["key"] == key
    assert patient.keys_heard == keys


def _is_quiet(call: PhoneCall) -> bool:
    recent = call.heard()[-1600:]
    return len(recent) == 1600 and int(np.abs(recent.astype(int)).max()) < QUIET


def specialist(house: House, *categories: str, level: str = "specialist") -> Phone:
    """A doctor who is reached by escalation only."""
    phone = house.doctor(*(categories or ("fever",)))
    house.is_of_level(phone, level)
    return phone


@pytest.fixture
def talk(house: House) -> Iterator[tuple[PhoneCall, PhoneCall]]:
    """A patient and a doctor in a talk."""
    yield house.talks(house.patient(), house.doctor("fever"))


def has_outcome(house: House, call: PhoneCall, doctor: PhoneCall, key: str = "1") -> None:
    """The doctor is asked, keys, and the line is closed at once."""
    doctor.hears("disposition.ask")
    doctor.presses(key)
    doctor.ended(timeout=1.5)


def test_star_9_ends_the_talk_for_both_and_a_wrong_key_does_nothing(
    house: House, talk: tuple[PhoneCall, PhoneCall]
) -> None:
    call, doctor = talk
    presses_unheard(house, call, doctor, "5")
    house.hear_each_other(call, doctor)
    presses_unheard(house, call, doctor, "9")
    call.hears("goodbye.doctor_left")
    has_outcome(house, call, doctor, "2")
    call.ended(timeout=12)
    house.has_outcome(call, "prescription")


def test_star_2_hands_the_patient_over_to_another_doctor(house: House, talk: tuple[PhoneCall, PhoneCall]) -> None:
    call, doctor = talk
    second = house.doctor("fever")
    presses_unheard(house, call, doctor, "2")
    call.hears("talk.handed_over")
    has_outcome(house, call, doctor)
    other = second.rings().answers()
    other.hears("offer.handed_over")
    other.presses("1")
    house.until(lambda: house.kinds(call).count("call.bridged") == 2, 3, "the second talk")
    house.hear_each_other(call, other)
    call.hangs_up()
    has_outcome(house, call, other)
    detail = house.detail(call)
    assert [offer.result for offer in detail.offers] == ["accepted", "accepted"]
    assert house.record(call).talks == 2


def test_star_1_asks_a_specialist_privately_then_all_three_talk_and_the_first_doctor_leaves(
    house: House, talk: tuple[PhoneCall, PhoneCall]
) -> None:
    call, doctor = talk
    expert = specialist(house)
    presses_unheard(house, call, doctor, "1")
    call.hears("talk.hold")
    doctor.hears("talk.specialist_search")
    other = expert.rings().answers()
    other.hears("offer.colleague")
    other.presses("1")
    house.until(lambda: "talk.private" in house.kinds(call), 3, "the private talk")
    house.hear_each_other(doctor, other, 600.0, 1300.0)
    assert call.tone_seconds(600.0) < 0.1
    call.hears_music()
    doctor.presses("*1")
    house.until(lambda: "talk.joined" in house.kinds(call), 3, "three in the talk")
    for speaker, hz in ((call, 700.0), (doctor, 900.0), (other, 1500.0)):
        starts = {one: len(one.heard()) / 8000 for one in (call, doctor, other)}
        speaker.plays_tone(hz, 0.6)
        for one in starts.keys() - {speaker}:
            one.hears_tone(hz, after=starts[one])
    presses_unheard(house, call, doctor, "9")
    has_outcome(house, call, doctor)
    house.hear_each_other(call, other, 750.0, 1550.0)
    call.hangs_up()
    has_outcome(house, call, other)
    assert call.silence_longest(before=len(call.heard()) / 8000 - 3) <= 2.0


def test_nobody_for_star_1_brings_doctor_and_patient_together_again(
    house: House, talk: tuple[PhoneCall, PhoneCall]
) -> None:
    call, doctor = talk
    presses_unheard(house, call, doctor, "1")
    doctor.hears("talk.no_specialist", timeout=15)
    house.until(lambda: house.kinds(call).count("call.bridged") == 2, 12, "the talk again")
    house.hear_each_other(call, doctor, 750.0, 1250.0)
    call.hangs_up()
    has_outcome(house, call, doctor)


def test_star_3_brings_the_ambulance_in_and_the_doctor_may_leave(
    house: House, talk: tuple[PhoneCall, PhoneCall]
) -> None:
    call, doctor = talk
    ambulance = house.net.phone("108")
    presses_unheard(house, call, doctor, "3")
    ring = ambulance.rings()
    assert ring.caller_id == call.number  # it must find her
    third = ring.answers()
    house.until(lambda: "talk.joined" in house.kinds(call), 3, "three in the talk")
    house.hear_each_other(call, third, 750.0, 1250.0)
    presses_unheard(house, call, doctor, "9")
    has_outcome(house, call, doctor, "4")
    house.hear_each_other(call, third, 850.0, 1350.0)
    third.hangs_up()
    call.hears("goodbye.doctor_left")
    call.ended(timeout=12)
    assert house.entries(call, "ambulance.ended")[0]["status"] == "ANSWER"


def test_star_7_ends_the_call_with_a_notice(house: House, talk: tuple[PhoneCall, PhoneCall]) -> None:
    call, doctor = talk
    presses_unheard(house, call, doctor, "7")
    call.hears("abuse.notice")
    has_outcome(house, call, doctor)
    call.hangs_up()
    assert "talk.flagged" in house.kinds(call)
