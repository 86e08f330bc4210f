"""Nobody is free: the patient is told, waits with music, gets the first doctor to become free, or is called back."""

from __future__ import annotations

import pytest

from tests.telephone.house import House, together

pytestmark = pytest.mark.timeout(120)


def test_who_waits_hears_music_and_gets_the_first_doctor_to_become_free(house: House) -> None:
    doctor = house.doctor("fever")
    first, doctors_side = house.talks(house.patient(), doctor)
    second = house.seeks(house.patient())
    second.hears("seek.busy", timeout=12)
    second.hears_music(timeout=25)
    assert doctor.rang == 1
    first.hangs_up()
    doctors_side.hears("disposition.ask")
    doctors_side.presses("1")
    doctors_side.ended(timeout=8)
    house.accepts(doctor, timeout=8)
    house.until(lambda: "call.bridged" in house.kinds(second), 3, "the bridge")
    assert second.silence_longest() <= 2.0
    second.hangs_up()
    record = house.record(second)
    assert record.result == "consulted"
    assert [entry["reason"] for entry in house.entries(second, "seek.nobody_free")] == ["all_busy"]


def test_a_doctor_who_goes_on_duty_is_rung_for_who_waits(house: House) -> None:
    doctor = house.doctor("fever", duty="off")
    call = house.seeks(house.patient())
    call.hears("seek.nobody", timeout=12)
    house.goes_on_duty(doctor)
    doctors_side = house.accepts(doctor, timeout=3)
    house.until(lambda: "call.bridged" in house.kinds(call), 3, "the bridge")
    house.hear_each_other(call, doctors_side)
    call.hangs_up()


def test_one_stores_a_callback_once_per_number(house: House) -> None:
    """A family's one phone line may well call twice."""
    patient = house.patient()

    def asks_to_be_called_back() -> None:
        call = house.seeks(patient)
        call.hears("seek.nobody", timeout=12)
        call.presses("1")
        call.hears("callback.stored")
        call.ended(timeout=10)
        record = house.record(call)
        assert (record.result, record.ended_by) == ("callback", "system")

    together(asks_to_be_called_back, asks_to_be_called_back)
    requests = house.callbacks(patient.number)
    assert [(request.category, request.state) for request in requests] == [("fever", "open")]


def test_one_before_the_announcement_asks_for_no_callback(house: House) -> None:
    """A patient who keys her age once more does not lose her place for it."""
    doctor = house.doctor("fever")
    patient = house.patient()
    call = house.seeks(patient, age="1#")
    call.presses("1")
    house.accepts(doctor)
    house.until(lambda: "call.bridged" in house.kinds(call), 3, "the bridge")
    call.hangs_up()
    assert house.callbacks(patient.number) == []


def test_who_withholds_the_number_is_served_but_cannot_be_called_back(house: House) -> None:
    doctor = house.doctor("fever", duty="off")
    patient = house.patient()
    call = patient.dials("104", withheld=True)
    call.answered()
    call.hears_something()
    call.presses("1")
    call.hears("age.ask")
    call.presses("30#")
    call.hears("seek.nobody", timeout=12)
    call.presses("1")
    call.hears("callback.impossible")
    house.goes_on_duty(doctor)
    doctors_side = house.accepts(doctor)
    house.until(lambda: "call.bridged" in house.last_kinds(), 3, "the bridge")
    house.hear_each_other(call, doctors_side)
    call.hangs_up()
    assert house.find(call) is None  # on record without the number
