"""People to be called back, each number once: who asks again keeps the place of the first request.

What is decided is in agenda.py (pure); here are the rows. Whoever calls somebody back has taken the request with one
UPDATE before, so that two controllers never ring the same patient.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, exists, or_, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from config.ids import new_id
from config.schema import Call, CallbackRequest, CallState, ControllerNode, JournalRow
from routing.agenda import AgendaRules, Outcome, Request, after

_LASTS = AgendaRules().lasts
# In the journal of an attempt when the patient's phone rings (cdr/events.py).
RANG = "callback.rang"


def request_callback(
    session: Session,
    *,
    call_id: str,
    number: str,
    category: str,
    at: datetime,
    details: dict[str, Any] | None = None,
    kind: str = "asked",
    line_id: str | None = None,
    language: str = "hi",
    priority: str = "",
    waiting_since: datetime | None = None,
    lasts: timedelta = _LASTS,
) -> CallbackRequest:
    """The open request of this number (E.164), new or already there, in the caller's transaction.

    `kind` is asked | cut_off | missed_call | lost | closed; `waiting_since` the place in the queue (default: `at`).
    `details` may have `opens` (ISO 8601: nobody is called back before), `line`, `skill` or `skills`, `age`, `age_unit`.
    The database refuses a second open request of a number, so two calls that ask at the same moment get one too.
    """
    known = _standing(session, call_id, number)
    if known is not None:
        return known
    opens = _opening(details)
    begins = max(at, opens) if opens else at
    request = CallbackRequest(
        id=new_id("callback"),
        call_id=call_id,
        number=number,
        category=category,
        requested_at=at,
        state="open",
        kind="closed" if opens and kind == "asked" else kind,
        line_id=line_id or (details or {}).get("line") or None,
        language=language,
        priority=priority,
        waiting_since=waiting_since or at,
        next_try_at=begins if opens else None,
        expires_at=begins + lasts,
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


def open_requests(session: Session) -> list[Request]:
    """The same as the agenda sees them."""
    return [request_of(row) for row in open_callbacks(session)]


def request_of(row: CallbackRequest) -> Request:
    details = row.details or {}
    skills = details.get("skills") or ([details["skill"]] if details.get("skill") else [])
    return Request(
        id=row.id,
        number=row.number,
        category=row.category,
        place=row.waiting_since or row.requested_at,
        requested_at=row.requested_at,
        kind=row.kind,
        priority=row.priority,
        skills=tuple(skills),
        language=row.language,
        line_id=row.line_id or details.get("line") or None,
        call_id=row.call_id,
        tries=row.tries,
        next_try_at=row.next_try_at,
        expires_at=row.expires_at,
        attempt=row.attempt,
        details={key: str(value) for key, value in details.items() if isinstance(value, str | int)},
    )


def take(session: Session, request_id: str, attempt: str, node: str, at: datetime) -> bool:
    """Reserve the request for the call `attempt`: one statement decides, False means that somebody else was quicker.

    Neither is a request taken that is closed, not due yet, or whose number is in a call with any of our controllers.
    """
    row = CallbackRequest
    in_a_call = exists().where(
        CallState.call_id == Call.id,
        # A withheld caller, who keyed the number, may still be in the call that asked for it.
        or_(Call.caller_number == row.number, Call.id == row.call_id),
        Call.ended_at.is_(None),
        Call.id != attempt,
    )
    taking = (
        update(row)
        .where(row.id == request_id, row.state == "open", row.attempt.is_(None))
        .where(or_(row.next_try_at.is_(None), row.next_try_at <= at))
        .where(or_(row.expires_at.is_(None), row.expires_at > at))
        .where(~in_a_call)
        .values(attempt=attempt, attempt_node=node, attempted_at=at)
    )
    return _changed(session, taking) == 1


def finish(
    session: Session, request_id: str, attempt: str, outcome: Outcome, at: datetime, rules: AgendaRules
) -> CallbackRequest | None:
    """The attempt is over; the request as it stands now. None where the attempt does not hold it (any more)."""
    mine = (CallbackRequest.id == request_id, CallbackRequest.attempt == attempt)
    row = session.scalar(select(CallbackRequest).where(*mine).with_for_update())
    if row is None:
        return None
    if row.state == "open":  # not withdrawn meanwhile
        then = after(request_of(row), outcome, at, rules)
        row.state, row.tries = then.state, then.tries
        row.next_try_at, row.expires_at = then.next_try_at, then.expires_at
        row.closed_at = None if then.state == "open" else at
    row.last_result = outcome
    row.attempt = row.attempt_node = None
    session.flush()
    return row


def withdraw(session: Session, request_id: str, at: datetime) -> CallbackRequest | None:
    """The number has got what it waited for in a call of its own; None where the request was closed already."""
    return _close(session, request_id, "withdrawn", at)


def expire(session: Session, request_id: str, at: datetime) -> CallbackRequest | None:
    """Nobody is called back any more; None where the request is closed, or being tried at this moment."""
    idle = CallbackRequest.attempt.is_(None) & (CallbackRequest.expires_at <= at)
    return _close(session, request_id, "expired", at, idle)


def attempts_of(session: Session, node: str) -> list[CallbackRequest]:
    """Requests that this controller is said to be trying."""
    mine = CallbackRequest.attempt.is_not(None) & (CallbackRequest.attempt_node == node)
    return list(session.scalars(select(CallbackRequest).where(mine)))


def stray_attempts(session: Session, node: str, since: datetime) -> list[CallbackRequest]:
    """Requests that another controller took before `since`, and that has not been alive since."""
    alive = select(ControllerNode.name).where(ControllerNode.seen_at >= since)
    row = CallbackRequest
    query = select(row).where(row.attempt.is_not(None), row.attempt_node != node, row.attempted_at < since)
    return list(session.scalars(query.where(row.attempt_node.not_in(alive))))


def rang(session: Session, attempt: str) -> bool:
    """Whether the patient's phone rang in the attempt, as the journal knows."""
    query = select(JournalRow.id).where(JournalRow.call_id == attempt, JournalRow.kind == RANG)
    return session.scalars(query.limit(1)).first() is not None


def _close(
    session: Session, request_id: str, state: str, at: datetime, where: ColumnElement[bool] | None = None
) -> CallbackRequest | None:
    closing = update(CallbackRequest).where(CallbackRequest.id == request_id, CallbackRequest.state == "open")
    if where is not None:
        closing = closing.where(where)
    if _changed(session, closing.values(state=state, closed_at=at)) == 0:
        return None
    return session.get_one(CallbackRequest, request_id, populate_existing=True)


def _changed(session: Session, statement: Any) -> int:
    result = session.execute(statement.execution_options(synchronize_session=False))
    assert isinstance(result, CursorResult)
    return result.rowcount


def _opening(details: dict[str, Any] | None) -> datetime | None:
    opens = (details or {}).get("opens")
    return datetime.fromisoformat(opens) if opens else None


def _standing(session: Session, call_id: str, number: str) -> CallbackRequest | None:
    # A call asks once, whatever became of its request; a number may ask again once it has been called back.
    standing = or_(
        CallbackRequest.call_id == call_id,
        (CallbackRequest.number == number) & (CallbackRequest.state == "open"),
    )
    return session.scalar(select(CallbackRequest).where(standing).order_by(CallbackRequest.state.desc()).limit(1))
