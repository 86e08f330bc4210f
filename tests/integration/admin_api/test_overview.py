"""Live view, messages, audit log, health and the page itself."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from admin_api.health import controller
from admin_api.permissions import TABLE, Role
from config.clock import utc_now
from config.commands import take
from config.database import Database
from config.schema import CommandRow
from config.settings import load_settings
from tests.integration.admin_api.conftest import Desk, serving
from tests.integration.admin_api.test_calls import ASHA
from tests.integration.admin_api.test_slips import SLIP


def test_the_live_view_shows_calls_that_go_on_and_who_is_free(
    desk: Desk, supervisor: httpx.Client, doctor_id: str
) -> None:
    free = desk.doctor(name="Free")
    talking, waiting = desk.call(doctor_id, ended=False), desk.call(None, ended=False)
    desk.call(doctor_id)
    live = supervisor.get("/live").json()
    assert {call["id"]: call["stage"] for call in live["calls"]} == {talking: "talking", waiting: "waiting"}
    assert {doctor["id"]: doctor["work"] for doctor in live["doctors"]} == {doctor_id: "talking", free: "free"}
    assert (live["calls_total"], live["on_duty"]) == (2, 2)


def test_the_live_view_says_whether_anything_was_written_since(desk: Desk, supervisor: httpx.Client) -> None:
    desk.call(None, ended=False)
    live = supervisor.get("/live").json()
    assert supervisor.get("/live", params={"since": live["journal"]}).json()["changed"] is False
    desk.call(None, ended=False)
    assert supervisor.get("/live", params={"since": live["journal"]}).json()["changed"] is True


def test_a_doctor_sees_the_own_live_calls_only(desk: Desk, doctor: httpx.Client, doctor_id: str) -> None:
    own = desk.call(doctor_id, ended=False)
    desk.call(desk.doctor(), ended=False)
    live = doctor.get("/live").json()
    assert [call["id"] for call in live["calls"]] == [own]
    assert [each["id"] for each in live["doctors"]] == [doctor_id]


def test_messages_are_shown_to_those_who_may_see_the_call(
    desk: Desk, supervisor: httpx.Client, doctor: httpx.Client, call_id: str
) -> None:
    doctor.patch(f"/calls/{call_id}/patient", json=ASHA)
    number = doctor.post(f"/calls/{call_id}/slip", json=SLIP).json()["number"]
    [message] = supervisor.get("/messages").json()["messages"]
    assert number in message["text"]
    assert (message["recipient"], message["encoding"], message["state"]) == ("+91 98•••••210", "ucs2", "queued")
    assert doctor.get("/messages").json()["messages"][0]["recipient"] is None
    colleague = desk.signed_in(Role.DOCTOR, doctor_id=desk.doctor())
    assert colleague.get("/messages").json()["messages"] == []
    assert supervisor.get("/messages", params={"call_id": "call-none"}).json()["messages"] == []


def test_the_audit_log_is_for_administrators(
    admin: httpx.Client, supervisor: httpx.Client, doctor: httpx.Client, call_id: str
) -> None:
    doctor.get(f"/calls/{call_id}")
    [entry] = admin.get("/audit", params={"subject_id": call_id}).json()["entries"]
    assert (entry["action"], entry["source"]) == ("call.viewed", "127.0.0.1")
    assert supervisor.get("/audit").status_code == doctor.get("/audit").status_code == 403
    assert admin.get("/audit", params={"limit": 1}).json()["next_cursor"] is not None


# --- health ---


def test_a_controller_that_takes_its_commands_is_answering_and_one_that_does_not_is_not(
    desk: Desk, database: Database
) -> None:
    anybody = desk.client()
    ready = anybody.get("/readyz")
    assert (ready.status_code, ready.json()["controller"], ready.json()["commands_waiting"]) == (200, "unknown", 1)
    take(database, "controller", utc_now())
    assert anybody.get("/readyz").json()["controller"] == "answering"
    with database.writing() as session:
        long_ago = utc_now() - timedelta(seconds=10)
        session.add(CommandRow(recipient="controller", kind="x", data={}, created_at=long_ago))
    assert anybody.get("/readyz").json()["controller"] == "not_answering"


def test_the_controller_is_not_asked_again_before_it_answered(desk: Desk, database: Database) -> None:
    for _ in range(5):
        desk.client().get("/readyz")
    with database.reading() as session:
        assert controller.backlog(session) == 1


def test_a_database_without_tables_is_not_ready_but_the_process_lives(empty_database_url: str, tmp_path: Path) -> None:
    database = Database(empty_database_url)
    with serving(load_settings({}, data_dir=tmp_path), database) as address:
        ready = httpx.get(f"{address}/api/v1/readyz")
        assert (ready.status_code, ready.json()["migrated"]) == (503, False)
        assert httpx.get(f"{address}/api/v1/healthz").json() == {"status": "ok"}
    database.close()


def test_a_database_that_is_away_is_told_as_a_problem_not_a_fault(tmp_path: Path) -> None:
    database = Database("postgresql://nobody:x@127.0.0.1:1/none")
    with serving(load_settings({}, data_dir=tmp_path), database) as address:
        answer = httpx.get(f"{address}/api/v1/calls", headers={"Authorization": "Bearer x"})
        assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
        assert answer.json()["type"].endswith(":database_unavailable")
        assert httpx.get(f"{address}/api/v1/readyz").status_code == 503
    database.close()


# --- what holds for every route ---

NOTHING = {
    "doctor_id": "doctor-none",
    "phone_id": "phone-none",
    "room_id": "room-none",
    "request_id": "callback-none",
    "strike_id": "strike-none",
    "call_id": "call-none",
    "message_id": "sms-none",
    "template_id": "none",
    "language": "xx",
    "name": "none",
    "version": "000000000000",
}


@pytest.mark.parametrize(("method", "path"), sorted(key for key, rule in TABLE.items() if rule))
def test_a_stranger_is_asked_to_sign_in_everywhere(desk: Desk, method: str, path: str) -> None:
    path = path.format(**NOTHING)
    url = f"{desk.address}{path}"
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Cookie": "helpline_session_8104=wrong"}):
        answer = httpx.request(method, url, headers=headers, json={})
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("role", list(Role))
def test_each_role_is_let_through_exactly_where_the_table_says(desk: Desk, role: Role, doctor_id: str) -> None:
    client = desk.signed_in(role, doctor_id=doctor_id, district="Bhopal")
    for (method, path), rule in TABLE.items():
        if not rule or path == "/api/v1/session":
            continue
        url = desk.address + path.format(**NOTHING)
        refused = client.request(method, url, json={}).status_code == 403
        own_only = "{doctor_id}" in path and role is Role.DOCTOR  # 422 or 403 by scope: has own test
        assert refused == (role not in rule) or own_only, (method, path)


def test_every_answer_carries_the_headers_that_keep_a_browser_safe(desk: Desk) -> None:
    for path in ("/", "/api/v1/healthz", "/api/v1/calls", "/nowhere", "/static/console.js"):
        headers = httpx.get(desk.address + path).headers
        assert headers["content-security-policy"].startswith("default-src 'self'")
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
    assert httpx.get(f"{desk.address}/api/v1/calls").headers["cache-control"] == "no-store"


def test_unknown_paths_and_methods_are_problems_too(desk: Desk, admin: httpx.Client) -> None:
    for answer, status in (
        (admin.get("/nothing"), 404),
        (admin.put("/calls"), 405),
        (httpx.get(f"{desk.address}/static/..%2Fendpoints.py"), 404),
        (admin.post("/doctors", content=b"{", headers={"Content-Type": "application/json"}), 422),
        (admin.post("/doctors", content=b'{"name": "\\ud800"}', headers={"Content-Type": "application/json"}), 422),
        (admin.post("/doctors", content=b" " * 70_000, headers={"Content-Type": "application/json"}), 413),
        (admin.post("/doctors", content=[b" " * 70_000], headers={"Content-Type": "application/json"}), 413),
    ):
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
        assert answer.json()["status"] == status


@pytest.mark.parametrize(("language", "word"), [("hi", "साइन इन"), ("en", "Sign in"), ("fr", "साइन इन")])
def test_the_page_comes_in_hindi_and_english_and_loads_nothing_from_elsewhere(
    desk: Desk, language: str, word: str
) -> None:
    page = httpx.get(f"{desk.address}/", params={"lang": language}).text
    assert word in page
    assert "http://" not in page
    assert "https://" not in page
