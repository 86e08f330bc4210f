"""Callbacks, blocked callers, control rooms and the reasons of routing, as staff see and change them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import httpx
from sqlalchemy import select

from admin_api import announcing
from admin_api.permissions import Role
from cdr.events import JournalEntry
from config.clock import utc_now
from config.commands import take
from config.database import Database
from config.schema import AuditEntry, CallbackRequest, ControlRoom, DoctorPhone, Strike
from config.settings import Settings, load_settings
from prompts.names import DOCTORS, doctor_prompt, load_theme
from routing.callbacks import request_callback
from tests.integration.admin_api.conftest import Desk


def test_open_requests_stand_in_the_order_of_the_agenda_and_one_is_withdrawn(
    supervisor: httpx.Client, admin: httpx.Client, database: Database
) -> None:
    now = utc_now()
    ids = []
    with database.writing() as session:
        for n, priority in enumerate(("", "pregnant", "")):
            request = request_callback(
                session,
                call_id=f"call-{n}",
                number=f"+91987654321{n}",
                category="fever",
                at=now + timedelta(seconds=n),
                priority=priority,
            )
            ids.append(request.id)
    page = supervisor.get("/callbacks", params={"state": "open", "limit": 2}).json()
    assert [(each["id"], each["place"]) for each in page["callbacks"]] == [(ids[1], 1), (ids[0], 2)]
    assert (page["open_total"], page["callbacks"][0]["number"]) == (3, "+91 98•••••211")
    rest = supervisor.get("/callbacks", params={"state": "open", "cursor": page["next_cursor"]}).json()
    assert [each["id"] for each in rest["callbacks"]] == [ids[2]]
    take(database, "controller", utc_now())
    withdrawn = supervisor.post(f"/callbacks/{ids[0]}/withdraw", json={"reason": "called herself"}).json()
    assert (withdrawn["state"], withdrawn["place"]) == ("withdrawn", None)
    assert [command.kind for command in take(database, "controller", utc_now())] == ["callbacks_changed"]
    assert supervisor.post(f"/callbacks/{ids[0]}/withdraw", json={}).status_code == 409
    assert supervisor.post("/callbacks/callback-none/withdraw", json={}).status_code == 404
    assert admin.get("/callbacks").json()["callbacks"][0]["number"].startswith("+919876543")
    with database.reading() as session:
        assert session.get_one(CallbackRequest, ids[0]).closed_at is not None
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "callback.withdrawn")).one()
    assert entry.detail == {"reason": "called herself"}


def test_a_blocked_caller_is_shown_masked_and_forgiven_with_all_strikes(
    supervisor: httpx.Client, database: Database, doctor_id: str
) -> None:
    now = utc_now()
    with database.writing() as session:
        for n in range(4):
            number = "+919876543210" if n < 3 else "+919876543299"
            at = now - timedelta(days=n)
            session.add(Strike(id=f"strike-{n}", number=number, call_id=f"call-{n}", doctor_id=doctor_id, at=at))
    blocked, warned = supervisor.get("/strikes").json()["numbers"]
    assert (blocked["number"], blocked["strikes"], blocked["blocked_until"] is not None) == ("+91 98•••••210", 3, True)
    assert (warned["strikes"], warned["blocked_until"]) == (1, None)
    take(database, "controller", utc_now())
    assert supervisor.post(f"/strikes/{blocked['id']}/lift", json={}).json() == {"lifted": 3}
    assert [command.kind for command in take(database, "controller", utc_now())] == ["strikes_changed"]
    assert supervisor.post(f"/strikes/{blocked['id']}/lift", json={}).status_code == 409
    assert supervisor.post("/strikes/strike-none/lift", json={}).status_code == 404
    assert [one["id"] for one in supervisor.get("/strikes").json()["numbers"]] == [warned["id"]]


def test_a_control_room_has_its_doctors_and_takes_them_along_to_another_number(
    desk: Desk, supervisor: httpx.Client, database: Database, doctor_id: str
) -> None:
    other = desk.doctor(name="Dr Rao")
    room = supervisor.post(
        "/control-rooms", json={"name": "Bhopal", "number": "0755 2661234", "lines": 2, "doctors": [doctor_id, other]}
    ).json()
    assert [doctor["id"] for doctor in room["doctors"]] == sorted([doctor_id, other], key=lambda id: id != other)
    shown = supervisor.get(f"/doctors/{other}").json()["phones"][-1]
    assert (shown["number"], shown["room"]) == ("+917552661234", "Bhopal")
    moved = supervisor.patch(f"/control-rooms/{room['id']}", json={"number": "0755 2669999", "doctors": [other]}).json()
    assert (moved["number"], [doctor["id"] for doctor in moved["doctors"]]) == ("+917552669999", [other])
    with database.reading() as session:
        numbers = session.scalars(select(DoctorPhone.number).where(DoctorPhone.doctor_id == doctor_id)).all()
    assert numbers == ["+919893012345"]
    again = supervisor.post("/control-rooms", json={"name": "Other", "number": "+917552669999"})
    assert (again.status_code, again.json()["field"]) == (409, "number")
    assert supervisor.post("/control-rooms", json={"name": "X", "number": "108"}).json()["field"] == "number"
    unknown = supervisor.patch(f"/control-rooms/{room['id']}", json={"doctors": ["doctor-none"]})
    assert (unknown.status_code, unknown.json()["field"]) == (422, "doctors.0")
    officer = desk.signed_in(Role.DISTRICT, district="Indore")
    assert officer.get("/control-rooms").json()["rooms"] == []


def test_a_room_that_changes_is_read_anew_by_the_controller(
    supervisor: httpx.Client, database: Database, doctor_id: str
) -> None:
    room = supervisor.post(
        "/control-rooms", json={"name": "B", "number": "0755 2661234", "doctors": [doctor_id]}
    ).json()
    take(database, "controller", utc_now())
    before = supervisor.get(f"/doctors/{doctor_id}").json()
    assert supervisor.patch(f"/control-rooms/{room['id']}", json={"lines": 5}).json()["lines"] == 5
    assert "duty_changed" in [command.kind for command in take(database, "controller", utc_now())]
    assert supervisor.get(f"/doctors/{doctor_id}").json()["phones"] == before["phones"]
    with database.reading() as session:
        assert session.get_one(ControlRoom, room["id"]).lines == 5


def test_names_are_written_as_they_are_said_and_what_cannot_be_said_is_left_out(tmp_path: Path) -> None:
    settings: Settings = load_settings({}, data_dir=tmp_path)
    names = {"doctor-1a": "डॉ. सीमा वर्मा", "doctor-2b": "Dr Rao", "doctor-3c": "Doctor 007", "doctor-4d": "…"}
    assert announcing.write_words(settings, names) is True
    assert announcing.write_words(settings, names) is False
    for language, first, second in (
        ("hi", "डॉक्टर सीमा वर्मा के लिए।", "डॉक्टर Rao के लिए।"),
        ("en", "For Doctor सीमा वर्मा.", "For Doctor Rao."),
    ):
        words = (settings.catalogue_dir / language / "doctors.yaml").read_text("utf-8")
        assert f"{doctor_prompt('doctor-1a')}: {first}" in words
        assert f"{doctor_prompt('doctor-2b')}: {second}" in words
        assert "doctor_3c" not in words
        assert "doctor_4d" not in words
        # Nothing is spoken yet, so nothing can be played.
        assert load_theme(settings.catalogue_dir, settings.prompts_dir, language, DOCTORS).prompts == {}
    assert announcing.write_words(settings, {}) is True


def test_a_call_tells_why_it_got_its_doctor_but_not_a_doctor_why_another_was_rung(
    desk: Desk, supervisor: httpx.Client, doctor: httpx.Client, doctor_id: str, database: Database
) -> None:
    call_id = desk.call(doctor_id)
    why = {"offer": f"{call_id}-o", "excluded": {"busy": 12, "off_duty": 3}, "points": {"language": 40.0, "idle": 7.5}}
    colleagues = {"offer": "offer-of-another", "excluded": {}, "points": {}}
    with database.writing() as session:
        entries = [JournalEntry(call_id, utc_now(), "route.decided", data) for data in (why, colleagues)]
        desk.journal.append(session, entries)
    [decision] = supervisor.get(f"/calls/{call_id}").json()["decisions"]
    assert (decision["excluded"], decision["points"]) == (why["excluded"], why["points"])
    assert decision["doctor_name"] == "डॉ. सीमा वर्मा"
    assert len(doctor.get(f"/calls/{call_id}").json()["decisions"]) == 1


def test_waiting_callers_are_live_with_place_and_the_wait_that_is_told_them(
    desk: Desk, supervisor: httpx.Client, doctor_id: str
) -> None:
    for _ in range(3):
        desk.call(doctor_id)
    first, second = desk.call(None, ended=False), desk.call(None, ended=False)
    live = {call["id"]: call for call in supervisor.get("/live").json()["calls"]}
    assert [live[id]["place"] for id in (first, second)] == [1, 2]
    assert [live[id]["estimate"] for id in (first, second)] == ["2", "3"]  # a talk of a minute and half a minute's rest
    assert live[first]["wants"] == []
