"""While the database is away: what is to be written goes to the spool, and from there to the database once it is back.

Everybody who uses the database tells of its failures (config/database.py); from the first one on nobody waits for it.
A thread tries it, and brings in what the spool holds, each entry in one transaction with its id: killed at any moment,
its successor begins again and finds what is in already.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError, StatementError
from sqlalchemy.orm import Session

from config.clock import utc_now
from config.database import Database
from config.schema import Replayed
from ivr.spool import Entry, Spool, SpoolError

log = logging.getLogger(__name__)

Apply = Callable[[Session, Any], None]

_TRY_EVERY_SECONDS = 0.5
_LOOK_EVERY_SECONDS = 0.05
_AT_A_TIME = 50
_MARKS_KEPT = timedelta(days=30)  # ivr/mark.py: a writer that rests for so long has no transaction in doubt


class Outage:
    """`put()` what cannot be written while `is_on`; `apply[kind](session, data)` brings it in later."""

    def __init__(self, database: Database, spool: Spool, *, every: float = _TRY_EVERY_SECONDS) -> None:
        self._database = database
        self._spool = spool
        self._every = every
        self._lock = threading.Lock()
        self._on = False
        self._since = 0.0
        self._closing = threading.Event()
        self._replayer: threading.Thread | None = None
        self._names: set[str] = set()  # of the files whose entries came in
        self.apply: dict[str, Apply] = {}
        self.on_over: Callable[[], None] = lambda: None  # told in the replayer's thread
        database.on_trouble = self.begin
        database.is_away = lambda: self._on

    @property
    def is_on(self) -> bool:
        return self._on

    @property
    def is_closed(self) -> bool:
        return self._closing.is_set()

    def begin(self, error: Exception) -> None:
        """The database has failed somebody: from now on nobody waits for it, until it answers again."""
        with self._lock:
            if self._on or self._closing.is_set():
                return
            self._on, self._since = True, time.monotonic()
            log.error("the spool takes what happens until the database has it all: %s", words(error))
            self._replayer = threading.Thread(target=self._run, name="replayer", daemon=True)
            self._replayer.start()

    def put(self, items: Sequence[tuple[str, Any]]) -> bool:
        """Have the spool keep (kind, JSON) until the database is back; False: it is there, write it yourself."""
        with self._lock:
            if not self._on:
                return False
            self._spool.write(items)
            return True

    def recover(self) -> None:
        """Return when the database answers and has what an earlier controller left. Blocking."""
        if not self._spool.clear_if_done():
            self.begin(SpoolError("an earlier controller left what the database does not have"))
        while self._on and not self._closing.wait(_LOOK_EVERY_SECONDS):
            pass

    def close(self) -> None:
        self._closing.set()
        if self._replayer is not None:
            self._replayer.join(timeout=3)
        self._spool.close()

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                self._bring_in(self._spool.next(_AT_A_TIME))
                if self._is_over():
                    break
            except SQLAlchemyError as error:
                log.debug("the database is still away: %s", words(error))
                self._closing.wait(self._every)
            except Exception:
                log.exception("the spool cannot be brought in")
                self._closing.wait(self._every)
        else:
            return
        log.info("the database is back after %.1f s, and has everything", time.monotonic() - self._since)
        self.on_over()

    def _is_over(self) -> bool:
        with self._lock:  # nobody puts anything in between
            if not self._spool.clear_if_done():
                return False
            self._on = False
        self._forget_ids()
        return True

    def _bring_in(self, entries: Sequence[Entry]) -> None:
        """Have these in the database, too; with none, find out whether it answers."""
        try:
            with self._database.trying() as session:
                session.execute(select(1))
                for entry in _new(session, entries):
                    self.apply[entry.kind](session, entry.data)
        except Exception as error:
            if passes(error):
                raise
            self._bring_in_singly(entries)
        if entries:
            self._spool.done(entries[-1])
            self._names |= {entry.id.rpartition("-")[0] for entry in entries}

    def _bring_in_singly(self, entries: Sequence[Entry]) -> None:
        """One that can never be written is put aside for people to look at: it must not hold up all others."""
        if len(entries) > 1:
            for entry in entries:
                self._bring_in([entry])
        else:
            log.exception("an entry of the spool cannot be brought in and is put aside")
            self._spool.put_aside(entries[0])

    def _forget_ids(self) -> None:
        """What is not in the spool any more cannot come a second time."""
        names, self._names = self._names, set()
        try:
            with self._database.trying() as session:
                session.execute(delete(Replayed).where(Replayed.at < utc_now() - _MARKS_KEPT))
                for name in names:
                    session.execute(delete(Replayed).where(Replayed.id.startswith(f"{name}-", autoescape=True)))
        except SQLAlchemyError as error:
            log.warning("what the spool brought in is forgotten later: %s", words(error))
            self._names |= names


def _new(session: Session, entries: Sequence[Entry]) -> list[Entry]:
    """Write down that these entries come in; those that are not in yet."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    once = insert(Replayed).on_conflict_do_nothing().returning(Replayed.id)
    return [entry for entry in entries if session.scalar(once, {"id": entry.id, "at": utc_now()}) is not None]


def passes(error: Exception) -> bool:
    """Whether it is the database's state that is wrong, not what was to be written."""
    if isinstance(error, StatementError) and not isinstance(error, DBAPIError):
        return False
    return isinstance(error, SQLAlchemyError) and not isinstance(error, IntegrityError | DataError)


def words(error: Exception) -> str:
    """The error without SQLAlchemy's parameters and PostgreSQL's details, in which patients' numbers stand."""
    return (str(getattr(error, "orig", None) or error).splitlines() or [""])[0] + f" ({type(error).__name__})"
