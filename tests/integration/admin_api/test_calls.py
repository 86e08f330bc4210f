"""Calls over the API: who sees which, what is masked, who the patient is, and that each look is written down."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from admin_api.calls.patients import mobile_of
from admin_api.permissions import Role
from cdr.events import JournalEntry
from cdr.journal import Journal
from config.clock import utc_now
from config.database import Database
from config.schema import AuditEntry, Call, Patient, PatientPhone
from tests.integration.admin_api.conftest import Desk

CALLER = "+919876543210"
ASHA = {"name": "आशा देवी", "age_value": 45, "age_unit": "years", "gender": "female", "district": "Bhopal"}
Audited = Callable[[], list[tuple[str, str, str]]]


def ids(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [call["id"] for call in answer.json()["calls"]]


def test_a_call_shows_its_legs_offers_and_journal(admin: httpx.Client, call_id: str, doctor_id: str) -> None:
    detail = admin.get(f"/calls/{call_id}").json()
    assert detail["call"]["caller"] == CALLER
    assert (detail["call"]["talk_ms"], detail["call"]["result"]) == (60_000, "consulted")
    assert detail["call"]["doctor"]["id"] == doctor_id
    assert [leg["role"] for leg in detail["legs"]] == ["patient", "doctor"]
    assert [offer["result"] for offer in detail["offers"]] == ["accepted"]
    assert [line["kind"] for line in detail["journal"]][:3] == ["call.arrived", "leg.started", "menu.choice"]
    assert detail["call"]["arrived_at"].endswith("Z")


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.DISTRICT, Role.DOCTOR])
def test_nobody_but_an_administrator_finds_a_whole_number_anywhere(
    desk: Desk, admin: httpx.Client, role: Role, call_id: str, doctor_id: str
) -> None:
    admin.patch(f"/calls/{call_id}/patient", json=ASHA | {"mobile": "9876500000"})
    looker = desk.signed_in(role, doctor_id=doctor_id, district="Bhopal")
    for path in (f"/calls/{call_id}", "/calls", "/messages", "/live"):
        answer = looker.get(path)
        assert answer.status_code == 200
        assert "9876543210" not in answer.text
        assert "9876500000" not in answer.text
        if role is Role.DOCTOR:
            assert "•" not in answer.text
    assert "9876500000" in admin.get(f"/calls/{call_id}").text


def test_each_person_reaches_the_calls_of_their_scope_and_no_other(desk: Desk, doctor_id: str, call_id: str) -> None:
    indore = desk.doctor(district="Indore")
    other = desk.call(indore)
    unanswered = desk.call(None)
    reach = {
        Role.ADMIN: {call_id, other, unanswered},
        Role.SUPERVISOR: {call_id, other, unanswered},
        Role.DISTRICT: {other},
        Role.DOCTOR: {call_id},
    }
    for role, expected in reach.items():
        client = desk.signed_in(role, doctor_id=doctor_id, district="Indore")
        assert set(ids(client.get("/calls"))) == expected
        for each in (call_id, other, unanswered):
            assert client.get(f"/calls/{each}").status_code == (200 if each in expected else 403)
        assert client.get("/calls/call-none").status_code == 404


def test_a_district_officer_sees_calls_of_patients_from_the_district(
    desk: Desk, admin: httpx.Client, call_id: str
) -> None:
    officer = desk.signed_in(Role.DISTRICT, district="Sehore")
    assert ids(officer.get("/calls")) == []
    admin.patch(f"/calls/{call_id}/patient", json=ASHA | {"district": "Sehore"})
    assert ids(officer.get("/calls")) == [call_id]


def test_an_account_that_lacks_its_doctor_or_district_reaches_nothing(desk: Desk, call_id: str) -> None:
    for role in (Role.DOCTOR, Role.DISTRICT):
        client = desk.signed_in(role)
        assert ids(client.get("/calls")) == []
        assert client.get(f"/calls/{call_id}").status_code == 403
        assert client.get("/doctors").json()["doctors"] == []


def test_a_doctor_cannot_widen_the_list_by_a_filter(desk: Desk, doctor: httpx.Client, call_id: str) -> None:
    other = desk.doctor()
    desk.call(other)
    assert ids(doctor.get("/calls", params={"doctor_id": other})) == []
    assert doctor.get("/calls", params={"caller": CALLER}).status_code == 403


def test_filters_and_pages(desk: Desk, supervisor: httpx.Client, doctor_id: str) -> None:
    live, ended = desk.call(doctor_id, ended=False), desk.call(doctor_id, caller="+919000000001")
    assert ids(supervisor.get("/calls", params={"state": "live"})) == [live]
    assert ids(supervisor.get("/calls", params={"state": "ended"})) == [ended]
    assert ids(supervisor.get("/calls", params={"caller": "090000 00001"})) == [ended]
    assert ids(supervisor.get("/calls", params={"category": "heart"})) == []
    assert ids(supervisor.get("/calls", params={"since": "2100-01-01T00:00:00Z"})) == []
    first = supervisor.get("/calls", params={"limit": 1})
    second = supervisor.get("/calls", params={"limit": 1, "cursor": first.json()["next_cursor"]})
    assert sorted(ids(first) + ids(second)) == sorted([live, ended])
    assert second.json()["next_cursor"] is None


@pytest.mark.parametrize(
    "params",
    [
        {"cursor": "nonsense"},
        {"since": "0001-01-01T00:00:00+14:00"},
        {"since": "2021-05-01T00:00:00"},
        {"caller": "abc"},
        {"limit": "0"},
        {"limit": "201"},
        {"state": "dead"},
    ],
)
def test_a_wrong_filter_is_refused_by_name(supervisor: httpx.Client, params: dict[str, str]) -> None:
    answer = supervisor.get("/calls", params=params)
    assert (answer.status_code, answer.json().get("field")) == (422, next(iter(params))), answer.text


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_cursor_from_outside_the_calendar_is_no_fault_of_ours(supervisor: httpx.Client, moment: str) -> None:
    cursor = base64.urlsafe_b64encode(f"{moment} x".encode()).decode()
    assert supervisor.get("/calls", params={"cursor": cursor}).status_code in (200, 422)


def test_every_look_at_a_patients_record_is_written_down(
    doctor: httpx.Client, call_id: str, database: Database, audited: Audited
) -> None:
    before = len(audited())
    doctor.get(f"/calls/{call_id}")
    doctor.get("/calls")
    doctor.patch(f"/calls/{call_id}/patient", json=ASHA)
    doctor.get("/messages")
    doctor.get("/live")
    assert [entry[0] for entry in audited()[before:]] == [
        "call.viewed",
        "calls.listed",
        "patient.changed",
        "messages.listed",
    ]
    with database.reading() as session:
        listed = session.scalars(select(AuditEntry).where(AuditEntry.action == "calls.listed")).one()
        assert listed.detail == {"calls": [call_id]}
        assert listed.source == "127.0.0.1"
        changed = session.scalars(select(AuditEntry).where(AuditEntry.action == "patient.changed")).one()
        assert "आशा" not in str(changed.detail)


def test_a_refused_look_leaves_no_entry_that_says_it_was_seen(desk: Desk, call_id: str, audited: Audited) -> None:
    before = audited()
    assert desk.signed_in(Role.DOCTOR, doctor_id=desk.doctor()).get(f"/calls/{call_id}").status_code == 403
    assert [entry for entry in audited() if entry not in before and entry[0] == "call.viewed"] == []


# --- the patient ---


def test_a_new_patient_is_made_and_the_journal_knows(
    doctor: httpx.Client, call_id: str, database: Database, desk: Desk
) -> None:
    answer = doctor.patch(f"/calls/{call_id}/patient", json=ASHA | {"mobile": "098765 00000"})
    assert answer.status_code == 200
    patient = answer.json()["patient"]
    assert (patient["name"], patient["mobile"], patient["can_receive_sms"]) == ("आशा देवी", None, True)
    with database.reading() as session:
        call = session.get_one(Call, call_id)
        assert call.patient_id == patient["id"]
        numbers = session.scalars(select(PatientPhone.number).order_by(PatientPhone.number)).all()
        assert numbers == ["+919876500000", CALLER]
    identified = [e for e in desk.journal.entries_of(call_id) if e.kind == "patient.identified"]
    assert [entry.data["patient"] for entry in identified] == [patient["id"]]


def test_the_record_can_be_rebuilt_from_the_journal_alone(doctor: httpx.Client, call_id: str, desk: Desk) -> None:
    patient_id = doctor.patch(f"/calls/{call_id}/patient", json=ASHA).json()["patient"]["id"]
    Journal(desk.database).rebuild(call_id)
    assert doctor.get(f"/calls/{call_id}").json()["patient"]["id"] == patient_id


def test_details_are_added_one_by_one_and_what_is_left_out_stays(doctor: httpx.Client, call_id: str) -> None:
    doctor.patch(f"/calls/{call_id}/patient", json=ASHA)
    patient = doctor.patch(f"/calls/{call_id}/patient", json={"address": "वार्ड 4"}).json()["patient"]
    assert (patient["name"], patient["address"], patient["age_value"]) == ("आशा देवी", "वार्ड 4", 45)


def test_the_age_keyed_in_the_menu_is_taken_over(doctor: httpx.Client, call_id: str) -> None:
    patient = doctor.patch(f"/calls/{call_id}/patient", json={"name": "Asha"}).json()["patient"]
    assert (patient["age_value"], patient["age_unit"]) == (45, "years")


def test_one_phone_has_many_patients(desk: Desk, doctor: httpx.Client, doctor_id: str, call_id: str) -> None:
    asha = doctor.patch(f"/calls/{call_id}/patient", json=ASHA).json()["patient"]["id"]
    second = desk.call(doctor_id)
    known = doctor.get(f"/calls/{second}").json()["known_patients"]
    assert [patient["id"] for patient in known] == [asha]
    son = {"name": "Ravi", "age_value": 6, "age_unit": "months"}
    ravi = doctor.patch(f"/calls/{second}/patient", json=son).json()["patient"]["id"]
    assert ravi != asha
    chosen = doctor.patch(f"/calls/{second}/patient", json={"patient_id": asha}).json()
    assert (chosen["patient"]["id"], chosen["patient"]["name"]) == (asha, "आशा देवी")


def test_a_patient_of_another_number_cannot_be_chosen_nor_looked_for(
    desk: Desk, doctor: httpx.Client, doctor_id: str, call_id: str
) -> None:
    strange = desk.call(doctor_id, caller="+919000000009")
    stranger = doctor.patch(f"/calls/{strange}/patient", json=ASHA).json()["patient"]["id"]
    answers = [doctor.patch(f"/calls/{call_id}/patient", json={"patient_id": id}) for id in (stranger, "patient-none")]
    assert [answer.status_code for answer in answers] == [422, 422]
    assert answers[0].json() == answers[1].json()


def test_a_withheld_number_knows_nobody(desk: Desk, doctor: httpx.Client, doctor_id: str) -> None:
    call = desk.call(doctor_id, caller=None)
    detail = doctor.patch(f"/calls/{call}/patient", json=ASHA).json()
    assert detail["known_patients"] == []
    assert detail["patient"]["can_receive_sms"] is False


def keys_a_mobile(desk: Desk, call_id: str, number: str) -> None:
    """As the controller writes it when the caller has confirmed the number."""
    entry = JournalEntry(call_id, utc_now(), "answer.given", {"name": "mobile", "value": number})
    with desk.database.writing() as session:
        desk.journal.append(session, [entry])


@pytest.mark.parametrize("caller", [None, "+917552551234"])
def test_the_mobile_that_was_keyed_gets_the_sms_and_stays_with_the_patient(
    desk: Desk, doctor: httpx.Client, doctor_id: str, caller: str | None
) -> None:
    call = desk.call(doctor_id, caller=caller)
    assert doctor.get(f"/calls/{call}").json()["can_receive_sms"] is False, "the doctor asks for one"
    keys_a_mobile(desk, call, "+919876500111")
    keys_a_mobile(desk, call, "+919876500123")
    assert doctor.get(f"/calls/{call}").json()["can_receive_sms"] is True
    patient = doctor.patch(f"/calls/{call}/patient", json=ASHA).json()["patient"]
    assert patient["can_receive_sms"] is True
    with desk.database.reading() as session:
        row = session.get_one(Call, call)
        assert mobile_of(session, row, patient["id"], "IN") == "+919876500123"
        assert session.get(PatientPhone, (patient["id"], "+919876500123")) is not None
    doctor.patch(f"/calls/{call}/patient", json={"mobile": "98765 00999"})
    with desk.database.reading() as session:
        told = mobile_of(session, session.get_one(Call, call), patient["id"], "IN")
    assert told == "+919876500999", "what the doctor was told goes before what was keyed"


def test_the_mobile_that_was_keyed_is_masked_as_numbers_are(
    desk: Desk, admin: httpx.Client, supervisor: httpx.Client, doctor: httpx.Client, doctor_id: str
) -> None:
    call = desk.call(doctor_id, caller=None)
    keys_a_mobile(desk, call, "+919876500123")
    shown = {who: who.get(f"/calls/{call}") for who in (admin, supervisor, doctor)}
    values = [
        next(line["data"]["value"] for line in answer.json()["journal"] if line["data"].get("name") == "mobile")
        for answer in shown.values()
    ]
    assert values == ["+919876500123", "+91 98•••••123", None]
    assert all("9876500123" not in answer.text for answer in list(shown.values())[1:])


@pytest.mark.parametrize(
    ("mobile", "why"),
    [
        ("0755 255 1234", "a landline number"),
        ("7552551234", "a landline number"),
        ("1800 103 7378", "a toll free number"),
        ("104", "a short code number"),
        ("+44 7911 123456", "of this country"),
        ("00971501234567", "of this country"),
        ("98765 4321", "no"),
        ("98765 432101", "no"),
        ("98765 ४३२१०", "only digits"),
        ("anonymous", "only digits"),
    ],
)
def test_a_number_that_takes_no_sms_is_refused_with_the_reason(
    doctor: httpx.Client, call_id: str, mobile: str, why: str
) -> None:
    answer = doctor.patch(f"/calls/{call_id}/patient", json=ASHA | {"mobile": mobile})
    assert (answer.status_code, answer.json()["field"]) == (422, "mobile")
    assert why in answer.json()["detail"]


@pytest.mark.parametrize(
    "mobile", ["9876500123", "09876500123", "919876500123", "00919876500123", "+91 98765-00123", "0919876500123"]
)
def test_every_spelling_of_a_mobile_is_taken(
    doctor: httpx.Client, call_id: str, mobile: str, database: Database
) -> None:
    assert doctor.patch(f"/calls/{call_id}/patient", json=ASHA | {"mobile": mobile}).status_code == 200
    with database.reading() as session:
        assert "+919876500123" in session.scalars(select(PatientPhone.number)).all()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"age_value": 45, "age_unit": "years"}, "name"),
        ({"name": "A\nB"}, "name"),
        ({"name": " "}, "name"),
        ({"name": "Asha", "age_value": 45}, "body"),
        ({"name": "Asha", "age_value": 121, "age_unit": "years"}, "age_value"),
        ({"name": "Asha", "age_value": -1, "age_unit": "years"}, "age_value"),
        ({"name": "Asha", "mobile": "0755-2661234"}, "mobile"),
        ({"name": "Asha", "mobile": "104"}, "mobile"),
        ({"name": "Asha", "gender": "x"}, "gender"),
        ({"name": "Asha", "phone": "9876543210"}, "phone"),
    ],
)
def test_a_wrong_detail_is_refused_by_name_and_nothing_is_stored(
    doctor: httpx.Client, call_id: str, change: dict[str, Any], field: str, database: Database
) -> None:
    answer = doctor.patch(f"/calls/{call_id}/patient", json=change)
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    with database.reading() as session:
        assert session.scalars(select(Patient)).all() == []


def test_another_doctor_cannot_touch_the_patient(desk: Desk, call_id: str, database: Database) -> None:
    other = desk.signed_in(Role.DOCTOR, doctor_id=desk.doctor())
    assert other.patch(f"/calls/{call_id}/patient", json=ASHA).status_code == 403
    with database.reading() as session:
        assert session.scalars(select(Patient)).all() == []
