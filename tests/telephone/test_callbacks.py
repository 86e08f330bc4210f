"""People are called back: nobody twice, nobody lost, and never their voicemail."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from cdr.events import JournalEntry
from cdr.journal import Journal
from cdr.reader import CallDetail, call_detail
from cli.lines.command import add_line
from cli.lines.wishes import Wish
from config.commands import send
from config.schema import Call, CallbackRequest, Message
from config.wakeup import WakeUp
from phones.call import PhoneCall
from phones.phone import Phone
from routing.store import RoutingStore
from tests.telephone.conftest import open_house
from tests.telephone.house import House
from tests.telephone.test_masking import nothing_of

pytestmark = pytest.mark.timeout(150)

MISSED_LINE = "1800-103-7378"


@pytest.fixture(scope="module")
def patient_first_house(tmp_path_factory: pytest.TempPathFactory, spoken_prompts: Path) -> Iterator[House]:
    """A helpline that rings patients first, and calls back whoever hung up while waiting."""
    options = {"callback_order": "patient_first", "call_back_cut_off": "all"}
    with open_house(tmp_path_factory.mktemp("patient-first"), spoken_prompts, **options) as rehearsal:
        add_line(rehearsal.settings, MISSED_LINE, Wish("smallest", missed_call=True))
        yield House(rehearsal)


@pytest.fixture
def rings_patients(patient_first_house: House) -> Iterator[House]:
    house = House(patient_first_house.rehearsal)
    yield house
    house.closes()


def asks_to_be_called_back(house: House, patient: Phone) -> PhoneCall:
    call = house.seeks(patient)
    call.hears("seek.nobody", timeout=12)
    call.presses("1")
    call.hears("callback.stored")
    call.ended(timeout=10)
    return call


def waits(house: House, patient: Phone) -> PhoneCall:
    """A call for which a doctor is sought, and none is there."""
    call = house.seeks(patient)
    house.until(lambda: "seek.nobody_free" in house.kinds(call), 5, "the search")
    return call


def is_to_be_called_back(house: House, patient: Phone, category: str = "fever") -> None:
    """As if the patient had asked for it: in the database, and the controller is told."""
    database, at = house.rehearsal.database, datetime.now().astimezone()
    call_id = f"call-of-{patient.number}"
    with database.writing() as session:
        RoutingStore(database).request_callback(
            call_id=call_id, number=patient.number, category=category, at=at, session=session
        )
        Journal(database).append(session, [arrival(call_id, at)])
        Journal(database).record(session, call_id)
        send(session, "controller", "callbacks_changed", {}, at, WakeUp(database, house.settings.socket_dir))


def arrival(call_id: str, at: datetime) -> JournalEntry:
    data = {"dialled": "104", "caller": None, "linkedid": "1", "line": None}
    flow = {"flow": "smallest", "flow_version": "", "language": "hi"}
    return JournalEntry(call_id, at, "call.arrived", data | flow)


def the_request(house: House, patient: Phone) -> CallbackRequest:
    [request] = house.callbacks(patient.number)
    return request


def attempts(house: House, patient: Phone) -> list[CallDetail]:
    """The calls that we have made to the patient, oldest first."""
    with house.rehearsal.database.reading() as session:
        query = select(Call.id).where(Call.caller_number == patient.number, Call.callback_id.is_not(None))
        ids = session.scalars(query.order_by(Call.arrived_at)).all()
        details = [call_detail(session, id) for id in ids]
    return [detail for detail in details if detail is not None]


def says_of_it(house: House, request: CallbackRequest, kind: str) -> list[str]:
    """What the call in which it was asked has on record of what became of it."""
    with house.rehearsal.database.reading() as session:
        detail = call_detail(session, request.call_id)
    assert detail is not None
    return [str(line.entry.data["result"]) for line in detail.journal if line.entry.kind == kind]


def test_a_doctor_accepts_first_and_the_patient_is_joined_after_a_key(house: House) -> None:
    patient, doctor = house.patient(), house.doctor("fever", duty="off")
    asks_to_be_called_back(house, patient)
    house.goes_on_duty(doctor)
    doctors_side = doctor.rings(timeout=8).answers()
    doctors_side.hears("callback.offer")
    assert patient.rang == 0
    doctors_side.presses("1")
    ring = patient.rings()
    assert ring.caller_id.endswith("104")
    doctors_side.hears("callback.ringing")
    call = ring.answers()
    call.hears("callback.asked")
    call.presses("1")
    house.until(lambda: "call.bridged" in house.kinds(call), 4, "the bridge")
    house.hear_each_other(call, doctors_side)
    assert doctors_side.silence_longest() <= 2.0
    call.hangs_up()
    doctors_side.hears("disposition.ask")
    doctors_side.presses("1")
    house.until(lambda: the_request(house, patient).state == "done", 3, "the request's end")
    request = the_request(house, patient)
    doctors_side.ended(timeout=8)
    nothing_of(doctors_side.sip_messages(), patient, "Sunita")
    nothing_of(call.sip_messages(), doctor, "Nobody")
    [detail] = attempts(house, patient)
    assert (detail.call.result, detail.call.callback_id, request.tries) == ("consulted", request.id, 0)
    consents = [line.entry.data for line in detail.journal if line.entry.kind == "consent.answered"]
    assert [(entry["to"], entry["answer"]) for entry in consents] == [("callback", "granted")]
    assert says_of_it(house, request, "callback.tried") == ["talked"]
    assert says_of_it(house, request, "callback.closed") == ["done"]


def test_nobody_talks_to_a_patients_voicemail_and_who_is_not_reached_thrice_is_told_so_by_a_message(
    house: House,
) -> None:
    with_voicemail, never_there = house.patient(), house.patient()
    is_to_be_called_back(house, with_voicemail, "heart")
    is_to_be_called_back(house, never_there, "skin")
    with_voicemail.behaves("voicemail")
    never_there.behaves("busy")
    heart, skin = house.doctor("heart", duty="off"), house.doctor("skin", duty="off")
    skin.behaves("auto_accept")
    house.goes_on_duty(heart)
    house.goes_on_duty(skin)
    side = house.accepts(heart, timeout=8)
    house.until(lambda: with_voicemail.rang == 1, 5, "the voicemail")
    side.hears("callback.not_reached", timeout=35)
    side.ended(timeout=10)
    house.until(lambda: the_request(house, with_voicemail).last_result == "unconfirmed", 5, "the result")
    assert all("call.bridged" not in [x.entry.kind for x in a.journal] for a in attempts(house, with_voicemail))
    house.until(lambda: the_request(house, never_there).state == "expired", 40, "the end after three tries")
    assert never_there.rang == 3
    assert says_of_it(house, the_request(house, never_there), "callback.tried") == ["busy"] * 3
    with house.rehearsal.database.reading() as session:
        messages = session.scalars(select(Message).where(Message.recipient == never_there.number)).all()
    assert [message.template for message in messages] == ["callback_expired"]


def test_the_callers_number_is_not_lost_when_the_line_drops_and_the_old_place_is_taken_by_who_calls_again(
    rings_patients: House,
) -> None:
    house = rings_patients
    patient, other = house.patient(), house.patient()
    first = waits(house, patient)
    behind = waits(house, other)
    first.hangs_up()
    house.until(lambda: len(house.callbacks(patient.number)) == 1, 3, "the request")
    request = the_request(house, patient)
    assert (request.kind, request.state, request.category) == ("cut_off", "open", "fever")
    again = waits(house, patient)
    again.hangs_up()  # dropped once more: the same request, the same place
    third = waits(house, patient)
    assert the_request(house, patient).waiting_since == request.waiting_since
    doctor = house.doctor("fever", duty="off")
    house.goes_on_duty(doctor)
    house.accepts(doctor)
    house.until(lambda: "call.bridged" in house.kinds(third), 4, "the bridge")
    assert "call.bridged" not in house.kinds(behind)
    house.until(lambda: the_request(house, patient).state == "withdrawn", 3, "the end of the request")
    assert patient.rang == 0
    third.hangs_up()
    behind.hangs_up()


def test_a_missed_call_costs_nothing_and_is_answered_by_one_call_back_into_the_menus(rings_patients: House) -> None:
    house, patient = rings_patients, rings_patients.patient()
    for _ in range(2):
        missed = patient.dials("18001037378")
        missed.ended(timeout=6)
        assert missed.answered_at is None
    ring = patient.rings(timeout=8)
    call = ring.answers()
    call.hears("callback.missed")
    call.presses("1")
    call.hears("welcome")
    call.presses("1")
    call.hears("age.ask")
    assert patient.rang == 1
    call.hangs_up()
    house.until(lambda: the_request(house, patient).state == "done", 4, "the request's end")
    [detail] = attempts(house, patient)
    assert detail.call.result == "abandoned_menu"
    assert the_request(house, patient).kind == "missed_call"


def test_a_patient_is_rung_first_waits_with_the_old_place_and_outlives_the_controller(rings_patients: House) -> None:
    house, patient = rings_patients, rings_patients.patient()
    is_to_be_called_back(house, patient)
    asked_since = the_request(house, patient).waiting_since
    doctor = house.doctor("fever", duty="off")
    house.goes_on_duty(doctor)
    ring = patient.rings(timeout=8)
    house.kills_controller()
    house.starts_controller()
    call = ring.answers()
    call.hears("callback.asked", timeout=8)
    call.presses("1")
    doctors_side = house.accepts(doctor)
    house.until(lambda: "call.bridged" in house.kinds(call), 4, "the bridge")
    house.hear_each_other(call, doctors_side)
    call.hangs_up()
    house.until(lambda: the_request(house, patient).state == "done", 4, "the request's end")
    assert (patient.rang, doctor.rang) == (1, 1)
    assert the_request(house, patient).waiting_since == asked_since
