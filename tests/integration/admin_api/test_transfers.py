"""A patient who was handed over has talked with two doctors, and both talks are there afterwards."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from admin_api.permissions import Role
from cdr.events import JournalEntry
from cdr.journal import Journal
from config.clock import utc_now
from config.database import Database
from tests.integration.admin_api.conftest import Desk

CALL = "call-transferred"


@pytest.fixture
def doctors(desk: Desk, database: Database) -> list[str]:
    """The first doctor hands over to the second, who asks a third in private."""
    first, second, third = (desk.doctor(district=name) for name in ("Bhopal", "Indore", "Rewa"))
    at = utc_now() - timedelta(minutes=9)
    line = {"linkedid": "1.1", "line": "line-104", "flow": "line_104", "flow_version": "1", "language": "hi"}
    story: list[tuple[int, str, dict[str, Any]]] = [
        (0, "call.arrived", {"dialled": "104", "caller": "+919876543210", **line}),
        (9, "seek.started", {"category": "fever"}),
        *_talk(10, "o1", first, "call"),
        (70, "talk.handed_over", {"offer": "o1"}),
        (70, "call.unbridged", {"offer": "o1", "by": "doctor"}),
        *_talk(80, "o2", second, "handed_over"),
        *_talk(100, "o3", third, "specialist")[:2],
        (102, "talk.private", {"offer": "o3", "doctor": third}),
        (200, "call.unbridged", {"offer": "o2", "by": "patient"}),
        (200, "call.ended", {"by": "patient", "cause": 16, "cause_text": "", "result": "consulted"}),
    ]
    with database.writing() as session:
        journal = Journal(database)
        journal.append(session, [JournalEntry(CALL, at + timedelta(seconds=s), kind, data) for s, kind, data in story])
        journal.record(session, CALL)
    return [first, second, third]


def _talk(at: int, offer: str, doctor: str, kind: str) -> list[tuple[int, str, dict[str, Any]]]:
    offered = {"doctor": doctor, "phone": f"{offer}-p", "leg": f"{offer}-l", "kind": kind}
    return [
        (at, "doctor.offered", {"offer": offer, **offered}),
        (at + 1, "offer.ended", {"offer": offer, "result": "accepted"}),
        (at + 2, "call.bridged", {"offer": offer, "doctor": doctor}),
    ]


def test_transfers_vanish_from_reports(desk: Desk, supervisor: httpx.Client, doctors: list[str]) -> None:
    """The complaint; here the record has both talks, and is found by either doctor and either doctor's district."""
    record = supervisor.get(f"/calls/{CALL}").json()
    assert record["call"]["talks"] == 2
    told = [(offer["doctor_id"], offer["kind"], offer["result"]) for offer in record["offers"]]
    assert told == [
        (doctors[0], "call", "accepted"),
        (doctors[1], "handed_over", "accepted"),
        (doctors[2], "specialist", "accepted"),
    ]
    assert "talk.handed_over" in [line["kind"] for line in record["journal"]]
    found = [supervisor.get("/calls", params={"doctor_id": doctor}).json()["calls"] for doctor in doctors]
    assert [len(calls) for calls in found] == [1, 1, 0]
    districts = [desk.signed_in(Role.DISTRICT, district=name) for name in ("Bhopal", "Indore", "Rewa")]
    assert [len(officer.get("/calls").json()["calls"]) for officer in districts] == [1, 1, 0]


def test_each_doctor_who_talked_may_see_the_call_and_issue_the_slip_and_who_was_asked_in_private_may_not(
    desk: Desk, doctors: list[str]
) -> None:
    asked = [desk.signed_in(Role.DOCTOR, doctor_id=doctor).get(f"/calls/{CALL}") for doctor in doctors]
    assert [answer.status_code for answer in asked] == [200, 200, 403]
    assert [answer.json()["may_issue_slip"] for answer in asked[:2]] == [True, True]
