"""Writes what happened, in a thread of its own, many calls in one transaction: no database call blocks the event loop.

The order of writes is kept. A database that does not answer only makes the queue grow; nothing is dropped. A page that
the database refuses for what is in it is left out, with a word in the log, so that it does not hold up all others.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
import time
from dataclasses import dataclass

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError, StatementError
from sqlalchemy.orm import Session

from cdr.errors import CdrError
from cdr.events import JournalEntry, check
from cdr.journal import Journal
from config.clock import utc_now
from config.database import Database
from config.wakeup import WakeUp
from ivr import store
from ivr.state import Call
from routing.store import RoutingStore

log = logging.getLogger(__name__)

_MOST_AT_ONCE = 500
# Kinds after which the call's record is brought up to date; between them the journal alone grows.
_TURNS = frozenset({"call.arrived", "seek.started", "call.bridged", "call.unbridged", "call.ended", "disposition"})


@dataclass(frozen=True)
class CallbackWish:
    number: str
    category: str


@dataclass(frozen=True)
class Page:
    """What one decision leaves behind: journal entries, the call's new state (None: forget it), a callback wish."""

    call_id: str
    entries: tuple[JournalEntry, ...]
    state: Call | None
    callback: CallbackWish | None = None


class Ledger:
    """`write()` from the event loop; the returned future is done when the page is committed."""

    def __init__(self, database: Database, wake_up: WakeUp) -> None:
        self._database = database
        self._journal = Journal(database)
        self._routing = RoutingStore(database)
        self._wake_up = wake_up
        self._queue: queue.SimpleQueue[tuple[Page, asyncio.Future[None] | None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="ledger", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Write what is left and end; waits up to five seconds."""
        self._queue.put(None)
        self._thread.join(timeout=5)

    def write(self, page: Page) -> asyncio.Future[None]:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.put((_checked(page), done))
        return done

    def _run(self) -> None:
        closing = False
        while not closing:
            batch = []
            item = self._queue.get()
            while item is not None:
                batch.append(item)
                if len(batch) >= _MOST_AT_ONCE:
                    break
                try:
                    item = self._queue.get_nowait()
                except queue.Empty:
                    break
            closing = item is None
            if batch:
                self._commit([page for page, _ in batch])
            for _, done in batch:
                if done is not None:
                    done.get_loop().call_soon_threadsafe(_settle, done)

    def _commit(self, pages: list[Page]) -> None:
        pause = 0.1
        while True:
            try:
                with self._database.writing() as session:
                    self._put_down(session, pages)
            except Exception as error:
                if not _passes(error):
                    self._commit_singly(pages, error)
                    return
                log.error("the database does not take the journal; trying again in %.1f s: %s", pause, _words(error))
                time.sleep(pause)
                pause = min(5.0, pause * 2)
            else:
                self._wake_up.notify("console")
                return

    def _commit_singly(self, pages: list[Page], error: Exception) -> None:
        if len(pages) > 1:
            for page in pages:
                self._commit([page])
        else:
            kinds = ", ".join(entry.kind for entry in pages[0].entries)
            log.error("%s: %s cannot be written and is left out: %s", pages[0].call_id, kinds, _words(error))

    def _put_down(self, session: Session, pages: list[Page]) -> None:
        entries: list[JournalEntry] = []
        last_states = {page.call_id: page.state for page in pages}
        for call_id, state in last_states.items():
            if state is None:
                store.forget(session, call_id)
            else:
                store.save(session, state, utc_now())
        for page in pages:
            entries.extend(page.entries)
            if page.callback is not None:
                entries.append(self._request_callback(session, page, page.callback))
        self._journal.append(session, entries)
        turned = {entry.call_id for entry in entries if entry.kind in _TURNS}
        # The doctor's leg ends after the last turn, so a call that is over is recorded once more.
        for call_id in turned | {page.call_id for page in pages if page.state is None}:
            self._journal.record(session, call_id)

    def _request_callback(self, session: Session, page: Page, wish: CallbackWish) -> JournalEntry:
        at = utc_now()
        request = self._routing.request_callback(
            call_id=page.call_id, number=wish.number, category=wish.category, at=at, session=session
        )
        return JournalEntry(page.call_id, at, "callback.requested", {"request": request.id, "number": wish.number})


def _passes(error: Exception) -> bool:
    """Whether it is the database's state that is wrong, not what was to be written."""
    if isinstance(error, StatementError) and not isinstance(error, DBAPIError):
        return False
    return isinstance(error, SQLAlchemyError) and not isinstance(error, IntegrityError | DataError)


def _words(error: Exception) -> str:
    """The error without SQLAlchemy's parameters and PostgreSQL's details, in which patients' numbers stand."""
    return (str(getattr(error, "orig", None) or error).splitlines() or [""])[0] + f" ({type(error).__name__})"


def _checked(page: Page) -> Page:
    """Leave out entries the journal would refuse: one of them must not hold up everybody else's."""
    good = []
    for entry in page.entries:
        try:
            check(entry)
        except CdrError:
            log.exception("an entry of %s is not fit for the journal", page.call_id)
        else:
            good.append(entry)
    return Page(page.call_id, tuple(good), page.state, page.callback)


def _settle(done: asyncio.Future[None]) -> None:
    if not done.done():
        done.set_result(None)
