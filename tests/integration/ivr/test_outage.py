"""The database is away for a while: nothing is lost, nothing comes in twice, and no thread waits for it."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from cdr.events import JournalEntry
from cdr.journal import Journal
from config.database import Database
from config.schema import Doctor, Replayed
from config.settings import CHECKOUT
from config.wakeup import WakeUp
from ivr.claims import Claims
from ivr.lease import Lease
from ivr.ledger import Ledger, Page
from ivr.mark import Mark
from ivr.outage import Outage
from ivr.spool import Spool
from ivr.store import load_all
from tests.integration.ivr.conftest import on_uvloop
from tests.unit.ivr.conftest import new_call

_PATIENCE = 0.3


def page(number: int, now: datetime) -> Page:
    at = now + timedelta(milliseconds=number)
    entry = JournalEntry("call-1", at, "key.pressed", {"node": "main", "keys": str(number)})
    return Page("call-1", (entry,), new_call())


def keys_in_journal(database: Database) -> list[str]:
    return [entry.data["keys"] for entry in Journal(database).entries_of("call-1")]


def remembered(database: Database) -> int:
    with database.reading() as session:
        query = select(func.count()).select_from(Replayed).where(Replayed.id.startswith("spool"))
        return session.scalar(query) or 0


@pytest.fixture
def quick(database_url: str) -> Iterator[Database]:
    database = Database(database_url, patience=_PATIENCE)
    yield database
    database.close()


def outage_of(database: Database, folder: Path) -> Outage:
    return Outage(database, Spool(folder / "spool.jsonl"), every=0.05)


@asynccontextmanager
async def ledger_of(database: Database, outage: Outage, folder: Path) -> AsyncIterator[Ledger]:
    ledger = Ledger(database, WakeUp(database, folder), outage=outage)
    ledger.start()
    yield ledger
    ledger.close()
    outage.close()


@contextmanager
def locked(database: Database) -> Iterator[None]:
    """Somebody else keeps everybody from writing: SQLite's one write lock, PostgreSQL's lock on the journal."""
    if database.is_sqlite:
        connection = sqlite3.connect(str(database.engine.url.database), isolation_level=None)
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")
        connection.close()
    else:
        other = Database(database.url)
        with other.engine.connect() as holder:
            holder.exec_driver_sql("LOCK TABLE journal, doctor, replayed IN EXCLUSIVE MODE")
            yield
        other.close()


async def until(met: Callable[[], bool], seconds: float = 5.0) -> None:
    async with asyncio.timeout(seconds):
        while not met():  # noqa: ASYNC110 - it happens in another thread
            await asyncio.sleep(0.02)


def test_pages_written_while_nobody_may_write_are_on_disk_at_once_and_come_in_once_in_order(
    quick: Database, database: Database, tmp_path: Path, now: datetime
) -> None:
    async def scene() -> None:
        outage = outage_of(quick, tmp_path)
        async with ledger_of(quick, outage, tmp_path) as ledger:
            await ledger.write(page(0, now))
            with locked(database):
                await asyncio.wait_for(ledger.write(page(1, now)), 3)
                assert outage.is_on
                began = time.monotonic()
                await asyncio.gather(*(ledger.write(page(number, now)) for number in range(2, 40)))
                assert time.monotonic() - began < _PATIENCE
                assert keys_in_journal(database) == ["0"]
            await until(lambda: not outage.is_on)
            await ledger.write(page(40, now))
            assert keys_in_journal(database) == [str(number) for number in range(41)]
            assert load_all(database) == [new_call()]

    on_uvloop(scene())
    assert (tmp_path / "spool.jsonl").stat().st_size == 0


def test_nobody_is_made_to_wait_for_a_database_that_is_known_to_be_away(
    quick: Database, database: Database, tmp_path: Path
) -> None:
    outage = outage_of(quick, tmp_path)
    with locked(database):
        outage.begin(OperationalError("", {}, Exception("gone")))
        began = time.monotonic()
        with pytest.raises(Exception, match="does not answer"), quick.writing():
            pass
        assert time.monotonic() - began < 0.1
    outage.close()


def doctor(database: Database, id: str, now: datetime) -> None:
    with database.writing() as session:
        row = Doctor(id=id, name=id, registration_number=id, council="MP", duty="on", created_at=now)
        session.add(row)


def holder(database: Database, id: str) -> str | None:
    with database.reading() as session:
        return session.scalars(select(Doctor.claimed_by).where(Doctor.id == id)).one()


@pytest.fixture
def claims(quick: Database, database: Database, tmp_path: Path, now: datetime) -> Iterator[Claims]:
    doctor(database, "d1", now)
    doctor(database, "d2", now)
    lease = Lease(quick, "one")
    lease.renew()
    outage = outage_of(quick, tmp_path)
    claims = Claims(quick, outage, lease)
    yield claims
    outage.close()


def test_the_holder_of_the_lease_claims_each_doctor_once_and_the_database_learns_it(
    claims: Claims, database: Database, now: datetime
) -> None:
    with locked(database):
        assert claims.claim("d1", "offer-1", now, node="one", seat="s")
        assert not claims.claim("d1", "offer-2", now)
        assert not claims.claim("d2", "offer-3", now, seat="s")
        assert claims.claim("d2", "offer-4", now)
        assert claims.release("offer-1", now, now + timedelta(seconds=30), talked_seconds=60)
    asyncio.run(until(lambda: not claims._outage.is_on))
    assert (holder(database, "d1"), holder(database, "d2")) == (None, "offer-4")
    with database.reading() as session:
        row = session.get_one(Doctor, "d1")
        assert (row.free_since, row.seconds_today) == (now + timedelta(seconds=30), 60)
    assert claims.release("offer-4", now)
    assert holder(database, "d2") is None


def test_who_does_not_hold_the_lease_claims_nobody_while_the_database_is_away(
    quick: Database, database: Database, tmp_path: Path, now: datetime
) -> None:
    doctor(database, "d1", now)
    Lease(database, "other").renew()
    mine = Lease(quick, "mine")
    assert not mine.renew()
    outage = outage_of(quick, tmp_path)
    claims = Claims(quick, outage, mine)
    with locked(database), pytest.raises(Exception, match="lease on claims is not ours"):
        claims.claim("d1", "offer-1", now)
    asyncio.run(until(lambda: not outage.is_on))
    assert holder(database, "d1") is None
    outage.close()


def test_a_claim_of_which_nobody_knew_whether_it_was_made_is_not_lost(
    claims: Claims, database: Database, now: datetime
) -> None:
    """It was committed, and only the answer was lost: the spool's entry finds its own offer there."""
    with database.writing() as session:
        session.get_one(Doctor, "d1").claimed_by = "offer-1"
    with locked(database):
        assert claims.claim("d1", "offer-1", now)
    asyncio.run(until(lambda: not claims._outage.is_on))
    assert holder(database, "d1") == "offer-1"


