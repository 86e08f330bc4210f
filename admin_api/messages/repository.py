"""The queries about messages: which of them, how many in each state, and which want a person."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, true
from sqlalchemy.orm import Session

from admin_api.calls.scope import reachable as reachable_calls
from admin_api.permissions import Scope
from admin_api.security import Principal
from config.schema import Call, Doctor, Message, MessageEvent, Staff

LEFT = "left"  # the event of a person's decision to leave a message of unknown fate as it is
_NOBODY = "-"


@dataclass(frozen=True)
class MessageFilter:
    """Which messages: each field that is given narrows. `since` is included, `until` is not; `recipient` is E.164.

    `undecided`: of unknown fate, and nobody has said yet what to do.
    """

    states: Collection[str] = ()
    purpose: str | None = None
    gateway: str | None = None
    call_id: str | None = None
    channel: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    recipient: str | None = None
    undecided: bool = False


def reachable(who: Principal) -> ColumnElement[bool]:
    """All, those of reachable calls and of the officer's doctors, or one's own: not what a colleague was written."""
    if who.scope is Scope.ALL:
        return true()
    of_calls = Message.call_id.in_(select(Call.id).where(reachable_calls(who)))
    if who.scope is Scope.DISTRICT:
        own = select(Doctor.id).where(Doctor.district == (who.district or _NOBODY))
        return or_(of_calls, Message.doctor_id.in_(own))
    return or_(Message.doctor_id == (who.doctor_id or _NOBODY), and_(Message.doctor_id.is_(None), of_calls))


def page(session: Session, who: Principal, which: MessageFilter, *, after: str | None, limit: int) -> Sequence[Message]:
    """Messages, newest first. Ids begin with their time, so their order is the order in which they were written."""
    statement = select(Message).where(reachable(who), *_conditions(which)).order_by(Message.id.desc()).limit(limit)
    if which.states:
        statement = statement.where(Message.state.in_(which.states))
    if after:
        statement = statement.where(Message.id < after)
    return session.scalars(statement).all()


def totals(session: Session, who: Principal, which: MessageFilter) -> dict[str, int]:
    """How many messages are in each state, of those the filter means, whichever states it names."""
    statement = select(Message.state, func.count()).where(reachable(who), *_conditions(which)).group_by(Message.state)
    return {state: count for state, count in session.execute(statement)}  # noqa: C416 - rows are no pairs to mypy


def find(session: Session, who: Principal, message_id: str) -> Message | None:
    """The message, where this person may see it."""
    return session.scalars(select(Message).where(Message.id == message_id, reachable(who))).one_or_none()


def history(session: Session, message_id: str) -> Sequence[MessageEvent]:
    """What happened to it, the oldest first."""
    statement = select(MessageEvent).where(MessageEvent.message_id == message_id).order_by(MessageEvent.id)
    return session.scalars(statement).all()


def left_at(session: Session, ids: Sequence[str]) -> dict[str, datetime]:
    """When a person decided to leave these as they are, where somebody did and nothing was tried since."""
    statement = (
        select(MessageEvent.message_id, func.max(MessageEvent.at))
        .join(Message, Message.id == MessageEvent.message_id)
        .where(Message.id.in_(ids), Message.state == "unknown", _left_since())
        .group_by(MessageEvent.message_id)
    )
    return {id: at for id, at in session.execute(statement) if id}


def is_undecided() -> ColumnElement[bool]:
    """The condition on `Message`: its fate is unknown, and a person is wanted to say what to do."""
    return and_(Message.state == "unknown", ~exists().where(MessageEvent.message_id == Message.id, _left_since()))


def names_of_doctors(session: Session, messages: Sequence[Message]) -> Mapping[str, str]:
    """The names of the doctors who were written to, by id."""
    ids = {message.doctor_id for message in messages if message.doctor_id}
    return {row.id: row.name for row in session.execute(select(Doctor.id, Doctor.name).where(Doctor.id.in_(ids)))}


def username(session: Session, staff_id: str) -> str | None:
    """The user name of a member of staff."""
    return session.scalar(select(Staff.username).where(Staff.id == staff_id))


def _left_since() -> ColumnElement[bool]:
    return and_(MessageEvent.kind == LEFT, MessageEvent.at >= func.coalesce(Message.claimed_at, Message.created_at))


def _conditions(which: MessageFilter) -> Iterator[ColumnElement[bool]]:
    columns = (Message.purpose, Message.gateway, Message.call_id, Message.channel, Message.recipient)
    wanted = (which.purpose, which.gateway, which.call_id, which.channel, which.recipient)
    yield from (column == value for column, value in zip(columns, wanted, strict=True) if value is not None)
    if which.since is not None:
        yield Message.created_at >= which.since
    if which.until is not None:
        yield Message.created_at < which.until
    if which.undecided:
        yield is_undecided()
