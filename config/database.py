"""The database: one way in for reading, one for writing, the same on SQLite and PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import DateTime, Dialect, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeDecorator

from config.errors import ConfigError


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC. SQLite drops zones: they are put back on the way out, and a naive moment is refused going in."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone may not be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Database:
    """An engine and the two ways to use it.

    `reading()` yields a Session for queries. `writing()` yields a Session whose transaction takes SQLite's write
    lock at once (BEGIN IMMEDIATE), so that a reader never turns writer and fails half-way; it commits at the end
    and rolls back on an exception.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = _engine(url)
        self._writer = self.engine.execution_options(helpline_writes=True)
        # SQLite has one writer, and whoever finds it busy sleeps 1, 2, 5, … 100 ms before asking again. Threads of one
        # process queue here instead and are woken at once; at 40 calls a second claims waited for seconds without it.
        # A plain lock, since FastAPI ends a request's transaction in another thread than it began.
        self._turn = threading.Lock() if self.is_sqlite else None

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def reading(self) -> Iterator[Session]:
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        with (
            _taking_turns(self._turn),
            Session(self._writer, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session

    def close(self) -> None:
        self.engine.dispose()


# Whoever waited in vain goes on to ask SQLite itself, whose answer names the trouble.
_LONGEST_TURN_SECONDS = 10.0


@contextmanager
def _taking_turns(turn: threading.Lock | None) -> Iterator[None]:
    mine = turn is not None and turn.acquire(timeout=_LONGEST_TURN_SECONDS)
    try:
        yield
    finally:
        if turn is not None and mine:
            turn.release()


def _engine(url: str) -> Engine:
    try:
        parsed = make_url(url)
    except Exception:
        raise ConfigError("HELPLINE_DATABASE_URL is not a database address (sqlite:///… or postgresql://…)") from None
    if parsed.drivername in ("postgresql", "postgres"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername in ("sqlite", "sqlite+pysqlite"):
        return _sqlite_engine(parsed.render_as_string(hide_password=False), parsed.database)
    if parsed.drivername == "postgresql+psycopg":
        return create_engine(
            parsed, pool_size=5, max_overflow=5, pool_pre_ping=True, connect_args={"connect_timeout": 5}
        )
    raise ConfigError(f"HELPLINE_DATABASE_URL: {parsed.drivername} is not supported; use sqlite or postgresql")


def _sqlite_engine(url: str, path: str | None) -> Engine:
    if path and path != ":memory:":
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": 10, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def _on_connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver must not begin transactions of its own
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "busy_timeout=10000"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Any) -> None:
        writes = connection.get_execution_options().get("helpline_writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine
