"""Promises for tests to send: a doctor's slip to a patient's mobile."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from config.clock import utc_now
from config.database import Database
from config.schema import JournalRow, Message
from messaging.outbox import enqueue
from messaging.rules import MessagingRules

VARIABLES = {"doctor": "Dr Anita Verma", "registration": "MP-12345", "slip": "P-7K3M-22QX-5"}


def promise(database: Database, key: str = "1", recipient: str = "+919876543210", at: datetime | None = None) -> str:
    """Commit one promise and return the message's id."""
    with database.writing() as session:
        return enqueue(
            session,
            rules=MessagingRules(),
            purpose="slip",
            recipient=recipient,
            key=key,
            template="advice_slip",
            language="hi",
            variables=VARIABLES,
            call_id=f"call-{key}",
            at=at,
        ).id


def stored(database: Database, message_id: str) -> Message:
    with database.reading() as session:
        return session.get_one(Message, message_id)


def write_journal(session: Session, message: Message) -> None:
    """What the web process does when a message has been sent or comes to its end."""
    data = {"message": message.id, "result": message.state}
    session.add(JournalRow(at=utc_now(), call_id=message.call_id or "", kind="sms", data=data))
