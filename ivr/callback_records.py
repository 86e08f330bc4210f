"""What is written when somebody asks to be called back, when an attempt ends, and when a request does.

The call in which it was asked for has every attempt and the end in its own journal: its record tells what became of it.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from cdr import events
from cdr.events import JournalEntry
from config.schema import CallbackRequest
from flows.services import SMS_TO
from ivr import commands as do
from messaging.outbox import enqueue
from messaging.rules import MessagingRules
from routing import callbacks
from routing.agenda import AgendaRules, Outcome

_EXPIRED_SMS = "callback_expired"
Change = do.EndAttempt | do.WithdrawCallback


def store(session: Session, call_id: str, wish: do.StoreCallback, at: datetime, rules: AgendaRules) -> JournalEntry:
    """The wish of a call becomes the open request of its number, or finds it there already."""
    request = callbacks.request_callback(
        session,
        call_id=call_id,
        number=wish.number,
        category=wish.category,
        at=at,
        details=dict(wish.details) or None,
        kind=wish.kind,
        line_id=wish.line_id,
        language=wish.language,
        priority=wish.priority,
        waiting_since=wish.waiting_since,
        lasts=rules.lasts,
    )
    data = {"request": request.id, "number": wish.number, "kind": wish.kind}
    return JournalEntry(call_id, at, events.CALLBACK_REQUESTED, data)


def change(
    session: Session, call_id: str, wanted: Change, at: datetime, rules: AgendaRules, messages: MessagingRules
) -> list[JournalEntry]:
    """What a call has made of a request: an attempt has ended, or nothing is owed any more."""
    if isinstance(wanted, do.EndAttempt):
        return end_attempt(session, wanted.request, call_id, wanted.outcome, at, rules, messages)
    row = callbacks.withdraw(session, wanted.request, at)
    return [] if row is None else [_closed(session, row, at, messages)]


def end_attempt(
    session: Session,
    request: str,
    attempt: str,
    outcome: Outcome,
    at: datetime,
    rules: AgendaRules,
    messages: MessagingRules,
) -> list[JournalEntry]:
    """Entries for the call in which it was asked for; none where the attempt does not hold the request."""
    row = callbacks.finish(session, request, attempt, outcome, at, rules)
    if row is None:
        return []
    data = {"request": row.id, "call": attempt, "result": outcome, "tries": row.tries}
    tried = JournalEntry(row.call_id, at, events.CALLBACK_TRIED, data)
    return [tried] if row.state == "open" else [tried, _closed(session, row, at, messages)]


def expire(session: Session, request: str, at: datetime, messages: MessagingRules) -> list[JournalEntry]:
    """Nobody is called back any more: the patient is told so by a message."""
    row = callbacks.expire(session, request, at)
    return [] if row is None else [_closed(session, row, at, messages)]


def _closed(session: Session, row: CallbackRequest, at: datetime, messages: MessagingRules) -> JournalEntry:
    if row.state == "expired":
        _tell(session, row, at, messages)
    return JournalEntry(row.call_id, at, events.CALLBACK_CLOSED, {"request": row.id, "result": row.state})


def _tell(session: Session, row: CallbackRequest, at: datetime, messages: MessagingRules) -> None:
    """A landline gets no message, unless a mobile was keyed or such messages are spoken: it is kept as refused then."""
    enqueue(
        session,
        purpose=_EXPIRED_SMS,
        recipient=(row.details or {}).get(SMS_TO) or row.number,
        key=row.id,
        template=_EXPIRED_SMS,
        language=row.language,
        variables={},
        call_id=row.call_id,
        rules=messages,
        at=at,
    )