# --- the lease -----------------------------------------------------------------------------------------------------


def test_the_lease_is_one_controller_s_until_its_time_is_up_by_its_own_clock(database: Database, now: datetime) -> None:
    clock, wall = [0.0], [now]
    leases = [
        Lease(database, name, seconds=300, monotonic=lambda: clock[0], now=lambda: wall[0]) for name in ("one", "two")
    ]
    assert leases[0].renew()
    assert not leases[1].renew()
    clock[0], wall[0] = 299.0, now + timedelta(seconds=299)
    assert leases[0].is_held
    clock[0] = 301.0
    assert not leases[0].is_held
    wall[0] = now + timedelta(seconds=320)
    assert not leases[1].renew(), "the others' clocks may be ahead"
    wall[0] = now + timedelta(seconds=331)
    assert leases[1].renew()
    assert not leases[0].renew()


def test_a_clock_on_the_wall_that_jumps_changes_nothing_for_the_holder(database: Database, now: datetime) -> None:
    wall = [now]
    lease = Lease(database, "one", monotonic=lambda: 0.0, now=lambda: wall[0])
    lease.renew()
    wall[0] = now + timedelta(hours=1)
    assert lease.is_held
    assert lease.renew()


# --- transactions whose outcome nobody saw -------------------------------------------------------------------------


