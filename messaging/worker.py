"""Takes messages from the outbox and sends each at most once, whatever dies in between.

A row is claimed (queued -> sending) in one committed statement, then sent, then the answer is recorded. A process
that dies after the claim leaves the row in `sending`; the next one finds it there and marks it `unknown`, because
only the provider knows whether it went out. A person decides then (outbox.send_again).
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from config.clock import utc_now
from config.database import Database
from config.schema import Message
from config.wakeup import WakeUp
from messaging.gateways import InDoubt, Outcome, OutgoingSms, SmsGateway
from messaging.retry import AskAPerson, Done, GiveUp, RetryDecision, TryAgain, decide

log = logging.getLogger(__name__)

RECIPIENT = "messenger"  # whom a wake-up hint after enqueue() goes to
_POLL_SECONDS = 1.0  # what a lost hint costs at most
_LONGEST_SEND_SECONDS = 25.0  # a gateway may take ten to connect and ten to answer

OnSent = Callable[[Session, Message], None]


@dataclass(frozen=True, slots=True)
class _Answered:
    """A decision that is not in the database yet, and the attempt it belongs to."""

    message_id: str
    attempt: int
    decision: RetryDecision
    at: datetime


class Messenger:
    """Sends what the outbox promises, one message at a time, from a thread of its own.

    `on_sent(session, message)` is called in the transaction that records a message as sent, for the journal.
    """

    def __init__(
        self,
        database: Database,
        gateway: SmsGateway,
        wake_up: WakeUp,
        on_sent: OnSent = lambda session, message: None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database = database
        self._gateway = gateway
        self._wake_up = wake_up
        self._on_sent = on_sent
        self._clock = clock
        self._unrecorded: list[_Answered] = []
        self._recovered = False
        self._work = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._unsubscribe: Callable[[], None] = lambda: None

    def start(self) -> None:
        """Begin sending; first, what an earlier process left in `sending` becomes `unknown`."""
        self._stopping.clear()
        self._unsubscribe = self._wake_up.subscribe(RECIPIENT, self._work.set)
        self._thread = threading.Thread(target=self._run, name="messenger", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End after the message that is being sent now."""
        self._stopping.set()
        self._work.set()
        self._unsubscribe()
        if self._thread is not None:
            self._thread.join(_LONGEST_SEND_SECONDS)

    def run_once(self) -> int:
        """Send everything that is due and return how many messages were handed to the gateway."""
        if not self._recovered:
            self._recover()
        self._record_what_is_left()
        handed_over = 0
        while not self._stopping.is_set() and self._is_any_due():
            message = self._claim()
            if message is None:
                break
            handed_over += 1
            decision = self._deliver(message)
            if isinstance(decision, TryAgain):
                break  # the provider is busy or away: the rest of the queue waits for the next round
        return handed_over

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._work.clear()
            try:
                self.run_once()
            except Exception:
                log.exception("the outbox could not be worked off; trying again")
            self._work.wait(_POLL_SECONDS)

    def _recover(self) -> None:
        lost = update(Message).where(Message.state == "sending").returning(Message.id)
        reason = "the process ended while sending; nobody knows whether it went out"
        with self._database.writing() as session:
            ids = session.scalars(lost.values(state="unknown", error=reason)).all()
        for message_id in ids:
            log.warning("message %s: %s", message_id, reason)
        self._recovered = True

    def _is_any_due(self) -> bool:
        # Reading first: an idle messenger must not take SQLite's write lock every second.
        with self._database.reading() as session:
            return session.scalar(select(Message.id).where(_due(self._clock())).limit(1)) is not None

    def _claim(self) -> Message | None:
        due = _due(self._clock())
        oldest = select(Message.id).where(due).order_by(Message.created_at, Message.id).limit(1)
        claim = (
            update(Message)
            .where(Message.id == oldest.with_for_update(skip_locked=True).scalar_subquery(), due)
            .values(state="sending", attempts=Message.attempts + 1, gateway=self._gateway.name, next_try_at=None)
            .returning(Message)
            .execution_options(synchronize_session=False)
        )
        with self._database.writing() as session:
            return session.scalars(claim).one_or_none()

    def _deliver(self, message: Message) -> RetryDecision:
        outcome = self._send(OutgoingSms(message.id, message.recipient, message.text))
        at = self._clock()
        decision = decide(outcome, message.attempts, at)
        self._unrecorded.append(_Answered(message.id, message.attempts, decision, at))
        self._record_what_is_left()
        return decision

    def _send(self, sms: OutgoingSms) -> Outcome:
        try:
            return self._gateway.send(sms)
        except Exception as error:
            log.exception("gateway %s broke its promise not to raise", self._gateway.name)
            return InDoubt(f"the gateway failed ({type(error).__name__})")

    def _record_what_is_left(self) -> None:
        # An answer is kept until the database takes it: losing it would turn a sent message into one in doubt.
        for answered in list(self._unrecorded):
            self._record(answered)
            self._unrecorded.remove(answered)
            self._wake_up.notify("console")

    def _record(self, answered: _Answered) -> None:
        _log(answered)
        with self._database.writing() as session:
            # `unknown` too: where another process has taken this one for dead, its answer still settles the doubt.
            mine = Message.state.in_(("sending", "unknown")), Message.attempts == answered.attempt
            record = update(Message).where(Message.id == answered.message_id, *mine).returning(Message)
            message = session.scalars(record.values(_outcome(answered))).one_or_none()
            if message is not None and message.state == "sent":
                self._on_sent(session, message)


def _due(at: datetime) -> ColumnElement[bool]:
    return (Message.state == "queued") & or_(Message.next_try_at.is_(None), Message.next_try_at <= at)


def _outcome(answered: _Answered) -> dict[str, Any]:
    match answered.decision:
        case Done(provider_id):
            return {"state": "sent", "provider_id": provider_id, "sent_at": answered.at, "error": None}
        case TryAgain(at, reason):
            return {"state": "queued", "next_try_at": at, "error": reason}
        case GiveUp(reason):
            return {"state": "failed", "error": reason}
        case AskAPerson(reason):
            return {"state": "unknown", "error": reason}


def _log(answered: _Answered) -> None:
    # The reason stays in the database: a provider's words may hold the patient's number.
    level = logging.INFO if isinstance(answered.decision, Done | TryAgain) else logging.WARNING
    log.log(
        level, "message %s, attempt %d: %s", answered.message_id, answered.attempt, type(answered.decision).__name__
    )
