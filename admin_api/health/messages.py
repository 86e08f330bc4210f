"""Whether messages go out: what waits longer than it should, at whose gateway, and whose fate wants a person.

Read at most every two seconds, however many consoles ask.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.orm import Session

from admin_api.messages.repository import is_undecided
from config.logging import without_numbers
from config.schema import Message, MessageEvent

_FRESH = timedelta(seconds=2)
_WAITING = ("queued", "doubt")


@dataclass(frozen=True)
class Backlog:
    """`overdue` messages have been due for longer than the deployment allows, the oldest for `oldest_seconds`.

    `gateways`: those that have turned some of them away, `why`: what one of them said last, without anybody's number.
    `unknown`: so many want a person's decision.
    """

    overdue: int
    oldest_seconds: int | None
    gateways: tuple[str, ...]
    why: str
    unknown: int


class BacklogView:
    """`look(session, at)`: the backlog of this moment, or of a moment ago. For many threads."""

    def __init__(self, allowed: timedelta) -> None:
        self._allowed = allowed
        self._guard = threading.Lock()
        self._seen: tuple[datetime, Backlog] | None = None

    def look(self, session: Session, at: datetime) -> Backlog:
        with self._guard:
            if self._seen is None or not timedelta() <= at - self._seen[0] < _FRESH:
                self._seen = at, backlog(session, at, self._allowed)
            return self._seen[1]


def backlog(session: Session, now: datetime, allowed: timedelta) -> Backlog:
    """What the rows tell. Spoken messages have hours of their own and are not counted as waiting."""
    condition = and_(Message.state.in_(_WAITING), Message.channel == "sms", _due() <= now - allowed)
    count, oldest = session.execute(select(func.count(), func.min(_due())).where(condition)).one()
    unknown = session.scalar(select(func.count()).select_from(Message).where(is_undecided()))
    return Backlog(
        overdue=count,
        oldest_seconds=int((now - oldest).total_seconds()) if oldest else None,
        gateways=_turned_away_by(session, condition) if count else (),
        why=_said_last(session, condition) if count else "",
        unknown=unknown or 0,
    )


def _due() -> ColumnElement[datetime]:
    """When a message that waits should have gone: one that was turned away waits since it was written, or sent again.

    Its next try is in the future, and would hide that a gateway is away.
    """
    resent = (
        select(func.max(MessageEvent.at))
        .where(MessageEvent.message_id == Message.id, MessageEvent.kind == "resent")
        .scalar_subquery()
    )
    again = func.coalesce(resent, Message.created_at, type_=Message.created_at.type)
    since = case((Message.asked_by != "", again), else_=Message.created_at)  # spares a look at every message's story
    planned = func.coalesce(Message.next_try_at, since, type_=Message.created_at.type)
    return case((Message.attempts > 0, since), else_=planned)


def _turned_away_by(session: Session, condition: ColumnElement[bool]) -> tuple[str, ...]:
    gateways = session.scalars(select(Message.gateway).where(condition, Message.error.is_not(None)).distinct())
    return tuple(sorted(gateway for gateway in gateways if gateway))


def _said_last(session: Session, condition: ColumnElement[bool]) -> str:
    turned_away = select(Message.error).where(condition, Message.error.is_not(None))
    return without_numbers(session.scalar(turned_away.order_by(Message.claimed_at.desc()).limit(1)) or "")
