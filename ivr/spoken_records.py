"""What is written when a message was spoken by telephone, or was not: its row, its story, the journal of its cause."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from cdr.events import SMS_SENT, SMS_SETTLED, JournalEntry
from config.schema import Message
from ivr import commands as do
from messaging import spoken
from routing.agenda import AgendaRules
from routing.spoken_agenda import Spoken, Verdict, after

_SETTLED = ("delivered", "failed")


def change(
    session: Session, call_id: str, told: do.TellMessage, at: datetime, rules: AgendaRules
) -> list[JournalEntry]:
    """What the call `call_id` tells of its message; nothing where the message is another call's by now."""
    row = spoken.tried(session, told.message, call_id, told.outcome == "heard")
    return [] if row is None else _settled(session, row, told.outcome, at, rules)


def end_left_behind(session: Session, rows: Iterable[Message], at: datetime, rules: AgendaRules) -> list[JournalEntry]:
    """Messages whose call nobody makes any more. Where a phone rang, that was a try."""
    entries: list[JournalEntry] = []
    for row in rows:
        outcome: Spoken = "lost"
        if row.state == "sent":
            outcome = "broken_off"
        elif spoken.rang(session, row.provider_id or ""):
            outcome = "no_answer"
        entries += _settled(session, row, outcome, at, rules)
    return entries


def expire(session: Session, message_id: str, at: datetime) -> list[JournalEntry]:
    return _given_up(session, message_id, "expired", "expired", "its time had passed before it could be spoken", at)


def refuse(session: Session, message_id: str, at: datetime) -> list[JournalEntry]:
    """Its number may not be dialled."""
    return _given_up(session, message_id, "failed", "number_invalid", "this number may not be dialled", at)


def _given_up(
    session: Session, message_id: str, state: str, reason: str, error: str, at: datetime
) -> list[JournalEntry]:
    row = spoken.give_up(session, message_id, state, reason, error, at)
    return [] if row is None else _in_the_journal(row, SMS_SETTLED, at, result=state, reason=reason)


def _settled(session: Session, row: Message, outcome: Spoken, at: datetime, rules: AgendaRules) -> list[JournalEntry]:
    verdict = after(row.attempts, outcome, at, rules)
    changes: dict[str, object] = {
        "state": verdict.state,
        "attempts": verdict.tries,
        "next_try_at": verdict.next_try_at,
        "sent_at": at if outcome == "begun" else row.sent_at,
    }
    if verdict.state in _SETTLED:
        changes |= {"receipt": verdict.state, "receipt_reason": verdict.reason, "receipt_at": at}
    spoken.settle(session, row, changes, outcome, "", at)
    return _entries(row, verdict, at)


def _entries(row: Message, verdict: Verdict, at: datetime) -> list[JournalEntry]:
    if verdict.state == "sent":
        return _in_the_journal(row, SMS_SENT, at, parts=row.parts)
    if verdict.state in _SETTLED:
        return _in_the_journal(row, SMS_SETTLED, at, result=verdict.state, reason=verdict.reason)
    return []


def _in_the_journal(row: Message, kind: str, at: datetime, **data: object) -> list[JournalEntry]:
    """Of the call that the message is about; a message without one has its own story only."""
    return [JournalEntry(row.call_id, at, kind, {"message": row.id, **data})] if row.call_id else []
