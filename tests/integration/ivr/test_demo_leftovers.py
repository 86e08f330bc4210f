"""A demonstration that was broken off in a call does not spoil the next one."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select

from cdr.journal import Journal
from cli.demo.errors import DemoFailed
from cli.demo.leftovers import put_away
from config.clock import utc_now
from config.database import Database
from config.schema import Call, CallbackRequest, CallState, Doctor
from config.settings import load_settings
from ivr.store import save
from routing.callbacks import request_callback, take
from tests.integration.admin_api.conftest import journal_of_call
from tests.unit.ivr.conftest import new_call


def test_calls_that_were_broken_off_end_and_nobody_is_called_back_for_them(database: Database, tmp_path: Path) -> None:
    journal, at = Journal(database), utc_now()
    with database.writing() as session:
        journal.append(session, journal_of_call("call-1", None, "+919876543210", ended=False))
        journal.record(session, "call-1")
        save(session, [new_call()], at)
        request = request_callback(session, call_id="call-0", number="+919876500001", category="fever", at=at)
        assert take(session, request.id, "call-2", "node", at)
    address = database.engine.url.render_as_string(hide_password=False)
    settings = load_settings({}, data_dir=tmp_path, database_url=address)
    for _ in range(2):
        put_away(settings, is_own=False)
    with database.reading() as session:
        call = session.get_one(Call, "call-1")
        assert (call.ended_by, call.result) == ("system", "lost")
        assert session.scalar(select(func.count()).select_from(CallState)) == 0
        assert [(each.state, each.attempt) for each in session.scalars(select(CallbackRequest))] == [
            ("withdrawn", None)
        ]
    assert [entry.kind for entry in journal.entries_of("call-1")].count("call.ended") == 1


def test_a_helplines_own_database_is_left_alone(database: Database, tmp_path: Path) -> None:
    with database.writing() as session:
        save(session, [new_call()], utc_now())
        session.add(Doctor(id="d", name="Dr Real", registration_number="MP-1", duty="on", created_at=utc_now()))
    address = database.engine.url.render_as_string(hide_password=False)
    settings = load_settings({}, data_dir=tmp_path, database_url=address)
    with pytest.raises(DemoFailed, match="not of the demonstration"):
        put_away(settings, is_own=False)
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(CallState)) == 1
