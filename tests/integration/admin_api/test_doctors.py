"""Doctors over the API: taking on, duplicates, numbers, duty."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from admin_api.permissions import Role
from config.clock import utc_now
from config.commands import take
from config.database import Database
from config.schema import Doctor, DoctorPhone, Staff
from config.settings import Settings
from config.wakeup import WakeUp
from tests.integration.admin_api.conftest import PASSWORD, Desk, doctor_body


def test_a_doctor_is_stored_with_e164_numbers_in_ringing_order(admin: httpx.Client, database: Database) -> None:
    answer = admin.post("/doctors", json=doctor_body(phones=["0755-2661234", "098930 12345", "+91 98930 12345"]))
    assert answer.status_code == 201
    with database.reading() as session:
        phones = session.scalars(select(DoctorPhone).order_by(DoctorPhone.position))
        assert [phone.number for phone in phones] == ["+917552661234", "+919893012345"]


def test_a_doctor_may_have_the_skills_that_opds_and_hubs_ask_for(admin: httpx.Client) -> None:
    skills = ["fever", "hub:h01", "mental", "opd:heart"]
    assert admin.post("/doctors", json=doctor_body(categories=skills)).json()["categories"] == skills


def test_duty_taken_on_for_some_hours_is_without_an_end_once_staff_set_it(
    admin: httpx.Client, database: Database
) -> None:
    doctor_id = admin.post("/doctors", json=doctor_body(duty="on")).json()["id"]
    with database.writing() as session:
        session.get_one(Doctor, doctor_id).duty_until = utc_now()
    assert admin.patch(f"/doctors/{doctor_id}/duty", json={"duty": "on"}).is_success
    with database.reading() as session:
        assert session.get_one(Doctor, doctor_id).duty_until is None


def test_duty_taken_on_for_later_is_shown_with_its_beginning_and_is_at_once_where_staff_set_it(
    admin: httpx.Client, database: Database
) -> None:
    doctor_id = admin.post("/doctors", json=doctor_body(duty="on")).json()["id"]
    begins = utc_now() + timedelta(hours=1)
    with database.writing() as session:
        doctor = session.get_one(Doctor, doctor_id)
        doctor.duty_from, doctor.duty_until = begins, begins + timedelta(hours=2)
    shown = admin.get(f"/doctors/{doctor_id}").json()
    assert (shown["duty"], shown["doing"], datetime.fromisoformat(shown["until"])) == ("on", "off_schedule", begins)
    assert admin.get("/live").json()["on_duty"] == 0
    assert admin.patch(f"/doctors/{doctor_id}/duty", json={"duty": "on"}).json()["doing"] == "free"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"registration_number": ""}, "registration_number"),
        ({"registration_number": "12;34"}, "registration_number"),
        ({"name": "  "}, "name"),
        ({"name": "A\r\nB"}, "name"),
        ({"name": "A\u202eB"}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"phones": []}, "phones"),
        ({"phones": ["98930 12345", "12"]}, "phones.1"),
        ({"phones": ["98930 12345&PJSIP/other"]}, "phones.0"),
        ({"phones": ["9893012345\r\nX: y"]}, "phones.0"),
        ({"phones": ["108"]}, "phones.0"),
        ({"categories": ["astrology"]}, "categories.0"),
        ({"categories": ["hub:h 1"]}, "categories.0"),
        ({"categories": []}, "categories"),
        ({"duty": "maybe"}, "duty"),
        ({"favourite": 1}, "favourite"),
        ({"account": {"username": "a", "password": "short"}}, "account.password"),
    ],
)
def test_a_wrong_field_is_refused_by_name(admin: httpx.Client, changes: dict[str, Any], field: str) -> None:
    answer = admin.post("/doctors", json=doctor_body(**changes))
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["field"] == field
    assert answer.json()["detail"]


def test_a_missing_registration_number_is_refused_by_name(admin: httpx.Client) -> None:
    body = doctor_body()
    del body["registration_number"]
    answer = admin.post("/doctors", json=body)
    assert (answer.status_code, answer.json()["field"]) == (422, "registration_number")


def test_each_wrong_number_is_named_with_its_reason(admin: httpx.Client) -> None:
    errors = admin.post("/doctors", json=doctor_body(phones=["hello", "9893012345", "108"])).json()["errors"]
    assert [error["field"] for error in errors] == ["phones.0", "phones.2"]
    assert "digits" in errors[0]["detail"]
    assert "short code" in errors[1]["detail"]


def test_the_same_registration_in_other_letters_is_a_conflict(admin: httpx.Client, database: Database) -> None:
    assert admin.post("/doctors", json=doctor_body(registration_number="MP-777a")).status_code == 201
    answer = admin.post("/doctors", json=doctor_body(registration_number="mp-777A", council="madhya pradesh"))
    assert (answer.status_code, answer.json()["field"]) == (409, "registration_number")
    elsewhere = doctor_body(registration_number="MP-777a", council="Bihar")
    assert admin.post("/doctors", json=elsewhere).status_code == 201
    with database.reading() as session:
        assert len(session.scalars(select(Doctor)).all()) == 2


def test_the_same_doctor_twice_at_once_is_stored_once(desk: Desk, admin: httpx.Client, database: Database) -> None:
    body, statuses = doctor_body(), []
    token = admin.headers["Authorization"].split()[1]

    def post() -> None:
        statuses.append(desk.client(token).post("/doctors", json=body).status_code)

    threads = [threading.Thread(target=post) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [201] + [409] * 5
    with database.reading() as session:
        assert len(session.scalars(select(Doctor)).all()) == 1


def test_a_doctor_with_an_account_can_sign_in_and_a_taken_name_is_a_conflict(
    desk: Desk, admin: httpx.Client, database: Database
) -> None:
    account = {"username": "Seema", "password": PASSWORD}
    created = admin.post("/doctors", json=doctor_body(account=account)).json()
    answer = desk.client().post("/session", json={"username": "seema", "password": PASSWORD})
    assert (answer.json()["role"], answer.json()["doctor_id"]) == ("doctor", created["id"])
    again = admin.post("/doctors", json=doctor_body(account=account))
    assert (again.status_code, again.json()["field"]) == (409, "account.username")
    with database.reading() as session:
        assert len(session.scalars(select(Doctor)).all()) == 1
        assert len(session.scalars(select(Staff).where(Staff.username == "seema")).all()) == 1


def test_wildcards_in_a_search_are_ordinary_characters(desk: Desk, supervisor: httpx.Client) -> None:
    for name in ("100% Rahul", "Rahul_Rao", "Rahul Rao", "सीमा"):
        desk.doctor(name=name)

    def found(part: str) -> list[str]:
        return [doctor["name"] for doctor in supervisor.get("/doctors", params={"q": part}).json()["doctors"]]

    assert found("%") == ["100% Rahul"]
    assert found("l_R") == ["Rahul_Rao"]
    assert found("\\") == []
    assert found("सीम") == ["सीमा"]
    assert len(found("rahul")) == 3


def test_pages_hold_every_doctor_once(desk: Desk, supervisor: httpx.Client) -> None:
    made = {desk.doctor(name=f"Doctor {n}") for n in range(5)}
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = supervisor.get("/doctors", params={"limit": 2} | ({"cursor": cursor} if cursor else {})).json()
        seen += [doctor["id"] for doctor in page["doctors"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert sorted(seen) == sorted(made)


def test_a_supervisor_sees_doctors_numbers_masked_and_the_doctor_sees_the_own_one(
    admin: httpx.Client, supervisor: httpx.Client, doctor: httpx.Client
) -> None:
    def number(client: httpx.Client) -> str:
        return str(client.get("/doctors").json()["doctors"][0]["phones"][0]["number"])

    assert number(admin) == number(doctor) == "+919893012345"
    assert number(supervisor) == "+91 98•••••345"


def test_a_doctor_sees_nobody_else_and_an_officer_the_own_district(
    desk: Desk, doctor: httpx.Client, doctor_id: str
) -> None:
    elsewhere = desk.doctor(district="Indore")
    officer = desk.signed_in(Role.DISTRICT, district="Indore")
    assert [d["id"] for d in doctor.get("/doctors").json()["doctors"]] == [doctor_id]
    assert [d["id"] for d in officer.get("/doctors").json()["doctors"]] == [elsewhere]


def test_a_duty_change_is_a_command_for_the_controller(
    supervisor: httpx.Client, doctor_id: str, database: Database
) -> None:
    take(database, "controller", utc_now())
    answer = supervisor.patch(f"/doctors/{doctor_id}/duty", json={"duty": "paused"})
    assert (answer.status_code, answer.json()["duty"]) == (200, "paused")
    commands = take(database, "controller", utc_now())
    assert [(c.kind, c.data) for c in commands] == [("duty_changed", {"doctor": doctor_id, "duty": "paused"})]


def test_the_controller_is_woken_by_a_duty_change(
    supervisor: httpx.Client, doctor_id: str, database: Database, settings: Settings, tmp_path: Path
) -> None:
    woken = threading.Event()
    unsubscribe = WakeUp(database, settings.socket_dir).subscribe("controller", woken.set)
    try:
        for attempt in range(20):  # until the subscription stands
            duty = "off" if attempt % 2 else "on"
            supervisor.patch(f"/doctors/{doctor_id}/duty", json={"duty": "paused"})
            supervisor.patch(f"/doctors/{doctor_id}/duty", json={"duty": duty})
            if woken.wait(0.2):
                break
        assert woken.is_set()
    finally:
        unsubscribe()


def test_duty_of_nobody_is_not_found_and_of_another_doctor_not_allowed(
    desk: Desk, supervisor: httpx.Client, doctor: httpx.Client, doctor_id: str
) -> None:
    other = desk.doctor()
    assert supervisor.patch("/doctors/doctor-none/duty", json={"duty": "on"}).status_code == 404
    assert supervisor.patch("/doctors/%00/duty", json={"duty": "on"}).status_code == 422
    assert doctor.patch(f"/doctors/{other}/duty", json={"duty": "off"}).status_code == 403
    assert doctor.patch(f"/doctors/{doctor_id}/duty", json={"duty": "off"}).status_code == 200


def test_taking_on_and_switching_are_in_the_audit_log(
    supervisor: httpx.Client, doctor_id: str, audited: Callable[[], list[tuple[str, str, str]]]
) -> None:
    supervisor.patch(f"/doctors/{doctor_id}/duty", json={"duty": "off"})
    assert audited() == [("doctor.created", "doctor", doctor_id), ("doctor.duty_changed", "doctor", doctor_id)]
