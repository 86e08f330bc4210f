"""Records kept beside the growing journal are those made of it anew, whoever else writes and whatever fails."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from cdr import events, running
from cdr.events import JournalEntry
from cdr.journal import Checked, Journal
from cdr.running import RunningRecords
from config.database import Database
from config.schema import Call, Leg, Offer

ENTRIES: list[tuple[str, dict[str, Any]]] = [
    (
        events.CALL_ARRIVED,
        {"dialled": "104", "caller": None, "linkedid": "1.1", "line": "l", "flow": "f", "flow_version": "1"},
    ),
    (events.LEG_STARTED, {"role": "patient", "channel": "1.1"}),
    (events.SEEK_STARTED, {"category": "fever"}),
    (events.DOCTOR_OFFERED, {"doctor": "doctor-1", "phone": "phone-1"}),
    (events.CALL_BRIDGED, {"doctor": "doctor-1"}),
    (events.CALL_ENDED, {"by": "patient", "cause": 16, "cause_text": "Normal Clearing", "result": "consulted"}),
    (events.DISPOSITION, {"outcome": "advice"}),
]


def story(call_id: str, at: datetime) -> list[JournalEntry]:
    own = {name: f"{call_id}-{name}" for name in ("leg", "offer")}
    return [
        JournalEntry(call_id, at + timedelta(seconds=number), kind, {"language": "hi"} | own | data)
        for number, (kind, data) in enumerate(ENTRIES)
    ]


def rows(database: Database) -> list[list[tuple[Any, ...]]]:
    with database.reading() as session:
        return [
            [tuple(row) for row in session.execute(select(*model.__table__.c).order_by(model.__table__.c.id))]
            for model in (Call, Leg, Offer)
        ]


def write(records: RunningRecords, session: Session, *entries: JournalEntry) -> None:
    records.append(session, [Checked.of(entry) for entry in entries])
    records.store(session, {entry.call_id for entry in entries})


def made_anew(database: Database) -> list[list[tuple[Any, ...]]]:
    Journal(database).rebuild()
    return rows(database)


@pytest.fixture
def records(database: Database) -> RunningRecords:
    return RunningRecords(Journal(database))


def test_after_each_entry_the_rows_are_those_made_of_the_journal(
    database: Database, records: RunningRecords, now: datetime
) -> None:
    for first, second in zip(story("call-1", now), story("call-2", now), strict=True):
        with database.writing() as session:
            write(records, session, first, second)
        kept = rows(database)
        assert kept == made_anew(database)
    assert [row.disposition for row in _calls(database)] == ["advice", "advice"]


def test_what_the_web_process_writes_meanwhile_is_not_overwritten(
    database: Database, records: RunningRecords, now: datetime
) -> None:
    web = Journal(database)
    *talk, end, outcome = story("call-1", now)
    with database.writing() as session:
        write(records, session, *talk)
    with database.writing() as session:
        web.append(session, [JournalEntry("call-1", now, events.PATIENT_IDENTIFIED, {"patient": "patient-1"})])
        web.record(session, "call-1")
    with database.writing() as session:
        write(records, session, end, outcome)
    assert [call.patient_id for call in _calls(database)] == ["patient-1"]
    assert rows(database) == made_anew(database)


def test_a_flood_from_others_is_read_anew(
    database: Database, records: RunningRecords, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "_MOST_FROM_OTHERS", 3)
    *talk, end, outcome = story("call-1", now)
    with database.writing() as session:
        write(records, session, *talk)
    with database.writing() as session:
        named = JournalEntry("call-1", now, events.PATIENT_IDENTIFIED, {"patient": "patient-1"})
        Journal(database).append(session, [named, *story("call-2", now)])
    with database.writing() as session:
        write(records, session, end, outcome)
    assert [call.patient_id for call in _calls(database)] == ["patient-1"]


def test_a_transaction_that_was_undone_leaves_nothing_in_the_records(
    database: Database, records: RunningRecords, now: datetime
) -> None:
    *talk, end, _ = story("call-1", now)
    with database.writing() as session:
        write(records, session, *talk)
    with pytest.raises(ZeroDivisionError):
        _write_and_fail(database, records, end)
    records.forget()
    with database.writing() as session:
        records.store(session, {"call-1"})
    assert [call.ended_at for call in _calls(database)] == [None]


def test_a_call_of_an_earlier_controller_is_taken_up_where_its_journal_ends(
    database: Database, records: RunningRecords, now: datetime
) -> None:
    *talk, end, outcome = story("call-1", now)
    with database.writing() as session:
        write(records, session, *talk)
    successor = RunningRecords(Journal(database))
    for entry in (end, outcome):
        with database.writing() as session:
            write(successor, session, entry)
        assert rows(database) == made_anew(database)


def _write_and_fail(database: Database, records: RunningRecords, entry: JournalEntry) -> None:
    with database.writing() as session:
        write(records, session, entry)
        raise ZeroDivisionError


def _calls(database: Database) -> list[Call]:
    with database.reading() as session:
        return list(session.scalars(select(Call).order_by(Call.id)))
