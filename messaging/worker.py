"""Takes messages from the outbox and sends each at most once, whatever dies in between.

Rows are claimed (queued -> sending) in one committed statement, then sent, then the answers are recorded. A process
that dies after the claim leaves rows in `sending`; they are found there and come to be in doubt: the gateway that had
them is asked, and where it cannot tell, a person decides (outbox.send_again).
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session

from config.clock import utc_now
from config.database import Database, DatabaseAway
from config.ids import new_id
from config.schema import Message
from config.wakeup import WakeUp
from messaging import claims, recording
from messaging.gateways import Accepted, CannotTell, InDoubt, LookedUp, NotThere, Outcome, Rejected
from messaging.receipts import OnChange
from messaging.recording import CANNOT_TELL, FOUND, NOT_THERE, Answered, PutBack
from messaging.retry import Looks, LookUp, after_look, decide, orphaned
from messaging.rules import MessagingRules
from messaging.sending import LONGEST_SEND_SECONDS, THREADS, Lane, is_fresh

__all__ = ["RECIPIENT", "THREADS", "Messenger"]

log = logging.getLogger(__name__)

RECIPIENT = "messenger"  # whom a wake-up hint after enqueue() goes to
_POLL_SECONDS = 1.0  # what a lost hint costs at most
# In one transaction: SQLite's write lock is the controller's too, which must not wait while somebody is on the line.
_TOGETHER = 16
_GATHERING_SECONDS = 0.025
_READ_AHEAD = 200  # ids of due messages, so that a long queue is not sorted anew for each claim
_MOST_NOT_THERE = 10_000
_LOOK_AFTER_SECONDS = 1.0  # between looks for what has expired, is in doubt, or has lost its worker
_DATABASE_AWAY = (OperationalError, InterfaceError, PoolTimeoutError, DatabaseAway)


class Messenger:
    """Sends what the outbox promises through `lanes`, the first one that is well; from a thread of its own.

    `on_change(session, message)` is called in the transaction in which a message is sent or comes to its end.
    `node` names this deployment's machine: what an earlier process of it was sending is known to have no worker.
    """

    def __init__(
        self,
        database: Database,
        lanes: Sequence[Lane],
        wake_up: WakeUp,
        rules: MessagingRules,
        on_change: OnChange = lambda session, message: None,
        clock: Callable[[], datetime] = utc_now,
        node: str = "one",
    ) -> None:
        self._database = database
        self._lanes = list(lanes)
        self._wake_up = wake_up
        self._rules = rules
        self._on_change = on_change
        self._clock = clock
        self._node = f"{node}/"
        self.id = f"{self._node}{new_id('worker')}"
        self._answers: queue.SimpleQueue[Answered] = queue.SimpleQueue()
        self._unrecorded: list[Answered] = []
        self._unrecordable: list[Answered] = []
        self._ahead: list[str] = []
        self._not_there: dict[tuple[str, datetime | None], float] = {}  # when this process was first told so
        self._looked_at = float("-inf")
        self._recovered = False
        self._work = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._unsubscribe: Callable[[], None] = lambda: None

    # --- life ---------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin sending; what an earlier process left in `sending` comes to be in doubt first."""
        self._stopping.clear()
        self._unsubscribe = self._wake_up.subscribe(RECIPIENT, self._work.set)
        self._thread = threading.Thread(target=self._run, name="messenger", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End after the messages that are being sent now; what is claimed and not begun goes back to the queue."""
        self._stopping.set()
        self._work.set()
        self._unsubscribe()
        if self._thread is not None:
            self._thread.join(LONGEST_SEND_SECONDS)

    def run_once(self) -> int:
        """Send everything that is due, wait for the answers, and return how many messages were claimed."""
        claimed = 0
        self._look_after()
        while True:
            self._work.clear()
            claimed += self._round()
            if not self._in_hand() and self._answers.empty() and not self._waits_for_rate():
                return claimed
            self._wait()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._work.clear()
            try:
                self._look_after()
                self._round()
            except Exception as error:
                if not isinstance(error, _DATABASE_AWAY):
                    log.exception("the outbox could not be worked off; trying again")
                else:
                    log.error("the database does not answer the messenger: %s", type(error).__name__)
                self._stopping.wait(_POLL_SECONDS)
            self._wait()
        self._end()

    def _end(self) -> None:
        for lane in self._lanes:
            lane.close()
        try:
            self._record()
        except Exception:
            log.exception("answers of the gateways could not be recorded; they are looked up after the next start")

    def _wait(self) -> None:
        """Until there is something to do. What comes within a moment under load is done together."""
        pause = _POLL_SECONDS
        if self._ahead:
            pause = min([pause, *(lane.seconds_to_room() for lane in self._lanes_in_use())])
        self._work.wait(max(pause, _GATHERING_SECONDS))
        if self._in_hand():
            self._stopping.wait(_GATHERING_SECONDS)

    def _lanes_in_use(self) -> Iterator[Lane]:
        """The first that is well, and those before it, which try now and then whether they are again."""
        for lane in self._lanes:
            yield lane
            if lane.is_well:
                return

    def _in_hand(self) -> int:
        return sum(lane.in_hand for lane in self._lanes)

    # --- claiming -----------------------------------------------------------------------------------------------------

    def _round(self) -> int:
        """Record what was answered, then claim what may go; how many messages were claimed."""
        claimed = 0
        while True:
            self._record()  # first: while that fails, nothing more is sent
            now = 0 if self._stopping.is_set() else self._claim()
            claimed += now
            if not now:
                return claimed

    def _claim(self) -> int:
        return sum(self._claim_for(lane) for lane in self._lanes_in_use())

    def _claim_for(self, lane: Lane) -> int:
        now = self._clock()
        if not self._ahead:
            with self._database.reading() as session:  # an idle messenger must not take SQLite's write lock
                self._ahead = claims.due(session, now, self._rules, _READ_AHEAD)
        room = lane.room(min(_TOGETHER, len(self._ahead))) if self._ahead else 0
        if not room:
            return 0
        ids, self._ahead = self._ahead[:room], self._ahead[room:]
        since_boot = lane.clock()
        messages: list[Message] = []
        try:
            with self._database.writing() as session:
                messages = claims.claim(session, ids, now, self._rules, gateway=lane.name, worker=self.id)
        finally:
            lane.give_back(room - len(messages))
        for message in messages:
            lane.submit(partial(self._deliver, lane, message, since_boot))
        return len(messages)

    def _waits_for_rate(self) -> bool:
        return bool(self._ahead) and not self._stopping.is_set() and any(lane.is_well for lane in self._lanes)

    # --- sending, in a lane's threads ---------------------------------------------------------------------------------

    def _deliver(self, lane: Lane, message: Message, since_boot: float) -> None:
        if self._stopping.is_set() or not is_fresh(message, self._clock(), lane.clock() - since_boot):
            lane.answered(None)
            self._answer(lane, self._answered(message, PutBack(), ""))
            return
        outcome = lane.send(message)
        lane.answered(outcome)
        elsewhere = not lane.is_well and any(other.is_well for other in self._lanes)
        decision = decide(outcome, message.attempts, self._clock(), elsewhere=elsewhere)
        kind, detail = _told(outcome)
        self._answer(lane, self._answered(message, decision, kind, detail))

    def _ask(self, lane: Lane | None, message: Message, known: frozenset[str], before: Looks) -> None:
        looked: LookedUp = CannotTell("this gateway is not in use any more")
        if lane is not None:
            looked = lane.look_up(message, known)
        if isinstance(looked, Accepted) and looked.provider_id in known:
            looked = CannotTell("the provider named another message")
        if isinstance(looked, NotThere):
            before = replace(before, not_there_for=self._not_there_for(message))
        decision = after_look(looked, before, message.attempts, self._clock())
        if not isinstance(decision, LookUp):
            self._not_there.pop((message.id, message.claimed_at), None)
        self._answer(lane, self._answered(message, decision, "looked_up", _seen(looked)))

    def _not_there_for(self, message: Message) -> timedelta:
        if len(self._not_there) > _MOST_NOT_THERE:  # of messages that receipts have settled meanwhile
            self._not_there.clear()
        now = self._lanes[0].clock()
        return timedelta(seconds=now - self._not_there.setdefault((message.id, message.claimed_at), now))

    def _answered(self, message: Message, decision: recording.Decision, kind: str, detail: str = "") -> Answered:
        gateway = message.gateway or ""
        at = self._clock()
        return Answered(message.id, message.attempts, message.claimed_by, gateway, decision, at, kind, detail)

    def _answer(self, lane: Lane | None, answered: Answered) -> None:
        self._answers.put(answered)
        if lane is not None:
            lane.done()
        self._work.set()

    # --- recording ----------------------------------------------------------------------------------------------------

    def _record(self) -> None:
        """An answer is kept until the database takes it: losing it would bring a sent message in doubt."""
        with suppress(queue.Empty):
            while True:
                self._unrecorded.append(self._answers.get_nowait())
        while self._unrecorded:
            batch = self._unrecorded[:_TOGETHER]
            try:
                self._write(batch)
            except _DATABASE_AWAY:
                raise
            except Exception:
                self._write_singly(batch)
            del self._unrecorded[: len(batch)]

    def _write_singly(self, batch: list[Answered]) -> None:
        # One that cannot be written must not hold up all others; it is tried again beside what comes later.
        for answered in batch:
            try:
                self._write([answered])
            except _DATABASE_AWAY:
                raise
            except Exception:
                log.exception("what became of message %s cannot be recorded yet", answered.message_id)
                self._unrecordable.append(answered)

    def _write(self, batch: list[Answered]) -> None:
        with self._database.writing() as session:
            recording.record(session, batch, self._rules, self._on_change)
        self._wake_up.notify("console")

    # --- doubt, death and time ----------------------------------------------------------------------------------------

    def _look_after(self) -> None:
        now, ticks = self._clock(), self._lanes[0].clock()
        if ticks - self._looked_at < _LOOK_AFTER_SECONDS:
            return
        self._unrecorded, self._unrecordable = self._unrecorded + self._unrecordable, []
        dead = () if self._recovered else (self._node,)
        is_orphan, is_expired = claims.orphaned(now, self.id, dead), claims.expired(now)
        is_overtaken, is_in_doubt = claims.overtaken(now, self._rules), claims.in_doubt(now)
        if self._is_any(or_(is_orphan, is_expired, is_overtaken)):
            with self._database.writing() as session:
                recording.to_doubt(session, _locked(session, is_orphan), orphaned(now), now)
                recording.expire(session, _locked(session, is_expired), now, self._on_change)
                recording.postpone(_locked(session, is_overtaken), now, self._rules)
        self._recovered = True
        self._ask_about(is_in_doubt, now)
        self._looked_at = ticks

    def _is_any(self, condition: ColumnElement[bool]) -> bool:
        with self._database.reading() as session:
            return session.scalar(select(Message.id).where(condition).limit(1)) is not None

    def _ask_about(self, is_in_doubt: ColumnElement[bool], now: datetime) -> None:
        by_name = {lane.name: lane for lane in self._lanes}
        away = [lane.name for lane in self._lanes if not lane.may_be_asked]
        wanted = is_in_doubt & Message.gateway.not_in(away) if away else is_in_doubt
        with self._database.reading() as session:
            ids = session.scalars(select(Message.id).where(wanted).order_by(Message.next_try_at).limit(_TOGETHER)).all()
        if not ids:
            return
        with self._database.writing() as session:
            messages = claims.take_to_ask(session, ids, now)
        with self._database.reading() as session:
            wide = [(m, recording.known_ids(session, m), recording.looks(session, m)) for m in messages]
        for message, known, before in wide:
            lane = by_name.get(message.gateway or "")
            ask = partial(self._ask, lane, message, known, before)
            lane.submit(ask) if lane is not None else ask()


def _locked(session: Session, condition: ColumnElement[bool]) -> Sequence[Message]:
    return session.scalars(select(Message).where(condition).limit(_TOGETHER).with_for_update(skip_locked=True)).all()


def _told(outcome: Outcome) -> tuple[str, str]:
    match outcome:
        case Accepted():
            return "accepted", ""
        case Rejected(reason):
            return "rejected", reason
        case InDoubt(reason):
            return "doubt", reason


def _seen(looked: LookedUp) -> str:
    match looked:
        case Accepted():
            return FOUND
        case CannotTell(reason):
            return f"{CANNOT_TELL}: {reason}"
        case _:
            return NOT_THERE
