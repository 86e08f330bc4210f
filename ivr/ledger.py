"""Writes what happened, in a thread of its own, many calls in one transaction: no database call blocks the event loop.

The order of writes is kept. While the database does not answer, the spool takes what there is (ivr/outage.py), or else
the queue grows; nothing is dropped. A page that the database refuses for what is in it is left out, with a word in the
log, so that it does not hold up all others.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from cdr.errors import CdrError
from cdr.events import SMS_SETTLED, JournalEntry
from cdr.journal import Checked, Journal
from cdr.running import RunningRecords
from config.clock import utc_now
from config.database import Database
from config.wakeup import WakeUp
from ivr import callback_records, offer_records, spoken_records, store
from ivr.commands import SendSms, StoreCallback, Strike, TellMessage
from ivr.mark import Mark
from ivr.outage import Outage, passes, words
from ivr.spool import SpoolError
from ivr.state import Call
from messaging.outbox import enqueue
from messaging.rules import DEFAULT_RULES, MessagingRules
from routing import strikes
from routing.agenda import AgendaRules
from routing.answering import AnsweringRules

log = logging.getLogger(__name__)

DEFAULT_AGENDA = AgendaRules()
_MOST_AT_ONCE = 500
# A page that follows a commit this closely means load: it waits a moment for others, since a commit of its own costs as
# much as writing two pages. A decision waits no longer than _MOST_SECONDS_FOR_DISK of the controller in any case.
_BUSY_SECONDS, _GATHERING_SECONDS = 0.03, 0.02
# Under load the records of many calls are brought up to date together: one by one they cost three times as much.
_SECONDS_BETWEEN_RECORDS = 0.3
_SECONDS_BETWEEN_LOOKS = 0.5  # whether a database that is away has come back
# Kinds after which the call's record is brought up to date; between them the journal alone grows.
_TURNS = frozenset(
    {
        "call.arrived",
        "seek.started",
        "doctor.offered",
        "offer.ended",
        "leg.ended",
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
    strike: Strike | None = None
    offers: tuple[offer_records.Ended, ...] = ()
    spoken: tuple[TellMessage, ...] = ()


_PAGE: TypeAdapter[Page] = TypeAdapter(Page)


class Ledger:
    """`write()` from the event loop; the returned future is done when the page is committed."""

    def __init__(
        self,
        database: Database,
        wake_up: WakeUp,
        agenda: AgendaRules = DEFAULT_AGENDA,
        outage: Outage | None = None,
        node: str = "",
    ) -> None:
        self._database = database
        self._node = node
        self._journal = Journal(database)
        self._records = RunningRecords(self._journal)
        self._agenda = agenda
        self.answering = AnsweringRules()
        self.messaging: MessagingRules = DEFAULT_RULES
        self.on_requests: Callable[[], None] = lambda: None  # told, in the ledger's thread, when requests have changed
        self.on_spoken: Callable[[], None] = lambda: None  # … when something has become of a spoken message
        self._wake_up = wake_up
        self._queue: queue.SimpleQueue[tuple[Page, asyncio.Future[None] | None] | None] = queue.SimpleQueue()
        self._to_record: set[str] = set()  # calls whose records are older than their journals
        self._news = False  # something was written that the console has not been told of
        self._record_at = 0.0
        self._committed_at = 0.0
        self._outage = outage
        self._mark = Mark() if outage is not None and not database.is_sqlite else None
        if outage is not None:
            outage.apply["pages"] = self._bring_in
        self._thread = threading.Thread(target=self._run, name="ledger", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Write what is left and end; waits up to five seconds."""
        self._queue.put(None)
        self._thread.join(timeout=5)

    def write(self, page: Page) -> asyncio.Future[None]:
        """The returned future may also be ended by whoever does not want to wait any longer."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.put((page, done))
        return done

    def _run(self) -> None:
        closing = False
        while not closing:
            batch, closing = self._next_batch()
            if batch:
                self._commit([page for page, _ in batch])
                if any(page.callback is not None or page.requests for page, _ in batch):
                    self.on_requests()
                if any(page.spoken for page, _ in batch):
                    self.on_spoken()
            _settle([done for _, done in batch if done is not None])
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
        self._news = True
        while not self._spooled(pages):
            try:
                with self._database.writing() as session:
                    if self._mark is None or self._mark.move(session):
                        self._put_down(session, pages, self._records)
            except Exception as error:
                self._records.forget()
                if not passes(error):
                    self._commit_singly(pages, error)
                    return
                if self._spooled(pages, self._mark):
                    self._mark = self._mark and self._mark.next
                    return
                log.error("the database does not take the journal; trying again in %.1f s: %s", pause, words(error))
                time.sleep(pause)
                pause = min(5.0, pause * 2)
            else:
                self._committed_at = time.monotonic()
                self._mark = self._mark and self._mark.next
                return

    def _spooled(self, pages: list[Page], mark: Mark | None = None) -> bool:
        """Whether the spool has taken them, because the database is away. `mark`: of a transaction left in doubt."""
        if self._outage is None or not self._outage.is_on:
            return False
        data = {"mark": mark and asdict(mark), "pages": [_PAGE.dump_python(page, mode="json") for page in pages]}
        try:
            return self._outage.put([("pages", data)])
        except SpoolError as error:
            log.error("%s", error)
            return False

    def _bring_in(self, session: Session, data: Any) -> None:
        """What the spool kept, once the database is back."""
        if data["mark"] is not None and not Mark(**data["mark"]).move(session):
            return
        pages = [_PAGE.validate_python(page) for page in data["pages"]]
        try:
            with session.begin_nested():
                self._put_down(session, pages, RunningRecords(self._journal))
        except Exception as error:
            if passes(error):
                raise
            for page in pages:
                self._bring_in_alone(session, page)

    def _bring_in_alone(self, session: Session, page: Page) -> None:
        try:
            with session.begin_nested():
                self._put_down(session, [page], RunningRecords(self._journal))
        except Exception as error:
            if passes(error):
                raise
            self._leave_out(page, error)

    def _record(self) -> None:
        """Bring the records of the calls that took a turn up to their journals, and let the console look."""
        if self._outage is not None and self._outage.is_on:
            self._record_at = time.monotonic() + _SECONDS_BETWEEN_LOOKS
            return
        calls, self._to_record, self._news = self._to_record, set(), False
        try:
            if calls:
                with self._database.writing() as session:
                    self._records.store(session, calls)
        except SQLAlchemyError as error:
            log.error("records are brought up to date later: %s", words(error))
            self._records.forget()
            self._to_record |= calls
            self._news = True
        except Exception:  # the journal has it all, and the next turn makes the record
            log.exception("records could not be brought up to date")
            self._records.forget()
        self._record_at = time.monotonic() + _SECONDS_BETWEEN_RECORDS
        self._wake_up.notify("console")

    def _commit_singly(self, pages: list[Page], error: Exception) -> None:
        if len(pages) > 1:
            for page in pages:
                self._commit([page])
        else:
            self._leave_out(pages[0], error)

    def _leave_out(self, page: Page, error: Exception) -> None:
        kinds = ", ".join(entry.kind for entry in page.entries)
        log.error("%s: %s cannot be written and is left out: %s", page.call_id, kinds, words(error))

    def _put_down(self, session: Session, pages: list[Page], records: RunningRecords) -> None:
        lines: list[Checked] = []
        last_states = {page.call_id: page.state for page in pages}
        over = {call_id for call_id, state in last_states.items() if state is None}
        store.save(session, (state for state in last_states.values() if state is not None), utc_now(), self._node)
        store.forget(session, over)
        for page in pages:
            entries = list(page.entries)
            if page.callback is not None:
                entries.append(callback_records.store(session, page.call_id, page.callback, utc_now(), self._agenda))
            for change in page.requests:
                entries += callback_records.change(
                    session, page.call_id, change, utc_now(), self._agenda, self.messaging
                )
            for told in page.spoken:
                entries += spoken_records.change(session, page.call_id, told, utc_now(), self._agenda)
            for message in page.messages:
                entries += self._promise(session, page.call_id, message)
            for ended in page.offers:
                entries += offer_records.record(session, page.call_id, ended, utc_now(), self.answering, self.messaging)
            if page.strike is not None:
                number, doctor = page.strike.number, page.strike.doctor
                strikes.record(session, number=number, call_id=page.call_id, doctor_id=doctor, at=utc_now())
            lines += _fit(entries)
        records.append(session, lines)
        # A call that is over is recorded together with being forgotten: nobody would think of it afterwards.
        records.store(session, over)
        records.close(over)
        self._to_record |= {line.entry.call_id for line in lines if line.entry.kind in _TURNS}
        self._to_record -= over

    def _promise(self, session: Session, call_id: str, message: SendSms) -> list[JournalEntry]:
        promised = enqueue(
            session,
            purpose=message.template,
            recipient=message.number,
            key=call_id,
            template=message.template,
            language=message.language,
            variables=message.variables,
            call_id=call_id,
            rules=self.messaging,
        )
        self._wake_up.notify_on_commit(session, "messenger")
        if promised.state != "refused":
            return []
        data = {"message": promised.id, "result": "refused", "reason": promised.receipt_reason}
        return [JournalEntry(call_id, utc_now(), SMS_SETTLED, data)]


def _fit(entries: Iterable[JournalEntry]) -> Iterator[Checked]:
    """Leave out entries the journal would refuse: one of them must not hold up everybody else's."""
    for entry in entries:
        try:
            yield Checked.of(entry)
        except CdrError:
            log.exception("an entry of %s is not fit for the journal", entry.call_id)


def _settle(written: Sequence[asyncio.Future[None]]) -> None:
    """Tell those who wait, in the loop of each, which is one and the same but in tests: waking it costs."""
    for loop, futures in groupby(written, key=asyncio.Future.get_loop):
        loop.call_soon_threadsafe(_set, list(futures))


def _set(written: Sequence[asyncio.Future[None]]) -> None:
    for future in written:
        if not future.done():
            future.set_result(None)
