"""GET /messages: the outbox, newest first; in the demo it is also the patients' inbox."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin_api import audit
from admin_api.calls.scope import reachable
from admin_api.fields import IdText, ResponseBody
from admin_api.masking import patient_number
from admin_api.permissions import Scope
from admin_api.problems import documented
from admin_api.security import Principal, Who
from admin_api.work import Writing
from config.schema import Call, Message

router = APIRouter(prefix="/api/v1/messages", tags=["messages"])


class MessageShown(ResponseBody):
    """An SMS. `recipient` is masked except for administrators, and never shown to doctors."""

    id: str
    purpose: str
    recipient: str | None
    call_id: str | None
    template: str
    language: str
    text: str
    encoding: str
    parts: int
    state: str
    error: str | None
    created_at: datetime
    sent_at: datetime | None


class MessagePage(ResponseBody):
    messages: list[MessageShown]
    next_cursor: str | None


@router.get("", responses=documented())
def list_messages(
    who: Who,
    session: Writing,
    call_id: IdText | None = None,
    state: Literal["queued", "sending", "sent", "failed", "unknown"] | None = None,
    cursor: IdText | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> MessagePage:
    """Messages, newest first. Reading them is written to the audit log."""
    found = _page(session, who, call_id, state, cursor, limit + 1)
    shown = found[:limit]
    audit.record(session, who, "messages.listed", messages=[message.id for message in shown])
    return MessagePage(
        messages=[_shown(message, who) for message in shown],
        next_cursor=shown[-1].id if len(found) > limit else None,
    )


def _page(
    session: Session, who: Principal, call_id: str | None, state: str | None, cursor: str | None, limit: int
) -> list[Message]:
    # Ids begin with their time, so their order is the order in which the messages were written.
    statement = select(Message).order_by(Message.id.desc()).limit(limit)
    if who.scope is not Scope.ALL:
        statement = statement.where(Message.call_id.in_(select(Call.id).where(reachable(who))))
    if call_id:
        statement = statement.where(Message.call_id == call_id)
    if state:
        statement = statement.where(Message.state == state)
    if cursor:
        statement = statement.where(Message.id < cursor)
    return list(session.scalars(statement))


def _shown(message: Message, who: Principal) -> MessageShown:
    shown = MessageShown.model_validate(message)
    shown.recipient = patient_number(message.recipient, who.role)
    return shown
