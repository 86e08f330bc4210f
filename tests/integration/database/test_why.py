"""`./helpline why`: found by id, by its beginning or by the caller's number, and told in sentences."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cdr.events import JournalEntry
from cdr.journal import Journal
from cli.why import why
from config.clock import utc_now
from config.database import Database

CALLER = "+919876543210"


@pytest.fixture
def told(
    database: Database, add_doctor: Callable[..., str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> datetime:
    """A call in which d1 said no and d2 took it, while d3 was off duty; answers when it arrived."""
    monkeypatch.setenv("HELPLINE_DATABASE_URL", database.url)
    monkeypatch.setenv("HELPLINE_DATA_DIR", str(tmp_path))
    for id, more in (("d1", {}), ("d2", {}), ("d3", {"duty": "off"})):
        add_doctor(id, **{"name": f"Dr. {id.upper()}"} | more)
    at = utc_now() - timedelta(minutes=10)
    why_d2 = {"excluded": {"off_duty": 1, "declined": 1}, "points": {"skill": 30.0, "language": 40.0}}
    story: list[tuple[float, str, dict[str, Any]]] = [
        (0, "call.arrived", arrived()),
        (5, "seek.started", {"category": "fever", "priority": "child", "skills": []}),
        (6, "doctor.offered", {"offer": "o1", "doctor": "d1", "phone": "d1-phone-0", "leg": "l1"}),
        (6, "leg.started", {"leg": "l1", "role": "doctor", "channel": "l1"}),
        (12, "offer.ended", {"offer": "o1", "result": "declined"}),
        (13, "leg.ended", {"leg": "l1", "cause": 16, "cause_text": ""}),
        (14, "route.decided", {"offer": "o2", **why_d2}),
        (14, "doctor.offered", {"offer": "o2", "doctor": "d2", "phone": "d2-phone-0", "leg": "l2"}),
        (14, "leg.started", {"leg": "l2", "role": "doctor", "channel": "l2"}),
        (20, "offer.ended", {"offer": "o2", "result": "accepted"}),
        (20, "call.bridged", {"offer": "o2", "doctor": "d2"}),
        (200, "call.ended", {"by": "patient", "cause": 16, "cause_text": "", "result": "consulted"}),
        (205, "leg.ended", {"leg": "l2", "cause": 16, "cause_text": ""}),
    ]
    journal = Journal(database)
    with database.writing() as session:
        entries = [JournalEntry("call-story", at + timedelta(seconds=s), kind, data) for s, kind, data in story]
        journal.append(session, entries)
        journal.record(session, "call-story")
    return at


def arrived() -> dict[str, Any]:
    line = {"linkedid": "1.1", "line": "line-1", "flow": "line_104", "flow_version": "1", "language": "hi"}
    return {"dialled": "104", "caller": CALLER, **line}


@pytest.mark.parametrize("which", ["call-story", "stor", "9876543210", CALLER])
def test_it_reads_like_a_sentence(told: datetime, capsys: pytest.CaptureFixture[str], which: str) -> None:
    assert why(which, json=False) == 0
    text = capsys.readouterr().out
    assert CALLER not in text, "a number is shown masked"
    assert "For fever (priority child, speaking hi), waiting since" in text
    assert "Dr. D1 was rung: said no after 6 s." in text
    assert "Dr. D2 was rung with 70.0 points (skill +30.0, language +40.0): took the call after 6 s." in text
    assert "Of 3 doctors" in text
    assert "1 are off duty" in text
    assert "1 have said no to this call" in text
    assert "1 could be rung" in text


def test_it_is_data_for_scripts(told: datetime, capsys: pytest.CaptureFixture[str]) -> None:
    assert why("call-story", json=True) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["at"] == (told + timedelta(seconds=14)).isoformat()
    assert [offer["result"] for offer in data["offers"]] == ["declined", "accepted"]
    assert data["ranking"]["excluded"] == {"off_duty": 1, "declined": 1}
    assert [scored["doctor_id"] for scored in data["ranking"]["best"]] == ["d2"]
    assert data["call"]["declined_by"] == ["d1"]


@pytest.mark.parametrize("which", ["call-none", "+919999999999", "ab"])
def test_a_call_that_is_not_there_is_said_so(told: datetime, which: str) -> None:
    assert why(which, json=False) == 1
