"""Doctors changed over the API: by whom, what, and what the controller and the audit log hear of it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from sqlalchemy import select

from admin_api.permissions import Role
from config.clock import utc_now
from config.commands import take
from config.database import Database
from config.schema import AuditEntry, Doctor, DoctorPhone, Pincode
from tests.integration.admin_api.conftest import Desk, doctor_body

WEEK = {"weekly": {"mon": [["17:00", "20:00"], ["09:00", "13:00"]], "tue": []}, "leave": [["2026-12-24", "2026-12-31"]]}


def test_everything_about_a_doctor_is_changed_and_what_is_left_out_stays(
    admin: httpx.Client, doctor_id: str, database: Database
) -> None:
    with database.writing() as session:
        session.add(Pincode(pincode="462001", district="bhopal", state="madhya_pradesh"))
    changes: dict[str, Any] = {
        "name": "Dr Seema Varma",
        "gender": "female",
        "categories": ["fever", "hub:h01"],
        "levels": {"fever": "specialist"},
        "languages": ["hi", "mr", "hi"],
        "serves": ["Bhopal", "Madhya Pradesh"],
        "time_zone": "Europe/London",
        "schedule": WEEK,
        "night": False,
        "calls_per_day": 20,
        "minutes_per_day": 90,
        "wrap_up_seconds": 45,
    }
    shown = admin.patch(f"/doctors/{doctor_id}", json=changes).json()
    assert shown["levels"] == {"fever": "specialist", "hub:h01": "general"}
    assert (shown["languages"], shown["serves"]) == (["hi", "mr"], ["bhopal", "madhya_pradesh"])
    assert shown["schedule"]["weekly"] == {"mon": [["09:00", "13:00"], ["17:00", "20:00"]]}
    assert (shown["qualification"], shown["phones"][0]["number"]) == ("MBBS, MD", "+919893012345")
    cleared = {"schedule": None, "serves": None, "calls_per_day": None, "time_zone": "Asia/Kolkata"}
    shown = admin.patch(f"/doctors/{doctor_id}", json=cleared).json()
    assert [shown[name] for name in cleared] == [None, None, None, ""]
    assert (shown["minutes_per_day"], shown["levels"]["fever"]) == (90, "specialist")


@pytest.mark.parametrize(
    ("changes", "field", "right"),
    [
        ({"schedule": {"weekly": {"mon": [["09:00", "13:00"], ["12:00", "14:00"]]}}}, "schedule.weekly.mon.1", "over"),
        ({"schedule": {"weekly": {"mon": [["9", "13:00"]]}}}, "schedule.weekly.mon.0", "such as 09:00"),
        ({"schedule": {"weekly": {"monday": []}}}, "schedule.weekly.monday.[key]", "mon|tue"),
        ({"schedule": {"leave": [["2026-12-31", "2026-12-24"]]}}, "schedule.leave.0", "before it begins"),
        ({"time_zone": "Europe/Nowhere"}, "time_zone", "such as Europe/London"),
        ({"serves": ["Bhopal", "Bohpal"]}, "serves.1", "did you mean bhopal"),
        ({"phones": [{"number": "12"}]}, "phones.0", "telephone number"),
        ({"phones": [{"number": "98930 12345\r\nX: 1"}]}, "phones.0.number", "pattern"),
        ({"phones": [{"id": "phone-none"}]}, "phones.0", "no phone of this id"),
        ({"phones": [{}]}, "phones.0", "give the id"),
        ({"phones": []}, "phones", "at least 1"),
        ({"name": "A\r\nB"}, "name", "pattern"),
        ({"name": None}, "name", "may not be null"),
        ({"levels": {"heart": "super"}}, "levels.heart", "add it to categories"),
        ({"languages": ["hindi!"]}, "languages.0", "pattern"),
        ({"calls_per_day": 0}, "calls_per_day", "greater"),
        ({"unknown": 1}, "unknown", "permitted"),
    ],
)
def test_a_wrong_entry_is_refused_with_its_field_and_what_is_right(
    admin: httpx.Client, doctor_id: str, database: Database, changes: dict[str, Any], field: str, right: str
) -> None:
    with database.writing() as session:
        session.add(Pincode(pincode="462001", district="bhopal", state="madhya_pradesh"))
    answer = admin.patch(f"/doctors/{doctor_id}", json=changes)
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert right in answer.json()["detail"]


def test_phones_are_ordered_switched_off_added_and_removed_by_somebody_who_sees_them_masked(
    desk: Desk, supervisor: httpx.Client, database: Database
) -> None:
    doctor_id = desk.doctor(phones=["98930 12345", "0755 2661234"])
    first, second = supervisor.get(f"/doctors/{doctor_id}").json()["phones"]
    wanted = [{"id": second["id"]}, {"number": "98930 99999"}, {"id": first["id"], "active": False}]
    assert supervisor.patch(f"/doctors/{doctor_id}", json={"phones": wanted}).is_success
    with database.reading() as session:
        rows = session.scalars(select(DoctorPhone).order_by(DoctorPhone.position)).all()
    assert [(row.number, row.active) for row in rows] == [
        ("+917552661234", True),
        ("+919893099999", True),
        ("+919893012345", False),
    ]
    assert supervisor.patch(f"/doctors/{doctor_id}", json={"phones": [{"number": "0755 2661234"}]}).is_success
    with database.reading() as session:
        assert session.scalars(select(DoctorPhone.id)).all() == [second["id"]]  # the same phone, with its history


def test_a_change_touches_the_doctor_wakes_the_controller_and_is_audited_and_none_does_nothing(
    supervisor: httpx.Client, doctor_id: str, database: Database
) -> None:
    def changed() -> Any:
        with database.reading() as session:
            return session.get_one(Doctor, doctor_id).changed_at

    for change in ({"levels": {"fever": "specialist"}}, {"phones": [{"number": "98930 99999"}]}, {"night": False}):
        take(database, "controller", utc_now())
        before = changed()
        assert supervisor.patch(f"/doctors/{doctor_id}", json=change).is_success
        assert changed() > before
        assert [command.kind for command in take(database, "controller", utc_now())] == ["duty_changed"]
        before = changed()
        assert supervisor.patch(f"/doctors/{doctor_id}", json=change).is_success
        assert changed() == before
        assert take(database, "controller", utc_now()) == []
    with database.reading() as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "doctor.changed")).all()
    assert [entry.detail for entry in entries] == [{"fields": [name]} for name in ("categories", "phones", "night")]


def test_a_doctor_changes_the_own_hours_and_nothing_else_and_nobody_elses(
    desk: Desk, doctor: httpx.Client, doctor_id: str
) -> None:
    other = desk.doctor()
    assert doctor.patch(f"/doctors/{doctor_id}", json={"schedule": WEEK, "night": False}).status_code == 200
    refused = doctor.patch(f"/doctors/{doctor_id}", json={"night": True, "levels": {"fever": "super"}})
    assert (refused.status_code, refused.json()["field"]) == (403, "levels")
    assert doctor.get(f"/doctors/{doctor_id}").json()["night"] is False
    assert doctor.get(f"/doctors/{other}").status_code == 403
    assert doctor.patch(f"/doctors/{other}", json={"night": True}).status_code == 403
    assert "categories" not in doctor.get(f"/doctors/{doctor_id}").json()["may_change"]


def test_an_officer_changes_the_doctors_of_the_own_district_and_moves_none(desk: Desk, doctor_id: str) -> None:
    officer = desk.signed_in(Role.DISTRICT, district="Bhopal")
    stranger = desk.signed_in(Role.DISTRICT, district="Indore")
    assert officer.patch(f"/doctors/{doctor_id}", json={"qualification": "MBBS", "district": "Bhopal"}).is_success
    assert officer.patch(f"/doctors/{doctor_id}/duty", json={"duty": "off"}).is_success
    assert officer.patch(f"/doctors/{doctor_id}", json={"district": "Indore"}).json()["field"] == "district"
    for answer in (
        stranger.get(f"/doctors/{doctor_id}"),
        stranger.patch(f"/doctors/{doctor_id}", json={"qualification": "x"}),
        stranger.patch(f"/doctors/{doctor_id}/duty", json={"duty": "off"}),
        stranger.post(f"/doctors/{doctor_id}/phones/phone-1/release"),
        desk.signed_in(Role.DISTRICT).get(f"/doctors/{doctor_id}"),
    ):
        assert answer.status_code == 403


def test_a_retired_doctor_is_off_duty_until_taken_back(supervisor: httpx.Client, doctor_id: str) -> None:
    retired = supervisor.patch(f"/doctors/{doctor_id}", json={"active": False}).json()
    assert (retired["active"], retired["duty"], retired["doing"]) == (False, "off", "retired")
    assert supervisor.patch(f"/doctors/{doctor_id}/duty", json={"duty": "on"}).status_code == 409
    assert supervisor.get("/doctors", params={"retired": "false"}).json()["doctors"] == []
    back = supervisor.patch(f"/doctors/{doctor_id}", json={"active": True}).json()
    assert (back["active"], back["duty"]) == (True, "off")


def test_a_pause_has_a_reason_that_goes_with_it(supervisor: httpx.Client, doctor_id: str) -> None:
    paused = supervisor.patch(f"/doctors/{doctor_id}/duty", json={"duty": "paused", "reason": "lunch"}).json()
    assert (paused["doing"], paused["duty_reason"]) == ("paused", "lunch")
    assert supervisor.patch(f"/doctors/{doctor_id}/duty", json={"duty": "on"}).json()["duty_reason"] == ""


def test_a_number_in_quarantine_is_listed_and_let_out(
    supervisor: httpx.Client, doctor: httpx.Client, doctor_id: str, database: Database
) -> None:
    with database.writing() as session:
        phone = session.scalars(select(DoctorPhone)).one()
        phone.quarantined_at, phone.failures = utc_now(), 3
    [found] = supervisor.get("/doctors", params={"quarantined": "true"}).json()["doctors"]
    assert found["doing"] == "no_phone"
    path = f"/doctors/{doctor_id}/phones/{found['phones'][0]['id']}/release"
    assert doctor.post(path).status_code == 403
    assert supervisor.post(f"/doctors/{doctor_id}/phones/phone-none/release").status_code == 404
    assert supervisor.post(path).json()["phones"][0]["quarantined_at"] is None
    assert supervisor.get("/doctors", params={"quarantined": "true"}).json()["doctors"] == []
    with database.reading() as session:
        assert session.scalars(select(DoctorPhone.failures)).one() == 0


def test_the_registration_of_another_doctor_cannot_be_taken_over(desk: Desk, admin: httpx.Client) -> None:
    desk.doctor(registration_number="MP-1")
    other = desk.doctor(registration_number="MP-2")
    answer = admin.patch(f"/doctors/{other}", json={"registration_number": "mp-1"})
    assert (answer.status_code, answer.json()["field"]) == (409, "registration_number")
    assert admin.patch(f"/doctors/{other}", json={"registration_number": "mp-2"}).status_code == 200


def test_a_new_doctor_may_come_with_hours_and_levels(admin: httpx.Client) -> None:
    body = doctor_body(levels={"fever": "specialist"}, schedule=WEEK, time_zone="America/New_York", night=False)
    shown = admin.post("/doctors", json=body).json()
    assert (shown["levels"]["general"], shown["time_zone"]) == ("general", "America/New_York")
    assert shown["doing"] in ("off_schedule", "on_leave", "free", "night")


def test_the_live_view_does_not_call_somebody_free_who_would_not_be_rung(
    supervisor: httpx.Client, doctor_id: str
) -> None:
    never = {"dates": {"1999-01-01": [["09:00", "10:00"]]}}
    assert supervisor.patch(f"/doctors/{doctor_id}", json={"schedule": never}).json()["doing"] == "off_schedule"
    [doctor] = supervisor.get("/live").json()["doctors"]
    assert (doctor["duty"], doctor["work"]) == ("on", "not_now")
