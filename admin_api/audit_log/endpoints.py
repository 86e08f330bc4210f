"""GET /audit: who saw or did what, for administrators."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from sqlalchemy import select

from admin_api import audit
from admin_api.fields import IdText, ResponseBody, ShortText
from admin_api.problems import documented
from admin_api.security import Who
from admin_api.work import Writing
from config.schema import AuditEntry, Staff

router = APIRouter(prefix="/api/v1/audit", tags=["audit"])

BIGGEST_ID = 2**63 - 1


class EntryShown(ResponseBody):
    id: int
    at: datetime
    staff_id: str | None
    username: str | None
    action: str
    subject_kind: str
    subject_id: str
    source: str
    detail: dict[str, Any] | None


class EntryPage(ResponseBody):
    entries: list[EntryShown]
    next_cursor: int | None


@router.get("", responses=documented())
def list_audit(
    who: Who,
    session: Writing,
    subject_id: IdText | None = None,
    staff_id: IdText | None = None,
    action: ShortText | None = None,
    cursor: Annotated[int | None, Query(ge=1, le=BIGGEST_ID)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> EntryPage:
    """Entries, newest first. Reading the log is itself in the log."""
    statement = select(AuditEntry, Staff.username).outerjoin(Staff, Staff.id == AuditEntry.staff_id)
    for column, wanted in (
        (AuditEntry.subject_id, subject_id),
        (AuditEntry.staff_id, staff_id),
        (AuditEntry.action, action),
    ):
        if wanted:
            statement = statement.where(column == wanted)
    if cursor:
        statement = statement.where(AuditEntry.id < cursor)
    found = session.execute(statement.order_by(AuditEntry.id.desc()).limit(limit + 1)).all()
    entries = [_shown(entry, username) for entry, username in found[:limit]]
    audit.record(session, who, "audit.read")
    return EntryPage(entries=entries, next_cursor=entries[-1].id if len(found) > limit else None)


def _shown(entry: AuditEntry, username: str | None) -> EntryShown:
    copied = {name: getattr(entry, name) for name in EntryShown.model_fields if name != "username"}
    return EntryShown(**copied, username=username)
