"""People to be called back, each number once: who asks again keeps the place of the first request."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from config.ids import new_id
from config.schema import CallbackRequest


def request_callback(
    session: Session,
    *,
    call_id: str,
    number: str,
    category: str,
    at: datetime,
    details: dict[str, Any] | None = None,
) -> CallbackRequest:
    """The open request of this number (E.164), new or already there, in the caller's transaction.

    The database refuses a second open request of a number, so two calls that ask at the same moment get one too.
    """
    known = _standing(session, call_id, number)
    if known is not None:
        return known
    request = CallbackRequest(
        id=new_id("callback"),
        call_id=call_id,
        number=number,
        category=category,
        requested_at=at,
        state="open",
        details=details,
    )
    try:
        with session.begin_nested():
            session.add(request)
    except IntegrityError:
        known = _standing(session, call_id, number)
        if known is None:
            raise
        return known
    return request


def open_callbacks(session: Session) -> list[CallbackRequest]:
    """Everybody who is still to be called back, the first to ask first."""
    query = select(CallbackRequest).where(CallbackRequest.state == "open")
    return list(session.scalars(query.order_by(CallbackRequest.requested_at, CallbackRequest.id)))


def _standing(session: Session, call_id: str, number: str) -> CallbackRequest | None:
    # A call asks once, whatever became of its request; a number may ask again once it has been called back.
    standing = or_(
        CallbackRequest.call_id == call_id,
        (CallbackRequest.number == number) & (CallbackRequest.state == "open"),
    )
    return session.scalar(select(CallbackRequest).where(standing).order_by(CallbackRequest.state.desc()).limit(1))
