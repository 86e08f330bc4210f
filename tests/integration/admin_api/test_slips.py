"""The advice slip over the API: who may, what is refused, once, with its SMS and its journal entry."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from admin_api.permissions import Role
from config.database import Database
from config.schema import AuditEntry, Doctor, JournalRow, Message, Slip
from config.settings import Settings
from config.wakeup import WakeUp
from tests.integration.admin_api.conftest import Desk
from tests.integration.admin_api.test_calls import ASHA

PARACETAMOL = {"generic": "Paracetamol", "form": "tablet", "strength": "500 mg", "frequency": "1-0-1", "days": 3}
SLIP = {
    "complaints": "दो दिन से बुखार\nखाँसी",
    "diagnosis": "Viral fever",
    "advice": ["पानी पिएँ", "आराम करें"],
    "drugs": [PARACETAMOL],
}


@pytest.fixture
def ready(doctor: httpx.Client, call_id: str) -> str:
    """A call whose patient is known."""
    assert doctor.patch(f"/calls/{call_id}/patient", json=ASHA).status_code == 200
    return call_id


def slips(database: Database) -> list[Slip]:
    with database.reading() as session:
        return list(session.scalars(select(Slip)))


def messages(database: Database) -> list[Message]:
    with database.reading() as session:
        return list(session.scalars(select(Message)))


def test_a_slip_brings_its_sms_and_its_journal_entry(
    doctor: httpx.Client, ready: str, database: Database, desk: Desk
) -> None:
    answer = doctor.post(f"/calls/{ready}/slip", json=SLIP)
    assert answer.status_code == 201, answer.text
    slip = answer.json()
    assert slip["content"]["drugs"][0]["name"] == "PARACETAMOL"
    assert slip["content"]["advice"] == "पानी पिएँ\nआराम करें"
    assert slip["content"]["patient"]["name"] == "आशा देवी"
    assert (slip["sms"]["state"], slip["number"] in slip["sms"]["text"]) == ("queued", True)
    assert "9876543210" not in answer.text
    [message] = messages(database)
    assert (message.recipient, message.call_id, message.language) == ("+919876543210", ready, "hi")
    assert message.parts >= 2
    issued = [entry.data for entry in desk.journal.entries_of(ready) if entry.kind == "slip.issued"]
    assert issued == [{"slip": slip["id"]}]
    assert doctor.get(f"/calls/{ready}").json()["slip"]["number"] == slip["number"]


def test_the_sms_goes_to_the_mobile_that_was_told_in_the_call(
    doctor: httpx.Client, ready: str, database: Database
) -> None:
    doctor.patch(f"/calls/{ready}/patient", json={"mobile": "90000 00007"})
    doctor.post(f"/calls/{ready}/slip", json=SLIP)
    assert [message.recipient for message in messages(database)] == ["+919000000007"]


@pytest.mark.parametrize("caller", [None, "+917552661234"])
def test_without_a_mobile_the_slip_is_issued_and_no_sms_promised(
    desk: Desk, doctor: httpx.Client, doctor_id: str, database: Database, caller: str | None
) -> None:
    call = desk.call(doctor_id, caller=caller)
    doctor.patch(f"/calls/{call}/patient", json=ASHA)
    answer = doctor.post(f"/calls/{call}/slip", json=SLIP)
    assert (answer.status_code, answer.json()["sms"]) == (201, None)
    assert messages(database) == []


def test_only_the_doctor_who_spoke_with_the_patient_may(
    desk: Desk, admin: httpx.Client, supervisor: httpx.Client, ready: str, database: Database
) -> None:
    colleague = desk.signed_in(Role.DOCTOR, doctor_id=desk.doctor())
    officer = desk.signed_in(Role.DISTRICT, district="Bhopal")
    for client in (admin, supervisor, officer, colleague):
        assert client.post(f"/calls/{ready}/slip", json=SLIP).status_code == 403
    assert desk.client().post(f"/calls/{ready}/slip", json=SLIP).status_code == 401
    assert slips(database) == []


@pytest.mark.parametrize(
    ("drug", "reason"),
    [
        ({"generic": "Amoxicillin"}, "not_in_formulary"),
        ({"generic": "Alprazolam"}, "not_in_formulary"),
        ({"strength": "5 g"}, "strength_not_in_formulary"),
        ({"form": "injection"}, "form_not_in_formulary"),
        ({"frequency": "often"}, "frequency_invalid"),
        ({"days": 31}, "duration_invalid"),
    ],
)
def test_what_the_rules_do_not_allow_is_refused_with_the_rule_and_logged(
    doctor: httpx.Client, ready: str, database: Database, drug: dict[str, Any], reason: str
) -> None:
    answer = doctor.post(f"/calls/{ready}/slip", json=SLIP | {"drugs": [PARACETAMOL | drug]})
    problem = answer.json()
    assert answer.status_code == 422
    assert problem["type"].endswith(":refused")
    assert [error["kind"] for error in problem["errors"]] == [reason]
    assert "TPG" in problem["detail"]
    assert slips(database) == []
    assert messages(database) == []
    with database.reading() as session:
        logged = session.scalars(select(AuditEntry).where(AuditEntry.action == "slip.refused")).one()
        assert logged.detail is not None
        assert [rule["reason"] for rule in logged.detail["rules"]] == [reason]


def test_refusals_are_worded_in_the_doctors_language(doctor: httpx.Client, ready: str) -> None:
    body = SLIP | {"drugs": [PARACETAMOL | {"generic": "Amoxicillin"}]}
    answer = doctor.post(f"/calls/{ready}/slip", json=body, headers={"Accept-Language": "hi-IN"})
    assert "सूची में नहीं" in answer.json()["detail"]


def test_age_and_registration_number_are_mandatory(
    desk: Desk, doctor: httpx.Client, doctor_id: str, call_id: str, database: Database
) -> None:
    answer = doctor.post(f"/calls/{call_id}/slip", json=SLIP)
    assert (answer.status_code, answer.json()["field"]) == (422, "patient")
    doctor.patch(f"/calls/{call_id}/patient", json=ASHA)
    with database.writing() as session:
        session.get_one(Doctor, doctor_id).registration_number = ""
    answer = doctor.post(f"/calls/{call_id}/slip", json=SLIP)
    assert [error["kind"] for error in answer.json()["errors"]] == ["registration_number_missing"]
    assert slips(database) == []


def test_a_slip_with_nothing_on_it_is_refused(doctor: httpx.Client, ready: str) -> None:
    answer = doctor.post(f"/calls/{ready}/slip", json={"advice": ["  ", ""]})
    assert [error["kind"] for error in answer.json()["errors"]] == ["nothing_on_it"]


def test_the_same_slip_twice_is_one_slip_and_another_is_a_conflict(
    doctor: httpx.Client, ready: str, database: Database, desk: Desk
) -> None:
    first, second = (doctor.post(f"/calls/{ready}/slip", json=SLIP) for _ in range(2))
    assert first.json()["number"] == second.json()["number"]
    other = doctor.post(f"/calls/{ready}/slip", json=SLIP | {"advice": ["Something else"]})
    assert other.status_code == 409
    assert len(slips(database)) == len(messages(database)) == 1
    assert [e.kind for e in desk.journal.entries_of(ready)].count("slip.issued") == 1


def test_pressing_the_button_many_times_at_once_issues_one_slip(
    desk: Desk, doctor: httpx.Client, ready: str, database: Database
) -> None:
    token = doctor.headers["Authorization"].split()[1]
    bodies = [SLIP, SLIP, SLIP, SLIP, SLIP | {"advice": ["B"]}, SLIP | {"advice": ["C"]}]
    answers: list[httpx.Response] = []

    def post(body: dict[str, Any]) -> None:
        answers.append(desk.client(token).post(f"/calls/{ready}/slip", json=body))

    threads = [threading.Thread(target=post, args=(body,)) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} == {201, 409}
    numbers = {answer.json()["number"] for answer in answers if answer.status_code == 201}
    assert len(numbers) == len(slips(database)) == len(messages(database)) == 1
    assert [e.kind for e in desk.journal.entries_of(ready)].count("slip.issued") == 1


def test_the_patient_of_an_issued_slip_cannot_be_exchanged(
    desk: Desk, doctor: httpx.Client, doctor_id: str, ready: str
) -> None:
    doctor.post(f"/calls/{ready}/slip", json=SLIP)
    second = desk.call(doctor_id)
    son = doctor.patch(f"/calls/{second}/patient", json={"name": "Ravi"}).json()["patient"]["id"]
    assert doctor.patch(f"/calls/{ready}/patient", json={"patient_id": son}).status_code == 409


def test_a_slip_stands_even_where_its_sms_can_never_be_sent(
    desk: Desk, admin: httpx.Client, database: Database
) -> None:
    doctor_id = desk.doctor(name="www.example.in")
    doctor = desk.signed_in(Role.DOCTOR, doctor_id=doctor_id)
    call = desk.call(doctor_id)
    doctor.patch(f"/calls/{call}/patient", json=ASHA)
    answer = doctor.post(f"/calls/{call}/slip", json=SLIP)
    assert (answer.status_code, len(slips(database))) == (201, 1)
    sms = answer.json()["sms"]
    assert (sms["state"], sms["text"], sms["channel"]) == ("refused", "", "sms")
    assert sms["reason"]
    assert "doctor" in sms["error"]
    with database.reading() as session:
        told = session.scalars(select(JournalRow.data).where(JournalRow.kind == "sms.settled")).all()
    assert told == [{"message": sms["id"], "result": "refused", "reason": sms["reason"]}]


def test_the_messenger_is_woken(doctor: httpx.Client, ready: str, database: Database, settings: Settings) -> None:
    woken = threading.Event()
    unsubscribe = WakeUp(database, settings.socket_dir).subscribe("messenger", woken.set)
    try:
        for _ in range(20):  # until the subscription stands; the slip stays the same one
            doctor.post(f"/calls/{ready}/slip", json=SLIP)
            if woken.wait(0.2):
                break
        assert woken.is_set()
    finally:
        unsubscribe()


def test_issuing_is_in_the_audit_log(
    doctor: httpx.Client, ready: str, audited: Callable[[], list[tuple[str, str, str]]]
) -> None:
    doctor.post(f"/calls/{ready}/slip", json=SLIP)
    assert audited()[-1] == ("slip.issued", "call", ready)
