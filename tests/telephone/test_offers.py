"""Doctors who do not take the call: the next one is asked, and nobody is asked twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.telephone.house import House, together

pytestmark = pytest.mark.timeout(120)

EARLIER = datetime.now(UTC) - timedelta(hours=1)


def test_phones_that_cannot_be_rung_lead_to_the_next_doctor_until_one_accepts(house: House) -> None:
    busy, unknown, switched_off = (house.doctor("fever") for _ in range(3))
    busy.behaves("busy")  # 486
    unknown.behaves("unallocated")  # 404
    switched_off.behaves("unreachable")  # 480
    out_of_order = house.doctor("fever", idle_since=EARLIER)
    declining = house.doctor("fever", idle_since=EARLIER + timedelta(minutes=1))
    willing = house.doctor("fever", idle_since=EARLIER + timedelta(minutes=2))
    call = house.seeks(house.patient())
    out_of_order.rings(timeout=10).rejects(503)
    declining.rings().rejects(603)
    doctors_side = house.accepts(willing)
    house.until(lambda: "call.bridged" in house.kinds(call), 3, "the bridge")
    house.hear_each_other(call, doctors_side)
    assert house.offers(call) == {
        busy.number: "busy",
        unknown.number: "unreachable",
        switched_off.number: "no_answer",
        out_of_order.number: "unreachable",
        declining.number: "declined",
        willing.number: "accepted",
    }
    assert call.silence_longest(before=call.hears_tone(1100)) <= 2.0
    call.hangs_up()


def test_a_doctor_who_declines_is_thanked_and_not_rung_again_for_this_call(house: House) -> None:
    first = house.doctor("fever")
    call = house.seeks(house.patient())
    doctors_side = first.rings().answers()
    doctors_side.hears("offer.intro")
    doctors_side.presses("2")
    doctors_side.hears("offer.declined_thanks")
    doctors_side.ended(timeout=8)
    # Nobody else is there: the patient is told, and the doctor stays unrung although free.
    call.hears("seek.busy", timeout=12)
    assert first.rang == 1
    second = house.doctor("fever")
    house.goes_on_duty(second)
    house.accepts(second)
    house.until(lambda: "call.bridged" in house.kinds(call), 3, "the bridge")
    assert first.rang == 1
    assert house.offers(call) == {first.number: "declined", second.number: "accepted"}
    call.hangs_up()


def test_no_answer_and_a_voicemail_lead_to_the_next_doctor(house: House) -> None:
    """Two calls at once: one doctor lets it ring, the other's voicemail talks and never presses 1."""
    sleeping, awake = house.doctor("heart"), house.doctor("heart", idle_since=EARLIER)
    machine, person = house.doctor("skin"), house.doctor("skin", idle_since=EARLIER)
    machine.behaves("voicemail")

    def lets_it_ring() -> None:
        call = house.seeks(house.patient(), "2")
        ring = sleeping.rings()
        ring.stopped_ringing(within=10)
        house.accepts(awake)
        house.until(lambda: "call.bridged" in house.kinds(call), 3, "the bridge")
        assert house.offers(call) == {sleeping.number: "no_answer", awake.number: "accepted"}
        call.hangs_up()

    def is_a_machine() -> None:
        call = house.seeks(house.patient(), "4")
        house.until(lambda: machine.rang == 1, 5, "the call to the voicemail")
        house.accepts(person, timeout=45)
        house.until(lambda: "call.bridged" in house.kinds(call), 3, "the bridge")
        assert house.offers(call) == {machine.number: "unconfirmed", person.number: "accepted"}
        assert call.silence_longest() <= 2.0
        call.hangs_up()

    together(lets_it_ring, is_a_machine)


def test_a_doctor_who_hangs_up_during_the_offer_has_declined(house: House) -> None:
    first, second = house.doctor("fever"), house.doctor("fever", idle_since=EARLIER)
    call = house.seeks(house.patient())
    doctors_side = first.rings().answers()
    doctors_side.hears_something()
    doctors_side.hangs_up()
    house.accepts(second)
    house.until(lambda: "call.bridged" in house.kinds(call), 3, "the bridge")
    assert house.offers(call) == {first.number: "declined", second.number: "accepted"}
    call.hangs_up()


def test_the_offer_says_complaint_and_age(house: House) -> None:
    cases = [("2", "heart", "0", 0), ("4", "skin", "1", 1), ("5", "maternity", "45", 45), ("6", "child", "120", 120)]
    doctors = {category: house.doctor(category) for _, category, _, _ in cases}

    def offered(key: str, category: str, keys: str, age: int) -> None:
        # Three digits are the most an age has, so 120 needs no #.
        call = house.seeks(house.patient(), key, keys if len(keys) == 3 else f"{keys}#")
        doctors_side = doctors[category].rings().answers()
        for prompt in ("offer.intro", f"category.{category}", "offer.age_prefix", f"age.{age}", "offer.keys"):
            doctors_side.hears(prompt)
        call.hangs_up()
        record = house.record(call)
        assert (record.category, record.age_value, record.age_unit) == (category, age, "years")

    together(*(lambda case=case: offered(*case) for case in cases))


def test_a_patient_who_leaves_while_the_doctor_hears_the_offer_is_taken_back(house: House) -> None:
    doctor = house.doctor("fever")
    call = house.seeks(house.patient())
    doctors_side = doctor.rings().answers()
    doctors_side.hears("offer.intro")
    call.hangs_up()
    doctors_side.hears("offer.taken_back", timeout=4)
    doctors_side.ended(timeout=8)
    assert house.offers(call) == {doctor.number: "withdrawn"}
    assert house.record(call).result == "abandoned_queue"
