"""The queries about requests to be called back."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.schema import CallbackRequest, ServiceLine


def page(session: Session, state: str | None, *, after: str | None, limit: int) -> Sequence[CallbackRequest]:
    """Requests, the newest first; ids are sortable by time."""
    statement = select(CallbackRequest).order_by(CallbackRequest.id.desc()).limit(limit)
    if state:
        statement = statement.where(CallbackRequest.state == state)
    if after:
        statement = statement.where(CallbackRequest.id < after)
    return session.scalars(statement).all()


def dialled(session: Session, requests: Sequence[CallbackRequest]) -> dict[str, str]:
    """The dialled numbers of these requests' lines, by the line's id."""
    ids = {request.line_id for request in requests if request.line_id}
    rows = session.execute(select(ServiceLine.id, ServiceLine.dialled_number).where(ServiceLine.id.in_(ids)))
    return {row.id: row.dialled_number for row in rows}
