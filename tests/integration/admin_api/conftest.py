"""A real server on a loopback port over a fresh database, people who sign in, and calls written as journals."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from admin_api import accounts
from admin_api.app import create_app
from admin_api.permissions import Role
from cdr.events import JournalEntry
from cdr.journal import Journal
from config.clock import utc_now
from config.database import Database
from config.ids import new_id
from config.schema import Staff
from config.settings import Settings, load_settings

PASSWORD = "a long enough password"


@contextmanager
def serving(settings: Settings, database: Database) -> Iterator[str]:
    """The application behind a real HTTP server; its address."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        config = uvicorn.Config(
            create_app(settings, database),
            http="h11",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            lifespan="off",
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            assert thread.is_alive(), "the server did not start"
            time.sleep(0.005)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join(timeout=10)
        assert not thread.is_alive()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings({}, data_dir=tmp_path / "data")


@pytest.fixture
def address(settings: Settings, database: Database) -> Iterator[str]:
    with serving(settings, database) as address:
        yield address


class Desk:
    """Makes staff, doctors and calls, and hands out HTTP clients that are signed in."""

    def __init__(self, address: str, database: Database) -> None:
        self.address = address
        self.database = database
        self.journal = Journal(database)
        self._clients: list[httpx.Client] = []

    def client(self, token: str | None = None) -> httpx.Client:
        """Somebody's HTTP client; without a token, a stranger's."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        client = httpx.Client(base_url=f"{self.address}/api/v1", headers=headers, timeout=20)
        self._clients.append(client)
        return client

    def close(self) -> None:
        for client in self._clients:
            client.close()

    def staff(self, role: Role, doctor_id: str | None = None, district: str | None = None) -> Staff:
        # The hash is not of a password: hashing one takes 50 ms, and only the tests of signing in need it.
        staff = Staff(
            id=new_id("staff"),
            username=new_id("user"),
            password_hash="none",
            role=role.value,
            doctor_id=doctor_id,
            district=district,
            created_at=utc_now(),
        )
        with self.database.writing() as session:
            session.add(staff)
        return staff

    def signed_in(self, role: Role, doctor_id: str | None = None, district: str | None = None) -> httpx.Client:
        staff = self.staff(role, doctor_id, district)
        with self.database.writing() as session:
            token = accounts.issue_token(session, staff.id, "test", utc_now() + timedelta(hours=1))
        return self.client(token)

    def doctor(self, **changes: Any) -> str:
        """A new doctor's id."""
        answer = self.signed_in(Role.ADMIN).post("/doctors", json=doctor_body(**changes))
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def call(self, doctor_id: str | None = None, caller: str | None = "+919876543210", ended: bool = True) -> str:
        """A call that was bridged to the doctor, written as the controller writes it; its id."""
        call_id = new_id("call")
        entries = journal_of_call(call_id, doctor_id, caller, ended)
        with self.database.writing() as session:
            self.journal.append(session, entries)
            self.journal.record(session, call_id)
        return call_id


def doctor_body(**changes: Any) -> dict[str, Any]:
    """What POST /doctors takes."""
    number = new_id("MP").upper()[-17:]
    return {
        "name": "डॉ. सीमा वर्मा",
        "registration_number": number,
        "qualification": "MBBS, MD",
        "council": "Madhya Pradesh",
        "district": "Bhopal",
        "state": "Madhya Pradesh",
        "categories": ["fever", "general"],
        "phones": ["98930 12345"],
        "duty": "on",
    } | changes


def journal_of_call(call_id: str, doctor_id: str | None, caller: str | None, ended: bool) -> list[JournalEntry]:
    """A patient arrives, chooses fever, is 45, talks with the doctor for a minute, and hangs up."""
    at = utc_now() - timedelta(minutes=5)
    entries: list[JournalEntry] = []

    def happened(seconds: float, kind: str, data: Mapping[str, Any]) -> None:
        entries.append(JournalEntry(call_id, at + timedelta(seconds=seconds), kind, dict(data)))

    arrived = {"dialled": "104", "caller": caller, "linkedid": "1.1", "line": "line-104"}
    happened(0, "call.arrived", arrived | {"flow": "line_104", "flow_version": "1", "language": "hi"})
    happened(0, "leg.started", {"leg": f"{call_id}-p", "role": "patient", "channel": "PJSIP/trunk-00000001"})
    happened(9, "menu.choice", {"node": "main", "choice": "fever"})
    happened(15, "answer.given", {"name": "age", "value": 45, "unit": "years"})
    happened(16, "seek.started", {"category": "fever"})
    if doctor_id:
        offer = {"offer": f"{call_id}-o"}
        leg = {"leg": f"{call_id}-d"}
        happened(17, "doctor.offered", offer | {"doctor": doctor_id, "phone": "phone-1"} | leg)
        happened(17, "leg.started", leg | {"role": "doctor", "channel": "PJSIP/trunk-00000002"})
        happened(24, "doctor.accepted", offer)
        happened(24, "offer.ended", offer | {"result": "accepted"})
        happened(25, "call.bridged", offer | {"doctor": doctor_id})
        if ended:
            happened(85, "call.unbridged", offer | {"by": "patient"})
    if ended:
        result = "consulted" if doctor_id else "abandoned_queue"
        ending = {"by": "patient", "cause": 16, "cause_text": "Normal Clearing", "result": result}
        happened(86, "call.ended", ending)
    return entries


@pytest.fixture
def desk(address: str, database: Database) -> Iterator[Desk]:
    desk = Desk(address, database)
    yield desk
    desk.close()


@pytest.fixture
def doctor_id(desk: Desk) -> str:
    return desk.doctor()


@pytest.fixture
def admin(desk: Desk) -> httpx.Client:
    return desk.signed_in(Role.ADMIN)


@pytest.fixture
def supervisor(desk: Desk) -> httpx.Client:
    return desk.signed_in(Role.SUPERVISOR)


@pytest.fixture
def doctor(desk: Desk, doctor_id: str) -> httpx.Client:
    """The doctor of `doctor_id`, signed in."""
    return desk.signed_in(Role.DOCTOR, doctor_id=doctor_id)


@pytest.fixture
def call_id(desk: Desk, doctor_id: str) -> str:
    """A call in which `doctor_id` was bridged."""
    return desk.call(doctor_id)


@pytest.fixture
def audited(database: Database) -> Callable[[], list[tuple[str, str, str]]]:
    """What the audit log holds: (action, kind of subject, subject)."""
    from sqlalchemy import select

    from config.schema import AuditEntry

    def read() -> list[tuple[str, str, str]]:
        with database.reading() as session:
            rows = session.scalars(select(AuditEntry).order_by(AuditEntry.id))
            return [(row.action, row.subject_kind, row.subject_id) for row in rows]

    return read