def test_a_transaction_that_was_committed_after_all_is_not_done_again(postgresql_url: str) -> None:
    database = Database(postgresql_url)
    mark = Mark()
    for expected in (True, False):
        with database.writing() as session:
            assert mark.move(session) is expected
    with database.writing() as session:
        assert mark.next.move(session)
    with database.writing() as session:
        assert not mark.next.move(session)
        assert mark.next.next.move(session)
    database.close()


def test_pages_of_a_transaction_in_doubt_come_in_once(postgresql_url: str, tmp_path: Path, now: datetime) -> None:
    """PostgreSQL commits, and the answer is lost on the way."""
    database = Database(postgresql_url)

    async def scene() -> None:
        outage = outage_of(database, tmp_path)
        async with ledger_of(database, outage, tmp_path) as ledger:
            writing, lost = database.writing, [True]

            @contextmanager
            def answer_lost() -> Iterator[object]:
                with writing() as session:
                    yield session
                if lost.pop():
                    lost.append(False)
                    error = OperationalError("COMMIT", {}, Exception("server closed the connection unexpectedly"))
                    outage.begin(error)
                    raise error
                lost.append(False)

            database.writing = answer_lost  # type: ignore[method-assign,assignment]
            await ledger.write(page(0, now))
            await ledger.write(page(1, now))
            await until(lambda: not outage.is_on)
            await ledger.write(page(2, now))

    on_uvloop(scene())
    assert keys_in_journal(database) == ["0", "1", "2"]
    database.close()


# --- kill -9 -------------------------------------------------------------------------------------------------------

_CHILD = """
import sys
from pathlib import Path
from config.database import Database
from config.wakeup import WakeUp
from ivr.ledger import Ledger
from ivr.outage import Outage
from ivr.spool import Spool
import ivr.outage
ivr.outage._AT_A_TIME = 3
database = Database(sys.argv[1], patience=5)
outage = Outage(database, Spool(Path(sys.argv[2]) / "spool.jsonl"), every=0.05)
Ledger(database, WakeUp(database, Path(sys.argv[2])), outage=outage)
print("begins", flush=True)
outage.recover()
"""


def test_a_controller_killed_again_and_again_while_it_brings_the_spool_in_loses_and_doubles_nothing(
    quick: Database, database: Database, tmp_path: Path, now: datetime
) -> None:
    many = 600

    async def spooling() -> None:
        outage = outage_of(quick, tmp_path)
        with locked(database):
            async with ledger_of(quick, outage, tmp_path) as ledger:
                for number in range(many):
                    await ledger.write(page(number, now))
                # Nothing is closed in order: the process that had written this is gone.
                outage._closing.set()

    on_uvloop(spooling())
    assert keys_in_journal(database) == []
    for kill_at in (1, 100, 250):
        child = subprocess.Popen(
            [sys.executable, "-c", _CHILD, database.url, str(tmp_path)], cwd=CHECKOUT, stdout=subprocess.PIPE
        )
        assert child.stdout is not None
        child.stdout.readline()
        asyncio.run(until(lambda: len(keys_in_journal(database)) >= kill_at, 20))  # noqa: B023
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        child.stdout.close()
        assert len(keys_in_journal(database)) < many, "it was killed too late"
    outage = outage_of(quick, tmp_path)
    Ledger(quick, WakeUp(quick, tmp_path), outage=outage)
    outage.recover()
    assert keys_in_journal(database) == [str(number) for number in range(many)]
    assert remembered(database) == 0
    outage.close()
