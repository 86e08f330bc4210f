"""Which messages are due, and the one statement by which a worker makes some of them its own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, false, or_, select, update
from sqlalchemy.orm import Session

from config.schema import Message
from messaging.quiet import PROMOTIONAL, is_quiet
from messaging.rules import MessagingRules

# A worker hands over what it has claimed within sending.FRESH_SECONDS, or not at all; another is taken for dead then.
DEAD_AFTER = timedelta(minutes=2)
# While a gateway is asked about a message in doubt, no other worker asks; if this one dies, the next may after so long.
_ASKING = timedelta(minutes=1)
# No message in doubt, none that is tried again, and no promotional one in its night waits longer than so. A moment
# further ahead is from before the clock was set back.
_LONGEST_DOUBT, _LONGEST_PAUSE, _LONGEST_NIGHT = timedelta(minutes=10), timedelta(minutes=65), timedelta(hours=25)

_SMS = Message.channel == "sms"  # what is spoken is the controller's


def due(session: Session, at: datetime, rules: MessagingRules, most: int) -> list[str]:
    """Ids of messages that may be sent now, the oldest first."""
    query = select(Message.id).where(_due(at, rules)).order_by(Message.created_at, Message.id)
    return list(session.scalars(query.limit(most)))


def claim(
    session: Session, ids: Sequence[str], at: datetime, rules: MessagingRules, *, gateway: str, worker: str
) -> list[Message]:
    """Those of `ids` that were still to be had, now in `sending`; the oldest first."""
    free = select(Message.id).where(Message.id.in_(ids), _due(at, rules)).with_for_update(skip_locked=True)
    claimed = (
        update(Message)
        .where(Message.id.in_(free.scalar_subquery()))
        .values(
            state="sending",
            attempts=Message.attempts + 1,
            gateway=gateway,
            next_try_at=None,
            claimed_by=worker,
            claimed_at=at,
        )
        .returning(Message)
        .execution_options(synchronize_session=False)
    )
    return sorted(session.scalars(claimed), key=lambda message: (message.created_at, message.id))


def expired(at: datetime) -> ColumnElement[bool]:
    """Messages that nobody needs any more."""
    return and_(Message.state == "queued", _SMS, Message.expires_at <= at)


def overtaken(at: datetime, rules: MessagingRules) -> ColumnElement[bool]:
    """Promotional messages that have become due in the quiet hours."""
    if not is_quiet(at, rules.quiet, rules.time_zone):
        return false()
    moment = Message.next_try_at
    return and_(Message.state == "queued", Message.category == PROMOTIONAL, or_(moment.is_(None), moment <= at))


def in_doubt(at: datetime) -> ColumnElement[bool]:
    """Messages whose gateway is to be asked now."""
    moment = Message.next_try_at
    return and_(Message.state == "doubt", _SMS, or_(moment.is_(None), moment <= at, moment > at + _LONGEST_DOUBT))


def orphaned(at: datetime, worker: str, dead: Sequence[str]) -> ColumnElement[bool]:
    """Messages in the hands of a worker that has died. `dead`: the beginning of the names of those known to be.

    An old one of this worker's own counts too: its claim may have been committed without our being told.
    """
    old = or_(Message.claimed_at.is_(None), Message.claimed_at < at - DEAD_AFTER, Message.claimed_at > at + DEAD_AFTER)
    known = or_(false(), *(Message.claimed_by.startswith(name, autoescape=True) for name in dead))
    return and_(Message.state == "sending", _SMS, or_(old, and_(Message.claimed_by != worker, known)))


def take_to_ask(session: Session, ids: Sequence[str], at: datetime) -> list[Message]:
    """Those of the ids whose gateway this worker may ask; `claimed_at` stays that of the attempt in doubt."""
    taken = (
        update(Message)
        .where(Message.id.in_(ids), in_doubt(at))
        .values(next_try_at=at + _ASKING)
        .returning(Message)
        .execution_options(synchronize_session=False)
    )
    return list(session.scalars(taken))


def _is_stale(at: datetime) -> ColumnElement[bool]:
    return and_(Message.category != PROMOTIONAL, Message.next_try_at > at + _LONGEST_PAUSE)


def _due(at: datetime, rules: MessagingRules) -> ColumnElement[bool]:
    moment = Message.next_try_at
    conditions = [
        Message.state == "queued",
        _SMS,
        or_(moment.is_(None), moment <= at, moment > at + _LONGEST_NIGHT, _is_stale(at)),
        or_(Message.expires_at.is_(None), Message.expires_at > at),
    ]
    if is_quiet(at, rules.quiet, rules.time_zone):
        conditions.append(Message.category != PROMOTIONAL)
    return and_(*conditions)
