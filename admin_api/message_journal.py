"""What became of a message stands in the journal of the call that caused it, whoever found out: worker or receipt."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.orm import Session

from cdr.events import SMS_SENT, SMS_SETTLED, JournalEntry
from cdr.journal import Journal
from config.clock import utc_now
from config.database import Database
from config.schema import Message


def journal_of_messages(database: Database) -> Callable[[Session, Message], None]:
    """What to call, in the transaction of the change, when a message is sent or comes to its end."""
    journal = Journal(database)

    def write(session: Session, message: Message) -> None:
        if message.call_id:
            session.flush()
            journal.append(session, [entry_of(message, message.call_id)])

    return write


def entry_of(message: Message, call_id: str) -> JournalEntry:
    """What the journal is told of the state that a message has come to."""
    if message.state == "sent":
        return JournalEntry(call_id, utc_now(), SMS_SENT, {"message": message.id, "parts": message.parts})
    data = {"message": message.id, "result": message.state, "reason": message.receipt_reason}
    return JournalEntry(call_id, utc_now(), SMS_SETTLED, data)
