"""What cannot be left as it lies: messages whose worker has died, that are in doubt, or whose time has passed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from config.database import Database
from config.schema import Message
from messaging import claims, recording
from messaging.answers import DATABASE_AWAY, TOGETHER
from messaging.gateways import Accepted, CannotTell, LookedUp, NotThere
from messaging.receipts import OnChange
from messaging.recording import CANNOT_TELL, FOUND, NOT_THERE, Answered
from messaging.retry import Looks, LookUp, after_look, orphaned
from messaging.rules import MessagingRules
from messaging.sending import Lane

log = logging.getLogger(__name__)

_EVERY_SECONDS = 1.0
_MOST_NOT_THERE = 10_000


class Aftercare:
    """`look()` now and then from the worker's own thread. `worker` is its id, which begins with `node`.

    `answer` is told, from a lane's thread, what a gateway has said about a message in doubt; then the worker is woken.
    """

    def __init__(
        self,
        database: Database,
        lanes: Sequence[Lane],
        rules: MessagingRules,
        on_change: OnChange,
        clock: Callable[[], datetime],
        worker: str,
        node: str,
        answer: Callable[[Answered], None],
        wake: Callable[[], None],
    ) -> None:
        self._database = database
        self._lanes = {lane.name: lane for lane in lanes}
        self._ticks = lanes[0].clock
        self._rules = rules
        self._on_change = on_change
        self._clock = clock
        self._worker = worker
        self._dead: tuple[str, ...] = (node,)  # at the beginning, whoever else of this node had messages in hand
        self._answer = answer
        self._wake = wake
        self._not_there: dict[tuple[str, datetime | None], float] = {}  # when this process was first told so
        self._looked_at = float("-inf")

    def look(self) -> None:
        """At most once a second. Raises as the database does."""
        ticks = self._ticks()
        if ticks - self._looked_at < _EVERY_SECONDS:
            return
        now = self._clock()
        while self._put_right(now):
            pass
        self._dead = ()
        self._ask_about_doubts(now)
        self._looked_at = ticks

    def _put_right(self, now: datetime) -> bool:
        """Some of what needs no gateway; whether there may be more."""
        is_orphan, is_expired = claims.orphaned(now, self._worker, self._dead), claims.expired(now)
        is_overtaken = claims.overtaken(now, self._rules)
        with self._database.reading() as session:  # an idle messenger must not take SQLite's write lock
            if session.scalar(select(Message.id).where(or_(is_orphan, is_expired, is_overtaken)).limit(1)) is None:
                return False
        with self._database.writing() as session:
            orphans, overtaken = _locked(session, is_orphan), _locked(session, is_overtaken)
            recording.to_doubt(session, orphans, orphaned(now), now)
            recording.postpone(overtaken, now, self._rules)
        try:
            late = self._expire(is_expired, now)
        except DATABASE_AWAY:
            raise
        except Exception:
            log.exception("a message whose time has passed cannot be ended yet; the others go on")
            return False
        return TOGETHER in (len(orphans), late, len(overtaken))

    def _expire(self, is_expired: ColumnElement[bool], now: datetime) -> int:
        """How many were ended."""
        with self._database.writing() as session:
            late = _locked(session, is_expired)
            recording.expire(session, late, now, self._on_change)
        return len(late)

    def _ask_about_doubts(self, now: datetime) -> None:
        wanted = claims.in_doubt(now)
        if away := [lane.name for lane in self._lanes.values() if not lane.may_be_asked]:
            wanted &= Message.gateway.not_in(away)
        with self._database.reading() as session:
            query = select(Message.id).where(wanted).order_by(Message.next_try_at).limit(TOGETHER)
            ids = session.scalars(query).all()
        if not ids:
            return
        with self._database.writing() as session:
            messages = claims.take_to_ask(session, ids, now)
        with self._database.reading() as session:
            asked = [(one, recording.known_ids(session, one), recording.looks(session, one)) for one in messages]
        for message, known, before in asked:
            lane = self._lanes.get(message.gateway or "")
            ask = partial(self._ask, lane, message, known, before)
            lane.submit(ask, self._wake) if lane is not None else ask()

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
        self._answer(recording.answered(message, decision, self._clock(), "looked_up", _seen(looked)))

    def _not_there_for(self, message: Message) -> timedelta:
        if len(self._not_there) > _MOST_NOT_THERE:  # of messages that receipts have settled meanwhile
            self._not_there.clear()
        now = self._ticks()
        return timedelta(seconds=now - self._not_there.setdefault((message.id, message.claimed_at), now))


def _locked(session: Session, condition: ColumnElement[bool]) -> Sequence[Message]:
    return session.scalars(select(Message).where(condition).limit(TOGETHER).with_for_update(skip_locked=True)).all()


def _seen(looked: LookedUp) -> str:
    match looked:
        case Accepted():
            return FOUND
        case CannotTell(reason):
            return f"{CANNOT_TELL}: {reason}"
        case NotThere():
            return NOT_THERE
