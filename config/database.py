"""The database: one way in for reading, one for writing, the same on SQLite and PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import DateTime, Dialect, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeDecorator

from config.errors import ConfigError
from config.impatient import impatient


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


class DatabaseAway(SQLAlchemyError):
    """It is known that the database does not answer; nobody is made to wait to find that out once more."""


class Database:
    """An engine and the two ways to use it.

    `reading()` yields a Session for queries. `writing()` yields a Session whose transaction takes SQLite's write
    lock at once (BEGIN IMMEDIATE), so that a reader never turns writer and fails half-way; it commits at the end
    and rolls back on an exception.

    With `patience` no statement is waited for longer than so many seconds, even where the server has stopped
    answering: a thread that waits for a database must not make callers wait. Whoever keeps things going without the
    database sets `on_trouble`, which is told of each failure, and `is_away`: while that says yes, DatabaseAway is
    raised at once (SQLite is still read: a locked one can be). `trying()` writes all the same, to find out.
    """

    def __init__(self, url: str, patience: float | None = None) -> None:
        self.url = url
        self.engine = _engine(url, patience)
        self.on_trouble: Callable[[Exception], None] = lambda error: None
        self.is_away: Callable[[], bool] = lambda: False
        self._patience = patience
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
        if not self.is_sqlite and self.is_away():
            raise DatabaseAway("the database does not answer")
        with self._telling_of_trouble(), Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        if self.is_away():
            raise DatabaseAway("the database does not answer")
        with self._telling_of_trouble(), self.trying() as session:
            yield session

    @contextmanager
    def trying(self) -> Iterator[Session]:
        """As `writing`, whatever is known of the database; nobody is told of a failure."""
        with (
            _taking_turns(self._turn, self._patience or _LONGEST_TURN_SECONDS),
            Session(self._writer, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session

    @contextmanager
    def _telling_of_trouble(self) -> Iterator[None]:
        try:
            yield
        except (OperationalError, InterfaceError, PoolTimeoutError) as error:
            self.on_trouble(error)
            raise

    def close(self) -> None:
        self.engine.dispose()


# Whoever waited in vain goes on to ask SQLite itself, whose answer names the trouble.
_LONGEST_TURN_SECONDS = 10.0


@contextmanager
def _taking_turns(turn: threading.Lock | None, seconds: float) -> Iterator[None]:
    mine = turn is not None and turn.acquire(timeout=seconds)
    try:
        yield
    finally:
        if turn is not None and mine:
            turn.release()


# Of a server that is gone without a word the kernel hears nothing; these end a connection to it within half a minute.
_KEEPALIVE = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 20_000}
# An error ends in a log, and what was to be written tells of patients.
_DISCREET: dict[str, Any] = {"hide_parameters": True}
_CONNECT_SECONDS = 5


def _engine(url: str, patience: float | None) -> Engine:
    try:
        parsed = make_url(url)
    except Exception:
        raise ConfigError("HELPLINE_DATABASE_URL is not a database address (sqlite:///… or postgresql://…)") from None
    if parsed.drivername in ("postgresql", "postgres"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername in ("sqlite", "sqlite+pysqlite"):
        return _sqlite_engine(parsed.render_as_string(hide_password=False), parsed.database, patience)
    if parsed.drivername == "postgresql+psycopg":
        return _postgresql_engine(parsed, patience)
    raise ConfigError(f"HELPLINE_DATABASE_URL: {parsed.drivername} is not supported; use sqlite or postgresql")


def _postgresql_engine(url: URL, patience: float | None) -> Engine:
    pool: dict[str, Any] = {"pool_size": 5, "max_overflow": 5}
    if patience is None:
        connect = {"connect_timeout": _CONNECT_SECONDS, **_KEEPALIVE}
        return create_engine(url, **pool, **_DISCREET, pool_pre_ping=True, connect_args=connect)
    # No ping before each use: a connection that broke is found out by its use, which is told as trouble.
    connect = {"connect_timeout": max(2, round(patience)), **_KEEPALIVE}  # libpq takes whole seconds, two at least
    engine = create_engine(url, **pool, **_DISCREET, pool_timeout=patience, connect_args=connect)
    kind = impatient(patience)

    @event.listens_for(engine, "do_connect")
    def _connect(_dialect: Dialect, _record: Any, arguments: Any, named: Any) -> Any:
        return kind.connect(*arguments, **named)

    return engine


def _sqlite_engine(url: str, path: str | None, patience: float | None) -> Engine:
    if path and path != ":memory:":
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    seconds = patience or _LONGEST_TURN_SECONDS
    engine = create_engine(url, **_DISCREET, connect_args={"timeout": seconds, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def _on_connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver must not begin transactions of its own
        busy = f"busy_timeout={round(seconds * 1000)}"
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", busy):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Any) -> None:
        writes = connection.get_execution_options().get("helpline_writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine
