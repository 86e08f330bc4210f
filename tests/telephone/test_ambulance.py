"""Eight is the ambulance from everywhere, confirmed once; whoever cannot press any more is connected."""

from __future__ import annotations

import pytest

from phones.call import PhoneCall
from phones.phone import Phone
from tests.telephone.house import House

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def ambulance(house: House) -> Phone:
    phone = house.net.phone("108")
    phone.behaves("rings")
    return phone


def is_connected(house: House, call: PhoneCall, ambulance: Phone) -> None:
    """The patient hears that she is connected, 108 rings and shows 104, and they talk."""
    call.hears("ambulance.connecting")
    ring = ambulance.rings(timeout=10)
    other = ring.answers()
    house.hear_each_other(call, other)
    assert house.time_limits() == [0, 0]
    call.hangs_up()
    other.ended()
    record = house.record(call)
    assert record.result == "ambulance"
    assert house.entries(call, "ambulance.dialled") == [{"number": "108"}]


def test_eight_and_one_at_the_menu_bring_the_ambulance(house: House, ambulance: Phone) -> None:
    call = house.arrives(house.patient())
    call.presses("8")
    call.hears("ambulance.confirm")
    call.presses("1")
    is_connected(house, call, ambulance)
    assert "ambulance.answered" in house.kinds(call)


def test_eight_while_waiting_stops_the_search_and_brings_the_ambulance(house: House, ambulance: Phone) -> None:
    doctor = house.doctor("fever")
    call = house.seeks(house.patient())
    ring = doctor.rings()
    call.presses("8")
    ring.stopped_ringing(within=1.5)
    call.hears("ambulance.confirm")
    call.presses("8")
    is_connected(house, call, ambulance)


def test_eight_in_the_help_at_the_age_and_silence_bring_the_ambulance(house: House, ambulance: Phone) -> None:
    call = house.arrives(house.patient())
    call.presses("1")
    call.hears("age.ask")
    call.presses("*#")
    call.hears("help.menu")
    call.presses("8")
    call.hears("ambulance.confirm")
    # Nothing more is pressed.
    call.hears("ambulance.connecting", timeout=15)
    ambulance.rings(timeout=10)
    call.hangs_up()


def test_nine_at_the_confirmation_is_the_way_back(house: House, ambulance: Phone) -> None:
    before = ambulance.rang
    call = house.arrives(house.patient())
    call.presses("8")
    call.hears("ambulance.confirm")
    call.presses("9")
    call.hears("menu.main")
    call.hangs_up()
    assert ambulance.rang == before


def test_a_busy_ambulance_is_named_and_a_doctor_sought(house: House, ambulance: Phone) -> None:
    ambulance.behaves("busy")
    doctor = house.doctor("general")
    call = house.arrives(house.patient())
    call.presses("88")
    call.hears("ambulance.failed", timeout=15)
    doctors_side = house.accepts(doctor, timeout=15)
    house.until(lambda: "call.bridged" in house.kinds(call), 3, "the bridge")
    house.hear_each_other(call, doctors_side)
    call.hangs_up()
    assert house.entries(call, "ambulance.ended")[0]["status"] == "BUSY"
    assert house.record(call).result == "consulted"


def test_the_ambulance_hangs_up_first_and_the_patient_is_said_goodbye(house: House, ambulance: Phone) -> None:
    call = house.arrives(house.patient())
    call.presses("8")
    call.hears("ambulance.confirm")
    call.presses("1")
    other = ambulance.rings(timeout=10).answers()
    house.until(lambda: "ambulance.answered" in house.kinds(call), 3, "the ambulance's answer on record")
    other.hangs_up()
    call.hears("goodbye.patient")
    call.ended(timeout=10)
    record = house.record(call)
    assert (record.result, record.ended_by) == ("ambulance", "system")
