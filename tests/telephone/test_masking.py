"""Neither side learns the other's number or name: every SIP message of every leg is read."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from phones.call import PhoneCall
from phones.phone import Phone
from phones.sip_capture import SipMessage
from tests.telephone.house import House

pytestmark = pytest.mark.timeout(90)

DOCTORS_NAME, PATIENTS_NAME = "Vaidehi Kulkarni", "Sunita Devi"


@pytest.fixture(autouse=True)
def _patients_have_names(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The operator sends the caller's name with the number."""
    board = house.net.switchboard
    act: Callable[..., Coroutine[Any, Any, Any]] = board._act

    async def act_with_name(action: str, headers: dict[str, Any], session: Any = None) -> Any:
        if action == "Originate" and "CallerID" in headers:
            headers["CallerID"] = f'"{PATIENTS_NAME}" {headers["CallerID"]}'
        return await act(action, headers, session)

    monkeypatch.setattr(board, "_act", act_with_name)


def nothing_of(messages: list[SipMessage], other: Phone, name: str) -> None:
    """The messages hold neither the last eight digits of the number nor a word of the name."""
    assert messages
    secrets = [other.number[-8:], *name.split()]
    for message in messages:
        found = [secret for secret in secrets if secret.lower() in message.text.lower()]
        assert not found, f"{found} in:\n{message.text}"


def whole(messages: list[SipMessage]) -> None:
    """From the first INVITE to the BYE's answer: or the test would have missed what came after."""
    kinds = [(message.method, message.status) for message in messages]
    assert ("INVITE", None) in kinds, kinds
    assert ("BYE", 200) in kinds, kinds


def test_a_talk_that_the_patient_ends_tells_neither_side_who_the_other_is(house: House) -> None:
    patient, doctor = house.patient(), house.doctor("fever", name=f"Dr {DOCTORS_NAME}")
    call, doctors_side = house.talks(patient, doctor)
    house.hear_each_other(call, doctors_side)
    call.hangs_up()
    doctors_side.hears("disposition.ask")
    doctors_side.presses("1")
    doctors_side.ended(timeout=10)
    _both_are_masked(call, patient, doctors_side, doctor)
    # The test would see a name if there was one: the patient's own leg has it.
    assert any(PATIENTS_NAME in message.text for message in call.sip_messages())


def test_a_talk_that_the_doctor_ends_tells_neither_side_who_the_other_is(house: House) -> None:
    patient, doctor = house.patient(), house.doctor("fever", name=f"Dr {DOCTORS_NAME}")
    call, doctors_side = house.talks(patient, doctor)
    doctors_side.hangs_up()
    call.hears("goodbye.doctor_left")
    call.ended(timeout=12)
    _both_are_masked(call, patient, doctors_side, doctor)


def test_an_offer_that_is_not_taken_tells_nothing_either(house: House) -> None:
    patient = house.patient()
    declining = house.doctor("fever", name=f"Dr {DOCTORS_NAME}")
    call = house.seeks(patient)
    doctors_side = declining.rings().answers()
    doctors_side.hears_something()
    doctors_side.presses("2")
    doctors_side.ended(timeout=8)
    second = house.doctor("fever", name=f"Dr {DOCTORS_NAME}", duty="off")
    house.goes_on_duty(second)
    ring = second.rings()
    call.hangs_up()
    ring.stopped_ringing(within=1.5)
    nothing_of(ring.sip_messages(), patient, PATIENTS_NAME)
    _both_are_masked(call, patient, doctors_side, declining)
    nothing_of(call.sip_messages(), second, DOCTORS_NAME)


def _both_are_masked(call: PhoneCall, patient: Phone, doctors_side: PhoneCall, doctor: Phone) -> None:
    whole(call.sip_messages())
    whole(doctors_side.sip_messages())
    nothing_of(doctors_side.sip_messages(), patient, PATIENTS_NAME)
    nothing_of(call.sip_messages(), doctor, DOCTORS_NAME)
