"""SQLite as we use it: moments keep their zone, a writer waits for a writer, and readers see either all or nothing."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import StatementError

from config.database import Database
from config.errors import ConfigError
from config.migrate import upgrade
from config.schema import CallState

INDIA = timezone(timedelta(hours=5, minutes=30))


@pytest.fixture
def sqlite(sqlite_url: str) -> Iterator[Database]:
    database = Database(sqlite_url)
    yield database
    database.close()


def store(database: Database, at: datetime, call_id: str = "call-1") -> None:
    with database.writing() as session:
        session.add(CallState(call_id=call_id, saved_at=at, state={"node": "मेन्यू"}))


def stored(database: Database, call_id: str = "call-1") -> CallState:
    with database.reading() as session:
        return session.get_one(CallState, call_id)


def test_a_moment_comes_back_aware_and_in_utc(sqlite: Database) -> None:
    at = datetime(2021, 4, 30, 20, 0, 0, 123456, tzinfo=INDIA)
    store(sqlite, at)
    assert stored(sqlite).saved_at == at
    assert stored(sqlite).saved_at.tzinfo is UTC
    assert stored(sqlite).state == {"node": "मेन्यू"}


def test_moments_of_different_zones_are_compared_as_moments(sqlite: Database) -> None:
    store(sqlite, datetime(2021, 4, 30, 20, 0, tzinfo=INDIA))
    with sqlite.reading() as session:
        later = datetime(2021, 4, 30, 14, 31, tzinfo=UTC)
        assert session.scalar(select(CallState.call_id).where(CallState.saved_at < later)) == "call-1"
        assert session.scalar(select(CallState.call_id).where(CallState.saved_at > later)) is None


def test_a_moment_without_a_zone_is_refused(sqlite: Database) -> None:
    with pytest.raises(StatementError, match="time zone"):
        store(sqlite, datetime(2021, 4, 30, 20, 0))  # noqa: DTZ001


def test_a_writer_behind_a_writer_waits_instead_of_failing_half_way(sqlite: Database, now: datetime) -> None:
    """Both read before they write: with SQLite's deferred transactions the second fails at its first write."""
    counted = threading.Barrier(2)

    def add_one() -> None:
        counted.wait()
        for _ in range(10):
            with sqlite.writing() as session:
                row = session.get_one(CallState, "call-1")
                time.sleep(0.002)
                row.state = {"count": row.state["count"] + 1}

    with sqlite.writing() as session:
        session.add(CallState(call_id="call-1", saved_at=now, state={"count": 0}))
    threads = [threading.Thread(target=add_one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert stored(sqlite).state == {"count": 20}


def test_a_reader_is_not_held_up_by_a_writer_and_sees_none_of_its_work(sqlite: Database, now: datetime) -> None:
    with sqlite.writing() as session:
        session.add(CallState(call_id="call-1", saved_at=now, state={}))
        session.flush()
        with sqlite.reading() as reader:
            assert reader.get(CallState, "call-1") is None
    assert stored(sqlite).call_id == "call-1"


def test_what_fails_is_undone_as_a_whole(sqlite: Database, now: datetime) -> None:
    def fail() -> None:
        with sqlite.writing() as session:
            session.add(CallState(call_id="call-1", saved_at=now, state={}))
            session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with sqlite.reading() as session:
        assert session.get(CallState, "call-1") is None


def test_references_between_tables_are_enforced(sqlite: Database) -> None:
    with sqlite.reading() as session:
        assert session.scalar(text("PRAGMA foreign_keys")) == 1
        assert session.scalar(text("PRAGMA journal_mode")) == "wal"


@pytest.mark.parametrize("url", ["mysql://x/y", "not an address", "", "sqlite+aiosqlite:///x.db"])
def test_another_databases_address_is_refused_by_the_variables_name(url: str) -> None:
    with pytest.raises(ConfigError, match="HELPLINE_DATABASE_URL"):
        Database(url)


def test_the_folder_of_a_new_database_is_made(tmp_path: Path) -> None:
    upgrade(f"sqlite:///{tmp_path}/data/new/helpline.db")
    assert (tmp_path / "data" / "new" / "helpline.db").exists()
