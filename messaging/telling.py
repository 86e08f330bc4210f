"""What providers tell, whichever way it comes: by webhook, over a connection (SMPP), or because we ask (C-DAC).

`Intake` stores it, one transaction for each thing told; `ReceiptPoller` asks those gateways that do not call us.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, tuple_
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session

from config.clock import utc_now
from config.database import Database, DatabaseAway
from config.schema import Message
from config.wakeup import WakeUp
from messaging import inbound, receipts
from messaging.gateways import InboundSms, Receipt, TellsReceipts
from messaging.inbound import DutyDesk
from messaging.receipts import OnChange
from messaging.rules import MessagingRules
from messaging.sparing import Budget, SparingLog

log = logging.getLogger(__name__)
_sparing = SparingLog(log)

# Receipts of messages that nobody knows: as many as a burst of early ones may be, and few enough for any disk.
_MOST_UNKNOWN, _UNKNOWN_PER_SECOND = 20_000, 5.0
# SMS of people nobody knows: a number can be made up, and each may have 1600 characters.
_MOST_STRANGERS, _STRANGERS_PER_SECOND = 2000, 0.1
_MOST_WAITING = 10_000  # told while the database was away; an operator's connection does not tell twice
_MOST_ASKED = 10  # in one question: whoever asks its provider one by one must come through them in time
_LONGEST_ROUND_SECONDS = 5.0  # for a gateway, so that others are listened to in between
_ROUND_SECONDS = 2.0
_TIDY_SECONDS = 5.0
_FORGET_SECONDS = 3600.0
_SECONDS_TO_STOP = 15
_DATABASE_AWAY = (OperationalError, InterfaceError, PoolTimeoutError, DatabaseAway)


class Intake:
    """Stores what is told. Safe from several threads."""

    def __init__(
        self,
        database: Database,
        on_change: OnChange,
        desk: DutyDesk,
        rules: MessagingRules,
        wake_up: WakeUp,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database, self._wake_up, self._clock = database, wake_up, clock
        self._on_change, self._desk, self._rules = on_change, desk, rules
        self._unknown = Budget(_MOST_UNKNOWN, _UNKNOWN_PER_SECOND)
        self._strangers = Budget(_MOST_STRANGERS, _STRANGERS_PER_SECOND)

    def receipt(self, gateway: str, told: Receipt) -> bool:
        """Store one receipt; whether its message is known. Raises what the database raises."""
        with self._database.writing() as session:
            known = receipts.record(
                session,
                gateway,
                told,
                self._clock(),
                self._changed,
                rules=self._rules,
                keep_early=self._unknown.spend,
            )
        if known is None:
            _sparing.warning("gateway %s told a receipt of a message that is not known here", gateway)
        return known is not None

    def message(self, gateway: str, sms: InboundSms) -> None:
        """Store and follow one message that somebody has sent to us."""
        with self._database.writing() as session:
            at, spend = self._clock(), self._strangers.spend
            row = inbound.receive(session, gateway, sms, at, self._desk, self._rules, spend)
            if row is not None:
                self._wake_up.notify_on_commit(session, "messenger")
                self._wake_up.notify_on_commit(session, "console")
        if row is not None:
            log.info("message %s came through %s: %s", row.id, gateway, row.result)

    def tidy(self) -> None:
        """Bring together receipts and messages that came at the very same moment."""
        with self._database.reading() as session:
            found = receipts.strays(session, self._clock())
        for message_id in found:
            with self._database.writing() as session:
                receipts.adopt(session, message_id, self._changed, self._rules)

    def forget(self) -> None:
        """Let go of receipts of messages that nobody knew for days."""
        with self._database.writing() as session:
            receipts.forget_strays(session, self._clock())

    def _changed(self, session: Session, message: Message) -> None:
        self._wake_up.notify_on_commit(session, "console")
        self._on_change(session, message)  # last: it locks the journal until the commit


@dataclass(frozen=True)
class Tier:
    """Messages sent between `younger` and `older` ago are asked for each `every`."""

    every: timedelta
    younger: timedelta
    older: timedelta


# A provider is asked soon for what was sent just now, and ever more rarely for what has not been delivered for days.
TIERS = (
    Tier(timedelta(seconds=5), timedelta(), timedelta(minutes=2)),
    Tier(timedelta(minutes=1), timedelta(minutes=2), timedelta(hours=1)),
    Tier(timedelta(minutes=15), timedelta(hours=1), timedelta(days=1)),
    Tier(timedelta(hours=2), timedelta(days=1), timedelta(days=3)),
)
Place = tuple[datetime, str]  # when the last message asked for was sent, and its id
_LONGEST_QUEUED = timedelta(days=1)  # between promise and sending, so that the index on the promise narrows the search


class ReceiptPoller:
    """`start()` and `stop()`; `run_once()` is one round, for tests. Strays are looked after here, too."""

    def __init__(
        self,
        database: Database,
        intake: Intake,
        gateways: Mapping[str, TellsReceipts],
        clock: Callable[[], datetime] = utc_now,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database, self._intake, self._gateways = database, intake, dict(gateways)
        self._clock, self._ticks = clock, ticks
        self._asked_at: dict[tuple[str, Tier], float] = {}
        self._places: dict[tuple[str, Tier], Place] = {}  # where a round that took too long goes on
        self._waiting: list[tuple[str, Receipt | InboundSms]] = []
        self._tidied_at = self._forgot_at = float("-inf")
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="receipt-poller", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(_SECONDS_TO_STOP)

    def run_once(self) -> None:
        """One round: what waits is stored, every gateway is listened to and asked what is due, and house is kept."""
        self._store()
        for name, gateway in self._gateways.items():
            if not self._waiting:  # to ask again is to say that what was told before is kept
                self._listen(name, gateway)
        now = self._ticks()
        if now - self._tidied_at >= _TIDY_SECONDS:
            self._tidied_at = now
            self._intake.tidy()
        if now - self._forgot_at >= _FORGET_SECONDS:
            self._forgot_at = now
            self._intake.forget()

    def _run(self) -> None:
        while not self._stopping.wait(_ROUND_SECONDS):
            try:
                self.run_once()
            except Exception as error:  # the next round may do better; a provider's words may hold a number
                _sparing.warning("receipts could not be fetched (%s)", type(error).__name__)

    def _listen(self, name: str, gateway: TellsReceipts) -> None:
        self._ask(name, gateway, ())  # what has come over the gateway's own connection
        until = self._ticks() + _LONGEST_ROUND_SECONDS
        for tier in TIERS:
            key = name, tier
            if key not in self._places:
                if self._ticks() - self._asked_at.get(key, float("-inf")) < tier.every.total_seconds():
                    continue
                self._asked_at[key] = self._ticks()
            while unsettled := self._unsettled(name, tier, self._places.get(key)):
                if self._waiting or self._stopping.is_set() or self._ticks() > until:
                    if key not in self._places:
                        del self._asked_at[key]  # not begun: its turn is the next round
                    return
                self._ask(name, gateway, tuple(provider_id for provider_id, _ in unsettled))
                self._places[key] = unsettled[-1][1]
            self._places.pop(key, None)

    def _ask(self, name: str, gateway: TellsReceipts, provider_ids: tuple[str, ...]) -> None:
        try:
            told, messages = gateway.receipts(provider_ids)
        except Exception as error:
            _sparing.warning("gateway %s could not tell its receipts (%s)", name, type(error).__name__)
            return
        self._store([(name, receipt) for receipt in told])
        self._store([(name, message) for message in messages])

    def _store(self, told: Iterable[tuple[str, Receipt | InboundSms]] = ()) -> None:
        """Store these and what has waited; what the database does not take now waits on."""
        self._waiting.extend(told)
        while self._waiting:
            name, each = self._waiting[0]
            try:
                self._take(name, each)
            except _DATABASE_AWAY as error:
                _sparing.warning("%d receipts wait for the database (%s)", len(self._waiting), type(error).__name__)
                del self._waiting[_MOST_WAITING:]
                return
            except Exception as error:  # of this one alone: the others must not wait for it
                _sparing.warning("what gateway %s told could not be stored (%s)", name, type(error).__name__)
            self._waiting.pop(0)

    def _take(self, name: str, each: Receipt | InboundSms) -> None:
        if isinstance(each, Receipt):
            self._intake.receipt(name, each)
        else:
            self._intake.message(name, each)

    def _unsettled(self, gateway: str, tier: Tier, after: Place | None) -> list[tuple[str, Place]]:
        """Provider ids of messages whose fate is not known, the oldest first, from a place on."""
        at = self._clock()
        of_tier = (
            Message.state == "sent",
            Message.gateway == gateway,
            Message.channel == "sms",
            Message.provider_id.is_not(None),
            Message.created_at > at - tier.older - _LONGEST_QUEUED,
            Message.sent_at > at - tier.older,
            Message.sent_at <= at - tier.younger,
        )
        oldest = select(Message.provider_id, Message.sent_at, Message.id).where(*of_tier)
        if after is not None:
            oldest = oldest.where(tuple_(Message.sent_at, Message.id) > after)
        with self._database.reading() as session:
            rows = session.execute(oldest.order_by(Message.sent_at, Message.id).limit(_MOST_ASKED)).all()
        return [(provider_id or "", (sent_at, id)) for provider_id, sent_at, id in rows if sent_at is not None]
