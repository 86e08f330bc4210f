"""What a doctor keys during a talk: the patient never hears it, and everybody is where the keys say."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import numpy as np
import pytest

from config.clock import utc_now
from config.schema import Doctor, Message
from phones.call import PhoneCall
from phones.phone import Phone
from routing import strikes
from tests.telephone.house import House, together

pytestmark = pytest.mark.timeout(90)

# rtp_timeout is 5 s here, and Asterisk looks once in as many; then the first seconds of a sentence are heard.
VANISHED = 15.0

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
def talk(house: House) -> tuple[PhoneCall, PhoneCall]:
    """A patient and a doctor in a talk."""
    return house.talks(house.patient(), house.doctor("fever"))


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
    house.until(lambda: "3" in doctor.keys_heard, 3, "the beep that tells the doctor alone")
    assert call.keys_heard == ""
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


def a_patient_who_was_cut_off_is_rung_again_by_one_key_and_nobody_sees_a_number(house: House) -> None:
    patient, phone = house.patient(), house.doctor("neuro")
    call, doctor = house.talks(patient, phone, category="3")
    call.vanishes()
    doctor.hears("disposition.cut_off", timeout=VANISHED)
    doctor.hears("disposition.ask")
    call.hangs_up()
    doctor.presses("5")
    ring = patient.rings()
    assert ring.caller_id == "104"
    again = ring.answers()
    again.hears("callback.asked")
    again.presses("1")
    house.until(lambda: house.kinds(call).count("call.bridged") == 2, 3, "the talk again")
    house.hear_each_other(again, doctor, 750.0, 1250.0)
    again.hangs_up()
    has_outcome(house, call, doctor, "2")
    assert [phone.number[-8:] in message.text for message in again.sip_messages()].count(True) == 0
    assert [patient.number[-8:] in message.text for message in doctor.sip_messages()].count(True) == 0


def a_doctor_who_was_cut_off_is_rung_first_for_the_same_patient(house: House) -> None:
    phone = house.doctor("fever")
    call, doctor = house.talks(house.patient(), phone)
    idle = house.doctor("fever")  # never had a call, so would be first
    doctor.vanishes()
    call.hears("talk.doctor_cut_off", timeout=VANISHED)
    ring = phone.rings(timeout=6).answers()
    ring.hears("offer.was_cut_off")
    ring.presses("1")
    house.until(lambda: house.kinds(call).count("call.bridged") == 2, 3, "the talk again")
    assert idle.rang == 0
    call.hangs_up()
    ring.hangs_up()


def three_strikes_block_the_number_and_the_ambulance_stays_open(house: House) -> None:
    patient = house.patient()
    with house.rehearsal.database.writing() as session:
        for each in ("call-a", "call-b"):
            strikes.record(session, number=patient.number, call_id=each + patient.number, doctor_id="d", at=utc_now())
    call, doctor = house.talks(patient, house.doctor("skin"), category="4")
    doctor.presses("*7")
    call.hears("abuse.notice")
    call.ended(timeout=20)
    doctor.hangs_up()
    with house.rehearsal.database.reading() as session:
        assert patient.number in strikes.blocked_numbers(session, utc_now(), timedelta(days=90))
    call = patient.dials("104")
    call.hears("blocked.notice")
    call.presses("8")
    call.hears("ambulance.confirm")
    call.hangs_up()


def _was_not_answered(house: House, call: PhoneCall) -> bool:
    return "no_answer" in house.offers(call).values()


def two_unanswered_offers_pause_the_doctor_who_is_told_by_sms(house: House) -> None:
    phone = house.doctor("heart")
    for _ in range(2):
        call = house.seeks(house.patient(), "2")
        ring = phone.rings(timeout=12)
        ring.stopped_ringing(within=10)
        house.until(partial(_was_not_answered, house, call), 3, "the end of the offer")
        call.hangs_up()
        with house.rehearsal.database.writing() as session:  # the rest after an unanswered offer is over
            session.get_one(Doctor, house.doctor_id(phone)).cool_down_until = None
    with house.rehearsal.database.reading() as session:
        doctor = session.get_one(Doctor, house.doctor_id(phone))
        assert (doctor.duty, doctor.duty_reason) == ("paused", "unanswered")
        assert session.query(Message).filter_by(recipient=phone.number, template="duty_paused").count() == 1


def test_who_is_cut_off_is_rung_again(house: House) -> None:
    """Two talks at once: in one the patient's phone vanishes, in the other the doctor's."""
    together(
        lambda: a_patient_who_was_cut_off_is_rung_again_by_one_key_and_nobody_sees_a_number(house),
        lambda: a_doctor_who_was_cut_off_is_rung_first_for_the_same_patient(house),
    )


def test_abuse_blocks_a_caller_and_silence_pauses_a_doctor(house: House) -> None:
    together(
        lambda: three_strikes_block_the_number_and_the_ambulance_stays_open(house),
        lambda: two_unanswered_offers_pause_the_doctor_who_is_told_by_sms(house),
    )


def test_a_controller_that_is_killed_between_two_doctors_leaves_everybody_talking(house: House) -> None:
    """In one call a specialist is sought, in another all three talk: the successor takes both up where they are."""
    sought, sought_by = house.talks(house.patient(), house.doctor("heart"), category="2")
    late = specialist(house, "heart")
    late.behaves("busy")
    call, doctor = house.talks(house.patient(), house.doctor("fever"))
    expert = specialist(house, "fever")
    doctor.presses("*1")
    other = house.accepts(expert)
    house.until(lambda: "talk.private" in house.kinds(call), 3, "the private talk")
    doctor.presses("*1")
    house.until(lambda: "talk.joined" in house.kinds(call), 3, "three in the talk")
    sought_by.presses("*1")
    sought.hears("talk.hold")
    house.kills_controller()
    start = len(call.heard()) / 8000
    other.plays_tone(1300.0, 0.6)
    call.hears_tone(1300.0, after=start)
    house.starts_controller()
    doctor.presses("*9")
    house.hear_each_other(call, other, 750.0, 1550.0)
    call.hangs_up()
    late.behaves("rings")
    answered = house.takes(late.rings(timeout=75))
    house.until(lambda: "talk.private" in house.kinds(sought), 5, "the other private talk")
    house.hear_each_other(sought_by, answered, 600.0, 1300.0)
    assert sought.silence_longest(after=len(sought.heard()) / 8000 - 8) <= 2.0
