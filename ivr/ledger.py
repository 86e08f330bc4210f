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
from collections.abc import Callable
from dataclasses import dataclass, replace

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError, StatementError
from sqlalchemy.orm import Session

from cdr.errors import CdrError
from cdr.events import JournalEntry, check
from cdr.journal import Journal
from config.clock import utc_now
from config.database import Database
from config.wakeup import WakeUp
from ivr import callback_records, store
from ivr.commands import SendSms, StoreCallback
from ivr.state import Call
from messaging.errors import MessagingError
from messaging.outbox import enqueue
from routing.agenda import AgendaRules

log = logging.getLogger(__name__)

DEFAULT_AGENDA = AgendaRules()
_MOST_AT_ONCE = 500
# A page that follows a commit this closely means load: it waits a moment for others, since a commit of its own costs as
# much as writing two pages. A decision waits no longer than _MOST_SECONDS_FOR_DISK of the controller in any case.
_BUSY_SECONDS, _GATHERING_SECONDS = 0.02, 0.012
# Under load the records of many calls are brought up to date together: one by one they cost three times as much.
_SECONDS_BETWEEN_RECORDS = 0.1
# Kinds after which the call's record is brought up to date; between them the journal alone grows.
_TURNS = frozenset(
    {
        "call.arrived",
        "seek.started",
        "doctor.offered",
        "call.bridged",
        "call.unbridged",
        "call.ended",
        "disposition",
    }
)


@dataclass(frozen=True)
class Page:
    """What one decision leaves behind: journal entries, the call's new state (None: forget it), wishes."""

    call_id: str
    entries: tuple[JournalEntry, ...]
    state: Call | None
    callback: StoreCallback | None = None
    messages: tuple[SendSms, ...] = ()
    requests: tuple[callback_records.Change, ...] = ()


class Ledger:
    """`write()` from the event loop; the returned future is done when the page is committed."""

    def __init__(self, database: Database, wake_up: WakeUp, agenda: AgendaRules = DEFAULT_AGENDA) -> None:
        self._database = database
        self._journal = Journal(database)
        self._agenda = agenda
        self.on_requests: Callable[[], None] = lambda: None  # told, in the ledger's thread, when requests have changed
        self._wake_up = wake_up
        self._queue: queue.SimpleQueue[tuple[Page, asyncio.Future[None] | None] | None] = queue.SimpleQueue()
        self._to_record: set[str] = set()  # calls whose records are older than their journals
        self._news = False  # something was written that the console has not been told of
        self._record_at = 0.0
        self._committed_at = 0.0
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
            batch, closing = self._next_batch()
            if batch:
                self._commit([page for page, _ in batch])
                if any(page.callback is not None or page.requests for page, _ in batch):
                    self.on_requests()
            for _, done in batch:
                if done is not None:
                    done.get_loop().call_soon_threadsafe(_settle, done)
            if self._news and (closing or time.monotonic() >= self._record_at):
                self._record()

    def _next_batch(self) -> tuple[list[tuple[Page, asyncio.Future[None] | None]], bool]:
        """Everything that waits, and whether it is the last; nothing when records are due first."""
        batch: list[tuple[Page, asyncio.Future[None] | None]] = []
        patience = max(0.0, self._record_at - time.monotonic()) if self._news else None
        try:
            item = self._queue.get(timeout=patience)
            if time.monotonic() - self._committed_at < _BUSY_SECONDS:
                time.sleep(_GATHERING_SECONDS)
            while item is not None:
                batch.append(item)
                if len(batch) >= _MOST_AT_ONCE:
                    return batch, False
                item = self._queue.get_nowait()
        except queue.Empty:
            return batch, False
        return batch, True

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
                self._news = True
                self._committed_at = time.monotonic()
                return

    def _record(self) -> None:
        """Bring the records of the calls that took a turn up to their journals, and let the console look."""
        calls, self._to_record, self._news = self._to_record, set(), False
        try:
            if calls:
                with self._database.writing() as session:
                    self._journal.record_all(session, calls)
        except SQLAlchemyError as error:
            log.error("records are brought up to date later: %s", _words(error))
            self._to_record, self._news = calls, True
        except Exception:  # the journal has it all, and the next turn makes the record
            log.exception("records could not be brought up to date")
        self._record_at = time.monotonic() + _SECONDS_BETWEEN_RECORDS
        self._wake_up.notify("console")

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
        over = {call_id for call_id, state in last_states.items() if state is None}
        store.save(session, (state for state in last_states.values() if state is not None), utc_now())
        store.forget(session, over)
        for page in pages:
            entries.extend(page.entries)
            if page.callback is not None:
                entries.append(callback_records.store(session, page.call_id, page.callback, utc_now(), self._agenda))
            for change in page.requests:
                entries += callback_records.change(session, page.call_id, change, utc_now(), self._agenda)
            for message in page.messages:
                self._promise(session, page.call_id, message)
        self._journal.append(session, entries)
        # A call that is over is recorded together with being forgotten: nobody would think of it afterwards.
        if over:
            self._journal.record_all(session, over)
        self._to_record |= {entry.call_id for entry in entries if entry.kind in _TURNS}
        self._to_record -= over

    def _promise(self, session: Session, call_id: str, message: SendSms) -> None:
        """A message that cannot be worded is an error of the flow's, not a reason to lose the page."""
        try:
            enqueue(
                session,
                purpose=message.template,
                recipient=message.number,
                key=call_id,
                template=message.template,
                language=message.language,
                variables=message.variables,
                call_id=call_id,
            )
        except MessagingError as error:
            log.error("%s: the message %s cannot be sent: %s", call_id, message.template, error)


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
    return replace(page, entries=tuple(good))


def _settle(done: asyncio.Future[None]) -> None:
    if not done.done():
        done.set_result(None)
