"""A call's record follows its journal within a moment, and is never forgotten."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from pathlib import Path

from cdr.events import JournalEntry
from cdr.journal import Journal
from config.database import Database
from config.schema import Call
from config.wakeup import WakeUp
from ivr.ledger import Ledger, Page
from tests.integration.ivr.conftest import on_uvloop
from tests.unit.ivr.conftest import new_call


def test_under_load_every_record_is_up_to_date_a_moment_later(
    database: Database, now: datetime, tmp_path: Path
) -> None:
    ids = [f"call-{number}" for number in range(30)]

    async def scene() -> None:
        ledger = _started(database, tmp_path)
        for id in ids:
            await ledger.write(Page(id, (_arrived(id, now),), new_call()))
        await asyncio.sleep(0.5)
        assert _recorded(database) == set(ids)
        ledger.close()

    on_uvloop(scene())


def test_a_call_that_is_over_is_recorded_in_the_transaction_that_forgets_it(
    database: Database, now: datetime, tmp_path: Path
) -> None:
    async def scene() -> None:
        ledger = _started(database, tmp_path)
        for number in range(5):  # so that records are not due at once
            await ledger.write(Page("call-0", (_arrived("call-0", now),) if not number else (), new_call()))
        await ledger.write(Page("call-1", (_arrived("call-1", now), _ended("call-1", now)), None))
        with database.reading() as session:
            call = session.get(Call, "call-1")
            assert call is not None
            assert call.result == "abandoned_menu"
        ledger.close()

    on_uvloop(scene())


def test_a_ledger_that_closes_leaves_no_record_behind(database: Database, now: datetime, tmp_path: Path) -> None:
    async def scene() -> None:
        ledger = _started(database, tmp_path)
        await ledger.write(Page("call-1", (_arrived("call-1", now),), new_call()))
        ledger.write(Page("call-2", (_arrived("call-2", now),), new_call()))
        ledger.close()
        assert _recorded(database) == {"call-1", "call-2"}

    on_uvloop(scene())


def test_records_made_together_are_those_made_one_by_one(database: Database, now: datetime) -> None:
    journal = Journal(database)
    with database.writing() as session:
        journal.append(session, [_arrived("call-1", now), _arrived("call-2", now), _ended("call-1", now)])
        journal.record_all(session, {"call-1", "call-2", "call-3"})
    together = _rows(database)
    with database.writing() as session:
        for id in ("call-1", "call-2"):
            journal.record(session, id)
    assert _rows(database) == together
    assert [row["id"] for row in together] == ["call-1", "call-2"]


def _started(database: Database, folder: Path) -> Ledger:
    ledger = Ledger(database, WakeUp(database, folder))
    ledger.start()
    return ledger


def _arrived(call_id: str, now: datetime) -> JournalEntry:
    data = {"dialled": "104", "caller": "+919876543210", "linkedid": "1.1", "line": "line-1", "flow": "line_104"}
    return JournalEntry(call_id, now, "call.arrived", data | {"flow_version": "1", "language": "hi"})


def _ended(call_id: str, now: datetime) -> JournalEntry:
    end = {"by": "patient", "cause": 16, "cause_text": "Normal Clearing", "result": "abandoned_menu"}
    return JournalEntry(call_id, now + timedelta(seconds=9), "call.ended", end)


def _recorded(database: Database) -> set[str]:
    return {str(row["id"]) for row in _rows(database)}


def _rows(database: Database) -> list[dict[str, object]]:
    with database.reading() as session:
        calls = session.query(Call).order_by(Call.id).all()
    return [{column.name: getattr(call, column.name) for column in Call.__table__.columns} for call in calls]
