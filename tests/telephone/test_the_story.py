"""A patient dials 104, talks to a doctor, and all of it is on record."""

from __future__ import annotations

import random

import pytest

from tests.telephone.house import House, together

pytestmark = pytest.mark.timeout(90)


def test_a_patient_reaches_a_doctor_and_each_hears_the_other(house: House) -> None:
    # Tones are drawn, so that no recording and no other test can stand in for the voices.
    patient_hz, doctor_hz = (float(hz) for hz in random.sample(range(450, 1900, 90), 2))
    doctor = house.doctor("fever")
    call = house.patient().dials("104")
    assert call.answered() < 1.0

    call.hears("welcome")
    call.hears("ambulance.hint")
    call.hears("menu.main")
    call.presses("1")
    call.hears("age.ask")
    call.presses("45#")
    call.hears("seek.start")

    ring = doctor.rings()
    assert ring.caller_id == "104"
    call.hears_music(timeout=12)
    doctors_side = ring.answers()
    for prompt in ("offer.intro", "category.fever", "offer.age_prefix", "age.45", "offer.keys"):
        doctors_side.hears(prompt)
    doctors_side.presses("1")
    house.until(lambda: "call.bridged" in house.kinds(call), 2, "the bridge")
    call_bridged, doctor_bridged = (len(side.heard()) / 8000 for side in (call, doctors_side))

    assert house.time_limits() == [0, 0], "the talk would be cut off"
    call.plays_tone(patient_hz, 2.5)
    doctors_side.plays_tone(doctor_hz, 2.5)
    doctors_side.hears_tone(patient_hz, seconds=2.0)
    call.hears_tone(doctor_hz, seconds=2.0)
    assert call.tone_seconds(doctor_hz, before=call_bridged) == 0
    assert doctors_side.tone_seconds(patient_hz, before=doctor_bridged) == 0
    assert call.silence_longest(before=call_bridged) <= 2.0

    call.hangs_up()
    doctors_side.hears("disposition.ask")
    doctors_side.presses("2")
    doctors_side.ended()

    record = house.record(call)
    house.has_outcome(call, "prescription")
    assert (record.result, record.ended_by, record.category, record.age_value) == ("consulted", "patient", "fever", 45)
    assert record.age_unit == "years"
    assert record.dialled == "104"
    assert record.doctor_id == house.doctor_id(doctor)
    assert record.talk_ms is not None
    assert record.talk_ms > 2000
    assert record.wait_ms is not None
    assert record.wait_ms > 5000
    house.until(lambda: all(leg.ended_at for leg in house.detail(call).legs), 2, "the legs' ends on record")
    detail = house.detail(call)
    assert [(leg.role, leg.ended_at is not None) for leg in detail.legs] == [("patient", True), ("doctor", True)]
    assert [offer.result for offer in detail.offers] == ["accepted"]
    kinds = house.kinds(call)
    in_order = [
        *("call.arrived", "key.pressed", "menu.choice", "answer.given", "seek.started", "doctor.offered"),
        *("doctor.ringing", "doctor.answered", "doctor.accepted", "call.bridged", "call.unbridged", "disposition"),
    ]
    positions = [kinds.index(kind) for kind in in_order]
    assert positions == sorted(positions), kinds


def test_the_doctor_who_leaves_first_is_said_goodbye_for_and_then_rests(house: House) -> None:
    doctor = house.doctor("fever")
    call, doctors_side = house.talks(house.patient(), doctor)
    doctors_side.hangs_up()
    call.hears("goodbye.doctor_left")
    call.hangs_up()
    record = house.record(call)
    assert (record.result, record.ended_by) == ("consulted", "patient")
    assert house.entries(call, "call.unbridged")[0]["by"] == "doctor"
    assert record.disposition in (None, "none")
    # The outcome was not keyed, so the doctor may be writing it down: nobody rings for wrap_up_seconds (2).
    ended = next(leg.ended_at for leg in house.detail(call).legs if leg.role == "doctor")
    second = house.seeks(house.patient())
    doctor.rings(timeout=6)
    offered = next(line.entry.at for line in house.detail(second).journal if line.entry.kind == "doctor.offered")
    assert ended is not None
    assert (offered - ended).total_seconds() >= 2.0
    second.hangs_up()


def test_both_hang_up_at_once(house: House) -> None:
    doctor = house.doctor("fever")
    call, doctors_side = house.talks(house.patient(), doctor)
    together(call.hangs_up, doctors_side.hangs_up)
    assert house.record(call).result == "consulted"
    assert house.kinds(call).count("call.unbridged") == 1


def test_two_calls_one_after_the_other_reach_the_same_doctor(house: House) -> None:
    doctor = house.doctor("fever")
    for outcome in ("1", "3"):
        call, doctors_side = house.talks(house.patient(), doctor)
        call.hangs_up()
        doctors_side.hears("disposition.ask")
        doctors_side.presses(outcome)
        doctors_side.ended(timeout=10)
        house.has_outcome(call, {"1": "advice", "3": "refer"}[outcome])
    assert doctor.rang == 2
