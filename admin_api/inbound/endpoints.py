"""GET /inbound: messages from doctors (keywords) and patients, the newest first."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field
from sqlalchemy import select

from admin_api import audit
from admin_api.fields import IdText, ResponseBody
from admin_api.masking import patient_number
from admin_api.messages.schemas import Reason
from admin_api.permissions import Role, Scope
from admin_api.problems import documented
from admin_api.security import Who
from admin_api.work import Writing
from config.schema import Doctor, InboundMessage
from messaging.reasons import inbound_words

router = APIRouter(prefix="/api/v1/inbound", tags=["messages"])

_NOBODY = "-"


class InboundShown(ResponseBody):
    """An SMS that somebody sent to us."""

    id: str
    sender: str | None = Field(description="Masked except for administrators")
    doctor_name: str | None = Field(description="Where the number is a doctor's")
    text: str
    result: Reason = Field(description="What became of it")
    gateway: str
    received_at: datetime


class InboundPage(ResponseBody):
    messages: list[InboundShown]
    next_cursor: str | None


@router.get("", responses=documented())
def list_inbound(
    who: Who,
    session: Writing,
    cursor: IdText | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> InboundPage:
    """What was sent to us; a district officer sees what the district's doctors sent. Reading it is audited."""
    statement = select(InboundMessage, Doctor.name).outerjoin(Doctor, Doctor.id == InboundMessage.doctor_id)
    if who.scope is not Scope.ALL:
        statement = statement.where(Doctor.district == (who.district or _NOBODY))
    if cursor:
        statement = statement.where(InboundMessage.id < cursor)
    found = session.execute(statement.order_by(InboundMessage.id.desc()).limit(limit + 1)).all()
    shown = [_shown(row, name, who.role) for row, name in found[:limit]]
    audit.record(session, who, "inbound.listed", messages=[each.id for each in shown])
    return InboundPage(messages=shown, next_cursor=shown[-1].id if len(found) > limit else None)


def _shown(row: InboundMessage, doctor_name: str | None, role: Role) -> InboundShown:
    copied = {name: getattr(row, name) for name in ("id", "text", "gateway", "received_at")}
    result = Reason(key=row.result, hi=inbound_words(row.result, "hi"), en=inbound_words(row.result, "en"))
    return InboundShown(**copied, sender=patient_number(row.sender, role), doctor_name=doctor_name, result=result)
