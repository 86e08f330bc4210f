"""Who saw or did what, written in the same transaction as the seeing or the doing."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from admin_api.security import Principal
from config.clock import utc_now
from config.schema import AuditEntry


def record(
    session: Session,
    who: Principal,
    action: str,
    subject_kind: str = "",
    subject_id: str = "",
    **detail: Any,
) -> None:
    """Add an entry. `detail` holds ids and names of changed fields, never a patient's data."""
    record_from(session, who.staff_id or None, who.address, action, subject_kind, subject_id, **detail)


def record_from(
    session: Session,
    staff_id: str | None,
    address: str,
    action: str,
    subject_kind: str = "",
    subject_id: str = "",
    **detail: Any,
) -> None:
    """Add an entry for somebody who is not signed in (yet)."""
    session.add(
        AuditEntry(
            at=utc_now(),
            staff_id=staff_id,
            action=action,
            subject_kind=subject_kind,
            subject_id=subject_id,
            source=address,
            detail=detail or None,
        )
    )
