"""Who did not pick up is in a report, by doctor and day."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from cdr.errors import CdrError
from cdr.unanswered import DoctorsDay, unanswered
from cli.report import show
from config.database import Database
from config.schema import Doctor, Offer
from tests.integration.database.conftest import AddDoctor

INDIA = ZoneInfo("Asia/Kolkata")
FIRST, LAST = date(2026, 11, 20), date(2026, 11, 21)


@pytest.fixture(autouse=True)
def _offers(database: Database, add_doctor: AddDoctor) -> None:
    """Two evenings; 18:30 UTC is midnight in India."""
    for id in ("asha", "bina", "chitra"):
        add_doctor(id, name=f"Dr. {id.title()}", district="Bhopal" if id == "asha" else "Indore")
    told = [
        ("asha", 20, 18, 29, "no_answer"),
        ("asha", 20, 18, 30, "declined"),
        ("asha", 20, 18, 31, "accepted"),
        ("bina", 21, 6, 0, "busy"),
        ("bina", 21, 6, 1, "unconfirmed"),
        ("bina", 21, 6, 2, "unreachable"),
        ("bina", 21, 6, 3, "withdrawn"),
        ("bina", 21, 6, 4, None),
        ("chitra", 21, 6, 0, "accepted"),
        ("chitra", 21, 6, 1, "lost"),
        ("asha", 19, 18, 29, "declined"),
        ("asha", 21, 18, 30, "declined"),
    ]
    with database.writing() as session:
        for n, (doctor, day, hour, minute, result) in enumerate(told):
            at = datetime(2026, 11, day, hour, minute, tzinfo=UTC)
            session.add(Offer(id=f"offer-{n}", call_id=f"call-{n}", doctor_id=doctor, offered_at=at, result=result))


def test_no_report_of_who_did_not_pick_up(database: Database) -> None:
    """The complaint; here is the report: by the deployment's days, without who took whatever could be taken."""
    with database.reading() as session:
        assert unanswered(session, FIRST, LAST, INDIA) == [
            DoctorsDay(LAST, "bina", "Dr. Bina", offers=4, busy=1, unconfirmed=1, unreachable=1, let_go=1),
            DoctorsDay(LAST, "asha", "Dr. Asha", offers=2, accepted=1, declined=1),
            DoctorsDay(FIRST, "asha", "Dr. Asha", offers=1, no_answer=1),
        ]


def test_the_report_is_of_one_districts_doctors_where_that_is_asked(database: Database) -> None:
    with database.reading() as session:
        found = unanswered(session, FIRST, LAST, INDIA, Doctor.district == "Indore")
    assert [row.doctor_id for row in found] == ["bina"]


@pytest.mark.parametrize("last", [date(2026, 11, 19), date(2026, 12, 21)])
def test_a_period_that_is_none_or_too_long_is_refused(database: Database, last: date) -> None:
    with database.reading() as session, pytest.raises(CdrError):
        unanswered(session, FIRST, last, INDIA)


def test_a_supervisor_reads_it_in_the_terminal(
    database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HELPLINE_DATABASE_URL", database.url)
    monkeypatch.setenv("HELPLINE_DATA_DIR", str(tmp_path))
    assert show(FIRST, LAST, json=False) == 0
    head, *rows = capsys.readouterr().out.splitlines()
    assert head.split()[:4] == ["day", "offers", "accepted", "declined"]
    assert rows[0].split() == ["2026-11-21", "4", "0", "0", "0", "1", "1", "1", "1", "Dr.", "Bina"]
    assert show(FIRST, FIRST, json=True) == 0
    assert json.loads(capsys.readouterr().out)["no_answer"] == 1
    assert show(date(2020, 1, 1), date(2020, 1, 2), json=False) == 0
    assert "every doctor took every call" in capsys.readouterr().out
    assert show(LAST, FIRST, json=False) == 1
