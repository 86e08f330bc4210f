"""What staff see of messages, and the two decisions only a person takes: sending one again, and leaving it as it is."""

from __future__ import annotations

from sqlalchemy.orm import Session

from admin_api import audit
from admin_api.messages import repository
from admin_api.messages.presenting import shown, story
from admin_api.messages.repository import LEFT, MessageFilter
from admin_api.messages.schemas import MessageDetail, MessagePage
from admin_api.problems import Problem
from admin_api.security import Principal
from config.clock import utc_now
from config.schema import Message
from messaging import outbox
from messaging.history import note


def listing(
    session: Session, who: Principal, which: MessageFilter, *, cursor: str | None, limit: int, with_totals: bool
) -> MessagePage:
    """A page of messages, newest first."""
    found = repository.page(session, who, which, after=cursor, limit=limit + 1)
    messages = found[:limit]
    audit.record(session, who, "messages.listed", messages=[message.id for message in messages])
    return MessagePage(
        messages=shown(session, who, messages),
        totals=repository.totals(session, who, which) if with_totals else None,
        next_cursor=messages[-1].id if len(found) > limit else None,
    )


def detail(session: Session, who: Principal, message_id: str) -> MessageDetail:
    """One message with its story. Problem 404."""
    message = _reach(session, who, message_id)
    audit.record(session, who, "message.viewed", "message", message.id)
    return story(session, who, message)


def resend(session: Session, who: Principal, message_id: str, *, may_arrive_twice: bool) -> MessageDetail:
    """Have it sent once more. Problem 404; 409 where it is on its way, has arrived, or may never be sent.

    Where nobody knows whether it arrived, the recipient may get it twice and read it as two courses of a drug; that
    it was considered must be said, else 409 too.
    """
    message = _reach(session, who, message_id)
    if message.state == "unknown" and not may_arrive_twice:
        detail = "It may have arrived: sent again, the patient may get it twice. Say may_arrive_twice to go on."
        raise Problem(409, "conflict", detail, field="may_arrive_twice")
    before = message.state
    if not outbox.send_again(session, message.id, who.staff_id):
        raise Problem(409, "conflict", "Only a message that failed, or whose fate is unknown, can be sent again.")
    session.refresh(message)
    audit.record(session, who, "message.resent", "message", message.id, state=before)
    return story(session, who, message)


def leave(session: Session, who: Principal, message_id: str) -> MessageDetail:
    """Nobody sends it again: the patient has it, or was told otherwise. Problem 404; 409 where its fate is known."""
    message = _reach(session, who, message_id)
    if message.state != "unknown":
        raise Problem(409, "conflict", "Only a message of unknown fate can be left as it is.")
    note(session, message.id, LEFT, utc_now(), detail=who.username)
    audit.record(session, who, "message.left", "message", message.id)
    return story(session, who, message)


def _reach(session: Session, who: Principal, message_id: str) -> Message:
    message = repository.find(session, who, message_id)
    if message is None:
        raise Problem(404, "not_found", "There is no such message.")
    return message
