"""What happened is written in its order, whatever the database does, and one bad page harms nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from cdr.events import JournalEntry
from cdr.journal import Journal
from config.database import Database
from config.schema import CallbackRequest, CallState
from config.wakeup import WakeUp
from ivr.commands import StoreCallback
from ivr.ledger import Ledger, Page
from ivr.store import load_all
from tests.integration.ivr.conftest import on_uvloop
from tests.unit.ivr.conftest import new_call

CALLER = "+919876543210"
KEYS = "key.pressed"


@asynccontextmanager
async def ledger_of(database: Database, folder: Path) -> AsyncIterator[Ledger]:
    ledger = Ledger(database, WakeUp(database, folder))
    ledger.start()
    yield ledger
    ledger.close()


def pressed(call_id: str, number: int, now: datetime) -> JournalEntry:
    return JournalEntry(call_id, now + timedelta(milliseconds=number), KEYS, {"node": "main", "keys": str(number)})


def keys_in_journal(database: Database, call_id: str) -> list[str]:
    return [entry.data["keys"] for entry in Journal(database).entries_of(call_id)]


@contextmanager
def failing(database: Database, times: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """The database refuses the next `times` transactions."""
    writing, left = database.writing, [times]

    @contextmanager
    def refusing() -> Iterator[Session]:
        if left[0] > 0:
            left[0] -= 1
            raise OperationalError("INSERT INTO call", {"caller": CALLER}, Exception("database is locked"))
        with writing() as session:
            yield session

    with monkeypatch.context() as patch:
        patch.setattr(database, "writing", refusing)
        yield left


def test_a_database_that_fails_for_a_while_loses_nothing_and_keeps_the_order(
    database: Database, now: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def scene() -> None:
        async with ledger_of(database, tmp_path) as ledger:
            with failing(database, 3, monkeypatch) as left:
                first = ledger.write(Page("call-1", (pressed("call-1", 0, now),), new_call()))
                others = [
                    ledger.write(Page("call-1", (pressed("call-1", number, now),), new_call()))
                    for number in range(1, 50)
                ]
                await asyncio.sleep(0.05)
                assert not first.done()
                await asyncio.wait_for(asyncio.gather(first, *others), 5)
                assert left == [0]

    on_uvloop(scene())
    assert keys_in_journal(database, "call-1") == [str(number) for number in range(50)]
    assert "database is locked" in caplog.text
    assert CALLER not in caplog.text


def test_an_entry_unfit_for_the_journal_is_left_out_and_its_neighbours_are_written(
    database: Database, now: datetime, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def scene() -> None:
        async with ledger_of(database, tmp_path) as ledger:
            unfit = JournalEntry("call-1", now, "key.stroked", {})
            await ledger.write(
                Page("call-1", (pressed("call-1", 1, now), unfit, pressed("call-1", 2, now)), new_call())
            )

    on_uvloop(scene())
    assert keys_in_journal(database, "call-1") == ["1", "2"]
    assert "not fit for the journal" in caplog.text


class Poison(datetime):
    """A moment that passes the journal's check and that no database takes."""

    def astimezone(self, tz: object = None) -> Poison:
        raise RuntimeError("this can never be written")


def test_a_page_that_can_never_be_written_does_not_hold_up_the_others(
    database: Database, now: datetime, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    poison = Poison(2021, 4, 30, tzinfo=now.tzinfo)
    bad = Page("call-2", (JournalEntry("call-2", poison, KEYS, {"node": "main", "keys": "1"}),), new_call())

    async def scene() -> None:
        async with ledger_of(database, tmp_path) as ledger:
            pages = [
                Page("call-1", (pressed("call-1", 1, now),), new_call()),
                bad,
                Page("call-1", (pressed("call-1", 2, now),), new_call()),
            ]
            await asyncio.wait_for(asyncio.gather(*(ledger.write(page) for page in pages)), 5)
            await asyncio.wait_for(ledger.write(Page("call-1", (pressed("call-1", 3, now),), new_call())), 5)

    on_uvloop(scene())
    assert keys_in_journal(database, "call-1") == ["1", "2", "3"]
    assert keys_in_journal(database, "call-2") == []
    assert "call-2: key.pressed cannot be written and is left out" in caplog.text


def test_a_call_s_state_is_kept_with_its_journal_and_forgotten_at_its_end(
    database: Database, now: datetime, tmp_path: Path
) -> None:
    async def scene() -> None:
        async with ledger_of(database, tmp_path) as ledger:
            await ledger.write(Page("call-1", (pressed("call-1", 1, now),), new_call()))
            assert load_all(database) == [new_call()]
            await ledger.write(Page("call-1", (), None))
            assert load_all(database) == []

    on_uvloop(scene())


def test_a_state_that_cannot_be_read_is_named_and_the_others_are_taken_up(
    database: Database, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    with database.writing() as session:
        session.add(CallState(call_id="call-0", saved_at=now, state={"id": "call-0"}))
    assert load_all(database) == []
    assert "the saved state of call-0 cannot be read" in caplog.text


def test_a_callback_is_one_row_and_one_entry_in_one_transaction(
    database: Database, now: datetime, tmp_path: Path
) -> None:
    async def scene() -> None:
        async with ledger_of(database, tmp_path) as ledger:
            for call_id in ("call-1", "call-2"):
                await ledger.write(Page(call_id, (), new_call(), StoreCallback(CALLER, "fever")))

    on_uvloop(scene())
    with database.reading() as session:
        request = session.scalars(select(CallbackRequest)).one()
    for call_id in ("call-1", "call-2"):
        (entry,) = Journal(database).entries_of(call_id)
        assert (entry.kind, entry.data) == (
            "callback.requested",
            {"request": request.id, "number": CALLER, "kind": "asked"},
        )


def test_what_is_left_is_written_when_the_ledger_is_closed(database: Database, now: datetime, tmp_path: Path) -> None:
    async def scene() -> None:
        async with ledger_of(database, tmp_path) as ledger:
            for number in range(1200):
                ledger.write(Page("call-1", (pressed("call-1", number, now),), new_call()))

    on_uvloop(scene())
    assert keys_in_journal(database, "call-1") == [str(number) for number in range(1200)]
